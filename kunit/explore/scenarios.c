// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of scenarios with correct callers, each for one part of the protocol in pcp.h.
 *
 * An operation is { kind, slot, nr, extra, CPU }, see enum op_kind.
 */
#include "scenarios.h"

/* Each CPU frees a block of the cluster that the other CPU caches, and allocates again. */
static const struct scenario local_and_remote[] = {
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
	}, {
		.shape = ONE_RANGE(256, 6),
		.setup = { { ALLOC, 0, 1 } },
		.programs = {
			{ 0, .ops = { { EXACT, 1, 3 } } },
			{ 1, .ops = { { FREE, 0 } } },
		},
		.bound = 3,
	},
};

TABLE(local_and_remote)

/* A cluster is drained from a cache while others allocate from it and free into it. */
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
		/* Another CPU caches the cluster when the allocation sets the tails. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 2, 2 }, { FREE, 2 } } },
			{ 1, .ops = { { DRAIN }, { ALLOC, 3, 0 }, { FREE, 0 } } },
		},
		.bound = 3,
	}, {
		/* The CPU caches another cluster when the allocation sets the tails. */
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

/* Blocks of several pages are freed into a cluster that leaves its cache meanwhile. */
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
		/* Another CPU takes the cluster meanwhile. */
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
		/* All other pages of the cluster are free: it becomes part of a large block. */
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

/* Blocks of whole clusters go into and out of the large words of two CPUs. */
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
		/* A CPU may cache only one block. */
		.shape = ONE_RANGE(512, 7),
		.setup = { { ALLOC, 0, 6, 0, 0 }, { ALLOC, 1, 7, 0, 0 }, { ALLOC, 2, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { ALLOC, 3, 6 } } },
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 4, 7 } } },
			{ 1, .ops = { { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		/* A free finds the large word empty while a refill is about to fill it. */
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

/* A free cluster becomes a large block while others allocate and free large blocks. */
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

/* Blocks of half a cluster, whose clusters come from the cached large blocks. */
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

/* An NMI allocates at any step of another caller on the same CPU. */
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

/* An NMI frees: a free that needs the lock is refused, and the block stays in use. */
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

/* A CPU goes offline while others free into its cache; its tasks are moved. */
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

/* A task is moved to another CPU after it found its CPU's cache, before the cmpxchg. */
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

/* The region is nearly full: an allocation may fail only if no block fits. */
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
		/* The free pages are in the other CPU's cache. */
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

/* Bulk calls, beside other calls. */
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
	}, {
		/* The other CPU takes the cluster into its cache, and gives it up. */
		.shape = ONE_RANGE(256, 6),
		.setup = { { ALLOC_BULK, 0, 1, 4 }, { DRAIN } },
		.programs = {
			{ 0, .ops = { { FREE_BULK, 0, 1, 4 }, { ALLOC_BULK, 4, 0, 3 } } },
			{ 1, .ops = { { ALLOC, 8, 0 }, { DRAIN } } },
		},
		.bound = 3,
	},
};

TABLE(bulk)

/* Two ranges, which begin and end inside a cluster. */
static const struct scenario two_ranges[] = {
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

TABLE(two_ranges)

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

/* Blocks are split, and their pages are freed, while their neighbours are freed. */
static const struct scenario split_pages[] = {
	{
		/* The neighbours are before and behind the block, in the same half. */
		.shape = ONE_RANGE(256, 6),
		.setup = { { ALLOC, 0, 2 }, { EXACT, 1, 3 }, { ALLOC, 2, 1 }, { ALLOC, 3, 0 } },
		.programs = {
			{ 0, .ops = { { SPLIT, 1, .extra = 64 }, { FREE, 65 }, { FREE, 1 } } },
			{ 1, .ops = { { FREE, 2 }, { FREE, 0 }, { FREE, 64 } } },
		},
		.bound = 3,
	}, {
		/* Two neighbours are split at once. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 1 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 0, .ops = { { SPLIT, 0, .extra = 64 }, { FREE, 0 }, { FREE, 64 } } },
			{ 1, .ops = { { SPLIT, 1, .extra = 70 }, { FREE, 70 }, { FREE, 1 } } },
		},
		.bound = 3,
	}, {
		/* The cluster leaves its cache before or after the split. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 2 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 0, .ops = { { SPLIT, 0, .extra = 64 }, { FREE, 64 }, { FREE, 0 } } },
			{ 1, .ops = { { DRAIN }, { FREE, 1 } } },
			{ 1, .ops = { { FREE, 2 }, { ALLOC, 3, 1 } } },
		},
		.bound = 3,
	}, {
		/* Two CPUs free the pages of one block. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 2 }, { SPLIT, 0, .extra = 64 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { FREE, 65 } } },
			{ 1, .ops = { { FREE, 64 }, { FREE, 66 }, { DRAIN } } },
		},
		.bound = 3,
	}, {
		/* The freed pages become part of other blocks. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 5 }, { ALLOC, 1, 4 }, { ALLOC, 2, 3 }, { ALLOC, 3, 2 },
			   { ALLOC, 4, 2 } },
		.programs = {
			{ 0, .ops = { { SPLIT, 4, .extra = 64 }, { FREE, 64 }, { FREE, 4 },
				      { ALLOC, 5, 1 } } },
			{ 1, .ops = { { FREE, 3 }, { FREE, 65 }, { ALLOC, 6, 1 } } },
		},
		.bound = 3,
	}, {
		/* An NMI splits a block while it interrupts a free of the block beside it. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 1 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 }, { DRAIN }, { FREE, 64 } } },
			{ 0, true, { { SPLIT, 1, .extra = 64 }, { FREE, 1 } } },
			{ 1, .ops = { { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(256, 6),
		.setup = { { EXACT, 0, 3 }, { ALLOC, 1, 1 }, { ALLOC, 2, 0 } },
		.programs = {
			{ 0, .ops = { { SPLIT, 0, .extra = 64 }, { FREE, 64 } } },
			{ 1, .ops = { { FREE, 1 }, { FREE, 0 }, { FREE, 65 }, { ALLOC, 3, 2 } } },
		},
		.bound = 3,
	},
};

TABLE(split_pages)

static bool make_split_watched(struct scenario *scenario, unsigned long number)
{
	if (!make_split_pages(scenario, number))
		return false;
	scenario->watched = true;
	return true;
}

/* A large block moves between two words while the free pages are counted. */
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

/* --- for weak memory, with which each scenario is tried a second time --- */

static const struct scenario ordering[] = {
	{
		/* A CPU frees a block that another CPU allocated: it must see the tails. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 2 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 2, 1 }, { FREE, 0 } } },
			{ 1, .ops = { { FREE, 2 }, { FREE, 1 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 1 }, { ALLOC, 1, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 1, .ops = { { DRAIN }, { FREE, 1 } } },
		},
		.bound = 3,
	}, {
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 0 }, { ALLOC, 1, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { FREE, 1 }, { ALLOC, 2, 6 } } },
			{ 1, .ops = { { FREE, 0 }, { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		/* A page is freed when the CPU has just taken another cluster. */
		.shape = ONE_RANGE(128, 6),
		.setup = { { ALLOC, 0, 5 }, { ALLOC, 1, 4 }, { ALLOC, 2, 4 }, { ALLOC, 3, 0 } },
		.programs = {
			{ 0, .ops = { { FREE, 3 }, { FREE, 1 } } },
			{ 1, .ops = { { DRAIN }, { ALLOC, 5, 0 }, { FREE, 2 } } },
		},
		.bound = 3,
	}, {
		/*
		 * A CPU splits a cluster and caches it.  A task that was moved after it
		 * found the cache takes a part of the cluster before all stores of the
		 * first CPU are visible.
		 */
		.shape = ONE_RANGE(128, 6),
		.programs = {
			{ 0, .ops = { { EXACT, 0, 20 } } },
			{ 0, .ops = { { ALLOC, 1, 1 } } },
		},
		.bound = 4,
		.migrate = true,
	}, {
		/* A task that was moved frees a large block into the cache of its first CPU. */
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6 } },
		.programs = {
			{ 0, .ops = { { FREE, 0 } } },
			{ 0, .ops = { { ALLOC, 1, 6 } } },
		},
		.bound = 3,
		.migrate = true,
	}, {
		/* The block goes through the free lists. */
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { DRAIN }, { ALLOC, 1, 10 } } },
			{ 1, .ops = { { FREE, 0 } } },
		},
		.bound = 3,
	}, {
		/* The first search must not overlook what was freed just before. */
		.shape = ONE_RANGE(1024, 9),
		.setup = { { ALLOC, 0, 6, 0, 1 } },
		.programs = {
			{ 0, .ops = { { ALLOC, 1, 10 } } },
			{ 1, .ops = { { FREE, 0 } } },
		},
		.bound = 3,
	},
};

TABLE(ordering)

const struct family correct_families[] = {
	{ "local_and_remote_frees", make_local_and_remote },
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
	{ "two_ranges", make_two_ranges },
	{ "exact_lengths", make_exact },
	{ "split_into_pages", make_split_pages },
	{ "split_while_watched", make_split_watched },
	{ "statistics_meanwhile", make_stats_while_moving },
	{ "ordering", make_ordering },
	{}
};
