// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/demand.c: the floor against the figures that
 * its comment promises and swept for its shape, what may be given against a
 * search page by page, what is needed, and the figures of a report.
 */
#include <kunit/test.h>
#include <linux/kernel.h>

#include "demand.h"

#define MIB(mib)	((u64)(mib) << 8)
#define TIB(tib)	MIB((u64)(tib) << 20)

struct floor_row {
	const char *name;
	u64 total;
	u64 floor_mib;
};

static const struct floor_row floor_rows[] = {
	{ "nothing", 0, 0 },
	{ "128 MiB", MIB(128), 57 },
	{ "512 MiB", MIB(512), 176 },
	{ "1 GiB", MIB(1024), 273 },
	{ "4 GiB", MIB(4096), 517 },
	{ "64 GiB", MIB(65536), 2528 },
	{ "12 TiB", TIB(12), 393703 },
};

KUNIT_ARRAY_PARAM_DESC(floor, floor_rows, name);

static void the_floor_is_what_the_comment_says(struct kunit *test)
{
	const struct floor_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, hvb_demand_floor(row->total) >> 8,
			row->floor_mib);
}

/* From 1 MiB to 16 TiB, in steps of about 0.1 %; a page more is rounding. */
static void the_floor_rises_and_never_faster_than_the_size(struct kunit *test)
{
	u64 total = MIB(1), floor = hvb_demand_floor(total);

	while (total < TIB(16)) {
		u64 next_total = total + total / 1024 + 1;
		u64 next = hvb_demand_floor(next_total);

		KUNIT_ASSERT_LE(test, floor, next);
		KUNIT_ASSERT_LE(test, next - floor, next_total - total + 1);
		KUNIT_ASSERT_LT(test, next, next_total);
		total = next_total;
		floor = next;
	}
}

struct give_row {
	const char *name;
	u64 total;
	u64 avail;
};

static const struct give_row give_rows[] = {
	{ "nothing at all", 0, 0 },
	{ "one page", 1, 1 },
	{ "nothing available", MIB(8), 0 },
	{ "one page available", MIB(8), 1 },
	{ "at the floor", MIB(8), MIB(3) },
	{ "half available", MIB(16), MIB(8) },
	{ "all available", MIB(16), MIB(16) },
	{ "more available than there is", MIB(8), MIB(9) },
};

KUNIT_ARRAY_PARAM_DESC(give, give_rows, name);

/* The slow model: as long as one page more leaves the floor, give it. */
static void what_may_be_given_agrees_with_a_search(struct kunit *test)
{
	const struct give_row *row = test->param_value;
	u64 most = min(row->total, row->avail), give = 0;

	while (give < most && row->avail - give - 1 >=
	       hvb_demand_floor(row->total - give - 1))
		give++;
	KUNIT_EXPECT_EQ(test, hvb_demand_can_give(row->total, row->avail),
			give);
}

struct size_row {
	const char *name;
	u64 total;
};

static const struct size_row size_rows[] = {
	{ "128 MiB", MIB(128) },
	{ "1 GiB", MIB(1024) },
	{ "4 GiB", MIB(4096) },
	{ "1 TiB", TIB(1) },
	{ "12 TiB", TIB(12) },
};

KUNIT_ARRAY_PARAM_DESC(size, size_rows, name);

static void many_steps_give_as_much_as_one(struct kunit *test)
{
	const struct size_row *row = test->param_value;
	u64 total = row->total, avail = total - total / 8;
	u64 once = hvb_demand_can_give(total, avail), given = 0;

	KUNIT_EXPECT_GT(test, once, 0);
	for (unsigned int i = 0; i < 100; i++) {
		u64 can = hvb_demand_can_give(total - given, avail - given);
		u64 part = min(can, once / 100 + 1);

		given += part;
	}
	KUNIT_EXPECT_EQ(test, given, once);
	KUNIT_EXPECT_EQ(test, 0, hvb_demand_can_give(total - given,
						     avail - given));
	KUNIT_EXPECT_GE(test, avail - given,
			hvb_demand_floor(total - given));
}

/* The smallest that is the floor of the size that is used and it. */
static void the_headroom_is_the_floor_of_the_size_for_it(struct kunit *test)
{
	for (u64 used = 0; used < TIB(16); used += used / 64 + 1) {
		u64 headroom = hvb_demand_headroom(used);

		KUNIT_ASSERT_EQ(test, headroom,
				hvb_demand_floor(used + headroom));
		if (headroom)
			KUNIT_ASSERT_GT(test,
					hvb_demand_floor(used + headroom - 1),
					headroom - 1);
	}
}

struct need_row {
	const char *name;
	struct hvb_counters now;
	u64 used;
	u64 beside;
};

static const struct need_row need_rows[] = {
	{ "nothing", {}, 0, 0 },
	{ "each part counts once",
	  { .total_pages = MIB(1024), .avail_pages = MIB(1024),
	    .overcommit = HVB_OVERCOMMIT_NEVER,
	    .commit_pages = 1, .ballooned_pages = 20, .offline_pages = 300,
	    .boot_pages = 4000 },
	  1, 320 },
	{ "what is in use, where less was promised",
	  { .total_pages = 1000, .avail_pages = 400, .commit_pages = 599,
	    .overcommit = HVB_OVERCOMMIT_NEVER },
	  600, 0 },
	{ "what was promised, where less is in use",
	  { .total_pages = 1000, .avail_pages = 400, .commit_pages = 601,
	    .overcommit = HVB_OVERCOMMIT_NEVER },
	  601, 0 },
	{ "of what may be promised, the size that it takes",
	  { .total_pages = 1000, .avail_pages = 400, .commit_pages = 601,
	    .overcommit = HVB_OVERCOMMIT_NEVER, .limit_percent = 50 },
	  1202, 0 },
	{ "what is in use, where promises take less",
	  { .total_pages = 1000, .avail_pages = 400, .commit_pages = 601,
	    .overcommit = HVB_OVERCOMMIT_NEVER, .limit_percent = 50,
	    .swap_pages = 400 },
	  600, 0 },
	{ "of what was promised, the share that was touched of all",
	  { .total_pages = 1000, .avail_pages = 400, .commit_pages = 2400 },
	  600 + 1800 / 4, 0 },
	{ "no promise counts for more than what is in use",
	  { .total_pages = 1024, .avail_pages = 512,
	    .commit_pages = 512 << 10 }, 512 + 511, 0 },
	{ "promises of nothing that is in use",
	  { .total_pages = 1000, .avail_pages = 1000, .commit_pages = 7 },
	  0, 0 },
	{ "what was swapped out is in use",
	  { .total_pages = 1000, .avail_pages = 400, .commit_pages = 601,
	    .overcommit = HVB_OVERCOMMIT_NEVER, .swapped_pages = 50 }, 650, 0 },
	{ "more available than there is: nothing is in use",
	  { .total_pages = 1000, .avail_pages = 1001, .swapped_pages = 5 },
	  5, 0 },
	{ "what added memory costs is not in use",
	  { .total_pages = 1000, .avail_pages = 400, .price_pages = 100 },
	  500, 0 },
	{ "page cache that doesn't count as available is not in use",
	  { .total_pages = 1000, .avail_pages = 400, .cache_pages = 50 },
	  550, 0 },
	{ "what only movable pages can have is not in use",
	  { .total_pages = 1000, .avail_pages = 400, .lent_pages = 70 },
	  530, 0 },
	{ "it costs more than is in use",
	  { .total_pages = 1000, .avail_pages = 950, .price_pages = 100 },
	  0, 0 },
	{ "more than 32 bits of pages",
	  { .total_pages = TIB(64), .avail_pages = TIB(48),
	    .commit_pages = TIB(15), .ballooned_pages = TIB(20) },
	  TIB(16), TIB(20) },
};

KUNIT_ARRAY_PARAM_DESC(need, need_rows, name);

static void the_need_is_what_is_used_and_headroom(struct kunit *test)
{
	const struct need_row *row = test->param_value;
	struct hvb_need need;

	hvb_demand_look(&row->now, &need);
	KUNIT_EXPECT_EQ(test, need.headroom_pages,
			hvb_demand_headroom(row->used) +
				row->now.boot_pages + row->now.lent_pages);
	KUNIT_EXPECT_EQ(test, need.need_pages,
			row->used + need.headroom_pages + row->beside);
}

/* A guest that was given memory and uses no more of it needs no more. */
static void to_have_more_is_not_to_need_more(struct kunit *test)
{
	struct hvb_counters now = {
		.total_pages = MIB(1024), .avail_pages = MIB(300),
	};
	struct hvb_need before, after;

	hvb_demand_look(&now, &before);
	for (unsigned int i = 0; i < 100; i++) {
		now.total_pages += MIB(128);
		now.avail_pages += MIB(128);
		hvb_demand_look(&now, &after);
		KUNIT_EXPECT_EQ(test, before.need_pages, after.need_pages);
	}
}

struct boot_row {
	const char *name;
	u64 present;
	u64 managed;
	u64 absent;
	u64 boot;
};

static const struct boot_row boot_rows[] = {
	{ "nothing", 0, 0, 0, 0 },
	{ "the kernel manages all", 1000, 1000, 0, 0 },
	{ "what it doesn't manage, it keeps", 1000, 900, 0, 100 },
	{ "what the host has, it doesn't keep", 1000, 600, 300, 100 },
	{ "what the host has, and nothing else", 1000, 600, 400, 0 },
	{ "more than there is", 1000, 600, 401, 0 },
};

KUNIT_ARRAY_PARAM_DESC(boot, boot_rows, name);

static void what_is_kept_since_boot_is_neither_managed_nor_the_hosts(struct kunit *test)
{
	const struct boot_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->boot,
			hvb_demand_boot(row->present, row->managed,
					row->absent));
}

struct max_row {
	const char *name;
	struct hvb_counters now;
	u64 max_pages;
	u64 size;
	bool has_all;
};

static const struct max_row max_rows[] = {
	{ "no maximum is known", { .total_pages = MIB(1024) }, 0, MIB(1024),
	  false },
	{ "far below it", { .total_pages = MIB(1024) }, MIB(2048), MIB(1024),
	  false },
	{ "what the kernel keeps is assigned",
	  { .total_pages = MIB(900), .boot_pages = MIB(124) }, MIB(1024),
	  MIB(1024), true },
	{ "so is what is offline",
	  { .total_pages = MIB(900), .offline_pages = MIB(124) }, MIB(1024),
	  MIB(1024), true },
	{ "what is ballooned can come back",
	  { .total_pages = MIB(900), .ballooned_pages = MIB(124) }, MIB(1024),
	  MIB(1024), false },
	{ "what firmware keeps isn't seen", { .total_pages = MIB(1008) },
	  MIB(1024), MIB(1008), true },
	{ "more than firmware keeps", { .total_pages = MIB(1008) - 1 },
	  MIB(1024), MIB(1008) - 1, false },
};

KUNIT_ARRAY_PARAM_DESC(max, max_rows, name);

static void the_maximum_is_of_what_the_host_assigned(struct kunit *test)
{
	const struct max_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->size, hvb_demand_size(&row->now));
	KUNIT_EXPECT_EQ(test, row->has_all,
			hvb_demand_has_all(&row->now, row->max_pages));
}

struct figure_row {
	const char *name;
	struct hvb_counters now;
	struct hvb_counters last;
	struct hvb_demand demand;	/* but for num_committed */
};

static const struct figure_row figure_rows[] = {
	{ "nothing", {}, {}, {} },
	{ "more than 32 bits of pages",
	  { .avail_pages = TIB(48), .free_pages = TIB(32),
	    .swap_free_pages = TIB(20) }, {},
	  { .num_avail = TIB(48), .page_file_size = TIB(20),
	    .zero_free = TIB(32) } },
	{ "levels are as they are",
	  { .avail_pages = 5, .free_pages = 3, .swap_free_pages = 7 },
	  { .avail_pages = 9, .free_pages = 9, .swap_free_pages = 9 },
	  { .num_avail = 5, .zero_free = 3, .page_file_size = 7 } },
	{ "events count since the last report",
	  { .swapped_out_pages = 110, .file_fault_pages = 1050,
	    .file_read_pages = 500 },
	  { .swapped_out_pages = 100, .file_fault_pages = 1000,
	    .file_read_pages = 480 },
	  { .page_file_writes = 10, .io_diff = 30 } },
	{ "more reads than faults count as none",
	  { .file_fault_pages = 10, .file_read_pages = 20 }, {},
	  { .io_diff = 0 } },
};

KUNIT_ARRAY_PARAM_DESC(figure, figure_rows, name);

static void a_report_says_what_the_counters_say(struct kunit *test)
{
	const struct figure_row *row = test->param_value;
	struct hvb_demand demand;

	hvb_demand_figure(&row->now, &row->last, TIB(3), &demand);
	KUNIT_EXPECT_EQ(test, demand.num_committed, TIB(3));
	KUNIT_EXPECT_EQ(test, demand.num_avail, row->demand.num_avail);
	KUNIT_EXPECT_EQ(test, demand.page_file_size,
			row->demand.page_file_size);
	KUNIT_EXPECT_EQ(test, demand.zero_free, row->demand.zero_free);
	KUNIT_EXPECT_EQ(test, demand.page_file_writes,
			row->demand.page_file_writes);
	KUNIT_EXPECT_EQ(test, demand.io_diff, row->demand.io_diff);
}

struct want {
	const char *title;
	struct hvb_counters now;
	bool is_short;
};

static const struct want wants[] = {
	{ "nothing left", { .total_pages = MIB(1024) }, true },
	{ "less than 1/32",
	  { .total_pages = MIB(1024), .avail_pages = MIB(32) - 1 }, true },
	{ "1/32",
	  { .total_pages = MIB(1024), .avail_pages = MIB(32) }, false },
	{ "large, less than 256 MiB",
	  { .total_pages = MIB(65536), .avail_pages = MIB(256) - 1 }, true },
	{ "large, 256 MiB",
	  { .total_pages = MIB(65536), .avail_pages = MIB(256) }, false },
	{ "nothing left but for tasks",
	  { .total_pages = MIB(5120), .avail_pages = MIB(2000),
	    .movable_pages = MIB(4096), .movable_avail_pages = MIB(2000) },
	  true },
	{ "1/32 left for the kernel",
	  { .total_pages = MIB(5120), .avail_pages = MIB(2032),
	    .movable_pages = MIB(4096), .movable_avail_pages = MIB(2000) },
	  false },
	{ "what is kept from tasks is for the kernel",
	  { .total_pages = MIB(5120), .avail_pages = MIB(1932),
	    .movable_pages = MIB(4096), .movable_avail_pages = MIB(2000),
	    .kept_pages = MIB(100) }, false },
	{ "and nothing for tasks",
	  { .total_pages = MIB(5120), .movable_pages = MIB(4096),
	    .kept_pages = MIB(100) }, true },
};

KUNIT_ARRAY_PARAM_DESC(want, wants, title);

static void a_guest_is_short_when_nothing_is_left(struct kunit *test)
{
	const struct want *want = test->param_value;

	KUNIT_EXPECT_EQ(test, want->is_short, hvb_demand_is_short(&want->now));
}

static void at_the_floor_only_hidden_caches_are_asked(struct kunit *test)
{
	struct hvb_counters now = { .total_pages = 800, .hidden_pages = 99 };

	KUNIT_EXPECT_TRUE(test, hvb_demand_may_ask(&now, false));
	KUNIT_EXPECT_FALSE(test, hvb_demand_may_ask(&now, true));
	now.hidden_pages++;
	KUNIT_EXPECT_TRUE(test, hvb_demand_may_ask(&now, true));
}

static struct kunit_case demand_cases[] = {
	KUNIT_CASE(at_the_floor_only_hidden_caches_are_asked),
	KUNIT_CASE_PARAM(a_guest_is_short_when_nothing_is_left,
			 want_gen_params),
	KUNIT_CASE_PARAM(the_floor_is_what_the_comment_says,
			 floor_gen_params),
	KUNIT_CASE(the_floor_rises_and_never_faster_than_the_size),
	KUNIT_CASE_PARAM(what_may_be_given_agrees_with_a_search,
			 give_gen_params),
	KUNIT_CASE_PARAM(many_steps_give_as_much_as_one, size_gen_params),
	KUNIT_CASE(the_headroom_is_the_floor_of_the_size_for_it),
	KUNIT_CASE_PARAM(the_need_is_what_is_used_and_headroom,
			 need_gen_params),
	KUNIT_CASE(to_have_more_is_not_to_need_more),
	KUNIT_CASE_PARAM(what_is_kept_since_boot_is_neither_managed_nor_the_hosts,
			 boot_gen_params),
	KUNIT_CASE_PARAM(the_maximum_is_of_what_the_host_assigned,
			 max_gen_params),
	KUNIT_CASE_PARAM(a_report_says_what_the_counters_say,
			 figure_gen_params),
	{}
};

static struct kunit_suite demand_suite = {
	.name = "hv_balloon_demand",
	.test_cases = demand_cases,
};

kunit_test_suite(demand_suite);
