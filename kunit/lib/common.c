// SPDX-License-Identifier: GPL-2.0
/* The functions of common.h, which all suites share, and the parameters seed= and rounds=. */
#include <kunit/resource.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/workqueue.h>

#include "common.h"
#include "../../buddy/pcp.h"

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "seed of the random tests, to repeat a run (default: a new seed)");

static unsigned int rounds = 1;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "factor for the number of inputs of the fuzzing suites (default: 1)");

/* In this module, because 6.1 runs a suite before it reads the suite module's parameters. */
unsigned int test_rounds(void)
{
	return rounds;
}
EXPORT_SYMBOL_GPL(test_rounds);

static long read_byte(void *byte)
{
	return READ_ONCE(*(u8 *)byte);
}

/* In another task: since 6.3, a report of KASAN fails the test that runs in the task. */
void read_bad_byte(const void *byte)
{
	work_on_cpu(raw_smp_processor_id(), read_byte, (void *)byte);
}
EXPORT_SYMBOL_GPL(read_bad_byte);

static bool caches;

int init_caches(struct kunit *test)
{
	caches = true;
	return 0;
}
EXPORT_SYMBOL_GPL(init_caches);

void exit_caches(struct kunit *test)
{
	caches = false;
}
EXPORT_SYMBOL_GPL(exit_caches);

static void destroy_region(struct kunit_resource *res)
{
	struct buddy_region *region = res->data;

	WARN(buddy_region_destroy(region), "%s: region %s still has blocks in use\n",
	     KBUILD_MODNAME, buddy_region_name(region));
}

static struct buddy_region *add_region(struct kunit *test, unsigned long pfn,
				       unsigned long nr_pages, void *virt)
{
	static atomic_t serial;
	struct buddy_region *region;
	char name[NAME_LEN];

	/* With the pid, so that each name is unique in the kernel's log. */
	snprintf(name, sizeof(name), "test-%d-%d", task_pid_nr(current),
		 atomic_inc_return(&serial));
	region = buddy_region_create(name, pfn, nr_pages, virt);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
	region->cache_order = caches ? ilog2(region->stats.pages) : 0;
	region->cache_row = 0;
	kunit_alloc_resource(test, NULL, destroy_region, GFP_KERNEL, region);
	return region;
}

struct buddy_region *test_region(struct kunit *test, unsigned long pfn,
				 unsigned long nr_pages)
{
	return add_region(test, pfn, nr_pages, NULL);
}
EXPORT_SYMBOL_GPL(test_region);

struct memory {
	void *virt;
	size_t bytes;
};

static void free_memory(struct kunit_resource *res)
{
	struct memory *memory = res->data;

	free_pages_exact(memory->virt, memory->bytes);
}

struct buddy_region *test_region_mapped(struct kunit *test, unsigned long skip,
					unsigned long nr_pages)
{
	struct memory *memory = kunit_kzalloc(test, sizeof(*memory), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	memory->bytes = (skip + nr_pages) << PAGE_SHIFT;
	memory->virt = alloc_pages_exact(memory->bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory->virt);
	kunit_alloc_resource(test, NULL, free_memory, GFP_KERNEL, memory);
	return add_region(test, PHYS_PFN(__pa(memory->virt)) + skip, nr_pages,
			  memory->virt + (skip << PAGE_SHIFT));
}
EXPORT_SYMBOL_GPL(test_region_mapped);

static bool is_region(struct kunit *test, struct kunit_resource *res, void *region)
{
	return res->data == region;
}

void end_region(struct kunit *test, struct buddy_region *region)
{
	KUNIT_EXPECT_EQ(test, kunit_destroy_resource(test, is_region, region), 0);
}
EXPORT_SYMBOL_GPL(end_region);

unsigned long blocks_inside(unsigned long pfn, unsigned long nr_pages,
			    unsigned int order)
{
	unsigned long first = (pfn + BIT(order) - 1) >> order;
	unsigned long end = (pfn + nr_pages) >> order;

	return end > first ? end - first : 0;
}
EXPORT_SYMBOL_GPL(blocks_inside);

/* A block is on a free list if it fits, and the block that it is half of does not. */
void expect_free_range(struct kunit *test, struct buddy_region *region,
		       unsigned long pfn, unsigned long nr_pages)
{
	unsigned int order;

	for (order = 0; order < BUDDY_NR_ORDERS; order++)
		KUNIT_EXPECT_EQ_MSG(test, region->stats.nr_free[order],
				    blocks_inside(pfn, nr_pages, order) -
				    2 * blocks_inside(pfn, nr_pages, order + 1),
				    "order %u of %lu pages at %#lx", order,
				    nr_pages, pfn);
	KUNIT_EXPECT_EQ(test, region->stats.free_pages, nr_pages);
}
EXPORT_SYMBOL_GPL(expect_free_range);

u64 test_seed(struct kunit *test)
{
	u64 value = seed ?: get_random_u32();

	kunit_info(test, "seed=%llu", value);
	return value;
}
EXPORT_SYMBOL_GPL(test_seed);

struct buddy_stats *test_stats(struct kunit *test, struct buddy_region *region)
{
	struct buddy_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stats);
	buddy_region_stats(region, stats);
	return stats;
}
EXPORT_SYMBOL_GPL(test_stats);

/* Count the free blocks of each order in a word, page by page. */
static void count_pages(u64 free, unsigned long nr_free[])
{
	unsigned int pos = 0, order;

	while (pos < CLUSTER_PAGES) {
		if (!(free & BIT_ULL(pos))) {
			pos++;
			continue;
		}
		for (order = 0; order < CLUSTER_ORDER; order++) {
			unsigned int size = 2U << order;
			u64 mask = bitmap64_mask(pos % size ? 0 : pos, size);

			if (pos % size || (free & mask) != mask)
				break;
		}
		nr_free[order]++;
		pos += 1U << order;
	}
}

/* The order of the block in a CPU's cache that starts with @cluster, or 0. */
static unsigned int cached_order(struct buddy_region *region, struct cluster *cluster)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		u64 large = atomic64_read(&per_cpu_ptr(region->pcp, cpu)->large);

		for (; large & LARGE_BLOCKS; large &= large - 1)
			if (large_pfn(large, large_order(large)) == cluster_pfn(cluster))
				return large_order(large);
	}
	return 0;
}

/*
 * The @nr whole clusters at @first are of one used block.  A cluster is inside a part of the
 * block if some naturally aligned part has it and begins before it; else it begins one.
 */
static void check_parts(struct kunit *test, const struct cluster *first, unsigned long nr)
{
	unsigned long start = cluster_number(first), i, size, part;

	for (i = 1; i < nr; i++) {
		bool inside = false;

		for (size = 2; size <= nr; size *= 2) {
			part = (start + i) & -size;
			inside |= part < start + i && part >= start && part + size <= start + nr;
		}
		KUNIT_EXPECT_EQ(test, (int)first[i].state,
				(int)(inside ? CLUSTER_INSIDE : CLUSTER_PART));
	}
}

/*
 * Check the block that starts with @cluster, or the split cluster; return its clusters.
 * The block before has the first @rest pages; the last block has the first @rest pages of
 * the next cluster.
 */
static unsigned long check_cluster(struct kunit *test, struct buddy_region *region,
				   const struct pfn_range *range, struct cluster *cluster,
				   unsigned long nr_free[], unsigned int *rest)
{
	unsigned long left = range->first + range_clusters(range) - (cluster - region->clusters);
	unsigned int before = *rest, head;
	unsigned long covers = 1, pages, i;
	struct cluster *buddy;
	u64 free, tail;
	u32 number;

	*rest = 0;
	if (before || cluster->state == CLUSTER_SPLIT) {
		KUNIT_EXPECT_EQ(test, (int)cluster->state, (int)CLUSTER_SPLIT);
		tail = atomic64_read(&cluster->tail);
		KUNIT_EXPECT_EQ(test, (unsigned int)__ffs64(~tail), before);
	}
	switch (cluster->state) {
	case CLUSTER_SPLIT:
		free = cluster_free(region, cluster);
		tail = atomic64_read(&cluster->tail);
		KUNIT_EXPECT_EQ(test, free & tail, 0ULL);
		KUNIT_EXPECT_EQ(test, (free | tail) & ~range_pages(range, cluster), 0ULL);
		if (cluster->pcp_cpu) {
			struct pcp *pcp = per_cpu_ptr(region->pcp, cluster->pcp_cpu - 1);

			KUNIT_EXPECT_PTR_EQ(test, pcp->cluster, cluster);
			KUNIT_EXPECT_EQ(test, cluster->free, 0ULL);
			KUNIT_EXPECT_EQ(test, range_pages(range, cluster), ~0ULL);
		} else {
			KUNIT_EXPECT_NE(test, free, ~0ULL);
		}
		KUNIT_EXPECT_EQ(test, (unsigned int)cluster->list, cluster->free ?
				bitmap64_largest(cluster->free) : NO_LIST);
		count_pages(free, nr_free);
		if (!cluster->goes_on)
			break;
		KUNIT_EXPECT_EQ(test, (unsigned int)cluster->pcp_cpu, 0U);
		head = fls64(~tail) - 1;
		KUNIT_EXPECT_FALSE(test, free & BIT_ULL(head));
		pages = buddy_block_pages(region, cluster_pfn(cluster) + head);
		KUNIT_ASSERT_GT(test, pages, CLUSTER_PAGES - head);
		pages -= CLUSTER_PAGES - head;
		*rest = pages % CLUSTER_PAGES;
		covers += pages / CLUSTER_PAGES;
		KUNIT_ASSERT_LE(test, covers, left);
		if (covers > 1) {
			KUNIT_EXPECT_EQ(test, (int)cluster[1].state, (int)CLUSTER_PART);
			check_parts(test, cluster + 1, covers - 1);
		}
		return covers;
	case CLUSTER_FREE:
		nr_free[cluster->list]++;
		covers = BIT(cluster->list - CLUSTER_ORDER);
		KUNIT_EXPECT_EQ(test, cluster_number(cluster) & (covers - 1), 0UL);
		/* The buddy of a free block must not be free. */
		number = cluster_number(cluster) ^ covers;
		if (number - (range->pfn >> CLUSTER_ORDER) < range_clusters(range)) {
			buddy = cluster + ((long)number - (long)cluster_number(cluster));
			KUNIT_EXPECT_FALSE(test, buddy->state == CLUSTER_FREE &&
					   buddy->list == cluster->list);
		}
		break;
	case CLUSTER_USED:
		/* The block may end in a split cluster. */
		covers = block_pages(cluster) >> CLUSTER_ORDER;
		*rest = block_pages(cluster) % CLUSTER_PAGES;
		if (!covers) {
			unsigned int order = cached_order(region, cluster);

			covers = BIT(order) >> CLUSTER_ORDER;
			nr_free[order]++;
		}
		KUNIT_EXPECT_NE(test, covers, 0UL);
		KUNIT_ASSERT_LE(test, covers, left);
		check_parts(test, cluster, covers);
		return covers;
	default:
		KUNIT_FAIL(test, "cluster %lu is inside a block, but no block has it",
			   cluster_number(cluster));
	}
	KUNIT_ASSERT_LE(test, covers, left);
	for (i = 1; i < covers; i++)
		KUNIT_EXPECT_EQ(test, (int)cluster[i].state, (int)CLUSTER_INSIDE);
	return covers;
}

/* How far the index of a cluster in the array is shifted on list @order. */
static unsigned int index_shift(unsigned int order)
{
	return order < CLUSTER_ORDER ? 0 : order - CLUSTER_ORDER;
}

/* Count in @length the entries that each list should have, all of which have their bit. */
static void check_entries(struct kunit *test, struct buddy_region *region,
			  unsigned long length[])
{
	unsigned long i;

	for (i = 0; i < region->nr_clusters; i++) {
		const struct cluster *cluster = &region->clusters[i];
		unsigned int order = cluster->list;
		const struct index_set *set = &region->lists[order % BUDDY_NR_ORDERS];

		if (order == NO_LIST ||
		    cluster->state != (order < CLUSTER_ORDER ? CLUSTER_SPLIT : CLUSTER_FREE))
			continue;
		KUNIT_ASSERT_LT(test, order, (unsigned int)BUDDY_NR_ORDERS);
		KUNIT_ASSERT_LT(test, i >> index_shift(order),
				(unsigned long)region->nr_clusters >> index_shift(order));
		KUNIT_ASSERT_TRUE(test, test_bit(set->first + (i >> index_shift(order)),
						 set->words));
		length[order]++;
	}
}

/* List @order has @length entries, and its words agree with each other. */
static void check_list(struct kunit *test, struct buddy_region *region,
		       unsigned int order, unsigned long length)
{
	unsigned long nr = region->nr_clusters >> index_shift(order), bit;
	const struct index_set *set = &region->lists[order];

	KUNIT_EXPECT_EQ(test, !!(region->nonempty & BIT_ULL(order)), length != 0);
	if (order >= CLUSTER_ORDER)
		KUNIT_EXPECT_EQ(test, length, region->stats.nr_free[order]);
	if (!nr)
		return;
	/* No other bit is set, not even behind the last index. */
	KUNIT_EXPECT_EQ(test, length,
			(unsigned long)bitmap_weight(set->words + BIT_WORD(set->first),
						     round_up(nr, BITS_PER_LONG)));
	/* The bits above the lowest level say which of the words behind word 0 are not 0. */
	for (bit = 0; bit < set->first; bit++)
		if (test_bit(bit, set->words) !=
		    (bit + 1 < index_set_words(nr) && set->words[bit + 1]))
			KUNIT_ASSERT_FAILURE(test, "list %u: bit %lu is wrong", order, bit);
}

/* No other task may use the region during the check, which takes no lock. */
void check_region(struct kunit *test, struct buddy_region *region)
{
	unsigned long nr_free[BUDDY_NR_ORDERS] = {}, length[BUDDY_NR_ORDERS] = {};
	unsigned long free_pages = 0, pages = 0, i;
	struct buddy_stats *stats = test_stats(test, region);
	unsigned int order, cpu, rest;
	const struct pfn_range *range;

	for_each_range(range, region) {
		rest = 0;
		for (i = 0; i < range_clusters(range);)
			i += check_cluster(test, region, range,
					   &region->clusters[range->first + i], nr_free, &rest);
		KUNIT_EXPECT_EQ(test, rest, 0U);
		pages += range->pages;
	}
	check_entries(test, region, length);
	for (order = 0; order < BUDDY_NR_ORDERS; order++) {
		check_list(test, region, order, length[order]);
		KUNIT_EXPECT_EQ(test, stats->nr_free[order], nr_free[order]);
		free_pages += nr_free[order] << order;
	}
	KUNIT_EXPECT_EQ(test, stats->free_pages, free_pages);
	KUNIT_EXPECT_EQ(test, stats->pages, pages);
	for_each_possible_cpu(cpu) {
		struct cluster *cluster = per_cpu_ptr(region->pcp, cpu)->cluster;

		KUNIT_EXPECT_TRUE(test, !cluster || cluster->pcp_cpu == cpu + 1);
	}
	kunit_kfree(test, stats);
}
EXPORT_SYMBOL_GPL(check_region);

void expect_all_free(struct kunit *test, struct buddy_region *region,
		     const struct buddy_stats *fresh)
{
	struct buddy_stats *stats;

	buddy_region_drain(region);
	stats = test_stats(test, region);
	check_region(test, region);
	KUNIT_EXPECT_EQ(test, stats->free_pages, stats->pages);
	/* Splits and merges inside a cached cluster are not counted. */
	if (!region->cache_order)
		KUNIT_EXPECT_EQ(test, stats->splits - fresh->splits,
				stats->merges - fresh->merges);
	KUNIT_EXPECT_EQ(test, memcmp(stats->nr_free, fresh->nr_free,
				     sizeof(stats->nr_free)), 0);
	kunit_kfree(test, stats);
}
EXPORT_SYMBOL_GPL(expect_all_free);

/* How many calls the file bad_calls has counted since this was asked the last time. */
int test_bad_calls(void)
{
	static int seen;
	int before = seen;

	seen = atomic_read(&buddy_bad_calls);
	return seen - before;
}
EXPORT_SYMBOL_GPL(test_bad_calls);

MODULE_DESCRIPTION("Functions that the KUnit suites of buddypool share");
MODULE_LICENSE("GPL");
