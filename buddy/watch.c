// SPDX-License-Identifier: GPL-2.0
/*
 * What is done at every allocation and free if somebody wants it, and costs
 * nothing else: who holds what (track=1), poison in free pages (poison=1, and
 * KASAN's), failures on demand, tracepoints.
 *
 * A static key keeps the inline paths out while any of these is on.  A free is then
 * checked, recorded and done under one lock or, of 64 pages and more, after the block
 * was claimed, so that a block which was freed twice at once is not poisoned under its
 * next owner.
 *
 * Compiled without KASAN's instrumentation: this writes to free pages and to
 * their shadow.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poison.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "internal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define STACK_DEPTH	16
#define STRETCH		1024	/* pages that are gone through without a pause */
#define KASAN_SHADOW_FREE	0xff	/* how KASAN calls a page that is free */

static bool track;
module_param(track, bool, 0444);
MODULE_PARM_DESC(track, "remember who allocated each block, see the file owners (default: N)");

static bool poison;
module_param(poison, bool, 0444);
MODULE_PARM_DESC(poison, "fill free pages, which all of a region are at first, and check them when they are allocated (default: N)");

DEFINE_STATIC_KEY_FALSE(buddy_watched);
EXPORT_SYMBOL_GPL(buddy_watched);

#ifdef CONFIG_FAULT_INJECTION
struct fault_attr buddy_fail_page = FAULT_ATTR_INITIALIZER;
EXPORT_SYMBOL_GPL(buddy_fail_page);
#endif

/**
 * struct owner - who allocated the block that a frame was in
 * @when: nanoseconds since boot
 * @stack: the allocation's call chain
 * @pid: the task; meaningless for what an interrupt allocates
 * @comm: its name
 */
struct owner {
	u64 when;
	depot_stack_handle_t stack;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct frame - the history of one frame
 * @last: whose it is or was last
 * @before: whose it was before that
 * @pages: of the block in use that starts here, or 0
 */
struct frame {
	struct owner last;
	struct owner before;
	unsigned long pages;
};

/**
 * struct group - what one call chain holds
 * @owner: one of its allocations: the one that came first in the region
 * @blocks: how many
 * @pages: how many
 */
struct group {
	struct owner owner;
	unsigned long blocks;
	unsigned long pages;
};

int watch_get(void)
{
	static_branch_inc(&buddy_watched);
	return 0;
}

void watch_put(void)
{
	static_branch_dec(&buddy_watched);
}

static struct frame *frame_of(struct buddy_region *region, unsigned long pfn)
{
	struct cluster *cluster = find_cluster(region, find_run(region, pfn), pfn);

	return &region->frames[(cluster - region->clusters - FIRST_CLUSTER) *
			       CLUSTER_FRAMES + pfn % CLUSTER_FRAMES];
}

static void *frame_addr(const struct buddy_region *region, unsigned long pfn)
{
	return (void *)((pfn << PAGE_SHIFT) + region->hot.virt_offset);
}

/* --- poison --- */

/* Only what the kernel's direct map covers has a shadow. */
static void set_shadow(const struct buddy_region *region, unsigned long pfn,
		       unsigned long nr, u8 value)
{
#ifdef CONFIG_KASAN_GENERIC
	const void *addr = frame_addr(region, pfn);

	if (region->hot.mapped && virt_addr_valid(addr))
		memset(kasan_mem_to_shadow(addr), value,
		       nr << PAGE_SHIFT >> KASAN_SHADOW_SCALE_SHIFT);
#endif
}

static void print_owner(const char *what, const struct owner *owner)
{
	if (!owner->when)
		return;
	pr_err("  %s: %s/%d, allocated at %llu.%06llu s\n", what, owner->comm, owner->pid,
	       owner->when / NSEC_PER_SEC, owner->when % NSEC_PER_SEC / NSEC_PER_USEC);
	if (IS_ENABLED(CONFIG_STACKDEPOT) && owner->stack)
		stack_depot_print(owner->stack);
}

static void check_poison(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL, 3);
	const u8 *addr = frame_addr(region, pfn), *bad;

	bad = memchr_inv(addr, PAGE_POISON, nr << PAGE_SHIFT);
	if (!bad)
		return;
	caller_error(region, BUDDY_WRITE_AFTER_FREE, false, pfn + (bad - addr) / PAGE_SIZE,
		     nr, 0);
	if (!__ratelimit(&limit))
		return;
	pr_err("region %s: byte %#lx of the free block of %lu pages at pfn %#lx is %#04x, not %#04x\n",
	       region->name, bad - addr, nr, pfn, *bad, PAGE_POISON);
	if (region->frames) {
		struct frame *frame = frame_of(region, pfn + (bad - addr) / PAGE_SIZE);

		print_owner("last owner", &frame->last);
		print_owner("the one before", &frame->before);
	}
}

/* --- every allocation and free --- */

static struct owner make_owner(void)
{
	struct owner owner = {
		.when = ktime_get_mono_fast_ns(),
		.pid = task_pid_nr(current),
	};

	memcpy(owner.comm, current->comm, TASK_COMM_LEN);
#ifdef CONFIG_STACKDEPOT
	/* The depot allocates. */
	if (kernel_may_allocate()) {
		unsigned long entries[STACK_DEPTH];
		unsigned int nr = stack_trace_save(entries, STACK_DEPTH, 3);

		owner.stack = stack_depot_save(entries, nr, GFP_NOWAIT | __GFP_NOWARN);
	}
#endif
	return owner;
}

static void pass_on(struct frame *frame, const struct owner *owner)
{
	frame->before = frame->last;
	frame->last = *owner;
}

static void record(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	struct owner owner = make_owner();
	struct frame *frame = frame_of(region, pfn);
	unsigned long flags, i;

	/* In an NMI, the lock's holder may be who was interrupted; see alloc_locked(). */
	if (!in_nmi())
		raw_spin_lock_irqsave(&region->watch_lock, flags);
	else if (!IS_ENABLED(CONFIG_SMP) ||
		 !raw_spin_trylock_irqsave(&region->watch_lock, flags))
		return;
	pass_on(frame, &owner);
	WRITE_ONCE(frame->pages, nr);
	raw_spin_unlock_irqrestore(&region->watch_lock, flags);
	/* Only the first is shown while the block is in use. */
	for (i = 1; i < nr; i++)
		pass_on(&frame[i], &owner);
}

/* Whether this allocation shall fail. */
bool watch_fail(struct buddy_region *region, unsigned long nr)
{
#ifdef CONFIG_FAULT_INJECTION
	/* It asks for a random number. */
	return kernel_may_allocate() && should_fail(&buddy_fail_page, nr << PAGE_SHIFT);
#else
	return false;
#endif
}

/* A block of @nr pages was allocated, or if @pfn is BUDDY_NO_PFN, was not. */
void watch_alloc(struct buddy_region *region, unsigned long pfn, unsigned int order,
		 unsigned long nr)
{
	if (pfn == BUDDY_NO_PFN) {
		trace_buddy_fail(region, order, nr);
		return;
	}
	set_shadow(region, pfn, nr, 0);
	if (poison && region->hot.mapped)
		check_poison(region, pfn, nr);
	if (region->frames)
		record(region, pfn, nr);
	trace_buddy_alloc(region, pfn, nr);
}

/* The block is about to be freed, and nobody else can free it. */
void watch_free(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
	trace_buddy_free(region, pfn, nr);
	if (region->frames)
		WRITE_ONCE(frame_of(region, pfn)->pages, 0);
	if (poison && region->hot.mapped)
		memset(frame_addr(region, pfn), PAGE_POISON, nr << PAGE_SHIFT);
	set_shadow(region, pfn, nr, KASAN_SHADOW_FREE);
}

/* --- who holds what --- */

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

/* Ask first: for a huge region the attempt alone would starve others. */
static bool can_have(u64 bytes)
{
	return bytes >> PAGE_SHIFT < si_mem_available();
}

/*
 * The blocks in use as groups of one stack each, the largest first, in an array
 * for vfree(); NULL without memory for it.  The lock is taken for one block at a
 * time, while others go on.
 */
static struct group *collect(struct buddy_region *region, unsigned long *nr_groups)
{
	unsigned long nr = (unsigned long)(region->nr_clusters - FIRST_CLUSTER) * CLUSTER_FRAMES;
	unsigned long room = 0, used = 0, flags, i;
	struct group *groups, *to;

	for (i = 0; i < nr; i++) {
		room += READ_ONCE(region->frames[i].pages) != 0;
		if (i % STRETCH == 0)
			cond_resched();
	}
	groups = can_have((u64)(room + 1) * sizeof(*groups)) ?
		 vzalloc((room + 1) * sizeof(*groups)) : NULL;
	if (!groups)
		return NULL;
	for (i = 0; i < nr && used < room; i++) {
		const struct frame *frame = &region->frames[i];
		unsigned long pages;

		if (i % STRETCH == 0)
			cond_resched();
		if (!READ_ONCE(frame->pages))
			continue;
		raw_spin_lock_irqsave(&region->watch_lock, flags);
		pages = READ_ONCE(frame->pages);
		if (pages)
			groups[used++] = (struct group){ frame->last, 1, pages };
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

int watch_show_owners(struct seq_file *m, struct buddy_region *region)
{
	unsigned long nr, *entries, i;
	struct group *groups;
	unsigned int depth, e;

	if (!region->frames) {
		seq_puts(m, "# nobody remembers: load the module with track=1\n");
		return 0;
	}
	groups = collect(region, &nr);
	if (!groups)
		return -ENOMEM;
	seq_puts(m, "#          bytes     blocks  one of the tasks         pid  allocated at\n");
	for (i = 0; i < nr; i++) {
		const struct group *group = &groups[i];

		seq_printf(m, "%16lu %10lu  %-16s %11d  %llu.%06llu\n",
			   group->pages << PAGE_SHIFT, group->blocks, group->owner.comm,
			   group->owner.pid, group->owner.when / NSEC_PER_SEC,
			   group->owner.when % NSEC_PER_SEC / NSEC_PER_USEC);
		depth = IS_ENABLED(CONFIG_STACKDEPOT) && group->owner.stack ?
			stack_depot_fetch(group->owner.stack, &entries) : 0;
		for (e = 0; e < depth; e++)
			seq_printf(m, "    %pS\n", (void *)entries[e]);
	}
	vfree(groups);
	return 0;
}

#define SHOW_LEFT	5

/* The module goes and the region has blocks in use: who did not free them? */
void watch_print_owners(struct buddy_region *region)
{
	struct group *groups;
	unsigned long nr, i;

	if (!region->frames)
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

static void fill(struct buddy_region *region, u8 shadow)
{
	const struct source *source = &region->source;
	const struct run *run;

	for (run = source->runs; run < source->runs + source->nr_runs; run++) {
		unsigned long pfn = run->pfn, left = run->pages, nr;

		for (; left; pfn += nr, left -= nr) {
			nr = min_t(unsigned long, left, STRETCH);
			if (poison && region->hot.mapped && shadow)
				memset(frame_addr(region, pfn), PAGE_POISON, nr << PAGE_SHIFT);
			set_shadow(region, pfn, nr, shadow);
			cond_resched();
		}
	}
}

static struct frame *make_frames(u64 nr)
{
	u64 bytes = nr * sizeof(struct frame);

	return can_have(bytes) ? vzalloc(bytes) : NULL;
}

/* A new region: all is free. */
int watch_region_init(struct buddy_region *region, const char *what)
{
	u64 nr = (u64)(region->nr_clusters - FIRST_CLUSTER) * CLUSTER_FRAMES;

	raw_spin_lock_init(&region->watch_lock);
	if (track) {
		region->frames = make_frames(nr);
		if (!region->frames) {
			pr_err("%s: no memory for %llu KiB to track owners, %zu bytes a page; load without track=1\n",
			       what, nr * sizeof(struct frame) >> 10, sizeof(struct frame));
			return -ENOMEM;
		}
	}
	fill(region, KASAN_SHADOW_FREE);
	return 0;
}

/* Its memory goes back. */
void watch_region_exit(struct buddy_region *region)
{
	fill(region, 0);
	vfree(region->frames);
}

int watch_init(void)
{
	if (track && !IS_ENABLED(CONFIG_STACKDEPOT)) {
		pr_err("track=1: this kernel has no CONFIG_STACKDEPOT, load without it\n");
		return -EOPNOTSUPP;
	}
	if (track && stack_depot_init()) {
		pr_err("track=1: no memory for the stack depot, load without it\n");
		return -ENOMEM;
	}
	if (track || poison || IS_ENABLED(CONFIG_KASAN_GENERIC))
		watch_get();
	return 0;
}
