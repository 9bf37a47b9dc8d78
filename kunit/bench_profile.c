// SPDX-License-Identifier: GPL-2.0
/* Work for scripts/profile.sh to watch: pairs, then many allocations and frees. */
#include <linux/module.h>

#include "../buddy/buddy.h"

static unsigned int order;
module_param(order, uint, 0444);
MODULE_PARM_DESC(order, "of all blocks");

static bool bulk;
module_param(bulk, bool, 0444);
MODULE_PARM_DESC(bulk, "all allocations before the first free");

static unsigned long pfns[256];

static int __init profile_init(void)
{
	struct buddy_region *region;
	unsigned int i;

	region = buddy_region_create("profile", BIT(30), BIT(18), NULL);
	if (IS_ERR(region))
		return PTR_ERR(region);
	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		pfns[i] = buddy_alloc_pfn(region, order, 0);
		if (!bulk)
			buddy_free_pfn(region, pfns[i], order);
	}
	for (i = 0; i < ARRAY_SIZE(pfns) && bulk; i++)
		buddy_free_pfn(region, pfns[i], order);
	return buddy_region_destroy(region);
}
module_init(profile_init);

static void __exit profile_exit(void)
{
}
module_exit(profile_exit);

MODULE_DESCRIPTION("Work to profile");
MODULE_LICENSE("GPL");
