// SPDX-License-Identifier: GPL-2.0
/* Prints scenarios, variables and values for people. */
#include "explore.h"

static const char * const op_names[] = {
	[ALLOC] = "alloc order", [EXACT] = "alloc pages", [ALIGNED] = "alloc aligned",
	[WITHIN] = "alloc in a window",
	[ALLOC_BULK] = "alloc bulk of order", [FREE] = "free", [FREE_EXACT] = "free exact",
	[FREE_BULK] = "free bulk of order", [SPLIT] = "split", [TRIM] = "trim",
	[PAGES] = "block_pages", [STATS] = "stats",
	[DRAIN] = "drain", [OFFLINE] = "offline CPU", [AGAIN] = "free again",
	[AGAIN_EXACT] = "free exact again", [AGAIN_BULK] = "free bulk again",
	[AGAIN_SPLIT] = "split and free again", [AGAIN_TRIM] = "trim and free again",
	[WRONG_TRIM] = "MISTAKE: trim pages", [KEEP_MORE] = "MISTAKE: keep pages",
	[WRONG_SPLIT] = "MISTAKE: split pages", [WRONG] = "MISTAKE: free pages",
	[WRONG_PAGE] = "MISTAKE: free page",
};

/* Describe a call.  The text is valid until the next call of this function. */
const char *describe_op(const struct op *op)
{
	static char text[80];
	const char *name = op_names[op->kind];

	switch (op->kind) {
	case ALLOC:
	case EXACT:
		snprintf(text, sizeof(text), "%s %u -> slot %u", name, op->nr, op->slot);
		break;
	case ALIGNED:
		snprintf(text, sizeof(text), "%s pages %u to order %u -> slot %u", name, op->nr,
			 op->extra, op->slot);
		break;
	case WITHIN:
		snprintf(text, sizeof(text), "%s pages %u, %u to %u, order %u, 2^%u%s -> slot %u",
			 name, op->nr, op->low, op->high, op->extra, op->boundary,
			 op->top_down ? ", top down" : "", op->slot);
		break;
	case ALLOC_BULK:
	case FREE_BULK:
		snprintf(text, sizeof(text), "%s %u: slots %u to %u", name, op->nr, op->slot,
			 op->slot + op->extra - 1);
		break;
	case SPLIT:
		snprintf(text, sizeof(text), "%s slot %u -> slots %u ...", name, op->slot,
			 op->extra);
		break;
	case STATS:
	case DRAIN:
		return name;
	case OFFLINE:
		snprintf(text, sizeof(text), "%s %u", name, op->nr);
		break;
	case TRIM:
	case AGAIN_TRIM:
	case WRONG_TRIM:
	case KEEP_MORE:
	case WRONG:
	case WRONG_SPLIT:
		snprintf(text, sizeof(text), "%s %u to %u of slot %u", name, op->extra,
			 op->extra + op->nr - 1, op->slot);
		break;
	case WRONG_PAGE:
		snprintf(text, sizeof(text), "%s %u of slot %u", name, op->extra, op->slot);
		break;
	default:
		snprintf(text, sizeof(text), "%s slot %u", name, op->slot);
	}
	return text;
}

void print_scenario(const struct scenario *scenario)
{
	const struct pfn_range *range;
	const struct op *op;
	unsigned int i;

	for_each_range(range, region)
		printf("  pages %#lx to %#lx\n", range->pfn, range->pfn + range->pages - 1);
	printf("  caches of blocks up to order %u\n", region->cache_order);
	if (scenario->watched)
		printf("  watched, as with track=1\n");
	printf("  before:\n");
	for (op = scenario->setup; op->kind != END; op++)
		printf("    CPU %u: %s\n", op->cpu, describe_op(op));
	for (i = 0; has_program(scenario, i); i++) {
		printf("  %c, on CPU %u%s:\n", 'A' + i, scenario->programs[i].cpu,
		       scenario->programs[i].nmi ? " in an NMI" : "");
		for (op = scenario->programs[i].ops; op->kind != END; op++)
			printf("    %s\n", describe_op(op));
	}
}

static bool is_member(const void *var, const void *member, size_t size)
{
	return (const char *)var - (const char *)member < (ptrdiff_t)size && var >= member;
}

void describe_var(char *text, size_t size, const void *var)
{
	unsigned int cpu;
	size_t i;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		if (is_member(var, pcp->hot.half, sizeof(pcp->hot.half)))
			snprintf(text, size, "CPU %u's half[%d]", cpu, var != pcp->hot.half);
		else if (var == &pcp->hot.tails)
			snprintf(text, size, "CPU %u's pointer to tails", cpu);
		else if (var == &pcp->large)
			snprintf(text, size, "CPU %u's large", cpu);
		else if (is_member(var, pcp, sizeof(*pcp)))
			snprintf(text, size, "CPU %u's %+td", cpu,
				 (const char *)var - (const char *)pcp);
		else
			continue;
		return;
	}
	i = ((const char *)var - (const char *)region->clusters) / sizeof(struct cluster);
	if (i < region->nr_clusters) {
		const struct cluster *cluster = &region->clusters[i];

		snprintf(text, size, "%#lx's %s", cluster_pfn(cluster),
			 var == &cluster->pcp_cpu ? "pcp_cpu" :
			 cluster->state == CLUSTER_SPLIT ? "tails" : "block word");
		return;
	}
	snprintf(text, size, "%p", var);
}

void describe_value(char *text, size_t size, const void *var, u64 value)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct pcp *pcp = per_cpu_ptr(region->pcp, cpu);

		if (var == &pcp->hot.tails) {
			describe_var(text, size, (void *)(unsigned long)value);
			return;
		}
		if (var == &pcp->large && value & LARGE_BLOCKS) {
			snprintf(text, size, "order %u, lowest %#lx, %#llx",
				 large_order(value), large_pfn(value, large_order(value)),
				 value & LARGE_BLOCKS);
			return;
		}
		if (is_member(var, pcp->hot.half, sizeof(pcp->hot.half))) {
			if (value == NO_HALF(var != pcp->hot.half))
				snprintf(text, size, "no cluster");
			else
				snprintf(text, size, "%#llx:%08x",
					 value >> HALF_PAGES << HALF_ORDER, (u32)value);
			return;
		}
	}
	snprintf(text, size, "%#llx", value);
}
