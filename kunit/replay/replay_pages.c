// SPDX-License-Identifier: GPL-2.0
/* Replays recordings of pages, with the operations a SLOT ORDER and f SLOT. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "replay.h"

struct slot {
	void *block;
	u64 stamp;
	u8 order;
	bool used;
};

static struct slot *slots;
static unsigned long nr_slots, pages;

static unsigned int pages_args(char kind)
{
	return kind == 'a' ? 2 : kind == 'f' ? 1 : 0;
}

static u32 pages_highest(const struct op *op)
{
	return op->arg[0];
}

static int pages_start(unsigned long nr)
{
	pages = 0;
	nr_slots = nr;
	slots = vcalloc(nr, sizeof(*slots));
	return slots ? 0 : -ENOMEM;
}

static void pages_stop(void)
{
	vfree(slots);
}

static long pages_weigh(const struct op *op)
{
	struct slot *slot = &slots[op->arg[0]];

	if (slot->used == (op->kind == 'a') || op->arg[1] >= BUDDY_NR_ORDERS)
		return -EINVAL;
	slot->used = !slot->used;
	if (slot->used) {
		slot->order = op->arg[1];
		pages += BIT(slot->order);
	} else {
		pages -= BIT(slot->order);
	}
	return pages;
}

static int check_and_free(struct buddy_region *region, struct slot *slot)
{
	const u64 *word = slot->block, *end = slot->block + (PAGE_SIZE << slot->order);

	for (; word < end; word++) {
		if (*word == slot->stamp)
			continue;
		pr_err("a block of order %u has %#llx at %p, not %#llx\n",
		       slot->order, *word, word, slot->stamp);
		return -EIO;
	}
	replay_checked += BIT(slot->order);
	buddy_free(region, slot->block, slot->order);
	slot->block = NULL;
	return 0;
}

static int pages_run(struct buddy_region *region, const struct op *op,
		     unsigned long serial)
{
	struct slot *slot = &slots[op->arg[0]];

	if (op->kind == 'f')
		return check_and_free(region, slot);
	slot->order = op->arg[1];
	slot->block = buddy_alloc(region, slot->order, 0);
	if (!slot->block)
		return -ENOMEM;
	slot->stamp = 0x9e3779b97f4a7c15ULL * serial;
	memset64(slot->block, slot->stamp, (PAGE_SIZE << slot->order) / sizeof(u64));
	return 0;
}

static int pages_finish(struct buddy_region *region)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < nr_slots && !err; i++)
		if (slots[i].block)
			err = check_and_free(region, &slots[i]);
	return err;
}

const struct format pages_format = {
	.args = pages_args,
	.highest = pages_highest,
	.start = pages_start,
	.weigh = pages_weigh,
	.run = pages_run,
	.finish = pages_finish,
	.stop = pages_stop,
};
