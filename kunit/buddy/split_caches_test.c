// SPDX-License-Identifier: GPL-2.0
/* Suite split_caches: split_test.c with per-CPU caches; 6.1 allows one suite a module. */
#define WITH_CACHES
#include "split_test.c"
