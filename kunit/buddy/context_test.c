// SPDX-License-Identifier: GPL-2.0
/*
 * Suite context: allocate and free in every context that is allowed, and in several
 * contexts at once.
 *
 * All contexts of an arena put their blocks into shared slots, so that a block is often
 * freed in another thread or context than it was allocated in.  Each block has a token,
 * which is stored for each of its pages: this detects a page that belongs to two blocks.
 * These contexts count failures; only the test's own thread may assert.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timer.h>

#include "../lib/common.h"

#define SLOTS		256
#define THREADS		4
#define ROUNDS		1000U
#define PAGE_WORDS	(PAGE_SIZE / sizeof(u64))

/**
 * struct arena - a region and the blocks that the test has allocated from it
 * @region: the region
 * @base: its first pfn
 * @page_token: for each page: the token of its block, 0 if the page is free
 * @fill: also write to the pages and compare them
 * @max_pages: pages of the largest block
 * @slots: each contains a block in use, see make_block(), or 0
 * @token: the token of the newest block
 * @bad: how many checks failed
 * @allocs: how many allocations succeeded
 */
struct arena {
	struct buddy_region *region;
	unsigned long base;
	atomic_t *page_token;
	bool fill;
	unsigned int max_pages;
	u64 slots[SLOTS];
	atomic_t token;
	atomic_t bad;
	atomic_t allocs;
};

static u64 make_block(u32 token, u16 pages, u16 first)
{
	return (u64)token << 32 | (u32)pages << 16 | first;
}

static void expect(struct arena *arena, bool good)
{
	if (!good)
		atomic_inc(&arena->bad);
}

/* Every word of the block's pages must be @stamp. */
static void check_pages(struct arena *arena, unsigned long pfn,
			unsigned int pages, u64 stamp)
{
	const u64 *word = buddy_pfn_to_virt(arena->region, pfn);
	const u64 *end = word + pages * PAGE_WORDS;

	while (word < end && *word == stamp)
		word++;
	expect(arena, word == end);
}

static u64 take_random(struct arena *arena, struct rnd_state *rnd)
{
	u32 pages = 1 + prandom_u32_state(rnd) % arena->max_pages, token, i;
	bool zero = arena->fill && pages % 3 == 0, off = irqs_disabled();
	gfp_t gfp = __GFP_NOWARN | (zero ? __GFP_ZERO : 0);
	unsigned long pfn;

	if (prandom_u32_state(rnd) % 2) {
		unsigned int order = ilog2(pages);

		pages = 1U << order;
		pfn = buddy_alloc_pfn(arena->region, order, gfp);
	} else {
		pfn = buddy_alloc_pfn_exact(arena->region, pages, gfp);
	}
	expect(arena, !!irqs_disabled() == off);
	if (pfn == BUDDY_NO_PFN)
		return 0;

	atomic_inc(&arena->allocs);
	token = atomic_inc_return(&arena->token);
	for (i = 0; i < pages; i++)
		expect(arena, !atomic_cmpxchg(&arena->page_token[pfn - arena->base + i],
					      0, token));
	if (zero)
		check_pages(arena, pfn, pages, 0);
	if (arena->fill)
		memset64(buddy_pfn_to_virt(arena->region, pfn), token,
			 pages * PAGE_WORDS);
	return make_block(token, pages, pfn - arena->base);
}

static void put_block(struct arena *arena, u64 block)
{
	u32 token = block >> 32, pages = block >> 16 & 0xffff, i;
	unsigned long pfn = arena->base + (block & 0xffff);
	bool off = irqs_disabled();

	expect(arena, buddy_block_pages(arena->region, pfn) == pages);
	if (arena->fill)
		check_pages(arena, pfn, pages, token);
	for (i = 0; i < pages; i++)
		expect(arena, atomic_cmpxchg(&arena->page_token[pfn - arena->base + i],
					     token, 0) == token);
	if (is_power_of_2(pages) && token % 2)
		buddy_free_pfn(arena->region, pfn, ilog2(pages));
	else
		buddy_free_pfn_exact(arena->region, pfn, pages);
	expect(arena, !!irqs_disabled() == off);
}

/* Each round empties or fills one slot.  May be called in any context. */
static void play(struct arena *arena, struct rnd_state *rnd, unsigned int rounds)
{
	while (rounds--) {
		u64 *slot = &arena->slots[prandom_u32_state(rnd) % SLOTS];
		u64 block = xchg(slot, 0);

		if (!block)
			block = xchg(slot, take_random(arena, rnd));
		if (block)
			put_block(arena, block);
	}
}

static struct arena *start_arena(struct kunit *test, struct buddy_region *region,
				 unsigned int max_pages)
{
	struct arena *arena = kunit_kzalloc(test, sizeof(*arena), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, arena);
	arena->region = region;
	arena->base = region->ranges->pfn;
	arena->fill = region->hot.mapped;
	arena->max_pages = max_pages;
	arena->page_token = kunit_kcalloc(test, region->ranges->pages,
					  sizeof(*arena->page_token), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, arena->page_token);
	return arena;
}

static void end_arena(struct kunit *test, struct arena *arena,
		      const struct buddy_stats *fresh)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (arena->slots[i])
			put_block(arena, arena->slots[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&arena->bad), 0);
	KUNIT_EXPECT_NE(test, atomic_read(&arena->allocs), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(arena->page_token, 0, fresh->pages *
					   sizeof(*arena->page_token)));
	expect_all_free(test, arena->region, fresh);
}

/* --- one context at a time --- */

/**
 * struct visit - call play() in a context that the kernel calls back in
 * @arena: the arena
 * @rnd: state of the random numbers
 * @work: calls back in hardirq
 * @timer: calls back in softirq
 * @tasklet: calls back in softirq
 * @left: how many calls are left
 * @done: completed after the last call
 */
struct visit {
	struct arena *arena;
	struct rnd_state rnd;
	union {
		struct irq_work work;
		struct timer_list timer;
		struct tasklet_struct tasklet;
	};
	unsigned int left;
	struct completion done;
};

/* Return true if the context must be entered again. */
static bool visit_once(struct visit *visit, bool in_context)
{
	expect(visit->arena, in_context);
	play(visit->arena, &visit->rnd, 20);
	if (--visit->left)
		return true;
	complete(&visit->done);
	return false;
}

static void visit_hardirq(struct irq_work *work)
{
	struct visit *visit = container_of(work, struct visit, work);

	if (visit_once(visit, in_hardirq() && irqs_disabled()))
		irq_work_queue(work);
}

static void visit_timer(struct timer_list *timer)
{
	struct visit *visit = container_of(timer, struct visit, timer);

	if (visit_once(visit, in_serving_softirq()))
		mod_timer(timer, jiffies + 1);
}

static void visit_tasklet(struct tasklet_struct *tasklet)
{
	struct visit *visit = from_tasklet(visit, tasklet, tasklet);

	if (visit_once(visit, in_serving_softirq()))
		tasklet_schedule(tasklet);
}

/* The region is small, so that it is often full; both of its ends are unaligned. */
static struct visit *start_visit(struct kunit *test)
{
	struct visit *visit = kunit_kzalloc(test, sizeof(*visit), GFP_KERNEL);
	struct buddy_region *region = test_region_mapped(test, 5, 507);

	KUNIT_ASSERT_NOT_NULL(test, visit);
	visit->arena = start_arena(test, region, 8);
	prandom_seed_state(&visit->rnd, test_seed(test));
	visit->left = 100;
	init_completion(&visit->done);
	return visit;
}

static void context_test_hardirq(struct kunit *test)
{
	struct visit *visit = start_visit(test);
	struct buddy_stats *fresh = test_stats(test, visit->arena->region);

	/* PREEMPT_RT would run any other irq_work in a thread. */
	visit->work = IRQ_WORK_INIT_HARD(visit_hardirq);
	irq_work_queue(&visit->work);
	wait_for_completion(&visit->done);
	irq_work_sync(&visit->work);
	end_arena(test, visit->arena, fresh);
}

static void context_test_softirq_timer(struct kunit *test)
{
	struct visit *visit = start_visit(test);
	struct buddy_stats *fresh = test_stats(test, visit->arena->region);

	timer_setup(&visit->timer, visit_timer, 0);
	mod_timer(&visit->timer, jiffies);
	wait_for_completion(&visit->done);
	timer_delete_sync(&visit->timer);
	end_arena(test, visit->arena, fresh);
}

static void context_test_softirq_tasklet(struct kunit *test)
{
	struct visit *visit = start_visit(test);
	struct buddy_stats *fresh = test_stats(test, visit->arena->region);

	tasklet_setup(&visit->tasklet, visit_tasklet);
	tasklet_schedule(&visit->tasklet);
	wait_for_completion(&visit->done);
	tasklet_kill(&visit->tasklet);
	end_arena(test, visit->arena, fresh);
}

/* Under locks, and with interrupts or preemption off: the calls must not change that. */
static void context_test_atomic(struct kunit *test)
{
	struct visit *visit = start_visit(test);
	struct arena *arena = visit->arena;
	struct buddy_stats *fresh = test_stats(test, arena->region);
	static DEFINE_RAW_SPINLOCK(raw_lock);
	static DEFINE_SPINLOCK(lock);
	unsigned long flags;

	for (; visit->left; visit->left--) {
		local_irq_save(flags);
		play(arena, &visit->rnd, 5);
		local_irq_restore(flags);

		raw_spin_lock_irqsave(&raw_lock, flags);
		play(arena, &visit->rnd, 5);
		raw_spin_unlock_irqrestore(&raw_lock, flags);

		spin_lock(&lock);
		play(arena, &visit->rnd, 5);
		spin_unlock(&lock);

		preempt_disable();
		play(arena, &visit->rnd, 5);
		preempt_enable();

		local_bh_disable();
		play(arena, &visit->rnd, 5);
		local_bh_enable();
		expect(arena, !preempt_count() && !irqs_disabled());
	}
	end_arena(test, arena, fresh);
}

/* --- many at a time --- */

/**
 * struct player - a thread that calls play(), and interrupts another CPU that does so
 * @arena: the arena
 * @rnd: state of the thread's random numbers
 * @irq_rnd: state of the interrupt's random numbers
 * @task: the thread
 * @done: completed when the thread has ended
 * @target: the CPU that the interrupts go to, or -1
 * @interrupts: how many interrupts there were
 */
struct player {
	struct arena *arena;
	struct rnd_state rnd;
	struct rnd_state irq_rnd;
	struct task_struct *task;
	struct completion done;
	int target;
	unsigned int interrupts;
};

/**
 * struct reader - a thread that reads the counters while others allocate and free
 * @arena: the arena
 * @fresh: the region's counters when all of it was free
 * @now: the counters that were read last
 * @reads: how often they were read
 */
struct reader {
	struct arena *arena;
	const struct buddy_stats *fresh;
	struct buddy_stats now;
	unsigned int reads;
};

static void player_interrupt(void *data)
{
	struct player *player = data;

	/* An idle CPU may take the call without an interrupt. */
	expect(player->arena, irqs_disabled());
	player->interrupts += in_hardirq() != 0;
	play(player->arena, &player->irq_rnd, 2);
}

static int player_thread(void *data)
{
	struct player *player = data;
	unsigned int i;

	for (i = 1; i <= ROUNDS; i++) {
		/* Wait for the last interrupt: the earlier ones have ended by then. */
		if (player->target >= 0 && i % 8 == 0)
			smp_call_function_single(player->target, player_interrupt,
						 player, i == ROUNDS);
		play(player->arena, &player->rnd, 10);
		cond_resched();
	}
	complete(&player->done);
	return 0;
}

/* The counters are read at one instant, so they agree with each other. */
static int reader_thread(void *data)
{
	struct reader *reader = data;
	const struct buddy_stats *fresh = reader->fresh, *now = &reader->now;

	while (!kthread_should_stop()) {
		unsigned long free = 0;
		s64 blocks = fresh->merges - fresh->splits;
		unsigned int order;

		buddy_region_stats(reader->arena->region, &reader->now);
		for (order = 0; order < BUDDY_NR_ORDERS; order++) {
			free += now->nr_free[order] << order;
			/* Blocks of this order, free or in use, more than at first. */
			blocks += now->nr_free[order] + now->allocs[order] -
				  now->frees[order] - fresh->nr_free[order];
		}
		expect(reader->arena, free == now->free_pages);
		/* Splits and merges inside a cached cluster are not counted. */
		if (!reader->arena->region->cache_order)
			expect(reader->arena, blocks == now->splits - now->merges);
		expect(reader->arena, now->pages - now->free_pages <= now->peak_pages);
		reader->reads++;
		cond_resched();
	}
	return 0;
}

static struct task_struct *run_thread(struct kunit *test, unsigned int cpu,
				      int (*fn)(void *data), void *data)
{
	struct task_struct *task = kthread_create(fn, data, "buddy-test/%u", cpu);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kthread_bind(task, cpu);
	wake_up_process(get_task_struct(task));
	return task;
}

static void stop_thread(struct task_struct *task)
{
	kthread_stop(task);
	put_task_struct(task);
}

/* Run threads on all CPUs, a reader and, if @interrupts, interrupts between the CPUs. */
static void play_together(struct kunit *test, struct buddy_region *region,
			  unsigned int max_pages, bool interrupts)
{
	struct reader *reader = kunit_kzalloc(test, sizeof(*reader), GFP_KERNEL);
	struct player *players = kunit_kcalloc(test, THREADS, sizeof(*players), GFP_KERNEL);
	struct arena *arena = start_arena(test, region, max_pages);
	struct player *player, *end = players + THREADS;
	unsigned int cpus = num_online_cpus(), cpu;
	u64 seed = test_seed(test);
	struct task_struct *reading;

	if (interrupts && cpus < 2)
		kunit_skip(test, "a CPU does not interrupt itself");
	KUNIT_ASSERT_NOT_NULL(test, reader);
	KUNIT_ASSERT_NOT_NULL(test, players);
	reader->arena = arena;
	reader->fresh = test_stats(test, region);
	reading = run_thread(test, 0, reader_thread, reader);
	for (player = players; player < end; player++) {
		cpu = (player - players) % cpus;
		player->arena = arena;
		player->target = interrupts ? (cpu + 1) % cpus : -1;
		prandom_seed_state(&player->rnd, seed++);
		prandom_seed_state(&player->irq_rnd, seed++);
		init_completion(&player->done);
		player->task = run_thread(test, cpu, player_thread, player);
	}
	for (player = players; player < end; player++) {
		wait_for_completion(&player->done);
		stop_thread(player->task);
		KUNIT_EXPECT_EQ(test, player->interrupts > ROUNDS / 16, interrupts);
	}
	stop_thread(reading);
	KUNIT_EXPECT_GT(test, reader->reads, 10U);
	end_arena(test, arena, reader->fresh);
}

static void context_test_threads(struct kunit *test)
{
	play_together(test, test_region(test, TEST_PFN + 61, 6000), 100, false);
}

/* The region is too small for all threads: many allocations fail. */
static void context_test_threads_scarce(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 61, 600);

	play_together(test, region, 100, false);
	KUNIT_EXPECT_NE(test, test_stats(test, region)->fails[6], 0ULL);
}

static void context_test_threads_mapped(struct kunit *test)
{
	play_together(test, test_region_mapped(test, 13, 700), 8, false);
}

static void context_test_threads_and_hardirq(struct kunit *test)
{
	play_together(test, test_region(test, TEST_PFN + 61, 6000), 100, true);
}

static void context_test_threads_and_hardirq_mapped(struct kunit *test)
{
	play_together(test, test_region_mapped(test, 13, 700), 8, true);
}

static struct kunit_case context_cases[] = {
	KUNIT_CASE(context_test_hardirq),
	KUNIT_CASE(context_test_softirq_timer),
	KUNIT_CASE(context_test_softirq_tasklet),
	KUNIT_CASE(context_test_atomic),
	KUNIT_CASE(context_test_threads),
	KUNIT_CASE(context_test_threads_scarce),
	KUNIT_CASE(context_test_threads_mapped),
	KUNIT_CASE(context_test_threads_and_hardirq),
	KUNIT_CASE(context_test_threads_and_hardirq_mapped),
	{}
};

static struct kunit_suite context_suite = {
#ifdef WITH_CACHES
	.name = "context_caches",
	.init = init_caches,
	.exit = exit_caches,
#else
	.name = "context",
#endif
	.test_cases = context_cases,
};

kunit_test_suite(context_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: context");
MODULE_LICENSE("GPL");
