// SPDX-License-Identifier: GPL-2.0
/*
 * The pool's krealloc(): an object gets another size, in place if it can.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

/*
 * Resize a small object in place if it is the last one of the active block.  An object that
 * is older than the newest savepoint keeps its end, because a rewind goes back to that end.
 */
static enum mp_resize resize_small(struct mp_pool *pool, u8 *object, size_t old_size,
				   size_t new_size)
{
	u8 *end = object + old_size + POOL_REDZONE;
	const u8 *start = block_start(pool->active);
	bool is_older = pool->marked >= start && pool->marked <= pool->end &&
			object < pool->marked;

	if (object < start || end != pool->last || is_older ||
	    new_size > pool->max || new_size + POOL_REDZONE > pool->end - object)
		return MP_NO_ROOM;
	sync_active(pool);
	pool->last = object + new_size + POOL_REDZONE;
	pool->given += new_size - old_size;
	pool->at_mark = false;
	/* pool->bumped has unsigned arithmetic, so the pointer may move back. */
	sync_active(pool);
	mp_poison(object, pool->end);
	mp_unpoison(object, new_size);
	return MP_RESIZED;
}

static enum mp_resize resize(struct mp_pool *pool, void *object, size_t old_size,
			     size_t new_size)
{
	enum mp_resize result = mp_entry_resize(pool, object, old_size, new_size);

	if (result == MP_NOT_MINE)
		result = mp_arena_resize(pool, object, old_size, new_size, true);
	if (result == MP_NOT_MINE)
		result = resize_small(pool, object, old_size, new_size);
	return result;
}

/**
 * mp_realloc() - change the size of an object
 * @pool: the pool that the object was allocated from
 * @object: the object; for NULL and ZERO_SIZE_PTR a new one is allocated
 * @old_size: the object's present size in bytes
 * @new_size: its new size in bytes; 0 frees the object, if mp_free() can
 * @gfp: as for mp_alloc(); __GFP_ZERO clears the bytes behind the first @old_size
 *
 * The object stays where it is if it is the last one of its block, if what lies behind it is
 * free, or if its pages are as many as before.  Otherwise the bytes are copied to a new
 * object, and the old one is freed if mp_free() can free it; a small one is freed with the
 * pool.  An object that shrinks moves, too, if it would keep memory from others: to fewer
 * pages, to a free place in front of it, or between small objects if it is one from now on.
 * A new object is aligned as by mp_alloc(), and is freed by a rewind to a savepoint that is
 * older than this call.
 *
 * Context: as mp_free().  May take the region's raw spinlock with interrupts off.
 * Return: the object; ZERO_SIZE_PTR for a @new_size of 0.  NULL if there is no memory for a
 * larger object, and for a zone flag.  NULL also if @pool is no pool, if @object is an error
 * pointer or smaller than @old_size, and in NMI context, which is counted in the debugfs file
 * bad_calls.  After NULL, the object is as it was.
 */
void *mp_realloc(struct mp_pool *pool, void *object, size_t old_size, size_t new_size, gfp_t gfp)
{
	bool shrinks = new_size <= old_size;
	enum mp_resize result;
	void *moved;

	if (!is_pool_to_free(__func__, pool))
		return NULL;
	if (ZERO_OR_NULL_PTR(object))
		return mp_alloc_object(pool, new_size, pool->align_mask, gfp);
	if (!buddy_is_pointer(__func__, "this is no object", object) ||
	    is_zone_asked(pool, new_size, gfp))
		return NULL;
	if (!new_size) {
		mp_free(pool, object);
		return ZERO_SIZE_PTR;
	}
	mp_enter(pool);
	result = resize(pool, object, old_size, new_size);
	mp_leave(pool);
	if (result == MP_WRONG_SIZE) {
		mp_report_state(__func__, pool, "this pool's object is smaller than the old size");
		return NULL;
	}
	if (result == MP_RESIZED) {
		moved = object;
	} else {
		moved = mp_alloc_object(pool, new_size, pool->align_mask,
					(gfp & ~__GFP_ZERO) | (shrinks ? __GFP_NOWARN : 0));
		if (!moved && !shrinks)
			return NULL;
		if (!moved) {
			mp_poison(object, PTR_ALIGN(object + old_size, POOL_GRANULE));
			mp_unpoison(object, new_size);
			mp_enter(pool);
			mp_arena_resize(pool, object, old_size, new_size, false);
			mp_leave(pool);
			return object;
		}
		memcpy(moved, object, min(old_size, new_size));
		mp_free(pool, object);
	}
	if (gfp & __GFP_ZERO && !shrinks)
		memset(moved + old_size, 0, new_size - old_size);
	return moved;
}
EXPORT_SYMBOL_GPL(mp_realloc);
