// SPDX-License-Identifier: GPL-2.0
/*
 * Suite error: each caller error is counted every time, warns the first time, and
 * changes nothing else in the region.
 */
#include <linux/kmsg_dump.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/common.h"

#define SIZE	512UL	/* pages of most regions here */

static const char * const error_text[BUDDY_NR_ERRORS] = {
	[BUDDY_DOUBLE_FREE] = "the block is free already",
	[BUDDY_NOT_A_HEAD] = "this is inside a block, not its start",
	[BUDDY_WRONG_SIZE] = "the block has another size",
	[BUDDY_OUTSIDE] = "this is in no region",
	[BUDDY_WRONG_REGION] = "this belongs to region",
	[BUDDY_MISALIGNED] = "the address is not page aligned",
	[BUDDY_UNMAPPED] = "the region has no kernel mapping",
	[BUDDY_NO_PAGES] = "zero pages",
	[BUDDY_ZONE] = "the flags ask for a zone",
	[BUDDY_IN_NMI] = "NMI context cannot wait",
};

/* A wrong call: @where is a pfn or an address, @size an order or a number of pages. */
typedef void (*call_fn)(struct buddy_region *region, unsigned long where,
			unsigned long size);

static void free_pfn(struct buddy_region *region, unsigned long where,
		     unsigned long size)
{
	buddy_free_pfn(region, where, size);
}

static void free_addr(struct buddy_region *region, unsigned long where,
		      unsigned long size)
{
	buddy_free(region, (void *)where, size);
}

static void free_addr_exact(struct buddy_region *region, unsigned long where,
			    unsigned long size)
{
	buddy_free_exact(region, (void *)where, size);
}

#define ZERO	((__force unsigned long)__GFP_ZERO)
#define NOWARN	((__force unsigned long)__GFP_NOWARN)

/* Allocations that must fail; @where is gfp. */
static void alloc_pfn(struct buddy_region *region, unsigned long where,
		      unsigned long size)
{
	WARN_ON(buddy_alloc_pfn(region, size, (__force gfp_t)where) != BUDDY_NO_PFN);
}

static void alloc_pfn_exact(struct buddy_region *region, unsigned long where,
			    unsigned long size)
{
	WARN_ON(buddy_alloc_pfn_exact(region, size, (__force gfp_t)where) != BUDDY_NO_PFN);
}

static void alloc_addr(struct buddy_region *region, unsigned long where,
		       unsigned long size)
{
	WARN_ON(buddy_alloc(region, size, (__force gfp_t)where));
}

static void alloc_addr_exact(struct buddy_region *region, unsigned long where,
			     unsigned long size)
{
	WARN_ON(buddy_alloc_exact(region, size, (__force gfp_t)where));
}

/*
 * @call must count one @error in @region and change nothing else.  The first error of a
 * kind in a region must warn with @text.  A later one is made outside of
 * EXPECT_WARNING(): scripts/guest/splats.sh finds a warning there.
 */
static void expect_error(struct kunit *test, struct buddy_region *region,
			 enum buddy_error error, const char *text, call_fn call,
			 unsigned long where, unsigned long size)
{
	struct buddy_stats *before = test_stats(test, region), *after;
	unsigned int i;

	if (before->errors[error])
		call(region, where, size);
	else
		EXPECT_WARNING(text, call(region, where, size));

	after = test_stats(test, region);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ_MSG(test, after->errors[i],
				    before->errors[i] + (i == error),
				    "%s: %s, %#lx, %lu", text, error_text[i], where, size);
	KUNIT_EXPECT_EQ_MSG(test, memcmp(before, after, offsetof(struct buddy_stats, errors)),
			    0, "%s: %#lx, %lu", text, where, size);
	check_region(test, region);
	kunit_kfree(test, before);
	kunit_kfree(test, after);
}

/* Make a mistake twice: at least the second must not warn. */
static void expect_error_twice(struct kunit *test, struct buddy_region *region,
			       enum buddy_error error, const char *text, call_fn call,
			       unsigned long where, unsigned long size)
{
	expect_error(test, region, error, text, call, where, size);
	expect_error(test, region, error, text, call, where, size);
}

/* Make a mistake with each function that frees: by count and order, pfn and address. */
static void expect_free_error(struct kunit *test, struct buddy_region *region,
			      enum buddy_error error, unsigned long pfn,
			      unsigned long nr)
{
	unsigned long addr = (unsigned long)buddy_pfn_to_virt(region, pfn);
	unsigned long block = buddy_block_pages(region, pfn);
	char text[128];

	snprintf(text, sizeof(text), "region %s: %s: pfn %#lx, %lu pages",
		 buddy_region_name(region), error_text[error], pfn, nr);
	expect_error_twice(test, region, error, text, buddy_free_pfn_exact, pfn, nr);
	if (is_power_of_2(nr))
		expect_error(test, region, error, text, free_pfn, pfn, ilog2(nr));
	if (addr) {
		expect_error(test, region, error, text, free_addr_exact, addr, nr);
		if (is_power_of_2(nr))
			expect_error(test, region, error, text, free_addr, addr, ilog2(nr));
	}
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), block);
}

/* Whether a line of the kernel's log has both texts. */
static bool logged(const char *one, const char *two)
{
	struct kmsg_dump_iter iter;
	char line[256];
	size_t length;

	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, sizeof(line) - 1, &length)) {
		line[length] = '\0';
		if (strstr(line, one) && strstr(line, two))
			return true;
	}
	return false;
}

/* Powers of two, smaller and larger than a cluster, and other lengths. */
static const unsigned long counts[] = { 1, 8, 32, 64, 256, 3, 33, 65, 100, 130, 200 };

static void error_test_double_free(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		unsigned long nr = counts[i];
		unsigned long pfn = buddy_alloc_pfn_exact(region, nr, 0);
		/* A second block behind the first one, so that the first does not merge. */
		unsigned long next = buddy_alloc_pfn_exact(region, nr, 0);

		KUNIT_ASSERT_NE(test, next, BUDDY_NO_PFN);
		buddy_free_pfn_exact(region, pfn, nr);
		expect_free_error(test, region, BUDDY_DOUBLE_FREE, pfn, nr);
		expect_free_error(test, region, BUDDY_DOUBLE_FREE, pfn, BIT(61));
		buddy_free_pfn_exact(region, next, nr);
		/* Now both are inside one free block. */
		expect_free_error(test, region, BUDDY_DOUBLE_FREE, pfn, nr);
		expect_free_error(test, region, BUDDY_DOUBLE_FREE, next, nr);
		expect_all_free(test, region, fresh);
	}
}

/* Free pages of a region from which no page was allocated yet: all are free already. */
static void error_test_free_of_fresh(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 37, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long i;

	for (i = 0; i < SIZE; i++)
		expect_free_error(test, region, BUDDY_DOUBLE_FREE,
				  TEST_PFN + 37 + i, 1);
	expect_all_free(test, region, fresh);
}

static void error_test_not_a_head(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int c;

	for (c = 0; c < ARRAY_SIZE(counts); c++) {
		unsigned long nr = counts[c], i;
		unsigned long pfn = buddy_alloc_pfn_exact(region, nr, 0);

		KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
		for (i = 1; i < nr; i++) {
			/* Only pages at both ends of each cluster, and some others. */
			if ((i + 2) % CLUSTER_PAGES > 4 && i != nr - 1 && i % 37)
				continue;
			expect_free_error(test, region, BUDDY_NOT_A_HEAD, pfn + i, 1);
			expect_free_error(test, region, BUDDY_NOT_A_HEAD, pfn + i, nr - i);
			expect_free_error(test, region, BUDDY_NOT_A_HEAD, pfn + i, nr);
		}
		/* The page behind the block is free. */
		if (!is_power_of_2(nr))
			expect_free_error(test, region, BUDDY_DOUBLE_FREE, pfn + nr, 1);
		buddy_free_pfn_exact(region, pfn, nr);
		expect_all_free(test, region, fresh);
	}
}

static void error_test_wrong_size(struct kunit *test)
{
	static const unsigned int no_orders[] = {
		BUDDY_NR_ORDERS, 63, 64, 64 + 3, UINT_MAX,
	};
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	const char *text = error_text[BUDDY_WRONG_SIZE];
	unsigned int c, i;

	for (c = 0; c < ARRAY_SIZE(counts); c++) {
		unsigned long nr = counts[c];
		unsigned long pfn = buddy_alloc_pfn_exact(region, nr, 0);
		unsigned long addr = (unsigned long)buddy_pfn_to_virt(region, pfn);
		const unsigned long wrong[] = {
			0, nr - 1, nr + 1, nr / 2, nr * 2, nr + 64, nr + SIZE,
			nr + (1UL << 32), BIT(38), nr + BIT(61), nr + BIT(63),
			~0UL,
		};

		for (i = 0; i < ARRAY_SIZE(wrong); i++)
			expect_free_error(test, region, BUDDY_WRONG_SIZE, pfn, wrong[i]);
		for (i = 0; i < ARRAY_SIZE(no_orders); i++) {
			expect_error(test, region, BUDDY_WRONG_SIZE, text, free_pfn,
				     pfn, no_orders[i]);
			expect_error(test, region, BUDDY_WRONG_SIZE, text, free_addr,
				     addr, no_orders[i]);
		}
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		buddy_free_pfn_exact(region, pfn, nr);
		expect_all_free(test, region, fresh);
	}
	/* The warning says the size that the block really has. */
	KUNIT_EXPECT_TRUE(test, logged(buddy_region_name(region),
				       "pages given, the block has 1"));
}

static void error_test_outside(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 1, SIZE);
	struct buddy_region *unmapped = test_region(test, TEST_PFN + 64, SIZE);
	unsigned long first = region->ranges->pfn, i;
	unsigned long start = (unsigned long)buddy_pfn_to_virt(region, first);
	unsigned long page = buddy_alloc_pfn(unmapped, 0, 0);
	const unsigned long pfns[] = {
		TEST_PFN + 63, TEST_PFN + 64 + SIZE, TEST_PFN, 1UL << 40, BUDDY_NO_PFN,
		/* The number of a half, cut to 32 bits, could match a cached one. */
		0x1fffffffe0, 0x1fffffffe7, 0, 32, page | BIT(37), page | BIT(37 + page % 26),
	};
	char text[128];

	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		expect_free_error(test, unmapped, BUDDY_OUTSIDE, pfns[i], 1);

	snprintf(text, sizeof(text), "region %s: %s: address %#lx, 1 pages",
		 buddy_region_name(region), error_text[BUDDY_OUTSIDE],
		 start - PAGE_SIZE);
	expect_error_twice(test, region, BUDDY_OUTSIDE, text, free_addr,
			   start - PAGE_SIZE, 0);
	/* An address outside of the region need not be aligned to be reported as such. */
	expect_error(test, region, BUDDY_OUTSIDE, text, free_addr, start - 1, 0);
	expect_error(test, region, BUDDY_OUTSIDE, text, free_addr_exact,
		     start + (SIZE << PAGE_SHIFT), 1);
	expect_error(test, region, BUDDY_OUTSIDE, text, free_addr, 1, 0);
	expect_error(test, region, BUDDY_OUTSIDE, text, free_addr, ~0UL, 64);
	expect_error(test, region, BUDDY_OUTSIDE, text, buddy_free_pfn_exact, first - 1, 1);
	buddy_free_pfn(unmapped, page, 0);
}

/* NULL may be freed, as with kfree(). */
static void error_test_null_is_ignored(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_region *unmapped = test_region(test, TEST_PFN, SIZE);
	struct buddy_stats *mapped_before = test_stats(test, region);
	struct buddy_stats *before = test_stats(test, unmapped);

	buddy_free(region, NULL, 0);
	buddy_free_exact(region, NULL, 0);
	buddy_free(unmapped, NULL, UINT_MAX);
	buddy_free_exact(unmapped, NULL, 7);
	KUNIT_EXPECT_EQ(test, memcmp(mapped_before, test_stats(test, region),
				     sizeof(*before)), 0);
	KUNIT_EXPECT_EQ(test, memcmp(before, test_stats(test, unmapped),
				     sizeof(*before)), 0);
}

/* The message names the region that has the page; neither region changes. */
static void error_test_wrong_region(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_region *other = test_region_mapped(test, 0, SIZE);
	struct buddy_region *unmapped = test_region(test, TEST_PFN, SIZE);
	void *block = buddy_alloc(other, 3, 0);
	unsigned long addr = (unsigned long)block;
	unsigned long pfn = buddy_virt_to_pfn(other, block);
	struct buddy_stats *before = test_stats(test, other);
	char text[128];

	snprintf(text, sizeof(text), "region %s: %s %s: pfn %#lx, 8 pages",
		 buddy_region_name(unmapped), error_text[BUDDY_WRONG_REGION],
		 buddy_region_name(other), pfn);
	expect_error_twice(test, unmapped, BUDDY_WRONG_REGION, text,
			   buddy_free_pfn_exact, pfn, 8);
	expect_error(test, unmapped, BUDDY_WRONG_REGION, text, free_pfn, pfn, 3);

	snprintf(text, sizeof(text), "region %s: %s %s: address %#lx, 8 pages",
		 buddy_region_name(region), error_text[BUDDY_WRONG_REGION],
		 buddy_region_name(other), addr);
	expect_error_twice(test, region, BUDDY_WRONG_REGION, text, free_addr, addr, 3);
	expect_error(test, region, BUDDY_WRONG_REGION, text, free_addr_exact, addr, 8);
	expect_error(test, region, BUDDY_WRONG_REGION, text, free_addr, addr + 1, 3);
	expect_error(test, region, BUDDY_WRONG_REGION, text, free_pfn, pfn, 3);
	/* A region without a mapping is found, too. */
	expect_error(test, region, BUDDY_WRONG_REGION, text, free_pfn, TEST_PFN, 3);

	KUNIT_EXPECT_EQ(test, memcmp(before, test_stats(test, other), sizeof(*before)), 0);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(other, pfn), 8UL);
	check_region(test, other);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 0UL);
	buddy_free(other, block, 3);
}

static void error_test_misaligned(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	void *block = buddy_alloc(region, 1, 0), *page = buddy_alloc(region, 0, 0);
	unsigned long addr = (unsigned long)block;
	char text[128];

	snprintf(text, sizeof(text), "region %s: %s: address %#lx, 2 pages",
		 buddy_region_name(region), error_text[BUDDY_MISALIGNED], addr + 1);
	expect_error_twice(test, region, BUDDY_MISALIGNED, text, free_addr, addr + 1, 1);
	expect_error(test, region, BUDDY_MISALIGNED, text, free_addr, addr + 2048, 1);
	expect_error(test, region, BUDDY_MISALIGNED, text, free_addr_exact, addr + 4095, 2);
	/* Misalignment is found before any other error of the same call. */
	expect_error(test, region, BUDDY_MISALIGNED, text, free_addr, addr + 4097, 1);
	expect_error(test, region, BUDDY_MISALIGNED, text, free_addr, addr + 9000, 1);
	expect_error(test, region, BUDDY_MISALIGNED, text, free_addr, addr + 8, UINT_MAX);
	expect_error(test, region, BUDDY_MISALIGNED, text, free_addr, (unsigned long)page + 8, 0);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, buddy_virt_to_pfn(region, block)),
			2UL);
	buddy_free(region, page, 0);
	buddy_free(region, block, 1);
}

static void error_test_unmapped(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, SIZE);
	unsigned long pfn = buddy_alloc_pfn(region, 3, 0);
	unsigned long addr = (unsigned long)__va(PFN_PHYS(pfn));
	const char *text = error_text[BUDDY_UNMAPPED];

	KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
	expect_error_twice(test, region, BUDDY_UNMAPPED, text, alloc_addr, 0, 3);
	expect_error(test, region, BUDDY_UNMAPPED, text, alloc_addr, 0, UINT_MAX);
	expect_error(test, region, BUDDY_UNMAPPED, text, alloc_addr_exact, 0, 5);
	expect_error(test, region, BUDDY_UNMAPPED, text, alloc_addr, ZERO, 3);
	expect_error(test, region, BUDDY_UNMAPPED, text, alloc_pfn, ZERO, 3);
	expect_error(test, region, BUDDY_UNMAPPED, text, alloc_pfn_exact, ZERO, 5);
	expect_error(test, region, BUDDY_UNMAPPED, text, free_addr, addr, 3);
	expect_error(test, region, BUDDY_UNMAPPED, text, free_addr_exact, addr, 8);
	expect_error(test, region, BUDDY_UNMAPPED, text, free_addr, addr + 1, 3);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 8UL);
	buddy_free_pfn(region, pfn, 3);
}

static void error_test_no_pages(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, SIZE);
	struct buddy_region *mapped = test_region_mapped(test, 0, SIZE);
	const char *text = error_text[BUDDY_NO_PAGES];

	expect_error_twice(test, region, BUDDY_NO_PAGES, text, alloc_pfn_exact, 0, 0);
	expect_error_twice(test, mapped, BUDDY_NO_PAGES, text, alloc_addr_exact, 0, 0);
	expect_error(test, mapped, BUDDY_NO_PAGES, text, alloc_pfn_exact, ZERO, 0);
}

/* The first mistake of each kind warns, in each region. */
static void error_test_once_per_region_and_kind(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct buddy_region *region = test_region(test, TEST_PFN + i * SIZE, SIZE);
		unsigned long pfn = buddy_alloc_pfn(region, 1, 0);

		expect_free_error(test, region, BUDDY_NOT_A_HEAD, pfn + 1, 1);
		expect_free_error(test, region, BUDDY_WRONG_SIZE, pfn, 1);
		buddy_free_pfn(region, pfn, 1);
		expect_free_error(test, region, BUDDY_DOUBLE_FREE, pfn, 2);
	}
}

static void expect_failure_line(struct kunit *test, struct buddy_region *region,
				unsigned long nr, unsigned long free,
				unsigned long largest)
{
	char line[160];

	snprintf(line, sizeof(line),
		 "no place for %lu pages: %lu of %lu pages are free, the largest block of 2^order pages has %lu",
		 nr, free, region->stats.pages, largest);
	KUNIT_EXPECT_TRUE_MSG(test, logged(buddy_region_name(region), line), "%s", line);
}

/* An allocation that fails for lack of memory logs a line, but counts no caller error. */
static void error_test_failure_is_no_error(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	const char *name = buddy_region_name(region);
	unsigned long all = buddy_alloc_pfn(region, 9, 0);
	struct buddy_stats *stats;
	unsigned int i;

	KUNIT_ASSERT_NE(test, all, BUDDY_NO_PFN);
	alloc_pfn(region, NOWARN, 4);
	alloc_addr(region, NOWARN | ZERO, 4);
	KUNIT_EXPECT_FALSE(test, logged(name, "no place for"));
	alloc_pfn(region, 0, 4);
	expect_failure_line(test, region, 16, 0, 0);
	alloc_addr_exact(region, 0, 100);
	expect_failure_line(test, region, 100, 0, 0);

	buddy_free_pfn(region, all, 9);
	stats = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, stats->fails[4], 3ULL);
	KUNIT_EXPECT_EQ(test, stats->fails[7], 1ULL);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ(test, stats->errors[i], 0UL);
	check_region(test, region);
}

/*
 * An allocation that fails logs the largest free block, be it on the lists or in a
 * cache.  300 pages are blocks of 256, 32, 8 and 4 pages; 64 of the pages are in use.
 */
static void error_test_failure_names_the_largest(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 300);
	unsigned long block = buddy_alloc_pfn(region, 6, 0);

	alloc_pfn(region, 0, 8);
	expect_failure_line(test, region, 256, 236, 128);
	alloc_pfn_exact(region, 0, 290);
	expect_failure_line(test, region, 290, 236, 128);
	buddy_free_pfn(region, block, 6);
}

/* __GFP_DMA is an error; all other flags are allowed. */
static void error_test_zone(struct kunit *test)
{
	static const gfp_t zones[] = {
		__GFP_DMA, GFP_ATOMIC | __GFP_DMA, GFP_KERNEL | __GFP_DMA | __GFP_DMA32,
		__GFP_DMA | __GFP_ZERO | __GFP_NOWARN,
	};
	static const gfp_t right[] = {
		GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_HIGHUSER, GFP_KERNEL_ACCOUNT | __GFP_ZERO,
		__GFP_HIGHMEM, __GFP_MOVABLE, __GFP_NOFAIL | __GFP_COMP,
		__GFP_DMA32, GFP_KERNEL | __GFP_DMA32 | __GFP_ZERO,
	};
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region);
	const char *text = error_text[BUDDY_ZONE];
	unsigned int i;

	/* With caches, this CPU's has free pages: the inline functions use them first. */
	buddy_free(region, buddy_alloc(region, 0, 0), 0);
	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		unsigned long gfp = (__force unsigned long)zones[i];

		expect_error(test, region, BUDDY_ZONE, text, alloc_pfn, gfp, 0);
		expect_error(test, region, BUDDY_ZONE, text, alloc_pfn, gfp, 3);
		expect_error(test, region, BUDDY_ZONE, text, alloc_pfn, gfp, UINT_MAX);
		expect_error(test, region, BUDDY_ZONE, text, alloc_pfn_exact, gfp, 5);
		expect_error(test, region, BUDDY_ZONE, text, alloc_addr, gfp, 0);
		expect_error(test, region, BUDDY_ZONE, text, alloc_addr, gfp, 7);
		expect_error(test, region, BUDDY_ZONE, text, alloc_addr_exact, gfp, 100);
	}
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		void *page = buddy_alloc(region, 0, right[i]);
		unsigned long pfn = buddy_alloc_pfn_exact(region, 100, right[i]);

		KUNIT_EXPECT_NOT_NULL(test, page);
		KUNIT_EXPECT_NE(test, pfn, BUDDY_NO_PFN);
		buddy_free(region, page, 0);
		buddy_free_pfn_exact(region, pfn, 100);
	}
	expect_all_free(test, region, fresh);
}

/* An order above the largest possible one is counted as the largest possible one. */
static void error_test_order_beyond_max(struct kunit *test)
{
	static const unsigned int orders[] = { 38, 39, 63, 64, 70, UINT_MAX };
	struct buddy_region *region = test_region_mapped(test, 0, SIZE);
	struct buddy_stats *fresh = test_stats(test, region), *stats;
	unsigned int i;

	alloc_pfn(region, NOWARN, 10);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		alloc_pfn(region, NOWARN, orders[i]);
		alloc_addr(region, NOWARN | ZERO, orders[i]);
	}
	stats = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, stats->fails[10], 1ULL);
	KUNIT_EXPECT_EQ(test, stats->fails[BUDDY_NR_ORDERS - 1],
			2ULL * ARRAY_SIZE(orders));
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ(test, stats->errors[i], 0UL);
	expect_all_free(test, region, fresh);
}

static struct kunit_case error_cases[] = {
	KUNIT_CASE(error_test_double_free),
	KUNIT_CASE(error_test_free_of_fresh),
	KUNIT_CASE(error_test_not_a_head),
	KUNIT_CASE(error_test_wrong_size),
	KUNIT_CASE(error_test_outside),
	KUNIT_CASE(error_test_null_is_ignored),
	KUNIT_CASE(error_test_wrong_region),
	KUNIT_CASE(error_test_misaligned),
	KUNIT_CASE(error_test_unmapped),
	KUNIT_CASE(error_test_no_pages),
	KUNIT_CASE(error_test_once_per_region_and_kind),
	KUNIT_CASE(error_test_failure_is_no_error),
	KUNIT_CASE(error_test_failure_names_the_largest),
	KUNIT_CASE(error_test_zone),
	KUNIT_CASE(error_test_order_beyond_max),
	{}
};

static struct kunit_suite error_suite = {
#ifdef WITH_CACHES
	.name = "error_caches",
	.init = init_caches,
	.exit = exit_caches,
#else
	.name = "error",
#endif
	.test_cases = error_cases,
};

kunit_test_suite(error_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: error");
MODULE_LICENSE("GPL");
