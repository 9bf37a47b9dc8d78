// SPDX-License-Identifier: GPL-2.0
/*
 * Suite run_random: requests of every kind at random, by order, of any length, at an
 * alignment, in a window, below 4 GiB; trims, frees, splits and wrong calls.  A model with a
 * byte for each page says of each request whether and, in a window, where it is served.
 */
#include <linux/log2.h>
#include <linux/module.h>

#include "run_model.h"

#define FOUR_GIB	BIT(32 - PAGE_SHIFT)
#define MAX_PAGES	3000UL

struct setting {
	const char *name;
	unsigned long pfn;	/* 0: memory of the kernel's, so that blocks can be split */
	unsigned long pages;
	unsigned int rounds;
	bool caches;
	bool ranges;	/* three ranges, two of them side by side */
};

static const struct setting settings[] = {
	{ "a few clusters", TEST_PFN + 37, 421, 15000 },
	{ "a few clusters, caches", TEST_PFN + 37, 421, 15000, true },
	{ "many clusters", TEST_PFN + 1, 2999, 8000 },
	{ "many clusters, caches", TEST_PFN, 3000, 8000, true },
	{ "across 4 GiB", FOUR_GIB - 301, 650, 15000 },
	{ "across 4 GiB, caches", FOUR_GIB - 256, 650, 15000, true },
	{ "mapped", 0, 421, 15000 },
	{ "mapped, caches", 0, 421, 15000, true },
	{ "ranges", TEST_PFN + 5, 1000, 15000, false, true },
	{ "ranges, caches", TEST_PFN + 5, 1000, 15000, true, true },
};

static void describe_setting(const struct setting *setting, char *text)
{
	strscpy(text, setting->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(setting, settings, describe_setting);

/**
 * struct state - a test in progress
 * @model: what each page is
 * @rnd: the random numbers
 * @caches: CPUs cache pages, so that these are not in a window's lowest place
 * @longest: how many pages a request has at most, at present
 * @served: how many requests got a block
 * @failed: how many got none
 * @blocks: first pages of the blocks in use, in any order
 * @nr_blocks: how many they are
 */
struct state {
	struct model model;
	struct rnd_state rnd;
	bool caches;
	unsigned long longest;
	unsigned long served;
	unsigned long failed;
	unsigned long blocks[MAX_PAGES];
	unsigned long nr_blocks;
};

static u32 below(struct state *state, u32 limit)
{
	return prandom_u32_state(&state->rnd) % limit;
}

static void add_block(struct state *state, unsigned long pfn, unsigned long nr)
{
	model_alloc(&state->model, pfn, nr);
	state->blocks[state->nr_blocks++] = pfn;
}

/* The pages are free from now on, for the model. */
static void del_block(struct state *state, unsigned long which, unsigned long nr)
{
	model_free(&state->model, state->blocks[which], nr);
	state->blocks[which] = state->blocks[--state->nr_blocks];
}

/* A window near the region, of bytes, with limits of each kind or without. */
static struct buddy_window random_window(struct state *state, unsigned long nr)
{
	unsigned long start = state->model.pfn - 5 + below(state, state->model.nr + 10);
	unsigned long end = start + nr + below(state, below(state, 2) ? state->model.nr : 3);
	struct buddy_window window = {};

	if (below(state, 3))
		window.low = PFN_PHYS(start) - below(state, PAGE_SIZE);
	if (below(state, 3))
		window.high = PFN_PHYS(end) - 1 + below(state, PAGE_SIZE);
	if (below(state, 2))
		window.align_order = below(state, 8);
	if (below(state, 2))
		window.boundary = PFN_PHYS(roundup_pow_of_two(nr) << below(state, 3));
	window.top_down = below(state, 2);
	return window;
}

/*
 * Request @nr pages in one of several ways, of which each has limits that a window says for
 * the model, too.
 */
static void random_alloc(struct state *state)
{
	struct buddy_region *region = state->model.region;
	unsigned long nr = 1 + below(state, state->longest), want, pfn;
	struct buddy_window window = {};
	unsigned int kind = below(state, 6);
	gfp_t gfp = __GFP_NOWARN;

	/* The limit of a zone is below 4 GiB; the model's window says the same. */
	if (kind < 3 && !below(state, 4)) {
		gfp |= __GFP_DMA32;
		window.high = PFN_PHYS(FOUR_GIB) - 1;
	}
	switch (kind) {
	case 0:
		window.align_order = below(state, 10);
		nr = BIT(window.align_order);
		want = model_place(&state->model, nr, &window);
		pfn = buddy_alloc_pfn(region, window.align_order, gfp);
		break;
	case 1:
		want = model_place(&state->model, nr, &window);
		pfn = buddy_alloc_pfn_exact(region, nr, gfp);
		break;
	case 2:
		window.align_order = below(state, 9);
		want = model_place(&state->model, nr, &window);
		pfn = buddy_alloc_pfn_aligned(region, nr, window.align_order, gfp);
		break;
	default:
		window = random_window(state, nr);
		want = model_place(&state->model, nr, &window);
		pfn = buddy_alloc_pfn_within(region, nr, &window, gfp);
		/* A page that is cached is not given up for the sake of a place. */
		if (want != pfn && !state->caches)
			KUNIT_ASSERT_FAILURE(state->model.test, "%lu pages at %#lx, not %#lx",
					     nr, pfn, want);
	}
	/* If only one of the two found a place, one of them is wrong. */
	if (pfn != want && (pfn == BUDDY_NO_PFN || want == BUDDY_NO_PFN))
		KUNIT_ASSERT_FAILURE(state->model.test, "kind %u: %lu pages at %#lx, not %#lx",
				     kind, nr, pfn, want);
	if (pfn == BUDDY_NO_PFN) {
		state->failed++;
		return;
	}
	if (!model_is_free(&state->model, pfn, nr) || !model_meets(&window, pfn, nr))
		KUNIT_ASSERT_FAILURE(state->model.test,
				     "kind %u: %lu pages at %#lx are in use, or not as asked for",
				     kind, nr, pfn);
	state->served++;
	add_block(state, pfn, nr);
}

/* Free, trim or split a block; or make a mistake with it, which changes nothing. */
static void random_change(struct state *state)
{
	struct buddy_region *region = state->model.region;
	unsigned long which, pfn, nr, first, keep;
	int err;

	if (!state->nr_blocks)
		return;
	which = below(state, state->nr_blocks);
	pfn = state->blocks[which];
	nr = model_block(&state->model, pfn - state->model.pfn);
	first = pfn + below(state, nr);
	keep = 1 + below(state, nr + 2);
	switch (below(state, 7)) {
	case 0:
		err = buddy_trim_pfn(region, pfn, nr, first, keep);
		KUNIT_ASSERT_EQ(state->model.test, err,
				keep <= pfn + nr - first ? 0 : -EINVAL);
		if (err)
			break;
		del_block(state, which, nr);
		add_block(state, first, keep);
		break;
	case 1:
		if (first == pfn && keep == nr)
			break;
		buddy_free_pfn_exact(region, first, keep);
		KUNIT_ASSERT_EQ(state->model.test,
				buddy_trim_pfn(region, first, keep, first, 1), -EINVAL);
		break;
	case 2:
		if (!buddy_pfn_to_virt(region, pfn) || nr >= CLUSTER_PAGES)
			break;
		buddy_split(region, buddy_pfn_to_virt(region, pfn), nr);
		del_block(state, which, nr);
		while (nr--)
			add_block(state, pfn++, 1);
		break;
	default:
		if (is_power_of_2(nr) && below(state, 2))
			buddy_free_pfn(region, pfn, ilog2(nr));
		else
			buddy_free_pfn_exact(region, pfn, nr);
		del_block(state, which, nr);
	}
}

/* Make the first mistake of each kind, which warns. */
static void warn_before(struct buddy_region *region)
{
	unsigned long pfn = buddy_alloc_pfn(region, 1, 0);

	EXPECT_WARNING("another size", buddy_free_pfn(region, pfn, 0));
	EXPECT_WARNING("inside a block", buddy_free_pfn(region, pfn + 1, 0));
	EXPECT_WARNING("no part of the block", buddy_trim_pfn(region, pfn, 2, pfn, 3));
	buddy_free_pfn(region, pfn, 1);
	EXPECT_WARNING("free already", buddy_free_pfn(region, pfn, 1));
}

/*
 * Leave a gap in the region, and a gap of one page before another range: no test can choose
 * the ranges, so the test changes them while all pages are in use.
 */
static void make_ranges(struct state *state, struct pfn_range parts[3])
{
	struct buddy_region *region = state->model.region;
	struct pfn_range *whole = region->ranges;
	unsigned long base = round_down(whole->pfn, CLUSTER_PAGES), pfn, i;
	unsigned long gap = base + 4 * CLUSTER_PAGES + 11, behind = base + 6 * CLUSTER_PAGES + 3;
	unsigned long cut = base + 11 * CLUSTER_PAGES, end = whole->pfn + whole->pages;

	parts[0] = (struct pfn_range){ whole->pfn, gap - whole->pfn, whole->first };
	parts[1] = (struct pfn_range){ behind, cut - 1 - behind, whole->first + 6 };
	parts[2] = (struct pfn_range){ cut, end - cut, whole->first + 11 };
	for (i = 0; i < whole->pages; i++)
		KUNIT_ASSERT_NE(state->model.test, buddy_alloc_pfn(region, 0, 0), BUDDY_NO_PFN);
	buddy_region_drain(region);
	memset(&state->model.page[gap - whole->pfn], MODEL_NONE, behind - gap);
	state->model.page[cut - 1 - whole->pfn] = MODEL_NONE;
	region->ranges = parts;
	region->nr_ranges = 3;
	region->stats.pages -= behind - gap + 1;
	for (i = 0; i < 3; i++)
		for (pfn = parts[i].pfn; pfn < parts[i].pfn + parts[i].pages; pfn++)
			buddy_free_pfn(region, pfn, 0);
	buddy_region_drain(region);
}

static void random_rounds(struct state *state, unsigned int rounds)
{
	unsigned int i, allocs = 50;

	for (i = 0; i < rounds; i++) {
		/* The mix changes: few or many pages, mostly allocations or mostly frees. */
		if (i % 256 == 0) {
			allocs = 30 + below(state, 50);
			state->longest = 1 + below(state, below(state, 3) ? 12 :
						   state->model.nr + 3);
			KUNIT_ASSERT_EQ(state->model.test,
					buddy_region_largest(state->model.region),
					model_largest(&state->model));
			cond_resched();
		}
		if (i % 64 == 0)
			model_check(&state->model);
		if (below(state, 100) < allocs)
			random_alloc(state);
		else
			random_change(state);
	}
}

static void run_random_test_against_model(struct kunit *test)
{
	const struct setting *setting = test->param_value;
	struct state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	struct buddy_region *region;
	static struct pfn_range parts[3];
	struct pfn_range *whole;
	struct buddy_stats *fresh;
	unsigned long which, nr, i;

	KUNIT_ASSERT_NOT_NULL(test, state);
	if (setting->caches)
		init_caches(test);
	region = setting->pfn ? test_region(test, setting->pfn, setting->pages) :
				test_region_mapped(test, 3, setting->pages);
	exit_caches(test);
	model_init(&state->model, test, region);
	state->caches = setting->caches;
	prandom_seed_state(&state->rnd, test_seed(test));
	warn_before(region);
	fresh = test_stats(test, region);
	whole = region->ranges;
	if (setting->ranges) {
		make_ranges(state, parts);
		fresh = test_stats(test, region);
	}
	random_rounds(state, setting->rounds);
	KUNIT_EXPECT_NE(test, state->served, 0UL);
	KUNIT_EXPECT_NE(test, state->failed, 0UL);
	while (state->nr_blocks) {
		which = below(state, state->nr_blocks);
		nr = model_block(&state->model, state->blocks[which] - state->model.pfn);
		buddy_free_pfn_exact(region, state->blocks[which], nr);
		del_block(state, which, nr);
	}
	expect_all_free(test, region, fresh);
	if (!setting->ranges)
		return;
	/* The pages of the gap are still in use. */
	while (buddy_alloc_pfn(region, 0, __GFP_NOWARN) != BUDDY_NO_PFN)
		;
	buddy_region_drain(region);
	region->ranges = whole;
	region->nr_ranges = 1;
	region->stats.pages = whole->pages;
	for (i = 0; i < whole->pages; i++)
		buddy_free_pfn(region, whole->pfn + i, 0);
}

static struct kunit_case run_random_cases[] = {
	KUNIT_CASE_PARAM(run_random_test_against_model, setting_gen_params),
	{}
};

static struct kunit_suite run_random_suite = {
	.name = "run_random",
	.test_cases = run_random_cases,
};

kunit_test_suite(run_random_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: requests of any length at random");
MODULE_LICENSE("GPL");
