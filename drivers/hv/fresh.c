// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fresh pages: held for the host, which wasn't told of them yet.
 *
 * They are absent like those that it has. Once the host was told they are given;
 * if it can't be told they become present again (absent.c).
 */
#include <linux/mm.h>

#include "base.h"
#include "memory.h"
#include "msg.h"
#include "trace.h"

/**
 * hvb_fresh_hold() - make allocated pages absent
 * @mem: the guest's memory
 * @page: the first of them; neither compound nor split
 * @order: their order
 *
 * They are fresh now: held, and the host wasn't told about them.
 *
 * Context: may sleep.
 * Return: 0; -EBUSY if their block is moving; -ENOMEM. On error the pages are
 * still the caller's.
 */
int hvb_fresh_hold(struct hvb_memory *mem, struct page *page,
		   unsigned int order)
{
	unsigned long start = page_to_pfn(page), count = 1UL << order, i;
	int err = -EBUSY;

	mutex_lock(&mem->lock);
	if (!hvb_phase_is_moving(mem, start, count))
		err = hvb_ranges_insert(&mem->fresh, start, count, GFP_KERNEL);
	if (err)
		goto unlock;

	split_page(page, order);
	page_offline_begin();
	for (i = 0; i < count; i++)
		__SetPageOffline(page + i);
	page_offline_end();
	adjust_managed_page_count(page, -(long)count);
	hvb_absent_count_balloon(mem, start, count, 1);
unlock:
	mutex_unlock(&mem->lock);
	return err;
}

/**
 * hvb_fresh_hold_range() - hold pages of a block that went offline
 * @mem: the guest's memory
 * @start: number of the first page
 * @count: how many pages
 *
 * They are fresh now: held, and the host wasn't told about them.
 *
 * Context: mem->lock is held; may sleep.
 */
void hvb_fresh_hold_range(struct hvb_memory *mem, unsigned long start,
			  unsigned long count)
{
	hvb_absent_insert(mem, &mem->fresh, start, count);
	hvb_absent_count_balloon(mem, start, count, 1);
}

/**
 * hvb_fresh_pack() - fill a response with fresh pages
 * @mem: the guest's memory
 * @packer: the response
 *
 * Context: may sleep.
 * Return: number of the page after the last one packed.
 */
unsigned long hvb_fresh_pack(struct hvb_memory *mem,
			     struct hvb_packer *packer)
{
	unsigned long end = 0;
	struct hvb_range part;

	mutex_lock(&mem->lock);
	while (hvb_ranges_next(&mem->fresh, end, ULONG_MAX, &part)) {
		u64 packed = hvb_pack_range(packer, part.start, part.count);

		if (packed)
			end = part.start + packed;
		if (packed < part.count)
			break;
	}
	mutex_unlock(&mem->lock);
	return end;
}

/**
 * hvb_fresh_told() - the host knows about fresh pages now
 * @mem: the guest's memory
 * @end: it was told about all fresh pages below this page number
 *
 * Context: may sleep.
 */
void hvb_fresh_told(struct hvb_memory *mem, unsigned long end)
{
	struct hvb_range part;

	mutex_lock(&mem->lock);
	while (hvb_ranges_next(&mem->fresh, 0, end, &part)) {
		hvb_absent_erase(mem, &mem->fresh, part.start, part.count);
		hvb_absent_insert(mem, &mem->given, part.start, part.count);
		trace_hvb_range(HVB_TRACE_GIVEN, part.start, part.count);
	}
	mutex_unlock(&mem->lock);
}

/**
 * hvb_fresh_pages() - how many pages wasn't the host told about yet?
 * @mem: the guest's memory
 *
 * Context: the device's worker.
 * Return: pages.
 */
unsigned long hvb_fresh_pages(const struct hvb_memory *mem)
{
	return mem->fresh.nr_pages;
}

/**
 * hvb_fresh_ranges() - how many runs do these pages form?
 * @mem: the guest's memory
 *
 * Context: the device's worker.
 * Return: runs.
 */
unsigned long hvb_fresh_ranges(const struct hvb_memory *mem)
{
	return mem->fresh.nr_ranges;
}
