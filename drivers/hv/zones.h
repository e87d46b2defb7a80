/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel counts by zone: see zones.c. */
#ifndef _HVB_ZONES_H
#define _HVB_ZONES_H

#include <linux/types.h>

/**
 * struct hvb_movable - ZONE_MOVABLE, of which the kernel itself can have none;
 *	guest pages
 * @managed_pages: all of it
 * @avail_pages: of it, free or page cache
 * @kept_pages: kept free in other zones from who could have these
 */
struct hvb_movable {
	u64 managed_pages;
	u64 avail_pages;
	u64 kept_pages;
};

void hvb_zones_sum(u64 *present, u64 *managed);
void hvb_zones_movable(struct hvb_movable *movable);
u64 hvb_zones_kept_free(void);
u64 hvb_zones_low_watermarks(void);

#endif
