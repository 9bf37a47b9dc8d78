// SPDX-License-Identifier: GPL-2.0
/*
 * Mixed work in a region of which at most 70% is in use, and how many large blocks can be
 * had after it.  Each subject gets the same sequence of sizes, and frees the same blocks.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "native.h"

#define OPERATIONS	2000000
#define LOOPS		10

/* Two MiB, a frame of 1920x1080 pixels with 4 bytes each, and order 4. */
const unsigned long left_pages[3] = { 512, 2025, 16 };

/**
 * struct block - a block in use
 * @handle: from the subject
 * @pages: its length; 0 in a slot that is not in use
 * @cpu: that allocated it
 */
struct block {
	unsigned long handle;
	unsigned int pages;
	unsigned int cpu;
};

/**
 * struct run - the state of the work
 * @blocks: those in use; for a recording, by slot
 * @nr: how many
 * @used: pages in use
 * @room: how many may be
 */
struct run {
	const struct subject *subject;
	void *region;
	struct block *blocks;
	unsigned long nr;
	unsigned long used;
	unsigned long room;
	unsigned long fails;
	uint64_t random;
};

static uint32_t draw(struct run *run)
{
	/* G. Marsaglia, "Xorshift RNGs" (2003) */
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random >> 32;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static void put(struct run *run, struct block *block, unsigned int pages)
{
	unsigned long handle = run->subject->alloc(run->region, pages);

	if (handle == NOTHING) {
		run->fails++;
		return;
	}
	*block = (struct block){ handle, pages, native_cpu };
	run->used += pages;
	run->nr++;
}

static void drop(struct run *run, struct block *block)
{
	native_cpu = block->cpu;
	run->subject->free(run->region, block->handle, block->pages);
	run->used -= block->pages;
	block->pages = 0;
	run->nr--;
}

static void step(struct run *run, const struct work *work, bool fill)
{
	uint32_t random = draw(run);
	unsigned int order = __builtin_ctz(random | 1U << work->max_order);

	if (run->nr && !fill && random >> 31) {
		struct block *block = &run->blocks[draw(run) % run->nr];

		drop(run, block);
		*block = run->blocks[run->nr];
	} else if (run->used + (1UL << order) <= run->room) {
		native_cpu = (random >> 30 & 1) % work->cpus;
		put(run, &run->blocks[run->nr], 1U << order);
	}
}

static double mix(struct run *run, const struct work *work)
{
	unsigned long i;
	double start;

	while (run->used < run->room - (1UL << work->max_order))
		step(run, work, true);
	start = now();
	for (i = 0; i < OPERATIONS; i++)
		step(run, work, false);
	return (now() - start) / OPERATIONS;
}

static void replay_line(struct run *run, const char *line)
{
	unsigned int slot, order;

	if (sscanf(line, "a %u %u", &slot, &order) == 2)
		put(run, &run->blocks[slot], 1U << order);
	else if (sscanf(line, "f %u", &slot) == 1 && run->blocks[slot].pages)
		drop(run, &run->blocks[slot]);
}

/* The blocks that are in use at the end of the last loop stay. */
static void replay(struct run *run, const struct work *work, unsigned long slots)
{
	FILE *file = fopen(work->trace, "r");
	unsigned int loop, i;
	char line[80];

	if (!file) {
		perror(work->trace);
		exit(1);
	}
	for (loop = 0; loop < LOOPS; loop++) {
		for (i = 0; i < slots; i++)
			if (run->blocks[i].pages)
				drop(run, &run->blocks[i]);
		rewind(file);
		while (fgets(line, sizeof(line), file))
			replay_line(run, line);
	}
	fclose(file);
}

/* How many blocks of @pages can be had; they are free again afterwards. */
static unsigned long count(struct run *run, unsigned long pages, unsigned long *handles)
{
	unsigned long nr = 0, i;

	while ((handles[nr] = run->subject->alloc(run->region, pages)) != NOTHING)
		nr++;
	for (i = 0; i < nr; i++)
		run->subject->free(run->region, handles[i], pages);
	return nr;
}

struct left mixed_run(const struct subject *subject, const struct work *work,
		      unsigned int seed)
{
	unsigned long pages = work->mib << 8, i, *handles;
	struct run run = { .subject = subject, .room = pages / 10 * 7,
			   .random = seed * 0x9e3779b97f4a7c15ULL + 1 };
	struct left left = { 0 };

	for (i = 0; i < 10; i++)
		draw(&run);
	native_cpus = work->cpus;
	run.region = subject->create(pages);
	run.blocks = calloc(pages, sizeof(*run.blocks));
	handles = calloc(pages, sizeof(*handles));
	if (work->trace)
		replay(&run, work, pages);
	else
		left.ns = mix(&run, work);
	left.fails = run.fails;
	for (i = 0; i < 3; i++)
		left.blocks[i] = 100.0 * left_pages[i] * count(&run, left_pages[i], handles) /
			(pages - run.used);
	for (i = 0; i < pages && run.nr; i++)
		if (run.blocks[i].pages)
			drop(&run, &run.blocks[i]);
	subject->destroy(run.region);
	free(run.blocks);
	free(handles);
	return left;
}
