/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a thread of the lane "threads" does.  Each subject includes this file, so that the
 * compiler puts the subject's calls into the loops.
 */
#ifndef LOOP_H
#define LOOP_H

#include "native.h"

/**
 * struct calls - the calls of a subject; they are inlined, so that none goes by a pointer
 * @alloc: a block
 * @free: a block
 * @alloc_bulk: many blocks, instead of @alloc; or NULL
 * @free_bulk: many blocks, instead of @free; or NULL
 */
struct calls {
	unsigned long (*alloc)(void *region, unsigned int order);
	void (*free)(void *region, unsigned long block, unsigned int order);
	void (*alloc_bulk)(void *region, unsigned int order, unsigned int nr,
			   unsigned long *blocks);
	void (*free_bulk)(void *region, unsigned int order, unsigned int nr,
			  const unsigned long *blocks);
};

static __always_inline void loop_alloc(struct thread *thread, const struct calls calls,
				       unsigned int nr)
{
	unsigned int i;

	if (calls.alloc_bulk)
		for (i = 0; i < nr; i += THREAD_BY)
			calls.alloc_bulk(thread->region, thread->order, THREAD_BY,
					 thread->blocks + i);
	else
		for (i = 0; i < nr; i++)
			thread->blocks[i] = calls.alloc(thread->region, thread->order);
}

static __always_inline void loop_free(struct thread *thread, const struct calls calls,
				      unsigned int nr)
{
	unsigned int i;

	if (calls.free_bulk)
		for (i = 0; i < nr; i += THREAD_BY)
			calls.free_bulk(thread->region, thread->order, THREAD_BY,
					thread->blocks + i);
	else
		for (i = 0; i < nr; i++)
			calls.free(thread->region, thread->blocks[i], thread->order);
}

static __always_inline void loop_pairs(struct thread *thread, const struct calls calls)
{
	double start = threads_now(), now;

	do {
		unsigned int i;

		for (i = 0; i < THREAD_BULK; i++)
			calls.free(thread->region, calls.alloc(thread->region, thread->order),
				   thread->order);
		thread->ops += THREAD_BULK;
		now = threads_now();
	} while (now < thread->end);
	thread->alloc_ns += now - start;
}

static __always_inline void loop_bulk(struct thread *thread, const struct calls calls)
{
	double start = threads_now(), middle, now;

	do {
		loop_alloc(thread, calls, THREAD_BULK);
		middle = threads_now();
		loop_free(thread, calls, THREAD_BULK);
		now = threads_now();
		thread->alloc_ns += middle - start;
		thread->free_ns += now - middle;
		thread->ops += THREAD_BULK;
		start = now;
	} while (now < thread->end);
}

/* Free blocks at random, then allocate as many. */
static __always_inline void loop_random(struct thread *thread, const struct calls calls)
{
	double start, middle, now;

	do {
		threads_shuffle(thread);
		start = threads_now();
		loop_free(thread, calls, THREAD_RANDOM);
		middle = threads_now();
		loop_alloc(thread, calls, THREAD_RANDOM);
		now = threads_now();
		thread->free_ns += middle - start;
		thread->alloc_ns += now - middle;
		thread->ops += THREAD_RANDOM;
	} while (now < thread->end);
}

static __always_inline void thread_loop_calls(struct thread *thread, const struct calls calls)
{
	switch (thread->job) {
	case JOB_PAIRS:
		loop_pairs(thread, calls);
		break;
	case JOB_BULK:
		loop_bulk(thread, calls);
		break;
	case JOB_RANDOM:
		loop_random(thread, calls);
		break;
	}
}

static __always_inline void thread_loop(struct thread *thread,
					unsigned long (*alloc)(void *region, unsigned int order),
					void (*free)(void *region, unsigned long block,
						     unsigned int order))
{
	thread_loop_calls(thread, (struct calls){ .alloc = alloc, .free = free });
}

#endif /* LOOP_H */
