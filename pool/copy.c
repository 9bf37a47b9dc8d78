// SPDX-License-Identifier: GPL-2.0
/*
 * Copies and formatted text in a pool: the pool's kmemdup(), kstrdup(), kvasprintf() and
 * kasprintf().
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

/**
 * mp_memdup() - copy bytes into a pool
 * @pool: the pool
 * @from: the first byte to copy
 * @size: number of bytes
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: the copy, aligned as by mp_alloc(); or NULL if there is no memory for it.  A
 * @from that is NULL or an error pointer is counted in the debugfs file bad_calls and
 * gives NULL, unless @size is 0.
 */
void *mp_memdup(struct mp_pool *pool, const void *from, size_t size, gfp_t gfp)
{
	void *copy;

	if (!is_pool(__func__, pool))
		return NULL;
	if (size && !buddy_is_pointer(__func__, "this cannot be copied", from))
		return NULL;
	copy = mp_alloc(pool, size, gfp & ~__GFP_ZERO);
	if (!ZERO_OR_NULL_PTR(copy))
		memcpy(copy, from, size);
	return copy;
}
EXPORT_SYMBOL_GPL(mp_memdup);

/**
 * mp_strdup() - copy a string into a pool
 * @pool: the pool
 * @from: the string; for NULL, NULL is returned
 * @gfp: as for mp_alloc()
 *
 * The copy ends with a NUL even if another CPU writes to @from meanwhile.
 *
 * Context: as mp_alloc().
 * Return: the copy, not aligned, or NULL if there is no memory for it.  A @from that is
 * an error pointer is counted in the debugfs file bad_calls and gives NULL.
 */
char *mp_strdup(struct mp_pool *pool, const char *from, gfp_t gfp)
{
	size_t size;
	char *copy;

	if (!is_pool(__func__, pool))
		return NULL;
	if (!from || !buddy_is_pointer(__func__, "this cannot be copied", from))
		return NULL;
	size = strlen(from) + 1;
	copy = mp_nalloc(pool, size, gfp & ~__GFP_ZERO);
	if (!copy)
		return NULL;
	/* The string may be longer by now, so the NUL is not copied but written. */
	memcpy(copy, from, size - 1);
	copy[size - 1] = '\0';
	return copy;
}
EXPORT_SYMBOL_GPL(mp_strdup);

/**
 * mp_vprintf() - print into a pool, with a va_list
 * @pool: the pool
 * @gfp: as for mp_alloc()
 * @format: as for vsnprintf()
 * @args: the arguments of @format
 *
 * The text is formatted twice, first to learn its length.  If another CPU meanwhile
 * changes what @args point to, a longer text is cut to the first length; it always ends
 * with a NUL.
 *
 * Context: as mp_alloc().
 * Return: the text, not aligned; or NULL if there is no memory for it, or if it would be
 * 2 GiB or longer.  A @format that is NULL or an error pointer is counted in the debugfs
 * file bad_calls and gives NULL.
 */
char *mp_vprintf(struct mp_pool *pool, gfp_t gfp, const char *format,
		 va_list args)
{
	va_list again;
	int length;
	char *text;

	if (!is_pool(__func__, pool) ||
	    !buddy_is_pointer(__func__, "this is no format", format))
		return NULL;
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	/* A buffer for vsnprintf() has at most INT_MAX bytes, with the NUL. */
	if (length < 0 || length == INT_MAX)
		return NULL;
	text = mp_nalloc(pool, length + 1, gfp & ~__GFP_ZERO);
	if (text)
		vsnprintf(text, length + 1, format, args);
	return text;
}
EXPORT_SYMBOL_GPL(mp_vprintf);

/**
 * mp_printf() - print into a pool
 * @pool: the pool
 * @gfp: as for mp_alloc()
 * @format: as for snprintf(), followed by its arguments
 *
 * Context: as mp_alloc().
 * Return: as mp_vprintf().
 */
char *mp_printf(struct mp_pool *pool, gfp_t gfp, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = mp_vprintf(pool, gfp, format, args);
	va_end(args);
	return text;
}
EXPORT_SYMBOL_GPL(mp_printf);
