/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory blocks that should be online and aren't: see waiting.c. */
#ifndef _HVB_WAITING_H
#define _HVB_WAITING_H

#include <linux/kthread.h>

struct hvb_memory;

/**
 * struct hvb_waiting - blocks that should be online and aren't
 * @nr: how many, when they were last counted
 * @most_pages: how many pages may wait; one block always may
 * @pause_ms: from the last try to the next
 * @is_said: dmesg has reported that too many wait
 * @work: retries
 *
 * All but @work is used only by the device's worker, or while it can't run.
 */
struct hvb_waiting {
	unsigned long nr;
	unsigned long most_pages;
	unsigned int pause_ms;
	bool is_said;
	struct kthread_delayed_work work;
};

void hvb_waiting_init(struct hvb_memory *mem);
void hvb_waiting_exit(struct hvb_memory *mem);
int hvb_waiting_online(struct hvb_memory *mem, unsigned long page);
void hvb_waiting_add(struct hvb_memory *mem, unsigned long page);
unsigned long hvb_waiting_count(struct hvb_memory *mem);
bool hvb_waiting_is_full(struct hvb_memory *mem);
unsigned long hvb_waiting_room(const struct hvb_memory *mem);
void hvb_waiting_go_on(struct hvb_memory *mem);

#endif
