/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lockless half of the per-CPU caches: blocks below a cluster taken from and
 * put back into the words of struct pcp.
 *
 * Safe against preemption, interrupts, NMIs and other CPUs alike, as a block
 * changes hands in one cmpxchg.  A miss is no failure: the caller goes on under
 * the region's lock.
 */
#ifndef BUDDY_PCP_H
#define BUDDY_PCP_H

#include "internal.h"

/* What a half that belongs to nobody says; region_add() keeps such pfns out. */
#define NO_HALF		(~0ULL << HALF_FRAMES)

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

/* A block of @order, below CLUSTER_ORDER, from this CPU's cache. */
static __always_inline unsigned long pcp_alloc(struct buddy_region *region,
					       unsigned int order)
{
	atomic64_t *first = raw_cpu_ptr(region->pcp)->hot.half, *half = first;
	u64 word, runs;
	unsigned long pfn;

	do {
		word = atomic64_read(half);
		while ((runs = word_runs((u32)word, order))) {
			unsigned int pos = __ffs64(runs);

			if (unlikely(!atomic64_try_cmpxchg(half, &word, word &
					~word_mask(pos, 1U << order))))
				continue;
			pfn = (word >> HALF_FRAMES << HALF_ORDER) + pos;
			if (order)
				atomic64_or(word_tails(pfn % CLUSTER_FRAMES, order),
					    &find_cluster(region, find_run(region, pfn),
							  pfn)->tail);
			this_cpu_inc(region->pcp->hot.allocs[order]);
			return pfn;
		}
	} while (half++ == first);
	return BUDDY_NO_PFN;
}

/*
 * Put a block of @order, below CLUSTER_ORDER, into the cache of the CPU that
 * owns its cluster.  False if there is none, or if anything is wrong.
 *
 * Of several that free a block at once one succeeds: the one that clears its
 * tails or, at order 0, sets its bit.
 */
static __always_inline bool pcp_free(struct buddy_region *region,
				     struct cluster *cluster, unsigned long pfn,
				     unsigned int order)
{
	unsigned int pos = pfn % CLUSTER_FRAMES, owner = READ_ONCE(cluster->owner);
	u64 tail, word, block;
	atomic64_t *half;

	if (!owner)
		return false;
	half = pcp_half(region, owner, pfn);
	word = atomic64_read(half);
	tail = atomic64_read(&cluster->tail);
	if (unlikely(!word_is_block(tail, pos, order)))
		return false;
	block = word_mask(pos % HALF_FRAMES, 1U << order);
	if (unlikely(word >> HALF_FRAMES != pfn >> HALF_ORDER || word & block))
		return false;

	if (order && !atomic64_try_cmpxchg(&cluster->tail, &tail, tail &
					   ~word_tails(pos, order)))
		return false;
	while (unlikely(!atomic64_try_cmpxchg(half, &word, word | block))) {
		if (word >> HALF_FRAMES == pfn >> HALF_ORDER && !(word & block))
			continue;
		if (order)
			atomic64_or(word_tails(pos, order), &cluster->tail);
		return false;
	}
	this_cpu_inc(region->pcp->hot.frees[order]);
	return true;
}

#endif /* BUDDY_PCP_H */
