// SPDX-License-Identifier: GPL-2.0
/*
 * Regions as dma-heaps: /dev/dma_heap/NAME, with the ioctl of linux/dma-heap.h.
 *
 * The node is a misc device, because the kernel's own heaps cannot be removed, and because
 * most kernels do not let modules add one.  A program does not see the difference; a udev
 * rule does: the subsystem is misc.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/dma-heap.h>

#include "dmabuf.h"
#include "uapi/buddypool.h"

static char *heap;
module_param(heap, charp, 0444);
MODULE_PARM_DESC(heap, "comma-separated names of regions that user space allocates from by /dev/dma_heap/NAME (default: none)");

static ushort heap_mode = 0600;
module_param(heap_mode, ushort, 0444);
MODULE_PARM_DESC(heap_mode, "mode of the heaps' nodes, as 0660 (default: 0600)");

/* So many pages are cleared before the task may be interrupted. */
#define CLEAR_PAGES	256UL

#define NODE_LEN	48

/**
 * struct heap - a region's node
 * @link: in the list of heaps
 * @region: the region
 * @misc: the device
 * @node: its path below /dev
 */
struct heap {
	struct list_head link;
	struct buddy_region *region;
	struct miscdevice misc;
	char node[NODE_LEN];
};

static LIST_HEAD(heaps);

/* --- a buffer --- */

/* False if the task has a deadly signal, or one that interrupts: the caller tries again. */
static bool clear_buffer(void *virt, unsigned long nr_pages)
{
	while (nr_pages) {
		unsigned long nr = min(nr_pages, CLEAR_PAGES);

		if (signal_pending(current))
			return false;
		memset(virt, 0, nr << PAGE_SHIFT);
		virt += nr << PAGE_SHIFT;
		nr_pages -= nr;
		cond_resched();
	}
	return true;
}

/* Return a file descriptor of a new buffer of @len bytes. */
static int alloc_buffer(struct buddy_region *region, u64 len, u32 flags)
{
	unsigned long nr_pages = len >> PAGE_SHIFT, pfn;
	unsigned int align_order = 0;
	struct dma_buf *dmabuf;
	int fd;

	/* A large buffer begins where a huge mapping can. */
	if (nr_pages >= PMD_SIZE >> PAGE_SHIFT)
		align_order = PMD_SHIFT - PAGE_SHIFT;
	pfn = buddy_alloc_pfn_aligned(region, nr_pages, align_order, __GFP_NOWARN);
	if (pfn == BUDDY_NO_PFN && align_order)
		pfn = buddy_alloc_pfn_exact(region, nr_pages, __GFP_NOWARN);
	if (pfn == BUDDY_NO_PFN)
		return -ENOMEM;
	if (!clear_buffer(buddy_pfn_to_virt(region, pfn), nr_pages)) {
		buddy_free_pfn_exact(region, pfn, nr_pages);
		return -EINTR;
	}
	dmabuf = buddy_export(region, pfn, nr_pages, flags);
	if (IS_ERR(dmabuf)) {
		buddy_free_pfn_exact(region, pfn, nr_pages);
		return PTR_ERR(dmabuf);
	}
	fd = dma_buf_fd(dmabuf, flags);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}

/* --- the node --- */

static int heap_open(struct inode *inode, struct file *file)
{
	/* misc_open() has left the device here. */
	struct heap *opened = container_of(file->private_data, struct heap, misc);

	file->private_data = opened;
	return nonseekable_open(inode, file);
}

static long alloc_ioctl(struct heap *from, struct dma_heap_allocation_data *data)
{
	u64 len = PAGE_ALIGN(data->len);
	int fd;

	if (data->fd || data->fd_flags & ~DMA_HEAP_VALID_FD_FLAGS ||
	    data->heap_flags & ~DMA_HEAP_VALID_HEAP_FLAGS || !len)
		return -EINVAL;
	fd = alloc_buffer(from->region, len, data->fd_flags);
	if (fd < 0)
		return fd;
	data->fd = fd;
	return 0;
}

static long phys_ioctl(void __user *user)
{
	struct buddypool_phys phys;
	int err;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (copy_from_user(&phys, user, sizeof(phys)))
		return -EFAULT;
	if (phys.reserved)
		return -EINVAL;
	err = buddy_buffer_phys(phys.fd, &phys.addr);
	if (!err && copy_to_user(user, &phys, sizeof(phys)))
		return -EFAULT;
	return err;
}

/* A program may have a shorter or a longer struct than this kernel, as in other heaps. */
static long heap_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct dma_heap_allocation_data data = {};
	unsigned int size = _IOC_SIZE(cmd), known = min_t(unsigned int, size, sizeof(data));
	void __user *user = (void __user *)arg;
	long err;

	if (cmd == BUDDYPOOL_IOCTL_PHYS)
		return phys_ioctl(user);
	if (_IOC_TYPE(cmd) != DMA_HEAP_IOC_MAGIC ||
	    _IOC_NR(cmd) != _IOC_NR(DMA_HEAP_IOCTL_ALLOC))
		return -ENOTTY;
	if (cmd & IOC_IN && copy_from_user(&data, user, known))
		return -EFAULT;
	err = alloc_ioctl(file->private_data, &data);
	if (!err && cmd & IOC_OUT && copy_to_user(user, &data, known))
		return -EFAULT;
	return err;
}

static const struct file_operations heap_fops = {
	.owner = THIS_MODULE,
	.open = heap_open,
	.unlocked_ioctl = heap_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* --- heap= --- */

/* With these names there can be a heap of the kernel, which would keep the node. */
static bool is_kernels(const char *name)
{
	static const char * const names[] = {
		"system", "system_cc_shared", "default_cma_region",
	};

	return match_string(names, ARRAY_SIZE(names), name) >= 0;
}

static int add_heap(const char *name)
{
	struct heap *new;
	int err;

	if (is_kernels(name)) {
		pr_err("heap=%s: the kernel has a heap of this name, give the region another one\n",
		       name);
		return -EEXIST;
	}
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->region = buddy_region_get(name);
	err = -ENOENT;
	if (!new->region) {
		pr_err("heap=%s: there is no such region in regions=\n", name);
		goto free;
	}
	/* regions= made it, so it stays until rmmod; a reference would prevent that. */
	buddy_region_put(new->region);
	snprintf(new->node, sizeof(new->node), "dma_heap/%s", name);
	new->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = new->node + strlen("dma_heap/"),
		.nodename = new->node,
		.fops = &heap_fops,
		.mode = heap_mode,
	};
	err = misc_register(&new->misc);
	if (err) {
		pr_err("heap=%s: there is no device node for it, error %d\n", name, err);
		goto free;
	}
	list_add(&new->link, &heaps);
	return 0;

free:
	kfree(new);
	return err;
}

void buddy_heaps_exit(void)
{
	struct heap *old, *next;

	list_for_each_entry_safe(old, next, &heaps, link) {
		misc_deregister(&old->misc);
		kfree(old);
	}
}

/* After the regions are made. */
int buddy_heaps_init(void)
{
	char *list, *rest, *name;
	int err = 0;

	if (!heap)
		return 0;
	list = kstrdup(heap, GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	rest = list;
	while (!err && (name = strsep(&rest, ",")))
		err = add_heap(name);
	kfree(list);
	if (err)
		buddy_heaps_exit();
	return err;
}
