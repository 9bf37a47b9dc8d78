// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks by the DMA API.  A block with struct pages is mapped as any memory, a reserved range
 * without them by dma_map_resource().
 *
 * For a device that does not snoop, the kernel maintains the CPU's caches by the address in its
 * linear mapping.  Memory that the firmware withholds from the kernel, as by no-map in the
 * devicetree, is not mapped there, although it may have struct pages: the kernel's maintenance
 * would fault.  For such memory the module maintains the caches by its own mapping.
 *
 * A block is never mapped by way of a copy (swiotlb), because a buffer is there to be
 * shared: a device that does not reach the block gets an error.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/libnvdimm.h>
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

/**
 * struct piece - pages that are mapped together
 * @page: the first struct page, or NULL if not all pages have one
 * @phys: the physical address
 * @size: in bytes
 */
struct piece {
	struct page *page;
	phys_addr_t phys;
	size_t size;
};

/**
 * enum keeper - who maintains the CPU's caches around a transfer
 * @KEEPER_NONE: the region is uncached, or the device snoops: the caches need no maintenance
 * @KEEPER_KERNEL: the DMA API, by the kernel's linear mapping, if the device does not snoop
 * @KEEPER_MODULE: this module, by the region's own mapping
 * @KEEPER_MISSING: maintenance is needed, but the region has no mapping, or the kernel no call
 */
enum keeper {
	KEEPER_NONE,
	KEEPER_KERNEL,
	KEEPER_MODULE,
	KEEPER_MISSING,
};

static struct piece piece_of(unsigned long pfn, unsigned long nr_pages)
{
	struct piece piece = { .phys = PFN_PHYS(pfn), .size = PFN_PHYS(nr_pages) };
	unsigned long at, end = pfn + nr_pages;

	for (at = pfn; at < end; at = round_up(at + 1, MEMMAP_STEP))
		if (!pfn_valid(at))
			return piece;
	piece.page = pfn_to_page(pfn);
	return piece;
}

/* Whether the device uses physical addresses, but for an offset of its bus. */
static bool is_direct(struct device *dev)
{
	return !get_dma_ops(dev) && !use_dma_iommu(dev);
}

/* The memory of a mapped entry.  Without struct pages, only the DMA address tells where it is. */
static struct piece piece_of_entry(struct device *dev, struct scatterlist *sg)
{
	struct iommu_domain *domain = is_direct(dev) ? NULL : iommu_get_domain_for_dev(dev);
	struct piece piece = { .page = sg_page(sg), .size = sg->length };

	if (piece.page)
		piece.phys = sg_phys(sg);
	else if (domain)
		piece.phys = iommu_iova_to_phys(domain, sg_dma_address(sg));
	else
		piece.phys = dma_to_phys(dev, sg_dma_address(sg));
	return piece;
}

/*
 * Whether the device sees what the CPU has in its caches.  dma_map_resource() lets IOMMUs
 * treat memory as registers, which are not cached; those of x86 know no such difference.
 */
static bool snoops(struct device *dev, const struct piece *piece)
{
	return dev_is_dma_coherent(dev) &&
	       (IS_ENABLED(CONFIG_X86) || is_direct(dev) || piece->page);
}

static bool is_linear(const struct buddy_region *region, const struct piece *piece)
{
	return region->hot.mapped && piece->page &&
	       region->hot.virt_offset == (unsigned long)__va(piece->phys) - piece->phys;
}

static enum keeper keeper_of(struct device *dev, const struct buddy_region *region,
			     const struct piece *piece)
{
	if (region->uncached)
		return KEEPER_NONE;
	if (is_linear(region, piece))
		return KEEPER_KERNEL;
	if (snoops(dev, piece))
		return KEEPER_NONE;
	if (region->hot.mapped && IS_ENABLED(CONFIG_ARCH_HAS_PMEM_API))
		return KEEPER_MODULE;
	return KEEPER_MISSING;
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
static int check_device(struct device *dev, struct buddy_region *region,
			const struct piece *piece)
{
	if (!dev->dma_mask) {
		dev_err_ratelimited(dev, "%s: the device has no DMA mask\n", region->name);
		return -EINVAL;
	}
	if (is_direct(dev) && !dma_capable(dev, phys_to_dma(dev, piece->phys), piece->size,
					   false)) {
		dev_err_ratelimited(dev, "%s: the device does not reach %#llx to %#llx, its DMA mask is %#llx; allocate by buddy_alloc_pfn_within()\n",
				    region->name, (u64)piece->phys,
				    (u64)piece->phys + piece->size - 1, dma_get_mask(dev));
		return -ERANGE;
	}
	/* Also a guest whose memory is encrypted.  A copy is made by the linear mapping. */
	if (is_direct(dev) && is_swiotlb_force_bounce(dev)) {
		dev_err_ratelimited(dev, "%s: this machine copies what the device transfers (swiotlb)\n",
				    region->name);
		return -EOPNOTSUPP;
	}
	if (keeper_of(dev, region, piece) != KEEPER_MISSING)
		return 0;
	if (region->hot.mapped)
		dev_err_ratelimited(dev, "%s: the device does not snoop the CPU's caches, and a kernel without CONFIG_ARCH_HAS_PMEM_API maintains them only in its linear mapping; a range in regions= can be loaded with uncached=%s\n",
				    region->name, region->name);
	else
		dev_err_ratelimited(dev, "%s: the device does not snoop the CPU's caches, and they are maintained by the region's kernel address, which it has not; give one to buddy_region_create()\n",
				    region->name);
	return -EOPNOTSUPP;
}

/*
 * The kernel's calls for persistent memory are the only ones that a module has to maintain
 * caches by a virtual address.  arch_wb_cache_pmem() writes the lines back until the data
 * would survive a power failure, which is at least as far as where every device sees the data.
 * A line is found by its physical address, so that what other mappings of the memory, as those
 * of processes, have in the caches is maintained as well.  Lines are written back for a device
 * that only writes, too, as the kernel does on arm64: a dirty line could overwrite its data.
 */
static void maintain(const struct buddy_region *region, const struct piece *piece,
		     enum dma_data_direction direction, bool for_cpu)
{
	void *virt = (void *)((unsigned long)piece->phys + region->hot.virt_offset);

	if (!for_cpu)
		arch_wb_cache_pmem(virt, piece->size);
	else if (direction != DMA_TO_DEVICE)
		arch_invalidate_pmem(virt, piece->size);
}

static unsigned long attrs_for(enum keeper keeper)
{
	return keeper == KEEPER_KERNEL ? 0 : DMA_ATTR_SKIP_CPU_SYNC;
}

/* Map a piece that check_device() has passed. */
static int map_piece(struct device *dev, struct buddy_region *region,
		     const struct piece *piece, enum dma_data_direction direction,
		     dma_addr_t *addr)
{
	enum keeper keeper = keeper_of(dev, region, piece);

	if (keeper == KEEPER_MODULE)
		maintain(region, piece, direction, false);
	if (piece->page)
		*addr = dma_map_page_attrs(dev, piece->page, 0, piece->size, direction,
					   attrs_for(keeper));
	else
		*addr = dma_map_resource(dev, piece->phys, piece->size, direction,
					 attrs_for(keeper));
	return dma_mapping_error(dev, *addr) ? -EIO : 0;
}

static void unmap_piece(struct device *dev, struct buddy_region *region,
			const struct piece *piece, enum dma_data_direction direction,
			dma_addr_t addr)
{
	enum keeper keeper = keeper_of(dev, region, piece);

	if (piece->page)
		dma_unmap_page_attrs(dev, addr, piece->size, direction, attrs_for(keeper));
	else
		dma_unmap_resource(dev, addr, piece->size, direction, attrs_for(keeper));
	if (keeper == KEEPER_MODULE)
		maintain(region, piece, direction, true);
}

static void sync_piece(struct device *dev, struct buddy_region *region,
		       const struct piece *piece, enum dma_data_direction direction,
		       dma_addr_t addr, bool for_cpu)
{
	enum keeper keeper = keeper_of(dev, region, piece);

	if (keeper == KEEPER_MODULE)
		maintain(region, piece, direction, for_cpu);
	else if (keeper == KEEPER_KERNEL && for_cpu)
		dma_sync_single_for_cpu(dev, addr, piece->size, direction);
	else if (keeper == KEEPER_KERNEL)
		dma_sync_single_for_device(dev, addr, piece->size, direction);
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
 * DMA mask does not reach the pages, -EOPNOTSUPP if the device does not snoop and the caches
 * cannot be maintained for it: the region is not uncached (see ``uncached=``) and has no kernel
 * mapping, or one outside of the linear mapping in a kernel without CONFIG_ARCH_HAS_PMEM_API;
 * or if this machine would copy the pages,
 * -EIO if the IOMMU has no address left, -EINVAL if the device has no DMA mask, and for a
 * caller error: pages outside of the region, no direction, NULL.  Whether the pages are in
 * use is not tested.
 */
int buddy_dma_map(struct device *dev, struct buddy_region *region, unsigned long pfn,
		  unsigned long nr_pages, enum dma_data_direction direction, dma_addr_t *addr)
{
	int err = check_pages(__func__, dev, region, pfn, nr_pages, direction);
	struct piece piece;

	if (err)
		return err;
	if (!buddy_is_pointer(__func__, "this is no dma_addr_t", addr))
		return -EINVAL;
	piece = piece_of(pfn, nr_pages);
	return check_device(dev, region, &piece) ?:
	       map_piece(dev, region, &piece, direction, addr);
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
	struct piece piece;

	if (check_pages(__func__, dev, region, pfn, nr_pages, direction))
		return;
	piece = piece_of(pfn, nr_pages);
	unmap_piece(dev, region, &piece, direction, addr);
}
EXPORT_SYMBOL_GPL(buddy_dma_unmap);

static void sync_pages(const char *func, struct device *dev, struct buddy_region *region,
		       unsigned long pfn, unsigned long nr_pages,
		       enum dma_data_direction direction, dma_addr_t addr, bool for_cpu)
{
	struct piece piece;

	if (check_pages(func, dev, region, pfn, nr_pages, direction))
		return;
	piece = piece_of(pfn, nr_pages);
	sync_piece(dev, region, &piece, direction, addr, for_cpu);
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

	for (sg = table->sgl; sg && sg != end; sg = sg_next(sg)) {
		struct piece piece = piece_of_entry(dev, sg);

		unmap_piece(dev, region, &piece, direction, sg_dma_address(sg));
	}
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
	struct piece piece;
	unsigned int i;

	if (err)
		return err;
	if (buddy_must_not_sleep(__func__) ||
	    !buddy_is_pointer(__func__, "this is no struct sg_table", table))
		return -EINVAL;
	piece = piece_of(pfn, nr_pages);
	err = check_device(dev, region, &piece);
	if (err)
		return err;
	err = sg_alloc_table(table, DIV_ROUND_UP(nr_pages, PHYS_PFN(MAX_ENTRY)), GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_sg(table, sg, i) {
		unsigned long nr = min_t(unsigned long, left, PHYS_PFN(MAX_ENTRY));

		piece = piece_of(pfn, nr);
		sg_set_page(sg, piece.page, piece.size, 0);
		err = map_piece(dev, region, &piece, direction, &sg_dma_address(sg));
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

	if (!check_call(__func__, dev, region, direction) ||
	    !buddy_is_pointer(__func__, "this is no struct sg_table", table))
		return;
	for_each_sgtable_sg(table, sg, i) {
		struct piece piece = piece_of_entry(dev, sg);

		sync_piece(dev, region, &piece, direction, sg_dma_address(sg), for_cpu);
	}
}
EXPORT_SYMBOL_GPL(buddy_sg_sync);
