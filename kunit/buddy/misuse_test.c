// SPDX-License-Identifier: GPL-2.0
/*
 * Suite misuse: the exported functions of the page layer with bad pointers.  The region
 * is NULL, an error pointer or was destroyed; arrays and names are NULL; the context is
 * wrong.  A table has the result of each function.  The inline functions do not check.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>

#include "../lib/common.h"

/* The bad region that a function is called with. */
enum which {
	IS_NULL,
	IS_ERR_PTR,
};

static struct buddy_region *region_of(enum which which)
{
	return which == IS_NULL ? NULL : ERR_PTR(-EINVAL);
}

/* True if the function returned what it must return for a bad region. */
typedef bool (*call_fn)(struct buddy_region *region);

static bool call_destroy(struct buddy_region *region)
{
	return buddy_region_destroy(region) == (region ? -EINVAL : 0);
}

static bool call_put(struct buddy_region *region)
{
	buddy_region_put(region);
	return true;
}

static bool call_name(struct buddy_region *region)
{
	return !strcmp(buddy_region_name(region), "(none)");
}

static bool call_stats(struct buddy_region *region)
{
	static struct buddy_stats stats;

	memset(&stats, 0xff, sizeof(stats));
	buddy_region_stats(region, &stats);
	return !memchr_inv(&stats, 0, sizeof(stats));
}

static bool call_drain(struct buddy_region *region)
{
	buddy_region_drain(region);
	return true;
}

static bool call_alloc_pfn_exact(struct buddy_region *region)
{
	return buddy_alloc_pfn_exact(region, 3, 0) == BUDDY_NO_PFN;
}

static bool call_alloc_pfn_aligned(struct buddy_region *region)
{
	return buddy_alloc_pfn_aligned(region, 3, 4, GFP_KERNEL) == BUDDY_NO_PFN;
}

static bool call_alloc_pfn_within(struct buddy_region *region)
{
	return buddy_alloc_pfn_within(region, 3, &(struct buddy_window){}, 0) == BUDDY_NO_PFN;
}

static bool call_trim_pfn(struct buddy_region *region)
{
	return buddy_trim_pfn(region, TEST_PFN, 3, TEST_PFN, 2) == -EINVAL;
}

static bool call_largest(struct buddy_region *region)
{
	return !buddy_region_largest(region);
}

static bool call_free_pfn_exact(struct buddy_region *region)
{
	buddy_free_pfn_exact(region, TEST_PFN, 3);
	return true;
}

static bool call_block_pages(struct buddy_region *region)
{
	return !buddy_block_pages(region, TEST_PFN);
}

static bool call_alloc_bulk(struct buddy_region *region)
{
	unsigned long pfn;

	return !buddy_alloc_bulk(region, 0, 1, &pfn, 0);
}

static bool call_free_bulk(struct buddy_region *region)
{
	const unsigned long pfn = TEST_PFN;

	buddy_free_bulk(region, 0, 1, &pfn);
	return true;
}

static bool call_alloc_exact(struct buddy_region *region)
{
	return !buddy_alloc_exact(region, 3, 0);
}

static bool call_alloc_aligned(struct buddy_region *region)
{
	return !buddy_alloc_aligned(region, 3, 4, 0);
}

static bool call_alloc_within(struct buddy_region *region)
{
	return !buddy_alloc_within(region, 3, &(struct buddy_window){}, 0);
}

static bool call_free_exact(struct buddy_region *region)
{
	buddy_free_exact(region, (void *)PAGE_OFFSET, 3);
	return true;
}

static bool call_pfn_to_virt(struct buddy_region *region)
{
	return !buddy_pfn_to_virt(region, TEST_PFN);
}

static bool call_virt_to_pfn(struct buddy_region *region)
{
	return buddy_virt_to_pfn(region, (void *)PAGE_OFFSET) == BUDDY_NO_PFN;
}

static bool call_virt_to_phys(struct buddy_region *region)
{
	return buddy_virt_to_phys(region, (void *)PAGE_OFFSET) == ~(phys_addr_t)0;
}

static bool call_phys_to_virt(struct buddy_region *region)
{
	return !buddy_phys_to_virt(region, PFN_PHYS(TEST_PFN));
}

static const struct {
	const char *name;
	call_fn call;
	bool null_is_right;	/* as for kfree() */
} calls[] = {
	{ "buddy_region_destroy", call_destroy, true },
	{ "buddy_region_put", call_put, true },
	{ "buddy_region_name", call_name },
	{ "buddy_region_stats", call_stats },
	{ "buddy_region_drain", call_drain },
	{ "buddy_alloc_pfn_exact", call_alloc_pfn_exact },
	{ "buddy_alloc_pfn_aligned", call_alloc_pfn_aligned },
	{ "buddy_alloc_pfn_within", call_alloc_pfn_within },
	{ "buddy_trim_pfn", call_trim_pfn },
	{ "buddy_region_largest", call_largest },
	{ "buddy_free_pfn_exact", call_free_pfn_exact },
	{ "buddy_block_pages", call_block_pages },
	{ "buddy_alloc_bulk", call_alloc_bulk },
	{ "buddy_free_bulk", call_free_bulk },
	{ "buddy_alloc_exact", call_alloc_exact },
	{ "buddy_alloc_aligned", call_alloc_aligned },
	{ "buddy_alloc_within", call_alloc_within },
	{ "buddy_free_exact", call_free_exact },
	{ "buddy_pfn_to_virt", call_pfn_to_virt },
	{ "buddy_virt_to_pfn", call_virt_to_pfn },
	{ "buddy_virt_to_phys", call_virt_to_phys },
	{ "buddy_phys_to_virt", call_phys_to_virt },
};

/* How many bad calls had been counted at the last check. */
static int seen;

static int misuse_init_test(struct kunit *test)
{
	seen = atomic_read(&buddy_bad_calls);
	return 0;
}

static void expect_bad(struct kunit *test, int nr, const char *what)
{
	int now = atomic_read(&buddy_bad_calls);

	KUNIT_EXPECT_EQ_MSG(test, now - seen, nr, "%s", what);
	seen = now;
}

/* The first bad call since insmod warns; those in the tests below must not. */
static void misuse_test_first_warns(struct kunit *test)
{
	bool right;

	KUNIT_ASSERT_EQ(test, seen, 0);
	EXPECT_WARNING("buddy_region_destroy()", right = call_destroy(ERR_PTR(-EINVAL)));
	KUNIT_EXPECT_TRUE(test, right);
	expect_bad(test, 1, "destroy");
}

static void misuse_test_no_region(struct kunit *test)
{
	unsigned int i, which;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (which = IS_NULL; which <= IS_ERR_PTR; which++) {
			KUNIT_EXPECT_TRUE_MSG(test, calls[i].call(region_of(which)),
					      "%s, %u", calls[i].name, which);
			expect_bad(test, which == IS_ERR_PTR || !calls[i].null_is_right,
				   calls[i].name);
		}
	}
	/* The bad calls left no lock held: this one takes the mutex of all regions. */
	KUNIT_EXPECT_NULL(test, buddy_region_get("none"));
}

static int try_create(const char *name, void *virt)
{
	return PTR_ERR_OR_ZERO(buddy_region_create(name, TEST_PFN, 1, virt));
}

static void misuse_test_no_name(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, buddy_region_get(NULL));
	expect_bad(test, 0, "get");
	KUNIT_EXPECT_NULL(test, buddy_region_get(ERR_PTR(-ENOMEM)));
	expect_bad(test, 1, "get");
	KUNIT_EXPECT_EQ(test, try_create(NULL, NULL), -EINVAL);
	expect_bad(test, 1, "create");
	KUNIT_EXPECT_EQ(test, try_create(ERR_PTR(-EINVAL), NULL), -EINVAL);
	expect_bad(test, 1, "create");
	KUNIT_EXPECT_EQ(test, try_create("a", ERR_PTR(-EINVAL)), -EINVAL);
}

/* NULL is the first region; a device that is not there has no node. */
static void misuse_test_no_device(struct kunit *test)
{
	struct device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);

	if (!IS_ENABLED(CONFIG_OF))
		kunit_skip(test, "needs CONFIG_OF");
	KUNIT_ASSERT_NOT_NULL(test, dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_buddy_region_get(NULL, NULL)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_buddy_region_get(ERR_PTR(-ENODEV), NULL)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(devm_buddy_region_get(dev, ERR_PTR(-ENOENT))), -EINVAL);
	expect_bad(test, 3, "devm_get");
}

static void misuse_test_no_array(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 64);
	struct buddy_stats *fresh = test_stats(test, region);

	KUNIT_EXPECT_EQ(test, buddy_alloc_bulk(region, 0, 3, NULL, 0), 0U);
	expect_bad(test, 1, "alloc_bulk");
	buddy_free_bulk(region, 0, 3, NULL);
	expect_bad(test, 1, "free_bulk");
	buddy_region_stats(region, NULL);
	expect_bad(test, 1, "stats");
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_within(region, 3, NULL, 0), BUDDY_NO_PFN);
	expect_bad(test, 1, "within");
	/* Zero blocks without an array are correct. */
	KUNIT_EXPECT_EQ(test, buddy_alloc_bulk(region, 0, 0, NULL, 0), 0U);
	buddy_free_bulk(region, 0, 0, NULL);
	expect_bad(test, 0, "bulk");
	expect_all_free(test, region, fresh);
}

/* A destroyed region is refused, and its memory is not read. */
static void misuse_test_destroyed_region(struct kunit *test)
{
	struct buddy_region *region = buddy_region_create("gone", TEST_PFN, 64, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), -EINVAL);
	expect_bad(test, 1, "destroy");
	buddy_region_put(region);
	expect_bad(test, 1, "put");
}

/* A driver cannot destroy a region of insmod, with or without a reference. */
static void misuse_test_destroy_loaded(struct kunit *test)
{
	struct buddy_region *region = buddy_region_get("region0");

	if (!region)
		kunit_skip(test, "buddypool.ko has no region0");
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), -EINVAL);
	buddy_region_put(region);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), -EINVAL);
	expect_bad(test, 2, "destroy");
	KUNIT_EXPECT_PTR_EQ(test, buddy_region_get("region0"), region);
	buddy_region_put(region);
}

/* The result of an allocation that failed is outside of every region. */
static void misuse_test_failed_result(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 64);
	const unsigned long pfn = BUDDY_NO_PFN;

	EXPECT_WARNING("this is in no region", buddy_free_pfn(region, pfn, 0));
	buddy_free_pfn(region, pfn, 7);
	buddy_free_pfn_exact(region, pfn, 5);
	buddy_free_bulk(region, 0, 1, &pfn);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->errors[BUDDY_OUTSIDE], 4UL);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 0UL);
	KUNIT_EXPECT_NULL(test, buddy_pfn_to_virt(region, pfn));
	check_region(test, region);
}

/* Functions that sleep fail in atomic context, and leave no lock held. */
static void misuse_test_must_not_sleep(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 64), *created, *found;
	const char *name = buddy_region_name(region);
	int err;

	KUNIT_ASSERT_PTR_EQ(test, buddy_region_get(name), region);
	local_irq_disable();
	found = buddy_region_get(name);
	buddy_region_put(region);
	err = buddy_region_destroy(region);
	created = buddy_region_create("irqs-off", 0, 1, NULL);
	local_irq_enable();
	KUNIT_EXPECT_NULL(test, found);
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, created, ERR_PTR(-EINVAL));
	expect_bad(test, 4, "sleep");
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 2U);
	buddy_region_put(region);
}

/* Run @code as in an NMI: it must not wait for a lock, as the interrupted may hold it. */
#define IN_NMI(code)			\
do {					\
	__preempt_count_add(NMI_OFFSET);	\
	code;				\
	__preempt_count_sub(NMI_OFFSET);	\
} while (0)

/* In an NMI, a free that needs the lock is an error; the block stays in use. */
static void misuse_test_nmi(struct kunit *test)
{
	static const unsigned int nrs[] = { 1, 2, 32, 64, 128, 3, 40, 100 };
	struct buddy_region *region = test_region(test, TEST_PFN, 1024);
	struct buddy_stats *fresh = test_stats(test, region), *stats;
	unsigned long flags, pfns[ARRAY_SIZE(nrs)], pages, largest;
	unsigned int i, count = 0;
	int err;

	stats = test_stats(test, region);
	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		pfns[i] = buddy_alloc_pfn_exact(region, nrs[i], 0);
		KUNIT_ASSERT_NE(test, pfns[i], BUDDY_NO_PFN);
	}
	/* A call that waits for this lock hangs. */
	raw_spin_lock_irqsave(&region->lock, flags);
	EXPECT_WARNING("NMI context cannot wait", IN_NMI(buddy_region_drain(region)));
	for (i = 0; i < ARRAY_SIZE(nrs); i++)
		IN_NMI(buddy_free_pfn_exact(region, pfns[i], nrs[i]));
	IN_NMI(buddy_free_pfn(region, pfns[0], 0));
	IN_NMI(buddy_free_pfn(region, pfns[4], 7));
	IN_NMI(pages = buddy_block_pages(region, pfns[0]));
	IN_NMI(buddy_region_stats(region, stats));
	IN_NMI(err = buddy_trim_pfn(region, pfns[3], 64, pfns[3], 32));
	IN_NMI(largest = buddy_region_largest(region));
	raw_spin_unlock_irqrestore(&region->lock, flags);
	count = 1 + ARRAY_SIZE(nrs) + 6;
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_EQ(test, largest, 0UL);
	KUNIT_EXPECT_EQ(test, pages, 0UL);
	KUNIT_EXPECT_NULL(test, memchr_inv(stats, 0, sizeof(*stats)));
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->errors[BUDDY_IN_NMI], (unsigned long)count);
	check_region(test, region);
	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfns[i]), (unsigned long)nrs[i]);
		buddy_free_pfn_exact(region, pfns[i], nrs[i]);
	}
	expect_all_free(test, region, fresh);
}

/* The free of a large block needs the lock if it replaces other blocks in the cache. */
static void misuse_test_nmi_large(struct kunit *test)
{
	struct buddy_region *region;
	struct buddy_stats *fresh, *stats;
	unsigned long first, second, flags;

	/* The test stays on CPU 0, so that it always uses the same cache. */
	set_cpus_allowed_ptr(current, cpumask_of(0));
	init_caches(test);
	region = test_region(test, TEST_PFN, BIT(14));
	exit_caches(test);
	fresh = test_stats(test, region);
	first = buddy_alloc_pfn(region, 7, 0);
	second = buddy_alloc_pfn(region, 6, 0);
	buddy_free_pfn(region, first, 7);
	raw_spin_lock_irqsave(&region->lock, flags);
	EXPECT_WARNING("NMI context cannot wait", IN_NMI(buddy_free_pfn(region, second, 6)));
	raw_spin_unlock_irqrestore(&region->lock, flags);
	stats = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, stats->errors[BUDDY_IN_NMI], 1UL);
	KUNIT_EXPECT_EQ(test, stats->frees[6], 0ULL);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, second), 64UL);
	buddy_free_pfn(region, second, 6);
	expect_all_free(test, region, fresh);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE(misuse_test_first_warns),
	KUNIT_CASE(misuse_test_no_region),
	KUNIT_CASE(misuse_test_no_name),
	KUNIT_CASE(misuse_test_no_device),
	KUNIT_CASE(misuse_test_no_array),
	KUNIT_CASE(misuse_test_destroyed_region),
	KUNIT_CASE(misuse_test_destroy_loaded),
	KUNIT_CASE(misuse_test_failed_result),
	KUNIT_CASE(misuse_test_must_not_sleep),
	KUNIT_CASE(misuse_test_nmi),
	KUNIT_CASE(misuse_test_nmi_large),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "misuse",
	.init = misuse_init_test,
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: misuse");
MODULE_LICENSE("GPL");
