/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks for devices and for processes: what a driver calls.
 *
 * A physical address is no DMA address: an IOMMU, or a bus whose addresses begin elsewhere,
 * lies between the device and the memory.  These functions make a DMA address of a block,
 * whether its memory has struct pages or not.
 */
#ifndef BUDDY_DMA_H
#define BUDDY_DMA_H

#include <linux/dma-direction.h>

#include "buddy.h"

struct device;
struct dma_buf;
struct sg_table;
struct vm_area_struct;

/* --- dma.c: the DMA API --- */

int buddy_dma_map(struct device *dev, struct buddy_region *region, unsigned long pfn,
		  unsigned long nr_pages, enum dma_data_direction direction, dma_addr_t *addr);
void buddy_dma_unmap(struct device *dev, struct buddy_region *region, unsigned long pfn,
		     unsigned long nr_pages, enum dma_data_direction direction,
		     dma_addr_t addr);
void buddy_dma_sync_for_cpu(struct device *dev, struct buddy_region *region,
			    unsigned long pfn, unsigned long nr_pages,
			    enum dma_data_direction direction, dma_addr_t addr);
void buddy_dma_sync_for_device(struct device *dev, struct buddy_region *region,
			       unsigned long pfn, unsigned long nr_pages,
			       enum dma_data_direction direction, dma_addr_t addr);
int buddy_sg_table(struct device *dev, struct buddy_region *region, unsigned long pfn,
		   unsigned long nr_pages, enum dma_data_direction direction,
		   struct sg_table *table);
void buddy_sg_table_free(struct device *dev, struct buddy_region *region,
			 enum dma_data_direction direction, struct sg_table *table);
void buddy_sg_sync(struct device *dev, struct buddy_region *region,
		   enum dma_data_direction direction, struct sg_table *table, bool for_cpu);

/* --- mmap.c: processes --- */

int buddy_mmap(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages,
	       struct vm_area_struct *vma);

/* --- dmabuf.c and heap.c; in kernels with CONFIG_DMA_SHARED_BUFFER --- */

struct dma_buf *buddy_export(struct buddy_region *region, unsigned long pfn,
			     unsigned long nr_pages, int flags);
int buddy_heap_add(struct buddy_region *region);
void buddy_heap_remove(struct buddy_region *region);

#endif /* BUDDY_DMA_H */
