/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one CPU can see of another, for the fuzzer: there is one CPU and one task, so each
 * operation is a plain one.  A lock that is taken twice is a fault.
 */
#ifndef SHIM_SHARED_H
#define SHIM_SHARED_H

/* --- atomic operations --- */

#define READ_ONCE(var)		(*(const volatile typeof(var) *)&(var))
#define WRITE_ONCE(var, value)	((void)(*(volatile typeof(var) *)&(var) = (value)))

#define atomic_inc(v)			((void)++(v)->counter)
#define atomic_dec(v)			((void)--(v)->counter)
#define atomic_read(v)			READ_ONCE((v)->counter)
#define atomic64_read(v)		READ_ONCE((v)->counter)
#define atomic64_read_acquire(v)	atomic64_read(v)
#define atomic64_set(v, value)		WRITE_ONCE((v)->counter, value)
#define atomic64_set_release(v, value)	atomic64_set(v, value)
#define atomic64_or(bits, v)		((void)((v)->counter |= (bits)))
#define atomic64_andnot(bits, v)	((void)((v)->counter &= ~(s64)(bits)))

static inline s64 atomic64_xchg(atomic64_t *v, s64 new)
{
	s64 old = v->counter;

	v->counter = new;
	return old;
}

#define atomic64_fetch_or(bits, v)	atomic64_xchg(v, (v)->counter | (s64)(bits))
#define atomic64_fetch_andnot(bits, v)	atomic64_xchg(v, (v)->counter & ~(s64)(bits))
#define atomic64_try_cmpxchg(v, old, new) try_cmpxchg(v, (s64 *)(old), new)

static inline bool try_cmpxchg(atomic64_t *v, s64 *old, s64 new)
{
	if (v->counter != *old) {
		*old = v->counter;
		return false;
	}
	v->counter = new;
	return true;
}

#define atomic_long_inc_return(v)	(++(v)->counter)
#define atomic_long_read(v)		((v)->counter)
#define atomic_inc_return(v)		(++(v)->counter)

/* --- locks --- */

typedef struct {
	bool held;
} raw_spinlock_t;

#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name

/* The lock must be @held now, and is not afterwards; or the other way round. */
static inline void lock_change(raw_spinlock_t *lock, bool held)
{
	if (lock->held != held)
		abort();
	lock->held = !held;
}

#define raw_spin_lock_init(lock)	((lock)->held = false)
#define raw_spin_lock_irqsave(lock, flags) \
	((flags) = 0, lock_change(lock, false))
#define raw_spin_trylock_irqsave(lock, flags) \
	((flags) = 0, lock_change(lock, false), true)
#define raw_spin_unlock_irqrestore(lock, flags) \
	((void)(flags), lock_change(lock, true))
#define lockdep_assert_held(lock)	({ if (!(lock)->held) abort(); })
#define rcu_read_lock()			do { } while (0)
#define rcu_read_unlock()		do { } while (0)

/* --- CPUs --- */

bool in_nmi(void);

#define per_cpu_ptr(ptr, cpu)	((void)(cpu), (ptr))
#define raw_cpu_ptr(ptr)	(ptr)
#define this_cpu_inc(var)	((var)++)
#define this_cpu_add(var, n)	((var) += (n))
#define raw_smp_processor_id()	0U
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < 1; (cpu)++)
#define num_possible_cpus()	1
#define preemptible()		true
#define alloc_percpu(type) \
	((type *)memset(aligned_alloc(64, sizeof(type)), 0, sizeof(type)))
#define free_percpu(ptr)	free(ptr)

#endif /* SHIM_SHARED_H */
