// SPDX-License-Identifier: GPL-2.0
/* Random and mutated text at regions=, at the making of regions and at their files. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>

#include "files.h"
#include "fuzz.h"

/* --- regions=: the parser itself, with what it calls replaced --- */

#include "../buddy/param.c"

/**
 * struct entry - what the grammar of Documentation/parameters.rst says of an entry
 * @text: it begins here
 * @len: and has so many bytes
 * @name: given or made up
 * @size: in bytes
 * @base: the address, or 0
 * @has_base: there is one
 */
struct entry {
	const char *text;
	size_t len;
	char name[FUZZ_LEN];
	u64 size;
	u64 base;
	bool has_base;
};

/**
 * struct reading - what is still to be read by the grammar, beside the parser
 * @rest: NULL after the last entry
 * @entry: the last one
 * @added: entries that the parser has made regions of
 * @wrong: of these, those that are not what the grammar says
 * @fail_at: the one that cannot be made
 * @undone: how often all were taken back
 */
static struct reading {
	const char *rest;
	struct entry entry;
	unsigned int added;
	unsigned int wrong;
	unsigned int fail_at;
	unsigned int undone;
} reading;

/* Digits and at most one suffix, from @from up to @end. */
static int read_number(const char *from, const char *end, u64 *number)
{
	static const char suffixes[] = "kmgtpe";
	unsigned int base = 10, digits = 0;
	bool overflow = false;
	const char *suffix;

	*number = 0;
	if (end - from > 2 && from[0] == '0' && (from[1] == 'x' || from[1] == 'X')) {
		base = 16;
		from += 2;
	} else if (from < end && *from == '0') {
		base = 8;
	}
	for (; from < end; from++, digits++) {
		int digit = hex_to_bin(*from);

		if (digit < 0 || digit >= base)
			break;
		overflow |= check_mul_overflow(*number, (u64)base, number);
		overflow |= check_add_overflow(*number, (u64)digit, number);
	}
	if (!digits)
		return -EINVAL;
	if (from < end) {
		for (suffix = suffixes; *suffix && *suffix != (*from | 0x20); suffix++)
			;
		if (!*suffix || from + 1 != end)
			return -EINVAL;
		for (; suffix >= suffixes; suffix--)
			overflow |= check_mul_overflow(*number, 1024ULL, number);
	}
	return overflow ? -ERANGE : 0;
}

static int read_entry(void)
{
	struct entry *entry = &reading.entry;
	const char *from = reading.rest, *end = strchrnul(from, ','), *mark;
	int err;

	entry->text = from;
	entry->len = end - from;
	mark = memchr(from, ':', end - from);
	if (mark) {
		snprintf(entry->name, sizeof(entry->name), "%.*s", (int)(mark - from), from);
		from = mark + 1;
	} else {
		snprintf(entry->name, sizeof(entry->name), "region%u", reading.added);
	}
	mark = memchr(from, '@', end - from);
	entry->has_base = mark;
	entry->base = 0;
	err = read_number(from, mark ?: end, &entry->size);
	if (!err && mark)
		err = read_number(mark + 1, end, &entry->base);
	reading.rest = *end ? end + 1 : NULL;
	return err;
}

/* The beginning of error messages: the entry, cut at 79 characters. */
static bool is_what(const char *what, const struct entry *entry)
{
	size_t len = min_t(size_t, entry->len, 79 - strlen("regions="));

	return !strncmp(what, "regions=", 8) && !strncmp(what + 8, entry->text, len) &&
	       strlen(what + 8) == len;
}

struct buddy_region *region_add(enum origin origin, const char *what,
				const char *name, u64 base, u64 size, void *virt)
{
	const struct entry *entry = &reading.entry;

	if (!reading.rest || read_entry() || strcmp(name, entry->name) ||
	    size != entry->size || base != entry->base || virt || !is_what(what, entry) ||
	    origin != (entry->has_base ? ORIGIN_RESERVED : ORIGIN_KERNEL))
		reading.wrong++;
	return reading.added++ == reading.fail_at ? ERR_PTR(-EBUSY) : NULL;
}

void regions_remove_all(void)
{
	reading.undone++;
}

int pcp_hotplug_init(void)
{
	return 0;
}

void pcp_hotplug_exit(void)
{
}

void debugfs_init(const struct file_operations *pools_fops)
{
}

void debugfs_exit(void)
{
}

static const char * const parameter_tokens[] = {
	"0x", "0X", "0", "00", "08", "K", "k", "M", "G", "T", "P", "E", "e", "0x1E", "0x1EK",
	"15E", "16E", "16384P", "17179869184G", "18014398509481984K", "18446744073709551615",
	"18446744073709551616", "0xffffffffffffffff", "0x10000000000000000",
	"01777777777777777777777", "02000000000000000000000", "64M", "128M@0x20000000",
	"a:", "regions", "@", "@@", ":", "::", ",", ",,", " ", "\n", "\t", "+", "-", ".", "_",
	"\x7f", "\x80", "\xff", "%s%n", "/", "..",
};

static void add_number(struct fuzz *fuzz)
{
	static const char suffixes[] = "KMGTPEkmgtpe";
	u64 number = any_number(fuzz);

	switch (below(fuzz, 3)) {
	case 0:
		fuzz_add(fuzz, "%llu", number);
		break;
	case 1:
		fuzz_add(fuzz, "%#llx", number);
		break;
	case 2:
		fuzz_add(fuzz, "%#llo", number);
		break;
	}
	if (below(fuzz, 2))
		fuzz_add(fuzz, "%c", suffixes[below(fuzz, strlen(suffixes))]);
}

/* Numbers may be too large, but all else is right. */
static void make_list(struct fuzz *fuzz)
{
	unsigned int left = 1 + below(fuzz, 4);

	for (;;) {
		if (below(fuzz, 2))
			fuzz_add(fuzz, "%.*s:", 1 + below(fuzz, 12), "camera-fpga_0.x");
		add_number(fuzz);
		if (below(fuzz, 2)) {
			fuzz_add(fuzz, "@");
			add_number(fuzz);
		}
		if (!--left)
			break;
		fuzz_add(fuzz, ",");
	}
}

static void make_parameter(struct fuzz *fuzz)
{
	static const char alphabet[] = "000123789abcdefxXKMGTPEkmgtpe::@@,,";
	unsigned int kind = below(fuzz, 8), n;

	fuzz_clear(fuzz);
	if (kind == 0) {
		for (n = below(fuzz, 40); n; n--)
			fuzz_add(fuzz, "%c", 1 + below(fuzz, 255));
	} else if (kind == 1) {
		for (n = below(fuzz, 12); n; n--)
			fuzz_add(fuzz, "%c", alphabet[below(fuzz, strlen(alphabet))]);
	} else {
		make_list(fuzz);
		if (kind > 2)
			for (n = 1 + below(fuzz, 4); n; n--)
				fuzz_mutate(fuzz);
	}
	/* A parameter has no NUL in it. */
	fuzz->len = strlen(fuzz->text);
}

static void fuzz_test_parameter(struct kunit *test)
{
	struct fuzz *fuzz = fuzz_start(test, parameter_tokens, ARRAY_SIZE(parameter_tokens));
	char *usual = regions;
	unsigned long i;

	for (i = 0; i < 40000UL * rounds; i++) {
		unsigned int said = nr_said;
		int err, want = 0;

		make_parameter(fuzz);
		regions = fuzz_copy(fuzz, fuzz->text, fuzz->len + 1);
		reading = (struct reading){
			.rest = regions,
			.fail_at = below(fuzz, 8) ? UINT_MAX : below(fuzz, 4),
		};
		err = buddy_init(NULL);
		said = nr_said - said;

		/* Where it stopped, the grammar must say so. */
		if (reading.added > reading.fail_at)
			want = -EBUSY;
		else if (reading.rest)
			want = read_entry() ?: 1;
		if (err != want || reading.wrong || reading.undone != !!err ||
		    said != (err && err != -EBUSY))
			KUNIT_FAIL(test, "regions=%*pE: error %d, not %d; %u of %u wrong, %u undone, %u messages",
				   (int)fuzz->len, fuzz->text, err, want, reading.wrong,
				   reading.added, reading.undone, said);
		fuzz->accepted += !err;
		fuzz->refused += !!err;
		kfree(regions);
		regions = usual;
		cond_resched();
	}
	fuzz_end(fuzz);
}

static struct kunit_case fuzz_cases[] = {
	KUNIT_CASE(fuzz_test_parameter),
	{}
};

static struct kunit_suite fuzz_suite = {
	.name = "fuzz",
	.test_cases = fuzz_cases,
};

kunit_test_suite(fuzz_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: fuzz");
MODULE_LICENSE("GPL");
