// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the reporter's loop: what reporter.c does around the pure files.
 */
#include "simulate.h"

#define INTERVAL_MS	100
#define DECAY_S		30

/**
 * reporter_begin() - the driver was loaded
 * @reporter: the reporter
 */
void reporter_begin(struct reporter *reporter)
{
	memset(reporter, 0, sizeof(*reporter));
	hvb_burst_init(&reporter->burst);
}

static bool has_work(const struct reporter *reporter, const struct guest *guest,
		     u64 now_us)
{
	unsigned long signals = guest->signals;

	if (hvb_burst_is_hot(&reporter->burst, now_us))
		signals &= ~BIT(HVB_SIGNAL_RECLAIM);
	return signals || guest->arrivals != reporter->seen;
}

static bool take_signals(struct reporter *reporter, struct guest *guest,
			 u64 now_us)
{
	struct hvb_burst *burst = &reporter->burst;
	bool was_hot = hvb_burst_is_hot(burst, now_us), urgent = false;
	unsigned long signals = hvb_scarcity_signals(&reporter->scarcity,
						     guest->signals);

	for (int signal = 0; signal < HVB_SIGNALS; signal++) {
		if (!(signals & BIT(signal)))
			continue;
		urgent |= signal > HVB_SIGNAL_RECLAIM || !was_hot;
		hvb_burst_signal(burst, signal, now_us);
	}
	guest->signals = 0;
	if (guest->arrivals != reporter->seen) {
		reporter->seen = guest->arrivals;
		hvb_burst_arrived(burst, now_us);
		urgent = true;
	}
	return urgent;
}

static void tell(struct reporter *reporter, const struct hvb_counters *now,
		 const struct hvb_need *need, struct host *host, u64 now_us)
{
	struct hvb_burst *burst = &reporter->burst;
	u64 asked = need->need_pages +
		    hvb_forecast_boost(burst, need->need_pages, pages(host->most));

	hvb_burst_told(burst, now_us);
	hvb_burst_asked(burst, hvb_demand_more(now, pages(host->most), asked),
			now_us);
	reporter->asked = mib(asked);
	host->committed = mib(asked);
	host->reports++;
}

/* Return: true if nothing has happened that would need a look. */
static bool glance(struct reporter *reporter, const struct guest *guest,
		   const struct hvb_counters *counters, double now)
{
	struct hvb_burst *burst = &reporter->burst;
	u64 now_us = (u64)(now * 1e6) + 1;

	if (has_work(reporter, guest, now_us) ||
	    hvb_burst_due(burst, INTERVAL_MS, now_us) != HVB_DUE_LATER ||
	    hvb_forecast_glance(burst, counters->free_pages, now_us))
		return false;
	reporter->wake = now + hvb_burst_wait_us(burst, INTERVAL_MS, now_us) /
			       1e6;
	return true;
}

/**
 * reporter_step() - some time has passed
 * @reporter: the reporter
 * @guest: the guest that it runs in
 * @host: the host that it reports to
 * @now: what time it is
 */
void reporter_step(struct reporter *reporter, struct guest *guest,
		   struct host *host, double now)
{
	struct hvb_burst *burst = &reporter->burst;
	u64 now_us = (u64)(now * 1e6) + 1;
	struct hvb_counters counters;
	struct hvb_sample sample;
	struct hvb_need need;

	if (now < reporter->wake && !has_work(reporter, guest, now_us))
		return;
	guest_count(guest, &counters);
	if (glance(reporter, guest, &counters, now))
		return;
	reporter->looks++;
	hvb_scarcity_look(&reporter->scarcity,
			  guest->signals & BIT(HVB_SIGNAL_RECLAIM), &counters,
			  now_us);
	hvb_scarcity_apply(&reporter->scarcity, &counters);
	burst->is_urgent |= take_signals(reporter, guest, now_us);
	hvb_demand_look(&counters, &need);
	sample = (struct hvb_sample) {
		.now_us = now_us,
		.task_pages = counters.task_pages,
		.avail_pages = counters.avail_pages,
		.need_pages = need.need_pages,
		.headroom_pages = need.headroom_pages,
		.away_pages = need.away_pages,
		.free_pages = counters.free_pages,
	};
	if (hvb_forecast_sample(burst, &sample, DECAY_S)) {
		hvb_burst_signal(burst, HVB_SIGNAL_FORECAST, now_us);
		burst->is_urgent = true;
	}
	hvb_burst_judge(burst, now_us);
	if (hvb_burst_due(burst, INTERVAL_MS, now_us) != HVB_DUE_LATER)
		tell(reporter, &counters, &need, host, now_us);
	reporter->wake = now + hvb_burst_wait_us(burst, INTERVAL_MS, now_us) /
			       1e6;
}
