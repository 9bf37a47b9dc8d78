// SPDX-License-Identifier: GPL-2.0
/* Random scenarios: each is made from a seed. */
#include "explore.h"

#define FIRST_VICTIM	40	/* from here on, slots that no correct program frees */

static const u8 lengths[] = { 3, 5, 7, 12, 20, 31, 33, 40, 48, 63, 65, 100, 130, 192 };

/* Programs share the slots, so that one may free a block that another allocated. */
static unsigned int draw_slot(void)
{
	return draw() % 14;
}

static unsigned int draw_order(bool is_large)
{
	static const u8 small[] = { 0, 0, 0, 1, 1, 2, 3, 4, 5, 5 };
	static const u8 large[] = { 0, 0, 1, 2, 4, 5, 5, 5, 6, 6, 6, 7, 7, 8, 9 };

	return is_large ? large[draw() % ARRAY_SIZE(large)] : small[draw() % ARRAY_SIZE(small)];
}

/* Anywhere in the first part of the region, or at one address. */
static struct op draw_within(unsigned int slot, bool is_large)
{
	unsigned int nr = lengths[draw() % (is_large ? 14 : 10)], low = draw() % 200;
	struct op op = { WITHIN, slot, nr, .low = low };

	switch (draw() % 4) {
	case 0:
		op.high = low + nr;
		break;
	case 1:
		op.high = low + nr + draw() % 100;
		op.top_down = draw() % 2;
		break;
	case 2:
		op.boundary = 8;
		op.top_down = true;
		break;
	default:
		op.extra = draw() % 7;
	}
	return op;
}

static struct op draw_alloc(bool is_large)
{
	unsigned int slot = draw_slot();

	switch (draw() % 7) {
	case 0:
		return (struct op){ EXACT, slot, lengths[draw() % (is_large ? 14 : 10)] };
	case 3:
		return draw_within(slot, is_large);
	case 1:
		return (struct op){ ALIGNED, slot, 1 + draw() % 40, draw() % 8 };
	case 2:
		return (struct op){ ALLOC_BULK, 20 + draw() % 2 * 4, draw_order(false), 4 };
	default:
		return (struct op){ ALLOC, slot, draw_order(is_large) };
	}
}

static struct op draw_free(void)
{
	switch (draw() % 8) {
	case 0:
		return (struct op){ FREE, 20 + draw() % 8 };
	case 1:
		return (struct op){ FREE_BULK, 20 + draw() % 2 * 4, draw_order(false), 4 };
	case 2:
	case 3:
		return (struct op){ FREE_EXACT, draw_slot() };
	default:
		return (struct op){ FREE, draw_slot() };
	}
}

static struct op draw_split(void)
{
	return (struct op){ SPLIT, draw_slot(), .extra = FIRST_PAGE + draw() % 2 * 8 };
}

static struct op draw_trim(void)
{
	return (struct op){ TRIM, draw_slot(), 1 + draw() % 100, draw() % 3 ? draw() % 40 : 0 };
}

/* One of the first pages of a block that was split, which are most likely to be there. */
static struct op draw_free_page(void)
{
	return (struct op){ draw() % 4 ? FREE : FREE_EXACT, FIRST_PAGE + draw() % 12 };
}

static struct op draw_op(bool is_large)
{
	switch (draw() % 22) {
	case 0 ... 4:
		return draw_alloc(is_large);
	case 5 ... 12:
		return draw_free();
	case 16 ... 17:
		return draw_split();
	case 18 ... 19:
		return draw_free_page();
	case 20 ... 21:
		return draw_trim();
	case 13:
		return (struct op){ DRAIN };
	case 14:
		return (struct op){ PAGES, draw_slot() };
	default:
		return (struct op){ STATS };
	}
}

static struct op draw_nmi_op(bool is_large)
{
	if (draw() % 2)
		return draw_alloc(is_large);
	if (draw() % 4 == 0)
		return draw_split();
	return (struct op){ draw() % 2 ? FREE : FREE_EXACT, draw_slot() };
}

static void draw_shape(struct shape *shape, bool is_large)
{
	static const u16 pages[] = { 64, 128, 192, 256, 512, 1024 };
	unsigned long nr = is_large ? 1024 << draw() % 2 : pages[draw() % ARRAY_SIZE(pages)];

	shape->ranges[0] = (struct pfn_range){ BASE, nr };
	if (draw() % 4 == 0) {
		unsigned long part = 1 + draw() % (nr - 1);

		/* Two ranges with a gap between them. */
		shape->ranges[0] = (struct pfn_range){ BASE + draw() % 64, part };
		shape->ranges[1] = (struct pfn_range){
			shape->ranges[0].pfn + part + 1 + draw() % 100, nr - part
		};
	}
	shape->cache_order = is_large ? 6 + draw() % 5 : 6 + draw() % 2;
}

static void draw_scenario(struct scenario *scenario, unsigned int programs, unsigned int ops)
{
	bool is_large = draw() % 2;
	unsigned int nr, i, k;

	memset(scenario, 0, sizeof(*scenario));
	draw_shape(&scenario->shape, is_large);
	nr = draw() % 16;
	for (i = 0; i < nr; i++) {
		scenario->setup[i] = draw() % 3 ? draw_alloc(is_large) :
				     draw() % 4 ? draw_free() :
				     draw() % 2 ? draw_split() : draw_trim();
		scenario->setup[i].cpu = draw() % CPUS;
	}
	for (i = 0; i < programs; i++) {
		struct program *program = &scenario->programs[i];

		program->cpu = draw() % CPUS;
		program->nmi = draw() % 8 == 0;
		nr = 1 + draw() % ops;
		for (k = 0; k < nr; k++)
			program->ops[k] = program->nmi ? draw_nmi_op(is_large) :
							 draw_op(is_large);
	}
}

/* Longer programs: they have too many schedules to try all. */
static bool make_long(struct scenario *scenario, unsigned long number)
{
	draw_scenario(scenario, 2 + draw() % 3, 6);
	scenario->migrate = draw() % 2;
	if (draw() % 4 == 0) {
		struct program *program = &scenario->programs[0];

		program->nmi = false;
		program->cpu = 0;
		program->ops[0] = (struct op){ OFFLINE, .nr = 1 };
	}
	return true;
}

static bool make_short(struct scenario *scenario, unsigned long number)
{
	draw_scenario(scenario, 2 + draw() % 2, 2);
	scenario->bound = 2;
	return true;
}

static bool make_moved(struct scenario *scenario, unsigned long number)
{
	make_short(scenario, number);
	scenario->migrate = true;
	return true;
}

static bool make_weak(struct scenario *scenario, unsigned long number)
{
	draw_scenario(scenario, 2, 2);
	scenario->bound = 2;
	scenario->weak = true;
	return true;
}

static bool make_long_weak(struct scenario *scenario, unsigned long number)
{
	draw_scenario(scenario, 2 + draw() % 2, 4);
	scenario->migrate = draw() % 2;
	scenario->weak = true;
	return true;
}

/* Mistakes: a part of a block is freed that no correct program frees. */
static bool make_mistakes(struct scenario *scenario, unsigned long number)
{
	static const u8 sizes[] = { 2, 2, 3, 4, 4, 8, 16, 20, 32, 40, 64, 100 };
	unsigned int victims = 1 + draw() % 2, end, i, k;

	draw_scenario(scenario, 2 + draw() % 2, 4);
	for (i = 0; i < victims; i++) {
		unsigned int size = sizes[draw() % ARRAY_SIZE(sizes)];

		/* At the start of the setup, while there is memory. */
		for (end = 0; scenario->setup[end].kind != END; end++)
			;
		memmove(&scenario->setup[1], scenario->setup, end * sizeof(struct op));
		scenario->setup[0] = (struct op){ EXACT, FIRST_VICTIM + i, size,
						  .cpu = draw() % CPUS };
		for (k = 0; has_program(scenario, k); k++) {
			struct op *ops = scenario->programs[k].ops;
			unsigned int page = draw() % size, nr = 1 + draw() % 40;

			if (scenario->programs[k].nmi || (!page && nr == size))
				continue;
			for (end = 0; ops[end].kind != END; end++)
				;
			end = draw() % (end + 1);
			memmove(&ops[end + 1], &ops[end], (MAX_OPS - end) * sizeof(*ops));
			ops[end] = (struct op){ WRONG, FIRST_VICTIM + i, nr, page };
			if (draw() % 2)
				ops[end] = (struct op){ WRONG_PAGE, FIRST_VICTIM + i, 1, page };
			else if (draw() % 2)
				ops[end].kind = draw() % 2 ? WRONG_SPLIT : WRONG_TRIM;
		}
	}
	return true;
}

const struct family random_families[] = {
	{ "random_all_schedules", make_short },
	{ "random_moved", make_moved },
	{ "random_weak_memory", make_weak },
	{ "random_longer", make_long, true },
	{ "random_longer_weak", make_long_weak, true },
	{ "random_with_mistakes", make_mistakes, true },
	{}
};
