// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of drivers/hv/plan.c: hot-add requests to memory blocks and
 * answers, zones, alignments and orders, by named rows.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/sizes.h>

#include <hyperv/dynmem.h>

#include "plan.h"

#define BLOCK	0x8000UL	/* 128 MiB of 4 KiB pages */

/**
 * struct request_row - a hot-add request and the blocks it touches
 * @name: the row's
 * @range: what the host backs
 * @region: where it may go, none if empty
 * @err: the verdict
 * @first: start of the first block
 * @end: end of the last one
 */
struct request_row {
	const char *name;
	struct hvb_range range;
	struct hvb_range region;
	int err;
	unsigned long first;
	unsigned long end;
};

/* Pages 2 to 64 blocks can be had. */
static const struct hvb_range pluggable = { 2 * BLOCK, 62 * BLOCK };

static const struct request_row request_rows[] = {
	{ "one block", { 4 * BLOCK, BLOCK }, {}, 0, 4 * BLOCK, 5 * BLOCK },
	{ "many blocks", { 4 * BLOCK, 16 * BLOCK }, {}, 0,
	  4 * BLOCK, 20 * BLOCK },
	{ "one page", { 4 * BLOCK + 7, 1 }, {}, 0, 4 * BLOCK, 5 * BLOCK },
	{ "starts within a block", { 5 * BLOCK - 1, BLOCK + 1 }, {}, 0,
	  4 * BLOCK, 6 * BLOCK },
	{ "ends within a block", { 4 * BLOCK, BLOCK + 1 }, {}, 0,
	  4 * BLOCK, 6 * BLOCK },
	{ "ends with a block", { 4 * BLOCK + 1, BLOCK - 1 }, {}, 0,
	  4 * BLOCK, 5 * BLOCK },
	{ "all that can be had", { 2 * BLOCK, 62 * BLOCK }, {}, 0,
	  2 * BLOCK, 64 * BLOCK },
	{ "the region is the range", { 4 * BLOCK, BLOCK },
	  { 4 * BLOCK, BLOCK }, 0, 4 * BLOCK, 5 * BLOCK },
	{ "the region is larger", { 5 * BLOCK, BLOCK },
	  { 4 * BLOCK, 8 * BLOCK }, 0, 5 * BLOCK, 6 * BLOCK },
	{ "the region passes what can be had", { 5 * BLOCK, BLOCK },
	  { 4 * BLOCK, 100 * BLOCK }, 0, 5 * BLOCK, 6 * BLOCK },
	{ "before the region", { 4 * BLOCK - 1, BLOCK },
	  { 4 * BLOCK, 8 * BLOCK }, -EPROTO },
	{ "past the region", { 4 * BLOCK + 1, 8 * BLOCK },
	  { 4 * BLOCK, 8 * BLOCK }, -EPROTO },
	{ "empty", { 4 * BLOCK, 0 }, {}, -EPROTO },
	{ "below what can be had", { 2 * BLOCK - 1, 1 }, {}, -ERANGE },
	{ "past what can be had", { 63 * BLOCK, BLOCK + 1 }, {}, -ERANGE },
	{ "the last page number of the wire", { DM_PAGE_NUMBER_END - 1, 1 },
	  {}, -ERANGE },
};

KUNIT_ARRAY_PARAM_DESC(request, request_rows, name);

static void a_request_becomes_blocks(struct kunit *test)
{
	const struct request_row *row = test->param_value;
	struct hvb_plan plan;

	KUNIT_ASSERT_EQ(test, row->err,
			hvb_plan_hot_add(&row->range,
					 row->region.count ? &row->region : NULL,
					 &pluggable, BLOCK, &plan));
	if (row->err)
		return;
	KUNIT_EXPECT_EQ(test, plan.first_page, row->first);
	KUNIT_EXPECT_EQ(test, plan.end_page, row->end);
	KUNIT_EXPECT_EQ(test, plan.backed.start, row->range.start);
	KUNIT_EXPECT_EQ(test, plan.backed.count, row->range.count);
}

/**
 * struct piece_row - a piece of the blocks 4 to 8, with 5 pages short at
 *	either end not backed
 * @name: the row's
 * @piece: the piece
 * @backed: the pages of it that are
 */
struct piece_row {
	const char *name;
	struct hvb_range piece;
	struct hvb_range backed;
};

static const struct piece_row piece_rows[] = {
	{ "first block", { 4 * BLOCK, BLOCK }, { 4 * BLOCK + 5, BLOCK - 5 } },
	{ "middle blocks", { 5 * BLOCK, 2 * BLOCK },
	  { 5 * BLOCK, 2 * BLOCK } },
	{ "last block", { 7 * BLOCK, BLOCK }, { 7 * BLOCK, BLOCK - 5 } },
	{ "all", { 4 * BLOCK, 4 * BLOCK }, { 4 * BLOCK + 5, 4 * BLOCK - 10 } },
	{ "a block before", { 3 * BLOCK, BLOCK }, { 4 * BLOCK + 5, 0 } },
	{ "a block behind", { 8 * BLOCK, BLOCK }, { 8 * BLOCK, 0 } },
};

KUNIT_ARRAY_PARAM_DESC(piece, piece_rows, name);

static void a_piece_is_backed_where_the_range_is(struct kunit *test)
{
	static const struct hvb_range range = {
		4 * BLOCK + 5, 4 * BLOCK - 10
	};
	const struct piece_row *row = test->param_value;
	struct hvb_range backed;
	struct hvb_plan plan;

	KUNIT_ASSERT_EQ(test, 0, hvb_plan_hot_add(&range, NULL, &pluggable,
						  BLOCK, &plan));
	backed = hvb_plan_backed(&plan, &row->piece);
	KUNIT_EXPECT_EQ(test, backed.count, row->backed.count);
	if (row->backed.count)
		KUNIT_EXPECT_EQ(test, backed.start, row->backed.start);
}

/**
 * struct answer_row - what the host is told
 * @name: the row's
 * @pages: added
 * @err: what stopped the adding
 * @result: the answer's; its page count is @pages
 */
struct answer_row {
	const char *name;
	u64 pages;
	int err;
	u32 result;
};

static const struct answer_row answer_rows[] = {
	{ "all", 1000, 0, DM_HOT_ADD_SUCCESS },
	{ "the most that a range can have", DM_RANGE_COUNT_MAX, 0,
	  DM_HOT_ADD_SUCCESS },
	{ "some, then it was there", 10, -EEXIST, DM_HOT_ADD_SUCCESS },
	{ "some, then no memory", 10, -ENOMEM, DM_HOT_ADD_SUCCESS },
	{ "it is there: never ask again", 0, -EEXIST, DM_HOT_ADD_SUCCESS },
	{ "what the kernel refuses: never ask again", 0, -EINVAL,
	  DM_HOT_ADD_SUCCESS },
	{ "not within its region: ask later", 0, -EPROTO, DM_HOT_ADD_FAILURE },
	{ "out of reach: never ask again", 0, -ERANGE, DM_HOT_ADD_SUCCESS },
	{ "past what the kernel can have: never ask again", 0, -E2BIG,
	  DM_HOT_ADD_SUCCESS },
	{ "not supported: never ask again", 0, -EOPNOTSUPP,
	  DM_HOT_ADD_SUCCESS },
	{ "no memory: ask later", 0, -ENOMEM, DM_HOT_ADD_FAILURE },
	{ "busy: ask later", 0, -EBUSY, DM_HOT_ADD_FAILURE },
	{ "try again: ask later", 0, -EAGAIN, DM_HOT_ADD_FAILURE },
	{ "any other: ask later", 0, -EIO, DM_HOT_ADD_FAILURE },
};

KUNIT_ARRAY_PARAM_DESC(answer, answer_rows, name);

static void the_answer_tells_for_good_from_later(struct kunit *test)
{
	const struct answer_row *row = test->param_value;
	struct hvb_answer answer = hvb_plan_answer(row->pages, row->err);

	KUNIT_EXPECT_EQ(test, answer.page_count, row->pages);
	KUNIT_EXPECT_EQ(test, answer.result, row->result);
}

struct alignment_row {
	const char *name;
	u64 block_bytes;
	unsigned int alignment;
};

static const struct alignment_row alignment_rows[] = {
	{ "a page", SZ_4K, 0 },
	{ "1 MiB", SZ_1M, 0 },
	{ "2 MiB", SZ_2M, 1 },
	{ "128 MiB", SZ_128M, 7 },
	{ "2 GiB", SZ_2G, 11 },
	{ "32 GiB, the most that fits", 32ULL * SZ_1G, 15 },
	{ "64 GiB", 64ULL * SZ_1G, 15 },
};

KUNIT_ARRAY_PARAM_DESC(alignment, alignment_rows, name);

static void the_alignment_is_log2_of_mib(struct kunit *test)
{
	const struct alignment_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, hvb_plan_alignment(row->block_bytes),
			row->alignment);
}

struct zone_row {
	const char *name;
	enum hvb_online_policy policy;
	u64 kernel;
	u64 movable;
	enum hvb_zone zone;
};

static const struct zone_row zone_rows[] = {
	{ "kernel stays kernel", HVB_ONLINE_KERNEL, 100, 0, HVB_ZONE_KERNEL },
	{ "movable stays movable", HVB_ONLINE_MOVABLE, 0, 1000,
	  HVB_ZONE_MOVABLE },
	{ "off stays off", HVB_ONLINE_OFF, 100, 0, HVB_ZONE_NONE },
	{ "auto: room for movable", HVB_ONLINE_AUTO, 100, 0,
	  HVB_ZONE_MOVABLE },
	{ "auto: just three to one", HVB_ONLINE_AUTO, 100, 290,
	  HVB_ZONE_MOVABLE },
	{ "auto: a page more", HVB_ONLINE_AUTO, 100, 291, HVB_ZONE_KERNEL },
	{ "auto: the kernel has little", HVB_ONLINE_AUTO, 3, 0,
	  HVB_ZONE_KERNEL },
};

KUNIT_ARRAY_PARAM_DESC(zone, zone_rows, name);

static void the_zone_follows_the_policy(struct kunit *test)
{
	const struct zone_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->zone,
			hvb_plan_zone(row->policy, row->kernel, row->movable,
				      10));
}

struct order_row {
	const char *name;
	unsigned long start;
	unsigned long count;
	unsigned int order;
};

static const struct order_row order_rows[] = {
	{ "one page", 1, 1, 0 },
	{ "odd start", 7, 1000, 0 },
	{ "start says", 8, 1000, 3 },
	{ "count says", 1024, 7, 2 },
	{ "count is a power of two", 1024, 8, 3 },
	{ "the limit says", 1UL << 20, 1UL << 20, 9 },
	{ "page 0 is aligned to all", 0, 1UL << 20, 9 },
	{ "page 0, few pages", 0, 3, 1 },
	{ "the last pages", ULONG_MAX - 7, 7, 2 },
};

KUNIT_ARRAY_PARAM_DESC(order, order_rows, name);

static void the_order_fits_start_count_and_limit(struct kunit *test)
{
	const struct order_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->order,
			hvb_plan_order(row->start, row->count, 9));
	KUNIT_EXPECT_EQ(test, 0, hvb_plan_order(row->start, row->count, 0));
}

static struct kunit_case plan_cases[] = {
	KUNIT_CASE_PARAM(a_request_becomes_blocks, request_gen_params),
	KUNIT_CASE_PARAM(a_piece_is_backed_where_the_range_is,
			 piece_gen_params),
	KUNIT_CASE_PARAM(the_answer_tells_for_good_from_later,
			 answer_gen_params),
	KUNIT_CASE_PARAM(the_alignment_is_log2_of_mib, alignment_gen_params),
	KUNIT_CASE_PARAM(the_zone_follows_the_policy, zone_gen_params),
	KUNIT_CASE_PARAM(the_order_fits_start_count_and_limit,
			 order_gen_params),
	{}
};

static struct kunit_suite plan_suite = {
	.name = "hv_balloon_plan",
	.test_cases = plan_cases,
};

kunit_test_suite(plan_suite);
