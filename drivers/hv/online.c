// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a block comes online, and what is said when it doesn't.
 */
#include <linux/device.h>

#include "base.h"
#include "online.h"
#include "zones.h"

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
	struct hvb_movable movable;
	u64 present, managed;

	hvb_zones_movable(&movable);
	hvb_zones_sum(&present, &managed);
	return hvb_plan_zone(policy,
			     managed - min(movable.managed_pages, managed),
			     movable.managed_pages, base->block_pages);
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
