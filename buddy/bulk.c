// SPDX-License-Identifier: GPL-2.0
/*
 * Many blocks of one order in one call.  What this CPU's cache cannot serve is allocated or
 * freed in batches, and a batch takes the region's lock once: with several CPUs, the lock and
 * the lines that it protects then move between them less often.
 */
#include <linux/module.h>
#include <linux/prefetch.h>

#include "lock.h"
#include "pcp.h"
#include "watch.h"

/* So many blocks are allocated or freed in one hold of the lock, with interrupts off. */
#define BATCH	8U

static bool is_array(const char *func, const unsigned long *pfns)
{
	return buddy_is_pointer(func, "this is no array of pfns", pfns);
}

/* These calls see each block by itself, and report each mistake of the order. */
static bool is_single(unsigned int order, gfp_t gfp)
{
	return unlikely(order >= BUDDY_NR_ORDERS || gfp & BUDDY_GFP_SLOW || buddy_is_watched());
}

/* --- allocate --- */

/* A block out of this CPU's cache; BUDDY_NO_PFN if the cache has none. */
static __always_inline unsigned long alloc_cached(struct buddy_region *region, unsigned int order)
{
	struct cluster *cluster;
	unsigned long pfn;

	if (order >= CLUSTER_ORDER) {
		if (!pcp_alloc_large(region, order, &pfn))
			return BUDDY_NO_PFN;
		return pcp_set_block(region, find_range(region, pfn), pfn, order);
	}
	if (!order)
		return buddy_pcp_alloc(region, &pfn) ? pfn : BUDDY_NO_PFN;
	if (!pcp_alloc(region, order, &pfn, &cluster))
		return BUDDY_NO_PFN;
	if (unlikely(!pcp_set_tails(cluster, pfn, 1U << order)))
		return buddy_pcp_set_tails(region, pfn, 1U << order);
	return pfn;
}

/* Allocate up to BATCH blocks, of which the cache does not have the first; return how many. */
static noinline unsigned int alloc_batch(struct buddy_region *region, unsigned int order,
					 unsigned int nr, unsigned long *pfns, gfp_t gfp)
{
	unsigned long flags;
	unsigned int i = 0;

	if (!lock_irqsave_or_try(&region->lock, &flags))
		return 0;
	nr = min(nr, BATCH);
	do {
		pfns[i] = i ? alloc_cached(region, order) : BUDDY_NO_PFN;
		/* The first alone may drain caches, which takes longer with many CPUs. */
		if (pfns[i] == BUDDY_NO_PFN)
			pfns[i] = buddy_alloc_with_lock(region, order, !i);
	} while (pfns[i] != BUDDY_NO_PFN && ++i < nr);
	raw_spin_unlock_irqrestore(&region->lock, flags);

	if (!i)
		buddy_alloc_failed(region, order, BIT(order), gfp, "");
	return i;
}

/**
 * buddy_alloc_bulk() - allocate many blocks of one order
 * @region: the region to allocate from
 * @order: as for buddy_alloc_pfn()
 * @nr: how many blocks
 * @pfns: filled in with the first page of each block
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn(); up to eight blocks are allocated in one hold of
 * the region's lock.
 * Return: the number of blocks, which is less than @nr if memory ran out.
 */
unsigned int buddy_alloc_bulk(struct buddy_region *region, unsigned int order,
			      unsigned int nr, unsigned long *pfns, gfp_t gfp)
{
	unsigned int i, got;

	if (!is_region_pointer(__func__, region) || (nr && !is_array(__func__, pfns)))
		return 0;
	if (is_single(order, gfp)) {
		for (i = 0; i < nr; i++) {
			pfns[i] = buddy_alloc_pfn_slow(region, order, gfp);
			if (pfns[i] == BUDDY_NO_PFN)
				break;
		}
		return i;
	}
	for (i = 0; i < nr; i += got) {
		pfns[i] = alloc_cached(region, order);
		got = likely(pfns[i] != BUDDY_NO_PFN) ? 1 :
		      alloc_batch(region, order, nr - i, pfns + i, gfp);
		if (!got)
			break;
	}
	return i;
}
EXPORT_SYMBOL_GPL(buddy_alloc_bulk);

/* --- free --- */

/* Free the block of @order at @pfn into this CPU's cache. */
static __always_inline enum cache_free free_cached(struct buddy_region *region,
						   unsigned long pfn, unsigned int order)
{
	const struct pfn_range *range;

	if (!order)
		return buddy_pcp_free(region, pfn) ? CACHE_FREED : CACHE_MISS;
	if (order < CLUSTER_ORDER)
		return pcp_free(region, pfn, 1U << order);
	range = find_range(region, pfn);
	if (range && pcp_free_large(region, find_cluster(region, range, pfn), pfn, order))
		return CACHE_FREED;
	return CACHE_MISS;
}

/*
 * Whether two blocks of @order are of one cluster or, from CLUSTER_ORDER on, of the same eight.
 * When the first one is freed, the cache often takes what is beside it.
 */
static bool is_beside(unsigned long pfn, unsigned long other, unsigned int order)
{
	return !((pfn ^ other) >> (order < CLUSTER_ORDER ? CLUSTER_ORDER :
							   order + LARGE_NR_ORDER));
}

/*
 * Free up to BATCH blocks, of which the cache does not take the first, in one hold of the lock:
 * up to a mistake, or two blocks beside each other.  Return how many were freed or reported.
 */
static noinline unsigned int free_batch(struct buddy_region *region, unsigned int order,
					unsigned int nr, const unsigned long *pfns)
{
	struct {
		unsigned long pfn;
		const struct pfn_range *range;
		struct cluster *cluster;
	} blocks[BATCH], *block = blocks, *end;
	struct wrong_free wrong;
	unsigned long flags;
	bool freed;

	nr = min(nr, BATCH);
	/* The clusters may be far apart: fetch them at the same time. */
	for (end = blocks; end < blocks + nr; end++) {
		/* Each pfn is read once: the array may lie in a page that is freed here. */
		end->pfn = READ_ONCE(pfns[end - blocks]);
		end->range = find_range(region, end->pfn);
		if (unlikely(!end->range))
			break;
		if (end > blocks && is_beside(end->pfn, end[-1].pfn, order))
			break;
		end->cluster = find_cluster(region, end->range, end->pfn);
		prefetchw(end->cluster);
	}
	if (unlikely(end == blocks)) {
		buddy_page_error(region, BUDDY_OUTSIDE, block->pfn, BIT(order));
		return 1;
	}
	if (is_in_nmi(region, block->pfn, BIT(order)))
		return 1;
	raw_spin_lock_irqsave(&region->lock, flags);
	do {
		freed = buddy_free_with_lock(region, block->range, block->cluster, block->pfn,
					     BIT(order), &wrong);
	} while (++block < end && freed);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (unlikely(!freed))
		buddy_report_free(region, block[-1].pfn, BIT(order), &wrong);
	return block - blocks;
}

/**
 * buddy_free_bulk() - free many blocks of one order
 * @region: the region that the blocks came from
 * @order: of all of them
 * @nr: how many blocks
 * @pfns: the first page of each block
 *
 * Cheaper than single frees: blocks that this CPU's cache does not take are freed by the
 * eight in one hold of the region's lock, and their metadata, which may be far apart, is
 * fetched at the same time.  A mistake is reported, and the other blocks are freed.
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
void buddy_free_bulk(struct buddy_region *region, unsigned int order,
		     unsigned int nr, const unsigned long *pfns)
{
	enum cache_free result;
	unsigned int i, done;

	if (!is_region_pointer(__func__, region) || (nr && !is_array(__func__, pfns)))
		return;
	if (is_single(order, 0)) {
		for (i = 0; i < nr; i++)
			buddy_free_pfn_slow(region, pfns[i], order);
		return;
	}
	for (i = 0; i < nr; i += done) {
		unsigned long pfn = READ_ONCE(pfns[i]);

		result = free_cached(region, pfn, order);
		if (unlikely(result == CACHE_LATE))
			buddy_free_late(region, pfn, BIT(order));
		done = result == CACHE_MISS ? free_batch(region, order, nr - i, pfns + i) : 1;
	}
}
EXPORT_SYMBOL_GPL(buddy_free_bulk);
