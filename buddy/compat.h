/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between the kernel versions that are supported; only here. */
#ifndef BUDDY_COMPAT_H
#define BUDDY_COMPAT_H

#include <linux/dcache.h>
#include <linux/fault-inject.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/version.h>

/* 6.3 has it, and keeps the flags from being written in another way. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

/* From 6.12 on, a device behind an IOMMU has a flag; before, it has operations. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/device.h>
#include <linux/scatterlist.h>
#include <linux/iommu-dma.h>
#else
#define use_dma_iommu(dev)	false
#endif

/* 6.17 has no pfn_t any more. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>
#define vmf_insert_pmd(vmf, pfn, write)	\
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)
#else
#define vmf_insert_pmd	vmf_insert_pfn_pmd
#endif

/* 6.13 wants a string. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define IMPORT_NS_DMA_BUF	MODULE_IMPORT_NS(DMA_BUF)
#else
#define IMPORT_NS_DMA_BUF	MODULE_IMPORT_NS("DMA_BUF")
#endif

/* For the tests: 6.2 takes the lock of the dma-buf here. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define dma_buf_map_attachment_unlocked		dma_buf_map_attachment
#define dma_buf_unmap_attachment_unlocked	dma_buf_unmap_attachment
#endif

/* The largest order of alloc_pages(): 6.4 made MAX_ORDER inclusive, 6.8 renamed it. */
#ifndef MAX_PAGE_ORDER
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#else
#define MAX_PAGE_ORDER	MAX_ORDER
#endif
#endif

/* fault_create_debugfs_attr() takes a reference; in stable 6.12 it copies the name. */
#ifdef CONFIG_FAULT_INJECTION
static inline void fault_put_debugfs_attr(struct fault_attr *attr)
{
#ifndef FAULT_ATTR_DNAME_LEN
	dput(attr->dname);
#endif
}
#endif

/* For the tests: 6.7 wants to know below which node an overlay lies; NULL is the root. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define overlay_apply(fdt, size, id)	of_overlay_fdt_apply(fdt, size, id)
#else
#define overlay_apply(fdt, size, id)	of_overlay_fdt_apply(fdt, size, id, NULL)
#endif

/* For the tests: 6.12 has it under another name. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define KUNIT_ASSERT_FAILURE	KUNIT_FAIL_AND_ABORT
#endif

/* For the tests: hex_to_bin(), which 7.2's kernel.h does not bring any more. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/hex.h>
#endif

/* 6.13 has hrtimer_setup(), 6.15 no hrtimer_init() any more. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/*
 * For the benchmarks: 6.13 has a header for page_frag, drains a cache by its pointer, and
 * gives out more than a page only while the cache's block has room.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define PAGE_FRAG_MAX	PAGE_FRAG_CACHE_MAX_SIZE
#define page_frag_cache_drain(cache)						\
	do {									\
		if ((cache)->va)						\
			__page_frag_cache_drain(virt_to_head_page((cache)->va),	\
						(cache)->pagecnt_bias);		\
	} while (0)
#else
#include <linux/page_frag_cache.h>
#define PAGE_FRAG_MAX	PAGE_SIZE
#endif

/* For the benchmarks: 6.14 renamed it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define alloc_pages_bulk	alloc_pages_bulk_array
#endif

#endif /* BUDDY_COMPAT_H */
