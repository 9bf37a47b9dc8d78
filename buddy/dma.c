// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks by the DMA API.  A block with struct pages is mapped as any memory, a reserved range
 * without them by dma_map_resource().
 *
 * The kernel maintains the CPU's caches by the address in its linear mapping.  Memory that
 * the firmware withholds from the kernel, as by no-map in the devicetree, is not mapped there,
 * although it may have struct pages: maintenance would fault.  For such memory the device
 * must be coherent, or the region uncached.
 *
 * A block is never mapped by way of a copy (swiotlb), because a buffer is there to be
 * shared: a device that does not reach the block gets an error.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

#include "compat.h"
#include "heap.h"
#include "internal.h"

/* The length of an entry of a scatter list has 32 bits. */
#define MAX_ENTRY	SZ_1G

/* Memory has struct pages in pieces of this size, or of a multiple. */
#define MEMMAP_STEP	(SZ_2M >> PAGE_SHIFT)

/* The first struct page, or NULL if not all pages have one. */
static struct page *first_page(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long at, end = pfn + nr_pages;

	for (at = pfn; at < end; at = round_up(at + 1, MEMMAP_STEP))
		if (!pfn_valid(at))
			return NULL;
	return pfn_to_page(pfn);
}

/* Whether the device uses physical addresses, but for an offset of its bus. */
static bool is_direct(struct device *dev)
{
	return !get_dma_ops(dev) && !use_dma_iommu(dev);
}

/* An uncached region has no line in a cache that could be written back. */
static unsigned long attrs_of(const struct buddy_region *region)
{
	return region->uncached ? DMA_ATTR_SKIP_CPU_SYNC : 0;
}

/*
 * Whether the device sees what the CPU has in its caches.  dma_map_resource() lets IOMMUs
 * treat memory as registers, which are not cached; those of x86 know no such difference.
 */
static bool snoops(struct device *dev, unsigned long pfn, unsigned long nr_pages)
{
	return dev_is_dma_coherent(dev) && (IS_ENABLED(CONFIG_X86) || is_direct(dev) ||
					    first_page(pfn, nr_pages));
}

/* Whether the kernel can maintain the CPU's caches: the region is in the linear mapping. */
static bool is_linear(const struct buddy_region *region, unsigned long pfn,
		      unsigned long nr_pages)
{
	phys_addr_t phys = PFN_PHYS(pfn);

	return region->hot.mapped && first_page(pfn, nr_pages) &&
	       region->hot.virt_offset == (unsigned long)__va(phys) - phys;
}

/* Whether the caches of the CPU and the memory are to be made the same around a transfer. */
static bool needs_sync(const struct buddy_region *region, unsigned long pfn,
		       unsigned long nr_pages)
{
	return !region->uncached && is_linear(region, pfn, nr_pages);
}

/* Whether the caller names a block that is in use; if not, the call is counted and reported. */
bool buddy_is_block(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages)
{
	enum buddy_error kind = nr_pages ? BUDDY_OUTSIDE : BUDDY_NO_PAGES;
	const struct pfn_range *range = find_range(region, pfn);
	unsigned long flags, used = 0;

	if (nr_pages && range) {
		raw_spin_lock_irqsave(&region->lock, flags);
		used = buddy_used_pages(region, range, pfn, &kind);
		raw_spin_unlock_irqrestore(&region->lock, flags);
		if (used == nr_pages)
			return true;
	}
	buddy_caller_error(region, &(struct caller_error){
		.kind = used ? BUDDY_WRONG_SIZE : kind,
		.pfn = pfn, .given = nr_pages, .actual = used });
	return false;
}

static bool check_call(const char *func, struct device *dev, struct buddy_region *region,
		       enum dma_data_direction direction)
{
	if (!is_region_pointer(func, region) ||
	    !buddy_is_pointer(func, "this is no device", dev))
		return false;
	/* The DMA API has a BUG() for it. */
	if (valid_dma_direction(direction))
		return true;
	buddy_bad_call(func, "this is no DMA direction", NULL);
	return false;
}

static int check_pages(const char *func, struct device *dev, struct buddy_region *region,
		       unsigned long pfn, unsigned long nr_pages,
		       enum dma_data_direction direction)
{
	enum buddy_error kind = BUDDY_NO_PAGES;
	const struct pfn_range *range;

	if (!check_call(func, dev, region, direction))
		return -EINVAL;
	range = find_range(region, pfn);
	if (nr_pages && range && nr_pages <= range->pages - (pfn - range->pfn))
		return 0;
	if (nr_pages)
		kind = range ? BUDDY_PART : BUDDY_OUTSIDE;
	buddy_page_error(region, kind, pfn, nr_pages);
	return -EINVAL;
}

/* Whether the device can have the block at all; the log says why not. */
static int check_device(struct device *dev, struct buddy_region *region, unsigned long pfn,
			unsigned long nr_pages)
{
	phys_addr_t phys = PFN_PHYS(pfn);

	if (!dev->dma_mask) {
		dev_err_ratelimited(dev, "%s: the device has no DMA mask\n", region->name);
		return -EINVAL;
	}
	if (is_direct(dev) && !dma_capable(dev, phys_to_dma(dev, phys), PFN_PHYS(nr_pages),
					   false)) {
		dev_err_ratelimited(dev, "%s: the device does not reach %#llx to %#llx, its DMA mask is %#llx; allocate by buddy_alloc_pfn_within()\n",
				    region->name, (u64)phys,
				    (u64)phys + PFN_PHYS(nr_pages) - 1, dma_get_mask(dev));
		return -ERANGE;
	}
	/* Also a guest whose memory is encrypted.  A copy is made by the linear mapping. */
	if (is_direct(dev) && is_swiotlb_force_bounce(dev)) {
		dev_err_ratelimited(dev, "%s: this machine copies what the device transfers (swiotlb)\n",
				    region->name);
		return -EOPNOTSUPP;
	}
	if (!region->uncached && !snoops(dev, pfn, nr_pages) &&
	    !is_linear(region, pfn, nr_pages)) {
		dev_err_ratelimited(dev, "%s: the device does not snoop the CPU's caches, and the range is not in the kernel's linear mapping, by which the caches are maintained; a range in regions= can be loaded with uncached=%s\n",
				    region->name, region->name);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Map pages that check_device() has passed; with struct pages, @page is the first one. */
static int map_pages(struct device *dev, struct buddy_region *region, struct page *page,
		     phys_addr_t phys, size_t size, enum dma_data_direction direction,
		     dma_addr_t *addr)
{
	if (page)
		*addr = dma_map_page_attrs(dev, page, 0, size, direction, attrs_of(region));
	else
		*addr = dma_map_resource(dev, phys, size, direction, DMA_ATTR_SKIP_CPU_SYNC);
	return dma_mapping_error(dev, *addr) ? -EIO : 0;
}

static void unmap_pages(struct device *dev, struct buddy_region *region, bool pages,
			dma_addr_t addr, size_t size, enum dma_data_direction direction)
{
	if (pages)
		dma_unmap_page_attrs(dev, addr, size, direction, attrs_of(region));
	else
		dma_unmap_resource(dev, addr, size, direction, DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * buddy_dma_map() - map pages for a device
 * @dev: the device; its driver has set the DMA mask
 * @region: the region that the block came from
 * @pfn: the first page: of the block, or of a part of it
 * @nr_pages: how many pages
 * @direction: who writes, as for dma_map_single()
 * @addr: filled in with the DMA address of the first page; the others follow it
 *
 * The device may use the pages until buddy_dma_unmap().  Between two transfers, the CPU
 * may read and write them after buddy_dma_sync_for_cpu() and until
 * buddy_dma_sync_for_device().
 *
 * Context: any but NMI.
 * Return: 0, or an error.  The log has the reason for all but -EIO: -ERANGE if the device's
 * DMA mask does not reach the pages, -EOPNOTSUPP if the device does not snoop and the region
 * is neither in the kernel's linear mapping nor uncached (see ``uncached=``), or if this
 * machine would copy the pages,
 * -EIO if the IOMMU has no address left, -EINVAL if the device has no DMA mask, and for a
 * caller error: pages outside of the region, no direction, NULL.  Whether the pages are in
 * use is not tested.
 */
int buddy_dma_map(struct device *dev, struct buddy_region *region, unsigned long pfn,
		  unsigned long nr_pages, enum dma_data_direction direction, dma_addr_t *addr)
{
	int err = check_pages(__func__, dev, region, pfn, nr_pages, direction);

	if (err)
		return err;
	if (!buddy_is_pointer(__func__, "this is no dma_addr_t", addr))
		return -EINVAL;
	err = check_device(dev, region, pfn, nr_pages);
	if (err)
		return err;
	return map_pages(dev, region, first_page(pfn, nr_pages), PFN_PHYS(pfn),
			 PFN_PHYS(nr_pages), direction, addr);
}
EXPORT_SYMBOL_GPL(buddy_dma_map);

/**
 * buddy_dma_unmap() - undo buddy_dma_map()
 * @dev: as in buddy_dma_map()
 * @region: as in buddy_dma_map()
 * @pfn: as in buddy_dma_map()
 * @nr_pages: as in buddy_dma_map()
 * @direction: as in buddy_dma_map()
 * @addr: what buddy_dma_map() filled in
 *
 * The device must not use the pages any more.  Call it before the block is freed.
 *
 * Context: any but NMI.
 */
void buddy_dma_unmap(struct device *dev, struct buddy_region *region, unsigned long pfn,
		     unsigned long nr_pages, enum dma_data_direction direction,
		     dma_addr_t addr)
{
	if (!check_pages(__func__, dev, region, pfn, nr_pages, direction))
		unmap_pages(dev, region, first_page(pfn, nr_pages), addr, PFN_PHYS(nr_pages),
			    direction);
}
EXPORT_SYMBOL_GPL(buddy_dma_unmap);

static void sync(struct device *dev, dma_addr_t addr, size_t size,
		 enum dma_data_direction direction, bool for_cpu)
{
	if (for_cpu)
		dma_sync_single_for_cpu(dev, addr, size, direction);
	else
		dma_sync_single_for_device(dev, addr, size, direction);
}

static void sync_pages(const char *func, struct device *dev, struct buddy_region *region,
		       unsigned long pfn, unsigned long nr_pages,
		       enum dma_data_direction direction, dma_addr_t addr, bool for_cpu)
{
	if (!check_pages(func, dev, region, pfn, nr_pages, direction) &&
	    needs_sync(region, pfn, nr_pages))
		sync(dev, addr, PFN_PHYS(nr_pages), direction, for_cpu);
}

/**
 * buddy_dma_sync_for_cpu() - let the CPU see what a device wrote
 * @dev: as in buddy_dma_map()
 * @region: as in buddy_dma_map()
 * @pfn: the first page, of all that were mapped or of a part
 * @nr_pages: how many pages
 * @direction: as in buddy_dma_map()
 * @addr: the DMA address of @pfn
 *
 * Context: any but NMI.
 */
void buddy_dma_sync_for_cpu(struct device *dev, struct buddy_region *region,
			    unsigned long pfn, unsigned long nr_pages,
			    enum dma_data_direction direction, dma_addr_t addr)
{
	sync_pages(__func__, dev, region, pfn, nr_pages, direction, addr, true);
}
EXPORT_SYMBOL_GPL(buddy_dma_sync_for_cpu);

/**
 * buddy_dma_sync_for_device() - let a device see what the CPU wrote
 * @dev: as in buddy_dma_map()
 * @region: as in buddy_dma_map()
 * @pfn: the first page, of all that were mapped or of a part
 * @nr_pages: how many pages
 * @direction: as in buddy_dma_map()
 * @addr: the DMA address of @pfn
 *
 * Context: any but NMI.
 */
void buddy_dma_sync_for_device(struct device *dev, struct buddy_region *region,
			       unsigned long pfn, unsigned long nr_pages,
			       enum dma_data_direction direction, dma_addr_t addr)
{
	sync_pages(__func__, dev, region, pfn, nr_pages, direction, addr, false);
}
EXPORT_SYMBOL_GPL(buddy_dma_sync_for_device);

/* Unmap the entries before @end, or all. */
static void unmap_entries(struct device *dev, struct buddy_region *region,
			  enum dma_data_direction direction, struct sg_table *table,
			  const struct scatterlist *end)
{
	struct scatterlist *sg;

	for (sg = table->sgl; sg && sg != end; sg = sg_next(sg))
		unmap_pages(dev, region, sg_page(sg), sg_dma_address(sg), sg->length,
			    direction);
}

/**
 * buddy_sg_table() - map pages of a block for a device that takes a scatter list
 * @dev: the device; its driver has set the DMA mask
 * @region: the region that the block came from
 * @pfn: the first page: of the block, or of a part of it
 * @nr_pages: how many pages
 * @direction: who writes, as for dma_map_sgtable()
 * @table: filled in; an entry has at most 1 GiB
 *
 * The entries have a DMA address and a length.  Where the memory has no struct pages,
 * sg_page() is NULL.
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, or an error as buddy_dma_map().
 */
int buddy_sg_table(struct device *dev, struct buddy_region *region, unsigned long pfn,
		   unsigned long nr_pages, enum dma_data_direction direction,
		   struct sg_table *table)
{
	int err = check_pages(__func__, dev, region, pfn, nr_pages, direction);
	unsigned long left = nr_pages;
	struct scatterlist *sg;
	unsigned int i;

	if (err)
		return err;
	if (buddy_must_not_sleep(__func__) ||
	    !buddy_is_pointer(__func__, "this is no struct sg_table", table))
		return -EINVAL;
	err = check_device(dev, region, pfn, nr_pages);
	if (err)
		return err;
	err = sg_alloc_table(table, DIV_ROUND_UP(nr_pages, PHYS_PFN(MAX_ENTRY)), GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_sg(table, sg, i) {
		unsigned long nr = min_t(unsigned long, left, PHYS_PFN(MAX_ENTRY));

		sg_set_page(sg, first_page(pfn, nr), PFN_PHYS(nr), 0);
		err = map_pages(dev, region, sg_page(sg), PFN_PHYS(pfn), sg->length, direction,
				&sg_dma_address(sg));
		if (err)
			goto unmap;
		sg_dma_len(sg) = sg->length;
		pfn += nr;
		left -= nr;
	}
	return 0;

unmap:
	unmap_entries(dev, region, direction, table, sg);
	sg_free_table(table);
	return err;
}
EXPORT_SYMBOL_GPL(buddy_sg_table);

/**
 * buddy_sg_table_free() - undo buddy_sg_table()
 * @dev: as in buddy_sg_table()
 * @region: as in buddy_sg_table()
 * @direction: as in buddy_sg_table()
 * @table: what buddy_sg_table() filled in
 *
 * Context: process.
 */
void buddy_sg_table_free(struct device *dev, struct buddy_region *region,
			 enum dma_data_direction direction, struct sg_table *table)
{
	if (!check_call(__func__, dev, region, direction) ||
	    !buddy_is_pointer(__func__, "this is no struct sg_table", table))
		return;
	unmap_entries(dev, region, direction, table, NULL);
	sg_free_table(table);
}
EXPORT_SYMBOL_GPL(buddy_sg_table_free);

/**
 * buddy_sg_sync() - let the CPU, or the device, see what the other one wrote
 * @dev: as in buddy_sg_table()
 * @region: as in buddy_sg_table()
 * @direction: as in buddy_sg_table()
 * @table: what buddy_sg_table() filled in
 * @for_cpu: the CPU is to see what the device wrote; else the other way
 *
 * Context: any but NMI.
 */
void buddy_sg_sync(struct device *dev, struct buddy_region *region,
		   enum dma_data_direction direction, struct sg_table *table, bool for_cpu)
{
	struct scatterlist *sg;
	unsigned int i;

	if (!check_call(__func__, dev, region, direction) || region->uncached ||
	    !buddy_is_pointer(__func__, "this is no struct sg_table", table))
		return;
	for_each_sgtable_sg(table, sg, i)
		if (sg_page(sg))
			sync(dev, sg_dma_address(sg), sg->length, direction, for_cpu);
}
EXPORT_SYMBOL_GPL(buddy_sg_sync);
