/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stand-ins for linux/rbtree.h.  The tree is no red-black tree but a treap: each node has
 * a priority, which is a hash of the node's address, and no node has a higher priority
 * than its parent.
 */
#ifndef SHIM_RBTREE_H
#define SHIM_RBTREE_H

struct rb_node {
	struct rb_node *parent;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT		((struct rb_root){ NULL })
#define RB_EMPTY_ROOT(root)	(!(root)->rb_node)
#define RB_EMPTY_NODE(node)	((node)->parent == (node))
#define RB_CLEAR_NODE(node)	((node)->parent = (node))
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) \
	({ typeof(ptr) _ptr = (ptr); _ptr ? rb_entry(_ptr, type, member) : NULL; })
#define rb_parent(node)		((node)->parent)

static inline unsigned long rb_priority(const struct rb_node *node)
{
	return (unsigned long)node * 0x9e3779b97f4a7c15UL >> 16;
}

/* Let @new stand where @node stands below its parent. */
static inline void rb_put(struct rb_root *root, struct rb_node *node, struct rb_node *new)
{
	struct rb_node *parent = node->parent;

	if (!parent)
		root->rb_node = new;
	else if (parent->rb_left == node)
		parent->rb_left = new;
	else
		parent->rb_right = new;
	if (new)
		new->parent = parent;
}

/* Exchange @node and its parent. */
static inline void rb_rotate_up(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *parent = node->parent, *between;

	rb_put(root, parent, node);
	if (parent->rb_left == node) {
		between = node->rb_right;
		parent->rb_left = between;
		node->rb_right = parent;
	} else {
		between = node->rb_left;
		parent->rb_right = between;
		node->rb_left = parent;
	}
	parent->parent = node;
	if (between)
		between->parent = parent;
}

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->parent = parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	while (node->parent && rb_priority(node->parent) < rb_priority(node))
		rb_rotate_up(root, node);
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	while (node->rb_left && node->rb_right)
		rb_rotate_up(root, rb_priority(node->rb_left) > rb_priority(node->rb_right) ?
			     node->rb_left : node->rb_right);
	rb_put(root, node, node->rb_left ?: node->rb_right);
}

static inline void rb_replace_node(struct rb_node *node, struct rb_node *new,
				   struct rb_root *root)
{
	/* The order of priorities does not matter but for the speed. */
	*new = *node;
	rb_put(root, node, new);
	if (new->rb_left)
		new->rb_left->parent = new;
	if (new->rb_right)
		new->rb_right->parent = new;
}

static inline void rb_add(struct rb_node *node, struct rb_root *root,
			  bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, root);
}

static inline struct rb_node *rb_find(const void *key, const struct rb_root *root,
				      int (*compare)(const void *key,
						     const struct rb_node *node))
{
	struct rb_node *node = root->rb_node;
	int side;

	while (node && (side = compare(key, node)))
		node = side < 0 ? node->rb_left : node->rb_right;
	return node;
}

static inline struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

static inline struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

static inline struct rb_node *rb_next(const struct rb_node *node)
{
	if (node->rb_right) {
		node = node->rb_right;
		while (node->rb_left)
			node = node->rb_left;
		return (struct rb_node *)node;
	}
	while (node->parent && node == node->parent->rb_right)
		node = node->parent;
	return node->parent;
}

static inline struct rb_node *rb_prev(const struct rb_node *node)
{
	if (node->rb_left) {
		node = node->rb_left;
		while (node->rb_right)
			node = node->rb_right;
		return (struct rb_node *)node;
	}
	while (node->parent && node == node->parent->rb_left)
		node = node->parent;
	return node->parent;
}

/* --- linux/rbtree_augmented.h: each node knows the largest value at and below it --- */

struct rb_augment_callbacks {
	void (*compute)(struct rb_node *node);
};

#define RB_DECLARE_CALLBACKS_MAX(storage, name, type, member, value_type, largest, value) \
static void name##_compute(struct rb_node *node)			\
{									\
	type *entry = rb_entry(node, type, member), *child;		\
	value_type most = value(entry);					\
									\
	child = rb_entry_safe(node->rb_left, type, member);		\
	if (child && child->largest > most)				\
		most = child->largest;					\
	child = rb_entry_safe(node->rb_right, type, member);		\
	if (child && child->largest > most)				\
		most = child->largest;					\
	entry->largest = most;						\
}									\
storage const struct rb_augment_callbacks name = { name##_compute };

static inline void rb_compute_up(struct rb_node *node, const struct rb_augment_callbacks *augment)
{
	for (; node; node = node->parent)
		augment->compute(node);
}

static inline void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
				       const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent;

	while ((parent = node->parent) && rb_priority(parent) < rb_priority(node)) {
		rb_rotate_up(root, node);
		augment->compute(parent);
	}
	rb_compute_up(node, augment);
}

static inline void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
				      const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent;

	rb_erase(node, root);
	parent = node->parent;
	rb_compute_up(parent, augment);
}

#endif /* SHIM_RBTREE_H */

