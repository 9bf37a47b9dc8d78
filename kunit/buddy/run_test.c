// SPDX-License-Identifier: GPL-2.0
/*
 * Suite run: blocks of any length, in any place that fits.  The windows, and requests at
 * random, are in the suites run_window and run_random.
 */
#include <linux/log2.h>
#include <linux/module.h>

#include "../../buddy/pcp.h"
#include "run_model.h"

#define MIB	(1UL << (20 - PAGE_SHIFT))	/* pages */
#define FOUR_GIB	BIT(32 - PAGE_SHIFT)

/* Allocate all pages of a region as blocks of one page, which free_at() gives back. */
static void fill_region(struct kunit *test, struct buddy_region *region)
{
	while (buddy_alloc_pfn(region, 0, __GFP_NOWARN) != BUDDY_NO_PFN)
		;
	KUNIT_ASSERT_EQ(test, test_stats(test, region)->free_pages, 0UL);
}

static void free_at(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	while (nr--)
		buddy_free_pfn(region, pfn++, 0);
}

/* Free all blocks of the region, whatever their lengths. */
static void free_all(struct buddy_region *region)
{
	unsigned long pfn = region->ranges->pfn, end = pfn + region->ranges->pages, nr;

	for (; pfn < end; pfn += nr ?: 1) {
		nr = buddy_block_pages(region, pfn);
		if (nr)
			buddy_free_pfn_exact(region, pfn, nr);
	}
}

/* Allocate blocks of @nr pages until there is no place.  Return how many there are. */
static unsigned long fill_with(struct buddy_region *region, unsigned long nr)
{
	unsigned long blocks = 0;

	while (buddy_alloc_pfn_exact(region, nr, __GFP_NOWARN) != BUDDY_NO_PFN)
		blocks++;
	return blocks;
}

/* A block of @nr pages is allocated, filled in as one, and freed again. */
static void expect_fits(struct kunit *test, struct buddy_region *region, unsigned long nr)
{
	unsigned long pfn = buddy_alloc_pfn_exact(region, nr, 0);

	KUNIT_ASSERT_NE_MSG(test, pfn, BUDDY_NO_PFN, "%lu pages", nr);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
	check_region(test, region);
	buddy_free_pfn_exact(region, pfn, nr);
}

/* --- a block that is larger than each aligned block --- */

static void run_test_70_of_100_mib(struct kunit *test)
{
	static const unsigned long bases[] = { TEST_PFN, TEST_PFN + 1, TEST_PFN + 64 * MIB };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		struct buddy_region *region = test_region(test, bases[i], 100 * MIB);
		struct buddy_stats *fresh = test_stats(test, region);

		expect_fits(test, region, 70 * MIB);
		expect_fits(test, region, 100 * MIB);
		KUNIT_EXPECT_EQ(test, buddy_region_largest(region), 100 * MIB);
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

static void run_test_9_of_10_gib(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 10240 * MIB);
	struct buddy_stats *fresh = test_stats(test, region);

	expect_fits(test, region, 9216 * MIB);
	expect_all_free(test, region, fresh);
}

/* The middle MiB of two is free, and a multiple of a MiB is in its middle. */
static void run_test_middle_mib(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 2 * MIB);
	struct buddy_stats *fresh = test_stats(test, region);

	fill_region(test, region);
	free_at(region, TEST_PFN + MIB / 2, MIB);
	expect_fits(test, region, MIB * 3 / 4);
	expect_fits(test, region, MIB);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, MIB + 1, __GFP_NOWARN), BUDDY_NO_PFN);
	free_all(region);
	expect_all_free(test, region, fresh);
}

/* --- a block across the halves of aligned blocks --- */

static void run_test_pages_1_and_2(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);

	fill_region(test, region);
	free_at(region, TEST_PFN + 1, 2);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 1, __GFP_NOWARN), BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, 2, 0), TEST_PFN + 1);
	free_all(region);
	expect_all_free(test, region, fresh);
}

/* The pages at each multiple of a cluster: all of them are found, at that alignment. */
static void run_test_two_at_each_cluster(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 4096);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn, i;

	fill_region(test, region);
	for (i = 0; i < 64; i++)
		free_at(region, TEST_PFN + i * CLUSTER_PAGES, 2);
	for (i = 0; i < 64; i++) {
		pfn = buddy_alloc_pfn_aligned(region, 2, CLUSTER_ORDER, 0);
		KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, pfn % CLUSTER_PAGES, 0UL);
	}
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, 1, __GFP_NOWARN), BUDDY_NO_PFN);
	check_region(test, region);
	free_all(region);
	expect_all_free(test, region, fresh);
}

/* The page before and the page at each multiple of a cluster, in a region of 64 of these. */
static void run_test_two_around_each_boundary(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 32, 4096);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn, i;

	fill_region(test, region);
	for (i = 1; i <= 64; i++)
		free_at(region, TEST_PFN + i * CLUSTER_PAGES - 1, 2);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 1, __GFP_NOWARN), BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, buddy_region_largest(region), 2UL);
	for (i = 1; i <= 64; i++) {
		pfn = buddy_alloc_pfn_exact(region, 2, 0);
		KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, pfn % CLUSTER_PAGES, CLUSTER_PAGES - 1);
	}
	KUNIT_EXPECT_EQ(test, buddy_region_largest(region), 0UL);
	check_region(test, region);
	free_all(region);
	expect_all_free(test, region, fresh);
}

/* --- how many blocks fit --- */

static void run_test_how_many(struct kunit *test)
{
	static const struct {
		unsigned long pages, nr, blocks;
	} rows[] = {
		{ 32768, 760, 43 }, { 4096, 3, 1365 }, { 4096, 40, 102 }, { 4096, 65, 63 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buddy_region *region = test_region(test, TEST_PFN, rows[i].pages);
		struct buddy_stats *fresh = test_stats(test, region);

		KUNIT_EXPECT_EQ_MSG(test, fill_with(region, rows[i].nr), rows[i].blocks,
				    "blocks of %lu pages", rows[i].nr);
		check_region(test, region);
		free_all(region);
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

/*
 * With caches, too: ten blocks of 3 pages come out of each half of a cached cluster.  What
 * they leave in the middle is one more block, when no CPU caches the cluster any more.  The
 * seven clusters behind it, which the CPU took with it, are filled last: so one page of them
 * and two of the others are left.
 */
static void run_test_how_many_cached(struct kunit *test)
{
	struct buddy_region *region;
	struct buddy_stats *fresh;
	unsigned long pfns[20], blocks, i;

	set_cpus_allowed_ptr(current, cpumask_of(0));
	init_caches(test);
	region = test_region(test, TEST_PFN, 4096);
	exit_caches(test);
	fresh = test_stats(test, region);
	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		pfns[i] = buddy_alloc_pfn_exact(region, 3, 0);
		KUNIT_EXPECT_EQ(test, pfns[i] >> CLUSTER_ORDER, pfns[0] >> CLUSTER_ORDER);
	}
	/* The cluster came from the lists once, and then from the cache. */
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->locked, 1ULL);
	blocks = ARRAY_SIZE(pfns) + fill_with(region, 3);
	KUNIT_EXPECT_EQ(test, blocks, 20UL + 1 + 7 * CLUSTER_PAGES / 3 + 56 * CLUSTER_PAGES / 3);
	/* What is left are single pages. */
	KUNIT_EXPECT_LE(test, buddy_region_largest(region), 2UL);
	check_region(test, region);
	free_all(region);
	expect_all_free(test, region, fresh);
}

/* Blocks of two lists leave pages that are no run; then two, then three side by side. */
static void run_test_two_and_three_side_by_side(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 3, 3 * 50);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long i, keep = 2, nr;

	for (nr = 1; nr <= 3; nr++, keep--) {
		fill_region(test, region);
		for (i = 0; i < 3 * 50; i++)
			if (i % 3 >= keep)
				free_at(region, TEST_PFN + 3 + i, 1);
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, nr < 3 ? nr + 1 : 151,
							    __GFP_NOWARN), BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, fill_with(region, nr), 50UL);
		check_region(test, region);
		free_all(region);
		expect_all_free(test, region, fresh);
	}
}

/* --- memory of a zone --- */

/* Pages below 4 GiB, by order and by number, until there are none. */
static void run_test_dma32(struct kunit *test)
{
	struct buddy_region *region = test_region(test, FOUR_GIB - 100, 300);
	struct buddy_stats *fresh = test_stats(test, region), *stats;
	static const unsigned int nrs[] = { 1, 2, 8, 3, 40, 1, 45 };
	gfp_t gfp = GFP_KERNEL | __GFP_DMA32 | __GFP_NOWARN;
	unsigned long i, pfn;

	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, 101, gfp), BUDDY_NO_PFN);
	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		pfn = i < 3 ? buddy_alloc_pfn(region, ilog2(nrs[i]), gfp) :
			      buddy_alloc_pfn_exact(region, nrs[i], gfp);
		KUNIT_ASSERT_NE_MSG(test, pfn, BUDDY_NO_PFN, "%u pages", nrs[i]);
		KUNIT_EXPECT_LE(test, pfn + nrs[i], FOUR_GIB);
		if (i < 3)
			KUNIT_EXPECT_EQ(test, pfn % nrs[i], 0UL);
	}
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 0, gfp), BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, 1, gfp), BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_aligned(region, 3, 2, gfp), BUDDY_NO_PFN);
	stats = test_stats(test, region);
	KUNIT_EXPECT_NULL(test, memchr_inv(stats->errors, 0, sizeof(stats->errors)));
	KUNIT_EXPECT_EQ(test, stats->free_pages, 200UL);
	KUNIT_EXPECT_EQ(test, stats->fails[0], 2ULL);
	check_region(test, region);
	free_all(region);
	expect_all_free(test, region, fresh);
}

/* A region that ends below 4 GiB serves as without the flag; one above has nothing. */
static void run_test_dma32_one_side(struct kunit *test)
{
	struct buddy_region *below = test_region(test, FOUR_GIB - 128, 128);
	struct buddy_region *above = test_region(test, FOUR_GIB, 128);
	gfp_t gfp = __GFP_DMA32 | __GFP_NOWARN;
	unsigned int order;

	for (order = 0; order < 8; order++) {
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(above, order, gfp), BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(below, order, gfp), FOUR_GIB - 128);
		buddy_free_pfn(below, FOUR_GIB - 128, order);
	}
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(below, 128, gfp), FOUR_GIB - 128);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(above, 1, gfp), BUDDY_NO_PFN);
	buddy_free_pfn_exact(below, FOUR_GIB - 128, 128);
}

/* --- what a CPU may cache --- */

static struct buddy_region *cached_region(struct kunit *test, unsigned long nr)
{
	struct buddy_region *region;

	set_cpus_allowed_ptr(current, cpumask_of(0));
	init_caches(test);
	region = test_region(test, TEST_PFN, nr);
	exit_caches(test);
	return region;
}

/*
 * A block crosses the middle of the cluster, goes on in the next one, or comes from the one
 * before: no CPU caches the cluster, be it for a free or for an allocation.
 */
static void run_test_packed_is_not_cached(struct kunit *test)
{
	static const struct {
		unsigned int pos, nr;
	} blocks[] = { { 10, 40 }, { 31, 2 }, { 128 - 64, 33 }, { 40, 30 }, { 0, 68 }, { 63, 2 } };
	struct buddy_region *region = cached_region(test, 2 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		unsigned long pfn = TEST_PFN + blocks[i].pos, nr = blocks[i].nr;

		buddy_region_drain(region);
		take_pages_at(test, region, pfn, nr);
		fill_region(test, region);
		buddy_region_drain(region);
		for (k = 0; k < 2 * CLUSTER_PAGES; k++) {
			const struct cluster *cluster = &region->clusters[k / CLUSTER_PAGES];
			unsigned long page = TEST_PFN + k;

			if (k >= blocks[i].pos && k < blocks[i].pos + nr)
				continue;
			buddy_free_pfn(region, page, 0);
			/* The block is in this cluster, or in both. */
			if (pfn < page - page % CLUSTER_PAGES + CLUSTER_PAGES &&
			    pfn + nr > page - page % CLUSTER_PAGES)
				KUNIT_EXPECT_EQ_MSG(test, (unsigned int)cluster->pcp_cpu, 0U,
						    "block %u, page %u", i, k);
			check_region(test, region);
		}
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		/* Allocations take the pages again, also those of the packed cluster. */
		fill_region(test, region);
		check_region(test, region);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		free_all(region);
		expect_all_free(test, region, fresh);
	}
}

/*
 * A block of 2^order pages that is not naturally aligned is freed by its order: it must not
 * become a block of a cache, which would be handed out as an aligned one.
 */
static void run_test_unaligned_free_by_order(struct kunit *test)
{
	static const unsigned int places[] = { 1, 32, 64, 96, 128, 192, 320, 512 };
	struct buddy_region *region = cached_region(test, 4096);
	struct buddy_stats *fresh = test_stats(test, region);
	const struct pcp *pcp = per_cpu_ptr(region->pcp, 0);
	unsigned long others[16];
	unsigned int order, i, round, nr;

	for (order = CLUSTER_ORDER; order <= 10; order++) {
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			unsigned long pfn = TEST_PFN + places[i], next;

			for (round = 0; round < 2; round++) {
				unsigned int other = round ? CLUSTER_ORDER : order;

				take_pages_at(test, region, pfn, BIT(order));
				/*
				 * Now the CPU caches blocks of this order, or several blocks: the
				 * one or the other makes it keep an aligned block.
				 */
				nr = 0;
				do
					others[nr] = buddy_alloc_pfn(region, other, 0);
				while (++nr < ARRAY_SIZE(others) && round &&
				       large_nr(atomic64_read(&pcp->large)) < 2);
				buddy_free_pfn(region, pfn, order);
				KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 0UL);
				check_region(test, region);
				while (nr--)
					buddy_free_pfn(region, others[nr], other);
				next = buddy_alloc_pfn(region, order, 0);
				KUNIT_EXPECT_EQ(test, next % BIT(order), 0UL);
				buddy_free_pfn(region, next, order);
				buddy_region_drain(region);
			}
			expect_all_free(test, region, fresh);
		}
	}
}

static struct kunit_case run_cases[] = {
	KUNIT_CASE(run_test_70_of_100_mib),
	KUNIT_CASE(run_test_9_of_10_gib),
	KUNIT_CASE(run_test_middle_mib),
	KUNIT_CASE(run_test_pages_1_and_2),
	KUNIT_CASE(run_test_two_at_each_cluster),
	KUNIT_CASE(run_test_two_around_each_boundary),
	KUNIT_CASE(run_test_how_many),
	KUNIT_CASE(run_test_how_many_cached),
	KUNIT_CASE(run_test_two_and_three_side_by_side),
	KUNIT_CASE(run_test_dma32),
	KUNIT_CASE(run_test_dma32_one_side),
	KUNIT_CASE(run_test_packed_is_not_cached),
	KUNIT_CASE(run_test_unaligned_free_by_order),
	{}
};

static struct kunit_suite run_suite = {
	.name = "run",
	.test_cases = run_cases,
};

kunit_test_suite(run_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: blocks of any length");
MODULE_LICENSE("GPL");
