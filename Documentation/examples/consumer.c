// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for a device of the devicetree whose node names two regions:
 *
 *	buddypool,region = <&buffers>, <&descriptors>;
 *	buddypool,region-names = "buffers", "descriptors";
 */
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include <pool/pool.h>

#define PAGES	100

struct consumer {
	struct buddy_region *region;
	unsigned long pfn;
};

static void free_block(void *data)
{
	struct consumer *consumer = data;

	buddy_free_pfn_exact(consumer->region, consumer->pfn, PAGES);
}

static int consumer_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct buddy_region *descriptors;
	struct consumer *consumer;
	int err;

	consumer = devm_kzalloc(dev, sizeof(*consumer), GFP_KERNEL);
	if (!consumer)
		return -ENOMEM;
	/* If the region is not there yet, the kernel calls the probe function again later. */
	consumer->region = devm_buddy_region_get(dev, NULL);
	if (IS_ERR(consumer->region))
		return PTR_ERR(consumer->region);
	descriptors = devm_buddy_region_get(dev, "descriptors");
	if (IS_ERR(descriptors))
		return PTR_ERR(descriptors);

	/* At an unbind, the block and the pool go before the regions: devm goes backwards. */
	consumer->pfn = buddy_alloc_pfn_exact(consumer->region, PAGES, 0);
	if (consumer->pfn == BUDDY_NO_PFN)
		return -ENOMEM;
	err = devm_add_action_or_reset(dev, free_block, consumer);
	if (err)
		return err;
	if (!devm_mp_create_pool(dev, descriptors, dev_name(dev), PAGE_SIZE, 64, GFP_KERNEL))
		return -ENOMEM;
	dev_info(dev, "%d pages of %s, a pool in %s\n", PAGES,
		 buddy_region_name(consumer->region), buddy_region_name(descriptors));
	return 0;
}

static const struct of_device_id consumer_ids[] = {
	{ .compatible = "example,consumer" },
	{}
};
MODULE_DEVICE_TABLE(of, consumer_ids);

static struct platform_driver consumer_driver = {
	.driver = {
		.name = KBUILD_MODNAME,
		.of_match_table = consumer_ids,
	},
	.probe = consumer_probe,
};
module_platform_driver(consumer_driver);

MODULE_DESCRIPTION("Example: regions that a node of the devicetree names");
MODULE_LICENSE("GPL");
