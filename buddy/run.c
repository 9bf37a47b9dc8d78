// SPDX-License-Identifier: GPL-2.0
/*
 * Runs: free pages side by side, whatever blocks and clusters they lie in, and the blocks
 * of any length that are allocated out of them.
 *
 * A run of n pages has a naturally aligned free block of at least a quarter of n.  So the
 * free lists from some order on name every place where n pages can be: candidates() says
 * which lists.  A candidate grows to its run by looking at the blocks that are free beside
 * it: of these there are at most two for each order, as two more would have merged.
 *
 * A block that is allocated here is described by what its clusters have anyway:
 *
 *	first cluster	if the block begins at page 0 and fills the cluster: CLUSTER_USED and
 *			the block word.  Else the cluster is split, and has the tails;
 *			goes_on says that the next cluster belongs to the block, too
 *	whole clusters	the largest naturally aligned parts: the first cluster of each is
 *			CLUSTER_PART, and has the length of the block; the others are
 *			CLUSTER_INSIDE
 *	last cluster	split; page 0 is a tail, too
 *
 * Each aligned part of a block lies within one part of any longer block that has it, be
 * that free or in use.  So no other state than that of each part's first cluster is written.
 *
 * The caller has the region's lock.
 */
#include <linux/export.h>
#include <linux/log2.h>

#include "free_list.h"
#include "pcp.h"
#include "run.h"
#include "trace.h"

/* --- describe a block in use --- */

/* The pages of the used block whose first @nr pages end with @cluster, and which goes on. */
unsigned long buddy_packed_pages(const struct cluster *cluster, unsigned int nr)
{
	const struct cluster *next = cluster + 1;

	if (next->state == CLUSTER_PART)
		return block_pages(next);
	return nr + __ffs64(~(u64)atomic64_read(&next->tail));
}

/* The pages from @pos on are of a used block, which begins at the first of them or before. */
static void mark_tails(struct cluster *cluster, unsigned int pos, unsigned int nr, bool begins)
{
	if (cluster->state != CLUSTER_SPLIT)
		open_cluster(cluster, 0);
	/* Atomic: a free may be clearing the tails of other pages. */
	atomic64_or(begins ? bitmap64_tails(pos, nr) : bitmap64_mask(pos, nr), &cluster->tail);
}

/*
 * The @nr pages at @pfn are a block in use from now on.  They are on no free list, and no
 * split cluster says that they are free.
 */
void buddy_mark_block(struct buddy_region *region, const struct pfn_range *range,
		      unsigned long pfn, unsigned long nr)
{
	struct cluster *cluster = find_cluster(region, range, pfn);
	unsigned int pos = pfn % CLUSTER_PAGES;
	unsigned long left = nr, at = pfn;
	bool begins = true;

	lockdep_assert_held(&region->lock);
	if (pos || nr < CLUSTER_PAGES) {
		unsigned int first = min(nr, CLUSTER_PAGES - pos);

		mark_tails(cluster, pos, first, true);
		left -= first;
		at += first;
		if (!left)
			return;
		cluster->goes_on = true;
		cluster++;
		begins = false;
	}
	while (left >= CLUSTER_PAGES) {
		unsigned int order = aligned_order(at, left);

		cluster->state = begins ? CLUSTER_USED : CLUSTER_PART;
		atomic64_set(&cluster->block, begins && BIT(order) == nr ?
			     block_word(nr) : block_word(nr) | BLOCK_PACKED);
		begins = false;
		at += BIT(order);
		cluster += BIT(order - CLUSTER_ORDER);
		left -= BIT(order);
	}
	if (left)
		mark_tails(cluster, 0, left, false);
}

/* Whether the block of @nr pages at @pos begins in the split @cluster and goes on in the next. */
static bool goes_on(const struct cluster *cluster, unsigned int pos, unsigned long nr)
{
	unsigned int first = CLUSTER_PAGES - pos;

	return cluster->state == CLUSTER_SPLIT && cluster->goes_on && !cluster->held &&
	       !(cluster->free & BIT_ULL(pos)) &&
	       (u64)atomic64_read(&cluster->tail) >> pos == bitmap64_tails(0, first) &&
	       buddy_packed_pages(cluster, first) == nr;
}

/*
 * Claim the used block of @nr pages at @pfn that begins or ends in the middle of a cluster, or
 * is not aligned to its size.  False if there is no such block.
 */
bool buddy_claim_packed(struct buddy_region *region, struct cluster *cluster,
			unsigned long pfn, unsigned long nr)
{
	unsigned int pos = pfn % CLUSTER_PAGES;
	u64 used = block_word(nr) | BLOCK_PACKED;

	lockdep_assert_held(&region->lock);
	if (cluster->state == CLUSTER_USED)
		return !pos && atomic64_try_cmpxchg(&cluster->block, &used, BLOCK_CACHED);
	if (!goes_on(cluster, pos, nr))
		return false;
	atomic64_andnot(bitmap64_tails(pos, CLUSTER_PAGES - pos), &cluster->tail);
	cluster->goes_on = false;
	return true;
}

/*
 * Hold the used block of @nr pages at @pfn, which is not within one cluster, so that the
 * caller may drop the lock: no other call can free the block or a part of it.  A block that
 * begins in a split cluster keeps its tails, without which its pages look like blocks of
 * one page.  False if there is no such block.
 */
bool buddy_hold_block(struct buddy_region *region, struct cluster *cluster,
		      unsigned long pfn, unsigned long nr)
{
	lockdep_assert_held(&region->lock);
	if (cluster->state != CLUSTER_SPLIT)
		return claim_block(region, cluster, pfn, nr);
	if (!goes_on(cluster, pfn % CLUSTER_PAGES, nr))
		return false;
	cluster->held = true;
	return true;
}

/* Undo buddy_hold_block(): the block is in use, as before. */
void buddy_unhold_block(struct buddy_region *region, const struct pfn_range *range,
			unsigned long pfn, unsigned long nr)
{
	struct cluster *cluster = find_cluster(region, range, pfn);

	lockdep_assert_held(&region->lock);
	if (cluster->state == CLUSTER_SPLIT)
		cluster->held = false;
	else
		buddy_mark_block(region, range, pfn, nr);
}

/* --- find a run --- */

/*
 * The lowest cluster that is on one of @lists, or begins a block there, and that does not end
 * before cluster @from; NULL if there is none.
 */
static struct cluster *next_candidate(struct buddy_region *region, u64 lists, unsigned long from)
{
	struct cluster *lowest = NULL;

	for (lists &= region->nonempty; lists; lists &= lists - 1) {
		unsigned int list = __ffs64(lists), shift = list_shift(list);
		unsigned long nr = list_indexes(list, region->nr_clusters);
		unsigned long index = from >> shift;
		struct cluster *cluster;

		/* The block that @from lies in may have the index before. */
		index -= shift && index;
		do {
			index = index < nr ? index_set_next(&region->lists[list], index) :
					     INDEX_NONE;
			cluster = index == INDEX_NONE ? NULL :
				  entry_at_index(region, list, index++);
		} while (cluster && cluster_index(region, cluster) + BIT(shift) <= from);
		if (cluster && (!lowest || cluster < lowest))
			lowest = cluster;
	}
	return lowest;
}

/* The same from the other end: the highest cluster that does not begin behind @from. */
static struct cluster *prev_candidate(struct buddy_region *region, u64 lists, unsigned long from)
{
	struct cluster *highest = NULL;

	for (lists &= region->nonempty; lists; lists &= lists - 1) {
		unsigned int list = __ffs64(lists);
		unsigned long nr = list_indexes(list, region->nr_clusters);
		unsigned long index = min(from >> list_shift(list), nr - 1) + 1;
		struct cluster *cluster;

		do {
			index = index ? index_set_prev(&region->lists[list], index - 1) :
					INDEX_NONE;
			cluster = index == INDEX_NONE ? NULL :
				  entry_at_index(region, list, index);
		} while (cluster && cluster_index(region, cluster) > from);
		if (cluster > highest)
			highest = cluster;
	}
	return highest;
}

/* The pages of the free block that begins with @cluster, or of the split cluster. */
static unsigned long free_size(const struct cluster *cluster)
{
	return cluster->state == CLUSTER_SPLIT ? CLUSTER_PAGES : BIT(cluster->list);
}

/* The index of the cluster at @pfn, which is in @range or a little outside. */
static unsigned long index_at(const struct pfn_range *range, unsigned long pfn)
{
	return range->first + (pfn >> CLUSTER_ORDER) - (range->pfn >> CLUSTER_ORDER);
}

/* The first page of the run that ends before @pfn, which is the first page of a cluster. */
static unsigned long run_start(struct buddy_region *region, const struct pfn_range *range,
			       unsigned long pfn)
{
	while (pfn > range->pfn) {
		struct cluster *cluster = find_cluster(region, range, pfn - 1);

		if (cluster->state == CLUSTER_SPLIT)
			return pfn - (CLUSTER_PAGES - fls64(~cluster->free));
		cluster = buddy_first_cluster(region, range, cluster);
		if (cluster->state != CLUSTER_FREE)
			break;
		pfn = cluster_pfn(cluster);
	}
	return pfn;
}

/* The page behind the run that begins at @pfn, which is the first page of a cluster. */
static unsigned long run_end(struct buddy_region *region, const struct pfn_range *range,
			     unsigned long pfn)
{
	while (pfn < range->pfn + range->pages) {
		struct cluster *cluster = find_cluster(region, range, pfn);

		if (cluster->state == CLUSTER_SPLIT)
			return pfn + __ffs64(~cluster->free);
		if (cluster->state != CLUSTER_FREE)
			break;
		pfn += BIT(cluster->list);
	}
	return pfn;
}

static bool crosses(const struct buddy_run *run, unsigned long pfn)
{
	return run->boundary && (pfn ^ (pfn + run->nr - 1)) >= run->boundary;
}

/* Where the block can lie in the free pages from @start to @end; BUDDY_NO_PFN if nowhere. */
static unsigned long place(const struct buddy_run *run, unsigned long start, unsigned long end)
{
	unsigned long pfn;

	start = max(start, run->start);
	end = min(end, run->end);
	if (start >= end || end - start < run->nr)
		return BUDDY_NO_PFN;
	if (run->top_down) {
		pfn = round_down(end - run->nr, run->align);
		if (crosses(run, pfn))
			pfn = round_down(round_down(pfn + run->nr - 1, run->boundary) - run->nr,
					 run->align);
		return pfn < start ? BUDDY_NO_PFN : pfn;
	}
	pfn = round_up(start, run->align);
	/* The boundary is a larger power of two than the alignment, then. */
	if (crosses(run, pfn))
		pfn = round_up(pfn, run->boundary);
	return pfn > end - run->nr ? BUDDY_NO_PFN : pfn;
}

/* Where the block can lie in a run that has pages of the split @cluster. */
static unsigned long place_in_cluster(struct buddy_region *region,
				      const struct pfn_range *range,
				      const struct cluster *cluster, const struct buddy_run *run)
{
	unsigned long pfn = cluster_pfn(cluster), found = BUDDY_NO_PFN;
	unsigned int pos, end;
	u64 free = cluster->free;

	while (free && found == BUDDY_NO_PFN) {
		if (run->top_down) {
			end = fls64(free);
			pos = fls64(~free & bitmap64_mask(0, end));
		} else {
			pos = __ffs64(free);
			end = pos + __ffs64(~(free >> pos));
		}
		free &= ~bitmap64_mask(pos, end - pos);
		if (!pos || end == CLUSTER_PAGES)
			found = place(run, pos ? pfn + pos : run_start(region, range, pfn),
				      end < CLUSTER_PAGES ? pfn + end :
				      run_end(region, range, pfn + CLUSTER_PAGES));
		else if (end - pos >= run->nr)
			found = place(run, pfn + pos, pfn + end);
	}
	return found;
}

/* The range of a @cluster that has free pages; of some clusters two ranges have a part. */
static const struct pfn_range *range_of(struct buddy_region *region,
					const struct cluster *cluster)
{
	unsigned int pos = cluster->state == CLUSTER_SPLIT ? __ffs64(cluster->free) : 0;

	return find_range(region, cluster_pfn(cluster) + pos);
}

/*
 * Whether the block may have a place in a run that has pages of the split @cluster.  A block no
 * longer than its alignment lies in one cluster, so the bits tell.
 */
static bool may_have_place(const struct cluster *cluster, const struct buddy_run *run)
{
	return run->nr > run->align || run->align > CLUSTER_PAGES ||
	       bitmap64_rows(cluster->free, run->nr) & bitmap64_starts[ilog2(run->align)];
}

/*
 * Where the block can lie in the run, or the runs, that @cluster is part of.  *@from becomes
 * the cluster to go on with: the next one or, behind a block, the one in which the run ends.
 */
static unsigned long place_at(struct buddy_region *region, const struct cluster *cluster,
			      const struct buddy_run *run, unsigned long *from)
{
	unsigned long index = cluster_index(region, cluster);
	/* In front of cluster 0 there is INDEX_NONE. */
	unsigned long next = run->top_down ? index - 1 : index + 1, pfn = BUDDY_NO_PFN;

	if (cluster->state != CLUSTER_SPLIT) {
		const struct pfn_range *range = range_of(region, cluster);
		unsigned long start = cluster_pfn(cluster), end = start + free_size(cluster);

		start = run_start(region, range, start);
		/* The lowest place may be in these pages, without a look at those behind. */
		if (!run->top_down && end - start >= run->nr)
			pfn = place(run, start, end);
		if (pfn == BUDDY_NO_PFN) {
			end = run_end(region, range, end);
			pfn = place(run, start, end);
		}
		next = run->top_down ? index_at(range, start) - !(start % CLUSTER_PAGES) :
				       index_at(range, end);
	} else if (may_have_place(cluster, run)) {
		pfn = place_in_cluster(region, range_of(region, cluster), cluster, run);
	}
	*from = next < region->nr_clusters ? next : INDEX_NONE;
	return pfn;
}

/* --- allocate --- */

/* Take @pages out of the free pages of a split @cluster; add what the blocks come to. */
static void take_pages(struct buddy_region *region, struct cluster *cluster, u64 pages,
		       unsigned int *before, unsigned int *after)
{
	struct buddy_stats *stats = &region->stats;

	*before += buddy_count_blocks(stats->nr_free, cluster->free, -1);
	cluster->free &= ~pages;
	*after += buddy_count_blocks(stats->nr_free, cluster->free, 1);
	stats->free_pages -= hweight64(pages);
	buddy_update_free_list(region, cluster);
}

/* Remove the free block that begins with @cluster from its list. */
static void take_block(struct buddy_region *region, struct cluster *cluster)
{
	unsigned int order = cluster->list;

	cluster->state = CLUSTER_INSIDE;
	del_from_free_list(region, cluster, order,
			   cluster_index(region, cluster) >> block_shift(order));
	region->stats.nr_free[order]--;
	region->stats.free_pages -= BIT(order);
}

/*
 * Give the pages from @pfn to @end back, which are what is left of a free block.  Each part's
 * buddy has pages of the block that is allocated, so no whole cluster merges.
 */
static void give_back(struct buddy_region *region, const struct pfn_range *range,
		      unsigned long pfn, unsigned long end, unsigned int *blocks)
{
	struct buddy_stats *stats = &region->stats;
	unsigned long nr = end - pfn, rest = pfn % CLUSTER_PAGES;

	if (rest && nr) {
		rest = min(nr, CLUSTER_PAGES - rest);
		buddy_free_range(region, range, pfn, rest, blocks);
		pfn += rest;
		nr -= rest;
	}
	rest = nr % CLUSTER_PAGES;
	stats->free_pages += nr - rest;
	while (nr >= CLUSTER_PAGES) {
		unsigned int order = aligned_order(pfn, nr);

		add_block(region, cluster_index(region, find_cluster(region, range, pfn)), order);
		stats->nr_free[order]++;
		++*blocks;
		pfn += BIT(order);
		nr -= BIT(order);
	}
	if (rest)
		buddy_free_range(region, range, pfn, rest, blocks);
}

/*
 * Allocate the @nr pages at @pfn, which are free: take the free blocks that they lie in, mark
 * the block, and give back what lies before and behind it.
 */
static void take_run(struct buddy_region *region, const struct pfn_range *range,
		     unsigned long pfn, unsigned long nr)
{
	unsigned long first = pfn, at = pfn, end = pfn + nr;
	unsigned int before = 0, after = 0;

	while (at < end) {
		struct cluster *cluster = find_cluster(region, range, at);

		if (cluster->state == CLUSTER_SPLIT) {
			unsigned int pos = at % CLUSTER_PAGES;
			unsigned int pages = min(end - at, CLUSTER_PAGES - pos);

			take_pages(region, cluster, bitmap64_mask(pos, pages), &before, &after);
			at += pages;
			continue;
		}
		cluster = buddy_first_cluster(region, range, cluster);
		/* Only the first of several blocks can begin before the run. */
		first = min(first, cluster_pfn(cluster));
		at = cluster_pfn(cluster) + BIT(cluster->list);
		take_block(region, cluster);
		before++;
	}
	buddy_mark_block(region, range, pfn, nr);
	give_back(region, range, first, pfn, &after);
	give_back(region, range, end, at, &after);
	region->stats.merges += before - 1;
	region->stats.splits += after;
	if (after)
		trace_buddy_split(region, pfn, nr);
}

/*
 * The lists that have a block of every run of @nr pages: a run of 2^(k+1) - 1 pages has
 * a naturally aligned block of order k.
 */
static u64 candidates(unsigned long nr)
{
	unsigned int order = ilog2(nr / 2 + nr % 2);

	return order < BUDDY_NR_ORDERS ? ~0ULL << order : 0;
}

/*
 * Look at up to @tries candidates of @lists, from cluster *@from on, and allocate from the
 * first that serves.  *@from becomes the cluster to go on with, or INDEX_NONE at the end.
 */
static unsigned long try_lists(struct buddy_region *region, const struct buddy_run *run,
			       u64 lists, unsigned long *from, unsigned int tries)
{
	while (tries-- && *from != INDEX_NONE) {
		struct cluster *cluster = run->top_down ?
					  prev_candidate(region, lists, *from) :
					  next_candidate(region, lists, *from);
		unsigned long pfn;

		*from = INDEX_NONE;
		if (!cluster)
			break;
		if (run->top_down ? cluster_pfn(cluster) + free_size(cluster) <= run->start :
				    cluster_pfn(cluster) >= run->end)
			break;
		pfn = place_at(region, cluster, run, from);
		if (pfn != BUDDY_NO_PFN) {
			take_run(region, find_range(region, pfn), pfn, run->nr);
			return pfn;
		}
	}
	return BUDDY_NO_PFN;
}

/* In one hold of the lock, so many candidates are looked at. */
#define TRIES	4

/*
 * Allocate a block in any place: in the run of a free block that is a little too small, if
 * one of the first such runs is long enough; else next to what is in use, in the smallest
 * block that is large enough.  After a failure, buddy_rmqueue_run() goes on with *@from: no
 * other candidate before that is left.
 */
unsigned long buddy_rmqueue_fit(struct buddy_region *region, const struct buddy_run *run,
				unsigned long *from)
{
	unsigned int order = max(order_base_2(run->nr), ilog2(run->align));
	unsigned int list = buddy_find_list(region, order);
	struct cluster *cluster;
	unsigned long pfn, index;

	lockdep_assert_held(&region->lock);
	*from = 0;
	if (order < BUDDY_NR_ORDERS) {
		pfn = try_lists(region, run, candidates(run->nr) & ~(~0ULL << order), from, TRIES);
		if (pfn != BUDDY_NO_PFN)
			return pfn;
	}
	if (list == NO_LIST)
		return BUDDY_NO_PFN;
	index = index_set_lowest(&region->lists[list]);
	cluster = entry_at_index(region, list, index);
	pfn = place_at(region, cluster, run, &index);
	take_run(region, find_range(region, pfn), pfn, run->nr);
	return pfn;
}

/* The cluster with which buddy_rmqueue_run() begins; needs no lock. */
unsigned long buddy_run_from(struct buddy_region *region, const struct buddy_run *run)
{
	const struct pfn_range *range, *last = NULL;
	unsigned long pfn;

	for_each_range(range, region) {
		if (run->top_down ? range->pfn >= run->end : !!last)
			break;
		if (run->top_down || range->pfn + range->pages > run->start)
			last = range;
	}
	if (!last)
		return INDEX_NONE;
	pfn = run->top_down ? min(run->end, last->pfn + last->pages) - 1 :
			      max(run->start, last->pfn);
	return cluster_index(region, find_cluster(region, last, pfn));
}

/*
 * Allocate a block where it is asked for.  If this fails and *@from is not INDEX_NONE, the
 * caller drops the lock and calls again.
 */
unsigned long buddy_rmqueue_run(struct buddy_region *region, const struct buddy_run *run,
				unsigned long *from)
{
	lockdep_assert_held(&region->lock);
	return try_lists(region, run, candidates(run->nr), from, TRIES);
}

/* --- look --- */

/*
 * The length of the longest run, if that is above @longest, of those that the next few
 * candidates from cluster *@from on are part of; else @longest.
 */
unsigned long buddy_longest_run(struct buddy_region *region, unsigned long longest,
				unsigned long *from)
{
	unsigned int tries;

	lockdep_assert_held(&region->lock);
	for (tries = TRIES; tries && *from != INDEX_NONE; tries--) {
		struct cluster *cluster = next_candidate(region, candidates(longest + 1), *from);
		struct buddy_run run = { .nr = longest + 1, .end = ULONG_MAX, .align = 1 };
		const struct pfn_range *range;
		unsigned long pfn;

		*from = INDEX_NONE;
		if (!cluster)
			break;
		pfn = place_at(region, cluster, &run, from);
		if (pfn == BUDDY_NO_PFN)
			continue;
		range = find_range(region, pfn);
		/* Another run of the same cluster may be longer. */
		*from = cluster_index(region, cluster);
		/* The run begins at @pfn. */
		cluster = find_cluster(region, range, pfn);
		if (cluster->state != CLUSTER_SPLIT) {
			longest = run_end(region, range, pfn) - pfn;
		} else {
			unsigned int pos = pfn % CLUSTER_PAGES, nr;

			nr = __ffs64(~(cluster->free >> pos));
			longest = pos + nr < CLUSTER_PAGES ? nr :
				  run_end(region, range, pfn + nr) - pfn;
		}
	}
	return longest;
}
