// SPDX-License-Identifier: GPL-2.0
/* Cleanup handlers, reset and savepoints: what gives a pool's memory back. */
#include <linux/err.h>
#include <linux/module.h>

#include "../buddy/internal.h"
#include "internal.h"
#include "trace.h"

/**
 * mp_add_cleanup() - have a function called when the pool is given back
 * @pool: the pool
 * @handler: called once, at the next mp_reset_pool(), mp_destroy_pool() or
 *	mp_rewind_pool() to before now; the newest handler is called first, and
 *	all objects of the pool are still there
 * @data: for @handler
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: 0; -ENOMEM, also if a zone was asked for; or -EINVAL if @pool is no pool or
 * @handler is NULL or an error pointer, which counts in debugfs's bad_pointers.  Unless
 * it is 0, @handler will not be called.
 */
int mp_add_cleanup(struct mp_pool *pool, void (*handler)(void *data),
		   void *data, gfp_t gfp)
{
	struct mp_cleanup *cleanup;

	if (!is_pool(__func__, pool))
		return -EINVAL;
	if (IS_ERR_OR_NULL(handler)) {
		bad_pointer(__func__, handler, "is no handler");
		return -EINVAL;
	}
	cleanup = pool_alloc(pool, sizeof(*cleanup), sizeof(void *) - 1, gfp & ~__GFP_ZERO);
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

/* Undo all since @mark; blocks that came since are spare now. */
static void rewind(struct mp_pool *pool, const struct mp_mark *mark)
{
	struct mp_block *block;

	/* A handler may go further back. */
	while (pool->cleanups && pool->cleanups->serial > mark->serial) {
		struct mp_cleanup *cleanup = pool->cleanups;

		pool->cleanups = cleanup->next;
		mp_leave(pool);	/* the handler may use the pool */
		cleanup->handler(cleanup->data);
		mp_enter(pool);
	}
	if (pool->serial > mark->serial)
		drop_larges(pool, mark->serial);

	pool->tail = mark->tail;
	pool->tail->last = mark->last;
	pool->bumped = mark->bumped;
	pool->skipped = mark->skipped;
	pool->given = mark->given;
	set_active(pool, pool->tail, NULL);

	if (IS_ENABLED(CONFIG_KASAN_GENERIC)) {
		pool_poison(pool->last, pool->end);
		for (block = pool->tail->next; block; block = block->next)
			pool_poison(block_start(block), block->end);
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

	if (!is_pool(__func__, pool))
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
	mp_enter(pool);
	sync_active(pool);
	/* From here on all but the tail is passed over, and that is not, even if it was. */
	pool->skipped += block_room(pool->active) - block_room(pool->tail);
	if (pool->other)
		pool->skipped += block_room(pool->other);
	set_active(pool, pool->tail, NULL);
	*mark = (struct mp_mark){
		.tail = pool->tail,
		.last = pool->last,
		.bumped = pool->bumped,
		.skipped = pool->skipped,
		.given = pool->given,
		.serial = pool->serial,
	};
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
 * since are freed.  One from before that was freed since stays freed.
 *
 * Context: as mp_reset_pool().
 */
void mp_rewind_pool(struct mp_pool *pool, const struct mp_mark *mark)
{
	if (!is_pool(__func__, pool))
		return;
	mp_enter(pool);
	rewind(pool, mark);
	mp_leave(pool);
}
EXPORT_SYMBOL_GPL(mp_rewind_pool);

