// SPDX-License-Identifier: GPL-2.0
/*
 * What an operation costs, beside what the kernel's own allocators take for the
 * same work in the same boot.  Results are lines "bench: WORK SUBJECT VALUE" in
 * the log.  Under QEMU's -icount a nanosecond is an instruction, see
 * scripts/bench.sh.
 *
 * Timed is the loop and nothing else.  All subjects are called directly, as a
 * driver would call them.
 */
#define pr_fmt(fmt) "bench: " fmt

#include <linux/genalloc.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../pool/pool.h"

#define HOT	1000		/* alloc+free pairs */
#define BULK	4096		/* allocations, then as many frees */
#define LIVES	100		/* of a pool */
#define OBJECTS	100		/* in each life */

static struct buddy_region *region;
static struct gen_pool *genpool;
static void *objects[BULK];

/*
 * Nanoseconds of one of @count times @code, which may use the index "i"; with
 * interrupts off.
 */
#define TIMED(count, code) ({						\
	unsigned long irq, i;						\
	u64 start;							\
									\
	local_irq_save(irq);						\
	start = ktime_get_ns();						\
	for (i = 0; i < (count); i++) {					\
		code;							\
	}								\
	start = ktime_get_ns() - start;					\
	local_irq_restore(irq);						\
	(unsigned long)div_u64(start, count);				\
})

/*
 * One allocation after the other, each freed at once, with a warm start; then
 * many, then all of them freed in the same order.  @alloc gives an object,
 * @free takes "object".
 */
#define PAIRS(what, subject, alloc, free) do {				\
	unsigned long hot, in, out;					\
	void *object;							\
									\
	TIMED(10, object = alloc; free);				\
	hot = TIMED(HOT, object = alloc; free);				\
	in = TIMED(BULK, objects[i] = alloc);				\
	out = TIMED(BULK, object = objects[i]; free);			\
	pr_info("hot pair, %s\t%s\t%lu\n", what, subject, hot);		\
	pr_info("bulk alloc, %s\t%s\t%lu\n", what, subject, in);	\
	pr_info("bulk free, %s\t%s\t%lu\n", what, subject, out);	\
} while (0)

static void bench_order(unsigned int order)
{
	char what[16];

	snprintf(what, sizeof(what), "order %u", order);
	PAIRS(what, "buddypool", buddy_alloc(region, order, 0),
	      buddy_free(region, object, order));
	PAIRS(what, "alloc_pages", alloc_pages(GFP_NOWAIT, order),
	      __free_pages(object, order));
	PAIRS(what, "gen_pool",
	      (void *)gen_pool_alloc(genpool, PAGE_SIZE << order),
	      gen_pool_free(genpool, (unsigned long)object, PAGE_SIZE << order));
}

/* Objects of a request: 16 to 496 bytes, small ones likelier. */
static size_t object_size(unsigned int i)
{
	static const u16 sizes[] = { 16, 24, 32, 64, 16, 48, 128, 32, 256, 496 };

	return sizes[i % ARRAY_SIZE(sizes)];
}

/* A life: all objects of a request come, and all go. */
static void live_in_pool(void)
{
	struct mp_pool *pool = mp_create_pool(region, 16 << 10, 0);
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = mp_alloc(pool, object_size(i), 0);
	mp_destroy_pool(pool);
}

static void live_in_kmalloc(void)
{
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = kmalloc(object_size(i), GFP_NOWAIT);
	for (i = 0; i < OBJECTS; i++)
		kfree(objects[i]);
}

static void live_in_cache(struct kmem_cache *cache)
{
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = kmem_cache_alloc(cache, GFP_NOWAIT);
	for (i = 0; i < OBJECTS; i++)
		kmem_cache_free(cache, objects[i]);
}

static void print_life(const char *subject, unsigned long life)
{
	pr_info("life of %u objects, per object\t%s\t%lu\n", OBJECTS, subject,
		life / OBJECTS);
}

static void bench_life(void)
{
	struct kmem_cache *cache = kmem_cache_create("buddypool-bench", 496, 0, 0, NULL);

	if (!cache)
		return;
	print_life("buddypool", TIMED(LIVES, live_in_pool()));
	print_life("kmalloc", TIMED(LIVES, live_in_kmalloc()));
	print_life("kmem_cache", TIMED(LIVES, live_in_cache(cache)));
	kmem_cache_destroy(cache);
}

static void bench_object(void)
{
	struct mp_pool *pool = mp_create_pool(region, 1 << 20, 0);

	if (!pool)
		return;
	pr_info("64 bytes\tbuddypool\t%lu\n",
		TIMED(HOT, objects[i] = mp_alloc(pool, 64, 0)));
	mp_destroy_pool(pool);
	TIMED(10, kfree(kmalloc(64, GFP_NOWAIT)));
	pr_info("64 bytes\tkmalloc\t%lu\n",
		TIMED(HOT, kfree(kmalloc(64, GFP_NOWAIT))));
}

static int __init bench_init(void)
{
	static const unsigned int orders[] = { 0, 1, 3 };
	unsigned int i;
	int err = -ENOMEM;

	region = buddy_region_get("region0");
	if (!region)
		return -ENOENT;
	/* gen_pool keeps no data in its range: an address is enough. */
	genpool = gen_pool_create(PAGE_SHIFT, NUMA_NO_NODE);
	if (!genpool || gen_pool_add(genpool, PAGE_SIZE, 256UL << 20, NUMA_NO_NODE))
		goto out;
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		bench_order(orders[i]);
	bench_object();
	bench_life();
	err = 0;
out:
	if (genpool)
		gen_pool_destroy(genpool);
	buddy_region_put(region);
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Costs of buddypool beside the kernel's own allocators");
MODULE_LICENSE("GPL");
