/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the explorer share.  Documentation/explore.rst says what it does.
 *
 * sched.c decides who goes on, memory.c does the accesses, model.c makes the calls and
 * knows who owns which page, check.c looks through all metadata, scenarios.c and
 * random.c say what is run, main.c runs it, print.c names what is printed.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdio.h>

#include "pcp.h"

#define BASE		0x1000UL	/* the first pfn of a region */
#define MAX_RANGES	2
#define MAX_CLUSTERS	40
#define MAX_PROGRAMS	4
#define MAX_OPS		12
#define MAX_SETUP	40
#define NR_SLOTS	64

/* --- what is run --- */

/**
 * enum op_kind - one call, about the block that a slot has or gets
 * @END: of a program
 * @ALLOC: of order @nr
 * @EXACT: of @nr pages
 * @ALIGNED: of @nr pages, aligned to order @extra
 * @ALLOC_BULK: @extra blocks of order @nr into as many slots
 * @FREE: by order if it has one, else by pages
 * @FREE_EXACT: by pages
 * @FREE_BULK: those of @extra slots, of order @nr
 * @PAGES: buddy_block_pages()
 * @STATS: the region's counters, as buddy_region_stats() reads them
 * @DRAIN: all caches
 * @OFFLINE: CPU @nr dies
 * @AGAIN: by order, though another frees it too: all but the first are a mistake
 * @AGAIN_EXACT: the same by pages
 * @WRONG: a mistake: free @nr pages, from page @extra of the block on
 * @WRONG_PAGE: a mistake: free page @extra of the block by the inline function
 */
enum op_kind {
	END, ALLOC, EXACT, ALIGNED, ALLOC_BULK, FREE, FREE_EXACT, FREE_BULK, PAGES,
	STATS, DRAIN, OFFLINE, AGAIN, AGAIN_EXACT, WRONG, WRONG_PAGE,
};

struct op {
	u8 kind;
	u8 slot;
	u16 nr;
	u8 extra;
	u8 cpu;		/* in a setup, which is no program */
};

struct program {
	u8 cpu;
	bool nmi;
	struct op ops[MAX_OPS + 1];
};

/* A region; without @cache_order, it is what such a region would have. */
struct shape {
	struct pfn_range ranges[MAX_RANGES];
	unsigned int cache_order;
};

/**
 * struct scenario - what runs side by side
 * @shape: of the region
 * @setup: calls that come before, one after the other
 * @programs: the callers
 * @bound: how many preemptions, migrations, late stores and stale loads a schedule has
 *	at most
 * @migrate: whether a task may be moved once it has found its CPU's cache
 * @weak: whether stores may be late and loads stale
 * @watched: whether all calls go the way that track=1, poison=1 and tracepoints need
 */
struct scenario {
	struct shape shape;
	struct op setup[MAX_SETUP + 1];
	struct program programs[MAX_PROGRAMS + 1];
	unsigned int bound;
	bool migrate;
	bool weak;
	bool watched;
};

static inline bool has_program(const struct scenario *scenario, unsigned int i)
{
	return i < MAX_PROGRAMS && scenario->programs[i].ops[0].kind != END;
}

/**
 * struct family - scenarios of one kind: a row of the table
 * @name: what the row says
 * @make: make scenario @number of it, or any by draw(); false if it has no more
 * @sample: schedules at random, in place of all within the bound
 */
struct family {
	const char *name;
	bool (*make)(struct scenario *scenario, unsigned long number);
	bool sample;
};

extern const struct family fixed_families[], random_families[];
extern const unsigned int nr_fixed_families, nr_random_families;

/* --- sched.c --- */

/**
 * struct fiber - one caller under way
 * @program: what it runs
 * @number: its place among the programs
 * @cpu: where it runs
 * @irqs_off: locks that it has or waits for
 * @errors: that were reported to it
 * @kind: of the last of these
 * @waits: for this lock
 * @waits_cpu: for interrupts to be on again on this CPU, or -1
 * @done: with all of it
 */
struct fiber {
	const struct program *program;
	unsigned int number;
	unsigned int cpu;
	unsigned int irqs_off;
	unsigned int errors;
	enum buddy_error kind;
	const raw_spinlock_t *waits;
	int waits_cpu;
	bool done;
};

/* Who runs; NULL in a setup and at rest, when setup_cpu is the CPU. */
extern struct fiber *self;
extern unsigned int setup_cpu;
extern bool tracing;
extern char fault_text[512];

static inline bool has_fault(void)
{
	return fault_text[0];
}

/* The first is kept, and ends the schedule. */
__printf(1, 2) void fault(const char *format, ...);
/* A line of a schedule that is printed. */
__printf(2, 3) void trace_line(const char *func, const char *format, ...);

u64 draw(void);
void seed_draws(u64 seed);

unsigned int decide(unsigned int n, bool counts);
void step(void);
void cpu_offline(unsigned int cpu);

void sched_all(unsigned int bound);
bool sched_next(void);
void sched_random(void);
void sched_run(const struct scenario *scenario);
void sched_stop(void);

/* --- memory.c --- */

void memory_begin(bool weak);
/* A CPU's late stores become visible, at the latest now. */
void memory_settle(unsigned int cpu);
void memory_moved(unsigned int from, unsigned int to);
/* What a caller does who hands a block over, and who takes it over. */
void memory_publish(struct view *view);
void memory_observe(const struct view *view);

/* --- model.c --- */

extern struct buddy_region *region;
/* By cluster, the pages that are somebody's. */
const u64 *owned_pages(void);

/* Make a scenario's region, and do its setup. */
void model_make(const struct scenario *scenario);
/* Back to behind the setup. */
void model_restore(void);
void model_run(const struct program *program);
void model_step(void);
void model_check_write(const void *var);
void model_check_lists(void);
void model_check_rest(void);
void model_error(enum buddy_error kind);

/* --- print.c --- */

void print_scenario(const struct scenario *scenario);
const char *describe_op(const struct op *op);
void describe_var(char *text, size_t size, const void *var);
void describe_value(char *text, size_t size, const void *var, u64 value);

/* --- check.c --- */

void check_region(void);

#endif /* EXPLORE_H */
