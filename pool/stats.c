// SPDX-License-Identifier: GPL-2.0
/* The numbers of a pool, for its user and for the debugfs file "pools". */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "internal.h"

/*
 * Fill in @stats.  A reader of the file "pools" calls this under mp_pools_lock while the
 * pool's user may be changing the pool on another CPU.  The values can then be of different
 * moments, but each value is a whole one.
 */
void mp_read_stats(const struct mp_pool *pool, struct mp_stats *stats)
{
	const struct mp_block *block = READ_ONCE(pool->active);
	size_t given = READ_ONCE(pool->given);
	size_t bumped = READ_ONCE(pool->bumped);
	size_t arena_given = READ_ONCE(pool->arena_given);
	size_t ahead = READ_ONCE(pool->last) - READ_ONCE(block->last);

	/* A larger distance is none: the user has just moved on to another block. */
	if (ahead <= pool->block_pages << PAGE_SHIFT)
		bumped += ahead;
	stats->blocks = pool->nr_blocks;
	stats->block_bytes = stats->blocks * pool->block_pages << PAGE_SHIFT;
	stats->freed = min(given, READ_ONCE(pool->freed));
	stats->given = given - stats->freed;
	stats->aligned = bumped - min(given, bumped);
	stats->skipped = pool->skipped;
	stats->arena_bytes = READ_ONCE(pool->arena_pages) << PAGE_SHIFT;
	stats->arena_free = stats->arena_bytes - min(arena_given, stats->arena_bytes);
	stats->larges = pool->nr_large;
	stats->large_bytes = pool->large_pages << PAGE_SHIFT;
	stats->resets = pool->resets;
	stats->pages = pool->pages;
	stats->limit = pool->limit << PAGE_SHIFT;
}

/**
 * mp_pool_stats() - read a pool's counters
 * @pool: the pool
 * @stats: filled in, see &struct mp_stats; all zero if @pool is no pool
 *
 * Context: any: process, softirq, hardirq and NMI; by one user of the pool at a time.  Takes
 * no lock.  If @pool is no pool, or @stats is NULL or an error pointer, the call is counted in
 * the debugfs file bad_calls.
 */
void mp_pool_stats(struct mp_pool *pool, struct mp_stats *stats)
{
	if (!buddy_is_pointer(__func__, "this is no struct mp_stats", stats))
		return;
	memset(stats, 0, sizeof(*stats));
	if (!is_pool(__func__, pool))
		return;
	mp_enter(pool);
	mp_read_stats(pool, stats);
	mp_leave(pool);
}
EXPORT_SYMBOL_GPL(mp_pool_stats);
