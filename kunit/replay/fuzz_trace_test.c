// SPDX-License-Identifier: GPL-2.0
/*
 * Suite fuzz_trace: random and mutated recordings are refused by the replay, or replayed
 * without an error.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../../pool/pool.h"
#include "../lib/fuzz.h"

/* The replay's code; kcalloc() lets KASAN detect accesses behind its arrays. */
#undef vcalloc
#define vcalloc(nr, size) kcalloc(nr, size, GFP_KERNEL)
#define vfree kfree
#include "trace.c"
#include "replay_pages.c"
#include "replay_pools.c"

#define REGION_PAGES	1024UL
#define MOST_LINES	60U
#define NR_SLOTS	16U
#define NR_POOLS	4U

/* Recordings within these bounds always find memory: 60 blocks of 8 pages, twice. */
#define MOST_ORDER	3
#define MOST_BYTES	(4 * PAGE_SIZE)

/**
 * struct model - the state after the lines of a recording that is being made
 * @kind: its format before mutations: &pages_format or &pools_format
 * @lines: how many operations it will have
 * @pools: the pools that exist
 * @held: the slots that are in use
 * @pool: for each slot, the pool of its object
 * @size: for each slot, the bytes of its object, or the pages of its block
 * @now: the sum of the sizes in use
 * @peak: the largest value of @now
 */
struct model {
	const struct format *kind;
	unsigned int lines;
	bool pools[NR_POOLS];
	bool held[NR_SLOTS];
	unsigned int pool[NR_SLOTS];
	unsigned int size[NR_SLOTS];
	unsigned long now;
	unsigned long peak;
};

static const char * const trace_tokens[] = {
	"a", "f", "w", "C", "R", "D", "n", "z", "x",
	"a 0 0\n", "f 0\n", "a 1 1\n", "f 1\n", "w 2 3 1\n",
	"C 0 4096\n", "R 0\n", "D 0\n", "n 0 1 0\n", "z 0 5000 1\n", "f 0 1\n", "0", "1", "00",
	"10", "32", "0x1", "-1", "+1", "1.", "31", "4294967295", "4294967296", "4294967297",
	"18446744073709551616", "99999999999999999999999", " ", "  ", "\t", "\n", "\n\n", "\r\n",
	"#", "# ", "\x80", "\xff", "%s%n",
};

static void hold(struct model *model, unsigned int slot, unsigned int pool,
		 unsigned int size)
{
	model->held[slot] = true;
	model->pool[slot] = pool;
	model->size[slot] = size;
	model->now += size;
	model->peak = max(model->peak, model->now);
}

static void let_go(struct model *model, unsigned int slot)
{
	model->held[slot] = false;
	model->now -= model->size[slot];
}

static void let_all_go(struct model *model, unsigned int pool)
{
	unsigned int slot;

	for (slot = 0; slot < NR_SLOTS; slot++)
		if (model->held[slot] && model->pool[slot] == pool)
			let_go(model, slot);
}

static void add_page_line(struct fuzz *fuzz, struct model *model)
{
	unsigned int slot = below(fuzz, min(model->lines, NR_SLOTS));
	unsigned int order = below(fuzz, MOST_ORDER + 1);

	if (model->held[slot]) {
		fuzz_add(fuzz, "f %u\n", slot);
		let_go(model, slot);
	} else if (below(fuzz, 2)) {
		fuzz_add(fuzz, "a %u %u\n", slot, order);
		hold(model, slot, 0, BIT(order));
	} else {
		unsigned int pages = 1 + below(fuzz, BIT(MOST_ORDER));

		fuzz_add(fuzz, "w %u %u %u\n", slot, pages, order);
		hold(model, slot, 0, pages);
	}
}

static void add_pool_line(struct fuzz *fuzz, struct model *model)
{
	unsigned int slot = below(fuzz, min(model->lines, NR_SLOTS));
	unsigned int pool = below(fuzz, min(model->lines, NR_POOLS));
	unsigned int size = below(fuzz, below(fuzz, 4) ? 300 : MOST_BYTES + 1);

	/* An object is freed before its slot is used again, or with its pool. */
	if (model->held[slot])
		pool = model->pool[slot];
	if (!model->pools[pool]) {
		fuzz_add(fuzz, "C %u %u\n", pool, size);
		model->pools[pool] = true;
	} else if (below(fuzz, 8) == 0) {
		model->pools[pool] = below(fuzz, 2);
		fuzz_add(fuzz, "%c %u\n", model->pools[pool] ? 'R' : 'D', pool);
		let_all_go(model, pool);
	} else if (model->held[slot]) {
		fuzz_add(fuzz, "f %u %u\n", pool, slot);
		let_go(model, slot);
	} else {
		fuzz_add(fuzz, "%c %u %u %u\n", "anz"[below(fuzz, 3)], pool, size, slot);
		hold(model, slot, pool, size);
	}
}

static void make_trace(struct fuzz *fuzz, struct model *model)
{
	unsigned int i;

	*model = (struct model){
		.kind = below(fuzz, 2) ? &pages_format : &pools_format,
		.lines = 1 + below(fuzz, MOST_LINES),
	};
	fuzz_clear(fuzz);
	for (i = 0; i < model->lines; i++) {
		if (below(fuzz, 32) == 0)
			fuzz_add(fuzz, "%s\n", below(fuzz, 2) ? "# f 9" : "");
		if (model->kind == &pages_format)
			add_page_line(fuzz, model);
		else
			add_pool_line(fuzz, model);
	}
}

/* Delete a line, or insert a copy of it somewhere else. */
static void mutate_lines(struct fuzz *fuzz)
{
	size_t from = below(fuzz, fuzz->len), to = below(fuzz, fuzz->len), len;
	char line[32];

	while (from && fuzz->text[from - 1] != '\n')
		from--;
	while (to && fuzz->text[to - 1] != '\n')
		to--;
	for (len = 0; from + len < fuzz->len && len < sizeof(line);)
		if (fuzz->text[from + len++] == '\n')
			break;
	memcpy(line, fuzz->text + from, len);
	if (below(fuzz, 2))
		fuzz_splice(fuzz, from, len, "", 0);
	else
		fuzz_splice(fuzz, to, 0, line, len);
}

static void make_noise(struct fuzz *fuzz)
{
	static const char alphabet[] = "\n\n\nafCRDnz0011234  ";
	unsigned int n;

	fuzz_clear(fuzz);
	for (n = 1 + below(fuzz, 60); n; n--) {
		char byte = alphabet[below(fuzz, strlen(alphabet))];

		if (below(fuzz, 16) == 0)
			byte = below(fuzz, 256);
		fuzz_splice(fuzz, fuzz->len, 0, &byte, 1);
	}
}

/* Whether a line, read digit by digit, is this operation. */
static bool is_line(const char *line, const char *end, const struct op *op,
		    unsigned int args)
{
	unsigned int i;

	if (*line++ != op->kind)
		return false;
	for (i = 0; i < args; i++) {
		const char *digits;
		u64 number = 0;

		if (line == end || *line++ != ' ')
			return false;
		line += line < end && *line == '+';
		for (digits = line; line < end && isdigit(*line); line++)
			number = min(number * 10 + *line - '0', BIT_ULL(32));
		if (line == digits || number != op->arg[i])
			return false;
	}
	return line == end;
}

/* Whether the operations are exactly those of the text. */
static bool is_text(const struct fuzz *fuzz, const struct trace *trace)
{
	const char *line = fuzz->text, *end;
	unsigned long nr = 0;

	for (; line < fuzz->text + fuzz->len; line = end + 1) {
		end = memchr(line, '\n', fuzz->text + fuzz->len - line);
		if (!end)
			return false;
		if (line == end || *line == '#')
			continue;
		if (nr == trace->nr || !is_line(line, end, &trace->ops[nr],
						trace->format->args(*line)))
			return false;
		nr++;
	}
	return nr == trace->nr;
}

/* Whether the recording must find enough memory. */
static bool is_small(const struct trace *trace)
{
	const struct op *op;

	for (op = trace->ops; op < trace->ops + trace->nr; op++)
		if (trace->format == &pages_format ?
		    (op->kind == 'a' && op->arg[1] > MOST_ORDER) ||
		    (op->kind == 'w' && (op->arg[1] > BIT(MOST_ORDER) ||
					 op->arg[2] > MOST_ORDER)) :
		    strchr("Canz", op->kind) && op->arg[1] > MOST_BYTES)
			return false;
	return trace->nr <= MOST_LINES;
}

/* Replay; return the first error, or 0.  Afterwards all pages must be free and merged. */
static int replay(struct fuzz *fuzz, struct buddy_region *region,
		  const struct buddy_stats *fresh, const struct trace *trace)
{
	int err = trace->format->start(trace->slots);
	unsigned long i;

	KUNIT_ASSERT_EQ(fuzz->test, err, 0);
	for (i = 0; i < trace->nr && !err; i++)
		err = trace->format->run(region, &trace->ops[i], i + 1);
	err = trace->format->finish(region) ?: err;
	trace->format->stop();
	expect_all_free(fuzz->test, region, fresh);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		if (atomic_long_read(&region->errors[i]))
			err = -EIO;
	return err;
}

static void fuzz_trace_test(struct kunit *test)
{
	struct fuzz *fuzz = fuzz_start(test, trace_tokens, ARRAY_SIZE(trace_tokens));
	struct buddy_region *region = test_region_mapped(test, 0, REGION_PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long i, operations = 0, no_room = 0;
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, model);
	for (i = 0; i < 5000UL * test_rounds() && fuzz_goes_on(fuzz); i++) {
		struct trace trace = { .path = "fuzz" };
		unsigned int said = nr_said, kind = below(fuzz, 8), n;
		int err, replayed = 0;
		bool small = true;
		char *text;

		make_trace(fuzz, model);
		if (kind == 0)
			make_noise(fuzz);
		for (n = kind > 2 ? 1 + below(fuzz, 3) : 0; n; n--) {
			if (fuzz->len && below(fuzz, 2))
				mutate_lines(fuzz);
			else
				fuzz_mutate(fuzz);
		}
		/* An empty file is not parsed. */
		if (!fuzz->len)
			continue;
		text = fuzz_copy(fuzz, fuzz->text, fuzz->len);
		err = trace_parse(&trace, text, fuzz->len);
		kfree(text);
		said = nr_said - said;
		if (!err) {
			if (!is_text(fuzz, &trace))
				KUNIT_FAIL(test, "%*pE: read as something else",
					   (int)fuzz->len, fuzz->text);
			small = is_small(&trace);
			replayed = replay(fuzz, region, fresh, &trace);
			operations += trace.nr;
			no_room += replayed == -ENOMEM;
			trace_free(&trace);
		}
		if (err ? err != -EINVAL || said != 1 || kind == 1 || kind == 2 :
		    said || (replayed && (small || replayed != -ENOMEM)))
			KUNIT_FAIL(test, "%*pE: error %d, %u said, replay %d, input %lu of kind %u",
				   (int)fuzz->len, fuzz->text, err, said, replayed, i, kind);
		if (!err && (kind == 1 || kind == 2) &&
		    (trace.peak != model->peak || trace.format != model->kind))
			KUNIT_FAIL(test, "%*pE: the peak is %lu, not %lu", (int)fuzz->len,
				   fuzz->text, trace.peak, model->peak);
		fuzz->accepted += !err;
		fuzz->refused += !!err;
		cond_resched();
	}
	kunit_info(test, "%lu operations replayed, %lu traces found no room\n", operations,
		   no_room);
	fuzz_end(fuzz);
}

static struct kunit_case fuzz_trace_cases[] = {
	KUNIT_CASE(fuzz_trace_test),
	{}
};

static struct kunit_suite fuzz_trace_suite = {
	.name = "fuzz_trace",
	.test_cases = fuzz_trace_cases,
};

kunit_test_suite(fuzz_trace_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: fuzz_trace");
MODULE_LICENSE("GPL");
