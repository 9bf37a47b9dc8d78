/* SPDX-License-Identifier: GPL-2.0 */
/* The pool layer's tracepoints, buddypool:mp_*.  pool.c defines them. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM buddypool

#if !defined(POOL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define POOL_TRACE_H

#include <linux/tracepoint.h>

#include "pool.h"

DECLARE_EVENT_CLASS(mp_pool,
	TP_PROTO(const struct mp_pool *pool),
	TP_ARGS(pool),
	TP_STRUCT__entry(
		__field(const void *, pool)
		__array(char, name, MP_NAME_LEN)
		__field(unsigned long, blocks)
		__field(size_t, given)
		__field(unsigned long, large)
	),
	TP_fast_assign(
		__entry->pool = pool;
		strscpy(__entry->name, pool->name, MP_NAME_LEN);
		__entry->blocks = pool->nr_blocks;
		__entry->given = pool->given;
		__entry->large = pool->nr_large;
	),
	TP_printk("pool=%p name=%s blocks=%lu given=%zu large=%lu", __entry->pool,
		  __entry->name, __entry->blocks, __entry->given, __entry->large)
);

DEFINE_EVENT(mp_pool, mp_create, TP_PROTO(const struct mp_pool *pool), TP_ARGS(pool));
/* Both events come before anything is freed. */
DEFINE_EVENT(mp_pool, mp_reset, TP_PROTO(const struct mp_pool *pool), TP_ARGS(pool));
DEFINE_EVENT(mp_pool, mp_destroy, TP_PROTO(const struct mp_pool *pool), TP_ARGS(pool));

DECLARE_EVENT_CLASS(mp_request,
	TP_PROTO(const struct mp_pool *pool, size_t size),
	TP_ARGS(pool, size),
	TP_STRUCT__entry(
		__field(const void *, pool)
		__array(char, name, MP_NAME_LEN)
		__field(size_t, size)
	),
	TP_fast_assign(
		__entry->pool = pool;
		strscpy(__entry->name, pool->name, MP_NAME_LEN);
		__entry->size = size;
	),
	TP_printk("pool=%p name=%s size=%zu", __entry->pool, __entry->name, __entry->size)
);

/* A large object was allocated. */
DEFINE_EVENT(mp_request, mp_large,
	TP_PROTO(const struct mp_pool *pool, size_t size), TP_ARGS(pool, size));
/* An allocation of any size failed. */
DEFINE_EVENT(mp_request, mp_fail,
	TP_PROTO(const struct mp_pool *pool, size_t size), TP_ARGS(pool, size));

#endif /* POOL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
