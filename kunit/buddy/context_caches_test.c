// SPDX-License-Identifier: GPL-2.0
/* Suite context_caches: context_test.c with per-CPU caches; 6.1 allows one suite a module. */
#define WITH_CACHES
#include "context_test.c"
