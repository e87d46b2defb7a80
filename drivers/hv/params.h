/* SPDX-License-Identifier: GPL-2.0-only */
/* The module parameters: see params.c. */
#ifndef _HVB_PARAMS_H
#define _HVB_PARAMS_H

#include <linux/types.h>

#include "trigger.h"

/**
 * enum hvb_psi_which - the two PSI triggers
 * @HVB_PSI_TRIGGER: asks for memory
 * @HVB_PSI_EARLY: starts the fast cadence
 * @HVB_PSI_TRIGGERS: how many there are
 */
enum hvb_psi_which {
	HVB_PSI_TRIGGER,
	HVB_PSI_EARLY,
	HVB_PSI_TRIGGERS,
};

/**
 * enum hvb_extension - experimental messages, for hosts that know them
 * @HVB_EXT_NONE: none
 * @HVB_EXT_FLAG: status reports say whether there is a burst
 * @HVB_EXT_REQUEST: the guest asks for a number of pages
 */
enum hvb_extension {
	HVB_EXT_NONE,
	HVB_EXT_FLAG,
	HVB_EXT_REQUEST,
};

/**
 * struct hvb_params - the admin's settings; read anew at each use
 * @hot_add: accept new memory
 * @pressure_report_delay_s: how long to send no status reports after the
 *	handshake
 * @balloon_blocks: give whole memory blocks where they are free
 * @hot_remove: remove added blocks when the host asks for it
 * @online_policy: enum hvb_online_policy: how hot-added blocks come online
 * @psi: the triggers in PSI's syntax, empty for none; changed under the
 *	module's parameter lock and the locks of devices.c
 * @memtotal_mib: what MemTotal shows at least, 0 for what there is
 * @burst_interval_ms: between reports during a burst
 * @burst_decay_s: how long until an eighth is left of what a burst added
 * @extension: enum hvb_extension
 */
struct hvb_params {
	bool hot_add;
	bool balloon_blocks;
	bool hot_remove;
	unsigned int pressure_report_delay_s;
	int online_policy;
	char psi[HVB_PSI_TRIGGERS][HVB_TRIGGER_MAX];
	unsigned int memtotal_mib;
	unsigned int burst_interval_ms;
	unsigned int burst_decay_s;
	int extension;
};

extern struct hvb_params hvb_params;

#endif
