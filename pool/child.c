// SPDX-License-Identifier: GPL-2.0
/*
 * Child pools: pools that are destroyed before their parent's objects are freed.
 *
 * A child is linked to its parent by members of its own struct mp_pool.  It takes no memory
 * of the parent, so a parent does not grow when children come and go, and a child is
 * removed in constant time.
 *
 * Like a cleanup handler, a child has a serial number of its parent.  rewind() in undo.c
 * takes handlers and children in the reverse order of these numbers: it calls the handler or
 * destroys the child.
 */
#include <linux/list.h>
#include <linux/module.h>

#include "internal.h"

/* Remove @child from its parent. */
void mp_unlink_child(struct mp_pool *child)
{
	struct mp_pool *parent = child->parent;

	mp_enter(parent);
	hlist_del(&child->sibling);
	child->parent = NULL;
	mp_leave(parent);
}

/*
 * Return true if handlers of a descendant are at work that @pool would destroy on the way
 * back to number @serial.  The recursion has at most MP_LEVELS steps.
 */
static bool is_child_undoing(const struct mp_pool *pool, u64 serial)
{
	const struct mp_pool *child;

	hlist_for_each_entry(child, &pool->children, sibling) {
		if (child->born <= serial)
			break;
		if (child->undoing || is_child_undoing(child, 0))
			return true;
	}
	return false;
}

/*
 * Return true if no handlers of a child are at work that would be destroyed on the way back
 * to number @serial.  Otherwise count and report a call of @func.  A handler of the child
 * has made the call, and the child is in use until its handlers have returned.
 */
bool mp_are_children_idle(const char *func, const struct mp_pool *pool, u64 serial)
{
	if (likely(!is_child_undoing(pool, serial)))
		return true;
	mp_report_state(func, pool, "this is a pool with a child whose cleanup handlers run");
	return false;
}

/**
 * mp_create_child() - create a pool that is destroyed before another one
 * @parent: the other pool.  The child gets its pages from the same region
 * @name: as for mp_create_pool_named()
 * @size: as for mp_create_pool()
 * @align: as for mp_create_pool_named()
 * @gfp: as for mp_create_pool()
 *
 * The child is destroyed when the parent is reset, destroyed, or rewound to a savepoint
 * that was set before this call.  Children and cleanup handlers of the parent take turns,
 * the newest first: a handler that was added before this call is called when the child is
 * gone.  mp_destroy_pool() destroys the child earlier.  A child takes no memory of its
 * parent, and the parent's limit does not count the child's pages.
 *
 * A child can have children, too.  There are at most MP_LEVELS pools from the outermost
 * parent to the innermost child.
 *
 * While a cleanup handler of a child runs, a call that would destroy this child is refused
 * and counted in the debugfs file bad_calls: the parent cannot be destroyed, reset or rewound
 * to a savepoint that is older than the child.  Exception: if it is the parent that is
 * destroying the child, the handler may reset or rewind the parent, see mp_rewind_pool().
 *
 * Parent and child are two pools, and each has one user at a time.  But to create or destroy
 * a child is a use of its parent, too; and a reset, rewind or destruction of the parent is a
 * use of each child that goes with it.
 *
 * Context: as mp_create_pool().
 * Return: as mp_create_pool_named().  NULL also if @parent is no pool or has MP_LEVELS - 1
 * pools above it, which is counted in bad_calls.  After a failure the parent is unchanged.
 */
struct mp_pool *mp_create_child(struct mp_pool *parent, const char *name, size_t size,
				size_t align, gfp_t gfp)
{
	struct mp_pool *child;

	if (!is_pool_to_free(__func__, parent))
		return NULL;
	if (parent->level == MP_LEVELS - 1) {
		mp_report_state(__func__, parent, "this pool is nested too deep for a child");
		return NULL;
	}
	child = mp_new_pool(__func__, parent->region, name, size, align, gfp, _RET_IP_);
	if (!child)
		return NULL;
	mp_enter(parent);
	child->parent = parent;
	child->level = parent->level + 1;
	child->born = ++parent->serial;
	parent->at_mark = false;
	hlist_add_head(&child->sibling, &parent->children);
	mp_leave(parent);
	return child;
}
EXPORT_SYMBOL_GPL(mp_create_child);
