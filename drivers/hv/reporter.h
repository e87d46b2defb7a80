/* SPDX-License-Identifier: GPL-2.0-only */
/* The reporter tells the host what the guest needs: see reporter.c. */
#ifndef _HVB_REPORTER_H
#define _HVB_REPORTER_H

#include <linux/completion.h>
#include <linux/timer.h>

#include "burst.h"
#include "demand.h"
#include "params.h"
#include "pressure.h"
#include "scarcity.h"
#include "sizes.h"
#include "workingset.h"

struct hvb_agreed;
struct hvb_base;
struct hvb_channel;
struct hvb_conversation;
struct hvb_memory;
struct hvb_signs;
struct task_struct;

/**
 * struct hvb_psi_request - a request to change a PSI trigger
 * @which: which of the two
 * @text: in PSI's syntax, or empty for none
 * @err: the result
 * @done: completed when it was carried out
 */
struct hvb_psi_request {
	enum hvb_psi_which which;
	const char *text;
	int err;
	struct completion done;
};

/**
 * struct hvb_reporter - the reporter's thread and its state
 */
struct hvb_reporter {
	/** @base: of the device */
	struct hvb_base *base;
	/** @channel: where reports go */
	struct hvb_channel *channel;
	/** @signs: its inbox */
	struct hvb_signs *signs;
	/** @mem: the guest's memory */
	struct hvb_memory *mem;
	/** @conv: what the host said */
	const struct hvb_conversation *conv;
	/**
	 * @task: the thread, or NULL; changed by whoever starts and stops it
	 */
	struct task_struct *task;
	/** @pressure: PSI's triggers */
	struct hvb_pressure pressure;
	/** @psi_request: a pending change of one of them, or NULL */
	struct hvb_psi_request *psi_request;
	/** @arrivals_seen: how many arrivals of memory it has seen */
	int arrivals_seen;
	/** @scarcity: see scarcity.c */
	struct hvb_scarcity scarcity;
	/** @workingset: see workingset.c */
	struct hvb_workingset workingset;
	/** @burst: see burst.c */
	struct hvb_burst burst;
	/** @is_hot: there is a burst */
	bool is_hot;
	/** @timer: glances while the thread sleeps */
	struct timer_list timer;
	/** @is_due: it found that there is something to look at */
	bool is_due;
	/** @last_counters: at the last report */
	struct hvb_counters last_counters;
	/** @looked_counters: at the last look */
	struct hvb_counters looked_counters;
	/** @events_us: when events were last read; see reporter.c */
	u64 events_us;
	/** @is_refusal_said: dmesg has the line about refused promises */
	bool is_refusal_said;
	/** @last_committed: num_committed of the last report, 4 KiB pages */
	u64 last_committed;
	/** @sent_us: when that was sent */
	u64 sent_us;
	/** @told_sizes: what pollers of sysfs know */
	struct hvb_sizes told_sizes;
};

/**
 * struct hvb_reporter_facts - what debugfs shows of the reporter
 * @is_running: there is a reporter
 * @is_hot: there is a burst
 * @last_committed: num_committed of the last report, 4 KiB pages
 * @burst: what it knows of the burst
 * @scarcity: and of the guest being short
 * @workingset_pages: page cache that counts as used
 * @armed: the armed triggers, or "none"
 * @missing: why one isn't armed, or "nothing"
 */
struct hvb_reporter_facts {
	bool is_running;
	bool is_hot;
	u64 last_committed;
	struct hvb_burst burst;
	struct hvb_scarcity scarcity;
	u64 workingset_pages;
	char armed[HVB_PSI_TRIGGERS][HVB_TRIGGER_MAX];
	const char *missing;
};

/* reporter.c */
void hvb_reporter_init(struct hvb_reporter *rep, struct hvb_base *base,
		       struct hvb_channel *channel, struct hvb_signs *signs,
		       struct hvb_memory *mem,
		       const struct hvb_conversation *conv);
int hvb_reporter_create(struct hvb_reporter *rep, struct task_struct **task);
void hvb_reporter_run(struct hvb_reporter *rep, struct task_struct *task);
struct task_struct *hvb_reporter_detach(struct hvb_reporter *rep);
bool hvb_reporter_is_running(const struct hvb_reporter *rep);
int hvb_reporter_set_psi(struct hvb_reporter *rep, enum hvb_psi_which which,
			 const char *text);
void hvb_reporter_facts(struct hvb_reporter *rep,
			struct hvb_reporter_facts *facts);

/* report.c */
void hvb_report_sizes(struct hvb_reporter *rep, const struct hvb_counters *now,
		      const struct hvb_agreed *agreed);
void hvb_report_judge(struct hvb_reporter *rep, const struct hvb_counters *now,
		      const struct hvb_agreed *agreed, u64 now_us);
void hvb_report_promises(struct hvb_reporter *rep,
			 const struct hvb_counters *now,
			 const struct hvb_agreed *agreed, u64 now_us);
void hvb_report_send(struct hvb_reporter *rep, const struct hvb_counters *now,
		     const struct hvb_need *need,
		     const struct hvb_agreed *agreed, bool is_urgent,
		     u64 now_us);

#endif
