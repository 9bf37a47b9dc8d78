// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pool_arena: medium objects in arenas, and how much a pool holds.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

/* Create a pool of 512 bytes whose medium objects lie in arenas. */
static struct mp_pool *old_pool(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	make_old(pool);
	return pool;
}

/* Of an arena of one page that is larger than 4 KiB, leave only 4 KiB: take 2 KiB each time. */
static void leave_4k(struct kunit *test, struct mp_pool *pool)
{
	size_t left;

	for (left = PAGE_SIZE; left > SZ_4K; left -= SZ_2K)
		KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, SZ_2K - pool_chunk(0), 0));
}

/* Three objects side by side become one hole, in whichever order they are freed. */
static void pool_arena_test_merge(struct kunit *test)
{
	static const u8 orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct mp_pool *pool = old_pool(test);
	unsigned int i, j;
	u8 *above;

	leave_4k(test, pool);
	above = mp_alloc(pool, 600, 0);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		size_t whole = 3 * pool_chunk(700) - pool_chunk(0);
		u8 *objects[3], *below;

		for (j = 0; j < 3; j++)
			objects[j] = mp_alloc(pool, 700, 0);
		below = mp_alloc(pool, 600, 0);
		KUNIT_EXPECT_EQ(test, pool->arena_pages, 1UL);
		for (j = 0; j < 3; j++) {
			KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[orders[i][j]]));
			check_arenas(test, pool);
		}
		/* The hole at the arena's start is too small for this object. */
		KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_alloc(pool, whole, 0), objects[2]);
		check_arenas(test, pool);
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[2]));
		KUNIT_EXPECT_TRUE(test, mp_free(pool, below));
	}
	KUNIT_EXPECT_EQ(test, pool->arena_pages, 1UL);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, above));
	check_arenas(test, pool);
	mp_destroy_pool(pool);
}

/* Of the holes that are large enough, the one with the lowest address; its upper end. */
static void pool_arena_test_lowest_hole(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test);
	u8 *objects[20];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = mp_alloc(pool, i % 2 ? 520 : 600 + 50 * i, 0);
	for (i = 0; i < ARRAY_SIZE(objects); i += 2)
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
	check_arenas(test, pool);
	for (i = 530; i < 1600; i += 55) {
		u8 *lowest = NULL, *object;
		struct rb_node *node;

		for (node = rb_first(&pool->holes); node && !lowest; node = rb_next(node)) {
			struct mp_chunk *hole = rb_entry(node, struct mp_chunk, node);

			if (hole->units * ARENA_UNIT >= pool_chunk(i))
				lowest = (u8 *)hole + hole->units * ARENA_UNIT;
		}
		KUNIT_ASSERT_NOT_NULL(test, lowest);
		object = mp_alloc(pool, i, 0);
		KUNIT_EXPECT_PTR_EQ(test, object, lowest - pool_chunk(i) + pool_chunk(0) -
				    ALIGN(POOL_REDZONE, ARENA_UNIT));
		KUNIT_EXPECT_TRUE(test, mp_free(pool, object));
	}
	mp_destroy_pool(pool);
}

/* Only a pointer to an object that is in use is freed. */
static void pool_arena_test_wrong_pointers(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test), *other = old_pool(test);
	u8 *object = mp_alloc(pool, 1000, 0), *freed = mp_alloc(pool, 1000, 0);
	int offset;

	KUNIT_EXPECT_TRUE(test, mp_free(pool, freed));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, freed));
	/* What lies in an object cannot make a pointer into it one to an object. */
	memset(object, 0xff, 1000);
	for (offset = -1500; offset < 1500; offset++)
		if (offset && mp_free(pool, object + offset))
			KUNIT_FAIL(test, "freed at %d", offset);
	KUNIT_EXPECT_FALSE(test, mp_free(other, object));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, object));
	KUNIT_EXPECT_FALSE(test, mp_free(pool, object));
	check_arenas(test, pool);
	mp_destroy_pool(other);
	mp_destroy_pool(pool);
}

#define MANY	500	/* objects of 1,000 bytes: 516,000 bytes in four arenas or more */

static void alloc_many(struct kunit *test, struct mp_pool *pool, u8 **objects, size_t size)
{
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		objects[i] = mp_alloc(pool, size, 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		memset(objects[i], i, size);
	}
}

/*
 * Pages without an object go back to the region, from the middle of an arena too.  Other
 * objects of the pool then use these pages, and are found.
 */
static void pool_arena_test_gives_back(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test);
	u8 **objects = kunit_kcalloc(test, MANY, sizeof(*objects), GFP_KERNEL);
	unsigned int i, kept = 0;
	unsigned long most;
	u8 *between;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	alloc_many(test, pool, objects, 1000);
	check_arenas(test, pool);
	most = pool->arena_pages;
	KUNIT_EXPECT_GE(test, most * PAGE_SIZE, MANY * pool_chunk(1000));
	KUNIT_EXPECT_LE(test, most * PAGE_SIZE, MANY * pool_chunk(1000) + 2 * ARENA_BYTES);
	for (i = 0; i < MANY; i++) {
		if (i % 50 == 0) {
			objects[kept++] = objects[i];
			continue;
		}
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
		KUNIT_EXPECT_FALSE(test, mp_free(pool, objects[i]));
		KUNIT_EXPECT_LE(test, pool->spare_pages, DIV_ROUND_UP(SZ_32K, PAGE_SIZE));
		if (i % 16 == 0)
			check_arenas(test, pool);
	}
	check_arenas(test, pool);
	/* An object can lie in two pages. */
	KUNIT_EXPECT_LE(test, pool->arena_pages, 2 * kept + pool->spare_pages);
	KUNIT_EXPECT_EQ(test, used(test), 1 + pool->nr_blocks + pool->arena_pages);

	for (i = kept; i < MANY; i++)
		objects[i] = mp_alloc(pool, 520 + 13 * (i % 100), 0);
	between = mp_alloc(pool, 2 * PAGE_SIZE, 0);
	for (i = MANY; i--; ) {
		if (i < kept)
			KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], i * 50 & 0xff, 1000));
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
	}
	check_arenas(test, pool);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, between));
	KUNIT_EXPECT_EQ(test, pool->arena_given, 0UL);
	KUNIT_EXPECT_EQ(test, pool->arena_pages, pool->spare_pages);
	mp_trim_pool(pool);
	KUNIT_EXPECT_EQ(test, pool->arena_pages, 0UL);
	KUNIT_EXPECT_EQ(test, used(test), 1 + pool->nr_blocks);
	mp_destroy_pool(pool);
}

/* An arena in the gap that another one has left: an address finds the one that holds it. */
static void pool_arena_test_gap(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test);
	u8 **objects = kunit_kcalloc(test, MANY, sizeof(*objects), GFP_KERNEL);
	unsigned int i, nr = 0, in_gaps = 0;
	struct mp_arena *arena, *other;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	if (ARENA_PAGES == 1) {
		mp_destroy_pool(pool);
		kunit_skip(test, "an arena of one page has no gap");
	}
	alloc_many(test, pool, objects, SCALED(1000));
	for (i = 0; i < MANY; i++) {
		if (i % 12)
			KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
		else
			objects[nr++] = objects[i];
	}
	mp_trim_pool(pool);
	/*
	 * The limit lets one page in, so each of these arenas has one page.  The fewer pages
	 * the older arenas have, the fewer of their pages are in gaps.
	 */
	for (i = 0; i < SCALED(MANY / 12); i++) {
		KUNIT_EXPECT_EQ(test, mp_set_limit(pool, (pool->pages + 1) << PAGE_SHIFT), 0);
		objects[nr] = mp_alloc(pool, SCALED(3500), 0);
		KUNIT_ASSERT_EQ(test, mp_set_limit(pool, 0), 0);
		if (!objects[nr])
			grow_pool(test, pool, pool->nr_blocks + 1);
		else
			nr++;
	}
	for (arena = pool->newest_arena; arena; arena = arena->older)
		for (other = arena; other; other = other->older)
			in_gaps += arena->start > other->start && other->held &&
				   arena->start < other->start + PAGE_SIZE * fls(other->held);
	KUNIT_EXPECT_NE(test, in_gaps, 0);
	check_arenas(test, pool);
	while (nr)
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[--nr]));
	check_arenas(test, pool);
	mp_destroy_pool(pool);
}

/* A trim gives back each page without an object, and says how many. */
static void pool_arena_test_trim(struct kunit *test)
{
	/* Less than two fit into a page, or else two fill one. */
	const size_t size = min_t(size_t, SCALED(3000), ARENA_BYTES / 2 - pool_chunk(0));
	struct mp_pool *pool = old_pool(test);
	u8 *objects[12];
	unsigned long before;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = mp_alloc(pool, size, 0);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (i % 6)
			KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
	/* Of large pages, a pool keeps few. */
	KUNIT_EXPECT_GT(test, pool->spare_pages, SZ_8K / PAGE_SIZE);
	before = pool->arena_pages;
	KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), before - 2);
	check_arenas(test, pool);
	KUNIT_EXPECT_EQ(test, pool->arena_pages, 2UL);
	KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), 0UL);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[6 * i]));
	mp_destroy_pool(pool);
}

/* A rewind frees the newer objects and arenas, and leaves the older ones as they are. */
static void pool_arena_test_rewind(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test);
	u8 **objects = kunit_kcalloc(test, MANY, sizeof(*objects), GFP_KERNEL);
	u8 *older = mp_alloc(pool, 1000, 0), *newer, *gone;
	unsigned long before = pool->arena_pages;
	struct mp_mark mark;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	gone = mp_alloc(pool, 1000, 0);
	memset(older, 7, 1000);
	mp_mark_pool(pool, &mark);
	for (i = 0; i < 3; i++) {
		/* One in the older arena, the others in arenas that come now. */
		newer = mp_alloc(pool, 1000, 0);
		alloc_many(test, pool, objects, 1000);
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[MANY / 2]));
		if (i == 0)
			KUNIT_EXPECT_TRUE(test, mp_free(pool, gone));
		mp_rewind_pool(pool, &mark);
		check_arenas(test, pool);
		KUNIT_EXPECT_EQ(test, pool->arena_pages, before);
		KUNIT_EXPECT_EQ(test, pool->arena_given, pool_chunk(1000));
		KUNIT_EXPECT_FALSE(test, mp_free(pool, newer));
		KUNIT_EXPECT_FALSE(test, mp_free(pool, objects[0]));
		KUNIT_EXPECT_FALSE(test, mp_free(pool, objects[MANY - 1]));
		KUNIT_EXPECT_EQ(test, used(test), 1 + pool->pages);
	}
	/* The descriptions of the newer arenas are forgotten: their bytes are used again. */
	newer = mp_alloc(pool, 500, 0);
	memset(newer, 9, 500);
	alloc_many(test, pool, objects, 1000);
	KUNIT_EXPECT_NULL(test, memchr_inv(newer, 9, 500));
	KUNIT_EXPECT_NULL(test, memchr_inv(older, 7, 1000));
	check_arenas(test, pool);
	mp_reset_pool(pool);
	check_arenas(test, pool);
	KUNIT_EXPECT_EQ(test, used(test), 1 + pool->nr_blocks);
	KUNIT_EXPECT_FALSE(test, mp_free(pool, older));
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

/* The description of an arena that is gone is used again, if it is older than a savepoint. */
static void pool_arena_test_descriptions(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test);
	struct mp_mark mark;
	unsigned int i;
	size_t given;

	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, 600, 0)));
	given = pool->given;
	KUNIT_EXPECT_EQ(test, given, sizeof(struct mp_arena));
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), 1UL);
		KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, 600, 0)));
		KUNIT_EXPECT_EQ(test, pool->given, given);
	}
	KUNIT_EXPECT_EQ(test, mp_trim_pool(pool), 1UL);
	mp_mark_pool(pool, &mark);
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 2000, 0));
		mp_rewind_pool(pool, &mark);
		KUNIT_EXPECT_EQ(test, pool->given, given);
		KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_alloc(pool, 2000, 0)));
		mp_trim_pool(pool);
		mp_rewind_pool(pool, &mark);
		check_arenas(test, pool);
	}
	mp_destroy_pool(pool);
}

/* Objects of up to half an arena, if they do not fit pages well and are not the first. */
static void pool_arena_test_more_than_a_page(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test);
	u8 *objects[40];
	unsigned int i;

	for (i = 0; pool->large_pages < DIV_ROUND_UP(SZ_32K, PAGE_SIZE); i++)
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(mp_alloc(pool, PAGE_SIZE + 1, 0)));
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		size_t size = PAGE_SIZE + 1 + i * 700;
		unsigned long larges = pool->nr_large;

		objects[i] = mp_alloc(pool, size, __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], 0, size));
		memset(objects[i], i, size);
		KUNIT_EXPECT_EQ(test, pool->nr_large - larges,
				PAGE_ALIGN(size) - size <= size / 8 || size > ARENA_BYTES / 2);
	}
	check_arenas(test, pool);
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(mp_alloc(pool, ARENA_BYTES / 2 + 1, 0)));
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], i, PAGE_SIZE + 1 + i * 700));
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
	}
	check_arenas(test, pool);
	mp_destroy_pool(pool);
}

/* An object in an arena has its alignment; one that would need a page more gets pages. */
static void pool_arena_test_alignment(struct kunit *test)
{
	struct mp_pool *pool = old_pool(test);
	size_t align, size;

	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		for (size = 513; size < 3000; size += 95) {
			unsigned long larges = pool->nr_large;
			u8 *object = mp_memalign(pool, size, align, 0);

			KUNIT_ASSERT_NOT_NULL(test, object);
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((uintptr_t)object, align));
			KUNIT_EXPECT_EQ(test, pool->nr_large - larges,
					size + align - 1 + sizeof(struct mp_chunk) +
					POOL_REDZONE > PAGE_SIZE);
			memset(object, 0xff, size);
			if (size % 2)
				KUNIT_EXPECT_TRUE(test, mp_free(pool, object));
		}
		check_arenas(test, pool);
	}
	mp_destroy_pool(pool);
}

/* If the region has no run of pages for a large arena, a small one is enough. */
static void pool_arena_test_scarce(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, 64);
	struct mp_pool *pool = mp_create_pool(region, 512, 0);
	void *pages[64];
	unsigned int i, nr = 0, most;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	make_old(pool);
	while (pool->arena_pages < 24)
		KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, 1000, 0));
	while ((pages[nr] = buddy_alloc(region, 0, __GFP_NOWARN)))
		nr++;
	/* Every second page is free: an arena of three pages has no place. */
	for (i = 0; i < nr; i += 2)
		buddy_free(region, pages[i], 0);
	most = pool->arena_pages + pool->nr_blocks + (nr + 1) / 2;
	while (mp_alloc(pool, 1000, __GFP_NOWARN))
		;
	check_arenas(test, pool);
	/* The descriptions of the arenas lie in blocks. */
	KUNIT_EXPECT_EQ(test, pool->arena_pages + pool->nr_blocks, (unsigned long)most);
	for (i = 1; i < nr; i += 2)
		buddy_free(region, pages[i], 0);
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, pages_used(region), 0UL);
}

/* --- how much a pool holds --- */

/* 200 objects of 513 to 3,700 bytes: one is freed, one is allocated. */
static void pool_arena_test_bound_random(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 **objects = kunit_kcalloc(test, 200, sizeof(*objects), GFP_KERNEL);
	u32 *sizes = kunit_kcalloc(test, 200, sizeof(*sizes), GFP_KERNEL);
	size_t alive = 0, peak = 0;
	struct rnd_state rnd;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, pool && objects && sizes);
	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < 100000; i++) {
		unsigned int at = prandom_u32_state(&rnd) % 200;

		if (objects[at] && !mp_free(pool, objects[at]))
			KUNIT_FAIL(test, "%p is not freed", objects[at]);
		alive -= ALIGN(sizes[at], MP_ALIGNMENT);
		sizes[at] = 513 + prandom_u32_state(&rnd) % 3188;
		objects[at] = mp_alloc(pool, sizes[at], 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[at]);
		alive += ALIGN(sizes[at], MP_ALIGNMENT);
		peak = max(peak, alive);
		expect_bound(test, pool, peak);
		if (i % 1000 == 0)
			check_arenas(test, pool);
	}
	kunit_info(test, "%zu bytes alive at most, %lu pages held", peak, pool->pages);
	mp_destroy_pool(pool);
}

/* 20 objects, one byte larger each time. */
static void pool_arena_test_bound_in_turn(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 *objects[20] = {};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (i = 0; i < 3188; i++) {
		if (i >= 20)
			KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i % 20]));
		objects[i % 20] = mp_alloc(pool, 513 + i, 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[i % 20]);
		expect_bound(test, pool, min(i + 1, 20U) * (513UL + i));
	}
	mp_destroy_pool(pool);
}

/* A buffer that grows: allocate the new one, free the old one. */
static void pool_arena_test_bound_growing(struct kunit *test)
{
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 *old = NULL;
	size_t size;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (size = 520; size <= 3700; size += 16) {
		u8 *object = mp_alloc(pool, size, 0);

		if (old)
			KUNIT_EXPECT_TRUE(test, mp_free(pool, old));
		old = object;
		expect_bound(test, pool, 2 * size);
	}
	mp_destroy_pool(pool);
}

/*
 * The work that is worst for every allocator that moves no object (Robson, 1971): fill the
 * pool, free all but one object of each stretch, go on with objects of twice the size.
 */
static void pool_arena_test_bound_doubling(struct kunit *test)
{
	enum { ALIVE = 300 * 544 };
	struct mp_pool *pool = mp_create_pool(fixture(test)->region, 512, 0);
	u8 **objects = kunit_kcalloc(test, 300, sizeof(*objects), GFP_KERNEL);
	u32 *sizes = kunit_kcalloc(test, 300, sizeof(*sizes), GFP_KERNEL);
	size_t size, alive = 0, stretch;
	unsigned int nr = 0, i, kept;

	KUNIT_ASSERT_TRUE(test, pool && objects && sizes);
	for (size = 544; size < 3 * PAGE_SIZE; size *= 2) {
		while (alive + size <= ALIVE) {
			objects[nr] = mp_alloc(pool, size, 0);
			KUNIT_ASSERT_NOT_NULL(test, objects[nr]);
			sizes[nr++] = size;
			alive += size;
			expect_bound(test, pool, ALIVE);
		}
		/* Keep the first object of each stretch of four of the next objects. */
		for (i = 0, kept = 0, stretch = -1; i < nr; i++) {
			size_t here = (uintptr_t)objects[i] / (8 * size);

			if (here != stretch) {
				stretch = here;
				objects[kept] = objects[i];
				sizes[kept++] = sizes[i];
			} else {
				KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
				alive -= sizes[i];
			}
		}
		nr = kept;
		check_arenas(test, pool);
	}
	kunit_info(test, "%lu pages held for %u", pool->pages, (unsigned int)(ALIVE / PAGE_SIZE));
	mp_destroy_pool(pool);
}

static struct kunit_case pool_arena_cases[] = {
	KUNIT_CASE(pool_arena_test_merge),
	KUNIT_CASE(pool_arena_test_lowest_hole),
	KUNIT_CASE(pool_arena_test_wrong_pointers),
	KUNIT_CASE(pool_arena_test_gives_back),
	KUNIT_CASE(pool_arena_test_gap),
	KUNIT_CASE(pool_arena_test_trim),
	KUNIT_CASE(pool_arena_test_rewind),
	KUNIT_CASE(pool_arena_test_descriptions),
	KUNIT_CASE(pool_arena_test_more_than_a_page),
	KUNIT_CASE(pool_arena_test_alignment),
	KUNIT_CASE(pool_arena_test_scarce),
	KUNIT_CASE(pool_arena_test_bound_random),
	KUNIT_CASE(pool_arena_test_bound_in_turn),
	KUNIT_CASE(pool_arena_test_bound_growing),
	KUNIT_CASE(pool_arena_test_bound_doubling),
	{}
};

static struct kunit_suite pool_arena_suite = {
	.name = "pool_arena",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_arena_cases,
};

kunit_test_suite(pool_arena_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_arena");
MODULE_LICENSE("GPL");
