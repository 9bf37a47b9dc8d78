// SPDX-License-Identifier: GPL-2.0
/* Suite map: the files map and map_short in debugfs: characters, rows, reads in pieces. */
#include <linux/mm.h>
#include <linux/module.h>

#include "../lib/files.h"

#define COLUMNS		64

/*
 * Expand the map to one character for each cluster, in @chars.  Check the form and the
 * address of each line, and that * stands exactly for rows that are omitted.
 */
static unsigned long expand_map(struct kunit *test, struct buddy_region *region,
				char *text, char *chars)
{
	const struct pfn_range *range = region->ranges;
	unsigned long base = round_down(range->pfn, CLUSTER_PAGES), row = 0, to;
	unsigned long clusters = range_clusters(range), rows = DIV_ROUND_UP(clusters, COLUMNS);
	bool folded = false;
	char *line;
	u64 addr;
	int n;

	while ((line = strsep(&text, "\n")) && *line) {
		if (*line == '#') {
			KUNIT_ASSERT_EQ(test, row, 0UL);
			continue;
		}
		if (!strcmp(line, "*")) {
			KUNIT_ASSERT_FALSE(test, folded || !row);
			folded = true;
			continue;
		}
		KUNIT_ASSERT_EQ(test, sscanf(line, "0x%llx %n", &addr, &n), 1);
		KUNIT_ASSERT_EQ(test, n, 15);
		to = (PHYS_PFN(addr) - base) / CLUSTER_PAGES / COLUMNS;
		KUNIT_ASSERT_EQ(test, addr, (u64)PFN_PHYS(base + to * CLUSTER_PAGES * COLUMNS));
		KUNIT_ASSERT_LT(test, to, rows);
		KUNIT_ASSERT_EQ(test, strlen(line + n),
				min_t(unsigned long, COLUMNS, clusters - to * COLUMNS));
		/* Rows are omitted exactly where there is a *. */
		if (folded)
			KUNIT_ASSERT_GT(test, to, row);
		else
			KUNIT_ASSERT_EQ(test, to, row);
		for (; row < to; row++)
			memcpy(chars + row * COLUMNS, chars + (row - 1) * COLUMNS, COLUMNS);
		memcpy(chars + row * COLUMNS, line + n, strlen(line + n));
		/* A row differs from the one before it; only the last row need not. */
		if (row && row + 1 < rows)
			KUNIT_ASSERT_NE(test, memcmp(chars + row * COLUMNS,
						     chars + (row - 1) * COLUMNS, COLUMNS), 0);
		row++;
		folded = false;
	}
	KUNIT_ASSERT_EQ(test, row, rows);
	chars[clusters] = '\0';
	return clusters;
}

static void expect_map(struct kunit *test, struct buddy_region *region,
		       const char *want)
{
	char *chars = new_text(test);

	expand_map(test, region, region_file(test, region, "map"), chars);
	KUNIT_EXPECT_STREQ(test, chars, want);
}

/* Free the pages of a cluster of single pages, except the first @used. */
static void thin_out(struct buddy_region *region, unsigned int cluster,
		     unsigned int used)
{
	free_each(region, TEST_PFN + cluster * CLUSTER_PAGES + used,
		  CLUSTER_PAGES - used, 1);
}

/* Each character of the map, for blocks between single pages in use. */
static void map_test_states(struct kunit *test)
{
	static const unsigned int used[] = { 1, 8, 9, 32, 33, 56, 57, 63, 64 };
	struct buddy_region *region = test_region(test, TEST_PFN + 60, 4 + 18 * 64 + 3);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long last = TEST_PFN + 19 * CLUSTER_PAGES;
	char *text, want[64];
	unsigned int i;

	expect_map(test, region, "....................");
	fill(test, region);
	expect_map(test, region, "####################");

	/* A block of two clusters. */
	thin_out(region, 2, 0);
	thin_out(region, 3, 0);
	expect_map(test, region, "##..################");
	KUNIT_ASSERT_EQ(test, buddy_alloc_pfn(region, 7, 0), TEST_PFN + 128);
	/* 100 pages: a whole cluster and 36 of the next, which is 4.5 eighths. */
	thin_out(region, 4, 0);
	thin_out(region, 5, 0);
	KUNIT_ASSERT_EQ(test, buddy_alloc_pfn_exact(region, 100, 0), TEST_PFN + 256);
	thin_out(region, 6, 0);
	KUNIT_ASSERT_EQ(test, buddy_alloc_pfn(region, 6, 0), TEST_PFN + 384);
	thin_out(region, 7, 0);
	for (i = 0; i < ARRAY_SIZE(used); i++)
		thin_out(region, 8 + i, used[i]);
	/* The clusters at the ends have only 4 and 3 pages in the region. */
	free_each(region, TEST_PFN + 60, 2, 1);
	free_each(region, last, 1, 1);
	expect_map(test, region, "4#===5=.11245788###6");
	text = region_file(test, region, "map_short");
	sprintf(want, "\n%#014llx 4####5#.11245788###6\n", PFN_PHYS(TEST_PFN));
	KUNIT_EXPECT_STREQ(test, strchr(text, '\n'), want);

	free_each(region, TEST_PFN + 62, 2, 1);
	free_each(region, last + 1, 2, 1);
	expect_map(test, region, ".#===5=.11245788###.");

	thin_out(region, 1, 0);
	buddy_free_pfn(region, TEST_PFN + 128, 7);
	buddy_free_pfn_exact(region, TEST_PFN + 256, 100);
	buddy_free_pfn(region, TEST_PFN + 384, 6);
	for (i = 0; i < ARRAY_SIZE(used); i++)
		free_each(region, TEST_PFN + (8 + i) * CLUSTER_PAGES, used[i], 1);
	thin_out(region, 17, 0);
	thin_out(region, 18, 0);
	expect_all_free(test, region, fresh);
}

/* The exact text of a map with rows that are all free or all used. */
static void map_test_folds(struct kunit *test)
{
	struct buddy_region *region = test_region(test, BIT(28), 8 * 4096 + 55 * 64);
	u64 row = PFN_PHYS((u64)BIT(28)), bytes = PFN_PHYS(4096);
	char dots[COLUMNS + 1] = "", full[COLUMNS + 1] = "";
	char *want = new_text(test);
	unsigned int i, n;

	memset(dots, '.', COLUMNS);
	memset(full, '=', COLUMNS);
	n = sprintf(want, "# %lu KiB a character: %s%s", PAGE_SIZE << CLUSTER_ORDER >> 10,
		    ". free  1-8 eighths in use  # full  = part of a larger block\n",
		    "# a line of * stands for more lines like the one above\n");
	sprintf(want + n, "%#014llx %s\n*\n%#014llx %.55s\n", row, dots, row + 8 * bytes, dots);
	KUNIT_EXPECT_STREQ(test, region_file(test, region, "map"), want);

	/* Each block is one row; two of them stay in use. */
	for (i = 0; i < 8; i++)
		KUNIT_ASSERT_NE(test, buddy_alloc_pfn(region, 12, 0), BUDDY_NO_PFN);
	for (i = 0; i < 8; i++)
		if (i != 1 && i != 2)
			buddy_free_pfn(region, BIT(28) + i * 4096, 12);
	sprintf(want + n, "%#014llx %s\n%#014llx %s\n*\n%#014llx %s\n*\n%#014llx %.55s\n",
		row, dots, row + bytes, full, row + 3 * bytes, dots, row + 8 * bytes, dots);
	KUNIT_EXPECT_STREQ(test, region_file(test, region, "map"), want);
	buddy_free_pfn(region, BIT(28) + 1 * 4096, 12);
	buddy_free_pfn(region, BIT(28) + 2 * 4096, 12);
}

/* Regions of some whole rows, and of a cluster more or less. */
static void map_test_sizes(struct kunit *test)
{
	unsigned int rows, i;
	int more;

	for (rows = 1; rows <= 4; rows++) {
		for (more = -1; more <= 1; more++) {
			unsigned long clusters = rows * COLUMNS + more;
			char *dots = new_text(test);

			/* The first cluster begins, and the last ends, outside of the region. */
			memset(dots, '.', clusters);
			i = clusters * CLUSTER_PAGES;
			expect_map(test, test_region(test, TEST_PFN * (rows * 4 + more) + 7,
						     i - 8), dots);
		}
	}
}

/* Read in pieces; a random half of 4 GiB is in use, so that all rows differ. */
static void map_test_in_pieces(struct kunit *test)
{
	static const unsigned int pieces[] = { 7, 61, 4096, 5000 };
	const unsigned long pages = BIT(20), clusters = pages / CLUSTER_PAGES;
	struct buddy_region *region = test_region(test, BIT(28), pages);
	char *whole = new_text(test), *again = new_text(test);
	char *want = new_text(test), *chars = new_text(test);
	u8 *used = kunit_kzalloc(test, pages / 16, GFP_KERNEL);
	unsigned int i, k, in_use;
	struct file *file;
	struct rnd_state rnd;
	loff_t pos;

	KUNIT_ASSERT_NOT_NULL(test, used);
	/* Allocate all memory in blocks of 16 pages, then free some of them. */
	for (i = 0; i < pages / 16; i++)
		used[i] = buddy_alloc_pfn(region, 4, 0) != BUDDY_NO_PFN;
	KUNIT_ASSERT_NULL(test, memchr_inv(used, 1, pages / 16));
	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < pages / 16; i++) {
		if (prandom_u32_state(&rnd) % 2)
			continue;
		buddy_free_pfn(region, BIT(28) + i * 16, 4);
		used[i] = 0;
	}
	for (i = 0; i < clusters; i++) {
		for (in_use = 0, k = 0; k < 4; k++)
			in_use += used[i * 4 + k];
		want[i] = ".246#"[in_use];
	}

	read_pieces(test, buddy_region_name(region), "map", whole, TEXT_LEN);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		read_pieces(test, buddy_region_name(region), "map", again, pieces[i]);
		KUNIT_EXPECT_EQ_MSG(test, strcmp(again, whole), 0, "%u bytes a read",
				    pieces[i]);
	}
	/* Read at random places in a file that stays open. */
	file = open_file(buddy_region_name(region), "map");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	for (i = 0; i < 50; i++) {
		pos = prandom_u32_state(&rnd) % strlen(whole);
		k = 1 + prandom_u32_state(&rnd) % 200;
		k = min_t(unsigned int, k, strlen(whole) - pos);
		KUNIT_EXPECT_EQ(test, read_file(file, again, k, pos), (ssize_t)k);
		KUNIT_EXPECT_EQ(test, memcmp(again, whole + pos, k), 0);
	}
	__fput_sync(file);

	KUNIT_EXPECT_EQ(test, expand_map(test, region, whole, chars), clusters);
	KUNIT_EXPECT_EQ(test, strcmp(chars, want), 0);
	for (i = 0; i < pages / 16; i++)
		if (used[i])
			buddy_free_pfn(region, BIT(28) + i * 16, 4);
}

/* A cluster of a region: its first page, its pages in use, and all its pages. */
struct cell {
	unsigned long pfn;
	unsigned int used, all;
};

/* The exact text of map_short, with a character for each group of @each cells. */
static void expect_short(struct kunit *test, struct buddy_region *region,
			 const struct cell *cells, unsigned int nr, unsigned int each)
{
	char *want = new_text(test), *at = want;
	unsigned int i, k, used, all;

	at += sprintf(at, "# %lu KiB a character: . free  1-8 eighths in use  # full\n",
		      each * CLUSTER_PAGES * PAGE_SIZE / 1024);
	for (i = 0; i < nr; i += each) {
		if (i % (each * COLUMNS) == 0)
			at += sprintf(at, "%s%#014llx ", i ? "\n" : "",
				      (u64)PFN_PHYS(cells[i].pfn));
		used = 0;
		all = 0;
		for (k = i; k < min(nr, i + each); k++) {
			used += cells[k].used;
			all += cells[k].all;
		}
		*at++ = !used ? '.' : used == all ? '#' : '0' + DIV_ROUND_UP(used * 8, all);
	}
	*at++ = '\n';
	*at = '\0';
	KUNIT_EXPECT_STREQ(test, region_file(test, region, "map_short"), want);
}

/* map_short of more than 1024 clusters, in one range and in two. */
static void map_test_short(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN + 60, 4 + 2048 * CLUSTER_PAGES);
	struct cell *cells = kunit_kcalloc(test, 2049, sizeof(*cells), GFP_KERNEL);
	u8 *used = kunit_kzalloc(test, 2049 * 4, GFP_KERNEL);
	struct buddy_stats *fresh = test_stats(test, region);
	struct pfn_range *whole = region->ranges, parts[2];
	unsigned long pfn, large[9];
	struct rnd_state rnd;
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, cells);
	KUNIT_ASSERT_NOT_NULL(test, used);
	for (i = 0; i < 2049; i++)
		cells[i] = (struct cell){ TEST_PFN + i * CLUSTER_PAGES, 0, i ? CLUSTER_PAGES : 4 };
	expect_short(test, region, cells, 2049, 4);

	/* Blocks of 4 clusters and of 1/4 cluster; more of these stay in use towards the end. */
	for (i = 0; i < ARRAY_SIZE(large); i++) {
		large[i] = buddy_alloc_pfn(region, 8, 0);
		KUNIT_ASSERT_NE(test, large[i], BUDDY_NO_PFN);
		for (k = 0; k < 4; k++)
			cells[(large[i] - TEST_PFN) / CLUSTER_PAGES + k].used = CLUSTER_PAGES;
	}
	while ((pfn = buddy_alloc_pfn(region, 4, __GFP_NOWARN)) != BUDDY_NO_PFN)
		used[(pfn - TEST_PFN) / 16] = 1;
	prandom_seed_state(&rnd, test_seed(test));
	for (i = 0; i < 2049 * 4; i++) {
		if (used[i] && prandom_u32_state(&rnd) % 8 >= i / 1024) {
			buddy_free_pfn(region, TEST_PFN + i * 16, 4);
			used[i] = 0;
		}
		cells[i / 4].used += used[i] * 16;
	}
	expect_short(test, region, cells, 2049, 4);

	parts[0] = (struct pfn_range){ whole->pfn, 4 + 1026 * CLUSTER_PAGES, whole->first };
	parts[1] = (struct pfn_range){ TEST_PFN + 1030 * CLUSTER_PAGES, 1019 * CLUSTER_PAGES,
				       whole->first + 1030 };
	memmove(&cells[1027], &cells[1030], 1019 * sizeof(*cells));
	region->ranges = parts;
	region->nr_ranges = 2;
	expect_short(test, region, cells, 2046, 2);
	region->ranges = whole;
	region->nr_ranges = 1;

	for (i = 0; i < 2049 * 4; i++)
		if (used[i])
			buddy_free_pfn(region, TEST_PFN + i * 16, 4);
	for (i = 0; i < ARRAY_SIZE(large); i++)
		buddy_free_pfn(region, large[i], 8);
	expect_all_free(test, region, fresh);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(map_test_states),
	KUNIT_CASE(map_test_folds),
	KUNIT_CASE(map_test_sizes),
	KUNIT_CASE(map_test_in_pieces),
	KUNIT_CASE(map_test_short),
	{}
};

static struct kunit_suite map_suite = {
	.name = "map",
	.test_cases = map_cases,
};

kunit_test_suite(map_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: map");
MODULE_LICENSE("GPL");
