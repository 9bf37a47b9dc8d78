// SPDX-License-Identifier: GPL-2.0
/* A region out of a range that the driver has, here without a mapping. */
#include <linux/err.h>
#include <linux/module.h>

#include <buddy/buddy.h>

static unsigned long base = 0x100000000;
module_param(base, ulong, 0444);
MODULE_PARM_DESC(base, "physical address of the range, a multiple of a page");

static unsigned long pages = 1000;
module_param(pages, ulong, 0444);
MODULE_PARM_DESC(pages, "its length");

static struct buddy_region *region;
static unsigned long block;

/* As a driver's probe(), no __init: the file owners can name a function that stays. */
static noinline int own_range_probe(void)
{
	region = buddy_region_create("device-memory", base >> PAGE_SHIFT, pages,
				     NULL);
	if (IS_ERR(region))
		return PTR_ERR(region);

	block = buddy_alloc_pfn_exact(region, 100, 0);
	if (block == BUDDY_NO_PFN) {
		buddy_region_destroy(region);
		return -ENOMEM;
	}
	pr_info("%s: 100 pages from pfn %#lx\n", buddy_region_name(region),
		block);
	return 0;
}

static int __init own_range_init(void)
{
	return own_range_probe();
}
module_init(own_range_init);

static void __exit own_range_exit(void)
{
	buddy_free_pfn_exact(region, block, 100);
	if (buddy_region_destroy(region))
		pr_err("%s is still in use\n", buddy_region_name(region));
}
module_exit(own_range_exit);

MODULE_DESCRIPTION("Example: a region out of a range of one's own");
MODULE_LICENSE("GPL");
