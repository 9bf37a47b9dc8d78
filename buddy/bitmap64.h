/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic on one word of 64 bits: bit n stands for page n of a cluster.
 *
 * All functions are pure: they take no lock, and know neither clusters nor regions.  A
 * block of order k lies at a multiple of 2^k, so a few shifts and ANDs find the free
 * blocks of an order in the whole word at once (after the aligned bit runs of
 * D. Knuth, TAOCP 4A, 7.1.3).  No function walks over pages.
 */
#ifndef BUDDY_BITMAP64_H
#define BUDDY_BITMAP64_H

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#define BITMAP64_ORDER	6			/* a whole word is a block of this order */
#define BITMAP64_BITS	BIT(BITMAP64_ORDER)

/* The pages at which a block of each order can start. */
static const u64 bitmap64_starts[BITMAP64_ORDER + 1] = {
	0xffffffffffffffffULL, 0x5555555555555555ULL, 0x1111111111111111ULL,
	0x0101010101010101ULL, 0x0001000100010001ULL, 0x0000000100000001ULL,
	0x0000000000000001ULL,
};

/* The bits of @nr pages from @pos on; @nr is 1 to 64 and must fit behind @pos. */
static inline u64 bitmap64_mask(unsigned int pos, unsigned int nr)
{
	return (~0ULL >> (BITMAP64_BITS - nr)) << pos;
}

/*
 * @blocks has a bit for the first page of each free block of @order.  Return those
 * blocks of order + 1 of which both halves are in @blocks.
 */
static inline u64 bitmap64_pairs(u64 blocks, unsigned int order)
{
	return blocks & (blocks >> (1U << order)) & bitmap64_starts[order + 1];
}

/* The first pages of all free blocks of @order in @free, halves of larger ones too. */
static inline u64 bitmap64_runs(u64 free, unsigned int order)
{
	unsigned int k;

	/* Unrolled, all shifts and masks are constants. */
#pragma GCC unroll 6
	for (k = 0; k < BITMAP64_ORDER && k < order; k++)
		free = bitmap64_pairs(free, k);
	return free;
}

/* The pages at which @nr free pages in a row, 1 to 64, begin, aligned or not. */
static inline u64 bitmap64_rows(u64 free, unsigned int nr)
{
	unsigned int have, step;

	/* Each step joins the runs of @have pages with those @step pages further up. */
	for (have = 1; have < nr && free; have += step) {
		step = min(have, nr - have);
		free &= free >> step;
	}
	return free;
}

/* The order of the largest free block in @free, which is not 0. */
static inline unsigned int bitmap64_largest(u64 free)
{
	unsigned int order;

#pragma GCC unroll 6
	for (order = 0; order < BITMAP64_ORDER; order++) {
		free = bitmap64_pairs(free, order);
		if (!free)
			break;
	}
	return order;
}

/*
 * Find the smallest free block that serves @order, so that larger blocks stay whole.
 * @free must have such a block, and must not be all ones.  Return the block's first
 * page, and the block's order in @found.
 */
static inline unsigned int bitmap64_find(u64 free, unsigned int order,
					 unsigned int *found)
{
	u64 runs = bitmap64_runs(free, order);

	for (;; order++) {
		u64 pairs = bitmap64_pairs(runs, order);
		u64 single = runs & ~(pairs | pairs << (1U << order));

		if (single) {
			*found = order;
			return __ffs64(single);
		}
		runs = pairs;
	}
}

/*
 * The order of the block that the block of @order at @pos becomes when it is merged
 * with its free buddies.  The bits of the block are already set in @free.
 */
static inline unsigned int bitmap64_merge(u64 free, unsigned int pos,
					  unsigned int order)
{
	for (; order < BITMAP64_ORDER; order++) {
		u64 buddy = bitmap64_mask((pos ^ 1U << order) & -(1U << order),
					  1U << order);

		if ((free & buddy) != buddy)
			break;
	}
	return order;
}

/* The tails of a block of @nr pages at @pos: all its pages but the first. */
static inline u64 bitmap64_tails(unsigned int pos, unsigned int nr)
{
	return bitmap64_mask(pos, nr) & ~BIT_ULL(pos);
}

/* Whether the tails say that a block at @pos has @nr pages, below 64. */
static inline bool bitmap64_is_block(u64 tail, unsigned int pos, unsigned int nr)
{
	/* One page more is compared: the page behind the block must not continue it. */
	return (tail >> pos & (bitmap64_mask(0, nr) << 1 | 1)) == bitmap64_tails(0, nr);
}

/* The pages of the used block at @pos: the first one and the tails behind it. */
static inline unsigned int bitmap64_extent(u64 tail, unsigned int pos)
{
	return 1 + __ffs64(~(tail >> pos >> 1));
}

#endif /* BUDDY_BITMAP64_H */
