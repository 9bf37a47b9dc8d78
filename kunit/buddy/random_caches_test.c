// SPDX-License-Identifier: GPL-2.0
/* All of random_test.c again with per-CPU caches; 6.1 wants one suite a module. */
#define WITH_CACHES
#include "random_test.c"
