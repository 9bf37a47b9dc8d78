// SPDX-License-Identifier: GPL-2.0
/*
 * Torture's threads that create and destroy regions, take references, free blocks twice
 * at once, and take CPUs offline.
 */
#define pr_fmt(fmt) "torture: " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "torture.h"

/* No memory at these pfns is accessed. */
#define MAKER_PFN	BIT(26)
#define MAKER_PAGES	5000
#define MAKER_MEMORY	SZ_1M
#define MAKER_NAMES	3

/* How long to wait until other threads have put their references. */
#define PATIENCE_MS	20000

static void make_name(char *name, size_t len, struct rnd_state *rnd)
{
	snprintf(name, len, "torture-%u", dice(rnd, MAKER_NAMES));
}

static void destroy(struct buddy_region *region, const char *name)
{
	unsigned int ms = 0;
	int err;

	/* torture_visitor() may have a reference. */
	while ((err = buddy_region_destroy(region)) == -EBUSY && ms++ < PATIENCE_MS)
		usleep_range(1000, 2000);
	if (err)
		torture_fail("region %s cannot be destroyed: %d\n", name, err);
}

/* Create a region, with a mapping or without, use it and destroy it. */
static void make_region(struct rnd_state *rnd)
{
	unsigned long pages = 1 + dice(rnd, MAKER_PAGES), base = MAKER_PFN + dice(rnd, 64);
	struct arena *arena = kzalloc(sizeof(*arena), GFP_KERNEL);
	struct buddy_region *region;
	void *memory = NULL;
	char name[16];

	if (!arena)
		return;
	if (!dice(rnd, 4))
		memory = alloc_pages_exact(MAKER_MEMORY, GFP_KERNEL);
	if (memory) {
		pages = 1 + dice(rnd, MAKER_MEMORY >> PAGE_SHIFT);
		base = PHYS_PFN(__pa(memory));
	}
	make_name(name, sizeof(name), rnd);
	region = buddy_region_create(name, base, pages, memory);
	if (IS_ERR(region)) {
		torture_fail("region %s of %lu pages: %ld\n", name, pages, PTR_ERR(region));
		goto free;
	}
	torture_count(TORTURE_REGION, 1);
	*arena = (struct arena){
		.region = region,
		.name = name,
		.base = base,
		.span = pages,
		.max_order = min_t(unsigned int, ilog2(pages), 9),
		.nr_slots = 64,
	};
	if (!arena_start(arena)) {
		arena_play(arena, rnd, 500);
		arena_empty(arena, rnd);
		arena_end(arena);
	}
	destroy(region, name);
free:
	if (memory)
		free_pages_exact(memory, MAKER_MEMORY);
	kfree(arena);
}

int torture_maker(void *unused)
{
	struct rnd_state rnd;

	torture_seed(&rnd, TORTURE_STREAM_MAKER);
	while (!kthread_should_stop()) {
		make_region(&rnd);
		usleep_range(100, 200);
	}
	return 0;
}

/* Take references, by name, to regions that torture_maker() destroys. */
int torture_visitor(void *unused)
{
	struct buddy_region *region;
	struct rnd_state rnd;
	unsigned long pfn;
	char name[16];

	torture_seed(&rnd, TORTURE_STREAM_VISITOR);
	while (!kthread_should_stop()) {
		make_name(name, sizeof(name), &rnd);
		region = buddy_region_get(name);
		if (region) {
			if (strcmp(buddy_region_name(region), name))
				torture_fail("asked for %s, got %s\n", name,
					     buddy_region_name(region));
			pfn = buddy_alloc_pfn(region, 0, __GFP_NOWARN);
			usleep_range(50, 100);
			if (pfn != BUDDY_NO_PFN)
				buddy_free_pfn(region, pfn, 0);
			buddy_region_put(region);
			torture_count(TORTURE_GET, 1);
		}
		usleep_range(200, 500);
	}
	return 0;
}

/* --- twice --- */

#define TWICE	16

/**
 * struct twice - blocks that two CPUs free at once
 * @csd: for the interrupt on the second CPU
 * @begun: the interrupt has begun
 * @done: the interrupt has ended
 * @region: the region of the blocks
 * @pfns: the first page of each block
 * @orders: the order of each block
 * @asked: the order by which the interrupt frees each block
 * @nr: how many blocks
 */
struct twice {
	call_single_data_t csd;
	bool begun;
	bool done;
	struct buddy_region *region;
	unsigned long pfns[TWICE];
	unsigned int orders[TWICE];
	unsigned int asked[TWICE];
	unsigned int nr;
};

static void free_all(const struct twice *twice, const unsigned int orders[])
{
	unsigned int i;

	for (i = 0; i < twice->nr; i++)
		buddy_free_pfn(twice->region, twice->pfns[i], orders[i]);
}

static void free_interrupt(void *data)
{
	struct twice *twice = data;

	WRITE_ONCE(twice->begun, true);
	free_all(twice, twice->asked);
	/* The other CPU may change @twice from here on. */
	smp_store_release(&twice->done, true);
}

/*
 * If two CPUs free a block at once, one free succeeds and the other is a caller error,
 * even if one of them frees a single page.  No other thread uses this region: it could
 * allocate the block between the two frees.
 */
int torture_twice(void *data)
{
	struct arena *arena = data;
	struct twice twice = { .region = arena->region };
	struct rnd_state rnd;
	unsigned int i, cpu, round = 0;

	torture_seed(&rnd, TORTURE_STREAM_TWICE);
	INIT_CSD(&twice.csd, free_interrupt, &twice);
	while (!kthread_should_stop()) {
		for (i = 0; i < TWICE; i++) {
			twice.orders[i] = dice(&rnd, arena->max_order + 1);
			twice.asked[i] = dice(&rnd, 2) ? twice.orders[i] : 0;
			twice.pfns[i] = buddy_alloc_pfn(arena->region, twice.orders[i],
							__GFP_NOWARN);
			if (twice.pfns[i] == BUDDY_NO_PFN)
				break;
		}
		twice.nr = i;
		/* No CPU caches the blocks' clusters then, and one may take them meanwhile. */
		if (dice(&rnd, 2))
			buddy_region_drain(arena->region);
		twice.begun = false;
		twice.done = false;
		/* With preemption disabled, no CPU goes offline. */
		preempt_disable();
		cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
		if (cpu >= nr_cpu_ids)
			cpu = smp_processor_id();
		smp_call_function_single_async(cpu, &twice.csd);
		while (!READ_ONCE(twice.begun))
			cpu_relax();
		free_all(&twice, twice.orders);
		preempt_enable();
		/* Wait until the interrupt does not read @twice any more. */
		while (!smp_load_acquire(&twice.done))
			cpu_relax();
		atomic_long_add(twice.nr, &arena->mistakes[BUDDY_DOUBLE_FREE]);
		torture_count(TORTURE_MISTAKE, twice.nr);
		if (++round % 64 == 0 && !arena_whole(arena))
			break;
		if (!dice(&rnd, 4))
			usleep_range(50, 100);
		cond_resched();
	}
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

/* --- CPUs --- */

/* The caches of a CPU that is offline must be empty; no other thread uses this region. */
static void unplug(struct arena *arena, unsigned int cpu, struct rnd_state *rnd,
		   struct buddy_stats *now)
{
	unsigned long pfn;

	buddy_region_drain(arena->region);
	set_cpus_allowed_ptr(current, cpumask_of(cpu));
	pfn = buddy_alloc_pfn(arena->region, 0, __GFP_NOWARN);
	if (pfn != BUDDY_NO_PFN)
		buddy_free_pfn(arena->region, pfn, 0);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	if (remove_cpu(cpu))
		return;
	buddy_region_stats(arena->region, now);
	if (memcmp(now->nr_free, arena->fresh.nr_free, sizeof(now->nr_free)))
		torture_fail("%s: CPU %u is offline and has not given back all\n",
			     arena->name, cpu);
	msleep(dice(rnd, 50));
	if (add_cpu(cpu))
		torture_fail("CPU %u does not come back\n", cpu);
	else
		torture_count(TORTURE_OFFLINE, 1);
}

int torture_plug(void *data)
{
	struct buddy_stats *now = kmalloc(sizeof(*now), GFP_KERNEL);
	struct arena *arena = data;
	struct rnd_state rnd;
	unsigned int cpu;

	torture_seed(&rnd, TORTURE_STREAM_PLUG);
	while (!kthread_should_stop()) {
		cpu = dice(&rnd, nr_cpu_ids);
		if (now && cpu && cpu_online(cpu))
			unplug(arena, cpu, &rnd, now);
		msleep(20 + dice(&rnd, 200));
	}
	kfree(now);
	return 0;
}
