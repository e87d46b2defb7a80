// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/burst.c: bursts as sequences of samples and
 * signals, with the time passed in.
 */
#include <kunit/test.h>
#include <linux/time64.h>

#include "burst.h"

#define MIB(mib)	((u64)(mib) << 8)
#define MS(ms)		((u64)(ms) * USEC_PER_MSEC)
#define START		MS(1000)
#define DECAY_S		30

/**
 * struct guest - a guest that changes as time goes by
 * @burst: what is remembered of it
 * @sample: how it is now
 * @nr_forecasts: how often the forecast spoke up
 */
struct guest {
	struct hvb_burst burst;
	struct hvb_sample sample;
	unsigned int nr_forecasts;
};

static void begin(struct guest *guest)
{
	*guest = (struct guest) {
		.sample = {
			.now_us = START,
			.task_pages = MIB(200),
			.avail_pages = MIB(700),
			.need_pages = MIB(500),
			.headroom_pages = MIB(274),
		},
	};
	hvb_burst_init(&guest->burst);
	hvb_burst_sample(&guest->burst, &guest->sample, DECAY_S);
}

/* So many looks, 100 ms apart, while tasks grow by so much a second. */
static void live(struct guest *guest, unsigned int looks, u64 mib_s)
{
	u64 pages = MIB(mib_s) / 10;

	while (looks--) {
		struct hvb_sample *sample = &guest->sample;

		sample->now_us += MS(100);
		sample->task_pages += pages;
		sample->avail_pages -= min(pages, sample->avail_pages);
		guest->nr_forecasts += hvb_burst_sample(&guest->burst, sample,
							DECAY_S);
	}
}

static u64 boost(const struct guest *guest)
{
	return hvb_burst_boost(&guest->burst, guest->sample.need_pages, 0);
}

static void a_quiet_guest_asks_for_nothing(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 100, 0);
	live(&guest, 10, 7);
	KUNIT_EXPECT_EQ(test, 0, boost(&guest));
	KUNIT_EXPECT_EQ(test, 0, guest.nr_forecasts);
	KUNIT_EXPECT_FALSE(test, hvb_burst_is_hot(&guest.burst,
						  guest.sample.now_us));
}

static void fast_growth_is_foreseen_once_and_asked_for(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 30, 200);
	KUNIT_EXPECT_EQ(test, 1, guest.nr_forecasts);
	KUNIT_EXPECT_TRUE(test, hvb_burst_is_hot(&guest.burst,
						 guest.sample.now_us));
	/* Twice what grows in 2 s, less the headroom. */
	KUNIT_EXPECT_GT(test, boost(&guest), MIB(750 - 274));
	KUNIT_EXPECT_LE(test, boost(&guest), MIB(800 - 274));
}

/* 200 MiB/s: twice what grows in 3 s is 1200 MiB. */
static void what_grows_fast_will_want_more(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	KUNIT_EXPECT_EQ(test, 0, hvb_burst_ahead(&guest.burst));
	live(&guest, 30, 200);
	KUNIT_EXPECT_GT(test, hvb_burst_ahead(&guest.burst), MIB(1190));
	KUNIT_EXPECT_LE(test, hvb_burst_ahead(&guest.burst), MIB(1200));
	live(&guest, 8, 0);
	KUNIT_EXPECT_EQ(test, 0, hvb_burst_ahead(&guest.burst));
}

/* What arrives is available, and no task has grown by it. */
static void memory_that_arrives_is_no_growth(struct kunit *test)
{
	struct guest guest;
	u64 before;

	begin(&guest);
	live(&guest, 30, 200);
	before = boost(&guest);
	for (unsigned int i = 0; i < 20; i++) {
		guest.sample.avail_pages += MIB(128);
		live(&guest, 1, 0);
		KUNIT_EXPECT_LE(test, boost(&guest), before);
		before = boost(&guest);
	}
	KUNIT_EXPECT_LT(test, guest.burst.rate_pages_s, MIB(8));
}

static void samples_too_close_are_not_looked_at(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	for (unsigned int i = 0; i < 10; i++) {
		guest.sample.now_us += MS(4);
		guest.sample.task_pages += MIB(100);
		KUNIT_EXPECT_FALSE(test,
				   hvb_burst_sample(&guest.burst,
						    &guest.sample, DECAY_S));
	}
	KUNIT_EXPECT_EQ(test, 0, guest.burst.rate_pages_s);
}

static void what_was_asked_for_decays_slowly_to_nothing(struct kunit *test)
{
	struct guest guest;
	u64 before, last;

	begin(&guest);
	live(&guest, 30, 200);
	before = boost(&guest);
	last = before;
	for (unsigned int s = 0; s < DECAY_S; s++) {
		live(&guest, 10, 0);
		KUNIT_EXPECT_LE(test, boost(&guest), last);
		last = boost(&guest);
	}
	KUNIT_EXPECT_GT(test, last, before / 16);
	KUNIT_EXPECT_LT(test, last, before / 4);
	live(&guest, 10 * DECAY_S * 20, 0);
	KUNIT_EXPECT_EQ(test, 0, boost(&guest));
}

struct limit_row {
	const char *name;
	u64 need;
	u64 max;
	u64 boost;
};

static const struct limit_row limit_rows[] = {
	{ "no limit is known", 100, 0, 1000 },
	{ "far from the limit", 100, 5000, 1000 },
	{ "up to the limit", 4500, 5000, 500 },
	{ "at the limit", 5000, 5000, 0 },
	{ "beyond the limit", 6000, 5000, 0 },
};

KUNIT_ARRAY_PARAM_DESC(limit, limit_rows, name);

static void the_host_s_limit_is_the_limit(struct kunit *test)
{
	const struct limit_row *row = test->param_value;
	const struct hvb_burst burst = { .forecast_pages = 1000 };

	KUNIT_EXPECT_EQ(test, row->boost,
			hvb_burst_boost(&burst, row->need, row->max));
}

struct signal_row {
	const char *name;
	enum hvb_signal signal;
	bool is_pressure;
};

static const struct signal_row signal_rows[] = {
	{ "forecast", HVB_SIGNAL_FORECAST, false },
	{ "reclaim", HVB_SIGNAL_RECLAIM, false },
	{ "some wait", HVB_SIGNAL_SOME, false },
	{ "nothing runs", HVB_SIGNAL_FULL, true },
	{ "out of memory", HVB_SIGNAL_OOM, true },
};

KUNIT_ARRAY_PARAM_DESC(signal, signal_rows, name);

static void each_signal_is_hot_and_pressure_asks(struct kunit *test)
{
	const struct signal_row *row = test->param_value;
	struct guest guest;
	u64 now_us;

	begin(&guest);
	now_us = guest.sample.now_us;
	hvb_burst_signal(&guest.burst, row->signal, now_us);
	KUNIT_EXPECT_EQ(test, 1, guest.burst.signals[row->signal]);
	KUNIT_EXPECT_TRUE(test, hvb_burst_is_hot(&guest.burst,
						 now_us + MS(999)));
	KUNIT_EXPECT_FALSE(test, hvb_burst_is_hot(&guest.burst,
						  now_us + MS(1000)));
	live(&guest, 1, 0);
	KUNIT_EXPECT_EQ(test, row->is_pressure, boost(&guest) > 0);
}

/* Pressure that more memory doesn't help is not fed without end. */
static void steps_end_at_a_quarter_of_the_need(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	for (unsigned int i = 0; i < 100; i++) {
		hvb_burst_signal(&guest.burst, HVB_SIGNAL_FULL,
				 guest.sample.now_us + 1);
		live(&guest, 1, 0);
		KUNIT_EXPECT_LE(test, boost(&guest),
				guest.sample.need_pages / 4);
	}
	KUNIT_EXPECT_EQ(test, boost(&guest), guest.sample.need_pages / 4);
	live(&guest, 10 * DECAY_S * 20, 0);
	KUNIT_EXPECT_EQ(test, 0, boost(&guest));
}

static void the_answer_time_is_learnt(struct kunit *test)
{
	struct guest guest;
	struct hvb_burst *burst = &guest.burst;
	u64 now_us = START;

	begin(&guest);
	hvb_burst_arrived(burst, now_us);
	KUNIT_EXPECT_EQ(test, burst->answer_us, MS(2000));
	hvb_burst_asked(burst, true, now_us);
	hvb_burst_asked(burst, true, now_us + MS(1000));
	hvb_burst_arrived(burst, now_us + MS(6000));
	KUNIT_EXPECT_EQ(test, burst->last_answer_us, MS(6000));
	KUNIT_EXPECT_EQ(test, burst->answer_us, MS(6000));

	hvb_burst_asked(burst, true, now_us);
	hvb_burst_arrived(burst, now_us + MS(2000));
	KUNIT_EXPECT_EQ(test, burst->answer_us, MS(5000));
	hvb_burst_asked(burst, true, now_us);
	hvb_burst_asked(burst, false, now_us + MS(1));
	hvb_burst_arrived(burst, now_us + MS(9000));
	KUNIT_EXPECT_EQ(test, burst->answer_us, MS(5000));
	hvb_burst_asked(burst, true, now_us);
	hvb_burst_arrived(burst, now_us + MS(60000));
	KUNIT_EXPECT_EQ(test, burst->answer_us, MS(10000));
	KUNIT_EXPECT_EQ(test, burst->max_answer_us, MS(60000));
	for (unsigned int i = 0; i < 50; i++) {
		hvb_burst_asked(burst, true, now_us);
		hvb_burst_arrived(burst, now_us + 1);
	}
	KUNIT_EXPECT_EQ(test, burst->answer_us, MS(500));
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
	{ "half a tick ago", 500, 100, false, false, HVB_DUE_LATER, 500 },
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
	struct guest guest;
	struct hvb_burst *burst = &guest.burst;
	u64 now_us = START;

	begin(&guest);
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
	  { true, true, true, false, 5, 0, 9, 9 }, HVB_CAUSE_HIBERNATION },
	{ "the delay", { false, true, true, false, 5, 0, 9, 9 },
	  HVB_CAUSE_DELAY },
	{ "no reports", { false, false, true, false, 5, 0, 9, 9 },
	  HVB_CAUSE_SUPPRESSED },
	{ "blocks offline", { false, false, false, false, 5, 0, 9, 9 },
	  HVB_CAUSE_OFFLINE },
	{ "no hot-add", { false, false, false, false, 0, 0, 9, 9 },
	  HVB_CAUSE_NO_HOT_ADD },
	{ "no hot-add, but a balloon at the maximum",
	  { false, false, false, false, 0, 5, 9, 9 }, HVB_CAUSE_HOST_MAX },
	{ "the maximum", { false, false, false, true, 0, 0, 9, 9 },
	  HVB_CAUSE_HOST_MAX },
	{ "below the maximum", { false, false, false, true, 0, 0, 8, 9 },
	  HVB_CAUSE_HOST },
	{ "no maximum known", { false, false, false, true, 0, 0, 8, 0 },
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
	KUNIT_CASE(a_quiet_guest_asks_for_nothing),
	KUNIT_CASE(fast_growth_is_foreseen_once_and_asked_for),
	KUNIT_CASE(what_grows_fast_will_want_more),
	KUNIT_CASE(memory_that_arrives_is_no_growth),
	KUNIT_CASE(samples_too_close_are_not_looked_at),
	KUNIT_CASE(what_was_asked_for_decays_slowly_to_nothing),
	KUNIT_CASE_PARAM(the_host_s_limit_is_the_limit, limit_gen_params),
	KUNIT_CASE_PARAM(each_signal_is_hot_and_pressure_asks,
			 signal_gen_params),
	KUNIT_CASE(steps_end_at_a_quarter_of_the_need),
	KUNIT_CASE(the_answer_time_is_learnt),
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
