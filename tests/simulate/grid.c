// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the cases: the lab's shapes by name; a grid of one burst in guests and on
 * hosts of all kinds; and cases drawn at random from wider ranges, with loads of
 * all kinds.
 */
#include "simulate.h"

#define GIB		1024.0
#define RESERVE		140.0	/* of the lab's guest of 1 GiB */
#define WIDE		3000
#define HOST_READY	50.0	/* a host does nothing before */

/**
 * struct shape - a burst of the lab's
 * @name: of its scenario
 * @nr: processes
 * @loads: what they do, with @start counted from the onset
 * @held: MiB that the guest has more
 * @ballooned: MiB that the host took before
 */
struct shape {
	const char *name;
	int nr;
	struct load loads[LOADS_MAX];
	double held, ballooned;
};

/* As in tests/lab/shapes.py; the guest touches 300 MiB/s at most. */
static const struct shape shapes[] = {
	{ "burst", 1, { { KIND_GROW, 1400, 100, 0 } } },
	{ "burst-fast", 1, { { KIND_GROW, 900, 300, 0 } } },
	{ "burst-four", 4, { { KIND_GROW, 300, 75, 0 },
			     { KIND_GROW, 300, 75, 0 },
			     { KIND_GROW, 300, 75, 0 },
			     { KIND_GROW, 300, 75, 0 } } },
	{ "burst-steep", 1, { { KIND_GROW, 1400, 300, 0 } } },
	{ "burst-step", 1, { { KIND_GROW, 800, 300, 0 } } },
	{ "burst-turns", 5, { { KIND_GROW, 250, 100, 0 },
			      { KIND_GROW, 250, 100, 3 },
			      { KIND_GROW, 250, 100, 6 },
			      { KIND_GROW, 250, 100, 9 },
			      { KIND_GROW, 250, 100, 12 } } },
	{ "burst-leak", 1, { { KIND_GROW, 1200, 6, 0 } } },
	{ "burst-committed", 1, { { KIND_PROMISED, 1400, 100, 0 } } },
	{ "burst-held", 1, { { KIND_GROW, 1200, 100, 0 } }, 1024 },
	{ "burst-back", 1, { { KIND_GROW, 1400, 300, 0 } }, 0, 4096 },
};

static const double guests[][2] = {	/* size, of it used */
	{ 512, 130 }, { 1 * GIB, 220 }, { 2 * GIB, 800 }, { 8 * GIB, 3 * GIB },
	{ 64 * GIB, 16 * GIB },
};

static const double bursts[] = { 0.5, 1, 1.5, 3 };	/* of the size */
static const double rates[] = { 30, 100, 300, 1000, 3000, 8000 };
static const double looks[] = { 0.1, 0.5, 2 };
static const double answers[] = { 0.1, 0.5, 1, 3 };
static const double buffers[] = { 0.05, 0.2, 0.5 };

#define GRID	((int)(ARRAY_SIZE(guests) * ARRAY_SIZE(bursts) * \
		       ARRAY_SIZE(rates) * ARRAY_SIZE(looks) * \
		       ARRAY_SIZE(answers) * ARRAY_SIZE(buffers)))

/**
 * struct dice - what is drawn at random: splitmix64
 * @state: made from the seed and the case's number
 */
struct dice {
	u64 state;
};

/* A number in [0, 1). */
static double roll(struct dice *dice)
{
	u64 x = dice->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return ((x ^ (x >> 31)) >> 11) / 9007199254740992.0;
}

/* As likely in each octave. */
static double between(struct dice *dice, double least, double most)
{
	return least * pow(most / least, roll(dice));
}

static bool chance(struct dice *dice, double share)
{
	return roll(dice) < share;
}

static void put_guest(struct setup *setup, double size, double base,
		      double reserve)
{
	setup->size = size;
	setup->guest.reserve = reserve;
	setup->guest.base = base;
	setup->guest.base_promised = base * 0.8;
	setup->guest.cache = size / 8;
	setup->guest.disk = 400;
	setup->host.least = fmin(size, 512);
}

static void put_host(struct setup *setup, double look, double answer,
		     double buffer, double step)
{
	setup->host.look = look;
	setup->host.answer = answer;
	setup->host.buffer = buffer;
	setup->host.step = step;
	setup->host.most = 1024 * 1024;
	setup->host.spare = 1024 * 1024;
	setup->host.ready = HOST_READY;
	setup->host.round = 300;
}

static void put_load(struct setup *setup, enum kind kind, double mib,
		     double rate, double start)
{
	struct load load = { kind, mib, rate, start };

	if (kind == KIND_SAWTOOTH)
		load.turns = 3;
	setup->guest.loads[setup->guest.nr_loads++] = load;
}

static void shape_case(int number, struct setup *setup)
{
	const struct shape *shape = &shapes[number];

	snprintf(setup->name, sizeof(setup->name), "%s", shape->name);
	put_guest(setup, GIB + shape->held, 200, RESERVE);
	put_host(setup, 0.05, 0.3, 0.2, 128);
	setup->host.in_turn = true;
	setup->host.most = 8 * GIB;
	setup->guest.disk = 100;
	setup->onset = 70;
	setup->guest.ballooned = shape->ballooned;
	for (int i = 0; i < shape->nr; i++)
		put_load(setup, shape->loads[i].kind, shape->loads[i].mib,
			 shape->loads[i].rate, 70 + shape->loads[i].start);
}

static void grid_one(int number, struct dice *dice, struct setup *setup)
{
	int at = number;
	double look, answer, buffer, rate, burst, size;

	look = looks[at % ARRAY_SIZE(looks)];
	at /= ARRAY_SIZE(looks);
	answer = answers[at % ARRAY_SIZE(answers)];
	at /= ARRAY_SIZE(answers);
	buffer = buffers[at % ARRAY_SIZE(buffers)];
	at /= ARRAY_SIZE(buffers);
	rate = rates[at % ARRAY_SIZE(rates)];
	at /= ARRAY_SIZE(rates);
	burst = bursts[at % ARRAY_SIZE(bursts)];
	at /= ARRAY_SIZE(bursts);
	size = guests[at][0];
	snprintf(setup->name, sizeof(setup->name),
		 "grid size=%g burst=%g rate=%g buffer=%g answer=%g look=%g",
		 size, burst * size, rate, buffer, answer, look);
	put_guest(setup, size, guests[at][1], 60 + size / 40);
	put_host(setup, look, answer, buffer, 128);
	setup->host.phase = look * roll(dice);
	setup->host.in_turn = chance(dice, 0.5);
	setup->onset = 60 + roll(dice);
	put_load(setup, KIND_GROW, burst * size, rate, setup->onset);
	/* Most bursts aren't the first, and hosts take back what the others had. */
	if (chance(dice, 0.5))
		setup->guest.ballooned = size * between(dice, 0.5, 4);
}

static void wide_loads(struct setup *setup, struct dice *dice)
{
	double size = setup->size, total = size * between(dice, 0.2, 4);
	double rate = between(dice, 8, 10240);
	int kind = roll(dice) * 10, nr = 1 + roll(dice) * 6;

	if (kind < 3) {		/* several, or one in steps */
		double gap = kind == 0 ? 0 : between(dice, 0.2, 10);

		for (int i = 0; i < nr; i++)
			put_load(setup, KIND_GROW, total / nr, rate,
				 setup->onset + i * gap);
	} else if (kind == 3) {	/* a step at once */
		put_load(setup, KIND_HUGE, fmin(total, size / 2), 10240,
			 setup->onset);
	} else if (kind == 4) {	/* a burst, and another that is larger */
		put_load(setup, KIND_GROW, total / 3, rate, setup->onset);
		put_load(setup, KIND_GROW, total * 2 / 3, rate,
			 setup->onset + between(dice, 10, 100));
	} else if (kind == 5) {	/* a leak */
		put_load(setup, KIND_GROW, fmin(total, 4000),
			 between(dice, 4, 64), setup->onset);
	} else if (kind == 6) {	/* beside page cache that is read once */
		put_load(setup, KIND_CACHE, 60 * 400, 400, setup->onset);
		put_load(setup, KIND_GROW, total, rate, setup->onset + 5);
	} else if (kind == 7) {	/* beside a container at its limit */
		put_load(setup, KIND_CONTAINER, 60, 1, setup->onset);
		put_load(setup, KIND_GROW, total / 8, rate, setup->onset + 20);
	} else {
		static const enum kind kinds[] = { KIND_PROMISED, KIND_SAWTOOTH,
						   KIND_HUGE, KIND_FORK };

		put_load(setup, kinds[nr % ARRAY_SIZE(kinds)], total, rate,
			 setup->onset);
	}
}

static void wide_case(struct dice *dice, struct setup *setup)
{
	double size = between(dice, 512, 1024 * 1024);
	bool is_lean = chance(dice, 0.2);

	put_guest(setup, size, size * between(dice, 0.1, 0.6),
		  60 + size * between(dice, 0.016, 0.1));
	put_host(setup, between(dice, 0.1, 5), between(dice, 0.05, 10),
		 between(dice, 0.05, 2), between(dice, 2, 1024));
	setup->host.most = 64 * 1024 * 1024;
	setup->host.spare = setup->host.most;
	if (is_lean && chance(dice, 0.5))
		setup->host.most = size * between(dice, 1, 4);
	else if (is_lean)
		setup->host.spare = size * between(dice, 0.1, 2);
	setup->host.phase = setup->host.look * roll(dice);
	setup->host.in_turn = chance(dice, 0.5);
	if (chance(dice, 0.3))
		setup->guest.disk = 0;
	setup->onset = chance(dice, 0.2) ? 20 + 25 * roll(dice) :
					   60 + 60 * roll(dice);
	wide_loads(setup, dice);
	if (chance(dice, 0.5))
		setup->guest.ballooned = size * between(dice, 0.1, 4);
	snprintf(setup->name, sizeof(setup->name),
		 "wide size=%.0f kind=%d rate=%.0f buffer=%.2f answer=%.2f look=%.2f",
		 size, setup->guest.loads[0].kind, setup->guest.loads[0].rate,
		 setup->host.buffer, setup->host.answer, setup->host.look);
}

/**
 * grid_size() - how many cases are there?
 *
 * Return: so many.
 */
int grid_size(void)
{
	return ARRAY_SIZE(shapes) + GRID + WIDE;
}

/**
 * grid_is_named() - is this one of the lab's shapes?
 * @number: which case
 *
 * Return: true if so; all of them are always played.
 */
bool grid_is_named(int number)
{
	return number < (int)ARRAY_SIZE(shapes);
}

/**
 * grid_case() - set a case up
 * @number: which
 * @seed: of what is drawn at random
 * @setup: the result
 */
void grid_case(int number, unsigned int seed, struct setup *setup)
{
	struct dice dice = { ((u64)seed << 32) + number };

	memset(setup, 0, sizeof(*setup));
	roll(&dice);
	if (grid_is_named(number))
		shape_case(number, setup);
	else if (number < (int)ARRAY_SIZE(shapes) + GRID)
		grid_one(number - ARRAY_SIZE(shapes), &dice, setup);
	else
		wide_case(&dice, setup);
}
