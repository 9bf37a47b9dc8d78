// SPDX-License-Identifier: GPL-2.0
/* Suite random_caches: random_test.c with per-CPU caches; 6.1 allows one suite a module. */
#define WITH_CACHES
#include "random_test.c"
