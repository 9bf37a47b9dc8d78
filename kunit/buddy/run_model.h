/* SPDX-License-Identifier: GPL-2.0 */
/* A model of a region with a byte for each page, which the suites of run.c compare with. */
#ifndef KUNIT_RUN_MODEL_H
#define KUNIT_RUN_MODEL_H

#include "../lib/common.h"

enum model_page {
	MODEL_FREE,
	MODEL_FIRST,	/* of a block in use */
	MODEL_TAIL,	/* another page of such a block */
	MODEL_NONE,	/* in no range of the region */
};

/**
 * struct model - what each page of a region is
 * @test: the test
 * @region: the region
 * @pfn: first page of the region
 * @nr: number of pages
 * @page: &enum model_page, by index
 */
struct model {
	struct kunit *test;
	struct buddy_region *region;
	unsigned long pfn;
	unsigned long nr;
	u8 *page;
};

static inline void model_init(struct model *model, struct kunit *test,
			      struct buddy_region *region)
{
	model->test = test;
	model->region = region;
	model->pfn = region->ranges->pfn;
	model->nr = region->ranges->pages;
	model->page = kunit_kzalloc(test, model->nr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model->page);
}

/* Whether a block of @nr pages at @pfn meets @window, byte by byte. */
static inline bool model_meets(const struct buddy_window *window, unsigned long pfn,
			       unsigned long nr)
{
	u64 first = PFN_PHYS(pfn), last = first + PFN_PHYS(nr) - 1;

	if (first < window->low || (window->high && last > window->high))
		return false;
	if (window->boundary && first / window->boundary != last / window->boundary)
		return false;
	return !(pfn & (BIT(window->align_order) - 1));
}

/* The place where a block must lie: the lowest or the highest one, or BUDDY_NO_PFN. */
static inline unsigned long model_place(const struct model *model, unsigned long nr,
					const struct buddy_window *window)
{
	unsigned long i, run = 0, found = BUDDY_NO_PFN;

	for (i = 0; i < model->nr; i++) {
		run = model->page[i] == MODEL_FREE ? run + 1 : 0;
		if (run < nr || !model_meets(window, model->pfn + i + 1 - nr, nr))
			continue;
		found = model->pfn + i + 1 - nr;
		if (!window->top_down)
			break;
	}
	return found;
}

/* Whether the @nr pages at @pfn are in the region, and free. */
static inline bool model_is_free(const struct model *model, unsigned long pfn, unsigned long nr)
{
	unsigned long at = pfn - model->pfn;

	if (at >= model->nr || nr > model->nr - at)
		return false;
	return !memchr_inv(&model->page[at], MODEL_FREE, nr);
}

static inline void model_alloc(struct model *model, unsigned long pfn, unsigned long nr)
{
	memset(&model->page[pfn - model->pfn], MODEL_TAIL, nr);
	model->page[pfn - model->pfn] = MODEL_FIRST;
}

static inline void model_free(struct model *model, unsigned long pfn, unsigned long nr)
{
	memset(&model->page[pfn - model->pfn], MODEL_FREE, nr);
}

/* The pages of the block that begins at page @i; 0 if none does. */
static inline unsigned long model_block(const struct model *model, unsigned long i)
{
	unsigned long end = i + 1;

	if (model->page[i] != MODEL_FIRST)
		return 0;
	while (end < model->nr && model->page[end] == MODEL_TAIL)
		end++;
	return end - i;
}

static inline unsigned long model_largest(const struct model *model)
{
	unsigned long i, run = 0, largest = 0;

	for (i = 0; i < model->nr; i++) {
		run = model->page[i] == MODEL_FREE ? run + 1 : 0;
		largest = max(largest, run);
	}
	return largest;
}

/* The region's metadata is right, and says of each page what the model says. */
static inline void model_check(const struct model *model)
{
	unsigned long i, free = 0;
	struct buddy_stats *stats;

	check_region(model->test, model->region);
	for (i = 0; i < model->nr; i++) {
		free += model->page[i] == MODEL_FREE;
		KUNIT_ASSERT_EQ_MSG(model->test, buddy_block_pages(model->region, model->pfn + i),
				    model_block(model, i), "page %lu", i);
	}
	stats = test_stats(model->test, model->region);
	KUNIT_ASSERT_EQ(model->test, stats->free_pages, free);
	kunit_kfree(model->test, stats);
}

/* A window of whole pages; @end is the page behind the window, or 0. */
static inline struct buddy_window pages_window(unsigned long start, unsigned long end)
{
	return (struct buddy_window){ .low = PFN_PHYS(start),
				      .high = end ? PFN_PHYS(end) - 1 : 0 };
}

/* Allocate the @nr pages at @pfn and no others. */
static inline void take_pages_at(struct kunit *test, struct buddy_region *region,
				 unsigned long pfn, unsigned long nr)
{
	struct buddy_window window = pages_window(pfn, pfn + nr);

	KUNIT_ASSERT_EQ(test, buddy_alloc_pfn_within(region, nr, &window, 0), pfn);
	KUNIT_ASSERT_EQ(test, buddy_block_pages(region, pfn), nr);
}

#endif /* KUNIT_RUN_MODEL_H */
