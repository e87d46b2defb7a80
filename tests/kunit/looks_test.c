// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of when to look at the guest, and when to report what was seen, of
 * drivers/hv/forecast.c.
 */
#include <kunit/test.h>
#include <linux/time64.h>

#include "burst.h"

#define MIB(mib)	((u64)(mib) << 8)
#define MS(ms)		((u64)(ms) * USEC_PER_MSEC)
#define START		MS(1000)
#define USED		MIB(4200)
#define FREE		MIB(4000)

/**
 * struct guest - a guest, and what is remembered of it
 * @burst: the memory
 * @sample: how it is now
 */
struct guest {
	struct hvb_burst burst;
	struct hvb_sample sample;
};

static void begin(struct guest *guest)
{
	*guest = (struct guest) {
		.sample = {
			.now_us = START,
			.task_pages = USED,
			.avail_pages = FREE,
			.need_pages = USED,
			.free_pages = FREE,
		},
	};
	hvb_burst_init(&guest->burst);
	hvb_forecast_sample(&guest->burst, &guest->sample, 30);
}

/* So many looks, after so long each, while tasks grow by so much. */
static void look(struct guest *guest, unsigned int looks, unsigned int passed_ms,
		 u64 mib)
{
	while (looks--) {
		guest->sample.now_us += MS(passed_ms);
		guest->sample.task_pages += MIB(mib);
		guest->sample.need_pages += MIB(mib);
		hvb_forecast_sample(&guest->burst, &guest->sample, 30);
	}
}

static bool glance(struct guest *guest, unsigned int passed_ms, u64 free_pages)
{
	guest->sample.now_us += MS(passed_ms);
	return hvb_forecast_glance(&guest->burst, free_pages,
				   guest->sample.now_us);
}

/* Each time that a 64th of what is used is new: 20 MiB/s, 2 and 20 GiB/s. */
static void growth_is_looked_at_often(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	look(&guest, 10, 1000, 7);
	KUNIT_EXPECT_EQ(test, MS(250), hvb_forecast_look_us(&guest.burst));
	look(&guest, 1, 1000, 20);
	KUNIT_EXPECT_EQ(test, MS(100), hvb_forecast_look_us(&guest.burst));
	look(&guest, 20, 100, 200);
	KUNIT_EXPECT_GT(test, hvb_forecast_look_us(&guest.burst), MS(60));
	KUNIT_EXPECT_LT(test, hvb_forecast_look_us(&guest.burst), MS(70));
	look(&guest, 5, 100, 2000);
	KUNIT_EXPECT_EQ(test, MS(20), hvb_forecast_look_us(&guest.burst));
}

static void a_glance_tells_when_to_look(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	KUNIT_EXPECT_FALSE(test, glance(&guest, 250, FREE));
	KUNIT_EXPECT_FALSE(test, glance(&guest, 250, FREE - MIB(2)));
	KUNIT_EXPECT_TRUE(test, glance(&guest, 250, FREE - MIB(2) - 1));
	KUNIT_EXPECT_FALSE(test, glance(&guest, 250, FREE + MIB(9)));
	KUNIT_EXPECT_TRUE(test, glance(&guest, 250, FREE));
}

static void growth_and_signals_need_no_glance(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	look(&guest, 1, 1000, 100);
	KUNIT_EXPECT_TRUE(test, glance(&guest, 250, FREE));
	begin(&guest);
	hvb_burst_signal(&guest.burst, HVB_SIGNAL_RECLAIM, START);
	KUNIT_EXPECT_TRUE(test, glance(&guest, 250, FREE));
}

/* 100 MiB in 100 ms, not in a second; nor in no time. */
static void what_grows_after_a_glance_is_fast(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	KUNIT_EXPECT_FALSE(test, glance(&guest, 900, FREE));
	look(&guest, 1, 100, 100);
	KUNIT_EXPECT_GT(test, guest.burst.rate_pages_s, MIB(390));
	begin(&guest);
	KUNIT_EXPECT_FALSE(test, glance(&guest, 900, FREE));
	look(&guest, 1, 0, 100);
	KUNIT_EXPECT_LE(test, guest.burst.rate_pages_s, MIB(5000));
}

/* A 32nd of 4200 MiB. */
static void a_figure_that_moves_is_told_at_once(struct kunit *test)
{
	struct guest guest;

	begin(&guest);
	hvb_burst_told(&guest.burst, guest.sample.now_us);
	look(&guest, 13, 100, 10);
	KUNIT_EXPECT_FALSE(test, guest.burst.is_urgent);
	look(&guest, 1, 100, 10);
	KUNIT_EXPECT_TRUE(test, guest.burst.is_urgent);
	hvb_burst_told(&guest.burst, guest.sample.now_us);
	look(&guest, 1, 100, 0);
	KUNIT_EXPECT_FALSE(test, guest.burst.is_urgent);
	guest.sample.need_pages -= MIB(300);
	look(&guest, 1, 100, 0);
	KUNIT_EXPECT_TRUE(test, guest.burst.is_urgent);
}

static struct kunit_case looks_cases[] = {
	KUNIT_CASE(growth_is_looked_at_often),
	KUNIT_CASE(a_glance_tells_when_to_look),
	KUNIT_CASE(growth_and_signals_need_no_glance),
	KUNIT_CASE(what_grows_after_a_glance_is_fast),
	KUNIT_CASE(a_figure_that_moves_is_told_at_once),
	{}
};

static struct kunit_suite looks_suite = {
	.name = "hv_balloon_looks",
	.test_cases = looks_cases,
};

kunit_test_suite(looks_suite);
