// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/burst.c: reports, answers and pressure, with the
 * time passed in; and what answers teach.
 */
#include <kunit/test.h>
#include <linux/time64.h>

#include "burst.h"

#define MIB(mib)	((u64)(mib) << 8)
#define MS(ms)		((u64)(ms) * USEC_PER_MSEC)
#define START		MS(1000)

/* What is asked for beyond the guest's size. */
#define MORE		MIB(100)

static void begin(struct hvb_burst *burst)
{
	hvb_burst_init(burst);
	burst->first_us = START;
}

/* Memory that was asked for comes so much later. */
static void answer(struct hvb_burst *burst, u64 *now_us, u64 after_us)
{
	*now_us += MS(20000);
	hvb_burst_asked(burst, MORE, *now_us);
	hvb_burst_asked(burst, MORE, *now_us + after_us / 2);
	*now_us += after_us;
	hvb_burst_arrived(burst, *now_us);
}

static void the_answer_time_is_learnt(struct kunit *test)
{
	struct hvb_burst burst;
	u64 now_us = START + MS(60000);

	begin(&burst);
	hvb_burst_arrived(&burst, now_us);
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(2000));
	answer(&burst, &now_us, MS(6000));
	KUNIT_EXPECT_EQ(test, burst.last_answer_us, MS(6000));
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(6000));
	answer(&burst, &now_us, MS(2000));
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(5000));
	for (unsigned int i = 0; i < 50; i++)
		answer(&burst, &now_us, 1);
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(500));
}

/* A host that can't give, or one that wasn't asked, says nothing of itself. */
static void what_is_no_answer_teaches_nothing(struct kunit *test)
{
	struct hvb_burst burst;
	u64 now_us = START;

	begin(&burst);
	answer(&burst, &now_us, MS(9000));
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(2000));
	now_us = START + MS(60000);
	answer(&burst, &now_us, MS(10001));
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(2000));
	KUNIT_EXPECT_EQ(test, burst.max_answer_us, MS(10001));
	hvb_burst_asked(&burst, MORE, now_us);
	hvb_burst_asked(&burst, 0, now_us + MS(1));
	hvb_burst_arrived(&burst, now_us + MS(9000));
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(2000));
}

/* What comes block by block is one answer. */
static void the_rest_of_an_answer_teaches_nothing(struct kunit *test)
{
	struct hvb_burst burst;
	u64 now_us = START + MS(60000);

	begin(&burst);
	answer(&burst, &now_us, MS(3000));
	for (unsigned int i = 0; i < 50; i++) {
		hvb_burst_asked(&burst, MORE, now_us + 1);
		now_us += MS(20);
		hvb_burst_arrived(&burst, now_us);
	}
	KUNIT_EXPECT_EQ(test, burst.answer_us, MS(3000));
}

/* What nobody minded for long says nothing of how long a burst waits. */
static void a_larger_wish_starts_anew(struct kunit *test)
{
	struct hvb_burst burst;
	u64 now_us = START + MS(80000);

	begin(&burst);
	hvb_burst_asked(&burst, 1, now_us);
	hvb_burst_asked(&burst, MORE, now_us + MS(9000));
	hvb_burst_arrived(&burst, now_us + MS(9500));
	KUNIT_EXPECT_EQ(test, burst.last_answer_us, MS(500));

	/* But a wish that grows while the host makes up its mind is one. */
	now_us += MS(30000);
	hvb_burst_asked(&burst, MORE, now_us);
	hvb_burst_asked(&burst, 4 * MORE, now_us + MS(1000));
	hvb_burst_asked(&burst, 5 * MORE, now_us + MS(3000));
	hvb_burst_arrived(&burst, now_us + MS(3500));
	KUNIT_EXPECT_EQ(test, burst.last_answer_us, MS(500));
}

/* A guest that uses little of what it has, and is given more all the same. */
static void what_comes_unasked_teaches_no_gain(struct kunit *test)
{
	struct hvb_sample sample = {
		.now_us = START, .need_pages = MIB(2700),
		.headroom_pages = MIB(500), .avail_pages = MIB(6000),
	};
	struct hvb_burst burst;

	begin(&burst);
	for (unsigned int i = 0; i < 10; i++) {
		hvb_forecast_sample(&burst, &sample, 30);
		sample.now_us += MS(100);
	}
	sample.avail_pages += MIB(4000);
	hvb_burst_arrived(&burst, sample.now_us);
	hvb_forecast_sample(&burst, &sample, 30);
	KUNIT_EXPECT_EQ(test, burst.gain_percent, 0);
}

struct due_row {
	const char *name;
	unsigned int since_ms;
	unsigned int interval_ms;
	bool hot;
	bool urgent;
	enum hvb_due due;
	unsigned int wait_ms;
};

static const struct due_row due_rows[] = {
	{ "a tick ago", 1000, 100, false, false, HVB_DUE_IN_TURN, 0 },
	{ "nearly a tick ago", 991, 100, false, false, HVB_DUE_IN_TURN, 9 },
	{ "half a tick ago", 500, 100, false, false, HVB_DUE_LATER, 250 },
	{ "something happened", 500, 100, false, true, HVB_DUE_OUT_OF_BAND,
	  0 },
	{ "something happened, just told", 5, 100, false, true, HVB_DUE_LATER,
	  15 },
	{ "a burst", 100, 100, true, false, HVB_DUE_IN_TURN, 0 },
	{ "a burst, just told", 40, 100, true, false, HVB_DUE_LATER, 60 },
	{ "a burst, something happened", 40, 100, true, true,
	  HVB_DUE_OUT_OF_BAND, 0 },
	{ "no interval", 5, 0, true, false, HVB_DUE_LATER, 15 },
	{ "an interval longer than a tick", 900, 5000, true, false,
	  HVB_DUE_LATER, 100 },
};

KUNIT_ARRAY_PARAM_DESC(due, due_rows, name);

static void a_report_leaves_when_it_is_due(struct kunit *test)
{
	const struct due_row *row = test->param_value;
	struct hvb_burst burst = { .is_urgent = row->urgent };
	u64 now_us = START + MS(row->since_ms);

	burst.reported_us = START;
	burst.hot_until_us = row->hot ? now_us + MS(500) : 0;
	KUNIT_EXPECT_EQ(test, (int)row->due,
			(int)hvb_burst_due(&burst, row->interval_ms, now_us));
	KUNIT_EXPECT_EQ(test, MS(row->wait_ms),
			hvb_burst_wait_us(&burst, row->interval_ms, now_us));

	hvb_burst_told(&burst, now_us);
	KUNIT_EXPECT_FALSE(test, burst.is_urgent);
	KUNIT_EXPECT_EQ(test, (int)HVB_DUE_LATER,
			(int)hvb_burst_due(&burst, row->interval_ms, now_us));
}

/* Pressure each second; says when what was said. */
static unsigned int seconds_until(struct hvb_burst *burst, u64 *now_us,
				  bool pressure, enum hvb_verdict verdict)
{
	unsigned int s;

	for (s = 0; s < 60; s++) {
		if (pressure)
			hvb_burst_signal(burst, HVB_SIGNAL_FULL, *now_us);
		if (hvb_burst_judge(burst, *now_us) == verdict)
			break;
		*now_us += MS(1000);
	}
	*now_us += MS(1000);
	return s;
}

static void unanswered_pressure_is_said_once_and_when_it_ends(struct kunit *test)
{
	struct hvb_burst remembered, *burst = &remembered;
	u64 now_us = START;

	begin(burst);
	KUNIT_EXPECT_EQ(test, 10, seconds_until(burst, &now_us, true,
						HVB_VERDICT_UNANSWERED));
	KUNIT_EXPECT_EQ(test, 60, seconds_until(burst, &now_us, true,
						HVB_VERDICT_UNANSWERED));
	hvb_burst_arrived(burst, now_us);
	KUNIT_EXPECT_EQ(test, 0, seconds_until(burst, &now_us, true,
					       HVB_VERDICT_OVER));
	KUNIT_EXPECT_GE(test, burst->longest_us, MS(70000));
	KUNIT_EXPECT_EQ(test, 9, seconds_until(burst, &now_us, true,
					       HVB_VERDICT_UNANSWERED));
	KUNIT_EXPECT_EQ(test, 2, seconds_until(burst, &now_us, false,
					       HVB_VERDICT_OVER));
	KUNIT_EXPECT_EQ(test, 60, seconds_until(burst, &now_us, false,
						HVB_VERDICT_OVER));
	KUNIT_EXPECT_EQ(test, 0, hvb_burst_unanswered_us(burst, now_us));
}

struct cause_row {
	const char *name;
	struct hvb_situation situation;
	enum hvb_cause cause;
};

static const struct cause_row cause_rows[] = {
	{ "hibernation, before all else",
	  { true, true, true, false, 5, 0, true }, HVB_CAUSE_HIBERNATION },
	{ "the delay", { false, true, true, false, 5, 0, true },
	  HVB_CAUSE_DELAY },
	{ "no reports", { false, false, true, false, 5, 0, true },
	  HVB_CAUSE_SUPPRESSED },
	{ "blocks offline", { false, false, false, false, 5, 0, true },
	  HVB_CAUSE_OFFLINE },
	{ "no hot-add", { false, false, false, false, 0, 0, true },
	  HVB_CAUSE_NO_HOT_ADD },
	{ "hot-add that can't be", { false, false, false, true, 0, 0, false,
	  true, true }, HVB_CAUSE_CANNOT_ADD },
	{ "a balloon where hot-add can't be",
	  { false, false, false, true, 0, 5, false, false, true },
	  HVB_CAUSE_HOST },
	{ "no hot-add, but a balloon at the maximum",
	  { false, false, false, false, 0, 5, true }, HVB_CAUSE_HOST_MAX },
	{ "a host that reads nothing",
	  { false, false, false, true, 0, 0, true, true }, HVB_CAUSE_DEAF },
	{ "the maximum", { false, false, false, true, 0, 0, true },
	  HVB_CAUSE_HOST_MAX },
	{ "below the maximum", { false, false, false, true, 0, 0, false },
	  HVB_CAUSE_HOST },
};

KUNIT_ARRAY_PARAM_DESC(cause, cause_rows, name);

static void the_cause_is_the_first_that_holds(struct kunit *test)
{
	const struct cause_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, (int)row->cause,
			(int)hvb_burst_cause(&row->situation));
}

static struct kunit_case burst_cases[] = {
	KUNIT_CASE(the_answer_time_is_learnt),
	KUNIT_CASE(what_is_no_answer_teaches_nothing),
	KUNIT_CASE(the_rest_of_an_answer_teaches_nothing),
	KUNIT_CASE(a_larger_wish_starts_anew),
	KUNIT_CASE(what_comes_unasked_teaches_no_gain),
	KUNIT_CASE_PARAM(a_report_leaves_when_it_is_due, due_gen_params),
	KUNIT_CASE(unanswered_pressure_is_said_once_and_when_it_ends),
	KUNIT_CASE_PARAM(the_cause_is_the_first_that_holds, cause_gen_params),
	{}
};

static struct kunit_suite burst_suite = {
	.name = "hv_balloon_burst",
	.test_cases = burst_cases,
};

kunit_test_suite(burst_suite);
