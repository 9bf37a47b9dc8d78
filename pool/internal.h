/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the pool layer share; callers include pool.h instead. */
#ifndef POOL_INTERNAL_H
#define POOL_INTERNAL_H

#include <linux/mm.h>
#include <linux/preempt.h>

#include "pool.h"

/**
 * struct mp_entry - an object that can be freed before its pool
 * @node: in the pool's tree, by @addr
 * @list: in the pool's list, or among its holes or empty slots
 * @addr: the object
 * @pages: its own, or 0 if it is in a block, in front of this entry
 * @size: bytes that it has in a block, or 0
 * @serial: when it was allocated
 * @born: when this entry was taken from the pool; it outlives its object
 */
struct mp_entry {
	struct rb_node node;
	struct list_head list;
	void *addr;
	unsigned long pages;
	size_t size;
	u64 serial;
	u64 born;
};

struct mp_cleanup {
	struct mp_cleanup *next;
	void (*handler)(void *data);
	void *data;
	u64 serial;
};

/* The first byte that @block can give out. */
static inline u8 *block_start(struct mp_block *block)
{
	return (u8 *)(block + 1);
}

static inline size_t block_room(const struct mp_block *block)
{
	return block->end - block->last;
}

/* Bring the active block's header up to date with the pool. */
static inline void sync_active(struct mp_pool *pool)
{
	struct mp_block *block = pool->active;

	pool->bumped += pool->last - block->last;
	block->last = pool->last;
}

/* The blocks that are tried from now on, the first one first. */
static inline void set_active(struct mp_pool *pool, struct mp_block *active,
			      struct mp_block *other)
{
	pool->active = active;
	pool->other = other;
	pool->last = active->last;
	pool->end = active->end;
}

/* What mp_pool.magic says. */
#define POOL_LIVE	0x6d705f2b
#define POOL_GONE	0x6d705f2d

/* check.c */
void mp_report_pool(const char *func, const struct mp_pool *pool);
bool mp_refuse_in_nmi(const char *func);
void mp_report_mark(const char *func, const struct mp_pool *pool, bool outdated);
void mp_set_name(struct mp_pool *pool, const char *name);
char *mp_fix_name(char *name, size_t size);
void mp_report_zone(struct buddy_region *region, const struct mp_pool *pool, size_t size);

/* Whether @pool is a pool; if not, that is counted, and @func returns at once. */
static inline bool is_pool(const char *func, const struct mp_pool *pool)
{
	if (likely(pool && PAGE_ALIGNED(pool) && pool->magic == POOL_LIVE))
		return true;
	mp_report_pool(func, pool);
	return false;
}

/* The same for a call that an NMI must not make: the lock it needs may be held already. */
static inline bool is_pool_to_free(const char *func, const struct mp_pool *pool)
{
	return is_pool(func, pool) && !(unlikely(in_nmi()) && mp_refuse_in_nmi(func));
}

/* pool.c */
extern struct list_head mp_pools;
extern raw_spinlock_t mp_pools_lock;	/* protects the list; never held for long */
void *mp_alloc_pages(struct buddy_region *region, unsigned long pages,
		unsigned int align_order, gfp_t gfp);
void mp_free_pages(struct buddy_region *region, void *addr, unsigned long pages);
void *mp_alloc_object(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *mp_alloc_small(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);

/* large.c */
size_t mp_medium_size(size_t size);
void *mp_alloc_medium(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *mp_alloc_large(struct mp_pool *pool, size_t size, unsigned int align_order,
		gfp_t gfp);
void mp_undo_entries(struct mp_pool *pool, u64 serial);

/* kasan.c */
#define POOL_GRANULE	8	/* bytes behind one byte of shadow */
#ifdef CONFIG_KASAN_GENERIC
int mp_kasan_init(void);
void mp_kasan_exit(void);
void mp_poison(const void *from, const void *to);
void mp_unpoison(const void *object, size_t size);
void mp_kasan_add(const struct mp_pool *pool, const void *addr, unsigned long pages);
void mp_kasan_remove(const void *addr);
#define POOL_REDZONE	16	/* behind each object */
#else
static inline int mp_kasan_init(void) { return 0; }
static inline void mp_kasan_exit(void) {}
static inline void mp_poison(const void *from, const void *to) {}
static inline void mp_unpoison(const void *object, size_t size) {}
static inline void mp_kasan_add(const struct mp_pool *pool, const void *addr,
				  unsigned long pages) {}
static inline void mp_kasan_remove(const void *addr) {}
#define POOL_REDZONE	0
#endif

/* debugfs.c */
#ifdef CONFIG_DEBUG_FS
extern const struct file_operations mp_pools_fops;
#define POOLS_FOPS	(&mp_pools_fops)
#else
#define POOLS_FOPS	NULL
#endif
#if defined(CONFIG_FAULT_INJECTION) && defined(CONFIG_DEBUG_FS)
void mp_debugfs_init(void);
void mp_debugfs_exit(void);
#else
static inline void mp_debugfs_init(void) {}
static inline void mp_debugfs_exit(void) {}
#endif

#endif /* POOL_INTERNAL_H */
