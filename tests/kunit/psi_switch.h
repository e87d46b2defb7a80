/* SPDX-License-Identifier: GPL-2.0-only */
/* PSI turned off and on, as the admin does: see psi_switch.c. */
#ifndef PSI_SWITCH_H
#define PSI_SWITCH_H

#include <kunit/test.h>

void psi_switch_init(struct kunit *test);
int psi_switch(bool is_on);

#endif
