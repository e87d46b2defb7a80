// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reporter: the thread that tells the host how much memory the guest needs.
 *
 * Once a second on the tick. While signals of want come (burst.c), at once and
 * then at the fast cadence. A report that finds the ring full is dropped: the
 * next one says what is true then. While nothing happens, the tick is all that
 * wakes it.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/time64.h>

#include "hv_balloon.h"
#include "trace.h"

/* What a look found so long ago will do for giving memory. */
#define FRESH_US	(100 * USEC_PER_MSEC)

/**
 * hvb_status_wake() - have the reporter look
 * @dm: the device
 *
 * Context: any.
 */
void hvb_status_wake(struct hvb_device *dm)
{
	wake_up(&dm->report_wait);
}

/**
 * hvb_status_signal() - tell the reporter of a sign of want
 * @dm: the device
 * @signal: which
 *
 * During a burst the reporter looks often enough and isn't woken for it.
 *
 * Context: any.
 */
void hvb_status_signal(struct hvb_device *dm, enum hvb_signal signal)
{
	if (test_and_set_bit(signal, &dm->signals))
		return;
	if (signal > HVB_SIGNAL_RECLAIM || !READ_ONCE(dm->is_hot))
		hvb_status_wake(dm);
}

/**
 * hvb_status_arrived() - memory arrived from the host
 * @dm: the device
 *
 * Context: any.
 */
void hvb_status_arrived(struct hvb_device *dm)
{
	atomic_inc(&dm->arrivals);
	wake_up(&dm->arrival_wait);
	hvb_status_wake(dm);
}

/**
 * hvb_status_ahead() - what will a burst want before the host can answer?
 * @dm: the device
 *
 * When the last look was some time ago the reporter is sent to look again.
 *
 * Context: may sleep, no longer than some looks take.
 * Return: pages of 4 KiB.
 */
u64 hvb_status_ahead(struct hvb_device *dm)
{
	u64 now_us = ktime_to_us(ktime_get());

	if (READ_ONCE(dm->reporter) &&
	    now_us > READ_ONCE(dm->looked_us) + FRESH_US) {
		WRITE_ONCE(dm->look_wanted, true);
		hvb_status_wake(dm);
		wait_event_timeout(dm->look_wait, !READ_ONCE(dm->look_wanted),
				   usecs_to_jiffies(FRESH_US));
	}
	return READ_ONCE(dm->ahead_pages);
}

/**
 * hvb_status_is_delayed() - is it too early for reports?
 * @dm: the device
 *
 * Return: true while pressure_report_delay is running.
 */
bool hvb_status_is_delayed(struct hvb_device *dm)
{
	unsigned long delay_s = READ_ONCE(dm->params->pressure_report_delay_s);

	return time_before(jiffies, dm->connected_at + delay_s * HZ);
}

static bool asks_for_more(const struct hvb_counters *now,
			  const struct hvb_demand *demand)
{
	return demand->num_committed > now->total_pages +
				       now->ballooned_pages +
				       now->offline_pages;
}

static void report(struct hvb_device *dm, const struct hvb_counters *now,
		   u64 committed_pages, u64 now_us)
{
	struct hvb_demand demand;
	union hvb_status status;
	size_t size;

	hvb_demand_figure(now, &dm->last_counters, committed_pages, &demand);
	size = hvb_msg_status(&status, atomic_inc_return(&dm->trans_id),
			      &demand,
			      READ_ONCE(dm->params->extension) == HVB_EXT_FLAG,
			      dm->is_hot);
	if (hvb_vsc_try_send(dm, &status, size))
		return;
	trace_hvb_status(&demand);
	hvb_count(dm, HVB_COUNT_STATUS);
	hvb_burst_asked(&dm->burst, asks_for_more(now, &demand), now_us);
	dm->last_counters = *now;
	WRITE_ONCE(dm->last_committed, demand.num_committed);
}

/* The experimental request: what the guest would have beyond its size. */
static void request(struct hvb_device *dm, const struct hvb_counters *now,
		    u64 committed_pages)
{
	u64 has = now->total_pages + now->ballooned_pages + now->offline_pages;
	struct dm_hot_add msg;

	if (READ_ONCE(dm->params->extension) != HVB_EXT_REQUEST ||
	    committed_pages <= has)
		return;
	hvb_vsc_try_send(dm, &msg,
			 hvb_msg_want(&msg, atomic_inc_return(&dm->trans_id),
				      committed_pages - has));
}

static void note_signal(struct hvb_device *dm, enum hvb_signal signal,
			u64 now_us)
{
	trace_hvb_signal(signal);
	hvb_burst_signal(&dm->burst, signal, now_us);
}

/* Return: true when something happened that is worth a report at once. */
static bool take_signals(struct hvb_device *dm, u64 now_us)
{
	unsigned long signals = xchg(&dm->signals, 0);
	int arrivals = atomic_read(&dm->arrivals);
	enum hvb_signal signal;
	bool urgent = false;

	/* What we reclaim for the host can look like pressure; it is less. */
	if (hvb_pressure_take(dm, HVB_PSI_TRIGGER, now_us))
		signals |= READ_ONCE(dm->inflating) ? BIT(HVB_SIGNAL_SOME) :
						      BIT(HVB_SIGNAL_FULL);
	if (hvb_pressure_take(dm, HVB_PSI_EARLY, now_us))
		signals |= BIT(HVB_SIGNAL_SOME);
	for (signal = 0; signal < HVB_SIGNALS; signal++) {
		if (!(signals & BIT(signal)))
			continue;
		urgent |= signal > HVB_SIGNAL_RECLAIM || !dm->is_hot;
		note_signal(dm, signal, now_us);
	}
	if (arrivals != dm->arrivals_seen) {
		dm->arrivals_seen = arrivals;
		hvb_burst_arrived(&dm->burst, now_us);
		urgent = true;
	}
	return urgent;
}

static bool take_sample(struct hvb_device *dm, const struct hvb_counters *now,
			const struct hvb_need *need, u64 now_us)
{
	const struct hvb_sample sample = {
		.now_us = now_us,
		.task_pages = now->task_pages,
		.avail_pages = now->avail_pages,
		.need_pages = need->need_pages,
		.headroom_pages = need->headroom_pages,
	};
	enum hvb_signal signal;
	bool urgent;

	urgent = hvb_burst_sample(&dm->burst, &sample,
				  READ_ONCE(dm->params->burst_decay_s));
	if (urgent)
		note_signal(dm, HVB_SIGNAL_FORECAST, now_us);
	if (hvb_pressure_fallback(dm, now, &dm->looked_counters, &signal)) {
		note_signal(dm, signal, now_us);
		urgent = true;
	}
	dm->looked_counters = *now;
	return urgent;
}

static void judge(struct hvb_device *dm, const struct hvb_counters *now,
		  u64 now_us)
{
	switch (hvb_burst_judge(&dm->burst, now_us)) {
	case HVB_VERDICT_UNANSWERED:
		hvb_count(dm, HVB_COUNT_UNANSWERED);
		hvb_unanswered_say(dm, now, now_us);
		break;
	case HVB_VERDICT_OVER:
		hvb_unanswered_over(dm);
		break;
	case HVB_VERDICT_NOTHING:
		break;
	}
}

static void tell_host(struct hvb_device *dm, const struct hvb_counters *now,
		      const struct hvb_need *need, bool is_urgent, u64 now_us)
{
	u64 committed_pages = need->need_pages +
			      hvb_burst_boost(&dm->burst, need->need_pages,
					      READ_ONCE(dm->max_page_count));

	if (READ_ONCE(dm->suppress_reports) || hvb_status_is_delayed(dm))
		return;
	report(dm, now, committed_pages, now_us);
	if (is_urgent)
		request(dm, now, committed_pages);
}

/* Return: microseconds until it must look again. */
static u64 look(struct hvb_device *dm)
{
	unsigned int interval_ms = READ_ONCE(dm->params->burst_interval_ms);
	u64 now_us = ktime_to_us(ktime_get()) + 1;
	struct hvb_burst *burst = &dm->burst;
	struct hvb_counters now;
	struct hvb_need need;
	enum hvb_due due;

	burst->is_urgent |= take_signals(dm, now_us);
	hvb_pressure_tend(dm, now_us);
	hvb_counters_read(dm, &now);
	trace_hvb_look(&now);
	hvb_demand_look(&now, &need);
	burst->is_urgent |= take_sample(dm, &now, &need, now_us);
	WRITE_ONCE(dm->is_hot, hvb_burst_is_hot(burst, now_us));
	WRITE_ONCE(dm->ahead_pages, hvb_burst_ahead(burst));
	WRITE_ONCE(dm->looked_us, now_us);
	WRITE_ONCE(dm->look_wanted, false);
	wake_up(&dm->look_wait);
	judge(dm, &now, now_us);

	due = hvb_burst_due(burst, interval_ms, now_us);
	if (due == HVB_DUE_OUT_OF_BAND)
		hvb_count(dm, HVB_COUNT_OUT_OF_BAND);
	if (due != HVB_DUE_LATER) {
		bool is_urgent = burst->is_urgent;

		hvb_burst_told(burst, now_us);
		tell_host(dm, &now, &need, is_urgent, now_us);
	}
	return hvb_burst_wait_us(burst, interval_ms, now_us);
}

static bool has_work(struct hvb_device *dm)
{
	unsigned long signals = READ_ONCE(dm->signals);

	if (dm->is_hot)
		signals &= ~BIT(HVB_SIGNAL_RECLAIM);
	return kthread_should_stop() || READ_ONCE(dm->psi_request) ||
	       READ_ONCE(dm->look_wanted) || signals ||
	       hvb_pressure_is_woken(dm) ||
	       atomic_read(&dm->arrivals) != dm->arrivals_seen;
}

static void serve_psi_request(struct hvb_device *dm)
{
	struct hvb_psi_request *req = xchg(&dm->psi_request, NULL);

	if (!req)
		return;
	req->err = hvb_pressure_set(dm, req->which, req->text);
	complete(&req->done);
}

static int reporter(void *data)
{
	struct hvb_device *dm = data;

	/* It does little, and when it is needed everybody wants to run. */
	set_user_nice(current, MIN_NICE);
	while (!kthread_should_stop()) {
		u64 wait_us;

		serve_psi_request(dm);
		wait_us = look(dm);
		wait_event_interruptible_timeout(dm->report_wait, has_work(dm),
						 usecs_to_jiffies(wait_us) ?: 1);
	}
	hvb_pressure_stop(dm);
	return 0;
}

/**
 * hvb_status_set_psi() - have the reporter change a PSI trigger
 * @dm: the device
 * @which: which of the two
 * @text: in PSI's words, or empty for none
 *
 * Context: may sleep; called by devices.c under a lock, so that the reporter stays
 * and there is one change at a time.
 * Return: 0; or what PSI said, and then the old trigger stays armed.
 */
int hvb_status_set_psi(struct hvb_device *dm, enum hvb_psi_which which,
		       const char *text)
{
	struct hvb_psi_request req = { .which = which, .text = text };

	init_completion(&req.done);
	WRITE_ONCE(dm->psi_request, &req);
	hvb_status_wake(dm);
	wait_for_completion(&req.done);
	return req.err;
}

/**
 * hvb_status_start() - begin to report
 * @dm: the device; the handshake is over
 *
 * Context: may sleep.
 * Return: 0; or what creating the thread says.
 */
int hvb_status_start(struct hvb_device *dm)
{
	struct task_struct *task;

	hvb_burst_init(&dm->burst);
	hvb_counters_read(dm, &dm->last_counters);
	dm->looked_counters = dm->last_counters;
	task = kthread_create(reporter, dm, "hv_balloon");
	if (IS_ERR(task)) {
		dev_err_ratelimited(dm->dev, "the reporter doesn't start (%ld)\n",
				    PTR_ERR(task));
		return PTR_ERR(task);
	}
	hvb_devices_set_reporter(dm, task);
	wake_up_process(task);
	return 0;
}

/**
 * hvb_status_stop() - end reporting
 * @dm: the device
 *
 * Context: may sleep; waits for a report that is being sent.
 */
void hvb_status_stop(struct hvb_device *dm)
{
	struct task_struct *task = dm->reporter;

	if (!task)
		return;
	hvb_devices_set_reporter(dm, NULL);
	kthread_stop(task);
}
