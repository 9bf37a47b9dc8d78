// SPDX-License-Identifier: GPL-2.0
/* Allocations that fail on demand: debugfs's fail_page, the kernel's fault injection. */
#include <linux/module.h>

#include "lock.h"
#include "watch.h"

#ifdef CONFIG_FAULT_INJECTION
struct fault_attr buddy_fail_page = FAULT_ATTR_INITIALIZER;
EXPORT_SYMBOL_GPL(buddy_fail_page);
#endif

/* Whether an allocation of @nr pages shall fail. */
bool buddy_should_fail(unsigned long nr)
{
#ifdef CONFIG_FAULT_INJECTION
	/* should_fail() asks for a random number. */
	return kernel_may_allocate() && should_fail(&buddy_fail_page, nr << PAGE_SHIFT);
#else
	return false;
#endif
}
