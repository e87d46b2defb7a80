/* SPDX-License-Identifier: GPL-2.0-only */
/* The sizes that sysfs shows, and their pollers: see sizes.c. */
#ifndef _HVB_SIZES_H
#define _HVB_SIZES_H

#include <linux/types.h>

struct device;

/* The folder of the files, below the device's. */
#define HVB_SIZES_GROUP	"dynamic_memory"

/**
 * struct hvb_sizes - what the files show
 * @size_bytes: what the kernel has in use (MemTotal)
 * @maximum_bytes: the most that the host lets the guest have, 0 if it didn't
 *	say
 * @ballooned_bytes: what the host has of the guest's memory
 */
struct hvb_sizes {
	u64 size_bytes;
	u64 maximum_bytes;
	u64 ballooned_bytes;
};

void hvb_sizes_tell(struct hvb_sizes *told, const struct hvb_sizes *now,
		    struct device *dev);

#endif
