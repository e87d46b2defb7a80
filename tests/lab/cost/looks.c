// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what looks at memory cost with as many CPUs as are online: for each
 * kind of look the time of one, the median of many, for cost.py to read.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sort.h>
#include <linux/vmstat.h>

#include "counters.h"
#include "demand.h"
#include "looks.h"

#define TIMES	101

/* What the looks read, and what is kept between them. */
static struct hvb_counting counting;
static struct hvb_counters last, now;
static struct hvb_glance seen;
static unsigned long events[NR_VM_EVENT_ITEMS];
static unsigned long figure;

/* The least that a report needs, and all that the stock driver's reads. */
static void look_as_stock(void)
{
	figure += vm_memory_committed();
	figure += si_mem_available();
	figure += totalram_pages();
}

static void look_at_events(void)
{
	all_vm_events(events);
}

static void look_in_full(void)
{
	hvb_counters_read(&counting, NULL, &now);
}

static void look_when_quiet(void)
{
	hvb_counters_read(&counting, &last, &now);
}

static void glance(void)
{
	hvb_counters_glance(&seen);
}

static const struct {
	const char *name;
	void (*look)(void);
} kinds[] = {
	{ "what stock reads", look_as_stock },
	{ "all events of all CPUs", look_at_events },
	{ "a look", look_in_full },
	{ "a look while nobody reclaims", look_when_quiet },
	{ "a glance", glance },
};

static int compare(const void *one, const void *other)
{
	const u64 *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

/* Interrupts come now and then, and the first look finds nothing in caches. */
static u64 median_of(void (*look)(void))
{
	static u64 times[TIMES];
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		u64 start_ns = ktime_get_ns();

		look();
		times[i] = ktime_get_ns() - start_ns;
	}
	sort(times, TIMES, sizeof(*times), compare, NULL);
	return times[TIMES / 2];
}

static void nothing(void)
{
}

/**
 * looks_measure() - measure each kind of look
 */
void looks_measure(void)
{
	u64 empty_ns = median_of(nothing);
	unsigned int i;

	look_in_full();
	last = now;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		pr_info("look: %s: %u %llu\n", kinds[i].name, num_online_cpus(),
			median_of(kinds[i].look) - empty_ns);
}
