// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of blocks that were added and don't come online: they are tried
 * again until they do, and too many of them put hot-add off. A notifier of its own
 * refuses blocks, as any part of the kernel can.
 */
#include <linux/memory.h>
#include <linux/memory_hotplug.h>

#include "host.h"

/* So many blocks may wait here; those that do lie behind the first two. */
#define MOST_BLOCKS	2
#define FAR_BLOCK	2

#define FIRST_PAUSE_MS	1000
#define LAST_PAUSE_MS	60000

/**
 * struct refusal - blocks that may not come online
 * @nb: after all others, so that each of them hears that it was cancelled
 * @from: first page of these blocks
 * @end: page after the last; not more than @from when all may
 */
struct refusal {
	struct notifier_block nb;
	unsigned long from;
	unsigned long end;
};

static int refuse(struct notifier_block *nb, unsigned long event, void *data)
{
	struct refusal *refusal = container_of(nb, struct refusal, nb);
	const struct memory_notify *block = data;
	bool is_ours = block->start_pfn >= READ_ONCE(refusal->from) &&
		       block->start_pfn < READ_ONCE(refusal->end);

	return event == MEM_GOING_ONLINE && is_ours ? NOTIFY_BAD : NOTIFY_OK;
}

static void end_refusal(void *data)
{
	struct refusal *refusal = data;

	unregister_memory_notifier(&refusal->nb);
}

/* All blocks are refused. It ends after the host does, if that is made later. */
static struct refusal *refuse_all(struct kunit *test)
{
	struct refusal *refusal = kunit_kzalloc(test, sizeof(*refusal),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, refusal);
	refusal->nb.notifier_call = refuse;
	refusal->nb.priority = INT_MIN;
	refusal->end = ULONG_MAX;
	KUNIT_ASSERT_EQ(test, 0, register_memory_notifier(&refusal->nb));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_refusal,
							   refusal));
	return refusal;
}

static void refuse_none(struct refusal *refusal)
{
	WRITE_ONCE(refusal->end, 0);
}

static void add(struct host *host, unsigned int block, unsigned int nr)
{
	struct hvb_range range = { BLOCK(block), nr * block_pages() };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
}

static void try_again(struct host *host)
{
	host_hurry(host, &host->dm.memory.waiting.work);
}

static void expect_waiting(struct host *host, unsigned int nr)
{
	struct hvb_memory *mem = &host->dm.memory;

	KUNIT_EXPECT_EQ(host->test, nr, host->dm.memory.waiting.nr);
	KUNIT_EXPECT_EQ(host->test, mem->nr_added - mem->nr_onlined,
			nr * block_pages());
	KUNIT_EXPECT_EQ(host->test, nr != 0,
			host_has_due(&host->dm.memory.waiting.work));
	host_agrees(host);
}

static void a_block_is_tried_until_it_is_online(struct kunit *test)
{
	struct refusal *all = refuse_all(test);
	struct host *host = host_connected(test);
	unsigned int pause_ms = FIRST_PAUSE_MS;

	add(host, 0, 1);
	expect_waiting(host, 1);
	for (unsigned int i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, pause_ms, host->dm.memory.waiting.pause_ms);
		try_again(host);
		expect_waiting(host, 1);
		pause_ms = min(2 * pause_ms, (unsigned int)LAST_PAUSE_MS);
	}
	KUNIT_EXPECT_EQ(test, 1, host_count(host, HVB_COUNT_ONLINE_FAILED));
	refuse_none(all);
	try_again(host);
	expect_waiting(host, 0);
	host_finds_pages(host);
}

static void the_first_pause_is_back_with_the_next_block(struct kunit *test)
{
	struct refusal *all = refuse_all(test);
	struct host *host = host_connected(test);

	add(host, 0, 2);
	try_again(host);
	try_again(host);
	KUNIT_EXPECT_EQ(test, 4 * FIRST_PAUSE_MS, host->dm.memory.waiting.pause_ms);
	add(host, 2, 1);
	expect_waiting(host, 3);
	KUNIT_EXPECT_EQ(test, FIRST_PAUSE_MS, host->dm.memory.waiting.pause_ms);
	try_again(host);
	WRITE_ONCE(all->from, BLOCK(1));
	try_again(host);
	expect_waiting(host, 2);
	KUNIT_EXPECT_EQ(test, FIRST_PAUSE_MS, host->dm.memory.waiting.pause_ms);
}

static void a_block_that_others_bring_online_is_done(struct kunit *test)
{
	struct refusal *all = refuse_all(test);
	struct host *host = host_connected(test);

	add(host, 0, 1);
	refuse_none(all);
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "online_movable"));
	try_again(host);
	expect_waiting(host, 0);
}

static void no_block_is_tried_while_nothing_is_served(struct kunit *test)
{
	struct refusal *all = refuse_all(test);
	struct host *host = host_connected(test);

	add(host, 0, 1);
	refuse_none(all);
	hvb_channel_pause(&host->dm.channel, true);
	try_again(host);
	expect_waiting(host, 1);
	hvb_channel_pause(&host->dm.channel, false);
	hvb_conversation_end(&host->dm.conversation);
	try_again(host);
	KUNIT_EXPECT_EQ(test, 1, host->dm.memory.waiting.nr);
	KUNIT_EXPECT_FALSE(test, host_has_due(&host->dm.memory.waiting.work));

	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	host_forget(host);
	try_again(host);
	expect_waiting(host, 0);
}

struct policy_row {
	const char *name;
	enum hvb_online_policy policy;
};

static const struct policy_row policy_rows[] = {
	{ "refused", HVB_ONLINE_MOVABLE },
	{ "left to others", HVB_ONLINE_OFF },
};

KUNIT_ARRAY_PARAM_DESC(policy, policy_rows, name);

/* It was told to come again, and may when fewer wait. */
static void too_many_put_hot_add_off(struct kunit *test)
{
	const struct policy_row *row = test->param_value;
	struct refusal *all = refuse_all(test);
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(1), block_pages() };

	host->params.online_policy = row->policy;
	KUNIT_EXPECT_EQ(test, SZ_1G >> PAGE_SHIFT, host->dm.memory.waiting.most_pages);
	host->dm.memory.waiting.most_pages = MOST_BLOCKS * block_pages();
	add(host, 0, 1);
	add(host, FAR_BLOCK, MOST_BLOCKS);
	expect_waiting(host, MOST_BLOCKS + 1);
	try_again(host);
	try_again(host);
	KUNIT_EXPECT_GT(test, host->dm.memory.waiting.pause_ms, FIRST_PAUSE_MS);
	for (unsigned int i = 1; i <= 2; i++) {
		host_adds(host, &range, NULL);
		host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
		KUNIT_EXPECT_EQ(test, i,
				host_count(host, HVB_COUNT_HOT_ADD_FAILED));
		KUNIT_EXPECT_EQ(test, FIRST_PAUSE_MS,
				host->dm.memory.waiting.pause_ms);
	}
	KUNIT_EXPECT_TRUE(test, host->dm.memory.waiting.is_said);
	KUNIT_EXPECT_FALSE(test, pfn_valid(BLOCK(1)));

	WRITE_ONCE(all->from, BLOCK(1));
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "online_movable"));
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	KUNIT_EXPECT_FALSE(test, host->dm.memory.waiting.is_said);
	expect_waiting(host, MOST_BLOCKS + 1);
}

/* It goes on when fewer wait, and is answered once all of it is added. */
static void too_many_stop_a_request(struct kunit *test)
{
	const struct policy_row *row = test->param_value;
	struct refusal *all = refuse_all(test);
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), 2 * MOST_BLOCKS * block_pages() };

	host->params.online_policy = row->policy;
	host->dm.memory.waiting.most_pages = MOST_BLOCKS * block_pages();
	host_adds(host, &range, NULL);
	host_hurry(host, &host->dm.conversation.go_on_work);
	host_hears_nothing(host);
	expect_waiting(host, MOST_BLOCKS + 1);

	refuse_none(all);
	host->params.online_policy = HVB_ONLINE_MOVABLE;
	try_again(host);
	host_hurry(host, &host->dm.conversation.go_on_work);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	expect_waiting(host, 0);
	host_finds_pages(host);
}

static void blocks_left_to_others_follow_a_new_policy(struct kunit *test)
{
	struct host *host = host_connected(test);

	host->params.online_policy = HVB_ONLINE_OFF;
	add(host, 0, 1);
	try_again(host);
	expect_waiting(host, 1);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_ONLINE_FAILED));
	host->params.online_policy = HVB_ONLINE_MOVABLE;
	try_again(host);
	expect_waiting(host, 0);
	KUNIT_EXPECT_TRUE(test, is_zone_movable_page(pfn_to_page(BLOCK(0))));
}

static struct kunit_case waiting_cases[] = {
	KUNIT_CASE(a_block_is_tried_until_it_is_online),
	KUNIT_CASE(the_first_pause_is_back_with_the_next_block),
	KUNIT_CASE(a_block_that_others_bring_online_is_done),
	KUNIT_CASE(no_block_is_tried_while_nothing_is_served),
	KUNIT_CASE_PARAM(too_many_put_hot_add_off, policy_gen_params),
	KUNIT_CASE_PARAM(too_many_stop_a_request, policy_gen_params),
	KUNIT_CASE(blocks_left_to_others_follow_a_new_policy),
	{}
};

static struct kunit_suite waiting_suite = {
	.name = "hv_balloon_waiting",
	.test_cases = waiting_cases,
};

kunit_test_suite(waiting_suite);
