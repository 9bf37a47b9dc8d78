// SPDX-License-Identifier: GPL-2.0
/*
 * The module's init and exit.  The page layer knows nothing of pools, so the two layers
 * are put together here.
 */
#include <linux/module.h>

#include "../buddy/heap.h"
#include "internal.h"

static int __init buddypool_init(void)
{
	int err = mp_kasan_init();

	if (err)
		return err;
	mp_debugfs_init();
	buddy_buffers_init();
	err = buddy_init();
	if (err)
		goto kasan;
	err = buddy_heaps_init();
	if (err)
		goto buddy;
	err = buddy_of_init();
	if (err)
		goto heaps;
	buddy_set_loaded();
	mp_fault_init();
	return 0;

heaps:
	buddy_heaps_exit();
buddy:
	buddy_exit();
kasan:
	mp_kasan_exit();
	return err;
}
module_init(buddypool_init);

static void __exit buddypool_exit(void)
{
	buddy_of_exit();
	buddy_heaps_exit();
	buddy_exit();
	mp_fault_exit();
	mp_kasan_exit();
}
module_exit(buddypool_exit);

MODULE_DESCRIPTION("Buddy allocator and pools over reserved physical memory");
MODULE_VERSION("0.9.0");
MODULE_LICENSE("GPL");
