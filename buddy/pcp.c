// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches: how a cluster comes into one and goes back.
 *
 * A CPU owns at most one cluster, which is on no list meanwhile.  It takes one
 * when an allocation finds its cache empty, and when it frees into the same
 * cluster twice in a row, so that random frees do not move clusters about.
 * Everything here but the set-up runs under the region's lock, with interrupts
 * off; blocks come and go beside it, see pcp.h.
 */
#include <linux/cpuhotplug.h>

#include "pcp.h"

/* At most one frame in so many may sit in the caches, or there are none. */
#define SHARE	16

static enum cpuhp_state hotplug_state;

/* Hand back what @pcp has; true if there was anything. */
static bool evict(struct buddy_region *region, struct pcp *pcp)
{
	struct cluster *cluster = pcp->cluster;
	u64 free;

	if (!cluster)
		return false;
	/* From here on, frees find no half of theirs and wait for the lock. */
	free = (u32)atomic64_xchg(&pcp->hot.half[0], NO_HALF);
	free |= (u64)atomic64_xchg(&pcp->hot.half[1], NO_HALF) << HALF_FRAMES;
	WRITE_ONCE(cluster->owner, 0);
	pcp->cluster = NULL;
	pcp->drains++;
	give_word(region, cluster, free);
	return free;
}

static void own(struct pcp *pcp, struct cluster *cluster, u64 free)
{
	u64 number = (u64)cluster->number << 1;

	pcp->cluster = cluster;
	pcp->refills++;
	WRITE_ONCE(cluster->owner, raw_smp_processor_id() + 1);
	WRITE_ONCE(pcp->hot.tail, &cluster->tail);
	atomic64_set_release(&pcp->hot.half[0], number << HALF_FRAMES | (u32)free);
	atomic64_set_release(&pcp->hot.half[1], (number | 1) << HALF_FRAMES |
			     free >> HALF_FRAMES);
}

/*
 * A block of @order from the lists.  If the cache is empty, it gets the rest of
 * the block's cluster; if it has blocks, just too small ones, it keeps them.
 */
unsigned long pcp_refill(struct buddy_region *region, unsigned int order)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);
	unsigned int pos = 0, found;
	struct cluster *cluster;
	u64 free;

	if (!region->cached || (pcp->cluster && cluster_free(region, pcp->cluster)))
		return take_block(region, order);
	evict(region, pcp);
	cluster = take_cluster(region, order, &free);
	if (!cluster)
		return take_block(region, order);
	if (free != ~0ULL)
		pos = word_find(free, order, &found);
	atomic64_or(word_tails(pos, order), &cluster->tail);
	own(pcp, cluster, free & ~word_mask(pos, 1U << order));
	return cluster_pfn(cluster) + pos;
}

/* A block of the split @cluster is about to be freed: cache it from now on? */
void pcp_adopt(struct buddy_region *region, struct cluster *cluster)
{
	struct pcp *pcp = raw_cpu_ptr(region->pcp);

	if (!region->cached || cluster->state != CLUSTER_SPLIT || cluster->owner)
		return;
	if (pcp->last == cluster && is_whole(region, cluster)) {
		evict(region, pcp);
		own(pcp, cluster, take_word(region, cluster));
	}
	pcp->last = cluster;
}

/* Hand back what all CPUs have; true if there was anything. */
bool pcp_drain(struct buddy_region *region)
{
	bool any = false;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		any |= evict(region, per_cpu_ptr(region->pcp, cpu));
	return any;
}

/* Add to @stats what the caches have, as they are while others go on. */
void pcp_add_stats(struct buddy_region *region, struct buddy_stats *stats)
{
	unsigned int cpu, order;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		for (order = 0; order < CLUSTER_ORDER; order++) {
			stats->allocs[order] += READ_ONCE(pcp->hot.allocs[order]);
			stats->frees[order] += READ_ONCE(pcp->hot.frees[order]);
		}
		if (pcp->cluster) {
			u64 free = cluster_free(region, pcp->cluster);

			count_word(stats->nr_free, free, 1);
			stats->free_pages += hweight64(free);
		}
	}
}

/* Nothing runs on @cpu any more. */
static int pcp_offline(unsigned int cpu, struct hlist_node *node)
{
	struct buddy_region *region = hlist_entry(node, struct buddy_region, hotplug);
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	evict(region, per_cpu_ptr(region->pcp, cpu));
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return 0;
}

int pcp_init(struct buddy_region *region)
{
	unsigned int cpu;
	int err;

	BUILD_BUG_ON(NR_CPUS >= U16_MAX);	/* cluster->owner */
	region->pcp = alloc_percpu(struct pcp);
	if (!region->pcp)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		pcp->hot.tail = &region->clusters->tail;
		atomic64_set(&pcp->hot.half[0], NO_HALF);
		atomic64_set(&pcp->hot.half[1], NO_HALF);
	}
	region->hot.pcp = &region->pcp->hot;
	region->cached = region->stats.pages >> CLUSTER_ORDER >=
			 SHARE * num_possible_cpus();
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
