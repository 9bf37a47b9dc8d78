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
#include <linux/hardirq.h>
#include <linux/module.h>

#include "internal.h"
#include "trace.h"

#define MOST_HOLES	4	/* that a request looks at */

static struct mp_entry *find_large(struct mp_pool *pool, const void *addr)
{
	struct rb_node *node = pool->entries.rb_node;

	while (node) {
		struct mp_entry *large = rb_entry(node, struct mp_entry, node);

		if (addr == large->addr)
			return large;
		node = addr < large->addr ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static bool large_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct mp_entry, node)->addr <
	       rb_entry(b, struct mp_entry, node)->addr;
}

static void enter_large(struct mp_pool *pool, struct mp_entry *large)
{
	large->serial = ++pool->serial;
	pool->at_mark = false;
	list_move(&large->list, &pool->entry_list);
	rb_add(&large->node, &pool->entries, large_less);
}

static struct mp_entry *new_slot(struct mp_pool *pool, gfp_t gfp)
{
	struct mp_entry *large = mp_alloc_small(pool, sizeof(*large), sizeof(void *) - 1, gfp);

	if (large) {
		large->size = 0;
		large->born = ++pool->serial;
		INIT_LIST_HEAD(&large->list);
	}
	return large;
}

/* Whether an entry can be had without asking the region. */
static bool has_slot(const struct mp_pool *pool)
{
	size_t most = sizeof(struct mp_entry) + POOL_REDZONE + POOL_GRANULE;

	return !list_empty(&pool->slots) || pool->tail->next ||
	       pool->end - pool->last >= most ||
	       (pool->other && block_room(pool->other) >= most);
}

/* Its pages come first: they can be given back if its entry cannot be had. */
void *mp_alloc_large(struct mp_pool *pool, size_t size, unsigned int align_order,
		gfp_t gfp)
{
	unsigned long pages = (size - 1) / PAGE_SIZE + 1;
	struct mp_entry *large;
	void *addr;

	/* But not in an NMI. */
	if (unlikely(in_nmi()) && !has_slot(pool))
		return NULL;
	addr = mp_alloc_pages(pool->region, pages, align_order, gfp);
	if (!addr)
		return NULL;
	large = list_first_entry_or_null(&pool->slots, struct mp_entry, list) ?:
		new_slot(pool, gfp);
	if (!large) {
		mp_free_pages(pool->region, addr, pages);
		return NULL;
	}
	large->addr = addr;
	large->pages = pages;
	enter_large(pool, large);
	pool->nr_large++;
	pool->large_pages += pages;
	mp_kasan_add(pool, addr, pages);
	mp_poison(addr, addr + (pages << PAGE_SHIFT));
	mp_unpoison(addr, size);
	trace_mp_large(pool, size);
	return addr;
}

/* An object in a block, in front of its entry. */
static size_t entry_offset(size_t size)
{
	return round_up(size + POOL_REDZONE, sizeof(void *));
}

size_t mp_medium_size(size_t size)
{
	return entry_offset(size) + sizeof(struct mp_entry);
}

/* Among the first few. */
static struct mp_entry *find_hole(struct mp_pool *pool, size_t size, size_t align_mask)
{
	unsigned int tries = MOST_HOLES;
	struct mp_entry *hole;

	list_for_each_entry(hole, &pool->holes, list) {
		if (!tries--)
			break;
		if (hole->size >= size && !((uintptr_t)hole->addr & align_mask))
			return hole;
	}
	return NULL;
}

/* What find_hole() looked at in vain is for later, if the request has succeeded. */
static void pass_holes(struct mp_pool *pool, struct mp_entry *found)
{
	unsigned int tries = MOST_HOLES;

	while (tries-- && !list_empty(&pool->holes) &&
	       (!found || pool->holes.next != &found->list))
		list_move_tail(pool->holes.next, &pool->holes);
}

void *mp_alloc_medium(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	struct mp_entry *large = find_hole(pool, size, align_mask);
	void *object;

	if (large) {
		pass_holes(pool, large);
		pool->freed -= large->size;
	} else {
		object = mp_alloc_small(pool, mp_medium_size(size),
				     align_mask | (sizeof(void *) - 1), gfp);
		if (!object)
			return NULL;
		pass_holes(pool, NULL);
		large = object + entry_offset(size);
		large->addr = object;
		large->pages = 0;
		large->size = size;
		large->born = ++pool->serial;
		INIT_LIST_HEAD(&large->list);
		mp_poison(object, large);
	}
	enter_large(pool, large);
	mp_unpoison(large->addr, size);
	return large->addr;
}

static void put_large(struct mp_pool *pool, struct mp_entry *large)
{
	rb_erase(&large->node, &pool->entries);
	if (large->size) {
		list_move(&large->list, &pool->holes);
		pool->freed += large->size;
		mp_poison(large->addr, large);
	} else {
		list_move(&large->list, &pool->slots);
		pool->nr_large--;
		pool->large_pages -= large->pages;
		mp_free_pages(pool->region, large->addr, large->pages);
	}
}

/* Entries that lie in the memory which goes, go with it. */
static void drop_entries(struct mp_pool *pool, struct list_head *list, u64 serial)
{
	struct mp_entry *large, *next;

	list_for_each_entry_safe(large, next, list, list)
		if (large->born > serial) {
			list_del(&large->list);
			pool->freed -= large->size;
		}
}

/* No entry stays, so none needs to be taken out. */
static void drop_all(struct mp_pool *pool)
{
	struct mp_entry *large;

	pool->entries = RB_ROOT;
	list_for_each_entry(large, &pool->entry_list, list)
		if (!large->size)
			mp_free_pages(pool->region, large->addr, large->pages);
	INIT_LIST_HEAD(&pool->entry_list);
	INIT_LIST_HEAD(&pool->slots);
	INIT_LIST_HEAD(&pool->holes);
	pool->nr_large = 0;
	pool->large_pages = 0;
	pool->freed = 0;
}

void mp_undo_entries(struct mp_pool *pool, u64 serial)
{
	struct mp_entry *large, *next;

	if (!serial)
		return drop_all(pool);
	list_for_each_entry_safe(large, next, &pool->entry_list, list) {
		if (large->serial <= serial)
			break;
		put_large(pool, large);
	}
	drop_entries(pool, &pool->slots, serial);
	drop_entries(pool, &pool->holes, serial);
}

/**
 * mp_free() - give an object back before its pool
 * @pool: where it came from
 * @object: what was allocated; anything else is left alone
 *
 * An object with pages of its own can be freed, and one above the size that the
 * pool was made with (above 80 bytes, if that is more).  It is found in logarithmic
 * time.  Its pages are freed; its place in a block is for the next such object.
 * Any other goes with the pool alone.
 *
 * Context: as buddy_free(), by one user at a time; in an NMI it is refused with one WARN.
 * Return: true if @object was given back, false if it is not one of these.
 */
bool mp_free(struct mp_pool *pool, const void *object)
{
	struct mp_entry *large;

	if (!is_pool_to_free(__func__, pool))
		return false;
	mp_enter(pool);
	large = find_large(pool, object);
	if (large)
		put_large(pool, large);
	mp_leave(pool);
	return large;
}
EXPORT_SYMBOL_GPL(mp_free);
