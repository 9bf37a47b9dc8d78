/* SPDX-License-Identifier: GPL-2.0 */
/* Work on blocks of one order: hot pairs (an allocation and its free) and bulk. */
#ifndef KUNIT_BENCH_ORDERS_H
#define KUNIT_BENCH_ORDERS_H

#include "bench.h"

#define HOT		10000
#define BULK_PAGES	(SZ_128M >> PAGE_SHIFT)	/* the most that are in use */
#define ORDERS_PAGES	(SZ_256M >> PAGE_SHIFT)	/* of a region or gen_pool */

static const unsigned int orders[] __maybe_unused = { 0, 1, 3, 5, 9 };

static inline unsigned int bulk_count(unsigned int order)
{
	return min_t(unsigned int, BATCH, BULK_PAGES >> order);
}

static __always_inline void bench_hot(const struct subject *subject, void *from,
				      unsigned int order)
{
	unsigned long object;
	char work[32];
	u64 time;

	snprintf(work, sizeof(work), "hot pair, order %u", order);
	TIMED(100, object = subject->alloc(from, order);
	      subject->free(from, object, order));
	time = TIMED(HOT, object = subject->alloc(from, order);
		     subject->free(from, object, order));
	report_time(work, subject->name, time, HOT);
}

static __always_inline void bench_bulk(const struct subject *subject, void *from,
				       unsigned int order)
{
	unsigned int count = bulk_count(order), rounds = BATCH / count, round;
	u64 in = 0, out = 0;
	char work[32];

	/* The first round only warms up. */
	for (round = 0; round <= rounds; round++) {
		u64 taken = TIMED(count, objects[i] = subject->alloc(from, order));
		u64 given = TIMED(count, bench_free(subject, from, objects[i], order));

		if (!objects[count - 1])
			return;
		in += round ? taken : 0;
		out += round ? given : 0;
	}
	snprintf(work, sizeof(work), "bulk alloc, order %u", order);
	report_time(work, subject->name, in, rounds * count);
	snprintf(work, sizeof(work), "bulk free, order %u", order);
	report_time(work, subject->name, out, rounds * count);
}

static __always_inline void bench_order(const struct subject *subject, void *from,
					unsigned int order)
{
	bench_hot(subject, from, order);
	bench_bulk(subject, from, order);
}

#endif /* KUNIT_BENCH_ORDERS_H */
