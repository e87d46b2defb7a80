// SPDX-License-Identifier: GPL-2.0-only
/*
 * Absent pages, as far as whole blocks go that we set offline.
 *
 * What is taken is what the kernel lets go: so the pages become ours in the
 * kernel's own notification that the block is offline, and no one can bring it
 * online with them in between. The block is idle then, until it is online again,
 * which is at once unless something fails. An idle block counts as online: none
 * of its pages waits to be.
 *
 * Whoever set a block offline, it is noted which zone it was in, since the kernel
 * forgets that.
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

/**
 * hvb_absent_claim() - take what is in a block when it goes offline
 * @dm: the device
 * @start: number of its first page
 * @wanted: how many pages are taken at most; the others are still present
 *
 * Context: may sleep.
 */
void hvb_absent_claim(struct hvb_device *dm, unsigned long start,
		      unsigned long wanted)
{
	struct hvb_absent *absent = &dm->absent;

	mutex_lock(&absent->lock);
	absent->claim.start = start;
	absent->claim.count = dm->block_pages;
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

/* A block went offline: note the zone, if somebody may have to know it. */
static void note_zone(struct hvb_device *dm, unsigned long start,
		      unsigned long count)
{
	struct hvb_range part;

	if (dm->absent.moving_is_movable &&
	    hvb_absent_next(dm, start, start + count, &part))
		hvb_absent_must_add(dm, &dm->absent.movable, start, count);
}

static void erase(struct hvb_device *dm, struct hvb_ranges *set,
		  unsigned long start, unsigned long count)
{
	if (hvb_ranges_contains(set, start, count))
		hvb_absent_must_take(dm, set, start, count);
}

/**
 * hvb_absent_went_offline() - a block is offline that was online
 * @dm: the device
 * @start: number of its first page
 * @count: its pages
 *
 * If it is us who set it offline, its pages are ours from here on.
 *
 * Context: absent.lock is held; may sleep.
 * Return: true when it is us.
 */
bool hvb_absent_went_offline(struct hvb_device *dm, unsigned long start,
			     unsigned long count)
{
	struct hvb_absent *absent = &dm->absent;
	bool is_ours = absent->claim.start == start &&
		       absent->claim.count == count;

	lockdep_assert_held(&absent->lock);
	if (is_ours) {
		claim_rest(dm, start, start + count);
		hvb_absent_must_add(dm, &absent->idle, start, count);
	}
	note_zone(dm, start, count);
	return is_ours;
}

/**
 * hvb_absent_went_online() - a block is online that was offline
 * @dm: the device
 * @start: number of its first page
 * @count: its pages
 *
 * Context: absent.lock is held; may sleep.
 * Return: true when it is us who had set it offline.
 */
bool hvb_absent_went_online(struct hvb_device *dm, unsigned long start,
			    unsigned long count)
{
	bool was_ours = hvb_absent_is_idle(dm, start);

	erase(dm, &dm->absent.idle, start, count);
	erase(dm, &dm->absent.movable, start, count);
	return was_ours;
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
	return hvb_ranges_contains(&dm->absent.idle, page, 1);
}

/* The zone that an offline block was in. */
static enum hvb_online_policy zone_of(struct hvb_device *dm,
				      unsigned long page)
{
	return hvb_ranges_contains(&dm->absent.movable, page, 1) ?
		HVB_ONLINE_MOVABLE : HVB_ONLINE_KERNEL;
}

/**
 * hvb_absent_next_idle() - the next block that should come online
 * @dm: the device
 * @from: number of the first page looked at
 * @start: number of the first page of the block found
 * @zone: the zone that it goes back to
 *
 * That is each idle block that the kernel knows, and each that was removed
 * (hot_remove.c) of which a page is present again.
 *
 * Context: may sleep.
 * Return: false when there is none from @from on.
 */
bool hvb_absent_next_idle(struct hvb_device *dm, unsigned long from,
			  unsigned long *start, enum hvb_online_policy *zone)
{
	unsigned long block_pages = dm->block_pages;
	struct hvb_range part;
	bool found = false;

	mutex_lock(&dm->absent.lock);
	while (!found && hvb_ranges_next(&dm->absent.idle, from, ULONG_MAX,
					 &part)) {
		*start = part.start;
		*zone = zone_of(dm, part.start);
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
 * @zone: the zone that it was in
 *
 * Context: may sleep.
 * Return: false when there is none from @from on. Blocks that were removed
 * don't count.
 */
bool hvb_absent_next_offline(struct hvb_device *dm, unsigned long from,
			     unsigned long *start,
			     enum hvb_online_policy *zone)
{
	struct hvb_range part;
	bool found = false;

	mutex_lock(&dm->absent.lock);
	while (!found && hvb_absent_next(dm, from, ULONG_MAX, &part)) {
		*start = ALIGN_DOWN(part.start, dm->block_pages);
		*zone = zone_of(dm, *start);
		from = *start + dm->block_pages;
		found = pfn_valid(*start) && !pfn_to_online_page(*start);
	}
	mutex_unlock(&dm->absent.lock);
	return found;
}
