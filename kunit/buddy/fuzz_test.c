// SPDX-License-Identifier: GPL-2.0
/*
 * Suite fuzz: random and mutated input for the parameter regions=, for
 * buddy_region_create() and for the files in debugfs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>

#include "../lib/files.h"
#include "../lib/fuzz.h"

/* --- regions=: the real parser, with stand-ins for the functions that it calls --- */

#include "../../buddy/param.c"

/**
 * struct entry - one entry of regions=, read as in Documentation/parameters.rst
 * @text: its first byte
 * @len: its length in bytes
 * @name: the name in the entry, or the default name
 * @size: in bytes
 * @base: the address, or 0
 * @has_base: the entry has an address
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
 * struct reading - the test's own reading of the text, beside the parser's
 * @rest: the text behind @entry; NULL after the last entry
 * @entry: the entry that was read last
 * @added: entries from which the parser has created regions
 * @wrong: how many of them differ from the test's reading
 * @fail_at: number of the entry whose region cannot be created
 * @undone: how often the parser destroyed all regions
 */
static struct reading {
	const char *rest;
	struct entry entry;
	unsigned int added;
	unsigned int wrong;
	unsigned int fail_at;
	unsigned int undone;
} reading;

/* Read digits and at most one suffix, from @from up to @end. */
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

/* Whether @what, the start of an error message, has the entry, cut at 79 characters. */
static bool is_what(const char *what, const struct entry *entry)
{
	size_t len = min_t(size_t, entry->len, 79 - strlen("regions="));

	return !strncmp(what, "regions=", 8) && !strncmp(what + 8, entry->text, len) &&
	       strlen(what + 8) == len;
}

struct buddy_region *buddy_region_add(enum origin origin, const char *what,
				      const char *name, u64 base, u64 size, void *virt)
{
	const struct entry *entry = &reading.entry;

	if (!reading.rest || read_entry() || strcmp(name, entry->name) ||
	    size != entry->size || base != entry->base || virt || !is_what(what, entry) ||
	    origin != (entry->has_base ? ORIGIN_RESERVED : ORIGIN_KERNEL))
		reading.wrong++;
	return reading.added++ == reading.fail_at ? ERR_PTR(-EBUSY) : NULL;
}

void buddy_regions_remove_all(void)
{
	reading.undone++;
}

int buddy_page_owner_init(void)
{
	return 0;
}

void buddy_page_poison_init(void)
{
}

int buddy_hotplug_init(void)
{
	return 0;
}

int buddy_check_uncached(void)
{
	return 0;
}

void buddy_hotplug_exit(void)
{
}

void buddy_debugfs_init(void)
{
}

void buddy_debugfs_exit(void)
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
	u64 number = any_number(fuzz) >> below(fuzz, 64);

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

/* Make a text that is correct, except that a number may be too large. */
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
	/* A parameter ends at the first NUL. */
	fuzz->len = strlen(fuzz->text);
}

static void fuzz_test_parameter(struct kunit *test)
{
	struct fuzz *fuzz = fuzz_start(test, parameter_tokens, ARRAY_SIZE(parameter_tokens));
	char *usual = regions;
	unsigned long i;

	for (i = 0; i < 20000UL * test_rounds() && fuzz_goes_on(fuzz); i++) {
		unsigned int said = nr_said;
		int err, want = 0;

		make_parameter(fuzz);
		regions = fuzz_copy(fuzz, fuzz->text, fuzz->len + 1);
		reading = (struct reading){
			.rest = regions,
			.fail_at = below(fuzz, 8) ? UINT_MAX : below(fuzz, 4),
		};
		err = buddy_init();
		said = nr_said - said;

		/* The parser must have stopped where the test's reading has an error. */
		if (reading.added > reading.fail_at)
			want = -EBUSY;
		else if (reading.rest)
			want = read_entry() ?: 1;
		if (err != want || reading.wrong || reading.undone != !!err ||
		    said != (err && err != -EBUSY))
			KUNIT_FAIL(test, "%*pE: error %d/%d, %u of %u wrong, %u undone, %u said",
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

/* --- regions: any name, pfn and number of pages --- */

#define NR_LIVE		8
#define MOST_PAGES	BIT(28)		/* 1 TiB, which takes 100 MiB of metadata */
#define BEYOND_PFN	(PHYS_PFN(~0ULL) + 1)

/**
 * struct made - a region that exists
 * @region: the region, or NULL
 * @name: the name that it was created with
 * @pfn: its first page
 * @nr: how many pages
 */
struct made {
	struct buddy_region *region;
	char name[NAME_LEN];
	unsigned long pfn;
	unsigned long nr;
};

static const char * const name_tokens[] = {
	"", ".", "..", ".a", "a.", "regions", "region0", "-", "/", "a/b", "../a", " ", "\n",
	"\t", "\x01", "\x7f", "\x80", "\xff", "\xc3\xbc", "%s%n", ":", "@", ",",
	"1234567890123456789012345678901", "12345678901234567890123456789012",
};

static void make_name(struct fuzz *fuzz, const struct made *made)
{
	unsigned int kind = below(fuzz, 8), n;

	fuzz_clear(fuzz);
	if (kind == 0 && made[0].region)
		fuzz_add(fuzz, "%s", made[0].name);
	else if (kind == 1)
		fuzz_add(fuzz, "%s", name_tokens[below(fuzz, fuzz->nr_tokens)]);
	else
		fuzz_add(fuzz, "fuzz%lu", fuzz->accepted + fuzz->refused);
	if (kind == 2)
		for (n = 1 + below(fuzz, 3); n; n--)
			fuzz_mutate(fuzz);
	/* Each name is printed to the log. */
	fuzz->len = strnlen(fuzz->text, 2 * NAME_LEN);
	fuzz->text[fuzz->len] = '\0';
}

static unsigned long make_pfn(struct fuzz *fuzz, const struct made *made)
{
	static const unsigned long edges[] = {
		0, 1, END_PFN, BEYOND_PFN, ULONG_MAX, LONG_MAX, BIT(32), BIT(31),
	};

	switch (below(fuzz, 8)) {
	case 0:
		return edges[below(fuzz, ARRAY_SIZE(edges))] - below(fuzz, 3);
	case 1:
		return any_number(fuzz);
	case 2:
		return made->pfn + made->nr + 1 - below(fuzz, 3);
	}
	/* Above the guest's memory: region0 may have any part of that. */
	return BIT(20) + any_number(fuzz) % (END_PFN - BIT(20));
}

static unsigned long make_pages(struct fuzz *fuzz)
{
	static const unsigned long edges[] = {
		0, BIT(32), END_PFN, BEYOND_PFN, ULONG_MAX, LONG_MAX,
	};
	unsigned long nr;

	if (below(fuzz, 8) == 0) {
		nr = edges[below(fuzz, ARRAY_SIZE(edges))] - below(fuzz, 3);
		/* Between the two, the result would depend on how much memory is free. */
		return nr > MOST_PAGES && nr < BIT(32) ? BIT(32) : nr;
	}
	nr = any_number(fuzz) & (MOST_PAGES - 1);
	return below(fuzz, 64) ? nr >> 6 : nr;
}

static bool may_be_a_name(const char *name)
{
	size_t len;

	for (len = 0; name[len]; len++) {
		char c = name[len], letter = c | 0x20;

		if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-' && c != '.')
			return false;
	}
	return len >= 1 && len <= 31 && name[0] != '.' && strcmp(name, "regions");
}

static bool overlap(unsigned long pfn, unsigned long nr, unsigned long other,
		    unsigned long other_nr)
{
	return pfn <= other ? nr > other - pfn : other_nr > pfn - other;
}

/* What buddy_region_create() must return; insmod created @loaded. */
static int expected_error(const struct made made[], struct buddy_region *loaded,
			  const char *name, unsigned long pfn, unsigned long nr)
{
	unsigned int i;

	if (pfn >= BEYOND_PFN || nr >= BEYOND_PFN)
		return -ERANGE;
	if (!may_be_a_name(name))
		return -EINVAL;
	for (i = 0; i < NR_LIVE; i++)
		if (made[i].region && !strcmp(name, made[i].name))
			return -EEXIST;
	if (!strcmp(name, loaded->name))
		return -EEXIST;
	if (!nr)
		return -EINVAL;
	if (pfn >= END_PFN || nr > END_PFN - pfn)
		return -ERANGE;
	for (i = 0; i < NR_LIVE; i++)
		if (made[i].region && overlap(pfn, nr, made[i].pfn, made[i].nr))
			return -EBUSY;
	for (i = 0; i < loaded->nr_ranges; i++)
		if (overlap(pfn, nr, loaded->ranges[i].pfn, loaded->ranges[i].pages))
			return -EBUSY;
	return nr >= BIT(32) ? -ENOMEM : 0;
}

/* The region is as requested, has a page, and is not destroyed while that is in use. */
static void check_made(struct kunit *test, const struct made *made)
{
	struct buddy_region *region = made->region;
	struct buddy_stats *stats = test_stats(test, region);
	unsigned long pfn;

	KUNIT_EXPECT_STREQ(test, buddy_region_name(region), made->name);
	KUNIT_EXPECT_EQ(test, stats->pages, made->nr);
	KUNIT_EXPECT_EQ(test, stats->free_pages, made->nr);
	expect_free_range(test, region, made->pfn, made->nr);
	pfn = buddy_alloc_pfn(region, 0, 0);
	KUNIT_EXPECT_TRUE(test, pfn >= made->pfn && pfn - made->pfn < made->nr);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), -EBUSY);
	buddy_free_pfn(region, pfn, 0);
	if (made->nr < BIT(16))
		expect_all_free(test, region, stats);
	kunit_kfree(test, stats);
}

static void fuzz_test_regions(struct kunit *test)
{
	struct fuzz *fuzz = fuzz_start(test, name_tokens, ARRAY_SIZE(name_tokens));
	struct buddy_region *loaded = buddy_region_get("region0"), *region;
	long before = si_mem_available(), pages = 0;
	struct made made[NR_LIVE] = {}, *spot;
	unsigned long i, pfn, nr;
	char *name;
	int want;

	KUNIT_ASSERT_NOT_NULL(test, loaded);
	for (i = 0; i < 300UL * test_rounds() && fuzz_goes_on(fuzz); i++) {
		spot = &made[below(fuzz, NR_LIVE)];
		make_name(fuzz, spot);
		name = fuzz_copy(fuzz, fuzz->text, fuzz->len + 1);
		pfn = make_pfn(fuzz, spot);
		nr = make_pages(fuzz);
		want = expected_error(made, loaded, name, pfn, nr);
		region = buddy_region_create(name, pfn, nr, NULL);
		if (PTR_ERR_OR_ZERO(region) != want)
			KUNIT_FAIL(test, "'%*pE', pfn %#lx, %#lx pages: error %d, not %d",
				   (int)fuzz->len, name, pfn, nr, PTR_ERR_OR_ZERO(region), want);
		if (IS_ERR(region)) {
			fuzz->refused++;
		} else {
			fuzz->accepted++;
			pages += nr / 2 / PAGE_SIZE;
			if (spot->region)
				KUNIT_EXPECT_EQ(test, buddy_region_destroy(spot->region), 0);
			*spot = (struct made){ .region = region, .pfn = pfn, .nr = nr };
			strscpy(spot->name, name, NAME_LEN);
			check_made(test, spot);
		}
		kfree(name);
		cond_resched();
	}
	for (spot = made; spot < made + NR_LIVE; spot++)
		if (spot->region)
			KUNIT_EXPECT_EQ(test, buddy_region_destroy(spot->region), 0);
	buddy_region_put(loaded);
	/* KASAN keeps up to 32 MiB of freed memory. */
	kunit_info(test, "%ld pages of metadata came and went, %ld are missing\n", pages,
		   before - si_mem_available());
	KUNIT_EXPECT_LT(test, before - si_mem_available(), max(pages / 4, 10000L));
	fuzz_end(fuzz);
}

/* --- debugfs: no file can be written; a read at any place gives the same text --- */

struct listing {
	struct dir_context context;
	char names[16][NAME_LEN];
	unsigned int nr;
};

static bool list_file(struct dir_context *context, const char *name, int len,
		      loff_t offset, u64 inode, unsigned int type)
{
	struct listing *listing = container_of(context, struct listing, context);

	if (type != DT_REG)
		return true;
	if (listing->nr == ARRAY_SIZE(listing->names))
		return false;
	snprintf(listing->names[listing->nr++], NAME_LEN, "%.*s", len, name);
	return true;
}

static void expect_read_only(struct kunit *test, const char *dir, const char *name)
{
	char path[96];
	struct file *file;
	loff_t pos = 0;

	/* Root may open any file for writing; the write itself must fail. */
	snprintf(path, sizeof(path), "/sys/kernel/debug/buddypool/%s/%s", dir, name);
	file = filp_open(path, O_RDWR, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ_MSG(test, file_inode(file)->i_mode & 0222, 0, "%s/%s", dir, name);
	KUNIT_EXPECT_TRUE_MSG(test, !file->f_op->write ||
			      file->f_op->write(file, NULL, 1, &pos) == -EINVAL,
			      "%s/%s", dir, name);
	__fput_sync(file);
}

static void read_anywhere(struct fuzz *fuzz, const char *dir, const char *name,
			  const char *whole)
{
	struct file *file = open_file(dir, name);
	size_t total = strlen(whole), len, left;
	unsigned long i;
	ssize_t got;
	char *piece;
	loff_t pos;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(fuzz->test, file);
	for (i = 0; i < 200UL * test_rounds() && fuzz_goes_on(fuzz); i++) {
		pos = below(fuzz, total + 20);
		if (below(fuzz, 16) == 0)
			pos = any_number(fuzz) >> 1;
		left = pos < total ? total - pos : 0;
		len = 1 + below(fuzz, below(fuzz, 4) ? 100 : 2 * total);
		piece = kmalloc(len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(fuzz->test, piece);
		got = read_file(file, piece, len, pos);
		if (got < (left ? 1 : 0) || got > min(len, left) ||
		    memcmp(piece, whole + pos, got))
			KUNIT_FAIL(fuzz->test, "%s/%s: %zd of %zu bytes at %lld are others",
				   dir, name, got, len, pos);
		fuzz->accepted += got > 0;
		fuzz->refused += got <= 0;
		kfree(piece);
		cond_resched();
	}
	__fput_sync(file);
}

static unsigned int fuzz_files(struct fuzz *fuzz, const char *dir)
{
	struct listing *listing = kunit_kzalloc(fuzz->test, sizeof(*listing), GFP_KERNEL);
	struct file *file = open_file(dir, ".");
	char *whole = new_text(fuzz->test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(fuzz->test, listing);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(fuzz->test, file);
	listing->context.actor = list_file;
	KUNIT_EXPECT_EQ(fuzz->test, iterate_dir(file, &listing->context), 0);
	__fput_sync(file);
	for (i = 0; i < listing->nr; i++) {
		expect_read_only(fuzz->test, dir, listing->names[i]);
		read_pieces(fuzz->test, dir, listing->names[i], whole, TEXT_LEN);
		read_anywhere(fuzz, dir, listing->names[i], whole);
	}
	return listing->nr;
}

static void fuzz_test_files(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 3, 40000);
	struct fuzz *fuzz = fuzz_start(test, NULL, 0);
	unsigned long pfn;

	/* A map with many lines, all different. */
	fill(test, region);
	for (pfn = TEST_PFN + 3; pfn < TEST_PFN + 40003; pfn++)
		if (below(fuzz, 40000) >= pfn - TEST_PFN)
			buddy_free_pfn(region, pfn, 0);
	KUNIT_EXPECT_EQ(test, fuzz_files(fuzz, "."), 2U);
	KUNIT_EXPECT_EQ(test, fuzz_files(fuzz, buddy_region_name(region)), 11U);
	for (pfn = TEST_PFN + 3; pfn < TEST_PFN + 40003; pfn++)
		if (buddy_block_pages(region, pfn))
			buddy_free_pfn(region, pfn, 0);
	fuzz_end(fuzz);
}

static struct kunit_case fuzz_cases[] = {
	KUNIT_CASE(fuzz_test_parameter),
	KUNIT_CASE(fuzz_test_regions),
	KUNIT_CASE(fuzz_test_files),
	{}
};

static struct kunit_suite fuzz_suite = {
	.name = "fuzz",
	.test_cases = fuzz_cases,
};

kunit_test_suite(fuzz_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: fuzz");
MODULE_LICENSE("GPL");
