/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks as dma-bufs, and regions as dma-heaps; in kernels with CONFIG_DMA_SHARED_BUFFER.
 */
#ifndef BUDDY_DMABUF_H
#define BUDDY_DMABUF_H

#include "buddy.h"

struct dma_buf;

struct dma_buf *buddy_export(struct buddy_region *region, unsigned long pfn,
			     unsigned long nr_pages, int flags);

/* --- dmabuf.c, for heap.c --- */

int buddy_buffer_phys(int fd, u64 *addr);

/* --- heap.c, for module.c --- */

#ifdef CONFIG_DMA_SHARED_BUFFER
int buddy_heaps_init(void);
void buddy_heaps_exit(void);
#else
static inline int buddy_heaps_init(void) { return 0; }
static inline void buddy_heaps_exit(void) {}
#endif

#endif /* BUDDY_DMABUF_H */
