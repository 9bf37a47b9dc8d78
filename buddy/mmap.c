// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks in the address space of processes.
 *
 * The pages come at faults: x86 reports a mapping by remap_pfn_range() of which a part is
 * unmapped.  In a VMA of these functions, vm_private_data is the block's first pfn, and
 * vm_pgoff stays the offset in the block, which the kernel keeps at any split of the VMA.
 * Everybody sees vm_pgoff in /proc/PID/maps, so that it must not be a physical address.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>

#include "compat.h"
#include "heap.h"
#include "internal.h"

/* So many pages are mapped at a fault, so that a process does not fault for each. */
#define FAULT_PAGES	64UL

static unsigned long pfn_at(struct vm_area_struct *vma, unsigned long address)
{
	return (unsigned long)vma->vm_private_data + linear_page_index(vma, address);
}

static vm_fault_t insert_page(struct vm_area_struct *vma, unsigned long address)
{
	unsigned long pfn = pfn_at(vma, address);

	if (vma->vm_flags & VM_MIXEDMAP)
		return vmf_insert_page(vma, address, pfn_to_page(pfn));
	return vmf_insert_pfn(vma, address, pfn);
}

vm_fault_t buddy_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long at = round_down(vmf->address, FAULT_PAGES << PAGE_SHIFT);
	unsigned long end = min(at + (FAULT_PAGES << PAGE_SHIFT), vma->vm_end);
	vm_fault_t result = VM_FAULT_NOPAGE;

	for (at = max(at, vma->vm_start); at < end && result == VM_FAULT_NOPAGE;
	     at += PAGE_SIZE)
		result = insert_page(vma, at);
	return result;
}

#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
/* The kernel falls back to buddy_fault(). */
vm_fault_t buddy_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	unsigned long at = vmf->address & PMD_MASK;
	struct vm_area_struct *vma = vmf->vma;

	if (order != PMD_SHIFT - PAGE_SHIFT || at < vma->vm_start ||
	    at + PMD_SIZE > vma->vm_end || vma->vm_flags & VM_MIXEDMAP ||
	    !IS_ALIGNED(pfn_at(vma, at), PMD_SIZE >> PAGE_SHIFT))
		return VM_FAULT_FALLBACK;
	return vmf_insert_pmd(vmf, pfn_at(vma, at), vmf->flags & FAULT_FLAG_WRITE);
}
#endif

static const struct vm_operations_struct vm_ops = {
	.fault = buddy_fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = buddy_huge_fault,
#endif
};

/*
 * Make @vma a mapping of the block; the caller may replace its vm_ops.  @kind is PFN_MAPPING,
 * or VM_MIXEDMAP, if the caller waits until nobody holds a page any more.
 */
int buddy_mmap_block(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages,
		     struct vm_area_struct *vma, vm_flags_t kind)
{
	/* A private mapping would copy pages, and most have no struct page. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff > nr_pages || vma_pages(vma) > nr_pages - vma->vm_pgoff)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | kind);
	if (region->uncached)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_private_data = (void *)pfn;
	vma->vm_ops = &vm_ops;
	return 0;
}

/**
 * buddy_mmap() - map a block into a process, in a driver's mmap()
 * @region: the region that the block came from
 * @pfn: the block's first page
 * @nr_pages: the block's length
 * @vma: what mmap() was given; vm_pgoff is the offset in the block, in pages
 *
 * The pages are cached as the kernel's own mapping is: write-back, or write-combined in a
 * region of ``uncached=``.  The mapping can be read, and written if the file can.  It must be
 * shared, and lie inside the block.  Its vm_ops and vm_private_data belong to buddypool.
 *
 * The block must stay until the last mapping is gone.  A mapping holds its file, so the
 * driver frees the block in the file's release().  Nobody else can hold a page: O_DIRECT into
 * the mapping fails, also with ``heap_pages=1``.  For O_DIRECT, export the block as a dma-buf.
 *
 * Context: process, with the mmap lock held for writing, as in mmap().
 * Return: 0, or -EINVAL for a private mapping, an offset or a length beyond the block, and
 * for a caller error.
 */
int buddy_mmap(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages,
	       struct vm_area_struct *vma)
{
	if (!is_region_pointer(__func__, region) ||
	    !buddy_is_pointer(__func__, "this is no struct vm_area_struct", vma) ||
	    !buddy_is_block(region, pfn, nr_pages))
		return -EINVAL;
	return buddy_mmap_block(region, pfn, nr_pages, vma, PFN_MAPPING);
}
EXPORT_SYMBOL_GPL(buddy_mmap);
