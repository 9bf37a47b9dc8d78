// SPDX-License-Identifier: GPL-2.0
/*
 * The free lists of a region: take and give blocks, split and merge.
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
#include <linux/bsearch.h>
#include <linux/log2.h>

#include "pcp.h"
#include "trace.h"

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

/* Put a split cluster on the list of its largest free block, which is of @order. */
static void list_put(struct buddy_region *region, struct cluster *cluster,
		     unsigned int order)
{
	if (order == cluster->list)
		return;
	if (cluster->list != NO_LIST)
		list_unlink(region, cluster);
	if (order != NO_LIST)
		list_link(region, cluster, order);
}

static void list_sort_in(struct buddy_region *region, struct cluster *cluster)
{
	list_put(region, cluster,
		 cluster->free ? word_largest(cluster->free) : NO_LIST);
}

/* --- from pfn to cluster --- */

static int run_cmp(const void *key, const void *elt)
{
	unsigned long pfn = *(const unsigned long *)key;
	const struct run *run = elt;

	return pfn < run->pfn ? -1 : pfn - run->pfn >= run->pages;
}

const struct run *find_run_slow(const struct buddy_region *region,
				unsigned long pfn)
{
	const struct source *source = &region->source;

	return bsearch(&pfn, source->runs, source->nr_runs,
		       sizeof(*source->runs), run_cmp);
}

/*
 * The cluster that heads the block which @cluster lies inside.  Blocks are
 * naturally aligned, so the head is found by clearing one low bit after the
 * other, at most one per order.
 */
struct cluster *cluster_head(struct buddy_region *region, const struct run *run,
			     struct cluster *cluster)
{
	u32 number = cluster_number(cluster);

	while (cluster->state == CLUSTER_INSIDE) {
		number &= number - 1;
		cluster = find_cluster(region, run,
				       (unsigned long)number << CLUSTER_ORDER);
	}
	return cluster;
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

/* The same for a block of @order of which @nr pages were taken: the rest is free. */
static void count_trim(struct buddy_region *region, unsigned int order,
		       unsigned long nr)
{
	unsigned long rest = BIT(order) - nr;

	for (; rest; rest &= rest - 1) {
		region->stats.nr_free[__ffs(rest)]++;
		region->stats.splits++;
	}
}

/* Take the block of @nr frames at @pos out of @cluster's words. */
static void word_take(struct cluster *cluster, unsigned int pos, unsigned int nr)
{
	cluster->free &= ~word_mask(pos, nr);
	/* Atomic: its other frames may be on their way into a cache. */
	atomic64_or(word_tails(pos, nr), &cluster->tail);
}

/* The lowest list that serves @order, or NO_LIST. */
unsigned int find_list(const struct buddy_region *region, unsigned int order)
{
	u64 lists = order < BUDDY_NR_ORDERS ? region->nonempty >> order : 0;

	return lists ? order + __ffs64(lists) : NO_LIST;
}

/* Cut the first block of @list, CLUSTER_ORDER or above, down to @order. */
static struct cluster *split_block(struct buddy_region *region,
				   unsigned int list, unsigned int order)
{
	struct cluster *cluster = &region->clusters[region->clusters[list].next];

	list_unlink(region, cluster);
	while (list > order) {
		struct cluster *half = cluster + BIT(--list - CLUSTER_ORDER);

		half->state = CLUSTER_FREE;
		list_link(region, half, list);
	}
	return cluster;
}

/* Free what lies behind the first @nr pages of the fresh block that @head heads. */
static void trim_block(struct buddy_region *region, struct cluster *head,
		       unsigned int order, unsigned long nr)
{
	struct cluster *cluster = head + nr / CLUSTER_FRAMES;
	unsigned long rest;

	if (nr % CLUSTER_FRAMES) {
		cluster->state = CLUSTER_SPLIT;
		cluster->free = ~word_mask(0, nr % CLUSTER_FRAMES);
		cluster->list = NO_LIST;
		/* Frame 0 is a tail, too. */
		atomic64_set(&cluster->tail, ~cluster->free);
		list_sort_in(region, cluster++);
	}
	for (rest = head + BIT(order - CLUSTER_ORDER) - cluster; rest; rest &= rest - 1) {
		cluster->state = CLUSTER_FREE;
		list_link(region, cluster, CLUSTER_ORDER + __ffs(rest));
		cluster += rest & -rest;
	}
}

/*
 * Take @nr pages, at least 1, off a block of @order: the first that the lowest
 * list has.  What is cut off goes onto the lists.
 */
unsigned long take_block(struct buddy_region *region, unsigned int order,
			 unsigned long nr)
{
	unsigned int found, pos = 0, list = find_list(region, order);
	struct cluster *cluster;

	if (list == NO_LIST)
		return BUDDY_NO_PFN;
	found = list;
	if (nr >= CLUSTER_FRAMES) {
		cluster = split_block(region, list, order);
		cluster->state = CLUSTER_USED;
		atomic64_set(&cluster->head, head_word(nr));
		if (nr < BIT(order))
			trim_block(region, cluster, order, nr);
	} else {
		if (list >= CLUSTER_ORDER) {
			cluster = split_block(region, list, CLUSTER_ORDER);
			open_cluster(cluster, 0);
			cluster->free = ~0ULL;
		} else {
			cluster = &region->clusters[region->clusters[list].next];
			pos = word_find(cluster->free, order, &found);
		}
		word_take(cluster, pos, nr);
		if (found == list)
			list_sort_in(region, cluster);
	}
	count_split(region, found, order);
	count_trim(region, order, nr);
	region->stats.free_pages -= nr;
	if (nr < BIT(found))
		trace_buddy_split(region, cluster_pfn(cluster) + pos, nr);
	return cluster_pfn(cluster) + pos;
}

/* A whole word changes hands: its blocks come to or leave the lists. */
void count_word(unsigned long nr_free[], u64 free, int by)
{
	unsigned int order;

	for (order = 0; order < CLUSTER_ORDER && free; order++) {
		u64 pairs = word_pairs(free, order);

		nr_free[order] += by * (int)(hweight64(free) - 2 * hweight64(pairs));
		free = pairs;
	}
	nr_free[CLUSTER_ORDER] += by * (int)free;
}

/* The free frames of a split @cluster, which leaves its list. */
u64 take_word(struct buddy_region *region, struct cluster *cluster)
{
	u64 free = cluster->free;

	if (free) {
		list_unlink(region, cluster);
		count_word(region->stats.nr_free, free, -1);
		region->stats.free_pages -= hweight64(free);
		cluster->free = 0;
	}
	return free;
}

/*
 * Take a block of @order, CLUSTER_ORDER or above, off @list, as no block in use yet:
 * its heads are the caller's to write.
 */
struct cluster *take_large(struct buddy_region *region, unsigned int list,
			   unsigned int order)
{
	struct cluster *cluster = split_block(region, list, order);

	count_split(region, list, order);
	region->stats.free_pages -= BIT(order);
	if (list > order)
		trace_buddy_split(region, cluster_pfn(cluster), BIT(order));
	return cluster;
}

/*
 * The cluster of the lowest list that serves @order, and all its @free frames;
 * NULL if there is none that a CPU may own, or if that block is all it has.
 */
struct cluster *take_cluster(struct buddy_region *region, unsigned int order,
			     u64 *free)
{
	unsigned int list = find_list(region, order);
	struct cluster *cluster;
	const struct run *run;

	if (list == NO_LIST)
		return NULL;
	if (list < CLUSTER_ORDER) {
		cluster = &region->clusters[region->clusters[list].next];
		run = find_run(region, cluster_pfn(cluster));
		if (hweight64(cluster->free) == BIT(order) ||
		    !run || !is_whole(run, cluster))
			return NULL;
		*free = take_word(region, cluster);
		return cluster;
	}
	*free = ~0ULL;
	cluster = take_large(region, list, CLUSTER_ORDER);
	open_cluster(cluster, 0);
	return cluster;
}

/* Free the block of @order, CLUSTER_ORDER or above, that @cluster heads. */
static void give_cluster(struct buddy_region *region, const struct run *run,
			 struct cluster *cluster, unsigned int order)
{
	struct buddy_stats *stats = &region->stats;
	unsigned int given = order;

	for (;; order++) {
		unsigned long number = cluster_number(cluster) ^ BIT(order - CLUSTER_ORDER);
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
	if (order > given)
		trace_buddy_merge(region, cluster_pfn(cluster), BIT(order));
}

/* Undo take_word() or take_cluster(), with other frames, at least one. */
void give_word(struct buddy_region *region, struct cluster *cluster, u64 free)
{
	region->stats.free_pages += hweight64(free);
	if (free == ~0ULL) {
		give_cluster(region, find_run(region, cluster_pfn(cluster)),
			     cluster, CLUSTER_ORDER);
		return;
	}
	cluster->free = free;
	count_word(region->stats.nr_free, free, 1);
	list_sort_in(region, cluster);
}

/*
 * Free the @nr frames from @pos on into the cache of the CPU that owns @cluster.
 * Returns the frames that are free by now: each was freed as a block of one page
 * after the caller had claimed its block, whose tails no longer forbid that.
 */
static u64 give_to_owner(struct buddy_region *region, struct cluster *cluster,
			 unsigned int pos, unsigned int nr)
{
	u64 frames = word_mask(pos, nr), twice = 0;
	unsigned int shift;

	for (shift = 0; shift < CLUSTER_FRAMES; shift += HALF_FRAMES) {
		u64 part = (u32)(frames >> shift);

		if (part)
			twice |= (atomic64_fetch_or(part, pcp_half(region, cluster->owner,
								   shift)) & part) << shift;
	}
	return twice;
}

/*
 * Free the @nr frames from @pos on in one cluster as the fewest aligned blocks,
 * each merged upwards; returns how many those were.  Adds to @twice as give_range().
 */
static unsigned int give_frames(struct buddy_region *region, const struct run *run,
				struct cluster *cluster, unsigned int pos,
				unsigned int nr, unsigned int *twice)
{
	struct buddy_stats *stats = &region->stats;
	unsigned int blocks = 0, end = pos + nr, largest = 0;

	/* What ends a block of whole clusters has its tails still, frame 0's too. */
	if (!pos && atomic64_read(&cluster->tail) & 1)
		atomic64_andnot(word_mask(0, nr), &cluster->tail);
	if (cluster->owner) {
		unsigned int already = hweight64(give_to_owner(region, cluster, pos, nr));

		*twice += already;
		return already < nr;
	}
	stats->free_pages += nr;
	for (; pos < end; blocks++) {
		unsigned int order = min_t(unsigned int, ilog2(end - pos),
						   pos ? __ffs(pos) : CLUSTER_ORDER);
		unsigned int size = 1U << order, to;

		cluster->free |= word_mask(pos, size);
		to = word_merge(cluster->free, pos, order);
		if (to > order)
			trace_buddy_merge(region, cluster_pfn(cluster) +
					  (pos & -(1U << to)), BIT(to));
		pos += size;
		for (; order < to; order++) {
			stats->nr_free[order]--;
			stats->merges++;
		}
		if (to < CLUSTER_ORDER)
			stats->nr_free[to]++;
		largest = max(largest, to);
	}
	if (largest < CLUSTER_ORDER) {
		if (cluster->list == NO_LIST || cluster->list < largest)
			list_put(region, cluster, largest);
		return blocks;
	}
	if (cluster->list != NO_LIST)
		list_unlink(region, cluster);
	give_cluster(region, run, cluster, CLUSTER_ORDER);
	return blocks;
}

/*
 * Free @nr pages, of which the caller has claimed the block, as the fewest aligned
 * blocks; returns how many those were.  Adds to @twice how many of the pages a
 * broken caller has freed since, one by one: these are free already.
 */
unsigned int give_range(struct buddy_region *region, const struct run *run,
			unsigned long pfn, unsigned long nr, unsigned int *twice)
{
	unsigned int blocks = 0;

	while (nr) {
		struct cluster *cluster = find_cluster(region, run, pfn);
		unsigned int pos = pfn % CLUSTER_FRAMES;
		unsigned long size = min(nr, CLUSTER_FRAMES - pos);

		if (size < CLUSTER_FRAMES) {
			blocks += give_frames(region, run, cluster, pos, size, twice);
		} else {
			unsigned int order = ilog2(nr);

			if (pfn)
				order = min_t(unsigned int, order, __ffs(pfn));
			size = BIT(order);
			region->stats.free_pages += size;
			give_cluster(region, run, cluster, order);
			blocks++;
		}
		pfn += size;
		nr -= size;
	}
	return blocks;
}

/*
 * The pages of the used block that starts at @pfn, or 0 and the reason in
 * @error.  That of a used one needs no loop, because @tail tells for every frame
 * whether a block starts there.
 */
unsigned long used_pages(struct buddy_region *region, const struct run *run,
			 unsigned long pfn, enum buddy_error *error)
{
	struct cluster *cluster = find_cluster(region, run, pfn);
	unsigned int pos = pfn % CLUSTER_FRAMES;
	unsigned long pages;
	u64 tail;

	*error = BUDDY_NOT_A_HEAD;
	switch (cluster->state) {
	case CLUSTER_USED:
		/* A CPU may take it out of its cache at this instant. */
		pages = head_pages(cluster);
		if (!pages)
			break;
		return pos ? 0 : pages;
	case CLUSTER_SPLIT:
		if (cluster_free(region, cluster) & BIT_ULL(pos))
			break;
		tail = atomic64_read(&cluster->tail);
		return tail & BIT_ULL(pos) ? 0 : word_extent(tail, pos);
	case CLUSTER_INSIDE:
		cluster = cluster_head(region, run, cluster);
		if (cluster->state == CLUSTER_USED && head_pages(cluster))
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
	unsigned int twice = 0;
	const struct run *run;
	unsigned long i;

	raw_spin_lock_init(&region->lock);
	for (i = 0; i < FIRST_CLUSTER; i++, cluster++) {
		cluster->next = i;
		cluster->prev = i;
	}

	for (run = source->runs; run < source->runs + source->nr_runs; run++) {
		for (i = 0; i < run_clusters(run); i++, cluster++) {
			cluster->first_half = ((run->pfn >> CLUSTER_ORDER) + i) << 1;
			cluster->list = NO_LIST;
			if (~run_frames(run, cluster))
				cluster->state = CLUSTER_SPLIT;
		}
		give_range(region, run, run->pfn, run->pages, &twice);
		stats->pages += run->pages;
	}
	stats->max_order = fls64(region->nonempty) - 1;
}

