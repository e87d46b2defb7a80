// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the guest itself short of memory, and what of its swap is need?
 *
 * PSI, stalls and swap traffic don't tell whose limit was hit. A cgroup that
 * thrashes within its own limit looks like a guest that is short, but more
 * memory for the guest would not help it. So they count only while the guest
 * is short: the kernel reclaims for everybody, and little is available.
 *
 * What is swapped out while the guest is short would be in memory if there were
 * more, so it is need. At other times it is need as far as it was in memory at
 * the last look: somebody reclaimed it. What a cgroup pushes out at its limit is
 * replaced in memory at once, and isn't. And what stays in swap while memory is
 * free was not missed: it counts less and less.
 *
 * Time is passed in, in microseconds since some moment that isn't 0.
 *
 * Pure: no state but the caller's, no kernel services.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "arith.h"
#include "burst.h"
#include "demand.h"
#include "scarcity.h"

/* A small guest's floor is half of it; what it is short of begins lower. */
#define LOW_SHARE	4

/* Global reclaim that was heard so long ago still counts. */
#define RECLAIM_US	(2 * USEC_PER_SEC)

/* With memory free, half of what is in swap turns cold in two thirds of this. */
#define COLD_US		(45 * (u64)USEC_PER_SEC)

/* Is less available than the guest asks the host for? */
static bool is_low(const struct hvb_counters *now)
{
	return now->avail_pages < min(hvb_demand_floor(now->total_pages),
				      now->total_pages / LOW_SHARE);
}

/* What of the pages that went to swap since the last look counts? */
static u64 counted_of(const struct hvb_scarcity *scarcity, u64 swapped_pages,
		      u64 resident_pages)
{
	u64 out = swapped_pages - scarcity->swapped_pages;

	if (scarcity->is_short)
		return out;
	return min(out, scarcity->resident_pages -
			min(scarcity->resident_pages, resident_pages));
}

static void count_swap(struct hvb_scarcity *scarcity,
		       const struct hvb_counters *now, u64 passed_us)
{
	u64 resident = now->task_pages - min(now->task_pages,
					     now->swapped_pages);
	u64 counted = scarcity->counted_pages, swapped = now->swapped_pages;

	if (swapped > scarcity->swapped_pages)
		counted += counted_of(scarcity, swapped, resident);
	else
		counted -= min(counted, scarcity->swapped_pages - swapped);
	if (!is_low(now))
		counted = hvb_decay(counted, passed_us, COLD_US);
	scarcity->counted_pages = min(counted, swapped);
	scarcity->swapped_pages = swapped;
	scarcity->resident_pages = resident;
}

/**
 * hvb_scarcity_look() - look at the guest's memory
 * @scarcity: what is remembered
 * @is_reclaiming: global reclaim was heard since the last look
 * @now: the counters
 * @now_us: the time
 */
void hvb_scarcity_look(struct hvb_scarcity *scarcity, bool is_reclaiming,
		       const struct hvb_counters *now, u64 now_us)
{
	u64 passed_us = scarcity->looked_us ? now_us - scarcity->looked_us : 0;

	if (is_reclaiming)
		scarcity->reclaimed_us = now_us;
	scarcity->is_short = is_low(now) && scarcity->reclaimed_us &&
			     now_us - scarcity->reclaimed_us <= RECLAIM_US;
	count_swap(scarcity, now, passed_us);
	scarcity->looked_us = now_us;
}

/**
 * hvb_scarcity_signals() - leave out signals that say nothing of the guest
 * @scarcity: what is remembered
 * @signals: bits of enum hvb_signal
 *
 * A cgroup at its limit stalls as well, and a stream of page cache has the kernel
 * reclaim: more memory for the guest would help neither.
 *
 * Return: the others.
 */
unsigned long hvb_scarcity_signals(const struct hvb_scarcity *scarcity,
				   unsigned long signals)
{
	unsigned long others = signals & ~(BIT(HVB_SIGNAL_RECLAIM) |
					   HVB_SIGNALS_PSI);

	return scarcity->is_short ? signals : others;
}

/**
 * hvb_scarcity_apply() - leave out swap that is no need
 * @scarcity: what is remembered
 * @now: the counters
 */
void hvb_scarcity_apply(const struct hvb_scarcity *scarcity,
			struct hvb_counters *now)
{
	u64 counted = min(scarcity->counted_pages, now->swapped_pages);

	now->task_pages -= min(now->task_pages, now->swapped_pages - counted);
	now->swapped_pages = counted;
}
