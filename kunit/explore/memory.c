// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses to variables that several CPUs use.  Each access is a step of the schedule.
 *
 * With weak memory, a variable has all values that were ever stored in it.  A CPU may
 * read any value that is not older than the newest one it has seen: its view.  A value
 * that was stored with release, or by a fully ordered operation, has the view of the CPU
 * that stored it.  A CPU that reads the value with acquire adds that view to its own.  A
 * fully ordered operation also adds the view of the fully ordered operation before it.
 * A store may be late: it becomes visible when its CPU orders its stores again, or uses
 * the variable.
 *
 * The use of a page's memory by its last owner is a store in the clock of the owner's CPU.
 * The next owner must have seen it.
 *
 * So a load may come early, and a store late.  The explorer does not try a store that
 * overtakes an earlier load, nor a load that overtakes a load it depends on.
 */
#include "explore.h"

#define MAX_VALUES	200	/* of one variable in a schedule */
#define MAX_VIEWS	4000
#define MAX_LATE	8
#define STALE		4	/* a load reads one of so many values at most */

struct value {
	u64 value;
	const struct view *view;	/* of the CPU that stored it, or NULL */
};

struct var {
	const void *address;
	unsigned int last;
	struct value values[MAX_VALUES];
};

struct store {
	void *address;
	size_t size;
	enum rmw rmw;
	u64 operand;
	bool release;
	const struct site *site;
};

bool memory_is_weak;
static struct var vars[MAX_VARS];
static unsigned int nr_vars;
static struct view cpu_view[CPUS], full_view, views[MAX_VIEWS];
static unsigned int nr_views;
static struct store late[CPUS][MAX_LATE];
static unsigned int nr_late[CPUS];

static u64 clocks[CPUS];
static struct {
	u8 cpu;
	u8 clock;
} last_use[MAX_PFNS];

/* --- plain memory --- */

static u64 load(const void *address, size_t size)
{
	switch (size) {
	case 1:
		return *(const u8 *)address;
	case 2:
		return *(const u16 *)address;
	case 4:
		return *(const u32 *)address;
	default:
		return *(const u64 *)address;
	}
}

static u64 result(u64 old, enum rmw rmw, u64 operand)
{
	switch (rmw) {
	case RMW_OR:
		return old | operand;
	case RMW_ANDNOT:
		return old & ~operand;
	default:
		return operand;
	}
}

static void store(void *address, size_t size, u64 value)
{
	switch (size) {
	case 1:
		*(u8 *)address = value;
		break;
	case 2:
		*(u16 *)address = value;
		break;
	case 4:
		*(u32 *)address = value;
		break;
	default:
		*(u64 *)address = value;
	}
	model_check_write(address);
}

static void trace_access(const struct site *site, const void *address, u64 before,
			 u64 after, const char *how)
{
	char var[64], old[64], new[64];

	if (!tracing)
		return;
	describe_var(var, sizeof(var), address);
	describe_value(old, sizeof(old), address, before);
	describe_value(new, sizeof(new), address, after);
	if (before == after)
		trace_line(site->func, "%s %s: %s%s", site->what, var, old, how);
	else
		trace_line(site->func, "%s %s: %s -> %s%s", site->what, var, old, new, how);
}

/* --- weak memory --- */

void memory_begin(bool weak)
{
	memory_is_weak = weak;
	nr_vars = 0;
	nr_views = 0;
	memset(cpu_view, 0, sizeof(cpu_view));
	memset(&full_view, 0, sizeof(full_view));
	memset(nr_late, 0, sizeof(nr_late));
	if (weak)
		memset(last_use, 0, sizeof(last_use));
}

static struct var *find_var(const void *address, size_t size)
{
	struct var *var;

	for (var = vars; var < vars + nr_vars; var++)
		if (var->address == address)
			return var;
	if (nr_vars++ == MAX_VARS)
		fault("more than %u variables", MAX_VARS);
	var->address = address;
	var->last = 0;
	var->values[0].value = load(address, size);
	var->values[0].view = NULL;
	return var;
}

static void join(struct view *view, const struct view *other)
{
	unsigned int i;

	for (i = 0; i < nr_vars; i++)
		view->at[i] = max(view->at[i], other->at[i]);
}

static const struct view *keep_view(const struct view *view)
{
	if (nr_views == MAX_VIEWS)
		fault("more than %u ordered stores", MAX_VIEWS);
	views[nr_views] = *view;
	return &views[nr_views++];
}

static void add_value(unsigned int cpu, struct var *var, u64 value,
		      const struct view *view)
{
	if (++var->last == MAX_VALUES)
		fault("more than %u values of a variable", MAX_VALUES);
	var->values[var->last].value = value;
	var->values[var->last].view = view;
	cpu_view[cpu].at[var - vars] = var->last;
}

/* A read-modify-write that is not ordered keeps the view of the value that it changes. */
static void do_store(unsigned int cpu, const struct store *what, const char *how)
{
	u64 old = load(what->address, what->size);
	u64 new = result(old, what->rmw, what->operand);
	struct var *var = find_var(what->address, what->size);

	trace_access(what->site, what->address, old, new, how);
	add_value(cpu, var, new,
		  what->rmw == RMW_SET ? NULL : var->values[var->last].view);
	if (what->release)
		var->values[var->last].view = keep_view(&cpu_view[cpu]);
	store(what->address, what->size, new);
}

void memory_settle(unsigned int cpu)
{
	unsigned int i, nr = nr_late[cpu];

	nr_late[cpu] = 0;
	for (i = 0; i < nr; i++)
		do_store(cpu, &late[cpu][i], "  (late)");
}

static void settle_var(unsigned int cpu, const void *address)
{
	unsigned int i;

	for (i = 0; i < nr_late[cpu]; i++)
		if (late[cpu][i].address == address) {
			memory_settle(cpu);
			return;
		}
}

void memory_leave(unsigned long pfn, unsigned long nr)
{
	unsigned long page = pfn - BASE;
	struct var *clock;

	if (!memory_is_weak || !self)
		return;
	clock = find_var(&clocks[self->cpu], sizeof(clocks[0]));
	add_value(self->cpu, clock, 0, NULL);
	for (; nr--; page++) {
		last_use[page].cpu = self->cpu;
		last_use[page].clock = clock->last;
	}
}

bool memory_may_use(unsigned long pfn, unsigned long nr)
{
	unsigned long page = pfn - BASE;

	if (!memory_is_weak || !self)
		return true;
	for (; nr--; page++) {
		const struct var *clock = find_var(&clocks[last_use[page].cpu], sizeof(clocks[0]));

		if (cpu_view[self->cpu].at[clock - vars] < last_use[page].clock)
			return false;
	}
	return true;
}

bool memory_has_seen(const void *address)
{
	unsigned int cpu, i;

	if (!memory_is_weak || !self)
		return true;
	for (cpu = 0; cpu < CPUS; cpu++)
		for (i = 0; i < nr_late[cpu]; i++)
			if (late[cpu][i].address == address)
				return false;
	for (i = 0; i < nr_vars; i++)
		if (vars[i].address == address)
			return cpu_view[self->cpu].at[i] == vars[i].last;
	return true;
}

static void settle_before(const void *address, bool ordered)
{
	if (ordered)
		memory_settle(self->cpu);
	else
		settle_var(self->cpu, address);
}

/* All accesses of a task are ordered when it is moved to another CPU. */
void memory_moved(unsigned int from, unsigned int to)
{
	if (!memory_is_weak)
		return;
	memory_settle(from);
	join(&cpu_view[to], &cpu_view[from]);
}

void memory_publish(struct view *view)
{
	if (!memory_is_weak || !self)
		return;
	memory_settle(self->cpu);
	*view = cpu_view[self->cpu];
}

void memory_observe(const struct view *view)
{
	if (memory_is_weak && self)
		join(&cpu_view[self->cpu], view);
}

/* The value that a load finds: the last one, or one of those before. */
static const struct value *weak_value(const void *address, size_t size)
{
	struct var *var = find_var(address, size);
	u8 *at = &cpu_view[self->cpu].at[var - vars];
	unsigned int age;

	age = decide(min(var->last - *at + 1, (unsigned int)STALE), true);
	*at = var->last - age;
	return &var->values[*at];
}

static u64 weak_read(const void *address, size_t size, bool acquire,
		     const struct site *site)
{
	const struct value *value = weak_value(address, size);
	bool is_last = value->value == load(address, size);

	if (acquire && value->view)
		join(&cpu_view[self->cpu], value->view);
	trace_access(site, address, value->value, value->value, is_last ? "" : "  (stale)");
	return value->value;
}

/*
 * A store with release makes all earlier stores visible, but may be late itself.  Late stores
 * become visible in their order, also several in one variable.
 */
static void weak_write(const struct store *what)
{
	unsigned int cpu = self->cpu;

	if (nr_late[cpu] < MAX_LATE && decide(2, true)) {
		late[cpu][nr_late[cpu]++] = *what;
		if (tracing) {
			char var[64];

			describe_var(var, sizeof(var), what->address);
			trace_line(what->site->func, "%s %s: will be late",
				   what->site->what, var);
		}
		return;
	}
	if (what->release)
		memory_settle(cpu);
	else
		settle_var(cpu, what->address);
	do_store(cpu, what, "");
}

/* An operation that stores @value in place of the last one, and is fully @ordered or not. */
static void weak_rmw(atomic64_t *v, u64 value, bool ordered)
{
	struct var *var = find_var(v, 8);
	struct view *view = &cpu_view[self->cpu];

	if (!ordered) {
		add_value(self->cpu, var, value, var->values[var->last].view);
		return;
	}
	if (var->values[var->last].view)
		join(view, var->values[var->last].view);
	join(view, &full_view);
	add_value(self->cpu, var, value, NULL);
	full_view = *view;
	var->values[var->last].view = keep_view(view);
}

/* --- what the page layer calls --- */

u64 shared_read(const void *var, size_t size, bool acquire, const struct site *site)
{
	u64 value;

	step();
	if (memory_is_weak && self) {
		settle_var(self->cpu, var);
		return weak_read(var, size, acquire, site);
	}
	value = load(var, size);
	if (self)
		trace_access(site, var, value, value, "");
	return value;
}

static void change(const struct store *what)
{
	u64 old, new;

	step();
	if (memory_is_weak && self) {
		weak_write(what);
		return;
	}
	old = load(what->address, what->size);
	new = result(old, what->rmw, what->operand);
	if (self)
		trace_access(what->site, what->address, old, new, "");
	store(what->address, what->size, new);
}

void shared_write(void *var, size_t size, u64 value, bool release,
		  const struct site *site)
{
	struct store what = { var, size, RMW_SET, value, release, site };

	change(&what);
}

void shared_change(atomic64_t *var, enum rmw rmw, u64 operand, const struct site *site)
{
	struct store what = { var, sizeof(*var), rmw, operand, false, site };

	change(&what);
}

u64 shared_fetch(atomic64_t *var, enum rmw rmw, u64 operand, bool ordered,
		 const struct site *site)
{
	u64 old, new;

	step();
	if (memory_is_weak && self)
		settle_before(var, ordered);
	old = load(var, sizeof(*var));
	new = result(old, rmw, operand);
	if (self)
		trace_access(site, var, old, new, "");
	if (memory_is_weak && self)
		weak_rmw(var, new, ordered);
	store(var, sizeof(*var), new);
	return old;
}

/*
 * A cmpxchg that fails is a load without order, which may find an older value.  One that
 * succeeds finds the last value.
 */
bool shared_cmpxchg(atomic64_t *var, u64 *old, u64 new, bool ordered,
		    const struct site *site)
{
	u64 value;

	step();
	if (memory_is_weak && self) {
		settle_var(self->cpu, var);
		value = weak_value(var, sizeof(*var))->value;
	}
	if (!memory_is_weak || !self || value == *old)
		value = load(var, sizeof(*var));
	if (value != *old) {
		if (self)
			trace_access(site, var, value, value, "  (fails)");
		*old = value;
		return false;
	}
	if (self)
		trace_access(site, var, value, new, "");
	if (memory_is_weak && self) {
		settle_before(var, ordered);
		weak_rmw(var, new, ordered);
	}
	store(var, sizeof(*var), new);
	return true;
}

long shared_count(atomic_long_t *var)
{
	model_error(var - region->errors);
	return ++var->counter;
}
