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
 * A slow disk can be kept busy by fewer pages than chance brings to a fast one. So
 * few pages count, too, if they are missed for ten seconds and are a good part of
 * all that was dropped for everybody. What a cgroup at its limit reads again is far
 * more than that: it was dropped for the cgroup.
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
#define LASTING_US	(10 * (u64)USEC_PER_SEC)

/* Fewer restored pages a second are chance, and a smaller share of page cache. */
#define CHANCE_PAGES_S	HVB_MIB_PAGES(2)
#define CHANCE_SHARE	1024

/*
 * Few pages count in ten seconds if there are so many a second at least, or a
 * smaller share of page cache, and so large a share of what was dropped; and if no
 * more was read again than so many times that.
 */
#define FEWEST_PAGES_S	32
#define FEWEST_SHARE	8192
#define LASTING_SHARE	4
#define LASTING_TIMES	2

/* It ended when none was for so long. */
#define LAST_US		(3 * USEC_PER_SEC)

/*
 * What counts grows by so many times what was restored: faster until it passes what
 * is there, since the host gives nothing before. When so large a share of page cache
 * is restored in a second, or steadily in ten, all of it counts at once.
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

/* It grows by more the longer few are missed, up to so many times. */
#define LASTING_MOST	4

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

static u64 fewest(const struct hvb_counters *now, u64 passed_us)
{
	return in_time(max((u64)FEWEST_PAGES_S, now->file_pages / FEWEST_SHARE),
		       passed_us);
}

static void note_gone(struct hvb_workingset *set, const struct hvb_counters *now,
		      u64 dropped, u64 again)
{
	u64 gone = set->gone_pages + dropped;

	set->gone_pages = min(gone - min(gone, again),
			      GONE_TIMES * now->file_pages);
}

static u64 reclaimed_since(const struct hvb_workingset_mark *mark,
			   const struct hvb_counters *now)
{
	return now->reclaimed_pages - mark->reclaimed_pages;
}

static u64 again_since(const struct hvb_workingset_mark *mark,
		       const struct hvb_counters *now)
{
	return now->refault_pages - mark->refault_pages;
}

static u64 missed_since(const struct hvb_workingset *set,
			const struct hvb_workingset_mark *mark,
			const struct hvb_counters *now)
{
	const struct hvb_counters before = {
		.thrashed_pages = mark->thrashed_pages,
		.refault_pages = mark->refault_pages,
		.reclaimed_pages = mark->reclaimed_pages,
	};

	if (now->has_generations && set->gone_pages <= now->file_pages)
		return min(again_since(mark, now), reclaimed_since(mark, now));
	return hvb_demand_missed(&before, now);
}

/* After a second. */
static void count_many(struct hvb_workingset *set, const struct hvb_counters *now,
		       u64 now_us)
{
	u64 passed_us = now_us - set->brief.at_us;
	u64 again = again_since(&set->brief, now), restored;
	bool goes_on = set->last_us && now_us - set->last_us <= LAST_US;

	if (again <= chance(now, passed_us))
		set->gone_pages = hvb_decay(set->gone_pages, passed_us, FORGET_US);
	note_gone(set, now, reclaimed_since(&set->brief, now), again);
	restored = missed_since(set, &set->brief, now);
	if (restored > chance(now, passed_us)) {
		if (goes_on)
			set->pages = grown(set, now, restored, passed_us);
		set->last_us = now_us;
	} else if (!goes_on && !set->nr_lasting) {
		set->pages = hvb_decay(set->pages, passed_us, FORGET_US);
	}
}

/* After ten seconds. What was found in each of them needs nothing more. */
static void count_few(struct hvb_workingset *set, const struct hvb_counters *now,
		      u64 now_us)
{
	const struct hvb_workingset_mark *mark = &set->lasting;
	u64 passed_us = now_us - mark->at_us;
	u64 reclaimed = reclaimed_since(mark, now);
	u64 missed = missed_since(set, mark, now);

	if (missed <= fewest(now, passed_us) ||
	    missed < reclaimed / LASTING_SHARE ||
	    again_since(mark, now) > LASTING_TIMES * reclaimed) {
		set->nr_lasting = 0;
		return;
	}
	set->nr_lasting = min(set->nr_lasting + 1, (unsigned int)LASTING_MOST);
	if (set->last_us >= mark->at_us)
		return;
	if (missed > now->file_pages / ALL_SHARE)
		set->pages = max(set->pages, now->file_pages);
	set->pages += min(GROW_FEW * missed * set->nr_lasting,
			  in_time(now->total_pages / FEW_SHARE, passed_us));
}

static void set_mark(struct hvb_workingset_mark *mark,
		     const struct hvb_counters *now, u64 now_us)
{
	*mark = (struct hvb_workingset_mark) {
		.at_us = now_us,
		.thrashed_pages = now->thrashed_pages,
		.refault_pages = now->refault_pages,
		.reclaimed_pages = now->reclaimed_pages,
	};
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
	if (!set->brief.at_us) {
		note_gone(set, now, now->reclaimed_pages, now->refault_pages);
		set_mark(&set->brief, now, now_us);
		set_mark(&set->lasting, now, now_us);
	}
	if (now_us - set->brief.at_us >= WINDOW_US) {
		count_many(set, now, now_us);
		set_mark(&set->brief, now, now_us);
	}
	if (now_us - set->lasting.at_us >= LASTING_US) {
		count_few(set, now, now_us);
		set_mark(&set->lasting, now, now_us);
	}
	set->pages = min(set->pages, MOST * now->file_pages);
}
