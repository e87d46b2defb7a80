/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's counters: see counters.c. */
#ifndef _HVB_COUNTERS_H
#define _HVB_COUNTERS_H

#include <linux/types.h>

struct hvb_counters;

/**
 * struct hvb_counting - what is remembered from reading to reading
 */
struct hvb_counting {
	/** @most_swap_free_pages: the most swap that was ever seen free */
	u64 most_swap_free_pages;
	/** @kept_free_pages: what the kernel kept free before memory was added */
	u64 kept_free_pages;
};

void hvb_counters_read(struct hvb_counting *counting,
		       struct hvb_counters *now);
u64 hvb_counters_kept_for_added(struct hvb_counting *counting, bool has_added);

#endif
