// SPDX-License-Identifier: GPL-2.0
/*
 * Scenarios that somebody thought of, each for one part of the protocol.
 *
 * An operation is { kind, slot, nr, extra, CPU }, see enum op_kind.
 */
#include "explore.h"

#define ONE_RANGE(nr, order) { .ranges = { { BASE, nr } }, .cache_order = order }

/* A table's @number-th, or the end. */
#define TABLE(name)								\
static bool make_##name(struct scenario *scenario, unsigned long number)  \
{										\
	if (number >= ARRAY_SIZE(name))						\
		return false;							\
	*scenario = name[number];						\
	return true;								\
}

/* --- correct callers --- */

/* Each frees what is of the other's cluster, and both allocate again. */
static const struct scenario own_and_remote[] = {
	{
		.shape = ONE_RANGE(256, 6),
		.setup = {
			{ ALLOC, 0, 0, 0, 0 }, { ALLOC, 1, 0, 0, 1 },
			{ ALLOC, 2, 2, 0, 0 }, { ALLOC, 3, 1, 0, 1 },
		},
		.programs = {
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 4, 0 } } },
			{ 1, .ops = { { FREE, 0 }, { ALLOC, 5, 0 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(256, 6),
		.setup = {
			{ ALLOC, 0, 0, 0, 0 }, { ALLOC, 1, 0, 0, 1 },
			{ ALLOC, 2, 2, 0, 0 }, { ALLOC, 3, 1, 0, 1 },
		},
		.programs = {
			{ 0, .ops = { { FREE, 3 }, { ALLOC, 4, 1 } } },
			{ 1, .ops = { { FREE, 2 }, { ALLOC, 5, 1 } } },
		},
		.bound = 3,
	},
};

TABLE(own_and_remote)

/* The cluster leaves its CPU while others take from it and free into it. */
static const struct scenario drained[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 }, { ALLOC, 2, 3 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 4, 1 } } },
			{ 1, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { DRAIN } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 }, { ALLOC, 2, 3 } },
		.programs = {
			{ 0, .ops = { { FREE, 1 } } },
			{ 1, .ops = { { FREE, 2 }, { ALLOC, 3, 0 } } },
			{ 1, .ops = { { DRAIN } } },
		},
		.bound = 3,
	}, {
		/* It is somebody else's, and open, when the tails are marked. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 2, 2 }, { FREE, 2 } } },
			{ 1, .ops = { { DRAIN }, { ALLOC, 3, 0 }, { FREE, 0 } } },
		},
		.bound = 3,
	}, {
		/* The CPU has another cluster by then. */
		.shape = ONE_RANGE(192, 6),
		.setup = { { ALLOC, 0, 4 }, { ALLOC, 1, 3 }, { ALLOC, 2, 5 }, { ALLOC, 4, 2 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 5, 1 }, { FREE, 5 } } },
			{ 0, .ops = { { ALLOC, 6, 2 }, { ALLOC, 7, 3 } } },
			{ 1, .ops = { { FREE, 1 } } },
		},
		.bound = 3,
	},
};

TABLE(drained)

/* Blocks of several pages come back to a cluster that changes hands. */
static const struct scenario late_frees[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 2 }, { ALLOC, 2, 0 }, { ALLOC, 3, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { DRAIN }, { FREE, 1 } } },
		},
		.bound = 3,
	}, {
		/* Meanwhile another CPU comes to own the cluster. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 2 }, { ALLOC, 2, 0 }, { ALLOC, 3, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { DRAIN }, { FREE, 2 }, { FREE, 3 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 0 }, { ALLOC, 1, 0 }, { ALLOC, 2, 1 }, { ALLOC, 3, 0 } },
		.programs = {
			{ 1, .ops = { { FREE_EXACT, 0 } } },
			{ 0, .ops = { { DRAIN }, { FREE, 1 }, { FREE, 3 } } },
			{ 1, .ops = { { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		/* All the rest of the cluster is free: it becomes part of a large block. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { FREE, 1 }, { DRAIN }, { ALLOC, 3, 6 } } },
		},
		.bound = 3,
	},
};

TABLE(late_frees)

/* Blocks of whole clusters, in and out of the words of two CPUs. */
static const struct scenario large_blocks[] = {
	{
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 0 }, { ALLOC, 1, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 2, 6 } } },
			{ 1, .ops = { { FREE, 0 }, { ALLOC, 3, 6 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 0 }, { ALLOC, 1, 7, 0, 0 }, { ALLOC, 2, 6, 0, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { FREE, 1 } } },
			{ 1, .ops = { { FREE, 2 }, { ALLOC, 3, 7 } } },
			{ 1, .ops = { { DRAIN } } },
		},
		.bound = 3,
	}, {
		/* One block is all that a CPU may keep. */
		.shape = ONE_RANGE(512, 7),
		.setup = { { ALLOC, 0, 6, 0, 0 }, { ALLOC, 1, 7, 0, 0 }, { ALLOC, 2, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { ALLOC, 3, 6 } } },
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 4, 7 } } },
			{ 1, .ops = { { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		/* A free finds the word empty that a refill is about to fill. */
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 1 }, { ALLOC, 1, 9, 0, 1 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 2, 6 } } },
			{ 0, .ops = { { FREE, 0 } } },
		},
		.bound = 3,
	},
};

TABLE(large_blocks)

/* A cluster that is all free becomes a large block while others take and give such. */
static bool make_keep(struct scenario *scenario, unsigned long number)
{
	static const struct scenario keep = {
		.setup = {
			{ ALLOC, 0, 5 }, { ALLOC, 1, 5 }, { ALLOC, 2, 5 }, { ALLOC, 3, 5 },
			{ ALLOC, 4, 5 }, { ALLOC, 5, 5 }, { ALLOC, 6, 6 }, { ALLOC, 7, 6 },
			{ ALLOC, 8, 6 }, { FREE, 0 }, { FREE, 1 },
		},
		.programs = {
			{ 0, .ops = { { FREE, 2 }, { FREE, 3 }, { FREE, 4 } } },
			{ 0, .ops = { { ALLOC, 10, 6 }, { FREE, 10 } } },
			{ 0, .ops = { { FREE, 8 }, { FREE, 7 } } },
		},
		.bound = 3,
	};

	if (number >= 4)
		return false;
	*scenario = keep;
	scenario->shape = (struct shape)ONE_RANGE(2048, 9 + number % 2);
	if (number >= 2)
		scenario->setup[8].nr = 7;
	if (number % 2)
		scenario->programs[2].ops[1].kind = DRAIN;
	return true;
}

/* Blocks of half a cluster, whose clusters come from the large blocks. */
static const struct scenario half_clusters[] = {
	{
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 5 }, { ALLOC, 1, 6 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 2, 5 }, { ALLOC, 3, 5 } } },
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 4, 6 } } },
			{ 1, .ops = { { FREE, 0 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(256, 6),
		.setup = { { ALLOC, 0, 5 }, { ALLOC, 1, 5 }, { ALLOC, 2, 5 }, { ALLOC, 3, 5 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { FREE, 2 } } },
			{ 1, .ops = { { FREE, 1 }, { FREE, 3 } } },
		},
		.bound = 3,
	},
};

TABLE(half_clusters)

/* An NMI allocates at any step of another's work on the same CPU. */
static const struct scenario nmi[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { ALLOC, 3, 5 }, { ALLOC, 4, 5 } } },
			{ 0, true, { { ALLOC, 5, 0 }, { ALLOC, 6, 1 } } },
			{ 1, .ops = { { FREE, 1 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6 }, { ALLOC, 1, 7 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { FREE, 1 }, { ALLOC, 2, 6 } } },
			{ 0, true, { { ALLOC, 5, 6 }, { ALLOC, 6, 0 } } },
			{ 1, true, { { ALLOC, 7, 6 } } },
		},
		.bound = 3,
	},
};

TABLE(nmi)

/* One frees: if that takes the lock it is refused, and the block stays as it was. */
static const struct scenario nmi_frees[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 }, { ALLOC, 2, 2 } },
		.programs = {
			{ 0, .ops = { { FREE, 1 }, { DRAIN }, { ALLOC, 3, 1 } } },
			{ 0, true, { { FREE, 0 }, { FREE_EXACT, 2 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6 }, { ALLOC, 1, 7 }, { ALLOC, 2, 6 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { ALLOC, 3, 6 } } },
			{ 0, true, { { FREE, 1 }, { FREE, 2 } } },
			{ 1, .ops = { { DRAIN } } },
		},
		.bound = 2,
	},
};

TABLE(nmi_frees)

/* A CPU goes offline while others free into its cache, and what it ran is moved. */
static const struct scenario offline[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1, 0, 1 }, { ALLOC, 1, 0, 0, 1 }, { ALLOC, 2, 0, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { FREE, 1 }, { ALLOC, 3, 2 } } },
			{ 0, .ops = { { OFFLINE, .nr = 1 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 1 }, { ALLOC, 1, 7, 0, 1 } },
		.programs = {
			{ 1, .ops = { { FREE, 0 }, { ALLOC, 2, 6 } } },
			{ 1, .ops = { { FREE, 1 } } },
			{ 0, .ops = { { OFFLINE, .nr = 1 } } },
		},
		.bound = 3,
	},
};

TABLE(offline)

/* A task is moved between finding its CPU's cache and the cmpxchg. */
static const struct scenario moved[] = {
	{
		.shape = ONE_RANGE(256, 6),
		.setup = { { ALLOC, 0, 0, 0, 0 }, { ALLOC, 1, 1, 0, 1 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 2, 0 }, { FREE, 0 } } },
			{ 1, .ops = { { FREE, 1 }, { DRAIN } } },
		},
		.bound = 3,
		.migrate = true,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 0 }, { ALLOC, 1, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { ALLOC, 2, 6 } } },
			{ 1, .ops = { { FREE, 1 }, { ALLOC, 3, 5 } } },
		},
		.bound = 3,
		.migrate = true,
	},
};

TABLE(moved)

/* The region is all but full: who finds nothing must be right. */
static const struct scenario nearly_full[] = {
	{
		.shape = ONE_RANGE(64, 6),
		.setup = { { ALLOC, 0, 5 }, { ALLOC, 1, 4 }, { ALLOC, 2, 3 }, { ALLOC, 3, 2 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 4, 1 }, { FREE, 4 } } },
			{ 1, .ops = { { ALLOC, 5, 1 }, { FREE, 5 } } },
			{ 1, .ops = { { ALLOC, 6, 0 } } },
		},
		.bound = 3,
	}, {
		/* What is free is in the other CPU's cache. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 5, 0, 1 }, { ALLOC, 1, 5, 0, 1 }, { ALLOC, 2, 0, 0, 1 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 4, 5 }, { ALLOC, 5, 4 } } },
			{ 1, .ops = { { FREE, 2 }, { ALLOC, 6, 4 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(512, 7),
		.setup = { { ALLOC, 0, 7, 0, 0 }, { ALLOC, 1, 8, 0, 0 }, { FREE, 0 } },
		.programs = {
			{ 1, .ops = { { ALLOC, 2, 7 }, { ALLOC, 3, 7 } } },
			{ 0, .ops = { { ALLOC, 4, 6 }, { FREE, 4 } } },
		},
		.bound = 3,
	},
};

TABLE(nearly_full)

/* Many blocks by one call, beside others. */
static const struct scenario bulk[] = {
	{
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC_BULK, 0, 0, 3 }, { ALLOC, 8, 5, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE_BULK, 0, 0, 3 }, { ALLOC_BULK, 3, 1, 2 } } },
			{ 1, .ops = { { FREE, 8 }, { DRAIN } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC_BULK, 0, 6, 3 } },
		.programs = {
			{ 0, .ops = { { FREE_BULK, 0, 6, 3 } } },
			{ 1, .ops = { { ALLOC_BULK, 4, 6, 4 }, { DRAIN } } },
		},
		.bound = 3,
	},
};

TABLE(bulk)

/* Two physical runs, which begin and end inside a cluster. */
static const struct scenario two_runs[] = {
	{
		.shape = { .ranges = { { BASE + 5, 100 }, { BASE + 129, 150 } }, .cache_order = 6 },
		.setup = { { ALLOC, 0, 1 }, { EXACT, 1, 20 }, { ALLOC, 2, 5 }, { ALLOC, 3, 6 } },
		.programs = {
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 4, 4 } } },
			{ 1, .ops = { { FREE, 0 }, { FREE, 2 }, { DRAIN } } },
		},
		.bound = 3,
	}, {
		.shape = { .ranges = { { BASE, 256 }, { BASE + 320, 512 } }, .cache_order = 8 },
		.setup = { { ALLOC, 0, 8 }, { ALLOC, 1, 6 }, { ALLOC, 2, 6, 0, 1 },
			   { ALLOC, 3, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 4, 7 } } },
			{ 1, .ops = { { FREE, 2 }, { FREE, 0 }, { DRAIN } } },
		},
		.bound = 3,
	},
};

TABLE(two_runs)

/* Blocks of exact lengths over several clusters. */
static const struct scenario exact[] = {
	{
		.shape = ONE_RANGE(256, 6),
		.setup = { { EXACT, 0, 100 }, { ALLOC, 1, 0 }, { EXACT, 2, 40 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { EXACT, 3, 70 } } },
			{ 1, .ops = { { FREE, 2 }, { FREE, 1 }, { DRAIN } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { EXACT, 0, 40 }, { ALLOC, 1, 0 }, { EXACT, 2, 20, 0, 1 } },
		.programs = {
			{ 0, .ops = { { PAGES, 0 }, { FREE, 0 }, { ALIGNED, 3, 3, 4 } } },
			{ 1, .ops = { { PAGES, 2 }, { FREE, 2 }, { DRAIN } } },
		},
		.bound = 3,
	},
};

TABLE(exact)

/* A large block is counted where it was and where it went. */
static const struct scenario stats_while_moving[] = {
	{
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { ALLOC, 1, 6 }, { FREE, 1 } } },
			{ 1, .ops = { { STATS } } },
		},
		.bound = 3,
		.migrate = true,
	},
};

TABLE(stats_while_moving)

/* --- callers that are wrong --- */

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
		/* Both pages of two, and their cluster goes: two mistakes. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { WRONG, 0, 1, 0 }, { WRONG, 0, 1, 1 }, { DRAIN } } },
		},
		.bound = 2,
	}, {
		/* All of the cluster is free then, and it becomes part of a large block. */
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

/* The same while somebody watches: a free is checked and done in another way then. */
static bool make_watched(struct scenario *scenario, unsigned long number)
{
	if (!make_part_of_exact(scenario, number))
		return false;
	scenario->watched = true;
	return true;
}

/*
 * The head of a block of two is freed as one page.  Between looking at the half and at
 * the tails, the CPU's cluster is exchanged, and it comes back as it was.
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
 * A page is freed twice, and between these two is the start of a longer block.  That is
 * seen by the half: it must not look as before, so the block's other page was free.
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
	},
};

TABLE(taken_again)

/*
 * Two frees of one block at once: @kind says how the second is wrong.  Beside them,
 * others of the cluster are freed and the caches drained; and the cluster is a CPU's,
 * nobody's, or all but full.
 */
static void set_free_twice(struct scenario *scenario, unsigned int nr, unsigned int kind,
			   unsigned int third, unsigned int whose)
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
	};
	struct op *op = &scenario->setup[4];
	unsigned int i;

	*scenario = base;
	scenario->setup[0].nr = nr;
	switch (whose) {
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
#define NR_WHOSE	4

static bool make_free_twice(struct scenario *scenario, unsigned long number)
{
	static const u8 sizes[] = {
		1, 2, 3, 4, 7, 8, 16, 20, 31, 32, 33, 40, 48, 63, 64, 65, 100, 128, 130
	};
	unsigned int size = number % ARRAY_SIZE(sizes), rest = number / ARRAY_SIZE(sizes);

	if (rest >= 2 * NR_THIRDS * NR_WHOSE)
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

	if (rest >= 2 * NR_THIRDS * NR_WHOSE)
		return false;
	set_free_twice(scenario, sizes[size], 2 + rest % 2, rest / 2 % NR_THIRDS,
		       rest / 2 / NR_THIRDS);
	return true;
}

/* What a wrong free is told: about a block that its owner has, or that a CPU keeps. */
static const struct scenario kinds[] = {
	{
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 7 }, { EXACT, 1, 100 }, { ALLOC, 2, 3 } },
		.programs = {
			{ 0, .ops = {
				{ WRONG, 0, 1, 0 }, { WRONG, 0, 1, 64 }, { WRONG, 1, 99, 0 },
				{ WRONG, 1, 36, 64 }, { WRONG, 2, 4, 0 }, { WRONG_PAGE, 2, 1, 7 },
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
			} },
			{ 1, .ops = { { DRAIN } } },
		},
		.bound = 2,
	},
};

TABLE(kinds)

/* --- memory that reorders --- */

static const struct scenario weak[] = {
	{
		/* The tails of a block from the cache, seen by who frees it elsewhere. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 2 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 2, 1 }, { FREE, 0 } } },
			{ 1, .ops = { { FREE, 2 }, { FREE, 1 } } },
		},
		.bound = 3,
		.weak = true,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { DRAIN }, { FREE, 1 } } },
		},
		.bound = 3,
		.weak = true,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 0 }, { ALLOC, 1, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 2, 6 } } },
			{ 1, .ops = { { FREE, 0 }, { FREE, 2 } } },
		},
		.bound = 3,
		.weak = true,
	}, {
		/* A page is freed where the CPU's cluster has just been exchanged. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 5 }, { ALLOC, 1, 4 }, { ALLOC, 2, 4 }, { ALLOC, 3, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 3 }, { FREE, 1 } } },
			{ 1, .ops = { { DRAIN }, { ALLOC, 5, 0 }, { FREE, 2 } } },
		},
		.bound = 3,
		.weak = true,
	}, {
		/*
		 * A cluster is opened.  Who found the cache and was moved takes a part of
		 * it before the opening CPU's stores are all to be seen.
		 */
		.shape = ONE_RANGE(128, 6),
		.programs = {
			{ 0, .ops = { { EXACT, 0, 20 } } },
			{ 0, .ops = { { ALLOC, 1, 1 } } },
		},
		.bound = 5,
		.migrate = true,
		.weak = true,
	},
};

TABLE(weak)

const struct family fixed_families[] = {
	{ "own_and_remote_frees", make_own_and_remote },
	{ "drain", make_drained },
	{ "late_frees", make_late_frees },
	{ "large_blocks", make_large_blocks },
	{ "clusters_that_become_large", make_keep },
	{ "half_clusters", make_half_clusters },
	{ "NMI", make_nmi },
	{ "NMI_that_frees", make_nmi_frees },
	{ "CPU_offline", make_offline },
	{ "moved_to_another_CPU", make_moved },
	{ "nearly_full", make_nearly_full },
	{ "bulk", make_bulk },
	{ "two_runs", make_two_runs },
	{ "exact_lengths", make_exact },
	{ "statistics_meanwhile", make_stats_while_moving },
	{ "part_of_a_block_freed", make_part_of_exact },
	{ "the_same_watched", make_watched },
	{ "cluster_comes_back", make_cluster_comes_back },
	{ "freed_and_taken_again", make_taken_again },
	{ "two_frees_at_once", make_free_twice },
	{ "two_sizes_at_once", make_free_other_size },
	{ "kinds_of_mistakes", make_kinds },
	{ "weak_memory", make_weak },
};

const unsigned int nr_fixed_families = ARRAY_SIZE(fixed_families);
