// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of memory that the host adds: real memory, by the kernel's
 * own hotplug. Whole blocks and parts of blocks, in one request or several,
 * what goes online and what stays absent, blocks that go offline and come
 * back, and memory that isn't ours.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "host.h"

#define PART(n, of)	((n) * block_pages() / (of))

/* All of the device's own counts, and the kernel's, of hot-added memory. */
static void expect_added(struct host *host, unsigned long nr_blocks,
			 unsigned long backed, unsigned long online)
{
	struct hvb_memory *mem = &host->dm.memory;
	struct kunit *test = host->test;

	KUNIT_EXPECT_EQ(test, mem->added.nr_pages,
			nr_blocks * block_pages());
	KUNIT_EXPECT_EQ(test, mem->nr_added, backed);
	KUNIT_EXPECT_EQ(test, mem->nr_onlined, online);
	KUNIT_EXPECT_EQ(test, mem->holes.nr_pages,
			nr_blocks * block_pages() - backed);
	KUNIT_EXPECT_EQ(test, totalram_pages() + host->holds.nr_pages,
			host->total_pages + online);
	host_finds_boot(host);
}

/**
 * struct add_row - a request, in 64ths of a block
 * @name: the row's
 * @start: of the range
 * @count: of the range
 * @region: size of the region from block 0 on, none if 0
 * @blocks: how many are added
 */
struct add_row {
	const char *name;
	unsigned int start;
	unsigned int count;
	unsigned int region;
	unsigned int blocks;
};

static const struct add_row add_rows[] = {
	{ "a block", 0, 64, 0, 1 },
	{ "three blocks", 0, 192, 0, 3 },
	{ "the start of a block", 0, 16, 0, 1 },
	{ "the end of a block", 48, 16, 0, 1 },
	{ "the middle of a block", 16, 32, 0, 1 },
	{ "over two blocks", 32, 64, 0, 2 },
	{ "a block in a region of four", 0, 64, 256, 1 },
	{ "the second block of a region", 64, 64, 256, 1 },
	{ "a part in a region", 16, 7, 64, 1 },
};

KUNIT_ARRAY_PARAM_DESC(add, add_rows, name);

static void added_memory_is_online_and_ours(struct kunit *test)
{
	const struct add_row *row = test->param_value;
	struct host *host = host_connected(test);
	struct hvb_range range = {
		BLOCK(0) + PART(row->start, 64), PART(row->count, 64)
	};
	struct hvb_range region = { BLOCK(0), PART(row->region, 64) };

	host_adds(host, &range, row->region ? &region : NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, row->blocks, range.count, range.count);
	host_finds_pages(host);
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
}

static void an_odd_number_of_pages_is_backed_to_the_page(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0) + 777, 1111 };

	host_adds(host, &range, NULL);
	host_hears_added(host, 1111, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, 1111, 1111);
	host_finds_pages(host);
}

static void a_region_fills_up_in_several_requests(struct kunit *test)
{
	static const unsigned int quarters[] = { 1, 1, 3, 1, 2 };
	struct host *host = host_connected(test);
	struct hvb_range region = { BLOCK(0), PART(2, 1) };
	struct hvb_range part = { BLOCK(0), 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(quarters); i++) {
		unsigned long backed;

		part.start += part.count;
		part.count = PART(quarters[i], 4);
		host_adds(host, &part, &region);
		host_hears_added(host, part.count, DM_HOT_ADD_SUCCESS);
		backed = part.start + part.count - BLOCK(0);
		expect_added(host, i < 2 ? 1 : 2, backed, backed);
	}
	expect_added(host, 2, PART(2, 1), PART(2, 1));
	host_finds_pages(host);
}

/* An answer can be lost, and the host asks again: it is told the same. */
static void the_same_memory_is_added_only_once(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range one = { BLOCK(1), PART(1, 1) };
	struct hvb_range two = { BLOCK(0), PART(2, 1) };

	host_adds(host, &one, NULL);
	host_hears_added(host, one.count, DM_HOT_ADD_SUCCESS);
	host_adds(host, &one, NULL);
	host_hears_added(host, one.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, one.count, one.count);
	host_adds(host, &two, NULL);
	host_hears_added(host, two.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 2, two.count, two.count);
}

static void memory_that_is_there_already_is_refused_for_good(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range boot = { PART(1, 1), PART(1, 1) };
	struct hvb_range part = { PART(1, 1) + 5, 1 };

	host_adds(host, &boot, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_SUCCESS);
	host_adds(host, &part, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_SUCCESS);
	expect_added(host, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, 2, host_count(host, HVB_COUNT_HOT_ADD_FAILED));
}

static void memory_out_of_reach_is_refused_for_good(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range far = { DM_PAGE_NUMBER_END - 1, 1 };

	host_adds(host, &far, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_SUCCESS);
	expect_added(host, 0, 0, 0);
}

static void memory_outside_of_its_region_comes_later(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), 1 }, region = { BLOCK(1), 1 };

	host_adds(host, &range, &region);
	host_hears_added(host, 0, DM_HOT_ADD_FAILURE);
	expect_added(host, 0, 0, 0);
}

static void add_other(struct kunit *test, unsigned long page)
{
	KUNIT_ASSERT_EQ(test, 0, add_memory(0, PFN_PHYS(page),
					    memory_block_size_bytes(),
					    MHP_NONE));
	KUNIT_ASSERT_EQ(test, 0, block_set(page, "online_movable"));
}

static void remove_other(struct kunit *test, unsigned long page)
{
	KUNIT_EXPECT_EQ(test, 0,
			offline_and_remove_memory(PFN_PHYS(page),
						  memory_block_size_bytes()));
}

static void memory_that_others_add_passes_untouched(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 2) };
	struct hvb_range other = { BLOCK(1), PART(1, 1) };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	add_other(test, other.start);
	KUNIT_EXPECT_EQ(test, totalram_pages(), host->total_pages +
			range.count + block_pages());
	host_finds_pages(host);
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_onlined, range.count);
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_added, range.count);

	host_adds(host, &other, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_SUCCESS);
	remove_other(test, other.start);
	expect_added(host, 1, range.count, range.count);
}

static void hot_add_off_is_refused_for_good(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 1) };

	host->params.hot_add = false;
	host_adds(host, &range, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_SUCCESS);
	expect_added(host, 0, 0, 0);
}

/* The driver counts it, and the distribution brings it online. */
static void policy_off_leaves_blocks_to_others(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 4) };
	struct hvb_range more = { BLOCK(0) + PART(1, 4), PART(1, 4) };
	struct hvb_counters now;

	host->params.online_policy = HVB_ONLINE_OFF;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host_adds(host, &more, NULL);
	host_hears_added(host, more.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, PART(1, 2), 0);
	hvb_memory_read(&host->dm.memory, NULL, &now);
	KUNIT_EXPECT_EQ(test, now.offline_pages, PART(1, 2));

	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "online_movable"));
	expect_added(host, 1, PART(1, 2), PART(1, 2));
	host_finds_pages(host);
}

struct zone_row {
	const char *name;
	enum hvb_online_policy policy;
};

static const struct zone_row zone_rows[] = {
	{ "movable", HVB_ONLINE_MOVABLE },
	{ "auto", HVB_ONLINE_AUTO },
};

KUNIT_ARRAY_PARAM_DESC(zone, zone_rows, name);

static void the_policy_says_movable(struct kunit *test)
{
	const struct zone_row *row = test->param_value;
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 1) };

	host->params.online_policy = row->policy;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	KUNIT_EXPECT_TRUE(test, is_zone_movable_page(pfn_to_page(BLOCK(0))));
}

/* The last test, as the kernel will not give such a block back. */
static void the_policy_says_kernel(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(6), PART(1, 1) };

	host->leaves_memory = true;
	host->params.online_policy = HVB_ONLINE_KERNEL;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, range.count, range.count);
	KUNIT_EXPECT_FALSE(test, is_zone_movable_page(pfn_to_page(BLOCK(6))));
}

/* An admin takes a block with holes offline and brings it back. */
static void a_block_with_holes_goes_offline_and_comes_back(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0) + PART(1, 4), PART(1, 2) };
	struct hvb_range rest = { BLOCK(0) + PART(3, 4), PART(1, 4) };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	for (unsigned int i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "offline"));
		expect_added(host, 1, range.count, 0);
		KUNIT_ASSERT_EQ(test, 0,
				block_set(BLOCK(0), "online_movable"));
		expect_added(host, 1, range.count, range.count);
		host_finds_pages(host);
	}
	/* Backed while it is offline: there when it comes online. */
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "offline"));
	host->params.online_policy = HVB_ONLINE_OFF;
	host_adds(host, &rest, NULL);
	host_hears_added(host, rest.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, PART(3, 4), 0);
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "online_movable"));
	expect_added(host, 1, PART(3, 4), PART(3, 4));
	host_finds_pages(host);
}

/**
 * struct last_word - a block may not go offline, whatever others say
 * @nb: after all others, so that each of them hears that it was cancelled
 * @dm: the device
 * @back: pages that the host returns meanwhile
 */
struct last_word {
	struct notifier_block nb;
	struct hvb_device *dm;
	struct hvb_range back;
};

static int veto(struct notifier_block *nb, unsigned long event, void *data)
{
	struct last_word *word = container_of(nb, struct last_word, nb);

	if (event != MEM_GOING_OFFLINE)
		return NOTIFY_OK;
	hvb_absent_return(&word->dm->memory, word->back.start, word->back.count);
	return NOTIFY_BAD;
}

static void fail_to_offline(struct host *host, const struct hvb_range *back)
{
	struct last_word word = {
		.nb = { .notifier_call = veto, .priority = INT_MIN },
		.dm = &host->dm,
		.back = *back,
	};
	int err;

	KUNIT_ASSERT_EQ(host->test, 0, register_memory_notifier(&word.nb));
	err = block_set(BLOCK(0), "offline");
	unregister_memory_notifier(&word.nb);
	KUNIT_EXPECT_LT(host->test, err, 0);
}

static void a_block_that_may_not_go_offline_keeps_its_holes(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 2) };
	struct hvb_range rest = { BLOCK(0) + PART(1, 2), PART(1, 2) };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	fail_to_offline(host, &(struct hvb_range){});
	expect_added(host, 1, range.count, range.count);
	host_finds_pages(host);

	host_adds(host, &rest, NULL);
	host_hears_added(host, rest.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, PART(1, 1), PART(1, 1));
	host_finds_pages(host);
}

static void pages_returned_to_a_block_that_moves_are_free_then(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 1) }, part;

	host->params.balloon_blocks = false;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host_takes(host, PART(1, 2));
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(1), &part));
	fail_to_offline(host, &part);
	KUNIT_ASSERT_EQ(test, 0, hvb_ranges_erase(&host->holds, part.start,
						  part.count, GFP_KERNEL));
	host_agrees(host);
	expect_added(host, 1, range.count, range.count);
	host_finds_pages(host);
}

/* Pages given from a block don't hold it, and may come back while it's off. */
static void a_block_with_given_pages_goes_offline(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 1) };
	unsigned long here;

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	KUNIT_EXPECT_EQ(test, PART(1, 2), host_takes(host, PART(1, 2)));
	here = hvb_ranges_count(&host->holds, BLOCK(0), block_pages());
	KUNIT_ASSERT_GT(test, here, 0);
	host_finds_pages(host);

	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "offline"));
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_onlined, 0);
	host_returns_all(host);
	KUNIT_EXPECT_EQ(test, totalram_pages(), host->total_pages);
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "online_movable"));
	expect_added(host, 1, range.count, range.count);
	host_finds_pages(host);
}

static void a_lost_hot_add_response_changes_nothing_else(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 2) };

	host_fail_sends(host, 0, -EIO);
	host_adds(host, &range, NULL);
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	expect_added(host, 1, range.count, range.count);
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
}

static void the_driver_that_comes_next_knows_the_holes(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), PART(1, 2) };
	struct hvb_range rest = { BLOCK(0) + PART(1, 2), PART(1, 2) };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host_restart_driver(host);
	expect_added(host, 1, range.count, range.count);
	host_adds(host, &rest, NULL);
	host_hears_added(host, rest.count, DM_HOT_ADD_SUCCESS);
	expect_added(host, 1, PART(1, 1), PART(1, 1));
	host_finds_pages(host);
}

static struct kunit_case hotadd_cases[] = {
	KUNIT_CASE_PARAM(added_memory_is_online_and_ours, add_gen_params),
	KUNIT_CASE(an_odd_number_of_pages_is_backed_to_the_page),
	KUNIT_CASE(a_region_fills_up_in_several_requests),
	KUNIT_CASE(the_same_memory_is_added_only_once),
	KUNIT_CASE(memory_that_is_there_already_is_refused_for_good),
	KUNIT_CASE(memory_out_of_reach_is_refused_for_good),
	KUNIT_CASE(memory_outside_of_its_region_comes_later),
	KUNIT_CASE(memory_that_others_add_passes_untouched),
	KUNIT_CASE(hot_add_off_is_refused_for_good),
	KUNIT_CASE(policy_off_leaves_blocks_to_others),
	KUNIT_CASE_PARAM(the_policy_says_movable, zone_gen_params),
	KUNIT_CASE(a_block_with_holes_goes_offline_and_comes_back),
	KUNIT_CASE(a_block_that_may_not_go_offline_keeps_its_holes),
	KUNIT_CASE(pages_returned_to_a_block_that_moves_are_free_then),
	KUNIT_CASE(a_block_with_given_pages_goes_offline),
	KUNIT_CASE(a_lost_hot_add_response_changes_nothing_else),
	KUNIT_CASE(the_driver_that_comes_next_knows_the_holes),
	KUNIT_CASE(the_policy_says_kernel),
	{}
};

static struct kunit_suite hotadd_suite = {
	.name = "hv_balloon_hotadd",
	.test_cases = hotadd_cases,
};

kunit_test_suite(hotadd_suite);
