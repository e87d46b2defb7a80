/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the kernel that only user space was meant to write: see fs.c. */
#ifndef _HVB_FS_H
#define _HVB_FS_H

struct file;
struct hvb_device;

/**
 * enum hvb_filesystem - where the driver opens files
 * @HVB_FS_SYSFS: for the state of memory blocks
 * @HVB_FS_CGROUP2: for PSI and reclaim, where somebody has mounted it
 * @HVB_FS_PROC: to tell why there is no PSI
 */
enum hvb_filesystem {
	HVB_FS_SYSFS,
	HVB_FS_CGROUP2,
	HVB_FS_PROC,
};

struct file *hvb_fs_open(struct hvb_device *dm, enum hvb_filesystem which,
			 const char *path, int flags);
int hvb_fs_write(struct hvb_device *dm, enum hvb_filesystem which,
		 const char *path, const char *text);
void hvb_fs_exit(struct hvb_device *dm);

#endif
