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

/* A block that is no power of two is cut to its length, as drivers do. */
static unsigned long alloc(void *from, unsigned long nr_pages)
{
	struct gpu_buddy *mm = from;
	unsigned long flags = nr_pages & (nr_pages - 1) ? GPU_BUDDY_CONTIGUOUS_ALLOCATION : 0;
	u64 bytes = (u64)nr_pages << PAGE_SHIFT;
	struct list_head *blocks = malloc(sizeof(*blocks));

	INIT_LIST_HEAD(blocks);
	if (gpu_buddy_alloc_blocks(mm, 0, mm->size, bytes, flags ? PAGE_SIZE : bytes, blocks,
				   flags)) {
		free(blocks);
		return NOTHING;
	}
	return (unsigned long)blocks;
}

static void gpu_free(void *mm, unsigned long block, unsigned long nr_pages)
{
	gpu_buddy_free_list(mm, (struct list_head *)block, 0);
	free((void *)block);
}

static unsigned long first(unsigned long block)
{
	struct list_head *blocks = (struct list_head *)block;

	return gpu_buddy_block_offset(list_first_entry(blocks, struct gpu_buddy_block, link)) >>
		PAGE_SHIFT;
}

const struct subject gpu_buddy = { "gpu_buddy 7.2", create, destroy, alloc, gpu_free, first };
