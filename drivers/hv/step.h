/* SPDX-License-Identifier: GPL-2.0-only */
/* The phases of a memory block, and the steps between them: see step.c. */
#ifndef _HVB_STEP_H
#define _HVB_STEP_H

#include <linux/types.h>

/**
 * enum hvb_phase - what the driver is doing with a memory block
 * @HVB_PHASE_REST: nothing; it is online, or none of the driver's business
 * @HVB_PHASE_ADDING: add_memory() is about to be called for it, or is running
 * @HVB_PHASE_WAITING: it was added and should be online, but isn't
 * @HVB_PHASE_CLAIMED: it is being set offline for the host
 * @HVB_PHASE_IDLE: it was set offline for the host, and should come online
 * @HVB_PHASE_REMOVED: it left the kernel for the host
 * @HVB_PHASE_PARKED: somebody else set it offline; the host has pages of it
 * @HVB_PHASES: how many there are
 */
enum hvb_phase {
	HVB_PHASE_REST,
	HVB_PHASE_ADDING,
	HVB_PHASE_WAITING,
	HVB_PHASE_CLAIMED,
	HVB_PHASE_IDLE,
	HVB_PHASE_REMOVED,
	HVB_PHASE_PARKED,
	HVB_PHASES,
};

const char *hvb_step_name(enum hvb_phase phase);
bool hvb_step_is_allowed(enum hvb_phase from, enum hvb_phase to);

#endif
