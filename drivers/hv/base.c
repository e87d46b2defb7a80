// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every part of a device needs, and what this kernel is capable of.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/memory.h>

#include "base.h"
#include "compat.h"

/**
 * hvb_base_init() - set up what the parts need
 * @base: zeroed, except for dev, params and can_hibernate
 *
 * Context: may sleep.
 * Return: 0; or the error from creating the thread.
 */
int hvb_base_init(struct hvb_base *base)
{
	base->block_pages = memory_block_size_bytes() >> PAGE_SHIFT;
	/* A thread of its own: works return memory, so they must run without. */
	base->worker = kthread_run_worker(0, "hv_balloon_work");
	return PTR_ERR_OR_ZERO(base->worker);
}

/**
 * hvb_base_exit() - undo hvb_base_init()
 * @base: no part uses it any more
 *
 * Context: may sleep; waits for works.
 */
void hvb_base_exit(struct hvb_base *base)
{
	kthread_destroy_worker(base->worker);
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
