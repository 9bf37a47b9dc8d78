// SPDX-License-Identifier: GPL-2.0
/*
 * Pools in a kernel with generic KASAN.  Memory of a pool that is not allocated is
 * poisoned, so KASAN reports an access to it; a line behind the report names the pool.
 *
 * Only memory in the kernel's direct map has a shadow.  A reserved range that was
 * memremapped has none, and its pools are not poisoned.  This file is compiled without
 * KASAN's instrumentation, because it writes the shadow.
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

#include "../buddy/lock.h"
#include "internal.h"

/* --- the shadow --- */

/* The shadow of a variable out of scope; KASAN reports an access as use-after-scope. */
#define POISON		0xf8

/*
 * Poison the bytes from @from to before @to.  A granule that begins before @from is left
 * alone, because its first bytes may belong to an object.
 */
void mp_poison(const void *from, const void *to)
{
	const void *start = PTR_ALIGN(from, POOL_GRANULE);

	if (start < to && buddy_has_shadow(start))
		memset(kasan_mem_to_shadow(start), POISON, (to - start) / POOL_GRANULE);
}

/* Allow access to @size bytes of @object, which begins at a granule. */
void mp_unpoison(const void *object, size_t size)
{
	u8 *shadow = kasan_mem_to_shadow(object);

	if (!buddy_has_shadow(object))
		return;
	memset(shadow, 0, size / POOL_GRANULE);
	if (size % POOL_GRANULE)
		shadow[size / POOL_GRANULE] = size % POOL_GRANULE;
}

/* --- which pool an address belongs to --- */

/*
 * A table of the memory of all pools, for the line behind a report.  KASAN may report in
 * the middle of any function.  The handler therefore reads no pool: its owner may be
 * changing it, and the bug that is reported may have overwritten it.  All that the
 * handler prints is in the table, and nothing else reads the table.
 */
#define NR_PLACES	1024
#define NR_TRIES	16	/* places that are searched, from the hash of the address on */

/**
 * struct place - a block or a large object of a pool
 * @start: address of the first byte, or 0 if this place of the table is empty
 * @end: address behind the last byte
 * @caller: who created the pool
 * @region: the pool's region; a region outlives its pools
 * @name: the pool's name
 */
struct place {
	unsigned long start;
	unsigned long end;
	unsigned long caller;
	const struct buddy_region *region;
	char name[MP_NAME_LEN];
};

static struct place places[NR_PLACES];

/* Protects places.  No other lock is taken under it.  In NMIs and reports, only tried. */
static DEFINE_RAW_SPINLOCK(places_lock);

/*
 * Among the places for memory at @start, find the first one whose start is @wanted:
 * @start itself, or 0 for an empty place.  Return NULL if there is none.
 */
static struct place *find_place(unsigned long start, unsigned long wanted)
{
	unsigned int first = hash_long(start >> PAGE_SHIFT, ilog2(NR_PLACES)), i;

	for (i = 0; i < NR_TRIES; i++) {
		struct place *place = &places[(first + i) % NR_PLACES];

		if (place->start == wanted)
			return place;
	}
	return NULL;
}

/*
 * Enter @pages pages of @pool at @addr into the table.  If there is no empty place for
 * them, a report does not name the pool.
 */
void mp_kasan_add(const struct mp_pool *pool, const void *addr, unsigned long pages)
{
	unsigned long start = (unsigned long)addr, flags;
	struct place *place;

	if (!buddy_has_shadow(addr) || !lock_irqsave_or_try(&places_lock, &flags))
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

/* Remove the pages at @addr from the table. */
void mp_kasan_remove(const void *addr)
{
	struct place *place;
	unsigned long flags;

	if (!buddy_has_shadow(addr) || !lock_irqsave_or_try(&places_lock, &flags))
		return;
	place = find_place((unsigned long)addr, (unsigned long)addr);
	if (place)
		place->start = 0;
	raw_spin_unlock_irqrestore(&places_lock, flags);
}

/* Called at the end of each report: name the pool that the bad address @id lies in. */
static void name_pool(void *unused, enum error_detector detector, unsigned long id)
{
	const struct place *place;
	unsigned long flags;

	/*
	 * The reported function may hold this lock, so the lock is only tried.  Without
	 * SMP a trylock always succeeds and protects nothing, so no pool is named.
	 */
	if (detector != ERROR_DETECTOR_KASAN || !IS_ENABLED(CONFIG_SMP) ||
	    !raw_spin_trylock_irqsave(&places_lock, flags))
		return;
	for (place = places; place < places + NR_PLACES; place++)
		if (place->start && id >= place->start && id < place->end)
			pr_err("%#lx is in pool '%s' of region %s, made by %pS\n", id,
			       place->name, buddy_region_name(place->region),
			       (void *)place->caller);
	raw_spin_unlock_irqrestore(&places_lock, flags);
}

/* Have name_pool() called.  A kernel without tracepoints does not call it. */
int mp_kasan_init(void)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		return 0;
	return register_trace_error_report_end(name_pool, NULL);
}

void mp_kasan_exit(void)
{
	unregister_trace_error_report_end(name_pool, NULL);
	tracepoint_synchronize_unregister();
}
