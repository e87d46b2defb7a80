/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages to and from the host: see channel.c. Over VMBus: see vmbus.c. */
#ifndef _HVB_CHANNEL_H
#define _HVB_CHANNEL_H

#include <linux/atomic.h>
#include <linux/kthread.h>
#include <linux/mutex.h>

#include <hyperv/dynmem.h>

struct hv_device;
struct hvb_base;
struct hvb_channel;

/* Room for the longest packet that VMBus may hand over. */
#define HVB_PACKET_MAX		(2 * DM_MESSAGE_MAX)

/* How long to wait for room in the ring before a send fails for good. */
#define HVB_SEND_MS		10000

/**
 * struct hvb_transport - the seam between the driver and VMBus
 * @open: open the channel; hvb_channel_notify() may be called from now on
 * @close: close it; no hvb_channel_notify() is running on return
 * @send: queue one message. Return: 0; -EAGAIN if the ring is full; another
 *	errno if it can't be sent at all
 * @recv: take the next message out of the ring; it may be empty. Return: 0;
 *	-EAGAIN if there is none; another errno if the message is lost
 *
 * All may sleep.
 */
struct hvb_transport {
	int (*open)(struct hvb_channel *channel);
	void (*close)(struct hvb_channel *channel);
	int (*send)(struct hvb_channel *channel, const void *buf, size_t size);
	int (*recv)(struct hvb_channel *channel, void *buf, size_t size,
		    size_t *len);
};

/**
 * struct hvb_channel - the channel for messages to and from the host
 */
struct hvb_channel {
	/** @base: of the device */
	struct hvb_base *base;
	/** @hv: the VMBus device */
	struct hv_device *hv;
	/** @transport: how messages travel */
	const struct hvb_transport *transport;
	/** @handle: called for each message; may sleep */
	void (*handle)(struct hvb_channel *channel, const void *buf,
		       size_t len);
	/** @receive_work: reads what the host sent */
	struct kthread_delayed_work receive_work;
	/** @recv_buf: private copy of a message; used by @receive_work */
	void *recv_buf;
	/** @send_lock: guards @is_open and the order of messages */
	struct mutex send_lock;
	/** @is_open: messages can be sent; written under @send_lock */
	bool is_open;
	/** @is_paused: the guest sleeps: see hvb_channel_pause() */
	bool is_paused;
	/** @is_failing: the last message could not be sent */
	bool is_failing;
	/** @send_wait_ms: how long to wait for room in the ring */
	unsigned int send_wait_ms;
	/** @trans_id: of the last transaction that we started */
	atomic_t trans_id;
};

extern const struct hvb_transport hvb_vmbus_transport;

int hvb_channel_init(struct hvb_channel *channel, struct hvb_base *base,
		     struct hv_device *hv,
		     const struct hvb_transport *transport,
		     void (*handle)(struct hvb_channel *channel,
				    const void *buf, size_t len));
void hvb_channel_exit(struct hvb_channel *channel);
int hvb_channel_open(struct hvb_channel *channel);
bool hvb_channel_close(struct hvb_channel *channel);
void hvb_channel_pause(struct hvb_channel *channel, bool is_paused);
bool hvb_channel_is_open(const struct hvb_channel *channel);
bool hvb_channel_is_paused(const struct hvb_channel *channel);
bool hvb_channel_is_failing(const struct hvb_channel *channel);
bool hvb_channel_is_serving(const struct hvb_channel *channel);
void hvb_channel_notify(struct hvb_channel *channel);
u32 hvb_channel_next_id(struct hvb_channel *channel);
int hvb_channel_send(struct hvb_channel *channel, const void *buf,
		     size_t size);
int hvb_channel_try_send(struct hvb_channel *channel, const void *buf,
			 size_t size);

#endif
