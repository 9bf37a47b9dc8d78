// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler.  Callers are fibers of one thread.  Before each step a decision says
 * which fiber goes on.
 *
 * To try all schedules within a bound, the decisions are kept in their sequence.  The next
 * schedule repeats them up to the last one that has an alternative left, and takes that
 * alternative.  A change to another fiber counts against the bound, unless the fiber
 * cannot go on or has ended.
 *
 * There are only two CPUs, but a fiber may go on while another has interrupts off on the
 * same CPU.  It then stands for a task that was moved after it had found its cache.
 */
#include <ucontext.h>

#include "explore.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE	(256 << 10)
#else
#define STACK_SIZE	(64 << 10)
#endif

#define MAX_STEPS	20000	/* a longer schedule is taken to be endless */
#define MAX_DECISIONS	(3 * MAX_STEPS)

struct stack {
	ucontext_t context;
	const void *bottom;
	size_t size;
	void *fake;
	bool begun;	/* the fiber exists, and waits for its next program */
};

struct fiber *self;
unsigned int setup_cpu;
bool tracing;
char fault_text[512];

static struct fiber fibers[MAX_PROGRAMS];
static struct stack stacks[MAX_PROGRAMS], main_stack;
static unsigned int nr_fibers;
static const struct scenario *running;
static unsigned long nr_steps;
static bool cpu_is_dead[CPUS];

/* --- decisions --- */

static struct {
	u8 choices;
	u8 chosen;
} decisions[MAX_DECISIONS];

static unsigned int nr_decisions, next_decision;	/* recorded, and made so far */
static unsigned int bound, counted;
static bool at_random;
static u64 draws, schedule_draws;
static unsigned int rarity;	/* one of so many random decisions is not 0 */

u64 draw(void)
{
	draws ^= draws << 13;
	draws ^= draws >> 7;
	draws ^= draws << 17;
	return draws;
}

/* Mix the seed, so that similar seeds give different sequences. */
void seed_draws(u64 seed)
{
	seed += 0x9e3779b97f4a7c15ULL;
	seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ULL;
	seed = (seed ^ seed >> 27) * 0x94d049bb133111ebULL;
	draws = (seed ^ seed >> 31) ?: 1;
}

/* Prepare the first of all schedules within the bound @most. */
void sched_all(unsigned int most)
{
	at_random = false;
	bound = most;
	nr_decisions = 0;
}

/* Prepare the next of these schedules; false if there is none. */
bool sched_next(void)
{
	while (nr_decisions) {
		unsigned int last = nr_decisions - 1;

		if (++decisions[last].chosen < decisions[last].choices)
			return true;
		nr_decisions = last;
	}
	return false;
}

/* Prepare a random schedule.  Without this, sched_run() repeats the last schedule. */
void sched_random(void)
{
	at_random = true;
	schedule_draws = draw();
}

/* Decide for one of @n choices.  0 is to go on with no change; others count if @counts. */
unsigned int decide(unsigned int n, bool counts)
{
	unsigned int chosen;

	if (n < 2)
		return 0;
	if (at_random) {
		if (!counts)
			return draw() % n;
		return draw() % rarity ? 0 : 1 + draw() % (n - 1);
	}
	if (counts && counted >= bound)
		return 0;
	if (next_decision == nr_decisions) {
		if (nr_decisions == MAX_DECISIONS) {
			fault("more than %u decisions", MAX_DECISIONS);
			return 0;
		}
		decisions[nr_decisions].choices = n;
		decisions[nr_decisions].chosen = 0;
		nr_decisions++;
	}
	chosen = decisions[next_decision++].chosen;
	if (chosen && counts)
		counted++;
	return chosen;
}

/* --- fibers --- */

static void switch_stacks(struct stack *from, struct stack *to)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_start_switch_fiber(&from->fake, to->bottom, to->size);
#endif
	swapcontext(&from->context, &to->context);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
#endif
}

/* Switch to @next, or back to sched_run() if it is NULL. */
static void switch_to(struct fiber *next)
{
	struct stack *from = self ? &stacks[self->number] : &main_stack;

	if (next == self)
		return;
	self = next;
	switch_stacks(from, next ? &stacks[next->number] : &main_stack);
}

static bool has_irqs_off(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < nr_fibers; i++)
		if (!fibers[i].done && fibers[i].cpu == cpu && fibers[i].irqs_off)
			return true;
	return false;
}

static bool can_run(const struct fiber *fiber)
{
	return !fiber->done && !(fiber->waits && fiber->waits->held) &&
	       !(fiber->waits_cpu >= 0 && has_irqs_off(fiber->waits_cpu));
}

/* Let this fiber or another one go on.  @must: this fiber cannot go on. */
static void choose(bool must)
{
	struct fiber *choices[MAX_PROGRAMS];
	unsigned int n = 0, i;

	if (!must)
		choices[n++] = self;
	for (i = 0; i < nr_fibers; i++)
		if (&fibers[i] != self && can_run(&fibers[i]))
			choices[n++] = &fibers[i];
	if (n) {
		switch_to(choices[decide(n, !must)]);
		return;
	}
	for (i = 0; i < nr_fibers; i++)
		if (!fibers[i].done)
			fault("deadlock: no caller can go on");
	switch_to(NULL);
}

/* Called before each access to a shared variable. */
void step(void)
{
	if (!self)
		return;
	if (++nr_steps > MAX_STEPS)
		fault("no end after %u steps", MAX_STEPS);
	choose(false);
	model_step();
}

static void fiber_main(void)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(NULL, &main_stack.bottom, &main_stack.size);
#endif
	for (;;) {
		model_run(self->program);
		memory_settle(self->cpu);
		self->done = true;
		stacks[self->number].begun = true;
		choose(true);
	}
}

static void begin_fiber(struct fiber *fiber, const struct program *program)
{
	struct stack *stack = &stacks[fiber->number];

	fiber->program = program;
	fiber->cpu = program->cpu;
	fiber->irqs_off = 0;
	fiber->errors = 0;
	fiber->waits = NULL;
	fiber->waits_cpu = -1;
	fiber->done = false;
	if (stack->begun) {
		stack->begun = false;
		return;
	}
	/* Start the fiber: it is new, or the last schedule ended in its middle. */
	if (!stack->bottom) {
		stack->bottom = malloc(STACK_SIZE);
		stack->size = STACK_SIZE;
	}
	getcontext(&stack->context);
	stack->context.uc_stack.ss_sp = (void *)stack->bottom;
	stack->context.uc_stack.ss_size = stack->size;
	makecontext(&stack->context, fiber_main, 0);
}

/* Run the programs of @scenario, until all are done or there is a fault. */
void sched_run(const struct scenario *scenario)
{
	u64 kept = draws;
	unsigned int i;

	running = scenario;
	next_decision = 0;
	counted = 0;
	nr_steps = 0;
	memset(cpu_is_dead, 0, sizeof(cpu_is_dead));
	if (at_random) {
		draws = schedule_draws;
		rarity = 2 + draw() % 12;
	}
	memory_begin(scenario->weak);
	for (i = 0; has_program(scenario, i); i++) {
		fibers[i].number = i;
		begin_fiber(&fibers[i], &scenario->programs[i]);
	}
	nr_fibers = i;
	switch_to(&fibers[decide(nr_fibers, false)]);
	if (at_random)
		draws = kept;
}

/* --- faults, and schedules that are printed --- */

void fault(const char *format, ...)
{
	va_list args;

	if (has_fault())
		return;
	va_start(args, format);
	vsnprintf(fault_text, sizeof(fault_text), format, args);
	va_end(args);
	trace_line("", "FAULT: %s", fault_text);
	sched_stop();
}

/* End the schedule here, also if fibers have not finished. */
void sched_stop(void)
{
	if (self)
		switch_to(NULL);
}

/* A line is marked with > if it is of another fiber than the line before. */
void trace_line(const char *func, const char *format, ...)
{
	static struct fiber *last;
	va_list args;

	if (!tracing)
		return;
	if (self)
		printf("%5lu %s %c on CPU %u%s  %-16s ", nr_steps, self == last ? " " : ">",
		       'A' + self->number, self->cpu, self->program->nmi ? " NMI" : "", func);
	else
		printf("%7s - on CPU %u  %-16s ", "", setup_cpu, func);
	last = self;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* --- locks --- */

void lock_acquire(raw_spinlock_t *lock, const struct site *site)
{
	if (!self) {
		if (lock->held)
			fault("the lock is held, but no caller runs");
	} else {
		if (self->program->nmi)
			fault("an NMI waits for a lock");
		self->irqs_off++;
		step();
		while (lock->held) {
			if (self->waits != lock)
				trace_line(site->func, "waits for the lock");
			self->waits = lock;
			choose(true);
		}
		self->waits = NULL;
	}
	lock->held = true;
	memory_observe(&lock->view);
	trace_line(site->func, "%s", site->what);
}

bool lock_try(raw_spinlock_t *lock, const struct site *site)
{
	step();
	trace_line(site->func, "%s: %s", site->what, lock->held ? "held" : "taken");
	if (lock->held)
		return false;
	lock->held = true;
	memory_observe(&lock->view);
	if (self)
		self->irqs_off++;
	return true;
}

void lock_release(raw_spinlock_t *lock, const struct site *site)
{
	memory_publish(&lock->view);
	trace_line(site->func, "%s", site->what);
	lock->held = false;
	if (self)
		self->irqs_off--;
	model_check_lists();
}

/* Some caller must hold the lock; the lock does not record which one. */
void check_held(const raw_spinlock_t *lock, const char *func)
{
	if (!lock->held)
		fault("%s() is called without the lock", func);
}

/* --- CPUs --- */

static void move(struct fiber *fiber)
{
	unsigned int from = fiber->cpu;

	fiber->cpu = !from;
	memory_moved(from, fiber->cpu);
}

unsigned int this_cpu(void)
{
	return self ? self->cpu : setup_cpu;
}

unsigned int find_this_cpu(void)
{
	unsigned int cpu = this_cpu();

	if (self && running->migrate && !self->irqs_off && !self->program->nmi &&
	    !cpu_is_dead[!cpu] && decide(2, true)) {
		trace_line("", "is moved to CPU %u", !cpu);
		move(self);
	}
	return cpu;
}

bool in_nmi(void)
{
	return self && self->program->nmi;
}

/*
 * The fibers of @cpu are moved to another CPU; one that has interrupts off enables them
 * first.  A fiber that was moved may still use the cache of the dead CPU.
 */
void cpu_offline(unsigned int cpu)
{
	unsigned int i;

	if (!self) {
		cpu_dead(cpu, &region->hotplug);
		return;
	}
	if (cpu_is_dead[!cpu])
		return;
	cpu_is_dead[cpu] = true;
	if (self->cpu == cpu)
		move(self);
	while (has_irqs_off(cpu)) {
		self->waits_cpu = cpu;
		choose(true);
	}
	self->waits_cpu = -1;
	for (i = 0; i < nr_fibers; i++)
		if (!fibers[i].done && fibers[i].cpu == cpu)
			move(&fibers[i]);
	cpu_dead(cpu, &region->hotplug);
}
