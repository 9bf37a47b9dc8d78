// SPDX-License-Identifier: GPL-2.0
/*
 * Benchmark: blocks of any length, in an empty region and after mixed work; how many fit;
 * and how long the region's lock is held at most.
 *
 * The kernel's alloc_contig_pages() is no peer: it is not exported by the kernels of the
 * guests.  gen_pool has no windows.  A window of drm_buddy is taken from below.
 */
#include <linux/log2.h>
#include <linux/vmalloc.h>

#include "bench_drm.h"
#include "bench_peers.h"

#define MAX_ORDER_USED	9	/* of the mixed work */
#define ALIGN_ORDER	6	/* 256 KiB */
#define WINDOW_PAGES	16
#define PART_ORDER	12	/* 16 MiB */
#define PAIRS		1000
#define LONG_TIME	100000	/* fewer pairs, if one takes so long */

/**
 * struct place - where a block may lie, in pages from the start of the region
 * @low: no page before this one
 * @high: no page at or behind this one; 0 sets no limit
 * @align_order: the first page is a multiple of 2^align_order
 * @top_down: the highest place instead of the lowest
 */
struct place {
	unsigned long low;
	unsigned long high;
	unsigned int align_order;
	bool top_down;
};

/**
 * struct taker - an allocator that is measured
 * @subject: the same at blocks of one order
 * @take: so many pages at a place, or anywhere; NOTHING if there is no such place
 * @give: free them
 * @has_windows: @take knows each place; if not, an alignment or one address
 * @most: mixed work fills no region of more pages: it takes too long
 */
struct taker {
	const struct subject *subject;
	unsigned long (*take)(void *from, unsigned long nr_pages, const struct place *place);
	void (*give)(void *from, unsigned long object, unsigned long nr_pages);
	bool has_windows;
	unsigned long most;
};

/* --- ours --- */

static unsigned long ours_take(void *from, unsigned long nr_pages, const struct place *place)
{
	unsigned long pfn;

	if (!place) {
		pfn = buddy_alloc_pfn_exact(from, nr_pages, __GFP_NOWARN);
	} else if (!place->low && !place->high) {
		pfn = buddy_alloc_pfn_aligned(from, nr_pages, place->align_order, __GFP_NOWARN);
	} else {
		struct buddy_window window = {
			.low = PFN_PHYS(BENCH_PFN + place->low),
			.high = PFN_PHYS(BENCH_PFN + place->high) - 1,
			.align_order = place->align_order,
			.top_down = place->top_down,
		};

		pfn = buddy_alloc_pfn_within(from, nr_pages, &window, __GFP_NOWARN);
	}
	return pfn == BUDDY_NO_PFN ? NOTHING : pfn;
}

static void ours_give(void *from, unsigned long object, unsigned long nr_pages)
{
	buddy_free_pfn_exact(from, object, nr_pages);
}

static const struct taker our_runs = { &ours, ours_take, ours_give, true, ULONG_MAX };

/* --- gen_pool --- */

static unsigned long genpool_take(void *from, unsigned long nr_pages, const struct place *place)
{
	struct genpool_data_align align = { PAGE_SIZE };
	struct genpool_data_fixed fixed = { 0 };

	if (!place)
		return gen_pool_alloc(from, nr_pages << PAGE_SHIFT);
	align.align <<= place->align_order;
	fixed.offset = place->low << PAGE_SHIFT;
	if (place->high)
		return gen_pool_alloc_algo(from, nr_pages << PAGE_SHIFT, gen_pool_fixed_alloc,
					   &fixed);
	return gen_pool_alloc_algo(from, nr_pages << PAGE_SHIFT, gen_pool_first_fit_align, &align);
}

static void genpool_give(void *from, unsigned long object, unsigned long nr_pages)
{
	gen_pool_free(from, object, nr_pages << PAGE_SHIFT);
}

static const struct taker genpool_runs = {
	&genpool, genpool_take, genpool_give, false, SZ_64M >> PAGE_SHIFT
};

/* --- drm_buddy; the blocks of a run stay in a ring without a head --- */

#if IS_ENABLED(CONFIG_GPU_BUDDY)
#define DRM_RANGE	GPU_BUDDY_RANGE_ALLOCATION
#define DRM_TOP_DOWN	GPU_BUDDY_TOPDOWN_ALLOCATION
#define DRM_CONTIGUOUS	GPU_BUDDY_CONTIGUOUS_ALLOCATION
#else
#define DRM_RANGE	DRM_BUDDY_RANGE_ALLOCATION
#define DRM_TOP_DOWN	DRM_BUDDY_TOPDOWN_ALLOCATION
#ifdef DRM_BUDDY_CONTIGUOUS_ALLOCATION
#define DRM_CONTIGUOUS	DRM_BUDDY_CONTIGUOUS_ALLOCATION
#endif
#endif

static int drm_blocks(struct drm_buddy *mm, u64 bytes, const struct place *place,
		      struct list_head *blocks)
{
	u64 start = place ? (u64)place->low << PAGE_SHIFT : 0;
	u64 end = place && place->high ? (u64)place->high << PAGE_SHIFT : mm->size;
	u64 size = roundup_pow_of_two(bytes);
	unsigned long flags = 0;
	int err;

	if (place)
		size = max_t(u64, size, PAGE_SIZE << place->align_order);
	if (place && place->high)
		flags = DRM_RANGE | (place->top_down ? DRM_TOP_DOWN : 0);
	if (end - start == bytes)
		return drm_buddy_alloc_blocks(mm, start, end, bytes, PAGE_SIZE, blocks, flags);
#ifdef DRM_CONTIGUOUS
	if (!place)
		return drm_buddy_alloc_blocks(mm, start, end, bytes, PAGE_SIZE, blocks,
					      DRM_CONTIGUOUS);
#endif
	err = drm_buddy_alloc_blocks(mm, start, end, size, size, blocks, flags);
	if (!err && size > bytes)
		err = drm_buddy_block_trim(mm, bytes, blocks);
	return err;
}

static unsigned long drm_take(void *from, unsigned long nr_pages, const struct place *place)
{
	struct drm_buddy_block *block;
	struct locked_drm *drm = from;
	LIST_HEAD(blocks);
	int err;

	mutex_lock(&drm->lock);
	err = drm_blocks(&drm->mm, (u64)nr_pages << PAGE_SHIFT, place, &blocks);
	mutex_unlock(&drm->lock);
	if (err)
		return NOTHING;
	block = list_first_entry(&blocks, struct drm_buddy_block, link);
	list_del(&blocks);
	return (unsigned long)block;
}

static void drm_give(void *from, unsigned long object, unsigned long nr_pages)
{
	struct drm_buddy_block *block, *next;
	struct locked_drm *drm = from;
	struct list_head blocks;

	mutex_lock(&drm->lock);
	list_add_tail(&blocks, &((struct drm_buddy_block *)object)->link);
	list_for_each_entry_safe(block, next, &blocks, link)
		drm_buddy_free_block(&drm->mm, block);
	mutex_unlock(&drm->lock);
}

static const struct taker drm_runs = {
	&drm_buddy, drm_take, drm_give, true, SZ_64M >> PAGE_SHIFT
};

/* --- mixed work --- */

struct held {
	unsigned long object;
	unsigned long nr_pages;
};

/**
 * struct mix - the blocks in use
 * @taker: whose they are
 * @from: passed to @taker
 * @held: the blocks
 * @nr: how many
 * @max: how many there can be
 * @used: their pages
 * @room: how many there may be
 * @random: state of the random numbers
 */
struct mix {
	const struct taker *taker;
	void *from;
	struct held *held;
	unsigned long nr;
	unsigned long max;
	unsigned long used;
	unsigned long room;
	struct rnd_state random;
};

static bool mix_take(struct mix *mix, unsigned long nr_pages)
{
	unsigned long object;

	if (mix->nr == mix->max)
		return false;
	object = mix->taker->take(mix->from, nr_pages, NULL);
	if (object == NOTHING)
		return false;
	mix->held[mix->nr++] = (struct held){ object, nr_pages };
	mix->used += nr_pages;
	return true;
}

static void mix_give(struct mix *mix, unsigned long i)
{
	struct held *held = &mix->held[i];

	mix->taker->give(mix->from, held->object, held->nr_pages);
	mix->used -= held->nr_pages;
	*held = mix->held[--mix->nr];
}

static void mix_step(struct mix *mix, bool fill)
{
	u32 draw = prandom_u32_state(&mix->random);
	unsigned long nr_pages = BIT(__ffs(draw | BIT(MAX_ORDER_USED)));

	if (mix->nr && !fill && draw >> 31)
		mix_give(mix, prandom_u32_state(&mix->random) % mix->nr);
	else if (mix->used + nr_pages <= mix->room)
		mix_take(mix, nr_pages);
}

/* A block of orders 0 to 9 has 5.5 pages on average. */
static int mix_init(struct mix *mix, const struct taker *taker, void *from,
		    unsigned long nr_pages)
{
	unsigned long i;

	*mix = (struct mix){ taker, from, .max = nr_pages / 4, .room = nr_pages / 10 * 7 };
	mix->held = vcalloc(mix->max, sizeof(*mix->held));
	if (!mix->held)
		return -ENOMEM;
	prandom_seed_state(&mix->random, 1);
	for (i = 0; i < nr_pages && mix->used + BIT(MAX_ORDER_USED) < mix->room; i++)
		mix_step(mix, true);
	for (i = 0; i < nr_pages / 8; i++) {
		mix_step(mix, false);
		if (i % SZ_4K == 0)
			cond_resched();
	}
	return 0;
}

static void mix_exit(struct mix *mix)
{
	while (mix->nr)
		mix_give(mix, mix->nr - 1);
	vfree(mix->held);
}

/* --- what each request costs --- */

static bool fits(const struct taker *taker, void *from, unsigned long nr_pages,
		 const struct place *place)
{
	unsigned long object = taker->take(from, nr_pages, place);

	if (object == NOTHING)
		return false;
	taker->give(from, object, nr_pages);
	return true;
}

static unsigned long longest(const struct taker *taker, void *from, unsigned long pages)
{
	unsigned long low = 0, high = pages;

	if (fits(taker, from, pages, NULL))
		return pages;
	while (low < high) {
		unsigned long middle = low + (high - low + 1) / 2;

		if (fits(taker, from, middle, NULL))
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

static void cost(const struct taker *taker, void *from, const char *scene, const char *request,
		 unsigned long nr_pages, const struct place *place)
{
	unsigned int nr = PAIRS;
	unsigned long object;
	char work[64];
	u64 time;

	if (!nr_pages || !fits(taker, from, nr_pages, place))
		return;
	time = TIMED(1, object = taker->take(from, nr_pages, place);
		     taker->give(from, object, nr_pages));
	if (time > LONG_TIME)
		nr = 3;
	time = TIMED(nr, object = taker->take(from, nr_pages, place);
		     taker->give(from, object, nr_pages));
	snprintf(work, sizeof(work), "%s, %s", scene, request);
	report_time(work, taker->subject->name, time, nr);
}

static void costs(const struct taker *taker, void *from, const char *scene, unsigned long pages)
{
	static const unsigned long exact[] = { 3, 40, 760, 2025 };
	struct place aligned = { .align_order = ALIGN_ORDER };
	struct place window = { .high = pages / 2, .top_down = true };
	struct place address = { .low = pages / 2 };
	char request[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(exact); i++) {
		snprintf(request, sizeof(request), "%lu pages", exact[i]);
		cost(taker, from, scene, request, exact[i], NULL);
	}
	cost(taker, from, scene, "70% of the longest", longest(taker, from, pages) / 10 * 7, NULL);
	cost(taker, from, scene, "2 pages at 256 KiB", 2, &aligned);
	if (taker->has_windows)
		cost(taker, from, scene, "16 pages, window", WINDOW_PAGES, &window);
	/* The first address in the upper half that is free. */
	do {
		address.high = address.low + WINDOW_PAGES;
		if (fits(taker, from, WINDOW_PAGES, &address))
			break;
		address.low = address.high;
	} while (address.low < pages);
	cost(taker, from, scene, "16 pages, one address", WINDOW_PAGES, &address);
}

static int run_churned(const struct taker *taker, void *from, const char *size,
		       unsigned long pages, unsigned long room)
{
	char scene[32];
	struct mix mix;
	int err = mix_init(&mix, taker, from, room);

	if (err)
		return err;
	snprintf(scene, sizeof(scene), "churned %s", size);
	costs(taker, from, scene, pages);
	mix_exit(&mix);
	return 0;
}

/*
 * A large region is filled by blocks of 16 MiB, of which three in ten are free, and by 16 GiB
 * of mixed work.
 */
static int churned_large(void *from, const char *size, unsigned long pages)
{
	unsigned long nr = pages >> PART_ORDER, got, i;
	unsigned long *parts = vcalloc(nr, sizeof(*parts));
	int err;

	if (!parts)
		return -ENOMEM;
	for (got = 0; got < nr; got++) {
		parts[got] = ours_take(from, BIT(PART_ORDER), NULL);
		if (parts[got] == NOTHING)
			break;
	}
	for (i = 0; i < got; i++)
		if (i % 10 < 3)
			ours_give(from, parts[i], BIT(PART_ORDER));
	err = run_churned(&our_runs, from, size, pages, (16UL * SZ_1G) >> PAGE_SHIFT);
	for (i = 0; i < got; i++)
		if (i % 10 >= 3)
			ours_give(from, parts[i], BIT(PART_ORDER));
	vfree(parts);
	return err;
}

static int measure(const struct taker *taker, void *from, const char *size, unsigned long pages)
{
	char scene[32];

	snprintf(scene, sizeof(scene), "fresh %s", size);
	costs(taker, from, scene, pages);
	if (pages > taker->most)
		return 0;
	if (pages > (16UL * SZ_1G) >> PAGE_SHIFT)
		return churned_large(from, size, pages);
	return run_churned(taker, from, size, pages, pages);
}

/* --- how many fit --- */

static int count_fits(const struct taker *taker, void *from, unsigned long nr_pages,
		      unsigned long pages, const char *size)
{
	unsigned long *got = vcalloc(pages, sizeof(*got)), nr = 0, i;
	char work[48];

	if (!got)
		return -ENOMEM;
	while ((got[nr] = taker->take(from, nr_pages, NULL)) != NOTHING)
		nr++;
	for (i = 0; i < nr; i++)
		taker->give(from, got[i], nr_pages);
	snprintf(work, sizeof(work), "fit, %lu pages in %s", nr_pages, size);
	report(work, taker->subject->name, 100 * nr, "blocks");
	vfree(got);
	return 0;
}

/* --- one hold of the lock --- */

/* The times of an allocation, which may fail, and of its free. */
static void hold(void *from, unsigned long nr_pages, const struct place *place, u64 *alloc,
		 u64 *give)
{
	unsigned long object;

	*alloc = max(*alloc, TIMED(1, object = ours_take(from, nr_pages, place)));
	if (object != NOTHING)
		*give = max(*give, TIMED(1, ours_give(from, object, nr_pages)));
}

static void report_hold(const char *what, const char *size, u64 time)
{
	char work[64];

	snprintf(work, sizeof(work), "hold, %s, %s", what, size);
	report(work, ours.name, 100 * time, "time");
}

/* In an empty region: the longest cuts. */
static void hold_window(void *from, const char *size, unsigned long pages)
{
	struct place middle = { .low = pages / 2 - 8, .high = pages / 2 + 8 };
	struct place third = { .low = pages / 3, .high = pages / 3 + 4096 };
	u64 alloc = 0, give = 0;

	hold(from, 16, &middle, &alloc, &give);
	hold(from, 1, &third, &alloc, &give);
	hold(from, 2025, &third, &alloc, &give);
	report_hold("window, alloc", size, alloc);
	report_hold("window, free", size, give);
}

/* In an empty region, one page more than each power of two, and all pages but two. */
static void hold_exact(void *from, const char *size, unsigned long pages)
{
	struct place inside = { .low = 1, .high = pages - 1 };
	u64 alloc = 0, give = 0;
	unsigned int order;

	for (order = 1; BIT(order) < pages; order++)
		hold(from, BIT(order) + 1, NULL, &alloc, &give);
	report_hold("2^k + 1, alloc", size, alloc);
	report_hold("2^k + 1, free", size, give);
	alloc = 0;
	give = 0;
	hold(from, pages - 2, &inside, &alloc, &give);
	report_hold("nearly all, alloc", size, alloc);
	report_hold("nearly all, free", size, give);
}

/*
 * Free blocks of a cluster and 32 pages on both sides, far from each other: no candidate
 * has the pages that are asked for.  The time of 4 more candidates is that of a hold.
 */
#define TEETH	68

static int hold_failing(void *from, const char *size, unsigned long pages)
{
	unsigned long every = round_down(pages / (TEETH + 1), 64), i;
	unsigned long *rest = vcalloc(TEETH + 1, sizeof(*rest));
	u64 few = 0, many = 0, give = 0;
	unsigned long nr_teeth = 128;

	if (!rest)
		return -ENOMEM;
	/* A block ends where the next tooth begins. */
	for (i = 0; i <= TEETH; i++) {
		struct place place = { .low = i * every + (i ? nr_teeth : 0) + (i ? 32 : 0) };

		place.high = i < TEETH ? (i + 1) * every + 32 : pages;
		rest[i] = ours_take(from, place.high - place.low, &place);
	}
	hold(from, nr_teeth + 1, NULL, &many, &give);
	for (i = 4; i < TEETH; i++) {
		struct place place = { i * every + every + 32, i * every + every + 32 + nr_teeth };

		objects[i] = ours_take(from, nr_teeth, &place);
	}
	hold(from, nr_teeth + 1, NULL, &few, &give);
	report_hold("a search of 4, failing", size, div_u64(many - few, (TEETH - 4) / 4));
	report_hold("all of a short search, failing", size, few);
	for (i = 4; i < TEETH; i++)
		ours_give(from, objects[i], nr_teeth);
	for (i = 0; i <= TEETH; i++) {
		unsigned long low = i * every + (i ? nr_teeth + 32 : 0);

		ours_give(from, rest[i], (i < TEETH ? (i + 1) * every + 32 : pages) - low);
	}
	vfree(rest);
	return 0;
}

/*
 * All pages but two at each end are a run, with two blocks of each order.  One page more is
 * free, and no run has it.
 */
static void hold_stairs(void *from, const char *size, unsigned long pages)
{
	struct place first = { 1, 2 }, last = { pages - 2, pages - 1 };
	unsigned long low = ours_take(from, 1, &first), high = ours_take(from, 1, &last);
	u64 alloc = 0, give = 0;

	hold(from, pages - 3, NULL, &alloc, &give);
	report_hold("a run of all orders, failing", size, alloc);
	ours_give(from, low, 1);
	ours_give(from, high, 1);
}

static int holds(void *from, const char *size, unsigned long pages)
{
	hold_window(from, size, pages);
	hold_exact(from, size, pages);
	hold_stairs(from, size, pages);
	return hold_failing(from, size, pages);
}

/* --- the module --- */

static int runs_ours(const char *size, unsigned long pages)
{
	struct buddy_region *region = bench_region(pages);
	int err;

	if (!region)
		return -ENOMEM;
	err = holds(region, size, pages) ?: measure(&our_runs, region, size, pages);
	return buddy_region_destroy(region) ?: err;
}

static int runs_genpool(const char *size, unsigned long pages)
{
	struct gen_pool *pool = bench_genpool(pages);
	int err;

	if (!pool)
		return -ENOMEM;
	err = measure(&genpool_runs, pool, size, pages);
	gen_pool_destroy(pool);
	return err;
}

static int runs_drm(const char *size, unsigned long pages)
{
	struct locked_drm drm;
	int err = bench_drm_init(&drm, pages);

	if (err)
		return err;
	err = measure(&drm_runs, &drm, size, pages);
	drm_buddy_fini(&drm.mm);
	return err;
}

static int fits_all(unsigned long nr_pages, unsigned long pages, const char *size)
{
	struct buddy_region *region = bench_region(pages);
	struct gen_pool *pool = bench_genpool(pages);
	struct locked_drm drm;
	int err = -ENOMEM;

	if (region && pool)
		err = bench_drm_init(&drm, pages);
	if (err)
		return err;
	err = count_fits(&our_runs, region, nr_pages, pages, size) ?:
	      count_fits(&genpool_runs, pool, nr_pages, pages, size) ?:
	      count_fits(&drm_runs, &drm, nr_pages, pages, size);
	drm_buddy_fini(&drm.mm);
	gen_pool_destroy(pool);
	return buddy_region_destroy(region) ?: err;
}

static int bench_main(void)
{
	static const struct {
		const char *name;
		unsigned long pages;
	} sizes[] = {
		{ "64 MiB", SZ_64M >> PAGE_SHIFT },
		{ "1 GiB", SZ_1G >> PAGE_SHIFT },
		{ "16 GiB", (16UL * SZ_1G) >> PAGE_SHIFT },
		{ "1 TiB", (1024UL * SZ_1G) >> PAGE_SHIFT },
	};
	unsigned int i;
	int err = 0;

	describe("fresh",
		 "an allocation of any length and its free in an empty region, 1000 times in a row");
	describe("churned",
		 "the same at 70%, orders 0-9 after mixed work; 1 TiB: 16 GiB of that, blocks of 16 MiB; peers: 64 MiB only, filling takes long");
	describe("fit,", "blocks that an empty region has room for");
	describe("hold,",
		 "an operation that holds the lock once; a failing search: once for 4 candidates, and what the whole of a short one takes");
	for (i = 0; i < ARRAY_SIZE(sizes) && !err; i++)
		err = runs_ours(sizes[i].name, sizes[i].pages) ?:
		      runs_genpool(sizes[i].name, sizes[i].pages) ?:
		      runs_drm(sizes[i].name, sizes[i].pages);
	return err ?: fits_all(760, SZ_128M >> PAGE_SHIFT, "128 MiB") ?:
	       fits_all(3, 4096, "4096 pages") ?: fits_all(40, 4096, "4096 pages");
}

MODULE_DESCRIPTION("Benchmark: blocks of any length");
