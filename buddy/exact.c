// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of any number of pages, anywhere or in a window, and what is left of a block that
 * was too long.
 *
 * A block that this CPU's cache has, or one block of the free lists, is taken at once.  Only
 * if there is none, the whole region is searched, in short holds of the lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "exact.h"
#include "lock.h"
#include "pcp.h"
#include "run.h"
#include "watch.h"

/* The first pfn that a 32-bit device cannot reach. */
#define DMA32_END	BIT(32 - PAGE_SHIFT)

/* No window: any place will do. */
static struct buddy_run anywhere(unsigned long nr, unsigned int align_order)
{
	return (struct buddy_run){ .nr = nr, .end = ULONG_MAX, .align = BIT(align_order) };
}

/* Keep to what 32-bit devices reach, if @gfp says so.  Return whether this is a limit. */
static bool limit_to_zone(const struct buddy_region *region, struct buddy_run *run, gfp_t gfp)
{
	const struct pfn_range *last = &region->ranges[region->nr_ranges - 1];

	if (!(gfp & __GFP_DMA32) || last->pfn + last->pages <= DMA32_END)
		return false;
	run->end = min(run->end, DMA32_END);
	return true;
}

/* --- allocate --- */

/* What one block has, without a look at more than a few others. */
static unsigned long rmqueue_one(struct buddy_region *region, const struct buddy_run *run,
				 unsigned long *from)
{
	unsigned long pfn = BUDDY_NO_PFN;

	if (run->nr <= HALF_PAGES && run->align == 1)
		pfn = buddy_pcp_refill_exact(region, run->nr);
	if (pfn != BUDDY_NO_PFN)
		return pfn;
	pfn = buddy_rmqueue_fit(region, run, from);
	if (pfn != BUDDY_NO_PFN)
		buddy_pcp_set_last(region, pfn);
	return pfn;
}

/**
 * struct search - how far a search for a run has come
 * @start: the cluster to begin with
 * @from: the cluster to go on with, or INDEX_NONE at the end
 * @fit: first try what one block has
 * @drained: the caches are drained, and counted in region->searches
 * @hopeless: to drain the caches does not help, or the lock cannot be had
 */
struct search {
	unsigned long start;
	unsigned long from;
	bool fit;
	bool drained;
	bool hopeless;
};

/* Whether enough pages are free at all. */
static bool has_pages(struct buddy_region *region, unsigned long nr)
{
	return nr <= region->stats.free_pages + buddy_pcp_free_pages(region);
}

/*
 * Search in one hold of the lock, or drain the caches and begin again: once, as no CPU fills
 * its cache until the search ends.
 */
static unsigned long search_once(struct buddy_region *region, const struct buddy_run *run,
				 struct search *search)
{
	unsigned long pfn = BUDDY_NO_PFN, flags;

	if (!lock_irqsave_or_try(&region->lock, &flags)) {
		search->from = INDEX_NONE;
		search->hopeless = true;
		return BUDDY_NO_PFN;
	}
	if (search->fit) {
		search->fit = false;
		pfn = rmqueue_one(region, run, &search->from);
	} else if (search->from != INDEX_NONE) {
		pfn = buddy_rmqueue_run(region, run, &search->from);
	} else {
		atomic_inc(&region->searches);
		buddy_pcp_drain(region);
		search->drained = true;
		search->from = search->start;
	}
	if (pfn != BUDDY_NO_PFN)
		buddy_count_alloc(region, run->nr);
	else if (search->from == INDEX_NONE && !search->drained)
		search->hopeless = !has_pages(region, run->nr);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return pfn;
}

/*
 * Allocate under the lock: with @fit, what one block has; then any place that fits.  The
 * search drops the lock again and again.
 */
static noinline unsigned long alloc_run(struct buddy_region *region,
					const struct buddy_run *run, bool fit)
{
	unsigned long pfn = BUDDY_NO_PFN, start = buddy_run_from(region, run);
	struct search search = { .start = start, .from = start, .fit = fit,
				 .hopeless = start == INDEX_NONE };

	while (pfn == BUDDY_NO_PFN &&
	       (search.from != INDEX_NONE || !(search.drained || search.hopeless)))
		pfn = search_once(region, run, &search);
	if (search.drained)
		atomic_dec(&region->searches);
	return pfn;
}

/* Allocate @nr pages in any place, which this CPU's cache does not have. */
static noinline unsigned long alloc_run_anywhere(struct buddy_region *region, unsigned long nr)
{
	struct buddy_run run = anywhere(nr, 0);

	return alloc_run(region, &run, true);
}

/* Allocate @nr pages in any place. */
static __always_inline unsigned long alloc_anywhere(struct buddy_region *region,
						    unsigned long nr)
{
	struct cluster *cluster;
	unsigned long pfn;

	if (is_power_of_2(nr)) {
		pfn = buddy_alloc_order(region, ilog2(nr), BUDDY_GFP_ELSEWHERE);
		if (pfn != BUDDY_NO_PFN || nr == 1)
			return pfn;
	} else if (nr < HALF_PAGES && pcp_alloc_exact(region, nr, &pfn, &cluster)) {
		if (unlikely(!pcp_set_tails(cluster, pfn, nr)))
			return buddy_pcp_set_tails(region, pfn, nr);
		return pfn;
	}
	return alloc_run_anywhere(region, nr);
}

/* Allocate as @run says: with @fit, there is no window but an alignment. */
static unsigned long alloc_pages_run(struct buddy_region *region, struct buddy_run *run,
				     bool fit, gfp_t gfp)
{
	unsigned int order = max(order_base_2(run->nr), ilog2(run->align));
	unsigned long pfn;

	if (!buddy_alloc_begin(region, order, run->nr, gfp))
		return BUDDY_NO_PFN;
	fit &= !limit_to_zone(region, run, gfp);
	pfn = fit && run->align == 1 ? alloc_anywhere(region, run->nr) :
				       alloc_run(region, run, fit);
	if (pfn == BUDDY_NO_PFN)
		buddy_alloc_failed(region, order, run->nr, gfp,
				   fit ? "" : " in the window");
	return buddy_alloc_end(region, pfn, order, run->nr, gfp);
}

unsigned long buddy_alloc_dma32(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	struct buddy_run run = anywhere(order_pages(order), min(order, BUDDY_NR_ORDERS - 1U));

	if (!run.nr || !limit_to_zone(region, &run, gfp))
		return buddy_alloc_pfn_slow(region, order, gfp & ~__GFP_DMA32);
	return alloc_pages_run(region, &run, false, gfp);
}

static bool is_length(struct buddy_region *region, const char *func, unsigned long nr_pages)
{
	if (!is_region_pointer(func, region))
		return false;
	if (nr_pages)
		return true;
	buddy_page_error(region, BUDDY_NO_PAGES, BUDDY_NO_PFN, 0);
	return false;
}

/**
 * buddy_alloc_pfn_exact() - allocate an exact number of pages
 * @region: the region to allocate from
 * @nr_pages: how many, at least 1
 * @gfp: as for buddy_alloc_pfn()
 *
 * The pages are contiguous, and aligned to a page only: blocks lie side by side.  While no
 * other call frees pages, an allocation fails only if there are not so many free pages side
 * by side.  Free the block with buddy_free_pfn_exact().
 *
 * Usually the block is found in a few steps per order.  If no naturally aligned block is
 * large enough, the free blocks of a quarter of @nr_pages and more are searched, four of
 * them in one hold of the lock.
 *
 * Context: any, as buddy_alloc_pfn().  The time of a search grows with the number of
 * free blocks; a hard interrupt that cannot take so long uses buddy_alloc_pfn().
 * Return: the pfn of the first page, or BUDDY_NO_PFN if there is no place for the block,
 * and for a caller error.
 */
unsigned long buddy_alloc_pfn_exact(struct buddy_region *region,
				    unsigned long nr_pages, gfp_t gfp)
{
	unsigned long pfn;

	if (unlikely(gfp & BUDDY_GFP_SLOW || buddy_is_watched()))
		return buddy_alloc_pfn_aligned(region, nr_pages, 0, gfp);
	if (!is_length(region, __func__, nr_pages))
		return BUDDY_NO_PFN;
	pfn = alloc_anywhere(region, nr_pages);
	if (unlikely(pfn == BUDDY_NO_PFN))
		buddy_alloc_failed(region, order_base_2(nr_pages), nr_pages, gfp, "");
	return pfn;
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_exact);

/**
 * buddy_alloc_pfn_aligned() - allocate a number of pages at an alignment
 * @region: the region to allocate from
 * @nr_pages: how many, at least 1
 * @align_order: the first pfn is a multiple of 2^align_order
 * @gfp: as for buddy_alloc_pfn()
 *
 * As buddy_alloc_pfn_exact(), which is the same with @align_order 0.
 *
 * Context: any, as buddy_alloc_pfn_exact().
 * Return: the pfn of the first page, or BUDDY_NO_PFN if there is no place for the block,
 * and for a caller error.
 */
unsigned long buddy_alloc_pfn_aligned(struct buddy_region *region,
				      unsigned long nr_pages,
				      unsigned int align_order, gfp_t gfp)
{
	struct buddy_run run;

	if (!is_length(region, __func__, nr_pages))
		return BUDDY_NO_PFN;
	/* No region has a block at a larger alignment: not even one page of it is there. */
	run = anywhere(nr_pages, min(align_order, BITS_PER_LONG - 1U));
	return alloc_pages_run(region, &run, true, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_aligned);

/* The limits of @window in pages.  False if no block of @run->nr pages can ever meet them. */
static bool window_to_run(const struct buddy_window *window, struct buddy_run *run)
{
	u64 high = window->high ?: ~0ULL;

	if (window->align_order >= BITS_PER_LONG)
		return false;
	run->align = BIT(window->align_order);
	/* Round up; the sum of DIV_ROUND_UP() could overflow. */
	run->start = (window->low >> PAGE_SHIFT) + (window->low % PAGE_SIZE != 0);
	run->end = (high >> PAGE_SHIFT) + (high % PAGE_SIZE == PAGE_SIZE - 1);
	run->boundary = window->boundary >> PAGE_SHIFT;
	run->top_down = window->top_down;
	if (run->end < run->start || run->end - run->start < run->nr)
		return false;
	return !window->boundary || (is_power_of_2(window->boundary) && run->boundary >= run->nr);
}

/**
 * buddy_alloc_pfn_within() - allocate pages in a window
 * @region: the region to allocate from
 * @nr_pages: how many, at least 1
 * @window: where the block may lie
 * @gfp: as for buddy_alloc_pfn(); __GFP_DMA32 is one limit more
 *
 * The block lies at the lowest address that serves, with &buddy_window.top_down at the
 * highest; pages that CPUs cache serve only if there is no other place.  A window of exactly
 * the block's size asks for one address.  While no other call frees pages, an allocation
 * fails only if no free pages side by side meet the limits.
 * Free the block with buddy_free_pfn_exact().
 *
 * The free blocks of a quarter of @nr_pages and more that lie in the window are searched,
 * four of them in one hold of the lock.
 *
 * Context: any, as buddy_alloc_pfn().  The time of the search grows with the number of
 * free blocks in the window.
 * Return: the pfn of the first page, or BUDDY_NO_PFN if there is no place for the block,
 * and for a caller error: a window that no block of @nr_pages can meet is one.
 */
unsigned long buddy_alloc_pfn_within(struct buddy_region *region, unsigned long nr_pages,
				     const struct buddy_window *window, gfp_t gfp)
{
	struct buddy_run run = { .nr = nr_pages };

	if (!is_length(region, __func__, nr_pages) ||
	    !buddy_is_pointer(__func__, "this is no window", window))
		return BUDDY_NO_PFN;
	if (!window_to_run(window, &run)) {
		buddy_page_error(region, BUDDY_WINDOW, BUDDY_NO_PFN, nr_pages);
		return BUDDY_NO_PFN;
	}
	return alloc_pages_run(region, &run, false, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_within);

/* --- trim --- */

/*
 * Free what lies before and behind the @keep pages at @first of the claimed block; these
 * become a block.
 */
static void trim_block(struct buddy_region *region, const struct pfn_range *range,
		       unsigned long pfn, unsigned long nr, unsigned long first,
		       unsigned long keep)
{
	unsigned long end = pfn + nr, rest = end % CLUSTER_PAGES;
	struct buddy_stats *stats = &region->stats;
	unsigned int blocks = 0;

	lockdep_assert_held(&region->lock);
	/* In the last cluster of several, all pages still have their tails. */
	if (rest && rest < nr)
		atomic64_andnot(bitmap64_mask(0, rest),
				&find_cluster(region, range, end - 1)->tail);
	buddy_mark_block(region, range, first, keep);
	buddy_free_range(region, range, pfn, first - pfn, &blocks);
	buddy_free_range(region, range, first + keep, end - first - keep, &blocks);
	stats->frees[order_base_2(nr)]++;
	stats->allocs[order_base_2(keep)]++;
	stats->locked++;
	stats->splits += blocks;
}

/* Claim the block and trim it, or report that there is none. */
static int claim_and_trim(struct buddy_region *region, const struct pfn_range *range,
			  unsigned long pfn, unsigned long nr, unsigned long first,
			  unsigned long keep)
{
	struct cluster *cluster = find_cluster(region, range, pfn);
	enum buddy_error error = BUDDY_DOUBLE_FREE;
	unsigned long flags, used = 0;
	bool claimed;

	raw_spin_lock_irqsave(&region->lock, flags);
	/* No broken caller frees a page without the lock while the block has no tails. */
	buddy_pcp_give_up(region, cluster);
	claimed = nr <= range->pages && claim_block(region, cluster, pfn, nr);
	if (claimed)
		trim_block(region, range, pfn, nr, first, keep);
	else
		used = buddy_used_pages(region, range, pfn, &error);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (claimed)
		return 0;
	buddy_wrong_free(region, error, pfn, nr, used);
	return -EINVAL;
}

static void watch_trim(struct buddy_region *region, unsigned long pfn, unsigned long nr,
		       unsigned long first, unsigned long keep)
{
	trace_buddy_free(region, pfn, nr);
	buddy_page_owner_trim(region, pfn, first, keep);
	buddy_page_poison_fill(region, pfn, first - pfn);
	buddy_page_poison_fill(region, first + keep, pfn + nr - first - keep);
	trace_buddy_alloc(region, first, keep);
}

/* A watched trim: no other call frees the block meanwhile, as in free_watched(). */
static int trim_watched(struct buddy_region *region, const struct pfn_range *range,
			unsigned long pfn, unsigned long nr, unsigned long first,
			unsigned long keep)
{
	struct cluster *cluster = find_cluster(region, range, pfn);
	unsigned long flags;
	int err = -EINVAL;
	bool is_block;

	if (nr < CLUSTER_PAGES && pfn % CLUSTER_PAGES + nr <= CLUSTER_PAGES) {
		raw_spin_lock_irqsave(&region->watch_lock, flags);
		is_block = buddy_block_pages(region, pfn) == nr;
		if (is_block) {
			watch_trim(region, pfn, nr, first, keep);
			err = claim_and_trim(region, range, pfn, nr, first, keep);
		}
		raw_spin_unlock_irqrestore(&region->watch_lock, flags);
		return is_block ? err : claim_and_trim(region, range, pfn, nr, first, keep);
	}
	raw_spin_lock_irqsave(&region->lock, flags);
	is_block = nr <= range->pages && buddy_hold_block(region, cluster, pfn, nr);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (is_block) {
		watch_trim(region, pfn, nr, first, keep);
		raw_spin_lock_irqsave(&region->lock, flags);
		buddy_unhold_block(region, range, pfn, nr);
		raw_spin_unlock_irqrestore(&region->lock, flags);
	}
	return claim_and_trim(region, range, pfn, nr, first, keep);
}

/**
 * buddy_trim_pfn() - give back the ends of a block in use
 * @region: the region that the block came from
 * @pfn: the block's first page
 * @nr_pages: the block's length
 * @first_pfn: the first page to keep
 * @keep_pages: how many pages to keep, at least 1
 *
 * The pages that are kept are a block of their own from then on.  The counters see a free
 * of the block and an allocation of the new one.
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off.
 * Return: 0; or -EINVAL for a caller error, which changes nothing: no such block is in
 * use, or it does not have these pages.
 */
int buddy_trim_pfn(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages,
		   unsigned long first_pfn, unsigned long keep_pages)
{
	unsigned long skip = first_pfn - pfn;
	const struct pfn_range *range;

	if (!is_region_pointer(__func__, region) || is_in_nmi(region, pfn, nr_pages))
		return -EINVAL;
	range = find_range(region, pfn);
	if (!range) {
		buddy_page_error(region, BUDDY_OUTSIDE, pfn, nr_pages);
		return -EINVAL;
	}
	if (!keep_pages || skip >= nr_pages || keep_pages > nr_pages - skip) {
		buddy_page_error(region, BUDDY_PART, first_pfn, keep_pages);
		return -EINVAL;
	}
	return buddy_is_watched() ?
	       trim_watched(region, range, pfn, nr_pages, first_pfn, keep_pages) :
	       claim_and_trim(region, range, pfn, nr_pages, first_pfn, keep_pages);
}
EXPORT_SYMBOL_GPL(buddy_trim_pfn);

/* --- look --- */

/**
 * buddy_region_largest() - the longest run of free pages
 * @region: the region
 *
 * What the CPUs cache goes back to the free lists first, so that it counts.
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off, again and
 * again; the time grows with the number of large free blocks.
 * Return: the length in pages of the largest block that buddy_alloc_pfn_exact() finds
 * now; 0 if no page is free, and for a caller error.
 */
unsigned long buddy_region_largest(struct buddy_region *region)
{
	unsigned long longest = 0, from = 0, flags;

	if (!is_region_pointer(__func__, region) || is_in_nmi(region, BUDDY_NO_PFN, 0))
		return 0;
	atomic_inc(&region->searches);
	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_pcp_drain(region);
	/* A run is at least as long as the largest block. */
	if (region->nonempty)
		longest = BIT(fls64(region->nonempty) - 1);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	while (from != INDEX_NONE) {
		raw_spin_lock_irqsave(&region->lock, flags);
		longest = buddy_longest_run(region, longest, &from);
		raw_spin_unlock_irqrestore(&region->lock, flags);
	}
	atomic_dec(&region->searches);
	return longest;
}
EXPORT_SYMBOL_GPL(buddy_region_largest);
