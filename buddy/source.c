// SPDX-License-Identifier: GPL-2.0
/* Where a region's memory comes from, and how it goes back. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/list_sort.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#ifdef CONFIG_X86
#include <asm/cacheflush.h>
#endif

#include "compat.h"
#include "internal.h"

static bool is_loaded;
static bool reclaim;
module_param(reclaim, bool, 0444);
MODULE_PARM_DESC(reclaim, "take back ranges whose blocks were in use at an earlier rmmod: no device may use them any more (default: N)");

static int set_runs(struct source *source, unsigned int nr)
{
	source->runs = kvcalloc(nr, sizeof(*source->runs), GFP_KERNEL);
	source->nr_runs = nr;
	return source->runs ? 0 : -ENOMEM;
}

/* A range that the caller of buddy_region_create() owns. */
int source_caller(struct buddy_region *region, u64 base, u64 size, void *virt)
{
	struct source *source = &region->source;
	int err = set_runs(source, 1);

	if (err)
		return err;
	source->origin = ORIGIN_CALLER;
	source->runs->pfn = PHYS_PFN(base);
	source->runs->pages = PHYS_PFN(size);
	region->hot.mapped = virt;
	region->hot.virt_offset = (unsigned long)virt - base;
	return 0;
}

/*
 * Is there memory at @phys?  What is written must be there when it is read
 * back, past the caches; the old contents return.
 */
static bool keeps_data(phys_addr_t phys)
{
	u64 *word = memremap(phys, sizeof(*word), MEMREMAP_WC);
	bool kept = false;
	u64 old;

#ifdef CONFIG_X86
	/* Refused where an earlier load has left a mapping behind: as that one, then. */
	if (!word)
		word = memremap(phys, sizeof(*word), MEMREMAP_WB);
#endif
	if (!word)
		return false;
	old = READ_ONCE(*word);
	WRITE_ONCE(*word, ~old);
	mb();	/* out of the write-combining buffer before it is read */
#ifdef CONFIG_X86
	clflush_cache_range(word, sizeof(*word));
#endif
	kept = READ_ONCE(*word) == ~old;
	WRITE_ONCE(*word, old);
	memunmap(word);
	return kept;
}

/*
 * What this module's claims have in the bits of a resource's flags that are its
 * bus's own.  A claim outlives the module if blocks were in use at rmmod: by these
 * bits, it is known when the module comes back.
 */
#define CLAIM_BITS	0x5b

/**
 * struct kept - looks for a claim that an earlier load of the module left behind
 * @start: first byte of the range that is wanted
 * @end: last byte
 * @found: a claim that has a part of the range
 */
struct kept {
	u64 start;
	u64 end;
	struct resource found;
};

static int find_kept(struct resource *claim, void *data)
{
	struct kept *kept = data;

	if ((claim->flags & IORESOURCE_BITS) != CLAIM_BITS ||
	    claim->start > kept->end || claim->end < kept->start)
		return 0;
	kept->found = *claim;
	return 1;
}

/*
 * Claim the range in /proc/iomem; a claim that was left behind is taken over as it is,
 * so that it is still there if the load fails.
 */
static int claim_range(struct buddy_region *region, const char *what, u64 base, u64 size)
{
	struct kept kept = { .start = base, .end = base + size - 1 };
	const struct resource *found = &kept.found;

	if (__request_region(&iomem_resource, base, size, region->name, CLAIM_BITS))
		return 0;
	/* The regions that live were looked at before. */
	if (walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_MEM | IORESOURCE_BUSY | CLAIM_BITS,
				0, -1, &kept, find_kept) != 1) {
		pr_err("%s: overlaps another claim in /proc/iomem; choose a range that nobody has\n",
		       what);
		return -EBUSY;
	}
	if (!reclaim || found->start != kept.start || found->end != kept.end) {
		pr_err("%s: %pa to %pa was left claimed at an rmmod of this module, as blocks were in use; when no device uses them any more, load with reclaim=1 and just this range\n",
		       what, &found->start, &found->end);
		return -EBUSY;
	}
	region->source.reclaimed = true;
	return 0;
}

/*
 * The claim goes, unless it was taken over by a load that failed, after which it is what
 * it was before.
 */
static void unclaim_range(struct buddy_region *region, u64 base, u64 size)
{
	if (!region->source.reclaimed || is_loaded)
		release_mem_region(base, size);
}

/* The module's init has succeeded: what was taken back is its own now. */
void source_loaded(void)
{
	is_loaded = true;
}

/* A physical range that the kernel does not own: memmap= or firmware-reserved. */
int source_reserved(struct buddy_region *region, const char *what, u64 base,
		    u64 size)
{
	const u64 ends[] = { base, base + size - PAGE_SIZE };
	unsigned int i;
	void *virt;
	int err;

	if (region_intersects(base, size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		pr_err("%s: overlaps System RAM; reserve it at boot, as with memmap=%lluK$%#llx\n",
		       what, size >> 10, base);
		return -EBUSY;
	}
	err = claim_range(region, what, base, size);
	if (err)
		return err;
	err = -ENXIO;
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		if (keeps_data(ends[i]))
			continue;
		pr_err("%s: no memory at %#llx; choose a range that has some, see /proc/iomem\n",
		       what, ends[i]);
		goto release;
	}
	err = -ENOMEM;
	virt = memremap(base, size, MEMREMAP_WB);
	if (!virt) {
		pr_err("%s: cannot be mapped; make the region smaller\n", what);
		goto release;
	}
	err = source_caller(region, base, size, virt);
	if (err)
		goto unmap;
	region->source.origin = ORIGIN_RESERVED;
	return 0;

unmap:
	memunmap(virt);
release:
	unclaim_range(region, base, size);
	return err;
}

/* Lies at the start of each piece taken from the kernel until all are there. */
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
 * Take @nr_pages in pieces as large as the kernel has, but no smaller than a
 * cluster: below that, metadata would outgrow its half byte a page.  Returns
 * how many pieces, or 0 if the kernel has no more.
 */
static unsigned int take_pieces(struct list_head *pieces, unsigned long nr_pages)
{
	unsigned int order = MAX_PAGE_ORDER, nr = 0;

	while (nr_pages) {
		unsigned long pages = min(nr_pages, BIT(order));
		struct piece *piece = alloc_pages_exact(pages << PAGE_SHIFT,
				GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);

		if (piece) {
			piece->pages = pages;
			list_add(&piece->node, pieces);
			nr_pages -= pages;
			nr++;
		} else if (order-- == CLUSTER_ORDER) {
			return 0;
		}
	}
	return nr;
}

/* Pages of the running kernel, in several physical runs if need be. */
int source_kernel(struct buddy_region *region, const char *what, u64 size)
{
	struct source *source = &region->source;
	u64 available = PFN_PHYS((u64)si_mem_available());
	struct run *run = NULL;
	LIST_HEAD(pieces);
	struct piece *piece;
	unsigned int nr;
	int err;

	if (size > available) {
		pr_err("%s: %llu KiB are more than the %llu KiB that the kernel has available; ask for less\n",
		       what, size >> 10, available >> 10);
		return -ENOMEM;
	}
	nr = take_pieces(&pieces, PHYS_PFN(size));
	if (!nr) {
		pr_err("%s: the kernel has no %llu KiB left in blocks of %lu KiB or more; ask for less, or earlier\n",
		       what, size >> 10, PAGE_SIZE << CLUSTER_ORDER >> 10);
		err = -ENOMEM;
		goto free_pieces;
	}
	list_sort(NULL, &pieces, piece_cmp);
	err = set_runs(source, nr);
	if (err)
		goto free_pieces;

	source->nr_runs = 0;
	list_for_each_entry(piece, &pieces, node) {
		unsigned long pfn = PHYS_PFN(__pa(piece));

		if (run && run->pfn + run->pages == pfn) {
			run->pages += piece->pages;
			continue;
		}
		run = &source->runs[source->nr_runs++];
		run->pfn = pfn;
		run->pages = piece->pages;
	}
	source->origin = ORIGIN_KERNEL;
	region->hot.mapped = true;
	region->hot.virt_offset = (unsigned long)__va(0);
	return 0;

free_pieces:
	free_pieces(&pieces);
	return err;
}

/* Give the memory back; the runs stay for those who look for it under RCU. */
void source_release(struct buddy_region *region)
{
	struct source *source = &region->source;
	const struct run *run = source->runs;
	u64 base = PFN_PHYS(run->pfn);

	switch (source->origin) {
	case ORIGIN_CALLER:
		break;
	case ORIGIN_RESERVED:
		memunmap((void *)(unsigned long)(base + region->hot.virt_offset));
		unclaim_range(region, base, PFN_PHYS(run->pages));
		break;
	case ORIGIN_KERNEL:
		for (; run < source->runs + source->nr_runs; run++)
			free_pages_exact(__va(PFN_PHYS(run->pfn)),
					 PFN_PHYS(run->pages));
		break;
	}
}
