// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of what an admin does beside the device's life: PSI triggers
 * that are changed while devices and reporters come and go; and of the kernel's
 * last call, which any user can cause.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/oom.h>

#include "host.h"
#include "psi_switch.h"

#define RACE_MS		2000
#define LEAST_ROUNDS	3
#define SOON_MS		15000
#define STEP_MS		20

#define FIRST		"full 50000 500000"
#define SECOND		"some 60000 700000"

static int change(struct host *host, const char *text)
{
	return hvb_devices_set_psi(&host->params, HVB_PSI_TRIGGER, text);
}

static bool is_armed(struct host *host, const char *text)
{
	char armed[HVB_TRIGGER_MAX];

	for (unsigned int ms = 0; ms < SOON_MS; ms += STEP_MS) {
		hvb_pressure_armed(&host->dm.reporter.pressure, HVB_PSI_TRIGGER, armed);
		if (!strcmp(armed, text))
			return true;
		msleep(STEP_MS);
	}
	return false;
}

static void a_trigger_changed_in_between_is_armed_later(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_device *dm = &host->dm;

	psi_switch_init(test);
	KUNIT_EXPECT_EQ(test, 0, change(host, FIRST));
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(dm));
	KUNIT_EXPECT_TRUE(test, is_armed(host, FIRST));
	hvb_devices_stop_reporter(dm);
	KUNIT_EXPECT_TRUE(test, is_armed(host, "none"));

	KUNIT_EXPECT_EQ(test, 0, change(host, SECOND));
	KUNIT_EXPECT_TRUE(test, is_armed(host, "none"));
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(dm));
	KUNIT_EXPECT_TRUE(test, is_armed(host, SECOND));
	hvb_devices_stop_reporter(dm);
}

static void a_trigger_that_is_refused_is_not_kept(struct kunit *test)
{
	struct host *host = host_connected(test);

	psi_switch_init(test);
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	KUNIT_EXPECT_EQ(test, 0, change(host, FIRST));
	KUNIT_EXPECT_EQ(test, -EINVAL, change(host, "full 50000"));
	KUNIT_EXPECT_STREQ(test, host->params.psi[HVB_PSI_TRIGGER], FIRST);
	KUNIT_EXPECT_TRUE(test, is_armed(host, FIRST));
	hvb_devices_stop_reporter(&host->dm);
}

/**
 * struct writer - who changes a trigger again and again
 * @host: whose
 * @turns: how often it was done
 */
struct writer {
	struct host *host;
	unsigned int turns;
};

static int writes(void *data)
{
	struct writer *writer = data;

	while (!kthread_should_stop()) {
		if (!change(writer->host, writer->turns % 2 ? FIRST : SECOND))
			WRITE_ONCE(writer->turns, writer->turns + 1);
		cond_resched();
	}
	return 0;
}

/* The host takes the channel away, and offers it again. */
static void rescind(struct host *host)
{
	host_fail_sends(host, 0, -ENODEV);
	hvb_devices_stop_reporter(&host->dm);
	host_stop_driver(host);
	host_fail_sends(host, 0, 0);
	KUNIT_EXPECT_EQ(host->test, 0, hvb_device_init(&host->dm));
	KUNIT_EXPECT_EQ(host->test, 0, hvb_conversation_begin(&host->dm.conversation));
	host_forget(host);
}

/* Every change comes to its end, whenever the reporter or the device does. */
static void triggers_change_while_devices_come_and_go(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct writer writer = { .host = host };
	unsigned long start = jiffies;
	struct task_struct *thread;
	unsigned int rounds = 0;

	psi_switch_init(test);
	thread = kthread_run(writes, &writer, "writer");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	while (jiffies_to_msecs(jiffies - start) < RACE_MS ||
	       rounds < LEAST_ROUNDS) {
		KUNIT_EXPECT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
		hvb_devices_stop_reporter(&host->dm);
		KUNIT_EXPECT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
		rescind(host);
		rounds++;
	}
	kthread_stop(thread);
	KUNIT_EXPECT_GT(test, writer.turns, 2);
	KUNIT_EXPECT_NULL(test, host->dm.reporter.psi_request);
	KUNIT_EXPECT_TRUE(test, is_armed(host, "none"));
}

/* An allocation bound to a node that is full; the guest has room elsewhere. */
static void an_oom_that_is_not_the_guests_waits_for_nothing(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_device *dm = &host->dm;
	unsigned long freed = 0, start = jiffies;

	dm->shortage.oom_nb.notifier_call(&dm->shortage.oom_nb, 0, &freed);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), 900);
	KUNIT_EXPECT_EQ(test, freed, 0);
	KUNIT_EXPECT_EQ(test, dm->signs.signals & BIT(HVB_SIGNAL_OOM), 0);
	KUNIT_EXPECT_EQ(test, dm->shortage.oom_waited_at, 0);
}

static struct kunit_case devices_cases[] = {
	KUNIT_CASE(a_trigger_changed_in_between_is_armed_later),
	KUNIT_CASE(a_trigger_that_is_refused_is_not_kept),
	KUNIT_CASE_SLOW(triggers_change_while_devices_come_and_go),
	KUNIT_CASE(an_oom_that_is_not_the_guests_waits_for_nothing),
	{}
};

static struct kunit_suite devices_suite = {
	.name = "hv_balloon_devices",
	.test_cases = devices_cases,
};

kunit_test_suite(devices_suite);
