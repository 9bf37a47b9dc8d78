/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done at each allocation and each free while buddy_is_watched(), and when:
 *
 *	before an allocation	fault.c		fail on demand
 *	after it		page_poison.c	check that no free page was written to
 *				page_owner.c	remember who allocated the block
 *				trace.c		tracepoint
 *	before a free		trace.c		tracepoint
 *				page_owner.c	the block has no owner any more
 *				page_poison.c	fill the pages with poison
 *	at a split		trace.c		tracepoints, as if the block was freed and
 *						each page was allocated
 *				page_owner.c	each page has the owner of the block
 *
 * While at least one of these is on, no call takes the inline paths: a static key keeps
 * them out, and for failures on demand a test of fail_page's probability.
 *
 * The block of a watched free is claimed, or checked under region->watch_lock: so a block
 * that is freed twice at once is not poisoned under its next owner.
 */
#ifndef BUDDY_WATCH_H
#define BUDDY_WATCH_H

#include "internal.h"
#include "trace.h"

/* fault.c */
bool buddy_should_fail(unsigned long nr);

/* page_poison.c */
void buddy_page_poison_init(void);
void buddy_page_poison_add(struct buddy_region *region);
void buddy_page_poison_remove(struct buddy_region *region);
void buddy_page_poison_check(struct buddy_region *region, unsigned long pfn,
			     unsigned long nr);
void buddy_page_poison_fill(struct buddy_region *region, unsigned long pfn,
			    unsigned long nr);

/* page_owner.c */
struct seq_file;
int buddy_page_owner_init(void);
int buddy_page_owner_add(struct buddy_region *region, const char *what);
void buddy_page_owner_remove(struct buddy_region *region);
void buddy_page_owner_set(struct buddy_region *region, unsigned long pfn,
			  unsigned long nr);
void buddy_page_owner_split(struct buddy_region *region, unsigned long pfn,
			    unsigned long nr);
void buddy_page_owner_trim(struct buddy_region *region, unsigned long pfn,
			   unsigned long first, unsigned long keep);
void buddy_page_owner_reset(struct buddy_region *region, unsigned long pfn);
void buddy_page_owner_print(struct buddy_region *region, unsigned long pfn);
void buddy_page_owner_print_all(struct buddy_region *region);
int buddy_page_owner_show(struct seq_file *m, struct buddy_region *region);

/* @pfn is BUDDY_NO_PFN if the allocation failed. */
static inline void watch_alloc(struct buddy_region *region, unsigned long pfn,
			       unsigned int order, unsigned long nr)
{
	if (pfn == BUDDY_NO_PFN) {
		trace_buddy_fail(region, order, nr);
		return;
	}
	buddy_page_poison_check(region, pfn, nr);
	buddy_page_owner_set(region, pfn, nr);
	trace_buddy_alloc(region, pfn, nr);
}

/* No other call can free the block. */
static inline void watch_free(struct buddy_region *region, unsigned long pfn,
			      unsigned long nr)
{
	trace_buddy_free(region, pfn, nr);
	buddy_page_owner_reset(region, pfn);
	buddy_page_poison_fill(region, pfn, nr);
}

/*
 * The pages stay in use, so nothing is filled with poison.  A reader of the trace finds
 * the allocation of each page that is freed later.
 */
static inline void watch_split(struct buddy_region *region, unsigned long pfn,
			       unsigned long nr)
{
	unsigned long i;

	trace_buddy_free(region, pfn, nr);
	buddy_page_owner_split(region, pfn, nr);
	for (i = 0; i < nr; i++)
		trace_buddy_alloc(region, pfn + i, 1);
}

#endif /* BUDDY_WATCH_H */
