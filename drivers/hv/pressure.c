// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory pressure, as PSI measures it.
 *
 * There are two triggers (psi.c): one asks for memory, the early one starts the
 * fast cadence. A trigger that is wanted but can't be armed is retried from
 * time to time, since cgroup2 may be mounted later, and PSI may be turned off
 * and on.
 *
 * Meanwhile a fallback watches the cost of allocations while memory is low.
 *
 * Context: the reporter's thread, unless said otherwise; all functions may
 * sleep.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/time64.h>

#include "base.h"
#include "pressure.h"

/* For the fallback, memory is low when at most this share is available. */
#define LOW_SHARE	8

/*
 * How long to wait before a retry. Not less: in 6.1 and 6.12, arming a trigger
 * just when PSI is turned off again makes the kernel write to freed memory.
 */
#define RETRY_US	(5 * USEC_PER_SEC)

/* The driver may be loaded long before cgroup2 is mounted. */
#define PATIENCE_US	(30 * USEC_PER_SEC)

static void put(struct hvb_pressure *pressure, enum hvb_psi_which which,
		struct hvb_psi *psi)
{
	mutex_lock(&pressure->lock);
	swap(pressure->armed[which], psi);
	mutex_unlock(&pressure->lock);
	hvb_psi_disarm(psi);
}

/**
 * hvb_pressure_init() - set up, with no trigger armed
 * @pressure: zeroed
 * @base: of the device
 * @sleepers: wait queue that a trigger wakes up
 *
 * Context: any.
 */
void hvb_pressure_init(struct hvb_pressure *pressure,
		       const struct hvb_base *base,
		       wait_queue_head_t *sleepers)
{
	pressure->base = base;
	pressure->sleepers = sleepers;
	mutex_init(&pressure->lock);
}

/**
 * hvb_pressure_begin() - take over the triggers that the admin set
 * @pressure: the triggers
 * @params: the admin's settings
 *
 * Context: any, while there is no reporter; nobody changes @params.
 */
void hvb_pressure_begin(struct hvb_pressure *pressure,
			const struct hvb_params *params)
{
	memcpy(pressure->wanted, params->psi, sizeof(pressure->wanted));
}

/**
 * hvb_pressure_set() - change a trigger
 * @pressure: the triggers
 * @which: which of the two
 * @text: in PSI's syntax, or empty for none
 *
 * Return: 0; or PSI's error, and then the old trigger stays armed.
 */
int hvb_pressure_set(struct hvb_pressure *pressure, enum hvb_psi_which which,
		     const char *text)
{
	struct hvb_psi *psi = NULL;

	if (*text) {
		psi = hvb_psi_arm(pressure->base->dev, text,
				  pressure->sleepers);
		if (IS_ERR(psi))
			return PTR_ERR(psi);
	}
	strscpy(pressure->wanted[which], text, HVB_TRIGGER_MAX);
	put(pressure, which, psi);
	pressure->due_us = 0;
	return 0;
}

/* Return: 0 if everything wanted is armed; or PSI's error. */
static int arm_wanted(struct hvb_pressure *pressure)
{
	enum hvb_psi_which which;
	int err = 0;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++) {
		const char *wanted = pressure->wanted[which];
		struct hvb_psi *psi;

		if (pressure->armed[which] || !*wanted)
			continue;
		psi = hvb_psi_arm(pressure->base->dev, wanted,
				  pressure->sleepers);
		if (IS_ERR(psi))
			err = PTR_ERR(psi);
		else
			put(pressure, which, psi);
	}
	return err;
}

static void say_missing(struct hvb_pressure *pressure, int err, u64 now_us)
{
	if (!pressure->missing)
		pressure->since_us = now_us;
	if (err != pressure->err) {
		pressure->err = err;
		WRITE_ONCE(pressure->missing, hvb_psi_why(err));
		pressure->is_said = false;
	}
	if (pressure->is_said ||
	    (err == -ENXIO && now_us - pressure->since_us < PATIENCE_US))
		return;
	pressure->is_said = true;
	dev_warn_ratelimited(pressure->base->dev, "no pressure from PSI (%d): %s; allocation stalls are watched instead\n",
			     err, pressure->missing);
}

static void say_complete(struct hvb_pressure *pressure)
{
	if (pressure->is_said)
		dev_info_ratelimited(pressure->base->dev, "pressure comes from PSI again\n");
	pressure->err = 0;
	pressure->is_said = false;
	WRITE_ONCE(pressure->missing, NULL);
}

/**
 * hvb_pressure_tend() - arm wanted triggers that aren't armed
 * @pressure: the triggers
 * @now_us: the time
 *
 * To be called often; usually it does nothing.
 */
void hvb_pressure_tend(struct hvb_pressure *pressure, u64 now_us)
{
	int err;

	if (now_us < pressure->due_us)
		return;
	err = arm_wanted(pressure);
	if (err)
		say_missing(pressure, err, now_us);
	else
		say_complete(pressure);
	pressure->due_us = err && err != -EOPNOTSUPP ? now_us + RETRY_US :
						     U64_MAX;
}

/**
 * hvb_pressure_stop() - disarm all triggers
 * @pressure: the triggers
 *
 * They stay wanted, for the next reporter.
 */
void hvb_pressure_stop(struct hvb_pressure *pressure)
{
	enum hvb_psi_which which;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++)
		put(pressure, which, NULL);
	pressure->due_us = 0;
}

/**
 * hvb_pressure_is_woken() - is there something to look at?
 * @pressure: the triggers
 *
 * Return: true if a file was woken up since hvb_pressure_fired().
 */
bool hvb_pressure_is_woken(struct hvb_pressure *pressure)
{
	enum hvb_psi_which which;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++)
		if (pressure->armed[which] &&
		    hvb_psi_is_woken(pressure->armed[which]))
			return true;
	return false;
}

static void lose(struct hvb_pressure *pressure, enum hvb_psi_which which, u64 now_us)
{
	put(pressure, which, NULL);
	pressure->due_us = now_us + RETRY_US;
	pressure->err = 0;
	WRITE_ONCE(pressure->missing,
		   "PSI was turned off; it is tried again in some seconds");
}

/**
 * hvb_pressure_fired() - check whether a trigger fired, and rearm it
 * @pressure: the triggers
 * @which: which of the two
 * @now_us: the time
 *
 * A trigger that is gone is given up; hvb_pressure_tend() arms it again.
 *
 * Return: true if it fired since the last check.
 */
bool hvb_pressure_fired(struct hvb_pressure *pressure, enum hvb_psi_which which,
			u64 now_us)
{
	struct hvb_psi *psi = pressure->armed[which];
	__poll_t found;

	if (!psi || !hvb_psi_is_woken(psi))
		return false;
	found = hvb_psi_ask(psi);
	if (found & EPOLLERR)
		lose(pressure, which, now_us);
	return (found & (EPOLLPRI | EPOLLERR)) == EPOLLPRI;
}

/**
 * hvb_pressure_armed() - the trigger that is armed
 * @pressure: the triggers
 * @which: which of the two
 * @text: filled in with the trigger in PSI's syntax, or "none"; has room for
 *	HVB_TRIGGER_MAX characters
 *
 * Context: may sleep.
 */
void hvb_pressure_armed(struct hvb_pressure *pressure, enum hvb_psi_which which,
			char *text)
{
	mutex_lock(&pressure->lock);
	strscpy(text, hvb_psi_armed(pressure->armed[which]), HVB_TRIGGER_MAX);
	mutex_unlock(&pressure->lock);
}

/**
 * hvb_pressure_missing() - why a wanted trigger isn't armed
 * @pressure: the triggers
 *
 * Context: any.
 * Return: the reason and what to do, as text; or "nothing".
 */
const char *hvb_pressure_missing(const struct hvb_pressure *pressure)
{
	return READ_ONCE(pressure->missing) ?: "nothing";
}

/**
 * hvb_pressure_read() - PSI's averages, as it prints them
 * @pressure: the triggers
 * @text: filled in
 * @size: room there, in characters
 */
void hvb_pressure_read(struct hvb_pressure *pressure, char *text, size_t size)
{
	struct hvb_psi *psi = pressure->armed[HVB_PSI_TRIGGER];
	char all[256], *full;
	ssize_t got;

	strscpy(text, "not measured", size);
	if (!psi)
		return;
	got = hvb_psi_read(psi, all, sizeof(all) - 1);
	if (got <= 0)
		return;
	all[got] = '\0';
	full = strstr(all, "full ");
	if (full)
		strscpy(text, strsep(&full, "\n"), size);
}

static bool is_armed_or_unwanted(const struct hvb_pressure *pressure,
				 enum hvb_psi_which which)
{
	return pressure->armed[which] || !*pressure->wanted[which];
}

/**
 * hvb_pressure_fallback() - look for pressure without PSI
 * @pressure: the triggers
 * @now: the counters
 * @last: the counters of the previous look
 * @signal: the pressure found
 *
 * It looks if no trigger that asks for memory is armed, or if only the early
 * one is missing. In the latter case it never asks for memory, as the armed
 * trigger does that.
 *
 * Return: true if there is pressure.
 */
bool hvb_pressure_fallback(struct hvb_pressure *pressure,
			   const struct hvb_counters *now,
			   const struct hvb_counters *last,
			   enum hvb_signal *signal)
{
	bool has_trigger = pressure->armed[HVB_PSI_TRIGGER];

	if (has_trigger && is_armed_or_unwanted(pressure, HVB_PSI_EARLY))
		return false;
	if (now->avail_pages > now->total_pages / LOW_SHARE)
		return false;
	if (now->stalls == last->stalls)
		return false;
	*signal = !has_trigger &&
		  now->swapped_out_pages != last->swapped_out_pages ?
			HVB_SIGNAL_FULL : HVB_SIGNAL_SOME;
	return true;
}
