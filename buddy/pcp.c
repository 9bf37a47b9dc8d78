// SPDX-License-Identifier: GPL-2.0
/*
 * The per-CPU caches: how clusters and large blocks come into a cache and go back to
 * the free lists.
 *
 * A CPU caches the free pages of at most one cluster, which is on no free list
 * meanwhile, and up to eight blocks of whole clusters.  It caches what its next calls will
 * probably ask for: after several calls of one kind in a row, and after a free of what it
 * allocated last.  Other work goes to the free lists, which have the block that fits best
 * and leave large blocks whole.
 *
 * The functions here run under the region's lock, with interrupts off, but for those
 * that pcp.h names.  Blocks come into a cache and leave it at any time, also while the
 * lock is held: pcp.h has the protocol.
 */
#include <linux/cpuhotplug.h>
#include <linux/log2.h>

#include "pcp.h"
#include "trace.h"

/*
 * The caches of all CPUs have at most 1/8 of a region's pages.  Of that, a cluster for each
 * CPU may be 1/16 and the large blocks another 1/16.  In a region that is too small for both,
 * the cluster may be all of it: so has a region of 1,024 pages caches on two CPUs.  That is
 * 64 MiB with pages of 64 KiB.
 */
#define SHARE	16

/* After so many allocations of one order in a row, or frees, a CPU caches the next ones. */
#define ROW	3

static enum cpuhp_state hotplug_state;

/* The free pages of the cluster that @pcp caches; 0 if it caches none. */
static u64 cached_free(struct buddy_region *region, const struct pcp *pcp)
{
	return pcp->cluster ? cluster_free(region, pcp->cluster) : 0;
}

/* --- large blocks go back to the free lists --- */

static void free_large_blocks(struct buddy_region *region, u64 large)
{
	unsigned int order = large_order(large), blocks = large & LARGE_BLOCKS;
	unsigned int i, nr, freed = 0;

	lockdep_assert_held(&region->lock);
	if (!blocks)
		return;
	trace_buddy_drain(region, large_pfn(large, order),
			  (unsigned long)hweight8(blocks) << order);
	/* Free the lowest neighbours in one piece, then the next ones. */
	for (; blocks; blocks &= blocks + (blocks & -blocks)) {
		unsigned long pfn = large_pfn((large & ~LARGE_BLOCKS) | blocks, order);
		const struct pfn_range *range = find_range(region, pfn);
		struct cluster *cluster = find_cluster(region, range, pfn);

		nr = ffz(blocks >> __ffs(blocks));
		for (i = 0; i < nr; i++, cluster += BIT(order - CLUSTER_ORDER))
			cluster->state = CLUSTER_INSIDE;
		/* No call frees a page of whole clusters meanwhile. */
		buddy_free_range(region, range, pfn, (unsigned long)nr << order, &freed);
	}
}

static void drain_large(struct buddy_region *region, struct pcp *pcp)
{
	free_large_blocks(region, atomic64_xchg(&pcp->large, 0));
}

/* --- a cluster comes into a cache and goes back --- */

/* Cache @cluster, all of which is free, as a large block: beside others or in their place. */
static void cache_cluster(struct buddy_region *region, struct pcp *pcp,
			  struct cluster *cluster)
{
	u64 block = large_word(cluster_pfn(cluster), CLUSTER_ORDER);
	u64 last = atomic64_read(&pcp->large);
	bool beside;

	cluster->state = CLUSTER_USED;
	atomic64_set(&cluster->block, BLOCK_CACHED);
	do {
		beside = (last ^ block) <= LARGE_BLOCKS;
	} while (!atomic64_try_cmpxchg(&pcp->large, &last, beside ? last | block : block));
	if (!beside)
		free_large_blocks(region, last);
}

/*
 * Give up the cluster that @pcp caches.  With @keep, a cluster that is free as a whole
 * becomes one of the CPU's large blocks.
 */
static void drain_cluster(struct buddy_region *region, struct pcp *pcp, bool keep)
{
	struct cluster *cluster = pcp->cluster;
	u64 free;

	lockdep_assert_held(&region->lock);
	if (!cluster)
		return;
	/* From here on, a free finds no half word of the cluster and waits for the lock. */
	free = atomic64_xchg(&pcp->hot.half[0], NO_HALF(0)) & BUDDY_HALF_FREE;
	free |= (u64)atomic64_xchg(&pcp->hot.half[1], NO_HALF(1)) << HALF_PAGES;
	WRITE_ONCE(cluster->pcp_cpu, 0);
	pcp->cluster = NULL;
	pcp->drains++;
	trace_buddy_drain(region, cluster_pfn(cluster), hweight64(free));
	if (keep && free == ~0ULL && caches_eight(region, CLUSTER_ORDER))
		cache_cluster(region, pcp, cluster);
	else if (free)
		buddy_cluster_attach(region, cluster, free);
}

/* No CPU caches @cluster from here on, while the caller has the lock. */
void buddy_pcp_give_up(struct buddy_region *region, const struct cluster *cluster)
{
	if (cluster->pcp_cpu)
		drain_cluster(region, per_cpu_ptr(region->pcp, cluster->pcp_cpu - 1), false);
}

static void drain_cpu(struct buddy_region *region, unsigned int cpu)
{
	struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

	drain_cluster(region, pcp, false);
	drain_large(region, pcp);
}

/* This CPU caches @cluster, of which @free is free, from now on. */
static void take_cluster(struct buddy_region *region, struct pcp *pcp,
			 struct cluster *cluster, u64 free)
{
	u64 number = cluster->first_half;

	lockdep_assert_held(&region->lock);
	pcp->cluster = cluster;
	pcp->last = 0;
	pcp->refills++;
	trace_buddy_refill(region, cluster_pfn(cluster), hweight64(free));
	WRITE_ONCE(cluster->pcp_cpu, raw_smp_processor_id() + 1);
	WRITE_ONCE(pcp->hot.tails, &cluster->hot);
	atomic64_set_release(&pcp->hot.half[0], FIELD_PREP(BUDDY_HALF_NUMBER, number) |
			     FIELD_GET(BUDDY_HALF_FREE, free));
	atomic64_set_release(&pcp->hot.half[1], FIELD_PREP(BUDDY_HALF_NUMBER, number | 1) |
			     free >> HALF_PAGES);
}

/* --- refill --- */

/*
 * Count a call under the lock, a free or an allocation.  Return whether the CPU has made
 * so many of that kind and @order in a row that pages of its own are worthwhile.  What one
 * CPU caches is not there for the allocations that fit into it best: with mixed work that
 * leaves fewer large blocks.
 */
static bool is_in_row(struct buddy_region *region, struct pcp *pcp, bool frees,
		      unsigned int order)
{
	unsigned int kind = 2 * order + frees;

	if (pcp->kind != kind) {
		pcp->kind = kind;
		pcp->row = 0;
	}
	/* What a CPU takes now, a search for a run would not see, although nobody uses it. */
	return ++pcp->row > region->cache_row && !atomic_read(&region->searches);
}

/*
 * Take a block of @order, CLUSTER_ORDER or above, off the free lists.  In a @row, if the
 * lists have a larger block only, this CPU caches the rest: up to seven blocks of @order.
 * The caller writes the state and the block word of its block.
 */
static struct cluster *refill_large(struct buddy_region *region, struct pcp *pcp,
				    unsigned int order, bool row)
{
	unsigned int list = buddy_find_list(region, order), from = order, i;
	struct cluster *cluster, *beside;
	u64 large;

	if (list == NO_LIST)
		return NULL;
	if (row && caches_eight(region, order))
		from = min(list, order + LARGE_NR_ORDER);
	if (from == order)
		return buddy_rmqueue_large(region, list, order);
	cluster = buddy_rmqueue_large(region, list, from);
	beside = cluster;
	for (i = 1; i < BIT(from - order); i++) {
		beside += BIT(order - CLUSTER_ORDER);
		beside->state = CLUSTER_USED;
		atomic64_set(&beside->block, BLOCK_CACHED);
	}
	/* The first block, which has the lowest bit, is the caller's. */
	large = large_word(cluster_pfn(cluster), order);
	large = (large & (large - 1)) | bitmap64_tails(__ffs64(large), i);
	trace_buddy_refill(region, large_pfn(large, order), BIT(from) - BIT(order));
	/* A free that began on this CPU and goes on elsewhere may have come first. */
	free_large_blocks(region, atomic64_xchg(&pcp->large, large));
	return cluster;
}

/* Allocate a block of @order, CLUSTER_ORDER or above; return its first page. */
unsigned long buddy_pcp_refill_large(struct buddy_region *region, unsigned int order)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	bool row = is_in_row(region, pcp, false, order);
	struct cluster *cluster = refill_large(region, pcp, order, row);

	if (!cluster)
		return BUDDY_NO_PFN;
	cluster->state = CLUSTER_USED;
	atomic64_set(&cluster->block, block_word(BIT(order)));
	return cluster_pfn(cluster);
}

/*
 * A cluster of this CPU's large blocks, all of it free, for the CPU to cache; if there is none,
 * one of the free lists and, in a @row, up to seven more as large blocks.
 */
static struct cluster *refill_cluster(struct buddy_region *region, struct pcp *pcp, bool row)
{
	struct cluster *cluster;
	unsigned long pfn;

	if (pop_large(&pcp->large, CLUSTER_ORDER, &pfn))
		cluster = find_cluster(region, find_range(region, pfn), pfn);
	else
		cluster = refill_large(region, pcp, CLUSTER_ORDER, row);
	if (cluster)
		open_cluster(cluster, 0);
	return cluster;
}

/*
 * Allocate a block of half a cluster.  If the free lists have no such block, split a
 * cluster out of this CPU's large blocks.  Without that, every second block of half a
 * cluster would split a larger block, and every second free would merge one.
 */
static unsigned long refill_half(struct buddy_region *region, struct pcp *pcp)
{
	struct cluster *cluster;

	if (region->nonempty & BIT_ULL(HALF_ORDER))
		return buddy_rmqueue(region, HALF_ORDER);
	drain_cluster(region, pcp, false);
	cluster = refill_cluster(region, pcp, true);
	if (!cluster)
		/* Another CPU may have freed into the cluster that was given up here. */
		return buddy_rmqueue(region, HALF_ORDER);
	atomic64_set(&cluster->tail, bitmap64_tails(0, HALF_PAGES));
	take_cluster(region, pcp, cluster, ~bitmap64_mask(0, HALF_PAGES));
	return cluster_pfn(cluster);
}

/*
 * The first of @nr pages, at most half a cluster, in @free, which has an aligned block for
 * them.  No block may lie across the middle of a cached cluster.
 */
static unsigned int find_exact(u64 free, unsigned int nr)
{
	int pos = half_find((u32)free, 0, nr);

	return pos < 0 ? HALF_PAGES + half_find(free >> HALF_PAGES, 1, nr) : pos;
}

/*
 * Fill this CPU's cache with the cluster of a block of @order, below CLUSTER_ORDER, and take
 * @nr pages of the cluster: of the smallest block or, with @exact, side by side with others.
 */
static unsigned long refill_small(struct buddy_region *region, struct pcp *pcp,
				  unsigned int order, unsigned int nr, bool exact)
{
	unsigned int pos = 0, found;
	struct cluster *cluster;
	u64 free = ~0ULL;

	drain_cluster(region, pcp, false);
	if (buddy_find_list(region, order) < CLUSTER_ORDER)
		cluster = buddy_rmqueue_cluster(region, order, &free);
	else
		/* Only a long row will use eight clusters before other work wants them. */
		cluster = refill_cluster(region, pcp, pcp->row > 2 * region->cache_row);
	if (!cluster)
		return BUDDY_NO_PFN;
	if (exact)
		pos = find_exact(free, nr);
	else if (free != ~0ULL)
		pos = bitmap64_find(free, order, &found);
	atomic64_or(bitmap64_tails(pos, nr), &cluster->tail);
	take_cluster(region, pcp, cluster, free & ~bitmap64_mask(pos, nr));
	return cluster_pfn(cluster) + pos;
}

/*
 * Allocate a block of @order, below CLUSTER_ORDER.  If the cache is empty, and this CPU
 * makes many allocations in a row, the cache is filled with the rest of the block's
 * cluster.  If it has blocks that are too small, it stays as it is.
 */
unsigned long buddy_pcp_refill(struct buddy_region *region, unsigned int order)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	unsigned long pfn;

	if (!region->cache_order)
		return buddy_rmqueue(region, order);
	if (!is_in_row(region, pcp, false, order) || cached_free(region, pcp)) {
		pfn = buddy_rmqueue(region, order);
		pcp->last = pfn >> CLUSTER_ORDER;
		return pfn;
	}
	if (order == HALF_ORDER)
		return refill_half(region, pcp);
	pfn = refill_small(region, pcp, order, BIT(order), false);
	return pfn == BUDDY_NO_PFN ? buddy_rmqueue(region, order) : pfn;
}

/*
 * Allocate @nr pages, at most half a cluster, aligned or not, in the same way.  BUDDY_NO_PFN
 * if the cache is not to be filled: the caller allocates elsewhere.
 */
unsigned long buddy_pcp_refill_exact(struct buddy_region *region, unsigned int nr)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	unsigned int order = order_base_2(nr);

	if (!region->cache_order || !is_in_row(region, pcp, false, order) ||
	    cached_free(region, pcp))
		return BUDDY_NO_PFN;
	return refill_small(region, pcp, order, nr, true);
}

/* This CPU's last allocation under the lock was that of the block at @pfn. */
void buddy_pcp_set_last(struct buddy_region *region, unsigned long pfn)
{
	raw_cpu_ptr(region->pcp)->last = pfn >> CLUSTER_ORDER;
}

/*
 * The caller has claimed the @nr pages at @pfn, to free them in @cluster.  Decide
 * whether this CPU caches the cluster from now on; if so, the pages are freed into the
 * cache, and the function returns true.
 *
 * The CPU takes the cluster if its last call under the lock was for the same cluster.
 * If it makes many frees in a row, it also takes a cluster of which no page is free yet,
 * so that the cluster does not come to a free list, where another CPU would take it for
 * its one free block.  The cluster that the CPU would have to give up must then have
 * either no free page or only free pages.
 */
bool buddy_pcp_take_freed(struct buddy_region *region, const struct pfn_range *range,
			  struct cluster *cluster, unsigned long pfn, unsigned int nr)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	struct buddy_stats *stats = &region->stats;
	unsigned long last = pcp->last;
	bool row;
	u64 had;

	if (!region->cache_order || cluster->state != CLUSTER_SPLIT || cluster->pcp_cpu ||
	    atomic_read(&region->searches))
		return false;
	row = is_in_row(region, pcp, true, order_base_2(nr));
	pcp->last = pfn >> CLUSTER_ORDER;
	if (last != pcp->last) {
		if (!row || cluster->free)
			return false;
		had = cached_free(region, pcp);
		if (had && ~had)
			return false;
	}
	if (!may_cache(range, cluster))
		return false;
	drain_cluster(region, pcp, row);
	take_cluster(region, pcp, cluster, buddy_cluster_detach(region, cluster) |
		     bitmap64_mask(pfn % CLUSTER_PAGES, nr));
	stats->peak_pages = max(stats->peak_pages, stats->pages - stats->free_pages);
	return true;
}

/*
 * The caller has claimed the block of @order at @pfn, CLUSTER_ORDER or above, to free it.
 * Return true if this CPU caches it.
 *
 * The large word is for the block's eight from now on; what the CPU cached goes to the free
 * lists.  If those were several blocks, the frees come side by side, and the CPU caches the
 * block.  Else the block goes to the free lists, too.
 */
bool buddy_pcp_take_large(struct buddy_region *region, unsigned long pfn, unsigned int order)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	u64 last = atomic64_read(&pcp->large), large = large_word(pfn, order);
	bool take = last & (last - 1) & LARGE_BLOCKS;

	pcp->row = 0;
	if (order > region->cache_order)
		return false;
	last = atomic64_xchg(&pcp->large, take ? large : large & ~LARGE_BLOCKS);
	if (last & LARGE_BLOCKS)
		free_large_blocks(region, last);
	return take;
}

/* --- drain --- */

/* Give up what all CPUs cache. */
void buddy_pcp_drain(struct buddy_region *region)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		drain_cpu(region, cpu);
}

static unsigned long large_pages(u64 large)
{
	return (unsigned long)large_nr(large) << large_order(large);
}

/*
 * The value that another CPU's word has now.  A plain read could miss what was freed
 * just before, and an allocation would fail for that.
 */
static u64 read_now(atomic64_t *word)
{
	return atomic64_fetch_or(0, word);
}

static u64 cached_free_now(struct pcp *pcp)
{
	if (!pcp->cluster)
		return 0;
	return (read_now(&pcp->hot.half[0]) & BUDDY_HALF_FREE) |
	       read_now(&pcp->hot.half[1]) << HALF_PAGES;
}

/*
 * Drain caches until the free lists have a block of @order, before an allocation fails.
 * Return whether they have one.
 *
 * A caller that asks again and again for a block that does not exist must not empty the
 * caches each time, so a cluster that cannot help stays.  A cluster can help if it
 * has such a block.  For larger orders all of it must be free, because only a whole
 * cluster merges with others.
 */
bool buddy_pcp_reclaim(struct buddy_region *region, unsigned int order)
{
	unsigned int cpu;

	if (region->stats.free_pages + buddy_pcp_free_pages(region) < BIT(order))
		return false;
	for_each_possible_cpu(cpu) {
		struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		drain_large(region, pcp);
		if (bitmap64_runs(cached_free_now(pcp),
				  min_t(unsigned int, order, CLUSTER_ORDER)))
			drain_cluster(region, pcp, false);
		if (buddy_find_list(region, order) != NO_LIST)
			return true;
	}
	return false;
}

/* --- what the caches have; it may change at any time --- */

/* How many pages are free in the caches. */
unsigned long buddy_pcp_free_pages(struct buddy_region *region)
{
	unsigned long pages = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		pages += large_pages(read_now(&pcp->large)) + hweight64(cached_free_now(pcp));
	}
	return pages;
}

/* The order of the largest free block, on the lists or in a cache; -1 if there is none. */
int buddy_pcp_largest(struct buddy_region *region)
{
	int largest = fls64(region->nonempty) - 1;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);
		u64 free = cached_free(region, pcp), large = atomic64_read(&pcp->large);

		if (free)
			largest = max_t(int, largest, bitmap64_largest(free));
		if (large_nr(large))
			largest = max_t(int, largest, large_order(large));
	}
	return largest;
}

/*
 * Add to @stats what is free in the caches.  A block that moves from one CPU to another
 * meanwhile can be seen in both caches, so no more is added than can be free.
 */
void buddy_pcp_add_free(struct buddy_region *region, struct buddy_stats *stats)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);
		u64 large = atomic64_read(&pcp->large), free = cached_free(region, pcp);

		if (large_pages(large) <= stats->pages - stats->free_pages) {
			stats->nr_free[large_order(large)] += large_nr(large);
			stats->free_pages += large_pages(large);
		}
		if (hweight64(free) <= stats->pages - stats->free_pages) {
			buddy_count_blocks(stats->nr_free, free, 1);
			stats->free_pages += hweight64(free);
		}
	}
}

/* Add to @stats what the CPUs counted without the lock: calls, and blocks that were split. */
void buddy_pcp_add_counts(struct buddy_region *region, struct buddy_stats *stats)
{
	unsigned int cpu, order;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		for (order = 0; order < BUDDY_NR_ORDERS; order++) {
			stats->allocs[order] += READ_ONCE(pcp->hot.count[order].allocs);
			stats->frees[order] += READ_ONCE(pcp->hot.count[order].frees);
		}
		stats->splits += READ_ONCE(pcp->splits);
	}
}

/* --- CPUs and regions come and go --- */

/* @cpu is dead: nothing runs on it any more. */
static int pcp_dead(unsigned int cpu, struct hlist_node *node)
{
	struct buddy_region *region = hlist_entry(node, struct buddy_region, hotplug);
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	drain_cpu(region, cpu);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return 0;
}

int buddy_pcp_init(struct buddy_region *region)
{
	unsigned long max;
	unsigned int cpu;
	int err;

	BUILD_BUG_ON(offsetof(struct buddy_region, hot));
	region->pcp = alloc_percpu(struct pcp);
	if (!region->pcp)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		pcp->hot.tails = &region->clusters->hot;
		atomic64_set(&pcp->hot.half[0], NO_HALF(0));
		atomic64_set(&pcp->hot.half[1], NO_HALF(1));
	}
	region->hot.pcp = &region->pcp->hot;
	max = region->stats.pages / SHARE / num_possible_cpus();
	region->cache_row = ROW;
	/* With HALF_ORDER, a CPU caches a cluster, and no large block. */
	region->cache_order = max < HALF_PAGES ? 0 : ilog2(max);
	err = cpuhp_state_add_instance_nocalls(hotplug_state, &region->hotplug);
	if (err)
		free_percpu(region->pcp);
	return err;
}

void buddy_pcp_exit(struct buddy_region *region)
{
	cpuhp_state_remove_instance_nocalls(hotplug_state, &region->hotplug);
	free_percpu(region->pcp);
}

int buddy_hotplug_init(void)
{
	/* Of a state in this place, the teardown runs when the CPU is dead. */
	int state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN,
					    "mm/buddypool:dead", NULL, pcp_dead);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void buddy_hotplug_exit(void)
{
	cpuhp_remove_multi_state(hotplug_state);
}
