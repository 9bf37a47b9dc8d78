// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pool_stats: mp_pool_stats().  The suite pool_file compares the same numbers in the
 * debugfs file "pools".
 */
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

static void pool_stats_test_of_new_pool(struct kunit *test)
{
	static const struct mp_stats fresh = {
		.blocks = 1, .block_bytes = PAGE_SIZE, .pages = 1,
	};
	struct mp_stats stats;

	memset(&stats, 0xff, sizeof(stats));
	mp_pool_stats(fixture(test)->pool, &stats);
	KUNIT_EXPECT_EQ(test, memcmp(&stats, &fresh, sizeof(stats)), 0);
}

static void pool_stats_test_follow_the_pool(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 2 * PAGE_SIZE, 0);
	struct mp_stats stats;
	void *large;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	/* The inline functions move a pointer only; what they gave counts at once. */
	KUNIT_EXPECT_NOT_NULL(test, mp_nalloc(pool, 10, 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 100, 0));
	mp_pool_stats(pool, &stats);
	KUNIT_EXPECT_EQ(test, stats.given, 110UL);
	KUNIT_EXPECT_EQ(test, stats.aligned, pool->last - block_start(&pool->first) - 110UL);

	large = mp_alloc(pool, 3 * PAGE_SIZE - 5, 0);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 20 * PAGE_SIZE), 0);
	grow_pool(test, pool, 3);
	mp_pool_stats(pool, &stats);
	KUNIT_EXPECT_EQ(test, stats.blocks, 3UL);
	KUNIT_EXPECT_EQ(test, stats.block_bytes, 6 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, stats.larges, 1UL);
	KUNIT_EXPECT_EQ(test, stats.large_bytes, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, stats.pages, 9UL);
	KUNIT_EXPECT_EQ(test, stats.limit, 20 * PAGE_SIZE);
	KUNIT_EXPECT_NE(test, stats.skipped, 0UL);
	KUNIT_EXPECT_EQ(test, stats.resets, 0UL);

	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
	mp_pool_stats(pool, &stats);
	KUNIT_EXPECT_EQ(test, stats.larges, 0UL);
	KUNIT_EXPECT_EQ(test, stats.pages, 6UL);
	mp_reset_pool(pool);
	mp_pool_stats(pool, &stats);
	KUNIT_EXPECT_EQ(test, stats.given + stats.aligned + stats.skipped, 0UL);
	KUNIT_EXPECT_EQ(test, stats.resets, 1UL);
	KUNIT_EXPECT_EQ(test, stats.blocks, 3UL);
	mp_destroy_pool(pool);
}

static struct kunit_case pool_stats_cases[] = {
	KUNIT_CASE(pool_stats_test_of_new_pool),
	KUNIT_CASE(pool_stats_test_follow_the_pool),
	{}
};

static struct kunit_suite pool_stats_suite = {
	.name = "pool_stats",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_stats_cases,
};

kunit_test_suite(pool_stats_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_stats");
MODULE_LICENSE("GPL");
