// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks as dma-bufs: attached to devices, mapped into the kernel and into processes.
 *
 * A dma-buf holds a reference of its region, and of the module.  With heap_pages=1, a pipe
 * or a device's driver may hold pages of a buffer that has been released: the block is then
 * freed when the last of these references is gone.
 */
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/iosys-map.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "heap.h"
#include "internal.h"

IMPORT_NS_DMA_BUF;

/* So often it is looked whether the pages of released buffers are still held. */
#define RETRY	(HZ / 10)

/**
 * struct buffer - the block behind a dma-buf
 * @link: in the list of buffers
 * @dmabuf: the dma-buf, or NULL when it was released, but a page is still held
 * @region: the region, with a reference
 * @pfn: the block's first page
 * @nr_pages: the block's length
 * @charge: what is to be given back for the bytes, or NULL
 * @born: when it was made, by the clock CLOCK_BOOTTIME
 * @pid: process that made it
 * @comm: its name
 * @mappings: VMAs
 * @lock: protects @attachments and their members
 * @attachments: devices
 */
struct buffer {
	struct list_head link;
	struct dma_buf *dmabuf;
	struct buddy_region *region;
	unsigned long pfn;
	unsigned long nr_pages;
	struct charge *charge;
	ktime_t born;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	atomic_t mappings;
	struct mutex lock;	/* innermost */
	struct list_head attachments;
};

/**
 * struct attachment - a device that the buffer is attached to
 * @link: in the buffer's list
 * @dev: the device
 * @table: the block as a scatter list, while it is mapped for @dev
 * @mapped: how @table was mapped, or DMA_NONE
 */
struct attachment {
	struct list_head link;
	struct device *dev;
	struct sg_table table;
	enum dma_data_direction mapped;
};

static LIST_HEAD(buffers);
static DEFINE_MUTEX(buffers_mutex);	/* protects the list, and dmabuf of each buffer */

/* --- devices --- */

static int attach_buffer(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct buffer *buffer = dmabuf->priv;
	struct attachment *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->dev = attachment->dev;
	entry->mapped = DMA_NONE;
	attachment->priv = entry;
	mutex_lock(&buffer->lock);
	list_add(&entry->link, &buffer->attachments);
	mutex_unlock(&buffer->lock);
	return 0;
}

static void detach_buffer(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct buffer *buffer = dmabuf->priv;
	struct attachment *entry = attachment->priv;

	mutex_lock(&buffer->lock);
	list_del(&entry->link);
	mutex_unlock(&buffer->lock);
	kfree(entry);
}

static struct sg_table *map_buffer(struct dma_buf_attachment *attachment,
				   enum dma_data_direction direction)
{
	struct buffer *buffer = attachment->dmabuf->priv;
	struct attachment *entry = attachment->priv;
	int err = buddy_sg_table(entry->dev, buffer->region, buffer->pfn, buffer->nr_pages,
				 direction, &entry->table);

	if (err)
		return ERR_PTR(err);
	mutex_lock(&buffer->lock);
	entry->mapped = direction;
	mutex_unlock(&buffer->lock);
	return &entry->table;
}

static void unmap_buffer(struct dma_buf_attachment *attachment, struct sg_table *table,
			 enum dma_data_direction direction)
{
	struct buffer *buffer = attachment->dmabuf->priv;
	struct attachment *entry = attachment->priv;

	mutex_lock(&buffer->lock);
	entry->mapped = DMA_NONE;
	mutex_unlock(&buffer->lock);
	buddy_sg_table_free(entry->dev, buffer->region, direction, table);
}

/* --- the CPU --- */

/* A device is synchronised in the direction that it was mapped in. */
static void sync_all(struct buffer *buffer, bool for_cpu)
{
	struct attachment *entry;

	mutex_lock(&buffer->lock);
	list_for_each_entry(entry, &buffer->attachments, link)
		if (entry->mapped != DMA_NONE)
			buddy_sg_sync(entry->dev, buffer->region, entry->mapped,
				      &entry->table, for_cpu);
	mutex_unlock(&buffer->lock);
}

static int begin_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	sync_all(dmabuf->priv, true);
	return 0;
}

static int end_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	sync_all(dmabuf->priv, false);
	return 0;
}

/* Whoever maps the buffer, the VMA's file is that of the dma-buf. */
static struct buffer *buffer_of(struct vm_area_struct *vma)
{
	struct dma_buf *dmabuf = vma->vm_file->private_data;

	return dmabuf->priv;
}

static void vma_open(struct vm_area_struct *vma)
{
	atomic_inc(&buffer_of(vma)->mappings);
}

static void vma_close(struct vm_area_struct *vma)
{
	atomic_dec(&buffer_of(vma)->mappings);
}

static const struct vm_operations_struct vm_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = buddy_fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = buddy_huge_fault,
#endif
};

static int mmap_buffer(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct buffer *buffer = dmabuf->priv;
	int err = buddy_mmap_block(buffer->region, buffer->pfn, buffer->nr_pages, vma,
				   buffer->region->counted ? VM_MIXEDMAP : PFN_MAPPING);

	if (err)
		return err;
	vma->vm_ops = &vm_ops;
	vma_open(vma);
	return 0;
}

static int vmap_buffer(struct dma_buf *dmabuf, struct iosys_map *map)
{
	const struct buffer *buffer = dmabuf->priv;
	void *virt = buddy_pfn_to_virt(buffer->region, buffer->pfn);

	if (!virt)
		return -ENOMEM;
	iosys_map_set_vaddr(map, virt);
	return 0;
}

/* --- life --- */

/* Whether anybody but the region has a page.  No process maps the buffer any more. */
static bool is_held(const struct buffer *buffer)
{
	unsigned long i;

	if (!buffer->region->counted)
		return false;
	for (i = 0; i < buffer->nr_pages; i++)
		if (page_count(pfn_to_page(buffer->pfn + i)) != 1)
			return true;
	return false;
}

/* Give the block back, and move the buffer to @freed; under buffers_mutex. */
static void free_block(struct buffer *buffer, struct list_head *freed)
{
	list_move(&buffer->link, freed);
	buddy_free_pfn_exact(buffer->region, buffer->pfn, buffer->nr_pages);
	if (buffer->charge)
		buddy_uncharge(buffer->charge, PFN_PHYS(buffer->nr_pages));
}

/*
 * Not under buffers_mutex: buddy_region_put() waits for buddy_region_destroy(), which waits
 * for the readers of the file buffers, and these take the mutex.
 */
static void free_buffers(struct list_head *freed)
{
	struct buffer *buffer, *next;

	list_for_each_entry_safe(buffer, next, freed, link) {
		buddy_region_put(buffer->region);
		mutex_destroy(&buffer->lock);
		kfree(buffer);
	}
}

static void retry(struct work_struct *work);
static DECLARE_DELAYED_WORK(retry_work, retry);

/* Free the released buffers that nobody holds any more. */
void buddy_buffers_retry(void)
{
	struct buffer *buffer, *next;
	LIST_HEAD(freed);
	bool held = false;

	mutex_lock(&buffers_mutex);
	list_for_each_entry_safe(buffer, next, &buffers, link) {
		if (buffer->dmabuf)
			continue;
		if (is_held(buffer))
			held = true;
		else
			free_block(buffer, &freed);
	}
	mutex_unlock(&buffers_mutex);
	free_buffers(&freed);
	if (held)
		schedule_delayed_work(&retry_work, RETRY);
}

static void retry(struct work_struct *work)
{
	buddy_buffers_retry();
}

static void release_buffer(struct dma_buf *dmabuf)
{
	struct buffer *buffer = dmabuf->priv;
	LIST_HEAD(freed);

	mutex_lock(&buffers_mutex);
	buffer->dmabuf = NULL;
	if (is_held(buffer))
		schedule_delayed_work(&retry_work, RETRY);
	else
		free_block(buffer, &freed);
	mutex_unlock(&buffers_mutex);
	free_buffers(&freed);
}

static const struct dma_buf_ops buffer_ops = {
	.attach = attach_buffer,
	.detach = detach_buffer,
	.map_dma_buf = map_buffer,
	.unmap_dma_buf = unmap_buffer,
	.begin_cpu_access = begin_cpu_access,
	.end_cpu_access = end_cpu_access,
	.mmap = mmap_buffer,
	.vmap = vmap_buffer,
	.release = release_buffer,
};

/* The physical address of the buffer with the file descriptor @fd. */
int buddy_buffer_phys(int fd, u64 *addr)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	int err = 0;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	if (dmabuf->ops == &buffer_ops)
		*addr = PFN_PHYS(((struct buffer *)dmabuf->priv)->pfn);
	else
		err = -EINVAL;
	dma_buf_put(dmabuf);
	return err;
}

static void free_new(struct buffer *buffer)
{
	buddy_region_put(buffer->region);
	kfree(buffer);
}

/* As buddy_export(); if it succeeds, @charge is given back with the block. */
struct dma_buf *buddy_export_charged(struct buddy_region *region, unsigned long pfn,
				     unsigned long nr_pages, int flags,
				     struct charge *charge)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;
	struct buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);

	if (!buffer)
		return ERR_PTR(-ENOMEM);
	buffer->region = buddy_region_get(region->name);
	if (buffer->region != region) {
		free_new(buffer);
		return ERR_PTR(-ENOENT);
	}
	buffer->pfn = pfn;
	buffer->nr_pages = nr_pages;
	buffer->charge = charge;
	buffer->born = ktime_get_boottime();
	buffer->pid = task_tgid_nr(current);
	get_task_comm(buffer->comm, current);
	mutex_init(&buffer->lock);
	INIT_LIST_HEAD(&buffer->attachments);

	info.exp_name = region->name;
	info.ops = &buffer_ops;
	info.size = PFN_PHYS(nr_pages);
	info.flags = flags;
	info.priv = buffer;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		free_new(buffer);
		return dmabuf;
	}
	mutex_lock(&buffers_mutex);
	buffer->dmabuf = dmabuf;
	list_add_tail(&buffer->link, &buffers);
	mutex_unlock(&buffers_mutex);
	return dmabuf;
}

/**
 * buddy_export() - make a block a dma-buf
 * @region: the region that the block came from
 * @pfn: the block's first page
 * @nr_pages: the block's length
 * @flags: of the file: O_RDONLY, O_WRONLY or O_RDWR
 *
 * The dma-buf owns the block from then on: its last reference frees the block.
 *
 * Context: process, may sleep.
 * Return: the dma-buf, or an error pointer; the block then still belongs to the caller.
 * -EINVAL if there is no such block, which is a caller error.
 */
struct dma_buf *buddy_export(struct buddy_region *region, unsigned long pfn,
			     unsigned long nr_pages, int flags)
{
	if (buddy_must_not_sleep(__func__) || !is_region_pointer(__func__, region) ||
	    !buddy_is_block(region, pfn, nr_pages))
		return ERR_PTR(-EINVAL);
	return buddy_export_charged(region, pfn, nr_pages, flags, NULL);
}
EXPORT_SYMBOL_GPL(buddy_export);

/* --- the debugfs file buffers --- */

/* Programs choose these names: keep a row one row, and a word one word. */
static void print_name(struct seq_file *m, const char *name)
{
	char shown[32], *c;	/* as long as a name can be */

	strscpy(shown, name, sizeof(shown));
	for (c = shown; *c; c++)
		if (!isascii(*c) || !isgraph(*c))
			*c = '_';
	seq_printf(m, "%-16s", shown);
}

static void print_buffer_name(struct seq_file *m, struct dma_buf *dmabuf)
{
	if (!dmabuf) {
		print_name(m, "(released)");
		return;
	}
	spin_lock(&dmabuf->name_lock);
	print_name(m, dmabuf->name ?: "-");
	spin_unlock(&dmabuf->name_lock);
}

static void show_buffer(struct seq_file *m, struct buffer *buffer)
{
	unsigned int attached = 0;
	struct list_head *entry;

	mutex_lock(&buffer->lock);
	list_for_each(entry, &buffer->attachments)
		attached++;
	mutex_unlock(&buffer->lock);
	print_buffer_name(m, buffer->dmabuf);
	seq_printf(m, " %12llu %#014llx %8lld ", (u64)PFN_PHYS(buffer->nr_pages),
		   (u64)PFN_PHYS(buffer->pfn),
		   ktime_ms_delta(ktime_get_boottime(), buffer->born) / MSEC_PER_SEC);
	print_name(m, buffer->comm);
	seq_printf(m, " %7d %8u %8d\n", buffer->pid, attached,
		   atomic_read(&buffer->mappings));
}

static int buffers_show(struct seq_file *m, void *unused)
{
	struct buffer *buffer;

	seq_puts(m, "name                    bytes address             age_s task                 pid attached mappings\n");
	mutex_lock(&buffers_mutex);
	list_for_each_entry(buffer, &buffers, link)
		if (buffer->region == m->private)
			show_buffer(m, buffer);
	mutex_unlock(&buffers_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(buffers);

/* Before the regions are made. */
void buddy_buffers_init(void)
{
	buddy_debugfs_add_file("buffers", &buffers_fops);
}

/* At rmmod; a buffer would hold the module, so that the list is empty. */
void buddy_buffers_exit(void)
{
	cancel_delayed_work_sync(&retry_work);
}
