// SPDX-License-Identifier: GPL-2.0
/* The fixture and the helpers of the pool layer's suites; pool_common.h describes them. */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "pool_common.h"

int pool_fixture_init(struct kunit *test)
{
	struct pool_fixture *fixture = kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);
	void *all;

	KUNIT_ASSERT_NOT_NULL(test, fixture);
	fixture->region = test_region_mapped(test, 0, FIXTURE_PAGES);
	fixture->fresh = test_stats(test, fixture->region);
	/* Fill the region, so that a test does not find zeroes by chance. */
	all = buddy_alloc(fixture->region, ilog2(FIXTURE_PAGES), 0);
	KUNIT_ASSERT_NOT_NULL(test, all);
	memset(all, 0xff, FIXTURE_PAGES << PAGE_SHIFT);
	buddy_free(fixture->region, all, ilog2(FIXTURE_PAGES));

	fixture->pool = mp_create_pool(fixture->region, PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_NULL(test, fixture->pool);
	test->priv = fixture;
	return 0;
}
EXPORT_SYMBOL_GPL(pool_fixture_init);

void pool_fixture_exit(struct kunit *test)
{
	struct pool_fixture *fixture = test->priv;
	unsigned int i;

	if (!fixture)
		return;
	mp_destroy_pool(fixture->pool);
	expect_all_free(test, fixture->region, fixture->fresh);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ(test, atomic_long_read(&fixture->region->errors[i]), 0L);
}
EXPORT_SYMBOL_GPL(pool_fixture_exit);

/* Data of a cleanup handler that writes @text into the diary. */
struct letter {
	struct pool_fixture *fixture;
	const char *text;
};

static void write_letter(void *data)
{
	struct letter *letter = data;

	strlcat(letter->fixture->diary, letter->text, sizeof(letter->fixture->diary));
}

void add_letter(struct kunit *test, struct mp_pool *pool, const char *text)
{
	struct letter *letter = kunit_kzalloc(test, sizeof(*letter), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, letter);
	letter->fixture = test->priv;
	letter->text = text;
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, write_letter, letter, 0), 0);
}
EXPORT_SYMBOL_GPL(add_letter);

unsigned long pages_used(struct buddy_region *region)
{
	buddy_region_drain(region);
	return region->stats.pages - region->stats.free_pages;
}
EXPORT_SYMBOL_GPL(pages_used);

u64 nr_asked(struct buddy_region *region)
{
	static struct buddy_stats stats;
	u64 sum = 0;
	unsigned int i;

	buddy_region_stats(region, &stats);
	for (i = 0; i < BUDDY_NR_ORDERS; i++)
		sum += stats.allocs[i] + stats.fails[i];
	return sum;
}
EXPORT_SYMBOL_GPL(nr_asked);

bool in_block(struct mp_block *block, const void *object, size_t size)
{
	return object >= (void *)block_start(block) &&
	       object + size <= (void *)block->end;
}
EXPORT_SYMBOL_GPL(in_block);

/* Return true if the arena holds all pages of the object. */
static bool in_arena(struct mp_arena *arena, const void *object, size_t size)
{
	size_t offset = object - arena->start, page;

	if (object < arena->start || offset + size > ARENA_BYTES)
		return false;
	for (page = offset / PAGE_SIZE; page <= (offset + size - 1) / PAGE_SIZE; page++)
		if (!(arena->held & BIT(page)))
			return false;
	return true;
}

bool in_pool(struct mp_pool *pool, const void *object, size_t size)
{
	struct mp_arena *arena;
	struct mp_entry *large;
	struct mp_block *block;

	for (block = &pool->first; block; block = block->next)
		if (in_block(block, object, size))
			return true;
	for (arena = pool->newest_arena; arena; arena = arena->older)
		if (in_arena(arena, object, size))
			return true;
	list_for_each_entry(large, &pool->entry_list, list)
		if (large->addr == object && large->pages == DIV_ROUND_UP(size, PAGE_SIZE))
			return true;
	return false;
}
EXPORT_SYMBOL_GPL(in_pool);

/* What check_arenas() has counted of a pool's arenas. */
struct census {
	unsigned long pages;
	unsigned long spare;
	unsigned long holes;
	unsigned long objects;
	size_t given;
};

/* Check the chunks of @arena from the page @page on, up to one that the arena does not hold. */
static unsigned int check_run(struct kunit *test, struct mp_arena *arena, unsigned int page,
			      struct census *census)
{
	void *at = arena->start + page * PAGE_SIZE;
	bool after_hole = false;
	u16 before = 0;

	while (!PAGE_ALIGNED(at) || arena->held & BIT((at - arena->start) >> PAGE_SHIFT)) {
		struct mp_chunk *chunk = at;
		void *end = at + chunk->units * ARENA_UNIT;
		unsigned int unit = (at - arena->start) / ARENA_UNIT;
		void *first = PTR_ALIGN(at, PAGE_SIZE);

		KUNIT_ASSERT_NE(test, chunk->units, 0);
		KUNIT_ASSERT_EQ(test, chunk->before, before);
		KUNIT_ASSERT_FALSE(test, chunk->is_hole && after_hole);
		KUNIT_ASSERT_NE(test, test_bit(unit, arena->objects), chunk->is_hole);
		if (chunk->is_hole) {
			census->holes++;
			census->spare += end > first ? (end - first) / PAGE_SIZE : 0;
		} else {
			census->objects++;
			census->given += end - at;
		}
		after_hole = chunk->is_hole;
		before = chunk->units;
		at = end;
	}
	return (at - arena->start) >> PAGE_SHIFT;
}

static u16 largest_below(struct rb_node *node)
{
	return node ? rb_entry(node, struct mp_chunk, node)->largest : 0;
}

void check_arenas(struct kunit *test, struct mp_pool *pool)
{
	struct census census = {};
	struct mp_arena *arena;
	struct rb_node *node;

	for (arena = pool->newest_arena; arena; arena = arena->older) {
		unsigned int page;

		census.pages += hweight_long(arena->held);
		census.objects -= bitmap_weight(arena->objects, ARENA_BYTES / ARENA_UNIT);
		for (page = 0; page < ARENA_PAGES; page++)
			if (arena->held & BIT(page))
				page = check_run(test, arena, page, &census);
	}
	KUNIT_EXPECT_EQ(test, census.objects, 0UL);
	KUNIT_EXPECT_EQ(test, census.pages, pool->arena_pages);
	KUNIT_EXPECT_EQ(test, census.spare, pool->spare_pages);
	KUNIT_EXPECT_EQ(test, census.given, pool->arena_given);
	for (node = rb_first(&pool->holes); node; node = rb_next(node)) {
		struct mp_chunk *hole = rb_entry(node, struct mp_chunk, node);

		KUNIT_ASSERT_TRUE(test, hole->is_hole);
		KUNIT_ASSERT_EQ(test, hole->largest,
				max3(hole->units, largest_below(node->rb_left),
				     largest_below(node->rb_right)));
		census.holes--;
	}
	KUNIT_EXPECT_EQ(test, census.holes, 0UL);
}
EXPORT_SYMBOL_GPL(check_arenas);

void expect_bound(struct kunit *test, struct mp_pool *pool, size_t bytes)
{
	unsigned int twice = pool->max < 3 * PAGE_SIZE / 32 ? 9 + PAGE_SHIFT - 12 : 6;

	KUNIT_ASSERT_LE(test, pool->pages << PAGE_SHIFT,
			twice * bytes / 2 + 2 * (pool->block_pages << PAGE_SHIFT) + SZ_64K);
}
EXPORT_SYMBOL_GPL(expect_bound);

void grow_pool(struct kunit *test, struct mp_pool *pool, unsigned long nr)
{
	while (pool->nr_blocks < nr)
		KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
}
EXPORT_SYMBOL_GPL(grow_pool);
