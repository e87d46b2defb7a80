// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport: a VMBus channel.
 *
 * The ring that the host fills is the queue of work: the channel callback only
 * wakes up the work that reads it, one message at a time. So the size of the
 * ring bounds the backlog, a full ring stops the host, and nothing has to be
 * dropped.
 */
#include <linux/hyperv.h>

#include "channel.h"

#define RING_BYTES	VMBUS_RING_SIZE(16 * 1024)

static void channel_callback(void *context)
{
	hvb_channel_notify(context);
}

/*
 * The default mode calls back until the ring is empty. We read it later, so we
 * need one call for each signal. Another driver that takes the channel must
 * find the default again.
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
 * VMBus signals the host only if the ring was empty. A host that missed that
 * one signal would never look again, so remind it if a message was still left.
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
 * VMBus returns the same for an empty ring and for a packet without data. There
 * may be others behind that packet, and the host has no reason to signal them.
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
