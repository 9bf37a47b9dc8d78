// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pool_undo: reset and savepoints; what they free, what they keep, and what is used
 * again.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

/* Fits two pages of any size so well that it is a large object, however many a pool has. */
#define LARGE	SCALED(7500)

/* --- reset --- */

static void pool_undo_test_reset_starts_at_the_first(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *first = mp_alloc(pool, 200, 0);

	grow_pool(test, pool, 3);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
	KUNIT_EXPECT_EQ(test, pool->resets, 1UL);
	KUNIT_EXPECT_PTR_EQ(test, mp_alloc(pool, 200, 0), first);
	KUNIT_EXPECT_EQ(test, pool->given, 200UL);
}

/* After a reset all blocks are used again, in their order. */
static void pool_undo_test_reset_forgets_passed_over(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_block *block;

	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 100, 0));
	grow_pool(test, pool, 12);
	KUNIT_EXPECT_GT(test, pool->skipped, 0UL);
	mp_reset_pool(pool);
	KUNIT_EXPECT_PTR_EQ(test, pool->active, &pool->first);
	KUNIT_EXPECT_PTR_EQ(test, pool->other, NULL);
	KUNIT_EXPECT_EQ(test, pool->skipped, 0UL);
	for (block = &pool->first; block; block = block->next)
		KUNIT_EXPECT_TRUE(test, in_block(block, mp_alloc(pool, pool->max, 0), pool->max));
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 12UL);
}

/* The region is asked for a block only when the last spare block is full. */
static void pool_undo_test_spare_blocks_are_reused(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u64 before;
	unsigned int i;

	grow_pool(test, pool, 10);
	before = nr_asked(fixture(test)->region);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, used(test), 10UL);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
	KUNIT_EXPECT_EQ(test, nr_asked(fixture(test)->region), before);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
	KUNIT_EXPECT_EQ(test, nr_asked(fixture(test)->region), before + 1);
	KUNIT_EXPECT_EQ(test, used(test), 11UL);
}

/* Spare blocks go back; blocks in use, objects and savepoints stay. */
static void pool_undo_test_trim(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	unsigned long trimmed;
	struct mp_mark mark;
	u8 *object;

	KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), 0UL);
	grow_pool(test, pool, 3);
	object = mp_alloc(pool, 16, 0);
	memset(object, 7, 16);
	mp_mark_pool(pool, &mark);
	grow_pool(test, pool, 10);
	KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), 0UL);
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, used(test), 10UL);
	trimmed = mp_trim_pool(pool);
	KUNIT_EXPECT_EQ(test, trimmed, 10UL - pool->nr_blocks);
	KUNIT_EXPECT_EQ(test, used(test), pool->nr_blocks);
	KUNIT_EXPECT_LE(test, pool->nr_blocks, 4UL);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 7, 16));

	/* The pool grows again, and the savepoint is still good. */
	grow_pool(test, pool, 6);
	mp_rewind_pool(pool, &mark);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), 5UL);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
}

static void pool_undo_test_reset_frees_larges(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *large = NULL;
	unsigned int i;

	for (i = 0; i < 20; i++)
		large = mp_alloc(pool, SCALED(8000), 0);
	KUNIT_EXPECT_EQ(test, used(test), 41UL);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
	KUNIT_EXPECT_EQ(test, pool->large_pages, 0UL);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, large));
}

/* A reset empties the blocks, so the slots that lie in them must not be used again. */
static void pool_undo_test_reset_drops_entries(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 *object;

	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, LARGE, 0)));
	mp_reset_pool(pool);
	object = mp_alloc(pool, 500, 0);
	memset(object, 7, 500);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, LARGE, 0));
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 7, 500));
}

/* --- savepoints --- */

static void reset_pool(void *data)
{
	mp_reset_pool(data);
}

/* A handler resets the pool while the pool is rewound; all handlers are called once. */
static void pool_undo_test_handler_may_reset(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark mark;

	add_letter(test, pool, "a");
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, reset_pool, pool, 0), 0);
	add_letter(test, pool, "b");
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "ba");
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "ba");
}

/* Data of a handler that rewinds the pool to an earlier savepoint. */
struct retreat {
	struct mp_pool *pool;
	struct mp_mark mark;
};

static void go_back(void *data)
{
	struct retreat *retreat = data;

	mp_rewind_pool(retreat->pool, &retreat->mark);
}

/* Handlers older than the earlier savepoint are not called by the rewind. */
static void pool_undo_test_handler_may_rewind(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct retreat retreat = { .pool = pool };
	struct mp_mark mark;

	add_letter(test, pool, "a");
	mp_mark_pool(pool, &retreat.mark);
	add_letter(test, pool, "b");
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, go_back, &retreat, 0), 0);
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "b");
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "ba");
}

static void pool_undo_test_rewind_restores(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark mark;
	void *object;
	size_t given;
	u64 before;

	grow_pool(test, pool, 3);
	mp_mark_pool(pool, &mark);
	given = pool->given;
	object = mp_nalloc(pool, 1, 0);
	grow_pool(test, pool, 12);
	before = nr_asked(fixture(test)->region);

	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, pool->given, given);
	KUNIT_EXPECT_EQ(test, pool->resets, 0UL);
	KUNIT_EXPECT_EQ(test, used(test), 12UL);
	KUNIT_EXPECT_PTR_EQ(test, mp_nalloc(pool, 1, 0), object);
	/* The nine blocks that were added since the savepoint are spare. */
	while (pool->tail->next)
		KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
	KUNIT_EXPECT_EQ(test, nr_asked(fixture(test)->region), before);
	KUNIT_EXPECT_EQ(test, pool->given, given + 1 + 9 * pool->max);
}

/* Objects from before the savepoint are unchanged by what happens after it. */
static void pool_undo_test_rewind_keeps_older(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 *small = mp_alloc(pool, 1000, 0), *freed = mp_alloc(pool, LARGE, 0);
	/* The newest object before the savepoint. */
	u8 *large = mp_alloc(pool, LARGE, 0);
	struct mp_mark mark;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, small && large && freed);
	memset(small, 1, 1000);
	memset(large, 2, LARGE);
	mp_mark_pool(pool, &mark);
	for (i = 0; i < 5; i++)
		memset(mp_alloc(pool, SCALED(3000), 0), 3, SCALED(3000));
	memset(mp_alloc(pool, SCALED(20000), 0), 4, SCALED(20000));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, freed));
	mp_rewind_pool(pool, &mark);
	memset(mp_alloc(pool, SCALED(3000), 0), 5, SCALED(3000));
	KUNIT_EXPECT_NULL(test, memchr_inv(small, 1, 1000));
	KUNIT_EXPECT_NULL(test, memchr_inv(large, 2, LARGE));
	KUNIT_EXPECT_EQ(test, pool->nr_large, 1UL);
	KUNIT_EXPECT_EQ(test, used(test), pool->nr_blocks + 2);
	/* The old object that was freed after the savepoint stays freed. */
	KUNIT_EXPECT_FALSE(test, mp_free(pool, freed));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
}

static void pool_undo_test_rewind_runs_newer_cleanups(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark mark;

	add_letter(test, pool, "a");
	mp_mark_pool(pool, &mark);
	add_letter(test, pool, "b");
	add_letter(test, pool, "c");
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cb");
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cb");
	mp_reset_pool(pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cba");
}

static void pool_undo_test_mark_is_used_twice(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *first = NULL, *object;
	struct mp_mark mark;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 33, 0));
	mp_mark_pool(pool, &mark);
	for (i = 0; i < 5; i++) {
		object = mp_alloc(pool, 50, 0);
		first = first ?: object;
		KUNIT_EXPECT_PTR_EQ(test, object, first);
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(9000), 0));
		add_letter(test, pool, "a");
		grow_pool(test, pool, 3);
		mp_rewind_pool(pool, &mark);
		KUNIT_EXPECT_EQ(test, used(test), 3UL);
	}
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "aaaaa");
}

static void pool_undo_test_marks_nest(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	static const char * const letters[] = { "a", "b", "c" };
	struct mp_mark marks[3];
	void *objects[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		mp_mark_pool(pool, &marks[i]);
		objects[i] = mp_alloc(pool, 700, 0);
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, LARGE, 0));
		add_letter(test, pool, letters[i]);
		grow_pool(test, pool, 2 + 2 * i);
	}
	/* Rewind to the newest savepoint, then to the oldest, past the one between. */
	mp_rewind_pool(pool, &marks[2]);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "c");
	KUNIT_EXPECT_EQ(test, pool->nr_large, 2UL);
	KUNIT_EXPECT_PTR_EQ(test, mp_alloc(pool, 700, 0), objects[2]);
	mp_rewind_pool(pool, &marks[0]);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "cba");
	KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
	KUNIT_EXPECT_EQ(test, used(test), 6UL);
	KUNIT_EXPECT_PTR_EQ(test, mp_alloc(pool, 700, 0), objects[0]);
}

/* After a rewind, small objects overwrite the newer entries, so these must be gone. */
static void pool_undo_test_rewind_drops_newer_entries(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark mark;
	u8 *object, *large;

	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, LARGE, 0)));
	mp_mark_pool(pool, &mark);
	/* The first object uses the old slot, the second needs a new entry. */
	large = mp_alloc(pool, LARGE, 0);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, LARGE, 0)));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
	mp_rewind_pool(pool, &mark);

	object = mp_alloc(pool, 500, 0);
	memset(object, 7, 500);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, LARGE, 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, LARGE, 0));
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 7, 500));
	KUNIT_EXPECT_EQ(test, pool->given, 500 + 2 * sizeof(struct mp_entry));

	/* The same for an entry that is the first allocation after a savepoint. */
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, LARGE, 0)));
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, LARGE, 0));
	KUNIT_EXPECT_EQ(test, pool->given, 500 + 3 * sizeof(struct mp_entry));
}

/* An old entry stays, whether its object is old, new or freed. */
static void pool_undo_test_rewind_keeps_older_entries(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *large = mp_alloc(pool, LARGE, 0);
	struct mp_mark mark;
	unsigned int i;

	mp_mark_pool(pool, &mark);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, mp_free(pool, large), i == 0);
		large = mp_alloc(pool, LARGE, 0);
		mp_rewind_pool(pool, &mark);
		KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
	}
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, LARGE, 0));
	KUNIT_EXPECT_EQ(test, pool->given, sizeof(struct mp_entry));
}

/*
 * Medium objects in a block: bytes that were freed before the savepoint stay freed, and so
 * do bytes of older objects that were freed since; the newer ones are forgotten.
 */
static void pool_undo_test_rewind_and_freed(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 *held, *freed, *newer;
	struct mp_mark mark;
	size_t given, medium;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	held = mp_alloc(pool, 700, 0);
	freed = mp_alloc(pool, 600, 0);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, freed));
	given = pool->given;
	medium = pool->medium;
	mp_mark_pool(pool, &mark);
	newer = mp_alloc(pool, 601, 0);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, 602, 0)));
	KUNIT_EXPECT_EQ(test, pool->freed, 1202UL);
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, pool->freed, 600UL);
	KUNIT_EXPECT_EQ(test, pool->given, given);
	KUNIT_EXPECT_EQ(test, pool->medium, medium);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, newer));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, freed));
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_alloc(pool, 601, 0), newer);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, held));
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, pool->freed, 1300UL);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, pool->freed, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_alloc(pool, 700, 0), held);
	KUNIT_EXPECT_EQ(test, pool->given, pool_medium(700));
	/* The first object after the savepoint. */
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, 600, 0)));
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, pool->freed, 0UL);
	mp_destroy_pool(pool);
}

/* After a savepoint only the last block is used; the room in the others is skipped. */
static void pool_undo_test_mark_skips_to_the_last_block(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_mark mark;
	size_t room;

	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 100, 0));
	grow_pool(test, pool, 2);
	room = pool->end - pool->last;
	KUNIT_EXPECT_EQ(test, pool->skipped, 0UL);
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, pool->skipped, room);
	KUNIT_EXPECT_TRUE(test, in_block(pool->first.next, mp_nalloc(pool, 8, 0), 8));
	grow_pool(test, pool, 10);
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, pool->skipped, room);
	KUNIT_EXPECT_TRUE(test, in_block(pool->first.next, mp_nalloc(pool, 8, 0), 8));
}

#ifdef DEFINE_FREE
static void pool_undo_test_free_at_scope_end(struct kunit *test)
{
	{
		struct mp_pool *pool __free(mp_pool) =
			mp_create_pool(fixture(test)->region, 0, 0);
		struct mp_pool *none __free(mp_pool) = NULL;

		KUNIT_EXPECT_NULL(test, none);
		add_letter(test, pool, "a");
		KUNIT_EXPECT_EQ(test, used(test), 2UL);
	}
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}
#endif

static struct kunit_case pool_undo_cases[] = {
	KUNIT_CASE(pool_undo_test_reset_starts_at_the_first),
	KUNIT_CASE(pool_undo_test_reset_forgets_passed_over),
	KUNIT_CASE(pool_undo_test_spare_blocks_are_reused),
	KUNIT_CASE(pool_undo_test_trim),
	KUNIT_CASE(pool_undo_test_reset_frees_larges),
	KUNIT_CASE(pool_undo_test_reset_drops_entries),
	KUNIT_CASE(pool_undo_test_handler_may_reset),
	KUNIT_CASE(pool_undo_test_handler_may_rewind),
	KUNIT_CASE(pool_undo_test_rewind_restores),
	KUNIT_CASE(pool_undo_test_rewind_keeps_older),
	KUNIT_CASE(pool_undo_test_rewind_runs_newer_cleanups),
	KUNIT_CASE(pool_undo_test_mark_is_used_twice),
	KUNIT_CASE(pool_undo_test_marks_nest),
	KUNIT_CASE(pool_undo_test_rewind_drops_newer_entries),
	KUNIT_CASE(pool_undo_test_rewind_keeps_older_entries),
	KUNIT_CASE(pool_undo_test_rewind_and_freed),
	KUNIT_CASE(pool_undo_test_mark_skips_to_the_last_block),
#ifdef DEFINE_FREE
	KUNIT_CASE(pool_undo_test_free_at_scope_end),
#endif
	{}
};

static struct kunit_suite pool_undo_suite = {
	.name = "pool_undo",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_undo_cases,
};

kunit_test_suite(pool_undo_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_undo");
MODULE_LICENSE("GPL");
