// SPDX-License-Identifier: GPL-2.0
/*
 * The model of savepoints, rewinds, resets and cleanup handlers.
 *
 * The lists of a side are stacks: a rewind cuts them to the lengths that they had at the
 * savepoint.  A rewind or reset in a cleanup handler only moves the target of the one that
 * runs already, if it is of the same pool.
 */
#include "fuzz.h"

/* --- cleanup handlers --- */

static unsigned int find_note(struct side *side, unsigned int key)
{
	unsigned int i = side->nr_notes;

	while (i--)
		if (side->notes[i].waiting && (key == NO_KEY || side->notes[i].key == key))
			break;
	return i;
}

/* How many notes stay if all from savepoint @target on is undone. */
static unsigned int notes_at(struct side *side, int target)
{
	return target == START ? 0 : side->savepoints[target].nr_notes;
}

static void on_cleanup(const struct key *key)
{
	struct side *side = key->side;
	unsigned int i;

	note_op("    handler %u of pool %td", key->number, side - sides);
	if (side->run_key == key->number) {
		side->run_key = NO_KEY;
	} else {
		if (side->target == NOT_UNDOING)
			fault("handler %u is called, but nothing is undone", key->number);
		i = find_note(side, NO_KEY);
		if (i == -1U || side->notes[i].key != key->number)
			fault("handler %u is called, but is not the newest", key->number);
		if (i < notes_at(side, side->target))
			fault("handler %u is older than the savepoint", key->number);
		side->nr_notes = i;
	}
	check_objects(side, 0);
	run_nested();
}

static void even_handler(void *data)
{
	on_cleanup(data);
}

static void odd_handler(void *data)
{
	on_cleanup(data);
}

static void (*handler_of(unsigned int key))(void *data)
{
	return key % 2 ? odd_handler : even_handler;
}

void add_note(struct side *side, unsigned int key)
{
	struct request request = { .size = sizeof(struct mp_cleanup), .align = 8 };
	int err;

	if (side->nr_notes == NOTES)
		return;
	look(side, &request.before);
	err = mp_add_cleanup(side->pool, handler_of(key), &side->keys[key], __GFP_NOWARN);
	if (!err)
		side->notes[side->nr_notes++] = (struct note){ .key = key, .waiting = true };
	else if (err == -ENOMEM)
		add_object(side, &request, NULL);
	else
		fault("mp_add_cleanup() returns %d", err);
}

void remove_note(struct side *side, unsigned int key, bool run, bool other)
{
	void (*handler)(void *data) = handler_of(key + other);
	unsigned int i = other ? -1U : find_note(side, key);
	bool removed;

	if (i != -1U) {
		side->notes[i].waiting = false;
		if (run)
			side->run_key = key;
	}
	side->busy++;
	if (run)
		removed = mp_run_cleanup(side->pool, handler, &side->keys[key]);
	else
		removed = mp_cancel_cleanup(side->pool, handler, &side->keys[key]);
	side->busy--;
	if (removed != (i != -1U))
		fault("handler %u: removed %d", key, removed);
	if (side->run_key != NO_KEY)
		fault("handler %u is not called", key);
}

/* --- savepoints --- */

void set_savepoint(struct side *side)
{
	struct savepoint *savepoint = &side->savepoints[side->nr_savepoints];

	if (side->nr_savepoints == SAVEPOINTS)
		return;
	mp_mark_pool(side->pool, &savepoint->mark);
	savepoint->nr_objects = side->nr_objects;
	savepoint->nr_notes = side->nr_notes;
	if (side->nr_savepoints && savepoint[-1].mark.serial == savepoint->mark.serial &&
	    (savepoint[-1].nr_objects != side->nr_objects ||
	     savepoint[-1].nr_notes < side->nr_notes))
		fault("two savepoints have one number, but there is an object between them");
	side->nr_savepoints++;
	if (side->nr_savepoints > MP_MARKS)
		side->deep = true;
}

/* The reset or rewind has returned: cut the lists. */
static void undone(struct side *side)
{
	unsigned int left = notes_at(side, side->target), stay = side->target + 1, note;

	note = find_note(side, NO_KEY);
	if (note != -1U && note >= left)
		fault("handler %u is not called", side->notes[note].key);
	if (side->nr_notes < left)
		fault("%u handlers were called too many", left - side->nr_notes);
	side->nr_notes = left;
	drop_objects(side, side->target == START ? 0 :
		     side->savepoints[side->target].nr_objects);
	if (side->nr_savepoints > stay) {
		side->stale = side->savepoints[stay].mark;
		side->has_stale = true;
	}
	side->nr_savepoints = stay;
	if (side->target == START)
		side->deep = false;
	side->target = NOT_UNDOING;
}

enum how { RESET, REWIND, DESTROY };

static void undo(struct side *side, int target, const struct mp_mark *mark, enum how how)
{
	bool outer = side->target == NOT_UNDOING;

	check_objects(side, target == START ? 0 : side->savepoints[target].nr_objects);
	if (outer)
		side->target = target;
	side->busy++;
	switch (how) {
	case RESET:
		mp_reset_pool(side->pool);
		break;
	case REWIND:
		mp_rewind_pool(side->pool, mark);
		break;
	case DESTROY:
		mp_destroy_pool(side->pool);
		break;
	}
	side->busy--;
	if (outer)
		undone(side);
	else
		side->target = min(side->target, target);
}

void rewind_to(struct side *side, unsigned int number)
{
	struct mp_mark mark = side->savepoints[number].mark;

	undo(side, number, &mark, REWIND);
}

/*
 * Rewind to a savepoint that is not in force, or is another pool's: that is refused.  A
 * savepoint has the number of an older one if nothing was allocated between them, and
 * counts as that one.
 */
void rewind_stale(struct side *side, const struct mp_mark *mark)
{
	struct mp_mark copy = *mark;
	struct sight before;
	unsigned int i;

	if (side->deep)
		return;
	if (copy.pool == side->pool) {
		for (i = 0; i < side->nr_savepoints; i++) {
			if (side->savepoints[i].mark.serial == copy.serial) {
				undo(side, i, &copy, REWIND);
				return;
			}
		}
	}
	look(side, &before);
	mp_rewind_pool(side->pool, &copy);
	bad_calls++;
	check_same(side, &before, "a rewind");
}

void reset_side(struct side *side)
{
	undo(side, START, NULL, RESET);
}

void destroy_side(struct side *side)
{
	struct mp_pool *pool = side->pool;

	if (side->target != NOT_UNDOING) {
		mp_destroy_pool(pool);
		bad_calls++;
		return;
	}
	/* mp_run_cleanup() has not returned, and uses the pool. */
	if (side->busy)
		return;
	undo(side, START, NULL, DESTROY);
	side->pool = NULL;
	/* The pool is known as long as its page is not used again. */
	if (!buddy_watched) {
		if (mp_alloc(pool, 1, __GFP_NOWARN) || mp_free(pool, pool))
			fault("a destroyed pool is used");
		mp_destroy_pool(pool);
		bad_calls += 3;
	}
}
