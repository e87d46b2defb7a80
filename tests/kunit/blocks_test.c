// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of whole memory blocks that go to the host: taken by setting
 * them offline, back in part or whole, and in the way of no one meanwhile. The
 * blocks are hot-added and movable, so that they can be taken for certain.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "host.h"

#define NR_BLOCKS	3

/* A guest with free blocks; what it has now is all its memory. */
static struct host *roomy(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host->params.balloon_blocks = true;
	return host;
}

static unsigned int nr_online(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		nr += !!pfn_to_online_page(BLOCK(i));
	return nr;
}

static unsigned long all_pages(struct host *host)
{
	return host->total_pages + NR_BLOCKS * block_pages();
}

static void expect_sum(struct host *host)
{
	KUNIT_EXPECT_EQ(host->test, host->holds.nr_pages,
			host->dm.absent.given.nr_pages);
	KUNIT_EXPECT_EQ(host->test, totalram_pages() + host->holds.nr_pages,
			all_pages(host));
}

/* Asks and takes what comes; whose pages these are is checked by the sum. */
static void expect_takes(struct host *host, unsigned long nr_pages)
{
	host_asks(host, nr_pages);
	KUNIT_EXPECT_EQ(host->test, nr_pages, host_gets(host));
	host_hears_nothing(host);
	expect_sum(host);
}

static void return_all(struct host *host)
{
	host_returns_all(host);
	expect_sum(host);
	KUNIT_EXPECT_EQ(host->test, NR_BLOCKS, nr_online());
}

static void free_blocks_go_whole_and_come_back(struct kunit *test)
{
	struct host *host = roomy(test);

	for (unsigned int i = 0; i < 2; i++) {
		expect_takes(host, 2 * block_pages());
		KUNIT_EXPECT_EQ(test, 1, nr_online());
		KUNIT_EXPECT_EQ(test, 2 * (i + 1) * block_pages(),
				host_count(host, HVB_COUNT_BLOCK_PAGES));
		KUNIT_EXPECT_LE(test, host->holds.nr_ranges, 2);
		return_all(host);
	}
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_LARGE_PAGES));
}

static void little_of_a_block_leaves_blocks_alone(struct kunit *test)
{
	struct host *host = roomy(test);

	expect_takes(host, block_pages() / 16 - 1);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_BLOCK_PAGES));
	return_all(host);
}

/* The block is online again at once, without what was taken. */
static void a_part_of_a_block_goes(struct kunit *test)
{
	struct host *host = roomy(test);

	for (unsigned int i = 1; i <= 2; i++) {
		expect_takes(host, block_pages() / 8 * 9);
		KUNIT_EXPECT_EQ(test, NR_BLOCKS - 1, nr_online());
		KUNIT_EXPECT_EQ(test, block_pages() / 8 * 9 * i,
				host_count(host, HVB_COUNT_BLOCK_PAGES));
		KUNIT_EXPECT_LE(test, host->holds.nr_ranges, 2);
		return_all(host);
	}
}

static void the_parameter_turns_it_off(struct kunit *test)
{
	struct host *host = roomy(test);

	host->params.balloon_blocks = false;
	expect_takes(host, block_pages());
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_BLOCK_PAGES));
	return_all(host);
}

/* A block comes online with the first page that is back in it. */
static void a_part_of_a_block_comes_back(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range part;

	expect_takes(host, block_pages());
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(NR_BLOCKS), &part));
	KUNIT_EXPECT_EQ(test, NR_BLOCKS - 1, nr_online());
	part.start += 700;
	part.count = 300;
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start - 1)));
	KUNIT_EXPECT_FALSE(test, PageOffline(pfn_to_page(part.start)));
	KUNIT_EXPECT_FALSE(test, PageOffline(pfn_to_page(part.start + 299)));
	KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start + 300)));
	expect_sum(host);
	return_all(host);
}

static void a_send_that_fails_brings_blocks_back(struct kunit *test)
{
	struct host *host = roomy(test);

	host_fail_sends(host, 0, -EIO);
	host_asks(host, 2 * block_pages());
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	expect_sum(host);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	KUNIT_EXPECT_EQ(test, totalram_pages(), all_pages(host));
}

/* An admin may set such a block online: the host's pages stay away. */
static void a_taken_block_set_online_stays_the_host_s(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range part;

	expect_takes(host, block_pages());
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(NR_BLOCKS), &part));
	KUNIT_EXPECT_EQ(test, 0, block_set(part.start, "online_movable"));
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	expect_sum(host);
	KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start)));
	return_all(host);
}

/* What an admin sets offline comes online when the admin wants it. */
static void a_block_set_offline_by_an_admin_stays_so(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range part;

	expect_takes(host, block_pages());
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(NR_BLOCKS), &part));
	KUNIT_ASSERT_EQ(test, 0, block_set(part.start, "online_movable"));
	KUNIT_ASSERT_EQ(test, 0, block_set(part.start, "offline"));
	expect_sum(host);
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS - 1, nr_online());
	KUNIT_EXPECT_EQ(test, 0, block_set(part.start, "online_movable"));
	return_all(host);
}

static int take_while_moves(struct host *host, struct page *page,
			    unsigned long moving)
{
	struct hvb_absent *absent = &host->dm.absent;
	int err;

	mutex_lock(&absent->lock);
	absent->moving.start = moving;
	absent->moving.count = 1;
	mutex_unlock(&absent->lock);
	err = hvb_absent_take(&host->dm, page, 1);
	mutex_lock(&absent->lock);
	absent->moving.count = 0;
	mutex_unlock(&absent->lock);
	return err;
}

/* They were allocated just before their block began to go offline. */
static void pages_of_a_block_that_moves_are_not_taken(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	unsigned long start;

	KUNIT_ASSERT_NOT_NULL(test, page);
	start = page_to_pfn(page);
	KUNIT_EXPECT_EQ(test, -EBUSY, take_while_moves(host, page, start));
	KUNIT_EXPECT_EQ(test, -EBUSY, take_while_moves(host, page, start + 1));
	KUNIT_ASSERT_EQ(test, 0, take_while_moves(host, page, start + 2));
	hvb_absent_drop_fresh(&host->dm);
	host_agrees(host);
}

static void the_driver_that_comes_next_has_the_blocks(struct kunit *test)
{
	struct host *host = roomy(test);

	expect_takes(host, 2 * block_pages());
	host_restart_driver(host);
	expect_sum(host);
	return_all(host);
}

static struct kunit_case blocks_cases[] = {
	KUNIT_CASE(free_blocks_go_whole_and_come_back),
	KUNIT_CASE(little_of_a_block_leaves_blocks_alone),
	KUNIT_CASE(a_part_of_a_block_goes),
	KUNIT_CASE(the_parameter_turns_it_off),
	KUNIT_CASE(a_part_of_a_block_comes_back),
	KUNIT_CASE(a_send_that_fails_brings_blocks_back),
	KUNIT_CASE(a_taken_block_set_online_stays_the_host_s),
	KUNIT_CASE(a_block_set_offline_by_an_admin_stays_so),
	KUNIT_CASE(pages_of_a_block_that_moves_are_not_taken),
	KUNIT_CASE(the_driver_that_comes_next_has_the_blocks),
	{}
};

static struct kunit_suite blocks_suite = {
	.name = "hv_balloon_blocks",
	.test_cases = blocks_cases,
};

kunit_test_suite(blocks_suite);
