// SPDX-License-Identifier: GPL-2.0
/*
 * For noncoherent.sh: a device, which snoops the CPU's caches or does not, has a block of a
 * region mapped, synchronised for the CPU and for itself, and unmapped.  The device is a
 * platform device, or QEMU's PCI device edu, which can be behind an IOMMU.  noncoherent.sh
 * counts the calls of cache maintenance meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-buf.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/fcntl.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#ifdef CONFIG_ARM64
#include <asm/sysreg.h>
#endif

#include "../../buddy/compat.h"
#include "../../buddy/dma.h"

IMPORT_NS_DMA_BUF;

#define PAGES	3UL

static char *region = "reserved";
module_param(region, charp, 0444);
MODULE_PARM_DESC(region, "the region that the block comes from");

static char *by = "map";
module_param(by, charp, 0444);
MODULE_PARM_DESC(by, "map, table or buffer: buddy_dma_map(), buddy_sg_table() or a dma-buf");

static bool snoops;
module_param(snoops, bool, 0444);
MODULE_PARM_DESC(snoops, "the device snoops the CPU's caches");

static bool pci;
module_param(pci, bool, 0444);
MODULE_PARM_DESC(pci, "the device is a PCI device");

static int direction = DMA_BIDIRECTIONAL;
module_param(direction, int, 0444);
MODULE_PARM_DESC(direction, "the number in enum dma_data_direction");

static int by_map(struct device *dev, struct buddy_region *from, unsigned long pfn)
{
	dma_addr_t addr;
	int err = buddy_dma_map(dev, from, pfn, PAGES, direction, &addr);

	if (err)
		return err;
	buddy_dma_sync_for_cpu(dev, from, pfn, PAGES, direction, addr);
	buddy_dma_sync_for_device(dev, from, pfn, PAGES, direction, addr);
	buddy_dma_unmap(dev, from, pfn, PAGES, direction, addr);
	return 0;
}

static int by_table(struct device *dev, struct buddy_region *from, unsigned long pfn)
{
	struct sg_table table;
	int err = buddy_sg_table(dev, from, pfn, PAGES, direction, &table);

	if (err)
		return err;
	buddy_sg_sync(dev, from, direction, &table, true);
	buddy_sg_sync(dev, from, direction, &table, false);
	buddy_sg_table_free(dev, from, direction, &table);
	return 0;
}

static int map_attached(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct sg_table *table = dma_buf_map_attachment_unlocked(attachment, direction);

	if (IS_ERR(table))
		return PTR_ERR(table);
	dma_buf_begin_cpu_access(dmabuf, direction);
	dma_buf_end_cpu_access(dmabuf, direction);
	dma_buf_unmap_attachment_unlocked(attachment, table, direction);
	return 0;
}

/* The block is freed with the dma-buf. */
static int by_buffer(struct device *dev, struct dma_buf *dmabuf)
{
	struct dma_buf_attachment *attachment = dma_buf_attach(dmabuf, dev);
	int err = PTR_ERR_OR_ZERO(attachment);

	if (!err) {
		err = map_attached(dmabuf, attachment);
		dma_buf_detach(dmabuf, attachment);
	}
	dma_buf_put(dmabuf);
	return err;
}

/* The attributes that the kernel's page tables have for the block: a byte of MAIR_EL1. */
static void print_attributes(const void *virt)
{
#ifdef CONFIG_ARM64
	u64 par;

	preempt_disable();
	asm volatile("at s1e1r, %0\n\tisb" :: "r"(virt));
	par = read_sysreg(par_el1);
	preempt_enable();
	pr_info("%s: attributes %#llx\n", region, par & 1 ? 0 : par >> 56);
#endif
}

static int try_block(struct device *dev, struct buddy_region *from)
{
	unsigned long pfn = buddy_alloc_pfn_exact(from, PAGES, 0);
	struct dma_buf *dmabuf;
	int err;

	if (pfn == BUDDY_NO_PFN)
		return -ENOMEM;
	pr_info("%s: block at %#lx\n", region, (unsigned long)buddy_pfn_to_virt(from, pfn));
	print_attributes(buddy_pfn_to_virt(from, pfn));
	if (!strcmp(by, "buffer")) {
		dmabuf = buddy_export(from, pfn, PAGES, O_RDWR);
		if (!IS_ERR(dmabuf))
			return by_buffer(dev, dmabuf);
		err = PTR_ERR(dmabuf);
	} else if (!strcmp(by, "table")) {
		err = by_table(dev, from, pfn);
	} else {
		err = by_map(dev, from, pfn);
	}
	buddy_free_pfn_exact(from, pfn, PAGES);
	return err;
}

static int try_device(struct device *dev)
{
	struct buddy_region *from = buddy_region_get(region);
	int err;

	if (!from)
		return -ENODEV;
#if defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU)
	dev->dma_coherent = snoops;
#endif
	err = dma_set_mask(dev, DMA_BIT_MASK(64)) ?: try_block(dev, from);
	buddy_region_put(from);
	return err;
}

/* What the test returned; an error of the probe would not reach insmod. */
static int result = -ENODEV;

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	result = try_device(&pdev->dev);
	return 0;
}

static const struct pci_device_id edu_ids[] = { { PCI_DEVICE(0x1234, 0x11e8) }, {} };

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
};

static int try_pci(void)
{
	int err = pci_register_driver(&edu_driver);

	if (err)
		return err;
	pci_unregister_driver(&edu_driver);
	return result;
}

static int try_platform(void)
{
	struct platform_device *pdev =
		platform_device_register_simple(KBUILD_MODNAME, PLATFORM_DEVID_NONE, NULL, 0);
	int err = PTR_ERR_OR_ZERO(pdev);

	if (err)
		return err;
	err = try_device(&pdev->dev);
	platform_device_unregister(pdev);
	return err;
}

static int __init noncoherent_init(void)
{
	return pci ? try_pci() : try_platform();
}
module_init(noncoherent_init);

static void __exit noncoherent_exit(void)
{
}
module_exit(noncoherent_exit);

MODULE_DESCRIPTION("Test of buddypool: a device that does not snoop");
MODULE_LICENSE("GPL");
