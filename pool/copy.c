// SPDX-License-Identifier: GPL-2.0
/* Copies and printed text in a pool, as kmemdup(), kstrdup() and kasprintf(). */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "../buddy/internal.h"
#include "internal.h"

/**
 * mp_memdup() - copy bytes into a pool
 * @pool: where to
 * @from: the bytes
 * @size: how many
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: the copy, aligned as by mp_alloc(), or NULL; @from that is NULL or an error
 * pointer counts in debugfs's bad_calls, unless @size is 0.
 */
void *mp_memdup(struct mp_pool *pool, const void *from, size_t size, gfp_t gfp)
{
	void *copy;

	if (!is_pool(__func__, pool))
		return NULL;
	if (size && IS_ERR_OR_NULL(from)) {
		bad_call(__func__, "this cannot be copied", from);
		return NULL;
	}
	copy = mp_alloc(pool, size, gfp & ~__GFP_ZERO);
	if (!ZERO_OR_NULL_PTR(copy))
		memcpy(copy, from, size);
	return copy;
}
EXPORT_SYMBOL_GPL(mp_memdup);

/**
 * mp_strdup() - copy a string into a pool
 * @pool: where to
 * @from: the string; NULL gives NULL
 * @gfp: as for mp_alloc()
 *
 * Whoever writes to @from meanwhile, the copy has an end.
 *
 * Context: as mp_alloc().
 * Return: the copy, not aligned, or NULL; an error pointer counts in debugfs's
 * bad_calls.
 */
char *mp_strdup(struct mp_pool *pool, const char *from, gfp_t gfp)
{
	size_t size;
	char *copy;

	if (!is_pool(__func__, pool) || !from)
		return NULL;
	if (IS_ERR(from)) {
		bad_call(__func__, "this cannot be copied", from);
		return NULL;
	}
	size = strlen(from) + 1;
	copy = mp_nalloc(pool, size, gfp & ~__GFP_ZERO);
	if (!copy)
		return NULL;
	/* The string may have grown meanwhile. */
	memcpy(copy, from, size - 1);
	copy[size - 1] = '\0';
	return copy;
}
EXPORT_SYMBOL_GPL(mp_strdup);

/**
 * mp_vprintf() - print into a pool, with a va_list
 * @pool: where to
 * @gfp: as for mp_alloc()
 * @format: as for printf
 * @args: its arguments
 *
 * Whoever writes meanwhile to what they point to, the string has an end: it is cut
 * to the length that it had at first.
 *
 * Context: as mp_alloc().
 * Return: the string, not aligned, or NULL, also if it would have 2 GiB; a @format
 * that is NULL or an error pointer counts in debugfs's bad_calls.
 */
char *mp_vprintf(struct mp_pool *pool, gfp_t gfp, const char *format,
		 va_list args)
{
	va_list again;
	int length;
	char *text;

	if (!is_pool(__func__, pool))
		return NULL;
	if (IS_ERR_OR_NULL(format)) {
		bad_call(__func__, "this is no format", format);
		return NULL;
	}
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	/* That is the most that vsnprintf() writes. */
	if (length < 0 || length == INT_MAX)
		return NULL;
	text = mp_nalloc(pool, length + 1, gfp & ~__GFP_ZERO);
	/* What the arguments point to may have grown: it is cut, and has an end. */
	if (text)
		vsnprintf(text, length + 1, format, args);
	return text;
}
EXPORT_SYMBOL_GPL(mp_vprintf);

/**
 * mp_printf() - print into a pool
 * @pool: where to
 * @gfp: as for mp_alloc()
 * @format: as for printf, and its arguments
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
