// SPDX-License-Identifier: GPL-2.0
/* Torture's pools: they are created, filled, rewound, reset, destroyed; objects are stamped. */
#define pr_fmt(fmt) "torture: " fmt

#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "torture.h"
#include "../../pool/pool.h"

#define OBJECTS	48

struct object {
	u8 *bytes;
	size_t size;
	u8 stamp;
};

/**
 * struct play - a pool and its objects
 * @pool: the pool
 * @objects: its objects
 * @nr: how many objects
 * @cleanups: how many cleanup handlers have not run yet
 */
struct play {
	struct mp_pool *pool;
	struct object objects[OBJECTS];
	unsigned int nr;
	int cleanups;
};

static void cleanup(void *data)
{
	(*(int *)data)--;
}

static void check_object(const struct object *object)
{
	const u8 *wrong = memchr_inv(object->bytes, object->stamp, object->size);

	if (wrong)
		torture_fail("object of %zu bytes: %#x at byte %zu, not %#x\n",
			     object->size, *wrong,
			     (size_t)(wrong - object->bytes), object->stamp);
}

static void check_objects(struct play *play, unsigned int from)
{
	unsigned int i;

	for (i = from; i < play->nr; i++)
		check_object(&play->objects[i]);
}

/* Allocate objects until there are @nr, or until an allocation fails. */
static void fill(struct play *play, struct rnd_state *rnd, unsigned int nr)
{
	while (play->nr < nr) {
		struct object *object = &play->objects[play->nr];
		bool large = !dice(rnd, 12);
		size_t align = 1;

		object->size = 1 + dice(rnd, large ? 5 * PAGE_SIZE : 400);
		object->stamp = prandom_u32_state(rnd);
		switch (dice(rnd, 3)) {
		case 0:
			object->bytes = mp_alloc(play->pool, object->size, __GFP_NOWARN);
			align = MP_ALIGNMENT;
			break;
		case 1:
			object->bytes = mp_nalloc(play->pool, object->size, __GFP_NOWARN);
			break;
		default:
			align = BIT(dice(rnd, 9));
			object->bytes = mp_memalign(play->pool, object->size, align,
						    __GFP_NOWARN);
		}
		if (!object->bytes) {
			torture_count(TORTURE_NO_MEMORY, 1);
			return;
		}
		if (!IS_ALIGNED((unsigned long)object->bytes, align))
			torture_fail("object of %zu bytes at %#lx, to be aligned to %zu\n",
				     object->size, (unsigned long)object->bytes, align);
		memset(object->bytes, object->stamp, object->size);
		torture_count(TORTURE_OBJECT, 1);
		play->nr++;
		if (large && dice(rnd, 2) && mp_free(play->pool, object->bytes))
			play->nr--;
		if (!dice(rnd, 8) && !mp_add_cleanup(play->pool, cleanup, &play->cleanups,
						     __GFP_NOWARN))
			play->cleanups++;
	}
}

/* Create, use and destroy a pool in @region, which is mapped. */
static void play_pool(struct play *play, struct buddy_region *region, struct rnd_state *rnd)
{
	unsigned int rounds = 1 + dice(rnd, 4), marked;
	struct mp_mark mark;
	int cleanups;

	*play = (struct play){
		.pool = mp_create_pool_named(region, "torture", 256 << dice(rnd, 7),
					     MP_ALIGNMENT, __GFP_NOWARN),
	};
	if (!play->pool) {
		torture_count(TORTURE_NO_MEMORY, 1);
		return;
	}
	torture_count(TORTURE_POOL, 1);
	while (rounds--) {
		fill(play, rnd, dice(rnd, OBJECTS));
		marked = play->nr;
		cleanups = play->cleanups;
		mp_mark_pool(play->pool, &mark);
		fill(play, rnd, dice(rnd, OBJECTS));
		check_objects(play, marked);
		mp_rewind_pool(play->pool, &mark);
		if (play->cleanups != cleanups)
			torture_fail("%d cleanups left after a rewind, not %d\n",
				     play->cleanups, cleanups);
		play->nr = marked;
		fill(play, rnd, dice(rnd, OBJECTS));
		check_objects(play, 0);
		if (rounds)
			mp_reset_pool(play->pool);
		else
			mp_destroy_pool(play->pool);
		if (play->cleanups)
			torture_fail("%d cleanups left after a reset or the end\n",
				     play->cleanups);
		play->nr = 0;
	}
}

int torture_pools(void *data)
{
	struct play *play = kmalloc(sizeof(*play), GFP_KERNEL);
	struct arena *arena = data;
	struct rnd_state rnd;

	torture_seed(&rnd, TORTURE_STREAM_POOLS);
	while (!kthread_should_stop()) {
		if (play)
			play_pool(play, arena->region, &rnd);
		cond_resched();
		if (!play || !dice(&rnd, 8))
			usleep_range(100, 1000);
	}
	kfree(play);
	return 0;
}
