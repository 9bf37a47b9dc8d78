// SPDX-License-Identifier: GPL-2.0
/* Benchmark: hot pairs and bulk at several orders, for buddypool and built-in peers. */
#include <linux/slab.h>

#include "../../buddy/compat.h"
#include "bench_floor.h"
#include "bench_orders.h"
#include "bench_peers.h"

static inline unsigned long kmalloc_alloc(void *from, unsigned int order)
{
	return (unsigned long)kmalloc(PAGE_SIZE << order, GFP_NOWAIT | __GFP_NOWARN);
}

static inline void kmalloc_free(void *from, unsigned long object, unsigned int order)
{
	kfree((void *)object);
}

static const struct subject kmalloced = { "kmalloc", kmalloc_alloc, kmalloc_free };

static inline unsigned long cache_alloc(void *from, unsigned int order)
{
	return (unsigned long)kmem_cache_alloc(from, GFP_NOWAIT | __GFP_NOWARN);
}

static inline void cache_free(void *from, unsigned long object, unsigned int order)
{
	kmem_cache_free(from, (void *)object);
}

static const struct subject cache = { "kmem_cache", cache_alloc, cache_free };

static inline unsigned long frag_alloc(void *from, unsigned int order)
{
	return (unsigned long)page_frag_alloc(from, PAGE_SIZE << order,
					      GFP_NOWAIT | __GFP_NOWARN);
}

static inline void frag_free(void *from, unsigned long object, unsigned int order)
{
	page_frag_free((void *)object);
}

static const struct subject frag = { "page_frag", frag_alloc, frag_free };

/* A page_frag_cache allocates from blocks of 32 KiB. */
static __always_inline void bench_frag(unsigned int order)
{
	struct page_frag_cache frags = {};

	if (PAGE_SIZE << order > PAGE_FRAG_MAX)
		return;
	bench_order(&frag, &frags, order);
	page_frag_cache_drain(&frags);
}

static __always_inline void bench_the_floor(unsigned int order)
{
	struct floor floor;

	if (floor_init(&floor, ORDERS_PAGES, BATCH))
		return;
	bench_order(&bench_floor, &floor, order);
	floor_exit(&floor);
}

static __always_inline void bench_cache(unsigned int order)
{
	struct kmem_cache *slabs;

	slabs = kmem_cache_create("bench", PAGE_SIZE << order, 0, 0, NULL);
	if (slabs)
		bench_order(&cache, slabs, order);
	kmem_cache_destroy(slabs);
}

/* Allocate and free with bulk calls. */
static void bench_batches(struct buddy_region *region, unsigned int order)
{
	unsigned int nr = bulk_count(order) / BY, rounds = BATCH / BY / nr, round, got = 0;
	u64 in = 0, out = 0;
	char work[32];

	for (round = 0; round <= rounds; round++) {
		u64 taken = TIMED(nr, got += buddy_alloc_bulk(region, order, BY,
							      objects + BY * i, 0));
		u64 given = TIMED(nr, buddy_free_bulk(region, order, BY, objects + BY * i));

		in += round ? taken : 0;
		out += round ? given : 0;
	}
	if (got != (rounds + 1) * nr * BY)
		return;
	snprintf(work, sizeof(work), "by 64 alloc, order %u", order);
	report_time(work, ours.name, in, rounds * nr * BY);
	snprintf(work, sizeof(work), "by 64 free, order %u", order);
	report_time(work, ours.name, out, rounds * nr * BY);
}

/* alloc_pages_bulk() only allocates single pages; no function frees many. */
static void bench_bulk_array(void)
{
	static struct page *taken[BATCH];
	u64 in = 0, out = 0, round;

	/* The first round only warms up. */
	for (round = 0; round < 2; round++) {
		unsigned long got = 0;

		memset(taken, 0, sizeof(taken));
		in = TIMED(BATCH / BY, got += alloc_pages_bulk(GFP_NOWAIT, BY,
							       taken + BY * i));
		if (got < BATCH) {
			release_pages(taken, got);
			return;
		}
		out = TIMED(BATCH, __free_page(taken[i]));
	}
	report_time("by 64 alloc, order 0", "alloc_pages_bulk", in, BATCH);
	report_time("by 64 free, order 0", "alloc_pages_bulk", out, BATCH);
}

/* The order is a constant, as in most drivers. */
static __always_inline void bench_all(struct buddy_region *region,
				      struct gen_pool *pool, unsigned int order)
{
	bench_order(&ours, region, order);
	bench_order(&pages, NULL, order);
	bench_frag(order);
	bench_order(&kmalloced, NULL, order);
	bench_cache(order);
	bench_order(&genpool, pool, order);
	bench_batches(region, order);
}

#define BENCH_ALL(order)						\
static noinline void bench_all_##order(struct buddy_region *region,	\
				       struct gen_pool *pool)		\
{									\
	bench_all(region, pool, order);					\
}

BENCH_ALL(0)
BENCH_ALL(1)
BENCH_ALL(3)
BENCH_ALL(5)
BENCH_ALL(9)

/* Not in bench_all(): there, the compiler would keep fewer values of other loops in registers. */
static noinline void bench_floors(void)
{
	bench_the_floor(0);
	bench_the_floor(1);
	bench_the_floor(3);
	bench_the_floor(5);
	bench_the_floor(9);
}

static int bench_main(void)
{
	struct buddy_region *region = bench_region(ORDERS_PAGES);
	struct gen_pool *pool = bench_genpool(ORDERS_PAGES);
	unsigned int i;

	if (!region || !pool)
		return -ENOMEM;
	describe("hot pair", "one allocation and its free, 10,000 times in a row");
	describe("bulk alloc",
		 "4096 allocations, or as many as make 128 MiB; after a first round");
	describe("bulk free", "the frees of these, in the same order");
	describe("by 64 alloc", "bulk, 64 in each call");
	describe("by 64 free",
		 "the frees of these, 64 in each call; alloc_pages_bulk: one");
	for (i = 0; i < runs; i++) {
		bench_all_0(region, pool);
		bench_all_1(region, pool);
		bench_all_3(region, pool);
		bench_all_5(region, pool);
		bench_all_9(region, pool);
		bench_floors();
	}
	for (i = 0; i < runs; i++)
		bench_bulk_array();
	gen_pool_destroy(pool);
	return buddy_region_destroy(region);
}

MODULE_DESCRIPTION("Benchmark: blocks of one order");
