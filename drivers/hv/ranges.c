// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of pages, kept as ranges in a maple tree.
 *
 * The driver keeps such a set for each kind of absent pages, and for the blocks
 * that it added. Neighbouring ranges are merged: the cost of a set then follows
 * its runs and not its pages, and the ranges that go to the host are as long as
 * can be.
 *
 * Context: all functions may sleep. Callers change a set one at a time, under a
 * mutex of their own.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/xarray.h>

#include "ranges.h"

/* The tree has nothing to say about a page but that it is in the set. */
#define IN_SET	xa_mk_value(1)

/**
 * hvb_ranges_init() - make an empty set
 * @set: the set
 */
void hvb_ranges_init(struct hvb_ranges *set)
{
	mt_init(&set->tree);
	set->nr_pages = 0;
	set->nr_ranges = 0;
}

/**
 * hvb_ranges_destroy() - free the memory of the set itself; the pages stay
 * @set: the set
 */
void hvb_ranges_destroy(struct hvb_ranges *set)
{
	mtree_destroy(&set->tree);
	set->nr_pages = 0;
	set->nr_ranges = 0;
}

static bool range_is_sane(unsigned long start, unsigned long count)
{
	return count && start <= ULONG_MAX - count;
}

/**
 * hvb_ranges_insert() - insert pages into the set
 * @set: the set
 * @start: number of the first page
 * @count: how many pages
 * @gfp: for what the tree allocates
 *
 * Return: 0; -EINVAL if the range is empty or wraps; -EEXIST if a page of it is
 * in the set; -ENOMEM. The set is unchanged unless 0 is returned.
 */
int hvb_ranges_insert(struct hvb_ranges *set, unsigned long start,
		      unsigned long count, gfp_t gfp)
{
	unsigned long first = start, last = start + count - 1;
	unsigned int neighbours = 0;
	int err;

	MA_STATE(mas, &set->tree, start, start);

	if (!range_is_sane(start, count))
		return -EINVAL;

	mas_lock(&mas);
	if (mas_find(&mas, last)) {
		mas_unlock(&mas);
		return -EEXIST;
	}
	if (start) {
		mas_set(&mas, start - 1);
		if (mas_walk(&mas)) {
			first = mas.index;
			neighbours++;
		}
	}
	mas_set(&mas, start + count);
	if (mas_walk(&mas)) {
		last = mas.last;
		neighbours++;
	}
	mas_set_range(&mas, first, last);
	err = mas_store_gfp(&mas, IN_SET, gfp);
	mas_unlock(&mas);
	if (err)
		return err;

	set->nr_pages += count;
	set->nr_ranges += 1;
	set->nr_ranges -= neighbours;
	return 0;
}

/**
 * hvb_ranges_erase() - erase pages from the set
 * @set: the set
 * @start: number of the first page
 * @count: how many pages
 * @gfp: for what the tree allocates
 *
 * Return: 0; -EINVAL if the range is empty or wraps; -ENOENT if a page of it is
 * not in the set; -ENOMEM. The set is unchanged unless 0 is returned.
 */
int hvb_ranges_erase(struct hvb_ranges *set, unsigned long start,
		     unsigned long count, gfp_t gfp)
{
	unsigned long last = start + count - 1;
	unsigned int remains = 0;
	int err;

	MA_STATE(mas, &set->tree, start, start);

	if (!range_is_sane(start, count))
		return -EINVAL;

	mas_lock(&mas);
	if (!mas_walk(&mas) || mas.last < last) {
		mas_unlock(&mas);
		return -ENOENT;
	}
	remains += mas.index < start;
	remains += mas.last > last;
	mas_set_range(&mas, start, last);
	err = mas_store_gfp(&mas, NULL, gfp);
	mas_unlock(&mas);
	if (err)
		return err;

	set->nr_pages -= count;
	set->nr_ranges += remains;
	set->nr_ranges -= 1;
	return 0;
}

/**
 * hvb_ranges_contains() - are all these pages in the set?
 * @set: the set
 * @start: number of the first page
 * @count: how many pages
 *
 * Return: true if they are; false also for an empty range.
 */
bool hvb_ranges_contains(struct hvb_ranges *set, unsigned long start,
			 unsigned long count)
{
	bool found;

	MA_STATE(mas, &set->tree, start, start);

	if (!range_is_sane(start, count))
		return false;

	mas_lock(&mas);
	found = mas_walk(&mas) && mas.last >= start + count - 1;
	mas_unlock(&mas);
	return found;
}

/**
 * hvb_ranges_next() - find the first part of the set in a stretch of pages
 * @set: the set
 * @from: number of the first page to look at
 * @end: number of the page after the last one to look at
 * @part: filled in: the pages in [@from, @end) of one range of the set
 *
 * Return: false if no page of the stretch is in the set. To walk through a set,
 * call again with @from at the end of the part found.
 */
bool hvb_ranges_next(struct hvb_ranges *set, unsigned long from,
		     unsigned long end, struct hvb_range *part)
{
	bool found;

	MA_STATE(mas, &set->tree, from, from);

	if (from >= end)
		return false;

	mas_lock(&mas);
	found = mas_find(&mas, end - 1);
	mas_unlock(&mas);
	if (!found)
		return false;

	part->start = max(mas.index, from);
	part->count = min(mas.last, end - 1) - part->start + 1;
	return true;
}

/**
 * hvb_ranges_count() - how many of these pages are in the set?
 * @set: the set
 * @start: number of the first page
 * @count: how many pages to look at
 *
 * Return: pages that are in the set.
 */
unsigned long hvb_ranges_count(struct hvb_ranges *set, unsigned long start,
			       unsigned long count)
{
	unsigned long end = start + count, from = start, nr = 0;
	struct hvb_range part;

	while (hvb_ranges_next(set, from, end, &part)) {
		nr += part.count;
		from = hvb_range_end(&part);
	}
	return nr;
}
