// SPDX-License-Identifier: GPL-2.0
/*
 * Regions of the devicetree: a driver for nodes that name reserved memory, and how the driver
 * of another device gets such a region.
 * Documentation/devicetree/buddypool,region.yaml describes both nodes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "heap.h"
#include "internal.h"

/**
 * struct node_region - the region of a reserved node
 * @link: in the list of these
 * @node: the node below /reserved-memory; the module has a reference
 * @dev: the device whose node names @node; NULL if the device was unbound while somebody used
 *	the region
 * @region: the region; it stays while it is in this list
 */
struct node_region {
	struct list_head link;
	struct device_node *node;
	struct device *dev;
	struct buddy_region *region;
};

static LIST_HEAD(node_regions);
static DEFINE_MUTEX(nodes_mutex);	/* protects the list; outside the mutex of regions */

static struct node_region *find_node(const struct device_node *node)
{
	struct node_region *entry;

	list_for_each_entry(entry, &node_regions, link)
		if (entry->node == node)
			return entry;
	return NULL;
}

/* Destroy the region, unless somebody uses it. */
static int remove_region(struct node_region *entry)
{
	int err = buddy_region_remove(entry->region, ORIGIN_NODE);

	if (err)
		return err;
	list_del(&entry->link);
	of_node_clear_flag(entry->node, OF_POPULATED);
	of_node_put(entry->node);
	kfree(entry);
	return 0;
}

/*
 * The device goes, and no driver can prevent that.  A region in use stays as it is until the
 * device is bound again, or until rmmod.
 */
static void remove_regions(struct device *dev)
{
	struct node_region *entry, *next;

	lockdep_assert_held(&nodes_mutex);
	list_for_each_entry_safe(entry, next, &node_regions, link) {
		if (entry->dev != dev)
			continue;
		buddy_heap_close(entry->region);
		entry->dev = NULL;
		if (remove_region(entry))
			dev_warn(dev, "region %s is in use: it stays until the device is bound again\n",
				 buddy_region_name(entry->region));
	}
}

static void unbind(void *dev)
{
	mutex_lock(&nodes_mutex);
	remove_regions(dev);
	mutex_unlock(&nodes_mutex);
}

/* --- probe --- */

/* Return another node in use whose memory-region names @node too, or NULL. */
static struct device_node *find_other_user(const struct device_node *self,
					   const struct device_node *node)
{
	struct device_node *other, *named;
	int i;

	for_each_node_with_property(other, "memory-region") {
		if (other == self || !of_device_is_available(other))
			continue;
		for (i = 0; (named = of_parse_phandle(other, "memory-region", i)); i++) {
			of_node_put(named);
			if (named == node)
				return other;
		}
	}
	return NULL;
}

/* Return what the kernel has recorded for @node at its start; NULL if nobody may have it. */
static struct reserved_mem *find_memory(const char *what, const struct device_node *self,
					struct device_node *node)
{
	struct device_node *parent = of_find_node_by_path("/reserved-memory"), *other;
	/* The kernel compares names only, whatever the node's parent. */
	struct reserved_mem *memory = parent && node->parent == parent ?
				      of_reserved_mem_lookup(node) : NULL;
	struct resource resource;
	const char *driver;

	of_node_put(parent);
	if (!of_device_is_available(node)) {
		pr_err("%s: %pOF is disabled, see its property status\n", what, node);
		return NULL;
	}
	if (!of_property_read_string(node, "compatible", &driver)) {
		pr_err("%s: %pOF is for '%s'; name a node without compatible\n", what, node,
		       driver);
		return NULL;
	}
	if (of_property_read_bool(node, "reusable")) {
		pr_err("%s: the kernel uses %pOF itself, remove the node's property reusable\n",
		       what, node);
		return NULL;
	}
	if (!memory || !memory->size) {
		pr_err("%s: the kernel has reserved nothing for %pOF; the node must be below /reserved-memory at the start, see the kernel's first messages\n",
		       what, node);
		return NULL;
	}
	other = find_other_user(self, node);
	if (other) {
		pr_err("%s: %pOF is in memory-region of %pOF, too; each needs its own\n", what,
		       node, other);
		of_node_put(other);
		return NULL;
	}
	if (!of_address_to_resource(node, 1, &resource))
		pr_warn("%s: %pOF has several ranges, of which the kernel records only the first; write a node for each\n",
			what, node);
	return memory;
}

/* A region that stayed at an unbind is the device's again. */
static int take_up(const char *what, const char *name, bool uncached, struct device *dev,
		   struct node_region *entry)
{
	if (entry->dev == dev) {
		pr_err("%s: an entry before this one names %pOF, too; name each node once\n",
		       what, entry->node);
		return -EINVAL;
	}
	if (!entry->dev && !strcmp(buddy_region_name(entry->region), name) &&
	    entry->region->uncached == uncached)
		return 0;
	pr_err("%s: region '%s' has this memory and is in use; close its buffers, free its blocks\n",
	       what, buddy_region_name(entry->region));
	return -EBUSY;
}

static int make_region(const char *what, const char *name, unsigned int flags,
		       const struct reserved_mem *memory, struct node_region *entry)
{
	/* The flag says that a node has a user, also after an rmmod with blocks in use. */
	bool is_taken = of_node_test_and_set_flag(entry->node, OF_POPULATED);

	if (is_taken && !buddy_reclaim) {
		pr_err("%s: blocks of %pOF were in use at an rmmod of this module; when no device uses them any more, load with reclaim=1\n",
		       what, entry->node);
		return -EBUSY;
	}
	entry->region = buddy_region_add_node(what, name, memory->base, memory->size, flags);
	if (IS_ERR(entry->region) && !is_taken)
		of_node_clear_flag(entry->node, OF_POPULATED);
	return PTR_ERR_OR_ZERO(entry->region);
}

/* The name's last choice is the name of the node, without its address. */
static const char *region_name(const struct device_node *self, const struct device_node *node,
			       int index, char *fallback, size_t size)
{
	const char *name;

	if (!of_property_read_string_index(self, "memory-region-names", index, &name) ||
	    !of_property_read_string(node, "label", &name))
		return name;
	snprintf(fallback, size, "%pOFn", node);
	return fallback;
}

static int open_heap(const char *what, const struct device_node *self,
		     struct buddy_region *region)
{
	u32 mode;
	int err;

	if (!of_property_read_bool(self, "heap"))
		return 0;
	err = buddy_heap_open(what, region,
			      of_property_read_u32(self, "heap-mode", &mode) ? NULL : &mode);
	if (err == -EOPNOTSUPP)
		pr_err("%s: this kernel has no dma-bufs, remove the property heap\n", what);
	return err;
}

static int add_region(const char *what, struct device *dev, struct device_node *node, int index)
{
	const struct device_node *self = dev->of_node;
	bool uncached = of_property_read_bool(self, "uncached");
	const struct reserved_mem *memory = find_memory(what, self, node);
	struct node_region *entry = find_node(node), *new = NULL;
	char fallback[NAME_LEN + 1];
	const char *name = region_name(self, node, index, fallback, sizeof(fallback));
	unsigned int flags = 0;
	struct resource resource;
	int err;

	if (!memory)
		return -EBUSY;
	if (entry) {
		err = take_up(what, name, uncached, dev, entry);
	} else {
		new = kzalloc(sizeof(*new), GFP_KERNEL);
		if (!new)
			return -ENOMEM;
		if (of_property_read_bool(node, "no-map"))
			flags |= NODE_NO_MAP;
		if (of_address_to_resource(node, 0, &resource))
			flags |= NODE_DYNAMIC;
		if (uncached)
			flags |= NODE_UNCACHED;
		new->node = node;
		err = make_region(what, name, flags, memory, new);
		entry = new;
	}
	if (err) {
		kfree(new);
		return err;
	}
	if (new) {
		of_node_get(node);
		list_add_tail(&new->link, &node_regions);
	}
	entry->dev = dev;
	return open_heap(what, self, entry->region);
}

static int add_regions(struct device *dev)
{
	struct device_node *self = dev->of_node, *node;
	int nr = of_count_phandle_with_args(self, "memory-region", NULL);
	int i, err = 0;

	if (nr <= 0) {
		pr_err("%pOF: memory-region is missing, it names nodes below /reserved-memory\n",
		       self);
		return -EINVAL;
	}
	for (i = 0; !err && i < nr; i++) {
		char *what = kasprintf(GFP_KERNEL, "%pOF: memory-region %d", self, i);

		node = of_parse_phandle(self, "memory-region", i);
		if (!what) {
			err = -ENOMEM;
		} else if (!node) {
			pr_err("%s: there is no such node\n", what);
			err = -EINVAL;
		} else {
			err = add_region(what, dev, node, i);
		}
		of_node_put(node);
		kfree(what);
	}
	return err;
}

/* Regions that stayed at an unbind, but that nobody uses any more, go with their names. */
static void remove_unused(void)
{
	struct node_region *entry, *next;

	list_for_each_entry_safe(entry, next, &node_regions, link)
		if (!entry->dev)
			remove_region(entry);
}

/* All regions of the node are made, or none. */
static int of_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	int err;

	mutex_lock(&nodes_mutex);
	remove_unused();
	err = add_regions(dev);
	if (err)
		remove_regions(dev);
	mutex_unlock(&nodes_mutex);
	return err ?: devm_add_action_or_reset(dev, unbind, dev);
}

/* --- consumers --- */

static void put_region(void *region)
{
	buddy_region_put(region);
}

/*
 * Take a reference.  The link lets the driver core unbind the consumer before the region's
 * device, and bind the consumer again after it.  That works only from the end of the bind of
 * the region's device to the beginning of its unbind.
 */
static struct buddy_region *get_region(struct device *dev, const struct device_node *node)
{
	struct buddy_region *region = NULL;
	struct node_region *entry;
	struct device_link *link;

	mutex_lock(&nodes_mutex);
	entry = find_node(node);
	if (entry && entry->dev && entry->dev->links.status == DL_DEV_DRIVER_BOUND)
		region = buddy_region_get(buddy_region_name(entry->region));
	if (region) {
		link = device_link_add(dev, entry->dev, DL_FLAG_AUTOPROBE_CONSUMER);
		if (!link || link->status == DL_STATE_SUPPLIER_UNBIND) {
			buddy_region_put(region);
			region = link ? NULL : ERR_PTR(-EINVAL);
		}
	}
	mutex_unlock(&nodes_mutex);
	return region ?: ERR_PTR(-EPROBE_DEFER);
}

/**
 * devm_buddy_region_get() - get the region that a device's node names
 * @dev: the device, with a node of the devicetree; its driver is being bound
 * @name: which of several: an entry of buddypool,region-names; NULL for the first region
 *
 * The property buddypool,region of the device's node names nodes below /reserved-memory.  A
 * node "buddypool,region" must name them, too.  The reference is dropped when the driver is
 * unbound from @dev.  The driver is also unbound if the node "buddypool,region" is, before the
 * region goes, and bound again with it.
 *
 * Context: process, may sleep.
 * Return: the region, or ERR_PTR(), whose reason is in the log: -EPROBE_DEFER if the region is
 * not there yet, -ENOENT if the node names no such region, -ENODEV if the reserved node is
 * disabled, -ENOMEM, -EINVAL if the region's device depends on @dev, and for a caller error.
 */
struct buddy_region *devm_buddy_region_get(struct device *dev, const char *name)
{
	struct buddy_region *region;
	struct device_node *node;
	int index = 0, err;

	if (buddy_must_not_sleep(__func__) ||
	    !buddy_is_pointer(__func__, "this is no device", dev) ||
	    (name && !buddy_is_pointer(__func__, "this is no name", name)))
		return ERR_PTR(-EINVAL);
	if (name)
		index = of_property_match_string(dev->of_node, "buddypool,region-names", name);
	node = index < 0 ? NULL : of_parse_phandle(dev->of_node, "buddypool,region", index);
	if (!node)
		return ERR_PTR(dev_err_probe(dev, -ENOENT, "the node has no buddypool,region %s\n",
					     name ?: ""));
	region = of_device_is_available(node) ? get_region(dev, node) : ERR_PTR(-ENODEV);
	err = PTR_ERR_OR_ZERO(region);
	if (err)
		dev_err_probe(dev, err, "no region of %pOF\n", node);
	else
		err = devm_add_action_or_reset(dev, put_region, region);
	of_node_put(node);
	return err ? ERR_PTR(err) : region;
}
EXPORT_SYMBOL_GPL(devm_buddy_region_get);

/* --- the driver --- */

static const struct of_device_id of_ids[] = {
	{ .compatible = BUDDY_OF_COMPATIBLE },
	{}
};
MODULE_DEVICE_TABLE(of, of_ids);

static struct platform_driver of_driver = {
	.driver = {
		.name = KBUILD_MODNAME,
		.of_match_table = of_ids,
	},
	.probe = of_probe,
};

/* The last step of insmod. */
int buddy_of_init(void)
{
	return platform_driver_register(&of_driver);
}

/* At rmmod nobody has a reference, but blocks can be in use: their nodes stay marked. */
void buddy_of_exit(void)
{
	struct node_region *entry, *next;

	platform_driver_unregister(&of_driver);
	list_for_each_entry_safe(entry, next, &node_regions, link) {
		if (remove_region(entry)) {
			list_del(&entry->link);
			kfree(entry);
		}
	}
}
