// SPDX-License-Identifier: GPL-2.0
/*
 * Benchmark: the most expensive single operation under mixed work, and how much of the
 * free memory is still in large blocks afterwards.
 */
#include <linux/vmalloc.h>

#include "bench_drm.h"
#include "bench_mixed.h"
#include "bench_peers.h"

#define HOLD_ORDER	12

static unsigned long count = 1000000;
module_param(count, ulong, 0444);
MODULE_PARM_DESC(count, "number of operations");

static bool left;
module_param(left, bool, 0444);
MODULE_PARM_DESC(left, "measure the free memory in blocks of order 9, not the operations");

static __always_inline int mix(const struct subject *subject, void *from,
			       unsigned long nr_pages, const char *size, bool tell)
{
	struct mixed *mixed = mixed_new(from, nr_pages);
	char work[64];

	if (!mixed)
		return -ENOMEM;
	mixed_run(subject, mixed, count);
	if (left) {
		mixed_left(subject, mixed, nr_pages);
	} else {
		snprintf(work, sizeof(work), "single operation, %s", size);
		report(work, subject->name, 100 * mixed->worst, "time");
		if (tell) {
			char text[128];

			snprintf(text, sizeof(text),
				 "the most expensive of %lu mixed ones, the clock read around each; ours was %s of order %u",
				 count, mixed->worst_free ? "a free" : "an allocation",
				 mixed->worst_order);
			describe(work, text);
		}
	}
	mixed_end(subject, mixed);
	return 0;
}

/* 1 TiB: 7 of 10 parts of 16 MiB are allocated; the mixed work uses the others. */
static int worst_large(void)
{
	unsigned long nr_pages = SZ_1T >> PAGE_SHIFT, nr = 0, i;
	struct buddy_region *region = bench_region(nr_pages);
	unsigned long *held = vcalloc(nr_pages >> HOLD_ORDER, sizeof(*held));
	int err = -ENOMEM;

	if (region && held) {
		while ((held[nr] = ours.alloc(region, HOLD_ORDER)) && ++nr < nr_pages >> HOLD_ORDER)
			;
		for (i = 0; i < nr; i++)
			if (i % 10 < 3)
				ours.free(region, held[i], HOLD_ORDER);
		err = mix(&ours, region, SZ_1G >> PAGE_SHIFT, "1 TiB", true);
		for (i = 0; i < nr; i++)
			if (i % 10 >= 3)
				ours.free(region, held[i], HOLD_ORDER);
	}
	vfree(held);
	return region ? buddy_region_destroy(region) ?: err : err;
}

static int bench_main(void)
{
	unsigned long nr_pages = (left ? SZ_1G : SZ_64M) >> PAGE_SHIFT;
	struct buddy_region *region = bench_region(nr_pages);
	struct gen_pool *pool = bench_genpool(nr_pages);
	const char *size = "64 MiB";
	struct locked_drm drm;
	int err = -ENOMEM;

	if (!region || !pool)
		return err;
	if (left)
		describe("order 9 left",
			 "blocks of 2 MiB to be had after mixed work at 70% of 1 GiB, of all that is free");
	err = mix(&ours, region, nr_pages, size, true);
	if (!err)
		err = mix(&genpool, pool, nr_pages, size, false);
	if (!err && !left)
		err = mix(&pages, NULL, nr_pages, size, false);
	if (!err)
		err = bench_drm_init(&drm, nr_pages);
	if (!err) {
		err = mix(&drm_buddy, &drm, nr_pages, size, false);
		drm_buddy_fini(&drm.mm);
	}
	gen_pool_destroy(pool);
	return buddy_region_destroy(region) ?: err ?: left ? err : worst_large();
}

MODULE_DESCRIPTION("Benchmark: the most expensive operation; fragmentation");
