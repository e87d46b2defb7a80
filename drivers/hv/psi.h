/* SPDX-License-Identifier: GPL-2.0-only */
/* One PSI trigger: see psi.c. */
#ifndef _HVB_PSI_H
#define _HVB_PSI_H

#include "trigger.h"
#include "watch.h"

struct device;

/**
 * struct hvb_psi - one armed trigger
 * @file: memory.pressure; the trigger lives as long as it is open
 * @watch: waits for it
 * @armed: the trigger in PSI's syntax
 */
struct hvb_psi {
	struct file *file;
	struct hvb_watch watch;
	char armed[HVB_TRIGGER_MAX];
};

/**
 * hvb_psi_is_woken() - did anything happen to a trigger's file?
 * @psi: the trigger
 *
 * Context: any.
 * Return: true if something did since hvb_psi_ask().
 */
static inline bool hvb_psi_is_woken(const struct hvb_psi *psi)
{
	return hvb_watch_is_woken(&psi->watch);
}

struct hvb_psi *hvb_psi_arm(struct device *dev, const char *text,
			    wait_queue_head_t *sleepers);
void hvb_psi_disarm(struct hvb_psi *psi);
const char *hvb_psi_armed(const struct hvb_psi *psi);
__poll_t hvb_psi_ask(struct hvb_psi *psi);
ssize_t hvb_psi_read(struct hvb_psi *psi, char *text, size_t size);
const char *hvb_psi_why(int err);

#endif
