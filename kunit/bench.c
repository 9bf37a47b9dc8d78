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

/* Nanoseconds per @n of what @code does, with interrupts off and a warm start. */
#define TIMED(n, code) ({						\
	unsigned long irq;						\
	u64 start;							\
									\
	local_irq_save(irq);						\
	start = ktime_get_ns();						\
	code;								\
	start = ktime_get_ns() - start;					\
	local_irq_restore(irq);						\
	(unsigned long)div_u64(start, n);				\
})

/*
 * One allocation after the other, each freed at once; then many, then all of
 * them freed in the same order.  @alloc gives an object, @free takes "object".
 */
#define PAIRS(what, subject, alloc, free) do {				\
	unsigned long hot, in, out, i;					\
	void *object;							\
									\
	for (i = 0; i < 10; i++) {					\
		object = alloc;						\
		free;							\
	}								\
	hot = TIMED(HOT, for (i = 0; i < HOT; i++) {			\
		object = alloc;						\
		free;							\
	});								\
	in = TIMED(BULK, for (i = 0; i < BULK; i++)			\
		objects[i] = alloc);					\
	out = TIMED(BULK, for (i = 0; i < BULK; i++) {			\
		object = objects[i];					\
		free;							\
	});								\
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

/* A life: all objects of a request come, and all go.  Per object. */
static void bench_life(void)
{
	struct kmem_cache *cache = kmem_cache_create("buddypool-bench", 496, 0, 0, NULL);
	unsigned long i, n, ours, slab, one;
	struct mp_pool *pool;

	if (!cache)
		return;
	ours = TIMED(LIVES * OBJECTS, for (n = 0; n < LIVES; n++) {
		pool = mp_create_pool(region, 16 << 10, 0);
		for (i = 0; i < OBJECTS; i++)
			objects[i] = mp_alloc(pool, object_size(i), 0);
		mp_destroy_pool(pool);
	});
	slab = TIMED(LIVES * OBJECTS, for (n = 0; n < LIVES; n++) {
		for (i = 0; i < OBJECTS; i++)
			objects[i] = kmalloc(object_size(i), GFP_NOWAIT);
		for (i = 0; i < OBJECTS; i++)
			kfree(objects[i]);
	});
	one = TIMED(LIVES * OBJECTS, for (n = 0; n < LIVES; n++) {
		for (i = 0; i < OBJECTS; i++)
			objects[i] = kmem_cache_alloc(cache, GFP_NOWAIT);
		for (i = 0; i < OBJECTS; i++)
			kmem_cache_free(cache, objects[i]);
	});
	kmem_cache_destroy(cache);
	pr_info("life of %u objects, per object\tbuddypool\t%lu\n", OBJECTS, ours);
	pr_info("life of %u objects, per object\tkmalloc\t%lu\n", OBJECTS, slab);
	pr_info("life of %u objects, per object\tkmem_cache\t%lu\n", OBJECTS, one);
}

static void bench_object(void)
{
	struct mp_pool *pool = mp_create_pool(region, 1 << 20, 0);
	unsigned long i, ours, slab;

	if (!pool)
		return;
	ours = TIMED(HOT, for (i = 0; i < HOT; i++)
		objects[i] = mp_alloc(pool, 64, 0));
	mp_destroy_pool(pool);
	for (i = 0; i < 10; i++)
		kfree(kmalloc(64, GFP_NOWAIT));
	slab = TIMED(HOT, for (i = 0; i < HOT; i++)
		kfree(kmalloc(64, GFP_NOWAIT)));
	pr_info("64 bytes\tbuddypool\t%lu\n", ours);
	pr_info("64 bytes\tkmalloc\t%lu\n", slab);
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
