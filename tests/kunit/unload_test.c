// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of a driver that comes or goes while an admin moves blocks of
 * which the host has pages. Whatever comes first, these pages stay away from the
 * kernel, or the driver doesn't count them as the host's.
 */
#include <kunit/resource.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>

#include "host.h"
#include "keeper.h"

#define NR_BLOCKS	2

/* How long a block moves; and longer than the driver waits for the lock. */
#define MOVE_MS		300
#define LONG_MOVE_MS	8000

/**
 * struct scene - a guest that gave one of its blocks
 * @host: the host
 * @nb: refuses blocks that come online
 * @is_refused: they are refused now
 * @start: the given block's first page
 * @other: that of a block that the guest kept
 */
struct scene {
	struct host *host;
	struct notifier_block nb;
	bool is_refused;
	unsigned long start;
	unsigned long other;
};

static int refuse(struct notifier_block *nb, unsigned long event, void *data)
{
	struct scene *scene = container_of(nb, struct scene, nb);

	return event == MEM_GOING_ONLINE && scene->is_refused ? NOTIFY_BAD :
								NOTIFY_OK;
}

static void end(void *data)
{
	struct scene *scene = data;

	unregister_memory_notifier(&scene->nb);
}

static struct scene *begin(struct kunit *test)
{
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };
	struct scene *scene = kunit_kzalloc(test, sizeof(*scene), GFP_KERNEL);
	struct host *host = host_connected(test);
	struct hvb_range part = {};

	KUNIT_ASSERT_NOT_NULL(test, scene);
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host->params.balloon_blocks = true;
	host_asks(host, block_pages());
	KUNIT_ASSERT_EQ(test, block_pages(), host_gets(host));
	hvb_ranges_next(&host->holds, BLOCK(0), BLOCK(NR_BLOCKS), &part);
	KUNIT_ASSERT_EQ(test, block_pages(), part.count);

	scene->host = host;
	scene->start = part.start;
	scene->other = BLOCK(0) + BLOCK(1) - part.start;
	scene->nb.notifier_call = refuse;
	KUNIT_ASSERT_EQ(test, 0, register_memory_notifier(&scene->nb));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end, scene));
	return scene;
}

static void start_driver(struct host *host)
{
	KUNIT_ASSERT_EQ(host->test, 0, hvb_device_init(&host->dm));
	KUNIT_ASSERT_EQ(host->test, 0,
			hvb_conversation_begin(&host->dm.conversation));
	host_forget(host);
}

/* The block is online, and none of its pages is the kernel's. */
static void expect_kept(struct scene *scene)
{
	unsigned long nr = 0;

	for (unsigned long i = 0; i < block_pages(); i++) {
		struct page *page = pfn_to_online_page(scene->start + i);

		nr += page && PageOffline(page) && page_count(page) == 1;
	}
	KUNIT_EXPECT_EQ(scene->host->test, nr, block_pages());
}

static void go_on(struct scene *scene)
{
	host_returns_all(scene->host);
	host_agrees(scene->host);
	host_finds_pages(scene->host);
}

/* The driver goes while an admin moves a block. Return: what he is told. */
static int stop_beside(struct scene *scene, unsigned long start, int answer,
		       unsigned int ms)
{
	struct keeper *keeper = keeper_begin(scene->host->test, start, "offline",
					     answer);
	int err;

	keeper_lets_go(keeper, ms);
	host_stop_driver(scene->host);
	err = keeper_end(keeper);
	expect_kept(scene);
	start_driver(scene->host);
	go_on(scene);
	return err;
}

static void a_block_on_its_way_offline_is_waited_for(struct kunit *test)
{
	struct scene *scene = begin(test);

	KUNIT_EXPECT_EQ(test, 0, stop_beside(scene, scene->start, 0, MOVE_MS));
}

/* As above, but it stays in the end. */
static void a_block_that_does_not_go_is_kept(struct kunit *test)
{
	struct scene *scene = begin(test);

	KUNIT_EXPECT_NE(test, 0,
			stop_beside(scene, scene->start, -EBUSY, MOVE_MS));
}

/* Nobody would look at it again. */
static void at_the_end_no_block_goes_that_the_host_has_a_part_of(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct host *host = scene->host;

	hvb_conversation_end(&host->dm.conversation);
	hvb_idle_exit(&host->dm.memory);
	KUNIT_EXPECT_NE(test, 0, block_set(scene->start, "offline"));
	KUNIT_EXPECT_EQ(test, 0, block_set(scene->other, "offline"));
	KUNIT_EXPECT_EQ(test, 0, block_set(scene->other, "online_movable"));
	expect_kept(scene);
	host_restart_driver(host);
	expect_kept(scene);
	go_on(scene);
}

/* While it moves, the one that is offline can't come online. */
static void a_block_of_others_is_waited_for(struct kunit *test)
{
	struct scene *scene = begin(test);

	KUNIT_ASSERT_EQ(test, 0, block_set(scene->start, "offline"));
	KUNIT_EXPECT_NE(test, 0,
			stop_beside(scene, scene->other, -EBUSY, LONG_MOVE_MS));
}

/* The driver goes and leaves the block offline, as it won't come online. */
static void leave_offline(struct scene *scene)
{
	KUNIT_ASSERT_EQ(scene->host->test, 0,
			block_set(scene->start, "offline"));
	scene->is_refused = true;
	host_stop_driver(scene->host);
	scene->is_refused = false;
	KUNIT_ASSERT_NULL(scene->host->test, pfn_to_online_page(scene->start));
}

/* It is on its way when the next driver comes, with all of its pages. */
static void a_block_on_its_way_online_is_not_taken_over(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct host *host = scene->host;
	struct keeper *keeper;

	leave_offline(scene);
	keeper = keeper_begin(test, scene->start, "online_movable", 0);
	keeper_lets_go(keeper, MOVE_MS);
	KUNIT_ASSERT_EQ(test, 0, hvb_device_init(&host->dm));
	KUNIT_EXPECT_EQ(test, 0, keeper_end(keeper));
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(scene->start));
	KUNIT_EXPECT_EQ(test, 0, host->dm.memory.given.nr_pages);
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_onlined,
			NR_BLOCKS * block_pages());
	/* The host's loss. */
	hvb_ranges_erase(&host->holds, scene->start, block_pages(), GFP_KERNEL);
	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	host_forget(host);
	go_on(scene);
}

static void online_page_elsewhere(struct page *page, unsigned int order)
{
	generic_online_page(page, order);
}

static void restore(void *unused)
{
	restore_online_page_callback(online_page_elsewhere);
}

/* Another driver decides what comes online. */
static void take_callback(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0,
			set_online_page_callback(online_page_elsewhere));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, restore,
							   NULL));
}

static void without_the_callback_a_given_block_stays(struct kunit *test)
{
	struct scene *scene = begin(test);

	host_stop_driver(scene->host);
	take_callback(test);
	start_driver(scene->host);
	KUNIT_EXPECT_NE(test, 0, block_set(scene->start, "offline"));
	KUNIT_EXPECT_EQ(test, 0, block_set(scene->other, "offline"));
	KUNIT_EXPECT_EQ(test, 0, block_set(scene->other, "online_movable"));
	expect_kept(scene);
	kunit_release_action(test, restore, NULL);
	host_restart_driver(scene->host);
	go_on(scene);
}

static void without_the_callback_it_does_not_come_online(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct host *host = scene->host;

	leave_offline(scene);
	take_callback(test);
	start_driver(host);
	KUNIT_EXPECT_NE(test, 0, block_set(scene->start, "online_movable"));
	KUNIT_EXPECT_NULL(test, pfn_to_online_page(scene->start));
	kunit_release_action(test, restore, NULL);
	host_restart_driver(host);
	host_hurry(host, &host->dm.memory.waiting.work);
	expect_kept(scene);
	go_on(scene);
}

static struct kunit_case unload_cases[] = {
	KUNIT_CASE(a_block_on_its_way_offline_is_waited_for),
	KUNIT_CASE(a_block_that_does_not_go_is_kept),
	KUNIT_CASE(at_the_end_no_block_goes_that_the_host_has_a_part_of),
	KUNIT_CASE_SLOW(a_block_of_others_is_waited_for),
	KUNIT_CASE(a_block_on_its_way_online_is_not_taken_over),
	KUNIT_CASE(without_the_callback_a_given_block_stays),
	KUNIT_CASE(without_the_callback_it_does_not_come_online),
	{}
};

static struct kunit_suite unload_suite = {
	.name = "hv_balloon_unload",
	.test_cases = unload_cases,
};

kunit_test_suite(unload_suite);
