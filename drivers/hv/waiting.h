/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory blocks that should be online and aren't: see waiting.c. */
#ifndef _HVB_WAITING_H
#define _HVB_WAITING_H

#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "plan.h"

struct hvb_device;

/**
 * struct hvb_waiting - blocks that should be online and aren't
 * @blocks: their numbers, each with the zone that it goes to
 * @nr: how many
 * @most_pages: so much may wait, or one block
 * @pause_ms: from the last try to the next
 * @is_said: dmesg says that too many wait
 * @work: tries again
 *
 * All but @work is used by the device's workqueue only, or while that can't run.
 */
struct hvb_waiting {
	struct xarray blocks;
	unsigned long nr;
	unsigned long most_pages;
	unsigned int pause_ms;
	bool is_said;
	struct delayed_work work;
};

void hvb_waiting_init(struct hvb_device *dm);
void hvb_waiting_exit(struct hvb_device *dm);
void hvb_waiting_add(struct hvb_device *dm, unsigned long page,
		     enum hvb_online_policy zone);
bool hvb_waiting_has(struct hvb_device *dm, unsigned long page);
unsigned long hvb_waiting_count(struct hvb_device *dm);
bool hvb_waiting_is_full(struct hvb_device *dm);
void hvb_waiting_go_on(struct hvb_device *dm);

#endif
