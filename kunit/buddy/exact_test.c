// SPDX-License-Identifier: GPL-2.0
/* Suite exact: blocks of any number of pages; the pages behind such a block are free. */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/common.h"

#define MAX_COUNT	4096UL

/* Every count up to 300, then up to 2 from each multiple of 64; 0 ends the sequence. */
static unsigned long next_count(unsigned long nr)
{
	do {
		nr++;
	} while (nr > 300 && (nr + 2) % CLUSTER_PAGES > 4);
	return nr <= MAX_COUNT ? nr : 0;
}

/* Only the first page of the block is reported as the start of a block. */
static void expect_one_start(struct kunit *test, struct buddy_region *region,
			     unsigned long pfn, unsigned long nr)
{
	unsigned long i;

	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
	for (i = 1; i < nr; i++) {
		/* All pages of the first and the last two clusters, some pages between. */
		if (i > CLUSTER_PAGES && i + 2 * CLUSTER_PAGES < nr)
			i += CLUSTER_PAGES / 2 - 1;
		if (buddy_block_pages(region, pfn + i))
			KUNIT_FAIL(test, "page %lu of a block of %lu starts a block", i, nr);
	}
}

static void exact_test_every_count(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, MAX_COUNT);
	struct buddy_stats *fresh = test_stats(test, region);
	struct buddy_stats *stats = test_stats(test, region);
	u64 count[13] = {};
	unsigned long nr;

	for (nr = 1; nr; nr = next_count(nr)) {
		unsigned int order = order_base_2(nr);
		unsigned long pfn = buddy_alloc_pfn_exact(region, nr, 0);

		KUNIT_ASSERT_EQ_MSG(test, pfn, TEST_PFN, "%lu pages", nr);
		expect_free_range(test, region, TEST_PFN + nr, MAX_COUNT - nr);
		expect_one_start(test, region, pfn, nr);
		check_region(test, region);
		/* A block of 2^order pages can also be freed by its order. */
		if (is_power_of_2(nr) && nr % 3 == 1)
			buddy_free_pfn(region, pfn, order);
		else
			buddy_free_pfn_exact(region, pfn, nr);
		expect_all_free(test, region, fresh);
		/* Counted under the smallest order that has so many pages. */
		count[order]++;
		buddy_region_stats(region, stats);
		KUNIT_EXPECT_EQ(test, stats->allocs[order], count[order]);
		KUNIT_EXPECT_EQ(test, stats->frees[order], count[order]);
	}
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, MAX_COUNT + 1, __GFP_NOWARN),
			BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, ~0UL, __GFP_NOWARN),
			BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, region->stats.fails[13], 1ULL);
	KUNIT_EXPECT_EQ(test, region->stats.fails[BUDDY_NR_ORDERS - 1], 1ULL);
	expect_all_free(test, region, fresh);
}

/* Only @align_order aligns a block.  Without it, blocks lie side by side. */
static void exact_test_alignment(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 37, 2 * MAX_COUNT);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long page = buddy_alloc_pfn(region, 0, 0), nr;

	for (nr = 1; nr; nr = next_count(nr)) {
		unsigned int order = nr % (ilog2(MAX_COUNT) + 1);
		unsigned long pfn = buddy_alloc_pfn_aligned(region, nr, order, __GFP_NOWARN);

		if (pfn == BUDDY_NO_PFN) {
			/* The region has one multiple of the largest alignment or two. */
			KUNIT_EXPECT_GE_MSG(test, nr + BIT(order), MAX_COUNT, "%lu pages", nr);
			continue;
		}
		KUNIT_EXPECT_EQ_MSG(test, pfn % BIT(order), 0UL, "%lu pages at %#lx", nr, pfn);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		buddy_free_pfn_exact(region, pfn, nr);
	}
	buddy_free_pfn(region, page, 0);
	expect_all_free(test, region, fresh);
}

/* Three pages at a larger alignment, with a page in use before each. */
static void exact_test_align_order(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 2 * MAX_COUNT);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int order;

	for (order = 0; order <= ilog2(MAX_COUNT); order++) {
		unsigned long page = buddy_alloc_pfn(region, 0, 0);
		unsigned long pfn = buddy_alloc_pfn_aligned(region, 3, order, 0);

		KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ_MSG(test, pfn % BIT(order), 0UL, "order %u at %#lx", order, pfn);
		buddy_free_pfn_exact(region, pfn, 3);
		buddy_free_pfn(region, page, 0);
		expect_all_free(test, region, fresh);
	}
}

/* All pages behind a block can be allocated; the block or they are freed first. */
static void exact_test_tail_is_usable(struct kunit *test)
{
	unsigned long size = 512, nr, i;
	struct buddy_region *region = test_region(test, TEST_PFN, size);
	struct buddy_stats *fresh = test_stats(test, region);

	for (nr = 1; nr <= 300; nr++) {
		unsigned long pfn = buddy_alloc_pfn_exact(region, nr, 0);
		unsigned long rest = roundup_pow_of_two(nr) - nr;

		for (i = 0; i < size - nr; i++) {
			unsigned long page = buddy_alloc_pfn(region, 0, 0);

			/* The pages behind the block are in smaller blocks: they come first. */
			if (page - pfn < nr || page - pfn >= (i < rest ? nr + rest : size))
				KUNIT_FAIL(test, "%lu pages at %#lx, then page %lu at %#lx",
					   nr, pfn, i, page);
		}
		KUNIT_ASSERT_EQ(test, region->stats.free_pages, 0UL);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		if (nr % 2)
			buddy_free_pfn_exact(region, pfn, nr);
		for (i = nr; i < size; i++)
			buddy_free_pfn(region, TEST_PFN + i, 0);
		if (nr % 2 == 0) {
			expect_free_range(test, region, TEST_PFN + nr, size - nr);
			KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
			buddy_free_pfn_exact(region, pfn, nr);
		}
		expect_all_free(test, region, fresh);
	}
}

/* Blocks of one length side by side; then every second one is freed. */
static void exact_test_neighbours(struct kunit *test)
{
	static const unsigned long counts[] = { 3, 5, 33, 63, 65, 96, 127, 129, 200, 257 };
	struct buddy_region *region = test_region(test, TEST_PFN + 1, 4099);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		unsigned long nr = counts[i], blocks, b;
		unsigned long *pfns;

		pfns = kunit_kmalloc_array(test, 4099 / nr, sizeof(*pfns), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, pfns);
		for (blocks = 0; blocks < 4099 / nr; blocks++) {
			pfns[blocks] = buddy_alloc_pfn_exact(region, nr, __GFP_NOWARN);
			if (pfns[blocks] == BUDDY_NO_PFN)
				break;
		}
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, nr, __GFP_NOWARN),
				BUDDY_NO_PFN);
		/* No page between two blocks is left free. */
		KUNIT_EXPECT_EQ(test, blocks, 4099 / nr);
		KUNIT_EXPECT_EQ(test, region->stats.free_pages, 4099 - blocks * nr);
		for (b = 0; b < blocks; b += 2)
			buddy_free_pfn_exact(region, pfns[b], nr);
		check_region(test, region);
		for (b = 1; b < blocks; b += 2) {
			expect_one_start(test, region, pfns[b], nr);
			buddy_free_pfn_exact(region, pfns[b], nr);
		}
		expect_all_free(test, region, fresh);
	}
}

/* A block can be freed by an order only if it has 2^order pages. */
static void exact_test_free_by_order(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, MAX_COUNT);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn = buddy_alloc_pfn_exact(region, 3, 0), nr, wrong = 1;

	EXPECT_WARNING("4 pages given, the block has 3",
		       buddy_free_pfn(region, pfn, 2));
	buddy_free_pfn_exact(region, pfn, 3);
	for (nr = 1; nr; nr = next_count(nr)) {
		unsigned int order;

		pfn = buddy_alloc_pfn_exact(region, nr, 0);
		for (order = 0; order < BUDDY_NR_ORDERS; order++) {
			if (BIT(order) == nr)
				continue;
			buddy_free_pfn(region, pfn, order);
			wrong++;
		}
		KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_WRONG_SIZE]),
				(long)wrong);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		if (is_power_of_2(nr))
			buddy_free_pfn(region, pfn, ilog2(nr));
		else
			buddy_free_pfn_exact(region, pfn, nr);
		expect_all_free(test, region, fresh);
	}
}

/* __GFP_ZERO clears the pages of the block, and no others. */
static void exact_test_zero(struct kunit *test)
{
	unsigned long size = 256, bytes = size << PAGE_SHIFT, nr;
	struct buddy_region *region = test_region_mapped(test, 0, size);
	struct buddy_stats *fresh = test_stats(test, region);
	void *memory = buddy_alloc(region, 8, 0);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	buddy_free(region, memory, 8);
	for (nr = 1; nr <= size; nr++) {
		unsigned long length = nr << PAGE_SHIFT;
		void *block, *behind;

		TOUCH_FREE(memset(memory, 0xff, bytes));
		block = buddy_alloc_exact(region, nr, __GFP_ZERO);
		KUNIT_ASSERT_PTR_EQ(test, block, memory);
		KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, length));
		TOUCH_FREE(behind = memchr_inv(block + length, 0xff, bytes - length));
		KUNIT_EXPECT_NULL(test, behind);
		buddy_free_exact(region, block, nr);
		if (!is_power_of_2(nr))
			continue;

		TOUCH_FREE(memset(memory, 0xff, length));
		block = buddy_alloc(region, ilog2(nr), __GFP_ZERO);
		KUNIT_ASSERT_PTR_EQ(test, block, memory);
		KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, length));
		buddy_free(region, block, ilog2(nr));
	}
	expect_all_free(test, region, fresh);
}

/* The end of a freed exact block can be allocated in blocks of other sizes. */
static void exact_test_end_is_free(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, MAX_COUNT);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn = buddy_alloc_pfn_exact(region, 100, 0), page;
	unsigned long beside = buddy_alloc_pfn(region, 2, 0);

	KUNIT_ASSERT_EQ(test, pfn, TEST_PFN);
	KUNIT_ASSERT_EQ(test, beside, TEST_PFN + 100);
	buddy_free_pfn_exact(region, pfn, 100);
	page = buddy_alloc_pfn(region, 0, 0);
	KUNIT_ASSERT_EQ(test, page, TEST_PFN + 96);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, page), 1UL);
	buddy_free_pfn(region, page, 0);
	buddy_free_pfn(region, beside, 2);
	expect_all_free(test, region, fresh);
}

/* Without __GFP_ZERO, allocations and frees do not write to the memory. */
static void exact_test_contents_stay(struct kunit *test)
{
	unsigned long size = 256, nr;
	struct buddy_region *region = test_region_mapped(test, 0, size);
	void *memory = buddy_alloc(region, 8, 0), *block;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	memset(memory, 0xa5, size << PAGE_SHIFT);
	buddy_free(region, memory, 8);
	for (nr = 1; nr <= size; nr++) {
		block = buddy_alloc_exact(region, nr, 0);
		KUNIT_ASSERT_PTR_EQ(test, block, memory);
		buddy_free_exact(region, block, nr);
	}
	TOUCH_FREE(block = memchr_inv(memory, 0xa5, size << PAGE_SHIFT));
	KUNIT_EXPECT_NULL(test, block);
}

static struct kunit_case exact_cases[] = {
	KUNIT_CASE(exact_test_every_count),
	KUNIT_CASE(exact_test_alignment),
	KUNIT_CASE(exact_test_align_order),
	KUNIT_CASE(exact_test_tail_is_usable),
	KUNIT_CASE(exact_test_neighbours),
	KUNIT_CASE(exact_test_end_is_free),
	KUNIT_CASE(exact_test_free_by_order),
	KUNIT_CASE(exact_test_zero),
	KUNIT_CASE(exact_test_contents_stay),
	{}
};

static struct kunit_suite exact_suite = {
	.name = "exact",
	.test_cases = exact_cases,
};

kunit_test_suite(exact_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: exact");
MODULE_LICENSE("GPL");
