// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-added blocks: which ones we added, what the host backs of them, and what
 * is online.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>

#include "base.h"
#include "memory.h"
#include "online.h"
#include "trace.h"

/*
 * How many of these pages are in a block that is online and not moving, or that
 * we set offline ourselves.
 */
static unsigned long count_online(struct hvb_memory *mem, unsigned long start,
				  unsigned long count)
{
	unsigned long end = start + count, next, nr = 0;

	for (; start < end; start = next) {
		next = min(end, ALIGN(start + 1, mem->base->block_pages));
		if (hvb_phase_is_moving(mem, start, 1))
			continue;
		if (pfn_to_online_page(start) || hvb_phase_is_ours(mem, start))
			nr += next - start;
	}
	return nr;
}

/* Counts given pages from @start on, in blocks that we added. */
static unsigned long count_given(struct hvb_memory *mem, unsigned long start,
				 unsigned long count)
{
	struct hvb_range ours, part;

	if (!hvb_ranges_next(&mem->added, start, start + count, &ours) ||
	    !hvb_ranges_next(&mem->given, ours.start, hvb_range_end(&ours),
			     &part) ||
	    part.start != start)
		return 0;
	return part.count;
}

/*
 * The host backs the first of these holes now, as many as keep the wait for the
 * lock short. Return: how many.
 */
static unsigned long fill(struct hvb_memory *mem, struct hvb_range *part)
{
	part->count = hvb_absent_step(part->start, hvb_range_end(part)) -
		      part->start;
	hvb_absent_erase(mem, &mem->holes, part->start, part->count);
	hvb_absent_make_present(mem, part->start, part->count);
	mem->nr_added += part->count;
	mem->nr_onlined += count_online(mem, part->start, part->count);
	return part->count;
}

/**
 * hvb_added_fill() - the host backs pages of blocks that we added before
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * These were holes, or given: what hot-remove gave the host, it may add again.
 *
 * Context: may sleep; yields between chunks.
 * Return: how many pages are backed now, from @start on; 0 if the first of them
 * was neither.
 */
unsigned long hvb_added_fill(struct hvb_memory *mem, unsigned long start,
			     unsigned long count)
{
	struct hvb_range part;
	unsigned long nr = 0, given;

	mutex_lock(&mem->lock);
	given = count_given(mem, start, count);
	if (hvb_ranges_next(&mem->holes, start, start + count, &part) &&
	    part.start == start)
		nr = fill(mem, &part);
	mutex_unlock(&mem->lock);
	return given ? hvb_absent_return(mem, start, given) : nr;
}

/* Fills the first holes from @start on, and moves that behind them. */
static unsigned long fill_some(struct hvb_memory *mem, unsigned long *start,
			       unsigned long end)
{
	struct hvb_range part;
	unsigned long nr = 0;

	mutex_lock(&mem->lock);
	if (hvb_ranges_next(&mem->holes, *start, end, &part)) {
		nr = fill(mem, &part);
		*start = hvb_range_end(&part);
	}
	mutex_unlock(&mem->lock);
	return nr;
}

/**
 * hvb_added_fill_holes() - the host backs all holes among these pages
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: may sleep; yields between chunks.
 * Return: how many of the pages were holes.
 */
unsigned long hvb_added_fill_holes(struct hvb_memory *mem, unsigned long start,
				   unsigned long count)
{
	unsigned long end = start + count, nr = 0, filled;

	while ((filled = fill_some(mem, &start, end))) {
		nr += filled;
		cond_resched();
	}
	return nr;
}

/**
 * hvb_added_count_backed() - how many pages did we add before?
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages to look at
 *
 * Context: may sleep.
 * Return: how many pages, from @start to the first that isn't in a block that
 * we added, or that the host has.
 */
unsigned long hvb_added_count_backed(struct hvb_memory *mem,
				     unsigned long start, unsigned long count)
{
	struct hvb_range ours, part;
	unsigned long end = start;

	mutex_lock(&mem->lock);
	if (hvb_ranges_next(&mem->added, start, start + count, &ours) &&
	    ours.start == start)
		end = hvb_range_end(&ours);
	if (hvb_ranges_next(&mem->holes, start, end, &part))
		end = part.start;
	if (hvb_ranges_next(&mem->given, start, end, &part))
		end = part.start;
	mutex_unlock(&mem->lock);
	return end - start;
}

static void set_phases(struct hvb_memory *mem, const struct hvb_range *blocks,
		       enum hvb_phase phase)
{
	unsigned long page;

	for (page = blocks->start; page < hvb_range_end(blocks);
	     page += mem->base->block_pages)
		hvb_phase_set(mem, page, phase, HVB_ZONE_NONE);
}

/*
 * Notes blocks that are about to be added. It has to come before add_memory(),
 * which may bring them online at once.
 */
static int expect(struct hvb_memory *mem, const struct hvb_range *blocks,
		  const struct hvb_range *backed)
{
	int err;

	mutex_lock(&mem->lock);
	err = hvb_ranges_insert(&mem->added, blocks->start, blocks->count,
				GFP_KERNEL);
	if (!err) {
		hvb_absent_insert(mem, &mem->holes, blocks->start,
				  backed->start - blocks->start);
		hvb_absent_insert(mem, &mem->holes, hvb_range_end(backed),
				  hvb_range_end(blocks) -
				    hvb_range_end(backed));
		set_phases(mem, blocks, HVB_PHASE_ADDING);
		mem->nr_added += backed->count;
		mem->nr_landing = backed->count;
	}
	mutex_unlock(&mem->lock);
	return err;
}

/* The expected blocks are there, and online if they are going to be. */
static void landed(struct hvb_memory *mem)
{
	mutex_lock(&mem->lock);
	mem->nr_landing = 0;
	mutex_unlock(&mem->lock);
}

/* The expected blocks could not be added. */
static void forget(struct hvb_memory *mem, const struct hvb_range *blocks,
		   const struct hvb_range *backed)
{
	struct hvb_range part;

	mutex_lock(&mem->lock);
	hvb_absent_erase(mem, &mem->added, blocks->start, blocks->count);
	while (hvb_ranges_next(&mem->holes, blocks->start,
			       hvb_range_end(blocks), &part))
		hvb_absent_erase(mem, &mem->holes, part.start, part.count);
	set_phases(mem, blocks, HVB_PHASE_REST);
	mem->nr_added -= backed->count;
	mem->nr_landing = 0;
	mutex_unlock(&mem->lock);
}

/* The kernel also returns -EEXIST if it can't allocate a range's resource. */
static bool is_taken(const struct hvb_range *blocks)
{
	return region_intersects(PFN_PHYS(blocks->start),
				 PFN_PHYS(blocks->count), IORESOURCE_MEM,
				 IORES_DESC_NONE) != REGION_DISJOINT;
}

/*
 * add_memory() and remove_memory() wait for the hotplug lock, without end, and
 * so would the guest's sleep. Once it is free here, somebody can still be faster,
 * but that takes a whole block being moved just then.
 */
static int wait_for_lock(struct hvb_memory *mem)
{
	if (hvb_block_may_change(&mem->blocks))
		return 0;
	dev_warn_ratelimited(mem->base->dev, "somebody else has been changing memory blocks for long, so none is added or removed for now\n");
	return -EBUSY;
}

static int add(struct hvb_memory *mem, unsigned long start, unsigned long count)
{
	u64 address = PFN_PHYS(start);
	int err = wait_for_lock(mem);

	if (err)
		return err;
	hvb_reserve_spend(&mem->reserve);
	return add_memory(memory_add_physaddr_to_nid(address), address,
			  PFN_PHYS(count), MHP_MERGE_RESOURCE);
}

/*
 * Where others hold the hotplug lock, one block has waited for all. Return: an
 * errno, to be passed in as @err with the next block.
 */
static int online_block(struct hvb_memory *mem, unsigned long page, int err)
{
	if (err != -EAGAIN)
		err = hvb_waiting_online(mem, page);
	if (err) {
		hvb_base_count(mem->base, HVB_COUNT_ONLINE_FAILED);
		hvb_online_say_failed(mem->base, page, err);
	}
	mutex_lock(&mem->lock);
	/* It was online if an admin sets it offline again already. */
	if (!pfn_to_online_page(page) &&
	    (err || !hvb_phase_is_moving(mem, page, 1)))
		hvb_waiting_add(mem, page);
	mutex_unlock(&mem->lock);
	return err;
}

/**
 * hvb_added_add() - add blocks, and bring them online
 * @mem: the guest's memory
 * @blocks: their pages
 * @backed: the pages that the host backs; the others are holes
 *
 * A block that doesn't come online waits until it does (waiting.c).
 *
 * Context: the device's worker; may sleep.
 * Return: 0; -EEXIST if the kernel has memory there; -ENOMEM; -EBUSY if others
 * hold the hotplug lock; or another error of the kernel's.
 */
int hvb_added_add(struct hvb_memory *mem, const struct hvb_range *blocks,
		  const struct hvb_range *backed)
{
	unsigned long page;
	int err;

	err = expect(mem, blocks, backed);
	if (err)
		return err;
	err = add(mem, blocks->start, blocks->count);
	if (err) {
		forget(mem, blocks, backed);
		hvb_reserve_fill(&mem->reserve);
		return err == -EEXIST && !is_taken(blocks) ? -ENOMEM : err;
	}
	trace_hvb_range(HVB_TRACE_ADDED, blocks->start, blocks->count);
	for (page = blocks->start; page < hvb_range_end(blocks);
	     page += mem->base->block_pages)
		err = online_block(mem, page, err);
	landed(mem);
	hvb_reserve_fill(&mem->reserve);
	return 0;
}

/**
 * hvb_added_next() - find the next block that we added
 * @mem: the guest's memory
 * @start: number of the first page to look at; becomes that of the block
 *
 * Context: may sleep.
 * Return: false if there is none from @start on.
 */
bool hvb_added_next(struct hvb_memory *mem, unsigned long *start)
{
	struct hvb_range part;
	bool found;

	mutex_lock(&mem->lock);
	found = hvb_ranges_next(&mem->added, *start, ULONG_MAX, &part);
	mutex_unlock(&mem->lock);
	if (found)
		*start = part.start;
	return found;
}

/**
 * hvb_added_remove() - remove an idle block
 * @mem: the guest's memory
 * @start: number of its first page
 *
 * Context: the device's worker; may sleep.
 * Return: 0; -EBUSY if others hold the hotplug lock; or the kernel's error.
 */
int hvb_added_remove(struct hvb_memory *mem, unsigned long start)
{
	int err = wait_for_lock(mem);

	if (!err)
		err = remove_memory(PFN_PHYS(start),
				    PFN_PHYS(mem->base->block_pages));
	if (err)
		return err;
	mutex_lock(&mem->lock);
	hvb_phase_set(mem, start, HVB_PHASE_REMOVED,
		      hvb_phase_zone(mem, start));
	mutex_unlock(&mem->lock);
	hvb_base_count(mem->base, HVB_COUNT_BLOCKS_REMOVED);
	return 0;
}

/**
 * hvb_added_restore() - add a block again if it was removed
 * @mem: the guest's memory
 * @start: number of its first page
 *
 * Context: the device's worker; may sleep.
 * Return: 0, even if it wasn't removed; or the kernel's error.
 */
int hvb_added_restore(struct hvb_memory *mem, unsigned long start)
{
	int err;

	if (hvb_phase_of(mem, start) != HVB_PHASE_REMOVED)
		return 0;
	err = add(mem, start, mem->base->block_pages);
	hvb_reserve_fill(&mem->reserve);
	if (err) {
		dev_warn_ratelimited(mem->base->dev, "memory block %lu that was removed can't be added again yet (%d)\n",
				     start / mem->base->block_pages, err);
		return err;
	}
	mutex_lock(&mem->lock);
	/* The kernel may have brought it online by itself. */
	if (hvb_phase_of(mem, start) == HVB_PHASE_REMOVED)
		hvb_phase_set(mem, start, HVB_PHASE_IDLE,
			      hvb_phase_zone(mem, start));
	mutex_unlock(&mem->lock);
	return 0;
}
