// SPDX-License-Identifier: GPL-2.0
/* Random frees and allocations in regions of several sizes; what metadata takes. */
#include "bench_churn.h"
#include "bench_orders.h"
#include "bench_peers.h"

static const struct {
	const char *name;
	unsigned long frames;
} sizes[] = {
	{ "64 MiB", SZ_64M >> PAGE_SHIFT },
	{ "1 GiB", SZ_1G >> PAGE_SHIFT },
	{ "16 GiB", 16UL * SZ_1G >> PAGE_SHIFT },
	{ "1 TiB", 1024UL * SZ_1G >> PAGE_SHIFT },
};

/* The same, 64 in each call. */
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

static int churn_ours(unsigned int order, const char *work, unsigned long frames,
		      const char *size)
{
	struct buddy_region *region = bench_region(frames);
	struct churn churn;
	int err;

	if (!region)
		return -ENOMEM;
	err = churn_init(&churn, &ours, region, frames, order);
	if (!err) {
		churn_fill(&ours, &churn);
		churn_thin(&ours, &churn);
		churn_measure(&ours, &churn, work);
		churn_batches(&churn, size);
		churn_empty(&ours, &churn, frames);
		churn_exit(&churn);
	}
	return buddy_region_destroy(region) ?: err;
}

/* It does not know what was allocated together: fill it in one go. */
static int churn_genpool(unsigned int order, const char *work, unsigned long frames)
{
	struct gen_pool *pool = bench_genpool(frames);
	struct churn churn;
	int err = -ENOMEM;

	if (pool)
		err = churn_init(&churn, &genpool, pool, frames, order);
	if (!err) {
		gen_pool_alloc(pool, frames << PAGE_SHIFT);
		bitmap_fill(churn.map, frames >> order);
		churn.used = frames >> order;
		churn.every = 1;
		churn.islands = frames >> ISLAND_ORDER;
		churn_thin(&genpool, &churn);
		churn_measure(&genpool, &churn, work);
		churn_empty(&genpool, &churn, frames);
		churn_exit(&churn);
	}
	if (pool)
		gen_pool_destroy(pool);
	return err;
}

/* As many of the machine's pages, wherever they are. */
static int churn_pages(unsigned int order, const char *work, unsigned long frames)
{
	unsigned long object;
	struct churn churn;
	int err;

	/* Its pages may lie anywhere below twice the memory. */
	err = churn_init(&churn, &pages, NULL, 2 * totalram_pages(), order);
	if (err)
		return err;
	while (churn.used < frames >> order) {
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

/* Free memory before and after shows what a subject keeps for itself. */
static int bench_metadata(void)
{
	struct buddy_region *region;
	struct sysinfo before, after;
	struct gen_pool *pool;
	unsigned int i;

	/* In smaller ones it is lost among the pages that the CPU holds. */
	for (i = 2; i < ARRAY_SIZE(sizes); i++) {
		unsigned long frames = sizes[i].frames;
		char work[48];

		snprintf(work, sizeof(work), "metadata per frame, %s", sizes[i].name);
		si_meminfo(&before);
		region = bench_region(frames);
		si_meminfo(&after);
		if (!region)
			return -ENOMEM;
		report(work, ours.name,
		       100 * PAGE_SIZE * (before.freeram - after.freeram) / frames, "bytes");
		buddy_region_destroy(region);
		report(work, pages.name, 100 * sizeof(struct page), "bytes");
		si_meminfo(&before);
		pool = bench_genpool(frames);
		si_meminfo(&after);
		if (!pool)
			return -ENOMEM;
		report(work, genpool.name,
		       100 * PAGE_SIZE * (before.freeram - after.freeram) / frames, "bytes");
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
		 "the kernel's free memory before and after, over the frames");
	for (i = 0; i < ARRAY_SIZE(orders) && !err; i++) {
		for (j = 0; j < ARRAY_SIZE(sizes) && !err; j++) {
			char work[48];

			churn_name(work, sizeof(work), orders[i], sizes[j].name);
			err = churn_ours(orders[i], work, sizes[j].frames,
					 sizes[j].name);
			/* It cannot be filled in islands: its search would suffer. */
			if (!err && sizes[j].frames / 16 <= churn_limit)
				err = churn_genpool(orders[i], work, sizes[j].frames);
			if (!err && !j)
				err = churn_pages(orders[i], work, sizes[j].frames);
		}
	}
	return err ?: bench_metadata();
}

MODULE_DESCRIPTION("Random work on regions of several sizes");
