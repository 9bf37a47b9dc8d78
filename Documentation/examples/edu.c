// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for a device with DMA: QEMU's "edu", which copies between memory and a buffer of
 * its own.  At its probe, the driver has a page of a region copied to the device, and back
 * into another page, and compares the two.
 */
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

#include <buddy/dma.h>

static char *region_name = "fpga";
module_param_named(region, region_name, charp, 0444);
MODULE_PARM_DESC(region, "name of the region that the buffers come from (default: fpga)");

static unsigned int bits = 32;
module_param(bits, uint, 0444);
MODULE_PARM_DESC(bits, "address bits of the device's DMA engine (default: 32)");

/* The device's registers, and where its buffer lies in its own addresses. */
#define EDU_SOURCE	0x80
#define EDU_TARGET	0x88
#define EDU_COUNT	0x90
#define EDU_COMMAND	0x98
#define EDU_START	BIT(0)
#define EDU_TO_MEMORY	BIT(1)
#define EDU_BUFFER	0x40000
/* The buffer has 4096 bytes, but QEMU 7.2 aborts when a transfer has the last one. */
#define EDU_BYTES	2048

#define ROUNDS		2
#define TIMEOUT_US	(10 * USEC_PER_SEC)

/* A block of one page.  The driver uses @virt, the device uses @dma. */
struct block {
	struct device *dev;
	struct buddy_region *region;
	unsigned long pfn;
	u8 *virt;
	dma_addr_t dma;
	enum dma_data_direction direction;
};

static void put_region(void *region)
{
	buddy_region_put(region);
}

static void free_block(void *data)
{
	struct block *block = data;

	buddy_free_pfn(block->region, block->pfn, 0);
}

static void unmap_block(void *data)
{
	struct block *block = data;

	buddy_dma_unmap(block->dev, block->region, block->pfn, 1, block->direction,
			block->dma);
}

/* devm undoes in reverse order: unmap, then free, then put the region. */
static int make_block(struct block *block)
{
	int err;

	block->pfn = buddy_alloc_pfn(block->region, 0, 0);
	if (block->pfn == BUDDY_NO_PFN)
		return -ENOMEM;
	err = devm_add_action_or_reset(block->dev, free_block, block);
	if (err)
		return err;
	block->virt = buddy_pfn_to_virt(block->region, block->pfn);
	if (!block->virt)
		return -EINVAL;

	/*
	 * PFN_PHYS(block->pfn) is where the CPU finds the page.  The device may need another
	 * address: an IOMMU translates what the device says, and some buses begin elsewhere.
	 * The device may also have too few address bits.  Only the DMA API knows.
	 */
	err = buddy_dma_map(block->dev, block->region, block->pfn, 1, block->direction,
			    &block->dma);
	if (err)
		return err;
	return devm_add_action_or_reset(block->dev, unmap_block, block);
}

/* Let the device copy EDU_BYTES, and wait until it has. */
static int transfer(struct pci_dev *pdev, void __iomem *regs, dma_addr_t source,
		    dma_addr_t target, u64 command)
{
	u64 left;
	int err;

	writeq(source, regs + EDU_SOURCE);
	writeq(target, regs + EDU_TARGET);
	writeq(EDU_BYTES, regs + EDU_COUNT);
	writeq(command | EDU_START, regs + EDU_COMMAND);
	err = readq_poll_timeout(regs + EDU_COMMAND, left, !(left & EDU_START), 1000,
				 TIMEOUT_US);
	/* The blocks are freed after an error: the device must not write to them later. */
	if (err)
		pci_clear_master(pdev);
	return err;
}

/*
 * The blocks stay mapped for several transfers.  The CPU may use a block between
 * buddy_dma_sync_for_cpu() and buddy_dma_sync_for_device(), the device at other times.
 */
static int copy(struct pci_dev *pdev, void __iomem *regs, struct block *from,
		struct block *to, u8 value)
{
	unsigned int at;
	bool same;
	int err;

	buddy_dma_sync_for_cpu(from->dev, from->region, from->pfn, 1, from->direction,
			       from->dma);
	memset(from->virt, value, PAGE_SIZE);
	buddy_dma_sync_for_device(from->dev, from->region, from->pfn, 1, from->direction,
				  from->dma);

	for (at = 0; at < PAGE_SIZE; at += EDU_BYTES) {
		err = transfer(pdev, regs, from->dma + at, EDU_BUFFER, 0) ?:
		      transfer(pdev, regs, EDU_BUFFER, to->dma + at, EDU_TO_MEMORY);
		if (err)
			return err;
	}

	buddy_dma_sync_for_cpu(to->dev, to->region, to->pfn, 1, to->direction, to->dma);
	same = !memchr_inv(to->virt, value, PAGE_SIZE);
	buddy_dma_sync_for_device(to->dev, to->region, to->pfn, 1, to->direction, to->dma);
	return same ? 0 : -EIO;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct buddy_region *region;
	struct block *blocks;
	phys_addr_t phys;
	unsigned int i;
	int err;

	err = pcim_enable_device(pdev) ?: pcim_iomap_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (err)
		return err;
	pci_set_master(pdev);
	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));
	if (err)
		return dev_err_probe(dev, err, "no DMA with %u bits\n", bits);

	region = buddy_region_get(region_name);
	if (!region)
		return dev_err_probe(dev, -ENODEV, "there is no region %s\n", region_name);
	err = devm_add_action_or_reset(dev, put_region, region);
	if (err)
		return err;
	blocks = devm_kcalloc(dev, 2, sizeof(*blocks), GFP_KERNEL);
	if (!blocks)
		return -ENOMEM;
	blocks[0] = (struct block){ dev, region, .direction = DMA_TO_DEVICE };
	blocks[1] = (struct block){ dev, region, .direction = DMA_FROM_DEVICE };
	err = make_block(&blocks[0]) ?: make_block(&blocks[1]);
	for (i = 0; !err && i < ROUNDS; i++)
		err = copy(pdev, pcim_iomap_table(pdev)[0], &blocks[0], &blocks[1], 0xa5 + i);
	if (err)
		return dev_err_probe(dev, err, "no copy in %s\n", region_name);

	phys = PFN_PHYS(blocks[1].pfn);
	dev_info(dev, "%s: %d pages copied there and back, physical address %pa, DMA address %pad\n",
		 region_name, ROUNDS, &phys, &blocks[1].dma);
	return 0;
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Example: a device copies blocks of a region");
MODULE_LICENSE("GPL");
