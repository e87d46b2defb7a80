// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSI's triggers of a device whose reporter runs: set as the parameters do, and
 * waited for.
 */
#include <kunit/test.h>
#include <linux/delay.h>

#include "triggers.h"

/* A reporter tries again each five seconds, and looks each second. */
#define AGAIN_MS	15000

/**
 * triggers_armed() - is this trigger armed, now or some seconds later?
 * @dm: the device
 * @which: which of the two
 * @text: the trigger, or "none"
 *
 * Return: true if it is.
 */
bool triggers_armed(struct hvb_device *dm, enum hvb_psi_which which,
		    const char *text)
{
	char armed[HVB_TRIGGER_MAX];

	for (unsigned int ms = 0; ms < AGAIN_MS; ms += 20) {
		hvb_pressure_armed(&dm->reporter.pressure, which, armed);
		if (!strcmp(armed, text))
			return true;
		msleep(20);
	}
	return false;
}

/**
 * triggers_missing() - is this said to be missing, now or some seconds later?
 * @dm: the device
 * @what: part of what is said, or "nothing"
 *
 * Return: true if it is.
 */
bool triggers_missing(struct hvb_device *dm, const char *what)
{
	for (unsigned int ms = 0; ms < AGAIN_MS; ms += 20) {
		if (strstr(hvb_pressure_missing(&dm->reporter.pressure), what))
			return true;
		msleep(20);
	}
	return false;
}

/**
 * triggers_set() - set a trigger, as the parameter does
 * @dm: the device
 * @which: which of the two
 * @text: the trigger; or empty
 *
 * Return: 0; or the error of hvb_devices_set_psi().
 */
int triggers_set(struct hvb_device *dm, enum hvb_psi_which which,
		 const char *text)
{
	return hvb_devices_set_psi(&container_of(dm, struct host, dm)->params,
				   which, text);
}

static void stop(void *data)
{
	hvb_devices_stop_reporter(data);
}

/**
 * triggers_wanted() - connect a device that wants these triggers
 * @test: the test; the reporter stops with it
 * @trigger: asks for memory; or empty
 * @early: opens the fast cadence; or empty
 *
 * Return: the device, whose reporter runs.
 */
struct hvb_device *triggers_wanted(struct kunit *test, const char *trigger,
				   const char *early)
{
	struct hvb_device *dm = &host_connected(test)->dm;

	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_TRIGGER, trigger));
	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_EARLY, early));
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(dm));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop, dm));
	return dm;
}
