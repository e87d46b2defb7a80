// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reporter: the thread that tells the host how much memory the guest needs.
 *
 * It reports once a second. When signals of need arrive (burst.c), it reports
 * at once and then at the fast cadence. When nothing happens, it sleeps between
 * the ticks while a timer glances at what is free, and wakes it when that is less.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/time64.h>
#include <linux/timer.h>

#include "base.h"
#include "channel.h"
#include "compat.h"
#include "conversation.h"
#include "counters.h"
#include "memory.h"
#include "promise.h"
#include "reporter.h"
#include "signs.h"
#include "trace.h"

/* How old the events may be that a look goes by. */
#define EVENTS_US	(10 * USEC_PER_SEC)

static void note_signal(struct hvb_reporter *rep, enum hvb_signal signal,
			u64 now_us)
{
	trace_hvb_signal(signal);
	hvb_burst_signal(&rep->burst, signal, now_us);
}

/* Bits of the signals from PSI. */
static unsigned long psi_signals(struct hvb_reporter *rep, u64 now_us)
{
	unsigned long signals = 0;

	/* Reclaim for the host can look like pressure; it counts for less. */
	if (hvb_pressure_fired(&rep->pressure, HVB_PSI_TRIGGER, now_us))
		signals |= hvb_signs_is_giving(rep->signs) ?
				   BIT(HVB_SIGNAL_SOME) : BIT(HVB_SIGNAL_FULL);
	if (hvb_pressure_fired(&rep->pressure, HVB_PSI_EARLY, now_us))
		signals |= BIT(HVB_SIGNAL_SOME);
	return signals;
}

/* Those of the signals that say that the guest is short. */
static unsigned long of_guest(struct hvb_reporter *rep, unsigned long signals)
{
	unsigned long ours = hvb_scarcity_signals(&rep->scarcity, signals);

	if ((signals ^ ours) & HVB_SIGNALS_PSI)
		hvb_base_count(rep->base, HVB_COUNT_ELSEWHERE);
	return ours;
}

/* Return: true if something happened that is worth reporting at once. */
static bool take_signals(struct hvb_reporter *rep, unsigned long signals,
			 u64 now_us)
{
	int arrivals = hvb_signs_arrivals(rep->signs);
	enum hvb_signal signal;
	bool urgent = false;

	for (signal = 0; signal < HVB_SIGNALS; signal++) {
		if (!(signals & BIT(signal)))
			continue;
		urgent |= signal > HVB_SIGNAL_RECLAIM || !rep->is_hot;
		note_signal(rep, signal, now_us);
	}
	if (arrivals != rep->arrivals_seen) {
		rep->arrivals_seen = arrivals;
		hvb_burst_arrived(&rep->burst, now_us);
		urgent = true;
	}
	return urgent;
}

static bool take_sample(struct hvb_reporter *rep, const struct hvb_counters *now,
			const struct hvb_need *need, u64 now_us)
{
	const struct hvb_sample sample = {
		.now_us = now_us,
		.task_pages = max(now->task_pages, hvb_promise_tasks(now)),
		.avail_pages = hvb_promise_room(now),
		.need_pages = need->need_pages,
		.headroom_pages = need->headroom_pages,
		.away_pages = need->away_pages,
		.free_pages = now->free_pages,
	};
	enum hvb_signal signal;
	bool urgent;

	urgent = hvb_forecast_sample(&rep->burst, &sample,
				     READ_ONCE(rep->base->params->burst_decay_s));
	if (urgent)
		note_signal(rep, HVB_SIGNAL_FORECAST, now_us);
	if (rep->scarcity.is_short &&
	    hvb_pressure_fallback(&rep->pressure, now, &rep->looked_counters,
				  &signal)) {
		note_signal(rep, signal, now_us);
		urgent = true;
	}
	rep->looked_counters = *now;
	return urgent;
}

/*
 * Events are counted for each CPU. While nobody reclaims next to none of those
 * that matter happen, so they are read now and then.
 */
static void read_counters(struct hvb_reporter *rep, struct hvb_counters *now,
			  u64 now_us)
{
	const struct hvb_counters *last = &rep->looked_counters;

	if (hvb_signs_is_reclaiming(rep->signs) ||
	    now_us - rep->events_us >= EVENTS_US) {
		rep->events_us = now_us;
		last = NULL;
	}
	hvb_memory_read(rep->mem, last, now);
}

/* Return: microseconds until the next glance. */
static u64 look(struct hvb_reporter *rep)
{
	unsigned int interval_ms = READ_ONCE(rep->base->params->burst_interval_ms);
	u64 now_us = ktime_to_us(ktime_get()) + 1;
	struct hvb_burst *burst = &rep->burst;
	unsigned long signals;
	struct hvb_counters now;
	struct hvb_agreed agreed;
	struct hvb_need need;
	enum hvb_due due;

	signals = hvb_signs_take(rep->signs);
	hvb_conversation_agreed(rep->conv, &agreed);
	hvb_memory_tend(rep->mem, agreed.max_page_count);
	read_counters(rep, &now, now_us);
	trace_hvb_look(&now);
	hvb_report_sizes(rep, &now, &agreed);
	hvb_scarcity_look(&rep->scarcity, signals & BIT(HVB_SIGNAL_RECLAIM),
			  &now, now_us);
	hvb_scarcity_apply(&rep->scarcity, &now);
	hvb_workingset_look(&rep->workingset, &now, now_us);
	now.workingset_pages = rep->workingset.pages;
	signals = of_guest(rep, signals | psi_signals(rep, now_us));
	burst->is_urgent |= take_signals(rep, signals, now_us);
	hvb_pressure_tend(&rep->pressure, now_us);
	hvb_demand_look(&now, &need);
	burst->is_urgent |= take_sample(rep, &now, &need, now_us);
	rep->is_hot = hvb_burst_is_hot(burst, now_us);
	hvb_signs_looked(rep->signs,
			 hvb_forecast_ahead(burst) + now.workingset_pages,
			 now.workingset_pages, rep->is_hot, now_us);
	hvb_report_judge(rep, &now, &agreed, now_us);
	hvb_report_promises(rep, &now, &agreed, now_us);

	due = hvb_burst_due(burst, interval_ms, now_us);
	if (due == HVB_DUE_OUT_OF_BAND)
		hvb_base_count(rep->base, HVB_COUNT_OUT_OF_BAND);
	if (due != HVB_DUE_LATER) {
		bool is_urgent = burst->is_urgent;

		hvb_burst_told(burst, now_us);
		hvb_report_send(rep, &now, &need, &agreed, is_urgent, now_us);
	}
	return hvb_burst_wait_us(burst, interval_ms, now_us);
}

static bool has_work(struct hvb_reporter *rep)
{
	return READ_ONCE(rep->psi_request) ||
	       hvb_pressure_is_woken(&rep->pressure) ||
	       hvb_signs_are_pending(rep->signs, rep->arrivals_seen);
}

/* Return: microseconds until the next glance, or 0 when it is time for a look. */
static u64 glance(struct hvb_reporter *rep)
{
	unsigned int interval_ms = READ_ONCE(rep->base->params->burst_interval_ms);
	u64 now_us = ktime_to_us(ktime_get()) + 1;
	struct hvb_glance seen;

	hvb_counters_glance(&seen);
	if (has_work(rep) ||
	    hvb_burst_due(&rep->burst, interval_ms, now_us) != HVB_DUE_LATER ||
	    hvb_forecast_glance(&rep->burst, seen.free_pages, now_us))
		return 0;
	return hvb_burst_wait_us(&rep->burst, interval_ms, now_us);
}

static void glance_after(struct hvb_reporter *rep, u64 wait_us)
{
	mod_timer(&rep->timer, jiffies + (usecs_to_jiffies(wait_us) ?: 1));
}

/*
 * Waking the thread up costs many times what a glance does, so a timer glances
 * while the thread sleeps, and only then: one of them at a time has the state.
 */
static void glance_asleep(struct timer_list *timer)
{
	struct hvb_reporter *rep = container_of(timer, struct hvb_reporter, timer);
	u64 wait_us = glance(rep);

	if (wait_us) {
		glance_after(rep, wait_us);
		return;
	}
	WRITE_ONCE(rep->is_due, true);
	hvb_signs_wake(rep->signs);
}

static void sleep_for(struct hvb_reporter *rep, u64 wait_us)
{
	wait_queue_head_t *queue = hvb_signs_queue(rep->signs);

	rep->is_due = false;
	glance_after(rep, wait_us);
	wait_event_interruptible(*queue, READ_ONCE(rep->is_due) || has_work(rep) ||
				 kthread_should_stop());
	timer_delete_sync(&rep->timer);
}

static void serve_psi_request(struct hvb_reporter *rep)
{
	struct hvb_psi_request *req = xchg(&rep->psi_request, NULL);

	if (!req)
		return;
	req->err = hvb_pressure_set(&rep->pressure, req->which, req->text);
	complete(&req->done);
}

static int report_on(void *data)
{
	struct hvb_reporter *rep = data;

	/* It does little, and is needed just when everybody wants to run. */
	set_user_nice(current, MIN_NICE);
	while (!kthread_should_stop()) {
		serve_psi_request(rep);
		sleep_for(rep, look(rep));
	}
	hvb_pressure_stop(&rep->pressure);
	return 0;
}

/**
 * hvb_reporter_init() - set up, without a thread yet
 * @rep: zeroed
 * @base: of the device
 * @channel: where reports go
 * @signs: its inbox
 * @mem: the guest's memory
 * @conv: what the host said
 */
void hvb_reporter_init(struct hvb_reporter *rep, struct hvb_base *base,
		       struct hvb_channel *channel, struct hvb_signs *signs,
		       struct hvb_memory *mem,
		       const struct hvb_conversation *conv)
{
	rep->base = base;
	rep->channel = channel;
	rep->signs = signs;
	rep->mem = mem;
	rep->conv = conv;
	timer_setup(&rep->timer, glance_asleep, 0);
	hvb_pressure_init(&rep->pressure, base, hvb_signs_queue(signs));
}

/**
 * hvb_reporter_create() - create the thread, without starting it
 * @rep: the reporter; the handshake is over
 * @task: filled in with the thread
 *
 * Context: may sleep.
 * Return: 0; or the error from creating the thread.
 */
int hvb_reporter_create(struct hvb_reporter *rep, struct task_struct **task)
{
	hvb_burst_init(&rep->burst);
	hvb_memory_read(rep->mem, NULL, &rep->last_counters);
	rep->looked_counters = rep->last_counters;
	memset(&rep->scarcity, 0, sizeof(rep->scarcity));
	memset(&rep->workingset, 0, sizeof(rep->workingset));
	WRITE_ONCE(rep->last_committed, 0);
	*task = kthread_create(report_on, rep, "hv_balloon");
	if (!IS_ERR(*task))
		return 0;
	dev_err_ratelimited(rep->base->dev, "the reporter doesn't start (%ld)\n",
			    PTR_ERR(*task));
	return PTR_ERR(*task);
}

/**
 * hvb_reporter_run() - start reporting
 * @rep: the reporter
 * @task: from hvb_reporter_create()
 *
 * It starts with the triggers that the admin has set.
 *
 * Context: may sleep; the caller keeps the triggers from changing.
 */
void hvb_reporter_run(struct hvb_reporter *rep, struct task_struct *task)
{
	hvb_pressure_begin(&rep->pressure, rep->base->params);
	rep->task = task;
	hvb_signs_set_read(rep->signs, true);
	wake_up_process(task);
}

/**
 * hvb_reporter_detach() - send no more changes of triggers to the reporter
 * @rep: the reporter
 *
 * Context: may sleep; the caller keeps the triggers from changing.
 * Return: the thread, for kthread_stop(); NULL if there is none.
 */
struct task_struct *hvb_reporter_detach(struct hvb_reporter *rep)
{
	struct task_struct *task = rep->task;

	hvb_signs_set_read(rep->signs, false);
	rep->task = NULL;
	return task;
}

/**
 * hvb_reporter_is_running() - is there a reporter?
 * @rep: the reporter
 *
 * Return: true if there is.
 */
bool hvb_reporter_is_running(const struct hvb_reporter *rep)
{
	return READ_ONCE(rep->task);
}

/**
 * hvb_reporter_set_psi() - have the reporter change a PSI trigger
 * @rep: the reporter, which is running
 * @which: which of the two
 * @text: in PSI's syntax, or empty for none
 *
 * Context: may sleep; the caller keeps the reporter running and makes one
 * change at a time.
 * Return: 0; or PSI's error, and then the old trigger stays armed.
 */
int hvb_reporter_set_psi(struct hvb_reporter *rep, enum hvb_psi_which which,
			 const char *text)
{
	struct hvb_psi_request req = { .which = which, .text = text };

	init_completion(&req.done);
	WRITE_ONCE(rep->psi_request, &req);
	hvb_signs_wake(rep->signs);
	wait_for_completion(&req.done);
	return req.err;
}

/**
 * hvb_reporter_facts() - what debugfs shows
 * @rep: the reporter
 * @facts: filled in
 *
 * Context: may sleep; the values may stem from different moments.
 */
void hvb_reporter_facts(struct hvb_reporter *rep,
			struct hvb_reporter_facts *facts)
{
	enum hvb_psi_which which;

	facts->is_running = hvb_reporter_is_running(rep);
	facts->is_hot = READ_ONCE(rep->is_hot);
	facts->last_committed = READ_ONCE(rep->last_committed);
	facts->burst = rep->burst;
	facts->scarcity = rep->scarcity;
	facts->workingset_pages = READ_ONCE(rep->workingset.pages);
	for (which = 0; which < HVB_PSI_TRIGGERS; which++)
		hvb_pressure_armed(&rep->pressure, which, facts->armed[which]);
	facts->missing = hvb_pressure_missing(&rep->pressure);
}
