// SPDX-License-Identifier: GPL-2.0
/*
 * Torture's blocks: they are allocated, stamped, checked and freed in any context.
 *
 * A block is a word with its place, its length, and the CPU and context that allocated
 * it.  This word is also the stamp on its pages.  All contexts share the slots, so that
 * most blocks are freed by another CPU or context.  A context that uses a slot marks it
 * busy, and the others skip it: so no context waits for a slot, not even an NMI.
 */
#define pr_fmt(fmt) "torture: " fmt

#include <linux/bitfield.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "torture.h"

#define TORTURE_BUSY	(~0ULL)

#define BLOCK_OFFSET	GENMASK_ULL(19, 0)
#define BLOCK_PAGES	GENMASK_ULL(37, 20)
#define BLOCK_CPU	GENMASK_ULL(43, 38)
#define BLOCK_CONTEXT	GENMASK_ULL(45, 44)
#define BLOCK_SERIAL	GENMASK_ULL(62, 46)

#define PAGE_WORDS	(PAGE_SIZE / sizeof(u64))

/* In blocks of several pages, only the last word and one in so many are stamped. */
#define SPARSE		64

#define BULK		16

static unsigned long block_pages(u64 block)
{
	return FIELD_GET(BLOCK_PAGES, block);
}

static unsigned long block_pfn(const struct arena *arena, u64 block)
{
	return arena->base + FIELD_GET(BLOCK_OFFSET, block);
}

static u64 make_block(const struct arena *arena, unsigned long pfn, unsigned long pages)
{
	static atomic_t serial;

	return FIELD_PREP(BLOCK_OFFSET, pfn - arena->base) |
	       FIELD_PREP(BLOCK_PAGES, pages) |
	       FIELD_PREP(BLOCK_CPU, raw_smp_processor_id()) |
	       FIELD_PREP(BLOCK_CONTEXT, torture_context()) |
	       FIELD_PREP(BLOCK_SERIAL, (u32)atomic_inc_return(&serial) % BIT(17));
}

/* Whether the block was allocated on another CPU, or in another context. */
static bool is_elsewhere(u64 block)
{
	return FIELD_GET(BLOCK_CPU, block) != raw_smp_processor_id() ||
	       FIELD_GET(BLOCK_CONTEXT, block) != torture_context();
}

/* --- a page is in one block, and keeps its contents --- */

/* Mark the pages as used or free; fail if a page was marked so already. */
static void mark_pages(struct arena *arena, u64 block, bool used)
{
	unsigned long at = FIELD_GET(BLOCK_OFFSET, block), end = at + block_pages(block);

	while (at < end) {
		unsigned long stop = min(end, round_down(at, BITS_PER_LONG) + BITS_PER_LONG);
		unsigned long mask = GENMASK((stop - 1) % BITS_PER_LONG, at % BITS_PER_LONG);
		atomic_long_t *word = &arena->used[at / BITS_PER_LONG];
		unsigned long old = used ? atomic_long_fetch_or(mask, word) :
				    ~atomic_long_fetch_andnot(mask, word);

		if (old & mask)
			torture_fail("%s: pfn %#lx, block %#llx at %#lx: the page is %s\n",
				     arena->name, arena->base + __ffs(old & mask) +
				     round_down(at, BITS_PER_LONG), block,
				     block_pfn(arena, block),
				     used ? "in another block" : "free");
		at = stop;
	}
}

static unsigned int stamp_step(u64 block)
{
	return block_pages(block) == 1 ? 1 : SPARSE;
}

static void stamp_pages(struct arena *arena, u64 block)
{
	u64 *word = buddy_pfn_to_virt(arena->region, block_pfn(arena, block));
	u64 *last = word + block_pages(block) * PAGE_WORDS - 1;

	for (*last = block; word < last; word += stamp_step(block))
		*word = block;
}

/* All stamped words must be @stamp. */
static void check_pages(struct arena *arena, u64 block, u64 stamp)
{
	u64 *start = buddy_pfn_to_virt(arena->region, block_pfn(arena, block)), *word;
	u64 *last = start + block_pages(block) * PAGE_WORDS - 1;

	for (word = start; word < last && *word == stamp; word += stamp_step(block))
		;
	word = min(word, last);
	if (*word != stamp)
		torture_fail("%s: pfn %#lx, block %#llx: %#llx at byte %zu, not %#llx\n",
			     arena->name, block_pfn(arena, block), block, *word,
			     (word - start) * sizeof(*word), stamp);
}

static void check_block(struct arena *arena, u64 block)
{
	unsigned long pfn = block_pfn(arena, block);
	unsigned long pages = buddy_block_pages(arena->region, pfn);

	if (pages != block_pages(block))
		torture_fail("%s: pfn %#lx, block %#llx has %lu pages, not %lu\n",
			     arena->name, pfn, block, pages, block_pages(block));
	if (arena->mapped)
		check_pages(arena, block, block);
	torture_count(TORTURE_CHECK, 1);
}

/* Check and stamp a block that was just allocated.  Return its word. */
static u64 enter_block(struct arena *arena, unsigned long pfn, unsigned long pages,
		       unsigned int align, bool zeroed)
{
	u64 block;

	if (pfn - arena->base >= arena->span || arena->span - (pfn - arena->base) < pages ||
	    pfn % BIT(align)) {
		torture_fail("%s: got pfn %#lx for %lu pages, to be aligned to %lu\n",
			     arena->name, pfn, pages, BIT(align));
		return 0;
	}
	block = make_block(arena, pfn, pages);
	mark_pages(arena, block, true);
	if (zeroed)
		check_pages(arena, block, 0);
	if (arena->mapped)
		stamp_pages(arena, block);
	return block;
}

static void leave_block(struct arena *arena, u64 block)
{
	check_block(arena, block);
	mark_pages(arena, block, false);
	torture_count(TORTURE_ELSEWHERE, is_elsewhere(block));
}

/* --- allocate and free --- */

static unsigned int random_order(struct arena *arena, struct rnd_state *rnd)
{
	/* Half of the blocks have order 0, a quarter order 1, ...; a few have any order. */
	unsigned int order = dice(rnd, 32) ? __ffs(prandom_u32_state(rnd) | BIT(31)) :
			     dice(rnd, arena->max_order + 1);

	return min(order, arena->max_order);
}

static unsigned long alloc_pfn(struct arena *arena, enum torture_kind kind,
			       unsigned long pages, unsigned int align,
			       const struct buddy_window *window, gfp_t gfp)
{
	switch (kind) {
	case TORTURE_ALLOC_ORDER:
		return buddy_alloc_pfn(arena->region, align, gfp);
	case TORTURE_ALLOC_EXACT:
		return buddy_alloc_pfn_exact(arena->region, pages, gfp);
	case TORTURE_ALLOC_ALIGNED:
		return buddy_alloc_pfn_aligned(arena->region, pages, align, gfp);
	default:
		return buddy_alloc_pfn_within(arena->region, pages, window, gfp);
	}
}

static unsigned long alloc_addr(struct arena *arena, enum torture_kind kind,
				unsigned long pages, unsigned int align,
				const struct buddy_window *window, gfp_t gfp)
{
	void *addr;

	switch (kind) {
	case TORTURE_ALLOC_ORDER:
		addr = buddy_alloc(arena->region, align, gfp);
		break;
	case TORTURE_ALLOC_EXACT:
		addr = buddy_alloc_exact(arena->region, pages, gfp);
		break;
	case TORTURE_ALLOC_ALIGNED:
		addr = buddy_alloc_aligned(arena->region, pages, align, gfp);
		break;
	default:
		addr = buddy_alloc_within(arena->region, pages, window, gfp);
	}
	return addr ? buddy_virt_to_pfn(arena->region, addr) : BUDDY_NO_PFN;
}

/* A window in which @pages pages fit, somewhere near the arena: often too full. */
static struct buddy_window random_window(struct arena *arena, struct rnd_state *rnd,
					 unsigned long pages, unsigned int align)
{
	unsigned long low = arena->base + dice(rnd, arena->span);

	return (struct buddy_window){
		.low = PFN_PHYS(low),
		.high = dice(rnd, 2) ? 0 : PFN_PHYS(low + pages + dice(rnd, arena->span)) - 1,
		.boundary = dice(rnd, 4) ? 0 : PFN_PHYS(roundup_pow_of_two(pages)),
		.align_order = align,
		.top_down = dice(rnd, 2),
	};
}

static bool is_inside(const struct buddy_window *window, unsigned long pfn, unsigned long pages)
{
	u64 low = PFN_PHYS(pfn), high = PFN_PHYS(pfn + pages) - 1;

	return low >= window->low && (!window->high || high <= window->high) &&
	       (!window->boundary || low / window->boundary == high / window->boundary);
}

static u64 take_block(struct arena *arena, struct rnd_state *rnd)
{
	static const enum torture_kind kinds[] = { TORTURE_ALLOC_ORDER, TORTURE_ALLOC_EXACT,
						   TORTURE_ALLOC_ALIGNED, TORTURE_ALLOC_WITHIN };
	enum torture_kind kind = kinds[dice(rnd, ARRAY_SIZE(kinds))];
	unsigned int align = random_order(arena, rnd);
	bool zero = arena->mapped && !dice(rnd, 8);
	gfp_t gfp = __GFP_NOWARN | (zero ? __GFP_ZERO : 0);
	bool by_addr = arena->mapped && dice(rnd, 2);
	unsigned long pages = BIT(align), pfn;
	struct buddy_window window;
	struct watch watch;

	if (kind != TORTURE_ALLOC_ORDER) {
		pages -= dice(rnd, pages);
		align = kind == TORTURE_ALLOC_EXACT ? 0 : dice(rnd, arena->max_order + 1);
	}
	window = random_window(arena, rnd, pages, align);

	torture_watch(&watch, rnd);
	pfn = by_addr ? alloc_addr(arena, kind, pages, align, &window, gfp) :
			alloc_pfn(arena, kind, pages, align, &window, gfp);
	torture_watched(&watch, kind);
	if (pfn == BUDDY_NO_PFN) {
		torture_count(TORTURE_NO_MEMORY, 1);
		return 0;
	}
	torture_count(kind, 1);
	if (kind == TORTURE_ALLOC_WITHIN && !is_inside(&window, pfn, pages))
		torture_fail("%s: got pfn %#lx for %lu pages, outside its window\n",
			     arena->name, pfn, pages);
	return enter_block(arena, pfn, pages, align, zero);
}

/* Give back the ends of a block.  Return the word of what is left of it. */
static u64 trim_block(struct arena *arena, struct rnd_state *rnd, u64 block)
{
	unsigned long pfn = block_pfn(arena, block), pages = block_pages(block);
	unsigned long skip = dice(rnd, pages), keep = 1 + dice(rnd, pages - skip);
	struct watch watch;
	int err;

	leave_block(arena, block);
	torture_watch(&watch, rnd);
	err = buddy_trim_pfn(arena->region, pfn, pages, pfn + skip, keep);
	torture_watched(&watch, TORTURE_TRIM);
	torture_count(TORTURE_TRIM, 1);
	if (err)
		torture_fail("%s: no trim of %lu pages at %#lx: error %d\n", arena->name,
			     pages, pfn, err);
	return enter_block(arena, pfn + skip, keep, 0, false);
}

static void put_block(struct arena *arena, struct rnd_state *rnd, u64 block)
{
	unsigned long pfn = block_pfn(arena, block), pages = block_pages(block);
	void *addr = dice(rnd, 2) ? buddy_pfn_to_virt(arena->region, pfn) : NULL;
	enum torture_kind kind = is_power_of_2(pages) && dice(rnd, 2) ?
				 TORTURE_FREE_ORDER : TORTURE_FREE_EXACT;
	struct watch watch;

	leave_block(arena, block);
	torture_watch(&watch, rnd);
	if (kind == TORTURE_FREE_EXACT) {
		if (addr)
			buddy_free_exact(arena->region, addr, pages);
		else
			buddy_free_pfn_exact(arena->region, pfn, pages);
	} else {
		if (addr)
			buddy_free(arena->region, addr, ilog2(pages));
		else
			buddy_free_pfn(arena->region, pfn, ilog2(pages));
	}
	torture_watched(&watch, kind);
	torture_count(kind, 1);
}

/* --- mistakes --- */

static void mistake(struct arena *arena, u64 block, enum buddy_error error)
{
	struct buddy_region *region = arena->region;
	unsigned long pfn = block_pfn(arena, block), pages = block_pages(block);

	switch (error) {
	case BUDDY_NOT_A_HEAD:
		if (pages == 1)
			return;
		buddy_free_pfn(region, pfn + pages / 2, 0);
		break;
	case BUDDY_WRONG_SIZE:
		if (is_power_of_2(pages))
			buddy_free_pfn(region, pfn, ilog2(pages) + 1);
		else
			buddy_free_pfn_exact(region, pfn, pages - 1);
		break;
	case BUDDY_OUTSIDE:
		buddy_free_pfn(region, pfn + BIT(34), 0);
		break;
	case BUDDY_WRONG_REGION:
		buddy_free_pfn(region, arena->other, 0);
		break;
	case BUDDY_MISALIGNED:
		if (!arena->mapped)
			return;
		buddy_free_exact(region, buddy_pfn_to_virt(region, pfn) + 8, pages);
		break;
	case BUDDY_UNMAPPED:
		if (arena->mapped)
			return;
		if (buddy_alloc_exact(region, pages, 0))
			torture_fail("%s: memory without a mapping\n", arena->name);
		break;
	case BUDDY_NO_PAGES:
		if (buddy_alloc_pfn_exact(region, 0, 0) != BUDDY_NO_PFN)
			torture_fail("%s: a block of no pages\n", arena->name);
		break;
	default:
		/* Another context may have the block by now, see torture_twice(). */
		return;
	}
	atomic_long_inc(&arena->mistakes[error]);
	torture_count(TORTURE_MISTAKE, 1);
}

/* Make each kind of mistake once, as the first of each kind prints a warning. */
void arena_mistakes(struct arena *arena, struct rnd_state *rnd)
{
	unsigned long pfn = BUDDY_NO_PFN;
	enum buddy_error error;
	u64 block;

	/* Try again: failures may be injected. */
	while (pfn == BUDDY_NO_PFN)
		pfn = buddy_alloc_pfn(arena->region, 1, __GFP_NOWARN);
	block = enter_block(arena, pfn, 2, 1, false);
	for (error = 0; error <= BUDDY_NO_PAGES; error++)
		if (error != BUDDY_DOUBLE_FREE &&
		    error != (arena->mapped ? BUDDY_UNMAPPED : BUDDY_MISALIGNED))
			TORTURE_EXPECT(arena->name, mistake(arena, block, error));
	leave_block(arena, block);
	buddy_free_pfn(arena->region, pfn, 1);
	TORTURE_EXPECT(arena->name, buddy_free_pfn(arena->region, pfn, 1));
	atomic_long_inc(&arena->mistakes[BUDDY_DOUBLE_FREE]);
	torture_count(TORTURE_MISTAKE, 1);
}

/* --- slots --- */

/* Fill, empty or check one slot.  An NMI only allocates. */
static void play_once(struct arena *arena, struct rnd_state *rnd)
{
	unsigned int i = dice(rnd, arena->nr_slots);
	u64 *slot = &arena->slots[i], block = READ_ONCE(*slot);

	if (block ? in_nmi() : i >= READ_ONCE(arena->limit))
		return;
	if (block == TORTURE_BUSY || cmpxchg(slot, block, TORTURE_BUSY) != block)
		return;
	if (!block) {
		block = take_block(arena, rnd);
	} else if (dice(rnd, 4)) {
		put_block(arena, rnd, block);
		block = 0;
	} else if (!dice(rnd, 8)) {
		block = trim_block(arena, rnd, block);
	} else {
		check_block(arena, block);
		if (arena->other && !dice(rnd, 16)) {
			mistake(arena, block, dice(rnd, BUDDY_NO_PAGES + 1));
			check_block(arena, block);
		}
	}
	/* A context that reads the slot must see the stamps. */
	smp_store_release(slot, block);
}

void arena_play(struct arena *arena, struct rnd_state *rnd, unsigned int rounds)
{
	while (rounds--)
		play_once(arena, rnd);
}

/* Allocate, check and free many blocks of one order; not for NMIs. */
void arena_bulk(struct arena *arena, struct rnd_state *rnd)
{
	unsigned int order = min(random_order(arena, rnd), 7U), got, i;
	unsigned long pfns[BULK];
	struct watch watch;
	u64 blocks[BULK];

	torture_watch(&watch, rnd);
	got = buddy_alloc_bulk(arena->region, order, BULK, pfns, __GFP_NOWARN);
	torture_watched(&watch, TORTURE_ALLOC_BULK);
	torture_count(TORTURE_ALLOC_BULK, got);
	torture_count(TORTURE_NO_MEMORY, got < BULK);
	for (i = 0; i < got; i++)
		blocks[i] = enter_block(arena, pfns[i], BIT(order), order, false);
	for (i = 0; i < got; i++)
		leave_block(arena, blocks[i]);
	torture_watch(&watch, rnd);
	buddy_free_bulk(arena->region, order, got, pfns);
	torture_watched(&watch, TORTURE_FREE_BULK);
	torture_count(TORTURE_FREE_BULK, got);
}

/* Free all blocks, when no other context uses the arena any more. */
void arena_empty(struct arena *arena, struct rnd_state *rnd)
{
	unsigned int i;

	for (i = 0; i < arena->nr_slots; i++) {
		if (arena->slots[i])
			put_block(arena, rnd, arena->slots[i]);
		arena->slots[i] = 0;
	}
}

/* True if all pages are free and merged, and each mistake was counted. */
bool arena_whole(struct arena *arena)
{
	int bad = atomic_read(&torture_bad);
	struct buddy_stats *now = kzalloc(sizeof(*now), GFP_KERNEL);
	unsigned long mistakes = 0, errors = 0;
	u64 allocs = 0, frees = 0;
	unsigned int i;

	if (!now)
		return true;
	buddy_region_drain(arena->region);
	buddy_region_stats(arena->region, now);
	if (now->free_pages != now->pages)
		torture_fail("%s: %lu of %lu pages are free at the end\n", arena->name,
			     now->free_pages, now->pages);
	for (i = 0; i < BUDDY_NR_ORDERS; i++) {
		if (now->nr_free[i] != arena->fresh.nr_free[i])
			torture_fail("%s: %lu free blocks of order %u, %lu at first\n",
				     arena->name, now->nr_free[i], i,
				     arena->fresh.nr_free[i]);
		allocs += now->allocs[i];
		frees += now->frees[i];
		if (now->allocs[i] != now->frees[i] && !arena->orders_differ)
			torture_fail("%s: %llu allocations of order %u, %llu frees\n",
				     arena->name, now->allocs[i], i, now->frees[i]);
	}
	if (allocs != frees)
		torture_fail("%s: %llu allocations, %llu frees\n", arena->name, allocs, frees);
	/* The second of two frees at once may be counted as a double free or a wrong size. */
	for (i = 0; i < BUDDY_NR_ERRORS; i++) {
		mistakes += atomic_long_read(&arena->mistakes[i]);
		errors += now->errors[i];
		if (i != BUDDY_DOUBLE_FREE && i != BUDDY_WRONG_SIZE &&
		    now->errors[i] != atomic_long_read(&arena->mistakes[i]))
			torture_fail("%s: %lu caller errors of kind %u, %ld made\n",
				     arena->name, now->errors[i], i,
				     atomic_long_read(&arena->mistakes[i]));
	}
	if (errors != mistakes)
		torture_fail("%s: %lu caller errors counted, %lu made\n", arena->name,
			     errors, mistakes);
	for (i = 0; i < BITS_TO_LONGS(arena->span); i++)
		if (atomic_long_read(&arena->used[i]))
			torture_fail("%s: pages are marked as used at the end\n", arena->name);
	kfree(now);
	return atomic_read(&torture_bad) == bad;
}

/* The caller has set region, name, base, span, max_order and nr_slots. */
int arena_start(struct arena *arena)
{
	arena->mapped = buddy_pfn_to_virt(arena->region, arena->base);
	arena->limit = arena->nr_slots;
	arena->slots = kvcalloc(arena->nr_slots, sizeof(*arena->slots), GFP_KERNEL);
	arena->used = kvcalloc(BITS_TO_LONGS(arena->span), sizeof(*arena->used), GFP_KERNEL);
	buddy_region_stats(arena->region, &arena->fresh);
	if (arena->slots && arena->used)
		return 0;
	arena_end(arena);
	return -ENOMEM;
}

void arena_end(struct arena *arena)
{
	kvfree(arena->slots);
	kvfree(arena->used);
}
