// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pool_large: large objects, medium objects in blocks, objects with an alignment of
 * their own, and copies.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

static void pool_large_test_exact_pages(struct kunit *test)
{
	static const size_t sizes[] = {
		PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, 2 * PAGE_SIZE + 1, 10 * PAGE_SIZE,
		16 * PAGE_SIZE + 1, 256 * PAGE_SIZE,
	};
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int i;

	/* An object that leaves little of a page gets one, too. */
	KUNIT_EXPECT_EQ(test, PAGE_ALIGNED(mp_alloc(pool, PAGE_SIZE - 100, 0)), true);
	KUNIT_EXPECT_EQ(test, used(test), 2UL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long pages = DIV_ROUND_UP(sizes[i], PAGE_SIZE);
		u8 *object = mp_nalloc(pool, sizes[i], 0);

		KUNIT_ASSERT_NOT_NULL(test, object);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(object));
		memset(object, i, sizes[i]);
		KUNIT_EXPECT_EQ(test, used(test), 2 + pages);
		KUNIT_EXPECT_EQ(test, pool->nr_large, 2UL);
		KUNIT_EXPECT_EQ(test, pool->large_pages, 1 + pages);
		KUNIT_EXPECT_TRUE(test, mp_free(pool, object));
		KUNIT_EXPECT_EQ(test, used(test), 2UL);
	}
}

/* Whether the region has a place for @size bytes at @align: the page layer finds it if so. */
static bool has_place(struct buddy_region *region, size_t size, size_t align)
{
	unsigned int order = align > PAGE_SIZE ? ilog2(align >> PAGE_SHIFT) : 0;
	unsigned long pages = DIV_ROUND_UP(size, PAGE_SIZE);
	void *block = buddy_alloc_aligned(region, pages, order, __GFP_NOWARN);

	if (block)
		buddy_free_exact(region, block, pages);
	return block;
}

/* All alignments up to 16 MiB; region0, which the module made, is large enough. */
static void pool_large_test_memalign(struct kunit *test)
{
	struct buddy_region *region = buddy_region_get("region0");
	struct mp_pool *pool;
	unsigned long before;
	size_t align;

	KUNIT_ASSERT_NOT_NULL(test, region);
	before = pages_used(region);
	pool = mp_create_pool(region, PAGE_SIZE, 0);
	for (align = 1; pool && align <= SZ_16M; align *= 2) {
		const size_t sizes[] = {
			1, align - 1, align, align + 1, align / 2, 32, PAGE_SIZE - 1,
			PAGE_SIZE + 1, 3 * align,
		};
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			size_t size = max_t(size_t, sizes[i], 1);
			bool possible = has_place(region, size, align);
			void *object = mp_memalign(pool, size, align, __GFP_NOWARN);

			KUNIT_EXPECT_EQ_MSG(test, !!object, possible,
					    "%zu bytes at %zu", size, align);
			if (!object)
				continue;
			KUNIT_EXPECT_TRUE(test, in_pool(pool, object, size));
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED(buddy_virt_to_phys(region, object),
							   align));
			mp_reset_pool(pool);
		}
	}
	KUNIT_EXPECT_NOT_NULL(test, pool);
	/* Without such a block, the largest alignment was not tested. */
	KUNIT_EXPECT_TRUE(test, has_place(region, SZ_16M, SZ_16M));
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, pages_used(region), before);
	buddy_region_put(region);
}

/* An object comes from a block exactly if an empty block has room at that alignment. */
static void pool_large_test_memalign_prefers_blocks(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	size_t align, size, from;

	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		size_t most = PAGE_SIZE - ALIGN(sizeof(struct mp_block), align);

		most -= min_t(size_t, most, POOL_REDZONE);
		from = max_t(size_t, min(most, pool->max), 40) - 39;
		for (size = from; size < from + 80; size++) {
			bool outside = size > min(most, pool->max);
			void *object;

			/* Fill the first block. */
			mp_alloc(pool, pool->max, 0);
			object = mp_memalign(pool, size, align, 0);
			if (!in_pool(pool, object, size) ||
			    !IS_ALIGNED((uintptr_t)object, align) ||
			    pool->nr_large + !!pool->arena_pages != outside)
				KUNIT_FAIL(test, "%zu bytes at %zu: %p, %lu larges", size,
					   align, object, pool->nr_large);
			mp_reset_pool(pool);
		}
	}
}

static void pool_large_test_memalign_wrong(struct kunit *test)
{
	static const size_t wrong[] = { 0, 3, PAGE_SIZE + 1, SIZE_MAX };
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int i;
	void *object;

	EXPECT_WARNING("an alignment is a power of two, not 48",
		       object = mp_memalign(pool, 10, 48, 0));
	KUNIT_EXPECT_NULL(test, object);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_NULL(test, mp_memalign(pool, 10, wrong[i], 0));
}

/* For sizes near SIZE_MAX no sum wraps: all calls fail, and nothing is allocated. */
static void pool_large_test_sizes_near_the_top(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	unsigned int below, wrong = 0;

	for (below = 0; below < 9000; below = below < 40 ? below + 1 : below + 101) {
		size_t size = SIZE_MAX - below;

		wrong += !!mp_alloc(pool, size, __GFP_NOWARN);
		wrong += !!mp_nalloc(pool, size, __GFP_NOWARN | __GFP_ZERO);
		wrong += !!mp_memalign(pool, size, 1, __GFP_NOWARN);
		wrong += !!mp_memalign(pool, size, PAGE_SIZE, __GFP_NOWARN);
		wrong += !!mp_memalign(pool, size, BIT(63), __GFP_NOWARN);
		wrong += !!mp_memalign(pool, 1, BIT(63), __GFP_NOWARN);
		KUNIT_ASSERT_EQ_MSG(test, wrong, 0, "size %zu", size);
	}
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
	KUNIT_EXPECT_TRUE(test, in_pool(pool, mp_alloc(pool, 100, 0), 100));
}

/* In a region without a free page, a large allocation fails; the pool has no entry for it. */
static void pool_large_test_failed_is_not_entered(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, 1);
	struct mp_pool *pool = mp_create_pool(region, 0, 0);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_NULL(test, mp_alloc(pool, SCALED(5000), __GFP_NOWARN));
		KUNIT_EXPECT_EQ(test, pool->nr_large, 0UL);
		KUNIT_EXPECT_EQ(test, pool->large_pages, 0UL);
		KUNIT_EXPECT_EQ(test, pool->given, 0UL);
	}
	mp_reset_pool(pool);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, NULL));
	KUNIT_EXPECT_EQ(test, pages_used(region), 1UL);
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, pages_used(region), 0UL);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[i]), 0L);
}

/* All these calls fail if the region has no free page and the pool's blocks are full. */
static void fail_each(struct kunit *test, struct mp_pool *pool)
{
	gfp_t gfp = __GFP_NOWARN;

	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 2 * PAGE_SIZE, gfp));
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 400, gfp));
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 1000, gfp));
	KUNIT_EXPECT_NULL(test, mp_nalloc(pool, 2000, gfp | __GFP_ZERO));
	KUNIT_EXPECT_NULL(test, mp_calloc(pool, 2, 500, gfp));
	KUNIT_EXPECT_NULL(test, mp_calloc(pool, SIZE_MAX, 3, gfp));
	KUNIT_EXPECT_NULL(test, mp_memalign(pool, 8, 2 * PAGE_SIZE, gfp));
	KUNIT_EXPECT_NULL(test, mp_printf(pool, gfp, "%*d", 800, 7));
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, (void *)fail_each, NULL, gfp), -ENOMEM);
}

/*
 * A failed allocation changes nothing.  Three cases: the region is full; it has one page,
 * which is too little for the object; it has one page for the object, but none for the
 * block that the object's entry needs.
 */
static void pool_large_test_failed_changes_nothing(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, 4);
	struct mp_pool *pool = mp_create_pool(region, 512, 0);
	struct mp_pool before;
	void *pages[3];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	make_old(pool);
	while (pool->end - pool->last >= pool_step(1) + POOL_GRANULE)
		KUNIT_ASSERT_NOT_NULL(test, mp_nalloc(pool, 1, __GFP_NOWARN));
	KUNIT_ASSERT_EQ(test, pool->nr_blocks, 1UL);
	for (i = 0; i < 3; i++)
		pages[i] = buddy_alloc(region, 0, 0);
	/* A failed allocation may still call sync_active(); let it do so now. */
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 400, __GFP_NOWARN));
	before = *pool;

	fail_each(test, pool);
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);

	buddy_free(region, pages[0], 0);
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 2 * PAGE_SIZE, __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, mp_memalign(pool, 8, 2 * PAGE_SIZE, __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, pages_used(region), 3UL);

	/*
	 * The free page is enough for the object, but the entry, or the description of the
	 * arena, needs a block.
	 */
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, PAGE_SIZE, __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 1000, __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, memcmp(pool, &before, sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, pages_used(region), 3UL);

	for (i = 1; i < 3; i++)
		buddy_free(region, pages[i], 0);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, PAGE_SIZE, 0));
	mp_destroy_pool(pool);
}

/* A large object is freed by its own address only, and only once. */
static void pool_large_test_free(struct kunit *test)
{
	struct mp_pool *other = mp_create_pool(fixture(test)->region, 0, 0);
	struct mp_pool *pool = fixture(test)->pool;
	void *small = mp_alloc(pool, 100, 0);
	void *large = mp_alloc(pool, SCALED(10000), 0);
	unsigned long before = used(test);

	KUNIT_ASSERT_TRUE(test, other && small && large);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, NULL));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, small));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, pool));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, test));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, large + 1));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, large + PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, mp_free(other, large));
	KUNIT_EXPECT_EQ(test, used(test), before);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
	KUNIT_EXPECT_EQ(test, used(test), before - 3);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, large));
	KUNIT_EXPECT_EQ(test, used(test), before - 3);
	mp_destroy_pool(other);
}

/* Many large objects are freed in a mixed order, and each one is found. */
static void pool_large_test_free_in_any_order(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 **objects = kunit_kcalloc(test, 101, sizeof(*objects), GFP_KERNEL);
	unsigned int i, wrong = 0;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (i = 0; i < 101; i++) {
		objects[i] = mp_alloc(pool, 2 * PAGE_SIZE - i, 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		memset(objects[i], i, 2 * PAGE_SIZE - i);
	}
	for (i = 0; i < 101; i++) {
		unsigned int which = i * 37 % 101;

		wrong += !!memchr_inv(objects[which], which, 2 * PAGE_SIZE - which);
		wrong += !mp_free(pool, objects[which]);
		wrong += mp_free(pool, objects[which]);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, used(test), pool->nr_blocks);
}

/* Slots are used again: the pool does not grow if large objects are freed and allocated. */
static void pool_large_test_entries_are_reused(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *objects[8];
	unsigned int i;
	size_t given;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = mp_alloc(pool, SCALED(8000), 0);
	given = pool->given;
	KUNIT_EXPECT_EQ(test, given, ARRAY_SIZE(objects) * sizeof(struct mp_entry));
	for (i = 0; i < 1000; i++) {
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i * 3 % 8]));
		objects[i * 3 % 8] = mp_alloc(pool, SCALED(7300 + i % 800), 0);
	}
	KUNIT_EXPECT_EQ(test, pool->given, given);
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 1UL);
	KUNIT_EXPECT_EQ(test, pool->nr_large, ARRAY_SIZE(objects));
}

/* --- medium objects --- */

/* Create a pool with blocks of one page, in which objects above 512 bytes can be freed. */
static struct mp_pool *small_pool(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	return pool;
}

static void pool_large_test_max(struct kunit *test)
{
	static const struct {
		size_t size;
		size_t max;
	} cases[] = {
		{ 1, sizeof(struct mp_entry) }, { 100, 100 }, { 512, 512 },
		{ 3000, 3000 }, { 2 * PAGE_SIZE, PAGE_SIZE - 1 },
		{ SCALED(100000), PAGE_SIZE - 1 },
	};
	size_t block_max = fixture(test)->pool->block_max;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, fixture(test)->pool->max, block_max);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mp_pool *pool = mp_create_pool(fixture(test)->region, cases[i].size, 0);
		void *small, *medium;

		KUNIT_ASSERT_NOT_NULL(test, pool);
		KUNIT_EXPECT_EQ(test, pool->max, cases[i].max);
		small = mp_alloc(pool, pool->max, 0);
		medium = mp_alloc(pool, pool->max + 1, 0);
		KUNIT_EXPECT_FALSE(test, mp_free(pool, small));
		KUNIT_EXPECT_EQ(test, pool->nr_large, pool->max == pool->block_max);
		KUNIT_EXPECT_TRUE(test, mp_free(pool, medium));
		mp_destroy_pool(pool);
	}
}

/* Return the size of the largest medium object that the active block has room for. */
static size_t largest_medium(struct mp_pool *pool)
{
	u8 *start = PTR_ALIGN(pool->last, max_t(size_t, POOL_GRANULE, sizeof(void *)));

	return round_down(pool->end - start - sizeof(struct mp_entry) - POOL_REDZONE,
			  sizeof(void *)) - POOL_REDZONE;
}

/*
 * The first medium objects of a pool lie in its block, with their entries behind them, as
 * long as the block that small objects come from has room; and those of all blocks together
 * are not more than a block.
 */
static void pool_large_test_medium_in_block(struct kunit *test)
{
	struct mp_pool *pool = small_pool(test);
	unsigned int i;
	size_t given;
	u8 *object;

	/* Of a larger page, leave as much as a block of 4 KiB has at most. */
	while (pool->end - pool->last >= SZ_4K)
		KUNIT_ASSERT_NOT_NULL(test, mp_nalloc(pool, 64, 0));
	given = pool->given;
	object = mp_nalloc(pool, 601, 0);
	KUNIT_EXPECT_TRUE(test, in_block(&pool->first, object, 601));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((uintptr_t)object, sizeof(void *)));
	KUNIT_EXPECT_EQ(test, pool->medium, pool_medium(601));
	KUNIT_EXPECT_EQ(test, pool->given, given + pool_medium(601));
	memset(object, 1, 601);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, object));
	KUNIT_EXPECT_EQ(test, pool->freed, 601UL);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, object));

	/* No block is added for a medium object. */
	KUNIT_EXPECT_FALSE(test, in_block(&pool->first, mp_nalloc(pool, 3600, 0), 3600));
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 1UL);
	KUNIT_EXPECT_EQ(test, pool->arena_pages, 1UL);
	/* One byte more than the block has left, with the entry, is too much. */
	mp_nalloc(pool, 1, 0);
	i = largest_medium(pool);
	KUNIT_EXPECT_FALSE(test, in_block(&pool->first, mp_nalloc(pool, i + 1, 0), i + 1));
	/* If pages are small, the description of a second arena has come into the block. */
	KUNIT_EXPECT_EQ(test, pool->arena_pages,
			DIV_ROUND_UP(pool_chunk(3600) + pool_chunk(i + 1), PAGE_SIZE));
	i = largest_medium(pool);
	object = mp_nalloc(pool, i, 0);
	KUNIT_EXPECT_TRUE(test, in_block(&pool->first, object, i));
	memset(object, 2, i);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, object));

	given = pool->arena_given;
	/* Two blocks with room, but a block of medium objects is all there may be. */
	while (pool->medium + pool_medium(600) <= PAGE_SIZE) {
		grow_pool(test, pool, pool->nr_blocks + 1);
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 600, 0));
		KUNIT_EXPECT_EQ(test, pool->arena_given, given);
	}
	grow_pool(test, pool, pool->nr_blocks + 1);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 600, 0));
	KUNIT_EXPECT_GE(test, pool->arena_given, given + 4 * pool_chunk(600));
	/* After a reset, the pool is young again. */
	mp_reset_pool(pool);
	KUNIT_EXPECT_TRUE(test, in_block(&pool->first, mp_alloc(pool, 600, 0), 600));
	mp_destroy_pool(pool);
}

/* A medium allocation that fails loses no bytes; after a free, the next one succeeds. */
static void pool_large_test_medium_fails(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, 2);
	struct mp_pool *pool = mp_create_pool(region, 1024, 0);
	unsigned int i;
	void *object;
	size_t given;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	make_old(pool);
	object = mp_alloc(pool, 1025, 0);
	KUNIT_EXPECT_NOT_NULL(test, object);
	while (mp_alloc(pool, 1025, __GFP_NOWARN))
		;
	given = pool->arena_given;
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_NULL(test, mp_alloc(pool, 1026, __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, pool->arena_given, given);
	check_arenas(test, pool);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, object));
	KUNIT_EXPECT_PTR_EQ(test, mp_alloc(pool, 1026, 0), object);
	mp_destroy_pool(pool);
}

/* --- copies --- */

static void pool_large_test_memdup(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	u8 *copy = mp_memdup(pool, "1234567", 5, __GFP_ZERO), *large;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, memcmp(copy, "12345", 5), 0);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((uintptr_t)copy, MP_ALIGNMENT));
	KUNIT_EXPECT_NULL(test, mp_memdup(pool, copy, SZ_1G, __GFP_NOWARN));

	large = mp_alloc(pool, SCALED(10000), 0);
	KUNIT_ASSERT_NOT_NULL(test, large);
	memset(large, 7, SCALED(10000));
	copy = mp_memdup(pool, large, SCALED(10000), 0);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_NULL(test, memchr_inv(copy, 7, SCALED(10000)));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, copy));
}

static void pool_large_test_strdup(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	char *text = mp_strdup(pool, "region", 0);
	char *empty = mp_strdup(pool, "", 0);

	KUNIT_EXPECT_STREQ(test, text, "region");
	KUNIT_EXPECT_STREQ(test, empty, "");
	KUNIT_EXPECT_NULL(test, mp_strdup(pool, NULL, 0));
	/* A copy has a NUL and no alignment. */
	KUNIT_EXPECT_EQ(test, pool->given, 8UL);
	KUNIT_EXPECT_PTR_EQ(test, empty, text + pool_step(7));
}

static void pool_large_test_printf(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	char *text = mp_printf(pool, 0, "%s-%d", "dma", 42);
	char *empty = mp_printf(pool, 0, "%s", "");
	const size_t length = SCALED(9000);

	KUNIT_EXPECT_STREQ(test, text, "dma-42");
	KUNIT_EXPECT_STREQ(test, empty, "");
	KUNIT_EXPECT_EQ(test, pool->given, 8UL);
	/* A text longer than a block is a large object. */
	text = mp_printf(pool, 0, "%*d", (int)length, 7);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_EQ(test, strlen(text), length);
	KUNIT_EXPECT_EQ(test, text[length - 1], '7');
	KUNIT_EXPECT_TRUE(test, mp_free(pool, text));
}

/*
 * A string that changes while it is copied still gives a copy with a NUL at its end.  Here
 * the string is the pool's own counter @given, which changes when the copy is allocated.
 * 0x00ff is a string of one byte; 0x0101 has no NUL in its first two bytes.
 */
static void pool_large_test_copies_have_an_end(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	const char *text = (const char *)&pool->given;
	size_t given = pool->given;
	char *copy;

	if (!IS_ENABLED(CONFIG_CPU_LITTLE_ENDIAN) && !IS_ENABLED(CONFIG_X86))
		kunit_skip(test, "needs a little-endian counter");
	pool->given = 0xff;
	copy = mp_strdup(pool, text, 0);
	KUNIT_EXPECT_EQ(test, pool->given, 0x101UL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, copy[1], '\0');

	pool->given = 0xfe;
	copy = mp_printf(pool, 0, "%s-", text);
	KUNIT_EXPECT_EQ(test, pool->given, 0x101UL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, strnlen(copy, 3), 2UL);
	pool->given = given;
}

static struct kunit_case pool_large_cases[] = {
	KUNIT_CASE(pool_large_test_exact_pages),
	KUNIT_CASE(pool_large_test_memalign),
	KUNIT_CASE(pool_large_test_memalign_prefers_blocks),
	KUNIT_CASE(pool_large_test_memalign_wrong),
	KUNIT_CASE(pool_large_test_sizes_near_the_top),
	KUNIT_CASE(pool_large_test_failed_is_not_entered),
	KUNIT_CASE(pool_large_test_failed_changes_nothing),
	KUNIT_CASE(pool_large_test_free),
	KUNIT_CASE(pool_large_test_free_in_any_order),
	KUNIT_CASE(pool_large_test_entries_are_reused),
	KUNIT_CASE(pool_large_test_max),
	KUNIT_CASE(pool_large_test_medium_in_block),
	KUNIT_CASE(pool_large_test_medium_fails),
	KUNIT_CASE(pool_large_test_memdup),
	KUNIT_CASE(pool_large_test_strdup),
	KUNIT_CASE(pool_large_test_printf),
	KUNIT_CASE(pool_large_test_copies_have_an_end),
	{}
};

static struct kunit_suite pool_large_suite = {
	.name = "pool_large",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_large_cases,
};

kunit_test_suite(pool_large_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_large");
MODULE_LICENSE("GPL");
