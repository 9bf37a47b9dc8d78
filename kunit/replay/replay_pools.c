// SPDX-License-Identifier: GPL-2.0
/*
 * Replays recordings of pools, with the operations C POOL SIZE, a|n|z POOL SIZE SLOT,
 * f POOL SLOT, R POOL and D POOL.
 *
 * An object exists until it is freed, or until its pool is reset or destroyed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../../pool/pool.h"
#include "replay.h"

struct object {
	u8 *bytes;
	u32 size;
	u32 pool;
	u8 stamp;
	bool used;
};

struct traced {
	struct mp_pool *pool;
	bool used;
};

static struct object *objects;
static struct traced *pools;
static unsigned long nr, live;

static unsigned int pools_args(char kind)
{
	switch (kind) {
	case 'a':
	case 'n':
	case 'z':
		return 3;
	case 'C':
	case 'f':
		return 2;
	case 'R':
	case 'D':
		return 1;
	}
	return 0;
}

static u32 pools_highest(const struct op *op)
{
	switch (op->kind) {
	case 'f':
		return max(op->arg[0], op->arg[1]);
	case 'a':
	case 'n':
	case 'z':
		return max(op->arg[0], op->arg[2]);
	}
	return op->arg[0];
}

static void pools_stop(void)
{
	vfree(objects);
	vfree(pools);
}

static int pools_start(unsigned long slots)
{
	live = 0;
	nr = slots;
	objects = vcalloc(nr, sizeof(*objects));
	pools = vcalloc(nr, sizeof(*pools));
	if (objects && pools)
		return 0;
	pools_stop();
	return -ENOMEM;
}

static void drop(struct object *object)
{
	object->used = false;
	live -= object->size;
}

static long pools_weigh(const struct op *op)
{
	struct traced *traced = &pools[op->arg[0]];
	struct object *object;
	unsigned long i;

	if (traced->used == (op->kind == 'C'))
		return -EINVAL;
	switch (op->kind) {
	case 'C':
		traced->used = true;
		break;
	case 'f':
		object = &objects[op->arg[1]];
		if (!object->used || object->pool != op->arg[0])
			return -EINVAL;
		drop(object);
		break;
	case 'D':
		traced->used = false;
		fallthrough;
	case 'R':
		for (i = 0; i < nr; i++)
			if (objects[i].used && objects[i].pool == op->arg[0])
				drop(&objects[i]);
		break;
	default:
		object = &objects[op->arg[2]];
		/* An empty object of nginx has the same address as the next object. */
		if (object->used && object->size)
			return -EINVAL;
		object->used = true;
		object->size = op->arg[1];
		object->pool = op->arg[0];
		live += object->size;
	}
	return live;
}

static int check(struct object *object)
{
	const u8 *wrong = memchr_inv(object->bytes, object->stamp, object->size);

	if (wrong) {
		pr_err("an object of %u bytes has %#x at byte %zu, not %#x\n",
		       object->size, *wrong, wrong - object->bytes, object->stamp);
		return -EIO;
	}
	replay_checked++;
	object->bytes = NULL;
	return 0;
}

static int check_all(u32 pool)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		if (objects[i].bytes && objects[i].pool == pool)
			err = check(&objects[i]);
	return err;
}

static int allocate(struct mp_pool *pool, const struct op *op,
		    unsigned long serial)
{
	struct object *object = &objects[op->arg[2]];
	u32 size = op->arg[1];
	void *bytes;

	if (op->kind == 'a')
		bytes = mp_alloc(pool, size, 0);
	else if (op->kind == 'n')
		bytes = mp_nalloc(pool, size, 0);
	else
		bytes = mp_calloc(pool, 1, size, 0);
	if (!bytes)
		return -ENOMEM;
	if (op->kind == 'z' && memchr_inv(bytes, 0, size))
		return -EIO;
	*object = (struct object){
		.bytes = bytes,
		.size = size,
		.pool = op->arg[0],
		.stamp = serial % 255 + 1,
	};
	memset(bytes, object->stamp, size);
	return 0;
}

static int pools_run(struct buddy_region *region, const struct op *op,
		     unsigned long serial)
{
	struct traced *traced = &pools[op->arg[0]];
	struct object *object;
	void *bytes;
	int err;

	switch (op->kind) {
	case 'C':
		/* nginx aligns objects to 8 bytes. */
		traced->pool = mp_create_pool_named(region, "nginx", op->arg[1], 8, 0);
		return traced->pool ? 0 : -ENOMEM;
	case 'f':
		object = &objects[op->arg[1]];
		bytes = object->bytes;
		err = check(object);
		if (!err)
			mp_free(traced->pool, bytes);
		return err;
	case 'R':
		err = check_all(op->arg[0]);
		if (!err)
			mp_reset_pool(traced->pool);
		return err;
	case 'D':
		err = check_all(op->arg[0]);
		if (!err) {
			mp_destroy_pool(traced->pool);
			traced->pool = NULL;
		}
		return err;
	}
	return allocate(traced->pool, op, serial);
}

static int pools_finish(struct buddy_region *region)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		if (!pools[i].pool)
			continue;
		err = check_all(i);
		mp_destroy_pool(pools[i].pool);
		pools[i].pool = NULL;
	}
	return err;
}

const struct format pools_format = {
	.args = pools_args,
	.highest = pools_highest,
	.start = pools_start,
	.weigh = pools_weigh,
	.run = pools_run,
	.finish = pools_finish,
	.stop = pools_stop,
};
