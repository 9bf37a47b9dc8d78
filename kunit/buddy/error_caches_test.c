// SPDX-License-Identifier: GPL-2.0
/* Suite error_caches: error_test.c with per-CPU caches; 6.1 allows one suite a module. */
#define WITH_CACHES
#include "error_test.c"
