// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/step.c: each step between two phases of a memory
 * block is allowed or not as the table says, which is that of the docs. That the
 * driver makes no other is seen wherever it works on blocks: it would say so.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "step.h"

struct step_row {
	enum hvb_phase from;
	const char *name;
	const char *to;
};

static const struct step_row step_rows[] = {
	{ HVB_PHASE_REST, "rest", "adding waiting claimed idle removed parked" },
	{ HVB_PHASE_ADDING, "adding", "rest waiting" },
	{ HVB_PHASE_WAITING, "waiting", "rest" },
	{ HVB_PHASE_CLAIMED, "claimed", "rest idle" },
	{ HVB_PHASE_IDLE, "idle", "rest removed" },
	{ HVB_PHASE_REMOVED, "removed", "rest idle" },
	{ HVB_PHASE_PARKED, "parked", "rest waiting" },
};

KUNIT_ARRAY_PARAM_DESC(step, step_rows, name);

static void a_block_goes_where_the_table_says(struct kunit *test)
{
	const struct step_row *row = test->param_value;
	enum hvb_phase to;

	KUNIT_EXPECT_STREQ(test, hvb_step_name(row->from), row->name);
	for (to = 0; to < HVB_PHASES; to++) {
		bool is_allowed = strstr(row->to, hvb_step_name(to));

		KUNIT_EXPECT_EQ_MSG(test, is_allowed,
				    hvb_step_is_allowed(row->from, to),
				    "to %s", hvb_step_name(to));
	}
}

static void each_phase_has_a_row(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(step_rows), HVB_PHASES);
	for (unsigned int i = 0; i < ARRAY_SIZE(step_rows); i++)
		KUNIT_EXPECT_EQ(test, (unsigned int)step_rows[i].from, i);
}

static struct kunit_case step_cases[] = {
	KUNIT_CASE_PARAM(a_block_goes_where_the_table_says, step_gen_params),
	KUNIT_CASE(each_phase_has_a_row),
	{}
};

static struct kunit_suite step_suite = {
	.name = "hv_balloon_step",
	.test_cases = step_cases,
};

kunit_test_suite(step_suite);
