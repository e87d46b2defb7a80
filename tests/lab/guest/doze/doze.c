// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that is about to hibernate, and takes its time: those that want to
 * know of it were told before this module, and nothing is frozen yet.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/suspend.h>

#define LIMIT_S	120
#define STEP_MS	20

static bool held = true;
module_param(held, bool, 0600);

static bool begun;
module_param(begun, bool, 0400);

static int sleep_event(struct notifier_block *nb, unsigned long event,
		       void *unused)
{
	unsigned long end = jiffies + LIMIT_S * HZ;

	if (event != PM_HIBERNATION_PREPARE)
		return NOTIFY_OK;
	WRITE_ONCE(begun, true);
	while (READ_ONCE(held) && time_before(jiffies, end))
		msleep(STEP_MS);
	return NOTIFY_OK;
}

static struct notifier_block sleep_nb = {
	.notifier_call = sleep_event,
	.priority = -1,
};

static int __init doze_init(void)
{
	return register_pm_notifier(&sleep_nb);
}
module_init(doze_init);

static void __exit doze_exit(void)
{
	unregister_pm_notifier(&sleep_nb);
}
module_exit(doze_exit);

MODULE_DESCRIPTION("A guest that hibernates slowly, for tests");
MODULE_LICENSE("GPL");
