/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bodies of the inline calls: one page out of this CPU's cache, and one back into
 * it.  buddy.h includes this file and documents the calls.
 *
 * One cmpxchg moves a page, so these calls are safe against preemption, interrupts,
 * NMIs and other CPUs.  Whatever they cannot do, a _slow function does from the start.
 */
#ifndef BUDDY_INLINE_H
#define BUDDY_INLINE_H

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/fault-inject.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>

#define BUDDY_HALF_ORDER	5
#define BUDDY_HALF_PAGES	BIT(BUDDY_HALF_ORDER)

/* A half word: the free pages of half a cluster, and which half: its first pfn / 32. */
#define BUDDY_HALF_FREE		GENMASK_ULL(31, 0)
#define BUDDY_HALF_NUMBER	GENMASK_ULL(63, 32)

/**
 * struct buddy_tails - which pages of a cluster continue a block
 * @word: a bit for each page
 * @first_half: number of the cluster's first half: pfn / 32; constant
 */
struct buddy_tails {
	atomic64_t word;
	u32 first_half;
};

/**
 * struct buddy_pcp - what one CPU caches of a region: the free pages of one cluster
 * @half: the half words of the cluster
 * @tails: of the cluster; still valid when the CPU has given the cluster up
 * @count: by order, blocks that this CPU took out of its cache, and blocks that it put
 *	into any CPU's cache
 *
 * Without the region's lock, a half word is changed by cmpxchg alone.  Because the word
 * names its half, a cmpxchg cannot succeed on the pages of another cluster.
 */
struct buddy_pcp {
	atomic64_t half[2];
	const struct buddy_tails *tails;
	struct {
		u64 allocs;
		u64 frees;
	} count[BUDDY_NR_ORDERS];
};

/**
 * struct buddy_hot - the start of a region: what the inline functions read
 * @pcp: the per-CPU caches
 * @virt_offset: virtual minus physical address, the same for all pages
 * @mapped: whether there is a virtual address
 */
struct buddy_hot {
	struct buddy_pcp __percpu *pcp;
	unsigned long virt_offset;
	bool mapped;
};

static __always_inline const struct buddy_hot *buddy_hot(const struct buddy_region *region)
{
	return (const struct buddy_hot *)region;
}

unsigned long buddy_alloc_pfn_slow(struct buddy_region *region,
				   unsigned int order, gfp_t gfp);
void buddy_free_pfn_slow(struct buddy_region *region, unsigned long pfn,
			 unsigned int order);
void *buddy_alloc_slow(struct buddy_region *region, unsigned int order, gfp_t gfp);
void buddy_free_slow(struct buddy_region *region, const void *addr,
		     unsigned int order);

DECLARE_STATIC_KEY_FALSE(buddy_watched);
#ifdef CONFIG_FAULT_INJECTION
extern struct fault_attr buddy_fail_page;
#endif

/* Whether each allocation and free is to be seen, or to fail on demand: see watch.h. */
static __always_inline bool buddy_is_watched(void)
{
#ifdef CONFIG_FAULT_INJECTION
	if (READ_ONCE(buddy_fail_page.probability))
		return true;
#endif
	return static_branch_unlikely(&buddy_watched);
}

/* Take the lowest page of this CPU's cache, so that the others stay together. */
static __always_inline bool buddy_pcp_alloc(struct buddy_region *region,
					    unsigned long *pfn)
{
	struct buddy_pcp __percpu *cache = buddy_hot(region)->pcp;
	atomic64_t *first = raw_cpu_ptr(cache)->half, *half = first;
	u64 word;

	do {
		word = atomic64_read(half);
		while (word & BUDDY_HALF_FREE) {
			if (unlikely(!atomic64_try_cmpxchg(half, &word, word & (word - 1))))
				continue;
			this_cpu_inc(cache->count[0].allocs);
			*pfn = FIELD_GET(BUDDY_HALF_NUMBER, word) << BUDDY_HALF_ORDER |
			       __ffs64(word);
			return true;
		}
	} while (half++ == first);
	return false;
}

/*
 * Put the page at @pfn into this CPU's cache.  False if the page is not of the cluster
 * that the CPU caches, or if the free is a mistake.
 *
 * The number of the half tells that the tails belong to the page's cluster, whichever
 * cluster the CPU caches by then.  The tails are read after the half word: if the page
 * becomes part of a longer block in between, the half word changes and the cmpxchg
 * fails.  The cmpxchg expects a half word of that number in which the page is not free
 * yet, so neither needs a test of its own.
 */
static __always_inline bool buddy_pcp_free(struct buddy_region *region,
					   unsigned long pfn)
{
	struct buddy_pcp __percpu *cache = buddy_hot(region)->pcp;
	struct buddy_pcp *pcp = raw_cpu_ptr(cache);
	const struct buddy_tails *tails = READ_ONCE(pcp->tails);
	u64 number = pfn >> BUDDY_HALF_ORDER, which = number - tails->first_half;
	u64 page = 1U << pfn % BUDDY_HALF_PAGES, word;

	if (unlikely(which > 1))
		return false;
	word = atomic64_read_acquire(&pcp->half[which]) & BUDDY_HALF_FREE & ~page;
	/* Neither the page nor the next one may continue a block. */
	if (unlikely((u64)atomic64_read(&tails->word) >> pfn % (2 * BUDDY_HALF_PAGES) & 3))
		return false;
	word |= FIELD_PREP(BUDDY_HALF_NUMBER, number);
	if (unlikely(!atomic64_try_cmpxchg(&pcp->half[which], &word, word | page)))
		return false;
	this_cpu_inc(cache->count[0].frees);
	return true;
}

static __always_inline unsigned long
buddy_alloc_pfn(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	unsigned long pfn;

	if (likely(!order && !(gfp & BUDDY_GFP_SLOW) &&
		   !buddy_is_watched() && buddy_pcp_alloc(region, &pfn)))
		return pfn;
	return buddy_alloc_pfn_slow(region, order, gfp);
}

static __always_inline void
buddy_free_pfn(struct buddy_region *region, unsigned long pfn, unsigned int order)
{
	if (unlikely(order || buddy_is_watched() || !buddy_pcp_free(region, pfn)))
		buddy_free_pfn_slow(region, pfn, order);
}

static __always_inline void *
buddy_alloc(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	const struct buddy_hot *hot = buddy_hot(region);
	unsigned long pfn;

	if (likely(!order && !(gfp & BUDDY_GFP_SLOW) && hot->mapped &&
		   !buddy_is_watched() && buddy_pcp_alloc(region, &pfn)))
		return (void *)((pfn << PAGE_SHIFT) + hot->virt_offset);
	return buddy_alloc_slow(region, order, gfp);
}

static __always_inline void
buddy_free(struct buddy_region *region, const void *addr, unsigned int order)
{
	const struct buddy_hot *hot = buddy_hot(region);
	unsigned long phys = (unsigned long)addr - hot->virt_offset;

	if (unlikely(order || !hot->mapped || phys % PAGE_SIZE ||
		     buddy_is_watched() || !buddy_pcp_free(region, phys >> PAGE_SHIFT)))
		buddy_free_slow(region, addr, order);
}

#endif /* BUDDY_INLINE_H */
