// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of ends: the driver is unloaded, the host takes the channel
 * away, the guest is suspended; in each state of the conversation, and under a
 * flood. No page may be lost, and no end may wait for the host.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>

#include "stage.h"

/* How long an end may take, for the emulator. */
#define END_MS		6000

/* How long a silent host is waited for here. */
#define SILENCE_MS	1000

/* How long a flood is watched, and the most that may be read of it each second. */
#define FLOOD_MS	500
#define FLOOD_MOST	20000

enum way { UNLOAD, RESCIND, SUSPEND, NR_WAYS };

static const char * const way_titles[NR_WAYS] = {
	"unloaded", "channel gone", "suspended",
};

static const u8 ends[NR_STATES * NR_WAYS];

/* In the handshake, the end is that no answer comes. */
static void expect_silence(struct stage *stage)
{
	flush_work(&stage->handshake);
	KUNIT_EXPECT_EQ(stage->host->test, -ETIMEDOUT, stage->err);
}

static void expect_end(struct stage *stage, enum way way)
{
	struct host *host = stage->host;
	unsigned long start = jiffies;

	if (stage->state == STATE_AWAIT_VERSION ||
	    stage->state == STATE_AWAIT_CAPS)
		expect_silence(stage);
	if (way == RESCIND)
		host_fail_sends(host, 0, -ENODEV);
	hvb_conversation_end(&host->dm.conversation);
	KUNIT_EXPECT_LT(host->test, jiffies_to_msecs(jiffies - start), END_MS);
	host_agrees(host);

	host->nr_full = 0;
	host->mute = DM_ERROR;
	host->caps = DM_IS_ACCEPTED;
	host_fail_sends(host, 0, 0);
	host_forget(host);
	if (way == SUSPEND)
		KUNIT_ASSERT_EQ(host->test, 0, hvb_conversation_begin(&host->dm.conversation));
	else
		host_restart_driver(host);
	host_forget(host);
}

static void an_end_in_any_state_loses_no_page(struct kunit *test)
{
	size_t nr = (const u8 *)test->param_value - ends;
	struct host *host = host_new(test);
	struct stage *stage;

	stage = kunit_kzalloc(test, sizeof(*stage), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stage);
	if (nr / NR_WAYS == STATE_AWAIT_VERSION ||
	    nr / NR_WAYS == STATE_AWAIT_CAPS)
		host->dm.conversation.answer_wait_ms = SILENCE_MS;
	stage_enter(stage, host, nr / NR_WAYS);
	expect_end(stage, nr % NR_WAYS);
	host_agrees(host);
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
	host_takes(host, 3);
	host_returns_all(host);
}

static void describe(const u8 *end, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s",
		 state_title((end - ends) / NR_WAYS),
		 way_titles[(end - ends) % NR_WAYS]);
}

KUNIT_ARRAY_PARAM(end, ends, describe);

/* There is nobody that could return them. */
static void a_device_that_goes_away_leaves_no_ledger(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_device *dm = &host->dm;
	struct hvb_range part;

	host_takes(host, 100);
	dm->is_leaving = true;
	host_stop_driver(host);
	KUNIT_EXPECT_NULL(test, dm->base.dev->platform_data);

	/* For the kernel's sake, the next one knows of them all the same. */
	KUNIT_ASSERT_EQ(test, 0, hvb_device_init(dm));
	while (hvb_ranges_next(&host->holds, 0, ULONG_MAX, &part)) {
		hvb_ranges_insert(&dm->memory.given, part.start, part.count,
				  GFP_KERNEL);
		hvb_ranges_erase(&host->holds, part.start, part.count,
				 GFP_KERNEL);
	}
}

static void a_flood_takes_neither_a_cpu_nor_the_end(struct kunit *test)
{
	static const struct dm_header rubbish = { DM_ERROR, sizeof(rubbish) };
	struct host *host = host_connected(test);
	unsigned long start = jiffies;
	long before = host_count(host, HVB_COUNT_RECEIVED);
	unsigned int took_ms;
	long nr;

	host->flood = &rubbish;
	hvb_channel_notify(&host->dm.channel);
	msleep(FLOOD_MS);
	nr = host_count(host, HVB_COUNT_RECEIVED) - before;
	took_ms = jiffies_to_msecs(jiffies - start);
	KUNIT_EXPECT_GT(test, nr, 0);
	KUNIT_EXPECT_LT(test, nr * MSEC_PER_SEC / took_ms, FLOOD_MOST);

	start = jiffies;
	hvb_conversation_end(&host->dm.conversation);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), END_MS);
	host->flood = NULL;
	host_agrees(host);
}

static struct kunit_case ends_cases[] = {
	KUNIT_CASE_PARAM(an_end_in_any_state_loses_no_page, end_gen_params),
	KUNIT_CASE(a_device_that_goes_away_leaves_no_ledger),
	KUNIT_CASE_SLOW(a_flood_takes_neither_a_cpu_nor_the_end),
	{}
};

static struct kunit_suite ends_suite = {
	.name = "hv_balloon_ends",
	.test_cases = ends_cases,
};

kunit_test_suite(ends_suite);
