// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of building what the host gets (drivers/hv/msg.c): each
 * message byte by byte, and balloon responses to the limits of a range and of
 * a packet.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/string.h>

#include "demand.h"
#include "msg.h"

#define TRANS	0x12345678

#define RANGE(start, count) \
	(FIELD_PREP_CONST(DM_RANGE_START_MASK, start) | \
	 FIELD_PREP_CONST(DM_RANGE_COUNT_MASK, count))

/* A header as the wire has it, in 64 bits. */
#define HEADER(type, size)	((u64)TRANS << 32 | (size) << 16 | (type))

static void expect_words(struct kunit *test, const void *buf, size_t size,
			 const u64 *words, size_t words_size)
{
	KUNIT_ASSERT_EQ(test, size, words_size);
	KUNIT_EXPECT_MEMEQ(test, buf, words, size);
}

struct version_row {
	const char *name;
	u32 version;
	bool is_last;
	u64 word;
};

static const struct version_row version_rows[] = {
	{ "2.0", DM_VERSION_2_0, false, 0x00020000 },
	{ "1.0", DM_VERSION_1_0, false, 0x00010000 },
	{ "0.3, the last", DM_VERSION_0_3, true, 0x100000003 },
};

KUNIT_ARRAY_PARAM_DESC(version, version_rows, name);

static void a_version_request(struct kunit *test)
{
	const struct version_row *row = test->param_value;
	const u64 words[] = { HEADER(DM_VERSION_REQUEST, 16), row->word };
	struct dm_version_request req;
	size_t size = hvb_msg_version(&req, TRANS, row->version, row->is_last);

	expect_words(test, &req, size, words, sizeof(words));
}

struct caps_row {
	const char *name;
	u64 features;
	unsigned int alignment;
	u64 word;
};

static const struct caps_row caps_rows[] = {
	{ "none", 0, 0, 0 },
	{ "balloon", DM_CAP_BALLOON, 0, 1 },
	{ "hot-add, blocks of 128 MiB", DM_CAP_HOT_ADD, 7, 2 | 7 << 2 },
	{ "both, blocks of 2 GiB", DM_CAP_BALLOON | DM_CAP_HOT_ADD, 11,
	  3 | 11 << 2 },
	{ "both, the largest alignment", DM_CAP_BALLOON | DM_CAP_HOT_ADD, 15,
	  3 | 15 << 2 },
	{ "hot-remove", DM_CAP_HOT_REMOVE, 0, 1 << 6 },
	{ "all", DM_CAP_BALLOON | DM_CAP_HOT_ADD | DM_CAP_HOT_REMOVE, 7,
	  3 | 7 << 2 | 1 << 6 },
};

KUNIT_ARRAY_PARAM_DESC(caps, caps_rows, name);

static void a_capabilities_report(struct kunit *test)
{
	const struct caps_row *row = test->param_value;
	const u64 words[] = {
		HEADER(DM_CAPABILITIES_REPORT, 32), row->word, 0, U64_MAX,
	};
	struct dm_capabilities caps;
	size_t size = hvb_msg_capabilities(&caps, TRANS, row->features,
					   row->alignment);

	expect_words(test, &caps, size, words, sizeof(words));
}

struct status_row {
	const char *name;
	bool extended;
	bool burst;
	size_t size;
	u64 flags;
};

static const struct status_row status_rows[] = {
	{ "as every host reads it", false, false, 48 },
	{ "no flag without the extension", false, true, 48 },
	{ "extended", true, false, 56, 0 },
	{ "extended, a burst", true, true, 56, 1 },
};

KUNIT_ARRAY_PARAM_DESC(status, status_rows, name);

static void a_status_report(struct kunit *test)
{
	static const struct hvb_demand demand = {
		.num_avail = 0x1000000000000001,
		.num_committed = 0x2000000000000002,
		.page_file_size = 0x3000000000000003,
		.zero_free = 0x4000000000000004,
		.page_file_writes = 0x50000005,
		.io_diff = 0x60000006,
	};
	const struct status_row *row = test->param_value;
	const u64 words[] = {
		HEADER(DM_STATUS_REPORT, row->size), 0x1000000000000001,
		0x2000000000000002, 0x3000000000000003, 0x4000000000000004,
		0x6000000650000005, row->flags,
	};
	union hvb_status status;
	size_t size = hvb_msg_status(&status, TRANS, &demand, row->extended,
				     row->burst);

	expect_words(test, &status, size, words, row->size);
}

struct want_row {
	const char *name;
	u64 nr_pages;
	u64 word;
};

static const struct want_row want_rows[] = {
	{ "a page", 1, RANGE(0, 1) },
	{ "the most", DM_RANGE_COUNT_MAX, RANGE(0, DM_RANGE_COUNT_MAX) },
	{ "more than that", DM_RANGE_COUNT_MAX + 1,
	  RANGE(0, DM_RANGE_COUNT_MAX) },
};

KUNIT_ARRAY_PARAM_DESC(want, want_rows, name);

static void a_request_for_memory(struct kunit *test)
{
	const struct want_row *row = test->param_value;
	const u64 words[] = { HEADER(DM_MEM_HOT_ADD_REQUEST, 16), row->word };
	struct dm_hot_add msg;
	size_t size = hvb_msg_want(&msg, TRANS, row->nr_pages);

	expect_words(test, &msg, size, words, sizeof(words));
}

static void an_unballoon_response(struct kunit *test)
{
	static const u64 words[] = { HEADER(DM_UNBALLOON_RESPONSE, 8) };
	struct dm_unballoon_response resp;
	size_t size = hvb_msg_unballoon_response(&resp, TRANS);

	expect_words(test, &resp, size, words, sizeof(words));
}

static void a_hot_add_response(struct kunit *test)
{
	static const u64 words[] = {
		HEADER(DM_MEM_HOT_ADD_RESPONSE, 16), 0x100ffffff,
	};
	struct dm_hot_add_response resp;
	size_t size = hvb_msg_hot_add_response(&resp, TRANS,
					       DM_RANGE_COUNT_MAX,
					       DM_HOT_ADD_SUCCESS);

	expect_words(test, &resp, size, words, sizeof(words));
}

/* An allocation of its exact size shows KASAN what is written past its end. */
static void *start_packing(struct kunit *test, struct hvb_packer *packer)
{
	void *buf = kunit_kmalloc(test, DM_MESSAGE_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memset(buf, 0xff, DM_MESSAGE_MAX);
	hvb_pack_start(packer, buf, DM_BALLOON_RESPONSE);
	return buf;
}

static void a_balloon_response_without_a_page(struct kunit *test)
{
	static const u64 words[] = { HEADER(DM_BALLOON_RESPONSE, 16), 0 };
	struct hvb_packer packer;
	void *buf = start_packing(test, &packer);
	size_t size = hvb_pack_finish(&packer, TRANS, false);

	KUNIT_EXPECT_EQ(test, packer.nr_pages, 0);
	expect_words(test, buf, size, words, sizeof(words));
}

static void a_balloon_response_with_more_to_come(struct kunit *test)
{
	static const u64 words[] = {
		HEADER(DM_BALLOON_RESPONSE, 32), (u64)(2 << 1 | 1) << 32,
		RANGE(5, 3), RANGE(DM_PAGE_NUMBER_END - 1, 1),
	};
	struct hvb_packer packer;
	void *buf = start_packing(test, &packer);

	KUNIT_EXPECT_EQ(test, 3, hvb_pack_range(&packer, 5, 3));
	KUNIT_EXPECT_EQ(test, 1,
			hvb_pack_range(&packer, DM_PAGE_NUMBER_END - 1, 1));
	KUNIT_EXPECT_EQ(test, packer.nr_pages, 4);
	expect_words(test, buf, hvb_pack_finish(&packer, TRANS, true),
		     words, sizeof(words));
}

struct split_row {
	const char *name;
	u64 count;
	u32 ranges;
	u64 last_start;
	u64 last_count;
};

static const struct split_row split_rows[] = {
	{ "nothing", 0, 0 },
	{ "a page", 1, 1, 0, 1 },
	{ "the most of one range", DM_RANGE_COUNT_MAX, 1, 0,
	  DM_RANGE_COUNT_MAX },
	{ "a page more", DM_RANGE_COUNT_MAX + 1, 2, DM_RANGE_COUNT_MAX, 1 },
	{ "the most of two", 2 * DM_RANGE_COUNT_MAX, 2, DM_RANGE_COUNT_MAX,
	  DM_RANGE_COUNT_MAX },
};

KUNIT_ARRAY_PARAM_DESC(split, split_rows, name);

static void a_long_run_is_split(struct kunit *test)
{
	const struct split_row *row = test->param_value;
	struct hvb_packer packer;
	u64 *buf = start_packing(test, &packer);
	u64 start = DM_PAGE_NUMBER_END - 2 * DM_RANGE_COUNT_MAX;
	struct hvb_wire_range last;

	KUNIT_EXPECT_EQ(test, row->count,
			hvb_pack_range(&packer, start, row->count));
	KUNIT_EXPECT_EQ(test, packer.nr_pages, row->count);
	KUNIT_ASSERT_EQ(test, packer.range_count, row->ranges);
	KUNIT_EXPECT_EQ(test, hvb_pack_finish(&packer, TRANS, false),
			16 + 8 * row->ranges);
	if (!row->ranges)
		return;
	last = hvb_msg_range(buf[1 + row->ranges]);
	KUNIT_EXPECT_EQ(test, last.start, start + row->last_start);
	KUNIT_EXPECT_EQ(test, last.count, row->last_count);
}

static void a_full_response_takes_no_more(struct kunit *test)
{
	struct hvb_packer packer;
	u64 *buf = start_packing(test, &packer);

	for (u64 i = 0; i < 509; i++)
		KUNIT_ASSERT_EQ(test, 1, hvb_pack_range(&packer, i * 2, 1));
	/* One range is left, and the run needs two: only part of it goes in. */
	KUNIT_EXPECT_EQ(test, DM_RANGE_COUNT_MAX,
			hvb_pack_range(&packer, 5000, DM_RANGE_COUNT_MAX + 5));
	KUNIT_EXPECT_EQ(test, 0, hvb_pack_range(&packer, 9, 1));
	KUNIT_EXPECT_EQ(test, packer.range_count, 510);
	KUNIT_EXPECT_EQ(test, packer.nr_pages, 509 + DM_RANGE_COUNT_MAX);
	KUNIT_EXPECT_EQ(test, DM_MESSAGE_MAX,
			hvb_pack_finish(&packer, TRANS, true));
	KUNIT_EXPECT_EQ(test, buf[0], HEADER(DM_BALLOON_RESPONSE, 4096));
	KUNIT_EXPECT_EQ(test, buf[1], (u64)(510 << 1 | 1) << 32);
	KUNIT_EXPECT_EQ(test, buf[511], RANGE(5000, DM_RANGE_COUNT_MAX));
}

static void a_hot_remove_response_without_a_page(struct kunit *test)
{
	static const u64 words[] = {
		HEADER(DM_MEM_HOT_REMOVE_RESPONSE, 24), 0, 0,
	};
	struct hvb_packer packer;
	void *buf = kunit_kmalloc(test, DM_MESSAGE_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	hvb_pack_start(&packer, buf, DM_MEM_HOT_REMOVE_RESPONSE);
	expect_words(test, buf, hvb_pack_finish(&packer, TRANS, false),
		     words, sizeof(words));
}

static void a_hot_remove_response_with_more_to_come(struct kunit *test)
{
	static const u64 words[] = {
		HEADER(DM_MEM_HOT_REMOVE_RESPONSE, 40), 2ULL << 32 | 1, 1,
		RANGE(5, 3), RANGE(9, 1),
	};
	struct hvb_packer packer;
	void *buf = kunit_kmalloc(test, DM_MESSAGE_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	hvb_pack_start(&packer, buf, DM_MEM_HOT_REMOVE_RESPONSE);
	KUNIT_EXPECT_EQ(test, 3, hvb_pack_range(&packer, 5, 3));
	KUNIT_EXPECT_EQ(test, 1, hvb_pack_range(&packer, 9, 1));
	expect_words(test, buf, hvb_pack_finish(&packer, TRANS, true),
		     words, sizeof(words));
}

static void a_full_hot_remove_response_takes_no_more(struct kunit *test)
{
	struct hvb_packer packer;
	u64 *buf = kunit_kmalloc(test, DM_MESSAGE_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	hvb_pack_start(&packer, buf, DM_MEM_HOT_REMOVE_RESPONSE);
	for (u64 i = 0; i < 509; i++)
		KUNIT_ASSERT_EQ(test, 1, hvb_pack_range(&packer, i * 2, 1));
	KUNIT_EXPECT_EQ(test, 0, hvb_pack_range(&packer, 5000, 1));
	KUNIT_EXPECT_EQ(test, DM_MESSAGE_MAX,
			hvb_pack_finish(&packer, TRANS, false));
	KUNIT_EXPECT_EQ(test, buf[511], RANGE(1016, 1));
}

static struct kunit_case pack_cases[] = {
	KUNIT_CASE_PARAM(a_version_request, version_gen_params),
	KUNIT_CASE_PARAM(a_capabilities_report, caps_gen_params),
	KUNIT_CASE_PARAM(a_status_report, status_gen_params),
	KUNIT_CASE_PARAM(a_request_for_memory, want_gen_params),
	KUNIT_CASE(an_unballoon_response),
	KUNIT_CASE(a_hot_add_response),
	KUNIT_CASE(a_balloon_response_without_a_page),
	KUNIT_CASE(a_balloon_response_with_more_to_come),
	KUNIT_CASE_PARAM(a_long_run_is_split, split_gen_params),
	KUNIT_CASE(a_full_response_takes_no_more),
	KUNIT_CASE(a_hot_remove_response_without_a_page),
	KUNIT_CASE(a_hot_remove_response_with_more_to_come),
	KUNIT_CASE(a_full_hot_remove_response_takes_no_more),
	{}
};

static struct kunit_suite pack_suite = {
	.name = "hv_balloon_pack",
	.test_cases = pack_cases,
};

kunit_test_suite(pack_suite);
