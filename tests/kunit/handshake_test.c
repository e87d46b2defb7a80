// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of the handshake: every version and refusal, silence, a send
 * that fails at each step, a full ring, and answers that nobody asked for.
 */
#include "host.h"

#define SOON_MS	1000

/**
 * struct handshake_row - a host and how the handshake ends with it
 * @name: the row's
 * @version: that it accepts, 0 for none
 * @caps: its answer to the capabilities
 * @mute: it doesn't answer messages of this type
 * @open_err: the channel doesn't open
 * @nr_full: so many sends find the ring full
 * @nr_good: so many sends go well before
 * @send_err: they fail
 * @err: how it ends
 * @nr_sent: messages that the host got
 */
struct handshake_row {
	const char *name;
	u32 version;
	u64 caps;
	enum dm_type mute;
	int open_err;
	unsigned int nr_full;
	unsigned int nr_good;
	int send_err;
	int err;
	unsigned int nr_sent;
};

#define GOOD_HOST	.version = DM_VERSION_2_0, .caps = DM_IS_ACCEPTED

static const struct handshake_row handshake_rows[] = {
	{ "2.0", GOOD_HOST, .nr_sent = 2 },
	{ "1.0", DM_VERSION_1_0, DM_IS_ACCEPTED, .nr_sent = 3 },
	{ "0.3", DM_VERSION_0_3, DM_IS_ACCEPTED, .nr_sent = 4 },
	{ "no version", 0, DM_IS_ACCEPTED, .err = -EPROTO, .nr_sent = 3 },
	{ "hot-remove and no reports", DM_VERSION_2_0,
	  DM_IS_ACCEPTED | DM_HOT_REMOVE | DM_SUPPRESS_PRESSURE_REPORTS,
	  .nr_sent = 2 },
	{ "capabilities refused", DM_VERSION_2_0, 0, .err = -ECONNREFUSED,
	  .nr_sent = 2 },
	{ "capabilities refused, with flags", DM_VERSION_2_0,
	  DM_HOT_REMOVE | DM_SUPPRESS_PRESSURE_REPORTS,
	  .err = -ECONNREFUSED, .nr_sent = 2 },
	{ "silence after the version", GOOD_HOST, .mute = DM_VERSION_REQUEST,
	  .err = -ETIMEDOUT, .nr_sent = 1 },
	{ "silence after the capabilities", GOOD_HOST,
	  .mute = DM_CAPABILITIES_REPORT, .err = -ETIMEDOUT, .nr_sent = 2 },
	{ "the channel doesn't open", GOOD_HOST, .open_err = -ENOMEM,
	  .err = -ENOMEM },
	{ "the version can't be sent", GOOD_HOST, .send_err = -EIO,
	  .err = -EIO },
	{ "the second version can't be sent", DM_VERSION_1_0, DM_IS_ACCEPTED,
	  .nr_good = 1, .send_err = -EIO, .err = -EIO, .nr_sent = 1 },
	{ "the third version can't be sent", DM_VERSION_0_3, DM_IS_ACCEPTED,
	  .nr_good = 2, .send_err = -ENODEV, .err = -ENODEV, .nr_sent = 2 },
	{ "the capabilities can't be sent", GOOD_HOST, .nr_good = 1,
	  .send_err = -EIO, .err = -EIO, .nr_sent = 1 },
	{ "a full ring that clears", GOOD_HOST, .nr_full = 3, .nr_sent = 2 },
	{ "a full ring that stays", GOOD_HOST, .send_err = -EAGAIN,
	  .err = -EAGAIN },
};

KUNIT_ARRAY_PARAM_DESC(handshake, handshake_rows, name);

static const u32 versions[] = {
	DM_VERSION_2_0, DM_VERSION_1_0, DM_VERSION_0_3,
};

static void expect_requests(struct host *host, const struct handshake_row *row)
{
	struct kunit *test = host->test;
	const struct dm_version_request *req;
	const struct dm_capabilities *caps;
	u32 trans_id = 0;

	for (unsigned int i = 0; i < row->nr_sent && i < 3; i++) {
		if (i && row->version == versions[i - 1])
			break;
		req = host_hears(host, DM_VERSION_REQUEST, sizeof(*req));
		KUNIT_EXPECT_EQ(test, req->version, versions[i]);
		KUNIT_EXPECT_EQ(test, req->flags,
				i == 2 ? DM_IS_LAST_ATTEMPT : 0);
		KUNIT_EXPECT_NE(test, req->hdr.trans_id, trans_id);
		trans_id = req->hdr.trans_id;
	}
	if (list_empty(&host->sent))
		return;
	caps = host_hears(host, DM_CAPABILITIES_REPORT, sizeof(*caps));
	KUNIT_EXPECT_EQ(test, caps->caps,
			DM_CAP_BALLOON | DM_CAP_HOT_ADD |
			FIELD_PREP(DM_CAP_HOT_ADD_ALIGNMENT_MASK, 7));
	host_hears_nothing(host);
}

static void a_handshake_ends_as_the_host_wants(struct kunit *test)
{
	const struct handshake_row *row = test->param_value;
	struct host *host = host_new(test);
	struct hvb_device *dm = &host->dm;

	host->version = row->version;
	host->caps = row->caps;
	host->mute = row->mute;
	host->open_err = row->open_err;
	host->nr_full = row->nr_full;
	host_fail_sends(host, row->nr_good, row->send_err);
	if (row->err)
		dm->conversation.answer_wait_ms = SOON_MS;
	dm->channel.send_wait_ms = SOON_MS;

	KUNIT_ASSERT_EQ(test, row->err, hvb_conversation_begin(&dm->conversation));
	KUNIT_EXPECT_EQ(test, host->nr_sent, row->nr_sent);
	expect_requests(host, row);
	KUNIT_EXPECT_EQ(test, host->nr_opened - host->nr_closed, !row->err);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_REFUSED));
	if (row->err) {
		KUNIT_EXPECT_EQ(test, (int)dm->conversation.state, HVB_INIT_ERROR);
		return;
	}
	KUNIT_EXPECT_EQ(test, (int)dm->conversation.state, HVB_INITIALIZED);
	KUNIT_EXPECT_EQ(test, dm->conversation.agreed.version, row->version);
	KUNIT_EXPECT_EQ(test, dm->conversation.agreed.hot_remove,
			!!(row->caps & DM_HOT_REMOVE));
	KUNIT_EXPECT_EQ(test, dm->conversation.agreed.suppress_reports,
			!!(row->caps & DM_SUPPRESS_PRESSURE_REPORTS));
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_SEND_FAILED));
}

static const struct dm_version_response wrong_answers[] = {
	{ { DM_CAPABILITIES_RESPONSE, 16, 1 }, DM_IS_ACCEPTED },
	{ { DM_VERSION_RESPONSE, 15, 1 }, DM_IS_ACCEPTED },
	{ { DM_VERSION_RESPONSE, 17, 1 }, DM_IS_ACCEPTED },
	{ { DM_VERSION_REQUEST, 16, 1 }, DM_IS_ACCEPTED },
	{ { DM_BALLOON_REQUEST, 16, 1 }, 1 },
};

/* A wrong answer is no answer: it is refused, and the wait goes on. */
static void a_wrong_answer_is_no_answer(struct kunit *test)
{
	struct host *host = host_new(test);

	host->dm.conversation.answer_wait_ms = SOON_MS;
	host->mute = DM_VERSION_REQUEST;
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong_answers); i++) {
		host->instead = &wrong_answers[i];
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, hvb_conversation_begin(&host->dm.conversation));
		KUNIT_EXPECT_EQ(test, i + 1,
				host_count(host, HVB_COUNT_REFUSED));
	}
	host_agrees(host);
}

static void a_request_before_the_channel_is_open_is_not_read(struct kunit *test)
{
	struct host *host = host_new(test);

	host_asks(host, 1);
	host_hears_nothing(host);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_RECEIVED));
	host_agrees(host);
}

/* It is in the ring before the waiter for the answer runs. */
static void a_request_right_behind_the_last_answer_is_served(struct kunit *test)
{
	struct host *host = host_new(test);

	host->asks_at_once = 10;
	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	kthread_flush_worker(host->dm.base.worker);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_REFUSED));
	host_hears(host, DM_VERSION_REQUEST, 16);
	host_hears(host, DM_CAPABILITIES_REPORT, 32);
	KUNIT_EXPECT_EQ(test, 10, host_gets(host));
	host_agrees(host);
}

static void an_answer_after_the_handshake_is_refused(struct kunit *test)
{
	struct dm_capabilities_resp_msg resp = {
		.hdr = { DM_CAPABILITIES_RESPONSE, sizeof(resp), 1 },
		.flags = DM_SUPPRESS_PRESSURE_REPORTS,
	};
	struct host *host = host_connected(test);

	host_say(host, &resp, sizeof(resp));
	KUNIT_EXPECT_EQ(test, 1, host_count(host, HVB_COUNT_REFUSED));
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
	KUNIT_EXPECT_FALSE(test, host->dm.conversation.agreed.suppress_reports);
}

/* Suspend and resume; the host that comes back may be another one. */
static void the_handshake_can_be_repeated(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_device *dm = &host->dm;

	host_takes(host, 1000);
	hvb_conversation_end(&dm->conversation);
	KUNIT_EXPECT_EQ(test, -ENODEV, hvb_channel_send(&dm->channel, &host->status, 8));

	dm->conversation.answer_wait_ms = SOON_MS;
	host->mute = DM_VERSION_REQUEST;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, hvb_conversation_begin(&dm->conversation));
	hvb_conversation_end(&dm->conversation);

	dm->conversation.answer_wait_ms = HVB_ANSWER_MS;
	host->mute = DM_ERROR;
	host->version = DM_VERSION_1_0;
	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&dm->conversation));
	KUNIT_EXPECT_EQ(test, dm->conversation.agreed.version, DM_VERSION_1_0);
	host_agrees(host);
}

static struct kunit_case handshake_cases[] = {
	KUNIT_CASE_PARAM(a_handshake_ends_as_the_host_wants,
			 handshake_gen_params),
	KUNIT_CASE(a_wrong_answer_is_no_answer),
	KUNIT_CASE(a_request_before_the_channel_is_open_is_not_read),
	KUNIT_CASE(a_request_right_behind_the_last_answer_is_served),
	KUNIT_CASE(an_answer_after_the_handshake_is_refused),
	KUNIT_CASE(the_handshake_can_be_repeated),
	{}
};

static struct kunit_suite handshake_suite = {
	.name = "hv_balloon_handshake",
	.test_cases = handshake_cases,
};

kunit_test_suite(handshake_suite);
