// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-add: new memory from the host.
 *
 * A request is turned into memory blocks (plan.c). Blocks that we added for an
 * earlier request are filled up; new ones are added, several at a time where
 * the range allows, and brought online at once. Where the kernel has memory that
 * the host did not add, that block is left out and the rest is added.
 *
 * The answer says how many pages of the range are added, and few of them, or none
 * and success, ends hot-add for good. So what can pass must never be the reason
 * for such an answer. As long as nothing is added the host can be told to ask
 * again. Once a part is, the request is put off and tried again, and what the host
 * sends meanwhile is served: it may return the memory that is missing here. It gets
 * none until then: there is hardly any, and some of it the host may not know yet.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "hv_balloon.h"
#include "trace.h"

/* How often a failure that can pass is waited out while nothing is added. */
#define TRIES		20

/* Before the first of these tries, and before the last of a request put off. */
#define PAUSE_MS	100
#define PAUSE_MAX_MS	2000

/* One add_memory() for many blocks is quicker, but it must still yield. */
#define PIECE_PAGES	((unsigned long)SZ_1G >> PAGE_SHIFT)

/*
 * A piece takes 1/64 of its size in struct pages before it gives anything. It
 * may take half of what is available.
 */
#define PAGES_PER_AVAIL	32

/* What the kernel can map, and what this machine has addresses for. */
static struct hvb_range pluggable(void)
{
	struct range range = mhp_get_pluggable_range(true);

	range.end = min_t(u64, range.end, iomem_resource.end);
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

	for (page = piece->start; page < hvb_range_end(piece);
	     page += dm->block_pages) {
		if (policy != HVB_ONLINE_OFF &&
		    hvb_block_online(dm, page, policy))
			hvb_count(dm, HVB_COUNT_ONLINE_FAILED);
		if (!pfn_to_online_page(page))
			hvb_waiting_add(dm, page, HVB_ONLINE_OFF);
	}
}

/* The kernel also says -EEXIST when it has no memory to note who has a range. */
static bool is_taken(const struct hvb_range *piece)
{
	return region_intersects(PFN_PHYS(piece->start), PFN_PHYS(piece->count),
				 IORESOURCE_MEM, IORES_DESC_NONE) !=
	       REGION_DISJOINT;
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
		return err == -EEXIST && !is_taken(piece) ? -ENOMEM : err;
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

/*
 * The next pages of a request: filled up, there already by an earlier request
 * (whose answer the host may have missed), or new.
 *
 * Return: how many are added now; -EEXIST when their block is memory that the host
 * did not add; another errno.
 */
static long add_next(struct hvb_device *dm, const struct hvb_add_request *req)
{
	unsigned long left = hvb_range_end(&req->plan.backed) - req->from;
	unsigned long nr = hvb_absent_back(dm, req->from, left);

	if (!nr)
		nr = hvb_absent_count_backed(dm, req->from, left);
	return nr ?: add_some(dm, &req->plan, req->from);
}

static void skip_block(struct hvb_device *dm, struct hvb_add_request *req)
{
	req->from = min(ALIGN(req->from + 1, dm->block_pages),
			hvb_range_end(&req->plan.backed));
	req->has_skipped = true;
}

static int add_all(struct hvb_device *dm, struct hvb_add_request *req)
{
	unsigned int tries = 0;

	while (req->from < hvb_range_end(&req->plan.backed)) {
		long nr;

		if (!hvb_vsc_is_serving(dm))
			return -EAGAIN;
		nr = add_next(dm, req);
		if (nr == -EEXIST) {
			skip_block(dm, req);
		} else if (nr >= 0) {
			req->from += nr;
			req->added_pages = req->from - req->plan.backed.start;
		} else if (hvb_plan_is_transient(nr) && !req->added_pages &&
			   ++tries < TRIES) {
			msleep(PAUSE_MS);
		} else {
			return nr;
		}
		cond_resched();
	}
	return req->has_skipped ? -EEXIST : 0;
}

/* Return: as hvb_plan_hot_add(); or why no memory is added now or ever. */
static int prepare(struct hvb_device *dm, const struct hvb_msg *msg,
		   struct hvb_add_request *req)
{
	struct hvb_range range = to_pages(msg->hot_add.range);
	struct hvb_range region = to_pages(msg->hot_add.region);
	struct hvb_range limits = pluggable();
	int err;

	*req = (struct hvb_add_request) {
		.trans_id = msg->trans_id,
		.range = msg->hot_add.range,
		.from = range.start,
	};
	if (dm->can_hibernate)
		return -EOPNOTSUPP;
	if (!READ_ONCE(dm->params->hot_add)) {
		dev_info_once(dm->dev, "hot-add requests are refused: parameter hot_add is off\n");
		return -EOPNOTSUPP;
	}
	if (!hvb_device_can_hot_add(dm) || !dm->absent.owns_callback)
		return -EOPNOTSUPP;
	if (!range.count)
		return -EAGAIN;

	err = hvb_plan_hot_add(&range,
			       msg->hot_add.has_region ? &region : NULL,
			       &limits, dm->block_pages, &req->plan);
	if (err)
		return err;
	return dm->adding.is_put_off || hvb_waiting_is_full(dm) ? -EBUSY : 0;
}

/* Why nothing can be added now or at all was said once, where it was found. */
static void note_failure(struct hvb_device *dm,
			 const struct hvb_add_request *req, int err)
{
	if (!err || err == -EAGAIN || err == -EOPNOTSUPP)
		return;
	hvb_count(dm, HVB_COUNT_HOT_ADD_FAILED);
	if (err != -EBUSY)
		dev_warn_ratelimited(dm->dev, "hot-add of pages %llu+%llu ended with %lu added (%d)\n",
				     req->range.start, req->range.count,
				     req->added_pages, err);
}

static void send_answer(struct hvb_device *dm,
			const struct hvb_add_request *req, int err)
{
	struct dm_hot_add_response resp;
	struct hvb_answer answer;

	note_failure(dm, req, err);
	answer = hvb_plan_answer(hvb_to_wire(req->added_pages), err);
	hvb_vsc_note_request(dm, DM_MEM_HOT_ADD_REQUEST, req->range.count,
			     answer.page_count);
	hvb_vsc_send(dm, &resp,
		     hvb_msg_hot_add_response(&resp, req->trans_id,
					      answer.page_count,
					      answer.result));
	hvb_vsc_set_state(dm, HVB_INITIALIZED);
}

static void put_off(struct hvb_device *dm, const struct hvb_add_request *req,
		    unsigned int pause_ms)
{
	struct hvb_adding *adding = &dm->adding;

	adding->is_put_off = true;
	adding->request = *req;
	adding->pause_ms = pause_ms;
	queue_delayed_work(dm->wq, &adding->work, msecs_to_jiffies(pause_ms));
}

static bool must_go_on(const struct hvb_add_request *req, int err)
{
	return err && req->added_pages && hvb_plan_is_transient(err);
}

/* While the guest is about to hibernate it waits; closing the channel ends it. */
static void go_on(struct work_struct *work)
{
	struct hvb_adding *adding = container_of(to_delayed_work(work),
						 struct hvb_adding, work);
	struct hvb_device *dm = container_of(adding, struct hvb_device, adding);
	struct hvb_add_request req = adding->request;
	int err;

	if (!hvb_vsc_is_serving(dm)) {
		put_off(dm, &req, adding->pause_ms);
		return;
	}
	hvb_vsc_set_state(dm, HVB_HOT_ADD);
	err = add_all(dm, &req);
	hvb_blocks_bring_back(dm);
	if (must_go_on(&req, err)) {
		put_off(dm, &req, min(2 * adding->pause_ms,
				      (unsigned int)PAUSE_MAX_MS));
		return;
	}
	adding->is_put_off = false;
	send_answer(dm, &req, err);
}

/**
 * hvb_hot_add_init() - no request is put off yet
 * @dm: the device
 */
void hvb_hot_add_init(struct hvb_device *dm)
{
	INIT_DELAYED_WORK(&dm->adding.work, go_on);
}

/**
 * hvb_hot_add() - carry out a hot-add request
 * @dm: the device
 * @msg: the request
 *
 * The answer can come later, when a part of the memory is added and the rest
 * can't be yet.
 *
 * Context: the device's workqueue.
 */
void hvb_hot_add(struct hvb_device *dm, const struct hvb_msg *msg)
{
	struct hvb_add_request req;
	int err;

	hvb_vsc_set_state(dm, HVB_HOT_ADD);
	err = prepare(dm, msg, &req);
	if (!err)
		err = add_all(dm, &req);
	hvb_blocks_bring_back(dm);
	if (!must_go_on(&req, err)) {
		send_answer(dm, &req, err);
		return;
	}
	dev_warn_ratelimited(dm->dev, "hot-add of pages %llu+%llu has %lu added (%d), the rest is tried again until it is\n",
			     req.range.start, req.range.count, req.added_pages,
			     err);
	put_off(dm, &req, PAUSE_MS);
}

/**
 * hvb_hot_add_drop() - forget a request that was put off
 * @dm: the device; its channel is closed, and nothing is received any more
 *
 * Context: not the device's workqueue; waits for it.
 */
void hvb_hot_add_drop(struct hvb_device *dm)
{
	cancel_delayed_work_sync(&dm->adding.work);
	dm->adding.is_put_off = false;
}
