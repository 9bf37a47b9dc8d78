// SPDX-License-Identifier: GPL-2.0
/*
 * A program that uses /dev/dma_heap/NAME as any other: heap_client NAME MIB TEST [SEED].
 * NAME can be the path of another node, for the test that needs one.  The program ends with 0
 * if TEST passed; else it prints what is wrong.  The heap's region has MIB.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <linux/dma-buf.h>

#include "../../buddy/uapi/buddypool.h"
#include "heap_client.h"

int heap;
size_t page, region;

void die(const char *what, long got, long wanted)
{
	printf("%s: %ld instead of %ld\n", what, got, wanted);
	fflush(stdout);
	_exit(1);
}

/* Return a file descriptor, or the error as a negative number. */
int take_with(__u64 len, int flags)
{
	struct dma_heap_allocation_data data = { .len = len, .fd_flags = flags | O_CLOEXEC };

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

int take(__u64 len)
{
	return take_with(len, O_RDWR);
}

int need(__u64 len)
{
	int fd = take(len);

	if (fd < 0)
		die("allocation", fd, 0);
	return fd;
}

int try_map(int fd, size_t len, int prot, int flags, off_t offset, unsigned char **map)
{
	void *addr = mmap(NULL, len, prot, flags, fd, offset);

	*map = addr;
	return addr == MAP_FAILED ? -errno : 0;
}

unsigned char *map_all(int fd, size_t len)
{
	unsigned char *map;

	EXPECT(try_map(fd, len, PROT_READ | PROT_WRITE, MAP_SHARED, 0, &map), 0);
	return map;
}

void expect_bytes(const unsigned char *map, size_t len, int byte)
{
	size_t i = 0;

	/* Quick for most: each byte is the same as the one before it. */
	if (map[0] == byte && !memcmp(map, map + 1, len - 1))
		return;
	while (map[i] == byte)
		i++;
	die("a byte", map[i], byte);
}

/* All of the region can be had in one piece: nothing is left of what went before. */
static void expect_empty(void)
{
	EXPECT(close(need(region)), 0);
}

static void sizes(unsigned int seed)
{
	int fd;

	EXPECT(take(0), -EINVAL);
	EXPECT(take(~0ULL), -EINVAL);
	EXPECT(take(~0ULL - page), -ENOMEM);
	EXPECT(take(region + 1), -ENOMEM);
	EXPECT(take(1ULL << 62), -ENOMEM);
	fd = need(1);
	EXPECT(lseek(fd, 0, SEEK_END), page);
	close(fd);
	fd = need(page + 1);
	EXPECT(lseek(fd, 0, SEEK_END), 2 * page);
	close(fd);
	/* No power of two, and more than half of the region. */
	close(need(region / 10 * 7));
}

static void wrong_calls(unsigned int seed)
{
	struct dma_heap_allocation_data data;
	char longer[64] = {};

#define WITH(...)	(data = (struct dma_heap_allocation_data){ __VA_ARGS__ },	\
			 ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : 0)
	EXPECT(WITH(.len = page, .fd = 1), -EINVAL);
	EXPECT(WITH(.len = page, .fd_flags = ~0U), -EINVAL);
	EXPECT(WITH(.len = page, .heap_flags = 1), -EINVAL);
	EXPECT(ioctl(heap, DMA_HEAP_IOCTL_ALLOC, NULL) ? -errno : 0, -EFAULT);
	EXPECT(ioctl(heap, _IO('H', 1), NULL) ? -errno : 0, -ENOTTY);
	EXPECT(ioctl(heap, _IO('X', 0), NULL) ? -errno : 0, -ENOTTY);
	/* A struct of a later kernel. */
	memcpy(longer, &(struct dma_heap_allocation_data){ .len = page, .fd_flags = O_RDWR },
	       sizeof(data));
	EXPECT(ioctl(heap, _IOWR('H', 0, longer), longer), 0);
	close(((struct dma_heap_allocation_data *)longer)->fd);
}

static void zeroed(unsigned int seed)
{
	int fd = need(region), round;
	unsigned char *map;

	for (round = 0; round < 3; round++) {
		map = map_all(fd, region);
		expect_bytes(map, region, 0);
		memset(map, 0xa5 + round, region);
		munmap(map, region);
		close(fd);
		fd = need(region);
	}
	close(fd);
}

static void mappings(unsigned int seed)
{
	int fd = need(5 * page), copy;
	unsigned char *all = map_all(fd, 5 * page), *part;
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	struct dma_buf_export_sync_file file = { .flags = DMA_BUF_SYNC_RW };

	EXPECT(try_map(fd, page, PROT_READ, MAP_PRIVATE, 0, &part), -EINVAL);
	EXPECT(try_map(fd, 6 * page, PROT_READ, MAP_SHARED, 0, &part), -EINVAL);
	EXPECT(try_map(fd, 2 * page, PROT_READ, MAP_SHARED, 4 * page, &part), -EINVAL);
	EXPECT(try_map(fd, 2 * page, PROT_READ, MAP_SHARED, 3 * page, &part), 0);
	EXPECT(ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync), 0);
	memset(all, 1, 3 * page);
	memset(all + 3 * page, 2, 2 * page);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	EXPECT(ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync), 0);
	expect_bytes(part, 2 * page, 2);
	EXPECT(ioctl(fd, DMA_BUF_SET_NAME, "frame"), 0);
	EXPECT(ioctl(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &file), 0);
	close(file.fd);
	/* The buffer lives as long as one descriptor or mapping. */
	copy = dup(fd);
	close(fd);
	munmap(all, 5 * page);
	close(copy);
	expect_bytes(part, 2 * page, 2);
	EXPECT(take(region), -ENOMEM);
	EXPECT(munmap(part, page), 0);
	expect_bytes(part + page, page, 2);
	EXPECT(munmap(part + page, page), 0);
}

static int where(int fd, __u64 *addr)
{
	struct buddypool_phys phys = { .fd = fd };
	int err = ioctl(heap, BUDDYPOOL_IOCTL_PHYS, &phys) ? -errno : 0;

	*addr = phys.addr;
	return err;
}

/* The third word of the line in /proc/self/maps: the offset, as other programs see it, too. */
static void expect_offset(const void *map, unsigned long wanted)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, offset;
	char line[512];

	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%*x %*s %lx", &start, &offset) == 2 &&
		    start == (unsigned long)map)
			EXPECT(offset, wanted);
	fclose(maps);
}

static void physical(unsigned int seed)
{
	int one = need(3 * page), two = need(page), other = open("/dev/null", O_RDWR), status;
	struct buddypool_phys wrong = { .fd = one, .reserved = 1 };
	unsigned char *map;
	__u64 first, second;

	EXPECT(try_map(one, 2 * page, PROT_READ, MAP_SHARED, page, &map), 0);
	expect_offset(map, page);
	munmap(map, 2 * page);
	EXPECT(where(one, &first), 0);
	EXPECT(where(two, &second), 0);
	EXPECT(first % page, 0);
	EXPECT(second - first >= 3 * page || first - second >= page, 1);
	EXPECT(where(other, &first), -EINVAL);
	EXPECT(where(999, &first), -EBADF);
	EXPECT(ioctl(heap, BUDDYPOOL_IOCTL_PHYS, &wrong) ? -errno : 0, -EINVAL);
	EXPECT(ioctl(heap, BUDDYPOOL_IOCTL_PHYS, NULL) ? -errno : 0, -EFAULT);
	if (!fork()) {
		EXPECT(setuid(65534), 0);
		EXPECT(where(one, &first), -EPERM);
		_exit(0);
	}
	wait(&status);
	EXPECT(status, 0);
	close(one);
	close(two);
	close(other);
}

static void exhaust(unsigned int seed)
{
	size_t size = 300 * page, most = region / size, nr;
	int *fds = calloc(most + 1, sizeof(*fds));

	for (nr = 0; (fds[nr] = take(size)) >= 0; nr++)
		;
	EXPECT(fds[nr], -ENOMEM);
	/* Side by side. */
	EXPECT(nr, most);
	while (nr)
		close(fds[--nr]);
}

/* A child that is killed leaves nothing behind. */
static void killed(unsigned int seed)
{
	int round, status;

	for (round = 0; round < 50; round++) {
		pid_t child = fork();

		if (!child) {
			for (;;) {
				int fd = take((round + 1) * 7 * page);

				if (fd >= 0)
					memset(map_all(fd, page), 1, page);
			}
		}
		usleep(2000 + 1000 * (round % 7));
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		EXPECT(WIFSIGNALED(status), 1);
	}
}

static void fight(unsigned int seed)
{
	int fds[32], i, round;

	memset(fds, -1, sizeof(fds));
	for (round = 0; round < 250; round++) {
		size_t size;
		unsigned char *map;

		i = rand_r(&seed) % 32;
		if (fds[i] >= 0) {
			size = lseek(fds[i], 0, SEEK_END);
			map = map_all(fds[i], size);
			expect_bytes(map, size, i + 1);
			munmap(map, size);
			close(fds[i]);
			fds[i] = -1;
			continue;
		}
		size = (1 + rand_r(&seed) % 100) * page;
		fds[i] = take(size);
		if (fds[i] < 0) {
			EXPECT(fds[i], -ENOMEM);
			continue;
		}
		map = map_all(fds[i], size);
		expect_bytes(map, size, 0);
		memset(map, i + 1, size);
		munmap(map, size);
	}
	_exit(0);
}

/* Eight processes at once: no byte of one reaches another. */
static void together(unsigned int seed)
{
	int i, status;

	for (i = 0; i < 8; i++)
		if (!fork())
			fight(seed + i);
	for (i = 0; i < 8; i++) {
		wait(&status);
		EXPECT(status, 0);
	}
}

/* Calls with random numbers. */
static void garbage(unsigned int seed)
{
	unsigned char bytes[64];
	unsigned int i, k;

	for (i = 0; i < 20000; i++) {
		struct dma_heap_allocation_data *data = (void *)bytes;
		unsigned long cmd = DMA_HEAP_IOCTL_ALLOC;

		for (k = 0; k < sizeof(bytes); k++)
			bytes[k] = rand_r(&seed) % 4 ? 0 : rand_r(&seed);
		if (rand_r(&seed) % 2)
			data->len = 1 + rand_r(&seed) % (4 * page);
		if (rand_r(&seed) % 2)
			data->fd_flags &= O_RDWR | O_CLOEXEC;
		if (!(rand_r(&seed) % 4))
			cmd ^= 1UL << rand_r(&seed) % 32;
		/* The size in the command may be more than the array has. */
		if (_IOC_SIZE(cmd) > sizeof(bytes) || ioctl(heap, cmd, bytes))
			continue;
		/* A shorter struct has no descriptor, or a part of one. */
		if (cmd & IOC_OUT && _IOC_SIZE(cmd) >= offsetof(typeof(*data), fd_flags))
			close(data->fd);
	}
	for (i = 3; i < 1024; i++)
		if ((int)i != heap)
			close(i);
}

/* A buffer with a name and two mappings, until the process is killed. */
static void hold(unsigned int seed)
{
	int fd = need(page);

	EXPECT(ioctl(fd, DMA_BUF_SET_NAME, "a\nframe"), 0);
	map_all(fd, page);
	map_all(fd, page);
	pause();
}

static const struct {
	const char *name;
	void (*run)(unsigned int seed);
} tests[] = {
	{ "sizes", sizes },
	{ "wrong_calls", wrong_calls },
	{ "zeroed", zeroed },
	{ "mappings", mappings },
	{ "physical", physical },
	{ "exhaust", exhaust },
	{ "killed", killed },
	{ "signalled", signalled },
	{ "together", together },
	{ "garbage", garbage },
	{ "read_only", read_only },
	{ "shared", shared },
	{ "remapped", remapped },
	{ "borders", borders },
	{ "limit", limit },
	{ "held", held },
	{ "not_held", not_held },
	{ "direct", direct },
	{ "not_direct", not_direct },
	{ "huge", huge },
	{ "hold", hold },
	{ "device", device },
	{ "compat", compat },
};

int main(int argc, char **argv)
{
	unsigned int seed = argc > 4 ? strtoul(argv[4], NULL, 0) : 1;
	char path[64];
	size_t i;

	if (argc < 4)
		return 2;
	page = sysconf(_SC_PAGESIZE);
	region = strtoul(argv[2], NULL, 0) << 20;
	snprintf(path, sizeof(path), "%s%s", *argv[1] == '/' ? "" : "/dev/dma_heap/", argv[1]);
	heap = open(path, O_RDWR | O_CLOEXEC);
	if (heap < 0)
		die(path, -errno, 0);
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (strcmp(argv[3], tests[i].name))
			continue;
		tests[i].run(seed);
		expect_empty();
		return 0;
	}
	return 2;
}
