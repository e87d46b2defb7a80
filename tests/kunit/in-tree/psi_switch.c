// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSI turned off and on, as cgroup.pressure of the root does it.
 */
#include <kunit/test.h>
#include <linux/psi.h>

#include "psi_switch.h"

static struct psi_group *group;

/**
 * psi_switch_init() - have PSI
 * @test: the test
 */
void psi_switch_init(struct kunit *test)
{
	char text[] = "full 50000 500000";
	struct psi_trigger *trigger = psi_trigger_create_kernel(PSI_MEM, text);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, trigger);
	group = trigger->group;
	psi_trigger_destroy(trigger);
}

/**
 * psi_switch() - turn PSI off or on
 * @is_on: which of the two
 *
 * Return: 0.
 */
int psi_switch(bool is_on)
{
	WRITE_ONCE(group->enabled, is_on);
	return 0;
}
