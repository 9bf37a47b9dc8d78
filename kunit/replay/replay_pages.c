// SPDX-License-Identifier: GPL-2.0
/*
 * Replays recordings of pages, with the operations a SLOT ORDER, w SLOT PAGES ALIGN_ORDER
 * (in a window: aligned, and as high as can be) and f SLOT.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "replay.h"

struct slot {
	void *block;
	u64 stamp;
	unsigned long pages;
	bool used;
};

static struct slot *slots;
static unsigned long nr_slots, pages;

static unsigned int pages_args(char kind)
{
	switch (kind) {
	case 'a':
		return 2;
	case 'w':
		return 3;
	default:
		return kind == 'f';
	}
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

/* How many pages an allocation takes; 0 if no such block is possible. */
static unsigned long pages_of(const struct op *op)
{
	if (op->kind == 'a')
		return op->arg[1] < BUDDY_NR_ORDERS ? BIT(op->arg[1]) : 0;
	return op->arg[2] < BUDDY_NR_ORDERS ? op->arg[1] : 0;
}

static long pages_weigh(const struct op *op)
{
	struct slot *slot = &slots[op->arg[0]];

	if (slot->used == (op->kind != 'f'))
		return -EINVAL;
	slot->used = !slot->used;
	if (slot->used) {
		slot->pages = pages_of(op);
		if (!slot->pages)
			return -EINVAL;
		pages += slot->pages;
	} else {
		pages -= slot->pages;
	}
	return pages;
}

static int check_and_free(struct buddy_region *region, struct slot *slot)
{
	const u64 *word = slot->block, *end = slot->block + (slot->pages << PAGE_SHIFT);

	for (; word < end; word++) {
		if (*word == slot->stamp)
			continue;
		pr_err("a block of %lu pages has %#llx at %p, not %#llx\n",
		       slot->pages, *word, word, slot->stamp);
		return -EIO;
	}
	replay_checked += slot->pages;
	buddy_free_exact(region, slot->block, slot->pages);
	slot->block = NULL;
	return 0;
}

static int pages_run(struct buddy_region *region, const struct op *op,
		     unsigned long serial)
{
	struct slot *slot = &slots[op->arg[0]];

	if (op->kind == 'f')
		return check_and_free(region, slot);
	slot->pages = pages_of(op);
	if (op->kind == 'a') {
		slot->block = buddy_alloc(region, op->arg[1], 0);
	} else {
		struct buddy_window window = { .align_order = op->arg[2], .top_down = true };

		slot->block = buddy_alloc_within(region, slot->pages, &window, 0);
	}
	if (!slot->block)
		return -ENOMEM;
	slot->stamp = 0x9e3779b97f4a7c15ULL * serial;
	memset64(slot->block, slot->stamp, (slot->pages << PAGE_SHIFT) / sizeof(u64));
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
