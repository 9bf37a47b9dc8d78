// SPDX-License-Identifier: GPL-2.0
/*
 * The parameter regions=, and the page layer's part of insmod and rmmod.  The other
 * parameters stand in the files that use them: reclaim, uncached, heap_pages, assume_memory
 * (range.c), track (page_owner.c), poison (page_poison.c), heap, heap_mode (heap.c),
 * heap_limit (charge.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pcp.h"
#include "watch.h"

static char *regions;
module_param(regions, charp, 0444);
MODULE_PARM_DESC(regions, "comma-separated [name:]size[@base], as 128M@0x20000000 or fpga:64M; without @base the kernel's own memory is taken, with @dma32 below 4 GiB (default: none)");

/*
 * Read a whole string as a number of bytes, with the suffixes of memparse().  memparse()
 * wraps silently if the number is too large, so the digits are read a second time.
 */
int buddy_parse_bytes(char *text, u64 *bytes)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	char *last, *end;
	u64 digits;
	int err;

	*bytes = memparse(text, &end);
	if (end == text || *end)
		return -EINVAL;
	last = end - 1;
	unit = strchr(units, toupper(*last));
	/* The E of 0x2E is a digit. */
	if (unit && !(text[0] == '0' && tolower(text[1]) == 'x' && *unit == 'E'))
		*last = '\0';
	else
		unit = NULL;
	err = kstrtou64(text, 0, &digits);
	if (!err && unit && digits != *bytes >> 10 * (unit - units + 1))
		err = -ERANGE;
	return err;
}

/* One [name:]size[@base]; @index names a region that has no name. */
static int add_entry(char *entry, unsigned int index)
{
	char what[80], fallback[16];
	char *name = fallback, *size = entry, *base;
	enum origin origin = ORIGIN_KERNEL;
	u64 size_bytes, base_bytes = 0;
	struct buddy_region *region;
	int err;

	snprintf(what, sizeof(what), "regions=%s", entry);
	snprintf(fallback, sizeof(fallback), "region%u", index);
	if (strchr(entry, ':'))
		name = strsep(&size, ":");
	base = size;
	size = strsep(&base, "@");

	err = buddy_parse_bytes(size, &size_bytes);
	if (base && !strcmp(base, "dma32")) {
		origin = ORIGIN_KERNEL;
		base_bytes = BIT_ULL(32);
	} else if (!err && base) {
		origin = ORIGIN_RESERVED;
		err = buddy_parse_bytes(base, &base_bytes);
	}
	if (err) {
		pr_err("%s: not [name:]size[@base] with numbers below 2^64, such as fpga:64M, 64M@dma32 or 128M@0x20000000\n",
		       what);
		return err;
	}
	region = buddy_region_add(origin, what, name, base_bytes, size_bytes, NULL);
	err = PTR_ERR_OR_ZERO(region);
	/* To modprobe, -EEXIST says that the module is loaded, and all is well. */
	return err == -EEXIST ? -EBUSY : err;
}

/* Call @fn for each entry of a comma-separated list, which NULL has none of, until one fails. */
int buddy_parse_list(const char *list, int (*fn)(char *entry, unsigned int index))
{
	char *copy, *rest, *entry;
	unsigned int index = 0;
	int err = 0;

	if (!list)
		return 0;
	copy = kstrdup(list, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while (!err && (entry = strsep(&rest, ",")))
		err = fn(entry, index++);
	kfree(copy);
	return err;
}

static int add_regions(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, BUDDY_OF_COMPATIBLE);

	of_node_put(node);
	if (!regions && !node)
		pr_info("no region is made; regions=fpga:128M@0x20000000 or regions=64M makes one, see modinfo\n");
	return buddy_parse_list(regions, add_entry);
}

/* The page layer's part of insmod. */
int buddy_init(void)
{
	int err = buddy_page_owner_init() ?: buddy_hotplug_init();

	if (err)
		return err;
	buddy_page_poison_init();
	buddy_debugfs_init();
	err = add_regions() ?: buddy_check_uncached();
	if (err)
		buddy_exit();
	return err;
}

/* The page layer's part of rmmod. */
void buddy_exit(void)
{
	buddy_regions_remove_all();
	buddy_debugfs_exit();
	buddy_hotplug_exit();
}
