// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-remove: blocks that the host added leave the kernel and go back to it.
 *
 * Such a block is claimed as a whole, like one that is ballooned
 * (give_blocks.c), and then removed along with its struct pages, which
 * ballooning keeps. Its pages still count as given: the host may return them by
 * unballoon or by hot-add, and the block is added again then. A block that
 * can't be removed comes online again without its pages, which is just as good
 * for the host.
 *
 * No host is known to ask for this, so it is behind a parameter.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>

#include "base.h"
#include "channel.h"
#include "memory.h"
#include "request.h"
#include "signs.h"

static unsigned long remove_blocks(struct hvb_requests *reqs, unsigned long wanted)
{
	struct hvb_counters before;
	unsigned long start = 0, nr = 0;
	int err = 0;

	hvb_memory_read_room(reqs->mem, NULL, &before);
	while (!err && hvb_channel_is_serving(reqs->channel) &&
	       hvb_added_next(reqs->mem, &start)) {
		unsigned long claimed = 0;
		struct hvb_room room;

		hvb_request_room(reqs, &before, wanted - nr, &room);
		if (room.pages < reqs->base->block_pages)
			break;
		err = hvb_give_blocks_one(reqs, start, &room, &claimed);
		if (claimed)
			hvb_added_remove(reqs->mem, start);
		nr += claimed;
		start += reqs->base->block_pages;
		cond_resched();
	}
	return nr;
}

static bool is_allowed(struct hvb_requests *reqs)
{
	if (!hvb_request_may_give(reqs))
		return false;
	if (!READ_ONCE(reqs->base->params->hot_remove))
		dev_info_once(reqs->base->dev, "hot-remove requests are refused: parameter hot_remove is off\n");
	return hvb_base_can_hot_remove(reqs->base);
}

/**
 * hvb_hot_remove() - carry out a hot-remove request
 * @reqs: what carries it out
 * @msg: the request
 * @outcome: the result
 *
 * Answers with as many whole blocks as are free enough and the floor allows,
 * even if that is none.
 *
 * Context: the device's worker.
 */
void hvb_hot_remove(struct hvb_requests *reqs, const struct hvb_msg *msg,
		    struct hvb_outcome *outcome)
{
	unsigned long nr = 0;

	if (is_allowed(reqs)) {
		hvb_signs_set_giving(reqs->signs, true);
		nr = remove_blocks(reqs, msg->hot_remove.num_pages);
		hvb_signs_set_giving(reqs->signs, false);
	}
	if (hvb_request_tell(reqs, DM_MEM_HOT_REMOVE_RESPONSE, msg->trans_id,
			     true))
		hvb_absent_drop_fresh(reqs->mem);
	hvb_memory_settle(reqs->mem);
	*outcome = (struct hvb_outcome) {
		.asked_pages = msg->hot_remove.num_pages,
		.done_pages = nr,
		.is_over = true,
	};
}
