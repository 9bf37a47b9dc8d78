// SPDX-License-Identifier: GPL-2.0
/*
 * Reset, savepoints and cleanup handlers: how a pool frees all of its objects, or those
 * since a savepoint.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "internal.h"
#include "trace.h"

/* --- cleanup handlers --- */

/* Return a struct for a handler: a spare one, which stays in its list, or a new one. */
static struct mp_cleanup *get_cleanup(struct mp_pool *pool, gfp_t gfp)
{
	struct mp_cleanup *cleanup = list_first_entry_or_null(&pool->spare_cleanups,
							      struct mp_cleanup, list);

	if (cleanup)
		return cleanup;
	cleanup = mp_alloc_object(pool, sizeof(*cleanup), sizeof(void *) - 1, gfp);
	if (!cleanup)
		return NULL;
	INIT_LIST_HEAD(&cleanup->list);
	cleanup->born = ++pool->serial;
	cleanup->older = pool->newest_cleanup;
	pool->newest_cleanup = cleanup;
	return cleanup;
}

/* Forget the structs that are newer than @serial; their handlers were called. */
static void drop_cleanups(struct mp_pool *pool, u64 serial)
{
	struct mp_cleanup *cleanup = pool->newest_cleanup;

	for (; cleanup && cleanup->born > serial; cleanup = cleanup->older)
		list_del(&cleanup->list);
	pool->newest_cleanup = cleanup;
}

/**
 * mp_add_cleanup() - have a function called before the pool's objects are freed
 * @pool: the pool
 * @handler: the function.  It is called once: by the next mp_reset_pool() or
 *	mp_destroy_pool(), or by mp_rewind_pool() to a savepoint that was set before this
 *	call.  The newest handler is called first.  All objects of the pool are still
 *	there, and the handler may use the pool, but not destroy it
 * @data: the argument of @handler
 * @gfp: as for mp_alloc()
 *
 * A handler that is added by a handler is called next.  A handler that always adds itself
 * again is therefore called until memory runs out.
 *
 * An object that a handler allocates while the pool is reset, rewound or destroyed lives
 * until that call ends, also if a handler resets or rewinds the pool meanwhile.
 *
 * Context: any: process, softirq, hardirq and NMI; as mp_alloc(), by one user of the pool at a
 * time.
 * Return: 0; -ENOMEM if there is no memory left, and for a zone flag in @gfp; -EINVAL if
 * @pool is no pool, or @handler is NULL or an error pointer, which is counted in the
 * debugfs file bad_calls.  After an error, @handler will not be called.
 */
int mp_add_cleanup(struct mp_pool *pool, void (*handler)(void *data),
		   void *data, gfp_t gfp)
{
	struct mp_cleanup *cleanup;

	if (!is_pool(__func__, pool) ||
	    !buddy_is_pointer(__func__, "this is no handler", handler))
		return -EINVAL;
	if (is_zone_asked(pool, sizeof(*cleanup), gfp))
		return -ENOMEM;
	cleanup = get_cleanup(pool, gfp & ~__GFP_ZERO);
	if (!cleanup)
		return -ENOMEM;
	mp_enter(pool);
	cleanup->handler = handler;
	cleanup->data = data;
	cleanup->serial = ++pool->serial;
	pool->at_mark = false;
	list_move(&cleanup->list, &pool->cleanups);
	mp_leave(pool);
	return 0;
}
EXPORT_SYMBOL_GPL(mp_add_cleanup);

/* Remove the newest handler that is @handler with @data; false if there is none. */
static bool remove_cleanup(const char *func, struct mp_pool *pool,
			   void (*handler)(void *data), const void *data)
{
	struct mp_cleanup *cleanup;
	bool found = false;

	if (!is_pool_to_free(func, pool))
		return false;
	mp_enter(pool);
	list_for_each_entry(cleanup, &pool->cleanups, list) {
		found = cleanup->handler == handler && cleanup->data == data;
		if (found) {
			list_move(&cleanup->list, &pool->spare_cleanups);
			break;
		}
	}
	mp_leave(pool);
	return found;
}

/**
 * mp_cancel_cleanup() - remove a cleanup handler without calling it
 * @pool: the pool
 * @handler: the function that was given to mp_add_cleanup()
 * @data: its argument
 *
 * If the handler was added several times with this argument, the newest one is removed.
 * The call looks at all newer handlers of the pool.  The next handler that is added uses
 * the bytes that described this one.
 *
 * Context: process, softirq or hardirq context, by one user of the pool at a time; a
 * cleanup handler may call this function.  In NMI context the call is refused and counted
 * in the debugfs file bad_calls, as is one whose @pool is no pool.
 * Return: true if the handler was removed, false if the pool does not have it.
 */
bool mp_cancel_cleanup(struct mp_pool *pool, void (*handler)(void *data), const void *data)
{
	return remove_cleanup(__func__, pool, handler, data);
}
EXPORT_SYMBOL_GPL(mp_cancel_cleanup);

/**
 * mp_run_cleanup() - remove a cleanup handler and call it now
 * @pool: the pool
 * @handler: the function that was given to mp_add_cleanup()
 * @data: its argument
 *
 * As mp_cancel_cleanup(), but the handler is called once, after it was removed.  It may
 * use the pool.
 *
 * Context: as mp_cancel_cleanup(), as far as the handler allows.
 * Return: true if the handler was called, false if the pool does not have it.
 */
bool mp_run_cleanup(struct mp_pool *pool, void (*handler)(void *data), void *data)
{
	bool found = remove_cleanup(__func__, pool, handler, data);

	if (found)
		handler(data);
	return found;
}
EXPORT_SYMBOL_GPL(mp_run_cleanup);

/* --- which savepoints are in force --- */

/*
 * A savepoint is in force from mp_mark_pool() until the pool is reset or rewound to an
 * earlier savepoint; then it is outdated.  So the savepoints in force are a stack.
 *
 * A struct mp_mark lies in memory of the pool's user, so the pool knows savepoints by
 * their serial numbers only.  pool->marks has the numbers of the newest MP_MARKS that are
 * in force.  Older ones are pushed out; of their numbers only the largest is kept, in
 * pool->lost.  All savepoints up to that number count as in force.
 */

/* Give @mark a serial number and push it onto the stack. */
static void push_mark(struct mp_pool *pool, struct mp_mark *mark)
{
	u64 distance;

	/*
	 * Nothing was allocated since the newest savepoint.  @mark is the same state of
	 * the pool, so it shares the number, and no old number is pushed out.
	 */
	if (pool->at_mark) {
		mark->serial = pool->floor + pool->marks[0];
		return;
	}
	mark->serial = ++pool->serial;
	distance = mark->serial - pool->floor;
	/*
	 * pool->marks has 32 bits for each number.  A pool that is not reset for more than
	 * 2^32 serial numbers has no numbers left; its savepoints count as in force.
	 */
	pool->at_mark = distance <= U32_MAX;
	if (!pool->at_mark) {
		pool->lost = mark->serial;
		return;
	}
	if (pool->marks[MP_MARKS - 1])
		pool->lost = max(pool->lost, pool->floor + pool->marks[MP_MARKS - 1]);
	memmove(&pool->marks[1], &pool->marks[0], (MP_MARKS - 1) * sizeof(pool->marks[0]));
	pool->marks[0] = distance;
}

/*
 * Pop all savepoints that are newer than the one of number @serial, which stays; or all
 * of them, if @serial is 0.
 */
static void pop_marks(struct mp_pool *pool, u64 serial)
{
	if (!serial) {
		pool->at_mark = false;
		memset(pool->marks, 0, sizeof(pool->marks));
		pool->floor = pool->serial;
		pool->lost = 0;
		return;
	}
	while (pool->marks[0] && pool->floor + pool->marks[0] > serial) {
		memmove(&pool->marks[0], &pool->marks[1],
			(MP_MARKS - 1) * sizeof(pool->marks[0]));
		pool->marks[MP_MARKS - 1] = 0;
	}
	pool->at_mark = pool->marks[0] && pool->floor + pool->marks[0] == serial;
	pool->lost = min(pool->lost, serial);
}

/* Return true if @mark, one of @pool's, is in force or cannot be told from such a one. */
static bool is_in_force(const struct mp_pool *pool, const struct mp_mark *mark)
{
	unsigned int i;

	if (mark->serial <= pool->floor)
		return false;
	for (i = 0; i < MP_MARKS; i++)
		if (pool->marks[i] == mark->serial - pool->floor)
			return true;
	return mark->serial <= pool->lost;
}

/* Return true if @mark can be rewound to.  Otherwise count and report a call of @func. */
static bool is_mark(const char *func, const struct mp_pool *pool, const struct mp_mark *mark)
{
	if (!buddy_is_pointer(func, "this is no mark", mark))
		return false;
	if (likely(mark->pool == pool && is_in_force(pool, mark)))
		return true;
	mp_report_mark(func, pool, mark);
	return false;
}

/* --- reset and rewind --- */

/*
 * Call the newest cleanup handler, or destroy the newest child if this is newer.  Return
 * false if both are not newer than number @serial.
 */
static bool undo_newest(struct mp_pool *pool, u64 serial)
{
	struct mp_cleanup *cleanup = list_first_entry_or_null(&pool->cleanups,
							      struct mp_cleanup, list);
	struct mp_pool *child = hlist_entry_safe(pool->children.first, struct mp_pool, sibling);
	u64 added = cleanup ? cleanup->serial : 0, born = child ? child->born : 0;

	if (max(added, born) <= serial)
		return false;
	mp_leave(pool);	/* a handler may use the pool */
	if (born > added) {
		/* The child is removed first, so that the caller's loop ends in any case. */
		mp_unlink_child(child);
		mp_destroy_pool(child);
	} else {
		void (*handler)(void *data) = cleanup->handler;
		void *data = cleanup->data;

		list_move(&cleanup->list, &pool->spare_cleanups);
		handler(data);
	}
	mp_enter(pool);
	return true;
}

/*
 * Bring the pool back to the state that @mark describes: call the newer cleanup handlers,
 * destroy the newer children, free the newer objects, and make the blocks that came since
 * spare.
 */
static void rewind(struct mp_pool *pool, const struct mp_mark *mark)
{
	struct mp_mark *outer = pool->undoing, to = *mark;
	struct mp_block *block;

	/*
	 * This call comes from a cleanup handler.  The outer rewind() is still calling
	 * handlers; it will go back as far as the earlier of the two marks.
	 */
	if (outer) {
		if (to.serial < outer->serial)
			*outer = to;
		return;
	}
	pool->undoing = &to;
	while (undo_newest(pool, to.serial))
		;
	pool->undoing = NULL;
	drop_cleanups(pool, to.serial);
	if (pool->serial > to.serial)
		mp_undo_entries(pool, to.serial);
	pop_marks(pool, to.serial);

	pool->tail = to.tail;
	pool->tail->last = to.last;
	pool->bumped = to.bumped;
	pool->skipped = to.skipped;
	pool->given = to.given;
	pool->medium = to.medium;
	set_active(pool, pool->tail, NULL);
	pool->marked = pool->last;

	if (IS_ENABLED(CONFIG_KASAN_GENERIC)) {
		mp_poison(pool->last, pool->end);
		for (block = pool->tail->next; block; block = block->next)
			mp_poison(block_start(block), block->end);
	}
}

/**
 * mp_reset_pool() - free all objects of a pool, but keep its blocks
 * @pool: the pool
 *
 * Calls the pool's cleanup handlers and destroys its child pools, the newest first, and
 * frees all pages of medium and large objects.  The blocks are used again from the first one on; a
 * reset costs nothing per block.  All savepoints are outdated.
 *
 * An object that a handler allocates lives until this call ends, also if a handler resets or
 * rewinds the pool meanwhile.  A handler of a child cannot reset the parent, see
 * mp_create_child().
 *
 * Context: process, softirq or hardirq context, as far as the handlers allow, by one user
 * of the pool at a time.  In NMI context the call is refused and counted in the debugfs
 * file bad_calls.
 */
void mp_reset_pool(struct mp_pool *pool)
{
	struct mp_mark start = {};

	if (!is_pool_to_free(__func__, pool) || !can_undo(__func__, pool, 0))
		return;
	start.tail = &pool->first;
	start.last = block_start(&pool->first);
	mp_enter(pool);
	trace_mp_reset(pool);
	rewind(pool, &start);
	pool->resets++;
	mp_leave(pool);
}
EXPORT_SYMBOL_GPL(mp_reset_pool);

/**
 * mp_mark_pool() - set a savepoint
 * @pool: the pool
 * @mark: filled in; it needs no cleanup, and its memory may be freed at any time
 *
 * A rewind to the savepoint is one step, however many blocks the pool has.  For this,
 * blocks in front of the last one are not used again until the pool goes back to an
 * earlier state; what is left in them counts as skipped.
 *
 * Context: any: process, softirq, hardirq and NMI; by one user of the pool at a time.  Takes
 * no lock.  If @pool is no pool, or @mark is NULL or an error pointer, the call is refused and
 * counted in the debugfs file bad_calls.
 */
void mp_mark_pool(struct mp_pool *pool, struct mp_mark *mark)
{
	if (!is_pool(__func__, pool) ||
	    !buddy_is_pointer(__func__, "this is no mark", mark))
		return;
	mp_enter(pool);
	/* The inline functions do not clear at_mark, but they move pool->last. */
	if (pool->last != pool->active->last)
		pool->at_mark = false;
	sync_active(pool);
	/*
	 * From here on only the tail is used.  What is left in both tried blocks is
	 * skipped.  The tail is one of them, or it counts as skipped already; it is taken
	 * out of the count in either case.
	 */
	pool->skipped += block_room(pool->active) - block_room(pool->tail);
	if (pool->other)
		pool->skipped += block_room(pool->other);
	set_active(pool, pool->tail, NULL);
	*mark = (struct mp_mark){
		.pool = pool,
		.tail = pool->tail,
		.last = pool->last,
		.bumped = pool->bumped,
		.skipped = pool->skipped,
		.given = pool->given,
		.medium = pool->medium,
	};
	push_mark(pool, mark);
	pool->marked = pool->last;
	mp_leave(pool);
}
EXPORT_SYMBOL_GPL(mp_mark_pool);

/**
 * mp_rewind_pool() - free all objects that were allocated since a savepoint
 * @pool: the pool
 * @mark: a savepoint that mp_mark_pool() set on @pool.  It stays valid and can be used
 *	again, until the pool is reset or rewound to an earlier savepoint.  Savepoints that
 *	were set after @mark are outdated
 *
 * Calls the cleanup handlers that were added since and destroys the child pools that were
 * created since, the newest first.  Then frees the medium and large objects that were allocated
 * since.  An older object that was freed since stays freed.
 *
 * An object that a handler allocates lives until this call ends, also if a handler resets or
 * rewinds the pool meanwhile.  If a handler resets the pool or rewinds it to an earlier
 * savepoint, the pool goes back that far after all handlers have run.
 *
 * A handler of a child cannot rewind the parent to a savepoint that is older than the child,
 * see mp_create_child().
 *
 * If @mark is a savepoint of another pool or an outdated one, the call changes nothing
 * and is counted in the debugfs file bad_calls.  The pool knows only the six newest valid
 * savepoints by number (those without an allocation between them count as one).  Of
 * savepoints older than these six it cannot tell which are outdated, and accepts them.
 *
 * Context: as mp_reset_pool().
 */
void mp_rewind_pool(struct mp_pool *pool, const struct mp_mark *mark)
{
	if (!is_pool_to_free(__func__, pool) || !is_mark(__func__, pool, mark) ||
	    !can_undo(__func__, pool, mark->serial))
		return;
	mp_enter(pool);
	rewind(pool, mark);
	mp_leave(pool);
}
EXPORT_SYMBOL_GPL(mp_rewind_pool);

