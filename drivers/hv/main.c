// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hyper-V Dynamic Memory, guest side: the VMBus driver.
 */
#include <linux/crash_dump.h>
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/suspend.h>

#include <asm/mshyperv.h>

#include "compat.h"
#include "device.h"

static int balloon_probe(struct hv_device *hv,
			 const struct hv_vmbus_device_id *id)
{
	struct hvb_device *dm;
	int err;

	dm = kzalloc(sizeof(*dm), GFP_KERNEL);
	if (!dm)
		return -ENOMEM;
	dm->base.dev = &hv->device;
	dm->base.params = &hvb_params;
	dm->base.can_hibernate = hv_is_hibernation_supported();
	dm->hv = hv;
	dm->transport = &hvb_vmbus_transport;
	hv_set_drvdata(hv, dm);

	err = hvb_device_init(dm);
	if (err)
		goto err_init;
	err = hvb_device_start(dm);
	if (err)
		goto err_start;
	hvb_page_reporting_start(&dm->page_reporting, &dm->base);
	hvb_debugfs_init(dm);
	return 0;

err_start:
	hvb_device_exit(dm);
err_init:
	hv_set_drvdata(hv, NULL);
	kfree(dm);
	return err;
}

static HVB_REMOVE_RET balloon_remove(struct hv_device *hv)
{
	struct hvb_device *dm = hv_get_drvdata(hv);

	hvb_debugfs_exit(dm);
	hvb_page_reporting_stop(&dm->page_reporting);
	hvb_device_stop(dm);
	dm->is_leaving = hv->channel->rescind;
	hvb_device_exit(dm);
	hv_set_drvdata(hv, NULL);
	kfree(dm);
	return HVB_REMOVE_DONE;
}

static int balloon_suspend(struct hv_device *hv)
{
	hvb_device_stop(hv_get_drvdata(hv));
	return 0;
}

/*
 * On error the device stays and keeps its state, but doesn't talk to the host.
 */
static int balloon_resume(struct hv_device *hv)
{
	return hvb_device_start(hv_get_drvdata(hv));
}

static const struct hv_vmbus_device_id id_table[] = {
	{ HV_DM_GUID, },
	{ },
};
MODULE_DEVICE_TABLE(vmbus, id_table);

static struct hv_driver balloon_driver = {
	.name = KBUILD_MODNAME,
	.id_table = id_table,
	.probe = balloon_probe,
	.remove = balloon_remove,
	.suspend = balloon_suspend,
	.resume = balloon_resume,
	.driver = {
		.probe_type = PROBE_PREFER_ASYNCHRONOUS,
		.dev_groups = hvb_sysfs_groups,
	},
};

static int sleep_event(struct notifier_block *nb, unsigned long event,
		       void *unused)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_SUSPEND_PREPARE:
	case PM_RESTORE_PREPARE:
		hvb_devices_pause(true);
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_SUSPEND:
	case PM_POST_RESTORE:
		hvb_devices_pause(false);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block sleep_nb = { .notifier_call = sleep_event };

/*
 * With sleep transitions locked out, so that we see all events of one or none.
 */
static int watch_sleep(void)
{
	unsigned int flags = lock_system_sleep();
	int err = register_pm_notifier(&sleep_nb);

	unlock_system_sleep(flags);
	return err;
}

/*
 * A crash kernel runs in reserved memory, next to the memory that it dumps. It
 * has none of it to spare and needs no more. Returning an error here or from
 * probe would only add a line to a log that is short of room.
 */
static int __init balloon_init(void)
{
	int err;

	if (is_kdump_kernel()) {
		pr_info_once("hv_balloon: not active in a crash kernel\n");
		return 0;
	}
	err = watch_sleep();
	if (err)
		return err;
	err = vmbus_driver_register(&balloon_driver);
	if (err)
		goto err_register;
	err = hvb_takeover_begin(&balloon_driver.driver);
	if (err)
		goto err_takeover;
	return 0;

err_takeover:
	vmbus_driver_unregister(&balloon_driver);
err_register:
	unregister_pm_notifier(&sleep_nb);
	return err;
}
module_init(balloon_init);

static void __exit balloon_exit(void)
{
	if (is_kdump_kernel())
		return;
	vmbus_driver_unregister(&balloon_driver);
	hvb_takeover_end(&balloon_driver.driver, &id_table[0].guid);
	unregister_pm_notifier(&sleep_nb);
}
module_exit(balloon_exit);

MODULE_DESCRIPTION("Hyper-V Dynamic Memory balloon and hot-add");
MODULE_LICENSE("GPL");
