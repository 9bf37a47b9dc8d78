// SPDX-License-Identifier: GPL-2.0
/*
 * Suite watch: owners of pages, poison in free pages, failures on demand.  The module is
 * loaded with track=1 poison=1 for this suite, see scripts/guest/jobs/check.
 */
#include <linux/ctype.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poison.h>
#include <linux/string.h>

#include "../../pool/pool.h"
#include "../lib/files.h"

#define PAGES	256

/* The first of two callers with different names; all its calls are from one place. */
static noinline void take_some(struct buddy_region *region, unsigned int order,
			       unsigned long *pfns, unsigned int nr)
{
	while (nr--)
		pfns[nr] = buddy_alloc_pfn(region, order, 0);
}

static noinline unsigned long take_other(struct buddy_region *region, unsigned long nr)
{
	unsigned long pfn = buddy_alloc_pfn_exact(region, nr, 0);

	barrier();
	return pfn;
}

/* The numbers of group @nr in the file owners, and @chain, the text behind them. */
static bool group(const char *text, unsigned int nr, unsigned long *bytes,
		  unsigned long *blocks, const char **chain)
{
	while ((text = strchr(text, '\n'))) {
		text++;
		if (sscanf(text, "%lu %lu", bytes, blocks) == 2 && !nr--) {
			*chain = strchrnul(text, '\n');
			return true;
		}
	}
	return false;
}

/* Whether the call chain, up to the next group, has @name. */
static bool chain_has(const char *chain, const char *name)
{
	for (; *chain && !isdigit(*skip_spaces(chain));
	     chain = strchrnul(chain + 1, '\n'))
		if (strnstr(chain + 1, name, strcspn(chain + 1, "\n")))
			return true;
	return false;
}

static void watch_test_owners(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	unsigned long some[3], other, bytes, blocks;
	const char *text, *chain;

	take_some(region, 1, some, ARRAY_SIZE(some));
	other = take_other(region, 67);
	KUNIT_ASSERT_NE(test, other, BUDDY_NO_PFN);

	text = region_file(test, region, "owners");
	KUNIT_ASSERT_TRUE_MSG(test, group(text, 0, &bytes, &blocks, &chain), "%s", text);
	KUNIT_EXPECT_EQ(test, bytes, 67 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, blocks, 1UL);
	KUNIT_EXPECT_TRUE_MSG(test, chain_has(chain, "take_other"), "%s", text);
	KUNIT_ASSERT_TRUE_MSG(test, group(text, 1, &bytes, &blocks, &chain), "%s", text);
	KUNIT_EXPECT_EQ(test, bytes, 6 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, blocks, 3UL);
	KUNIT_EXPECT_TRUE_MSG(test, chain_has(chain, "take_some"), "%s", text);
	KUNIT_EXPECT_FALSE(test, group(text, 2, &bytes, &blocks, &chain));

	buddy_free_pfn_exact(region, other, 67);
	buddy_free_pfn(region, some[1], 1);
	text = region_file(test, region, "owners");
	KUNIT_ASSERT_TRUE(test, group(text, 0, &bytes, &blocks, &chain));
	KUNIT_EXPECT_EQ(test, bytes, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, blocks, 2UL);
	KUNIT_EXPECT_FALSE(test, group(text, 1, &bytes, &blocks, &chain));
	buddy_free_pfn(region, some[0], 1);
	buddy_free_pfn(region, some[2], 1);
	text = region_file(test, region, "owners");
	KUNIT_EXPECT_FALSE(test, group(text, 0, &bytes, &blocks, &chain));
}

/* How many blocks of how many pages there are in all, if one call chain has all of them. */
static void expect_owned(struct kunit *test, struct buddy_region *region, const char *owner,
			 unsigned long nr_blocks, unsigned long nr_pages)
{
	const char *text = region_file(test, region, "owners"), *chain = "";
	unsigned long bytes = 0, blocks = 0;

	KUNIT_EXPECT_EQ_MSG(test, group(text, 0, &bytes, &blocks, &chain), nr_blocks != 0,
			    "%s", text);
	KUNIT_EXPECT_EQ(test, bytes, nr_pages * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, blocks, nr_blocks);
	if (!nr_blocks)
		return;
	KUNIT_EXPECT_TRUE_MSG(test, chain_has(chain, owner), "%s", text);
	KUNIT_EXPECT_FALSE(test, group(text, 1, &bytes, &blocks, &chain));
}

/* Each page of a block that is split has its owner, until it is freed. */
static void watch_test_split_owners(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	unsigned long pfn = take_other(region, 5), i;
	void *block = buddy_pfn_to_virt(region, pfn);

	KUNIT_ASSERT_NOT_NULL(test, block);
	EXPECT_WARNING("4 pages given, the block has 5", buddy_split(region, block, 4));
	expect_owned(test, region, "take_other", 1, 5);
	buddy_split(region, block, 5);
	expect_owned(test, region, "take_other", 5, 5);
	buddy_free_pfn(region, pfn + 2, 0);
	expect_owned(test, region, "take_other", 4, 4);
	buddy_free_pfn(region, pfn, 0);
	expect_owned(test, region, "take_other", 3, 3);
	for (i = 1; i < 5; i++)
		if (i != 2)
			buddy_free_pfn(region, pfn + i, 0);
	expect_owned(test, region, "", 0, 0);
}

/* A split in an NMI that interrupts the holder of the lock leaves the record of the block. */
static void watch_test_split_nmi(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	unsigned long pfn = take_other(region, 3), unrecorded, flags, i;

	KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
	raw_spin_lock_irqsave(&region->watch_lock, flags);
	__preempt_count_add(NMI_OFFSET);
	buddy_split(region, buddy_pfn_to_virt(region, pfn), 3);
	unrecorded = buddy_alloc_pfn_exact(region, 3, __GFP_NOWARN);
	__preempt_count_sub(NMI_OFFSET);
	raw_spin_unlock_irqrestore(&region->watch_lock, flags);
	expect_owned(test, region, "take_other", 1, 3);
	buddy_free_pfn(region, pfn, 0);
	expect_owned(test, region, "", 0, 0);
	/* An allocation without a record has none for its pages. */
	if (unrecorded != BUDDY_NO_PFN) {
		buddy_split(region, buddy_pfn_to_virt(region, unrecorded), 3);
		expect_owned(test, region, "", 0, 0);
	}
	for (i = 0; i < 3; i++) {
		if (i)
			buddy_free_pfn(region, pfn + i, 0);
		if (unrecorded != BUDDY_NO_PFN)
			buddy_free_pfn(region, unrecorded + i, 0);
	}
}

/* A region is refused if there is enough memory for the clusters, but not for owners. */
static void watch_test_too_large(struct kunit *test)
{
	struct buddy_region *region;

	if (totalram_pages() > BIT(20))
		kunit_skip(test, "too much memory");
	region = buddy_region_create("watch-huge", TEST_PFN, BIT(26), NULL);
	KUNIT_EXPECT_PTR_EQ(test, region, ERR_PTR(-ENOMEM));
	if (!IS_ERR(region))
		buddy_region_destroy(region);
}

static bool is_filled(const void *page, unsigned long nr)
{
	bool filled;

	TOUCH_FREE(filled = !memchr_inv(page, PAGE_POISON, nr << PAGE_SHIFT));
	return filled;
}

/* All pages of a new region are poisoned, and pages that are freed; pages in use are not. */
static void watch_test_poison(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long nr;

	for (nr = 1; nr <= 100; nr++) {
		u8 *block = buddy_alloc_exact(region, nr, 0);

		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_TRUE(test, is_filled(block, nr));
		memset(block, nr, nr << PAGE_SHIFT);
		buddy_free_exact(region, block, nr);
		KUNIT_EXPECT_TRUE(test, is_filled(block, nr));
	}
	expect_all_free(test, region, fresh);
}

/* A split changes no data; each page is poisoned when it is freed. */
static void watch_test_split_poison(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pages = 7, i;
	u8 *block = buddy_alloc_exact(region, pages, 0);

	KUNIT_ASSERT_NOT_NULL(test, block);
	memset(block, 0x77, pages << PAGE_SHIFT);
	buddy_split(region, block, pages);
	for (i = 0; i < pages; i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(block + i * PAGE_SIZE, 0x77,
						   (pages - i) << PAGE_SHIFT));
		buddy_free(region, block + i * PAGE_SIZE, 0);
		KUNIT_EXPECT_TRUE(test, is_filled(block, i + 1));
	}
	expect_all_free(test, region, fresh);
}

/* The ends that a trim gives back are poisoned; what is kept has its contents and its owner. */
static void watch_test_trim(struct kunit *test)
{
	static const unsigned int lengths[] = { 2, 63, 64, 65, 150 };
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long page = buddy_alloc_pfn(region, 0, 0);
	unsigned int i;

	for (i = 0; i < 3 * ARRAY_SIZE(lengths); i++) {
		unsigned long nr = lengths[i / 3], skip = i % 3 * (nr / 3);
		unsigned long keep = i % 3 == 2 ? nr - skip : 1 + (nr - skip) / 2;
		unsigned long pfn = take_other(region, nr);
		u8 *block = buddy_pfn_to_virt(region, pfn);
		u8 *kept = block + (skip << PAGE_SHIFT);

		KUNIT_ASSERT_NOT_NULL(test, block);
		memset(block, 0x77, nr << PAGE_SHIFT);
		KUNIT_ASSERT_EQ(test, buddy_trim_pfn(region, pfn, nr, pfn + skip, keep), 0);
		KUNIT_EXPECT_TRUE(test, is_filled(block, skip));
		KUNIT_EXPECT_NULL(test, memchr_inv(kept, 0x77, keep << PAGE_SHIFT));
		KUNIT_EXPECT_TRUE(test, is_filled(kept + (keep << PAGE_SHIFT), nr - skip - keep));
		check_region(test, region);
		buddy_free_pfn(region, page, 0);
		expect_owned(test, region, "take_other", 1, keep);
		page = buddy_alloc_pfn(region, 0, 0);
		buddy_free_pfn_exact(region, pfn + skip, keep);
	}
	buddy_free_pfn(region, page, 0);
	expect_owned(test, region, "", 0, 0);
	expect_all_free(test, region, fresh);
}

/* The report names the byte; the allocation succeeds; other pages are not reported. */
static void watch_test_write_after_free(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	u8 *block = buddy_alloc(region, 2, 0), *again;
	char report[48];

	KUNIT_ASSERT_NOT_NULL(test, block);
	buddy_free(region, block, 2);
	TOUCH_FREE(WRITE_ONCE(block[PAGE_SIZE + 123], 0x5a));
	snprintf(report, sizeof(report), "byte %#lx of the free block of 4 pages", PAGE_SIZE + 123);
	EXPECT_WARNING(report, again = buddy_alloc(region, 2, 0));
	KUNIT_EXPECT_PTR_EQ(test, again, block);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_WRITE_AFTER_FREE]), 1L);
	buddy_free(region, again, 2);
	again = buddy_alloc(region, 2, 0);
	buddy_free(region, again, 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_WRITE_AFTER_FREE]), 1L);
	expect_all_free(test, region, fresh);
}

/* The report names the last two owners of the page. */
static void watch_test_owner_before(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	u8 *block = NULL;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		block = buddy_alloc(region, 0, 0);
		KUNIT_ASSERT_NOT_NULL(test, block);
		buddy_free(region, block, 0);
	}
	kasan_disable_current();
	WRITE_ONCE(*block, 0x5a);
	kasan_enable_current();
	EXPECT_WARNING("the one before: ", block = buddy_alloc(region, 0, 0));
	buddy_free(region, block, 0);
}

/* A block that is freed twice is not poisoned while its next owner uses it. */
static void watch_test_double_free(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	u8 *block = buddy_alloc(region, 3, 0), *next;

	KUNIT_ASSERT_NOT_NULL(test, block);
	buddy_free(region, block, 3);
	EXPECT_WARNING("the block is free already", buddy_free(region, block, 3));
	next = buddy_alloc(region, 0, 0);
	KUNIT_ASSERT_PTR_EQ(test, next, block);
	memset(next, 0x77, PAGE_SIZE);
	EXPECT_WARNING("the block has another size", buddy_free(region, block, 3));
	KUNIT_EXPECT_NULL(test, memchr_inv(next, 0x77, PAGE_SIZE));
	buddy_free(region, next, 0);
}

struct ticker {
	struct hrtimer timer;
	unsigned int ticks;
};

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct ticker *ticker = container_of(timer, struct ticker, timer);

	ticker->ticks++;
	hrtimer_forward_now(timer, ns_to_ktime(20 * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

/*
 * A large block is poisoned with interrupts on: a timer of this CPU runs many times
 * meanwhile.  With interrupts off it would run once, afterwards.
 */
static void watch_test_large_with_interrupts(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, BIT(10));
	struct buddy_stats *fresh = test_stats(test, region);
	struct ticker ticker = {};
	unsigned int tries;
	void *block;

	hrtimer_setup(&ticker.timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	/* An emulated timer is late on a busy machine. */
	for (tries = 0; tries < 1000 && ticker.ticks <= 2; tries++) {
		block = buddy_alloc(region, 10, 0);
		KUNIT_ASSERT_NOT_NULL(test, block);
		migrate_disable();
		ticker.ticks = 0;
		hrtimer_start(&ticker.timer, ns_to_ktime(20 * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_PINNED_HARD);
		buddy_free(region, block, 10);
		hrtimer_cancel(&ticker.timer);
		migrate_enable();
	}
	KUNIT_EXPECT_GT(test, ticker.ticks, 2U);
	expect_all_free(test, region, fresh);
}

/* A free claims a block of whole clusters before poisoning: each mistake counts once. */
static void watch_test_large_errors(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	u8 *block = buddy_alloc_exact(region, 100, 0);

	KUNIT_ASSERT_NOT_NULL(test, block);
	memset(block, 0x77, 100 << PAGE_SHIFT);
	EXPECT_WARNING("the block has another size", buddy_free_exact(region, block, 101));
	buddy_free_exact(region, block, 64);
	EXPECT_WARNING("this is inside a block",
		       buddy_free_exact(region, block + 64 * PAGE_SIZE, 64));
	KUNIT_EXPECT_NULL(test, memchr_inv(block, 0x77, 100 << PAGE_SHIFT));
	buddy_free_exact(region, block, 100);
	EXPECT_WARNING("the block is free already", buddy_free_exact(region, block, 100));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_WRONG_SIZE]), 2L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_NOT_A_HEAD]), 1L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&region->errors[BUDDY_DOUBLE_FREE]), 1L);
	expect_all_free(test, region, fresh);
}

/* KASAN reports an access to a free page, also without poison=1. */
static void watch_test_kasan(struct kunit *test)
{
	struct buddy_region *region;
	u8 *block;

	if (!IS_ENABLED(CONFIG_KASAN_GENERIC))
		kunit_skip(test, "nothing looks at the shadow here");
	region = test_region_mapped(test, 0, PAGES);
	block = buddy_alloc(region, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, block);
	WRITE_ONCE(*block, 1);
	buddy_free(region, block, 0);
	/* In the middle: KASAN's report also reads around the byte. */
	EXPECT_WARNING("KASAN: use-after-free", read_bad_byte(block + PAGE_SIZE / 2));
}

#ifdef CONFIG_FAULT_INJECTION
/* Users set these members by files in debugfs. */
static void fail_times(struct fault_attr *attr, int times)
{
	attr->verbose = 0;
	atomic_set(&attr->times, times);
	WRITE_ONCE(attr->probability, times ? 100 : 0);
}

static void watch_test_fail(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	const struct buddy_window window = { .top_down = true };
	struct mp_pool *pool;
	unsigned long pfn;
	void *object;

	fail_times(&buddy_fail_page, 3);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 0, 0), BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, 3, 0), BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_within(region, 5, &window, 0), BUDDY_NO_PFN);
	pfn = buddy_alloc_pfn(region, 0, 0);
	fail_times(&buddy_fail_page, 0);
	KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, region->stats.fails[0], 1ULL);
	KUNIT_EXPECT_EQ(test, region->stats.fails[2], 1ULL);
	KUNIT_EXPECT_EQ(test, region->stats.fails[3], 1ULL);
	buddy_free_pfn(region, pfn, 0);

	pool = mp_create_pool(region, PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	fail_times(&mp_fail_pool, 2);
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 8, 0));
	KUNIT_EXPECT_NULL(test, mp_alloc(pool, 3 * PAGE_SIZE, 0));
	object = mp_alloc(pool, 8, 0);
	fail_times(&mp_fail_pool, 0);
	KUNIT_EXPECT_NOT_NULL(test, object);
	mp_destroy_pool(pool);
	expect_all_free(test, region, fresh);
}
#else
static void watch_test_fail(struct kunit *test)
{
	kunit_skip(test, "this kernel has no fault injection");
}
#endif

static struct kunit_case watch_cases[] = {
	KUNIT_CASE(watch_test_owners),
	KUNIT_CASE(watch_test_split_owners),
	KUNIT_CASE(watch_test_split_nmi),
	KUNIT_CASE(watch_test_too_large),
	KUNIT_CASE(watch_test_poison),
	KUNIT_CASE(watch_test_split_poison),
	KUNIT_CASE(watch_test_trim),
	KUNIT_CASE(watch_test_write_after_free),
	KUNIT_CASE(watch_test_owner_before),
	KUNIT_CASE(watch_test_double_free),
	KUNIT_CASE(watch_test_large_with_interrupts),
	KUNIT_CASE(watch_test_large_errors),
	KUNIT_CASE(watch_test_kasan),
	KUNIT_CASE(watch_test_fail),
	{}
};

static struct kunit_suite watch_suite = {
	.name = "watch",
	.test_cases = watch_cases,
};

kunit_test_suite(watch_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: watch");
MODULE_LICENSE("GPL");
