// SPDX-License-Identifier: GPL-2.0-only
/*
 * The conversation with the host (VSP).
 *
 * The handshake (handshake.c) runs where the device is probed or resumed. All
 * that the host sends is read by one work, which checks a message and carries it
 * out before it reads the next. So requests are served in order, one at a time,
 * each is answered exactly once, and what the host sends in the meantime waits in
 * the ring.
 *
 * Locks: send_lock guards is_open. The state is written where the channel is
 * opened and closed, and by the work in between.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/jiffies.h>

#include "hv_balloon.h"
#include "trace.h"

/*
 * A host that sends without end gets a pause after so many messages, and then a
 * full ring, but not a CPU.
 */
#define FLOOD_MESSAGES	64
#define FLOOD_PAUSE_MS	5

/**
 * hvb_vsc_state_name() - the name of a state, as debugfs shows it
 * @state: the state
 *
 * Return: the name.
 */
const char *hvb_vsc_state_name(enum hvb_state state)
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

/**
 * hvb_vsc_set_state() - move the conversation on
 * @dm: the device
 * @state: where it stands now
 */
void hvb_vsc_set_state(struct hvb_device *dm, enum hvb_state state)
{
	trace_hvb_state(dm->state, state);
	WRITE_ONCE(dm->state, state);
}

/**
 * hvb_vsc_is_serving() - may a request go on?
 * @dm: the device
 *
 * Each request asks this at its beginning, and what takes long between its steps,
 * so that neither the device's end nor the guest's sleep waits for it. See
 * hvb_devices_pause().
 *
 * Context: any.
 * Return: false when the channel is closed, or the guest goes to sleep.
 */
bool hvb_vsc_is_serving(const struct hvb_device *dm)
{
	return READ_ONCE(dm->is_open) && !READ_ONCE(dm->is_paused);
}

static int send_once(struct hvb_device *dm, const void *buf, size_t size)
{
	int err = -ENODEV;

	mutex_lock(&dm->send_lock);
	if (dm->is_open)
		err = dm->transport->send(dm, buf, size);
	mutex_unlock(&dm->send_lock);
	return err;
}

static void note_sent(struct hvb_device *dm, const struct dm_header *hdr,
		      size_t size, int err)
{
	trace_hvb_sent(hdr, size, err);
	hvb_count(dm, err ? HVB_COUNT_SEND_FAILED : HVB_COUNT_SENT);
	if (err)
		dev_warn_ratelimited(dm->dev, "a message of type %u could not be sent (%d)\n",
				     hdr->type, err);
}

/**
 * hvb_vsc_try_send() - send a message if there is room for it
 * @dm: the device
 * @buf: the message
 * @size: its bytes
 *
 * Context: may sleep, but doesn't wait for the host.
 * Return: 0; -EAGAIN when the ring is full; -ENODEV when the channel is closed;
 * or what VMBus says. A message that failed is not sent later.
 */
int hvb_vsc_try_send(struct hvb_device *dm, const void *buf, size_t size)
{
	int err = send_once(dm, buf, size);

	note_sent(dm, buf, size, err);
	return err;
}

/**
 * hvb_vsc_send() - send a message
 * @dm: the device
 * @buf: the message
 * @size: its bytes
 *
 * Context: may sleep; waits while the ring is full, up to send_wait_ms.
 * Return: as hvb_vsc_try_send(); -EAGAIN when the ring stayed full.
 */
int hvb_vsc_send(struct hvb_device *dm, const void *buf, size_t size)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(dm->send_wait_ms);
	unsigned int pause_ms = 1;
	int err;

	for (;;) {
		err = send_once(dm, buf, size);
		if (err != -EAGAIN || time_after(jiffies, deadline))
			break;
		msleep(pause_ms);
		pause_ms = min(2 * pause_ms, 100U);
	}
	note_sent(dm, buf, size, err);
	return err;
}

/**
 * hvb_vsc_note_request() - remember how a request went
 * @dm: the device
 * @type: what was asked for
 * @asked_pages: 4 KiB pages that it was about
 * @done_pages: of these, how many were given or taken
 *
 * Context: the device's workqueue.
 */
void hvb_vsc_note_request(struct hvb_device *dm, enum dm_type type,
			  u64 asked_pages, u64 done_pages)
{
	trace_hvb_request(type, asked_pages, done_pages);
	dm->last_request = (struct hvb_last_request) {
		.type = type,
		.asked_pages = asked_pages,
		.done_pages = done_pages,
		.at = jiffies,
	};
	if (done_pages && (type == DM_UNBALLOON_REQUEST ||
			   type == DM_MEM_HOT_ADD_REQUEST))
		hvb_status_arrived(dm);
}

static void refuse(struct hvb_device *dm, const struct hvb_msg *msg,
		   size_t len, int err)
{
	hvb_count(dm, HVB_COUNT_REFUSED);
	dev_warn_ratelimited(dm->dev, "refused a message from the host: type %u, %zu bytes, %s\n",
			     msg->type, len,
			     err == -EOPNOTSUPP ? "not one that hosts send" :
			     err == -ERANGE ? "a page range makes no sense" :
			     err == -EPROTO ? "not expected now" :
			     "its lengths don't agree");
}

static int answer(struct hvb_device *dm, enum hvb_stage stage, bool accepted)
{
	if (READ_ONCE(dm->stage) != stage)
		return -EPROTO;
	dm->is_accepted = accepted;
	WRITE_ONCE(dm->stage, HVB_AWAIT_NOTHING);
	complete(&dm->answered);
	return 0;
}

static int handle_caps(struct hvb_device *dm, const struct hvb_msg *msg)
{
	if (READ_ONCE(dm->stage) != HVB_AWAIT_CAPS)
		return -EPROTO;
	dm->hot_remove = msg->caps.hot_remove;
	WRITE_ONCE(dm->suppress_reports, msg->caps.suppress_pressure_reports);
	/* A request may lie behind this answer, and is read before the waiter runs. */
	if (msg->caps.is_accepted)
		hvb_vsc_set_state(dm, HVB_INITIALIZED);
	return answer(dm, HVB_AWAIT_CAPS, msg->caps.is_accepted);
}

static void handle_info(struct hvb_device *dm, const struct hvb_msg *msg)
{
	if (!msg->info.known) {
		dev_info_ratelimited(dm->dev, "the host told something of a kind that is not known\n");
		return;
	}
	if (dm->max_page_count == msg->info.max_page_count)
		return;
	WRITE_ONCE(dm->max_page_count, msg->info.max_page_count);
	dev_info_ratelimited(dm->dev, "the host lets this guest have up to %llu MiB\n",
			     HVB_MIB(msg->info.max_page_count));
}

/* Requests are served once the handshake is over. */
static int handle_request(struct hvb_device *dm, const struct hvb_msg *msg)
{
	if (READ_ONCE(dm->state) == HVB_INITIALIZING ||
	    READ_ONCE(dm->state) == HVB_INIT_ERROR)
		return -EPROTO;
	if (dm->can_hibernate)
		dev_info_once(dm->dev, "requests of the host are refused: the platform offers hibernation\n");

	switch (msg->type) {
	case DM_BALLOON_REQUEST:
		hvb_inflate(dm, msg);
		break;
	case DM_UNBALLOON_REQUEST:
		hvb_deflate(dm, msg);
		break;
	case DM_MEM_HOT_REMOVE_REQUEST:
		hvb_hot_remove(dm, msg);
		break;
	default:
		hvb_hot_add(dm, msg);
	}
	return 0;
}

static int handle(struct hvb_device *dm, const struct hvb_msg *msg)
{
	switch (msg->type) {
	case DM_VERSION_RESPONSE:
		return answer(dm, HVB_AWAIT_VERSION, msg->version.is_accepted);
	case DM_CAPABILITIES_RESPONSE:
		return handle_caps(dm, msg);
	case DM_INFO_MESSAGE:
		handle_info(dm, msg);
		return 0;
	default:
		return handle_request(dm, msg);
	}
}

/* Reads and carries out one message. Return: false when there was none. */
static bool receive_one(struct hvb_device *dm)
{
	struct hvb_msg msg;
	size_t len;
	int err;

	err = dm->transport->recv(dm, dm->recv_buf, HVB_PACKET_MAX, &len);
	if (err == -EAGAIN)
		return false;
	if (err) {
		dev_warn_ratelimited(dm->dev, "a message from the host was lost (%d)\n",
				     err);
		return false;
	}

	hvb_count(dm, HVB_COUNT_RECEIVED);
	err = hvb_msg_check(dm->recv_buf, len, &msg);
	if (len >= sizeof(struct dm_header))
		trace_hvb_received(dm->recv_buf, len, err);
	if (!err)
		err = handle(dm, &msg);
	if (err)
		refuse(dm, &msg, len, err);
	return true;
}

/**
 * hvb_vsc_receive() - read and carry out what the host sent
 * @work: receive_work of the device
 *
 * Context: the device's workqueue.
 */
void hvb_vsc_receive(struct work_struct *work)
{
	struct hvb_device *dm = container_of(to_delayed_work(work),
					     struct hvb_device, receive_work);
	bool was_paused = READ_ONCE(dm->is_paused);
	unsigned int nr;

	/*
	 * A host that sends without end must hold up neither the device's end
	 * nor a pause that begins, nor what else waits for the workqueue.
	 */
	for (nr = 0; nr < FLOOD_MESSAGES; nr++) {
		if (READ_ONCE(dm->is_paused) != was_paused)
			break;
		if (!READ_ONCE(dm->is_open) || !receive_one(dm))
			return;
		cond_resched();
	}
	queue_delayed_work(dm->wq, &dm->receive_work,
			   msecs_to_jiffies(FLOOD_PAUSE_MS));
}

/**
 * hvb_vsc_notify() - messages lie in the ring
 * @dm: the device
 *
 * A pause after many of them is kept.
 *
 * Context: any.
 */
void hvb_vsc_notify(struct hvb_device *dm)
{
	queue_delayed_work(dm->wq, &dm->receive_work, 0);
}

/**
 * hvb_vsc_connect() - open the channel and shake hands
 * @dm: the device
 *
 * Context: may sleep; waits for the host, 5 s for each answer.
 * Return: 0; -EPROTO when the host refused every version; -ECONNREFUSED when
 * it refused the capabilities; -ETIMEDOUT when it didn't answer; or what
 * opening or sending said. After an error the channel is closed.
 */
int hvb_vsc_connect(struct hvb_device *dm)
{
	int err;

	hvb_vsc_set_state(dm, HVB_INITIALIZING);
	err = dm->transport->open(dm);
	if (err) {
		dev_err_ratelimited(dm->dev, "the channel doesn't open (%d)\n",
				    err);
		hvb_vsc_set_state(dm, HVB_INIT_ERROR);
		return err;
	}
	mutex_lock(&dm->send_lock);
	WRITE_ONCE(dm->is_open, true);
	mutex_unlock(&dm->send_lock);
	/* What came before wasn't read, and is no reason for another signal. */
	hvb_vsc_notify(dm);

	err = hvb_handshake(dm);
	if (err) {
		hvb_vsc_disconnect(dm);
		hvb_vsc_set_state(dm, HVB_INIT_ERROR);
		return err;
	}
	dm->connected_at = jiffies;
	hvb_waiting_go_on(dm);
	hvb_blocks_go_on(dm);
	dev_info_ratelimited(dm->dev, "Dynamic Memory protocol %u.%u\n",
			     DM_VERSION_MAJOR(dm->version),
			     DM_VERSION_MINOR(dm->version));
	return 0;
}

/**
 * hvb_vsc_disconnect() - end the conversation
 * @dm: the device
 *
 * Does nothing when the channel is closed already. What the host asked for and
 * wasn't begun is dropped with the channel.
 *
 * Context: may sleep; waits for the request that is being carried out.
 */
void hvb_vsc_disconnect(struct hvb_device *dm)
{
	bool was_open;

	mutex_lock(&dm->send_lock);
	was_open = dm->is_open;
	WRITE_ONCE(dm->is_open, false);
	mutex_unlock(&dm->send_lock);
	if (!was_open)
		return;

	cancel_delayed_work_sync(&dm->receive_work);
	hvb_hot_add_drop(dm);
	dm->transport->close(dm);
	/* The channel could still wake the work until it was closed. */
	cancel_delayed_work_sync(&dm->receive_work);
}
