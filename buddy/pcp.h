/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lockless half of the per-CPU caches: blocks below a cluster taken from and
 * put back into the words of struct pcp.
 *
 * Safe against preemption, interrupts, NMIs and other CPUs alike: a block changes
 * hands in one cmpxchg, before which one clears its tails if it has any.
 *
 * A miss is no failure: the caller goes on under the region's lock.
 */
#ifndef BUDDY_PCP_H
#define BUDDY_PCP_H

#include "internal.h"

/* What half @i says if it belongs to nobody: a number of the other half's parity. */
#define NO_HALF(i)	((u64)!(i) << HALF_FRAMES)

static inline atomic64_t *pcp_half(struct buddy_region *region,
				   unsigned int owner, unsigned long pfn)
{
	struct pcp *pcp = per_cpu_ptr(region->pcp, owner - 1);

	return &pcp->hot.half[pfn >> HALF_ORDER & 1];
}

/* The frames of @cluster that are free, those in its owner's cache too. */
static inline u64 cluster_free(struct buddy_region *region,
			       const struct cluster *cluster)
{
	const struct pcp *pcp;

	if (!cluster->owner)
		return cluster->free;
	pcp = per_cpu_ptr(region->pcp, cluster->owner - 1);
	return (u32)atomic64_read(&pcp->hot.half[0]) |
	       (u64)atomic64_read(&pcp->hot.half[1]) << HALF_FRAMES;
}

/*
 * The cluster that a CPU had last: it may change hands at any time, but its
 * number stays, so that whoever wants to write to it can see whether it is right.
 */
static __always_inline struct cluster *pcp_cluster(struct pcp *pcp)
{
	return (struct cluster *)container_of(READ_ONCE(pcp->hot.tail),
					      struct cluster, tail);
}

/* @nr pages of a block of @order, below CLUSTER_ORDER, from this CPU's cache. */
static __always_inline unsigned long pcp_alloc(struct buddy_region *region,
					       unsigned int order, unsigned int nr)
{
	struct pcp __percpu *all = region->pcp;
	struct pcp *pcp = raw_cpu_ptr(all);
	atomic64_t *half = pcp->hot.half;
	struct cluster *cluster;
	unsigned long pfn;
	u64 word, runs;

	do {
		word = atomic64_read(half);
		/* A block of a whole half is found without a search. */
		while ((runs = order == HALF_ORDER ? (u32)word == U32_MAX :
			       word_runs((u32)word, order))) {
			unsigned int pos = __ffs64(runs);

			if (unlikely(!atomic64_try_cmpxchg(half, &word, word ^
					word_mask(0, nr) << pos)))
				continue;
			this_cpu_inc(all->hot.count[order_base_2(nr)].allocs);
			pfn = (word >> HALF_FRAMES << HALF_ORDER) + pos;
			cluster = pcp_cluster(pcp);
			if (unlikely(cluster->number != pfn >> CLUSTER_ORDER))
				return pcp_mark_tails(region, pfn, nr);
			atomic64_or(word_tails(0, nr) << pfn % CLUSTER_FRAMES,
				    &cluster->tail);
			return pfn;
		}
	} while (half++ == pcp->hot.half);
	return BUDDY_NO_PFN;
}

/*
 * Put a block of @nr pages, at most half a cluster, into the half that it belongs
 * to.  False if it does not, or if anything is wrong.
 *
 * Of several that free a block at once one succeeds: the one that clears its
 * tails or, if it has none, sets its bit.  Without tails, its frames look like
 * blocks of one page: if one is freed as such meanwhile, that counts as the free
 * and this as the mistake, but the block is free as a whole.
 */
static __always_inline bool half_free(struct buddy_region *region,
				      struct cluster *cluster, atomic64_t *half,
				      unsigned long pfn, unsigned int nr)
{
	u64 block = word_mask(0, nr) << pfn % HALF_FRAMES;
	u64 tails = word_tails(0, nr) << pfn % CLUSTER_FRAMES;
	u64 word = atomic64_read(half), tail = atomic64_read(&cluster->tail);

	if (unlikely(!word_is_block(tail, pfn % CLUSTER_FRAMES, nr) ||
		     word >> HALF_FRAMES != pfn >> HALF_ORDER || word & block))
		return false;
	if (nr > 1 && unlikely(!atomic64_try_cmpxchg(&cluster->tail, &tail, tail ^ tails)))
		return false;
	if (unlikely(!atomic64_try_cmpxchg(half, &word, word | block)))
		return pcp_free_late(region, cluster, half, pfn, nr);
	this_cpu_inc(region->pcp->hot.count[order_base_2(nr)].frees);
	return true;
}

/* Into this CPU's cache. */
static __always_inline bool pcp_free(struct buddy_region *region,
				     unsigned long pfn, unsigned int nr)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	struct cluster *cluster = pcp_cluster(pcp);

	return cluster->number == pfn >> CLUSTER_ORDER &&
	       half_free(region, cluster, &pcp->hot.half[pfn >> HALF_ORDER & 1],
			 pfn, nr);
}

/* Into the cache of the CPU that owns the cluster, if one does. */
static inline bool pcp_free_remote(struct buddy_region *region,
				   struct cluster *cluster, unsigned long pfn,
				   unsigned int nr)
{
	unsigned int owner = READ_ONCE(cluster->owner);

	return owner && half_free(region, cluster, pcp_half(region, owner, pfn),
				  pfn, nr);
}

/* --- a block of whole clusters --- */

/* One word says all of it: the pfn, in clusters, and its order. */
static inline u64 large_word(unsigned long pfn, unsigned int order)
{
	return (u64)pfn | order;
}

static inline unsigned long large_pfn(u64 large)
{
	return large & ~(CLUSTER_FRAMES - 1);
}

static inline unsigned int large_order(u64 large)
{
	return large % CLUSTER_FRAMES;
}

/* The block of @order that this CPU freed last. */
static __always_inline unsigned long pcp_alloc_large(struct buddy_region *region,
						     unsigned int order)
{
	atomic64_t *slot = &raw_cpu_ptr(region->pcp)->large;
	u64 large = atomic64_read(slot);
	unsigned long pfn = large_pfn(large);

	if (large_order(large) != order || !atomic64_try_cmpxchg(slot, &large, 0))
		return BUDDY_NO_PFN;
	atomic64_set(&find_cluster(region, find_run(region, pfn), pfn)->head,
		     head_word(BIT(order)));
	this_cpu_inc(region->pcp->hot.count[order].allocs);
	return pfn;
}

/* Of several that free a block of whole clusters at once one succeeds: this one? */
static __always_inline bool claim_large(struct cluster *cluster, unsigned long pages)
{
	u64 head = head_word(pages);

	return atomic64_try_cmpxchg(&cluster->head, &head, HEAD_CACHED);
}

/*
 * Keep the block of @order that starts at @pfn, in place of the last one, which
 * alone needs the lock.  False if there is no such block in use, or if it is
 * more than a CPU may keep.
 */
static __always_inline bool pcp_free_large(struct buddy_region *region,
					   struct cluster *cluster,
					   unsigned long pfn, unsigned int order)
{
	u64 last;

	if (BIT(order) > region->cache_max || pfn % CLUSTER_FRAMES ||
	    !claim_large(cluster, BIT(order)))
		return false;
	last = atomic64_xchg(&raw_cpu_ptr(region->pcp)->large, large_word(pfn, order));
	this_cpu_inc(region->pcp->hot.count[order].frees);
	if (last)
		pcp_give_large(region, last);
	return true;
}

#endif /* BUDDY_PCP_H */
