// SPDX-License-Identifier: GPL-2.0
/*
 * The free lists of a region: allocate and free, split and merge.
 *
 * Orders 0 to 5 live inside the two words of a cluster; a split or merge there
 * is a change of bits.  From order 6 on, this is the binary buddy system of
 * K. Knowlton (CACM 8(10), 1965) with the cluster as its unit.  There is one
 * list per order: lists 0 to 5 link the clusters whose largest free block has
 * that order, the lists above link free blocks.  Taking from the lowest list
 * that serves fills the fullest clusters first, which keeps large blocks whole.
 *
 * No step here allocates, sleeps, loops over frames or walks a list.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bsearch.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ratelimit.h>

#include "internal.h"

/* --- lists --- */

static void list_link(struct buddy_region *region, struct cluster *cluster,
		      unsigned int order)
{
	struct cluster *all = region->clusters, *head = &all[order];
	u32 index = cluster - all;

	cluster->list = order;
	cluster->prev = order;
	cluster->next = head->next;
	all[head->next].prev = index;
	head->next = index;
	region->nonempty |= BIT_ULL(order);
}

static void list_unlink(struct buddy_region *region, struct cluster *cluster)
{
	struct cluster *all = region->clusters;
	unsigned int order = cluster->list;

	all[cluster->prev].next = cluster->next;
	all[cluster->next].prev = cluster->prev;
	cluster->list = NO_LIST;
	if (all[order].next == order)
		region->nonempty &= ~BIT_ULL(order);
}

/* Put a split cluster on the list of its largest free block. */
static void list_sort_in(struct buddy_region *region, struct cluster *cluster)
{
	unsigned int order = cluster->free ? word_largest(cluster->free) : NO_LIST;

	if (order == cluster->list)
		return;
	if (cluster->list != NO_LIST)
		list_unlink(region, cluster);
	if (order != NO_LIST)
		list_link(region, cluster, order);
}

/* --- from pfn to cluster --- */

static int run_cmp(const void *key, const void *elt)
{
	unsigned long pfn = *(const unsigned long *)key;
	const struct run *run = elt;

	return pfn < run->pfn ? -1 : pfn - run->pfn >= run->pages;
}

/* The run that @pfn lies in, or NULL. */
const struct run *find_run(const struct buddy_region *region, unsigned long pfn)
{
	const struct source *source = &region->source;

	if (likely(!run_cmp(&pfn, source->runs)))
		return source->runs;
	return bsearch(&pfn, source->runs, source->nr_runs,
		       sizeof(*source->runs), run_cmp);
}

static struct cluster *find_cluster(struct buddy_region *region,
				    const struct run *run, unsigned long pfn)
{
	return &region->clusters[run->first + (pfn >> CLUSTER_ORDER) -
				 (run->pfn >> CLUSTER_ORDER)];
}

/*
 * The cluster that heads the block which @cluster lies inside.  Blocks are
 * naturally aligned, so the head is found by clearing one low bit after the
 * other, at most one per order.
 */
struct cluster *cluster_head(struct buddy_region *region, const struct run *run,
			     struct cluster *cluster)
{
	u32 number = cluster->number;

	while (cluster->state == CLUSTER_INSIDE) {
		number &= number - 1;
		cluster = find_cluster(region, run,
				       (unsigned long)number << CLUSTER_ORDER);
	}
	return cluster;
}

/* --- caller errors --- */

static const char * const error_text[BUDDY_NR_ERRORS] = {
	[BUDDY_DOUBLE_FREE] = "the block is free already",
	[BUDDY_NOT_A_HEAD] = "this is inside a block, not its start",
	[BUDDY_WRONG_SIZE] = "the block has another size",
	[BUDDY_OUTSIDE] = "this is in no region",
	[BUDDY_WRONG_REGION] = "this belongs to region ",
	[BUDDY_MISALIGNED] = "the address is not page aligned",
	[BUDDY_UNMAPPED] = "the region has no kernel mapping",
	[BUDDY_NO_PAGES] = "zero pages",
};

/*
 * Count a caller's mistake and warn once per region and kind.  @where is a
 * pfn or, if @virt, an address; @asked is the page count that the caller gave
 * and @actual that of the block, if there is one.
 */
void caller_error(struct buddy_region *region, enum buddy_error error,
		  bool virt, unsigned long where, unsigned long asked,
		  unsigned long actual)
{
	const struct buddy_region *owner = NULL;

	rcu_read_lock();
	if (error == BUDDY_OUTSIDE) {
		owner = region_find(virt, where);
		if (owner)
			error = BUDDY_WRONG_REGION;
	}
	WARN(atomic_long_inc_return(&region->errors[error]) == 1,
	     "buddypool: region %s: %s%s: %s %#lx, %lu pages given, the block has %lu\n",
	     region->name, error_text[error], owner ? owner->name : "",
	     virt ? "address" : "pfn", where, asked, actual);
	rcu_read_unlock();
}

/* --- split and merge; region->lock is held --- */

/* Account for a block of @from that was cut down to @to: a half stays at each step. */
static void count_split(struct buddy_region *region, unsigned int from,
			unsigned int to)
{
	region->stats.splits += from - to;
	region->stats.nr_free[from]--;
	while (from > to)
		region->stats.nr_free[--from]++;
}

/* Take the block of @order at frame @pos out of @cluster's words. */
static void word_take(struct cluster *cluster, unsigned int pos,
		      unsigned int order)
{
	u64 block = word_mask(pos, 1U << order);

	cluster->free &= ~block;
	cluster->tail |= block & ~BIT_ULL(pos);
}

static unsigned long take_block(struct buddy_region *region, unsigned int order)
{
	u64 lists = order < BUDDY_NR_ORDERS ? region->nonempty >> order : 0;
	unsigned int found, list, pos = 0;
	struct cluster *cluster;

	if (!lists)
		return BUDDY_NO_PFN;
	list = order + __ffs64(lists);
	cluster = &region->clusters[region->clusters[list].next];

	if (list < CLUSTER_ORDER) {
		pos = word_find(cluster->free, order, &found);
		count_split(region, found, order);
		word_take(cluster, pos, order);
		if (found == list)
			list_sort_in(region, cluster);
		return cluster_pfn(cluster) + pos;
	}

	list_unlink(region, cluster);
	count_split(region, list, order);
	while (list > order && list > CLUSTER_ORDER) {
		struct cluster *half = cluster + BIT(--list - CLUSTER_ORDER);

		half->state = CLUSTER_FREE;
		list_link(region, half, list);
	}
	if (order < CLUSTER_ORDER) {
		cluster->state = CLUSTER_SPLIT;
		cluster->free = ~0ULL;
		cluster->tail = 0;
		word_take(cluster, 0, order);
		list_sort_in(region, cluster);
	} else {
		cluster->state = CLUSTER_USED;
		cluster->pages = BIT(order);
	}
	return cluster_pfn(cluster);
}

/* Free the naturally aligned block of @order at @pfn and merge it upwards. */
static void give_block(struct buddy_region *region, const struct run *run,
		       unsigned long pfn, unsigned int order)
{
	struct cluster *cluster = find_cluster(region, run, pfn);
	struct buddy_stats *stats = &region->stats;
	unsigned int pos = pfn % CLUSTER_FRAMES;

	if (order < CLUSTER_ORDER) {
		u64 block = word_mask(pos, 1U << order);
		unsigned int to;

		cluster->free |= block;
		cluster->tail &= ~block;
		to = word_merge(cluster->free, pos, order);
		for (; order < to; order++) {
			stats->nr_free[order]--;
			stats->merges++;
		}
		if (to < CLUSTER_ORDER) {
			stats->nr_free[to]++;
			list_sort_in(region, cluster);
			return;
		}
		if (cluster->list != NO_LIST)
			list_unlink(region, cluster);
	}

	for (;; order++) {
		unsigned long number = cluster->number ^ BIT(order - CLUSTER_ORDER);
		struct cluster *buddy;

		/* Unsigned: a buddy before the run has a huge distance to it. */
		if (number - (run->pfn >> CLUSTER_ORDER) >= run_clusters(run))
			break;
		buddy = find_cluster(region, run, number << CLUSTER_ORDER);
		if (buddy->state != CLUSTER_FREE || buddy->list != order)
			break;
		list_unlink(region, buddy);
		stats->nr_free[order]--;
		stats->merges++;
		max(cluster, buddy)->state = CLUSTER_INSIDE;
		cluster = min(cluster, buddy);
	}
	cluster->state = CLUSTER_FREE;
	list_link(region, cluster, order);
	stats->nr_free[order]++;
}

/* Free @nr pages as the fewest aligned blocks; returns how many those were. */
static unsigned int give_range(struct buddy_region *region,
			       const struct run *run, unsigned long pfn,
			       unsigned long nr)
{
	unsigned int blocks = 0;

	while (nr) {
		unsigned int order = ilog2(nr);

		if (pfn)
			order = min_t(unsigned int, order, __ffs(pfn));
		give_block(region, run, pfn, order);
		pfn += BIT(order);
		nr -= BIT(order);
		blocks++;
	}
	return blocks;
}

/* Shorten a fresh block of @order to @nr pages and free what lies behind. */
static void trim_block(struct buddy_region *region, unsigned long pfn,
		       unsigned int order, unsigned long nr)
{
	const struct run *run = find_run(region, pfn);
	struct cluster *head = find_cluster(region, run, pfn);
	struct cluster *end = find_cluster(region, run, pfn + nr);

	if (order >= CLUSTER_ORDER) {
		head->pages = nr;
		if (nr % CLUSTER_FRAMES) {
			/* The last cluster is only partly ours: frame 0 is a
			 * tail, unless the block begins here.
			 */
			end->state = CLUSTER_SPLIT;
			end->free = 0;
			end->tail = word_mask(0, nr % CLUSTER_FRAMES);
			end->list = NO_LIST;
			if (head == end)
				end->tail &= ~1ULL;
		}
	}
	region->stats.splits += give_range(region, run, pfn + nr, BIT(order) - nr);
}

/*
 * The pages of the used block that starts at @pfn, or 0 and the reason in
 * @error.  This is the whole check of a free: a right one needs no loop, because
 * @tail tells for every frame whether a block starts there.
 */
static unsigned long used_pages(struct buddy_region *region,
				const struct run *run, unsigned long pfn,
				enum buddy_error *error)
{
	struct cluster *cluster = find_cluster(region, run, pfn);
	unsigned int pos = pfn % CLUSTER_FRAMES;

	*error = BUDDY_NOT_A_HEAD;
	switch (cluster->state) {
	case CLUSTER_USED:
		return pos ? 0 : cluster->pages;
	case CLUSTER_SPLIT:
		if (cluster->free & BIT_ULL(pos))
			break;
		return cluster->tail & BIT_ULL(pos) ?
			0 : word_extent(cluster->tail, pos);
	case CLUSTER_INSIDE:
		if (cluster_head(region, run, cluster)->state == CLUSTER_USED)
			return 0;
	}
	*error = BUDDY_DOUBLE_FREE;
	return 0;
}

/* All frames start as used and are freed, in the fewest blocks possible. */
void freelist_init(struct buddy_region *region)
{
	struct buddy_stats *stats = &region->stats;
	const struct source *source = &region->source;
	struct cluster *cluster = region->clusters;
	const struct run *run;
	unsigned long i;

	raw_spin_lock_init(&region->lock);
	for (i = 0; i < FIRST_CLUSTER; i++, cluster++) {
		cluster->next = i;
		cluster->prev = i;
	}

	for (run = source->runs; run < source->runs + source->nr_runs; run++) {
		for (i = 0; i < run_clusters(run); i++, cluster++) {
			cluster->number = (run->pfn >> CLUSTER_ORDER) + i;
			cluster->list = NO_LIST;
			if (~run_frames(run, cluster))
				cluster->state = CLUSTER_SPLIT;
		}
		give_range(region, run, run->pfn, run->pages);
		stats->pages += run->pages;
	}
	stats->free_pages = stats->pages;
	stats->max_order = fls64(region->nonempty) - 1;
}

/* --- allocation --- */

static unsigned long alloc_pages_at(struct buddy_region *region,
				    unsigned int order, unsigned long nr,
				    gfp_t gfp)
{
	struct buddy_stats *stats = &region->stats;
	unsigned long pfn, flags, free;

	if ((gfp & __GFP_ZERO) && !region->source.mapped) {
		caller_error(region, BUDDY_UNMAPPED, false, BUDDY_NO_PFN, nr, 0);
		return BUDDY_NO_PFN;
	}

	raw_spin_lock_irqsave(&region->lock, flags);
	pfn = take_block(region, order);
	if (pfn != BUDDY_NO_PFN) {
		if (nr < BIT(order))
			trim_block(region, pfn, order, nr);
		stats->allocs[order_base_2(nr)]++;
		stats->free_pages -= nr;
		stats->peak_pages = max(stats->peak_pages,
					stats->pages - stats->free_pages);
	} else {
		stats->fails[min(order, BUDDY_NR_ORDERS - 1U)]++;
	}
	free = stats->free_pages;
	raw_spin_unlock_irqrestore(&region->lock, flags);

	if (pfn == BUDDY_NO_PFN) {
		if (!(gfp & __GFP_NOWARN))
			pr_warn_ratelimited("region %s: no block of order %u, %lu of %lu pages are free\n",
					    region->name, order, free, stats->pages);
	} else if (gfp & __GFP_ZERO) {
		memset(buddy_pfn_to_virt(region, pfn), 0, nr << PAGE_SHIFT);
	}
	return pfn;
}

/**
 * buddy_alloc_pfn() - allocate 2^order pages
 * @region: the region to take them from
 * @order: any; one above the region's max order finds no block
 * @gfp: __GFP_ZERO clears the pages, __GFP_NOWARN keeps a failure out of the
 *	log; all other flags are ignored, as nothing here sleeps or reclaims
 *
 * The block is physically contiguous and naturally aligned.  Costs at most one
 * step per order, whatever the size of the block and of the region.
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off;
 * clearing happens outside it.
 * Return: the pfn of the first page, or BUDDY_NO_PFN if no block is left.
 */
unsigned long buddy_alloc_pfn(struct buddy_region *region, unsigned int order,
			      gfp_t gfp)
{
	return alloc_pages_at(region, order,
			      order < BUDDY_NR_ORDERS ? BIT(order) : 0, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn);

/**
 * buddy_alloc_pfn_exact() - allocate a number of pages that is no power of two
 * @region: the region to take them from
 * @nr_pages: how many, at least 1
 * @gfp: as for buddy_alloc_pfn()
 *
 * Takes the next larger block and frees what is not needed of it at once.  The
 * block's alignment is that of the larger one.
 *
 * Context: any but NMI, as buddy_alloc_pfn().
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
 * Context: any but NMI, as buddy_alloc_pfn().
 * Return: the pfn of the first page, or BUDDY_NO_PFN if no block is left.
 */
unsigned long buddy_alloc_pfn_aligned(struct buddy_region *region,
				      unsigned long nr_pages,
				      unsigned int align_order, gfp_t gfp)
{
	unsigned int order = order_base_2(nr_pages);

	if (!nr_pages) {
		caller_error(region, BUDDY_NO_PAGES, false, BUDDY_NO_PFN, 0, 0);
		return BUDDY_NO_PFN;
	}
	return alloc_pages_at(region, max(order, align_order), nr_pages, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_pfn_aligned);

/**
 * buddy_free_pfn_exact() - free a block by its page count
 * @region: the region that it came from
 * @pfn: its first page
 * @nr_pages: its length, whichever function allocated it
 *
 * Every mistake is caught in constant time and leaves the memory as it was,
 * see &enum buddy_error.
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off.
 */
void buddy_free_pfn_exact(struct buddy_region *region, unsigned long pfn,
			  unsigned long nr_pages)
{
	const struct run *run = find_run(region, pfn);
	struct buddy_stats *stats = &region->stats;
	unsigned long flags, used;
	enum buddy_error error;

	if (!run) {
		caller_error(region, BUDDY_OUTSIDE, false, pfn, nr_pages, 0);
		return;
	}

	raw_spin_lock_irqsave(&region->lock, flags);
	used = used_pages(region, run, pfn, &error);
	if (likely(used && used == nr_pages)) {
		stats->splits += give_range(region, run, pfn, used) - 1;
		stats->free_pages += used;
		stats->frees[order_base_2(used)]++;
	}
	raw_spin_unlock_irqrestore(&region->lock, flags);

	if (unlikely(used != nr_pages || !used))
		caller_error(region, used ? BUDDY_WRONG_SIZE : error, false,
			     pfn, nr_pages, used);
}
EXPORT_SYMBOL_GPL(buddy_free_pfn_exact);

/**
 * buddy_free_pfn() - free a block by its order
 * @region: the region that it came from
 * @pfn: its first page
 * @order: its order
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
void buddy_free_pfn(struct buddy_region *region, unsigned long pfn,
		    unsigned int order)
{
	/* No block has 0 pages, so an order out of range is a wrong size. */
	buddy_free_pfn_exact(region, pfn,
			     order < BUDDY_NR_ORDERS ? BIT(order) : 0);
}
EXPORT_SYMBOL_GPL(buddy_free_pfn);

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
	const struct run *run = find_run(region, pfn);
	unsigned long flags, used;
	enum buddy_error error;

	if (!run)
		return 0;
	raw_spin_lock_irqsave(&region->lock, flags);
	used = used_pages(region, run, pfn, &error);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return used;
}
EXPORT_SYMBOL_GPL(buddy_block_pages);
