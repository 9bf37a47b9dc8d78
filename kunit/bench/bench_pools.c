// SPDX-License-Identifier: GPL-2.0
/* Benchmark: objects in a pool, and the same from kmalloc, a kmem_cache and a dma_pool. */
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "../../pool/pool.h"
#include "bench.h"

#define LIVES	1000
#define OBJECTS	100	/* in each pool */
#define LARGEST	496

static struct buddy_region *region;

/* The size of object @i: 16 to 496 bytes, most of them small. */
static size_t object_size(unsigned int i)
{
	static const u16 sizes[] = { 16, 24, 32, 64, 16, 48, 128, 32, 256, LARGEST };

	return sizes[i % ARRAY_SIZE(sizes)];
}

static void live_in_pool(void)
{
	struct mp_pool *pool = mp_create_pool(region, 16 << 10, 0);
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = (unsigned long)mp_alloc(pool, object_size(i), 0);
	mp_destroy_pool(pool);
}

/* The floor: a page, an address that grows, and a test for the end of the page's room. */
static void live_in_floor(void)
{
	unsigned long last = buddy_alloc_pfn(region, 2, 0), end = ULONG_MAX;
	unsigned int i;

	for (i = 0; i < OBJECTS; i++) {
		OPTIMIZER_HIDE_VAR(end);
		objects[i] = last;
		last += ALIGN(object_size(i), sizeof(long));
		if (last > end)
			return;
	}
	buddy_free_pfn(region, objects[0], 2);
}

static void live_in_kmalloc(void)
{
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = (unsigned long)kmalloc(object_size(i), GFP_NOWAIT);
	for (i = 0; i < OBJECTS; i++)
		kfree((void *)objects[i]);
}

static void live_in_cache(struct kmem_cache *cache)
{
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = (unsigned long)kmem_cache_alloc(cache, GFP_NOWAIT);
	for (i = 0; i < OBJECTS; i++)
		kmem_cache_free(cache, (void *)objects[i]);
}

static void live_in_dma_pool(struct dma_pool *pool)
{
	static dma_addr_t where[OBJECTS];
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = (unsigned long)dma_pool_alloc(pool, GFP_NOWAIT, &where[i]);
	for (i = 0; i < OBJECTS; i++)
		dma_pool_free(pool, (void *)objects[i], where[i]);
}

/* The first 10 rounds only warm up. */
#define LIFE(subject, live) do {					\
	TIMED(10, live);						\
	report_time("pool life, per object", subject,			\
		    TIMED(LIVES, live), LIVES * OBJECTS);		\
} while (0)

#define HOT(subject, alloc, free) do {					\
	void *object;							\
									\
	TIMED(100, object = alloc; free);				\
	report_time("64 bytes", subject,				\
		    TIMED(LIVES, object = alloc; free), LIVES);		\
} while (0)

static void bench_dma_pool(void)
{
	struct platform_device *device;
	struct dma_pool *pool;
	dma_addr_t where;

	device = platform_device_register_simple("bench", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return;
	if (!dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(64))) {
		pool = dma_pool_create("bench", &device->dev, LARGEST, 16, 0);
		if (pool)
			LIFE("dma_pool", live_in_dma_pool(pool));
		dma_pool_destroy(pool);
		pool = dma_pool_create("bench", &device->dev, 64, 16, 0);
		if (pool)
			HOT("dma_pool", dma_pool_alloc(pool, GFP_NOWAIT, &where),
			    dma_pool_free(pool, object, where));
		dma_pool_destroy(pool);
	}
	platform_device_unregister(device);
}

static void bench_object(struct kmem_cache *cache)
{
	struct mp_pool *pool = mp_create_pool(region, 1 << 20, 0);
	unsigned int i;

	if (!pool)
		return;
	for (i = 0; i < LIVES; i++)
		mp_alloc(pool, 64, 0);
	mp_reset_pool(pool);
	report_time("64 bytes", "buddypool",
		    TIMED(LIVES, objects[i] = (unsigned long)mp_alloc(pool, 64, 0)), LIVES);
	mp_destroy_pool(pool);
	HOT("kmalloc", kmalloc(64, GFP_NOWAIT), kfree(object));
	HOT("kmem_cache", kmem_cache_alloc(cache, GFP_NOWAIT),
	    kmem_cache_free(cache, object));
}

#define OLDER	BATCH	/* objects that were freed before the savepoint */

/* Back to a savepoint, behind which one object of 700 bytes was allocated. */
static void bench_rewind(const char *work, unsigned int older)
{
	struct mp_pool *pool = mp_create_pool(region, 512, 0);
	struct mp_mark mark;
	unsigned int i;

	if (!pool)
		return;
	for (i = 0; i < older; i++)
		objects[i] = (unsigned long)mp_alloc(pool, 600, 0);
	for (i = 0; i < older; i++)
		mp_free(pool, (void *)objects[i]);
	mp_mark_pool(pool, &mark);
	report_time(work, "buddypool",
		    TIMED(LIVES, mp_alloc(pool, 700, 0); mp_rewind_pool(pool, &mark)), LIVES);
	mp_destroy_pool(pool);
}

static int bench_main(void)
{
	struct kmem_cache *cache, *small;
	unsigned int i;

	region = buddy_region_get("region0");
	if (!region)
		return -ENOENT;
	cache = kmem_cache_create("bench", LARGEST, 0, 0, NULL);
	small = kmem_cache_create("bench64", 64, 0, 0, NULL);
	describe("pool life",
		 "make a pool of 16 KiB, 100 objects of 16 to 496 bytes, destroy it; peers free each object; the caches' are all of 496");
	describe("64 bytes",
		 "one object: ours is given back with its pool, outside; peers' are freed inside");
	describe("rewind",
		 "allocate an object of 700 bytes, go back to the savepoint before it; freed before: 4,096 objects of 600 bytes");
	for (i = 0; cache && small && i < runs; i++) {
		LIFE("buddypool", live_in_pool());
		LIFE("floor", live_in_floor());
		LIFE("kmalloc", live_in_kmalloc());
		LIFE("kmem_cache", live_in_cache(cache));
		bench_object(small);
		bench_rewind("rewind", 0);
		bench_rewind("rewind, freed before", OLDER);
		bench_dma_pool();
	}
	kmem_cache_destroy(cache);
	kmem_cache_destroy(small);
	buddy_region_put(region);
	return 0;
}

MODULE_DESCRIPTION("Benchmark: create a pool, allocate objects, destroy it");
