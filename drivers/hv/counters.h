/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's counters: see counters.c. */
#ifndef _HVB_COUNTERS_H
#define _HVB_COUNTERS_H

#include <linux/types.h>

struct hvb_counters;
struct hvb_glance;

/**
 * struct hvb_counting - state kept between readings
 */
struct hvb_counting {
	/**
	 * @kept_free_pages: kept free by the kernel before memory was added,
	 * guest pages
	 */
	u64 kept_free_pages;
	/** @shown_pages: what MemTotal shows on top, guest pages */
	u64 shown_pages;
};

void hvb_counters_glance(struct hvb_glance *seen);
unsigned long hvb_counters_avail(void);
u64 hvb_counters_shown(const struct hvb_counting *counting);
unsigned long hvb_counters_total(const struct hvb_counting *counting);
void hvb_counters_read_avail(struct hvb_counters *now);
void hvb_counters_read_room(const struct hvb_counters *last,
			    const struct hvb_glance *seen,
			    struct hvb_counters *now);
void hvb_counters_read(const struct hvb_counting *counting,
		       const struct hvb_counters *last,
		       struct hvb_counters *now);
void hvb_counters_show(struct hvb_counting *counting, u64 pages);
u64 hvb_counters_kept_for_added(struct hvb_counting *counting, bool has_added);

#endif
