/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the pool layer share: the structures that lie in a pool's blocks,
 * and one section for each file with what it offers to the others.  Callers of the
 * module include pool.h instead.
 */
#ifndef POOL_INTERNAL_H
#define POOL_INTERNAL_H

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include "pool.h"

/**
 * struct mp_entry - describes an object that can be freed before its pool; the words
 *	entry, medium, large, hole and slot are explained in large.c
 * @node: in the tree @entries of the pool, sorted by @addr
 * @list: in one of the pool's lists: @entry_list, @holes or @slots
 * @older: the entry that was allocated before this one, or NULL
 * @addr: the object
 * @size: bytes of a medium object.  A hole keeps the size of its first object, whatever
 *	was in it later
 * @pages: pages of a large object
 * @serial: the pool's @serial when the object was allocated
 * @born: the pool's @serial when the entry itself was allocated.  An entry can be used
 *	for many objects, one after the other
 * @is_medium: it is for medium objects, and has @size; else for large ones, and has @pages
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

/**
 * struct mp_cleanup - a cleanup handler
 * @next: the handler that was added before this one
 * @handler: the function
 * @data: its argument
 * @serial: the pool's @serial when the handler was added
 */
struct mp_cleanup {
	struct mp_cleanup *next;
	void (*handler)(void *data);
	void *data;
	u64 serial;
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

/* pool.c */
extern struct list_head mp_pools;	/* all pools, the oldest first */
extern raw_spinlock_t mp_pools_lock;	/* protects mp_pools; held for a few steps */
void *mp_alloc_pages(struct mp_pool *pool, unsigned long pages, unsigned int align_order,
		     gfp_t gfp);
void mp_free_pages(struct mp_pool *pool, void *addr, unsigned long pages);
void *mp_alloc_object(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *mp_alloc_small(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);

/* large.c */
size_t mp_medium_size(size_t size);
void *mp_alloc_medium(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *mp_alloc_large(struct mp_pool *pool, size_t size, unsigned int align_order,
		     gfp_t gfp);
void mp_undo_entries(struct mp_pool *pool, u64 serial);

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
