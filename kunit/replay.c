// SPDX-License-Identifier: GPL-2.0
/*
 * Replays a recorded page trace (kunit/traces/README.md) on a region.
 *
 * Every block is filled with a stamp of its own when it is allocated and
 * compared word by word when it is freed, so two owners that shared a frame
 * would be found out.  "until" is the operation to replay up to; past the last
 * one, what the recording still held is freed too.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel_read_file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "../buddy/buddy.h"

#define FREE_OP		0xff	/* in the place of an order */

struct op {
	u32 slot;
	u8 order;
};

struct slot {
	void *block;
	u64 stamp;
	u8 order;
	bool used;
};

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

static unsigned long pages_checked;
module_param(pages_checked, ulong, 0444);
MODULE_PARM_DESC(pages_checked, "pages filled and found intact (read it)");

static struct buddy_region *region;
static struct op *ops;
static struct slot *slots;
static unsigned long nr_slots, done;

/*
 * Read the trace's lines into @ops, or only count them if that is NULL.  The
 * slots' state is followed, so a trace that frees what it does not have is
 * refused before anything is allocated.
 */
static int parse(char *text)
{
	unsigned long pages = 0, most = 0, nr = 0, line_nr = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		unsigned int slot, order = FREE_OP;
		bool frees;

		line_nr++;
		if (!*line || *line == '#')
			continue;
		if (sscanf(line, "a %u %u", &slot, &order) != 2 &&
		    sscanf(line, "f %u", &slot) != 1)
			goto bad;
		frees = order == FREE_OP;
		if (slot >= nr_slots || slots[slot].used != frees ||
		    (order >= BUDDY_NR_ORDERS && !frees))
			goto bad;
		slots[slot].used = !frees;
		if (frees) {
			pages -= BIT(slots[slot].order);
		} else {
			slots[slot].order = order;
			pages += BIT(order);
		}
		ops[nr++] = (struct op){ .slot = slot, .order = order };
		if (pages > most) {
			most = pages;
			peak_at = nr;
		}
	}
	operations = nr;
	memset(slots, 0, nr_slots * sizeof(*slots));
	return 0;

bad:
	pr_err("%s:%lu: '%s' is neither 'a SLOT ORDER' of an empty slot nor 'f SLOT' of a full one\n",
	       trace, line_nr, line);
	return -EINVAL;
}

static int load(void)
{
	size_t size = 0, lines = 0, i;
	void *text = NULL;
	ssize_t len;
	int err;

	len = kernel_read_file_from_path(trace, 0, &text, INT_MAX, &size,
					 READING_UNKNOWN);
	if (len < 0) {
		pr_err("trace=%s: cannot be read, error %zd\n", trace, len);
		return len;
	}
	for (i = 0; i < size; i++)
		lines += ((char *)text)[i] == '\n';
	/* A slot is filled by a line of its own, so there are no more slots. */
	nr_slots = lines + 1;
	ops = vcalloc(lines + 1, sizeof(*ops));
	slots = vcalloc(nr_slots, sizeof(*slots));
	err = -ENOMEM;
	if (ops && slots) {
		((char *)text)[size - 1] = '\0';
		err = parse(text);
	}
	vfree(text);
	return err;
}

static int fill(struct slot *slot)
{
	slot->block = buddy_alloc(region, slot->order, 0);
	if (!slot->block)
		return -ENOMEM;
	slot->stamp = 0x9e3779b97f4a7c15ULL * (done + 1);
	memset64(slot->block, slot->stamp, (PAGE_SIZE << slot->order) / sizeof(u64));
	return 0;
}

static int check_and_free(struct slot *slot)
{
	const u64 *word = slot->block, *end = slot->block + (PAGE_SIZE << slot->order);

	for (; word < end; word++) {
		if (*word == slot->stamp)
			continue;
		pr_err("operation %lu: %#llx in a block of order %u at %p should be %#llx\n",
		       done, *word, slot->order, word, slot->stamp);
		return -EIO;
	}
	pages_checked += BIT(slot->order);
	buddy_free(region, slot->block, slot->order);
	slot->block = NULL;
	return 0;
}

/* Free what is still held, whatever state the replay is in. */
static int finish(void)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < nr_slots && !err; i++)
		if (slots[i].block)
			err = check_and_free(&slots[i]);
	return err;
}

static int set_until(const char *text, const struct kernel_param *kp)
{
	unsigned long until;
	int err = kstrtoul(text, 0, &until);

	if (!region)	/* given to insmod, before the trace was read */
		err = -EBUSY;
	while (!err && done < min(until, operations)) {
		const struct op *op = &ops[done];
		struct slot *slot = &slots[op->slot];

		if (op->order == FREE_OP) {
			err = check_and_free(slot);
		} else {
			slot->order = op->order;
			err = fill(slot);
		}
		done++;
		cond_resched();
	}
	if (!err && until > operations)
		err = finish();
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

	if (!err) {
		region = buddy_region_get(region_name);
		if (!region) {
			pr_err("region=%s: there is no such region\n", region_name);
			err = -ENOENT;
		}
	}
	if (err) {
		vfree(ops);
		vfree(slots);
	}
	return err;
}
module_init(replay_init);

static void __exit replay_exit(void)
{
	finish();
	buddy_region_put(region);
	vfree(ops);
	vfree(slots);
}
module_exit(replay_exit);

MODULE_DESCRIPTION("Replay of recorded page traces on a buddypool region");
MODULE_LICENSE("GPL");
