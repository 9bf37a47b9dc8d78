// SPDX-License-Identifier: GPL-2.0
/* Tests of heap_client that do with a buffer whatever a process can do. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "heap_client.h"

/* The processes that a test forks say by their exit that all was well. */
static void expect_child(pid_t child)
{
	int status;

	EXPECT(waitpid(child, &status, 0), child);
	EXPECT(status, 0);
}

void read_only(unsigned int seed)
{
	int fd = take_with(2 * page, O_RDONLY);
	unsigned char *map;

	EXPECT(try_map(fd, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, 0, &map), -EACCES);
	EXPECT(try_map(fd, 2 * page, PROT_READ, MAP_SHARED, 0, &map), 0);
	expect_bytes(map, 2 * page, 0);
	EXPECT(mprotect(map, page, PROT_READ | PROT_WRITE) ? -errno : 0, -EACCES);
	munmap(map, 2 * page);
	close(fd);
}

static void send_fd(int to, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec vec = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &vec, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	EXPECT(sendmsg(to, &msg, 0), 1);
}

static int receive_fd(int from)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec vec = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &vec, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	EXPECT(recvmsg(from, &msg, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

/* A process that had no descriptor of the buffer gets one by a socket. */
static void by_socket(void)
{
	unsigned char *map;
	int fd, sockets[2];
	pid_t child;

	/* The test kernels have no network; those of Debian do. */
	if (access("/proc/net", F_OK))
		return;
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	child = fork();
	if (!child) {
		fd = receive_fd(sockets[1]);
		map = map_all(fd, 3 * page);
		close(fd);
		expect_bytes(map, 3 * page, 7);
		memset(map, 8, 3 * page);
		_exit(0);
	}
	fd = need(3 * page);
	map = map_all(fd, 3 * page);
	memset(map, 7, 3 * page);
	send_fd(sockets[0], fd);
	close(fd);
	expect_child(child);
	expect_bytes(map, 3 * page, 8);
	munmap(map, 3 * page);
	close(sockets[0]);
	close(sockets[1]);
}

/* The child has the mapping alone in the end. */
static void by_fork(void)
{
	int fd = need(3 * page);
	unsigned char *map = map_all(fd, 3 * page);
	pid_t child = fork();

	if (!child) {
		raise(SIGSTOP);
		expect_bytes(map, 3 * page, 9);
		_exit(0);
	}
	close(fd);
	memset(map, 9, 3 * page);
	EXPECT(munmap(map, 3 * page), 0);
	EXPECT(waitpid(child, NULL, WUNTRACED), child);
	/* The child's descriptor goes with it, too. */
	EXPECT(take(region), -ENOMEM);
	kill(child, SIGCONT);
	expect_child(child);
}

void shared(unsigned int seed)
{
	by_socket();
	by_fork();
}

static void on_alarm(int signal)
{
}

/* A timer that ticks while a buffer is cleared does no harm. */
void signalled(unsigned int seed)
{
	struct itimerval tick = { .it_interval.tv_usec = 500, .it_value.tv_usec = 500 }, none = {};
	int i;

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (i = 0; i < 10; i++)
		EXPECT(close(need(region)), 0);
	setitimer(ITIMER_REAL, &none, NULL);
}

static int try_remap(void *map, size_t from, size_t to, int flags, unsigned char **result)
{
	void *addr = mremap(map, from, to, flags);

	*result = addr;
	return addr == MAP_FAILED ? -errno : 0;
}

void remapped(unsigned int seed)
{
	int fd = need(8 * page), i;
	unsigned char *map = map_all(fd, 8 * page), *moved;

	close(fd);
	for (i = 0; i < 8; i++)
		memset(map + i * page, i + 1, page);
	/* Grown, or mapped a second time by the length 0. */
	EXPECT(try_remap(map, 8 * page, 9 * page, MREMAP_MAYMOVE, &moved), -EFAULT);
	EXPECT(try_remap(map, 0, 8 * page, MREMAP_MAYMOVE, &moved) < 0, 1);
	EXPECT(munmap(map + 3 * page, page), 0);
	EXPECT(mprotect(map, page, PROT_READ), 0);
	EXPECT(mprotect(map + page, page, PROT_NONE), 0);
	EXPECT(mprotect(map + page, page, PROT_READ | PROT_WRITE), 0);
	/* The kernel refuses it or not; the bytes stay. */
	madvise(map + 4 * page, 4 * page, MADV_DONTNEED);
	/* The second half moves, and shrinks. */
	EXPECT(try_remap(map + 4 * page, 4 * page, 4 * page, MREMAP_MAYMOVE, &moved), 0);
	EXPECT(try_remap(moved, 4 * page, 2 * page, 0, &moved), 0);
	for (i = 0; i < 3; i++)
		expect_bytes(map + i * page, page, i + 1);
	for (i = 0; i < 2; i++)
		expect_bytes(moved + i * page, page, i + 5);
	EXPECT(munmap(map, 3 * page), 0);
	EXPECT(munmap(moved, 2 * page), 0);
}

/* A page of a mapping shows what its place in the buffer has. */
void borders(unsigned int seed)
{
	size_t pages = 1 + rand_r(&seed) % (region < 700 * page ? region / page : 700), i;
	int fd = need(pages * page), round, err;
	unsigned char *all = map_all(fd, pages * page), *map;

	for (i = 0; i < pages; i++)
		*(size_t *)(all + i * page) = i;
	for (round = 0; round < 300; round++) {
		size_t first = rand_r(&seed) % (pages + 2), nr = 1 + rand_r(&seed) % (pages + 1);

		err = try_map(fd, nr * page, PROT_READ | PROT_WRITE, MAP_SHARED, first * page,
			      &map);
		EXPECT(err, first + nr <= pages ? 0 : -EINVAL);
		if (err)
			continue;
		i = rand_r(&seed) % nr;
		EXPECT(*(size_t *)(map + i * page), first + i);
		EXPECT(*(size_t *)(map + (nr - 1) * page), first + nr - 1);
		munmap(map, nr * page);
	}
	EXPECT(try_map(fd, page, PROT_READ, MAP_SHARED, -(off_t)page, &map) < 0, 1);
	munmap(all, pages * page);
	close(fd);
}

/* Each user may have as much as heap_limit= says, which is half of the heap. */
void limit(unsigned int seed)
{
	int all = need(region);
	pid_t child;

	EXPECT(take(page), -EDQUOT);
	child = fork();
	if (!child) {
		EXPECT(setuid(65534), 0);
		EXPECT(take(region + page), -EDQUOT);
		close(need(region));
		close(need(page));
		_exit(0);
	}
	expect_child(child);
	close(all);
}

static void splice_in(int pipe, void *map, size_t len, long wanted)
{
	struct iovec vec = { .iov_base = map, .iov_len = len };

	EXPECT(vmsplice(pipe, &vec, 1, 0) < 0 ? -errno : (long)len, wanted);
}

/*
 * A pipe holds pages of a buffer that is released.  Nobody gets these, whatever is asked
 * for; when the pipe is read, its bytes are those of the buffer, and the pages come back.
 */
void held(unsigned int seed)
{
	int fd = need(4 * page), pipes[2], i, others[64];
	unsigned char *map = map_all(fd, 4 * page), *text = malloc(2 * page);
	size_t size = region / 64;

	memset(map, 0x77, 4 * page);
	EXPECT(pipe(pipes), 0);
	splice_in(pipes[1], map + page, 2 * page, 2 * page);
	munmap(map, 4 * page);
	close(fd);
	EXPECT(take(region), -ENOMEM);
	for (i = 0; i < 64; i++) {
		others[i] = take(size);
		if (others[i] < 0)
			continue;
		map = map_all(others[i], size);
		expect_bytes(map, size, 0);
		memset(map, 0x11, size);
		munmap(map, size);
	}
	EXPECT(read(pipes[0], text, 2 * page), 2 * page);
	expect_bytes(text, 2 * page, 0x77);
	free(text);
	for (i = 0; i < 64; i++)
		if (others[i] >= 0)
			close(others[i]);
	close(pipes[0]);
	close(pipes[1]);
}

/* O_DIRECT moves pages between a disk in memory and a buffer, if the buffer's can be held. */
void direct(unsigned int seed)
{
	int fd = need(16 * page), disk = open("/dev/ram0", O_RDWR | O_DIRECT);
	unsigned char *map = map_all(fd, 16 * page), *copy = aligned_alloc(page, 16 * page);
	size_t i;

	if (disk < 0)
		die("/dev/ram0", -errno, 0);
	for (i = 0; i < 16 * page; i++)
		map[i] = i * 7 / 5;
	EXPECT(pwrite(disk, map, 16 * page, 0), 16 * page);
	memset(map, 0, 16 * page);
	EXPECT(pread(disk, copy, 16 * page, 0), 16 * page);
	EXPECT(pread(disk, map, 16 * page, 0), 16 * page);
	for (i = 0; i < 16 * page; i++)
		EXPECT(copy[i], (unsigned char)(i * 7 / 5));
	EXPECT(memcmp(map, copy, 16 * page), 0);
	free(copy);
	munmap(map, 16 * page);
	close(fd);
	close(disk);
}

void not_direct(unsigned int seed)
{
	int fd = need(page), disk = open("/dev/ram0", O_RDWR | O_DIRECT);
	unsigned char *map = map_all(fd, page);

	if (disk < 0)
		die("/dev/ram0", -errno, 0);
	EXPECT(pread(disk, map, page, 0) < 0 ? -errno : 0, -EFAULT);
	munmap(map, page);
	close(fd);
	close(disk);
}

/* 8 MiB at a multiple of 2 MiB need a fault for each 2 MiB, where the kernel has huge pages. */
void huge(unsigned int seed)
{
	size_t size = 8 << 20, large = 2 << 20, at;
	unsigned char *space = mmap(NULL, size + large, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);
	unsigned char *map = (void *)(((unsigned long)space + large - 1) & -large);
	struct rusage before, after;
	int fd = need(size);

	EXPECT(mmap(map, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == map, 1);
	getrusage(RUSAGE_SELF, &before);
	for (at = 0; at < size; at += page)
		map[at] = at / page;
	getrusage(RUSAGE_SELF, &after);
	/* One or two are of the stack, or of other memory of the program. */
	EXPECT(after.ru_minflt - before.ru_minflt <= 6, 1);
	/* A part is unmapped: the rest is mapped by small pages from now on. */
	munmap(map + large + page, page);
	for (at = 0; at < size; at += page)
		if (at != large + page)
			EXPECT(map[at], (unsigned char)(at / page));
	munmap(space, size + large);
	close(fd);
}

/* Without heap_pages=1, a pipe gets no page of a buffer. */
void not_held(unsigned int seed)
{
	int fd = need(page), pipes[2];
	unsigned char *map = map_all(fd, page);

	EXPECT(pipe(pipes), 0);
	splice_in(pipes[1], map, page, -EFAULT);
	close(pipes[0]);
	close(pipes[1]);
	munmap(map, page);
	close(fd);
}

/* A program of 32 bits: its system calls have another number and another way in. */
void compat(unsigned int seed)
{
#ifdef __x86_64__
	struct dma_heap_allocation_data *data =
		mmap(NULL, page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	unsigned char *map;
	long result = 54;	/* ioctl */

	data->len = 3 * page;
	data->fd_flags = O_RDWR | O_CLOEXEC;
	asm volatile("int $0x80"
		     : "+a"(result)
		     : "b"(heap), "c"(DMA_HEAP_IOCTL_ALLOC), "d"(data)
		     : "memory", "r8", "r9", "r10", "r11");
	EXPECT(result, 0);
	map = map_all(data->fd, 3 * page);
	expect_bytes(map, 3 * page, 0);
	munmap(map, 3 * page);
	close(data->fd);
	munmap(data, page);
#endif
}

/* The example chardev: the file of the node itself is mapped, by buddy_mmap(). */
void device(unsigned int seed)
{
	unsigned char *all = map_all(heap, 16 * page), *part, *wrong;
	int pipes[2];

	expect_bytes(all, 16 * page, 0);
	EXPECT(try_map(heap, page, PROT_READ, MAP_PRIVATE, 0, &wrong), -EINVAL);
	EXPECT(try_map(heap, 17 * page, PROT_READ, MAP_SHARED, 0, &wrong), -EINVAL);
	EXPECT(try_map(heap, page, PROT_READ, MAP_SHARED, 16 * page, &wrong), -EINVAL);
	EXPECT(try_map(heap, 2 * page, PROT_READ, MAP_SHARED, 14 * page, &part), 0);
	memset(all, 1, 14 * page);
	memset(all + 14 * page, 2, 2 * page);
	/* The driver frees the block with the file: a pipe must not hold a page of it. */
	EXPECT(pipe(pipes), 0);
	splice_in(pipes[1], all, page, -EFAULT);
	close(heap);
	munmap(all, 16 * page);
	expect_bytes(part, 2 * page, 2);
	_exit(0);
}
