// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for watched_test.sh.  It makes each kind of call once, to fire all
 * tracepoints, and does not free some blocks, which rmmod then reports.  Or it writes to
 * the region, or compares what an earlier load wrote there.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../../pool/pool.h"

static unsigned int forget;
module_param(forget, uint, 0444);
MODULE_PARM_DESC(forget, "how many pages not to free");

static unsigned long write;
module_param(write, ulong, 0444);
MODULE_PARM_DESC(write, "only write this number to the region's first and last page");

static unsigned long expect;
module_param(expect, ulong, 0444);
MODULE_PARM_DESC(expect, "only fail if this number is not there");

static struct buddy_region *region;

static noinline void forget_pages(void)
{
	while (forget--)
		buddy_alloc_pfn(region, 0, 0);
}

/* The region is one block of 8 MiB. */
static int pass_on(void)
{
	unsigned long *first = buddy_alloc(region, get_order(SZ_8M), 0), *last;
	int err = 0;

	if (!first)
		return -ENOMEM;
	last = (void *)first + SZ_8M - PAGE_SIZE;
	if (write)
		*first = *last = write;
	else if (*first != expect || *last != expect)
		err = -EIO;
	buddy_free(region, first, get_order(SZ_8M));
	return err;
}

static int __init load_init(void)
{
	struct mp_pool *pool;
	unsigned long pfn, i;
	void *block;
	int err;

	region = buddy_region_get("watched");
	if (!region)
		return -ENOENT;
	if (write || expect) {
		err = pass_on();
		if (err)
			buddy_region_put(region);
		return err;
	}
	pfn = buddy_alloc_pfn(region, 0, 0);
	buddy_free_pfn(region, pfn, 0);
	pfn = buddy_alloc_pfn_exact(region, 67, 0);
	buddy_free_pfn_exact(region, pfn, 67);
	block = buddy_alloc(region, 1, 0);
	if (block) {
		buddy_split(region, block, 2);
		for (i = 0; i < 2; i++)
			buddy_free(region, block + i * PAGE_SIZE, 0);
	}
	buddy_alloc_pfn(region, 30, __GFP_NOWARN);
	pool = mp_create_pool_named(region, "load", PAGE_SIZE, 8, 0);
	if (pool) {
		mp_alloc(pool, 8, 0);
		mp_alloc(pool, 8 * PAGE_SIZE, 0);
		mp_reset_pool(pool);
		mp_alloc(pool, SZ_1G, __GFP_NOWARN);
		mp_destroy_pool(pool);
	}
	buddy_region_drain(region);
	forget_pages();
	return 0;
}
module_init(load_init);

static void __exit load_exit(void)
{
	buddy_region_put(region);
}
module_exit(load_exit);

MODULE_DESCRIPTION("Calls that fire buddypool's tracepoints, and blocks that are not freed");
MODULE_LICENSE("GPL");
