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

static u64 look(struct hvb_workingset *set, u64 restored_pages,
		bool is_reclaiming, u64 at_s)
{
	const struct hvb_counters now = {
		.total_pages = TOTAL,
		.file_pages = FILES,
		.thrashed_pages = restored_pages,
	};

	hvb_workingset_look(set, &now, is_reclaiming, at_s * USEC_PER_SEC);
	return set->pages;
}

static void all_page_cache_counts_and_what_is_restored(struct kunit *test)
{
	struct hvb_workingset set = {};

	look(&set, MIB(500), true, 1);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(530), true, 2), 0);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(560), true, 3), FILES + MIB(60));
	KUNIT_EXPECT_EQ(test, look(&set, MIB(590), true, 4), FILES + MIB(120));
}

static void few_misses_count_for_a_share_of_the_guest(struct kunit *test)
{
	struct hvb_workingset set = {};

	look(&set, 0, true, 1);
	look(&set, MIB(3), true, 2);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(6), true, 3), FILES + MIB(16));
}

static void chance_counts_for_nothing(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	look(&set, 0, true, 1);
	for (s = 2; s < 10; s++)
		KUNIT_EXPECT_EQ(test, look(&set, MIB(2) * s, true, s), 0);
}

static void without_reclaim_it_was_dropped_before(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	look(&set, 0, true, 1);
	for (s = 2; s < 10; s++)
		KUNIT_EXPECT_EQ(test, look(&set, MIB(100) * s, false, s), 0);
}

static void it_can_double_page_cache(struct kunit *test)
{
	struct hvb_workingset set = {};

	look(&set, 0, true, 1);
	look(&set, MIB(1000), true, 2);
	KUNIT_EXPECT_EQ(test, look(&set, MIB(2000), true, 3), 2 * FILES);
}

static void when_nothing_is_restored_it_is_forgotten(struct kunit *test)
{
	struct hvb_workingset set = {};
	u64 s;

	look(&set, 0, true, 1);
	look(&set, MIB(100), true, 2);
	look(&set, MIB(200), true, 3);
	for (s = 4; s <= 10; s++)
		look(&set, MIB(200), true, s);
	KUNIT_EXPECT_GT(test, set.pages, FILES);
	for (; s <= 3600; s++)
		look(&set, MIB(200), true, s);
	KUNIT_EXPECT_LT(test, set.pages, MIB(1));
}

static struct kunit_case workingset_cases[] = {
	KUNIT_CASE(all_page_cache_counts_and_what_is_restored),
	KUNIT_CASE(few_misses_count_for_a_share_of_the_guest),
	KUNIT_CASE(chance_counts_for_nothing),
	KUNIT_CASE(without_reclaim_it_was_dropped_before),
	KUNIT_CASE(it_can_double_page_cache),
	KUNIT_CASE(when_nothing_is_restored_it_is_forgotten),
	{}
};

static struct kunit_suite workingset_suite = {
	.name = "hv_balloon_workingset",
	.test_cases = workingset_cases,
};

kunit_test_suite(workingset_suite);
