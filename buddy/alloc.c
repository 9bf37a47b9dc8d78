// SPDX-License-Identifier: GPL-2.0
/* Blocks by pfn: allocate and free. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prefetch.h>
#include <linux/ratelimit.h>

#include "pcp.h"

/* --- allocation --- */

static bool is_of_order(unsigned long nr, unsigned int order)
{
	return is_power_of_2(nr) && ilog2(nr) == order;
}

/* An allocation that fails on demand. */
static void count_fail(struct buddy_region *region, unsigned int order)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	region->stats.fails[min(order, BUDDY_NR_ORDERS - 1U)]++;
	raw_spin_unlock_irqrestore(&region->lock, flags);
}

static noinline unsigned long alloc_locked(struct buddy_region *region,
					   unsigned int order, unsigned long nr,
					   gfp_t gfp)
{
	struct buddy_stats *stats = &region->stats;
	unsigned long pfn, flags, free = 0;
	int largest = -1;

	/*
	 * In NMI context the lock's holder may be who was interrupted.  Without
	 * SMP a lock does not tell: to try it always succeeds.
	 */
	if (unlikely(in_nmi())) {
		if (!IS_ENABLED(CONFIG_SMP) ||
		    !raw_spin_trylock_irqsave(&region->lock, flags))
			return BUDDY_NO_PFN;
	} else {
		raw_spin_lock_irqsave(&region->lock, flags);
	}
	if (order < CLUSTER_ORDER)
		pfn = pcp_refill(region, order, nr);
	else if (is_of_order(nr, order))
		pfn = pcp_refill_large(region, order);
	else
		pfn = take_block(region, order, nr);
	if (pfn == BUDDY_NO_PFN && order <= stats->max_order && pcp_reclaim(region, order))
		pfn = take_block(region, order, nr);
	if (pfn != BUDDY_NO_PFN) {
		stats->allocs[order_base_2(nr)]++;
		stats->locked++;
		stats->peak_pages = max(stats->peak_pages,
					stats->pages - stats->free_pages);
	} else {
		stats->fails[min(order, BUDDY_NR_ORDERS - 1U)]++;
		if (!(gfp & __GFP_NOWARN)) {
			free = min(stats->pages, stats->free_pages + pcp_free_pages(region));
			largest = pcp_largest(region);
		}
	}
	raw_spin_unlock_irqrestore(&region->lock, flags);

	if (pfn == BUDDY_NO_PFN && !(gfp & __GFP_NOWARN))
		pr_warn_ratelimited("region %s: no block of order %u for %lu pages: %lu of %lu pages are free, the largest block has %lu\n",
				    region->name, order, nr, free, stats->pages,
				    largest < 0 ? 0 : BIT(largest));
	return pfn;
}

/*
 * Whether a used block of @nr pages, at least 1 and not above a run's, starts at @pfn
 * in @cluster, and if so, claim it: of several that free it at once one succeeds.
 * With one page, there is nothing to claim: give_to_owner() finds the second.
 */
static bool claim_block(struct buddy_region *region, struct cluster *cluster,
			unsigned long pfn, unsigned long nr)
{
	unsigned int pos = pfn % CLUSTER_FRAMES;
	u64 tail;

	if (nr >= CLUSTER_FRAMES)
		return cluster->state == CLUSTER_USED && !pos && claim_large(cluster, nr);
	if (cluster->state != CLUSTER_SPLIT ||
	    cluster_free(region, cluster) & BIT_ULL(pos))
		return false;
	tail = atomic64_read(&cluster->tail);
	do {
		if (!word_is_block(tail, pos, nr))
			return false;
	} while (!atomic64_try_cmpxchg(&cluster->tail, &tail, tail & ~word_mask(pos, nr)));
	return true;
}

static noinline void free_locked(struct buddy_region *region, const struct run *run,
				 struct cluster *cluster, unsigned long pfn,
				 unsigned long nr_pages)
{
	struct buddy_stats *stats = &region->stats;
	enum buddy_error error = BUDDY_DOUBLE_FREE;
	unsigned int blocks = 0, twice = 0;
	unsigned long flags, used = 0;

	if (is_in_nmi(region, pfn, nr_pages))
		return;
	raw_spin_lock_irqsave(&region->lock, flags);
	if (unlikely(nr_pages - 1 >= run->pages ||
		     !claim_block(region, cluster, pfn, nr_pages)))
		used = used_pages(region, run, pfn, &error);
	else if (nr_pages <= HALF_FRAMES &&
		 pcp_adopt(region, run, cluster, pfn, nr_pages))
		blocks = 1;
	else
		blocks = give_range(region, run, pfn, nr_pages, &twice);
	if (likely(blocks)) {
		stats->locked++;
		stats->splits += blocks - 1;
		stats->frees[order_base_2(nr_pages)]++;
	}
	raw_spin_unlock_irqrestore(&region->lock, flags);

	if (likely(blocks && !twice))
		return;
	if (twice) {
		while (twice--)
			caller_error(region, BUDDY_DOUBLE_FREE, false, pfn, nr_pages, 0);
		return;
	}
	/* If the size is right now, it was freed and allocated again meanwhile. */
	if (used && used == nr_pages) {
		error = BUDDY_DOUBLE_FREE;
		used = 0;
	}
	caller_error(region, used ? BUDDY_WRONG_SIZE : error, false,
		     pfn, nr_pages, used);
}

static noinline void free_late(struct buddy_region *region, unsigned long pfn,
			       unsigned long nr_pages)
{
	const struct run *run = find_run(region, pfn);
	struct cluster *cluster = find_cluster(region, run, pfn);

	if (is_in_nmi(region, pfn, nr_pages)) {
		/* As it was. */
		atomic64_or(word_tails(pfn % CLUSTER_FRAMES, nr_pages), &cluster->tail);
		return;
	}
	if (!pcp_free_late(region, cluster, pfn, nr_pages))
		free_locked(region, run, cluster, pfn, nr_pages);
}

static noinline void free_exact(struct buddy_region *region, unsigned long pfn,
				unsigned long nr_pages)
{
	const struct run *run = find_run(region, pfn);
	enum cache_free result = CACHE_MISS;
	struct cluster *cluster;

	if (!run) {
		caller_error(region, BUDDY_OUTSIDE, false, pfn, nr_pages, 0);
		return;
	}
	cluster = find_cluster(region, run, pfn);
	if (nr_pages > HALF_FRAMES) {
		if (is_power_of_2(nr_pages) &&
		    pcp_free_large(region, cluster, pfn, ilog2(nr_pages)))
			return;
	} else if (nr_pages) {
		result = pcp_free_remote(region, cluster, pfn, nr_pages);
	}
	if (result == CACHE_MISS)
		free_locked(region, run, cluster, pfn, nr_pages);
	else if (unlikely(result == CACHE_LATE))
		free_late(region, pfn, nr_pages);
}

/* The end of an allocation from the cache if the block is not of the first run. */
static noinline unsigned long mark_head(struct buddy_region *region,
					unsigned long pfn, unsigned int order)
{
	return pcp_mark_head(region, find_run_slow(region, pfn), pfn, order);
}

/*
 * The way into and out of the caches, of frames of a cluster and of whole clusters.
 * What is rare is a function's last call, so that no register is saved for it.
 */
static __always_inline unsigned long alloc_frames(struct buddy_region *region,
						  unsigned int order,
						  unsigned int nr, gfp_t gfp)
{
	struct cluster *cluster;
	unsigned long pfn;

	if (unlikely(!pcp_alloc(region, order, nr, &pfn, &cluster)))
		return alloc_locked(region, order, nr, gfp);
	if (unlikely((pfn >> HALF_ORDER) - cluster->first_half > 1))
		return pcp_mark_tails(region, pfn, nr);
	atomic64_or(word_tails(0, nr) << pfn % CLUSTER_FRAMES, &cluster->tail);
	return pfn;
}

static __always_inline void free_frames(struct buddy_region *region,
					unsigned long pfn, unsigned int order)
{
	enum cache_free result = pcp_free(region, pfn, 1U << order);

	if (unlikely(result == CACHE_LATE))
		free_late(region, pfn, 1U << order);
	else if (result == CACHE_MISS)
		free_exact(region, pfn, 1U << order);
}

static __always_inline unsigned long alloc_clusters(struct buddy_region *region,
						    unsigned int order,
						    unsigned long nr, gfp_t gfp)
{
	const struct run *run = region->source.runs;
	unsigned long pfn;

	if (unlikely(!pcp_alloc_large(region, order, &pfn)))
		return alloc_locked(region, order, nr, gfp);
	if (unlikely(pfn - run->pfn >= run->pages))
		return mark_head(region, pfn, order);
	return pcp_mark_head(region, run, pfn, order);
}

static __always_inline void free_clusters(struct buddy_region *region,
					  unsigned long pfn, unsigned int order)
{
	const struct run *run = region->source.runs;

	if (unlikely(pfn - run->pfn >= run->pages) ||
	    !pcp_free_large(region, find_cluster(region, run, pfn), pfn, order))
		/* No block has 0 pages, so an order out of range is a wrong size. */
		free_exact(region, pfn, order < BUDDY_NR_ORDERS ? BIT(order) : 0);
}

/*
 * A copy for each order that is common, to which the switches below jump: a few
 * instructions where loops and shifts by a variable would take many.
 */
#define CACHED_ORDER(order, kind)					\
static noinline unsigned long alloc_##order(struct buddy_region *region, gfp_t gfp) \
{									\
	return alloc_##kind(region, order, BIT(order), gfp);		\
}									\
									\
static noinline void free_##order(struct buddy_region *region, unsigned long pfn) \
{									\
	free_##kind(region, pfn, order);				\
}

CACHED_ORDER(0, frames)
CACHED_ORDER(1, frames)
CACHED_ORDER(2, frames)
CACHED_ORDER(3, frames)
CACHED_ORDER(4, frames)
CACHED_ORDER(5, frames)
CACHED_ORDER(9, clusters)

static noinline unsigned long alloc_large(struct buddy_region *region,
					  unsigned int order, gfp_t gfp)
{
	return alloc_clusters(region, order, BIT(order), gfp);
}

static noinline void free_large(struct buddy_region *region, unsigned long pfn,
				unsigned int order)
{
	free_clusters(region, pfn, order);
}

static __always_inline unsigned long alloc_order(struct buddy_region *region,
						 unsigned int order, gfp_t gfp)
{
	switch (order) {
	case 0:
		return alloc_0(region, gfp);
	case 1:
		return alloc_1(region, gfp);
	case 2:
		return alloc_2(region, gfp);
	case 3:
		return alloc_3(region, gfp);
	case 4:
		return alloc_4(region, gfp);
	case 5:
		return alloc_5(region, gfp);
	case 9:
		return alloc_9(region, gfp);
	default:
		return alloc_large(region, order, gfp);
	}
}

/* Not an order alone, or not this alone: an exact number, flags, or watched. */
static noinline unsigned long alloc_pages_at(struct buddy_region *region,
					     unsigned int order, unsigned long nr,
					     gfp_t gfp)
{
	bool watched = buddy_is_watched();
	unsigned long pfn = BUDDY_NO_PFN;

	if (gfp & BUDDY_GFP_ZONES) {
		caller_error(region, BUDDY_ZONE, false, BUDDY_NO_PFN, nr, 0);
		return BUDDY_NO_PFN;
	}
	if ((gfp & __GFP_ZERO) && !region->hot.mapped) {
		caller_error(region, BUDDY_UNMAPPED, false, BUDDY_NO_PFN, nr, 0);
		return BUDDY_NO_PFN;
	}
	if (unlikely(watched && watch_fail(region, nr))) {
		count_fail(region, order);
	} else if (is_of_order(nr, order)) {
		pfn = alloc_order(region, order, gfp);
	} else {
		pfn = order < CLUSTER_ORDER ? alloc_frames(region, order, nr, gfp) :
					      alloc_locked(region, order, nr, gfp);
	}
	if (unlikely(watched))
		watch_alloc(region, pfn, order, nr);
	if (pfn != BUDDY_NO_PFN && gfp & __GFP_ZERO)
		memset(buddy_pfn_to_virt(region, pfn), 0, nr << PAGE_SHIFT);
	return pfn;
}

/**
 * buddy_alloc_pfn_slow() - what buddy_alloc_pfn() calls if it must
 * @region: as there
 * @order: as there
 * @gfp: as there
 *
 * Context: as buddy_alloc_pfn().
 * Return: as buddy_alloc_pfn().
 */
unsigned long buddy_alloc_pfn_slow(struct buddy_region *region,
				   unsigned int order, gfp_t gfp)
{
	if (unlikely(order >= BUDDY_NR_ORDERS || gfp & (__GFP_ZERO | BUDDY_GFP_ZONES) ||
		     buddy_is_watched()))
		return alloc_pages_at(region, order,
				      order < BUDDY_NR_ORDERS ? BIT(order) : 0, gfp);
	return alloc_order(region, order, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_slow);

/**
 * buddy_alloc_pfn_exact() - allocate a number of pages that is no power of two
 * @region: the region to take them from
 * @nr_pages: how many, at least 1
 * @gfp: as for buddy_alloc_pfn()
 *
 * Takes the next larger block and frees what is not needed of it at once.  The
 * block's alignment is that of the larger one.
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: the pfn of the first page, or BUDDY_NO_PFN if no block is left.
 */
unsigned long buddy_alloc_pfn_exact(struct buddy_region *region,
				    unsigned long nr_pages, gfp_t gfp)
{
	return buddy_alloc_pfn_aligned(region, nr_pages, 0, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_exact);

/**
 * buddy_alloc_pfn_aligned() - allocate a number of pages at a large alignment
 * @region: the region to take them from
 * @nr_pages: how many, at least 1
 * @align_order: the first pfn is a multiple of 2^align_order, and of the next
 *	power of two above @nr_pages
 * @gfp: as for buddy_alloc_pfn()
 *
 * Only @nr_pages are taken, the rest of the aligned block is free at once.
 * Free it with buddy_free_pfn_exact().
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: the pfn of the first page, or BUDDY_NO_PFN if no block is left.
 */
unsigned long buddy_alloc_pfn_aligned(struct buddy_region *region,
				      unsigned long nr_pages,
				      unsigned int align_order, gfp_t gfp)
{
	unsigned int order = order_base_2(nr_pages);

	if (no_region(__func__, region))
		return BUDDY_NO_PFN;
	if (!nr_pages) {
		caller_error(region, BUDDY_NO_PAGES, false, BUDDY_NO_PFN, 0, 0);
		return BUDDY_NO_PFN;
	}
	return alloc_pages_at(region, max(order, align_order), nr_pages, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_aligned);

/*
 * A block of whole clusters is claimed first: nobody else can free it then, so that it
 * is filled with poison without a lock, however large it is.  False if there is no such
 * block.
 */
static bool free_watched_large(struct buddy_region *region, unsigned long pfn,
			       unsigned long nr_pages)
{
	const struct run *run = find_run(region, pfn);
	struct cluster *cluster;
	unsigned long flags;
	bool claimed;

	if (!run || nr_pages > run->pages)
		return false;
	cluster = find_cluster(region, run, pfn);
	raw_spin_lock_irqsave(&region->lock, flags);
	claimed = claim_block(region, cluster, pfn, nr_pages);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (!claimed)
		return false;
	watch_free(region, pfn, nr_pages);
	/* As it was, for a free as any other, into a cache or not. */
	atomic64_set(&cluster->head, head_word(nr_pages));
	free_exact(region, pfn, nr_pages);
	return true;
}

static noinline void free_watched(struct buddy_region *region, unsigned long pfn,
				  unsigned long nr_pages)
{
	unsigned long flags;
	bool right;

	if (is_in_nmi(region, pfn, nr_pages))
		return;
	if (nr_pages >= CLUSTER_FRAMES) {
		if (!free_watched_large(region, pfn, nr_pages))
			free_exact(region, pfn, nr_pages);
		return;
	}
	/* Under this lock the block stays as it was found. */
	raw_spin_lock_irqsave(&region->watch_lock, flags);
	right = nr_pages && buddy_block_pages(region, pfn) == nr_pages;
	if (right) {
		watch_free(region, pfn, nr_pages);
		free_exact(region, pfn, nr_pages);
	}
	raw_spin_unlock_irqrestore(&region->watch_lock, flags);
	if (!right)
		free_exact(region, pfn, nr_pages);
}

/**
 * buddy_free_pfn_exact() - free a block by its page count
 * @region: the region that it came from
 * @pfn: its first page
 * @nr_pages: its length, whichever function allocated it
 *
 * Every mistake is caught in constant time and leaves the memory as it was,
 * see &enum buddy_error.
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off,
 * unless the block goes into a CPU's cache.
 */
void buddy_free_pfn_exact(struct buddy_region *region, unsigned long pfn,
			  unsigned long nr_pages)
{
	if (no_region(__func__, region))
		return;
	if (unlikely(buddy_is_watched()))
		free_watched(region, pfn, nr_pages);
	else
		free_exact(region, pfn, nr_pages);
}
EXPORT_SYMBOL_GPL(buddy_free_pfn_exact);

/**
 * buddy_free_pfn_slow() - what buddy_free_pfn() calls if it must
 * @region: as there
 * @pfn: as there
 * @order: as there
 *
 * Context: as buddy_free_pfn().
 */
void buddy_free_pfn_slow(struct buddy_region *region, unsigned long pfn,
			 unsigned int order)
{
	if (unlikely(buddy_is_watched()))
		return free_watched(region, pfn, order < BUDDY_NR_ORDERS ? BIT(order) : 0);
	switch (order) {
	case 0:
		return free_0(region, pfn);
	case 1:
		return free_1(region, pfn);
	case 2:
		return free_2(region, pfn);
	case 3:
		return free_3(region, pfn);
	case 4:
		return free_4(region, pfn);
	case 5:
		return free_5(region, pfn);
	case 9:
		return free_9(region, pfn);
	default:
		return free_large(region, pfn, order);
	}
}
EXPORT_SYMBOL_GPL(buddy_free_pfn_slow);

/* --- many at once --- */

static bool no_array(const char *func, const unsigned long *pfns)
{
	if (!IS_ERR_OR_NULL(pfns))
		return false;
	bad_call(func, "this is no array of pfns", pfns);
	return true;
}

/**
 * buddy_alloc_bulk() - allocate many blocks of one order
 * @region: the region to take them from
 * @order: as for buddy_alloc_pfn()
 * @nr: how many
 * @pfns: filled in with the first page of each
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: how many there were, which is less than @nr if memory ran out.
 */
unsigned int buddy_alloc_bulk(struct buddy_region *region, unsigned int order,
			      unsigned int nr, unsigned long *pfns, gfp_t gfp)
{
	unsigned int i;

	if (no_region(__func__, region) || (nr && no_array(__func__, pfns)))
		return 0;
	for (i = 0; i < nr; i++) {
		pfns[i] = buddy_alloc_pfn(region, order, gfp);
		if (pfns[i] == BUDDY_NO_PFN)
			break;
	}
	return i;
}
EXPORT_SYMBOL_GPL(buddy_alloc_bulk);

/* So many clusters are on their way from memory while one is worked on. */
#define AHEAD	8

/**
 * buddy_free_bulk() - free many blocks of one order
 * @region: the region that they came from
 * @order: of all of them
 * @nr: how many
 * @pfns: the first page of each
 *
 * Cheaper than one free after the other where they are all over a region whose
 * metadata the CPU's caches cannot hold: their cache misses overlap.
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
void buddy_free_bulk(struct buddy_region *region, unsigned int order,
		     unsigned int nr, const unsigned long *pfns)
{
	unsigned int i, next = 0;

	if (no_region(__func__, region) || (nr && no_array(__func__, pfns)))
		return;
	for (i = 0; i < nr; i++) {
		for (; next < nr && next <= i + AHEAD; next++) {
			const struct run *run = find_run(region, pfns[next]);

			if (run)
				prefetchw(find_cluster(region, run, pfns[next]));
		}
		buddy_free_pfn(region, pfns[i], order);
	}
}
EXPORT_SYMBOL_GPL(buddy_free_bulk);

/**
 * buddy_block_pages() - the length of an allocated block, from its address alone
 * @region: the region that it came from
 * @pfn: its first page
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off.
 * Return: its page count; 0 if no allocated block of @region starts at @pfn,
 * which is a question and no caller error.
 */
unsigned long buddy_block_pages(struct buddy_region *region, unsigned long pfn)
{
	const struct run *run;
	unsigned long flags, used;
	enum buddy_error error;

	if (no_region(__func__, region))
		return 0;
	run = find_run(region, pfn);
	if (!run || is_in_nmi(region, pfn, 0))
		return 0;
	raw_spin_lock_irqsave(&region->lock, flags);
	used = used_pages(region, run, pfn, &error);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return used;
}
EXPORT_SYMBOL_GPL(buddy_block_pages);
