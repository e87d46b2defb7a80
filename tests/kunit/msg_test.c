// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of reading what the host sends (hvb_msg_check() in
 * drivers/hv/msg.c): every type, every length, every limit of a range. Each
 * message lies in an allocation of its exact length, so that KASAN sees a
 * read past its end.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/string.h>

#include "msg.h"

#define TRANS	0x12345678
#define WORDS	6

#define RANGE(start, count) \
	(FIELD_PREP_CONST(DM_RANGE_START_MASK, start) | \
	 FIELD_PREP_CONST(DM_RANGE_COUNT_MASK, count))
#define LOW_HIGH(low, high)	((u64)(high) << 32 | (low))

#define LAST_PAGE	(DM_PAGE_NUMBER_END - 1)

/**
 * struct read_row - a message and what it says
 * @name: the row's
 * @type: of the message
 * @len: bytes received
 * @size: bytes that its header declares
 * @words: what follows the header, in 64 bits each
 * @err: the verdict
 * @msg: what it says; pointers are not compared
 */
struct read_row {
	const char *name;
	enum dm_type type;
	u16 len;
	u16 size;
	u64 words[WORDS];
	int err;
	struct hvb_msg msg;
};

static const struct read_row read_rows[] = {
	{ "version refused", DM_VERSION_RESPONSE, 16, 16, { 0 } },
	{ "version accepted", DM_VERSION_RESPONSE, 16, 16, { 1 }, 0,
	  { .version = { .is_accepted = true } } },
	{ "version, reserved bits", DM_VERSION_RESPONSE, 16, 16,
	  { ~1ULL } },
	{ "capabilities refused", DM_CAPABILITIES_RESPONSE, 16, 16, { 0 } },
	{ "capabilities accepted", DM_CAPABILITIES_RESPONSE, 16, 16, { 1 }, 0,
	  { .caps = { .is_accepted = true } } },
	{ "hot-remove", DM_CAPABILITIES_RESPONSE, 16, 16, { 3 }, 0,
	  { .caps = { .is_accepted = true, .hot_remove = true } } },
	{ "no reports", DM_CAPABILITIES_RESPONSE, 16, 16, { 5 }, 0,
	  { .caps = { .is_accepted = true,
		      .suppress_pressure_reports = true } } },
	{ "balloon", DM_BALLOON_REQUEST, 16, 16, { 585728 }, 0,
	  { .balloon = { .num_pages = 585728 } } },
	{ "balloon of no page", DM_BALLOON_REQUEST, 16, 16, { 0 } },
	{ "balloon of all pages", DM_BALLOON_REQUEST, 16, 16,
	  { LOW_HIGH(U32_MAX, U32_MAX) }, 0,
	  { .balloon = { .num_pages = U32_MAX } } },
	{ "balloon, bytes behind it", DM_BALLOON_REQUEST, 24, 16, { 7 }, 0,
	  { .balloon = { .num_pages = 7 } } },
	{ "balloon, a longer one", DM_BALLOON_REQUEST, 24, 24, { 7 }, 0,
	  { .balloon = { .num_pages = 7 } } },
	{ "unballoon of no range", DM_UNBALLOON_REQUEST, 16, 16, { 0 } },
	{ "unballoon of one", DM_UNBALLOON_REQUEST, 24, 24,
	  { LOW_HIGH(0, 1), RANGE(5, 3) }, 0,
	  { .unballoon = { .range_count = 1 } } },
	{ "unballoon, more follow", DM_UNBALLOON_REQUEST, 32, 32,
	  { LOW_HIGH(1, 2), RANGE(5, 3), RANGE(LAST_PAGE, 1) }, 0,
	  { .unballoon = { .more_pages = true, .range_count = 2 } } },
	{ "unballoon, room to spare", DM_UNBALLOON_REQUEST, 32, 32,
	  { LOW_HIGH(0, 1), RANGE(5, 3), 0 }, 0,
	  { .unballoon = { .range_count = 1 } } },
	{ "unballoon of more than declared", DM_UNBALLOON_REQUEST, 32, 24,
	  { LOW_HIGH(0, 2), RANGE(5, 3), RANGE(9, 1) }, -EBADMSG },
	{ "unballoon of 7/8 of a range", DM_UNBALLOON_REQUEST, 23, 23,
	  { LOW_HIGH(0, 1), RANGE(5, 3) }, -EBADMSG },
	{ "unballoon of 2^32 - 1 ranges", DM_UNBALLOON_REQUEST, 24, 24,
	  { LOW_HIGH(0, U32_MAX), RANGE(5, 3) }, -EBADMSG },
	{ "unballoon, so many that bytes wrap", DM_UNBALLOON_REQUEST, 24, 24,
	  { LOW_HIGH(0, 0x20000001), RANGE(5, 3) }, -EBADMSG },
	{ "unballoon of an empty range", DM_UNBALLOON_REQUEST, 24, 24,
	  { LOW_HIGH(0, 1), RANGE(5, 0) }, 0,
	  { .unballoon = { .range_count = 1 } } },
	{ "unballoon of empty ranges and one more", DM_UNBALLOON_REQUEST, 40, 40,
	  { LOW_HIGH(0, 3), RANGE(LAST_PAGE, 0), RANGE(5, 3), 0 }, 0,
	  { .unballoon = { .range_count = 3 } } },
	{ "unballoon, second range past the end", DM_UNBALLOON_REQUEST, 32, 32,
	  { LOW_HIGH(0, 2), RANGE(5, 3), RANGE(LAST_PAGE, 2) }, -ERANGE },
	{ "hot-add", DM_MEM_HOT_ADD_REQUEST, 16, 16,
	  { RANGE(0x8000, 0x8000) }, 0,
	  { .hot_add = { .range = { 0x8000, 0x8000 } } } },
	{ "hot-add of the most", DM_MEM_HOT_ADD_REQUEST, 16, 16,
	  { RANGE(0, DM_RANGE_COUNT_MAX) }, 0,
	  { .hot_add = { .range = { 0, DM_RANGE_COUNT_MAX } } } },
	{ "hot-add up to the last page", DM_MEM_HOT_ADD_REQUEST, 16, 16,
	  { RANGE(LAST_PAGE, 1) }, 0,
	  { .hot_add = { .range = { LAST_PAGE, 1 } } } },
	{ "hot-add past it", DM_MEM_HOT_ADD_REQUEST, 16, 16,
	  { RANGE(LAST_PAGE, 2) }, -ERANGE },
	{ "hot-add of nothing", DM_MEM_HOT_ADD_REQUEST, 16, 16,
	  { RANGE(5, 0) }, 0, { .hot_add = { .range = { 5, 0 } } } },
	{ "hot-add in a region", DM_MEM_HOT_ADD_REQUEST, 24, 24,
	  { RANGE(0x8000, 7), RANGE(0x8000, 0x10000) }, 0,
	  { .hot_add = { .range = { 0x8000, 7 },
			 .region = { 0x8000, 0x10000 },
			 .has_region = true } } },
	{ "hot-add, a region not declared", DM_MEM_HOT_ADD_REQUEST, 24, 16,
	  { RANGE(0x8000, 7), RANGE(0x8000, 0x10000) }, 0,
	  { .hot_add = { .range = { 0x8000, 7 } } } },
	{ "hot-add, 7/8 of a region", DM_MEM_HOT_ADD_REQUEST, 23, 23,
	  { RANGE(0x8000, 7), RANGE(0x8000, 0x10000) }, -EBADMSG },
	{ "hot-add, 1/8 of a region", DM_MEM_HOT_ADD_REQUEST, 17, 17,
	  { RANGE(0x8000, 7) }, -EBADMSG },
	{ "hot-add in an empty region", DM_MEM_HOT_ADD_REQUEST, 24, 24,
	  { RANGE(0x8000, 7), RANGE(0x8000, 0) }, 0,
	  { .hot_add = { .range = { 0x8000, 7 },
			 .region = { 0x8000, 0 } } } },
	{ "hot-add in a region past the end", DM_MEM_HOT_ADD_REQUEST, 24, 24,
	  { RANGE(0x8000, 7), RANGE(LAST_PAGE, 2) }, -ERANGE },
	{ "most pages", DM_INFO_MESSAGE, 32, 32,
	  { LOW_HIGH(0, 16), LOW_HIGH(DM_INFO_TYPE_MAX_PAGE_CNT, 8),
	    1ULL << 40 }, 0,
	  { .info = { .known = true, .max_page_count = 1ULL << 40 } } },
	{ "information of an unknown type", DM_INFO_MESSAGE, 32, 32,
	  { LOW_HIGH(0, 16), LOW_HIGH(99, 8), 5 } },
	{ "information of an unknown type, no data", DM_INFO_MESSAGE, 24, 24,
	  { LOW_HIGH(0, 8), LOW_HIGH(99, 0) } },
	{ "hot-remove request", DM_MEM_HOT_REMOVE_REQUEST, 24, 24,
	  { LOW_HIGH(3, 0x8000), LOW_HIGH(3, 0) }, 0,
	  { .hot_remove = { .num_pages = 0x8000 } } },
	{ "hot-remove of all pages", DM_MEM_HOT_REMOVE_REQUEST, 24, 24,
	  { U64_MAX, U64_MAX }, 0,
	  { .hot_remove = { .num_pages = U32_MAX } } },
	{ "7/8 of a hot-remove", DM_MEM_HOT_REMOVE_REQUEST, 23, 23,
	  { LOW_HIGH(0, 0x8000), 0 }, -EBADMSG },
	{ "no information", DM_INFO_MESSAGE, 16, 16, { LOW_HIGH(0, 0) },
	  -EBADMSG },
	{ "7/8 of information", DM_INFO_MESSAGE, 24, 24,
	  { LOW_HIGH(0, 7), LOW_HIGH(0, 0) }, -EBADMSG },
	{ "information past the message", DM_INFO_MESSAGE, 32, 32,
	  { LOW_HIGH(0, 17), LOW_HIGH(0, 8), 5 }, -EBADMSG },
	{ "2^32 - 1 bytes of information", DM_INFO_MESSAGE, 32, 32,
	  { LOW_HIGH(0, U32_MAX), LOW_HIGH(0, 8), 5 }, -EBADMSG },
	{ "data past the information", DM_INFO_MESSAGE, 32, 32,
	  { LOW_HIGH(0, 15), LOW_HIGH(0, 8), 5 }, -EBADMSG },
	{ "2^32 - 1 bytes of data", DM_INFO_MESSAGE, 32, 32,
	  { LOW_HIGH(0, 16), LOW_HIGH(99, U32_MAX), 5 }, -EBADMSG },
	{ "most pages in 7 bytes", DM_INFO_MESSAGE, 32, 32,
	  { LOW_HIGH(0, 16), LOW_HIGH(0, 7), 5 }, -EBADMSG },
	{ "most pages in no byte", DM_INFO_MESSAGE, 24, 24,
	  { LOW_HIGH(0, 8), LOW_HIGH(0, 0) }, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(read, read_rows, name);

static void write_message(void *buf, u16 type, size_t len, u16 size,
			  const u64 *words)
{
	struct dm_header hdr = {
		.type = type, .size = size, .trans_id = TRANS,
	};

	memcpy(buf, &hdr, min(len, sizeof(hdr)));
	if (len > sizeof(hdr) && words)
		memcpy(buf + sizeof(hdr), words,
		       min(len - sizeof(hdr), WORDS * sizeof(u64)));
}

/* A message in an allocation of just its length. */
static void *message(struct kunit *test, u16 type, size_t len, u16 size,
		     const u64 *words)
{
	void *buf = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	write_message(buf, type, len, size, words);
	return buf;
}

static void expect_range(struct kunit *test, struct hvb_wire_range is,
			 struct hvb_wire_range want)
{
	KUNIT_EXPECT_EQ(test, is.start, want.start);
	KUNIT_EXPECT_EQ(test, is.count, want.count);
}

static void expect_says(struct kunit *test, const struct hvb_msg *is,
			const struct hvb_msg *want)
{
	switch (is->type) {
	case DM_VERSION_RESPONSE:
		KUNIT_EXPECT_EQ(test, is->version.is_accepted,
				want->version.is_accepted);
		break;
	case DM_CAPABILITIES_RESPONSE:
		KUNIT_EXPECT_MEMEQ(test, &is->caps, &want->caps,
				   sizeof(is->caps));
		break;
	case DM_BALLOON_REQUEST:
		KUNIT_EXPECT_EQ(test, is->balloon.num_pages,
				want->balloon.num_pages);
		break;
	case DM_UNBALLOON_REQUEST:
		KUNIT_EXPECT_EQ(test, is->unballoon.more_pages,
				want->unballoon.more_pages);
		KUNIT_EXPECT_EQ(test, is->unballoon.range_count,
				want->unballoon.range_count);
		break;
	case DM_MEM_HOT_ADD_REQUEST:
		KUNIT_EXPECT_EQ(test, is->hot_add.has_region,
				want->hot_add.has_region);
		expect_range(test, is->hot_add.range, want->hot_add.range);
		expect_range(test, is->hot_add.region, want->hot_add.region);
		break;
	case DM_INFO_MESSAGE:
		KUNIT_EXPECT_EQ(test, is->info.known, want->info.known);
		KUNIT_EXPECT_EQ(test, is->info.max_page_count,
				want->info.max_page_count);
		break;
	case DM_MEM_HOT_REMOVE_REQUEST:
		KUNIT_EXPECT_EQ(test, is->hot_remove.num_pages,
				want->hot_remove.num_pages);
		break;
	default:
		KUNIT_FAIL(test, "type %d", is->type);
	}
}

static void a_message_is_read_or_refused(struct kunit *test)
{
	const struct read_row *row = test->param_value;
	const struct dm_unballoon_request *buf;
	struct hvb_msg msg;

	buf = message(test, row->type, row->len, row->size, row->words);
	KUNIT_ASSERT_EQ(test, row->err, hvb_msg_check(buf, row->len, &msg));
	KUNIT_EXPECT_EQ(test, msg.type, row->type);
	KUNIT_EXPECT_EQ(test, msg.trans_id, TRANS);
	if (row->err)
		return;
	expect_says(test, &msg, &row->msg);
	if (row->type == DM_UNBALLOON_REQUEST)
		KUNIT_EXPECT_PTR_EQ(test, msg.unballoon.ranges,
				    &buf->range_array[0]);
}

struct type_row {
	const char *name;
	u16 type;
	u16 min_size;
};

static const struct type_row type_rows[] = {
	{ "version response", DM_VERSION_RESPONSE, 16 },
	{ "capabilities response", DM_CAPABILITIES_RESPONSE, 16 },
	{ "balloon request", DM_BALLOON_REQUEST, 16 },
	{ "unballoon request", DM_UNBALLOON_REQUEST, 16 },
	{ "hot-add request", DM_MEM_HOT_ADD_REQUEST, 16 },
	{ "info message", DM_INFO_MESSAGE, 16 },
	{ "hot-remove request", DM_MEM_HOT_REMOVE_REQUEST, 24 },
};

KUNIT_ARRAY_PARAM_DESC(type, type_rows, name);

/* All declared sizes, with each kind of rubbish in the message. */
static void no_size_reads_past_the_message(struct kunit *test, u16 type,
					   u16 min_size, size_t len)
{
	static const u64 words[][WORDS] = {
		{},
		{ LOW_HIGH(0, 1), RANGE(5, 3), RANGE(5, 3), 1, 1, 1 },
		{ U64_MAX, U64_MAX, U64_MAX, U64_MAX, U64_MAX, U64_MAX },
	};
	void *buf = kunit_kzalloc(test, len ?: 1, GFP_KERNEL);
	struct hvb_msg msg;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (u16 size = 0; size <= 64; size++)
		for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
			int err;

			write_message(buf, type, len, size, words[i]);
			err = hvb_msg_check(buf, len, &msg);
			if (len < 8 || size < min_size || size > len)
				KUNIT_ASSERT_EQ(test, err, -EBADMSG);
		}
}

static void no_length_reads_past_the_message(struct kunit *test)
{
	const struct type_row *row = test->param_value;

	for (size_t len = 0; len <= 56; len++)
		no_size_reads_past_the_message(test, row->type, row->min_size,
					       len);
}

static void a_type_that_no_host_sends_is_refused(struct kunit *test)
{
	struct hvb_msg msg;

	for (u32 type = 0; type <= U16_MAX; type++) {
		u64 buf[8] = {};
		bool is_known = false;

		for (unsigned int i = 0; i < ARRAY_SIZE(type_rows); i++)
			is_known |= type == type_rows[i].type;
		if (is_known)
			continue;
		((struct dm_header *)buf)->type = type;
		((struct dm_header *)buf)->size = sizeof(buf);
		KUNIT_ASSERT_EQ(test, -EOPNOTSUPP,
				hvb_msg_check(buf, sizeof(buf), &msg));
	}
}

/* As many ranges as the longest message holds, and one more than it says. */
static void the_longest_unballoon_is_read_to_its_end(struct kunit *test)
{
	u64 *buf = message(test, DM_UNBALLOON_REQUEST, DM_MESSAGE_MAX,
			   DM_MESSAGE_MAX, NULL);
	struct dm_unballoon_request *req = (void *)buf;
	struct hvb_msg msg;

	req->range_count = DM_RESPONSE_RANGES_MAX;
	for (u32 i = 0; i < req->range_count; i++)
		buf[2 + i] = RANGE(0, 1) + i * 2;
	KUNIT_ASSERT_EQ(test, 0, hvb_msg_check(buf, DM_MESSAGE_MAX, &msg));
	KUNIT_EXPECT_EQ(test, msg.unballoon.range_count, 510);
	expect_range(test, hvb_msg_range(msg.unballoon.ranges[509]),
		     (struct hvb_wire_range) { 1018, 1 });

	buf[2 + 509] = RANGE(LAST_PAGE, 2);
	KUNIT_EXPECT_EQ(test, -ERANGE,
			hvb_msg_check(buf, DM_MESSAGE_MAX, &msg));
	req->range_count++;
	KUNIT_EXPECT_EQ(test, -EBADMSG,
			hvb_msg_check(buf, DM_MESSAGE_MAX, &msg));
}

struct range_row {
	const char *name;
	u64 packed;
	struct hvb_wire_range range;
};

static const struct range_row range_rows[] = {
	{ "nothing", 0, { 0, 0 } },
	{ "the highest bit of the start", 1ULL << 39, { 1ULL << 39, 0 } },
	{ "the lowest bit of the count", 1ULL << 40, { 0, 1 } },
	{ "all bits", U64_MAX, { LAST_PAGE, DM_RANGE_COUNT_MAX } },
	{ "some of both", 0x0000030000000005, { 5, 3 } },
};

KUNIT_ARRAY_PARAM_DESC(range, range_rows, name);

static void a_range_has_24_bits_of_count_and_40_of_start(struct kunit *test)
{
	const struct range_row *row = test->param_value;

	expect_range(test, hvb_msg_range(row->packed), row->range);
}

static struct kunit_case msg_cases[] = {
	KUNIT_CASE_PARAM(a_message_is_read_or_refused, read_gen_params),
	KUNIT_CASE_PARAM(no_length_reads_past_the_message, type_gen_params),
	KUNIT_CASE(a_type_that_no_host_sends_is_refused),
	KUNIT_CASE(the_longest_unballoon_is_read_to_its_end),
	KUNIT_CASE_PARAM(a_range_has_24_bits_of_count_and_40_of_start,
			 range_gen_params),
	{}
};

static struct kunit_suite msg_suite = {
	.name = "hv_balloon_msg",
	.test_cases = msg_cases,
};

kunit_test_suite(msg_suite);
