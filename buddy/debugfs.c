// SPDX-License-Identifier: GPL-2.0
/*
 * The state of the regions as text, under /sys/kernel/debug/buddypool.
 *
 * Everything here reads and decides nothing; but for the longest run, free_area makes the
 * CPUs give up what they cache.  Counters are one copy under the region's lock; the map
 * takes the lock anew for each line of clusters.  The
 * formats are described in Documentation/debugfs.rst.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "compat.h"
#include "pcp.h"
#include "watch.h"

#define MAP_COLUMNS	64
#define MAP_SHORT_LINES	16

static struct dentry *root;

/* Files that other parts of the module have in each region's folder. */
static struct {
	const char *name;
	const struct file_operations *fops;
} more_files[2];

static int with_stats(struct seq_file *m,
		      void (*show)(struct seq_file *m, const char *name,
				   const struct buddy_stats *stats))
{
	struct buddy_region *region = m->private;
	struct buddy_stats *stats = kmalloc(sizeof(*stats), GFP_KERNEL);

	if (!stats)
		return -ENOMEM;
	buddy_region_stats(region, stats);
	show(m, region->name, stats);
	kfree(stats);
	return 0;
}

static void show_free_area(struct seq_file *m, const char *name,
			   const struct buddy_stats *stats)
{
	unsigned long used = stats->pages - stats->free_pages;
	unsigned int order;

	seq_puts(m, "order    size  free_blocks        free_bytes\n");
	for (order = 0; order <= stats->max_order; order++) {
		unsigned int shift = PAGE_SHIFT + order, unit = shift / 10;

		seq_printf(m, "%5u  %5lu%c  %11lu  %16llu\n", order,
			   BIT(shift % 10), "BKMGTPE"[unit], stats->nr_free[order],
			   (u64)stats->nr_free[order] << shift);
	}
	seq_printf(m, " free  %25llu\n", (u64)stats->free_pages << PAGE_SHIFT);
	seq_printf(m, " used  %25llu\n", (u64)used << PAGE_SHIFT);
	seq_printf(m, "total  %25llu\n", (u64)stats->pages << PAGE_SHIFT);
}

static int free_area_show(struct seq_file *m, void *unused)
{
	unsigned long longest = buddy_region_largest(m->private);
	int err = with_stats(m, show_free_area);

	if (!err)
		seq_printf(m, "longest run  %19llu\n", (u64)longest << PAGE_SHIFT);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(free_area);

static void show_zone(struct seq_file *m, const char *name)
{
	seq_printf(m, "Node %d, zone %8s ", 0, name);
}

static void show_buddyinfo(struct seq_file *m, const char *name,
			   const struct buddy_stats *stats)
{
	unsigned int order;

	show_zone(m, name);
	for (order = 0; order <= stats->max_order; order++)
		seq_printf(m, "%6lu ", stats->nr_free[order]);
	seq_putc(m, '\n');
}

static int buddyinfo_show(struct seq_file *m, void *unused)
{
	return with_stats(m, show_buddyinfo);
}
DEFINE_SHOW_ATTRIBUTE(buddyinfo);

/* The number of blocks of @order that the free memory could be cut into. */
static unsigned long suitable(const struct buddy_stats *stats,
			      unsigned int order)
{
	unsigned long blocks = 0;
	unsigned int o;

	for (o = order; o <= stats->max_order; o++)
		blocks += stats->nr_free[o] << (o - order);
	return blocks;
}

/* The share of the free memory that a request of an order cannot use, in thousandths. */
static void show_unusable(struct seq_file *m, const char *name,
			  const struct buddy_stats *stats)
{
	unsigned long free = stats->free_pages, unusable;
	unsigned int order, index;

	show_zone(m, name);
	for (order = 0; order <= stats->max_order; order++) {
		unusable = free - (suitable(stats, order) << order);
		index = free ? div64_u64(unusable * 1000ULL, free) : 1000;
		seq_printf(m, "%d.%03d ", index / 1000, index % 1000);
	}
	seq_putc(m, '\n');
}

static int unusable_index_show(struct seq_file *m, void *unused)
{
	return with_stats(m, show_unusable);
}
DEFINE_SHOW_ATTRIBUTE(unusable_index);

/*
 * The reason why a request of an order fails: near 0 it is a lack of memory, near 1000
 * fragmentation; -1000 if the request does not fail.
 */
static int extfrag(const struct buddy_stats *stats, unsigned int order)
{
	unsigned long blocks = 0;
	unsigned int o;

	for (o = 0; o <= stats->max_order; o++)
		blocks += stats->nr_free[o];
	if (!blocks)
		return 0;
	if (suitable(stats, order))
		return -1000;
	return 1000 - (int)div64_u64(1000 + (stats->free_pages * 1000ULL >> order),
				     blocks);
}

static void show_extfrag(struct seq_file *m, const char *name,
			 const struct buddy_stats *stats)
{
	unsigned int order;

	show_zone(m, name);
	for (order = 0; order <= stats->max_order; order++) {
		int index = extfrag(stats, order);

		seq_printf(m, "%c%d.%03d ", index < 0 ? '-' : ' ',
			   abs(index) / 1000, abs(index) % 1000);
	}
	seq_putc(m, '\n');
}

static int extfrag_index_show(struct seq_file *m, void *unused)
{
	return with_stats(m, show_extfrag);
}
DEFINE_SHOW_ATTRIBUTE(extfrag_index);

static const char * const error_names[BUDDY_NR_ERRORS] = {
	[BUDDY_DOUBLE_FREE] = "double_free",
	[BUDDY_NOT_A_HEAD] = "not_a_head",
	[BUDDY_WRONG_SIZE] = "wrong_size",
	[BUDDY_OUTSIDE] = "outside",
	[BUDDY_WRONG_REGION] = "wrong_region",
	[BUDDY_MISALIGNED] = "misaligned",
	[BUDDY_UNMAPPED] = "unmapped",
	[BUDDY_NO_PAGES] = "no_pages",
	[BUDDY_WRITE_AFTER_FREE] = "write_after_free",
	[BUDDY_ZONE] = "zone",
	[BUDDY_IN_NMI] = "in_nmi",
	[BUDDY_WINDOW] = "window",
	[BUDDY_PART] = "part",
};

static void show_stats(struct seq_file *m, const char *name,
		       const struct buddy_stats *stats)
{
	unsigned int i;

	seq_printf(m, "pages_total   %20lu\n", stats->pages);
	seq_printf(m, "pages_used    %20lu\n", stats->pages - stats->free_pages);
	seq_printf(m, "pages_peak    %20lu\n", stats->peak_pages);
	seq_printf(m, "splits        %20llu\n", stats->splits);
	seq_printf(m, "merges        %20llu\n", stats->merges);
	seq_printf(m, "locked        %20llu\n", stats->locked);
	for (i = 0; i < BUDDY_NR_ERRORS; i++)
		seq_printf(m, "error %-16s %11lu\n", error_names[i], stats->errors[i]);
	seq_puts(m, "order               allocs                frees                fails\n");
	for (i = 0; i < BUDDY_NR_ORDERS; i++)
		if (i <= stats->max_order || stats->allocs[i] || stats->fails[i])
			seq_printf(m, "%5u %20llu %20llu %20llu\n", i, stats->allocs[i],
				   stats->frees[i], stats->fails[i]);
}

static int stats_show(struct seq_file *m, void *unused)
{
	return with_stats(m, show_stats);
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* --- pcp: a line per CPU --- */

static int pcp_show(struct seq_file *m, void *unused)
{
	struct buddy_region *region = m->private;
	unsigned int cpu;

	seq_puts(m, "cpu        cluster  free_pages  large_order  large_blocks        refills         drains\n");
	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);
		unsigned int pages = 0;
		unsigned long flags;
		u64 address = 0, large, refills, drains;

		raw_spin_lock_irqsave(&region->lock, flags);
		if (pcp->cluster) {
			address = PFN_PHYS(cluster_pfn(pcp->cluster));
			pages = hweight64(cluster_free(region, pcp->cluster));
		}
		large = atomic64_read(&pcp->large);
		refills = pcp->refills;
		drains = pcp->drains;
		raw_spin_unlock_irqrestore(&region->lock, flags);

		seq_printf(m, "%3u ", cpu);
		if (pages || address)
			seq_printf(m, "%#014llx  %10u", address, pages);
		else
			seq_printf(m, "%14s  %10s", "-", "-");
		if (large_nr(large))
			seq_printf(m, "  %11u  %12u", large_order(large), large_nr(large));
		else
			seq_printf(m, "  %11s  %12s", "-", "-");
		seq_printf(m, "  %13llu  %13llu\n", refills, drains);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pcp);

/* --- map: a character per cluster, MAP_COLUMNS of them a line --- */

/*
 * How many pages of a cluster are in use; its block begins with @first.  @all becomes the
 * number of pages that the range has of the cluster.
 */
static unsigned int cluster_used(struct buddy_region *region,
				 const struct pfn_range *range, struct cluster *cluster,
				 const struct cluster *first, unsigned int *all)
{
	*all = hweight64(range_pages(range, cluster));
	if (first->state == CLUSTER_FREE)
		return 0;
	if (first->state == CLUSTER_USED)
		return block_pages(first) ? *all : 0;
	if (first->state == CLUSTER_PART)
		return *all;
	return *all - hweight64(cluster_free(region, cluster));
}

static char eighths(unsigned long used, unsigned long all)
{
	if (used == all)
		return '#';
	return used ? '0' + DIV_ROUND_UP(used * 8, all) : '.';
}

static char map_char(struct buddy_region *region, const struct pfn_range *range,
		     struct cluster *cluster)
{
	const struct cluster *first = buddy_first_cluster(region, range, cluster);
	unsigned int all, used = cluster_used(region, range, cluster, first, &all);

	if (first->state == CLUSTER_USED || first->state == CLUSTER_PART)
		return used ? '=' : '.';
	return eighths(used, all);
}

static unsigned long range_lines(const struct pfn_range *range)
{
	return DIV_ROUND_UP(range_clusters(range), MAP_COLUMNS);
}

/* Line @nr of a range as text; the region is locked for this line only. */
static void map_line(struct buddy_region *region, const struct pfn_range *range,
		     unsigned long nr, char text[MAP_COLUMNS + 1])
{
	unsigned long first = nr * MAP_COLUMNS, i, flags;
	unsigned long columns = min_t(unsigned long, MAP_COLUMNS,
				      range_clusters(range) - first);

	raw_spin_lock_irqsave(&region->lock, flags);
	for (i = 0; i < columns; i++)
		text[i] = map_char(region, range,
				   &region->clusters[range->first + first + i]);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	text[columns] = '\0';
}

/* The range of line @line of the whole map; @line becomes the line in the range. */
static const struct pfn_range *map_range(const struct buddy_region *region,
					 unsigned long *line)
{
	const struct pfn_range *range;

	for_each_range(range, region) {
		if (*line < range_lines(range))
			return range;
		*line -= range_lines(range);
	}
	return NULL;
}

/* seq_file positions: 0 is the legend, then one per line. */
static void *map_start(struct seq_file *m, loff_t *pos)
{
	struct buddy_region *region = m->private;
	unsigned long line = *pos - 1;

	if (*pos && !map_range(region, &line))
		return NULL;
	return pos;
}

static void *map_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return map_start(m, pos);
}

static void map_stop(struct seq_file *m, void *v)
{
}

static int map_show(struct seq_file *m, void *v)
{
	char text[MAP_COLUMNS + 1], above[MAP_COLUMNS + 1], before[MAP_COLUMNS + 1];
	struct buddy_region *region = m->private;
	loff_t pos = *(loff_t *)v;
	unsigned long line = pos - 1;
	const struct pfn_range *range;

	if (!pos) {
		seq_printf(m, "# %lu KiB a character: . free  1-8 eighths in use  # full  = part of a larger block\n",
			   PAGE_SIZE << CLUSTER_ORDER >> 10);
		seq_puts(m, "# a line of * stands for more lines like the one above\n");
		return 0;
	}
	range = map_range(region, &line);
	map_line(region, range, line, text);
	if (line && line + 1 < range_lines(range)) {
		map_line(region, range, line - 1, above);
		if (!strcmp(text, above)) {
			if (line > 1)
				map_line(region, range, line - 2, before);
			if (line == 1 || strcmp(above, before))
				seq_puts(m, "*\n");
			return 0;
		}
	}
	seq_printf(m, "%#014llx %s\n",
		   (u64)((range->pfn >> CLUSTER_ORDER) + line * MAP_COLUMNS)
		   << (CLUSTER_ORDER + PAGE_SHIFT), text);
	return 0;
}

static const struct seq_operations map_sops = {
	.start = map_start,
	.next = map_next,
	.stop = map_stop,
	.show = map_show,
};
DEFINE_SEQ_ATTRIBUTE(map);

/* --- map_short: the whole region in MAP_SHORT_LINES lines --- */

/* Add up clusters from the @first one of a range; the region is locked for these only. */
static void add_clusters(struct buddy_region *region, const struct pfn_range *range,
			 unsigned long first, unsigned long nr,
			 unsigned long *used, unsigned long *all)
{
	struct cluster *cluster = &region->clusters[range->first + first];
	unsigned long flags;
	unsigned int pages;

	raw_spin_lock_irqsave(&region->lock, flags);
	for (; nr; nr--, cluster++) {
		*used += cluster_used(region, range, cluster,
				      buddy_first_cluster(region, range, cluster), &pages);
		*all += pages;
	}
	raw_spin_unlock_irqrestore(&region->lock, flags);
	cond_resched();
}

/* The ranges follow each other without a gap, also within a character. */
static int map_short_show(struct seq_file *m, void *unused)
{
	unsigned long clusters = 0, done = 0, used = 0, all = 0, each, nr, i;
	struct buddy_region *region = m->private;
	const struct pfn_range *range;

	for_each_range(range, region)
		clusters += range_clusters(range);
	each = roundup_pow_of_two(DIV_ROUND_UP(clusters, MAP_SHORT_LINES * MAP_COLUMNS));
	seq_printf(m, "# %lu KiB a character: . free  1-8 eighths in use  # full\n",
		   PAGE_SIZE * each << CLUSTER_ORDER >> 10);

	for_each_range(range, region) {
		for (i = 0; i < range_clusters(range); i += nr) {
			if (done % (each * MAP_COLUMNS) == 0)
				seq_printf(m, "%s%#014llx ", done ? "\n" : "",
					   (u64)((range->pfn >> CLUSTER_ORDER) + i)
					   << (CLUSTER_ORDER + PAGE_SHIFT));
			nr = min3(each - done % each, range_clusters(range) - i,
				  (unsigned long)MAP_COLUMNS);
			add_clusters(region, range, i, nr, &used, &all);
			done += nr;
			if (done % each == 0 || done == clusters) {
				seq_putc(m, eighths(used, all));
				used = 0;
				all = 0;
			}
		}
	}
	seq_putc(m, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map_short);

static int owners_show(struct seq_file *m, void *unused)
{
	return buddy_page_owner_show(m, m->private);
}
DEFINE_SHOW_ATTRIBUTE(owners);

/* --- regions: a line each --- */

static void show_region(struct buddy_region *region, void *data)
{
	static const char * const origins[] = {
		[ORIGIN_CALLER] = "caller",
		[ORIGIN_RESERVED] = "reserved",
		[ORIGIN_KERNEL] = "kernel",
		[ORIGIN_NODE] = "dt-node",
	};
	const struct pfn_range *last = &region->ranges[region->nr_ranges - 1];

	seq_printf(data, "%-16s %#014llx %#014llx %10lu %6u %6s %-8s %5u\n",
		   region->name, (u64)PFN_PHYS(region->ranges->pfn),
		   (u64)PFN_PHYS(last->pfn + last->pages) - 1,
		   region->stats.pages, region->nr_ranges,
		   region->hot.mapped ? "yes" : "no", origins[region->origin],
		   refcount_read(&region->refcount) - 1);
}

static int regions_show(struct seq_file *m, void *unused)
{
	seq_puts(m, "name             first          last                pages ranges mapped origin    refs\n");
	buddy_regions_for_each(show_region, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regions);

static int bad_calls_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%d\n", atomic_read(&buddy_bad_calls));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bad_calls);

void buddy_debugfs_add_file(const char *name, const struct file_operations *fops)
{
	unsigned int i = more_files[0].name ? 1 : 0;

	more_files[i].name = name;
	more_files[i].fops = fops;
}

void buddy_debugfs_add(struct buddy_region *region)
{
	struct dentry *dir = debugfs_create_dir(region->name, root);
	unsigned int i;

	region->dir = dir;
	debugfs_create_file("free_area", 0444, dir, region, &free_area_fops);
	debugfs_create_file("buddyinfo", 0444, dir, region, &buddyinfo_fops);
	debugfs_create_file("unusable_index", 0444, dir, region, &unusable_index_fops);
	debugfs_create_file("extfrag_index", 0444, dir, region, &extfrag_index_fops);
	debugfs_create_file("map", 0444, dir, region, &map_fops);
	debugfs_create_file("map_short", 0444, dir, region, &map_short_fops);
	debugfs_create_file("stats", 0444, dir, region, &stats_fops);
	debugfs_create_file("pcp", 0444, dir, region, &pcp_fops);
	debugfs_create_file("owners", 0444, dir, region, &owners_fops);
	for (i = 0; i < ARRAY_SIZE(more_files) && more_files[i].name; i++)
		debugfs_create_file(more_files[i].name, 0444, dir, region, more_files[i].fops);
}

void buddy_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("regions", 0444, root, NULL, &regions_fops);
	debugfs_create_file("bad_calls", 0444, root, NULL, &bad_calls_fops);
#ifdef CONFIG_FAULT_INJECTION
	fault_create_debugfs_attr("fail_page", root, &buddy_fail_page);
#endif
}

void buddy_debugfs_exit(void)
{
	debugfs_remove(root);
#ifdef CONFIG_FAULT_INJECTION
	fault_put_debugfs_attr(&buddy_fail_page);
#endif
}
