/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page layer's public interface.
 *
 * A region is one reserved range of physical memory that hands out blocks of
 * 2^order pages, or of an exact number of pages.  Every function here is
 * exported GPL-only.  A block is named by its page frame number (pfn) or, in a
 * region with a kernel mapping, by its virtual address.
 *
 * Caller errors (double free, a pfn that starts no block, a wrong order, ...)
 * never change memory or metadata: each is counted in the region's statistics,
 * and the first of its kind in a region prints a WARN with the facts.
 *
 * A region that is NULL or an error pointer is a caller error in every function
 * but buddy_alloc_pfn(), buddy_free_pfn(), buddy_alloc() and buddy_free(), which
 * would pay for the test at each call, and buddy_region_put() and
 * buddy_region_destroy(), which ignore NULL.  As such a call has no region to be counted
 * in, the file bad_calls counts it, and the first one prints a WARN.  A pointer to
 * a region that was destroyed is found by buddy_region_put() and
 * buddy_region_destroy() alone: nothing tells it in constant time.  Nor does anything
 * tell the free of a block that was freed and allocated again, with the same size,
 * from a right one.
 *
 * Who hands a block to another CPU orders that as for a page of alloc_pages(): by a
 * lock, or by a release on one side and an acquire on the other.
 */
#ifndef BUDDY_BUDDY_H
#define BUDDY_BUDDY_H

#include <linux/gfp.h>
#include <linux/types.h>

/* A region has less than 2^32 pages: below 2 GiB, metadata is one allocation. */
#define BUDDY_NR_ORDERS	32

/*
 * Flags that restrict where memory may lie, which no region can promise: asking for
 * one is a caller error.  (__GFP_HIGHMEM allows more, and restricts nothing.)
 */
#define BUDDY_GFP_ZONES	(__GFP_DMA | __GFP_DMA32)

/* No page frame: what the pfn functions return on failure. */
#define BUDDY_NO_PFN	(~0UL)

struct buddy_region;
struct file_operations;

/**
 * enum buddy_error - what a caller can do wrong
 * @BUDDY_DOUBLE_FREE: the block is free already
 * @BUDDY_NOT_A_HEAD: the address lies inside a block, not at its start
 * @BUDDY_WRONG_SIZE: the block has another order or page count
 * @BUDDY_OUTSIDE: the address is in no region
 * @BUDDY_WRONG_REGION: the address belongs to another region
 * @BUDDY_MISALIGNED: the address is not page aligned
 * @BUDDY_UNMAPPED: an address or zeroing was asked of a region without mapping
 * @BUDDY_NO_PAGES: zero pages were asked for
 * @BUDDY_WRITE_AFTER_FREE: a free page was written to; only poison=1 sees that
 * @BUDDY_ZONE: __GFP_DMA or __GFP_DMA32 was asked for
 * @BUDDY_IN_NMI: a free that needs the region's lock, or a look at the region, in NMI
 *	context, where nothing can wait for a lock
 * @BUDDY_NR_ERRORS: how many kinds there are
 */
enum buddy_error {
	BUDDY_DOUBLE_FREE,
	BUDDY_NOT_A_HEAD,
	BUDDY_WRONG_SIZE,
	BUDDY_OUTSIDE,
	BUDDY_WRONG_REGION,
	BUDDY_MISALIGNED,
	BUDDY_UNMAPPED,
	BUDDY_NO_PAGES,
	BUDDY_WRITE_AFTER_FREE,
	BUDDY_ZONE,
	BUDDY_IN_NMI,
	BUDDY_NR_ERRORS
};

/**
 * struct buddy_stats - one region's counters, of one instant but for @errors and for
 *	what goes on in the per-CPU caches meanwhile
 * @pages: pages in the region
 * @free_pages: of these, free
 * @peak_pages: the most that were in use at one time
 * @max_order: order of the largest block that the region can hold
 * @splits: blocks cut in two; every one adds a block
 * @merges: pairs of buddies joined; every one removes a block
 * @locked: allocations and frees that took the region's lock
 * @nr_free: free blocks, by order
 * @allocs: successful allocations, by order
 * @frees: frees, by order
 * @fails: allocations that found no block, by order
 * @errors: caller errors, by &enum buddy_error
 *
 * An exact allocation counts under the order that would hold it.  What a CPU
 * caches is free, but counts as used for @peak_pages: for each CPU, 64 pages and
 * up to eight blocks of 64 pages or more.  Splits and merges inside a cache are not
 * counted.
 */
struct buddy_stats {
	unsigned long pages;
	unsigned long free_pages;
	unsigned long peak_pages;
	unsigned int max_order;
	u64 splits;
	u64 merges;
	u64 locked;
	unsigned long nr_free[BUDDY_NR_ORDERS];
	u64 allocs[BUDDY_NR_ORDERS];
	u64 frees[BUDDY_NR_ORDERS];
	u64 fails[BUDDY_NR_ORDERS];
	unsigned long errors[BUDDY_NR_ERRORS];
};

struct buddy_region *buddy_region_create(const char *name, unsigned long pfn,
					 unsigned long nr_pages, void *virt);
int buddy_region_destroy(struct buddy_region *region);
struct buddy_region *buddy_region_get(const char *name);
void buddy_region_put(struct buddy_region *region);
const char *buddy_region_name(const struct buddy_region *region);
void buddy_region_stats(struct buddy_region *region, struct buddy_stats *stats);
void buddy_region_drain(struct buddy_region *region);

unsigned long buddy_alloc_pfn_exact(struct buddy_region *region,
				    unsigned long nr_pages, gfp_t gfp);
unsigned long buddy_alloc_pfn_aligned(struct buddy_region *region,
				      unsigned long nr_pages,
				      unsigned int align_order, gfp_t gfp);
void buddy_free_pfn_exact(struct buddy_region *region, unsigned long pfn,
			  unsigned long nr_pages);
unsigned long buddy_block_pages(struct buddy_region *region, unsigned long pfn);
unsigned int buddy_alloc_bulk(struct buddy_region *region, unsigned int order,
			      unsigned int nr, unsigned long *pfns, gfp_t gfp);
void buddy_free_bulk(struct buddy_region *region, unsigned int order,
		     unsigned int nr, const unsigned long *pfns);

void *buddy_alloc_exact(struct buddy_region *region, unsigned long nr_pages,
			gfp_t gfp);
void *buddy_alloc_aligned(struct buddy_region *region, unsigned long nr_pages,
			  unsigned int align_order, gfp_t gfp);
void buddy_free_exact(struct buddy_region *region, const void *addr,
		      unsigned long nr_pages);

void *buddy_pfn_to_virt(struct buddy_region *region, unsigned long pfn);
unsigned long buddy_virt_to_pfn(struct buddy_region *region, const void *addr);
phys_addr_t buddy_virt_to_phys(struct buddy_region *region, const void *addr);
void *buddy_phys_to_virt(struct buddy_region *region, phys_addr_t phys);

/* For the module's own init and exit; not exported. */
int buddy_init(const struct file_operations *pools_fops);
void buddy_exit(void);

#include "inline.h"

#endif /* BUDDY_BUDDY_H */
