// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a memory block, as an admin sets it.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>

#include "host.h"

static int write_state(struct vfsmount *mnt, const char *path,
		       const char *state)
{
	struct file *file = file_open_root_mnt(mnt, path, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t done;

	if (IS_ERR(file))
		return PTR_ERR(file);
	done = kernel_write(file, state, strlen(state), &pos);
	fput(file);
	return done < 0 ? done : 0;
}

/**
 * block_set() - set a memory block online or offline
 * @page: its first page
 * @state: as sysfs knows it
 *
 * Return: 0 or an errno.
 */
int block_set(unsigned long page, const char *state)
{
	struct file_system_type *type = get_fs_type("sysfs");
	struct vfsmount *mnt = type ? kern_mount(type) : ERR_PTR(-ENODEV);
	char path[64];
	int err;

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	snprintf(path, sizeof(path), "devices/system/memory/memory%lu/state",
		 page / block_pages());
	err = write_state(mnt, path, state);
	kern_unmount(mnt);
	return err;
}
