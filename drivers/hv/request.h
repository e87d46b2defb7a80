/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's requests: see requests.c, and one file for each kind. */
#ifndef _HVB_REQUEST_H
#define _HVB_REQUEST_H

#include <linux/bits.h>
#include <linux/xarray.h>

#include "demand.h"
#include "msg.h"
#include "plan.h"
#include "scan.h"

struct hvb_base;
struct hvb_channel;
struct hvb_memory;
struct hvb_signs;

/* 2 MiB: what a host maps at once, and the size of a guest's huge pages. */
#define HVB_LARGE_ORDER		(21 - PAGE_SHIFT)
#define HVB_LARGE_PAGES		BIT(HVB_LARGE_ORDER)

/* How many costly blocks a round remembers. */
#define HVB_ROUND_COSTLY	128

/**
 * struct hvb_round - what is known of blocks that may be claimed
 *
 * A round looks at each block once, however many requests it spans.
 */
struct hvb_round {
	/** @nr_blocks: blocks when the round began; 0 before the first round */
	unsigned long nr_blocks;
	/** @position: how far the round has come: see give_blocks.c */
	unsigned long position;
	/** @looked: jiffies when it last looked at a block */
	unsigned long looked;
	/** @changes: hvb_memory_changes() when it began */
	unsigned int changes;
	/** @request: number of this request, to tell what an earlier one saw */
	unsigned int request;
	/**
	 * @costly: blocks that have pages to be moved; sorted when the round
	 * ends, the cheapest last
	 */
	struct hvb_scan costly[HVB_ROUND_COSTLY];
	/** @nr_costly: how many these are */
	unsigned int nr_costly;
	/**
	 * @failed: blocks that failed to go offline, by number: until which
	 * second since boot each is left alone
	 */
	struct xarray failed;
};

/**
 * struct hvb_add_request - a hot-add request that is being carried out
 * @trans_id: its transaction
 * @range: what the host wants added, as it said
 * @plan: the same in memory blocks
 * @from: number of the first page not looked at yet
 * @added_pages: from the start of the range to the last page added; the host
 *	reads it like this, so pages skipped before that one count
 * @has_skipped: pages were skipped: memory that the host did not add
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
 * @is_put_off: there is one, and the host still waits for its answer
 * @request: the request
 * @pause_ms: from the last try to the next
 */
struct hvb_adding {
	bool is_put_off;
	struct hvb_add_request request;
	unsigned int pause_ms;
};

/* How long a hot-add request that was put off waits for its first retry. */
#define HVB_PUT_OFF_MS	100

/**
 * struct hvb_requests - carries out requests; used by the device's worker
 */
struct hvb_requests {
	/** @base: of the device */
	struct hvb_base *base;
	/** @channel: through which the host is told what it gets */
	struct hvb_channel *channel;
	/** @signs: the reporter's inbox: what arrives, and what a burst will need */
	struct hvb_signs *signs;
	/** @mem: the guest's memory */
	struct hvb_memory *mem;
	/** @put_off_ms: HVB_PUT_OFF_MS, except in tests */
	unsigned int put_off_ms;
	/** @send_buf: where responses with ranges are built */
	void *send_buf;
	/**
	 * @asked_at: jiffies when caches that no counter shows were last asked
	 * for memory, and nothing came of it yet; 0 for never
	 */
	unsigned long asked_at;
	/** @round: used by give_blocks.c */
	struct hvb_round round;
	/** @adding: used by hot_add.c */
	struct hvb_adding adding;
};

/**
 * struct hvb_room - how many of the wanted pages may go now
 * @pages: all that may
 * @kernel_pages: of these, outside ZONE_MOVABLE: the kernel itself may need them
 */
struct hvb_room {
	unsigned long pages;
	unsigned long kernel_pages;
};

/**
 * struct hvb_outcome - the result of a request; pages of 4 KiB
 * @asked_pages: asked for
 * @done_pages: how many of these were given, returned or added so far
 * @go_on_ms: if not 0, the answer is still owed: call hvb_hot_add_go_on() after
 *	this time
 * @is_over: the transaction has ended; otherwise more of its messages follow
 * @answer: the answer
 * @answer_bytes: its length; 0 if it was sent already
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
void hvb_request_room(struct hvb_requests *reqs,
		      const struct hvb_counters *start, unsigned long wanted,
		      struct hvb_room *room);
unsigned long hvb_request_limit(struct hvb_requests *reqs,
				const struct hvb_counters *start,
				unsigned long wanted);
int hvb_request_tell(struct hvb_requests *reqs, enum dm_type type, u32 trans_id,
		     bool is_last);
bool hvb_request_may_give(struct hvb_requests *reqs);
bool hvb_request_may_grow(struct hvb_requests *reqs,
			  const struct hvb_counters *start,
			  unsigned long wanted);

/* give.c */
void hvb_give(struct hvb_requests *reqs, const struct hvb_msg *msg,
	      struct hvb_outcome *outcome);

/* give_blocks.c */
void hvb_give_blocks_init(struct hvb_round *round);
void hvb_give_blocks_exit(struct hvb_round *round);
unsigned long hvb_give_blocks(struct hvb_requests *reqs, unsigned long wanted,
			      const struct hvb_counters *start);
int hvb_give_blocks_one(struct hvb_requests *reqs, unsigned long start,
			const struct hvb_room *room, unsigned long *nr);

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
