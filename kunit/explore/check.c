// SPDX-License-Identifier: GPL-2.0
/*
 * Checks all metadata of a region while no caller runs, page by page and list by list,
 * without the page layer's own arithmetic.  From the blocks in use, which model.c knows,
 * follows what each cluster must say.
 */
#include "explore.h"

/**
 * struct expected - what the blocks in use say of a cluster
 * @used: its pages in use
 * @tail: those that continue a block
 * @goes_on: the block of its last page has the next page, too
 * @whole: all its pages are of one block, which begins at the first of them or before
 * @state: of a whole cluster
 * @word: the block word of a whole cluster, unless it is CLUSTER_INSIDE
 */
struct expected {
	u64 used;
	u64 tail;
	bool goes_on;
	bool whole;
	enum cluster_state state;
	u64 word;
};

static struct expected expected[MAX_CLUSTERS];

/* --- what the blocks in use say --- */

/* The parts of a block: the largest naturally aligned ones out of its whole clusters. */
static void expect_parts(struct expected *all, unsigned long pfn, unsigned long nr)
{
	unsigned long at = (pfn + 63) / 64, end = (pfn + nr) / 64, size, i;

	for (; at < end; at += size) {
		bool begins = at * 64 == pfn;

		for (size = 1; at % (2 * size) == 0 && at + 2 * size <= end;)
			size *= 2;
		for (i = 0; i < size; i++) {
			all[at + i].whole = true;
			all[at + i].state = CLUSTER_INSIDE;
		}
		all[at].state = begins ? CLUSTER_USED : CLUSTER_PART;
		all[at].word = nr << 3 | 1 | (begins && size * 64 == nr ? 0 : 2);
	}
}

static void expect_block(unsigned long pfn, unsigned long nr)
{
	const struct pfn_range *range = find_range(region, pfn);
	struct expected *all = expected + range->first - range->pfn / 64;
	unsigned long page;

	for (page = pfn; page < pfn + nr; page++) {
		struct expected *this = &all[page / 64];
		u64 bit = 1ULL << page % 64;

		if (this->used & bit)
			fault("%#lx is in two blocks", page);
		this->used |= bit;
		if (page > pfn)
			this->tail |= bit;
		if (page % 64 == 63)
			this->goes_on = page + 1 < pfn + nr;
	}
	expect_parts(all, pfn, nr);
}

static void expect_blocks(void)
{
	unsigned int from = 0, i;
	unsigned long pfn, nr;

	memset(expected, 0, sizeof(expected));
	while (next_block(&from, &pfn, &nr) && !has_fault())
		expect_block(pfn, nr);
	for (i = 0; i < region->nr_clusters && !has_fault(); i++)
		if (expected[i].used != used_pages()[i])
			fault("%#lx: used %#llx, but the blocks in use have %#llx",
			      cluster_pfn(&region->clusters[i]), used_pages()[i],
			      expected[i].used);
}

/* --- clusters --- */

/* The order of the block in a CPU's cache that starts with @cluster, or 0. */
static unsigned int cached_order(const struct cluster *cluster)
{
	unsigned int cpu, order;

	for_each_possible_cpu(cpu) {
		u64 large = per_cpu_ptr(region->pcp, cpu)->large.counter;

		order = large_order(large);
		for (; large & LARGE_BLOCKS; large &= large - 1)
			if (large_pfn(large, order) == cluster_pfn(cluster))
				return order;
	}
	return 0;
}

/* Count the free blocks of each order in a word, page by page. */
static void count_pages(u64 free, unsigned long nr_free[])
{
	unsigned int pos = 0, order;

	while (pos < 64) {
		if (!(free >> pos & 1)) {
			pos++;
			continue;
		}
		for (order = 0; order < 6; order++) {
			unsigned int size = 2U << order;
			u64 mask = size == 64 ? ~0ULL : (1ULL << size) - 1;

			if (pos % size || (free >> pos & mask) != mask)
				break;
		}
		nr_free[order]++;
		pos += 1U << order;
	}
}

static unsigned int largest_order(u64 free)
{
	unsigned long nr_free[BUDDY_NR_ORDERS] = {};
	unsigned int order = 6;

	count_pages(free, nr_free);
	while (!nr_free[order])
		order--;
	return order;
}

static u64 free_in_cache(const struct cluster *cluster)
{
	const struct pcp *pcp = per_cpu_ptr(region->pcp, cluster->pcp_cpu - 1);
	u64 low = pcp->hot.half[0].counter, high = pcp->hot.half[1].counter;
	u64 number = cluster_pfn(cluster) >> 5;

	if (low >> 32 != number || high >> 32 != number + 1)
		fault("CPU %u caches %#lx, but its half words do not", cluster->pcp_cpu - 1,
		      cluster_pfn(cluster));
	if (pcp->cluster != cluster)
		fault("CPU %u caches %#lx, but pcp->cluster differs", cluster->pcp_cpu - 1,
		      cluster_pfn(cluster));
	if (cluster->free)
		fault("%#lx is in a cache, but cluster->free is not 0", cluster_pfn(cluster));
	return (u32)low | high << 32;
}

static void check_split(const struct pfn_range *range, const struct cluster *cluster,
			const struct expected *this, unsigned long nr_free[])
{
	u64 tail = cluster->tail.counter, free = cluster->free;
	u64 in_range = range_pages(range, cluster);

	if (cluster->pcp_cpu) {
		free = free_in_cache(cluster);
		if (~in_range)
			fault("%#lx is in a cache, but a part of it is outside of the range",
			      cluster_pfn(cluster));
		/* A block from before, across the middle, or into the next cluster. */
		if (tail & 0x100000001ULL || this->goes_on)
			fault("%#lx is in a cache, but its blocks are packed: tails %#llx",
			      cluster_pfn(cluster), tail);
	} else if (free == ~0ULL) {
		fault("%#lx is split, but all of it is free", cluster_pfn(cluster));
	}
	if ((free ^ this->used) != in_range)
		fault("%#lx: free are %#llx, used %#llx, of %#llx", cluster_pfn(cluster), free,
		      this->used, in_range);
	if (tail != this->tail)
		fault("%#lx: tails %#llx, but those of its blocks are %#llx",
		      cluster_pfn(cluster), tail, this->tail);
	if (cluster->goes_on != this->goes_on)
		fault("%#lx: goes_on is %u", cluster_pfn(cluster), cluster->goes_on);
	if (cluster->list != (cluster->free ? largest_order(cluster->free) : NO_LIST))
		fault("%#lx is on list %u, its free pages are %#llx", cluster_pfn(cluster),
		      cluster->list, cluster->free);
	count_pages(free, nr_free);
}

/* All of the cluster is of one used block. */
static void check_whole(const struct cluster *cluster, const struct expected *this)
{
	if (cluster->state != this->state)
		fault("%#lx is of a used block, in state %u, not %u", cluster_pfn(cluster),
		      cluster->state, this->state);
	else if (this->state != CLUSTER_INSIDE && cluster->block.counter != this->word)
		fault("%#lx has the block word %#llx, not %#llx", cluster_pfn(cluster),
		      cluster->block.counter, this->word);
	if (cluster->list != NO_LIST)
		fault("%#lx is in use, but on list %u", cluster_pfn(cluster), cluster->list);
}

/* The order of the free block that begins with cluster @i of @range; 0 after a fault. */
static unsigned int free_order(const struct pfn_range *range, unsigned long i)
{
	const struct cluster *cluster = &region->clusters[range->first + i];
	unsigned long number = cluster_pfn(cluster) >> 6, buddy;
	unsigned int order = cluster->list;

	if (cluster->state == CLUSTER_USED && cluster->block.counter == 1) {
		order = cached_order(cluster);
		if (!order)
			fault("%#lx is said to be in a cache, but is in none",
			      cluster_pfn(cluster));
		return order;
	}
	if (cluster->state != CLUSTER_FREE || order < 6 || order >= BUDDY_NR_ORDERS) {
		fault("%#lx is of no used block, but in state %u, on list %u",
		      cluster_pfn(cluster), cluster->state, order);
		return 0;
	}
	buddy = (number ^ 1UL << (order - 6)) - (range->pfn >> 6);
	if (buddy < range_clusters(range) &&
	    region->clusters[range->first + buddy].state == CLUSTER_FREE &&
	    region->clusters[range->first + buddy].list == order)
		fault("%#lx and its buddy are free, but not merged", cluster_pfn(cluster));
	return order;
}

/* Check the free block, or the cluster, at cluster @i of @range; return its clusters. */
static unsigned long check_cluster(const struct pfn_range *range, unsigned long i,
				   unsigned long nr_free[])
{
	const struct cluster *cluster = &region->clusters[range->first + i];
	const struct expected *this = &expected[range->first + i];
	unsigned long covers, k;
	unsigned int order;

	if (this->whole) {
		check_whole(cluster, this);
		return 1;
	}
	if (this->used && cluster->state != CLUSTER_SPLIT) {
		fault("%#lx has blocks, but is in state %u", cluster_pfn(cluster),
		      cluster->state);
		return 1;
	}
	if (cluster->state == CLUSTER_SPLIT) {
		check_split(range, cluster, this, nr_free);
		return 1;
	}
	order = free_order(range, i);
	if (!order)
		return 1;
	nr_free[order]++;
	covers = 1UL << (order - 6);
	if (i + covers > range_clusters(range) || cluster_pfn(cluster) >> 6 & (covers - 1)) {
		fault("%#lx starts a block of %lu clusters", cluster_pfn(cluster), covers);
		return 1;
	}
	for (k = 0; k < covers; k++) {
		if (k && cluster[k].state != CLUSTER_INSIDE)
			fault("%#lx is in the block at %#lx, but has a state of its own",
			      cluster_pfn(&cluster[k]), cluster_pfn(cluster));
		if (this[k].used)
			fault("%#lx is in a free block, but used are %#llx",
			      cluster_pfn(&cluster[k]), this[k].used);
	}
	return covers;
}

/* --- lists and caches --- */

/* The clusters of an entry of list @order. */
static unsigned long entry_clusters(unsigned int order)
{
	return order < 6 ? 1 : 1UL << (order - 6);
}

static bool has_bit(const struct index_set *set, unsigned long bit)
{
	return set->words[bit / 64] >> bit % 64 & 1;
}

/* Count in @length the entries that each list should have, all of which have their bit. */
static void check_entries(unsigned long length[])
{
	unsigned long i;

	for (i = 0; i < region->nr_clusters; i++) {
		const struct cluster *cluster = &region->clusters[i];
		unsigned long index = i / entry_clusters(cluster->list % BUDDY_NR_ORDERS);
		unsigned int order = cluster->list;

		if (order >= BUDDY_NR_ORDERS ||
		    cluster->state != (order < 6 ? CLUSTER_SPLIT : CLUSTER_FREE))
			continue;
		if (index >= region->nr_clusters / entry_clusters(order) ||
		    !has_bit(&region->lists[order], region->lists[order].first + index))
			fault("list %u does not have %#lx", order, cluster_pfn(cluster));
		length[order]++;
	}
}

/* List @order has @length entries, and its words agree with each other. */
static void check_list(unsigned int order, unsigned long length)
{
	unsigned long nr = region->nr_clusters / entry_clusters(order), bits = 0, bit, words;
	const struct index_set *set = &region->lists[order];

	if ((region->nonempty >> order & 1) != !!length)
		fault("list %u has %lu entries, but nonempty is %#llx", order, length,
		      region->nonempty);
	if (!nr)
		return;
	words = set->first / 64 + (nr + 63) / 64;
	for (bit = set->first; bit < words * 64; bit++)
		bits += has_bit(set, bit);
	if (bits != length)
		fault("list %u has %lu bits for %lu entries", order, bits, length);
	for (bit = 0; bit < set->first; bit++)
		if (has_bit(set, bit) != (bit + 1 < words && set->words[bit + 1]))
			fault("list %u: the bit of word %lu is wrong", order, bit + 1);
}

static void check_caches(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);
		u64 large = pcp->large.counter;

		if (pcp->cluster && pcp->cluster->pcp_cpu != cpu + 1)
			fault("CPU %u caches %#lx, whose pcp_cpu is %u", cpu,
			      cluster_pfn(pcp->cluster), pcp->cluster->pcp_cpu);
		if (!pcp->cluster && ((u64)pcp->hot.half[0].counter != NO_HALF(0) ||
				      (u64)pcp->hot.half[1].counter != NO_HALF(1)))
			fault("CPU %u caches no cluster, but its half words have one", cpu);
		if (hweight8(large & LARGE_BLOCKS) > 1 &&
		    large_order(large) + LARGE_NR_ORDER > region->cache_order)
			fault("CPU %u caches more than one block of order %u", cpu,
			      large_order(large));
	}
}

void check_region(void)
{
	unsigned long nr_free[BUDDY_NR_ORDERS] = {}, length[BUDDY_NR_ORDERS] = {};
	unsigned long free_pages = 0, i;
	struct buddy_stats stats = region->stats;
	const struct pfn_range *range;
	unsigned int order;

	if (has_fault())
		return;
	expect_blocks();
	for_each_range(range, region)
		for (i = 0; i < range_clusters(range) && !has_fault();)
			i += check_cluster(range, i, nr_free);
	check_caches();
	buddy_pcp_add_free(region, &stats);
	check_entries(length);
	for (order = 0; order < BUDDY_NR_ORDERS && !has_fault(); order++) {
		check_list(order, length[order]);
		if (stats.nr_free[order] != nr_free[order])
			fault("order %u: %lu free blocks are counted, there are %lu", order,
			      stats.nr_free[order], nr_free[order]);
		free_pages += nr_free[order] << order;
	}
	if (!has_fault() && stats.free_pages != free_pages)
		fault("%lu free pages are counted, there are %lu", stats.free_pages, free_pages);
}
