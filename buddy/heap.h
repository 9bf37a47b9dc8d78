/* SPDX-License-Identifier: GPL-2.0 */
/* What the files for user space share with each other, and with module.c. */
#ifndef BUDDY_HEAP_H
#define BUDDY_HEAP_H

#include <linux/mm.h>

#include "dma.h"

/* --- dma.c --- */

bool buddy_is_block(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages);

/* --- mmap.c --- */

vm_fault_t buddy_fault(struct vm_fault *vmf);
vm_fault_t buddy_huge_fault(struct vm_fault *vmf, unsigned int order);
/* A mapping in which nobody looks for a struct page, so that nobody can hold one. */
#define PFN_MAPPING	(VM_IO | VM_PFNMAP)

int buddy_mmap_block(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages,
		     struct vm_area_struct *vma, vm_flags_t kind);

/* --- charge.c --- */

struct charge;

struct charge *buddy_charge(const struct buddy_region *region, u64 bytes);
void buddy_uncharge(struct charge *charge, u64 bytes);
int buddy_charge_init(void);

/* --- dmabuf.c --- */

struct dma_buf *buddy_export_charged(struct buddy_region *region, unsigned long pfn,
				     unsigned long nr_pages, int flags,
				     struct charge *charge);
int buddy_buffer_phys(int fd, u64 *addr);
void buddy_buffers_retry(void);
void buddy_buffers_exit(void);

/* --- dmabuf.c and heap.c, for module.c and of.c --- */

#ifdef CONFIG_DMA_SHARED_BUFFER
int buddy_heap_open(const char *what, struct buddy_region *region, const u32 *mode);
void buddy_heap_close(struct buddy_region *region);
void buddy_buffers_init(void);
int buddy_heaps_init(void);
void buddy_heaps_exit(void);
#else
static inline int buddy_heap_open(const char *what, struct buddy_region *region,
				  const u32 *mode)
{
	return -EOPNOTSUPP;
}

static inline void buddy_heap_close(struct buddy_region *region) {}
static inline void buddy_buffers_init(void) {}
static inline int buddy_heaps_init(void) { return 0; }
static inline void buddy_heaps_exit(void) {}
#endif

#endif /* BUDDY_HEAP_H */
