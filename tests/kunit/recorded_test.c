// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what demand.c and burst.c make of counters that were recorded from a
 * real guest: one row for each kind of load, and a burst that a real host
 * answered by hot-adds, from the first page touched to 60 s after the end.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "burst.h"
#include "demand.h"
#include "recorded.h"

#define MIB(mib)	((s64)(mib) << 8)
#define DECAY_S		30

/* struct moment - the counters at one time */
struct moment {
	const char *load;
	u64 ms;
	struct hvb_counters now;
};

#define COUNTERS(total, avail, commit, ballooned, offline, price, cache, \
		 swapped, task)						\
	{								\
		.total_pages = (total), .avail_pages = (avail),		\
		.commit_pages = (commit), .ballooned_pages = (ballooned), \
		.offline_pages = (offline), .price_pages = (price),	\
		.cache_pages = (cache), .swapped_pages = (swapped),	\
		.task_pages = (task),					\
	}
#define LOAD(name, ...)		{ .load = (name), .now = COUNTERS(__VA_ARGS__) },
#define BURST(at, ...)		{ .ms = (at), .now = COUNTERS(__VA_ARGS__) },

static const struct moment loads[] = { RECORDED_LOADS(LOAD) };
static const struct moment burst[] = { RECORDED_BURST(BURST) };

static u64 need_of(const struct hvb_counters *now)
{
	struct hvb_need need;

	hvb_demand_look(now, &need);
	return need.need_pages;
}

struct load_row {
	const char *name;
	s64 least;
	s64 most;
};

/*
 * The demand over that of the idle guest. A load of 400 MiB counts with its
 * headroom, and with what is left of the one before.
 */
static const struct load_row load_rows[] = {
	{ "cache", -MIB(30), MIB(30) },
	{ "noreserve", MIB(400), MIB(700) },
	{ "swapped", MIB(400), MIB(700) },
	{ "tmpfs", MIB(400), MIB(700) },
	{ "hugetlb", MIB(400), MIB(700) },
	{ "ballooned", MIB(480), MIB(580) },
	{ "offline", MIB(480), MIB(580) },
};

KUNIT_ARRAY_PARAM_DESC(load, load_rows, name);

static const struct hvb_counters *find_load(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(loads); i++)
		if (!strcmp(loads[i].load, name))
			return &loads[i].now;
	return NULL;
}

static void a_load_counts_for_what_it_uses(struct kunit *test)
{
	const struct load_row *row = test->param_value;
	const struct hvb_counters *idle = find_load("idle");
	const struct hvb_counters *now = find_load(row->name);
	s64 more;

	KUNIT_ASSERT_NOT_NULL(test, idle);
	KUNIT_ASSERT_NOT_NULL(test, now);
	more = (s64)need_of(now) - (s64)need_of(idle);
	KUNIT_EXPECT_GE(test, more, row->least);
	KUNIT_EXPECT_LE(test, more, row->most);
}

/* With a buffer of 20 %, a host may take a third of the idle guest and more. */
static void an_idle_guest_is_not_hungry(struct kunit *test)
{
	const struct hvb_counters *idle = find_load("idle");

	KUNIT_ASSERT_NOT_NULL(test, idle);
	KUNIT_EXPECT_LE(test, need_of(idle) * 12 / 10,
			idle->total_pages * 2 / 3);
}

/**
 * struct replay - what is asked for as a burst goes by
 * @burst: what is remembered of it
 * @asked_pages: num_committed
 * @need_pages: of that, what is needed now
 * @total_pages: the guest's size
 * @now_us: when
 */
struct replay {
	struct hvb_burst burst;
	u64 asked_pages;
	u64 need_pages;
	u64 total_pages;
	u64 now_us;
};

static void replay(struct replay *replay, const struct hvb_counters *now,
		   u64 now_us)
{
	struct hvb_sample sample = {
		.now_us = now_us,
		.task_pages = now->task_pages,
		.avail_pages = now->avail_pages,
	};
	struct hvb_need need;

	if (!replay->now_us)
		hvb_burst_init(&replay->burst);
	else if (now->total_pages > replay->total_pages)
		hvb_burst_arrived(&replay->burst, now_us);
	hvb_demand_look(now, &need);
	sample.need_pages = need.need_pages;
	sample.headroom_pages = need.headroom_pages;
	sample.away_pages = need.away_pages;
	hvb_forecast_sample(&replay->burst, &sample, DECAY_S);
	replay->now_us = now_us;
	replay->total_pages = now->total_pages;
	replay->need_pages = need.need_pages;
	replay->asked_pages = need.need_pages +
		hvb_forecast_boost(&replay->burst, need.need_pages, 0);
	hvb_burst_asked(&replay->burst,
			hvb_demand_more(now, 0, replay->asked_pages), now_us);
}

static u64 us(const struct moment *moment)
{
	return (moment->ms + 1000) * USEC_PER_MSEC;
}

/* What the whole burst needs at its peak, the host's part aside. */
static u64 peak_need(void)
{
	u64 peak = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(burst); i++)
		peak = max(peak, need_of(&burst[i].now) -
				 burst[i].now.ballooned_pages);
	return peak;
}

/* The forecast adds a fifth at most; the host adds as much for its buffer. */
static void a_burst_asks_for_what_it_needs_and_little_more(struct kunit *test)
{
	u64 peak = peak_need(), most = 0, first = 0, last = 0;
	struct replay now = {};

	for (unsigned int i = 0; i < ARRAY_SIZE(burst); i++) {
		replay(&now, &burst[i].now, us(&burst[i]));
		KUNIT_ASSERT_GE(test, now.asked_pages, now.need_pages);
		last = now.asked_pages - burst[i].now.ballooned_pages;
		most = max(most, last);
		first = first ?: last;
	}
	kunit_info(test, "at first %llu, at most %llu, for %llu needed; at last %llu MiB\n",
		   first >> 8, most >> 8, peak >> 8, last >> 8);
	KUNIT_EXPECT_GE(test, most, peak);
	KUNIT_EXPECT_LE(test, most, peak + peak / 5);
	KUNIT_EXPECT_LE(test, last, first + first / 10);
}

/* The same counters, had the host added nothing: what doesn't fit is swapped. */
static struct hvb_counters withhold(const struct hvb_counters *now)
{
	u64 added = now->total_pages - min(now->total_pages,
					   burst[0].now.total_pages);
	struct hvb_counters without = *now;

	added -= min(added, now->price_pages);
	without.total_pages -= added + now->price_pages;
	without.price_pages = 0;
	without.avail_pages -= min(added, now->avail_pages);
	without.swapped_pages += added - min(added, now->avail_pages);
	return without;
}

/* What arrives must not make the guest ask for more: that has no end. */
static void memory_that_arrives_asks_for_no_more(struct kunit *test)
{
	struct replay with = {}, without = {};

	for (unsigned int i = 0; i < ARRAY_SIZE(burst); i++) {
		struct hvb_counters alone = withhold(&burst[i].now);

		if (burst[i].now.ballooned_pages)
			break;
		replay(&with, &burst[i].now, us(&burst[i]));
		replay(&without, &alone, us(&burst[i]));
		KUNIT_EXPECT_LE(test, with.asked_pages,
				without.asked_pages + MIB(64));
	}
	kunit_info(test, "with what arrived %llu, without %llu MiB\n",
		   with.asked_pages >> 8, without.asked_pages >> 8);
}

static struct kunit_case recorded_cases[] = {
	KUNIT_CASE_PARAM(a_load_counts_for_what_it_uses, load_gen_params),
	KUNIT_CASE(an_idle_guest_is_not_hungry),
	KUNIT_CASE(a_burst_asks_for_what_it_needs_and_little_more),
	KUNIT_CASE(memory_that_arrives_asks_for_no_more),
	{}
};

static struct kunit_suite recorded_suite = {
	.name = "hv_balloon_recorded",
	.test_cases = recorded_cases,
};

kunit_test_suite(recorded_suite);
