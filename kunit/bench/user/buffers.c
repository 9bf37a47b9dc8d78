// SPDX-License-Identifier: GPL-2.0
/*
 * What a buffer costs a program: buffers NAME SUBJECT, for the heap /dev/dma_heap/NAME.  Prints
 * lines WORK SUBJECT VALUE UNIT of each step and of all.  A subject "fixed buffer" does what
 * programs do whose buffer is made once: they map and unmap it.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#define ROUNDS	9

enum step { ALLOC, MAP, TOUCH, FREE, STEPS };

static const char * const steps[STEPS + 1] = { "alloc", "map", "touch", "free", "whole life" };
static const char * const timed[STEPS + 1] = {
	"DMA_HEAP_IOCTL_ALLOC, which clears the buffer", "mmap()", "a byte of each page is written",
	"munmap() and close()", "all four",
};

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int take(int heap, size_t size)
{
	struct dma_heap_allocation_data data = { .len = size, .fd_flags = O_RDWR | O_CLOEXEC };

	if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		err(1, "a buffer of %zu bytes", size);
	return data.fd;
}

/* One buffer's life; @fixed is the descriptor of one that stays, or -1. */
static void life(int heap, size_t size, int fixed, long cost[])
{
	int fd = fixed;
	char *map;
	size_t i, page = sysconf(_SC_PAGESIZE);

	cost[ALLOC] -= now();
	if (fixed < 0)
		fd = take(heap, size);
	cost[ALLOC] += now();
	cost[MAP] -= now();
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cost[MAP] += now();
	if (map == MAP_FAILED)
		err(1, "mmap");
	cost[TOUCH] -= now();
	for (i = 0; i < size; i += page)
		map[i] = 1;
	cost[TOUCH] += now();
	cost[FREE] -= now();
	munmap(map, size);
	if (fixed < 0)
		close(fd);
	cost[FREE] += now();
}

static int compare(const void *a, const void *b)
{
	return *(const long *)a > *(const long *)b ? 1 : -1;
}

static long median(long costs[])
{
	qsort(costs, ROUNDS, sizeof(*costs), compare);
	return costs[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	static const struct { size_t size; const char *name; } sizes[] = {
		{ 4096, "4 KiB" }, { 1 << 20, "1 MiB" }, { 8 << 20, "8 MiB" },
	};
	char path[64];
	unsigned int i, k, step;
	int heap, fixed = -1;

	if (argc != 3)
		errx(2, "buffers NAME SUBJECT");
	snprintf(path, sizeof(path), "/dev/dma_heap/%s", argv[1]);
	heap = open(path, O_RDWR | O_CLOEXEC);
	if (heap < 0)
		err(1, "%s", path);
	for (step = 0; step <= STEPS; step++)
		printf("buffer %s,\ttimed\t%s\n", steps[step], timed[step]);
	for (i = 0; i < 3; i++) {
		long costs[STEPS + 1][ROUNDS];

		if (!strcmp(argv[2], "fixed buffer"))
			fixed = take(heap, sizes[i].size);
		for (k = 0; k < ROUNDS; k++) {
			long cost[STEPS] = {};

			life(heap, sizes[i].size, fixed, cost);
			costs[STEPS][k] = 0;
			for (step = 0; step < STEPS; step++) {
				costs[step][k] = cost[step];
				costs[STEPS][k] += cost[step];
			}
		}
		for (step = 0; step <= STEPS; step++)
			printf("buffer %s, %s\t%s\t%ld\ttime\n", steps[step], sizes[i].name,
			       argv[2], median(costs[step]));
		if (fixed >= 0)
			close(fixed);
	}
	return 0;
}
