// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-add: new memory from the host.
 *
 * A request is turned into memory blocks (plan.c). Blocks that we added for an
 * earlier request are filled up; new ones are added, several at a time where
 * the range allows, and brought online at once. The host is answered when that
 * is done, with as many pages as are backed and added from the range's start.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "hv_balloon.h"
#include "trace.h"

/*
 * A failure that can pass, as for want of memory, is waited out: an answer with
 * fewer pages than asked for would end hot-add for good.
 */
#define TRIES		20
#define PAUSE_MS	100

/* One add_memory() for many blocks is quicker, but it must still yield. */
#define PIECE_PAGES	((unsigned long)SZ_1G >> PAGE_SHIFT)

/*
 * A piece takes 1/64 of its size in struct pages before it gives anything. It
 * may take half of what is available.
 */
#define PAGES_PER_AVAIL	32

static struct hvb_range pluggable(void)
{
	struct range range = mhp_get_pluggable_range(true);

	return (struct hvb_range) {
		.start = PHYS_PFN(range.start),
		.count = PHYS_PFN(range.end + 1 - range.start),
	};
}

static struct hvb_range to_pages(struct hvb_wire_range range)
{
	return (struct hvb_range) {
		.start = range.start >> HVB_WIRE_SHIFT,
		.count = range.count >> HVB_WIRE_SHIFT,
	};
}

static void bring_online(struct hvb_device *dm, const struct hvb_range *piece)
{
	enum hvb_online_policy policy = READ_ONCE(dm->params->online_policy);
	unsigned long page;

	if (policy == HVB_ONLINE_OFF)
		return;
	for (page = piece->start; page < piece->start + piece->count;
	     page += dm->block_pages)
		if (hvb_block_online(dm, page, policy))
			hvb_count(dm, HVB_COUNT_ONLINE_FAILED);
}

static int add_piece(struct hvb_device *dm, const struct hvb_plan *plan,
		     const struct hvb_range *piece)
{
	struct hvb_range backed = hvb_plan_backed(plan, piece);
	u64 address = PFN_PHYS(piece->start);
	int err;

	err = hvb_absent_expect(dm, piece, &backed);
	if (err)
		return err;
	hvb_reserve_spend(dm);
	err = add_memory(memory_add_physaddr_to_nid(address), address,
			 PFN_PHYS(piece->count), MHP_MERGE_RESOURCE);
	if (err) {
		hvb_absent_forget(dm, piece, &backed);
		hvb_reserve_fill(dm);
		return err;
	}
	trace_hvb_range(HVB_TRACE_ADDED, piece->start, piece->count);
	bring_online(dm, piece);
	hvb_absent_landed(dm);
	hvb_reserve_fill(dm);
	return 0;
}

/* Adds blocks from a page on. Return: pages of them that are backed. */
static long add_some(struct hvb_device *dm, const struct hvb_plan *plan,
		     unsigned long from)
{
	struct hvb_range piece = {
		.start = ALIGN_DOWN(from, dm->block_pages),
	};
	unsigned long avail_pages = max(si_mem_available(), 0L);
	int err;

	piece.count = min(PIECE_PAGES, avail_pages * PAGES_PER_AVAIL);
	piece.count = max(ALIGN_DOWN(piece.count, dm->block_pages),
			  dm->block_pages);
	piece.count = min(piece.count, plan->end_page - piece.start);
	err = add_piece(dm, plan, &piece);
	if (err && piece.count > dm->block_pages) {
		piece.count = dm->block_pages;
		err = add_piece(dm, plan, &piece);
	}
	return err ?: hvb_plan_backed(plan, &piece).count;
}

static int add_all(struct hvb_device *dm, const struct hvb_plan *plan,
		   unsigned long *added_pages)
{
	unsigned long from = plan->backed.start;
	unsigned long end = from + plan->backed.count;
	unsigned int tries = 0;

	while (from < end) {
		long nr = hvb_absent_back(dm, from, end - from);

		if (!nr)
			nr = add_some(dm, plan, from);
		if (nr < 0) {
			if (!hvb_plan_is_transient(nr) || ++tries == TRIES)
				return nr;
			msleep(PAUSE_MS);
			continue;
		}
		from += nr;
		*added_pages += nr;
		cond_resched();
	}
	return 0;
}

static int carry_out(struct hvb_device *dm, const struct hvb_msg *msg,
		     unsigned long *added_pages)
{
	struct hvb_range range = to_pages(msg->hot_add.range);
	struct hvb_range region = to_pages(msg->hot_add.region);
	struct hvb_range limits = pluggable();
	struct hvb_plan plan;
	int err;

	if (dm->can_hibernate)
		return -EOPNOTSUPP;
	if (!READ_ONCE(dm->params->hot_add)) {
		dev_info_once(dm->dev, "hot-add requests are refused: parameter hot_add is off\n");
		return -EOPNOTSUPP;
	}
	if (!hvb_device_can_hot_add(dm) || !dm->absent.owns_callback)
		return -EOPNOTSUPP;
	if (!hvb_vsc_is_serving(dm))
		return -EAGAIN;

	err = hvb_plan_hot_add(&range,
			       msg->hot_add.has_region ? &region : NULL,
			       &limits, dm->block_pages, &plan);
	return err ?: add_all(dm, &plan, added_pages);
}

/**
 * hvb_hot_add() - carry out a hot-add request
 * @dm: the device
 * @msg: the request
 *
 * Context: the device's workqueue.
 */
void hvb_hot_add(struct hvb_device *dm, const struct hvb_msg *msg)
{
	struct dm_hot_add_response resp;
	unsigned long added_pages = 0;
	struct hvb_answer answer;
	int err;

	hvb_vsc_set_state(dm, HVB_HOT_ADD);
	err = carry_out(dm, msg, &added_pages);
	if (err && err != -EOPNOTSUPP) {
		hvb_count(dm, HVB_COUNT_HOT_ADD_FAILED);
		dev_warn_ratelimited(dm->dev, "hot-add of pages %llu+%llu ended after %lu (%d)\n",
				     msg->hot_add.range.start,
				     msg->hot_add.range.count, added_pages,
				     err);
	}
	hvb_blocks_bring_back(dm);
	answer = hvb_plan_answer(hvb_to_wire(added_pages), err);
	hvb_vsc_note_request(dm, DM_MEM_HOT_ADD_REQUEST,
			     msg->hot_add.range.count, answer.page_count);
	hvb_vsc_send(dm, &resp,
		     hvb_msg_hot_add_response(&resp, msg->trans_id,
					      answer.page_count,
					      answer.result));
	hvb_vsc_set_state(dm, HVB_INITIALIZED);
}
