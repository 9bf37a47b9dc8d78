/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of heap_client share. */
#ifndef HEAP_CLIENT_H
#define HEAP_CLIENT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-heap.h>
#include <linux/types.h>

extern int heap;
extern size_t page, region;

#define EXPECT(value, wanted)						\
do {									\
	long got_ = (long)(value), wanted_ = (long)(wanted);		\
	if (got_ != wanted_)						\
		die(#value, got_, wanted_);				\
} while (0)

void die(const char *what, long got, long wanted);
int take_with(__u64 len, int flags);
int take(__u64 len);
int need(__u64 len);
int try_map(int fd, size_t len, int prot, int flags, off_t offset, unsigned char **map);
unsigned char *map_all(int fd, size_t len);
void expect_bytes(const unsigned char *map, size_t len, int byte);

/* --- heap_abuse.c --- */

void read_only(unsigned int seed);
void shared(unsigned int seed);
void signalled(unsigned int seed);
void remapped(unsigned int seed);
void borders(unsigned int seed);
void limit(unsigned int seed);
void held(unsigned int seed);
void not_held(unsigned int seed);
void direct(unsigned int seed);
void not_direct(unsigned int seed);
void huge(unsigned int seed);
void device(unsigned int seed);
void compat(unsigned int seed);

#endif /* HEAP_CLIENT_H */
