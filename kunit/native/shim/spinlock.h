/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lock for two threads that does what the kernel's queued spinlock does for two CPUs: a
 * locked cmpxchg takes the free lock; of a taken lock, the second thread sets the pending
 * byte, then spins on the locked byte; a store gives the lock back.  The kernel's queue
 * begins with a third CPU.  Here a third thread spins until the pending byte is free.
 */
#ifndef SHIM_SPINLOCK_H
#define SHIM_SPINLOCK_H

#include <stdbool.h>

struct lock {
	union {
		unsigned int word;
		struct {
			unsigned char locked;
			unsigned char pending;
		};
	};
};

static inline void lock_init(struct lock *lock)
{
	lock->word = 0;
}

static inline bool lock_try(struct lock *lock)
{
	unsigned int none = 0;

	return __atomic_compare_exchange_n(&lock->word, &none, 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void lock_acquire(struct lock *lock)
{
	if (__builtin_expect(lock_try(lock), 1))
		return;
	while (__atomic_exchange_n(&lock->pending, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	while (__atomic_load_n(&lock->locked, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	/* The lock passes from the pending byte to the locked byte. */
	__atomic_store_n(&lock->locked, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&lock->pending, 0, __ATOMIC_RELEASE);
}

static inline void lock_release(struct lock *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

#endif /* SHIM_SPINLOCK_H */
