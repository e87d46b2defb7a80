// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the kernel that only user space was meant to write: the state of a
 * memory block, PSI's triggers, reclaim on request.
 *
 * Modules reach what is behind them in no other way on stock kernels. Each
 * filesystem is mounted for the driver alone, so it works whether or not
 * anyone mounted it, and in any namespace.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>

#include "hv_balloon.h"

static const char * const names[HVB_FILESYSTEMS] = {
	[HVB_FS_SYSFS] = "sysfs",
	[HVB_FS_CGROUP2] = "cgroup2",
};

static struct vfsmount *get_mount(struct hvb_device *dm,
				  enum hvb_filesystem which)
{
	struct file_system_type *type;
	struct vfsmount *mnt;

	mutex_lock(&dm->mounts_lock);
	mnt = dm->mounts[which];
	if (mnt)
		goto unlock;
	type = get_fs_type(names[which]);
	mnt = type ? kern_mount(type) : ERR_PTR(-ENODEV);
	if (!IS_ERR(mnt))
		dm->mounts[which] = mnt;
unlock:
	mutex_unlock(&dm->mounts_lock);
	return mnt;
}

/**
 * hvb_fs_open() - open a file
 * @dm: the device
 * @which: on which filesystem
 * @path: from its root
 * @flags: O_WRONLY and the like
 *
 * Context: a kernel thread of the driver's; may sleep.
 * Return: the file, to be closed with __fput_sync(); or an error, -ENODEV when
 * the kernel hasn't got the filesystem.
 */
struct file *hvb_fs_open(struct hvb_device *dm, enum hvb_filesystem which,
			 const char *path, int flags)
{
	struct vfsmount *mnt = get_mount(dm, which);

	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	return file_open_root_mnt(mnt, path, flags, 0);
}

/**
 * hvb_fs_write() - write a text to a file
 * @dm: the device
 * @which: on which filesystem
 * @path: from its root
 * @text: the text
 *
 * Context: a kernel thread of the driver's; may sleep.
 * Return: 0, or an errno.
 */
int hvb_fs_write(struct hvb_device *dm, enum hvb_filesystem which,
		 const char *path, const char *text)
{
	struct file *file = hvb_fs_open(dm, which, path, O_WRONLY);
	loff_t pos = 0;
	ssize_t ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, text, strlen(text), &pos);
	__fput_sync(file);
	return ret < 0 ? ret : 0;
}

/**
 * hvb_fs_exit() - unmount what was mounted
 * @dm: the device
 */
void hvb_fs_exit(struct hvb_device *dm)
{
	enum hvb_filesystem which;

	for (which = 0; which < HVB_FILESYSTEMS; which++) {
		if (dm->mounts[which])
			kern_unmount(dm->mounts[which]);
		dm->mounts[which] = NULL;
	}
}
