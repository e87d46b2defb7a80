// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bursts: when to report out of band, how much more to ask for, and when to
 * say that nobody answers.
 *
 * Growth is the rate at which what tasks and the kernel use grows, swapped out
 * or not; memory that arrives is no growth, so the forecast can't feed on
 * itself. What the guest must have in hand is that rate times how long the host
 * takes to answer, with a margin:
 *
 *   in hand = 2 * rate * answer
 *
 * The demand has headroom already, so only the rest is asked for on top.
 * Pressure that comes all the same adds a step each time, up to a quarter of
 * the need: where more memory doesn't help, as with a page cache that is
 * churned through, it isn't asked for without end. Both decay when their
 * reason is gone, so that the host takes memory back slowly.
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

#define MIB_PAGES(mib)		((u64)(mib) << 8)

/* Slower growth is what the tick and the floor are for. */
#define GROWTH_PAGES_S		MIB_PAGES(8)

/* Two samples closer to each other say more of chance than of growth. */
#define SAMPLE_US		(50 * USEC_PER_MSEC)

/* A sample that follows after this time counts as much as all before it. */
#define SMOOTH_US		(150 * USEC_PER_MSEC)

/* What a host may take to answer: at first, and the bounds of what is learnt. */
#define ANSWER_START_US		(2 * USEC_PER_SEC)
#define ANSWER_MIN_US		((u64)USEC_PER_SEC / 2)
#define ANSWER_MAX_US		(10 * (u64)USEC_PER_SEC)

/* Until the next look without a burst; the forecast must see further. */
#define TICK_US			USEC_PER_SEC

/* Reports are never closer than this, whatever happens. */
#define GAP_US			(20 * USEC_PER_MSEC)

/* How long one signal keeps the fast cadence. */
#define HOT_US			USEC_PER_SEC

/* Pressure steps: no more often than this, at least so much, and the cap. */
#define STEP_US			(USEC_PER_SEC / 2)
#define STEP_MIN_PAGES		MIB_PAGES(64)
#define STEP_SHARE		16
#define STEPS_SHARE_MAX		4

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
	burst->hot_until_us = max(burst->hot_until_us, now_us + HOT_US);
	if (signal < HVB_SIGNAL_FULL)
		return;
	if (!burst->full_first_us)
		burst->full_first_us = now_us;
	burst->full_last_us = now_us;
}

/* Moves a value towards 0: after the decay time an eighth of it is left. */
static u64 decay(u64 value, u64 passed_us, unsigned int decay_s)
{
	u64 constant_us = (u64)decay_s * USEC_PER_SEC / 2;

	if (!constant_us)
		return 0;
	return div64_u64(value * constant_us, constant_us + passed_us);
}

static void update_rate(struct hvb_burst *burst, u64 task_pages, u64 passed_us)
{
	u64 now = 0;

	if (task_pages > burst->task_pages)
		now = div64_u64((task_pages - burst->task_pages) *
				USEC_PER_SEC, passed_us);
	burst->rate_pages_s = div64_u64(burst->rate_pages_s * SMOOTH_US +
					now * passed_us,
					SMOOTH_US + passed_us);
}

static u64 headroom(const struct hvb_burst *burst, u64 ahead_us)
{
	if (burst->rate_pages_s < GROWTH_PAGES_S)
		return 0;
	return div64_u64(2 * burst->rate_pages_s * ahead_us, USEC_PER_SEC);
}

static void update_steps(struct hvb_burst *burst, u64 need_pages,
			 u64 passed_us, u64 now_us, unsigned int decay_s)
{
	u64 cap = need_pages / STEPS_SHARE_MAX;
	u64 step = max(STEP_MIN_PAGES, need_pages / STEP_SHARE);

	if (burst->full_last_us <= burst->stepped_us) {
		if (now_us - burst->full_last_us > HOT_US)
			burst->step_pages = decay(burst->step_pages, passed_us,
						  decay_s);
		return;
	}
	if (burst->stepped_us && now_us - burst->stepped_us < STEP_US)
		return;
	burst->stepped_us = now_us;
	burst->step_pages = min(burst->step_pages + step,
				max(cap, burst->step_pages));
}

/**
 * hvb_burst_ahead() - what will be wanted before the host can answer
 * @burst: the memory
 *
 * Return: pages of 4 KiB, as fast as memory in use grows now; 0 when it
 * doesn't.
 */
u64 hvb_burst_ahead(const struct hvb_burst *burst)
{
	return headroom(burst, burst->answer_us + TICK_US);
}

/**
 * hvb_burst_sample() - look at the guest's memory
 * @burst: the memory
 * @sample: what it is like now
 * @decay_s: after so long an eighth is left of what was asked for on top
 *
 * Return: true when the forecast says for the first time since it last said
 * otherwise that what is available ends before the host can answer.
 */
bool hvb_burst_sample(struct hvb_burst *burst, const struct hvb_sample *sample,
		      unsigned int decay_s)
{
	u64 passed_us = sample->now_us - burst->sampled_us;
	bool was_hot = hvb_burst_is_hot(burst, sample->now_us);
	u64 wanted;

	if (burst->sampled_us && passed_us < SAMPLE_US)
		return false;
	if (burst->sampled_us) {
		update_rate(burst, sample->task_pages, passed_us);
		burst->forecast_pages = decay(burst->forecast_pages, passed_us,
					      decay_s);
		update_steps(burst, sample->need_pages, passed_us,
			     sample->now_us, decay_s);
	}
	burst->sampled_us = sample->now_us;
	burst->task_pages = sample->task_pages;

	wanted = headroom(burst, burst->answer_us);
	if (wanted > sample->headroom_pages)
		burst->forecast_pages = max(burst->forecast_pages,
					    wanted - sample->headroom_pages);
	if (hvb_burst_ahead(burst) <= sample->avail_pages)
		return false;
	burst->hot_until_us = max(burst->hot_until_us, sample->now_us + HOT_US);
	return !was_hot;
}

/**
 * hvb_burst_boost() - what to ask for on top
 * @burst: the memory
 * @need_pages: demand without it, 4 KiB pages
 * @max_pages: the most that the host gives, 0 when it didn't say
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_burst_boost(const struct hvb_burst *burst, u64 need_pages,
		    u64 max_pages)
{
	u64 boost = max(burst->forecast_pages, burst->step_pages);

	if (!max_pages)
		return boost;
	return min(boost, max_pages > need_pages ? max_pages - need_pages : 0);
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
		return TICK_US;
	return clamp((u64)interval_ms * USEC_PER_MSEC, (u64)GAP_US,
		     (u64)TICK_US);
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
	burst->is_urgent = false;
}

/**
 * hvb_burst_wait_us() - when must the reporter look again, if nothing happens?
 * @burst: the memory
 * @interval_ms: between reports during a burst
 * @now_us: when it looked
 *
 * Return: microseconds from then.
 */
u64 hvb_burst_wait_us(const struct hvb_burst *burst, unsigned int interval_ms,
		      u64 now_us)
{
	u64 since_us = now_us - burst->reported_us;
	u64 period = burst->is_urgent ? (u64)GAP_US :
			period_us(burst, interval_ms, now_us);

	return period - min(since_us, period);
}

/**
 * hvb_burst_asked() - a report left
 * @burst: the memory
 * @more_than_it_has: it asked for more than the guest has
 * @now_us: when
 */
void hvb_burst_asked(struct hvb_burst *burst, bool more_than_it_has,
		     u64 now_us)
{
	if (!more_than_it_has)
		burst->asked_us = 0;
	else if (!burst->asked_us)
		burst->asked_us = now_us;
}

/**
 * hvb_burst_arrived() - memory arrived from the host
 * @burst: the memory
 * @now_us: when
 *
 * How long it took counts from the first report that asked for more than the
 * guest had: which report before that made the host act can't be known. What is
 * expected rises at once and falls slowly.
 */
void hvb_burst_arrived(struct hvb_burst *burst, u64 now_us)
{
	u64 took = now_us - burst->asked_us;

	burst->longest_us = max(burst->longest_us,
				hvb_burst_unanswered_us(burst, now_us));
	burst->arrived_us = now_us;
	if (!burst->asked_us)
		return;
	burst->asked_us = 0;
	burst->last_answer_us = took;
	burst->max_answer_us = max(burst->max_answer_us, took);
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
	if (!situation->hot_add && !situation->ballooned_pages)
		return HVB_CAUSE_NO_HOT_ADD;
	if (situation->max_pages &&
	    situation->size_pages >= situation->max_pages)
		return HVB_CAUSE_HOST_MAX;
	return HVB_CAUSE_HOST;
}
