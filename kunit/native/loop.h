/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a thread of the lane "threads" does.  Each subject includes this file, so that the
 * compiler puts the subject's calls into the loops.
 */
#ifndef LOOP_H
#define LOOP_H

#include "native.h"

typedef unsigned long (*alloc_fn)(void *region, unsigned int order);
typedef void (*free_fn)(void *region, unsigned long block, unsigned int order);

static __always_inline void loop_pairs(struct thread *thread, alloc_fn alloc, free_fn free)
{
	double start = threads_now(), now;

	do {
		unsigned int i;

		for (i = 0; i < THREAD_BULK; i++)
			free(thread->region, alloc(thread->region, thread->order), thread->order);
		thread->ops += THREAD_BULK;
		now = threads_now();
	} while (now < thread->end);
	thread->alloc_ns += now - start;
}

static __always_inline void loop_bulk(struct thread *thread, alloc_fn alloc, free_fn free)
{
	double start = threads_now(), middle, now;

	do {
		unsigned int i;

		for (i = 0; i < THREAD_BULK; i++)
			thread->blocks[i] = alloc(thread->region, thread->order);
		middle = threads_now();
		for (i = 0; i < THREAD_BULK; i++)
			free(thread->region, thread->blocks[i], thread->order);
		now = threads_now();
		thread->alloc_ns += middle - start;
		thread->free_ns += now - middle;
		thread->ops += THREAD_BULK;
		start = now;
	} while (now < thread->end);
}

/* Free blocks at random, then allocate as many. */
static __always_inline void loop_random(struct thread *thread, alloc_fn alloc, free_fn free)
{
	double start, middle, now;

	do {
		unsigned int i;

		threads_shuffle(thread);
		start = threads_now();
		for (i = 0; i < THREAD_RANDOM; i++)
			free(thread->region, thread->blocks[i], thread->order);
		middle = threads_now();
		for (i = 0; i < THREAD_RANDOM; i++)
			thread->blocks[i] = alloc(thread->region, thread->order);
		now = threads_now();
		thread->free_ns += middle - start;
		thread->alloc_ns += now - middle;
		thread->ops += THREAD_RANDOM;
	} while (now < thread->end);
}

static __always_inline void thread_loop(struct thread *thread, alloc_fn alloc, free_fn free)
{
	switch (thread->job) {
	case JOB_PAIRS:
		loop_pairs(thread, alloc, free);
		break;
	case JOB_BULK:
		loop_bulk(thread, alloc, free);
		break;
	case JOB_RANDOM:
		loop_random(thread, alloc, free);
		break;
	}
}

#endif /* LOOP_H */
