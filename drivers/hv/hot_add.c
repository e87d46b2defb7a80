// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-add: new memory from the host.
 *
 * A request is turned into memory blocks (plan.c). Blocks that we added for an
 * earlier request are filled up; new ones are added, several at a time if the
 * range allows, and brought online at once. A block where the kernel has memory
 * that the host did not add is skipped, and the rest is added.
 *
 * The answer says how many pages of the range were added. If these are too few,
 * or none with success, the host ends hot-add for good. So a transient error
 * must never lead to such an answer. As long as nothing was added, the host can
 * be told to ask again. Once a part was added, the request is put off and
 * retried. What the host sends in the meantime is served, as it may return the
 * memory that is missing here. It gets no memory until then: there is hardly
 * any, and the host may not know about some of it yet.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "base.h"
#include "channel.h"
#include "counters.h"
#include "memory.h"
#include "request.h"
#include "signs.h"

/* How often to wait out a transient error while nothing was added. */
#define TRIES		20

/* Pause between these tries, and the longest for a request put off. */
#define PAUSE_MS	100
#define PAUSE_MAX_MS	2000

/* One add_memory() for many blocks is faster, but it must still yield. */
#define PIECE_PAGES	((unsigned long)SZ_1G >> PAGE_SHIFT)

/*
 * A piece needs 1/64 of its size for struct pages before it gives anything. It
 * may use half of what is available.
 */
#define PAGES_PER_AVAIL	32

/* What the kernel can map and the machine has addresses for. */
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

static int add_piece(struct hvb_requests *reqs, const struct hvb_plan *plan,
		     const struct hvb_range *piece)
{
	struct hvb_range backed = hvb_plan_backed(plan, piece);

	return hvb_added_add(reqs->mem, piece, &backed);
}

/* Adds blocks from @from on. Return: backed pages in them; or an errno. */
static long add_some(struct hvb_requests *reqs, const struct hvb_plan *plan,
		     unsigned long from)
{
	struct hvb_range piece = {
		.start = ALIGN_DOWN(from, reqs->base->block_pages),
	};
	unsigned long avail_pages = hvb_counters_avail();
	int err;

	if (hvb_waiting_is_full(reqs->mem))
		return -EBUSY;
	piece.count = min3(PIECE_PAGES, hvb_waiting_room(reqs->mem),
			   avail_pages * PAGES_PER_AVAIL);
	piece.count = max(ALIGN_DOWN(piece.count, reqs->base->block_pages),
			  reqs->base->block_pages);
	piece.count = min(piece.count, plan->end_page - piece.start);
	err = add_piece(reqs, plan, &piece);
	if (err && err != -EBUSY && piece.count > reqs->base->block_pages) {
		piece.count = reqs->base->block_pages;
		err = add_piece(reqs, plan, &piece);
	}
	return err ?: hvb_plan_backed(plan, &piece).count;
}

/*
 * Adds the next pages of a request: they fill up a block, or were added for an
 * earlier request (whose answer the host may have missed), or are new.
 *
 * Return: how many are added now; -EEXIST if their block is memory that the
 * host did not add; or another errno.
 */
static long add_next(struct hvb_requests *reqs, const struct hvb_add_request *req)
{
	unsigned long left = hvb_range_end(&req->plan.backed) - req->from;
	unsigned long nr = hvb_added_fill(reqs->mem, req->from, left);

	if (!nr)
		nr = hvb_added_count_backed(reqs->mem, req->from, left);
	return nr ?: add_some(reqs, &req->plan, req->from);
}

static void skip_block(struct hvb_requests *reqs, struct hvb_add_request *req)
{
	req->from = min(ALIGN(req->from + 1, reqs->base->block_pages),
			hvb_range_end(&req->plan.backed));
	req->has_skipped = true;
}

/* Whoever has the hotplug lock was waited for: that is for the next request. */
static bool may_pass_soon(long err)
{
	return hvb_plan_is_transient(err) && err != -EBUSY;
}

static int add_all(struct hvb_requests *reqs, struct hvb_add_request *req)
{
	unsigned int tries = 0;

	while (req->from < hvb_range_end(&req->plan.backed)) {
		long nr;

		if (!hvb_channel_is_serving(reqs->channel))
			return -EAGAIN;
		nr = add_next(reqs, req);
		if (nr == -EEXIST) {
			skip_block(reqs, req);
		} else if (nr >= 0) {
			req->from += nr;
			req->added_pages = req->from - req->plan.backed.start;
			hvb_signs_arrived(reqs->signs);
		} else if (may_pass_soon(nr) && !req->added_pages &&
			   ++tries < TRIES) {
			msleep(PAUSE_MS);
		} else {
			return nr;
		}
		cond_resched();
	}
	return req->has_skipped ? -EEXIST : 0;
}

/* Return: as hvb_plan_hot_add(); or why nothing can be added, now or ever. */
static int prepare(struct hvb_requests *reqs, const struct hvb_msg *msg,
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
	if (reqs->base->can_hibernate)
		return -EOPNOTSUPP;
	if (!READ_ONCE(reqs->base->params->hot_add)) {
		dev_info_once(reqs->base->dev, "hot-add requests are refused: parameter hot_add is off\n");
		return -EOPNOTSUPP;
	}
	if (!hvb_memory_can_hot_add(reqs->mem))
		return -EOPNOTSUPP;
	if (!range.count)
		return -EAGAIN;

	err = hvb_plan_hot_add(&range,
			       msg->hot_add.has_region ? &region : NULL,
			       &limits, reqs->base->block_pages, &req->plan);
	if (err)
		return err;
	return reqs->adding.is_put_off ? -EBUSY : 0;
}

/* -EOPNOTSUPP and -EBUSY were logged where found; -EAGAIN is no failure. */
static void note_failure(struct hvb_requests *reqs,
			 const struct hvb_add_request *req, int err)
{
	if (!err || err == -EAGAIN || err == -EOPNOTSUPP)
		return;
	hvb_base_count(reqs->base, HVB_COUNT_HOT_ADD_FAILED);
	if (err != -EBUSY)
		dev_warn_ratelimited(reqs->base->dev, "hot-add of pages %llu+%llu ended with %lu added (%d)\n",
				     req->range.start, req->range.count,
				     req->added_pages, err);
}

static void answer(struct hvb_requests *reqs,
		   const struct hvb_add_request *req, int err,
		   struct hvb_outcome *outcome)
{
	struct hvb_answer answer;

	note_failure(reqs, req, err);
	answer = hvb_plan_answer(hvb_to_wire(req->added_pages), err);
	*outcome = (struct hvb_outcome) {
		.asked_pages = req->range.count,
		.done_pages = answer.page_count,
		.is_over = true,
	};
	outcome->answer_bytes =
		hvb_msg_hot_add_response(&outcome->answer.hot_add,
					 req->trans_id, answer.page_count,
					 answer.result);
}

static void put_off(struct hvb_requests *reqs,
		    const struct hvb_add_request *req, unsigned int pause_ms,
		    struct hvb_outcome *outcome)
{
	reqs->adding = (struct hvb_adding) {
		.is_put_off = true,
		.request = *req,
		.pause_ms = pause_ms,
	};
	*outcome = (struct hvb_outcome) {
		.asked_pages = req->range.count,
		.done_pages = hvb_to_wire(req->added_pages),
		.go_on_ms = pause_ms,
	};
}

static bool must_go_on(const struct hvb_add_request *req, int err)
{
	return err && req->added_pages && hvb_plan_is_transient(err);
}

/**
 * hvb_hot_add_go_on() - continue a request that was put off
 * @reqs: what carries it out
 * @outcome: the result
 *
 * It stays put off while the guest is about to sleep.
 *
 * Context: the device's worker.
 */
void hvb_hot_add_go_on(struct hvb_requests *reqs, struct hvb_outcome *outcome)
{
	unsigned int pause_ms = reqs->adding.pause_ms;
	struct hvb_add_request req = reqs->adding.request;
	int err;

	if (!hvb_channel_is_serving(reqs->channel)) {
		put_off(reqs, &req, pause_ms, outcome);
		return;
	}
	err = add_all(reqs, &req);
	hvb_memory_settle(reqs->mem);
	if (must_go_on(&req, err)) {
		pause_ms = min(2 * pause_ms, (unsigned int)PAUSE_MAX_MS);
		put_off(reqs, &req, pause_ms, outcome);
		return;
	}
	reqs->adding.is_put_off = false;
	answer(reqs, &req, err, outcome);
}

/**
 * hvb_hot_add() - carry out a hot-add request
 * @reqs: what carries it out
 * @msg: the request
 * @outcome: the result
 *
 * The answer comes later if a part of the memory was added and the rest can't
 * be added yet.
 *
 * Context: the device's worker.
 */
void hvb_hot_add(struct hvb_requests *reqs, const struct hvb_msg *msg,
		 struct hvb_outcome *outcome)
{
	struct hvb_add_request req;
	int err;

	err = prepare(reqs, msg, &req);
	if (!err)
		err = add_all(reqs, &req);
	hvb_memory_settle(reqs->mem);
	if (!must_go_on(&req, err)) {
		answer(reqs, &req, err, outcome);
		return;
	}
	dev_warn_ratelimited(reqs->base->dev, "hot-add of pages %llu+%llu has %lu added so far (%d), the rest is retried\n",
			     req.range.start, req.range.count, req.added_pages,
			     err);
	put_off(reqs, &req, reqs->put_off_ms, outcome);
}

/**
 * hvb_hot_add_drop() - forget a request that was put off
 * @reqs: what carries it out; no request is being carried out any more
 */
void hvb_hot_add_drop(struct hvb_requests *reqs)
{
	reqs->adding.is_put_off = false;
}
