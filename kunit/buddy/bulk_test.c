// SPDX-License-Identifier: GPL-2.0
/* Suite bulk: many blocks in one call, with mistakes among them; at random against a model. */
#include <linux/module.h>

#include "run_model.h"

#define PAGES		3000UL
#define NR_ORDERS	9
#define MANY		40U

/* The parameter: regions with per-CPU caches, or without. */
static const bool settings[] = { false, true };

static void describe_setting(const bool *caches, char *text)
{
	strscpy(text, *caches ? "caches" : "no caches", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(setting, settings, describe_setting);

static struct buddy_region *bulk_region(struct kunit *test, unsigned long pages)
{
	struct buddy_region *region;

	if (*(const bool *)test->param_value)
		init_caches(test);
	region = test_region(test, TEST_PFN, pages);
	exit_caches(test);
	return region;
}

static void bulk_test_all(struct kunit *test)
{
	unsigned int order, got, all = 4 * CLUSTER_PAGES, i;
	struct buddy_region *region = bulk_region(test, all);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long *pfns = kunit_kcalloc(test, all + 1, sizeof(*pfns), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pfns);
	for (order = 0; order < NR_ORDERS; order++) {
		got = buddy_alloc_bulk(region, order, all + 1, pfns, __GFP_NOWARN);
		KUNIT_ASSERT_EQ(test, got, all >> order);
		for (i = 0; i < got; i++)
			KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfns[i]), BIT(order));
		buddy_free_bulk(region, order, got, pfns);
		expect_all_free(test, region, fresh);
	}
	KUNIT_EXPECT_EQ(test, buddy_alloc_bulk(region, 0, 0, pfns, 0), 0U);
}

/* One call that gets less than it asks for is one failure, and one message. */
static void bulk_test_failure(struct kunit *test)
{
	struct buddy_region *region = bulk_region(test, 4 * CLUSTER_PAGES);
	unsigned long pfns[20];
	unsigned int got;

	got = buddy_alloc_bulk(region, 4, ARRAY_SIZE(pfns), pfns, __GFP_NOWARN);
	KUNIT_EXPECT_EQ(test, got, 16U);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->fails[4], 1ULL);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->allocs[4], 16ULL);
	KUNIT_EXPECT_EQ(test, buddy_alloc_bulk(region, 70, 1, pfns + 16, __GFP_NOWARN), 0U);
	buddy_free_bulk(region, 4, got, pfns);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->frees[4], 16ULL);
}

/* The flags count for each block. */
static void bulk_test_zero(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, CLUSTER_PAGES);
	unsigned long pfns[20];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, buddy_alloc_bulk(region, 1, 20, pfns, 0), 20U);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		memset(buddy_pfn_to_virt(region, pfns[i]), 0xff, 2 * PAGE_SIZE);
	buddy_free_bulk(region, 1, 20, pfns);
	KUNIT_ASSERT_EQ(test, buddy_alloc_bulk(region, 1, 20, pfns, __GFP_ZERO), 20U);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(buddy_pfn_to_virt(region, pfns[i]), 0,
						   2 * PAGE_SIZE));
	buddy_free_bulk(region, 1, 20, pfns);
}

/* As in an NMI: no call waits for the lock, and a block that needs the lock stays in use. */
static void bulk_test_nmi(struct kunit *test)
{
	struct buddy_region *region = bulk_region(test, 32 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfns[3], more[3];
	unsigned int i, got;

	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		pfns[i] = TEST_PFN + i * CLUSTER_PAGES + 4;
		take_pages_at(test, region, pfns[i], 2);
	}
	__preempt_count_add(NMI_OFFSET);
	EXPECT_WARNING("NMI", buddy_free_bulk(region, 1, 3, pfns));
	got = buddy_alloc_bulk(region, 0, 3, more, __GFP_NOWARN);
	__preempt_count_sub(NMI_OFFSET);
	/* Without SMP, a lock does not know whether it is held. */
	KUNIT_EXPECT_EQ(test, got, IS_ENABLED(CONFIG_SMP) ? 3U : 0U);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->errors[BUDDY_IN_NMI], 3UL);
	buddy_free_bulk(region, 0, got, more);
	buddy_free_bulk(region, 1, 3, pfns);
	expect_all_free(test, region, fresh);
}

/* --- mistakes --- */

/*
 * Free blocks of two pages, each in a cluster of its own, and at @at the block @wrong: it is
 * reported, and all others are free.
 */
static void expect_mistake(struct kunit *test, unsigned int at, unsigned long wrong,
			   enum buddy_error error, const char *text)
{
	struct buddy_region *region = bulk_region(test, 32 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfns[20], last;
	char line[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		pfns[i] = TEST_PFN + i * CLUSTER_PAGES + 4;
		take_pages_at(test, region, pfns[i], 2);
	}
	last = pfns[at];
	pfns[at] = wrong;
	snprintf(line, sizeof(line), "%s: pfn %#lx,", text, wrong);
	EXPECT_WARNING(line, buddy_free_bulk(region, 1, ARRAY_SIZE(pfns), pfns));
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->errors[error], 1UL);
	check_region(test, region);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->free_pages, fresh->free_pages - 2);
	buddy_free_bulk(region, 1, 1, &last);
	expect_all_free(test, region, fresh);
	end_region(test, region);
}

static void bulk_test_mistakes(struct kunit *test)
{
	static const unsigned int places[] = { 0, 1, 7, 8, 12, 19 };
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		at = places[i];
		expect_mistake(test, at, TEST_PFN + BIT(30), BUDDY_OUTSIDE, "in no region");
		expect_mistake(test, at, TEST_PFN + 9 * CLUSTER_PAGES + 30, BUDDY_DOUBLE_FREE,
			       "free already");
		expect_mistake(test, at, TEST_PFN + at * CLUSTER_PAGES + 5, BUDDY_NOT_A_HEAD,
			       "not its start");
	}
}

/* The block is twice in one call. */
static void bulk_test_twice(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order < NR_ORDERS; order++) {
		struct buddy_region *region = bulk_region(test, 32 * CLUSTER_PAGES);
		struct buddy_stats *fresh = test_stats(test, region);
		unsigned long pfns[7];

		KUNIT_ASSERT_EQ(test, buddy_alloc_bulk(region, order, 6, pfns, 0), 6U);
		pfns[6] = pfns[2];
		EXPECT_WARNING("free already", buddy_free_bulk(region, order, 7, pfns));
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

/* --- at random --- */

/**
 * struct state - a test in progress
 * @model: what each page is
 * @rnd: the random numbers
 * @pfns: the blocks in use of each order, in any order
 * @nr: how many they are
 */
struct state {
	struct model model;
	struct rnd_state rnd;
	unsigned long pfns[NR_ORDERS][PAGES];
	unsigned int nr[NR_ORDERS];
};

static u32 below(struct state *state, u32 limit)
{
	return prandom_u32_state(&state->rnd) % limit;
}

static void random_alloc(struct state *state, unsigned int order)
{
	unsigned int nr = 1 + below(state, MANY), got, i;
	unsigned long *pfns = state->pfns[order] + state->nr[order];
	struct buddy_window aligned = { .align_order = order };

	nr = min_t(unsigned int, nr, PAGES - state->nr[order]);
	got = buddy_alloc_bulk(state->model.region, order, nr, pfns, __GFP_NOWARN);
	KUNIT_ASSERT_LE(state->model.test, got, nr);
	for (i = 0; i < got; i++) {
		KUNIT_ASSERT_TRUE(state->model.test,
				  model_is_free(&state->model, pfns[i], BIT(order)) &&
				  model_meets(&aligned, pfns[i], BIT(order)));
		model_alloc(&state->model, pfns[i], BIT(order));
	}
	state->nr[order] += got;
	/* It stops only when there is no place. */
	if (got < nr)
		KUNIT_ASSERT_EQ(state->model.test,
				model_place(&state->model, BIT(order), &aligned), BUDDY_NO_PFN);
}

static void random_free(struct state *state, unsigned int order)
{
	unsigned int nr, i, other;
	unsigned long *pfns;

	nr = min(1 + below(state, MANY), state->nr[order]);
	for (i = 0; i < nr; i++) {
		pfns = state->pfns[order] + state->nr[order] - 1 - i;
		/* Often in the order of the allocations. */
		other = below(state, 3) ? 0 : below(state, state->nr[order] - i);
		swap(pfns[0], pfns[-(int)other]);
		model_free(&state->model, pfns[0], BIT(order));
	}
	state->nr[order] -= nr;
	buddy_free_bulk(state->model.region, order, nr, state->pfns[order] + state->nr[order]);
}

static void bulk_test_random(struct kunit *test)
{
	struct state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	struct buddy_region *region = bulk_region(test, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int round, order, allocs = 50;

	KUNIT_ASSERT_NOT_NULL(test, state);
	model_init(&state->model, test, region);
	prandom_seed_state(&state->rnd, test_seed(test));
	for (round = 0; round < 3000 * test_rounds(); round++) {
		if (round % 128 == 0)
			allocs = 35 + below(state, 30);
		order = below(state, 2) ? 0 : below(state, NR_ORDERS);
		if (below(state, 100) < allocs)
			random_alloc(state, order);
		else
			random_free(state, order);
		if (round % 32 == 0)
			model_check(&state->model);
		cond_resched();
	}
	for (order = 0; order < NR_ORDERS; order++)
		buddy_free_bulk(region, order, state->nr[order], state->pfns[order]);
	expect_all_free(test, region, fresh);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE_PARAM(bulk_test_all, setting_gen_params),
	KUNIT_CASE_PARAM(bulk_test_failure, setting_gen_params),
	KUNIT_CASE(bulk_test_zero),
	KUNIT_CASE_PARAM(bulk_test_nmi, setting_gen_params),
	KUNIT_CASE_PARAM(bulk_test_mistakes, setting_gen_params),
	KUNIT_CASE_PARAM(bulk_test_twice, setting_gen_params),
	KUNIT_CASE_PARAM(bulk_test_random, setting_gen_params),
	{}
};

static struct kunit_suite bulk_suite = {
	.name = "bulk",
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: many blocks in one call");
MODULE_LICENSE("GPL");
