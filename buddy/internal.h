/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the page layer share; callers include buddy.h instead. */
#ifndef BUDDY_INTERNAL_H
#define BUDDY_INTERNAL_H

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/hardirq.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

#include "buddy.h"
#include "word.h"

#define CLUSTER_ORDER	WORD_ORDER
#define CLUSTER_FRAMES	WORD_FRAMES

#define NAME_LEN	32	/* of a region, with the NUL */

/* No list: a cluster that is split and has no free frame is on none. */
#define NO_LIST		0xff

/*
 * The first BUDDY_NR_ORDERS entries of the cluster array are not clusters but
 * the list heads, so that a list operation needs no test for the ends.
 */
#define FIRST_CLUSTER	BUDDY_NR_ORDERS

/* The largest block that a CPU caches, and its frames. */
#define HALF_ORDER	BUDDY_HALF_ORDER
#define HALF_FRAMES	BUDDY_HALF_FRAMES

/* No region goes beyond: the number of half a cluster has 32 bits. */
#define END_PFN		BIT(32 + HALF_ORDER)

/**
 * enum cluster_state - which of a cluster's fields mean something
 * @CLUSTER_INSIDE: part of a block whose head is another cluster; nothing does
 * @CLUSTER_SPLIT: its frames are in blocks below CLUSTER_ORDER: free and tail
 * @CLUSTER_FREE: head of a free block
 * @CLUSTER_USED: head of a used block: head, which tells if a CPU caches it
 */
enum cluster_state {
	CLUSTER_INSIDE,
	CLUSTER_SPLIT,
	CLUSTER_FREE,
	CLUSTER_USED,
};

/**
 * struct cluster - 64 naturally aligned frames
 * @free: the frames that are free; none while a CPU owns the cluster
 * @hot: what inline.h reads: @tail and @first_half
 * @tail: the frames that continue the block of the frame before them
 * @head: of the used block whose head this is: head_word(), HEAD_CACHED
 * @first_half: number of its first half: pfn >> HALF_ORDER; constant
 * @next: next on the free list, an index into the cluster array
 * @prev: previous on the free list
 * @state: &enum cluster_state
 * @list: the free list that it is on: the order of its largest free block
 * @owner: 1 + the CPU whose cache has its free frames, or 0; no kernel has 65,535
 *
 * Half a byte of metadata a frame.  Links are array indexes, as pointers would
 * make that 0.63.  Without the region's lock, @tail, @head, @owner and @first_half
 * are read, and but for the last two written.
 */
struct cluster {
	u64 free;
	union {
		struct buddy_tails hot;
		struct {
			union {
				atomic64_t tail;
				atomic64_t head;
			};
			u32 first_half;
			u32 next;
		};
	};
	u32 prev;
	u8 state;
	u8 list;
	u16 owner;
};

/*
 * A block of whole clusters is freed by a cmpxchg on its length, so nothing else
 * may look like one: bits 0 and 2 without 1 are in no word of tails, as no block
 * of several frames starts at frame 1.
 */
#define HEAD_MARK	5ULL
#define HEAD_CACHED	HEAD_MARK	/* of no pages: in a CPU's cache */

static inline u64 head_word(u64 pages)
{
	return pages << 3 | HEAD_MARK;
}

static inline bool is_head_word(u64 tail)
{
	return (tail & 7) == HEAD_MARK;
}

/**
 * struct pcp - one CPU's cache, with what inline.h need not know
 * @hot: the cache of blocks below a cluster
 * @large: free blocks of whole clusters, see large_word() in pcp.h
 * @cluster: the owned cluster or NULL
 * @last: the last cluster that this CPU freed into under the region's lock
 * @streak: how many blocks in a row went there
 * @refills: how often it came to own a cluster
 * @drains: how often it ceased to
 */
struct pcp {
	struct buddy_pcp hot;
	atomic64_t large;
	struct cluster *cluster;
	struct cluster *last;
	unsigned int streak;
	u64 refills;
	u64 drains;
} ____cacheline_aligned;

/**
 * struct run - physically contiguous frames of a region
 * @pfn: the first
 * @pages: how many
 * @first: index of the cluster that @pfn lies in
 */
struct run {
	unsigned long pfn;
	unsigned long pages;
	u32 first;
};

/**
 * enum origin - who a region's memory belonged to before
 * @ORIGIN_CALLER: the caller of buddy_region_create(), who keeps it
 * @ORIGIN_RESERVED: nobody: a physical range that the kernel does not own
 * @ORIGIN_KERNEL: the kernel's page allocator
 */
enum origin {
	ORIGIN_CALLER,
	ORIGIN_RESERVED,
	ORIGIN_KERNEL,
};

/**
 * struct source - where a region's memory comes from, and how it goes back
 * @runs: in ascending order, never adjacent
 * @nr_runs: how many
 * @origin: &enum origin; decides how the memory goes back
 * @reclaimed: its claim is one that an earlier load of the module left behind
 */
struct source {
	struct run *runs;
	unsigned int nr_runs;
	u8 origin;
	bool reclaimed;
};

/**
 * struct buddy_region - one reserved range
 * @hot: for buddy/inline.h, to which only it is known; must be the first
 * @source: its memory; constant while the region lives
 * @clusters: the list heads, then the clusters of all runs
 * @pcp: the per-CPU caches
 * @cache_order: of the largest block that a cache may have; 0 for no caches
 * @nr_clusters: length of @clusters, heads included
 * @name: constant
 * @link: in the list of regions, under its mutex
 * @holds: by buddy_region_get(), and one that the region has while it lives
 * @rcu: frees the region when nobody looks at it any more
 * @dir: debugfs folder
 * @errors: caller errors by kind, counted without the lock
 * @hotplug: entry in the list of those that hear of a CPU going offline
 * @frames: the history of each frame, with track=1, or NULL
 * @watch_lock: protects @frames, and one watched free from the next; taken in
 *	any context but NMI, where it is tried, and before @lock
 * @lock: protects @clusters and all that follows; innermost, taken in any
 *	context up to hardirq, tried in NMI, held for a few steps per order; for
 *	a few more per CPU to drain or count the caches; or for a line of the map
 * @nonempty: the free lists that have an entry, a bit per order
 * @stats: counters, less what the caches have: buddy_region_stats() adds that
 */
struct buddy_region {
	struct buddy_hot hot;
	struct source source;
	struct cluster *clusters;
	struct pcp __percpu *pcp;
	unsigned int cache_order;
	u32 nr_clusters;
	char name[NAME_LEN];
	struct list_head link;
	refcount_t holds;
	struct rcu_head rcu;
	struct dentry *dir;
	atomic_long_t errors[BUDDY_NR_ERRORS];
	struct hlist_node hotplug;
	struct frame *frames;
	raw_spinlock_t watch_lock;

	raw_spinlock_t lock ____cacheline_aligned;
	u64 nonempty;
	struct buddy_stats stats;
};

/* freelist.c; but for the first three, region->lock is held */
void freelist_init(struct buddy_region *region);
const struct run *find_run_slow(const struct buddy_region *region,
				unsigned long pfn);
struct cluster *cluster_head(struct buddy_region *region, const struct run *run,
			     struct cluster *cluster);
unsigned long take_block(struct buddy_region *region, unsigned int order,
			 unsigned long nr);
unsigned int give_range(struct buddy_region *region, const struct run *run,
			unsigned long pfn, unsigned long nr, unsigned int *twice);
unsigned long used_pages(struct buddy_region *region, const struct run *run,
			 unsigned long pfn, enum buddy_error *error);
unsigned int find_list(const struct buddy_region *region, unsigned int order);
struct cluster *take_cluster(struct buddy_region *region, unsigned int order,
			     u64 *free);
struct cluster *take_large(struct buddy_region *region, unsigned int list,
			   unsigned int order);
u64 take_word(struct buddy_region *region, struct cluster *cluster);
void give_word(struct buddy_region *region, struct cluster *cluster, u64 free);
void count_word(unsigned long nr_free[], u64 free, int by);

/* pcp.c */
int pcp_init(struct buddy_region *region);
void pcp_exit(struct buddy_region *region);
unsigned long pcp_mark_tails(struct buddy_region *region, unsigned long pfn,
			     unsigned int nr);
bool pcp_free_late(struct buddy_region *region, struct cluster *cluster,
		   unsigned long pfn, unsigned int nr);
unsigned long pcp_refill(struct buddy_region *region, unsigned int order,
			 unsigned int nr);
unsigned long pcp_refill_large(struct buddy_region *region, unsigned int order);
bool pcp_adopt(struct buddy_region *region, const struct run *run,
	       struct cluster *cluster, unsigned long pfn, unsigned int nr);
void pcp_swap_large(struct buddy_region *region, unsigned long pfn, unsigned int order);
bool pcp_reclaim(struct buddy_region *region, unsigned int order);
void pcp_drain(struct buddy_region *region);
int pcp_largest(struct buddy_region *region);
unsigned long pcp_free_pages(struct buddy_region *region);
void pcp_add_free(struct buddy_region *region, struct buddy_stats *stats);
void pcp_add_counts(struct buddy_region *region, struct buddy_stats *stats);
int pcp_hotplug_init(void);
void pcp_hotplug_exit(void);

/* error.c */
extern atomic_t buddy_bad_calls;
void caller_error(struct buddy_region *region, enum buddy_error error,
		  bool virt, unsigned long where, unsigned long asked,
		  unsigned long actual);
void bad_call(const char *func, const char *what, const void *pointer);

/* Whether @region cannot be one, which is then counted and reported. */
static inline bool no_region(const char *func, const struct buddy_region *region)
{
	if (!IS_ERR_OR_NULL(region))
		return false;
	bad_call(func, "this is no region", region);
	return true;
}

/* Whether a caller of what takes @region's lock is in NMI context, which is counted. */
static inline bool is_in_nmi(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	if (likely(!in_nmi()))
		return false;
	caller_error(region, BUDDY_IN_NMI, false, pfn, nr, 0);
	return true;
}

/*
 * Allocating and freeing work where nothing else can be asked of the kernel: in an
 * NMI, or without preemption on PREEMPT_RT, whose other locks sleep.
 */
static inline bool kernel_may_allocate(void)
{
	return !in_nmi() && (!IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible());
}

/* The run that @pfn lies in, or NULL. */
static inline const struct run *find_run(const struct buddy_region *region,
					 unsigned long pfn)
{
	const struct run *run = region->source.runs;

	if (likely(pfn - run->pfn < run->pages))
		return run;
	return find_run_slow(region, pfn);
}

static inline struct cluster *find_cluster(struct buddy_region *region,
					   const struct run *run,
					   unsigned long pfn)
{
	return &region->clusters[run->first + (pfn >> CLUSTER_ORDER) -
				 (run->pfn >> CLUSTER_ORDER)];
}

static inline unsigned long cluster_number(const struct cluster *cluster)
{
	return cluster->first_half >> 1;
}

static inline unsigned long cluster_pfn(const struct cluster *cluster)
{
	return (unsigned long)cluster->first_half << HALF_ORDER;
}

/* Make a block of CLUSTER_ORDER a cluster whose frames are all the caller's. */
static inline void open_cluster(struct cluster *cluster, u64 tail)
{
	cluster->state = CLUSTER_SPLIT;
	cluster->free = 0;
	atomic64_set(&cluster->tail, tail);
}

/* The length of the used block that @cluster heads; 0 if a CPU caches it. */
static inline unsigned long head_pages(const struct cluster *cluster)
{
	return atomic64_read(&cluster->head) >> 3;
}

/* How many clusters a run touches. */
static inline unsigned long run_clusters(const struct run *run)
{
	return ((run->pfn + run->pages - 1) >> CLUSTER_ORDER) -
	       (run->pfn >> CLUSTER_ORDER) + 1;
}

/* The frames of @cluster that belong to the region: all but at a run's ends. */
static inline u64 run_frames(const struct run *run,
			     const struct cluster *cluster)
{
	unsigned long pfn = cluster_pfn(cluster);
	unsigned long start = max(run->pfn, pfn);
	unsigned long end = min(run->pfn + run->pages, pfn + CLUSTER_FRAMES);

	return word_mask(start - pfn, end - start);
}

/*
 * Where a run begins or ends, a cluster may have frames that are not its own.
 * Two runs can even share such a cluster's number, so no CPU owns one.
 */
static inline bool is_whole(const struct run *run, const struct cluster *cluster)
{
	unsigned long pfn = cluster_pfn(cluster);

	return pfn >= run->pfn && pfn + CLUSTER_FRAMES <= run->pfn + run->pages;
}

/* watch.c; while buddy_is_watched() */
struct seq_file;
int watch_init(void);
int watch_region_init(struct buddy_region *region, const char *what);
void watch_region_exit(struct buddy_region *region);
bool watch_fail(struct buddy_region *region, unsigned long nr);
void watch_alloc(struct buddy_region *region, unsigned long pfn, unsigned int order,
		 unsigned long nr);
void watch_free(struct buddy_region *region, unsigned long pfn, unsigned long nr);
int watch_show_owners(struct seq_file *m, struct buddy_region *region);
void watch_print_owners(struct buddy_region *region);

/* region.c */
struct buddy_region *region_add(enum origin origin, const char *what,
				const char *name, u64 base, u64 size, void *virt);
void regions_remove_all(void);
struct buddy_region *region_find(bool virt, unsigned long where);
void regions_for_each(void (*fn)(struct buddy_region *region, void *data),
		      void *data);

/* source.c */
int source_caller(struct buddy_region *region, u64 base, u64 size, void *virt);
int source_reserved(struct buddy_region *region, const char *what, u64 base,
		    u64 size);
int source_kernel(struct buddy_region *region, const char *what, u64 size);
void source_release(struct buddy_region *region);
void source_loaded(void);

/* debugfs.c */
#ifdef CONFIG_DEBUG_FS
void debugfs_init(const struct file_operations *pools_fops);
void debugfs_exit(void);
void debugfs_add(struct buddy_region *region);
#else
static inline void debugfs_init(const struct file_operations *pools_fops) {}
static inline void debugfs_exit(void) {}
static inline void debugfs_add(struct buddy_region *region) {}
#endif

#endif /* BUDDY_INTERNAL_H */
