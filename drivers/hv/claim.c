// SPDX-License-Identifier: GPL-2.0-only
/*
 * Absent pages, as far as whole blocks go that we set offline.
 *
 * What is claimed is what the kernel lets go: so the pages become ours in the
 * kernel's own notification that the block is offline, and no one can bring it
 * online with them in between. The block is idle then, until it is online again,
 * which is at once unless something fails. An idle block counts as online: none
 * of its pages waits to be.
 *
 * Whoever set a block offline, it is noted which zone it was in, since the kernel
 * forgets that.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "base.h"
#include "memory.h"

/* What was present in the claimed block is fresh now, as far as it is wanted. */
static void claim_rest(struct hvb_memory *mem, unsigned long start,
		       unsigned long end)
{
	struct hvb_range part;

	while (start < end) {
		bool found = hvb_absent_next(mem, start, end, &part);
		unsigned long until = found ? part.start : end;
		unsigned long nr = min(until - start, mem->claim_pages);

		if (nr) {
			hvb_absent_hold_range(mem, start, nr);
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

/* Return: pages that became fresh; 0 when the block didn't go offline. */
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
 * hvb_claim_cycle() - claim what is in a block, which stays online
 * @mem: the guest's memory
 * @start: number of its first page
 * @wanted: how many pages are claimed at most; the others stay present
 * @moved_pages: how many of its pages have to be moved, as far as is known
 * @zone: where it lies
 * @nr: pages claimed are added to it; they are fresh then
 *
 * Context: the device's workqueue; may sleep.
 * Return: 0; or what setting it offline said, and then nothing was claimed.
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
 * hvb_claim_offline() - claim what is in a block, and leave it offline
 * @mem: the guest's memory
 * @start: number of its first page
 * @moved_pages: how many of its pages have to be moved, as far as is known
 * @nr: pages claimed are added to it; they are fresh then
 *
 * Context: the device's workqueue; may sleep.
 * Return: 0; or what setting it offline said, and then nothing was claimed.
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
 * hvb_claim_went_offline() - a block is offline that was online
 * @mem: the guest's memory
 * @start: number of its first page
 * @count: its pages
 *
 * If it is us who set it offline, its pages are ours from here on.
 *
 * Context: mem->lock is held; may sleep.
 * Return: true when it is us.
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
 * hvb_claim_went_online() - a block is online that was offline
 * @mem: the guest's memory
 * @start: number of its first page
 *
 * Context: mem->lock is held; may sleep.
 * Return: true when it is us who had set it offline.
 */
bool hvb_claim_went_online(struct hvb_memory *mem, unsigned long start)
{
	bool was_ours = hvb_phase_is_ours(mem, start);

	hvb_phase_rest(mem, start);
	return was_ours;
}
