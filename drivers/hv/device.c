// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the per-device struct: what must be there before a channel is
 * opened, and goes after it was closed.
 */
#include <linux/memory_hotplug.h>
#include <linux/slab.h>

#include "hv_balloon.h"

static void init_absent(struct hvb_absent *absent)
{
	mutex_init(&absent->lock);
	hvb_ranges_init(&absent->given);
	hvb_ranges_init(&absent->fresh);
	hvb_ranges_init(&absent->holes);
	hvb_ranges_init(&absent->returning);
	hvb_ranges_init(&absent->added);
	hvb_ranges_init(&absent->idle);
	hvb_ranges_init(&absent->movable);
}

static void exit_absent(struct hvb_absent *absent)
{
	hvb_ranges_destroy(&absent->given);
	hvb_ranges_destroy(&absent->fresh);
	hvb_ranges_destroy(&absent->holes);
	hvb_ranges_destroy(&absent->returning);
	hvb_ranges_destroy(&absent->added);
	hvb_ranges_destroy(&absent->idle);
	hvb_ranges_destroy(&absent->movable);
	mutex_destroy(&absent->lock);
}

/**
 * hvb_device_init() - make a device ready for its channel
 * @dm: zeroed, but for dev, hv, transport, params and can_hibernate
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM or what else the kernel's registrations say. After an
 * error nothing is left behind.
 */
int hvb_device_init(struct hvb_device *dm)
{
	int err = -ENOMEM;

	dm->block_pages = memory_block_size_bytes() >> PAGE_SHIFT;
	dm->send_wait_ms = HVB_SEND_MS;
	dm->answer_wait_ms = HVB_ANSWER_MS;
	dm->offline_wait_ms = HVB_OFFLINE_MS;
	mutex_init(&dm->send_lock);
	mutex_init(&dm->sysfs_lock);
	mutex_init(&dm->psi_lock);
	init_completion(&dm->answered);
	init_waitqueue_head(&dm->report_wait);
	init_waitqueue_head(&dm->arrival_wait);
	init_waitqueue_head(&dm->look_wait);
	INIT_DELAYED_WORK(&dm->receive_work, hvb_vsc_receive);
	INIT_DELAYED_WORK(&dm->bring_back_work, hvb_blocks_retry);
	hvb_hot_add_init(dm);
	hvb_waiting_init(dm);
	init_absent(&dm->absent);
	hvb_blocks_init(&dm->blocks);

	dm->recv_buf = kmalloc(HVB_PACKET_MAX, GFP_KERNEL);
	dm->send_buf = kmalloc(DM_MESSAGE_MAX, GFP_KERNEL);
	if (!dm->recv_buf || !dm->send_buf)
		goto err_buffers;

	/* Memory comes back through it, so it must run when there is none. */
	dm->wq = alloc_ordered_workqueue("hv_balloon", WQ_MEM_RECLAIM);
	if (!dm->wq)
		goto err_buffers;

	hvb_ledger_adopt(dm);
	err = hvb_hotplug_init(dm);
	if (err)
		goto err_hotplug;
	err = hvb_listen_start(dm);
	if (err)
		goto err_listen;
	hvb_reserve_fill(dm);
	if (!hvb_device_can_hot_add(dm))
		dev_info_once(dm->dev, "hot-add is off: it can't be had on this architecture\n");
	if (!hvb_device_can_balloon(dm))
		dev_info_once(dm->dev, "ballooning is off: it needs a kernel with pages of 4 KiB\n");
	hvb_devices_join(dm);
	return 0;

err_listen:
	hvb_hotplug_exit(dm);
err_hotplug:
	hvb_waiting_exit(dm);
	hvb_ledger_leave(dm);
	destroy_workqueue(dm->wq);
err_buffers:
	kfree(dm->send_buf);
	kfree(dm->recv_buf);
	exit_absent(&dm->absent);
	return err;
}

/**
 * hvb_device_exit() - undo hvb_device_init()
 * @dm: the device; its channel is closed
 *
 * Pages that the host has stay away from the kernel; the ledger tells the
 * next driver of this device which they are.
 *
 * Context: may sleep.
 */
void hvb_device_exit(struct hvb_device *dm)
{
	hvb_devices_leave(dm);
	hvb_listen_stop(dm);
	cancel_delayed_work_sync(&dm->bring_back_work);
	hvb_waiting_exit(dm);
	hvb_blocks_settle(dm);
	destroy_workqueue(dm->wq);
	hvb_reserve_spend(dm);
	hvb_hotplug_exit(dm);
	hvb_ledger_leave(dm);
	hvb_fs_exit(dm);
	kfree(dm->send_buf);
	kfree(dm->recv_buf);
	hvb_blocks_exit(&dm->blocks);
	exit_absent(&dm->absent);
}

/**
 * hvb_device_can_balloon() - can pages be given on this kernel at all?
 * @dm: the device
 *
 * The host returns single pages of 4 KiB, which only a kernel whose pages are
 * as small can take.
 *
 * Return: true when they can.
 */
bool hvb_device_can_balloon(const struct hvb_device *dm)
{
	return PAGE_SIZE == DM_PAGE_SIZE;
}

/**
 * hvb_device_can_hot_add() - can memory be added on this kernel at all?
 * @dm: the device
 *
 * Not on arm64: the request doesn't name a node, and there the node can't be
 * told from the address.
 *
 * Return: true when it can.
 */
bool hvb_device_can_hot_add(const struct hvb_device *dm)
{
	return !IS_ENABLED(CONFIG_ARM64);
}

/**
 * hvb_device_can_hot_remove() - may added blocks be removed?
 * @dm: the device
 *
 * Return: true when the admin wants it and the kernel can do it.
 */
bool hvb_device_can_hot_remove(const struct hvb_device *dm)
{
	return IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) &&
	       hvb_device_can_hot_add(dm) && READ_ONCE(dm->params->hot_remove);
}

/**
 * hvb_device_can_take_blocks() - may whole blocks be taken for the host?
 * @dm: the device
 *
 * The online callback must be ours, since it keeps their pages. arm64 never lets
 * memory go offline that was there at boot, and has no other here.
 *
 * Return: true when the admin wants it and the kernel can do it.
 */
bool hvb_device_can_take_blocks(const struct hvb_device *dm)
{
	return IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) &&
	       !IS_ENABLED(CONFIG_ARM64) && dm->absent.owns_callback &&
	       READ_ONCE(dm->params->balloon_blocks);
}
