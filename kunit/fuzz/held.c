// SPDX-License-Identifier: GPL-2.0
/*
 * A search for programs with which a pool holds many pages for few bytes.
 *
 * All objects are larger than the pool's size, so each of them can be freed.  A program is
 * a number of phases.  Each phase allocates objects of a range of sizes until a number of
 * bytes are alive, frees and allocates some at random, and frees by a pattern.  The search
 * keeps the programs that come nearest to the bound, and changes them at random.
 */
#include <stdio.h>
#include <time.h>

#include "fuzz.h"

/* 1: it is a fault if a pool holds more than bound().  0: the numbers are only printed. */
#define CHECK_BOUND	1

#define MAX_LIVE	16384
#define MAX_PHASES	12
#define POPULATION	12
#define STEPS		1000000		/* of the fixed program "churn" */
#define FIXED_TRIES	100		/* programs for each pool, as a suite */

static const size_t pool_sizes[] = { 96, 200, 384, 512, 1024, 4000, 16000 };

/* What a phase frees: each value of @param is legal for each pattern. */
enum pattern {
	KEEP_NTH, FREE_NTH, FREE_RANDOM, FREE_OLDEST, FREE_NEWEST, KEEP_IN_STRETCH,
	FREE_SMALL, FREE_LARGE, KEEP_NTH_ADDRESS, FREE_ALL, NR_PATTERNS
};

static const char * const pattern_names[] = {
	"keep each n-th", "free each n-th", "free n/256 at random", "free the oldest n/256",
	"free the newest n/256", "keep one in each n bytes", "free up to n bytes",
	"free from n bytes on", "keep each n-th by address", "free all",
};

struct phase {
	u32 low, high;		/* sizes */
	u32 alive;		/* bytes that are alive at the end */
	u32 churn;		/* how often one is freed and one allocated */
	u32 pattern;
	u32 param;
};

struct program {
	u64 seed;
	u32 align;		/* of the pool */
	u32 nr;
	struct phase phases[MAX_PHASES];
	/* The moment that was nearest to the bound. */
	size_t held;
	size_t peak;
	double part;		/* of the bound */
};

struct live {
	u8 *addr;
	u32 size;
};

static struct mp_pool *pool;
static struct live live[MAX_LIVE];
static unsigned int nr_live;
static size_t alive, peak;
static u64 state;
static struct program *running;
static bool broken;

static u64 draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dULL >> 32;
}

static u32 between(u32 low, u32 high)
{
	return low + draw() % (high - low + 1);
}

/* --- a pool, and what it holds --- */

/*
 * What the documentation promises.  In a small pool, the largest object that can be freed is so
 * many times the smallest that no allocator could keep to 3 (Robson, 1971).  The factor grows by
 * half the binary logarithm of what the page grows by.
 */
static double bound(void)
{
	double factor = pool->max < 3 * PAGE_SIZE / 32 ? 4.5 + (PAGE_SHIFT - 12) / 2.0 : 3.0;

	return factor * peak + 2 * (pool->block_pages << PAGE_SHIFT) + 65536;
}

static size_t weight(size_t size)
{
	return round_up(size, max(pool->align_mask + 1, (size_t)ARENA_UNIT));
}

static void measure(void)
{
	size_t held = pool->pages << PAGE_SHIFT;
	double part = held / bound();

	if (part > running->part) {
		running->part = part;
		running->held = held;
		running->peak = peak;
	}
}

static bool allocate(u32 size)
{
	u8 *addr;

	if (nr_live == MAX_LIVE)
		return false;
	addr = mp_alloc(pool, size, __GFP_NOWARN);
	if (!addr)
		return false;
	live[nr_live++] = (struct live){ addr, size };
	alive += weight(size);
	peak = max(peak, alive);
	measure();
	return true;
}

/* Free object @i.  The last one takes its place. */
static void release(unsigned int i)
{
	if (!mp_free(pool, live[i].addr))
		fault("%u bytes cannot be freed", live[i].size);
	alive -= weight(live[i].size);
	live[i] = live[--nr_live];
}

static void begin(struct program *program, size_t size)
{
	running = program;
	program->part = 0;
	state = program->seed;
	nr_live = 0;
	alive = 0;
	peak = 0;
	region_make(MAX_PAGES, 0, false);
	pool = mp_create_pool_named(region, NULL, size, program->align, 0);
}

static void end(void)
{
	mp_destroy_pool(pool);
	region_destroy();
	if (CHECK_BOUND && running->part > 1)
		broken = true;
}

/* --- programs --- */

static int by_address(const void *a, const void *b)
{
	const struct live *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* Whether the phase frees object @i of @nr.  @last is the stretch of the last one kept. */
static bool is_freed(const struct phase *phase, unsigned int i, unsigned int nr,
		     unsigned long *last)
{
	unsigned int n = max(phase->param, 1U), part = phase->param % 256;
	unsigned long stretch = buddy_virt_to_phys(region, live[i].addr) / n;

	switch (phase->pattern) {
	case KEEP_NTH:
	case KEEP_NTH_ADDRESS:
		return i % (n % 64 + 1);
	case FREE_NTH:
		return !(i % (n % 64 + 1));
	case FREE_RANDOM:
		return draw() % 256 < part;
	case FREE_OLDEST:
		return i < nr * part / 256;
	case FREE_NEWEST:
		return i >= nr - nr * part / 256;
	case FREE_SMALL:
		return live[i].size <= n;
	case FREE_LARGE:
		return live[i].size >= n;
	case KEEP_IN_STRETCH:
		if (stretch == *last)
			return true;
		*last = stretch;
		return false;
	default:
		return true;
	}
}

static void free_pattern(const struct phase *phase)
{
	unsigned int i, nr = nr_live, kept = 0;
	unsigned long last = 0;

	if (phase->pattern == KEEP_IN_STRETCH || phase->pattern == KEEP_NTH_ADDRESS)
		qsort(live, nr_live, sizeof(*live), by_address);
	for (i = 0; i < nr; i++) {
		if (!is_freed(phase, i, nr, &last)) {
			live[kept++] = live[i];
			continue;
		}
		alive -= weight(live[i].size);
		mp_free(pool, live[i].addr);
	}
	nr_live = kept;
}

static void run(struct program *program, size_t size)
{
	const struct phase *phase;
	u32 i;

	begin(program, size);
	for (phase = program->phases; phase < program->phases + program->nr; phase++) {
		while (alive < phase->alive)
			if (!allocate(between(phase->low, phase->high)))
				break;
		for (i = 0; i < phase->churn && nr_live; i++) {
			release(draw() % nr_live);
			allocate(between(phase->low, phase->high));
		}
		free_pattern(phase);
	}
	end();
}

/* The smallest object of a pool that can be freed. */
static u32 smallest(size_t size)
{
	return min(max(size, sizeof(struct mp_entry)), PAGE_SIZE - 1) + 1;
}

static u32 draw_param(void)
{
	return draw() % 2 ? draw() % 256 : draw() % 20000;
}

static void draw_phase(struct phase *phase, size_t size, u32 most)
{
	u32 low = smallest(size), page = max_t(u32, low, PAGE_SIZE);
	u32 high = draw() % 4 ? page : 4 * page;

	phase->low = between(low, draw() % 2 ? high : min(high, 2 * low));
	phase->high = draw() % 4 ? between(phase->low, high) : phase->low;
	phase->alive = draw() % 2 ? most : between(most / 8, most);
	phase->churn = draw() % 2 ? 0 : draw() % 3000;
	phase->pattern = draw() % NR_PATTERNS;
	phase->param = draw_param();
}

static u32 draw_align(void)
{
	return draw() % 4 ? MP_ALIGNMENT : BIT(draw() % 13);
}

static void draw_program(struct program *program, size_t size)
{
	u32 most = 65536U << draw() % 5, i;

	program->seed = draw() | 1;
	program->align = draw_align();
	program->nr = 2 + draw() % (MAX_PHASES - 1);
	for (i = 0; i < program->nr; i++)
		draw_phase(&program->phases[i], size, most);
}

/*
 * Robson's adversary: each phase allocates objects that are larger by a factor, and leaves
 * one in each stretch of memory as long as the next objects are, so that none of them fits
 * between.
 */
static void make_robson(struct program *program, size_t size, unsigned int variant)
{
	static const double factors[] = { 2, 1.5, 1.25, 3, 1.1, 2 };
	double factor = factors[variant % ARRAY_SIZE(factors)], bytes = smallest(size);
	bool pages = variant >= ARRAY_SIZE(factors) - 1;
	struct phase *phase;

	*program = (struct program){ .seed = 1, .align = MP_ALIGNMENT };
	do {
		phase = &program->phases[program->nr++];
		phase->low = bytes;
		phase->high = bytes;
		phase->alive = 65536 << variant % 3;
		phase->pattern = KEEP_IN_STRETCH;
		bytes *= factor;
		phase->param = bytes;
	} while (program->nr < MAX_PHASES && bytes < (pages ? 5 * PAGE_SIZE : PAGE_SIZE));
}

static void change(struct program *program, size_t size, const struct program *other)
{
	struct phase *phase = &program->phases[draw() % program->nr];
	u32 low = smallest(size), i;

	switch (draw() % 10) {
	case 0:
		draw_phase(phase, size, phase->alive);
		break;
	case 1:
		phase->param = draw() % 2 ? draw_param() : phase->param * between(80, 120) / 100;
		break;
	case 2:
		phase->pattern = draw() % NR_PATTERNS;
		break;
	case 3:
		phase->low = max((u32)(phase->low * between(70, 130) / 100), low);
		phase->high = max(phase->low, phase->high);
		break;
	case 4:
		phase->high = max((u32)(phase->high * between(70, 130) / 100), phase->low);
		break;
	case 5:
		phase->churn = draw() % 3000;
		break;
	case 6:	/* one phase more, or one less */
		if (draw() % 2 && program->nr < MAX_PHASES)
			program->phases[program->nr++] = *phase;
		else if (program->nr > 1)
			*phase = program->phases[--program->nr];
		break;
	case 7:
		program->align = draw_align();
		break;
	case 8:	/* the end of another program */
		i = draw() % program->nr;
		program->nr = max(program->nr, other->nr);
		for (; i < program->nr; i++)
			program->phases[i] = other->phases[i % other->nr];
		break;
	default:
		program->seed = draw() | 1;
	}
}

static void print_program(const struct program *program)
{
	const struct phase *phase;

	printf("#   seed %llu:\n", program->seed);
	for (phase = program->phases; phase < program->phases + program->nr; phase++)
		printf("#   %u to %u bytes until %u are alive, %u steps, %s, n = %u\n",
		       phase->low, phase->high, phase->alive, phase->churn,
		       pattern_names[phase->pattern], phase->param);
}

/* --- the search --- */

static void print_head(void)
{
	printf("# %-26s %6s %5s %9s %9s %7s %9s\n", "program", "pool", "align", "peak KiB",
	       "held KiB", "ratio", "of bound");
}

static void print_row(const char *name, size_t size, const struct program *program)
{
	printf("# %-26s %6zu %5u %9.1f %9.1f %7.2f %8.0f%%%s\n", name, size,
	       program->align, program->peak / 1024.0, program->held / 1024.0,
	       (double)program->held / program->peak, 100 * program->part,
	       program->part > 1 ? "  broken" : "");
	fflush(stdout);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/*
 * Search for @seconds or, if that is 0, @tries programs; print the worst one.  The seed and
 * the number of the program that found it are enough to find it again.
 */
static void search_pool(size_t size, double seconds, unsigned long tries, u64 seed)
{
	static struct program best[POPULATION], child;
	double deadline = now() + seconds;
	unsigned long nr = 0, found = 0;
	unsigned int i, worst = 0;
	u64 own = seed | 1;
	char name[40];

	for (i = 0; i < POPULATION; i++)
		best[i].part = 0;
	do {
		/* run() uses the state for the program's own numbers. */
		state = own;
		if (nr < POPULATION) {
			make_robson(&child, size, nr);
		} else if (draw() % 8 == 0) {
			draw_program(&child, size);
		} else {
			child = best[draw() % POPULATION];
			do {
				change(&child, size, &best[draw() % POPULATION]);
			} while (draw() % 2);
		}
		own = draw() << 32 | draw() | 1;
		run(&child, size);
		nr++;
		for (i = 0, worst = 0; i < POPULATION; i++)
			if (best[i].part < best[worst].part)
				worst = i;
		if (child.part <= best[worst].part)
			continue;
		best[worst] = child;
		for (i = 0; i < POPULATION && best[i].part <= child.part; i++)
			;
		if (i == POPULATION)
			found = nr;
	} while (seconds ? now() < deadline : nr < tries);
	for (i = 0, worst = 0; i < POPULATION; i++)
		if (best[i].part > best[worst].part)
			worst = i;
	snprintf(name, sizeof(name), "search, %lu of %lu", found, nr);
	print_row(name, size, &best[worst]);
	if (CHECK_BOUND && best[worst].part > 1)
		print_program(&best[worst]);
}

int search_held(double seconds, u64 seed)
{
	unsigned int i;

	print_head();
	for (i = 0; i < ARRAY_SIZE(pool_sizes); i++)
		search_pool(pool_sizes[i], seconds / ARRAY_SIZE(pool_sizes), 0, seed);
	return broken;
}

/* --- fixed programs --- */

/* 200 objects; one is freed and one is allocated, a million times. */
static void churn(size_t size, unsigned int steps)
{
	u32 low = smallest(size), high = max(low, 3700U);
	struct program program = { .seed = 1, .align = MP_ALIGNMENT };

	begin(&program, size);
	while (nr_live < 200 && allocate(between(low, high)))
		;
	while (steps-- && nr_live) {
		release(draw() % nr_live);
		allocate(between(low, high));
	}
	end();
	print_row("churn", size, &program);
}

/* 20 objects, of which the oldest is replaced by one that is one byte larger. */
static void one_more(size_t size)
{
	u32 low = smallest(size), high = max(low + 200, 3700U), bytes;
	struct program program = { .seed = 1, .align = MP_ALIGNMENT };
	unsigned int oldest = 0;

	begin(&program, size);
	for (bytes = low; bytes < high; bytes++) {
		if (nr_live < 20) {
			allocate(bytes);
			continue;
		}
		/* The new one takes the place of the last one, which took the oldest's. */
		release(oldest);
		if (!allocate(bytes))
			break;
		swap(live[oldest], live[nr_live - 1]);
		oldest = (oldest + 1) % 20;
	}
	end();
	print_row("one byte more", size, &program);
}

/* A buffer that grows: the new one is allocated, then the old one is freed. */
static void grow(size_t size)
{
	u32 low = smallest(size) + 7, high = max(low + 2000, 3700U), bytes;
	struct program program = { .seed = 1, .align = MP_ALIGNMENT };

	begin(&program, size);
	for (bytes = low; bytes <= high && allocate(bytes); bytes += 16)
		if (nr_live == 2)
			release(0);
	end();
	print_row("buffer that grows", size, &program);
}

int fixed_held(void)
{
	struct program program, worst;
	unsigned int i, k;

	print_head();
	for (i = 0; i < ARRAY_SIZE(pool_sizes); i++) {
		churn(pool_sizes[i], pool_sizes[i] == 512 ? STEPS : STEPS / 10);
		one_more(pool_sizes[i]);
		grow(pool_sizes[i]);
		worst.part = 0;
		for (k = 0; k < POPULATION; k++) {
			make_robson(&program, pool_sizes[i], k);
			run(&program, pool_sizes[i]);
			if (program.part > worst.part)
				worst = program;
		}
		print_row("Robson's, the worst of 12", pool_sizes[i], &worst);
		search_pool(pool_sizes[i], 0, FIXED_TRIES, 1);
	}
	return broken;
}
