// SPDX-License-Identifier: GPL-2.0
/*
 * Benchmark: the performance test of upstream's drm_buddy (in drm_buddy_test.c since
 * 6.19).  It allocates 8 KiB of each 64 KiB, frees half of these pieces, then allocates
 * and frees blocks of 64 KiB.  A second time, it frees the half from the top down.
 *
 * Upstream's drm_buddy allocates 8 KiB of an aligned block by itself.  That of 6.1
 * allocates 64 KiB and trims them.
 */
#include <linux/vmalloc.h>

#include "bench_drm.h"
#include "bench_floor.h"
#include "bench_peers.h"

#define SLOT_ORDER	4	/* 64 KiB */
#define PIECE_ORDER	1	/* 8 KiB */

static unsigned int mib = 1024;
module_param(mib, uint, 0444);
MODULE_PARM_DESC(mib, "size of the region at which the peers are measured, too");

/* For each 64 KiB, the piece of 8 KiB and the block of 64 KiB. */
static unsigned long *pieces, *blocks;

static inline unsigned long ours_piece(void *from)
{
	unsigned long pfn = buddy_alloc_pfn_aligned(from, BIT(PIECE_ORDER), SLOT_ORDER,
						    __GFP_NOWARN);

	return pfn == BUDDY_NO_PFN ? NOTHING : pfn;
}

static inline unsigned long genpool_piece(void *from)
{
	struct genpool_data_align data = { PAGE_SIZE << SLOT_ORDER };

	return gen_pool_alloc_algo(from, PAGE_SIZE << PIECE_ORDER,
				   gen_pool_first_fit_align, &data);
}

static inline unsigned long drm_piece(void *from)
{
	struct locked_drm *drm = from;
	LIST_HEAD(list);
	int err;

	mutex_lock(&drm->lock);
	err = drm_buddy_alloc_blocks(&drm->mm, 0, drm->mm.size, PAGE_SIZE << SLOT_ORDER,
				     PAGE_SIZE << SLOT_ORDER, &list, 0) ?:
	      drm_buddy_block_trim(&drm->mm, PAGE_SIZE << PIECE_ORDER, &list);
	mutex_unlock(&drm->lock);
	if (err)
		return NOTHING;
	return (unsigned long)list_first_entry(&list, struct drm_buddy_block, link);
}

static inline unsigned long floor_piece(void *from)
{
	return floor_take(from, PIECE_ORDER, BIT(SLOT_ORDER));
}

static __always_inline void free_block(const struct subject *subject, void *from,
				       unsigned long *object, unsigned int order)
{
	bench_free(subject, from, *object, order);
	*object = NOTHING;
}

/* Free piece @i if it is in the half that is freed. */
static __always_inline void free_piece(const struct subject *subject, void *from,
				       unsigned long *object, unsigned long i)
{
	if (i % 4 == 0 || i % 4 == 3)
		free_block(subject, from, object, PIECE_ORDER);
}

static __always_inline void take_piece(unsigned long (*piece)(void *from), void *from,
				       unsigned long *object)
{
	if (*object == NOTHING)
		*object = piece(from);
}

static __always_inline void scene(const struct subject *subject,
				  unsigned long (*piece)(void *from), void *from,
				  unsigned int size)
{
	unsigned long nr = (unsigned long)size * SZ_1M >> PAGE_SHIFT >> SLOT_ORDER;
	char work[48];
	u64 time;

	time = TIMED(nr, take_piece(piece, from, &pieces[i]));
	time += TIMED(nr, free_piece(subject, from, &pieces[i], i));
	time += TIMED(nr / 2, blocks[i] = subject->alloc(from, SLOT_ORDER));
	time += TIMED(nr / 2, free_block(subject, from, &blocks[i], SLOT_ORDER));
	snprintf(work, sizeof(work), "fragmented, %u MiB", size);
	report_time(work, subject->name, time, nr);

	TIMED(nr, take_piece(piece, from, &pieces[i]));
	time = TIMED(nr, free_piece(subject, from, &pieces[nr - 1 - i], i));
	snprintf(work, sizeof(work), "reversed, %u MiB", size);
	report_time(work, subject->name, time, nr / 2);
	TIMED(nr, free_block(subject, from, &pieces[i], PIECE_ORDER));
}

static int scene_ours(unsigned int size)
{
	struct buddy_region *region = bench_region((unsigned long)size * SZ_1M >> PAGE_SHIFT);

	if (!region)
		return -ENOMEM;
	scene(&ours, ours_piece, region, size);
	return buddy_region_destroy(region);
}

static int scene_peers(void)
{
	unsigned long nr_pages = (unsigned long)mib * SZ_1M >> PAGE_SHIFT;
	struct gen_pool *pool = bench_genpool(nr_pages);
	struct locked_drm drm;
	struct floor floor;
	int err;

	if (!pool)
		return -ENOMEM;
	scene(&genpool, genpool_piece, pool, mib);
	gen_pool_destroy(pool);
	err = floor_init(&floor, nr_pages, nr_pages >> SLOT_ORDER);
	if (err)
		return err;
	scene(&bench_floor, floor_piece, &floor, mib);
	floor_exit(&floor);
	err = bench_drm_init(&drm, nr_pages);
	if (err)
		return err;
	scene(&drm_buddy, drm_piece, &drm, mib);
	drm_buddy_fini(&drm.mm);
	return 0;
}

static int bench_main(void)
{
	unsigned int run;
	int err = 0;

	pieces = vcalloc(SZ_4G >> PAGE_SHIFT >> SLOT_ORDER, sizeof(*pieces));
	blocks = vcalloc(SZ_4G >> PAGE_SHIFT >> SLOT_ORDER, sizeof(*blocks));
	if (!pieces || !blocks || mib > 4096)
		err = -EINVAL;
	describe("fragmented",
		 "per 64 KiB: 8 KiB taken of each, half of them freed, then 64 KiB blocks taken and freed");
	describe("reversed",
		 "as above, 8 KiB taken of each; then a free, from the top down");
	for (run = 0; run < runs && !err; run++) {
		err = scene_ours(4096) ?: scene_ours(mib);
		/* drm_buddy's sorted list takes long, so its runs are few. */
		if (!err && run < 3)
			err = scene_peers();
	}
	vfree(pieces);
	vfree(blocks);
	return err;
}

MODULE_DESCRIPTION("Benchmark: the fragmentation test of drm_buddy");
