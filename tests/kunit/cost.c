// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the measuring of what sets of pages cost. Used by a KUnit suite, which
 * judges what can be counted, and by tests/lab/cost, for times that mean
 * something: the debug kernel's don't.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "cost.h"
#include "ranges.h"

const struct cost_row cost_rows[COST_ROWS] = {
	{ "contiguous, sorted", false, false },
	{ "contiguous, random", true, false },
	{ "fragmented, sorted", false, true },
	{ "fragmented, random", true, true },
};

/* The i-th of 2^order numbers, in an order that has no order. */
static unsigned long shuffled(unsigned long i, unsigned int order)
{
	unsigned long mask = BIT(order) - 1;
	unsigned int turn;

	for (turn = 0; turn < 3; turn++) {
		i = (i * 0x9e3779b97f4a7c15UL) & mask;
		i ^= i >> (order / 2 + 1);
	}
	return i;
}

/* Changes the set 2^order times. */
static int change_all(struct hvb_ranges *set, const struct cost_row *row,
		      unsigned int order,
		      int (*change)(struct hvb_ranges *set,
				    unsigned long start, unsigned long count,
				    gfp_t gfp),
		      u64 *ns)
{
	unsigned long part_pages = COST_PAGES >> order;
	unsigned long count = part_pages >> row->has_gaps;
	u64 start_ns = ktime_get_ns();
	unsigned long i;

	for (i = 0; i < BIT(order); i++) {
		unsigned long part = row->is_random ? shuffled(i, order) : i;
		int err = change(set, part * part_pages, count, GFP_KERNEL);

		if (err)
			return err;
		if (i % 64 == 0)
			cond_resched();
	}
	*ns = (ktime_get_ns() - start_ns) >> order;
	return 0;
}

/* A walk over the ranges sees each leaf of the tree once. */
static unsigned long count_leaves(struct hvb_ranges *set)
{
	struct maple_enode *last = NULL;
	unsigned long nr = 0;

	MA_STATE(mas, &set->tree, 0, 0);

	mas_lock(&mas);
	while (mas_find(&mas, ULONG_MAX)) {
		nr += mas.node != last;
		last = mas.node;
	}
	mas_unlock(&mas);
	return nr;
}

/**
 * cost_measure() - fill a set, look at it, and empty it
 * @row: how
 * @order: in 2^order steps each way
 * @cost: what it cost
 *
 * Return: 0; -EIO when the set isn't empty at the end; or what a step returns.
 */
int cost_measure(const struct cost_row *row, unsigned int order,
		 struct cost *cost)
{
	struct hvb_ranges set;
	int err;

	hvb_ranges_init(&set);
	err = change_all(&set, row, order, hvb_ranges_insert, &cost->add_ns);
	cost->nr_ranges = set.nr_ranges;
	cost->nr_pages = set.nr_pages;
	cost->leaves = count_leaves(&set);
	cost->height = mt_height(&set.tree);
	if (!err)
		err = change_all(&set, row, order, hvb_ranges_erase,
				 &cost->take_ns);
	if (!err && (set.nr_ranges || set.nr_pages))
		err = -EIO;
	hvb_ranges_destroy(&set);
	return err;
}
