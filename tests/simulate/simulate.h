/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the simulator share. Sizes are in MiB, times in seconds. */
#ifndef _HVB_SIMULATE_H
#define _HVB_SIMULATE_H

#include <math.h>

#include "burst.h"
#include "demand.h"
#include "scarcity.h"

#define LOADS_MAX	8
#define NEVER		1000000000.0
#define TINY		0.000001	/* what rounding leaves */

/**
 * enum kind - what a load does with memory
 * @KIND_GROW: touches more until it has all, and keeps it
 * @KIND_PROMISED: the same, and the kernel promised all of it at the start
 * @KIND_SAWTOOTH: frees three quarters of it each time and starts again
 * @KIND_HUGE: touches 2 MiB at a time
 * @KIND_FORK: promises all again, and then touches it, as writes after a fork
 * @KIND_CACHE: reads files once, for ever
 * @KIND_CONTAINER: thrashes within a limit of its own
 */
enum kind {
	KIND_GROW,
	KIND_PROMISED,
	KIND_SAWTOOTH,
	KIND_HUGE,
	KIND_FORK,
	KIND_CACHE,
	KIND_CONTAINER,
};

/**
 * struct load - a process
 * @kind: what it does
 * @mib: how much it takes
 * @rate: MiB/s that it touches where memory is free
 * @start: when it begins
 * @touched: so far
 * @ended: when it had all, 0 before
 * @turns: how often a sawtooth starts again
 */
struct load {
	enum kind kind;
	double mib, rate, start;
	double touched, ended;
	int turns;
};

/**
 * struct window - a PSI trigger, as kernel/sched/psi.c counts it
 * @size: of the window
 * @threshold: stalled time in it that fires
 * @start: when it began
 * @start_value: stalled time then
 * @previous: growth in the window before
 * @fired: when it last did
 */
struct window {
	double size, threshold;
	double start, start_value, previous, fired;
};

/**
 * struct guest - the machine
 * @reserve: assigned, but never in MemTotal
 * @base: used before any load
 * @base_promised: the kernel's commit charge then
 * @disk: MiB/s at which it swaps, 0 without swap
 * @loads: what runs
 * @nr_loads: how many
 * @total: MemTotal, without what the host took
 * @added: that the host hot-added
 * @ballooned: that the host took
 * @resident: used and in memory
 * @swapped: used and swapped out
 * @swapped_out: ever
 * @missing: that couldn't be had at all, until tasks were killed for it
 * @cache: clean page cache
 * @promised: the commit charge of the loads
 * @short_since: since when nothing can be had, 0 when something can
 * @stalled: seconds
 * @peak: most that was used
 * @some: PSI's early trigger
 * @full: PSI's trigger
 * @reclaimed: when the kernel last began to reclaim
 * @signals: what wakes the reporter
 * @arrivals: how often memory came
 */
struct guest {
	double reserve, base, base_promised, disk;
	struct load loads[LOADS_MAX];
	int nr_loads;
	double total, added, ballooned;
	double resident, swapped, swapped_out, missing, cache, promised;
	double short_since, stalled, peak;
	struct window some, full;
	double reclaimed;
	unsigned long signals;
	int arrivals;
};

/**
 * struct host - the policy of a host
 * @look: seconds between its looks
 * @phase: of the first one
 * @answer: until the first of what it decided is there
 * @buffer: share that it gives on top of demand
 * @step: that it gives at once, or a multiple
 * @most: that it lets the guest have
 * @least: that it leaves
 * @spare: that it has left to give
 * @ready: when it begins to act
 * @in_turn: it doesn't decide before the last answer is there
 * @round: seconds between times at which it takes memory back
 * @size: that the guest has
 * @top: the most of it
 * @target: that was decided
 * @coming: what it decided, when that comes; one entry a decision
 * @nr_coming: how many
 * @next_look: when
 * @next_round: when
 * @committed: the last report
 * @reports: how many came
 */
struct host {
	double look, phase, answer, buffer, step, most, least, spare, ready;
	bool in_turn;
	double round;
	double size, top, target;
	struct {
		double when, mib;
	} coming[512];
	int nr_coming;
	double next_look, next_round;
	double committed;
	int reports;
};

/**
 * struct reporter - the loop of reporter.c
 * @burst: what the driver remembers
 * @scarcity: likewise
 * @wake: when it looks again
 * @seen: arrivals
 * @looks: how often it looked
 * @asked: what it last told the host
 */
struct reporter {
	struct hvb_burst burst;
	struct hvb_scarcity scarcity;
	double wake;
	int seen;
	int looks;
	double asked;
};

/**
 * struct result - what came of a case
 * @swapped: MiB that had to be swapped, or that were missing
 * @end: size once all is touched and three seconds have passed
 * @top: the most
 * @peak: of use
 * @lean: what the host gives for the peak without a burst
 * @reports: sent
 * @looks: made
 * @over: seconds for which the size stayed above what the need asks for
 */
struct result {
	double swapped, end, top, peak, lean, over;
	int reports, looks;
};

/**
 * struct setup - a case
 * @name: what is varied
 * @guest: as it begins
 * @host: as it begins
 * @size: assigned at the start
 * @onset: when the first load starts
 */
struct setup {
	char name[160];
	struct guest guest;
	struct host host;
	double size, onset;
};

static inline u64 pages(double mib)
{
	return mib > 0 ? (u64)(mib * 256) : 0;
}

static inline double mib(u64 pages)
{
	return pages / 256.0;
}

void guest_begin(struct guest *guest, double size);
double guest_step(struct guest *guest, double now, double passed);
void guest_count(const struct guest *guest, struct hvb_counters *now);
void guest_gain(struct guest *guest, double mib);
double guest_give(struct guest *guest, double mib);
double guest_used(const struct guest *guest);

void host_begin(struct host *host, double size);
void host_step(struct host *host, struct guest *guest, double now);

void reporter_begin(struct reporter *reporter);
void reporter_step(struct reporter *reporter, struct guest *guest,
		   struct host *host, double now);

int grid_size(void);
bool grid_is_named(int number);
void grid_case(int number, unsigned int seed, struct setup *setup);

int replay_size(void);
void replay_case(char **words, int number, struct setup *setup);
void replay_hear(FILE *reports, char **words);

#endif
