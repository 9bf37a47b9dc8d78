// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pool_model: random operations on several pools of one region, compared with a
 * model.  The model is a list of the objects, each filled with a stamp; it knows nothing of
 * blocks.  Also operations in a region that has no page left, at each step of them.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

#define OPERATIONS	150000
#define REGION_PAGES	300UL
#define POOLS		6
#define OBJECTS		2048	/* most objects of a pool */
#define CLEANUPS	256
#define MARKS		8

/* An object.  After it is freed, its size is 0. */
struct object {
	u8 *addr;
	size_t size;
	bool any;	/* the model does not know if it can be freed, see aligned_well() */
};

/* A cleanup handler's data. */
struct note {
	struct side *side;
	unsigned int number;
};

/* A savepoint, and the lengths of the model's lists when it was set. */
struct savepoint {
	struct mp_mark mark;
	unsigned int nr_objects;
	unsigned int nr_notes;
};

/* A pool, and the model of it. */
struct side {
	struct model *model;
	struct mp_pool *pool;
	size_t align;
	struct object objects[OBJECTS];
	unsigned int nr_objects;
	struct note notes[CLEANUPS];
	unsigned int nr_notes;
	struct savepoint savepoints[MARKS];
	unsigned int nr_savepoints;
};

struct model {
	struct kunit *test;
	struct buddy_region *region;
	struct rnd_state rnd;
	struct side *sides;
	unsigned long fails;
	bool wrong;
};

static u32 below(struct model *model, u32 limit)
{
	return prandom_u32_state(&model->rnd) % limit;
}

static __printf(2, 3) void wrong(struct model *model, const char *format, ...)
{
	struct va_format text = { .fmt = format };
	va_list args;

	va_start(args, format);
	text.va = &args;
	KUNIT_FAIL(model->test, "%pV", &text);
	va_end(args);
	model->wrong = true;
}

/* Return the byte that an object is filled with; neighbours in a list differ. */
static u8 stamp_of(struct side *side, unsigned int number)
{
	return number * 7 + (side - side->model->sides) * 41 + 1;
}

static void check_object(struct side *side, unsigned int number)
{
	struct object *object = &side->objects[number];

	if (memchr_inv(object->addr, stamp_of(side, number), object->size))
		wrong(side->model, "%zu bytes at %p have changed", object->size,
		      object->addr);
}

static void check_objects(struct side *side, unsigned int first)
{
	for (; first < side->nr_objects; first++)
		check_object(side, first);
}

/* --- the operations --- */

static void make_pool(struct side *side)
{
	struct model *model = side->model;
	static const u32 sizes[] = { 1, 700, 5 * PAGE_SIZE, 5 * PAGE_SIZE };
	size_t size = below(model, sizes[below(model, ARRAY_SIZE(sizes))] + 1);

	side->align = BIT(below(model, 13));
	side->pool = mp_create_pool_named(model->region, "model", size, side->align,
					  __GFP_NOWARN);
	side->nr_objects = 0;
	side->nr_notes = 0;
	side->nr_savepoints = 0;
}

/* At a large alignment, an object that is smaller than a block may be a large object. */
static bool aligned_well(size_t align)
{
	return align > sizeof(struct mp_pool);
}

/*
 * Return true if the region certainly has memory for the object: a free block that is large
 * enough for the object's pages or for a block of the pool.  An object with an entry may
 * need both, so then the free block must be twice as large.
 */
static bool has_room(struct side *side, size_t size, size_t align)
{
	unsigned long pages = max(DIV_ROUND_UP(size, PAGE_SIZE), side->pool->block_pages);
	unsigned int order = order_base_2(pages);

	if (size > side->pool->max || aligned_well(align))
		order++;

	for (; order < BUDDY_NR_ORDERS; order++)
		if (side->model->region->stats.nr_free[order])
			return true;
	return false;
}

static size_t random_size(struct model *model)
{
	u32 dice = below(model, 64);

	if (dice < 48)
		return 1 + below(model, 200);
	if (dice < 60)
		return 1 + below(model, SCALED(4200));
	return 1 + below(model, dice < 63 ? SCALED(20000) : SCALED(100000));
}

static void *alloc_somehow(struct side *side, struct object *object, size_t *align)
{
	struct mp_pool *pool = side->pool;
	size_t size = object->size;

	*align = 1;
	switch (below(side->model, 8)) {
	case 0:
	case 1:
		return mp_nalloc(pool, size, __GFP_NOWARN);
	case 2:
		*align = BIT(below(side->model, 14));
		object->any = true;
		return mp_memalign(pool, size, *align, __GFP_NOWARN);
	case 3:
		return mp_printf(pool, __GFP_NOWARN, "%*d", (int)size - 1, 7);
	case 4:
		*align = side->align;
		object->any = aligned_well(*align);
		return mp_calloc(pool, size, 1, __GFP_NOWARN);
	default:
		*align = side->align;
		object->any = aligned_well(*align);
		return mp_alloc(pool, size, __GFP_NOWARN);
	}
}

static void random_alloc(struct side *side)
{
	struct model *model = side->model;
	struct object object = { .size = random_size(model) };
	size_t align;

	if (side->nr_objects == OBJECTS)
		return;
	object.addr = alloc_somehow(side, &object, &align);
	if (!object.addr) {
		if (has_room(side, object.size, align) && align <= PAGE_SIZE)
			wrong(model, "nothing for %zu bytes, but there is room", object.size);
		model->fails++;
		return;
	}
	if (buddy_virt_to_pfn(model->region, object.addr) == BUDDY_NO_PFN ||
	    buddy_virt_to_pfn(model->region, object.addr + object.size - 1) == BUDDY_NO_PFN ||
	    buddy_virt_to_phys(model->region, object.addr) & (align - 1)) {
		wrong(model, "%zu bytes at %p are not inside or not at %zu", object.size,
		      object.addr, align);
		return;
	}
	memset(object.addr, stamp_of(side, side->nr_objects), object.size);
	side->objects[side->nr_objects++] = object;
}

static void random_free(struct side *side)
{
	struct model *model = side->model;
	struct object *object;
	unsigned int number;
	bool freed, freeable;

	if (!side->nr_objects)
		return;
	number = below(model, side->nr_objects);
	object = &side->objects[number];
	check_object(side, number);
	freed = object->size && mp_free(side->pool, object->addr);
	freeable = object->size > side->pool->max;
	if (freed != freeable && !object->any)
		wrong(model, "%zu bytes: freed %d", object->size, freed);
	if (freed)
		object->size = 0;
}

/* A cleanup handler.  It must be the newest of the model, and find its objects unchanged. */
static void handler(void *data)
{
	struct note *note = data;
	struct side *side = note->side;

	if (!side->nr_notes || note->number != --side->nr_notes)
		wrong(side->model, "cleanup %u is called, %u are left", note->number,
		      side->nr_notes);
	if (side->nr_objects)
		check_object(side, below(side->model, side->nr_objects));
}

static void random_cleanup(struct side *side)
{
	struct note *note = &side->notes[side->nr_notes];

	if (side->nr_notes == CLEANUPS)
		return;
	*note = (struct note){ .side = side, .number = side->nr_notes };
	if (!mp_add_cleanup(side->pool, handler, note, __GFP_NOWARN))
		side->nr_notes++;
}

static void random_mark(struct side *side)
{
	struct savepoint *savepoint = &side->savepoints[side->nr_savepoints];

	if (side->nr_savepoints == MARKS)
		return;
	mp_mark_pool(side->pool, &savepoint->mark);
	savepoint->nr_objects = side->nr_objects;
	savepoint->nr_notes = side->nr_notes;
	side->nr_savepoints++;
}

static void expect_left(struct side *side, unsigned int nr_objects, unsigned int nr_notes)
{
	if (side->nr_notes != nr_notes)
		wrong(side->model, "%u cleanups are left, not %u", side->nr_notes, nr_notes);
	side->nr_objects = nr_objects;
}

static void random_rewind(struct side *side)
{
	struct savepoint *savepoint;
	unsigned int at;

	if (!side->nr_savepoints)
		return;
	at = below(side->model, side->nr_savepoints);
	savepoint = &side->savepoints[at];
	check_objects(side, savepoint->nr_objects);
	mp_rewind_pool(side->pool, &savepoint->mark);
	expect_left(side, savepoint->nr_objects, savepoint->nr_notes);
	side->nr_savepoints = at + 1;
}

static void reset_side(struct side *side)
{
	check_objects(side, 0);
	mp_reset_pool(side->pool);
	expect_left(side, 0, 0);
	side->nr_savepoints = 0;
}

static void destroy_side(struct side *side)
{
	check_objects(side, 0);
	mp_destroy_pool(side->pool);
	expect_left(side, 0, 0);
	side->pool = NULL;
}

static void random_operation(struct side *side)
{
	u32 dice = below(side->model, 4096);

	if (!side->pool)
		make_pool(side);
	else if (dice < 8)
		destroy_side(side);
	else if (dice < 20)
		reset_side(side);
	else if (dice < 60)
		random_rewind(side);
	else if (dice < 140)
		random_mark(side);
	else if (dice < 300)
		random_cleanup(side);
	else if (dice < 1300)
		random_free(side);
	else
		random_alloc(side);
}

/* Every used page must belong to a pool, and every object must be unchanged. */
static void check_model(struct model *model)
{
	unsigned long pages = 0;
	struct side *side;

	for (side = model->sides; side < model->sides + POOLS; side++) {
		if (!side->pool)
			continue;
		check_objects(side, 0);
		check_arenas(model->test, side->pool);
		pages += side->pool->pages;
		KUNIT_EXPECT_EQ(model->test, side->pool->pages,
				side->pool->nr_blocks * side->pool->block_pages +
				side->pool->arena_pages + side->pool->large_pages);
	}
	KUNIT_EXPECT_EQ(model->test, pages_used(model->region), pages);
	check_region(model->test, model->region);
}

static void pool_model_test_random(struct kunit *test)
{
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct buddy_stats *fresh;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, model);
	model->sides = kunit_kcalloc(test, POOLS, sizeof(*model->sides), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model->sides);
	model->test = test;
	model->region = test_region_mapped(test, 5, REGION_PAGES);
	fresh = test_stats(test, model->region);
	prandom_seed_state(&model->rnd, test_seed(test));
	for (i = 0; i < POOLS; i++)
		model->sides[i].model = model;

	for (i = 0; i < OPERATIONS && !model->wrong; i++) {
		random_operation(&model->sides[below(model, POOLS)]);
		if (i % 4096 == 0) {
			check_model(model);
			cond_resched();
		}
	}
	for (i = 0; i < POOLS; i++)
		if (model->sides[i].pool)
			destroy_side(&model->sides[i]);
	expect_all_free(test, model->region, fresh);
	kunit_info(test, "%lu failures", model->fails);
	/* Without a failure, the region was never full. */
	KUNIT_EXPECT_NE(test, model->fails, 0UL);
}

/* --- no page left --- */

#define SCARCE		16	/* pages of the region */
#define FILL		100	/* bytes of the pool's first object, which must not change */

static bool cleaned;

static void clean(void *unused)
{
	cleaned = true;
}

/* Each function allocates something of the pool, and returns true if that succeeded. */

static bool try_create(struct mp_pool *pool)
{
	struct mp_pool *another = mp_create_pool(pool->region, 0, __GFP_NOWARN);

	mp_destroy_pool(another);
	return !!another;
}

static bool try_small(struct mp_pool *pool)
{
	return !!mp_alloc(pool, 200, __GFP_NOWARN);
}

static bool try_calloc(struct mp_pool *pool)
{
	return !!mp_calloc(pool, 20, 10, __GFP_NOWARN);
}

static bool try_large(struct mp_pool *pool)
{
	return !!mp_alloc(pool, 2 * PAGE_SIZE, __GFP_NOWARN | __GFP_ZERO);
}

static bool try_memalign(struct mp_pool *pool)
{
	return !!mp_memalign(pool, 1, 2 * PAGE_SIZE, __GFP_NOWARN);
}

static bool try_copies(struct mp_pool *pool)
{
	char *text = mp_printf(pool, __GFP_NOWARN, "%*d", 200, 7);

	/* The block that is added for the first text has room for the copies. */
	return text && mp_strdup(pool, text, __GFP_NOWARN) &&
	       mp_memdup(pool, text, 200, __GFP_NOWARN);
}

static bool try_cleanup(struct mp_pool *pool)
{
	int err = mp_add_cleanup(pool, clean, NULL, __GFP_NOWARN);

	WARN_ON(err && err != -ENOMEM);
	return !err;
}

/* What a driver does before it tries again: the rewind undoes all that succeeded. */
static bool try_transfer(struct mp_pool *pool)
{
	size_t given = pool->given;
	struct mp_mark mark;
	bool done;

	mp_mark_pool(pool, &mark);
	done = try_small(pool) && try_cleanup(pool) && try_large(pool) &&
	       try_memalign(pool);
	mp_rewind_pool(pool, &mark);
	WARN_ON(pool->given != given || pool->nr_large || cleaned != !!pool->tail->next);
	cleaned = false;
	return done;
}

struct attempt {
	const char *name;
	bool (*try)(struct mp_pool *pool);
	unsigned int pages;	/* free pages that it needs, at the region's start */
};

/*
 * A large object needs two pages side by side, an aligned one a page at an even pfn.  Their
 * entries need one page more, for a block.  The pool has page 0.
 */
static const struct attempt attempts[] = {
	{ "create", try_create, 1 },
	{ "small", try_small, 1 },
	{ "calloc", try_calloc, 1 },
	{ "large", try_large, 3 },
	{ "memalign", try_memalign, 2 },
	{ "copies", try_copies, 1 },
	{ "cleanup", try_cleanup, 1 },
	{ "transfer", try_transfer, 4 },
};

static void describe_attempt(const struct attempt *attempt, char *text)
{
	strscpy(text, attempt->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(attempt, attempts, describe_attempt);

/* Create a pool with one block, and fill that block. */
static struct mp_pool *full_pool(struct kunit *test, struct buddy_region *region)
{
	struct mp_pool *pool = mp_create_pool(region, 0, 0);
	u8 *object;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	object = mp_nalloc(pool, FILL, 0);
	memset(object, 7, FILL);
	mp_nalloc(pool, pool->end - PTR_ALIGN(pool->last, POOL_GRANULE) - POOL_REDZONE, 0);
	KUNIT_EXPECT_EQ(test, pool->nr_blocks, 1UL);
	KUNIT_EXPECT_FALSE(test, pool->end - pool->last >= POOL_GRANULE);
	return pool;
}

/* Allocate all free pages but the first @left. */
static void take_pages(struct buddy_region *region, void **pages, unsigned int left)
{
	void *start = buddy_pfn_to_virt(region, region->ranges->pfn), *page;
	unsigned int i;

	memset(pages, 0, SCARCE * sizeof(*pages));
	while ((page = buddy_alloc(region, 0, __GFP_NOWARN)))
		pages[(page - start) >> PAGE_SHIFT] = page;
	for (i = 0; i < SCARCE && left; i++) {
		left -= !!pages[i];
		buddy_free(region, pages[i], 0);
		pages[i] = NULL;
	}
}

static void pool_model_test_exhausted(struct kunit *test)
{
	const struct attempt *attempt = test->param_value;
	struct buddy_region *region = test_region_mapped(test, 0, SCARCE);
	struct buddy_stats *fresh = test_stats(test, region);
	void **pages = kunit_kcalloc(test, SCARCE, sizeof(*pages), GFP_KERNEL);
	unsigned int left, i;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (left = 0; left <= attempt->pages; left++) {
		struct mp_pool *pool = full_pool(test, region);

		cleaned = false;
		take_pages(region, pages, left);
		KUNIT_EXPECT_EQ_MSG(test, attempt->try(pool), left == attempt->pages,
				    "%u pages are left", left);
		/* Every page is free, or the pool's, or taken by the test: none is lost. */
		KUNIT_EXPECT_EQ(test, region->stats.free_pages + pool->nr_blocks +
				pool->large_pages, left + 1UL);
		KUNIT_EXPECT_NULL(test, memchr_inv(block_start(&pool->first), 7, FILL));
		check_region(test, region);
		for (i = 0; i < SCARCE; i++)
			buddy_free(region, pages[i], 0);

		/* With free pages, the attempt succeeds. */
		KUNIT_EXPECT_TRUE(test, attempt->try(pool));
		mp_destroy_pool(pool);
		KUNIT_EXPECT_EQ(test, cleaned, attempt->try == try_cleanup);
		expect_all_free(test, region, fresh);
	}
}

static struct kunit_case pool_model_cases[] = {
	KUNIT_CASE(pool_model_test_random),
	KUNIT_CASE_PARAM(pool_model_test_exhausted, attempt_gen_params),
	{}
};

static struct kunit_suite pool_model_suite = {
	.name = "pool_model",
	.test_cases = pool_model_cases,
};

kunit_test_suite(pool_model_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_model");
MODULE_LICENSE("GPL");
