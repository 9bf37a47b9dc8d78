// SPDX-License-Identifier: GPL-2.0
/*
 * Poison in free pages.  With poison=1 a free fills the pages with a pattern, and an
 * allocation checks it.  In a KASAN kernel, the shadow of free pages is poisoned, too.
 *
 * This file is compiled without KASAN's instrumentation, because it writes to free
 * pages and to their shadow.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poison.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>

#include "watch.h"

#define STRETCH		1024	/* pages that are filled without a pause */
#define KASAN_SHADOW_FREE	0xff	/* what KASAN reports as a free page */

static bool poison;
module_param(poison, bool, 0444);
MODULE_PARM_DESC(poison, "fill free pages, which all of a region are at first, and check them when they are allocated (default: N)");

static void *page_addr(const struct buddy_region *region, unsigned long pfn)
{
	return (void *)((pfn << PAGE_SHIFT) + region->hot.virt_offset);
}

#ifdef CONFIG_KASAN_GENERIC
/*
 * Only memory of the kernel's direct map has a shadow.  That of memremap_pages() has one for
 * all, which is read-only.
 */
bool buddy_has_shadow(const void *addr)
{
	return virt_addr_valid(addr) && !is_zone_device_page(virt_to_page(addr));
}
#endif

static void set_shadow(const struct buddy_region *region, unsigned long pfn,
		       unsigned long nr, u8 value)
{
#ifdef CONFIG_KASAN_GENERIC
	const void *addr = page_addr(region, pfn);

	if (region->hot.mapped && buddy_has_shadow(addr))
		memset(kasan_mem_to_shadow(addr), value,
		       nr << PAGE_SHIFT >> KASAN_SHADOW_SCALE_SHIFT);
#endif
}

static void check(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL, 3);
	const u8 *addr = page_addr(region, pfn), *bad;
	unsigned long bad_pfn;

	bad = memchr_inv(addr, PAGE_POISON, nr << PAGE_SHIFT);
	if (!bad)
		return;
	bad_pfn = pfn + (bad - addr) / PAGE_SIZE;
	buddy_page_error(region, BUDDY_WRITE_AFTER_FREE, bad_pfn, nr);
	if (!__ratelimit(&limit))
		return;
	pr_err("region %s: byte %#lx of the free block of %lu pages at pfn %#lx is %#04x, not %#04x\n",
	       region->name, bad - addr, nr, pfn, *bad, PAGE_POISON);
	buddy_page_owner_print(region, bad_pfn);
}

/* The block was allocated: nothing may have been written to it while it was free. */
void buddy_page_poison_check(struct buddy_region *region, unsigned long pfn,
			     unsigned long nr)
{
	set_shadow(region, pfn, nr, 0);
	if (poison && region->hot.mapped)
		check(region, pfn, nr);
}

/* The block is about to be free. */
void buddy_page_poison_fill(struct buddy_region *region, unsigned long pfn,
			    unsigned long nr)
{
	if (poison && region->hot.mapped)
		memset(page_addr(region, pfn), PAGE_POISON, nr << PAGE_SHIFT);
	set_shadow(region, pfn, nr, KASAN_SHADOW_FREE);
}

static void clear_shadow(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	set_shadow(region, pfn, nr, 0);
}

/* Call @fn for all pages of @region, a stretch at a time. */
static void do_stretches(struct buddy_region *region,
			 void (*fn)(struct buddy_region *region, unsigned long pfn,
				    unsigned long nr))
{
	const struct pfn_range *range;
	unsigned long pfn, left, nr;

	for_each_range(range, region) {
		pfn = range->pfn;
		for (left = range->pages; left; pfn += nr, left -= nr) {
			nr = min_t(unsigned long, left, STRETCH);
			fn(region, pfn, nr);
			cond_resched();
		}
	}
}

/* A new region: all pages are free. */
void buddy_page_poison_add(struct buddy_region *region)
{
	do_stretches(region, buddy_page_poison_fill);
}

/* The region's memory is given back. */
void buddy_page_poison_remove(struct buddy_region *region)
{
	do_stretches(region, clear_shadow);
}

void buddy_page_poison_init(void)
{
	if (poison || IS_ENABLED(CONFIG_KASAN_GENERIC))
		buddy_watch_get();
}
