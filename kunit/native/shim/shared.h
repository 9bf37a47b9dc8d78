/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one CPU can see of another, for threads of one process: the processor's own atomic
 * operations, the lock of spinlock.h, and a CPU that each thread chooses.
 */
#ifndef SHIM_SHARED_H
#define SHIM_SHARED_H

#include "spinlock.h"
#include "native.h"

/* --- atomic operations --- */

#define READ_ONCE(var)		(*(const volatile typeof(var) *)&(var))
#define WRITE_ONCE(var, value)	((void)(*(volatile typeof(var) *)&(var) = (value)))

#define atomic64_read(v)		__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic64_read_acquire(v)	__atomic_load_n(&(v)->counter, __ATOMIC_ACQUIRE)
#define atomic64_set(v, value) \
	__atomic_store_n(&(v)->counter, value, __ATOMIC_RELAXED)
#define atomic64_set_release(v, value) \
	__atomic_store_n(&(v)->counter, value, __ATOMIC_RELEASE)
#define atomic64_or(bits, v) \
	((void)__atomic_fetch_or(&(v)->counter, bits, __ATOMIC_RELAXED))
#define atomic64_andnot(bits, v) \
	((void)__atomic_fetch_and(&(v)->counter, ~(s64)(bits), __ATOMIC_RELAXED))
#define atomic64_xchg(v, new)	__atomic_exchange_n(&(v)->counter, new, __ATOMIC_SEQ_CST)
#define atomic64_fetch_or(bits, v) \
	__atomic_fetch_or(&(v)->counter, bits, __ATOMIC_SEQ_CST)
#define atomic64_fetch_andnot(bits, v) \
	__atomic_fetch_and(&(v)->counter, ~(s64)(bits), __ATOMIC_SEQ_CST)
#define atomic64_try_cmpxchg(v, old, new) \
	__atomic_compare_exchange_n(&(v)->counter, (s64 *)(old), new, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

#define atomic_long_inc_return(v)	__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST)
#define atomic_long_read(v)		__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic_inc_return(v)		__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST)
#define atomic_inc(v)			((void)__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST))
#define atomic_dec(v)			((void)__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST))
#define atomic_read(v)			__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)

/* --- locks --- */

typedef struct lock raw_spinlock_t;

#define raw_spin_lock_init(lock)	lock_init(lock)
#define raw_spin_lock_irqsave(lock, flags)	((flags) = 0, lock_acquire(lock))
#define raw_spin_trylock_irqsave(lock, flags)	((flags) = 0, lock_try(lock))
#define raw_spin_unlock_irqrestore(lock, flags)	((void)(flags), lock_release(lock))
#define lockdep_assert_held(lock)	do { } while (0)
#define rcu_read_lock()			do { } while (0)
#define rcu_read_unlock()		do { } while (0)

/* --- CPUs --- */

#define PERCPU_SIZE	4096	/* at least struct pcp; no two CPUs share a line */

#define in_nmi()	false
#define preemptible()	true
#define per_cpu_ptr(ptr, cpu) \
	((typeof(ptr))((char *)(ptr) + (size_t)(cpu) * PERCPU_SIZE))
#define raw_cpu_ptr(ptr)	per_cpu_ptr(ptr, native_cpu)
#define this_cpu_inc(var)	((*per_cpu_ptr(&(var), native_cpu))++)
#define this_cpu_add(var, n)	(*per_cpu_ptr(&(var), native_cpu) += (n))
#define raw_smp_processor_id()	native_cpu
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < native_cpus; (cpu)++)
#define num_possible_cpus()	native_cpus
#define alloc_percpu(type) \
	((type *)memset(aligned_alloc(PERCPU_SIZE, native_cpus * PERCPU_SIZE), 0, \
			native_cpus * PERCPU_SIZE))
#define free_percpu(ptr)	free(ptr)

#endif /* SHIM_SHARED_H */
