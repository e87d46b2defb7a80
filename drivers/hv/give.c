// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon up: pages for the host.
 *
 * Whole memory blocks go first (give_blocks.c). Then pages are allocated, 2 MiB
 * at a time while that works, and in smaller and smaller orders after that.
 * They become absent as they are allocated, and neighbours merge, so the host
 * is told about few long ranges. It is told whenever a message is full, and at
 * the end. Pages that it can't be told about go back to the kernel.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/sched.h>

#include "base.h"
#include "channel.h"
#include "memory.h"
#include "reclaim.h"
#include "request.h"
#include "signs.h"

/*
 * Giving must neither swap nor use reserves. Free pages go first, then clean
 * page cache, which needs no I/O. ZONE_MOVABLE will do, since an absent page
 * doesn't keep its block from going offline.
 */
#define GFP_GIVE	(__GFP_HIGHMEM | __GFP_MOVABLE | __GFP_NOMEMALLOC | \
			 __GFP_NORETRY | __GFP_NOWARN)
#define GFP_GIVE_CACHE	(GFP_GIVE | __GFP_DIRECT_RECLAIM)

/*
 * CMA areas lend their pages only to movable allocations, and an absent page
 * can't be moved. So where such areas exist, pages are allocated as unmovable.
 */
static gfp_t without_cma(gfp_t gfp)
{
	int nid, i;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			if (zone_cma_pages(&NODE_DATA(nid)->node_zones[i]))
				return gfp & ~__GFP_MOVABLE;
	return gfp;
}

/* How often to check the floor again: the guest's need may grow. */
#define LOOK_PAGES	((64UL << 20) >> PAGE_SHIFT)

/* How often, and how far apart, to check whether memory use still grows. */
#define SETTLE_LOOKS	8
#define SETTLE_MS	100

/* How much page cache to drop at once. */
#define RECLAIM_PAGES	((256UL << 20) >> PAGE_SHIFT)

/* How much to ask of other caches at once, and how much of it must come. */
#define ASK_PAGES	((32UL << 20) >> PAGE_SHIFT)
#define ASK_SHARE	4

/* How long not to ask again when nothing came of it. */
#define ASK_AGAIN_S	60

/**
 * struct hold - pages that are being held for the host
 * @room: how many more until the next check
 * @order: in pieces of this order: the largest that could be allocated so far
 * @least: the smallest that will do
 * @kernel_least: and outside ZONE_MOVABLE
 */
struct hold {
	struct hvb_room room;
	unsigned int order;
	unsigned int least;
	unsigned int kernel_least;
};

/* Pages of other zones only as long as the kernel itself has room for that. */
static bool may_go(const struct hold *hold, const struct page *page)
{
	return is_zone_movable_page(page) ||
	       (hold->order >= hold->kernel_least &&
		hold->room.kernel_pages >= 1UL << hold->order);
}

static struct page *allocate(const struct hold *hold)
{
	struct page *page = alloc_pages(without_cma(GFP_GIVE), hold->order);

	if (!page && !hold->order)
		page = alloc_pages(without_cma(GFP_GIVE_CACHE), hold->order);
	if (!page || may_go(hold, page))
		return page;
	__free_pages(page, hold->order);
	return NULL;
}

static void note_held(struct hvb_requests *reqs, struct hold *hold,
		      bool is_movable)
{
	unsigned long nr = 1UL << hold->order;

	hold->room.pages -= nr;
	if (!is_movable)
		hold->room.kernel_pages -= nr;
	hvb_base_count_many(reqs->base, hold->order == HVB_LARGE_ORDER ?
			    HVB_COUNT_LARGE_PAGES : HVB_COUNT_SMALL_PAGES, nr);
}

/*
 * Holds one run of pages, and lowers the order to what can be allocated where
 * there is room. Pages of a block that is going offline are freed, and the
 * allocator doesn't offer them again.
 */
static bool hold_one(struct hvb_requests *reqs, struct hold *hold)
{
	while (hold->order >= hold->least) {
		struct page *page = allocate(hold);
		bool is_movable;
		int err;

		if (!page) {
			if (!hold->order)
				return false;
			hold->order--;
			continue;
		}
		is_movable = is_zone_movable_page(page);
		err = hvb_fresh_hold(reqs->mem, page, hold->order);
		if (!err) {
			note_held(reqs, hold, is_movable);
			return true;
		}
		__free_pages(page, hold->order);
		if (err != -EBUSY)
			return false;
	}
	return false;
}

/* Holds pages up to the next check. Return: how many. */
static unsigned long hold_some(struct hvb_requests *reqs, struct hold *hold)
{
	unsigned long most = min(hold->room.pages, LOOK_PAGES);

	hold->room.pages = most;
	while (hold->room.pages) {
		hold->order = hvb_plan_order(0, hold->room.pages, hold->order);
		if (!hold_one(reqs, hold))
			break;
		cond_resched();
	}
	return most - hold->room.pages;
}

/* A balloon request that is being carried out. */
struct request {
	u32 trans_id;
	unsigned long wanted;
	struct hvb_counters start;
};

/*
 * Near a floor a load that goes up and down makes room for some pages again and
 * again. Then they come from huge pages: small ones would be more and more
 * ranges.
 */
static unsigned int least_order(unsigned long limit, unsigned long wanted)
{
	return limit < wanted && limit <= LOOK_PAGES ? HVB_LARGE_ORDER : 0;
}

/* How many pages may be held now, of so many that are still wanted? */
static void look(struct hvb_requests *reqs, const struct request *req,
		 unsigned long wanted, struct hold *hold)
{
	hvb_request_room(reqs, &req->start, wanted, &hold->room);
	hold->least = least_order(hold->room.pages, wanted);
	hold->kernel_least = least_order(hold->room.kernel_pages, wanted);
}

/*
 * If clean page cache is most of what may go, it goes first and all at once:
 * that frees blocks and long runs, and nothing has to be reclaimed page by
 * page.
 */
static void drop_cache(struct hvb_requests *reqs, struct request *req)
{
	unsigned long limit = hvb_request_limit(reqs, &req->start, req->wanted);
	unsigned long free = req->start.free_pages >> HVB_WIRE_SHIFT;
	unsigned long need = limit > free ? limit - free : 0;
	/* Hosts ask for no more than a block at a time. */
	unsigned long worth = max(min(reqs->base->block_pages, req->wanted / 2),
				  HVB_LARGE_PAGES);
	int err = 0;

	while (need >= worth && (!err || err == -EAGAIN) &&
	       hvb_channel_is_serving(reqs->channel)) {
		unsigned long part = min(need, RECLAIM_PAGES);

		err = hvb_reclaim_cache(part);
		need -= part;
		if (!hvb_request_limit(reqs, &req->start, need))
			break;
	}
}

/* May caches be asked again? */
static bool may_ask(const struct hvb_requests *reqs, const struct hold *hold,
		    const struct hvb_counters *now)
{
	if (!READ_ONCE(reqs->base->params->balloon_blocks))
		return false;
	if (reqs->asked_at &&
	    time_before(jiffies, reqs->asked_at + ASK_AGAIN_S * HZ))
		return false;
	return hvb_demand_may_ask(now, hold->least);
}

/*
 * Nothing more comes by itself. Caches behind shrinkers are asked: those that
 * count as available, unless the floor is near, and others if much of the guest
 * is accounted for nowhere, as ZFS's cache: that is in use for all that the
 * counters say. What isn't cache costs some page cache; so when nothing came of
 * it, nobody is asked for a while.
 */
static bool ask_caches(struct hvb_requests *reqs, struct request *req,
		       const struct hold *hold)
{
	struct hvb_counters before;
	struct hvb_glance after;
	int err;

	hvb_memory_read(reqs->mem, &req->start, &before);
	if (!may_ask(reqs, hold, &before))
		return false;
	reqs->asked_at = jiffies;
	err = hvb_reclaim_cache(ASK_PAGES);
	if (err && err != -EAGAIN)
		return false;
	hvb_counters_glance(&after);
	return after.free_pages >= before.free_pages +
				   hvb_to_wire(ASK_PAGES / ASK_SHARE) &&
	       hvb_request_limit(reqs, &req->start, req->wanted);
}

/* Growth may have just ended: give the forecast some time to notice. */
static void settle(struct hvb_requests *reqs, struct request *req)
{
	unsigned int i;

	for (i = 0; i < SETTLE_LOOKS && hvb_channel_is_serving(reqs->channel) &&
	     hvb_request_may_grow(reqs, &req->start, req->wanted); i++)
		msleep(SETTLE_MS);
}

/*
 * Holds pages, and tells the host of them, until all is done or no more come.
 * What caches gave back may lie where the kernel needs it itself; so they aren't
 * asked again before some of it was had.
 */
static unsigned long hold_pages(struct hvb_requests *reqs, struct request *req,
				unsigned long nr, int *err)
{
	struct hold hold = { .order = HVB_LARGE_ORDER };
	bool has_asked = false;

	while (!*err && nr < req->wanted && hvb_channel_is_serving(reqs->channel)) {
		unsigned long got;

		look(reqs, req, req->wanted - nr, &hold);
		got = hold_some(reqs, &hold);
		if (!got && (has_asked || !ask_caches(reqs, req, &hold)))
			break;
		if (!got)
			hold.order = HVB_LARGE_ORDER;
		else if (has_asked)
			reqs->asked_at = 0;
		has_asked = !got;
		nr += got;
		*err = hvb_request_tell(reqs, DM_BALLOON_RESPONSE, req->trans_id,
					false);
	}
	return nr;
}

static unsigned long hold_all(struct hvb_requests *reqs, const struct hvb_msg *msg,
			      int *err)
{
	struct request req = {
		.trans_id = msg->trans_id,
		.wanted = msg->balloon.num_pages,
	};
	unsigned long nr;

	hvb_memory_read_room(reqs->mem, NULL, &req.start);
	hvb_signs_set_giving(reqs->signs, true);
	settle(reqs, &req);
	if (READ_ONCE(reqs->base->params->balloon_blocks))
		drop_cache(reqs, &req);
	nr = hvb_give_blocks(reqs, req.wanted, &req.start);
	nr = hold_pages(reqs, &req, nr, err);
	hvb_signs_set_giving(reqs->signs, false);
	return nr;
}

/**
 * hvb_give() - carry out a balloon request
 * @reqs: what carries it out
 * @msg: the request
 * @outcome: the result
 *
 * Answers with as many pages as the floor and the allocator allow, in one or
 * more messages, even if that is none.
 *
 * Context: the device's worker.
 */
void hvb_give(struct hvb_requests *reqs, const struct hvb_msg *msg,
	      struct hvb_outcome *outcome)
{
	unsigned long nr = 0;
	int err = 0;

	if (hvb_base_can_balloon(reqs->base) && hvb_request_may_give(reqs))
		nr = hold_all(reqs, msg, &err);
	if (!err)
		err = hvb_request_tell(reqs, DM_BALLOON_RESPONSE,
				       msg->trans_id, true);
	if (err) {
		hvb_absent_drop_fresh(reqs->mem);
		hvb_memory_settle(reqs->mem);
	}
	*outcome = (struct hvb_outcome) {
		.asked_pages = msg->balloon.num_pages,
		.done_pages = nr,
		.is_over = true,
	};
}
