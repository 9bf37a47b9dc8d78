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
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < BUDDY_NR_ORDERS; i++)
		sum += region->stats.allocs[i] + region->stats.fails[i];
	return sum;
}
EXPORT_SYMBOL_GPL(nr_asked);

bool in_block(struct mp_block *block, const void *object, size_t size)
{
	return object >= (void *)block_start(block) &&
	       object + size <= (void *)block->end;
}
EXPORT_SYMBOL_GPL(in_block);

bool in_pool(struct mp_pool *pool, const void *object, size_t size)
{
	struct mp_entry *large;
	struct mp_block *block;

	for (block = &pool->first; block; block = block->next)
		if (in_block(block, object, size))
			return true;
	list_for_each_entry(large, &pool->entry_list, list)
		if (large->addr == object && large->pages == DIV_ROUND_UP(size, PAGE_SIZE))
			return true;
	return false;
}
EXPORT_SYMBOL_GPL(in_pool);

void grow_pool(struct kunit *test, struct mp_pool *pool, unsigned long nr)
{
	while (pool->nr_blocks < nr)
		KUNIT_ASSERT_NOT_NULL(test, mp_alloc(pool, pool->max, 0));
}
EXPORT_SYMBOL_GPL(grow_pool);
