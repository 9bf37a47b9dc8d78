// SPDX-License-Identifier: GPL-2.0
/*
 * The model: a list of the objects of each pool, each filled with a stamp.  It knows
 * nothing of blocks, and compares the pools with what pool.h and large.c promise.
 */
#include "fuzz.h"

#define TAKEN		64	/* blocks of the region that the fuzzer itself has */

#if defined(CONFIG_KASAN_GENERIC) && defined(SANITIZE)
#define POISONS		true
#else
#define POISONS		false
#endif

struct side sides[POOLS];
unsigned int bad_calls, zone_errors;

static unsigned int old_bad_calls;
static u8 next_stamp;
static unsigned int cursor;	/* which objects check_quick() looks at */

static struct taken {
	u8 *addr;
	unsigned int order;
	u8 stamp;
} taken[TAKEN];
static unsigned int nr_taken;
static unsigned long taken_pages;

/* --- objects --- */

void look(struct side *side, struct sight *sight)
{
	sight->pages = side->pool->pages;
	sight->given = side->pool->given;
	sight->used = region_used();
	sight->largest = region_largest();
}

void check_same(struct side *side, const struct sight *before, const char *what)
{
	struct sight now;

	look(side, &now);
	if (now.pages != before->pages || now.given != before->given ||
	    now.used != before->used)
		fault("%s failed, but pages %lu -> %lu, given %zu -> %zu, used %lu -> %lu",
		      what, before->pages, now.pages, before->given, now.given,
		      before->used, now.used);
}

static bool is_filled(const u8 *addr, size_t size, u8 stamp)
{
	return !size || (addr[0] == stamp && !memcmp(addr, addr + 1, size - 1));
}

/* Pages of an object's own can end with it; the bytes behind them are not the pool's. */
static void check_redzone(const u8 *addr, size_t size)
{
	if (POISONS && !PAGE_ALIGNED(addr + size) && !is_poisoned(addr + size))
		fault("%zu bytes at %p have no redzone", size, addr);
}

void check_object(const struct object *object)
{
	if (!object->size)
		return;
	if (!is_filled(object->addr, object->size, object->stamp))
		fault("%zu bytes at %p have changed", object->size, object->addr);
	check_redzone(object->addr, object->size);
}

void check_objects(struct side *side, unsigned int first)
{
	for (; first < side->nr_objects; first++)
		check_object(&side->objects[first]);
}

static void check_gone(const struct object *object)
{
	const u8 *byte = object->addr;

	/*
	 * If the pages before the object have gone back to the region, the hole that is
	 * left of the arena begins here, with its chunk, which the pool reads and writes.
	 */
	if (PAGE_ALIGNED(byte)) {
		if (object->size <= sizeof(struct mp_chunk))
			return;
		byte += object->size - 1;
	}
	/* A page that is not watched is not poisoned when it is free. */
	if (POISONS && buddy_watched && !is_poisoned(byte))
		fault("%zu bytes at %p are free, but can be accessed", object->size,
		      object->addr);
}

void drop_objects(struct side *side, unsigned int first)
{
	unsigned int i;

	for (i = first; i < side->nr_objects; i++)
		if (side->objects[i].size)
			check_gone(&side->objects[i]);
	side->nr_objects = first;
}

/*
 * Whether the region certainly has memory for the request: a block for its pages or for a
 * block of the pool.  An object with an entry may need both.
 */
static bool has_room(const struct side *side, const struct request *request)
{
	unsigned long pages = max(request->size / PAGE_SIZE + 1, side->pool->block_pages);
	int order = order_base_2(pages);

	if (side->pool->limit)
		return false;
	order = max(order, get_order(request->align));
	if (request->size > side->pool->max || request->align > sizeof(struct mp_pool))
		order++;
	return order <= request->before.largest;
}

static void check_overlap(const u8 *addr, size_t size)
{
	const struct object *object;
	struct side *side;

	for (side = sides; side < sides + POOLS; side++) {
		if (!side->pool)
			continue;
		for (object = side->objects; object < side->objects + side->nr_objects; object++)
			if (addr < object->addr + object->size && object->addr < addr + size &&
			    object->size)
				fault("%zu bytes at %p overlap %zu at %p", size, addr,
				      object->size, object->addr);
	}
}

/* An object of the pool, or pages for the fuzzer: inside the region, and no one else's. */
static void check_place(const u8 *addr, size_t size)
{
	if (buddy_virt_to_pfn(region, addr) == BUDDY_NO_PFN ||
	    buddy_virt_to_pfn(region, addr + size - 1) == BUDDY_NO_PFN)
		fault("%zu bytes at %p are not inside the region", size, addr);
	check_overlap(addr, size);
}

static void fail_object(struct side *side, const struct request *request)
{
	bool on_demand = has_failed();

	if (!on_demand && !nmi && has_room(side, request))
		fault("nothing for %zu bytes at %zu, but there is room", request->size,
		      request->align);
	check_same(side, &request->before, "an allocation");
	note_op("    fails%s", on_demand ? " on demand" : "");
}

void add_object(struct side *side, const struct request *request, u8 *addr)
{
	struct object *object = &side->objects[side->nr_objects];
	struct mp_pool *pool = side->pool;
	size_t size = request->size;

	if (!addr) {
		fail_object(side, request);
		return;
	}
	if (!size || addr == ZERO_SIZE_PTR) {
		if (size || addr != ZERO_SIZE_PTR)
			fault("%zu bytes are at %p", size, addr);
		check_same(side, &request->before, "0 bytes");
		return;
	}
	note_op("    at %p", addr);
	check_place(addr, size);
	if (buddy_virt_to_phys(region, addr) & (request->align - 1))
		fault("%zu bytes at %p are not aligned to %zu", size, addr, request->align);
	check_redzone(addr, size);
	if (request->zero && !is_filled(addr, size, 0))
		fault("%zu bytes at %p are not cleared", size, addr);
	if (request->content && memcmp(addr, request->content, size))
		fault("%zu bytes at %p are no copy", size, addr);
	*object = (struct object){
		.addr = addr, .size = size, .stamp = next_stamp++,
		.freeable = size > pool->max,
		.any = size <= pool->max && request->align > sizeof(*pool),
	};
	memset(addr, object->stamp, size);
	side->nr_objects++;
}

static struct object *find_object(struct side *side, const void *addr)
{
	struct object *object;

	for (object = side->objects; object < side->objects + side->nr_objects; object++)
		if (object->addr == addr && object->size)
			return object;
	return NULL;
}

/* Free @addr, whatever that is. */
void try_free(struct side *side, const void *addr)
{
	struct object *object = find_object(side, addr);
	struct sight before;
	bool freed;

	look(side, &before);
	if (object)
		check_object(object);
	freed = mp_free(side->pool, addr);
	note_op("    %s", freed ? "freed" : "not freed");
	if (!object && freed)
		fault("%p is freed, but is no object", addr);
	if (object && !object->any && freed != object->freeable)
		fault("%zu bytes at %p: freed %d", object->size, addr, freed);
	if (!freed) {
		check_same(side, &before, "a free");
		return;
	}
	check_gone(object);
	object->size = 0;
}

void resize_object(struct side *side, const struct request *request, unsigned int number)
{
	struct object *object = &side->objects[number], old = *object;
	struct request moved = *request;
	size_t size = request->size;
	u8 *addr;

	if (!old.size || old.any)
		return;
	check_object(object);
	addr = mp_realloc(side->pool, old.addr, old.size, size,
			  __GFP_NOWARN | (request->zero ? __GFP_ZERO : 0));
	note_op("    %zu bytes at %p: %p", old.size, old.addr, addr);
	if (!addr) {
		if (size <= old.size)
			fault("an object cannot shrink");
		fail_object(side, request);
		check_object(object);
		return;
	}
	if (!is_filled(size ? addr : old.addr, size ? min(size, old.size) : 0, old.stamp))
		fault("%zu bytes at %p have changed while they became %zu", old.size, old.addr,
		      size);
	if (request->zero && size > old.size && !is_filled(addr + old.size, size - old.size, 0))
		fault("the new bytes of %zu at %p are not cleared", size, addr);
	if (addr != old.addr && old.freeable) {
		check_gone(&old);
		object->size = 0;
	}
	if (!size) {
		if (addr != ZERO_SIZE_PTR)
			fault("0 bytes are at %p", addr);
		return;
	}
	if (addr != old.addr) {
		moved.zero = false;
		add_object(side, &moved, addr);
		return;
	}
	object->size = 0;
	check_place(addr, size);
	object->size = size;
	check_redzone(addr, size);
	object->stamp = next_stamp++;
	memset(addr, object->stamp, size);
}

/* --- pages that the fuzzer itself has, so that the region is full or in pieces --- */

bool take_pages(unsigned int order)
{
	struct taken *block = &taken[nr_taken];

	if (nr_taken == TAKEN)
		return false;
	block->addr = buddy_alloc(region, order, __GFP_NOWARN);
	has_failed();
	if (!block->addr)
		return false;
	check_place(block->addr, PAGE_SIZE << order);
	block->order = order;
	block->stamp = next_stamp++;
	memset(block->addr, block->stamp, PAGE_SIZE << order);
	taken_pages += BIT(order);
	nr_taken++;
	return true;
}

static void check_taken(const struct taken *block)
{
	if (!is_filled(block->addr, PAGE_SIZE << block->order, block->stamp))
		fault("pages at %p, which no pool has, have changed", block->addr);
}

void give_pages(unsigned int number)
{
	struct taken *block = &taken[number % TAKEN];

	if (!nr_taken)
		return;
	block = &taken[number % nr_taken];
	check_taken(block);
	buddy_free(region, block->addr, block->order);
	taken_pages -= BIT(block->order);
	*block = taken[--nr_taken];
}

/* --- checks of all pools --- */

static void check_errors(void)
{
	unsigned int kind;

	if (buddy_bad_calls.counter != old_bad_calls + bad_calls)
		fault("%u bad calls, not %u", buddy_bad_calls.counter - old_bad_calls,
		      bad_calls);
	for (kind = 0; kind < BUDDY_NR_ERRORS; kind++)
		if (region->errors[kind].counter != (kind == BUDDY_ZONE ? zone_errors : 0))
			fault("%ld errors of kind %u", region->errors[kind].counter, kind);
}

void check_quick(void)
{
	unsigned long pages = taken_pages, live = 0;
	struct list_head *link;
	struct side *side;

	check_errors();
	for (side = sides; side < sides + POOLS; side++) {
		if (!side->pool)
			continue;
		live++;
		pages += side->pool->pages;
		if (side->pool->limit && side->pool->pages > side->pool->limit)
			fault("%lu pages are more than the limit", side->pool->pages);
		if (!side->busy && side->pool->users.counter)
			fault("a call has not left its pool");
		if (side->pool->given > side->pool->pages << PAGE_SHIFT)
			fault("%zu bytes are given in %lu pages", side->pool->given,
			      side->pool->pages);
		if (side->nr_objects)
			check_object(&side->objects[cursor++ % side->nr_objects]);
	}
	if (region_used() != pages)
		fault("%lu pages are in use, the pools have %lu", region_used(), pages);
	for (link = mp_pools.next; link != &mp_pools; link = link->next)
		live--;
	if (live)
		fault("the list of pools is wrong");
}

void check_all(void)
{
	unsigned int i;

	for (i = 0; i < POOLS; i++)
		if (sides[i].pool)
			check_objects(&sides[i], 0);
	for (i = 0; i < nr_taken; i++)
		check_taken(&taken[i]);
}

void model_begin(void)
{
	unsigned int i, k;

	old_bad_calls = buddy_bad_calls.counter;
	bad_calls = 0;
	zone_errors = 0;
	next_stamp = 1;
	cursor = 0;
	for (i = 0; i < POOLS; i++) {
		sides[i].pool = NULL;
		sides[i].target = NOT_UNDOING;
		sides[i].has_stale = false;
		sides[i].run_key = NO_KEY;
		for (k = 0; k < KEYS; k++)
			sides[i].keys[k] = (struct key){ &sides[i], k };
	}
}

void model_end(void)
{
	unsigned int i;

	check_all();
	for (i = 0; i < POOLS; i++)
		if (sides[i].pool)
			destroy_side(&sides[i]);
	check_quick();
	while (nr_taken)
		give_pages(0);
}
