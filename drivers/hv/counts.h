/* SPDX-License-Identifier: GPL-2.0-only */
/* What is counted for as long as the driver is loaded. */
#ifndef _HVB_COUNTS_H
#define _HVB_COUNTS_H

/**
 * enum hvb_count - what is counted; each is a line in debugfs
 * @HVB_COUNT_RECEIVED: messages from the host
 * @HVB_COUNT_SENT: messages to the host
 * @HVB_COUNT_REFUSED: messages from the host that were malformed, of no known
 *	type, or not expected
 * @HVB_COUNT_SEND_FAILED: messages that the ring didn't take
 * @HVB_COUNT_STATUS: status reports sent
 * @HVB_COUNT_UNKNOWN_PAGES: 4 KiB pages that the host returned but never got
 * @HVB_COUNT_HOT_ADD_FAILED: hot-add requests answered with fewer pages than
 *	asked for
 * @HVB_COUNT_ONLINE_FAILED: blocks that didn't come online
 * @HVB_COUNT_OUT_OF_BAND: looks at the guest that didn't wait for their time,
 *	each with a report unless reports are off
 * @HVB_COUNT_BLOCK_PAGES: guest pages taken for the host as whole blocks
 * @HVB_COUNT_LARGE_PAGES: guest pages taken for the host by 2 MiB
 * @HVB_COUNT_SMALL_PAGES: guest pages taken for the host by less
 * @HVB_COUNT_BLOCKS_REMOVED: blocks that left the kernel for the host
 * @HVB_COUNT_UNANSWERED: times that pressure went unanswered
 * @HVB_COUNT_ELSEWHERE: times that PSI told of pressure while the guest wasn't
 *	short: a cgroup at its limit
 * @HVB_COUNTS: how many there are
 */
enum hvb_count {
	HVB_COUNT_RECEIVED,
	HVB_COUNT_SENT,
	HVB_COUNT_REFUSED,
	HVB_COUNT_SEND_FAILED,
	HVB_COUNT_STATUS,
	HVB_COUNT_UNKNOWN_PAGES,
	HVB_COUNT_HOT_ADD_FAILED,
	HVB_COUNT_ONLINE_FAILED,
	HVB_COUNT_OUT_OF_BAND,
	HVB_COUNT_BLOCK_PAGES,
	HVB_COUNT_LARGE_PAGES,
	HVB_COUNT_SMALL_PAGES,
	HVB_COUNT_BLOCKS_REMOVED,
	HVB_COUNT_UNANSWERED,
	HVB_COUNT_ELSEWHERE,
	HVB_COUNTS,
};

#endif
