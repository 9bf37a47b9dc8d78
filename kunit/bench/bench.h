/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the benchmark's modules share: the clock, the results, the subjects.
 *
 * A result is a line "bench: WORK<tab>SUBJECT<tab>VALUE<tab>UNIT" in the log; unit
 * "time" is what ktime_get_ns() counts: instructions under QEMU's -icount, else
 * nanoseconds.  A line "bench: WORK<tab>timed<tab>TEXT" says of all works whose
 * names begin so what lies inside the timed stretch.
 *
 * Work is written once, as an inline function of a constant struct subject, so
 * that the compiler calls every subject directly, as a driver would.
 */
#ifndef KUNIT_BENCH_H
#define KUNIT_BENCH_H

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../../buddy/buddy.h"

#define BATCH	4096		/* objects in hand at once */
#define BY	64		/* in one call, where a call can do many */
#define NOTHING	0UL		/* no object */

/**
 * struct subject - an allocator under measurement
 * @name: in the table
 * @alloc: an object of 2^order pages, or NOTHING; all that a user must do for it
 * @free: give it back
 * @frame: the number of its first page
 * @object: the object that begins at a page, or NULL if that does not tell
 */
struct subject {
	const char *name;
	unsigned long (*alloc)(void *from, unsigned int order);
	void (*free)(void *from, unsigned long object, unsigned int order);
	unsigned long (*frame)(unsigned long object);
	unsigned long (*object)(unsigned long frame);
};

/* Each module has its own of these. */
static unsigned long objects[BATCH] __maybe_unused;
static u64 clock_cost;

static unsigned int runs = 1;
module_param(runs, uint, 0444);
MODULE_PARM_DESC(runs, "how often to measure");

static inline void report(const char *work, const char *subject, u64 hundredths,
			  const char *unit)
{
	u32 rest;
	u64 whole = div_u64_rem(hundredths, 100, &rest);

	pr_info("bench: %s\t%s\t%llu.%02u\t%s\n", work, subject, whole, rest, unit);
}

static inline void report_time(const char *work, const char *subject, u64 time,
			       u64 count)
{
	report(work, subject, div64_u64(100 * time, count), "time");
}

static inline void describe(const char *work, const char *timed)
{
	pr_info("bench: %s\ttimed\t%s\n", work, timed);
}

/*
 * What the clock counts during @count times @code, less what a reading of the
 * clock takes; with interrupts off.  "i" is the index.
 */
#define TIMED(count, code) ({						\
	unsigned long irq, i;						\
	u64 start;							\
									\
	local_irq_save(irq);						\
	start = ktime_get_ns();						\
	for (i = 0; i < (count); i++) {					\
		code;							\
	}								\
	start = ktime_get_ns() - start;					\
	local_irq_restore(irq);						\
	start > clock_cost ? start - clock_cost : 0;			\
})

static inline void bench_clock(void)
{
	u64 least = U64_MAX;
	unsigned int tries;

	clock_cost = 0;
	for (tries = 0; tries < 1000; tries++)
		least = min(least, TIMED(0, barrier()));
	clock_cost = least;
}

#define BENCH_PFN	BIT(30)

/* A region of metadata alone: its pages do not exist and are never touched. */
static inline struct buddy_region *bench_region(unsigned long pages)
{
	struct buddy_region *region;

	region = buddy_region_create("bench", BENCH_PFN, pages, NULL);
	return IS_ERR(region) ? NULL : region;
}

static __always_inline void bench_free(const struct subject *subject, void *from,
				       unsigned long object, unsigned int order)
{
	if (object != NOTHING)
		subject->free(from, object, order);
}

/* Each module's work, when it is loaded. */
static int bench_main(void);

static int __init bench_init(void)
{
	bench_clock();
	return bench_main();
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_LICENSE("GPL");

#endif /* KUNIT_BENCH_H */
