// SPDX-License-Identifier: GPL-2.0
/* Copies and printed text in a pool, as kmemdup(), kstrdup() and kasprintf(). */
#include <linux/export.h>
#include <linux/string.h>

#include "internal.h"

/**
 * mp_memdup() - copy bytes into a pool
 * @pool: where to
 * @from: the bytes
 * @size: how many
 * @gfp: as for mp_alloc()
 *
 * Context: as mp_alloc().
 * Return: the copy, aligned as by mp_alloc(), or NULL.
 */
void *mp_memdup(struct mp_pool *pool, const void *from, size_t size, gfp_t gfp)
{
	void *copy;

	if (!is_pool(__func__, pool))
		return NULL;
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
 * Context: as mp_alloc().
 * Return: the copy, not aligned, or NULL.
 */
char *mp_strdup(struct mp_pool *pool, const char *from, gfp_t gfp)
{
	size_t size;
	char *copy;

	if (!is_pool(__func__, pool) || !from)
		return NULL;
	size = strlen(from) + 1;
	copy = mp_nalloc(pool, size, gfp & ~__GFP_ZERO);
	return copy ? memcpy(copy, from, size) : NULL;
}
EXPORT_SYMBOL_GPL(mp_strdup);

/**
 * mp_vprintf() - print into a pool, with a va_list
 * @pool: where to
 * @gfp: as for mp_alloc()
 * @format: as for printf
 * @args: its arguments
 *
 * Context: as mp_alloc().
 * Return: the string, not aligned, or NULL.
 */
char *mp_vprintf(struct mp_pool *pool, gfp_t gfp, const char *format,
		 va_list args)
{
	va_list again;
	size_t size;
	char *text;

	if (!is_pool(__func__, pool))
		return NULL;
	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, again) + 1;
	va_end(again);
	text = mp_nalloc(pool, size, gfp & ~__GFP_ZERO);
	if (text)
		vsnprintf(text, size, format, args);
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
 * Return: the string, not aligned, or NULL.
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
