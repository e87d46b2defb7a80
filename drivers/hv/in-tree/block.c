// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a memory block, and how it is changed.
 *
 * Context: the device's worker; all functions may sleep.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>

#include "base.h"
#include "block.h"
#include "trace.h"

/*
 * The hotplug lock is held for as long as a block takes. So try it this often,
 * with this pause.
 */
#define TRIES		200
#define PAUSE_MS	10

/*
 * How long a block may take to go offline. A free block takes milliseconds;
 * moving a page takes up to 40 us on an emulated machine, and a tenth of that
 * on others.
 */
#define MOVES_PER_MS	20

/**
 * hvb_block_init() - get ready to change the state of blocks
 * @ctl: zeroed
 * @base: of the device
 */
void hvb_block_init(struct hvb_block_ctl *ctl, const struct hvb_base *base)
{
	ctl->base = base;
	ctl->offline_wait_ms = HVB_OFFLINE_MS;
}

/*
 * Takes the hotplug lock. It is only tried: whoever removes the device holds its
 * lock, and hibernation takes that with the hotplug lock held.
 */
static bool lock(void)
{
	unsigned int i;

	for (i = 1; !trylock_device_hotplug(); i++) {
		if (i == TRIES)
			return false;
		msleep(PAUSE_MS);
	}
	return true;
}

/**
 * hvb_block_may_change() - wait until the hotplug lock is free
 * @ctl: changes the state of blocks
 *
 * Others hold it for as long as an admin lets the kernel try to set a block
 * offline, and add_memory() would wait that long.
 *
 * Return: false if the lock stays taken.
 */
bool hvb_block_may_change(struct hvb_block_ctl *ctl)
{
	bool is_free = lock();

	if (is_free)
		unlock_device_hotplug();
	return is_free;
}

/* Finds a block and takes the hotplug lock, which put() drops. */
static struct memory_block *get(unsigned long page)
{
	struct memory_block *block;

	if (!lock())
		return ERR_PTR(-EAGAIN);
	block = memory_block_get(pfn_to_block_id(page));
	if (block)
		return block;
	unlock_device_hotplug();
	return ERR_PTR(-ENOENT);
}

static void put(struct memory_block *block)
{
	memory_block_put(block);
	unlock_device_hotplug();
}

static int set_online(const struct hvb_block_ctl *ctl,
		      struct memory_block *block, unsigned long page,
		      enum hvb_zone zone)
{
	int err;

	block->online_type = zone == HVB_ZONE_MOVABLE ? MMOP_ONLINE_MOVABLE :
							MMOP_ONLINE_KERNEL;
	err = device_online(&block->dev);
	if (err)
		return err;
	trace_hvb_range(HVB_TRACE_ONLINE, page, ctl->base->block_pages);
	return 0;
}

/**
 * hvb_block_online() - bring a block online
 * @ctl: changes its state
 * @page: number of its first page
 * @zone: where; not HVB_ZONE_NONE
 *
 * If someone else brought it online meanwhile, that is fine.
 *
 * Return: 0; -EAGAIN if others hold the hotplug lock; or another errno.
 */
int hvb_block_online(struct hvb_block_ctl *ctl, unsigned long page,
		     enum hvb_zone zone)
{
	struct memory_block *block;
	int err;

	if (pfn_to_online_page(page))
		return 0;
	block = get(page);
	if (IS_ERR(block))
		return PTR_ERR(block);
	err = set_online(ctl, block, page, zone);
	put(block);
	/* It was online already if that is positive. */
	return min(err, 0);
}

static int set_offline(const struct hvb_block_ctl *ctl,
		       struct memory_block *block, unsigned long moved_pages)
{
	int err;

	block->offline_timeout = msecs_to_jiffies(ctl->offline_wait_ms +
						  moved_pages / MOVES_PER_MS);
	err = device_offline(&block->dev);
	block->offline_timeout = 0;
	/* It was offline already if that is positive. */
	return err > 0 ? -EINVAL : err;
}

/**
 * hvb_block_offline() - set a block offline
 * @ctl: changes its state
 * @page: number of its first page
 * @moved_pages: how many of its pages must be moved, as far as known
 *
 * Return: 0; -ETIMEDOUT; -EAGAIN if others hold the hotplug lock, and the block
 * wasn't tried; or the kernel's error, which isn't worth a line in dmesg: this
 * is only an attempt.
 */
int hvb_block_offline(struct hvb_block_ctl *ctl, unsigned long page,
		      unsigned long moved_pages)
{
	struct memory_block *block = get(page);
	int err;

	if (IS_ERR(block))
		return PTR_ERR(block);
	err = set_offline(ctl, block, moved_pages);
	put(block);
	return err;
}

static void hush(struct device *dev, bool is_hushed)
{
	device_lock(dev);
	dev_set_uevent_suppress(dev, is_hushed);
	device_unlock(dev);
}

/**
 * hvb_block_cycle() - set a block offline, and online again at once
 * @ctl: changes its state
 * @page: number of its first page
 * @moved_pages: how many of its pages must be moved, as far as known
 * @zone: where it is: HVB_ZONE_KERNEL or HVB_ZONE_MOVABLE
 *
 * This takes all of its pages through the kernel's hotplug callbacks. User
 * space isn't told, as nothing happened to it: on a uevent for a memory block,
 * distributions reload their crash kernel.
 *
 * Return: 0, even if it isn't online again; or the error of
 * hvb_block_offline(), and then the block stayed online.
 */
int hvb_block_cycle(struct hvb_block_ctl *ctl, unsigned long page,
		    unsigned long moved_pages, enum hvb_zone zone)
{
	struct memory_block *block = get(page);
	bool is_offline = false;
	int err;

	if (IS_ERR(block))
		return PTR_ERR(block);
	hush(&block->dev, true);
	err = set_offline(ctl, block, moved_pages);
	if (!err)
		is_offline = set_online(ctl, block, page, zone) < 0;
	hush(&block->dev, false);
	if (is_offline)
		kobject_uevent(&block->dev.kobj, KOBJ_OFFLINE);
	put(block);
	return err;
}
