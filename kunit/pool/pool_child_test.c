// SPDX-License-Identifier: GPL-2.0
/* Suite pool_child: child pools, when they are destroyed, and what their handlers may do. */
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

static struct mp_pool *make_child(struct kunit *test, struct mp_pool *parent)
{
	struct mp_pool *child = mp_create_child(parent, "child", 0, 8, 0);

	KUNIT_ASSERT_NOT_NULL(test, child);
	return child;
}

/* A child that appends @letter to the diary when it is destroyed. */
static struct mp_pool *make_marked(struct kunit *test, struct mp_pool *parent, const char *letter)
{
	struct mp_pool *child = make_child(test, parent);

	add_letter(test, child, letter);
	return child;
}

/* --- when a child is destroyed --- */

/* Handlers and children of the parent take turns, the newest first. */
static void pool_child_test_goes_at_reset(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child;

	add_letter(test, pool, "a");
	child = make_marked(test, pool, "c");
	add_letter(test, child, "C");
	add_letter(test, pool, "b");
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(make_marked(test, pool, "d"), SCALED(5000), 0));
	KUNIT_EXPECT_EQ(test, used(test), 5UL);
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "dbCca");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "dbCca");
}

static void pool_child_test_goes_at_destroy(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 0, 0);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	make_marked(test, pool, "a");
	make_marked(test, pool, "b");
	mp_destroy_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "ba");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

/* A rewind destroys the children that are newer than the savepoint, and no others. */
static void pool_child_test_goes_at_rewind(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark before, between;
	struct mp_pool *older;

	mp_mark_pool(pool, &before);
	older = make_marked(test, pool, "a");
	/* Nothing but the child is new: this savepoint is still another one. */
	mp_mark_pool(pool, &between);
	make_marked(test, pool, "b");
	add_letter(test, pool, "c");
	mp_rewind_pool(pool, &between);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cb");
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(older, 100, 0));
	mp_rewind_pool(pool, &between);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cb");
	mp_rewind_pool(pool, &before);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cba");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

/* A child is a pool of its own: its reset and its objects do not concern the parent. */
static void pool_child_test_is_a_pool(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_pool *child = mp_create_child(pool, "a b", 3 * PAGE_SIZE, 64, 0);
	struct mp_pool before;

	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_EXPECT_STREQ(test, &child->name[0], "a_b");
	KUNIT_EXPECT_PTR_EQ(test, child->region, pool->region);
	before = *pool;
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((uintptr_t)mp_alloc(child, 1, 0), 64));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(child, SCALED(9000), 0));
	grow_pool(test, child, 3);
	add_letter(test, child, "a");
	mp_reset_pool(child);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a");
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);
	mp_destroy_pool(child);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	mp_reset_pool(pool);
}

/* The pages of a child do not count for the parent's limit. */
static void pool_child_test_has_its_own_limit(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child;

	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, PAGE_SIZE), 0);
	child = make_child(test, pool);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(child, SCALED(9000), 0));
	KUNIT_EXPECT_EQ(test, mp_set_limit(child, 4 * PAGE_SIZE), 0);
	KUNIT_EXPECT_NULL(test, mp_alloc(child, PAGE_SIZE, 0));
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, PAGE_SIZE, 0));
}

/* --- destroyed directly --- */

static void pool_child_test_destroyed_in_any_order(struct kunit *test)
{
	static const unsigned int orders[][3] = {
		{ 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 1, 2, 0 },
	};
	struct mp_pool *pool = fixture(test)->pool, *children[3];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		for (j = 0; j < 3; j++)
			children[j] = make_child(test, pool);
		/* The last one is left to the parent. */
		for (j = 0; j < 2; j++)
			mp_destroy_pool(children[orders[i][j]]);
		KUNIT_EXPECT_EQ(test, used(test), 2UL);
		mp_reset_pool(pool);
		KUNIT_EXPECT_EQ(test, used(test), 1UL);
	}
}

/* A parent does not grow, however many children come and go. */
static void pool_child_test_parent_stays_small(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *children[20] = {};
	struct mp_stats before, after;
	unsigned int i;

	mp_pool_stats(pool, &before);
	for (i = 0; i < 20000; i++) {
		mp_destroy_pool(children[i % 20]);
		children[i % 20] = make_child(test, pool);
	}
	mp_pool_stats(pool, &after);
	KUNIT_EXPECT_EQ(test, memcmp(&before, &after, sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, used(test), 21UL);
}

/* Of two neighbours, one is destroyed on its own and one by the parent. */
static void pool_child_test_parent_goes_first(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 0, 0), *child;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	child = make_marked(test, pool, "a");
	make_marked(test, pool, "b");
	mp_destroy_pool(child);
	mp_destroy_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "ab");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

/* --- nested --- */

static void pool_child_test_grandchildren(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child = make_marked(test, pool, "a");
	struct mp_mark mark;

	make_marked(test, child, "b");
	add_letter(test, child, "c");
	mp_mark_pool(child, &mark);
	make_marked(test, make_marked(test, child, "d"), "e");
	mp_rewind_pool(child, &mark);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "ed");
	KUNIT_EXPECT_EQ(test, used(test), 3UL);
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "edcba");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

static void pool_child_test_most_levels(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *last = pool, *none = pool;
	int before = nr_bad();
	unsigned int i;

	for (i = 1; i < MP_LEVELS; i++)
		last = make_marked(test, last, "x");
	KUNIT_EXPECT_EQ(test, nr_bad(), before);
	EXPECT_WARNING("this pool is nested too deep for a child",
		       none = mp_create_child(last, "", 0, 8, 0));
	KUNIT_EXPECT_NULL(test, none);
	KUNIT_EXPECT_EQ(test, nr_bad(), before + 1);
	KUNIT_EXPECT_EQ(test, used(test), (unsigned long)MP_LEVELS);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	KUNIT_EXPECT_EQ(test, strlen(fixture(test)->diary), MP_LEVELS - 1UL);
}

/* --- handlers --- */

/* Data of a handler that makes one call. */
struct act {
	void (*call)(struct mp_pool *pool, const struct mp_mark *mark);
	struct mp_pool *pool;
	struct mp_mark *mark;
	int refused;	/* calls that were counted in bad_calls */
};

static void act(void *data)
{
	struct act *act = data;
	int before = nr_bad();

	act->call(act->pool, act->mark);
	act->refused += nr_bad() - before;
}

static void do_destroy(struct mp_pool *pool, const struct mp_mark *mark)
{
	mp_destroy_pool(pool);
}

static void do_reset(struct mp_pool *pool, const struct mp_mark *mark)
{
	mp_reset_pool(pool);
}

static void do_rewind(struct mp_pool *pool, const struct mp_mark *mark)
{
	mp_rewind_pool(pool, mark);
}

static void do_create(struct mp_pool *pool, const struct mp_mark *mark)
{
	mp_create_child(pool, "late", 0, 8, 0);
}

/*
 * While a child, or a grandchild, is reset or destroyed, its handler cannot take the parent
 * back past it.
 */
static void pool_child_test_handler_and_parent(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child;
	unsigned long levels, left;
	struct mp_mark before, after;
	struct act acts[] = {
		{ do_destroy, pool }, { do_reset, pool }, { do_rewind, pool, &before },
	};
	struct act newer = { do_rewind, pool, &after };
	unsigned int i, j;

	for (i = 0; i < 4; i++) {
		void *object = mp_alloc(pool, 100, 0);
		int refused = 0;

		memset(object, 1, 100);
		mp_mark_pool(pool, &before);
		child = make_child(test, pool);
		levels = 1 + i % 2;
		if (levels == 2)
			child = make_child(test, child);
		mp_mark_pool(pool, &after);
		make_marked(test, pool, "n");
		for (j = 0; j < ARRAY_SIZE(acts); j++)
			KUNIT_EXPECT_EQ(test, mp_add_cleanup(child, act, &acts[j], 0), 0);
		KUNIT_EXPECT_EQ(test, mp_add_cleanup(child, act, &newer, 0), 0);
		fixture(test)->diary[0] = '\0';
		left = levels + i / 2;
		if (i / 2)
			mp_reset_pool(child);
		else
			mp_destroy_pool(child);
		for (j = 0; j < ARRAY_SIZE(acts); j++)
			refused += acts[j].refused;
		KUNIT_EXPECT_EQ(test, refused, 3 * (int)(i + 1));
		/* To go back less far is allowed. */
		KUNIT_EXPECT_EQ(test, newer.refused, 0);
		KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "n");
		KUNIT_EXPECT_NULL(test, memchr_inv(object, 1, 100));
		KUNIT_EXPECT_EQ(test, used(test), left);
		mp_reset_pool(pool);
		KUNIT_EXPECT_EQ(test, used(test), 1UL);
	}
}

/*
 * While the parent goes back, a handler of a child may take it back further, but not destroy
 * the child or the parent.
 */
static void pool_child_test_parent_goes_back(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child;
	struct mp_mark mark;
	struct act acts[] = { { do_destroy, pool }, { do_destroy }, { do_reset, pool } };
	unsigned int i;

	add_letter(test, pool, "a");
	make_marked(test, pool, "b");
	mp_mark_pool(pool, &mark);
	child = make_marked(test, pool, "c");
	acts[1].pool = child;
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		KUNIT_EXPECT_EQ(test, mp_add_cleanup(child, act, &acts[i], 0), 0);
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cba");
	KUNIT_EXPECT_EQ(test, acts[0].refused, 1);
	KUNIT_EXPECT_EQ(test, acts[1].refused, 1);
	KUNIT_EXPECT_EQ(test, acts[2].refused, 0);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

/*
 * A handler of a child takes the parent back to a savepoint behind the child; a handler of
 * the parent, which this calls, cannot take it back past the child either.
 */
static void pool_child_test_handler_of_a_handler(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child = make_marked(test, pool, "a");
	struct mp_mark mark;
	struct act inner = { do_reset, pool }, outer = { do_rewind, pool, &mark };

	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, act, &inner, 0), 0);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(child, act, &outer, 0), 0);
	mp_reset_pool(child);
	KUNIT_EXPECT_EQ(test, inner.refused, 1);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a");
	KUNIT_EXPECT_EQ(test, used(test), 2UL);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(child, 8, 0));
}

/* Handlers may destroy other children, and create some, which are then destroyed. */
static void pool_child_test_handler_and_siblings(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child, *one, *two;
	struct act acts[] = {
		{ do_destroy }, { do_destroy }, { do_create, pool }, { do_create },
		{ do_create, pool },
	};
	unsigned int i;

	one = make_marked(test, pool, "a");
	two = make_marked(test, pool, "b");
	child = make_marked(test, pool, "c");
	acts[0].pool = one;
	acts[1].pool = two;
	acts[3].pool = child;
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, act, &acts[0], 0), 0);
	for (i = 1; i < 4; i++)
		KUNIT_EXPECT_EQ(test, mp_add_cleanup(child, act, &acts[i], 0), 0);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, act, &acts[4], 0), 0);
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "abc");
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		KUNIT_EXPECT_EQ(test, acts[i].refused, 0);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

/* --- failure --- */

static void pool_child_test_no_memory(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, before;
	unsigned long pages = FIXTURE_PAGES / 2;

	/* Take all pages but the pool's. */
	while (pages) {
		if (!mp_alloc(pool, pages << PAGE_SHIFT, __GFP_NOWARN))
			pages /= 2;
	}
	before = *pool;
	KUNIT_EXPECT_NULL(test, mp_create_child(pool, "none", 0, 8, __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, mp_create_child(pool, "none", SCALED(9000), 8, __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);
	mp_reset_pool(pool);
	mp_destroy_pool(make_child(test, pool));
}

#ifdef CONFIG_FAULT_INJECTION
static void pool_child_test_fails(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, before = *pool, *child;

	buddy_fail_page.verbose = 0;
	atomic_set(&buddy_fail_page.times, 1);
	buddy_fail_page.probability = 100;
	child = mp_create_child(pool, "none", 0, 8, __GFP_NOWARN);
	buddy_fail_page.probability = 0;
	KUNIT_EXPECT_NULL(test, child);
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	mp_destroy_pool(make_child(test, pool));
}
#else
static void pool_child_test_fails(struct kunit *test)
{
	kunit_skip(test, "this kernel has no fault injection");
}
#endif

/* To create or destroy a child is a use of the parent. */
static void pool_child_test_second_user(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool, *child = make_child(test, pool);

	if (!IS_ENABLED(CONFIG_PROVE_LOCKING))
		kunit_skip(test, "needs CONFIG_PROVE_LOCKING");
	mp_enter(pool);
	EXPECT_WARNING("has two users at once", mp_destroy_pool(child));
	mp_leave(pool);
	KUNIT_EXPECT_EQ(test, atomic_read(&pool->users), 0);
}

static struct kunit_case pool_child_cases[] = {
	KUNIT_CASE(pool_child_test_most_levels),
	KUNIT_CASE(pool_child_test_goes_at_reset),
	KUNIT_CASE(pool_child_test_goes_at_destroy),
	KUNIT_CASE(pool_child_test_goes_at_rewind),
	KUNIT_CASE(pool_child_test_is_a_pool),
	KUNIT_CASE(pool_child_test_has_its_own_limit),
	KUNIT_CASE(pool_child_test_destroyed_in_any_order),
	KUNIT_CASE(pool_child_test_parent_stays_small),
	KUNIT_CASE(pool_child_test_parent_goes_first),
	KUNIT_CASE(pool_child_test_grandchildren),
	KUNIT_CASE(pool_child_test_handler_and_parent),
	KUNIT_CASE(pool_child_test_parent_goes_back),
	KUNIT_CASE(pool_child_test_handler_of_a_handler),
	KUNIT_CASE(pool_child_test_handler_and_siblings),
	KUNIT_CASE(pool_child_test_no_memory),
	KUNIT_CASE(pool_child_test_fails),
	KUNIT_CASE(pool_child_test_second_user),
	{}
};

static struct kunit_suite pool_child_suite = {
	.name = "pool_child",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_child_cases,
};

kunit_test_suite(pool_child_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_child");
MODULE_LICENSE("GPL");
