// SPDX-License-Identifier: GPL-2.0-only
/*
 * The conversation with the host (VSP).
 *
 * Probe and resume run the handshake (handshake.c). Every message is checked,
 * then served according to the table below. Requests are carried out one at a
 * time, and each is answered exactly once.
 */
#include <linux/device.h>
#include <linux/jiffies.h>

#include "base.h"
#include "channel.h"
#include "conversation.h"
#include "memory.h"
#include "msg.h"
#include "request.h"
#include "trace.h"

/**
 * hvb_conversation_state_name() - the name of a state, as debugfs shows it
 * @state: the state
 *
 * Return: the name.
 */
const char *hvb_conversation_state_name(enum hvb_state state)
{
	static const char * const names[] = {
		[HVB_INITIALIZING] = "Initializing",
		[HVB_INITIALIZED] = "Initialized",
		[HVB_BALLOON_UP] = "Balloon Up",
		[HVB_BALLOON_DOWN] = "Balloon Down",
		[HVB_HOT_ADD] = "Hot Add",
		[HVB_HOT_REMOVE] = "Hot Remove",
		[HVB_INIT_ERROR] = "Error",
	};

	return names[state];
}

static void set_state(struct hvb_conversation *conv, enum hvb_state state)
{
	trace_hvb_state(conv->state, state);
	WRITE_ONCE(conv->state, state);
}

static void note_request(struct hvb_conversation *conv, enum dm_type type,
			 const struct hvb_outcome *outcome)
{
	conv->last_request = (struct hvb_last_request) {
		.type = type,
		.asked_pages = outcome->asked_pages,
		.done_pages = outcome->done_pages,
		.at = jiffies,
	};
}

static void conclude(struct hvb_conversation *conv, enum dm_type type,
		     const struct hvb_outcome *outcome)
{
	note_request(conv, type, outcome);
	if (outcome->go_on_ms) {
		kthread_queue_delayed_work(conv->base->worker,
					   &conv->go_on_work,
					   msecs_to_jiffies(outcome->go_on_ms));
		return;
	}
	trace_hvb_request(type, outcome->asked_pages, outcome->done_pages);
	if (!outcome->is_over)
		return;
	if (outcome->answer_bytes)
		hvb_channel_send(conv->channel, &outcome->answer,
				 outcome->answer_bytes);
	set_state(conv, HVB_INITIALIZED);
}

static void go_on(struct kthread_work *work)
{
	struct hvb_conversation *conv = container_of(work,
						     struct hvb_conversation,
						     go_on_work.work);
	struct hvb_outcome outcome;

	if (hvb_channel_is_serving(conv->channel))
		set_state(conv, HVB_HOT_ADD);
	hvb_hot_add_go_on(conv->reqs, &outcome);
	conclude(conv, DM_MEM_HOT_ADD_REQUEST, &outcome);
}

static int take_answer(struct hvb_conversation *conv, enum hvb_stage stage,
		       bool is_accepted)
{
	if (READ_ONCE(conv->stage) != stage)
		return -EPROTO;
	conv->is_accepted = is_accepted;
	WRITE_ONCE(conv->stage, HVB_AWAIT_NOTHING);
	complete(&conv->answered);
	return 0;
}

static int serve_version(struct hvb_conversation *conv,
			 const struct hvb_msg *msg)
{
	return take_answer(conv, HVB_AWAIT_VERSION, msg->version.is_accepted);
}

static int serve_caps(struct hvb_conversation *conv, const struct hvb_msg *msg)
{
	if (READ_ONCE(conv->stage) != HVB_AWAIT_CAPS)
		return -EPROTO;
	conv->agreed.hot_remove = msg->caps.hot_remove;
	WRITE_ONCE(conv->agreed.suppress_reports,
		   msg->caps.suppress_pressure_reports);
	/* A request may follow at once, and be read before the waiter runs. */
	if (msg->caps.is_accepted)
		set_state(conv, HVB_INITIALIZED);
	return take_answer(conv, HVB_AWAIT_CAPS, msg->caps.is_accepted);
}

static int serve_info(struct hvb_conversation *conv, const struct hvb_msg *msg)
{
	if (!msg->info.known) {
		dev_info_ratelimited(conv->base->dev, "the host sent information of an unknown kind\n");
		return 0;
	}
	if (conv->agreed.max_page_count == msg->info.max_page_count)
		return 0;
	WRITE_ONCE(conv->agreed.max_page_count, msg->info.max_page_count);
	dev_info_ratelimited(conv->base->dev, "the host lets this guest have up to %llu MiB\n",
			     HVB_MIB(msg->info.max_page_count));
	return 0;
}

/*
 * How to serve a message: a function for what the host states; for what it
 * asks, the state of the conversation meanwhile, and who carries it out.
 */
struct service {
	int (*serve)(struct hvb_conversation *conv, const struct hvb_msg *msg);
	enum hvb_state state;
	void (*carry_out)(struct hvb_requests *reqs, const struct hvb_msg *msg,
			  struct hvb_outcome *outcome);
};

static const struct service services[] = {
	[DM_VERSION_RESPONSE] = { .serve = serve_version },
	[DM_CAPABILITIES_RESPONSE] = { .serve = serve_caps },
	[DM_INFO_MESSAGE] = { .serve = serve_info },
	[DM_BALLOON_REQUEST] = {
		.state = HVB_BALLOON_UP,
		.carry_out = hvb_give,
	},
	[DM_UNBALLOON_REQUEST] = {
		.state = HVB_BALLOON_DOWN,
		.carry_out = hvb_return,
	},
	[DM_MEM_HOT_ADD_REQUEST] = {
		.state = HVB_HOT_ADD,
		.carry_out = hvb_hot_add,
	},
	[DM_MEM_HOT_REMOVE_REQUEST] = {
		.state = HVB_HOT_REMOVE,
		.carry_out = hvb_hot_remove,
	},
};

/* Requests are served only after the handshake. */
static int serve_request(struct hvb_conversation *conv,
			 const struct hvb_msg *msg,
			 const struct service *service)
{
	struct hvb_outcome outcome;

	if (READ_ONCE(conv->state) == HVB_INITIALIZING ||
	    READ_ONCE(conv->state) == HVB_INIT_ERROR)
		return -EPROTO;
	if (conv->base->can_hibernate)
		dev_info_once(conv->base->dev, "requests of the host are refused: the platform offers hibernation\n");
	set_state(conv, service->state);
	service->carry_out(conv->reqs, msg, &outcome);
	conclude(conv, msg->type, &outcome);
	return 0;
}

static int serve(struct hvb_conversation *conv, const struct hvb_msg *msg)
{
	const struct service *service = &services[msg->type];

	return service->serve ? service->serve(conv, msg) :
				serve_request(conv, msg, service);
}

static void refuse(struct hvb_conversation *conv, const struct hvb_msg *msg,
		   size_t len, int err)
{
	hvb_base_count(conv->base, HVB_COUNT_REFUSED);
	dev_warn_ratelimited(conv->base->dev, "refused a message from the host: type %u, %zu bytes, %s\n",
			     msg->type, len,
			     err == -EOPNOTSUPP ? "not one that hosts send" :
			     err == -ERANGE ? "a page range makes no sense" :
			     err == -EPROTO ? "not expected now" :
			     "its lengths don't agree");
}

/**
 * hvb_conversation_handle() - check a message and serve it
 * @conv: the conversation
 * @buf: the message
 * @len: its length in bytes
 *
 * Context: the device's worker.
 */
void hvb_conversation_handle(struct hvb_conversation *conv, const void *buf,
			     size_t len)
{
	struct hvb_msg msg;
	int err = hvb_msg_check(buf, len, &msg);

	if (len >= sizeof(struct dm_header))
		trace_hvb_received(buf, len, err);
	if (!err)
		err = serve(conv, &msg);
	if (err)
		refuse(conv, &msg, len, err);
}

/**
 * hvb_conversation_init() - set up, with no conversation yet
 * @conv: zeroed
 * @base: of the device
 * @channel: how messages travel
 * @mem: the guest's memory
 * @reqs: carries out requests
 */
void hvb_conversation_init(struct hvb_conversation *conv,
			   struct hvb_base *base, struct hvb_channel *channel,
			   struct hvb_memory *mem, struct hvb_requests *reqs)
{
	conv->base = base;
	conv->channel = channel;
	conv->mem = mem;
	conv->reqs = reqs;
	conv->answer_wait_ms = HVB_ANSWER_MS;
	init_completion(&conv->answered);
	kthread_init_delayed_work(&conv->go_on_work, go_on);
}

/**
 * hvb_conversation_begin() - open the channel and shake hands
 * @conv: no conversation is going on
 *
 * Context: may sleep; waits for the host, answer_wait_ms for each answer.
 * Return: 0; -EPROTO if the host refused every version; -ECONNREFUSED if it
 * refused the capabilities; -ETIMEDOUT if it didn't answer; or the error from
 * opening or sending. On error the channel is closed.
 */
int hvb_conversation_begin(struct hvb_conversation *conv)
{
	int err;

	set_state(conv, HVB_INITIALIZING);
	err = hvb_channel_open(conv->channel);
	if (!err)
		err = hvb_handshake(conv);
	if (err) {
		hvb_conversation_end(conv);
		set_state(conv, HVB_INIT_ERROR);
		return err;
	}
	conv->agreed.at = jiffies;
	hvb_memory_go_on(conv->mem);
	dev_info_ratelimited(conv->base->dev, "Dynamic Memory protocol %u.%u\n",
			     DM_VERSION_MAJOR(conv->agreed.version),
			     DM_VERSION_MINOR(conv->agreed.version));
	return 0;
}

/**
 * hvb_conversation_end() - end the conversation
 * @conv: may have ended already
 *
 * Requests that nobody began to carry out are dropped with the channel.
 *
 * Context: may sleep; waits for the request that is being carried out.
 */
void hvb_conversation_end(struct hvb_conversation *conv)
{
	if (!hvb_channel_close(conv->channel))
		return;
	kthread_cancel_delayed_work_sync(&conv->go_on_work);
	hvb_hot_add_drop(conv->reqs);
}

/**
 * hvb_conversation_state() - the state of the conversation
 * @conv: the conversation
 *
 * Context: any.
 * Return: the state.
 */
enum hvb_state hvb_conversation_state(const struct hvb_conversation *conv)
{
	return READ_ONCE(conv->state);
}

/**
 * hvb_conversation_agreed() - what the host told us about itself
 * @conv: the conversation
 * @agreed: filled in
 *
 * Context: any.
 */
void hvb_conversation_agreed(const struct hvb_conversation *conv,
			     struct hvb_agreed *agreed)
{
	*agreed = conv->agreed;
}

/**
 * hvb_conversation_last_request() - the host's last request
 * @conv: the conversation
 * @last: filled in
 *
 * Context: any; the result may mix one request with the next.
 */
void hvb_conversation_last_request(const struct hvb_conversation *conv,
				   struct hvb_last_request *last)
{
	*last = conv->last_request;
}
