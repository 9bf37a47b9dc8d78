// SPDX-License-Identifier: GPL-2.0
/* Reads a recorded trace (kunit/traces/README.md) and follows it once. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel_read_file.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "replay.h"

unsigned long replay_checked;

/* Read the lines of @text into @trace's operations. */
static int parse(struct trace *trace, char *text)
{
	unsigned long line_nr = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct op *op = &trace->ops[trace->nr];
		int args;

		line_nr++;
		if (!*line || *line == '#')
			continue;
		args = sscanf(line, "%c %u %u %u", &op->kind, &op->arg[0],
			      &op->arg[1], &op->arg[2]) - 1;
		/* Only a pool trace creates pools, and it begins with that. */
		if (!trace->format)
			trace->format = op->kind == 'C' ? &pools_format : &pages_format;
		if (args < 1 || args != trace->format->args(op->kind)) {
			pr_err("%s:%lu: '%s' is no operation, see kunit/traces/README.md\n",
			       trace->path, line_nr, line);
			return -EINVAL;
		}
		trace->slots = max(trace->slots, trace->format->highest(op) + 1UL);
		trace->nr++;
	}
	/* A slot is filled by an operation of its own: there are no more slots. */
	if (trace->slots > trace->nr) {
		pr_err("%s: slot %lu cannot be in a trace of %lu operations\n",
		       trace->path, trace->slots - 1, trace->nr);
		return -EINVAL;
	}
	return trace->nr ? 0 : -EINVAL;
}

/* Follow the whole trace once: refuse a wrong one before anything is done. */
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

/* Fill @trace in from its path; trace_free() it later. */
int trace_read(struct trace *trace)
{
	size_t size = 0, lines = 1, i;
	void *text = NULL;
	ssize_t len;
	int err;

	if (!trace->path) {
		pr_err("trace= is missing, the path of a trace\n");
		return -EINVAL;
	}
	len = kernel_read_file_from_path(trace->path, 0, &text, INT_MAX, &size,
					 READING_UNKNOWN);
	if (len <= 0) {
		pr_err("trace=%s: cannot be read, error %zd\n", trace->path, len);
		return len ?: -EINVAL;
	}
	for (i = 0; i < size; i++)
		lines += ((char *)text)[i] == '\n';
	((char *)text)[size - 1] = '\0';
	trace->ops = vcalloc(lines, sizeof(*trace->ops));
	err = trace->ops ? parse(trace, text) : -ENOMEM;
	vfree(text);
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

void trace_free(struct trace *trace)
{
	vfree(trace->ops);
}
