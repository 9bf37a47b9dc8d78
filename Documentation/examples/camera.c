// SPDX-License-Identifier: GPL-2.0
/*
 * A program that lets a camera write its frames into a region:
 *
 *	camera [OPTION]... HEAP
 *
 * The buffers come from /dev/dma_heap/HEAP.  The camera, a V4L2 capture device, imports them
 * by their file descriptors and writes into them; the program reads them.  No frame is copied.
 *
 * -d DEVICE	the camera (default: /dev/video0)
 * -s WxH	the size of a frame (default: 1920x1080)
 * -r RATE	frames per second (default: what the camera does by itself)
 * -b BUFFERS	how many buffers (default: 4)
 * -n FRAMES	how many frames (default: 4)
 * -c NAME=N	set one of the camera's controls to N, as "Brightness=100"
 * -o FILE	write the last frame to FILE, as PPM
 * -e COMMAND	run COMMAND while the buffers are in use
 * --check	compare each frame with a test pattern, and miss none: for the kernel's virtual
 *		camera, vivid, just loaded
 *
 * It ends with 0 if all went well; else it prints one line that says what did not.
 * Build it by: gcc -O2 camera.c -o camera
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/videodev2.h>

#define MAX_BUFFERS	32
#define TIMEOUT_MS	60000

/* --check fills a buffer with this byte before the camera gets the buffer. */
#define POISON		0xa5

/* On a busy machine, vivid may be late and miss a frame: --check tries so many times. */
#define CHECK_TRIES	5

struct buffer {
	int fd;
	unsigned char *map;
};

static const char *options[128];	/* by their letters; --check is 'k' */
static unsigned int nr_buffers, nr_frames;
static int camera;
static struct v4l2_pix_format format = { .pixelformat = V4L2_PIX_FMT_RGB24 };
static struct buffer buffers[MAX_BUFFERS];
static size_t buffer_size;
static unsigned char *expected[8];	/* --check: the rows that a frame consists of */

static unsigned int number(int letter, unsigned int otherwise)
{
	return options[letter] ? strtoul(options[letter], NULL, 0) : otherwise;
}

static void call(int fd, unsigned long request, void *arg, const char *what)
{
	while (ioctl(fd, request, arg))
		if (errno != EINTR)
			err(1, "%s", what);
}

/* --- buffers --- */

static void make_buffer(int heap, unsigned int index)
{
	struct dma_heap_allocation_data data = {
		.len = buffer_size,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	struct buffer *buffer = &buffers[index];
	char name[32];

	call(heap, DMA_HEAP_IOCTL_ALLOC, &data, "the heap has no room for a buffer");
	buffer->fd = data.fd;
	snprintf(name, sizeof(name), "camera-%u", index);
	call(buffer->fd, DMA_BUF_SET_NAME, name, "a buffer gets no name");
	buffer->map = mmap(NULL, buffer_size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	if (buffer->map == MAP_FAILED)
		err(1, "a buffer cannot be mapped");
}

/* Around accesses of the CPU: the kernel makes the CPU's caches and the memory agree. */
static void sync_buffer(const struct buffer *buffer, __u64 flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	call(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync, "a buffer cannot be synchronized");
}

/* --- the camera --- */

static void set_control(const char *name, int value)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };

	for (; !ioctl(camera, VIDIOC_QUERYCTRL, &query); query.id |= V4L2_CTRL_FLAG_NEXT_CTRL)
		if (!strcmp((char *)query.name, name)) {
			struct v4l2_control control = { .id = query.id, .value = value };

			call(camera, VIDIOC_S_CTRL, &control, name);
			return;
		}
	errx(1, "%s has no control \"%s\"", options['d'], name);
}

/* The camera may choose another size. */
static void set_format(void)
{
	struct v4l2_format wanted = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_streamparm parm = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_requestbuffers request = {
		.count = nr_buffers,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF,
	};

	wanted.fmt.pix = format;
	call(camera, VIDIOC_S_FMT, &wanted, "the camera takes no format");
	format = wanted.fmt.pix;
	if (format.pixelformat != V4L2_PIX_FMT_RGB24)
		errx(1, "%s has no frames in RGB24", options['d']);
	if (options['r']) {
		parm.parm.capture.timeperframe = (struct v4l2_fract){ 1, number('r', 0) };
		call(camera, VIDIOC_S_PARM, &parm, "the camera takes no rate");
	}
	call(camera, VIDIOC_REQBUFS, &request, "the camera does not import buffers");
	if (request.count != nr_buffers)
		errx(1, "%s wants %u buffers: use -b", options['d'], request.count);
}

static void queue(unsigned int index)
{
	struct v4l2_buffer buf = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF,
		.index = index,
		.m.fd = buffers[index].fd,
	};

	if (options['k']) {
		sync_buffer(&buffers[index], DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
		memset(buffers[index].map, POISON, buffer_size);
		sync_buffer(&buffers[index], DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	}
	call(camera, VIDIOC_QBUF, &buf, "the camera does not take a buffer");
}

static struct v4l2_buffer wait_for_frame(void)
{
	struct v4l2_buffer buf = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF,
	};
	struct pollfd ready = { .fd = camera, .events = POLLIN };

	if (poll(&ready, 1, TIMEOUT_MS) != 1)
		errx(1, "no frame within %d s", TIMEOUT_MS / 1000);
	call(camera, VIDIOC_DQBUF, &buf, "the camera does not return a buffer");
	if (buf.flags & V4L2_BUF_FLAG_ERROR || buf.bytesused < format.sizeimage)
		errx(1, "frame %u is broken: %u bytes of %u", buf.sequence, buf.bytesused,
		     format.sizeimage);
	return buf;
}

/* --- frames --- */

static void write_frame(const unsigned char *frame)
{
	FILE *file = fopen(options['o'], "w");
	unsigned int y;

	if (!file)
		err(1, "%s", options['o']);
	fprintf(file, "P6\n%u %u\n255\n", format.width, format.height);
	for (y = 0; y < format.height; y++)
		fwrite(frame + y * format.bytesperline, 3, format.width, file);
	if (ferror(file) | fclose(file))
		errx(1, "%s cannot be written", options['o']);
}

/* The pattern "100% Color Squares": eight by eight; each row begins with the next color. */
static void expect_squares(void)
{
	static const char colors[8][4] = {
		"RGB", "RG-", "-GB", "-G-", "R-B", "R--", "--B", "---",
	};
	unsigned int row, x;

	set_control("Test Pattern", 4);
	set_control("OSD Text Mode", 2);
	for (row = 0; row < 8; row++) {
		expected[row] = malloc(format.width * 3);
		if (!expected[row])
			err(1, "no memory");
		for (x = 0; x < format.width * 3; x++) {
			const char *color = colors[(row + x / 3 * 8 / format.width) % 8];

			expected[row][x] = color[x % 3] == '-' ? 0 : 255;
		}
	}
}

/* The camera has filled the frame, and nothing behind the frame. */
static void check_frame(const unsigned char *frame, unsigned int sequence)
{
	unsigned int x, y;
	size_t i;

	for (y = 0; y < format.height; y++) {
		const unsigned char *got = frame + y * format.bytesperline;
		const unsigned char *want = expected[y * 8 / format.height];

		for (x = 0; x < format.width * 3; x++)
			if (got[x] != want[x])
				errx(1, "frame %u: pixel %u, %u has 0x%02x instead of 0x%02x",
				     sequence, x / 3, y, got[x], want[x]);
	}
	for (i = format.sizeimage; i < buffer_size; i++)
		if (frame[i] != POISON)
			errx(1, "frame %u: byte %zu behind it was written", sequence, i);
}

/* Return how many frames were missed: the camera counts them, too. */
static unsigned int capture(void)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	unsigned int i, next = 0, missed = 0;

	for (i = 0; i < nr_buffers; i++)
		queue(i);
	call(camera, VIDIOC_STREAMON, &type, "the camera does not start");
	for (i = 0; i < nr_frames; i++) {
		struct v4l2_buffer buf = wait_for_frame();
		const struct buffer *buffer = &buffers[buf.index];

		missed += buf.sequence - next;
		next = buf.sequence + 1;
		sync_buffer(buffer, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
		/* This is the place to work with the frame. */
		if (options['k'])
			check_frame(buffer->map, buf.sequence);
		if (options['o'] && i == nr_frames - 1)
			write_frame(buffer->map);
		sync_buffer(buffer, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
		if (i + nr_buffers < nr_frames)
			queue(buf.index);
	}
	if (options['e'] && system(options['e']))
		errx(1, "failed: %s", options['e']);
	call(camera, VIDIOC_STREAMOFF, &type, "the camera does not stop");
	return missed;
}

static void wrong_options(void)
{
	errx(2, "usage: camera [-d DEVICE] [-s WxH] [-r RATE] [-b BUFFERS] [-n FRAMES] %s",
	     "[-c NAME=N] [-o FILE] [-e COMMAND] [--check] HEAP");
}

static void parse(int argc, char **argv)
{
	static const struct option words[] = { { "check", no_argument, NULL, 'k' }, {} };
	int letter;

	options['d'] = "/dev/video0";
	options['s'] = "1920x1080";
	while ((letter = getopt_long(argc, argv, "d:s:r:b:n:c:o:e:", words, NULL)) != -1) {
		if (letter == '?')
			wrong_options();
		options[letter] = letter == 'k' ? "" : optarg;
	}
	nr_buffers = number('b', 4);
	nr_frames = number('n', 4);
	if (optind != argc - 1 || nr_buffers - 1 >= MAX_BUFFERS || !nr_frames ||
	    sscanf(options['s'], "%ux%u", &format.width, &format.height) != 2)
		wrong_options();
}

int main(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned int i, missed, tries = 1;
	char path[64], name[32];
	int heap, value;

	parse(argc, argv);
	camera = open(options['d'], O_RDWR | O_CLOEXEC);
	if (camera < 0)
		err(1, "%s", options['d']);
	set_format();
	if (options['k'])
		expect_squares();
	if (options['c']) {
		if (sscanf(options['c'], "%31[^=]=%d", name, &value) != 2)
			wrong_options();
		set_control(name, value);
	}

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", argv[optind]);
	heap = open(path, O_RDWR | O_CLOEXEC);
	if (heap < 0)
		err(1, "%s", path);
	buffer_size = (format.sizeimage + page - 1) / page * page;
	for (i = 0; i < nr_buffers; i++)
		make_buffer(heap, i);

	missed = capture();
	while (options['k'] && missed && tries++ < CHECK_TRIES)
		missed = capture();
	if (options['k'] && missed)
		errx(1, "frames were missed in each of %u tries", CHECK_TRIES);
	printf("%u frames of %ux%u, %u bytes, in %u buffers of %s; %u frames missed\n", nr_frames,
	       format.width, format.height, format.sizeimage, nr_buffers, path, missed);
	/* The camera and the buffers are released when the program ends. */
	return 0;
}
