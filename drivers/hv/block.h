/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a memory block: see block.c. */
#ifndef _HVB_BLOCK_H
#define _HVB_BLOCK_H

#include "plan.h"

struct hvb_device;

/* How long the kernel may work at setting a block offline. */
#define HVB_OFFLINE_MS		200

int hvb_block_online(struct hvb_device *dm, unsigned long page,
		     enum hvb_online_policy zone);
int hvb_block_offline(struct hvb_device *dm, unsigned long page,
		      unsigned long moved_pages);
void hvb_block_begins(struct hvb_device *dm);
int hvb_block_cycle(struct hvb_device *dm, unsigned long page,
		    unsigned long moved_pages, enum hvb_online_policy zone);

#endif
