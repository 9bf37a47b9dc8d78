// SPDX-License-Identifier: GPL-2.0
/*
 * native TRACE: mixed work for each allocator; lines for scripts/bench/tsv.awk.
 * native runs: blocks of any length; lines of the same kind.
 * native threads: one thread and two; lines of the same kind.
 * native picture: one such work in two allocators; data for scripts/bench/mixed.gnuplot.
 */
#include <stdio.h>
#include <string.h>

#include <kernel.h>

#include "native.h"

static const struct subject *const subjects[] = { &ours, &gpu_buddy, &gen_pool };

static const struct {
	const char *name;
	const char *text;
} measures[NR_MEASURES] = {
	{ "order 9 left", "blocks of 2 MiB to be had after mixed work, of all that is free" },
	{ "frames left", "blocks of 2025 pages to be had, 1920 x 1080 with 4 bytes a pixel" },
	{ "order 4 left", "blocks of 64 KiB to be had" },
};

/*
 * In a small region, one block of order 9 is many percent of what is free (10% of it in
 * 64 MiB, if 30% is free), so the mean needs more runs.  A recording is the same each time.
 */
static unsigned int runs_of(const struct work *work)
{
	if (work->trace)
		return 1;
	return work->mib <= 128 ? 50 : 10;
}

static void measure(const struct subject *subject, const struct work *work)
{
	unsigned int runs = runs_of(work), seed, i;
	struct left sum = { 0 };

	for (seed = 1; seed <= runs; seed++) {
		struct left left = mixed_run(subject, work, seed);

		for (i = 0; i < NR_MEASURES; i++)
			sum.blocks[i] += left.blocks[i] / runs;
		sum.ns += left.ns / runs;
		sum.fails += left.fails;
	}
	for (i = 0; i < NR_MEASURES; i++)
		printf("%s, %s\t%s\t%.1f\tpercent\n", measures[i].name, work->name,
		       subject->name, sum.blocks[i]);
	if (!work->trace)
		printf("time, %s\t%s\t%.1f\ttime\n", work->name, subject->name, sum.ns);
	if (sum.fails)
		fprintf(stderr, "%s, %s: %lu allocations failed\n", work->name,
			subject->name, sum.fails);
	fflush(stdout);
}

static void picture(void)
{
	const struct work work = { "128 MiB, orders 0-9", 128, 9, 1 };

	mixed_picture(&ours, &work);
	mixed_picture(&gpu_buddy, &work);
}

const struct work mixed_works[NR_WORKS] = {
	{ "16 GiB, orders 0-9", 16384, 9, 1 },
	{ "1 GiB, orders 0-9", 1024, 9, 1 },
	{ "1 GiB, orders 0-9, 2 CPUs", 1024, 9, 2 },
	{ "128 MiB, orders 0-9", 128, 9, 1 },
	{ "128 MiB, orders 0-9, 2 CPUs", 128, 9, 2 },
	{ "128 MiB, orders 0-6", 128, 6, 1 },
	{ "64 MiB, orders 0-7", 64, 7, 1 },
};

static void table(const char *trace)
{
	const struct work recorded = { "64 MiB, pages-shell ten times", 64, 0, 1, trace };
	unsigned int w, s, i;

	for (i = 0; i < NR_MEASURES; i++)
		printf("%s,\ttimed\t%s\n", measures[i].name, measures[i].text);
	printf("time,\ttimed\tone operation of the work, an allocation or a free\n");
	for (w = 0; w < NR_WORKS; w++)
		for (s = 0; s < ARRAY_SIZE(subjects); s++)
			/* gen_pool's best fit reads its whole bitmap for each block. */
			if (subjects[s] != &gen_pool || mixed_works[w].mib <= 128)
				measure(subjects[s], &mixed_works[w]);
	for (s = 0; s < ARRAY_SIZE(subjects); s++)
		measure(subjects[s], &recorded);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s TRACE | runs | threads | picture\n", argv[0]);
		return 1;
	}
	if (!strcmp(argv[1], "picture"))
		picture();
	else if (!strcmp(argv[1], "runs"))
		runs_table();
	else if (!strcmp(argv[1], "threads"))
		threads_table();
	else
		table(argv[1]);
	return 0;
}
