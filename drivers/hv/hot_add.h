/* SPDX-License-Identifier: GPL-2.0-only */
/* New memory from the host: see hot_add.c. */
#ifndef _HVB_HOT_ADD_H
#define _HVB_HOT_ADD_H

#include <linux/workqueue.h>

#include "msg.h"
#include "plan.h"

struct hvb_device;

/**
 * struct hvb_add_request - a hot-add request that is carried out
 * @trans_id: its transaction
 * @range: what the host wants added, as it said it
 * @plan: what that means in blocks
 * @from: number of the first page that wasn't looked at yet
 * @added_pages: from the start of the range to the last page that is added; the
 *	host takes it for that, so pages skipped before it count
 * @has_skipped: the others are memory that the host did not add
 */
struct hvb_add_request {
	u32 trans_id;
	struct hvb_wire_range range;
	struct hvb_plan plan;
	unsigned long from;
	unsigned long added_pages;
	bool has_skipped;
};

/**
 * struct hvb_adding - a hot-add request that was put off
 * @is_put_off: there is one, and it is owed an answer
 * @request: the request
 * @pause_ms: from the last try to the next
 * @work: goes on with it
 *
 * All but @work is used by the device's workqueue only, or while that can't run.
 */
struct hvb_adding {
	bool is_put_off;
	struct hvb_add_request request;
	unsigned int pause_ms;
	struct delayed_work work;
};

void hvb_hot_add_init(struct hvb_device *dm);
void hvb_hot_add(struct hvb_device *dm, const struct hvb_msg *msg);
void hvb_hot_add_drop(struct hvb_device *dm);

#endif
