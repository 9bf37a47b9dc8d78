// SPDX-License-Identifier: GPL-2.0
/*
 * Arenas: where medium objects lie in a pool that lives long.  Freed objects merge, and
 * pages without an object return to the region, so what a pool holds stays bounded.
 *
 * The words:
 *
 *	arena		a run of up to 64 KiB of pages
 *	chunk		a part of an arena: a header and behind it an object, or a hole.
 *			The chunks lie side by side, without gaps
 *	hole		a chunk without an object; two holes never lie side by side
 *	spare page	a page that lies in a hole with all of its bytes
 *
 * An object goes into the hole with the lowest address that it fits into ("address-ordered
 * first fit"), at the upper end of the hole.  Of the known policies this one keeps the
 * holes together best (Johnstone and Wilson, "The memory fragmentation problem: solved?",
 * 1998).  The holes are in a tree, sorted by address.  Each node knows the largest hole
 * below it, so the search takes logarithmic time.
 *
 * An arena gives pages back from its middle, too.  The region may then use these pages for
 * anything, another arena of the same pool included.  So an address belongs to an arena
 * only if the arena still holds the page.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rbtree_augmented.h>

#include "internal.h"

#define UNIT		ARENA_UNIT	/* chunks begin and end at multiples of these bytes */
#define YOUNG_SHARE	8	/* a new arena has a part of the pages of all others */
#define SPARE_PAGES	DIV_ROUND_UP(SZ_32K, PAGE_SIZE)	/* that a pool keeps */

static_assert(sizeof(struct mp_chunk) == UNIT);
static_assert(ARENA_BYTES / UNIT <= U16_MAX);

/* --- chunks --- */

static size_t chunk_bytes(const struct mp_chunk *chunk)
{
	return (size_t)chunk->units * UNIT;
}

static void *chunk_end(struct mp_chunk *chunk)
{
	return (void *)chunk + chunk_bytes(chunk);
}

static bool holds(const struct mp_arena *arena, const void *addr)
{
	return arena->held >> ((addr - arena->start) >> PAGE_SHIFT) & 1;
}

/* Return the chunk behind @chunk, or NULL if the arena does not hold the next page. */
static struct mp_chunk *next_chunk(const struct mp_arena *arena, struct mp_chunk *chunk)
{
	void *end = chunk_end(chunk);

	return !PAGE_ALIGNED(end) || holds(arena, end) ? end : NULL;
}

/* Set the length of @chunk. */
static void set_bytes(const struct mp_arena *arena, struct mp_chunk *chunk, size_t bytes)
{
	struct mp_chunk *next;

	chunk->units = bytes / UNIT;
	next = next_chunk(arena, chunk);
	if (next)
		next->before = chunk->units;
}

static unsigned int unit_of(const struct mp_arena *arena, const void *addr)
{
	return (addr - arena->start) / UNIT;
}

/* --- holes --- */

#define hole_units(hole)	((hole)->units)
RB_DECLARE_CALLBACKS_MAX(static, hole_callbacks, struct mp_chunk, node, u16, largest,
			 hole_units)

static struct mp_chunk *hole_of(struct rb_node *node)
{
	return rb_entry(node, struct mp_chunk, node);
}

static u16 largest_of(struct rb_node *node)
{
	return node ? hole_of(node)->largest : 0;
}

/* Return the pages that lie in a hole with all of their bytes. */
static unsigned long spare_pages(struct mp_chunk *hole)
{
	uintptr_t first = PAGE_ALIGN((uintptr_t)hole);
	uintptr_t end = (uintptr_t)chunk_end(hole) & PAGE_MASK;

	return end > first ? (end - first) >> PAGE_SHIFT : 0;
}

/*
 * Make the @bytes at @addr a hole.  The chunks on both sides are no holes; the one before
 * has @before units.
 */
static void add_hole(struct mp_pool *pool, struct mp_arena *arena, void *addr, size_t bytes,
		     u16 before)
{
	struct rb_node **link = &pool->holes.rb_node, *parent = NULL;
	struct mp_chunk *hole = addr;

	mp_poison(addr, addr + bytes);
	mp_unpoison(addr, sizeof(*hole));
	hole->is_hole = true;
	hole->before = before;
	set_bytes(arena, hole, bytes);
	hole->largest = hole->units;
	pool->spare_pages += spare_pages(hole);
	while (*link) {
		struct mp_chunk *other = hole_of(*link);

		parent = *link;
		other->largest = max(other->largest, hole->units);
		link = hole < other ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&hole->node, parent, link);
	rb_insert_augmented(&hole->node, &pool->holes, &hole_callbacks);
}

static void remove_hole(struct mp_pool *pool, struct mp_chunk *hole)
{
	pool->spare_pages -= spare_pages(hole);
	rb_erase_augmented(&hole->node, &pool->holes, &hole_callbacks);
}

/* Return the hole with the lowest address that has @bytes, or NULL. */
static struct mp_chunk *find_hole(struct mp_pool *pool, size_t bytes)
{
	struct rb_node *node = pool->holes.rb_node;
	size_t units = bytes / UNIT;

	if (largest_of(node) < units)
		return NULL;
	while (largest_of(node->rb_left) >= units || hole_of(node)->units < units)
		node = largest_of(node->rb_left) >= units ? node->rb_left : node->rb_right;
	return hole_of(node);
}

/* --- arenas --- */

static bool arena_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct mp_arena, node)->start <
	       rb_entry(b, struct mp_arena, node)->start;
}

/* Return the arena that holds the page of @addr, or NULL. */
static struct mp_arena *find_arena(struct mp_pool *pool, const void *addr)
{
	struct rb_node *node = pool->arenas.rb_node, *last = NULL;

	while (node) {
		if (addr < rb_entry(node, struct mp_arena, node)->start) {
			node = node->rb_left;
		} else {
			last = node;
			node = node->rb_right;
		}
	}
	/* Where an arena gave pages back, other arenas can lie: at most one for each page. */
	for (; last; last = rb_prev(last)) {
		struct mp_arena *arena = rb_entry(last, struct mp_arena, node);

		if (addr >= arena->start + ARENA_BYTES)
			return NULL;
		if (holds(arena, addr))
			return arena;
	}
	return NULL;
}

/* Return the description of a new arena.  It is used again after the arena is gone. */
static struct mp_arena *new_arena(struct mp_pool *pool, gfp_t gfp)
{
	struct mp_arena *arena = list_first_entry_or_null(&pool->spare_arenas,
							  struct mp_arena, list);

	if (arena) {
		list_del(&arena->list);
		return arena;
	}
	arena = mp_alloc_small(pool, sizeof(*arena), sizeof(void *) - 1, gfp);
	if (!arena)
		return NULL;
	memset(arena, 0, sizeof(*arena));
	arena->born = ++pool->serial;
	arena->older = pool->newest_arena;
	pool->newest_arena = arena;
	return arena;
}

/* Add an arena of @pages pages, which are one hole, and return the hole. */
static struct mp_chunk *add_arena_of(struct mp_pool *pool, unsigned long pages, gfp_t gfp)
{
	struct mp_arena *arena;
	void *addr;

	/* In an NMI, pages cannot be freed if there is no memory for the description. */
	if (unlikely(in_nmi()) && list_empty(&pool->spare_arenas) &&
	    !mp_has_room(pool, sizeof(*arena)))
		return NULL;
	addr = mp_alloc_split_pages(pool, pages, gfp);
	if (!addr)
		return NULL;
	arena = new_arena(pool, gfp);
	if (!arena) {
		mp_free_split_pages(pool, addr, pages);
		return NULL;
	}
	arena->start = addr;
	arena->held = GENMASK(pages - 1, 0);
	pool->arena_pages += pages;
	rb_add(&arena->node, &pool->arenas, arena_less);
	add_hole(pool, arena, addr, pages << PAGE_SHIFT, 0);
	return addr;
}

/*
 * Add an arena with a hole of at least @bytes, and return the hole.  The more pages the pool
 * has in arenas, the larger is the next one; if there is no memory for so much, it is small.
 */
static struct mp_chunk *add_arena(struct mp_pool *pool, size_t bytes, gfp_t gfp)
{
	unsigned long least = DIV_ROUND_UP(bytes, PAGE_SIZE);
	unsigned long pages = clamp(pool->arena_pages / YOUNG_SHARE, least, ARENA_PAGES);
	struct mp_chunk *hole = NULL;

	if (pages > least)
		hole = add_arena_of(pool, pages, gfp | __GFP_NOWARN);
	return hole ?: add_arena_of(pool, least, gfp);
}

/* Give the spare pages of @hole back to the region; return how many. */
static unsigned long give_back(struct mp_pool *pool, struct mp_arena *arena,
			       struct mp_chunk *hole)
{
	void *start = hole, *end = chunk_end(hole), *first = PTR_ALIGN(start, PAGE_SIZE);
	unsigned long pages = spare_pages(hole);
	void *behind = first + (pages << PAGE_SHIFT);
	u16 before = hole->before;

	if (!pages)
		return 0;
	remove_hole(pool, hole);
	arena->held &= ~(GENMASK(pages - 1, 0) << ((first - arena->start) >> PAGE_SHIFT));
	pool->arena_pages -= pages;
	if (start < first)
		add_hole(pool, arena, start, first - start, before);
	if (behind < end)
		add_hole(pool, arena, behind, end - behind, 0);
	else if (holds(arena, end))
		((struct mp_chunk *)end)->before = 0;
	if (!arena->held) {
		rb_erase(&arena->node, &pool->arenas);
		list_add(&arena->list, &pool->spare_arenas);
	}
	mp_free_split_pages(pool, first, pages);
	return pages;
}

/* Keep a few spare pages, so that not every object that comes and goes moves pages. */
static void give_back_too_many(struct mp_pool *pool, struct mp_arena *arena,
			       struct mp_chunk *hole)
{
	if (pool->spare_pages > SPARE_PAGES)
		give_back(pool, arena, hole);
}

/* --- objects --- */

/* Return the bytes of a chunk with an object of @size bytes. */
static size_t bytes_for(size_t size)
{
	return round_up(sizeof(struct mp_chunk) + size + POOL_REDZONE, UNIT);
}

/* Allocate an object of up to half an arena.  @align_mask is less than a page. */
void *mp_arena_alloc(struct mp_pool *pool, size_t size, size_t align_mask, gfp_t gfp)
{
	size_t need = bytes_for(size), rest;
	struct mp_chunk *hole, *chunk;
	struct mp_arena *arena;
	void *object, *end;
	u16 before;

	align_mask |= UNIT - 1;
	hole = find_hole(pool, need + align_mask + 1 - UNIT) ?:
	       add_arena(pool, need + align_mask + 1 - UNIT, gfp);
	if (!hole)
		return NULL;
	arena = find_arena(pool, hole);
	before = hole->before;
	end = chunk_end(hole);
	object = (void *)((uintptr_t)(end - need + sizeof(*chunk)) & ~align_mask);
	chunk = object - sizeof(*chunk);

	/* What is left of the hole stays where it is. */
	rest = (void *)chunk - (void *)hole;
	remove_hole(pool, hole);
	mp_unpoison(chunk, sizeof(*chunk));
	chunk->is_hole = false;
	chunk->before = rest ? rest / UNIT : before;
	set_bytes(arena, chunk, end - (void *)chunk);
	if (rest)
		add_hole(pool, arena, hole, rest, before);

	__set_bit(unit_of(arena, chunk), arena->objects);
	chunk->serial = ++pool->serial;
	pool->at_mark = false;
	list_add(&chunk->list, &pool->chunks);
	pool->arena_given += chunk_bytes(chunk);
	mp_poison(object, end);
	mp_unpoison(object, size);
	return object;
}

static void free_chunk(struct mp_pool *pool, struct mp_arena *arena, struct mp_chunk *chunk)
{
	struct mp_chunk *hole = chunk, *next = next_chunk(arena, chunk);
	void *end = chunk_end(chunk);

	__clear_bit(unit_of(arena, chunk), arena->objects);
	list_del(&chunk->list);
	pool->arena_given -= chunk_bytes(chunk);
	if (next && next->is_hole) {
		end = chunk_end(next);
		remove_hole(pool, next);
	}
	if (chunk->before) {
		struct mp_chunk *previous = (void *)chunk - chunk->before * UNIT;

		if (previous->is_hole) {
			remove_hole(pool, previous);
			hole = previous;
		}
	}
	add_hole(pool, arena, hole, end - (void *)hole, hole->before);
	give_back_too_many(pool, arena, hole);
}

/*
 * Return the header of @object, and set @arena, if the object is one in an arena; or else
 * NULL.  No memory at @object is read.
 */
static struct mp_chunk *find_chunk(struct mp_pool *pool, const void *object,
				   struct mp_arena **arena)
{
	size_t offset;

	*arena = find_arena(pool, object);
	if (!*arena)
		return NULL;
	offset = object - (*arena)->start;
	if (!offset || offset % UNIT || !test_bit(offset / UNIT - 1, (*arena)->objects))
		return NULL;
	return (struct mp_chunk *)object - 1;
}

/* Free @object if it is one in an arena; false if not. */
bool mp_arena_free(struct mp_pool *pool, const void *object)
{
	struct mp_arena *arena;
	struct mp_chunk *chunk = find_chunk(pool, object, &arena);

	if (chunk)
		free_chunk(pool, arena, chunk);
	return !!chunk;
}

/*
 * Return true if an object that shrinks to @size bytes has to leave @chunk: if it is small from
 * now on, or if it fits into a hole with a lower address, where a new object would go.  If all
 * objects stayed, each could keep a page, and what lies between them is too short for others.
 */
static bool is_worth_move(struct mp_pool *pool, const struct mp_chunk *chunk, size_t size)
{
	size_t align_mask = pool->align_mask | (UNIT - 1);
	const struct mp_chunk *hole;

	if (size <= pool->max)
		return true;
	hole = find_hole(pool, bytes_for(size) + align_mask + 1 - UNIT);
	return hole && hole < chunk;
}

/*
 * Resize an object in place: with the hole behind it, if there is one.  With @may_move, one
 * that shrinks may have no room here although it fits.
 */
enum mp_resize mp_arena_resize(struct mp_pool *pool, const void *object, size_t old_size,
			       size_t new_size, bool may_move)
{
	struct mp_arena *arena;
	struct mp_chunk *chunk = find_chunk(pool, object, &arena), *next;
	size_t need, most;

	if (!chunk)
		return MP_NOT_MINE;
	if (old_size > chunk_bytes(chunk) - sizeof(*chunk) - POOL_REDZONE)
		return MP_WRONG_SIZE;
	if (new_size > ARENA_BYTES / 2)
		return MP_NO_ROOM;
	need = bytes_for(new_size);
	if (may_move && need < chunk_bytes(chunk) && is_worth_move(pool, chunk, new_size))
		return MP_NO_ROOM;
	next = next_chunk(arena, chunk);
	if (!next || !next->is_hole)
		next = NULL;
	most = chunk_bytes(chunk) + (next ? chunk_bytes(next) : 0);
	if (need > most)
		return MP_NO_ROOM;
	if (next)
		remove_hole(pool, next);
	pool->arena_given += need - chunk_bytes(chunk);
	chunk->units = need / UNIT;
	if (need < most) {
		add_hole(pool, arena, chunk_end(chunk), most - need, chunk->units);
		give_back_too_many(pool, arena, chunk_end(chunk));
	} else {
		set_bytes(arena, chunk, need);
	}
	mp_poison(object, chunk_end(chunk));
	mp_unpoison(object, new_size);
	return MP_RESIZED;
}

/* Give all spare pages back to the region; return how many. */
unsigned long mp_arena_trim(struct mp_pool *pool)
{
	struct rb_node *node, *next;
	unsigned long pages = 0;

	/* What is left of a hole lies before the next one, so @next stays valid. */
	for (node = rb_first(&pool->holes); node; node = next) {
		next = rb_next(node);
		pages += give_back(pool, find_arena(pool, hole_of(node)), hole_of(node));
	}
	return pages;
}

/* --- undo --- */

/* Free all arenas. */
void mp_arena_undo_all(struct mp_pool *pool)
{
	struct mp_arena *arena;

	for (arena = pool->newest_arena; arena; arena = arena->older) {
		unsigned long held = arena->held, page;

		for_each_set_bit(page, &held, ARENA_PAGES)
			mp_free_split_pages(pool, arena->start + (page << PAGE_SHIFT), 1);
	}
	mp_arena_init(pool);
}

/*
 * Free the objects that are newer than @serial, then the arenas that are; nothing older is
 * looked at.  A new arena has no object then, so each run of its pages is one hole.
 */
void mp_arena_undo(struct mp_pool *pool, u64 serial)
{
	struct mp_chunk *chunk, *next;
	struct mp_arena *arena;

	list_for_each_entry_safe(chunk, next, &pool->chunks, list) {
		if (chunk->serial <= serial)
			break;
		free_chunk(pool, find_arena(pool, chunk), chunk);
	}
	for (arena = pool->newest_arena; arena && arena->born > serial; arena = arena->older) {
		while (arena->held)
			give_back(pool, arena,
				  arena->start + (__ffs(arena->held) << PAGE_SHIFT));
		list_del(&arena->list);
	}
	pool->newest_arena = arena;
}

/* @pool has no arena, or its arenas are freed. */
void mp_arena_init(struct mp_pool *pool)
{
	pool->arenas = RB_ROOT;
	pool->holes = RB_ROOT;
	INIT_LIST_HEAD(&pool->chunks);
	INIT_LIST_HEAD(&pool->spare_arenas);
	pool->newest_arena = NULL;
	pool->arena_pages = 0;
	pool->arena_given = 0;
	pool->spare_pages = 0;
}
