// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/forecast.c: bursts as sequences of samples and
 * signals, with the time passed in.
 */
#include <kunit/test.h>
#include <linux/time64.h>

#include "burst.h"

#define MIB(mib)	((u64)(mib) << 8)
#define MS(ms)		((u64)(ms) * USEC_PER_MSEC)
#define START		MS(1000)
#define DECAY_S		30

/* Of the guest at first. */
#define USED		MIB(4200)
#define AVAIL		MIB(4000)
#define SIZE		(USED + AVAIL)
#define HEADROOM	MIB(500)

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
			.task_pages = USED - MIB(200),
			.avail_pages = AVAIL,
			.need_pages = USED + HEADROOM,
			.headroom_pages = HEADROOM,
		},
	};
	hvb_burst_init(&guest->burst);
	hvb_forecast_sample(&guest->burst, &guest->sample, DECAY_S);
}

/* So many looks, 100 ms apart, while tasks grow by so much a second. */
static void live(struct guest *guest, unsigned int looks, u64 mib_s)
{
	u64 pages = MIB(mib_s) / 10;

	while (looks--) {
		struct hvb_sample *sample = &guest->sample;

		sample->now_us += MS(100);
		sample->task_pages += pages;
		sample->need_pages += pages;
		sample->avail_pages -= min(pages, sample->avail_pages);
		guest->nr_forecasts += hvb_forecast_sample(&guest->burst, sample,
							DECAY_S);
	}
}

static u64 used(const struct guest *guest)
{
	return guest->sample.need_pages - HEADROOM;
}

static u64 boost(const struct guest *guest)
{
	return hvb_forecast_boost(&guest->burst, guest->sample.need_pages, 0);
}

static u64 asked(const struct guest *guest)
{
	return guest->sample.need_pages + boost(guest);
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

static void fast_growth_is_foreseen_once(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 30, 1000);
	KUNIT_EXPECT_EQ(test, 1, guest.nr_forecasts);
	KUNIT_EXPECT_TRUE(test, hvb_burst_is_hot(&guest.burst,
						 guest.sample.now_us));
}

/* At 100 MiB/s, what an answer takes is 200 MiB; 7600 MiB are three before all. */
static void growth_is_asked_for_when_memory_ends_soon(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 339, 100);
	KUNIT_EXPECT_EQ(test, 0, boost(&guest));
	live(&guest, 2, 100);
	KUNIT_EXPECT_GT(test, asked(&guest), used(&guest) + MIB(1590));
	KUNIT_EXPECT_LE(test, asked(&guest), used(&guest) + MIB(1600));
}

/* 20 GiB/s for an answer that takes 2 s are many times the guest. */
static void no_rate_asks_for_more_than_what_is_used_allows(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	guest.burst.size_pages = SIZE;
	for (unsigned int i = 0; i < 20; i++) {
		live(&guest, 1, 20000);
		KUNIT_EXPECT_LE(test, guest.burst.forecast_pages + used(&guest),
				used(&guest) * 3 / 2);
	}
	KUNIT_EXPECT_GT(test, asked(&guest), used(&guest) * 7 / 5);
}

/* What it didn't ask for then comes too late. */
static void the_first_request_may_go_further(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 20, 2000);
	KUNIT_EXPECT_GT(test, asked(&guest), used(&guest) * 17 / 12);
	KUNIT_EXPECT_LE(test, asked(&guest), used(&guest) * 18 / 12);
	guest.burst.gain_percent = 120;
	live(&guest, 1, 2000);
	KUNIT_EXPECT_GT(test, asked(&guest), used(&guest) * 16 / 12);
	KUNIT_EXPECT_LE(test, asked(&guest), used(&guest) * 33 / 24);
}

/* The host takes its time for it, and growth would soon want more. */
static void little_is_not_asked_for_while_much_will_be(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 4, 2000);
	KUNIT_EXPECT_GT(test, used(&guest) * 3 / 2, SIZE * 10 / 12);
	KUNIT_EXPECT_LE(test, asked(&guest), SIZE * 10 / 12);
}

static void nothing_is_asked_for_when_growth_has_ended(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 36, 1000);
	KUNIT_EXPECT_GT(test, boost(&guest), 0);
	hvb_burst_told(&guest.burst, guest.sample.now_us);
	live(&guest, 1, 0);
	KUNIT_EXPECT_EQ(test, 0, boost(&guest));
	KUNIT_EXPECT_TRUE(test, guest.burst.is_urgent);
}

/* The disk is slow; the burst isn't. It is, once there is memory. */
static void a_starved_guest_goes_on_at_its_rate(struct kunit *test)
{
	struct guest guest;
	u64 rate;

	begin(&guest);
	live(&guest, 40, 1000);
	rate = guest.burst.rate_pages_s;
	live(&guest, 20, 50);
	KUNIT_EXPECT_EQ(test, rate, guest.burst.rate_pages_s);
	KUNIT_EXPECT_GT(test, boost(&guest), 0);
	guest.sample.avail_pages += MIB(2000);
	live(&guest, 1, 50);
	KUNIT_EXPECT_LE(test, guest.burst.rate_pages_s, MIB(50));
	KUNIT_EXPECT_EQ(test, 0, guest.burst.forecast_pages);
}

/* Without swap nothing grows at all, but somebody waits. */
static void a_starved_guest_may_stand_still(struct kunit *test)
{
	struct guest guest;
	u64 rate;

	begin(&guest);
	live(&guest, 40, 1000);
	rate = guest.burst.rate_pages_s;
	hvb_burst_signal(&guest.burst, HVB_SIGNAL_SOME, guest.sample.now_us);
	live(&guest, 5, 0);
	KUNIT_EXPECT_EQ(test, rate, guest.burst.rate_pages_s);
	live(&guest, 20, 0);
	KUNIT_EXPECT_EQ(test, 0, guest.burst.rate_pages_s);
}

/* What the host has of the guest is no part of what the burst is measured by. */
static void what_is_away_is_only_added(struct kunit *test)
{
	struct guest guest, held;

	begin(&guest);
	begin(&held);
	held.sample.away_pages = MIB(20000);
	held.sample.need_pages += MIB(20000);
	for (unsigned int i = 0; i < 60; i++) {
		live(&guest, 1, 1000);
		live(&held, 1, 1000);
		KUNIT_EXPECT_EQ(test, asked(&held), asked(&guest) + MIB(20000));
	}
	KUNIT_EXPECT_TRUE(test, boost(&guest));
}

/* A host that gives 1.5 times what it is asked for is asked for less. */
static void what_the_host_gives_is_learnt(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 36, 1000);
	hvb_burst_asked(&guest.burst, 1, guest.sample.now_us);
	live(&guest, 2, 1000);
	guest.sample.avail_pages += asked(&guest) * 3 / 2 - SIZE;
	hvb_burst_arrived(&guest.burst, guest.sample.now_us);
	live(&guest, 1, 1000);
	KUNIT_EXPECT_GE(test, guest.burst.gain_percent, 145);
	KUNIT_EXPECT_LE(test, guest.burst.gain_percent, 160);
	live(&guest, 100, 1000);
	KUNIT_EXPECT_LE(test, guest.burst.forecast_pages + used(&guest),
			used(&guest) * 5 / 4);
}

/* At 200 MiB/s: twice what grows in 3 s is 1200 MiB. */
static void what_grows_fast_will_want_more(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	KUNIT_EXPECT_EQ(test, 0, hvb_forecast_ahead(&guest.burst));
	live(&guest, 30, 200);
	KUNIT_EXPECT_GT(test, hvb_forecast_ahead(&guest.burst), MIB(1190));
	KUNIT_EXPECT_LE(test, hvb_forecast_ahead(&guest.burst), MIB(1200));
	live(&guest, 1, 0);
	KUNIT_EXPECT_EQ(test, 0, hvb_forecast_ahead(&guest.burst));
}

/* What arrives is available, and no task has grown by it. */
static void memory_that_arrives_is_no_growth(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	live(&guest, 36, 1000);
	for (unsigned int i = 0; i < 20; i++) {
		guest.sample.avail_pages += MIB(128);
		live(&guest, 1, 0);
		KUNIT_EXPECT_EQ(test, 0, boost(&guest));
	}
	KUNIT_EXPECT_LT(test, guest.burst.rate_pages_s, MIB(8));
}

static void samples_too_close_are_not_looked_at(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	for (unsigned int i = 0; i < 4; i++) {
		guest.sample.now_us += MS(4);
		guest.sample.task_pages += MIB(100);
		KUNIT_EXPECT_FALSE(test,
				   hvb_forecast_sample(&guest.burst,
						       &guest.sample, DECAY_S));
	}
	KUNIT_EXPECT_EQ(test, 0, guest.burst.rate_pages_s);
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
			hvb_forecast_boost(&burst, row->need, row->max));
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

/* Pressure, twice a second. */
static void press(struct guest *guest, unsigned int times)
{
	while (times--) {
		hvb_burst_signal(&guest->burst, HVB_SIGNAL_FULL,
				 guest->sample.now_us + 1);
		live(guest, 6, 0);
	}
}

/* Pressure that more memory doesn't help is not fed without end. */
static void steps_end_at_a_quarter_of_the_need(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	press(&guest, 3);
	KUNIT_EXPECT_LT(test, boost(&guest), guest.sample.need_pages / 4);
	press(&guest, 20);
	KUNIT_EXPECT_EQ(test, boost(&guest), guest.sample.need_pages / 4);
}

/* With 1500 of 1700 MiB used, steps could go up to 425 MiB. */
static void steps_keep_to_the_size_while_memory_is_free(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	guest.sample.avail_pages = MIB(2000);
	press(&guest, 20);
	KUNIT_EXPECT_LE(test, asked(&guest), (USED + MIB(2000)) * 10 / 12);
	guest.sample.avail_pages = 0;
	press(&guest, 20);
	KUNIT_EXPECT_GT(test, asked(&guest), USED * 5 / 4);
	KUNIT_EXPECT_LE(test, asked(&guest), USED * 17 / 12);
}

static void steps_decay_slowly_to_nothing(struct kunit *test)
{
	struct guest guest;
	u64 before, last;

	begin(&guest);
	press(&guest, 20);
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

static struct kunit_case forecast_cases[] = {
	KUNIT_CASE(a_quiet_guest_asks_for_nothing),
	KUNIT_CASE(fast_growth_is_foreseen_once),
	KUNIT_CASE(growth_is_asked_for_when_memory_ends_soon),
	KUNIT_CASE(no_rate_asks_for_more_than_what_is_used_allows),
	KUNIT_CASE(the_first_request_may_go_further),
	KUNIT_CASE(little_is_not_asked_for_while_much_will_be),
	KUNIT_CASE(nothing_is_asked_for_when_growth_has_ended),
	KUNIT_CASE(a_starved_guest_goes_on_at_its_rate),
	KUNIT_CASE(a_starved_guest_may_stand_still),
	KUNIT_CASE(what_is_away_is_only_added),
	KUNIT_CASE(what_the_host_gives_is_learnt),
	KUNIT_CASE(what_grows_fast_will_want_more),
	KUNIT_CASE(memory_that_arrives_is_no_growth),
	KUNIT_CASE(samples_too_close_are_not_looked_at),
	KUNIT_CASE_PARAM(the_host_s_limit_is_the_limit, limit_gen_params),
	KUNIT_CASE_PARAM(each_signal_is_hot_and_pressure_asks,
			 signal_gen_params),
	KUNIT_CASE(steps_end_at_a_quarter_of_the_need),
	KUNIT_CASE(steps_keep_to_the_size_while_memory_is_free),
	KUNIT_CASE(steps_decay_slowly_to_nothing),
	{}
};

static struct kunit_suite forecast_suite = {
	.name = "hv_balloon_forecast",
	.test_cases = forecast_cases,
};

kunit_test_suite(forecast_suite);
