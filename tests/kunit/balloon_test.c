// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of pages that go to the host and come back: how many, which
 * ones, in how many messages, and what is left after a send that fails. After
 * each step the guest's record, the host's, and the kernel's count of its
 * pages must agree.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "host.h"

/* Fewer pages than make 2 MiB. */
#define CRUMBS	100

/* How long a request may wait for a burst to end, and how long it doesn't. */
#define BURST_MS	800

struct size_row {
	const char *name;
	u32 nr_pages;
};

static const struct size_row size_rows[] = {
	{ "none", 0 },
	{ "one", 1 },
	{ "a few", 5 },
	{ "2 MiB less one", 511 },
	{ "2 MiB", 512 },
	{ "2 MiB and one", 513 },
	{ "a prime", 10007 },
	{ "64 MiB", 16384 },
};

KUNIT_ARRAY_PARAM_DESC(size, size_rows, name);

static void return_all(struct host *host)
{
	struct hvb_range part;

	while (hvb_ranges_next(&host->holds, 0, ULONG_MAX, &part)) {
		host_returns(host, &part, 1, false);
		host_hears_unballoon_done(host);
	}
	host_hears_nothing(host);
	host_agrees(host);
}

static void pages_go_and_come_back(struct kunit *test)
{
	const struct size_row *row = test->param_value;
	struct host *host = host_connected(test);
	struct hvb_range part;
	unsigned long from = 0;

	KUNIT_EXPECT_EQ(test, host_takes(host, row->nr_pages), row->nr_pages);
	while (hvb_ranges_next(&host->holds, from, ULONG_MAX, &part)) {
		KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start)));
		from = part.start + part.count;
		KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(from - 1)));
	}
	return_all(host);
	KUNIT_EXPECT_EQ(test, totalram_pages(), host->total_pages);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_UNKNOWN_PAGES));
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
}

/* A page given up must be the kernel's again, not only counted as such. */
static void what_came_back_is_free(struct kunit *test)
{
	struct host *host = host_connected(test);
	unsigned long before = global_zone_page_state(NR_FREE_PAGES);
	unsigned long after;

	for (unsigned int i = 0; i < 4; i++) {
		host_takes(host, 32768);
		return_all(host);
	}
	after = global_zone_page_state(NR_FREE_PAGES);
	KUNIT_EXPECT_GT(test, after + 8192, before);
}

/* KASAN keeps freed objects for a while: up to 1/32 of memory, here 32 MiB. */
static void the_floor_holds_and_the_answer_is_partial(struct kunit *test)
{
	const unsigned long slack = SZ_64M >> PAGE_SHIFT;
	struct host *host = host_connected(test);
	unsigned long nr = host_takes(host, U32_MAX);

	KUNIT_EXPECT_GT(test, nr, 0);
	KUNIT_EXPECT_GT(test, si_mem_available() + slack,
			hvb_demand_floor(totalram_pages()));
	KUNIT_EXPECT_LT(test, si_mem_available(),
			hvb_demand_floor(totalram_pages()) + slack);
	KUNIT_EXPECT_LT(test, host_takes(host, U32_MAX), slack);
	return_all(host);
}

/* A load that gives back a little at a time, to a guest that is at its floor. */
static void the_floor_gives_no_crumbs(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct page *page, *next;
	unsigned int i = 0;
	LIST_HEAD(load);

	while (i++ < 16 * CRUMBS) {
		page = alloc_page(GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, page);
		if (page)
			list_add(&page->lru, &load);
	}
	host_takes(host, U32_MAX);
	i = 0;
	list_for_each_entry_safe(page, next, &load, lru) {
		__free_page(page);
		if (++i % CRUMBS == 0)
			KUNIT_EXPECT_EQ(test, 0, host_takes(host, 32768) %
						 HVB_LARGE_PAGES);
	}
	return_all(host);
}

/* As long as a burst lasts it isn't known how much may go; here it is. */
static void the_floor_waits_for_no_burst(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_signs *signs = &host->dm.signs;
	unsigned int tries = 0;
	unsigned long start;

	/* What KASAN keeps comes back bit by bit. */
	while (host_takes(host, U32_MAX) && tries < 10)
		tries++;
	hvb_signs_looked(signs, 32768, 0, true, 0);
	start = jiffies;
	host_takes(host, 32768);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), BURST_MS);
	return_all(host);

	/* Not even for one that won't be over. */
	hvb_signs_looked(signs, U32_MAX, U32_MAX, true, 0);
	start = jiffies;
	KUNIT_EXPECT_EQ(test, 0, host_takes(host, 32768));
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), BURST_MS);

	hvb_signs_looked(signs, U32_MAX, 0, true, 0);
	start = jiffies;
	KUNIT_EXPECT_EQ(test, 0, host_takes(host, 32768));
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - start), BURST_MS);
}

/* Every other page, from the last to the first, then the rest in one. */
static void pages_come_back_in_any_order(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range part, one = { .count = 1 };

	host_takes(host, 512);
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, 0, ULONG_MAX,
						&part));
	for (long i = part.count - 1; i >= 0; i -= 2) {
		one.start = part.start + i;
		host_returns(host, &one, 1, false);
		host_hears_unballoon_done(host);
		host_agrees(host);
	}
	KUNIT_EXPECT_GE(test, host->dm.memory.given.nr_ranges, part.count / 2);
	return_all(host);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_UNKNOWN_PAGES));
}

static void a_transaction_is_answered_after_its_last_message(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range part, pieces[3];

	host_takes(host, 512);
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, 0, ULONG_MAX,
						&part));
	KUNIT_ASSERT_GE(test, part.count, 30);
	for (unsigned int i = 0; i < 3; i++)
		pieces[i] = (struct hvb_range) { part.start + 10 * i, 5 };

	host_returns(host, &pieces[2], 1, true);
	host_agrees(host);
	host_returns(host, &pieces[0], 2, true);
	host_agrees(host);
	host_returns(host, NULL, 0, true);
	host_hears_nothing(host);
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_BALLOON_DOWN);
	host_returns(host, NULL, 0, false);
	host_hears_unballoon_done(host);
	host_hears_nothing(host);
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
	host_agrees(host);
}

/* Pages of the kernel, of nobody, and some that were given beside them. */
static void pages_never_given_are_left_alone(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range part, foreign[] = {
		{ virt_to_phys(host) >> PAGE_SHIFT, 1 },
		{ 0, 16 },
		{ HOST_MEMORY, 1000 },
		{ DM_PAGE_NUMBER_END - DM_RANGE_COUNT_MAX, DM_RANGE_COUNT_MAX },
	};

	host_takes(host, 512);
	host_returns(host, foreign, ARRAY_SIZE(foreign), false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, host_count(host, HVB_COUNT_UNKNOWN_PAGES),
			1 + 16 + 1000 + DM_RANGE_COUNT_MAX);
	KUNIT_EXPECT_EQ(test, host->holds.nr_pages, 512);
	host_agrees(host);

	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, 0, ULONG_MAX,
						&part));
	part.start -= 1;
	part.count += 2;
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, host_count(host, HVB_COUNT_UNKNOWN_PAGES),
			1 + 16 + 1000 + DM_RANGE_COUNT_MAX + 2);
	host_agrees(host);
	return_all(host);
}

static void a_page_comes_back_only_once(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range part, twice[2];

	host_takes(host, 512);
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, 0, ULONG_MAX,
						&part));
	twice[0] = part;
	twice[1] = part;
	host_returns(host, twice, 2, false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, host_count(host, HVB_COUNT_UNKNOWN_PAGES),
			part.count);
	host_agrees(host);
}

/* All of a message makes sense, but not together. */
static void ranges_that_overlap_return_each_page_once(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range part, ranges[4];

	host_takes(host, 512);
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, 0, ULONG_MAX,
						&part));
	KUNIT_ASSERT_GE(test, part.count, 100);
	ranges[0] = (struct hvb_range) { part.start + 10, 20 };
	ranges[1] = (struct hvb_range) { part.start + 20, 20 };
	ranges[2] = (struct hvb_range) { part.start, 50 };
	ranges[3] = (struct hvb_range) { part.start + 25, 1 };
	host_returns(host, ranges, ARRAY_SIZE(ranges), false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, host_count(host, HVB_COUNT_UNKNOWN_PAGES),
			20 + 20 + 50 + 1 - 50);
	KUNIT_EXPECT_EQ(test, host->holds.nr_pages, 512 - 50);
	host_agrees(host);
	return_all(host);
}

static void a_lost_unballoon_response_changes_nothing_else(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range part;

	host_takes(host, 1000);
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, 0, ULONG_MAX,
						&part));
	host_fail_sends(host, 0, -EIO);
	host_returns(host, &part, 1, false);
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	KUNIT_EXPECT_EQ(test, 1, host_count(host, HVB_COUNT_SEND_FAILED));
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
	host_agrees(host);
	return_all(host);
}

static void a_full_ring_is_waited_for(struct kunit *test)
{
	struct host *host = host_connected(test);

	host->nr_full = 5;
	KUNIT_EXPECT_EQ(test, 1000, host_takes(host, 1000));
	KUNIT_EXPECT_EQ(test, host->nr_full, 0);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_SEND_FAILED));
	return_all(host);
}

static void a_ring_that_stays_full_keeps_no_page(struct kunit *test)
{
	struct host *host = host_connected(test);

	host->dm.channel.send_wait_ms = 100;
	host_fail_sends(host, 0, -EAGAIN);
	host_asks(host, 1000);
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	host_agrees(host);
	KUNIT_EXPECT_EQ(test, totalram_pages(), host->total_pages);
	KUNIT_EXPECT_EQ(test, 1, host_count(host, HVB_COUNT_SEND_FAILED));
	KUNIT_EXPECT_TRUE(test, hvb_channel_is_failing(&host->dm.channel));
	KUNIT_EXPECT_EQ(test, 1000, host_takes(host, 1000));
	KUNIT_EXPECT_FALSE(test, hvb_channel_is_failing(&host->dm.channel));
}

static void after_a_lost_message_others_are_read(struct kunit *test)
{
	struct host *host = host_connected(test);

	host_post(host, NULL, 0, -ENOBUFS);
	hvb_channel_notify(&host->dm.channel);
	kthread_flush_worker(host->dm.base.worker);
	KUNIT_EXPECT_EQ(test, 100, host_takes(host, 100));
}

static void the_driver_that_comes_next_knows_what_the_host_has(struct kunit *test)
{
	struct host *host = host_connected(test);

	host_takes(host, 5000);
	host_restart_driver(host);
	host_agrees(host);
	host_takes(host, 300);
	host_restart_driver(host);
	KUNIT_EXPECT_EQ(test, host->holds.nr_pages, 5300);
	return_all(host);
	KUNIT_EXPECT_EQ(test, totalram_pages(), host->total_pages);
	host_restart_driver(host);
	KUNIT_EXPECT_EQ(test, 0, host->dm.memory.given.nr_pages);
}

static struct kunit_case balloon_cases[] = {
	KUNIT_CASE_PARAM(pages_go_and_come_back, size_gen_params),
	KUNIT_CASE(what_came_back_is_free),
	KUNIT_CASE(the_floor_holds_and_the_answer_is_partial),
	KUNIT_CASE_SLOW(the_floor_gives_no_crumbs),
	KUNIT_CASE(the_floor_waits_for_no_burst),
	KUNIT_CASE(pages_come_back_in_any_order),
	KUNIT_CASE(a_transaction_is_answered_after_its_last_message),
	KUNIT_CASE(pages_never_given_are_left_alone),
	KUNIT_CASE(a_page_comes_back_only_once),
	KUNIT_CASE(ranges_that_overlap_return_each_page_once),
	KUNIT_CASE(a_lost_unballoon_response_changes_nothing_else),
	KUNIT_CASE(a_full_ring_is_waited_for),
	KUNIT_CASE(a_ring_that_stays_full_keeps_no_page),
	KUNIT_CASE(after_a_lost_message_others_are_read),
	KUNIT_CASE(the_driver_that_comes_next_knows_what_the_host_has),
	{}
};

static struct kunit_suite balloon_suite = {
	.name = "hv_balloon_balloon",
	.test_cases = balloon_cases,
};

kunit_test_suite(balloon_suite);
