// SPDX-License-Identifier: GPL-2.0
/* Split and merge, order by order, counted in the free lists. */
#include <linux/module.h>

#include "common.h"

/* One block of each order out of a fresh region: a half stays at every step. */
static void freelist_test_split_order_by_order(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, BIT(12));
	struct buddy_stats *fresh = test_stats(test, region);
	unsigned int order, o;

	KUNIT_ASSERT_EQ(test, fresh->max_order, 12U);
	for (order = 0; order <= 12; order++) {
		unsigned long pfn = buddy_alloc_pfn(region, order, 0);
		struct buddy_stats *stats = test_stats(test, region);

		KUNIT_ASSERT_NE(test, pfn, BUDDY_NO_PFN);
		KUNIT_EXPECT_EQ(test, pfn % BIT(order), 0UL);
		for (o = 0; o <= 12; o++)
			KUNIT_EXPECT_EQ(test, stats->nr_free[o],
					(unsigned long)(o >= order && o < 12));
		KUNIT_EXPECT_EQ(test, buddy_block_pages(region, pfn), BIT(order));
		check_region(test, region);
		buddy_free_pfn(region, pfn, order);
		expect_all_free(test, region, fresh);
	}
}

static struct kunit_case freelist_cases[] = {
	KUNIT_CASE(freelist_test_split_order_by_order),
	{}
};

static struct kunit_suite freelist_suite = {
	.name = "freelist",
	.test_cases = freelist_cases,
};
kunit_test_suite(freelist_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: freelist");
MODULE_LICENSE("GPL");
