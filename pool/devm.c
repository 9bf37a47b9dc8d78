// SPDX-License-Identifier: GPL-2.0
/* Pools that are destroyed when a driver is unbound from its device. */
#include <linux/device.h>
#include <linux/export.h>

#include "internal.h"

static void destroy_pool(void *pool)
{
	mp_destroy_pool(pool);
}

/**
 * devm_mp_create_pool() - create a pool that is destroyed with a device's other resources
 * @dev: the device
 * @region: as for mp_create_pool().  It must exist longer than the pool: release it by
 *	devm_add_action_or_reset(), before this call, or when the driver is unbound already
 * @name: as for mp_create_pool_named()
 * @size: as for mp_create_pool()
 * @align: as for mp_create_pool_named()
 * @gfp: as for mp_create_pool()
 *
 * The pool is destroyed when the driver is unbound from @dev, or when its probe function
 * returns an error.  The driver must not call mp_destroy_pool() for it.
 *
 * Context: process, may sleep.  In an interrupt, and with interrupts off, the call is
 * refused and counted in the debugfs file bad_calls.
 * Return: as mp_create_pool_named().  NULL also if the kernel has no memory for the device's
 * list of resources, and if @dev is NULL or an error pointer, which is counted in bad_calls.
 */
struct mp_pool *devm_mp_create_pool(struct device *dev, struct buddy_region *region,
				    const char *name, size_t size, size_t align, gfp_t gfp)
{
	struct mp_pool *pool;

	if (buddy_must_not_sleep(__func__) ||
	    !buddy_is_pointer(__func__, "this is no device", dev))
		return NULL;
	pool = mp_new_pool(__func__, region, name, size, align, gfp, _RET_IP_);
	if (!pool || devm_add_action_or_reset(dev, destroy_pool, pool))
		return NULL;
	return pool;
}
EXPORT_SYMBOL_GPL(devm_mp_create_pool);
