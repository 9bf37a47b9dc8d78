/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel offers in NMI context and, on PREEMPT_RT, without preemption. */
#ifndef BUDDY_LOCK_H
#define BUDDY_LOCK_H

#include <linux/hardirq.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

/*
 * Take @lock with interrupts off.  In NMI context the lock is only tried, because the
 * NMI may have interrupted the lock's holder.  Without SMP a trylock always succeeds
 * and tells nothing, so there the call fails.  False if the lock was not taken.
 */
static __always_inline bool lock_irqsave_or_try(raw_spinlock_t *lock, unsigned long *flags)
{
	if (unlikely(in_nmi()))
		return IS_ENABLED(CONFIG_SMP) && raw_spin_trylock_irqsave(lock, *flags);
	raw_spin_lock_irqsave(lock, *flags);
	return true;
}

/*
 * Whether the kernel's own allocators and random numbers may be used here: not in an
 * NMI, and on PREEMPT_RT, whose locks sleep, not without preemption.
 */
static inline bool kernel_may_allocate(void)
{
	return !in_nmi() && (!IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible());
}

#endif /* BUDDY_LOCK_H */
