// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of what sets of pages cost. Time is only printed, with what
 * n log n would be; judged is what can be counted, the leaves of the tree and
 * its height. tests/lab/cost.py has the times of an ordinary kernel, and 10^6
 * ranges.
 */
#include <kunit/test.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "cost.h"

#define SMALL_ORDER	6
#define LARGE_ORDER	10

/*
 * Every node but the root has at least 6 of its 16 slots in use, and a range
 * and the gap behind it take one each.
 */
#define MIN_SLOTS	6
#define LEAF_RANGES	(MIN_SLOTS / 2)

KUNIT_ARRAY_PARAM_DESC(cost, cost_rows, name);

static void expect_few_nodes(struct kunit *test, const struct cost *cost)
{
	unsigned long nodes = cost->leaves;
	unsigned int height = 1;

	KUNIT_EXPECT_LE(test, cost->leaves, cost->nr_ranges / LEAF_RANGES + 1);
	while (nodes > 1) {
		nodes /= MIN_SLOTS;
		height++;
	}
	KUNIT_EXPECT_LE(test, cost->height, height);
}

/* Return: nanoseconds of an add and a take. */
static u64 cost_of(struct kunit *test, const struct cost_row *row,
		   unsigned int order)
{
	struct cost cost = {};

	KUNIT_ASSERT_EQ(test, 0, cost_measure(row, order, &cost));
	KUNIT_EXPECT_EQ(test, cost.nr_ranges, row->has_gaps ? BIT(order) : 1);
	KUNIT_EXPECT_EQ(test, cost.nr_pages, COST_PAGES >> row->has_gaps);
	expect_few_nodes(test, &cost);
	kunit_info(test, "%lu times: add %llu ns, take %llu ns; %lu ranges in %lu leaves, height %u, %lu bytes a range",
		   BIT(order), cost.add_ns, cost.take_ns, cost.nr_ranges,
		   cost.leaves, cost.height,
		   cost.leaves * COST_LEAF_BYTES / cost.nr_ranges);
	return cost.add_ns + cost.take_ns;
}

static void a_set_needs_few_nodes(struct kunit *test)
{
	const struct cost_row *row = test->param_value;
	u64 small_ns = cost_of(test, row, SMALL_ORDER);
	u64 large_ns = cost_of(test, row, LARGE_ORDER);

	kunit_info(test, "16 times as many: %llu %% of the time for each, n log n is %u %%",
		   div64_u64(100 * large_ns, max_t(u64, small_ns, 1)),
		   100 * LARGE_ORDER / SMALL_ORDER);
}

static struct kunit_case cost_cases[] = {
	KUNIT_CASE_PARAM_ATTR(a_set_needs_few_nodes, cost_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite cost_suite = {
	.name = "hv_balloon_ranges_cost",
	.test_cases = cost_cases,
};

kunit_test_suite(cost_suite);
