// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a memory block, as an admin sets it.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>

#include "host.h"

static int set(struct memory_block *block, int type)
{
	int err;

	if (type == MMOP_OFFLINE) {
		err = device_offline(&block->dev);
	} else {
		block->online_type = type;
		err = device_online(&block->dev);
	}
	return err > 0 ? -EINVAL : err;
}

/**
 * block_set() - set a memory block online or offline
 * @page: its first page
 * @state: as sysfs knows it
 *
 * Return: 0 or an errno.
 */
int block_set(unsigned long page, const char *state)
{
	int type = mhp_online_type_from_str(state), err = -ENODEV;
	struct memory_block *block;

	if (type < 0)
		return type;
	while (!trylock_device_hotplug())
		msleep(20);
	block = memory_block_get(pfn_to_block_id(page));
	if (block) {
		err = set(block, type);
		memory_block_put(block);
	}
	unlock_device_hotplug();
	return err;
}
