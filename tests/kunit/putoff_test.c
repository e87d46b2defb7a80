// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of hot-add requests that can't be carried out for now: for want
 * of memory for a block. With nothing added the host is told to ask again. With a
 * part added the request is put off until all of it is, and other requests are
 * served meanwhile.
 */
#include <linux/delay.h>
#include <linux/memory_hotplug.h>

#include "fault.h"
#include "host.h"

#define FEW_PAGES	50

#define FIRST_PAUSE_MS	100U
#define LAST_PAUSE_MS	2000U
#define NR_FAILURES	10

/* How long a report may take. */
#define SOON_MS		20000
#define STEP_MS		20

/* As if the host had sent it, while allocations fail. */
static void add_without_memory(struct host *host, unsigned long start,
			       unsigned long count)
{
	hvb_fault_begin(host->test);
	host_adds_here(host, start, count);
	hvb_fault_end();
}

static unsigned long all_pages(void)
{
	return 3 * block_pages() / 2;
}

/* A block is filled up, and then the next one doesn't come. */
static struct host *half_added(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range first = { BLOCK(0), block_pages() / 2 };
	int arrivals;

	KUNIT_EXPECT_EQ(test, FEW_PAGES, host_takes(host, FEW_PAGES));
	host_adds(host, &first, NULL);
	host_hears_added(host, first.count, DM_HOT_ADD_SUCCESS);
	/* What the test does next comes before the next try. */
	host->dm.requests.put_off_ms = HOST_NEVER_MS;
	arrivals = hvb_signs_arrivals(&host->dm.signs);
	add_without_memory(host, hvb_range_end(&first), all_pages());
	KUNIT_EXPECT_EQ(test, arrivals + 1,
			hvb_signs_arrivals(&host->dm.signs));
	kthread_cancel_delayed_work_sync(&host->dm.conversation.go_on_work);
	host_hears_nothing(host);
	KUNIT_ASSERT_TRUE(test, host->dm.requests.adding.is_put_off);
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_added, block_pages());
	return host;
}

static void try_again(struct host *host)
{
	kthread_mod_delayed_work(host->dm.base.worker, &host->dm.conversation.go_on_work, 0);
	kthread_flush_work(&host->dm.conversation.go_on_work.work);
}

static void expect_all_added(struct host *host)
{
	host_returns_all(host);
	KUNIT_EXPECT_FALSE(host->test, host->dm.requests.adding.is_put_off);
	KUNIT_EXPECT_FALSE(host->test,
			   host_has_due(&host->dm.conversation.go_on_work));
	KUNIT_EXPECT_EQ(host->test, host->dm.memory.nr_onlined,
			2 * block_pages());
	KUNIT_EXPECT_EQ(host->test, (int)host->dm.conversation.state, HVB_INITIALIZED);
	host_agrees(host);
	host_finds_pages(host);
}

static void the_rest_is_added_and_answered_once(struct kunit *test)
{
	struct host *host = half_added(test);

	try_again(host);
	host_hears_added(host, all_pages(), DM_HOT_ADD_SUCCESS);
	expect_all_added(host);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_HOT_ADD_FAILED));
}

/* The pause doubles, up to two seconds; then the whole request is answered. */
static void it_is_tried_until_it_is_done(struct kunit *test)
{
	struct host *host = half_added(test);
	struct hvb_requests *reqs = &host->dm.requests;
	unsigned int pause_ms = FIRST_PAUSE_MS;
	struct hvb_outcome outcome;

	reqs->adding.pause_ms = FIRST_PAUSE_MS;
	for (unsigned int i = 0; i < NR_FAILURES; i++) {
		pause_ms = min(2 * pause_ms, LAST_PAUSE_MS);
		hvb_fault_begin(test);
		hvb_hot_add_go_on(reqs, &outcome);
		hvb_fault_end();
		KUNIT_EXPECT_EQ(test, outcome.go_on_ms, pause_ms);
		KUNIT_EXPECT_EQ(test, outcome.answer_bytes, 0);
		KUNIT_EXPECT_FALSE(test, outcome.is_over);
		host_hears_nothing(host);
	}
	KUNIT_EXPECT_EQ(test, pause_ms, LAST_PAUSE_MS);
	try_again(host);
	host_hears_added(host, all_pages(), DM_HOT_ADD_SUCCESS);
	host_hears_nothing(host);
	expect_all_added(host);
}

/* Nobody calls for it. */
static void the_next_try_comes_by_itself(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range first = { BLOCK(0), block_pages() / 2 };

	host_adds(host, &first, NULL);
	host_hears_added(host, first.count, DM_HOT_ADD_SUCCESS);
	add_without_memory(host, hvb_range_end(&first), all_pages());
	KUNIT_EXPECT_TRUE(test, host_has_due(&host->dm.conversation.go_on_work));
	host_hurry(host, &host->dm.conversation.go_on_work);
	host_hears_added(host, all_pages(), DM_HOT_ADD_SUCCESS);
	expect_all_added(host);
}

static void others_are_served_meanwhile(struct kunit *test)
{
	struct host *host = half_added(test);
	struct hvb_range other = { BLOCK(2), block_pages() };

	host_returns_all(host);
	KUNIT_EXPECT_EQ(test, 0, host->holds.nr_pages);
	KUNIT_EXPECT_EQ(test, 0, host_takes(host, FEW_PAGES));
	host_adds(host, &other, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
	try_again(host);
	host_hears_added(host, all_pages(), DM_HOT_ADD_SUCCESS);
	expect_all_added(host);
	host_adds(host, &other, NULL);
	host_hears_added(host, other.count, DM_HOT_ADD_SUCCESS);
}

/* A task that is short of memory waits for no more than that. */
static void what_was_added_is_known_at_once(struct kunit *test)
{
	struct host *host = half_added(test);
	struct hvb_last_request last;

	hvb_conversation_last_request(&host->dm.conversation, &last);
	KUNIT_EXPECT_EQ(test, (int)last.type, DM_MEM_HOT_ADD_REQUEST);
	KUNIT_EXPECT_EQ(test, last.asked_pages, hvb_to_wire(all_pages()));
	KUNIT_EXPECT_EQ(test, last.done_pages, hvb_to_wire(block_pages() / 2));
	try_again(host);
	host_hears_added(host, all_pages(), DM_HOT_ADD_SUCCESS);
}

static void reports_go_on_meanwhile(struct kunit *test)
{
	struct host *host = half_added(test);
	unsigned int before = host->nr_status, ms;

	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	for (ms = 0; ms < SOON_MS && READ_ONCE(host->nr_status) == before;
	     ms += STEP_MS)
		msleep(STEP_MS);
	hvb_devices_stop_reporter(&host->dm);
	KUNIT_EXPECT_LT(test, ms, SOON_MS);
	KUNIT_EXPECT_TRUE(test, host->dm.requests.adding.is_put_off);
	try_again(host);
	host_hears_added(host, all_pages(), DM_HOT_ADD_SUCCESS);
	expect_all_added(host);
}

static void it_goes_on_after_a_pause(struct kunit *test)
{
	struct host *host = half_added(test);

	hvb_channel_pause(&host->dm.channel, true);
	try_again(host);
	host_hears_nothing(host);
	KUNIT_EXPECT_TRUE(test, host->dm.requests.adding.is_put_off);
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_added, block_pages());
	hvb_channel_pause(&host->dm.channel, false);
	try_again(host);
	host_hears_added(host, all_pages(), DM_HOT_ADD_SUCCESS);
	expect_all_added(host);
}

/* The next channel's host asks anew, and is told of what is there. */
static void it_goes_with_the_channel(struct kunit *test)
{
	struct host *host = half_added(test);
	struct hvb_range again = {
		BLOCK(0) + block_pages() / 2, all_pages()
	};

	kthread_mod_delayed_work(host->dm.base.worker, &host->dm.conversation.go_on_work, HZ);
	hvb_conversation_end(&host->dm.conversation);
	KUNIT_EXPECT_FALSE(test, host_has_due(&host->dm.conversation.go_on_work));
	KUNIT_EXPECT_FALSE(test, host->dm.requests.adding.is_put_off);
	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	host_forget(host);
	host_adds(host, &again, NULL);
	host_hears_added(host, again.count, DM_HOT_ADD_SUCCESS);
	expect_all_added(host);
}

static void with_nothing_added_the_host_asks_again(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), block_pages() };

	add_without_memory(host, range.start, range.count);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
	KUNIT_EXPECT_FALSE(test, host->dm.requests.adding.is_put_off);
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
}

/* What is under way when the guest is about to hibernate isn't begun. */
static void during_a_pause_nothing_is_added(struct kunit *test)
{
	struct host *host = host_connected(test);

	hvb_channel_pause(&host->dm.channel, true);
	host_adds_here(host, BLOCK(0), block_pages());
	hvb_channel_pause(&host->dm.channel, false);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
	KUNIT_EXPECT_EQ(test, 0, host->dm.memory.added.nr_pages);
}

static struct kunit_case putoff_cases[] = {
	KUNIT_CASE(the_rest_is_added_and_answered_once),
	KUNIT_CASE(it_is_tried_until_it_is_done),
	KUNIT_CASE(the_next_try_comes_by_itself),
	KUNIT_CASE(others_are_served_meanwhile),
	KUNIT_CASE(what_was_added_is_known_at_once),
	KUNIT_CASE(reports_go_on_meanwhile),
	KUNIT_CASE(it_goes_on_after_a_pause),
	KUNIT_CASE(it_goes_with_the_channel),
	KUNIT_CASE_SLOW(with_nothing_added_the_host_asks_again),
	KUNIT_CASE(during_a_pause_nothing_is_added),
	{}
};

static struct kunit_suite putoff_suite = {
	.name = "hv_balloon_putoff",
	.test_cases = putoff_cases,
};

kunit_test_suite(putoff_suite);
