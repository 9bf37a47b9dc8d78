// SPDX-License-Identifier: GPL-2.0
/* Suite debugfs: the text of the files in debugfs, except map (map_test.c) and pcp. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "../lib/files.h"

static const char * const files[] = {
	"free_area", "buddyinfo", "unusable_index", "extfrag_index", "map", "stats",
};

/* --- free_area --- */

/**
 * struct reading - what the text of free_area says
 * @rows: how many orders there are
 * @bytes: the sum of all rows
 * @free: the number in line "free"
 * @used: the number in line "used"
 * @total: the number in line "total"
 * @longest: the number in line "longest run"
 * @nr_free: free blocks of each order
 */
struct reading {
	unsigned int rows;
	u64 bytes, free, used, total, longest;
	unsigned long nr_free[BUDDY_NR_ORDERS];
};

/* False if a row has another form, or if its numbers do not agree. */
static bool parse_free_area(char *text, struct reading *area)
{
	static const char units[] = "BKMGTPE";
	unsigned int order;
	unsigned long size;
	char *line, unit;
	u64 bytes;

	memset(area, 0, sizeof(*area));
	line = strsep(&text, "\n");
	if (strcmp(line, "order    size  free_blocks        free_bytes"))
		return false;
	while ((line = strsep(&text, "\n")) &&
	       sscanf(line, "%u %lu%c %lu %llu", &order, &size, &unit,
		      &area->nr_free[area->rows], &bytes) == 5) {
		/* The size of one block is rounded to a unit: 4K, 1M, ... */
		if (order != area->rows || size > 512 || !strchr(units, unit) ||
		    (u64)size << 10 * (strchr(units, unit) - units) != PAGE_SIZE << order ||
		    bytes != (u64)area->nr_free[order] << order << PAGE_SHIFT)
			return false;
		area->bytes += bytes;
		area->rows++;
	}
	return line && sscanf(line, " free %llu", &area->free) == 1 &&
	       (line = strsep(&text, "\n")) && sscanf(line, " used %llu", &area->used) == 1 &&
	       (line = strsep(&text, "\n")) && sscanf(line, "total %llu", &area->total) == 1 &&
	       (line = strsep(&text, "\n")) &&
	       sscanf(line, "longest run %llu", &area->longest) == 1 && text && !*text;
}

static void check_free_area(struct kunit *test, struct buddy_region *region,
			    unsigned long longest)
{
	struct reading *area = kunit_kzalloc(test, sizeof(*area), GFP_KERNEL);
	struct buddy_stats *stats = test_stats(test, region);

	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_TRUE(test, parse_free_area(region_file(test, region, "free_area"),
						area));
	KUNIT_EXPECT_EQ(test, area->rows, stats->max_order + 1);
	KUNIT_EXPECT_EQ(test, memcmp(area->nr_free, stats->nr_free,
				     sizeof(area->nr_free)), 0);
	KUNIT_EXPECT_EQ(test, area->bytes, area->free);
	KUNIT_EXPECT_EQ(test, area->free, (u64)stats->free_pages << PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, area->free + area->used, area->total);
	KUNIT_EXPECT_EQ(test, area->total, (u64)stats->pages << PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, area->longest, (u64)longest << PAGE_SHIFT);
}

static void debugfs_test_free_area(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 3, 5000);

	check_free_area(test, region, 5000);
	fill(test, region);
	check_free_area(test, region, 0);
	free_each(region, TEST_PFN + 3, 5000, 3);
	check_free_area(test, region, 1);
	free_each(region, TEST_PFN + 4, 4999, 3);
	check_free_area(test, region, 2);
	free_each(region, TEST_PFN + 5, 4998, 3);
}

/* The units of block sizes, up to the largest block of a large region. */
static void expect_size(struct kunit *test, const char *text, unsigned int order,
			const char *blocks)
{
	u64 number = PAGE_SIZE >> 10 << order;
	const char *unit = "KMGT";
	char line[64];

	for (; number >= 1024; number /= 1024)
		unit++;
	snprintf(line, sizeof(line), "\n%5u%7llu%c%s", order, number, *unit, blocks);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, line), "%s in:%s", line, text);
}

static void debugfs_test_free_area_units(struct kunit *test)
{
	struct buddy_region *region = test_region(test, 1UL << 26, 1UL << 26);
	char *text = region_file(test, region, "free_area");

	expect_size(test, text, 0, "            0");
	expect_size(test, text, 20 - PAGE_SHIFT - 1, "            0");
	expect_size(test, text, 20 - PAGE_SHIFT, "            0");
	expect_size(test, text, 30 - PAGE_SHIFT, "            0");
	expect_size(test, text, 26, "            1");
	check_free_area(test, region, 1UL << 26);
}

/* A thread that allocates and frees until it is stopped. */
static int churn(void *data)
{
	struct buddy_region *region = data;
	unsigned long held[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(held); i++)
		held[i] = BUDDY_NO_PFN;
	while (!kthread_should_stop()) {
		i = (i + 1) % ARRAY_SIZE(held);
		if (held[i] != BUDDY_NO_PFN) {
			buddy_free_pfn_exact(region, held[i], 1 + i * 5);
			held[i] = BUDDY_NO_PFN;
		} else {
			held[i] = buddy_alloc_pfn_exact(region, 1 + i * 5, __GFP_NOWARN);
		}
		cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i] != BUDDY_NO_PFN)
			buddy_free_pfn_exact(region, held[i], 1 + i * 5);
	return 0;
}

/* The sums in each reading are right while a thread allocates and frees. */
static void debugfs_test_free_area_under_load(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 3, 2500);
	struct reading *area = kunit_kzalloc(test, sizeof(*area), GFP_KERNEL);
	unsigned int i, bad = 0, changes = 0;
	char *text = new_text(test);
	struct task_struct *task;
	u64 free = 0;

	KUNIT_ASSERT_NOT_NULL(test, area);
	task = kthread_run(churn, region, "buddy-test");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (i = 0; i < 300; i++) {
		read_pieces(test, buddy_region_name(region), "free_area", text, TEXT_LEN);
		bad += !parse_free_area(text, area) || area->bytes != area->free ||
		       area->free + area->used != area->total ||
		       area->total != 2500 << PAGE_SHIFT;
		changes += area->free != free;
		free = area->free;
		usleep_range(20, 100);
	}
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, bad, 0U);
	KUNIT_EXPECT_GT(test, changes, 10U);
	check_free_area(test, region, 2500);
}

/* --- buddyinfo and the indices --- */

static unsigned int put_zone(char *text, struct buddy_region *region)
{
	return sprintf(text, "Node 0, zone %8s ", buddy_region_name(region));
}

static void debugfs_test_buddyinfo(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 3, 5000);
	struct buddy_stats *stats = test_stats(test, region);
	char *want = new_text(test);
	unsigned int order, n = put_zone(want, region);

	for (order = 0; order <= stats->max_order; order++)
		n += sprintf(want + n, "%6lu ", stats->nr_free[order]);
	sprintf(want + n, "\n");
	KUNIT_EXPECT_STREQ(test, region_file(test, region, "buddyinfo"), want);
}

/* As the kernel computes it in mm/vmstat.c, from fill_contig_page_info(). */
static int kernel_index(const struct buddy_stats *stats, unsigned int order,
			bool unusable)
{
	unsigned long free_pages = 0, blocks = 0, suitable = 0;
	unsigned int o;

	for (o = 0; o <= stats->max_order; o++) {
		blocks += stats->nr_free[o];
		free_pages += stats->nr_free[o] << o;
		if (o >= order)
			suitable += stats->nr_free[o] << (o - order);
	}
	if (unusable)
		return free_pages ? div64_u64((free_pages - (suitable << order)) * 1000ULL,
					      free_pages) : 1000;
	if (!blocks)
		return 0;
	if (suitable)
		return -1000;
	return 1000 - (int)div64_u64(1000 + div64_u64(free_pages * 1000ULL, 1UL << order),
				     blocks);
}

static void check_indices(struct kunit *test, struct buddy_region *region)
{
	struct buddy_stats *stats = test_stats(test, region);
	char *unusable = new_text(test), *extfrag = new_text(test);
	unsigned int order, u = put_zone(unusable, region), e = put_zone(extfrag, region);

	for (order = 0; order <= stats->max_order; order++) {
		int index = kernel_index(stats, order, true);

		u += sprintf(unusable + u, "%d.%03d ", index / 1000, index % 1000);
		index = kernel_index(stats, order, false);
		e += sprintf(extfrag + e, "%c%d.%03d ", index < 0 ? '-' : ' ',
			     abs(index) / 1000, abs(index) % 1000);
	}
	sprintf(unusable + u, "\n");
	sprintf(extfrag + e, "\n");
	KUNIT_EXPECT_STREQ(test, region_file(test, region, "unusable_index"), unusable);
	KUNIT_EXPECT_STREQ(test, region_file(test, region, "extfrag_index"), extfrag);
}

/* The file must have these @numbers: one, and a blank, for each order of the region. */
static void expect_indices(struct kunit *test, struct buddy_region *region,
			   const char *file, const char *numbers)
{
	char *want = new_text(test);

	sprintf(want + put_zone(want, region), "%s\n", numbers);
	KUNIT_EXPECT_STREQ(test, region_file(test, region, file), want);
}

/* The numbers of some known states, in a region of 16 pages: orders 0 to 4. */
static void debugfs_test_indices_values(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 16);

	/* One free block: all memory is usable, no allocation would fail. */
	expect_indices(test, region, "unusable_index", "0.000 0.000 0.000 0.000 0.000 ");
	expect_indices(test, region, "extfrag_index", "-1.000 -1.000 -1.000 -1.000 -1.000 ");
	fill(test, region);
	/* Full: no memory is usable; allocations fail for lack of memory. */
	expect_indices(test, region, "unusable_index", "1.000 1.000 1.000 1.000 1.000 ");
	expect_indices(test, region, "extfrag_index", " 0.000  0.000  0.000  0.000  0.000 ");
	/* 2 pairs and 4 single pages are free: half of the 8 free pages are in pairs. */
	free_each(region, TEST_PFN, 2, 1);
	free_each(region, TEST_PFN + 4, 2, 1);
	free_each(region, TEST_PFN + 8, 8, 2);
	expect_indices(test, region, "unusable_index", "0.000 0.500 1.000 1.000 1.000 ");
	expect_indices(test, region, "extfrag_index", "-1.000 -1.000  0.500  0.667  0.750 ");
	free_each(region, TEST_PFN + 2, 2, 1);
	free_each(region, TEST_PFN + 6, 2, 1);
	free_each(region, TEST_PFN + 9, 8, 2);
}

/* Compare with the kernel's formula, in steps from a full region to a free one. */
static void debugfs_test_indices_formula(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 5, 2000);
	unsigned int i;

	check_indices(test, region);
	fill(test, region);
	check_indices(test, region);
	buddy_free_pfn(region, TEST_PFN + 5, 0);
	check_indices(test, region);
	for (i = 1; i < 7; i++) {
		free_each(region, TEST_PFN + 5 + i, 2000 - i, 7);
		check_indices(test, region);
	}
	free_each(region, TEST_PFN + 5 + 7, 2000 - 7, 7);
	check_indices(test, region);
}

/* --- stats --- */

/* The number in the line that starts with @name; the test fails without such a line. */
static u64 field(struct kunit *test, const char *text, const char *name)
{
	size_t len = strlen(name);
	u64 value = 0;
	int found;

	while (text && (strncmp(text, name, len) || text[len] != ' ')) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	KUNIT_ASSERT_NOT_NULL_MSG(test, text, "no line '%s'", name);
	found = sscanf(text + len, " %llu", &value);
	KUNIT_ASSERT_EQ(test, found, 1);
	return value;
}

static void expect_order(struct kunit *test, const char *text, unsigned int order,
			 u64 allocs, u64 frees, u64 fails)
{
	char row[80];

	sprintf(row, "\n%5u %20llu %20llu %20llu\n", order, allocs, frees, fails);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, row), "order %u in:\n%s", order, text);
}

static void debugfs_test_stats_counters(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, 1024);
	unsigned long single, block;
	const char *text;

	single = buddy_alloc_pfn(region, 0, 0);		/* 10 splits, order 10 to 0 */
	/* Takes 1, 2, 4, 8, 16, 32 and 64 pages: 6 merges; leaves 1, 2, 8, 16: 4 splits. */
	block = buddy_alloc_pfn_exact(region, 100, 0);
	buddy_free_pfn(region, buddy_alloc_pfn(region, 9, 0), 9);
	buddy_alloc_pfn(region, 10, __GFP_NOWARN);
	buddy_alloc_pfn(region, 10, __GFP_NOWARN);
	buddy_alloc_pfn(region, 12, __GFP_NOWARN);
	buddy_alloc_pfn(region, 99, __GFP_NOWARN);

	text = region_file(test, region, "stats");
	KUNIT_EXPECT_EQ(test, field(test, text, "pages_total"), 1024ULL);
	KUNIT_EXPECT_EQ(test, field(test, text, "pages_used"), 101ULL);
	KUNIT_EXPECT_EQ(test, field(test, text, "pages_peak"), 613ULL);
	KUNIT_EXPECT_EQ(test, field(test, text, "splits"), 14ULL);
	KUNIT_EXPECT_EQ(test, field(test, text, "merges"), 6ULL);
	expect_order(test, text, 0, 1, 0, 0);
	expect_order(test, text, 6, 0, 0, 0);
	expect_order(test, text, 7, 1, 0, 0);
	expect_order(test, text, 9, 1, 1, 0);
	expect_order(test, text, 10, 0, 0, 2);
	/* Above max_order: only orders that were tried.  The last row has all above it. */
	KUNIT_EXPECT_NULL(test, strstr(text, "\n   11 "));
	expect_order(test, text, 12, 0, 0, 1);
	expect_order(test, text, BUDDY_NR_ORDERS - 1, 0, 0, 1);

	buddy_free_pfn_exact(region, block, 100);
	buddy_free_pfn(region, single, 0);
	text = region_file(test, region, "stats");
	KUNIT_EXPECT_EQ(test, field(test, text, "pages_used"), 0ULL);
	KUNIT_EXPECT_EQ(test, field(test, text, "pages_peak"), 613ULL);
	KUNIT_EXPECT_EQ(test, field(test, text, "merges"), field(test, text, "splits"));
	expect_order(test, text, 0, 1, 1, 0);
	expect_order(test, text, 7, 1, 1, 0);
}

/* Each error has its name.  The counters are set here: real mistakes would warn. */
static void debugfs_test_stats_errors(struct kunit *test)
{
	static const char * const names[] = {
		[BUDDY_DOUBLE_FREE] = "error double_free",
		[BUDDY_NOT_A_HEAD] = "error not_a_head",
		[BUDDY_WRONG_SIZE] = "error wrong_size",
		[BUDDY_OUTSIDE] = "error outside",
		[BUDDY_WRONG_REGION] = "error wrong_region",
		[BUDDY_MISALIGNED] = "error misaligned",
		[BUDDY_UNMAPPED] = "error unmapped",
		[BUDDY_NO_PAGES] = "error no_pages",
		[BUDDY_WRITE_AFTER_FREE] = "error write_after_free",
		[BUDDY_ZONE] = "error zone",
		[BUDDY_IN_NMI] = "error in_nmi",
		[BUDDY_WINDOW] = "error window",
		[BUDDY_PART] = "error part",
	};
	struct buddy_region *region = test_region(test, TEST_PFN, 64);
	const char *text;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(names) != BUDDY_NR_ERRORS);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		atomic_long_set(&region->errors[i], 1000 + i);
	text = region_file(test, region, "stats");
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ(test, field(test, text, names[i]), 1000ULL + i);
}

/* --- regions; the files of a region that is destroyed --- */

static void expect_line(struct kunit *test, struct buddy_region *region,
			u64 first, u64 last, unsigned long pages,
			const char *mapped, unsigned int refs)
{
	char *text = new_text(test), line[128];

	read_pieces(test, ".", "regions", text, TEXT_LEN);
	snprintf(line, sizeof(line), "\n%-16s 0x%012llx 0x%012llx %10lu %6u %6s %-8s %5u\n",
		 buddy_region_name(region), first, last, pages, 1, mapped, "caller", refs);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, line), "%s in:\n%s", line, text);
}

static void debugfs_test_regions_line(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 1, 100);
	struct buddy_region *mapped = test_region_mapped(test, 2, 77);
	u64 first = PFN_PHYS(mapped->ranges->pfn);

	expect_line(test, region, PFN_PHYS(TEST_PFN + 1), PFN_PHYS(TEST_PFN + 101) - 1,
		    100, "no", 0);
	expect_line(test, mapped, first, first + (77 << PAGE_SHIFT) - 1, 77, "yes", 0);
	buddy_region_get(buddy_region_name(region));
	buddy_region_get(buddy_region_name(region));
	expect_line(test, region, PFN_PHYS(TEST_PFN + 1), PFN_PHYS(TEST_PFN + 101) - 1,
		    100, "no", 2);
	expect_line(test, mapped, first, first + (77 << PAGE_SHIFT) - 1, 77, "yes", 0);
	buddy_region_put(region);
	buddy_region_put(region);
	expect_line(test, region, PFN_PHYS(TEST_PFN + 1), PFN_PHYS(TEST_PFN + 101) - 1,
		    100, "no", 0);
}

/* A read from a file that is still open fails when the region has been destroyed. */
static void debugfs_test_files_vanish(struct kunit *test)
{
	struct buddy_region *region = buddy_region_create("vanishing", TEST_PFN, 64, NULL);
	struct file *opened[ARRAY_SIZE(files)];
	char text[64];
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		opened[i] = open_file("vanishing", files[i]);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, opened[i]);
		KUNIT_EXPECT_EQ(test, file_inode(opened[i])->i_mode & 0777, 0444);
		KUNIT_EXPECT_GT(test, read_file(opened[i], text, sizeof(text), 0), 0L);
	}
	KUNIT_ASSERT_EQ(test, buddy_region_destroy(region), 0);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		KUNIT_EXPECT_EQ(test, read_file(opened[i], text, sizeof(text), 0), -EIO);
		__fput_sync(opened[i]);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(open_file("vanishing", files[i])),
				-ENOENT);
	}
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(open_file("vanishing", ".")), -ENOENT);
}

static struct kunit_case debugfs_cases[] = {
	KUNIT_CASE(debugfs_test_free_area),
	KUNIT_CASE(debugfs_test_free_area_units),
	KUNIT_CASE(debugfs_test_free_area_under_load),
	KUNIT_CASE(debugfs_test_buddyinfo),
	KUNIT_CASE(debugfs_test_indices_values),
	KUNIT_CASE(debugfs_test_indices_formula),
	KUNIT_CASE(debugfs_test_stats_counters),
	KUNIT_CASE(debugfs_test_stats_errors),
	KUNIT_CASE(debugfs_test_regions_line),
	KUNIT_CASE(debugfs_test_files_vanish),
	{}
};

static struct kunit_suite debugfs_suite = {
	.name = "debugfs",
	.test_cases = debugfs_cases,
};

kunit_test_suite(debugfs_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: debugfs");
MODULE_LICENSE("GPL");
