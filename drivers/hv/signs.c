// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reporter's inbox: signs that memory is short, memory that arrived, looks
 * that somebody waits for. Anyone may post; the reporter reads.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/time64.h>

#include "signs.h"

/* How old a look at memory may be to decide about giving. */
#define FRESH_US	(100 * USEC_PER_MSEC)

/* Reclaim that was heard so long ago still goes on. */
#define RECLAIM_S	2

/*
 * Reclaim is heard up to thousands of times a second. After a look it is no reason
 * for the next one for so long.
 */
static bool has_just_looked(const struct hvb_signs *signs)
{
	return READ_ONCE(signs->is_hot) ||
	       ktime_to_us(ktime_get()) < READ_ONCE(signs->looked_us) + FRESH_US;
}

/**
 * hvb_signs_init() - set up an empty inbox
 * @signs: zeroed
 */
void hvb_signs_init(struct hvb_signs *signs)
{
	init_waitqueue_head(&signs->wake);
	init_waitqueue_head(&signs->arrival_wait);
	init_waitqueue_head(&signs->look_wait);
}

/**
 * hvb_signs_queue() - the queue that the reporter waits on
 * @signs: its inbox
 *
 * Context: any.
 * Return: the queue.
 */
wait_queue_head_t *hvb_signs_queue(struct hvb_signs *signs)
{
	return &signs->wake;
}

/**
 * hvb_signs_wake() - wake up the reporter
 * @signs: its inbox
 *
 * Context: any.
 */
void hvb_signs_wake(struct hvb_signs *signs)
{
	wake_up(&signs->wake);
}

/**
 * hvb_signs_post() - tell the reporter that memory is short
 * @signs: its inbox
 * @signal: what shows it
 *
 * Reclaim doesn't wake it up when it looks often, or just has: then the next
 * glance finds it.
 *
 * Context: any.
 */
void hvb_signs_post(struct hvb_signs *signs, enum hvb_signal signal)
{
	if (test_bit(signal, &signs->signals) ||
	    test_and_set_bit(signal, &signs->signals))
		return;
	if (signal > HVB_SIGNAL_RECLAIM || !has_just_looked(signs))
		hvb_signs_wake(signs);
}

/**
 * hvb_signs_reclaim() - the kernel reclaims for everybody
 * @signs: the reporter's inbox
 *
 * What the task reclaims that gives pages to the host is no sign of want.
 *
 * Context: any; often, so it writes only what changed.
 */
void hvb_signs_reclaim(struct hvb_signs *signs)
{
	unsigned long now = jiffies;

	if (current == READ_ONCE(signs->giving))
		return;
	if (READ_ONCE(signs->reclaimed_at) != now)
		WRITE_ONCE(signs->reclaimed_at, now);
	hvb_signs_post(signs, HVB_SIGNAL_RECLAIM);
}

/**
 * hvb_signs_is_reclaiming() - does the kernel reclaim for everybody?
 * @signs: the reporter's inbox
 *
 * Context: any.
 * Return: true when it did within the last seconds, but for the host.
 */
bool hvb_signs_is_reclaiming(const struct hvb_signs *signs)
{
	unsigned long at = READ_ONCE(signs->reclaimed_at);

	return at && time_before(jiffies, at + RECLAIM_S * HZ);
}

/**
 * hvb_signs_arrived() - memory arrived from the host
 * @signs: the reporter's inbox
 *
 * Context: any.
 */
void hvb_signs_arrived(struct hvb_signs *signs)
{
	atomic_inc(&signs->arrivals);
	wake_up(&signs->arrival_wait);
	hvb_signs_wake(signs);
}

/**
 * hvb_signs_arrivals() - how often has memory arrived?
 * @signs: the reporter's inbox
 *
 * Context: any.
 * Return: the number, which wraps around.
 */
int hvb_signs_arrivals(const struct hvb_signs *signs)
{
	return atomic_read(&signs->arrivals);
}

/**
 * hvb_signs_await_arrival() - wait for memory to arrive
 * @signs: the reporter's inbox
 * @before: hvb_signs_arrivals() to compare with
 * @wait_ms: how long to wait at most
 *
 * Context: may sleep.
 * Return: true if some arrived.
 */
bool hvb_signs_await_arrival(struct hvb_signs *signs, int before,
			     unsigned int wait_ms)
{
	return wait_event_timeout(signs->arrival_wait,
				  hvb_signs_arrivals(signs) != before,
				  msecs_to_jiffies(wait_ms));
}

/**
 * hvb_signs_set_giving() - this task starts or stops taking pages for the host
 * @signs: the reporter's inbox
 * @is_giving: which of the two
 *
 * Reclaim for the host doesn't show that memory is short.
 *
 * Context: any.
 */
void hvb_signs_set_giving(struct hvb_signs *signs, bool is_giving)
{
	WRITE_ONCE(signs->giving, is_giving ? current : NULL);
}

/**
 * hvb_signs_is_giving() - is a task taking pages for the host?
 * @signs: the reporter's inbox
 *
 * Context: any.
 * Return: true if one is.
 */
bool hvb_signs_is_giving(const struct hvb_signs *signs)
{
	return READ_ONCE(signs->giving);
}

/**
 * hvb_signs_ahead() - what must stay, besides the floor?
 * @signs: the reporter's inbox
 *
 * What a burst will want before the host can answer, and page cache that is a
 * working set. When the last look was some time ago the reporter is sent to look
 * again.
 *
 * Context: may sleep, but not much longer than a look takes.
 * Return: pages of 4 KiB.
 */
u64 hvb_signs_ahead(struct hvb_signs *signs)
{
	u64 now_us = ktime_to_us(ktime_get());

	if (READ_ONCE(signs->is_read) &&
	    now_us > READ_ONCE(signs->looked_us) + FRESH_US) {
		WRITE_ONCE(signs->look_wanted, true);
		hvb_signs_wake(signs);
		wait_event_timeout(signs->look_wait,
				   !READ_ONCE(signs->look_wanted),
				   usecs_to_jiffies(FRESH_US));
	}
	return READ_ONCE(signs->ahead_pages);
}

/**
 * hvb_signs_lasting() - what of that won't be over with a burst?
 * @signs: the reporter's inbox
 *
 * Context: any.
 * Return: pages of 4 KiB: page cache that is a working set.
 */
u64 hvb_signs_lasting(const struct hvb_signs *signs)
{
	return READ_ONCE(signs->lasting_pages);
}

/**
 * hvb_signs_set_read() - there is a reporter, or no longer
 * @signs: its inbox
 * @is_read: which of the two
 *
 * Context: any.
 */
void hvb_signs_set_read(struct hvb_signs *signs, bool is_read)
{
	WRITE_ONCE(signs->is_read, is_read);
}

/**
 * hvb_signs_are_pending() - is there anything for the reporter?
 * @signs: its inbox
 * @arrivals_seen: hvb_signs_arrivals() at its last look
 *
 * Context: any.
 * Return: true if there is.
 */
bool hvb_signs_are_pending(const struct hvb_signs *signs, int arrivals_seen)
{
	unsigned long signals = READ_ONCE(signs->signals);

	if (signals == BIT(HVB_SIGNAL_RECLAIM) && has_just_looked(signs))
		signals = 0;
	return signals || READ_ONCE(signs->look_wanted) ||
	       hvb_signs_arrivals(signs) != arrivals_seen;
}

/**
 * hvb_signs_take() - take the signals that were posted
 * @signs: the reporter's inbox
 *
 * Context: the reporter.
 * Return: bits of enum hvb_signal.
 */
unsigned long hvb_signs_take(struct hvb_signs *signs)
{
	return xchg(&signs->signals, 0);
}

/**
 * hvb_signs_looked() - the reporter has looked at memory
 * @signs: its inbox
 * @ahead_pages: what must not be given, 4 KiB pages
 * @lasting_pages: of these, what won't be over with a burst
 * @is_hot: it sees a burst
 * @now_us: when
 *
 * Context: the reporter.
 */
void hvb_signs_looked(struct hvb_signs *signs, u64 ahead_pages,
		      u64 lasting_pages, bool is_hot, u64 now_us)
{
	WRITE_ONCE(signs->is_hot, is_hot);
	WRITE_ONCE(signs->ahead_pages, ahead_pages);
	WRITE_ONCE(signs->lasting_pages, lasting_pages);
	WRITE_ONCE(signs->looked_us, now_us);
	if (!READ_ONCE(signs->look_wanted))
		return;
	WRITE_ONCE(signs->look_wanted, false);
	wake_up(&signs->look_wait);
}
