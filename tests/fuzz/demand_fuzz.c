// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the fuzzing of demand.c, burst.c and forecast.c. The input is a guest, up
 * to 4 TiB, and what happens to it as time goes on. All loops must end, and what
 * is asked for must stay within what burst.c says of it.
 */
#include "burst.h"
#include "demand.h"
#include "fuzz.h"

#define PAGES_MASK	(BIT_ULL(30) - 1)
#define NEVER_US	(3600ULL * USEC_PER_SEC)

static u64 eat_pages(struct input *input)
{
	return eat(input, 4) & PAGES_MASK;
}

static void must_keep_the_floor(u64 total, u64 avail)
{
	u64 give = hvb_demand_can_give(total, avail);
	u64 left = total - give;

	MUST(give <= avail && give <= total);
	if (give)
		MUST(avail - give >= hvb_demand_floor(left));
	if (give < min(avail, total))
		MUST(avail - give - 1 < hvb_demand_floor(left - 1));
}

static u64 eat_need(struct input *input, u64 avail, u64 *headroom)
{
	struct hvb_counters now = {
		.total_pages = eat_pages(input),
		.commit_pages = eat_pages(input),
		.ballooned_pages = eat_pages(input),
		.avail_pages = avail,
		.overcommit = HVB_OVERCOMMIT_NEVER,
	};
	struct hvb_need need;

	must_keep_the_floor(now.total_pages, avail);
	hvb_demand_look(&now, &need);
	MUST(need.need_pages >= now.commit_pages + now.ballooned_pages);
	MUST(need.headroom_pages <= need.need_pages);
	*headroom = need.headroom_pages;
	return need.need_pages;
}

static void sample(struct hvb_burst *burst, struct input *input, u64 now_us,
		   unsigned int decay_s)
{
	struct hvb_sample sample = {
		.now_us = now_us,
		.task_pages = eat_pages(input),
		.avail_pages = eat_pages(input),
	};
	u64 most = eat_pages(input), boost;

	sample.need_pages = eat_need(input, sample.avail_pages,
				     &sample.headroom_pages);
	hvb_forecast_sample(burst, &sample, decay_s);
	boost = hvb_forecast_boost(burst, sample.need_pages, most);
	MUST(boost <= hvb_forecast_boost(burst, sample.need_pages, 0));
	MUST(!most || !boost || sample.need_pages + boost <= most);
	MUST(burst->gain_percent <= 160);
}

static void happen(struct hvb_burst *burst, struct input *input, u64 now_us)
{
	u8 what = eat(input, 1);

	switch (what % 4) {
	case 0:
		hvb_burst_signal(burst, what / 4 % HVB_SIGNALS, now_us);
		break;
	case 1:
		hvb_burst_arrived(burst, now_us);
		break;
	case 2:
		burst->is_urgent |= what & 8;
		hvb_burst_asked(burst, what / 4, now_us);
		break;
	default:
		sample(burst, input, now_us, what / 4);
	}
}

/* A report never comes too soon, and the reporter wakes for a look or for one. */
static void must_come_due(struct hvb_burst *burst, struct input *input,
			  u64 now_us)
{
	unsigned int interval_ms = eat(input, 2);
	u64 wait_us = hvb_burst_wait_us(burst, interval_ms, now_us);
	u64 then_us = now_us + wait_us;

	MUST(wait_us <= USEC_PER_SEC);
	MUST(wait_us <= hvb_forecast_look_us(burst));
	if (wait_us < hvb_forecast_look_us(burst) &&
	    (burst->is_urgent || hvb_burst_is_hot(burst, now_us) ==
				 hvb_burst_is_hot(burst, then_us)))
		MUST(hvb_burst_due(burst, interval_ms, then_us) !=
		     HVB_DUE_LATER);
	if (hvb_burst_due(burst, interval_ms, now_us) == HVB_DUE_LATER)
		return;
	hvb_burst_told(burst, now_us);
	MUST(hvb_burst_due(burst, interval_ms, now_us) == HVB_DUE_LATER);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { data, size };
	bool is_warned = false;
	struct hvb_burst burst;
	u64 now_us = 1;

	hvb_burst_init(&burst);
	while (input.size) {
		now_us += eat(&input, 3);
		happen(&burst, &input, now_us);
		must_come_due(&burst, &input, now_us);
		MUST(burst.answer_us >= USEC_PER_SEC / 2 &&
		     burst.answer_us <= 10 * USEC_PER_SEC);
		MUST(!hvb_burst_is_hot(&burst, now_us + NEVER_US));
		MUST(hvb_burst_unanswered_us(&burst, now_us) <= now_us);
		switch (hvb_burst_judge(&burst, now_us)) {
		case HVB_VERDICT_UNANSWERED:
			MUST(!is_warned);
			is_warned = true;
			break;
		case HVB_VERDICT_OVER:
			MUST(is_warned);
			is_warned = false;
			break;
		case HVB_VERDICT_NOTHING:
			break;
		}
	}
	return 0;
}
