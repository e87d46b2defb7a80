// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of hot-added blocks that are removed for the host: real ones,
 * by the kernel's own hotplug. What goes and what may not, each of the ways
 * back, and what fails on them.
 */
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "host.h"

#define TRANS		0xbeef
#define NR_BLOCKS	3

/* A guest that may remove blocks and has some, movable and free. */
static struct host *willing(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host->params.hot_remove = true;
	return host;
}

static void host_wants(struct host *host, u32 nr_pages)
{
	struct dm_hot_remove req = {
		.hdr = { DM_MEM_HOT_REMOVE_REQUEST, sizeof(req), TRANS },
		.page_count = nr_pages,
	};

	host_say(host, &req, sizeof(req));
}

/* Records a response, the only one. Return: its pages. */
static unsigned long host_hears_removed(struct host *host)
{
	const struct dm_hot_remove_response *resp;
	unsigned long nr;

	resp = host_hears(host, DM_MEM_HOT_REMOVE_RESPONSE, sizeof(*resp));
	KUNIT_EXPECT_EQ(host->test, resp->hdr.trans_id, TRANS);
	KUNIT_EXPECT_EQ(host->test, resp->hdr.size,
			struct_size(resp, range_array, resp->range_count));
	KUNIT_EXPECT_EQ(host->test, resp->flags, 0);
	nr = host_holds(host, resp->range_array, resp->range_count);
	KUNIT_EXPECT_EQ(host->test, resp->result,
			nr ? DM_HOT_REMOVE_SUCCESS : DM_HOT_REMOVE_FAILURE);
	host_hears_nothing(host);
	return nr;
}

static unsigned int nr_there(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		nr += pfn_valid(BLOCK(i));
	return nr;
}

static unsigned int nr_online(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		nr += !!pfn_to_online_page(BLOCK(i));
	return nr;
}

/* So many blocks are removed, of which the host has all pages or some. */
static void expect_removed(struct host *host, unsigned int nr)
{
	KUNIT_EXPECT_EQ(host->test, NR_BLOCKS - nr, nr_there());
	KUNIT_EXPECT_EQ(host->test, NR_BLOCKS - nr, nr_online());
	host_agrees(host);
	KUNIT_EXPECT_EQ(host->test, (int)host->dm.conversation.state, HVB_INITIALIZED);
}

static void expect_removes(struct host *host, unsigned int nr)
{
	host_wants(host, nr * block_pages());
	KUNIT_ASSERT_EQ(host->test, nr * block_pages(),
			host_hears_removed(host));
	expect_removed(host, nr);
	KUNIT_EXPECT_EQ(host->test, nr,
			host_count(host, HVB_COUNT_BLOCKS_REMOVED));
}

struct offer_row {
	const char *name;
	bool hot_remove;
	u32 version;
	bool is_offered;
};

static const struct offer_row offer_rows[] = {
	{ "off", false, DM_VERSION_2_0, false },
	{ "on", true, DM_VERSION_2_0, true },
	{ "on, with an older protocol", true, DM_VERSION_1_0, false },
};

KUNIT_ARRAY_PARAM_DESC(offer, offer_rows, name);

static void the_host_is_told_that_it_may_ask(struct kunit *test)
{
	const struct offer_row *row = test->param_value;
	struct host *host = host_new(test);
	const struct dm_capabilities *caps;

	host->params.hot_remove = row->hot_remove;
	host->version = row->version;
	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	host_hears(host, DM_VERSION_REQUEST, 0);
	if (row->version != DM_VERSION_2_0)
		host_hears(host, DM_VERSION_REQUEST, 0);
	caps = host_hears(host, DM_CAPABILITIES_REPORT, sizeof(*caps));
	KUNIT_EXPECT_EQ(test, row->is_offered,
			!!(caps->caps & DM_CAP_HOT_REMOVE));
}

static void blocks_are_removed_and_returned(struct kunit *test)
{
	struct host *host = willing(test);

	expect_removes(host, 2);
	host_returns_all(host);
	expect_removed(host, 0);
	host_wants(host, NR_BLOCKS * block_pages() + 1);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS * block_pages(),
			host_hears_removed(host));
	expect_removed(host, NR_BLOCKS);
	host_returns_all(host);
	expect_removed(host, 0);
}

static void a_part_of_a_removed_block_is_returned(struct kunit *test)
{
	struct host *host = willing(test);
	struct hvb_range part;

	expect_removes(host, 1);
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, 0, ULONG_MAX,
						&part));
	part.start += 700;
	part.count = 300;
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
	expect_removed(host, 0);
	KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start - 1)));
	KUNIT_EXPECT_FALSE(test, PageOffline(pfn_to_page(part.start)));
	KUNIT_EXPECT_FALSE(test, PageOffline(pfn_to_page(part.start + 299)));
	KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start + 300)));
	host_returns_all(host);
	expect_removed(host, 0);
}

/* Adds what the host has. */
static void host_adds_again(struct host *host, struct hvb_range range)
{
	KUNIT_ASSERT_EQ(host->test, 0,
			hvb_ranges_erase(&host->holds, range.start, range.count,
					 GFP_KERNEL));
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
}

static void removed_blocks_are_added_again(struct kunit *test)
{
	struct host *host = willing(test);
	struct hvb_range half = { BLOCK(0), block_pages() / 2 };
	struct hvb_range rest = { BLOCK(0) + block_pages() / 2,
				  block_pages() * 3 / 2 };

	expect_removes(host, 2);
	host_adds_again(host, half);
	expect_removed(host, 1);
	host_adds_again(host, rest);
	expect_removed(host, 0);
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_added,
			NR_BLOCKS * block_pages());
}

/* What was never backed isn't given, and can be backed afterwards. */
static void a_block_with_holes_is_removed(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), block_pages() / 2 };
	struct hvb_range rest = { BLOCK(0) + block_pages() / 2,
				  block_pages() / 2 };

	host->params.hot_remove = true;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host_wants(host, block_pages());
	KUNIT_EXPECT_EQ(test, range.count, host_hears_removed(host));
	KUNIT_EXPECT_FALSE(test, pfn_valid(BLOCK(0)));
	host_agrees(host);

	host_adds(host, &rest, NULL);
	host_hears_added(host, rest.count, DM_HOT_ADD_SUCCESS);
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(BLOCK(0)));
	host_agrees(host);
	host_returns_all(host);
	host_agrees(host);
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_onlined, block_pages());
}

static void less_than_a_block_is_refused(struct kunit *test)
{
	struct host *host = willing(test);

	host_wants(host, block_pages() - 1);
	KUNIT_EXPECT_EQ(test, 0, host_hears_removed(host));
	host_wants(host, 0);
	KUNIT_EXPECT_EQ(test, 0, host_hears_removed(host));
	expect_removed(host, 0);
}

static void what_was_not_added_is_not_removed(struct kunit *test)
{
	struct host *host = host_connected(test);

	host->params.hot_remove = true;
	host_wants(host, block_pages());
	KUNIT_EXPECT_EQ(test, 0, host_hears_removed(host));
	host_agrees(host);
}

static void the_parameter_turns_it_off(struct kunit *test)
{
	struct host *host = willing(test);

	host->params.hot_remove = false;
	host_wants(host, block_pages());
	KUNIT_EXPECT_EQ(test, 0, host_hears_removed(host));
	expect_removed(host, 0);
}

static void a_guest_that_can_hibernate_keeps_its_blocks(struct kunit *test)
{
	struct host *host = willing(test);

	host->dm.base.can_hibernate = true;
	host_wants(host, block_pages());
	KUNIT_EXPECT_EQ(test, 0, host_hears_removed(host));
	expect_removed(host, 0);
	host->dm.base.can_hibernate = false;
}

static void a_send_that_fails_brings_blocks_back(struct kunit *test)
{
	struct host *host = willing(test);

	host_fail_sends(host, 0, -EIO);
	host_wants(host, 2 * block_pages());
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	KUNIT_EXPECT_EQ(test, 2, host_count(host, HVB_COUNT_BLOCKS_REMOVED));
	expect_removed(host, 0);
}

static void the_driver_that_comes_next_has_the_blocks(struct kunit *test)
{
	struct host *host = willing(test);

	expect_removes(host, 2);
	host_restart_driver(host);
	expect_removed(host, 2);
	host_returns_all(host);
	expect_removed(host, 0);
}

/* Someone has the addresses meanwhile; the driver tries again. */
static void a_block_is_added_again_when_it_can_be(struct kunit *test)
{
	struct host *host = willing(test);
	resource_size_t size = memory_block_size_bytes();
	resource_size_t at = PFN_PHYS(BLOCK(0));

	expect_removes(host, 1);
	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(at, size, "hv_balloon"));
	host_returns_all(host);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS - 1, nr_there());
	release_mem_region(at, size);
	host_hurry(host, &host->dm.memory.idle_work);
	expect_removed(host, 0);
}

/* Two, as the kernel allocates from the first one at once. Return: the other. */
static unsigned long add_for_kernel(struct host *host)
{
	/* A suite before this one left a block like that. */
	bool has_first = pfn_valid(BLOCK(6));
	struct hvb_range range = {
		BLOCK(5), (has_first ? 1 : 2) * block_pages()
	};

	host->leaves_memory = true;
	host->params.online_policy = HVB_ONLINE_KERNEL;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	return has_first ? BLOCK(5) : BLOCK(6);
}

/* The last test of the last suite, as the kernel may not give such blocks back. */
static void a_block_that_the_kernel_needs_stays(struct kunit *test)
{
	struct host *host = host_connected(test);
	unsigned long start = add_for_kernel(host), nr = 0;
	struct hvb_room room = {
		.pages = 2 * block_pages(),
		.kernel_pages = block_pages() - 1,
	};

	KUNIT_EXPECT_EQ(test, 0, hvb_give_blocks_one(&host->dm.requests, start,
						     &room, &nr));
	KUNIT_EXPECT_EQ(test, 0, nr);
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(start));

	/* The same block goes where the kernel can spare it. */
	host->params.hot_remove = true;
	host_wants(host, block_pages());
	KUNIT_EXPECT_EQ(test, block_pages(), host_hears_removed(host));
	KUNIT_EXPECT_FALSE(test, pfn_valid(start));
	host_returns_all(host);
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(start));
	host_agrees(host);
}

static struct kunit_case hotremove_cases[] = {
	KUNIT_CASE_PARAM(the_host_is_told_that_it_may_ask, offer_gen_params),
	KUNIT_CASE(blocks_are_removed_and_returned),
	KUNIT_CASE(a_part_of_a_removed_block_is_returned),
	KUNIT_CASE(removed_blocks_are_added_again),
	KUNIT_CASE(a_block_with_holes_is_removed),
	KUNIT_CASE(less_than_a_block_is_refused),
	KUNIT_CASE(what_was_not_added_is_not_removed),
	KUNIT_CASE(the_parameter_turns_it_off),
	KUNIT_CASE(a_guest_that_can_hibernate_keeps_its_blocks),
	KUNIT_CASE(a_send_that_fails_brings_blocks_back),
	KUNIT_CASE(the_driver_that_comes_next_has_the_blocks),
	KUNIT_CASE(a_block_is_added_again_when_it_can_be),
	KUNIT_CASE(a_block_that_the_kernel_needs_stays),
	{}
};

static struct kunit_suite hotremove_suite = {
	.name = "hv_balloon_hotremove",
	.test_cases = hotremove_cases,
};

kunit_test_suite(hotremove_suite);
