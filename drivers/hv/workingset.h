/* SPDX-License-Identifier: GPL-2.0-only */
/* A working set in page cache that doesn't fit: see workingset.c. */
#ifndef _HVB_WORKINGSET_H
#define _HVB_WORKINGSET_H

#include <linux/types.h>

struct hvb_counters;

/**
 * struct hvb_workingset_mark - where counting began; pages of 4 KiB
 * @at_us: when, 0 before the first look
 * @thrashed_pages: the counter then
 * @refault_pages: likewise
 * @reclaimed_pages: likewise
 */
struct hvb_workingset_mark {
	u64 at_us;
	u64 thrashed_pages;
	u64 refault_pages;
	u64 reclaimed_pages;
};

/**
 * struct hvb_workingset - what is remembered from look to look; pages of 4 KiB
 * @brief: where this second began
 * @lasting: where these ten seconds began
 * @gone_pages: that were dropped and weren't read again, as far as remembered
 * @last_us: when enough of them were last found in a second, 0 when never
 * @nr_lasting: in so many times ten seconds in a row few were found, but steadily
 * @pages: page cache that counts as used
 */
struct hvb_workingset {
	struct hvb_workingset_mark brief;
	struct hvb_workingset_mark lasting;
	u64 gone_pages;
	u64 last_us;
	unsigned int nr_lasting;
	u64 pages;
};

void hvb_workingset_look(struct hvb_workingset *set,
			 const struct hvb_counters *now, u64 now_us);

#endif
