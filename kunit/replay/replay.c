// SPDX-License-Identifier: GPL-2.0
/*
 * Replays a recorded trace (kunit/replay/traces/README.md) on a region.
 *
 * All that is allocated is filled with a stamp of its own, and compared when
 * its life ends: two owners that shared a byte would be found out.  "until" is
 * the operation to replay up to; past the last one, what the recording still
 * held is given back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>

#include "replay.h"

static char *region_name = "region0";
module_param_named(region, region_name, charp, 0444);
MODULE_PARM_DESC(region, "region to replay on");

static struct trace trace;
module_param_named(trace, trace.path, charp, 0444);
MODULE_PARM_DESC(trace, "path of the trace, not compressed");
module_param_named(operations, trace.nr, ulong, 0444);
MODULE_PARM_DESC(operations, "how many the trace has (read it)");
module_param_named(peak_at, trace.peak_at, ulong, 0444);
MODULE_PARM_DESC(peak_at, "operations up to the trace's peak (read it)");
module_param_named(peak, trace.peak, ulong, 0444);
MODULE_PARM_DESC(peak, "pages, or bytes of a pool trace, in use then (read it)");
module_param_named(checked, replay_checked, ulong, 0444);
MODULE_PARM_DESC(checked, "pages, or objects, filled and found intact (read it)");

static struct buddy_region *region;
static unsigned long done;

static int set_until(const char *text, const struct kernel_param *kp)
{
	unsigned long until;
	int err = kstrtoul(text, 0, &until);

	if (!region)	/* given to insmod, before the trace was read */
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
MODULE_PARM_DESC(until, "write: replay up to this operation; read: the ones done");

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
	/* What the CPUs hold merges, too: the region is as it was. */
	buddy_region_drain(region);
	buddy_region_put(region);
	trace_free(&trace);
}
module_exit(replay_exit);

MODULE_DESCRIPTION("Replay of recorded traces on a buddypool region");
MODULE_LICENSE("GPL");
