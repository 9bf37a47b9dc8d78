// SPDX-License-Identifier: GPL-2.0
/* Blocks by virtual address, and the conversions between address, pfn and physical. */
#include <linux/bsearch.h>
#include <linux/export.h>
#include <linux/mm.h>

#include "internal.h"

/* --- from pfn to range --- */

static int range_cmp(const void *key, const void *elt)
{
	unsigned long pfn = *(const unsigned long *)key;
	const struct pfn_range *range = elt;

	return pfn < range->pfn ? -1 : pfn - range->pfn >= range->pages;
}

const struct pfn_range *buddy_find_range_slow(const struct buddy_region *region,
					      unsigned long pfn)
{
	return bsearch(&pfn, region->ranges, region->nr_ranges, sizeof(*region->ranges),
		       range_cmp);
}

/* --- conversions --- */

static void *to_virt(const struct buddy_region *region, unsigned long pfn)
{
	return (void *)(unsigned long)(PFN_PHYS(pfn) + region->hot.virt_offset);
}

/**
 * buddy_pfn_to_virt() - the kernel address of a page
 * @region: the region that the page lies in
 * @pfn: the page
 *
 * Context: any.
 * Return: the address, or NULL if @pfn is not in @region or has no mapping.
 */
void *buddy_pfn_to_virt(struct buddy_region *region, unsigned long pfn)
{
	if (!is_region_pointer(__func__, region) || !region->hot.mapped ||
	    !find_range(region, pfn))
		return NULL;
	return to_virt(region, pfn);
}
EXPORT_SYMBOL_GPL(buddy_pfn_to_virt);

/**
 * buddy_phys_to_virt() - the kernel address of a physical address
 * @region: the region that the address lies in
 * @phys: the address of any byte of it
 *
 * Context: any.
 * Return: the address, or NULL if @phys is not in @region or has no mapping.
 */
void *buddy_phys_to_virt(struct buddy_region *region, phys_addr_t phys)
{
	void *page = buddy_pfn_to_virt(region, PHYS_PFN(phys));

	return page ? page + offset_in_page(phys) : NULL;
}
EXPORT_SYMBOL_GPL(buddy_phys_to_virt);

/**
 * buddy_virt_to_phys() - the physical address of a kernel address
 * @region: the region that the address lies in
 * @addr: the address of any byte of it
 *
 * A device behind an IOMMU uses other addresses: only the DMA API makes a dma_addr_t.
 *
 * Context: any.
 * Return: the physical address, or all ones if @addr is not in @region.
 */
phys_addr_t buddy_virt_to_phys(struct buddy_region *region, const void *addr)
{
	phys_addr_t phys;

	if (!is_region_pointer(__func__, region) || !region->hot.mapped)
		return ~(phys_addr_t)0;
	phys = (unsigned long)addr - region->hot.virt_offset;
	return find_range(region, PHYS_PFN(phys)) ? phys : ~(phys_addr_t)0;
}
EXPORT_SYMBOL_GPL(buddy_virt_to_phys);

/**
 * buddy_virt_to_pfn() - the page that a kernel address lies in
 * @region: the region that the address lies in
 * @addr: the address of any byte of it
 *
 * Context: any.
 * Return: the page's pfn, or BUDDY_NO_PFN if @addr is not in @region.
 */
unsigned long buddy_virt_to_pfn(struct buddy_region *region, const void *addr)
{
	phys_addr_t phys = buddy_virt_to_phys(region, addr);

	return phys == ~(phys_addr_t)0 ? BUDDY_NO_PFN : PHYS_PFN(phys);
}
EXPORT_SYMBOL_GPL(buddy_virt_to_pfn);

/* --- blocks by address --- */

static bool is_mapped(struct buddy_region *region, unsigned long nr_pages)
{
	if (likely(region->hot.mapped))
		return true;
	buddy_page_error(region, BUDDY_UNMAPPED, BUDDY_NO_PFN, nr_pages);
	return false;
}

/* What buddy_alloc() calls unless this CPU's cache has the page. */
void *buddy_alloc_slow(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	unsigned long pfn;

	if (!is_mapped(region, order_pages(order)))
		return NULL;
	pfn = buddy_alloc_pfn_slow(region, order, gfp);
	return pfn == BUDDY_NO_PFN ? NULL : to_virt(region, pfn);
}
EXPORT_SYMBOL_GPL(buddy_alloc_slow);

/**
 * buddy_alloc_exact() - allocate a number of pages, by address
 * @region: a region with a kernel mapping
 * @nr_pages: as for buddy_alloc_pfn_exact()
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: the address of the first page, or NULL if no block is left.
 */
void *buddy_alloc_exact(struct buddy_region *region, unsigned long nr_pages,
			gfp_t gfp)
{
	return buddy_alloc_aligned(region, nr_pages, 0, gfp);
}
EXPORT_SYMBOL_GPL(buddy_alloc_exact);

/**
 * buddy_alloc_aligned() - allocate pages at a large alignment, by address
 * @region: a region with a kernel mapping
 * @nr_pages: as for buddy_alloc_pfn_aligned()
 * @align_order: as for buddy_alloc_pfn_aligned().  The physical address is aligned;
 *	the virtual address of a reserved range need not be
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: the address of the first page, or NULL if no block is left.
 */
void *buddy_alloc_aligned(struct buddy_region *region, unsigned long nr_pages,
			  unsigned int align_order, gfp_t gfp)
{
	unsigned long pfn;

	if (!is_region_pointer(__func__, region) || !is_mapped(region, nr_pages))
		return NULL;
	pfn = buddy_alloc_pfn_aligned(region, nr_pages, align_order, gfp);
	return pfn == BUDDY_NO_PFN ? NULL : to_virt(region, pfn);
}
EXPORT_SYMBOL_GPL(buddy_alloc_aligned);

/**
 * buddy_alloc_within() - allocate pages in a window, by address
 * @region: a region with a kernel mapping
 * @nr_pages: as for buddy_alloc_pfn_within()
 * @window: physical addresses, as for buddy_alloc_pfn_within()
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn_within().
 * Return: the address of the first page, or NULL if there is no place for the block, and
 * for a caller error.
 */
void *buddy_alloc_within(struct buddy_region *region, unsigned long nr_pages,
			 const struct buddy_window *window, gfp_t gfp)
{
	unsigned long pfn;

	if (!is_region_pointer(__func__, region) || !is_mapped(region, nr_pages))
		return NULL;
	pfn = buddy_alloc_pfn_within(region, nr_pages, window, gfp);
	return pfn == BUDDY_NO_PFN ? NULL : to_virt(region, pfn);
}
EXPORT_SYMBOL_GPL(buddy_alloc_within);

/*
 * The page at @addr, where the caller says that a block of @nr_pages starts.  If no block
 * can start there, the mistake is reported, and there is no page.
 */
static unsigned long block_pfn(struct buddy_region *region, const void *addr,
			       unsigned long nr_pages)
{
	unsigned long pfn;

	if (!is_mapped(region, nr_pages))
		return BUDDY_NO_PFN;
	pfn = buddy_virt_to_pfn(region, addr);
	if (pfn == BUDDY_NO_PFN)
		buddy_addr_error(region, BUDDY_OUTSIDE, addr, nr_pages);
	else if (!PAGE_ALIGNED(addr))
		buddy_addr_error(region, BUDDY_MISALIGNED, addr, nr_pages);
	else
		return pfn;
	return BUDDY_NO_PFN;
}

/**
 * buddy_free_exact() - free a block by address and page count
 * @region: the region that the block came from
 * @addr: what buddy_alloc() or buddy_alloc_exact() returned; NULL is ignored
 * @nr_pages: the block's length
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
void buddy_free_exact(struct buddy_region *region, const void *addr,
		      unsigned long nr_pages)
{
	unsigned long pfn;

	if (!addr || !is_region_pointer(__func__, region))
		return;
	pfn = block_pfn(region, addr, nr_pages);
	if (pfn != BUDDY_NO_PFN)
		buddy_free_pfn_exact(region, pfn, nr_pages);
}
EXPORT_SYMBOL_GPL(buddy_free_exact);

/* What buddy_free() calls unless the page goes into this CPU's cache. */
void buddy_free_slow(struct buddy_region *region, const void *addr,
		     unsigned int order)
{
	buddy_free_exact(region, addr, order_pages(order));
}
EXPORT_SYMBOL_GPL(buddy_free_slow);

/* buddy.h describes it.  Exported for the tests. */
void buddy_split(struct buddy_region *region, const void *addr, unsigned long nr_pages)
{
	unsigned long pfn = block_pfn(region, addr, nr_pages);

	if (pfn != BUDDY_NO_PFN)
		buddy_split_pfn(region, pfn, nr_pages);
}
EXPORT_SYMBOL_GPL(buddy_split);
