// SPDX-License-Identifier: GPL-2.0
/* The kernel's gpu_buddy as a subject. */
#include <linux/gpu_buddy.h>

#include "loop.h"
#include "shim/spinlock.h"

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
static unsigned long alloc_blocks(struct gpu_buddy *mm, unsigned long nr_pages,
				  const struct place *place, unsigned long flags, u64 min_size)
{
	u64 end = place->high ? (u64)place->high << PAGE_SHIFT : mm->size;
	struct gpu_buddy_block *block;
	LIST_HEAD(blocks);

	if (gpu_buddy_alloc_blocks(mm, (u64)place->low << PAGE_SHIFT, end,
				   (u64)nr_pages << PAGE_SHIFT, min_size, &blocks, flags))
		return NOTHING;
	block = list_first_entry(&blocks, struct gpu_buddy_block, link);
	list_del(&blocks);
	return (unsigned long)block;
}

static unsigned long alloc(void *mm, unsigned long nr_pages)
{
	const struct place anywhere = { 0 };

	if (nr_pages & (nr_pages - 1))
		return alloc_blocks(mm, nr_pages, &anywhere, GPU_BUDDY_CONTIGUOUS_ALLOCATION,
				    PAGE_SIZE);
	return alloc_blocks(mm, nr_pages, &anywhere, 0, (u64)nr_pages << PAGE_SHIFT);
}

/* A range of exactly the block's size is one address.  In a longer range, top-down is ignored. */
static unsigned long within(void *mm, unsigned long nr_pages, const struct place *place)
{
	unsigned long flags = (place->high ? GPU_BUDDY_RANGE_ALLOCATION : 0) |
			      (place->top_down ? GPU_BUDDY_TOPDOWN_ALLOCATION : 0);
	bool one_address = place->high - place->low == nr_pages;

	if (place->align_order || one_address)
		return alloc_blocks(mm, nr_pages, place, flags, PAGE_SIZE << place->align_order);
	return alloc_blocks(mm, nr_pages, place, flags, (u64)nr_pages << PAGE_SHIFT);
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

/* gpu_buddy has no lock: threads share this one. */
static struct lock lock;

static __always_inline unsigned long alloc_order(void *mm, unsigned int order)
{
	unsigned long block;

	lock_acquire(&lock);
	block = alloc(mm, 1UL << order);
	lock_release(&lock);
	return block;
}

static __always_inline void free_order(void *mm, unsigned long block, unsigned int order)
{
	lock_acquire(&lock);
	gpu_free(mm, block, 1UL << order);
	lock_release(&lock);
}

static void loop(struct thread *thread)
{
	thread_loop(thread, alloc_order, free_order);
}

const struct subject gpu_buddy = {
	"gpu_buddy 7.2", create, destroy, alloc, gpu_free, first, within, true, loop
};
