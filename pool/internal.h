/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the pool layer share; callers include pool.h instead. */
#ifndef POOL_INTERNAL_H
#define POOL_INTERNAL_H

#include <linux/mm.h>
#include <linux/preempt.h>

#include "pool.h"

/**
 * struct mp_large - an object that can be freed before its pool
 * @node: in the pool's tree, by @addr
 * @list: in the pool's list, or among its holes or empty slots
 * @addr: the object
 * @pages: its own, or 0 if it is in a block, in front of this entry
 * @size: bytes that it has in a block, or 0
 * @serial: when it was allocated
 * @born: when this entry was taken from the pool; it outlives its object
 */
struct mp_large {
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
void report_pool(const char *func, const struct mp_pool *pool);
bool is_nmi(const char *func);
void report_mark(const char *func, const struct mp_pool *pool, bool outdated);
void name_pool(struct mp_pool *pool, const char *name);
char *fix_name(char *name, size_t size);
void report_zone(struct buddy_region *region, const struct mp_pool *pool, size_t size);

/* Whether @pool is a pool; if not, that is counted, and @func returns at once. */
static inline bool is_pool(const char *func, const struct mp_pool *pool)
{
	if (likely(pool && PAGE_ALIGNED(pool) && pool->magic == POOL_LIVE))
		return true;
	report_pool(func, pool);
	return false;
}

/* The same for a call that an NMI must not make: the lock it needs may be held already. */
static inline bool is_pool_to_free(const char *func, const struct mp_pool *pool)
{
	return is_pool(func, pool) && !(unlikely(in_nmi()) && is_nmi(func));
}

/* pool.c */
extern struct list_head all_pools;
extern raw_spinlock_t all_pools_lock;	/* protects the list; never held for long */
void *get_pages(struct buddy_region *region, unsigned long pages,
		unsigned int align_order, gfp_t gfp);
void put_pages(struct buddy_region *region, void *addr, unsigned long pages);
void *pool_alloc(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *alloc_small(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);

/* large.c */
size_t medium_size(size_t size);
void *get_medium(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp);
void *get_large(struct mp_pool *pool, size_t size, unsigned int align_order,
		gfp_t gfp);
void drop_larges(struct mp_pool *pool, u64 serial);

/* kasan.c */
#define POOL_GRANULE	8	/* bytes behind one byte of shadow */
#ifdef CONFIG_KASAN_GENERIC
int pool_kasan_init(void);
void pool_kasan_exit(void);
void pool_poison(const void *from, const void *to);
void pool_unpoison(const void *object, size_t size);
void pool_kasan_add(const struct mp_pool *pool, const void *addr, unsigned long pages);
void pool_kasan_remove(const void *addr);
#define POOL_REDZONE	16	/* behind each object */
#else
static inline int pool_kasan_init(void) { return 0; }
static inline void pool_kasan_exit(void) {}
static inline void pool_poison(const void *from, const void *to) {}
static inline void pool_unpoison(const void *object, size_t size) {}
static inline void pool_kasan_add(const struct mp_pool *pool, const void *addr,
				  unsigned long pages) {}
static inline void pool_kasan_remove(const void *addr) {}
#define POOL_REDZONE	0
#endif

/* debugfs.c */
#ifdef CONFIG_DEBUG_FS
extern const struct file_operations pools_fops;
#define POOLS_FOPS	(&pools_fops)
#else
#define POOLS_FOPS	NULL
#endif
#if defined(CONFIG_FAULT_INJECTION) && defined(CONFIG_DEBUG_FS)
void pool_debugfs_init(void);
void pool_debugfs_exit(void);
#else
static inline void pool_debugfs_init(void) {}
static inline void pool_debugfs_exit(void) {}
#endif

#endif /* POOL_INTERNAL_H */
