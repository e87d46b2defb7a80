// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns bringing a device into each state of the conversation (states.c), and
 * keeping it there: by a host that doesn't answer, or doesn't read its ring.
 */
#include <kunit/resource.h>
#include <linux/delay.h>

#include "fault.h"
#include "stage.h"

/* How long something may take. */
#define SOON_MS	30000
#define STEP_MS	20

static void run_handshake(struct work_struct *work)
{
	struct stage *stage = container_of(work, struct stage, handshake);

	stage->err = hvb_conversation_begin(&stage->host->dm.conversation);
}

static void wait_until_sent(struct stage *stage, unsigned int nr)
{
	for (unsigned int ms = 0; ms < SOON_MS; ms += STEP_MS) {
		if (READ_ONCE(stage->host->nr_sent) >= nr)
			return;
		msleep(STEP_MS);
	}
	KUNIT_FAIL_AND_ABORT(stage->host->test, "the guest is silent");
}

static void end_handshake(void *data)
{
	struct stage *stage = data;

	flush_work(&stage->handshake);
}

/* The host doesn't answer, and the handshake waits. */
static void begin_handshake(struct stage *stage, enum dm_type mute)
{
	stage->host->mute = mute;
	INIT_WORK(&stage->handshake, run_handshake);
	KUNIT_ASSERT_EQ(stage->host->test, 0,
			kunit_add_action_or_reset(stage->host->test,
						  end_handshake, stage));
	schedule_work(&stage->handshake);
	wait_until_sent(stage, mute == DM_VERSION_REQUEST ? 1 : 2);
	host_forget(stage->host);
}

/* The ring is full, and the answer to a request waits. */
static void begin_request(struct stage *stage, const void *buf, size_t len,
			  enum hvb_state state)
{
	struct host *host = stage->host;
	unsigned int ms;

	host->nr_full = UINT_MAX;
	host_post(host, buf, len, 0);
	hvb_channel_notify(&host->dm.channel);
	for (ms = 0; ms < SOON_MS && READ_ONCE(host->nr_full) == UINT_MAX;
	     ms += STEP_MS)
		msleep(STEP_MS);
	KUNIT_ASSERT_EQ(host->test, (int)READ_ONCE(host->dm.conversation.state), state);
	KUNIT_ASSERT_NE(host->test, READ_ONCE(host->nr_full), UINT_MAX);
}

static void enter_request(struct stage *stage)
{
	const u64 unballoon[] = { 16 << 16 | DM_UNBALLOON_REQUEST, 0 };
	const u64 balloon[] = { 16 << 16 | DM_BALLOON_REQUEST, STAGE_PAGES };
	const u64 remove[] = { 24 << 16 | DM_MEM_HOT_REMOVE_REQUEST, 0, 0 };
	const u64 add[] = { 16 << 16 | DM_MEM_HOT_ADD_REQUEST,
			    WIRE_RANGE(BLOCK(0), block_pages()) };

	switch (stage->state) {
	case STATE_BALLOON_UP:
		begin_request(stage, balloon, sizeof(balloon), HVB_BALLOON_UP);
		break;
	case STATE_BALLOON_DOWN:
		begin_request(stage, unballoon, sizeof(unballoon),
			      HVB_BALLOON_DOWN);
		break;
	case STATE_ADDING:
		begin_request(stage, add, sizeof(add), HVB_HOT_ADD);
		break;
	default:
		begin_request(stage, remove, sizeof(remove), HVB_HOT_REMOVE);
	}
}

/* No memory for the second block; the next try waits until it is let go. */
static void put_off_adding(struct stage *stage)
{
	const struct hvb_range first = { BLOCK(0), block_pages() / 2 };
	struct hvb_device *dm = &stage->host->dm;

	host_adds(stage->host, &first, NULL);
	host_hears_added(stage->host, first.count, DM_HOT_ADD_SUCCESS);
	dm->requests.put_off_ms = HOST_NEVER_MS;
	hvb_fault_begin(stage->host->test);
	host_adds_here(stage->host, hvb_range_end(&first), block_pages());
	hvb_fault_end();
	kthread_cancel_delayed_work_sync(&dm->conversation.go_on_work);
	KUNIT_ASSERT_TRUE(stage->host->test, dm->requests.adding.is_put_off);
}

/* Connected, and with something to return. */
static void enter_idle(struct stage *stage)
{
	struct kunit *test = stage->host->test;

	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&stage->host->dm.conversation));
	host_forget(stage->host);
	KUNIT_ASSERT_EQ(test, STAGE_HELD, host_takes(stage->host, STAGE_HELD));
}

/**
 * stage_enter() - bring a device into a state
 * @stage: zeroed; it stays until the test ends
 * @host: the host, not connected
 * @state: the state
 */
void stage_enter(struct stage *stage, struct host *host, enum state state)
{
	stage->host = host;
	stage->state = state;
	switch (state) {
	case STATE_CLOSED:
		enter_idle(stage);
		hvb_conversation_end(&host->dm.conversation);
		break;
	case STATE_FAILED:
		host->caps = 0;
		KUNIT_ASSERT_NE(host->test, 0, hvb_conversation_begin(&host->dm.conversation));
		host_forget(host);
		break;
	case STATE_AWAIT_VERSION:
		begin_handshake(stage, DM_VERSION_REQUEST);
		break;
	case STATE_AWAIT_CAPS:
		begin_handshake(stage, DM_CAPABILITIES_REPORT);
		break;
	case STATE_IDLE:
		enter_idle(stage);
		break;
	case STATE_MORE_TO_COME:
		enter_idle(stage);
		host_returns(host, NULL, 0, true);
		break;
	case STATE_ADDING_LATER:
		enter_idle(stage);
		put_off_adding(stage);
		break;
	default:
		enter_idle(stage);
		enter_request(stage);
	}
}

/**
 * stage_let_go() - what is under way can go on; wait for the answer
 * @stage: a device with a request under way
 */
void stage_let_go(struct stage *stage)
{
	struct hvb_device *dm = &stage->host->dm;

	if (dm->requests.adding.is_put_off)
		kthread_mod_delayed_work(dm->base.worker, &dm->conversation.go_on_work, 0);
	mutex_lock(&stage->host->lock);
	stage->host->nr_full = 0;
	mutex_unlock(&stage->host->lock);
	host_hurry(stage->host, &dm->conversation.go_on_work);
	kthread_flush_worker(dm->base.worker);
}
