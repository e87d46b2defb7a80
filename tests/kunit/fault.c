// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the failing of allocations on demand: the kernel's own fault injection
 * (failslab), limited to the task that runs the test. Only user space can set
 * it up: init.sh does, and where nothing did, what needs it is skipped.
 */
#include <kunit/test.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "fault.h"

/**
 * hvb_fault_begin() - from now on, slab allocations of this task fail
 * @test: the test; it ends here when they don't
 */
void hvb_fault_begin(struct kunit *test)
{
	void *object;

	current->make_it_fail = 1;
	object = kmalloc(8, GFP_KERNEL | __GFP_NOWARN);
	if (!object)
		return;
	kfree(object);
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
