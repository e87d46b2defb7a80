// SPDX-License-Identifier: GPL-2.0-only
/*
 * Absent pages, as far as whole blocks go that we set offline.
 *
 * What is taken is what the kernel lets go: so the pages become ours in the
 * kernel's own notification that the block is offline, and no one can bring it
 * online with them in between. The block is idle then: in one of two sets, for
 * the zone that it goes back to, until it is online again, which is at once
 * unless something fails. An idle block counts as online: none of its pages
 * waits to be.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "hv_balloon.h"

/* What was present in the claimed block is fresh now, as far as it is wanted. */
static void claim_rest(struct hvb_device *dm, unsigned long start,
		       unsigned long end)
{
	struct hvb_range part;

	while (start < end) {
		bool found = hvb_absent_next(dm, start, end, &part);
		unsigned long until = found ? part.start : end;
		unsigned long nr = min(until - start, dm->absent.claim_pages);

		if (nr) {
			hvb_absent_add(dm, &dm->absent.fresh, start, nr);
			dm->absent.claim_pages -= nr;
			dm->absent.nr_claimed += nr;
		}
		start = found ? hvb_range_end(&part) : end;
	}
}

static struct hvb_ranges *idle_set(struct hvb_device *dm,
				   enum hvb_online_policy zone)
{
	return &dm->absent.idle[zone == HVB_ONLINE_MOVABLE];
}

/**
 * hvb_absent_claim() - take what is in a block when it goes offline
 * @dm: the device
 * @start: number of its first page
 * @is_movable: it goes back to ZONE_MOVABLE
 * @wanted: how many pages are taken at most; the others are still present
 *
 * Context: may sleep.
 */
void hvb_absent_claim(struct hvb_device *dm, unsigned long start,
		      bool is_movable, unsigned long wanted)
{
	struct hvb_absent *absent = &dm->absent;

	mutex_lock(&absent->lock);
	absent->claim.start = start;
	absent->claim.count = dm->block_pages;
	absent->claim_movable = is_movable;
	absent->claim_pages = wanted;
	absent->nr_claimed = 0;
	mutex_unlock(&absent->lock);
}

/**
 * hvb_absent_claimed() - end a claim
 * @dm: the device
 *
 * Context: may sleep.
 * Return: pages that became fresh; 0 when the block didn't go offline.
 */
unsigned long hvb_absent_claimed(struct hvb_device *dm)
{
	unsigned long nr;

	mutex_lock(&dm->absent.lock);
	nr = dm->absent.nr_claimed;
	dm->absent.claim.count = 0;
	mutex_unlock(&dm->absent.lock);
	return nr;
}

/**
 * hvb_absent_is_claimed() - is it us who set these pages offline?
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages
 *
 * If so, they are ours from here on.
 *
 * Context: absent.lock is held.
 * Return: true when they are.
 */
bool hvb_absent_is_claimed(struct hvb_device *dm, unsigned long start,
			   unsigned long count)
{
	struct hvb_absent *absent = &dm->absent;

	lockdep_assert_held(&absent->lock);
	if (absent->claim.start != start || absent->claim.count != count)
		return false;
	claim_rest(dm, start, start + count);
	hvb_absent_must_add(dm, &absent->idle[absent->claim_movable], start,
			    count);
	return true;
}

/**
 * hvb_absent_is_idle() - did we set the block of a page offline?
 * @dm: the device
 * @page: number of the page
 *
 * Context: absent.lock is held.
 * Return: true when we did, and it still is.
 */
bool hvb_absent_is_idle(struct hvb_device *dm, unsigned long page)
{
	lockdep_assert_held(&dm->absent.lock);
	return hvb_ranges_contains(&dm->absent.idle[0], page, 1) ||
	       hvb_ranges_contains(&dm->absent.idle[1], page, 1);
}

/**
 * hvb_absent_unidle() - a block is online again
 * @dm: the device
 * @start: number of its first page
 * @count: its pages
 *
 * Context: absent.lock is held.
 * Return: true when we had set it offline.
 */
bool hvb_absent_unidle(struct hvb_device *dm, unsigned long start,
		       unsigned long count)
{
	unsigned int i;

	lockdep_assert_held(&dm->absent.lock);
	for (i = 0; i < 2; i++) {
		if (!hvb_ranges_contains(&dm->absent.idle[i], start, count))
			continue;
		hvb_absent_must_take(dm, &dm->absent.idle[i], start, count);
		return true;
	}
	return false;
}

/**
 * hvb_absent_next_idle() - the next block that should come online
 * @dm: the device
 * @zone: of those that go back to this zone
 * @from: number of the first page looked at
 * @start: number of the first page of the block found
 *
 * That is each idle block that the kernel knows, and each that was removed
 * (hotremove.c) of which a page is present again.
 *
 * Context: may sleep.
 * Return: false when there is none from @from on.
 */
bool hvb_absent_next_idle(struct hvb_device *dm, enum hvb_online_policy zone,
			  unsigned long from, unsigned long *start)
{
	unsigned long block_pages = dm->block_pages;
	struct hvb_range part;
	bool found = false;

	mutex_lock(&dm->absent.lock);
	while (!found && hvb_ranges_next(idle_set(dm, zone), from, ULONG_MAX,
					 &part)) {
		*start = part.start;
		from = part.start + block_pages;
		found = pfn_valid(*start) ||
			hvb_absent_count_locked(dm, *start, block_pages) <
			block_pages;
	}
	mutex_unlock(&dm->absent.lock);
	return found;
}

/**
 * hvb_absent_next_offline() - the next offline block that holds absent pages
 * @dm: the device
 * @from: number of the first page looked at; that of a block
 * @start: number of the first page of the block found
 *
 * Context: may sleep.
 * Return: false when there is none from @from on. Blocks that were removed
 * don't count.
 */
bool hvb_absent_next_offline(struct hvb_device *dm, unsigned long from,
			     unsigned long *start)
{
	struct hvb_range part;
	bool found = false;

	mutex_lock(&dm->absent.lock);
	while (!found && hvb_absent_next(dm, from, ULONG_MAX, &part)) {
		*start = ALIGN_DOWN(part.start, dm->block_pages);
		found = pfn_valid(*start) && !pfn_to_online_page(*start);
		from = *start + dm->block_pages;
	}
	mutex_unlock(&dm->absent.lock);
	return found;
}
