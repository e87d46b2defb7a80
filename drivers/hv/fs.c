// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel files that only user space was meant to write: the state of a memory
 * block, PSI's triggers, reclaim on request.
 *
 * On stock kernels, modules have no other access to these. The driver uses
 * mounts of its own, which are in no namespace, whatever is mounted where.
 *
 * Mounting cgroup2 would change it: its options apply to the whole system, a
 * new mount sets them anew, and the first one shows up in every
 * /proc/PID/cgroup. So the driver borrows what the admin has mounted: a live
 * superblock gets one more mount, and the filesystem isn't asked. That mount
 * lasts as long as the file is open, and keeps nobody from unmounting.
 *
 * sysfs and proc have no system-wide options. But each mount of proc is an
 * instance of its own, and before 6.7 making one waits for everybody who
 * reclaims. So one of each is kept. That of proc shows the initial pid namespace,
 * which never ends.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>

#include "fs.h"

static const char * const names[] = {
	[HVB_FS_SYSFS] = "sysfs",
	[HVB_FS_CGROUP2] = "cgroup2",
	[HVB_FS_PROC] = "proc",
};

/* Mounts of sysfs and proc, written under the lock. */
static DEFINE_MUTEX(kept_lock);
static struct vfsmount *kept[ARRAY_SIZE(names)];

static void find_live(struct super_block *sb, void *data)
{
	struct super_block **found = data;

	if (!*found && atomic_inc_not_zero(&sb->s_active))
		*found = sb;
}

/*
 * SB_KERNMOUNT only concerns this mount: with it, the last mntput() ends it at
 * once, and nothing is left for later.
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
	/* The mount has its own references; drop those of fc. */
	put_fs_context(fc);
	return mnt;
}

/*
 * Return: a mount for the driver alone, for mntput(); or an error: -ENODEV if the
 * kernel doesn't have the filesystem, -ENXIO if nobody has mounted it.
 */
static struct vfsmount *mount(enum hvb_filesystem which)
{
	struct file_system_type *type;
	struct vfsmount *mnt;

	/* For an unknown type, get_fs_type() runs modprobe. */
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

/* Return: a reference of its own, or an error, after which it is tried again. */
static struct vfsmount *keep(enum hvb_filesystem which)
{
	struct vfsmount *mnt;

	mutex_lock(&kept_lock);
	mnt = kept[which] ?: mount(which);
	if (!IS_ERR(mnt))
		kept[which] = mntget(mnt);
	mutex_unlock(&kept_lock);
	return mnt;
}

/**
 * hvb_fs_exit() - unmount what was kept mounted
 *
 * If a device is left that opens files, it is mounted again.
 *
 * Context: may sleep.
 */
void hvb_fs_exit(void)
{
	unsigned int i;

	mutex_lock(&kept_lock);
	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		mntput(kept[i]);
		kept[i] = NULL;
	}
	mutex_unlock(&kept_lock);
}

/**
 * hvb_fs_open() - open a file
 * @which: on which filesystem
 * @path: from its root
 * @flags: O_WRONLY and the like
 *
 * Context: a kernel thread of the driver, which is in the kernel's initial
 * namespaces; may sleep.
 * Return: the file, to be closed with __fput_sync(); or an error: -ENODEV if the
 * kernel doesn't have the filesystem, -ENXIO if nobody has mounted it.
 */
struct file *hvb_fs_open(enum hvb_filesystem which, const char *path, int flags)
{
	struct vfsmount *mnt = which == HVB_FS_CGROUP2 ? mount(which) :
							 keep(which);
	struct file *file;

	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	file = file_open_root_mnt(mnt, path, flags, 0);
	mntput(mnt);
	return file;
}

/**
 * hvb_fs_write() - write text to a file
 * @which: on which filesystem
 * @path: from its root
 * @text: the text
 *
 * Context: as hvb_fs_open().
 * Return: 0, or an errno.
 */
int hvb_fs_write(enum hvb_filesystem which, const char *path, const char *text)
{
	struct file *file = hvb_fs_open(which, path, O_WRONLY);
	loff_t pos = 0;
	ssize_t ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, text, strlen(text), &pos);
	__fput_sync(file);
	return ret < 0 ? ret : 0;
}
