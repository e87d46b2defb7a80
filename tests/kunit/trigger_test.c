// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/trigger.c: PSI triggers in words, read and
 * written, and what is refused.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "trigger.h"

struct parse_row {
	const char *name;
	const char *text;
	int err;
	struct hvb_trigger trigger;
};

static const struct parse_row parse_rows[] = {
	{ "the default", HVB_TRIGGER_FULL, 0, { true, 50000, 500000 } },
	{ "the early default", HVB_TRIGGER_EARLY, 0,
	  { false, 20000, 200000 } },
	{ "the longest window", "some 1 10000000", 0, { false, 1, 10000000 } },
	{ "the threshold is the window", "full 500000 500000", 0,
	  { true, 500000, 500000 } },
	{ "a window too long", "some 1 10000001", -ERANGE },
	{ "no window", "some 0 0", -ERANGE },
	{ "no threshold", "some 0 500000", -ERANGE },
	{ "a threshold above the window", "full 500001 500000", -ERANGE },
	{ "nothing", "", -EINVAL },
	{ "another word", "none 50000 500000", -EINVAL },
	{ "one number", "full 50000", -EINVAL },
	{ "three numbers", "full 50000 500000 1", -EINVAL },
	{ "no number", "full a b", -EINVAL },
	{ "a negative number", "full -1 500000", -EINVAL },
	{ "something behind it", "full 50000 500000x", -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(parse, parse_rows, name);

static void a_trigger_is_read_or_refused(struct kunit *test)
{
	const struct parse_row *row = test->param_value;
	char text[HVB_TRIGGER_MAX];
	struct hvb_trigger trigger;

	KUNIT_ASSERT_EQ(test, row->err, hvb_trigger_parse(row->text, &trigger));
	if (row->err)
		return;
	KUNIT_EXPECT_EQ(test, trigger.full, row->trigger.full);
	KUNIT_EXPECT_EQ(test, trigger.threshold_us, row->trigger.threshold_us);
	KUNIT_EXPECT_EQ(test, trigger.window_us, row->trigger.window_us);
	hvb_trigger_format(&trigger, text);
	KUNIT_EXPECT_STREQ(test, text, row->text);
}

struct widen_row {
	const char *name;
	struct hvb_trigger from;
	bool widened;
	struct hvb_trigger to;
};

static const struct widen_row widen_rows[] = {
	{ "half a second is long enough", { true, 50000, 500000 }, false,
	  { true, 50000, 500000 } },
	{ "a tenth of a second stays a tenth", { false, 20000, 200000 }, true,
	  { false, 50000, 500000 } },
	{ "the whole window", { true, 1000, 1000 }, true,
	  { true, 500000, 500000 } },
	{ "a window just too short", { true, 499999, 499999 }, true,
	  { true, 500000, 500000 } },
};

KUNIT_ARRAY_PARAM_DESC(widen, widen_rows, name);

static void a_short_window_is_widened(struct kunit *test)
{
	const struct widen_row *row = test->param_value;
	struct hvb_trigger trigger = row->from;

	KUNIT_EXPECT_EQ(test, row->widened, hvb_trigger_widen(&trigger));
	KUNIT_EXPECT_EQ(test, trigger.full, row->to.full);
	KUNIT_EXPECT_EQ(test, trigger.threshold_us, row->to.threshold_us);
	KUNIT_EXPECT_EQ(test, trigger.window_us, row->to.window_us);
}

static struct kunit_case trigger_cases[] = {
	KUNIT_CASE_PARAM(a_trigger_is_read_or_refused, parse_gen_params),
	KUNIT_CASE_PARAM(a_short_window_is_widened, widen_gen_params),
	{}
};

static struct kunit_suite trigger_suite = {
	.name = "hv_balloon_trigger",
	.test_cases = trigger_cases,
};

kunit_test_suite(trigger_suite);
