// SPDX-License-Identifier: GPL-2.0
/* Suite bitmap64: the arithmetic of bitmap64.h, against a model that walks over pages. */
#include <linux/module.h>

#include "../lib/common.h"

static bool model_block_free(u64 free, unsigned int pos, unsigned int order)
{
	unsigned int i;

	for (i = pos; i < pos + (1U << order); i++)
		if (!(free & BIT_ULL(i)))
			return false;
	return true;
}

/* The order of the largest free block, found by trying every place; -1 if none is free. */
static int model_largest(u64 free)
{
	int order, pos;

	for (order = BITMAP64_ORDER; order >= 0; order--)
		for (pos = 0; pos < BITMAP64_BITS; pos += 1 << order)
			if (model_block_free(free, pos, order))
				return order;
	return -1;
}

static void check_word(struct kunit *test, u64 free)
{
	unsigned int order, pos, found;
	int largest = model_largest(free);

	if (largest < 0)
		return;
	KUNIT_ASSERT_EQ_MSG(test, (int)bitmap64_largest(free), largest, "%#llx", free);
	for (order = 0; order <= largest; order++) {
		u64 runs = bitmap64_runs(free, order);

		for (pos = 0; pos < BITMAP64_BITS; pos++)
			KUNIT_ASSERT_EQ_MSG(test, !!(runs & BIT_ULL(pos)),
					    !(pos % (1U << order)) &&
					    model_block_free(free, pos, order),
					    "%#llx order %u pos %u", free, order, pos);
		if (free == ~0ULL)
			continue;
		/*
		 * The block that is found is free, it is not half of a larger free
		 * block, and no smaller block would serve the order.
		 */
		pos = bitmap64_find(free, order, &found);
		KUNIT_ASSERT_TRUE(test, model_block_free(free, pos, found));
		KUNIT_ASSERT_EQ(test, pos % (1U << found), 0U);
		KUNIT_ASSERT_EQ_MSG(test, bitmap64_merge(free, pos, found), found,
				    "%#llx order %u", free, order);
		for (; found-- > order;) {
			for (pos = 0; pos < BITMAP64_BITS; pos += 1U << found)
				if (model_block_free(free, pos, found))
					KUNIT_ASSERT_NE_MSG(test, bitmap64_merge(free, pos, found),
							    found, "%#llx", free);
		}
	}
}

/* Every word whose aligned halves, quarters, ... are each entirely free or used. */
static void bitmap64_test_all_aligned_patterns(struct kunit *test)
{
	unsigned int order, bits;

	for (order = 2; order <= BITMAP64_ORDER; order++) {
		/* At most 16 pieces: 2^16 patterns for order 2, 4 for order 5. */
		unsigned int pieces = BITMAP64_BITS >> order, i;

		for (bits = 0; bits < 1U << pieces; bits++) {
			u64 free = 0;

			for (i = 0; i < pieces; i++)
				if (bits & 1U << i)
					free |= bitmap64_mask(i << order, 1U << order);
			check_word(test, free);
		}
		cond_resched();
	}
	/* Orders 0 and 1: all patterns in one quarter of the word at a time. */
	for (bits = 0; bits < 1U << 16; bits++)
		check_word(test, (u64)bits << (bits % 4 * 16));
}

static void bitmap64_test_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < 20000; i++) {
		u64 word = (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);

		/* Also words with many ones: others seldom have a large free block. */
		switch (i % 3) {
		case 1:
			word |= word << 1 | word >> 1;
			break;
		case 2:
			word |= word << 3 | word >> 5 | word << 17;
		}
		check_word(test, word);
	}
}

static void bitmap64_test_mask(struct kunit *test)
{
	unsigned int pos, nr, i;

	for (pos = 0; pos < BITMAP64_BITS; pos++) {
		for (nr = 1; nr <= BITMAP64_BITS - pos; nr++) {
			u64 mask = 0;

			for (i = pos; i < pos + nr; i++)
				mask |= BIT_ULL(i);
			KUNIT_ASSERT_EQ(test, bitmap64_mask(pos, nr), mask);
		}
	}
}

/* Every length at every place, also with tails of later blocks in the word. */
static void bitmap64_test_extent(struct kunit *test)
{
	unsigned int pos, nr;

	for (pos = 0; pos < BITMAP64_BITS; pos++) {
		for (nr = 1; nr <= BITMAP64_BITS - pos; nr++) {
			u64 tail = bitmap64_mask(pos, nr) & ~BIT_ULL(pos);

			KUNIT_ASSERT_EQ(test, bitmap64_extent(tail, pos), nr);
			/* Page pos + nr starts the next block: its tails do not count. */
			if (pos + nr < BITMAP64_BITS - 1)
				tail |= bitmap64_mask(pos + nr + 1,
						  BITMAP64_BITS - pos - nr - 1);
			KUNIT_ASSERT_EQ(test, bitmap64_extent(tail, pos), nr);
		}
	}
}

/* A freed block becomes exactly the largest aligned free block around it. */
static void bitmap64_test_merge(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < 20000; i++) {
		unsigned int order = i % BITMAP64_ORDER, to = order;
		unsigned int pos = prandom_u32_state(&rnd) % BITMAP64_BITS & -(1U << order);
		u64 free = (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);

		free |= free << 1 | free >> 2 | bitmap64_mask(pos, 1U << order);
		while (to < BITMAP64_ORDER &&
		       model_block_free(free, pos & -(2U << to), to + 1))
			to++;
		KUNIT_ASSERT_EQ_MSG(test, bitmap64_merge(free, pos, order), to,
				    "%#llx pos %u order %u", free, pos, order);
	}
}

/* Where rows of each length begin, aligned or not; page by page, a row ends at a page in use. */
static void bitmap64_test_rows(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, nr;
	int pos;

	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < 2000; i++) {
		u64 free = (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);
		u8 row[BITMAP64_BITS + 1] = {};

		/* Few, many, or almost all pages are free; or all, or none. */
		if (i % 4 == 1)
			free |= free << 1 | free >> 3 | free << 7;
		else if (i % 4 == 2)
			free = ~(free & free << 5 & free >> 9 & free << 17);
		if (i < 2)
			free = i ? ~0ULL : 0;
		for (pos = BITMAP64_BITS - 1; pos >= 0; pos--)
			row[pos] = free & BIT_ULL(pos) ? row[pos + 1] + 1 : 0;
		for (nr = 1; nr <= BITMAP64_BITS; nr++) {
			u64 rows = 0;

			for (pos = 0; pos < BITMAP64_BITS; pos++)
				if (row[pos] >= nr)
					rows |= BIT_ULL(pos);
			KUNIT_ASSERT_EQ_MSG(test, bitmap64_rows(free, nr), rows,
					    "%#llx, %u pages", free, nr);
		}
	}
}

static struct kunit_case word_cases[] = {
	KUNIT_CASE(bitmap64_test_mask),
	KUNIT_CASE(bitmap64_test_extent),
	KUNIT_CASE(bitmap64_test_rows),
	KUNIT_CASE(bitmap64_test_merge),
	KUNIT_CASE(bitmap64_test_all_aligned_patterns),
	KUNIT_CASE(bitmap64_test_random),
	{}
};

static struct kunit_suite bitmap64_suite = {
	.name = "bitmap64",
	.test_cases = word_cases,
};

kunit_test_suite(bitmap64_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: arithmetic on 64 bits");
MODULE_LICENSE("GPL");
