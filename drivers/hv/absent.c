// SPDX-License-Identifier: GPL-2.0-only
/*
 * Absent pages: pages of the guest that the host has.
 *
 * A page is absent when we gave it to the host (given, or fresh as long as
 * the host wasn't told), or when the host never backed it (a hole in a
 * hot-added block). The kernel sees both alike: PageOffline, one reference,
 * not counted as managed. There is one way in for each and one way out for
 * all, generic_online_page(): it is how the kernel itself takes up the pages
 * of a block that comes online.
 *
 * Absent pages of a block that is offline are known to the sets only: when it
 * comes online (hotplug.c), what is present is released and the rest stays.
 *
 * While a block is on its way from one state to the other, neither holds: what
 * the host returns of it then is put aside, in returning, until it settled.
 *
 * Locks: absent.lock nests inside the kernel's memory hotplug lock.
 */
#include <linux/memory_hotplug.h>
#include <linux/sched.h>

#include "hv_balloon.h"
#include "compat.h"
#include "trace.h"

/*
 * Moving pages from set to set may need memory when there is none. It can't
 * be allowed to fail: the host has decided already.
 */
#define GFP_MUST	(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOFAIL)

/**
 * hvb_absent_set() - one of the sets that absent pages are in
 * @dm: the device
 * @i: which, below HVB_ABSENT_SETS
 *
 * Return: the set.
 */
struct hvb_ranges *hvb_absent_set(struct hvb_device *dm, unsigned int i)
{
	struct hvb_absent *absent = &dm->absent;
	struct hvb_ranges *sets[HVB_ABSENT_SETS] = {
		&absent->given, &absent->fresh, &absent->holes,
		&absent->returning,
	};

	return sets[i];
}

static void must(struct hvb_device *dm, int err, unsigned long start,
		 unsigned long count)
{
	if (err)
		dev_err_once(dm->dev, "pages %lu+%lu are not where they should be (%d), this is a bug in the driver\n",
			     start, count, err);
}

/**
 * hvb_absent_must_add() - add pages to a set, whatever it takes
 * @dm: the device
 * @set: one of the device's sets
 * @start: number of the first page
 * @count: how many pages; may be 0
 *
 * Context: absent.lock is held; may sleep.
 */
void hvb_absent_must_add(struct hvb_device *dm, struct hvb_ranges *set,
			 unsigned long start, unsigned long count)
{
	lockdep_assert_held(&dm->absent.lock);
	if (count)
		must(dm, hvb_ranges_insert(set, start, count, GFP_MUST), start,
		     count);
}

/**
 * hvb_absent_must_take() - take pages out of a set, whatever it takes
 * @dm: the device
 * @set: one of the device's sets
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: absent.lock is held; may sleep.
 */
void hvb_absent_must_take(struct hvb_device *dm, struct hvb_ranges *set,
			  unsigned long start, unsigned long count)
{
	lockdep_assert_held(&dm->absent.lock);
	must(dm, hvb_ranges_erase(set, start, count, GFP_MUST), start, count);
}

/*
 * The kernel's count of balloon pages, by node. The node comes from the
 * address, because the struct page of an offline block doesn't hold it.
 */
static void count_balloon(struct hvb_device *dm, unsigned long start,
			  unsigned long count, int sign)
{
	unsigned long end = start + count;

	while (start < end) {
		unsigned long next = min(end, ALIGN(start + 1,
						    dm->block_pages));

		hvb_compat_count_balloon(memory_add_physaddr_to_nid(PFN_PHYS(start)),
					 sign * (long)(next - start));
		start = next;
	}
}

/**
 * hvb_absent_add() - pages of the kernel's are ours now
 * @dm: the device
 * @set: one of the device's sets
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: absent.lock is held; may sleep.
 */
void hvb_absent_add(struct hvb_device *dm, struct hvb_ranges *set,
		    unsigned long start, unsigned long count)
{
	hvb_absent_must_add(dm, set, start, count);
	count_balloon(dm, start, count, 1);
}

/**
 * hvb_absent_release() - give pages that are in no set any more to the kernel
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages; may be 0
 *
 * By chunks as large as alignment and a pageblock allow: a larger one could
 * span two migrate types. Pages of a block that is offline are the kernel's
 * when it comes online.
 *
 * Context: absent.lock is held; may sleep, and yields between pageblocks.
 */
void hvb_absent_release(struct hvb_device *dm, unsigned long start,
			unsigned long count)
{
	unsigned long end = start + count;

	lockdep_assert_held(&dm->absent.lock);
	while (start < end) {
		unsigned int order = hvb_plan_order(start, end - start,
						    pageblock_order);
		struct page *page = pfn_to_online_page(start);

		if (page) {
			hvb_compat_clear_offline(page, order);
			generic_online_page(page, order);
		}
		start += 1UL << order;
		cond_resched();
	}
}

/**
 * hvb_absent_give_back() - make pages present that were just taken from a set
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages
 *
 * At once, or when their block has settled.
 *
 * Context: absent.lock is held; may sleep, and yields between pageblocks.
 */
void hvb_absent_give_back(struct hvb_device *dm, unsigned long start,
			  unsigned long count)
{
	const struct hvb_range *moving = &dm->absent.moving;
	unsigned long end = start + count;
	unsigned long from = clamp(moving->start, start, end);
	unsigned long to = clamp(hvb_range_end(moving), from, end);

	lockdep_assert_held(&dm->absent.lock);
	trace_hvb_range(HVB_TRACE_PRESENT, start, count);
	hvb_absent_release(dm, start, from - start);
	hvb_absent_must_add(dm, &dm->absent.returning, from, to - from);
	hvb_absent_release(dm, to, end - to);
}

/**
 * hvb_absent_take() - make pages that were allocated absent
 * @dm: the device
 * @page: the first of them; not compound, not split
 * @order: their order
 *
 * They are fresh then: held, and not told to the host.
 *
 * Context: may sleep.
 * Return: 0; -EBUSY when their block is going offline; -ENOMEM. On error the
 * pages are still the caller's.
 */
int hvb_absent_take(struct hvb_device *dm, struct page *page,
		    unsigned int order)
{
	unsigned long start = page_to_pfn(page), count = 1UL << order, i;
	struct hvb_absent *absent = &dm->absent;
	int err = -EBUSY;

	mutex_lock(&absent->lock);
	if (start >= hvb_range_end(&absent->moving) ||
	    start + count <= absent->moving.start)
		err = hvb_ranges_insert(&absent->fresh, start, count, GFP_KERNEL);
	if (err)
		goto unlock;

	split_page(page, order);
	page_offline_begin();
	for (i = 0; i < count; i++)
		__SetPageOffline(page + i);
	page_offline_end();
	adjust_managed_page_count(page, -(long)count);
	count_balloon(dm, start, count, 1);
unlock:
	mutex_unlock(&absent->lock);
	return err;
}

/**
 * hvb_absent_pack_fresh() - fill a response with fresh pages
 * @dm: the device
 * @packer: what is being filled
 *
 * Context: may sleep.
 * Return: number of the page after the last that is in.
 */
unsigned long hvb_absent_pack_fresh(struct hvb_device *dm,
				    struct hvb_packer *packer)
{
	struct hvb_absent *absent = &dm->absent;
	unsigned long end = 0;
	struct hvb_range part;

	mutex_lock(&absent->lock);
	while (hvb_ranges_next(&absent->fresh, end, ULONG_MAX, &part)) {
		u64 packed = hvb_pack_range(packer, part.start, part.count);

		if (packed)
			end = part.start + packed;
		if (packed < part.count)
			break;
	}
	mutex_unlock(&absent->lock);
	return end;
}

/**
 * hvb_absent_told() - the host knows of fresh pages now
 * @dm: the device
 * @end: it was told of all fresh pages below this page number
 *
 * Context: may sleep.
 */
void hvb_absent_told(struct hvb_device *dm, unsigned long end)
{
	struct hvb_absent *absent = &dm->absent;
	struct hvb_range part;

	mutex_lock(&absent->lock);
	while (hvb_ranges_next(&absent->fresh, 0, end, &part)) {
		hvb_absent_must_take(dm, &absent->fresh, part.start, part.count);
		hvb_absent_must_add(dm, &absent->given, part.start, part.count);
		trace_hvb_range(HVB_TRACE_GIVEN, part.start, part.count);
	}
	mutex_unlock(&absent->lock);
}

/*
 * Takes the first of these pages back that are ours, of one block at most, so
 * that nobody waits long for the lock. Return: the page to go on from.
 */
static unsigned long take_back_some(struct hvb_device *dm,
				    struct hvb_ranges *set,
				    unsigned long start, unsigned long end,
				    unsigned long *nr)
{
	struct hvb_range part;

	mutex_lock(&dm->absent.lock);
	if (hvb_ranges_next(set, start, end, &part)) {
		end = min(hvb_range_end(&part),
			  ALIGN(part.start + 1, dm->block_pages));
		part.count = end - part.start;
		hvb_absent_must_take(dm, set, part.start, part.count);
		count_balloon(dm, part.start, part.count, -1);
		hvb_absent_give_back(dm, part.start, part.count);
		*nr += part.count;
	}
	mutex_unlock(&dm->absent.lock);
	return end;
}

/* Takes ours of these pages back. Return: how many there were. */
static unsigned long take_back(struct hvb_device *dm, struct hvb_ranges *set,
			       unsigned long start, unsigned long end)
{
	unsigned long nr = 0;

	while (start < end) {
		start = take_back_some(dm, set, start, end, &nr);
		cond_resched();
	}
	return nr;
}

/**
 * hvb_absent_drop_fresh() - give the kernel back what the host wasn't told of
 * @dm: the device
 *
 * Context: may sleep; yields between pageblocks.
 */
void hvb_absent_drop_fresh(struct hvb_device *dm)
{
	take_back(dm, &dm->absent.fresh, 0, ULONG_MAX);
}

/**
 * hvb_absent_return() - the host gives pages back
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: may sleep; yields between pageblocks.
 * Return: how many of the pages had been given; the others are left alone.
 */
unsigned long hvb_absent_return(struct hvb_device *dm, unsigned long start,
				unsigned long count)
{
	return take_back(dm, &dm->absent.given, start, start + count);
}

/**
 * hvb_absent_next() - the first absent pages in a stretch
 * @dm: the device
 * @from: number of the first page looked at
 * @end: number of the page after the last one looked at
 * @first: the pages found
 *
 * Context: absent.lock is held.
 * Return: false when all pages of the stretch are present.
 */
bool hvb_absent_next(struct hvb_device *dm, unsigned long from,
		     unsigned long end, struct hvb_range *first)
{
	struct hvb_range part;
	bool found = false;
	unsigned int i;

	lockdep_assert_held(&dm->absent.lock);
	for (i = 0; i < HVB_ABSENT_SETS; i++) {
		if (!hvb_ranges_next(hvb_absent_set(dm, i), from, end, &part))
			continue;
		if (!found || part.start < first->start)
			*first = part;
		found = true;
	}
	return found;
}

/**
 * hvb_absent_count_locked() - how many of these pages are absent?
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: absent.lock is held.
 * Return: pages.
 */
unsigned long hvb_absent_count_locked(struct hvb_device *dm,
				      unsigned long start, unsigned long count)
{
	unsigned long nr = 0;
	unsigned int i;

	lockdep_assert_held(&dm->absent.lock);
	for (i = 0; i < HVB_ABSENT_SETS; i++)
		nr += hvb_ranges_count(hvb_absent_set(dm, i), start, count);
	return nr;
}

/**
 * hvb_absent_count() - how many of these pages are absent?
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: may sleep.
 * Return: pages.
 */
unsigned long hvb_absent_count(struct hvb_device *dm, unsigned long start,
			       unsigned long count)
{
	unsigned long nr;

	mutex_lock(&dm->absent.lock);
	nr = hvb_absent_count_locked(dm, start, count);
	mutex_unlock(&dm->absent.lock);
	return nr;
}
