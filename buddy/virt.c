// SPDX-License-Identifier: GPL-2.0
/* Blocks by virtual address, and the way between address, pfn and physical. */
#include <linux/export.h>
#include <linux/mm.h>

#include "internal.h"

static void *to_virt(const struct buddy_region *region, unsigned long pfn)
{
	return (void *)(unsigned long)(PFN_PHYS(pfn) + region->hot.virt_offset);
}

/**
 * buddy_pfn_to_virt() - the kernel address of a page
 * @region: the region that it lies in
 * @pfn: the page
 *
 * Context: any.
 * Return: the address, or NULL if @pfn is not in @region or has no mapping.
 */
void *buddy_pfn_to_virt(struct buddy_region *region, unsigned long pfn)
{
	if (no_region(__func__, region) || !region->hot.mapped || !find_run(region, pfn))
		return NULL;
	return to_virt(region, pfn);
}
EXPORT_SYMBOL_GPL(buddy_pfn_to_virt);

/**
 * buddy_phys_to_virt() - the kernel address of a physical address
 * @region: the region that it lies in
 * @phys: any byte of it
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
 * @region: the region that it lies in
 * @addr: any byte of it
 *
 * Context: any.
 * Return: the physical address, or all ones if @addr is not in @region.
 */
phys_addr_t buddy_virt_to_phys(struct buddy_region *region, const void *addr)
{
	phys_addr_t phys;

	if (no_region(__func__, region) || !region->hot.mapped)
		return ~(phys_addr_t)0;
	phys = (unsigned long)addr - region->hot.virt_offset;
	return find_run(region, PHYS_PFN(phys)) ? phys : ~(phys_addr_t)0;
}
EXPORT_SYMBOL_GPL(buddy_virt_to_phys);

/**
 * buddy_virt_to_pfn() - the page that a kernel address lies in
 * @region: the region that it lies in
 * @addr: any byte of it
 *
 * Context: any.
 * Return: its pfn, or BUDDY_NO_PFN if @addr is not in @region.
 */
unsigned long buddy_virt_to_pfn(struct buddy_region *region, const void *addr)
{
	phys_addr_t phys = buddy_virt_to_phys(region, addr);

	return phys == ~(phys_addr_t)0 ? BUDDY_NO_PFN : PHYS_PFN(phys);
}
EXPORT_SYMBOL_GPL(buddy_virt_to_pfn);

static bool is_mapped(struct buddy_region *region, unsigned long nr_pages)
{
	if (likely(region->hot.mapped))
		return true;
	caller_error(region, BUDDY_UNMAPPED, false, BUDDY_NO_PFN, nr_pages, 0);
	return false;
}

/**
 * buddy_alloc_slow() - what buddy_alloc() calls if it must
 * @region: as there
 * @order: as there
 * @gfp: as there
 *
 * Context: as buddy_alloc().
 * Return: as buddy_alloc().
 */
void *buddy_alloc_slow(struct buddy_region *region, unsigned int order, gfp_t gfp)
{
	unsigned long pfn;

	if (!is_mapped(region, order < BUDDY_NR_ORDERS ? BIT(order) : 0))
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
 * @align_order: as for buddy_alloc_pfn_aligned(); it is the physical address
 *	that is aligned, and the virtual one of a reserved range need not be
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: the address of the first page, or NULL if no block is left.
 */
void *buddy_alloc_aligned(struct buddy_region *region, unsigned long nr_pages,
			  unsigned int align_order, gfp_t gfp)
{
	if (no_region(__func__, region) || !is_mapped(region, nr_pages))
		return NULL;
	return buddy_pfn_to_virt(region,
				 buddy_alloc_pfn_aligned(region, nr_pages,
							 align_order, gfp));
}
EXPORT_SYMBOL_GPL(buddy_alloc_aligned);

/**
 * buddy_free_exact() - free a block by address and page count
 * @region: the region that it came from
 * @addr: what buddy_alloc() or buddy_alloc_exact() returned; NULL is ignored
 * @nr_pages: its length
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
void buddy_free_exact(struct buddy_region *region, const void *addr,
		      unsigned long nr_pages)
{
	unsigned long pfn;

	if (!addr || no_region(__func__, region) || !is_mapped(region, nr_pages))
		return;
	pfn = buddy_virt_to_pfn(region, addr);
	if (pfn == BUDDY_NO_PFN || !PAGE_ALIGNED(addr))
		caller_error(region, pfn == BUDDY_NO_PFN ? BUDDY_OUTSIDE :
			     BUDDY_MISALIGNED, true, (unsigned long)addr,
			     nr_pages, 0);
	else
		buddy_free_pfn_exact(region, pfn, nr_pages);
}
EXPORT_SYMBOL_GPL(buddy_free_exact);

/**
 * buddy_free_slow() - what buddy_free() calls if it must
 * @region: as there
 * @addr: as there
 * @order: as there
 *
 * Context: as buddy_free().
 */
void buddy_free_slow(struct buddy_region *region, const void *addr,
		     unsigned int order)
{
	/* As in buddy_free_pfn_slow(), no block has 0 pages. */
	buddy_free_exact(region, addr, order < BUDDY_NR_ORDERS ? BIT(order) : 0);
}
EXPORT_SYMBOL_GPL(buddy_free_slow);
