// SPDX-License-Identifier: GPL-2.0
/* What a pool's users can do wrong, as far as it can be told in constant time. */
#include <linux/bug.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "../buddy/internal.h"
#include "internal.h"

/*
 * A destroyed pool is still one to look at while its first page has no other owner,
 * and is neither poisoned nor gone: nothing is written into free pages.  It is only
 * read here.
 */
void mp_report_pool(const char *func, const struct mp_pool *pool)
{
	char what[128];

	if (!pool || !PAGE_ALIGNED(pool) || pool->magic != POOL_GONE) {
		bad_call(func, "this is no pool", pool);
		return;
	}
	snprintf(what, sizeof(what), "this was pool '%.*s' made by %pS, which is destroyed",
		 MP_NAME_LEN, pool->name, (void *)pool->caller);
	bad_call(func, what, pool);
}

/* A call that nothing may make in an NMI: it is refused, as it could never end. */
bool mp_refuse_in_nmi(const char *func)
{
	if (!in_nmi())
		return false;
	bad_call(func, "this cannot be called in an NMI", NULL);
	return true;
}

/* The pool is alive, so what was done to it is told apart. */
void mp_report_mark(const char *func, const struct mp_pool *pool, bool outdated)
{
	atomic_inc(&buddy_bad_calls);
	if (outdated)
		WARN_ONCE(true, "buddypool: %s(): pool '%s' made by %pS has been reset, or gone back further, since this mark was set\n",
			  func, pool->name, (void *)pool->caller);
	else
		WARN_ONCE(true, "buddypool: %s(): this mark is not one of pool '%s' made by %pS\n",
			  func, pool->name, (void *)pool->caller);
}

/* It counts in the region, as it does where pages are asked for. */
void mp_report_zone(struct buddy_region *region, const struct mp_pool *pool, size_t size)
{
	caller_error(region, BUDDY_ZONE, true, (unsigned long)pool,
		     DIV_ROUND_UP(size, PAGE_SIZE), 0);
}

/*
 * Make of @name, which has room for @size bytes, one word that is not the name of
 * the last row in the file "pools".
 */
char *mp_fix_name(char *name, size_t size)
{
	char *c;

	for (c = name; *c; c++)
		if (!isascii(*c) || !isgraph(*c))
			*c = '_';
	if (!strcmp(name, "total"))
		strscpy(name, "total_", size);
	return name;
}

void mp_set_name(struct mp_pool *pool, const char *name)
{
	strscpy(pool->name, name ?: "", MP_NAME_LEN);
	mp_fix_name(pool->name, MP_NAME_LEN);
}
