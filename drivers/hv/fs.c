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
 * sysfs and proc have no options that are everybody's.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mount.h>

#include "fs.h"

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

/**
 * hvb_fs_mount() - mount a filesystem, for the driver alone
 * @which: which
 *
 * Context: a kernel thread of the driver's; may sleep.
 * Return: the mount, for mntput(); or an error, -ENODEV when the kernel hasn't
 * got the filesystem, -ENXIO when nobody has mounted it.
 */
struct vfsmount *hvb_fs_mount(enum hvb_filesystem which)
{
	struct file_system_type *type;
	struct vfsmount *mnt;

	/* For a type that is unknown, get_fs_type() runs modprobe. */
	if (which == HVB_FS_CGROUP2 && !IS_ENABLED(CONFIG_CGROUPS))
		return ERR_PTR(-ENODEV);
	type = get_fs_type(names[which]);
	if (!type)
		return ERR_PTR(-ENODEV);
	if (which == HVB_FS_CGROUP2)
		mnt = borrow(type);
	else
		mnt = vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL);
	module_put(type->owner);
	return mnt;
}

/**
 * hvb_fs_open() - open a file
 * @which: on which filesystem
 * @path: from its root
 * @flags: O_WRONLY and the like
 *
 * Context: a kernel thread of the driver's, which is in the namespaces that
 * the kernel began with; may sleep.
 * Return: the file, to be closed with __fput_sync(); or an error, as
 * hvb_fs_mount() says.
 */
struct file *hvb_fs_open(enum hvb_filesystem which, const char *path, int flags)
{
	struct vfsmount *mnt = hvb_fs_mount(which);
	struct file *file;

	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	file = file_open_root_mnt(mnt, path, flags, 0);
	mntput(mnt);
	return file;
}

/**
 * hvb_fs_write_at() - write a text to a file of a mount
 * @mnt: the mount
 * @path: from its root
 * @text: the text
 *
 * Context: as hvb_fs_open().
 * Return: 0, or an errno.
 */
int hvb_fs_write_at(struct vfsmount *mnt, const char *path, const char *text)
{
	struct file *file = file_open_root_mnt(mnt, path, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, text, strlen(text), &pos);
	__fput_sync(file);
	return ret < 0 ? ret : 0;
}

/**
 * hvb_fs_write() - write a text to a file
 * @which: on which filesystem
 * @path: from its root
 * @text: the text
 *
 * Context: as hvb_fs_open().
 * Return: 0, or an errno.
 */
int hvb_fs_write(enum hvb_filesystem which, const char *path, const char *text)
{
	struct vfsmount *mnt = hvb_fs_mount(which);
	int err;

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	err = hvb_fs_write_at(mnt, path, text);
	mntput(mnt);
	return err;
}
