// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host that can't be trusted, in the guest itself: what is written to
 * debugfs's hv-inject lies in the ring then through which the host talks to the
 * balloon driver, and the driver is called, whichever it is.
 *
 * A write holds packets, each behind its length in bytes, 32 bits; headers are
 * the writer's, too. It returns when the driver has read them. Then the ring is
 * as it was: the real host, which must be silent meanwhile, remembers how far it
 * wrote, and can go on.
 *
 * For guests with one CPU.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hyperv.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define MOST_BYTES	(1 << 20)
#define PATIENCE_MS	10000

/* After the driver's last look at the ring. */
#define PAUSE_MS	20

static struct dentry *file;

/* Matches no device; it knows the bus that the others are on. */
static struct hv_driver nobody = { .name = "hv_inject" };

static int is_balloon(struct device *dev, const void *unused)
{
	static const struct hv_vmbus_device_id id = { HV_DM_GUID };

	return guid_equal(&device_to_hv_device(dev)->dev_type, &id.guid);
}

static u32 waiting(const struct vmbus_channel *channel)
{
	const struct hv_ring_buffer *ring = channel->inbound.ring_buffer;
	u32 size = channel->inbound.ring_datasize;

	return (READ_ONCE(ring->write_index) + size -
		READ_ONCE(ring->read_index)) % size;
}

/* Waits until no more than so many bytes are unread. */
static int wait_for(const struct vmbus_channel *channel, u32 most)
{
	unsigned long end = jiffies + msecs_to_jiffies(PATIENCE_MS);

	while (waiting(channel) > most) {
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		msleep(1);
	}
	return 0;
}

static int put(struct vmbus_channel *channel, const void *packet, u32 len)
{
	struct hv_ring_buffer *ring = channel->inbound.ring_buffer;
	u32 size = channel->inbound.ring_datasize;
	u32 at = READ_ONCE(ring->write_index);
	void (*callback)(void *context);
	u64 trailer = (u64)at << 32;
	int err;

	if (len > size / 2)
		return -EMSGSIZE;
	err = wait_for(channel, size - len - sizeof(trailer) - 1);
	if (err)
		return err;
	/* The ring's pages are mapped twice, one copy behind the other. */
	memcpy(ring->buffer + at, packet, len);
	memcpy(ring->buffer + at + len, &trailer, sizeof(trailer));
	virt_wmb();
	WRITE_ONCE(ring->write_index, (at + len + sizeof(trailer)) % size);

	local_bh_disable();
	callback = READ_ONCE(channel->onchannel_callback);
	if (callback)
		callback(channel->channel_callback_context);
	local_bh_enable();
	return 0;
}

static int put_all(struct vmbus_channel *channel, const u8 *packets,
		   size_t count)
{
	u32 len;
	int err;

	while (count) {
		if (count < sizeof(len))
			return -EINVAL;
		memcpy(&len, packets, sizeof(len));
		if (len > count - sizeof(len))
			return -EINVAL;
		err = put(channel, packets + sizeof(len), len);
		if (err)
			return err;
		packets += sizeof(len) + len;
		count -= sizeof(len) + len;
	}
	return wait_for(channel, 0);
}

static void rewind(struct vmbus_channel *channel, u32 to)
{
	struct hv_ring_buffer *ring = channel->inbound.ring_buffer;

	msleep(PAUSE_MS);
	local_irq_disable();
	channel->inbound.priv_read_index = to;
	ring->read_index = to;
	ring->write_index = to;
	local_irq_enable();
}

static ssize_t inject(struct file *filp, const char __user *buf, size_t count,
		      loff_t *pos)
{
	struct vmbus_channel *channel;
	struct device *dev;
	u8 *packets;
	int err;
	u32 at;

	if (count > MOST_BYTES)
		return -EFBIG;
	packets = memdup_user(buf, count);
	if (IS_ERR(packets))
		return PTR_ERR(packets);
	dev = bus_find_device(nobody.driver.bus, NULL, NULL, is_balloon);
	err = -ENODEV;
	if (!dev)
		goto free;
	channel = device_to_hv_device(dev)->channel;
	if (channel->state == CHANNEL_OPENED_STATE) {
		at = READ_ONCE(channel->inbound.ring_buffer->write_index);
		err = put_all(channel, packets, count);
		rewind(channel, at);
	}
	put_device(dev);
free:
	kfree(packets);
	return err ?: count;
}

static const struct file_operations inject_fops = {
	.owner = THIS_MODULE,
	.write = inject,
};

static int __init inject_init(void)
{
	int err = vmbus_driver_register(&nobody);

	if (!err)
		file = debugfs_create_file("hv-inject", 0200, NULL, NULL,
					   &inject_fops);
	return err;
}
module_init(inject_init);

static void __exit inject_exit(void)
{
	debugfs_remove(file);
	vmbus_driver_unregister(&nobody);
}
module_exit(inject_exit);

MODULE_DESCRIPTION("Messages of a hostile host, for tests");
MODULE_LICENSE("GPL");
