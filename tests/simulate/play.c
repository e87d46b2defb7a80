// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the simulator's program: plays each case twice, once with the driver, and
 * once with a guest that knows at the onset what it will need; what the first
 * swaps beyond the second could have been avoided.
 *
 *	simulate SEED			all cases, a line each
 *	simulate SEED every N		each Nth of them
 *	simulate SEED every N bound SHARE
 *					and in place of the driver one that knows
 *					all but when a burst ends, and asks for no
 *					more than comes to SHARE of what is used
 *	simulate SEED case NUMBER	one, a line each 20 ms
 *	simulate SEED host WORD...	bursts on one host: see replay.c
 *	simulate SEED heard FILE WORD...	what that does with reports
 */
#include "simulate.h"

#define COARSE		0.02
#define FINE		0.001	/* a step in which 1 MiB is touched, or this */
#define FINE_MOST	0.01
#define HOLD		3.0
#define TAIL		700.0
#define LIMIT		600.0

/**
 * struct play - a case as it goes on
 * @guest: the guest
 * @host: its host
 * @reporter: the driver in it
 * @done: when all loads had what they wanted, NEVER before
 */
struct play {
	struct guest guest;
	struct host host;
	struct reporter reporter;
	double done;
};

static double need_of(const struct guest *guest)
{
	struct hvb_counters now;
	struct hvb_need need;

	guest_count(guest, &now);
	hvb_demand_look(&now, &need);
	return mib(need.need_pages);
}

/* What is needed when so much is used. */
static double need_for(const struct guest *guest, double used)
{
	return used + mib(hvb_demand_headroom(pages(used))) + guest->reserve;
}

/* What a host gives for the peak alone. */
static double lean_size(const struct setup *setup, double peak)
{
	double need = need_for(&setup->guest, peak);
	double wanted = fmin(need * (1 + setup->host.buffer), setup->host.most);
	double steps = ceil((wanted - setup->size) / setup->host.step - TINY);

	return setup->size + fmax(steps, 0) * setup->host.step;
}

static void show(const struct play *play, double now)
{
	printf("%.3f %.0f %.0f %.0f %.0f %.0f %llu\n", now, play->host.size,
	       guest_used(&play->guest), play->host.committed,
	       play->guest.swapped, play->host.target,
	       play->reporter.burst.rate_pages_s >> 8);
}

/* See above; 0 for the driver. */
static double bound;

static void ask_bounded(struct play *play, const struct setup *setup,
			bool grows)
{
	struct host *host = &play->host;
	double most = bound * guest_used(&play->guest);
	double steps = floor((most - setup->size) / host->step);
	double size = setup->size + steps * host->step - 10 * TINY;

	host->committed = need_of(&play->guest);
	if (grows)
		host->committed = fmax(host->committed,
				       size / (1 + host->buffer) +
				       play->guest.ballooned);
}

static void step(struct play *play, const struct setup *setup, bool knows,
		 double peak, double now, double passed)
{
	double after = guest_step(&play->guest, now, passed);

	if (after >= 0 && play->done == NEVER)
		play->done = now;
	if (!knows && bound) {
		ask_bounded(play, setup, now >= setup->onset && after < 0);
	} else if (!knows) {
		reporter_step(&play->reporter, &play->guest, &play->host, now);
	} else {
		play->host.committed = need_of(&play->guest);
		if (now >= setup->onset)
			play->host.committed =
				fmax(play->host.committed,
				     need_for(&play->guest, peak) +
				     play->guest.ballooned);
	}
	host_step(&play->host, &play->guest, now);
}

static void begin(struct play *play, const struct setup *setup)
{
	memset(play, 0, sizeof(*play));
	play->guest = setup->guest;
	play->host = setup->host;
	play->done = NEVER;
	guest_begin(&play->guest, setup->size);
	host_begin(&play->host, setup->size);
	reporter_begin(&play->reporter);
}

static void finish(const struct play *play, const struct setup *setup,
		   struct result *result)
{
	result->swapped = play->guest.swapped_out + play->guest.missing;
	result->end = fmax(play->host.size, play->host.target);
	result->top = fmax(play->host.top, result->end);
	result->peak = play->guest.peak;
	result->lean = lean_size(setup, result->peak);
	result->reports = play->host.reports;
	result->looks = play->reporter.looks;
}

/* How long the guest stays larger than its need, once it is settled. */
static double tail(struct play *play, const struct setup *setup, double now)
{
	double begun = now, wanted;

	do {
		wanted = (need_of(&play->guest) - play->guest.ballooned) *
			 (1 + setup->host.buffer) + setup->host.step;
		if (play->host.size <= fmax(wanted, setup->size))
			break;
		now += COARSE;
		step(play, setup, false, 0, now, COARSE);
	} while (now < begun + TAIL);
	return now - begun;
}

static double fine(const struct setup *setup)
{
	double rate = 1;

	for (int i = 0; i < setup->guest.nr_loads; i++)
		rate = fmax(rate, setup->guest.loads[i].rate);
	return fmin(fmax(1 / rate, FINE), FINE_MOST);
}

static void run(const struct setup *setup, bool knows, double peak,
		bool shows, struct result *result)
{
	static struct play play;
	double now = 0, passed, shown = 0;

	begin(&play, setup);
	while (now < setup->onset + LIMIT && now < play.done + HOLD) {
		passed = now < setup->onset - 1 ? COARSE : fine(setup);
		now += passed;
		step(&play, setup, knows, peak, now, passed);
		if (shows && now >= shown && now > setup->onset - 2) {
			show(&play, now);
			shown = now + COARSE;
		}
	}
	finish(&play, setup, result);
	if (!knows && !shows)
		result->over = tail(&play, setup, now);
}

/* The peak if nothing is short: the loads', as far as they last. */
static double peak_of(const struct setup *setup)
{
	double peak = setup->guest.base;

	for (int i = 0; i < setup->guest.nr_loads; i++)
		if (setup->guest.loads[i].kind < KIND_CACHE)
			peak += setup->guest.loads[i].mib;
	return peak;
}

static void show_case(unsigned int seed, int number)
{
	static struct setup setup;
	struct result ours;

	grid_case(number, seed, &setup);
	printf("# %s\n", setup.name);
	run(&setup, false, 0, true, &ours);
}

static void show_result(const struct setup *setup, int number)
{
	struct result ours, knowing;

	run(setup, false, 0, false, &ours);
	run(setup, true, peak_of(setup), false, &knowing);
	printf("%d\t%s\t%.0f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%.0f\t%.1f\t%d\t%d\n",
	       number, setup->name, setup->size, ours.swapped, knowing.swapped,
	       ours.end, ours.top, ours.peak, ours.lean, ours.over,
	       ours.reports, ours.looks);
}

static void show_all(unsigned int seed, int stride)
{
	static struct setup setup;

	for (int i = 0; i < grid_size(); i += grid_is_named(i) ? 1 : stride) {
		grid_case(i, seed, &setup);
		show_result(&setup, i);
	}
}

static void show_host(char **words)
{
	static struct setup setup;

	for (int i = 0; i < replay_size(); i++) {
		replay_case(words, i, &setup);
		show_result(&setup, i);
	}
}

static int show_heard(const char *path, char **words)
{
	FILE *reports = fopen(path, "r");

	if (!reports)
		return 1;
	replay_hear(reports, words);
	return fclose(reports);
}

int main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? atoi(argv[1]) : 1;
	int number = argc > 3 ? atoi(argv[3]) : 1;

	if (argc > 5 && !strcmp(argv[4], "bound"))
		bound = atof(argv[5]);
	if (argc > 11 && !strcmp(argv[2], "heard"))
		return show_heard(argv[3], argv + 4);
	if (argc > 10 && !strcmp(argv[2], "host"))
		show_host(argv + 3);
	else if (argc > 3 && !strcmp(argv[2], "case"))
		show_case(seed, number);
	else
		show_all(seed, number > 0 ? number : 1);
	return 0;
}
