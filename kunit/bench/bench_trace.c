// SPDX-License-Identifier: GPL-2.0
/*
 * Benchmark: a recording, replayed by each subject.  All subjects read the operations from
 * an array and find objects by their slot; no page is written to.
 */
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../../pool/pool.h"
#include "bench_drm.h"
#include "bench_peers.h"
#include "../replay/replay.h"

static struct trace trace;
module_param_named(trace, trace.path, charp, 0444);
MODULE_PARM_DESC(trace, "path of the recording, not compressed");

static char *name = "trace";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "name of the recording in the table");

static unsigned long *slots;

/* --- recordings of pages --- */

/* Add the order of the block to each free, outside of the timed part. */
static int add_orders(void)
{
	u32 *order = vcalloc(trace.slots, sizeof(*order));
	struct op *op;

	if (!order)
		return -ENOMEM;
	for (op = trace.ops; op < trace.ops + trace.nr; op++) {
		/* The peers have no windows. */
		if (op->kind == 'w')
			break;
		if (op->kind == 'a')
			order[op->arg[0]] = op->arg[1];
		else
			op->arg[1] = order[op->arg[0]];
	}
	vfree(order);
	return op < trace.ops + trace.nr ? -EINVAL : 0;
}

static __always_inline void pages_step(const struct subject *subject, void *from,
				       const struct op *op, unsigned long *fails)
{
	unsigned long *slot = &slots[op->arg[0]];

	if (op->kind == 'a') {
		*slot = subject->alloc(from, op->arg[1]);
		*fails += *slot == NOTHING;
	} else {
		if (*slot != NOTHING)
			subject->free(from, *slot, op->arg[1]);
		*slot = NOTHING;
	}
}

static __always_inline void pages_trace(const struct subject *subject, void *from)
{
	unsigned long nr, fails = 0;
	char work[64];
	u64 time;

	time = TIMED(trace.nr, pages_step(subject, from, &trace.ops[i], &fails));
	for (nr = trace.nr; nr--;) {
		struct op *op = &trace.ops[nr];

		/* A block that is still in use is that of the last allocation in its slot. */
		if (op->kind == 'a' && slots[op->arg[0]]) {
			subject->free(from, slots[op->arg[0]], op->arg[1]);
			slots[op->arg[0]] = NOTHING;
		}
	}
	snprintf(work, sizeof(work), "trace %s", name);
	if (!fails)
		report_time(work, subject->name, time, trace.nr);
}

static int bench_pages(void)
{
	/* At least twice as many pages as the recording needs. */
	unsigned long nr_pages = 2 * roundup_pow_of_two(trace.peak);
	struct buddy_region *region = bench_region(nr_pages);
	struct gen_pool *pool = bench_genpool(nr_pages);
	struct locked_drm drm;
	int err = region && pool ? add_orders() : -ENOMEM;
	char work[64];

	snprintf(work, sizeof(work), "trace %s", name);
	describe(work, "each operation, with its reading from the trace");
	if (!err) {
		pages_trace(&ours, region);
		pages_trace(&pages, NULL);
		pages_trace(&genpool, pool);
	}
	if (!err && !bench_drm_init(&drm, nr_pages)) {
		pages_trace(&drm_buddy, &drm);
		drm_buddy_fini(&drm.mm);
	}
	if (pool)
		gen_pool_destroy(pool);
	return region ? buddy_region_destroy(region) ?: err : err;
}

/* --- recordings of pools --- */

static struct mp_pool **made;

static void pools_step(struct buddy_region *region, const struct op *op)
{
	struct mp_pool **pool = &made[op->arg[0]];

	switch (op->kind) {
	case 'C':
		/* nginx aligns objects to 8 bytes. */
		*pool = mp_create_pool_named(region, "nginx", op->arg[1], 8, 0);
		break;
	case 'a':
		slots[op->arg[2]] = (unsigned long)mp_alloc(*pool, op->arg[1], 0);
		break;
	case 'n':
		slots[op->arg[2]] = (unsigned long)mp_nalloc(*pool, op->arg[1], 0);
		break;
	case 'z':
		slots[op->arg[2]] = (unsigned long)mp_calloc(*pool, 1, op->arg[1], 0);
		break;
	case 'f':
		mp_free(*pool, (void *)slots[op->arg[1]]);
		break;
	case 'R':
		mp_reset_pool(*pool);
		break;
	case 'D':
		mp_destroy_pool(*pool);
		*pool = NULL;
	}
}

static void destroy_pools(void)
{
	unsigned long pool;

	for (pool = 0; pool < trace.slots; pool++) {
		if (made[pool])
			mp_destroy_pool(made[pool]);
		made[pool] = NULL;
	}
}

/* The most pages that the pools use; pages in a per-CPU cache are free. */
static unsigned long pools_peak(struct buddy_region *region)
{
	static struct buddy_stats stats;
	unsigned long i, peak = 0;

	for (i = 0; i < trace.nr; i++) {
		pools_step(region, &trace.ops[i]);
		buddy_region_stats(region, &stats);
		peak = max(peak, stats.pages - stats.free_pages);
	}
	destroy_pools();
	return peak;
}

/* No allocator: the part that all subjects share, to read an operation and clear memory. */
static void none_step(void *memory, const struct op *op)
{
	if (op->kind == 'z')
		memset(memory, 0, op->arg[1]);
	slots[op->arg[2]] = (unsigned long)memory;
}

static void kmalloc_step(const struct op *op)
{
	void **slot = (void **)&slots[op->arg[2]];

	if (op->kind == 'f')
		kfree(*slot);
	else if (op->kind == 'z')
		*slot = kzalloc(op->arg[1], GFP_NOWAIT);
	else
		*slot = kmalloc(op->arg[1], GFP_NOWAIT);
}

/*
 * Make the operations of a user without pools in @flat: allocations, and a free for each
 * object when the object or its pool is freed.  @flat has room for twice the operations
 * of the recording.  Return how many there are.
 */
static unsigned long flatten(struct op *flat)
{
	u32 *pool_of = vcalloc(trace.slots, sizeof(*pool_of)), slot;
	struct op *op, *to = flat;

	if (!pool_of)
		return 0;
	for (op = trace.ops; op < trace.ops + trace.nr; op++) {
		switch (op->kind) {
		case 'C':
			break;
		case 'f':
			*to++ = (struct op){ 'f', { 0, 0, op->arg[1] } };
			pool_of[op->arg[1]] = 0;
			break;
		case 'R':
		case 'D':
			for (slot = 0; slot < trace.slots; slot++) {
				if (pool_of[slot] != op->arg[0] + 1)
					continue;
				*to++ = (struct op){ 'f', { 0, 0, slot } };
				pool_of[slot] = 0;
			}
			break;
		default:
			*to++ = *op;
			/* An empty object is in no pool, as in the recording. */
			pool_of[op->arg[2]] = op->arg[1] ? op->arg[0] + 1 : 0;
		}
	}
	for (slot = 0; slot < trace.slots; slot++)
		if (pool_of[slot])
			*to++ = (struct op){ 'f', { 0, 0, slot } };
	vfree(pool_of);
	return to - flat;
}

static int bench_pools(void)
{
	struct buddy_region *region = buddy_region_get("traces");
	struct op *flat = vcalloc(2 * trace.nr, sizeof(*flat));
	unsigned long nr, run, i;
	char work[64];
	size_t most = 0;
	void *memory;

	if (!region || !flat)
		return -ENOMEM;
	made = vcalloc(trace.slots, sizeof(*made));
	nr = flatten(flat);
	for (i = 0; i < trace.nr; i++)
		if (trace.ops[i].kind == 'z')
			most = max_t(size_t, most, trace.ops[i].arg[1]);
	memory = vmalloc(most + 1);
	if (!made || !nr || !memory)
		return -ENOMEM;
	snprintf(work, sizeof(work), "trace %s", name);
	describe(work,
		 "each operation of the trace, with its reading; kmalloc frees each object; none: no allocator, but what must be zero is cleared");
	for (run = 0; run < runs; run++) {
		u64 time = TIMED(trace.nr, pools_step(region, &trace.ops[i]));

		destroy_pools();
		report_time(work, "buddypool", time, trace.nr);
		report_time(work, "kmalloc", TIMED(nr, kmalloc_step(&flat[i])), trace.nr);
		report_time(work, "none", TIMED(trace.nr, none_step(memory, &trace.ops[i])),
			    trace.nr);
	}
	strlcat(work, ", peak memory", sizeof(work));
	report(work, "buddypool", 100 * pools_peak(region) * PAGE_SIZE / SZ_1K, "KiB");
	vfree(memory);
	vfree(made);
	vfree(flat);
	buddy_region_put(region);
	return 0;
}

static int bench_main(void)
{
	int err = trace_read(&trace);
	unsigned int run;

	if (err)
		return err;
	slots = vcalloc(trace.slots, sizeof(*slots));
	if (!slots)
		err = -ENOMEM;
	else if (trace.format == &pools_format)
		err = bench_pools();
	else
		for (run = 0; run < runs && !err; run++)
			err = bench_pages();
	vfree(slots);
	trace_free(&trace);
	return err;
}

MODULE_DESCRIPTION("Benchmark: a recording, replayed by each allocator");
