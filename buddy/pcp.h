/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lockless half of the per-CPU caches: blocks are taken out of the words of struct
 * pcp and put back into them by this CPU or another one, in any context.
 *
 * A cache that cannot serve a call is no failure: the caller goes on under the region's
 * lock.  All code that changes tails, block words, half words or large words without
 * the lock is in this file, in pcp_late.c and, for one page, in inline.h.
 *
 * The protocol, for blocks below a cluster:
 *
 *	allocate				free
 *	A1  read the half word			F1  acquire: the half word; then the
 *	A2  cmpxchg: take the block's		    tails: is this a block in use?
 *	    bits out of the half word		F2  cmpxchg: clear the block's tails
 *	A3  read the cache's cluster		F3  cmpxchg: put the block's bits
 *	A4  atomic or: set the block's tails	    into the half word
 *
 *	take_cluster(), under the lock		drain_cluster(), under the lock
 *	T1  write pcp_cpu and cluster		D1  xchg: take all bits out of the
 *	T2  release: write the half words	    half words
 *						D2  write pcp_cpu
 *
 *	buddy_split()
 *	S1  cmpxchg: clear the block's tails, if they are those of a block of this length
 *
 * Invariants:
 * - A free page of a cached cluster is a bit in a half word of its CPU's cache, and
 *   nowhere else: cluster->free is 0 meanwhile.
 * - No block of a cached cluster comes from the cluster before, lies across the middle, or
 *   goes on in the next cluster: is_packed() keeps such a cluster out of the caches, and
 *   such blocks are allocated and freed under the lock alone.  So each block that these
 *   calls allocate or free lies in one half, and F1 needs no other cluster's tails.
 * - A half word contains the number of its half.  So A2 and F3 succeed only on the
 *   cluster that A1 and F1 saw.  If the CPU gave that cluster up and took it again in
 *   between, A2 and F3 use the bits that are there now.
 * - The owner of a page alone writes the page's tail bit: after A2 and before F3, and in
 *   S1.  A free page has no tail bit.
 * - A cluster's place in the array and its number never change.  So the pointer of A3
 *   is right if the number is.  If the CPU caches another cluster by then, A4 finds
 *   the tails by the pfn.
 *
 * Barriers.  A cmpxchg that succeeds and an xchg are full barriers.
 * - F2 comes before F3, and A2 before A4: a CPU that takes a block out which another
 *   CPU put in sees the tails cleared, and adds to them.
 * - T2 pairs with A2: a CPU that takes a block out of a new cluster adds its tails, in
 *   A4, to those that were written before T2.
 * - F3 of a CPU that read pcp_cpu before D2 pairs with D1: the half word has another
 *   number by then, and F3 fails.
 * - F1 reads the half word before the tails, and so does buddy_pcp_free_late() before each
 *   F3.  If the page is freed and allocated again in a longer block in between, the half
 *   word has changed, and F3 fails.
 * - A2 and F3 also order the pages themselves: what the last owner stored there comes
 *   before what the next owner does.  D1 and the lock do that for pages that go through
 *   the free lists.
 * - One of F2 and F3 could be relaxed.  A free of one page has F3 alone.
 *
 * Relaxed accesses.
 * - A1 reads the half word, and a free by another CPU reads pcp_cpu, without order: A2
 *   and F3 fail if these values are old.
 * - A3 can see an older or a newer cluster: the number tells.
 * - F1 reads the tails.  With several pages, F2 fails if they are old.  With one page,
 *   the caller owns the page.  The page's tail bit and the next page's were written
 *   before the page was allocated, thus before A2, and A2 comes before the free: the
 *   caller must order a block that moves to another CPU.  A caller that does not may
 *   see old tails, as if it had freed the block a little earlier.
 * - A4 and the block word of a large block are relaxed writes: a free alone reads them,
 *   and the caller orders the free behind the allocation.
 * - A cmpxchg that fails is a relaxed read.  The value is only used for another cmpxchg, or
 *   is read again.
 * - T1 is relaxed.  Who sees an older pcp_cpu frees under the lock, or F3 fails; who sees an
 *   older cluster finds another number there.
 * - Under the lock, the words of other CPUs are read without order.  The pages of a block in
 *   use are not free in any of these values, so a correct free or split does not depend on
 *   them.  Old values can change what a mistake is called, whether a CPU fills its cache, and
 *   what statistics show.  What must not be missed is taken by an xchg or read by read_now():
 *   a drain, and the count before an allocation fails.
 * - @searches is raised before the lock is dropped that drained the caches, and read under
 *   the lock.  @count and @splits are only added up.
 *
 * A split needs no lock and no half word, because the pages stay in use; but for a block that
 * goes on in another cluster.  The cluster of a block in use stays split, and goes_on is that
 * of its last block, so the owner may read both.
 * - S1 clears tail bits of the caller's pages alone.  A free of the block before or behind
 *   them reads these pages' bits at most at the first page, which has no tail bit before
 *   and after S1.  If S1 comes between F1 and F2 of such a free, F2 fails, and the free
 *   starts again.
 * - The caller orders the free of each page behind S1, as behind the allocation.  So F1 of
 *   that free finds no tail bit at the page and at the next one, also in inline.h; and A4
 *   of the page's next owner comes after S1.
 * - If a broken caller frees the block meanwhile, one of S1 and F2 succeeds, because both
 *   expect the block's tails.  The other is the mistake.
 * - A watched free reads the tails under watch_lock, which S1 does not take.  A correct
 *   free of a page comes after the whole split.  A broken free of the block can fill the
 *   pages with poison before S1 makes it fail, as if it had come first.
 *
 * Blocks of whole clusters: the block word stands for the tails, and the large word for
 * the half word.  A free claims the block by a cmpxchg on its block word (F2), then puts
 * the block into the large word (F3).  If F3 fails, the free writes the block word as it
 * was and goes on under the lock.  An allocation takes the block out of the large word
 * (A2), then writes the block word (A4).  BLOCK_CACHED is written before the cmpxchg or xchg
 * that puts a block into a large word, so that a second free of the block finds it.
 */
#ifndef BUDDY_PCP_H
#define BUDDY_PCP_H

#include "internal.h"

/**
 * struct pcp - what one CPU caches of a region
 * @hot: the free pages of one cluster, as the inline functions know them
 * @large: free blocks of whole clusters, see large_word()
 * @cluster: the cluster of @hot, or NULL
 * @last: number of the cluster of the CPU's last call below a cluster under the lock
 * @kind: order of its last call under the lock, and whether that was a free
 * @row: how many such calls it made in a row
 * @refills: how often the CPU took a cluster
 * @drains: how often it gave a cluster up
 * @splits: how many blocks buddy_split() added on this CPU
 */
struct pcp {
	struct buddy_pcp hot;
	atomic64_t large;
	struct cluster *cluster;
	unsigned long last;
	unsigned int kind;
	unsigned int row;
	u64 refills;
	u64 drains;
	u64 splits;
} ____cacheline_aligned;

/* --- pcp_late.c: without the lock, or they take it --- */

unsigned long buddy_pcp_set_tails(struct buddy_region *region, unsigned long pfn,
				  unsigned int nr);
bool buddy_pcp_free_late(struct buddy_region *region, struct cluster *cluster,
			 unsigned long pfn, unsigned int nr);

/* --- pcp.c --- */

/* In process context, without the lock. */
int buddy_hotplug_init(void);
void buddy_hotplug_exit(void);
int buddy_pcp_init(struct buddy_region *region);
void buddy_pcp_exit(struct buddy_region *region);
/* Without the lock. */
void buddy_pcp_add_counts(struct buddy_region *region, struct buddy_stats *stats);
/* The caller has region->lock. */
unsigned long buddy_pcp_refill(struct buddy_region *region, unsigned int order);
unsigned long buddy_pcp_refill_exact(struct buddy_region *region, unsigned int nr);
void buddy_pcp_set_last(struct buddy_region *region, unsigned long pfn);
unsigned long buddy_pcp_refill_large(struct buddy_region *region, unsigned int order);
bool buddy_pcp_take_freed(struct buddy_region *region, const struct pfn_range *range,
			  struct cluster *cluster, unsigned long pfn, unsigned int nr);
bool buddy_pcp_take_large(struct buddy_region *region, unsigned long pfn, unsigned int order);
bool buddy_pcp_reclaim(struct buddy_region *region, unsigned int order);
void buddy_pcp_give_up(struct buddy_region *region, const struct cluster *cluster);
void buddy_pcp_drain(struct buddy_region *region);
int buddy_pcp_largest(struct buddy_region *region);
unsigned long buddy_pcp_free_pages(struct buddy_region *region);
void buddy_pcp_add_free(struct buddy_region *region, struct buddy_stats *stats);

/* --- blocks below a cluster --- */

/*
 * The word of half @i when the CPU caches no cluster: without free pages, and with the
 * number of a half that never stands there, because its parity is the other half's.
 */
#define NO_HALF(i)	FIELD_PREP(BUDDY_HALF_NUMBER, (u64)!(i))

/* The half word of the cache of CPU @pcp_cpu - 1 to which @pfn belongs. */
static inline atomic64_t *pcp_half(struct buddy_region *region,
				   unsigned int pcp_cpu, unsigned long pfn)
{
	struct pcp *pcp = per_cpu_ptr(region->pcp, pcp_cpu - 1);

	return &pcp->hot.half[pfn >> HALF_ORDER & 1];
}

/* The free pages of a split @cluster, also when they are in a CPU's cache. */
static inline u64 cluster_free(struct buddy_region *region,
			       const struct cluster *cluster)
{
	const struct pcp *pcp;

	if (!cluster->pcp_cpu)
		return cluster->free;
	pcp = per_cpu_ptr(region->pcp, cluster->pcp_cpu - 1);
	return (atomic64_read(&pcp->hot.half[0]) & BUDDY_HALF_FREE) |
	       (u64)atomic64_read(&pcp->hot.half[1]) << HALF_PAGES;
}

/*
 * The cluster that @pcp cached last.  Another CPU may have it at any time, but the
 * cluster's number stays: a caller that wants to write to the cluster compares it.
 */
static __always_inline struct cluster *pcp_cluster(struct pcp *pcp)
{
	return (struct cluster *)container_of(READ_ONCE(pcp->hot.tails),
					      struct cluster, hot);
}

/* Of which half of @cluster @pfn is: 0 or 1, or more if it is of another cluster. */
static __always_inline unsigned long which_half(const struct cluster *cluster,
						unsigned long pfn)
{
	return (pfn >> HALF_ORDER) - cluster->first_half;
}

/*
 * Take a block of @order, below CLUSTER_ORDER, from this CPU's cache.  True if there was
 * one.  The caller then sets its tails: pcp_set_tails().
 */
static __always_inline bool pcp_alloc(struct buddy_region *region, unsigned int order,
				      unsigned long *pfn, struct cluster **cluster)
{
	struct pcp __percpu *all = region->pcp;
	struct pcp *pcp = raw_cpu_ptr(all);
	atomic64_t *half = pcp->hot.half;
	u64 word, runs;

	do {
		word = atomic64_read(half);
		/* A block of a whole half is found without a search. */
		while ((runs = order == HALF_ORDER ? (u32)word == U32_MAX :
			       bitmap64_runs(word & BUDDY_HALF_FREE, order))) {
			unsigned long pos = __ffs64(runs);

			if (unlikely(!atomic64_try_cmpxchg(half, &word, word ^
					bitmap64_mask(0, 1U << order) << pos)))
				continue;
			this_cpu_inc(all->hot.count[order].allocs);
			*pfn = (FIELD_GET(BUDDY_HALF_NUMBER, word) << HALF_ORDER) + pos;
			*cluster = pcp_cluster(pcp);
			return true;
		}
	} while (half++ == pcp->hot.half);
	return false;
}

/*
 * The page of a half word's free pages at which @nr free pages begin, or -1.  The lower half
 * is filled from below and the upper one from above, so that what both leave is side by side.
 */
static inline int half_find(u64 free, unsigned int half, unsigned int nr)
{
	u64 rows = bitmap64_rows(free, nr);

	return half ? fls64(rows) - 1 : rows ? (int)__ffs64(rows) : -1;
}

/* As pcp_alloc(), for any number of pages up to half a cluster, not aligned. */
static inline bool pcp_alloc_exact(struct buddy_region *region, unsigned int nr,
				   unsigned long *pfn, struct cluster **cluster)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	unsigned int half;

	for (half = 0; half < 2; half++) {
		u64 word = atomic64_read(&pcp->hot.half[half]);
		int pos;

		while ((pos = half_find(word & BUDDY_HALF_FREE, half, nr)) >= 0) {
			if (unlikely(!atomic64_try_cmpxchg(&pcp->hot.half[half], &word,
							   word ^ bitmap64_mask(pos, nr))))
				continue;
			this_cpu_inc(region->pcp->hot.count[order_base_2(nr)].allocs);
			*pfn = (FIELD_GET(BUDDY_HALF_NUMBER, word) << HALF_ORDER) + pos;
			*cluster = pcp_cluster(pcp);
			return true;
		}
	}
	return false;
}

/* False if @cluster is not the one of @pfn: buddy_pcp_set_tails() finds it, then. */
static __always_inline bool pcp_set_tails(struct cluster *cluster, unsigned long pfn,
					  unsigned int nr)
{
	if (unlikely(which_half(cluster, pfn) > 1))
		return false;
	atomic64_or(bitmap64_tails(0, nr) << pfn % CLUSTER_PAGES, &cluster->tail);
	return true;
}

/**
 * enum cache_free - how a free into a cache ended
 * @CACHE_FREED: the block is free
 * @CACHE_MISS: no CPU caches the block's cluster, or the free is a mistake
 * @CACHE_LATE: the tails are cleared, but the half word has changed since: the caller
 *	goes on with buddy_pcp_free_late()
 */
enum cache_free {
	CACHE_FREED,
	CACHE_MISS,
	CACHE_LATE,
};

/*
 * Put a block of @nr pages, at most half a cluster, into the half word of its half.
 *
 * Of several calls that free one block at once, one succeeds: the call that clears the
 * block's tails or, if the block has none, the call that sets its bit.  Without their
 * tails, the pages look like blocks of one page.  If another call frees one of them as
 * such a block meanwhile, that call counts as the free and this call as the mistake;
 * the whole block is free.
 */
static __always_inline enum cache_free half_free(struct buddy_region *region,
						 struct cluster *cluster, atomic64_t *half,
						 unsigned long pfn, unsigned int nr)
{
	u64 block = (u32)(bitmap64_mask(0, nr) << pfn % HALF_PAGES);
	u64 word = atomic64_read_acquire(half), tail = atomic64_read(&cluster->tail);

	/*
	 * A block with tails is in use, unless the word of tails is a block word by now:
	 * the cluster is then part of a larger block.  The half word tells whether a
	 * block of one page is free.  No block in a cached cluster lies across its middle.
	 */
	if (unlikely(FIELD_GET(BUDDY_HALF_NUMBER, word) != pfn >> HALF_ORDER ||
		     !bitmap64_is_block(tail, pfn % CLUSTER_PAGES, nr) ||
		     (nr == 1 ? word & block : is_block_word(tail))))
		return CACHE_MISS;
	if (nr > 1 && unlikely(!atomic64_try_cmpxchg(&cluster->tail, &tail, tail ^
			bitmap64_tails(0, nr) << pfn % CLUSTER_PAGES)))
		return CACHE_MISS;
	if (unlikely(!atomic64_try_cmpxchg(half, &word, word | block)))
		return CACHE_LATE;
	this_cpu_inc(region->pcp->hot.count[order_base_2(nr)].frees);
	return CACHE_FREED;
}

/* Free into this CPU's cache. */
static __always_inline enum cache_free pcp_free(struct buddy_region *region,
						unsigned long pfn, unsigned int nr)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	struct cluster *cluster = pcp_cluster(pcp);
	u64 which = which_half(cluster, pfn);

	if (which > 1)
		return CACHE_MISS;
	return half_free(region, cluster, &pcp->hot.half[which], pfn, nr);
}

/* Free into the cache of the CPU that caches @cluster, if there is one. */
static inline enum cache_free pcp_free_remote(struct buddy_region *region,
					      struct cluster *cluster,
					      unsigned long pfn, unsigned int nr)
{
	unsigned int pcp_cpu = READ_ONCE(cluster->pcp_cpu);

	if (!pcp_cpu)
		return CACHE_MISS;
	return half_free(region, cluster, pcp_half(region, pcp_cpu, pfn), pfn, nr);
}

/* --- blocks of whole clusters --- */

/*
 * A large word describes free blocks of one order out of eight that would make a
 * naturally aligned larger block: which of the eight are there, their order, and
 * which eight they are: the pfn of the first one, shifted by the order, / 8.
 */
#define LARGE_NR_ORDER	3
#define LARGE_NR	BIT(LARGE_NR_ORDER)
#define LARGE_BLOCKS	GENMASK_ULL(7, 0)
#define LARGE_ORDER	GENMASK_ULL(15, 8)
#define LARGE_EIGHT	GENMASK_ULL(63, 16)

/* The large word of the one block of @order at @pfn. */
static __always_inline u64 large_word(unsigned long pfn, unsigned int order)
{
	unsigned long block = pfn >> order;

	return FIELD_PREP(LARGE_EIGHT, (u64)(block >> LARGE_NR_ORDER)) |
	       FIELD_PREP(LARGE_ORDER, order) | 1U << block % LARGE_NR;
}

static inline unsigned int large_order(u64 large)
{
	return FIELD_GET(LARGE_ORDER, large);
}

static inline unsigned int large_nr(u64 large)
{
	return hweight8(large & LARGE_BLOCKS);
}

/* The first page of the lowest block; @order is that of the word. */
static __always_inline unsigned long large_pfn(u64 large, unsigned int order)
{
	return (FIELD_GET(LARGE_EIGHT, large) << LARGE_NR_ORDER | __ffs64(large)) << order;
}

/* Whether a CPU may cache eight blocks of @order, instead of one. */
static __always_inline bool caches_eight(const struct buddy_region *region,
					 unsigned int order)
{
	return order + LARGE_NR_ORDER <= region->cache_order;
}

/* Take the lowest block out of a large word, if it is of @order. */
static __always_inline bool pop_large(atomic64_t *word, unsigned int order,
				      unsigned long *pfn)
{
	u64 large = atomic64_read(word);

	if (large_order(large) != order || !(large & LARGE_BLOCKS) ||
	    unlikely(!atomic64_try_cmpxchg(word, &large, large & (large - 1))))
		return false;
	*pfn = large_pfn(large, order);
	return true;
}

/*
 * Take a block of @order from this CPU's cache.  True if there was one.  The caller then
 * writes its block word: pcp_set_block().
 */
static __always_inline bool pcp_alloc_large(struct buddy_region *region,
					    unsigned int order, unsigned long *pfn)
{
	struct pcp __percpu *all = region->pcp;

	if (!pop_large(&raw_cpu_ptr(all)->large, order, pfn))
		return false;
	this_cpu_inc(all->hot.count[order].allocs);
	return true;
}

static __always_inline unsigned long pcp_set_block(struct buddy_region *region,
						   const struct pfn_range *range,
						   unsigned long pfn, unsigned int order)
{
	atomic64_set(&find_cluster(region, range, pfn)->block, block_word(BIT(order)));
	return pfn;
}

/* Of several calls that free one block at once, one succeeds here. */
static __always_inline bool claim_large(struct cluster *cluster, unsigned long pages)
{
	u64 used = block_word(pages);

	return atomic64_try_cmpxchg(&cluster->block, &used, BLOCK_CACHED);
}

/* Undo claim_large() or claim_block(): the block is in use, as before. */
static inline void unclaim_block(struct cluster *cluster, unsigned long pfn,
				 unsigned long nr)
{
	if (nr >= CLUSTER_PAGES)
		atomic64_set(&cluster->block, block_word(nr));
	else
		atomic64_or(bitmap64_tails(pfn % CLUSTER_PAGES, nr), &cluster->tail);
}

/*
 * Cache the block of @order at @pfn if the large word is for its eight, whether or not
 * there are blocks in the word.  False if not, or if there is no such block in use.
 */
static __always_inline bool pcp_free_large(struct buddy_region *region,
					   struct cluster *cluster,
					   unsigned long pfn, unsigned int order)
{
	struct pcp __percpu *all = region->pcp;
	atomic64_t *word = &raw_cpu_ptr(all)->large;
	u64 block = large_word(pfn, order), large = atomic64_read(word);

	if ((large ^ block) > LARGE_BLOCKS)
		return false;
	if (large & LARGE_BLOCKS && !caches_eight(region, order))
		return false;
	if (unlikely(pfn % CLUSTER_PAGES || !claim_large(cluster, BIT(order))))
		return false;
	if (unlikely(!atomic64_try_cmpxchg(word, &large, large | block))) {
		unclaim_block(cluster, pfn, BIT(order));
		return false;
	}
	this_cpu_inc(all->hot.count[order].frees);
	return true;
}

/* --- a free under the lock, a split --- */

/*
 * Clear the tails of the used block of @nr pages at @pos, which ends in the split @cluster.
 * False if there is no such block.  Of several calls for one block at once, one succeeds.
 * The tails do not tell whether a block of one page is in use.
 */
static inline bool claim_tails(struct cluster *cluster, unsigned int pos, unsigned int nr)
{
	u64 tail = atomic64_read(&cluster->tail);

	do {
		if (!bitmap64_is_block(tail, pos, nr))
			return false;
	} while (!atomic64_try_cmpxchg(&cluster->tail, &tail,
				       tail & ~bitmap64_mask(pos, nr)));
	return true;
}

/*
 * Claim the used block of @nr pages that starts at @pfn in @cluster; @nr is at least 1
 * and not above the range's pages.  False if there is no such block.  Of several calls
 * that free the block at once, one succeeds.  A block of one page has nothing to claim:
 * free_to_pcp() detects the second free.
 */
static inline bool claim_block(struct buddy_region *region, struct cluster *cluster,
			       unsigned long pfn, unsigned long nr)
{
	unsigned int pos = pfn % CLUSTER_PAGES;

	if (nr >= CLUSTER_PAGES && cluster->state == CLUSTER_USED && !pos &&
	    claim_large(cluster, nr))
		return true;
	if (nr >= CLUSTER_PAGES || pos + nr > CLUSTER_PAGES)
		return buddy_claim_packed(region, cluster, pfn, nr);
	if (cluster->state != CLUSTER_SPLIT ||
	    cluster_free(region, cluster) & BIT_ULL(pos) ||
	    (pos + nr == CLUSTER_PAGES && cluster->goes_on))
		return false;
	return claim_tails(cluster, pos, nr);
}

#endif /* BUDDY_PCP_H */
