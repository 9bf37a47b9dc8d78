/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic on one word of 64 frames: bit n stands for frame n of a cluster.
 *
 * Pure functions: no lock, no memory, no knowledge of regions.  A block of
 * order k lies at a multiple of 2^k, so the free blocks of an order are found
 * by and-shift steps over the whole word at once (after the aligned bit runs
 * of D. Knuth, TAOCP 4A, 7.1.3) instead of a walk over frames.
 */
#ifndef BUDDY_WORD_H
#define BUDDY_WORD_H

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/types.h>

#define WORD_ORDER	6			/* a whole word is a block of this order */
#define WORD_FRAMES	BIT(WORD_ORDER)

/* The places where a block of each order may start. */
static const u64 word_heads[WORD_ORDER + 1] = {
	0xffffffffffffffffULL, 0x5555555555555555ULL, 0x1111111111111111ULL,
	0x0101010101010101ULL, 0x0001000100010001ULL, 0x0000000100000001ULL,
	0x0000000000000001ULL,
};

/* The bits of @nr frames from @pos; @nr is 1 to 64 and must fit behind @pos. */
static inline u64 word_mask(unsigned int pos, unsigned int nr)
{
	return (~0ULL >> (WORD_FRAMES - nr)) << pos;
}

/* The heads of the order + 1 blocks whose two halves are both in @heads. */
static inline u64 word_pairs(u64 heads, unsigned int order)
{
	return heads & (heads >> (1U << order)) & word_heads[order + 1];
}

/* The heads of all free blocks of @order in @free, halves of larger ones too. */
static inline u64 word_runs(u64 free, unsigned int order)
{
	unsigned int k;

	/* Unrolled, all shifts and masks are constants. */
#pragma GCC unroll 6
	for (k = 0; k < WORD_ORDER && k < order; k++)
		free = word_pairs(free, k);
	return free;
}

/* The order of the largest free block in @free, which is not 0. */
static inline unsigned int word_largest(u64 free)
{
	unsigned int order;

#pragma GCC unroll 6
	for (order = 0; order < WORD_ORDER; order++) {
		free = word_pairs(free, order);
		if (!free)
			break;
	}
	return order;
}

/*
 * Find the smallest free block that serves @order, so that larger ones stay
 * whole.  @free must have one, and must not be all ones.  Returns the block's
 * first frame, and its order in @found.
 */
static inline unsigned int word_find(u64 free, unsigned int order,
				     unsigned int *found)
{
	u64 runs = word_runs(free, order);

	for (;; order++) {
		u64 pairs = word_pairs(runs, order);
		u64 single = runs & ~(pairs | pairs << (1U << order));

		if (single) {
			*found = order;
			return __ffs64(single);
		}
		runs = pairs;
	}
}

/*
 * The order to which the block of @order at @pos grows when it is merged with
 * its free buddies.  @free has the block's own bits set already.
 */
static inline unsigned int word_merge(u64 free, unsigned int pos,
				      unsigned int order)
{
	for (; order < WORD_ORDER; order++) {
		u64 buddy = word_mask((pos ^ 1U << order) & -(1U << order),
				      1U << order);

		if ((free & buddy) != buddy)
			break;
	}
	return order;
}

/* The tails that a block of @nr frames at @pos has. */
static inline u64 word_tails(unsigned int pos, unsigned int nr)
{
	return word_mask(pos, nr) & ~BIT_ULL(pos);
}

/* Whether a used block at @pos has @nr frames, below 64, going by its tails alone. */
static inline bool word_is_block(u64 tail, unsigned int pos, unsigned int nr)
{
	/* One more frame: what is behind the block must not continue it. */
	return (tail >> pos & (word_mask(0, nr) << 1 | 1)) == word_tails(0, nr);
}

/* How many frames the used block at @pos has: itself and the tails behind it. */
static inline unsigned int word_extent(u64 tail, unsigned int pos)
{
	return 1 + __ffs64(~(tail >> pos >> 1));
}

#endif /* BUDDY_WORD_H */
