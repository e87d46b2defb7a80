// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon down: pages from the host.
 *
 * A transaction can have many messages; the answer comes after the last. Pages
 * that were given come back. Holes of hot-added blocks are backed by this, as by
 * a hot-add: hosts were seen to say so. Whatever else the host names is left alone
 * and counted. An empty range is nothing to do.
 */
#include <linux/device.h>

#include "hv_balloon.h"
#include "trace.h"

static u64 take_range(struct hvb_device *dm, struct hvb_wire_range range)
{
	/* Where pages of the wire aren't the guest's, none was given. */
	u64 done = hvb_absent_return(dm, range.start, range.count) +
		   hvb_absent_back_holes(dm, range.start, range.count);

	if (done < range.count) {
		atomic_long_add(range.count - done,
				&dm->counts[HVB_COUNT_UNKNOWN_PAGES]);
		dev_warn_ratelimited(dm->dev, "the host returned %llu pages that it never got, in %llu+%llu; they are left alone\n",
				     range.count - done, range.start,
				     range.count);
	}
	return done;
}

/**
 * hvb_deflate() - carry out an unballoon request
 * @dm: the device
 * @msg: the request
 *
 * Context: the device's workqueue; yields between pageblocks.
 */
void hvb_deflate(struct hvb_device *dm, const struct hvb_msg *msg)
{
	struct dm_unballoon_response resp;
	u64 asked = 0, done = 0;
	u32 i;

	hvb_vsc_set_state(dm, HVB_BALLOON_DOWN);
	for (i = 0; i < msg->unballoon.range_count; i++) {
		struct hvb_wire_range range;

		range = hvb_msg_range(msg->unballoon.ranges[i]);
		asked += range.count;
		done += take_range(dm, range);
	}
	hvb_blocks_bring_back(dm);
	hvb_vsc_note_request(dm, DM_UNBALLOON_REQUEST, asked, done);
	if (msg->unballoon.more_pages)
		return;

	hvb_vsc_send(dm, &resp,
		     hvb_msg_unballoon_response(&resp, msg->trans_id));
	hvb_vsc_set_state(dm, HVB_INITIALIZED);
}
