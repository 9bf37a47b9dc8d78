/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page layer's public interface.
 *
 * A region is one or several ranges of physical memory from which blocks of pages are
 * allocated: blocks of 2^order pages, or of any number of pages.  A caller names a
 * block by the page frame number (pfn) of its first page or, in a region with a kernel
 * mapping, by its virtual address.  All functions are exported GPL-only.
 *
 * Caller errors (double free, a pfn at which no block starts, a wrong order and so on)
 * never change memory or metadata.  The region counts each of them, and the first of
 * its kind in a region prints a WARN with the facts.  Two mistakes cannot be told from
 * a correct call: the free of a block that was freed and allocated again with the same
 * size, and the use of a region that was destroyed, which only buddy_region_put() and
 * buddy_region_destroy() detect.
 *
 * A region that is NULL or an error pointer is a caller error, too.  No region can
 * count the error, so the debugfs file bad_calls does, and the first one is a WARN.
 * There are two exceptions.  buddy_alloc_pfn(), buddy_free_pfn(), buddy_alloc() and
 * buddy_free() are inline and do not test the pointer.  buddy_region_put() and
 * buddy_region_destroy() ignore NULL.
 *
 * A block that one CPU allocates and another one frees must be handed over in order,
 * as a page of alloc_pages() must be: by a lock, or by a release on one side and an
 * acquire on the other.
 */
#ifndef BUDDY_BUDDY_H
#define BUDDY_BUDDY_H

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/types.h>

/* A region has less than 2^32 pages: so its metadata, below 2 GiB, is one allocation. */
#define BUDDY_NR_ORDERS	32

/* No page: what the pfn functions return on failure. */
#define BUDDY_NO_PFN	(~0UL)

/* Flags that ask for memory of a zone.  (__GFP_HIGHMEM allows more memory, and asks for none.) */
#define BUDDY_GFP_ZONES	(__GFP_DMA | __GFP_DMA32)

/* Flags that the inline paths leave to the slow paths. */
#define BUDDY_GFP_SLOW	(__GFP_ZERO | BUDDY_GFP_ZONES)

struct buddy_region;
struct device;

/* --- regions --- */

struct buddy_region *buddy_region_get(const char *name);
void buddy_region_put(struct buddy_region *region);
struct buddy_region *buddy_region_create(const char *name, unsigned long pfn,
					 unsigned long nr_pages, void *virt);
int buddy_region_destroy(struct buddy_region *region);
const char *buddy_region_name(const struct buddy_region *region);

#ifdef CONFIG_OF
struct buddy_region *devm_buddy_region_get(struct device *dev, const char *name);
#else
static inline struct buddy_region *devm_buddy_region_get(struct device *dev, const char *name)
{
	return ERR_PTR(-ENOENT);
}
#endif

/* --- blocks of 2^order pages --- */

/**
 * buddy_alloc() - allocate 2^order pages, by address
 * @region: a region with a kernel mapping
 * @order: as for buddy_alloc_pfn()
 * @gfp: as for buddy_alloc_pfn()
 *
 * Context: any, as buddy_alloc_pfn().
 * Return: the address of the first page, aligned to the block's size in
 * physical memory, or NULL if no block is left, and for a caller error.
 */
static inline void *buddy_alloc(struct buddy_region *region, unsigned int order, gfp_t gfp);

/**
 * buddy_free() - free a block by address and order
 * @region: the region that the block came from
 * @addr: what buddy_alloc() returned; NULL is ignored
 * @order: the block's order
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
static inline void buddy_free(struct buddy_region *region, const void *addr,
			      unsigned int order);

/**
 * buddy_alloc_pfn() - allocate 2^order pages
 * @region: the region to allocate from
 * @order: any; no block has an order above the region's max order
 * @gfp: __GFP_ZERO clears the pages, __GFP_NOWARN keeps a failure out of the
 *	log, __GFP_DMA32 asks for pages below 4 GiB: as buddy_alloc_pfn_within().
 *	__GFP_DMA is a caller error, because its limit depends on the machine.
 *	GFP_KERNEL, GFP_ATOMIC and all other flags are legal and change nothing: an
 *	allocation never sleeps or reclaims
 *
 * The block is physically contiguous and naturally aligned.  The cost is at most a few
 * steps per order, whatever the size of the block and of the region.
 *
 * Context: any.  If the CPU's cache has no such block, takes the region's raw
 * spinlock with interrupts off.  In NMI context the lock is only tried, so that an
 * allocation can fail although a block is free.  The pages are cleared without a lock.
 * Return: the pfn of the first page, or BUDDY_NO_PFN if no block is left, and for
 * a caller error.
 */
static inline unsigned long buddy_alloc_pfn(struct buddy_region *region, unsigned int order,
					    gfp_t gfp);

/**
 * buddy_free_pfn() - free a block by its order
 * @region: the region that the block came from
 * @pfn: the block's first page
 * @order: the block's order
 *
 * Context: any but NMI, as buddy_free_pfn_exact().
 */
static inline void buddy_free_pfn(struct buddy_region *region, unsigned long pfn,
				  unsigned int order);

/* --- blocks of any number of pages --- */

/**
 * struct buddy_window - where a block may lie; a member that is 0 sets no limit
 * @low: physical address; no byte of the block lies before it
 * @high: physical address; no byte of the block lies behind it
 * @boundary: in bytes, a power of two, not less than the block: the block crosses no
 *	multiple of it
 * @align_order: the block's first pfn is a multiple of 2^align_order
 * @top_down: take the highest place instead of the lowest
 */
struct buddy_window {
	phys_addr_t low;
	phys_addr_t high;
	phys_addr_t boundary;
	unsigned int align_order;
	bool top_down;
};

void *buddy_alloc_exact(struct buddy_region *region, unsigned long nr_pages,
			gfp_t gfp);
void *buddy_alloc_aligned(struct buddy_region *region, unsigned long nr_pages,
			  unsigned int align_order, gfp_t gfp);
void *buddy_alloc_within(struct buddy_region *region, unsigned long nr_pages,
			 const struct buddy_window *window, gfp_t gfp);
void buddy_free_exact(struct buddy_region *region, const void *addr,
		      unsigned long nr_pages);

unsigned long buddy_alloc_pfn_exact(struct buddy_region *region,
				    unsigned long nr_pages, gfp_t gfp);
unsigned long buddy_alloc_pfn_aligned(struct buddy_region *region,
				      unsigned long nr_pages,
				      unsigned int align_order, gfp_t gfp);
unsigned long buddy_alloc_pfn_within(struct buddy_region *region, unsigned long nr_pages,
				     const struct buddy_window *window, gfp_t gfp);
void buddy_free_pfn_exact(struct buddy_region *region, unsigned long pfn,
			  unsigned long nr_pages);
int buddy_trim_pfn(struct buddy_region *region, unsigned long pfn, unsigned long nr_pages,
		   unsigned long first_pfn, unsigned long keep_pages);
unsigned long buddy_block_pages(struct buddy_region *region, unsigned long pfn);

/* --- many blocks at once --- */

unsigned int buddy_alloc_bulk(struct buddy_region *region, unsigned int order,
			      unsigned int nr, unsigned long *pfns, gfp_t gfp);
void buddy_free_bulk(struct buddy_region *region, unsigned int order,
		     unsigned int nr, const unsigned long *pfns);

/* --- address, pfn and physical address --- */

void *buddy_pfn_to_virt(struct buddy_region *region, unsigned long pfn);
unsigned long buddy_virt_to_pfn(struct buddy_region *region, const void *addr);
phys_addr_t buddy_virt_to_phys(struct buddy_region *region, const void *addr);
void *buddy_phys_to_virt(struct buddy_region *region, phys_addr_t phys);

/* --- counters and caches --- */

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
 * @BUDDY_WRITE_AFTER_FREE: a free page was written to; detected with poison=1 alone
 * @BUDDY_ZONE: __GFP_DMA was asked for
 * @BUDDY_IN_NMI: in NMI context, a free that needs the region's lock, or a call that
 *	reads the region's state; no call can wait for a lock there
 * @BUDDY_WINDOW: no block of this size can meet the window
 * @BUDDY_PART: a block was to be cut down to pages that it does not have
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
	BUDDY_WINDOW,
	BUDDY_PART,
	BUDDY_NR_ERRORS
};

/**
 * struct buddy_stats - a region's counters
 * @pages: pages in the region
 * @free_pages: free pages, those in the per-CPU caches too
 * @peak_pages: the most pages that were in use at one time
 * @splits: blocks that were cut in two; each one adds a block
 * @merges: pairs of buddies that were joined; each one removes a block
 * @locked: allocations and frees that took the region's lock
 * @nr_free: free blocks, by order
 * @allocs: successful allocations, by order
 * @frees: frees, by order
 * @fails: allocations that found no block, by order
 * @max_order: order of the largest block that the region can hold
 * @errors: caller errors, by &enum buddy_error
 *
 * All counters are of one instant, but for @errors, and for what other CPUs do with
 * their caches meanwhile.  An exact allocation counts under the order of the block that
 * would hold it.  What a CPU caches is free, but @peak_pages counts it as used: up to
 * 64 pages and eight blocks of 64 pages or more for each CPU.  Splits and merges inside
 * a cache are not counted.  If the module itself splits a block in use into its pages,
 * this counts as a free of the block and an allocation of each page.
 */
struct buddy_stats {
	unsigned long pages;
	unsigned long free_pages;
	unsigned long peak_pages;
	u64 splits;
	u64 merges;
	u64 locked;
	unsigned long nr_free[BUDDY_NR_ORDERS];
	u64 allocs[BUDDY_NR_ORDERS];
	u64 frees[BUDDY_NR_ORDERS];
	u64 fails[BUDDY_NR_ORDERS];
	unsigned int max_order;
	unsigned long errors[BUDDY_NR_ERRORS];
};

void buddy_region_stats(struct buddy_region *region, struct buddy_stats *stats);
unsigned long buddy_region_largest(struct buddy_region *region);
void buddy_region_drain(struct buddy_region *region);

/* --- for the module's own upper layer, pool/; not exported --- */

struct file_operations;

int buddy_init(void);
void buddy_set_loaded(void);
void buddy_exit(void);
#ifdef CONFIG_OF
int buddy_of_init(void);
void buddy_of_exit(void);
#else
static inline int buddy_of_init(void) { return 0; }
static inline void buddy_of_exit(void) {}
#endif
/* Each region that is made from now on has this one file more in its debugfs folder. */
#ifdef CONFIG_DEBUG_FS
void buddy_debugfs_add_file(const char *name, const struct file_operations *fops);
#else
static inline void buddy_debugfs_add_file(const char *name, const struct file_operations *fops) {}
#endif
void buddy_bad_call(const char *func, const char *text, const void *pointer);

/* Whether @pointer is one; if not, the call of @func is counted and reported by @text. */
static inline bool buddy_is_pointer(const char *func, const char *text, const void *pointer)
{
	if (!IS_ERR_OR_NULL(pointer))
		return true;
	buddy_bad_call(func, text, pointer);
	return false;
}

/* Whether the caller of @func must not sleep; that is counted and reported. */
bool buddy_must_not_sleep(const char *func);
/* A mistake with @nr_pages at the address @addr, or at none: NULL. */
void buddy_addr_error(struct buddy_region *region, enum buddy_error kind,
		      const void *addr, unsigned long nr_pages);
/*
 * Make the block of @nr_pages pages at @addr, less than a cluster of 64 pages, @nr_pages
 * blocks of one page, like split_page() of the kernel.  The caller owns the block.  It
 * frees each page by buddy_free(..., 0), in any order and on any CPU.  Any context; takes
 * the region's lock if the block goes on in another cluster, and fails if an NMI cannot
 * have the lock.  If no such block is in use, this is a caller error, and nothing changes; but
 * the split of one page that is free is not noticed.
 */
void buddy_split(struct buddy_region *region, const void *addr, unsigned long nr_pages);
/* Whether the region's memory is the caller's of buddy_region_create(). */
bool buddy_region_is_callers(const struct buddy_region *region);
/* Whether KASAN's shadow of the address can be written; in kernels with KASAN alone. */
bool buddy_has_shadow(const void *addr);

#include "inline.h"

#endif /* BUDDY_BUDDY_H */
