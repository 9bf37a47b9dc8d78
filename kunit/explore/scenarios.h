/* SPDX-License-Identifier: GPL-2.0 */
/* For the tables of scenarios. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "explore.h"

#define ONE_RANGE(nr, order) { .ranges = { { BASE, nr } }, .cache_order = order }

/* Scenario @number of a table; false at its end. */
#define TABLE(name)								\
static bool make_##name(struct scenario *scenario, unsigned long number)  \
{										\
	if (number >= ARRAY_SIZE(name))						\
		return false;							\
	*scenario = name[number];						\
	return true;								\
}

#endif /* SCENARIOS_H */
