/* SPDX-License-Identifier: GPL-2.0-only */
/* The message that pressure goes unanswered: see unanswered.c. */
#ifndef _HVB_UNANSWERED_H
#define _HVB_UNANSWERED_H

#include <linux/types.h>

#include "burst.h"

struct device;
struct hvb_last_request;

/* Room for the description of the host's last request. */
#define HVB_ACTION_MAX		96

/* Room for a line of PSI's averages. */
#define HVB_AVERAGES_MAX	80

/**
 * struct hvb_unanswered - what to say about unanswered pressure
 * @lasts_us: how long it has lasted
 * @situation: what the cause is derived from
 * @total_pages: the guest's size without given or offline pages, 4 KiB pages
 * @boot_pages: what the kernel keeps since boot beside it, 4 KiB pages
 * @max_pages: the most that the host gives, 0 when it didn't say, 4 KiB pages
 * @committed_pages: the last reported demand, 0 if there is none, 4 KiB pages
 * @reported_us: how long ago that was
 * @averages: PSI's averages, as it prints them
 * @last: the host's last request
 */
struct hvb_unanswered {
	u64 lasts_us;
	struct hvb_situation situation;
	u64 total_pages;
	u64 boot_pages;
	u64 max_pages;
	u64 committed_pages;
	u64 reported_us;
	char averages[HVB_AVERAGES_MAX];
	const struct hvb_last_request *last;
};

void hvb_unanswered_action(const struct hvb_last_request *last, char *text);
void hvb_unanswered_say(struct device *dev, const struct hvb_unanswered *what);
void hvb_unanswered_over(struct device *dev);

#endif
