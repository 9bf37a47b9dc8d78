// SPDX-License-Identifier: GPL-2.0
/*
 * Large objects, medium objects in blocks, and mp_free().
 *
 * The words:
 *
 *	small object	at most pool->max bytes; has no entry and is freed with the
 *			pool only (see pool.c)
 *	medium object	larger, but too small for pages of its own; lies in an arena (see
 *			arena.c).  The first ones of a pool lie in a block
 *	large object	has pages of its own
 *	entry		a struct mp_entry, which describes a large object, or a medium one
 *			in a block.  Entries lie in blocks
 *	slot		an entry without an object, its large object being freed; it is
 *			used again for the next large object
 *
 * Differences from nginx's ngx_palloc.c, and the reasons:
 *
 * - Entries with an object are in a tree, sorted by address, so that mp_free() finds one
 *   in logarithmic time.  nginx walks a list.
 * - Every slot is used again.  nginx looks at the first few only.
 * - nginx takes a medium object from malloc(), and gives it back there.  The kernel's
 *   kmalloc() is no part of the region, so here there are arenas.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rbtree.h>

#include "internal.h"
#include "trace.h"

/* --- entries --- */

static int compare_addr(const void *addr, const struct rb_node *node)
{
	const void *other = rb_entry(node, struct mp_entry, node)->addr;

	return addr < other ? -1 : addr > other;
}

/* Return the entry of the object at @addr, or NULL. */
static struct mp_entry *find_entry(struct mp_pool *pool, const void *addr)
{
	return rb_entry_safe(rb_find(addr, &pool->entries, compare_addr), struct mp_entry, node);
}

static bool entry_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct mp_entry, node)->addr <
	       rb_entry(b, struct mp_entry, node)->addr;
}

/* Add an entry that has got an object.  Until now it was new or a slot. */
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

/*
 * Free the pages of a large object and make its entry a slot.  The bytes of a medium object
 * in a block are not used again before the block is.
 */
static void free_entry(struct mp_pool *pool, struct mp_entry *entry)
{
	rb_erase(&entry->node, &pool->entries);
	if (entry->is_medium) {
		list_del_init(&entry->list);
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
	if (unlikely(in_nmi()) && list_empty(&pool->slots) && !mp_has_room(pool, sizeof(*entry)))
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

/* --- medium objects in blocks --- */

/*
 * Allocate an object of @size bytes with its entry behind it, if one of the two blocks that
 * are tried has room, and if all such objects together are not more than a block; or else
 * return NULL.  So a pool that dies young needs no arena, and one that lives long loses one
 * block at most.
 */
void *mp_alloc_medium(struct mp_pool *pool, size_t size, size_t align_mask)
{
	/* The entry lies behind the object, at this distance. */
	size_t offset = round_up(size + POOL_REDZONE, sizeof(void *));
	size_t bytes = offset + sizeof(struct mp_entry);
	struct mp_entry *entry;
	void *object;

	if (pool->medium + bytes > pool->block_pages << PAGE_SHIFT)
		return NULL;
	object = mp_alloc_tried(pool, bytes, align_mask | (sizeof(void *) - 1));
	if (!object)
		return NULL;
	pool->medium += bytes;
	entry = object + offset;
	init_entry(pool, entry, true);
	entry->addr = object;
	entry->size = size;
	mp_poison(object, entry);
	add_entry(pool, entry);
	mp_unpoison(object, size);
	return object;
}

/* --- resize and undo --- */

/* Resize a large object, or a medium one in a block, in place.  Its memory stays the same. */
enum mp_resize mp_entry_resize(struct mp_pool *pool, const void *object, size_t old_size,
			       size_t new_size)
{
	struct mp_entry *entry = find_entry(pool, object);
	size_t most;

	if (!entry)
		return MP_NOT_MINE;
	most = entry->is_medium ? entry->size : entry->pages << PAGE_SHIFT;
	if (old_size > most)
		return MP_WRONG_SIZE;
	/* Pages that are not needed any more, or half a page, are worth a move. */
	if (new_size > most ||
	    (!entry->is_medium && new_size <= max(most - PAGE_SIZE, most / 2)))
		return MP_NO_ROOM;
	mp_poison(object, PTR_ALIGN(object + most, POOL_GRANULE));
	mp_unpoison(object, new_size);
	return MP_RESIZED;
}

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
	pool->newest = NULL;
	pool->nr_large = 0;
	pool->large_pages = 0;
	pool->freed = 0;
}

/*
 * Free the objects that are newer than @serial, then forget the entries that are: these
 * have no object any more.  Nothing older is looked at.
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
	if (serial) {
		undo_newer(pool, serial);
		mp_arena_undo(pool, serial);
	} else {
		undo_all(pool);
		mp_arena_undo_all(pool);
	}
}

/**
 * mp_free() - free an object before its pool
 * @pool: the pool that the object was allocated from
 * @object: the address that the allocation returned; for any other pointer, NULL too,
 *	the call changes nothing and returns false
 *
 * An object can be freed if it is larger than the size that the pool was created with (and
 * larger than 80 bytes), if it has a page or more, or if it does not fit into an empty block.
 * Freed bytes are used again, and whole pages of them return to the region.  Exception: up to
 * one block of the pool's first objects lies between small objects, and is used again after a
 * reset.  Other objects are freed with the pool only.  The object is found in logarithmic time.
 *
 * Context: process, softirq or hardirq context, by one user of the pool at a time.  May
 * take the region's raw spinlock, see buddy_free().  In NMI context the call is refused
 * and counted in the debugfs file bad_calls, as is one whose @pool is no pool.
 * Return: true if the object was freed, false if not.
 */
bool mp_free(struct mp_pool *pool, const void *object)
{
	struct mp_entry *entry;
	bool freed = true;

	if (!is_pool_to_free(__func__, pool))
		return false;
	mp_enter(pool);
	entry = find_entry(pool, object);
	if (entry)
		free_entry(pool, entry);
	else
		freed = mp_arena_free(pool, object);
	mp_leave(pool);
	return freed;
}
EXPORT_SYMBOL_GPL(mp_free);
