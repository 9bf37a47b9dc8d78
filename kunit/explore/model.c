// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the calls of the programs, keeps a record of the pages in use, and checks the
 * results against that record.
 *
 * A block is in use from the return of the allocation until the call that frees it.
 * Between a call and its return, it may be either.
 */
#include "explore.h"

#define MAX_FAILS	16	/* allocations that failed in one schedule */

/**
 * struct slot - a block that programs know by a number
 * @pfn: its first page
 * @nr: its pages; not changed by a free, so that the block can be freed again
 * @held: whether the block is in use
 * @busy: whether a call for this slot has not returned
 * @victim: whether a program makes a mistake with the block
 */
struct slot {
	unsigned long pfn;
	unsigned long nr;
	bool held;
	bool busy;
	bool victim;
};

/**
 * struct attempt - an allocation that has not returned, or has failed
 * @order: the order of the block that it needs
 * @taken: for each cluster, the pages that were not free all the time
 * @mistaken: for each cluster, the pages that a caller freed by mistake meanwhile
 * @beside: a bit for each allocation that had not returned when this one failed
 */
struct attempt {
	unsigned int order;
	u64 taken[MAX_CLUSTERS];
	u64 mistaken[MAX_CLUSTERS];
	unsigned int beside;
};

struct state {
	u64 used[MAX_CLUSTERS];
	/*
	 * By caller: its call that frees them has not returned.  A bulk free can still be
	 * at work when another caller has got one of its pages, and frees that.
	 */
	u64 leaving[MAX_PROGRAMS + 1][MAX_CLUSTERS];
	struct slot slots[NR_SLOTS];
	unsigned int errors;
	unsigned int mistakes;
	u64 allocs[BUDDY_NR_ORDERS];
	u64 frees[BUDDY_NR_ORDERS];
};

struct buddy_region *region;
cpu_callback cpu_dead;
bool buddy_watched;

static struct state now, after_setup;

static struct pfn_range ranges[MAX_RANGES];
static struct buddy_stats fresh;
static u64 fresh_nonempty;
static bool makes_mistakes;
static const struct slot *mistake[MAX_PROGRAMS];	/* what each frees by mistake now */
static bool untold;
/* For each slot, the view of the CPU that allocated its block. */
static struct view views[NR_SLOTS];

static struct buddy_region saved_region;
static u8 saved_metadata[MAX_METADATA];
static u8 saved_pcp[CPUS * PERCPU_SIZE];

static struct attempt attempts[MAX_PROGRAMS + 1], fails[MAX_FAILS];
static unsigned int under_way;		/* a bit for each of attempts[] */
static unsigned int nr_fails;

/* --- stand-ins for files of the page layer that are not compiled --- */

bool buddy_should_fail(unsigned long nr)
{
	return false;
}

void buddy_page_owner_set(struct buddy_region *watched, unsigned long pfn, unsigned long nr)
{
}

void buddy_page_owner_split(struct buddy_region *watched, unsigned long pfn,
			    unsigned long nr)
{
}

void buddy_page_owner_reset(struct buddy_region *watched, unsigned long pfn)
{
}

void buddy_page_poison_check(struct buddy_region *watched, unsigned long pfn,
			     unsigned long nr)
{
}

void buddy_page_poison_fill(struct buddy_region *watched, unsigned long pfn,
			    unsigned long nr)
{
}

struct buddy_region *buddy_region_find(unsigned long pfn, const void *addr)
{
	return NULL;
}

/* Read the counters as buddy_region_stats() does. */
static void read_stats(struct buddy_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	*stats = region->stats;
	buddy_pcp_add_free(region, stats);
	raw_spin_unlock_irqrestore(&region->lock, flags);
}

static void drain(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_pcp_drain(region);
	raw_spin_unlock_irqrestore(&region->lock, flags);
}

/* --- pages --- */

/* The bits of the pages [pfn, pfn + nr) in cluster @i, which is in @range. */
static u64 pages_in(const struct pfn_range *range, unsigned int i, unsigned long pfn,
		    unsigned long nr)
{
	unsigned long first = ((range->pfn >> CLUSTER_ORDER) + i) << CLUSTER_ORDER;
	unsigned long start = max(pfn, first), end = min(pfn + nr, first + CLUSTER_PAGES);

	return start < end ? bitmap64_mask(start - first, end - start) : 0;
}

static bool any_of(const u64 *map, unsigned long pfn, unsigned long nr)
{
	const struct pfn_range *range = find_range(region, pfn);
	unsigned int base = range->first, i;

	for (i = 0; i < range_clusters(range); i++)
		if (map[base + i] & pages_in(range, i, pfn, nr))
			return true;
	return false;
}

static void set_pages(u64 *map, unsigned long pfn, unsigned long nr, bool set)
{
	const struct pfn_range *range = find_range(region, pfn);
	unsigned int base = range->first, i;

	for (i = 0; i < range_clusters(range); i++) {
		u64 pages = pages_in(range, i, pfn, nr);

		if (set)
			map[base + i] |= pages;
		else
			map[base + i] &= ~pages;
	}
}

/* --- an allocation may fail only if no block fits --- */

/* A block of @attempt's order that was free all the time, or BUDDY_NO_PFN. */
static unsigned long find_free(const struct attempt *attempt)
{
	unsigned long size = BIT(attempt->order), pfn;
	const struct pfn_range *range;

	for_each_range(range, region)
		for (pfn = (range->pfn + size - 1) & -size;
		     pfn + size <= range->pfn + range->pages; pfn += size)
			if (!any_of(attempt->taken, pfn, size))
				return pfn;
	return BUDDY_NO_PFN;
}

static void judge(const struct attempt *attempt)
{
	unsigned long pfn;

	/* Not all allocations at the same time have returned, or there are mistakes. */
	if (attempt->beside || makes_mistakes)
		return;
	pfn = find_free(attempt);
	if (pfn != BUDDY_NO_PFN)
		fault("found no block of order %u, but the one at %#lx was free all the time",
		      attempt->order, pfn);
}

/* A number for the present caller: that of its program, or one for the setup. */
static unsigned int caller(void)
{
	return self ? self->number : MAX_PROGRAMS;
}

static struct attempt *begin_alloc(unsigned int order)
{
	struct attempt *attempt = &attempts[caller()];
	unsigned int i, k;

	attempt->order = order;
	for (i = 0; i < region->nr_clusters; i++) {
		attempt->taken[i] = now.used[i];
		for (k = 0; k <= MAX_PROGRAMS; k++)
			attempt->taken[i] |= now.leaving[k][i];
		attempt->mistaken[i] = 0;
	}
	under_way |= BIT(attempt - attempts);
	return attempt;
}

/* The pages [pfn, pfn + nr) were not free all the time, for allocations under way. */
static void taken_by(const struct attempt *attempt, unsigned long pfn, unsigned long nr)
{
	unsigned int bit = BIT(attempt - attempts), i;

	for (i = 0; i <= MAX_PROGRAMS; i++)
		if (under_way & BIT(i))
			set_pages(attempts[i].taken, pfn, nr, true);
	for (i = 0; i < nr_fails; i++)
		if (fails[i].beside & bit)
			set_pages(fails[i].taken, pfn, nr, true);
}

static void end_alloc(const struct attempt *attempt)
{
	unsigned int bit = BIT(attempt - attempts), i;

	under_way &= ~bit;
	for (i = 0; i < nr_fails; i++) {
		if (!(fails[i].beside & bit))
			continue;
		fails[i].beside &= ~bit;
		judge(&fails[i]);
	}
}

/*
 * @attempt has failed.  Other allocations under way may have taken pages already: which
 * pages were free is known when they have returned.  In an NMI it may always fail.
 */
static void fail_alloc(struct attempt *attempt)
{
	if (in_nmi() || nr_fails == MAX_FAILS)
		return;
	fails[nr_fails] = *attempt;
	fails[nr_fails].beside = under_way & ~BIT(attempt - attempts);
	judge(&fails[nr_fails++]);
}

/* --- calls --- */

void model_error(enum buddy_error kind)
{
	now.errors++;
	if (self) {
		self->errors++;
		self->kind = kind;
	}
	trace_line("", "an error is reported: kind %u", kind);
}

static void got_block(const struct attempt *attempt, struct slot *slot, unsigned long pfn,
		      unsigned long nr, unsigned int align)
{
	const struct pfn_range *range;

	memory_publish(&views[slot - now.slots]);
	slot->busy = false;
	trace_line("", "  has got %#lx to %#lx", pfn, pfn + nr - 1);
	range = find_range(region, pfn);
	if (!range || pfn + nr > range->pfn + range->pages) {
		fault("%#lx, %lu pages, is not in the region", pfn, nr);
		return;
	}
	if (any_of(attempt->mistaken, pfn, nr)) {
		trace_line("", "freed before its tails were marked: cannot be told");
		untold = true;
		sched_stop();
	}
	if (pfn & (BIT(align) - 1))
		fault("%#lx is not aligned to order %u", pfn, align);
	if (any_of(now.used, pfn, nr))
		fault("%#lx, %lu pages, is allocated twice", pfn, nr);
	set_pages(now.used, pfn, nr, true);
	taken_by(attempt, pfn, nr);
	slot->pfn = pfn;
	slot->nr = nr;
	slot->held = true;
	now.allocs[order_base_2(nr)]++;
}

static void do_alloc(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot];
	unsigned long nr = op->kind == ALLOC ? BIT(op->nr) : op->nr, pfn;
	unsigned int order = order_base_2(nr);
	struct attempt *attempt;

	if (slot->held || slot->busy)
		return;
	if (op->kind == ALIGNED)
		order = max_t(unsigned int, order, op->extra);
	slot->busy = true;
	attempt = begin_alloc(order);
	if (op->kind == ALLOC)
		pfn = buddy_alloc_pfn(region, order, 0);
	else if (op->kind == EXACT)
		pfn = buddy_alloc_pfn_exact(region, nr, 0);
	else
		pfn = buddy_alloc_pfn_aligned(region, nr, op->extra, 0);
	if (pfn == BUDDY_NO_PFN) {
		slot->busy = false;
		trace_line("", "  has got none");
		fail_alloc(attempt);
	} else {
		got_block(attempt, slot, pfn, nr, order);
	}
	end_alloc(attempt);
}

static void do_alloc_bulk(const struct op *op)
{
	struct slot *slots = &now.slots[op->slot];
	unsigned long pfns[NR_SLOTS];
	struct attempt *attempt;
	unsigned int i, nr;

	for (i = 0; i < op->extra; i++)
		if (slots[i].held || slots[i].busy)
			return;
	for (i = 0; i < op->extra; i++)
		slots[i].busy = true;
	attempt = begin_alloc(op->nr);
	nr = buddy_alloc_bulk(region, op->nr, op->extra, pfns, 0);
	for (i = 0; i < op->extra; i++) {
		slots[i].busy = false;
		if (i < nr)
			got_block(attempt, &slots[i], pfns[i], BIT(op->nr), op->nr);
	}
	if (nr < op->extra)
		fail_alloc(attempt);
	end_alloc(attempt);
}

/* Before a free: the block is not in use from here on. */
static void let_go(struct slot *slot)
{
	memory_observe(&views[slot - now.slots]);
	slot->held = false;
	set_pages(now.used, slot->pfn, slot->nr, false);
	set_pages(now.leaving[caller()], slot->pfn, slot->nr, true);
	now.frees[order_base_2(slot->nr)]++;
}

static void has_gone(const struct slot *slot)
{
	set_pages(now.leaving[caller()], slot->pfn, slot->nr, false);
	trace_line("", "  has freed %#lx to %#lx", slot->pfn, slot->pfn + slot->nr - 1);
}

static void free_block(const struct slot *slot, bool exact)
{
	if (exact || !is_power_of_2(slot->nr))
		buddy_free_pfn_exact(region, slot->pfn, slot->nr);
	else
		buddy_free_pfn(region, slot->pfn, ilog2(slot->nr));
}

static unsigned int errors_seen(void)
{
	return self ? self->errors : now.errors;
}

static void expect_no_error(unsigned int before, const struct slot *slot)
{
	if (errors_seen() != before && !slot->victim)
		fault("a correct call for %#lx, %lu pages, is reported as an error", slot->pfn,
		      slot->nr);
}

/* In an NMI, a free that needs the lock is an error, and the block stays in use. */
static bool was_refused(unsigned int errors)
{
	return in_nmi() && self->errors == errors + 1 && self->kind == BUDDY_IN_NMI;
}

static void take_back(struct slot *slot, const struct slot *copy)
{
	memory_publish(&views[slot - now.slots]);
	set_pages(now.leaving[caller()], copy->pfn, copy->nr, false);
	set_pages(now.used, copy->pfn, copy->nr, true);
	now.frees[order_base_2(copy->nr)]--;
	now.mistakes++;
	slot->busy = false;
	slot->held = true;
}

static void do_free(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot], copy;
	unsigned int errors = errors_seen();

	if (!slot->held)
		return;
	let_go(slot);
	/* Another program may use the slot meanwhile; not in an NMI: it may stay in use. */
	slot->busy = in_nmi();
	copy = *slot;
	free_block(&copy, op->kind == FREE_EXACT);
	if (was_refused(errors)) {
		take_back(slot, &copy);
		return;
	}
	if (in_nmi())
		slot->busy = false;
	has_gone(&copy);
	expect_no_error(errors, &copy);
}

static void do_free_bulk(const struct op *op)
{
	unsigned int errors = errors_seen(), nr = 0, i;
	struct slot copies[NR_SLOTS];
	unsigned long pfns[NR_SLOTS];

	for (i = 0; i < op->extra; i++) {
		struct slot *slot = &now.slots[op->slot + i];

		if (!slot->held || slot->nr != BIT(op->nr))
			continue;
		let_go(slot);
		pfns[nr] = slot->pfn;
		copies[nr++] = *slot;
	}
	if (!nr)
		return;
	buddy_free_bulk(region, op->nr, nr, pfns);
	for (i = 0; i < nr; i++)
		has_gone(&copies[i]);
	expect_no_error(errors, &copies[0]);
}

/* The pages stay in use, and are blocks of their own when the call returns. */
static void do_split(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot], *rest = &now.slots[op->extra] - 1;
	unsigned long nr = slot->nr, i;
	unsigned int errors = errors_seen();

	if (!slot->held || nr >= CLUSTER_PAGES || op->extra + nr - 1 > NR_SLOTS)
		return;
	for (i = 1; i < nr; i++)
		if (rest[i].held || rest[i].busy)
			return;
	memory_observe(&views[op->slot]);
	/* No other program may free the block or use the slots during the call. */
	slot->held = false;
	slot->busy = true;
	for (i = 1; i < nr; i++)
		rest[i].busy = true;
	buddy_split_pfn(region, slot->pfn, nr);
	expect_no_error(errors, slot);
	now.frees[order_base_2(nr)]++;
	now.allocs[0] += nr;
	for (i = 0; i < nr; i++) {
		struct slot *page = i ? &rest[i] : slot;

		*page = (struct slot){ slot->pfn + i, 1, .held = true };
		memory_publish(&views[page - now.slots]);
	}
}

static void begin_mistake(const struct slot *slot)
{
	now.mistakes++;
	if (self)
		mistake[self->number] = slot;
}

static void end_mistake(void)
{
	if (self)
		mistake[self->number] = NULL;
}

/* If the split fails, another call frees the block: its pages are not freed then. */
static void split_and_free(const struct slot *slot)
{
	unsigned int errors = errors_seen();
	unsigned long i;

	buddy_split_pfn(region, slot->pfn, slot->nr);
	for (i = 0; i < slot->nr && errors_seen() == errors; i++)
		buddy_free_pfn(region, slot->pfn + i, 0);
}

/* The first free of the block is correct, the others are mistakes. */
static void do_free_again(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot], copy;

	if (!slot->nr)
		return;
	begin_mistake(slot);
	if (slot->held) {
		let_go(slot);
		now.mistakes--;
	}
	copy = *slot;
	if (op->kind == AGAIN_SPLIT)
		split_and_free(&copy);
	else
		free_block(&copy, op->kind == AGAIN_EXACT);
	has_gone(&copy);
	end_mistake();
}

enum use { IN_USE, FREED, IN_DOUBT };

static enum use slot_use(const struct slot *slot)
{
	unsigned int k;

	if (slot->held)
		return IN_USE;
	if (under_way || any_of(now.used, slot->pfn, slot->nr))
		return IN_DOUBT;
	for (k = 0; k <= MAX_PROGRAMS; k++)
		if (any_of(now.leaving[k], slot->pfn, slot->nr))
			return IN_DOUBT;
	return FREED;
}

static void do_wrong(const struct op *op)
{
	enum buddy_error kind = op->extra ? BUDDY_NOT_A_HEAD : BUDDY_WRONG_SIZE;
	const struct slot *slot = &now.slots[op->slot];
	unsigned int errors = errors_seen();
	enum use use;

	if (!slot->nr)
		return;
	use = slot_use(slot);
	begin_mistake(slot);
	if (op->kind == WRONG_SPLIT)
		buddy_split_pfn(region, slot->pfn + op->extra, op->nr);
	else if (op->kind == WRONG_PAGE)
		buddy_free_pfn(region, slot->pfn + op->extra, 0);
	else
		buddy_free_pfn_exact(region, slot->pfn + op->extra, op->nr);
	end_mistake();
	if (!self || use == IN_DOUBT || slot_use(slot) != use)
		return;
	if (use == FREED)
		kind = BUDDY_DOUBLE_FREE;
	if (errors_seen() != errors + 1 || self->kind != kind)
		fault("a wrong call for the block at %#lx is not reported as kind %d", slot->pfn,
		      kind);
}

static void do_pages(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot];
	unsigned long pages;

	if (!slot->held)
		return;
	memory_observe(&views[op->slot]);
	/* No other program may free the block or use the slot during the call. */
	slot->held = false;
	slot->busy = true;
	pages = buddy_block_pages(region, slot->pfn);
	slot->busy = false;
	slot->held = true;
	if (pages != slot->nr)
		fault("the block at %#lx has %lu pages, not %lu", slot->pfn, slot->nr, pages);
}

static void do_stats(void)
{
	struct buddy_stats stats;

	read_stats(&stats);
	if (stats.free_pages > stats.pages)
		fault("%lu of %lu pages are free", stats.free_pages, stats.pages);
}

static void do_op(const struct op *op)
{
	if (tracing)
		trace_line("", "%s", describe_op(op));
	switch (op->kind) {
	case ALLOC:
	case EXACT:
	case ALIGNED:
		return do_alloc(op);
	case ALLOC_BULK:
		return do_alloc_bulk(op);
	case FREE:
	case FREE_EXACT:
		return do_free(op);
	case FREE_BULK:
		return do_free_bulk(op);
	case SPLIT:
		return do_split(op);
	case AGAIN:
	case AGAIN_EXACT:
	case AGAIN_SPLIT:
		return do_free_again(op);
	case WRONG_SPLIT:
	case WRONG:
	case WRONG_PAGE:
		return do_wrong(op);
	case PAGES:
		return do_pages(op);
	case STATS:
		return do_stats();
	case DRAIN:
		return drain();
	case OFFLINE:
		return cpu_offline(op->nr);
	}
}

void model_run(const struct program *program)
{
	const struct op *op;

	for (op = program->ops; op->kind != END; op++)
		do_op(op);
}

/* --- checks --- */

const u64 *used_pages(void)
{
	return now.used;
}

/*
 * Called before each access.  An allocation takes a block in one step and sets its tails
 * in a later one.  In between it looks like a block of one page, and a wrong free of its
 * first page succeeds.  So record which allocations are under way during a wrong free:
 * their pages may be free by mistake.
 */
void model_step(void)
{
	const struct slot *slot = mistake[self->number];
	unsigned int i;

	for (i = 0; slot && i < MAX_PROGRAMS; i++)
		if (under_way & BIT(i))
			set_pages(attempts[i].mistaken, slot->pfn, slot->nr, true);
}

/* Pages that are free in a cache's word must not be in use. */
static void check_free(unsigned long pfn, u64 free)
{
	const struct pfn_range *range = find_range(region, pfn);
	const struct cluster *cluster;

	if (!range) {
		fault("a cache has %#lx, which is in no region", pfn);
		return;
	}
	cluster = find_cluster(region, range, pfn);
	if (now.used[cluster - region->clusters] & free)
		fault("pages of %#lx are free in a cache, but in use: %#llx",
		      cluster_pfn(cluster),
		      now.used[cluster - region->clusters] & free);
}

void model_check_write(const void *var)
{
	unsigned int cpu, i;

	if (has_fault())
		return;
	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		for (i = 0; i < 2; i++) {
			u64 half = pcp->hot.half[i].counter;

			if (var == &pcp->hot.half[i] && (u32)half)
				check_free(half >> HALF_PAGES << HALF_ORDER,
					   (u64)(u32)half << (half >> HALF_PAGES & 1 ?
							      HALF_PAGES : 0));
		}
		if (var == &pcp->large) {
			u64 large = pcp->large.counter;
			unsigned int order = large_order(large);

			for (; large & LARGE_BLOCKS; large &= large - 1) {
				unsigned long pfn = large_pfn(large, order);

				if (find_range(region, pfn) && any_of(now.used, pfn, BIT(order)))
					fault("order %u at %#lx is in a cache, but in use",
					      order, pfn);
			}
		}
	}
}

/* The lock was released: pages that are free in the clusters must not be in use. */
void model_check_lists(void)
{
	unsigned int nr = region->nr_clusters, i, covered;

	if (has_fault())
		return;
	for (i = 0; i < nr; i++) {
		const struct cluster *cluster = &region->clusters[i];

		if (cluster->state == CLUSTER_SPLIT && now.used[i] & cluster->free)
			fault("pages of %#lx are free, but in use: %#llx",
			      cluster_pfn(cluster), now.used[i] & cluster->free);
		if (cluster->state != CLUSTER_FREE)
			continue;
		covered = BIT(cluster->list - CLUSTER_ORDER);
		for (; covered-- && i + covered < nr;)
			if (now.used[i + covered]) {
				fault("the free block at %#lx is in use",
				      cluster_pfn(cluster));
				return;
			}
	}
}

/* All callers are done: check all metadata, then free all blocks and check again. */
void model_check_rest(void)
{
	struct buddy_stats stats;
	struct slot *slot;
	unsigned int i;

	if (untold)
		return;
	check_region();
	for (slot = now.slots; slot < now.slots + NR_SLOTS && !has_fault(); slot++) {
		struct op op = { FREE, slot - now.slots };
		unsigned long pages;

		if (!slot->held)
			continue;
		pages = buddy_block_pages(region, slot->pfn);
		if (pages != slot->nr)
			fault("at rest, the block at %#lx of %lu pages has %lu", slot->pfn,
			      slot->nr, pages);
		setup_cpu = slot->pfn % CPUS;
		if (!has_fault())
			do_free(&op);
	}
	if (has_fault())
		return;
	drain();
	check_region();
	read_stats(&stats);
	buddy_pcp_add_counts(region, &stats);
	if (now.errors != now.mistakes)
		fault("%u mistakes were made, %u reported", now.mistakes, now.errors);
	if (stats.free_pages != stats.pages)
		fault("all is freed, yet only %lu of %lu pages are free", stats.free_pages,
		      stats.pages);
	if (region->nonempty != fresh_nonempty)
		fault("all is freed, yet the lists are not as they were");
	for (i = 0; i < BUDDY_NR_ORDERS; i++) {
		if (stats.nr_free[i] != fresh.nr_free[i])
			fault("all is freed: %lu blocks of order %u, not %lu", stats.nr_free[i],
			      i, fresh.nr_free[i]);
		/* If two callers free a block at once, either may be counted as the mistake. */
		if (!makes_mistakes &&
		    (stats.allocs[i] != now.allocs[i] || stats.frees[i] != now.frees[i]))
			fault("order %u: %llu allocations and %llu frees, not %llu and %llu",
			      i, stats.allocs[i], stats.frees[i], now.allocs[i], now.frees[i]);
	}
	if (!region->cache_order &&
	    stats.splits - fresh.splits != stats.merges - fresh.merges)
		fault("all is freed, yet there were %llu splits and %llu merges", stats.splits,
		      stats.merges);
}

/* --- scenarios --- */

void *percpu_alloc(size_t size)
{
	void *memory = aligned_alloc(PERCPU_SIZE, CPUS * PERCPU_SIZE);

	BUILD_BUG_ON(sizeof(struct pcp) > PERCPU_SIZE);
	memset(memory, 0, CPUS * PERCPU_SIZE);
	return memory;
}

static void find_mistakes(const struct op *op)
{
	for (; op->kind != END; op++)
		if (op->kind >= AGAIN) {
			makes_mistakes = true;
			now.slots[op->slot].victim = true;
		}
}

static void make_region(const struct shape *shape)
{
	u32 clusters = 0;
	unsigned int i;

	if (region) {
		buddy_pcp_exit(region);
		free(region->clusters);
		free(region);
	} else {
		buddy_hotplug_init();
	}
	region = aligned_alloc(64, sizeof(*region));
	memset(region, 0, sizeof(*region));
	snprintf(region->name, sizeof(region->name), "explored");
	for (i = 0; i < MAX_RANGES && shape->ranges[i].pages; i++) {
		ranges[i] = shape->ranges[i];
		ranges[i].first = clusters;
		clusters += range_clusters(&ranges[i]);
	}
	if (clusters > MAX_CLUSTERS || buddy_metadata_bytes(clusters) > MAX_METADATA)
		abort();
	region->ranges = ranges;
	region->nr_ranges = i;
	region->nr_clusters = clusters;
	region->clusters = calloc(1, buddy_metadata_bytes(clusters));
	buddy_free_area_init(region);
	buddy_pcp_init(region);
	if (shape->cache_order)
		region->cache_order = shape->cache_order;
	region->cache_row = 0;
	fresh = region->stats;
	fresh_nonempty = region->nonempty;
}

void model_make(const struct scenario *scenario)
{
	const struct op *op;
	unsigned int i;

	memset(&now, 0, sizeof(now));
	makes_mistakes = false;
	untold = false;
	nr_fails = 0;
	under_way = 0;
	buddy_watched = scenario->watched;
	make_region(&scenario->shape);
	for (i = 0; has_program(scenario, i); i++)
		find_mistakes(scenario->programs[i].ops);
	for (op = scenario->setup; op->kind != END && !has_fault(); op++) {
		setup_cpu = op->cpu;
		do_op(op);
	}
	after_setup = now;
	saved_region = *region;
	memcpy(saved_metadata, region->clusters, buddy_metadata_bytes(region->nr_clusters));
	memcpy(saved_pcp, region->pcp, sizeof(saved_pcp));
}

void model_restore(void)
{
	now = after_setup;
	*region = saved_region;
	memcpy(region->clusters, saved_metadata, buddy_metadata_bytes(region->nr_clusters));
	memcpy(region->pcp, saved_pcp, sizeof(saved_pcp));
	nr_fails = 0;
	under_way = 0;
	untold = false;
	memset(mistake, 0, sizeof(mistake));
	memset(views, 0, sizeof(views));
	fault_text[0] = 0;
}
