// SPDX-License-Identifier: GPL-2.0
/*
 * The ends of lockless calls whose cluster has moved on: since the call changed its first word,
 * the CPU caches another cluster, or the half word has changed.  pcp.h has the protocol.
 */
#include <linux/log2.h>

#include "pcp.h"

/* The end of an allocation from the cache: the CPU caches another cluster by now. */
unsigned long buddy_pcp_set_tails(struct buddy_region *region, unsigned long pfn,
				  unsigned int nr)
{
	atomic64_or(bitmap64_tails(pfn % CLUSTER_PAGES, nr),
		    &find_cluster(region, find_range(region, pfn), pfn)->tail);
	return pfn;
}

/*
 * The end of a free whose cluster is in no CPU's cache by now.  If the whole block is still
 * in use, its tails return and the caller frees it under the lock.  If another call has
 * freed some of its pages, the others are freed here.  Return the number of pages that
 * were free; or -1, with nothing done, if a CPU caches the cluster again: a broken caller
 * could free one of the pages without the lock before the tails return.
 */
static int free_rest(struct buddy_region *region, struct cluster *cluster,
		     unsigned long pfn, unsigned int nr)
{
	unsigned int pos = pfn % CLUSTER_PAGES, blocks = 0, already;
	unsigned long flags;
	u64 free, used;

	raw_spin_lock_irqsave(&region->lock, flags);
	if (cluster->pcp_cpu) {
		raw_spin_unlock_irqrestore(&region->lock, flags);
		return -1;
	}
	/* If the cluster is part of a larger block by now, all pages are free. */
	free = bitmap64_mask(pos, nr);
	if (cluster->state == CLUSTER_SPLIT)
		free &= cluster->free;
	already = hweight64(free);
	if (!free)
		unclaim_block(cluster, pfn, nr);
	else
		for (used = free ^ bitmap64_mask(pos, nr); used; used &= used - 1)
			already += buddy_free_range(region, find_range(region, pfn),
						    cluster_pfn(cluster) + __ffs64(used), 1,
						    &blocks);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return already;
}

/*
 * The end of a free into a cache whose half word has changed since the tails were
 * cleared.  False if the caller has to free the block under the lock.
 */
bool buddy_pcp_free_late(struct buddy_region *region, struct cluster *cluster,
			 unsigned long pfn, unsigned int nr)
{
	unsigned int pcp_cpu;
	int already;

again:
	pcp_cpu = READ_ONCE(cluster->pcp_cpu);
	already = 0;
	if (pcp_cpu) {
		u64 block = bitmap64_mask(pfn % HALF_PAGES, nr), word;
		atomic64_t *half = pcp_half(region, pcp_cpu, pfn);

		for (;;) {
			/* The half word before the tails, as in F1, also after a cmpxchg fails. */
			word = atomic64_read_acquire(half);
			if (FIELD_GET(BUDDY_HALF_NUMBER, word) != pfn >> HALF_ORDER)
				break;
			/* A page without tails may be in another block by now. */
			if (nr == 1 && !bitmap64_is_block(atomic64_read(&cluster->tail),
							  pfn % CLUSTER_PAGES, 1))
				return false;
			if (!atomic64_try_cmpxchg(half, &word, word | block))
				continue;
			already = hweight64(word & block);
			if (already)
				buddy_double_free(region, pfn, nr, already);
			else
				this_cpu_inc(region->pcp->hot.count[order_base_2(nr)].frees);
			return true;
		}
	}
	if (nr > 1)
		already = free_rest(region, cluster, pfn, nr);
	if (already < 0)
		goto again;
	if (!already)
		return false;
	buddy_double_free(region, pfn, nr, already);
	return true;
}
