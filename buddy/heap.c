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
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/dma-heap.h>

#include "heap.h"
#include "internal.h"
#include "uapi/buddypool.h"

static char *heap;
module_param(heap, charp, 0444);
MODULE_PARM_DESC(heap, "comma-separated names of regions that user space allocates from by /dev/dma_heap/NAME (default: none)");

static ushort heap_mode = 0600;
module_param(heap_mode, ushort, 0444);
MODULE_PARM_DESC(heap_mode, "mode of the heaps' nodes, as 0660 (default: 0600)");

/* So many pages are cleared before the task may be killed. */
#define CLEAR_PAGES	256UL

#define NODE_LEN	48

/**
 * struct heap - a region's node
 * @link: in the list of heaps
 * @refs: of the node, and of each open file
 * @remove: held for reading by an allocation, for writing to take the region away
 * @region: the region, or NULL when the heap was removed
 * @misc: the device
 * @node: its path below /dev
 */
struct heap {
	struct list_head link;
	struct kref refs;
	struct rw_semaphore remove;
	struct buddy_region *region;
	struct miscdevice misc;
	char node[NODE_LEN];
};

static LIST_HEAD(heaps);
static DEFINE_MUTEX(heaps_mutex);	/* protects the list; outside the lock of misc devices */

/* --- a buffer --- */

/*
 * False if the task has a deadly signal.  Others wait, as in the kernel's heaps: a program
 * with a timer would begin anew at each tick, and never get a large buffer.
 */
static bool clear_buffer(void *virt, unsigned long nr_pages)
{
	while (nr_pages) {
		unsigned long nr = min(nr_pages, CLEAR_PAGES);

		if (fatal_signal_pending(current))
			return false;
		memset(virt, 0, nr << PAGE_SHIFT);
		virt += nr << PAGE_SHIFT;
		nr_pages -= nr;
		cond_resched();
	}
	return true;
}

static unsigned long alloc_block(struct buddy_region *region, unsigned long nr_pages)
{
	unsigned long pfn = BUDDY_NO_PFN;

	/* A large buffer begins where a huge mapping can. */
	if (nr_pages >= PMD_SIZE >> PAGE_SHIFT)
		pfn = buddy_alloc_pfn_aligned(region, nr_pages, PMD_SHIFT - PAGE_SHIFT,
					      __GFP_NOWARN);
	if (pfn == BUDDY_NO_PFN)
		pfn = buddy_alloc_pfn_exact(region, nr_pages, __GFP_NOWARN);
	return pfn;
}

/* Return a new buffer for which @charge has been charged. */
static struct dma_buf *alloc_buffer(struct buddy_region *region, unsigned long nr_pages,
				    u32 flags, struct charge *charge)
{
	unsigned long pfn = alloc_block(region, nr_pages);
	struct dma_buf *dmabuf;

	if (pfn == BUDDY_NO_PFN) {
		buddy_buffers_retry();
		pfn = alloc_block(region, nr_pages);
	}
	if (pfn == BUDDY_NO_PFN)
		return ERR_PTR(-ENOMEM);
	if (clear_buffer(buddy_pfn_to_virt(region, pfn), nr_pages))
		dmabuf = buddy_export_charged(region, pfn, nr_pages, flags, charge);
	else
		dmabuf = ERR_PTR(-EINTR);
	if (IS_ERR(dmabuf))
		buddy_free_pfn_exact(region, pfn, nr_pages);
	return dmabuf;
}

/* Return a file descriptor of a new buffer of @len bytes. */
static int alloc_fd(struct buddy_region *region, u64 len, u32 flags)
{
	struct charge *charge = buddy_charge(region, len);
	struct dma_buf *dmabuf;
	int fd;

	if (IS_ERR(charge))
		return PTR_ERR(charge);
	dmabuf = alloc_buffer(region, len >> PAGE_SHIFT, flags, charge);
	if (IS_ERR(dmabuf)) {
		buddy_uncharge(charge, len);
		return PTR_ERR(dmabuf);
	}
	fd = dma_buf_fd(dmabuf, flags);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}

/* --- the node --- */

static void free_heap(struct kref *refs)
{
	kfree(container_of(refs, struct heap, refs));
}

/* misc_open() has left the device here, and holds the lock that misc_deregister() takes. */
static int heap_open(struct inode *inode, struct file *file)
{
	struct heap *opened = container_of(file->private_data, struct heap, misc);

	if (!READ_ONCE(buddy_is_loaded))
		return -EAGAIN;
	kref_get(&opened->refs);
	file->private_data = opened;
	return nonseekable_open(inode, file);
}

static int heap_release(struct inode *inode, struct file *file)
{
	struct heap *closed = file->private_data;

	kref_put(&closed->refs, free_heap);
	return 0;
}

static long alloc_ioctl(struct heap *from, struct dma_heap_allocation_data *data)
{
	u64 len = PAGE_ALIGN(data->len);
	int fd = -ENODEV;

	if (data->fd || data->fd_flags & ~DMA_HEAP_VALID_FD_FLAGS ||
	    data->heap_flags & ~DMA_HEAP_VALID_HEAP_FLAGS || !len)
		return -EINVAL;
	if (down_read_killable(&from->remove))
		return -EINTR;
	if (from->region)
		fd = alloc_fd(from->region, len, data->fd_flags);
	up_read(&from->remove);
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
	.release = heap_release,
	.unlocked_ioctl = heap_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* --- heaps --- */

/* With these names there can be a heap of the kernel, which would keep the node. */
static bool is_kernels(const char *name)
{
	static const char * const names[] = {
		"system", "system_cc_shared", "default_cma_region",
	};

	return match_string(names, ARRAY_SIZE(names), name) >= 0;
}

/* Return the heap of @region, or NULL; under heaps_mutex. */
static struct heap *find_heap(const struct buddy_region *region)
{
	struct heap *entry;

	list_for_each_entry(entry, &heaps, link)
		if (entry->region == region)
			return entry;
	return NULL;
}

static int check_region(const char *what, const struct buddy_region *region)
{
	if (is_kernels(region->name)) {
		pr_err("%s: the kernel has a heap of this name, give the region another one\n",
		       what);
		return -EEXIST;
	}
	if (find_heap(region)) {
		pr_err("%s: the region is a heap already\n", what);
		return -EEXIST;
	}
	if (!region->hot.mapped) {
		pr_err("%s: the region has no kernel mapping by which a buffer could be cleared\n",
		       what);
		return -EINVAL;
	}
	return 0;
}

/* The decimal 660 would open a node to everybody. */
static int check_mode(const char *what, unsigned int mode)
{
	if (!(mode & ~0666))
		return 0;
	pr_err("%s=%#o: not the mode of a node, such as 0660, in octal with a leading 0\n",
	       what, mode);
	return -EINVAL;
}

/* Make the node; @what is the name of the request in error messages. */
static int add_heap(const char *what, struct buddy_region *region, umode_t mode)
{
	struct heap *new;
	int err;

	mutex_lock(&heaps_mutex);
	err = check_region(what, region);
	if (err)
		goto unlock;
	err = -ENOMEM;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		goto unlock;
	kref_init(&new->refs);
	init_rwsem(&new->remove);
	new->region = region;
	snprintf(new->node, sizeof(new->node), "dma_heap/%s", region->name);
	new->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = new->node + strlen("dma_heap/"),
		.nodename = new->node,
		.fops = &heap_fops,
		.mode = mode,
	};
	err = misc_register(&new->misc);
	if (err) {
		pr_err("%s: there is no device node for it, error %d\n", what, err);
		kfree(new);
		goto unlock;
	}
	list_add(&new->link, &heaps);
unlock:
	mutex_unlock(&heaps_mutex);
	return err;
}

/* From here on no file is opened; files that are open allocate nothing any more. */
static void remove_heap(struct heap *old)
{
	lockdep_assert_held(&heaps_mutex);
	misc_deregister(&old->misc);
	list_del(&old->link);
	down_write(&old->remove);
	old->region = NULL;
	up_write(&old->remove);
	kref_put(&old->refs, free_heap);
}

/**
 * buddy_heap_add() - let user space allocate buffers from a region
 * @region: made by buddy_region_create(), with a kernel mapping
 *
 * There is a node /dev/dma_heap/NAME then, as with the parameter ``heap=``, with the mode
 * of ``heap_mode=``.  The heap has a reference of the region: it goes by
 * buddy_heap_remove(), and only then buddy_region_destroy() succeeds.
 *
 * Context: process, may sleep.
 * Return: 0, or an error whose reason is in the log: -EEXIST if the region is a heap, or if
 * the kernel has one of this name, -EINVAL for a region without a kernel mapping and for a
 * caller error, -ENOMEM, or an error of misc_register().
 */
int buddy_heap_add(struct buddy_region *region)
{
	struct buddy_region *found;
	char what[64];
	int err;

	if (buddy_must_not_sleep(__func__) || !is_region_pointer(__func__, region))
		return -EINVAL;
	found = buddy_region_get(region->name);
	if (found != region || !buddy_region_is_callers(region)) {
		buddy_region_put(found);
		buddy_bad_call(__func__, "this is no region of buddy_region_create()", region);
		return -EINVAL;
	}
	snprintf(what, sizeof(what), "%s(%s)", __func__, region->name);
	err = add_heap(what, region, heap_mode);
	if (err)
		buddy_region_put(region);
	return err;
}
EXPORT_SYMBOL_GPL(buddy_heap_add);

/**
 * buddy_heap_remove() - undo buddy_heap_add()
 * @region: the region
 *
 * A program that has the node open gets ENODEV from then on.  Its buffers stay, each with a
 * reference of the region.
 *
 * Context: process, may sleep.
 */
void buddy_heap_remove(struct buddy_region *region)
{
	struct heap *old;

	if (buddy_must_not_sleep(__func__) || !is_region_pointer(__func__, region))
		return;
	mutex_lock(&heaps_mutex);
	old = buddy_region_is_callers(region) ? find_heap(region) : NULL;
	if (old)
		remove_heap(old);
	mutex_unlock(&heaps_mutex);
	if (old)
		buddy_region_put(region);
	else
		buddy_bad_call(__func__, "this region is no heap of buddy_heap_add()", region);
}
EXPORT_SYMBOL_GPL(buddy_heap_remove);

/* --- nodes of the devicetree --- */

/* @mode: of the heap's node, or NULL for heap_mode= */
int buddy_heap_open(const char *what, struct buddy_region *region, const u32 *mode)
{
	char *text = kasprintf(GFP_KERNEL, "%s: %s", what, mode ? "heap-mode" : "heap_mode");
	int err = text ? check_mode(text, mode ? *mode : heap_mode) : -ENOMEM;

	kfree(text);
	/* No reference of the region is taken, as for heap=: of.c calls buddy_heap_close(). */
	return err ?: add_heap(what, region, mode ? *mode : heap_mode);
}

/* Also for a region that is no heap. */
void buddy_heap_close(struct buddy_region *region)
{
	struct heap *old;

	mutex_lock(&heaps_mutex);
	old = find_heap(region);
	if (old)
		remove_heap(old);
	mutex_unlock(&heaps_mutex);
}

/* --- heap= --- */

static int add_name(char *name, unsigned int index)
{
	struct buddy_region *region = buddy_region_get(name);
	char what[48];
	int err;

	snprintf(what, sizeof(what), "heap=%s", name);
	if (!region) {
		pr_err("%s: there is no such region in regions=\n", what);
		return -EINVAL;
	}
	err = add_heap(what, region, heap_mode);
	/* regions= made it, so it stays until rmmod; a reference would prevent that. */
	buddy_region_put(region);
	/* To modprobe, -EEXIST says that the module is loaded, and all is well. */
	return err == -EEXIST ? -EBUSY : err;
}

/* At rmmod: an open file or a buffer would hold the module. */
void buddy_heaps_exit(void)
{
	struct heap *old, *next;

	mutex_lock(&heaps_mutex);
	list_for_each_entry_safe(old, next, &heaps, link)
		remove_heap(old);
	mutex_unlock(&heaps_mutex);
	buddy_buffers_exit();
}

/* After the regions are made, as the last step of insmod that can fail. */
int buddy_heaps_init(void)
{
	int err = buddy_charge_init();

	if (!err && heap)
		err = check_mode("heap_mode", heap_mode);
	err = err ?: buddy_parse_list(heap, add_name);
	if (err)
		buddy_heaps_exit();
	return err;
}
