// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of the conversation's table (states.c): a test for each pair
 * of a state and a message. It brings the driver into the state, has the host
 * send the message, and looks at what the table says. After that the driver
 * must still do its work.
 */
#include <linux/delay.h>

#include "host.h"
#include "stage.h"

#define TRANS		0xbeef
#define BACK_PAGES	4
#define MOST_PAGES	BIT_ULL(33)

/* How long nothing must happen. */
#define NEVER_MS	20

static const u8 pairs[NR_STATES * NR_MESSAGES];

/**
 * struct pair - one test
 * @host: the host
 * @stage: the state that the message comes in
 * @message: which
 * @part: pages that an unballoon request is about
 * @received: messages read before
 * @refused: messages refused before
 */
struct pair {
	struct host *host;
	struct stage stage;
	enum message message;
	struct hvb_range part;
	long received;
	long refused;
};

#define HEADER(type, size)	{ type, size, TRANS }

/* Leaves the message in the ring. */
static void post(struct pair *pair)
{
	static const struct dm_version_response version = {
		HEADER(DM_VERSION_RESPONSE, 16), DM_IS_ACCEPTED
	};
	static const struct dm_capabilities_resp_msg caps = {
		HEADER(DM_CAPABILITIES_RESPONSE, 16), DM_IS_ACCEPTED
	};
	static const struct dm_balloon balloon = {
		HEADER(DM_BALLOON_REQUEST, 16), STAGE_PAGES
	};
	static const struct dm_balloon malformed = {
		HEADER(DM_BALLOON_REQUEST, 17), STAGE_PAGES
	};
	static const struct dm_hot_remove hot_remove = {
		HEADER(DM_MEM_HOT_REMOVE_REQUEST, 24)
	};
	static const struct dm_status other = {
		HEADER(DM_STATUS_REPORT, 48)
	};
	const struct dm_hot_add hot_add = {
		HEADER(DM_MEM_HOT_ADD_REQUEST, 16),
		WIRE_RANGE(BLOCK(1), block_pages())
	};
	const u64 unballoon[] = {
		(u64)TRANS << 32 | 24 << 16 | DM_UNBALLOON_REQUEST,
		1ULL << 32 | (pair->message == MESSAGE_UNBALLOON_MORE),
		WIRE_RANGE(pair->part.start, pair->part.count)
	};
	const u64 info[] = {
		(u64)TRANS << 32 | 32 << 16 | DM_INFO_MESSAGE,
		16ULL << 32, 8ULL << 32, MOST_PAGES
	};
	const struct {
		const void *buf;
		size_t len;
	} packets[] = {
		[MESSAGE_VERSION] = { &version, sizeof(version) },
		[MESSAGE_CAPS] = { &caps, sizeof(caps) },
		[MESSAGE_BALLOON] = { &balloon, sizeof(balloon) },
		[MESSAGE_UNBALLOON] = { unballoon, sizeof(unballoon) },
		[MESSAGE_UNBALLOON_MORE] = { unballoon, sizeof(unballoon) },
		[MESSAGE_HOT_ADD] = { &hot_add, sizeof(hot_add) },
		[MESSAGE_HOT_REMOVE] = { &hot_remove, sizeof(hot_remove) },
		[MESSAGE_INFO] = { info, sizeof(info) },
		[MESSAGE_OTHER] = { &other, sizeof(other) },
		[MESSAGE_MALFORMED] = { &malformed, sizeof(malformed) },
	};

	KUNIT_ASSERT_EQ(pair->host->test, (int)pair->message,
			message_of(packets[pair->message].buf,
				   packets[pair->message].len));
	host_post(pair->host, packets[pair->message].buf,
		  packets[pair->message].len, 0);
	hvb_channel_notify(&pair->host->dm.channel);
}

static const void *hears(struct pair *pair, enum dm_type type, size_t size,
			 u32 trans_id)
{
	const struct dm_header *hdr = host_hears(pair->host, type, size);

	KUNIT_EXPECT_EQ(pair->host->test, hdr->trans_id, trans_id);
	return hdr;
}

/* While a hot-add wants memory, there is none to give. */
static void hears_ballooned(struct pair *pair, u32 trans_id)
{
	const struct dm_balloon_response *resp;
	bool is_short = pair->host->dm.requests.adding.is_put_off;
	struct kunit *test = pair->host->test;
	unsigned long nr;

	resp = hears(pair, DM_BALLOON_RESPONSE, sizeof(*resp), trans_id);
	KUNIT_EXPECT_FALSE(test, resp->more_and_count & DM_MORE_PAGES);
	nr = host_holds(pair->host, resp->range_array,
			resp->more_and_count >> 1);
	KUNIT_EXPECT_EQ(test, nr, is_short ? 0 : STAGE_PAGES);
}

/* One that comes while another isn't done is for later. */
static void hears_added(struct pair *pair, u32 trans_id)
{
	bool is_later = pair->host->dm.requests.adding.is_put_off;
	const struct dm_hot_add_response *resp;

	resp = hears(pair, DM_MEM_HOT_ADD_RESPONSE, sizeof(*resp), trans_id);
	KUNIT_EXPECT_EQ(pair->host->test, resp->page_count,
			is_later ? 0 : block_pages());
	KUNIT_EXPECT_EQ(pair->host->test, resp->result,
			is_later ? DM_HOT_ADD_FAILURE : DM_HOT_ADD_SUCCESS);
}

static void hears_answer(struct pair *pair, enum message message,
			 u32 trans_id)
{
	switch (message) {
	case MESSAGE_BALLOON:
		hears_ballooned(pair, trans_id);
		break;
	case MESSAGE_UNBALLOON:
		hears(pair, DM_UNBALLOON_RESPONSE,
		      sizeof(struct dm_unballoon_response), trans_id);
		break;
	case MESSAGE_HOT_ADD:
		hears_added(pair, trans_id);
		break;
	default:
		hears(pair, DM_MEM_HOT_REMOVE_RESPONSE,
		      sizeof(struct dm_hot_remove_response), trans_id);
	}
}

/* What was under way is answered first. */
static void let_go(struct pair *pair)
{
	static const enum message messages[NR_STATES] = {
		[STATE_BALLOON_UP] = MESSAGE_BALLOON,
		[STATE_BALLOON_DOWN] = MESSAGE_UNBALLOON,
		[STATE_ADDING] = MESSAGE_HOT_ADD,
		[STATE_ADDING_LATER] = MESSAGE_HOT_ADD,
		[STATE_REMOVING] = MESSAGE_HOT_REMOVE,
	};

	stage_let_go(&pair->stage);
	hears_answer(pair, messages[pair->stage.state],
		     pair->stage.state == STATE_ADDING_LATER ? HOST_TRANS : 0);
}

static void expect_read(struct pair *pair, long nr, long nr_refused)
{
	kthread_flush_worker(pair->host->dm.base.worker);
	KUNIT_EXPECT_EQ(pair->host->test, pair->received + nr,
			host_count(pair->host, HVB_COUNT_RECEIVED));
	KUNIT_EXPECT_EQ(pair->host->test, pair->refused + nr_refused,
			host_count(pair->host, HVB_COUNT_REFUSED));
}

static void has_returned(struct pair *pair)
{
	KUNIT_ASSERT_EQ(pair->host->test, 0,
			hvb_ranges_erase(&pair->host->holds, pair->part.start,
					 pair->part.count, GFP_KERNEL));
}

static void expect(struct pair *pair, enum action action)
{
	struct host *host = pair->host;
	enum hvb_state before = host->dm.conversation.state;

	switch (action) {
	case TAKE:
		break;
	case KEEP:
		expect_read(pair, 1, 0);
		KUNIT_EXPECT_EQ(host->test, host->dm.conversation.agreed.max_page_count,
				MOST_PAGES);
		KUNIT_EXPECT_EQ(host->test, host->dm.conversation.state, before);
		break;
	case SERVE:
		expect_read(pair, 1, 0);
		if (pair->message == MESSAGE_UNBALLOON)
			has_returned(pair);
		hears_answer(pair, pair->message, TRANS);
		KUNIT_EXPECT_EQ(host->test, (int)host->dm.conversation.state,
				HVB_INITIALIZED);
		break;
	case PART:
		expect_read(pair, 1, 0);
		has_returned(pair);
		KUNIT_EXPECT_EQ(host->test, (int)host->dm.conversation.state,
				HVB_BALLOON_DOWN);
		break;
	case REFUSE:
		expect_read(pair, 1, 1);
		KUNIT_EXPECT_EQ(host->test, host->dm.conversation.state, before);
		break;
	case WAIT:
		msleep(NEVER_MS);
		KUNIT_EXPECT_EQ(host->test, pair->received,
				host_count(host, HVB_COUNT_RECEIVED));
		let_go(pair);
		expect(pair, action_of(STATE_IDLE, pair->message));
		return;
	case DROP:
		expect_read(pair, 0, 0);
		break;
	}
	if (action != TAKE)
		host_hears_nothing(host);
}

/* The right answer comes in the end. */
static void finish_handshake(struct pair *pair)
{
	enum message wanted = pair->stage.state == STATE_AWAIT_VERSION ?
			      MESSAGE_VERSION : MESSAGE_CAPS;

	if (pair->message != wanted) {
		pair->message = wanted;
		post(pair);
	}
	flush_work(&pair->stage.handshake);
	KUNIT_EXPECT_EQ(pair->host->test, 0, pair->stage.err);
	host_forget(pair->host);
}

static void go_on(struct pair *pair)
{
	struct host *host = pair->host;

	if (pair->stage.state == STATE_AWAIT_VERSION ||
	    pair->stage.state == STATE_AWAIT_CAPS)
		finish_handshake(pair);
	if (pair->stage.state == STATE_CLOSED || pair->stage.state == STATE_FAILED) {
		hvb_conversation_end(&host->dm.conversation);
		host->caps = DM_IS_ACCEPTED;
		KUNIT_ASSERT_EQ(host->test, 0, hvb_conversation_begin(&host->dm.conversation));
		host_forget(host);
	}
	if (pair->stage.state == STATE_ADDING_LATER)
		let_go(pair);
	KUNIT_EXPECT_EQ(host->test, 3, host_takes(host, 3));
}

static void a_message_does_what_the_table_says(struct kunit *test)
{
	struct pair *pair = kunit_kzalloc(test, sizeof(*pair), GFP_KERNEL);
	size_t nr = (const u8 *)test->param_value - pairs;

	KUNIT_ASSERT_NOT_NULL(test, pair);
	pair->message = nr % NR_MESSAGES;
	pair->host = host_new(test);
	stage_enter(&pair->stage, pair->host, nr / NR_MESSAGES);
	pair->part.start = 1;
	hvb_ranges_next(&pair->host->holds, 0, ULONG_MAX, &pair->part);
	pair->part.count = BACK_PAGES;
	pair->received = host_count(pair->host, HVB_COUNT_RECEIVED);
	pair->refused = host_count(pair->host, HVB_COUNT_REFUSED);
	post(pair);
	expect(pair, action_of(pair->stage.state, pair->message));
	go_on(pair);
}

static void describe(const u8 *pair, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s",
		 state_title((pair - pairs) / NR_MESSAGES),
		 message_title((pair - pairs) % NR_MESSAGES));
}

KUNIT_ARRAY_PARAM(pair, pairs, describe);

static struct kunit_case states_cases[] = {
	KUNIT_CASE_PARAM(a_message_does_what_the_table_says, pair_gen_params),
	{}
};

static struct kunit_suite states_suite = {
	.name = "hv_balloon_states",
	.test_cases = states_cases,
};

kunit_test_suite(states_suite);
