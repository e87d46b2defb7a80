/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own signs that memory is short: see shortage.c. */
#ifndef _HVB_SHORTAGE_H
#define _HVB_SHORTAGE_H

#include <linux/notifier.h>

#include "compat.h"

struct hvb_channel;
struct hvb_signs;

/**
 * struct hvb_shortage - listens to reclaim and OOM
 */
struct hvb_shortage {
	/** @signs: where signs are posted */
	struct hvb_signs *signs;
	/** @channel: tells whether the host could help */
	const struct hvb_channel *channel;
	/** @shrinker: listens to reclaim */
	struct hvb_compat_shrinker shrinker;
	/** @oom_nb: listens to the OOM killer */
	struct notifier_block oom_nb;
	/** @oom_waited_at: jiffies when the OOM killer was last held up */
	unsigned long oom_waited_at;
};

int hvb_shortage_init(struct hvb_shortage *shortage, struct hvb_signs *signs,
		      const struct hvb_channel *channel);
void hvb_shortage_exit(struct hvb_shortage *shortage);

#endif
