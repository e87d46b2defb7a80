// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a block comes online, and what is said when it doesn't.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>

#include "base.h"
#include "online.h"

/**
 * hvb_online_zone() - where should the next block come online?
 * @base: of the device
 * @policy: what the admin set
 *
 * Context: any.
 * Return: the zone; HVB_ZONE_NONE if the block is left to others.
 */
enum hvb_zone hvb_online_zone(const struct hvb_base *base,
			      enum hvb_online_policy policy)
{
	u64 kernel_pages = 0, movable_pages = 0;
	int nid, i;

	for_each_online_node(nid) {
		struct zone *zones = NODE_DATA(nid)->node_zones;

		for (i = 0; i < ZONE_MOVABLE; i++)
			kernel_pages += zone_managed_pages(&zones[i]);
		movable_pages += zone_managed_pages(&zones[ZONE_MOVABLE]);
	}
	return hvb_plan_zone(policy, kernel_pages, movable_pages,
			     base->block_pages);
}

/**
 * hvb_online_say_failed() - say that a block didn't come online and is retried
 * @base: of the device
 * @page: number of its first page
 * @err: why
 *
 * Context: any.
 */
void hvb_online_say_failed(const struct hvb_base *base, unsigned long page,
			   int err)
{
	dev_warn_ratelimited(base->dev, "memory block %lu does not come online yet (%d), it is tried again\n",
			     page / base->block_pages, err);
}
