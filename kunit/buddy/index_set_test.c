// SPDX-License-Identifier: GPL-2.0
/* Suite index_set: the sets of index_set.h, against a bitmap without levels. */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../../buddy/index_set.h"
#include "../lib/common.h"

/* The numbers of levels change behind powers of 64. */
static const unsigned long sizes[] = {
	1, 2, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 4160, 4161, 10000, 262143, 262144,
	262145, 300000,
};

static void describe_size(const unsigned long *size, char *text)
{
	snprintf(text, KUNIT_PARAM_DESC_SIZE, "%lu", *size);
}

KUNIT_ARRAY_PARAM(size, sizes, describe_size);

/**
 * struct model - a set and the bitmap that it is compared with
 * @set: the set
 * @has: a bit for each index of the set
 * @nr: number of possible indexes
 * @nr_has: how many are in the set
 */
struct model {
	struct index_set set;
	unsigned long *has;
	unsigned long nr;
	unsigned long nr_has;
};

static void make(struct kunit *test, struct model *model, unsigned long nr)
{
	/* One word more than needed must stay zero. */
	unsigned long *words = kunit_kcalloc(test, index_set_words(nr) + 1, sizeof(*words),
					     GFP_KERNEL);

	model->has = kunit_kcalloc(test, BITS_TO_LONGS(nr), sizeof(*words), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, words && model->has);
	index_set_init(&model->set, words, nr);
	model->nr = nr;
	model->nr_has = 0;
}

/* Each word of the tree is as the bitmap says. */
static void check(struct kunit *test, const struct model *model)
{
	const unsigned long *words = model->set.words;
	unsigned long nr = index_set_words(model->nr), leaf = BIT_WORD(model->set.first), i;

	KUNIT_ASSERT_EQ(test, memcmp(words + leaf, model->has,
				     BITS_TO_LONGS(model->nr) * sizeof(*words)), 0);
	KUNIT_ASSERT_EQ(test, words[nr], 0UL);
	for (i = 0; i < model->set.first; i++)
		KUNIT_ASSERT_EQ_MSG(test, test_bit(i, words), i + 1 < nr && words[i + 1],
				    "bit %lu", i);
	if (model->nr_has)
		KUNIT_ASSERT_EQ(test, index_set_lowest(&model->set),
				find_first_bit(model->has, model->nr));
}

/* Add @index, or remove it if the set has it. */
static void change(struct kunit *test, struct model *model, unsigned long index)
{
	if (!test_bit(index, model->has)) {
		index_set_add(&model->set, index);
		__set_bit(index, model->has);
		model->nr_has++;
	} else {
		__clear_bit(index, model->has);
		model->nr_has--;
		KUNIT_ASSERT_EQ(test, index_set_del(&model->set, index), !model->nr_has);
	}
	if (model->nr_has)
		KUNIT_ASSERT_EQ(test, index_set_lowest(&model->set),
				find_first_bit(model->has, model->nr));
}

static void index_set_test_words(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, index_set_words(0), 0UL);
	KUNIT_EXPECT_EQ(test, index_set_words(1), 1UL);
	KUNIT_EXPECT_EQ(test, index_set_words(64), 1UL);
	/* A root, and two words. */
	KUNIT_EXPECT_EQ(test, index_set_words(65), 3UL);
	KUNIT_EXPECT_EQ(test, index_set_words(4096), 65UL);
	/* A root, 64 words of which two are used, and 65 words. */
	KUNIT_EXPECT_EQ(test, index_set_words(4097), 130UL);
}

/* Each index alone, and each pair of neighbours. */
static void index_set_test_each(struct kunit *test)
{
	const unsigned long *nr = test->param_value;
	unsigned long step = max(1UL, *nr / 10000), i;
	struct model model;

	make(test, &model, *nr);
	for (i = 0; i < *nr; i += i < 8192 || i + 8192 > *nr ? 1 : step) {
		change(test, &model, i);
		if (i + 1 < *nr) {
			change(test, &model, i + 1);
			change(test, &model, i + 1);
		}
		change(test, &model, i);
	}
	check(test, &model);
}

/* All indexes come in the sequence of their number, and go as the lowest. */
static void index_set_test_fill(struct kunit *test)
{
	const unsigned long *nr = test->param_value;
	struct model model;
	unsigned long i;

	make(test, &model, *nr);
	for (i = 0; i < *nr; i++)
		change(test, &model, i);
	check(test, &model);
	for (i = 0; i < *nr; i++) {
		KUNIT_ASSERT_EQ(test, index_set_lowest(&model.set), i);
		KUNIT_ASSERT_EQ(test, index_set_del(&model.set, i), i == *nr - 1);
	}
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(model.set.words, 0,
					     index_set_words(*nr) * sizeof(long)), NULL);
}

/* Random indexes, all over the set or in a part of it, so that words become full and zero. */
static void index_set_test_random(struct kunit *test)
{
	const unsigned long *nr = test->param_value;
	unsigned int round, i;
	struct rnd_state rnd;
	struct model model;

	prandom_seed_state(&rnd, test_seed(test));
	make(test, &model, *nr);
	for (round = 0; round < 20; round++) {
		unsigned long from = prandom_u32_state(&rnd) % *nr;
		unsigned long part = round % 2 ? *nr - from : min(*nr - from, 100UL);

		for (i = 0; i < 500; i++)
			change(test, &model, from + prandom_u32_state(&rnd) % part);
		check(test, &model);
	}
	while (model.nr_has)
		change(test, &model, index_set_lowest(&model.set));
	check(test, &model);
}

/* The neighbours of @index in the set are those in the bitmap. */
static void expect_neighbours(struct kunit *test, const struct model *model, unsigned long index)
{
	unsigned long next = find_next_bit(model->has, model->nr, index);
	unsigned long prev = find_last_bit(model->has, index + 1);

	KUNIT_ASSERT_EQ_MSG(test, index_set_next(&model->set, index),
			    next < model->nr ? next : INDEX_NONE, "from %lu", index);
	KUNIT_ASSERT_EQ_MSG(test, index_set_prev(&model->set, index),
			    prev <= index ? prev : INDEX_NONE, "from %lu", index);
}

/* From each index of a small set; from both sides of each word's ends, of a large one. */
static void expect_all_neighbours(struct kunit *test, const struct model *model)
{
	unsigned long i, word = max(1UL, model->nr / 64 / 100);

	for (i = 0; i < model->nr; i++) {
		if (model->nr > 5000 && i % 64 > 1 && i % 64 < 63)
			i = round_down(i, 64) + 63;
		if (model->nr > 5000 && i > 300 && i + 300 < model->nr && i / 64 % word)
			continue;
		if (i < model->nr)
			expect_neighbours(test, model, i);
	}
	expect_neighbours(test, model, model->nr - 1);
}

/* The next and the previous index, with none, one, two, or a few indexes in the set. */
static void index_set_test_neighbours(struct kunit *test)
{
	const unsigned long *nr = test->param_value;
	unsigned long picks[24], i, last = *nr - 1;
	struct rnd_state rnd;
	struct model model;

	prandom_seed_state(&rnd, test_seed(test));
	make(test, &model, *nr);
	expect_all_neighbours(test, &model);
	/* The ends of the set, of words, and of words of words. */
	for (i = 0; i < ARRAY_SIZE(picks); i++) {
		static const unsigned long ends[] = { 0, 63, 64, 4095, 4096, 262143, 262144 };

		if (i < ARRAY_SIZE(ends))
			picks[i] = min(ends[i], last);
		else if (i < 10)
			picks[i] = last - min(last, i - ARRAY_SIZE(ends));
		else
			picks[i] = prandom_u32_state(&rnd) % *nr;
	}
	for (i = 0; i < ARRAY_SIZE(picks); i++) {
		change(test, &model, picks[i]);
		expect_all_neighbours(test, &model);
	}
	/* One index at a time. */
	while (model.nr_has)
		change(test, &model, index_set_lowest(&model.set));
	for (i = 0; i < ARRAY_SIZE(picks); i++) {
		change(test, &model, picks[i]);
		if (i < 12)
			expect_all_neighbours(test, &model);
		change(test, &model, picks[i]);
	}
}

/* The same with two thirds of all indexes in the set. */
static void index_set_test_neighbours_dense(struct kunit *test)
{
	const unsigned long *nr = test->param_value;
	struct rnd_state rnd;
	struct model model;
	unsigned long i;

	prandom_seed_state(&rnd, test_seed(test));
	make(test, &model, *nr);
	for (i = 0; i < *nr; i++)
		if (prandom_u32_state(&rnd) % 3)
			change(test, &model, i);
	expect_all_neighbours(test, &model);
}

static struct kunit_case index_set_cases[] = {
	KUNIT_CASE(index_set_test_words),
	KUNIT_CASE_PARAM(index_set_test_each, size_gen_params),
	KUNIT_CASE_PARAM(index_set_test_fill, size_gen_params),
	KUNIT_CASE_PARAM(index_set_test_random, size_gen_params),
	KUNIT_CASE_PARAM(index_set_test_neighbours, size_gen_params),
	KUNIT_CASE_PARAM(index_set_test_neighbours_dense, size_gen_params),
	{}
};

static struct kunit_suite index_set_suite = {
	.name = "index_set",
	.test_cases = index_set_cases,
};

kunit_test_suite(index_set_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: sets of indexes");
MODULE_LICENSE("GPL");
