// SPDX-License-Identifier: GPL-2.0
/*
 * The operations, and how they are decoded from bytes.
 *
 * The first bytes choose the region.  Each operation is a byte that chooses a row of the
 * table at the end of this file, a byte that chooses the pool, and what the operation
 * itself reads.  A cleanup handler reads its operations from the same bytes.  Bytes behind
 * the end are 0, and a handler that is called there does nothing.
 */
#include <stdio.h>

#include "fuzz.h"

#define DEEPEST		4	/* handlers in handlers */
#define LONGEST		4000	/* bytes that are copied */

unsigned long nr_ops;

static const u8 *next, *end;
static unsigned int depth;
static char text[LONGEST + 1];	/* what is copied */

static u8 byte(void)
{
	return next < end ? *next++ : 0;
}

static unsigned int number(unsigned int limit)
{
	unsigned int value = byte();

	return (limit > 256 ? value << 8 | byte() : value) % limit;
}

static size_t draw_size(const struct side *side)
{
	u8 how = byte();

	switch (how % 8) {
	case 0:
	case 1:
		return 1 + byte();
	case 2:	/* about the largest small object */
		return max_t(long, side->pool->max + byte() % 9 - 4, 1);
	case 3:
	case 4:
		return 1 + number(4400);
	case 5:	/* about some pages */
		return (1 + byte() % 4) * PAGE_SIZE + byte() % 9 - 4;
	case 6:	/* about a block */
		return (side->pool->block_pages << PAGE_SHIFT) - number(700);
	}
	switch (how >> 3) {
	case 0:
		return 0;
	case 1:
		return SIZE_MAX - byte() % 9;
	case 2:
		return BIT(63) + byte() % 9 - 4;
	case 3:
	case 4:
		return 1 + number(65536) * 4;
	default:
		return 1 + number(20000);
	}
}

/* --- pools --- */

static void op_create(struct side *side)
{
	static const unsigned int sizes[] = { 1, 100, 600, 5000, 5 * PAGE_SIZE };
	size_t size = number(sizes[number(ARRAY_SIZE(sizes))] + 1), largest;
	unsigned int order = order_base_2(DIV_ROUND_UP(size ?: 1, PAGE_SIZE));
	unsigned long used = region_used();
	int free = region_largest();

	side->align = BIT(number(13));
	if (byte() % 8)
		side->align = min_t(size_t, side->align, 64);
	side->nr_objects = 0;
	side->nr_notes = 0;
	side->nr_savepoints = 0;
	if (mp_create_pool_named(region, "fuzz", size, 3 * side->align, __GFP_NOWARN))
		fault("a pool has a wrong alignment");
	side->pool = mp_create_pool_named(region, "fuzz", size, side->align, __GFP_NOWARN);
	note_op("    size %zu, alignment %zu: %p", size, side->align, side->pool);
	if (!side->pool) {
		if (!has_failed() && (int)order <= free)
			fault("no pool of %zu bytes, but there is room", size);
		if (region_used() != used)
			fault("a pool that could not be created has left pages");
		return;
	}
	largest = max(size ?: PAGE_SIZE, sizeof(struct mp_entry));
	if (!PAGE_ALIGNED(side->pool) || side->pool->max > largest)
		fault("pool %p of %zu bytes has small objects of %zu", side->pool, size,
		      side->pool->max);
}

static void op_destroy(struct side *side)
{
	destroy_side(side);
}

static void op_reset(struct side *side)
{
	reset_side(side);
}

static void op_trim(struct side *side)
{
	unsigned long before = side->pool->pages, used = region_used();
	unsigned long pages = mp_trim_pool(side->pool);

	if (side->pool->pages + pages != before || region_used() + pages != used)
		fault("%lu pages are trimmed, but the pool has %lu of %lu", pages,
		      side->pool->pages, before);
	if (mp_trim_pool(side->pool))
		fault("a second trim finds pages");
}

static void op_limit(struct side *side)
{
	size_t bytes = byte() % 4 ? (side->pool->pages + byte() % 16 - 4) * PAGE_SIZE : 0;
	unsigned long limit = side->pool->limit;
	int err = mp_set_limit(side->pool, bytes);

	note_op("    %zu bytes: %d", bytes, err);
	if (side->pool->limit != (err ? limit : bytes / PAGE_SIZE))
		fault("the limit is %lu", side->pool->limit);
	if (err && (err != -EBUSY || side->pool->pages <= bytes / PAGE_SIZE))
		fault("a limit of %zu bytes fails: %d, pages %lu", bytes, err,
		      side->pool->pages);
}

static void op_stats(struct side *side)
{
	struct mp_stats stats;

	mp_pool_stats(side->pool, &stats);
	if (stats.pages << PAGE_SHIFT !=
	    stats.block_bytes + stats.arena_bytes + stats.large_bytes)
		fault("%lu pages, but %lu + %lu + %lu bytes", stats.pages, stats.block_bytes,
		      stats.arena_bytes, stats.large_bytes);
	if (stats.given + stats.freed + stats.aligned > stats.block_bytes ||
	    stats.arena_free > stats.arena_bytes)
		fault("more bytes are in the blocks, or in the arenas, than they have");
}

static void op_mark(struct side *side)
{
	set_savepoint(side);
}

static void op_rewind(struct side *side)
{
	unsigned int back = byte() % 4;

	if (side->nr_savepoints)
		rewind_to(side, side->nr_savepoints - 1 - back % side->nr_savepoints);
}

static void op_rewind_wrong(struct side *side)
{
	struct side *from = &sides[byte() % POOLS];

	if (from->has_stale)
		rewind_stale(side, &from->stale);
	if (from != side && from->pool && from->nr_savepoints && side->pool)
		rewind_stale(side, &from->savepoints[0].mark);
}

/* --- objects --- */

static bool begin(struct side *side, struct request *request, size_t size, size_t align)
{
	*request = (struct request){ .size = size, .align = align };
	has_failed();
	look(side, &request->before);
	note_op("    %zu bytes at %zu", size, align);
	return side->nr_objects < OBJECTS;
}

static void op_alloc(struct side *side)
{
	struct request request;
	u8 how = byte();
	gfp_t gfp = __GFP_NOWARN | (how & 4 ? __GFP_ZERO : 0);
	bool unaligned = how % 4 == 0;

	if (!begin(side, &request, draw_size(side), unaligned ? 1 : side->align))
		return;
	request.zero = how & 4;
	nmi = how >= 0xf0;
	add_object(side, &request, unaligned ? mp_nalloc(side->pool, request.size, gfp) :
		   mp_alloc(side->pool, request.size, gfp));
	nmi = false;
}

static void op_calloc(struct side *side)
{
	size_t nr = byte() % 32 ? number(40) : SIZE_MAX / 2, size = draw_size(side);
	struct request request;

	if (!begin(side, &request, array_size(nr, size), side->align))
		return;
	request.zero = true;
	add_object(side, &request, mp_calloc(side->pool, nr, size, __GFP_NOWARN));
}

static void op_memalign(struct side *side)
{
	unsigned int shift = byte() % 16;
	struct request request;

	if (!begin(side, &request, draw_size(side), BIT(shift)))
		return;
	add_object(side, &request, mp_memalign(side->pool, request.size, request.align,
					       __GFP_NOWARN));
	if (mp_memalign(side->pool, 1, 3 * request.align, __GFP_NOWARN))
		fault("an object has a wrong alignment");
}

static void op_copy(struct side *side)
{
	size_t size = 1 + number(LONGEST);
	const char *from = text + LONGEST + 1 - size;
	char expected[LONGEST + 1];
	struct request request;
	u8 how = byte() % 3;

	if (!begin(side, &request, size, how ? 1 : side->align))
		return;
	request.content = from;
	switch (how) {
	case 0:
		add_object(side, &request, mp_memdup(side->pool, from, size, __GFP_NOWARN));
		break;
	case 1:
		add_object(side, &request, (u8 *)mp_strdup(side->pool, from, __GFP_NOWARN));
		break;
	default:
		snprintf(expected, size, "%*d", (int)size - 1, 7);
		request.size = strlen(expected) + 1;
		request.content = expected;
		add_object(side, &request, (u8 *)mp_printf(side->pool, __GFP_NOWARN, "%.*s",
							   (int)size, expected));
	}
}

static void op_realloc(struct side *side)
{
	struct request request;
	u8 how = byte();

	if (!side->nr_objects ||
	    !begin(side, &request, draw_size(side), side->align))
		return;
	request.zero = how & 1;
	resize_object(side, &request, number(side->nr_objects));
}

static void op_free(struct side *side)
{
	if (side->nr_objects)
		try_free(side, side->objects[number(side->nr_objects)].addr);
}

static void op_free_wrong(struct side *side)
{
	const struct side *other = &sides[byte() % POOLS];
	const struct object *object;
	u8 how = byte();

	switch (how % 8) {
	case 0:
		try_free(side, NULL);
		return;
	case 1:
		try_free(side, (void *)-4095L);
		return;
	case 2:
		try_free(side, side->pool);
		return;
	case 3:
		try_free(side, side->pool->last);
		return;
	}
	if (!other->pool || !other->nr_objects)
		return;
	object = &other->objects[number(other->nr_objects)];
	try_free(side, object->addr + (how % 8 == 4 ? 0 : 1U << (how >> 3) % 16));
}

/* --- cleanup handlers --- */

static void op_add_cleanup(struct side *side)
{
	add_note(side, byte() % KEYS);
}

static void op_cancel_cleanup(struct side *side)
{
	u8 how = byte();

	remove_note(side, how % KEYS, false, how >= 0xe0);
}

static void op_run_cleanup(struct side *side)
{
	u8 how = byte();

	remove_note(side, how % KEYS, true, how >= 0xe0);
}

/* --- calls that fail --- */

static void op_fail(struct side *side)
{
	fail_after(1 + byte() % 4);
}

static void op_refused_in_nmi(struct side *side)
{
	struct mp_mark mark = {};
	struct sight before;
	u8 how = byte() % 9;
	bool wrong = false;

	look(side, &before);
	nmi = true;
	switch (how) {
	case 0:
		wrong = mp_create_pool(region, 0, __GFP_NOWARN);
		break;
	case 1:
		mp_destroy_pool(side->pool);
		break;
	case 2:
		mp_reset_pool(side->pool);
		break;
	case 3:
		wrong = mp_trim_pool(side->pool);
		break;
	case 4:
		mp_rewind_pool(side->pool, side->nr_savepoints ?
			       &side->savepoints->mark : &mark);
		break;
	case 5:
		wrong = mp_free(side->pool, side->objects->addr);
		break;
	case 6:
		wrong = mp_realloc(side->pool, side->objects->addr, 1, 2, __GFP_NOWARN);
		break;
	case 7:
		wrong = mp_set_limit(side->pool, 0) != -EINVAL;
		break;
	default:
		wrong = mp_run_cleanup(side->pool, NULL, NULL);
	}
	nmi = false;
	bad_calls++;
	check_same(side, &before, "a call in an NMI");
	if (wrong)
		fault("call %u is not refused in an NMI", how);
}

static void op_refused(struct side *side)
{
	static struct mp_mark mark;
	struct mp_pool *const wrong[] = {
		NULL, (void *)-5L, (void *)side->pool + 8, (void *)text,
	};
	struct mp_pool *pool = wrong[byte() % ARRAY_SIZE(wrong)];
	struct sight before;
	bool done = false;
	u8 how = byte() % 12;

	look(side, &before);
	bad_calls++;
	switch (how) {
	case 0:
		mp_reset_pool(pool);
		break;
	case 1:
		done = mp_trim_pool(pool);
		break;
	case 2:
		mp_mark_pool(pool, &mark);
		break;
	case 3:
		mp_rewind_pool(pool, &mark);
		break;
	case 4:
		done = mp_memalign(pool, 1, 1, 0);
		break;
	case 5:
		done = mp_free(pool, text);
		break;
	case 6:
		done = mp_add_cleanup(pool, (void *)op_refused, NULL, 0) != -EINVAL;
		break;
	case 7:
		done = mp_add_cleanup(side->pool, NULL, NULL, 0) != -EINVAL;
		break;
	case 8:
		done = mp_memdup(pool, text, 1, 0) || mp_strdup(side->pool, (void *)-5L, 0);
		bad_calls++;
		break;
	case 9:
		done = mp_printf(pool, 0, "%d", 7) || mp_memdup(side->pool, NULL, 1, 0);
		bad_calls++;
		break;
	case 10:
		mp_mark_pool(side->pool, NULL);
		mp_rewind_pool(side->pool, NULL);
		bad_calls++;
		break;
	default:
		done = mp_alloc(side->pool, 1 + byte(), __GFP_DMA | __GFP_ZERO);
		bad_calls--;
		zone_errors++;
	}
	check_same(side, &before, "a wrong call");
	if (done)
		fault("call %u is not refused", how);
}

/* --- the region --- */

static void op_take(struct side *side)
{
	take_pages(byte() % 6);
}

static void op_give(struct side *side)
{
	give_pages(byte());
}

static void op_check(struct side *side)
{
	check_all();
}

/* --- the table --- */

/* For a new function of pool.h: add a function above and a row here. */
static const struct {
	const char *name;
	void (*run)(struct side *side);
	unsigned int weight;	/* of 256 */
} ops[] = {
	{ "alloc", op_alloc, 60 },
	{ "realloc", op_realloc, 18 },
	{ "calloc", op_calloc, 8 },
	{ "memalign", op_memalign, 14 },
	{ "copy", op_copy, 10 },
	{ "free", op_free, 48 },
	{ "free wrong", op_free_wrong, 12 },
	{ "mark", op_mark, 12 },
	{ "rewind", op_rewind, 6 },
	{ "rewind wrong", op_rewind_wrong, 4 },
	{ "add cleanup", op_add_cleanup, 14 },
	{ "cancel cleanup", op_cancel_cleanup, 4 },
	{ "run cleanup", op_run_cleanup, 4 },
	{ "trim", op_trim, 3 },
	{ "limit", op_limit, 2 },
	{ "stats", op_stats, 2 },
	{ "reset", op_reset, 2 },
	{ "destroy", op_destroy, 2 },
	{ "fail", op_fail, 10 },
	{ "refused in an NMI", op_refused_in_nmi, 3 },
	{ "refused", op_refused, 3 },
	{ "take pages", op_take, 7 },
	{ "give pages", op_give, 7 },
	{ "check", op_check, 1 },
};

static void run_op(void)
{
	unsigned int code = byte(), i, k = byte() % POOLS;
	struct side *side = &sides[k];

	for (i = 0; i < ARRAY_SIZE(ops) - 1 && code >= ops[i].weight; i++)
		code -= ops[i].weight;
	nr_ops++;
	if (side->pool) {
		note_op("%*spool %u: %s", depth * 8, "", k, ops[i].name);
		ops[i].run(side);
	} else {
		note_op("%*spool %u: create", depth * 8, "", k);
		op_create(side);
	}
	check_quick();
}

void run_nested(void)
{
	unsigned int nr;

	if (depth == DEEPEST || next >= end)
		return;
	depth++;
	for (nr = byte() % 4; nr; nr--)
		run_op();
	depth--;
}

void run_input(const u8 *data, size_t size)
{
	unsigned int pages, offset;
	bool watched;

	memset(text, 'x', LONGEST);
	next = data;
	end = data + size;
	pages = 60 + number(1441);
	if (byte() % 2)
		pages = 60 + pages % 64;
	offset = byte() % 64;
	watched = byte() % 2;
	note_op("%u pages from %u on%s", pages, offset, watched ? ", watched" : "");
	region_make(pages, offset, watched);
	model_begin();
	while (next < end)
		run_op();
	model_end();
	region_destroy();
}

/* What libFuzzer calls. */
int fuzz_one(const u8 *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

int fuzz_one(const u8 *data, size_t size)
{
	run_input(data, size);
	return 0;
}
