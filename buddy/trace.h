/* SPDX-License-Identifier: GPL-2.0 */
/* The page layer's tracepoints, buddypool:buddy_*; trace.c makes them. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM buddypool

#if !defined(BUDDY_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BUDDY_TRACE_H

#include <linux/tracepoint.h>

#include "internal.h"

/* While buddy_alloc, buddy_free or buddy_fail is enabled, no call takes the inline paths. */
int buddy_watch_get(void);
void buddy_watch_put(void);

DECLARE_EVENT_CLASS(buddy_block,
	TP_PROTO(const struct buddy_region *region, unsigned long pfn, unsigned long pages),
	TP_ARGS(region, pfn, pages),
	TP_STRUCT__entry(
		__array(char, region, NAME_LEN)
		__field(unsigned long, pfn)
		__field(unsigned long, pages)
	),
	TP_fast_assign(
		strscpy(__entry->region, region->name, NAME_LEN);
		__entry->pfn = pfn;
		__entry->pages = pages;
	),
	TP_printk("region=%s pfn=%#lx pages=%lu", __entry->region, __entry->pfn, __entry->pages)
);

/* A block was allocated, or freed. */
DEFINE_EVENT_FN(buddy_block, buddy_alloc,
	TP_PROTO(const struct buddy_region *region, unsigned long pfn, unsigned long pages),
	TP_ARGS(region, pfn, pages), buddy_watch_get, buddy_watch_put);
DEFINE_EVENT_FN(buddy_block, buddy_free,
	TP_PROTO(const struct buddy_region *region, unsigned long pfn, unsigned long pages),
	TP_ARGS(region, pfn, pages), buddy_watch_get, buddy_watch_put);
/* So many pages were allocated from a larger block at pfn; the rest of it stays free. */
DEFINE_EVENT(buddy_block, buddy_split,
	TP_PROTO(const struct buddy_region *region, unsigned long pfn, unsigned long pages),
	TP_ARGS(region, pfn, pages));
/* Free buddies became one free block of that many pages. */
DEFINE_EVENT(buddy_block, buddy_merge,
	TP_PROTO(const struct buddy_region *region, unsigned long pfn, unsigned long pages),
	TP_ARGS(region, pfn, pages));
/* This CPU caches the cluster, or the large blocks, from pfn on: so many free pages. */
DEFINE_EVENT(buddy_block, buddy_refill,
	TP_PROTO(const struct buddy_region *region, unsigned long pfn, unsigned long pages),
	TP_ARGS(region, pfn, pages));
/* A CPU gave up the cluster, or large blocks, from pfn on: so many free pages. */
DEFINE_EVENT(buddy_block, buddy_drain,
	TP_PROTO(const struct buddy_region *region, unsigned long pfn, unsigned long pages),
	TP_ARGS(region, pfn, pages));

TRACE_EVENT_FN(buddy_fail,
	TP_PROTO(const struct buddy_region *region, unsigned int order, unsigned long pages),
	TP_ARGS(region, order, pages),
	TP_STRUCT__entry(
		__array(char, region, NAME_LEN)
		__field(unsigned int, order)
		__field(unsigned long, pages)
	),
	TP_fast_assign(
		strscpy(__entry->region, region->name, NAME_LEN);
		__entry->order = order;
		__entry->pages = pages;
	),
	TP_printk("region=%s order=%u pages=%lu", __entry->region, __entry->order,
		  __entry->pages),
	buddy_watch_get, buddy_watch_put
);

#endif /* BUDDY_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
