/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BUDDY_EXACT_H
#define BUDDY_EXACT_H

#include "internal.h"

/* buddy_alloc_pfn_slow() with __GFP_DMA32 in @gfp. */
unsigned long buddy_alloc_dma32(struct buddy_region *region, unsigned int order, gfp_t gfp);

#endif /* BUDDY_EXACT_H */
