// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks by pfn: the way of an allocation, then that of a free, from top to bottom; at the
 * end, what is done with a block in use.
 *
 * A call that a CPU's cache can serve ends in pcp.h, without the lock.  Any other call
 * goes on in a _locked function, which takes the region's lock once and asks pcp.c, then
 * free_area.c.  What is rare is the last call of its function: so no register is saved
 * for it.  Blocks of any length are allocated in exact.c, many blocks in one call in bulk.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ratelimit.h>

#include "lock.h"
#include "exact.h"
#include "pcp.h"
#include "watch.h"

/* --- allocate --- */

/* Count an allocation of @nr pages under the lock, which the caller has. */
void buddy_count_alloc(struct buddy_region *region, unsigned long nr)
{
	struct buddy_stats *stats = &region->stats;

	stats->allocs[order_base_2(nr)]++;
	stats->locked++;
	stats->peak_pages = max(stats->peak_pages, stats->pages - stats->free_pages);
}

/* Count and report that there is no place, @where, for @nr pages of a block of @order. */
void buddy_alloc_failed(struct buddy_region *region, unsigned int order, unsigned long nr,
			gfp_t gfp, const char *where)
{
	unsigned long flags, pages = region->stats.pages, free = 0;
	int largest = -1;

	if (!lock_irqsave_or_try(&region->lock, &flags))
		return;
	region->stats.fails[min(order, BUDDY_NR_ORDERS - 1U)]++;
	if (!(gfp & __GFP_NOWARN)) {
		free = min(pages, region->stats.free_pages + buddy_pcp_free_pages(region));
		largest = buddy_pcp_largest(region);
	}
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (!(gfp & __GFP_NOWARN))
		pr_warn_ratelimited("region %s: no place%s for %lu pages: %lu of %lu pages are free, the largest block of 2^order pages has %lu\n",
				    region->name, where, nr, free, pages,
				    largest < 0 ? 0 : BIT(largest));
}

/*
 * Allocate a block of @order under the lock, which the caller has.  If there is none, with
 * @reclaim, drain caches.
 */
static __always_inline unsigned long alloc_with_lock(struct buddy_region *region,
						     unsigned int order, bool reclaim)
{
	unsigned long pfn = order < CLUSTER_ORDER ? buddy_pcp_refill(region, order) :
						    buddy_pcp_refill_large(region, order);

	if (pfn == BUDDY_NO_PFN && reclaim && order <= region->stats.max_order &&
	    buddy_pcp_reclaim(region, order))
		pfn = buddy_rmqueue(region, order);
	if (pfn != BUDDY_NO_PFN)
		buddy_count_alloc(region, BIT(order));
	return pfn;
}

/* The same for bulk.c. */
unsigned long buddy_alloc_with_lock(struct buddy_region *region, unsigned int order,
				    bool reclaim)
{
	return alloc_with_lock(region, order, reclaim);
}

/* Allocate a block of @order, which this CPU's cache does not have. */
static noinline unsigned long alloc_locked(struct buddy_region *region,
					   unsigned int order, gfp_t gfp)
{
	unsigned long pfn, flags;

	if (!lock_irqsave_or_try(&region->lock, &flags))
		return BUDDY_NO_PFN;
	pfn = alloc_with_lock(region, order, true);
	raw_spin_unlock_irqrestore(&region->lock, flags);

	if (pfn == BUDDY_NO_PFN && !(gfp & BUDDY_GFP_ELSEWHERE))
		buddy_alloc_failed(region, order, order_pages(order), gfp, "");
	return pfn;
}

/* Allocate a block of @order, below a cluster. */
static __always_inline unsigned long alloc_small(struct buddy_region *region,
						 unsigned int order, gfp_t gfp)
{
	struct cluster *cluster;
	unsigned long pfn;

	if (unlikely(!pcp_alloc(region, order, &pfn, &cluster)))
		return alloc_locked(region, order, gfp);
	if (unlikely(!pcp_set_tails(cluster, pfn, 1U << order)))
		return buddy_pcp_set_tails(region, pfn, 1U << order);
	return pfn;
}

/* The end of alloc_large() if the block is not of the first range. */
static noinline unsigned long set_block_slow(struct buddy_region *region,
					     unsigned long pfn, unsigned int order)
{
	return pcp_set_block(region, buddy_find_range_slow(region, pfn), pfn, order);
}

/* Allocate a block of whole clusters. */
static __always_inline unsigned long alloc_large(struct buddy_region *region,
						 unsigned int order, gfp_t gfp)
{
	const struct pfn_range *range = region->ranges;
	unsigned long pfn;

	if (unlikely(!pcp_alloc_large(region, order, &pfn)))
		return alloc_locked(region, order, gfp);
	if (unlikely(pfn - range->pfn >= range->pages))
		return set_block_slow(region, pfn, order);
	return pcp_set_block(region, range, pfn, order);
}

/*
 * Each common order has a function of its own, in which loops and shifts by a variable
 * become constants.  An allocation and its free take 123, 132, 119 and 126 instructions
 * for orders 1, 3, 5 and 9; with one function for all orders they take 170, 182, 163
 * and 140 (Debian's 6.1, gcc 12).
 */
#define ALLOC_ORDER(order, size)					\
static noinline unsigned long alloc_##order(struct buddy_region *region, gfp_t gfp) \
{									\
	return alloc_##size(region, order, gfp);			\
}

ALLOC_ORDER(0, small)
ALLOC_ORDER(1, small)
ALLOC_ORDER(2, small)
ALLOC_ORDER(3, small)
ALLOC_ORDER(4, small)
ALLOC_ORDER(5, small)
ALLOC_ORDER(9, large)

static noinline unsigned long alloc_any_large(struct buddy_region *region,
					      unsigned int order, gfp_t gfp)
{
	return alloc_large(region, order, gfp);
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
		return alloc_any_large(region, order, gfp);
	}
}

/* The same for exact.c. */
unsigned long buddy_alloc_order(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	return alloc_order(region, order, gfp);
}

/*
 * Whether an allocation of @nr pages of a block of @order, with any flags and perhaps
 * watched, may go on.
 */
bool buddy_alloc_begin(struct buddy_region *region, unsigned int order, unsigned long nr,
		       gfp_t gfp)
{
	if (gfp & __GFP_DMA) {
		buddy_page_error(region, BUDDY_ZONE, BUDDY_NO_PFN, nr);
		return false;
	}
	if ((gfp & __GFP_ZERO) && !region->hot.mapped) {
		buddy_page_error(region, BUDDY_UNMAPPED, BUDDY_NO_PFN, nr);
		return false;
	}
	if (unlikely(buddy_is_watched() && buddy_should_fail(nr))) {
		buddy_alloc_failed(region, order, nr, __GFP_NOWARN, "");
		watch_alloc(region, BUDDY_NO_PFN, order, nr);
		return false;
	}
	return true;
}

/* The end of such an allocation: @pfn is what it found, or BUDDY_NO_PFN. */
unsigned long buddy_alloc_end(struct buddy_region *region, unsigned long pfn,
			      unsigned int order, unsigned long nr, gfp_t gfp)
{
	if (unlikely(buddy_is_watched()))
		watch_alloc(region, pfn, order, nr);
	if (pfn != BUDDY_NO_PFN && gfp & __GFP_ZERO)
		memset(buddy_pfn_to_virt(region, pfn), 0, nr << PAGE_SHIFT);
	return pfn;
}

/* Any order, any flags; the way of each allocation that is watched. */
static noinline unsigned long alloc_any(struct buddy_region *region, unsigned int order,
					gfp_t gfp)
{
	unsigned long nr = order_pages(order);

	if (gfp & __GFP_DMA32)
		return buddy_alloc_dma32(region, order, gfp);
	if (!buddy_alloc_begin(region, order, nr, gfp))
		return BUDDY_NO_PFN;
	return buddy_alloc_end(region, alloc_order(region, order, gfp), order, nr, gfp);
}

/* What buddy_alloc_pfn() calls unless this CPU's cache has the page. */
unsigned long buddy_alloc_pfn_slow(struct buddy_region *region,
				   unsigned int order, gfp_t gfp)
{
	if (unlikely(order >= BUDDY_NR_ORDERS || gfp & BUDDY_GFP_SLOW || buddy_is_watched()))
		return alloc_any(region, order, gfp);
	return alloc_order(region, order, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_slow);

/* --- free --- */

/* Free the claimed block into this CPU's cache, if that is worthwhile. */
static __always_inline bool pcp_take(struct buddy_region *region,
				     const struct pfn_range *range, struct cluster *cluster,
				     unsigned long pfn, unsigned long nr)
{
	if (nr <= HALF_PAGES)
		return pfn % CLUSTER_PAGES + nr <= CLUSTER_PAGES &&
		       buddy_pcp_take_freed(region, range, cluster, pfn, nr);
	return nr >= CLUSTER_PAGES && is_power_of_2(nr) && !(pfn & (nr - 1)) &&
	       buddy_pcp_take_large(region, pfn, ilog2(nr));
}

/*
 * Free the @nr pages at @pfn, which are of @range and @cluster, under the lock, which the
 * caller has.  False for a mistake: the caller drops the lock and reports it.
 */
static __always_inline bool free_with_lock(struct buddy_region *region,
					   const struct pfn_range *range,
					   struct cluster *cluster, unsigned long pfn,
					   unsigned long nr, struct wrong_free *wrong)
{
	struct buddy_stats *stats = &region->stats;
	unsigned int blocks = 0;

	wrong->already = 0;
	if (unlikely(!nr || nr > range->pages || !claim_block(region, cluster, pfn, nr))) {
		wrong->error = BUDDY_DOUBLE_FREE;
		wrong->used = buddy_used_pages(region, range, pfn, &wrong->error);
		return false;
	}
	if (!pcp_take(region, range, cluster, pfn, nr))
		wrong->already = buddy_free_range(region, range, pfn, nr, &blocks);
	if (likely(wrong->already < nr)) {
		stats->locked++;
		stats->splits += blocks ? blocks - 1 : 0;
		stats->frees[order_base_2(nr)]++;
	}
	return likely(!wrong->already);
}

/* The same for bulk.c. */
bool buddy_free_with_lock(struct buddy_region *region, const struct pfn_range *range,
			  struct cluster *cluster, unsigned long pfn, unsigned long nr,
			  struct wrong_free *wrong)
{
	return free_with_lock(region, range, cluster, pfn, nr, wrong);
}

void buddy_report_free(struct buddy_region *region, unsigned long pfn, unsigned long nr,
		       const struct wrong_free *wrong)
{
	if (wrong->already)
		buddy_double_free(region, pfn, nr, wrong->already);
	else
		buddy_wrong_free(region, wrong->error, pfn, nr, wrong->used);
}

/* Free the @nr pages at @pfn, which are of @range and @cluster, or report the mistake. */
static noinline void free_locked(struct buddy_region *region, const struct pfn_range *range,
				 struct cluster *cluster, unsigned long pfn,
				 unsigned long nr)
{
	struct wrong_free wrong;
	unsigned long flags;
	bool freed;

	if (is_in_nmi(region, pfn, nr))
		return;
	raw_spin_lock_irqsave(&region->lock, flags);
	freed = free_with_lock(region, range, cluster, pfn, nr, &wrong);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (unlikely(!freed))
		buddy_report_free(region, pfn, nr, &wrong);
}

/* The end of a free whose half word has changed since the tails were cleared. */
void buddy_free_late(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	const struct pfn_range *range = find_range(region, pfn);
	struct cluster *cluster = find_cluster(region, range, pfn);

	if (is_in_nmi(region, pfn, nr))
		unclaim_block(cluster, pfn, nr);
	else if (!buddy_pcp_free_late(region, cluster, pfn, nr))
		free_locked(region, range, cluster, pfn, nr);
}

/* Free a block that is not of the cluster that this CPU caches, or of any length. */
static noinline void free_nr_pages(struct buddy_region *region, unsigned long pfn,
				   unsigned long nr)
{
	const struct pfn_range *range = find_range(region, pfn);
	enum cache_free result = CACHE_MISS;
	struct cluster *cluster;

	if (!range) {
		buddy_page_error(region, BUDDY_OUTSIDE, pfn, nr);
		return;
	}
	cluster = find_cluster(region, range, pfn);
	if (nr > HALF_PAGES) {
		if (is_power_of_2(nr) && pcp_free_large(region, cluster, pfn, ilog2(nr)))
			return;
	} else if (nr) {
		result = pcp_free_remote(region, cluster, pfn, nr);
	}
	if (result == CACHE_MISS)
		free_locked(region, range, cluster, pfn, nr);
	else if (unlikely(result == CACHE_LATE))
		buddy_free_late(region, pfn, nr);
}

/* Free a block of @order, below a cluster. */
static __always_inline void free_small(struct buddy_region *region,
				       unsigned long pfn, unsigned int order)
{
	enum cache_free result = pcp_free(region, pfn, 1U << order);

	if (unlikely(result == CACHE_LATE))
		buddy_free_late(region, pfn, 1U << order);
	else if (result == CACHE_MISS)
		free_nr_pages(region, pfn, 1U << order);
}

/* Free a block of whole clusters. */
static __always_inline void free_large(struct buddy_region *region,
				       unsigned long pfn, unsigned int order)
{
	const struct pfn_range *range = region->ranges;
	struct cluster *cluster;

	if (unlikely(pfn - range->pfn >= range->pages)) {
		free_nr_pages(region, pfn, order_pages(order));
		return;
	}
	cluster = find_cluster(region, range, pfn);
	if (!pcp_free_large(region, cluster, pfn, order))
		free_locked(region, range, cluster, pfn, order_pages(order));
}

/* As with ALLOC_ORDER(). */
#define FREE_ORDER(order, size)						\
static noinline void free_##order(struct buddy_region *region, unsigned long pfn) \
{									\
	free_##size(region, pfn, order);				\
}

FREE_ORDER(0, small)
FREE_ORDER(1, small)
FREE_ORDER(2, small)
FREE_ORDER(3, small)
FREE_ORDER(4, small)
FREE_ORDER(5, small)
FREE_ORDER(9, large)

static noinline void free_any_large(struct buddy_region *region, unsigned long pfn,
				    unsigned int order)
{
	/* No block has an order out of range: the free reports it. */
	if (unlikely(order >= BUDDY_NR_ORDERS))
		free_nr_pages(region, pfn, 0);
	else
		free_large(region, pfn, order);
}

/*
 * A watched free of whole clusters: hold the block first.  No other call can free it
 * then, so the pages are filled with poison without a lock, however many they are.
 * False if there is no such block.
 */
static bool free_watched_large(struct buddy_region *region, unsigned long pfn,
			       unsigned long nr)
{
	const struct pfn_range *range = find_range(region, pfn);
	struct cluster *cluster;
	unsigned long flags;
	bool held;

	if (!range || nr > range->pages)
		return false;
	cluster = find_cluster(region, range, pfn);
	raw_spin_lock_irqsave(&region->lock, flags);
	held = buddy_hold_block(region, cluster, pfn, nr);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (!held)
		return false;
	watch_free(region, pfn, nr);
	/* Now the block is freed as any other, into a cache or not. */
	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_unhold_block(region, range, pfn, nr);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	free_nr_pages(region, pfn, nr);
	return true;
}

static noinline void free_watched(struct buddy_region *region, unsigned long pfn,
				  unsigned long nr)
{
	unsigned long flags;
	bool is_block;

	if (is_in_nmi(region, pfn, nr))
		return;
	if (nr >= CLUSTER_PAGES) {
		if (!free_watched_large(region, pfn, nr))
			free_nr_pages(region, pfn, nr);
		return;
	}
	/* Under this lock no other watched free changes the block. */
	raw_spin_lock_irqsave(&region->watch_lock, flags);
	is_block = nr && buddy_block_pages(region, pfn) == nr;
	if (is_block) {
		watch_free(region, pfn, nr);
		free_nr_pages(region, pfn, nr);
	}
	raw_spin_unlock_irqrestore(&region->watch_lock, flags);
	if (!is_block)
		free_nr_pages(region, pfn, nr);
}

/* What buddy_free_pfn() calls unless the page goes into this CPU's cache. */
void buddy_free_pfn_slow(struct buddy_region *region, unsigned long pfn,
			 unsigned int order)
{
	if (unlikely(buddy_is_watched())) {
		free_watched(region, pfn, order_pages(order));
		return;
	}
	switch (order) {
	case 0:
		free_0(region, pfn);
		break;
	case 1:
		free_1(region, pfn);
		break;
	case 2:
		free_2(region, pfn);
		break;
	case 3:
		free_3(region, pfn);
		break;
	case 4:
		free_4(region, pfn);
		break;
	case 5:
		free_5(region, pfn);
		break;
	case 9:
		free_9(region, pfn);
		break;
	default:
		free_any_large(region, pfn, order);
	}
}
EXPORT_SYMBOL_GPL(buddy_free_pfn_slow);

/**
 * buddy_free_pfn_exact() - free a block by its page count
 * @region: the region that the block came from
 * @pfn: the block's first page
 * @nr_pages: the block's length, whichever function allocated it
 *
 * Each mistake is detected in constant time and changes nothing, see
 * &enum buddy_error.
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off,
 * unless the block goes into a CPU's cache.
 */
void buddy_free_pfn_exact(struct buddy_region *region, unsigned long pfn,
			  unsigned long nr_pages)
{
	if (!is_region_pointer(__func__, region))
		return;
	if (unlikely(buddy_is_watched()))
		free_watched(region, pfn, nr_pages);
	else
		free_nr_pages(region, pfn, nr_pages);
}
EXPORT_SYMBOL_GPL(buddy_free_pfn_exact);

/* --- split a block --- */

/* Report that no used block of @nr pages, less than a cluster, starts at @pfn. */
static noinline void wrong_split(struct buddy_region *region, unsigned long pfn,
				 unsigned long nr)
{
	enum buddy_error error = BUDDY_WRONG_SIZE;
	unsigned long flags, used = 0;

	if (nr < CLUSTER_PAGES && lock_irqsave_or_try(&region->lock, &flags)) {
		used = buddy_used_pages(region, find_range(region, pfn), pfn, &error);
		raw_spin_unlock_irqrestore(&region->lock, flags);
	}
	buddy_wrong_free(region, error, pfn, nr, used);
}

/* Make the block single pages under the lock: it may begin or end in another cluster. */
static noinline bool split_locked(struct buddy_region *region, struct cluster *cluster,
				  unsigned long pfn, unsigned int nr)
{
	unsigned int end = pfn % CLUSTER_PAGES + nr;
	unsigned long flags;
	bool claimed;

	if (!lock_irqsave_or_try(&region->lock, &flags))
		return false;
	claimed = claim_block(region, cluster, pfn, nr);
	if (claimed && end > CLUSTER_PAGES)
		atomic64_andnot(bitmap64_mask(0, end - CLUSTER_PAGES), &cluster[1].tail);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return claimed;
}

/*
 * buddy_split() by pfn, which is in @region.  The counters and the trace see a free of the
 * block and an allocation of each page, so that they agree with the frees that follow.
 */
void buddy_split_pfn(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	struct cluster *cluster = find_cluster(region, find_range(region, pfn), pfn);
	unsigned int pos = pfn % CLUSTER_PAGES, end = pos + nr;
	struct pcp __percpu *pcp = region->pcp;
	bool inside;

	/* Of a block in use, its owner may read the state and goes_on without the lock. */
	inside = end < CLUSTER_PAGES || (end == CLUSTER_PAGES && !cluster->goes_on);
	if (unlikely(!nr || nr >= CLUSTER_PAGES ||
		     !(inside && cluster->state == CLUSTER_SPLIT ?
		       claim_tails(cluster, pos, nr) :
		       split_locked(region, cluster, pfn, nr)))) {
		wrong_split(region, pfn, nr);
		return;
	}
	this_cpu_inc(pcp->hot.count[order_base_2(nr)].frees);
	this_cpu_add(pcp->hot.count[0].allocs, nr);
	this_cpu_add(pcp->splits, nr - 1);
	if (unlikely(buddy_is_watched()))
		watch_split(region, pfn, nr);
}

/* --- look at a block --- */

/**
 * buddy_block_pages() - the length of an allocated block
 * @region: the region that the block came from
 * @pfn: the block's first page
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off.
 * Return: the page count; 0 if no allocated block of @region starts at @pfn, which
 * is no caller error.
 */
unsigned long buddy_block_pages(struct buddy_region *region, unsigned long pfn)
{
	const struct pfn_range *range;
	unsigned long flags, used;
	enum buddy_error error;

	if (!is_region_pointer(__func__, region))
		return 0;
	range = find_range(region, pfn);
	if (!range || is_in_nmi(region, pfn, 0))
		return 0;
	raw_spin_lock_irqsave(&region->lock, flags);
	used = buddy_used_pages(region, range, pfn, &error);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return used;
}
EXPORT_SYMBOL_GPL(buddy_block_pages);
