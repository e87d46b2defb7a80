// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/ranges.c: named rows for what each function
 * does at the edges, and a long random walk beside a slow model, a bitmap.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/module.h>

#include "fault.h"
#include "random.h"
#include "ranges.h"

#define ROW_RANGES	4
#define MODEL_PAGES	512
#define MODEL_STEPS	20000
#define MODEL_RUN_BITS	7

enum what { ADD, TAKE };

/**
 * struct change_row - what one change does to a set
 * @name: the row's
 * @before: ranges put into the set first, up to an empty one
 * @what: the change
 * @start: its first page
 * @count: its pages
 * @err: what it returns
 * @after: the ranges that the set holds then
 */
struct change_row {
	const char *name;
	struct hvb_range before[ROW_RANGES];
	enum what what;
	unsigned long start;
	unsigned long count;
	int err;
	struct hvb_range after[ROW_RANGES];
};

static const struct change_row change_rows[] = {
	{ "add to nothing", {}, ADD, 5, 3, 0, { { 5, 3 } } },
	{ "add page 0", {}, ADD, 0, 1, 0, { { 0, 1 } } },
	{ "add the last page that counts", {}, ADD, ULONG_MAX - 1, 1, 0,
	  { { ULONG_MAX - 1, 1 } } },
	{ "add nearly everything", {}, ADD, 0, ULONG_MAX, 0,
	  { { 0, ULONG_MAX } } },
	{ "add behind a gap", { { 5, 3 } }, ADD, 9, 1, 0,
	  { { 5, 3 }, { 9, 1 } } },
	{ "add after a neighbour", { { 5, 3 } }, ADD, 8, 2, 0, { { 5, 5 } } },
	{ "add before a neighbour", { { 5, 3 } }, ADD, 4, 1, 0, { { 4, 4 } } },
	{ "add before a neighbour, from 0", { { 5, 3 } }, ADD, 0, 5, 0,
	  { { 0, 8 } } },
	{ "add between neighbours", { { 5, 3 }, { 9, 1 } }, ADD, 8, 1, 0,
	  { { 5, 5 } } },
	{ "add the same", { { 5, 3 } }, ADD, 5, 3, -EEXIST, { { 5, 3 } } },
	{ "add over the start", { { 5, 3 } }, ADD, 4, 2, -EEXIST,
	  { { 5, 3 } } },
	{ "add over the end", { { 5, 3 } }, ADD, 7, 2, -EEXIST, { { 5, 3 } } },
	{ "add around", { { 5, 3 } }, ADD, 0, 100, -EEXIST, { { 5, 3 } } },
	{ "add inside", { { 5, 3 } }, ADD, 6, 1, -EEXIST, { { 5, 3 } } },
	{ "add nothing", { { 5, 3 } }, ADD, 20, 0, -EINVAL, { { 5, 3 } } },
	{ "add what wraps", { { 5, 3 } }, ADD, 20, ULONG_MAX - 10, -EINVAL,
	  { { 5, 3 } } },
	{ "take all", { { 5, 3 } }, TAKE, 5, 3, 0, {} },
	{ "take page 0", { { 0, 2 } }, TAKE, 0, 1, 0, { { 1, 1 } } },
	{ "take the start", { { 5, 3 } }, TAKE, 5, 1, 0, { { 6, 2 } } },
	{ "take the end", { { 5, 3 } }, TAKE, 7, 1, 0, { { 5, 2 } } },
	{ "take the middle", { { 5, 3 } }, TAKE, 6, 1, 0,
	  { { 5, 1 }, { 7, 1 } } },
	{ "take one of two", { { 5, 3 }, { 10, 2 } }, TAKE, 10, 2, 0,
	  { { 5, 3 } } },
	{ "take from nothing", {}, TAKE, 5, 1, -ENOENT, {} },
	{ "take past the start", { { 5, 3 } }, TAKE, 4, 2, -ENOENT,
	  { { 5, 3 } } },
	{ "take past the end", { { 5, 3 } }, TAKE, 7, 2, -ENOENT,
	  { { 5, 3 } } },
	{ "take across a gap", { { 5, 3 }, { 9, 1 } }, TAKE, 5, 5, -ENOENT,
	  { { 5, 3 }, { 9, 1 } } },
	{ "take a gap", { { 5, 3 }, { 9, 1 } }, TAKE, 8, 1, -ENOENT,
	  { { 5, 3 }, { 9, 1 } } },
	{ "take nothing", { { 5, 3 } }, TAKE, 5, 0, -EINVAL, { { 5, 3 } } },
	{ "take what wraps", { { 5, 3 } }, TAKE, 5, ULONG_MAX, -EINVAL,
	  { { 5, 3 } } },
};

KUNIT_ARRAY_PARAM_DESC(change, change_rows, name);

KUNIT_DEFINE_ACTION_WRAPPER(destroy, hvb_ranges_destroy, struct hvb_ranges *);

/* An empty set that goes with the test. */
static struct hvb_ranges *new_set(struct kunit *test)
{
	struct hvb_ranges *set = kunit_kzalloc(test, sizeof(*set), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, set);
	hvb_ranges_init(set);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, destroy, set));
	return set;
}

static struct hvb_ranges *filled_set(struct kunit *test,
				     const struct hvb_range *ranges)
{
	struct hvb_ranges *set = new_set(test);

	for (unsigned int i = 0; i < ROW_RANGES && ranges[i].count; i++)
		KUNIT_ASSERT_EQ(test, 0,
				hvb_ranges_insert(set, ranges[i].start,
						  ranges[i].count, GFP_KERNEL));
	return set;
}

static void expect_holds(struct kunit *test, struct hvb_ranges *set,
			 const struct hvb_range *ranges)
{
	unsigned long from = 0, nr_pages = 0;
	struct hvb_range part;
	unsigned int i;

	for (i = 0; i < ROW_RANGES && ranges[i].count; i++) {
		KUNIT_ASSERT_TRUE(test,
				  hvb_ranges_next(set, from, ULONG_MAX, &part));
		KUNIT_EXPECT_EQ(test, part.start, ranges[i].start);
		KUNIT_EXPECT_EQ(test, part.count, ranges[i].count);
		from = part.start + part.count;
		nr_pages += part.count;
	}
	KUNIT_EXPECT_FALSE(test, hvb_ranges_next(set, from, ULONG_MAX, &part));
	KUNIT_EXPECT_EQ(test, set->nr_ranges, i);
	KUNIT_EXPECT_EQ(test, set->nr_pages, nr_pages);
}

static int change(struct hvb_ranges *set, const struct change_row *row,
		  gfp_t gfp)
{
	if (row->what == ADD)
		return hvb_ranges_insert(set, row->start, row->count, gfp);
	return hvb_ranges_erase(set, row->start, row->count, gfp);
}

static void a_change_does_what_it_says(struct kunit *test)
{
	const struct change_row *row = test->param_value;
	struct hvb_ranges *set = filled_set(test, row->before);

	KUNIT_EXPECT_EQ(test, row->err, change(set, row, GFP_KERNEL));
	expect_holds(test, set, row->after);
	hvb_ranges_destroy(set);
	expect_holds(test, set, (struct hvb_range[ROW_RANGES]) {});
}

/* Without memory a change is made in full or not at all. */
static void without_memory_nothing_changes(struct kunit *test)
{
	const struct change_row *row = test->param_value;
	struct hvb_ranges *set = filled_set(test, row->before);
	int err;

	hvb_fault_begin(test);
	err = change(set, row, GFP_KERNEL | __GFP_NOWARN);
	hvb_fault_end();

	if (err == -ENOMEM) {
		expect_holds(test, set, row->before);
	} else {
		KUNIT_EXPECT_EQ(test, err, row->err);
		expect_holds(test, set, row->after);
	}
}

/* A set large enough that its tree can't do without a new node. */
static void a_large_set_needs_memory_to_change(struct kunit *test)
{
	struct hvb_ranges *set = new_set(test);
	unsigned int nomem = 0;

	for (unsigned long i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, 0,
				hvb_ranges_insert(set, i * 4, 3, GFP_KERNEL));
	hvb_fault_begin(test);
	for (unsigned long i = 0; i < 1000; i++)
		nomem += hvb_ranges_erase(set, i * 4 + 1, 1,
					 GFP_KERNEL | __GFP_NOWARN) == -ENOMEM;
	hvb_fault_end();

	KUNIT_EXPECT_GT(test, nomem, 0);
	KUNIT_EXPECT_EQ(test, set->nr_pages, 2000 + nomem);
	KUNIT_EXPECT_EQ(test, set->nr_ranges, 2000 - nomem);
	KUNIT_EXPECT_EQ(test, hvb_ranges_count(set, 0, 4000), 2000 + nomem);
}

/**
 * struct look_row - what is seen of the set 5..7, 9 in a stretch of pages
 * @name: the row's
 * @start: first page of the stretch
 * @count: its pages
 * @contains: all are in the set
 * @nr: how many are
 * @part: the first part found
 */
struct look_row {
	const char *name;
	unsigned long start;
	unsigned long count;
	bool contains;
	unsigned long nr;
	struct hvb_range part;
};

static const struct look_row look_rows[] = {
	{ "all of a range", 5, 3, true, 3, { 5, 3 } },
	{ "its start", 5, 1, true, 1, { 5, 1 } },
	{ "its end", 7, 1, true, 1, { 7, 1 } },
	{ "before it", 0, 5, false, 0, {} },
	{ "over its start", 4, 2, false, 1, { 5, 1 } },
	{ "over its end", 7, 2, false, 1, { 7, 1 } },
	{ "over the gap", 5, 5, false, 4, { 5, 3 } },
	{ "the gap", 8, 1, false, 0, {} },
	{ "everything", 0, ULONG_MAX, false, 4, { 5, 3 } },
	{ "behind all", 10, ULONG_MAX - 10, false, 0, {} },
	{ "nothing", 5, 0, false, 0, {} },
};

KUNIT_ARRAY_PARAM_DESC(look, look_rows, name);

static void a_look_sees_what_is_there(struct kunit *test)
{
	static const struct hvb_range ranges[ROW_RANGES] = { { 5, 3 }, { 9, 1 } };
	const struct look_row *row = test->param_value;
	struct hvb_ranges *set = filled_set(test, ranges);
	struct hvb_range part = {};

	KUNIT_EXPECT_EQ(test, row->contains,
			hvb_ranges_contains(set, row->start, row->count));
	KUNIT_EXPECT_EQ(test, row->nr,
			hvb_ranges_count(set, row->start, row->count));
	KUNIT_EXPECT_EQ(test, row->nr != 0,
			hvb_ranges_next(set, row->start,
					row->start + row->count, &part));
	KUNIT_EXPECT_EQ(test, part.start, row->part.start);
	KUNIT_EXPECT_EQ(test, part.count, row->part.count);
	expect_holds(test, set, ranges);
}

struct model {
	DECLARE_BITMAP(pages, MODEL_PAGES);
};

static unsigned long model_weight(const struct model *model,
				  unsigned long start, unsigned long end)
{
	unsigned long nr = 0;

	for (unsigned long i = start; i < end; i++)
		nr += test_bit(i, model->pages);
	return nr;
}

static unsigned long model_ranges(const struct model *model)
{
	unsigned long nr = 0;

	for (unsigned long i = 0; i < MODEL_PAGES; i++)
		nr += test_bit(i, model->pages) &&
		      (!i || !test_bit(i - 1, model->pages));
	return nr;
}

/* The whole set, range by range. */
static void expect_like_model(struct kunit *test, struct hvb_ranges *set,
			      const struct model *model)
{
	unsigned long start, end, from = 0;
	struct hvb_range part;

	for_each_set_bitrange(start, end, model->pages, MODEL_PAGES) {
		KUNIT_ASSERT_TRUE(test, hvb_ranges_next(set, from, MODEL_PAGES,
							&part));
		KUNIT_ASSERT_EQ(test, part.start, start);
		KUNIT_ASSERT_EQ(test, part.count, end - start);
		from = end;
	}
	KUNIT_ASSERT_FALSE(test,
			   hvb_ranges_next(set, from, MODEL_PAGES, &part));
}

static void step(struct kunit *test, struct hvb_ranges *set,
		 struct model *model, struct rnd_state *rnd)
{
	unsigned long start = prandom_u32_state(rnd) % MODEL_PAGES;
	unsigned long most = BIT(prandom_u32_state(rnd) % MODEL_RUN_BITS);
	unsigned long count = 1 + prandom_u32_state(rnd) %
			      min(most, MODEL_PAGES - start);
	unsigned long nr = model_weight(model, start, start + count);

	KUNIT_ASSERT_EQ(test, hvb_ranges_count(set, start, count), nr);
	KUNIT_ASSERT_EQ(test, hvb_ranges_contains(set, start, count),
			nr == count);
	if (prandom_u32_state(rnd) % 2) {
		KUNIT_ASSERT_EQ(test,
				hvb_ranges_insert(set, start, count, GFP_KERNEL),
				nr ? -EEXIST : 0);
		if (!nr)
			bitmap_set(model->pages, start, count);
	} else {
		KUNIT_ASSERT_EQ(test,
				hvb_ranges_erase(set, start, count, GFP_KERNEL),
				nr == count ? 0 : -ENOENT);
		if (nr == count)
			bitmap_clear(model->pages, start, count);
	}
	KUNIT_ASSERT_EQ(test, set->nr_pages,
			bitmap_weight(model->pages, MODEL_PAGES));
	KUNIT_ASSERT_EQ(test, set->nr_ranges, model_ranges(model));
}

static void a_random_walk_agrees_with_a_bitmap(struct kunit *test)
{
	struct hvb_ranges *set = new_set(test);
	struct rnd_state rnd;
	struct model *model;

	random_begin(test, &rnd, 0);
	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);

	for (unsigned int i = 0; i < MODEL_STEPS; i++) {
		step(test, set, model, &rnd);
		if (i % 64 == 0)
			expect_like_model(test, set, model);
		cond_resched();
	}
	expect_like_model(test, set, model);
}

static struct kunit_case ranges_cases[] = {
	KUNIT_CASE_PARAM(a_change_does_what_it_says, change_gen_params),
	KUNIT_CASE_PARAM(without_memory_nothing_changes, change_gen_params),
	KUNIT_CASE(a_large_set_needs_memory_to_change),
	KUNIT_CASE_PARAM(a_look_sees_what_is_there, look_gen_params),
	KUNIT_CASE_SLOW(a_random_walk_agrees_with_a_bitmap),
	{}
};

static struct kunit_suite ranges_suite = {
	.name = "hv_balloon_ranges",
	.test_cases = ranges_cases,
};

kunit_test_suite(ranges_suite);

MODULE_DESCRIPTION("KUnit suites of the Hyper-V Dynamic Memory driver");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
