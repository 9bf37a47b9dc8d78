// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pool_mark: a savepoint of another pool, or an outdated one, is refused and changes
 * nothing.  Also cleanup handlers that go further back than the call that runs them.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

/* --- savepoints that are refused --- */

/* The rewind is refused and counted, and no byte of the pool changes. */
static void expect_refused(struct kunit *test, struct mp_pool *pool,
			   const struct mp_mark *mark)
{
	struct mp_pool before = *pool;
	int bad = nr_bad();

	mp_rewind_pool(pool, mark);
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, nr_bad(), bad + 1);
}

static void expect_rewound(struct kunit *test, struct mp_pool *pool,
			   const struct mp_mark *mark)
{
	int bad = nr_bad();

	mp_rewind_pool(pool, mark);
	KUNIT_EXPECT_EQ(test, nr_bad(), bad);
	KUNIT_EXPECT_EQ(test, pool->given, mark->given);
	KUNIT_EXPECT_PTR_EQ(test, pool->tail, mark->tail);
	KUNIT_EXPECT_PTR_EQ(test, pool->last, mark->last);
}

/* The first error of all prints a WARN, so this must be the first test. */
static void pool_mark_test_of_another_pool(struct kunit *test)
{
	struct mp_pool *other = mp_create_pool_named(fixture(test)->region, "other", 0, 8, 0);
	struct mp_pool *pool = mp_create_pool_named(fixture(test)->region, "mine", 0, 8, 0);
	static const struct mp_mark none;
	struct mp_mark mine, theirs;

	KUNIT_ASSERT_TRUE(test, pool && other);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 100, 0));
	mp_mark_pool(pool, &mine);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(5000), 0));
	mp_mark_pool(other, &theirs);
	EXPECT_WARNING("this mark is not one of pool 'mine' made by",
		       expect_refused(test, pool, &theirs));
	expect_refused(test, pool, &none);
	expect_refused(test, other, &mine);
	mp_destroy_pool(other);
	expect_refused(test, pool, &theirs);
	expect_rewound(test, pool, &mine);

	/* A savepoint of an earlier pool at the same address is refused, too. */
	other = mp_create_pool(fixture(test)->region, 0, 0);
	KUNIT_ASSERT_PTR_EQ(test, other, theirs.pool);
	mp_mark_pool(other, &mine);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(other, 100, 0));
	expect_refused(test, other, &theirs);
	expect_rewound(test, other, &mine);
	mp_destroy_pool(other);
	mp_destroy_pool(pool);
}

static void pool_mark_test_no_mark(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	int bad = nr_bad();

	expect_refused(test, pool, NULL);
	expect_refused(test, pool, ERR_PTR(-EINVAL));
	mp_mark_pool(pool, NULL);
	mp_mark_pool(pool, ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, nr_bad(), bad + 4);
}

static void pool_mark_test_older_than_a_reset(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark first, second, fresh;
	void *object;

	mp_mark_pool(pool, &first);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 100, 0));
	mp_mark_pool(pool, &second);
	mp_reset_pool(pool);
	expect_refused(test, pool, &first);
	expect_refused(test, pool, &second);
	object = mp_alloc(pool, 50, 0);
	mp_mark_pool(pool, &fresh);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(3000), 0));
	expect_refused(test, pool, &first);
	expect_refused(test, pool, &second);
	expect_rewound(test, pool, &fresh);
	KUNIT_EXPECT_PTR_NE(test, mp_alloc(pool, 50, 0), object);
}

static void pool_mark_test_older_than_a_rewind(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark marks[4], fresh;
	unsigned int i, back;

	for (back = 0; back < 4; back++) {
		for (i = 0; i < 4; i++) {
			KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 500 * i + 8, 0));
			mp_mark_pool(pool, &marks[i]);
			add_letter(test, pool, "a");
		}
		expect_rewound(test, pool, &marks[back]);
		for (i = back + 1; i < 4; i++)
			expect_refused(test, pool, &marks[i]);
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(3500), 0));
		mp_mark_pool(pool, &fresh);
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(1500), 0));
		for (i = back + 1; i < 4; i++)
			expect_refused(test, pool, &marks[i]);
		/* That savepoint stays in force, and so do the earlier ones. */
		expect_rewound(test, pool, &marks[back]);
		expect_refused(test, pool, &fresh);
		for (i = back + 1; i > 0; i--) {
			expect_rewound(test, pool, &marks[i - 1]);
			expect_rewound(test, pool, &marks[i - 1]);
		}
		mp_reset_pool(pool);
		fixture(test)->diary[0] = '\0';
	}
}

/* A loop that sets a savepoint in each round does not push out one from before the loop. */
static void pool_mark_test_set_in_a_loop(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark outdated, before, mark;
	unsigned int i;

	/* Have a slot. */
	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, SCALED(5000), 0)));
	mp_mark_pool(pool, &before);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 8, 0));
	mp_mark_pool(pool, &outdated);
	expect_rewound(test, pool, &before);
	for (i = 0; i < 100; i++) {
		mp_mark_pool(pool, &mark);
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 100, 0));
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(5000), 0));
		expect_refused(test, pool, &outdated);
		expect_rewound(test, pool, &mark);
		mp_mark_pool(pool, &mark);
		mp_mark_pool(pool, &mark);
	}
	expect_rewound(test, pool, &before);
	/* Any kind of allocation between two savepoints makes them different. */
	for (i = 0; i < 4; i++) {
		mp_mark_pool(pool, &before);
		switch (i) {
		case 0:
			mp_nalloc(pool, 1, 0);
			break;
		case 1:
			mp_free(pool, mp_alloc(pool, SCALED(5000), 0));
			break;
		case 2:
			/* The slot is used, so nothing comes from a block. */
			mp_alloc(pool, SCALED(5000), 0);
			break;
		default:
			add_letter(test, pool, "a");
		}
		mp_mark_pool(pool, &mark);
		expect_rewound(test, pool, &before);
		expect_refused(test, pool, &mark);
	}
}

#define DEPTH	40

/*
 * A savepoint in force is never refused, however many there are, also when the serial
 * numbers have passed 2^32.
 */
static void pool_mark_test_many(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark *marks = kunit_kcalloc(test, DEPTH, sizeof(*marks), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, marks);
	for (i = 0; i < DEPTH; i++) {
		mp_mark_pool(pool, &marks[i]);
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
		if (i == DEPTH / 2)
			pool->serial += BIT_ULL(33);
	}
	for (i = DEPTH; i > 3; i -= 3) {
		expect_rewound(test, pool, &marks[i - 1]);
		if (i < DEPTH)
			expect_refused(test, pool, &marks[i]);
	}
	mp_reset_pool(pool);
	for (i = 0; i < DEPTH; i++)
		expect_refused(test, pool, &marks[i]);
}

/* --- random --- */

#define NR_MARKS	64
#define ROUNDS		20000

/*
 * Set savepoints and rewind to them at random.  The test has a stack of the savepoints in
 * force: these must be accepted.  Outdated ones must be refused, except those that the
 * pool cannot tell (up to pool->lost).
 */
static void pool_mark_test_random(struct kunit *test)
{
	struct mp_mark *marks = kunit_kcalloc(test, NR_MARKS, sizeof(*marks), GFP_KERNEL);
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int stack[NR_MARKS], depth = 0, set = 0, i, which, tried = 0;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, marks);
	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < ROUNDS; i++) {
		u32 dice = prandom_u32_state(&rnd);

		which = dice / 64 % NR_MARKS;
		if (dice % 64 < 30) {
			mp_alloc(pool, 1 + dice / 4096 % 600, 0);
		} else if (dice % 64 < 45 && set < NR_MARKS) {
			stack[depth++] = set;
			mp_mark_pool(pool, &marks[set++]);
		} else if (dice % 64 < 63 && which < set) {
			unsigned int at = 0;

			while (at < depth && stack[at] != which)
				at++;
			if (at < depth) {
				expect_rewound(test, pool, &marks[which]);
				depth = at + 1;
				continue;
			}
			if (marks[which].serial <= pool->lost)
				continue;
			/* One with the same number may be in force. */
			for (at = 0; at < depth; at++)
				if (marks[stack[at]].serial == marks[which].serial)
					break;
			if (at == depth) {
				expect_refused(test, pool, &marks[which]);
				tried++;
			}
		} else if (set == NR_MARKS) {
			mp_reset_pool(pool);
			depth = 0;
			set = 0;
		}
	}
	KUNIT_EXPECT_GT(test, tried, 100);
}

/* --- handlers that go further back --- */

/* Data of go_further(), a cleanup handler that rewinds or resets its pool. */
struct handler {
	struct kunit *test;
	struct mp_pool *pool;
	const struct mp_mark *mark;	/* rewind to this, or reset if NULL */
	bool allocates;	/* afterwards, and adds another handler */
	unsigned int calls;
};

static void count_call(void *data)
{
	(*(unsigned int *)data)++;
}

static void go_further(void *data)
{
	struct handler *handler = data;
	struct mp_pool *pool = handler->pool;
	struct kunit *test = handler->test;

	handler->calls += 100;
	if (handler->mark)
		mp_rewind_pool(pool, handler->mark);
	else
		mp_reset_pool(pool);
	if (!handler->allocates)
		return;
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(3000), 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(3000), 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(9000), 0));
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &handler->calls, 0), 0);
}

/*
 * Rewind to a savepoint behind 50 objects, with a handler that goes further back.  All
 * that the handler freed can be used again.
 */
static void expect_further(struct kunit *test, bool allocates, bool to_mark)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct handler handler = { .test = test, .pool = pool, .allocates = allocates };
	struct mp_mark early, mark;
	unsigned int i;
	void *first;
	u64 asked;

	mp_reset_pool(pool);
	first = mp_alloc(pool, SCALED(3000), 0);
	mp_mark_pool(pool, &early);
	for (i = 0; i < 50; i++)
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(3000), 0));
	if (to_mark)
		handler.mark = &early;
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, go_further, &handler, 0), 0);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(9000), 0));
	mp_rewind_pool(pool, &mark);

	KUNIT_EXPECT_EQ(test, handler.calls, allocates ? 101 : 100);
	KUNIT_EXPECT_EQ(test, pool->given, to_mark ? SCALED(3000UL) : 0UL);
	KUNIT_EXPECT_EQ(test, pool->skipped, 0UL);
	KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
	KUNIT_EXPECT_NULL(test, pool->undoing);
	KUNIT_EXPECT_EQ(test, used(test), pool->nr_blocks);
	expect_refused(test, pool, &mark);
	if (to_mark)
		expect_rewound(test, pool, &early);
	else
		expect_refused(test, pool, &early);
	/* All blocks are used again. */
	asked = nr_asked(fixture(test)->region);
	if (!to_mark)
		KUNIT_EXPECT_PTR_EQ(test, mp_alloc(pool, SCALED(3000), 0), first);
	for (i = 0; i < 50; i++)
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(3000), 0));
	KUNIT_EXPECT_EQ(test, nr_asked(fixture(test)->region), asked);
}

static void pool_mark_test_handler_resets(struct kunit *test)
{
	expect_further(test, false, false);
	expect_further(test, true, false);
}

static void pool_mark_test_handler_rewinds(struct kunit *test)
{
	expect_further(test, false, true);
	expect_further(test, true, true);
}

/* A handler that goes less far back than the call that runs it changes nothing. */
static void pool_mark_test_handler_rewinds_less(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct handler handler = { .test = test, .pool = pool, .allocates = true };
	struct mp_mark early, late;

	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 100, 0));
	mp_mark_pool(pool, &early);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, go_further, &handler, 0), 0);
	mp_mark_pool(pool, &late);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(3000), 0));
	handler.mark = &late;
	mp_rewind_pool(pool, &early);
	KUNIT_EXPECT_EQ(test, handler.calls, 101);
	KUNIT_EXPECT_EQ(test, pool->given, 100UL);
	KUNIT_EXPECT_EQ(test, used(test), pool->nr_blocks);
	expect_refused(test, pool, &late);
	expect_rewound(test, pool, &early);
}

#define DEEP	40	/* few enough for the stack, if the handlers were nested */

/* Data of reset_again(): how often it was called, and how deeply nested. */
struct deep {
	struct mp_pool *pool;
	unsigned int calls;
	unsigned int depth;
	unsigned int deepest;
};

static void reset_again(void *data)
{
	struct deep *deep = data;

	deep->calls++;
	deep->deepest = max(deep->deepest, ++deep->depth);
	mp_reset_pool(deep->pool);
	deep->depth--;
}

/* Handlers that reset their pool are called one after the other, not nested. */
static void pool_mark_test_many_handlers_reset(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct deep deep = { .pool = pool };
	unsigned int i;

	for (i = 0; i < DEEP; i++)
		KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, reset_again, &deep, 0), 0);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, deep.calls, DEEP);
	KUNIT_EXPECT_EQ(test, deep.deepest, 1U);
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
}

static void destroy(void *data)
{
	mp_destroy_pool(data);
}

/* A handler cannot destroy its pool, which the call that runs the handler still needs. */
static void pool_mark_test_handler_destroys(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	int bad = nr_bad();

	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, destroy, pool, 0), 0);
	add_letter(test, pool, "a");
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, nr_bad(), bad + 1);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a");
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 100, 0));

	/* The same while the pool is being destroyed. */
	pool = mp_create_pool(fixture(test)->region, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, destroy, pool, 0), 0);
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, nr_bad(), bad + 2);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

static struct kunit_case pool_mark_cases[] = {
	KUNIT_CASE(pool_mark_test_of_another_pool),
	KUNIT_CASE(pool_mark_test_no_mark),
	KUNIT_CASE(pool_mark_test_older_than_a_reset),
	KUNIT_CASE(pool_mark_test_older_than_a_rewind),
	KUNIT_CASE(pool_mark_test_set_in_a_loop),
	KUNIT_CASE(pool_mark_test_many),
	KUNIT_CASE(pool_mark_test_random),
	KUNIT_CASE(pool_mark_test_handler_resets),
	KUNIT_CASE(pool_mark_test_handler_rewinds),
	KUNIT_CASE(pool_mark_test_handler_rewinds_less),
	KUNIT_CASE(pool_mark_test_many_handlers_reset),
	KUNIT_CASE(pool_mark_test_handler_destroys),
	{}
};

static struct kunit_suite pool_mark_suite = {
	.name = "pool_mark",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_mark_cases,
};

kunit_test_suite(pool_mark_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_mark");
MODULE_LICENSE("GPL");
