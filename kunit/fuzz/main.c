// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer without libFuzzer:
 *
 *	fuzz random SECONDS SEED [INPUTS]	inputs of random bytes
 *	fuzz held SECONDS SEED			the search of held.c
 *	fuzz fixed				the fixed programs of held.c
 *	fuzz FILE				one input, and print its operations
 *
 * An input that finds a fault is written to the file "input" beside the program.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"

#define LONGEST_INPUT	8000

static u8 input[LONGEST_INPUT];
static size_t input_size;
static char path[4096];

static double now(void)
{
	struct timeval time;

	gettimeofday(&time, NULL);
	return time.tv_sec + time.tv_usec / 1e6;
}

static u64 draw(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed * 0x2545f4914f6cdd1dULL >> 32;
}

/* A sanitizer that finds something aborts the program, as fault() does. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "abort_on_error=1:detect_leaks=0";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

static void on_abort(int signal)
{
	FILE *file = input_size ? fopen(path, "w") : NULL;

	if (file) {
		fwrite(input, 1, input_size, file);
		fclose(file);
		fprintf(stderr, "the input is %s\n", path);
	}
	_exit(1);
}

static int run_random(double seconds, u64 seed, unsigned long most)
{
	double start = now();
	unsigned long nr;
	size_t i;

	for (nr = 0; nr < most && now() - start < seconds; nr++) {
		u64 state = (seed + nr) * 0x9e3779b97f4a7c15ULL | 1;

		draw(&state);
		input_size = 16 + draw(&state) % (LONGEST_INPUT - 16);
		for (i = 0; i < input_size; i++)
			input[i] = draw(&state);
		run_input(input, input_size);
	}
	input_size = 0;
	printf("%lu inputs, %lu operations, %.0f a second: no fault\n", nr, nr_ops,
	       nr_ops / (now() - start));
	return 0;
}

static int run_file(const char *name)
{
	FILE *file = fopen(name, "r");

	if (!file) {
		perror(name);
		return 2;
	}
	verbose = true;
	run_input(input, fread(input, 1, sizeof(input), file));
	printf("%lu operations: no fault\n", nr_ops);
	return 0;
}

int main(int argc, char **argv)
{
	snprintf(path, sizeof(path), "%s-input", argv[0]);
	signal(SIGABRT, on_abort);
	if (argc >= 4 && !strcmp(argv[1], "random"))
		return run_random(atof(argv[2]), strtoull(argv[3], NULL, 0),
				  argc > 4 ? strtoul(argv[4], NULL, 0) : ULONG_MAX);
	if (argc == 4 && !strcmp(argv[1], "held"))
		return search_held(atof(argv[2]), strtoull(argv[3], NULL, 0));
	if (argc == 2 && !strcmp(argv[1], "fixed"))
		return fixed_held();
	if (argc == 2)
		return run_file(argv[1]);
	fprintf(stderr, "which input?\n");
	return 2;
}
