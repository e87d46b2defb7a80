// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup2 as an admin mounts it, with options; and writing to its root. The
 * machine that runs the suites has none mounted of itself.
 */
#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>

#include "cgroup.h"

static struct vfsmount *mounted;

static void unmount(void *unused)
{
	if (mounted)
		mntput(mounted);
	mounted = NULL;
}

/**
 * cgroup_mount() - mount cgroup2
 * @test: the test; what is mounted goes with it
 */
void cgroup_mount(struct kunit *test)
{
	char options[] = "nsdelegate,memory_recursiveprot";
	struct file_system_type *type = get_fs_type("cgroup2");

	KUNIT_ASSERT_NULL(test, mounted);
	KUNIT_ASSERT_NOT_NULL(test, type);
	mounted = vfs_kern_mount(type, SB_KERNMOUNT, "cgroup2", options);
	if (IS_ERR(mounted))
		mounted = NULL;
	KUNIT_ASSERT_NOT_NULL(test, mounted);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, unmount, NULL));
}

/**
 * cgroup_unmount() - unmount it
 * @test: the test that mounted it
 */
void cgroup_unmount(struct kunit *test)
{
	kunit_release_action(test, unmount, NULL);
}

/**
 * cgroup_options() - the options of cgroup2
 *
 * Return: the kernel's bits.
 */
unsigned int cgroup_options(void)
{
	return READ_ONCE(cgrp_dfl_root.flags);
}

/**
 * cgroup_set() - write to a file of the root cgroup
 * @name: the file
 * @text: the text
 *
 * Return: 0, or an errno.
 */
int cgroup_set(const char *name, const char *text)
{
	struct file *file = file_open_root_mnt(mounted, name, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, text, strlen(text), &pos);
	__fput_sync(file);
	return ret < 0 ? ret : 0;
}
