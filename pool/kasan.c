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

#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/printk.h>
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
void pool_poison(const void *from, const void *to)
{
	const void *start = PTR_ALIGN(from, POOL_GRANULE);

	if (start < to && has_shadow(start))
		memset(kasan_mem_to_shadow(start), POISON, (to - start) / POOL_GRANULE);
}

void pool_unpoison(const void *object, size_t size)
{
	u8 *shadow = kasan_mem_to_shadow(object);

	if (!has_shadow(object))
		return;
	memset(shadow, 0, size / POOL_GRANULE);
	if (size % POOL_GRANULE)
		shadow[size / POOL_GRANULE] = size % POOL_GRANULE;
}

static bool pool_has(const struct mp_pool *pool, const void *addr)
{
	const struct mp_block *block;
	const struct rb_node *node;

	for (block = pool->first.next; block; block = block->next)
		if (addr >= (void *)block && addr < (void *)block->end)
			return true;
	for (node = rb_first(&pool->larges); node; node = rb_next(node)) {
		const struct mp_large *large = rb_entry(node, struct mp_large, node);

		if (addr >= large->addr && addr < large->addr + (large->pages << PAGE_SHIFT))
			return true;
	}
	return addr >= (void *)pool && addr < (void *)pool->first.end;
}

static void tell_pool(void *unused, enum error_detector detector, unsigned long id)
{
	const struct mp_pool *pool;
	unsigned long flags;

	/*
	 * The report may come from anywhere, this list's own code included; without
	 * SMP, to try the lock does not tell.
	 */
	if (detector != ERROR_DETECTOR_KASAN || !IS_ENABLED(CONFIG_SMP) ||
	    !raw_spin_trylock_irqsave(&all_pools_lock, flags))
		return;
	list_for_each_entry(pool, &all_pools, link)
		if (pool->region && pool_has(pool, (void *)id))
			pr_err("%#lx is in pool '%s' of region %s, made by %pS\n", id,
			       pool->name, buddy_region_name(pool->region),
			       (void *)pool->caller);
	raw_spin_unlock_irqrestore(&all_pools_lock, flags);
}

int pool_kasan_init(void)
{
	return register_trace_error_report_end(tell_pool, NULL);
}

void pool_kasan_exit(void)
{
	unregister_trace_error_report_end(tell_pool, NULL);
	tracepoint_synchronize_unregister();
}
