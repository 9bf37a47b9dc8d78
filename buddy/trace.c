// SPDX-License-Identifier: GPL-2.0
/* The page layer's tracepoints, and the static key that makes calls be watched. */
#include <linux/module.h>

#include "watch.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

DEFINE_STATIC_KEY_FALSE(buddy_watched);
EXPORT_SYMBOL_GPL(buddy_watched);

int buddy_watch_get(void)
{
	static_branch_inc(&buddy_watched);
	return 0;
}

void buddy_watch_put(void)
{
	static_branch_dec(&buddy_watched);
}
