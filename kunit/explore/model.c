// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps a record of the pages in use, and checks the results of the calls in calls.c against
 * that record.
 *
 * A block is in use from the return of the allocation until the call that frees it.
 * Between a call and its return, it may be either.
 */
#include "model.h"

#define MAX_FAILS	16	/* allocations that failed in one schedule */

struct buddy_region *region;
cpu_callback cpu_dead;
bool buddy_watched;

struct state now;
static struct state after_setup;

static struct pfn_range ranges[MAX_RANGES];
static struct buddy_stats fresh;
static u64 fresh_nonempty;
static bool makes_mistakes;
const struct slot *mistake[MAX_PROGRAMS];
static bool untold;
struct view views[NR_SLOTS];

static struct buddy_region saved_region;
static u8 saved_metadata[MAX_METADATA];
static u8 saved_pcp[CPUS * PERCPU_SIZE];

static struct attempt attempts[MAX_PROGRAMS + 1], fails[MAX_FAILS];
static unsigned int under_way;		/* a bit for each of attempts[] */
static unsigned int nr_fails;

/* --- pages --- */

/* The bits of the pages [pfn, pfn + nr) in cluster @i, which is in @range. */
static u64 pages_in(const struct pfn_range *range, unsigned int i, unsigned long pfn,
		    unsigned long nr)
{
	unsigned long first = ((range->pfn >> CLUSTER_ORDER) + i) << CLUSTER_ORDER;
	unsigned long start = max(pfn, first), end = min(pfn + nr, first + CLUSTER_PAGES);

	return start < end ? bitmap64_mask(start - first, end - start) : 0;
}

bool any_of(const u64 *map, unsigned long pfn, unsigned long nr)
{
	const struct pfn_range *range = find_range(region, pfn);
	unsigned int base = range->first, i;

	for (i = 0; i < range_clusters(range); i++)
		if (map[base + i] & pages_in(range, i, pfn, nr))
			return true;
	return false;
}

void set_pages(u64 *map, unsigned long pfn, unsigned long nr, bool set)
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

/* Whether the block @run may lie at @pfn. */
bool meets(const struct buddy_run *run, unsigned long pfn)
{
	unsigned long last = pfn + run->nr - 1;

	return pfn >= run->start && last < run->end && pfn % run->align == 0 &&
	       (!run->boundary || pfn / run->boundary == last / run->boundary);
}

/* A place for @attempt's block that was free all the time, or BUDDY_NO_PFN. */
static unsigned long find_free(const struct attempt *attempt)
{
	unsigned long nr = attempt->run.nr, pfn, free;
	const struct pfn_range *range;

	for_each_range(range, region) {
		const u64 *taken = attempt->taken + range->first;
		unsigned long first = range->pfn & -CLUSTER_PAGES;

		free = 0;
		for (pfn = range->pfn; pfn < range->pfn + range->pages; pfn++) {
			bool was = taken[(pfn - first) / 64] >> pfn % 64 & 1;

			free = was ? 0 : free + 1;
			if (free >= nr && meets(&attempt->run, pfn + 1 - nr))
				return pfn + 1 - nr;
		}
	}
	return BUDDY_NO_PFN;
}

static void judge(const struct attempt *attempt)
{
	unsigned long pfn;

	/* Not all allocations at the same time have returned, or there are mistakes. */
	if (attempt->beside || makes_mistakes || attempt->disturbed)
		return;
	pfn = find_free(attempt);
	if (pfn != BUDDY_NO_PFN)
		fault("found no block of %lu pages, but those at %#lx were free all the time",
		      attempt->run.nr, pfn);
}

static bool is_empty(const u64 *map)
{
	unsigned int i;

	for (i = 0; i < region->nr_clusters; i++)
		if (map[i])
			return false;
	return true;
}

void disturb(void)
{
	unsigned int i;

	for (i = 0; i <= MAX_PROGRAMS; i++)
		if (under_way & BIT(i) && i != caller())
			attempts[i].disturbed |= attempts[i].searches;
}

struct attempt *begin_alloc(const struct buddy_run *run, bool searches)
{
	struct attempt *attempt = &attempts[caller()];
	unsigned int i, k;

	attempt->run = *run;
	attempt->searches = searches;
	attempt->disturbed = false;
	memcpy(attempt->taken, now.used, sizeof(attempt->taken));
	memset(attempt->mistaken, 0, sizeof(attempt->mistaken));
	for (k = 0; k <= MAX_PROGRAMS; k++) {
		if (is_empty(now.leaving[k]))
			continue;
		attempt->disturbed = searches;
		for (i = 0; i < region->nr_clusters; i++)
			attempt->taken[i] |= now.leaving[k][i];
	}
	under_way |= BIT(attempt - attempts);
	return attempt;
}

bool is_alloc_under_way(void)
{
	return under_way;
}

/* Whether a program makes mistakes. */
bool has_mistakes(void)
{
	return makes_mistakes;
}

void cannot_be_told(void)
{
	trace_line("", "freed before its tails were marked: cannot be told");
	untold = true;
	sched_stop();
}

/* The pages [pfn, pfn + nr) were not free all the time, for allocations under way. */
void taken_by(const struct attempt *attempt, unsigned long pfn, unsigned long nr)
{
	unsigned int bit = BIT(attempt - attempts), i;

	for (i = 0; i <= MAX_PROGRAMS; i++)
		if (under_way & BIT(i))
			set_pages(attempts[i].taken, pfn, nr, true);
	for (i = 0; i < nr_fails; i++)
		if (fails[i].beside & bit)
			set_pages(fails[i].taken, pfn, nr, true);
}

void end_alloc(const struct attempt *attempt)
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
void fail_alloc(struct attempt *attempt)
{
	if (in_nmi() || nr_fails == MAX_FAILS)
		return;
	fails[nr_fails] = *attempt;
	fails[nr_fails].beside = under_way & ~BIT(attempt - attempts);
	judge(&fails[nr_fails++]);
}

/* --- checks --- */

const u64 *used_pages(void)
{
	return now.used;
}

/* The next block in use, from slot *@from on; false if there is none. */
bool next_block(unsigned int *from, unsigned long *pfn, unsigned long *nr)
{
	for (; *from < NR_SLOTS; ++*from) {
		const struct slot *slot = &now.slots[*from];

		if (!slot->held)
			continue;
		*pfn = slot->pfn;
		*nr = slot->nr;
		++*from;
		return true;
	}
	return false;
}

/* A caller was told of an error. */
void model_error(enum buddy_error kind)
{
	now.errors++;
	if (self) {
		self->errors++;
		self->kind = kind;
	}
	trace_line("", "an error is reported: kind %u", kind);
}

void model_run(const struct program *program)
{
	const struct op *op;

	for (op = program->ops; op->kind != END; op++)
		do_op(op);
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
	if (!(now.used[cluster - region->clusters] & free))
		return;
	if (self && mistake[self->number] && !memory_has_seen(&cluster->tail))
		cannot_be_told();
	else
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
			do_op(&op);
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
