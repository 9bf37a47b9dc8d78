/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one CPU can see of another, for the explorer: atomic operations, READ_ONCE() and
 * WRITE_ONCE(), locks and "this CPU".  Each access is a step of the schedule: another
 * caller may go on before it.  See memory.c.
 */
#ifndef SHIM_SHARED_H
#define SHIM_SHARED_H

/* The place of a step in the source, for a schedule that is printed. */
struct site {
	const char *func;
	const char *what;
};

#define SITE(text) ({ static const struct site _site = { __func__, text }; &_site; })

enum rmw { RMW_SET, RMW_OR, RMW_ANDNOT };

u64 shared_read(const void *var, size_t size, bool acquire, const struct site *site);
void shared_write(void *var, size_t size, u64 value, bool release,
		  const struct site *site);
/* An operation that returns no value is not ordered, and may be late. */
void shared_change(atomic64_t *var, enum rmw rmw, u64 operand, const struct site *site);
u64 shared_fetch(atomic64_t *var, enum rmw rmw, u64 operand, bool ordered,
		 const struct site *site);
bool shared_cmpxchg(atomic64_t *var, u64 *old, u64 new, bool ordered,
		    const struct site *site);
long shared_count(atomic_long_t *var);

#define READ_ONCE(var) \
	((typeof(var))shared_read(&(var), sizeof(var), false, SITE("READ_ONCE")))
#define WRITE_ONCE(var, value) \
	shared_write((void *)&(var), sizeof(var), (u64)(value), false, SITE("WRITE_ONCE"))

#define atomic64_read(v) \
	((s64)shared_read(&(v)->counter, 8, false, SITE("read")))
#define atomic64_read_acquire(v) \
	((s64)shared_read(&(v)->counter, 8, true, SITE("read_acquire")))
#define atomic64_set(v, value) \
	shared_write(&(v)->counter, 8, value, false, SITE("set"))
#define atomic64_set_release(v, value) \
	shared_write(&(v)->counter, 8, value, true, SITE("set_release"))
#define atomic64_or(bits, v)		shared_change(v, RMW_OR, bits, SITE("or"))
#define atomic64_andnot(bits, v)	shared_change(v, RMW_ANDNOT, bits, SITE("andnot"))
#define atomic64_xchg(v, new) \
	((s64)shared_fetch(v, RMW_SET, new, true, SITE("xchg")))
#define atomic64_fetch_or(bits, v) \
	((s64)shared_fetch(v, RMW_OR, bits, true, SITE("fetch_or")))
#define atomic64_fetch_andnot(bits, v) \
	((s64)shared_fetch(v, RMW_ANDNOT, bits, true, SITE("fetch_andnot")))
#define atomic64_try_cmpxchg(v, old, new) \
	shared_cmpxchg(v, (u64 *)(old), new, true, SITE("cmpxchg"))

/* The page layer has none of these: for mutants. */
#define atomic64_xchg_relaxed(v, new) \
	((s64)shared_fetch(v, RMW_SET, new, false, SITE("xchg_relaxed")))
#define atomic64_fetch_or_relaxed(bits, v) \
	((s64)shared_fetch(v, RMW_OR, bits, false, SITE("fetch_or_relaxed")))
#define atomic64_try_cmpxchg_relaxed(v, old, new) \
	shared_cmpxchg(v, (u64 *)(old), new, false, SITE("cmpxchg_relaxed"))

/* Counters that order nothing and that no decision depends on: they are no step. */
#define atomic_long_inc_return(v)	shared_count(v)
#define atomic_long_read(v)		((v)->counter)
#define atomic_inc_return(v)		(++(v)->counter)
#define atomic_inc(v)			((void)++(v)->counter)
#define atomic_dec(v)			((void)--(v)->counter)
#define atomic_read(v)			((v)->counter)

/* --- locks; interrupts are off on the CPU that holds one --- */

/* The oldest value of each variable that a CPU may still read, see memory.c. */
#define MAX_VARS	128

struct view {
	u8 at[MAX_VARS];
};

typedef struct {
	bool held;
	struct view view;	/* of the CPU that released it last */
} raw_spinlock_t;

void lock_acquire(raw_spinlock_t *lock, const struct site *site);
bool lock_try(raw_spinlock_t *lock, const struct site *site);
void lock_release(raw_spinlock_t *lock, const struct site *site);
void check_held(const raw_spinlock_t *lock, const char *func);

#define raw_spin_lock_init(lock) ((lock)->held = false)
#define raw_spin_lock_irqsave(lock, flags) \
	((flags) = 0, lock_acquire(lock, SITE("lock")))
#define raw_spin_trylock_irqsave(lock, flags) \
	((flags) = 0, lock_try(lock, SITE("trylock")))
#define raw_spin_unlock_irqrestore(lock, flags) \
	((void)(flags), lock_release(lock, SITE("unlock")))
#define lockdep_assert_held(lock) check_held(lock, __func__)
#define rcu_read_lock()		do { } while (0)
#define rcu_read_unlock()	do { } while (0)

/* --- CPUs --- */

#define CPUS		2
#define PERCPU_SIZE	1024	/* per-CPU memory: at least struct pcp */

/*
 * find_this_cpu(): for raw_cpu_ptr(): the task may be moved to another CPU afterwards.
 * this_cpu(): the number of the CPU; the task is not moved.
 */
unsigned int find_this_cpu(void);
unsigned int this_cpu(void);
bool in_nmi(void);
void *percpu_alloc(size_t size);

#define per_cpu_ptr(ptr, cpu) \
	((typeof(ptr))((char *)(ptr) + (size_t)(cpu) * PERCPU_SIZE))
#define raw_cpu_ptr(ptr)	per_cpu_ptr(ptr, find_this_cpu())
#define this_cpu_inc(var)	((*per_cpu_ptr(&(var), this_cpu()))++)
#define this_cpu_add(var, n)	(*per_cpu_ptr(&(var), this_cpu()) += (n))
#define raw_smp_processor_id()	this_cpu()
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < CPUS; (cpu)++)
#define num_possible_cpus()	CPUS
#define preemptible()		true
#define alloc_percpu(type)	((type *)percpu_alloc(sizeof(type)))
#define free_percpu(ptr)	free(ptr)

#endif /* SHIM_SHARED_H */
