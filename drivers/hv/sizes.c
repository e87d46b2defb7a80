// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wakes whoever polls the sizes in sysfs. There is no uevent: udev would run
 * through its rules for each step of a burst.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "sizes.h"

static void tell(u64 *told, u64 now, struct device *dev, const char *file)
{
	if (*told == now)
		return;
	*told = now;
	sysfs_notify(&dev->kobj, HVB_SIZES_GROUP, file);
}

/**
 * hvb_sizes_tell() - wake the pollers of what has changed
 * @told: what pollers know; updated
 * @now: what there is now
 * @dev: the device that has the files; without them nothing happens
 *
 * Context: may sleep.
 */
void hvb_sizes_tell(struct hvb_sizes *told, const struct hvb_sizes *now,
		    struct device *dev)
{
	tell(&told->size_bytes, now->size_bytes, dev, "size_bytes");
	tell(&told->maximum_bytes, now->maximum_bytes, dev, "maximum_bytes");
	tell(&told->ballooned_bytes, now->ballooned_bytes, dev,
	     "ballooned_bytes");
}
