// SPDX-License-Identifier: GPL-2.0
/* Benchmark: random frees and allocations in regions of several sizes; size of metadata. */
#include "bench_churn.h"
#include "bench_floor.h"
#include "bench_orders.h"
#include "bench_peers.h"

static const struct {
	const char *name;
	unsigned long nr_pages;
} sizes[] = {
	{ "64 MiB", SZ_64M >> PAGE_SHIFT },
	{ "1 GiB", SZ_1G >> PAGE_SHIFT },
	{ "16 GiB", 16UL * SZ_1G >> PAGE_SHIFT },
	{ "1 TiB", 1024UL * SZ_1G >> PAGE_SHIFT },
};

/* The same with bulk calls for 64 blocks. */
static void churn_batches(struct churn *churn, const char *size)
{
	unsigned int nr = min_t(unsigned long, BATCH, churn->used / 4) / BY;
	unsigned int round, run, i;
	char work[48];

	if (!nr)
		return;
	snprintf(work, sizeof(work), "random by 64, order %u, %s", churn->order, size);
	for (run = 0; run < runs; run++) {
		u64 time = 0;

		for (round = 0; round < CHURN_ROUNDS; round++) {
			for (i = 0; i < nr * BY; i++)
				objects[i] = churn_pick(&ours, churn);
			time += TIMED(nr, buddy_free_bulk(churn->from, churn->order, BY,
							  objects + BY * i));
			time += TIMED(nr, buddy_alloc_bulk(churn->from, churn->order, BY,
							   objects + BY * i, 0));
			for (i = 0; i < nr * BY; i++)
				churn_note(&ours, churn, objects[i]);
		}
		report_time(work, ours.name, time, CHURN_ROUNDS * nr * BY);
	}
}

static int churn_ours(unsigned int order, const char *work, unsigned long nr_pages,
		      const char *size)
{
	struct buddy_region *region = bench_region(nr_pages);
	struct churn churn;
	int err;

	if (!region)
		return -ENOMEM;
	err = churn_init(&churn, &ours, region, nr_pages, order);
	if (!err) {
		churn_fill(&ours, &churn);
		churn_thin(&ours, &churn);
		churn_measure(&ours, &churn, work);
		churn_batches(&churn, size);
		churn_empty(&ours, &churn, nr_pages);
		churn_exit(&churn);
	}
	return buddy_region_destroy(region) ?: err;
}

/* gen_pool can free parts of an allocation: so one allocation fills it. */
static int churn_genpool(unsigned int order, const char *work, unsigned long nr_pages)
{
	struct gen_pool *pool = bench_genpool(nr_pages);
	struct churn churn;
	int err = -ENOMEM;

	if (pool)
		err = churn_init(&churn, &genpool, pool, nr_pages, order);
	if (!err) {
		gen_pool_alloc(pool, nr_pages << PAGE_SHIFT);
		bitmap_fill(churn.map, nr_pages >> order);
		churn.used = nr_pages >> order;
		churn.every = 1;
		churn.islands = nr_pages >> ISLAND_ORDER;
		churn_thin(&genpool, &churn);
		churn_measure(&genpool, &churn, work);
		churn_empty(&genpool, &churn, nr_pages);
		churn_exit(&churn);
	}
	if (pool)
		gen_pool_destroy(pool);
	return err;
}

static int churn_floor(unsigned int order, const char *work, unsigned long nr_pages)
{
	struct floor floor;
	struct churn churn;
	int err;

	err = floor_init(&floor, nr_pages, BATCH);
	if (err)
		return err;
	err = churn_init(&churn, &bench_floor, &floor, nr_pages, order);
	if (!err) {
		churn_fill(&bench_floor, &churn);
		churn_thin(&bench_floor, &churn);
		churn_measure(&bench_floor, &churn, work);
		churn_exit(&churn);
	}
	floor_exit(&floor);
	return err;
}

/* The kernel's page allocator, with as many of its pages, at any place. */
static int churn_pages(unsigned int order, const char *work, unsigned long nr_pages)
{
	unsigned long object;
	struct churn churn;
	int err;

	/* The kernel's pages may be anywhere below twice the size of the memory. */
	err = churn_init(&churn, &pages, NULL, 2 * totalram_pages(), order);
	if (err)
		return err;
	while (churn.used < nr_pages >> order) {
		object = pages.alloc(NULL, order);
		if (!object)
			break;
		churn_note(&pages, &churn, object);
	}
	churn_thin(&pages, &churn);
	churn_measure(&pages, &churn, work);
	churn_empty(&pages, &churn, 2 * totalram_pages());
	churn_exit(&churn);
	return 0;
}

/* The size of metadata is the free memory before a region exists, minus that after. */
static int bench_metadata(void)
{
	struct buddy_region *region;
	struct sysinfo before, after;
	struct gen_pool *pool;
	unsigned int i;

	/* In smaller regions, the pages in the kernel's per-CPU lists hide the difference. */
	for (i = 2; i < ARRAY_SIZE(sizes); i++) {
		unsigned long nr_pages = sizes[i].nr_pages;
		char work[48];

		snprintf(work, sizeof(work), "metadata per frame, %s", sizes[i].name);
		si_meminfo(&before);
		region = bench_region(nr_pages);
		si_meminfo(&after);
		if (!region)
			return -ENOMEM;
		report(work, ours.name,
		       100 * PAGE_SIZE * (before.freeram - after.freeram) / nr_pages, "bytes");
		buddy_region_destroy(region);
		report(work, pages.name, 100 * sizeof(struct page), "bytes");
		si_meminfo(&before);
		pool = bench_genpool(nr_pages);
		si_meminfo(&after);
		if (!pool)
			return -ENOMEM;
		report(work, genpool.name,
		       100 * PAGE_SIZE * (before.freeram - after.freeram) / nr_pages, "bytes");
		gen_pool_destroy(pool);
	}
	return 0;
}

static int bench_main(void)
{
	unsigned int i, j;
	int err = 0;

	describe("random,",
		 "a free and an allocation: frees of up to 4096 random blocks, then as many allocations; 70% is full");
	describe("random by", "the same, 64 in each call");
	describe("metadata",
		 "the kernel's free memory before and after, over the pages");
	for (i = 0; i < ARRAY_SIZE(orders) && !err; i++) {
		for (j = 0; j < ARRAY_SIZE(sizes) && !err; j++) {
			char work[48];

			churn_name(work, sizeof(work), orders[i], sizes[j].name);
			err = churn_ours(orders[i], work, sizes[j].nr_pages,
					 sizes[j].name);
			/* gen_pool cannot be filled in islands: its search would be slower. */
			if (!err && sizes[j].nr_pages / 16 <= churn_limit)
				err = churn_genpool(orders[i], work, sizes[j].nr_pages);
			/* Its islands would be a block each. */
			if (!err && sizes[j].nr_pages <= churn_limit)
				err = churn_floor(orders[i], work, sizes[j].nr_pages);
			if (!err && !j)
				err = churn_pages(orders[i], work, sizes[j].nr_pages);
		}
	}
	return err ?: bench_metadata();
}

MODULE_DESCRIPTION("Benchmark: random work on regions of several sizes");
