/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for a file without a descriptor: see watch.c. */
#ifndef _HVB_WATCH_H
#define _HVB_WATCH_H

#include <linux/poll.h>
#include <linux/wait.h>

struct file;

/**
 * struct hvb_watch - a file that is waited for
 * @file: the file
 * @sleepers: wait queue to wake up
 * @head: the file's wait queue; NULL if it has none, or none any more
 * @entry: ours in @head
 * @table: brings us @head
 * @woken: @entry was called since the last look
 */
struct hvb_watch {
	struct file *file;
	wait_queue_head_t *sleepers;
	wait_queue_head_t *head;
	wait_queue_entry_t entry;
	poll_table table;
	bool woken;
};

/**
 * hvb_watch_is_woken() - did anything happen to the file?
 * @watch: a watch that was started
 *
 * Context: any.
 * Return: true if something did since hvb_watch_ask().
 */
static inline bool hvb_watch_is_woken(const struct hvb_watch *watch)
{
	return READ_ONCE(watch->woken);
}

__poll_t hvb_watch_start(struct hvb_watch *watch, struct file *file,
			 wait_queue_head_t *sleepers);
void hvb_watch_stop(struct hvb_watch *watch);
__poll_t hvb_watch_ask(struct hvb_watch *watch);

#endif
