// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure, as PSI measures it.
 *
 * Two triggers (psi.c): the trigger asks for memory, the early one opens the
 * fast cadence. What is wanted and isn't armed is tried again from time to
 * time, since cgroup2 may be mounted later, and PSI may be turned off and on.
 *
 * Meanwhile the fallback looks at what allocations cost, while memory is low.
 * Within the kernel tree, psi.c can call PSI directly.
 *
 * Context: the reporter's thread, unless said otherwise; all may sleep.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/time64.h>

#include "base.h"
#include "pressure.h"

/* Memory is low, for the fallback, when less than this share is available. */
#define LOW_SHARE	8

/*
 * After so long, what isn't armed is tried again. Not sooner: in 6.1 and 6.12, a
 * trigger that is armed just when PSI is turned off again makes the kernel write
 * to what it has freed.
 */
#define RETRY_US	(5 * USEC_PER_SEC)

/* A driver can be loaded long before cgroup2 is mounted. */
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
 * hvb_pressure_init() - no trigger is armed yet
 * @pressure: zeroed
 * @base: of the device
 * @sleepers: whom a trigger wakes
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
 * hvb_pressure_begin() - want what the admin set
 * @pressure: what is known
 * @params: what the admin set
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
 * @pressure: what is known
 * @which: which of the two
 * @text: in PSI's words, or empty for none
 *
 * Return: 0; or what PSI said, and then the old trigger stays armed.
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

/* Return: 0 when all that is wanted is armed; or what PSI said. */
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
 * hvb_pressure_tend() - arm what is wanted and isn't armed
 * @pressure: what is known
 * @now_us: the time
 *
 * To be called often; it does little, and mostly nothing.
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
 * hvb_pressure_stop() - disarm, and leave nothing behind
 * @pressure: what is known
 *
 * What is wanted stays wanted, for the next reporter.
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
 * @pressure: what is known
 *
 * Return: true when a file was woken since hvb_pressure_fired().
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
 * hvb_pressure_fired() - ask whether a trigger fired, and arm it again
 * @pressure: what is known
 * @which: which of the two
 * @now_us: the time
 *
 * One that is gone is given up; hvb_pressure_tend() arms it again.
 *
 * Return: true when it fired since it was last asked.
 */
bool hvb_pressure_fired(struct hvb_pressure *pressure, enum hvb_psi_which which,
			u64 now_us)
{
	__poll_t found;

	if (!pressure->armed[which])
		return false;
	found = hvb_psi_ask(pressure->armed[which]);
	if (found & EPOLLERR)
		lose(pressure, which, now_us);
	return (found & (EPOLLPRI | EPOLLERR)) == EPOLLPRI;
}

/**
 * hvb_pressure_armed() - the trigger that is armed
 * @pressure: what is known
 * @which: which of the two
 * @text: room for HVB_TRIGGER_MAX characters: it in PSI's words, or "none"
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
 * hvb_pressure_missing() - why a trigger that is wanted isn't armed
 * @pressure: what is known
 *
 * Context: any.
 * Return: some words, with what to do; or "nothing".
 */
const char *hvb_pressure_missing(const struct hvb_pressure *pressure)
{
	return READ_ONCE(pressure->missing) ?: "nothing";
}

/**
 * hvb_pressure_read() - PSI's averages, as it prints them
 * @pressure: what is known
 * @text: room for them
 * @size: characters there
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
 * @pressure: what is known
 * @now: the counters
 * @last: the counters before
 * @signal: the pressure seen
 *
 * It looks when there is no trigger that asks for memory, and when the early
 * one is missed; in that case it asks for none, as the other does.
 *
 * Return: true when there is some.
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
