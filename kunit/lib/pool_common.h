/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the pool layer share: a fixture (a region with a pool) for each test,
 * and helpers that look into a pool.
 */
#ifndef KUNIT_POOL_COMMON_H
#define KUNIT_POOL_COMMON_H

#include "../../pool/internal.h"
#include "common.h"

#define FIXTURE_PAGES	512UL	/* of a fixture's region */

/* As large a part of a page as @bytes are of 4 KiB. */
#define SCALED(bytes)	((bytes) * (PAGE_SIZE / SZ_4K))

/*
 * The fixture of a test is in test->priv, if its suite has pool_fixture_init() and
 * pool_fixture_exit() as init and exit.  All bytes of the region are 0xff at the start of
 * the test.  At its end all pages must be free and merged, and the region must not have
 * counted a caller error.
 */
struct pool_fixture {
	struct buddy_region *region;
	struct buddy_stats *fresh;
	struct mp_pool *pool;	/* its blocks have one page */
	char diary[16];	/* text that cleanup handlers wrote, see add_letter() */
};

static inline struct pool_fixture *fixture(struct kunit *test)
{
	return test->priv;
}

int pool_fixture_init(struct kunit *test);
void pool_fixture_exit(struct kunit *test);

/* Add a cleanup handler that appends the string @letter to the fixture's diary. */
void add_letter(struct kunit *test, struct mp_pool *pool, const char *letter);

/* Return the number in the debugfs file bad_calls. */
static inline int nr_bad(void)
{
	return atomic_read(&buddy_bad_calls);
}

/* Return the used pages of a region, or of the fixture's region. */
unsigned long pages_used(struct buddy_region *region);
static inline unsigned long used(struct kunit *test)
{
	return pages_used(fixture(test)->region);
}

/* Return how many allocations the region has had, failed ones too. */
u64 nr_asked(struct buddy_region *region);

/* Return the distance between two mp_nalloc() objects; KASAN adds a redzone. */
static inline size_t pool_step(size_t size)
{
	return IS_ENABLED(CONFIG_KASAN_GENERIC) ?
	       ALIGN(size + POOL_REDZONE, POOL_GRANULE) : size;
}

/* Return the bytes of a block that a medium object takes, with the entry behind it. */
static inline size_t pool_medium(size_t size)
{
	return ALIGN(size + POOL_REDZONE, sizeof(void *)) + sizeof(struct mp_entry);
}

/* Return true if the object lies in the block, behind the block's header. */
bool in_block(struct mp_block *block, const void *object, size_t size);
/*
 * Return true if the object lies in a block or an arena of the pool, or is a large object
 * of the pool with as many pages as it needs.
 */
bool in_pool(struct mp_pool *pool, const void *object, size_t size);
/* Check the arenas of the pool, and its counters of them, against each other. */
void check_arenas(struct kunit *test, struct mp_pool *pool);
/* From now on the pool's medium objects lie in arenas, not in blocks. */
static inline void make_old(struct mp_pool *pool)
{
	pool->medium = pool->block_pages << PAGE_SHIFT;
}

/* Return the bytes of an arena that an object takes. */
static inline size_t pool_chunk(size_t size)
{
	return ALIGN(sizeof(struct mp_chunk) + size + POOL_REDZONE, ARENA_UNIT);
}

/* Check that the pool holds what the documentation promises if @bytes were alive at most. */
void expect_bound(struct kunit *test, struct mp_pool *pool, size_t bytes);

/* Allocate objects of pool->max bytes until the pool has @nr blocks. */
void grow_pool(struct kunit *test, struct mp_pool *pool, unsigned long nr);

#endif /* KUNIT_POOL_COMMON_H */
