/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The free lists: one for each order, and each one a set of indexes of clusters or of
 * blocks.  The caller of each function has the region's lock.
 */
#ifndef BUDDY_FREE_LIST_H
#define BUDDY_FREE_LIST_H

#include "internal.h"

/*
 * The clusters of a block of @order, CLUSTER_ORDER or above, as a power of two: the index
 * of a block on its list is that of its first cluster, shifted by this.  A block need not
 * begin at a multiple of its clusters in the array.  Blocks do not overlap, so two of
 * them never have the same index.
 */
static inline unsigned int block_shift(unsigned int order)
{
	return order - CLUSTER_ORDER;
}

static inline unsigned long cluster_index(const struct buddy_region *region,
					  const struct cluster *cluster)
{
	return cluster - region->clusters;
}

/* The next two are inline in their few callers, which know more of @list. */
static __always_inline void add_to_free_list(struct buddy_region *region,
					     struct cluster *cluster,
					     unsigned int list, unsigned long index)
{
	cluster->list = list;
	index_set_add(&region->lists[list], index);
	region->nonempty |= BIT_ULL(list);
}

static __always_inline void del_from_free_list(struct buddy_region *region,
					       struct cluster *cluster,
					       unsigned int list, unsigned long index)
{
	cluster->list = NO_LIST;
	if (index_set_del(&region->lists[list], index))
		region->nonempty &= ~BIT_ULL(list);
}

/* Add the block of @order, CLUSTER_ORDER or above, that begins with cluster @i of the array. */
static __always_inline void add_block(struct buddy_region *region, unsigned long i,
				      unsigned int order)
{
	region->clusters[i].state = CLUSTER_FREE;
	add_to_free_list(region, &region->clusters[i], order, i >> block_shift(order));
}

/* The same for any list: on those below CLUSTER_ORDER, an entry is a cluster. */
static inline unsigned int list_shift(unsigned int list)
{
	return list < CLUSTER_ORDER ? 0 : block_shift(list);
}

/* How many indexes @list has in a region of @nr clusters. */
static inline unsigned long list_indexes(unsigned int list, u32 nr)
{
	return nr >> list_shift(list);
}

/*
 * The split cluster, or the first cluster of the block, that has @index on @list.  A block
 * begins with one of the clusters that have this index.  It is as long as these are, so it
 * has the last one of them.
 */
static inline struct cluster *entry_at_index(struct buddy_region *region, unsigned int list,
					     unsigned long index)
{
	unsigned long size = BIT(list_shift(list));
	struct cluster *cluster = &region->clusters[(index + 1) * size - 1];

	return cluster - (cluster_number(cluster) & (size - 1));
}

#endif /* BUDDY_FREE_LIST_H */
