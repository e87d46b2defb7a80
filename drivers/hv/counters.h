/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's counters: see counters.c. */
#ifndef _HVB_COUNTERS_H
#define _HVB_COUNTERS_H

#include <linux/types.h>

#include "promise.h"

struct hvb_counters;
struct hvb_glance;

/**
 * struct hvb_counting - state kept between readings
 */
struct hvb_counting {
	/** @most_swap_free_pages: the most swap ever seen free, 4 KiB pages */
	u64 most_swap_free_pages;
	/**
	 * @kept_free_pages: kept free by the kernel before memory was added,
	 * guest pages
	 */
	u64 kept_free_pages;
	/** @overcommit: what the kernel promises */
	enum hvb_overcommit overcommit;
	/** @limit_percent: and, see struct hvb_counters, up to which share */
	u32 limit_percent;
	/** @looked_us: when these were last looked at, 0 before the first time */
	u64 looked_us;
	/** @shown_pages: what MemTotal shows on top, guest pages */
	u64 shown_pages;
};

void hvb_counters_glance(struct hvb_glance *seen);
unsigned long hvb_counters_avail(void);
u64 hvb_counters_shown(const struct hvb_counting *counting);
unsigned long hvb_counters_total(const struct hvb_counting *counting);
void hvb_counters_read_avail(struct hvb_counters *now);
void hvb_counters_read_room(struct hvb_counting *counting,
			    const struct hvb_counters *last,
			    const struct hvb_glance *seen,
			    struct hvb_counters *now);
void hvb_counters_read(struct hvb_counting *counting,
		       const struct hvb_counters *last,
		       struct hvb_counters *now);
void hvb_counters_tend(struct hvb_counting *counting, u64 now_us);
void hvb_counters_show(struct hvb_counting *counting, u64 pages);
u64 hvb_counters_kept_for_added(struct hvb_counting *counting, bool has_added);

#endif
