/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mixed work: allocations and frees in equal numbers, of orders 0 to 9, each order half
 * as likely as the one below it.  At most 70% of the pages are in use.
 */
#ifndef KUNIT_BENCH_MIXED_H
#define KUNIT_BENCH_MIXED_H

#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "bench.h"

#define MIXED_MAX	SZ_64K	/* blocks at once */
#define MIXED_ORDER	9

/**
 * struct mixed - the blocks in use, and the most expensive operation
 * @from: passed to the subject
 * @room: how many pages may be in use
 * @used: how many pages are in use
 * @nr: how many blocks are in use
 * @worst: the time of the most expensive operation
 * @worst_free: that operation was a free
 * @worst_order: the order of that operation
 * @random: state of the random numbers
 * @object: the blocks
 * @order: the order of each block
 */
struct mixed {
	void *from;
	unsigned long room;
	unsigned long used;
	unsigned int nr;
	u64 worst;
	bool worst_free;
	unsigned int worst_order;
	struct rnd_state random;
	unsigned long object[MIXED_MAX];
	u8 order[MIXED_MAX];
};

static inline struct mixed *mixed_new(void *from, unsigned long free)
{
	struct mixed *mixed = vzalloc(sizeof(*mixed));

	if (mixed) {
		mixed->from = from;
		mixed->room = free * 7 / 10;
		prandom_seed_state(&mixed->random, 1);
	}
	return mixed;
}

static inline void mixed_worst(struct mixed *mixed, u64 time, bool free,
			       unsigned int order)
{
	if (time <= mixed->worst)
		return;
	mixed->worst = time;
	mixed->worst_free = free;
	mixed->worst_order = order;
}

static __always_inline void mixed_free(const struct subject *subject,
				       struct mixed *mixed, unsigned int i)
{
	unsigned int order = mixed->order[i];
	unsigned long object = mixed->object[i];

	mixed_worst(mixed, TIMED(1, subject->free(mixed->from, object, order)), true, order);
	mixed->nr--;
	mixed->object[i] = mixed->object[mixed->nr];
	mixed->order[i] = mixed->order[mixed->nr];
	mixed->used -= BIT(order);
}

static __always_inline void mixed_step(const struct subject *subject,
				       struct mixed *mixed, bool fill)
{
	u32 draw = prandom_u32_state(&mixed->random);
	unsigned int order = __ffs(draw | BIT(MIXED_ORDER));
	unsigned long object;

	if (mixed->nr && !fill && (draw >> 31 || mixed->nr == MIXED_MAX)) {
		mixed_free(subject, mixed, prandom_u32_state(&mixed->random) % mixed->nr);
	} else if (mixed->nr < MIXED_MAX && mixed->used + BIT(order) <= mixed->room) {
		mixed_worst(mixed, TIMED(1, object = subject->alloc(mixed->from, order)),
			    false, order);
		if (object == NOTHING)
			return;
		mixed->object[mixed->nr] = object;
		mixed->order[mixed->nr++] = order;
		mixed->used += BIT(order);
	}
}

/* Fill the region, then do @count operations. */
static __always_inline void mixed_run(const struct subject *subject,
				      struct mixed *mixed, unsigned long count)
{
	unsigned long i;

	for (i = 0; i < 4 * count && mixed->used < mixed->room - BIT(MIXED_ORDER); i++)
		mixed_step(subject, mixed, true);
	for (i = 0; i < count; i++) {
		mixed_step(subject, mixed, false);
		if (i % SZ_4K == 0)
			cond_resched();
	}
}

static __always_inline void mixed_end(const struct subject *subject,
				      struct mixed *mixed)
{
	while (mixed->nr)
		mixed_free(subject, mixed, mixed->nr - 1);
	vfree(mixed);
}

/* The pages that can be allocated in blocks of order 9, in percent of the free pages. */
static __always_inline void mixed_left(const struct subject *subject,
				       struct mixed *mixed, unsigned long nr_pages)
{
	static unsigned long got[4096];
	unsigned int nr = 0, i;

	while (nr < ARRAY_SIZE(got) &&
	       (got[nr] = subject->alloc(mixed->from, MIXED_ORDER)))
		nr++;
	report("order 9 left", subject->name,
	       10000UL * nr / ((nr_pages - mixed->used) >> MIXED_ORDER), "percent");
	for (i = 0; i < nr; i++)
		subject->free(mixed->from, got[i], MIXED_ORDER);
}

#endif /* KUNIT_BENCH_MIXED_H */
