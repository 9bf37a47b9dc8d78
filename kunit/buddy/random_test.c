// SPDX-License-Identifier: GPL-2.0
/* Suite random: a million random operations, compared with a simple model of the pages. */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/common.h"

#define TAIL	(~0U)	/* a length: the page is in a block, but is not its first page */

/* What each page of the region is; a page is known by its index in the region. */
struct model {
	struct kunit *test;
	struct buddy_region *region;
	struct rnd_state rnd;
	unsigned long pfn;
	unsigned long pages;
	unsigned long used;
	unsigned long fails;
	u32 *length;	/* of the block that starts at each page; 0 if free, or TAIL */
	u32 *firsts;	/* the first pages of the blocks in use, in any order */
	unsigned long nr_blocks;
	unsigned long errors[BUDDY_NR_ERRORS];	/* how many must be counted */
};

struct setting {
	const char *name;
	unsigned long skip;
	unsigned long pages;
	unsigned int operations;
};

static const struct setting settings[] = {
	{ "odd base and size", 4133, 10007, 600000 },
	{ "a few clusters", 37, 517, 200000 },
	{ "one block", 0, 8192, 200000 },
};

static void describe_setting(const struct setting *setting, char *text)
{
	strscpy(text, setting->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(setting, settings, describe_setting);

static u32 below(struct model *model, u32 limit)
{
	return prandom_u32_state(&model->rnd) % limit;
}

static bool is_free(struct model *model, unsigned long page, unsigned long nr)
{
	return !memchr_inv(&model->length[page], 0, nr * sizeof(*model->length));
}

/* Whether @nr free pages lie side by side, from a multiple of @align on. */
static bool has_room(struct model *model, unsigned long nr, unsigned long align)
{
	unsigned long page = 0, run = 0;

	for (; page < model->pages; page++) {
		if (model->length[page])
			run = 0;
		/* A run counts from its first aligned page on. */
		else if (run || !((model->pfn + page) & (align - 1)))
			run++;
		if (run == nr)
			return true;
	}
	return false;
}

/* Small orders are more likely: half are 0, a quarter 1, ... */
static unsigned int random_order(struct model *model)
{
	return min_t(unsigned int, ffs(below(model, 1 << 20) | 1 << 20) - 1, 10);
}

static void random_alloc(struct model *model)
{
	unsigned int order = random_order(model);
	unsigned long nr = BIT(order), align = nr, page, pfn, i;

	if (below(model, 3)) {
		pfn = buddy_alloc_pfn(model->region, order, __GFP_NOWARN);
	} else {
		nr = 1 + below(model, nr);
		align = 1;
		pfn = buddy_alloc_pfn_exact(model->region, nr, __GFP_NOWARN);
	}

	if (pfn == BUDDY_NO_PFN) {
		if (has_room(model, nr, align))
			KUNIT_ASSERT_FAILURE(model->test,
					     "no block for %lu pages, but there is one", nr);
		model->fails++;
		return;
	}
	page = pfn - model->pfn;
	if (page >= model->pages || model->pages - page < nr ||
	    pfn & (align - 1) || !is_free(model, page, nr))
		KUNIT_ASSERT_FAILURE(model->test,
				     "%lu pages at %#lx are not free, aligned and inside",
				     nr, pfn);
	model->length[page] = nr;
	for (i = 1; i < nr; i++)
		model->length[page + i] = TAIL;
	model->firsts[model->nr_blocks++] = page;
	model->used += nr;
}

static void random_free(struct model *model)
{
	unsigned long at, page, nr;

	if (!model->nr_blocks)
		return;
	at = below(model, model->nr_blocks);
	page = model->firsts[at];
	nr = model->length[page];
	if (is_power_of_2(nr) && below(model, 2))
		buddy_free_pfn(model->region, model->pfn + page, ilog2(nr));
	else
		buddy_free_pfn_exact(model->region, model->pfn + page, nr);

	memset(&model->length[page], 0, nr * sizeof(*model->length));
	model->firsts[at] = model->firsts[--model->nr_blocks];
	model->used -= nr;
}

static void random_query(struct model *model)
{
	unsigned long page = below(model, model->pages);
	u32 length = model->length[page];
	unsigned long nr = buddy_block_pages(model->region, model->pfn + page);

	if (nr != (length == TAIL ? 0 : length))
		KUNIT_ASSERT_FAILURE(model->test,
				     "page %lu: a block of %lu pages is reported, not %#x",
				     page, nr, length);
}

/* Free a random block by mistake: mostly, no block of this length starts there. */
static void random_misuse(struct model *model)
{
	unsigned long page = below(model, model->pages);
	u32 length = model->length[page], nr = BIT(random_order(model));
	enum buddy_error error = BUDDY_WRONG_SIZE;

	if (!length)
		error = BUDDY_DOUBLE_FREE;
	else if (length == TAIL)
		error = BUDDY_NOT_A_HEAD;
	else if (length == nr)
		return;
	buddy_free_pfn_exact(model->region, model->pfn + page, nr);
	model->errors[error]++;
	if (atomic_long_read(&model->region->errors[error]) != model->errors[error])
		KUNIT_ASSERT_FAILURE(model->test,
				     "freeing page %lu, which has %#x, was not error %u",
				     page, length, error);
}

/* Make the first mistake of each kind, which warns. */
static void warn_before(struct model *model)
{
	struct buddy_region *region = model->region;
	unsigned long pfn = buddy_alloc_pfn(region, 1, 0);

	EXPECT_WARNING("another size", buddy_free_pfn(region, pfn, 0));
	EXPECT_WARNING("inside a block", buddy_free_pfn(region, pfn + 1, 0));
	buddy_free_pfn(region, pfn, 1);
	EXPECT_WARNING("free already", buddy_free_pfn(region, pfn, 1));
	model->errors[BUDDY_WRONG_SIZE] = 1;
	model->errors[BUDDY_NOT_A_HEAD] = 1;
	model->errors[BUDDY_DOUBLE_FREE] = 1;
}

static void random_test_against_model(struct kunit *test)
{
	const struct setting *setting = test->param_value;
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct buddy_stats *fresh, *stats;
	unsigned int i, allocs = 50;

	KUNIT_ASSERT_NOT_NULL(test, model);
	model->test = test;
	model->pfn = TEST_PFN + setting->skip;
	model->pages = setting->pages;
	model->region = test_region(test, model->pfn, model->pages);
	model->length = kunit_kcalloc(test, model->pages, sizeof(u32), GFP_KERNEL);
	model->firsts = kunit_kcalloc(test, model->pages, sizeof(u32), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, model->length && model->firsts);
	prandom_seed_state(&model->rnd, test_seed(test));
	fresh = test_stats(test, model->region);
	warn_before(model);

	for (i = 0; i < setting->operations; i++) {
		unsigned int dice = below(model, 128);

		/* Change from time to time how likely an allocation is. */
		if (i % 4096 == 0) {
			allocs = 30 + below(model, 50);
			check_region(test, model->region);
			stats = test_stats(test, model->region);
			KUNIT_ASSERT_EQ(test, stats->free_pages,
					model->pages - model->used);
			kunit_kfree(test, stats);
			cond_resched();
		}
		if (dice >= 120)
			random_misuse(model);
		else if (dice >= 112)
			random_query(model);
		else if (dice < allocs)
			random_alloc(model);
		else
			random_free(model);
	}
	while (model->nr_blocks)
		random_free(model);
	expect_all_free(test, model->region, fresh);
	/* The region was full at times. */
	KUNIT_EXPECT_NE(test, model->fails, 0UL);
}

static struct kunit_case random_cases[] = {
	KUNIT_CASE_PARAM(random_test_against_model, setting_gen_params),
	{}
};

static struct kunit_suite random_suite = {
#ifdef WITH_CACHES
	.name = "random_caches",
	.init = init_caches,
	.exit = exit_caches,
#else
	.name = "random",
#endif
	.test_cases = random_cases,
};

kunit_test_suite(random_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: random");
MODULE_LICENSE("GPL");
