// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much more a burst asks for, and how often to look meanwhile.
 *
 * Growth is the rate at which what tasks and the kernel use grows, swapped out
 * or not; memory that arrives is no growth, so the forecast can't feed on
 * itself. The lead is that rate times how long the host takes to answer: what
 * is used by the time at which an answer comes. More is asked for when the guest
 * ends within three of them:
 *
 *   ask = min(used + lead * 8, bound * used / gain)
 *
 * Nobody knows how long a burst goes on, and what a host has added it takes back
 * minutes later; so the bound hangs on what is used and not on the rate, which
 * in a fast machine is many times its memory a second. Until the first answer it
 * is 1.8, then 1.65: what comes too late is lost by the first request, and all
 * that follow only add to it. The gain is what hosts give for what is asked,
 * buffer and steps: at least a fifth more, and as much as was seen. All is asked
 * for as long as memory grows and not a look longer: what hosts haven't decided
 * by then, they needn't.
 *
 * A host that has taken memory from the guest leaves that out of what is asked
 * for before it adds its buffer. So what is away is no part of any of this; it is
 * only added in the end.
 *
 * A bound that hangs on what is used is worth the more, the fresher that figure
 * is when the host looks. So the guest looks each time its use has grown by a
 * 64th, and reports each time the figure has moved by a 32nd. In between bursts,
 * a glance at what is free tells whether to look.
 *
 * A guest that is out of memory grows as fast as its disk; it goes on with the
 * rate from before.
 *
 * Pressure that comes all the same adds a step each time, up to a quarter of
 * the need and to the same bound: where more memory doesn't help, as with a page
 * cache that is churned through, it isn't asked for without end. The steps decay
 * when their reason is gone.
 *
 * Time is passed in, in microseconds since some moment that isn't 0.
 *
 * Pure: no state but the caller's, no kernel services.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "arith.h"
#include "burst.h"

/* Slower growth is what the tick and the floor are for. */
#define GROWTH_PAGES_S		HVB_MIB_PAGES(8)

/* Two samples closer to each other say more of chance than of growth. */
#define SAMPLE_US		(20 * USEC_PER_MSEC)

/* A sample that follows after this time counts as much as all before it. */
#define SMOOTH_US		(150 * USEC_PER_MSEC)

/* Growth is over when a look finds less than this share of it. */
#define GROWTH_END_SHARE	4

/* During growth, a look when so much of what is used is new; and bounds. */
#define LOOK_SHARE		64
#define LOOK_MIN_US		((u64)SAMPLE_US)
#define LOOK_MAX_US		(100 * (u64)USEC_PER_MSEC)

/* Between glances at what is free, and how much less deserves a look. */
#define GLANCE_US		(250 * USEC_PER_MSEC)
#define GLANCE_PAGES		HVB_MIB_PAGES(2)

/* A report that says so much more or less doesn't wait for its turn. */
#define TELL_SHARE		32

/* With a smaller share of what is used available, nothing grows as it would. */
#define STARVED_SHARE		64

/* In leads: when to ask, and how far. */
#define LEADS_WITHIN		3
#define LEADS_REACHED		8

/* Size that may come of it, in percent of what is used: at first, and later. */
#define FIRST_PERCENT		180
#define BOUND_PERCENT		165

/* A size that growth soon passes isn't worth the turn of a host. */
#define WORTH_PERCENT		110

/* What the host gives for 100 pages; hosts have a buffer of 20 % by default. */
#define GAIN_MIN_PERCENT	120
#define GAIN_MAX_PERCENT	160

/* Pressure steps: no more often than this, at least so much, and the cap. */
#define STEP_US			(USEC_PER_SEC / 2)
#define STEP_MIN_PAGES		HVB_MIB_PAGES(64)
#define STEP_SHARE		16
#define STEPS_SHARE_MAX		4

/* What the guest needs of what it has. */
static u64 own_need(const struct hvb_sample *sample)
{
	return sample->need_pages - sample->away_pages;
}

static u64 used(const struct hvb_sample *sample)
{
	return own_need(sample) - sample->headroom_pages;
}

static void update_size(struct hvb_burst *burst,
			const struct hvb_sample *sample)
{
	burst->is_starved = sample->avail_pages <
			    div_u64(used(sample), STARVED_SHARE);
	if (!burst->is_starved || !burst->size_pages)
		burst->size_pages = used(sample) + sample->avail_pages;
}

/*
 * Once for what arrived since the last look. What comes to a guest that had more
 * than any gain explains wasn't given for what it asked.
 */
static void update_gain(struct hvb_burst *burst, u64 had_pages)
{
	u64 gain, last = burst->gain_percent;

	if (!burst->has_arrived)
		return;
	burst->has_arrived = false;
	if (burst->is_starved ||
	    had_pages * 100 >= burst->lagged_pages * GAIN_MAX_PERCENT)
		return;
	gain = div64_u64(burst->size_pages * 100, burst->lagged_pages);
	burst->gain_percent = clamp(max(gain, last - last / 64),
				    (u64)GAIN_MIN_PERCENT,
				    (u64)GAIN_MAX_PERCENT);
}

/*
 * What is asked for, as much later as the host takes to answer: that is what it
 * has answered when memory arrives.
 */
static void update_lagged(struct hvb_burst *burst, u64 asked_pages,
			  u64 passed_us)
{
	if (!burst->asked_us)
		burst->lagged_pages = asked_pages;
	else
		burst->lagged_pages =
			div64_u64(burst->lagged_pages * burst->answer_us +
				  asked_pages * passed_us,
				  burst->answer_us + passed_us);
}

static void update_rate(struct hvb_burst *burst, u64 task_pages, u64 now_us)
{
	u64 since_us = max(burst->sampled_us, burst->quiet_us);
	u64 passed_us = max(now_us - since_us, (u64)SAMPLE_US);
	u64 now = 0, last = burst->rate_pages_s;

	if (task_pages > burst->task_pages)
		now = div64_u64((task_pages - burst->task_pages) *
				USEC_PER_SEC, passed_us);
	if (burst->is_starved && now < last &&
	    (now >= GROWTH_PAGES_S / GROWTH_END_SHARE ||
	     burst->sampled_us < burst->pressed_us + HVB_BURST_HOT_US))
		return;
	if (now < div_u64(last, GROWTH_END_SHARE)) {
		burst->rate_pages_s = now;
		return;
	}
	burst->rate_pages_s = div64_u64(last * SMOOTH_US + now * passed_us,
					SMOOTH_US + passed_us);
}

/* What to ask for so that the guest comes to so many percent of this. */
static u64 ask_for(const struct hvb_burst *burst, u64 pages,
		   unsigned int percent)
{
	return div64_u64(pages * percent,
			 max(burst->gain_percent, (u64)GAIN_MIN_PERCENT));
}

static u64 bound(const struct hvb_burst *burst, u64 used_pages)
{
	return ask_for(burst, used_pages,
		       burst->gain_percent ? BOUND_PERCENT : FIRST_PERCENT);
}

/* Return: what to ask for because of growth. */
static u64 foreseen(const struct hvb_burst *burst, u64 used_pages)
{
	u64 lead = div64_u64(burst->rate_pages_s * burst->answer_us,
			     USEC_PER_SEC);
	u64 ask, size = burst->size_pages;

	if (burst->rate_pages_s < GROWTH_PAGES_S ||
	    used_pages + lead * LEADS_WITHIN <= size)
		return 0;
	ask = min(used_pages + lead * LEADS_REACHED, bound(burst, used_pages));
	if (!burst->is_starved && ask < used_pages + lead &&
	    ask < ask_for(burst, size, WORTH_PERCENT))
		return min(ask, ask_for(burst, size, 100));
	return ask;
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
	u64 constant_us = (u64)decay_s * USEC_PER_SEC / 2;
	u64 cap = need_pages / STEPS_SHARE_MAX;
	u64 step = max(STEP_MIN_PAGES, need_pages / STEP_SHARE);

	if (burst->full_last_us <= burst->stepped_us) {
		if (now_us - burst->full_last_us > HVB_BURST_HOT_US)
			burst->step_pages = hvb_decay(burst->step_pages,
						      passed_us, constant_us);
		return;
	}
	if (burst->stepped_us && now_us - burst->stepped_us < STEP_US)
		return;
	burst->stepped_us = now_us;
	burst->step_pages = min(burst->step_pages + step,
				max(cap, burst->step_pages));
}

static bool differs(u64 pages, u64 told_pages)
{
	u64 most = max(pages, told_pages), least = min(pages, told_pages);

	return most - least > told_pages / TELL_SHARE;
}

static void update_asked(struct hvb_burst *burst,
			 const struct hvb_sample *sample, u64 passed_us)
{
	u64 need = own_need(sample), used_pages = used(sample);
	u64 most = bound(burst, used_pages);

	if (!burst->is_starved)
		most = min(most, ask_for(burst, burst->size_pages, 100));
	burst->forecast_pages = max(foreseen(burst, used_pages), need) - need;
	burst->step_pages = min(burst->step_pages, max(most, need) - need);
	burst->used_pages = used_pages;
	burst->asked_pages = need + hvb_forecast_boost(burst, need, 0);
	burst->is_urgent |= differs(burst->asked_pages, burst->told_pages);
	update_lagged(burst, burst->asked_pages, passed_us);
}

/**
 * hvb_forecast_ahead() - what will be wanted before the host can answer
 * @burst: the memory
 *
 * Return: pages of 4 KiB, as fast as memory in use grows now; 0 when it
 * doesn't.
 */
u64 hvb_forecast_ahead(const struct hvb_burst *burst)
{
	return headroom(burst, burst->answer_us + HVB_BURST_TICK_US);
}

/**
 * hvb_forecast_sample() - look at the guest's memory
 * @burst: the memory
 * @sample: what it is like now
 * @decay_s: after so long an eighth is left of what was asked for on top
 *
 * Return: true when the forecast says for the first time since it last said
 * otherwise that what is available ends before the host can answer.
 */
bool hvb_forecast_sample(struct hvb_burst *burst, const struct hvb_sample *sample,
			 unsigned int decay_s)
{
	u64 passed_us = sample->now_us - burst->sampled_us;
	u64 had_pages = burst->size_pages;
	bool was_hot = sample->now_us < burst->hot_until_us;

	if (burst->sampled_us && passed_us < SAMPLE_US)
		return false;
	update_size(burst, sample);
	update_gain(burst, had_pages);
	if (burst->sampled_us) {
		update_rate(burst, sample->task_pages, sample->now_us);
		update_steps(burst, own_need(sample), passed_us,
			     sample->now_us, decay_s);
	} else {
		burst->first_us = sample->now_us;
	}
	burst->sampled_us = sample->now_us;
	burst->task_pages = sample->task_pages;
	burst->free_pages = sample->free_pages;
	update_asked(burst, sample, passed_us);

	if (hvb_forecast_ahead(burst) <= sample->avail_pages)
		return false;
	burst->hot_until_us = max(burst->hot_until_us,
				  sample->now_us + HVB_BURST_HOT_US);
	return !was_hot;
}

/**
 * hvb_forecast_boost() - what to ask for on top
 * @burst: the memory
 * @need_pages: demand without it, 4 KiB pages
 * @max_pages: the most that the host gives, 0 when it didn't say
 *
 * Return: pages of 4 KiB.
 */
u64 hvb_forecast_boost(const struct hvb_burst *burst, u64 need_pages,
		       u64 max_pages)
{
	u64 boost = max(burst->forecast_pages, burst->step_pages);

	if (!max_pages)
		return boost;
	return min(boost, max_pages > need_pages ? max_pages - need_pages : 0);
}

/**
 * hvb_forecast_glance() - is it worth a look?
 * @burst: the memory
 * @free_pages: that are free
 * @now_us: when
 *
 * When it isn't, growth that is seen later counts from now.
 *
 * Return: false when nothing grew then and less has been used since.
 */
bool hvb_forecast_glance(struct hvb_burst *burst, u64 free_pages, u64 now_us)
{
	if (burst->rate_pages_s >= GROWTH_PAGES_S ||
	    now_us < burst->hot_until_us ||
	    free_pages + GLANCE_PAGES < burst->free_pages)
		return true;
	burst->free_pages = max(burst->free_pages, free_pages);
	burst->quiet_us = now_us;
	return false;
}

/**
 * hvb_forecast_look_us() - how long may the reporter not look?
 * @burst: the memory
 *
 * Return: microseconds since the last look.
 */
u64 hvb_forecast_look_us(const struct hvb_burst *burst)
{
	if (burst->rate_pages_s < GROWTH_PAGES_S)
		return GLANCE_US;
	return clamp(div64_u64(burst->used_pages * USEC_PER_SEC,
			       burst->rate_pages_s * LOOK_SHARE),
		     LOOK_MIN_US, LOOK_MAX_US);
}
