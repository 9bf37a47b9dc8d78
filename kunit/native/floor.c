// SPDX-License-Identifier: GPL-2.0
/*
 * Three subjects that allocate nothing: the floor, the same with shared words, and a lock.
 *
 * The floor is what an allocation and its free cannot leave out.  Which pages are free and
 * where a block ends are two words for 64 pages, as in struct cluster.  An interrupt may change
 * another block's bits in the same words, so a change is one cmpxchg.  From order 6 on, the
 * second word is the block's own, and the allocation writes it plainly.  The free blocks are
 * a stack for each thread: nothing is searched, split or merged, and no word is shared.  For
 * pairs, there is not even a stack.
 *
 * "Side by side", the blocks of both threads are taken in turns from the same memory, as an
 * allocator takes them that keeps used blocks together: the threads share the words.
 */
#include <kernel.h>

#include "loop.h"
#include "spinlock.h"

#define FLOOR_ORDER	6

struct floor {
	struct floor_words {
		u64 pages;
		u64 tails;
		u64 rest;	/* of struct cluster */
	} *words;
	unsigned long next;	/* the block if the stacks are empty, side by side */
	bool side_by_side;
	struct floor_stack {
		unsigned long *blocks;
		unsigned long nr;
		unsigned long next;	/* the block if the stack is empty */
	} __aligned(128) stack[THREADS];
};

static __always_inline void step(u64 *word)
{
	u64 old = __atomic_load_n(word, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(word, &old, old + 1, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

static __always_inline void take(struct floor_words *words, unsigned int order)
{
	step(&words->pages);
	if (order >= FLOOR_ORDER)
		__atomic_store_n(&words->tails, order, __ATOMIC_RELAXED);
	else if (order)
		step(&words->tails);
}

static __always_inline void give(struct floor_words *words, unsigned int order)
{
	if (order)
		step(&words->tails);
	step(&words->pages);
}

/* --- pairs --- */

static struct {
	struct floor_words words;
} __aligned(128) own[THREADS];

static __always_inline unsigned long alloc_alone(void *region, unsigned int order)
{
	take(&own[native_cpu].words, order);
	return 0;
}

static __always_inline void free_alone(void *region, unsigned long block, unsigned int order)
{
	give(&own[native_cpu].words, order);
}

/* --- other work --- */

static unsigned long pop(void *region, unsigned long nr_pages)
{
	struct floor *floor = region;
	struct floor_stack *stack = &floor->stack[native_cpu];
	unsigned long *next = floor->side_by_side ? &floor->next : &stack->next;

	if (stack->nr)
		return stack->blocks[--stack->nr];
	*next += nr_pages;
	return *next - nr_pages;
}

static void push(void *region, unsigned long block, unsigned long nr_pages)
{
	struct floor_stack *stack = &((struct floor *)region)->stack[native_cpu];

	stack->blocks[stack->nr++] = block;
}

static __always_inline unsigned long alloc_order(void *region, unsigned int order)
{
	unsigned long block = pop(region, 1UL << order);

	take(&((struct floor *)region)->words[block >> FLOOR_ORDER], order);
	return block;
}

static __always_inline void free_order(void *region, unsigned long block, unsigned int order)
{
	give(&((struct floor *)region)->words[block >> FLOOR_ORDER], order);
	push(region, block, 1UL << order);
}

static void floor_loop(struct thread *thread)
{
	if (thread->job == JOB_PAIRS)
		thread_loop(thread, alloc_alone, free_alone);
	else
		thread_loop(thread, alloc_order, free_order);
}

/* Each thread's blocks are of another part of the memory. */
static void *create(unsigned long nr_pages)
{
	struct floor *floor = aligned_alloc(128, sizeof(*floor));
	unsigned int i;

	floor->words = calloc(nr_pages >> FLOOR_ORDER, sizeof(*floor->words));
	floor->next = 0;
	floor->side_by_side = false;
	for (i = 0; i < THREADS; i++)
		floor->stack[i] = (struct floor_stack){
			.blocks = calloc(nr_pages, sizeof(unsigned long)),
			.next = nr_pages / THREADS * i,
		};
	return floor;
}

static void *create_side_by_side(unsigned long nr_pages)
{
	struct floor *floor = create(nr_pages);

	floor->side_by_side = true;
	return floor;
}

static void destroy(void *region)
{
	struct floor *floor = region;
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		free(floor->stack[i].blocks);
	free(floor->words);
	free(floor);
}

const struct subject the_floor = {
	.name = "floor", .create = create, .destroy = destroy, .alloc = pop, .free = push,
	.loop = floor_loop,
};

const struct subject floor_side_by_side = {
	.name = "side by side", .create = create_side_by_side, .destroy = destroy, .alloc = pop,
	.free = push, .loop = floor_loop,
};

/* --- a lock and nothing else --- */

static struct lock lock __aligned(128);

static __always_inline unsigned long lock_once(void *region, unsigned int order)
{
	lock_acquire(&lock);
	lock_release(&lock);
	return 0;
}

static __always_inline void lock_again(void *region, unsigned long block, unsigned int order)
{
	lock_once(region, order);
}

static void lock_loop(struct thread *thread)
{
	thread_loop(thread, lock_once, lock_again);
}

const struct subject lock_alone = { .name = "lock alone", .loop = lock_loop };
