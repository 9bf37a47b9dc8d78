// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a region: create, find, hold and destroy it, and read its counters.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/ioport.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "pcp.h"
#include "watch.h"

/*
 * Serialises creation, destruction and lookup by name.  The outermost lock of the
 * module.  Readers that cannot sleep walk the list under RCU.
 */
static DEFINE_MUTEX(regions_mutex);
static LIST_HEAD(regions);

static bool is_region(const struct buddy_region *pointer)
{
	const struct buddy_region *region;

	list_for_each_entry(region, &regions, link)
		if (region == pointer)
			return true;
	return false;
}

static struct buddy_region *find_name(const char *name)
{
	struct buddy_region *region;

	list_for_each_entry(region, &regions, link)
		if (!strcmp(region->name, name))
			return region;
	return NULL;
}

static int check_name(const char *what, const char *name)
{
	static const char fit[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	static const char * const own[] = {
		"regions", "bad_calls", "fail_page", "fail_pool",
	};
	size_t len = strlen(name);

	/* debugfs gets a folder of this name, beside the module's own files. */
	if (!len || len >= NAME_LEN || strspn(name, fit) != len || name[0] == '.' ||
	    match_string(own, ARRAY_SIZE(own), name) >= 0) {
		pr_err("%s: '%s' cannot be a region's name: 1 to %d letters, digits, '_', '-' or '.', not '.' first, not 'regions', 'bad_calls', 'fail_page' or 'fail_pool'\n",
		       what, name, NAME_LEN - 1);
		return -EINVAL;
	}
	if (find_name(name)) {
		pr_err("%s: the name '%s' is taken, each region needs its own\n",
		       what, name);
		return -EEXIST;
	}
	return 0;
}

static int check_size(const char *what, u64 size)
{
	if (!size || !PAGE_ALIGNED(size)) {
		pr_err("%s: the size is %llu bytes, it must be a multiple of %lu and not 0\n",
		       what, size, PAGE_SIZE);
		return -EINVAL;
	}
	return 0;
}

/* @last: the last physical address of this machine */
static int check_range(const char *what, u64 base, u64 size, u64 last)
{
	const struct buddy_region *region;
	const struct pfn_range *range;

	if (!PAGE_ALIGNED(base)) {
		pr_err("%s: the address is %#llx, it must be a multiple of %lu\n",
		       what, base, PAGE_SIZE);
		return -EINVAL;
	}
	if (base > last || size - 1 > last - base) {
		pr_err("%s: the range goes beyond the last physical address, %#llx\n",
		       what, last);
		return -ERANGE;
	}
	list_for_each_entry(region, &regions, link) {
		for_each_range(range, region) {
			u64 start = PFN_PHYS(range->pfn);
			u64 end = start + PFN_PHYS(range->pages);

			if (base >= end || start >= base + size)
				continue;
			pr_err("%s: overlaps region '%s', which has %#llx to %#llx; choose a range beside it\n",
			       what, region->name, start, end - 1);
			return -EBUSY;
		}
	}
	return 0;
}

/* A region of so many clusters could have a block of order BUDDY_NR_ORDERS. */
#define MAX_CLUSTERS	BIT(BUDDY_NR_ORDERS - CLUSTER_ORDER)

static int alloc_clusters(struct buddy_region *region, const char *what)
{
	struct pfn_range *range;
	u32 nr = 0;
	u64 bytes;

	for_each_range(range, region) {
		range->first = nr;
		nr += range_clusters(range);
	}
	bytes = buddy_metadata_bytes(nr);
	/*
	 * For a huge region, the attempt to allocate so much would already starve others.
	 * kvcalloc() would round 2 MiB and a little up to 4 MiB.
	 */
	if (nr < MAX_CLUSTERS && bytes < (u64)si_mem_available() << PAGE_SHIFT) {
		region->clusters = alloc_pages_exact(bytes, GFP_KERNEL | __GFP_ZERO |
						     __GFP_NOWARN | __GFP_NORETRY);
		if (!region->clusters)
			region->clusters = __vmalloc(bytes, GFP_KERNEL | __GFP_ZERO |
						     __GFP_NOWARN);
	}
	if (!region->clusters) {
		pr_err("%s: no memory for %llu KiB of metadata, 0.4 byte a page; make the region smaller\n",
		       what, bytes >> 10);
		return -ENOMEM;
	}
	region->nr_clusters = nr;
	return 0;
}

static void free_clusters(struct buddy_region *region)
{
	if (is_vmalloc_addr(region->clusters))
		vfree(region->clusters);
	else
		free_pages_exact(region->clusters,
				 buddy_metadata_bytes(region->nr_clusters));
}

/* Frees the part of a region that readers of the list look at under RCU. */
static void free_struct(struct rcu_head *rcu)
{
	struct buddy_region *region = container_of(rcu, struct buddy_region, rcu);

	kvfree(region->ranges);
	kfree(region);
}

static struct buddy_region *add_region(enum origin origin, const char *what,
				       const char *name, u64 base, u64 size, void *virt,
				       unsigned int node_flags)
{
	u64 last = PFN_PHYS(END_PFN) - 1;
	struct buddy_region *region;
	int err;

	/* A caller's range may be a device's own memory, which the CPU cannot reach. */
	if (origin != ORIGIN_CALLER)
		last = min_t(u64, last, iomem_resource.end);

	mutex_lock(&regions_mutex);
	err = check_name(what, name) ?: check_size(what, size);
	if (!err && origin != ORIGIN_KERNEL)
		err = check_range(what, base, size, last);
	if (err)
		goto unlock;

	err = -ENOMEM;
	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		goto unlock;
	strscpy(region->name, name, NAME_LEN);
	refcount_set(&region->refcount, 1);

	switch (origin) {
	case ORIGIN_CALLER:
		err = buddy_range_of_caller(region, base, size, virt);
		break;
	case ORIGIN_RESERVED:
		err = buddy_range_reserved(region, what, base, size);
		break;
	case ORIGIN_KERNEL:
		err = buddy_range_of_kernel(region, what, size, base);
		break;
	case ORIGIN_NODE:
		err = buddy_range_of_node(region, what, base, size, node_flags);
		break;
	}
	if (err)
		goto err_struct;

	err = alloc_clusters(region, what);
	if (err)
		goto err_range;
	buddy_free_area_init(region);
	raw_spin_lock_init(&region->watch_lock);
	err = buddy_pcp_init(region);
	if (err)
		goto err_clusters;
	err = buddy_page_owner_add(region, what);
	if (err)
		goto err_pcp;
	buddy_page_poison_add(region);
	buddy_debugfs_add(region);
	list_add_tail_rcu(&region->link, &regions);
	mutex_unlock(&regions_mutex);
	return region;

err_pcp:
	buddy_pcp_exit(region);
err_clusters:
	free_clusters(region);
err_range:
	buddy_range_release(region);
err_struct:
	free_struct(&region->rcu);
unlock:
	mutex_unlock(&regions_mutex);
	return ERR_PTR(err);
}

/*
 * Make a region.  @what is the name of the request in error messages.  @origin says
 * which of the other arguments have a meaning.
 */
struct buddy_region *buddy_region_add(enum origin origin, const char *what,
				      const char *name, u64 base, u64 size, void *virt)
{
	return add_region(origin, what, name, base, size, virt, 0);
}

/* Make a region of a node's memory; @flags is what the devicetree says of it. */
struct buddy_region *buddy_region_add_node(const char *what, const char *name, u64 base,
					   u64 size, unsigned int flags)
{
	return add_region(ORIGIN_NODE, what, name, base, size, NULL, flags);
}

static unsigned long used_now(struct buddy_region *region)
{
	unsigned long flags, used;

	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_pcp_drain(region);
	used = region->stats.pages - region->stats.free_pages;
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return used;
}

/* From here on no call finds the region, and no program reads its files. */
static void unpublish(struct buddy_region *region)
{
	lockdep_assert_held(&regions_mutex);
	debugfs_remove(region->dir);
	list_del_rcu(&region->link);
	buddy_pcp_exit(region);
}

static void free_region(struct buddy_region *region)
{
	buddy_page_poison_remove(region);
	buddy_page_owner_remove(region);
	free_clusters(region);
	buddy_range_release(region);
	call_rcu(&region->rcu, free_struct);
}

/*
 * At rmmod: destroy all regions.  A region with blocks in use keeps its memory, because
 * a device may still write to it.
 */
void buddy_regions_remove_all(void)
{
	struct buddy_region *region, *next;

	mutex_lock(&regions_mutex);
	list_for_each_entry_safe(region, next, &regions, link) {
		unsigned long used = used_now(region);

		unpublish(region);
		if (!used) {
			free_region(region);
			continue;
		}
		pr_err("region %s: %lu pages are still in use, its memory is not given back\n",
		       region->name, used);
		buddy_page_owner_print_all(region);
		/* The region stays on purpose, with all that it points to. */
		kmemleak_not_leak(region);
	}
	mutex_unlock(&regions_mutex);
	/* free_struct() is code of the module: let all its calls return. */
	rcu_barrier();
}

/* The region of the address @addr or, if that is NULL, of @pfn; under rcu_read_lock(). */
struct buddy_region *buddy_region_find(unsigned long pfn, const void *addr)
{
	struct buddy_region *region;

	list_for_each_entry_rcu(region, &regions, link)
		if (find_range(region, addr ? buddy_virt_to_pfn(region, addr) : pfn))
			return region;
	return NULL;
}

void buddy_regions_for_each(void (*fn)(struct buddy_region *region, void *data),
			    void *data)
{
	struct buddy_region *region;

	mutex_lock(&regions_mutex);
	list_for_each_entry(region, &regions, link)
		fn(region, data);
	mutex_unlock(&regions_mutex);
}

static bool is_mapped_byte(const void *addr)
{
	return is_vmalloc_addr(addr) ? !!vmalloc_to_page(addr) : virt_addr_valid(addr);
}

/* Whether @nr_pages at @virt can be a mapping: the first and the last byte are mapped. */
static bool is_mapping(const void *virt, unsigned long nr_pages)
{
	return is_mapped_byte(virt) && is_mapped_byte(virt + (nr_pages << PAGE_SHIFT) - 1);
}

/*
 * Whether the caller of @func must not sleep; that is counted and reported.  Not every
 * kernel can tell that preemption is off.
 */
bool buddy_must_not_sleep(const char *func)
{
	if (likely(!in_interrupt() && !irqs_disabled()))
		return false;
	buddy_bad_call(func, "this may sleep, so not in an interrupt, nor with interrupts off",
		       NULL);
	return true;
}

/**
 * buddy_region_create() - make a region from a range that the caller owns
 * @name: 1 to 31 letters, digits, '_', '-' or '.', not '.' first, unique among
 *	regions; not "regions", "bad_calls", "fail_page" or "fail_pool"
 * @pfn: first page
 * @nr_pages: any number of pages but 0
 * @virt: page-aligned kernel address of the range, or NULL if it has none
 *
 * The range is neither read nor written, unless the module was loaded with poison=1.
 * The metadata, 0.4 byte a page, is allocated here.  Without @virt the range need
 * not exist as memory; only the functions that take pfns can then be
 * used.
 *
 * The caller must own the range until buddy_region_destroy().  The module cannot tell
 * memory that the caller allocated from memory that the kernel or another driver uses.
 * Only the first and the last page of @virt are checked: the caller must see to it
 * that @virt maps @pfn, and the whole range in one piece.
 *
 * Context: process, may sleep.
 * Return: the region, or ERR_PTR(): -EINVAL for a bad name or size, or for an
 * address that is not page aligned or that the kernel has no mapping at,
 * -EEXIST for a name in use, -EBUSY for a range that overlaps another region,
 * -ERANGE beyond the last physical address, -ENOMEM.  The reason is in the log.
 */
struct buddy_region *buddy_region_create(const char *name, unsigned long pfn,
					 unsigned long nr_pages, void *virt)
{
	if (buddy_must_not_sleep(__func__))
		return ERR_PTR(-EINVAL);
	if (!buddy_is_pointer(__func__, "this is no name", name))
		return ERR_PTR(-EINVAL);
	if (!PAGE_ALIGNED(virt)) {
		pr_err("region %s: the address %p is not page aligned\n", name, virt);
		return ERR_PTR(-EINVAL);
	}
	if (pfn > PHYS_PFN(~0ULL) || nr_pages > PHYS_PFN(~0ULL)) {
		pr_err("region %s: pfn %#lx or its %lu pages are beyond any physical address\n",
		       name, pfn, nr_pages);
		return ERR_PTR(-ERANGE);
	}
	if (virt && !is_mapping(virt, nr_pages)) {
		pr_err("region %s: the kernel has no mapping of %lu pages at %p; give the address that memremap() returned, or NULL\n",
		       name, nr_pages, virt);
		return ERR_PTR(-EINVAL);
	}
	return buddy_region_add(ORIGIN_CALLER, name, name, PFN_PHYS(pfn), PFN_PHYS(nr_pages),
				virt);
}
EXPORT_SYMBOL_GPL(buddy_region_create);

/*
 * Destroy a region of this origin, if nobody has a block or a reference of it: else -EBUSY.
 * -EINVAL if there is no such region.
 */
int buddy_region_remove(struct buddy_region *region, enum origin origin)
{
	int err = 0;

	mutex_lock(&regions_mutex);
	if (!is_region(region) || region->origin != origin) {
		err = -EINVAL;
	} else if (refcount_read(&region->refcount) > 1 || used_now(region)) {
		err = -EBUSY;
	} else {
		unpublish(region);
		free_region(region);
	}
	mutex_unlock(&regions_mutex);
	return err;
}

/**
 * buddy_region_destroy() - undo buddy_region_create()
 * @region: made by buddy_region_create(), not found by buddy_region_get(); NULL is
 *	ignored
 *
 * No other call for @region may be under way.
 *
 * Context: process, may sleep.
 * Return: 0, or -EBUSY if a block is in use or the region has a reference by
 * buddy_region_get(); the region then stays as it was.  -EINVAL and a caller error if
 * @region is no region, or one that buddy_region_create() did not make.
 */
int buddy_region_destroy(struct buddy_region *region)
{
	int err;

	if (!region)
		return 0;
	if (buddy_must_not_sleep(__func__))
		return -EINVAL;
	err = buddy_region_remove(region, ORIGIN_CALLER);
	if (err == -EINVAL)
		buddy_bad_call(__func__, "this is no region of buddy_region_create()", region);
	return err;
}
EXPORT_SYMBOL_GPL(buddy_region_destroy);

/**
 * buddy_region_get() - find a region by name and take a reference
 * @name: as in ``regions=`` or in buddy_region_create()
 *
 * While there is a reference, the region cannot be destroyed, nor the module removed.
 *
 * Context: process, may sleep.
 * Return: the region, or NULL if there is none of this name, or @name is NULL.  An
 * error pointer is a caller error, and NULL is returned.
 */
struct buddy_region *buddy_region_get(const char *name)
{
	struct buddy_region *region;

	if (!name || buddy_must_not_sleep(__func__))
		return NULL;
	if (IS_ERR(name)) {
		buddy_bad_call(__func__, "this is no name", name);
		return NULL;
	}
	mutex_lock(&regions_mutex);
	region = find_name(name);
	if (region && try_module_get(THIS_MODULE))
		refcount_inc(&region->refcount);
	else
		region = NULL;
	mutex_unlock(&regions_mutex);
	return region;
}
EXPORT_SYMBOL_GPL(buddy_region_get);

/**
 * buddy_region_put() - drop a reference
 * @region: from buddy_region_get(); NULL is ignored
 *
 * One put more than there were gets is a caller error and changes nothing, as is a
 * pointer that is no region.
 *
 * Context: process, may sleep.
 */
void buddy_region_put(struct buddy_region *region)
{
	const char *wrong = NULL;

	if (!region || buddy_must_not_sleep(__func__))
		return;
	mutex_lock(&regions_mutex);
	if (!is_region(region))
		wrong = "this is no region";
	/* The last reference is the region's own. */
	else if (!refcount_dec_not_one(&region->refcount))
		wrong = "this region has no reference by buddy_region_get()";
	mutex_unlock(&regions_mutex);
	if (wrong)
		buddy_bad_call(__func__, wrong, region);
	else
		module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(buddy_region_put);

/**
 * buddy_region_name() - a region's name
 * @region: the region
 *
 * Context: any.
 * Return: the name, which is valid as long as the region; "(none)" for NULL or an error
 * pointer, which is a caller error.
 */
const char *buddy_region_name(const struct buddy_region *region)
{
	return is_region_pointer(__func__, region) ? region->name : "(none)";
}
EXPORT_SYMBOL_GPL(buddy_region_name);

bool buddy_region_is_callers(const struct buddy_region *region)
{
	return region->origin == ORIGIN_CALLER;
}

/**
 * buddy_region_stats() - read a region's counters
 * @region: the region
 * @stats: filled in, see &struct buddy_stats; all zero if @region is NULL or an error
 *	pointer, which is a caller error
 *
 * Context: any but NMI.  Takes the region's raw spinlock, with interrupts off,
 * for one copy of @stats and a few steps per CPU.
 */
void buddy_region_stats(struct buddy_region *region, struct buddy_stats *stats)
{
	unsigned long flags;
	unsigned int i;

	if (!buddy_is_pointer(__func__, "this is no struct buddy_stats", stats))
		return;
	if (!is_region_pointer(__func__, region) || is_in_nmi(region, BUDDY_NO_PFN, 0)) {
		memset(stats, 0, sizeof(*stats));
		return;
	}
	raw_spin_lock_irqsave(&region->lock, flags);
	*stats = region->stats;
	buddy_pcp_add_free(region, stats);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	buddy_pcp_add_counts(region, stats);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		stats->errors[i] = atomic_long_read(&region->errors[i]);
}
EXPORT_SYMBOL_GPL(buddy_region_stats);

/**
 * buddy_region_drain() - move what the CPUs cache of a region to its free lists
 * @region: the region; NULL or an error pointer is a caller error
 *
 * A driver need not call this: before an allocation fails, the caches that can help are
 * drained, and so is the cache of a CPU that goes offline.  The function is for callers
 * that want to see free blocks merged.
 *
 * Context: any but NMI.  Takes the region's raw spinlock with interrupts off.
 */
void buddy_region_drain(struct buddy_region *region)
{
	unsigned long flags;

	if (!is_region_pointer(__func__, region) || is_in_nmi(region, BUDDY_NO_PFN, 0))
		return;
	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_pcp_drain(region);
	raw_spin_unlock_irqrestore(&region->lock, flags);
}
EXPORT_SYMBOL_GPL(buddy_region_drain);
