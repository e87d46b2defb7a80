// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of what happens at the same time: an admin who sets a block
 * offline and online while the host asks for pages and returns them, and one who
 * looks at the PSI triggers while they change.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "host.h"
#include "psi_switch.h"

/* How long a race lasts. */
#define RACE_MS		2000
#define RACE_MAX_MS	20000

/* What goes and comes back: less than is returned under the lock at once, or more. */
#define FEW_PAGES	2000
#define MANY_PAGES	(SZ_64M / PAGE_SIZE + 2000)

/* So often are blocks returned until a return is seen half done. */
#define MAX_TURNS	50
#define NR_BLOCKS	3

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
	u32 nr_pages = FEW_PAGES;
	struct hvb_range part;

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	begin(&admin, host, moves_a_block);
	while (goes_on(&admin, start)) {
		host_asks(host, nr_pages);
		KUNIT_EXPECT_LE(test, host_gets(host), nr_pages);
		nr_pages = FEW_PAGES + MANY_PAGES - nr_pages;
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

/* Turns count only when less than a block was returned. */
static int looks_at_pages(void *data)
{
	struct admin *admin = data;
	struct hvb_memory *mem = &admin->dm->memory;

	while (!kthread_should_stop()) {
		mutex_lock(&mem->lock);
		if (mem->given.nr_pages % block_pages())
			WRITE_ONCE(admin->turns, admin->turns + 1);
		mutex_unlock(&mem->lock);
		cond_resched();
	}
	return 0;
}

/* A block can be large, and who reads what there is shouldn't wait for that. */
static void others_have_the_lock_before_a_block_is_returned(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };
	struct admin admin = {};

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host->params.balloon_blocks = true;
	begin(&admin, host, looks_at_pages);
	for (unsigned int i = 0; i < MAX_TURNS; i++) {
		host_asks(host, range.count);
		KUNIT_EXPECT_EQ(test, range.count, host_gets(host));
		host_returns_all(host);
		if (READ_ONCE(admin.turns) > 1)
			break;
	}
	end(&admin);
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

	psi_switch_init(test);
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
	KUNIT_CASE_SLOW(others_have_the_lock_before_a_block_is_returned),
	KUNIT_CASE_SLOW(a_trigger_is_shown_while_it_changes),
	{}
};

static struct kunit_suite races_suite = {
	.name = "hv_balloon_races",
	.test_cases = races_cases,
};

kunit_test_suite(races_suite);
