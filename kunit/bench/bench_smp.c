// SPDX-License-Identifier: GPL-2.0
/*
 * Benchmark: how many operations two threads do, each bound to a CPU, compared with one.
 * They share the region or gen_pool.  A page_frag_cache cannot be shared.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "bench_drm.h"
#include "bench_peers.h"

#define THREADS		2
#define BULK		1024	/* blocks that each thread allocates at once */
#define WINDOW_MS	100

struct worker {
	struct task_struct *task;
	void *from;
	unsigned int hand;	/* allocations in a row, then as many frees */
	u64 ops;		/* allocations and frees together */
	u64 time;
	unsigned long objects[BULK];
};

static const unsigned int hands[] = { 1, BULK };
static struct worker *workers;
static atomic_t ready;
static bool go, stop;

static __always_inline int work(const struct subject *subject, struct worker *worker)
{
	unsigned int i;
	u64 start;

	atomic_inc(&ready);
	while (!READ_ONCE(go))
		cond_resched();
	start = ktime_get_ns();
	while (!READ_ONCE(stop)) {
		for (i = 0; i < worker->hand; i++)
			worker->objects[i] = subject->alloc(worker->from, 0);
		for (i = 0; i < worker->hand; i++)
			if (worker->objects[i])
				subject->free(worker->from, worker->objects[i], 0);
		worker->ops += 2 * worker->hand;
		cond_resched();
	}
	worker->time = ktime_get_ns() - start;
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

static int work_ours(void *worker)
{
	return work(&ours, worker);
}

static int work_pages(void *worker)
{
	return work(&pages, worker);
}

static int work_genpool(void *worker)
{
	return work(&genpool, worker);
}

static int work_drm(void *worker)
{
	return work(&drm_buddy, worker);
}

/* No allocator: shows whether the host gives the guest two CPUs. */
static unsigned long none_alloc(void *from, unsigned int order)
{
	barrier();
	return 1;
}

static void none_free(void *from, unsigned long object, unsigned int order)
{
	barrier();
}

static const struct subject none = { "none", none_alloc, none_free };

static int work_none(void *worker)
{
	return work(&none, worker);
}

/* Operations per second of @nr threads together; 0 if they cannot be started. */
static u64 rate(int (*fn)(void *worker), void *from, unsigned int hand, unsigned int nr)
{
	unsigned int cpu, made;
	u64 sum = 0;

	go = false;
	stop = false;
	atomic_set(&ready, 0);
	for (made = 0, cpu = 0; made < nr; made++, cpu = cpumask_next(cpu, cpu_online_mask)) {
		struct worker *worker = &workers[made];

		*worker = (struct worker){ .from = from, .hand = hand };
		worker->task = kthread_create(fn, worker, "bench/%u", made);
		if (IS_ERR(worker->task))
			break;
		kthread_bind(worker->task, cpu);
		wake_up_process(worker->task);
	}
	while (atomic_read(&ready) < made)
		usleep_range(1000, 2000);
	WRITE_ONCE(go, true);
	msleep(WINDOW_MS);
	WRITE_ONCE(stop, true);
	while (made--) {
		kthread_stop(workers[made].task);
		sum += div64_u64(workers[made].ops * NSEC_PER_SEC, workers[made].time);
	}
	return sum;
}

/* Report how often the two threads take the region's lock. */
static void bench_locked(struct buddy_region *region)
{
	static struct buddy_stats before, after;
	unsigned int i;
	u64 ops;

	for (i = 0; i < ARRAY_SIZE(hands); i++) {
		buddy_region_stats(region, &before);
		rate(work_ours, region, hands[i], THREADS);
		buddy_region_stats(region, &after);
		ops = workers[0].ops + workers[1].ops;
		report(i ? "lock taken, bulk" : "lock taken, hot pair", ours.name,
		       div64_u64(100 * 1000 * (after.locked - before.locked), ops),
		       "of 1000 operations");
	}
}

/* Other work on the host only makes a try slower: the best of some tries is reported. */
static void compare(const struct subject *subject, int (*fn)(void *worker), void *from)
{
	unsigned int i, tries;

	for (i = 0; i < ARRAY_SIZE(hands); i++) {
		u64 one = 0, both = 0;

		for (tries = 0; tries < 5; tries++) {
			one = max(one, rate(fn, from, hands[i], 1));
			both = max(both, rate(fn, from, hands[i], THREADS));
		}
		if (one)
			report(i ? "2 threads, bulk" : "2 threads, hot pair", subject->name,
			       div64_u64(100 * both, one), "of 1 thread");
	}
}

static int bench_main(void)
{
	struct buddy_region *region = bench_region(SZ_64M >> PAGE_SHIFT);
	struct gen_pool *pool = bench_genpool(SZ_64M >> PAGE_SHIFT);
	struct locked_drm drm;
	unsigned int run;

	workers = kcalloc(THREADS, sizeof(*workers), GFP_KERNEL);
	if (!region || !pool || !workers || num_online_cpus() < THREADS)
		return -ENODEV;
	if (bench_drm_init(&drm, SZ_64M >> PAGE_SHIFT))
		return -ENOMEM;
	describe("2 threads, hot pair",
		 "order 0, alloc and free in turn for 0.1 s: operations of both over those of one alone, the best of 5 each; none: no allocator, what the host gives");
	describe("2 threads, bulk", "the same, each 1024 allocations, then 1024 frees");
	describe("lock taken",
		 "by both threads in the work above, per 1000 allocations and frees");
	for (run = 0; run < runs; run++) {
		compare(&none, work_none, NULL);
		compare(&ours, work_ours, region);
		compare(&pages, work_pages, NULL);
		compare(&genpool, work_genpool, pool);
		compare(&drm_buddy, work_drm, &drm);
		bench_locked(region);
	}
	drm_buddy_fini(&drm.mm);
	gen_pool_destroy(pool);
	kfree(workers);
	return buddy_region_destroy(region);
}

MODULE_DESCRIPTION("Benchmark: two threads compared with one");
