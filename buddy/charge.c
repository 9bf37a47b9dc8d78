// SPDX-License-Identifier: GPL-2.0
/* What each user has of each heap, and the parameter heap_limit= that bounds this. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "heap.h"
#include "internal.h"

static char *heap_limit;
module_param(heap_limit, charp, 0444);
MODULE_PARM_DESC(heap_limit, "bytes that each user id may have of each heap, as 64M (default: no limit)");

static u64 limit = U64_MAX;

/**
 * struct charge - what a user has of a heap
 * @link: in the list of all charges
 * @region: of which region
 * @uid: of which user
 * @bytes: how many bytes
 */
struct charge {
	struct list_head link;
	const struct buddy_region *region;
	kuid_t uid;
	u64 bytes;
};

static LIST_HEAD(charges);
static DEFINE_MUTEX(charges_mutex);	/* protects the list and what is in it */

static struct charge *find_charge(const struct buddy_region *region, kuid_t uid)
{
	struct charge *charge;

	list_for_each_entry(charge, &charges, link)
		if (charge->region == region && uid_eq(charge->uid, uid))
			return charge;
	charge = kzalloc(sizeof(*charge), GFP_KERNEL);
	if (charge) {
		charge->region = region;
		charge->uid = uid;
		list_add(&charge->link, &charges);
	}
	return charge;
}

/* Give back @bytes; a charge of none goes. */
static void reduce(struct charge *charge, u64 bytes)
{
	charge->bytes -= bytes;
	if (charge->bytes)
		return;
	list_del(&charge->link);
	kfree(charge);
}

/*
 * Charge the current user for @bytes of @region, which are to be given back by
 * buddy_uncharge().  -EDQUOT if the user would have more than the limit.
 */
struct charge *buddy_charge(const struct buddy_region *region, u64 bytes)
{
	struct charge *charge;

	mutex_lock(&charges_mutex);
	charge = find_charge(region, current_uid());
	if (!charge) {
		charge = ERR_PTR(-ENOMEM);
	} else if (bytes > limit - charge->bytes) {
		reduce(charge, 0);
		charge = ERR_PTR(-EDQUOT);
	} else {
		charge->bytes += bytes;
	}
	mutex_unlock(&charges_mutex);
	return charge;
}

void buddy_uncharge(struct charge *charge, u64 bytes)
{
	mutex_lock(&charges_mutex);
	reduce(charge, bytes);
	mutex_unlock(&charges_mutex);
}

int buddy_charge_init(void)
{
	int err = 0;

	if (heap_limit) {
		err = buddy_parse_bytes(heap_limit, &limit);
		if (err)
			pr_err("heap_limit=%s: not a number of bytes, such as 64M\n", heap_limit);
	}
	return err;
}
