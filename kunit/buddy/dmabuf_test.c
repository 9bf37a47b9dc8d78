// SPDX-License-Identifier: GPL-2.0
/* Suite dmabuf: a driver's blocks as dma-bufs.  The suite heap has those of programs. */
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "../../buddy/dma.h"
#include "../lib/files.h"

IMPORT_NS_DMA_BUF;

#define PAGES	64UL

static unsigned long errors(struct kunit *test, struct buddy_region *region,
			    enum buddy_error kind)
{
	return test_stats(test, region)->errors[kind];
}

/* Only a whole block can be exported; a wrong call leaves all blocks as they are. */
static void dmabuf_test_export(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned long pfn = buddy_alloc_pfn_exact(region, 5, 0), i;
	struct dma_buf *dmabuf;
	const struct {
		enum buddy_error kind;
		unsigned long pfn;
		unsigned long nr;
	} wrong[] = {
		{ BUDDY_NOT_A_HEAD, pfn + 1, 4 }, { BUDDY_WRONG_SIZE, pfn, 4 },
		{ BUDDY_WRONG_SIZE, pfn, 6 }, { BUDDY_DOUBLE_FREE, pfn + 5, 1 },
		{ BUDDY_OUTSIDE, pfn + PAGES, 1 }, { BUDDY_NO_PAGES, pfn, 0 },
	};

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		unsigned long before = errors(test, region, wrong[i].kind);

		if (before)
			dmabuf = buddy_export(region, wrong[i].pfn, wrong[i].nr, O_RDWR);
		else
			EXPECT_WARNING("buddypool: region test-",
				       dmabuf = buddy_export(region, wrong[i].pfn, wrong[i].nr,
							     O_RDWR));
		KUNIT_EXPECT_PTR_EQ(test, dmabuf, ERR_PTR(-EINVAL));
		KUNIT_EXPECT_EQ_MSG(test, errors(test, region, wrong[i].kind), before + 1,
				    "%lu pages at %#lx", wrong[i].nr, wrong[i].pfn);
	}
	KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), 5UL);
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 1U);

	dmabuf = buddy_export(region, pfn, 5, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	KUNIT_EXPECT_EQ(test, (u64)dmabuf->size, (u64)PFN_PHYS(5));
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 2U);
	dma_buf_put(dmabuf);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 1U);
	expect_all_free(test, region, fresh);
}

struct leaving {
	struct work_struct work;
	struct buddy_region *region;
	int err;
};

static void destroy(struct work_struct *work)
{
	struct leaving *leaving = container_of(work, struct leaving, work);

	leaving->err = buddy_region_destroy(leaving->region);
}

/*
 * The destroy waits for the reader of a file.  The release of another region's buffer waits
 * for the destroy, but does not keep the reader waiting.
 */
static void dmabuf_test_read_meanwhile(struct kunit *test)
{
	struct leaving leaving = { .region = buddy_region_create("leaving", TEST_PFN, 1, NULL) };
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	struct dma_buf *dmabuf;
	struct file *file;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, leaving.region);
	dmabuf = buddy_export(region, buddy_alloc_pfn(region, 0, 0), 1, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	file = open_file("leaving", "buffers");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_ASSERT_EQ(test, debugfs_file_get(file->f_path.dentry), 0);

	INIT_WORK_ONSTACK(&leaving.work, destroy);
	queue_work(system_long_wq, &leaving.work);
	msleep(100);
	/* The last reference of a file goes in a work of the kernel. */
	dma_buf_put(dmabuf);
	msleep(100);
	KUNIT_EXPECT_GT(test, read_seq_file(file, new_text(test), TEXT_LEN, 0), 0L);

	debugfs_file_put(file->f_path.dentry);
	flush_work(&leaving.work);
	destroy_work_on_stack(&leaving.work);
	__fput_sync(file);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, leaving.err, 0);
}

static struct kunit_case dmabuf_cases[] = {
	KUNIT_CASE(dmabuf_test_export),
	KUNIT_CASE(dmabuf_test_read_meanwhile),
	{}
};

static struct kunit_suite dmabuf_suite = {
	.name = "dmabuf",
	.test_cases = dmabuf_cases,
};

kunit_test_suite(dmabuf_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: dmabuf");
MODULE_LICENSE("GPL");
