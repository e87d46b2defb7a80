/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver counts while it is bound to a device. */
#ifndef _HVB_COUNTS_H
#define _HVB_COUNTS_H

/**
 * enum hvb_count - events and pages; each count is a line in debugfs
 * @HVB_COUNT_RECEIVED: messages from the host
 * @HVB_COUNT_SENT: messages to the host
 * @HVB_COUNT_REFUSED: messages from the host that were malformed, of an unknown
 *	type, or unexpected
 * @HVB_COUNT_SEND_FAILED: messages that could not be sent
 * @HVB_COUNT_STATUS: status reports sent
 * @HVB_COUNT_UNKNOWN_PAGES: 4 KiB pages that the host returned but never got
 * @HVB_COUNT_HOT_ADD_FAILED: hot-add requests that failed, in whole or in part
 * @HVB_COUNT_ONLINE_FAILED: blocks that didn't come online
 * @HVB_COUNT_OUT_OF_BAND: looks at the guest ahead of their time, each with a
 *	report unless reports are off
 * @HVB_COUNT_BLOCK_PAGES: guest pages held for the host as whole blocks
 * @HVB_COUNT_LARGE_PAGES: guest pages held for the host, 2 MiB at a time
 * @HVB_COUNT_SMALL_PAGES: guest pages held for the host, less at a time
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
