/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between the kernel versions that are supported; only here. */
#ifndef BUDDY_COMPAT_H
#define BUDDY_COMPAT_H

#include <linux/mmzone.h>
#include <linux/version.h>

/* The largest order of alloc_pages(): 6.4 made MAX_ORDER inclusive, 6.8 renamed it. */
#ifndef MAX_PAGE_ORDER
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#else
#define MAX_PAGE_ORDER	MAX_ORDER
#endif
#endif

#endif /* BUDDY_COMPAT_H */
