// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of looks at memory blocks: which could be set offline. What it
 * takes real programs to make, such as pages pinned for I/O and pools of huge
 * pages, is looked at in the lab.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "host.h"

#define NR_BLOCKS	2

static bool can_go(unsigned long start, struct hvb_scan *block)
{
	return hvb_scan_block(start, block_pages(), 0, block_pages(), block);
}

/* Free pages of a pool of huge pages look like that. */
static void pages_without_a_reference_can_be_somebody_s(struct kunit *test)
{
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };
	struct host *host = host_connected(test);
	struct hvb_scan block;
	struct page *page;
	unsigned long start;
	bool found;

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	do {
		page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_COMP, 9);
		KUNIT_ASSERT_NOT_NULL(test, page);
	} while (page_to_pfn(page) < BLOCK(0) && !fatal_signal_pending(current));
	start = ALIGN_DOWN(page_to_pfn(page), block_pages());
	set_page_count(page, 0);
	found = can_go(start, &block);
	set_page_count(page, 1);
	KUNIT_EXPECT_FALSE(test, found);
	__free_pages(page, 9);
	KUNIT_EXPECT_TRUE(test, can_go(start, &block));
	KUNIT_EXPECT_EQ(test, block.start, start);
	KUNIT_EXPECT_TRUE(test, block.is_movable);
}

/* The last block of a lower zone would come online in another. */
static void the_edge_of_a_lower_zone_stays(struct kunit *test)
{
	unsigned long edge = HOST_MEMORY - block_pages();
	unsigned int zone = page_zonenum(pfn_to_page(edge));

	KUNIT_ASSERT_LT(test, zone, ZONE_NORMAL);
	KUNIT_ASSERT_EQ(test, zone,
			page_zonenum(pfn_to_page(edge - block_pages())));
	KUNIT_EXPECT_NULL(test, hvb_scan_zone(edge, block_pages()));
	KUNIT_EXPECT_NOT_NULL(test, hvb_scan_zone(edge - block_pages(),
						  block_pages()));
	KUNIT_EXPECT_NULL(test, hvb_scan_zone(HOST_MEMORY, block_pages()));
}

static struct kunit_case scan_cases[] = {
	KUNIT_CASE(pages_without_a_reference_can_be_somebody_s),
	KUNIT_CASE(the_edge_of_a_lower_zone_stays),
	{}
};

static struct kunit_suite scan_suite = {
	.name = "hv_balloon_scan",
	.test_cases = scan_cases,
};

kunit_test_suite(scan_suite);
