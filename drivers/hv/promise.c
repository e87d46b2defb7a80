// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel promises its tasks, and what of it hangs on the guest's size.
 *
 * By default one promise may be as large as memory and swap are now: a single
 * allocation above that is refused before anything can be felt, though the host
 * would give the memory. What would be needed to allow it can only be said, or
 * shown: MemTotal is what the kernel goes by.
 *
 * With vm.overcommit_memory=2, all promises together may come to a share of
 * memory, pools of huge pages left out, and swap. There a promise is what needs
 * memory, touched or not:
 *
 *   size for promises = pools + (commit charge - swap) * 100 / vm.overcommit_ratio
 *
 * What is left of the size counts as available only as far as the limit allows
 * to promise it. With vm.overcommit_kbytes, the limit doesn't follow the size.
 *
 * Pure: no state, no kernel services, plain values in and out.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "demand.h"
#include "promise.h"

/* Refusals are likely when so much of what could be had can't be promised. */
#define REFUSED_PERCENT	150

static bool has_limit(const struct hvb_counters *now)
{
	return now->overcommit == HVB_OVERCOMMIT_NEVER && now->limit_percent;
}

/**
 * hvb_promise_tasks() - what of the size all promises take
 * @now: the counters
 *
 * It grows when tasks are promised more, and not when an admin makes a pool.
 *
 * Return: pages of 4 KiB; 0 where there is no limit that follows the size.
 */
u64 hvb_promise_tasks(const struct hvb_counters *now)
{
	u64 beyond = now->commit_pages - min(now->commit_pages, now->swap_pages);

	return has_limit(now) ? div64_u64(beyond * 100, now->limit_percent) : 0;
}

/**
 * hvb_promise_size() - the size at which the limit covers all promises
 * @now: the counters
 *
 * Return: pages of 4 KiB; 0 where there is no limit that follows the size.
 */
u64 hvb_promise_size(const struct hvb_counters *now)
{
	return has_limit(now) ? hvb_promise_tasks(now) + now->pool_pages : 0;
}

/**
 * hvb_promise_room() - what is available and may be promised
 * @now: the counters
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_promise_room(const struct hvb_counters *now)
{
	u64 size = hvb_promise_size(now);

	return min(now->avail_pages, now->total_pages -
				     min(size, now->total_pages));
}

/**
 * hvb_promise_most() - what the kernel could manage if the host gave all
 * @now: the counters
 * @max_pages: the most that the host gives, 0 when it didn't say
 *
 * Return: pages of 4 KiB, as far as is known.
 */
u64 hvb_promise_most(const struct hvb_counters *now, u64 max_pages)
{
	return max(now->total_pages + now->ballooned_pages + now->offline_pages,
		   max_pages - min(max_pages, now->boot_pages));
}

/**
 * hvb_promise_largest() - how large may one promise be?
 * @now: the counters
 *
 * Return: pages of 4 KiB, where the kernel goes by memory and swap.
 */
u64 hvb_promise_largest(const struct hvb_counters *now)
{
	return now->total_pages + now->shown_pages + now->swap_pages;
}

/**
 * hvb_promise_is_refused() - is one promise refused that the host could keep?
 * @now: the counters
 * @max_pages: the most that the host gives, 0 when it didn't say
 *
 * Return: true if so, for much of what the host could give.
 */
bool hvb_promise_is_refused(const struct hvb_counters *now, u64 max_pages)
{
	u64 most = hvb_promise_most(now, max_pages);

	return now->overcommit == HVB_OVERCOMMIT_GUESS &&
	       most >= div_u64(hvb_promise_largest(now) * REFUSED_PERCENT, 100);
}

/**
 * hvb_promise_shown() - how much more than there is MemTotal should show
 * @now: the counters
 * @wanted_pages: what the admin wants it to show, 0 for what there is
 * @max_pages: the most that the host gives, 0 when it didn't say
 *
 * A limit on all promises must be kept by what there is.
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_promise_shown(const struct hvb_counters *now, u64 wanted_pages,
		      u64 max_pages)
{
	u64 wanted = wanted_pages;

	if (now->overcommit == HVB_OVERCOMMIT_NEVER)
		return 0;
	if (max_pages)
		wanted = min(wanted, hvb_promise_most(now, max_pages));
	return wanted - min(wanted, now->total_pages);
}
