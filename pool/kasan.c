// SPDX-License-Identifier: GPL-2.0
/*
 * Pools under KASAN: what is not handed out is poisoned, and a report of such
 * memory is followed by a line with the pool's name.
 *
 * Only memory that the kernel's direct map covers has a shadow.  A reserved
 * range that was memremapped has none, and is left alone.  This file is
 * compiled without instrumentation, as it writes the shadow.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hash.h>
#include <linux/kasan.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <trace/events/error_report.h>

#include "internal.h"

/* What the compiler writes for a variable out of scope; KASAN reports it so. */
#define POISON		0xf8

static bool has_shadow(const void *addr)
{
	return virt_addr_valid(addr);
}

/* From the first granule that nobody has a byte of. */
void mp_poison(const void *from, const void *to)
{
	const void *start = PTR_ALIGN(from, POOL_GRANULE);

	if (start < to && has_shadow(start))
		memset(kasan_mem_to_shadow(start), POISON, (to - start) / POOL_GRANULE);
}

void mp_unpoison(const void *object, size_t size)
{
	u8 *shadow = kasan_mem_to_shadow(object);

	if (!has_shadow(object))
		return;
	memset(shadow, 0, size / POOL_GRANULE);
	if (size % POOL_GRANULE)
		shadow[size / POOL_GRANULE] = size % POOL_GRANULE;
}

/*
 * Whose memory it is, for the report's handler.  That runs in the middle of anything,
 * so it must not look at pools: their owners change them meanwhile, and who overruns an
 * object may have changed them too.  Here is all that it needs, and only here.
 */
#define SLOTS	1024
#define TRIES	16	/* from where the hash points */

struct place {
	unsigned long start;	/* 0: empty */
	unsigned long end;
	unsigned long caller;
	const struct buddy_region *region;
	char name[MP_NAME_LEN];
};

static struct place places[SLOTS];
static DEFINE_RAW_SPINLOCK(places_lock);	/* innermost; tried in NMI and reports */

/* Where the one that starts there is, or an empty one, or NULL. */
static struct place *find_place(unsigned long start, unsigned long wanted)
{
	unsigned int slot = hash_long(start >> PAGE_SHIFT, ilog2(SLOTS)), i;

	for (i = 0; i < TRIES; i++) {
		struct place *place = &places[(slot + i) % SLOTS];

		if (place->start == wanted)
			return place;
	}
	return NULL;
}

static bool lock_places(unsigned long *flags)
{
	if (in_nmi())
		return IS_ENABLED(CONFIG_SMP) && raw_spin_trylock_irqsave(&places_lock, *flags);
	raw_spin_lock_irqsave(&places_lock, *flags);
	return true;
}

/* One that finds no slot is not named in a report. */
void mp_kasan_add(const struct mp_pool *pool, const void *addr, unsigned long pages)
{
	unsigned long start = (unsigned long)addr, flags;
	struct place *place;

	if (!has_shadow(addr) || !lock_places(&flags))
		return;
	place = find_place(start, 0);
	if (place) {
		place->start = start;
		place->end = start + (pages << PAGE_SHIFT);
		place->caller = pool->caller;
		place->region = pool->region;
		memcpy(place->name, pool->name, MP_NAME_LEN);
	}
	raw_spin_unlock_irqrestore(&places_lock, flags);
}

void mp_kasan_remove(const void *addr)
{
	struct place *place;
	unsigned long flags;

	if (!has_shadow(addr) || !lock_places(&flags))
		return;
	place = find_place((unsigned long)addr, (unsigned long)addr);
	if (place)
		place->start = 0;
	raw_spin_unlock_irqrestore(&places_lock, flags);
}

static void tell_pool(void *unused, enum error_detector detector, unsigned long id)
{
	const struct place *place;
	unsigned long flags;

	/*
	 * The report may come from anywhere, from under this lock too; without SMP, to
	 * try it does not tell.  A region outlives its pools.
	 */
	if (detector != ERROR_DETECTOR_KASAN || !IS_ENABLED(CONFIG_SMP) ||
	    !raw_spin_trylock_irqsave(&places_lock, flags))
		return;
	for (place = places; place < places + SLOTS; place++)
		if (place->start && id >= place->start && id < place->end)
			pr_err("%#lx is in pool '%s' of region %s, made by %pS\n", id,
			       place->name, buddy_region_name(place->region),
			       (void *)place->caller);
	raw_spin_unlock_irqrestore(&places_lock, flags);
}

int mp_kasan_init(void)
{
	/* Without tracepoints, a report does not name the pool. */
	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		return 0;
	return register_trace_error_report_end(tell_pool, NULL);
}

void mp_kasan_exit(void)
{
	unregister_trace_error_report_end(tell_pool, NULL);
	tracepoint_synchronize_unregister();
}
