// SPDX-License-Identifier: GPL-2.0
/* The kernel's gpu_buddy as a subject. */
#include <linux/gpu_buddy.h>

#include "native.h"

static void *create(unsigned long nr_pages)
{
	struct gpu_buddy *mm = calloc(1, sizeof(*mm));

	if (gpu_buddy_init(mm, (u64)nr_pages << PAGE_SHIFT, PAGE_SIZE))
		return NULL;
	return mm;
}

static void destroy(void *mm)
{
	gpu_buddy_fini(mm);
	free(mm);
}

/*
 * A block that is no power of two is cut to its length, as drivers do.  It consists of
 * several of gpu_buddy's, which stay in a ring without a head; drivers have the head in an
 * object of their own.
 */
static unsigned long alloc(void *from, unsigned long nr_pages)
{
	struct gpu_buddy *mm = from;
	unsigned long flags = nr_pages & (nr_pages - 1) ? GPU_BUDDY_CONTIGUOUS_ALLOCATION : 0;
	u64 bytes = (u64)nr_pages << PAGE_SHIFT;
	struct gpu_buddy_block *block;
	LIST_HEAD(blocks);

	if (gpu_buddy_alloc_blocks(mm, 0, mm->size, bytes, flags ? PAGE_SIZE : bytes, &blocks,
				   flags))
		return NOTHING;
	block = list_first_entry(&blocks, struct gpu_buddy_block, link);
	list_del(&blocks);
	return (unsigned long)block;
}

static void gpu_free(void *mm, unsigned long block, unsigned long nr_pages)
{
	struct list_head blocks;

	list_add_tail(&blocks, &((struct gpu_buddy_block *)block)->link);
	gpu_buddy_free_list(mm, &blocks, 0);
}

static unsigned long first(unsigned long block)
{
	return gpu_buddy_block_offset((struct gpu_buddy_block *)block) >> PAGE_SHIFT;
}

const struct subject gpu_buddy = { "gpu_buddy 7.2", create, destroy, alloc, gpu_free, first };
