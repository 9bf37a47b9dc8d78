// SPDX-License-Identifier: GPL-2.0
/*
 * Torture's module, its arenas and the contexts of each CPU.  insmod runs one round, for
 * the parameter seconds=.  It needs a mapped region with the name "torture".
 *
 * Each CPU has a thread, a timer in softirq and a timer in hardirq, which also sends
 * interrupts and NMIs to other CPUs.  All of them use the same arenas.  Meanwhile CPUs
 * go offline and come back, regions are created and destroyed, blocks are freed twice at
 * once, and pools use the remaining pages.
 */
#define pr_fmt(fmt) "torture: " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>

#include "torture.h"

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "seed of the random choices (default: a new one)");

static unsigned int seconds = 10;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "length of the round");

static bool failed;
module_param(failed, bool, 0444);
MODULE_PARM_DESC(failed, "true if the round found a failure");

/* A longer call has hung.  On a busy host, an emulated CPU can stand still for seconds. */
#define LIMIT_NS	(10ULL * NSEC_PER_SEC)

#define PROGRESS_S	10

atomic_t torture_bad;

/* --- counters and times --- */

enum torture_context {
	CONTEXT_TASK,
	CONTEXT_SOFTIRQ,
	CONTEXT_HARDIRQ,
	CONTEXT_NMI,
	NR_CONTEXTS
};

static const char * const context_names[NR_CONTEXTS] = {
	"task", "softirq", "hardirq", "nmi",
};

static const char * const kind_names[TORTURE_NR_KINDS] = {
	[TORTURE_ALLOC_ORDER] = "blocks allocated by order",
	[TORTURE_ALLOC_EXACT] = "blocks allocated by page count",
	[TORTURE_ALLOC_ALIGNED] = "blocks allocated aligned",
	[TORTURE_ALLOC_WITHIN] = "blocks allocated in a window",
	[TORTURE_ALLOC_BULK] = "blocks allocated in bulk",
	[TORTURE_FREE_ORDER] = "blocks freed by order",
	[TORTURE_FREE_EXACT] = "blocks freed by page count",
	[TORTURE_TRIM] = "blocks whose ends were given back",
	[TORTURE_FREE_BULK] = "blocks freed in bulk",
	[TORTURE_ELSEWHERE] = "of the freed, taken in another context or CPU",
	[TORTURE_CHECK] = "blocks checked",
	[TORTURE_NO_MEMORY] = "allocations failed",
	[TORTURE_MISTAKE] = "caller errors made",
	[TORTURE_POOL] = "pools made and destroyed",
	[TORTURE_OBJECT] = "objects in pools",
	[TORTURE_REGION] = "regions made and destroyed",
	[TORTURE_GET] = "regions held by name",
	[TORTURE_OFFLINE] = "CPUs offline and online again",
};

static DEFINE_PER_CPU(unsigned long[TORTURE_NR_KINDS][NR_CONTEXTS], counts);

/* The longest call: ns << 16 | kind << 8 | context */
static atomic64_t longest;

unsigned int torture_context(void)
{
	return in_nmi() ? CONTEXT_NMI : in_hardirq() ? CONTEXT_HARDIRQ :
	       in_serving_softirq() ? CONTEXT_SOFTIRQ : CONTEXT_TASK;
}

void torture_count(enum torture_kind kind, unsigned long nr)
{
	this_cpu_add(counts[kind][torture_context()], nr);
}

static unsigned long count(enum torture_kind kind, unsigned int context)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(counts[kind][context], cpu));
	return sum;
}

static unsigned long count_all(enum torture_kind from, enum torture_kind to)
{
	unsigned long sum = 0;
	unsigned int context;

	for (; from <= to; from++)
		for (context = 0; context < NR_CONTEXTS; context++)
			sum += count(from, context);
	return sum;
}

/* Interrupts are off between the two readings of the clock; an NMI can still come. */
void torture_watch(struct watch *watch, struct rnd_state *rnd)
{
	watch->on = in_nmi() || in_hardirq() || !dice(rnd, 8);
	if (watch->on) {
		local_irq_save(watch->flags);
		watch->start = ktime_get_mono_fast_ns();
	}
}

void torture_watched(struct watch *watch, enum torture_kind kind)
{
	u64 ns, entry, old = atomic64_read(&longest);

	if (!watch->on)
		return;
	ns = ktime_get_mono_fast_ns() - watch->start;
	local_irq_restore(watch->flags);
	entry = ns << 16 | kind << 8 | torture_context();
	while (entry > old && !atomic64_try_cmpxchg(&longest, &old, entry))
		;
	if (ns > LIMIT_NS)
		torture_fail("%s: a call took %llu ns\n", kind_names[kind], ns);
}

/* scripts/torture.sh reads these lines, adds up the rounds and prints the table. */
static void report(void)
{
	u64 entry = atomic64_read(&longest);
	unsigned int kind;

	for (kind = 0; kind < TORTURE_NR_KINDS; kind++)
		pr_info("row %s: %lu %lu %lu %lu\n", kind_names[kind],
			count(kind, CONTEXT_TASK), count(kind, CONTEXT_SOFTIRQ),
			count(kind, CONTEXT_HARDIRQ), count(kind, CONTEXT_NMI));
	pr_info("longest %llu ns: %s, %s\n", entry >> 16, kind_names[entry >> 8 & 0xff],
		context_names[entry & 0xff]);
}

/* --- arenas --- */

enum {
	ARENA_NAMED,
	ARENA_LARGE,
	ARENA_SMALL,
	NR_PLAYED,
	ARENA_TWICE = NR_PLAYED,
	NR_DRAINED,
	ARENA_PLUG = NR_DRAINED,
	NR_ARENAS
};

/*
 * The memory of the first arena comes from insmod; the others have no mapping, so they
 * need no memory.  The third is too small for per-CPU caches, and often full.  Each of
 * the last two is used by one thread only.
 */
static struct arena arenas[NR_ARENAS] = {
	[ARENA_NAMED] = { .name = "torture", .max_order = 10, .nr_slots = 1024 },
	[ARENA_LARGE] = { .name = "torture-large", .max_order = 14, .nr_slots = 2048,
			  .base = BIT(24) + 61, .span = BIT(17) + 77 },
	[ARENA_SMALL] = { .name = "torture-small", .max_order = 6, .nr_slots = 128,
			  .base = BIT(25) + 13, .span = 600 },
	[ARENA_TWICE] = { .name = "torture-twice", .max_order = 8, .nr_slots = 1,
			  .orders_differ = true, .base = BIT(25) + BIT(20), .span = BIT(15) },
	[ARENA_PLUG] = { .name = "torture-plug", .nr_slots = 1,
			 .base = BIT(25) + BIT(21), .span = BIT(15) },
};

/* Allocate all pages of the region to find its lowest and highest pfn. */
static int find_span(struct arena *arena)
{
	unsigned long *pfns, pages, low = ~0UL, high = 0, i, tries = 0;

	buddy_region_stats(arena->region, &arena->fresh);
	pages = arena->fresh.pages;
	pfns = kvcalloc(pages, sizeof(*pfns), GFP_KERNEL);
	if (!pfns)
		return -ENOMEM;
	/* Try again: failures may be injected. */
	for (i = 0; i < pages && tries < 4 * pages; tries++) {
		pfns[i] = buddy_alloc_pfn(arena->region, 0, __GFP_NOWARN);
		if (pfns[i] == BUDDY_NO_PFN)
			continue;
		low = min(low, pfns[i]);
		high = max(high, pfns[i]);
		i++;
	}
	if (i < pages)
		torture_fail("%s: only %lu of %lu pages can be allocated\n", arena->name, i,
			     pages);
	buddy_free_bulk(arena->region, 0, i, pfns);
	buddy_region_drain(arena->region);
	kvfree(pfns);
	arena->base = low;
	arena->span = high - low + 1;
	return i < pages ? -EIO : 0;
}

static int start_arena(struct arena *arena, struct rnd_state *rnd)
{
	struct buddy_region *region;
	int err;

	if (arena->span)
		region = buddy_region_create(arena->name, arena->base, arena->span, NULL);
	else
		region = buddy_region_get(arena->name) ?: ERR_PTR(-ENOENT);
	if (IS_ERR(region))
		return PTR_ERR(region);
	arena->region = region;
	err = arena->span ? 0 : find_span(arena);
	if (!err)
		err = arena_start(arena);
	return err;
}

static void end_arena(struct arena *arena, struct rnd_state *rnd)
{
	if (IS_ERR_OR_NULL(arena->region))
		return;
	if (arena->slots) {
		arena_empty(arena, rnd);
		arena_whole(arena);
		arena_end(arena);
	}
	if (arena == &arenas[ARENA_NAMED])
		buddy_region_put(arena->region);
	else if (buddy_region_destroy(arena->region))
		torture_fail("%s cannot be destroyed\n", arena->name);
}

/* The counters are read at one instant, so they must agree with each other. */
static void look(struct arena *arena, struct buddy_stats *now)
{
	unsigned long free = 0;
	unsigned int order;

	buddy_region_stats(arena->region, now);
	for (order = 0; order < BUDDY_NR_ORDERS; order++)
		free += now->nr_free[order] << order;
	if (free != now->free_pages || now->free_pages > now->pages ||
	    now->pages - now->free_pages > now->peak_pages)
		torture_fail("%s: %lu free in blocks, %lu free of %lu pages, peak %lu\n",
			     arena->name, free, now->free_pages, now->pages,
			     now->peak_pages);
}

/* --- every context of every CPU --- */

/**
 * struct player - the contexts of one CPU
 * @cpu: the CPU
 * @soft: a timer that calls back in softirq
 * @hard: a timer that calls back in hardirq
 * @csd: for an interrupt that another CPU sends to this one
 * @sent: that interrupt was sent, and has not ended
 * @rnd: the random numbers of each context
 * @sent_rnd: the random numbers of the interrupt from another CPU
 */
struct player {
	unsigned int cpu;
	struct hrtimer soft;
	struct hrtimer hard;
	call_single_data_t csd;
	atomic_t sent;
	struct rnd_state rnd[NR_CONTEXTS];
	struct rnd_state sent_rnd;
};

static DEFINE_PER_CPU(struct player, players);

static void play(struct rnd_state *rnd, unsigned int rounds)
{
	arena_play(&arenas[dice(rnd, NR_PLAYED)], rnd, rounds);
}

#if defined(CONFIG_SMP) && defined(CONFIG_X86_LOCAL_APIC)

#include <asm/apic.h>
#include <asm/nmi.h>
#include <asm/smp.h>

static bool nmi_on;

/* All CPUs call this for each NMI; only torture sends NMIs in the guest. */
static int play_nmi(unsigned int type, struct pt_regs *regs)
{
	play(&this_cpu_ptr(&players)->rnd[CONTEXT_NMI], 2);
	return NMI_HANDLED;
}

static void nmi_start(void)
{
	nmi_on = !x2apic_enabled() &&
		 !register_nmi_handler(NMI_LOCAL, play_nmi, 0, "buddypool_torture");
}

static void nmi_end(void)
{
	if (nmi_on)
		unregister_nmi_handler(NMI_LOCAL, "buddypool_torture");
}

/* Interrupts are off: no CPU goes offline, and no other code uses the APIC meanwhile. */
static void send_nmi(unsigned int cpu)
{
	if (!nmi_on)
		return;
	native_apic_mem_write(APIC_ICR2, cpu_physical_id(cpu) << 24);
	native_apic_mem_write(APIC_ICR, APIC_DM_NMI);
}

#else

static void nmi_start(void) {}
static void nmi_end(void) {}
static void send_nmi(unsigned int cpu) {}

#endif

static enum hrtimer_restart play_soft(struct hrtimer *timer)
{
	struct player *player = container_of(timer, struct player, soft);
	struct rnd_state *rnd = &player->rnd[CONTEXT_SOFTIRQ];

	play(rnd, 10);
	if (!dice(rnd, 8))
		arena_bulk(&arenas[dice(rnd, NR_PLAYED)], rnd);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart play_hard(struct hrtimer *timer)
{
	struct player *player = container_of(timer, struct player, hard);
	struct rnd_state *rnd = &player->rnd[CONTEXT_HARDIRQ];
	unsigned int cpu = dice(rnd, nr_cpu_ids);

	if (cpu != smp_processor_id() && cpu_online(cpu)) {
		if (dice(rnd, 2))
			send_nmi(cpu);
		else if (!atomic_xchg(&player->sent, 1) &&
			 smp_call_function_single_async(cpu, &player->csd))
			atomic_set(&player->sent, 0);
	}
	play(rnd, 4);
	return HRTIMER_NORESTART;
}

static void play_sent(void *data)
{
	struct player *player = data;

	play(&player->sent_rnd, 4);
	atomic_set_release(&player->sent, 0);
}

static ktime_t some_time(struct rnd_state *rnd)
{
	return ns_to_ktime((50 + dice(rnd, 1000)) * NSEC_PER_USEC);
}

/* The thread is moved when its CPU goes offline, and so are its timers. */
static int play_task(void *data)
{
	struct player *player = data;
	struct rnd_state *rnd = &player->rnd[CONTEXT_TASK];

	while (!kthread_should_stop()) {
		set_cpus_allowed_ptr(current, cpumask_of(player->cpu));
		if (!hrtimer_active(&player->soft))
			hrtimer_start(&player->soft, some_time(rnd), HRTIMER_MODE_REL_PINNED_SOFT);
		if (!hrtimer_active(&player->hard))
			hrtimer_start(&player->hard, some_time(rnd), HRTIMER_MODE_REL_PINNED_HARD);
		play(rnd, 20);
		if (!dice(rnd, 8))
			arena_bulk(&arenas[dice(rnd, NR_PLAYED)], rnd);
		if (!dice(rnd, 64))
			buddy_region_drain(arenas[dice(rnd, NR_DRAINED)].region);
		cond_resched();
		if (!dice(rnd, 16))
			usleep_range(100, 500);
	}
	hrtimer_cancel(&player->soft);
	hrtimer_cancel(&player->hard);
	return 0;
}

/* --- a round --- */

/* A seed repeats the random numbers of each stream, but not when each context runs. */
void torture_seed(struct rnd_state *rnd, unsigned int stream)
{
	prandom_seed_state(rnd, seed + 1000 * stream);
}

#define MAX_THREADS	(NR_CPUS + 8)

static struct task_struct *threads[MAX_THREADS];
static unsigned int nr_threads;

static int run(int (*fn)(void *data), void *data, const char *name)
{
	struct task_struct *task = kthread_create(fn, data, "torture/%s", name);

	if (IS_ERR(task))
		return PTR_ERR(task);
	set_user_nice(task, MAX_NICE);
	threads[nr_threads++] = task;
	wake_up_process(task);
	return 0;
}

static int start_players(void)
{
	unsigned int cpu, i;
	int err = 0;

	for_each_online_cpu(cpu) {
		struct player *player = &per_cpu(players, cpu);

		player->cpu = cpu;
		for (i = 0; i < NR_CONTEXTS; i++)
			torture_seed(&player->rnd[i], TORTURE_STREAM_PLAYERS + cpu * 8 + i);
		torture_seed(&player->sent_rnd, TORTURE_STREAM_PLAYERS + cpu * 8 + i);
		hrtimer_setup(&player->soft, play_soft, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_PINNED_SOFT);
		hrtimer_setup(&player->hard, play_hard, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_PINNED_HARD);
		INIT_CSD(&player->csd, play_sent, player);
	}
	nmi_start();
	for_each_online_cpu(cpu)
		err = err ?: run(play_task, &per_cpu(players, cpu), "player");
	return err;
}

static int start_threads(void)
{
	return start_players() ?:
	       run(torture_pools, &arenas[ARENA_NAMED], "pools") ?:
	       run(torture_maker, NULL, "maker") ?:
	       run(torture_visitor, NULL, "visitor") ?:
	       run(torture_twice, &arenas[ARENA_TWICE], "twice") ?:
	       run(torture_plug, &arenas[ARENA_PLUG], "plug");
}

static void progress(unsigned int s)
{
	pr_info("%u of %u s: %lu blocks allocated, %lu freed, %lu checked, %lu allocations failed, %lu caller errors, %lu regions, %lu pools, %lu CPUs offline\n",
		s, seconds, count_all(TORTURE_ALLOC_ORDER, TORTURE_ALLOC_BULK),
		count_all(TORTURE_FREE_ORDER, TORTURE_FREE_BULK),
		count_all(TORTURE_CHECK, TORTURE_CHECK),
		count_all(TORTURE_NO_MEMORY, TORTURE_NO_MEMORY),
		count_all(TORTURE_MISTAKE, TORTURE_MISTAKE),
		count_all(TORTURE_REGION, TORTURE_REGION),
		count_all(TORTURE_POOL, TORTURE_POOL),
		count_all(TORTURE_OFFLINE, TORTURE_OFFLINE));
}

/* Wait for the end of the round, and vary the used slots from an eighth to all of them. */
static void watch_over(struct rnd_state *rnd)
{
	struct buddy_stats *now = kmalloc(sizeof(*now), GFP_KERNEL);
	time64_t start = ktime_get_seconds();
	unsigned int s = 0, next = PROGRESS_S, i;

	while (now && s < seconds && !atomic_read(&torture_bad)) {
		for (i = 0; i < NR_PLAYED; i++)
			if (!dice(rnd, 20))
				WRITE_ONCE(arenas[i].limit,
					   arenas[i].nr_slots * (1 + dice(rnd, 8)) / 8);
		look(&arenas[dice(rnd, NR_ARENAS)], now);
		msleep(20);
		s = ktime_get_seconds() - start;
		if (s >= next) {
			progress(s);
			next += PROGRESS_S;
		}
	}
	kfree(now);
}

static int __init torture_init(void)
{
	struct rnd_state rnd;
	unsigned int i;
	int err = 0;

	if (!seed)
		seed = get_random_u32();
	pr_info("seed=%lu\n", seed);
	torture_seed(&rnd, TORTURE_STREAM_MAIN);

	for (i = 0; i < NR_ARENAS && !err; i++)
		err = start_arena(&arenas[i], &rnd);
	if (err)
		goto end;
	for (i = 0; i < NR_ARENAS; i++) {
		arenas[i].other = arenas[(i + 1) % NR_ARENAS].base;
		arena_mistakes(&arenas[i], &rnd);
	}
	err = start_threads();
	if (!err)
		watch_over(&rnd);
	while (nr_threads)
		kthread_stop(threads[--nr_threads]);
	/* Wait for interrupts and NMIs that were sent. */
	kick_all_cpus_sync();
	nmi_end();
end:
	for (i = 0; i < NR_ARENAS; i++)
		end_arena(&arenas[i], &rnd);
	report();
	failed = err || atomic_read(&torture_bad);
	pr_info("%s, %d\n", failed ? "failed" : "well", err);
	/* Not an error: Busybox would load the module again by another system call. */
	return 0;
}
module_init(torture_init);

/* The round has ended when insmod returns. */
static void __exit torture_exit(void)
{
}
module_exit(torture_exit);

MODULE_DESCRIPTION("Stress test of buddypool in all contexts at once");
MODULE_LICENSE("GPL");
