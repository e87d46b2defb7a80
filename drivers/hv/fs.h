/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel files that only user space was meant to write: see fs.c. */
#ifndef _HVB_FS_H
#define _HVB_FS_H

struct file;
struct vfsmount;

/**
 * enum hvb_filesystem - where the driver opens files
 * @HVB_FS_SYSFS: for the state of memory blocks
 * @HVB_FS_CGROUP2: for PSI and reclaim, if somebody has mounted it
 * @HVB_FS_PROC: to find out why there is no PSI, and what vm.c tells
 */
enum hvb_filesystem {
	HVB_FS_SYSFS,
	HVB_FS_CGROUP2,
	HVB_FS_PROC,
};

void hvb_fs_exit(void);
struct file *hvb_fs_open(enum hvb_filesystem which, const char *path,
			 int flags);
int hvb_fs_write(enum hvb_filesystem which, const char *path,
		 const char *text);

#endif
