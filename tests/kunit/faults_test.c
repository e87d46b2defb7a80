// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of allocations that fail, one at a time: of all that a request,
 * the start of the driver, a resume or a changed trigger allocates, first the
 * first, then the second, until none is left that could. Whatever fails, the
 * host is answered, its record and the guest's agree, and no page is lost.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "fault.h"
#include "host.h"
#include "psi_switch.h"

#define NR_PAGES	500
#define NR_BLOCKS	3
#define NEW_BLOCK	NR_BLOCKS
#define TRANS		0xfa17
#define LARGE_PAGES	(SZ_2M >> PAGE_SHIFT)
#define NR_TURNS	32
#define MOST		1000

/**
 * struct request_row - a request
 * @name: the row's
 * @prepare: what comes before it, while nothing fails
 * @ask: the request, and its answer, whatever that is
 * @undo: all is as before again
 * @has_blocks: the guest has free blocks, and may give them
 * @may_not_allocate: what it needs depends on where the pages lie
 */
struct request_row {
	const char *name;
	void (*prepare)(struct host *host);
	void (*ask)(struct host *host);
	void (*undo)(struct host *host);
	bool has_blocks;
	bool may_not_allocate;
};

static void nothing(struct host *host)
{
}

static void ask_pages(struct host *host)
{
	host_asks(host, NR_PAGES);
	KUNIT_EXPECT_LE(host->test, host_gets(host), NR_PAGES);
}

static void ask_block(struct host *host)
{
	host_asks(host, block_pages());
	KUNIT_EXPECT_LE(host->test, host_gets(host), block_pages());
}

static void give_pages(struct host *host)
{
	KUNIT_EXPECT_EQ(host->test, NR_PAGES, host_takes(host, NR_PAGES));
}

static void give_block(struct host *host)
{
	ask_block(host);
	KUNIT_EXPECT_GT(host->test, host->holds.nr_pages, 0);
}

static void return_first(struct host *host)
{
	struct hvb_range part;

	KUNIT_ASSERT_TRUE(host->test, hvb_ranges_next(&host->holds, 0,
						      ULONG_MAX, &part));
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
}

/* What fails once goes well a little later. */
static void add_block(struct host *host)
{
	const struct hvb_range range = { BLOCK(NEW_BLOCK), block_pages() };
	const struct dm_hot_add_response *resp;

	host_adds(host, &range, NULL);
	resp = host_hears(host, DM_MEM_HOT_ADD_RESPONSE, sizeof(*resp));
	KUNIT_EXPECT_EQ(host->test, resp->page_count, block_pages());
	KUNIT_EXPECT_EQ(host->test, resp->page_count,
			host->dm.memory.added.nr_pages);
	kunit_kfree(host->test, resp);
}

/* As if it had never been added. */
static void remove_block(struct host *host)
{
	const struct hvb_range block = { BLOCK(NEW_BLOCK), block_pages() };
	struct hvb_memory *mem = &host->dm.memory;

	if (!mem->added.nr_pages)
		return;
	KUNIT_ASSERT_EQ(host->test, 0,
			offline_and_remove_memory(PFN_PHYS(block.start),
						  PFN_PHYS(block.count)));
	mutex_lock(&mem->lock);
	hvb_absent_erase(mem, &mem->added, block.start, block.count);
	mem->nr_added -= block.count;
	mutex_unlock(&mem->lock);
}

static void ask_removal(struct host *host)
{
	const struct dm_hot_remove req = {
		.hdr = { DM_MEM_HOT_REMOVE_REQUEST, sizeof(req), TRANS },
		.page_count = block_pages(),
	};
	const struct dm_hot_remove_response *resp;

	host_say(host, &req, sizeof(req));
	resp = host_hears(host, DM_MEM_HOT_REMOVE_RESPONSE, sizeof(*resp));
	host_holds(host, resp->range_array, resp->range_count);
	kunit_kfree(host->test, resp);
}

static const struct request_row request_rows[] = {
	{ "balloon", nothing, ask_pages, host_returns_all },
	{ "balloon, a block", nothing, ask_block, host_returns_all, true },
	{ "unballoon", give_pages, return_first, host_returns_all,
	  .may_not_allocate = true },
	{ "unballoon, a block", give_block, return_first, host_returns_all,
	  true },
	{ "hot-add", nothing, add_block, remove_block },
	{ "hot-remove", nothing, ask_removal, host_returns_all, true },
	{ "the way back from it", ask_removal, return_first, host_returns_all,
	  true },
};

KUNIT_ARRAY_PARAM_DESC(request, request_rows, name);

/* All that the guest has then is its own memory. */
static void add_blocks(struct host *host)
{
	const struct hvb_range range = {
		BLOCK(0), NR_BLOCKS * block_pages()
	};

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host->params.balloon_blocks = true;
	host->params.hot_remove = true;
}

/* A block that isn't online yet is tried again after a while. */
static void settle(struct host *host)
{
	host_hurry(host, &host->dm.memory.waiting.work);
	KUNIT_EXPECT_EQ(host->test, 0, host->dm.memory.waiting.nr);
	host_hurry(host, &host->dm.memory.idle_work);
	kthread_flush_worker(host->dm.base.worker);
}

static void a_request_is_answered_whatever_fails(struct kunit *test)
{
	const struct request_row *row = test->param_value;
	struct host *host = host_connected(test);
	unsigned int nth = 0;

	if (row->has_blocks)
		add_blocks(host);
	do {
		row->prepare(host);
		host->fail_nth = ++nth;
		row->ask(host);
		host_hears_nothing(host);
		settle(host);
		host_agrees(host);
		KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
		row->undo(host);
		settle(host);
		host_agrees(host);
	} while (host->has_failed && nth < MOST);
	host_finds_pages(host);
	kunit_info(test, "%u allocations failed", nth - 1);
	KUNIT_EXPECT_TRUE(test, nth > 1 || row->may_not_allocate);
	KUNIT_EXPECT_LT(test, nth, MOST);
}

/* A page that was allocated and can't be kept is no one's, unless it's freed. */
static void what_can_not_be_kept_is_free_again(struct kunit *test)
{
	struct host *host = host_connected(test);
	unsigned long before, after;

	give_pages(host);
	host_returns_all(host);
	before = global_zone_page_state(NR_FREE_PAGES);
	for (unsigned int i = 0; i < 4 * NR_TURNS; i++) {
		host->fail_nth = 1 + i % 4;
		host_asks(host, LARGE_PAGES);
		KUNIT_EXPECT_LE(test, host_gets(host), LARGE_PAGES);
		host_returns_all(host);
	}
	after = global_zone_page_state(NR_FREE_PAGES);
	KUNIT_EXPECT_GT(test, after + NR_TURNS * LARGE_PAGES / 2, before);
}

/* The same where no page can be: a set of pages tries twice for its node. */
static void what_can_never_be_kept_is_free_again(struct kunit *test)
{
	const struct dm_balloon req = {
		.hdr = { DM_BALLOON_REQUEST, sizeof(req), TRANS },
		.num_pages = LARGE_PAGES,
	};
	struct host *host = host_connected(test);
	unsigned long before, after;

	host_fail_sends(host, 0, -EIO);
	hvb_fault_begin(test);
	before = global_zone_page_state(NR_FREE_PAGES);
	for (unsigned int i = 0; i < NR_TURNS; i++)
		hvb_conversation_handle(&host->dm.conversation, &req,
					sizeof(req));
	after = global_zone_page_state(NR_FREE_PAGES);
	hvb_fault_end();
	host_fail_sends(host, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_LARGE_PAGES));
	KUNIT_EXPECT_GT(test, after + NR_TURNS * LARGE_PAGES / 2, before);
	host_agrees(host);
}

/* Unloaded and loaded again, while the host holds pages. */
static void a_start_that_fails_leaves_nothing_behind(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_device *dm = &host->dm;
	unsigned int nth = 0;
	bool failed;
	int err;

	host_takes(host, NR_PAGES);
	do {
		host_stop_driver(host);
		hvb_fault_nth(++nth);
		err = hvb_device_init(dm);
		failed = hvb_fault_came();
		KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
		if (err)
			KUNIT_ASSERT_EQ(test, 0, hvb_device_init(dm));
		KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&dm->conversation));
		host_forget(host);
		host_agrees(host);
	} while (failed && nth < MOST);
	host_finds_pages(host);
	kunit_info(test, "%u allocations failed", nth - 1);
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_LT(test, nth, MOST);
	host_returns_all(host);
}

static void a_resume_that_fails_can_be_repeated(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_device *dm = &host->dm;
	unsigned int nth = 0;
	bool failed;
	int err;

	host_takes(host, NR_PAGES);
	do {
		hvb_conversation_end(&dm->conversation);
		hvb_fault_nth(++nth);
		err = hvb_conversation_begin(&dm->conversation);
		if (!err)
			err = hvb_devices_start_reporter(dm);
		failed = hvb_fault_came();
		KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
		hvb_devices_stop_reporter(dm);
		host_forget(host);
		host_agrees(host);
	} while (failed && nth < MOST);
	kunit_info(test, "%u allocations failed", nth - 1);
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_LT(test, nth, MOST);
	host_returns_all(host);
}

/* It is the reporter that arms triggers. The old one stays when that fails. */
static void a_trigger_that_fails_changes_nothing(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_device *dm = &host->dm;
	char armed[HVB_TRIGGER_MAX];
	unsigned int nth = 0;
	bool failed;

	psi_switch_init(test);
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(dm));
	KUNIT_ASSERT_EQ(test, 0, hvb_reporter_set_psi(&dm->reporter, HVB_PSI_TRIGGER,
						      "full 50000 500000"));
	do {
		int err;

		WRITE_ONCE(dm->reporter.task->fail_nth, ++nth);
		err = hvb_reporter_set_psi(&dm->reporter, HVB_PSI_TRIGGER,
					   "some 50000 500000");
		failed = !READ_ONCE(dm->reporter.task->fail_nth);
		WRITE_ONCE(dm->reporter.task->fail_nth, 0);
		KUNIT_EXPECT_TRUE(test, !err || failed);
		hvb_pressure_armed(&dm->reporter.pressure, HVB_PSI_TRIGGER, armed);
		KUNIT_EXPECT_STREQ(test, armed,
				   err ? "full 50000 500000" :
					 "some 50000 500000");
		KUNIT_ASSERT_EQ(test, 0,
				hvb_reporter_set_psi(&dm->reporter, HVB_PSI_TRIGGER,
						     "full 50000 500000"));
	} while (failed && nth < MOST);
	hvb_devices_stop_reporter(dm);
	kunit_info(test, "%u allocations failed", nth - 1);
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_LT(test, nth, MOST);
}

static struct kunit_case faults_cases[] = {
	KUNIT_CASE_PARAM_ATTR(a_request_is_answered_whatever_fails,
			      request_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_SLOW(what_can_not_be_kept_is_free_again),
	KUNIT_CASE(what_can_never_be_kept_is_free_again),
	KUNIT_CASE_SLOW(a_start_that_fails_leaves_nothing_behind),
	KUNIT_CASE_SLOW(a_resume_that_fails_can_be_repeated),
	KUNIT_CASE_SLOW(a_trigger_that_fails_changes_nothing),
	{}
};

/* Where nothing was set up, even what the kernel can't bear would fail. */
static int expect_set_up(struct kunit *test)
{
	hvb_fault_begin(test);
	hvb_fault_end();
	return 0;
}

static struct kunit_suite faults_suite = {
	.name = "hv_balloon_faults",
	.init = expect_set_up,
	.test_cases = faults_cases,
};

kunit_test_suite(faults_suite);
