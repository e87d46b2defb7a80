// SPDX-License-Identifier: GPL-2.0-only
/*
 * A working set in page cache that doesn't fit.
 *
 * Page cache is available memory, so it isn't need. But a database or a mapped
 * file in steady use that is larger than what is left for it is read from disk
 * again and again. The kernel counts pages of a working set that it dropped and
 * had to read again ("restored"); a stream that is read once has none.
 *
 * While the kernel reclaims and pages are restored, all page cache counts as used,
 * since not even that is enough; and more and more on top, until it ends: how much
 * must be there is found by feedback. A page that is restored while memory is free
 * was dropped before, and says nothing. When nothing is restored it counts less and
 * less, slowly: if the host takes memory that is still in use, pages are restored
 * again.
 *
 * Time is passed in, in microseconds since some moment that isn't 0.
 *
 * Pure: no state but the caller's, no kernel services.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "arith.h"
#include "demand.h"
#include "workingset.h"

/* Fewer restored pages a second are chance. */
#define CHANCE_PAGES_S	HVB_MIB_PAGES(2)

/* Pages are restored for so long before it is a working set that doesn't fit. */
#define FIRST_US	(USEC_PER_SEC)

/* It ended when none was for so long. */
#define LAST_US		(3 * USEC_PER_SEC)

/*
 * What counts on top grows by twice what was restored, since the host answers
 * late, and at least by this share of the guest each second, since few misses are
 * left when most of it fits. It can come to as much as there is.
 */
#define STEP_SHARE	64

/* With nothing restored, half of it is forgotten in 0.7 of this. */
#define FORGET_US	(300 * (u64)USEC_PER_SEC)

static u64 grown(const struct hvb_workingset *set,
		 const struct hvb_counters *now, u64 restored, u64 passed_us)
{
	u64 step = div64_u64(now->total_pages / STEP_SHARE * passed_us,
			     USEC_PER_SEC);

	return min(max(set->pages, now->file_pages) + max(2 * restored, step),
		   2 * now->file_pages);
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

	if (passed_us && is_reclaiming && restored > chance) {
		set->last_us = now_us;
		if (!set->first_us)
			set->first_us = now_us;
		else if (now_us - set->first_us >= FIRST_US)
			set->pages = grown(set, now, restored, passed_us);
	} else if (now_us - set->last_us > LAST_US) {
		set->first_us = 0;
		set->pages = hvb_decay(set->pages, passed_us, FORGET_US);
	}
	set->thrashed_pages = now->thrashed_pages;
	set->looked_us = now_us;
}
