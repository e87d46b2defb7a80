// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bursts: when to look and report, how long the host takes to answer, and when
 * to say that it doesn't. How much more to ask for is found in forecast.c.
 *
 * Time is passed in, in microseconds since some moment that isn't 0.
 *
 * Pure: no state but the caller's, no kernel services.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "burst.h"

/* What a host may take to answer: at first, and the bounds of what is learnt. */
#define ANSWER_START_US		(2 * USEC_PER_SEC)
#define ANSWER_MIN_US		((u64)USEC_PER_SEC / 2)
#define ANSWER_MAX_US		(10 * (u64)USEC_PER_SEC)

/* Answers that come so soon after the start say nothing of the next. */
#define SETTLED_US		(60 * (u64)USEC_PER_SEC)

/* Reports are never closer than this, whatever happens. */
#define GAP_US			(20 * USEC_PER_MSEC)

/* Pressure is over when it wasn't seen for so long. */
#define FULL_GAP_US		(2 * USEC_PER_SEC)

/* Pressure that nobody answers so long is said. */
#define UNANSWERED_US		(10 * USEC_PER_SEC)

/**
 * hvb_burst_init() - begin to remember
 * @burst: the memory
 */
void hvb_burst_init(struct hvb_burst *burst)
{
	memset(burst, 0, sizeof(*burst));
	burst->answer_us = ANSWER_START_US;
}

/**
 * hvb_burst_signal() - something says that memory runs short
 * @burst: the memory
 * @signal: what
 * @now_us: when
 */
void hvb_burst_signal(struct hvb_burst *burst, enum hvb_signal signal,
		      u64 now_us)
{
	burst->signals[signal]++;
	burst->hot_until_us = max(burst->hot_until_us, now_us + HVB_BURST_HOT_US);
	if (signal > HVB_SIGNAL_FORECAST)
		burst->pressed_us = now_us;
	if (signal < HVB_SIGNAL_FULL)
		return;
	if (!burst->full_first_us)
		burst->full_first_us = now_us;
	burst->full_last_us = now_us;
}

/**
 * hvb_burst_is_hot() - is it time for the fast cadence?
 * @burst: the memory
 * @now_us: when
 *
 * Return: true while signals come, and a little longer.
 */
bool hvb_burst_is_hot(const struct hvb_burst *burst, u64 now_us)
{
	return now_us < burst->hot_until_us;
}

static u64 period_us(const struct hvb_burst *burst, unsigned int interval_ms,
		     u64 now_us)
{
	if (!hvb_burst_is_hot(burst, now_us))
		return HVB_BURST_TICK_US;
	return clamp((u64)interval_ms * USEC_PER_MSEC, (u64)GAP_US,
		     (u64)HVB_BURST_TICK_US);
}

/**
 * hvb_burst_due() - should a report leave now?
 * @burst: the memory
 * @interval_ms: between reports during a burst
 * @now_us: when
 *
 * Return: whether, and why.
 */
enum hvb_due hvb_burst_due(const struct hvb_burst *burst,
			   unsigned int interval_ms, u64 now_us)
{
	u64 since_us = now_us - burst->reported_us;

	if (since_us + GAP_US / 2 >= period_us(burst, interval_ms, now_us))
		return HVB_DUE_IN_TURN;
	if (burst->is_urgent && since_us >= GAP_US)
		return HVB_DUE_OUT_OF_BAND;
	return HVB_DUE_LATER;
}

/**
 * hvb_burst_told() - a report that was due is about to leave
 * @burst: the memory
 * @now_us: when
 */
void hvb_burst_told(struct hvb_burst *burst, u64 now_us)
{
	burst->reported_us = now_us;
	burst->told_pages = burst->asked_pages;
	burst->is_urgent = false;
}

/**
 * hvb_burst_wait_us() - when must the reporter look again, if nothing happens?
 * @burst: the memory
 * @interval_ms: between reports during a burst
 * @now_us: when it looked
 *
 * Return: microseconds from then, until a report, a look or a glance.
 */
u64 hvb_burst_wait_us(const struct hvb_burst *burst, unsigned int interval_ms,
		      u64 now_us)
{
	u64 since_us = now_us - burst->reported_us;
	u64 period = burst->is_urgent ? (u64)GAP_US :
			period_us(burst, interval_ms, now_us);

	return min(period - min(since_us, period), hvb_forecast_look_us(burst));
}

/**
 * hvb_burst_asked() - a report left
 * @burst: the memory
 * @more_pages: how much more than the guest has it asked for, 4 KiB pages
 * @now_us: when
 *
 * A host that let a small wish wait for longer than it takes to answer is asked
 * anew by one that is twice as large.
 */
void hvb_burst_asked(struct hvb_burst *burst, u64 more_pages, u64 now_us)
{
	bool is_anew = more_pages / 2 >= burst->asked_more_pages &&
		       now_us - burst->asked_us > burst->answer_us;

	if (!more_pages) {
		burst->asked_us = 0;
	} else if (!burst->asked_us || is_anew) {
		burst->asked_us = now_us;
		burst->asked_more_pages = more_pages;
	}
}

/**
 * hvb_burst_arrived() - memory arrived from the host
 * @burst: the memory
 * @now_us: when
 *
 * How long it took counts from the first report that asked for more than the
 * guest had: which report before that made the host act can't be known. What is
 * expected rises at once and falls slowly. In a guest that has just started, and
 * when it took longer than any host that can give, nothing is learnt.
 */
void hvb_burst_arrived(struct hvb_burst *burst, u64 now_us)
{
	u64 took = now_us - burst->asked_us;
	bool goes_on = burst->arrived_us &&
		       now_us - burst->arrived_us < ANSWER_MIN_US;

	burst->longest_us = max(burst->longest_us,
				hvb_burst_unanswered_us(burst, now_us));
	burst->arrived_us = now_us;
	burst->has_arrived = true;
	if (!burst->asked_us)
		return;
	burst->asked_us = 0;
	burst->last_answer_us = took;
	burst->max_answer_us = max(burst->max_answer_us, took);
	if (goes_on || now_us - burst->first_us < SETTLED_US ||
	    took > ANSWER_MAX_US)
		return;
	burst->answer_us = clamp(max(took, (3 * burst->answer_us + took) / 4),
				 ANSWER_MIN_US, ANSWER_MAX_US);
}

/**
 * hvb_burst_unanswered_us() - how long does pressure go unanswered?
 * @burst: the memory
 * @now_us: when
 *
 * Return: microseconds since it began, or since memory last arrived; 0 when
 * there is none.
 */
u64 hvb_burst_unanswered_us(const struct hvb_burst *burst, u64 now_us)
{
	if (!burst->full_first_us)
		return 0;
	return now_us - max(burst->full_first_us, burst->arrived_us);
}

/**
 * hvb_burst_judge() - is there something to say?
 * @burst: the memory
 * @now_us: when
 *
 * Return: what is to be said, each thing once.
 */
enum hvb_verdict hvb_burst_judge(struct hvb_burst *burst, u64 now_us)
{
	u64 unanswered_us = hvb_burst_unanswered_us(burst, now_us);
	bool over = now_us - burst->full_last_us > FULL_GAP_US;

	burst->longest_us = max(burst->longest_us, unanswered_us);
	if (over)
		burst->full_first_us = 0;
	if (burst->warned && (over || unanswered_us < UNANSWERED_US)) {
		burst->warned = false;
		return HVB_VERDICT_OVER;
	}
	if (!over && !burst->warned && unanswered_us >= UNANSWERED_US) {
		burst->warned = true;
		return HVB_VERDICT_UNANSWERED;
	}
	return HVB_VERDICT_NOTHING;
}

/**
 * hvb_burst_cause() - why does nobody answer?
 * @situation: how things stand
 *
 * Return: the first of the known reasons that holds. What the guest could
 * change comes before what only the host can.
 */
enum hvb_cause hvb_burst_cause(const struct hvb_situation *situation)
{
	if (situation->can_hibernate)
		return HVB_CAUSE_HIBERNATION;
	if (situation->delayed)
		return HVB_CAUSE_DELAY;
	if (situation->suppressed)
		return HVB_CAUSE_SUPPRESSED;
	if (situation->offline_pages)
		return HVB_CAUSE_OFFLINE;
	if (situation->cannot_add && !situation->ballooned_pages)
		return HVB_CAUSE_CANNOT_ADD;
	if (!situation->hot_add && !situation->ballooned_pages)
		return HVB_CAUSE_NO_HOT_ADD;
	if (situation->is_deaf)
		return HVB_CAUSE_DEAF;
	if (situation->has_all)
		return HVB_CAUSE_HOST_MAX;
	return HVB_CAUSE_HOST;
}
