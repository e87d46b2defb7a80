// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of answers in many messages. The guest's free memory is made
 * of crumbs of eight pages here, no two of them neighbours, so that each needs
 * a range of its own and a response holds 510 of them. The kernel itself can
 * live with such pieces.
 */
#include <kunit/resource.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>

#include "host.h"

#define CRUMB_ORDER	3
#define CRUMB_PAGES	BIT(CRUMB_ORDER)
#define PER_MESSAGE	DM_RESPONSE_RANGES_MAX
#define MESSAGE_PAGES	(PER_MESSAGE * CRUMB_PAGES)
#define SPARE_PAGES	(SZ_32M >> PAGE_SHIFT)
#define GFP_CRUMB	((GFP_HIGHUSER & ~__GFP_RECLAIM) | __GFP_NOWARN)

static void give_up(struct page *page, unsigned int order)
{
	adjust_managed_page_count(page, 1 << order);
	set_page_private(page, 0);
	__free_pages(page, order);
}

/* Gives back what crumble() kept; each page knows its order. */
static void sweep(void *data)
{
	struct list_head *kept = data;
	struct page *page, *next;

	list_for_each_entry_safe(page, next, kept, lru) {
		unsigned int order = page_private(page);

		list_del(&page->lru);
		give_up(page, order);
	}
}

static bool keep(struct list_head *kept, unsigned int order)
{
	struct page *page = alloc_pages(GFP_CRUMB, order);

	if (!page)
		return false;
	adjust_managed_page_count(page, -(1 << order));
	set_page_private(page, order);
	list_add(&page->lru, kept);
	return true;
}

/* Takes what is free in larger pieces; here and there some become free. */
static void pick_up(struct list_head *kept)
{
	for (unsigned int order = MAX_PAGE_ORDER; order > CRUMB_ORDER; order--)
		while (keep(kept, order))
			cond_resched();
}

/*
 * Takes memory crumb by crumb and frees every other one. Reclaim stays out of
 * it: it would make room in its ways. What is kept is no page of the guest's
 * meanwhile, so that a floor that fits the rest holds.
 */
static struct list_head *crumble(struct kunit *test)
{
	struct list_head *kept = kunit_kzalloc(test, sizeof(*kept), GFP_KERNEL);
	struct page *page, *next;

	KUNIT_ASSERT_NOT_NULL(test, kept);
	INIT_LIST_HEAD(kept);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, sweep, kept));
	while (si_mem_available() > SPARE_PAGES && keep(kept, CRUMB_ORDER))
		cond_resched();
	list_for_each_entry_safe(page, next, kept, lru) {
		if (page_to_pfn(page) & CRUMB_PAGES)
			continue;
		list_del(&page->lru);
		give_up(page, CRUMB_ORDER);
	}
	return kept;
}

/* As many ranges in each message as fit, but in the last. */
static void return_all(struct host *host)
{
	struct hvb_range *ranges, part;

	ranges = kunit_kmalloc_array(host->test, PER_MESSAGE, sizeof(*ranges),
				     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(host->test, ranges);
	while (host->holds.nr_ranges) {
		unsigned long from = 0;
		unsigned int nr = 0;

		while (nr < PER_MESSAGE &&
		       hvb_ranges_next(&host->holds, from, ULONG_MAX, &part)) {
			ranges[nr++] = part;
			from = part.start + part.count;
		}
		host_hears_nothing(host);
		host_returns(host, ranges, nr, host->holds.nr_ranges > nr);
	}
	host_hears_unballoon_done(host);
	host_agrees(host);
	KUNIT_EXPECT_EQ(host->test, 0,
			host_count(host, HVB_COUNT_UNKNOWN_PAGES));
}

/* The crumbs are made once for all: that is what takes the time. */
static const u32 amounts[] = {
	CRUMB_PAGES, MESSAGE_PAGES - CRUMB_PAGES, MESSAGE_PAGES,
	MESSAGE_PAGES + 1, 4 * MESSAGE_PAGES, 4 * MESSAGE_PAGES + 1, 10007,
};

/* Picking up changes the kernel's count of its pages: the base of all sums. */
static void tidy(struct host *host, struct list_head *kept)
{
	KUNIT_EXPECT_EQ(host->test, totalram_pages(), host->total_pages);
	pick_up(kept);
	host->total_pages = totalram_pages();
}

static void each_response_is_full_but_the_last(struct kunit *test)
{
	struct list_head *kept = crumble(test);
	struct host *host = host_connected(test);
	unsigned long given = 0, ranges = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(amounts); i++) {
		unsigned int before = host->nr_sent;

		tidy(host, kept);
		KUNIT_EXPECT_EQ(test, host_takes(host, amounts[i]),
				amounts[i]);
		KUNIT_EXPECT_EQ(test, host->nr_sent - before,
				DIV_ROUND_UP(host->holds.nr_ranges,
					     PER_MESSAGE));
		given += amounts[i];
		ranges += host->holds.nr_ranges;
		return_all(host);
	}
	KUNIT_EXPECT_GT(test, ranges, given / CRUMB_PAGES * 9 / 10);
}

/* The host holds what it was told of, and the kernel has the rest back. */
static void a_send_that_fails_at_any_step_loses_no_page(struct kunit *test)
{
	struct list_head *kept = crumble(test);
	struct host *host = host_connected(test);

	for (unsigned int nr_good = 0; nr_good < 5; nr_good++) {
		bool more;

		tidy(host, kept);
		host_fail_sends(host, nr_good, nr_good % 2 ? -EIO : -ENODEV);
		host_asks(host, 5 * MESSAGE_PAGES);
		host_fail_sends(host, 0, 0);
		for (unsigned int i = 0; i < nr_good; i++) {
			KUNIT_EXPECT_GE(test, host_gets_one(host, &more),
					MESSAGE_PAGES * 9 / 10);
			KUNIT_EXPECT_TRUE(test, more);
		}
		host_hears_nothing(host);
		host_agrees(host);
		KUNIT_EXPECT_EQ(test, nr_good + 1,
				host_count(host, HVB_COUNT_SEND_FAILED));
		KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
		if (nr_good)
			return_all(host);
	}
}

static void a_ring_that_is_full_now_and_then_loses_no_page(struct kunit *test)
{
	struct list_head *kept = crumble(test);
	struct host *host = host_connected(test);

	tidy(host, kept);
	for (unsigned int nr_full = 1; nr_full < 6; nr_full++) {
		host->nr_full = nr_full;
		KUNIT_EXPECT_EQ(test, MESSAGE_PAGES,
				host_takes(host, MESSAGE_PAGES));
	}
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_SEND_FAILED));
	return_all(host);
}

/*
 * There is room above the floor, but not for all that is wanted, and only crumbs
 * are free: no crumb goes.
 */
static void near_the_floor_no_crumb_goes(struct kunit *test)
{
	struct list_head *kept = crumble(test);
	struct host *host = host_connected(test);
	struct hvb_counters now;
	u64 room;

	tidy(host, kept);
	hvb_memory_read(&host->dm.memory, NULL, &now);
	room = hvb_demand_can_give(now.total_pages, now.avail_pages);
	KUNIT_ASSERT_GT(test, room, SPARE_PAGES);
	KUNIT_EXPECT_EQ(test, room - SPARE_PAGES,
			host_takes(host, room - SPARE_PAGES));
	KUNIT_EXPECT_LT(test, host_takes(host, U32_MAX), SPARE_PAGES / 2);
}

static struct kunit_case fragments_cases[] = {
	KUNIT_CASE_SLOW(each_response_is_full_but_the_last),
	KUNIT_CASE_SLOW(a_send_that_fails_at_any_step_loses_no_page),
	KUNIT_CASE_SLOW(a_ring_that_is_full_now_and_then_loses_no_page),
	KUNIT_CASE_SLOW(near_the_floor_no_crumb_goes),
	{}
};

static struct kunit_suite fragments_suite = {
	.name = "hv_balloon_fragments",
	.test_cases = fragments_cases,
};

kunit_test_suite(fragments_suite);
