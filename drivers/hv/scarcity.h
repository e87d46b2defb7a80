/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the guest itself is short of memory: see scarcity.c. */
#ifndef _HVB_SCARCITY_H
#define _HVB_SCARCITY_H

#include <linux/types.h>

struct hvb_counters;

/**
 * struct hvb_scarcity - what is remembered from look to look; pages of 4 KiB
 * @reclaimed_us: when global reclaim was last heard, 0 before the first time
 * @looked_us: when the last look was, 0 before the first
 * @swapped_pages: swapped out at the last look
 * @resident_pages: used by tasks and the kernel then, and in memory
 * @counted_pages: of these, what counts as need
 * @is_short: the guest was short at the last look
 */
struct hvb_scarcity {
	u64 reclaimed_us;
	u64 looked_us;
	u64 swapped_pages;
	u64 resident_pages;
	u64 counted_pages;
	bool is_short;
};

void hvb_scarcity_look(struct hvb_scarcity *scarcity, bool is_reclaiming,
		       const struct hvb_counters *now, u64 now_us);
unsigned long hvb_scarcity_signals(const struct hvb_scarcity *scarcity,
				   unsigned long signals);
void hvb_scarcity_apply(const struct hvb_scarcity *scarcity,
			struct hvb_counters *now);

#endif
