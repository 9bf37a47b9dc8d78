// SPDX-License-Identifier: GPL-2.0
/* The kernel's gen_pool as two subjects: best fit, and first fit, which is the default. */
#include <linux/genalloc.h>

#include "loop.h"

#define BASE	BIT(40)	/* any address: gen_pool does not access its memory */

static void *create_first(unsigned long nr_pages)
{
	struct gen_pool *pool = gen_pool_create(PAGE_SHIFT, NUMA_NO_NODE);

	if (!pool || gen_pool_add(pool, BASE, nr_pages << PAGE_SHIFT, NUMA_NO_NODE))
		return NULL;
	return pool;
}

static void *create(unsigned long nr_pages)
{
	struct gen_pool *pool = create_first(nr_pages);

	if (pool)
		gen_pool_set_algo(pool, gen_pool_best_fit, NULL);
	return pool;
}

static unsigned long alloc(void *pool, unsigned long nr_pages)
{
	return gen_pool_alloc(pool, nr_pages << PAGE_SHIFT) ?: NOTHING;
}

static void genpool_free(void *pool, unsigned long block, unsigned long nr_pages)
{
	gen_pool_free(pool, block, nr_pages << PAGE_SHIFT);
}

static unsigned long first(unsigned long block)
{
	return (block - BASE) >> PAGE_SHIFT;
}

/* There are algorithms for an alignment and for one address, and none for a window. */
static unsigned long within(void *pool, unsigned long nr_pages, const struct place *place)
{
	struct genpool_data_align align = { PAGE_SIZE << place->align_order };
	struct genpool_data_fixed fixed = { place->low << PAGE_SHIFT };
	size_t size = nr_pages << PAGE_SHIFT;

	if (place->high)
		return gen_pool_alloc_algo(pool, size, gen_pool_fixed_alloc, &fixed) ?: NOTHING;
	return gen_pool_alloc_algo(pool, size, gen_pool_first_fit_align, &align) ?: NOTHING;
}

static __always_inline unsigned long alloc_order(void *pool, unsigned int order)
{
	return alloc(pool, 1UL << order);
}

static __always_inline void free_order(void *pool, unsigned long block, unsigned int order)
{
	genpool_free(pool, block, 1UL << order);
}

static void loop(struct thread *thread)
{
	thread_loop(thread, alloc_order, free_order);
}

const struct subject gen_pool = {
	"gen_pool 7.2 best fit", create, (void (*)(void *))gen_pool_destroy, alloc, genpool_free,
	first, within, false, loop
};

const struct subject gen_pool_first = {
	"gen_pool 7.2 first fit", create_first, (void (*)(void *))gen_pool_destroy, alloc,
	genpool_free, first, within, false, loop
};
