// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claiming pages by whole blocks, which we set offline.
 *
 * The pages become ours in the kernel's own notification that the block is
 * offline, so that no one can bring it online with them in between. The block
 * is idle then, until it is online again, which is at once unless something
 * fails. An idle block counts as online: none of its pages waits to be.
 *
 * When a block with absent pages goes offline, its zone is noted, whoever set
 * it offline, since the kernel forgets the zone.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "base.h"
#include "memory.h"

/* Makes present pages of the claimed block fresh, as many as are wanted. */
static void claim_rest(struct hvb_memory *mem, unsigned long start,
		       unsigned long end)
{
	struct hvb_range part;

	while (start < end) {
		bool found = hvb_absent_next(mem, start, end, &part);
		unsigned long until = found ? part.start : end;
		unsigned long nr = min(until - start, mem->claim_pages);

		if (nr) {
			hvb_fresh_hold_range(mem, start, nr);
			mem->claim_pages -= nr;
			mem->nr_claimed += nr;
		}
		start = found ? hvb_range_end(&part) : end;
	}
}

static void begin_claim(struct hvb_memory *mem, unsigned long start,
			unsigned long wanted)
{
	mutex_lock(&mem->lock);
	hvb_phase_set(mem, start, HVB_PHASE_CLAIMED, HVB_ZONE_NONE);
	mem->claim_pages = wanted;
	mem->nr_claimed = 0;
	mutex_unlock(&mem->lock);
}

/* Return: pages that became fresh; 0 if the block didn't go offline. */
static unsigned long end_claim(struct hvb_memory *mem, unsigned long start)
{
	unsigned long nr;

	mutex_lock(&mem->lock);
	nr = mem->nr_claimed;
	if (hvb_phase_of(mem, start) == HVB_PHASE_CLAIMED)
		hvb_phase_rest(mem, start);
	mutex_unlock(&mem->lock);
	hvb_base_count_many(mem->base, HVB_COUNT_BLOCK_PAGES, nr);
	return nr;
}

/**
 * hvb_claim_cycle() - claim pages of a block, which comes online again
 * @mem: the guest's memory
 * @start: number of its first page
 * @wanted: how many pages to claim at most; the others stay present
 * @moved_pages: how many of its pages must be moved, as far as known
 * @zone: its zone
 * @nr: increased by the number of pages claimed; they are fresh then
 *
 * Context: the device's worker; may sleep.
 * Return: 0; or the error from setting it offline, and then nothing was
 * claimed.
 */
int hvb_claim_cycle(struct hvb_memory *mem, unsigned long start,
		    unsigned long wanted, unsigned long moved_pages,
		    enum hvb_zone zone, unsigned long *nr)
{
	int err;

	begin_claim(mem, start, wanted);
	err = hvb_block_cycle(&mem->blocks, start, moved_pages, zone);
	*nr += end_claim(mem, start);
	return err;
}

/**
 * hvb_claim_offline() - claim the pages of a block, and leave it offline
 * @mem: the guest's memory
 * @start: number of its first page
 * @moved_pages: how many of its pages must be moved, as far as known
 * @nr: increased by the number of pages claimed; they are fresh then
 *
 * Context: the device's worker; may sleep.
 * Return: 0; or the error from setting it offline, and then nothing was
 * claimed.
 */
int hvb_claim_offline(struct hvb_memory *mem, unsigned long start,
		      unsigned long moved_pages, unsigned long *nr)
{
	int err;

	begin_claim(mem, start, mem->base->block_pages);
	err = hvb_block_offline(&mem->blocks, start, moved_pages);
	*nr += end_claim(mem, start);
	return err;
}

/**
 * hvb_claim_went_offline() - a block that was online is offline
 * @mem: the guest's memory
 * @start: number of its first page
 * @count: its pages
 *
 * If we set it offline, its pages are ours from here on.
 *
 * Context: mem->lock is held; may sleep.
 * Return: true if we did.
 */
bool hvb_claim_went_offline(struct hvb_memory *mem, unsigned long start,
			    unsigned long count)
{
	enum hvb_zone zone = mem->moving_is_movable ? HVB_ZONE_MOVABLE :
						      HVB_ZONE_KERNEL;
	bool is_ours = hvb_phase_of(mem, start) == HVB_PHASE_CLAIMED;
	struct hvb_range part;

	lockdep_assert_held(&mem->lock);
	if (is_ours) {
		claim_rest(mem, start, start + count);
		hvb_phase_set(mem, start, HVB_PHASE_IDLE, zone);
	} else if (hvb_absent_next(mem, start, start + count, &part)) {
		hvb_phase_set(mem, start, HVB_PHASE_PARKED, zone);
	}
	return is_ours;
}

/**
 * hvb_claim_went_online() - a block that was offline is online
 * @mem: the guest's memory
 * @start: number of its first page
 *
 * Context: mem->lock is held; may sleep.
 * Return: true if we had set it offline.
 */
bool hvb_claim_went_online(struct hvb_memory *mem, unsigned long start)
{
	bool was_ours = hvb_phase_is_ours(mem, start);

	hvb_phase_rest(mem, start);
	return was_ours;
}
