// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to and from the host.
 *
 * A single work reads all that the host sends, and handles one message before
 * it reads the next. So messages are served in order, one at a time, and what
 * the host sends in the meantime waits in the ring.
 *
 * Locks: send_lock guards is_open.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "base.h"
#include "channel.h"
#include "trace.h"

/*
 * A host that sends without end runs into a pause after so many messages, and
 * then into a full ring, but doesn't get a CPU.
 */
#define FLOOD_MESSAGES	64
#define FLOOD_PAUSE_MS	5

/* Reads and handles one message. Return: false if there was none to handle. */
static bool receive_one(struct hvb_channel *channel)
{
	struct hvb_base *base = channel->base;
	size_t len;
	int err;

	err = channel->transport->recv(channel, channel->recv_buf,
				       HVB_PACKET_MAX, &len);
	if (err == -EAGAIN)
		return false;
	if (err) {
		dev_warn_ratelimited(base->dev, "a message from the host was lost (%d)\n",
				     err);
		return false;
	}
	hvb_base_count(base, HVB_COUNT_RECEIVED);
	channel->handle(channel, channel->recv_buf, len);
	return true;
}

static void receive(struct kthread_work *work)
{
	struct hvb_channel *channel = container_of(work, struct hvb_channel,
						   receive_work.work);
	bool was_paused = READ_ONCE(channel->is_paused);
	unsigned int nr;

	/*
	 * A host that sends without end must not hold up the end of the device,
	 * a pause that begins, or the other works.
	 */
	for (nr = 0; nr < FLOOD_MESSAGES; nr++) {
		if (READ_ONCE(channel->is_paused) != was_paused)
			break;
		if (!READ_ONCE(channel->is_open) || !receive_one(channel))
			return;
		cond_resched();
	}
	kthread_queue_delayed_work(channel->base->worker,
				   &channel->receive_work,
				   msecs_to_jiffies(FLOOD_PAUSE_MS));
}

/**
 * hvb_channel_init() - set up a closed channel
 * @channel: zeroed
 * @base: of the device
 * @hv: the VMBus device
 * @transport: how messages travel
 * @handle: called for each message, on the device's worker; may sleep
 *
 * Return: 0 or -ENOMEM.
 */
int hvb_channel_init(struct hvb_channel *channel, struct hvb_base *base,
		     struct hv_device *hv,
		     const struct hvb_transport *transport,
		     void (*handle)(struct hvb_channel *channel,
				    const void *buf, size_t len))
{
	channel->base = base;
	channel->hv = hv;
	channel->transport = transport;
	channel->handle = handle;
	channel->send_wait_ms = HVB_SEND_MS;
	mutex_init(&channel->send_lock);
	kthread_init_delayed_work(&channel->receive_work, receive);
	channel->recv_buf = kmalloc(HVB_PACKET_MAX, GFP_KERNEL);
	return channel->recv_buf ? 0 : -ENOMEM;
}

/**
 * hvb_channel_exit() - undo hvb_channel_init()
 * @channel: closed
 */
void hvb_channel_exit(struct hvb_channel *channel)
{
	kfree(channel->recv_buf);
}

/* Return: whether it was open before. */
static bool set_open(struct hvb_channel *channel, bool is_open)
{
	bool was_open;

	mutex_lock(&channel->send_lock);
	was_open = channel->is_open;
	WRITE_ONCE(channel->is_open, is_open);
	mutex_unlock(&channel->send_lock);
	return was_open;
}

/**
 * hvb_channel_open() - open the channel
 * @channel: closed
 *
 * Context: may sleep.
 * Return: 0; or the transport's error.
 */
int hvb_channel_open(struct hvb_channel *channel)
{
	int err = channel->transport->open(channel);

	if (err) {
		dev_err_ratelimited(channel->base->dev, "the channel doesn't open (%d)\n",
				    err);
		return err;
	}
	WRITE_ONCE(channel->is_failing, false);
	set_open(channel, true);
	/* Earlier messages weren't read, and won't be signalled again. */
	hvb_channel_notify(channel);
	return 0;
}

/**
 * hvb_channel_close() - close the channel
 * @channel: may be closed already
 *
 * Messages that nobody read are dropped with the channel.
 *
 * Context: may sleep; waits for the message that is being handled.
 * Return: true if it was open.
 */
bool hvb_channel_close(struct hvb_channel *channel)
{
	if (!set_open(channel, false))
		return false;
	kthread_cancel_delayed_work_sync(&channel->receive_work);
	channel->transport->close(channel);
	/* Until it was closed, the channel could still queue the work. */
	kthread_cancel_delayed_work_sync(&channel->receive_work);
	return true;
}

/**
 * hvb_channel_pause() - the guest is going to sleep, or has woken up
 * @channel: may be closed
 * @is_paused: which of the two
 *
 * Reading stops when this changes, and goes on under the new rule.
 *
 * Context: any.
 */
void hvb_channel_pause(struct hvb_channel *channel, bool is_paused)
{
	WRITE_ONCE(channel->is_paused, is_paused);
}

/**
 * hvb_channel_is_open() - can messages be sent?
 * @channel: the channel
 *
 * Context: any.
 * Return: true if they can.
 */
bool hvb_channel_is_open(const struct hvb_channel *channel)
{
	return READ_ONCE(channel->is_open);
}

/**
 * hvb_channel_is_paused() - is the guest asleep, or about to be?
 * @channel: the channel
 *
 * Context: any.
 * Return: true if it is.
 */
bool hvb_channel_is_paused(const struct hvb_channel *channel)
{
	return READ_ONCE(channel->is_paused);
}

/**
 * hvb_channel_is_failing() - could the last message not be sent?
 * @channel: the channel
 *
 * Context: any.
 * Return: true if it could not.
 */
bool hvb_channel_is_failing(const struct hvb_channel *channel)
{
	return READ_ONCE(channel->is_failing);
}

/**
 * hvb_channel_is_serving() - may long operations go on?
 * @channel: the channel
 *
 * Each request asks this when it starts, and long operations ask between their
 * steps, so that neither the end of the device nor the guest's sleep waits for
 * them.
 *
 * Context: any.
 * Return: false if the channel is closed, or the guest is going to sleep.
 */
bool hvb_channel_is_serving(const struct hvb_channel *channel)
{
	return hvb_channel_is_open(channel) && !hvb_channel_is_paused(channel);
}

/**
 * hvb_channel_notify() - there are messages in the ring
 * @channel: the channel
 *
 * This doesn't cut the pause short that follows many messages.
 *
 * Context: any.
 */
void hvb_channel_notify(struct hvb_channel *channel)
{
	kthread_queue_delayed_work(channel->base->worker,
				   &channel->receive_work, 0);
}

/**
 * hvb_channel_next_id() - number a transaction that the guest starts
 * @channel: the channel
 *
 * Context: any.
 * Return: the number.
 */
u32 hvb_channel_next_id(struct hvb_channel *channel)
{
	return atomic_inc_return(&channel->trans_id);
}

static int send_once(struct hvb_channel *channel, const void *buf, size_t size)
{
	int err = -ENODEV;

	mutex_lock(&channel->send_lock);
	if (channel->is_open)
		err = channel->transport->send(channel, buf, size);
	mutex_unlock(&channel->send_lock);
	return err;
}

/* A host that reads no more makes each report fail, so only changes are said. */
static void note_sent(struct hvb_channel *channel, const struct dm_header *hdr,
		      size_t size, int err)
{
	trace_hvb_sent(hdr, size, err);
	hvb_base_count(channel->base,
		       err ? HVB_COUNT_SEND_FAILED : HVB_COUNT_SENT);
	if (xchg(&channel->is_failing, !!err) == !!err)
		return;
	if (err)
		dev_warn_ratelimited(channel->base->dev, "a message of type %u could not be sent (%d)%s\n",
				     hdr->type, err, err == -EAGAIN ?
				     ": the host reads none" : "");
	else
		dev_info_ratelimited(channel->base->dev, "messages can be sent again\n");
}

/**
 * hvb_channel_try_send() - send a message if there is room for it
 * @channel: the channel
 * @buf: the message
 * @size: its length in bytes
 *
 * Context: may sleep, but doesn't wait for the host.
 * Return: 0; -EAGAIN if the ring is full; -ENODEV if the channel is closed; or
 * VMBus's error. A message that failed is not sent later.
 */
int hvb_channel_try_send(struct hvb_channel *channel, const void *buf,
			 size_t size)
{
	int err = send_once(channel, buf, size);

	note_sent(channel, buf, size, err);
	return err;
}

/**
 * hvb_channel_send() - send a message
 * @channel: the channel
 * @buf: the message
 * @size: its length in bytes
 *
 * Context: may sleep; waits for room in the ring, up to send_wait_ms.
 * Return: as hvb_channel_try_send(); -EAGAIN if the ring stayed full.
 */
int hvb_channel_send(struct hvb_channel *channel, const void *buf, size_t size)
{
	unsigned long deadline = jiffies +
				 msecs_to_jiffies(channel->send_wait_ms);
	unsigned int pause_ms = 1;
	int err;

	for (;;) {
		err = send_once(channel, buf, size);
		if (err != -EAGAIN || time_after(jiffies, deadline))
			break;
		msleep(pause_ms);
		pause_ms = min(2 * pause_ms, 100U);
	}
	note_sent(channel, buf, size, err);
	return err;
}
