// SPDX-License-Identifier: GPL-2.0
/*
 * A picture on a screen, out of a buffer of /dev/dma_heap/NAME.
 *
 * scanout /dev/dma_heap/NAME SEED PORT: show the picture of SEED on the first screen of cirrus,
 * write a line with seed, width and height to PORT, and wait for an answer.  End with 0 if the
 * answer is "same"; else print what is wrong.
 *
 * scanout SEED WIDTH HEIGHT: print the picture as PPM.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <drm/drm.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_mode.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>

#define MODES	64

static void call_ioctl(int fd, unsigned long request, void *arg, const char *name)
{
	if (!ioctl(fd, request, arg))
		return;
	printf("%s: %s\n", name, strerror(errno));
	exit(1);
}

#define CALL(fd, request, arg)	call_ioctl(fd, request, arg, #request)

/* Neighbours differ in each colour: no row or column can be taken for another. */
static __u32 pixel(__u32 seed, __u32 x, __u32 y)
{
	__u32 mix = (seed + x + (y << 16)) * 0x9e3779b1;

	mix = (mix ^ mix >> 15) * 0x85ebca6b;
	return (mix ^ mix >> 13) & 0xffffff;
}

static void print_picture(__u32 seed, __u32 width, __u32 height)
{
	__u32 x, y, value;

	printf("P6\n%u %u\n255\n", width, height);
	for (y = 0; y < height; y++) {
		for (x = 0; x < width; x++) {
			value = pixel(seed, x, y);
			putchar(value >> 16);
			putchar(value >> 8 & 0xff);
			putchar(value & 0xff);
		}
	}
}

static void draw(int buffer, __u32 seed, __u32 width, __u32 height)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE };
	size_t size = (size_t)width * height * 4;
	__u32 x, y, *map;

	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0);
	if (map == MAP_FAILED) {
		printf("mmap: %s\n", strerror(errno));
		exit(1);
	}
	CALL(buffer, DMA_BUF_IOCTL_SYNC, &sync);
	for (y = 0; y < height; y++)
		for (x = 0; x < width; x++)
			map[y * width + x] = pixel(seed, x, y);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE;
	CALL(buffer, DMA_BUF_IOCTL_SYNC, &sync);
	munmap(map, size);
}

static int open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		printf("%s: %s\n", path, strerror(errno));
		exit(1);
	}
	return fd;
}

/* vgem is a card, too. */
static int open_cirrus(void)
{
	char path[32], name[7];
	int i, fd;

	for (i = 0;; i++) {
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open_path(path);
		CALL(fd, DRM_IOCTL_VERSION, &version);
		if (!strncmp(name, "cirrus", sizeof(name) - 1))
			return fd;
		close(fd);
	}
}

static __u32 add_frame(int card, int buffer, __u32 width, __u32 height)
{
	struct drm_prime_handle prime = { .fd = buffer };
	struct drm_mode_fb_cmd2 frame = {
		.width = width,
		.height = height,
		.pixel_format = DRM_FORMAT_XRGB8888,
		.pitches = { width * 4 },
	};

	CALL(card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
	frame.handles[0] = prime.handle;
	CALL(card, DRM_IOCTL_MODE_ADDFB2, &frame);
	return frame.fb_id;
}

static int show(const char *heap, __u32 seed, const char *port)
{
	__u32 crtcs[1], connectors[1];
	struct drm_mode_modeinfo modes[MODES];
	struct drm_mode_card_res res = {
		.count_crtcs = 1,
		.crtc_id_ptr = (uintptr_t)crtcs,
		.count_connectors = 1,
		.connector_id_ptr = (uintptr_t)connectors,
	};
	struct drm_mode_get_connector connector = {};
	struct dma_heap_allocation_data data = { .fd_flags = O_RDWR | O_CLOEXEC };
	struct drm_mode_crtc crtc = {
		.set_connectors_ptr = (uintptr_t)connectors,
		.count_connectors = 1,
		.mode_valid = 1,
	};
	struct drm_mode_fb_dirty_cmd dirty = {};
	FILE *host = fopen(port, "r+");
	int card = open_cirrus();
	char answer[80] = "";

	if (!host) {
		printf("%s: %s\n", port, strerror(errno));
		return 1;
	}
	CALL(card, DRM_IOCTL_MODE_GETRESOURCES, &res);
	connector.connector_id = connectors[0];
	/* Without room for modes, the kernel asks the screen which there are. */
	CALL(card, DRM_IOCTL_MODE_GETCONNECTOR, &connector);
	if (connector.count_modes < 1 || connector.count_modes > MODES) {
		printf("%u modes\n", connector.count_modes);
		return 1;
	}
	connector = (struct drm_mode_get_connector){
		.connector_id = connectors[0],
		.count_modes = connector.count_modes,
		.modes_ptr = (uintptr_t)modes,
	};
	CALL(card, DRM_IOCTL_MODE_GETCONNECTOR, &connector);
	crtc.crtc_id = crtcs[0];
	crtc.mode = modes[0];

	data.len = (__u64)crtc.mode.hdisplay * crtc.mode.vdisplay * 4;
	CALL(open_path(heap), DMA_HEAP_IOCTL_ALLOC, &data);
	crtc.fb_id = add_frame(card, data.fd, crtc.mode.hdisplay, crtc.mode.vdisplay);
	CALL(card, DRM_IOCTL_MODE_SETCRTC, &crtc);
	draw(data.fd, seed, crtc.mode.hdisplay, crtc.mode.vdisplay);
	dirty.fb_id = crtc.fb_id;
	CALL(card, DRM_IOCTL_MODE_DIRTYFB, &dirty);

	fprintf(host, "%u %u %u\n", seed, crtc.mode.hdisplay, crtc.mode.vdisplay);
	fflush(host);
	if (!fgets(answer, sizeof(answer), host) || strcmp(answer, "same\n")) {
		printf("the screen: %s", answer);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	if (argv[1][0] == '/')
		return show(argv[1], strtoul(argv[2], NULL, 0), argv[3]);
	print_picture(strtoul(argv[1], NULL, 0), strtoul(argv[2], NULL, 0),
		      strtoul(argv[3], NULL, 0));
	return 0;
}
