// SPDX-License-Identifier: GPL-2.0
/* A buffer out of a region that was named in regions=. */
#include <linux/module.h>
#include <linux/string.h>

#include <buddy/buddy.h>

#define ORDER	4	/* 16 pages */

static struct buddy_region *region;
static char *buffer;

/* As a driver's probe(), no __init: the file owners can name a function that stays. */
static noinline int by_name_probe(void)
{
	phys_addr_t phys;

	region = buddy_region_get("fpga");
	if (!region)
		return -ENODEV;

	buffer = buddy_alloc(region, ORDER, __GFP_ZERO);
	if (!buffer) {
		buddy_region_put(region);
		return -ENOMEM;
	}

	phys = buddy_virt_to_phys(region, buffer);
	pr_info("%s: a buffer at %pa\n", buddy_region_name(region), &phys);
	strscpy(buffer, "used", (PAGE_SIZE << ORDER));
	return 0;
}

static int __init by_name_init(void)
{
	return by_name_probe();
}
module_init(by_name_init);

static void __exit by_name_exit(void)
{
	buddy_free(region, buffer, ORDER);
	buddy_region_put(region);
}
module_exit(by_name_exit);

MODULE_DESCRIPTION("Example: a buffer out of a named region");
MODULE_LICENSE("GPL");
