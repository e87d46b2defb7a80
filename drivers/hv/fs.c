// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the kernel that only user space was meant to write: the state of a
 * memory block, PSI's triggers, reclaim on request.
 *
 * Modules reach what is behind them in no other way on stock kernels. The
 * driver looks at them through mounts of its own, which are in no namespace,
 * whatever is mounted where.
 *
 * To mount cgroup2 would be to change it: its options are those of the whole
 * system, a new mount sets them anew, and the first one shows in each
 * /proc/PID/cgroup. So what the admin has mounted is borrowed: a live
 * superblock gets one more mount, and the filesystem isn't asked. The mount is
 * there for as long as the file is open, and hinders nobody who unmounts.
 *
 * sysfs and proc have no options that are everybody's. The mount of sysfs
 * stays, since blocks come online when there is no memory for another one.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mount.h>

#include "hv_balloon.h"

static const char * const names[] = {
	[HVB_FS_SYSFS] = "sysfs",
	[HVB_FS_CGROUP2] = "cgroup2",
	[HVB_FS_PROC] = "proc",
};

static void find_live(struct super_block *sb, void *data)
{
	struct super_block **found = data;

	if (!*found && atomic_inc_not_zero(&sb->s_active))
		*found = sb;
}

/*
 * SB_KERNMOUNT is only for the mount here: with it, the last mntput() is the
 * end of it, and nothing is left for later.
 */
static struct vfsmount *borrow(struct file_system_type *type)
{
	struct super_block *sb = NULL;
	struct fs_context *fc;
	struct vfsmount *mnt;

	iterate_supers_type(type, find_live, &sb);
	if (!sb)
		return ERR_PTR(-ENXIO);
	fc = fs_context_for_mount(type, SB_KERNMOUNT);
	if (IS_ERR(fc)) {
		deactivate_super(sb);
		return ERR_CAST(fc);
	}
	fc->root = dget(sb->s_root);
	mnt = vfs_create_mount(fc);
	/* The mount has references of its own; those of fc are dropped. */
	put_fs_context(fc);
	return mnt;
}

static struct vfsmount *keep(struct hvb_device *dm,
			     struct file_system_type *type)
{
	struct vfsmount *mnt;

	mutex_lock(&dm->sysfs_lock);
	mnt = dm->sysfs ?: kern_mount(type);
	if (!IS_ERR(mnt))
		dm->sysfs = mntget(mnt);
	mutex_unlock(&dm->sysfs_lock);
	return mnt;
}

static struct vfsmount *get_mount(struct hvb_device *dm,
				  enum hvb_filesystem which)
{
	struct file_system_type *type;
	struct vfsmount *mnt;

	/* For a type that is unknown, get_fs_type() runs modprobe. */
	if (which == HVB_FS_CGROUP2 && !IS_ENABLED(CONFIG_CGROUPS))
		return ERR_PTR(-ENODEV);
	type = get_fs_type(names[which]);
	if (!type)
		return ERR_PTR(-ENODEV);
	switch (which) {
	case HVB_FS_SYSFS:
		mnt = keep(dm, type);
		break;
	case HVB_FS_CGROUP2:
		mnt = borrow(type);
		break;
	default:
		mnt = vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL);
		break;
	}
	module_put(type->owner);
	return mnt;
}

/**
 * hvb_fs_open() - open a file
 * @dm: the device
 * @which: on which filesystem
 * @path: from its root
 * @flags: O_WRONLY and the like
 *
 * Context: a kernel thread of the driver's, which is in the namespaces that
 * the kernel began with; may sleep.
 * Return: the file, to be closed with __fput_sync(); or an error, -ENODEV when
 * the kernel hasn't got the filesystem, -ENXIO when nobody has mounted it.
 */
struct file *hvb_fs_open(struct hvb_device *dm, enum hvb_filesystem which,
			 const char *path, int flags)
{
	struct vfsmount *mnt = get_mount(dm, which);
	struct file *file;

	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	file = file_open_root_mnt(mnt, path, flags, 0);
	mntput(mnt);
	return file;
}

/**
 * hvb_fs_write() - write a text to a file
 * @dm: the device
 * @which: on which filesystem
 * @path: from its root
 * @text: the text
 *
 * Context: as hvb_fs_open().
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
 * hvb_fs_exit() - unmount what stayed mounted
 * @dm: the device
 */
void hvb_fs_exit(struct hvb_device *dm)
{
	if (dm->sysfs)
		kern_unmount(dm->sysfs);
	dm->sysfs = NULL;
}
