// SPDX-License-Identifier: GPL-2.0
/* native TRACE [SEEDS]: mixed work for each allocator; lines for scripts/bench/tsv.awk. */
#include <stdio.h>
#include <stdlib.h>

#include "native.h"

static const struct subject *const subjects[] = { &ours, &gpu_buddy, &gen_pool };

int main(int argc, char **argv)
{
	const struct work works[] = {
		{ "16 GiB, orders 0-9", 16384, 9, 1 },
		{ "1 GiB, orders 0-9", 1024, 9, 1 },
		{ "1 GiB, orders 0-9, 2 CPUs", 1024, 9, 2 },
		{ "128 MiB, orders 0-9", 128, 9, 1 },
		{ "128 MiB, orders 0-9, 2 CPUs", 128, 9, 2 },
		{ "128 MiB, orders 0-6", 128, 6, 1 },
		{ "64 MiB, orders 0-7", 64, 7, 1 },
		{ "64 MiB, pages-shell ten times", 64, 0, 1, argv[1] },
	};
	static const char *const sizes[] = { "order 9", "2025 pages", "order 4" };
	unsigned int seeds = argc > 2 ? atoi(argv[2]) : 10, seed, w, s, i;

	for (w = 0; w < sizeof(works) / sizeof(works[0]); w++)
		for (s = 0; s < sizeof(subjects) / sizeof(subjects[0]); s++) {
			struct left sum = { 0 };
			unsigned int runs = works[w].trace ? 1 : works[w].mib <= 128 ? 5 * seeds : seeds;

			/* First fit in so many runs takes hours. */
			if (subjects[s] == &gen_pool && works[w].mib > 128)
				continue;
			for (seed = 1; seed <= runs; seed++) {
				struct left left = mixed_run(subjects[s], &works[w], seed);

				for (i = 0; i < 3; i++)
					sum.blocks[i] += left.blocks[i] / runs;
				sum.ns += left.ns / runs;
				sum.fails += left.fails;
			}
			printf("%-32s %-14s", works[w].name, subjects[s]->name);
			for (i = 0; i < 3; i++)
				printf(" %s %.1f", sizes[i], sum.blocks[i]);
			printf(" ns %.1f fails %lu\n", sum.ns, sum.fails);
			fflush(stdout);
		}
	return 0;
}
