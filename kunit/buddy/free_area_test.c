// SPDX-License-Identifier: GPL-2.0
/* Suite free_area: splits and merges of blocks, as the lengths of the free lists show. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/common.h"

/* Allocate all blocks of @order, but at most @max.  Return how many. */
static unsigned long take_all(struct buddy_region *region, unsigned int order,
			      unsigned long *pfns, unsigned long max)
{
	unsigned long nr;

	for (nr = 0; nr < max; nr++) {
		pfns[nr] = buddy_alloc_pfn(region, order, __GFP_NOWARN);
		if (pfns[nr] == BUDDY_NO_PFN)
			break;
	}
	return nr;
}

static void free_all(struct buddy_region *region, unsigned int order,
		     const unsigned long *pfns, unsigned long nr)
{
	while (nr--)
		buddy_free_pfn(region, pfns[nr], order);
}

static unsigned long *pfn_array(struct kunit *test, unsigned long nr)
{
	unsigned long *pfns = kunit_kmalloc_array(test, nr, sizeof(*pfns), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pfns);
	return pfns;
}

/* Allocate one block of each order from a fresh region: each split leaves a free half. */
static void free_area_test_split_order_by_order(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, BIT(12));
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int order, o;

	KUNIT_ASSERT_EQ(test, fresh->max_order, 12U);
	for (order = 0; order <= 12; order++) {
		unsigned long pfn = buddy_alloc_pfn(region, order, 0);
		struct buddy_stats *stats = test_stats(test, region);

		KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, pfn % BIT(order), 0UL);
		for (o = 0; o <= 12; o++)
			KUNIT_EXPECT_EQ(test, stats->nr_free[o],
					(unsigned long)(o >= order && o < 12));
		KUNIT_EXPECT_EQ(test, stats->splits - stats->merges, 12ULL - order);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), BIT(order));
		check_region(test, region);
		buddy_free_pfn(region, pfn, order);
		expect_all_free(test, region, fresh);
	}
}

/* At each step the buddy of the free block is freed, and both become one block. */
static void free_area_test_merge_order_by_order(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, BIT(12));
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long first = buddy_alloc_pfn(region, 0, 0), pfns[12];
	unsigned int order, o;

	for (order = 0; order < 12; order++) {
		pfns[order] = buddy_alloc_pfn(region, order, 0);
		KUNIT_EXPECT_EQ(test, pfns[order], first ^ BIT(order));
	}
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, 0UL);

	buddy_free_pfn(region, first, 0);
	for (order = 0; order < 12; order++) {
		buddy_free_pfn(region, pfns[order], order);
		for (o = 0; o <= 12; o++)
			KUNIT_EXPECT_EQ(test, region->stats.nr_free[o],
					(unsigned long)(o == order + 1));
		KUNIT_EXPECT_EQ(test, region->stats.merges, order + 1ULL);
		check_region(test, region);
	}
	expect_all_free(test, region, fresh);
}

/* The @n-th permutation of @nr blocks, after D. Lehmer's numbering. */
static void permute(unsigned long *pfns, unsigned int nr, unsigned int n)
{
	for (; nr > 1; n /= nr--)
		swap(pfns[nr - 1], pfns[n % nr]);
}

/* Free the 2^@cuts pieces of a block in every possible sequence. */
static void merge_permutations(struct kunit *test, unsigned int order,
			       unsigned int cuts)
{
	struct buddy_region *region = test_region(test, TEST_PFN, BIT(order + cuts));
	unsigned long nr = BIT(cuts), pfns[8];
	unsigned int permutations = 1, n, i;

	for (i = 2; i <= nr; i++)
		permutations *= i;
	for (n = 0; n < permutations; n++) {
		KUNIT_ASSERT_EQ(test, take_all(region, order, pfns, nr), nr);
		permute(pfns, nr, n);
		free_all(region, order, pfns, nr);
		if (region->stats.nr_free[order + cuts] != 1 ||
		    region->stats.splits != region->stats.merges)
			KUNIT_ASSERT_FAILURE(test, "order %u, permutation %u of %u: not merged",
					     order, n, permutations);
	}
	expect_free_range(test, region, TEST_PFN, BIT(order + cuts));
	check_region(test, region);
	end_region(test, region);
}

static void free_area_test_merge_all_permutations(struct kunit *test)
{
	unsigned int order;

	/* 2! and 4! sequences, for pieces smaller than a cluster and larger ones. */
	for (order = 0; order <= 8; order++) {
		merge_permutations(test, order, 1);
		merge_permutations(test, order, 2);
	}
	/* 8! sequences: two clusters in quarters. */
	merge_permutations(test, 4, 3);
}

struct pattern {
	const char *name;
	unsigned long (*nth)(unsigned long i, unsigned long nr);
};

static unsigned long ascending(unsigned long i, unsigned long nr)
{
	return i;
}

static unsigned long descending(unsigned long i, unsigned long nr)
{
	return nr - 1 - i;
}

static unsigned long even_then_odd(unsigned long i, unsigned long nr)
{
	return i < nr / 2 ? 2 * i : 2 * i - nr + 1;
}

static unsigned long odd_then_even(unsigned long i, unsigned long nr)
{
	return even_then_odd(i, nr) ^ 1;
}

static unsigned long from_both_ends(unsigned long i, unsigned long nr)
{
	return i % 2 ? nr - 1 - i / 2 : i / 2;
}

/* 257 is odd, so @i * 257 reaches each number below a power of two once. */
static unsigned long scattered(unsigned long i, unsigned long nr)
{
	return (i * 257 + 91) % nr;
}

static const struct pattern patterns[] = {
	{ "ascending", ascending },
	{ "descending", descending },
	{ "even then odd", even_then_odd },
	{ "odd then even", odd_then_even },
	{ "from both ends", from_both_ends },
	{ "scattered", scattered },
};

static void describe_pattern(const struct pattern *pattern, char *text)
{
	strscpy(text, pattern->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pattern, patterns, describe_pattern);

/* 1024 blocks are allocated, and freed in the sequence of a pattern. */
static void free_area_test_merge_patterns(struct kunit *test)
{
	static const unsigned int orders[] = { 0, 3, 5, 6, 7 };
	const struct pattern *pattern = test->param_value;
	unsigned long nr = 1024, *pfns = pfn_array(test, nr), i;
	unsigned int o;

	for (o = 0; o < ARRAY_SIZE(orders); o++) {
		unsigned int order = orders[o];
		struct buddy_region *region = test_region(test, TEST_PFN, nr << order);
		struct buddy_stats *fresh = test_stats(test, region);

		KUNIT_ASSERT_EQ(test, take_all(region, order, pfns, nr), nr);
		for (i = 0; i < nr; i++) {
			buddy_free_pfn(region, TEST_PFN +
				       (pattern->nth(i, nr) << order), order);
			if (i % 128 == 77)
				check_region(test, region);
		}
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

static void free_area_test_merge_shuffled(struct kunit *test)
{
	unsigned long nr = 1024 + 37, *pfns = pfn_array(test, nr), i;
	struct buddy_region *region = test_region(test, TEST_PFN + 5, nr);
	struct buddy_stats *fresh = test_stats(test, region);
	struct rnd_state rnd;
	unsigned int round;

	prandom_seed_state(&rnd, test_seed(test));
	for (round = 0; round < 20; round++) {
		KUNIT_ASSERT_EQ(test, take_all(region, 0, pfns, nr), nr);
		for (i = nr; i > 1; i--) {
			unsigned long other = prandom_u32_state(&rnd) % i;

			swap(pfns[i - 1], pfns[other]);
		}
		free_all(region, 0, pfns, nr);
		expect_all_free(test, region, fresh);
	}
}

/* Every second block is free: half of the pages, but no two blocks can merge. */
static void free_area_test_alternating_stay_apart(struct kunit *test)
{
	unsigned long nr = 128, *pfns = pfn_array(test, nr), i;
	unsigned int order;

	for (order = 0; order <= 8; order++) {
		struct buddy_region *region = test_region(test, TEST_PFN, nr << order);
		struct buddy_stats *fresh = test_stats(test, region);

		KUNIT_ASSERT_EQ(test, take_all(region, order, pfns, nr), nr);
		for (i = 0; i < nr; i += 2)
			buddy_free_pfn(region, TEST_PFN + (i << order), order);
		KUNIT_EXPECT_EQ(test, region->stats.nr_free[order], nr / 2);
		KUNIT_EXPECT_EQ(test, region->stats.merges, 0ULL);
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, order + 1, __GFP_NOWARN),
				BUDDY_NO_PFN);
		/* One more free block merges with its buddy. */
		buddy_free_pfn(region, TEST_PFN + (1UL << order), order);
		KUNIT_EXPECT_EQ(test, region->stats.nr_free[order + 1], 1UL);
		KUNIT_EXPECT_EQ(test, region->stats.merges, 1ULL);
		check_region(test, region);
		for (i = 3; i < nr; i += 2)
			buddy_free_pfn(region, TEST_PFN + (i << order), order);
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

/* The two blocks in the middle of four are neighbours, but not buddies. */
static void free_area_test_neighbour_is_no_buddy(struct kunit *test)
{
	unsigned long pfns[4];
	unsigned int order;

	for (order = 0; order <= 9; order++) {
		struct buddy_region *region = test_region(test, TEST_PFN, 4UL << order);
		struct buddy_stats *fresh = test_stats(test, region);

		KUNIT_ASSERT_EQ(test, take_all(region, order, pfns, 4), 4UL);
		buddy_free_pfn(region, TEST_PFN + (1UL << order), order);
		buddy_free_pfn(region, TEST_PFN + (2UL << order), order);
		KUNIT_EXPECT_EQ(test, region->stats.nr_free[order], 2UL);
		KUNIT_EXPECT_EQ(test, region->stats.merges, 0ULL);
		check_region(test, region);
		buddy_free_pfn(region, TEST_PFN, order);
		KUNIT_EXPECT_EQ(test, region->stats.nr_free[order], 1UL);
		KUNIT_EXPECT_EQ(test, region->stats.nr_free[order + 1], 1UL);
		check_region(test, region);
		buddy_free_pfn(region, TEST_PFN + (3UL << order), order);
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

/* A free block does not merge with its buddy while the buddy is split. */
static void free_area_test_split_buddy_stays(struct kunit *test)
{
	unsigned int order;

	for (order = 1; order <= 9; order++) {
		struct buddy_region *region = test_region(test, TEST_PFN, 2UL << order);
		struct buddy_stats *fresh = test_stats(test, region);
		unsigned long low = buddy_alloc_pfn(region, order, 0);
		unsigned long small = buddy_alloc_pfn(region, 0, 0);

		KUNIT_EXPECT_EQ(test, small, low + BIT(order));
		buddy_free_pfn(region, low, order);
		KUNIT_EXPECT_EQ(test, region->stats.nr_free[order], 1UL);
		KUNIT_EXPECT_EQ(test, region->stats.nr_free[order + 1], 0UL);
		KUNIT_EXPECT_EQ(test, region->stats.merges, 0ULL);
		check_region(test, region);
		buddy_free_pfn(region, small, 0);
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

/*
 * Buddies in different ranges must not merge, even if the ranges are adjacent.  Only
 * regions of kernel memory have several ranges, at places that no test can choose.  So
 * the test changes the ranges of its region while all pages are in use.
 */
static void free_area_test_ranges_stay_apart(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 8 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	struct pfn_range *whole = region->ranges;
	u32 first = whole->first;
	struct pfn_range halves[] = {
		{ TEST_PFN, 4 * CLUSTER_PAGES, first },
		{ TEST_PFN + 4 * CLUSTER_PAGES, 4 * CLUSTER_PAGES, first + 4 },
	};
	struct pfn_range gap[] = {
		{ TEST_PFN, 3 * CLUSTER_PAGES, first },
		{ TEST_PFN + 4 * CLUSTER_PAGES, CLUSTER_PAGES, first + 4 },
		{ TEST_PFN + 6 * CLUSTER_PAGES, 2 * CLUSTER_PAGES, first + 6 },
	};
	unsigned long pfns[8];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, take_all(region, CLUSTER_ORDER, pfns, 8), 8UL);
	region->ranges = gap;
	region->nr_ranges = ARRAY_SIZE(gap);
	/* A page between two ranges is in no block. */
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ_MSG(test, buddy_block_pages(region, TEST_PFN +
							    i * CLUSTER_PAGES),
				    i == 3 || i == 5 ? 0UL : (unsigned long)CLUSTER_PAGES,
				    "cluster %u", i);

	region->ranges = halves;
	region->nr_ranges = ARRAY_SIZE(halves);
	free_all(region, CLUSTER_ORDER, pfns, 8);
	KUNIT_EXPECT_EQ(test, region->stats.nr_free[CLUSTER_ORDER + 2], 2UL);
	KUNIT_EXPECT_EQ(test, region->stats.nr_free[CLUSTER_ORDER + 3], 0UL);
	check_region(test, region);

	KUNIT_EXPECT_EQ(test, take_all(region, CLUSTER_ORDER, pfns, 8), 8UL);
	region->ranges = whole;
	region->nr_ranges = 1;
	free_all(region, CLUSTER_ORDER, pfns, 8);
	expect_all_free(test, region, fresh);
}

/* An allocation takes a free block of its size, although larger ones are free, too. */
static void free_area_test_takes_the_hole(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, BIT(12));
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int order;

	for (order = 0; order <= 10; order++) {
		unsigned long hole = buddy_alloc_pfn(region, order, 0);
		unsigned long buddy = buddy_alloc_pfn(region, order, 0);
		u64 splits = region->stats.splits;

		KUNIT_EXPECT_EQ(test, buddy, hole ^ BIT(order));
		buddy_free_pfn(region, hole, order);
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, order, 0), hole);
		KUNIT_EXPECT_EQ(test, region->stats.splits, splits);
		buddy_free_pfn(region, hole, order);
		/* The hole was not split: the next order has the block beside it. */
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, order + 1, 0),
				(hole & -(2UL << order)) ^ (2UL << order));
		check_region(test, region);
		buddy_free_pfn(region, (hole & -(2UL << order)) ^ (2UL << order),
			       order + 1);
		buddy_free_pfn(region, buddy, order);
		expect_all_free(test, region, fresh);
	}
}

/* Pages come from the clusters that are split already; a whole cluster stays whole. */
static void free_area_test_prefers_full_cluster(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, BIT(12));
	struct buddy_stats *fresh = test_stats(test, region);
	/* Three clusters with 32, 16 and 8 free pages. */
	unsigned long half = buddy_alloc_pfn(region, 5, 0);
	unsigned long more = buddy_alloc_pfn_aligned(region, 48, 6, 0);
	unsigned long most = buddy_alloc_pfn_aligned(region, 56, 6, 0), pfns[56];
	unsigned int i;

	KUNIT_EXPECT_EQ(test, region->stats.nr_free[CLUSTER_ORDER], 1UL);
	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		unsigned long want = i < 8 ? most : i < 24 ? more : half;

		pfns[i] = buddy_alloc_pfn(region, 0, 0);
		KUNIT_EXPECT_EQ_MSG(test, pfns[i] >> CLUSTER_ORDER,
				    want >> CLUSTER_ORDER, "page %u", i);
	}
	/* All three clusters are full, and no other cluster was split. */
	KUNIT_EXPECT_EQ(test, region->stats.nr_free[CLUSTER_ORDER], 1UL);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, BIT(12) - 3 * CLUSTER_PAGES);
	check_region(test, region);

	free_all(region, 0, pfns, ARRAY_SIZE(pfns));
	buddy_free_pfn(region, half, 5);
	buddy_free_pfn_exact(region, more, 48);
	buddy_free_pfn_exact(region, most, 56);
	expect_all_free(test, region, fresh);
}

/* Allocate and free all pages of a region, then all blocks of each order. */
static void sweep(struct kunit *test, unsigned long pfn, unsigned long nr_pages,
		  unsigned int max_order)
{
	struct buddy_region *region = test_region(test, pfn, nr_pages);
	unsigned long *pfns = kvmalloc_array(nr_pages, sizeof(*pfns), GFP_KERNEL);
	unsigned long *seen = bitmap_zalloc(nr_pages, GFP_KERNEL);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int order;

	KUNIT_ASSERT_EQ(test, fresh->free_pages, nr_pages);
	KUNIT_ASSERT_TRUE(test, pfns && seen);
	expect_free_range(test, region, pfn, nr_pages);
	check_region(test, region);
	for (order = 0; order <= max_order; order++) {
		unsigned long blocks = blocks_inside(pfn, nr_pages, order), i, nr;

		nr = take_all(region, order, pfns, nr_pages);
		KUNIT_EXPECT_EQ_MSG(test, nr, blocks, "order %u of %lu pages at %#lx",
				    order, nr_pages, pfn);
		for (i = 0; i < nr; i++) {
			unsigned long at = pfns[i] - pfn;

			if (pfns[i] % BIT(order) || at >= nr_pages ||
			    nr_pages - at < BIT(order) || test_bit(at, seen))
				KUNIT_FAIL(test, "%lu pages at %#lx: order %u at %#lx",
					   nr_pages, pfn, order, pfns[i]);
			else
				set_bit(at, seen);
		}
		bitmap_zero(seen, nr_pages);
		free_all(region, order, pfns, nr);
		expect_all_free(test, region, fresh);
	}
	bitmap_free(seen);
	kvfree(pfns);
	kunit_kfree(test, fresh);
	end_region(test, region);
}

/* Every size up to 300.  57 and 131 have no common divisor: the bases take 131 values. */
static void free_area_test_odd_sizes_and_bases(struct kunit *test)
{
	unsigned long nr_pages;

	for (nr_pages = 1; nr_pages <= 300; nr_pages++)
		sweep(test, TEST_PFN + nr_pages * 57 % 131, nr_pages, 8);
}

/* Regions that end at a cluster's edge or one page from it; the first and last pfns. */
static void free_area_test_region_ends(struct kunit *test)
{
	static const unsigned long edges[] = { 63, 64, 65, 127, 128, 129, 192, 255, 256 };
	static const unsigned long primes[] = { 997, 4099, 10007 };
	unsigned long last = BIT(37);
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (j = 0; j < ARRAY_SIZE(edges); j++)
			sweep(test, TEST_PFN + edges[i], edges[j], 8);
	for (i = 0; i < ARRAY_SIZE(primes); i++) {
		sweep(test, TEST_PFN + 1, primes[i], 13);
		sweep(test, TEST_PFN - primes[i] / 2, primes[i], 13);
	}
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		sweep(test, 0, edges[i], 8);
		sweep(test, last - edges[i], edges[i], 8);
	}
}

/* Allocate blocks of one order until none is left; the counters must agree. */
static void free_area_test_exhaustion(struct kunit *test)
{
	unsigned long nr_pages = 5000, *pfns = pfn_array(test, nr_pages);
	struct buddy_region *region = test_region(test, TEST_PFN + 37, nr_pages);
	struct buddy_stats *fresh = test_stats(test, region);
	struct buddy_stats *stats = test_stats(test, region);
	unsigned int order, round;

	for (order = 0; order <= 13; order++) {
		unsigned long nr = blocks_inside(TEST_PFN + 37, nr_pages, order);

		for (round = 1; round <= 2; round++) {
			KUNIT_EXPECT_EQ(test, take_all(region, order, pfns, nr), nr);
			KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, order, __GFP_NOWARN),
					BUDDY_NO_PFN);
			buddy_region_stats(region, stats);
			KUNIT_EXPECT_EQ(test, stats->allocs[order], (u64)nr * round);
			KUNIT_EXPECT_EQ(test, stats->fails[order], (u64)round);
			KUNIT_EXPECT_EQ(test, stats->free_pages, nr_pages - (nr << order));
			check_region(test, region);
			free_all(region, order, pfns, nr);
			buddy_region_stats(region, stats);
			KUNIT_EXPECT_EQ(test, stats->frees[order], (u64)nr * round);
			expect_all_free(test, region, fresh);
		}
	}
}

/* peak_pages rises with the pages in use, and never falls. */
static void free_area_test_peak_pages(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 64);
	unsigned long *peak = &region->stats.peak_pages;
	unsigned long eight = buddy_alloc_pfn(region, 3, 0), three, two;

	KUNIT_EXPECT_EQ(test, *peak, 8UL);
	three = buddy_alloc_pfn_exact(region, 3, 0);
	KUNIT_EXPECT_EQ(test, *peak, 11UL);
	buddy_free_pfn(region, eight, 3);
	two = buddy_alloc_pfn(region, 1, 0);
	KUNIT_EXPECT_EQ(test, *peak, 11UL);
	eight = buddy_alloc_pfn(region, 3, 0);
	KUNIT_EXPECT_EQ(test, *peak, 13UL);
	buddy_free_pfn(region, eight, 3);
	buddy_free_pfn_exact(region, three, 3);
	buddy_free_pfn(region, two, 1);
	KUNIT_EXPECT_EQ(test, *peak, 13UL);
}

/* Count the entries of the cluster array that differ from @copy, and update @copy. */
static unsigned long changed_clusters(struct buddy_region *region,
				      struct cluster *copy)
{
	unsigned long nr = 0, i;

	for (i = 0; i < region->nr_clusters; i++)
		nr += !!memcmp(&copy[i], &region->clusters[i], sizeof(*copy));
	memcpy(copy, region->clusters, region->nr_clusters * sizeof(*copy));
	return nr;
}

/* A large block changes as few entries of the cluster array as a small one. */
static void free_area_test_large_blocks_touch_little(struct kunit *test)
{
	static const unsigned int orders[] = { 0, 6, 12, 20, 24 };
	struct buddy_region *region = test_region(test, TEST_PFN, BIT(24));
	struct buddy_stats *fresh = test_stats(test, region);
	size_t bytes = region->nr_clusters * sizeof(struct cluster);
	struct cluster *copy = kvmalloc(bytes, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	changed_clusters(region, copy);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		unsigned long pfn = buddy_alloc_pfn(region, orders[i], 0);

		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), BIT(orders[i]));
		KUNIT_EXPECT_LE(test, changed_clusters(region, copy), 3 * 24UL);
		buddy_free_pfn(region, pfn, orders[i]);
		KUNIT_EXPECT_LE(test, changed_clusters(region, copy), 3 * 24UL);
		expect_all_free(test, region, fresh);
	}
	kvfree(copy);
}

static struct kunit_case freelist_cases[] = {
	KUNIT_CASE(free_area_test_split_order_by_order),
	KUNIT_CASE(free_area_test_merge_order_by_order),
	KUNIT_CASE(free_area_test_merge_all_permutations),
	KUNIT_CASE_PARAM(free_area_test_merge_patterns, pattern_gen_params),
	KUNIT_CASE(free_area_test_merge_shuffled),
	KUNIT_CASE(free_area_test_alternating_stay_apart),
	KUNIT_CASE(free_area_test_neighbour_is_no_buddy),
	KUNIT_CASE(free_area_test_split_buddy_stays),
	KUNIT_CASE(free_area_test_ranges_stay_apart),
	KUNIT_CASE(free_area_test_takes_the_hole),
	KUNIT_CASE(free_area_test_prefers_full_cluster),
	KUNIT_CASE(free_area_test_odd_sizes_and_bases),
	KUNIT_CASE(free_area_test_region_ends),
	KUNIT_CASE(free_area_test_exhaustion),
	KUNIT_CASE(free_area_test_peak_pages),
	KUNIT_CASE(free_area_test_large_blocks_touch_little),
	{}
};

static struct kunit_suite free_area_suite = {
	.name = "free_area",
	.test_cases = freelist_cases,
};

kunit_test_suite(free_area_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: free lists");
MODULE_LICENSE("GPL");
