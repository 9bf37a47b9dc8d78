/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites of the pool layer share: a pool per test, and where objects lie. */
#ifndef KUNIT_POOL_COMMON_H
#define KUNIT_POOL_COMMON_H

#include "../../pool/internal.h"
#include "common.h"

#define FIXTURE_PAGES	512UL	/* of a fixture's region */

/*
 * In test->priv, if a suite has these as its init and exit.  The region's pages
 * are filled with ones at first; at the end, all must be free and merged, and no
 * caller error be counted.
 */
struct pool_fixture {
	struct buddy_region *region;
	struct buddy_stats *fresh;
	struct mp_pool *pool;	/* its blocks have one page */
	char diary[16];
};

static inline struct pool_fixture *fixture(struct kunit *test)
{
	return test->priv;
}

int pool_fixture_init(struct kunit *test);
void pool_fixture_exit(struct kunit *test);

/* Have a cleanup handler write @letter, a string, into the fixture's diary. */
void add_letter(struct kunit *test, struct mp_pool *pool, const char *letter);

/* The file bad_calls. */
static inline int nr_bad(void)
{
	return atomic_read(&buddy_bad_calls);
}

unsigned long pages_used(struct buddy_region *region);
static inline unsigned long used(struct kunit *test)
{
	return pages_used(fixture(test)->region);
}

/* How often the region was asked for pages, in vain too. */
u64 nr_asked(struct buddy_region *region);

/* Bytes from an object to the next without alignment: KASAN has redzones between. */
static inline size_t pool_step(size_t size)
{
	return IS_ENABLED(CONFIG_KASAN_GENERIC) ?
	       ALIGN(size + POOL_REDZONE, POOL_GRANULE) : size;
}

/* What an object that can be freed takes from its block, with the entry behind it. */
static inline size_t pool_medium(size_t size)
{
	return ALIGN(size + POOL_REDZONE, sizeof(void *)) + sizeof(struct mp_entry);
}

/* Does the object lie in the block, behind its header? */
bool in_block(struct mp_block *block, const void *object, size_t size);
/* Does it in any block of the pool, or has it as many pages as it needs? */
bool in_pool(struct mp_pool *pool, const void *object, size_t size);
/* Add blocks until there are @nr, all but the first with an object of max bytes. */
void grow_pool(struct kunit *test, struct mp_pool *pool, unsigned long nr);

#endif /* KUNIT_POOL_COMMON_H */
