// SPDX-License-Identifier: GPL-2.0
/*
 * The ranges of a region: where its memory comes from, and how it is given back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/list_sort.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#ifdef CONFIG_X86
#include <asm/cacheflush.h>
#endif

#include "compat.h"
#include "internal.h"

bool buddy_reclaim;
module_param_named(reclaim, buddy_reclaim, bool, 0444);
MODULE_PARM_DESC(reclaim, "take back ranges whose blocks were in use at an earlier rmmod: no device may use them any more (default: N)");

static char *uncached;
module_param(uncached, charp, 0444);
MODULE_PARM_DESC(uncached, "comma-separated names of reserved ranges that the CPU maps write-combined, for devices that do not snoop its caches (default: none)");

static bool heap_pages;
module_param(heap_pages, bool, 0444);
MODULE_PARM_DESC(heap_pages, "give reserved ranges struct pages, 64 bytes a page, so that O_DIRECT works with the buffers of heaps (default: N)");

/* Whether uncached= names the region. */
static bool is_uncached(const char *name)
{
	size_t len = strlen(name);
	const char *at;

	for (at = uncached; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

static int check_name(char *name, unsigned int index)
{
	struct buddy_region *region = buddy_region_get(name);
	bool is_good = region && region->uncached;

	if (!is_good)
		pr_err("uncached=%s: %s\n", name, !region ?
		       "there is no such region in regions=" :
		       "the kernel's own memory has cached mappings, give an address");
	buddy_region_put(region);
	return is_good ? 0 : -EINVAL;
}

/* After the regions are made: all names of uncached= are those of reserved ranges. */
int buddy_check_uncached(void)
{
	return buddy_parse_list(uncached, check_name);
}

static int alloc_ranges(struct buddy_region *region, unsigned int nr)
{
	region->ranges = kvcalloc(nr, sizeof(*region->ranges), GFP_KERNEL);
	region->nr_ranges = nr;
	return region->ranges ? 0 : -ENOMEM;
}

/* A range that the caller of buddy_region_create() owns. */
int buddy_range_of_caller(struct buddy_region *region, u64 base, u64 size, void *virt)
{
	int err = alloc_ranges(region, 1);

	if (err)
		return err;
	region->origin = ORIGIN_CALLER;
	region->ranges->pfn = PHYS_PFN(base);
	region->ranges->pages = PHYS_PFN(size);
	region->hot.mapped = virt;
	region->hot.virt_offset = (unsigned long)virt - base;
	return 0;
}

/*
 * The resource that the module requests for a range has this value in the bits of its
 * flags that are free for its bus.  A resource stays in /proc/iomem after rmmod if
 * blocks were in use: a later load recognises it by these bits.
 */
#define OWN_BITS	0x5b

/*
 * Whether the module's init has succeeded.  Before, reclaimed ranges are not its own, and no
 * file of a heap is opened: if the load fails, the kernel frees the module in spite of open files.
 */
bool buddy_is_loaded;

/**
 * struct left_over - a search for a resource that an earlier load of the module left
 * @start: first byte of the range that is wanted
 * @end: last byte
 * @found: a resource that has a part of the range
 */
struct left_over {
	u64 start;
	u64 end;
	struct resource found;
};

static int find_left_over(struct resource *resource, void *data)
{
	struct left_over *left = data;

	if ((resource->flags & IORESOURCE_BITS) != OWN_BITS ||
	    resource->start > left->end || resource->end < left->start)
		return 0;
	left->found = *resource;
	return 1;
}

/*
 * Request the range in /proc/iomem.  A resource that an earlier load left there is used
 * as it is, so that it is still there if this load fails.
 */
static int request_range(struct buddy_region *region, const char *what, u64 base, u64 size)
{
	struct left_over left = { .start = base, .end = base + size - 1 };
	const struct resource *found = &left.found;

	if (__request_region(&iomem_resource, base, size, region->name, OWN_BITS))
		return 0;
	/* It is no region of this load: buddy_region_add() has compared these. */
	if (walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_MEM | IORESOURCE_BUSY | OWN_BITS,
				0, -1, &left, find_left_over) != 1) {
		pr_err("%s: overlaps another claim in /proc/iomem; choose a range that nobody has\n",
		       what);
		return -EBUSY;
	}
	if (!buddy_reclaim || found->start != left.start || found->end != left.end) {
		pr_err("%s: %pa to %pa was left claimed at an rmmod of this module, as blocks were in use; when no device uses them any more, load with reclaim=1 and just this range\n",
		       what, &found->start, &found->end);
		return -EBUSY;
	}
	region->reclaimed = true;
	return 0;
}

/* A load that fails leaves a resource that it only reclaimed as it was. */
static void release_range(struct buddy_region *region, u64 base, u64 size)
{
	if (!region->unclaimed && (!region->reclaimed || buddy_is_loaded))
		release_mem_region(base, size);
}

#ifdef CONFIG_X86
/*
 * Whether there is memory at @phys: a value that is written there can be read back, past
 * the caches.  The old contents are written back.
 */
static bool keeps_data(phys_addr_t phys)
{
	u64 *word = memremap(phys, sizeof(*word), MEMREMAP_WC);
	bool kept = false;
	u64 old;

	/* An earlier load may have left a write-back mapping, beside which no other can be. */
	if (!word)
		word = memremap(phys, sizeof(*word), MEMREMAP_WB);
	if (!word)
		return false;
	old = READ_ONCE(*word);
	WRITE_ONCE(*word, ~old);
	mb();	/* the value leaves the write-combining buffer before it is read */
	clflush_cache_range(word, sizeof(*word));
	kept = READ_ONCE(*word) == ~old;
	WRITE_ONCE(*word, old);
	memunmap(word);
	return kept;
}

static int request_memory(struct buddy_region *region, const char *what, u64 base, u64 size)
{
	const u64 ends[] = { base, base + size - PAGE_SIZE };
	int err = request_range(region, what, base, size);
	unsigned int i;

	for (i = 0; !err && i < ARRAY_SIZE(ends); i++) {
		if (keeps_data(ends[i]))
			continue;
		pr_err("%s: no memory at %#llx; choose a range that has some, see /proc/iomem\n",
		       what, ends[i]);
		release_range(region, base, size);
		err = -ENXIO;
	}
	return err;
}
#else
static bool assume_memory;
module_param(assume_memory, bool, 0444);
MODULE_PARM_DESC(assume_memory, "the addresses in regions= are memory, also where the firmware describes none, as behind mem= (default: N)");

/* Of the range that is walked, all before *@end is described. */
static int extend_described(struct resource *resource, void *data)
{
	u64 *end = data;

	if (resource->start > *end)
		return 1;
	*end = resource->end + 1;
	return 0;
}

/*
 * Nothing is tried here: an access where nothing answers is a panic, and a write may reach a
 * device.  Memory that the firmware describes but keeps from the kernel, as by no-map in the
 * devicetree, is in /proc/iomem.  The windows of buses are there too, but only sections with
 * memory have struct pages.
 */
static int request_memory(struct buddy_region *region, const char *what, u64 base, u64 size)
{
	u64 end = base, at = base;

	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_MEM, base, base + size - 1, &end,
			    extend_described);
	while (at < end && pfn_valid(PHYS_PFN(at)))
		at = min(end, round_down(at, SZ_2M) + SZ_2M);
	if (at < base + size && !assume_memory) {
		pr_err("%s: the firmware describes no memory at %#llx; choose a range of a no-map node below /reserved-memory in the devicetree, or load with assume_memory=1 if you know that memory is there\n",
		       what, at);
		return -ENXIO;
	}
	return request_range(region, what, base, size);
}
#endif

/* The module's init has succeeded. */
void buddy_set_loaded(void)
{
	WRITE_ONCE(buddy_is_loaded, true);
}

#ifdef CONFIG_ZONE_DEVICE
static bool has_struct_pages(u64 base, u64 size)
{
	u64 at;

	for (at = base; at < base + size; at += SZ_2M)
		if (pfn_valid(PHYS_PFN(at)))
			return true;
	return false;
}

/* Give the range struct pages, and with these a place in the kernel's linear mapping. */
static void *map_with_pages(struct buddy_region *region, const char *what, u64 base, u64 size)
{
	unsigned long align = memremap_compat_align();
	struct dev_pagemap *pgmap;
	void *virt;

	if (!IS_ALIGNED(base | size, align) || has_struct_pages(base, size)) {
		pr_err("%s: heap_pages=1 needs an address and a size that are multiples of %lu KiB, in a section without other memory\n",
		       what, align >> 10);
		return ERR_PTR(-EINVAL);
	}
	pgmap = kzalloc(sizeof(*pgmap), GFP_KERNEL);
	if (!pgmap)
		return ERR_PTR(-ENOMEM);
	pgmap->type = MEMORY_DEVICE_GENERIC;
	pgmap->range = (struct range){ .start = base, .end = base + size - 1 };
	pgmap->nr_range = 1;
	virt = memremap_pages(pgmap, NUMA_NO_NODE);
	if (IS_ERR(virt)) {
		pr_err("%s: no struct pages for heap_pages=1, error %ld\n", what, PTR_ERR(virt));
		kfree(pgmap);
		return virt;
	}
	region->pgmap = pgmap;
	return virt;
}

static void unmap_pages(struct buddy_region *region)
{
	memunmap_pages(region->pgmap);
	kfree(region->pgmap);
}
#else
static void *map_with_pages(struct buddy_region *region, const char *what, u64 base, u64 size)
{
	pr_err("%s: heap_pages=1 needs a kernel with CONFIG_ZONE_DEVICE; a node of the devicetree without no-map has struct pages\n",
	       what);
	return ERR_PTR(-EINVAL);
}

static void unmap_pages(struct buddy_region *region) {}
#endif

/* @has_pages: the range has struct pages, from the kernel's start. */
static void *map_range(struct buddy_region *region, const char *what, u64 base, u64 size,
		       bool has_pages)
{
	void *virt;

	if (heap_pages && region->uncached) {
		pr_err("%s: heap_pages=1 maps a range cached, so it cannot be in uncached=\n",
		       what);
		return ERR_PTR(-EINVAL);
	}
	region->counted = heap_pages;
	if (heap_pages && !has_pages)
		return map_with_pages(region, what, base, size);
	virt = memremap(base, size, region->uncached ? MEMREMAP_WC : MEMREMAP_WB);
	if (virt)
		return virt;
	pr_err("%s: cannot be mapped; make the region smaller\n", what);
	return ERR_PTR(-ENOMEM);
}

static void unmap_range(struct buddy_region *region, void *virt)
{
	if (region->pgmap)
		unmap_pages(region);
	else
		memunmap(virt);
}

/* Map a range that was requested; give the range back if that fails. */
static int map_reserved(struct buddy_region *region, const char *what, u64 base, u64 size,
			bool has_pages)
{
	void *virt = map_range(region, what, base, size, has_pages);
	int err = PTR_ERR_OR_ZERO(virt);

	if (!err) {
		err = buddy_range_of_caller(region, base, size, virt);
		if (err)
			unmap_range(region, virt);
	}
	if (err)
		release_range(region, base, size);
	return err;
}

/* A physical range that the kernel does not own: memmap=, no-map or firmware-reserved. */
int buddy_range_reserved(struct buddy_region *region, const char *what, u64 base, u64 size)
{
	int err;

	if (region_intersects(base, size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		if (IS_ENABLED(CONFIG_X86))
			pr_err("%s: overlaps System RAM; reserve it at boot, as with memmap=%lluK$%#llx\n",
			       what, size >> 10, base);
		else
			pr_err("%s: overlaps System RAM; reserve it at boot, by a node with no-map below /reserved-memory in the devicetree\n",
			       what);
		return -EBUSY;
	}
	region->uncached = is_uncached(region->name);
	err = request_memory(region, what, base, size) ?:
	      map_reserved(region, what, base, size, false);
	region->origin = ORIGIN_RESERVED;
	return err;
}

/*
 * Memory of a node below /reserved-memory.  Without no-map, the memory is System RAM that the
 * page allocator does not have, with struct pages and in the linear mapping.  There, and where
 * the kernel has chosen the place, the kernel's own resource in /proc/iomem leaves no room for
 * one of the module: of.c sees to it that a node has one user.
 */
int buddy_range_of_node(struct buddy_region *region, const char *what, u64 base, u64 size,
			unsigned int flags)
{
	int ram = region_intersects(base, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE);
	int err = 0;

	if (ram == REGION_MIXED || (ram == REGION_INTERSECTS && flags & NODE_NO_MAP)) {
		pr_err("%s: the kernel has %#llx to %#llx as System RAM in spite of the node; look for 'reserved mem' in the kernel's first messages\n",
		       what, base, base + size - 1);
		return -EBUSY;
	}
	if (ram == REGION_INTERSECTS && flags & NODE_UNCACHED) {
		pr_err("%s: uncached needs a node with no-map, other memory has cached mappings\n",
		       what);
		return -EINVAL;
	}
	region->uncached = flags & NODE_UNCACHED;
	region->unclaimed = ram == REGION_INTERSECTS || flags & NODE_DYNAMIC;
	if (!region->unclaimed)
		err = request_memory(region, what, base, size);
	err = err ?: map_reserved(region, what, base, size, ram == REGION_INTERSECTS);
	region->origin = ORIGIN_NODE;
	return err;
}

/* Stands at the start of each piece of kernel memory until all pieces are there. */
struct piece {
	struct list_head node;
	unsigned long pages;
};

static int piece_cmp(void *priv, const struct list_head *a,
		     const struct list_head *b)
{
	return a > b;
}

static void free_pieces(struct list_head *pieces)
{
	struct piece *piece, *next;

	list_for_each_entry_safe(piece, next, pieces, node)
		free_pages_exact(piece, piece->pages << PAGE_SHIFT);
}

/*
 * Allocate @nr_pages in pieces as large as the kernel has them, but no smaller than a
 * cluster: smaller ones would need more metadata a page.  Return the
 * number of pieces, or 0 if the kernel has no more memory, or none below @end (0: anywhere).
 * A kernel without a zone for it ignores __GFP_DMA32, so each piece is looked at.
 */
static unsigned int take_pieces(struct list_head *pieces, unsigned long nr_pages, u64 end)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN | (end ? __GFP_DMA32 : 0);
	unsigned int order = MAX_PAGE_ORDER, nr = 0;

	while (nr_pages) {
		unsigned long pages = min(nr_pages, BIT(order));
		struct piece *piece = alloc_pages_exact(pages << PAGE_SHIFT, gfp);

		if (piece) {
			piece->pages = pages;
			list_add(&piece->node, pieces);
			if (end && __pa(piece) + PFN_PHYS(pages) > end)
				return 0;
			nr_pages -= pages;
			nr++;
		} else if (order-- == CLUSTER_ORDER) {
			return 0;
		}
	}
	return nr;
}

/* Pages of the running kernel, below @end if that is not 0; in several ranges if necessary. */
int buddy_range_of_kernel(struct buddy_region *region, const char *what, u64 size, u64 end)
{
	u64 available = PFN_PHYS((u64)si_mem_available());
	struct pfn_range *range = NULL;
	LIST_HEAD(pieces);
	struct piece *piece;
	unsigned int nr;
	u64 base;
	int err;

	if (size > available) {
		pr_err("%s: %llu KiB are more than the %llu KiB that the kernel has available; ask for less\n",
		       what, size >> 10, available >> 10);
		return -ENOMEM;
	}
	nr = take_pieces(&pieces, PHYS_PFN(size), end);
	if (!nr) {
		pr_err("%s: the kernel has no %llu KiB left in blocks of %lu KiB or more%s; ask for less, or earlier\n",
		       what, size >> 10, PAGE_SIZE << CLUSTER_ORDER >> 10,
		       end ? " below 4 GiB" : "");
		err = -ENOMEM;
		goto free_pieces;
	}
	list_sort(NULL, &pieces, piece_cmp);
	err = alloc_ranges(region, nr);
	if (err)
		goto free_pieces;

	region->nr_ranges = 0;
	list_for_each_entry(piece, &pieces, node) {
		unsigned long pfn = PHYS_PFN(__pa(piece));

		if (range && range->pfn + range->pages == pfn) {
			range->pages += piece->pages;
			continue;
		}
		range = &region->ranges[region->nr_ranges++];
		range->pfn = pfn;
		range->pages = piece->pages;
	}
	region->origin = ORIGIN_KERNEL;
	region->counted = heap_pages;
	region->hot.mapped = true;
	/* Not __va(0): there may be no RAM at 0, and then it is no address of the linear map. */
	base = PFN_PHYS(region->ranges->pfn);
	region->hot.virt_offset = (unsigned long)__va(base) - base;
	return 0;

free_pieces:
	free_pieces(&pieces);
	return err;
}

/* Give the memory back.  The ranges stay for readers of the list of regions. */
void buddy_range_release(struct buddy_region *region)
{
	const struct pfn_range *range = region->ranges;
	u64 base = PFN_PHYS(range->pfn);

	switch (region->origin) {
	case ORIGIN_CALLER:
		break;
	case ORIGIN_RESERVED:
	case ORIGIN_NODE:
		unmap_range(region, (void *)(unsigned long)(base + region->hot.virt_offset));
		release_range(region, base, PFN_PHYS(range->pages));
		break;
	case ORIGIN_KERNEL:
		for_each_range(range, region)
			free_pages_exact(__va(PFN_PHYS(range->pfn)),
					 PFN_PHYS(range->pages));
		break;
	}
}
