/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools after nginx's: many small objects, given back all at once.
 *
 * A pool belongs to one request, one transfer, one driver instance.  It is a
 * chain of page blocks with a bump pointer each; an allocation aligns, compares
 * and adds.  Small objects are not freed one by one: mp_reset_pool(),
 * mp_rewind_pool() and mp_destroy_pool() give back everything, or everything
 * since a mark, and run the cleanup handlers that were added since.
 *
 * A pool has one user at a time and takes no lock.  Any context in which its
 * region may be used will do, see buddy.h: in NMI context, objects can be
 * allocated and nothing else be done.  In a kernel with CONFIG_PROVE_LOCKING
 * two users at once are caught and reported.
 *
 * A call that is given no pool, such as NULL, an error pointer or a pool that is
 * destroyed, is refused and counted in debugfs's bad_calls; the first is reported.
 * A destroyed pool is recognised until its first page is handed out again, in an
 * unmapped page not at all, with poison=1 as no pool; KASAN reports the access
 * itself.  mp_alloc(), mp_nalloc() and mp_calloc() are inline and promise nothing for
 * a pointer that cannot be read.
 *
 * The algorithm is that of nginx's src/core/ngx_palloc.c (I. Sysoev).
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <linux/rbtree.h>
#include <linux/slab.h>

#include "../buddy/buddy.h"
#include "../buddy/compat.h"

#define MP_ALIGNMENT	32	/* of mp_alloc(), if the pool was made without another */
#define MP_NAME_LEN	24	/* of a pool's name, with the NUL */

#define MP_MARKS	6	/* savepoints that a pool knows by their numbers */

struct mp_pool;
struct mp_mark;

/**
 * struct mp_block - the header of a block
 * @next: in the chain
 * @last: first free byte, but for the pool's current block: see there
 * @end: the byte behind the block, a multiple of PAGE_SIZE
 */
struct mp_block {
	struct mp_block *next;
	u8 *last;
	u8 *end;
};

/**
 * struct mp_pool - a pool; it lies at the start of its own first block
 * @last: first free byte of @active, ahead of what its header says
 * @end: the byte behind @active
 * @max: the largest object without an entry, which goes with the pool alone
 * @align_mask: the pool's alignment - 1
 * @given: bytes given out of blocks, the pool's own entries too
 * @active: the block that small requests try first, of the two the one with more
 *	room when a request last had to look
 * @other: the one they try next, or NULL
 * @tail: the last block in use; those behind it are spare
 * @region: where blocks and large allocations come from
 * @block_pages: pages of each block
 * @block_max: the most that is taken from a block, if its alignment does not make that
 *	less; what is larger gets its own pages
 * @nr_blocks: blocks in the chain, spare ones too
 * @bumped: bytes taken from blocks as their headers have it
 * @skipped: bytes left in blocks that were passed over
 * @freed: bytes of @given that are in @holes
 * @entries: objects with an entry, by address
 * @entry_list: the same, the newest first
 * @slots: entries without an object, to be used again
 * @holes: entries of objects in blocks that were freed, to be used again
 * @nr_large: how many objects have pages of their own
 * @large_pages: their pages
 * @serial: counts objects with entries, entries, handlers and marks, to tell what came
 *	after a mark; it starts where no other pool's does
 * @floor: what it was at the start, or at the last reset
 * @lost: marks up to this one may be in force without being in @marks
 * @marks: the newest that are in force, as distances from @floor; the newest first
 * @at_mark: nothing happened since the newest of these was set or gone back to, unless
 *	inline
 * @undoing: where a reset or rewind goes that is at work, or NULL
 * @cleanups: handlers, the newest first
 * @resets: calls of mp_reset_pool()
 * @created: jiffies
 * @caller: who made the pool
 * @name: or an empty string
 * @link: in the list of all pools
 * @users: who is at work on the pool, to catch a second one
 * @magic: POOL_LIVE, or POOL_GONE once it is destroyed
 * @first: the first block's header; its bytes begin behind the pool
 */
struct mp_pool {
	/* All that mp_alloc() touches, in one cache line. */
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
	unsigned long nr_blocks;
	size_t bumped;
	size_t skipped;
	size_t freed;
	struct rb_root entries;
	struct list_head entry_list;
	struct list_head slots;
	struct list_head holes;
	unsigned long nr_large;
	unsigned long large_pages;
	u64 serial;
	u64 floor;
	u64 lost;
	u32 marks[MP_MARKS];
	struct mp_mark *undoing;
	struct mp_cleanup *cleanups;
	unsigned int resets;
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
 * struct mp_mark - a savepoint, filled in by mp_mark_pool()
 *
 * Its members are the pool's own affair.
 */
struct mp_mark {
	/* private: */
	struct mp_pool *pool;
	struct mp_block *tail;
	u8 *last;
	size_t bumped;
	size_t skipped;
	size_t given;
	u64 serial;
};

struct mp_pool *mp_create_pool(struct buddy_region *region, size_t size,
			       gfp_t gfp);
struct mp_pool *mp_create_pool_named(struct buddy_region *region,
				     const char *name, size_t size,
				     size_t align, gfp_t gfp);
void mp_destroy_pool(struct mp_pool *pool);
void mp_reset_pool(struct mp_pool *pool);
void mp_mark_pool(struct mp_pool *pool, struct mp_mark *mark);
void mp_rewind_pool(struct mp_pool *pool, const struct mp_mark *mark);

void *mp_memalign(struct mp_pool *pool, size_t size, size_t align, gfp_t gfp);
bool mp_free(struct mp_pool *pool, const void *object);
int mp_add_cleanup(struct mp_pool *pool, void (*handler)(void *data),
		   void *data, gfp_t gfp);

void *mp_memdup(struct mp_pool *pool, const void *from, size_t size, gfp_t gfp);
char *mp_strdup(struct mp_pool *pool, const char *from, gfp_t gfp);
__printf(3, 4)
char *mp_printf(struct mp_pool *pool, gfp_t gfp, const char *format, ...);
__printf(3, 0)
char *mp_vprintf(struct mp_pool *pool, gfp_t gfp, const char *format,
		 va_list args);

/* Where the kernel checks locking, a pool checks for a second user. */
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

/* Whether the inline functions have no business here. */
static __always_inline bool mp_is_watched(void)
{
#ifdef CONFIG_FAULT_INJECTION
	if (READ_ONCE(mp_fail_pool.probability))
		return true;
#endif
	/* KASAN wants redzones. */
	return IS_ENABLED(CONFIG_KASAN_GENERIC);
}

/* Behind the inline functions: what they cannot serve; not to be called directly. */
void *mp_alloc_slow(struct mp_pool *pool, size_t size, size_t align_mask,
		    gfp_t gfp);

static inline void *mp_bump(struct mp_pool *pool, size_t size,
			    size_t align_mask, gfp_t gfp)
{
	u8 *object;

	/* Size 0 wraps to the slow path, too.  No zone can be had: see there. */
	if (mp_is_watched() || gfp & BUDDY_GFP_ZONES ||
	    unlikely(size - 1 >= pool->max))
		return mp_alloc_slow(pool, size, align_mask, gfp);

	mp_enter(pool);
	object = (u8 *)(((uintptr_t)pool->last + align_mask) & ~align_mask);
	/* A block ends on a page boundary: aligning never steps over its end. */
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
 * mp_alloc() - allocate an object, aligned
 * @pool: where from
 * @size: bytes; a page or more, or what does not fit into a block, gets pages of
 *	its own
 * @gfp: __GFP_ZERO clears it, __GFP_NOWARN keeps a failure out of the log;
 *	__GFP_DMA and __GFP_DMA32 are a caller error, as no zone can be chosen: NULL;
 *	all others, as in GFP_KERNEL and GFP_ATOMIC, are legal and have no effect
 *
 * Context: as the pool's region, by one user at a time.
 * Return: the object, at a multiple of the pool's alignment (MP_ALIGNMENT unless
 * it was made with another); ZERO_SIZE_PTR for size 0; NULL if the region has
 * no pages left, and the pool is then as it was.
 */
static inline void *mp_alloc(struct mp_pool *pool, size_t size, gfp_t gfp)
{
	return mp_bump(pool, size, pool->align_mask, gfp);
}

/**
 * mp_nalloc() - allocate an object without alignment, as for strings
 * @pool: where from
 * @size: bytes
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: as mp_alloc(), at any address.
 */
static inline void *mp_nalloc(struct mp_pool *pool, size_t size, gfp_t gfp)
{
	return mp_bump(pool, size, 0, gfp);
}

/**
 * mp_calloc() - allocate a zeroed array
 * @pool: where from
 * @nr: elements
 * @size: bytes of each
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: as mp_alloc(); NULL also if @nr times @size overflows, for which the region
 * is not asked.
 */
static inline void *mp_calloc(struct mp_pool *pool, size_t nr, size_t size,
			      gfp_t gfp)
{
	return mp_alloc(pool, array_size(nr, size), gfp | __GFP_ZERO);
}

#ifdef DEFINE_FREE
/* struct mp_pool *pool __free(mp_pool) = mp_create_pool(...); */
DEFINE_FREE(mp_pool, struct mp_pool *, if (_T) mp_destroy_pool(_T))
#endif

#endif /* POOL_POOL_H */
