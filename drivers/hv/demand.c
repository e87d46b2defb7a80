// SPDX-License-Identifier: GPL-2.0-only
/*
 * From counters to what the host is told, and to how much the guest may give.
 *
 *   held          = in use + swapped out
 *   used          = held + (commit charge - held) * held / commit charge
 *   need          = size for it + ballooned + added but not online
 *                   + kept since boot
 *   num_committed = need + what a burst adds
 *
 * The commit charge is what was promised, which can be more than is in use; but
 * it is blind to memory reserved without a promise (the heaps of V8, the JVM
 * and Go), to slabs and page tables. Of a promise not yet kept, as large a share
 * is expected to be touched as was touched of all promises so far: experience,
 * which makes no promise count for more than what is in use. Where the kernel
 * promises no more than there is, all of it counts, and by as much as the limit
 * asks for (promise.c).
 *
 * What is in use is all that can't be had without swapping, so page cache doesn't
 * count, not even the part that the kernel would rather keep; what was swapped
 * out would be in use if there were room, all of it, so what zram or zswap keep
 * of it in memory isn't counted besides. Free pages of CMA areas aren't in use,
 * but are needed besides, since the kernel itself can't have them. The price of
 * memory that the host added, struct pages and higher watermarks, is no reason
 * for more.
 *
 * The size for what is used is the smallest at which the floor is available
 * besides: the size at which the guest gives no more. It hangs on what is used
 * alone, so a guest doesn't need more because it has more.
 *
 * The host compares num_committed with what it has assigned, which includes
 * what it took back (ballooned), what it added, and what the kernel keeps for
 * itself from boot on and doesn't manage; so these count as needed.
 *
 * Pure: no state, no kernel services, plain values in and out.
 */
#include <linux/kernel.h>
#include <linux/math64.h>

#include "arith.h"
#include "demand.h"
#include "promise.h"

/* The share of promises that was touched is counted in parts of so many bits. */
#define TOUCHED_SHIFT	20

/* With less than both of these available, a guest is out of memory. */
#define LAST_SHARE	32
#define LAST_PAGES	HVB_MIB_PAGES(256)

/* What firmware keeps isn't seen; a host's steps are larger. */
#define UNSEEN_PAGES	HVB_MIB_PAGES(16)

/* Less than this share of the guest unaccounted for isn't worth asking for. */
#define HIDDEN_SHARE	8

/* Fewer pages read again are chance. */
#define THRASHED_PAGES	HVB_MIB_PAGES(16)

/* With generations, one page that counts as thrashed stands for so many. */
#define STANDS_FOR	4

/**
 * hvb_demand_floor() - how much should stay available in a guest of a size
 * @total_pages: its size, in pages of 4 KiB
 *
 * With sizes in MiB, and the curve that passes smoothly from one to other:
 *
 *   floor(m) = m / 32 + 488 * m / (m + 1041)
 *
 * A small guest keeps about half of itself, a large one 1/32 and 488 MiB:
 * 58 of 128 MiB, 177 of 512, 274 of 1024, 517 of 4096, 2528 of 65536. It is
 * continuous and rises with the size, and by no more than about half of it.
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_demand_floor(u64 total_pages)
{
	return total_pages / 32 +
	       div64_u64(HVB_MIB_PAGES(488) * total_pages,
			 total_pages + HVB_MIB_PAGES(1041));
}

/**
 * hvb_demand_can_give() - how many pages may the host have?
 * @total_pages: size of the guest now, in pages of 4 KiB
 * @avail_pages: of these, that can be had without swapping
 *
 * As many as leave available the floor of the size that the guest then has:
 * the same whether the host asks once or in many steps.
 *
 * Return: pages of 4 KiB, 0 when the guest is at its floor.
 */
u64 hvb_demand_can_give(u64 total_pages, u64 avail_pages)
{
	u64 low = 0, high = min(total_pages, avail_pages);

	while (low < high) {
		u64 give = high - (high - low) / 2;

		if (avail_pages - give >= hvb_demand_floor(total_pages - give))
			low = give;
		else
			high = give - 1;
	}
	return low;
}

static u64 kernel_total(const struct hvb_counters *now)
{
	return now->total_pages - min(now->movable_pages, now->total_pages);
}

/**
 * hvb_demand_can_give_kernel() - how many pages of other zones than ZONE_MOVABLE
 *	may the host have?
 * @now: the counters
 *
 * The kernel can't have what is available in ZONE_MOVABLE, so to its own
 * allocations the other zones are all of the guest, and they keep the floor of
 * their own size. That of the whole guest would be too much: most of it is for
 * tasks, and there hvb_demand_can_give() sees to it. But page tables and caches
 * grow with what is in ZONE_MOVABLE, too. For that the kernel keeps a share of
 * the size of that zone free in the others (vm.lowmem_reserve_ratio), which its
 * estimate leaves out; so it stays besides.
 *
 * Return: pages of 4 KiB, 0 when the kernel's own memory is at its floor.
 */
u64 hvb_demand_can_give_kernel(const struct hvb_counters *now)
{
	u64 avail = now->avail_pages;

	return hvb_demand_can_give(kernel_total(now),
				   avail - min(now->movable_avail_pages, avail));
}

static bool is_out_of(u64 total_pages, u64 avail_pages)
{
	return avail_pages < min(total_pages / LAST_SHARE, LAST_PAGES);
}

/**
 * hvb_demand_is_short() - is the guest as a whole, or its kernel, out of memory?
 * @now: the counters
 *
 * For when an allocation found none, which can be for its own bounds alone. What
 * is available is an estimate, so that some of it doesn't count. The kernel may
 * use what is kept free from others.
 *
 * Return: true when next to nothing is left, anywhere or for the kernel itself.
 */
bool hvb_demand_is_short(const struct hvb_counters *now)
{
	u64 avail = now->avail_pages + now->kept_pages;

	return is_out_of(now->total_pages, now->avail_pages) ||
	       is_out_of(kernel_total(now),
			 avail - min(now->movable_avail_pages, avail));
}

/**
 * hvb_demand_may_ask() - could caches that are asked bring anything that may go?
 * @now: the counters
 * @is_at_floor: next to nothing may go now
 *
 * At the floor, only what counts as in use could: ZFS's cache, for one, is
 * accounted for nowhere.
 *
 * Return: true if they could.
 */
bool hvb_demand_may_ask(const struct hvb_counters *now, bool is_at_floor)
{
	return !is_at_floor ||
	       now->hidden_pages >= now->total_pages / HIDDEN_SHARE;
}

/**
 * hvb_demand_missed() - how much page cache in steady use was read again
 * @start: the counters before
 * @now: and now
 *
 * No more was missed for want of memory than was reclaimed for everybody.
 *
 * Where page cache is in generations (lru_gen), a page that is read by system call
 * belongs to the working set only after the fourth use without being dropped. So
 * those that count stand for others. All that is read again can be too much: see
 * workingset.c.
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_demand_missed(const struct hvb_counters *start,
		      const struct hvb_counters *now)
{
	u64 thrashed = now->thrashed_pages - start->thrashed_pages;
	u64 again = now->refault_pages - start->refault_pages;
	u64 reclaimed = now->reclaimed_pages - start->reclaimed_pages;

	if (now->has_generations)
		thrashed = clamp(again, thrashed, STANDS_FOR * thrashed);
	return min(thrashed, reclaimed);
}

/**
 * hvb_demand_is_squeezed() - has giving memory begun to cost something?
 * @start: the counters before
 * @now: and now
 * @is_reclaiming: others than who gives reclaim for everybody
 *
 * Giving itself never swaps, so what is swapped while nobody else reclaims, a
 * cgroup swaps at its limit.
 *
 * Return: true when pages went to swap since, or page cache in steady use was
 * dropped and had to be read again.
 */
bool hvb_demand_is_squeezed(const struct hvb_counters *start,
			    const struct hvb_counters *now,
			    bool is_reclaiming)
{
	u64 swapped = now->swapped_out_pages - start->swapped_out_pages;
	u64 reclaimed = now->reclaimed_pages - start->reclaimed_pages;

	return (is_reclaiming && min(swapped, reclaimed)) ||
	       hvb_demand_missed(start, now) >= THRASHED_PAGES;
}

static u64 used(const struct hvb_counters *now)
{
	u64 not_used = now->avail_pages + now->lent_pages + now->cache_pages +
		       now->price_pages;
	u64 in_use = now->total_pages - min(not_used, now->total_pages);
	u64 twice = min3(now->compressed_pages, now->swapped_pages, in_use);
	u64 held = in_use + now->swapped_pages - twice;
	u64 commit = now->commit_pages, touched;

	if (commit <= held)
		return held;
	if (now->overcommit == HVB_OVERCOMMIT_NEVER)
		return now->limit_percent ? held : commit;
	touched = div64_u64(held << TOUCHED_SHIFT, commit);
	return held + (((commit - held) * touched) >> TOUCHED_SHIFT);
}

/**
 * hvb_demand_headroom() - what a guest should have besides what it uses
 * @used_pages: what it uses, in pages of 4 KiB
 *
 * The floor h of the size that is used + h. The floor rises by about half of
 * what the size does, or less, so each turn halves the error.
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_demand_headroom(u64 used_pages)
{
	u64 headroom = 0, last;

	do {
		last = headroom;
		headroom = hvb_demand_floor(used_pages + last);
	} while (headroom != last);
	return headroom;
}

/**
 * hvb_demand_look() - what the guest uses and needs, a burst aside
 * @now: the counters
 * @need: the result
 */
void hvb_demand_look(const struct hvb_counters *now, struct hvb_need *need)
{
	u64 used_pages = max(used(now), hvb_promise_size(now)) +
			 now->workingset_pages;

	need->headroom_pages = hvb_demand_headroom(used_pages) +
			       now->boot_pages + now->lent_pages;
	need->away_pages = now->ballooned_pages + now->offline_pages;
	need->need_pages = used_pages + need->headroom_pages + need->away_pages;
}

/**
 * hvb_demand_boot() - what the kernel keeps since boot
 * @present_pages: of all zones
 * @managed_pages: of all zones
 * @absent_pages: present, but not managed because the host has them
 *
 * Return: pages, in the unit of the others.
 */
u64 hvb_demand_boot(u64 present_pages, u64 managed_pages, u64 absent_pages)
{
	u64 known = managed_pages + absent_pages;

	return present_pages > known ? present_pages - known : 0;
}

/**
 * hvb_demand_size() - the guest's size as the host counts it
 * @now: the counters
 *
 * Return: all that it has assigned, pages of 4 KiB.
 */
u64 hvb_demand_size(const struct hvb_counters *now)
{
	return now->total_pages + now->ballooned_pages + now->offline_pages +
	       now->boot_pages;
}

/**
 * hvb_demand_has_all() - has the guest all that the host lets it have?
 * @now: the counters
 * @max_pages: the most that the host gives, 0 when it didn't say
 *
 * What was ballooned could come back, so it is none of what it has.
 *
 * Return: true if it has, as far as is known.
 */
bool hvb_demand_has_all(const struct hvb_counters *now, u64 max_pages)
{
	u64 has = hvb_demand_size(now) - now->ballooned_pages;

	return max_pages && has + UNSEEN_PAGES >= max_pages;
}

/**
 * hvb_demand_more() - how much more than the guest has does it ask for?
 * @now: the counters
 * @max_pages: as for hvb_demand_has_all()
 * @committed_pages: what it asks for, 4 KiB pages
 *
 * Nothing can come of asking when the host has no more for this guest.
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_demand_more(const struct hvb_counters *now, u64 max_pages,
		    u64 committed_pages)
{
	if (hvb_demand_has_all(now, max_pages))
		return 0;
	return committed_pages - min(committed_pages, hvb_demand_size(now));
}

/**
 * hvb_demand_figure() - what the host is told
 * @now: the counters
 * @last: the counters of the report before
 * @committed_pages: what it needs, with what a burst adds, 4 KiB pages
 * @demand: the figures
 */
void hvb_demand_figure(const struct hvb_counters *now,
		       const struct hvb_counters *last,
		       u64 committed_pages, struct hvb_demand *demand)
{
	u64 faults = now->file_fault_pages - last->file_fault_pages;
	u64 reads = now->file_read_pages - last->file_read_pages;

	demand->num_avail = now->avail_pages;
	demand->num_committed = committed_pages;
	demand->page_file_size = now->swap_free_pages;
	demand->zero_free = now->free_pages;
	demand->page_file_writes = now->swapped_out_pages -
				   last->swapped_out_pages;
	demand->io_diff = faults > reads ? faults - reads : 0;
}
