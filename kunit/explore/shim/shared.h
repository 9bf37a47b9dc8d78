/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomic operations, READ_ONCE() and WRITE_ONCE() for the explorer.  Each access is a step
 * of the schedule: another caller may go on before it.  See memory.c.
 */
#ifndef SHIM_SHARED_H
#define SHIM_SHARED_H

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	int counter;
} atomic_t;

/* The place of a step in the source, for a schedule that is printed. */
struct site {
	const char *func;
	const char *what;
};

#define SITE(text) ({ static const struct site _site = { __func__, text }; &_site; })

enum rmw { RMW_SET, RMW_OR, RMW_ANDNOT };

u64 shared_read(const void *var, size_t size, bool acquire, const struct site *site);
void shared_write(void *var, size_t size, u64 value, bool release,
		  const struct site *site);
/* An operation that returns no value is not ordered, and may be late. */
void shared_change(atomic64_t *var, enum rmw rmw, u64 operand, const struct site *site);
u64 shared_fetch(atomic64_t *var, enum rmw rmw, u64 operand, const struct site *site);
bool shared_cmpxchg(atomic64_t *var, u64 *old, u64 new, const struct site *site);
long shared_count(atomic_long_t *var);

#define READ_ONCE(var) \
	((typeof(var))shared_read(&(var), sizeof(var), false, SITE("READ_ONCE")))
#define WRITE_ONCE(var, value) \
	shared_write((void *)&(var), sizeof(var), (u64)(value), false, SITE("WRITE_ONCE"))

#define atomic64_read(v) \
	((s64)shared_read(&(v)->counter, 8, false, SITE("read")))
#define atomic64_read_acquire(v) \
	((s64)shared_read(&(v)->counter, 8, true, SITE("read_acquire")))
#define atomic64_set(v, value) \
	shared_write(&(v)->counter, 8, value, false, SITE("set"))
#define atomic64_set_release(v, value) \
	shared_write(&(v)->counter, 8, value, true, SITE("set_release"))
#define atomic64_or(bits, v)		shared_change(v, RMW_OR, bits, SITE("or"))
#define atomic64_andnot(bits, v)	shared_change(v, RMW_ANDNOT, bits, SITE("andnot"))
#define atomic64_xchg(v, new) \
	((s64)shared_fetch(v, RMW_SET, new, SITE("xchg")))
#define atomic64_fetch_or(bits, v) \
	((s64)shared_fetch(v, RMW_OR, bits, SITE("fetch_or")))
#define atomic64_fetch_andnot(bits, v) \
	((s64)shared_fetch(v, RMW_ANDNOT, bits, SITE("fetch_andnot")))
#define atomic64_try_cmpxchg(v, old, new) \
	shared_cmpxchg(v, (u64 *)(old), new, SITE("cmpxchg"))

/* Counters that order nothing and that no decision depends on: they are no step. */
#define atomic_long_inc_return(v)	shared_count(v)
#define atomic_long_read(v)		((v)->counter)
#define atomic_inc_return(v)		(++(v)->counter)

#endif /* SHIM_SHARED_H */
