// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a hot-add request to memory blocks.
 *
 * The host backs pages; the kernel adds whole memory blocks (128 MiB to 2 GiB).
 * If a range begins or ends within a block, the rest of that block is absent
 * until a later request backs it. The region of a request only says how far
 * later requests may go.
 *
 * Pure: no state, no kernel services, plain values in and out. Pages are of the
 * guest's size here.
 */
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sizes.h>

#include <hyperv/dynmem.h>

#include "plan.h"

/*
 * A kernel without enough memory for itself (page tables, slabs) is in trouble,
 * however much is movable. Its own auto-movable policy draws the line at the
 * same ratio.
 */
#define MOVABLE_PER_KERNEL	3

/* hot_add_alignment has four bits. */
#define ALIGNMENT_MAX		15

static bool contains(const struct hvb_range *outer, unsigned long start,
		     unsigned long end)
{
	return start >= outer->start && end <= hvb_range_end(outer);
}

/**
 * hvb_plan_hot_add() - find the blocks that a request touches
 * @range: the pages that the host backs
 * @region: the pages that it may back later, or NULL
 * @pluggable: the pages that this kernel can have
 * @block_pages: size of a memory block, a power of two
 * @plan: filled in
 *
 * Return: 0; -EPROTO if @range is empty or not within @region; -ERANGE if a
 * block that it touches is not within @pluggable.
 */
int hvb_plan_hot_add(const struct hvb_range *range,
		     const struct hvb_range *region,
		     const struct hvb_range *pluggable,
		     unsigned long block_pages, struct hvb_plan *plan)
{
	unsigned long end = hvb_range_end(range);

	if (!range->count)
		return -EPROTO;
	if (region && !contains(region, range->start, end))
		return -EPROTO;

	plan->backed = *range;
	plan->first_page = ALIGN_DOWN(range->start, block_pages);
	plan->end_page = ALIGN(end, block_pages);
	if (!contains(pluggable, plan->first_page, plan->end_page))
		return -ERANGE;
	return 0;
}

/**
 * hvb_plan_backed() - the pages of a piece of the plan that the host backs
 * @plan: the plan
 * @piece: blocks of the plan
 *
 * Return: the pages; none (count 0) if the piece is outside the range.
 */
struct hvb_range hvb_plan_backed(const struct hvb_plan *plan,
				 const struct hvb_range *piece)
{
	unsigned long start = max(plan->backed.start, piece->start);
	unsigned long end = min(hvb_range_end(&plan->backed),
				hvb_range_end(piece));

	return (struct hvb_range) {
		.start = start,
		.count = end > start ? end - start : 0,
	};
}

/**
 * hvb_plan_is_transient() - may the same hot-add succeed later?
 * @err: the errno of what stopped it
 *
 * Return: true unless it can never succeed.
 */
bool hvb_plan_is_transient(int err)
{
	switch (err) {
	case -E2BIG:
	case -EEXIST:
	case -EINVAL:
	case -ERANGE:
	case -EOPNOTSUPP:
		return false;
	default:
		return true;
	}
}

/**
 * hvb_plan_answer() - what to tell the host
 * @added_pages: 4 KiB pages added, from the start of its range
 * @err: 0, or the errno of what stopped the adding
 *
 * Return: the answer. If nothing was added and never can be, it is success with
 * no pages, and the host never asks again. If nothing was added for now, it is
 * failure, and the host asks again.
 */
struct hvb_answer hvb_plan_answer(u64 added_pages, int err)
{
	bool failed = !added_pages && err && hvb_plan_is_transient(err);

	return (struct hvb_answer) {
		.page_count = added_pages,
		.result = failed ? DM_HOT_ADD_FAILURE : DM_HOT_ADD_SUCCESS,
	};
}

/**
 * hvb_plan_alignment() - hot_add_alignment of the capabilities
 * @block_bytes: size of a memory block, a power of two
 *
 * Return: log2 of the size in MiB.
 */
unsigned int hvb_plan_alignment(u64 block_bytes)
{
	if (block_bytes <= SZ_1M)
		return 0;
	return min(ilog2(block_bytes / SZ_1M), ALIGNMENT_MAX);
}

/**
 * hvb_plan_zone() - where should the next block come online?
 * @policy: what the admin set
 * @kernel_pages: pages that can be used for everything
 * @movable_pages: pages that can be used only for what can be moved
 * @block_pages: pages of the block
 *
 * Return: the zone; HVB_ZONE_NONE if it is left to others.
 */
enum hvb_zone hvb_plan_zone(enum hvb_online_policy policy, u64 kernel_pages,
			    u64 movable_pages, u64 block_pages)
{
	bool has_room = movable_pages + block_pages <=
			MOVABLE_PER_KERNEL * kernel_pages;

	switch (policy) {
	case HVB_ONLINE_OFF:
		return HVB_ZONE_NONE;
	case HVB_ONLINE_MOVABLE:
		return HVB_ZONE_MOVABLE;
	case HVB_ONLINE_AUTO:
		return has_room ? HVB_ZONE_MOVABLE : HVB_ZONE_KERNEL;
	default:
		return HVB_ZONE_KERNEL;
	}
}

/**
 * hvb_plan_order() - the largest chunk at the start of a run of pages
 * @start: number of the first page
 * @count: how many pages, not 0
 * @max_order: the largest order allowed
 *
 * Return: the order of a chunk that is aligned to its size.
 */
unsigned int hvb_plan_order(unsigned long start, unsigned long count,
			    unsigned int max_order)
{
	unsigned int order = min_t(unsigned int, max_order, ilog2(count));

	if (start)
		order = min_t(unsigned int, order, __ffs(start));
	return order;
}
