// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of the guest's sleep: what is under way ends before it, what the
 * host asks for meanwhile is refused for now, without the hotplug lock, and after
 * it all is as before. The kernel's own notifiers are the lab's.
 */
#include <kunit/resource.h>
#include <linux/delay.h>
#include <linux/jiffies.h>

#include "keeper.h"
#include "stage.h"

#define GIVEN_PAGES	64

/* How long a sleep may take to begin, and a sleeping guest to answer. */
#define SOON_MS		8000
#define STEP_MS		20

/* How long a request can't be answered here. */
#define FULL_MS		500

static void wake(void *unused)
{
	hvb_devices_pause(false);
}

/* Whatever becomes of the test, other devices must not begin asleep. */
static void fall_asleep(struct kunit *test)
{
	unsigned long start = jiffies;

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, wake, NULL));
	hvb_devices_pause(true);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), SOON_MS);
}

static void expect_refused(struct host *host)
{
	struct hvb_range block = { BLOCK(0), block_pages() };

	host_asks(host, GIVEN_PAGES);
	KUNIT_EXPECT_EQ(host->test, 0, host_gets(host));
	host_adds(host, &block, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
	KUNIT_EXPECT_FALSE(host->test, pfn_valid(BLOCK(0)));
}

static void expect_served(struct host *host)
{
	struct hvb_range block = { BLOCK(0), block_pages() };

	host_adds(host, &block, NULL);
	host_hears_added(host, block.count, DM_HOT_ADD_SUCCESS);
	KUNIT_EXPECT_EQ(host->test, GIVEN_PAGES,
			host_takes(host, GIVEN_PAGES));
	host_returns_all(host);
	host_agrees(host);
}

static void requests_are_refused_while_the_guest_sleeps(struct kunit *test)
{
	struct host *host = host_connected(test);

	host_takes(host, GIVEN_PAGES);
	fall_asleep(test);
	expect_refused(host);
	host_returns_all(host);
	host_agrees(host);
	hvb_devices_pause(false);
	expect_served(host);
}

static void a_device_that_comes_in_the_sleep_sleeps(struct kunit *test)
{
	struct host *host = host_connected(test);

	fall_asleep(test);
	host_restart_driver(host);
	expect_refused(host);
	hvb_devices_pause(false);
	expect_served(host);
}

static void a_block_is_not_removed_in_the_sleep(struct kunit *test)
{
	const u64 remove[] = {
		24 << 16 | DM_MEM_HOT_REMOVE_REQUEST, block_pages(), 0,
	};
	struct host *host = host_connected(test);
	struct hvb_range block = { BLOCK(0), block_pages() };

	host_adds(host, &block, NULL);
	host_hears_added(host, block.count, DM_HOT_ADD_SUCCESS);
	host->params.hot_remove = true;
	fall_asleep(test);
	host_say(host, remove, sizeof(remove));
	host_hears(host, DM_MEM_HOT_REMOVE_RESPONSE,
		   sizeof(struct dm_hot_remove_response));
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(BLOCK(0)));
	host_agrees(host);
}

/* As long as the lock is held, no work may wait for it. */
static void a_sleeping_guest_answers_under_the_hotplug_lock(struct kunit *test)
{
	struct dm_hot_add add = {
		.hdr = { DM_MEM_HOT_ADD_REQUEST, sizeof(add), HOST_TRANS },
		.range = WIRE_RANGE(BLOCK(1), block_pages()),
	};
	struct hvb_range block = { BLOCK(0), block_pages() };
	struct host *host = host_connected(test);
	struct keeper *keeper;
	unsigned int before, ms;

	host_adds(host, &block, NULL);
	host_hears_added(host, block.count, DM_HOT_ADD_SUCCESS);
	fall_asleep(test);
	keeper = keeper_begin(test, BLOCK(0), "offline", -EBUSY);
	before = host->nr_sent;
	host_post(host, &add, sizeof(add), 0);
	hvb_channel_notify(&host->dm.channel);
	for (ms = 0; ms < SOON_MS && READ_ONCE(host->nr_sent) == before;
	     ms += STEP_MS)
		msleep(STEP_MS);
	keeper_end(keeper);
	KUNIT_EXPECT_LT(test, ms, SOON_MS);
	kthread_flush_worker(host->dm.base.worker);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
}

static const enum state under_way[] = {
	STATE_BALLOON_UP, STATE_BALLOON_DOWN, STATE_ADDING, STATE_REMOVING,
};

static void describe_state(const enum state *state, char *text)
{
	strscpy(text, state_title(*state), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(under_way, under_way, describe_state);

static void what_is_under_way_ends_before_the_sleep(struct kunit *test)
{
	const enum state *state = test->param_value;
	struct host *host = host_new(test);
	struct stage *stage;

	stage = kunit_kzalloc(test, sizeof(*stage), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stage);
	host->dm.channel.send_wait_ms = FULL_MS;
	stage_enter(stage, host, *state);
	fall_asleep(test);
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
	stage_let_go(stage);
	host_agrees(host);
}

static void a_flood_does_not_keep_the_guest_awake(struct kunit *test)
{
	static const struct dm_header rubbish = { DM_ERROR, sizeof(rubbish) };
	struct host *host = host_connected(test);

	host->flood = &rubbish;
	hvb_channel_notify(&host->dm.channel);
	fall_asleep(test);
	host->flood = NULL;
	hvb_devices_pause(false);
	expect_served(host);
}

/* They come back without hotplug, and are in use once the guest is awake. */
static void blocks_that_return_in_the_sleep_are_not_lost(struct kunit *test)
{
	struct hvb_range blocks = { BLOCK(0), 2 * block_pages() };
	struct host *host = host_connected(test);

	host_adds(host, &blocks, NULL);
	host_hears_added(host, blocks.count, DM_HOT_ADD_SUCCESS);
	host->params.balloon_blocks = true;
	host_asks(host, block_pages());
	KUNIT_ASSERT_EQ(test, block_pages(), host_gets(host));
	KUNIT_ASSERT_EQ(test, block_pages(),
			host_count(host, HVB_COUNT_BLOCK_PAGES));
	fall_asleep(test);
	host_returns_all(host);
	hvb_devices_pause(false);
	host_hurry(host, &host->dm.memory.idle_work);
	host_agrees(host);
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(BLOCK(0)));
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(BLOCK(1)));
}

static struct kunit_case sleep_cases[] = {
	KUNIT_CASE(requests_are_refused_while_the_guest_sleeps),
	KUNIT_CASE(a_device_that_comes_in_the_sleep_sleeps),
	KUNIT_CASE(a_block_is_not_removed_in_the_sleep),
	KUNIT_CASE(a_sleeping_guest_answers_under_the_hotplug_lock),
	KUNIT_CASE_PARAM(what_is_under_way_ends_before_the_sleep,
			 under_way_gen_params),
	KUNIT_CASE(a_flood_does_not_keep_the_guest_awake),
	KUNIT_CASE(blocks_that_return_in_the_sleep_are_not_lost),
	{}
};

static struct kunit_suite sleep_suite = {
	.name = "hv_balloon_sleep",
	.test_cases = sleep_cases,
};

kunit_test_suite(sleep_suite);
