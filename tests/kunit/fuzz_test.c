// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the fuzzing of the whole driver: messages of a hostile host (hostile.c),
 * some at a time, and a model of what the guest owes for them and of which
 * pages change hands. Every answer must be owed, in its order, once; and in the
 * end the driver's record, the model's, and the kernel's count must agree.
 *
 * How many messages there are and their seed are parameters (random.c).
 */
#include "hostile.h"
#include "states.h"

#define NR_TURNS	50
#define MOST_AT_ONCE	16

/* Turns, and what is particular about them. */
static const u32 turns[NR_TURNS];

#define TURN_ADDS	16	/* each so many-th has memory added */
#define TURN_LOSES	3	/* and sends that fail */

/**
 * struct fuzz - a turn
 * @host: the host
 * @rnd: where random numbers come from
 * @backed: pages that the host added
 * @refused: messages that change nothing
 * @unknown: pages that it returned and didn't hold
 * @may_lose: sends fail just now
 * @buf: messages that are in the ring together
 * @len: their bytes
 */
struct fuzz {
	struct host *host;
	struct rnd_state rnd;
	struct hvb_ranges backed;
	long refused;
	long unknown;
	bool may_lose;
	u64 buf[MOST_AT_ONCE][DM_MESSAGE_MAX / 8];
	size_t len[MOST_AT_ONCE];
};

/* The next answer, which must be this one; NULL when it may be lost. */
static const void *answer(struct fuzz *fuzz, const struct dm_header *req,
			  enum dm_type type, size_t size)
{
	const struct dm_header *hdr;

	if (fuzz->may_lose && list_empty(&fuzz->host->sent))
		return NULL;
	hdr = host_hears(fuzz->host, type, size);
	KUNIT_ASSERT_EQ(fuzz->host->test, hdr->trans_id, req->trans_id);
	return hdr;
}

static unsigned long let_go(struct fuzz *fuzz, unsigned long start,
			    unsigned long end)
{
	unsigned long nr = 0;
	struct hvb_range part;

	while (hvb_ranges_next(&fuzz->host->holds, start, end, &part)) {
		KUNIT_ASSERT_EQ(fuzz->host->test, 0,
				hvb_ranges_erase(&fuzz->host->holds, part.start,
						 part.count, GFP_KERNEL));
		nr += part.count;
	}
	return nr;
}

/* The host backs these, unless it did so before. Return: how many are new. */
static unsigned long back(struct fuzz *fuzz, unsigned long start,
			  unsigned long end)
{
	unsigned long before = fuzz->backed.nr_pages;

	while (start < end) {
		struct hvb_range part = { end, 0 };

		hvb_ranges_next(&fuzz->backed, start, end, &part);
		if (part.start > start)
			KUNIT_ASSERT_EQ(fuzz->host->test, 0,
					hvb_ranges_insert(&fuzz->backed, start,
							  part.start - start,
						       GFP_KERNEL));
		start = hvb_range_end(&part);
	}
	return fuzz->backed.nr_pages - before;
}

/* The rest of a block of which a page is backed is holes. */
static unsigned long back_holes(struct fuzz *fuzz, unsigned long start,
				unsigned long end)
{
	unsigned long nr = 0;

	for (unsigned int i = 0; i < HOSTILE_BLOCKS; i++)
		if (hvb_ranges_count(&fuzz->backed, BLOCK(i), block_pages()))
			nr += back(fuzz, max(start, BLOCK(i)),
				   min(end, BLOCK(i + 1)));
	return nr;
}

static void ballooned(struct fuzz *fuzz, const struct dm_balloon *req)
{
	const struct dm_balloon_response *resp;
	u64 most = fuzz->host->holds.nr_pages + req->num_pages;
	bool more;

	do {
		resp = answer(fuzz, &req->hdr, DM_BALLOON_RESPONSE,
			      sizeof(*resp));
		if (!resp)
			return;
		host_holds(fuzz->host, resp->range_array,
			   FIELD_GET(DM_RESPONSE_COUNT_MASK,
				     resp->more_and_count));
		more = resp->more_and_count & DM_MORE_PAGES;
		kunit_kfree(fuzz->host->test, resp);
	} while (more);
	KUNIT_ASSERT_LE(fuzz->host->test, fuzz->host->holds.nr_pages, most);
}

static void removed(struct fuzz *fuzz, const struct dm_hot_remove *req)
{
	const struct dm_hot_remove_response *resp;
	bool more;

	do {
		resp = answer(fuzz, &req->hdr, DM_MEM_HOT_REMOVE_RESPONSE,
			      sizeof(*resp));
		if (!resp)
			return;
		host_holds(fuzz->host, resp->range_array, resp->range_count);
		more = resp->flags & DM_MORE_PAGES;
		kunit_kfree(fuzz->host->test, resp);
	} while (more);
}

static void unballooned(struct fuzz *fuzz,
			const struct dm_unballoon_request *req)
{
	const struct dm_unballoon_response *resp;

	for (u32 i = 0; i < req->range_count; i++) {
		struct hvb_wire_range range;
		unsigned long end;

		range = hvb_msg_range(req->range_array[i]);
		end = range.start + range.count;
		fuzz->unknown += range.count;
		fuzz->unknown -= let_go(fuzz, range.start, end);
		fuzz->unknown -= back_holes(fuzz, range.start, end);
	}
	if (req->flags & DM_MORE_PAGES)
		return;
	resp = answer(fuzz, &req->hdr, DM_UNBALLOON_RESPONSE, sizeof(*resp));
	if (resp)
		kunit_kfree(fuzz->host->test, resp);
}

/* What is added was held, or added before, or wasn't there yet. */
static void added(struct fuzz *fuzz, const struct dm_hot_add *req)
{
	struct hvb_wire_range range = hvb_msg_range(req->range);
	const struct dm_hot_add_response *resp;
	struct kunit *test = fuzz->host->test;
	unsigned long end;

	resp = answer(fuzz, &req->hdr, DM_MEM_HOT_ADD_RESPONSE, sizeof(*resp));
	if (!resp)
		return;
	KUNIT_ASSERT_LE(test, resp->page_count, range.count);
	KUNIT_ASSERT_LE(test, resp->result, DM_HOT_ADD_SUCCESS);
	end = range.start + resp->page_count;
	let_go(fuzz, range.start, end);
	back(fuzz, range.start, end);
	kunit_kfree(test, resp);
}

static void account(struct fuzz *fuzz, const void *buf, size_t len)
{
	enum message message = message_of(buf, len);

	if (action_of(STATE_IDLE, message) == REFUSE) {
		fuzz->refused++;
		return;
	}
	switch (message) {
	case MESSAGE_BALLOON:
		ballooned(fuzz, buf);
		break;
	case MESSAGE_UNBALLOON:
	case MESSAGE_UNBALLOON_MORE:
		unballooned(fuzz, buf);
		break;
	case MESSAGE_HOT_ADD:
		added(fuzz, buf);
		break;
	case MESSAGE_HOT_REMOVE:
		removed(fuzz, buf);
		break;
	default:
		break;
	}
}

static void lose(struct fuzz *fuzz, bool is_on)
{
	fuzz->may_lose = is_on;
	host_fail_sends(fuzz->host, random_below(&fuzz->rnd, 3),
			is_on ? -EIO : 0);
}

/* Some messages that are in the ring together. */
static void some(struct fuzz *fuzz, unsigned int nr)
{
	struct host *host = fuzz->host;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		fuzz->len[i] = hostile_message(host, &fuzz->rnd, fuzz->buf[i]);
		host_post(host, fuzz->buf[i], fuzz->len[i], 0);
	}
	hvb_channel_notify(&host->dm.channel);
	kthread_flush_worker(host->dm.base.worker);
	for (i = 0; i < nr; i++)
		account(fuzz, fuzz->buf[i], fuzz->len[i]);
	KUNIT_ASSERT_TRUE(host->test, list_empty(&host->sent));
}

static void expect_agreement(struct fuzz *fuzz)
{
	struct host *host = fuzz->host;

	host_agrees(host);
	host_finds_pages(host);
	KUNIT_EXPECT_EQ(host->test, host->dm.memory.nr_added,
			fuzz->backed.nr_pages);
	KUNIT_EXPECT_EQ(host->test, fuzz->refused,
			host_count(host, HVB_COUNT_REFUSED));
	KUNIT_EXPECT_EQ(host->test, fuzz->unknown,
			host_count(host, HVB_COUNT_UNKNOWN_PAGES));
}

static struct fuzz *new_fuzz(struct kunit *test, u32 turn)
{
	struct fuzz *fuzz = kunit_kzalloc(test, sizeof(*fuzz), GFP_KERNEL);
	bool adds = turn % TURN_ADDS == 1;

	KUNIT_ASSERT_NOT_NULL(test, fuzz);
	random_begin(test, &fuzz->rnd, turn);
	hvb_ranges_init(&fuzz->backed);
	fuzz->host = host_connected(test);
	fuzz->host->dm.channel.send_wait_ms = 0;
	fuzz->host->params.hot_add = adds;
	fuzz->host->params.hot_remove = adds;
	fuzz->host->params.balloon_blocks = adds;
	return fuzz;
}

static void a_hostile_host_gets_what_it_is_owed(struct kunit *test)
{
	u32 turn = (const u32 *)test->param_value - turns;
	struct fuzz *fuzz = new_fuzz(test, turn);
	unsigned int left = random_messages() / NR_TURNS;
	bool loses = turn % TURN_ADDS != 1 && turn % TURN_LOSES == 2;

	while (left) {
		unsigned int nr = 1 + random_below(&fuzz->rnd, MOST_AT_ONCE);

		nr = min(nr, left);
		lose(fuzz, loses && !random_below(&fuzz->rnd, 4));
		some(fuzz, nr);
		left -= nr;
	}
	lose(fuzz, false);
	expect_agreement(fuzz);
	hvb_ranges_destroy(&fuzz->backed);
}

static void describe(const u32 *turn, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "turn %td", turn - turns);
}

KUNIT_ARRAY_PARAM(turn, turns, describe);

static struct kunit_case fuzz_cases[] = {
	KUNIT_CASE_PARAM_ATTR(a_hostile_host_gets_what_it_is_owed,
			      turn_gen_params, { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite fuzz_suite = {
	.name = "hv_balloon_fuzz",
	.test_cases = fuzz_cases,
};

kunit_test_suite(fuzz_suite);
