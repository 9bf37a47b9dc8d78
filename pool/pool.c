// SPDX-License-Identifier: GPL-2.0
/*
 * Pools: their blocks, small objects, the way into every allocation, create and destroy.
 * Medium and large objects are in arena.c and large.c, reset and rewind in undo.c.
 *
 * The algorithm is that of nginx's ngx_palloc.c.  Differences, and the reasons:
 *
 * - A request tries two blocks, those with most free room.  nginx tries all blocks
 *   from its current one on, which moves slowly.  If objects are much smaller than
 *   blocks, nearly every request of nginx tries several full blocks first.
 * - Blocks behind pool->tail are spare.  A reset or rewind moves the tail back and
 *   touches no block; a spare block is emptied when it is used again.  nginx walks the
 *   chain of blocks.
 * - A reset runs the cleanup handlers, because it frees the memory that they lie in.
 * - Nothing is entered into a list before all of its memory is allocated.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "../buddy/lock.h"
#include "internal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Objects that do not fit pages well have pages of their own up to this number of pages. */
#define FIRST_LARGE	DIV_ROUND_UP(SZ_32K, PAGE_SIZE)

LIST_HEAD(mp_pools);
DEFINE_RAW_SPINLOCK(mp_pools_lock);
static u64 nr_created;	/* protected by mp_pools_lock */

/* --- one user at a time --- */

#ifdef CONFIG_PROVE_LOCKING
/* Begin of a function that changes @pool: report it if another one is at work. */
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

/* --- blocks --- */

static void empty_block(struct mp_block *block)
{
	block->last = block_start(block);
	mp_poison(block->last, block->end);
}

/* Make the block behind the tail the tail: a spare block, or else a new one. */
static struct mp_block *next_block(struct mp_pool *pool, gfp_t gfp)
{
	struct mp_block *block = pool->tail->next;

	if (!block) {
		block = mp_alloc_pages(pool, pool->block_pages, 0, gfp);
		if (!block)
			return NULL;
		block->next = NULL;
		block->end = (u8 *)block + (pool->block_pages << PAGE_SHIFT);
		pool->tail->next = block;
		pool->nr_blocks++;
	}
	empty_block(block);
	pool->tail = block;
	return block;
}

/* Return the size of the largest object for which @room bytes of a block are enough. */
static size_t largest_in(size_t room)
{
	return room > POOL_REDZONE ? min_t(size_t, room - POOL_REDZONE, PAGE_SIZE - 1) : 0;
}

/* --- small objects --- */

/* Allocate @size bytes of @block, or return NULL if there is not enough room. */
static void *bump(struct mp_pool *pool, struct mp_block *block, size_t size,
		  size_t align_mask)
{
	u8 *object = (u8 *)(((uintptr_t)block->last + align_mask) & ~align_mask);
	u8 *last = object + size + POOL_REDZONE;

	/*
	 * Neither sum wraps: a block ends on a page boundary, so aligning does not step
	 * over its end; @size is at most the bytes of a block, and behind a block there are
	 * more addresses than these.
	 */
	if (last > block->end)
		return NULL;
	pool->bumped += last - block->last;
	pool->given += size;
	block->last = last;
	mp_unpoison(object, size);
	return object;
}

/* Return true if an object of @size bytes fits without asking the region for pages. */
bool mp_has_room(const struct mp_pool *pool, size_t size)
{
	size += POOL_REDZONE + POOL_GRANULE;
	return pool->tail->next || pool->end - pool->last >= size ||
	       (pool->other && block_room(pool->other) >= size);
}

/* Allocate @size bytes of the active block or the other one; NULL if neither has room. */
void *mp_alloc_tried(struct mp_pool *pool, size_t size, size_t align_mask)
{
	struct mp_block *active = pool->active, *other = pool->other;
	void *object;

	if (IS_ENABLED(CONFIG_KASAN_GENERIC))
		align_mask |= POOL_GRANULE - 1;
	pool->at_mark = false;
	sync_active(pool);
	object = bump(pool, active, size, align_mask);
	if (!object && other)
		object = bump(pool, other, size, align_mask);
	if (object && other && block_room(other) > block_room(active))
		swap(active, other);
	if (object)
		set_active(pool, active, other);
	return object;
}

/*
 * Allocate a small object, an entry or another description.  The active block is tried, then
 * the other one, then a spare or new block.  Of these three, the two with most room are
 * tried by the next request.  The room in the third counts as skipped.
 */
void *mp_alloc_small(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	void *object = mp_alloc_tried(pool, size, align_mask);
	struct mp_block *active, *other, *added;

	if (object)
		return object;
	added = next_block(pool, gfp);
	if (!added)
		return NULL;
	if (IS_ENABLED(CONFIG_KASAN_GENERIC))
		align_mask |= POOL_GRANULE - 1;
	object = bump(pool, added, size, align_mask);

	/* Sort the three by their room. */
	active = pool->active;
	other = pool->other;
	if (other && block_room(other) > block_room(active))
		swap(active, other);
	if (!other) {
		other = added;
	} else if (block_room(added) > block_room(other)) {
		pool->skipped += block_room(other);
		other = added;
	} else {
		pool->skipped += block_room(added);
	}
	if (block_room(other) > block_room(active))
		swap(active, other);
	set_active(pool, active, other);
	return object;
}

/* --- all objects --- */

#ifdef CONFIG_FAULT_INJECTION
struct fault_attr mp_fail_pool = FAULT_ATTR_INITIALIZER;
EXPORT_SYMBOL_GPL(mp_fail_pool);

/* Return true if this allocation has to fail, as the user of fail_pool wants. */
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
 * Return the size of the largest object that fits into an empty block at an alignment of
 * @align_mask + 1.  block_max is what fits into the first block, which also holds struct
 * mp_pool.  In any other block, an alignment up to 256 wastes no more bytes than that, so
 * an object of block_max fits there, too.
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

/*
 * Return true if an object of @size bytes gets pages of its own: if they fit it well, if an
 * arena cannot hold it or would need more pages, and for the pool's first few.
 */
static bool is_large(const struct mp_pool *pool, size_t size, size_t align_mask)
{
	size_t pages_size = PAGE_ALIGN(size);

	return pages_size - size <= size / 8 || size > ARENA_BYTES / 2 ||
	       size + align_mask + sizeof(struct mp_chunk) + POOL_REDZONE > pages_size ||
	       (size >= PAGE_SIZE && pool->large_pages < FIRST_LARGE);
}

/*
 * Allocate an object of any size.  All allocations come here, except those that the
 * inline functions can serve.
 */
void *mp_alloc_object(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	size_t room = largest_at(pool, align_mask);
	void *object;

	if (is_zone_asked(pool, size, gfp))
		return NULL;
	if (!size)
		return ZERO_SIZE_PTR;
	mp_enter(pool);
	/* SIZE_MAX is an overflow in array_size(); the region is not asked. */
	if (size == SIZE_MAX || fail_on_demand(size))
		object = NULL;
	else if (size <= min(pool->max, room))
		object = mp_alloc_small(pool, size, align_mask, gfp);
	else if (is_large(pool, size, align_mask))
		object = mp_alloc_large(pool, size, get_order(align_mask + 1), gfp);
	else
		object = mp_alloc_medium(pool, size, align_mask) ?:
			 mp_arena_alloc(pool, size, align_mask, gfp);
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
 * @pool: the pool
 * @size: bytes
 * @align: the alignment in bytes, any power of two.  If it is more than PAGE_SIZE, the
 *	physical address is aligned; in a reserved range the virtual address may not be
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: as mp_alloc(), but aligned to @align.  An @align that is not a power of two
 * gives NULL; the first such call prints a WARN.
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

/* Create a pool for @func, which @caller has called. */
struct mp_pool *mp_new_pool(const char *func, struct buddy_region *region, const char *name,
			    size_t size, size_t align, gfp_t gfp, unsigned long caller)
{
	unsigned long pages = size ? (size - 1) / PAGE_SIZE + 1 : 1;
	struct mp_pool *pool;
	unsigned long flags;

	if (WARN_ONCE(!is_power_of_2(align) || align > PAGE_SIZE,
		      "buddypool: a pool's alignment is a power of two up to a page, not %zu\n",
		      align))
		return NULL;
	if (!buddy_is_pointer(func, "this is no region", region) || !is_outside_nmi(func))
		return NULL;
	if (name && !buddy_is_pointer(func, "this is no name", name))
		return NULL;
	if (gfp & BUDDY_GFP_ZONES) {
		buddy_addr_error(region, BUDDY_ZONE, NULL, DIV_ROUND_UP(size, PAGE_SIZE));
		return NULL;
	}
	pool = mp_alloc_region_pages(region, pages, 0, gfp);
	if (!pool)
		return NULL;

	memset(pool, 0, sizeof(*pool));
	pool->region = region;
	pool->block_pages = pages;
	pool->pages = pages;
	pool->align_mask = align - 1;
	pool->created = jiffies;
	pool->caller = caller;
	pool->nr_blocks = 1;
	pool->magic = POOL_LIVE;
	mp_set_name(pool, name);
	INIT_LIST_HEAD(&pool->entry_list);
	INIT_LIST_HEAD(&pool->slots);
	INIT_LIST_HEAD(&pool->cleanups);
	INIT_LIST_HEAD(&pool->spare_cleanups);
	mp_arena_init(pool);
	pool->first.end = (u8 *)pool + (pool->block_pages << PAGE_SHIFT);
	empty_block(&pool->first);
	pool->tail = &pool->first;
	set_active(pool, &pool->first, NULL);
	pool->marked = pool->last;

	/* What the first block can hold behind the pool; see largest_at(). */
	pool->block_max = largest_in(pool->end - PTR_ALIGN(pool->last, MP_ALIGNMENT));
	/* An object has an entry only if it is larger than the entry. */
	pool->max = min(pool->block_max, max(size ?: PAGE_SIZE, sizeof(struct mp_entry)));

	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	/*
	 * No two pools have numbers in common, so a mark of an earlier pool at this
	 * address is told from a mark of this pool.
	 */
	pool->serial = ++nr_created << 32;
	pool->floor = pool->serial;
	list_add_tail(&pool->link, &mp_pools);
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);
	mp_announce_pages(pool, pool, pages);
	trace_mp_create(pool);
	return pool;
}

/**
 * mp_create_pool() - create a pool
 * @region: a region with a kernel mapping; it must outlive the pool
 * @size: bytes of a block.  It is rounded up to whole pages, all of which are used; 0
 *	means one page.  Objects larger than @size (before it is rounded up) can be freed
 *	before the pool, see mp_free()
 * @gfp: __GFP_NOWARN suppresses the message in the log if the allocation fails.
 *	__GFP_DMA and __GFP_DMA32 are a caller error.  All other flags are allowed and
 *	have no effect
 *
 * Objects are aligned to MP_ALIGNMENT.  The pool has no name; the debugfs file "pools"
 * shows the function that called mp_create_pool().
 *
 * kmemleak searches the pool's memory for pointers.  Exception: the memory of a region
 * from buddy_region_create() is searched only if kmemleak knows that memory already, as it
 * knows memory of kmalloc() and vmalloc().
 *
 * Context: process, softirq or hardirq context; takes raw spinlocks with interrupts off.
 * In NMI context the call is refused and counted in the debugfs file bad_calls.
 * Return: the pool; or NULL if the region has no block of that size left, for a zone
 * flag, and if @region is NULL or an error pointer, which is counted in bad_calls.
 */
struct mp_pool *mp_create_pool(struct buddy_region *region, size_t size,
			       gfp_t gfp)
{
	return mp_new_pool(__func__, region, NULL, size, MP_ALIGNMENT, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(mp_create_pool);

/**
 * mp_create_pool_named() - create a pool with a name and an alignment
 * @region: as for mp_create_pool()
 * @name: shown in debugfs.  It is cut to 23 characters; blanks and all characters that
 *	are not printable ASCII become '_', and ``total`` becomes ``total_``.  NULL or an
 *	empty string: no name, as with mp_create_pool()
 * @size: as for mp_create_pool()
 * @align: the alignment of mp_alloc() in bytes, a power of two up to PAGE_SIZE; nginx
 *	itself uses 8
 * @gfp: as for mp_create_pool()
 *
 * Context: as mp_create_pool().
 * Return: as mp_create_pool().  NULL also for a wrong @align, for which the first such
 * call prints a WARN, and for a @name that is an error pointer, which is counted in the
 * debugfs file bad_calls.
 */
struct mp_pool *mp_create_pool_named(struct buddy_region *region,
				     const char *name, size_t size,
				     size_t align, gfp_t gfp)
{
	return mp_new_pool(__func__, region, name, size, align, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(mp_create_pool_named);

/**
 * mp_destroy_pool() - free a pool and all of its objects
 * @pool: the pool; NULL is ignored
 *
 * Calls the pool's cleanup handlers and destroys its child pools, the newest first, and
 * frees all pages.  An object that a handler allocates lives until this call ends, also if a
 * handler resets or rewinds the pool meanwhile.
 *
 * A pool that is already destroyed is left alone, and the call is counted in the debugfs
 * file bad_calls.  The pool is recognised until its first page is allocated again; with
 * poison=1 the report does not name it.  A cleanup handler cannot destroy its own pool,
 * nor the parent of its pool; the attempt is refused and counted too.
 *
 * Context: process, softirq or hardirq context, as far as the handlers allow.  In NMI
 * context the call is refused and counted in bad_calls.
 */
void mp_destroy_pool(struct mp_pool *pool)
{
	unsigned long flags;

	if (!pool || !is_pool_to_free(__func__, pool))
		return;
	if (pool->undoing) {
		mp_report_state(__func__, pool, "this is a pool whose cleanup handlers run");
		return;
	}
	if (!can_undo(__func__, pool, 0))
		return;
	trace_mp_destroy(pool);
	mp_reset_pool(pool);
	if (pool->parent)
		mp_unlink_child(pool);
	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	list_del(&pool->link);
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);

	/*
	 * From here on every call refuses the pool.  The inline functions look at @max and
	 * @last only, so these make them call mp_alloc_slow(), which refuses it.
	 */
	pool->magic = POOL_GONE;
	pool->max = 0;
	pool->last = pool->end;
	mp_free_spare_blocks(pool);
	mp_free_region_pages(pool->region, pool, pool->block_pages);
}
EXPORT_SYMBOL_GPL(mp_destroy_pool);
