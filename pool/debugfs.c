// SPDX-License-Identifier: GPL-2.0
/*
 * The debugfs file "pools" of each region: a row for each live pool, and the total.
 * Also the folder fail_pool of the kernel's fault injection.
 *
 * A pool and its memory may be freed at any time, so a row is copied under the lock of
 * the list of pools.  To hold the lock for a short time only, each reader has a cursor in
 * the list: a struct mp_pool without a region.  When the reader drops the lock, the
 * cursor stays behind the last pool that the reader has seen.
 */
#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "../buddy/compat.h"
#include "internal.h"

#define MOST_SKIPPED	64	/* pools that are looked at before the lock is dropped */

/* What is printed of a pool, or of all pools together. */
struct row {
	char name[64];
	unsigned long caller;	/* printed in place of an empty name; no column */
	unsigned long age;
	struct mp_stats stats;	/* its limit is 0 in a total */
};

/**
 * struct reader - an open file "pools"
 * @region: pools of this region are shown
 * @cursor: in the list of pools, behind the last pool that was shown
 * @pos: seq_file's position of @row, or -1 behind the last row
 * @ended: true if @row is the total
 * @row: the row that is shown
 * @total: the sum of the rows so far
 */
struct reader {
	struct buddy_region *region;
	struct mp_pool cursor;
	loff_t pos;
	bool ended;
	struct row row;
	struct row total;
};

static void copy_row(const struct mp_pool *pool, struct row *row)
{
	memcpy(row->name, pool->name, MP_NAME_LEN);
	row->caller = pool->caller;
	row->age = (jiffies - pool->created) / HZ;
	mp_read_stats(pool, &row->stats);
}

/*
 * If the pool has no name, take the name of the function that created it.  To look up a
 * symbol takes long, so this is not done under the lock of the list.
 */
static void name_row(struct row *row)
{
	char *blank;

	lockdep_assert_not_held(&mp_pools_lock);
	if (row->name[0])
		return;
	snprintf(row->name, sizeof(row->name), "%ps", (void *)row->caller);
	/* Make "function [module]" one word. */
	blank = strchr(row->name, ' ');
	if (blank)
		memmove(blank, blank + 1, strlen(blank));
	mp_fix_name(row->name, sizeof(row->name));
}

/*
 * Move the cursor behind the next pool of the region and copy its row.  Return false if
 * there are no more pools.
 */
static bool next_row(struct reader *reader)
{
	struct mp_pool *pool = &reader->cursor;
	bool found = false, end = false;
	unsigned long flags;
	unsigned int i;

	while (!found && !end) {
		raw_spin_lock_irqsave(&mp_pools_lock, flags);
		for (i = 0; i < MOST_SKIPPED && !found; i++) {
			end = list_is_last(&pool->link, &mp_pools);
			if (end)
				break;
			pool = list_next_entry(pool, link);
			found = pool->region == reader->region;
		}
		if (found)
			copy_row(pool, &reader->row);
		if (pool != &reader->cursor)
			list_move(&reader->cursor.link, &pool->link);
		pool = &reader->cursor;
		raw_spin_unlock_irqrestore(&mp_pools_lock, flags);
	}
	return found;
}

static void add_total(struct mp_stats *total, const struct mp_stats *row)
{
	total->blocks += row->blocks;
	total->block_bytes += row->block_bytes;
	total->given += row->given;
	total->freed += row->freed;
	total->aligned += row->aligned;
	total->skipped += row->skipped;
	total->arena_bytes += row->arena_bytes;
	total->arena_free += row->arena_free;
	total->larges += row->larges;
	total->large_bytes += row->large_bytes;
	total->resets += row->resets;
}

/* Position 0 is the line of headings.  A row for each pool follows, then the total. */
static void *pools_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct reader *reader = m->private;

	++*pos;
	if (reader->ended) {
		reader->pos = -1;	/* for pools_start(): the file ends here */
		return NULL;
	}
	reader->pos = *pos;
	if (next_row(reader)) {
		name_row(&reader->row);
		add_total(&reader->total.stats, &reader->row.stats);
	} else {
		reader->row = reader->total;
		reader->ended = true;
	}
	return &reader->row;
}

static void *pools_start(struct seq_file *m, loff_t *pos)
{
	struct reader *reader = m->private;
	unsigned long flags;

	/*
	 * seq_file asks again for a row that did not fit into its buffer.  The cursor is
	 * behind it already, but the row is still here.
	 */
	if (*pos)
		return *pos == reader->pos ? &reader->row : NULL;
	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	list_move(&reader->cursor.link, &mp_pools);
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);
	memset(&reader->total, 0, sizeof(reader->total));
	strscpy(reader->total.name, "total", sizeof(reader->total.name));
	reader->ended = false;
	reader->pos = 0;
	return SEQ_START_TOKEN;
}

static void pools_stop(struct seq_file *m, void *v)
{
}

static int pools_show(struct seq_file *m, void *v)
{
	const struct row *row = v;
	const struct mp_stats *stats = &row->stats;

	if (v == SEQ_START_TOKEN)
		seq_puts(m, "name                         age  blocks  block_bytes        given        freed      aligned      skipped  arena_bytes   arena_free  larges  large_bytes   resets        limit\n");
	else
		seq_printf(m, "%-24s %7lu %7lu %12lu %12lu %12lu %12lu %12lu %12lu %12lu %7lu %12lu %8lu %12lu\n",
			   row->name, row->age, stats->blocks, stats->block_bytes,
			   stats->given, stats->freed, stats->aligned, stats->skipped,
			   stats->arena_bytes, stats->arena_free, stats->larges,
			   stats->large_bytes, stats->resets, stats->limit);
	return 0;
}

static const struct seq_operations pools_sops = {
	.start = pools_start,
	.next = pools_next,
	.stop = pools_stop,
	.show = pools_show,
};

static int pools_open(struct inode *inode, struct file *file)
{
	struct reader *reader = __seq_open_private(file, &pools_sops, sizeof(*reader));
	unsigned long flags;

	if (!reader)
		return -ENOMEM;
	reader->region = inode->i_private;
	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	list_add(&reader->cursor.link, &mp_pools);
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);
	return 0;
}

static int pools_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct reader *reader = m->private;
	unsigned long flags;

	raw_spin_lock_irqsave(&mp_pools_lock, flags);
	list_del(&reader->cursor.link);
	raw_spin_unlock_irqrestore(&mp_pools_lock, flags);
	return seq_release_private(inode, file);
}

static const struct file_operations pools_fops = {
	.owner = THIS_MODULE,
	.open = pools_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = pools_release,
};

/* Before buddy_init(): each region that is made from now on has the file. */
void mp_debugfs_init(void)
{
	buddy_debugfs_add_file("pools", &pools_fops);
}

#ifdef CONFIG_FAULT_INJECTION
/*
 * Make the folder fail_pool beside the page layer's folder fail_page.  buddy_exit()
 * removes both.
 */
void mp_fault_init(void)
{
	struct dentry *dir = debugfs_lookup(KBUILD_MODNAME, NULL);

	if (!dir)
		return;
	fault_create_debugfs_attr("fail_pool", dir, &mp_fail_pool);
	dput(dir);
}

void mp_fault_exit(void)
{
	fault_put_debugfs_attr(&mp_fail_pool);
}
#endif
