/* SPDX-License-Identifier: GPL-2.0-only */
/* Bursts of demand and pressure: see burst.c and forecast.c. */
#ifndef _HVB_BURST_H
#define _HVB_BURST_H

#include <linux/bits.h>
#include <linux/time64.h>
#include <linux/types.h>

/* Between reports without a burst; a forecast must see further. */
#define HVB_BURST_TICK_US	USEC_PER_SEC

/* How long one signal keeps the fast cadence. */
#define HVB_BURST_HOT_US	USEC_PER_SEC

/**
 * enum hvb_signal - what says that memory runs short, earliest first
 * @HVB_SIGNAL_FORECAST: what is available ends before the host can answer
 * @HVB_SIGNAL_RECLAIM: the kernel began to reclaim
 * @HVB_SIGNAL_SOME: PSI's early trigger: some tasks wait for memory
 * @HVB_SIGNAL_FULL: PSI's trigger: nothing runs for want of memory
 * @HVB_SIGNAL_OOM: the kernel is about to kill
 * @HVB_SIGNALS: how many there are
 */
enum hvb_signal {
	HVB_SIGNAL_FORECAST,
	HVB_SIGNAL_RECLAIM,
	HVB_SIGNAL_SOME,
	HVB_SIGNAL_FULL,
	HVB_SIGNAL_OOM,
	HVB_SIGNALS,
};

/* Bits of those that come from PSI. */
#define HVB_SIGNALS_PSI	(BIT(HVB_SIGNAL_SOME) | BIT(HVB_SIGNAL_FULL))

/**
 * enum hvb_verdict - what is to be said of pressure
 * @HVB_VERDICT_NOTHING: nothing new
 * @HVB_VERDICT_UNANSWERED: it lasts, and the host gave nothing
 * @HVB_VERDICT_OVER: it is over, or memory came, after it was said
 */
enum hvb_verdict {
	HVB_VERDICT_NOTHING,
	HVB_VERDICT_UNANSWERED,
	HVB_VERDICT_OVER,
};

/**
 * enum hvb_cause - the most likely reason why pressure goes unanswered
 * @HVB_CAUSE_HIBERNATION: requests are refused, as the platform offers S4
 * @HVB_CAUSE_DELAY: pressure_report_delay is still running
 * @HVB_CAUSE_SUPPRESSED: the host wanted no reports
 * @HVB_CAUSE_OFFLINE: memory was added but is not online
 * @HVB_CAUSE_CANNOT_ADD: hot-add can't be had here
 * @HVB_CAUSE_NO_HOT_ADD: the admin has hot-add off
 * @HVB_CAUSE_DEAF: the host doesn't read what is sent
 * @HVB_CAUSE_HOST_MAX: the guest has all that the host lets it have
 * @HVB_CAUSE_HOST: none of these: it is the host's
 */
enum hvb_cause {
	HVB_CAUSE_HIBERNATION,
	HVB_CAUSE_DELAY,
	HVB_CAUSE_SUPPRESSED,
	HVB_CAUSE_OFFLINE,
	HVB_CAUSE_CANNOT_ADD,
	HVB_CAUSE_NO_HOT_ADD,
	HVB_CAUSE_DEAF,
	HVB_CAUSE_HOST_MAX,
	HVB_CAUSE_HOST,
};

/**
 * enum hvb_due - whether a report should leave now
 * @HVB_DUE_LATER: it is too early
 * @HVB_DUE_IN_TURN: it is its time
 * @HVB_DUE_OUT_OF_BAND: before its time, as something happened
 */
enum hvb_due {
	HVB_DUE_LATER,
	HVB_DUE_IN_TURN,
	HVB_DUE_OUT_OF_BAND,
};

/**
 * struct hvb_situation - what the cause is found from; pages of 4 KiB
 * @can_hibernate: requests are refused, as the platform offers S4
 * @delayed: pressure_report_delay is still running
 * @suppressed: the host wants no reports
 * @hot_add: the admin lets the host add memory
 * @offline_pages: added but not online
 * @ballooned_pages: that the host could return
 * @has_all: the guest has all that the host lets it have
 * @is_deaf: messages to the host fail
 * @cannot_add: no memory can be added, whatever the admin wants
 */
struct hvb_situation {
	bool can_hibernate;
	bool delayed;
	bool suppressed;
	bool hot_add;
	u64 offline_pages;
	u64 ballooned_pages;
	bool has_all;
	bool is_deaf;
	bool cannot_add;
};

/**
 * struct hvb_sample - the guest's memory at one moment; pages of 4 KiB
 * @now_us: when
 * @task_pages: what tasks and the kernel use, swapped out or not
 * @avail_pages: what can be had without swapping
 * @need_pages: demand without a boost
 * @headroom_pages: what of it isn't used; see struct hvb_need
 * @away_pages: what of it the guest doesn't have: with the host, or not online
 * @free_pages: that are free
 */
struct hvb_sample {
	u64 now_us;
	u64 task_pages;
	u64 avail_pages;
	u64 need_pages;
	u64 headroom_pages;
	u64 away_pages;
	u64 free_pages;
};

/**
 * struct hvb_burst - what is remembered from moment to moment
 * @first_us: when the first sample was taken
 * @sampled_us: when the last one was taken, 0 before the first
 * @quiet_us: until when nothing has grown since
 * @task_pages: of the last sample
 * @used_pages: of it, what the demand counts as used
 * @free_pages: the most that was free since
 * @size_pages: used and available; the last that was seen while not starved
 * @is_starved: next to nothing is available
 * @rate_pages_s: how fast @task_pages grows, smoothed
 * @answer_us: how long the host is expected to take to answer
 * @asked_us: since when more is asked for than the guest has, 0 when not
 * @asked_more_pages: how much more that was
 * @last_answer_us: how long the host took the last time, 0 when unknown
 * @max_answer_us: how long it took at most
 * @gain_percent: what the host gives for 100 pages that are asked for, 0 before
 *	it was seen
 * @has_arrived: memory arrived since the last sample
 * @lagged_pages: @asked_pages, as long ago as the host takes to answer
 * @asked_pages: what is asked for now, without what is away
 * @told_pages: what the last report asked for, likewise
 * @forecast_pages: asked for because of growth
 * @step_pages: asked for because of pressure
 * @stepped_us: when @step_pages was last raised
 * @reported_us: when the last report was due, 0 before the first
 * @is_urgent: a report is owed before its time
 * @hot_until_us: until when reports leave at the fast cadence
 * @pressed_us: when the kernel last said that memory is short, 0 when never
 * @full_first_us: when the pressure that lasts now began, 0 when there is none
 * @full_last_us: when it was last seen
 * @arrived_us: when memory last arrived
 * @longest_us: the longest that pressure went unanswered
 * @warned: that it is unanswered was said
 * @signals: how often each was seen
 */
struct hvb_burst {
	u64 first_us;
	u64 sampled_us;
	u64 quiet_us;
	u64 task_pages;
	u64 used_pages;
	u64 free_pages;
	u64 size_pages;
	bool is_starved;
	u64 rate_pages_s;
	u64 answer_us;
	u64 asked_us;
	u64 asked_more_pages;
	u64 last_answer_us;
	u64 max_answer_us;
	u64 gain_percent;
	bool has_arrived;
	u64 lagged_pages;
	u64 asked_pages;
	u64 told_pages;
	u64 forecast_pages;
	u64 step_pages;
	u64 stepped_us;
	u64 reported_us;
	bool is_urgent;
	u64 hot_until_us;
	u64 pressed_us;
	u64 full_first_us;
	u64 full_last_us;
	u64 arrived_us;
	u64 longest_us;
	bool warned;
	u64 signals[HVB_SIGNALS];
};

void hvb_burst_init(struct hvb_burst *burst);
void hvb_burst_signal(struct hvb_burst *burst, enum hvb_signal signal,
		      u64 now_us);
u64 hvb_forecast_ahead(const struct hvb_burst *burst);
bool hvb_forecast_sample(struct hvb_burst *burst, const struct hvb_sample *sample,
			 unsigned int decay_s);
u64 hvb_forecast_boost(const struct hvb_burst *burst, u64 need_pages,
		       u64 max_pages);
bool hvb_forecast_glance(struct hvb_burst *burst, u64 free_pages, u64 now_us);
u64 hvb_forecast_look_us(const struct hvb_burst *burst);
bool hvb_burst_is_hot(const struct hvb_burst *burst, u64 now_us);
enum hvb_due hvb_burst_due(const struct hvb_burst *burst,
			   unsigned int interval_ms, u64 now_us);
void hvb_burst_told(struct hvb_burst *burst, u64 now_us);
u64 hvb_burst_wait_us(const struct hvb_burst *burst, unsigned int interval_ms,
		      u64 now_us);
void hvb_burst_asked(struct hvb_burst *burst, u64 more_pages, u64 now_us);
void hvb_burst_arrived(struct hvb_burst *burst, u64 now_us);
enum hvb_verdict hvb_burst_judge(struct hvb_burst *burst, u64 now_us);
u64 hvb_burst_unanswered_us(const struct hvb_burst *burst, u64 now_us);
enum hvb_cause hvb_burst_cause(const struct hvb_situation *situation);

#endif
