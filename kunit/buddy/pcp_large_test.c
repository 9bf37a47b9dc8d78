// SPDX-License-Identifier: GPL-2.0
/* Suite pcp_large: blocks of whole clusters in the per-CPU caches. */
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "../../buddy/pcp.h"
#include "../lib/common.h"

#define PAGES	BIT(16)

/* The test stays on CPU 0, so that it always uses the same cache. */
static int pcp_large_init_test(struct kunit *test)
{
	set_cpus_allowed_ptr(current, cpumask_of(0));
	return init_caches(test);
}

/* All pages of a large block in a cache are reported as free. */
static void pcp_large_test_inside(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn = buddy_alloc_pfn(region, 8, 0);

	KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
	buddy_free_pfn(region, pfn, 8);
	EXPECT_WARNING("the block is free already",
		       buddy_free_pfn(region, pfn + CLUSTER_PAGES, 0));
	expect_all_free(test, region, fresh);
}

/* The lock is taken once to fill the cache with eight blocks, and once to replace them. */
static void pcp_large_test_eight(struct kunit *test)
{
	static const unsigned int turn[] = { 3, 1, 7, 0, 5, 2, 6, 4 };
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region), *stats;
	unsigned long pfns[9], i;
	u64 before;

	for (i = 0; i < 8; i++) {
		pfns[i] = buddy_alloc_pfn(region, 6, 0);
		KUNIT_ASSERT_EQ(test, pfns[i], TEST_PFN + i * CLUSTER_PAGES);
	}
	stats = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, stats->locked, 1ULL);
	KUNIT_EXPECT_EQ(test, stats->free_pages, PAGES - 8 * CLUSTER_PAGES);
	KUNIT_EXPECT_EQ(test, stats->allocs[6], 8ULL);

	/* The cache has seven of the next eight blocks: they are replaced first. */
	pfns[8] = buddy_alloc_pfn(region, 6, 0);
	KUNIT_ASSERT_EQ(test, pfns[8], TEST_PFN + 8 * CLUSTER_PAGES);
	buddy_free_pfn(region, pfns[turn[0]], 6);
	before = test_stats(test, region)->locked;
	for (i = 1; i < 8; i++) {
		check_region(test, region);
		buddy_free_pfn(region, pfns[turn[i]], 6);
	}
	stats = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, stats->locked, before);
	KUNIT_EXPECT_EQ(test, stats->free_pages, PAGES - CLUSTER_PAGES);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - 9 * CLUSTER_PAGES);
	KUNIT_EXPECT_EQ(test, stats->frees[6], 8ULL);
	check_region(test, region);

	/* Each cached block is free, and is allocated once. */
	EXPECT_WARNING("the block is free already", buddy_free_pfn(region, pfns[0], 6));
	for (i = 1; i < 8; i++)
		buddy_free_pfn(region, pfns[i], 6);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->errors[BUDDY_DOUBLE_FREE], 8UL);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 6, 0), pfns[0]);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 6, 0), pfns[1]);
	buddy_free_pfn(region, pfns[1], 6);
	buddy_free_pfn(region, pfns[0], 6);

	before = test_stats(test, region)->locked;
	buddy_free_pfn(region, pfns[8], 6);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->locked, before + 1);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - CLUSTER_PAGES);
	check_region(test, region);

	/* On the free lists they are one block: each of the eight is inside it. */
	buddy_region_drain(region);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 9, 0), TEST_PFN);
	EXPECT_WARNING("inside a block", buddy_free_pfn(region, pfns[1], 6));
	buddy_free_pfn(region, TEST_PFN, 9);
	expect_all_free(test, region, fresh);
}

/* A CPU caches one block if eight are more than it may cache. */
static void pcp_large_test_eight_share(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfns[2];

	region->cache_order = 8;
	pfns[0] = buddy_alloc_pfn(region, 6, 0);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - CLUSTER_PAGES);
	pfns[1] = buddy_alloc_pfn(region, 6, 0);
	KUNIT_ASSERT_EQ(test, pfns[1], pfns[0] + CLUSTER_PAGES);
	buddy_free_pfn(region, pfns[0], 6);
	buddy_free_pfn(region, pfns[1], 6);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - CLUSTER_PAGES);
	expect_all_free(test, region, fresh);
}

/* How many large blocks CPU 0 caches. */
static unsigned int cached(struct buddy_region *region)
{
	return large_nr(atomic64_read(&per_cpu_ptr(region->pcp, 0)->large));
}

/*
 * For blocks of half a cluster, a CPU takes clusters from the eight that it caches, and
 * puts them back there: seven clusters come and go without the free lists.
 */
static void pcp_large_test_halves(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfns[32], i;
	u64 splits = 0;

	for (i = 0; i < 16; i++) {
		pfns[i] = buddy_alloc_pfn(region, 5, 0);
		KUNIT_ASSERT_EQ(test, pfns[i], TEST_PFN + i * HALF_PAGES);
		check_region(test, region);
		if (!i)
			splits = region->stats.splits;
		KUNIT_EXPECT_EQ(test, region->stats.splits, splits);
		KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - BIT(9));
		KUNIT_EXPECT_EQ(test, cached(region), 7 - (unsigned int)i / 2);
	}
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->locked, 8ULL);

	for (i = 0; i < 16; i++) {
		KUNIT_EXPECT_EQ(test, cached(region), (unsigned int)(i ? (i - 1) / 2 : 0));
		buddy_free_pfn(region, pfns[i], 5);
		check_region(test, region);
	}
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->locked, 16ULL);
	KUNIT_EXPECT_EQ(test, region->stats.merges, 0ULL);
	EXPECT_WARNING("the block is free already", buddy_free_pfn(region, pfns[0], 5));
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->free_pages, PAGES);

	/* A cluster of another eight replaces the cached ones. */
	buddy_region_drain(region);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		pfns[i] = buddy_alloc_pfn(region, 5, 0);
	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		buddy_free_pfn(region, pfns[i], 5);
		check_region(test, region);
	}
	KUNIT_EXPECT_EQ(test, cached(region), 7U);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - BIT(9));
	expect_all_free(test, region, fresh);
}

/* That is not so while half a cluster is on the lists, or above what a CPU may cache. */
static void pcp_large_test_halves_not_kept(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfns[4], i;

	for (i = 0; i < 2; i++)
		pfns[i] = buddy_alloc_pfn(region, 5, 0);
	buddy_free_pfn(region, pfns[0], 5);
	buddy_region_drain(region);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 5, 0), pfns[0]);
	buddy_region_drain(region);

	region->cache_order = 8;
	for (i = 2; i < 4; i++) {
		pfns[i] = buddy_alloc_pfn(region, 5, 0);
		KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - 2 * CLUSTER_PAGES);
	}
	for (i = 0; i < 4; i++)
		buddy_free_pfn(region, pfns[i], 5);
	KUNIT_EXPECT_EQ(test, cached(region), 0U);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, PAGES - CLUSTER_PAGES);
	expect_all_free(test, region, fresh);
}

/*
 * Eight blocks of which some are in no range of the region.  The test changes the ranges
 * while all pages are in use, as free_area_test_ranges_stay_apart() does.
 */
static void pcp_large_test_eight_ranges(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 8 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	struct pfn_range *whole = region->ranges;
	u32 first = whole->first;
	struct pfn_range parts[] = {
		{ TEST_PFN, 3 * CLUSTER_PAGES, first },
		{ TEST_PFN + 4 * CLUSTER_PAGES, CLUSTER_PAGES, first + 4 },
		{ TEST_PFN + 6 * CLUSTER_PAGES, 2 * CLUSTER_PAGES, first + 6 },
	};
	static const unsigned int there[] = { 0, 1, 2, 4, 6, 7 };
	unsigned long pfns[8], i, round;

	for (i = 0; i < 8; i++)
		pfns[i] = buddy_alloc_pfn(region, 6, 0);
	KUNIT_ASSERT_EQ(test, pfns[7], TEST_PFN + 7 * CLUSTER_PAGES);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 6, __GFP_NOWARN), BUDDY_NO_PFN);
	region->ranges = parts;
	region->nr_ranges = ARRAY_SIZE(parts);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(there); i++)
			buddy_free_pfn(region, pfns[there[i]], 6);
		KUNIT_EXPECT_EQ(test, cached(region), (unsigned int)ARRAY_SIZE(there));
		for (i = 0; i < ARRAY_SIZE(there); i++) {
			KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 6, 0), pfns[there[i]]);
			KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfns[there[i]]),
					CLUSTER_PAGES);
		}
	}
	for (i = 0; i < ARRAY_SIZE(there); i++)
		buddy_free_pfn(region, pfns[there[i]], 6);
	buddy_region_drain(region);
	KUNIT_EXPECT_EQ(test, region->stats.nr_free[CLUSTER_ORDER + 1], 2UL);
	KUNIT_EXPECT_EQ(test, region->stats.nr_free[CLUSTER_ORDER], 2UL);

	/* The blocks that were in no range are still in use. */
	region->ranges = whole;
	region->nr_ranges = 1;
	buddy_free_pfn(region, pfns[3], 6);
	buddy_free_pfn(region, pfns[5], 6);
	expect_all_free(test, region, fresh);
}

/*
 * half_free() reads the half word before the tails.  If the cluster becomes part of a
 * large block in between, it reads a block word: that must not look like tails.
 */
static void pcp_large_test_block_word_is_no_tail(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	u64 number = TEST_PFN >> HALF_ORDER;
	unsigned int order, pos, nr;

	for (order = CLUSTER_ORDER; order < 24; order++) {
		u64 used = block_word(BIT(order));
		struct cluster cluster = { .block = ATOMIC64_INIT(used) };

		for (pos = 0; pos < HALF_PAGES; pos++) {
			for (nr = 2; pos + nr <= HALF_PAGES; nr++) {
				atomic64_t half = ATOMIC64_INIT(number << HALF_PAGES);

				KUNIT_ASSERT_EQ(test, half_free(region, &cluster, &half,
								TEST_PFN + pos, nr),
						CACHE_MISS);
				KUNIT_ASSERT_EQ(test, (u64)atomic64_read(&cluster.block), used);
			}
		}
	}
}

static struct kunit_case pcp_large_cases[] = {
	KUNIT_CASE(pcp_large_test_inside),
	KUNIT_CASE(pcp_large_test_eight),
	KUNIT_CASE(pcp_large_test_eight_share),
	KUNIT_CASE(pcp_large_test_halves),
	KUNIT_CASE(pcp_large_test_halves_not_kept),
	KUNIT_CASE(pcp_large_test_eight_ranges),
	KUNIT_CASE(pcp_large_test_block_word_is_no_tail),
	{}
};

static struct kunit_suite pcp_large_suite = {
	.name = "pcp_large",
	.init = pcp_large_init_test,
	.exit = exit_caches,
	.test_cases = pcp_large_cases,
};

kunit_test_suite(pcp_large_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: blocks of whole clusters in per-CPU caches");
MODULE_LICENSE("GPL");
