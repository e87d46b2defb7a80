// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/promise.c: the size that promises take where they
 * have a limit, which promises are refused, and what MemTotal shows.
 */
#include <kunit/test.h>
#include <linux/kernel.h>

#include "demand.h"

#define GUEST	.total_pages = 1000, .avail_pages = 600

struct size_row {
	const char *name;
	struct hvb_counters now;
	u64 size;
	u64 room;
	u64 apart;	/* of the size, no promise */
};

static const struct size_row size_rows[] = {
	{ "no limit", { GUEST, .commit_pages = 900, .limit_percent = 50 }, 0, 600 },
	{ "no limit, and all is promised",
	  { GUEST, .commit_pages = 900, .limit_percent = 50,
	    .overcommit = HVB_OVERCOMMIT_ALWAYS }, 0, 600 },
	{ "a limit that follows the size",
	  { GUEST, .commit_pages = 300, .limit_percent = 50,
	    .overcommit = HVB_OVERCOMMIT_NEVER }, 600, 400 },
	{ "swap comes first",
	  { GUEST, .commit_pages = 300, .limit_percent = 50, .swap_pages = 100,
	    .overcommit = HVB_OVERCOMMIT_NEVER }, 400, 600 },
	{ "swap for all of it",
	  { GUEST, .commit_pages = 300, .limit_percent = 50, .swap_pages = 301,
	    .overcommit = HVB_OVERCOMMIT_NEVER }, 0, 600 },
	{ "more than half",
	  { GUEST, .commit_pages = 300, .limit_percent = 80,
	    .overcommit = HVB_OVERCOMMIT_NEVER }, 375, 600 },
	{ "more promised than the size covers",
	  { GUEST, .commit_pages = 501, .limit_percent = 50,
	    .overcommit = HVB_OVERCOMMIT_NEVER }, 1002, 0 },
	{ "a limit that leaves huge pages out",
	  { GUEST, .commit_pages = 300, .limit_percent = 50, .pool_pages = 150,
	    .overcommit = HVB_OVERCOMMIT_NEVER }, 750, 250, 150 },
	{ "huge pages, and swap for all promises",
	  { GUEST, .commit_pages = 300, .limit_percent = 50, .swap_pages = 301,
	    .pool_pages = 450, .overcommit = HVB_OVERCOMMIT_NEVER },
	  450, 550, 450 },
	{ "huge pages and no limit",
	  { GUEST, .commit_pages = 900, .limit_percent = 50, .pool_pages = 150 },
	  0, 600 },
	{ "a limit that is fixed",
	  { GUEST, .commit_pages = 900, .pool_pages = 150,
	    .overcommit = HVB_OVERCOMMIT_NEVER }, 0, 600 },
};

KUNIT_ARRAY_PARAM_DESC(size, size_rows, name);

static void a_limit_is_kept_by_the_size(struct kunit *test)
{
	const struct size_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->size, hvb_promise_size(&row->now));
	KUNIT_EXPECT_EQ(test, row->room, hvb_promise_room(&row->now));
	KUNIT_EXPECT_EQ(test, row->size - row->apart,
			hvb_promise_tasks(&row->now));
}

struct refused_row {
	const char *name;
	struct hvb_counters now;
	u64 max_pages;
	u64 most;
	bool is_refused;
};

static const struct refused_row refused_rows[] = {
	{ "no maximum is known", { GUEST }, 0, 1000, false },
	{ "a maximum not much above the size", { GUEST }, 1499, 1499, false },
	{ "a maximum well above the size", { GUEST }, 1500, 1500, true },
	{ "of the maximum, the kernel keeps some", { GUEST, .boot_pages = 1 },
	  1500, 1499, false },
	{ "a maximum below what it keeps", { GUEST, .boot_pages = 99 }, 9, 1000,
	  false },
	{ "swap is as good", { GUEST, .swap_pages = 1 }, 1500, 1500, false },
	{ "so is what MemTotal shows", { GUEST, .shown_pages = 1 }, 1500, 1500,
	  false },
	{ "what was ballooned can come back", { GUEST, .ballooned_pages = 500 },
	  0, 1500, true },
	{ "what is offline can come online", { GUEST, .offline_pages = 500 },
	  0, 1500, true },
	{ "all is promised",
	  { GUEST, .overcommit = HVB_OVERCOMMIT_ALWAYS }, 9999, 9999, false },
	{ "a limit is what the admin wants",
	  { GUEST, .overcommit = HVB_OVERCOMMIT_NEVER }, 9999, 9999, false },
};

KUNIT_ARRAY_PARAM_DESC(refused, refused_rows, name);

static void refusals_are_likely_where_the_host_has_much_more(struct kunit *test)
{
	const struct refused_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->most,
			hvb_promise_most(&row->now, row->max_pages));
	KUNIT_EXPECT_EQ(test, row->is_refused,
			hvb_promise_is_refused(&row->now, row->max_pages));
}

struct shown_row {
	const char *name;
	struct hvb_counters now;
	u64 wanted_pages;
	u64 max_pages;
	u64 shown;
};

static const struct shown_row shown_rows[] = {
	{ "nothing is wanted", { GUEST }, 0, 5000, 0 },
	{ "less than there is", { GUEST }, 999, 5000, 0 },
	{ "more than there is", { GUEST }, 4000, 5000, 3000 },
	{ "the host didn't say what it gives", { GUEST }, 4000, 0, 3000 },
	{ "no more than the host gives", { GUEST, .boot_pages = 100 }, 6000,
	  5000, 3900 },
	{ "as much as it took", { GUEST, .ballooned_pages = 500 }, 6000, 1,
	  500 },
	{ "where all is promised it does no harm",
	  { GUEST, .overcommit = HVB_OVERCOMMIT_ALWAYS }, 4000, 0, 3000 },
	{ "never where there is a limit",
	  { GUEST, .overcommit = HVB_OVERCOMMIT_NEVER }, 4000, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(shown, shown_rows, name);

static void memtotal_shows_what_the_host_can_give(struct kunit *test)
{
	const struct shown_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->shown,
			hvb_promise_shown(&row->now, row->wanted_pages,
					  row->max_pages));
}

static struct kunit_case promise_cases[] = {
	KUNIT_CASE_PARAM(a_limit_is_kept_by_the_size, size_gen_params),
	KUNIT_CASE_PARAM(refusals_are_likely_where_the_host_has_much_more,
			 refused_gen_params),
	KUNIT_CASE_PARAM(memtotal_shows_what_the_host_can_give,
			 shown_gen_params),
	{}
};

static struct kunit_suite promise_suite = {
	.name = "hv_balloon_promise",
	.test_cases = promise_cases,
};

kunit_test_suite(promise_suite);
