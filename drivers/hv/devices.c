// SPDX-License-Identifier: GPL-2.0-only
/*
 * All devices, for what concerns each of them: parameters that must be carried
 * out.
 *
 * The driver core has such a list, too. But walking it holds a reference that
 * unbinding waits for, with the device's lock held; so what is called for each
 * may neither take that lock nor wait for who holds it.
 *
 * list_lock guards the list. The works of a device don't take it.
 *
 * reporters_lock guards who reports and the text of the triggers; whoever holds it
 * may wait for a reporter, so these don't take it. It is taken inside list_lock,
 * and alone where a device is suspended: there the hotplug lock can be held, for
 * which works wait.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "hv_balloon.h"

static DEFINE_MUTEX(list_lock);
static DEFINE_MUTEX(reporters_lock);
static LIST_HEAD(devices);

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
	mutex_unlock(&list_lock);
}

/**
 * hvb_devices_leave() - a device is about to end
 * @dm: the device; nobody reports any more
 *
 * Context: may sleep; waits for a change that is under way.
 */
void hvb_devices_leave(struct hvb_device *dm)
{
	mutex_lock(&list_lock);
	list_del(&dm->node);
	mutex_unlock(&list_lock);
}

/**
 * hvb_devices_set_reporter() - say who carries out changes of the triggers
 * @dm: the device
 * @task: the reporter, which doesn't run yet; or NULL, before it ends
 *
 * A reporter begins with the triggers as they are then. It gets each change that
 * comes later, and has none to carry out once this was called with NULL.
 *
 * Context: may sleep; waits for a change that is under way.
 */
void hvb_devices_set_reporter(struct hvb_device *dm, struct task_struct *task)
{
	mutex_lock(&reporters_lock);
	if (task)
		memcpy(dm->psi_wanted, dm->params->psi,
		       sizeof(dm->psi_wanted));
	WRITE_ONCE(dm->reporter, task);
	mutex_unlock(&reporters_lock);
}

static int arm_all(const struct hvb_params *params, enum hvb_psi_which which,
		   const char *text)
{
	struct hvb_device *dm;
	int err = 0;

	list_for_each_entry(dm, &devices, node) {
		if (dm->params == params && dm->reporter)
			err = hvb_status_set_psi(dm, which, text);
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
