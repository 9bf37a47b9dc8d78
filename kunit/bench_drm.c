// SPDX-License-Identifier: GPL-2.0
/* drm_buddy at the work of bench_orders.c; a module of its own, as it is one. */
#include "bench_drm.h"
#include "bench_orders.h"

static int bench_drm(void)
{
	struct locked_drm drm;
	unsigned int i;
	int err = bench_drm_init(&drm, ORDERS_PAGES);

	if (err)
		return err;
	for (i = 0; i < runs * ARRAY_SIZE(orders); i++)
		bench_order(&drm_buddy, &drm, orders[i % ARRAY_SIZE(orders)]);
	drm_buddy_fini(&drm.mm);
	return 0;
}

BENCH_MODULE(bench_drm, "drm_buddy, blocks of one order");
