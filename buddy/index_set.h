/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A set of indexes, of which the lowest, or the next one, is found in a step or two per level.
 *
 * The set is a tree of words.  A word of the lowest level has a bit for each of 64
 * indexes.  A word above has a bit for each of 64 words, set if that word is not zero.
 * So an index that comes or goes changes one word, and one more per level only if the
 * word below becomes zero or ceases to be.
 *
 * All words are in one bitmap, the highest level first:
 *
 *	word	0	the root
 *	word	1 - 64	the next level, and so on
 *
 * Bit n of the bitmap belongs to word n + 1, whatever the level: the tree needs no
 * pointers.  The levels above the lowest have room for all their words; behind the last
 * word of the lowest level, the bitmap ends.
 *
 * The caller has a lock.
 */
#ifndef BUDDY_INDEX_SET_H
#define BUDDY_INDEX_SET_H

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/math.h>
#include <linux/types.h>

/**
 * struct index_set - a set of indexes
 * @words: the tree, as one bitmap
 * @first: bit of index 0: the number of bits above the lowest level
 */
struct index_set {
	unsigned long *words;
	unsigned long first;
};

/* How many words the levels above the lowest have, for indexes below @nr. */
static inline unsigned long index_set_upper(unsigned long nr)
{
	unsigned long words = 0, indexes;

	for (indexes = BITS_PER_LONG; indexes < nr; indexes *= BITS_PER_LONG)
		words = words * BITS_PER_LONG + 1;
	return words;
}

/* How many words a set of indexes below @nr needs; none for @nr = 0, which has no index. */
static inline unsigned long index_set_words(unsigned long nr)
{
	return index_set_upper(nr) + DIV_ROUND_UP(nr, BITS_PER_LONG);
}

/* Make an empty set of indexes below @nr out of @words, which are zero. */
static inline void index_set_init(struct index_set *set, unsigned long *words,
				  unsigned long nr)
{
	set->words = words;
	set->first = index_set_upper(nr) * BITS_PER_LONG;
}

/* Add @index, which is not in @set. */
static inline void index_set_add(struct index_set *set, unsigned long index)
{
	unsigned long bit = set->first + index, *words = set->words;

	for (;;) {
		unsigned long *word = &words[BIT_WORD(bit)], old = *word;

		*word = old | BIT_MASK(bit);
		if (old || bit < BITS_PER_LONG)
			return;
		bit = BIT_WORD(bit) - 1;
	}
}

/* Remove @index, which is in @set.  Return whether the set is empty now. */
static inline bool index_set_del(struct index_set *set, unsigned long index)
{
	unsigned long bit = set->first + index, *words = set->words;

	for (;;) {
		unsigned long *word = &words[BIT_WORD(bit)];

		*word &= ~BIT_MASK(bit);
		if (*word)
			return false;
		if (bit < BITS_PER_LONG)
			return true;
		bit = BIT_WORD(bit) - 1;
	}
}

/* The lowest index in @set, which is not empty. */
static inline unsigned long index_set_lowest(const struct index_set *set)
{
	unsigned long bit = __ffs(set->words[0]);

	while (bit < set->first)
		bit = (bit + 1) * BITS_PER_LONG + __ffs(set->words[bit + 1]);
	return bit - set->first;
}

/* There is no such index in a set. */
#define INDEX_NONE	(~0UL)

/*
 * The next two go up until a word has a bit on the side that is asked for, then down again.
 * @level is the first bit of the level that @bit is on.  The first bit above that level is
 * a bit of the level below.
 */

/* The lowest index in @set at or above @index, which is one that the set can have. */
static inline unsigned long index_set_next(const struct index_set *set, unsigned long index)
{
	unsigned long level = set->first, bit = level + index, word;

	while (!(word = set->words[BIT_WORD(bit)] >> bit % BITS_PER_LONG)) {
		if (bit < BITS_PER_LONG)
			return INDEX_NONE;
		/* The bit behind that of this word. */
		bit = BIT_WORD(bit);
		if (bit == level)
			return INDEX_NONE;
		level = BIT_WORD(level) - 1;
	}
	bit += __ffs(word);
	while (bit < set->first)
		bit = (bit + 1) * BITS_PER_LONG + __ffs(set->words[bit + 1]);
	return bit - set->first;
}

/* The highest index in @set at or below @index, which is one that the set can have. */
static inline unsigned long index_set_prev(const struct index_set *set, unsigned long index)
{
	unsigned long level = set->first, bit = level + index, word;

	while (!(word = set->words[BIT_WORD(bit)] << (~bit % BITS_PER_LONG))) {
		if (bit < BITS_PER_LONG)
			return INDEX_NONE;
		level = BIT_WORD(level) - 1;
		bit = BIT_WORD(bit) - 1;
		if (bit == level)
			return INDEX_NONE;
		bit--;
	}
	bit -= BITS_PER_LONG - 1 - __fls(word);
	while (bit < set->first)
		bit = (bit + 1) * BITS_PER_LONG + __fls(set->words[bit + 1]);
	return bit - set->first;
}

#endif /* BUDDY_INDEX_SET_H */
