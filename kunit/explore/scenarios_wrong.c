// SPDX-License-Identifier: GPL-2.0
/* Tables of scenarios with callers that make mistakes. */
#include "scenarios.h"

/* A part of an exact block is freed by mistake while its owner frees it. */
static const struct scenario part_of_exact[] = {
	{
		.shape = ONE_RANGE(64, 6),
		.setup = { { EXACT, 0, 40 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { WRONG, 0, 1, 0 } } },
		},
		.bound = 2,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { EXACT, 0, 100 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { WRONG, 0, 1, 64 } } },
		},
		.bound = 2,
	}, {
		/* Both pages of a block of two are freed by mistake, and the cache is drained. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { WRONG, 0, 1, 0 }, { WRONG, 0, 1, 1 }, { DRAIN } } },
		},
		.bound = 2,
	}, {
		/* All of the cluster is free then: it becomes part of a large block. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { WRONG, 0, 1, 0 }, { WRONG, 0, 1, 1 }, { DRAIN } } },
		},
		.bound = 2,
	},
};

TABLE(part_of_exact)

/* The same while buddy_is_watched(): frees take another path through the code. */
static bool make_watched(struct scenario *scenario, unsigned long number)
{
	if (!make_part_of_exact(scenario, number))
		return false;
	scenario->watched = true;
	return true;
}

/*
 * The first page of a block of two is freed as one page.  Between the reads of the half
 * word and of the tails, the CPU caches another cluster, and then this one again.
 */
static const struct scenario cluster_comes_back[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = {
			{ ALLOC, 0, 1 }, { ALLOC, 1, 1 }, { ALLOC, 2, 2 }, { ALLOC, 3, 3 },
			{ ALLOC, 4, 4 }, { ALLOC, 5, 5 }, { ALLOC, 6, 5 }, { ALLOC, 7, 5 },
			{ FREE, 1 }, { ALLOC, 1, 1 },
		},
		.programs = {
			{ 0, .ops = { { WRONG_PAGE, 0, 1, 0 } } },
			{ 0, .ops = {
				{ FREE, 6 }, { ALLOC, 6, 5 }, { FREE, 1 }, { ALLOC, 1, 1 },
			} },
		},
		.bound = 3,
	},
};

TABLE(cluster_comes_back)

/*
 * A page is freed twice, and in between becomes the start of a longer block.  The second
 * free notices that the half word has changed: the block's other page was free before.
 */
static const struct scenario taken_again[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0 } },
		.programs = {
			{ 0, .ops = { { AGAIN, 0 } } },
			{ 0, .ops = { { AGAIN, 0 }, { ALLOC, 1, 1 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0 } },
		.programs = {
			{ 0, .ops = { { AGAIN_EXACT, 0 } } },
			{ 1, .ops = { { AGAIN, 0 } } },
			{ 0, .ops = { { ALLOC, 1, 1 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { AGAIN, 0 } } },
			{ 0, .ops = { { AGAIN, 0 }, { ALLOC, 2, 2 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6 } },
		.programs = {
			{ 0, .ops = { { AGAIN, 0 } } },
			{ 0, .ops = { { AGAIN, 0 }, { DRAIN }, { ALLOC, 1, 7 } } },
		},
		.bound = 3,
	}, {
		/* The second allocation of the same half makes the first one's tails visible. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0 } },
		.programs = {
			{ 1, .ops = { { AGAIN_EXACT, 0 } } },
			{ 0, .ops = { { AGAIN, 0 }, { ALLOC, 1, 1 }, { ALLOC, 2, 1 } } },
		},
		.bound = 4,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0 } },
		.programs = {
			{ 0, .ops = { { AGAIN, 0 } } },
			{ 0, .ops = { { AGAIN, 0 }, { ALLOC, 1, 1 }, { ALLOC, 2, 1 } } },
		},
		.bound = 4,
		.migrate = true,
	}, {
		/* The free under the lock, into the other CPU's cache. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0 } },
		.programs = {
			{ 1, .ops = { { AGAIN_BULK, 0 } } },
			{ 0, .ops = { { AGAIN, 0 }, { ALLOC, 1, 1 }, { ALLOC, 2, 1 } } },
		},
		.bound = 4,
	}, {
		/* The CPU takes the cluster before the free has the lock. */
		.shape = ONE_RANGE(64, 6),
		.setup = { { ALLOC, 0, 0 }, { ALLOC, 5, 5 }, { DRAIN } },
		.programs = {
			{ 1, .ops = { { AGAIN, 0 } } },
			{ 0, .ops = { { ALLOC, 3, 2 }, { AGAIN, 0 }, { ALLOC, 1, 1 },
				      { ALLOC, 2, 1 } } },
		},
		.bound = 4,
	},
};

TABLE(taken_again)

/*
 * Two frees of one block at once.  @kind: how the second free is wrong.  @third: what a
 * third caller does: free other blocks of the cluster, drain the caches.  @place: where
 * the cluster is: in the cache of a CPU, in no cache, or nearly full.
 */
static void set_free_twice(struct scenario *scenario, unsigned int nr, unsigned int kind,
			   unsigned int third, unsigned int place)
{
	static const struct scenario base = {
		.shape = ONE_RANGE(256, 6),
		.setup = { { EXACT, 0 }, { ALLOC, 1, 0 }, { ALLOC, 2, 1 }, { ALLOC, 3, 0 } },
		.programs = { { 0 }, { 1 }, { 1 } },
		.bound = 2,
	};
	static const struct op thirds[][4] = {
		{}, { { DRAIN } }, { { FREE, 2 }, { FREE, 1 } },
		{ { DRAIN }, { FREE, 1 }, { FREE, 2 } }, { { FREE, 1 }, { DRAIN }, { FREE, 2 } },
	};
	static const struct op seconds[] = {
		{ AGAIN, 0 }, { AGAIN_EXACT, 0 }, { WRONG_PAGE, 0, 1, 0 }, { WRONG, 0, 1 },
		{ AGAIN_SPLIT, 0 },
	};
	struct op *op = &scenario->setup[4];
	unsigned int i;

	*scenario = base;
	scenario->setup[0].nr = nr;
	switch (place) {
	case 1:
		*op++ = (struct op){ DRAIN };
		break;
	case 2:
		*op++ = (struct op){ DRAIN };
		*op++ = (struct op){ FREE, 1, .cpu = 1 };
		*op++ = (struct op){ FREE, 3, .cpu = 1 };
		break;
	case 3:
		for (i = 0; i < 14; i++)
			*op++ = (struct op){ ALLOC, 10 + i, i % 2 ? 2 : 3 };
		break;
	}
	scenario->programs[0].ops[0] = (struct op){ kind == 1 ? AGAIN_EXACT : AGAIN, 0 };
	scenario->programs[1].ops[0] = seconds[kind];
	if (kind == 3)
		scenario->programs[1].ops[0].extra = nr - 1;
	memcpy(scenario->programs[2].ops, thirds[third], sizeof(thirds[third]));
}

#define NR_THIRDS	5
#define NR_PLACES	4

static bool make_free_twice(struct scenario *scenario, unsigned long number)
{
	static const u8 sizes[] = {
		1, 2, 3, 4, 7, 8, 16, 20, 31, 32, 33, 40, 48, 63, 64, 65, 100, 128, 130
	};
	unsigned int size = number % ARRAY_SIZE(sizes), rest = number / ARRAY_SIZE(sizes);

	if (rest >= 2 * NR_THIRDS * NR_PLACES)
		return false;
	set_free_twice(scenario, sizes[size], rest % 2, rest / 2 % NR_THIRDS,
		       rest / 2 / NR_THIRDS);
	return true;
}

static bool make_free_other_size(struct scenario *scenario, unsigned long number)
{
	static const u8 sizes[] = {
		2, 3, 4, 7, 8, 16, 20, 31, 32, 33, 40, 48, 63, 64, 65, 100, 128, 130
	};
	unsigned int size = number % ARRAY_SIZE(sizes), rest = number / ARRAY_SIZE(sizes);

	if (rest >= 2 * NR_THIRDS * NR_PLACES)
		return false;
	set_free_twice(scenario, sizes[size], 2 + rest % 2, rest / 2 % NR_THIRDS,
		       rest / 2 / NR_THIRDS);
	return true;
}

/* One caller frees the block, another one splits it. */
static bool make_free_and_split(struct scenario *scenario, unsigned long number)
{
	static const u8 sizes[] = { 2, 3, 4, 8, 31, 32, 33, 63 };
	unsigned int size = number % ARRAY_SIZE(sizes), rest = number / ARRAY_SIZE(sizes);

	if (rest >= NR_THIRDS * NR_PLACES)
		return false;
	set_free_twice(scenario, sizes[size], 4, rest % NR_THIRDS, rest / NR_THIRDS);
	return true;
}

/* The kind of error of a wrong free, for blocks in use and for blocks in a cache. */
static const struct scenario kinds[] = {
	{
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 7 }, { EXACT, 1, 100 }, { ALLOC, 2, 3 } },
		.programs = {
			{ 0, .ops = {
				{ WRONG, 0, 1, 0 }, { WRONG, 0, 1, 64 }, { WRONG, 1, 99, 0 },
				{ WRONG, 1, 36, 64 }, { WRONG, 2, 4, 0 }, { WRONG_PAGE, 2, 1, 7 },
				{ WRONG_SPLIT, 0, 2, 1 }, { WRONG_SPLIT, 1, 36, 64 },
				{ WRONG_SPLIT, 2, 4, 0 }, { WRONG_SPLIT, 2, 9, 0 },
			} },
			{ 1, .ops = { { DRAIN }, { ALLOC, 3, 0 } } },
		},
		.bound = 2,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 7 }, { FREE, 0 }, { ALLOC, 1, 1 }, { FREE, 1 } },
		.programs = {
			{ 0, .ops = {
				{ WRONG, 0, 128, 0 }, { WRONG, 0, 1, 64 }, { WRONG, 0, 64, 64 },
				{ WRONG, 1, 2, 0 }, { WRONG_PAGE, 1, 1, 1 },
				{ WRONG_SPLIT, 0, 2, 1 }, { WRONG_SPLIT, 1, 2, 0 },
			} },
			{ 1, .ops = { { DRAIN } } },
		},
		.bound = 2,
	},
};

TABLE(kinds)

const struct family wrong_families[] = {
	{ "part_of_a_block_freed", make_part_of_exact },
	{ "the_same_watched", make_watched },
	{ "cluster_comes_back", make_cluster_comes_back },
	{ "freed_and_taken_again", make_taken_again },
	{ "two_frees_at_once", make_free_twice },
	{ "two_sizes_at_once", make_free_other_size },
	{ "freed_and_split_at_once", make_free_and_split },
	{ "kinds_of_mistakes", make_kinds },
	{}
};
