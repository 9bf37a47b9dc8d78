// SPDX-License-Identifier: GPL-2.0
/* A device node of which each open file has a block of a region, to be mapped by mmap(). */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <buddy/dma.h>

#define PAGES	16

static char *name = "kernel";
module_param_named(region, name, charp, 0444);
MODULE_PARM_DESC(region, "name of the region");

static struct buddy_region *region;

struct chardev_file {
	unsigned long pfn;
};

static int chardev_open(struct inode *inode, struct file *file)
{
	struct chardev_file *mine = kzalloc(sizeof(*mine), GFP_KERNEL);

	if (!mine)
		return -ENOMEM;
	/* A process must not see what the last one wrote. */
	mine->pfn = buddy_alloc_pfn_exact(region, PAGES, __GFP_ZERO | __GFP_NOWARN);
	if (mine->pfn == BUDDY_NO_PFN) {
		kfree(mine);
		return -ENOMEM;
	}
	file->private_data = mine;
	return 0;
}

static int chardev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct chardev_file *mine = file->private_data;

	return buddy_mmap(region, mine->pfn, PAGES, vma);
}

/* A mapping holds its file, so that here the last one is gone. */
static int chardev_release(struct inode *inode, struct file *file)
{
	struct chardev_file *mine = file->private_data;

	buddy_free_pfn_exact(region, mine->pfn, PAGES);
	kfree(mine);
	return 0;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.mmap = chardev_mmap,
	.release = chardev_release,
};

static struct miscdevice chardev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "chardev",
	.fops = &chardev_fops,
	.mode = 0600,
};

static int __init chardev_init(void)
{
	int err;

	region = buddy_region_get(name);
	if (!region)
		return -ENOENT;
	err = misc_register(&chardev);
	if (err)
		buddy_region_put(region);
	return err;
}
module_init(chardev_init);

static void __exit chardev_exit(void)
{
	misc_deregister(&chardev);
	buddy_region_put(region);
}
module_exit(chardev_exit);

MODULE_DESCRIPTION("Example: a block of a region in a process");
MODULE_LICENSE("GPL");
