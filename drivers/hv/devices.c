// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that concerns all devices: parameters that take effect at once,
 * and the guest's sleep.
 *
 * The driver core keeps a list of devices, too. But walking it holds a
 * reference that unbinding waits for with the device's lock held, so a callback
 * could neither take that lock nor wait for anyone who holds it.
 *
 * list_lock guards the list, and is_asleep, which is the guest's: a device that
 * joins later has to know it. Whoever walks the list may wait for a device's
 * works, so works don't take the lock, and a device leaves the list before its
 * works end.
 *
 * reporters_lock guards who reports, and the text of the triggers. Whoever
 * holds it may wait for a reporter, so reporters don't take it. It nests inside
 * list_lock. Suspending a device takes it alone, since the hotplug lock may be
 * held then, and works wait for that one.
 */
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "device.h"

static DEFINE_MUTEX(list_lock);
static DEFINE_MUTEX(reporters_lock);
static LIST_HEAD(devices);
static bool is_asleep;

/**
 * hvb_devices_join() - add a device that is ready for its channel
 * @dm: the device
 *
 * Context: may sleep.
 */
void hvb_devices_join(struct hvb_device *dm)
{
	mutex_lock(&list_lock);
	list_add_tail(&dm->node, &devices);
	hvb_channel_pause(&dm->channel, is_asleep);
	mutex_unlock(&list_lock);
}

/**
 * hvb_devices_leave() - remove a device that is about to end
 * @dm: the device; its reporter has stopped
 *
 * Context: may sleep; waits for a pause that is beginning.
 */
void hvb_devices_leave(struct hvb_device *dm)
{
	mutex_lock(&list_lock);
	list_del(&dm->node);
	mutex_unlock(&list_lock);
}

/**
 * hvb_devices_start_reporter() - start reporting
 * @dm: the device; the handshake is over
 *
 * The reporter starts with the current triggers and gets every later change.
 *
 * Context: may sleep; waits for a change that is under way.
 * Return: 0; or the error from creating the thread.
 */
int hvb_devices_start_reporter(struct hvb_device *dm)
{
	struct task_struct *task;
	int err;

	err = hvb_reporter_create(&dm->reporter, &task);
	if (err)
		return err;
	mutex_lock(&reporters_lock);
	hvb_reporter_run(&dm->reporter, task);
	mutex_unlock(&reporters_lock);
	return 0;
}

/**
 * hvb_devices_stop_reporter() - stop reporting
 * @dm: the device
 *
 * Does nothing if there is no reporter.
 *
 * Context: may sleep; waits for a change and a report that are under way.
 */
void hvb_devices_stop_reporter(struct hvb_device *dm)
{
	struct task_struct *task;

	mutex_lock(&reporters_lock);
	task = hvb_reporter_detach(&dm->reporter);
	mutex_unlock(&reporters_lock);
	if (task)
		kthread_stop(task);
}

static int arm_all(const struct hvb_params *params, enum hvb_psi_which which,
		   const char *text)
{
	struct hvb_device *dm;
	int err = 0;

	list_for_each_entry(dm, &devices, node) {
		if (dm->base.params == params &&
		    hvb_reporter_is_running(&dm->reporter))
			err = hvb_reporter_set_psi(&dm->reporter, which, text);
		if (err)
			break;
	}
	return err;
}

/**
 * hvb_devices_set_psi() - change a PSI trigger for all devices
 * @params: where it is stored; changed for the devices that use these
 * @which: which of the two
 * @text: in PSI's syntax, or empty for none
 *
 * A device without a reporter arms it when it gets one.
 *
 * Context: may sleep; waits for the reporters.
 * Return: 0; or PSI's error, and then @params is unchanged.
 */
int hvb_devices_set_psi(struct hvb_params *params, enum hvb_psi_which which,
			const char *text)
{
	int err;

	mutex_lock(&list_lock);
	mutex_lock(&reporters_lock);
	err = arm_all(params, which, text);
	if (!err)
		strscpy(params->psi[which], text, HVB_TRIGGER_MAX);
	mutex_unlock(&reporters_lock);
	mutex_unlock(&list_lock);
	return err;
}

/* Reading stops when this changes, and goes on under the new rule. */
static void set_paused(struct hvb_device *dm, bool paused)
{
	hvb_channel_pause(&dm->channel, paused);
	if (paused)
		kthread_flush_worker(dm->base.worker);
	else
		hvb_idle_go_on(&dm->memory);
	hvb_channel_notify(&dm->channel);
}

/**
 * hvb_devices_pause() - the guest is going to sleep, or has woken up
 * @asleep: which of the two; repeating it changes nothing
 *
 * While the guest sleeps, nothing may ask for the hotplug lock: whoever makes
 * an image of the guest holds it while suspending devices, which waits for
 * works. So requests under way end first, and later ones are answered without
 * the lock.
 *
 * Context: may sleep; the hotplug lock isn't held. Waits for requests, but only
 * for the current step of one and for sending its answer.
 */
void hvb_devices_pause(bool asleep)
{
	struct hvb_device *dm;

	mutex_lock(&list_lock);
	is_asleep = asleep;
	list_for_each_entry(dm, &devices, node)
		set_paused(dm, asleep);
	mutex_unlock(&list_lock);
}
