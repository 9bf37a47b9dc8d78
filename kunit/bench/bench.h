/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the benchmark's modules: the clock, the results, the subjects.
 *
 * A result is a line "bench: WORK<tab>SUBJECT<tab>VALUE<tab>UNIT" in the log.  The unit
 * "time" is what ktime_get_ns() counts: instructions with QEMU's -icount, otherwise
 * nanoseconds.  A line "bench: WORK<tab>timed<tab>TEXT" says what is timed, for all works
 * whose names start with WORK.
 *
 * Each work is an inline function that gets a constant struct subject, so that the
 * compiler calls each subject directly, as in a driver.
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

#define BATCH	4096		/* objects that are allocated at once */
#define BY	64		/* objects of one bulk call */
#define NOTHING	0UL		/* no object */

/**
 * struct subject - an allocator that is measured
 * @name: its name in the table
 * @alloc: allocate an object of 2^order pages, with all that a user must do for that;
 *	NOTHING if it fails
 * @free: free an object
 * @page: the number of an object's first page
 * @object: the object that starts at a page, or NULL if the page is not enough to know it
 */
struct subject {
	const char *name;
	unsigned long (*alloc)(void *from, unsigned int order);
	void (*free)(void *from, unsigned long object, unsigned int order);
	unsigned long (*page)(unsigned long object);
	unsigned long (*object)(unsigned long page);
};

/* Each module has its own copy of these. */
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
 * Run @code @count times with interrupts off; "i" is the index.  The time that it takes,
 * minus the time of reading the clock.
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

/* From an object to its page, and back, for subjects whose objects are pfns. */
static inline unsigned long page_of_pfn(unsigned long object)
{
	return object - BENCH_PFN;
}

static inline unsigned long pfn_of_page(unsigned long page)
{
	return BENCH_PFN + page;
}

/* A region without memory: only its metadata exists, and no page is accessed. */
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

/* The work of a module, which it does when it is loaded. */
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
