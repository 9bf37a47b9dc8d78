// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that can be freed before their pool: large ones, which have pages of
 * their own, and medium ones, which are in a block.
 *
 * Each has an entry in the pool's blocks.  What is different from nginx's
 * ngx_palloc.c, and why:
 *
 * - The entries are in a tree by address, so that one is found in logarithmic
 *   time where nginx walks a list; every empty entry is reused, where nginx looks
 *   at the first few.
 * - Blocks are whole pages here, so what is larger than a block in nginx may fit
 *   into one.  The hole that it leaves when it is freed is for the next one.
 */
#include <linux/module.h>

#include "internal.h"
#include "trace.h"

#define MOST_HOLES	4	/* that a request looks at */

static struct mp_large *find_large(struct mp_pool *pool, const void *addr)
{
	struct rb_node *node = pool->larges.rb_node;

	while (node) {
		struct mp_large *large = rb_entry(node, struct mp_large, node);

		if (addr == large->addr)
			return large;
		node = addr < large->addr ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static bool large_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct mp_large, node)->addr <
	       rb_entry(b, struct mp_large, node)->addr;
}

static void enter_large(struct mp_pool *pool, struct mp_large *large)
{
	large->serial = ++pool->serial;
	list_move(&large->list, &pool->large_list);
	rb_add(&large->node, &pool->larges, large_less);
}

/* A new entry waits until it is needed: nothing is lost if its memory cannot be had. */
static struct mp_large *new_entry(struct mp_pool *pool, gfp_t gfp)
{
	struct mp_large *large = alloc_small(pool, sizeof(*large), sizeof(void *) - 1, gfp);

	if (large) {
		large->size = 0;
		large->born = ++pool->serial;
		list_add(&large->list, &pool->large_slots);
	}
	return large;
}

void *alloc_large(struct mp_pool *pool, size_t size, unsigned int align_order,
		  gfp_t gfp)
{
	struct mp_large *large;

	large = list_first_entry_or_null(&pool->large_slots, struct mp_large, list) ?:
		new_entry(pool, gfp);
	if (!large)
		return NULL;
	large->pages = (size - 1) / PAGE_SIZE + 1;
	large->addr = get_pages(pool->region, large->pages, align_order, gfp);
	if (!large->addr)
		return NULL;
	enter_large(pool, large);
	pool->nr_large++;
	pool->large_pages += large->pages;
	pool_poison(large->addr, large->addr + (large->pages << PAGE_SHIFT));
	pool_unpoison(large->addr, size);
	trace_mp_large(pool, size);
	return large->addr;
}

static struct mp_large *find_hole(struct mp_pool *pool, size_t size, size_t align_mask)
{
	unsigned int tries = MOST_HOLES;
	struct mp_large *hole;

	list_for_each_entry(hole, &pool->holes, list) {
		if (hole->size >= size && !((uintptr_t)hole->addr & align_mask))
			return hole;
		if (!--tries)
			break;
	}
	return NULL;
}

void *alloc_medium(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	struct mp_large *large = find_hole(pool, size, align_mask);

	if (large) {
		pool->freed -= large->size;
	} else {
		/* As old as its memory: they go together. */
		large = new_entry(pool, gfp);
		if (!large)
			return NULL;
		large->addr = alloc_small(pool, size, align_mask, gfp);
		if (!large->addr)
			return NULL;
		large->size = size;
	}
	enter_large(pool, large);
	pool_unpoison(large->addr, size);
	return large->addr;
}

static void free_large(struct mp_pool *pool, struct mp_large *large)
{
	rb_erase(&large->node, &pool->larges);
	if (large->size) {
		list_move(&large->list, &pool->holes);
		pool->freed += large->size;
		pool_poison(large->addr, large->addr + round_up(large->size, POOL_GRANULE));
	} else {
		list_move(&large->list, &pool->large_slots);
		pool->nr_large--;
		pool->large_pages -= large->pages;
		put_pages(pool->region, large->addr, large->pages);
	}
}

/* Entries that lie in the memory which goes, go with it. */
static void drop_entries(struct mp_pool *pool, struct list_head *list, u64 serial)
{
	struct mp_large *large, *next;

	list_for_each_entry_safe(large, next, list, list)
		if (large->born > serial) {
			list_del(&large->list);
			pool->freed -= large->size;
		}
}

/* No entry stays, so none needs to be taken out. */
static void drop_all(struct mp_pool *pool)
{
	struct mp_large *large;

	pool->larges = RB_ROOT;
	list_for_each_entry(large, &pool->large_list, list)
		if (!large->size)
			put_pages(pool->region, large->addr, large->pages);
	INIT_LIST_HEAD(&pool->large_list);
	INIT_LIST_HEAD(&pool->large_slots);
	INIT_LIST_HEAD(&pool->holes);
	pool->nr_large = 0;
	pool->large_pages = 0;
	pool->freed = 0;
}

void drop_larges(struct mp_pool *pool, u64 serial)
{
	struct mp_large *large, *next;

	if (!serial)
		return drop_all(pool);
	list_for_each_entry_safe(large, next, &pool->large_list, list) {
		if (large->serial <= serial)
			break;
		free_large(pool, large);
	}
	drop_entries(pool, &pool->large_slots, serial);
	drop_entries(pool, &pool->holes, serial);
}

/**
 * mp_free() - give an object back before its pool
 * @pool: where it came from
 * @object: what was allocated; anything else is left alone
 *
 * An object up to the size that the pool was made with goes with the pool alone.
 * A larger one is found in logarithmic time.  If it has pages of its own, they
 * are freed; its place in a block is for the next such object.
 *
 * Context: as buddy_free(), by one user at a time.
 * Return: true if @object was given back, false if it is not one of these.
 */
bool mp_free(struct mp_pool *pool, const void *object)
{
	struct mp_large *large;

	mp_enter(pool);
	large = find_large(pool, object);
	if (large)
		free_large(pool, large);
	mp_leave(pool);
	return large;
}
EXPORT_SYMBOL_GPL(mp_free);
