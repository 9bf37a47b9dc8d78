// SPDX-License-Identifier: GPL-2.0
/* Suite pool_file: the debugfs file "pools" of a region, its rows, and ways to read them. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../lib/files.h"
#include "../lib/pool_common.h"

enum column {
	AGE, BLOCKS, BLOCK_BYTES, GIVEN, FREED, ALIGNED, SKIPPED,
	ARENA_SIZE, ARENA_FREE, LARGES, LARGE_BYTES, RESETS, LIMIT,
	COLUMNS
};

struct row {
	char *name;
	unsigned long values[COLUMNS];
};

#define MOST_ROWS	256

/* An open file "pools", its text so far, and its rows, of which the last is the total. */
struct pools_file {
	struct file *file;
	loff_t pos;
	size_t length;
	char text[TEXT_LEN];
	struct row rows[MOST_ROWS];
	unsigned int nr_rows;
};

static void close_pools(struct kunit_resource *res)
{
	struct pools_file *pools = res->data;

	/*
	 * After an aborted test, insmod calls this.  __fput_sync() is allowed in kernel
	 * threads only.
	 */
	if (!IS_ERR(pools->file)) {
		if (current->flags & PF_KTHREAD)
			__fput_sync(pools->file);
		else
			fput(pools->file);
	}
	kvfree(pools);
}

static struct pools_file *open_pools(struct kunit *test, struct buddy_region *region)
{
	struct pools_file *pools = kvzalloc(sizeof(*pools), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pools);
	pools->file = open_file(buddy_region_name(region), "pools");
	kunit_alloc_resource(test, NULL, close_pools, GFP_KERNEL, pools);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pools->file);
	return pools;
}

static bool is_opened(struct kunit *test, struct kunit_resource *res, void *pools)
{
	return res->data == pools;
}

static void end_pools(struct kunit *test, struct pools_file *pools)
{
	KUNIT_EXPECT_EQ(test, kunit_destroy_resource(test, is_opened, pools), 0);
}

/* Read at most @bytes more, and append them to the text. */
static ssize_t read_piece(struct pools_file *pools, size_t bytes)
{
	ssize_t got = read_file(pools->file, pools->text + pools->length,
				min_t(size_t, bytes, TEXT_LEN - 1 - pools->length), pools->pos);

	if (got > 0) {
		pools->pos += got;
		pools->length += got;
	}
	return got;
}

/* Parse a line: a word and eleven numbers, with one or more blanks between them. */
static bool parse_row(char *line, struct row *row)
{
	char *word = strsep(&line, " ");
	unsigned int i;

	row->name = word;
	for (i = 0; i < COLUMNS; i++) {
		line = line ? skip_spaces(line) : NULL;
		word = strsep(&line, " ");
		if (!word || kstrtoul(word, 10, &row->values[i]))
			return false;
	}
	return !line && row->name[0];
}

static void parse_rows(struct kunit *test, struct pools_file *pools)
{
	char *rest = pools->text, *line = strsep(&rest, "\n");

	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "block_bytes"));
	while ((line = strsep(&rest, "\n")) && *line) {
		struct row *row = &pools->rows[pools->nr_rows++];

		if (pools->nr_rows == MOST_ROWS || !parse_row(line, row))
			KUNIT_ASSERT_FAILURE(test, "row %u is '%s'", pools->nr_rows, line);
		if (!strcmp(row->name, "total"))
			return;
	}
	KUNIT_ASSERT_FAILURE(test, "no row 'total'");
}

/* Read in pieces to the end of the row "total", which is shorter than 200 bytes. */
static void read_rows(struct kunit *test, struct pools_file *pools, size_t piece)
{
	char *total;

	do {
		ssize_t got = read_piece(pools, piece);

		KUNIT_ASSERT_GT_MSG(test, got, (ssize_t)0, "without a row 'total'");
		total = strstr(pools->text + max_t(ssize_t, pools->length - 400, 0),
			       "\ntotal ");
	} while (!total || !strchr(total + 1, '\n'));
	parse_rows(test, pools);
}

/* Read all rows of a region at once. */
static struct pools_file *read_pools(struct kunit *test, struct buddy_region *region)
{
	struct pools_file *pools = open_pools(test, region);

	KUNIT_ASSERT_NOT_NULL(test, pools);
	read_rows(test, pools, TEXT_LEN);
	return pools;
}

/* Return the row whose name starts with @name; there must be exactly one. */
static struct row *find_row(struct kunit *test, struct pools_file *pools, const char *name)
{
	struct row *found = NULL;
	unsigned int i, nr = 0;

	for (i = 0; i < pools->nr_rows; i++)
		if (strstarts(pools->rows[i].name, name)) {
			found = &pools->rows[i];
			nr++;
		}
	KUNIT_ASSERT_EQ_MSG(test, nr, 1, "rows of %s", name);
	return found;
}

static void expect_row(struct kunit *test, struct pools_file *pools, const char *name,
		       const unsigned long expected[COLUMNS])
{
	struct row *row = find_row(test, pools, name);
	unsigned int i;

	for (i = BLOCKS; i < COLUMNS; i++)
		KUNIT_EXPECT_EQ_MSG(test, row->values[i], expected[i], "column %u of %s", i, name);
	/* The pool was created just now. */
	KUNIT_EXPECT_LT(test, row->values[AGE], 60UL);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcmp(text + length - tail, end);
}

static struct mp_pool *make_pool(struct kunit *test, const char *name, size_t size)
{
	struct mp_pool *pool = mp_create_pool_named(fixture(test)->region, name, size, 32, 0);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	return pool;
}

static void pool_file_test_row(struct kunit *test)
{
	struct mp_pool *pool = make_pool(test, "known", 2 * PAGE_SIZE);
	unsigned long expected[COLUMNS] = {
		[BLOCKS] = 2, [BLOCK_BYTES] = 4 * PAGE_SIZE, [LARGES] = 1,
		[LARGE_BYTES] = 3 * PAGE_SIZE, [RESETS] = 2, [LIMIT] = 10 * PAGE_SIZE,
	};
	struct mp_mark mark;
	u8 *first, *second;

	if (IS_ENABLED(CONFIG_KASAN_GENERIC)) {
		mp_destroy_pool(pool);
		kunit_skip(test, "redzones change the numbers");
	}
	mp_alloc(pool, 5 * PAGE_SIZE / 2, 0);
	mp_reset_pool(pool);
	mp_reset_pool(pool);
	KUNIT_EXPECT_EQ(test, mp_set_limit(pool, 11 * PAGE_SIZE - 1), 0);
	first = mp_nalloc(pool, 10, 0);
	second = mp_alloc(pool, 100, 0);
	/* The entry of this object begins at a multiple of 8, which wastes 4 bytes. */
	mp_alloc(pool, 5 * PAGE_SIZE / 2, 0);
	expected[GIVEN] = 110 + sizeof(struct mp_entry);
	expected[ALIGNED] = second - first - 10 + 4;
	/*
	 * The second of these needs a new block.  At the savepoint, what is left in the
	 * first block becomes skipped.
	 */
	mp_nalloc(pool, PAGE_SIZE - 96, 0);
	expected[SKIPPED] = pool->end - pool->last;
	mp_nalloc(pool, pool->max, 0);
	expected[GIVEN] += PAGE_SIZE - 96 + pool->max;
	mp_mark_pool(pool, &mark);

	expect_row(test, read_pools(test, fixture(test)->region), "known", expected);
	mp_destroy_pool(pool);
}

/* Of three medium objects in the block two are freed; and one of two in an arena. */
static void pool_file_test_freed(struct kunit *test)
{
	struct mp_pool *pool = make_pool(test, "freed", 512);
	unsigned long expected[COLUMNS] = {
		[BLOCKS] = 1, [BLOCK_BYTES] = PAGE_SIZE, [FREED] = 1100, [ARENA_SIZE] = PAGE_SIZE,
		[ARENA_FREE] = PAGE_SIZE - pool_chunk(1000),
		[GIVEN] = pool_medium(600) + pool_medium(513) + pool_medium(587) +
			  sizeof(struct mp_arena) - 1100,
	};
	static const size_t sizes[] = { 600, 513, 587 };
	u8 *objects[3];
	unsigned int i;

	if (IS_ENABLED(CONFIG_KASAN_GENERIC)) {
		mp_destroy_pool(pool);
		kunit_skip(test, "redzones change the numbers");
	}
	for (i = 0; i < 3; i++)
		objects[i] = mp_nalloc(pool, sizes[i], 0);
	for (i = 1; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[i]));
	make_old(pool);
	KUNIT_EXPECT_NOT_NULL(test, mp_nalloc(pool, 1000, 0));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, mp_nalloc(pool, 2000, 0)));
	expected[ALIGNED] = pool->bumped - pool->given + pool->last - pool->active->last;

	expect_row(test, read_pools(test, fixture(test)->region), "freed", expected);
	mp_destroy_pool(pool);
}

/* The row of a pool without a name has the function that created the pool. */
static void pool_file_test_row_of_unnamed(struct kunit *test)
{
	const unsigned long expected[COLUMNS] = { [BLOCKS] = 1, [BLOCK_BYTES] = PAGE_SIZE };
	struct pools_file *pools = read_pools(test, fixture(test)->region);

	expect_row(test, pools, "pool_fixture_init", expected);
	expect_row(test, pools, "total", expected);
	KUNIT_EXPECT_EQ(test, pools->nr_rows, 2);
}

/* Names that would break a row, or look like the name of the last row, are changed. */
static void pool_file_test_names(struct kunit *test)
{
	static const char * const names[] = { "rx ring 0", "a\nb", "total", "total  1 2", NULL };
	struct mp_pool *some[ARRAY_SIZE(names)];
	struct pools_file *pools;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		some[i] = make_pool(test, names[i], 0);
	pools = read_pools(test, fixture(test)->region);
	KUNIT_EXPECT_EQ(test, pools->nr_rows, ARRAY_SIZE(names) + 2);
	find_row(test, pools, "rx_ring_0");
	find_row(test, pools, "a_b");
	find_row(test, pools, "total__1_2");
	KUNIT_EXPECT_STREQ(test, pools->rows[3].name, "total_");
	/* The function that created the pool (make_pool may be inlined), and its module. */
	KUNIT_EXPECT_TRUE(test, strstarts(pools->rows[5].name, "make_pool[") ||
			  strstarts(pools->rows[5].name, __func__));
	KUNIT_EXPECT_TRUE(test, ends_with(pools->rows[5].name, "]"));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		mp_destroy_pool(some[i]);
}

/* A reader who reads the file a second time gets the same total, not twice as much. */
static void pool_file_test_read_again(struct kunit *test)
{
	struct file *file = open_file(buddy_region_name(fixture(test)->region), "pools");
	char *first = new_text(test), *again = new_text(test);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_GT(test, read_file(file, first, TEXT_LEN - 1, 0), 0);
	KUNIT_EXPECT_GT(test, read_file(file, again, TEXT_LEN - 1, 0), 0);
	__fput_sync(file);
	KUNIT_ASSERT_NOT_NULL(test, strstr(first, "\ntotal"));
	KUNIT_ASSERT_NOT_NULL(test, strstr(again, "\ntotal"));
	KUNIT_EXPECT_STREQ(test, strstr(first, "\ntotal"), strstr(again, "\ntotal"));
}

/*
 * The total is the sum of the rows, and its bytes are the used pages of the region.  It has
 * no limit.  The sizes of the pools do not grow with the page: above half an arena, a pool
 * has no medium objects.
 */
static void pool_file_test_total(struct kunit *test)
{
	struct mp_pool *some[5];
	struct pools_file *pools;
	struct row *total;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(some); i++) {
		some[i] = make_pool(test, "some", 5000 * i);
		for (j = 0; j < 40; j++)
			mp_alloc(some[i], 1 + SCALED(400 * i * j % 7000), 0);
		if (i == 3)
			mp_reset_pool(some[i]);
		KUNIT_EXPECT_EQ(test, mp_set_limit(some[i], SCALED(SZ_1M)), 0);
	}
	pools = read_pools(test, fixture(test)->region);
	KUNIT_ASSERT_EQ(test, pools->nr_rows, 7);
	total = &pools->rows[pools->nr_rows - 1];
	KUNIT_EXPECT_EQ(test, total->values[BLOCK_BYTES] + total->values[ARENA_SIZE] +
			total->values[LARGE_BYTES], used(test) << PAGE_SHIFT);
	KUNIT_EXPECT_NE(test, total->values[LARGES], 0UL);
	KUNIT_EXPECT_NE(test, total->values[ARENA_FREE], 0UL);
	KUNIT_EXPECT_EQ(test, total->values[LIMIT], 0UL);
	for (j = BLOCKS; j < LIMIT; j++) {
		for (i = 0; i < pools->nr_rows - 1; i++)
			total->values[j] -= pools->rows[i].values[j];
		KUNIT_EXPECT_EQ_MSG(test, total->values[j], 0UL, "column %u", j);
	}
	for (i = 0; i < ARRAY_SIZE(some); i++)
		mp_destroy_pool(some[i]);
}

/* The file of a region shows only the pools of that region. */
static void pool_file_test_regions_are_apart(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, 8);
	struct mp_pool *pool = mp_create_pool_named(region, "other", 0, 8, 0);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	find_row(test, read_pools(test, fixture(test)->region), "pool_fixture_init");
	find_row(test, read_pools(test, region), "other");
	KUNIT_EXPECT_EQ(test, read_pools(test, region)->nr_rows, 2);
	mp_destroy_pool(pool);
}

/* If many pools are read in small pieces, each row comes once. */
static void pool_file_test_small_pieces(struct kunit *test)
{
	static const size_t pieces[] = { 1, 7, 100, 4096, TEXT_LEN };
	struct mp_pool **many = kunit_kcalloc(test, 200, sizeof(*many), GFP_KERNEL);
	unsigned int i, j;
	char name[8];

	KUNIT_ASSERT_NOT_NULL(test, many);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "p%03u", i);
		many[i] = make_pool(test, name, 0);
	}
	for (j = 0; j < ARRAY_SIZE(pieces); j++) {
		struct pools_file *pools = open_pools(test, fixture(test)->region);

		read_rows(test, pools, pieces[j]);
		KUNIT_ASSERT_EQ(test, pools->nr_rows, 202);
		for (i = 0; i < 200; i++) {
			snprintf(name, sizeof(name), "p%03u", i);
			find_row(test, pools, name);
		}
		end_pools(test, pools);
	}
	for (i = 0; i < 200; i++)
		mp_destroy_pool(many[i]);
}

/* Reads behind the total return nothing; a read from the start returns all rows. */
static void pool_file_test_file_ends(struct kunit *test)
{
	struct pools_file *pools = read_pools(test, fixture(test)->region);

	KUNIT_EXPECT_EQ(test, read_piece(pools, 100), (ssize_t)0);
	KUNIT_EXPECT_EQ(test, read_piece(pools, 100), (ssize_t)0);
	pools->pos = 0;
	pools->length = 0;
	pools->nr_rows = 0;
	memset(pools->text, 0, TEXT_LEN);
	read_rows(test, pools, TEXT_LEN);
	KUNIT_EXPECT_EQ(test, pools->nr_rows, 2);
}

/* Two readers at the same time do not show each other's cursor, and lose no row. */
static void pool_file_test_two_readers(struct kunit *test)
{
	struct pools_file *one = open_pools(test, fixture(test)->region);
	struct pools_file *two = open_pools(test, fixture(test)->region);
	struct mp_pool *more[20];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(more); i++)
		more[i] = make_pool(test, "more", 0);
	for (i = 0; i < 30; i++) {
		read_piece(one, 50);
		read_piece(two, 70);
	}
	read_rows(test, one, 50);
	read_rows(test, two, 70);
	KUNIT_EXPECT_EQ(test, one->nr_rows, 22);
	KUNIT_EXPECT_EQ(test, two->nr_rows, 22);
	for (i = 0; i < ARRAY_SIZE(more); i++)
		mp_destroy_pool(more[i]);
}

/*
 * Create and destroy pools, slowly enough for a reader to reach the end of the file, and
 * allocate in another pool.
 */
static int churn(void *data)
{
	struct buddy_region *region = data;
	struct mp_pool *busy = mp_create_pool_named(region, "busy", 512, 32, 0);
	struct mp_pool *brief[8] = {};
	unsigned int i, j;

	for (i = 0; busy && !kthread_should_stop(); i++) {
		mp_destroy_pool(brief[i % 8]);
		brief[i % 8] = mp_create_pool_named(region, "brief", 0, 32, 0);
		for (j = 0; j < 200; j++) {
			void *object = mp_alloc(busy, 1 + j * 131 % 2000, __GFP_NOWARN);

			if (j % 2)
				mp_free(busy, object);
		}
		mp_reset_pool(busy);
		usleep_range(50, 100);
	}
	for (i = 0; i < 8; i++)
		mp_destroy_pool(brief[i]);
	mp_destroy_pool(busy);
	return busy ? 0 : -ENOMEM;
}

static void stop_churn(struct kunit_resource *res)
{
	WARN_ON(kthread_stop(res->data));
}

static bool is_task(struct kunit *test, struct kunit_resource *res, void *task)
{
	return res->data == task;
}

static void pool_file_test_pools_come_and_go(struct kunit *test)
{
	struct task_struct *task = kthread_run(churn, fixture(test)->region, "pool-churn");
	unsigned int i, j, torn = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kunit_alloc_resource(test, NULL, stop_churn, GFP_KERNEL, task);
	for (i = 0; i < 500; i++) {
		struct pools_file *pools = open_pools(test, fixture(test)->region);

		read_rows(test, pools, i % 2 ? 500 : TEXT_LEN);
		find_row(test, pools, "pool_fixture_init");
		/* Each value must be one that the pool had at some moment. */
		for (j = 0; j < pools->nr_rows; j++) {
			const unsigned long *values = pools->rows[j].values;

			torn += max3(max(values[GIVEN], values[FREED]),
				     max(values[ALIGNED], values[SKIPPED]),
				     values[ARENA_FREE]) > FIXTURE_PAGES << PAGE_SHIFT;
		}
		end_pools(test, pools);
	}
	KUNIT_EXPECT_EQ(test, torn, 0);
	KUNIT_EXPECT_EQ(test, kunit_destroy_resource(test, is_task, task), 0);
}

static struct kunit_case pool_file_cases[] = {
	KUNIT_CASE(pool_file_test_row),
	KUNIT_CASE(pool_file_test_freed),
	KUNIT_CASE(pool_file_test_row_of_unnamed),
	KUNIT_CASE(pool_file_test_names),
	KUNIT_CASE(pool_file_test_read_again),
	KUNIT_CASE(pool_file_test_total),
	KUNIT_CASE(pool_file_test_regions_are_apart),
	KUNIT_CASE(pool_file_test_small_pieces),
	KUNIT_CASE(pool_file_test_file_ends),
	KUNIT_CASE(pool_file_test_two_readers),
	KUNIT_CASE(pool_file_test_pools_come_and_go),
	{}
};

static struct kunit_suite pool_file_suite = {
	.name = "pool_file",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_file_cases,
};

kunit_test_suite(pool_file_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_file");
MODULE_LICENSE("GPL");
