// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of whole memory blocks that go to the host: taken by setting
 * them offline and online again, back in part or whole, and in the way of no
 * one meanwhile. The blocks are hot-added and movable, so that they can be taken
 * for certain.
 */
#include <linux/delay.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "host.h"

#define NR_BLOCKS	3

/* How long these stay valid. */
#define ROUND_MS	2000

/* A guest with free blocks; what it has now is all its memory. */
static struct host *roomy(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host->params.balloon_blocks = true;
	return host;
}

static unsigned int nr_online(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		nr += !!pfn_to_online_page(BLOCK(i));
	return nr;
}

static unsigned long all_pages(struct host *host)
{
	return host->total_pages + NR_BLOCKS * block_pages();
}

/* What makedumpfile and others look at, who must not touch these pages. */
static void expect_offline_pages(struct host *host)
{
	unsigned long from = 0, nr = 0;
	struct hvb_range part;

	while (hvb_ranges_next(&host->holds, from, ULONG_MAX, &part)) {
		for (from = part.start; from < hvb_range_end(&part); from++) {
			struct page *page = pfn_to_online_page(from);

			nr += page && PageOffline(page) &&
			      page_count(page) == 1;
		}
	}
	KUNIT_EXPECT_EQ(host->test, nr, host->holds.nr_pages);
}

static void expect_sum(struct host *host)
{
	KUNIT_EXPECT_EQ(host->test, host->holds.nr_pages,
			host->dm.memory.given.nr_pages);
	KUNIT_EXPECT_EQ(host->test, totalram_pages() + host->holds.nr_pages,
			all_pages(host));
	host_finds_boot(host);
}

/* Asks and takes what comes; whose pages these are is checked by the sum. */
static void expect_takes(struct host *host, unsigned long nr_pages)
{
	host_asks(host, nr_pages);
	KUNIT_EXPECT_EQ(host->test, nr_pages, host_gets(host));
	host_hears_nothing(host);
	expect_sum(host);
	expect_offline_pages(host);
	KUNIT_EXPECT_EQ(host->test, NR_BLOCKS, nr_online());
}

static void return_all(struct host *host)
{
	host_returns_all(host);
	expect_sum(host);
	KUNIT_EXPECT_EQ(host->test, NR_BLOCKS, nr_online());
}

static void free_blocks_go_whole_and_come_back(struct kunit *test)
{
	struct host *host = roomy(test);

	for (unsigned int i = 0; i < 2; i++) {
		expect_takes(host, 2 * block_pages());
		KUNIT_EXPECT_EQ(test, 2 * (i + 1) * block_pages(),
				host_count(host, HVB_COUNT_BLOCK_PAGES));
		KUNIT_EXPECT_LE(test, host->holds.nr_ranges, 2);
		return_all(host);
	}
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_LARGE_PAGES));
}

static void little_of_a_block_leaves_blocks_alone(struct kunit *test)
{
	struct host *host = roomy(test);

	expect_takes(host, block_pages() / 16 - 1);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_BLOCK_PAGES));
	return_all(host);
}

static void a_part_of_a_block_goes(struct kunit *test)
{
	struct host *host = roomy(test);

	for (unsigned int i = 1; i <= 2; i++) {
		expect_takes(host, block_pages() / 8 * 9);
		KUNIT_EXPECT_EQ(test, block_pages() / 8 * 9 * i,
				host_count(host, HVB_COUNT_BLOCK_PAGES));
		KUNIT_EXPECT_LE(test, host->holds.nr_ranges, 2);
		return_all(host);
	}
}

static void the_parameter_turns_it_off(struct kunit *test)
{
	struct host *host = roomy(test);

	host->params.balloon_blocks = false;
	expect_takes(host, block_pages());
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_BLOCK_PAGES));
	return_all(host);
}

static void a_part_of_a_block_comes_back(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range part;

	expect_takes(host, block_pages());
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(NR_BLOCKS), &part));
	part.start += 700;
	part.count = 300;
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start - 1)));
	KUNIT_EXPECT_FALSE(test, PageOffline(pfn_to_page(part.start)));
	KUNIT_EXPECT_FALSE(test, PageOffline(pfn_to_page(part.start + 299)));
	KUNIT_EXPECT_TRUE(test, PageOffline(pfn_to_page(part.start + 300)));
	expect_sum(host);
	return_all(host);
}

static void a_send_that_fails_brings_blocks_back(struct kunit *test)
{
	struct host *host = roomy(test);

	host_fail_sends(host, 0, -EIO);
	host_asks(host, 2 * block_pages());
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	expect_sum(host);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	KUNIT_EXPECT_EQ(test, totalram_pages(), all_pages(host));
}

/* As with any block: the host's pages go with it, and stay away. */
static void a_taken_block_set_offline_and_online_stays_the_host_s(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range part;

	expect_takes(host, block_pages());
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(NR_BLOCKS), &part));
	KUNIT_ASSERT_EQ(test, 0, block_set(part.start, "offline"));
	expect_sum(host);
	KUNIT_EXPECT_EQ(test, 0, block_set(part.start, "online_movable"));
	expect_sum(host);
	expect_offline_pages(host);
	return_all(host);
}

/* What an admin sets offline comes online when the admin wants it. */
static void a_block_set_offline_by_an_admin_stays_so(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range part;

	expect_takes(host, block_pages());
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(NR_BLOCKS), &part));
	KUNIT_ASSERT_EQ(test, 0, block_set(part.start, "offline"));
	host_returns(host, &part, 1, false);
	host_hears_unballoon_done(host);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS - 1, nr_online());
	KUNIT_EXPECT_EQ(test, 0, block_set(part.start, "online_movable"));
	return_all(host);
}

/* Nobody would keep the host's pages away when it comes online. */
static void no_driver_leaves_the_host_s_pages_offline(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range part;

	expect_takes(host, block_pages());
	KUNIT_ASSERT_TRUE(test, hvb_ranges_next(&host->holds, BLOCK(0),
						BLOCK(NR_BLOCKS), &part));
	KUNIT_ASSERT_EQ(test, 0, block_set(part.start, "offline"));
	host_restart_driver(host);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	expect_sum(host);
	expect_offline_pages(host);
	return_all(host);
}

/**
 * struct veto - who stands in the way of a block
 * @nb: how the kernel asks
 * @event: what is refused
 * @start: of which block; ULONG_MAX for the first that comes
 * @nr: how often it is refused from now on
 * @nr_asked: how often it was asked for
 */
struct veto {
	struct notifier_block nb;
	unsigned long event;
	unsigned long start;
	unsigned int nr;
	unsigned int nr_asked;
};

static int refuse(struct notifier_block *nb, unsigned long event, void *data)
{
	struct veto *veto = container_of(nb, struct veto, nb);
	const struct memory_notify *block = data;

	if (event != veto->event)
		return NOTIFY_OK;
	if (veto->start == ULONG_MAX)
		veto->start = block->start_pfn;
	if (veto->start != block->start_pfn)
		return NOTIFY_OK;
	veto->nr_asked++;
	if (!veto->nr)
		return NOTIFY_OK;
	veto->nr--;
	return NOTIFY_BAD;
}

static void end_veto(void *veto)
{
	unregister_memory_notifier(&((struct veto *)veto)->nb);
}

static struct veto *add_veto(struct kunit *test, unsigned long event,
			     unsigned int nr)
{
	struct veto *veto = kunit_kzalloc(test, sizeof(*veto), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, veto);
	veto->nb.notifier_call = refuse;
	veto->event = event;
	veto->start = ULONG_MAX;
	veto->nr = nr;
	KUNIT_ASSERT_EQ(test, 0, register_memory_notifier(&veto->nb));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_veto,
							   veto));
	return veto;
}

static void a_block_that_does_not_go_is_left_alone(struct kunit *test)
{
	struct host *host = roomy(test);
	struct veto *veto = add_veto(test, MEM_GOING_OFFLINE, UINT_MAX);

	expect_takes(host, 2 * block_pages());
	KUNIT_EXPECT_EQ(test, 2 * block_pages(),
			host_count(host, HVB_COUNT_BLOCK_PAGES));
	return_all(host);
	expect_takes(host, 2 * block_pages());
	KUNIT_EXPECT_EQ(test, 4 * block_pages(),
			host_count(host, HVB_COUNT_BLOCK_PAGES));
	KUNIT_EXPECT_EQ(test, 1, veto->nr_asked);
	return_all(host);
}

/* The host has its pages; the block is tried again until it is there. */
static void a_block_that_stays_offline_is_tried_again(struct kunit *test)
{
	struct host *host = roomy(test);
	struct veto *veto = add_veto(test, MEM_GOING_ONLINE, 3);

	host_asks(host, block_pages());
	KUNIT_EXPECT_EQ(test, block_pages(), host_gets(host));
	KUNIT_EXPECT_EQ(test, NR_BLOCKS - 1, nr_online());
	expect_sum(host);
	for (unsigned int i = 0; i < 100 && nr_online() < NR_BLOCKS; i++)
		msleep(100);
	KUNIT_EXPECT_EQ(test, 4, veto->nr_asked);
	KUNIT_EXPECT_EQ(test, NR_BLOCKS, nr_online());
	expect_sum(host);
	expect_offline_pages(host);
	return_all(host);
}

/* A round of requests looks at no block twice. */
static void requests_go_on_where_the_last_one_ended(struct kunit *test)
{
	struct host *host = roomy(test);
	const struct hvb_round *round = &host->dm.requests.round;
	unsigned long position;

	expect_takes(host, block_pages());
	position = round->position;
	KUNIT_EXPECT_GT(test, position, 0);
	expect_takes(host, block_pages());
	KUNIT_EXPECT_EQ(test, round->position, position + 1);
	return_all(host);
	expect_takes(host, block_pages());
	KUNIT_EXPECT_EQ(test, round->position, position);
	return_all(host);
}

/* Together they take longer than the findings of a round stay valid. */
static void a_round_ends_a_while_after_its_last_look(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_round *round = &host->dm.requests.round;
	unsigned long position;

	expect_takes(host, block_pages());
	position = round->position;
	for (unsigned int i = 1; i < NR_BLOCKS; i++) {
		round->looked -= msecs_to_jiffies(ROUND_MS * 3 / 4);
		expect_takes(host, block_pages());
		KUNIT_EXPECT_EQ(test, round->position, position + i);
	}
	return_all(host);
}

static int take_while_moves(struct host *host, struct page *page,
			    unsigned long moving)
{
	struct hvb_memory *mem = &host->dm.memory;
	int err;

	mutex_lock(&mem->lock);
	mem->moving.start = moving;
	mem->moving.count = 1;
	mutex_unlock(&mem->lock);
	err = hvb_fresh_hold(&host->dm.memory, page, 1);
	mutex_lock(&mem->lock);
	mem->moving.count = 0;
	mutex_unlock(&mem->lock);
	return err;
}

/* They were allocated just before their block began to go offline. */
static void pages_of_a_block_that_moves_are_not_taken(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	unsigned long start;

	KUNIT_ASSERT_NOT_NULL(test, page);
	start = page_to_pfn(page);
	KUNIT_EXPECT_EQ(test, -EBUSY, take_while_moves(host, page, start));
	KUNIT_EXPECT_EQ(test, -EBUSY, take_while_moves(host, page, start + 1));
	KUNIT_ASSERT_EQ(test, 0, take_while_moves(host, page, start + 2));
	hvb_absent_drop_fresh(&host->dm.memory);
	host_agrees(host);
}

static void the_driver_that_comes_next_has_the_blocks(struct kunit *test)
{
	struct host *host = roomy(test);

	expect_takes(host, 2 * block_pages());
	host_restart_driver(host);
	expect_sum(host);
	expect_offline_pages(host);
	return_all(host);
}

/* While nobody watched, somebody took one of them for good. */
static void a_page_that_is_present_again_costs_one_block(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_range lost = { BLOCK(1), block_pages() };
	struct page *page = pfn_to_page(BLOCK(1) + 7);

	expect_takes(host, NR_BLOCKS * block_pages());
	KUNIT_ASSERT_EQ(test, 1, host->holds.nr_ranges);
	host_stop_driver(host);
	__ClearPageOffline(page);
	KUNIT_ASSERT_EQ(test, 0, hvb_device_init(&host->dm));
	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	host_forget(host);
	KUNIT_EXPECT_EQ(test, host->dm.memory.given.nr_pages,
			(NR_BLOCKS - 1) * block_pages());

	/* For the kernel's sake, the driver knows of them all the same. */
	__SetPageOffline(page);
	mutex_lock(&host->dm.memory.lock);
	hvb_absent_insert(&host->dm.memory, &host->dm.memory.given, lost.start,
			  lost.count);
	mutex_unlock(&host->dm.memory.lock);
	host->params.balloon_blocks = true;
	return_all(host);
}

static struct kunit_case blocks_cases[] = {
	KUNIT_CASE(free_blocks_go_whole_and_come_back),
	KUNIT_CASE(little_of_a_block_leaves_blocks_alone),
	KUNIT_CASE(a_part_of_a_block_goes),
	KUNIT_CASE(the_parameter_turns_it_off),
	KUNIT_CASE(a_part_of_a_block_comes_back),
	KUNIT_CASE(a_send_that_fails_brings_blocks_back),
	KUNIT_CASE(a_taken_block_set_offline_and_online_stays_the_host_s),
	KUNIT_CASE(a_block_set_offline_by_an_admin_stays_so),
	KUNIT_CASE(no_driver_leaves_the_host_s_pages_offline),
	KUNIT_CASE(a_block_that_does_not_go_is_left_alone),
	KUNIT_CASE(a_block_that_stays_offline_is_tried_again),
	KUNIT_CASE(requests_go_on_where_the_last_one_ended),
	KUNIT_CASE(a_round_ends_a_while_after_its_last_look),
	KUNIT_CASE(pages_of_a_block_that_moves_are_not_taken),
	KUNIT_CASE(the_driver_that_comes_next_has_the_blocks),
	KUNIT_CASE(a_page_that_is_present_again_costs_one_block),
	{}
};

static struct kunit_suite blocks_suite = {
	.name = "hv_balloon_blocks",
	.test_cases = blocks_cases,
};

kunit_test_suite(blocks_suite);
