// SPDX-License-Identifier: GPL-2.0
/*
 * The free lists of a region: allocate and free blocks, split and merge them.
 *
 * Blocks of orders 0 to 5 lie inside a cluster: a split or a merge there changes bits
 * of the cluster's words.  From order 6 on, this is the binary buddy system of
 * K. Knowlton (CACM 8(10), 1965) with the cluster as its unit.  There is one list per
 * order.  Lists 0 to 5 have the clusters whose largest free block has that order; the
 * lists above have free blocks.  Each list is a set of indexes, index_set.h.
 *
 * An allocation takes from the lowest list that has a block for it: this fills the
 * fullest clusters first.  Of that list it takes the entry with the lowest address: this
 * keeps used blocks together.  Both keep large blocks whole.  find_apart() is an exception.
 *
 * The caller of each function has the region's lock, but for buddy_free_area_init() and
 * buddy_metadata_bytes().  No function here allocates memory, sleeps, loops over pages or,
 * but for find_apart(), walks a list.
 */
#include <linux/export.h>
#include <linux/log2.h>

#include "free_list.h"
#include "pcp.h"
#include "trace.h"

/* --- lists --- */

/* Move a split cluster to the list of @order, the order of its largest free block. */
static void move_to_free_list(struct buddy_region *region, struct cluster *cluster,
			      unsigned int order)
{
	unsigned long index = cluster_index(region, cluster);

	if (order == cluster->list)
		return;
	if (cluster->list != NO_LIST)
		del_from_free_list(region, cluster, cluster->list, index);
	if (order != NO_LIST)
		add_to_free_list(region, cluster, order, index);
}

void buddy_update_free_list(struct buddy_region *region, struct cluster *cluster)
{
	move_to_free_list(region, cluster,
			  cluster->free ? bitmap64_largest(cluster->free) : NO_LIST);
}

/* The split cluster with the lowest address on @list, below CLUSTER_ORDER. */
static struct cluster *first_of_list(struct buddy_region *region, unsigned int list)
{
	return &region->clusters[index_set_lowest(&region->lists[list])];
}

/* Remove the block that has @index from @list, CLUSTER_ORDER or above. */
static struct cluster *pop_block(struct buddy_region *region, unsigned int list,
				 unsigned long index)
{
	struct cluster *cluster = entry_at_index(region, list, index);

	del_from_free_list(region, cluster, list, index);
	return cluster;
}

/* The lowest list that has a block for @order, or NO_LIST. */
unsigned int buddy_find_list(const struct buddy_region *region, unsigned int order)
{
	u64 lists = order < BUDDY_NR_ORDERS ? region->nonempty >> order : 0;

	return lists ? order + __ffs64(lists) : NO_LIST;
}

/* --- counters --- */

/* A block of order @from was cut down to order @to: each step leaves one half free. */
static void count_split(struct buddy_region *region, unsigned int from,
			unsigned int to)
{
	region->stats.splits += from - to;
	region->stats.nr_free[from]--;
	while (from > to)
		region->stats.nr_free[--from]++;
}

/*
 * Add the free blocks of the word @free to @nr_free, or subtract them: @by is 1 or -1.
 * Return how many blocks there are.
 */
unsigned int buddy_count_blocks(unsigned long nr_free[], u64 free, int by)
{
	unsigned int order, blocks = 0;

	for (order = 0; order < CLUSTER_ORDER && free; order++) {
		u64 pairs = bitmap64_pairs(free, order);
		unsigned int nr = hweight64(free) - 2 * hweight64(pairs);

		nr_free[order] += by * (int)nr;
		blocks += nr;
		free = pairs;
	}
	nr_free[CLUSTER_ORDER] += by * (int)free;
	return blocks + free;
}

/* --- allocate --- */

/* Allocate the @nr free pages at @pos in @cluster. */
static void mark_used(struct cluster *cluster, unsigned int pos, unsigned int nr)
{
	cluster->free &= ~bitmap64_mask(pos, nr);
	/* Atomic: a free may be clearing the tails of other pages. */
	if (nr > 1)
		atomic64_or(bitmap64_tails(pos, nr), &cluster->tail);
}

/*
 * Remove the block that has @index from @list, CLUSTER_ORDER or above, and cut it down to
 * @order.  The upper halves that are cut off go to the free lists.
 */
static struct cluster *expand(struct buddy_region *region, unsigned int list,
			      unsigned long index, unsigned int order)
{
	struct cluster *cluster = pop_block(region, list, index);
	unsigned long i;

	i = cluster_index(region, cluster);
	while (list-- > order)
		add_block(region, i + BIT(block_shift(list)), list);
	return cluster;
}

/*
 * Remove a block of @order, CLUSTER_ORDER or above: the first of @list, or a part of it.  The
 * block is not in use yet: the caller writes its state and its block word.
 */
struct cluster *buddy_rmqueue_large(struct buddy_region *region, unsigned int list,
				    unsigned int order)
{
	unsigned long index = index_set_lowest(&region->lists[list]);
	struct cluster *cluster = expand(region, list, index, order);

	lockdep_assert_held(&region->lock);
	count_split(region, list, order);
	region->stats.free_pages -= BIT(order);
	if (list > order)
		trace_buddy_split(region, cluster_pfn(cluster), BIT(order));
	return cluster;
}

/* Whether another CPU caches one of the eight clusters that share their cache lines. */
static bool is_beside_cached(struct buddy_region *region, const struct cluster *cluster)
{
	unsigned long i = round_down(cluster_index(region, cluster), LINES_CLUSTERS);
	unsigned long end = min(i + LINES_CLUSTERS, (unsigned long)region->nr_clusters);
	unsigned int own = raw_smp_processor_id() + 1;

	for (; i < end; i++)
		if (region->clusters[i].pcp_cpu && region->clusters[i].pcp_cpu != own)
			return true;
	return false;
}

/* So many blocks are looked at: with many CPUs, the lock is held no longer for this. */
#define APART_TRIES	32

/*
 * The block from which to split a cluster off for small blocks: of *@list or, if there is none,
 * of a higher list, which *@list becomes.  Return the index of the block.
 *
 * This CPU will probably cache the cluster, and then each call writes to it.  Two CPUs that
 * write to one cache line wait for each other, so the cluster is none beside one that another
 * CPU caches, if there is any.  A larger block is cut only if all smaller ones are in such
 * places: else each cluster would cost a larger block, as long as the other CPU keeps its own.
 */
static unsigned long find_apart(struct buddy_region *region, unsigned int *list)
{
	unsigned long lowest = index_set_lowest(&region->lists[*list]), index = lowest;
	unsigned int other = *list, tries;

	for (tries = 0; tries < APART_TRIES; tries++) {
		const struct cluster *cluster = entry_at_index(region, other, index);
		unsigned long behind = round_down(cluster_index(region, cluster),
						  LINES_CLUSTERS) + LINES_CLUSTERS;

		if (!is_beside_cached(region, cluster)) {
			*list = other;
			return index;
		}
		index = max(index + 1, behind >> block_shift(other));
		index = index < list_indexes(other, region->nr_clusters) ?
			index_set_next(&region->lists[other], index) : INDEX_NONE;
		if (index != INDEX_NONE)
			continue;
		other = buddy_find_list(region, other + 1);
		if (other == NO_LIST)
			break;
		index = index_set_lowest(&region->lists[other]);
	}
	return lowest;
}

/*
 * Allocate a block of @order: the first block of the lowest list that has one.  What is
 * cut off goes to the free lists.
 */
unsigned long buddy_rmqueue(struct buddy_region *region, unsigned int order)
{
	unsigned int found, pos = 0, list = buddy_find_list(region, order);
	struct cluster *cluster;

	lockdep_assert_held(&region->lock);
	if (list == NO_LIST)
		return BUDDY_NO_PFN;
	if (order >= CLUSTER_ORDER) {
		cluster = buddy_rmqueue_large(region, list, order);
		cluster->state = CLUSTER_USED;
		atomic64_set(&cluster->block, block_word(BIT(order)));
		return cluster_pfn(cluster);
	}
	if (list >= CLUSTER_ORDER) {
		unsigned long index = find_apart(region, &list);

		found = list;
		cluster = expand(region, list, index, CLUSTER_ORDER);
		open_cluster(cluster, 0);
		cluster->free = ~0ULL;
	} else {
		found = list;
		cluster = first_of_list(region, list);
		pos = bitmap64_find(cluster->free, order, &found);
	}
	mark_used(cluster, pos, 1U << order);
	if (found == list)
		buddy_update_free_list(region, cluster);
	count_split(region, found, order);
	region->stats.free_pages -= BIT(order);
	if (found > order)
		trace_buddy_split(region, cluster_pfn(cluster) + pos, BIT(order));
	return cluster_pfn(cluster) + pos;
}

/*
 * Remove a split cluster from the lowest list that has a block for @order, below CLUSTER_ORDER,
 * for a CPU to cache; its free pages come in @free.  NULL if no CPU may cache the cluster, or
 * if it has no other free page than that block.
 */
struct cluster *buddy_rmqueue_cluster(struct buddy_region *region, unsigned int order,
				      u64 *free)
{
	struct cluster *cluster = first_of_list(region, buddy_find_list(region, order));
	const struct pfn_range *range = find_range(region, cluster_pfn(cluster));

	if (hweight64(cluster->free) == BIT(order) || !range || !may_cache(range, cluster))
		return NULL;
	*free = buddy_cluster_detach(region, cluster);
	return cluster;
}

/* Remove a split @cluster from its list, for a CPU to cache; return its free pages. */
u64 buddy_cluster_detach(struct buddy_region *region, struct cluster *cluster)
{
	u64 free = cluster->free;

	lockdep_assert_held(&region->lock);
	if (free) {
		move_to_free_list(region, cluster, NO_LIST);
		buddy_count_blocks(region->stats.nr_free, free, -1);
		region->stats.free_pages -= hweight64(free);
		cluster->free = 0;
	}
	return free;
}

/* --- free --- */

/*
 * Free the block of @order, CLUSTER_ORDER or above, that begins with @cluster: merge it
 * with its buddy as long as that is free, then add it to the free list.
 */
static void free_one_block(struct buddy_region *region, const struct pfn_range *range,
			   struct cluster *cluster, unsigned int order)
{
	unsigned long first = range->pfn >> CLUSTER_ORDER, nr = range_clusters(range);
	/* What a cluster's number and its index in the array differ by. */
	unsigned long base = range->first - first, number = cluster_number(cluster);
	struct buddy_stats *stats = &region->stats;
	struct cluster *all = region->clusters;
	unsigned int freed = order;

	for (;; order++) {
		unsigned long other = number ^ BIT(block_shift(order));
		struct cluster *buddy = &all[base + other];

		/* Unsigned: the distance to a buddy before the range is huge. */
		if (other - first >= nr)
			break;
		if (buddy->state != CLUSTER_FREE || buddy->list != order)
			break;
		del_from_free_list(region, buddy, order, (base + other) >> block_shift(order));
		stats->nr_free[order]--;
		stats->merges++;
		all[base + max(number, other)].state = CLUSTER_INSIDE;
		number = min(number, other);
	}
	add_block(region, base + number, order);
	stats->nr_free[order]++;
	if (order > freed)
		trace_buddy_merge(region, number << CLUSTER_ORDER, BIT(order));
}

/* A CPU gives @cluster up: its free pages, at least one, come back to the lists. */
void buddy_cluster_attach(struct buddy_region *region, struct cluster *cluster, u64 free)
{
	lockdep_assert_held(&region->lock);
	region->stats.free_pages += hweight64(free);
	if (free == ~0ULL) {
		free_one_block(region, find_range(region, cluster_pfn(cluster)),
			       cluster, CLUSTER_ORDER);
		return;
	}
	cluster->free = free;
	buddy_count_blocks(region->stats.nr_free, free, 1);
	buddy_update_free_list(region, cluster);
}

/*
 * Free the page at @pos into the cache of the CPU that has @cluster.  Return 1 if it was free
 * already, or has become the start of a longer block: nothing else tells that since the caller
 * claimed the page, a broken caller has freed it and another has allocated it again.
 */
static unsigned int free_page_to_pcp(struct buddy_region *region, struct cluster *cluster,
				     unsigned int pos)
{
	atomic64_t *half = pcp_half(region, cluster->pcp_cpu, pos);
	u64 page = bitmap64_mask(pos % HALF_PAGES, 1), word;

	do {
		/* The half word before the tails, as in F1, also after a cmpxchg fails. */
		word = atomic64_read_acquire(half);
		if (word & page || !bitmap64_is_block(atomic64_read(&cluster->tail), pos, 1))
			return 1;
	} while (!atomic64_try_cmpxchg(half, &word, word | page));
	return 0;
}

/*
 * Free the @nr pages from @pos on into the cache of the CPU that has @cluster: the one
 * way from the free lists up to the caches, by two inline functions of pcp.h.  Return
 * how many of them were free already: another call freed them as blocks of one page
 * after the caller had claimed its block, because the tails were gone.
 */
static unsigned int free_to_pcp(struct buddy_region *region, struct cluster *cluster,
				unsigned int pos, unsigned int nr)
{
	u64 pages = bitmap64_mask(pos, nr);
	unsigned int already = 0, first;

	if (nr == 1)
		return free_page_to_pcp(region, cluster, pos);
	for (first = 0; first < CLUSTER_PAGES; first += HALF_PAGES) {
		u64 part = (u32)(pages >> first);

		if (part)
			already += hweight64(part &
				atomic64_fetch_or(part, pcp_half(region, cluster->pcp_cpu, first)));
	}
	return already;
}

/*
 * Free the block of @order at @pos in a split @cluster and merge it with its free
 * buddies.  Return the order of the block that results.
 */
static unsigned int free_in_cluster(struct buddy_region *region, struct cluster *cluster,
				    unsigned int pos, unsigned int order)
{
	struct buddy_stats *stats = &region->stats;
	unsigned int to;

	cluster->free |= bitmap64_mask(pos, 1U << order);
	to = bitmap64_merge(cluster->free, pos, order);
	if (to > order)
		trace_buddy_merge(region, cluster_pfn(cluster) + (pos & -(1U << to)), BIT(to));
	for (; order < to; order++) {
		stats->nr_free[order]--;
		stats->merges++;
	}
	if (to < CLUSTER_ORDER)
		stats->nr_free[to]++;
	return to;
}

/* The part of buddy_free_range() that lies in @cluster: @nr pages from @pos on. */
static unsigned int free_cluster_pages(struct buddy_region *region,
				       const struct pfn_range *range, struct cluster *cluster,
				       unsigned int pos, unsigned int nr, unsigned int *blocks)
{
	unsigned int end = pos + nr, largest = 0, already;

	/* The end of a block of whole clusters still has its tails, page 0 too. */
	if (!pos && atomic64_read(&cluster->tail) & 1)
		atomic64_andnot(bitmap64_mask(0, nr), &cluster->tail);
	if (cluster->pcp_cpu) {
		already = free_to_pcp(region, cluster, pos, nr);
		*blocks += already < nr;
		return already;
	}
	region->stats.free_pages += nr;
	while (pos < end) {
		unsigned int order = min_t(unsigned int, ilog2(end - pos),
						   pos ? __ffs(pos) : CLUSTER_ORDER);

		largest = max(largest, free_in_cluster(region, cluster, pos, order));
		pos += 1U << order;
		++*blocks;
	}
	if (largest < CLUSTER_ORDER) {
		if (cluster->list == NO_LIST || cluster->list < largest)
			move_to_free_list(region, cluster, largest);
		return 0;
	}
	move_to_free_list(region, cluster, NO_LIST);
	free_one_block(region, range, cluster, CLUSTER_ORDER);
	return 0;
}

/*
 * Free @nr pages, whose block the caller has claimed, as the fewest aligned blocks, and
 * add the number of these to @blocks.  Return how many pages were free already, because
 * a broken caller has freed them one by one since.
 */
unsigned long buddy_free_range(struct buddy_region *region, const struct pfn_range *range,
			       unsigned long pfn, unsigned long nr, unsigned int *blocks)
{
	unsigned long already = 0;

	lockdep_assert_held(&region->lock);
	while (nr) {
		struct cluster *cluster = find_cluster(region, range, pfn);
		unsigned int pos = pfn % CLUSTER_PAGES;
		unsigned long size = min(nr, CLUSTER_PAGES - pos);

		if (size < CLUSTER_PAGES) {
			already += free_cluster_pages(region, range, cluster, pos, size, blocks);
		} else {
			unsigned int order = aligned_order(pfn, nr);

			size = BIT(order);
			region->stats.free_pages += size;
			free_one_block(region, range, cluster, order);
			++*blocks;
		}
		pfn += size;
		nr -= size;
	}
	return already;
}

/* --- look at a block --- */

/*
 * The first cluster of the block that @cluster lies in, or of the naturally aligned part
 * of the block.  Clearing one low bit of the number after the other finds it, in at most
 * one step per order.
 */
struct cluster *buddy_first_cluster(struct buddy_region *region,
				    const struct pfn_range *range, struct cluster *cluster)
{
	u32 number = cluster_number(cluster);

	lockdep_assert_held(&region->lock);
	while (cluster->state == CLUSTER_INSIDE) {
		number &= number - 1;
		cluster = find_cluster(region, range, (unsigned long)number << CLUSTER_ORDER);
	}
	return cluster;
}

/*
 * The pages of the used block that starts at @pfn; 0 if there is none, and the reason in
 * @error.  No loop over pages is needed: the tails tell for each page whether a block
 * starts there.
 */
unsigned long buddy_used_pages(struct buddy_region *region, const struct pfn_range *range,
			       unsigned long pfn, enum buddy_error *error)
{
	struct cluster *cluster = find_cluster(region, range, pfn);
	unsigned int pos = pfn % CLUSTER_PAGES;
	unsigned long pages;
	u64 tail;

	lockdep_assert_held(&region->lock);
	*error = BUDDY_NOT_A_HEAD;
	switch (cluster->state) {
	case CLUSTER_USED:
		/* Read once: a CPU may take the block out of its cache just now. */
		pages = block_pages(cluster);
		if (!pages)
			break;
		return pos ? 0 : pages;
	case CLUSTER_SPLIT:
		if (cluster_free(region, cluster) & BIT_ULL(pos))
			break;
		tail = atomic64_read(&cluster->tail);
		if (tail & BIT_ULL(pos))
			return 0;
		pages = bitmap64_extent(tail, pos);
		if (pos + pages < CLUSTER_PAGES || !cluster->goes_on)
			return pages;
		if (cluster->held)
			break;
		return buddy_packed_pages(cluster, pages);
	case CLUSTER_INSIDE:
		cluster = buddy_first_cluster(region, range, cluster);
		if (cluster->state == CLUSTER_USED && !block_pages(cluster))
			break;
		if (cluster->state == CLUSTER_FREE)
			break;
		return 0;
	case CLUSTER_PART:
		return 0;
	}
	*error = BUDDY_DOUBLE_FREE;
	return 0;
}

/* --- a new region --- */

/*
 * The size of the array of @nr clusters, and of the words of the free lists behind it.
 * Exported for the tests.
 */
u64 buddy_metadata_bytes(u32 nr)
{
	u64 words = 0;
	unsigned int list;

	for (list = 0; list < BUDDY_NR_ORDERS; list++)
		words += index_set_words(list_indexes(list, nr));
	return nr * (u64)sizeof(struct cluster) + words * sizeof(unsigned long);
}
EXPORT_SYMBOL_GPL(buddy_metadata_bytes);

static void init_lists(struct buddy_region *region)
{
	unsigned long *words = (unsigned long *)(region->clusters + region->nr_clusters);
	unsigned int list;

	for (list = 0; list < BUDDY_NR_ORDERS; list++) {
		unsigned long nr = list_indexes(list, region->nr_clusters);

		index_set_init(&region->lists[list], words, nr);
		words += index_set_words(nr);
	}
}

/*
 * All pages start as used and are freed, in the fewest blocks possible.  The metadata is
 * zero.
 */
void buddy_free_area_init(struct buddy_region *region)
{
	struct buddy_stats *stats = &region->stats;
	struct cluster *cluster = region->clusters;
	const struct pfn_range *range;
	unsigned int blocks = 0;
	unsigned long i, flags;

	raw_spin_lock_init(&region->lock);
	init_lists(region);
	for_each_range(range, region) {
		for (i = 0; i < range_clusters(range); i++, cluster++) {
			cluster->first_half = ((range->pfn >> CLUSTER_ORDER) + i) <<
					      (CLUSTER_ORDER - HALF_ORDER);
			cluster->list = NO_LIST;
			if (~range_pages(range, cluster))
				cluster->state = CLUSTER_SPLIT;
		}
		/* No other call knows the region yet: the lock is for lockdep. */
		raw_spin_lock_irqsave(&region->lock, flags);
		buddy_free_range(region, range, range->pfn, range->pages, &blocks);
		raw_spin_unlock_irqrestore(&region->lock, flags);
		stats->pages += range->pages;
	}
	stats->max_order = fls64(region->nonempty) - 1;
}
