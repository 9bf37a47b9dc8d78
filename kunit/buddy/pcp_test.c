// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pcp: the per-CPU caches, for blocks below a cluster: which calls need no lock,
 * frees by other CPUs, drains, NMIs.  The suites *_caches repeat other suites with caches.
 */
#include <linux/cpu.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/smp.h>

#include "../../buddy/pcp.h"
#include "../lib/common.h"
#include "../lib/files.h"

#define PAGES	BIT(16)

/* The test stays on CPU 0, so that it always uses the same cache. */
static int pcp_init_test(struct kunit *test)
{
	set_cpus_allowed_ptr(current, cpumask_of(0));
	return init_caches(test);
}

static struct pcp *cache_of(struct buddy_region *region, unsigned int cpu)
{
	return per_cpu_ptr(region->pcp, cpu);
}

static u64 locked(struct kunit *test, struct buddy_region *region)
{
	struct buddy_stats *stats = test_stats(test, region);
	u64 count = stats->locked;

	kunit_kfree(test, stats);
	return count;
}

/* --- on another CPU --- */

struct call {
	struct buddy_region *region;
	unsigned long pfn;
	unsigned int order;
};

static void call_alloc(void *data)
{
	struct call *call = data;

	call->pfn = buddy_alloc_pfn(call->region, call->order, __GFP_NOWARN);
}

static void call_free(void *data)
{
	struct call *call = data;

	buddy_free_pfn(call->region, call->pfn, call->order);
}

static unsigned long alloc_on(struct kunit *test, struct buddy_region *region,
			      unsigned int cpu, unsigned int order)
{
	struct call call = { region, BUDDY_NO_PFN, order };

	KUNIT_ASSERT_EQ(test, smp_call_function_single(cpu, call_alloc, &call, 1), 0);
	return call.pfn;
}

static void free_on(struct kunit *test, struct buddy_region *region,
		    unsigned int cpu, unsigned long pfn, unsigned int order)
{
	struct call call = { region, pfn, order };

	KUNIT_ASSERT_EQ(test, smp_call_function_single(cpu, call_free, &call, 1), 0);
}

static void need_two_cpus(struct kunit *test)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
}

/* --- without the lock --- */

/* The functions by address use the cache, too. */
static void pcp_test_address(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, 256);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long first = buddy_alloc_pfn(region, 0, 0);
	u64 before = locked(test, region);
	void *page = buddy_alloc(region, 0, 0);

	KUNIT_ASSERT_NE(test, first, BUDDY_NO_PFN);
	KUNIT_EXPECT_PTR_EQ(test, page, buddy_pfn_to_virt(region, first + 1));
	buddy_free(region, page, 0);
	KUNIT_EXPECT_EQ(test, locked(test, region), before);
	buddy_free_pfn(region, first, 0);
	expect_all_free(test, region, fresh);
}

/* Allocate and free one block again and again: only the first calls take the lock. */
static void pcp_test_hot(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int order, i;
	u64 before;

	for (order = 0; order <= 10; order++) {
		/* With large orders, several calls pass until the CPU caches a cluster. */
		for (i = 0; i < 8; i++)
			buddy_free_pfn(region, buddy_alloc_pfn(region, order, 0), order);
		before = locked(test, region);
		for (i = 0; i < 1000; i++) {
			unsigned long pfn = buddy_alloc_pfn(region, order, 0);

			KUNIT_ASSERT_EQ(test, pfn % BIT(order), 0UL);
			KUNIT_ASSERT_EQ(test, buddy_block_pages(region, pfn), BIT(order));
			buddy_free_pfn(region, pfn, order);
		}
		KUNIT_EXPECT_EQ_MSG(test, locked(test, region) - before, 0ULL,
				    "order %u", order);
	}
	expect_all_free(test, region, fresh);
}

/* Many allocations, then many frees: the lock is taken once in 30 calls, or less. */
static void pcp_test_bulk(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region), *stats;
	unsigned long *pfns = kunit_kcalloc(test, 4096, sizeof(*pfns), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pfns);
	for (i = 0; i < 4096; i++)
		pfns[i] = buddy_alloc_pfn(region, 0, 0);
	for (i = 0; i < 4096; i++)
		buddy_free_pfn(region, pfns[i], 0);
	stats = test_stats(test, region);
	KUNIT_EXPECT_LE(test, stats->locked, 8192ULL / 30);
	/* Each block is counted once. */
	KUNIT_EXPECT_EQ(test, stats->allocs[0], 4096ULL);
	KUNIT_EXPECT_EQ(test, stats->frees[0], 4096ULL);
	KUNIT_EXPECT_EQ(test, stats->free_pages, PAGES);
	KUNIT_EXPECT_LE(test, stats->peak_pages, 4096UL + CLUSTER_PAGES);
	KUNIT_EXPECT_GE(test, stats->peak_pages, 4096UL);
	expect_all_free(test, region, fresh);
}

/* Blocks of half a cluster: the lock is taken for every second one. */
static void pcp_test_bulk_halves(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	unsigned long pfns[32], i;
	u64 before;

	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		pfns[i] = buddy_alloc_pfn(region, 5, 0);
	before = locked(test, region);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		buddy_free_pfn(region, pfns[i], 5);
	KUNIT_EXPECT_EQ(test, locked(test, region) - before, ARRAY_SIZE(pfns) / 2ULL);
}

/* The peak counts a cluster when a CPU takes it, as allocations from there are not seen. */
static void pcp_test_peak(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region), *stats;
	unsigned long nr = 2 * CLUSTER_PAGES - 1, i;
	unsigned long *pfns = kunit_kcalloc(test, nr, sizeof(*pfns), GFP_KERNEL);
	u64 before;

	KUNIT_ASSERT_NOT_NULL(test, pfns);
	/* One page is left in the cache: blocks of order 1 come from the lists. */
	for (i = 0; i < CLUSTER_PAGES - 1; i++)
		pfns[i] = buddy_alloc_pfn(region, 0, 0);
	pfns[i] = buddy_alloc_pfn(region, 1, 0);
	pfns[i + 1] = buddy_alloc_pfn(region, 1, 0);
	buddy_free_pfn(region, pfns[i], 1);
	buddy_free_pfn(region, pfns[i + 1], 1);
	before = locked(test, region);
	for (; i < nr; i++)
		pfns[i] = buddy_alloc_pfn(region, 0, 0);
	KUNIT_EXPECT_EQ(test, locked(test, region), before);
	stats = test_stats(test, region);
	KUNIT_EXPECT_GE(test, stats->peak_pages, nr);
	for (i = 0; i < nr; i++)
		buddy_free_pfn(region, pfns[i], 0);
	expect_all_free(test, region, fresh);
}

/* A block is counted by its length, not by its alignment, with the lock and without. */
static void pcp_test_counts(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *stats;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		buddy_free_pfn_exact(region, buddy_alloc_pfn_aligned(region, 3, 4, 0), 3);
		/* From the cache, from the second one on. */
		buddy_free_pfn_exact(region, buddy_alloc_pfn_exact(region, 3, 0), 3);
	}
	stats = test_stats(test, region);
	KUNIT_EXPECT_EQ(test, stats->allocs[2], 8ULL);
	KUNIT_EXPECT_EQ(test, stats->frees[2], 8ULL);
	KUNIT_EXPECT_EQ(test, stats->allocs[4], 0ULL);
}

/* Frees in many clusters do not make the CPU take another cluster each time. */
static void pcp_test_random_frees(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	unsigned int i, stride = 5 * CLUSTER_PAGES + 1;
	unsigned long pfn;
	u64 refills;

	for (i = 0; i < PAGES; i++)
		KUNIT_ASSERT_NE(test, buddy_alloc_pfn(region, 0, 0), BUDDY_NO_PFN);
	refills = cache_of(region, 0)->refills;
	for (i = 0, pfn = 0; i < PAGES; i++, pfn = (pfn + stride) % PAGES)
		buddy_free_pfn(region, TEST_PFN + pfn, 0);
	/* The CPU takes the first cluster, as it has none. */
	KUNIT_EXPECT_EQ(test, cache_of(region, 0)->refills, refills + 1);
}

/* Allocate a block and free it, twice.  Return how many pages a cache has then. */
static unsigned long cached_after(struct buddy_region *region, unsigned int order)
{
	unsigned long pages = region->stats.pages;
	unsigned int i;

	for (i = 0; i < 2; i++)
		buddy_free_pfn(region, buddy_alloc_pfn(region, order, 0), order);
	pages -= region->stats.free_pages;
	buddy_region_drain(region);
	return pages;
}

/*
 * A small region has no caches, as they would keep too much of its memory.  A larger one has
 * no large blocks in them.
 */
static void pcp_test_share(struct kunit *test)
{
	unsigned long least = 8 * CLUSTER_PAGES * num_possible_cpus();
	unsigned long pages[] = {
		least - CLUSTER_PAGES, least, 2 * least - CLUSTER_PAGES, 2 * least,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		struct buddy_region *region;

		region = buddy_region_create("pcp-share", TEST_PFN, pages[i], NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
		KUNIT_EXPECT_EQ(test, cached_after(region, 0), i ? CLUSTER_PAGES : 0UL);
		KUNIT_EXPECT_EQ(test, cached_after(region, CLUSTER_ORDER),
				i == 3 ? CLUSTER_PAGES : 0UL);
		KUNIT_EXPECT_EQ(test, region->stats.free_pages, pages[i]);
		KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	}
}

/* --- two CPUs --- */

/* Any CPU frees a page into the cache that has the page's cluster, without the lock. */
static void pcp_test_remote_free(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int order;
	unsigned long pfn;
	u64 before;

	need_two_cpus(test);
	for (order = 0; order < CLUSTER_ORDER; order++) {
		pfn = buddy_alloc_pfn(region, 0, 0);
		buddy_free_pfn(region, pfn, 0);
		pfn = buddy_alloc_pfn(region, order, 0);
		before = locked(test, region);
		free_on(test, region, 1, pfn, order);
		KUNIT_EXPECT_EQ(test, locked(test, region), before);
		KUNIT_EXPECT_PTR_EQ(test, cache_of(region, 1)->cluster, NULL);
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, order, 0), pfn);
		buddy_free_pfn(region, pfn, order);
	}
	expect_all_free(test, region, fresh);
}

/*
 * While a CPU caches a cluster, no other CPU gets one of the same eight clusters, whose words
 * share cache lines; but the same CPU does, and so does another one if no other is free.
 */
static void pcp_test_apart(struct kunit *test)
{
	static const unsigned int rows[] = { 0, 10 };	/* the ways of a call that fills a cache */
	struct buddy_region *small = test_region(test, 0, 1024), *region;
	unsigned long pfn, large;
	unsigned int i;

	need_two_cpus(test);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		region = test_region(test, TEST_PFN, PAGES);
		region->cache_row = rows[i];
		buddy_free_pfn(region, buddy_alloc_pfn(region, 0, 0), 0);
		KUNIT_ASSERT_EQ(test, region->clusters[0].pcp_cpu, 1);
		pfn = buddy_alloc_pfn(region, CLUSTER_ORDER, 0);
		KUNIT_EXPECT_EQ(test, pfn, TEST_PFN + CLUSTER_PAGES);
		buddy_free_pfn(region, pfn, CLUSTER_ORDER);
		pfn = alloc_on(test, region, 1, 0);
		KUNIT_EXPECT_EQ(test, pfn, TEST_PFN + 512);
		buddy_free_pfn(region, pfn, 0);
		end_region(test, region);
	}
	small->cache_row = 10;
	buddy_free_pfn(small, buddy_alloc_pfn(small, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, small->clusters[0].pcp_cpu, 1);
	large = buddy_alloc_pfn(small, 9, 0);
	pfn = alloc_on(test, small, 1, 0);
	KUNIT_EXPECT_EQ(test, pfn, CLUSTER_PAGES);
	buddy_free_pfn(small, pfn, 0);
	buddy_free_pfn(small, large, 9);
}

/*
 * That does not cost a larger block for each cluster: CPU 1 uses up all of the eight that it
 * began, while CPU 0 keeps its cluster and leaves seven smaller blocks beside it.
 */
static void pcp_test_apart_large(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	unsigned int i;

	need_two_cpus(test);
	region->cache_row = 2 * 512;
	buddy_free_pfn(region, buddy_alloc_pfn(region, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, region->clusters[0].pcp_cpu, 1);
	for (i = 0; i < 512; i++)
		KUNIT_ASSERT_EQ(test, alloc_on(test, region, 1, 0), TEST_PFN + 512 + i);
	for (i = 0; i < 512; i++)
		buddy_free_pfn(region, TEST_PFN + 512 + i, 0);
}

/* Of many blocks beside such clusters, a call looks at 32, then takes the first. */
static void pcp_test_apart_tries(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	unsigned int nr = 8 * 33, i;
	unsigned long pfn;

	region->cache_row = 2 * nr;
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, buddy_alloc_pfn(region, CLUSTER_ORDER, 0),
				TEST_PFN + i * CLUSTER_PAGES);
	for (i = 1; i < nr; i += 8)
		buddy_free_pfn(region, TEST_PFN + i * CLUSTER_PAGES, CLUSTER_ORDER);
	buddy_region_drain(region);
	/* These are blocks in use: nothing but the search looks at the CPU. */
	for (i = 0; i < nr; i += 8) {
		unsigned int free = i < 8 * 31 ? i + 9 : 1;

		region->clusters[i].pcp_cpu = 2;
		pfn = buddy_alloc_pfn(region, 0, 0);
		KUNIT_EXPECT_EQ(test, pfn, TEST_PFN + free * CLUSTER_PAGES);
		buddy_free_pfn(region, pfn, 0);
		buddy_region_drain(region);
	}
	for (i = 0; i < nr; i++) {
		region->clusters[i].pcp_cpu = 0;
		if (i % 8 != 1)
			buddy_free_pfn(region, TEST_PFN + i * CLUSTER_PAGES, CLUSTER_ORDER);
	}
}

/* A page in a cache is free: each CPU that frees the page again gets an error. */
static void pcp_test_double_free(struct kunit *test)
{
	unsigned int order, cpu, count = 0;

	need_two_cpus(test);
	for (order = 0; order <= 8; order++) {
		struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
		struct buddy_stats *fresh = test_stats(test, region);
		unsigned long pfn, inside = order ? 1 : 0;

		/* Both CPUs cache a cluster. */
		free_on(test, region, 1, alloc_on(test, region, 1, 0), 0);
		pfn = buddy_alloc_pfn(region, order, 0);
		buddy_free_pfn(region, pfn, order);
		EXPECT_WARNING("free already", buddy_free_pfn(region, pfn, order));
		for (cpu = 0, count = 1; cpu < 2; cpu++) {
			free_on(test, region, cpu, pfn, order);
			free_on(test, region, cpu, pfn, 0);
			free_on(test, region, cpu, pfn + inside, 0);
			count += 3;
		}
		KUNIT_EXPECT_EQ_MSG(test, test_stats(test, region)->errors[BUDDY_DOUBLE_FREE],
				    (unsigned long)count, "order %u", order);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 0UL);
		expect_all_free(test, region, fresh);
		end_region(test, region);
	}
}

/*
 * A failed allocation does not drain caches in which it cannot succeed: a CPU caches a
 * cluster with single free pages, and still caches it after allocations of more pages.
 */
static void pcp_test_failure_keeps_caches(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 2 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	const struct pcp *pcp = cache_of(region, 0);
	unsigned long i;
	u64 drains;

	for (i = 0; i < 2 * CLUSTER_PAGES; i++)
		KUNIT_ASSERT_EQ(test, buddy_alloc_pfn(region, 0, 0), TEST_PFN + i);
	KUNIT_ASSERT_NOT_NULL(test, pcp->cluster);
	for (i = CLUSTER_PAGES; i < 2 * CLUSTER_PAGES; i += 2)
		buddy_free_pfn(region, TEST_PFN + i, 0);
	drains = pcp->drains;
	for (i = 1; i <= 7; i++)
		KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, i, __GFP_NOWARN), BUDDY_NO_PFN);
	KUNIT_EXPECT_EQ(test, pcp->drains, drains);
	KUNIT_EXPECT_PTR_EQ(test, pcp->cluster, &region->clusters[1]);

	/* If the cluster has a block of the order, it is drained: no list has such a block. */
	buddy_free_pfn(region, TEST_PFN + CLUSTER_PAGES + 1, 0);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn_exact(region, 2, __GFP_NOWARN),
			TEST_PFN + CLUSTER_PAGES);
	buddy_free_pfn_exact(region, TEST_PFN + CLUSTER_PAGES, 2);
	for (i = CLUSTER_PAGES + 3; i < 2 * CLUSTER_PAGES; i += 2)
		buddy_free_pfn(region, TEST_PFN + i, 0);
	for (i = 0; i < CLUSTER_PAGES; i++)
		buddy_free_pfn(region, TEST_PFN + i, 0);
	expect_all_free(test, region, fresh);
}

/* An allocation does not fail if draining the other CPUs' caches lets it succeed. */
static void pcp_test_drain_before_failure(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 4 * CLUSTER_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn, pfns[4], i;

	need_two_cpus(test);
	/* Each CPU caches a cluster, and CPU 1 a large block, too: from the second free on. */
	free_on(test, region, 1, alloc_on(test, region, 1, 0), 0);
	for (i = 0; i < 2; i++)
		free_on(test, region, 1, alloc_on(test, region, 1, 7), 7);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, 0UL);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->free_pages, fresh->pages);

	/* By order, by count, by alignment. */
	pfn = buddy_alloc_pfn(region, 8, 0);
	KUNIT_ASSERT_EQ(test, pfn, TEST_PFN);
	buddy_free_pfn(region, pfn, 8);
	free_on(test, region, 1, alloc_on(test, region, 1, 0), 0);
	pfn = buddy_alloc_pfn_exact(region, 200, 0);
	KUNIT_ASSERT_EQ(test, pfn, TEST_PFN);
	buddy_free_pfn_exact(region, pfn, 200);
	free_on(test, region, 1, alloc_on(test, region, 1, 0), 0);
	pfn = buddy_alloc_pfn_aligned(region, 3, 8, 0);
	KUNIT_ASSERT_EQ(test, pfn, TEST_PFN);
	buddy_free_pfn_exact(region, pfn, 3);

	/* Allocate single pages down to the last one; the other CPU cached them. */
	for (i = 0; i < 3; i++)
		pfns[i] = buddy_alloc_pfn(region, 6, 0);
	pfn = alloc_on(test, region, 1, 0);
	for (i = 1; i < CLUSTER_PAGES; i++)
		KUNIT_ASSERT_EQ(test, buddy_alloc_pfn(region, 0, 0), pfn + i);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 0, __GFP_NOWARN), BUDDY_NO_PFN);
	for (i = 0; i < 3; i++)
		buddy_free_pfn(region, pfns[i], 6);
	for (i = 0; i < CLUSTER_PAGES; i++)
		buddy_free_pfn(region, pfn + i, 0);
	expect_all_free(test, region, fresh);
}

/* A thread that allocates and frees while a CPU goes offline. */
static int churn(void *data)
{
	struct buddy_region *region = data;
	unsigned long pfns[50], i, bad = 0;

	while (!kthread_should_stop()) {
		for (i = 0; i < ARRAY_SIZE(pfns); i++)
			pfns[i] = buddy_alloc_pfn(region, i % 4, __GFP_NOWARN);
		for (i = 0; i < ARRAY_SIZE(pfns); i++) {
			bad += buddy_block_pages(region, pfns[i]) != BIT(i % 4);
			buddy_free_pfn(region, pfns[i], i % 4);
		}
		cond_resched();
	}
	return bad;
}

static void pcp_test_cpu_offline(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	struct task_struct *threads[3];
	unsigned int i, round;

	need_two_cpus(test);
	free_on(test, region, 1, alloc_on(test, region, 1, 0), 0);
	free_on(test, region, 1, alloc_on(test, region, 1, 7), 7);
	KUNIT_ASSERT_NOT_NULL(test, cache_of(region, 1)->cluster);
	KUNIT_ASSERT_EQ(test, remove_cpu(1), 0);
	KUNIT_EXPECT_PTR_EQ(test, cache_of(region, 1)->cluster, NULL);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, fresh->pages);
	KUNIT_ASSERT_EQ(test, add_cpu(1), 0);

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = kthread_run(churn, region, "buddy-test/%u", i);
	for (round = 0; round < 5; round++) {
		KUNIT_EXPECT_EQ(test, remove_cpu(1), 0);
		KUNIT_EXPECT_PTR_EQ(test, cache_of(region, 1)->cluster, NULL);
		KUNIT_EXPECT_EQ(test, add_cpu(1), 0);
	}
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_EXPECT_EQ(test, kthread_stop(threads[i]), 0);
	expect_all_free(test, region, fresh);
}

/* --- NMI --- */

/* The NMI interrupts the holder of the lock: the allocation fails, without a deadlock. */
static void pcp_test_nmi(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	unsigned long none, cached, flags, pfn = BUDDY_NO_PFN;

	raw_spin_lock_irqsave(&region->lock, flags);
	__preempt_count_add(NMI_OFFSET);
	none = buddy_alloc_pfn(region, 0, __GFP_NOWARN);
	__preempt_count_sub(NMI_OFFSET);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	KUNIT_EXPECT_EQ(test, none, BUDDY_NO_PFN);

	/* Blocks in the cache can be allocated, also while the lock is held. */
	buddy_free_pfn(region, buddy_alloc_pfn(region, 0, 0), 0);
	raw_spin_lock_irqsave(&region->lock, flags);
	__preempt_count_add(NMI_OFFSET);
	cached = buddy_alloc_pfn(region, 0, __GFP_NOWARN);
	__preempt_count_sub(NMI_OFFSET);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	KUNIT_EXPECT_EQ(test, cached, TEST_PFN);

	buddy_region_drain(region);
	__preempt_count_add(NMI_OFFSET);
	pfn = buddy_alloc_pfn(region, 0, __GFP_NOWARN);
	__preempt_count_sub(NMI_OFFSET);
	/* Without SMP, a lock does not know whether it is held. */
	KUNIT_EXPECT_EQ(test, pfn != BUDDY_NO_PFN, IS_ENABLED(CONFIG_SMP));
	if (pfn != BUDDY_NO_PFN)
		buddy_free_pfn(region, pfn, 0);
	buddy_free_pfn(region, cached, 0);
}

/* --- debugfs --- */

static void expect_line(struct kunit *test, struct buddy_region *region,
			const char *cluster, const char *pages, const char *order,
			const char *blocks,
			unsigned long long refills, unsigned long long drains)
{
	char *text = region_file(test, region, "pcp"), *line = strstr(text, "\n  0 ");
	unsigned long long in, out;
	char words[4][16];
	int fields;

	KUNIT_ASSERT_NOT_NULL(test, line);
	fields = sscanf(line + 5, "%15s %15s %15s %15s %llu %llu", words[0], words[1],
			words[2], words[3], &in, &out);
	KUNIT_ASSERT_EQ(test, fields, 6);
	KUNIT_EXPECT_STREQ(test, words[0], cluster);
	KUNIT_EXPECT_STREQ(test, words[1], pages);
	KUNIT_EXPECT_STREQ(test, words[2], order);
	KUNIT_EXPECT_STREQ(test, words[3], blocks);
	KUNIT_EXPECT_EQ(test, in, refills);
	KUNIT_EXPECT_EQ(test, out, drains);
}

static void pcp_test_file(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	char cluster[16];
	unsigned long page;

	expect_line(test, region, "-", "-", "-", "-", 0, 0);
	page = buddy_alloc_pfn(region, 0, 0);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 7, 0), 7);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 7, 0), 7);
	sprintf(cluster, "%#014llx", PFN_PHYS(TEST_PFN));
	expect_line(test, region, cluster, "63", "7", "4", 1, 0);
	buddy_region_drain(region);
	expect_line(test, region, "-", "-", "-", "-", 1, 1);
	buddy_free_pfn(region, page, 0);
}

static struct kunit_case pcp_cases[] = {
	KUNIT_CASE(pcp_test_address),
	KUNIT_CASE(pcp_test_hot),
	KUNIT_CASE(pcp_test_bulk),
	KUNIT_CASE(pcp_test_bulk_halves),
	KUNIT_CASE(pcp_test_peak),
	KUNIT_CASE(pcp_test_counts),
	KUNIT_CASE(pcp_test_random_frees),
	KUNIT_CASE(pcp_test_share),
	KUNIT_CASE(pcp_test_remote_free),
	KUNIT_CASE(pcp_test_apart),
	KUNIT_CASE(pcp_test_apart_large),
	KUNIT_CASE(pcp_test_apart_tries),
	KUNIT_CASE(pcp_test_double_free),
	KUNIT_CASE(pcp_test_failure_keeps_caches),
	KUNIT_CASE(pcp_test_drain_before_failure),
	KUNIT_CASE(pcp_test_cpu_offline),
	KUNIT_CASE(pcp_test_nmi),
	KUNIT_CASE(pcp_test_file),
	{}
};

static struct kunit_suite pcp_suite = {
	.name = "pcp",
	.init = pcp_init_test,
	.exit = exit_caches,
	.test_cases = pcp_cases,
};

kunit_test_suite(pcp_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: per-CPU caches");
MODULE_LICENSE("GPL");
