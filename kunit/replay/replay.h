/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording.  trace.c reads it, replay.c runs it up to a given operation, replay_pages.c
 * and replay_pools.c do the operations of their formats.
 */
#ifndef KUNIT_REPLAY_H
#define KUNIT_REPLAY_H

#include "../../buddy/buddy.h"

/**
 * struct op - one line of a recording
 * @kind: its letter
 * @arg: its numbers
 */
struct op {
	char kind;
	u32 arg[3];
};

/**
 * struct format - how to replay one kind of recording
 * @args: how many numbers follow a letter; 0 if the format does not have the letter
 * @highest: the highest number of a slot or pool in an operation
 * @start: create slots below @nr, all of them empty
 * @weigh: follow the state without allocating; return how much is in use after @op, or
 *	-EINVAL if @op is not possible in this state
 * @run: do the operation; @serial differs for each one
 * @finish: check and free all that is still allocated
 * @stop: free the slots
 */
struct format {
	unsigned int (*args)(char kind);
	u32 (*highest)(const struct op *op);
	int (*start)(unsigned long nr);
	long (*weigh)(const struct op *op);
	int (*run)(struct buddy_region *region, const struct op *op,
		   unsigned long serial);
	int (*finish)(struct buddy_region *region);
	void (*stop)(void);
};

/**
 * struct trace - a recording
 * @path: its file, not compressed
 * @format: its format
 * @ops: its operations
 * @nr: how many operations
 * @slots: all numbers of slots and pools are below this
 * @peak: the most pages, or bytes in pools, that are in use
 * @peak_at: the number of operations after which that is so
 */
struct trace {
	char *path;
	const struct format *format;
	struct op *ops;
	unsigned long nr;
	unsigned long slots;
	unsigned long peak;
	unsigned long peak_at;
};

int trace_read(struct trace *trace);
void trace_free(struct trace *trace);

extern const struct format pages_format;
extern const struct format pools_format;

/* How many pages or objects had their stamp when they were freed. */
extern unsigned long replay_checked;

#endif /* KUNIT_REPLAY_H */
