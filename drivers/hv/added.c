// SPDX-License-Identifier: GPL-2.0-only
/*
 * Absent pages, as far as hot-added blocks go: which blocks we added, what the
 * host backs of them, and what is online.
 */
#include <linux/memory_hotplug.h>

#include "hv_balloon.h"

/*
 * Of these pages, those that are in a block that is online and stays so, or
 * that we set offline ourselves.
 */
static unsigned long count_online(struct hvb_device *dm, unsigned long start,
				  unsigned long count)
{
	const struct hvb_range *moving = &dm->absent.moving;
	unsigned long end = start + count, next, nr = 0;

	for (; start < end; start = next) {
		next = min(end, ALIGN(start + 1, dm->block_pages));
		if (start >= moving->start && start < hvb_range_end(moving))
			continue;
		if (pfn_to_online_page(start) || hvb_absent_is_idle(dm, start))
			nr += next - start;
	}
	return nr;
}

/* Given pages from @start on, of blocks that we added. */
static unsigned long count_given(struct hvb_device *dm, unsigned long start,
				 unsigned long count)
{
	struct hvb_absent *absent = &dm->absent;
	struct hvb_range ours, part;

	if (!hvb_ranges_next(&absent->added, start, start + count, &ours) ||
	    !hvb_ranges_next(&absent->given, ours.start, hvb_range_end(&ours),
			     &part) ||
	    part.start != start)
		return 0;
	return part.count;
}

/* The host backs these holes now. */
static void back(struct hvb_device *dm, const struct hvb_range *part)
{
	struct hvb_absent *absent = &dm->absent;

	hvb_absent_must_take(dm, &absent->holes, part->start, part->count);
	hvb_absent_give_back(dm, part->start, part->count);
	absent->nr_added += part->count;
	absent->nr_onlined += count_online(dm, part->start, part->count);
}

/**
 * hvb_absent_back() - the host backs pages of blocks that we added before
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages
 *
 * These were holes, or given: what a host was given by hot-remove, it may add
 * again.
 *
 * Context: may sleep; yields between pageblocks.
 * Return: how many pages are backed now, from @start to the first that was
 * neither.
 */
unsigned long hvb_absent_back(struct hvb_device *dm, unsigned long start,
			      unsigned long count)
{
	struct hvb_absent *absent = &dm->absent;
	struct hvb_range part;
	unsigned long nr = 0, given;

	mutex_lock(&absent->lock);
	given = count_given(dm, start, count);
	if (hvb_ranges_next(&absent->holes, start, start + count, &part) &&
	    part.start == start) {
		nr = part.count;
		back(dm, &part);
	}
	mutex_unlock(&absent->lock);
	return given ? hvb_absent_return(dm, start, given) : nr;
}

/**
 * hvb_absent_back_holes() - the host backs all holes among these pages
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: may sleep; yields between pageblocks.
 * Return: how many of the pages were holes.
 */
unsigned long hvb_absent_back_holes(struct hvb_device *dm, unsigned long start,
				    unsigned long count)
{
	struct hvb_absent *absent = &dm->absent;
	unsigned long end = start + count, nr = 0;
	struct hvb_range part;

	mutex_lock(&absent->lock);
	while (hvb_ranges_next(&absent->holes, start, end, &part)) {
		back(dm, &part);
		nr += part.count;
		start = hvb_range_end(&part);
	}
	mutex_unlock(&absent->lock);
	return nr;
}

/**
 * hvb_absent_count_backed() - how many pages did we add before?
 * @dm: the device
 * @start: number of the first page
 * @count: how many pages are looked at
 *
 * Context: may sleep.
 * Return: how many pages, from @start to the first that isn't in a block that we
 * added, or that the host has.
 */
unsigned long hvb_absent_count_backed(struct hvb_device *dm,
				      unsigned long start, unsigned long count)
{
	struct hvb_absent *absent = &dm->absent;
	struct hvb_range ours, part;
	unsigned long end = start;

	mutex_lock(&absent->lock);
	if (hvb_ranges_next(&absent->added, start, start + count, &ours) &&
	    ours.start == start)
		end = hvb_range_end(&ours);
	if (hvb_ranges_next(&absent->holes, start, end, &part))
		end = part.start;
	if (hvb_ranges_next(&absent->given, start, end, &part))
		end = part.start;
	mutex_unlock(&absent->lock);
	return end - start;
}

/**
 * hvb_absent_expect() - blocks are about to be added
 * @dm: the device
 * @blocks: their pages
 * @backed: the pages of these that the host backs; the others are holes
 *
 * Must come before add_memory(), which may bring them online at once.
 *
 * Context: may sleep.
 * Return: 0; -EEXIST when we added one of them before; -ENOMEM.
 */
int hvb_absent_expect(struct hvb_device *dm, const struct hvb_range *blocks,
		      const struct hvb_range *backed)
{
	struct hvb_absent *absent = &dm->absent;
	int err;

	mutex_lock(&absent->lock);
	err = hvb_ranges_insert(&absent->added, blocks->start, blocks->count,
				GFP_KERNEL);
	if (!err) {
		hvb_absent_must_add(dm, &absent->holes, blocks->start,
				    backed->start - blocks->start);
		hvb_absent_must_add(dm, &absent->holes, hvb_range_end(backed),
				    hvb_range_end(blocks) -
				    hvb_range_end(backed));
		absent->nr_added += backed->count;
		absent->nr_landing = backed->count;
	}
	mutex_unlock(&absent->lock);
	return err;
}

/**
 * hvb_absent_landed() - expected blocks are there, and online if they will be
 * @dm: the device
 *
 * Context: may sleep.
 */
void hvb_absent_landed(struct hvb_device *dm)
{
	mutex_lock(&dm->absent.lock);
	dm->absent.nr_landing = 0;
	mutex_unlock(&dm->absent.lock);
}

/**
 * hvb_absent_forget() - blocks that were expected could not be added
 * @dm: the device
 * @blocks: as it was expected
 * @backed: as it was expected
 *
 * Context: may sleep.
 */
void hvb_absent_forget(struct hvb_device *dm, const struct hvb_range *blocks,
		       const struct hvb_range *backed)
{
	struct hvb_absent *absent = &dm->absent;
	struct hvb_range part;

	mutex_lock(&absent->lock);
	hvb_absent_must_take(dm, &absent->added, blocks->start, blocks->count);
	while (hvb_ranges_next(&absent->holes, blocks->start,
			       hvb_range_end(blocks), &part))
		hvb_absent_must_take(dm, &absent->holes, part.start, part.count);
	absent->nr_added -= backed->count;
	absent->nr_landing = 0;
	mutex_unlock(&absent->lock);
}
