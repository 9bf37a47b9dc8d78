// SPDX-License-Identifier: GPL-2.0
/*
 * Suite dma: blocks for devices.  The device is a platform device without a driver, of whose
 * DMA mask the tests choose the bits, and which snoops unless a test says otherwise.  There
 * is no IOMMU.  Test kernels have CONFIG_DMA_API_DEBUG, which checks the calls of the DMA API.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>
#include <linux/vmalloc.h>

#include "../../buddy/dma.h"
#include "../lib/common.h"

#define PAGES	64UL

static struct device *dev;

/* How many mappings the checks of the DMA API have room for. */
static u32 room;

/* A variable of the DMA API's checks, or NULL if this kernel does not check. */
static u32 *debug_value(const char *name)
{
	char path[64];
	struct file *file;
	u32 *value;

	snprintf(path, sizeof(path), "/sys/kernel/debug/dma-api/%s", name);
	file = filp_open(path, O_RDONLY, 0);
	if (IS_ERR(file))
		return NULL;
	value = file_inode(file)->i_private;
	filp_close(file, NULL);
	return value;
}

static u32 debug_room(void)
{
	u32 *value = debug_value("num_free_entries");

	return value ? *value : 0;
}

static void set_mask(u64 mask)
{
	*dev->dma_mask = mask;
}

/* Whether the device snoops; false on architectures where all devices do. */
static bool set_snoops(bool snoops)
{
#if defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU)
	dev->dma_coherent = snoops;
	return true;
#else
	return false;
#endif
}

static int dma_init_test(struct kunit *test)
{
	struct platform_device *pdev =
		platform_device_register_simple("buddypool-dma", PLATFORM_DEVID_NONE, NULL, 0);

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	dev = &pdev->dev;
	set_mask(DMA_BIT_MASK(64));
	set_snoops(true);
	test_bad_calls();
	room = debug_room();
	return 0;
}

static void dma_exit_test(struct kunit *test)
{
	/* What was mapped is unmapped. */
	KUNIT_EXPECT_EQ(test, debug_room(), room);
	if (!IS_ERR_OR_NULL(dev))
		platform_device_unregister(to_platform_device(dev));
	dev = NULL;
}

static unsigned long errors(struct kunit *test, struct buddy_region *region,
			    enum buddy_error kind)
{
	return test_stats(test, region)->errors[kind];
}

/* A region with struct pages, or one without, which has no mapping either. */
static struct buddy_region *region_with(struct kunit *test, bool pages)
{
	return pages ? test_region_mapped(test, 0, PAGES) : test_region(test, TEST_PFN, PAGES);
}

static int try_map(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	dma_addr_t addr;
	int err = buddy_dma_map(dev, region, pfn, nr, DMA_BIDIRECTIONAL, &addr);

	if (!err)
		buddy_dma_unmap(dev, region, pfn, nr, DMA_BIDIRECTIONAL, addr);
	return err;
}

static int try_table(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	struct sg_table table;
	int err = buddy_sg_table(dev, region, pfn, nr, DMA_BIDIRECTIONAL, &table);

	if (!err)
		buddy_sg_table_free(dev, region, DMA_BIDIRECTIONAL, &table);
	return err;
}

/* --- bad pointers --- */

enum call {
	MAP, UNMAP, SYNC_FOR_CPU, SYNC_FOR_DEVICE, TABLE, TABLE_FREE, TABLE_SYNC, MMAP, EXPORT,
	HEAP_ADD, HEAP_REMOVE, NR_CALLS
};

/* Call with each of the pointers; return the error, if there is one. */
static int call(enum call which, struct device *dev, struct buddy_region *region, void *pointer)
{
	switch (which) {
	case MAP:
		return buddy_dma_map(dev, region, TEST_PFN, 1, DMA_TO_DEVICE, pointer);
	case UNMAP:
		buddy_dma_unmap(dev, region, TEST_PFN, 1, DMA_TO_DEVICE, 0);
		break;
	case SYNC_FOR_CPU:
		buddy_dma_sync_for_cpu(dev, region, TEST_PFN, 1, DMA_TO_DEVICE, 0);
		break;
	case SYNC_FOR_DEVICE:
		buddy_dma_sync_for_device(dev, region, TEST_PFN, 1, DMA_TO_DEVICE, 0);
		break;
	case TABLE:
		return buddy_sg_table(dev, region, TEST_PFN, 1, DMA_TO_DEVICE, pointer);
	case TABLE_FREE:
		buddy_sg_table_free(dev, region, DMA_TO_DEVICE, pointer);
		break;
	case TABLE_SYNC:
		buddy_sg_sync(dev, region, DMA_TO_DEVICE, pointer, true);
		break;
	case MMAP:
		return buddy_mmap(region, TEST_PFN, 1, pointer);
	case EXPORT:
		return PTR_ERR_OR_ZERO(buddy_export(region, TEST_PFN, 1, O_RDWR));
	case HEAP_ADD:
		return buddy_heap_add(region);
	case HEAP_REMOVE:
	default:
		buddy_heap_remove(region);
	}
	return -EINVAL;
}

static void expect_refused(struct kunit *test, enum call which, struct device *dev,
			   struct buddy_region *region, void *pointer)
{
	KUNIT_EXPECT_EQ_MSG(test, call(which, dev, region, pointer), -EINVAL, "call %u", which);
	KUNIT_EXPECT_EQ_MSG(test, test_bad_calls(), 1, "call %u", which);
}

static void dma_test_bad_pointers(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	void *bad[] = { NULL, ERR_PTR(-ENOMEM) };
	struct sg_table table = {};
	unsigned int which, b;

	/* The first bad call since insmod warns. */
	EXPECT_WARNING("buddy_heap_add()", buddy_heap_add(NULL));
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 1);
	for (b = 0; b < ARRAY_SIZE(bad); b++) {
		for (which = 0; which < NR_CALLS; which++)
			expect_refused(test, which, dev, bad[b], &table);
		for (which = MAP; which <= TABLE_SYNC; which++)
			expect_refused(test, which, bad[b], region, &table);
		for (which = TABLE; which <= MMAP; which++)
			expect_refused(test, which, dev, region, bad[b]);
		expect_refused(test, MAP, dev, region, bad[b]);
	}
}

static void dma_test_must_not_sleep(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	unsigned long pfn = buddy_alloc_pfn(region, 0, 0);
	struct sg_table table;
	struct dma_buf *dmabuf;
	int err, heap;

	local_irq_disable();
	err = buddy_sg_table(dev, region, pfn, 1, DMA_TO_DEVICE, &table);
	dmabuf = buddy_export(region, pfn, 1, O_RDWR);
	heap = buddy_heap_add(region);
	buddy_heap_remove(region);
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, dmabuf, ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, heap, -EINVAL);
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 4);
	buddy_free_pfn(region, pfn, 0);
}

/* --- the DMA API --- */

/* The address is the physical one; a part of the block can be mapped. */
static void dma_test_address(struct kunit *test)
{
	static const enum dma_data_direction directions[] = {
		DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE,
	};
	static const struct {
		unsigned int first;
		unsigned int nr;
	} parts[] = { { 0, 40 }, { 0, 1 }, { 3, 2 }, { 39, 1 } };
	unsigned int with, d, p;

	for (with = 0; with < 2; with++) {
		struct buddy_region *region = region_with(test, with);
		unsigned long pfn = buddy_alloc_pfn_exact(region, 40, 0);

		for (d = 0; d < ARRAY_SIZE(directions); d++) {
			for (p = 0; p < ARRAY_SIZE(parts); p++) {
				unsigned long first = pfn + parts[p].first;
				dma_addr_t addr = 0;

				KUNIT_ASSERT_EQ(test, buddy_dma_map(dev, region, first, parts[p].nr,
								    directions[d], &addr), 0);
				KUNIT_EXPECT_EQ(test, (u64)addr, (u64)PFN_PHYS(first));
				buddy_dma_unmap(dev, region, first, parts[p].nr, directions[d],
						addr);
			}
		}
		buddy_free_pfn_exact(region, pfn, 40);
		check_region(test, region);
	}
}

/* The mask must reach the last byte.  Nothing is copied for a device that does not reach. */
static void dma_test_mask(struct kunit *test)
{
	unsigned int with;

	for (with = 0; with < 2; with++) {
		struct buddy_region *region = region_with(test, with);
		unsigned long pfn = buddy_alloc_pfn(region, 2, 0);
		u64 last = PFN_PHYS(pfn + 4) - 1;

		set_mask(last);
		KUNIT_EXPECT_EQ(test, try_map(region, pfn, 4), 0);
		KUNIT_EXPECT_EQ(test, try_table(region, pfn, 4), 0);
		set_mask(last - 1);
		KUNIT_EXPECT_EQ(test, try_map(region, pfn, 4), -ERANGE);
		KUNIT_EXPECT_EQ(test, try_table(region, pfn, 4), -ERANGE);
		KUNIT_EXPECT_EQ(test, try_map(region, pfn, 3), 0);
		KUNIT_EXPECT_EQ(test, try_table(region, pfn, 3), 0);
		buddy_free_pfn(region, pfn, 2);
	}
}

static void dma_test_28_bits(struct kunit *test)
{
	struct buddy_region *region = test_region(test, PHYS_PFN(SZ_256M) - 4, 8);
	unsigned long pfn = buddy_alloc_pfn(region, 2, 0), above = buddy_alloc_pfn(region, 2, 0);

	KUNIT_ASSERT_EQ(test, pfn, PHYS_PFN(SZ_256M) - 4);
	set_mask(DMA_BIT_MASK(28));
	KUNIT_EXPECT_EQ(test, try_map(region, pfn, 4), 0);
	KUNIT_EXPECT_EQ(test, try_map(region, above, 1), -ERANGE);
	KUNIT_EXPECT_EQ(test, try_table(region, above, 1), -ERANGE);
	KUNIT_EXPECT_EQ(test, try_map(region, above - 1, 2), -ERANGE);
	buddy_free_pfn(region, pfn, 2);
	buddy_free_pfn(region, above, 2);
}

static void dma_test_no_mask(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	unsigned long pfn = buddy_alloc_pfn(region, 0, 0);
	u64 *mask = dev->dma_mask;

	dev->dma_mask = NULL;
	KUNIT_EXPECT_EQ(test, try_map(region, pfn, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_table(region, pfn, 1), -EINVAL);
	dev->dma_mask = mask;
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 0);
	buddy_free_pfn(region, pfn, 0);
}

/* Every call with pages, each of which must be refused. */
static void call_all(struct kunit *test, struct buddy_region *region, unsigned long pfn,
		     unsigned long nr)
{
	KUNIT_EXPECT_EQ(test, try_map(region, pfn, nr), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_table(region, pfn, nr), -EINVAL);
	buddy_dma_unmap(dev, region, pfn, nr, DMA_TO_DEVICE, 0);
	buddy_dma_sync_for_cpu(dev, region, pfn, nr, DMA_TO_DEVICE, 0);
	buddy_dma_sync_for_device(dev, region, pfn, nr, DMA_TO_DEVICE, 0);
}

/* Zero pages, and a page that the region does not have, are caller errors of every call. */
static void dma_test_wrong_pages(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	static const unsigned long outside[] = { TEST_PFN - 1, TEST_PFN + PAGES, BUDDY_NO_PFN };
	unsigned long i;

	EXPECT_WARNING("zero pages are no block", try_map(region, TEST_PFN, 0));
	EXPECT_WARNING("this is in no region", try_map(region, TEST_PFN + PAGES, 1));
	call_all(test, region, TEST_PFN, 0);
	KUNIT_EXPECT_EQ(test, errors(test, region, BUDDY_NO_PAGES), 6UL);
	for (i = 0; i < ARRAY_SIZE(outside); i++) {
		call_all(test, region, outside[i], 1);
		KUNIT_EXPECT_EQ(test, errors(test, region, BUDDY_OUTSIDE), 5 * i + 6);
	}
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 0);
}

/* The first page is the region's, but not the last one. */
static void dma_test_too_long(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	static const struct {
		unsigned long pfn;
		unsigned long nr;
	} long_ones[] = {
		{ TEST_PFN, PAGES + 1 }, { TEST_PFN + PAGES - 1, 2 },
		{ TEST_PFN, ~0UL }, { TEST_PFN + 1, ~0UL },
	};
	unsigned long i;

	EXPECT_WARNING("65 pages given", try_map(region, TEST_PFN, PAGES + 1));
	for (i = 0; i < ARRAY_SIZE(long_ones); i++)
		call_all(test, region, long_ones[i].pfn, long_ones[i].nr);
	KUNIT_EXPECT_EQ(test, errors(test, region, BUDDY_PART), 5 * ARRAY_SIZE(long_ones) + 1);
}

/* The DMA API stops the machine for a direction that is none. */
static void dma_test_direction(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);
	struct sg_table table = {};
	dma_addr_t addr;

	KUNIT_EXPECT_EQ(test, buddy_dma_map(dev, region, TEST_PFN, 1, DMA_NONE, &addr), -EINVAL);
	KUNIT_EXPECT_EQ(test, buddy_sg_table(dev, region, TEST_PFN, 1, DMA_NONE, &table), -EINVAL);
	buddy_dma_unmap(dev, region, TEST_PFN, 1, DMA_NONE, 0);
	buddy_dma_sync_for_cpu(dev, region, TEST_PFN, 1, DMA_NONE, 0);
	buddy_dma_sync_for_device(dev, region, TEST_PFN, 1, DMA_NONE, 0);
	buddy_sg_sync(dev, region, DMA_NONE, &table, true);
	buddy_sg_table_free(dev, region, DMA_NONE, &table);
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 7);
}

/* An entry has at most 1 GiB, whatever the memory; the entries follow each other. */
static void dma_test_sg_table(struct kunit *test)
{
	unsigned long nr = 2 * PHYS_PFN(SZ_1G) + 3, pfn;
	struct buddy_region *region = test_region(test, TEST_PFN, nr + 1);
	u64 addr = PFN_PHYS(TEST_PFN + 1);
	struct scatterlist *sg;
	struct sg_table table;
	unsigned int i;

	pfn = buddy_alloc_pfn_exact(region, nr + 1, 0);
	KUNIT_ASSERT_EQ(test, pfn, TEST_PFN);
	KUNIT_ASSERT_EQ(test, buddy_sg_table(dev, region, pfn + 1, nr, DMA_FROM_DEVICE, &table), 0);
	KUNIT_EXPECT_EQ(test, table.nents, 3U);
	KUNIT_EXPECT_EQ(test, table.orig_nents, 3U);
	for_each_sgtable_dma_sg(&table, sg, i) {
		KUNIT_EXPECT_NULL(test, sg_page(sg));
		KUNIT_EXPECT_EQ(test, (u64)sg_dma_address(sg), addr);
		KUNIT_EXPECT_EQ(test, sg_dma_len(sg), sg->length);
		KUNIT_EXPECT_EQ(test, (u64)sg->length, i < 2 ? (u64)SZ_1G : (u64)PFN_PHYS(3));
		addr += sg->length;
	}
	/* There is nothing to do, and no struct page to do it with. */
	buddy_sg_sync(dev, region, DMA_FROM_DEVICE, &table, true);
	buddy_sg_sync(dev, region, DMA_FROM_DEVICE, &table, false);
	buddy_sg_table_free(dev, region, DMA_FROM_DEVICE, &table);
	KUNIT_EXPECT_NULL(test, table.sgl);
	buddy_free_pfn_exact(region, pfn, nr + 1);
}

static void dma_test_sg_pages(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	unsigned long pfn = buddy_alloc_pfn_exact(region, 5, 0);
	struct sg_table table;

	KUNIT_ASSERT_EQ(test, buddy_sg_table(dev, region, pfn + 1, 3, DMA_TO_DEVICE, &table), 0);
	KUNIT_EXPECT_EQ(test, table.nents, 1U);
	KUNIT_EXPECT_PTR_EQ(test, sg_page(table.sgl), pfn_to_page(pfn + 1));
	KUNIT_EXPECT_EQ(test, (u64)sg_dma_address(table.sgl), (u64)PFN_PHYS(pfn + 1));
	KUNIT_EXPECT_EQ(test, (u64)sg_dma_len(table.sgl), (u64)PFN_PHYS(3));
	buddy_sg_table_free(dev, region, DMA_TO_DEVICE, &table);
	buddy_free_pfn_exact(region, pfn, 5);
}

/* --- sync: a call with an unmapped address that reaches the DMA API is counted there --- */

static void sync_all(struct buddy_region *region, unsigned long pfn, dma_addr_t addr,
		     struct sg_table *table)
{
	buddy_dma_sync_for_cpu(dev, region, pfn, 2, DMA_FROM_DEVICE, addr);
	buddy_dma_sync_for_device(dev, region, pfn, 2, DMA_FROM_DEVICE, addr);
	buddy_sg_sync(dev, region, DMA_FROM_DEVICE, table, true);
	buddy_sg_sync(dev, region, DMA_FROM_DEVICE, table, false);
}

/* Map the region elsewhere than in the kernel's linear mapping, as a range with no-map is. */
static void move_mapping(struct kunit *test, struct buddy_region *region)
{
	struct page *pages[PAGES];
	unsigned long i;
	void *virt;

	for (i = 0; i < PAGES; i++)
		pages[i] = pfn_to_page(region->ranges->pfn + i);
	virt = vmap(pages, PAGES, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, virt);
	region->hot.virt_offset = (unsigned long)virt - PFN_PHYS(region->ranges->pfn);
}

static void move_back(struct buddy_region *region)
{
	u64 base = PFN_PHYS(region->ranges->pfn);

	vunmap((void *)(unsigned long)(base + region->hot.virt_offset));
	region->hot.virt_offset = (unsigned long)__va(base) - base;
}

/*
 * How many of the four calls reach the DMA API, for a block with or without struct pages;
 * @linear: the region is in the linear mapping.
 */
static u32 syncs(struct kunit *test, bool pages, bool linear, bool uncached)
{
	u32 *count = debug_value("error_count"), *print = debug_value("num_errors");
	u32 before, prints;
	struct buddy_region *region = region_with(test, pages);
	unsigned long pfn;
	struct sg_table table;
	dma_addr_t addr;

	if (!count || !print)
		kunit_skip(test, "the kernel does not check calls of the DMA API");
	pfn = buddy_alloc_pfn_exact(region, 3, 0);
	region->uncached = uncached;
	if (!linear)
		move_mapping(test, region);
	KUNIT_ASSERT_EQ(test, buddy_sg_table(dev, region, pfn + 1, 2, DMA_FROM_DEVICE, &table), 0);
	addr = sg_dma_address(table.sgl);
	before = *count;
	sync_all(region, pfn + 1, addr, &table);
	KUNIT_EXPECT_EQ(test, *count, before);
	/* The next page is not mapped.  The kernel counts this, and prints nothing. */
	prints = *print;
	*print = 0;
	sg_dma_address(table.sgl) += PAGE_SIZE;
	sync_all(region, pfn + 1, addr + PAGE_SIZE, &table);
	sg_dma_address(table.sgl) = addr;
	*print = prints;
	buddy_sg_table_free(dev, region, DMA_FROM_DEVICE, &table);
	if (!linear)
		move_back(region);
	buddy_free_pfn_exact(region, pfn, 3);
	return *count - before;
}

static void dma_test_sync(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, syncs(test, true, true, false), 4U);
	KUNIT_EXPECT_EQ(test, syncs(test, true, true, true), 0U);
	/* The DMA API would maintain the caches by the linear mapping. */
	KUNIT_EXPECT_EQ(test, syncs(test, true, false, false), 0U);
	KUNIT_EXPECT_EQ(test, syncs(test, false, true, false), 0U);
}

static void expect_maps(struct kunit *test, struct buddy_region *region, int err)
{
	unsigned long pfn = buddy_alloc_pfn(region, 0, 0);

	KUNIT_EXPECT_EQ(test, try_map(region, pfn, 1), err);
	KUNIT_EXPECT_EQ(test, try_table(region, pfn, 1), err);
	buddy_free_pfn(region, pfn, 0);
}

/* Caches are maintained by a kernel address; those of an uncached region need not be. */
static void dma_test_not_coherent(struct kunit *test)
{
	const int moved = IS_ENABLED(CONFIG_ARCH_HAS_PMEM_API) ? 0 : -EOPNOTSUPP;
	struct buddy_region *mapped = test_region_mapped(test, 0, PAGES);
	struct buddy_region *unmapped = test_region(test, TEST_PFN, PAGES);

	if (!set_snoops(false))
		kunit_skip(test, "all devices snoop on this architecture");
	expect_maps(test, mapped, 0);
	KUNIT_EXPECT_EQ(test, syncs(test, true, true, false), 4U);
	expect_maps(test, unmapped, -EOPNOTSUPP);
	unmapped->uncached = true;
	expect_maps(test, unmapped, 0);
	move_mapping(test, mapped);
	expect_maps(test, mapped, moved);
	mapped->uncached = true;
	expect_maps(test, mapped, 0);
	move_back(mapped);
}

/* A device for which all is copied gets an error, before anything is copied. */
static void dma_test_swiotlb(struct kunit *test)
{
#ifdef CONFIG_SWIOTLB
	struct io_tlb_mem *own = dev->dma_io_tlb_mem, copies = { .force_bounce = true };
	unsigned int with;

	dev->dma_io_tlb_mem = &copies;
	for (with = 0; with < 2; with++) {
		struct buddy_region *region = region_with(test, with);
		unsigned long pfn = buddy_alloc_pfn(region, 0, 0);

		KUNIT_EXPECT_EQ(test, try_map(region, pfn, 1), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, try_table(region, pfn, 1), -EOPNOTSUPP);
		buddy_free_pfn(region, pfn, 0);
	}
	dev->dma_io_tlb_mem = own;
#else
	kunit_skip(test, "this kernel copies nothing for devices");
#endif
}

static struct kunit_case dma_cases[] = {
	KUNIT_CASE(dma_test_bad_pointers),
	KUNIT_CASE(dma_test_must_not_sleep),
	KUNIT_CASE(dma_test_address),
	KUNIT_CASE(dma_test_mask),
	KUNIT_CASE(dma_test_28_bits),
	KUNIT_CASE(dma_test_no_mask),
	KUNIT_CASE(dma_test_wrong_pages),
	KUNIT_CASE(dma_test_too_long),
	KUNIT_CASE(dma_test_direction),
	KUNIT_CASE(dma_test_sg_table),
	KUNIT_CASE(dma_test_sg_pages),
	KUNIT_CASE(dma_test_sync),
	KUNIT_CASE(dma_test_not_coherent),
	KUNIT_CASE(dma_test_swiotlb),
	{}
};

static struct kunit_suite dma_suite = {
	.name = "dma",
	.init = dma_init_test,
	.exit = dma_exit_test,
	.test_cases = dma_cases,
};

kunit_test_suite(dma_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: dma");
MODULE_LICENSE("GPL");
