/* SPDX-License-Identifier: GPL-2.0-only */
/* A working set in page cache that doesn't fit: see workingset.c. */
#ifndef _HVB_WORKINGSET_H
#define _HVB_WORKINGSET_H

#include <linux/types.h>

struct hvb_counters;

/**
 * struct hvb_workingset - what is remembered from look to look; pages of 4 KiB
 * @looked_us: when the last look was, 0 before the first
 * @first_us: since when pages are restored, 0 when they aren't
 * @last_us: when that was last seen
 * @thrashed_pages: the counter at the last look
 * @pages: page cache that counts as used
 */
struct hvb_workingset {
	u64 looked_us;
	u64 first_us;
	u64 last_us;
	u64 thrashed_pages;
	u64 pages;
};

void hvb_workingset_look(struct hvb_workingset *set,
			 const struct hvb_counters *now, bool is_reclaiming,
			 u64 now_us);

#endif
