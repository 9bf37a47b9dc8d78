// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of what a caller passes to the pool layer, and the reports of caller errors.
 * Each check takes constant time.  A refused call is counted in the debugfs file
 * bad_calls.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "internal.h"

/* As buddy_bad_call(), with a text that is formatted. */
static __printf(3, 4) void report_err(const char *func, const void *pointer,
				      const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	buddy_bad_call(func, what, pointer);
}

/*
 * Report a call of @func with @pool, which is not a live pool.  A destroyed pool can be
 * named: nothing is written into free pages, so until its first page is allocated again
 * the page still holds what the pool was.  (With poison=1 it is overwritten.)
 */
void mp_report_pool(const char *func, const struct mp_pool *pool)
{
	if (!pool || !PAGE_ALIGNED(pool) || pool->magic != POOL_GONE)
		report_err(func, pool, "this is no pool");
	else
		report_err(func, pool, "this was pool '%.*s' made by %pS, which is destroyed",
			   MP_NAME_LEN, pool->name, (void *)pool->caller);
}

/* Report a call of @func with @pool, of which @what is said. */
void mp_report_state(const char *func, const struct mp_pool *pool, const char *what)
{
	report_err(func, pool, "%s, '%s' made by %pS", what, pool->name, (void *)pool->caller);
}

/* Report a call of @func in NMI context, where it is not allowed. */
void mp_report_nmi(const char *func)
{
	report_err(func, NULL, "this cannot be called in an NMI");
}

/* Report a rewind of @pool to @mark, which is of another pool or outdated. */
void mp_report_mark(const char *func, const struct mp_pool *pool,
		    const struct mp_mark *mark)
{
	if (mark->pool == pool)
		report_err(func, mark, "pool '%s' made by %pS has been reset, or gone back further, since this mark was set",
			   pool->name, (void *)pool->caller);
	else
		report_err(func, mark, "this mark is not one of pool '%s' made by %pS",
			   pool->name, (void *)pool->caller);
}

/*
 * Make @name, a buffer of @size bytes, one word that is not the name of the last row in
 * the debugfs file "pools".
 */
void mp_fix_name(char *name, size_t size)
{
	char *c;

	for (c = name; *c; c++)
		if (!isascii(*c) || !isgraph(*c))
			*c = '_';
	if (!strcmp(name, "total"))
		strscpy(name, "total_", size);
}

/* Give @pool a name, or an empty one if @name is NULL. */
void mp_set_name(struct mp_pool *pool, const char *name)
{
	strscpy(pool->name, name ?: "", MP_NAME_LEN);
	mp_fix_name(pool->name, MP_NAME_LEN);
}
