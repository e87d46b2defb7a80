// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSI that comes and goes, as it does when the root's cgroup.pressure is set to
 * 0 and to 1: what is armed, what is armed again, what is said.
 */
#include <kunit/test.h>
#include <linux/delay.h>

#include "host.h"
#include "psi_switch.h"
#include "triggers.h"

#define FULL	"full 50000 500000"
#define SOME	"some 50000 500000"

/* How long PSI that is back may go unnoticed. */
#define AGAIN_MS	15000

static void psi_is_armed_again_when_it_is_back(struct kunit *test)
{
	struct hvb_device *dm;

	psi_switch_init(test);
	dm = triggers_wanted(test, FULL, FULL);
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_EARLY, FULL));
	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_EARLY, SOME));
	KUNIT_ASSERT_EQ(test, 0, psi_switch(false));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, "none"));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_EARLY, "none"));
	KUNIT_EXPECT_TRUE(test, triggers_missing(dm, "cgroup.pressure"));
	KUNIT_ASSERT_EQ(test, 0, psi_switch(true));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_EARLY, SOME));
	KUNIT_EXPECT_TRUE(test, triggers_missing(dm, "nothing"));
}

/* A trigger that is gone measures nothing, even when its file is there again. */
static bool is_measuring(struct hvb_device *dm)
{
	char text[80];

	for (unsigned int ms = 0; ms < AGAIN_MS; ms += 20) {
		mutex_lock(&dm->reporter.pressure.lock);
		hvb_pressure_read(&dm->reporter.pressure, text, sizeof(text));
		mutex_unlock(&dm->reporter.pressure.lock);
		if (strstarts(text, "full avg10="))
			return true;
		msleep(20);
	}
	return false;
}

static void psi_that_blinks_is_armed_again(struct kunit *test)
{
	struct hvb_device *dm;

	psi_switch_init(test);
	dm = triggers_wanted(test, FULL, "");
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, FULL));
	for (unsigned int i = 0; i < 5; i++) {
		KUNIT_ASSERT_EQ(test, 0, psi_switch(false));
		KUNIT_ASSERT_EQ(test, 0, psi_switch(true));
	}
	KUNIT_EXPECT_TRUE(test, is_measuring(dm));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, FULL));
}

/* What is set while nobody reports, or while one does, is what comes next. */
static void the_next_reporter_arms_what_was_set(struct kunit *test)
{
	struct hvb_device *dm;

	psi_switch_init(test);
	dm = triggers_wanted(test, FULL, "");
	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_TRIGGER, SOME));
	hvb_devices_stop_reporter(dm);
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(dm));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_EARLY, "none"));
}

/* Not the one that the reporter began with. */
static void a_changed_trigger_is_armed_again(struct kunit *test)
{
	struct hvb_device *dm;

	psi_switch_init(test);
	dm = triggers_wanted(test, FULL, "");
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_ASSERT_EQ(test, 0, psi_switch(false));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, "none"));
	KUNIT_ASSERT_EQ(test, 0, psi_switch(true));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, SOME));
}

struct look {
	const char *name;
	const char *trigger;
	const char *early;
	bool is_low;
	bool stalled;
	bool swapped;
	bool pressure;
	enum hvb_signal signal;
};

/* No cgroup2: what is wanted isn't armed; what is not is not missed. */
static const struct look looks[] = {
	{ "swapping", FULL, SOME, true, true, true, true, HVB_SIGNAL_FULL },
	{ "stalling", FULL, SOME, true, true, false, true, HVB_SIGNAL_SOME },
	{ "there is room", FULL, SOME, false, true, true, false },
	{ "nothing stalls", FULL, SOME, true, false, true, false },
};

static void describe(const struct look *look, char *desc)
{
	strscpy(desc, look->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(look, looks, describe);

static bool falls_back(struct hvb_device *dm, const struct look *look,
		       enum hvb_signal *signal)
{
	const struct hvb_counters last = {};
	const struct hvb_counters now = {
		.total_pages = 1000,
		.avail_pages = look->is_low ? 10 : 500,
		.stalls = look->stalled,
		.swapped_out_pages = look->swapped,
	};

	return hvb_pressure_fallback(&dm->reporter.pressure, &now, &last, signal);
}

static void want(struct hvb_device *dm, enum hvb_psi_which which,
		 const char *text)
{
	strscpy(dm->reporter.pressure.wanted[which], text, HVB_TRIGGER_MAX);
}

static void stalls_are_pressure_without_psi(struct kunit *test)
{
	const struct look *look = test->param_value;
	struct hvb_device *dm = &host_connected(test)->dm;
	enum hvb_signal signal = HVB_SIGNALS;

	want(dm, HVB_PSI_TRIGGER, look->trigger);
	want(dm, HVB_PSI_EARLY, look->early);
	KUNIT_EXPECT_EQ(test, look->pressure, falls_back(dm, look, &signal));
	if (look->pressure)
		KUNIT_EXPECT_EQ(test, look->signal, signal);
}

/* With one of two triggers the other is missed, unless it isn't wanted. */
static void one_trigger_is_not_enough(struct kunit *test)
{
	struct hvb_device *dm = &host_connected(test)->dm;
	enum hvb_signal signal = HVB_SIGNALS;

	psi_switch_init(test);
	KUNIT_ASSERT_EQ(test, 0, hvb_pressure_set(&dm->reporter.pressure, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_FALSE(test, falls_back(dm, &looks[0], &signal));
	want(dm, HVB_PSI_EARLY, SOME);
	KUNIT_EXPECT_TRUE(test, falls_back(dm, &looks[0], &signal));
	KUNIT_EXPECT_EQ(test, signal, HVB_SIGNAL_SOME);
	KUNIT_EXPECT_EQ(test, 0, hvb_pressure_set(&dm->reporter.pressure, HVB_PSI_EARLY, SOME));
	KUNIT_EXPECT_FALSE(test, falls_back(dm, &looks[0], &signal));
	hvb_pressure_stop(&dm->reporter.pressure);
	KUNIT_EXPECT_TRUE(test, falls_back(dm, &looks[0], &signal));
}

static struct kunit_case psi_cases[] = {
	KUNIT_CASE_SLOW(psi_is_armed_again_when_it_is_back),
	KUNIT_CASE_SLOW(psi_that_blinks_is_armed_again),
	KUNIT_CASE(the_next_reporter_arms_what_was_set),
	KUNIT_CASE_SLOW(a_changed_trigger_is_armed_again),
	KUNIT_CASE_PARAM(stalls_are_pressure_without_psi, look_gen_params),
	KUNIT_CASE(one_trigger_is_not_enough),
	{}
};

static struct kunit_suite psi_suite = {
	.name = "hv_balloon_psi",
	.test_cases = psi_cases,
};

kunit_test_suite(psi_suite);
