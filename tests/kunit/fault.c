// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the failing of allocations on demand: the kernel's own fault injection,
 * of slab objects and of pages, limited to one task. Either all fail, or only
 * the nth from now on. What counts is what is allocated by the driver, or on its
 * behalf a few calls deep: not what the kernel's hotplug does far below, where
 * it doesn't expect a failure. Only user space can set it up: init.sh does, and
 * where nothing did, what needs it is skipped.
 */
#include <kunit/test.h>
#include <linux/sched.h>

#include "channel.h"
#include "fault.h"

/* In place of the nth. */
#define ALL	UINT_MAX

/* By the driver, which is where they should, wherever it is. */
static bool do_allocations_fail(struct hvb_channel *channel)
{
	if (hvb_channel_init(channel, NULL, NULL, NULL, NULL))
		return true;
	hvb_channel_exit(channel);
	return false;
}

/**
 * hvb_fault_begin() - from now on, slab allocations of this task fail
 * @test: the test; it ends here when they don't
 */
void hvb_fault_begin(struct kunit *test)
{
	struct hvb_channel *probe;

	probe = kunit_kzalloc(test, sizeof(*probe), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, probe);
	current->make_it_fail = 1;
	if (do_allocations_fail(probe))
		return;
	current->make_it_fail = 0;
	kunit_skip(test, "failslab is not set up as tests/kunit/init.sh does");
}

/**
 * hvb_fault_end() - allocations go well again
 */
void hvb_fault_end(void)
{
	current->make_it_fail = 0;
}

/**
 * hvb_fault_nth() - one allocation of this task fails
 * @nth: which, 1 for the next; 0 for none
 */
void hvb_fault_nth(unsigned int nth)
{
	current->fail_nth = nth;
}

/**
 * hvb_fault_came() - did the allocation fail? None will from now on
 *
 * Return: false when there were fewer than that.
 */
bool hvb_fault_came(void)
{
	bool came = !current->fail_nth;

	current->fail_nth = 0;
	return came;
}

/**
 * hvb_fault_pause() - what is allocated now doesn't count
 *
 * Return: for hvb_fault_go_on().
 */
unsigned int hvb_fault_pause(void)
{
	unsigned int nth = current->make_it_fail ? ALL : current->fail_nth;

	current->make_it_fail = 0;
	current->fail_nth = 0;
	return nth;
}

/**
 * hvb_fault_go_on() - what is allocated from now on counts again
 * @nth: what hvb_fault_pause() said
 */
void hvb_fault_go_on(unsigned int nth)
{
	current->make_it_fail = nth == ALL;
	current->fail_nth = nth == ALL ? 0 : nth;
}
