// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module parameters. A value is checked before it is used; one that is
 * refused changes nothing, and dmesg says why.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "device.h"
#include "params.h"
#include "plan.h"
#include "trigger.h"

#define pr_refused(fmt, ...) \
	pr_warn_ratelimited("hv_balloon: " fmt, ##__VA_ARGS__)

struct hvb_params hvb_params = {
	.hot_add = true,
	.balloon_blocks = true,
	.online_policy = HVB_ONLINE_KERNEL,
	.psi = { HVB_TRIGGER_FULL, HVB_TRIGGER_EARLY },
	.burst_interval_ms = 100,
	.burst_decay_s = 30,
	.extension = HVB_EXT_NONE,
};

/* Y or N, in any form that kstrtobool() takes. */
struct toggle {
	const char *name;
	bool *value;
};

/* On the kernel command line, a name without a value means Y. */
static int set_toggle(const char *val, const struct kernel_param *kp)
{
	const struct toggle *toggle = kp->arg;
	bool value = true;
	int err = val ? kstrtobool(val, &value) : 0;

	if (err)
		pr_refused("%s must be Y or N; it stays %c\n", toggle->name,
			   *toggle->value ? 'Y' : 'N');
	else
		WRITE_ONCE(*toggle->value, value);
	return err;
}

static int get_toggle(char *buf, const struct kernel_param *kp)
{
	const struct toggle *toggle = kp->arg;

	return sysfs_emit(buf, "%c\n", *toggle->value ? 'Y' : 'N');
}

static const struct kernel_param_ops toggle_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = set_toggle,
	.get = get_toggle,
};

/* One of a list of names. */
struct choice {
	const char *name;
	const char *all;
	const char * const *names;
	size_t count;
	int *value;
};

static int set_choice(const char *val, const struct kernel_param *kp)
{
	const struct choice *choice = kp->arg;
	int i = __sysfs_match_string(choice->names, choice->count, val);

	if (i < 0) {
		pr_refused("%s must be %s; it stays %s\n", choice->name,
			   choice->all, choice->names[*choice->value]);
		return i;
	}
	WRITE_ONCE(*choice->value, i);
	return 0;
}

static int get_choice(char *buf, const struct kernel_param *kp)
{
	const struct choice *choice = kp->arg;

	return sysfs_emit(buf, "%s\n", choice->names[*choice->value]);
}

static const struct kernel_param_ops choice_ops = {
	.set = set_choice,
	.get = get_choice,
};

/* A number within bounds. */
struct number {
	const char *name;
	unsigned int min;
	unsigned int max;
	unsigned int *value;
};

static int set_number(const char *val, const struct kernel_param *kp)
{
	const struct number *number = kp->arg;
	unsigned int value;
	int err = kstrtouint(val, 0, &value);

	if (!err && (value < number->min || value > number->max))
		err = -ERANGE;
	if (err)
		pr_refused("%s must be %u to %u; it stays %u\n", number->name,
			   number->min, number->max, *number->value);
	else
		WRITE_ONCE(*number->value, value);
	return err;
}

static int get_number(char *buf, const struct kernel_param *kp)
{
	const struct number *number = kp->arg;

	return sysfs_emit(buf, "%u\n", *number->value);
}

static const struct kernel_param_ops number_ops = {
	.set = set_number,
	.get = get_number,
};

/* A PSI trigger, armed by the reporters of all devices. */
struct psi_param {
	const char *name;
	enum hvb_psi_which which;
};

static const char *why_refused(int err)
{
	switch (err) {
	case -E2BIG:
	case -EINVAL:
		return "it must be \"some|full THRESHOLD WINDOW\" in microseconds, as PSI takes it";
	case -ERANGE:
		return "its window must be above 0 and at most 10 s, its threshold at most that";
	default:
		return "it can't be armed";
	}
}

static int set_psi(const char *val, const struct kernel_param *kp)
{
	const struct psi_param *param = kp->arg;
	char text[HVB_TRIGGER_MAX], *trimmed;
	struct hvb_trigger trigger;
	int err = -E2BIG;

	if (strscpy(text, val, sizeof(text)) < 0)
		goto refused;
	trimmed = strim(text);
	err = *trimmed ? hvb_trigger_parse(trimmed, &trigger) : 0;
	if (err)
		goto refused;
	err = hvb_devices_set_psi(&hvb_params, param->which, trimmed);
	if (err)
		goto refused;
	return 0;

refused:
	pr_refused("%s stays \"%s\"; %s (%d)\n", param->name,
		   hvb_params.psi[param->which], why_refused(err), err);
	return err;
}

static int get_psi(char *buf, const struct kernel_param *kp)
{
	const struct psi_param *param = kp->arg;

	return sysfs_emit(buf, "%s\n", hvb_params.psi[param->which]);
}

static const struct kernel_param_ops psi_ops = {
	.set = set_psi,
	.get = get_psi,
};

static const struct toggle hot_add_toggle = {
	"hot_add", &hvb_params.hot_add,
};
module_param_cb(hot_add, &toggle_ops, (void *)&hot_add_toggle, 0644);
__MODULE_PARM_TYPE(hot_add, "bool");
MODULE_PARM_DESC(hot_add, "Take new memory from the host (default Y)");

static const struct toggle balloon_blocks_toggle = {
	"balloon_blocks", &hvb_params.balloon_blocks,
};
module_param_cb(balloon_blocks, &toggle_ops, (void *)&balloon_blocks_toggle,
		0644);
__MODULE_PARM_TYPE(balloon_blocks, "bool");
MODULE_PARM_DESC(balloon_blocks, "Give whole memory blocks to the host where they are free, which sets them offline for a moment (default Y)");

static const struct toggle hot_remove_toggle = {
	"hot_remove", &hvb_params.hot_remove,
};
module_param_cb(hot_remove, &toggle_ops, (void *)&hot_remove_toggle, 0644);
__MODULE_PARM_TYPE(hot_remove, "bool");
MODULE_PARM_DESC(hot_remove, "Experimental: remove added blocks when the host asks for it (default N)");

static const struct number delay_number = {
	"pressure_report_delay", 0, 3600, &hvb_params.pressure_report_delay_s,
};
module_param_cb(pressure_report_delay, &number_ops, (void *)&delay_number,
		0644);
__MODULE_PARM_TYPE(pressure_report_delay, "0 to 3600");
MODULE_PARM_DESC(pressure_report_delay, "Seconds without status reports after the start (default 0)");

static const char * const policies[] = {
	[HVB_ONLINE_KERNEL] = "kernel",
	[HVB_ONLINE_MOVABLE] = "movable",
	[HVB_ONLINE_AUTO] = "auto",
	[HVB_ONLINE_OFF] = "off",
};

#define POLICIES	"kernel, movable, auto or off"
static const struct choice policy_choice = {
	"online_policy", POLICIES, policies,
	ARRAY_SIZE(policies), &hvb_params.online_policy,
};
module_param_cb(online_policy, &choice_ops, (void *)&policy_choice, 0644);
__MODULE_PARM_TYPE(online_policy, POLICIES);
MODULE_PARM_DESC(online_policy, "How hot-added blocks come online: kernel, movable, auto, or off, which leaves it to the distribution (default kernel)");

static const struct psi_param trigger_param = {
	"psi_trigger", HVB_PSI_TRIGGER,
};
module_param_cb(psi_trigger, &psi_ops, (void *)&trigger_param, 0644);
__MODULE_PARM_TYPE(psi_trigger, "string");
MODULE_PARM_DESC(psi_trigger,
		 "PSI trigger that asks for memory (default \"" HVB_TRIGGER_FULL "\")");

static const struct psi_param early_param = {
	"psi_early_trigger", HVB_PSI_EARLY,
};
module_param_cb(psi_early_trigger, &psi_ops, (void *)&early_param, 0644);
__MODULE_PARM_TYPE(psi_early_trigger, "string");
MODULE_PARM_DESC(psi_early_trigger,
		 "PSI trigger that opens the fast cadence (default \""
		 HVB_TRIGGER_EARLY "\")");

static const struct number interval_number = {
	"burst_interval_ms", 20, 1000, &hvb_params.burst_interval_ms,
};
module_param_cb(burst_interval_ms, &number_ops, (void *)&interval_number,
		0644);
__MODULE_PARM_TYPE(burst_interval_ms, "20 to 1000");
MODULE_PARM_DESC(burst_interval_ms, "Milliseconds between reports during a burst (default 100)");

static const struct number decay_number = {
	"burst_decay_s", 1, 3600, &hvb_params.burst_decay_s,
};
module_param_cb(burst_decay_s, &number_ops, (void *)&decay_number, 0644);
__MODULE_PARM_TYPE(burst_decay_s, "1 to 3600");
MODULE_PARM_DESC(burst_decay_s, "Seconds in which demand added by a burst decays (default 30)");

static const struct number memtotal_number = {
	"memtotal_mib", 0, 16777216, &hvb_params.memtotal_mib,
};
module_param_cb(memtotal_mib, &number_ops, (void *)&memtotal_number, 0644);
__MODULE_PARM_TYPE(memtotal_mib, "0 to 16777216");
MODULE_PARM_DESC(memtotal_mib, "MiB that MemTotal shows at least, so that one allocation may be as large; 0 for what there is (default 0)");

static const char * const extensions[] = {
	[HVB_EXT_NONE] = "none",
	[HVB_EXT_FLAG] = "flag",
	[HVB_EXT_REQUEST] = "request",
};

#define EXTENSIONS	"none, flag or request"
static const struct choice extension_choice = {
	"protocol_extension", EXTENSIONS, extensions,
	ARRAY_SIZE(extensions), &hvb_params.extension,
};
module_param_cb(protocol_extension, &choice_ops, (void *)&extension_choice,
		0644);
__MODULE_PARM_TYPE(protocol_extension, EXTENSIONS);
MODULE_PARM_DESC(protocol_extension, "Experimental messages to hosts that know them: none, flag or request (default none)");
