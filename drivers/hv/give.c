// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon up: pages for the host.
 *
 * Whole memory blocks first (give_blocks.c). Then pages are allocated 2 MiB at a
 * time while that works, then in smaller and smaller orders. They become absent
 * as they come, and neighbours merge, so that the host is told of few long
 * ranges. It is told when a message is full and at the end; what it can't be
 * told of goes back to the kernel.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/sched.h>

#include "base.h"
#include "channel.h"
#include "fs.h"
#include "memory.h"
#include "request.h"
#include "signs.h"

/* 2 MiB: what a host maps at once, and what guests' huge pages are made of. */
#define LARGE_ORDER	(21 - PAGE_SHIFT)

/*
 * Nothing may be swapped and no reserve used for the host. Free pages first;
 * then clean page cache may go, which needs no I/O. ZONE_MOVABLE will do: an
 * absent page doesn't hinder the block from going offline.
 */
#define GFP_GIVE	(__GFP_HIGHMEM | __GFP_MOVABLE | __GFP_NOMEMALLOC | \
			 __GFP_NORETRY | __GFP_NOWARN)
#define GFP_GIVE_CACHE	(GFP_GIVE | __GFP_DIRECT_RECLAIM)

/*
 * Areas for contiguous allocations lend their pages to what can be moved, which
 * an absent page can't: where there are some, pages are asked for as unmovable.
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

/* How often the floor is looked at again: the guest's need can grow. */
#define LOOK_PAGES	((64UL << 20) >> PAGE_SHIFT)

/* How often and when to look again whether memory in use still grows. */
#define SETTLE_LOOKS	8
#define SETTLE_MS	100

/* How much page cache is dropped at once. */
#define RECLAIM_PAGES	((256UL << 20) >> PAGE_SHIFT)

static struct page *allocate(unsigned int order)
{
	struct page *page = alloc_pages(without_cma(GFP_GIVE), order);

	if (!page && !order)
		page = alloc_pages(without_cma(GFP_GIVE_CACHE), order);
	return page;
}

static void note_held(struct hvb_requests *reqs, unsigned int order)
{
	hvb_base_count_many(reqs->base,
			    order == LARGE_ORDER ? HVB_COUNT_LARGE_PAGES :
						   HVB_COUNT_SMALL_PAGES,
			    1UL << order);
}

/*
 * Holds one run of pages; @order is lowered to what can be had. Pages of a
 * block that is going offline go back, and aren't offered again.
 */
static unsigned long hold_one(struct hvb_requests *reqs, unsigned int *order)
{
	for (;;) {
		struct page *page = allocate(*order);
		int err;

		if (!page) {
			if (!*order)
				return 0;
			--*order;
			continue;
		}
		err = hvb_absent_hold(reqs->mem, page, *order);
		if (!err)
			break;
		__free_pages(page, *order);
		if (err != -EBUSY)
			return 0;
	}
	note_held(reqs, *order);
	return 1UL << *order;
}

/* Holds pages up to the next look. Return: how many. */
static unsigned long hold_some(struct hvb_requests *reqs, unsigned long limit,
			       unsigned int *order)
{
	unsigned long nr = 0;

	limit = min(limit, LOOK_PAGES);
	while (nr < limit) {
		unsigned long got;

		*order = hvb_plan_order(0, limit - nr, *order);
		got = hold_one(reqs, order);
		if (!got)
			break;
		nr += got;
		cond_resched();
	}
	return nr;
}

/* What a request is about, while it is carried out. */
struct request {
	u32 trans_id;
	unsigned long wanted;
	struct hvb_counters start;
};

/*
 * Where most of what may go is clean page cache, the cache goes first, and all
 * at once: so blocks and long runs come free, and nothing is reclaimed page by
 * page. Kernels that can't leave swap alone at it (before 6.11) refuse the words.
 */
static void drop_cache(struct hvb_requests *reqs, struct request *req)
{
	unsigned long limit = hvb_request_limit(reqs, &req->start, req->wanted);
	unsigned long free = req->start.free_pages >> HVB_WIRE_SHIFT;
	unsigned long need = limit > free ? limit - free : 0;
	int err = 0;

	while (need >= reqs->base->block_pages && (!err || err == -EAGAIN) &&
	       hvb_channel_is_serving(reqs->channel)) {
		unsigned long part = min(need, RECLAIM_PAGES);
		char text[40];

		snprintf(text, sizeof(text), "%luM swappiness=0",
			 part >> (20 - PAGE_SHIFT));
		err = hvb_fs_write(HVB_FS_CGROUP2, "memory.reclaim", text);
		need -= part;
		if (!hvb_request_limit(reqs, &req->start, need))
			break;
	}
}

/* Growth may just have ended: give it some time to show, and be forgotten. */
static void settle(struct hvb_requests *reqs, struct request *req)
{
	unsigned int i;

	for (i = 0; i < SETTLE_LOOKS && hvb_channel_is_serving(reqs->channel) &&
	     hvb_signs_ahead(reqs->signs) &&
	     hvb_request_limit(reqs, &req->start, req->wanted) < req->wanted; i++)
		msleep(SETTLE_MS);
}

static unsigned long hold_pages(struct hvb_requests *reqs, struct request *req,
				int *err)
{
	unsigned int order = LARGE_ORDER;
	unsigned long nr;

	settle(reqs, req);
	if (READ_ONCE(reqs->base->params->balloon_blocks))
		drop_cache(reqs, req);
	nr = hvb_give_blocks(reqs, req->wanted, &req->start);
	while (!*err && nr < req->wanted && hvb_channel_is_serving(reqs->channel)) {
		unsigned long limit = hvb_request_limit(reqs, &req->start,
							req->wanted - nr);
		unsigned long got = hold_some(reqs, limit, &order);

		if (!got)
			break;
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

	hvb_memory_read(reqs->mem, &req.start);
	hvb_signs_set_giving(reqs->signs, true);
	nr = hold_pages(reqs, &req, err);
	hvb_signs_set_giving(reqs->signs, false);
	return nr;
}

/**
 * hvb_give() - carry out a balloon request
 * @reqs: what carries it out
 * @msg: the request
 * @outcome: what it came to
 *
 * Answers with as many pages as the floor and the allocator leave, in one or
 * more messages; with none, when that's how it is.
 *
 * Context: the device's workqueue.
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
