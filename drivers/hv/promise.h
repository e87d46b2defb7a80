/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel promises its tasks: see promise.c. */
#ifndef _HVB_PROMISE_H
#define _HVB_PROMISE_H

#include <linux/types.h>

struct hvb_counters;

/**
 * enum hvb_overcommit - what the kernel promises, as vm.overcommit_memory says
 * @HVB_OVERCOMMIT_GUESS: one promise may be as large as memory and swap
 * @HVB_OVERCOMMIT_ALWAYS: all is promised
 * @HVB_OVERCOMMIT_NEVER: all promises together have a limit
 */
enum hvb_overcommit {
	HVB_OVERCOMMIT_GUESS,
	HVB_OVERCOMMIT_ALWAYS,
	HVB_OVERCOMMIT_NEVER,
};

u64 hvb_promise_tasks(const struct hvb_counters *now);
u64 hvb_promise_size(const struct hvb_counters *now);
u64 hvb_promise_room(const struct hvb_counters *now);
u64 hvb_promise_most(const struct hvb_counters *now, u64 max_pages);
u64 hvb_promise_largest(const struct hvb_counters *now);
bool hvb_promise_is_refused(const struct hvb_counters *now, u64 max_pages);
u64 hvb_promise_shown(const struct hvb_counters *now, u64 wanted_pages,
		      u64 max_pages);

#endif
