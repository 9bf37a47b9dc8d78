// SPDX-License-Identifier: GPL-2.0
/*
 * Mixed work in a region of which at most 70% is in use, and how many large blocks can be
 * had after it.  Each subject gets the same sequence of sizes, and frees the same blocks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "native.h"

#define OPERATIONS	2000000
#define LOOPS		10
#define SAMPLES		200	/* of a picture */
#define CELLS		512	/* of the map in a picture */
#define MAX_ORDER	9	/* larger blocks count as several of it there */

/* Two MiB, a frame of 1920x1080 pixels with 4 bytes each, and order 4. */
static const unsigned long measured_pages[NR_MEASURES] = { 512, 2025, 16 };

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
 * @pages: of the region
 * @blocks: those in use; for a recording, by slot
 * @nr: how many
 * @lasting: those that are never freed
 * @nr_lasting: how many
 * @lasting_pages: the pages of these
 * @used: pages in use
 * @room: how many may be
 */
struct run {
	const struct subject *subject;
	void *region;
	unsigned long pages;
	struct block *blocks;
	unsigned long nr;
	struct block *lasting;
	unsigned long nr_lasting;
	unsigned long lasting_pages;
	unsigned long used;
	unsigned long room;
	unsigned long fails;
	unsigned long random;
};

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

static void put_lasting(struct run *run, const struct work *work, unsigned int order)
{
	const struct place place = { .align_order = order, .top_down = true };
	unsigned long pages = 1UL << order;
	unsigned long handle = work->top_down ?
			       run->subject->within(run->region, pages, &place) :
			       run->subject->alloc(run->region, pages);

	if (handle == NOTHING) {
		run->fails++;
		return;
	}
	run->lasting[run->nr_lasting++] = (struct block){ handle, pages, native_cpu };
	run->lasting_pages += pages;
	run->used += pages;
}

static bool is_lasting(const struct run *run, const struct work *work, unsigned int random)
{
	return work->lasting && run->lasting_pages < run->room / 10 && (random >> 16) % 1024 < 102;
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
	unsigned int random = draw(&run->random);
	unsigned int order = __builtin_ctz(random | 1U << work->max_order);

	if (run->nr && !fill && random >> 31) {
		struct block *block = &run->blocks[draw(&run->random) % run->nr];

		drop(run, block);
		*block = run->blocks[run->nr];
	} else if (run->used + (1UL << order) <= run->room) {
		native_cpu = (random >> 30 & 1) % work->cpus;
		if (is_lasting(run, work, random))
			put_lasting(run, work, order);
		else
			put(run, &run->blocks[run->nr], 1U << order);
	}
}

static void fill(struct run *run, const struct work *work)
{
	while (run->used < run->room - (1UL << work->max_order))
		step(run, work, true);
}

static void steps(struct run *run, const struct work *work, unsigned long nr)
{
	while (nr--)
		step(run, work, false);
}

static double mix(struct run *run, const struct work *work)
{
	double start;

	fill(run, work);
	start = now();
	steps(run, work, OPERATIONS);
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
static void replay(struct run *run, const struct work *work)
{
	FILE *file = fopen(work->trace, "r");
	unsigned int loop;
	char line[80];
	unsigned long i;

	if (!file) {
		perror(work->trace);
		exit(1);
	}
	for (loop = 0; loop < LOOPS; loop++) {
		for (i = 0; i < run->pages; i++)
			if (run->blocks[i].pages)
				drop(run, &run->blocks[i]);
		rewind(file);
		while (fgets(line, sizeof(line), file))
			replay_line(run, line);
	}
	fclose(file);
}

static struct run start(const struct subject *subject, const struct work *work,
			unsigned int seed)
{
	unsigned long pages = work->mib << 8;
	struct run run = { .subject = subject, .pages = pages, .room = pages / 10 * 7,
			   .random = seed * 0x9e3779b97f4a7c15UL + 1 };
	unsigned int i;

	for (i = 0; i < 10; i++)
		draw(&run.random);
	native_cpus = work->cpus;
	run.region = subject->create(pages);
	run.blocks = calloc(pages, sizeof(*run.blocks));
	if (work->lasting)
		run.lasting = calloc(pages, sizeof(*run.lasting));
	return run;
}

static void finish(struct run *run)
{
	unsigned long i;

	for (i = 0; i < run->pages && run->nr; i++)
		if (run->blocks[i].pages)
			drop(run, &run->blocks[i]);
	for (i = 0; i < run->nr_lasting; i++) {
		native_cpu = run->lasting[i].cpu;
		run->subject->free(run->region, run->lasting[i].handle, run->lasting[i].pages);
	}
	run->subject->destroy(run->region);
	free(run->blocks);
	free(run->lasting);
}

/* How many blocks of @pages can be had; they are free again afterwards. */
static unsigned long count(struct run *run, unsigned long pages)
{
	unsigned long *handles = calloc(run->pages, sizeof(*handles)), nr = 0, i;

	while ((handles[nr] = run->subject->alloc(run->region, pages)) != NOTHING)
		nr++;
	for (i = 0; i < nr; i++)
		run->subject->free(run->region, handles[i], pages);
	free(handles);
	return nr;
}

struct left mixed_run(const struct subject *subject, const struct work *work,
		      unsigned int seed)
{
	struct run run = start(subject, work, seed);
	struct left left = { 0 };
	unsigned int i;

	if (work->trace)
		replay(&run, work);
	else
		left.ns = mix(&run, work);
	left.fails = run.fails;
	for (i = 0; i < NR_MEASURES; i++)
		left.blocks[i] = 100.0 * measured_pages[i] * count(&run, measured_pages[i]) /
			(run.pages - run.used);
	finish(&run);
	return left;
}

/* Call @measure after the work; there is none if no order is above 0. */
void mixed_around(const struct subject *subject, const struct work *work, unsigned int seed,
		  void (*measure)(void *region, void *data), void *data)
{
	struct run run = start(subject, work, seed);

	if (work->max_order)
		mix(&run, work);
	measure(run.region, data);
	finish(&run);
}

/* --- a picture --- */

/* Set a byte for each page that is in use. */
static void mark_used(const struct run *run, bool *used)
{
	unsigned long i;

	memset(used, false, run->pages);
	for (i = 0; i < run->nr; i++)
		memset(used + run->subject->first(run->blocks[i].handle), true,
		       run->blocks[i].pages);
}

/* The pages at @first are free blocks of @order and below; count the pages of each order. */
static void split_free(const bool *used, unsigned long first, unsigned int order,
		       unsigned long *pages)
{
	if (!memchr(used + first, true, 1UL << order)) {
		pages[order] += 1UL << order;
	} else if (order) {
		split_free(used, first, order - 1, pages);
		split_free(used, first + (1UL << (order - 1)), order - 1, pages);
	}
}

/* A line: how many operations, and the pages in free blocks of each order, in percent. */
static void print_sample(const struct run *run, const bool *used, unsigned long operations)
{
	unsigned long pages[MAX_ORDER + 1] = { 0 }, first;
	unsigned int order;

	for (first = 0; first < run->pages; first += 1UL << MAX_ORDER)
		split_free(used, first, MAX_ORDER, pages);
	printf("%lu", operations);
	for (order = 0; order <= MAX_ORDER; order++)
		printf(" %.2f", 100.0 * pages[order] / (run->pages - run->used));
	printf("\n");
}

/* A line for each cell of pages: how full it is.  Each twice: an image has two rows at least. */
static void print_map(const struct run *run, const bool *used)
{
	unsigned long size = run->pages / CELLS, cell, i, full;
	unsigned int row;

	for (row = 0; row < 2; row++)
		for (cell = 0; cell < CELLS; cell++) {
			full = 0;
			for (i = 0; i < size; i++)
				full += used[cell * size + i];
			printf("%lu %u %.2f\n", cell, row, (double)full / size);
		}
}

/* Blocks of gnuplot: the free blocks over time, and the map at the end. */
void mixed_picture(const struct subject *subject, const struct work *work)
{
	struct run run = start(subject, work, 1);
	bool *used = calloc(run.pages, sizeof(*used));
	unsigned int i;

	printf("\"%s\"\n", subject->name);
	fill(&run, work);
	for (i = 0; i <= SAMPLES; i++) {
		if (i)
			steps(&run, work, OPERATIONS / SAMPLES);
		mark_used(&run, used);
		print_sample(&run, used, (unsigned long)i * (OPERATIONS / SAMPLES));
	}
	printf("\n\n");
	print_map(&run, used);
	printf("\n\n");
	free(used);
	finish(&run);
}
