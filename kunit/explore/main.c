// SPDX-License-Identifier: GPL-2.0
/*
 * The program's main().
 *
 * explore SECONDS SEED: run the scenarios of the tables for at most half of the time, then
 * random ones, and print a table.
 * explore: run a fixed number of schedules, and print KTAP: a suite of make check.
 */
#include <time.h>

#include "explore.h"

/* For each scenario, all schedules up to @most of them; if there are more, some at random. */
struct limits {
	unsigned long most;
	unsigned long samples;
};

static const struct limits all_limits = { 300000, 50000 };
static const struct limits fixed_limits = { 10000, 1000 };
static const struct limits random_limits = { 3000, 300 };

/* What the suite runs: the first scenarios of a table, then each 13th; some random ones. */
#define FIXED_RANDOM	20
#define FIXED_FIRST	8
#define FIXED_STRIDE	13

struct result {
	const struct family *family;
	bool weak;			/* with weak memory, whatever the scenario says */
	unsigned long number;		/* of the next scenario */
	unsigned long scenarios;
	unsigned long schedules;
	unsigned long cut;		/* how often not all was tried */
	bool failed;
};

static const struct family * const tables[] = {
	correct_families, run_families, wrong_families
};

static struct result *results;
static unsigned int nr_results;

static unsigned int nr_families(const struct family *table)
{
	unsigned int nr = 0;

	while (table[nr].name)
		nr++;
	return nr;
}

static unsigned int nr_fixed_families(void)
{
	unsigned int nr = 0, i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		nr += 2 * nr_families(tables[i]);
	return nr;
}

/* --- run --- */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static bool run_once(const struct scenario *scenario, struct result *result)
{
	model_restore();
	sched_run(scenario);
	model_check_rest();
	result->schedules++;
	return !has_fault();
}

static bool run_samples(const struct scenario *scenario, struct result *result,
			const struct limits *limits)
{
	unsigned long samples = limits->samples;

	while (samples--) {
		sched_random();
		if (!run_once(scenario, result))
			return false;
	}
	return true;
}

static bool run_all(const struct scenario *scenario, struct result *result,
		    const struct limits *limits)
{
	unsigned long most = limits->most;

	sched_all(scenario->bound);
	do {
		if (!most--) {
			result->cut++;
			return run_samples(scenario, result, limits);
		}
		if (!run_once(scenario, result))
			return false;
	} while (sched_next());
	return true;
}

/* Run the schedule that failed again, and print it. */
static void show(const struct scenario *scenario, const struct result *result, u64 seed)
{
	printf("# %s, scenario %lu%s: %s\n", result->family->name, result->number,
	       scenario->weak ? ", weak memory" : "", fault_text);
	model_restore();
	print_scenario(scenario);
	printf("  the schedule:\n");
	tracing = true;
	sched_run(scenario);
	if (!has_fault()) {
		trace_line("", "at rest:");
		model_check_rest();
	}
	tracing = false;
	if (seed)
		printf("  again: make explore SEED=%llu\n", seed);
	fault_text[0] = 0;
}

/* Run the next scenario of a family: by @seed, or of a table if @seed is 0.  False at the end. */
static bool run_next(struct result *result, u64 seed, const struct limits *limits)
{
	const struct family *family = result->family;
	static struct scenario scenario;

	seed_draws(seed);
	if (result->failed || !family->make(&scenario, result->number))
		return false;
	scenario.weak |= result->weak;
	model_make(&scenario);
	result->failed = has_fault() ||
			 !(family->sample ? run_samples : run_all)(&scenario, result, limits);
	if (result->failed)
		show(&scenario, result, seed);
	result->scenarios++;
	result->number++;
	if (limits == &fixed_limits && result->number > FIXED_FIRST) {
		result->number += FIXED_STRIDE - 1;
		result->cut++;
	}
	return true;
}

static struct result *add_result(const struct family *family, bool weak)
{
	struct result *result = &results[nr_results++];

	result->family = family;
	result->weak = weak;
	return result;
}

/* Run all tables, then again with weak memory; after @deadline, only what the suite runs. */
static bool run_tables(double deadline, void (*done)(const struct result *result))
{
	const struct family *family;
	bool failed = false;
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(tables); i++)
		for (family = tables[i % ARRAY_SIZE(tables)]; family->name; family++) {
			struct result *result = add_result(family, i >= ARRAY_SIZE(tables));

			while (run_next(result, 0,
					now() < deadline ? &all_limits : &fixed_limits))
				;
			done(result);
			failed |= result->failed;
		}
	return failed;
}

/* --- explore SECONDS SEED --- */

static void print_row(const struct result *result)
{
	printf("%-28s%5s %9lu %12lu  %s\n", result->family->name, result->weak ? "weak" : "",
	       result->scenarios, result->schedules, result->failed ? "FAULT" :
	       result->cut ? "no fault in these" : "no fault");
	fflush(stdout);
}

static int run_for(double seconds, u64 seed)
{
	unsigned long scenarios = 0, schedules = 0, number;
	double end = now() + seconds;
	struct result *random;
	bool failed;
	unsigned int i;

	printf("seed %llu\n%-28s%5s %9s %12s  %s\n", seed, "scenario", "", "programs",
	       "schedules", "verdict");
	failed = run_tables(now() + seconds / 2, print_row);
	random = &results[nr_results];
	for (i = 0; i < nr_families(random_families); i++)
		add_result(&random_families[i], false);
	for (number = 0; !number || now() < end; number++) {
		for (i = 0; i < nr_families(random_families); i++)
			run_next(&random[i], seed, &random_limits);
		/* Each seed gives the next one, so any scenario can be the first of a run. */
		seed_draws(seed);
		seed = draw() >> 32 ?: 1;
	}
	for (i = 0; i < nr_families(random_families); i++) {
		print_row(&random[i]);
		failed |= random[i].failed;
	}
	for (i = 0; i < nr_results; i++) {
		scenarios += results[i].scenarios;
		schedules += results[i].schedules;
	}
	printf("%-28s%5s %9lu %12lu  %s\n", "all", "", scenarios, schedules,
	       failed ? "FAULT" : "no fault");
	return failed;
}

/* --- explore, as a suite --- */

static void print_test(const struct result *result)
{
	printf("    %s %u %s%s\n", result->failed ? "not ok" : "ok",
	       (unsigned int)(result - results) + 1, result->family->name,
	       result->weak ? "_weak" : "");
	fflush(stdout);
}

static int run_fixed(void)
{
	bool failed;
	unsigned int i, k;

	printf("KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: explore\n    1..%u\n",
	       nr_fixed_families() + nr_families(random_families));
	failed = run_tables(0, print_test);
	for (i = 0; i < nr_families(random_families); i++) {
		struct result *result = add_result(&random_families[i], false);

		for (k = 1; k <= FIXED_RANDOM; k++)
			run_next(result, k, &random_limits);
		print_test(result);
		failed |= result->failed;
	}
	printf("%s 1 explore\n", failed ? "not ok" : "ok");
	return failed;
}

int main(int argc, char **argv)
{
	results = calloc(nr_fixed_families() + nr_families(random_families), sizeof(*results));
	if (argc == 3)
		return run_for(atof(argv[1]), strtoull(argv[2], NULL, 0));
	return run_fixed();
}
