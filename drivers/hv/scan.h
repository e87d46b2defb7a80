/* SPDX-License-Identifier: GPL-2.0-only */
/* A look at a memory block: see scan.c. */
#ifndef _HVB_SCAN_H
#define _HVB_SCAN_H

#include <linux/types.h>

struct zone;

/**
 * struct hvb_scan - a block that can be set offline
 * @start: number of its first page
 * @moved_pages: pages of it that must be moved for that
 * @is_movable: it lies in ZONE_MOVABLE
 * @request: for which request it was looked at; the caller's
 */
struct hvb_scan {
	unsigned long start;
	unsigned long moved_pages;
	bool is_movable;
	unsigned int request;
};

const struct zone *hvb_scan_zone(unsigned long start, unsigned long count);
bool hvb_scan_block(unsigned long start, unsigned long count,
		    unsigned long absent_pages, unsigned long most_moved_pages,
		    struct hvb_scan *block);

#endif
