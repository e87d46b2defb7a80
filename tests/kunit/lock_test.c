// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of the kernel's hotplug lock, which an admin's block can hold
 * for long: the driver waits for it, but not for ever, and what it couldn't even
 * begin says nothing about a block.
 */
#include <kunit/resource.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>

#include "host.h"
#include "keeper.h"

#define NR_BLOCKS	3

/* How long the lock is held, how long to wait for it at most, and to begin. */
#define HELD_MS		30000
#define WAIT_MS		15000
#define BEGIN_MS	200

#define GIVEN_PAGES	(block_pages() / 8)

/* A guest with movable blocks, and an admin who sets the first one offline. */
static struct host *begin_with(struct kunit *test, unsigned int nr_blocks)
{
	struct hvb_range range = { BLOCK(0), nr_blocks * block_pages() };
	struct host *host = host_connected(test);

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	return host;
}

static struct host *begin(struct kunit *test)
{
	return begin_with(test, NR_BLOCKS);
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

static void hot_add_is_for_later(struct kunit *test)
{
	struct hvb_range range = { BLOCK(NR_BLOCKS), block_pages() };
	struct host *host = begin(test);
	struct keeper *keeper = take_lock(test);
	unsigned long start = jiffies;

	host_adds(host, &range, NULL);
	expect_in_time(test, start);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
	KUNIT_EXPECT_FALSE(test, pfn_valid(range.start));
	keeper_end(keeper);
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host_agrees(host);
}

static void wake(void *unused)
{
	hvb_devices_pause(false);
}

/* A work that waits for the lock would keep the guest awake. */
static void the_guest_falls_asleep_all_the_same(struct kunit *test)
{
	struct dm_hot_add add = {
		.hdr = { DM_MEM_HOT_ADD_REQUEST, sizeof(add), HOST_TRANS },
		.range = WIRE_RANGE(BLOCK(NR_BLOCKS), block_pages()),
	};
	struct host *host = begin(test);
	struct keeper *keeper = take_lock(test);
	unsigned long start = jiffies;

	host_post(host, &add, sizeof(add), 0);
	hvb_channel_notify(&host->dm.channel);
	msleep(BEGIN_MS);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, wake, NULL));
	hvb_devices_pause(true);
	expect_in_time(test, start);
	keeper_end(keeper);
	hvb_devices_pause(false);
	kthread_flush_worker(host->dm.base.worker);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
}

static void a_claimed_block_is_not_removed(struct kunit *test)
{
	struct host *host = begin(test);
	struct hvb_memory *mem = &host->dm.memory;
	unsigned long nr = 0, start;
	struct keeper *keeper;

	KUNIT_ASSERT_EQ(test, 0, hvb_claim_offline(mem, BLOCK(1), 0, &nr));
	keeper = take_lock(test);
	start = jiffies;
	KUNIT_EXPECT_EQ(test, -EBUSY, hvb_added_remove(mem, BLOCK(1)));
	expect_in_time(test, start);
	keeper_end(keeper);
	KUNIT_EXPECT_TRUE(test, pfn_valid(BLOCK(1)));
	hvb_absent_drop_fresh(mem);
	hvb_idle_go_on(mem);
	kthread_flush_work(&mem->idle_work.work);
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(BLOCK(1)));
	host_agrees(host);
}

/* With one block, that is the one whose device the admin has locked, too. */
static void a_block_that_was_not_tried_did_not_fail(struct kunit *test)
{
	unsigned int nr_blocks = *(const unsigned int *)test->param_value;
	struct host *host = begin_with(test, nr_blocks);
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

/* It needs no hotplug: the block is online, with its pages kept. */
static void a_block_returns_meanwhile(struct kunit *test)
{
	struct host *host = begin(test);
	struct keeper *keeper;
	unsigned long start;

	host->params.balloon_blocks = true;
	host_asks(host, block_pages());
	KUNIT_ASSERT_EQ(test, block_pages(), host_gets(host));
	KUNIT_ASSERT_EQ(test, block_pages(),
			host_count(host, HVB_COUNT_BLOCK_PAGES));
	keeper = take_lock(test);
	start = jiffies;
	host_returns_all(host);
	expect_in_time(test, start);
	KUNIT_EXPECT_EQ(test, 0, host->holds.nr_pages);
	KUNIT_EXPECT_EQ(test, totalram_pages(),
			host->total_pages + NR_BLOCKS * block_pages());
	keeper_end(keeper);
	host_agrees(host);
}

static const unsigned int block_counts[] = { 1, NR_BLOCKS };

static void describe_count(const unsigned int *nr_blocks, char *text)
{
	snprintf(text, KUNIT_PARAM_DESC_SIZE, "of %u", *nr_blocks);
}

KUNIT_ARRAY_PARAM(count, block_counts, describe_count);

static struct kunit_case lock_cases[] = {
	KUNIT_CASE_SLOW(hot_add_is_for_later),
	KUNIT_CASE_SLOW(the_guest_falls_asleep_all_the_same),
	KUNIT_CASE_SLOW(a_claimed_block_is_not_removed),
	KUNIT_CASE_SLOW(a_block_returns_meanwhile),
	KUNIT_CASE_PARAM(a_block_that_was_not_tried_did_not_fail,
			 count_gen_params),
	{}
};

static struct kunit_suite lock_suite = {
	.name = "hv_balloon_lock",
	.test_cases = lock_cases,
};

kunit_test_suite(lock_suite);
