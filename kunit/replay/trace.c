// SPDX-License-Identifier: GPL-2.0
/* Reads a recording (kunit/replay/traces/README.md), checks it and finds its peak. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "replay.h"

unsigned long replay_checked;

/* Parse a letter and numbers, separated by blanks.  Return how many numbers; 0 on error. */
static unsigned int parse_line(struct op *op, char *line)
{
	char *kind = strsep(&line, " ");
	unsigned int args;

	for (args = 0; line && args < ARRAY_SIZE(op->arg); args++)
		if (kstrtou32(strsep(&line, " "), 10, &op->arg[args]))
			return 0;
	op->kind = kind[0];
	return line || kind[1] ? 0 : args;
}

/* Parse the lines of @text into the operations of @trace. */
static int parse(struct trace *trace, char *text)
{
	unsigned long line_nr = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct op *op = &trace->ops[trace->nr];
		unsigned int args;

		line_nr++;
		if (!*line || *line == '#')
			continue;
		args = parse_line(op, line);
		/* A recording of pools begins with the creation of a pool. */
		if (!trace->format)
			trace->format = op->kind == 'C' ? &pools_format : &pages_format;
		if (!args || args != trace->format->args(op->kind)) {
			pr_err("%s:%lu: this is no operation, see kunit/replay/traces/README.md\n",
			       trace->path, line_nr);
			return -EINVAL;
		}
		trace->slots = max(trace->slots, trace->format->highest(op) + 1UL);
		trace->nr++;
	}
	if (!trace->nr) {
		pr_err("%s: there is no operation in it\n", trace->path);
		return -EINVAL;
	}
	/* Each slot needs an operation that fills it: there cannot be more slots. */
	if (trace->slots > trace->nr) {
		pr_err("%s: slot %lu cannot be in a trace of %lu operations\n",
		       trace->path, trace->slots - 1, trace->nr);
		return -EINVAL;
	}
	return 0;
}

/* Follow the whole recording, to refuse a wrong one before anything is allocated. */
static int find_peak(struct trace *trace)
{
	unsigned long i;

	for (i = 0; i < trace->nr; i++) {
		const struct op *op = &trace->ops[i];
		long weight = trace->format->weigh(op);

		if (weight < 0) {
			pr_err("%s: operation %lu, '%c %u', does not fit what went before\n",
			       trace->path, i + 1, op->kind, op->arg[0]);
			return weight;
		}
		if (weight > trace->peak) {
			trace->peak = weight;
			trace->peak_at = i + 1;
		}
	}
	return 0;
}

/* Parse @size bytes of @text, which is changed. */
static int trace_parse(struct trace *trace, char *text, size_t size)
{
	size_t lines = 1, i;
	int err;

	if (text[size - 1] != '\n' || memchr(text, '\0', size)) {
		pr_err("%s: not a text of whole lines\n", trace->path);
		return -EINVAL;
	}
	for (i = 0; i < size; i++)
		lines += text[i] == '\n';
	text[size - 1] = '\0';
	trace->ops = vcalloc(lines, sizeof(*trace->ops));
	err = trace->ops ? parse(trace, text) : -ENOMEM;
	if (!err)
		err = trace->format->start(trace->slots);
	if (!err) {
		err = find_peak(trace);
		trace->format->stop();
	}
	if (err)
		trace_free(trace);
	return err;
}

/*
 * Read @file into *@text, which the caller frees by vfree().  Return its size.  Not by
 * kernel_read_file(): security modules warn of a purpose that they do not know.
 */
static ssize_t read_text(struct file *file, char **text)
{
	loff_t size = i_size_read(file_inode(file)), pos = 0;
	ssize_t len = 0;

	if (!S_ISREG(file_inode(file)->i_mode) || !size)
		return -EINVAL;
	if (size > INT_MAX)
		return -EFBIG;
	*text = vmalloc(size);
	if (!*text)
		return -ENOMEM;
	while (pos < size) {
		len = kernel_read(file, *text + pos, size - pos, &pos);
		if (len <= 0)
			break;
	}
	return len < 0 ? len : pos;
}

/* Read the file @trace->path into @trace; the caller calls trace_free() later. */
int trace_read(struct trace *trace)
{
	struct file *file;
	char *text = NULL;
	ssize_t len;
	int err;

	if (!trace->path) {
		pr_err("trace= is missing, the path of a trace\n");
		return -EINVAL;
	}
	file = filp_open(trace->path, O_RDONLY, 0);
	len = PTR_ERR_OR_ZERO(file);
	if (!len) {
		len = read_text(file, &text);
		filp_close(file, NULL);
	}
	if (len <= 0) {
		pr_err("trace=%s: cannot be read, error %zd\n", trace->path, len);
		err = len ?: -EINVAL;
	} else {
		err = trace_parse(trace, text, len);
	}
	vfree(text);
	return err;
}

void trace_free(struct trace *trace)
{
	vfree(trace->ops);
}
