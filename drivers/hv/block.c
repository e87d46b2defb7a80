// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a memory block, and how a module changes it.
 *
 * device_online() would do, but modules may not call it for a memory block
 * they can't look up. What every kernel offers is the file that admins and udev
 * write to, so this file writes there (fs.c). Built into the kernel, the inside
 * of this file becomes a call of device_online() and device_offline().
 *
 * Context: the device's workqueue; all functions may sleep.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/sched/signal.h>

#include "hv_balloon.h"
#include "trace.h"

#define BLOCK_FILE	"devices/system/memory/memory%lu/state"

/* The hotplug lock is only tried. Others hold it for a block's time. */
#define TRIES		200
#define PAUSE_MS	10

/*
 * A write that finds the hotplug lock taken asks for a restart of the system
 * call, which a worker isn't in: it marks a signal as pending, and the mark
 * must not stay.
 */
static int write_state(struct hvb_device *dm, const char *path,
		       const char *state)
{
	unsigned int i;
	int err;

	for (i = 0; i < TRIES; i++) {
		err = hvb_fs_write(dm, HVB_FS_SYSFS, path, state);
		if (err != -ERESTARTNOINTR)
			return err;
		flush_signals(current);
		msleep(PAUSE_MS);
	}
	return -EBUSY;
}

static enum hvb_online_policy zone_now(struct hvb_device *dm,
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
			     dm->block_pages);
}

/**
 * hvb_block_online() - bring a block online
 * @dm: the device
 * @page: number of its first page
 * @policy: for which use; not HVB_ONLINE_OFF
 *
 * A block that someone else brought online meanwhile is fine as it is.
 *
 * Return: 0; or an errno, which was said in dmesg.
 */
int hvb_block_online(struct hvb_device *dm, unsigned long page,
		     enum hvb_online_policy policy)
{
	bool movable = zone_now(dm, policy) == HVB_ONLINE_MOVABLE;
	char path[sizeof(BLOCK_FILE) + 20];
	int err;

	if (pfn_to_online_page(page))
		return 0;
	snprintf(path, sizeof(path), BLOCK_FILE, page / dm->block_pages);
	err = write_state(dm, path, movable ? "online_movable" :
					      "online_kernel");
	if (pfn_to_online_page(page)) {
		trace_hvb_range(HVB_TRACE_ONLINE, page, dm->block_pages);
		return 0;
	}
	err = err ?: -EIO;
	dev_warn_ratelimited(dm->dev, "memory block %lu was added but does not come online (%d)\n",
			     page / dm->block_pages, err);
	return err;
}

/**
 * hvb_block_offline() - set a block offline
 * @dm: the device
 * @page: number of its first page
 *
 * Return: 0; or what the kernel said, which isn't worth a line in dmesg: it is
 * an attempt.
 */
int hvb_block_offline(struct hvb_device *dm, unsigned long page)
{
	char path[sizeof(BLOCK_FILE) + 20];

	snprintf(path, sizeof(path), BLOCK_FILE, page / dm->block_pages);
	return write_state(dm, path, "offline");
}
