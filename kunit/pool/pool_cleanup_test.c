// SPDX-License-Identifier: GPL-2.0
/* Suite pool_cleanup: when handlers are called, cancelled or run, and what they may do. */
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

static void pool_cleanup_test_newest_first(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	add_letter(test, pool, "a");
	add_letter(test, pool, "b");
	grow_pool(test, pool, 4);
	add_letter(test, pool, "c");
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "");
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cba");
	/* No handler is called a second time. */
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cba");
}

static void count_call(void *data)
{
	(*(unsigned int *)data)++;
}

/* The newest handler that matches goes, uncalled; the others stay. */
static void pool_cleanup_test_is_cancelled(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int once = 0, twice = 0;
	struct mp_mark mark;

	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &twice, 0), 0);
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &twice, 0), 0);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &once, 0), 0);
	KUNIT_EXPECT_FALSE(test, mp_cancel_cleanup(pool, count_call, pool));
	KUNIT_EXPECT_FALSE(test, mp_cancel_cleanup(pool, NULL, &twice));
	KUNIT_EXPECT_TRUE(test, mp_cancel_cleanup(pool, count_call, &twice));
	/* The older of the two is from before the savepoint: it is still there. */
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, twice, 0U);
	KUNIT_EXPECT_EQ(test, once, 1U);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, twice, 1U);
	KUNIT_EXPECT_FALSE(test, mp_cancel_cleanup(pool, count_call, &twice));
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, twice, 1U);
}

struct other_handler {
	struct mp_pool *pool;
	unsigned int *data;
	bool ran;
};

static void run_other(void *data)
{
	struct other_handler *other = data;

	other->ran = mp_run_cleanup(other->pool, count_call, other->data);
}

/* A handler that is run is gone; a handler may run another one. */
static void pool_cleanup_test_is_run(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int calls = 0;
	struct other_handler other = { .pool = pool, .data = &calls };

	KUNIT_EXPECT_FALSE(test, mp_run_cleanup(pool, count_call, &calls));
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &calls, 0), 0);
	KUNIT_EXPECT_TRUE(test, mp_run_cleanup(pool, count_call, &calls));
	KUNIT_EXPECT_EQ(test, calls, 1U);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, calls, 1U);

	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &calls, 0), 0);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, run_other, &other, 0), 0);
	mp_reset_pool(pool);
	KUNIT_EXPECT_TRUE(test, other.ran);
	KUNIT_EXPECT_EQ(test, calls, 2U);
}

#ifdef CONFIG_FAULT_INJECTION
/* mp_add_cleanup() can be made to fail; then the handler is not called. */
static void pool_cleanup_test_fails(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int calls = 0;

	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &calls, 0), 0);
	mp_fail_pool.verbose = 0;
	atomic_set(&mp_fail_pool.times, 1);
	mp_fail_pool.probability = 100;
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &calls, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, count_call, &calls, 0), 0);
	mp_fail_pool.probability = 0;
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, calls, 2);
}
#else
static void pool_cleanup_test_fails(struct kunit *test)
{
	kunit_skip(test, "this kernel has no fault injection");
}
#endif

static void pool_cleanup_test_destroy_runs_all(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 0, 0);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	add_letter(test, pool, "a");
	mp_reset_pool(pool);
	add_letter(test, pool, "b");
	add_letter(test, pool, "c");
	mp_destroy_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "acb");
}

/* Data of visit_pool(): the pool, and two objects that must be unchanged. */
struct visit {
	struct kunit *test;
	struct mp_pool *pool;
	u8 *small;
	u8 *large;
	unsigned int visits;
};

static void visit_again(void *data)
{
	struct visit *visit = data;

	visit->visits += 10;
}

static void visit_pool(void *data)
{
	struct visit *visit = data;
	struct kunit *test = visit->test;
	struct mp_pool *pool = visit->pool;

	visit->visits++;
	KUNIT_EXPECT_NULL(test, memchr_inv(visit->small, 1, 300));
	KUNIT_EXPECT_NULL(test, memchr_inv(visit->large, 2, SCALED(6000)));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, visit->large));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(9000), 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 700, 0));
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, visit_again, visit, 0), 0);
}

static void expect_handler_may_use(struct kunit *test, struct mp_pool *pool)
{
	struct visit visit = { .test = test, .pool = pool };
	unsigned long others = used(test) - pool->nr_blocks;

	visit.small = mp_alloc(pool, 300, 0);
	visit.large = mp_alloc(pool, SCALED(6000), 0);
	KUNIT_ASSERT_TRUE(test, visit.small && visit.large);
	memset(visit.small, 1, 300);
	memset(visit.large, 2, SCALED(6000));
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, visit_pool, &visit, 0), 0);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, visit.visits, 11);
	KUNIT_EXPECT_EQ(test, used(test), others + pool->nr_blocks);
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
	KUNIT_EXPECT_EQ(test, pool->freed, 0UL);
}

static void pool_cleanup_test_may_use_pool(struct kunit *test)
{
	struct mp_pool *small = mp_create_pool(fixture(test)->region, 512, 0);

	KUNIT_ASSERT_NOT_NULL(test, small);
	expect_handler_may_use(test, fixture(test)->pool);
	/* This pool has medium objects, too. */
	KUNIT_EXPECT_TRUE(test, mp_free(small, mp_alloc(small, 600, 0)));
	expect_handler_may_use(test, small);
	mp_destroy_pool(small);
}

static void nothing(void *unused)
{
}

/* Handlers that come and go take no more memory; a rewind forgets the newer structs only. */
static void pool_cleanup_test_are_reused(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark mark;
	unsigned int i;
	size_t given;

	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, nothing, NULL, 0), 0);
	KUNIT_EXPECT_TRUE(test, mp_cancel_cleanup(pool, nothing, NULL));
	given = pool->given;
	KUNIT_EXPECT_EQ(test, given, sizeof(struct mp_cleanup));
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, nothing, NULL, 0), 0);
		KUNIT_EXPECT_TRUE(test, i % 2 ? mp_cancel_cleanup(pool, nothing, NULL) :
				  mp_run_cleanup(pool, nothing, NULL));
		KUNIT_EXPECT_EQ(test, pool->given, given);
	}
	for (i = 0; i < 100; i++) {
		mp_mark_pool(pool, &mark);
		/* The first one uses the old struct, the second a new one. */
		KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, nothing, NULL, 0), 0);
		KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, nothing, NULL, 0), 0);
		KUNIT_EXPECT_EQ(test, pool->given, 2 * given);
		if (i % 2)
			KUNIT_EXPECT_TRUE(test, mp_cancel_cleanup(pool, nothing, NULL));
		mp_rewind_pool(pool, &mark);
		KUNIT_EXPECT_EQ(test, pool->given, given);
		KUNIT_EXPECT_FALSE(test, mp_cancel_cleanup(pool, nothing, NULL));
	}
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, nothing, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, pool->given, given);
}

static struct kunit_case pool_cleanup_cases[] = {
	KUNIT_CASE(pool_cleanup_test_are_reused),
	KUNIT_CASE(pool_cleanup_test_newest_first),
	KUNIT_CASE(pool_cleanup_test_fails),
	KUNIT_CASE(pool_cleanup_test_is_cancelled),
	KUNIT_CASE(pool_cleanup_test_is_run),
	KUNIT_CASE(pool_cleanup_test_destroy_runs_all),
	KUNIT_CASE(pool_cleanup_test_may_use_pool),
	{}
};

static struct kunit_suite pool_cleanup_suite = {
	.name = "pool_cleanup",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_cleanup_cases,
};

kunit_test_suite(pool_cleanup_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_cleanup");
MODULE_LICENSE("GPL");
