// SPDX-License-Identifier: GPL-2.0
/* Suite pool_realloc: objects get another size, in place or elsewhere. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

static bool is_filled(const u8 *object, u8 byte, size_t size)
{
	return object && !memchr_inv(object, byte, size);
}

/* The last object of the block grows and shrinks in place; others move. */
static void pool_realloc_test_small(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 *first = mp_alloc(pool, 100, 0), *last = mp_alloc(pool, 100, 0), *moved;
	size_t given = pool->given;

	memset(first, 1, 100);
	memset(last, 2, 100);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, last, 100, 200, __GFP_ZERO), last);
	KUNIT_EXPECT_TRUE(test, is_filled(last, 2, 100) && is_filled(last + 100, 0, 100));
	KUNIT_EXPECT_EQ(test, pool->given, given + 100);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, last, 200, 50, 0), last);
	KUNIT_EXPECT_EQ(test, pool->given, given - 50);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_nalloc(pool, 10, 0), last + pool_step(50));

	/* Two objects lie behind the first one. */
	moved = mp_realloc(pool, first, 100, 120, 0);
	KUNIT_EXPECT_PTR_NE(test, moved, first);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((uintptr_t)moved, MP_ALIGNMENT));
	KUNIT_EXPECT_TRUE(test, is_filled(moved, 1, 100) && is_filled(last, 2, 50));
	/* More than the block has left. */
	memset(moved, 3, 120);
	grow_pool(test, pool, 2);
	first = mp_nalloc(pool, 700, 0);
	memset(first, 4, 700);
	moved = mp_realloc(pool, first, 700, pool->max, __GFP_ZERO);
	KUNIT_EXPECT_TRUE(test, is_filled(moved, 4, 700) &&
			  is_filled(moved + 700, 0, pool->max - 700));
	KUNIT_EXPECT_TRUE(test, in_pool(pool, moved, pool->max));
}

/* A rewind goes back to the end that an older object has; so that object keeps its end. */
static void pool_realloc_test_savepoint(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 *older = mp_alloc(pool, 100, 0), *moved;
	struct mp_mark mark;

	memset(older, 1, 100);
	mp_mark_pool(pool, &mark);
	/* This one does not move the block's pointer. */
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(8000), 0));
	moved = mp_realloc(pool, older, 100, 150, 0);
	KUNIT_EXPECT_PTR_NE(test, moved, older);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, moved, 150, 170, 0), moved);
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_TRUE(test, is_filled(older, 1, 100));
	KUNIT_EXPECT_PTR_NE(test, (u8 *)mp_realloc(pool, older, 100, 90, 0), older);
	mp_rewind_pool(pool, &mark);
	/* After a reset there is no savepoint. */
	mp_reset_pool(pool);
	older = mp_alloc(pool, 100, 0);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, older, 100, 90, 0), older);
}

/* A large object stays as long as it needs as many pages; the old pages are freed. */
static void pool_realloc_test_large(struct kunit *test)
{
	const size_t page = PAGE_SIZE, some = 2 * page - 192, more = 3 * page - 288;
	struct mp_pool *pool = fixture(test)->pool;
	u8 *object = mp_alloc(pool, some, 0), *moved;

	memset(object, 1, some);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, object, some, 2 * page, __GFP_ZERO),
			    object);
	KUNIT_EXPECT_TRUE(test, is_filled(object, 1, some) && is_filled(object + some, 0, 192));
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, object, 2 * page, page + 1, 0), object);
	moved = mp_realloc(pool, object, page + 1, more, 0);
	KUNIT_EXPECT_TRUE(test, is_filled(moved, 1, page + 1));
	KUNIT_EXPECT_EQ(test, pool->large_pages, 3UL);
	memset(moved, 2, more);
	object = mp_realloc(pool, moved, more, page, 0);
	KUNIT_EXPECT_TRUE(test, is_filled(object, 2, page));
	KUNIT_EXPECT_EQ(test, pool->large_pages, 1UL);
	/* A large object becomes a small one; but half a page is worth a page. */
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, object, page, page / 2 + 1, 0), object);
	object = mp_realloc(pool, object, page / 2 + 1, 100, 0);
	KUNIT_EXPECT_TRUE(test, is_filled(object, 2, 100));
	KUNIT_EXPECT_EQ(test, pool->large_pages, 0UL);
}

/* An object in an arena uses the hole behind it, and leaves one when it shrinks. */
static void pool_realloc_test_arena(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 *behind, *object, *moved;
	size_t given;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	make_old(pool);
	behind = mp_alloc(pool, 1000, 0);
	object = mp_alloc(pool, 1000, 0);
	memset(object, 1, 1000);
	/* Behind the object lies another one; then a hole of half the size. */
	moved = mp_realloc(pool, object, 1000, 1200, 0);
	KUNIT_EXPECT_PTR_NE(test, moved, object);
	KUNIT_EXPECT_TRUE(test, is_filled(moved, 1, 1000));
	KUNIT_EXPECT_EQ(test, pool->arena_given, pool_chunk(1000) + pool_chunk(1200));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, object));
	object = mp_realloc(pool, moved, 1200, 2200, 0);
	KUNIT_EXPECT_PTR_EQ(test, object, moved);
	check_arenas(test, pool);
	KUNIT_EXPECT_EQ(test, pool->arena_given, pool_chunk(1000) + pool_chunk(2200));
	memset(object, 2, 2200);
	/* It stays if no hole is in front of it. */
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, pool->pages << PAGE_SHIFT), 0);
	while (mp_alloc(pool, 520, 0))
		;
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 0), 0);
	given = pool->arena_given;
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, object, 2200, 520, 0), object);
	check_arenas(test, pool);
	KUNIT_EXPECT_EQ(test, pool->arena_given, given - pool_chunk(2200) + pool_chunk(520));
	KUNIT_EXPECT_TRUE(test, is_filled(object, 2, 520));
	/* All of the hole, and nothing more. */
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, object, 520, 2200, __GFP_ZERO), object);
	KUNIT_EXPECT_TRUE(test, is_filled(object, 2, 520) && is_filled(object + 520, 0, 1680));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, behind));
	check_arenas(test, pool);
	mp_destroy_pool(pool);
}

/* Objects in arenas that shrink give their pages back, too. */
static void pool_realloc_test_gives_back(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 *objects[20], *small;
	size_t given;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	make_old(pool);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 8 * PAGE_SIZE, 0));
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = mp_alloc(pool, 3 * PAGE_SIZE + 100, 0);
		memset(objects[i], i, 600);
		objects[i] = mp_realloc(pool, objects[i], 3 * PAGE_SIZE + 100, 600, 0);
		check_arenas(test, pool);
	}
	/* They move together. */
	KUNIT_EXPECT_LE(test, pool->arena_pages - pool->spare_pages,
			DIV_ROUND_UP(2 * ARRAY_SIZE(objects) * pool_chunk(600), PAGE_SIZE));
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		KUNIT_EXPECT_TRUE(test, is_filled(objects[i], i, 600));
	/* A small object leaves the arena, too; unless there is no memory for it. */
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, pool->pages << PAGE_SHIFT), 0);
	small = mp_realloc(pool, objects[0], 600, 60, 0);
	KUNIT_EXPECT_PTR_NE(test, small, objects[0]);
	KUNIT_EXPECT_TRUE(test, in_pool(pool, small, 60) && is_filled(small, 0, 60));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, small));
	while (mp_alloc(pool, 60, 0))
		;
	given = pool->arena_given;
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, objects[1], 600, 60, 0), objects[1]);
	KUNIT_EXPECT_EQ(test, pool->arena_given, given - pool_chunk(600) + pool_chunk(60));
	KUNIT_EXPECT_TRUE(test, is_filled(objects[1], 1, 60));
	check_arenas(test, pool);
	for (i = 1; i < ARRAY_SIZE(objects); i++)
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
	mp_destroy_pool(pool);
}

/*
 * Objects shrink to a few bytes, and the next ones are too long for what they leave.  What the
 * pool holds stays in proportion to what is alive.
 */
static void pool_realloc_test_bound(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	size_t size, alive = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (size = 544; size < 3600; size += MP_ALIGNMENT) {
		for (i = 0; i < SZ_32K / size; i++) {
			void *object = mp_alloc(pool, size, 0);

			KUNIT_ASSERT_NOT_NULL(test, object);
			KUNIT_ASSERT_NOT_NULL(test, mp_realloc(pool, object, size, 20, 0));
			alive += pool_step(MP_ALIGNMENT);
		}
		expect_bound(test, pool, alive);
	}
	check_arenas(test, pool);
	mp_destroy_pool(pool);
}

/* A medium object in a block has the room that it was allocated with. */
static void pool_realloc_test_medium(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 *object, *moved;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	object = mp_alloc(pool, 1000, 0);
	memset(object, 1, 1000);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, object, 1000, 100, 0), object);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, object, 100, 1000, 0), object);
	moved = mp_realloc(pool, object, 1000, 1001, 0);
	KUNIT_EXPECT_PTR_NE(test, moved, object);
	KUNIT_EXPECT_TRUE(test, is_filled(moved, 1, 100));
	KUNIT_EXPECT_EQ(test, pool->freed, 1000UL);
	mp_destroy_pool(pool);
}

static void pool_realloc_test_nothing(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 *object = mp_realloc(pool, NULL, 0, SCALED(5000), __GFP_ZERO);

	KUNIT_EXPECT_TRUE(test, is_filled(object, 0, SCALED(5000)));
	KUNIT_EXPECT_PTR_EQ(test, mp_realloc(pool, object, SCALED(5000), 0, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
	object = mp_realloc(pool, ZERO_SIZE_PTR, 0, 10, 0);
	KUNIT_EXPECT_TRUE(test, in_block(&pool->first, object, 10));
}

/* If there is no memory, the object is as before; an object that shrinks stays. */
static void pool_realloc_test_fails(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, 8);
	struct mp_pool *pool = mp_create_pool(region, 0, 0);
	u8 *small = mp_alloc(pool, 100, 0), *large = mp_alloc(pool, 4 * PAGE_SIZE, 0);
	unsigned int nr = 0;
	void *pages[8];

	KUNIT_ASSERT_TRUE(test, pool && small && large);
	memset(small, 1, 100);
	memset(large, 2, 4 * PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, mp_realloc(pool, large, 4 * PAGE_SIZE, 5 * PAGE_SIZE,
					   __GFP_NOWARN));
	while ((pages[nr] = buddy_alloc(region, 0, __GFP_NOWARN)))
		nr++;
	KUNIT_EXPECT_NULL(test, mp_realloc(pool, small, 100, PAGE_SIZE - 96, __GFP_NOWARN));
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_realloc(pool, large, 4 * PAGE_SIZE, PAGE_SIZE, 0),
			    large);
	KUNIT_EXPECT_TRUE(test, is_filled(small, 1, 100) && is_filled(large, 2, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, mp_realloc(pool, small, 100, SIZE_MAX, __GFP_NOWARN));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
	while (nr)
		buddy_free(region, pages[--nr], 0);
	mp_destroy_pool(pool);
}

static void pool_realloc_test_wrong(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 *large = mp_alloc(pool, SCALED(8000), 0), *medium = mp_alloc(pool, 600, 0), *arena;
	void *result;
	int wrong;

	KUNIT_ASSERT_TRUE(test, pool && large && medium);
	make_old(pool);
	arena = mp_alloc(pool, 600, 0);
	wrong = atomic_read(&buddy_bad_calls);
	EXPECT_WARNING("object is smaller than the old size, '' made by",
		       result = mp_realloc(pool, large, 2 * PAGE_SIZE + 1, SCALED(9000), 0));
	KUNIT_EXPECT_NULL(test, result);
	KUNIT_EXPECT_NULL(test, mp_realloc(pool, medium, 601, SCALED(9000), 0));
	KUNIT_EXPECT_NULL(test, mp_realloc(pool, arena, 2000, SCALED(9000), 0));
	KUNIT_EXPECT_NULL(test, mp_realloc(pool, ERR_PTR(-ENOMEM), 10, 20, 0));
	KUNIT_EXPECT_NULL(test, mp_realloc(NULL, large, SCALED(8000), SCALED(9000), 0));
	__preempt_count_add(NMI_OFFSET);
	result = mp_realloc(pool, large, SCALED(8000), SCALED(8000) + 1, 0);
	__preempt_count_sub(NMI_OFFSET);
	KUNIT_EXPECT_NULL(test, result);
	KUNIT_EXPECT_EQ(test, atomic_read(&buddy_bad_calls), wrong + 6);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, medium));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, arena));
	check_arenas(test, pool);
	mp_destroy_pool(pool);
}

/* Sizes and objects at random; each object keeps its bytes. */
static void pool_realloc_test_random(struct kunit *test)
{
	static const u32 most[] = { 400, 4000, SCALED(9000) };
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 300, 0);
	u32 *sizes = kunit_kcalloc(test, 60, sizeof(*sizes), GFP_KERNEL);
	u8 **objects = kunit_kcalloc(test, 60, sizeof(*objects), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, pool && sizes && objects);
	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < 20000; i++) {
		unsigned int at = prandom_u32_state(&rnd) % 60;
		u32 size = prandom_u32_state(&rnd) % most[prandom_u32_state(&rnd) % 3];
		u8 *object = mp_realloc(pool, objects[at], sizes[at], size, __GFP_NOWARN);

		if (!object) {
			mp_reset_pool(pool);
			memset(objects, 0, 60 * sizeof(*objects));
			memset(sizes, 0, 60 * sizeof(*sizes));
			continue;
		}
		if (size && sizes[at] && memchr_inv(object, at + 1, min(size, sizes[at])))
			KUNIT_FAIL(test, "%u to %u bytes", sizes[at], size);
		objects[at] = object;
		sizes[at] = size;
		if (size)
			memset(object, at + 1, size);
		if (i % 512 == 0)
			check_arenas(test, pool);
	}
	mp_destroy_pool(pool);
}

static struct kunit_case pool_realloc_cases[] = {
	KUNIT_CASE(pool_realloc_test_small),
	KUNIT_CASE(pool_realloc_test_savepoint),
	KUNIT_CASE(pool_realloc_test_large),
	KUNIT_CASE(pool_realloc_test_arena),
	KUNIT_CASE(pool_realloc_test_gives_back),
	KUNIT_CASE(pool_realloc_test_bound),
	KUNIT_CASE(pool_realloc_test_medium),
	KUNIT_CASE(pool_realloc_test_nothing),
	KUNIT_CASE(pool_realloc_test_fails),
	KUNIT_CASE(pool_realloc_test_wrong),
	KUNIT_CASE(pool_realloc_test_random),
	{}
};

static struct kunit_suite pool_realloc_suite = {
	.name = "pool_realloc",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_realloc_cases,
};

kunit_test_suite(pool_realloc_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_realloc");
MODULE_LICENSE("GPL");
