// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of what happens at the same time: an admin who sets a block
 * offline and online while the host asks for pages and returns them, and one who
 * looks at the PSI triggers while they change.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>

#include "cgroup.h"
#include "host.h"

/* How long a race lasts. */
#define RACE_MS		2000
#define RACE_MAX_MS	20000

#define GIVEN_PAGES	2000

/**
 * struct admin - who does the same again and again
 * @test: the test
 * @dm: the device
 * @thread: does it
 * @turns: how often it was done
 */
struct admin {
	struct kunit *test;
	struct hvb_device *dm;
	struct task_struct *thread;
	unsigned int turns;
};

static void begin(struct admin *admin, struct host *host,
		  int (*does)(void *admin))
{
	admin->test = host->test;
	admin->dm = &host->dm;
	admin->thread = kthread_run(does, admin, "admin");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(host->test, admin->thread);
}

/* Return: true as long as the race lasts; longer where the machine is slow. */
static bool goes_on(const struct admin *admin, unsigned long start)
{
	unsigned int ms = jiffies_to_msecs(jiffies - start);

	cond_resched();
	return ms < RACE_MS ||
	       (READ_ONCE(admin->turns) < 2 && ms < RACE_MAX_MS);
}

static void end(struct admin *admin)
{
	kthread_stop(admin->thread);
	KUNIT_EXPECT_GT(admin->test, admin->turns, 1);
}

/* A block that is in use stays online; then there is nothing to undo. */
static int moves_a_block(void *data)
{
	struct admin *admin = data;

	while (!kthread_should_stop()) {
		if (!block_set(BLOCK(0), "offline"))
			admin->turns++;
		msleep(20);
		block_set(BLOCK(0), "online_movable");
		msleep(20);
	}
	return 0;
}

/* Some of the block was never backed, and some comes and goes. */
static void a_block_moves_while_pages_do(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), block_pages() - 777 };
	struct admin admin = {};
	unsigned long start = jiffies;
	struct hvb_range part;

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	begin(&admin, host, moves_a_block);
	while (goes_on(&admin, start)) {
		host_asks(host, GIVEN_PAGES);
		KUNIT_EXPECT_LE(test, host_gets(host), GIVEN_PAGES);
		while (hvb_ranges_next(&host->holds, 0, ULONG_MAX, &part)) {
			host_returns(host, &part, 1, false);
			host_hears_unballoon_done(host);
		}
	}
	end(&admin);
	block_set(BLOCK(0), "online_movable");
	KUNIT_EXPECT_NOT_NULL(test, pfn_to_online_page(BLOCK(0)));
	KUNIT_EXPECT_EQ(test, host->dm.memory.nr_onlined, range.count);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_UNKNOWN_PAGES));
	host_agrees(host);
	host_finds_pages(host);
}

static int looks_at_a_trigger(void *data)
{
	struct admin *admin = data;
	char armed[HVB_TRIGGER_MAX];

	while (!kthread_should_stop()) {
		hvb_pressure_armed(&admin->dm->reporter.pressure, HVB_PSI_TRIGGER, armed);
		KUNIT_EXPECT_TRUE(admin->test,
				  !strcmp(armed, "none") ||
				  !strcmp(armed, "full 50000 500000"));
		admin->turns++;
		cond_resched();
	}
	return 0;
}

static void a_trigger_is_shown_while_it_changes(struct kunit *test)
{
	struct host *host = host_connected(test);
	unsigned long start = jiffies;
	struct admin admin = {};

	cgroup_mount(test);
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	begin(&admin, host, looks_at_a_trigger);
	for (unsigned int i = 0; goes_on(&admin, start); i++)
		KUNIT_EXPECT_EQ(test, 0,
				hvb_reporter_set_psi(&host->dm.reporter, HVB_PSI_TRIGGER,
						     i % 2 ? "" :
						   "full 50000 500000"));
	hvb_devices_stop_reporter(&host->dm);
	end(&admin);
}

static struct kunit_case races_cases[] = {
	KUNIT_CASE_SLOW(a_block_moves_while_pages_do),
	KUNIT_CASE_SLOW(a_trigger_is_shown_while_it_changes),
	{}
};

static struct kunit_suite races_suite = {
	.name = "hv_balloon_races",
	.test_cases = races_cases,
};

kunit_test_suite(races_suite);
