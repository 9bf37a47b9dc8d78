/* SPDX-License-Identifier: GPL-2.0 */
/* Stand-ins for linux/list.h. */
#ifndef SHIM_LIST_H
#define SHIM_LIST_H

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)	struct list_head name = { &(name), &(name) }
#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(list, type, member) \
	list_entry((list)->next, type, member)
#define list_last_entry(list, type, member) \
	list_entry((list)->prev, type, member)
#define list_first_entry_or_null(list, type, member) \
	(list_empty(list) ? NULL : list_first_entry(list, type, member))
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, typeof(*(pos)), member)
#define list_prev_entry(pos, member) \
	list_entry((pos)->member.prev, typeof(*(pos)), member)
#define list_for_each_entry(pos, list, member) \
	for ((pos) = list_first_entry(list, typeof(*(pos)), member); \
	     &(pos)->member != (list); (pos) = list_next_entry(pos, member))
#define list_for_each_entry_safe(pos, after, list, member) \
	for ((pos) = list_first_entry(list, typeof(*(pos)), member), \
	     (after) = list_next_entry(pos, member); &(pos)->member != (list); \
	     (pos) = (after), (after) = list_next_entry(after, member))

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
	return list->next == list;
}

static inline bool list_is_last(const struct list_head *entry, const struct list_head *list)
{
	return entry->next == list;
}

static inline void list_add(struct list_head *entry, struct list_head *after)
{
	entry->next = after->next;
	entry->prev = after;
	after->next->prev = entry;
	after->next = entry;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *list)
{
	list_add(entry, list->prev);
}

static inline void list_unlink(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
}

static inline void list_del(struct list_head *entry)
{
	list_unlink(entry);
	/* A second removal faults. */
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	list_unlink(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move(struct list_head *entry, struct list_head *list)
{
	list_unlink(entry);
	list_add(entry, list);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *list)
{
	list_unlink(entry);
	list_add_tail(entry, list);
}

/* --- lists with a single pointer as head --- */

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

#define hlist_empty(head)	(!(head)->first)
#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) \
	({ typeof(ptr) _ptr = (ptr); _ptr ? hlist_entry(_ptr, type, member) : NULL; })
#define hlist_for_each_entry(pos, head, member) \
	for (pos = hlist_entry_safe((head)->first, typeof(*(pos)), member); pos; \
	     pos = hlist_entry_safe((pos)->member.next, typeof(*(pos)), member))

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
}

static inline void hlist_del(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	/* A second removal faults. */
	node->next = NULL;
	node->pprev = NULL;
}

#endif /* SHIM_LIST_H */
