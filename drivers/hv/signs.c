// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inbox of the reporter: signals of want, memory that arrived, looks that
 * somebody waits for. Everybody may post; the reporter reads.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/time64.h>

#include "signs.h"

/* What a look found so long ago will do for giving memory. */
#define FRESH_US	(100 * USEC_PER_MSEC)

/* Reclaim that was heard so long ago still goes on. */
#define RECLAIM_S	2

/**
 * hvb_signs_init() - nothing was posted yet
 * @signs: zeroed
 */
void hvb_signs_init(struct hvb_signs *signs)
{
	init_waitqueue_head(&signs->wake);
	init_waitqueue_head(&signs->arrival_wait);
	init_waitqueue_head(&signs->look_wait);
}

/**
 * hvb_signs_queue() - where the reporter waits
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
 * hvb_signs_wake() - have the reporter look
 * @signs: its inbox
 *
 * Context: any.
 */
void hvb_signs_wake(struct hvb_signs *signs)
{
	wake_up(&signs->wake);
}

/**
 * hvb_signs_post() - tell the reporter of a sign of want
 * @signs: its inbox
 * @signal: which
 *
 * During a burst the reporter looks often enough and isn't woken for reclaim.
 *
 * Context: any.
 */
void hvb_signs_post(struct hvb_signs *signs, enum hvb_signal signal)
{
	if (test_bit(signal, &signs->signals) ||
	    test_and_set_bit(signal, &signs->signals))
		return;
	if (signal > HVB_SIGNAL_RECLAIM || !READ_ONCE(signs->is_hot))
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

	if (READ_ONCE(signs->reclaimed_at) != now)
		WRITE_ONCE(signs->reclaimed_at, now);
	if (current != READ_ONCE(signs->giving))
		hvb_signs_post(signs, HVB_SIGNAL_RECLAIM);
}

/**
 * hvb_signs_is_reclaiming() - does the kernel reclaim for everybody?
 * @signs: the reporter's inbox
 *
 * Context: any.
 * Return: true when it did within the last seconds, for whom ever.
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
 * hvb_signs_arrivals() - how often did memory arrive?
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
 * @before: hvb_signs_arrivals() from when on it counts
 * @wait_ms: no longer than this
 *
 * Context: may sleep.
 * Return: true when some arrived.
 */
bool hvb_signs_await_arrival(struct hvb_signs *signs, int before,
			     unsigned int wait_ms)
{
	return wait_event_timeout(signs->arrival_wait,
				  hvb_signs_arrivals(signs) != before,
				  msecs_to_jiffies(wait_ms));
}

/**
 * hvb_signs_set_giving() - this task takes pages for the host, or no longer
 * @signs: the reporter's inbox
 * @is_giving: which of the two
 *
 * What is reclaimed for the host is no sign of want.
 *
 * Context: any.
 */
void hvb_signs_set_giving(struct hvb_signs *signs, bool is_giving)
{
	WRITE_ONCE(signs->giving, is_giving ? current : NULL);
}

/**
 * hvb_signs_is_giving() - does a task take pages for the host?
 * @signs: the reporter's inbox
 *
 * Context: any.
 * Return: true when one does.
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
 * Context: may sleep, no longer than some looks take.
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
 * hvb_signs_set_read() - there is a reporter, or none any more
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
 * hvb_signs_are_pending() - is there something for the reporter?
 * @signs: its inbox
 * @arrivals_seen: hvb_signs_arrivals() when it last looked
 *
 * Context: any.
 * Return: true when there is.
 */
bool hvb_signs_are_pending(const struct hvb_signs *signs, int arrivals_seen)
{
	unsigned long signals = READ_ONCE(signs->signals);

	if (READ_ONCE(signs->is_hot))
		signals &= ~BIT(HVB_SIGNAL_RECLAIM);
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
 * @is_hot: it sees a burst
 * @now_us: when
 *
 * Context: the reporter.
 */
void hvb_signs_looked(struct hvb_signs *signs, u64 ahead_pages, bool is_hot,
		      u64 now_us)
{
	WRITE_ONCE(signs->is_hot, is_hot);
	WRITE_ONCE(signs->ahead_pages, ahead_pages);
	WRITE_ONCE(signs->looked_us, now_us);
	WRITE_ONCE(signs->look_wanted, false);
	wake_up(&signs->look_wait);
}
