// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pcp_row: a CPU caches pages for calls that come in rows, and for a block that it
 * frees where it allocated last; not for mixed work.  The suites pcp and pcp_large have
 * regions in which each call is a row.
 */
#include <linux/module.h>

#include "../../buddy/pcp.h"
#include "../lib/common.h"

#define PAGES	BIT(16)
#define ROW	3

static int pcp_row_init_test(struct kunit *test)
{
	set_cpus_allowed_ptr(current, cpumask_of(0));
	return init_caches(test);
}

static struct buddy_region *row_region(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);

	region->cache_row = ROW;
	return region;
}

/* How many pages CPU 0 caches: those that are free, but not on the free lists. */
static unsigned long cached(struct kunit *test, struct buddy_region *region)
{
	return test_stats(test, region)->free_pages - region->stats.free_pages;
}

static u64 locked(struct buddy_region *region)
{
	return region->stats.locked;
}

/* Allocate @nr blocks of @order side by side; then no CPU caches a page or is in a row. */
static unsigned long fill(struct kunit *test, struct buddy_region *region,
			  unsigned int order, unsigned int nr)
{
	unsigned long first = buddy_alloc_pfn(region, order, 0);
	unsigned int i;

	for (i = 1; i < nr; i++)
		KUNIT_ASSERT_EQ(test, buddy_alloc_pfn(region, order, 0), first + (i << order));
	buddy_free_pfn(region, buddy_alloc_pfn(region, 10, 0), 10);
	buddy_region_drain(region);
	KUNIT_ASSERT_EQ(test, cached(test, region), 0UL);
	return first;
}

/* Free all blocks and drain the caches. */
static void empty(struct kunit *test, struct buddy_region *region)
{
	unsigned long pfn, nr;

	check_region(test, region);
	for (pfn = TEST_PFN; pfn < TEST_PFN + PAGES; pfn += nr ?: 1) {
		nr = buddy_block_pages(region, pfn);
		if (nr)
			buddy_free_pfn_exact(region, pfn, nr);
	}
	buddy_region_drain(region);
	check_region(test, region);
}

static void pcp_row_test_default(struct kunit *test)
{
	struct buddy_region *region = buddy_region_create("pcp_row", TEST_PFN, PAGES, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
	KUNIT_EXPECT_EQ(test, region->cache_row, ROW);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
}

/* A row of allocations brings pages for the next ones, from a block that is split anyway. */
static void pcp_row_test_allocs(struct kunit *test)
{
	static const struct {
		unsigned int order;
		unsigned int split;	/* this allocation splits a block */
		unsigned long cached;	/* after that */
	} rows[] = {
		{ 0, 4, 60 }, { 3, 4, 32 }, { 5, 5, 64 + 32 }, { 6, 5, 3 * 64 }, { 9, 5, 3 * 512 },
	};
	struct buddy_region *region = row_region(test);
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 before = locked(region);

		for (nr = 1; nr < rows[i].split; nr++) {
			buddy_alloc_pfn(region, rows[i].order, 0);
			KUNIT_EXPECT_EQ(test, cached(test, region), 0UL);
			KUNIT_EXPECT_EQ(test, locked(region), before + nr);
		}
		buddy_alloc_pfn(region, rows[i].order, 0);
		KUNIT_EXPECT_EQ_MSG(test, cached(test, region), rows[i].cached, "order %u",
				    rows[i].order);
		buddy_alloc_pfn(region, rows[i].order, 0);
		KUNIT_EXPECT_EQ(test, locked(region), before + rows[i].split);
		empty(test, region);
	}
}

/* Another order, or a free, breaks the row. */
static void pcp_row_test_broken(struct kunit *test)
{
	struct buddy_region *region = row_region(test);
	unsigned long first = fill(test, region, 0, 32 * CLUSTER_PAGES);
	unsigned int i, nr;
	u64 before = locked(region);

	for (i = 0; i < 8; i++) {
		for (nr = 0; nr < ROW; nr++)
			buddy_alloc_pfn(region, 0, 0);
		if (i % 2)
			buddy_alloc_pfn(region, i / 2 + 1, 0);
		else
			buddy_free_pfn(region, first + i * CLUSTER_PAGES, 0);
		KUNIT_EXPECT_EQ_MSG(test, cached(test, region), 0UL, "after %u", i);
	}
	KUNIT_EXPECT_EQ(test, locked(region), before + 8 * (ROW + 1));
	empty(test, region);
}

/* So does the free of a large block: it does not count, but what follows starts a row. */
static void pcp_row_test_broken_large(struct kunit *test)
{
	struct buddy_region *region = row_region(test);
	unsigned long pfn = buddy_alloc_pfn(region, 7, 0);
	unsigned int nr;

	for (nr = 0; nr < ROW; nr++)
		buddy_alloc_pfn(region, 6, 0);
	buddy_free_pfn(region, pfn, 7);
	/* The second one splits a block. */
	for (nr = 0; nr < 2; nr++)
		buddy_alloc_pfn(region, 6, 0);
	KUNIT_EXPECT_EQ(test, cached(test, region), 0UL);
	empty(test, region);
}

/* A block is freed where the CPU allocated last: from then on, a pair needs no lock. */
static void pcp_row_test_pairs(struct kunit *test)
{
	struct buddy_region *region = row_region(test);
	unsigned int order, i;

	for (order = 0; order < 12; order++) {
		u64 before = locked(region), after;

		for (i = 0; i < 8; i++) {
			buddy_free_pfn(region, buddy_alloc_pfn(region, order, 0), order);
			/* The first free, or the second allocation, has taken the lock last. */
			if (i < 2)
				after = locked(region);
		}
		KUNIT_EXPECT_EQ_MSG(test, locked(region), after, "order %u", order);
		KUNIT_EXPECT_LE(test, after, before + (order < CLUSTER_ORDER ? 2 : 3));
		empty(test, region);
	}
}

/* A large block of another order is given up for a pair. */
static void pcp_row_test_pair_after_row(struct kunit *test)
{
	struct buddy_region *region = row_region(test);
	unsigned int i;
	u64 before;

	for (i = 0; i < 5; i++)
		buddy_alloc_pfn(region, 6, 0);
	KUNIT_EXPECT_EQ(test, cached(test, region), 3UL * CLUSTER_PAGES);
	for (i = 0; i < 2; i++)
		buddy_free_pfn(region, buddy_alloc_pfn(region, 9, 0), 9);
	KUNIT_EXPECT_EQ(test, cached(test, region), 512UL);
	before = locked(region);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 9, 0), 9);
	KUNIT_EXPECT_EQ(test, locked(region), before);
	empty(test, region);
}

/*
 * If only whole clusters are free, a row takes one, and a row twice as long takes up to eight
 * at once, for its next pages.  A row of frees gives them back to the same cache.
 */
static void pcp_row_test_clusters(struct kunit *test)
{
	struct buddy_region *region = row_region(test);
	unsigned long first = buddy_alloc_pfn(region, 0, 0);
	unsigned int nr;

	for (nr = 1; nr < 8 * CLUSTER_PAGES; nr++) {
		KUNIT_ASSERT_EQ(test, buddy_alloc_pfn(region, 0, 0), first + nr);
		/* Clusters 2 and 3 are a block; 4 to 7 are another one, which comes as a whole. */
		if (nr == 2 * CLUSTER_PAGES)
			KUNIT_EXPECT_EQ(test, cached(test, region), CLUSTER_PAGES - 1);
		if (nr == 5 * CLUSTER_PAGES)
			KUNIT_EXPECT_EQ(test, cached(test, region), 3 * CLUSTER_PAGES - 1);
	}
	KUNIT_EXPECT_EQ(test, cached(test, region), 0UL);
	for (nr = 0; nr < 8 * CLUSTER_PAGES; nr++)
		buddy_free_pfn(region, first + nr, 0);
	KUNIT_EXPECT_EQ(test, cached(test, region), 8 * CLUSTER_PAGES);
	empty(test, region);
}

/* The fourth free in a row goes into the cache, and with it those of the same cluster. */
static void pcp_row_test_frees(struct kunit *test)
{
	struct buddy_region *region = row_region(test);
	unsigned long first = fill(test, region, 0, 8 * CLUSTER_PAGES);
	unsigned long free = region->stats.free_pages;
	unsigned int nr;
	u64 before;

	for (nr = 0; nr < ROW; nr++) {
		buddy_free_pfn(region, first + nr * CLUSTER_PAGES, 0);
		KUNIT_EXPECT_EQ(test, region->stats.free_pages, ++free);
	}
	buddy_free_pfn(region, first + nr * CLUSTER_PAGES, 0);
	KUNIT_EXPECT_EQ(test, cached(test, region), 1UL);
	before = locked(region);
	buddy_free_pfn(region, first + nr * CLUSTER_PAGES + 1, 0);
	KUNIT_EXPECT_EQ(test, cached(test, region), 2UL);
	KUNIT_EXPECT_EQ(test, locked(region), before);
	empty(test, region);
}

/*
 * A large block goes to the free lists, and the next ones of its eight into the cache.  If
 * the cache has several, a block of another eight takes their place.
 */
static void pcp_row_test_large_frees(struct kunit *test)
{
	struct buddy_region *region = row_region(test);
	unsigned long first = fill(test, region, 6, 64);
	unsigned long free = region->stats.free_pages;
	unsigned int nr;

	for (nr = 0; nr < 2 * ROW; nr++) {
		buddy_free_pfn(region, first + nr * 512, 6);
		free += CLUSTER_PAGES;
		KUNIT_EXPECT_EQ(test, region->stats.free_pages, free);
		KUNIT_EXPECT_EQ(test, cached(test, region), 0UL);
	}
	/* One block is cached, and gives way. */
	buddy_free_pfn(region, first + 5 * 512 + CLUSTER_PAGES, 6);
	KUNIT_EXPECT_EQ(test, cached(test, region), 1UL * CLUSTER_PAGES);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, free);
	buddy_free_pfn(region, first + 6 * 512, 6);
	KUNIT_EXPECT_EQ(test, cached(test, region), 0UL);
	/* Two are cached, and the next block is, too. */
	buddy_free_pfn(region, first + 6 * 512 + 3 * CLUSTER_PAGES, 6);
	buddy_free_pfn(region, first + 6 * 512 + CLUSTER_PAGES, 6);
	KUNIT_EXPECT_EQ(test, cached(test, region), 2UL * CLUSTER_PAGES);
	buddy_free_pfn(region, first + 7 * 512, 6);
	KUNIT_EXPECT_EQ(test, cached(test, region), 1UL * CLUSTER_PAGES);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, free + 4 * CLUSTER_PAGES);
	empty(test, region);
}

static struct kunit_case pcp_row_cases[] = {
	KUNIT_CASE(pcp_row_test_default),
	KUNIT_CASE(pcp_row_test_allocs),
	KUNIT_CASE(pcp_row_test_broken),
	KUNIT_CASE(pcp_row_test_broken_large),
	KUNIT_CASE(pcp_row_test_pairs),
	KUNIT_CASE(pcp_row_test_pair_after_row),
	KUNIT_CASE(pcp_row_test_clusters),
	KUNIT_CASE(pcp_row_test_frees),
	KUNIT_CASE(pcp_row_test_large_frees),
	{}
};

static struct kunit_suite pcp_row_suite = {
	.name = "pcp_row",
	.init = pcp_row_init_test,
	.exit = exit_caches,
	.test_cases = pcp_row_cases,
};

kunit_test_suite(pcp_row_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: when a CPU caches pages");
MODULE_LICENSE("GPL");
