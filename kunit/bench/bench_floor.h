/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The floor: what an allocation and its free cannot leave out, and nothing else.
 *
 * Which pages are free and where a block ends are two words for 64 pages, as in struct
 * cluster.  An interrupt may change another block's bits in the same words, so a change is one
 * cmpxchg.  Where the word is a block's own, from order 6 on, the allocation writes it.  The
 * free blocks are a stack: nothing is searched, split or merged.  Each call is a call, as one
 * into a module.
 */
#ifndef KUNIT_BENCH_FLOOR_H
#define KUNIT_BENCH_FLOOR_H

#include <linux/vmalloc.h>

#include "bench.h"

#define FLOOR_ORDER	6	/* of the pages that share words */

/**
 * struct floor - memory of the floor
 * @words: the words of each 64 pages
 * @stack: free blocks
 * @nr: how many of them
 * @depth: how many the stack has room for; a block that is free beyond these is lost
 * @next: the first page that was never used
 * @pages: how many there are
 */
struct floor {
	struct floor_words {
		atomic64_t pages;
		atomic64_t tails;
		u64 rest;	/* of struct cluster */
	} *words;
	unsigned long *stack;
	unsigned long nr;
	unsigned long depth;
	unsigned long next;
	unsigned long pages;
};

static inline void floor_exit(struct floor *floor)
{
	vfree(floor->words);
	vfree(floor->stack);
}

static inline int floor_init(struct floor *floor, unsigned long nr_pages, unsigned long depth)
{
	*floor = (struct floor){
		.words = vcalloc(nr_pages >> FLOOR_ORDER, sizeof(struct floor_words)),
		.stack = vcalloc(depth, sizeof(unsigned long)),
		.depth = depth,
		.pages = nr_pages,
	};
	if (floor->words && floor->stack)
		return 0;
	floor_exit(floor);
	return -ENOMEM;
}

static __always_inline void floor_step(atomic64_t *word)
{
	s64 old = atomic64_read(word);

	while (!atomic64_try_cmpxchg(word, &old, old + 1))
		;
}

/* A block that has @span pages for itself. */
static __always_inline unsigned long floor_take(struct floor *floor, unsigned int order,
						unsigned long span)
{
	struct floor_words *words;
	unsigned long page;

	if (floor->nr) {
		page = floor->stack[--floor->nr];
	} else {
		page = floor->next;
		if (page + span > floor->pages)
			return NOTHING;
		floor->next += span;
	}
	words = &floor->words[page >> FLOOR_ORDER];
	floor_step(&words->pages);
	if (order >= FLOOR_ORDER)
		atomic64_set(&words->tails, order);
	else if (order)
		floor_step(&words->tails);
	return pfn_of_page(page);
}

static noinline unsigned long floor_alloc(void *from, unsigned int order)
{
	return floor_take(from, order, 1UL << order);
}

static noinline void floor_free(void *from, unsigned long object, unsigned int order)
{
	unsigned long page = page_of_pfn(object);
	struct floor *floor = from;

	if (order)
		floor_step(&floor->words[page >> FLOOR_ORDER].tails);
	floor_step(&floor->words[page >> FLOOR_ORDER].pages);
	if (floor->nr < floor->depth)
		floor->stack[floor->nr++] = page;
}

static const struct subject bench_floor = {
	"floor", floor_alloc, floor_free, page_of_pfn, pfn_of_page
};

#endif /* KUNIT_BENCH_FLOOR_H */
