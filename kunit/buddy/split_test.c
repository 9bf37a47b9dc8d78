// SPDX-License-Identifier: GPL-2.0
/*
 * Suite split: buddy_split() makes a block in use a block for each of its pages.  The
 * records of owners, and poison, are in the suite watch.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/smp.h>

#include "../lib/common.h"

#define SIZE	512UL	/* pages of the regions here */

static void *page_of(void *block, unsigned long i)
{
	return block + i * PAGE_SIZE;
}

static unsigned long pages_at(struct buddy_region *region, void *addr)
{
	return buddy_block_pages(region, buddy_virt_to_pfn(region, addr));
}

/* Each page that is in @pages, a bit for each, is a block; the others are free. */
static void expect_pages(struct kunit *test, struct buddy_region *region, void *block,
			 unsigned long nr, u64 pages)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ_MSG(test, pages_at(region, page_of(block, i)),
				    (unsigned long)(pages >> i & 1), "page %lu of %lu", i, nr);
}

/* Each allocation that the counters have was freed, in the same order of block. */
static void expect_freed(struct kunit *test, struct buddy_region *region)
{
	struct buddy_stats *stats = test_stats(test, region);
	unsigned int order;

	for (order = 0; order < BUDDY_NR_ORDERS; order++)
		KUNIT_EXPECT_EQ_MSG(test, stats->allocs[order], stats->frees[order],
				    "order %u", order);
	kunit_kfree(test, stats);
}

/*
 * The pages of a block of each length are freed in several orders: every page, every
 * second one and so on, beginning anywhere.  All of the region is merged again then.
 */
static void split_test_frees(struct kunit *test)
{
	static const unsigned int strides[] = { 1, 5, 37, 66 };
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long nr, i;
	unsigned int s;

	for (nr = 1; nr < CLUSTER_PAGES; nr++) {
		for (s = 0; s < ARRAY_SIZE(strides); s++) {
			u8 *block = buddy_alloc_exact(region, nr, 0);
			u64 left = bitmap64_mask(0, nr);

			KUNIT_ASSERT_NOT_NULL(test, block);
			buddy_split(region, block, nr);
			expect_pages(test, region, block, nr, left);
			check_region(test, region);
			for (i = 0; i < 67; i++) {
				unsigned long page = (i + nr) * strides[s] % 67;

				if (page >= nr)
					continue;
				buddy_free(region, page_of(block, page), 0);
				left &= ~BIT_ULL(page);
				if (nr % 8 == 5)
					expect_pages(test, region, block, nr, left);
			}
			KUNIT_ASSERT_EQ(test, left, 0ULL);
			expect_all_free(test, region, fresh);
			expect_freed(test, region);
		}
	}
}

/* The counters are those of a free of the block and an allocation of each page. */
static void split_test_counts(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *before, *after;
	void *block = buddy_alloc_exact(region, 5, 0);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	before = test_stats(test, region);
	buddy_split(region, block, 5);
	after = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, after->frees[3], before->frees[3] + 1);
	KUNIT_EXPECT_EQ(test, after->allocs[0], before->allocs[0] + 5);
	KUNIT_EXPECT_EQ(test, after->splits, before->splits + 4);
	KUNIT_EXPECT_EQ(test, after->merges, before->merges);
	KUNIT_EXPECT_EQ(test, after->locked, before->locked);
	KUNIT_EXPECT_EQ(test, after->free_pages, before->free_pages);
	for (i = 0; i < 5; i++)
		buddy_free(region, page_of(block, i), 0);
}

/* The blocks before and behind stay as they are, also those of several pages. */
static void split_test_neighbours(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	void *before = buddy_alloc(region, 2, 0), *block = buddy_alloc_exact(region, 3, 0);
	void *page = buddy_alloc(region, 0, 0), *behind = buddy_alloc(region, 3, 0);

	KUNIT_ASSERT_PTR_EQ(test, block, page_of(before, 4));
	KUNIT_ASSERT_PTR_EQ(test, page, page_of(before, 7));
	KUNIT_ASSERT_PTR_EQ(test, behind, page_of(before, 8));
	buddy_split(region, block, 3);
	KUNIT_EXPECT_EQ(test, pages_at(region, before), 4UL);
	expect_pages(test, region, block, 4, 0xf);
	KUNIT_EXPECT_EQ(test, pages_at(region, behind), 8UL);
	buddy_free(region, before, 2);
	buddy_free(region, page_of(block, 1), 0);
	buddy_free(region, behind, 3);
	expect_pages(test, region, block, 4, 0xd);
	buddy_free(region, page_of(block, 2), 0);
	buddy_free(region, block, 0);
	buddy_free(region, page, 0);
	expect_all_free(test, region, fresh);
}

/* Pages that were freed are allocated again, also as a longer block. */
static void split_test_used_again(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	void *block = buddy_alloc(region, 3, 0), *again;

	KUNIT_ASSERT_NOT_NULL(test, block);
	buddy_split(region, block, 8);
	buddy_free(region, page_of(block, 5), 0);
	buddy_free(region, page_of(block, 4), 0);
	again = buddy_alloc(region, 1, 0);
	KUNIT_EXPECT_PTR_EQ(test, again, page_of(block, 4));
	KUNIT_EXPECT_EQ(test, pages_at(region, again), 2UL);
	buddy_split(region, again, 2);
	/* A block of one page remains one. */
	buddy_split(region, block, 1);
	expect_pages(test, region, block, 8, 0xff);
	while (block < again + 4 * PAGE_SIZE) {
		buddy_free(region, block, 0);
		block += PAGE_SIZE;
	}
	expect_all_free(test, region, fresh);
	expect_freed(test, region);
}

struct call {
	struct buddy_region *region;
	void *addr;
};

static void call_free(void *data)
{
	struct call *call = data;

	buddy_free(call->region, call->addr, 0);
}

/* The CPUs take turns to free the pages. */
static void split_test_other_cpu(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	struct call call = { region };
	unsigned int cpu = 0;
	unsigned long i;
	void *block = buddy_alloc(region, 5, 0);

	KUNIT_ASSERT_NOT_NULL(test, block);
	buddy_split(region, block, 32);
	for (i = 0; i < 32; i++) {
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
		call.addr = page_of(block, i);
		KUNIT_EXPECT_EQ(test, smp_call_function_single(cpu, call_free, &call, 1), 0);
	}
	expect_all_free(test, region, fresh);
	expect_freed(test, region);
}

/*
 * A wrong call counts one @error and changes nothing else.  The first error of its kind
 * in a region must warn.
 */
static void expect_error(struct kunit *test, struct buddy_region *region,
			 enum buddy_error error, const char *text, void *addr,
			 unsigned long nr)
{
	struct buddy_stats *before = test_stats(test, region), *after;
	unsigned int i;

	if (before->errors[error])
		buddy_split(region, addr, nr);
	else
		EXPECT_WARNING(text, buddy_split(region, addr, nr));
	after = test_stats(test, region);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ_MSG(test, after->errors[i], before->errors[i] + (i == error),
				    "error %u: %s, %lu pages", i, text, nr);
	KUNIT_EXPECT_EQ_MSG(test, memcmp(before, after, offsetof(struct buddy_stats, errors)),
			    0, "%s, %lu pages", text, nr);
	check_region(test, region);
	kunit_kfree(test, before);
	kunit_kfree(test, after);
}

static void split_test_wrong_calls(struct kunit *test)
{
	/* The page before the first one is of no region. */
	struct buddy_region *region = test_region_mapped(test, 1, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	void *block = buddy_alloc_exact(region, 5, 0), *large = buddy_alloc(region, 6, 0);
	const char *size = "5 pages given, the block has";
	unsigned long nr;

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_ASSERT_NOT_NULL(test, large);
	expect_error(test, region, BUDDY_WRONG_SIZE, "4 pages given, the block has 5", block, 4);
	for (nr = 0; nr < 2 * CLUSTER_PAGES; nr++)
		if (nr != 5)
			expect_error(test, region, BUDDY_WRONG_SIZE, size, block, nr);
	expect_error(test, region, BUDDY_NOT_A_HEAD, "this is inside a block",
		     page_of(block, 1), 4);
	expect_error(test, region, BUDDY_NOT_A_HEAD, size, page_of(block, 4), 1);
	expect_error(test, region, BUDDY_DOUBLE_FREE, "the block is free already",
		     page_of(block, 6), 2);
	expect_error(test, region, BUDDY_MISALIGNED, "the address is not page aligned",
		     block + 1, 5);
	expect_error(test, region, BUDDY_OUTSIDE, "this is in no region",
		     buddy_pfn_to_virt(region, region->ranges->pfn) - PAGE_SIZE, 5);
	/* Bits 1 and 2 of a block word look like a block of two pages. */
	expect_error(test, region, BUDDY_NOT_A_HEAD, size, page_of(large, 1), 2);
	expect_error(test, region, BUDDY_WRONG_SIZE, size, large, 63);
	expect_error(test, region, BUDDY_WRONG_SIZE, size, large, 64);
	KUNIT_EXPECT_EQ(test, pages_at(region, block), 5UL);
	KUNIT_EXPECT_EQ(test, pages_at(region, large), 64UL);
	buddy_free_exact(region, block, 5);
	buddy_free(region, large, 6);
	expect_error(test, region, BUDDY_DOUBLE_FREE, size, block, 5);
	expect_all_free(test, region, fresh);
	expect_freed(test, region);

	region = test_region(test, TEST_PFN, SIZE);
	expect_error(test, region, BUDDY_UNMAPPED, "the region has no kernel mapping", block, 5);
}

/* In an NMI that interrupts the holder of both locks; the reason of a mistake is unknown. */
static void split_test_nmi(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	void *block = buddy_alloc(region, 2, 0);
	unsigned long flags, i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	pr_info("expect warning: the block has another size\n");
	raw_spin_lock_irqsave(&region->watch_lock, flags);
	raw_spin_lock(&region->lock);
	__preempt_count_add(NMI_OFFSET);
	buddy_split(region, block, 3);
	buddy_split(region, block, 4);
	__preempt_count_sub(NMI_OFFSET);
	raw_spin_unlock(&region->lock);
	raw_spin_unlock_irqrestore(&region->watch_lock, flags);
	pr_info("end of expected warning\n");
	KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_WRONG_SIZE]), 1L);
	expect_pages(test, region, block, 4, 0xf);
	for (i = 0; i < 4; i++)
		buddy_free(region, page_of(block, i), 0);
	expect_all_free(test, region, fresh);
}

static struct kunit_case split_cases[] = {
	KUNIT_CASE(split_test_frees),
	KUNIT_CASE(split_test_counts),
	KUNIT_CASE(split_test_neighbours),
	KUNIT_CASE(split_test_used_again),
	KUNIT_CASE(split_test_other_cpu),
	KUNIT_CASE(split_test_wrong_calls),
	KUNIT_CASE(split_test_nmi),
	{}
};

static struct kunit_suite split_suite = {
#ifdef WITH_CACHES
	.name = "split_caches",
	.init = init_caches,
	.exit = exit_caches,
#else
	.name = "split",
#endif
	.test_cases = split_cases,
};

kunit_test_suite(split_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: split");
MODULE_LICENSE("GPL");
