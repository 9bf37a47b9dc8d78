/* SPDX-License-Identifier: GPL-2.0 */
/* The subjects of several modules: buddypool, alloc_pages, gen_pool.  See also bench_drm.h. */
#ifndef KUNIT_BENCH_PEERS_H
#define KUNIT_BENCH_PEERS_H

#include <linux/genalloc.h>

#include "bench.h"

#define GENPOOL_BASE	SZ_1G	/* any address: gen_pool does not access its memory */

static __always_inline unsigned long ours_alloc(void *from, unsigned int order)
{
	unsigned long pfn = buddy_alloc_pfn(from, order, __GFP_NOWARN);

	return pfn == BUDDY_NO_PFN ? NOTHING : pfn;
}

static __always_inline void ours_free(void *from, unsigned long object,
				      unsigned int order)
{
	buddy_free_pfn(from, object, order);
}

static const struct subject ours = {
	"buddypool", ours_alloc, ours_free, page_of_pfn, pfn_of_page
};

static inline unsigned long pages_alloc(void *from, unsigned int order)
{
	return (unsigned long)alloc_pages(GFP_NOWAIT | __GFP_NOWARN, order);
}

static inline void pages_free(void *from, unsigned long object, unsigned int order)
{
	__free_pages((struct page *)object, order);
}

static inline unsigned long pages_page(unsigned long object)
{
	return page_to_pfn((struct page *)object);
}

static const struct subject __maybe_unused pages = {
	"alloc_pages", pages_alloc, pages_free, pages_page
};

static inline unsigned long genpool_alloc(void *from, unsigned int order)
{
	return gen_pool_alloc(from, PAGE_SIZE << order);
}

static inline void genpool_free(void *from, unsigned long object, unsigned int order)
{
	gen_pool_free(from, object, PAGE_SIZE << order);
}

static inline unsigned long genpool_page(unsigned long object)
{
	return (object - GENPOOL_BASE) >> PAGE_SHIFT;
}

static inline unsigned long genpool_object(unsigned long page)
{
	return GENPOOL_BASE + (page << PAGE_SHIFT);
}

static const struct subject genpool = {
	"gen_pool", genpool_alloc, genpool_free, genpool_page, genpool_object
};

static inline struct gen_pool *bench_genpool(unsigned long nr_pages)
{
	struct gen_pool *pool = gen_pool_create(PAGE_SHIFT, NUMA_NO_NODE);

	if (pool && gen_pool_add(pool, GENPOOL_BASE, nr_pages << PAGE_SHIFT, NUMA_NO_NODE)) {
		gen_pool_destroy(pool);
		pool = NULL;
	}
	return pool;
}

#endif /* KUNIT_BENCH_PEERS_H */
