// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what a host's requests cost: the driver, but for VMBus, talks to a host
 * that asks for the next piece as soon as it has the last one. For cost.py to
 * read: what was done, MiB, ranges, the time of all, of the longest request, and
 * for how long of all the CPU was idle.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/tick.h>
#include <linux/time64.h>

#include "device.h"
#include "rounds.h"

#define MIB(pages)	((pages) >> (20 - PAGE_SHIFT))
#define PIECE		((u32)(SZ_128M >> PAGE_SHIFT))
#define ROUNDS		100
#define LOAD		((u32)(SZ_64M >> PAGE_SHIFT))
#define SMALL_MIB	128	/* a balloon of 2 MiB pages takes so much */

/* What a message can hold, with room to spare. */
#define RETURNED	256

/**
 * struct cost_sum - what requests came to
 * @ns: the time until they were answered
 * @longest_ns: of the longest of them
 * @idle_us: for how long the CPU was idle then
 */
struct cost_sum {
	u64 ns;
	u64 longest_ns;
	u64 idle_us;
};

/**
 * struct rig - the host, and the device that talks to it
 * @dm: the device
 * @params: what it is set to
 * @inbox: a message for the guest
 * @bytes: of it; 0 when the guest has taken it
 * @answered: completed when the last message of an answer was heard
 * @answered_ns: when that was
 * @answered_idle_us: for how long the CPU had been idle then
 * @got: pages in it
 * @holds: pages that the host has
 */
struct rig {
	struct hvb_device dm;
	struct hvb_params params;
	u64 inbox[DM_MESSAGE_MAX / sizeof(u64)];
	size_t bytes;
	struct completion answered;
	u64 answered_ns;
	u64 answered_idle_us;
	unsigned long got;
	struct hvb_ranges holds;
};

static int rig_open(struct hvb_channel *channel)
{
	return 0;
}

static void rig_close(struct hvb_channel *channel)
{
}

static void agree(struct rig *rig, const struct dm_header *hdr)
{
	struct dm_version_response *resp = (void *)rig->inbox;

	resp->hdr.type = hdr->type == DM_VERSION_REQUEST ?
			 DM_VERSION_RESPONSE : DM_CAPABILITIES_RESPONSE;
	resp->hdr.size = sizeof(*resp);
	resp->hdr.trans_id = hdr->trans_id;
	resp->flags = DM_IS_ACCEPTED;
	rig->bytes = sizeof(*resp);
	hvb_channel_notify(&rig->dm.channel);
}

/* There is one CPU. */
static u64 idle_us(void)
{
	return get_cpu_idle_time_us(0, NULL);
}

static void note_answer(struct rig *rig)
{
	rig->answered_ns = ktime_get_ns();
	rig->answered_idle_us = idle_us();
	complete(&rig->answered);
}

static void take_ranges(struct rig *rig, const struct dm_balloon_response *resp)
{
	u32 count = FIELD_GET(DM_RESPONSE_COUNT_MASK, resp->more_and_count), i;

	if (!(resp->more_and_count & DM_MORE_PAGES))
		note_answer(rig);
	for (i = 0; i < count; i++) {
		struct hvb_wire_range range = hvb_msg_range(resp->range_array[i]);

		rig->got += range.count;
		hvb_ranges_insert(&rig->holds, range.start, range.count,
				  GFP_KERNEL);
	}
}

static int rig_send(struct hvb_channel *channel, const void *buf, size_t size)
{
	struct rig *rig = container_of(channel, struct rig, dm.channel);
	const struct dm_header *hdr = buf;

	switch (hdr->type) {
	case DM_VERSION_REQUEST:
	case DM_CAPABILITIES_REPORT:
		agree(rig, hdr);
		break;
	case DM_BALLOON_RESPONSE:
		take_ranges(rig, buf);
		break;
	case DM_UNBALLOON_RESPONSE:
		note_answer(rig);
		break;
	}
	return 0;
}

static int rig_recv(struct hvb_channel *channel, void *buf, size_t size,
		    size_t *len)
{
	struct rig *rig = container_of(channel, struct rig, dm.channel);

	if (!rig->bytes)
		return -EAGAIN;
	memcpy(buf, rig->inbox, rig->bytes);
	*len = rig->bytes;
	rig->bytes = 0;
	return 0;
}

static const struct hvb_transport transport = {
	.open = rig_open,
	.close = rig_close,
	.send = rig_send,
	.recv = rig_recv,
};

/* Sends a message. Return: how long the answer took. */
static u64 say(struct rig *rig, size_t bytes, struct cost_sum *sum)
{
	u64 start_ns = ktime_get_ns(), start_idle_us = idle_us(), ns;

	rig->got = 0;
	rig->bytes = bytes;
	hvb_channel_notify(&rig->dm.channel);
	wait_for_completion(&rig->answered);
	kthread_flush_worker(rig->dm.base.worker);
	ns = rig->answered_ns - start_ns;
	sum->ns += ns;
	sum->idle_us += rig->answered_idle_us - start_idle_us;
	return ns;
}

static u64 ask(struct rig *rig, u32 nr_pages, struct cost_sum *sum)
{
	struct dm_balloon *req = (void *)rig->inbox;

	*req = (struct dm_balloon) {
		.hdr = { DM_BALLOON_REQUEST, sizeof(*req), 1 },
		.num_pages = nr_pages,
	};
	return say(rig, sizeof(*req), sum);
}

/* Puts as many of the host's ranges as fit into a message. Return: its bytes. */
static size_t pack_held(struct rig *rig)
{
	struct dm_unballoon_request *req = (void *)rig->inbox;
	struct hvb_range part;
	u32 count = 0;

	while (count < RETURNED &&
	       hvb_ranges_next(&rig->holds, 0, ULONG_MAX, &part)) {
		hvb_ranges_erase(&rig->holds, part.start, part.count, GFP_KERNEL);
		req->range_array[count++] =
			FIELD_PREP(DM_RANGE_START_MASK, part.start) |
			FIELD_PREP(DM_RANGE_COUNT_MASK, part.count);
	}
	req->hdr = (struct dm_header) {
		DM_UNBALLOON_REQUEST, struct_size(req, range_array, count), 1,
	};
	req->flags = 0;
	req->range_count = count;
	return req->hdr.size;
}

static void print(const char *name, unsigned long pages, unsigned long ranges,
		  const struct cost_sum *sum)
{
	pr_info("round: %s: %lu %lu %llu %llu %llu\n", name, MIB(pages), ranges,
		sum->ns, sum->longest_ns, sum->idle_us * NSEC_PER_USEC);
}

static void give_back(struct rig *rig, const char *name)
{
	unsigned long pages = rig->holds.nr_pages, ranges = rig->holds.nr_ranges;
	struct cost_sum sum = {};

	while (rig->holds.nr_pages)
		sum.longest_ns = max(sum.longest_ns,
				     say(rig, pack_held(rig), &sum));
	print(name, pages, ranges, &sum);
}

static void take(struct rig *rig, const char *name, unsigned int pieces,
		 u32 nr_pages)
{
	unsigned long ranges = 0, pages = 0, last = rig->holds.nr_ranges;
	struct cost_sum sum = {};

	for (; pieces; pieces--) {
		sum.longest_ns = max(sum.longest_ns, ask(rig, nr_pages, &sum));
		pages += rig->got;
		ranges += rig->holds.nr_ranges - last;
		last = rig->holds.nr_ranges;
	}
	print(name, pages, ranges, &sum);
}

/* Brings a load that has so many pages to as many as are wanted. */
static unsigned int load(struct list_head *pages, unsigned int nr,
			 unsigned int wanted)
{
	struct page *page;

	for (; nr < wanted; nr++) {
		page = alloc_page(GFP_KERNEL);
		if (page)
			list_add(&page->lru, pages);
	}
	for (; nr > wanted && !list_empty(pages); nr--) {
		page = list_first_entry(pages, struct page, lru);
		list_del(&page->lru);
		__free_page(page);
	}
	return nr;
}

static void drop_load(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru)
		__free_page(page);
}

/*
 * The guest gives all that it can, and is asked for more, while its load has up to
 * 64 MiB less than it had first.
 */
static void rounds_at_the_floor(struct rig *rig, u32 all)
{
	unsigned long ranges, pages;
	struct cost_sum sum = {};
	unsigned int i, nr;
	LIST_HEAD(held);

	nr = load(&held, 0, LOAD);
	take(rig, "to the floor", 8, all);
	ranges = rig->holds.nr_ranges;
	pages = rig->holds.nr_pages;
	for (i = 0; i < ROUNDS; i++) {
		u64 ns;

		nr = load(&held, nr, get_random_u32_below(LOAD));
		ns = ask(rig, PIECE, &sum);
		if (!rig->got)
			sum.longest_ns = max(sum.longest_ns, ns);
	}
	print("100 requests at the floor", rig->holds.nr_pages - pages,
	      rig->holds.nr_ranges - ranges, &sum);
	drop_load(&held);
}

/* The same by allocating 2 MiB at a time, as a simple balloon would. */
static void measure_large(void)
{
	const unsigned int order = 21 - PAGE_SHIFT;
	struct cost_sum taken = {}, freed = {};
	u64 start_ns = ktime_get_ns();
	struct page *page, *next;
	unsigned long nr = 0;
	LIST_HEAD(held);

	for (; MIB(nr) < SMALL_MIB; nr += BIT(order)) {
		page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, order);
		if (!page)
			break;
		list_add(&page->lru, &held);
	}
	taken.ns = ktime_get_ns() - start_ns;
	start_ns = ktime_get_ns();
	list_for_each_entry_safe(page, next, &held, lru)
		__free_pages(page, order);
	freed.ns = ktime_get_ns() - start_ns;
	print("2 MiB at a time, taken", nr, nr >> order, &taken);
	print("2 MiB at a time, returned", nr, nr >> order, &freed);
}

static int start(struct rig *rig, struct device *dev)
{
	int err;

	init_completion(&rig->answered);
	hvb_ranges_init(&rig->holds);
	rig->params.hot_add = true;
	rig->params.balloon_blocks = true;
	rig->params.burst_interval_ms = 100;
	rig->params.burst_decay_s = 30;
	rig->dm.base.dev = dev;
	rig->dm.base.params = &rig->params;
	rig->dm.transport = &transport;
	err = hvb_device_init(&rig->dm);
	if (err)
		return err;
	err = hvb_device_start(&rig->dm);
	if (err)
		hvb_device_exit(&rig->dm);
	return err;
}

static void measure(struct rig *rig, unsigned int pieces)
{
	u32 all = pieces * PIECE;

	take(rig, "at once", 1, all);
	give_back(rig, "at once, returned");
	take(rig, "again at once", 1, all);
	give_back(rig, "again at once, returned");
	take(rig, "in pieces", pieces, PIECE);
	give_back(rig, "in pieces, returned");
	rounds_at_the_floor(rig, all);
	give_back(rig, "all returned");
}

/**
 * rounds_measure() - measure rounds of requests
 * @pieces: how many of 128 MiB a round takes
 *
 * Return: 0; or an errno.
 */
int rounds_measure(unsigned int pieces)
{
	struct rig *rig = kvzalloc(sizeof(*rig), GFP_KERNEL);
	struct device *dev = root_device_register("hv_balloon_cost");
	int err = IS_ERR(dev) ? PTR_ERR(dev) : -ENOMEM;

	if (rig && !IS_ERR(dev))
		err = start(rig, dev);
	if (!err) {
		measure(rig, pieces);
		hvb_device_stop(&rig->dm);
		hvb_device_exit(&rig->dm);
		hvb_ranges_destroy(&rig->holds);
		measure_large();
	}
	if (!IS_ERR(dev))
		root_device_unregister(dev);
	kvfree(rig);
	return err;
}
