// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel counts by zone, summed up.
 *
 * Context: any, for all of it; no lock is taken.
 */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/vmstat.h>

#include "zones.h"

/**
 * hvb_zones_sum() - the pages of all zones
 * @present: filled in with all that there are, guest pages
 * @managed: filled in with those that the kernel allocates from, guest pages
 *
 * While memory changes hands, the two don't match.
 */
void hvb_zones_sum(u64 *present, u64 *managed)
{
	int nid, i;

	*present = 0;
	*managed = 0;
	for_each_online_node(nid) {
		struct zone *zones = NODE_DATA(nid)->node_zones;

		for (i = 0; i < MAX_NR_ZONES; i++) {
			*present += zones[i].present_pages;
			*managed += zone_managed_pages(&zones[i]);
		}
	}
}

/*
 * What the kernel keeps free in a zone: up to its high watermark, and for
 * allocations that no zone from @end on can serve.
 */
static u64 kept_in(struct zone *zone, unsigned int end)
{
	long lowmem = 0;
	unsigned int i;

	for (i = 0; i < end; i++)
		lowmem = max(lowmem, zone->lowmem_reserve[i]);
	return min(lowmem + zone->_watermark[WMARK_HIGH],
		   zone_managed_pages(zone));
}

/**
 * hvb_zones_kept_free() - what the kernel doesn't count as available
 *
 * Return: guest pages that are kept free, of all zones.
 */
u64 hvb_zones_kept_free(void)
{
	u64 pages = 0;
	int nid, i;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			pages += kept_in(&NODE_DATA(nid)->node_zones[i],
					 MAX_NR_ZONES);
	return pages;
}

/**
 * hvb_zones_low_watermarks() - the low watermarks of all zones
 *
 * Return: guest pages.
 */
u64 hvb_zones_low_watermarks(void)
{
	u64 low = 0;
	int nid, i;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			low += NODE_DATA(nid)->node_zones[i]._watermark[WMARK_LOW];
	return low;
}

static void add_movable(struct zone *zones, struct hvb_movable *movable)
{
	struct zone *zone = &zones[ZONE_MOVABLE];
	u64 free = zone_page_state(zone, NR_FREE_PAGES);
	u64 lent = zone_page_state(zone, NR_FREE_CMA_PAGES);
	int i;

	if (!zone_managed_pages(zone))
		return;
	movable->managed_pages += zone_managed_pages(zone);
	movable->avail_pages += free - min(free, lent) +
				zone_page_state(zone, NR_ZONE_ACTIVE_FILE) +
				zone_page_state(zone, NR_ZONE_INACTIVE_FILE);
	for (i = 0; i < ZONE_MOVABLE; i++)
		movable->kept_pages += kept_in(&zones[i], MAX_NR_ZONES) -
				       kept_in(&zones[i], ZONE_MOVABLE);
}

/**
 * hvb_zones_movable() - memory that the kernel's own allocations can't have
 * @movable: filled in; what CMA areas lend isn't available
 */
void hvb_zones_movable(struct hvb_movable *movable)
{
	int nid;

	*movable = (struct hvb_movable) {};
	for_each_online_node(nid)
		add_movable(NODE_DATA(nid)->node_zones, movable);
}
