// SPDX-License-Identifier: GPL-2.0
/*
 * The pages of pools: from the region and back, trim, and the limit.
 */
#include <linux/errno.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "../buddy/lock.h"
#include "internal.h"

/*
 * Return true if kmemleak has to be told of memory that a pool takes from @region.  A
 * driver's own memory may be known to kmemleak already; kmemleak switches itself off when
 * it is told of an object twice.  It does not know pages from alloc_pages() or a reserved
 * range.
 */
static bool tell_kmemleak(const struct buddy_region *region)
{
	return IS_ENABLED(CONFIG_DEBUG_KMEMLEAK) && !buddy_region_is_callers(region);
}

/*
 * Allocate @pages pages, aligned to 2^@align_order pages; for a pool that is to be.  All other
 * pages of pools are allocated by the functions below.
 */
void *mp_alloc_region_pages(struct buddy_region *region, unsigned long pages,
			    unsigned int align_order, gfp_t gfp)
{
	gfp &= ~__GFP_ZERO;
	/* Most blocks are one page, for which buddy_alloc() is inline. */
	if (pages == 1 && !align_order)
		return buddy_alloc(region, 0, gfp);
	return buddy_alloc_aligned(region, pages, align_order, gfp);
}

/* Tell KASAN's table and kmemleak of pages that @pool has got and will free together. */
void mp_announce_pages(const struct mp_pool *pool, void *addr, unsigned long pages)
{
	/*
	 * Let kmemleak look for pointers in these pages.  With a minimum count of 0 it
	 * never reports the pages themselves.  It allocates memory for its own record.
	 */
	if (tell_kmemleak(pool->region) && kernel_may_allocate())
		kmemleak_alloc(addr, pages << PAGE_SHIFT, 0, GFP_ATOMIC | __GFP_NOWARN);
	mp_kasan_add(pool, addr, pages);
}

/* The pages are no pool's any more. */
void mp_free_region_pages(struct buddy_region *region, void *addr, unsigned long pages)
{
	if (tell_kmemleak(region))
		kmemleak_free(addr);
	mp_kasan_remove(addr);
	mp_unpoison(addr, pages << PAGE_SHIFT);
	if (pages == 1)
		buddy_free(region, addr, 0);
	else
		buddy_free_exact(region, addr, pages);
}

static void *take_pages(struct mp_pool *pool, unsigned long pages, unsigned int align_order,
			gfp_t gfp)
{
	void *addr;

	/* The user has set the limit, so nothing is printed in the log. */
	if (pool->limit && pages > pool->limit - pool->pages)
		return NULL;
	addr = mp_alloc_region_pages(pool->region, pages, align_order, gfp);
	if (addr)
		pool->pages += pages;
	return addr;
}

/* Allocate @pages pages for @pool, aligned to 2^@align_order pages. */
void *mp_alloc_pages(struct mp_pool *pool, unsigned long pages, unsigned int align_order,
		     gfp_t gfp)
{
	void *addr = take_pages(pool, pages, align_order, gfp);

	if (addr)
		mp_announce_pages(pool, addr, pages);
	return addr;
}

void mp_free_pages(struct mp_pool *pool, void *addr, unsigned long pages)
{
	pool->pages -= pages;
	mp_free_region_pages(pool->region, addr, pages);
}

/*
 * Allocate @pages pages that lie side by side and can be freed one by one; at most as many
 * as buddy_split() allows.  In an NMI, the pages are aligned so that they lie in one cluster:
 * to split other blocks takes a lock.
 */
void *mp_alloc_split_pages(struct mp_pool *pool, unsigned long pages, gfp_t gfp)
{
	void *addr = take_pages(pool, pages, in_nmi() ? order_base_2(pages) : 0, gfp);
	unsigned long i;

	if (!addr)
		return NULL;
	buddy_split(pool->region, addr, pages);
	for (i = 0; i < pages; i++)
		mp_announce_pages(pool, addr + (i << PAGE_SHIFT), 1);
	return addr;
}

void mp_free_split_pages(struct mp_pool *pool, void *addr, unsigned long pages)
{
	for (; pages; pages--, addr += PAGE_SIZE)
		mp_free_pages(pool, addr, 1);
}

/* --- give back, and limit --- */

/* Free the blocks behind the last one in use; return how many pages these had. */
unsigned long mp_free_spare_blocks(struct mp_pool *pool)
{
	struct mp_block *block, *next;
	unsigned long flags, pages = 0;

	/* A reader of the file "pools" looks at the active block under this lock. */
	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	block = pool->tail->next;
	pool->tail->next = NULL;
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);

	for (; block; block = next) {
		next = block->next;
		mp_free_pages(pool, block, pool->block_pages);
		pool->nr_blocks--;
		pages += pool->block_pages;
	}
	return pages;
}

static unsigned long trim(struct mp_pool *pool)
{
	return mp_free_spare_blocks(pool) + mp_arena_trim(pool);
}

/**
 * mp_trim_pool() - give a pool's spare memory back to the region
 * @pool: the pool
 *
 * After a reset or a rewind, the pool keeps the blocks behind the last one in use, for
 * later objects.  Of the arenas, it keeps 32 KiB of pages without an object.  This call frees
 * both.  Objects and savepoints stay as they are.  Blocks in use are kept, whatever was
 * freed in them.
 *
 * Context: process, softirq or hardirq context, by one user of the pool at a time; a
 * cleanup handler may call this function.  Takes the region's raw spinlock, see
 * buddy_free().  In NMI context the call is refused and counted in the debugfs file
 * bad_calls, as is one whose @pool is no pool.
 * Return: the number of pages that were given back.
 */
unsigned long mp_trim_pool(struct mp_pool *pool)
{
	unsigned long pages;

	if (!is_pool_to_free(__func__, pool))
		return 0;
	mp_enter(pool);
	pages = trim(pool);
	mp_leave(pool);
	return pages;
}
EXPORT_SYMBOL_GPL(mp_trim_pool);

/**
 * mp_set_limit() - limit the pages that a pool holds
 * @pool: the pool
 * @bytes: the most that the pool may hold in pages, rounded down to whole pages; 0 removes
 *	the limit.  All pages of the pool count: its blocks, the spare ones too, its arenas
 *	and its large objects.  The pages of child pools do not count
 *
 * An allocation that needs pages beyond the limit fails as if the region had no pages
 * left, but prints nothing in the log.  Spare memory is not given up for a large object;
 * mp_trim_pool() makes room.  The limit stays in force at a reset and a rewind.
 *
 * If the pool holds more than @bytes, its spare memory is given back to the region first,
 * as by mp_trim_pool().
 *
 * Context: as mp_trim_pool().
 * Return: 0; -EBUSY if the pool holds more than @bytes also without spare memory, in which
 * case the earlier limit stays; -EINVAL if @pool is no pool and in NMI context, which is
 * counted in the debugfs file bad_calls.
 */
int mp_set_limit(struct mp_pool *pool, size_t bytes)
{
	unsigned long limit = bytes >> PAGE_SHIFT;
	int err = 0;

	if (!is_pool_to_free(__func__, pool))
		return -EINVAL;
	mp_enter(pool);
	if (bytes && pool->pages > limit)
		trim(pool);
	/* A pool holds at least a page, so a limit of less than a page is refused here. */
	if (bytes && pool->pages > limit)
		err = -EBUSY;
	else
		pool->limit = limit;
	mp_leave(pool);
	return err;
}
EXPORT_SYMBOL_GPL(mp_set_limit);
