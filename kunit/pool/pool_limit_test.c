// SPDX-License-Identifier: GPL-2.0
/* Suite pool_limit: mp_set_limit(), and allocations at the limit. */
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

/* Allocate until a request of pool->max bytes finds no block; return the number of blocks. */
static unsigned long fill_up(struct mp_pool *pool)
{
	while (mp_alloc(pool, pool->max, 0))
		;
	return pool->nr_blocks;
}

/* A request that fails must change nothing in the pool, and not ask the region. */
static void expect_refused(struct kunit *test, struct mp_pool *pool, size_t size)
{
	u64 asked = nr_asked(fixture(test)->region);
	struct mp_pool before;

	/* The first failed request brings these two up to date. */
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, size, 0));
	before = *pool;
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, size, 0));
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, nr_asked(fixture(test)->region), asked);
}

static void pool_limit_test_blocks(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 3 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, fill_up(pool), 3UL);
	KUNIT_EXPECT_EQ(test, used(test), 3UL);
	expect_refused(test, pool, pool->max);
	/* What fits into the blocks is still allocated. */
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	/* A larger limit, and none. */
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 4 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, fill_up(pool), 4UL);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 0), 0);
	grow_pool(test, pool, 8);
}

static void pool_limit_test_larges(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *large;

	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 5 * PAGE_SIZE), 0);
	large = mp_alloc(pool, 4 * PAGE_SIZE, 0);
	KUNIT_EXPECT_NOT_NULL(test, large);
	KUNIT_EXPECT_EQ(test, used(test), 5UL);
	expect_refused(test, pool, PAGE_SIZE);
	/* The number of pages does not wrap. */
	expect_refused(test, pool, SIZE_MAX - 1);
	expect_refused(test, pool, SIZE_MAX / 2);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
	expect_refused(test, pool, 5 * PAGE_SIZE);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 3 * PAGE_SIZE, 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, PAGE_SIZE, 0));
}

/* The pages of a large object are below the limit, but not the block for its entry. */
static void pool_limit_test_entry(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 2 * PAGE_SIZE), 0);
	while (pool->end - pool->last >= pool_step(1) + POOL_GRANULE)
		KUNIT_ASSERT_NOT_NULL(test, mp_nalloc(pool, 1, 0));
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, PAGE_SIZE, 0));
	KUNIT_EXPECT_EQ(test, pool->pages, 1UL);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 3 * PAGE_SIZE), 0);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, PAGE_SIZE, 0));
	KUNIT_EXPECT_EQ(test, used(test), 3UL);
}

static void pool_limit_test_rounds_down(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 3 * PAGE_SIZE - 1), 0);
	KUNIT_EXPECT_EQ(test, fill_up(pool), 2UL);
	mp_reset_pool(pool);
	/* Less than a page is not "no limit". */
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, PAGE_SIZE - 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, fill_up(pool), 1UL);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, SIZE_MAX), 0);
	grow_pool(test, pool, 5);
}

/* A limit below what the pool holds is refused, and the earlier limit stays. */
static void pool_limit_test_busy(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 6 * PAGE_SIZE), 0);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 2 * PAGE_SIZE, 0));
	grow_pool(test, pool, 3);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 4 * PAGE_SIZE), -EBUSY);
	KUNIT_EXPECT_EQ(test, used(test), 5UL);
	KUNIT_EXPECT_EQ(test, fill_up(pool), 4UL);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 6 * PAGE_SIZE), 0);
}

/* Spare blocks count.  They are given back if, and only if, the new limit needs it. */
static void pool_limit_test_spare_blocks(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	grow_pool(test, pool, 6);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 6 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, used(test), 6UL);
	expect_refused(test, pool, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), 5UL);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 5 * PAGE_SIZE, 0));
	mp_reset_pool(pool);

	grow_pool(test, pool, 6);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 2 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	KUNIT_EXPECT_EQ(test, fill_up(pool), 2UL);
}

/* The limit outlives a reset and a rewind, and what they free is available again. */
static void pool_limit_test_reset_and_rewind(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark mark;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 4 * PAGE_SIZE), 0);
	mp_mark_pool(pool, &mark);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 3 * PAGE_SIZE, 0));
		expect_refused(test, pool, PAGE_SIZE);
		if (i % 2) {
			mp_rewind_pool(pool, &mark);
		} else {
			mp_reset_pool(pool);
			mp_mark_pool(pool, &mark);
		}
	}
	KUNIT_EXPECT_EQ(test, fill_up(pool), 4UL);
}

/* Pages that the region does not have, or that fail_page refuses, are not counted. */
static void pool_limit_test_region_fails(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 2 * FIXTURE_PAGES * PAGE_SIZE), 0);
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, FIXTURE_PAGES * PAGE_SIZE, __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, pool->pages, 1UL);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 4 * PAGE_SIZE), 0);
#ifdef CONFIG_FAULT_INJECTION
	buddy_fail_page.verbose = 0;
	atomic_set(&buddy_fail_page.times, 1);
	buddy_fail_page.probability = 100;
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 3 * PAGE_SIZE, __GFP_NOWARN));
	buddy_fail_page.probability = 0;
#endif
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 3 * PAGE_SIZE, 0));
}

static struct kunit_case pool_limit_cases[] = {
	KUNIT_CASE(pool_limit_test_blocks),
	KUNIT_CASE(pool_limit_test_larges),
	KUNIT_CASE(pool_limit_test_entry),
	KUNIT_CASE(pool_limit_test_rounds_down),
	KUNIT_CASE(pool_limit_test_busy),
	KUNIT_CASE(pool_limit_test_spare_blocks),
	KUNIT_CASE(pool_limit_test_reset_and_rewind),
	KUNIT_CASE(pool_limit_test_region_fails),
	{}
};

static struct kunit_suite pool_limit_suite = {
	.name = "pool_limit",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_limit_cases,
};

kunit_test_suite(pool_limit_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_limit");
MODULE_LICENSE("GPL");
