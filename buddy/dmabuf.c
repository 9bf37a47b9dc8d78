// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks as dma-bufs: attached to devices, mapped into the kernel and into processes.
 *
 * A dma-buf holds a reference of its region, and of the module.  A block with struct pages
 * is mapped by the DMA API as any memory.  A reserved range without them is mapped by
 * dma_map_resource(), which never copies the block elsewhere: it fails if the device does
 * not reach the block.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/iosys-map.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "compat.h"
#include "dmabuf.h"

IMPORT_NS_DMA_BUF;

/* The length of an entry of a scatter list has 32 bits. */
#define MAX_ENTRY	SZ_1G

/**
 * struct buffer - the block behind a dma-buf
 * @region: the region, with a reference
 * @pfn: the block's first page
 * @nr_pages: the block's length
 * @has_pages: the block has struct pages
 * @lock: protects @attachments and their members
 * @attachments: devices
 */
struct buffer {
	struct buddy_region *region;
	unsigned long pfn;
	unsigned long nr_pages;
	bool has_pages;
	struct mutex lock;	/* innermost */
	struct list_head attachments;
};

/**
 * struct attachment - a device that the buffer is attached to
 * @link: in the buffer's list
 * @dev: the device
 * @table: the block as a scatter list
 * @mapped: @table is mapped for @dev
 */
struct attachment {
	struct list_head link;
	struct device *dev;
	struct sg_table table;
	bool mapped;
};

static size_t buffer_size(const struct buffer *buffer)
{
	return buffer->nr_pages << PAGE_SHIFT;
}

/* --- devices --- */

static int fill_table(struct sg_table *table, const struct buffer *buffer)
{
	unsigned long offset = 0, size = buffer_size(buffer);
	struct scatterlist *sg;
	unsigned int i;
	int err = sg_alloc_table(table, DIV_ROUND_UP(size, MAX_ENTRY), GFP_KERNEL);

	if (err)
		return err;
	for_each_sgtable_sg(table, sg, i) {
		struct page *page = buffer->has_pages ?
				    pfn_to_page(buffer->pfn + (offset >> PAGE_SHIFT)) : NULL;

		sg_set_page(sg, page, min_t(unsigned long, size - offset, MAX_ENTRY), 0);
		offset += sg->length;
	}
	return 0;
}

static int attach_buffer(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct buffer *buffer = dmabuf->priv;
	struct attachment *entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	int err;

	if (!entry)
		return -ENOMEM;
	err = fill_table(&entry->table, buffer);
	if (err) {
		kfree(entry);
		return err;
	}
	entry->dev = attachment->dev;
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
	sg_free_table(&entry->table);
	kfree(entry);
}

static void unmap_resources(struct attachment *entry, struct scatterlist *end,
			    enum dma_data_direction direction)
{
	struct scatterlist *sg;

	for (sg = entry->table.sgl; sg && sg != end; sg = sg_next(sg))
		dma_unmap_resource(entry->dev, sg_dma_address(sg), sg_dma_len(sg), direction,
				   DMA_ATTR_SKIP_CPU_SYNC);
}

/* Map memory without struct pages. */
static int map_resources(const struct buffer *buffer, struct attachment *entry,
			 enum dma_data_direction direction)
{
	phys_addr_t phys = PFN_PHYS(buffer->pfn);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&entry->table, sg, i) {
		dma_addr_t addr = dma_map_resource(entry->dev, phys, sg->length, direction,
						   DMA_ATTR_SKIP_CPU_SYNC);

		if (dma_mapping_error(entry->dev, addr)) {
			unmap_resources(entry, sg, direction);
			return -EIO;
		}
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = sg->length;
		phys += sg->length;
	}
	entry->table.nents = entry->table.orig_nents;
	return 0;
}

static struct sg_table *map_buffer(struct dma_buf_attachment *attachment,
				   enum dma_data_direction direction)
{
	struct buffer *buffer = attachment->dmabuf->priv;
	struct attachment *entry = attachment->priv;
	int err = buffer->has_pages ?
		  dma_map_sgtable(entry->dev, &entry->table, direction, 0) :
		  map_resources(buffer, entry, direction);

	if (err)
		return ERR_PTR(err);
	mutex_lock(&buffer->lock);
	entry->mapped = true;
	mutex_unlock(&buffer->lock);
	return &entry->table;
}

static void unmap_buffer(struct dma_buf_attachment *attachment, struct sg_table *table,
			 enum dma_data_direction direction)
{
	struct buffer *buffer = attachment->dmabuf->priv;
	struct attachment *entry = attachment->priv;

	mutex_lock(&buffer->lock);
	entry->mapped = false;
	mutex_unlock(&buffer->lock);
	if (buffer->has_pages)
		dma_unmap_sgtable(entry->dev, table, direction, 0);
	else
		unmap_resources(entry, NULL, direction);
}

/* --- the CPU --- */

/* Only memory with struct pages can be made coherent by the DMA API. */
static void sync_all(struct buffer *buffer, enum dma_data_direction direction,
		     void (*sync)(struct device *dev, struct sg_table *table,
				  enum dma_data_direction direction))
{
	struct attachment *entry;

	if (!buffer->has_pages)
		return;
	mutex_lock(&buffer->lock);
	list_for_each_entry(entry, &buffer->attachments, link)
		if (entry->mapped)
			sync(entry->dev, &entry->table, direction);
	mutex_unlock(&buffer->lock);
}

static int begin_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	sync_all(dmabuf->priv, direction, dma_sync_sgtable_for_cpu);
	return 0;
}

static int end_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	sync_all(dmabuf->priv, direction, dma_sync_sgtable_for_device);
	return 0;
}

/* So many pages are mapped at a fault, so that a process does not fault for each. */
#define FAULT_PAGES	64UL

static vm_fault_t fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	const struct buffer *buffer = vma->vm_private_data;
	unsigned long first = round_down(vmf->address, FAULT_PAGES << PAGE_SHIFT);
	unsigned long end = min(first + (FAULT_PAGES << PAGE_SHIFT), vma->vm_end), at;
	vm_fault_t result = VM_FAULT_NOPAGE;

	for (at = max(first, vma->vm_start); at < end && result == VM_FAULT_NOPAGE;
	     at += PAGE_SIZE)
		result = vmf_insert_pfn(vma, at, buffer->pfn + linear_page_index(vma, at));
	return result;
}

static const struct vm_operations_struct vm_ops = {
	.fault = fault,
};

/*
 * The dma-buf core has checked offset and length.  The pages come at faults: x86 reports a
 * mapping by remap_pfn_range() of which a part is unmapped.
 */
static int mmap_buffer(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	/* A private mapping would copy pages that have no struct page. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &vm_ops;
	vma->vm_private_data = dmabuf->priv;
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

static void release_buffer(struct dma_buf *dmabuf)
{
	struct buffer *buffer = dmabuf->priv;

	buddy_free_pfn_exact(buffer->region, buffer->pfn, buffer->nr_pages);
	buddy_region_put(buffer->region);
	kfree(buffer);
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

/* Whether all pages have a struct page; memory gets these in sections of many pages. */
static bool has_pages(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long end = pfn + nr_pages;

	for (; pfn < end; pfn = round_up(pfn + 1, BIT(MAX_PAGE_ORDER)))
		if (!pfn_valid(pfn))
			return false;
	return true;
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
 */
struct dma_buf *buddy_export(struct buddy_region *region, unsigned long pfn,
			     unsigned long nr_pages, int flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;
	struct buffer *buffer;

	if (buddy_must_not_sleep(__func__) ||
	    !buddy_is_pointer(__func__, "this is no region", region))
		return ERR_PTR(-EINVAL);
	if (!nr_pages || buddy_block_pages(region, pfn) != nr_pages)
		return ERR_PTR(-EINVAL);
	buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	if (!buffer)
		return ERR_PTR(-ENOMEM);
	buffer->region = buddy_region_get(buddy_region_name(region));
	if (buffer->region != region) {
		buddy_region_put(buffer->region);
		kfree(buffer);
		return ERR_PTR(-ENOENT);
	}
	buffer->pfn = pfn;
	buffer->nr_pages = nr_pages;
	buffer->has_pages = has_pages(pfn, nr_pages);
	mutex_init(&buffer->lock);
	INIT_LIST_HEAD(&buffer->attachments);

	info.exp_name = buddy_region_name(region);
	info.ops = &buffer_ops;
	info.size = buffer_size(buffer);
	info.flags = flags;
	info.priv = buffer;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		buddy_region_put(region);
		kfree(buffer);
	}
	return dmabuf;
}
EXPORT_SYMBOL_GPL(buddy_export);
