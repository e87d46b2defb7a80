// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns hosts that were made from a record (hosts.py): bursts on one, and what it
 * does when it hears the record's own reports.
 */
#include "simulate.h"

#define STEP_S	0.02
#define SHARE	0.22	/* used before a burst, as in the lab's guest */

static const double peaks[] = { 0.5, 1, 1.5, 3 };	/* of the size */
static const double rates[] = { 30, 100, 300, 1000, 3000, 8000 };

#define CASES	((int)(ARRAY_SIZE(peaks) * ARRAY_SIZE(rates)))

/* The words are those of struct Host in hosts.py, in that order. */
static void read_host(char **words, struct setup *setup)
{
	struct host *host = &setup->host;

	memset(setup, 0, sizeof(*setup));
	setup->size = atof(words[0]);
	host->look = atof(words[1]);
	host->answer = atof(words[2]);
	host->buffer = atof(words[3]);
	host->step = atof(words[4]);
	host->most = atof(words[5]);
	host->least = atof(words[6]);
	host->round = atof(words[7]);
	host->spare = host->most;
}

/**
 * replay_size() - how many cases there are on such a host
 *
 * Return: their number.
 */
int replay_size(void)
{
	return CASES;
}

/**
 * replay_case() - one burst on a host
 * @words: what the host is like
 * @number: which burst
 * @setup: filled in
 */
void replay_case(char **words, int number, struct setup *setup)
{
	double rate = rates[number % ARRAY_SIZE(rates)];
	double peak = peaks[number / ARRAY_SIZE(rates)];

	read_host(words, setup);
	setup->guest.base = SHARE * setup->size;
	setup->guest.base_promised = 0.8 * setup->guest.base;
	setup->guest.cache = setup->size / 8;
	setup->guest.disk = 400;
	setup->host.ready = 50;
	setup->onset = 60;
	setup->guest.loads[0] = (struct load) {
		KIND_GROW, peak * setup->size, rate, setup->onset,
	};
	setup->guest.nr_loads = 1;
	snprintf(setup->name, sizeof(setup->name),
		 "grid size=%.0f rate=%.0f buffer=%.2f answer=%.2f look=%.2f",
		 setup->size, rate, setup->host.buffer, setup->host.answer,
		 setup->host.look);
}

/**
 * replay_hear() - a host hears the reports of a record
 * @reports: a line a report: seconds and MiB
 * @words: what the host is like
 *
 * Prints the size of the guest each time that it has changed.
 */
void replay_hear(FILE *reports, char **words)
{
	static struct setup setup;
	static struct guest guest;
	double at, mib, now = 0, size;

	read_host(words, &setup);
	guest.total = setup.size;
	host_begin(&setup.host, setup.size);
	size = setup.size;
	while (fscanf(reports, "%lf %lf", &at, &mib) == 2) {
		for (; now < at; now += STEP_S) {
			host_step(&setup.host, &guest, now);
			if (setup.host.size != size)
				printf("%.2f %.1f\n", now, setup.host.size);
			size = setup.host.size;
		}
		setup.host.committed = mib;
	}
}
