// SPDX-License-Identifier: GPL-2.0
/* Stand-ins for the files of the page layer that are not compiled. */
#include "explore.h"

bool buddy_should_fail(unsigned long nr)
{
	return false;
}

void buddy_page_owner_set(struct buddy_region *watched, unsigned long pfn, unsigned long nr)
{
}

void buddy_page_owner_split(struct buddy_region *watched, unsigned long pfn,
			    unsigned long nr)
{
}

void buddy_page_owner_trim(struct buddy_region *watched, unsigned long pfn,
			   unsigned long first, unsigned long keep)
{
}

void buddy_page_owner_reset(struct buddy_region *watched, unsigned long pfn)
{
}

void buddy_page_poison_check(struct buddy_region *watched, unsigned long pfn,
			     unsigned long nr)
{
}

void buddy_page_poison_fill(struct buddy_region *watched, unsigned long pfn,
			    unsigned long nr)
{
}

struct buddy_region *buddy_region_find(unsigned long pfn, const void *addr)
{
	return NULL;
}
