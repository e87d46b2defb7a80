// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the seed of all that is random in the suites, and how much of it there
 * is: parameters of the test module.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/random.h>

#include "random.h"

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of all random numbers; 0 takes a new one");

static unsigned int messages = 100000;
module_param(messages, uint, 0444);
MODULE_PARM_DESC(messages, "that the driver is fuzzed with");

/**
 * random_begin() - begin with random numbers, and print the seed
 * @test: the test
 * @rnd: their state
 * @turn: 0, or which turn it is of a test that has several
 *
 * A turn of one seed is the first turn of that seed and the turn's number.
 *
 * Return: the seed.
 */
u32 random_begin(struct kunit *test, struct rnd_state *rnd, u32 turn)
{
	if (!seed)
		seed = get_random_u32();
	kunit_info(test, "seed=%u", seed + turn);
	prandom_seed_state(rnd, seed + turn);
	return seed + turn;
}

unsigned int random_messages(void)
{
	return messages;
}
