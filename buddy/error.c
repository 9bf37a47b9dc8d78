// SPDX-License-Identifier: GPL-2.0
/*
 * What a caller can do wrong: each mistake is counted, and the first one of its kind
 * is reported.  No mistake is printed under a spinlock, but by a watched free.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>

#include "internal.h"

static const char * const error_text[BUDDY_NR_ERRORS] = {
	[BUDDY_DOUBLE_FREE] = "the block is free already",
	[BUDDY_NOT_A_HEAD] = "this is inside a block, not its start",
	[BUDDY_WRONG_SIZE] = "the block has another size",
	[BUDDY_OUTSIDE] = "this is in no region",
	[BUDDY_WRONG_REGION] = "this belongs to region ",
	[BUDDY_MISALIGNED] = "the address is not page aligned",
	[BUDDY_UNMAPPED] = "the region has no kernel mapping",
	[BUDDY_NO_PAGES] = "zero pages are no block",
	[BUDDY_WRITE_AFTER_FREE] = "a free page was written to",
	[BUDDY_ZONE] = "the flags ask for a zone that cannot be chosen",
	[BUDDY_IN_NMI] = "this takes a lock, which NMI context cannot wait for",
	[BUDDY_WINDOW] = "the window is too small, or its boundary is no power of two",
	[BUDDY_PART] = "this is no part of the block",
};

/* Calls that named no region or pool: the file bad_calls.  Exported for the tests. */
atomic_t buddy_bad_calls;
EXPORT_SYMBOL_GPL(buddy_bad_calls);

/* Count a mistake in @region; the first of its kind there is a WARN with the facts. */
void buddy_caller_error(struct buddy_region *region, const struct caller_error *error)
{
	const struct buddy_region *other = NULL;
	enum buddy_error kind = error->kind;
	char place[32] = "", block[40] = "";

	rcu_read_lock();
	if (kind == BUDDY_OUTSIDE) {
		other = buddy_region_find(error->pfn, error->addr);
		if (other)
			kind = BUDDY_WRONG_REGION;
	}
	if (atomic_long_inc_return(&region->errors[kind]) == 1) {
		if (error->addr)
			snprintf(place, sizeof(place), ": address %#lx",
				 (unsigned long)error->addr);
		else if (error->pfn != BUDDY_NO_PFN)
			snprintf(place, sizeof(place), ": pfn %#lx", error->pfn);
		if (error->actual)
			snprintf(block, sizeof(block), ", the block has %lu", error->actual);
		WARN(1, "buddypool: region %s: %s%s%s, %lu pages given%s\n", region->name,
		     error_text[kind], other ? other->name : "", place, error->given, block);
	}
	rcu_read_unlock();
}

/* Out of line, so that no caller builds the facts on its stack. */
void __cold buddy_page_error(struct buddy_region *region, enum buddy_error kind,
			     unsigned long pfn, unsigned long nr)
{
	buddy_caller_error(region, &(struct caller_error){
		.kind = kind, .pfn = pfn, .given = nr });
}

void __cold buddy_addr_error(struct buddy_region *region, enum buddy_error kind,
			     const void *addr, unsigned long nr_pages)
{
	buddy_caller_error(region, &(struct caller_error){
		.kind = kind, .pfn = BUDDY_NO_PFN, .addr = addr, .given = nr_pages });
}

/*
 * No block of @nr pages could be freed at @pfn, for the reason @kind, or because the
 * block there has @used pages.
 */
void __cold buddy_wrong_free(struct buddy_region *region, enum buddy_error kind,
			     unsigned long pfn, unsigned long nr, unsigned long used)
{
	/* A block of this size is in use now: it was freed and allocated again meanwhile. */
	if (used && used == nr) {
		kind = BUDDY_DOUBLE_FREE;
		used = 0;
	}
	buddy_caller_error(region, &(struct caller_error){
		.kind = used ? BUDDY_WRONG_SIZE : kind,
		.pfn = pfn, .given = nr, .actual = used });
}

/* @times pages of a block of @nr pages at @pfn were free already when it was freed. */
void __cold buddy_double_free(struct buddy_region *region, unsigned long pfn,
			      unsigned long nr, unsigned long times)
{
	while (times--)
		buddy_page_error(region, BUDDY_DOUBLE_FREE, pfn, nr);
}

/*
 * Count a call of @func that named no region or pool, so that none can count it.  @text
 * says what is wrong with @pointer.  The first such call is a WARN; later ones are lines,
 * at a limited rate.
 */
void buddy_bad_call(const char *func, const char *text, const void *pointer)
{
	if (atomic_inc_return(&buddy_bad_calls) == 1)
		WARN(1, "buddypool: %s(): %s (%p)\n", func, text, pointer);
	else
		pr_err_ratelimited("%s(): %s (%p)\n", func, text, pointer);
}
