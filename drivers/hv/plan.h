/* SPDX-License-Identifier: GPL-2.0-only */
/* From a hot-add request to memory blocks: see plan.c. */
#ifndef _HVB_PLAN_H
#define _HVB_PLAN_H

#include <linux/types.h>

#include "ranges.h"

/**
 * enum hvb_online_policy - what to do with a hot-added block
 * @HVB_ONLINE_KERNEL: online for every use
 * @HVB_ONLINE_MOVABLE: online for movable pages only, so it can go again
 * @HVB_ONLINE_AUTO: movable as long as the kernel's share stays large enough
 * @HVB_ONLINE_OFF: left to the distribution
 */
enum hvb_online_policy {
	HVB_ONLINE_KERNEL,
	HVB_ONLINE_MOVABLE,
	HVB_ONLINE_AUTO,
	HVB_ONLINE_OFF,
};

/**
 * enum hvb_zone - where a block comes online
 * @HVB_ZONE_KERNEL: for every use
 * @HVB_ZONE_MOVABLE: in ZONE_MOVABLE
 * @HVB_ZONE_NONE: not by the driver
 */
enum hvb_zone {
	HVB_ZONE_KERNEL,
	HVB_ZONE_MOVABLE,
	HVB_ZONE_NONE,
};

/**
 * struct hvb_plan - a hot-add request in memory blocks
 * @backed: the pages that the host backs now; never empty
 * @first_page: start of the first block touched
 * @end_page: end of the last block touched
 *
 * Pages in [@first_page, @end_page) outside @backed are absent until a later
 * request backs them.
 */
struct hvb_plan {
	struct hvb_range backed;
	unsigned long first_page;
	unsigned long end_page;
};

/**
 * struct hvb_answer - what to tell the host about a hot-add
 * @page_count: 4 KiB pages added
 * @result: DM_HOT_ADD_SUCCESS or DM_HOT_ADD_FAILURE
 */
struct hvb_answer {
	u32 page_count;
	u32 result;
};

int hvb_plan_hot_add(const struct hvb_range *range,
		     const struct hvb_range *region,
		     const struct hvb_range *pluggable,
		     unsigned long block_pages, struct hvb_plan *plan);
struct hvb_range hvb_plan_backed(const struct hvb_plan *plan,
				 const struct hvb_range *piece);
bool hvb_plan_is_transient(int err);
struct hvb_answer hvb_plan_answer(u64 added_pages, int err);
unsigned int hvb_plan_alignment(u64 block_bytes);
enum hvb_zone hvb_plan_zone(enum hvb_online_policy policy, u64 kernel_pages,
			    u64 movable_pages, u64 block_pages);
unsigned int hvb_plan_order(unsigned long start, unsigned long count,
			    unsigned int max_order);

#endif
