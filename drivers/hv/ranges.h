/* SPDX-License-Identifier: GPL-2.0-only */
/* A set of pages, kept as ranges: see ranges.c. */
#ifndef _HVB_RANGES_H
#define _HVB_RANGES_H

#include <linux/gfp.h>
#include <linux/maple_tree.h>
#include <linux/types.h>

/**
 * struct hvb_range - a run of pages
 * @start: number of the first page
 * @count: how many pages
 */
struct hvb_range {
	unsigned long start;
	unsigned long count;
};

/**
 * hvb_range_end() - the end of a range
 * @range: the range
 *
 * Return: number of the page after its last.
 */
static inline unsigned long hvb_range_end(const struct hvb_range *range)
{
	return range->start + range->count;
}

/**
 * struct hvb_ranges - a set of pages in which neighbours form one range
 * @tree: from page numbers to whether they are in the set
 * @nr_pages: pages in the set
 * @nr_ranges: runs that they form
 */
struct hvb_ranges {
	struct maple_tree tree;
	unsigned long nr_pages;
	unsigned long nr_ranges;
};

void hvb_ranges_init(struct hvb_ranges *set);
void hvb_ranges_destroy(struct hvb_ranges *set);
int hvb_ranges_insert(struct hvb_ranges *set, unsigned long start,
		      unsigned long count, gfp_t gfp);
int hvb_ranges_erase(struct hvb_ranges *set, unsigned long start,
		     unsigned long count, gfp_t gfp);
bool hvb_ranges_contains(struct hvb_ranges *set, unsigned long start,
			 unsigned long count);
bool hvb_ranges_next(struct hvb_ranges *set, unsigned long from,
		     unsigned long end, struct hvb_range *part);
unsigned long hvb_ranges_count(struct hvb_ranges *set, unsigned long start,
			       unsigned long count);

#endif
