// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon down: pages from the host.
 *
 * A transaction may have many messages; the answer follows the last one. Pages
 * that were given are made present. Holes of hot-added blocks are filled, as by
 * a hot-add: hosts were seen to do that. Anything else that the host names is
 * left alone and counted. There is nothing to do for an empty range.
 */
#include <linux/device.h>

#include "base.h"
#include "memory.h"
#include "request.h"
#include "signs.h"

static u64 return_range(struct hvb_requests *reqs, struct hvb_wire_range range)
{
	/* No page was ever given where the guest's pages aren't the wire's. */
	u64 done = hvb_absent_return(reqs->mem, range.start, range.count) +
		   hvb_added_fill_holes(reqs->mem, range.start, range.count);

	if (done < range.count) {
		hvb_base_count_many(reqs->base, HVB_COUNT_UNKNOWN_PAGES,
				    range.count - done);
		dev_warn_ratelimited(reqs->base->dev, "the host returned %llu pages that it never got, in %llu+%llu; they are left alone\n",
				     range.count - done, range.start,
				     range.count);
	}
	return done;
}

/**
 * hvb_return() - carry out an unballoon request
 * @reqs: what carries it out
 * @msg: the request
 * @outcome: the result
 *
 * Context: the device's worker; yields between chunks.
 */
void hvb_return(struct hvb_requests *reqs, const struct hvb_msg *msg,
		struct hvb_outcome *outcome)
{
	u32 i;

	*outcome = (struct hvb_outcome) {
		.is_over = !msg->unballoon.more_pages,
	};
	for (i = 0; i < msg->unballoon.range_count; i++) {
		struct hvb_wire_range range;

		range = hvb_msg_range(msg->unballoon.ranges[i]);
		outcome->asked_pages += range.count;
		outcome->done_pages += return_range(reqs, range);
	}
	hvb_memory_settle(reqs->mem);
	if (outcome->done_pages)
		hvb_signs_arrived(reqs->signs);
	if (outcome->is_over)
		outcome->answer_bytes =
			hvb_msg_unballoon_response(&outcome->answer.unballoon,
						   msg->trans_id);
}
