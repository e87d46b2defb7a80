// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/workingset.c: what of page cache counts as used.
 */
#include <kunit/test.h>
#include <linux/time64.h>

#include "demand.h"
#include "workingset.h"

#define TOTAL	(1024 << 8)
#define FILES	(600 << 8)
#define MIB(n)	((u64)(n) << 8)

/* More than chance, and less than a 256th of FILES. */
#define PAGES	(MIB(2) + 1)

static u64 see(struct hvb_workingset *set, u64 restored_pages,
	       u64 reclaimed_pages, u64 at_ms)
{
	const struct hvb_counters now = {
		.total_pages = TOTAL,
		.file_pages = FILES,
		.thrashed_pages = restored_pages,
		.reclaimed_pages = reclaimed_pages,
	};

	hvb_workingset_look(set, &now, at_ms * USEC_PER_MSEC);
	return set->pages;
}

/* Each second, with as much reclaimed as restored. */
static u64 look(struct hvb_workingset *set, u64 restored_pages, u64 at_s)
{
	return see(set, restored_pages, restored_pages, at_s * MSEC_PER_SEC);
}

static void what_is_restored_counts_several_times(struct kunit *test)
{
	struct hvb_workingset set = {};

	look(&set, 0, 1);
	KUNIT_EXPECT_EQ(test, look(&set, PAGES, 2), 0);
	for (u64 s = 3; s < 20; s++)
		KUNIT_EXPECT_EQ(test, look(&set, (s - 1) * PAGES, s),
				8 * (s - 2) * PAGES);
}

static void all_page_cache_counts_when_much_of_it_is_restored(struct kunit *test)
{
	struct hvb_workingset set = {};

	look(&set, 0, 1);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(30), 2), 0);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(60), 3), FILES + MIB(60));
	KUNIT_EXPECT_EQ(test, look(&set, MIB(90), 4), FILES + MIB(120));
}

static void few_misses_count_for_a_share_of_the_guest(struct kunit *test)
{
	struct hvb_workingset set = { .pages = MIB(700) };

	look(&set, 0, 1);
	look(&set, MIB(3), 2);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(6), 3), MIB(700) + MIB(16));
}

static void chance_counts_for_nothing(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	look(&set, 0, 1);
	for (s = 2; s < 10; s++)
		KUNIT_EXPECT_EQ(test, look(&set, MIB(2) * s, s), 0);
}

/* In generations; what is dropped and read again each second, nothing restored. */
static u64 turn(struct hvb_workingset *set, struct hvb_counters *now,
		u64 dropped_mib, u64 again_mib, unsigned int seconds)
{
	now->total_pages = TOTAL;
	now->file_pages = FILES;
	now->has_generations = true;
	for (unsigned int s = 0; s < seconds; s++) {
		hvb_workingset_look(set, now, set->brief.at_us + USEC_PER_SEC);
		now->reclaimed_pages += MIB(dropped_mib);
		now->refault_pages += MIB(again_mib);
	}
	hvb_workingset_look(set, now, set->brief.at_us + USEC_PER_SEC);
	return set->pages;
}

static void in_generations_all_that_is_read_again_counts(struct kunit *test)
{
	struct hvb_workingset set = {};
	struct hvb_counters now = {};

	KUNIT_EXPECT_EQ(test, 0, turn(&set, &now, 100, 0, 5));
	KUNIT_EXPECT_EQ(test, 2 * FILES, turn(&set, &now, 100, 100, 20));
}

static void a_stream_that_is_read_again_is_no_working_set(struct kunit *test)
{
	struct hvb_workingset set = {};
	struct hvb_counters now = {};

	KUNIT_EXPECT_EQ(test, 0, turn(&set, &now, 100, 0, 12));
	KUNIT_EXPECT_EQ(test, 0, turn(&set, &now, 100, 100, 3600));
}

static void a_stream_that_is_under_way_is_known(struct kunit *test)
{
	struct hvb_workingset set = {};
	struct hvb_counters now = {
		.reclaimed_pages = MIB(5000), .refault_pages = MIB(4000),
	};

	KUNIT_EXPECT_EQ(test, 0, turn(&set, &now, 100, 100, 20));
}

static void a_stream_that_is_read_once_is_forgotten(struct kunit *test)
{
	struct hvb_workingset set = {};
	struct hvb_counters now = {};

	turn(&set, &now, 100, 0, 1000);
	KUNIT_EXPECT_EQ(test, set.gone_pages, 8 * FILES);
	turn(&set, &now, 0, 0, 1000);
	KUNIT_EXPECT_EQ(test, 2 * FILES, turn(&set, &now, 100, 100, 20));
}

static void beside_a_stream_what_is_restored_stands_for_more(struct kunit *test)
{
	struct hvb_workingset set = {}, other = {};
	u64 s;

	for (s = 1; s < 10; s++) {
		struct hvb_counters now = {
			.total_pages = TOTAL,
			.file_pages = FILES,
			.has_generations = true,
			.thrashed_pages = MIB(1) * s,
			.refault_pages = MIB(100) * s,
			.reclaimed_pages = MIB(1000) + MIB(100) * s,
		};

		hvb_workingset_look(&set, &now, s * USEC_PER_SEC);
		now.has_generations = false;
		hvb_workingset_look(&other, &now, s * USEC_PER_SEC);
	}
	KUNIT_EXPECT_GE(test, set.pages, FILES);
	KUNIT_EXPECT_EQ(test, other.pages, 0);
}

/* Some at once and then none for long, however often one looks. */
static void chance_is_measured_over_a_second(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 ms;

	for (ms = 1000; ms < 20000; ms += 100)
		KUNIT_EXPECT_EQ(test, 0, see(&set, ms / 1000 * MIB(1),
					     ms / 1000 * MIB(5), ms));
}

/* What a slow disk can deliver, of a working set that hardly doesn't fit. */
static void few_count_when_they_are_missed_for_long(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	for (s = 1; s <= 50; s++)
		look(&set, 100 * s, s);
	/* By 8, 16, 24 and 32 times what is missed in ten seconds. */
	KUNIT_EXPECT_EQ(test, look(&set, 100 * s, s),
			FILES + 1000 * (8 + 16 + 24 + 32 + 32));
	/* Half as many aren't the 256th part of page cache. */
	set = (struct hvb_workingset) {};
	for (s = 1; s <= 11; s++)
		look(&set, 50 * s, s);
	KUNIT_EXPECT_EQ(test, set.pages, 500 * 8);
	/* In a larger guest they are chance. */
	set = (struct hvb_workingset) {};
	for (s = 1; s < 100; s++) {
		const struct hvb_counters now = {
			.total_pages = MIB(64 << 10),
			.file_pages = MIB(40 << 10),
			.thrashed_pages = 100 * s,
			.reclaimed_pages = 100 * s,
		};

		hvb_workingset_look(&set, &now, s * USEC_PER_SEC);
	}
	KUNIT_EXPECT_EQ(test, set.pages, 0);
}

/* Each time ten seconds, and each time something is wrong with them. */
static void few_are_chance_if_most_is_not_of_the_guest(struct kunit *test)
{
	static const struct hvb_counters rows[] = {
		{ .thrashed_pages = 30, .reclaimed_pages = 30 },
		{ .thrashed_pages = 100, .reclaimed_pages = 500 },
		{ .thrashed_pages = 100, .refault_pages = 300,
		  .reclaimed_pages = 100 },
	};

	for (int i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hvb_workingset set = {};

		for (u64 s = 1; s < 100; s++) {
			const struct hvb_counters now = {
				.total_pages = TOTAL,
				.file_pages = FILES,
				.thrashed_pages = s * rows[i].thrashed_pages,
				.refault_pages = s * rows[i].refault_pages,
				.reclaimed_pages = s * rows[i].reclaimed_pages,
			};

			hvb_workingset_look(&set, &now, s * USEC_PER_SEC);
		}
		KUNIT_EXPECT_EQ(test, set.pages, 0);
	}
}

/* It isn't forgotten as long as some of it is missed. */
static void few_keep_what_counts(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s, pages = 0;

	for (s = 1; s < 200; s++) {
		u64 now = look(&set, 100 * s, s);

		KUNIT_EXPECT_GE(test, now, pages);
		pages = now;
	}
	KUNIT_EXPECT_GT(test, pages, FILES);
}

/* In a large guest some of page cache is always read again. */
static void chance_grows_with_page_cache(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	for (s = 1; s < 10; s++) {
		const struct hvb_counters now = {
			.total_pages = MIB(64 << 10),
			.file_pages = MIB(40 << 10),
			.thrashed_pages = MIB(40) * s,
			.reclaimed_pages = MIB(40) * s,
		};

		hvb_workingset_look(&set, &now, s * USEC_PER_SEC);
		KUNIT_EXPECT_EQ(test, set.pages, 0);
	}
}

static void what_nobody_reclaimed_for_all_was_dropped_before(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	for (s = 1; s < 10; s++)
		KUNIT_EXPECT_EQ(test, 0, see(&set, MIB(100) * s, MIB(1) * s,
					     s * MSEC_PER_SEC));
}

static void it_can_double_page_cache(struct kunit *test)
{
	struct hvb_workingset set = {};

	look(&set, 0, 1);
	look(&set, MIB(1000), 2);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(2000), 3), 2 * FILES);
}

static void when_nothing_is_restored_it_is_forgotten(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	look(&set, 0, 1);
	look(&set, MIB(200), 2);
	look(&set, MIB(400), 3);
	for (s = 4; s <= 10; s++)
		look(&set, MIB(400), s);
	KUNIT_EXPECT_GT(test, set.pages, FILES);
	for (; s <= 3600; s++)
		look(&set, MIB(400), s);
	KUNIT_EXPECT_LT(test, set.pages, MIB(1));
}

/* Its file was deleted. */
static void it_goes_with_page_cache(struct kunit *test)
{
	struct hvb_workingset set = { .pages = 2 * FILES, .brief.at_us = 1 };
	const struct hvb_counters now = {
		.total_pages = TOTAL, .file_pages = MIB(50),
	};

	hvb_workingset_look(&set, &now, 2);
	KUNIT_EXPECT_EQ(test, set.pages, MIB(100));
}

static struct kunit_case workingset_cases[] = {
	KUNIT_CASE(what_is_restored_counts_several_times),
	KUNIT_CASE(all_page_cache_counts_when_much_of_it_is_restored),
	KUNIT_CASE(few_misses_count_for_a_share_of_the_guest),
	KUNIT_CASE(chance_counts_for_nothing),
	KUNIT_CASE(in_generations_all_that_is_read_again_counts),
	KUNIT_CASE(a_stream_that_is_read_again_is_no_working_set),
	KUNIT_CASE(a_stream_that_is_under_way_is_known),
	KUNIT_CASE(a_stream_that_is_read_once_is_forgotten),
	KUNIT_CASE(beside_a_stream_what_is_restored_stands_for_more),
	KUNIT_CASE(chance_is_measured_over_a_second),
	KUNIT_CASE(few_count_when_they_are_missed_for_long),
	KUNIT_CASE(few_are_chance_if_most_is_not_of_the_guest),
	KUNIT_CASE(few_keep_what_counts),
	KUNIT_CASE(chance_grows_with_page_cache),
	KUNIT_CASE(what_nobody_reclaimed_for_all_was_dropped_before),
	KUNIT_CASE(it_can_double_page_cache),
	KUNIT_CASE(when_nothing_is_restored_it_is_forgotten),
	KUNIT_CASE(it_goes_with_page_cache),
	{}
};

static struct kunit_suite workingset_suite = {
	.name = "hv_balloon_workingset",
	.test_cases = workingset_cases,
};

kunit_test_suite(workingset_suite);
