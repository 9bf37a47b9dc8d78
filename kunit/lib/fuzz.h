/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the fuzzing suites: random text, mutations of text, counted messages. */
#ifndef KUNIT_FUZZ_H
#define KUNIT_FUZZ_H

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

#define FUZZ_LEN	2048

/**
 * struct fuzz - the current input text, and the results of the earlier ones
 * @test: the test that uses it
 * @rnd: state of the random numbers
 * @tokens: pieces of text that the grammar allows, or nearly allows
 * @nr_tokens: how many
 * @accepted: how many inputs were accepted
 * @refused: how many inputs were refused
 * @len: length of @text, without the NUL at its end
 * @text: the text, which may contain more NULs
 */
struct fuzz {
	struct kunit *test;
	struct rnd_state rnd;
	const char * const *tokens;
	unsigned int nr_tokens;
	unsigned long accepted;
	unsigned long refused;
	size_t len;
	char text[FUZZ_LEN];
};

static inline struct fuzz *fuzz_start(struct kunit *test, const char * const *tokens,
				      unsigned int nr_tokens)
{
	struct fuzz *fuzz = kunit_kzalloc(test, sizeof(*fuzz), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fuzz);
	fuzz->test = test;
	fuzz->tokens = tokens;
	fuzz->nr_tokens = nr_tokens;
	prandom_seed_state(&fuzz->rnd, test_seed(test));
	return fuzz;
}

/* Print the results.  Some inputs must have been accepted, and some refused. */
static inline void fuzz_end(struct fuzz *fuzz)
{
	kunit_info(fuzz->test, "%lu inputs, %lu accepted, %lu refused\n",
		   fuzz->accepted + fuzz->refused, fuzz->accepted, fuzz->refused);
	KUNIT_EXPECT_NE(fuzz->test, fuzz->accepted, 0UL);
	KUNIT_EXPECT_NE(fuzz->test, fuzz->refused, 0UL);
}

static inline u32 below(struct fuzz *fuzz, u32 limit)
{
	return prandom_u32_state(&fuzz->rnd) % limit;
}

/* A random number of a random length: small ones are as likely as large ones. */
static inline u64 any_number(struct fuzz *fuzz)
{
	u64 number = prandom_u32_state(&fuzz->rnd);

	number = number << 32 | prandom_u32_state(&fuzz->rnd);
	return number >> below(fuzz, 64);
}

/* A test ends at its first failure: more of them would say the same. */
static inline bool fuzz_goes_on(const struct fuzz *fuzz)
{
	return READ_ONCE(fuzz->test->status) == KUNIT_SUCCESS;
}

static inline void fuzz_clear(struct fuzz *fuzz)
{
	fuzz->len = 0;
	fuzz->text[0] = '\0';
}

static inline __printf(2, 3) void fuzz_add(struct fuzz *fuzz, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fuzz->len += vscnprintf(fuzz->text + fuzz->len, FUZZ_LEN - fuzz->len, format, args);
	va_end(args);
}

/* Replace @cut bytes at @at by @with, unless the text becomes too long. */
static inline void fuzz_splice(struct fuzz *fuzz, size_t at, size_t cut,
			       const char *with, size_t len)
{
	char *from = fuzz->text + at;

	if (fuzz->len - cut + len >= FUZZ_LEN)
		return;
	memmove(from + len, from + cut, fuzz->len - at - cut);
	memcpy(from, with, len);
	fuzz->len += len - cut;
	fuzz->text[fuzz->len] = '\0';
}

static inline void fuzz_mutate(struct fuzz *fuzz)
{
	size_t at = below(fuzz, fuzz->len + 1), left = fuzz->len - at;
	size_t some = min_t(size_t, left, 1 + below(fuzz, 12));
	const char *token;
	char bytes[64];

	switch (below(fuzz, 7)) {
	case 0:
		if (left)
			fuzz->text[at] ^= BIT(below(fuzz, 8));
		break;
	case 1:
		bytes[0] = below(fuzz, 256);
		fuzz_splice(fuzz, at, min_t(size_t, left, below(fuzz, 2)), bytes, 1);
		break;
	case 2:
	case 3:
		token = fuzz->tokens[below(fuzz, fuzz->nr_tokens)];
		fuzz_splice(fuzz, at, below(fuzz, 2) ? some : 0, token, strlen(token));
		break;
	case 4:
		fuzz_splice(fuzz, at, some, "", 0);
		break;
	case 5:
		memcpy(bytes, fuzz->text + at, some);
		fuzz_splice(fuzz, below(fuzz, fuzz->len + 1), 0, bytes, some);
		break;
	case 6:
		memset(bytes, left ? fuzz->text[at] : '0', sizeof(bytes));
		fuzz_splice(fuzz, at, 0, bytes, 1 + below(fuzz, sizeof(bytes)));
		break;
	}
}

/* A copy for the code under test, of the exact size: KASAN detects accesses behind it. */
static inline char *fuzz_copy(struct fuzz *fuzz, const char *text, size_t size)
{
	char *copy = kmemdup(text, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fuzz->test, copy);
	return copy;
}

/*
 * Replaces pr_err() in the code under test, which the suites include for this.  Messages
 * are formatted and counted, but not printed: there are tens of thousands.
 */
static unsigned int nr_said;

static inline __printf(1, 2) void say(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	nr_said++;
}

#undef pr_err
#define pr_err say

#endif /* KUNIT_FUZZ_H */
