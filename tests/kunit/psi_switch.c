// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSI turned off and on, with cgroup.pressure of the root of cgroup2.
 */
#include "cgroup.h"
#include "psi_switch.h"

/**
 * psi_switch_init() - have PSI
 * @test: the test; it is gone afterwards
 */
void psi_switch_init(struct kunit *test)
{
	cgroup_mount(test);
}

/**
 * psi_switch() - turn PSI off or on
 * @is_on: which of the two
 *
 * Return: 0, or an errno.
 */
int psi_switch(bool is_on)
{
	return cgroup_set("cgroup.pressure", is_on ? "1" : "0");
}
