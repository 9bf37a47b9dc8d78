/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the suites of the debugfs files: read a file, fill a region. */
#ifndef KUNIT_FILES_H
#define KUNIT_FILES_H

#include <linux/debugfs.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "common.h"

#define TEXT_LEN	(64 << 10)

static inline struct file *open_file(const char *name, const char *file)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/kernel/debug/buddypool/%s/%s", name, file);
	return filp_open(path, O_RDONLY, 0);
}

/*
 * Read as read() does.  kernel_read() needs read_iter, which debugfs does not have; but
 * the seq_file below it has it.  The caller has called debugfs_file_get().
 */
static inline ssize_t read_seq_file(struct file *file, char *text, size_t len, loff_t pos)
{
	struct kvec vec = { .iov_base = text, .iov_len = len };
	struct kiocb kiocb;
	struct iov_iter to;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = pos;
	iov_iter_kvec(&to, ITER_DEST, &vec, 1, len);
	return seq_read_iter(&kiocb, &to);
}

static inline ssize_t read_file(struct file *file, char *text, size_t len, loff_t pos)
{
	ssize_t got = debugfs_file_get(file->f_path.dentry);

	if (got)
		return got;
	got = read_seq_file(file, text, len, pos);
	debugfs_file_put(file->f_path.dentry);
	return got;
}

/* Read a whole file into @text, in pieces of at most @piece bytes. */
static inline void read_pieces(struct kunit *test, const char *name, const char *file,
			       char *text, size_t piece)
{
	struct file *opened = open_file(name, file);
	ssize_t got;
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, opened);
	do {
		got = read_file(opened, text + pos,
				min_t(size_t, piece, TEXT_LEN - 1 - pos), pos);
		pos += max_t(ssize_t, got, 0);
	} while (got > 0);
	__fput_sync(opened);
	KUNIT_ASSERT_EQ(test, got, 0L);
	KUNIT_ASSERT_LT(test, pos, TEXT_LEN - 1LL);
	text[pos] = '\0';
}

static inline char *new_text(struct kunit *test)
{
	char *text = kunit_kzalloc(test, TEXT_LEN, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	return text;
}

static inline char *region_file(struct kunit *test, struct buddy_region *region,
				const char *file)
{
	char *text = new_text(test);

	read_pieces(test, buddy_region_name(region), file, text, TEXT_LEN);
	return text;
}

/* Allocate all pages of a region one by one; their pfns must ascend. */
static inline void fill(struct kunit *test, struct buddy_region *region)
{
	unsigned long pfn = region->ranges->pfn;
	unsigned long end = pfn + region->ranges->pages, failed = 0;

	for (; pfn < end; pfn++)
		failed += buddy_alloc_pfn(region, 0, 0) == BUDDY_NO_PFN;
	KUNIT_ASSERT_EQ(test, failed, 0UL);
}

/* Free every @step-th of @nr single pages. */
static inline void free_each(struct buddy_region *region, unsigned long pfn,
			     unsigned long nr, unsigned int step)
{
	unsigned long end = pfn + nr;

	for (; pfn < end; pfn += step)
		buddy_free_pfn(region, pfn, 0);
}

#endif /* KUNIT_FILES_H */
