/* SPDX-License-Identifier: GPL-2.0 */
/* What model.c records of the callers' blocks, for calls.c. */
#ifndef MODEL_H
#define MODEL_H

#include "explore.h"
#include "run.h"

/**
 * struct slot - a block that programs know by a number
 * @pfn: its first page
 * @nr: its pages; not changed by a free, so that the block can be freed again
 * @held: whether the block is in use
 * @busy: whether a call for this slot has not returned
 * @victim: whether a program makes a mistake with the block
 */
struct slot {
	unsigned long pfn;
	unsigned long nr;
	bool held;
	bool busy;
	bool victim;
};

/**
 * struct attempt - an allocation that has not returned, or has failed
 * @run: the block that it needs
 * @taken: for each cluster, the pages that were not free all the time
 * @mistaken: for each cluster, the pages that a caller freed by mistake meanwhile
 * @beside: a bit for each allocation that had not returned when this one failed
 * @searches: it searches the region in several holds of the lock, if no block is found
 *	at once: what other callers free, or take into a cache or out of it, it may miss
 * @disturbed: another caller may have done so meanwhile
 */
struct attempt {
	struct buddy_run run;
	u64 taken[MAX_CLUSTERS];
	u64 mistaken[MAX_CLUSTERS];
	unsigned int beside;
	bool searches;
	bool disturbed;
};

struct state {
	u64 used[MAX_CLUSTERS];
	/*
	 * By caller: its call that frees them has not returned.  A bulk free can still be
	 * at work when another caller has got one of its pages, and frees that.
	 */
	u64 leaving[MAX_PROGRAMS + 1][MAX_CLUSTERS];
	struct slot slots[NR_SLOTS];
	unsigned int errors;
	unsigned int mistakes;
	u64 allocs[BUDDY_NR_ORDERS];
	u64 frees[BUDDY_NR_ORDERS];
};

extern struct state now;
/* For each slot, the view of the CPU that allocated its block. */
extern struct view views[NR_SLOTS];
/* What each caller frees by mistake now. */
extern const struct slot *mistake[MAX_PROGRAMS];

/* A number for the present caller: that of its program, or one for the setup. */
static inline unsigned int caller(void)
{
	return self ? self->number : MAX_PROGRAMS;
}

bool any_of(const u64 *map, unsigned long pfn, unsigned long nr);
void set_pages(u64 *map, unsigned long pfn, unsigned long nr, bool set);

bool meets(const struct buddy_run *run, unsigned long pfn);
struct attempt *begin_alloc(const struct buddy_run *run, bool searches);
void taken_by(const struct attempt *attempt, unsigned long pfn, unsigned long nr);
void end_alloc(const struct attempt *attempt);
void fail_alloc(struct attempt *attempt);
/* The caller begins a call that frees pages, or moves free pages into a cache or out of it. */
void disturb(void);
bool is_alloc_under_way(void);
bool has_mistakes(void);
/* A block has got pages that a wrong free may have made free: nobody can tell. */
void cannot_be_told(void);

/* --- calls.c --- */

void read_stats(struct buddy_stats *stats);
void drain(void);
void do_op(const struct op *op);

#endif /* MODEL_H */
