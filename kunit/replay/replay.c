// SPDX-License-Identifier: GPL-2.0
/*
 * Replays a recording (kunit/replay/traces/README.md) on a region.
 *
 * Each block or object is filled with its own stamp, and compared before it is freed:
 * this detects a byte that belongs to two of them.  The parameter until= is the operation
 * to replay up to.  After the last operation, all that is still allocated is freed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "replay.h"

static char *region_name = "region0";
module_param_named(region, region_name, charp, 0444);
MODULE_PARM_DESC(region, "region to replay on");

static struct trace trace;
module_param_named(trace, trace.path, charp, 0444);
MODULE_PARM_DESC(trace, "path of the recording, not compressed");
module_param_named(operations, trace.nr, ulong, 0444);
MODULE_PARM_DESC(operations, "read: number of operations in the recording");
module_param_named(peak_at, trace.peak_at, ulong, 0444);
MODULE_PARM_DESC(peak_at, "read: number of the operation after which most memory is in use");
module_param_named(peak, trace.peak, ulong, 0444);
MODULE_PARM_DESC(peak, "read: pages, or bytes in pools, in use after operation peak_at");
module_param_named(checked, replay_checked, ulong, 0444);
MODULE_PARM_DESC(checked, "read: pages, or objects, that had their stamp when freed");

static struct buddy_region *region;
static unsigned long done;

static int set_until(const char *text, const struct kernel_param *kp)
{
	unsigned long until;
	int err = kstrtoul(text, 0, &until);

	if (!region)	/* until= was given to insmod: the recording is not read yet */
		err = -EBUSY;
	for (; !err && done < min(until, trace.nr); done++) {
		err = trace.format->run(region, &trace.ops[done], done + 1);
		cond_resched();
	}
	if (err)
		pr_err("operation %lu failed, error %d\n", done, err);
	else if (until > trace.nr)
		err = trace.format->finish(region);
	return err;
}

static int get_until(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%lu\n", done);
}

static const struct kernel_param_ops until_ops = {
	.set = set_until,
	.get = get_until,
};
module_param_cb(until, &until_ops, NULL, 0644);
MODULE_PARM_DESC(until, "write: replay up to this operation; read: how many are done");

/* The longest run of free pages, allocated and filled, or NULL. */
static u64 *run;
static unsigned long run_pages;

static int set_run(const char *text, const struct kernel_param *kp)
{
	u64 *bad;
	bool on;
	int err = kstrtobool(text, &on);

	if (err)
		return err;
	if (!region || on == !!run)
		return -EBUSY;
	if (on) {
		run_pages = buddy_region_largest(region);
		run = buddy_alloc_exact(region, run_pages, 0);
		if (!run)
			return -ENOMEM;
		memset(run, 0xb5, run_pages << PAGE_SHIFT);
		return 0;
	}
	bad = memchr_inv(run, 0xb5, run_pages << PAGE_SHIFT);
	if (bad)
		pr_err("the longest run has other bytes at %p\n", bad);
	buddy_free_exact(region, run, run_pages);
	run = NULL;
	return bad ? -EIO : 0;
}

static int get_run(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%lu\n", run ? run_pages : 0);
}

static const struct kernel_param_ops run_ops = {
	.set = set_run,
	.get = get_run,
};
module_param_cb(longest, &run_ops, NULL, 0644);
MODULE_PARM_DESC(longest, "write 1: allocate the longest run of free pages and fill it; 0: check and free it; read: its pages");

static int __init replay_init(void)
{
	int err = trace_read(&trace);

	if (err)
		return err;
	err = trace.format->start(trace.slots);
	if (err)
		goto free;
	region = buddy_region_get(region_name);
	if (region)
		return 0;
	pr_err("region=%s: there is no such region\n", region_name);
	err = -ENOENT;
	trace.format->stop();
free:
	trace_free(&trace);
	return err;
}
module_init(replay_init);

static void __exit replay_exit(void)
{
	trace.format->finish(region);
	trace.format->stop();
	if (run)
		buddy_free_exact(region, run, run_pages);
	/* Empty the per-CPU caches, so that all blocks merge again. */
	buddy_region_drain(region);
	buddy_region_put(region);
	trace_free(&trace);
}
module_exit(replay_exit);

MODULE_DESCRIPTION("Replay of recordings on a buddypool region");
MODULE_LICENSE("GPL");
