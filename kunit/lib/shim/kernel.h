/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stand-ins for the parts of the kernel's headers that the page layer and the pool layer
 * use, so that their sources compile unchanged in user space.  The explorer and the fuzzer
 * share this file; each of them has a file shared.h of its own for what one CPU can see of
 * another: atomic operations, READ_ONCE() and WRITE_ONCE(), locks and "this CPU".  The
 * stand-ins do as little as possible.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Not stdio.h: it has a rewind(), as pool/undo.c has. */
int snprintf(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int vsnprintf(char *text, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* --- types, constants, attributes --- */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
typedef unsigned int gfp_t;
typedef u64 phys_addr_t;
#define __force

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	int counter;
} atomic_t;

#define GFP_ATOMIC	0u
#define __GFP_DMA	0x01u
#define __GFP_HIGHMEM	0x02u
#define __GFP_DMA32	0x04u
#define __GFP_ZERO	0x100u
#define __GFP_NOWARN	0x2000u
#ifndef PAGE_SHIFT		/* make PAGE_SHIFT=16 for pages of 64 KiB */
#define PAGE_SHIFT	12
#endif
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_ALIGNED(addr)	(!((unsigned long)(addr) % PAGE_SIZE))
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(addr)	(((unsigned long)(addr) + PAGE_SIZE - 1) & PAGE_MASK)
#define SZ_32K		0x8000UL
#define SZ_64K		0x10000UL
#define PFN_PHYS(pfn)	((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(phys)	((unsigned long)((phys) >> PAGE_SHIFT))
#define offset_in_page(addr)	((unsigned long)(addr) % PAGE_SIZE)
#define U16_MAX		0xffff
#define U32_MAX		(~0U)
#define ENOENT		2
#define ENOMEM		12
#define EBUSY		16
#define EINVAL		22
#define KBUILD_MODNAME	"buddypool"

#define __noreturn	__attribute__((noreturn))
#define noinline	__attribute__((noinline))
#define __cold		__attribute__((cold))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define __printf(n, first) __attribute__((format(printf, n, first)))
#define __percpu
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define __aligned(bytes) __attribute__((aligned(bytes)))
#define ____cacheline_aligned __aligned(64)
#define EXPORT_SYMBOL_GPL(name) extern int name##_is_exported
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)
#define static_assert(cond) _Static_assert(cond, #cond)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define ERR_PTR(err)	((void *)(long)(err))
#define IS_ERR_OR_NULL(ptr) (!(ptr) || (unsigned long)(ptr) >= -4095UL)
#define IS_ERR(ptr)	((unsigned long)(ptr) >= -4095UL)
#define ZERO_SIZE_PTR	((void *)16)
#define ZERO_OR_NULL_PTR(ptr) ((unsigned long)(ptr) <= (unsigned long)ZERO_SIZE_PTR)
#define _RET_IP_	((unsigned long)__builtin_return_address(0))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The option of the kernel that each program has; a Makefile may define others, as 1. */
#define CONFIG_SMP	1

/* As the kernel does it: true if the option is defined as 1, so that "x1" adds an argument. */
#define IS_ENABLED(option)	IS_ONE(option)
#define IS_ONE(value)		IS_ONE_(COMMA_IF_##value)
#define IS_ONE_(comma)		IS_ONE__(comma true, false)
#define IS_ONE__(ignored, value, ...) value
#define COMMA_IF_1		0,

/* --- bits and numbers --- */

#define BITS_PER_LONG	64
#define BIT(n)		(1UL << (n))
#define BIT_WORD(n)	((n) / BITS_PER_LONG)
#define BIT_MASK(n)	(1UL << (n) % BITS_PER_LONG)
#define BIT_ULL(n)	(1ULL << (n))
#define GENMASK(high, low)	(~0UL >> (63 - (high)) & ~0UL << (low))
#define GENMASK_ULL(high, low)	(~0ULL >> (63 - (high)) & ~0ULL << (low))
#define FIELD_PREP(mask, value)	((u64)(value) << __builtin_ctzll(mask) & (mask))
#define FIELD_GET(mask, word)	(((word) & (mask)) >> __builtin_ctzll(mask))
#define ilog2(n)	(63 - __builtin_clzll(n))
#define min(a, b)	({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)	({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define clamp(x, low, high)	max(min(x, high), low)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define swap(a, b)	do { typeof(a) _t = (a); (a) = (b); (b) = _t; } while (0)
#define round_down(n, to)	((n) & ~((typeof(n))(to) - 1))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), d)
#define round_up(n, to)	((((n) - 1) | ((typeof(n))(to) - 1)) + 1)
#define DIV_ROUND_UP(n, by)	(((n) + (by) - 1) / (by))
#define PTR_ALIGN(ptr, to)	((typeof(ptr))round_up((unsigned long)(ptr), to))
#define max_t(type, a, b) max((type)(a), (type)(b))

#define DECLARE_BITMAP(name, bits)	unsigned long name[((bits) + 63) / 64]
#define for_each_set_bit(bit, map, nr) \
	for ((bit) = 0; (bit) < (nr); (bit)++) \
		if (test_bit(bit, map))

static inline void __set_bit(unsigned long bit, unsigned long *map)
{
	map[bit / 64] |= 1UL << bit % 64;
}

static inline void __clear_bit(unsigned long bit, unsigned long *map)
{
	map[bit / 64] &= ~(1UL << bit % 64);
}

static inline bool test_bit(unsigned long bit, const unsigned long *map)
{
	return map[bit / 64] >> bit % 64 & 1;
}

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

static inline unsigned long __fls(unsigned long word)
{
	return 63 - __builtin_clzl(word);
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

/* The order of the pages that @size bytes need. */
static inline int get_order(unsigned long size)
{
	return order_base_2(DIV_ROUND_UP(size, PAGE_SIZE));
}

static inline size_t array_size(size_t nr, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(nr, size, &bytes) ? SIZE_MAX : bytes;
}

/* The callers need no result. */
static inline void strscpy(char *to, const char *from, size_t size)
{
	snprintf(to, size, "%s", from);
}

static inline void prefetchw(const void *address)
{
}

/* --- lists, trees and counters --- */

struct rcu_head {
	struct rcu_head *next;
};

typedef struct {
	int counter;
} refcount_t;


#include "list.h"
#include "rbtree.h"

#include "shared.h"

/* --- CPUs that go offline --- */

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

/* --- tracepoints and the log: empty; errors are noticed when they are counted --- */

#define DECLARE_STATIC_KEY_FALSE(key)	extern bool key
#define static_branch_unlikely(key)	(*(key))
#define WARN(cond, ...) \
	({ bool _is = (cond); if (_is) no_log(__VA_ARGS__); _is; })
#define WARN_ONCE(cond, ...)		WARN(cond, __VA_ARGS__)
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

/* Replaces pool/trace.h. */
#define POOL_TRACE_H
#define trace_mp_create(pool)		((void)(pool))
#define trace_mp_reset(pool)		((void)(pool))
#define trace_mp_destroy(pool)		((void)(pool))
#define trace_mp_large(pool, size)	((void)(size))
#define trace_mp_fail(pool, size)	((void)(size))

/* --- time, kmemleak --- */

#define jiffies		0UL
#define kmemleak_alloc(addr, size, min_count, gfp) ((void)(addr))
#define kmemleak_free(addr)	((void)(addr))

#endif /* SHIM_KERNEL_H */
