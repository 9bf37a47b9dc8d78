/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by all suites: regions for a test, checks of a region, expected warnings. */
#ifndef KUNIT_COMMON_H
#define KUNIT_COMMON_H

#include <kunit/test.h>
#include <linux/kasan.h>
#include <linux/prandom.h>

#include "../../buddy/compat.h"
#include "../../buddy/internal.h"

/* Regions without a mapping can be at any pfn: their memory is not accessed. */
#define TEST_PFN	BIT(24)

/*
 * Create a region that exists until the end of the test, or until end_region().  The test
 * must free its blocks.  In a suite with init_caches() the region has per-CPU caches, even
 * if it is too small for them.  In others it has none: each call changes the free lists.
 */
struct buddy_region *test_region(struct kunit *test, unsigned long pfn,
				 unsigned long nr_pages);
/* The same with mapped memory, of which the region leaves out the first @skip pages. */
struct buddy_region *test_region_mapped(struct kunit *test, unsigned long skip,
					unsigned long nr_pages);
void end_region(struct kunit *test, struct buddy_region *region);

/* Read a byte that KASAN does not allow to read. */
void read_bad_byte(const void *byte);
/* init and exit of a suite whose regions have per-CPU caches. */
int init_caches(struct kunit *test);
void exit_caches(struct kunit *test);

/* How many naturally aligned blocks of @order fit into a range. */
unsigned long blocks_inside(unsigned long pfn, unsigned long nr_pages,
			    unsigned int order);
/* All free pages of @region are this range, in as few blocks as possible. */
void expect_free_range(struct kunit *test, struct buddy_region *region,
		       unsigned long pfn, unsigned long nr_pages);

/* Check every invariant of a region's metadata. */
void check_region(struct kunit *test, struct buddy_region *region);
/* All pages are free and merged, as when buddy_region_stats() gave @fresh. */
void expect_all_free(struct kunit *test, struct buddy_region *region,
		     const struct buddy_stats *fresh);
/* How many calls were counted in bad_calls since the last time. */
int test_bad_calls(void);
struct buddy_stats *test_stats(struct kunit *test, struct buddy_region *region);

/* The parameter seed=, or a new seed; it is printed. */
u64 test_seed(struct kunit *test);
/* The parameter rounds=: a factor for the number of a test's inputs. */
unsigned int test_rounds(void);

/* Let @code access free pages without a report of KASAN. */
#define TOUCH_FREE(code)						\
do {									\
	kasan_disable_current();					\
	code;								\
	kasan_enable_current();						\
} while (0)

/*
 * Run @code, which must print exactly one warning, with @text in it.  scripts/guest/splats.sh
 * looks for the two lines that this prints around the warning.
 */
#define EXPECT_WARNING(text, code)					\
do {									\
	pr_info("expect warning: %s\n", text);				\
	code;								\
	pr_info("end of expected warning\n");				\
} while (0)

#endif /* KUNIT_COMMON_H */
