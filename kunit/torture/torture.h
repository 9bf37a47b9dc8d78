/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Torture: all contexts use the module at once, for a while: see
 * Documentation/torture.rst.  It uses only the module's public interface.
 */
#ifndef KUNIT_TORTURE_H
#define KUNIT_TORTURE_H

#include <linux/atomic.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "../../buddy/buddy.h"
#include "../../buddy/compat.h"

/* Operations that are counted, for each context. */
enum torture_kind {
	TORTURE_ALLOC_ORDER,
	TORTURE_ALLOC_EXACT,
	TORTURE_ALLOC_ALIGNED,
	TORTURE_ALLOC_WITHIN,
	TORTURE_ALLOC_BULK,
	TORTURE_FREE_ORDER,
	TORTURE_FREE_EXACT,
	TORTURE_TRIM,
	TORTURE_FREE_BULK,
	TORTURE_ELSEWHERE,	/* frees of a block from another CPU or context */
	TORTURE_CHECK,
	TORTURE_NO_MEMORY,
	TORTURE_MISTAKE,
	TORTURE_POOL,
	TORTURE_OBJECT,
	TORTURE_REGION,
	TORTURE_GET,
	TORTURE_OFFLINE,
	TORTURE_NR_KINDS
};

/* The streams of random numbers, see torture_seed(). */
enum torture_stream {
	TORTURE_STREAM_MAIN,
	TORTURE_STREAM_PLUG,
	TORTURE_STREAM_MAKER,
	TORTURE_STREAM_VISITOR,
	TORTURE_STREAM_TWICE,
	TORTURE_STREAM_POOLS,
	TORTURE_STREAM_PLAYERS	/* eight for each CPU */
};

/**
 * struct arena - a region and the blocks that torture has allocated from it
 * @region: the region
 * @name: its name
 * @base: its lowest pfn
 * @span: pages from @base to the last one, less than 2^20
 * @mapped: the pages are mapped, so they are stamped
 * @max_order: the largest order that is requested
 * @nr_slots: how many blocks can be in use
 * @limit: slots from here on are emptied, but not filled
 * @slots: each has 0, a block, or TORTURE_BUSY, see torture_block.c
 * @used: a bit for each page that is in a block
 * @mistakes: how many mistakes were made on purpose, by &enum buddy_error
 * @fresh: the region's counters when all of it was free
 * @other: a pfn of another region; 0 if no mistakes are made in this one
 * @orders_differ: blocks are also freed by an order that is not their own
 */
struct arena {
	struct buddy_region *region;
	const char *name;
	unsigned long base;
	unsigned long span;
	bool mapped;
	unsigned int max_order;
	unsigned int nr_slots;
	unsigned int limit;
	u64 *slots;
	atomic_long_t *used;
	atomic_long_t mistakes[BUDDY_NR_ERRORS];
	struct buddy_stats fresh;
	unsigned long other;
	bool orders_differ;
};

/**
 * struct watch - measures how long a call takes
 * @start: when the call began, in ns
 * @flags: the state of the interrupts before
 * @on: whether the call is measured: only with interrupts off
 */
struct watch {
	u64 start;
	unsigned long flags;
	bool on;
};

extern atomic_t torture_bad;

/* Report a failure: the first three print a warning.  Any failure ends the round. */
#define torture_fail(fmt, ...)						\
	WARN(atomic_inc_return(&torture_bad) <= 3, "torture: " fmt, ##__VA_ARGS__)

/* scripts/guest/splats.sh reads these lines: one warning is expected between them. */
#define TORTURE_EXPECT(text, code)					\
do {									\
	pr_info("expect warning: %s\n", text);				\
	code;								\
	pr_info("end of expected warning\n");				\
} while (0)

static inline u32 dice(struct rnd_state *rnd, u32 sides)
{
	return prandom_u32_state(rnd) % sides;
}

/* torture.c */
void torture_count(enum torture_kind kind, unsigned long nr);
unsigned int torture_context(void);
void torture_watch(struct watch *watch, struct rnd_state *rnd);
void torture_watched(struct watch *watch, enum torture_kind kind);
void torture_seed(struct rnd_state *rnd, unsigned int stream);

/* torture_block.c */
int arena_start(struct arena *arena);
void arena_mistakes(struct arena *arena, struct rnd_state *rnd);
void arena_play(struct arena *arena, struct rnd_state *rnd, unsigned int rounds);
void arena_bulk(struct arena *arena, struct rnd_state *rnd);
void arena_empty(struct arena *arena, struct rnd_state *rnd);
bool arena_whole(struct arena *arena);
void arena_end(struct arena *arena);

/* torture_region.c: threads */
int torture_maker(void *unused);
int torture_visitor(void *unused);
int torture_twice(void *arena);
int torture_plug(void *arena);

/* torture_pool.c: a thread */
int torture_pools(void *arena);

#endif /* KUNIT_TORTURE_H */
