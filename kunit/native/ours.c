// SPDX-License-Identifier: GPL-2.0
/* This project's page layer as a subject. */
#include "pcp.h"

#include "loop.h"

#define FIRST_PFN	0x100000UL	/* a multiple of all blocks' sizes */

bool buddy_watched;
cpu_callback cpu_dead;
unsigned int native_cpus = 1;
__thread unsigned int native_cpu;

/* --- what the page layer's other files would do --- */

bool buddy_should_fail(unsigned long nr)
{
	return false;
}

void buddy_page_owner_set(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
}

void buddy_page_owner_split(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
}

void buddy_page_owner_trim(struct buddy_region *region, unsigned long pfn, unsigned long first,
			   unsigned long keep)
{
}

void buddy_page_owner_reset(struct buddy_region *region, unsigned long pfn)
{
}

void buddy_page_poison_check(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
}

void buddy_page_poison_fill(struct buddy_region *region, unsigned long pfn, unsigned long nr)
{
}

struct buddy_region *buddy_region_find(unsigned long pfn, const void *addr)
{
	return NULL;
}

bool buddy_region_is_callers(const struct buddy_region *region)
{
	return true;
}

/* --- the subject --- */

static void *create(unsigned long nr_pages)
{
	struct buddy_region *region = aligned_alloc(64, round_up(sizeof(*region), 64));
	struct pfn_range *range = malloc(sizeof(*range));
	size_t bytes;

	*range = (struct pfn_range){ .pfn = FIRST_PFN, .pages = nr_pages };
	memset(region, 0, sizeof(*region));
	region->ranges = range;
	region->nr_ranges = 1;
	region->nr_clusters = range_clusters(range);
	bytes = round_up(buddy_metadata_bytes(region->nr_clusters), PAGE_SIZE);
	region->clusters = memset(aligned_alloc(PAGE_SIZE, bytes), 0, bytes);
	buddy_hotplug_init();
	buddy_free_area_init(region);
	buddy_pcp_init(region);
	return region;
}

static void destroy(void *from)
{
	struct buddy_region *region = from;

	buddy_pcp_exit(region);
	free(region->clusters);
	free(region->ranges);
	free(region);
}

static unsigned long alloc(void *region, unsigned long nr_pages)
{
	if (is_power_of_2(nr_pages))
		return buddy_alloc_pfn(region, ilog2(nr_pages), __GFP_NOWARN);
	return buddy_alloc_pfn_exact(region, nr_pages, __GFP_NOWARN);
}

static void ours_free(void *region, unsigned long pfn, unsigned long nr_pages)
{
	if (is_power_of_2(nr_pages))
		buddy_free_pfn(region, pfn, ilog2(nr_pages));
	else
		buddy_free_pfn_exact(region, pfn, nr_pages);
}

static unsigned long first(unsigned long pfn)
{
	return pfn - FIRST_PFN;
}

static unsigned long within(void *region, unsigned long nr_pages, const struct place *place)
{
	struct buddy_window window = {
		.low = PFN_PHYS(FIRST_PFN + place->low),
		.high = place->high ? PFN_PHYS(FIRST_PFN + place->high) - 1 : 0,
		.align_order = place->align_order,
		.top_down = place->top_down,
	};

	if (!place->low && !place->high && !place->top_down)
		return buddy_alloc_pfn_aligned(region, nr_pages, place->align_order, __GFP_NOWARN);
	return buddy_alloc_pfn_within(region, nr_pages, &window, __GFP_NOWARN);
}

static __always_inline unsigned long alloc_order(void *region, unsigned int order)
{
	return buddy_alloc_pfn(region, order, __GFP_NOWARN);
}

static __always_inline void free_order(void *region, unsigned long pfn, unsigned int order)
{
	buddy_free_pfn(region, pfn, order);
}

static void loop(struct thread *thread)
{
	thread_loop(thread, alloc_order, free_order);
}

const struct subject ours = {
	"buddypool", create, destroy, alloc, ours_free, first, within, true, loop
};

/* --- its calls for many blocks --- */

static __always_inline void alloc_bulk(void *region, unsigned int order, unsigned int nr,
				       unsigned long *pfns)
{
	buddy_alloc_bulk(region, order, nr, pfns, __GFP_NOWARN);
}

static __always_inline void free_bulk(void *region, unsigned int order, unsigned int nr,
				      const unsigned long *pfns)
{
	buddy_free_bulk(region, order, nr, pfns);
}

static void loop_by_many(struct thread *thread)
{
	thread_loop_calls(thread, (struct calls){
		.alloc = alloc_order, .free = free_order,
		.alloc_bulk = alloc_bulk, .free_bulk = free_bulk,
	});
}

const struct subject ours_bulk = {
	.name = "buddypool by 64", .create = create, .destroy = destroy, .alloc = alloc,
	.free = ours_free, .loop = loop_by_many,
};
