/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the pool layer share: the structures that lie in a pool's blocks,
 * and one section for each file with what it offers to the others.  Callers of the
 * module include pool.h instead.
 */
#ifndef POOL_INTERNAL_H
#define POOL_INTERNAL_H

#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rbtree.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include "pool.h"

/**
 * struct mp_entry - describes a large object, or a medium object in a block; see large.c
 * @node: in the tree @entries of the pool, sorted by @addr
 * @list: in one of the pool's lists: @entry_list or @slots; in none if the entry is of a
 *	medium object that was freed
 * @older: the entry that was allocated before this one, or NULL
 * @addr: the object
 * @size: bytes of a medium object
 * @pages: pages of a large object
 * @serial: the pool's @serial when the object was allocated
 * @born: the pool's @serial when the entry itself was allocated.  An entry can be used
 *	for many large objects, one after the other
 * @is_medium: it is for a medium object, and has @size; else for large ones, and has
 *	@pages
 */
struct mp_entry {
	struct rb_node node;
	struct list_head list;
	struct mp_entry *older;
	void *addr;
	union {
		size_t size;
		unsigned long pages;
	};
	u64 serial;
	u64 born : 63;
	u64 is_medium : 1;
};

#define ARENA_PAGES	DIV_ROUND_UP(SZ_64K, PAGE_SIZE)	/* most pages of an arena */
#define ARENA_BYTES	(ARENA_PAGES * PAGE_SIZE)
#define ARENA_UNIT	32	/* bytes; objects in arenas lie at multiples of it */

/**
 * struct mp_arena - a run of pages for medium objects; see arena.c
 * @node: in the tree @arenas of the pool, sorted by @start
 * @list: in the list @spare_arenas of the pool, if the arena is gone
 * @older: the description that was allocated before this one, or NULL
 * @start: the first page, which the arena may have given back
 * @born: the pool's @serial when this description was allocated
 * @held: a bit for each page from @start on that the arena holds
 * @objects: a bit for each unit in which the chunk of an object begins
 */
struct mp_arena {
	struct rb_node node;
	struct list_head list;
	struct mp_arena *older;
	void *start;
	u64 born;
	unsigned long held;
	DECLARE_BITMAP(objects, ARENA_BYTES / ARENA_UNIT);
};

/**
 * struct mp_chunk - header of a part of an arena, which has an object or is a hole
 * @list: of an object: in the pool's list of objects in arenas
 * @serial: of an object: the pool's @serial when it was allocated
 * @node: of a hole: in the pool's tree of holes
 * @units: length of the chunk with this header, in units
 * @before: length of the chunk that ends here, or 0 if the arena does not hold the page
 *	before
 * @largest: of a hole: length of the largest hole at and below this node of the tree
 * @is_hole: the chunk has no object
 */
struct mp_chunk {
	union {
		struct {
			struct list_head list;
			u64 serial;
		};
		struct rb_node node;
	};
	u16 units;
	u16 before;
	u16 largest;
	bool is_hole;
};

/**
 * struct mp_cleanup - a cleanup handler
 * @list: in one of the pool's lists: @cleanups, or @spare_cleanups after the handler was
 *	called or cancelled
 * @older: the struct that was allocated before this one, or NULL
 * @handler: the function
 * @data: its argument
 * @serial: the pool's @serial when the handler was added
 * @born: the pool's @serial when this struct was allocated.  It can be used for many
 *	handlers, one after the other
 */
struct mp_cleanup {
	struct list_head list;
	struct mp_cleanup *older;
	void (*handler)(void *data);
	void *data;
	u64 serial;
	u64 born;
};

/* Return the first byte of @block that can be allocated. */
static inline u8 *block_start(struct mp_block *block)
{
	return (u8 *)(block + 1);
}

/* Return how many bytes of @block are still free. */
static inline size_t block_room(const struct mp_block *block)
{
	return block->end - block->last;
}

/*
 * The inline functions move only pool->last.  Write its value into the header of the
 * active block, and count the bytes that it has moved.
 */
static inline void sync_active(struct mp_pool *pool)
{
	struct mp_block *block = pool->active;

	pool->bumped += pool->last - block->last;
	block->last = pool->last;
}

/* Set the two blocks that small requests try: @active first, then @other (or NULL). */
static inline void set_active(struct mp_pool *pool, struct mp_block *active,
			      struct mp_block *other)
{
	pool->active = active;
	pool->other = other;
	pool->last = active->last;
	pool->end = active->end;
}

/* Values of mp_pool.magic: of a pool that can be used, and of a destroyed one. */
#define POOL_LIVE	0x6d705f2b
#define POOL_GONE	0x6d705f2d

/* check.c */
void mp_report_pool(const char *func, const struct mp_pool *pool);
void mp_report_state(const char *func, const struct mp_pool *pool, const char *what);
void mp_report_nmi(const char *func);
void mp_report_mark(const char *func, const struct mp_pool *pool,
		    const struct mp_mark *mark);
void mp_set_name(struct mp_pool *pool, const char *name);
void mp_fix_name(char *name, size_t size);

/* Return true if @pool is a live pool.  Otherwise count and report a call of @func. */
static inline bool is_pool(const char *func, const struct mp_pool *pool)
{
	if (likely(pool && PAGE_ALIGNED(pool) && pool->magic == POOL_LIVE))
		return true;
	mp_report_pool(func, pool);
	return false;
}

/*
 * Return true unless the call is made in NMI context; there it is counted and reported.
 * For calls that free or create: they wait for locks, which the interrupted code may
 * hold.
 */
static inline bool is_outside_nmi(const char *func)
{
	if (likely(!in_nmi()))
		return true;
	mp_report_nmi(func);
	return false;
}

/* The checks of a call that frees memory of @pool. */
static inline bool is_pool_to_free(const char *func, const struct mp_pool *pool)
{
	return is_pool(func, pool) && is_outside_nmi(func);
}

/* Return true if @gfp asks for a zone, and count that: no zone can be chosen. */
static inline bool is_zone_asked(const struct mp_pool *pool, size_t size, gfp_t gfp)
{
	if (likely(!(gfp & BUDDY_GFP_ZONES)))
		return false;
	buddy_addr_error(pool->region, BUDDY_ZONE, pool, DIV_ROUND_UP(size, PAGE_SIZE));
	return true;
}

/* What became of a request to resize an object in place. */
enum mp_resize {
	MP_NOT_MINE,	/* the object is of another kind */
	MP_RESIZED,
	MP_NO_ROOM,
	MP_WRONG_SIZE,	/* the object is smaller than the caller says */
};

/* pages.c */
void *mp_alloc_region_pages(struct buddy_region *region, unsigned long pages,
			    unsigned int align_order, gfp_t gfp);
void mp_free_region_pages(struct buddy_region *region, void *addr, unsigned long pages);
void mp_announce_pages(const struct mp_pool *pool, void *addr, unsigned long pages);
void *mp_alloc_pages(struct mp_pool *pool, unsigned long pages, unsigned int align_order,
		     gfp_t gfp);
void mp_free_pages(struct mp_pool *pool, void *addr, unsigned long pages);
void *mp_alloc_split_pages(struct mp_pool *pool, unsigned long pages, gfp_t gfp);
void mp_free_split_pages(struct mp_pool *pool, void *addr, unsigned long pages);
unsigned long mp_free_spare_blocks(struct mp_pool *pool);

/* pool.c */
extern struct list_head mp_pools;	/* all pools, the oldest first */
extern raw_spinlock_t mp_pools_lock;	/* protects mp_pools; held for a few steps */
struct mp_pool *mp_new_pool(const char *func, struct buddy_region *region, const char *name,
			    size_t size, size_t align, gfp_t gfp, unsigned long caller);
void *mp_alloc_object(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *mp_alloc_small(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *mp_alloc_tried(struct mp_pool *pool, size_t size, size_t align_mask);
bool mp_has_room(const struct mp_pool *pool, size_t size);

/* large.c */
void *mp_alloc_medium(struct mp_pool *pool, size_t size, size_t align_mask);
void *mp_alloc_large(struct mp_pool *pool, size_t size, unsigned int align_order,
		     gfp_t gfp);
enum mp_resize mp_entry_resize(struct mp_pool *pool, const void *object, size_t old_size,
			       size_t new_size);
void mp_undo_entries(struct mp_pool *pool, u64 serial);

/* arena.c */
void mp_arena_init(struct mp_pool *pool);
void *mp_arena_alloc(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
bool mp_arena_free(struct mp_pool *pool, const void *object);
enum mp_resize mp_arena_resize(struct mp_pool *pool, const void *object, size_t old_size,
			       size_t new_size, bool may_move);
unsigned long mp_arena_trim(struct mp_pool *pool);
void mp_arena_undo(struct mp_pool *pool, u64 serial);
void mp_arena_undo_all(struct mp_pool *pool);

/* kasan.c */
#define POOL_GRANULE	8	/* bytes that one byte of KASAN's shadow describes */
#ifdef CONFIG_KASAN_GENERIC
#define POOL_REDZONE	16	/* poisoned bytes behind each object */
int mp_kasan_init(void);
void mp_kasan_exit(void);
void mp_poison(const void *from, const void *to);
void mp_unpoison(const void *object, size_t size);
void mp_kasan_add(const struct mp_pool *pool, const void *addr, unsigned long pages);
void mp_kasan_remove(const void *addr);
#else
#define POOL_REDZONE	0
static inline int mp_kasan_init(void) { return 0; }
static inline void mp_kasan_exit(void) {}
static inline void mp_poison(const void *from, const void *to) {}
static inline void mp_unpoison(const void *object, size_t size) {}
static inline void mp_kasan_add(const struct mp_pool *pool, const void *addr,
				unsigned long pages) {}
static inline void mp_kasan_remove(const void *addr) {}
#endif

/* child.c */
void mp_unlink_child(struct mp_pool *child);
bool mp_are_children_idle(const char *func, const struct mp_pool *pool, u64 serial);

/* Return true if @pool can go back to number @serial.  Otherwise report a call of @func. */
static inline bool can_undo(const char *func, const struct mp_pool *pool, u64 serial)
{
	return likely(hlist_empty(&pool->children)) ||
	       mp_are_children_idle(func, pool, serial);
}

/* stats.c */
void mp_read_stats(const struct mp_pool *pool, struct mp_stats *stats);

/* debugfs.c */
#ifdef CONFIG_DEBUG_FS
void mp_debugfs_init(void);
#else
static inline void mp_debugfs_init(void) {}
#endif
#if defined(CONFIG_FAULT_INJECTION) && defined(CONFIG_DEBUG_FS)
void mp_fault_init(void);
void mp_fault_exit(void);
#else
static inline void mp_fault_init(void) {}
static inline void mp_fault_exit(void) {}
#endif

#endif /* POOL_INTERNAL_H */
