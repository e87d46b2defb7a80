// SPDX-License-Identifier: GPL-2.0-only
/*
 * A working set in page cache that doesn't fit.
 *
 * Page cache is available memory, so it isn't need. But a database or a mapped
 * file in steady use that is larger than what is left for it is read from disk
 * again and again. The kernel counts pages of a working set that it dropped and
 * had to read again ("restored"); a stream that is read once has none.
 *
 * How much must be there is found by feedback: while pages are restored, page cache
 * counts as used by a multiple of them, and more and more, until it ends. A page
 * that is restored while nobody reclaims for the whole guest was dropped before, or
 * by a cgroup at its limit: no more can be missed than was reclaimed. When nothing
 * is restored it counts less and less, slowly: if the host takes memory that is
 * still in use, pages are restored again.
 *
 * Where page cache is in generations (lru_gen), pages that are read by system call
 * count as restored late or never. There all counts that is read again, as long as
 * twice the page cache would hold it: as long as no more is gone, which is what was
 * dropped and wasn't read again. A stream through a larger file, time after time,
 * is no working set, though all of it is read again.
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

/* Pages are counted for so long before they tell anything. */
#define WINDOW_US	((u64)USEC_PER_SEC)

/* Fewer restored pages a second are chance, and a smaller share of page cache. */
#define CHANCE_PAGES_S	HVB_MIB_PAGES(2)
#define CHANCE_SHARE	1024

/* It ended when none was for so long. */
#define LAST_US		(3 * USEC_PER_SEC)

/*
 * What counts grows by so many times what was restored: faster until it passes what
 * is there, since the host gives nothing before. When so large a share of page cache
 * is restored each second, all of it counts at once.
 */
#define GROW_AT_FIRST	8
#define GROW_LATER	2
#define ALL_SHARE	256

/*
 * When most of it fits few pages are missed: then by more of them, up to this share
 * of the guest each second.
 */
#define GROW_FEW	8
#define FEW_SHARE	64

/* It can come to so many times what is there. */
#define MOST		2

/*
 * With nothing restored, half of it is forgotten in 0.7 of this. With nothing read
 * again, so is half of what is gone: it was of a stream that was read once.
 */
#define FORGET_US	(300 * (u64)USEC_PER_SEC)

/* The kernel itself remembers about so many times what is there. */
#define GONE_TIMES	8

static u64 in_time(u64 pages_s, u64 passed_us)
{
	return div64_u64(pages_s * passed_us, USEC_PER_SEC);
}

static u64 grown(const struct hvb_workingset *set,
		 const struct hvb_counters *now, u64 restored, u64 passed_us)
{
	u64 few = min(GROW_FEW * restored,
		      in_time(now->total_pages / FEW_SHARE, passed_us));
	u64 all = now->file_pages;

	if (set->pages >= all)
		return set->pages + max(GROW_LATER * restored, few);
	if (restored > in_time(all / ALL_SHARE, passed_us))
		return all + max(GROW_LATER * restored, few);
	return set->pages + GROW_AT_FIRST * restored;
}

static u64 chance(const struct hvb_counters *now, u64 passed_us)
{
	return in_time(max(CHANCE_PAGES_S, now->file_pages / CHANCE_SHARE),
		       passed_us);
}

static void note_gone(struct hvb_workingset *set, const struct hvb_counters *now,
		      u64 dropped, u64 again)
{
	u64 gone = set->gone_pages + dropped;

	set->gone_pages = min(gone - min(gone, again),
			      GONE_TIMES * now->file_pages);
}

static u64 missed(struct hvb_workingset *set, const struct hvb_counters *now,
		  u64 passed_us)
{
	const struct hvb_counters before = {
		.thrashed_pages = set->thrashed_pages,
		.refault_pages = set->refault_pages,
		.reclaimed_pages = set->reclaimed_pages,
	};
	u64 reclaimed = now->reclaimed_pages - set->reclaimed_pages;
	u64 again = now->refault_pages - set->refault_pages;

	if (again <= chance(now, passed_us))
		set->gone_pages = hvb_decay(set->gone_pages, passed_us, FORGET_US);
	note_gone(set, now, reclaimed, again);
	if (now->has_generations && set->gone_pages <= now->file_pages)
		return min(again, reclaimed);
	return hvb_demand_missed(&before, now);
}

static void count(struct hvb_workingset *set, const struct hvb_counters *now,
		  u64 now_us)
{
	u64 passed_us = now_us - set->begun_us;
	u64 restored = missed(set, now, passed_us);
	bool goes_on = set->last_us && now_us - set->last_us <= LAST_US;

	if (restored > chance(now, passed_us)) {
		if (goes_on)
			set->pages = grown(set, now, restored, passed_us);
		set->last_us = now_us;
	} else if (!goes_on) {
		set->pages = hvb_decay(set->pages, passed_us, FORGET_US);
	}
}

/**
 * hvb_workingset_look() - look at what was restored
 * @set: what is remembered
 * @now: the counters
 * @now_us: the time
 */
void hvb_workingset_look(struct hvb_workingset *set,
			 const struct hvb_counters *now, u64 now_us)
{
	if (!set->begun_us || now_us - set->begun_us >= WINDOW_US) {
		if (set->begun_us)
			count(set, now, now_us);
		else
			note_gone(set, now, now->reclaimed_pages,
				  now->refault_pages);
		set->begun_us = now_us;
		set->thrashed_pages = now->thrashed_pages;
		set->refault_pages = now->refault_pages;
		set->reclaimed_pages = now->reclaimed_pages;
	}
	set->pages = min(set->pages, MOST * now->file_pages);
}
