/* SPDX-License-Identifier: GPL-2.0-only */
/* The conversation with the host: see conversation.c and handshake.c. */
#ifndef _HVB_CONVERSATION_H
#define _HVB_CONVERSATION_H

#include <linux/completion.h>
#include <linux/kthread.h>

#include <hyperv/dynmem.h>

struct hvb_base;
struct hvb_channel;
struct hvb_memory;
struct hvb_requests;

/* How long the handshake waits for each answer. */
#define HVB_ANSWER_MS		5000

/**
 * enum hvb_state - the state of the conversation
 * @HVB_INITIALIZING: no version or capabilities agreed on yet
 * @HVB_INITIALIZED: idle, ready for requests
 * @HVB_BALLOON_UP: pages are being given to the host
 * @HVB_BALLOON_DOWN: pages are being returned
 * @HVB_HOT_ADD: memory is being added
 * @HVB_INIT_ERROR: the handshake failed; only removal follows
 * @HVB_HOT_REMOVE: added blocks are being removed
 *
 * The numbers up to 5 are those that the stock driver shows in debugfs.
 */
enum hvb_state {
	HVB_INITIALIZING = 0,
	HVB_INITIALIZED = 1,
	HVB_BALLOON_UP = 2,
	HVB_BALLOON_DOWN = 3,
	HVB_HOT_ADD = 4,
	HVB_INIT_ERROR = 5,
	HVB_HOT_REMOVE = 6,
};

/**
 * enum hvb_stage - which answer the handshake waits for
 * @HVB_AWAIT_NOTHING: none; an answer that comes anyway is refused
 * @HVB_AWAIT_VERSION: the answer to a version request
 * @HVB_AWAIT_CAPS: the answer to the capabilities
 */
enum hvb_stage {
	HVB_AWAIT_NOTHING,
	HVB_AWAIT_VERSION,
	HVB_AWAIT_CAPS,
};

/**
 * struct hvb_last_request - the host's last request, for diagnostics
 * @type: its type, 0 if there was none
 * @asked_pages: 4 KiB pages asked for
 * @done_pages: how many of these were given, returned or added
 * @at: jiffies when it was carried out
 */
struct hvb_last_request {
	enum dm_type type;
	u64 asked_pages;
	u64 done_pages;
	unsigned long at;
};

/**
 * struct hvb_agreed - what the host told us about itself
 * @version: the protocol version agreed on
 * @hot_remove: the host may ask for hot-remove
 * @suppress_reports: the host wants no status reports
 * @max_page_count: the most 4 KiB pages that the host lets us have, 0 if it
 *	didn't say
 * @at: jiffies when the handshake ended
 */
struct hvb_agreed {
	u32 version;
	bool hot_remove;
	bool suppress_reports;
	u64 max_page_count;
	unsigned long at;
};

/**
 * struct hvb_conversation - the conversation with the host
 */
struct hvb_conversation {
	/** @base: of the device */
	struct hvb_base *base;
	/** @channel: how messages travel */
	struct hvb_channel *channel;
	/** @mem: the guest's memory */
	struct hvb_memory *mem;
	/** @reqs: carries out requests */
	struct hvb_requests *reqs;
	/**
	 * @state: written where the channel is opened and closed, and by the
	 * device's worker in between
	 */
	enum hvb_state state;
	/**
	 * @stage: which answer is awaited; set by the handshake before it
	 * sends, cleared by the device's worker
	 */
	enum hvb_stage stage;
	/** @is_accepted: what that answer said; valid after @answered */
	bool is_accepted;
	/** @answered: completed when the awaited answer came */
	struct completion answered;
	/** @answer_wait_ms: how long the handshake waits for each answer */
	unsigned int answer_wait_ms;
	/** @agreed: what the host told us about itself */
	struct hvb_agreed agreed;
	/** @last_request: written by the device's worker */
	struct hvb_last_request last_request;
	/** @go_on_work: resumes a hot-add request that was put off */
	struct kthread_delayed_work go_on_work;
};

/* conversation.c */
void hvb_conversation_init(struct hvb_conversation *conv,
			   struct hvb_base *base, struct hvb_channel *channel,
			   struct hvb_memory *mem, struct hvb_requests *reqs);
int hvb_conversation_begin(struct hvb_conversation *conv);
void hvb_conversation_end(struct hvb_conversation *conv);
void hvb_conversation_handle(struct hvb_conversation *conv, const void *buf,
			     size_t len);
const char *hvb_conversation_state_name(enum hvb_state state);
enum hvb_state hvb_conversation_state(const struct hvb_conversation *conv);
void hvb_conversation_agreed(const struct hvb_conversation *conv,
			     struct hvb_agreed *agreed);
void hvb_conversation_last_request(const struct hvb_conversation *conv,
				   struct hvb_last_request *last);

/* handshake.c */
int hvb_handshake(struct hvb_conversation *conv);

#endif
