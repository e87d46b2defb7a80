// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page cache is dropped on request, before memory is short. The kernel does
 * that for whoever writes to memory.reclaim of the cgroup2 root, and modules
 * have no other way to ask for it (fs.c).
 */
#include <linux/kernel.h>
#include <linux/mm.h>

#include "fs.h"
#include "reclaim.h"

/**
 * hvb_reclaim_cache() - drop clean page cache
 * @pages: how many guest pages to drop
 *
 * Nothing is swapped. Kernels before 6.11 can't promise that; they refuse the
 * text.
 *
 * Context: a kernel thread of the driver; may sleep.
 * Return: 0; -EAGAIN if there was less; or another errno, and then it can't be
 * done.
 */
int hvb_reclaim_cache(unsigned long pages)
{
	char text[40];

	snprintf(text, sizeof(text), "%luM swappiness=0",
		 pages >> (20 - PAGE_SHIFT));
	return hvb_fs_write(HVB_FS_CGROUP2, "memory.reclaim", text);
}
