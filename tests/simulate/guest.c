// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the guest: memory that loads touch, as fast as they like while there is
 * some, at the speed of the disk when something must go to swap first, and not
 * at all without swap. Page cache goes before anything is swapped.
 *
 * Its signs come as late as in a real one: the shrinker is asked when free
 * memory is below the low watermark, PSI fires when its window is full enough.
 */
#include "simulate.h"

#define KILL_S		1.0	/* without any memory, after which tasks die */
#define RECLAIM_S	0.02	/* between two passes of the kernel's */
#define STRUCT_PAGES	(1.0 / 64)
#define SWAP_ROOM	4	/* swap is so many times the memory */

/* min_free_kbytes, and the watermarks that follow from it. */
static double min_free(const struct guest *guest)
{
	return fmin(fmax(4 * sqrt(guest->total * 1024) / 1024, 1), 256);
}

static double low_free(const struct guest *guest)
{
	return min_free(guest) + fmax(min_free(guest) / 4, guest->total / 1000);
}

static double high_free(const struct guest *guest)
{
	return 2 * low_free(guest) - min_free(guest);
}

static double overhead(const struct guest *guest)
{
	return guest->added * STRUCT_PAGES;
}

static double not_used(const struct guest *guest)
{
	return guest->total - guest->resident - overhead(guest);
}

double guest_used(const struct guest *guest)
{
	return guest->resident + guest->swapped;
}

void guest_begin(struct guest *guest, double size)
{
	guest->total = size - guest->reserve;
	guest->resident = guest->base;
	guest->cache = fmin(guest->cache, not_used(guest) / 2);
	guest->promised = guest->base_promised;
	guest->some = (struct window) { .size = 0.2, .threshold = 0.02 };
	guest->full = (struct window) { .size = 0.5, .threshold = 0.05 };
	guest->peak = guest_used(guest);
}

static bool window_fires(struct window *window, double stalled, double now)
{
	double growth = stalled - window->start_value;
	double passed = now - window->start;

	if (passed > window->size) {
		window->start = now;
		window->start_value = stalled;
		window->previous = growth;
	} else {
		growth += window->previous * (1 - passed / window->size);
	}
	if (growth < window->threshold || now < window->fired + window->size)
		return false;
	window->fired = now;
	return true;
}

static void listen(struct guest *guest, double now)
{
	double free = not_used(guest) - guest->cache;

	if (window_fires(&guest->some, guest->stalled, now))
		guest->signals |= BIT(HVB_SIGNAL_SOME);
	if (window_fires(&guest->full, guest->stalled, now))
		guest->signals |= BIT(HVB_SIGNAL_FULL);
	if (free < low_free(guest) && now >= guest->reclaimed + RECLAIM_S) {
		guest->reclaimed = now;
		guest->signals |= BIT(HVB_SIGNAL_RECLAIM);
	}
}

/* How much a load would touch now. */
static double appetite(struct load *load, double now, double passed)
{
	double wanted;

	if (now < load->start || load->ended)
		return 0;
	wanted = fmin(load->rate * passed, load->mib - load->touched);
	if (load->kind == KIND_HUGE && wanted > 0)
		wanted = fmin(ceil(wanted / 2) * 2, load->mib - load->touched);
	return wanted;
}

static void promise(struct guest *guest, const struct load *load, double now,
		    double passed)
{
	bool starts = now >= load->start && now - passed < load->start;

	if (starts && (load->kind == KIND_PROMISED || load->kind == KIND_FORK))
		guest->promised += load->mib;
}

/* A load has all that it wanted. */
static void settle(struct guest *guest, struct load *load, double now)
{
	double freed = load->touched * 3 / 4;

	if (load->kind != KIND_SAWTOOTH || !load->turns) {
		load->ended = now;
		return;
	}
	load->turns--;
	load->start = now + 1;
	load->touched -= freed;
	guest->swapped -= fmin(freed, guest->swapped);
	guest->resident -= fmin(freed, guest->resident - guest->base);
}

static void end_all(struct guest *guest, double now)
{
	for (int i = 0; i < guest->nr_loads; i++) {
		struct load *load = &guest->loads[i];

		if (load->ended || load->start > now)
			continue;
		guest->missing += load->mib - load->touched;
		load->ended = now;
	}
}

/* Return: the share of what is wanted that can be had in this step. */
static double serve(struct guest *guest, double wanted, double now,
		    double passed)
{
	double room = fmax(not_used(guest) - min_free(guest), 0), swapped = 0;
	double swap = SWAP_ROOM * guest->total - guest->swapped;

	if (wanted > room)
		swapped = fmin(fmin(wanted - room, guest->disk * passed), swap);
	guest->swapped += swapped;
	guest->swapped_out += swapped;
	guest->resident += fmin(wanted, room + swapped) - swapped;
	guest->cache = fmin(guest->cache, fmax(not_used(guest), 0));
	if (wanted > 0 && room + swapped < wanted)
		guest->stalled += passed * (1 - (room + swapped) / wanted);
	if (wanted <= 0 || room + swapped > 0) {
		guest->short_since = 0;
	} else if (!guest->short_since) {
		guest->short_since = now;
		guest->signals |= BIT(HVB_SIGNAL_OOM);
	} else if (now > guest->short_since + KILL_S) {
		end_all(guest, now);
	}
	return wanted > 0 ? fmin((room + swapped) / wanted, 1) : 1;
}

static void read_and_thrash(struct guest *guest, const struct load *load,
			    double now, double passed)
{
	if (now < load->start)
		return;
	if (load->kind == KIND_CACHE)
		guest->cache = fmin(guest->cache + load->rate * passed,
				    fmax(not_used(guest) - low_free(guest) * 0.9,
					 0));
	else
		guest->stalled += passed * 0.8;
}

/**
 * guest_step() - some time passes
 * @guest: the guest
 * @now: at its end
 * @passed: how much
 *
 * Return: seconds since all loads have what they wanted, negative before.
 */
double guest_step(struct guest *guest, double now, double passed)
{
	double wants[LOADS_MAX], wanted = 0, share, done = 0;

	for (int i = 0; i < guest->nr_loads; i++) {
		struct load *load = &guest->loads[i];

		promise(guest, load, now, passed);
		wants[i] = 0;
		if (load->kind < KIND_CACHE)
			wants[i] = appetite(load, now, passed);
		else
			read_and_thrash(guest, load, now, passed);
		wanted += wants[i];
	}
	share = serve(guest, wanted, now, passed);
	for (int i = 0; i < guest->nr_loads; i++) {
		struct load *load = &guest->loads[i];

		load->touched += wants[i] * share;
		if (!load->ended && now >= load->start &&
		    load->touched >= load->mib - TINY)
			settle(guest, load, now);
		if (load->kind >= KIND_CACHE)
			load->ended = load->start + load->mib / load->rate;
		done = fmax(done, load->ended ?: NEVER);
	}
	guest->peak = fmax(guest->peak, guest_used(guest));
	listen(guest, now);
	return now - done;
}

/**
 * guest_count() - what the driver reads of the guest
 * @guest: the guest
 * @now: the counters
 */
void guest_count(const struct guest *guest, struct hvb_counters *now)
{
	double kept = fmin(guest->cache / 2, low_free(guest));
	double avail = fmax(not_used(guest) - kept - high_free(guest), 0);

	memset(now, 0, sizeof(*now));
	now->total_pages = pages(guest->total);
	now->avail_pages = pages(avail);
	now->cache_pages = pages(kept);
	now->free_pages = pages(not_used(guest) - guest->cache);
	now->commit_pages = pages(guest->promised);
	now->ballooned_pages = pages(guest->ballooned);
	now->boot_pages = pages(guest->reserve);
	now->price_pages = pages(overhead(guest));
	now->swapped_pages = pages(guest->swapped);
	now->task_pages = pages(guest_used(guest) - guest->base * 0.3);
	now->swapped_out_pages = pages(guest->swapped_out);
}

/**
 * guest_gain() - memory comes from the host: what it took first
 * @guest: the guest
 * @mib: how much
 */
void guest_gain(struct guest *guest, double mib)
{
	double returned = fmin(mib, guest->ballooned);

	guest->ballooned -= returned;
	guest->added += mib - returned;
	guest->total += mib;
	guest->arrivals++;
}

/**
 * guest_give() - the host takes memory
 * @guest: the guest
 * @mib: how much it wants
 *
 * Return: what the guest gives.
 */
double guest_give(struct guest *guest, double mib)
{
	struct hvb_counters now;
	double can;

	guest_count(guest, &now);
	can = hvb_demand_can_give(now.total_pages, now.avail_pages) / 256.0;
	can = fmin(can, mib);
	guest->ballooned += can;
	guest->total -= can;
	guest->cache = fmin(guest->cache, fmax(not_used(guest), 0));
	return can;
}
