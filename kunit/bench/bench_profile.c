// SPDX-License-Identifier: GPL-2.0
/* Work that scripts/bench/profile.sh profiles. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../pool/pool.h"

static char *work = "pairs";
module_param(work, charp, 0444);
MODULE_PARM_DESC(work, "pairs, bulk, fragmented, pool or request");

static unsigned int order;
module_param(order, uint, 0444);
MODULE_PARM_DESC(order, "order of the blocks of pairs and bulk");

#define NR	256
#define PAGES	1024	/* of the region with memory: enough for per-CPU caches */

static unsigned long pfns[NR];

static void pairs(struct buddy_region *region)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		buddy_free_pfn(region, buddy_alloc_pfn(region, order, 0), order);
}

static void bulk(struct buddy_region *region)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		pfns[i] = buddy_alloc_pfn(region, order, 0);
	for (i = 0; i < NR; i++)
		buddy_free_pfn(region, pfns[i], order);
}

/* As in bench_fragment.c: 8 KiB of each 64 KiB, half of them freed, then 64 KiB blocks. */
static void fragmented(struct buddy_region *region)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		pfns[i] = buddy_alloc_pfn_aligned(region, 2, 4, 0);
	for (i = 0; i < NR; i++)
		if (i % 4 == 0 || i % 4 == 3)
			buddy_free_pfn(region, pfns[i], 1);
	for (i = 0; i < NR / 2; i++)
		pfns[i] = buddy_alloc_pfn(region, 4, 0);
	for (i = 0; i < NR / 2; i++)
		buddy_free_pfn(region, pfns[i], 4);
}

/* Allocate an object of each of @nr sizes, @rounds times, and destroy the pool. */
static void live(struct mp_pool *pool, const u16 *sizes, unsigned int nr,
		 unsigned int rounds)
{
	unsigned int i;

	for (i = 0; pool && i < nr * rounds; i++)
		WRITE_ONCE(pfns[0], (unsigned long)mp_alloc(pool, sizes[i % nr], 0));
	mp_destroy_pool(pool);
}

/* As in bench_pools.c: 100 objects, most of them small. */
static void life(struct buddy_region *region)
{
	static const u16 sizes[] = { 16, 24, 32, 64, 16, 48, 128, 32, 256, 496 };

	live(mp_create_pool(region, 16 << 10, 0), sizes, ARRAY_SIZE(sizes), 10);
}

/* As most pools in the recording of nginx: 38 objects in blocks of one page. */
static void request(struct buddy_region *region)
{
	static const u16 sizes[] = {
		16, 16, 80, 16, 1120, 24, 16, 80, 15, 6, 16, 192, 80, 10, 9, 16, 4, 368, 80,
		104, 16, 224, 1352, 16, 80, 26, 256, 16, 43, 32, 80, 16, 1024, 16, 24, 1120,
		1120, 4096,
	};

	live(mp_create_pool_named(region, "nginx", 4096, 8, 0), sizes,
	     ARRAY_SIZE(sizes), 1);
}

static int __init profile_init(void)
{
	void (*pools)(struct buddy_region *region) = !strcmp(work, "pool") ? life :
						     !strcmp(work, "request") ? request : NULL;
	void *memory = pools ? alloc_pages_exact(PAGES << PAGE_SHIFT, GFP_KERNEL) : NULL;
	struct buddy_region *region;
	unsigned int i;

	if (pools && !memory)
		return -ENOMEM;
	/* Only the work with objects needs memory. */
	if (memory)
		region = buddy_region_create("profile", PHYS_PFN(virt_to_phys(memory)),
					     PAGES, memory);
	else
		region = buddy_region_create("profile", BIT(30), BIT(18), NULL);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (!strcmp(work, "bulk"))
		bulk(region);
	else if (!strcmp(work, "fragmented"))
		fragmented(region);
	else if (!pools)
		pairs(region);
	for (i = 0; pools && i < NR; i++)
		pools(region);
	/* Nothing is freed: the guest ends now. */
	return 0;
}
module_init(profile_init);

MODULE_DESCRIPTION("Benchmark: work to profile");
MODULE_LICENSE("GPL");
