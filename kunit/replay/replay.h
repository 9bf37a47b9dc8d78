/* SPDX-License-Identifier: GPL-2.0 */
/* A recorded trace: trace.c reads it, replay.c paces it, a format each knows the rest. */
#ifndef KUNIT_REPLAY_H
#define KUNIT_REPLAY_H

#include "../../buddy/buddy.h"

/**
 * struct op - one line of a trace
 * @kind: its letter
 * @arg: its numbers
 */
struct op {
	char kind;
	u32 arg[3];
};

/**
 * struct format - how to replay one kind of trace
 * @args: how many numbers follow a letter, 0 if the format does not have it
 * @highest: the highest slot or pool number in an operation
 * @start: make room for slots below @nr; they are all empty
 * @weigh: follow the state without allocating; returns what is in use after
 *	@op, or -EINVAL if it does not fit the state
 * @run: do it; @serial differs for each operation
 * @finish: check and give back all that is still held
 * @stop: undo @start
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
 * @format: of which kind
 * @ops: its operations
 * @nr: how many
 * @slots: slot and pool numbers are below
 * @peak: pages, or bytes of a pool trace, in use at most
 * @peak_at: operations up to there
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

/* Objects or pages that were filled and found intact at the end of their life. */
extern unsigned long replay_checked;

#endif /* KUNIT_REPLAY_H */
