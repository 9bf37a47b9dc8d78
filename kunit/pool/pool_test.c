// SPDX-License-Identifier: GPL-2.0
/* Suite pool: create and destroy pools, and allocate small objects from their blocks. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

/* --- create and destroy --- */

static void pool_test_create_sizes(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 16384, 16385, 1000000 };
	unsigned long before = used(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long pages = max(DIV_ROUND_UP(sizes[i], PAGE_SIZE), 1UL);
		struct mp_pool *pool = mp_create_pool(fixture(test)->region, sizes[i], 0);

		KUNIT_ASSERT_NOT_NULL(test, pool);
		KUNIT_EXPECT_EQ(test, used(test), before + pages);
		KUNIT_EXPECT_PTR_EQ(test, pool->first.end, (u8 *)pool + pages * PAGE_SIZE);
		KUNIT_EXPECT_TRUE(test, in_pool(pool, mp_alloc(pool, 100, 0), 100));
		mp_destroy_pool(pool);
		KUNIT_EXPECT_EQ(test, used(test), before);
	}
	mp_destroy_pool(NULL);
}

static void pool_test_create_huge_fails(struct kunit *test)
{
	const size_t sizes[] = {
		SIZE_MAX, SIZE_MAX - 4094, SIZE_MAX - 4095, SIZE_MAX - 4096,
		SIZE_MAX / 2, BIT(44), (FIXTURE_PAGES << PAGE_SHIFT) + 1,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_NULL(test, mp_create_pool(fixture(test)->region, sizes[i],
						       __GFP_NOWARN));
}

static void pool_test_create_alignments(struct kunit *test)
{
	size_t align, i;

	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		struct mp_pool *pool = mp_create_pool_named(fixture(test)->region, "aligned",
							    5000, align, 0);

		KUNIT_ASSERT_NOT_NULL(test, pool);
		for (i = 1; i <= 20; i++) {
			void *object = mp_alloc(pool, 13 * i, 0);

			KUNIT_EXPECT_TRUE(test, in_pool(pool, object, 13 * i));
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((uintptr_t)object, align));
		}
		mp_destroy_pool(pool);
	}
}

/* A pool that is created without an alignment aligns to MP_ALIGNMENT. */
static void pool_test_create_default_alignment(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fixture(test)->pool->align_mask, MP_ALIGNMENT - 1UL);
}

/* A wrong alignment is always refused; only the first one prints a WARN. */
static void pool_test_create_bad_alignment(struct kunit *test)
{
	static const size_t wrong[] = { 0, 3, 12, 4095, 2 * PAGE_SIZE, SIZE_MAX };
	struct mp_pool *pool;
	unsigned int i;

	EXPECT_WARNING("a pool's alignment is a power of two up to a page, not 24",
		       pool = mp_create_pool_named(fixture(test)->region, "", 0, 24, 0));
	KUNIT_EXPECT_NULL(test, pool);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_NULL(test, mp_create_pool_named(fixture(test)->region, "", 0,
							     wrong[i], 0));
}

static void pool_test_create_unmapped(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 64);
	struct mp_pool *pool;

	EXPECT_WARNING("the region has no kernel mapping",
		       pool = mp_create_pool(region, 0, 0));
	KUNIT_EXPECT_NULL(test, pool);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_UNMAPPED]), 1L);
}

/* Each name is made one word, for the rows in debugfs and the trace events. */
static void pool_test_create_names(struct kunit *test)
{
	static const char * const names[][2] = {
		{ "a name of 30 characters is cut", "a_name_of_30_characters" },
		{ "rx ring 0", "rx_ring_0" }, { "a\nb", "a_b" }, { "\t", "_" },
		{ "gr\xc3\xb6n", "gr__n" }, { "\x7f\x01", "__" }, { "%s", "%s" },
		{ "cam@20000000/dma-0.1", "cam@20000000/dma-0.1" },
		{ "total", "total_" }, { "total ", "total_" }, { "totals", "totals" },
		{ "", "" }, { NULL, "" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct mp_pool *pool = mp_create_pool_named(fixture(test)->region,
							    names[i][0], 0, 8, 0);

		KUNIT_ASSERT_NOT_NULL(test, pool);
		KUNIT_EXPECT_STREQ(test, &pool->name[0], names[i][1]);
		mp_destroy_pool(pool);
	}
}

static void pool_test_destroy_gives_all_back(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 3 * PAGE_SIZE, 0);
	unsigned long before = used(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (i = 0; i < 30; i++) {
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 4096 + 300 * i, 0));
	}
	add_letter(test, pool, "a");
	/* Have spare blocks, too. */
	mp_reset_pool(pool);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 10000, 0));
	add_letter(test, pool, "b");
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, used(test), before - 3);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "ab");
}

/* --- small objects --- */

/* Objects of 1 to 600 bytes, each filled with its own value, do not overlap. */
static void pool_test_alloc_aligned_and_distinct(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 **objects = kunit_kcalloc(test, 600, sizeof(*objects), GFP_KERNEL);
	unsigned int i, wrong = 0;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (i = 0; i < 600; i++) {
		objects[i] = mp_alloc(pool, i + 1, 0);
		wrong += !in_pool(pool, objects[i], i + 1) ||
			 !IS_ALIGNED((uintptr_t)objects[i], MP_ALIGNMENT);
		KUNIT_ASSERT_EQ_MSG(test, wrong, 0, "size %u at %p", i + 1, objects[i]);
		memset(objects[i], i, i + 1);
	}
	for (i = 0; i < 600; i++)
		wrong += !!memchr_inv(objects[i], i, i + 1);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, pool->given, 600UL * 601 / 2);
	KUNIT_EXPECT_EQ(test, used(test), pool->nr_blocks);
}

static void pool_test_nalloc_packs(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 *next = mp_nalloc(pool, 1, 0) + pool_step(1);
	size_t size;

	for (size = 1; size < 50; size++) {
		u8 *object = mp_nalloc(pool, size, 0);

		KUNIT_EXPECT_PTR_EQ(test, object, next);
		next = object + pool_step(size);
	}
}

/* A block is used to its last byte before the pool gets a second block. */
static void pool_test_block_is_used_up(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 3 * PAGE_SIZE, 0);
	size_t room, i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	room = pool->first.end - block_start(&pool->first);
	KUNIT_EXPECT_EQ(test, room, 3 * PAGE_SIZE - sizeof(*pool));
	for (i = 0; i < room / pool_step(1); i++)
		if (!in_block(&pool->first, mp_nalloc(pool, 1, 0), 1))
			break;
	KUNIT_EXPECT_EQ(test, i, room / pool_step(1));
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 1UL);
	KUNIT_EXPECT_FALSE(test, in_block(&pool->first, mp_nalloc(pool, 1, 0), 1));
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 2UL);
	mp_destroy_pool(pool);
}

/* Each block has room for an object of max bytes, also the first block of a new pool. */
static void pool_test_max_comes_from_a_block(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	unsigned long i;

	KUNIT_EXPECT_EQ(test, pool->max,
			PAGE_SIZE - ALIGN(sizeof(*pool), MP_ALIGNMENT) - POOL_REDZONE);
	for (i = 1; i <= 5; i++) {
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
		KUNIT_EXPECT_EQ(test, pool->nr_blocks, i);
		KUNIT_EXPECT_EQ(test, used(test), i);
	}
	KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
}

/* The first block is linked to the others, and each block ends where its pages end. */
static void pool_test_first_block_is_linked(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_block *block;
	unsigned long nr = 0;

	grow_pool(test, pool, 4);
	KUNIT_EXPECT_NOT_NULL(test, pool->first.next);
	for (block = &pool->first; block; block = block->next, nr++)
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(block->end));
	KUNIT_EXPECT_EQ(test, nr, 4UL);
}

/* At each alignment, the largest object that comes from a block ends inside the block. */
static void pool_test_new_block_holds_padding(struct kunit *test)
{
	size_t align, most;

	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		struct mp_pool *pool = mp_create_pool_named(fixture(test)->region, "",
							    2 * PAGE_SIZE, align, 0);
		unsigned int i;

		KUNIT_ASSERT_NOT_NULL(test, pool);
		most = min(pool->max, 2 * PAGE_SIZE - align - POOL_REDZONE);
		for (i = 0; i < 6; i++) {
			void *object = mp_alloc(pool, most - i, 0);

			KUNIT_EXPECT_TRUE(test, in_pool(pool, object, most - i));
		}
		KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
		mp_destroy_pool(pool);
	}
}

/* Also in blocks of several pages, the largest small object is a page less one byte. */
static void pool_test_max_of_larger_blocks(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 4 * PAGE_SIZE, 0);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_EXPECT_EQ(test, pool->max, PAGE_SIZE - 1);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, PAGE_SIZE - 1, 0));
	KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
	/* A page is a large object, although the block has room for it. */
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, PAGE_SIZE, 0));
	KUNIT_EXPECT_EQ(test, pool->nr_large, 1UL);
	mp_destroy_pool(pool);
}

/* Allocate until @left bytes are free in the active block. */
static void fill_active(struct kunit *test, struct mp_pool *pool, size_t left)
{
	size_t room = pool->end - pool->last;

	KUNIT_ASSERT_NOT_NULL(test, mp_nalloc(pool, room - left - POOL_REDZONE, 0));
}

/* Of three blocks, the one with least room is not used further; here the new block. */
static void pool_test_new_block_is_passed_over(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_block *first = &pool->first;

	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	grow_pool(test, pool, 2);
	KUNIT_EXPECT_EQ(test, pool->skipped, 0UL);
	grow_pool(test, pool, 3);
	KUNIT_EXPECT_EQ(test, pool->skipped, (size_t)(pool->tail->end - pool->tail->last));
	KUNIT_EXPECT_TRUE(test, in_block(first, mp_nalloc(pool, 8, 0), 8));
	/* When the first block is full, the second block becomes active. */
	fill_active(test, pool, 0);
	KUNIT_EXPECT_TRUE(test, in_block(first->next, mp_nalloc(pool, 8, 0), 8));
	KUNIT_EXPECT_PTR_EQ(test, pool->active, first->next);
	KUNIT_EXPECT_PTR_EQ(test, pool->other, first);
}

/* Here the block with least room is the first block, and then the second. */
static void pool_test_full_block_is_passed_over(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	struct mp_block *first = &pool->first;
	size_t rest;

	KUNIT_ASSERT_NOT_NULL(test, mp_nalloc(pool, 104, 0));
	fill_active(test, pool, 8);
	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	KUNIT_EXPECT_PTR_EQ(test, pool->active, first->next);
	KUNIT_EXPECT_EQ(test, pool->skipped, 0UL);
	grow_pool(test, pool, 3);
	KUNIT_EXPECT_EQ(test, pool->skipped, 8UL);
	KUNIT_EXPECT_PTR_EQ(test, pool->active, first->next);
	KUNIT_EXPECT_PTR_EQ(test, pool->other, pool->tail);
	rest = pool->tail->end - pool->tail->last;
	fill_active(test, pool, 0);
	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	KUNIT_EXPECT_EQ(test, pool->skipped, 8UL);
	KUNIT_EXPECT_PTR_EQ(test, pool->active, pool->tail);
	KUNIT_EXPECT_EQ(test, (size_t)(pool->other->end - pool->other->last), rest);
}

/* A request that does not fit into the active block is tried in the other one. */
static void pool_test_other_block_is_tried(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	size_t rest;

	grow_pool(test, pool, 1);
	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	fill_active(test, pool, 64);
	KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	/* The pool has two blocks, and 64 bytes are free in the first. */
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 2UL);
	KUNIT_EXPECT_TRUE(test, in_block(pool->first.next, mp_alloc(pool, 504, 0), 504));
	fill_active(test, pool, 0);
	/* The first block is used to its last byte. */
	rest = 64 - POOL_REDZONE;
	KUNIT_EXPECT_TRUE(test, in_block(&pool->first, mp_nalloc(pool, rest, 0), rest));
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 2UL);
}

/* The memory was not zero before: pool_fixture_init() has filled the region. */
static void pool_test_calloc_zeroes(struct kunit *test)
{
	static const size_t sizes[] = { 1, 8, 31, 100, 3000, 4096, 5000, 100000 };
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *objects[] = {
			mp_calloc(pool, 1, sizes[i], 0),
			mp_calloc(pool, sizes[i], 2, 0),
			mp_nalloc(pool, sizes[i], __GFP_ZERO),
			mp_memalign(pool, sizes[i], 64, __GFP_ZERO),
		};
		unsigned int j;

		for (j = 0; j < ARRAY_SIZE(objects); j++) {
			KUNIT_ASSERT_NOT_NULL(test, objects[j]);
			KUNIT_EXPECT_NULL(test, memchr_inv(objects[j], 0, sizes[i]));
		}
		KUNIT_EXPECT_NULL(test, memchr_inv(objects[1], 0, 2 * sizes[i]));
	}
}

static void pool_test_calloc_refuses_overflow(struct kunit *test)
{
	static const size_t pairs[][2] = {
		{ SIZE_MAX / 2, 3 }, { SIZE_MAX, SIZE_MAX }, { BIT(32), BIT(32) },
		{ 3, SIZE_MAX / 3 + 1 }, { SIZE_MAX, 1 },
	};
	struct mp_pool *pool = fixture(test)->pool;
	u64 asked = nr_asked(fixture(test)->region);
	unsigned int i;

	/* The region is not asked, so nothing is printed in the log. */
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		KUNIT_EXPECT_NULL(test, mp_calloc(pool, pairs[i][0], pairs[i][1], 0));
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
	KUNIT_EXPECT_EQ(test, nr_asked(fixture(test)->region), asked);
}

static void pool_test_size_zero(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;

	KUNIT_EXPECT_PTR_EQ(test, mp_alloc(pool, 0, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mp_nalloc(pool, 0, __GFP_ZERO), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mp_calloc(pool, 0, 7, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mp_calloc(pool, 7, 0, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mp_memalign(pool, 0, 8192, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mp_memdup(pool, "", 0, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, ZERO_SIZE_PTR));
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
}

/* Strings come from blocks, also in a pool whose own alignment is a page. */
static void pool_test_strings_of_a_page_aligned_pool(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool_named(fixture(test)->region, "pages", PAGE_SIZE,
						    PAGE_SIZE, 0);
	unsigned int i;
	void *object;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (i = 0; i < 100; i++) {
		char *text = mp_strdup(pool, "abc", 0);

		KUNIT_EXPECT_TRUE(test, in_block(&pool->first, text, 4));
	}
	for (i = 0; i < 100; i++) {
		object = mp_nalloc(pool, 1000, 0);
		KUNIT_EXPECT_TRUE(test, in_pool(pool, object, 1000));
	}
	add_letter(test, pool, "a");
	KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
	KUNIT_EXPECT_LE(test, pool->nr_blocks, 36UL);
	/* An object at a page boundary does not fit into a block of one page. */
	object = mp_alloc(pool, 8, 0);
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(object));
	KUNIT_EXPECT_EQ(test, pool->nr_large, 1UL);
	mp_destroy_pool(pool);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(pool_test_create_sizes),
	KUNIT_CASE(pool_test_create_huge_fails),
	KUNIT_CASE(pool_test_create_alignments),
	KUNIT_CASE(pool_test_create_default_alignment),
	KUNIT_CASE(pool_test_create_bad_alignment),
	KUNIT_CASE(pool_test_create_unmapped),
	KUNIT_CASE(pool_test_create_names),
	KUNIT_CASE(pool_test_destroy_gives_all_back),
	KUNIT_CASE(pool_test_alloc_aligned_and_distinct),
	KUNIT_CASE(pool_test_nalloc_packs),
	KUNIT_CASE(pool_test_block_is_used_up),
	KUNIT_CASE(pool_test_max_comes_from_a_block),
	KUNIT_CASE(pool_test_first_block_is_linked),
	KUNIT_CASE(pool_test_new_block_holds_padding),
	KUNIT_CASE(pool_test_max_of_larger_blocks),
	KUNIT_CASE(pool_test_new_block_is_passed_over),
	KUNIT_CASE(pool_test_full_block_is_passed_over),
	KUNIT_CASE(pool_test_other_block_is_tried),
	KUNIT_CASE(pool_test_calloc_zeroes),
	KUNIT_CASE(pool_test_calloc_refuses_overflow),
	KUNIT_CASE(pool_test_size_zero),
	KUNIT_CASE(pool_test_strings_of_a_page_aligned_pool),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "pool",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool");
MODULE_LICENSE("GPL");
