/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stand-ins for what the peers use of the kernel and its tools' headers do not have.  A lock
 * is nothing: gen_pool takes one when a region is made, and gpu_buddy has none.
 */
#ifndef PEERS_H
#define PEERS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/overflow.h>
#include <linux/rbtree.h>
#include <linux/rbtree_augmented.h>
#include <linux/sizes.h>

/* --- attributes, options, small things --- */

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define NUMA_NO_NODE	(-1)
#define EXPORT_SYMBOL(name)	extern int name##_is_exported
#define EXPORT_SYMBOL_GPL(name)	EXPORT_SYMBOL(name)
#define MODULE_DESCRIPTION(text)	extern int has_no_modinfo
#define MODULE_LICENSE(text)		extern int has_no_modinfo
#define IS_ENABLED(option)	0
#define __init			__attribute__((constructor))
#define __exit			__attribute__((unused))
#define module_init(fn)		extern int has_no_module
#define module_exit(fn)		extern int has_no_module
#define might_sleep()		do { } while (0)
#define kmemleak_update_trace(ptr)	((void)(ptr))
#define range_overflows(start, size, max) \
	((start) >= (max) || (size) > (max) - (start))
#define pr_err(...)		fprintf(stderr, __VA_ARGS__)
#define pr_info(...)		printf(__VA_ARGS__)
#define cond_resched()		do { } while (0)
#define cpu_relax()		do { } while (0)
#define __ffs64(word)		((unsigned int)__builtin_ctzll(word))
#define WARN_ON(cond) \
	({ bool _is = (cond); if (_is) { fprintf(stderr, #cond "\n"); abort(); } _is; })
#define WARN_ON_ONCE(cond)	WARN_ON(cond)
#define BUG()			abort()
#define BUG_ON(cond)		WARN_ON(cond)

/* --- memory: objects that are free again are kept, as a slab keeps them --- */

struct kmem_cache {
	size_t size;
	void *free;
};

#define KMEM_CACHE(type, flags) cache_create(sizeof(struct type))

static inline struct kmem_cache *cache_create(size_t size)
{
	struct kmem_cache *cache = calloc(1, sizeof(*cache));

	cache->size = size;
	return cache;
}

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	void **object = cache->free;

	if (!object)
		return calloc(1, cache->size);
	cache->free = *object;
	return memset(object, 0, cache->size);
}

static inline void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	*(void **)object = cache->free;
	cache->free = object;
}

#define kmem_cache_destroy(cache)	((void)(cache))
#define kmalloc_obj(object, ...)	malloc(sizeof(object))
#define kzalloc_obj(object, ...)	calloc(1, sizeof(object))
#define kzalloc_objs(object, nr, ...)	calloc(nr, sizeof(object))
#define kcalloc(nr, size, gfp)		calloc(nr, size)
#define kmalloc_array(nr, size, gfp)	calloc(nr, size)
#define kmalloc_node(size, gfp, node)	malloc(size)
#define vzalloc_node(size, node)	calloc(1, size)
#define kfree(ptr)			free(ptr)
#define vfree(ptr)			free(ptr)
#define kfree_const(ptr)		((void)(ptr))
#define kstrdup_const(text, gfp)	(text)

/* --- gen_pool: no devices --- */

typedef struct {
	int unused;
} spinlock_t;

typedef u64 dma_addr_t;

#define spin_lock_init(lock)	((void)(lock))
#define spin_lock(lock)		((void)(lock))
#define spin_unlock(lock)	((void)(lock))
#define rcu_read_lock()		do { } while (0)
#define rcu_read_unlock()	do { } while (0)
#define list_add_rcu(entry, list)	list_add(entry, list)
#define list_for_each_entry_rcu(pos, list, member) list_for_each_entry(pos, list, member)
#define atomic_long_set(v, n)	__atomic_store_n(&(v)->counter, n, __ATOMIC_RELAXED)
#define atomic_long_read(v)	__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic_long_add(n, v)	((void)__atomic_fetch_add(&(v)->counter, n, __ATOMIC_RELAXED))
#define atomic_long_sub(n, v)	((void)__atomic_fetch_sub(&(v)->counter, n, __ATOMIC_RELAXED))
#define cmpxchg(ptr, old, new)	__sync_val_compare_and_swap(ptr, old, new)
#define try_cmpxchg(ptr, old, new) \
	__atomic_compare_exchange_n(ptr, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
#define in_nmi()		false

struct device;
struct device_node;
#define devres_alloc(...)	NULL
#define devres_add(...)		do { } while (0)
#define devres_find(...)	NULL
#define devres_free(...)	do { } while (0)

/* The first of @nr bits in a row that are zero, from @start on, at a multiple of @align_mask + 1. */
static inline unsigned long bitmap_find_next_zero_area(unsigned long *map, unsigned long size,
						       unsigned long start, unsigned int nr,
						       unsigned long align_mask)
{
	unsigned long i, end;

	for (;;) {
		start = find_next_zero_bit(map, size, start);
		start = (start + align_mask) & ~align_mask;
		end = start + nr;
		if (end > size)
			return end;
		i = find_next_bit(map, end, start);
		if (i >= end)
			return start;
		start = i + 1;
	}
}

#define bitmap_find_next_zero_area_off(map, size, start, nr, align_mask, offset) \
	bitmap_find_next_zero_area(map, size, start, nr, align_mask)

#endif /* PEERS_H */
