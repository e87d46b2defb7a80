/* SPDX-License-Identifier: GPL-2.0-only */
/* A look at a memory block: see scan.c. */
#ifndef _HVB_SCAN_H
#define _HVB_SCAN_H

#include <linux/types.h>

struct zone;

/**
 * struct hvb_scan - a block that can be set offline
 * @start: number of its first page
 * @moved_pages: how many of its pages must be moved for that
 * @is_movable: it is in ZONE_MOVABLE
 * @request: for which request it was looked at; for the caller
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
