// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of the kernel's hotplug lock, which an admin's block can hold
 * for long: the driver waits for it, but not for ever, and what it couldn't even
 * begin says nothing about a block.
 */
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>

#include "host.h"
#include "keeper.h"

#define NR_BLOCKS	3

/* How long the lock is held, and how long to wait for it at most. */
#define HELD_MS		30000
#define WAIT_MS		15000

#define GIVEN_PAGES	(block_pages() / 8)

/* A guest with movable blocks, and an admin who sets the first one offline. */
static struct host *begin(struct kunit *test)
{
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };
	struct host *host = host_connected(test);

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	return host;
}

static struct keeper *take_lock(struct kunit *test)
{
	struct keeper *keeper = keeper_begin(test, BLOCK(0), "offline", -EBUSY);

	keeper_lets_go(keeper, HELD_MS);
	return keeper;
}

static void expect_in_time(struct kunit *test, unsigned long start)
{
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), WAIT_MS);
}

static void a_block_that_was_not_tried_did_not_fail(struct kunit *test)
{
	struct host *host = begin(test);
	struct keeper *keeper = take_lock(test);
	unsigned long start = jiffies;

	host->params.balloon_blocks = true;
	host_asks(host, GIVEN_PAGES);
	expect_in_time(test, start);
	KUNIT_EXPECT_EQ(test, GIVEN_PAGES, host_gets(host));
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_BLOCK_PAGES));
	KUNIT_EXPECT_TRUE(test, xa_empty(&host->dm.requests.round.failed));
	keeper_end(keeper);
	host_returns_all(host);
	host_agrees(host);
}

static struct kunit_case lock_cases[] = {
	KUNIT_CASE_SLOW(a_block_that_was_not_tried_did_not_fail),
	{}
};

static struct kunit_suite lock_suite = {
	.name = "hv_balloon_lock",
	.test_cases = lock_cases,
};

kunit_test_suite(lock_suite);
