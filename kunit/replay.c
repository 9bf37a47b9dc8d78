// SPDX-License-Identifier: GPL-2.0
/*
 * Replays a recorded trace (kunit/traces/README.md) on a region.
 *
 * All that is allocated is filled with a stamp of its own, and compared when
 * its life ends: two owners that shared a byte would be found out.  "until" is
 * the operation to replay up to; past the last one, what the recording still
 * held is given back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel_read_file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "replay.h"

static char *region_name = "region0";
module_param_named(region, region_name, charp, 0444);
MODULE_PARM_DESC(region, "region to replay on");

static char *trace;
module_param(trace, charp, 0444);
MODULE_PARM_DESC(trace, "path of the trace, not compressed");

static unsigned long operations;
module_param(operations, ulong, 0444);
MODULE_PARM_DESC(operations, "how many the trace has (read it)");

static unsigned long peak_at;
module_param(peak_at, ulong, 0444);
MODULE_PARM_DESC(peak_at, "operations up to the trace's peak (read it)");

static unsigned long peak;
module_param(peak, ulong, 0444);
MODULE_PARM_DESC(peak, "pages, or bytes of a pool trace, in use then (read it)");

unsigned long replay_checked;
module_param_named(checked, replay_checked, ulong, 0444);
MODULE_PARM_DESC(checked, "pages, or objects, filled and found intact (read it)");

static const struct format *format;
static struct buddy_region *region;
static struct op *ops;
static unsigned long done;
static u32 highest;

/* Read the trace's lines into @ops. */
static int parse(char *text)
{
	unsigned long line_nr = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct op *op = &ops[operations];
		int args;

		line_nr++;
		if (!*line || *line == '#')
			continue;
		args = sscanf(line, "%c %u %u %u", &op->kind, &op->arg[0],
			      &op->arg[1], &op->arg[2]) - 1;
		/* Only a pool trace creates pools, and it begins with that. */
		if (!format)
			format = op->kind == 'C' ? &pools_format : &pages_format;
		if (args < 1 || args != format->args(op->kind)) {
			pr_err("%s:%lu: '%s' is no operation, see kunit/traces/README.md\n",
			       trace, line_nr, line);
			return -EINVAL;
		}
		highest = max(highest, format->highest(op));
		operations++;
	}
	/* A slot is filled by an operation of its own: there are no more slots. */
	if (highest >= operations) {
		pr_err("%s: slot %u cannot be in a trace of %lu operations\n", trace, highest,
		       operations);
		return -EINVAL;
	}
	return 0;
}

/* Follow the whole trace once: refuse a wrong one before anything is done. */
static int find_peak(void)
{
	unsigned long i;

	for (i = 0; i < operations; i++) {
		long weight = format->weigh(&ops[i]);

		if (weight < 0) {
			pr_err("%s: operation %lu, '%c %u', does not fit what went before\n",
			       trace, i + 1, ops[i].kind, ops[i].arg[0]);
			return weight;
		}
		if (weight > peak) {
			peak = weight;
			peak_at = i + 1;
		}
	}
	return 0;
}

static int load(void)
{
	size_t size = 0, lines = 1, i;
	void *text = NULL;
	ssize_t len;
	int err;

	if (!trace) {
		pr_err("trace= is missing, the path of a trace\n");
		return -EINVAL;
	}
	len = kernel_read_file_from_path(trace, 0, &text, INT_MAX, &size,
					 READING_UNKNOWN);
	if (len <= 0) {
		pr_err("trace=%s: cannot be read, error %zd\n", trace, len);
		return len ?: -EINVAL;
	}
	for (i = 0; i < size; i++)
		lines += ((char *)text)[i] == '\n';
	((char *)text)[size - 1] = '\0';
	ops = vcalloc(lines, sizeof(*ops));
	err = ops ? parse(text) : -ENOMEM;
	vfree(text);
	if (err)
		return err;
	err = format->start(highest + 1);
	if (err)
		return err;
	err = find_peak();
	format->stop();
	return err ?: format->start(highest + 1);
}

static int set_until(const char *text, const struct kernel_param *kp)
{
	unsigned long until;
	int err = kstrtoul(text, 0, &until);

	if (!region)	/* given to insmod, before the trace was read */
		err = -EBUSY;
	for (; !err && done < min(until, operations); done++) {
		err = format->run(region, &ops[done], done + 1);
		cond_resched();
	}
	if (err)
		pr_err("operation %lu failed, error %d\n", done, err);
	else if (until > operations)
		err = format->finish(region);
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
	int err = load();

	if (err)
		goto free;
	region = buddy_region_get(region_name);
	if (region)
		return 0;
	pr_err("region=%s: there is no such region\n", region_name);
	err = -ENOENT;
	format->stop();
free:
	vfree(ops);
	return err;
}
module_init(replay_init);

static void __exit replay_exit(void)
{
	format->finish(region);
	format->stop();
	buddy_region_put(region);
	vfree(ops);
}
module_exit(replay_exit);

MODULE_DESCRIPTION("Replay of recorded traces on a buddypool region");
MODULE_LICENSE("GPL");
