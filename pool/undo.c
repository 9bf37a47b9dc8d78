// SPDX-License-Identifier: GPL-2.0
/* Cleanup handlers, reset and savepoints: what gives a pool's memory back. */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../buddy/internal.h"
#include "internal.h"
#include "trace.h"

/**
 * mp_add_cleanup() - have a function called when the pool is given back
 * @pool: the pool
 * @handler: called once, at the next mp_reset_pool(), mp_destroy_pool() or
 *	mp_rewind_pool() to before now; the newest handler is called first, and
 *	all objects of the pool are still there.  One that is added by a handler is
 *	called next: a handler that adds itself is called until memory runs out
 * @data: for @handler
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: 0; -ENOMEM, also if a zone was asked for; or -EINVAL if @pool is no pool or
 * @handler is NULL or an error pointer, which counts in debugfs's bad_calls.  Unless
 * it is 0, @handler will not be called.
 */
int mp_add_cleanup(struct mp_pool *pool, void (*handler)(void *data),
		   void *data, gfp_t gfp)
{
	struct mp_cleanup *cleanup;

	if (!is_pool(__func__, pool))
		return -EINVAL;
	if (IS_ERR_OR_NULL(handler)) {
		bad_call(__func__, "this is no handler", handler);
		return -EINVAL;
	}
	cleanup = mp_alloc_object(pool, sizeof(*cleanup), sizeof(void *) - 1, gfp & ~__GFP_ZERO);
	if (!cleanup)
		return -ENOMEM;
	mp_enter(pool);
	cleanup->handler = handler;
	cleanup->data = data;
	cleanup->serial = ++pool->serial;
	cleanup->next = pool->cleanups;
	pool->cleanups = cleanup;
	mp_leave(pool);
	return 0;
}
EXPORT_SYMBOL_GPL(mp_add_cleanup);

/* --- reset and savepoints --- */

/*
 * Marks in force are a stack: going back to one, or resetting the pool, takes those off
 * that were set later.  A mark lies wherever its owner put it, so the pool has only
 * numbers of the newest few.  What is deeper counts as in force, up to @lost.
 */
static void push_mark(struct mp_pool *pool, struct mp_mark *mark)
{
	u64 distance;

	/* In the same place as the newest, and as good: no reason to push an old one out. */
	if (pool->at_mark) {
		mark->serial = pool->floor + pool->marks[0];
		return;
	}
	mark->serial = ++pool->serial;
	distance = mark->serial - pool->floor;
	/* Without a reset for so long, there are no numbers left for the stack. */
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

/* @serial: of the mark that is now the newest, or 0 for none. */
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

static bool is_mark(const char *func, const struct mp_pool *pool, const struct mp_mark *mark)
{
	if (IS_ERR_OR_NULL(mark)) {
		bad_call(func, "this is no mark", mark);
		return false;
	}
	if (likely(mark->pool == pool && is_in_force(pool, mark)))
		return true;
	mp_report_mark(func, pool, mark->pool == pool);
	return false;
}

/* Undo all since @mark; blocks that came since are spare now. */
static void rewind(struct mp_pool *pool, const struct mp_mark *mark)
{
	struct mp_mark *outer = pool->undoing, to = *mark;
	struct mp_block *block;

	/* Called by a handler: the call that runs the handlers goes back that far. */
	if (outer) {
		if (to.serial < outer->serial)
			*outer = to;
		return;
	}
	pool->undoing = &to;
	while (pool->cleanups && pool->cleanups->serial > to.serial) {
		struct mp_cleanup *cleanup = pool->cleanups;

		pool->cleanups = cleanup->next;
		mp_leave(pool);	/* the handler may use the pool */
		cleanup->handler(cleanup->data);
		mp_enter(pool);
	}
	pool->undoing = NULL;
	if (pool->serial > to.serial)
		mp_undo_entries(pool, to.serial);
	pop_marks(pool, to.serial);

	pool->tail = to.tail;
	pool->tail->last = to.last;
	pool->bumped = to.bumped;
	pool->skipped = to.skipped;
	pool->given = to.given;
	set_active(pool, pool->tail, NULL);

	if (IS_ENABLED(CONFIG_KASAN_GENERIC)) {
		mp_poison(pool->last, pool->end);
		for (block = pool->tail->next; block; block = block->next)
			mp_poison(block_start(block), block->end);
	}
}

/**
 * mp_reset_pool() - give back everything but the blocks
 * @pool: the pool
 *
 * Runs the cleanup handlers, the newest first, and frees the large allocations.
 * All blocks can be used again, from the first.  Costs nothing per block.
 *
 * Context: as mp_free(), and as the handlers allow.
 */
void mp_reset_pool(struct mp_pool *pool)
{
	const struct mp_mark start = {
		.tail = &pool->first,
		.last = block_start(&pool->first),
	};

	if (!is_pool_to_free(__func__, pool))
		return;
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
 * @mark: filled in; it needs no undoing
 *
 * What is left in blocks before the last one counts as skipped from here on,
 * so that going back to the mark is one step and no walk.
 *
 * Context: as mp_alloc().
 */
void mp_mark_pool(struct mp_pool *pool, struct mp_mark *mark)
{
	if (!is_pool(__func__, pool))
		return;
	if (IS_ERR_OR_NULL(mark)) {
		bad_call(__func__, "this is no mark", mark);
		return;
	}
	mp_enter(pool);
	/* What was allocated inline. */
	if (pool->last != pool->active->last)
		pool->at_mark = false;
	sync_active(pool);
	/* From here on all but the tail is passed over, and that is not, even if it was. */
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
	};
	push_mark(pool, mark);
	mp_leave(pool);
}
EXPORT_SYMBOL_GPL(mp_mark_pool);

/**
 * mp_rewind_pool() - give back everything since a savepoint
 * @pool: the pool
 * @mark: from mp_mark_pool() on @pool.  Savepoints nest: going back to one
 *	forgets those set after it.  This one stays, and can be used again until
 *	the pool is reset or goes back to an earlier one
 *
 * Cleanup handlers added since run, the newest first; large allocations made
 * since are freed.  One from before that was freed since stays freed.  What a handler
 * allocates goes too.  If one resets the pool or goes back to an earlier savepoint, that
 * is done when all handlers have run.
 *
 * A savepoint of another pool, and one that a reset or an earlier savepoint has
 * outdated, changes nothing: it counts in debugfs's bad_calls, and the first of each
 * is reported.  An outdated one can pass only if since then more than six later ones
 * have been in force at once, with an allocation between each two: the pool has no room
 * for more.
 *
 * Context: as mp_reset_pool().
 */
void mp_rewind_pool(struct mp_pool *pool, const struct mp_mark *mark)
{
	if (!is_pool_to_free(__func__, pool) || !is_mark(__func__, pool, mark))
		return;
	mp_enter(pool);
	rewind(pool, mark);
	mp_leave(pool);
}
EXPORT_SYMBOL_GPL(mp_rewind_pool);

