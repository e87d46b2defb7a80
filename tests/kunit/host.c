// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the scripted host: a transport that keeps what the guest sends, hands
 * out what a test says, fails when told to, and answers the handshake; and the
 * life of the device that talks to it. When a test ends, however it ends, the
 * kernel gets every page back, and it is checked that it did.
 */
#include <kunit/device.h>
#include <kunit/resource.h>
#include <linux/memory_hotplug.h>
#include <linux/slab.h>

#include "fault.h"
#include "host.h"
#include "zones.h"

/* A debug kernel on a busy machine takes long to set a block offline. */
#define OFFLINE_MS	5000

struct letter {
	struct list_head node;
	size_t len;
	int err;
	u64 buf[];
};

/* Errors of the transport's side are no reason to end its thread. */
static void put_letter(struct host *host, struct list_head *list,
		       const void *buf, size_t len, int err)
{
	struct letter *letter = kzalloc(struct_size(letter, buf,
						    DIV_ROUND_UP(len, 8)),
					GFP_KERNEL);

	if (!letter) {
		KUNIT_FAIL(host->test, "no memory for a message");
		return;
	}
	letter->len = len;
	letter->err = err;
	if (len)
		memcpy(letter->buf, buf, len);
	list_add_tail(&letter->node, list);
}

static void drop_letters(struct list_head *list)
{
	struct letter *letter, *next;

	list_for_each_entry_safe(letter, next, list, node) {
		list_del(&letter->node);
		kfree(letter);
	}
}

static void answer(struct host *host, const struct dm_header *hdr)
{
	const struct dm_version_request *req = (const void *)hdr;
	struct dm_version_response resp = {
		.hdr.size = sizeof(resp),
		.hdr.trans_id = hdr->trans_id,
	};

	if (hdr->type == host->mute) {
		if (!host->instead)
			return;
		resp = *host->instead;
	} else if (hdr->type == DM_VERSION_REQUEST) {
		resp.hdr.type = DM_VERSION_RESPONSE;
		resp.flags = req->version == host->version;
	} else if (hdr->type == DM_CAPABILITIES_REPORT) {
		resp.hdr.type = DM_CAPABILITIES_RESPONSE;
		resp.flags = host->caps;
	} else {
		return;
	}
	put_letter(host, &host->inbox, &resp, sizeof(resp), 0);
	if (resp.hdr.type == DM_CAPABILITIES_RESPONSE && host->asks_at_once)
		put_letter(host, &host->inbox, &(struct dm_balloon) {
			.hdr = { DM_BALLOON_REQUEST, 16, HOST_TRANS },
			.num_pages = host->asks_at_once,
		}, sizeof(struct dm_balloon), 0);
	hvb_channel_notify(&host->dm.channel);
}

static void hear(struct host *host, const struct dm_header *hdr, size_t size)
{
	KUNIT_EXPECT_EQ(host->test, hdr->size, size);
	if (hdr->type == DM_STATUS_REPORT) {
		memcpy(&host->status, hdr, min(size, sizeof(host->status)));
		host->nr_status++;
		return;
	}
	host->nr_sent++;
	put_letter(host, &host->sent, hdr, size, 0);
	answer(host, hdr);
}

static int script_open(struct hvb_channel *channel)
{
	struct host *host = container_of(channel, struct host, dm.channel);

	if (!host->open_err)
		host->nr_opened++;
	return host->open_err;
}

static void script_close(struct hvb_channel *channel)
{
	struct host *host = container_of(channel, struct host, dm.channel);

	mutex_lock(&host->lock);
	host->nr_closed++;
	drop_letters(&host->inbox);
	mutex_unlock(&host->lock);
}

static int script_send(struct hvb_channel *channel, const void *buf, size_t size)
{
	struct host *host = container_of(channel, struct host, dm.channel);
	unsigned int nth = hvb_fault_pause();
	int err = 0;

	mutex_lock(&host->lock);
	if (host->nr_full) {
		host->nr_full--;
		err = -EAGAIN;
	} else if (host->send_err && !host->nr_good) {
		err = host->send_err;
	} else {
		host->nr_good -= !!host->send_err;
		hear(host, buf, size);
	}
	mutex_unlock(&host->lock);
	hvb_fault_go_on(nth);
	return err;
}

/* The guest has done with a message, and takes the next. */
static void fault_next(struct host *host, bool has_next)
{
	if (host->is_failing)
		host->has_failed = hvb_fault_came();
	host->is_failing = has_next && host->fail_nth;
	if (!host->is_failing)
		return;
	hvb_fault_nth(host->fail_nth);
	host->fail_nth = 0;
}

static int script_recv(struct hvb_channel *channel, void *buf, size_t size,
		       size_t *len)
{
	struct host *host = container_of(channel, struct host, dm.channel);
	struct letter *letter;
	int err = -EAGAIN;

	mutex_lock(&host->lock);
	letter = list_first_entry_or_null(&host->inbox, struct letter, node);
	if (letter) {
		list_del(&letter->node);
		err = letter->err;
		*len = min(letter->len, size);
		memcpy(buf, letter->buf, *len);
		kfree(letter);
	} else if (host->flood) {
		err = 0;
		*len = host->flood->size;
		memcpy(buf, host->flood, *len);
	}
	fault_next(host, letter);
	mutex_unlock(&host->lock);
	return err;
}

static const struct hvb_transport script = {
	.open = script_open,
	.close = script_close,
	.send = script_send,
	.recv = script_recv,
};

static void remove_block(struct host *host, unsigned long page)
{
	if (!pfn_valid(page))
		return;
	KUNIT_EXPECT_EQ(host->test, 0,
			offline_and_remove_memory(PFN_PHYS(page),
						  memory_block_size_bytes()));
}

static void remove_blocks(struct host *host)
{
	struct hvb_device *dm = &host->dm;
	struct hvb_range part;
	unsigned long page = 0;

	while (hvb_ranges_next(&dm->memory.added, page, ULONG_MAX, &part)) {
		for (page = part.start; page < part.start + part.count;
		     page += dm->base.block_pages)
			remove_block(host, page);
	}
}

static void end(void *data)
{
	struct host *host = data;
	struct hvb_device *dm = &host->dm;

	host->send_err = 0;
	host->nr_full = 0;
	hvb_conversation_end(&dm->conversation);
	hvb_absent_return(&dm->memory, 0, ULONG_MAX);
	if (host->leaves_memory)
		host->total_pages += dm->memory.nr_onlined;
	else
		remove_blocks(host);
	hvb_device_exit(dm);
	kvfree(dm->base.dev->platform_data);
	dm->base.dev->platform_data = NULL;

	KUNIT_EXPECT_EQ(host->test, totalram_pages(), host->total_pages);
	KUNIT_EXPECT_EQ(host->test, host->nr_opened, host->nr_closed);
	drop_letters(&host->inbox);
	drop_letters(&host->sent);
	hvb_ranges_destroy(&host->holds);
}

static unsigned long unmanaged(void)
{
	u64 present, managed;

	hvb_zones_sum(&present, &managed);
	return present - managed;
}

/**
 * host_new() - a device whose channel isn't open yet
 * @test: the test; the device goes with it
 *
 * Return: the host; it accepts protocol 2.0 and what the guest can do.
 */
struct host *host_new(struct kunit *test)
{
	struct host *host = kunit_kzalloc(test, sizeof(*host), GFP_KERNEL);
	struct device *dev = kunit_device_register(test, "hv_balloon");

	KUNIT_ASSERT_NOT_NULL(test, host);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	host->test = test;
	mutex_init(&host->lock);
	INIT_LIST_HEAD(&host->inbox);
	INIT_LIST_HEAD(&host->sent);
	hvb_ranges_init(&host->holds);
	host->version = DM_VERSION_2_0;
	host->caps = DM_IS_ACCEPTED;
	host->params.hot_add = true;
	host->params.online_policy = HVB_ONLINE_MOVABLE;
	host->total_pages = totalram_pages();
	host->boot_pages = unmanaged();

	host->dm.base.dev = dev;
	host->dm.transport = &script;
	host->dm.base.params = &host->params;
	KUNIT_ASSERT_EQ(test, 0, hvb_device_init(&host->dm));
	host->dm.memory.blocks.offline_wait_ms = OFFLINE_MS;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end, host));
	return host;
}

/**
 * host_connected() - a device after the handshake
 * @test: the test; the device goes with it
 *
 * Return: the host; what was sent until now is forgotten.
 */
struct host *host_connected(struct kunit *test)
{
	struct host *host = host_new(test);

	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	drop_letters(&host->sent);
	return host;
}

/**
 * host_stop_driver() - unload the driver
 * @host: the host; it goes on to hold what it was given
 */
void host_stop_driver(struct host *host)
{
	struct hvb_device *dm = &host->dm;
	struct device *dev = dm->base.dev;

	hvb_conversation_end(&dm->conversation);
	hvb_device_exit(dm);
	memset(dm, 0, sizeof(*dm));
	dm->base.dev = dev;
	dm->transport = &script;
	dm->base.params = &host->params;
}

/**
 * host_restart_driver() - unload the driver and load it again
 * @host: the host; it goes on to hold what it was given
 */
void host_restart_driver(struct host *host)
{
	host_stop_driver(host);
	KUNIT_ASSERT_EQ(host->test, 0, hvb_device_init(&host->dm));
	host->dm.memory.blocks.offline_wait_ms = OFFLINE_MS;
	KUNIT_ASSERT_EQ(host->test, 0, hvb_conversation_begin(&host->dm.conversation));
	drop_letters(&host->sent);
}

/**
 * host_post() - put a message into the ring, and don't wake the guest
 * @host: the host
 * @buf: the message
 * @len: its bytes
 * @err: 0, or what reading it says
 */
void host_post(struct host *host, const void *buf, size_t len, int err)
{
	mutex_lock(&host->lock);
	put_letter(host, &host->inbox, buf, len, err);
	mutex_unlock(&host->lock);
}

/**
 * host_say() - send a message and wait until the guest has done with it
 * @host: the host
 * @buf: the message
 * @len: its bytes
 */
void host_say(struct host *host, const void *buf, size_t len)
{
	host_post(host, buf, len, 0);
	hvb_channel_notify(&host->dm.channel);
	/* It can be pausing after a flood. */
	host_hurry(host, &host->dm.channel.receive_work);
	kthread_flush_worker(host->dm.base.worker);
}

/**
 * host_has_due() - does a work of the driver wait for its time or its turn?
 * @work: the work
 *
 * Return: true if it does.
 */
bool host_has_due(const struct kthread_delayed_work *work)
{
	return !list_empty(&work->work.node);
}

/**
 * host_hurry() - have a work that waits for its time run now, and end
 * @host: the host
 * @work: the work; it may not be due at all
 */
void host_hurry(struct host *host, struct kthread_delayed_work *work)
{
	if (host_has_due(work))
		kthread_mod_delayed_work(host->dm.base.worker, work, 0);
	kthread_flush_work(&work->work);
}

/**
 * host_fail_sends() - the guest's sends fail
 * @host: the host
 * @nr_good: so many go well before
 * @err: what they say; 0 when all go well again
 */
void host_fail_sends(struct host *host, unsigned int nr_good, int err)
{
	mutex_lock(&host->lock);
	host->nr_good = nr_good;
	host->send_err = err;
	mutex_unlock(&host->lock);
}

/**
 * host_hears() - the next message from the guest; the test ends without one
 * @host: the host
 * @type: what it must be
 * @size: bytes that it has at least
 *
 * Return: the message; it goes with the test.
 */
const void *host_hears(struct host *host, enum dm_type type, size_t size)
{
	struct letter *letter;
	void *copy;

	letter = list_first_entry_or_null(&host->sent, struct letter, node);
	KUNIT_ASSERT_NOT_NULL(host->test, letter);
	copy = kunit_kmalloc(host->test, letter->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(host->test, copy);
	memcpy(copy, letter->buf, letter->len);
	list_del(&letter->node);
	KUNIT_EXPECT_GE(host->test, letter->len, size);
	kfree(letter);
	KUNIT_ASSERT_EQ(host->test, ((struct dm_header *)copy)->type, type);
	return copy;
}

/**
 * host_forget() - forget what the guest sent and nobody listened to
 * @host: the host
 */
void host_forget(struct host *host)
{
	mutex_lock(&host->lock);
	drop_letters(&host->sent);
	mutex_unlock(&host->lock);
}

void host_hears_nothing(struct host *host)
{
	KUNIT_EXPECT_TRUE(host->test, list_empty(&host->sent));
}

long host_count(struct host *host, enum hvb_count what)
{
	return atomic_long_read(&host->dm.base.counts[what]);
}

/**
 * host_finds_boot() - what the kernel keeps since boot doesn't change
 * @host: the host, whatever it has
 */
void host_finds_boot(struct host *host)
{
	struct hvb_counters now;

	hvb_memory_read(&host->dm.memory, NULL, &now);
	KUNIT_EXPECT_EQ(host->test, now.boot_pages,
			hvb_to_wire(host->boot_pages));
}
