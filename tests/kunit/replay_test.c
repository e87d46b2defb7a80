// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the replay of a recorded host (replay.h): it says what it said, to a
 * guest that is another one. So pages that it returns are those that stand at
 * the same place among what this guest gave, and memory that it adds lies where
 * there is some. Whatever doesn't name pages must be as it was, byte for byte.
 */
#include <linux/slab.h>

#include "host.h"
#include "places.h"
#include "replay.h"

#define ROOM_PAGES	HOST_MEMORY	/* there is as much behind it */

/* A message's first eight bytes. */
#define WIRE_HEAD(type, size, trans_id) \
	((u64)(trans_id) << 32 | (size) << 16 | (type))
#define WIRE_HIGH(value)	((u64)(value) << 32)

/* A copy that is aligned, as the ring's are. */
static const void *bytes_of(struct kunit *test, const struct said *one)
{
	void *copy = kunit_kzalloc(test, DM_MESSAGE_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, replay_bytes + one->at, one->size);
	return copy;
}

static u64 packed(const struct hvb_wire_range *range)
{
	return WIRE_RANGE(range->start, range->count);
}

/* Return: bytes; 0 for information that the driver doesn't know. */
static size_t write_info(const struct hvb_msg *msg, struct dm_info_msg *to)
{
	struct dm_info_header *info = (void *)to->info;

	if (!msg->info.known)
		return 0;
	info->type = DM_INFO_TYPE_MAX_PAGE_CNT;
	info->data_size = sizeof(u64);
	memcpy(info + 1, &msg->info.max_page_count, sizeof(u64));
	to->info_size = sizeof(*info) + info->data_size;
	return sizeof(*to) + to->info_size;
}

/*
 * A message made of nothing but what the driver read. Return: its bytes; 0 if it
 * has some that the driver doesn't read.
 */
static size_t write_again(const struct hvb_msg *msg, void *buf)
{
	struct dm_unballoon_request *unballoon = buf;
	struct dm_capabilities_resp_msg *caps = buf;
	struct dm_version_response *version = buf;
	struct dm_hot_add_with_region *add = buf;
	struct dm_balloon *balloon = buf;
	struct dm_header *hdr = buf;
	size_t size = 0;

	switch (msg->type) {
	case DM_VERSION_RESPONSE:
		version->flags = msg->version.is_accepted ? DM_IS_ACCEPTED : 0;
		size = sizeof(*version);
		break;
	case DM_CAPABILITIES_RESPONSE:
		if (msg->caps.is_accepted)
			caps->flags |= DM_IS_ACCEPTED;
		if (msg->caps.hot_remove)
			caps->flags |= DM_HOT_REMOVE;
		if (msg->caps.suppress_pressure_reports)
			caps->flags |= DM_SUPPRESS_PRESSURE_REPORTS;
		size = sizeof(*caps);
		break;
	case DM_INFO_MESSAGE:
		size = write_info(msg, buf);
		break;
	case DM_BALLOON_REQUEST:
		balloon->num_pages = msg->balloon.num_pages;
		size = sizeof(*balloon);
		break;
	case DM_UNBALLOON_REQUEST:
		unballoon->flags = msg->unballoon.more_pages;
		unballoon->range_count = msg->unballoon.range_count;
		size = struct_size(unballoon, range_array,
				   unballoon->range_count);
		memcpy(unballoon->range_array, msg->unballoon.ranges,
		       size - sizeof(*unballoon));
		break;
	case DM_MEM_HOT_ADD_REQUEST:
		add->range = packed(&msg->hot_add.range);
		add->region = packed(&msg->hot_add.region);
		size = msg->hot_add.has_region ? sizeof(*add) :
						 sizeof(struct dm_hot_add);
		break;
	default:
		break;
	}
	hdr->type = msg->type;
	hdr->size = size;
	hdr->trans_id = msg->trans_id;
	return size;
}

/*
 * The driver takes a message, and it can be written again. Return: false if the
 * driver takes it and doesn't read all of it.
 */
static bool is_read(struct kunit *test, const void *bytes, size_t size)
{
	void *again = kunit_kzalloc(test, DM_MESSAGE_MAX, GFP_KERNEL);
	struct hvb_msg msg;
	size_t written;

	KUNIT_ASSERT_NOT_NULL(test, again);
	KUNIT_EXPECT_EQ_MSG(test, 0, hvb_msg_check(bytes, size, &msg),
			    "type %d, transaction %u", msg.type, msg.trans_id);
	written = write_again(&msg, again);
	if (written) {
		KUNIT_EXPECT_EQ(test, written, size);
		KUNIT_EXPECT_MEMEQ(test, again, bytes, size);
	}
	kunit_kfree(test, again);
	return written;
}

static void a_request_is_read_to_the_last_byte(struct kunit *test)
{
	unsigned int nr_read = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(said); i++) {
		if (said[i].way == '>')
			continue;
		nr_read += is_read(test, bytes_of(test, &said[i]),
				   said[i].size);
	}
	kunit_info(test, "%u requests of %zu messages\n", nr_read,
		   ARRAY_SIZE(said));
	KUNIT_EXPECT_EQ(test, nr_read, replay_total.read);
}

/* What a record that begins when the driver runs doesn't have. */
static const u64 beginnings[][4] = {
	{ WIRE_HEAD(DM_VERSION_RESPONSE, 16, 1), 0 },
	{ WIRE_HEAD(DM_VERSION_RESPONSE, 16, 2), DM_IS_ACCEPTED },
	{ WIRE_HEAD(DM_CAPABILITIES_RESPONSE, 16, 3), 0 },
	{ WIRE_HEAD(DM_CAPABILITIES_RESPONSE, 16, 4), DM_IS_ACCEPTED },
	{ WIRE_HEAD(DM_CAPABILITIES_RESPONSE, 16, 5),
	  DM_IS_ACCEPTED | DM_HOT_REMOVE },
	{ WIRE_HEAD(DM_CAPABILITIES_RESPONSE, 16, 6),
	  DM_IS_ACCEPTED | DM_SUPPRESS_PRESSURE_REPORTS },
	{ WIRE_HEAD(DM_INFO_MESSAGE, 32, 7), WIRE_HIGH(16),
	  DM_INFO_TYPE_MAX_PAGE_CNT | WIRE_HIGH(8), 0x123456789abcULL },
};

static void a_beginning_is_read_to_the_last_byte(struct kunit *test)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(beginnings); i++) {
		const struct dm_header *hdr = (const void *)beginnings[i];

		KUNIT_EXPECT_TRUE_MSG(test, is_read(test, hdr, hdr->size),
				      "message %u", i);
	}
}

/**
 * struct replay - a replay as it goes on
 * @test: the test
 * @host: the host
 * @then: what it got when it was recorded
 * @now: what it gets, as many pages
 * @shift_pages: how far added memory is moved
 * @is_placed: @shift_pages is known
 * @nr_played: messages that were played
 * @nr_left_out: hot-adds without room
 * @nr_answers: answers that were compared
 * @nr_given: pages that were given
 * @nr_returned: pages that came back
 */
struct replay {
	struct kunit *test;
	struct host *host;
	struct places then;
	struct places now;
	unsigned long shift_pages;
	bool is_placed;
	unsigned int nr_played;
	unsigned int nr_left_out;
	unsigned int nr_answers;
	unsigned long nr_given;
	unsigned long nr_returned;
};

static struct dm_header header_of(const struct said *one)
{
	struct dm_header hdr;

	memcpy(&hdr, replay_bytes + one->at, sizeof(hdr));
	return hdr;
}

/*
 * The message after @i with this type and transaction that the guest sent.
 * Return: where, or the end.
 */
static unsigned int answer_after(unsigned int i, enum dm_type type,
				 u32 trans_id)
{
	while (++i < ARRAY_SIZE(said)) {
		struct dm_header hdr = header_of(&said[i]);

		if (said[i].way == '>' && hdr.type == type &&
		    hdr.trans_id == trans_id)
			break;
	}
	return i;
}

static void hear_given(struct replay *replay, u32 trans_id)
{
	const struct dm_balloon_response *resp;

	do {
		resp = host_hears(replay->host, DM_BALLOON_RESPONSE,
				  sizeof(*resp));
		KUNIT_EXPECT_EQ(replay->test, resp->hdr.trans_id, trans_id);
		places_note(replay->test, &replay->now, resp);
		host_holds(replay->host, resp->range_array,
			   FIELD_GET(DM_RESPONSE_COUNT_MASK,
				     resp->more_and_count));
	} while (resp->more_and_count & DM_MORE_PAGES);
}

/* This guest may have less to give, or more. */
static void play_balloon(struct replay *replay, unsigned int i,
			 const struct dm_balloon *req)
{
	unsigned int then = replay->then.nr, now = replay->now.nr;
	unsigned long nr_then, nr_now;

	host_say(replay->host, req, req->hdr.size);
	hear_given(replay, req->hdr.trans_id);
	replay->nr_played++;
	for (;;) {
		const struct dm_balloon_response *resp;

		i = answer_after(i, DM_BALLOON_RESPONSE, req->hdr.trans_id);
		if (i == ARRAY_SIZE(said))
			break;
		resp = bytes_of(replay->test, &said[i]);
		places_note(replay->test, &replay->then, resp);
		if (!(resp->more_and_count & DM_MORE_PAGES))
			break;
	}
	nr_then = places_from(&replay->then, then);
	nr_now = places_from(&replay->now, now);
	kunit_info(replay->test, "asked for %u pages: %lu then, %lu now\n",
		   req->num_pages, nr_then, nr_now);
	KUNIT_EXPECT_LE(replay->test, nr_now, req->num_pages);
	replay->nr_given += nr_now;
	places_keep(&replay->then, then, min(nr_then, nr_now));
	places_keep(&replay->now, now, min(nr_then, nr_now));
}

static void return_range(struct replay *replay, struct hvb_wire_range then)
{
	while (then.count) {
		struct hvb_range now = places_find(&replay->then, &replay->now,
						   then.start);

		now.count = min_t(u64, now.count, then.count);
		if (now.count) {
			host_returns(replay->host, &now, 1, true);
			host_hears_nothing(replay->host);
			replay->nr_returned += now.count;
		}
		then.start += now.count ?: 1;
		then.count -= now.count ?: 1;
	}
}

/* The answer, byte for byte as it was if the record goes so far. */
static void hear_again(struct replay *replay, unsigned int i, enum dm_type type)
{
	u32 trans_id = header_of(&said[i]).trans_id;
	const struct dm_header *now;
	const void *then;

	now = host_hears(replay->host, type, sizeof(*now));
	KUNIT_EXPECT_EQ(replay->test, now->trans_id, trans_id);
	i = answer_after(i, type, trans_id);
	if (i == ARRAY_SIZE(said)) {
		kunit_info(replay->test, "transaction %u wasn't answered then\n",
			   trans_id);
		return;
	}
	then = bytes_of(replay->test, &said[i]);
	KUNIT_ASSERT_EQ(replay->test, now->size, said[i].size);
	KUNIT_EXPECT_MEMEQ(replay->test, now, then, said[i].size);
	replay->nr_answers++;
}

static void play_unballoon(struct replay *replay, unsigned int i,
			   const struct dm_unballoon_request *req)
{
	struct dm_unballoon_request last = { .hdr = req->hdr };

	replay->nr_played++;
	for (u32 n = 0; n < req->range_count; n++)
		return_range(replay, hvb_msg_range(req->range_array[n]));
	if (req->flags & DM_MORE_PAGES)
		return;
	last.hdr.size = sizeof(last);
	host_say(replay->host, &last, sizeof(last));
	hear_again(replay, i, DM_UNBALLOON_RESPONSE);
}

static u64 moved(const struct replay *replay, u64 range)
{
	struct hvb_wire_range to = hvb_msg_range(range);

	to.start -= replay->shift_pages;
	return packed(&to);
}

static void play_hot_add(struct replay *replay, unsigned int i,
			 const struct dm_hot_add_with_region *req)
{
	struct hvb_wire_range range = hvb_msg_range(req->range);
	struct dm_hot_add_with_region here = *req;

	if (!replay->is_placed)
		replay->shift_pages = range.start - HOST_MEMORY;
	replay->is_placed = true;
	here.range = moved(replay, req->range);
	range = hvb_msg_range(here.range);
	if (range.start < HOST_MEMORY ||
	    range.start + range.count > HOST_MEMORY + ROOM_PAGES) {
		kunit_info(replay->test, "no room for a hot-add of %llu pages\n",
			   range.count);
		replay->nr_left_out++;
		return;
	}
	if (req->hdr.size == sizeof(here))
		here.region = moved(replay, req->region);
	host_say(replay->host, &here, req->hdr.size);
	hear_again(replay, i, DM_MEM_HOT_ADD_RESPONSE);
	replay->nr_played++;
}

static void play(struct replay *replay, unsigned int i)
{
	const struct dm_header *hdr = bytes_of(replay->test, &said[i]);

	switch (hdr->type) {
	case DM_BALLOON_REQUEST:
		play_balloon(replay, i, (const void *)hdr);
		break;
	case DM_UNBALLOON_REQUEST:
		play_unballoon(replay, i, (const void *)hdr);
		break;
	case DM_MEM_HOT_ADD_REQUEST:
		play_hot_add(replay, i, (const void *)hdr);
		break;
	case DM_INFO_MESSAGE:
		host_say(replay->host, hdr, said[i].size);
		replay->nr_played++;
		break;
	}
	host_hears_nothing(replay->host);
}

/* A guest may give less, but not ours when it plays our record. */
static void expect_total(const struct replay *replay)
{
	struct kunit *test = replay->test;

	kunit_info(test, "%u messages played, %u hot-adds left out, %u answers compared, %lu pages given, %lu returned\n",
		   replay->nr_played, replay->nr_left_out, replay->nr_answers,
		   replay->nr_given, replay->nr_returned);
	KUNIT_EXPECT_EQ(test, replay->nr_played, replay_total.played);
	KUNIT_EXPECT_EQ(test, replay->nr_left_out, replay_total.left_out);
	KUNIT_EXPECT_EQ(test, replay->nr_answers, replay_total.answers);
	if (replay_total.is_ours) {
		KUNIT_EXPECT_EQ(test, replay->nr_given, replay_total.given);
		KUNIT_EXPECT_EQ(test, replay->nr_returned,
				replay_total.returned);
	}
}

static void the_guest_answers_as_it_did(struct kunit *test)
{
	struct replay *replay = kunit_kzalloc(test, sizeof(*replay), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, replay);
	replay->test = test;
	replay->host = host_connected(test);
	for (unsigned int i = 0; i < ARRAY_SIZE(said); i++)
		if (said[i].way == '<')
			play(replay, i);
	expect_total(replay);
	KUNIT_EXPECT_EQ(test, replay->host->holds.nr_pages,
			replay->nr_given - replay->nr_returned);
	KUNIT_EXPECT_EQ(test, 0, host_count(replay->host, HVB_COUNT_REFUSED));
	host_agrees(replay->host);
	host_returns_all(replay->host);
	host_finds_pages(replay->host);
}

static struct kunit_case replay_cases[] = {
	KUNIT_CASE(a_request_is_read_to_the_last_byte),
	KUNIT_CASE(a_beginning_is_read_to_the_last_byte),
	KUNIT_CASE(the_guest_answers_as_it_did),
	{}
};

static struct kunit_suite replay_suite = {
	.name = "hv_balloon_replay",
	.test_cases = replay_cases,
};

kunit_test_suite(replay_suite);
