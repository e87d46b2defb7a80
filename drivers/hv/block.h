/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a memory block: see block.c. */
#ifndef _HVB_BLOCK_H
#define _HVB_BLOCK_H

#include <linux/types.h>

#include "plan.h"

struct device;
struct hvb_base;
struct hvb_deadline;
struct task_struct;

/* How long offlining a block may take, apart from moving its pages. */
#define HVB_OFFLINE_MS		200

/**
 * struct hvb_block_ctl - changes the state of memory blocks
 */
struct hvb_block_ctl {
	/** @base: of the device */
	const struct hvb_base *base;
	/** @offline_wait_ms: as HVB_OFFLINE_MS */
	unsigned int offline_wait_ms;
	/** @offliner: the task that is setting a block offline, or NULL */
	struct task_struct *offliner;
	/** @deadline: for that block; valid for @offliner */
	struct hvb_deadline *deadline;
	/** @cycled: that block's device, if it is to come online again; or NULL */
	struct device *cycled;
};

void hvb_block_init(struct hvb_block_ctl *ctl, const struct hvb_base *base);
void hvb_block_exit(struct hvb_block_ctl *ctl);
bool hvb_block_exists(struct device *ours, unsigned long number);
bool hvb_block_may_change(struct hvb_block_ctl *ctl);
int hvb_block_online(struct hvb_block_ctl *ctl, unsigned long page,
		     enum hvb_zone zone);
int hvb_block_offline(struct hvb_block_ctl *ctl, unsigned long page,
		      unsigned long moved_pages);
void hvb_block_begins(struct hvb_block_ctl *ctl);
int hvb_block_cycle(struct hvb_block_ctl *ctl, unsigned long page,
		    unsigned long moved_pages, enum hvb_zone zone);

#endif
