/* SPDX-License-Identifier: GPL-2.0-only */
/* The reporter's inbox: see signs.c. */
#ifndef _HVB_SIGNS_H
#define _HVB_SIGNS_H

#include <linux/atomic.h>
#include <linux/wait.h>

#include "burst.h"

struct task_struct;

/**
 * struct hvb_signs - the reporter's inbox
 */
struct hvb_signs {
	/** @wake: wakes up the reporter */
	wait_queue_head_t wake;
	/** @signals: bits of enum hvb_signal not taken yet */
	unsigned long signals;
	/** @reclaimed_at: jiffies when the kernel last reclaimed, 0 for never */
	unsigned long reclaimed_at;
	/** @arrivals: how often memory arrived from the host */
	atomic_t arrivals;
	/** @arrival_wait: wakes up whoever waits for that */
	wait_queue_head_t arrival_wait;
	/** @giving: the task that is taking pages for the host, or NULL */
	struct task_struct *giving;
	/** @is_read: there is a reporter */
	bool is_read;
	/** @is_hot: it sees a burst, and looks often */
	bool is_hot;
	/** @look_wanted: somebody waits for the reporter to look at memory */
	bool look_wanted;
	/** @look_wait: wakes up whoever waits for that */
	wait_queue_head_t look_wait;
	/** @looked_us: when the reporter last looked */
	u64 looked_us;
	/** @ahead_pages: what must not be given: see hvb_signs_ahead() */
	u64 ahead_pages;
	/** @lasting_pages: of these, what won't be over with a burst */
	u64 lasting_pages;
};

void hvb_signs_init(struct hvb_signs *signs);
wait_queue_head_t *hvb_signs_queue(struct hvb_signs *signs);
void hvb_signs_wake(struct hvb_signs *signs);
void hvb_signs_post(struct hvb_signs *signs, enum hvb_signal signal);
void hvb_signs_reclaim(struct hvb_signs *signs);
bool hvb_signs_is_reclaiming(const struct hvb_signs *signs);
void hvb_signs_arrived(struct hvb_signs *signs);
int hvb_signs_arrivals(const struct hvb_signs *signs);
bool hvb_signs_await_arrival(struct hvb_signs *signs, int before,
			     unsigned int wait_ms);
void hvb_signs_set_giving(struct hvb_signs *signs, bool is_giving);
bool hvb_signs_is_giving(const struct hvb_signs *signs);
u64 hvb_signs_ahead(struct hvb_signs *signs);
u64 hvb_signs_lasting(const struct hvb_signs *signs);

void hvb_signs_set_read(struct hvb_signs *signs, bool is_read);
bool hvb_signs_are_pending(const struct hvb_signs *signs, int arrivals_seen);
unsigned long hvb_signs_take(struct hvb_signs *signs);
void hvb_signs_looked(struct hvb_signs *signs, u64 ahead_pages,
		      u64 lasting_pages, bool is_hot, u64 now_us);

#endif
