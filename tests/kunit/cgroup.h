/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup2 as an admin mounts it: see cgroup.c. */
#ifndef CGROUP_H
#define CGROUP_H

#include <kunit/test.h>

void cgroup_mount(struct kunit *test);
void cgroup_unmount(struct kunit *test);
unsigned int cgroup_options(void);
int cgroup_set(const char *name, const char *text);

#endif
