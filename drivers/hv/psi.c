// SPDX-License-Identifier: GPL-2.0-only
/*
 * One PSI trigger (Documentation/accounting/psi.rst).
 *
 * PSI's triggers are meant for user space, which writes a trigger to a file and
 * polls it. Modules have no other way to create one, so this code does the
 * same, with memory.pressure of the cgroup2 root, which stands for the whole
 * system (fs.c).
 *
 * The kernel wakes up every poller of the file, including those whose trigger
 * didn't fire. So each file is asked whether its own trigger did, which also
 * rearms it.
 *
 * When the admin writes 0 to the root's cgroup.pressure, the trigger goes away
 * while the file is open. That wakes us up, too, and the file then reports
 * EPOLLERR.
 *
 * Context: a kernel thread of the driver; all functions may sleep.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "fs.h"
#include "psi.h"

#define PRESSURE_FILE	"memory.pressure"

/*
 * kernfs frees what is behind the file when it goes away. Kernels before the
 * end of 2025 let it be used again once the file is back.
 */
static bool is_released(const struct file *file)
{
	const struct seq_file *seq = file->private_data;
	const struct kernfs_open_file *of = seq->private;

	return of->released;
}

static struct hvb_psi *arm(const char *text, wait_queue_head_t *sleepers)
{
	struct hvb_psi *psi;
	struct file *file;
	ssize_t written;
	loff_t pos = 0;

	psi = kzalloc(sizeof(*psi), GFP_KERNEL);
	if (!psi)
		return ERR_PTR(-ENOMEM);
	strscpy(psi->armed, text, sizeof(psi->armed));
	file = hvb_fs_open(HVB_FS_CGROUP2, PRESSURE_FILE, O_RDWR);
	if (IS_ERR(file)) {
		kfree(psi);
		return ERR_CAST(file);
	}

	written = kernel_write(file, text, strlen(text), &pos);
	if (written >= 0 &&
	    hvb_watch_start(&psi->watch, file, sleepers) & EPOLLERR)
		written = -EAGAIN;
	psi->file = file;
	if (written < 0) {
		hvb_psi_disarm(psi);
		return ERR_PTR(written);
	}
	return psi;
}

/**
 * hvb_psi_arm() - arm a trigger, or the nearest one that this kernel takes
 * @dev: for messages
 * @text: in PSI's syntax
 * @sleepers: wait queue that it wakes up
 *
 * Return: the trigger; or an error: -EOPNOTSUPP if this kernel has none,
 * otherwise the error of hvb_fs_open() or PSI.
 */
struct hvb_psi *hvb_psi_arm(struct device *dev, const char *text,
			    wait_queue_head_t *sleepers)
{
	struct hvb_trigger trigger;
	char wider[HVB_TRIGGER_MAX];
	struct hvb_psi *psi;

	if (!IS_ENABLED(CONFIG_PSI) || !IS_ENABLED(CONFIG_CGROUPS))
		return ERR_PTR(-EOPNOTSUPP);
	psi = arm(text, sleepers);
	if (psi != ERR_PTR(-EINVAL) || hvb_trigger_parse(text, &trigger) ||
	    !hvb_trigger_widen(&trigger))
		return psi;
	hvb_trigger_format(&trigger, wider);
	psi = arm(wider, sleepers);
	if (!IS_ERR(psi))
		dev_info_ratelimited(dev, "this kernel's PSI refuses \"%s\"; armed is \"%s\"\n",
				     text, wider);
	return psi;
}

/**
 * hvb_psi_disarm() - give up a trigger
 * @psi: the trigger, or NULL
 */
void hvb_psi_disarm(struct hvb_psi *psi)
{
	if (!psi)
		return;
	hvb_watch_stop(&psi->watch);
	__fput_sync(psi->file);
	kfree(psi);
}

/**
 * hvb_psi_armed() - a trigger as text
 * @psi: the trigger, or NULL
 *
 * Return: the trigger in PSI's syntax; "none" for NULL.
 */
const char *hvb_psi_armed(const struct hvb_psi *psi)
{
	return psi ? psi->armed : "none";
}

/**
 * hvb_psi_ask() - check whether a trigger fired, and rearm it
 * @psi: the trigger
 *
 * Return: 0 if nothing happened since the last check; with EPOLLPRI if it
 * fired; with EPOLLERR if the trigger is gone.
 */
__poll_t hvb_psi_ask(struct hvb_psi *psi)
{
	if (hvb_psi_is_woken(psi) && is_released(psi->file))
		return EPOLLERR;
	return hvb_watch_ask(&psi->watch);
}

/**
 * hvb_psi_read() - PSI's averages, as it prints them
 * @psi: the trigger
 * @text: filled in
 * @size: room there, in characters
 *
 * Return: how many characters there are; or an errno.
 */
ssize_t hvb_psi_read(struct hvb_psi *psi, char *text, size_t size)
{
	loff_t pos = 0;

	if (is_released(psi->file))
		return -ENODEV;
	return kernel_read(psi->file, text, size, &pos);
}

static bool has_file(enum hvb_filesystem which, const char *path)
{
	struct file *file = hvb_fs_open(which, path, O_RDONLY);

	if (IS_ERR(file))
		return false;
	__fput_sync(file);
	return true;
}

/* Why there is no memory.pressure, though cgroup2 is mounted. */
static const char *why_no_file(void)
{
	if (has_file(HVB_FS_CGROUP2, "cgroup.pressure"))
		return "write 1 to cgroup.pressure of the root cgroup to have it";
	if (has_file(HVB_FS_PROC, "pressure/memory"))
		return "boot without cgroup_disable=pressure to have it";
	return "boot with psi=1 to have it";
}

/**
 * hvb_psi_why() - why a trigger can't be armed, and what to do
 * @err: the error of hvb_psi_arm()
 *
 * Return: the text, not to be freed.
 */
const char *hvb_psi_why(int err)
{
	if (!IS_ENABLED(CONFIG_PSI))
		return "this kernel was built without PSI";
	if (!IS_ENABLED(CONFIG_CGROUPS))
		return "this kernel was built without cgroup2";
	switch (err) {
	case -ENXIO:
		return "mount cgroup2 to have it";
	case -ENOENT:
		return why_no_file();
	default:
		return "it can't be armed";
	}
}
