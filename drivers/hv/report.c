// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the reporter says: to the host, how much memory the guest needs; to
 * dmesg, that the host doesn't answer; to pollers of sysfs, that a size changed.
 *
 * A report that finds the ring full is dropped: the next one has newer figures.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/time64.h>

#include "base.h"
#include "channel.h"
#include "conversation.h"
#include "memory.h"
#include "msg.h"
#include "promise.h"
#include "reporter.h"
#include "trace.h"
#include "unanswered.h"

/* Until then swap may be turned on that is part of every boot. */
#define BOOTED_US	(60 * (u64)USEC_PER_SEC)

/* Is it too early for reports? */
static bool is_delayed(const struct hvb_base *base,
		       const struct hvb_agreed *agreed)
{
	unsigned long delay_s;

	delay_s = READ_ONCE(base->params->pressure_report_delay_s);
	return time_before(jiffies, agreed->at + delay_s * HZ);
}

static void report(struct hvb_reporter *rep, const struct hvb_counters *now,
		   const struct hvb_agreed *agreed, u64 committed_pages,
		   u64 now_us)
{
	struct hvb_demand demand;
	union hvb_status status;
	size_t size;

	hvb_demand_figure(now, &rep->last_counters, committed_pages, &demand);
	size = hvb_msg_status(&status, hvb_channel_next_id(rep->channel),
			      &demand,
			      READ_ONCE(rep->base->params->extension) == HVB_EXT_FLAG,
			      rep->is_hot);
	if (hvb_channel_try_send(rep->channel, &status, size))
		return;
	trace_hvb_status(&demand);
	hvb_base_count(rep->base, HVB_COUNT_STATUS);
	hvb_burst_asked(&rep->burst,
			hvb_demand_more(now, agreed->max_page_count,
					committed_pages), now_us);
	rep->last_counters = *now;
	rep->sent_us = now_us;
	WRITE_ONCE(rep->last_committed, demand.num_committed);
}

/* The experimental request: asks for what the guest wants beyond its size. */
static void request(struct hvb_reporter *rep, const struct hvb_counters *now,
		    u64 committed_pages)
{
	u64 has = hvb_demand_size(now);
	struct dm_hot_add msg;

	if (READ_ONCE(rep->base->params->extension) != HVB_EXT_REQUEST ||
	    committed_pages <= has)
		return;
	hvb_channel_try_send(rep->channel, &msg,
			     hvb_msg_want(&msg, hvb_channel_next_id(rep->channel),
					  committed_pages - has));
}

static void say_unanswered(struct hvb_reporter *rep,
			   const struct hvb_counters *now,
			   const struct hvb_agreed *agreed, u64 now_us)
{
	struct hvb_last_request last;
	struct hvb_unanswered what = {
		.lasts_us = hvb_burst_unanswered_us(&rep->burst, now_us),
		.situation = {
			.can_hibernate = rep->base->can_hibernate,
			.delayed = is_delayed(rep->base, agreed),
			.suppressed = agreed->suppress_reports,
			.hot_add = READ_ONCE(rep->base->params->hot_add),
			.cannot_add = !hvb_memory_can_hot_add(rep->mem),
			.offline_pages = now->offline_pages,
			.ballooned_pages = now->ballooned_pages,
			.has_all = hvb_demand_has_all(now,
						      agreed->max_page_count),
			.is_deaf = hvb_channel_is_failing(rep->channel),
		},
		.total_pages = now->total_pages,
		.boot_pages = now->boot_pages,
		.max_pages = agreed->max_page_count,
		.committed_pages = rep->last_committed,
		.reported_us = now_us - rep->sent_us,
		.last = &last,
	};

	hvb_conversation_last_request(rep->conv, &last);
	hvb_pressure_read(&rep->pressure, what.averages, sizeof(what.averages));
	hvb_unanswered_say(rep->base->dev, &what);
}

/**
 * hvb_report_sizes() - tell the pollers of sysfs what changed
 * @rep: the reporter
 * @now: the counters
 * @agreed: what the host told us about itself
 *
 * Context: the reporter; may sleep.
 */
void hvb_report_sizes(struct hvb_reporter *rep, const struct hvb_counters *now,
		      const struct hvb_agreed *agreed)
{
	const struct hvb_sizes sizes = {
		.size_bytes = now->total_pages << DM_PAGE_SHIFT,
		.maximum_bytes = agreed->max_page_count << DM_PAGE_SHIFT,
		.ballooned_bytes = now->ballooned_pages << DM_PAGE_SHIFT,
	};

	hvb_sizes_tell(&rep->told_sizes, &sizes, rep->base->dev);
}

/**
 * hvb_report_judge() - log when pressure goes unanswered, and when that is over
 * @rep: the reporter
 * @now: the counters
 * @agreed: what the host told us about itself
 * @now_us: the time
 *
 * Context: the reporter.
 */
void hvb_report_judge(struct hvb_reporter *rep, const struct hvb_counters *now,
		      const struct hvb_agreed *agreed, u64 now_us)
{
	switch (hvb_burst_judge(&rep->burst, now_us)) {
	case HVB_VERDICT_UNANSWERED:
		hvb_base_count(rep->base, HVB_COUNT_UNANSWERED);
		say_unanswered(rep, now, agreed, now_us);
		break;
	case HVB_VERDICT_OVER:
		hvb_unanswered_over(rep->base->dev);
		break;
	case HVB_VERDICT_NOTHING:
		break;
	}
}

/**
 * hvb_report_promises() - log once that large allocations are refused
 * @rep: the reporter
 * @now: the counters
 * @agreed: what the host told us about itself
 * @now_us: the time
 *
 * The kernel refuses them by the size that the guest has now.
 *
 * Context: the reporter.
 */
void hvb_report_promises(struct hvb_reporter *rep,
			 const struct hvb_counters *now,
			 const struct hvb_agreed *agreed, u64 now_us)
{
	u64 max_pages = agreed->max_page_count;

	if (rep->is_refusal_said || now_us < rep->burst.first_us + BOOTED_US ||
	    !hvb_promise_is_refused(now, max_pages))
		return;
	rep->is_refusal_said = true;
	dev_info_ratelimited(rep->base->dev, "one allocation of more than %llu MiB is refused, as that is all memory and swap now, although the host can give more, up to %llu MiB: see vm.overcommit_memory in the documentation\n",
			     HVB_MIB(hvb_promise_largest(now)),
			     HVB_MIB(hvb_promise_most(now, max_pages)));
}

/**
 * hvb_report_send() - tell the host what the guest needs
 * @rep: the reporter
 * @now: the counters
 * @need: what the guest needs, bursts aside
 * @agreed: what the host told us about itself
 * @is_urgent: the report doesn't wait for its time
 * @now_us: the time
 *
 * Context: the reporter; may sleep.
 */
void hvb_report_send(struct hvb_reporter *rep, const struct hvb_counters *now,
		     const struct hvb_need *need,
		     const struct hvb_agreed *agreed, bool is_urgent,
		     u64 now_us)
{
	u64 committed_pages = need->need_pages +
			      hvb_forecast_boost(&rep->burst, need->need_pages,
						 agreed->max_page_count);

	if (agreed->suppress_reports || is_delayed(rep->base, agreed))
		return;
	report(rep, now, agreed, committed_pages, now_us);
	if (is_urgent)
		request(rep, now, committed_pages);
}
