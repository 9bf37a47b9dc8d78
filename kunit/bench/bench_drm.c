// SPDX-License-Identifier: GPL-2.0
/*
 * Benchmark: drm_buddy at the work of bench_orders.c and bench_churn.c, in a module of its
 * own, because drm_buddy is a module, too.  Its frees walk a sorted list, so regions are
 * not larger than 1 GiB.
 */
#include "bench_churn.h"
#include "bench_drm.h"
#include "bench_orders.h"

static int churn_drm(unsigned int order, const char *size, unsigned long nr_pages)
{
	struct locked_drm drm;
	struct churn churn;
	char work[48];
	int err;

	if (nr_pages > churn_limit)
		return 0;
	err = bench_drm_init(&drm, nr_pages);
	if (err)
		return err;
	err = churn_init(&churn, &drm_buddy, &drm, nr_pages, order);
	if (!err) {
		churn_name(work, sizeof(work), order, size);
		churn_fill(&drm_buddy, &churn);
		churn_thin(&drm_buddy, &churn);
		churn_measure(&drm_buddy, &churn, work);
		churn_empty(&drm_buddy, &churn, nr_pages);
		churn_exit(&churn);
	}
	drm_buddy_fini(&drm.mm);
	return err;
}

static int bench_main(void)
{
	struct locked_drm drm;
	unsigned int i;
	int err = bench_drm_init(&drm, ORDERS_PAGES);

	if (err)
		return err;
	for (i = 0; i < runs * ARRAY_SIZE(orders); i++)
		bench_order(&drm_buddy, &drm, orders[i % ARRAY_SIZE(orders)]);
	drm_buddy_fini(&drm.mm);
	for (i = 0; i < ARRAY_SIZE(orders) && !err; i++)
		err = churn_drm(orders[i], "64 MiB", SZ_64M >> PAGE_SHIFT) ?:
		      churn_drm(orders[i], "1 GiB", SZ_1G >> PAGE_SHIFT);
	return err;
}

MODULE_DESCRIPTION("Benchmark: drm_buddy at the same work");
