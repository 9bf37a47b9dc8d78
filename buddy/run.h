/* SPDX-License-Identifier: GPL-2.0 */
/* Blocks of any length, anywhere: what run.c offers; the caller has region->lock. */
#ifndef BUDDY_RUN_H
#define BUDDY_RUN_H

#include "internal.h"

/**
 * struct buddy_run - what is asked of a block; a window in pages
 * @nr: pages, at least 1
 * @start: no page before this pfn
 * @end: no page at or behind this pfn
 * @align: the first pfn is a multiple of this power of two
 * @boundary: the block crosses no multiple of this power of two, which is at least @nr; or 0
 * @top_down: the highest place instead of the lowest
 */
struct buddy_run {
	unsigned long nr;
	unsigned long start;
	unsigned long end;
	unsigned long align;
	unsigned long boundary;
	bool top_down;
};

unsigned long buddy_rmqueue_fit(struct buddy_region *region, const struct buddy_run *run,
				unsigned long *from);
unsigned long buddy_run_from(struct buddy_region *region, const struct buddy_run *run);
unsigned long buddy_rmqueue_run(struct buddy_region *region, const struct buddy_run *run,
				unsigned long *from);
unsigned long buddy_longest_run(struct buddy_region *region, unsigned long longest,
				unsigned long *from);

#endif /* BUDDY_RUN_H */
