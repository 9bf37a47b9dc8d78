/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random work on a region that is 70% full: blocks of one order are freed, and as many
 * are allocated.
 *
 * At first the region is filled with blocks of the order, and 30% of them, chosen at
 * random, are freed.  The blocks that the work frees are chosen before, in batches,
 * outside of the timed part; a bit for each block says whether it is in use.  If a region
 * has more than churn_limit pages, only islands of 4096 pages at equal distances are
 * filled like this, and blocks of 4096 pages fill the rest.
 */
#ifndef KUNIT_BENCH_CHURN_H
#define KUNIT_BENCH_CHURN_H

#include <linux/bitmap.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "bench.h"

#define ISLAND_ORDER	12
#define CHURN_ROUNDS	16	/* each of one batch */
#define CHURN_TIME	50000000	/* no more rounds after so much time */

static unsigned long churn_limit = ULONG_MAX;
module_param_named(limit, churn_limit, ulong, 0444);
MODULE_PARM_DESC(limit, "how many pages to fill with small blocks");

/**
 * struct churn - the blocks in use
 * @from: passed to the subject
 * @order: the order of the blocks
 * @every: the distance between the starts of two islands, in units of 4096 pages
 * @islands: how many islands
 * @used: how many blocks are in use
 * @map: a bit for each block that is in use
 * @table: the object of each block, if the subject has no function for that
 * @rest: the blocks between the islands
 * @random: state of the random numbers
 */
struct churn {
	void *from;
	unsigned int order;
	unsigned long every;
	unsigned long islands;
	unsigned long used;
	unsigned long *map;
	unsigned long *table;
	unsigned long *rest;
	struct rnd_state random;
};

static inline void churn_exit(struct churn *churn)
{
	vfree(churn->map);
	vfree(churn->table);
	vfree(churn->rest);
}

static inline int churn_init(struct churn *churn, const struct subject *subject,
			     void *from, unsigned long nr_pages, unsigned int order)
{
	unsigned long nr = nr_pages >> ISLAND_ORDER;

	*churn = (struct churn){
		.from = from,
		.order = order,
		.every = nr_pages > churn_limit ? nr_pages / churn_limit : 1,
		.map = vzalloc(BITS_TO_BYTES(nr_pages >> order)),
		.rest = vcalloc(nr, sizeof(long)),
	};
	churn->islands = nr / churn->every;
	if (!subject->object)
		churn->table = vcalloc(nr_pages >> order, sizeof(long));
	prandom_seed_state(&churn->random, 1);
	if (churn->map && churn->rest && (subject->object || churn->table))
		return 0;
	churn_exit(churn);
	return -ENOMEM;
}

static __always_inline void churn_note(const struct subject *subject,
				       struct churn *churn, unsigned long object)
{
	unsigned long block = subject->page(object) >> churn->order;

	__set_bit(block, churn->map);
	if (!subject->object)
		churn->table[block] = object;
	churn->used++;
}

/* Choose a random block in use, and mark it as free. */
static __always_inline unsigned long churn_pick(const struct subject *subject,
						struct churn *churn)
{
	unsigned long island, block;

	do {
		island = prandom_u32_state(&churn->random) % churn->islands;
		block = prandom_u32_state(&churn->random) % BIT(ISLAND_ORDER);
		block += (island * churn->every) << ISLAND_ORDER;
		block >>= churn->order;
	} while (!__test_and_clear_bit(block, churn->map));
	churn->used--;
	if (!subject->object)
		return churn->table[block];
	return subject->object(block << churn->order);
}

static __always_inline void churn_fill(const struct subject *subject,
				       struct churn *churn)
{
	unsigned long object, nr = 0, i;

	if (churn->every > 1) {
		while ((object = subject->alloc(churn->from, ISLAND_ORDER)))
			churn->rest[nr++] = object;
		for (i = 0; i < nr; i++) {
			unsigned long island = subject->page(churn->rest[i]) >> ISLAND_ORDER;

			if (island % churn->every)
				continue;
			subject->free(churn->from, churn->rest[i], ISLAND_ORDER);
			churn->rest[i] = NOTHING;
		}
	}
	while ((object = subject->alloc(churn->from, churn->order))) {
		churn_note(subject, churn, object);
		if (churn->used % SZ_1M == 0)
			cond_resched();
	}
}

static __always_inline void churn_thin(const struct subject *subject,
				       struct churn *churn)
{
	unsigned long nr = churn->used * 3 / 10;

	for (; nr; nr--) {
		subject->free(churn->from, churn_pick(subject, churn), churn->order);
		if (nr % SZ_1M == 0)
			cond_resched();
	}
}

static __always_inline void churn_empty(const struct subject *subject,
					struct churn *churn, unsigned long nr_pages)
{
	unsigned long i;

	for_each_set_bit(i, churn->map, nr_pages >> churn->order) {
		subject->free(churn->from, subject->object ?
			      subject->object(i << churn->order) : churn->table[i],
			      churn->order);
		if (i % SZ_1M == 0)
			cond_resched();
	}
	for (i = 0; i < nr_pages >> ISLAND_ORDER; i++)
		if (churn->rest[i])
			subject->free(churn->from, churn->rest[i], ISLAND_ORDER);
}

static __always_inline void churn_measure(const struct subject *subject,
					  struct churn *churn, const char *work)
{
	unsigned long batch = min_t(unsigned long, BATCH, churn->used / 4);
	unsigned int round, run, nr;

	for (run = 0; run < runs; run++) {
		u64 time = 0;

		for (round = 0; round < CHURN_ROUNDS && time < CHURN_TIME; round++) {
			for (nr = 0; nr < batch; nr++)
				objects[nr] = churn_pick(subject, churn);
			time += TIMED(batch, subject->free(churn->from, objects[i],
							   churn->order));
			time += TIMED(batch, objects[i] = subject->alloc(churn->from,
									 churn->order));
			for (nr = 0; nr < batch; nr++)
				churn_note(subject, churn, objects[nr]);
		}
		report_time(work, subject->name, time, round * batch);
		if (time > 4 * CHURN_TIME)
			return;
	}
}

/* The name of the work in the table: the same for each size in all modules. */
static inline void churn_name(char *work, size_t len, unsigned int order,
			      const char *size)
{
	snprintf(work, len, "random, order %u, %s", order, size);
}

#endif /* KUNIT_BENCH_CHURN_H */
