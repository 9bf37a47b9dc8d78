// SPDX-License-Identifier: GPL-2.0
/* Suite pool_misuse: each function of the pool layer with wrong arguments or in an NMI. */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

static void nothing(void *unused)
{
}

/* --- pointers that are no pool --- */

/* Each function makes one call, and returns true if the result is that of a refused call. */

static bool call_alloc(struct mp_pool *pool)
{
	return !mp_alloc(pool, 8, 0);
}

static bool call_nalloc(struct mp_pool *pool)
{
	return !mp_nalloc(pool, 8, __GFP_ZERO);
}

static bool call_calloc(struct mp_pool *pool)
{
	return !mp_calloc(pool, 8, 8, 0);
}

static bool call_memalign(struct mp_pool *pool)
{
	return !mp_memalign(pool, 8, 64, 0);
}

static bool call_memdup(struct mp_pool *pool)
{
	return !mp_memdup(pool, "abc", 3, 0);
}

static bool call_strdup(struct mp_pool *pool)
{
	return !mp_strdup(pool, "abc", 0);
}

static bool call_printf(struct mp_pool *pool)
{
	return !mp_printf(pool, 0, "%d", 7);
}

static bool call_free(struct mp_pool *pool)
{
	return !mp_free(pool, pool);
}

static bool call_add_cleanup(struct mp_pool *pool)
{
	return mp_add_cleanup(pool, nothing, NULL, 0) == -EINVAL;
}

static bool call_cancel_cleanup(struct mp_pool *pool)
{
	return !mp_cancel_cleanup(pool, nothing, NULL);
}

static bool call_run_cleanup(struct mp_pool *pool)
{
	return !mp_run_cleanup(pool, nothing, NULL);
}

static bool call_reset(struct mp_pool *pool)
{
	mp_reset_pool(pool);
	return true;
}

static bool call_trim(struct mp_pool *pool)
{
	return !mp_trim_pool(pool);
}

static bool call_create_child(struct mp_pool *pool)
{
	return !mp_create_child(pool, "child", 0, 8, 0);
}

static bool call_set_limit(struct mp_pool *pool)
{
	return mp_set_limit(pool, SZ_1M) == -EINVAL;
}

static bool call_stats(struct mp_pool *pool)
{
	struct mp_stats stats;

	memset(&stats, 0xff, sizeof(stats));
	mp_pool_stats(pool, &stats);
	return !memchr_inv(&stats, 0, sizeof(stats));
}

static bool call_mark(struct mp_pool *pool)
{
	struct mp_mark mark = {};

	mp_mark_pool(pool, &mark);
	return !memchr_inv(&mark, 0, sizeof(mark));
}

static bool call_rewind(struct mp_pool *pool)
{
	static const struct mp_mark mark;

	mp_rewind_pool(pool, &mark);
	return true;
}

static bool call_destroy(struct mp_pool *pool)
{
	mp_destroy_pool(pool);
	return true;
}

static const struct call {
	const char *name;
	bool (*call)(struct mp_pool *pool);
	bool is_inline;	/* reads the pool without a check */
} calls[] = {
	{ "alloc", call_alloc, true },
	{ "nalloc", call_nalloc, true },
	{ "calloc", call_calloc, true },
	{ "memalign", call_memalign },
	{ "memdup", call_memdup },
	{ "strdup", call_strdup },
	{ "printf", call_printf },
	{ "free", call_free },
	{ "add_cleanup", call_add_cleanup },
	{ "cancel_cleanup", call_cancel_cleanup },
	{ "run_cleanup", call_run_cleanup },
	{ "reset", call_reset },
	{ "trim", call_trim },
	{ "create_child", call_create_child },
	{ "set_limit", call_set_limit },
	{ "stats", call_stats },
	{ "mark", call_mark },
	{ "rewind", call_rewind },
	{ "destroy", call_destroy },
};

/* Every call with @pool must be refused and counted once. */
static void expect_no_pool(struct kunit *test, const char *what, struct mp_pool *pool,
			   bool readable)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		int before = nr_bad();
		bool refused;

		if (calls[i].is_inline && !readable)
			continue;
		/* To destroy NULL is allowed. */
		if (calls[i].call == call_destroy && !pool)
			continue;
		TOUCH_FREE(refused = calls[i].call(pool));
		KUNIT_EXPECT_TRUE_MSG(test, refused, "%s of %s", calls[i].name, what);
		KUNIT_EXPECT_EQ_MSG(test, nr_bad(), before + 1, "%s of %s", calls[i].name, what);
	}
}

/* The first error of all prints a WARN, so this must be the first test. */
static void pool_misuse_test_destroyed_twice(struct kunit *test)
{
	struct buddy_region *region = fixture(test)->region;
	struct mp_pool *pool = mp_create_pool_named(region, "twice", SCALED(5000), 8, 0);
	unsigned long before;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 8, 0));
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, SCALED(9000), 0));
	add_letter(test, pool, "a");
	mp_destroy_pool(pool);
	before = used(test);
	EXPECT_WARNING("was pool 'twice' made by", TOUCH_FREE(mp_destroy_pool(pool)));
	KUNIT_EXPECT_EQ(test, nr_bad(), 1);
	expect_no_pool(test, "a destroyed pool", pool, true);
	KUNIT_EXPECT_EQ(test, used(test), before);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a");
	check_region(test, region);
}

static void pool_misuse_test_no_pool(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *page = mp_calloc(pool, 1, PAGE_SIZE, 0);

	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_no_pool(test, "NULL", NULL, false);
	expect_no_pool(test, "an error pointer", ERR_PTR(-ENOMEM), false);
	expect_no_pool(test, "an object", mp_calloc(pool, 1, 500, 0), true);
	expect_no_pool(test, "a page", page, true);
	KUNIT_EXPECT_TRUE(test, mp_free(pool, page));
	mp_destroy_pool(NULL);
}

static void pool_misuse_test_no_region(struct kunit *test)
{
	int before = nr_bad();

	KUNIT_EXPECT_NULL(test, mp_create_pool(NULL, 0, 0));
	KUNIT_EXPECT_NULL(test, mp_create_pool(ERR_PTR(-EBUSY), 0, 0));
	KUNIT_EXPECT_NULL(test, mp_create_pool_named(NULL, "no", 0, 8, 0));
	KUNIT_EXPECT_NULL(test, mp_create_pool_named(ERR_PTR(-EINVAL), "no", 0, 8, 0));
	KUNIT_EXPECT_EQ(test, nr_bad(), before + 4);
	/* NULL is no name, as from a kasprintf() that failed; an error pointer is refused. */
	KUNIT_EXPECT_NULL(test, mp_create_pool_named(fixture(test)->region, ERR_PTR(-ENOMEM),
						     0, 8, 0));
	KUNIT_EXPECT_EQ(test, nr_bad(), before + 5);
}

static void pool_misuse_test_no_source(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	const char *error = ERR_PTR(-ENOENT), *none = NULL;
	int before = nr_bad();

	/* Hide the NULL from the compiler, which would warn. */
	OPTIMIZER_HIDE_VAR(none);
	KUNIT_EXPECT_NULL(test, mp_strdup(pool, NULL, 0));
	KUNIT_EXPECT_PTR_EQ(test, mp_memdup(pool, NULL, 0, 0), ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, nr_bad(), before);
	KUNIT_EXPECT_NULL(test, mp_strdup(pool, error, 0));
	KUNIT_EXPECT_NULL(test, mp_memdup(pool, none, 5, 0));
	KUNIT_EXPECT_NULL(test, mp_memdup(pool, error, 5, 0));
	KUNIT_EXPECT_NULL(test, mp_printf(pool, 0, none));
	KUNIT_EXPECT_EQ(test, nr_bad(), before + 4);
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
}

static void pool_misuse_test_no_handler(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	int before = nr_bad();

	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, NULL, test, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, ERR_PTR(-ENOENT), test, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, nr_bad(), before + 2);
	KUNIT_EXPECT_EQ(test, pool->given, 0UL);
	mp_reset_pool(pool);
}

static void pool_misuse_test_no_stats(struct kunit *test)
{
	int before = nr_bad();

	mp_pool_stats(fixture(test)->pool, NULL);
	mp_pool_stats(fixture(test)->pool, ERR_PTR(-ENOMEM));
	KUNIT_EXPECT_EQ(test, nr_bad(), before + 2);
}

/* --- zones --- */

static bool zone_create(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_create_pool(pool->region, 0, gfp);
}

static bool zone_create_named(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_create_pool_named(pool->region, "zone", 0, 8, gfp);
}

static bool zone_create_child(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_create_child(pool, "zone", 0, 8, gfp);
}

static bool zone_alloc(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_alloc(pool, 8, gfp);
}

static bool zone_alloc_nothing(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_alloc(pool, 0, gfp);
}

static bool zone_alloc_large(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_alloc(pool, SCALED(9000), gfp);
}

static bool zone_nalloc(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_nalloc(pool, 8, gfp);
}

static bool zone_calloc(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_calloc(pool, 8, 8, gfp);
}

static bool zone_memalign(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_memalign(pool, 8, 64, gfp);
}

static bool zone_realloc(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_realloc(pool, NULL, 0, 8, gfp);
}

static bool zone_memdup(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_memdup(pool, "abc", 3, gfp);
}

static bool zone_strdup(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_strdup(pool, "abc", gfp);
}

static bool zone_printf(struct mp_pool *pool, gfp_t gfp)
{
	return !mp_printf(pool, gfp, "%d", 7);
}

static bool zone_add_cleanup(struct mp_pool *pool, gfp_t gfp)
{
	return mp_add_cleanup(pool, nothing, NULL, gfp) == -ENOMEM;
}

/* With a zone flag each call is refused and counted in the region; else it succeeds. */
static const struct {
	const char *name;
	bool (*fails)(struct mp_pool *pool, gfp_t gfp);
} zone_calls[] = {
	{ "create", zone_create },
	{ "create_named", zone_create_named },
	{ "create_child", zone_create_child },
	{ "alloc", zone_alloc },
	{ "alloc of nothing", zone_alloc_nothing },
	{ "alloc of a large one", zone_alloc_large },
	{ "nalloc", zone_nalloc },
	{ "calloc", zone_calloc },
	{ "memalign", zone_memalign },
	{ "realloc", zone_realloc },
	{ "memdup", zone_memdup },
	{ "strdup", zone_strdup },
	{ "printf", zone_printf },
	{ "add_cleanup", zone_add_cleanup },
};

static void pool_misuse_test_zones(struct kunit *test)
{
	static const gfp_t zones[] = { GFP_DMA, GFP_KERNEL | __GFP_DMA32, __GFP_DMA32 };
	struct buddy_region *region = test_region_mapped(test, 0, 64);
	struct mp_pool *pool = mp_create_pool(region, 0, GFP_KERNEL);
	atomic_long_t *count = &region->errors[BUDDY_ZONE];
	unsigned int i, j;
	size_t given;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	EXPECT_WARNING("the flags ask for a zone",
		       KUNIT_EXPECT_NULL(test, mp_alloc(pool, 8, GFP_KERNEL | GFP_DMA32)));
	KUNIT_EXPECT_EQ(test, atomic_long_read(count), 1L);
	given = pool->given;
	for (i = 0; i < ARRAY_SIZE(zone_calls); i++) {
		for (j = 0; j < ARRAY_SIZE(zones); j++) {
			long before = atomic_long_read(count);

			KUNIT_EXPECT_TRUE_MSG(test, zone_calls[i].fails(pool, zones[j]), "%s",
					      zone_calls[i].name);
			KUNIT_EXPECT_EQ_MSG(test, atomic_long_read(count), before + 1, "%s",
					    zone_calls[i].name);
		}
	}
	KUNIT_EXPECT_EQ(test, pool->given, given);
	KUNIT_EXPECT_EQ(test, pages_used(region), 1UL);
	/* Without the two that create pools, which nobody would destroy. */
	for (i = 2; i < ARRAY_SIZE(zone_calls); i++) {
		KUNIT_EXPECT_FALSE_MSG(test, zone_calls[i].fails(pool, GFP_KERNEL), "%s",
				       zone_calls[i].name);
		KUNIT_EXPECT_FALSE_MSG(test, zone_calls[i].fails(pool, GFP_ATOMIC), "%s",
				       zone_calls[i].name);
	}
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, pages_used(region), 0UL);
}

/* --- in an NMI --- */

static void pool_misuse_test_nmi(struct kunit *test)
{
	struct buddy_region *region = fixture(test)->region;
	struct mp_pool *pool = mp_create_pool(region, 512, 0), *none = pool;
	void *large = mp_alloc(pool, SCALED(5000), 0), *small, *refused;
	struct mp_mark mark;
	struct mp_stats stats;
	struct mp_pool *before = kunit_kmalloc(test, sizeof(*before), GFP_KERNEL);
	bool freed, cancelled;
	int wrong, limited, added;

	KUNIT_ASSERT_TRUE(test, pool && large && before);
	KUNIT_EXPECT_EQ(test, mp_add_cleanup(pool, nothing, NULL, 0), 0);
	mp_mark_pool(pool, &mark);
	KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 100, 0));
	*before = *pool;
	__preempt_count_add(NMI_OFFSET);
	wrong = atomic_read(&buddy_bad_calls);
	freed = mp_free(pool, large);
	none = mp_create_pool(region, 0, 0) ?: mp_create_child(pool, "", 0, 8, 0);
	mp_reset_pool(pool);
	mp_rewind_pool(pool, &mark);
	mp_destroy_pool(pool);
	cancelled = mp_cancel_cleanup(pool, nothing, NULL);
	mp_trim_pool(pool);
	limited = mp_set_limit(pool, SZ_1M);
	mp_pool_stats(pool, &stats);	/* is allowed */
	__preempt_count_sub(NMI_OFFSET);
	KUNIT_EXPECT_EQ(test, atomic_read(&buddy_bad_calls), wrong + 9);
	KUNIT_EXPECT_EQ(test, limited, -EINVAL);
	KUNIT_EXPECT_EQ(test, stats.larges, 1UL);
	KUNIT_EXPECT_FALSE(test, cancelled);
	KUNIT_EXPECT_FALSE(test, freed);
	KUNIT_EXPECT_NULL(test, none);
	KUNIT_EXPECT_EQ(test, memcmp(pool, before, sizeof(*before)), 0);

	/* Savepoints can be set and handlers added. */
	__preempt_count_add(NMI_OFFSET);
	mp_mark_pool(pool, &mark);
	added = mp_add_cleanup(pool, nothing, NULL, 0);
	__preempt_count_sub(NMI_OFFSET);
	KUNIT_EXPECT_EQ(test, atomic_read(&buddy_bad_calls), wrong + 9);
	KUNIT_EXPECT_EQ(test, added, 0);
	mp_rewind_pool(pool, &mark);
	KUNIT_EXPECT_EQ(test, atomic_read(&buddy_bad_calls), wrong + 9);
	KUNIT_EXPECT_PTR_EQ(test, pool->cleanups.next, before->cleanups.next);

	/*
	 * Objects can be allocated in an NMI; a large one only if there is room for its
	 * entry, because its pages could not be freed.
	 */
	while (pool->end - pool->last >= pool_step(1) + POOL_GRANULE)
		KUNIT_ASSERT_NOT_NULL(test, mp_nalloc(pool, 1, 0));
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 1UL);
	buddy_free(region, buddy_alloc(region, 0, 0), 0);
	__preempt_count_add(NMI_OFFSET);
	refused = mp_alloc(pool, SCALED(5000), __GFP_NOWARN);
	small = mp_alloc(pool, 200, __GFP_NOWARN);
	large = mp_alloc(pool, SCALED(5000), __GFP_NOWARN);
	__preempt_count_sub(NMI_OFFSET);
	KUNIT_EXPECT_NULL(test, refused);
	/* Without SMP, a trylock cannot tell whether the lock is held. */
	KUNIT_EXPECT_EQ(test, !!small, IS_ENABLED(CONFIG_SMP));
	KUNIT_EXPECT_EQ(test, !!large, IS_ENABLED(CONFIG_SMP));
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
}

static struct kunit_case pool_misuse_cases[] = {
	KUNIT_CASE(pool_misuse_test_destroyed_twice),
	KUNIT_CASE(pool_misuse_test_no_pool),
	KUNIT_CASE(pool_misuse_test_no_region),
	KUNIT_CASE(pool_misuse_test_no_source),
	KUNIT_CASE(pool_misuse_test_no_handler),
	KUNIT_CASE(pool_misuse_test_no_stats),
	KUNIT_CASE(pool_misuse_test_zones),
	KUNIT_CASE(pool_misuse_test_nmi),
	{}
};

static struct kunit_suite pool_misuse_suite = {
	.name = "pool_misuse",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_misuse_cases,
};

kunit_test_suite(pool_misuse_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_misuse");
MODULE_LICENSE("GPL");
