/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the suites' random numbers come from: see random.c. */
#ifndef _HVB_TEST_RANDOM_H
#define _HVB_TEST_RANDOM_H

#include <linux/prandom.h>

struct kunit;

u32 random_begin(struct kunit *test, struct rnd_state *rnd, u32 turn);
unsigned int random_messages(void);

/* A number below @end, which isn't 0. */
static inline u32 random_below(struct rnd_state *rnd, u32 end)
{
	return prandom_u32_state(rnd) % end;
}

#endif
