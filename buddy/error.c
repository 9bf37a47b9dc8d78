// SPDX-License-Identifier: GPL-2.0
/* What a caller can do wrong: counted, and reported once. */
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
	[BUDDY_ZONE] = "no zone can be chosen, but the flags have __GFP_DMA or __GFP_DMA32",
	[BUDDY_IN_NMI] = "this takes a lock, which NMI context cannot wait for",
};

/* The file bad_calls; exported for the tests. */
atomic_t buddy_bad_calls;
EXPORT_SYMBOL_GPL(buddy_bad_calls);

/*
 * Count a caller's mistake and warn once per region and kind.  @where is a pfn or, if
 * @virt, an address, BUDDY_NO_PFN if there is none; @asked is the page count that the
 * caller gave and @actual that of the block, if there is one.
 */
void caller_error(struct buddy_region *region, enum buddy_error error,
		  bool virt, unsigned long where, unsigned long asked,
		  unsigned long actual)
{
	const struct buddy_region *owner = NULL;
	char place[32] = "", block[40] = "";

	rcu_read_lock();
	if (error == BUDDY_OUTSIDE) {
		owner = region_find(virt, where);
		if (owner)
			error = BUDDY_WRONG_REGION;
	}
	if (atomic_long_inc_return(&region->errors[error]) == 1) {
		if (where != BUDDY_NO_PFN)
			snprintf(place, sizeof(place), ": %s %#lx", virt ? "address" : "pfn",
				 where);
		if (actual)
			snprintf(block, sizeof(block), ", the block has %lu", actual);
		WARN(1, "buddypool: region %s: %s%s%s, %lu pages given%s\n", region->name,
		     error_text[error], owner ? owner->name : "", place, asked, block);
	}
	rcu_read_unlock();
}

/*
 * Count a call of @func that has no region or pool to be counted in; the first one of
 * all is a WARN, later ones are a line each.  @what says what is wrong with @pointer.
 */
void bad_call(const char *func, const char *what, const void *pointer)
{
	if (atomic_inc_return(&buddy_bad_calls) == 1)
		WARN(1, "buddypool: %s(): %s (%p)\n", func, what, pointer);
	else
		pr_err_ratelimited("%s(): %s (%p)\n", func, what, pointer);
}
