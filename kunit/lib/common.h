/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites share: regions to test on, the invariants, expected warnings. */
#ifndef KUNIT_COMMON_H
#define KUNIT_COMMON_H

#include <kunit/test.h>
#include <linux/kasan.h>
#include <linux/prandom.h>

#include "../../buddy/compat.h"
#include "../../buddy/internal.h"

/* Any range does for a region without mapping: nothing there is touched. */
#define TEST_PFN	BIT(24)

/*
 * Make a region that lives until the test ends, or until end_region(); the test
 * must free its blocks.  It has per-CPU caches, even if it is too small for them,
 * in a suite with init_caches(); else each operation shows in the lists at once.
 */
struct buddy_region *test_region(struct kunit *test, unsigned long pfn,
				 unsigned long nr_pages);
/* The same over memory with a mapping, in which the first @skip pages are left out. */
struct buddy_region *test_region_mapped(struct kunit *test, unsigned long skip,
					unsigned long nr_pages);
void end_region(struct kunit *test, struct buddy_region *region);

/* The init and exit of a suite whose regions have caches. */
void read_bad_byte(const void *byte);
int init_caches(struct kunit *test);
void exit_caches(struct kunit *test);

/* Naturally aligned blocks of @order that fit into a range. */
unsigned long blocks_inside(unsigned long pfn, unsigned long nr_pages,
			    unsigned int order);
/* The free blocks are just those, as few as possible, that cover this range. */
void expect_free_range(struct kunit *test, struct buddy_region *region,
		       unsigned long pfn, unsigned long nr_pages);

/* Every invariant of a region's metadata; each that does not hold is a failure. */
void check_region(struct kunit *test, struct buddy_region *region);
/* All free and merged again: @fresh is from buddy_region_stats() before. */
void expect_all_free(struct kunit *test, struct buddy_region *region,
		     const struct buddy_stats *fresh);
struct buddy_stats *test_stats(struct kunit *test, struct buddy_region *region);

/* A new seed, printed; or that of the module parameter seed=, to run one again. */
u64 test_seed(struct kunit *test);
/* By how much to multiply the number of a test's inputs: the parameter rounds=. */
unsigned int test_rounds(void);

/* KASAN does not let a test touch free pages; here @code does. */
#define TOUCH_FREE(code)						\
do {									\
	kasan_disable_current();					\
	code;								\
	kasan_enable_current();						\
} while (0)

/*
 * Run @code, which must make the kernel print one warning that holds @text and
 * nothing else: scripts/guest/splats.sh reads these brackets.
 */
#define EXPECT_WARNING(text, code)					\
do {									\
	pr_info("expect warning: %s\n", text);				\
	code;								\
	pr_info("end of expected warning\n");				\
} while (0)

#endif /* KUNIT_COMMON_H */
