// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phases of a memory block, and the steps between them.
 *
 * hv_balloon-internals.rst has the table, too, and says what makes each step.
 */
#include <linux/bits.h>

#include "step.h"

static const char * const names[HVB_PHASES] = {
	[HVB_PHASE_REST] = "rest",
	[HVB_PHASE_ADDING] = "adding",
	[HVB_PHASE_WAITING] = "waiting",
	[HVB_PHASE_CLAIMED] = "claimed",
	[HVB_PHASE_IDLE] = "idle",
	[HVB_PHASE_REMOVED] = "removed",
	[HVB_PHASE_PARKED] = "parked",
};

/* Which phases may follow each phase. */
static const u8 steps[HVB_PHASES] = {
	[HVB_PHASE_REST] = BIT(HVB_PHASE_ADDING) | BIT(HVB_PHASE_WAITING) |
			   BIT(HVB_PHASE_CLAIMED) | BIT(HVB_PHASE_IDLE) |
			   BIT(HVB_PHASE_REMOVED) | BIT(HVB_PHASE_PARKED),
	[HVB_PHASE_ADDING] = BIT(HVB_PHASE_REST) | BIT(HVB_PHASE_WAITING),
	[HVB_PHASE_WAITING] = BIT(HVB_PHASE_REST),
	[HVB_PHASE_CLAIMED] = BIT(HVB_PHASE_REST) | BIT(HVB_PHASE_IDLE),
	[HVB_PHASE_IDLE] = BIT(HVB_PHASE_REST) | BIT(HVB_PHASE_REMOVED),
	[HVB_PHASE_REMOVED] = BIT(HVB_PHASE_REST) | BIT(HVB_PHASE_IDLE),
	[HVB_PHASE_PARKED] = BIT(HVB_PHASE_REST) | BIT(HVB_PHASE_WAITING),
};

/**
 * hvb_step_name() - the name of a phase
 * @phase: the phase
 *
 * Return: the name.
 */
const char *hvb_step_name(enum hvb_phase phase)
{
	return names[phase];
}

/**
 * hvb_step_is_allowed() - may a block go from one phase to another?
 * @from: the one
 * @to: the other
 *
 * Return: true if it may.
 */
bool hvb_step_is_allowed(enum hvb_phase from, enum hvb_phase to)
{
	return steps[from] & BIT(to);
}
