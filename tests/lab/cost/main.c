// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what sets of pages cost in the kernel that this is loaded into: a line
 * for each way to fill them and each size, for cost.py to read. And what looks
 * at memory and requests cost; a parameter says what of it.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cost.h"
#include "looks.h"
#include "rounds.h"

static char *what = "looks,rounds,sets";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "looks, rounds, sets");

static unsigned int pieces = 24;
module_param(pieces, uint, 0444);
MODULE_PARM_DESC(pieces, "what a round takes, in units of 128 MiB");

/* Powers of two: 4096, 65536, and about 10^6 ranges. */
static const unsigned int orders[] = { 12, 16, 20 };

static int __init measure(const struct cost_row *row, unsigned int order)
{
	struct cost cost = {};
	int err = cost_measure(row, order, &cost);

	if (err)
		return err;
	pr_info("cost: %s: %lu %llu %llu %lu %lu %u\n", row->name, BIT(order),
		cost.add_ns, cost.take_ns, cost.nr_ranges, cost.leaves,
		cost.height);
	return 0;
}

static int __init cost_init(void)
{
	unsigned int row, i;
	int err = 0;

	if (strstr(what, "looks"))
		looks_measure();
	if (strstr(what, "rounds"))
		err = rounds_measure(pieces);
	for (row = 0; strstr(what, "sets") && row < COST_ROWS; row++)
		for (i = 0; i < ARRAY_SIZE(orders) && !err; i++)
			err = measure(&cost_rows[row], orders[i]);
	return err;
}
module_init(cost_init);

MODULE_DESCRIPTION("What sets of pages cost");
MODULE_LICENSE("GPL");
