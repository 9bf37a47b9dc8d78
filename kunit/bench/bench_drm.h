/* SPDX-License-Identifier: GPL-2.0 */
/*
 * drm_buddy as a subject.  Its header leaves locking to the user and suggests "a simple
 * mutex": it allocates with GFP_KERNEL.  So each operation here takes a mutex, without
 * contention.
 */
#ifndef KUNIT_BENCH_DRM_H
#define KUNIT_BENCH_DRM_H

#if IS_ENABLED(CONFIG_GPU_BUDDY)
#include <linux/gpu_buddy.h>
#else
#include <drm/drm_buddy.h>
#endif
#include <linux/mutex.h>

#include "bench.h"

/* Its name in later kernels and some stable ones, where trimming can move the start. */
#if IS_ENABLED(CONFIG_GPU_BUDDY)
#define BUDDY_NAME		"gpu_buddy"
#define drm_buddy		gpu_buddy
#define drm_buddy_block		gpu_buddy_block
#define drm_buddy_init		gpu_buddy_init
#define drm_buddy_fini		gpu_buddy_fini
#define drm_buddy_alloc_blocks	gpu_buddy_alloc_blocks
#define drm_buddy_free_block	gpu_buddy_free_block
#define drm_buddy_block_offset	gpu_buddy_block_offset
#define drm_buddy_block_trim(mm, size, blocks) \
	gpu_buddy_block_trim(mm, NULL, size, blocks)
#else
#define BUDDY_NAME		"drm_buddy"
#endif

struct locked_drm {
	struct mutex lock;	/* of @mm */
	struct drm_buddy mm;
};

static inline unsigned long drm_alloc(void *from, unsigned int order)
{
	struct drm_buddy_block *block;
	struct locked_drm *drm = from;
	LIST_HEAD(blocks);
	int err;

	mutex_lock(&drm->lock);
	err = drm_buddy_alloc_blocks(&drm->mm, 0, drm->mm.size, PAGE_SIZE << order,
				     PAGE_SIZE << order, &blocks, 0);
	mutex_unlock(&drm->lock);
	if (err)
		return NOTHING;
	block = list_first_entry(&blocks, struct drm_buddy_block, link);
	return (unsigned long)block;
}

static inline void drm_free(void *from, unsigned long object, unsigned int order)
{
	struct locked_drm *drm = from;

	mutex_lock(&drm->lock);
	drm_buddy_free_block(&drm->mm, (struct drm_buddy_block *)object);
	mutex_unlock(&drm->lock);
}

static inline unsigned long drm_page(unsigned long object)
{
	return drm_buddy_block_offset((struct drm_buddy_block *)object) >> PAGE_SHIFT;
}

static const struct subject drm_buddy = {
	BUDDY_NAME, drm_alloc, drm_free, drm_page
};

static inline int bench_drm_init(struct locked_drm *drm, unsigned long nr_pages)
{
	mutex_init(&drm->lock);
	return drm_buddy_init(&drm->mm, (u64)nr_pages << PAGE_SHIFT, PAGE_SIZE);
}

#endif /* KUNIT_BENCH_DRM_H */
