// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the host: it looks now and then at the last report, and gives whole steps
 * until the guest has what it says and a buffer; what it decided comes some time
 * later, block after block. It takes memory back in rounds that are far apart.
 */
#include "simulate.h"

#define BLOCK		128.0	/* MiB that come at once */
#define BLOCK_S		0.005	/* until the next are there */

/**
 * host_begin() - the guest has been started
 * @host: the host
 * @size: that it has
 */
void host_begin(struct host *host, double size)
{
	host->size = size;
	host->top = size;
	host->target = size;
	host->next_look = host->ready + host->phase;
	host->next_round = host->ready + host->round * 0.9;
}

static void come(struct host *host, struct guest *guest, double now)
{
	double part;

	if (!host->nr_coming || now < host->coming[0].when)
		return;
	part = fmin(host->coming[0].mib, BLOCK);
	guest_gain(guest, part);
	host->size += part;
	host->top = fmax(host->top, host->size);
	host->coming[0].mib -= part;
	host->coming[0].when += BLOCK_S;
	if (host->coming[0].mib > 0)
		return;
	host->nr_coming--;
	memmove(host->coming, host->coming + 1,
		host->nr_coming * sizeof(host->coming[0]));
}

static void decide(struct host *host, double wanted, double now)
{
	double grow = ceil((wanted - host->target) / host->step - TINY) *
		      host->step;

	grow = fmin(fmin(grow, host->most - host->target), host->spare);
	if (grow <= 0 ||
	    host->nr_coming == (int)ARRAY_SIZE(host->coming) ||
	    (host->in_turn && host->nr_coming))
		return;
	host->target += grow;
	host->spare -= grow;
	host->coming[host->nr_coming].when = now + host->answer;
	host->coming[host->nr_coming++].mib = grow;
}

static void take_back(struct host *host, struct guest *guest, double wanted,
		      double now)
{
	double over = host->size - fmax(wanted, host->least), given;

	if (now < host->next_round)
		return;
	host->next_round = now + host->round;
	if (over < host->step || host->nr_coming)
		return;
	given = guest_give(guest, floor(over / host->step) * host->step);
	host->size -= given;
	host->target -= given;
	host->spare += given;
}

/**
 * host_step() - some time has passed
 * @host: the host
 * @guest: its guest
 * @now: what time it is
 */
void host_step(struct host *host, struct guest *guest, double now)
{
	double wanted;

	come(host, guest, now);
	if (now < host->next_look)
		return;
	host->next_look += host->look;
	wanted = (host->committed - guest->ballooned) * (1 + host->buffer);
	wanted = fmin(wanted, host->most);
	decide(host, wanted, now);
	take_back(host, guest, wanted, now);
}
