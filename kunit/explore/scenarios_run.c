// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of scenarios about blocks that begin, end and lie anywhere: across the middle of a
 * cluster, across several clusters, in a window; and about blocks that are trimmed.
 *
 * Most of them have the block in slot 2, two blocks of two pages before it, in slots 3 and 0,
 * and two pages behind it, in slots 1 and 4.
 */
#include "scenarios.h"

/* The first page of the block, and the page behind its last one. */
static const struct {
	u8 low;
	u8 high;
} blocks[] = {
	{ 50, 150 },	/* a part of a cluster, a cluster, a part of a cluster */
	{ 62, 66 },	/* two parts */
	{ 20, 44 },	/* across the middle */
	{ 64, 192 },	/* two clusters that are no aligned block */
	{ 32, 96 },	/* two halves */
	{ 64, 148 },	/* from the start of a cluster */
	{ 8, 192 },	/* to the end of a cluster */
	{ 63, 65 },	/* a page of each cluster */
	{ 60, 64 },	/* up to the next cluster, whose first page is used, too */
	{ 31, 65 },
	{ 7, 241 },
	{ 128, 192 },
	{ 8, 20 },	/* a half has all of it */
};

/*
 * What another caller does beside the block.  A wrong free may hit a block that was allocated
 * meanwhile: beside mistakes, only the first NR_FREES are used.
 */
#define NR_FREES	4

static const struct op others[][4] = {
	{ { FREE, 3 }, { FREE, 0 } },
	{ { FREE, 1 }, { FREE, 4 } },
	{ { FREE, 0 }, { FREE, 1 }, { DRAIN } },
	{ { FREE, 3 }, { FREE, 0 }, { DRAIN }, { FREE, 4 } },
	{ { FREE, 4 }, { ALLOC, 10, 0 }, { ALLOC, 11, 1 } },
	{ { FREE, 3 }, { FREE, 0 }, { ALLOC, 10, 2 } },
	{ { EXACT, 10, 40 }, { FREE, 1 }, { FREE, 10 } },
	{ { ALLOC, 10, 5 }, { FREE, 0 }, { FREE, 10 } },
};

/* A caller of its own for the block is programs[0], the other caller is programs[1]. */
static void set_beside(struct scenario *scenario, unsigned long block, unsigned long other)
{
	unsigned int low = blocks[block].low, high = blocks[block].high;

	*scenario = (struct scenario){
		.shape = ONE_RANGE(256, 6),
		.setup = {
			{ WITHIN, 2, high - low, .low = low, .high = high },
			{ WITHIN, 0, 2, .low = low - 2, .high = low },
			{ WITHIN, 3, 2, .low = low - 4, .high = low - 2 },
			{ WITHIN, 1, 1, .low = high, .high = high + 1 },
			{ WITHIN, 4, 1, .low = high + 1, .high = high + 2 },
			{ PAGES, 2 },
		},
		.programs = { { 0 }, { 1 } },
		.bound = 2,
	};
	memcpy(scenario->programs[1].ops, others[other], sizeof(others[other]));
}

/* Split @number into a choice of @n and the rest. */
static unsigned long choice(unsigned long *number, unsigned long n)
{
	unsigned long chosen = *number % n;

	*number /= n;
	return chosen;
}

/* --- correct callers --- */

/* The block is freed, and memory is allocated. */
static bool make_freed_beside(struct scenario *scenario, unsigned long number)
{
	static const struct op after[][2] = {
		{ { ALLOC, 12, 2 } }, { { EXACT, 12, 100 } },
		{ { WITHIN, 12, 30, .top_down = true }, { FREE, 12 } },
	};
	unsigned long block = choice(&number, ARRAY_SIZE(blocks));
	unsigned long other = choice(&number, ARRAY_SIZE(others));
	struct program *program = &scenario->programs[0];

	if (number >= ARRAY_SIZE(after))
		return false;
	set_beside(scenario, block, other);
	program->ops[0] = (struct op){ number == 1 ? FREE_EXACT : FREE, 2 };
	memcpy(&program->ops[1], after[number], sizeof(after[number]));
	return true;
}

/* The same while buddy_is_watched(): the block is claimed, released and claimed again. */
static bool make_freed_watched(struct scenario *scenario, unsigned long number)
{
	if (!make_freed_beside(scenario, number))
		return false;
	scenario->watched = true;
	return true;
}

/* The block is trimmed, and what is left of it is freed. */
static bool make_trimmed(struct scenario *scenario, unsigned long number)
{
	unsigned long block = choice(&number, ARRAY_SIZE(blocks));
	unsigned long other = choice(&number, ARRAY_SIZE(others));
	unsigned int nr = blocks[block].high - blocks[block].low;
	const struct op trims[] = {
		{ TRIM, 2, nr / 2, 0 }, { TRIM, 2, nr, nr / 2 }, { TRIM, 2, nr / 2, nr / 4 },
		{ TRIM, 2, nr - 1, 0 }, { TRIM, 2, nr, 1 }, { TRIM, 2, nr, 0 },
		{ TRIM, 2, 1, nr / 2 },
	};

	if (number >= ARRAY_SIZE(trims))
		return false;
	set_beside(scenario, block, other);
	scenario->programs[0].ops[0] = trims[number];
	scenario->programs[0].ops[1] = (struct op){ FREE, 2 };
	return true;
}

static bool make_trim_watched(struct scenario *scenario, unsigned long number)
{
	if (!make_trimmed(scenario, number))
		return false;
	scenario->watched = true;
	return true;
}

/* A block is trimmed in a cluster that a CPU caches, and other blocks are freed there. */
static const struct scenario trim_in_cache[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 3 }, { ALLOC, 2, 1 }, { ALLOC, 3, 0 } },
		.programs = {
			{ 0, .ops = { { TRIM, 1, 3, 2 }, { FREE, 1 } } },
			{ 1, .ops = { { FREE, 0 }, { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		/* Another CPU allocates the pages at once. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 3 }, { ALLOC, 1, 0 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 1, .ops = { { TRIM, 0, 2, 4 }, { FREE, 0 } } },
			{ 0, .ops = { { ALLOC, 4, 2 }, { ALLOC, 5, 1 }, { FREE, 4 } } },
		},
		.bound = 3,
	}, {
		/* The cluster leaves the cache and comes back. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 2 }, { ALLOC, 1, 0 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 0, .ops = { { TRIM, 0, 2, 1 }, { FREE, 0 } } },
			{ 1, .ops = { { DRAIN }, { FREE, 1 }, { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		/* Two blocks side by side. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { EXACT, 0, 5 }, { EXACT, 1, 6 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 0, .ops = { { TRIM, 0, 3, 2 }, { FREE, 0 } } },
			{ 1, .ops = { { TRIM, 1, 3, 0 }, { FREE, 1 } } },
		},
		.bound = 3,
	}, {
		/* An NMI cannot wait for the lock. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { EXACT, 0, 5 }, { ALLOC, 1, 1 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 0, .ops = { { TRIM, 0, 3, 2 }, { FREE, 0 } } },
			{ 0, true, { { TRIM, 1, 1, 1 }, { FREE, 1 } } },
		},
		.bound = 2,
	}, {
		/* Watched: a CPU takes the cluster while the block is claimed. */
		.shape = ONE_RANGE(256, 6),
		.setup = { { WITHIN, 0, 34, .low = 31, .high = 65 },
			   { WITHIN, 1, 2, .low = 29, .high = 31 },
			   { WITHIN, 2, 2, .low = 27, .high = 29 } },
		.programs = {
			{ 0, .ops = { { TRIM, 0, 17, 0 }, { FREE, 0 } } },
			{ 1, .ops = { { FREE, 2 }, { FREE, 1 } } },
		},
		.bound = 2,
		.watched = true,
	}, {
		/* A block of whole clusters. */
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 8 }, { ALLOC, 1, 6 }, { ALLOC, 2, 6 } },
		.programs = {
			{ 0, .ops = { { TRIM, 0, 64, 64 }, { FREE, 0 } } },
			{ 1, .ops = { { FREE, 1 }, { ALLOC, 3, 6 }, { FREE, 2 } } },
		},
		.bound = 3,
	},
};

TABLE(trim_in_cache)

/* A block that crosses clusters or their middle is split, and its pages are freed. */
static bool make_split_beside(struct scenario *scenario, unsigned long number)
{
	static const u8 small[] = { 1, 2, 7, 8, 12 };
	unsigned long block = small[choice(&number, ARRAY_SIZE(small))];
	unsigned long other = choice(&number, ARRAY_SIZE(others));

	if (number >= 2)
		return false;
	set_beside(scenario, block, other);
	scenario->watched = number;
	scenario->programs[0].ops[0] = (struct op){ SPLIT, 2, .extra = FIRST_PAGE };
	scenario->programs[0].ops[1] = (struct op){ FREE, 2 };
	scenario->programs[0].ops[2] = (struct op){ FREE, FIRST_PAGE };
	return true;
}

/* An allocation finds its run although caches have parts of it. */
static const struct scenario run_in_caches[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0, 0, 1 } },
		.programs = {
			{ 0, .ops = { { EXACT, 1, 100 } } },
			{ 1, .ops = { { STATS }, { PAGES, 0 } } },
		},
		.bound = 3,
	}, {
		/* The other CPU would take the part again, for one page. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0, 0, 1 } },
		.programs = {
			{ 0, .ops = { { EXACT, 1, 100 } } },
			{ 1, .ops = { { ALLOC, 2, 0 } } },
		},
		.bound = 3,
	}, {
		/* Both CPUs have a part of it. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0, 0, 1 }, { ALLOC, 1, 0, 0, 0 }, { FREE, 1 } },
		.programs = {
			{ 0, .ops = { { WITHIN, 2, 90, .low = 10, .high = 127 } } },
			{ 1, .ops = { { STATS }, { PAGES, 0 } } },
		},
		.bound = 3,
	}, {
		/* One address, in a cached large block and a cached cluster. */
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6 }, { ALLOC, 1, 0, 0, 1 }, { ALLOC, 2, 6 }, { FREE, 2 },
			   { FREE, 0 } },
		.programs = {
			{ 0, .ops = { { WITHIN, 3, 200, .low = 60, .high = 260 } } },
			{ 1, .ops = { { WITHIN, 4, 50, .low = 900, .top_down = true } } },
		},
		.bound = 2,
	}, {
		/* Two callers, and memory for both. */
		.shape = ONE_RANGE(256, 6),
		.setup = { { ALLOC, 0, 0, 0, 0 }, { ALLOC, 1, 0, 0, 1 } },
		.programs = {
			{ 0, .ops = { { EXACT, 2, 80 } } },
			{ 1, .ops = { { EXACT, 3, 90 } } },
		},
		.bound = 3,
	}, {
		/* A boundary, an alignment. */
		.shape = ONE_RANGE(256, 6),
		.setup = { { ALLOC, 0, 0, 0, 1 }, { ALLOC, 1, 0, 0, 0 } },
		.programs = {
			{ 0, .ops = { { WITHIN, 2, 60, .boundary = 6 },
				      { WITHIN, 3, 20, 3, .boundary = 7, .top_down = true } } },
			{ 1, .ops = { { ALIGNED, 4, 50, 4 } } },
		},
		.bound = 2,
	}, {
		/* The run is the last of more than one hold of the lock looks at. */
		.shape = ONE_RANGE(512, 6),
		.setup = {
			{ WITHIN, 0, 1, .low = 31 }, { WITHIN, 1, 1, .low = 95 },
			{ WITHIN, 2, 1, .low = 159 }, { WITHIN, 3, 1, .low = 223 },
			{ WITHIN, 4, 1, .low = 287 }, { WITHIN, 5, 1, .low = 351 },
			{ WITHIN, 6, 1, .low = 415 },
		},
		.programs = {
			{ 0, .ops = { { EXACT, 7, 90 } } },
			{ 1, .ops = { { STATS }, { PAGES, 0 } } },
		},
		.bound = 3,
	},
};

TABLE(run_in_caches)

/* --- callers that make mistakes --- */

/* Two callers free the block at once, or one of them makes it other blocks. */
static bool make_freed_twice(struct scenario *scenario, unsigned long number)
{
	static const struct op seconds[] = {
		{ AGAIN_EXACT, 2 }, { AGAIN_TRIM, 2, 20, 1 }, { AGAIN_SPLIT, 2 },
		{ AGAIN_TRIM, 2, 200, 14 }, { AGAIN_TRIM, 2, 1, 0 },
	};
	unsigned long block = choice(&number, ARRAY_SIZE(blocks));
	unsigned long second = choice(&number, ARRAY_SIZE(seconds));
	unsigned long other = choice(&number, NR_FREES);

	if (number >= 2)
		return false;
	set_beside(scenario, block, other);
	scenario->watched = number;
	scenario->programs[2] = scenario->programs[1];
	scenario->programs[0].ops[0] = (struct op){ AGAIN, 2 };
	scenario->programs[1] = (struct program){ 1, .ops = { seconds[second] } };
	/* No block of so many pages is ever split. */
	if (second == 2 && blocks[block].high - blocks[block].low >= 64)
		scenario->programs[1].ops[0].kind = AGAIN;
	return true;
}

/* A part of the block is freed, split or trimmed that is no block; the block is freed, too. */
static bool make_part_freed(struct scenario *scenario, unsigned long number)
{
	static const u8 kinds[] = { WRONG, WRONG_SPLIT, WRONG_TRIM, KEEP_MORE, WRONG_PAGE };
	unsigned long block = choice(&number, ARRAY_SIZE(blocks));
	unsigned long kind = choice(&number, ARRAY_SIZE(kinds));
	unsigned long end = choice(&number, 2);
	unsigned long other = choice(&number, NR_FREES);
	unsigned int low = blocks[block].low, nr = blocks[block].high - low;
	struct op *op = scenario->programs[1].ops;
	unsigned int first = 64 - low % 64;

	if (number)
		return false;
	/* Up to the end of the cluster, or up to the middle. */
	if (first >= nr)
		first = low < 32 && low + nr > 32 ? 32 - low : nr / 2;
	set_beside(scenario, block, other);
	scenario->programs[2] = scenario->programs[1];
	scenario->programs[0].ops[0] = (struct op){ FREE, 2 };
	memset(op, 0, sizeof(scenario->programs[1].ops));
	op[0] = end ? (struct op){ kinds[kind], 2, nr - first, first } :
		      (struct op){ kinds[kind], 2, first, 0 };
	/* No call splits so many pages. */
	if (kinds[kind] == WRONG_SPLIT)
		op[0].nr = min(op[0].nr, 63);
	/* One page more than there are. */
	if (kinds[kind] == KEEP_MORE)
		op[0].nr = nr + 1 - op[0].extra;
	return true;
}

/* A page of a block is freed by mistake while the block is trimmed. */
static const struct scenario page_of_trimmed[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 2 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { TRIM, 0, 3, 0 }, { FREE, 0 } } },
			{ 1, .ops = { { WRONG_PAGE, 0, 1, 0 } } },
		},
		.bound = 3,
	},
};

TABLE(page_of_trimmed)

/* The kind of error of a wrong call, for blocks in use. */
static const struct scenario kinds_across[] = {
	{
		.shape = ONE_RANGE(512, 8),
		.setup = { { WITHIN, 0, 100, .low = 50, .high = 150 },
			   { WITHIN, 1, 20, .low = 180, .high = 200 },
			   { WITHIN, 2, 192, .low = 256, .high = 448 } },
		.programs = {
			{ 0, .ops = {
				{ WRONG, 0, 14, 0 }, { WRONG, 0, 64, 14 }, { WRONG, 0, 22, 78 },
				{ WRONG, 0, 78, 0 }, { WRONG, 1, 12, 0 }, { WRONG, 1, 8, 12 },
				{ WRONG_PAGE, 0, 1, 99 }, { WRONG, 2, 128, 0 },
				{ WRONG, 2, 64, 128 }, { WRONG_PAGE, 1, 1, 0 },
			} },
			{ 1, .ops = {
				{ WRONG_TRIM, 0, 14, 0 }, { WRONG_TRIM, 0, 86, 14 },
				{ WRONG_SPLIT, 1, 12, 0 }, { KEEP_MORE, 0, 101, 0 },
				{ KEEP_MORE, 1, 1, 20 }, { KEEP_MORE, 2, 200, 3 },
				{ WRONG_TRIM, 2, 128, 0 }, { WRONG_TRIM, 2, 64, 128 },
			} },
		},
		.bound = 2,
	}, {
		/* They are free, in caches and not. */
		.shape = ONE_RANGE(512, 8),
		.setup = { { WITHIN, 0, 100, .low = 50, .high = 150 },
			   { WITHIN, 1, 20, .low = 180, .high = 200 }, { ALLOC, 2, 0 },
			   { FREE, 0 }, { FREE, 1 } },
		.programs = {
			{ 0, .ops = {
				{ WRONG, 0, 100, 0 }, { WRONG, 0, 64, 14 }, { WRONG, 1, 20, 0 },
				{ WRONG_TRIM, 0, 100, 0 }, { WRONG_TRIM, 1, 20, 0 },
				{ WRONG_SPLIT, 1, 20, 0 }, { KEEP_MORE, 0, 1, 100 },
			} },
			{ 1, .ops = { { DRAIN } } },
		},
		.bound = 2,
	},
};

TABLE(kinds_across)

const struct family run_families[] = {
	{ "free_across_clusters", make_freed_beside },
	{ "the_same_while_watched", make_freed_watched },
	{ "trim_across_clusters", make_trimmed },
	{ "trim_while_watched", make_trim_watched },
	{ "trim_in_a_cache", make_trim_in_cache },
	{ "split_across_clusters", make_split_beside },
	{ "run_in_caches", make_run_in_caches },
	{ "freed_twice_across_clusters", make_freed_twice },
	{ "part_across_clusters", make_part_freed },
	{ "page_of_a_trimmed_block", make_page_of_trimmed },
	{ "kinds_across_clusters", make_kinds_across },
	{}
};
