/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work for several page allocators in one program.  No type of the kernel is used here:
 * this layer and its peers are compiled with different stand-ins for the kernel's headers.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <stdbool.h>

/* No block; 0 is one of page 0. */
#define NOTHING	(~0UL)

/**
 * struct place - where a block may lie, in pages from the start of the region
 * @low: no page before this one
 * @high: no page at or behind this one; 0 sets no limit
 * @align_order: the first page's address is a multiple of 2^align_order pages
 * @top_down: the highest place instead of the lowest
 */
struct place {
	unsigned long low;
	unsigned long high;
	unsigned int align_order;
	bool top_down;
};

struct thread;

/**
 * struct subject - an allocator of pages
 * @name: in the tables
 * @create: a region of so many pages, all free; NULL if there is no memory for it
 * @destroy: all its blocks are free
 * @alloc: a block of so many pages; its handle, or NOTHING
 * @free: a block by its handle and its pages
 * @first: number of the first page of a block
 * @within: a block at a place
 * @has_windows: @within takes each place; if not, an alignment or one address
 * @loop: the work of a thread: thread_loop() with the subject's own calls
 */
struct subject {
	const char *name;
	void *(*create)(unsigned long nr_pages);
	void (*destroy)(void *region);
	unsigned long (*alloc)(void *region, unsigned long nr_pages);
	void (*free)(void *region, unsigned long block, unsigned long nr_pages);
	unsigned long (*first)(unsigned long block);
	unsigned long (*within)(void *region, unsigned long nr_pages, const struct place *place);
	bool has_windows;
	void (*loop)(struct thread *thread);
};

extern const struct subject ours, gpu_buddy, gen_pool, gen_pool_first;
/* For threads alone: this project's calls for many blocks, two floors, and a lock. */
extern const struct subject ours_bulk, the_floor, floor_side_by_side, lock_alone;

/* How many CPUs a region that is created now has caches for, and the calling thread's own. */
extern unsigned int native_cpus;
extern __thread unsigned int native_cpu;

/* The next of the random numbers whose state is @random, which is not 0. */
static inline unsigned int draw(unsigned long *random)
{
	/* G. Marsaglia, "Xorshift RNGs" (2003) */
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random >> 32;
}

/* --- mixed.c: mixed work, and what is left of large blocks after it --- */

/**
 * struct work - allocations and frees in equal numbers
 * @name: in the tables
 * @mib: size of the region
 * @max_order: of the blocks; each order is half as likely as the one below it
 * @cpus: that take turns; each frees its own blocks
 * @trace: recording of pages to replay ten times instead, or NULL
 * @lasting: one allocation in ten is never freed, until 10% of the pages that may be in use
 *	are in such blocks
 * @top_down: these blocks are allocated at the highest address
 */
struct work {
	const char *name;
	unsigned long mib;
	unsigned int max_order;
	unsigned int cpus;
	const char *trace;
	bool lasting;
	bool top_down;
};

#define NR_MEASURES	3

/**
 * struct left - what a run of such work left
 * @blocks: for each size of interest, the pages of the blocks that could be had in percent
 *	of the free pages
 * @ns: time of an operation
 * @fails: allocations that found no block
 */
struct left {
	double blocks[NR_MEASURES];
	double ns;
	unsigned long fails;
};

struct left mixed_run(const struct subject *subject, const struct work *work,
		      unsigned int seed);
/* The works of the tables. */
#define NR_WORKS	7
extern const struct work mixed_works[NR_WORKS];

void mixed_picture(const struct subject *subject, const struct work *work);
void mixed_around(const struct subject *subject, const struct work *work, unsigned int seed,
		  void (*measure)(void *region, void *data), void *data);

/* --- runs.c: blocks of any length, in a fresh region and after mixed work --- */

void runs_table(void);

/* --- threads.c: what one thread costs, and each of two at the same time --- */

#define THREADS		2
#define THREAD_BULK	1024	/* blocks that a thread allocates at once */
#define THREAD_RANDOM	64	/* blocks that a thread frees at once, at random */
#define THREAD_BY	64	/* blocks in each call for many blocks */

/**
 * enum job - what a thread does
 * @JOB_PAIRS: allocate a block and free it
 * @JOB_BULK: allocate THREAD_BULK blocks, then free them
 * @JOB_RANDOM: free THREAD_RANDOM of its blocks at random, then allocate as many
 */
enum job { JOB_PAIRS, JOB_BULK, JOB_RANDOM };

/**
 * struct thread - a thread that works
 * @job: what it does
 * @region: that it shares with the other thread
 * @order: of the blocks
 * @blocks: its own
 * @nr: how many
 * @random: state of its random numbers
 * @end: when it is to stop
 * @alloc_ns: the time of its allocations, for JOB_PAIRS that of its frees too
 * @free_ns: the time of its frees
 * @ops: how many allocations it made
 */
struct thread {
	enum job job;
	void *region;
	unsigned int order;
	unsigned long *blocks;
	unsigned long nr;
	unsigned long random;
	double end;
	double alloc_ns;
	double free_ns;
	unsigned long ops;
};

double threads_now(void);
void threads_shuffle(struct thread *thread);
void threads_table(void);

#endif /* NATIVE_H */
