// SPDX-License-Identifier: GPL-2.0-only
/*
 * A working set in page cache that doesn't fit.
 *
 * Page cache is available memory, so it isn't need. But a database or a mapped
 * file in steady use that is larger than what is left for it is read from disk
 * again and again. The kernel counts pages of a working set that it dropped and
 * had to read again ("restored"); a stream that is read once has none.
 *
 * While the kernel reclaims and pages are restored, so much more page cache
 * counts as used, until that ends: what must be there is found by feedback. A
 * page that is restored while memory is free was dropped before, and counts no
 * more. When nothing is restored it counts less and less, slowly: if the host
 * takes memory that is still in use, pages are restored again.
 *
 * Time is passed in, in microseconds since some moment that isn't 0.
 *
 * Pure: no state but the caller's, no kernel services.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "demand.h"
#include "workingset.h"

#define MIB_PAGES(mib)	((u64)(mib) << 8)

/* Fewer restored pages a second are chance. */
#define CHANCE_PAGES_S	MIB_PAGES(2)

/*
 * What counts grows by twice what was restored, since the host answers late, and
 * at least by this share of the guest each second, since few misses are left when
 * most of it fits.
 */
#define STEP_SHARE	64

/* In so long, with nothing restored, half of it is forgotten. */
#define FORGET_US	(300 * (u64)USEC_PER_SEC)

static u64 grown(const struct hvb_workingset *set,
		 const struct hvb_counters *now, u64 restored, u64 passed_us)
{
	u64 step = div64_u64(now->total_pages / STEP_SHARE * passed_us,
			     USEC_PER_SEC);

	return min(set->pages + max(2 * restored, step), now->file_pages);
}

/**
 * hvb_workingset_look() - look at what was restored
 * @set: what is remembered
 * @now: the counters
 * @is_reclaiming: the kernel reclaims for everybody
 * @now_us: the time
 */
void hvb_workingset_look(struct hvb_workingset *set,
			 const struct hvb_counters *now, bool is_reclaiming,
			 u64 now_us)
{
	u64 passed_us = set->looked_us ? now_us - set->looked_us : 0;
	u64 restored = now->thrashed_pages - set->thrashed_pages;
	u64 chance = div64_u64(CHANCE_PAGES_S * passed_us, USEC_PER_SEC);

	if (passed_us && is_reclaiming && restored > chance)
		set->pages = grown(set, now, restored, passed_us);
	else
		set->pages = div64_u64(set->pages * FORGET_US,
				       FORGET_US + passed_us);
	set->thrashed_pages = now->thrashed_pages;
	set->looked_us = now_us;
}
