/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that are worth their place in the caller: one page from this CPU's
 * cache, and one back into it.  Included by buddy.h, not by anybody else.
 *
 * A block changes hands in one cmpxchg, so this is safe against preemption,
 * interrupts, NMIs and other CPUs alike.  What it cannot do goes to a _slow
 * function, where all is looked at again.
 */
#ifndef BUDDY_INLINE_H
#define BUDDY_INLINE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/fault-inject.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>

#define BUDDY_HALF_ORDER	5
#define BUDDY_HALF_FRAMES	BIT(BUDDY_HALF_ORDER)

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
 * @half: the free pages of each half of the cluster in the lower 32 bits, and
 *	in the upper ones which half that is: the pfn of its first page / 32
 * @tails: of the cluster; they outlive the ownership
 * @count: by order, blocks taken out, and blocks put in by this CPU, into
 *	whichever CPU's cache
 *
 * A half is changed by cmpxchg alone.  As it says whose pages it has, a cmpxchg
 * cannot succeed on another cluster's.
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
 * @virt_offset: virtual minus physical address, the same in all runs
 * @mapped: whether there is a virtual address
 */
struct buddy_hot {
	struct buddy_pcp __percpu *pcp;
	unsigned long virt_offset;
	bool mapped;
};

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

/* Whether somebody wants to see, or to fail, every allocation: see watch.c. */
static __always_inline bool buddy_is_watched(void)
{
#ifdef CONFIG_FAULT_INJECTION
	if (READ_ONCE(buddy_fail_page.probability))
		return true;
#endif
	return static_branch_unlikely(&buddy_watched);
}

/* One page from this CPU's cache; its lowest, which keeps the rest together. */
static __always_inline bool buddy_pcp_alloc(struct buddy_region *region,
					    unsigned long *pfn)
{
	struct buddy_pcp __percpu *cache = ((struct buddy_hot *)region)->pcp;
	atomic64_t *first = raw_cpu_ptr(cache)->half, *half = first;
	u64 word;

	do {
		word = atomic64_read(half);
		while ((u32)word) {
			if (unlikely(!atomic64_try_cmpxchg(half, &word, word & (word - 1))))
				continue;
			this_cpu_inc(cache->count[0].allocs);
			*pfn = (word >> 32 << BUDDY_HALF_ORDER) | __ffs64(word);
			return true;
		}
	} while (half++ == first);
	return false;
}

/*
 * False if @pfn is not of the cluster that this CPU has, or if anything is wrong.
 * The number of the half says that the tails are those of the page's cluster,
 * whichever cluster the CPU has by then.  They are read after the half: if the page
 * gets into a longer block behind them, the half changes, and the cmpxchg fails.  It
 * expects a half of that number, in which the page is not free yet: neither needs a
 * test of its own.
 */
static __always_inline bool buddy_pcp_free(struct buddy_region *region,
					   unsigned long pfn)
{
	struct buddy_pcp __percpu *cache = ((struct buddy_hot *)region)->pcp;
	struct buddy_pcp *pcp = raw_cpu_ptr(cache);
	const struct buddy_tails *tails = READ_ONCE(pcp->tails);
	u64 number = pfn >> BUDDY_HALF_ORDER, which = number - tails->first_half;
	u64 page = 1U << pfn % BUDDY_HALF_FRAMES, word;

	if (unlikely(which > 1))
		return false;
	word = (u32)atomic64_read_acquire(&pcp->half[which]) & ~page;
	/* Neither inside a block, nor the start of a longer one. */
	if (unlikely((u64)atomic64_read(&tails->word) >> (pfn & 63) & 3))
		return false;
	word |= number << 32;
	if (unlikely(!atomic64_try_cmpxchg(&pcp->half[which], &word, word | page)))
		return false;
	this_cpu_inc(cache->count[0].frees);
	return true;
}

/**
 * buddy_alloc_pfn() - allocate 2^order pages
 * @region: the region to take them from
 * @order: any; one above the region's max order finds no block
 * @gfp: __GFP_ZERO clears the pages, __GFP_NOWARN keeps a failure out of the
 *	log.  __GFP_DMA and __GFP_DMA32 are a caller error, as no zone can be
 *	chosen.  GFP_KERNEL, GFP_ATOMIC and all other flags are legal and change
 *	nothing: an allocation never sleeps or reclaims
 *
 * The block is physically contiguous and naturally aligned.  Costs at most a few
 * steps per order, whatever the size of the block and of the region.
 *
 * Context: any.  Unless the CPU's cache has such a block, takes the region's raw
 * spinlock with interrupts off; in NMI context that is only tried, so a block may
 * not be found although there is one.  Clearing happens outside it.
 * Return: the pfn of the first page, or BUDDY_NO_PFN if no block is left, and for
 * a caller error.
 */
static __always_inline unsigned long
buddy_alloc_pfn(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	unsigned long pfn;

	if (likely(!order && !(gfp & (__GFP_ZERO | BUDDY_GFP_ZONES)) &&
		   !buddy_is_watched() && buddy_pcp_alloc(region, &pfn)))
		return pfn;
	return buddy_alloc_pfn_slow(region, order, gfp);
}

/**
 * buddy_free_pfn() - free a block by its order
 * @region: the region that it came from
 * @pfn: its first page
 * @order: its order
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
static __always_inline void
buddy_free_pfn(struct buddy_region *region, unsigned long pfn, unsigned int order)
{
	if (unlikely(order || buddy_is_watched() || !buddy_pcp_free(region, pfn)))
		buddy_free_pfn_slow(region, pfn, order);
}

/**
 * buddy_alloc() - allocate 2^order pages, by address
 * @region: a region with a kernel mapping
 * @order: as for buddy_alloc_pfn()
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: the address of the first page, aligned to the block's size in
 * physical memory, or NULL if no block is left, and for a caller error.
 */
static __always_inline void *
buddy_alloc(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	const struct buddy_hot *hot = (struct buddy_hot *)region;
	unsigned long pfn;

	if (likely(!order && !(gfp & (__GFP_ZERO | BUDDY_GFP_ZONES)) && hot->mapped &&
		   !buddy_is_watched() && buddy_pcp_alloc(region, &pfn)))
		return (void *)((pfn << PAGE_SHIFT) + hot->virt_offset);
	return buddy_alloc_slow(region, order, gfp);
}

/**
 * buddy_free() - free a block by address and order
 * @region: the region that it came from
 * @addr: what buddy_alloc() returned; NULL is ignored
 * @order: its order
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
static __always_inline void
buddy_free(struct buddy_region *region, const void *addr, unsigned int order)
{
	const struct buddy_hot *hot = (struct buddy_hot *)region;
	unsigned long phys = (unsigned long)addr - hot->virt_offset;

	if (unlikely(order || !hot->mapped || phys % PAGE_SIZE ||
		     buddy_is_watched() || !buddy_pcp_free(region, phys >> PAGE_SHIFT)))
		buddy_free_slow(region, addr, order);
}

#endif /* BUDDY_INLINE_H */
