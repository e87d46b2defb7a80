/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole memory blocks for the host: see give_blocks.c. */
#ifndef _HVB_GIVE_BLOCKS_H
#define _HVB_GIVE_BLOCKS_H

#include <linux/types.h>
#include <linux/xarray.h>

#include "scan.h"

struct hvb_counters;
struct hvb_device;

/* So many blocks that cost something are remembered in a round. */
#define HVB_BLOCKS_COSTLY	128

/**
 * struct hvb_blocks - what is known of blocks that may be taken
 *
 * A round looks at each block once, however many requests it lasts for. Used by
 * the device's workqueue only.
 */
struct hvb_blocks {
	/** @nr_blocks: there were when the round began; 0 before the first */
	unsigned long nr_blocks;
	/** @position: how far the round has come: see block_at() */
	unsigned long position;
	/** @began: jiffies when it began */
	unsigned long began;
	/** @is_stale: memory came since: look at all again */
	bool is_stale;
	/** @request: which one this is, to tell what was seen for an earlier one */
	unsigned int request;
	/**
	 * @costly: blocks of which pages must be moved; at the end of the round
	 * the cheapest is the last
	 */
	struct hvb_scan costly[HVB_BLOCKS_COSTLY];
	/** @nr_costly: how many there are */
	unsigned int nr_costly;
	/** @pause_ms: until idle blocks are tried again */
	unsigned int pause_ms;
	/** @failed: by number of the block: seconds since boot of the attempt */
	struct xarray failed;
};

void hvb_blocks_init(struct hvb_blocks *blocks);
void hvb_blocks_exit(struct hvb_blocks *blocks);
unsigned long hvb_blocks_take(struct hvb_device *dm, unsigned long wanted,
			      const struct hvb_counters *start);
int hvb_blocks_take_one(struct hvb_device *dm, unsigned long start,
			unsigned long *nr);
void hvb_blocks_bring_back(struct hvb_device *dm);
void hvb_blocks_go_on(struct hvb_device *dm);
void hvb_blocks_settle(struct hvb_device *dm);
void hvb_blocks_retry(struct work_struct *work);

#endif
