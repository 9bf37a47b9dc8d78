// SPDX-License-Identifier: GPL-2.0
/*
 * Who allocated what, with track=1: the last two owners of each page.  The file owners
 * groups the blocks in use by call chain, and rmmod names the largest groups.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "lock.h"
#include "watch.h"

#define STACK_DEPTH	16
#define STRETCH		1024	/* pages that are looked at without a pause */
#define SHOW_LEFT	5	/* groups that rmmod names */

static bool track;
module_param(track, bool, 0444);
MODULE_PARM_DESC(track, "remember who allocated each block, see the file owners (default: N)");

/**
 * struct owner - who allocated a block
 * @when: nanoseconds since boot
 * @stack: the allocation's call chain
 * @pid: the task; for an allocation in an interrupt, the task that was interrupted
 * @comm: the task's name
 */
struct owner {
	u64 when;
	depot_stack_handle_t stack;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct page_owner - the owners of one page
 * @last: the present owner, or the last one
 * @before: the owner before that
 * @pages: of the block in use that starts at the page, or 0
 */
struct page_owner {
	struct owner last;
	struct owner before;
	unsigned long pages;
};

/**
 * struct group - the blocks in use that one call chain allocated
 * @owner: of the block with the lowest address
 * @blocks: how many blocks
 * @pages: of all of them
 */
struct group {
	struct owner owner;
	unsigned long blocks;
	unsigned long pages;
};

static struct page_owner *page_owner(struct buddy_region *region, unsigned long pfn)
{
	struct cluster *cluster = find_cluster(region, find_range(region, pfn), pfn);

	return &region->owners[(cluster - region->clusters) *
			       CLUSTER_PAGES + pfn % CLUSTER_PAGES];
}

struct seconds {
	char text[24];
};

static struct seconds as_seconds(u64 ns)
{
	struct seconds seconds;

	snprintf(seconds.text, sizeof(seconds.text), "%llu.%06llu", ns / NSEC_PER_SEC,
		 ns % NSEC_PER_SEC / NSEC_PER_USEC);
	return seconds;
}

static void print_owner(const char *what, const struct owner *owner)
{
	if (!owner->when)
		return;
	pr_err("  %s: %s/%d, allocated at %s s\n", what, owner->comm, owner->pid,
	       as_seconds(owner->when).text);
	if (IS_ENABLED(CONFIG_STACKDEPOT) && owner->stack)
		stack_depot_print(owner->stack);
}

/* The last owners of the page at @pfn, for a report. */
void buddy_page_owner_print(struct buddy_region *region, unsigned long pfn)
{
	const struct page_owner *page;

	if (!region->owners)
		return;
	page = page_owner(region, pfn);
	print_owner("last owner", &page->last);
	print_owner("the one before", &page->before);
}

/* --- at each allocation and free --- */

static struct owner make_owner(void)
{
	struct owner owner = {
		.when = ktime_get_mono_fast_ns(),
		.pid = task_pid_nr(current),
	};

	memcpy(owner.comm, current->comm, TASK_COMM_LEN);
#ifdef CONFIG_STACKDEPOT
	/* The stack depot allocates memory. */
	if (kernel_may_allocate()) {
		unsigned long entries[STACK_DEPTH];
		unsigned int nr = stack_trace_save(entries, STACK_DEPTH, 3);

		owner.stack = stack_depot_save(entries, nr, GFP_NOWAIT | __GFP_NOWARN);
	}
#endif
	return owner;
}

static void add_owner(struct page_owner *page, const struct owner *owner)
{
	page->before = page->last;
	page->last = *owner;
}

/* The block of @nr pages at @pfn was allocated. */
void buddy_page_owner_set(struct buddy_region *region, unsigned long pfn,
			  unsigned long nr)
{
	struct page_owner *pages;
	unsigned long flags, i;
	struct owner owner;

	if (!region->owners)
		return;
	owner = make_owner();
	pages = page_owner(region, pfn);
	if (!lock_irqsave_or_try(&region->watch_lock, &flags))
		return;
	add_owner(pages, &owner);
	WRITE_ONCE(pages->pages, nr);
	raw_spin_unlock_irqrestore(&region->watch_lock, flags);
	/* While the block is in use, its first page alone is looked at. */
	for (i = 1; i < nr; i++)
		add_owner(&pages[i], &owner);
}

/*
 * The block of @nr pages at @pfn became a block for each page, as in split_page_owner() of
 * the kernel.  Each page has its owner since the allocation.  If the lock cannot be taken
 * in an NMI, the first page stands for all of them until it is freed.
 */
void buddy_page_owner_split(struct buddy_region *region, unsigned long pfn,
			    unsigned long nr)
{
	struct page_owner *pages;
	unsigned long flags, i;

	if (!region->owners)
		return;
	pages = page_owner(region, pfn);
	if (!lock_irqsave_or_try(&region->watch_lock, &flags))
		return;
	/* There is no record if the allocation was in an NMI and could not take the lock. */
	if (pages->pages)
		for (i = 0; i < nr; i++)
			WRITE_ONCE(pages[i].pages, 1);
	raw_spin_unlock_irqrestore(&region->watch_lock, flags);
}

/* Of the block at @pfn, the @keep pages at @first stay in use, with the same owner. */
void buddy_page_owner_trim(struct buddy_region *region, unsigned long pfn,
			   unsigned long first, unsigned long keep)
{
	bool known;

	if (!region->owners)
		return;
	known = READ_ONCE(page_owner(region, pfn)->pages);
	WRITE_ONCE(page_owner(region, pfn)->pages, 0);
	WRITE_ONCE(page_owner(region, first)->pages, known ? keep : 0);
}

/* The block is about to be freed. */
void buddy_page_owner_reset(struct buddy_region *region, unsigned long pfn)
{
	if (region->owners)
		WRITE_ONCE(page_owner(region, pfn)->pages, 0);
}

/* --- the blocks in use, by call chain --- */

static int by_stack(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	return one->owner.stack < other->owner.stack ? -1 :
	       one->owner.stack > other->owner.stack;
}

static int by_pages(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	return one->pages > other->pages ? -1 : one->pages < other->pages;
}

/* For a huge region, the attempt to allocate so much would already starve others. */
static bool can_have(u64 bytes)
{
	return bytes >> PAGE_SHIFT < si_mem_available();
}

/*
 * Make an array of groups, the largest one first; the caller frees it with vfree().
 * NULL if there is no memory for the array.  The lock is taken for one block at a time,
 * so that allocations go on.
 */
static struct group *collect(struct buddy_region *region, unsigned long *nr_groups)
{
	unsigned long nr = (unsigned long)region->nr_clusters * CLUSTER_PAGES;
	unsigned long room = 0, used = 0, flags, i;
	struct group *groups, *to;

	for (i = 0; i < nr; i++) {
		room += READ_ONCE(region->owners[i].pages) != 0;
		if (i % STRETCH == 0)
			cond_resched();
	}
	groups = can_have((u64)(room + 1) * sizeof(*groups)) ?
		 vzalloc((room + 1) * sizeof(*groups)) : NULL;
	if (!groups)
		return NULL;
	for (i = 0; i < nr && used < room; i++) {
		const struct page_owner *page = &region->owners[i];
		unsigned long pages;

		if (i % STRETCH == 0)
			cond_resched();
		if (!READ_ONCE(page->pages))
			continue;
		raw_spin_lock_irqsave(&region->watch_lock, flags);
		pages = READ_ONCE(page->pages);
		if (pages)
			groups[used++] = (struct group){ page->last, 1, pages };
		raw_spin_unlock_irqrestore(&region->watch_lock, flags);
	}
	sort(groups, used, sizeof(*groups), by_stack, NULL);
	to = groups;
	for (i = 1; i < used; i++) {
		if (groups[i].owner.stack == to->owner.stack) {
			to->blocks++;
			to->pages += groups[i].pages;
		} else {
			*++to = groups[i];
		}
	}
	*nr_groups = used ? to - groups + 1 : 0;
	sort(groups, *nr_groups, sizeof(*groups), by_pages, NULL);
	return groups;
}

int buddy_page_owner_show(struct seq_file *m, struct buddy_region *region)
{
	unsigned long nr, *entries, i;
	struct group *groups;
	unsigned int depth, e;

	if (!region->owners) {
		seq_puts(m, "# owners are not recorded: load the module with track=1\n");
		return 0;
	}
	groups = collect(region, &nr);
	if (!groups)
		return -ENOMEM;
	seq_puts(m, "#          bytes     blocks  one of the tasks         pid  allocated at\n");
	for (i = 0; i < nr; i++) {
		const struct group *group = &groups[i];

		seq_printf(m, "%16lu %10lu  %-16s %11d  %s\n",
			   group->pages << PAGE_SHIFT, group->blocks, group->owner.comm,
			   group->owner.pid, as_seconds(group->owner.when).text);
		depth = IS_ENABLED(CONFIG_STACKDEPOT) && group->owner.stack ?
			stack_depot_fetch(group->owner.stack, &entries) : 0;
		for (e = 0; e < depth; e++)
			seq_printf(m, "    %pS\n", (void *)entries[e]);
	}
	vfree(groups);
	return 0;
}

/* At rmmod the region has blocks in use: name those who did not free them. */
void buddy_page_owner_print_all(struct buddy_region *region)
{
	struct group *groups;
	unsigned long nr, i;

	if (!region->owners)
		return;
	groups = collect(region, &nr);
	if (!groups)
		pr_err("region %s: no memory to name the owners\n", region->name);
	for (i = 0; groups && i < min_t(unsigned long, nr, SHOW_LEFT); i++) {
		pr_err("region %s: %lu pages in %lu blocks:\n", region->name,
		       groups[i].pages, groups[i].blocks);
		print_owner("one owner", &groups[i].owner);
	}
	vfree(groups);
}

/* --- regions --- */

/* A new region: no page has an owner. */
int buddy_page_owner_add(struct buddy_region *region, const char *what)
{
	u64 nr = (u64)region->nr_clusters * CLUSTER_PAGES;
	u64 bytes = nr * sizeof(struct page_owner);

	if (!track)
		return 0;
	region->owners = can_have(bytes) ? vzalloc(bytes) : NULL;
	if (region->owners)
		return 0;
	pr_err("%s: no memory for %llu KiB to track owners, %zu bytes a page; load without track=1\n",
	       what, bytes >> 10, sizeof(struct page_owner));
	return -ENOMEM;
}

void buddy_page_owner_remove(struct buddy_region *region)
{
	vfree(region->owners);
}

int buddy_page_owner_init(void)
{
	if (!track)
		return 0;
	if (!IS_ENABLED(CONFIG_STACKDEPOT)) {
		pr_err("track=1: this kernel has no CONFIG_STACKDEPOT, load without it\n");
		return -EOPNOTSUPP;
	}
	if (stack_depot_init()) {
		pr_err("track=1: no memory for the stack depot, load without it\n");
		return -ENOMEM;
	}
	buddy_watch_get();
	return 0;
}
