/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host asks for: see requests.c, and a file for each kind. */
#ifndef _HVB_REQUEST_H
#define _HVB_REQUEST_H

#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "demand.h"
#include "msg.h"
#include "plan.h"
#include "scan.h"

struct hvb_base;
struct hvb_channel;
struct hvb_memory;
struct hvb_signs;

/* So many blocks that cost something are remembered in a round. */
#define HVB_ROUND_COSTLY	128

/**
 * struct hvb_round - what is known of blocks that may be claimed
 *
 * A round looks at each block once, however many requests it lasts for.
 */
struct hvb_round {
	/** @nr_blocks: there were when the round began; 0 before the first */
	unsigned long nr_blocks;
	/** @position: how far the round has come: see give_blocks.c */
	unsigned long position;
	/** @began: jiffies when it began */
	unsigned long began;
	/** @changes: hvb_memory_changes() when it began */
	unsigned int changes;
	/** @request: which one this is, to tell what was seen for an earlier one */
	unsigned int request;
	/**
	 * @costly: blocks of which pages must be moved; at the end of the round
	 * the cheapest is the last
	 */
	struct hvb_scan costly[HVB_ROUND_COSTLY];
	/** @nr_costly: how many there are */
	unsigned int nr_costly;
	/** @failed: by number of the block: seconds since boot of the attempt */
	struct xarray failed;
};

/**
 * struct hvb_add_request - a hot-add request that is carried out
 * @trans_id: its transaction
 * @range: what the host wants added, as it said it
 * @plan: what that means in blocks
 * @from: number of the first page that wasn't looked at yet
 * @added_pages: from the start of the range to the last page that is added; the
 *	host takes it for that, so pages skipped before it count
 * @has_skipped: the others are memory that the host did not add
 */
struct hvb_add_request {
	u32 trans_id;
	struct hvb_wire_range range;
	struct hvb_plan plan;
	unsigned long from;
	unsigned long added_pages;
	bool has_skipped;
};

/**
 * struct hvb_adding - a hot-add request that was put off
 * @is_put_off: there is one, and it is owed an answer
 * @request: the request
 * @pause_ms: from the last try to the next
 */
struct hvb_adding {
	bool is_put_off;
	struct hvb_add_request request;
	unsigned int pause_ms;
};

/**
 * struct hvb_requests - what carries out requests; the device's workqueue uses it
 */
struct hvb_requests {
	/** @base: of the device */
	struct hvb_base *base;
	/** @channel: where a request is told of what it gives */
	struct hvb_channel *channel;
	/** @signs: what a burst will want */
	struct hvb_signs *signs;
	/** @mem: the guest's memory */
	struct hvb_memory *mem;
	/** @send_buf: where responses with ranges are built */
	void *send_buf;
	/** @round: give_blocks.c's */
	struct hvb_round round;
	/** @adding: hot_add.c's */
	struct hvb_adding adding;
};

/**
 * struct hvb_outcome - what a request came to; pages of 4 KiB
 * @asked_pages: that it was about
 * @done_pages: of these, how many were given, returned or added
 * @go_on_ms: when not 0: the answer is owed, and hvb_hot_add_go_on() is to be
 *	called after so long
 * @is_over: its transaction is; else more of its messages follow
 * @answer: what to answer
 * @answer_bytes: how long that is; 0 when it was answered already
 */
struct hvb_outcome {
	u64 asked_pages;
	u64 done_pages;
	unsigned int go_on_ms;
	bool is_over;
	union {
		struct dm_unballoon_response unballoon;
		struct dm_hot_add_response hot_add;
	} answer;
	size_t answer_bytes;
};

/* requests.c */
int hvb_requests_init(struct hvb_requests *reqs, struct hvb_base *base,
		      struct hvb_channel *channel, struct hvb_signs *signs,
		      struct hvb_memory *mem);
void hvb_requests_exit(struct hvb_requests *reqs);

/* request.c */
unsigned long hvb_request_limit(struct hvb_requests *reqs,
				const struct hvb_counters *start,
				unsigned long wanted);
int hvb_request_tell(struct hvb_requests *reqs, enum dm_type type, u32 trans_id,
		     bool is_last);
bool hvb_request_may_give(struct hvb_requests *reqs);

/* give.c */
void hvb_give(struct hvb_requests *reqs, const struct hvb_msg *msg,
	      struct hvb_outcome *outcome);

/* give_blocks.c */
void hvb_give_blocks_init(struct hvb_round *round);
void hvb_give_blocks_exit(struct hvb_round *round);
unsigned long hvb_give_blocks(struct hvb_requests *reqs, unsigned long wanted,
			      const struct hvb_counters *start);
int hvb_give_blocks_one(struct hvb_requests *reqs, unsigned long start,
			unsigned long *nr);

/* return.c */
void hvb_return(struct hvb_requests *reqs, const struct hvb_msg *msg,
		struct hvb_outcome *outcome);

/* hot_add.c */
void hvb_hot_add(struct hvb_requests *reqs, const struct hvb_msg *msg,
		 struct hvb_outcome *outcome);
void hvb_hot_add_go_on(struct hvb_requests *reqs, struct hvb_outcome *outcome);
void hvb_hot_add_drop(struct hvb_requests *reqs);

/* hot_remove.c */
void hvb_hot_remove(struct hvb_requests *reqs, const struct hvb_msg *msg,
		    struct hvb_outcome *outcome);

#endif
