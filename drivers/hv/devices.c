// SPDX-License-Identifier: GPL-2.0-only
/*
 * All devices, for what concerns each of them: parameters that must be carried
 * out, and the guest's sleep.
 *
 * The driver core has such a list, too. But walking it holds a reference that
 * unbinding waits for, with the device's lock held; so what is called for each
 * may neither take that lock nor wait for who holds it.
 *
 * list_lock guards the list. Whoever walks it may wait for the works of a device,
 * so these don't take it, and a device leaves before they end.
 *
 * reporters_lock guards who reports and the text of the triggers; whoever holds it
 * may wait for a reporter, so these don't take it. It is taken inside list_lock,
 * and alone where a device is suspended: there the hotplug lock can be held, for
 * which works wait.
 */
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "device.h"

static DEFINE_MUTEX(list_lock);
static DEFINE_MUTEX(reporters_lock);
static LIST_HEAD(devices);
static bool is_asleep;

/**
 * hvb_devices_join() - a device is ready for its channel
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
 * hvb_devices_leave() - a device is about to end
 * @dm: the device; nobody reports any more
 *
 * Context: may sleep; waits for a pause that begins.
 */
void hvb_devices_leave(struct hvb_device *dm)
{
	mutex_lock(&list_lock);
	list_del(&dm->node);
	mutex_unlock(&list_lock);
}

/**
 * hvb_devices_start_reporter() - begin to report
 * @dm: the device; the handshake is over
 *
 * The reporter begins with the triggers as they are then, and gets each change
 * that comes later.
 *
 * Context: may sleep; waits for a change that is under way.
 * Return: 0; or what creating the thread says.
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
 * hvb_devices_stop_reporter() - end reporting
 * @dm: the device
 *
 * Does nothing when nobody reports.
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
 * hvb_devices_set_psi() - change a PSI trigger, of all devices
 * @params: where it stands; of the devices that follow these
 * @which: which of the two
 * @text: in PSI's words, or empty for none
 *
 * Where nobody reports now, it is armed when somebody does.
 *
 * Context: may sleep; waits for the reporters.
 * Return: 0; or what PSI said, and then @params stay as they are.
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

/* Reading stops where this changes, and goes on by the new rule. */
static void set_paused(struct hvb_device *dm, bool paused)
{
	hvb_channel_pause(&dm->channel, paused);
	if (paused)
		flush_workqueue(dm->base.wq);
	else
		hvb_idle_go_on(&dm->memory);
	hvb_channel_notify(&dm->channel);
}

/**
 * hvb_devices_pause() - the guest goes to sleep, or has woken
 * @asleep: which of the two; saying it again changes nothing
 *
 * While it is asleep nothing may ask for the hotplug lock: who makes an image of
 * the guest holds it while devices are suspended, and that waits for works. So
 * what is under way ends before, and what comes is answered without it.
 *
 * Context: may sleep; the hotplug lock isn't held. Waits for requests, no longer
 * than one of their steps takes and the answer's sending.
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
