// SPDX-License-Identifier: GPL-2.0
/*
 * Suite region: creation and its errors, destruction, references, conversions between
 * pfns and addresses, regions of extreme sizes and places.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../lib/common.h"

#define NAME		"region-test"
#define LONGEST_NAME	"a-name-that-has-31-characters.X"
#define MAX_PAGES	BIT(37)
/* PFN_PHYS() shifts this bit out: PFN_WRAP would become pfn 0. */
#define PFN_WRAP	BIT(64 - PAGE_SHIFT)

/* Create a region and destroy it.  Return 0, or why it was not created. */
static int try_create(const char *name, unsigned long pfn,
		      unsigned long nr_pages, void *virt)
{
	struct buddy_region *region;

	region = buddy_region_create(name, pfn, nr_pages, virt);
	return IS_ERR(region) ? PTR_ERR(region) : buddy_region_destroy(region);
}

static struct buddy_region *create(struct kunit *test, unsigned long pfn,
				   unsigned long nr_pages, void *virt)
{
	struct buddy_region *region;

	region = buddy_region_create(NAME, pfn, nr_pages, virt);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
	return region;
}

/* A region that is refused leaves neither its name nor its range in use. */
static void region_test_bad_names(struct kunit *test)
{
	static const char * const bad[] = {
		"", LONGEST_NAME "X", LONGEST_NAME LONGEST_NAME LONGEST_NAME,
		"a/b", "/", "a b", " ", "a\n", "a,b", "a:b", "a@b", "a%s", "*",
		".", "..", ".x", "regions", "bad_calls", "fail_page", "fail_pool",
		"gr\xc3\xb6n", "\x7f",
	};
	static const char * const good[] = {
		"a", LONGEST_NAME, "a.b", "a..", "-", "_", "0", "Regions",
		"regions1", "region", "fail", "AZaz09_-.",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, try_create(bad[i], TEST_PFN, 64, NULL),
				    -EINVAL, "'%s'", bad[i]);
		KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 64, NULL), 0);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_EQ_MSG(test, try_create(good[i], TEST_PFN, 64, NULL),
				    0, "'%s'", good[i]);
}

static void region_test_duplicate_name(struct kunit *test)
{
	struct buddy_region *region = create(test, TEST_PFN, 64, NULL);

	KUNIT_EXPECT_STREQ(test, buddy_region_name(region), NAME);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN + 64, 64, NULL), -EEXIST);
	/* Other names that start with the same characters, and the range behind, are free. */
	KUNIT_EXPECT_EQ(test, try_create(NAME "-", TEST_PFN + 64, 64, NULL), 0);
	KUNIT_EXPECT_EQ(test, try_create("region", TEST_PFN + 64, 64, NULL), 0);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN + 64, 64, NULL), 0);
}

static void region_test_zero_pages(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, 0, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 1, NULL), 0);
}

/* No memory is accessed, so any address can be passed. */
static void region_test_unaligned_virt(struct kunit *test)
{
	char *virt = (char *)PAGE_OFFSET;

	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 64, virt + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 64, virt + PAGE_SIZE - 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 64, virt + PAGE_SIZE / 2),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 64, virt), 0);
}

/* The pfns are relative to TEST_PFN, and a region has 100 to 299. */
static void region_test_overlap(struct kunit *test)
{
	static const struct {
		unsigned long first, pages;
		int err;
	} others[] = {
		{ 100, 200, -EBUSY },	/* the same */
		{ 100, 1, -EBUSY },	/* inside, at the start */
		{ 299, 1, -EBUSY },	/* inside, at the end */
		{ 150, 50, -EBUSY },	/* inside */
		{ 99, 2, -EBUSY },	/* over the start */
		{ 0, 101, -EBUSY },
		{ 299, 2, -EBUSY },	/* over the end */
		{ 200, 1000, -EBUSY },
		{ 99, 202, -EBUSY },	/* around */
		{ 0, 1UL << 30, -EBUSY },
		{ 99, 1, 0 },		/* beside: pages of the same cluster */
		{ 0, 100, 0 },
		{ 300, 1, 0 },
		{ 300, 1000, 0 },
	};
	struct buddy_region *region = create(test, TEST_PFN + 100, 200, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		KUNIT_EXPECT_EQ_MSG(test, try_create("other", TEST_PFN + others[i].first,
						     others[i].pages, NULL),
				    others[i].err, "%lu pages from %lu",
				    others[i].pages, others[i].first);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	KUNIT_EXPECT_EQ(test, try_create("other", TEST_PFN + 100, 200, NULL), 0);
}

/* A new region must not overlap memory that buddypool.ko allocated when it was loaded. */
static void region_test_overlap_kernel_memory(struct kunit *test)
{
	struct buddy_region *loaded = buddy_region_get("region0");
	const struct pfn_range *range;

	if (!loaded)
		kunit_skip(test, "buddypool.ko has no region 'test'");
	for_each_range(range, loaded)
		KUNIT_EXPECT_EQ(test, try_create(NAME, range->pfn + range->pages - 1, 1, NULL),
				-EBUSY);
	buddy_region_put(loaded);
}

static void region_test_range_limit(struct kunit *test)
{
	static const struct {
		unsigned long pfn, pages;
		int err;
	} ranges[] = {
		{ MAX_PAGES - 1, 1, 0 },
		{ MAX_PAGES - 1000, 1000, 0 },
		{ MAX_PAGES - 1, 2, -ERANGE },
		{ MAX_PAGES, 1, -ERANGE },
		{ 0, MAX_PAGES + 1, -ERANGE },
		{ 1, MAX_PAGES, -ERANGE },
		/* Sums and shifts of these wrap to values that look correct. */
		{ PFN_WRAP - 1, 1, -ERANGE },
		{ PFN_WRAP - 1, 2, -ERANGE },
		{ TEST_PFN, PFN_WRAP - TEST_PFN + 1, -ERANGE },
		{ TEST_PFN, PFN_WRAP - 1, -ERANGE },
		{ PFN_WRAP, 1, -ERANGE },
		{ PFN_WRAP + TEST_PFN, 1, -ERANGE },
		{ TEST_PFN, PFN_WRAP, -ERANGE },
		{ TEST_PFN, PFN_WRAP + 1, -ERANGE },
		{ BUDDY_NO_PFN, 1, -ERANGE },
		{ TEST_PFN, ~0UL, -ERANGE },
		{ ~0UL, ~0UL, -ERANGE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		KUNIT_EXPECT_EQ_MSG(test, try_create(NAME, ranges[i].pfn,
						     ranges[i].pages, NULL),
				    ranges[i].err, "%#lx pages from %#lx",
				    ranges[i].pages, ranges[i].pfn);
		KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 64, NULL), 0);
	}
}

/* The last possible page can be used like any other. */
static void region_test_last_page(struct kunit *test)
{
	struct buddy_region *region = test_region(test, MAX_PAGES - 65, 65);
	struct buddy_stats *fresh = test_stats(test, region);

	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 6, 0), MAX_PAGES - 64);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 0, 0), MAX_PAGES - 65);
	KUNIT_EXPECT_EQ(test, buddy_alloc_pfn(region, 0, __GFP_NOWARN), BUDDY_NO_PFN);
	buddy_free_pfn(region, MAX_PAGES - 64, 6);
	buddy_free_pfn(region, MAX_PAGES - 65, 0);
	expect_all_free(test, region, fresh);
}

/* A region is refused if its metadata would need more memory than is available. */
static void region_test_too_large(struct kunit *test)
{
	unsigned long free = si_mem_available();
	u64 metadata = (u64)(free + totalram_pages()) / 2 << PAGE_SHIFT;
	unsigned long nr_pages = metadata / sizeof(struct cluster) * CLUSTER_PAGES;

	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, nr_pages, NULL), -ENOMEM);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, MAX_PAGES - TEST_PFN, NULL),
			-ENOMEM);
	KUNIT_EXPECT_GT(test, si_mem_available(), (long)free / 2);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 64, NULL), 0);
}

static void region_test_busy_with_block(struct kunit *test)
{
	struct buddy_region *region = create(test, TEST_PFN, 1000, NULL);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn = buddy_alloc_pfn(region, 0, 0);

	KUNIT_ASSERT_EQ(test, buddy_region_destroy(region), -EBUSY);
	/* The region is as before. */
	KUNIT_EXPECT_EQ(test, try_create(NAME, 0, 1, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, try_create("other", TEST_PFN, 1, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 1UL);
	buddy_free_pfn_exact(region, buddy_alloc_pfn_exact(region, 100, 0), 100);
	buddy_free_pfn(region, pfn, 0);
	expect_all_free(test, region, fresh);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	KUNIT_EXPECT_NULL(test, buddy_region_get(NAME));
}

static void region_test_busy_with_hold(struct kunit *test)
{
	struct buddy_region *region = create(test, TEST_PFN, 1000, NULL);
	struct buddy_stats *fresh = test_stats(test, region);

	KUNIT_EXPECT_PTR_EQ(test, buddy_region_get(NAME), region);
	KUNIT_EXPECT_PTR_EQ(test, buddy_region_get(NAME), region);
	KUNIT_ASSERT_EQ(test, buddy_region_destroy(region), -EBUSY);
	buddy_region_put(region);
	KUNIT_ASSERT_EQ(test, buddy_region_destroy(region), -EBUSY);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 3, 0), 3);
	expect_all_free(test, region, fresh);
	buddy_region_put(region);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
}

/* The module's reference count, as lsmod prints it. */
static long module_refs(struct kunit *test)
{
	struct file *file = filp_open("/sys/module/buddypool/refcnt", O_RDONLY, 0);
	char text[16] = "";
	loff_t pos = 0;
	long refs;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	kernel_read(file, text, sizeof(text) - 1, &pos);
	__fput_sync(file);
	KUNIT_ASSERT_EQ(test, kstrtol(text, 10, &refs), 0);
	return refs;
}

static void region_test_hold_pins_module(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 64);
	long refs = module_refs(test);

	buddy_region_get(buddy_region_name(region));
	KUNIT_EXPECT_EQ(test, module_refs(test), refs + 1);
	buddy_region_put(region);
	KUNIT_EXPECT_EQ(test, module_refs(test), refs);
}

static void region_test_unknown_name(struct kunit *test)
{
	struct buddy_region *region = create(test, TEST_PFN, 64, NULL);
	long refs = module_refs(test);

	KUNIT_EXPECT_NULL(test, buddy_region_get("unknown"));
	KUNIT_EXPECT_NULL(test, buddy_region_get(""));
	KUNIT_EXPECT_NULL(test, buddy_region_get(NAME "X"));
	KUNIT_EXPECT_NULL(test, buddy_region_get("region-tes"));
	KUNIT_EXPECT_EQ(test, module_refs(test), refs);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
}

/* One buddy_region_put() too many is an error, and changes neither count. */
static void region_test_put_twice(struct kunit *test)
{
	struct buddy_region *region = create(test, TEST_PFN, 64, NULL);
	long refs = module_refs(test);
	int bad;

	KUNIT_EXPECT_PTR_EQ(test, buddy_region_get(NAME), region);
	buddy_region_put(region);
	bad = atomic_read(&buddy_bad_calls);
	EXPECT_WARNING("this region has no reference by buddy_region_get()",
		       buddy_region_put(region));
	buddy_region_put(region);
	KUNIT_EXPECT_EQ(test, atomic_read(&buddy_bad_calls), bad + 2);
	KUNIT_EXPECT_EQ(test, module_refs(test), refs);
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 1U);

	/* A reference still keeps the region from being destroyed. */
	KUNIT_EXPECT_PTR_EQ(test, buddy_region_get(NAME), region);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), -EBUSY);
	KUNIT_EXPECT_EQ(test, module_refs(test), refs + 1);
	buddy_region_put(region);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
}

/* A region is refused if its first or last page is not mapped. */
static void region_test_no_mapping(struct kunit *test)
{
	void *two = vmalloc(2 << PAGE_SHIFT), *gone = vmalloc(PAGE_SIZE);
	void *page = (void *)__get_free_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, two);
	KUNIT_ASSERT_NOT_NULL(test, gone);
	KUNIT_ASSERT_NOT_NULL(test, page);
	vfree(gone);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 1, (void *)PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 1, (void *)-PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 2, (void *)-PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, BIT(36), page), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 1, (void *)BIT(63)), -EINVAL);
	/* The page behind a vmalloc area is not mapped. */
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 3, two), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 2, two), 0);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 1, two + PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, try_create(NAME, TEST_PFN, 1, page), 0);
	vfree(two);
	free_page((unsigned long)page);
}

struct reader {
	struct buddy_region *region;
	struct completion inside;
	bool destroyed;
	bool seen;
	char name[NAME_LEN];
};

/* Like the report of a caller error, it found the region just before its destruction. */
static int read_name(void *data)
{
	struct reader *reader = data;
	unsigned long end = jiffies + 10 * HZ;

	rcu_read_lock();
	complete(&reader->inside);
	while (!READ_ONCE(reader->destroyed) && time_before(jiffies, end))
		cpu_relax();
	reader->seen = READ_ONCE(reader->destroyed);
	strscpy(reader->name, reader->region->name, NAME_LEN);
	rcu_read_unlock();
	return 0;
}

/* An RCU reader that found a region can still read it; the destruction does not wait. */
static void region_test_destroy_beside_reader(struct kunit *test)
{
	struct reader reader = {};
	struct task_struct *task;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	reader.region = create(test, TEST_PFN, 64, NULL);
	init_completion(&reader.inside);
	task = kthread_run(read_name, &reader, "reader");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wait_for_completion(&reader.inside);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(reader.region), 0);
	WRITE_ONCE(reader.destroyed, true);
	kthread_stop(task);
	put_task_struct(task);
	KUNIT_EXPECT_TRUE_MSG(test, reader.seen, "destroy waited for a grace period");
	KUNIT_EXPECT_STREQ(test, reader.name, NAME);
}

/* If @offset is outside of the region, no conversion of the byte must succeed. */
static void check_byte(struct kunit *test, struct buddy_region *region,
		       char *virt, phys_addr_t phys, long offset, bool inside)
{
	char *addr = virt + offset;
	phys_addr_t at = phys + offset;

	KUNIT_EXPECT_PTR_EQ_MSG(test, buddy_phys_to_virt(region, at),
				(void *)(inside ? addr : NULL), "byte %ld", offset);
	KUNIT_EXPECT_EQ_MSG(test, buddy_virt_to_phys(region, addr),
			    inside ? at : ~(phys_addr_t)0, "byte %ld", offset);
	KUNIT_EXPECT_EQ_MSG(test, buddy_virt_to_pfn(region, addr),
			    inside ? PHYS_PFN(at) : BUDDY_NO_PFN, "byte %ld", offset);
	KUNIT_EXPECT_PTR_EQ_MSG(test, buddy_pfn_to_virt(region, PHYS_PFN(at)),
				inside ? (void *)PAGE_ALIGN_DOWN((unsigned long)addr) : NULL,
				"byte %ld", offset);
}

/* Check the conversions at every page; @virt and @pfn can be any pair. */
static void check_conversions(struct kunit *test, void *virt, unsigned long pfn,
			      unsigned long nr_pages)
{
	struct buddy_region *region = create(test, pfn, nr_pages, virt);
	long bytes = nr_pages << PAGE_SHIFT, offset;

	for (offset = 0; offset < bytes; offset += PAGE_SIZE / 2)
		check_byte(test, region, virt, PFN_PHYS(pfn), offset, true);
	check_byte(test, region, virt, PFN_PHYS(pfn), 1, true);
	check_byte(test, region, virt, PFN_PHYS(pfn), bytes - 1, true);
	check_byte(test, region, virt, PFN_PHYS(pfn), -1, false);
	check_byte(test, region, virt, PFN_PHYS(pfn), -(long)PAGE_SIZE, false);
	check_byte(test, region, virt, PFN_PHYS(pfn), bytes, false);
	check_byte(test, region, virt, PFN_PHYS(pfn), bytes + PAGE_SIZE, false);
	KUNIT_EXPECT_EQ(test, buddy_virt_to_pfn(region, NULL), BUDDY_NO_PFN);
	KUNIT_EXPECT_NULL(test, buddy_pfn_to_virt(region, BUDDY_NO_PFN));
	KUNIT_EXPECT_NULL(test, buddy_pfn_to_virt(region, PFN_WRAP + pfn));
	KUNIT_EXPECT_NULL(test, buddy_phys_to_virt(region, ~(phys_addr_t)0));
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
}

static void region_test_conversions(struct kunit *test)
{
	void *virt = vmalloc(70 << PAGE_SHIFT);

	KUNIT_ASSERT_NOT_NULL(test, virt);
	check_conversions(test, virt, TEST_PFN, 70);
	check_conversions(test, virt, TEST_PFN + 37, 70);
	check_conversions(test, virt, MAX_PAGES - 1, 1);
	check_conversions(test, virt, 1, 1);
	vfree(virt);
}

/* A block that is allocated by address: its pfn, and that __GFP_ZERO clears it. */
static void region_test_conversion_of_block(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 3, 70);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long first = region->ranges->pfn;
	char *addr = buddy_alloc(region, 2, 0);
	unsigned long pfn = buddy_virt_to_pfn(region, addr);

	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_GE(test, pfn, first);
	KUNIT_EXPECT_LE(test, pfn + 4, first + 70);
	KUNIT_EXPECT_EQ(test, PFN_PHYS(pfn), (phys_addr_t)__pa(addr));
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 4UL);
	memset(addr, 0x5a, 4 * PAGE_SIZE);
	buddy_free(region, addr, 2);
	KUNIT_EXPECT_PTR_EQ(test, (char *)buddy_alloc(region, 2, __GFP_ZERO), addr);
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0, 4 * PAGE_SIZE));
	buddy_free(region, addr, 2);
	expect_all_free(test, region, fresh);
}

static void region_test_conversion_without_mapping(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 70);
	phys_addr_t phys = PFN_PHYS(TEST_PFN);
	long offset;

	/* Addresses of the kernel's own mapping, or near NULL, are not the region's. */
	for (offset = 0; offset < 70 << PAGE_SHIFT; offset += PAGE_SIZE / 2) {
		check_byte(test, region, __va(phys), phys, offset, false);
		check_byte(test, region, NULL, phys, offset, false);
	}
}

/* How many aligned blocks of @order fit into [start, end). */
static unsigned long places(unsigned long start, unsigned long end,
			    unsigned int order)
{
	unsigned long first = DIV_ROUND_UP(start, BIT(order)), last = end >> order;

	return last > first ? last - first : 0;
}

static void check_fresh(struct kunit *test, unsigned long pfn, unsigned long pages)
{
	struct buddy_region *region = create(test, pfn, pages, NULL);
	struct buddy_stats *stats = test_stats(test, region);
	unsigned long end = pfn + pages;
	unsigned int order;

	KUNIT_EXPECT_EQ(test, stats->pages, pages);
	KUNIT_EXPECT_EQ(test, stats->free_pages, pages);
	KUNIT_EXPECT_EQ(test, stats->peak_pages, 0UL);
	KUNIT_EXPECT_EQ(test, stats->splits, 0ULL);
	KUNIT_EXPECT_EQ(test, stats->merges, 0ULL);
	KUNIT_EXPECT_NE(test, places(pfn, end, stats->max_order), 0UL);
	KUNIT_EXPECT_EQ(test, places(pfn, end, stats->max_order + 1), 0UL);
	/* Every block that fits is a free block, unless it is half of a larger one. */
	for (order = 0; order < BUDDY_NR_ORDERS; order++)
		KUNIT_EXPECT_EQ_MSG(test, stats->nr_free[order],
				    places(pfn, end, order) - 2 * places(pfn, end, order + 1),
				    "order %u, %lu pages from %#lx", order, pages, pfn);
	KUNIT_EXPECT_NULL(test, memchr_inv(stats->allocs, 0, sizeof(stats->allocs)));
	KUNIT_EXPECT_NULL(test, memchr_inv(stats->frees, 0, sizeof(stats->frees)));
	KUNIT_EXPECT_NULL(test, memchr_inv(stats->fails, 0, sizeof(stats->fails)));
	KUNIT_EXPECT_NULL(test, memchr_inv(stats->errors, 0, sizeof(stats->errors)));
	check_region(test, region);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	kunit_kfree(test, stats);
}

static void region_test_fresh_stats(struct kunit *test)
{
	static const unsigned long sizes[] = {
		1, 2, 31, 63, 64, 65, 129, 4097,
	};
	static const unsigned long starts[] = {
		1, 31, 33, 63, 65,
	};
	struct rnd_state rnd;
	unsigned int i, k;

	/* From pfn 0 on only small regions: a region of insmod may be behind them. */
	for (i = 0; i < 7; i++)
		check_fresh(test, 0, sizes[i]);
	for (i = 0; i < ARRAY_SIZE(starts); i++)
		for (k = 0; k < ARRAY_SIZE(sizes); k++)
			check_fresh(test, TEST_PFN + starts[i], sizes[k]);

	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < 20; i++)
		check_fresh(test, TEST_PFN + prandom_u32_state(&rnd) % BIT(20),
			    1 + prandom_u32_state(&rnd) % BIT(15));
}

/* A region of 1 TiB without memory, in a guest of 1 GiB: about 100 MiB of metadata. */
static void region_test_terabyte(struct kunit *test)
{
	struct buddy_region *region = test_region(test, BIT(30), BIT(28));
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn[28];
	unsigned int order;

	KUNIT_EXPECT_EQ(test, fresh->max_order, 28U);
	KUNIT_EXPECT_EQ(test, fresh->nr_free[28], 1UL);
	/* At most 0.42 byte a page. */
	KUNIT_EXPECT_LE(test, buddy_metadata_bytes(region->nr_clusters), BIT(28) / 100 * 42ULL);

	for (order = 0; order <= 28; order++) {
		unsigned long block = buddy_alloc_pfn(region, order, 0);

		KUNIT_ASSERT_NE(test, block, BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, block % BIT(order), 0UL);
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, block), BIT(order));
		buddy_free_pfn(region, block, order);
	}
	/* One block of each order, all in use: a single page is left. */
	for (order = 28; order--;)
		pfn[order] = buddy_alloc_pfn(region, order, 0);
	KUNIT_EXPECT_EQ(test, test_stats(test, region)->free_pages, 1UL);
	for (order = 0; order < 28; order++) {
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn[order]), BIT(order));
		buddy_free_pfn(region, pfn[order], order);
	}
	expect_all_free(test, region, fresh);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE(region_test_bad_names),
	KUNIT_CASE(region_test_duplicate_name),
	KUNIT_CASE(region_test_zero_pages),
	KUNIT_CASE(region_test_unaligned_virt),
	KUNIT_CASE(region_test_overlap),
	KUNIT_CASE(region_test_overlap_kernel_memory),
	KUNIT_CASE(region_test_range_limit),
	KUNIT_CASE(region_test_last_page),
	KUNIT_CASE(region_test_too_large),
	KUNIT_CASE(region_test_busy_with_block),
	KUNIT_CASE(region_test_busy_with_hold),
	KUNIT_CASE(region_test_hold_pins_module),
	KUNIT_CASE(region_test_unknown_name),
	KUNIT_CASE(region_test_put_twice),
	KUNIT_CASE(region_test_no_mapping),
	KUNIT_CASE(region_test_destroy_beside_reader),
	KUNIT_CASE(region_test_conversions),
	KUNIT_CASE(region_test_conversion_of_block),
	KUNIT_CASE(region_test_conversion_without_mapping),
	KUNIT_CASE(region_test_fresh_stats),
	KUNIT_CASE(region_test_terabyte),
	{}
};

static struct kunit_suite region_suite = {
	.name = "region",
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: region");
MODULE_LICENSE("GPL");
