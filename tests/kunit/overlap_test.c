// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of requests that are right about a part only: a hot-add of
 * memory that is there already in part, or of nothing, and an unballoon of pages
 * that were never ballooned, but never backed either.
 */
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>

#include "host.h"

static void expect_added(struct host *host, unsigned long nr_blocks,
			 unsigned long backed)
{
	struct hvb_memory *mem = &host->dm.memory;
	struct kunit *test = host->test;

	KUNIT_EXPECT_EQ(test, mem->added.nr_pages,
			nr_blocks * block_pages());
	KUNIT_EXPECT_EQ(test, mem->nr_added, backed);
	KUNIT_EXPECT_EQ(test, mem->nr_onlined, backed);
	host_agrees(host);
	host_finds_pages(host);
}

static void what_is_behind_boot_memory_is_added(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = {
		BLOCK(0) - block_pages() - 7, 2 * block_pages() + 7
	};

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, block_pages());
}

/* Addresses that a device has, too, are not memory that can be added. */
static void what_is_around_a_device_is_added(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), 3 * block_pages() };
	resource_size_t at = PFN_PHYS(BLOCK(1));

	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(at, SZ_4K,
						       "hv_balloon"));
	host_adds(host, &range, NULL);
	release_mem_region(at, SZ_4K);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 2, 2 * block_pages());
	KUNIT_EXPECT_FALSE(test, pfn_valid(BLOCK(1)));
}

/* What isn't added at the end of a range isn't the guest's. */
static void what_is_before_a_device_is_added(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), 2 * block_pages() };
	resource_size_t at = PFN_PHYS(BLOCK(1));

	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(at, SZ_4K,
						       "hv_balloon"));
	host_adds(host, &range, NULL);
	release_mem_region(at, SZ_4K);
	host_hears_added(host, block_pages(), DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, block_pages());
}

/* An answer was lost, and meanwhile the host was given some of the memory. */
static void what_was_added_before_counts_once(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range half = { BLOCK(0), block_pages() / 2 };
	struct hvb_range all = { BLOCK(0), 2 * block_pages() };

	host_fail_sends(host, 0, -EIO);
	host_adds(host, &half, NULL);
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	host_adds(host, &all, NULL);
	host_hears_added(host, all.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 2, all.count);
}

static void nothing_is_added_and_hot_add_goes_on(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range none = { BLOCK(0), 0 };
	struct hvb_range range = { BLOCK(0), block_pages() };

	host_adds(host, &none, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
	expect_added(host, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_HOT_ADD_FAILED));
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_REFUSED));
	host_adds(host, &range, &none);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, range.count);
}

/* Holes on both sides of what is backed, and a page that is none of ours. */
static void holes_that_come_by_unballoon_are_backed(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0) + 100, 100 };
	struct hvb_range part = { BLOCK(0) + 50, 200 };
	struct hvb_range rest = { BLOCK(0), block_pages() + 1 };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
	expect_added(host, 1, part.count);
	KUNIT_EXPECT_EQ(test, range.count,
			host_count(host, HVB_COUNT_UNKNOWN_PAGES));

	host_returns(host, &rest, 1, false);
	host_hears_unballoon_done(host);
	expect_added(host, 1, block_pages());
	KUNIT_EXPECT_EQ(test, range.count + part.count + 1,
			host_count(host, HVB_COUNT_UNKNOWN_PAGES));
}

/* Given pages and holes in one range, in a block that an admin set offline. */
static void an_unballoon_gives_back_and_backs(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), block_pages() / 2 };
	struct hvb_range all = { BLOCK(0), block_pages() };
	unsigned long here;

	host->params.balloon_blocks = false;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host_takes(host, 3 * block_pages());
	here = hvb_ranges_count(&host->holds, BLOCK(0), block_pages());
	KUNIT_ASSERT_GT(test, here, 0);
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "offline"));
	host_returns(host, &all, 1, false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, range.count - here,
			host_count(host, HVB_COUNT_UNKNOWN_PAGES));
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_added, block_pages());
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "online_movable"));
	expect_added(host, 1, block_pages());
}

static struct kunit_case overlap_cases[] = {
	KUNIT_CASE(what_is_behind_boot_memory_is_added),
	KUNIT_CASE(what_is_around_a_device_is_added),
	KUNIT_CASE(what_is_before_a_device_is_added),
	KUNIT_CASE(what_was_added_before_counts_once),
	KUNIT_CASE(nothing_is_added_and_hot_add_goes_on),
	KUNIT_CASE(holes_that_come_by_unballoon_are_backed),
	KUNIT_CASE(an_unballoon_gives_back_and_backs),
	{}
};

static struct kunit_suite overlap_suite = {
	.name = "hv_balloon_overlap",
	.test_cases = overlap_cases,
};

kunit_test_suite(overlap_suite);
