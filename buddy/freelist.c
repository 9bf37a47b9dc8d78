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
	u32 number = cluster->number;

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

/* Take the block of @order at frame @pos out of @cluster's words. */
static void word_take(struct cluster *cluster, unsigned int pos,
		      unsigned int order)
{
	cluster->free &= ~word_mask(pos, 1U << order);
	/* Atomic: its other frames may be on their way into a cache. */
	atomic64_or(word_tails(pos, order), &cluster->tail);
}

/* The lowest list that serves @order, or NO_LIST. */
static unsigned int find_list(const struct buddy_region *region,
			      unsigned int order)
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

/* Cut a cluster off @list and open it: all its frames are the caller's. */
static struct cluster *open_cluster(struct buddy_region *region, unsigned int list)
{
	struct cluster *cluster = split_block(region, list, CLUSTER_ORDER);

	cluster->state = CLUSTER_SPLIT;
	cluster->free = 0;
	atomic64_set(&cluster->tail, 0);
	return cluster;
}

unsigned long take_block(struct buddy_region *region, unsigned int order)
{
	unsigned int found, pos, list = find_list(region, order);
	struct cluster *cluster;

	if (list == NO_LIST)
		return BUDDY_NO_PFN;
	region->stats.free_pages -= BIT(order);
	if (order >= CLUSTER_ORDER) {
		count_split(region, list, order);
		cluster = split_block(region, list, order);
		cluster->state = CLUSTER_USED;
		WRITE_ONCE(cluster->pages, BIT(order));
		return cluster_pfn(cluster);
	}
	if (list >= CLUSTER_ORDER) {
		cluster = open_cluster(region, list);
		cluster->free = ~0ULL;
		found = list;
		pos = 0;
	} else {
		cluster = &region->clusters[region->clusters[list].next];
		pos = word_find(cluster->free, order, &found);
	}
	count_split(region, found, order);
	word_take(cluster, pos, order);
	if (found == list)
		list_sort_in(region, cluster);
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
 * Where a run begins or ends, a cluster may have frames that are not its own.
 * Two runs can even share such a cluster's number, so no CPU owns one.
 */
bool is_whole(struct buddy_region *region, const struct cluster *cluster)
{
	const struct run *run = find_run(region, cluster_pfn(cluster));

	return run && !~run_frames(run, cluster);
}

/*
 * The cluster of the lowest list that serves @order, and all its @free frames;
 * NULL if there is none that a CPU may own.
 */
struct cluster *take_cluster(struct buddy_region *region, unsigned int order,
			     u64 *free)
{
	unsigned int list = find_list(region, order);
	struct cluster *cluster;

	if (list == NO_LIST)
		return NULL;
	if (list < CLUSTER_ORDER) {
		cluster = &region->clusters[region->clusters[list].next];
		if (!is_whole(region, cluster))
			return NULL;
		*free = take_word(region, cluster);
		return cluster;
	}
	count_split(region, list, CLUSTER_ORDER);
	region->stats.free_pages -= CLUSTER_FRAMES;
	*free = ~0ULL;
	return open_cluster(region, list);
}

/* Free the block of @order, CLUSTER_ORDER or above, that @cluster heads. */
static void give_cluster(struct buddy_region *region, const struct run *run,
			 struct cluster *cluster, unsigned int order)
{
	struct buddy_stats *stats = &region->stats;

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

/* Undo take_word() or take_cluster(), with other frames. */
void give_word(struct buddy_region *region, struct cluster *cluster, u64 free)
{
	if (!free)
		return;
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

/* Free the naturally aligned block of @order at @pfn and merge it upwards. */
static void give_block(struct buddy_region *region, const struct run *run,
		       unsigned long pfn, unsigned int order)
{
	struct cluster *cluster = find_cluster(region, run, pfn);
	struct buddy_stats *stats = &region->stats;
	unsigned int pos = pfn % CLUSTER_FRAMES, to;

	if (order < CLUSTER_ORDER) {
		atomic64_andnot(word_mask(pos, 1U << order), &cluster->tail);
		if (cluster->owner) {
			u64 block = word_mask(pos % HALF_FRAMES, 1U << order);

			/* What is free there by now was freed twice at once. */
			if (atomic64_fetch_or(block, pcp_half(region, cluster->owner,
							      pfn)) & block)
				caller_error(region, BUDDY_DOUBLE_FREE, false, pfn,
					     BIT(order), 0);
			return;
		}
		cluster->free |= word_mask(pos, 1U << order);
		stats->free_pages += BIT(order);
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
	} else {
		stats->free_pages += BIT(order);
	}
	give_cluster(region, run, cluster, order);
}

/* Free @nr pages as the fewest aligned blocks; returns how many those were. */
unsigned int give_range(struct buddy_region *region, const struct run *run,
			unsigned long pfn, unsigned long nr)
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
void trim_block(struct buddy_region *region, unsigned long pfn,
		unsigned int order, unsigned long nr)
{
	const struct run *run = find_run(region, pfn);
	struct cluster *head = find_cluster(region, run, pfn);
	struct cluster *end = find_cluster(region, run, pfn + nr);
	u64 tail;

	if (order >= CLUSTER_ORDER) {
		WRITE_ONCE(head->pages, nr);
		if (nr % CLUSTER_FRAMES) {
			/* The last cluster is only partly ours: frame 0 is a
			 * tail, unless the block begins here.
			 */
			end->state = CLUSTER_SPLIT;
			end->free = 0;
			end->list = NO_LIST;
			tail = word_mask(0, nr % CLUSTER_FRAMES);
			if (head == end)
				tail &= ~1ULL;
			atomic64_set(&end->tail, tail);
		}
	}
	region->stats.splits += give_range(region, run, pfn + nr, BIT(order) - nr);
}

/*
 * The pages of the used block that starts at @pfn, or 0 and the reason in
 * @error.  This is the whole check of a free: a right one needs no loop, because
 * @tail tells for every frame whether a block starts there.
 */
unsigned long used_pages(struct buddy_region *region, const struct run *run,
			 unsigned long pfn, enum buddy_error *error)
{
	struct cluster *cluster = find_cluster(region, run, pfn);
	unsigned int pos = pfn % CLUSTER_FRAMES;
	u64 tail, pages;

	*error = BUDDY_NOT_A_HEAD;
	switch (cluster->state) {
	case CLUSTER_USED:
		/* A CPU may take it out of its cache at this instant. */
		pages = READ_ONCE(cluster->pages);
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
		if (cluster->state == CLUSTER_USED && READ_ONCE(cluster->pages))
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
	stats->max_order = fls64(region->nonempty) - 1;
}

