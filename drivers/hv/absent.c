// SPDX-License-Identifier: GPL-2.0-only
/*
 * Absent pages: pages of the guest that the host has.
 *
 * A page is absent if we gave it to the host (it is given, or fresh until the
 * host is told), or if the host never backed it (a hole in a hot-added block).
 * To the kernel both look the same: PageOffline, one reference, not counted as
 * managed. There is one way in for each kind and one way out for all:
 * generic_online_page(), with which the kernel itself takes the pages of a
 * block that comes online.
 *
 * Only the sets know the absent pages of an offline block. When it comes online
 * (hotplug.c), its present pages are released and the others stay.
 *
 * While a block moves from one state to the other, neither holds. Pages that
 * the host returns meanwhile are put aside, in returning, until the block has
 * settled.
 *
 * Locks: the lock of struct hvb_memory nests inside the kernel's memory hotplug
 * lock.
 */
#include <linux/memory_hotplug.h>
#include <linux/sched.h>

#include "base.h"
#include "compat.h"
#include "memory.h"
#include "trace.h"

/*
 * So much is made present under the lock at a time: a memory block can be 2 GiB,
 * and reports wait for the lock. It is at most a block.
 */
#define STEP_PAGES	((64UL << 20) >> PAGE_SHIFT)

/*
 * Largest chunk that the kernel gets back at once, a MiB: it touches each page of
 * one without a break.
 */
#define RELEASE_ORDER	min_t(unsigned int, pageblock_order, 20 - PAGE_SHIFT)

/**
 * hvb_absent_set() - one of the sets of absent pages
 * @mem: the guest's memory
 * @i: which, below HVB_ABSENT_SETS
 *
 * Return: the set.
 */
struct hvb_ranges *hvb_absent_set(struct hvb_memory *mem, unsigned int i)
{
	struct hvb_ranges *sets[HVB_ABSENT_SETS] = {
		&mem->given, &mem->fresh, &mem->holes, &mem->returning,
	};

	return sets[i];
}

static void must(struct hvb_memory *mem, struct hvb_ranges *set,
		 unsigned long start, unsigned long count,
		 int (*change)(struct hvb_ranges *set, unsigned long start,
			       unsigned long count, gfp_t gfp))
{
	int err = change(set, start, count, HVB_GFP_AT_ONCE);

	if (err == -ENOMEM)
		err = change(set, start, count, HVB_GFP_MUST);
	if (err)
		dev_err_once(mem->base->dev, "pages %lu+%lu are not where they should be (%d), this is a bug in the driver\n",
			     start, count, err);
}

/**
 * hvb_absent_insert() - insert pages into a set; doesn't fail
 * @mem: the guest's memory
 * @set: one of the device's sets
 * @start: number of the first page
 * @count: how many pages; may be 0
 *
 * Context: mem->lock is held; may sleep.
 */
void hvb_absent_insert(struct hvb_memory *mem, struct hvb_ranges *set,
		       unsigned long start, unsigned long count)
{
	lockdep_assert_held(&mem->lock);
	if (count)
		must(mem, set, start, count, hvb_ranges_insert);
}

/**
 * hvb_absent_erase() - erase pages from a set; doesn't fail
 * @mem: the guest's memory
 * @set: one of the device's sets
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: mem->lock is held; may sleep.
 */
void hvb_absent_erase(struct hvb_memory *mem, struct hvb_ranges *set,
		      unsigned long start, unsigned long count)
{
	lockdep_assert_held(&mem->lock);
	must(mem, set, start, count, hvb_ranges_erase);
}

/**
 * hvb_absent_count_balloon() - count pages as a balloon's, or no longer
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 * @sign: 1 or -1
 *
 * The kernel counts balloon pages by node. The node comes from the address,
 * because the struct pages of an offline block don't hold it.
 *
 * Context: any.
 */
void hvb_absent_count_balloon(struct hvb_memory *mem, unsigned long start,
			      unsigned long count, int sign)
{
	unsigned long end = start + count;

	while (start < end) {
		unsigned long next = min(end, ALIGN(start + 1,
						    mem->base->block_pages));

		hvb_compat_count_balloon(memory_add_physaddr_to_nid(PFN_PHYS(start)),
					 sign * (long)(next - start));
		start = next;
	}
}

/**
 * hvb_absent_release() - let the kernel have pages that are in no set any more
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages; may be 0
 *
 * A chunk lies in one pageblock: a larger one could span two migrate types.
 * Pages of an offline block become the kernel's when it comes online.
 *
 * Context: mem->lock is held; may sleep, and yields between chunks.
 */
void hvb_absent_release(struct hvb_memory *mem, unsigned long start,
			unsigned long count)
{
	unsigned long end = start + count;

	lockdep_assert_held(&mem->lock);
	while (start < end) {
		unsigned int order = hvb_plan_order(start, end - start,
						    RELEASE_ORDER);
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
 * hvb_absent_make_present() - make pages present that were just erased
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * The kernel gets them at once, or when their block has settled.
 *
 * Context: mem->lock is held; may sleep, and yields between chunks.
 */
void hvb_absent_make_present(struct hvb_memory *mem, unsigned long start,
			     unsigned long count)
{
	const struct hvb_range *moving = &mem->moving;
	unsigned long end = start + count;
	unsigned long from = clamp(moving->start, start, end);
	unsigned long to = clamp(hvb_range_end(moving), from, end);

	lockdep_assert_held(&mem->lock);
	trace_hvb_range(HVB_TRACE_PRESENT, start, count);
	hvb_absent_release(mem, start, from - start);
	hvb_absent_insert(mem, &mem->returning, from, to - from);
	hvb_absent_release(mem, to, end - to);
}

/**
 * hvb_absent_step() - how far to go before others may have the lock
 * @start: number of the first page that is made present
 * @end: number of the page after the last one
 *
 * Return: number of the page after the last one for now; in the same block.
 */
unsigned long hvb_absent_step(unsigned long start, unsigned long end)
{
	return min(end, ALIGN(start + 1, STEP_PAGES));
}

/*
 * Makes the first of these pages that are in the set present, as many as keep the
 * wait for the lock short. In between nothing is half done: each page is in the
 * set, or the kernel's. Return: the page to continue from.
 */
static unsigned long free_some(struct hvb_memory *mem, struct hvb_ranges *set,
			       unsigned long start, unsigned long end,
			       unsigned long *nr)
{
	struct hvb_range part;

	mutex_lock(&mem->lock);
	if (hvb_ranges_next(set, start, end, &part)) {
		end = hvb_absent_step(part.start, hvb_range_end(&part));
		part.count = end - part.start;
		hvb_absent_erase(mem, set, part.start, part.count);
		hvb_absent_count_balloon(mem, part.start, part.count, -1);
		hvb_absent_make_present(mem, part.start, part.count);
		*nr += part.count;
	}
	mutex_unlock(&mem->lock);
	return end;
}

/* Makes those present that are in the set. Return: how many these were. */
static unsigned long free_all(struct hvb_memory *mem, struct hvb_ranges *set,
			      unsigned long start, unsigned long end)
{
	unsigned long nr = 0;

	while (start < end) {
		start = free_some(mem, set, start, end, &nr);
		cond_resched();
	}
	return nr;
}

/**
 * hvb_absent_drop_fresh() - make pages present that the host wasn't told about
 * @mem: the guest's memory
 *
 * Context: may sleep; yields between chunks.
 */
void hvb_absent_drop_fresh(struct hvb_memory *mem)
{
	free_all(mem, &mem->fresh, 0, ULONG_MAX);
}

/**
 * hvb_absent_return() - the host returns pages
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: may sleep; yields between chunks.
 * Return: how many of the pages were given; the others are left alone.
 */
unsigned long hvb_absent_return(struct hvb_memory *mem, unsigned long start,
				unsigned long count)
{
	return free_all(mem, &mem->given, start, start + count);
}

/**
 * hvb_absent_next() - find the first absent pages in a stretch
 * @mem: the guest's memory
 * @from: number of the first page to look at
 * @end: number of the page after the last one to look at
 * @first: filled in with the pages found
 *
 * Context: mem->lock is held.
 * Return: false if all pages of the stretch are present.
 */
bool hvb_absent_next(struct hvb_memory *mem, unsigned long from,
		     unsigned long end, struct hvb_range *first)
{
	struct hvb_range part;
	bool found = false;
	unsigned int i;

	lockdep_assert_held(&mem->lock);
	for (i = 0; i < HVB_ABSENT_SETS; i++) {
		if (!hvb_ranges_next(hvb_absent_set(mem, i), from, end, &part))
			continue;
		if (!found || part.start < first->start)
			*first = part;
		found = true;
	}
	return found;
}

/**
 * hvb_absent_count_locked() - how many of these pages are absent?
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: mem->lock is held.
 * Return: pages.
 */
unsigned long hvb_absent_count_locked(struct hvb_memory *mem,
				      unsigned long start, unsigned long count)
{
	unsigned long nr = 0;
	unsigned int i;

	lockdep_assert_held(&mem->lock);
	for (i = 0; i < HVB_ABSENT_SETS; i++)
		nr += hvb_ranges_count(hvb_absent_set(mem, i), start, count);
	return nr;
}

/**
 * hvb_absent_count() - how many of these pages are absent?
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: may sleep.
 * Return: pages.
 */
unsigned long hvb_absent_count(struct hvb_memory *mem, unsigned long start,
			       unsigned long count)
{
	unsigned long nr;

	mutex_lock(&mem->lock);
	nr = hvb_absent_count_locked(mem, start, count);
	mutex_unlock(&mem->lock);
	return nr;
}
