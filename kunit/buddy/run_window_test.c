// SPDX-License-Identifier: GPL-2.0
/* Suite run_window: blocks in a window, compared with a search page by page. */
#include <linux/log2.h>
#include <linux/module.h>

#include "run_model.h"

/* Two parts of clusters: 21 pages of the first, and 59 of the second. */
#define FIRST	(TEST_PFN + 43)
#define PAGES	80UL

/* One request, whose result the model knows; what is allocated is freed again. */
static void expect_place(struct model *model, unsigned long nr,
			 const struct buddy_window *window)
{
	unsigned long want = model_place(model, nr, window);
	unsigned long pfn = buddy_alloc_pfn_within(model->region, nr, window, __GFP_NOWARN);

	if (pfn != want)
		KUNIT_ASSERT_FAILURE(model->test,
				     "%lu pages from %#llx to %#llx, boundary %#llx, order %u, %d: at %#lx, not %#lx",
				     nr, (u64)window->low, (u64)window->high,
				     (u64)window->boundary, window->align_order,
				     window->top_down, pfn, want);
	if (pfn != BUDDY_NO_PFN)
		buddy_free_pfn_exact(model->region, pfn, nr);
}

/* Some pages are in use, so that runs begin and end in the middle of a cluster. */
static void use_some(struct model *model, unsigned int pattern)
{
	static const struct {
		unsigned int at, nr;
	} blocks[][3] = {
		{ },
		{ { 5, 1 }, { 18, 2 }, { 40, 7 } },
		{ { 0, 1 }, { 10, 20 }, { 79, 1 } },
	};
	unsigned int i;

	for (i = 0; i < 3 && blocks[pattern][i].nr; i++) {
		unsigned long pfn = FIRST + blocks[pattern][i].at, nr = blocks[pattern][i].nr;

		take_pages_at(model->test, model->region, pfn, nr);
		model_alloc(model, pfn, nr);
	}
}

static void free_used(struct model *model)
{
	unsigned long i, nr;

	for (i = 0; i < model->nr; i += nr ?: 1) {
		nr = model_block(model, i);
		if (nr)
			buddy_free_pfn_exact(model->region, model->pfn + i, nr);
	}
}

/*
 * Every window, also one page beyond the ends of the region, with every length that it can
 * hold.  The limits are bytes in the pages before and behind the window, too.
 */
static void every_window(struct kunit *test, unsigned int pattern)
{
	struct buddy_region *region = test_region(test, FIRST, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long start, end, nr;
	struct model model;

	model_init(&model, test, region);
	use_some(&model, pattern);
	for (start = FIRST - 1; start <= FIRST + PAGES; start++) {
		for (end = start + 1; end <= FIRST + PAGES + 1; end++) {
			struct buddy_window window = pages_window(start, end);

			if (start % 2)
				window.low -= PAGE_SIZE - 1;
			if (end % 2)
				window.high += PAGE_SIZE - 1;
			/* Each second window from above. */
			window.top_down = (start + end) % 2;
			for (nr = 1; nr <= end - start; nr++)
				expect_place(&model, nr, &window);
		}
		cond_resched();
	}
	model_check(&model);
	free_used(&model);
	expect_all_free(test, region, fresh);
}

static void run_window_test_every_window(struct kunit *test)
{
	every_window(test, 0);
}

static void run_window_test_every_window_some_used(struct kunit *test)
{
	every_window(test, 1);
}

static void run_window_test_every_window_ends_used(struct kunit *test)
{
	every_window(test, 2);
}

/* Alignments and boundaries, from both ends, in some windows. */
static void run_window_test_limits(struct kunit *test)
{
	struct buddy_region *region = test_region(test, FIRST, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long nr, start, boundary;
	unsigned int pattern, order;
	struct model model;

	for (pattern = 0; pattern < 3; pattern++) {
		model_init(&model, test, region);
		use_some(&model, pattern);
		for (start = 0; start <= PAGES; start += 7) {
			for (nr = 1; nr <= PAGES - start; nr += nr < 9 ? 1 : 4) {
				struct buddy_window window = pages_window(FIRST + start, 0);

				if (start % 2)
					window = pages_window(0, FIRST + PAGES - start);
				for (order = 0; order <= 7; order++) {
					window.align_order = order;
					window.boundary = 0;
					window.top_down = !window.top_down;
					expect_place(&model, nr, &window);
					window.top_down = !window.top_down;
					boundary = roundup_pow_of_two(nr) << (order % 3);
					window.boundary = PFN_PHYS(boundary);
					expect_place(&model, nr, &window);
					window.top_down = !window.top_down;
					expect_place(&model, nr, &window);
				}
			}
			cond_resched();
		}
		model_check(&model);
		free_used(&model);
		expect_all_free(test, region, fresh);
	}
}

/* Without a limit, from below and from above, until nothing is left. */
static void run_window_test_both_ends(struct kunit *test)
{
	struct buddy_region *region = test_region(test, FIRST, 8 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	struct buddy_window window = {};
	unsigned long nr = 0, pfn;
	struct model model;

	model_init(&model, test, region);
	for (;;) {
		nr = nr % 29 + 1;
		pfn = model_place(&model, nr, &window);
		KUNIT_ASSERT_EQ(test, buddy_alloc_pfn_within(region, nr, &window, __GFP_NOWARN),
				pfn);
		if (pfn == BUDDY_NO_PFN)
			break;
		model_alloc(&model, pfn, nr);
		window.top_down = !window.top_down;
	}
	model_check(&model);
	free_used(&model);
	expect_all_free(test, region, fresh);
}

/* The region is a row of slices, each of which is filled without a page of another one. */
static void run_window_test_slices(struct kunit *test)
{
	static const unsigned long ends[] = { 1, 64, 65, 200, 391, 640, 1000 };
	struct buddy_region *region = test_region(test, FIRST, 1000);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long left = 1000;
	struct model model;
	unsigned int i, k;

	model_init(&model, test, region);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		/* Those in the middle first. */
		unsigned int slice = i * 3 % ARRAY_SIZE(ends);
		unsigned long start = slice ? ends[slice - 1] : 0, end = ends[slice];
		struct buddy_window window = pages_window(FIRST + start, FIRST + end);
		unsigned long nr = end - start, pfn;

		left -= nr;
		for (k = 0; nr; k++) {
			unsigned long part = min(nr, 1UL + k * 7 % 50);

			pfn = buddy_alloc_pfn_within(region, part, &window, __GFP_NOWARN);
			KUNIT_ASSERT_EQ(test, pfn, model_place(&model, part, &window));
			KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
			model_alloc(&model, pfn, part);
			nr -= part;
		}
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_within(region, 1, &window, __GFP_NOWARN),
				BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, region->stats.free_pages, left);
	}
	model_check(&model);
	free_used(&model);
	expect_all_free(test, region, fresh);
}

/* What a CPU caches is allocated before a request fails. */
static void run_window_test_drains(struct kunit *test)
{
	struct buddy_region *region;
	struct buddy_stats *fresh;
	unsigned long pfn;

	set_cpus_allowed_ptr(current, cpumask_of(0));
	init_caches(test);
	region = test_region(test, TEST_PFN, 1024);
	exit_caches(test);
	fresh = test_stats(test, region);
	pfn = buddy_alloc_pfn(region, 0, 0);
	buddy_free_pfn(region, pfn, 0);
	KUNIT_ASSERT_NE(test, region->stats.free_pages, 1024UL);
	take_pages_at(test, region, pfn, 3);
	buddy_free_pfn_exact(region, pfn, 3);
	/* A block of eight clusters. */
	pfn = buddy_alloc_pfn(region, 9, 0);
	buddy_free_pfn(region, pfn, 9);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 9, 0), 9);
	take_pages_at(test, region, TEST_PFN, 1024);
	buddy_free_pfn_exact(region, TEST_PFN, 1024);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, buddy_region_largest(region), 1024UL);
	expect_all_free(test, region, fresh);
}

/* By address, and cleared. */
static void run_window_test_address(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 1, 100);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long first = region->ranges->pfn;
	struct buddy_window window = pages_window(first + 7, first + 80);
	void *block;

	TOUCH_FREE(memset(buddy_pfn_to_virt(region, first), 0xff, 100 * PAGE_SIZE));
	block = buddy_alloc_within(region, 70, &window, __GFP_ZERO);
	KUNIT_ASSERT_PTR_EQ(test, block, buddy_pfn_to_virt(region, first + 7));
	KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, 70 * PAGE_SIZE));
	TOUCH_FREE(KUNIT_EXPECT_EQ(test, *(u8 *)(block + 70 * PAGE_SIZE), 0xff));
	KUNIT_EXPECT_NULL(test, buddy_alloc_within(region, 70, &window, __GFP_NOWARN));
	buddy_free_exact(region, block, 70);
	expect_all_free(test, region, fresh);
}

/* --- caller errors --- */

/* A window that no block can meet is one error; nothing else changes. */
static void run_window_test_wrong(struct kunit *test)
{
	static const struct {
		struct buddy_window window;
		unsigned long nr;
	} wrong[] = {
		{ { .low = PAGE_SIZE, .high = PAGE_SIZE - 1 }, 1 },
		{ { .low = PAGE_SIZE + 1, .high = 3 * PAGE_SIZE - 1 }, 2 },
		{ { .low = PAGE_SIZE, .high = 3 * PAGE_SIZE - 2 }, 2 },
		{ { .high = 3 * PAGE_SIZE - 2 }, 3 },
		{ { .low = ~0ULL }, 1 },
		{ { .boundary = 3 * PAGE_SIZE }, 1 },
		{ { .boundary = 2 * PAGE_SIZE }, 3 },
		{ { .boundary = PAGE_SIZE / 2 }, 1 },
		{ { .align_order = 64 }, 1 },
		{ { .align_order = UINT_MAX }, 1 },
		{ { }, ~0UL },
	};
	struct buddy_region *region = test_region(test, FIRST, PAGES);
	struct buddy_stats *before = test_stats(test, region), *after;
	struct buddy_window window = {};
	unsigned int i;

	EXPECT_WARNING("the window is too small",
		       buddy_alloc_pfn_within(region, wrong[0].nr, &wrong[0].window, 0));
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ_MSG(test, buddy_alloc_pfn_within(region, wrong[i].nr,
								 &wrong[i].window, 0),
				    BUDDY_NO_PFN, "window %u", i);
	after = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, after->errors[BUDDY_WINDOW], 1UL + ARRAY_SIZE(wrong));
	EXPECT_WARNING("zero pages", buddy_alloc_pfn_within(region, 0, &window, 0));
	EXPECT_WARNING("the flags ask for a zone",
		       buddy_alloc_pfn_within(region, 1, &window, __GFP_DMA));
	KUNIT_EXPECT_EQ(test, memcmp(before, after, offsetof(struct buddy_stats, errors)), 0);
	check_region(test, region);
}

/* A window without a page of the region is no error. */
static void run_window_test_elsewhere(struct kunit *test)
{
	struct buddy_window windows[] = {
		pages_window(0, FIRST), pages_window(FIRST + PAGES, 0), { .align_order = 40 },
	};
	struct buddy_region *region = test_region(test, FIRST, PAGES);
	struct buddy_stats *stats;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		expect_place(&(struct model){ test, region, FIRST, 0 }, 3, &windows[i]);
		windows[i].top_down = true;
		expect_place(&(struct model){ test, region, FIRST, 0 }, 3, &windows[i]);
	}
	stats = test_stats(test, region);
	KUNIT_EXPECT_NULL(test, memchr_inv(stats->errors, 0, sizeof(stats->errors)));
	KUNIT_EXPECT_EQ(test, stats->fails[2], 4ULL);
}

static struct kunit_case run_window_cases[] = {
	KUNIT_CASE(run_window_test_every_window),
	KUNIT_CASE(run_window_test_every_window_some_used),
	KUNIT_CASE(run_window_test_every_window_ends_used),
	KUNIT_CASE(run_window_test_limits),
	KUNIT_CASE(run_window_test_both_ends),
	KUNIT_CASE(run_window_test_slices),
	KUNIT_CASE(run_window_test_drains),
	KUNIT_CASE(run_window_test_address),
	KUNIT_CASE(run_window_test_wrong),
	KUNIT_CASE(run_window_test_elsewhere),
	{}
};

static struct kunit_suite run_window_suite = {
	.name = "run_window",
	.test_cases = run_window_cases,
};

kunit_test_suite(run_window_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: blocks in a window");
MODULE_LICENSE("GPL");
