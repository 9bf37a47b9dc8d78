// SPDX-License-Identifier: GPL-2.0
/*
 * What an operation costs one thread, and each of two threads at the same time, each bound
 * to a CPU.  They share a region.  The windows of one thread and of two take turns, so that
 * both see the machine in the same state.
 */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include <kernel.h>

#include "native.h"

#define WINDOWS		25	/* the median of so many is printed */
#define TRIES		(4 * WINDOWS)
#define WINDOW_NS	5e6
#define BUSY		0.97	/* less of a window on the CPU: the window does not count */

static const struct {
	unsigned int order;
	unsigned long mib;
} sizes[] = { { 0, 1024 }, { 1, 1024 }, { 3, 1024 }, { 5, 1024 }, { 9, 16384 } };

static const char *const jobs[] = { "pair", "bulk", "random" };

static const struct subject *const subjects[] = {
	&ours, &ours_bulk, &gpu_buddy, &gen_pool_first, &the_floor, &floor_side_by_side, &lock_alone
};

/* --- threads --- */

static double time_of(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

double threads_now(void)
{
	return time_of(CLOCK_MONOTONIC);
}

/* Move THREAD_RANDOM blocks, at random, to the front. */
void threads_shuffle(struct thread *thread)
{
	unsigned long i;

	for (i = 0; i < THREAD_RANDOM; i++) {
		unsigned long other = i + draw(&thread->random) % (thread->nr - i);

		swap(thread->blocks[i], thread->blocks[other]);
	}
}

/**
 * struct worker - a thread, and what it is told
 * @thread: its work
 * @subject: whose calls it makes
 * @cpu: that it is bound to
 * @task: the thread
 * @busy: how much of the window it was on its CPU
 */
static struct worker {
	struct thread thread;
	const struct subject *subject;
	unsigned int cpu;
	pthread_t task;
	double busy;
} __aligned(128) workers[THREADS];

static pthread_barrier_t begin, end;
static unsigned int working;	/* how many threads work in this window; 0 is the end */
static unsigned int ready;
static double window;

/* The threads start together, and each of them stops after the window. */
static void work(struct worker *worker)
{
	struct thread *thread = &worker->thread;
	double start, cpu;

	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) < working)
		__builtin_ia32_pause();
	start = threads_now();
	cpu = time_of(CLOCK_THREAD_CPUTIME_ID);
	thread->end = start + window;
	worker->subject->loop(thread);
	cpu = time_of(CLOCK_THREAD_CPUTIME_ID) - cpu;
	worker->busy = cpu / (threads_now() - start);
}

static void *worker_main(void *data)
{
	struct worker *worker = data;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(worker->cpu, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	native_cpu = worker - workers;
	for (;;) {
		pthread_barrier_wait(&begin);
		if (!working)
			return NULL;
		if (native_cpu < working)
			work(worker);
		pthread_barrier_wait(&end);
	}
}

static void run_window(unsigned int threads, double ns)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		workers[i].thread.alloc_ns = 0;
		workers[i].thread.free_ns = 0;
		workers[i].thread.ops = 0;
	}
	working = threads;
	ready = 0;
	window = ns;
	pthread_barrier_wait(&begin);
	if (threads)
		pthread_barrier_wait(&end);
}

/* Both CPUs did the whole window's work, and nothing else. */
static bool was_whole(unsigned int threads)
{
	unsigned int i;

	for (i = 0; i < threads; i++)
		if (workers[i].busy < BUSY)
			return false;
	return true;
}

static double mean(unsigned int threads, bool free)
{
	double ns = 0;
	unsigned int i;

	for (i = 0; i < threads; i++) {
		const struct thread *thread = &workers[i].thread;

		ns += (free ? thread->free_ns : thread->alloc_ns) / thread->ops / threads;
	}
	return ns;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double values[], unsigned int nr)
{
	qsort(values, nr, sizeof(*values), compare);
	return nr ? values[nr / 2] : NAN;
}

static void report(const char *work, unsigned int order, unsigned int threads,
		   const char *name, double ns)
{
	if (!isnan(ns))
		printf("%s, order %u, %u thread%s\t%s\t%.2f\ttime\n", work, order, threads,
		       threads > 1 ? "s" : "", name, ns);
}

/* Windows of one thread and of two in turn. */
static void measure(const struct subject *subject, enum job job, unsigned int order)
{
	static double alloc[THREADS + 1][WINDOWS], free[THREADS + 1][WINDOWS];
	unsigned int nr[THREADS + 1] = { 0 }, tries, threads;
	char name[32];

	/* Without a result: the state that lasts. */
	run_window(THREADS, 20 * WINDOW_NS);
	for (tries = 0; tries < TRIES && nr[THREADS] < WINDOWS; tries++) {
		for (threads = 1; threads <= THREADS; threads++) {
			run_window(threads, WINDOW_NS);
			if (nr[threads] == WINDOWS || !was_whole(threads))
				continue;
			alloc[threads][nr[threads]] = mean(threads, false);
			free[threads][nr[threads]++] = mean(threads, true);
		}
	}
	for (threads = 1; threads <= THREADS; threads++) {
		if (nr[threads] < WINDOWS)
			fprintf(stderr, "%s, order %u, %s: %u of %u windows of %u threads count\n",
				jobs[job], order, subject->name, nr[threads], tries, threads);
		if (job != JOB_PAIRS) {
			snprintf(name, sizeof(name), "%s free", jobs[job]);
			report(name, order, threads, subject->name,
			       median(free[threads], nr[threads]));
			snprintf(name, sizeof(name), "%s alloc", jobs[job]);
		} else {
			snprintf(name, sizeof(name), "%s", jobs[job]);
		}
		report(name, order, threads, subject->name, median(alloc[threads], nr[threads]));
	}
	fflush(stdout);
}

/* Both threads' blocks for JOB_RANDOM: 70% of the region, taken in turns. */
static void fill(const struct subject *subject, unsigned long pages, unsigned int order)
{
	unsigned long i, nr = (pages >> order) / THREADS * 7 / 10;

	for (i = 0; i < THREADS; i++) {
		workers[i].thread.blocks = calloc(nr, sizeof(unsigned long));
		workers[i].thread.nr = nr;
	}
	for (i = 0; i < nr; i++)
		for (native_cpu = 0; native_cpu < THREADS; native_cpu++)
			workers[native_cpu].thread.blocks[i] =
				subject->alloc(workers[0].thread.region, 1UL << order);
	native_cpu = 0;
}

static void empty(const struct subject *subject, unsigned int order)
{
	unsigned long i, t;

	for (t = 0; t < THREADS; t++) {
		for (i = 0; i < workers[t].thread.nr; i++)
			subject->free(workers[0].thread.region, workers[t].thread.blocks[i],
				      1UL << order);
		free(workers[t].thread.blocks);
	}
}

static void measure_subject(const struct subject *subject, enum job job, unsigned int s)
{
	unsigned long pages = sizes[s].mib << (20 - PAGE_SHIFT);
	static unsigned long bulk[THREADS][THREAD_BULK];
	void *region = subject->create ? subject->create(pages) : NULL;
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		workers[i].subject = subject;
		workers[i].thread = (struct thread){
			.job = job, .region = region, .order = sizes[s].order,
			.blocks = bulk[i], .nr = THREAD_BULK, .random = i + 1,
		};
	}
	if (job == JOB_RANDOM)
		fill(subject, pages, sizes[s].order);
	measure(subject, job, sizes[s].order);
	if (job == JOB_RANDOM)
		empty(subject, sizes[s].order);
	if (subject->destroy)
		subject->destroy(region);
}

/*
 * A lock has one kind of work; a call for many blocks has no pairs; threads take blocks side by
 * side without a race only if they all have them from the start.
 */
static bool has_work(const struct subject *subject, enum job job, unsigned int s)
{
	if (subject == &lock_alone)
		return job == JOB_PAIRS && !s;
	if (subject == &floor_side_by_side)
		return job == JOB_RANDOM;
	return subject != &ours_bulk || job != JOB_PAIRS;
}

void threads_table(void)
{
	cpu_set_t cpus;
	unsigned int cpu = 0, i, s, job;

	native_cpus = THREADS;
	sched_getaffinity(0, sizeof(cpus), &cpus);
	if (CPU_COUNT(&cpus) < THREADS) {
		fprintf(stderr, "two threads need two CPUs\n");
		exit(1);
	}
	pthread_barrier_init(&begin, NULL, THREADS + 1);
	pthread_barrier_init(&end, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++, cpu++) {
		while (!CPU_ISSET(cpu, &cpus))
			cpu++;
		workers[i].cpu = cpu;
		pthread_create(&workers[i].task, NULL, worker_main, &workers[i]);
	}
	printf("pair\ttimed\tan allocation and its free, again and again\n");
	printf("bulk\ttimed\tone of %u allocations, then of %u frees\n", THREAD_BULK,
	       THREAD_BULK);
	printf("random\ttimed\tone of %u frees at random, then of %u allocations; 70%% is full\n",
	       THREAD_RANDOM, THREAD_RANDOM);
	for (job = JOB_PAIRS; job <= JOB_RANDOM; job++)
		for (s = 0; s < ARRAY_SIZE(sizes); s++)
			for (i = 0; i < ARRAY_SIZE(subjects); i++)
				if (has_work(subjects[i], job, s))
					measure_subject(subjects[i], job, s);
	run_window(0, 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].task, NULL);
}
