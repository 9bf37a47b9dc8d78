/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the explorer.  Documentation/explore.rst says what it does.
 *
 * sched.c	decides which caller makes the next step
 * memory.c	does the accesses to memory
 * model.c	knows which pages are in use, and judges by that
 * calls.c	makes the calls
 * check.c	checks all metadata of the region
 * stubs.c	stands in for files of the page layer
 * scenarios.c	the tables of scenarios: correct callers
 * scenarios_run.c	the same, about blocks that begin, end and lie anywhere
 * scenarios_wrong.c	callers that make mistakes
 * random.c	random scenarios
 * main.c	runs the scenarios
 * print.c	prints scenarios, variables and values
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdio.h>

#include "pcp.h"

#define BASE		0x1000UL	/* the first pfn of a region */
#define MAX_RANGES	2
#define MAX_CLUSTERS	40
#define MAX_METADATA	(32 * MAX_CLUSTERS)
#define MAX_PFNS	(64 * MAX_CLUSTERS)	/* from BASE on */
#define MAX_PROGRAMS	4
#define MAX_OPS		12
#define MAX_SETUP	40
#define NR_SLOTS	96
#define FIRST_PAGE	64	/* from here on, slots for the pages of blocks that were split */

/* --- scenarios --- */

/**
 * enum op_kind - a call, for the block in a slot
 * @END: the end of a program
 * @ALLOC: allocate a block of order @nr
 * @EXACT: allocate @nr pages
 * @ALIGNED: allocate @nr pages, aligned to order @extra
 * @WITHIN: allocate @nr pages in a window: from page @low to before page @high, counted from
 *	BASE; across no multiple of 2^boundary pages; aligned to order @extra; 0 is no limit
 * @ALLOC_BULK: allocate @extra blocks of order @nr into as many slots
 * @FREE: free, by order if the block has one, else by pages
 * @FREE_EXACT: free by pages
 * @FREE_BULK: free the blocks of order @nr in @extra slots
 * @SPLIT: split a block; the slot keeps its first page, the slots from @extra on have the
 *	others
 * @TRIM: keep @nr pages of a block, or as many as there are, from page @extra on
 * @PAGES: buddy_block_pages()
 * @STATS: read the region's counters, as buddy_region_stats() does
 * @DRAIN: drain all caches
 * @OFFLINE: CPU @nr goes offline
 * @AGAIN: free by order; other callers may do so, too: all but the first make a mistake
 * @AGAIN_EXACT: the same by pages
 * @AGAIN_BULK: the same by a bulk call
 * @AGAIN_SPLIT: split the block and free its pages; counts like a free of the block
 * @AGAIN_TRIM: trim the block and free what is left; counts like a free of the block
 * @WRONG_TRIM: a mistake: trim a block of @nr pages, from page @extra of the block on
 * @KEEP_MORE: a mistake: trim to @nr pages from page @extra on, which the block does not have
 * @WRONG_SPLIT: a mistake: split @nr pages, from page @extra of the block on
 * @WRONG: a mistake: free @nr pages, from page @extra of the block on
 * @WRONG_PAGE: a mistake: free page @extra of the block, by the inline function
 */
enum op_kind {
	END, ALLOC, EXACT, ALIGNED, WITHIN, ALLOC_BULK, FREE, FREE_EXACT, FREE_BULK, SPLIT, TRIM,
	PAGES, STATS, DRAIN, OFFLINE, AGAIN, AGAIN_EXACT, AGAIN_BULK, AGAIN_SPLIT, AGAIN_TRIM,
	WRONG_SPLIT, WRONG_TRIM, KEEP_MORE, WRONG, WRONG_PAGE,
};

struct op {
	u8 kind;
	u8 slot;
	u16 nr;
	u8 extra;
	u8 cpu;		/* only in a setup: a program has its CPU */
	u16 low;
	u16 high;
	u8 boundary;
	bool top_down;
};

struct program {
	u8 cpu;
	bool nmi;
	struct op ops[MAX_OPS + 1];
};

/* The ranges of a region; if @cache_order is 0, it is computed as for any region. */
struct shape {
	struct pfn_range ranges[MAX_RANGES];
	unsigned int cache_order;
};

/**
 * struct scenario - a region and callers that use it at once
 * @shape: the region
 * @setup: calls that are made before, one after the other
 * @programs: the callers
 * @bound: how many preemptions, migrations, late stores and stale loads a schedule has
 *	at most
 * @migrate: whether a task may be moved once it has found its CPU's cache
 * @weak: whether stores may be late and loads may be stale; of a table, each scenario is run
 *	without and with this
 * @watched: whether buddy_is_watched(), as with track=1, poison=1 or a tracepoint
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
 * struct family - scenarios of one kind: a row of the table that is printed
 * @name: the name in the row
 * @make: make scenario @number, or a random one by draw(); false if there are no more
 * @sample: try random schedules instead of all schedules within the bound
 */
struct family {
	const char *name;
	bool (*make)(struct scenario *scenario, unsigned long number);
	bool sample;
};

/* Each ends with a family without a name. */
extern const struct family correct_families[], run_families[], wrong_families[],
			   random_families[];

/* --- sched.c --- */

/**
 * struct fiber - a caller that runs
 * @program: its program
 * @number: the number of the program in the scenario
 * @cpu: the CPU that it runs on
 * @irqs_off: how many locks it has or waits for
 * @errors: how many errors were reported to it
 * @kind: the kind of the last error
 * @waits: the lock that it waits for, or NULL
 * @waits_cpu: the CPU that must enable interrupts before it goes on, or -1
 * @done: it has made all its calls
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

/* The fiber that runs.  NULL in a setup and after the programs: then setup_cpu is the CPU. */
extern struct fiber *self;
extern unsigned int setup_cpu;
extern bool tracing;
extern char fault_text[512];

static inline bool has_fault(void)
{
	return fault_text[0];
}

/* Report a fault, which ends the schedule; only the first one is kept. */
__printf(1, 2) void fault(const char *format, ...);
/* Print a line of the schedule, if tracing. */
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

extern bool memory_is_weak;

void memory_begin(bool weak);
/* All late stores of a CPU become visible now. */
void memory_settle(unsigned int cpu);
void memory_moved(unsigned int from, unsigned int to);
/* A caller passes a block on, and another caller receives it. */
void memory_publish(struct view *view);
void memory_observe(const struct view *view);
/* The present CPU used these pages before.  Whether it may use them: it has seen the last use. */
void memory_leave(unsigned long pfn, unsigned long nr);
bool memory_may_use(unsigned long pfn, unsigned long nr);
/* Whether this CPU has seen the last store to a variable, and no store to it is late. */
bool memory_has_seen(const void *var);

/* --- model.c --- */

extern struct buddy_region *region;
/* For each cluster, the pages that are in use. */
const u64 *used_pages(void);
bool next_block(unsigned int *from, unsigned long *pfn, unsigned long *nr);

/* Create a scenario's region, and make the calls of its setup. */
void model_make(const struct scenario *scenario);
/* Restore the state after the setup. */
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
