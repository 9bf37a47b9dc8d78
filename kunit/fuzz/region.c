// SPDX-License-Identifier: GPL-2.0
/*
 * The region of the fuzzer, and stand-ins for the files of the module that are not
 * compiled.  In a watched region, a free page is poisoned, and an allocation can fail on
 * demand; in one that is not, the inline paths of the page layer are used.
 */
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <sys/mman.h>

#include "fuzz.h"

#define BASE		0x10000UL	/* a pfn; nothing needs a larger alignment */
#define SPARE		64UL		/* pages that are no part of the region */

struct buddy_region *region;
cpu_callback cpu_dead;
bool buddy_watched;
bool nmi;
bool verbose;

static struct pfn_range range;
static struct buddy_stats fresh;
static u64 fresh_nonempty;
static u8 *memory;		/* what is mapped at BASE */
static unsigned int fail_in;
static bool failed;

__printf(1, 2) void fault(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("FAULT: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

__printf(1, 2) void note_op(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

bool in_nmi(void)
{
	return nmi;
}

bool is_poisoned(const void *addr)
{
#ifdef SANITIZE
	return __asan_address_is_poisoned(addr);
#else
	return false;
#endif
}

/* --- pool/kasan.c, for the sanitizer --- */

#ifdef CONFIG_KASAN_GENERIC
void mp_poison(const void *from, const void *to)
{
	const void *start = PTR_ALIGN(from, POOL_GRANULE);

	if (start < to)
		ASAN_POISON_MEMORY_REGION(start, to - start);
}

void mp_unpoison(const void *object, size_t size)
{
	ASAN_UNPOISON_MEMORY_REGION(object, size);
}

void mp_kasan_add(const struct mp_pool *pool, const void *addr, unsigned long pages)
{
}

void mp_kasan_remove(const void *addr)
{
}
#endif

/* --- files of the page layer --- */

bool buddy_should_fail(unsigned long nr)
{
	if (!fail_in || --fail_in)
		return false;
	failed = true;
	return true;
}

void buddy_page_owner_set(struct buddy_region *watched, unsigned long pfn, unsigned long nr)
{
}

void buddy_page_owner_trim(struct buddy_region *watched, unsigned long pfn, unsigned long first,
			   unsigned long keep)
{
}

void buddy_page_owner_split(struct buddy_region *watched, unsigned long pfn, unsigned long nr)
{
}

void buddy_page_owner_reset(struct buddy_region *watched, unsigned long pfn)
{
}

void buddy_page_poison_check(struct buddy_region *watched, unsigned long pfn,
			     unsigned long nr)
{
	ASAN_UNPOISON_MEMORY_REGION(memory + ((pfn - BASE) << PAGE_SHIFT), nr << PAGE_SHIFT);
}

void buddy_page_poison_fill(struct buddy_region *watched, unsigned long pfn,
			    unsigned long nr)
{
	ASAN_POISON_MEMORY_REGION(memory + ((pfn - BASE) << PAGE_SHIFT), nr << PAGE_SHIFT);
}

struct buddy_region *buddy_region_find(unsigned long pfn, const void *addr)
{
	return NULL;
}

bool buddy_region_is_callers(const struct buddy_region *unused)
{
	return true;
}

/* --- the region --- */

static void map_memory(void)
{
	size_t size = (MAX_PAGES + SPARE) << PAGE_SHIFT, align = SPARE << PAGE_SHIFT;
	u8 *map = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		fault("no memory for the region");
	memory = PTR_ALIGN(map, align);
	buddy_hotplug_init();
}

void region_make(unsigned long pages, unsigned int offset, bool watched)
{
	if (!memory)
		map_memory();
	region = aligned_alloc(64, sizeof(*region));
	memset(region, 0, sizeof(*region));
	range = (struct pfn_range){
		.pfn = BASE + offset, .pages = pages,
	};
	region->ranges = &range;
	region->nr_ranges = 1;
	region->nr_clusters = range_clusters(&range);
	region->clusters = calloc(1, buddy_metadata_bytes(region->nr_clusters));
	region->hot.virt_offset = (unsigned long)memory - (BASE << PAGE_SHIFT);
	region->hot.mapped = true;
	buddy_free_area_init(region);
	buddy_pcp_init(region);
	buddy_watched = watched;
	fresh = region->stats;
	fresh_nonempty = region->nonempty;
	fail_in = 0;
	failed = false;
	if (watched)
		buddy_page_poison_fill(region, range.pfn, range.pages);
}

void region_destroy(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_pcp_drain(region);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	if (region->stats.free_pages != range.pages)
		fault("%lu pages are not free", range.pages - region->stats.free_pages);
	if (memcmp(region->stats.nr_free, fresh.nr_free, sizeof(fresh.nr_free)) ||
	    region->nonempty != fresh_nonempty)
		fault("the region is free, but not as it was at first");
	buddy_page_poison_check(region, range.pfn, range.pages);
	buddy_pcp_exit(region);
	free(region->clusters);
	free(region);
	region = NULL;
}

unsigned long region_used(void)
{
	struct buddy_stats stats = {
		.pages = range.pages, .free_pages = region->stats.free_pages,
	};
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_pcp_add_free(region, &stats);
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return range.pages - stats.free_pages;
}

int region_largest(void)
{
	int order = BUDDY_NR_ORDERS - 1;

	while (order >= 0 && !region->stats.nr_free[order])
		order--;
	return order;
}

void fail_after(unsigned int n)
{
	fail_in = buddy_watched ? n : 0;
}

bool has_failed(void)
{
	bool has = failed;

	failed = false;
	return has;
}
