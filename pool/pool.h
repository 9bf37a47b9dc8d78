/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools: many small objects that are freed together.  The public interface.
 *
 * A pool belongs to one request, one transfer or one driver instance.  It is a chain of
 * blocks of pages.  To allocate an object, mp_alloc() rounds a pointer up, compares it
 * with the end of the block and moves it forward.  Small objects are not freed one by
 * one: mp_reset_pool() and mp_destroy_pool() free all objects, mp_rewind_pool() frees the
 * objects that were allocated since a savepoint.  All three call cleanup handlers first,
 * and destroy child pools.
 *
 * A pool has one user at a time and takes no lock.  In a kernel with CONFIG_PROVE_LOCKING
 * two users at the same time are reported.
 *
 * Objects can be allocated, cleanup handlers added, savepoints set and counters read in any
 * context: process, softirq, hardirq and NMI.  All other calls are refused in NMI context.
 *
 * A call whose pool is NULL, an error pointer or a destroyed pool is refused and counted
 * in the debugfs file bad_calls.  The first call that is counted there prints a WARN,
 * later ones print lines at a limited rate.  A destroyed pool is recognised until its
 * first page is allocated again.  With poison=1 the report does not have its name.  KASAN
 * reports the access to the destroyed pool, too; and if the page has no mapping any more,
 * the access faults.  The inline functions mp_alloc(), mp_nalloc() and mp_calloc() read
 * the pool before any check, so they fault for NULL and for error pointers.
 *
 * The algorithm is that of nginx's src/core/ngx_palloc.c (I. Sysoev).
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <linux/compiler.h>
#include <linux/fault-inject.h>
#include <linux/overflow.h>
#include <linux/rbtree_types.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/types.h>

#include "../buddy/buddy.h"

#define MP_ALIGNMENT	32	/* bytes; of mp_alloc(), unless the pool has its own */
#define MP_NAME_LEN	24	/* bytes of a pool's name, with the NUL */
#define MP_MARKS	6	/* savepoints that a pool knows by number */
#define MP_LEVELS	8	/* pools in a chain of parents and children */

struct device;
struct mp_arena;
struct mp_entry;
struct mp_mark;
struct mp_pool;

/**
 * struct mp_block - header at the start of a block
 * @next: the next block of the pool, or NULL
 * @last: the first free byte.  In the pool's active block the pool's own @last is newer
 * @end: the byte behind the block, a multiple of PAGE_SIZE
 */
struct mp_block {
	struct mp_block *next;
	u8 *last;
	u8 *end;
};

/**
 * struct mp_pool - a pool; lies at the start of its own first block
 * @last: first free byte of @active
 * @end: the byte behind @active
 * @max: bytes of the largest small object; larger objects can be freed before the pool
 * @align_mask: the pool's alignment - 1
 * @given: bytes of objects in blocks, with the pool's own entries and handlers
 * @active: the block that a small object is tried in first
 * @other: the block that is tried next, or NULL
 * @tail: the last block that is in use; the blocks behind it are spare
 * @region: where the pool's pages come from
 * @block_pages: pages of each block
 * @block_max: bytes of the largest object that fits into each empty block, if its alignment
 *	allows; less than a page
 * @pages: all pages that the pool holds: of blocks, arenas and large objects
 * @limit: the most pages that it may hold, or 0 for any number
 * @nr_blocks: blocks in the chain, with the spare ones
 * @bumped: bytes taken from blocks, with alignment and redzones.  Bytes that the inline
 *	functions took are added later, by sync_active()
 * @skipped: free bytes in blocks that are not tried any more
 * @medium: those bytes of @given that medium objects and their entries take
 * @freed: those bytes of @medium whose object was freed
 * @entries: the entries of large objects, and of medium ones in blocks; a tree sorted by
 *	address
 * @entry_list: the same entries, the newest object first
 * @slots: entries without an object, whose large object was freed
 * @newest: the entry that was allocated last; it leads to the older ones
 * @arenas: the arenas, a tree sorted by address
 * @holes: the holes in arenas, a tree sorted by address
 * @chunks: the objects in arenas, the newest first
 * @spare_arenas: descriptions of arenas that are gone
 * @newest_arena: the description that was allocated last; it leads to the older ones
 * @arena_pages: pages of all arenas
 * @arena_given: bytes of the objects in arenas, with their headers
 * @spare_pages: pages of arenas without a byte of an object
 * @nr_large: objects that have pages of their own
 * @large_pages: their pages
 * @serial: counts medium and large objects, entries, handlers and savepoints.  Each has
 *	its number; those newer than a savepoint have larger ones.  No two pools have
 *	numbers in common
 * @floor: @serial at creation or at the last reset
 * @lost: savepoints up to this number count as in force, see undo.c; 0 for none
 * @marks: numbers of the newest savepoints in force, less @floor; the newest first
 * @at_mark: true if nothing was allocated, nor a child created, since the newest savepoint
 *	was set or rewound to; the inline functions do not clear it
 * @marked: @last at the newest savepoint, or at the start
 * @undoing: the state that a running reset or rewind goes back to, or NULL
 * @cleanups: cleanup handlers, the newest first
 * @spare_cleanups: structs of handlers that were called or cancelled
 * @newest_cleanup: the struct that was allocated last; it leads to the older ones
 * @parent: the pool whose child this pool is, or NULL
 * @children: the child pools, the newest first
 * @sibling: in the parent's list @children
 * @born: the parent's @serial when this pool was created
 * @resets: number of calls of mp_reset_pool()
 * @level: number of pools above this one: its parent, the parent's parent and so on
 * @created: time of creation, in jiffies
 * @caller: address in the function that created the pool
 * @name: the pool's name, or an empty string
 * @link: in the list of all pools
 * @users: functions at work on the pool, with CONFIG_PROVE_LOCKING: 0 or 1
 * @magic: POOL_LIVE, or POOL_GONE after the pool is destroyed
 * @first: header of the first block, whose free bytes begin behind this struct
 */
struct mp_pool {
	/* All that mp_alloc() reads and writes, in one cache line. */
	u8 *last;
	u8 *end;
	size_t max;
	size_t align_mask;
	size_t given;
	struct mp_block *active;
	struct mp_block *other;

	struct mp_block *tail;
	struct buddy_region *region;
	unsigned long block_pages;
	size_t block_max;
	unsigned long pages;
	unsigned long limit;
	unsigned long nr_blocks;
	size_t bumped;
	size_t skipped;
	size_t medium;
	size_t freed;
	struct rb_root entries;
	struct list_head entry_list;
	struct list_head slots;
	struct mp_entry *newest;
	struct rb_root arenas;
	struct rb_root holes;
	struct list_head chunks;
	struct list_head spare_arenas;
	struct mp_arena *newest_arena;
	unsigned long arena_pages;
	size_t arena_given;
	unsigned long spare_pages;
	unsigned long nr_large;
	unsigned long large_pages;
	u64 serial;
	u64 floor;
	u64 lost;
	u32 marks[MP_MARKS];
	u8 *marked;
	struct mp_mark *undoing;
	struct list_head cleanups;
	struct list_head spare_cleanups;
	struct mp_cleanup *newest_cleanup;
	struct mp_pool *parent;
	struct hlist_head children;
	struct hlist_node sibling;
	u64 born;
	unsigned int resets;
	u8 level;
	bool at_mark;
	unsigned long created;
	unsigned long caller;
	char name[MP_NAME_LEN];
	struct list_head link;
	atomic_t users;
	u32 magic;
	struct mp_block first;
};

/**
 * struct mp_mark - a savepoint
 *
 * mp_mark_pool() fills it in.  Only the pool layer uses its members.
 */
struct mp_mark {
	/* private: */
	struct mp_pool *pool;
	struct mp_block *tail;
	u8 *last;
	size_t bumped;
	size_t skipped;
	size_t given;
	size_t medium;
	u64 serial;
};

/**
 * struct mp_stats - counters of a pool
 * @blocks: blocks, with the spare ones
 * @block_bytes: bytes of these blocks
 * @given: bytes of the objects in blocks, and of the pool's own entries and handlers
 * @freed: bytes of freed medium objects in blocks, which are used again after a reset
 * @aligned: bytes that alignment and, with KASAN, redzones take
 * @skipped: free bytes in blocks that are not tried any more
 * @arena_bytes: bytes of the pages of arenas, where most medium objects lie
 * @arena_free: those bytes of arenas that no object has
 * @larges: large objects
 * @large_bytes: bytes of their pages
 * @resets: calls of mp_reset_pool()
 * @limit: bytes that the pool may hold in pages, see mp_set_limit(); 0 for any number
 * @pages: all pages that the pool holds
 */
struct mp_stats {
	unsigned long blocks;
	unsigned long block_bytes;
	unsigned long given;
	unsigned long freed;
	unsigned long aligned;
	unsigned long skipped;
	unsigned long arena_bytes;
	unsigned long arena_free;
	unsigned long larges;
	unsigned long large_bytes;
	unsigned long resets;
	unsigned long limit;
	unsigned long pages;
};

struct mp_pool *mp_create_pool(struct buddy_region *region, size_t size,
			       gfp_t gfp);
struct mp_pool *mp_create_pool_named(struct buddy_region *region,
				     const char *name, size_t size,
				     size_t align, gfp_t gfp);
struct mp_pool *mp_create_child(struct mp_pool *parent, const char *name, size_t size,
				size_t align, gfp_t gfp);
struct mp_pool *devm_mp_create_pool(struct device *dev, struct buddy_region *region,
				    const char *name, size_t size, size_t align, gfp_t gfp);
void mp_destroy_pool(struct mp_pool *pool);
void mp_reset_pool(struct mp_pool *pool);
unsigned long mp_trim_pool(struct mp_pool *pool);
int mp_set_limit(struct mp_pool *pool, size_t bytes);
void mp_pool_stats(struct mp_pool *pool, struct mp_stats *stats);
void mp_mark_pool(struct mp_pool *pool, struct mp_mark *mark);
void mp_rewind_pool(struct mp_pool *pool, const struct mp_mark *mark);

void *mp_memalign(struct mp_pool *pool, size_t size, size_t align, gfp_t gfp);
void *mp_realloc(struct mp_pool *pool, void *object, size_t old_size, size_t new_size,
		 gfp_t gfp);
bool mp_free(struct mp_pool *pool, const void *object);
int mp_add_cleanup(struct mp_pool *pool, void (*handler)(void *data),
		   void *data, gfp_t gfp);
bool mp_cancel_cleanup(struct mp_pool *pool, void (*handler)(void *data), const void *data);
bool mp_run_cleanup(struct mp_pool *pool, void (*handler)(void *data), void *data);

void *mp_memdup(struct mp_pool *pool, const void *from, size_t size, gfp_t gfp);
char *mp_strdup(struct mp_pool *pool, const char *from, gfp_t gfp);
__printf(3, 4)
char *mp_printf(struct mp_pool *pool, gfp_t gfp, const char *format, ...);
__printf(3, 0)
char *mp_vprintf(struct mp_pool *pool, gfp_t gfp, const char *format,
		 va_list args);

/* Called at the begin and end of each use of a pool, to find a second user. */
#ifdef CONFIG_PROVE_LOCKING
void mp_enter(struct mp_pool *pool);
void mp_leave(struct mp_pool *pool);
#else
static inline void mp_enter(struct mp_pool *pool) {}
static inline void mp_leave(struct mp_pool *pool) {}
#endif

#ifdef CONFIG_FAULT_INJECTION
extern struct fault_attr mp_fail_pool;
#endif

/* Return true if the inline functions must leave each allocation to mp_alloc_slow(). */
static __always_inline bool mp_is_watched(void)
{
#ifdef CONFIG_FAULT_INJECTION
	if (READ_ONCE(mp_fail_pool.probability))
		return true;
#endif
	/* With KASAN each object has a redzone. */
	return IS_ENABLED(CONFIG_KASAN_GENERIC);
}

/* Serves what the inline functions cannot.  Do not call this directly. */
void *mp_alloc_slow(struct mp_pool *pool, size_t size, size_t align_mask,
		    gfp_t gfp);

/* The body of the inline functions: advance the pointer of the active block. */
static inline void *mp_bump(struct mp_pool *pool, size_t size,
			    size_t align_mask, gfp_t gfp)
{
	u8 *object;

	/* For size 0, size - 1 wraps to SIZE_MAX. */
	if (mp_is_watched() || gfp & BUDDY_GFP_ZONES ||
	    unlikely(size - 1 >= pool->max))
		return mp_alloc_slow(pool, size, align_mask, gfp);

	mp_enter(pool);
	object = (u8 *)(((uintptr_t)pool->last + align_mask) & ~align_mask);
	/* A block ends on a page boundary, so @object is not behind the end. */
	if (likely(size <= (size_t)(pool->end - object))) {
		pool->last = object + size;
		pool->given += size;
		mp_leave(pool);
		if (gfp & __GFP_ZERO)
			memset(object, 0, size);
		return object;
	}
	mp_leave(pool);
	return mp_alloc_slow(pool, size, align_mask, gfp);
}

/**
 * mp_alloc() - allocate an aligned object
 * @pool: the pool
 * @size: bytes.  An object larger than the pool's size, of a page or more, or that does not
 *	fit into an empty block, can be freed before the pool, see mp_free()
 * @gfp: __GFP_ZERO clears the object.  __GFP_NOWARN suppresses the message in the log if
 *	the allocation fails.  __GFP_DMA and __GFP_DMA32 are a caller error, because no
 *	zone can be chosen.  All other flags are allowed and have no effect: an allocation
 *	never sleeps
 *
 * Context: any: process, softirq, hardirq and NMI; by one user of the pool at a time.  If
 * the active block has no room, may take the region's raw spinlock with interrupts off.  In
 * NMI context the lock is only tried, so the call may fail although the region has free
 * pages.
 * Return: the object, at a multiple of the pool's alignment (MP_ALIGNMENT, or that given
 * to mp_create_pool_named()).  ZERO_SIZE_PTR of linux/slab.h for size 0.  NULL if the
 * region has no pages left or the pool's limit is reached, in which cases the pool is
 * unchanged, and for a zone flag.
 */
static inline void *mp_alloc(struct mp_pool *pool, size_t size, gfp_t gfp)
{
	return mp_bump(pool, size, pool->align_mask, gfp);
}

/**
 * mp_nalloc() - allocate an object without alignment, such as a string
 * @pool: the pool
 * @size: bytes, as for mp_alloc()
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: as mp_alloc(), but the object can have any address.
 */
static inline void *mp_nalloc(struct mp_pool *pool, size_t size, gfp_t gfp)
{
	return mp_bump(pool, size, 0, gfp);
}

/**
 * mp_calloc() - allocate an array and clear it
 * @pool: the pool
 * @nr: number of elements
 * @size: bytes of each element
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: as mp_alloc().  NULL also if @nr times @size overflows; then the region is not
 * asked for pages.
 */
static inline void *mp_calloc(struct mp_pool *pool, size_t nr, size_t size,
			      gfp_t gfp)
{
	return mp_alloc(pool, array_size(nr, size), gfp | __GFP_ZERO);
}

#ifdef DEFINE_FREE	/* of linux/cleanup.h, which linux/gfp.h includes if there is one */
/* For: struct mp_pool *pool __free(mp_pool) = mp_create_pool(...); */
DEFINE_FREE(mp_pool, struct mp_pool *, if (_T) mp_destroy_pool(_T))
#endif

#endif /* POOL_POOL_H */
