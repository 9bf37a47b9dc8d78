// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of any length: what an allocation and its free cost, in a fresh region and after
 * mixed work; how many blocks fit; and what blocks that stay for good do to the others.
 */
#include <stdio.h>
#include <time.h>

#include <kernel.h>

#include "native.h"

#define BATCH_NS	5e6	/* a measurement takes about so long */
#define MAX_PAIRS	10000
#define SEEDS		3
#define WINDOW_PAGES	16

static const struct subject *const subjects[] = { &ours, &gpu_buddy, &gen_pool_first };

/**
 * enum kind - what is asked of a block
 * @EXACT: a length
 * @MOST: 70% of the longest run of free pages, in the subject's own region
 * @ALIGNED: 256 KiB
 * @WINDOW: in the lower half of the region, top-down
 * @ADDRESS: one address
 */
enum kind { EXACT, MOST, ALIGNED, WINDOW, ADDRESS };

static const struct request {
	const char *name;
	enum kind kind;
	unsigned long nr_pages;
} requests[] = {
	{ "3 pages", EXACT, 3 },
	{ "40 pages", EXACT, 40 },
	{ "760 pages", EXACT, 760 },
	{ "2025 pages", EXACT, 2025 },
	{ "70% of the longest", MOST },
	{ "2 pages at 256 KiB", ALIGNED, 2 },
	{ "16 pages, window", WINDOW, WINDOW_PAGES },
	{ "16 pages, one address", ADDRESS, WINDOW_PAGES },
};

static const struct {
	const char *name;
	unsigned long mib;
} sizes[] = {
	{ "64 MiB", 64 },
	{ "1 GiB", 1024 },
	{ "16 GiB", 16384 },
	{ "1 TiB", 1048576 },
};

/**
 * struct scene - a region to measure in
 * @subject: whose region
 * @name: the state and the size of the region
 * @pages: of the region
 */
struct scene {
	const struct subject *subject;
	const char *name;
	unsigned long pages;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static unsigned long take(const struct scene *scene, void *region, unsigned long nr_pages,
			  const struct place *place)
{
	if (place)
		return scene->subject->within(region, nr_pages, place);
	return scene->subject->alloc(region, nr_pages);
}

static bool fits(const struct scene *scene, void *region, unsigned long nr_pages,
		 const struct place *place)
{
	unsigned long block = take(scene, region, nr_pages, place);

	if (block == NOTHING)
		return false;
	scene->subject->free(region, block, nr_pages);
	return true;
}

static unsigned long longest(const struct scene *scene, void *region)
{
	unsigned long low = 0, high = scene->pages;

	while (low < high) {
		unsigned long middle = low + (high - low + 1) / 2;

		if (fits(scene, region, middle, NULL))
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* The first place in the upper half of the region that is free. */
static struct place one_address(const struct scene *scene, void *region)
{
	struct place place;

	for (place = (struct place){ .low = scene->pages / 2 }; place.low < scene->pages;
	     place.low += WINDOW_PAGES) {
		place.high = place.low + WINDOW_PAGES;
		if (fits(scene, region, WINDOW_PAGES, &place))
			break;
	}
	return place;
}

/* The time of @nr pairs, or -1 if there is no such block. */
static double pairs(const struct scene *scene, void *region, unsigned long nr_pages,
		    const struct place *place, unsigned int nr)
{
	double start = now();

	while (nr--)
		if (!fits(scene, region, nr_pages, place))
			return -1;
	return now() - start;
}

static void measure_request(const struct scene *scene, void *region,
			    const struct request *request)
{
	struct place place = { 0 };
	unsigned long nr_pages = request->nr_pages;
	unsigned int nr;
	double ns;

	if (request->kind == WINDOW && !scene->subject->has_windows)
		return;
	if (request->kind == MOST)
		nr_pages = longest(scene, region) * 7 / 10;
	if (request->kind == ALIGNED)
		place.align_order = 18 - PAGE_SHIFT;
	if (request->kind == WINDOW)
		place = (struct place){ .high = scene->pages / 2, .top_down = true };
	if (request->kind == ADDRESS)
		place = one_address(scene, region);
	/* The first pairs say how many more there is time for. */
	ns = pairs(scene, region, nr_pages, request->kind < ALIGNED ? NULL : &place, 2) / 2;
	if (ns < 0)
		return;
	nr = clamp(BATCH_NS / (ns + 1), 3.0, (double)MAX_PAIRS);
	ns = pairs(scene, region, nr_pages, request->kind < ALIGNED ? NULL : &place, nr) / nr;
	printf("%s, %s\t%s\t%.1f\ttime\n", scene->name, request->name, scene->subject->name, ns);
	fflush(stdout);
}

static void measure_requests(void *region, void *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		measure_request(data, region, &requests[i]);
}

/*
 * Filling a region takes gen_pool long, because each search begins at the start.  gpu_buddy
 * has a descriptor for each block: too many for this machine's memory in 1 TiB.
 */
static bool can_fill(const struct subject *subject, unsigned long mib)
{
	return mib <= (subject == &ours ? 1048576 : subject == &gpu_buddy ? 16384 : 1024);
}

static void measure_size(const struct subject *subject, unsigned int size, bool churned)
{
	struct work work = { .mib = sizes[size].mib, .max_order = churned ? 9 : 0, .cpus = 1 };
	unsigned int seeds = sizes[size].mib > 16384 ? 1 : SEEDS, seed;
	struct scene scene = { subject, .pages = work.mib << (20 - PAGE_SHIFT) };
	char name[32];

	if (churned && !can_fill(subject, work.mib))
		return;
	snprintf(name, sizeof(name), "%s %s", churned ? "churned" : "fresh", sizes[size].name);
	scene.name = name;
	for (seed = 1; seed <= seeds; seed++)
		mixed_around(subject, &work, seed, measure_requests, &scene);
}

/* --- how many fit --- */

static void count_fits(unsigned long nr_pages, unsigned long pages, const char *where)
{
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(subjects); s++) {
		unsigned long *blocks = calloc(pages, sizeof(*blocks)), nr = 0, i;
		void *region = subjects[s]->create(pages);

		while ((blocks[nr] = subjects[s]->alloc(region, nr_pages)) != NOTHING)
			nr++;
		printf("fit, %lu pages in %s\t%s\t%lu\tblocks\n", nr_pages, where,
		       subjects[s]->name, nr);
		for (i = 0; i < nr; i++)
			subjects[s]->free(region, blocks[i], nr_pages);
		subjects[s]->destroy(region);
		free(blocks);
	}
}

/* --- blocks that stay --- */

static void measure_lasting(const struct work *plain, bool top_down)
{
	unsigned int runs = plain->mib <= 128 ? 50 : 10, seed;
	struct work work = *plain;
	double percent = 0;

	work.lasting = true;
	work.top_down = top_down;
	for (seed = 1; seed <= runs; seed++)
		percent += mixed_run(&ours, &work, seed).blocks[0] / runs;
	printf("lasting%s, %s\t%s\t%.1f\tpercent\n", top_down ? " top-down" : "", work.name,
	       ours.name, percent);
	fflush(stdout);
}

void runs_table(void)
{
	unsigned int i, s;

	printf("fresh\ttimed\tan allocation and its free in an empty region, again and again\n");
	/* gen_pool above 1 GiB and gpu_buddy above 16 GiB take too long to fill. */
	printf("churned\ttimed\tthe same after mixed work of orders 0-9, with 70%% in use\n");
	printf("fit,\ttimed\tblocks that an empty region has room for\n");
	printf("lasting,\ttimed\tfree 2 MiB blocks, in %% of what is free; 10%% stays for good\n");
	printf("lasting top-down,\ttimed\tthe same, what stays is allocated top-down\n");
	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++)
		for (s = 0; s < ARRAY_SIZE(subjects); s++)
			measure_size(subjects[s], i % ARRAY_SIZE(sizes), i >= ARRAY_SIZE(sizes));
	count_fits(760, 128 << 8, "128 MiB");
	count_fits(3, 4096, "4096 pages");
	count_fits(40, 4096, "4096 pages");
	for (i = 0; i < NR_WORKS; i++) {
		measure_lasting(&mixed_works[i], false);
		measure_lasting(&mixed_works[i], true);
	}
}
