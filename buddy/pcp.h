/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lockless half of the per-CPU caches: blocks taken from and put back into the
 * words of struct pcp, by this CPU or another, in any context.
 *
 * A miss is no failure: the caller goes on under the region's lock.
 *
 * The protocol, for blocks below a cluster:
 *
 *	allocate				free
 *	A1  read the half			F1  acquire: the half; then the tails:
 *	A2  cmpxchg: take the block's		    is this a block in use?
 *	    bits out of the half		F2  cmpxchg: clear the block's tails
 *	A3  read the cache's cluster		F3  cmpxchg: put the block's bits
 *	A4  atomic or: set the block's tails	    into the half
 *
 *	own(), under the lock			evict(), under the lock
 *	O1  write owner and cluster		E1  xchg: take all bits out of the halves
 *	O2  release: write the halves		E2  write owner
 *
 * Invariants:
 * - A free page of an owned cluster is a bit in a half of its owner's cache, and
 *   nowhere else: cluster->free is 0 meanwhile.
 * - A half has the number of what it is half of in the same word.  So A2 and F3
 *   succeed only on the cluster that A1 and F1 saw, whatever happened in between; if
 *   it went and came back, only the bits that are there now count.
 * - Only the owner of a page writes its tail bit: after A2 and before F3.  A free page
 *   has none.
 * - A cluster's place in the array and its number never change.  So the pointer of A3
 *   is right if the number is; if the cluster has changed hands, the tails are found
 *   by the pfn.
 *
 * Barriers.  A cmpxchg that succeeds and an xchg are full barriers.
 * - F2 comes before F3, and A2 before A4: who takes a block out that another CPU put
 *   in sees the tails cleared, and adds to them.
 * - O2 pairs with A2: who takes a block out of a new cluster adds its tails, in A4, to
 *   those that were written before O2.
 * - F3 of a CPU that read owner before E2 pairs with E1: its half has another number
 *   by then, and F3 fails.
 * - F1 reads the half before the tails.  If the page is freed and allocated again in a
 *   longer block behind its back, the half has changed, and F3 fails.
 *
 * Relaxed reads.
 * - A1 reads the half, and a free by another CPU reads the owner, without order: A2
 *   and F3 fail if these are old.
 * - A3 may see an older or a newer cluster: its number tells.
 * - F1 reads tails.  With several pages, F2 fails if these are old.  With one page, the
 *   caller owns the page: what was written to its tail bit and the next page's before
 *   it was allocated comes before A2, and that before the free, as the caller must
 *   order a block that he hands to another CPU.  A broken caller may see old ones, as
 *   if he had freed a little earlier.
 * - A4 and the head of a large block are relaxed writes: only a free reads them, which
 *   the caller orders behind the allocation.
 *
 * Blocks of whole clusters: the length in the head stands for the tails, the word
 * "large" for the half.  A free claims the head by a cmpxchg (F2), then puts the block
 * into the word (F3); an allocation takes it out of the word (A2), then writes the
 * head (A4).
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
	return (struct cluster *)container_of(READ_ONCE(pcp->hot.tails),
					      struct cluster, hot);
}

/*
 * @nr pages of a block of @order, below CLUSTER_ORDER, from this CPU's cache.  True
 * if there were; their tails are still to be marked, in @cluster if the number says
 * that it is right, see pcp_mark_tails().
 */
static __always_inline bool pcp_alloc(struct buddy_region *region, unsigned int order,
				      unsigned int nr, unsigned long *pfn,
				      struct cluster **cluster)
{
	struct pcp __percpu *all = region->pcp;
	struct pcp *pcp = raw_cpu_ptr(all);
	atomic64_t *half = pcp->hot.half;
	u64 word, runs;

	do {
		word = atomic64_read(half);
		/* A block of a whole half is found without a search. */
		while ((runs = order == HALF_ORDER ? (u32)word == U32_MAX :
			       word_runs((u32)word, order))) {
			unsigned long pos = __ffs64(runs);

			if (unlikely(!atomic64_try_cmpxchg(half, &word, word ^
					word_mask(0, nr) << pos)))
				continue;
			this_cpu_inc(all->hot.count[order_base_2(nr)].allocs);
			*pfn = (word >> HALF_FRAMES << HALF_ORDER) + pos;
			*cluster = pcp_cluster(pcp);
			return true;
		}
	} while (half++ == pcp->hot.half);
	return false;
}

/**
 * enum cache_free - what came of a free into a cache
 * @CACHE_FREED: it is done
 * @CACHE_MISS: the block is of no cache's cluster, or something is wrong
 * @CACHE_LATE: its tails are cleared, but the half changed since: pcp_free_late()
 */
enum cache_free {
	CACHE_FREED,
	CACHE_MISS,
	CACHE_LATE,
};

/*
 * Put a block of @nr pages, at most half a cluster, into the half that it belongs
 * to.
 *
 * Of several that free a block at once one succeeds: the one that clears its
 * tails or, if it has none, sets its bit.  Without tails, its frames look like
 * blocks of one page: if one is freed as such meanwhile, that counts as the free
 * and this as the mistake, but the block is free as a whole.
 */
static __always_inline enum cache_free half_free(struct buddy_region *region,
						 struct cluster *cluster, atomic64_t *half,
						 unsigned long pfn, unsigned int nr)
{
	u64 block = word_mask(0, nr) << pfn % HALF_FRAMES;
	u64 word = atomic64_read_acquire(half), tail = atomic64_read(&cluster->tail);

	/*
	 * Who has tails is in use, unless the cluster is the head of a block of whole
	 * ones by now; without tails, the half tells.
	 */
	if (unlikely(word >> HALF_FRAMES != pfn >> HALF_ORDER ||
		     !word_is_block(tail, pfn % CLUSTER_FRAMES, nr) ||
		     (nr == 1 ? word & block : is_head_word(tail))))
		return CACHE_MISS;
	if (nr > 1 && unlikely(!atomic64_try_cmpxchg(&cluster->tail, &tail, tail ^
			word_tails(0, nr) << pfn % CLUSTER_FRAMES)))
		return CACHE_MISS;
	if (unlikely(!atomic64_try_cmpxchg(half, &word, word | block)))
		return CACHE_LATE;
	this_cpu_inc(region->pcp->hot.count[order_base_2(nr)].frees);
	return CACHE_FREED;
}

/* Into this CPU's cache. */
static __always_inline enum cache_free pcp_free(struct buddy_region *region,
						unsigned long pfn, unsigned int nr)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	struct cluster *cluster = pcp_cluster(pcp);
	u64 which = (pfn >> HALF_ORDER) - cluster->first_half;

	if (which > 1)
		return CACHE_MISS;
	return half_free(region, cluster, &pcp->hot.half[which], pfn, nr);
}

/* Into the cache of the CPU that owns the cluster, if one does. */
static inline enum cache_free pcp_free_remote(struct buddy_region *region,
					      struct cluster *cluster,
					      unsigned long pfn, unsigned int nr)
{
	unsigned int owner = READ_ONCE(cluster->owner);

	if (!owner)
		return CACHE_MISS;
	return half_free(region, cluster, pcp_half(region, owner, pfn), pfn, nr);
}

/* --- a block of whole clusters --- */

/*
 * Blocks of one order, of which eight would make a naturally aligned one: a word
 * says which of the eight there are, in its lowest bits, of which order, and
 * which eight they are.
 */
#define LARGE_NR_ORDER	3
#define LARGE_NR	BIT(LARGE_NR_ORDER)
#define LARGE_BLOCKS	(BIT_ULL(LARGE_NR) - 1)

static __always_inline u64 large_word(unsigned long pfn, unsigned int order)
{
	unsigned long block = pfn >> order;

	return (u64)(block >> LARGE_NR_ORDER) << 16 | order << 8 | 1U << block % LARGE_NR;
}

static inline unsigned int large_order(u64 large)
{
	return large >> 8 & 0xff;
}

static inline unsigned int large_nr(u64 large)
{
	return hweight8(large & LARGE_BLOCKS);
}

/* The first page of the lowest block; @order is that of the word. */
static __always_inline unsigned long large_pfn(u64 large, unsigned int order)
{
	return (large >> 16 << LARGE_NR_ORDER | __ffs64(large)) << order;
}

/* Whether a CPU may keep eight blocks of @order, instead of one. */
static __always_inline bool keeps_eight(const struct buddy_region *region,
					unsigned int order)
{
	return order + LARGE_NR_ORDER <= region->cache_order;
}

/* Take out the lowest block if there is one of @order. */
static __always_inline bool pop_large(atomic64_t *slot, unsigned int order,
				      unsigned long *pfn)
{
	u64 large = atomic64_read(slot);

	if (large_order(large) != order || !(large & LARGE_BLOCKS) ||
	    unlikely(!atomic64_try_cmpxchg(slot, &large, large & (large - 1))))
		return false;
	*pfn = large_pfn(large, order);
	return true;
}

/* The same, from this CPU's cache, for pcp_mark_head(). */
static __always_inline bool pcp_alloc_large(struct buddy_region *region,
					    unsigned int order, unsigned long *pfn)
{
	struct pcp __percpu *all = region->pcp;

	if (!pop_large(&raw_cpu_ptr(all)->large, order, pfn))
		return false;
	this_cpu_inc(all->hot.count[order].allocs);
	return true;
}

static __always_inline unsigned long pcp_mark_head(struct buddy_region *region,
						   const struct run *run,
						   unsigned long pfn, unsigned int order)
{
	atomic64_set(&find_cluster(region, run, pfn)->head, head_word(BIT(order)));
	return pfn;
}

/* Of several that free a block of whole clusters at once one succeeds: this one? */
static __always_inline bool claim_large(struct cluster *cluster, unsigned long pages)
{
	u64 head = head_word(pages);

	return atomic64_try_cmpxchg(&cluster->head, &head, HEAD_CACHED);
}

/*
 * Keep the block of @order that starts at @pfn, beside those that are kept if it is
 * of the same eight, and in their place if not: they go back, for which alone the
 * lock is needed.  False if there is no such block in use, or if it is more than a
 * CPU may keep.
 */
static __always_inline bool pcp_free_large(struct buddy_region *region,
					   struct cluster *cluster,
					   unsigned long pfn, unsigned int order)
{
	struct pcp __percpu *all = region->pcp;
	atomic64_t *slot = &raw_cpu_ptr(all)->large;
	u64 block, last, next;

	if (unlikely(order > region->cache_order || pfn % CLUSTER_FRAMES ||
		     !claim_large(cluster, BIT(order))))
		return false;
	block = large_word(pfn, order);
	last = atomic64_read(slot);
	do {
		next = block;
		if ((last ^ block) <= LARGE_BLOCKS && keeps_eight(region, order)) {
			next |= last;
		} else if (last & LARGE_BLOCKS) {
			pcp_swap_large(region, pfn, order);
			return true;
		}
	} while (unlikely(!atomic64_try_cmpxchg(slot, &last, next)));
	this_cpu_inc(all->hot.count[order].frees);
	return true;
}

#endif /* BUDDY_PCP_H */
