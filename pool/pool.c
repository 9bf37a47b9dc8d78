// SPDX-License-Identifier: GPL-2.0
/*
 * Pools: blocks and small requests, create and destroy.
 *
 * After nginx's ngx_palloc.c.  What is different, and why:
 *
 * - Two blocks are tried, those with most room.  nginx tries all from one on that
 *   moves slowly: where objects are much smaller than blocks, it stays that far
 *   behind that nearly every request fails first.
 * - Blocks behind @tail are spare.  A reset or rewind moves @tail back and
 *   touches no block, where nginx walks the chain; a spare block is emptied
 *   when it is taken up again.
 * - Cleanup handlers run at a reset too: they lie in the memory that goes.
 * - Nothing is entered anywhere before all that it needs has been allocated.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "../buddy/internal.h"
#include "internal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

LIST_HEAD(mp_pools);
DEFINE_RAW_SPINLOCK(mp_pools_lock);
static u64 nr_created;	/* under the same lock */

/* --- one user at a time --- */

#ifdef CONFIG_PROVE_LOCKING
void mp_enter(struct mp_pool *pool)
{
	WARN_ONCE(atomic_inc_return(&pool->users) != 1,
		  "buddypool: pool '%s' made by %pS has two users at once\n",
		  pool->name, (void *)pool->caller);
}
EXPORT_SYMBOL_GPL(mp_enter);

void mp_leave(struct mp_pool *pool)
{
	atomic_dec(&pool->users);
}
EXPORT_SYMBOL_GPL(mp_leave);
#endif

/* --- pages and blocks --- */

/*
 * A driver's own memory may be known to kmemleak as the driver's, who scans it then; it
 * stops for good at a second owner.  What came from alloc_pages(), or from nobody, is
 * known to it only if we say so.
 */
static bool tell_kmemleak(const struct buddy_region *region)
{
	return region->source.origin != ORIGIN_CALLER;
}

void *mp_alloc_pages(struct buddy_region *region, unsigned long pages,
		unsigned int align_order, gfp_t gfp)
{
	void *addr;

	gfp &= ~__GFP_ZERO;
	/* Most blocks are one page, for which there is inline code. */
	if (pages == 1 && !align_order)
		addr = buddy_alloc(region, 0, gfp);
	else
		addr = buddy_alloc_aligned(region, pages, align_order, gfp);
	/* Let kmemleak, which allocates, look for pointers in there; it is no leak itself. */
	if (addr && tell_kmemleak(region) && kernel_may_allocate())
		kmemleak_alloc(addr, pages << PAGE_SHIFT, 0, GFP_ATOMIC | __GFP_NOWARN);
	return addr;
}

void mp_free_pages(struct buddy_region *region, void *addr, unsigned long pages)
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

static void empty_block(struct mp_block *block)
{
	block->last = block_start(block);
	mp_poison(block->last, block->end);
}

/* The block behind the tail becomes the tail: a spare one, or a new one. */
static struct mp_block *next_block(struct mp_pool *pool, gfp_t gfp)
{
	struct mp_block *block = pool->tail->next;

	if (!block) {
		block = mp_alloc_pages(pool->region, pool->block_pages, 0, gfp);
		if (!block)
			return NULL;
		mp_kasan_add(pool, block, pool->block_pages);
		block->next = NULL;
		block->end = (u8 *)block + (pool->block_pages << PAGE_SHIFT);
		pool->tail->next = block;
		pool->nr_blocks++;
	}
	empty_block(block);
	pool->tail = block;
	return block;
}

/* The largest object that comes from a block with so much room. */
static size_t largest_in(size_t room)
{
	return room > POOL_REDZONE ? min_t(size_t, room - POOL_REDZONE, PAGE_SIZE - 1) : 0;
}

/* --- small requests --- */

static void *bump(struct mp_pool *pool, struct mp_block *block, size_t size,
		  size_t align_mask)
{
	u8 *object = (u8 *)(((uintptr_t)block->last + align_mask) & ~align_mask);
	u8 *last = object + size + POOL_REDZONE;

	/* In a block's last page neither sum can wrap: @size is a page at most. */
	if (last > block->end)
		return NULL;
	pool->bumped += last - block->last;
	pool->given += size;
	block->last = last;
	mp_unpoison(object, size);
	return object;
}

/*
 * From one of the two blocks that are tried, or else from a new one.  Of these
 * three the one with least room is passed over.
 */
void *mp_alloc_small(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	struct mp_block *active = pool->active, *other = pool->other, *block;
	void *object;

	if (IS_ENABLED(CONFIG_KASAN_GENERIC))
		align_mask |= POOL_GRANULE - 1;
	pool->at_mark = false;
	sync_active(pool);
	object = bump(pool, active, size, align_mask);
	if (!object && other)
		object = bump(pool, other, size, align_mask);
	if (!object) {
		block = next_block(pool, gfp);
		if (!block)
			return NULL;
		object = bump(pool, block, size, align_mask);
		if (other && block_room(other) > block_room(active))
			swap(active, other);
		if (!other || block_room(block) > block_room(other))
			swap(block, other);
		if (block)
			pool->skipped += block_room(block);
	}
	if (other && block_room(other) > block_room(active))
		swap(active, other);
	set_active(pool, active, other);
	return object;
}

/* --- allocation --- */

#ifdef CONFIG_FAULT_INJECTION
struct fault_attr mp_fail_pool = FAULT_ATTR_INITIALIZER;
EXPORT_SYMBOL_GPL(mp_fail_pool);

static bool fail_on_demand(size_t size)
{
	return kernel_may_allocate() && should_fail(&mp_fail_pool, size);
}
#else
static bool fail_on_demand(size_t size)
{
	return false;
}
#endif

/*
 * The largest object that a fresh block has room for.  Up to 256, an alignment costs
 * such a block less than the pool costs its first one.
 */
static size_t largest_at(const struct mp_pool *pool, size_t align_mask)
{
	if (likely(align_mask < sizeof(struct mp_pool)))
		return pool->block_max;
	if (align_mask >= PAGE_SIZE)
		return 0;
	return min(pool->block_max,
		   largest_in((pool->block_pages << PAGE_SHIFT) - align_mask - 1));
}

void *mp_alloc_object(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	size_t room = largest_at(pool, align_mask);
	void *object;

	if (unlikely(gfp & BUDDY_GFP_ZONES)) {
		mp_report_zone(pool->region, pool, size);
		return NULL;
	}
	if (!size)
		return ZERO_SIZE_PTR;
	mp_enter(pool);
	/* What overflows, see array_size(), is asked of nobody. */
	if (size == SIZE_MAX || fail_on_demand(size))
		object = NULL;
	else if (size <= min(pool->max, room))
		object = mp_alloc_small(pool, size, align_mask, gfp);
	else if (size <= room && mp_medium_size(size) <= room)
		object = mp_alloc_medium(pool, size, align_mask, gfp);
	else
		object = mp_alloc_large(pool, size, get_order(align_mask + 1), gfp);
	mp_leave(pool);
	if (!object)
		trace_mp_fail(pool, size);
	if (object && (gfp & __GFP_ZERO))
		memset(object, 0, size);
	return object;
}

void *mp_alloc_slow(struct mp_pool *pool, size_t size, size_t align_mask,
		    gfp_t gfp)
{
	if (!is_pool("mp_alloc", pool))
		return NULL;
	return mp_alloc_object(pool, size, align_mask, gfp);
}
EXPORT_SYMBOL_GPL(mp_alloc_slow);

/**
 * mp_memalign() - allocate an object at an alignment of its own
 * @pool: where from
 * @size: bytes
 * @align: any power of two; above a page it is the physical address that is
 *	aligned, and the virtual one of a reserved range need not be
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: as mp_alloc(); NULL and one WARN if @align is no power of two.
 */
void *mp_memalign(struct mp_pool *pool, size_t size, size_t align, gfp_t gfp)
{
	if (!is_pool(__func__, pool))
		return NULL;
	if (WARN_ONCE(!is_power_of_2(align),
		      "buddypool: an alignment is a power of two, not %zu\n", align))
		return NULL;
	return mp_alloc_object(pool, size, align - 1, gfp);
}
EXPORT_SYMBOL_GPL(mp_memalign);

/* --- create and destroy --- */

static struct mp_pool *create_pool(const char *func, struct buddy_region *region,
				   const char *name, size_t size, size_t align,
				   gfp_t gfp, unsigned long caller)
{
	unsigned long pages = size ? (size - 1) / PAGE_SIZE + 1 : 1;
	struct mp_pool *pool;
	unsigned long flags;

	if (WARN_ONCE(!is_power_of_2(align) || align > PAGE_SIZE,
		      "buddypool: a pool's alignment is a power of two up to a page, not %zu\n",
		      align))
		return NULL;
	if (IS_ERR_OR_NULL(region)) {
		bad_call(func, "this is no region", region);
		return NULL;
	}
	if (mp_refuse_in_nmi(func))
		return NULL;
	if (IS_ERR(name)) {
		bad_call(func, "this is no name", name);
		return NULL;
	}
	if (gfp & BUDDY_GFP_ZONES) {
		mp_report_zone(region, NULL, size);
		return NULL;
	}
	pool = mp_alloc_pages(region, pages, 0, gfp);
	if (!pool)
		return NULL;

	memset(pool, 0, sizeof(*pool));
	pool->region = region;
	pool->block_pages = pages;
	pool->align_mask = align - 1;
	pool->created = jiffies;
	pool->caller = caller;
	pool->nr_blocks = 1;
	pool->magic = POOL_LIVE;
	mp_set_name(pool, name);
	INIT_LIST_HEAD(&pool->entry_list);
	INIT_LIST_HEAD(&pool->slots);
	INIT_LIST_HEAD(&pool->holes);
	pool->first.end = (u8 *)pool + (pool->block_pages << PAGE_SHIFT);
	empty_block(&pool->first);
	pool->tail = &pool->first;
	set_active(pool, &pool->first, NULL);

	/* As much as every block can hold, this one with the pool in it too: see largest_at(). */
	pool->block_max = largest_in(pool->end - PTR_ALIGN(pool->last, MP_ALIGNMENT));
	/* Nothing smaller than an entry has one. */
	pool->max = min(pool->block_max, max(size ?: PAGE_SIZE, sizeof(struct mp_entry)));

	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	/* A mark of an earlier pool at this address is of none of this one's numbers. */
	pool->serial = ++nr_created << 32;
	pool->floor = pool->serial;
	list_add_tail(&pool->link, &mp_pools);
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);
	mp_kasan_add(pool, pool, pages);
	trace_mp_create(pool);
	return pool;
}

/**
 * mp_create_pool() - make a pool
 * @region: a region with a kernel mapping; it must outlive the pool
 * @size: bytes of a block, rounded up to whole pages, all of which are used, and
 *	the largest object that cannot be freed before the pool, see mp_free(); 0
 *	for a page
 * @gfp: __GFP_NOWARN keeps a failure out of the log; __GFP_DMA and __GFP_DMA32 are
 *	a caller error; all others, as in GFP_KERNEL and GFP_ATOMIC, have no effect
 *
 * kmemleak looks for pointers in the pool's memory, unless the region was made by
 * buddy_region_create(): then it does so only if it knows that memory already, as it
 * knows kmalloc()'s and vmalloc()'s.
 *
 * Context: any but NMI, where it is refused with one WARN.
 * Return: the pool, aligning to MP_ALIGNMENT and known by its caller, or NULL if
 * the region has no such block left, if a zone was asked for, or if @region is NULL or
 * an error pointer, which counts in debugfs's bad_calls.
 */
struct mp_pool *mp_create_pool(struct buddy_region *region, size_t size,
			       gfp_t gfp)
{
	return create_pool(__func__, region, NULL, size, MP_ALIGNMENT, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(mp_create_pool);

/**
 * mp_create_pool_named() - make a pool with a name and an alignment
 * @region: as for mp_create_pool()
 * @name: shown in debugfs, cut to 23 characters, of which blanks and all else that is
 *	not printable ASCII become '_', and ``total`` becomes ``total_``; NULL or an empty
 *	string if the pool has none and is known by its caller
 * @size: as for mp_create_pool()
 * @align: what mp_alloc() aligns to, a power of two up to PAGE_SIZE; nginx
 *	itself uses 8
 * @gfp: as for mp_create_pool()
 *
 * Context: as mp_create_pool().
 * Return: as mp_create_pool(); NULL and one WARN for a wrong @align.
 */
struct mp_pool *mp_create_pool_named(struct buddy_region *region,
				     const char *name, size_t size,
				     size_t align, gfp_t gfp)
{
	return create_pool(__func__, region, name, size, align, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(mp_create_pool_named);

/**
 * mp_destroy_pool() - give back everything
 * @pool: the pool; NULL is ignored
 *
 * Runs the cleanup handlers, the newest first, and frees all pages.  A pool that is
 * destroyed already is left alone and reported, as long as its first page has not
 * been handed out again, or poisoned: then there is nothing left to tell it by.  So is
 * one whose cleanup handlers run: they cannot destroy it.
 *
 * Context: as buddy_free(), and as the handlers allow; in an NMI it is refused with one
 * WARN.
 */
void mp_destroy_pool(struct mp_pool *pool)
{
	struct mp_block *block, *next;
	unsigned long flags;

	if (!pool || !is_pool_to_free(__func__, pool))
		return;
	if (pool->undoing) {
		bad_call(__func__, "this is a pool whose cleanup handlers run", pool);
		return;
	}
	trace_mp_destroy(pool);
	mp_reset_pool(pool);
	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	list_del(&pool->link);
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);

	/* From here on each call ends where the number is looked at. */
	pool->magic = POOL_GONE;
	pool->max = 0;
	pool->last = pool->end;
	for (block = pool->first.next; block; block = next) {
		next = block->next;
		mp_free_pages(pool->region, block, pool->block_pages);
	}
	mp_free_pages(pool->region, pool, pool->block_pages);
}
EXPORT_SYMBOL_GPL(mp_destroy_pool);
