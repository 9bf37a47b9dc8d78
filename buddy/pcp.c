// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches: how a cluster comes into one and goes back.
 *
 * A CPU owns at most one cluster, which is on no list meanwhile.  It takes one
 * when an allocation finds its cache empty, and when it frees as pcp_adopt() says,
 * so that random frees do not move clusters about.  Beside it, a CPU keeps up to
 * eight blocks of whole clusters.
 * All but pcp_mark_tails(), pcp_free_late() and what takes the lock itself runs
 * under the region's lock, with interrupts off; blocks come and go beside it, see
 * pcp.h.
 */
#include <linux/cpuhotplug.h>
#include <linux/log2.h>

#include "pcp.h"
#include "trace.h"

/*
 * A region has caches if a cluster for each CPU is at most one frame in so many;
 * so much again may be in the blocks of whole clusters.
 */
#define SHARE	16

static enum cpuhp_state hotplug_state;

/* The frames that are free in the cluster that @pcp owns, if it owns one. */
static u64 owned_free(struct buddy_region *region, const struct pcp *pcp)
{
	return pcp->cluster ? cluster_free(region, pcp->cluster) : 0;
}

/* The end of pcp_alloc() when the cluster changed hands meanwhile. */
unsigned long pcp_mark_tails(struct buddy_region *region, unsigned long pfn,
			     unsigned int nr)
{
	atomic64_or(word_tails(pfn % CLUSTER_FRAMES, nr),
		    &find_cluster(region, find_run(region, pfn), pfn)->tail);
	return pfn;
}

/*
 * The tails of a block are cleared and its half is another's by now.  They return,
 * and 0, for a free under the lock; but if a part of the block is free by now, only
 * the rest goes back.  Returns how many pages were free.
 */
static unsigned int free_rest(struct buddy_region *region, struct cluster *cluster,
			      unsigned long pfn, unsigned int nr)
{
	unsigned int pos = pfn % CLUSTER_FRAMES, twice;
	unsigned long flags;
	u64 free, used;

	raw_spin_lock_irqsave(&region->lock, flags);
	/* All of it, if the cluster has become part of a larger block. */
	free = word_mask(pos, nr);
	if (cluster->state == CLUSTER_SPLIT)
		free &= cluster_free(region, cluster);
	twice = hweight64(free);
	if (!free)
		atomic64_or(word_tails(pos, nr), &cluster->tail);
	else
		for (used = free ^ word_mask(pos, nr); used; used &= used - 1)
			give_range(region, find_run(region, pfn),
				   cluster_pfn(cluster) + __ffs64(used), 1, &twice);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return twice;
}

/*
 * The end of a free into a cache when the half has changed since the tails were
 * cleared.  False for a free under the lock.
 */
bool pcp_free_late(struct buddy_region *region, struct cluster *cluster,
		   unsigned long pfn, unsigned int nr)
{
	unsigned int owner = READ_ONCE(cluster->owner), twice = 0;

	if (owner) {
		u64 block = word_mask(pfn % HALF_FRAMES, nr), word;
		atomic64_t *half = pcp_half(region, owner, pfn);

		word = atomic64_read(half);
		while (word >> HALF_FRAMES == pfn >> HALF_ORDER) {
			/* Without tails of its own it may be in another block by now. */
			if (nr == 1 && !word_is_block(atomic64_read(&cluster->tail),
						      pfn % CLUSTER_FRAMES, 1))
				return false;
			if (!atomic64_try_cmpxchg(half, &word, word | block))
				continue;
			twice = hweight64(word & block);
			if (twice)
				goto report;
			this_cpu_inc(region->pcp->hot.count[order_base_2(nr)].frees);
			return true;
		}
	}
	if (nr > 1)
		twice = free_rest(region, cluster, pfn, nr);
	if (!twice)
		return false;
report:
	while (twice--)
		caller_error(region, BUDDY_DOUBLE_FREE, false, pfn, nr, 0);
	return true;
}

static void give_large(struct buddy_region *region, u64 large)
{
	unsigned int order = large_order(large), blocks = large & LARGE_BLOCKS, nr, i;
	unsigned int twice = 0;

	if (!blocks)
		return;
	trace_buddy_drain(region, large_pfn(large, order),
			  (unsigned long)hweight8(blocks) << order);
	/* The lowest neighbours together; the lists set the head of what they make up. */
	for (; blocks; blocks &= blocks + (blocks & -blocks)) {
		unsigned long pfn = large_pfn((large & ~LARGE_BLOCKS) | blocks, order);
		const struct run *run = find_run(region, pfn);
		struct cluster *cluster = find_cluster(region, run, pfn);

		nr = ffz(blocks >> __ffs(blocks));
		for (i = 0; i < nr; i++, cluster += BIT(order - CLUSTER_ORDER))
			cluster->state = CLUSTER_INSIDE;
		/* Nothing of whole clusters can be freed by the page meanwhile. */
		give_range(region, run, pfn, (unsigned long)nr << order, &twice);
	}
}

/*
 * The end of pcp_free_large(): keep the block at @pfn in place of others.  Those are in
 * the word or on the lists whenever the lock is free.
 */
void pcp_swap_large(struct buddy_region *region, unsigned long pfn, unsigned int order)
{
	unsigned long flags;

	if (is_in_nmi(region, pfn, BIT(order))) {
		/* As it was. */
		pcp_mark_head(region, find_run(region, pfn), pfn, order);
		return;
	}
	this_cpu_inc(region->pcp->hot.count[order].frees);
	raw_spin_lock_irqsave(&region->lock, flags);
	give_large(region, atomic64_xchg(&raw_cpu_ptr(region->pcp)->large,
					 large_word(pfn, order)));
	region->stats.locked++;
	raw_spin_unlock_irqrestore(&region->lock, flags);
}

/* Give back the blocks of whole clusters. */
static void evict_large(struct buddy_region *region, struct pcp *pcp)
{
	give_large(region, atomic64_xchg(&pcp->large, 0));
}

/* Keep a @cluster that is free as a whole as a block, beside or in place of others. */
static void keep_cluster(struct buddy_region *region, struct pcp *pcp,
			 struct cluster *cluster)
{
	u64 block = large_word(cluster_pfn(cluster), CLUSTER_ORDER);
	u64 last = atomic64_read(&pcp->large);
	bool beside;

	cluster->state = CLUSTER_USED;
	atomic64_set(&cluster->head, HEAD_CACHED);
	do {
		beside = (last ^ block) <= LARGE_BLOCKS;
	} while (!atomic64_try_cmpxchg(&pcp->large, &last, beside ? last | block : block));
	if (!beside)
		give_large(region, last);
}

/*
 * Hand back the cluster that @pcp owns.  With @keep, it becomes one of the CPU's large
 * blocks if all of it is free.
 */
static void evict(struct buddy_region *region, struct pcp *pcp, bool keep)
{
	struct cluster *cluster = pcp->cluster;
	u64 free;

	if (!cluster)
		return;
	/* From here on, frees find no half of theirs and wait for the lock. */
	free = (u32)atomic64_xchg(&pcp->hot.half[0], NO_HALF(0));
	free |= (u64)atomic64_xchg(&pcp->hot.half[1], NO_HALF(1)) << HALF_FRAMES;
	WRITE_ONCE(cluster->owner, 0);
	pcp->cluster = NULL;
	pcp->drains++;
	trace_buddy_drain(region, cluster_pfn(cluster), hweight64(free));
	if (keep && free == ~0ULL && keeps_eight(region, CLUSTER_ORDER))
		keep_cluster(region, pcp, cluster);
	else if (free)
		give_word(region, cluster, free);
}

static void evict_both(struct buddy_region *region, unsigned int cpu)
{
	struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

	evict(region, pcp, false);
	evict_large(region, pcp);
}

static void own(struct buddy_region *region, struct pcp *pcp,
		struct cluster *cluster, u64 free)
{
	u64 number = cluster->first_half;

	pcp->cluster = cluster;
	pcp->refills++;
	trace_buddy_refill(region, cluster_pfn(cluster), hweight64(free));
	WRITE_ONCE(cluster->owner, raw_smp_processor_id() + 1);
	WRITE_ONCE(pcp->hot.tails, &cluster->hot);
	atomic64_set_release(&pcp->hot.half[0], number << HALF_FRAMES | (u32)free);
	atomic64_set_release(&pcp->hot.half[1], (number | 1) << HALF_FRAMES |
			     free >> HALF_FRAMES);
}

/*
 * A block of @order, CLUSTER_ORDER or above, from the lists, as take_large().  If this
 * CPU has none, it gets those beside it in a larger block.
 */
static struct cluster *refill_large(struct buddy_region *region, struct pcp *pcp,
				    unsigned int order)
{
	unsigned int list = find_list(region, order), from, i;
	struct cluster *cluster, *beside;
	u64 large;

	if (list == NO_LIST)
		return NULL;
	from = min(list, order + LARGE_NR_ORDER);
	if (from == order || !keeps_eight(region, order) ||
	    atomic64_read(&pcp->large) & LARGE_BLOCKS)
		return take_large(region, list, order);

	cluster = take_large(region, list, from);
	beside = cluster;
	for (i = 1; i < BIT(from - order); i++) {
		beside += BIT(order - CLUSTER_ORDER);
		beside->state = CLUSTER_USED;
		atomic64_set(&beside->head, HEAD_CACHED);
	}
	/* The first, which is the lowest bit, is not among them. */
	large = large_word(cluster_pfn(cluster), order);
	large = (large & (large - 1)) | word_tails(__ffs64(large), i);
	trace_buddy_refill(region, large_pfn(large, order), BIT(from) - BIT(order));
	/* A free on its way from this CPU to another may have been quicker. */
	give_large(region, atomic64_xchg(&pcp->large, large));
	return cluster;
}

/* The first page of such a block, which is in use now. */
unsigned long pcp_refill_large(struct buddy_region *region, unsigned int order)
{
	struct cluster *cluster = refill_large(region, raw_cpu_ptr(region->pcp), order);

	if (!cluster)
		return BUDDY_NO_PFN;
	cluster->state = CLUSTER_USED;
	atomic64_set(&cluster->head, head_word(BIT(order)));
	return cluster_pfn(cluster);
}

/*
 * @nr pages of a block of half a cluster.  If there is none on the lists, open one of
 * the clusters that this CPU keeps: else every second such block would split a
 * larger one, and every second free merge it.
 */
static unsigned long refill_half(struct buddy_region *region, struct pcp *pcp,
				 unsigned int nr)
{
	struct cluster *cluster;
	unsigned long pfn;

	if (region->nonempty & BIT_ULL(HALF_ORDER))
		return take_block(region, HALF_ORDER, nr);
	evict(region, pcp, false);
	if (pop_large(&pcp->large, CLUSTER_ORDER, &pfn))
		cluster = find_cluster(region, find_run(region, pfn), pfn);
	else
		cluster = refill_large(region, pcp, CLUSTER_ORDER);
	if (!cluster)
		/* Another may have freed into the one that went back just now. */
		return take_block(region, HALF_ORDER, nr);
	open_cluster(cluster, word_tails(0, nr));
	own(region, pcp, cluster, ~word_mask(0, nr));
	return cluster_pfn(cluster);
}

/*
 * @nr pages of a block of @order, below CLUSTER_ORDER.  If the cache is empty, it
 * gets the rest of the block's cluster; if it has blocks, just too small ones, it
 * keeps them.
 */
unsigned long pcp_refill(struct buddy_region *region, unsigned int order,
			 unsigned int nr)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	unsigned int pos = 0, found;
	struct cluster *cluster;
	u64 free;

	if (!region->cache_order || owned_free(region, pcp))
		return take_block(region, order, nr);
	if (order == HALF_ORDER)
		return refill_half(region, pcp, nr);
	evict(region, pcp, false);
	cluster = take_cluster(region, order, &free);
	if (!cluster)
		return take_block(region, order, nr);
	if (free != ~0ULL)
		pos = word_find(free, order, &found);
	atomic64_or(word_tails(pos, nr), &cluster->tail);
	own(region, pcp, cluster, free & ~word_mask(pos, nr));
	return cluster_pfn(cluster) + pos;
}

/*
 * The @nr frames at @pfn are being freed in @cluster: own it from now on, and them?
 *
 * Yes if it is full, and the one that would have to go is full too or wholly free: so
 * goes who frees what he allocated in bulk, and no other CPU finds the cluster
 * on a list and takes it for its one free block.  Else it must be the place of
 * several frees in a row.
 */
bool pcp_adopt(struct buddy_region *region, const struct run *run,
	       struct cluster *cluster, unsigned long pfn, unsigned int nr)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	struct buddy_stats *stats = &region->stats;
	u64 had;

	if (!region->cache_order || cluster->state != CLUSTER_SPLIT || cluster->owner)
		return false;
	if (pcp->last != cluster) {
		pcp->last = cluster;
		pcp->streak = 0;
	}
	if (++pcp->streak < 2) {
		if (cluster->free)
			return false;
		had = owned_free(region, pcp);
		if (had && ~had)
			return false;
	}
	if (!is_whole(run, cluster))
		return false;
	evict(region, pcp, nr == HALF_FRAMES);
	own(region, pcp, cluster, take_word(region, cluster) |
	    word_mask(pfn % CLUSTER_FRAMES, nr));
	stats->peak_pages = max(stats->peak_pages, stats->pages - stats->free_pages);
	pcp->last = NULL;
	return true;
}

/* Hand back what all CPUs have. */
void pcp_drain(struct buddy_region *region)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		evict_both(region, cpu);
}

static unsigned long large_pages(u64 large)
{
	return (unsigned long)large_nr(large) << large_order(large);
}

/*
 * A word of another CPU as it is now: a plain read could miss what was freed just
 * before, and an allocation would fail for it.
 */
static u64 read_now(atomic64_t *word)
{
	return atomic64_fetch_or(0, word);
}

static u64 owned_free_now(struct pcp *pcp)
{
	return pcp->cluster ? (u32)read_now(&pcp->hot.half[0]) |
			      read_now(&pcp->hot.half[1]) << HALF_FRAMES : 0;
}

/*
 * Before an allocation of @order fails: hand back what CPUs have until the lists can
 * serve it; true if they can then.  Who asks again and again for what is not there
 * does not empty the caches each time: a cluster that is no help stays.  It helps if
 * it has such a block or, as only a whole one merges with others, if all is free.
 */
bool pcp_reclaim(struct buddy_region *region, unsigned int order)
{
	unsigned int cpu;

	if (region->stats.free_pages + pcp_free_pages(region) < BIT(order))
		return false;
	for_each_possible_cpu(cpu) {
		struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		evict_large(region, pcp);
		if (word_runs(owned_free_now(pcp), min_t(unsigned int, order, CLUSTER_ORDER)))
			evict(region, pcp, false);
		if (find_list(region, order) != NO_LIST)
			return true;
	}
	return false;
}

/* How many pages are free in the caches now; others may go on there meanwhile. */
unsigned long pcp_free_pages(struct buddy_region *region)
{
	unsigned long pages = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		pages += large_pages(read_now(&pcp->large)) + hweight64(owned_free_now(pcp));
	}
	return pages;
}

/* The order of the largest free block, on the lists or in a cache; -1 if there is none. */
int pcp_largest(struct buddy_region *region)
{
	int largest = fls64(region->nonempty) - 1;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);
		u64 free = owned_free(region, pcp), large = atomic64_read(&pcp->large);

		if (free)
			largest = max_t(int, largest, word_largest(free));
		if (large_nr(large))
			largest = max_t(int, largest, large_order(large));
	}
	return largest;
}

/*
 * Add to @stats what is free in the caches.  Others may go on there meanwhile: a block
 * that moves from one CPU to another can be seen with both, so no more is added than
 * can be free.
 */
void pcp_add_free(struct buddy_region *region, struct buddy_stats *stats)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);
		u64 large = atomic64_read(&pcp->large), free = owned_free(region, pcp);

		if (large_pages(large) <= stats->pages - stats->free_pages) {
			stats->nr_free[large_order(large)] += large_nr(large);
			stats->free_pages += large_pages(large);
		}
		if (hweight64(free) <= stats->pages - stats->free_pages) {
			count_word(stats->nr_free, free, 1);
			stats->free_pages += hweight64(free);
		}
	}
}

/* Add to @stats what was allocated and freed without the lock, nor with it here. */
void pcp_add_counts(struct buddy_region *region, struct buddy_stats *stats)
{
	unsigned int cpu, order;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		for (order = 0; order < BUDDY_NR_ORDERS; order++) {
			stats->allocs[order] += READ_ONCE(pcp->hot.count[order].allocs);
			stats->frees[order] += READ_ONCE(pcp->hot.count[order].frees);
		}
	}
}

/* Nothing runs on @cpu any more. */
static int pcp_offline(unsigned int cpu, struct hlist_node *node)
{
	struct buddy_region *region = hlist_entry(node, struct buddy_region, hotplug);
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	evict_both(region, cpu);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return 0;
}

int pcp_init(struct buddy_region *region)
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
	region->cache_order = max < CLUSTER_FRAMES ? 0 : ilog2(max);
	err = cpuhp_state_add_instance_nocalls(hotplug_state, &region->hotplug);
	if (err)
		free_percpu(region->pcp);
	return err;
}

void pcp_exit(struct buddy_region *region)
{
	cpuhp_state_remove_instance_nocalls(hotplug_state, &region->hotplug);
	free_percpu(region->pcp);
}

int pcp_hotplug_init(void)
{
	/* This one's teardown runs when the CPU is dead. */
	int state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN,
					    "mm/buddypool:dead", NULL, pcp_offline);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void pcp_hotplug_exit(void)
{
	cpuhp_remove_multi_state(hotplug_state);
}
