// SPDX-License-Identifier: GPL-2.0
/*
 * Suite sample: how a driver uses a region and a pool.  Each DMA transfer has a pool, which
 * holds all that the transfer needs: descriptors, an array, a name and a large buffer.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../../pool/pool.h"

#define NR_DESCRIPTORS	20
#define BUFFER_BYTES	(3 * PAGE_SIZE + 100)
#define MOST_TRIES	3

struct descriptor {
	phys_addr_t source;
};

struct transfer {
	struct mp_pool *pool;
	char *name;
	struct descriptor **descriptors;
	void *buffer;
};

/* A cleanup handler: called when the pool is destroyed, also after a failure. */
static void release_line(void *data)
{
	*(bool *)data = false;
}

/* The struct is in the pool, too, so one call undoes everything after a failure. */
static struct transfer *transfer_start(struct buddy_region *region, int number,
				       bool *line_busy)
{
	struct mp_pool *pool = mp_create_pool_named(region, "transfer", PAGE_SIZE,
						    MP_ALIGNMENT, 0);
	struct transfer *transfer;

	if (!pool)
		return NULL;
	transfer = mp_alloc(pool, sizeof(*transfer), __GFP_ZERO);
	if (!transfer)
		goto fail;
	transfer->pool = pool;
	transfer->name = mp_printf(pool, 0, "%s-%d", buddy_region_name(region), number);
	transfer->descriptors = mp_calloc(pool, NR_DESCRIPTORS, sizeof(void *), 0);
	/* Larger than a block, so the buffer has physically contiguous pages of its own. */
	transfer->buffer = mp_alloc(pool, BUFFER_BYTES, 0);
	if (!transfer->name || !transfer->descriptors || !transfer->buffer)
		goto fail;

	/* Add the handler before the line is busy: if this fails, nothing is to undo. */
	if (mp_add_cleanup(pool, release_line, line_busy, 0))
		goto fail;
	*line_busy = true;
	return transfer;

fail:
	mp_destroy_pool(pool);
	return NULL;
}

/* Each try begins at the savepoint; the rewind frees what the try before allocated. */
static int transfer_run(struct transfer *transfer, struct buddy_region *region,
			int failures)
{
	phys_addr_t source = buddy_virt_to_phys(region, transfer->buffer);
	struct mp_mark mark;
	int try, i;

	mp_mark_pool(transfer->pool, &mark);
	for (try = 0; try < MOST_TRIES; try++) {
		for (i = 0; i < NR_DESCRIPTORS; i++) {
			struct descriptor *one = mp_alloc(transfer->pool, sizeof(*one), 0);

			if (!one)
				return -ENOMEM;	/* the caller destroys the pool */
			one->source = source + i * 512;
			transfer->descriptors[i] = one;
		}
		/* Here a device would work through the descriptors. */
		if (try >= failures)
			return 0;
		mp_rewind_pool(transfer->pool, &mark);
	}
	return -EIO;
}

static void sample_test_transfer(struct kunit *test)
{
	struct buddy_region *region = buddy_region_get("region0");	/* of insmod */
	struct transfer *transfer;
	bool line_busy = false;

	KUNIT_ASSERT_NOT_NULL(test, region);
	transfer = transfer_start(region, 42, &line_busy);
	KUNIT_EXPECT_TRUE(test, transfer && line_busy);
	if (transfer) {
		/* The third try succeeds. */
		KUNIT_EXPECT_EQ(test, transfer_run(transfer, region, 2), 0);
		KUNIT_EXPECT_STREQ(test, transfer->name, "region0-42");
		mp_destroy_pool(transfer->pool);
	}
	KUNIT_EXPECT_FALSE(test, line_busy);
	buddy_region_put(region);
}

static struct kunit_case sample_cases[] = {
	KUNIT_CASE(sample_test_transfer),
	{}
};

static struct kunit_suite sample_suite = { .name = "sample", .test_cases = sample_cases };

kunit_test_suite(sample_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: sample");
MODULE_LICENSE("GPL");
