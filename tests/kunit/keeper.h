/* SPDX-License-Identifier: GPL-2.0-only */
/* An admin whose block moves for long: see keeper.c. */
#ifndef _HVB_TEST_KEEPER_H
#define _HVB_TEST_KEEPER_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/notifier.h>
#include <linux/workqueue.h>

/**
 * struct keeper - an admin whose block moves for long
 * @nb: holds the block up when it is about to move
 * @start: its first page
 * @state: what it is set to
 * @answer: 0 if it may move in the end; or an errno
 * @has_it: it is held up, and so the hotplug lock is held
 * @may_go: it needn't be any more
 * @work: sets the block to that state
 * @later: lets it go
 * @err: what the admin is told
 */
struct keeper {
	struct notifier_block nb;
	unsigned long start;
	const char *state;
	int answer;
	struct completion has_it;
	struct completion may_go;
	struct work_struct work;
	struct delayed_work later;
	int err;
};

struct keeper *keeper_begin(struct kunit *test, unsigned long start,
			    const char *state, int answer);
void keeper_lets_go(struct keeper *keeper, unsigned int ms);
int keeper_end(struct keeper *keeper);

#endif
