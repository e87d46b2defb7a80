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

#include "hv_balloon.h"
#include "trace.h"

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

/**
 * hvb_inflate_limit() - how many pages may go now, of those that the host wants
 * @dm: the device
 * @start: the counters when the request came
 * @wanted: how many the host still wants
 *
 * The floor stays, and what a burst will want soon. None when giving has begun to
 * cost something: the guest has no more to give.
 *
 * Context: the device's workqueue; may sleep.
 * Return: pages.
 */
unsigned long hvb_inflate_limit(struct hvb_device *dm,
				const struct hvb_counters *start,
				unsigned long wanted)
{
	u64 ahead = hvb_status_ahead(dm), limit;
	struct hvb_counters now;

	hvb_counters_read(dm, &now);
	if (hvb_demand_is_squeezed(start, &now))
		return 0;
	ahead = min(ahead, now.avail_pages);
	limit = hvb_demand_can_give(now.total_pages, now.avail_pages - ahead);
	return min(limit >> HVB_WIRE_SHIFT, (u64)wanted);
}

static struct page *allocate(unsigned int order)
{
	struct page *page = alloc_pages(without_cma(GFP_GIVE), order);

	if (!page && !order)
		page = alloc_pages(without_cma(GFP_GIVE_CACHE), order);
	return page;
}

static void note_taken(struct hvb_device *dm, unsigned int order)
{
	atomic_long_add(1UL << order,
			&dm->counts[order == LARGE_ORDER ?
				    HVB_COUNT_LARGE_PAGES :
				    HVB_COUNT_SMALL_PAGES]);
}

/*
 * Takes one run of pages; @order is lowered to what can be had. Pages of a
 * block that is going offline go back, and aren't offered again.
 */
static unsigned long take_one(struct hvb_device *dm, unsigned int *order)
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
		err = hvb_absent_take(dm, page, *order);
		if (!err)
			break;
		__free_pages(page, *order);
		if (err != -EBUSY)
			return 0;
	}
	note_taken(dm, *order);
	return 1UL << *order;
}

static int tell_one(struct hvb_device *dm, enum dm_type type, u32 trans_id,
		    bool is_last)
{
	struct hvb_packer packer;
	unsigned long end;
	bool more;
	int err;

	hvb_pack_start(&packer, dm->send_buf, type);
	end = hvb_absent_pack_fresh(dm, &packer);
	more = !is_last || packer.nr_pages < dm->absent.fresh.nr_pages;
	err = hvb_vsc_send(dm, dm->send_buf,
			   hvb_pack_finish(&packer, trans_id, more));
	if (!err)
		hvb_absent_told(dm, end);
	return err;
}

/**
 * hvb_inflate_tell() - tell the host of fresh pages
 * @dm: the device
 * @type: DM_BALLOON_RESPONSE or DM_MEM_HOT_REMOVE_RESPONSE
 * @trans_id: the transaction answered
 * @is_last: of all of them, which ends the transaction; else by full messages
 *
 * Context: the device's workqueue.
 * Return: 0; or what sending says: what is fresh then wasn't told.
 */
int hvb_inflate_tell(struct hvb_device *dm, enum dm_type type, u32 trans_id,
		     bool is_last)
{
	struct hvb_ranges *fresh = &dm->absent.fresh;
	int err = 0;

	while (!err && fresh->nr_ranges > DM_RESPONSE_RANGES_MAX)
		err = tell_one(dm, type, trans_id, false);
	if (!is_last)
		return err;

	/* A range of 64 GiB or more takes several places in a message. */
	do {
		if (!err)
			err = tell_one(dm, type, trans_id, true);
	} while (!err && fresh->nr_pages);
	return err;
}

/* Takes pages up to the next look. Return: how many. */
static unsigned long take_some(struct hvb_device *dm, unsigned long limit,
			       unsigned int *order)
{
	unsigned long nr = 0;

	limit = min(limit, LOOK_PAGES);
	while (nr < limit) {
		unsigned long got;

		*order = hvb_plan_order(0, limit - nr, *order);
		got = take_one(dm, order);
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
static void drop_cache(struct hvb_device *dm, struct request *req)
{
	unsigned long limit = hvb_inflate_limit(dm, &req->start, req->wanted);
	unsigned long free = req->start.free_pages >> HVB_WIRE_SHIFT;
	unsigned long need = limit > free ? limit - free : 0;
	int err = 0;

	while (need >= dm->block_pages && (!err || err == -EAGAIN) &&
	       hvb_vsc_is_serving(dm)) {
		unsigned long part = min(need, RECLAIM_PAGES);
		char text[40];

		snprintf(text, sizeof(text), "%luM swappiness=0",
			 part >> (20 - PAGE_SHIFT));
		err = hvb_fs_write(dm, HVB_FS_CGROUP2, "memory.reclaim", text);
		need -= part;
		if (!hvb_inflate_limit(dm, &req->start, need))
			break;
	}
}

/* Growth may just have ended: give it some time to show, and be forgotten. */
static void settle(struct hvb_device *dm, struct request *req)
{
	unsigned int i;

	for (i = 0; i < SETTLE_LOOKS && hvb_vsc_is_serving(dm) &&
	     hvb_status_ahead(dm) &&
	     hvb_inflate_limit(dm, &req->start, req->wanted) < req->wanted; i++)
		msleep(SETTLE_MS);
}

static unsigned long take_pages(struct hvb_device *dm, struct request *req,
				int *err)
{
	unsigned int order = LARGE_ORDER;
	unsigned long nr;

	settle(dm, req);
	if (READ_ONCE(dm->params->balloon_blocks))
		drop_cache(dm, req);
	nr = hvb_blocks_take(dm, req->wanted, &req->start);
	while (!*err && nr < req->wanted && hvb_vsc_is_serving(dm)) {
		unsigned long limit = hvb_inflate_limit(dm, &req->start,
							req->wanted - nr);
		unsigned long got = take_some(dm, limit, &order);

		if (!got)
			break;
		nr += got;
		*err = hvb_inflate_tell(dm, DM_BALLOON_RESPONSE, req->trans_id,
					false);
	}
	return nr;
}

static unsigned long take_all(struct hvb_device *dm, const struct hvb_msg *msg,
			      int *err)
{
	struct request req = {
		.trans_id = msg->trans_id,
		.wanted = msg->balloon.num_pages,
	};
	unsigned long nr;

	hvb_counters_read(dm, &req.start);
	WRITE_ONCE(dm->inflating, current);
	nr = take_pages(dm, &req, err);
	WRITE_ONCE(dm->inflating, NULL);
	return nr;
}

/**
 * hvb_inflate() - carry out a balloon request
 * @dm: the device
 * @msg: the request
 *
 * Answers with as many pages as the floor and the allocator leave, in one or
 * more messages; with none, when that's how it is.
 *
 * Context: the device's workqueue.
 */
void hvb_inflate(struct hvb_device *dm, const struct hvb_msg *msg)
{
	u32 trans_id = msg->trans_id, wanted = msg->balloon.num_pages;
	unsigned long nr = 0;
	int err = 0;

	hvb_vsc_set_state(dm, HVB_BALLOON_UP);
	if (!dm->can_hibernate && hvb_device_can_balloon(dm) &&
	    hvb_vsc_is_serving(dm) && !dm->adding.is_put_off)
		nr = take_all(dm, msg, &err);

	if (!err)
		err = hvb_inflate_tell(dm, DM_BALLOON_RESPONSE, trans_id, true);
	if (err) {
		hvb_absent_drop_fresh(dm);
		hvb_blocks_bring_back(dm);
	}
	hvb_vsc_note_request(dm, DM_BALLOON_REQUEST, wanted, nr);
	hvb_vsc_set_state(dm, HVB_INITIALIZED);
}
