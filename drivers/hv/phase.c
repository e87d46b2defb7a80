// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phase of each memory block that the driver is working on, and the zone
 * that it was in when it went offline, which the kernel forgets.
 *
 * Locks: the caller holds mem->lock, unless said otherwise.
 */
#include <linux/device.h>
#include <linux/xarray.h>

#include "base.h"
#include "memory.h"

static unsigned long block_of(struct hvb_memory *mem, unsigned long page)
{
	return page / mem->base->block_pages;
}

static unsigned long entry_of(struct hvb_memory *mem, unsigned long page)
{
	void *entry = xa_load(&mem->phases, block_of(mem, page));

	return entry ? xa_to_value(entry) : 0;
}

/**
 * hvb_phase_of() - the phase of a block
 * @mem: the guest's memory
 * @page: number of one of its pages
 *
 * Context: any.
 * Return: the phase.
 */
enum hvb_phase hvb_phase_of(struct hvb_memory *mem, unsigned long page)
{
	return entry_of(mem, page) >> 1;
}

/**
 * hvb_phase_zone() - the zone that an offline block was in
 * @mem: the guest's memory
 * @page: number of one of its pages
 *
 * Context: any.
 * Return: HVB_ZONE_MOVABLE; or HVB_ZONE_KERNEL, also if it isn't known.
 */
enum hvb_zone hvb_phase_zone(struct hvb_memory *mem, unsigned long page)
{
	return entry_of(mem, page) & 1 ? HVB_ZONE_MOVABLE : HVB_ZONE_KERNEL;
}

/**
 * hvb_phase_is_ours() - is a block offline because of the driver?
 * @mem: the guest's memory
 * @page: number of one of its pages
 *
 * Context: any.
 * Return: true if it is: idle or removed.
 */
bool hvb_phase_is_ours(struct hvb_memory *mem, unsigned long page)
{
	enum hvb_phase phase = hvb_phase_of(mem, page);

	return phase == HVB_PHASE_IDLE || phase == HVB_PHASE_REMOVED;
}

/**
 * hvb_phase_set() - move a block to another phase
 * @mem: the guest's memory
 * @page: number of one of its pages
 * @phase: the phase
 * @zone: the zone it was in; unused for HVB_PHASE_REST
 *
 * Context: mem->lock is held; may sleep.
 */
void hvb_phase_set(struct hvb_memory *mem, unsigned long page,
		   enum hvb_phase phase, enum hvb_zone zone)
{
	unsigned long entry = phase << 1 | (zone == HVB_ZONE_MOVABLE);
	enum hvb_phase from = hvb_phase_of(mem, page);

	lockdep_assert_held(&mem->lock);
	if (!hvb_step_is_allowed(from, phase))
		dev_err_once(mem->base->dev, "memory block %lu goes from %s to %s, this is a bug in the driver\n",
			     block_of(mem, page), hvb_step_name(from),
			     hvb_step_name(phase));
	if (phase == HVB_PHASE_REST)
		xa_erase(&mem->phases, block_of(mem, page));
	else if (xa_is_err(xa_store(&mem->phases, block_of(mem, page),
				    xa_mk_value(entry), HVB_GFP_AT_ONCE)))
		xa_store(&mem->phases, block_of(mem, page), xa_mk_value(entry),
			 HVB_GFP_MUST);
}

/**
 * hvb_phase_rest() - bring a block to rest, if it isn't there already
 * @mem: the guest's memory
 * @page: number of one of its pages
 *
 * Context: mem->lock is held.
 */
void hvb_phase_rest(struct hvb_memory *mem, unsigned long page)
{
	if (hvb_phase_of(mem, page) != HVB_PHASE_REST)
		hvb_phase_set(mem, page, HVB_PHASE_REST, HVB_ZONE_NONE);
}

/**
 * hvb_phase_next() - find the next block that isn't at rest
 * @mem: the guest's memory
 * @from: number of the first page to look at, which begins a block
 * @start: number of the first page of the block found
 *
 * Context: any; without mem->lock the phase may have changed by then.
 * Return: its phase; HVB_PHASE_REST if there is none from @from on.
 */
enum hvb_phase hvb_phase_next(struct hvb_memory *mem, unsigned long from,
			      unsigned long *start)
{
	unsigned long block = block_of(mem, from);
	void *entry = xa_find(&mem->phases, &block, ULONG_MAX, XA_PRESENT);

	if (!entry)
		return HVB_PHASE_REST;
	*start = block * mem->base->block_pages;
	return xa_to_value(entry) >> 1;
}

/**
 * hvb_phase_is_moving() - are pages in a block that is moving?
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * Context: mem->lock is held.
 * Return: true if at least one of them is.
 */
bool hvb_phase_is_moving(const struct hvb_memory *mem, unsigned long start,
			 unsigned long count)
{
	return start < hvb_range_end(&mem->moving) &&
	       mem->moving.start < start + count;
}
