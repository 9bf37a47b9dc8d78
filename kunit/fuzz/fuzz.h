/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the fuzzer of pools.  Documentation/testing.rst says what it does.
 *
 * region.c	the region, and stand-ins for files of the module that are not compiled
 * model.c	the objects of each pool, and what is checked of them
 * undo.c	savepoints, rewinds, resets and cleanup handlers
 * ops.c	the operations, and how they are decoded from bytes
 * held.c	a search for programs with which a pool holds many pages
 * main.c	random bytes, a file, or the search
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "buddy/pcp.h"
#include "pool/internal.h"

#define POOLS		4
#define OBJECTS		1024	/* of a pool, with those that were freed */
#define NOTES		256
#define SAVEPOINTS	16
#define KEYS		16

/* --- region.c --- */

#define MAX_PAGES	32768UL

extern struct buddy_region *region;
extern bool nmi;		/* what in_nmi() returns */
extern bool verbose;		/* print each operation */

/* Create a region whose first page is @offset pages behind a well aligned one. */
void region_make(unsigned long pages, unsigned int offset, bool watched);
/* All pages must be free and merged. */
void region_destroy(void);
unsigned long region_used(void);
/* The largest order of which a block is certainly free, or -1. */
int region_largest(void);
/* Let the @n-th page allocation from now on fail; it must be a watched region. */
void fail_after(unsigned int n);
/* Whether that has happened since the last call of this function. */
bool has_failed(void);
bool is_poisoned(const void *addr);

__printf(1, 2) __noreturn void fault(const char *format, ...);
__printf(1, 2) void note_op(const char *format, ...);

/* --- model.c --- */

/**
 * struct object - an object of a pool
 * @addr: its address
 * @size: its bytes; 0 after it was freed
 * @stamp: the byte that it is filled with
 * @freeable: whether mp_free() must free it
 * @any: whether that cannot be known: an alignment may give it pages of its own
 */
struct object {
	u8 *addr;
	size_t size;
	u8 stamp;
	bool freeable;
	bool any;
};

/* What a cleanup handler gets: some handlers of a pool have the same. */
struct key {
	struct side *side;
	unsigned int number;
};

/* A cleanup handler that was added, the newest last. */
struct note {
	unsigned int key;
	bool waiting;	/* not yet called or cancelled */
};

/* A savepoint, and the lengths of the lists when it was set. */
struct savepoint {
	struct mp_mark mark;
	unsigned int nr_objects;
	unsigned int nr_notes;
};

#define NOT_UNDOING	INT_MAX
#define START		(-1)	/* a reset: before the first savepoint */
#define NO_KEY		KEYS

/**
 * struct side - a pool and the model of it, which knows nothing of blocks
 * @pool: the pool or NULL
 * @align: its alignment
 * @objects: all objects since the last reset, the newest last
 * @notes: cleanup handlers
 * @savepoints: the savepoints in force
 * @stale: a savepoint that is not in force, if @has_stale
 * @deep: there were more savepoints than a pool knows by number
 * @target: the savepoint that a reset or rewind goes back to which runs now
 * @busy: calls of the pool that have not returned
 * @run_key: of the handler that mp_run_cleanup() is about to call
 */
struct side {
	struct mp_pool *pool;
	size_t align;
	struct object objects[OBJECTS];
	unsigned int nr_objects;
	struct note notes[NOTES];
	unsigned int nr_notes;
	struct key keys[KEYS];
	struct savepoint savepoints[SAVEPOINTS];
	unsigned int nr_savepoints;
	struct mp_mark stale;
	bool has_stale;
	bool deep;
	int target;
	unsigned int busy;
	unsigned int run_key;
};

extern struct side sides[POOLS];
extern unsigned int bad_calls, zone_errors;	/* that are expected */

/* What a call that fails must leave as it is. */
struct sight {
	unsigned long pages;
	unsigned long used;
	size_t given;
	int largest;
};

struct request {
	size_t size;
	size_t align;
	const void *content;	/* that the object must have, or NULL */
	bool zero;
	struct sight before;
};

void look(struct side *side, struct sight *sight);
void check_same(struct side *side, const struct sight *before, const char *what);
/* A request was served with @addr; check and enter the object. */
void add_object(struct side *side, const struct request *request, u8 *addr);
void try_free(struct side *side, const void *addr);
/* Give object @number the size of the request, which asks for no content. */
void resize_object(struct side *side, const struct request *request, unsigned int number);
void check_object(const struct object *object);
void check_objects(struct side *side, unsigned int first);
/* The objects from @first on are gone. */
void drop_objects(struct side *side, unsigned int first);
/* After each operation. */
void check_quick(void);
void check_all(void);
bool take_pages(unsigned int order);
void give_pages(unsigned int number);
void model_begin(void);
void model_end(void);

/* --- undo.c --- */

void add_note(struct side *side, unsigned int key);
/* Cancel the newest handler of @key or, if @run, call it. */
void remove_note(struct side *side, unsigned int key, bool run, bool other);
void set_savepoint(struct side *side);
void rewind_to(struct side *side, unsigned int number);
void rewind_stale(struct side *side, const struct mp_mark *mark);
void reset_side(struct side *side);
void destroy_side(struct side *side);

/* --- ops.c --- */

extern unsigned long nr_ops;
void run_input(const u8 *data, size_t size);
/* A cleanup handler does what the next bytes say. */
void run_nested(void);

/* --- held.c --- */

int search_held(double seconds, u64 seed);
int fixed_held(void);

#endif /* FUZZ_H */
