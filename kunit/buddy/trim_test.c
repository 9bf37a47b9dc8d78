// SPDX-License-Identifier: GPL-2.0
/*
 * Suite trim: buddy_trim_pfn() gives back the ends of a block; wrong calls of it, and wrong
 * frees of blocks that lie in several clusters.
 */
#include <linux/log2.h>
#include <linux/module.h>

#include "run_model.h"

#define CLUSTERS	6UL
#define PAGES	(CLUSTERS * CLUSTER_PAGES)

/* Blocks within a cluster, across clusters, of whole clusters; and both. */
static const struct {
	unsigned int pos, nr;
} blocks[] = {
	{ 0, 1 }, { 5, 30 }, { 0, 64 }, { 20, 44 }, { 50, 40 }, { 63, 2 }, { 31, 66 }, { 40, 88 },
	{ 0, 200 }, { 64, 128 }, { 32, 64 }, { 128, 256 }, { 1, 300 }, { 64, 320 },
};

/* Whether to trim at page @i: the ends of clusters and of the block, and some others. */
static bool is_cut(unsigned long pos, unsigned long i, unsigned long nr)
{
	return (pos + i + 1) % CLUSTER_PAGES <= 2 || i < 2 || i + 2 >= nr || i % 29 == 0;
}

/* Each @first and @keep, in a region with a block in use before and behind. */
static void trim_blocks(struct kunit *test, struct buddy_region *region)
{
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long first, keep;
	struct model model;
	unsigned int i;

	model_init(&model, test, region);
	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		unsigned long pfn = TEST_PFN + blocks[i].pos, nr = blocks[i].nr;

		for (first = 0; first < nr; first++) {
			if (!is_cut(blocks[i].pos, first, nr))
				continue;
			for (keep = 1; keep <= nr - first; keep++) {
				if (!is_cut(blocks[i].pos, first + keep, nr))
					continue;
				take_pages_at(test, region, pfn, nr);
				KUNIT_ASSERT_EQ(test, buddy_trim_pfn(region, pfn, nr, pfn + first,
								     keep), 0);
				KUNIT_ASSERT_EQ_MSG(test, buddy_block_pages(region, pfn + first),
						    keep, "%lu pages at %u: %lu at %lu", nr,
						    blocks[i].pos, keep, first);
				if ((first + keep) % 8 == 0) {
					model_alloc(&model, pfn + first, keep);
					model_check(&model);
					model_free(&model, pfn + first, keep);
				} else {
					check_region(test, region);
				}
				if (is_power_of_2(keep) && first % 2)
					buddy_free_pfn(region, pfn + first, ilog2(keep));
				else
					buddy_free_pfn_exact(region, pfn + first, keep);
			}
			cond_resched();
		}
		model_check(&model);
	}
	expect_all_free(test, region, fresh);
}

static void trim_test_each(struct kunit *test)
{
	trim_blocks(test, test_region(test, TEST_PFN, PAGES));
}

static void trim_test_each_cached(struct kunit *test)
{
	struct buddy_region *region;

	set_cpus_allowed_ptr(current, cpumask_of(0));
	init_caches(test);
	region = test_region(test, TEST_PFN, PAGES);
	exit_caches(test);
	trim_blocks(test, region);
}

/* A block of a cached cluster, and an aligned one that a CPU could cache, are trimmed. */
static void trim_test_cached_block(struct kunit *test)
{
	struct buddy_region *region;
	struct buddy_stats *fresh;
	unsigned long pfn, page;

	set_cpus_allowed_ptr(current, cpumask_of(0));
	init_caches(test);
	region = test_region(test, TEST_PFN, 4096);
	exit_caches(test);
	fresh = test_stats(test, region);
	pfn = buddy_alloc_pfn(region, 3, 0);
	page = buddy_alloc_pfn(region, 0, 0);
	KUNIT_EXPECT_NE(test, (unsigned int)region->clusters[0].pcp_cpu, 0U);
	KUNIT_EXPECT_EQ(test, buddy_trim_pfn(region, pfn, 8, pfn + 2, 3), 0);
	check_region(test, region);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->free_pages, 4096 - 4UL);
	buddy_free_pfn_exact(region, pfn + 2, 3);
	buddy_free_pfn(region, page, 0);
	expect_all_free(test, region, fresh);

	pfn = buddy_alloc_pfn(region, 7, 0);
	KUNIT_EXPECT_EQ(test, buddy_trim_pfn(region, pfn, 128, pfn, 64), 0);
	buddy_free_pfn(region, pfn, 6);
	expect_all_free(test, region, fresh);
}

/* The counters see a free and an allocation. */
static void trim_test_counts(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *before, *after;

	take_pages_at(test, region, TEST_PFN + 40, 100);
	before = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, buddy_trim_pfn(region, TEST_PFN + 40, 100, TEST_PFN + 50, 30), 0);
	after = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, after->frees[7], before->frees[7] + 1);
	KUNIT_EXPECT_EQ(test, after->allocs[5], before->allocs[5] + 1);
	KUNIT_EXPECT_EQ(test, after->locked, before->locked + 1);
	KUNIT_EXPECT_EQ(test, after->free_pages, before->free_pages + 70);
	buddy_free_pfn_exact(region, TEST_PFN + 50, 30);
}

/* --- wrong calls --- */

static const char * const texts[BUDDY_NR_ERRORS] = {
	[BUDDY_DOUBLE_FREE] = "the block is free already",
	[BUDDY_NOT_A_HEAD] = "inside a block",
	[BUDDY_WRONG_SIZE] = "the block has another size",
	[BUDDY_OUTSIDE] = "this is in no region",
	[BUDDY_PART] = "this is no part of the block",
};

/* The call must count one @error and change nothing else; the first of its kind warns. */
#define EXPECT_ERROR(test, region, error, code)					\
do {										\
	struct buddy_stats *before = test_stats(test, region), *after;		\
	unsigned int kind;							\
										\
	if (before->errors[error])						\
		code;								\
	else									\
		EXPECT_WARNING(texts[error], code);				\
	after = test_stats(test, region);					\
	for (kind = 0; kind < BUDDY_NR_ERRORS; kind++)				\
		KUNIT_EXPECT_EQ_MSG(test, after->errors[kind],			\
				    before->errors[kind] + (kind == (error)), "%s", texts[error]); \
	KUNIT_EXPECT_EQ(test, memcmp(before, after,				\
				     offsetof(struct buddy_stats, errors)), 0);	\
	check_region(test, region);						\
	kunit_kfree(test, before);						\
	kunit_kfree(test, after);						\
} while (0)

static void expect_wrong_trim(struct kunit *test, struct buddy_region *region,
			      enum buddy_error error, unsigned long pfn, unsigned long nr,
			      unsigned long first, unsigned long keep)
{
	int err = 0;

	EXPECT_ERROR(test, region, error,
		     err = buddy_trim_pfn(region, pfn, nr, first, keep));
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
}

static void trim_test_wrong(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		unsigned long pfn = TEST_PFN + blocks[i].pos, nr = blocks[i].nr;

		take_pages_at(test, region, pfn, nr);
		expect_wrong_trim(test, region, BUDDY_PART, pfn, nr, pfn, 0);
		expect_wrong_trim(test, region, BUDDY_PART, pfn, nr, pfn, nr + 1);
		expect_wrong_trim(test, region, BUDDY_PART, pfn, nr, pfn + 1, nr);
		expect_wrong_trim(test, region, BUDDY_PART, pfn, nr, pfn + nr, 1);
		expect_wrong_trim(test, region, BUDDY_PART, pfn, nr, pfn - 1, 1);
		expect_wrong_trim(test, region, BUDDY_PART, pfn, nr, pfn, ~0UL);
		expect_wrong_trim(test, region, BUDDY_PART, pfn, 0, pfn, 1);
		expect_wrong_trim(test, region, BUDDY_WRONG_SIZE, pfn, nr + 1, pfn, 1);
		expect_wrong_trim(test, region, BUDDY_WRONG_SIZE, pfn, ~0UL, pfn, 1);
		expect_wrong_trim(test, region, BUDDY_OUTSIDE, TEST_PFN - 1, 2, TEST_PFN, 1);
		if (nr > 1) {
			expect_wrong_trim(test, region, BUDDY_WRONG_SIZE, pfn, nr - 1, pfn, 1);
			expect_wrong_trim(test, region, BUDDY_NOT_A_HEAD, pfn + 1, nr - 1,
					  pfn + 1, 1);
		}
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		buddy_free_pfn_exact(region, pfn, nr);
		expect_wrong_trim(test, region, BUDDY_DOUBLE_FREE, pfn, nr, pfn, 1);
		expect_all_free(test, region, fresh);
	}
}

static void expect_wrong_free(struct kunit *test, struct buddy_region *region,
			      enum buddy_error error, unsigned long pfn, unsigned long nr)
{
	EXPECT_ERROR(test, region, error, buddy_free_pfn_exact(region, pfn, nr));
	if (is_power_of_2(nr))
		EXPECT_ERROR(test, region, error, buddy_free_pfn(region, pfn, ilog2(nr)));
}

/* A part of a block, as it lies in its clusters, is no block. */
static void trim_test_wrong_free(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		unsigned long pfn = TEST_PFN + blocks[i].pos, nr = blocks[i].nr, end = pfn + nr, at;

		take_pages_at(test, region, pfn, nr);
		/* From its start to the end of each cluster. */
		for (at = round_up(pfn + 1, CLUSTER_PAGES); at < end; at += CLUSTER_PAGES) {
			unsigned long size = CLUSTER_PAGES;

			expect_wrong_free(test, region, BUDDY_WRONG_SIZE, pfn, at - pfn);
			expect_wrong_free(test, region, BUDDY_NOT_A_HEAD, at, end - at);
			expect_wrong_free(test, region, BUDDY_NOT_A_HEAD, at, 1);
			for (; at % size == 0 && at + size <= end; size *= 2)
				expect_wrong_free(test, region, BUDDY_NOT_A_HEAD, at, size);
		}
		expect_wrong_free(test, region, BUDDY_WRONG_SIZE, pfn, nr + 1);
		expect_wrong_free(test, region, BUDDY_WRONG_SIZE, pfn, 2 * nr);
		if (nr > 1)
			expect_wrong_free(test, region, BUDDY_WRONG_SIZE, pfn, nr - 1);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), nr);
		buddy_free_pfn_exact(region, pfn, nr);
		expect_wrong_free(test, region, BUDDY_DOUBLE_FREE, pfn, nr);
		expect_all_free(test, region, fresh);
	}
}

/* Blocks side by side, each of which goes on in the next cluster, are freed one by one. */
static void trim_test_row(struct kunit *test)
{
	static const unsigned int lengths[] = { 40, 65, 70, 2, 127, 63 };
	struct buddy_region *region = test_region(test, TEST_PFN + 10, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn, first = TEST_PFN + 10;
	unsigned int i, k, order;
	struct model model;

	for (order = 0; order < ARRAY_SIZE(lengths); order++) {
		model_init(&model, test, region);
		for (pfn = first, i = 0; i < ARRAY_SIZE(lengths); pfn += lengths[i++]) {
			take_pages_at(test, region, pfn, lengths[i]);
			model_alloc(&model, pfn, lengths[i]);
		}
		model_check(&model);
		for (k = 0; k < ARRAY_SIZE(lengths); k++) {
			unsigned int which = (k * 5 + order) % ARRAY_SIZE(lengths);

			for (pfn = first, i = 0; i < which; i++)
				pfn += lengths[i];
			buddy_free_pfn_exact(region, pfn, lengths[which]);
			model_free(&model, pfn, lengths[which]);
			model_check(&model);
			KUNIT_EXPECT_EQ(test, buddy_region_largest(region), model_largest(&model));
		}
		expect_all_free(test, region, fresh);
	}
}

static struct kunit_case trim_cases[] = {
	KUNIT_CASE(trim_test_each),
	KUNIT_CASE(trim_test_each_cached),
	KUNIT_CASE(trim_test_cached_block),
	KUNIT_CASE(trim_test_counts),
	KUNIT_CASE(trim_test_wrong),
	KUNIT_CASE(trim_test_wrong_free),
	KUNIT_CASE(trim_test_row),
	{}
};

static struct kunit_suite trim_suite = {
	.name = "trim",
	.test_cases = trim_cases,
};

kunit_test_suite(trim_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: the ends of a block, and wrong frees of a part");
MODULE_LICENSE("GPL");
