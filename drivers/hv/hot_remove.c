// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-remove: blocks that the host added go back to it, and leave the kernel.
 *
 * Such a block is taken as a whole, like one that is ballooned (give_blocks.c), and
 * then removed, with its struct pages, which ballooning keeps. Its pages are
 * given all the same: the host may return them by unballoon or by hot-add, and
 * the block is added again then. A block that can't be removed comes online
 * again without them, which is as good to the host.
 *
 * No host is known to ask for it, so it is behind a parameter.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>

#include "hv_balloon.h"

/* The first block from a page on that we added. Return: false without one. */
static bool next_added(struct hvb_device *dm, unsigned long *start)
{
	struct hvb_range part;
	bool found;

	mutex_lock(&dm->absent.lock);
	found = hvb_ranges_next(&dm->absent.added, *start, ULONG_MAX, &part);
	mutex_unlock(&dm->absent.lock);
	if (found)
		*start = part.start;
	return found;
}

static unsigned long remove_blocks(struct hvb_device *dm, unsigned long wanted)
{
	u64 size = PFN_PHYS(dm->block_pages);
	struct hvb_counters before;
	unsigned long start = 0, nr = 0;
	int err = 0;

	hvb_counters_read(dm, &before);
	while (!err && hvb_vsc_is_serving(dm) && next_added(dm, &start)) {
		unsigned long taken = 0;

		if (hvb_inflate_limit(dm, &before, wanted - nr) <
		    dm->block_pages)
			break;
		err = hvb_blocks_take_one(dm, start, &taken);
		if (taken && !remove_memory(PFN_PHYS(start), size))
			hvb_count(dm, HVB_COUNT_BLOCKS_REMOVED);
		nr += taken;
		start += dm->block_pages;
		cond_resched();
	}
	return nr;
}

static bool is_allowed(struct hvb_device *dm)
{
	if (dm->can_hibernate || !hvb_vsc_is_serving(dm) ||
	    dm->adding.is_put_off)
		return false;
	if (!READ_ONCE(dm->params->hot_remove))
		dev_info_once(dm->dev, "hot-remove requests are refused: parameter hot_remove is off\n");
	return hvb_device_can_hot_remove(dm);
}

/**
 * hvb_hot_remove() - carry out a hot-remove request
 * @dm: the device
 * @msg: the request
 *
 * Answers with as many whole blocks as are free enough, and as the floor leaves;
 * with none, when that's how it is.
 *
 * Context: the device's workqueue.
 */
void hvb_hot_remove(struct hvb_device *dm, const struct hvb_msg *msg)
{
	unsigned long nr = 0;

	hvb_vsc_set_state(dm, HVB_HOT_REMOVE);
	if (is_allowed(dm)) {
		WRITE_ONCE(dm->inflating, current);
		nr = remove_blocks(dm, msg->hot_remove.num_pages);
		WRITE_ONCE(dm->inflating, NULL);
	}
	if (hvb_inflate_tell(dm, DM_MEM_HOT_REMOVE_RESPONSE, msg->trans_id,
			     true))
		hvb_absent_drop_fresh(dm);
	hvb_blocks_bring_back(dm);
	hvb_vsc_note_request(dm, DM_MEM_HOT_REMOVE_REQUEST,
			     msg->hot_remove.num_pages, nr);
	hvb_vsc_set_state(dm, HVB_INITIALIZED);
}

/**
 * hvb_hot_remove_undo() - add a block again that was removed
 * @dm: the device
 * @page: number of its first page
 *
 * Context: the device's workqueue.
 * Return: 0, also when the block is there; or what the kernel says.
 */
int hvb_hot_remove_undo(struct hvb_device *dm, unsigned long page)
{
	u64 address = PFN_PHYS(page);
	int err;

	if (pfn_valid(page))
		return 0;
	hvb_reserve_spend(dm);
	err = add_memory(memory_add_physaddr_to_nid(address), address,
			 PFN_PHYS(dm->block_pages), MHP_MERGE_RESOURCE);
	hvb_reserve_fill(dm);
	if (err)
		dev_warn_ratelimited(dm->dev, "memory block %lu that was removed can't be added again yet (%d)\n",
				     page / dm->block_pages, err);
	return err;
}
