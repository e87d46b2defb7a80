// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport: a VMBus channel.
 *
 * The ring that the host fills is the queue of what is to be done: the channel
 * callback only wakes the work that reads it, one message at a time. So what
 * waits is bounded by the ring's size, the host is stopped by a full ring, and
 * nothing has to be dropped.
 */
#include <linux/hyperv.h>

#include "channel.h"

#define RING_BYTES	VMBUS_RING_SIZE(16 * 1024)

static void channel_callback(void *context)
{
	hvb_channel_notify(context);
}

/*
 * The default mode calls again and again until the ring is empty. We read
 * later, so it must be one call for each signal; and the default must be back
 * when another driver takes the channel.
 */
static int vmbus_transport_open(struct hvb_channel *channel)
{
	struct vmbus_channel *vmbus = channel->hv->channel;
	int err;

	vmbus->max_pkt_size = HVB_PACKET_MAX;
	set_channel_read_mode(vmbus, HV_CALL_DIRECT);
	err = vmbus_open(vmbus, RING_BYTES, RING_BYTES, NULL, 0,
			 channel_callback, channel);
	if (err)
		set_channel_read_mode(vmbus, HV_CALL_BATCHED);
	return err;
}

static void vmbus_transport_close(struct hvb_channel *channel)
{
	struct vmbus_channel *vmbus = channel->hv->channel;

	vmbus_close(vmbus);
	set_channel_read_mode(vmbus, HV_CALL_BATCHED);
}

/*
 * VMBus signals the host only when the ring was empty. A host that missed that
 * one signal would never look again, so it is reminded when it left a message
 * lying until now.
 */
static int vmbus_transport_send(struct hvb_channel *channel, const void *buf,
				size_t size)
{
	struct vmbus_channel *vmbus = channel->hv->channel;
	bool was_left = hv_get_bytes_to_read(&vmbus->outbound);
	int err;

	err = vmbus_sendpacket(vmbus, (void *)buf, size, 0,
			       VM_PKT_DATA_INBAND, 0);
	if (!err && was_left)
		vmbus_setevent(vmbus);
	return err;
}

/*
 * VMBus says the same of an empty ring and of a packet without a byte. Behind
 * that one there can be others, for which the host has no reason to signal.
 */
static int vmbus_transport_recv(struct hvb_channel *channel, void *buf,
				size_t size, size_t *len)
{
	struct vmbus_channel *vmbus = channel->hv->channel;
	bool is_there = hv_get_bytes_to_read(&vmbus->inbound) >=
			sizeof(struct vmpacket_descriptor);
	u64 request_id;
	u32 actual;
	int err;

	err = vmbus_recvpacket(vmbus, buf, size, &actual, &request_id);
	if (err)
		return err;
	*len = actual;
	return actual || is_there ? 0 : -EAGAIN;
}

const struct hvb_transport hvb_vmbus_transport = {
	.open = vmbus_transport_open,
	.close = vmbus_transport_close,
	.send = vmbus_transport_send,
	.recv = vmbus_transport_recv,
};
