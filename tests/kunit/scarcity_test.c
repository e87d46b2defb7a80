// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/scarcity.c: when the guest itself is short, and
 * what of its swap counts. And when giving has begun to cost it something (demand.c).
 */
#include <kunit/test.h>
#include <linux/time64.h>

#include "arith.h"
#include "burst.h"
#include "demand.h"
#include "scarcity.h"

#define MIB(mib)	HVB_MIB_PAGES(mib)
#define START_US	USEC_PER_SEC
#define TOTAL		1000

static struct hvb_counters counters(u64 avail_pages, u64 swapped_pages)
{
	return (struct hvb_counters) {
		.total_pages = TOTAL,
		.avail_pages = avail_pages,
		.swapped_pages = swapped_pages,
		.task_pages = 500 + swapped_pages,
	};
}

static void look(struct hvb_scarcity *scarcity, bool is_reclaiming,
		 u64 avail_pages, u64 swapped_pages, u64 after_us)
{
	const struct hvb_counters now = counters(avail_pages, swapped_pages);

	hvb_scarcity_look(scarcity, is_reclaiming, &now, START_US + after_us);
}

static u64 counted(const struct hvb_scarcity *scarcity, u64 swapped_pages)
{
	struct hvb_counters now = counters(0, swapped_pages);

	hvb_scarcity_apply(scarcity, &now);
	return now.swapped_pages;
}

struct short_row {
	const char *name;
	bool is_reclaiming;
	u64 avail_pages;
	u64 later_us;
	bool is_short;
};

static const struct short_row short_rows[] = {
	{ "reclaim and little available", true, 249, 0, true },
	{ "reclaim a moment ago", true, 249, 2 * USEC_PER_SEC, true },
	{ "reclaim long ago", true, 249, 2 * USEC_PER_SEC + 1, false },
	{ "reclaim, as of a stream of page cache", true, 250, 0, false },
	{ "little available, and nobody reclaims", false, 0, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(short, short_rows, name);

static void a_guest_that_reclaims_with_little_left_is_short(struct kunit *test)
{
	const struct short_row *row = test->param_value;
	struct hvb_scarcity scarcity = {};

	look(&scarcity, row->is_reclaiming, row->avail_pages, 0, 0);
	if (row->later_us)
		look(&scarcity, false, row->avail_pages, 0, row->later_us);
	KUNIT_EXPECT_EQ(test, scarcity.is_short, row->is_short);
}

static void swap_of_a_short_guest_counts(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};

	look(&scarcity, false, 500, 0, 0);
	look(&scarcity, true, 10, 100, USEC_PER_SEC);
	look(&scarcity, true, 10, 160, 2 * USEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, counted(&scarcity, 160), 160);
	look(&scarcity, true, 10, 40, 3 * USEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, counted(&scarcity, 40), 40);
}

static void swap_of_a_cgroup_at_its_limit_does_not(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};
	struct hvb_counters now = counters(900, 300);

	look(&scarcity, false, 900, 0, 0);
	look(&scarcity, false, 900, 300, USEC_PER_SEC);
	hvb_scarcity_apply(&scarcity, &now);
	KUNIT_EXPECT_EQ(test, now.swapped_pages, 0);
	KUNIT_EXPECT_EQ(test, now.task_pages, 500);
}

/* Of pages that were in memory, by whoever has a use for the memory. */
static void what_somebody_reclaims_counts(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};
	struct hvb_counters now = counters(500, 0);

	hvb_scarcity_look(&scarcity, false, &now, START_US);
	now.swapped_pages = 200;
	hvb_scarcity_look(&scarcity, true, &now, START_US + 1);
	hvb_scarcity_apply(&scarcity, &now);
	KUNIT_EXPECT_GE(test, now.swapped_pages, 199);
	KUNIT_EXPECT_GE(test, now.task_pages, 499);
}

/* Out and in again, and again: nothing adds up. */
static void a_cgroup_that_thrashes_comes_to_nothing(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};
	struct hvb_counters now = counters(900, 100);

	hvb_scarcity_look(&scarcity, false, &now, START_US);
	for (unsigned int i = 1; i <= 100; i++) {
		now.swapped_pages = 100 + 20 * (i % 2);
		hvb_scarcity_look(&scarcity, false, &now, START_US + i);
	}
	KUNIT_EXPECT_LE(test, scarcity.counted_pages, 20);
}

static void what_is_not_missed_counts_less_and_less(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};
	u64 s;

	look(&scarcity, true, 10, 800, 0);
	for (s = 1; s <= 30; s++)
		look(&scarcity, false, 900, 800, s * USEC_PER_SEC);
	KUNIT_EXPECT_LE(test, counted(&scarcity, 800), 450);
	KUNIT_EXPECT_GE(test, counted(&scarcity, 800), 350);
	for (; s <= 600; s++)
		look(&scarcity, false, 900, 800, s * USEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, counted(&scarcity, 800), 0);
}

static void while_little_is_available_nothing_is_forgotten(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};

	look(&scarcity, true, 10, 800, 0);
	for (u64 s = 1; s <= 30; s++)
		look(&scarcity, false, 100, 800, s * USEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, counted(&scarcity, 800), 800);
}

/* A large guest has little of itself available, and enough. */
static void a_large_guest_is_short_when_it_has_less_than_it_asks_for(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};
	struct hvb_counters now = {
		.total_pages = MIB(64 << 10),
		.avail_pages = MIB(2600),
		.swapped_pages = MIB(8 << 10),
	};

	hvb_scarcity_look(&scarcity, true, &now, START_US);
	KUNIT_EXPECT_FALSE(test, scarcity.is_short);
	scarcity.counted_pages = now.swapped_pages;
	hvb_scarcity_look(&scarcity, true, &now, START_US + 60 * USEC_PER_SEC);
	KUNIT_EXPECT_LT(test, scarcity.counted_pages, now.swapped_pages / 2);
	now.avail_pages = MIB(2500);
	hvb_scarcity_look(&scarcity, true, &now, START_US + 61 * USEC_PER_SEC);
	KUNIT_EXPECT_TRUE(test, scarcity.is_short);
}

static void signals_of_others_say_nothing(struct kunit *test)
{
	struct hvb_scarcity scarcity = {};
	unsigned long all = BIT(HVB_SIGNALS) - 1;

	KUNIT_EXPECT_EQ(test, hvb_scarcity_signals(&scarcity, all),
			BIT(HVB_SIGNAL_FORECAST) | BIT(HVB_SIGNAL_OOM));
	scarcity.is_short = true;
	KUNIT_EXPECT_EQ(test, hvb_scarcity_signals(&scarcity, all), all);
}

static void giving_that_costs_something_shows(struct kunit *test)
{
	const struct hvb_counters start = {
		.swapped_out_pages = 100, .thrashed_pages = MIB(3),
	};
	struct hvb_counters now = start;

	now.reclaimed_pages = MIB(100);
	KUNIT_EXPECT_FALSE(test, hvb_demand_is_squeezed(&start, &now, true));
	now.thrashed_pages += MIB(16) - 1;
	KUNIT_EXPECT_FALSE(test, hvb_demand_is_squeezed(&start, &now, true));
	now.thrashed_pages++;
	KUNIT_EXPECT_TRUE(test, hvb_demand_is_squeezed(&start, &now, false));
	now = start;
	now.reclaimed_pages = 1;
	now.swapped_out_pages++;
	KUNIT_EXPECT_TRUE(test, hvb_demand_is_squeezed(&start, &now, true));
}

/* Where they count few, these stand for others, and a stream has none. */
static void what_is_missed_in_generations_shows(struct kunit *test)
{
	const struct hvb_counters start = {
		.thrashed_pages = MIB(5), .refault_pages = MIB(7),
	};
	struct hvb_counters now = {
		.thrashed_pages = MIB(9), .refault_pages = MIB(307),
		.reclaimed_pages = MIB(300),
	};

	KUNIT_EXPECT_EQ(test, MIB(4), hvb_demand_missed(&start, &now));
	KUNIT_EXPECT_FALSE(test, hvb_demand_is_squeezed(&start, &now, false));
	now.has_generations = true;
	KUNIT_EXPECT_EQ(test, MIB(16), hvb_demand_missed(&start, &now));
	KUNIT_EXPECT_TRUE(test, hvb_demand_is_squeezed(&start, &now, false));
	now.refault_pages = MIB(7 + 15);
	KUNIT_EXPECT_EQ(test, MIB(15), hvb_demand_missed(&start, &now));
	now.refault_pages = MIB(7 + 3);
	KUNIT_EXPECT_EQ(test, MIB(4), hvb_demand_missed(&start, &now));
	now.reclaimed_pages = MIB(2);
	KUNIT_EXPECT_EQ(test, MIB(2), hvb_demand_missed(&start, &now));
	now.thrashed_pages = MIB(5);
	KUNIT_EXPECT_EQ(test, 0, hvb_demand_missed(&start, &now));
}

static void what_a_cgroup_does_at_its_limit_costs_nothing(struct kunit *test)
{
	const struct hvb_counters start = {};
	struct hvb_counters now = {
		.swapped_out_pages = MIB(300), .thrashed_pages = MIB(300),
	};

	KUNIT_EXPECT_FALSE(test, hvb_demand_is_squeezed(&start, &now, true));
	/* Giving reclaims page cache, and others don't reclaim. */
	now.reclaimed_pages = MIB(15);
	KUNIT_EXPECT_FALSE(test, hvb_demand_is_squeezed(&start, &now, false));
}

static struct kunit_case scarcity_cases[] = {
	KUNIT_CASE_PARAM(a_guest_that_reclaims_with_little_left_is_short,
			 short_gen_params),
	KUNIT_CASE(swap_of_a_short_guest_counts),
	KUNIT_CASE(swap_of_a_cgroup_at_its_limit_does_not),
	KUNIT_CASE(what_somebody_reclaims_counts),
	KUNIT_CASE(a_cgroup_that_thrashes_comes_to_nothing),
	KUNIT_CASE(what_is_not_missed_counts_less_and_less),
	KUNIT_CASE(while_little_is_available_nothing_is_forgotten),
	KUNIT_CASE(a_large_guest_is_short_when_it_has_less_than_it_asks_for),
	KUNIT_CASE(signals_of_others_say_nothing),
	KUNIT_CASE(giving_that_costs_something_shows),
	KUNIT_CASE(what_is_missed_in_generations_shows),
	KUNIT_CASE(what_a_cgroup_does_at_its_limit_costs_nothing),
	{}
};

static struct kunit_suite scarcity_suite = {
	.name = "hv_balloon_scarcity",
	.test_cases = scarcity_cases,
};

kunit_test_suite(scarcity_suite);
