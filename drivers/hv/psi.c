// SPDX-License-Identifier: GPL-2.0-only
/*
 * One PSI trigger (Documentation/accounting/psi.rst).
 *
 * PSI's triggers are for user space: one writes a trigger to a file and polls
 * it. Modules can't make one otherwise, so this file does the same, with the
 * memory.pressure of the root of cgroup2, which stands for the whole system
 * (fs.c).
 *
 * The kernel wakes every poller of the file, also those whose trigger didn't
 * fire, so each file is asked whether it was its own; that also arms it again.
 *
 * The trigger goes away while the file is open when the admin writes 0 to the
 * root's cgroup.pressure. That wakes us, too, and the file says EPOLLERR then.
 *
 * Context: a kernel thread of the driver's; all may sleep.
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
 * end of 2025 let it be used again once the file has come back.
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
 * hvb_psi_arm() - arm a trigger, or the nearest that this kernel takes
 * @dev: for messages
 * @text: in PSI's words
 * @sleepers: whom it wakes
 *
 * Return: the trigger; or an error, -EOPNOTSUPP when this kernel can have
 * none, and else what hvb_fs_open() or PSI says.
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
 * hvb_psi_disarm() - give a trigger up
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
 * hvb_psi_is_woken() - did something happen to a trigger's file?
 * @psi: the trigger
 *
 * Context: any.
 * Return: true when something did since hvb_psi_ask().
 */
bool hvb_psi_is_woken(const struct hvb_psi *psi)
{
	return hvb_watch_is_woken(&psi->watch);
}

/**
 * hvb_psi_armed() - a trigger in PSI's words
 * @psi: the trigger, or NULL
 *
 * Return: the words; "none" without one.
 */
const char *hvb_psi_armed(const struct hvb_psi *psi)
{
	return psi ? psi->armed : "none";
}

/**
 * hvb_psi_ask() - ask whether a trigger fired, and arm it again
 * @psi: the trigger
 *
 * Return: 0 when nothing happened since it was last asked; with EPOLLPRI when
 * it fired; with EPOLLERR when there is no trigger any more.
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
 * @text: room for them
 * @size: characters there
 *
 * Return: how many there are; or an errno.
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

/* Where there is no memory.pressure, though cgroup2 is mounted. */
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
 * @err: what hvb_psi_arm() said
 *
 * Return: some words, which are not to be freed.
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
