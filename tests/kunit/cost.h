/* SPDX-License-Identifier: GPL-2.0-only */
/* What sets of pages cost: see cost.c. */
#ifndef _HVB_TEST_COST_H
#define _HVB_TEST_COST_H

#include <linux/bits.h>
#include <linux/types.h>

#define COST_ROWS	4

/**
 * struct cost_row - a way to fill a set and to empty it
 * @name: the row's
 * @is_random: not from the first page to the last
 * @has_gaps: every second part of the pages stays out of the set
 */
struct cost_row {
	const char *name;
	bool is_random;
	bool has_gaps;
};

/**
 * struct cost - what a set cost
 * @add_ns: one add, in nanoseconds
 * @take_ns: one take
 * @nr_ranges: ranges of the full set
 * @nr_pages: its pages
 * @leaves: leaves of its tree
 * @height: of its tree
 */
struct cost {
	u64 add_ns;
	u64 take_ns;
	unsigned long nr_ranges;
	unsigned long nr_pages;
	unsigned long leaves;
	unsigned int height;
};

/* All sets cover the pages of 1 TiB. */
#define COST_PAGES	BIT(28)

/* A leaf of the tree. */
#define COST_LEAF_BYTES	256

extern const struct cost_row cost_rows[COST_ROWS];

int cost_measure(const struct cost_row *row, unsigned int order,
		 struct cost *cost);

#endif
