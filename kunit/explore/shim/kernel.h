/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stand-ins for the parts of the kernel's headers that the page layer uses, so that its
 * sources compile unchanged in user space.
 *
 * All that one CPU can see of another calls the scheduler: atomic operations, READ_ONCE()
 * and WRITE_ONCE() (shared.h), locks and "this CPU" (below).  The rest does as little as
 * possible.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- types, constants, attributes --- */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
typedef unsigned int gfp_t;
typedef u64 phys_addr_t;

#define __GFP_DMA	0x01u
#define __GFP_HIGHMEM	0x02u
#define __GFP_DMA32	0x04u
#define __GFP_ZERO	0x100u
#define __GFP_NOWARN	0x2000u
#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_ALIGNED(addr)	(!((unsigned long)(addr) % PAGE_SIZE))
#define PFN_PHYS(pfn)	((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(phys)	((unsigned long)((phys) >> PAGE_SHIFT))
#define offset_in_page(addr)	((unsigned long)(addr) % PAGE_SIZE)
#define U32_MAX		(~0U)
#define ENOMEM		12
#define KBUILD_MODNAME	"buddypool"

#define noinline	__attribute__((noinline))
#define __cold		__attribute__((cold))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define __printf(n, first) __attribute__((format(printf, n, first)))
#define __percpu
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define ____cacheline_aligned __attribute__((aligned(64)))
#define EXPORT_SYMBOL_GPL(name) extern int name##_is_exported
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)
#define static_assert(cond) _Static_assert(cond, #cond)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define IS_ERR_OR_NULL(ptr) (!(ptr) || (unsigned long)(ptr) >= -4095UL)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The options of the kernel that the page layer depends on. */
#define CONFIG_SMP		1
#define CONFIG_PREEMPT_RT	0
#define IS_ENABLED(option)	(option)

/* --- bits and numbers --- */

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define GENMASK_ULL(high, low)	(~0ULL >> (63 - (high)) & ~0ULL << (low))
#define FIELD_PREP(mask, value)	((u64)(value) << __builtin_ctzll(mask) & (mask))
#define FIELD_GET(mask, word)	(((word) & (mask)) >> __builtin_ctzll(mask))
#define ilog2(n)	(63 - __builtin_clzll(n))
#define min(a, b)	({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)	({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))

static inline unsigned int __ffs64(u64 word)
{
	return __builtin_ctzll(word);
}

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned long ffz(unsigned long word)
{
	return __builtin_ctzl(~word);
}

static inline int fls64(u64 word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}

static inline unsigned int hweight64(u64 word)
{
	return __builtin_popcountll(word);
}

static inline unsigned int hweight8(u8 word)
{
	return __builtin_popcount(word);
}

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

static inline unsigned int order_base_2(unsigned long n)
{
	return n > 1 ? ilog2(n - 1) + 1 : 0;
}

static inline void prefetchw(const void *address)
{
}

static inline void *bsearch(const void *key, const void *base, size_t nr, size_t size,
			    int (*cmp)(const void *key, const void *elt))
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!cmp(key, (const char *)base + i * size))
			return (char *)base + i * size;
	return NULL;
}

/* --- lists and counters, only as members of structures --- */

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct rcu_head {
	struct rcu_head *next;
};

typedef struct {
	int counter;
} refcount_t;

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)

#include "shared.h"

/* --- locks; interrupts are off on the CPU that holds one --- */

/* The oldest value of each variable that a CPU may still read, see memory.c. */
#define MAX_VARS	128

struct view {
	u8 at[MAX_VARS];
};

typedef struct {
	bool held;
	struct view view;	/* of the CPU that released it last */
} raw_spinlock_t;

void lock_acquire(raw_spinlock_t *lock, const struct site *site);
bool lock_try(raw_spinlock_t *lock, const struct site *site);
void lock_release(raw_spinlock_t *lock, const struct site *site);
void check_held(const raw_spinlock_t *lock, const char *func);

#define raw_spin_lock_init(lock) ((lock)->held = false)
#define raw_spin_lock_irqsave(lock, flags) \
	((flags) = 0, lock_acquire(lock, SITE("lock")))
#define raw_spin_trylock_irqsave(lock, flags) \
	((flags) = 0, lock_try(lock, SITE("trylock")))
#define raw_spin_unlock_irqrestore(lock, flags) \
	((void)(flags), lock_release(lock, SITE("unlock")))
#define lockdep_assert_held(lock) check_held(lock, __func__)
#define rcu_read_lock()		do { } while (0)
#define rcu_read_unlock()	do { } while (0)

/* --- CPUs --- */

#define CPUS		2
#define PERCPU_SIZE	1024	/* per-CPU memory: at least struct pcp */

/*
 * find_this_cpu(): for raw_cpu_ptr(): the task may be moved to another CPU afterwards.
 * this_cpu(): the number of the CPU; the task is not moved.
 */
unsigned int find_this_cpu(void);
unsigned int this_cpu(void);
bool in_nmi(void);
void *percpu_alloc(size_t size);

#define per_cpu_ptr(ptr, cpu) \
	((typeof(ptr))((char *)(ptr) + (size_t)(cpu) * PERCPU_SIZE))
#define raw_cpu_ptr(ptr)	per_cpu_ptr(ptr, find_this_cpu())
#define this_cpu_inc(var)	((*per_cpu_ptr(&(var), this_cpu()))++)
#define this_cpu_add(var, n)	(*per_cpu_ptr(&(var), this_cpu()) += (n))
#define raw_smp_processor_id()	this_cpu()
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < CPUS; (cpu)++)
#define num_possible_cpus()	CPUS
#define preemptible()		true
#define alloc_percpu(type)	((type *)percpu_alloc(sizeof(type)))
#define free_percpu(ptr)	free(ptr)

enum cpuhp_state { CPUHP_BP_PREPARE_DYN };

typedef int (*cpu_callback)(unsigned int cpu, struct hlist_node *node);

/* The callback for a CPU that has gone offline. */
extern cpu_callback cpu_dead;

static inline int cpuhp_setup_state_multi(enum cpuhp_state state, const char *name,
					  cpu_callback startup, cpu_callback teardown)
{
	cpu_dead = teardown;
	return 1;
}

static inline void cpuhp_remove_multi_state(enum cpuhp_state state)
{
}

static inline int cpuhp_state_add_instance_nocalls(enum cpuhp_state state,
						   struct hlist_node *node)
{
	return 0;
}

static inline int cpuhp_state_remove_instance_nocalls(enum cpuhp_state state,
						      struct hlist_node *node)
{
	return 0;
}

/* --- tracepoints and the log: empty; model.c notices errors when they are counted --- */

#define DECLARE_STATIC_KEY_FALSE(key)	extern bool key
#define static_branch_unlikely(key)	(*(key))
#define WARN(cond, ...)			({ if (cond) no_log(__VA_ARGS__); })
#define pr_warn_ratelimited(...)	no_log(__VA_ARGS__)
#define pr_err_ratelimited(...)	no_log(__VA_ARGS__)

static inline __printf(1, 2) void no_log(const char *format, ...)
{
}

/* Replaces buddy/trace.h. */
#define BUDDY_TRACE_H
#define trace_buddy_split(region, pfn, nr)	((void)(pfn), (void)(nr))
#define trace_buddy_merge(region, pfn, nr)	((void)(pfn), (void)(nr))
#define trace_buddy_refill(region, pfn, nr)	((void)(pfn), (void)(nr))
#define trace_buddy_drain(region, pfn, nr)	((void)(pfn), (void)(nr))
#define trace_buddy_alloc(region, pfn, nr)	((void)(pfn), (void)(nr))
#define trace_buddy_free(region, pfn, nr)	((void)(pfn), (void)(nr))
#define trace_buddy_fail(region, order, nr)	((void)(order), (void)(nr))

#endif /* SHIM_KERNEL_H */
