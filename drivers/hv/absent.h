/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Absent pages, pages of the guest that the host has: see absent.c. Whole blocks
 * of them: see claim.c. What the kernel's hotplug asks of them: see hotplug.c.
 */
#ifndef _HVB_ABSENT_H
#define _HVB_ABSENT_H

#include <linux/mutex.h>
#include <linux/notifier.h>

#include "plan.h"
#include "ranges.h"

struct hvb_device;
struct hvb_packer;
struct page;

/* The sets that absent pages are in. */
#define HVB_ABSENT_SETS	4

/**
 * struct hvb_absent - which pages of the guest the host has: see absent.c
 * @lock: guards all of this; taken by the kernel's hotplug callbacks, so
 *	nothing that adds, onlines or offlines memory is called under it
 * @given: pages that we gave to the host and that it knows of
 * @fresh: pages taken for the host that it wasn't told of yet
 * @holes: pages of hot-added blocks that the host never backed
 * @returning: pages that the host gave back while their block was moving;
 *	they are freed when it settled online
 * @added: pages of all blocks that we added
 * @moving: the pages of the block that goes offline or comes online now; count
 *	0 when none does (the kernel moves one at a time)
 * @moving_is_movable: it was in ZONE_MOVABLE when it began to go offline
 * @nr_added: pages of @added that the host backs
 * @nr_onlined: of these, how many are in blocks that are online
 * @nr_landing: backed pages of blocks that are being added right now, which are
 *	on their way to be online
 * @idle: blocks that we set offline and that aren't online again
 * @movable: offline blocks with absent pages that were in ZONE_MOVABLE
 * @claim: the block that is being taken now; count 0 when none is
 * @claim_pages: how many more pages of it are wanted
 * @nr_claimed: pages of it that became fresh
 * @owns_callback: we are the kernel's online callback
 * @nb: the kernel's memory notifier
 */
struct hvb_absent {
	struct mutex lock;	/* of all that follows */
	struct hvb_ranges given;
	struct hvb_ranges fresh;
	struct hvb_ranges holes;
	struct hvb_ranges returning;
	struct hvb_ranges added;
	struct hvb_range moving;
	bool moving_is_movable;
	unsigned long nr_added;
	unsigned long nr_onlined;
	unsigned long nr_landing;
	struct hvb_ranges idle;
	struct hvb_ranges movable;
	struct hvb_range claim;
	unsigned long claim_pages;
	unsigned long nr_claimed;
	bool owns_callback;
	struct notifier_block nb;
};

/* hotplug.c */
int hvb_hotplug_init(struct hvb_device *dm);
void hvb_hotplug_exit(struct hvb_device *dm);

/* absent.c */
struct hvb_ranges *hvb_absent_set(struct hvb_device *dm, unsigned int i);
unsigned long hvb_absent_pack_fresh(struct hvb_device *dm,
				    struct hvb_packer *packer);
int hvb_absent_take(struct hvb_device *dm, struct page *page,
		    unsigned int order);
void hvb_absent_told(struct hvb_device *dm, unsigned long end);
void hvb_absent_drop_fresh(struct hvb_device *dm);
unsigned long hvb_absent_return(struct hvb_device *dm, unsigned long start,
				unsigned long count);
void hvb_absent_give_back(struct hvb_device *dm, unsigned long start,
			  unsigned long count);

bool hvb_absent_next(struct hvb_device *dm, unsigned long from,
		     unsigned long end, struct hvb_range *first);
unsigned long hvb_absent_count_locked(struct hvb_device *dm,
				      unsigned long start,
				      unsigned long count);
unsigned long hvb_absent_count(struct hvb_device *dm, unsigned long start,
			       unsigned long count);
void hvb_absent_must_add(struct hvb_device *dm, struct hvb_ranges *set,
			 unsigned long start, unsigned long count);
void hvb_absent_must_take(struct hvb_device *dm, struct hvb_ranges *set,
			  unsigned long start, unsigned long count);
void hvb_absent_add(struct hvb_device *dm, struct hvb_ranges *set,
		    unsigned long start, unsigned long count);
void hvb_absent_release(struct hvb_device *dm, unsigned long start,
			unsigned long count);

/* added.c */
unsigned long hvb_absent_back(struct hvb_device *dm, unsigned long start,
			      unsigned long count);
unsigned long hvb_absent_back_holes(struct hvb_device *dm, unsigned long start,
				    unsigned long count);
unsigned long hvb_absent_count_backed(struct hvb_device *dm,
				      unsigned long start,
				      unsigned long count);
int hvb_absent_expect(struct hvb_device *dm, const struct hvb_range *blocks,
		      const struct hvb_range *backed);
void hvb_absent_landed(struct hvb_device *dm);
void hvb_absent_forget(struct hvb_device *dm, const struct hvb_range *blocks,
		       const struct hvb_range *backed);

/* claim.c */
void hvb_absent_claim(struct hvb_device *dm, unsigned long start,
		      unsigned long wanted);
unsigned long hvb_absent_claimed(struct hvb_device *dm);
bool hvb_absent_went_offline(struct hvb_device *dm, unsigned long start,
			     unsigned long count);
bool hvb_absent_went_online(struct hvb_device *dm, unsigned long start,
			    unsigned long count);
bool hvb_absent_is_idle(struct hvb_device *dm, unsigned long page);
bool hvb_absent_next_idle(struct hvb_device *dm, unsigned long from,
			  unsigned long *start, enum hvb_online_policy *zone);
bool hvb_absent_next_offline(struct hvb_device *dm, unsigned long from,
			     unsigned long *start,
			     enum hvb_online_policy *zone);

#endif
