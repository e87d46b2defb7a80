// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every part of a device needs, and what this kernel is capable of.
 */
#include <linux/device.h>
#include <linux/memory.h>
#include <linux/workqueue.h>

#include "base.h"

/**
 * hvb_base_init() - set up what the parts need
 * @base: zeroed, except for dev, params and can_hibernate
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int hvb_base_init(struct hvb_base *base)
{
	base->block_pages = memory_block_size_bytes() >> PAGE_SHIFT;
	/* The works return memory, so they must run even when there is none. */
	base->wq = alloc_ordered_workqueue("hv_balloon", WQ_MEM_RECLAIM);
	return base->wq ? 0 : -ENOMEM;
}

/**
 * hvb_base_exit() - undo hvb_base_init()
 * @base: no part uses it any more
 *
 * Context: may sleep; waits for works.
 */
void hvb_base_exit(struct hvb_base *base)
{
	destroy_workqueue(base->wq);
}

/**
 * hvb_base_can_balloon() - can this kernel give pages at all?
 * @base: of the device
 *
 * The host returns single pages of 4 KiB, which a kernel with larger pages
 * can't take.
 *
 * Return: true if it can.
 */
bool hvb_base_can_balloon(const struct hvb_base *base)
{
	return PAGE_SIZE == DM_PAGE_SIZE;
}

/**
 * hvb_base_can_hot_add() - can this kernel add memory at all?
 * @base: of the device
 *
 * Not on arm64: requests don't name a node, and there the address doesn't tell
 * it.
 *
 * Return: true if it can.
 */
bool hvb_base_can_hot_add(const struct hvb_base *base)
{
	return !IS_ENABLED(CONFIG_ARM64);
}

/**
 * hvb_base_can_hot_remove() - may added blocks be removed?
 * @base: of the device
 *
 * Return: true if the admin wants it and the kernel can do it.
 */
bool hvb_base_can_hot_remove(const struct hvb_base *base)
{
	return IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) &&
	       hvb_base_can_hot_add(base) && READ_ONCE(base->params->hot_remove);
}
