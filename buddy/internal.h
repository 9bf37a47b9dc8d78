/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the page layer share: the region, and one section for each file
 * with what it offers to the others.  Callers of the module include buddy.h instead.
 */
#ifndef BUDDY_INTERNAL_H
#define BUDDY_INTERNAL_H

#include <linux/err.h>
#include <linux/hardirq.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

#include "buddy.h"
#include "cluster.h"
#include "index_set.h"

#define NAME_LEN	32	/* of a region, with the NUL */

/**
 * struct pfn_range - physically contiguous pages of a region
 * @pfn: the first page
 * @pages: how many
 * @first: index of the cluster that @pfn lies in
 */
struct pfn_range {
	unsigned long pfn;
	unsigned long pages;
	u32 first;
};

/**
 * enum origin - to whom a region's memory belonged before
 * @ORIGIN_CALLER: to the caller of buddy_region_create(), who keeps it
 * @ORIGIN_RESERVED: to nobody: a physical range that the kernel does not own
 * @ORIGIN_KERNEL: to the kernel's page allocator
 * @ORIGIN_NODE: to nobody: memory of a node below /reserved-memory in the devicetree
 */
enum origin {
	ORIGIN_CALLER,
	ORIGIN_RESERVED,
	ORIGIN_KERNEL,
	ORIGIN_NODE,
};

/**
 * struct buddy_region - memory that blocks are allocated from
 * @hot: what the inline functions read; the first member, as they know no other
 * @ranges: the memory, in ascending order; two ranges are never adjacent; constant
 * @nr_ranges: how many
 * @origin: &enum origin; says how the memory is given back
 * @uncached: the kernel's mapping is write-combined, and no other may be cached
 * @counted: while only the region has a page, the page's reference count is 1; processes
 *	may hold pages
 * @pgmap: the struct pages that were made for a reserved range, or NULL
 * @reclaimed: the range's resource was left by an earlier load of the module
 * @unclaimed: the range has no resource of the module in /proc/iomem
 * @clusters: the clusters of all ranges, in the order of @ranges, so by address; the
 *	words of @lists stand behind them
 * @pcp: the per-CPU caches
 * @cache_order: order of the largest block that a cache may have: HALF_ORDER if that is a
 *	cluster's block alone; 0 for no caches
 * @searches: searches for a run that have drained the caches; meanwhile no CPU fills its cache
 * @cache_row: after so many calls of one kind in a row, a CPU caches the next ones
 * @nr_clusters: length of @clusters
 * @name: constant
 * @link: in the list of regions, under its mutex
 * @refcount: references by buddy_region_get(), and one of the region's own
 * @rcu: frees the region when no reader of the list of regions looks at it any more
 * @dir: debugfs folder
 * @errors: caller errors by kind, counted without the lock
 * @hotplug: entry in the list of those that are told when a CPU goes offline
 * @owners: with track=1, the last owners of each page, or NULL
 * @watch_lock: protects @owners, and makes a watched free below a cluster one step;
 *	taken in any context but NMI, where it is only tried; taken before @lock
 * @lock: protects @clusters and all members below; the innermost lock, taken in any
 *	context up to hardirq and tried in NMI; held for a few steps per order, in a bulk
 *	call for up to eight blocks, for a few more steps per CPU to drain or count the
 *	caches, or for one line of the map
 * @nonempty: a bit for each free list that has an entry
 * @stats: counters without those of the caches, which buddy_region_stats() adds; right
 *	behind @nonempty, so that a call under the lock changes fewer cache lines
 * @lists: the free lists, one for each order.  The index of a cluster is that of the
 *	array; from CLUSTER_ORDER on, it is divided by the clusters of a block
 */
struct buddy_region {
	struct buddy_hot hot;
	struct pfn_range *ranges;
	unsigned int nr_ranges;
	u8 origin;
	bool reclaimed;
	bool unclaimed;
	bool uncached;
	bool counted;
	struct dev_pagemap *pgmap;
	struct cluster *clusters;
	struct pcp __percpu *pcp;
	unsigned int cache_order;
	unsigned int cache_row;
	atomic_t searches;
	u32 nr_clusters;
	char name[NAME_LEN];
	struct list_head link;
	refcount_t refcount;
	struct rcu_head rcu;
	struct dentry *dir;
	atomic_long_t errors[BUDDY_NR_ERRORS];
	struct hlist_node hotplug;
	struct page_owner *owners;
	raw_spinlock_t watch_lock;

	raw_spinlock_t lock ____cacheline_aligned;
	u64 nonempty;
	struct buddy_stats stats;
	struct index_set lists[BUDDY_NR_ORDERS];
};

#define for_each_range(range, region) \
	for ((range) = (region)->ranges; \
	     (range) < (region)->ranges + (region)->nr_ranges; (range)++)

/* --- error.c: what a caller can do wrong --- */

extern atomic_t buddy_bad_calls;

/**
 * struct caller_error - the facts of a caller's mistake
 * @kind: &enum buddy_error
 * @pfn: of which page, or BUDDY_NO_PFN
 * @addr: of which address, if the caller named one, or NULL
 * @given: pages that the caller named
 * @actual: pages of the block, or 0
 */
struct caller_error {
	enum buddy_error kind;
	unsigned long pfn;
	const void *addr;
	unsigned long given;
	unsigned long actual;
};

void buddy_caller_error(struct buddy_region *region, const struct caller_error *error);

/* The usual mistake: @nr pages at @pfn, or at no page: BUDDY_NO_PFN. */
void buddy_page_error(struct buddy_region *region, enum buddy_error kind,
		      unsigned long pfn, unsigned long nr);
void buddy_wrong_free(struct buddy_region *region, enum buddy_error kind,
		      unsigned long pfn, unsigned long nr, unsigned long used);
void buddy_double_free(struct buddy_region *region, unsigned long pfn,
		       unsigned long nr, unsigned long times);

static inline bool is_region_pointer(const char *func, const struct buddy_region *region)
{
	return buddy_is_pointer(func, "this is no region", region);
}

/* True, counted and reported, in NMI context, which must not wait for @region's lock. */
static inline bool is_in_nmi(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	if (likely(!in_nmi()))
		return false;
	buddy_page_error(region, BUDDY_IN_NMI, pfn, nr);
	return true;
}

/* The order of the largest naturally aligned block at @pfn of at most @nr pages, at least 1. */
static inline unsigned int aligned_order(unsigned long pfn, unsigned long nr)
{
	return pfn ? min_t(unsigned int, ilog2(nr), __ffs(pfn)) : ilog2(nr);
}

/* The pages of a block of @order.  No block has the 0 pages of an order out of range. */
static inline unsigned long order_pages(unsigned int order)
{
	return order < BUDDY_NR_ORDERS ? BIT(order) : 0;
}

/* --- addr.c: from pfn to range and cluster --- */

const struct pfn_range *buddy_find_range_slow(const struct buddy_region *region,
					      unsigned long pfn);

/* The range that @pfn lies in, or NULL. */
static inline const struct pfn_range *find_range(const struct buddy_region *region,
						 unsigned long pfn)
{
	const struct pfn_range *range = region->ranges;

	if (likely(pfn - range->pfn < range->pages))
		return range;
	return buddy_find_range_slow(region, pfn);
}

static inline struct cluster *find_cluster(struct buddy_region *region,
					   const struct pfn_range *range,
					   unsigned long pfn)
{
	return &region->clusters[range->first + (pfn >> CLUSTER_ORDER) -
				 (range->pfn >> CLUSTER_ORDER)];
}

/* How many clusters a range has, those that it only has a part of too. */
static inline unsigned long range_clusters(const struct pfn_range *range)
{
	return ((range->pfn + range->pages - 1) >> CLUSTER_ORDER) -
	       (range->pfn >> CLUSTER_ORDER) + 1;
}

/* The pages of @cluster that belong to @range: all but at the range's ends. */
static inline u64 range_pages(const struct pfn_range *range, const struct cluster *cluster)
{
	unsigned long pfn = cluster_pfn(cluster);
	unsigned long start = max(range->pfn, pfn);
	unsigned long end = min(range->pfn + range->pages, pfn + CLUSTER_PAGES);

	return bitmap64_mask(start - pfn, end - start);
}

/*
 * Whether all pages of @cluster belong to @range.  No CPU caches another cluster: two
 * ranges can both have a part of it.
 */
static inline bool is_whole(const struct pfn_range *range, const struct cluster *cluster)
{
	unsigned long pfn = cluster_pfn(cluster);

	return pfn >= range->pfn && pfn + CLUSTER_PAGES <= range->pfn + range->pages;
}

/* Whether a CPU may cache the free pages of the split @cluster. */
static inline bool may_cache(const struct pfn_range *range, const struct cluster *cluster)
{
	return is_whole(range, cluster) && !is_packed(cluster);
}

/* --- alloc.c: blocks by pfn --- */

/* With this bit in its flags, alloc_locked() fails in silence: the caller looks elsewhere. */
#define BUDDY_GFP_ELSEWHERE	((__force gfp_t)BIT(31))

unsigned long buddy_alloc_order(struct buddy_region *region, unsigned int order, gfp_t gfp);
bool buddy_alloc_begin(struct buddy_region *region, unsigned int order, unsigned long nr,
		       gfp_t gfp);
unsigned long buddy_alloc_end(struct buddy_region *region, unsigned long pfn,
			      unsigned int order, unsigned long nr, gfp_t gfp);
void buddy_count_alloc(struct buddy_region *region, unsigned long nr);
void buddy_alloc_failed(struct buddy_region *region, unsigned int order, unsigned long nr,
			gfp_t gfp, const char *where);
void buddy_split_pfn(struct buddy_region *region, unsigned long pfn, unsigned long nr);

/**
 * struct wrong_free - the facts of a free that was a mistake
 * @already: so many of the pages were free; 0 if no such block was in use at all
 * @error: of a block that was not in use: &enum buddy_error
 * @used: the pages of the block that is in use there
 */
struct wrong_free {
	unsigned long already;
	enum buddy_error error;
	unsigned long used;
};

unsigned long buddy_alloc_with_lock(struct buddy_region *region, unsigned int order,
				    bool reclaim);
bool buddy_free_with_lock(struct buddy_region *region, const struct pfn_range *range,
			  struct cluster *cluster, unsigned long pfn, unsigned long nr,
			  struct wrong_free *wrong);
void buddy_report_free(struct buddy_region *region, unsigned long pfn, unsigned long nr,
		       const struct wrong_free *wrong);
void buddy_free_late(struct buddy_region *region, unsigned long pfn, unsigned long nr);

/* --- free_area.c: the free lists; but for the first two, the caller has region->lock --- */

u64 buddy_metadata_bytes(u32 nr);
void buddy_free_area_init(struct buddy_region *region);
struct cluster *buddy_first_cluster(struct buddy_region *region,
				    const struct pfn_range *range, struct cluster *cluster);
unsigned int buddy_find_list(const struct buddy_region *region, unsigned int order);
unsigned long buddy_rmqueue(struct buddy_region *region, unsigned int order);
struct cluster *buddy_rmqueue_large(struct buddy_region *region, unsigned int list,
				    unsigned int order);
struct cluster *buddy_rmqueue_cluster(struct buddy_region *region, unsigned int order,
				      u64 *free);
u64 buddy_cluster_detach(struct buddy_region *region, struct cluster *cluster);
void buddy_cluster_attach(struct buddy_region *region, struct cluster *cluster, u64 free);
unsigned long buddy_free_range(struct buddy_region *region, const struct pfn_range *range,
			       unsigned long pfn, unsigned long nr, unsigned int *blocks);
unsigned long buddy_used_pages(struct buddy_region *region, const struct pfn_range *range,
			       unsigned long pfn, enum buddy_error *error);
void buddy_update_free_list(struct buddy_region *region, struct cluster *cluster);
unsigned int buddy_count_blocks(unsigned long nr_free[], u64 free, int by);

/* --- run.c: blocks of any length; the caller has region->lock, see also run.h --- */

unsigned long buddy_packed_pages(const struct cluster *cluster, unsigned int nr);
void buddy_mark_block(struct buddy_region *region, const struct pfn_range *range,
		      unsigned long pfn, unsigned long nr);
bool buddy_claim_packed(struct buddy_region *region, struct cluster *cluster,
			unsigned long pfn, unsigned long nr);

bool buddy_hold_block(struct buddy_region *region, struct cluster *cluster,
		      unsigned long pfn, unsigned long nr);
void buddy_unhold_block(struct buddy_region *region, const struct pfn_range *range,
			unsigned long pfn, unsigned long nr);

/* --- range.c: where the memory comes from --- */

int buddy_range_of_caller(struct buddy_region *region, u64 base, u64 size, void *virt);
int buddy_range_reserved(struct buddy_region *region, const char *what, u64 base, u64 size);
int buddy_range_of_kernel(struct buddy_region *region, const char *what, u64 size, u64 end);

/* What the devicetree says of a node's memory. */
#define NODE_NO_MAP	BIT(0)	/* the kernel does not map it */
#define NODE_DYNAMIC	BIT(1)	/* the kernel has chosen the place */
#define NODE_UNCACHED	BIT(2)	/* the module is to map it write-combined */

int buddy_range_of_node(struct buddy_region *region, const char *what, u64 base, u64 size,
			unsigned int flags);
void buddy_range_release(struct buddy_region *region);
int buddy_check_uncached(void);

extern bool buddy_is_loaded;
extern bool buddy_reclaim;

/* --- region.c: a region's life --- */

struct buddy_region *buddy_region_add(enum origin origin, const char *what,
				      const char *name, u64 base, u64 size, void *virt);
struct buddy_region *buddy_region_add_node(const char *what, const char *name, u64 base,
					   u64 size, unsigned int flags);
int buddy_region_remove(struct buddy_region *region, enum origin origin);
void buddy_regions_remove_all(void);
struct buddy_region *buddy_region_find(unsigned long pfn, const void *addr);
void buddy_regions_for_each(void (*fn)(struct buddy_region *region, void *data),
			    void *data);

/* --- of.c: regions of the devicetree --- */

#define BUDDY_OF_COMPATIBLE	"buddypool,region"

/* --- param.c --- */

int buddy_parse_bytes(char *text, u64 *bytes);
int buddy_parse_list(const char *list, int (*fn)(char *entry, unsigned int index));

/* --- debugfs.c: the state as text --- */

#ifdef CONFIG_DEBUG_FS
void buddy_debugfs_init(void);
void buddy_debugfs_exit(void);
void buddy_debugfs_add(struct buddy_region *region);
#else
static inline void buddy_debugfs_init(void) {}
static inline void buddy_debugfs_exit(void) {}
static inline void buddy_debugfs_add(struct buddy_region *region) {}
#endif

#endif /* BUDDY_INTERNAL_H */
