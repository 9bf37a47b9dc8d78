// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that can be freed before their pool: allocate, mp_free(), undo.
 *
 * The words:
 *
 *	small object	at most pool->max bytes; has no entry and is freed with the
 *			pool only (see pool.c)
 *	medium object	larger, but fits into a block; its entry lies behind it in the
 *			block
 *	large object	larger than what a block holds; has pages of its own, and its
 *			entry lies in a block
 *	entry		a struct mp_entry, which describes one medium or large object
 *	hole		a freed medium object with its entry; it is used again for a
 *			medium object that fits
 *	slot		an entry without an object, its large object being freed; it is
 *			used again for the next large object
 *
 * Differences from nginx's ngx_palloc.c, and the reasons:
 *
 * - Entries with an object are in a tree, sorted by address, so that mp_free() finds one
 *   in logarithmic time.  nginx walks a list.
 * - Every slot is used again.  nginx looks at the first few only.
 * - Blocks are whole pages.  An object that is larger than a block in nginx may
 *   therefore fit into a block here, which is why there are medium objects and holes.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rbtree.h>

#include "internal.h"
#include "trace.h"

#define MOST_HOLES	4	/* holes that one request looks at */

/* --- entries --- */

/* Return the entry of the object at @addr, or NULL. */
static struct mp_entry *find_entry(struct mp_pool *pool, const void *addr)
{
	struct rb_node *node = pool->entries.rb_node;

	while (node) {
		struct mp_entry *entry = rb_entry(node, struct mp_entry, node);

		if (addr == entry->addr)
			return entry;
		node = addr < entry->addr ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static bool entry_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct mp_entry, node)->addr <
	       rb_entry(b, struct mp_entry, node)->addr;
}

/* Add an entry that has got an object.  Until now it was new, a hole or a slot. */
static void add_entry(struct mp_pool *pool, struct mp_entry *entry)
{
	entry->serial = ++pool->serial;
	pool->at_mark = false;
	list_move(&entry->list, &pool->entry_list);
	rb_add(&entry->node, &pool->entries, entry_less);
}

/* Begin a new entry.  It is in no list yet, and has no object. */
static void init_entry(struct mp_pool *pool, struct mp_entry *entry, bool is_medium)
{
	entry->is_medium = is_medium;
	entry->born = ++pool->serial;
	entry->older = pool->newest;
	pool->newest = entry;
	INIT_LIST_HEAD(&entry->list);
}

/* Make the object of @entry a hole, or free its pages and make the entry a slot. */
static void free_entry(struct mp_pool *pool, struct mp_entry *entry)
{
	rb_erase(&entry->node, &pool->entries);
	if (entry->is_medium) {
		list_move(&entry->list, &pool->holes);
		pool->freed += entry->size;
		mp_poison(entry->addr, entry);
	} else {
		list_move(&entry->list, &pool->slots);
		pool->nr_large--;
		pool->large_pages -= entry->pages;
		mp_free_pages(pool, entry->addr, entry->pages);
	}
}

/* --- large objects --- */

static struct mp_entry *new_slot(struct mp_pool *pool, gfp_t gfp)
{
	struct mp_entry *entry = mp_alloc_small(pool, sizeof(*entry), sizeof(void *) - 1,
						gfp);

	if (entry)
		init_entry(pool, entry, false);
	return entry;
}

/* Return true if there is a slot, or room for a new one without asking the region. */
static bool has_slot(const struct mp_pool *pool)
{
	size_t most = sizeof(struct mp_entry) + POOL_REDZONE + POOL_GRANULE;

	return !list_empty(&pool->slots) || pool->tail->next ||
	       pool->end - pool->last >= most ||
	       (pool->other && block_room(pool->other) >= most);
}

/*
 * Allocate an object of @size bytes with pages of its own, which are aligned to
 * 2^@align_order pages.  The pages are allocated before the entry: they can be freed if
 * there is no memory for the entry, but a small object cannot.
 */
void *mp_alloc_large(struct mp_pool *pool, size_t size, unsigned int align_order,
		     gfp_t gfp)
{
	unsigned long pages = (size - 1) / PAGE_SIZE + 1;
	struct mp_entry *entry;
	void *addr;

	/* In an NMI, pages cannot be freed if there is no memory for the entry. */
	if (unlikely(in_nmi()) && !has_slot(pool))
		return NULL;
	addr = mp_alloc_pages(pool, pages, align_order, gfp);
	if (!addr)
		return NULL;
	entry = list_first_entry_or_null(&pool->slots, struct mp_entry, list) ?:
		new_slot(pool, gfp);
	if (!entry) {
		mp_free_pages(pool, addr, pages);
		return NULL;
	}
	entry->addr = addr;
	entry->pages = pages;
	add_entry(pool, entry);
	pool->nr_large++;
	pool->large_pages += pages;
	mp_poison(addr, addr + (pages << PAGE_SHIFT));
	mp_unpoison(addr, size);
	trace_mp_large(pool, size);
	return addr;
}

/* --- medium objects --- */

/* Return the distance from a medium object of @size bytes to its entry. */
static size_t entry_offset(size_t size)
{
	return round_up(size + POOL_REDZONE, sizeof(void *));
}

/* Return the bytes of a block that a medium object of @size bytes takes. */
size_t mp_medium_size(size_t size)
{
	return entry_offset(size) + sizeof(struct mp_entry);
}

/* Look at the first holes and return one that the request fits into, or NULL. */
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

/*
 * Move the holes in front of @found to the end of the list, so that the next request
 * looks at others.  If @found is NULL, move all holes that find_hole() has looked at.  A
 * request that fails does not call this, because it must change nothing.
 */
static void pass_holes(struct mp_pool *pool, struct mp_entry *found)
{
	unsigned int tries = MOST_HOLES;

	while (tries-- && !list_empty(&pool->holes) &&
	       (!found || pool->holes.next != &found->list))
		list_move_tail(pool->holes.next, &pool->holes);
}

/* Allocate an object of @size bytes with its entry behind it, in a hole or in a block. */
void *mp_alloc_medium(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	struct mp_entry *entry = find_hole(pool, size, align_mask);
	void *object;

	if (entry) {
		pass_holes(pool, entry);
		pool->freed -= entry->size;
	} else {
		object = mp_alloc_small(pool, mp_medium_size(size),
					align_mask | (sizeof(void *) - 1), gfp);
		if (!object)
			return NULL;
		pass_holes(pool, NULL);
		entry = object + entry_offset(size);
		init_entry(pool, entry, true);
		entry->addr = object;
		entry->size = size;
		mp_poison(object, entry);
	}
	add_entry(pool, entry);
	mp_unpoison(entry->addr, size);
	return entry->addr;
}

/* --- undo --- */

/* Free all large objects and forget all entries, without removing each from the tree. */
static void undo_all(struct mp_pool *pool)
{
	struct mp_entry *entry;

	pool->entries = RB_ROOT;
	list_for_each_entry(entry, &pool->entry_list, list)
		if (!entry->is_medium)
			mp_free_pages(pool, entry->addr, entry->pages);
	INIT_LIST_HEAD(&pool->entry_list);
	INIT_LIST_HEAD(&pool->slots);
	INIT_LIST_HEAD(&pool->holes);
	pool->newest = NULL;
	pool->nr_large = 0;
	pool->large_pages = 0;
	pool->freed = 0;
}

/*
 * Free the objects that are newer than @serial, then forget the entries that are: these
 * have no object any more, and are holes or slots.  Nothing older is looked at.
 */
static void undo_newer(struct mp_pool *pool, u64 serial)
{
	struct mp_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &pool->entry_list, list) {
		if (entry->serial <= serial)
			break;
		free_entry(pool, entry);
	}
	for (entry = pool->newest; entry && entry->born > serial; entry = entry->older) {
		list_del(&entry->list);
		if (entry->is_medium)
			pool->freed -= entry->size;
	}
	pool->newest = entry;
}

/* Undo all medium and large allocations since @serial, or all of them if it is 0. */
void mp_undo_entries(struct mp_pool *pool, u64 serial)
{
	if (serial)
		undo_newer(pool, serial);
	else
		undo_all(pool);
}

/**
 * mp_free() - free an object before its pool
 * @pool: the pool that the object was allocated from
 * @object: the address that the allocation returned; for any other pointer, NULL too,
 *	the call changes nothing and returns false
 *
 * An object can be freed if it has pages of its own, or if it is larger than the size
 * that the pool was created with (and larger than 80 bytes).  Its pages return to the
 * region; its place in a block is used again for an object that fits.  Smaller objects
 * are freed with the pool only.  The object is found in logarithmic time.
 *
 * Context: process, softirq or hardirq context, by one user of the pool at a time.  May
 * take the region's raw spinlock, see buddy_free().  In NMI context the call is refused
 * and counted in the debugfs file bad_calls, as is one whose @pool is no pool.
 * Return: true if the object was freed, false if not.
 */
bool mp_free(struct mp_pool *pool, const void *object)
{
	struct mp_entry *entry;

	if (!is_pool_to_free(__func__, pool))
		return false;
	mp_enter(pool);
	entry = find_entry(pool, object);
	if (entry)
		free_entry(pool, entry);
	mp_leave(pool);
	return !!entry;
}
EXPORT_SYMBOL_GPL(mp_free);
