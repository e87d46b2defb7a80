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

#include "hv_balloon.h"
#include "trace.h"

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

static void put(struct hvb_device *dm, enum hvb_psi_which which,
		struct hvb_psi *psi)
{
	mutex_lock(&dm->psi_lock);
	swap(dm->psi[which], psi);
	mutex_unlock(&dm->psi_lock);
	hvb_psi_disarm(psi);
}

/**
 * hvb_pressure_set() - change a trigger
 * @dm: the device
 * @which: which of the two
 * @text: in PSI's words, or empty for none
 *
 * Return: 0; or what PSI said, and then the old trigger stays armed.
 */
int hvb_pressure_set(struct hvb_device *dm, enum hvb_psi_which which,
		     const char *text)
{
	struct hvb_psi *psi = NULL;

	if (*text) {
		psi = hvb_psi_arm(dm, text);
		if (IS_ERR(psi))
			return PTR_ERR(psi);
	}
	strscpy(dm->psi_wanted[which], text, HVB_TRIGGER_MAX);
	put(dm, which, psi);
	dm->psi_due_us = 0;
	return 0;
}

/* Return: 0 when all that is wanted is armed; or what PSI said. */
static int arm_wanted(struct hvb_device *dm)
{
	enum hvb_psi_which which;
	int err = 0;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++) {
		const char *wanted = dm->psi_wanted[which];
		struct hvb_psi *psi;

		if (dm->psi[which] || !*wanted)
			continue;
		psi = hvb_psi_arm(dm, wanted);
		if (IS_ERR(psi))
			err = PTR_ERR(psi);
		else
			put(dm, which, psi);
	}
	return err;
}

static void say_missing(struct hvb_device *dm, int err, u64 now_us)
{
	if (!dm->psi_missing)
		dm->psi_since_us = now_us;
	if (err != dm->psi_err) {
		dm->psi_err = err;
		WRITE_ONCE(dm->psi_missing, hvb_psi_why(dm, err));
		dm->psi_said = false;
	}
	if (dm->psi_said ||
	    (err == -ENXIO && now_us - dm->psi_since_us < PATIENCE_US))
		return;
	dm->psi_said = true;
	dev_warn_ratelimited(dm->dev, "no pressure from PSI (%d): %s; allocation stalls are watched instead\n",
			     err, dm->psi_missing);
}

static void say_complete(struct hvb_device *dm)
{
	if (dm->psi_said)
		dev_info_ratelimited(dm->dev, "pressure comes from PSI again\n");
	dm->psi_err = 0;
	dm->psi_said = false;
	WRITE_ONCE(dm->psi_missing, NULL);
}

/**
 * hvb_pressure_tend() - arm what is wanted and isn't armed
 * @dm: the device
 * @now_us: the time
 *
 * To be called often; it does little, and mostly nothing.
 */
void hvb_pressure_tend(struct hvb_device *dm, u64 now_us)
{
	int err;

	if (now_us < dm->psi_due_us)
		return;
	err = arm_wanted(dm);
	if (err)
		say_missing(dm, err, now_us);
	else
		say_complete(dm);
	dm->psi_due_us = err && err != -EOPNOTSUPP ? now_us + RETRY_US :
						     U64_MAX;
}

/**
 * hvb_pressure_stop() - disarm, and leave nothing behind
 * @dm: the device
 *
 * What is wanted stays wanted, for the next reporter.
 */
void hvb_pressure_stop(struct hvb_device *dm)
{
	enum hvb_psi_which which;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++)
		put(dm, which, NULL);
	dm->psi_due_us = 0;
}

/**
 * hvb_pressure_is_woken() - is there something to look at?
 * @dm: the device
 *
 * Return: true when a file was woken since hvb_pressure_take().
 */
bool hvb_pressure_is_woken(struct hvb_device *dm)
{
	enum hvb_psi_which which;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++)
		if (dm->psi[which] && hvb_watch_is_woken(&dm->psi[which]->watch))
			return true;
	return false;
}

static void lose(struct hvb_device *dm, enum hvb_psi_which which, u64 now_us)
{
	put(dm, which, NULL);
	dm->psi_due_us = now_us + RETRY_US;
	dm->psi_err = 0;
	WRITE_ONCE(dm->psi_missing,
		   "PSI was turned off; it is tried again in some seconds");
}

/**
 * hvb_pressure_take() - ask whether a trigger fired, and arm it again
 * @dm: the device
 * @which: which of the two
 * @now_us: the time
 *
 * One that is gone is given up; hvb_pressure_tend() arms it again.
 *
 * Return: true when it fired since it was last asked.
 */
bool hvb_pressure_take(struct hvb_device *dm, enum hvb_psi_which which,
		       u64 now_us)
{
	__poll_t found;

	if (!dm->psi[which])
		return false;
	found = hvb_psi_ask(dm->psi[which]);
	if (found & EPOLLERR)
		lose(dm, which, now_us);
	return (found & (EPOLLPRI | EPOLLERR)) == EPOLLPRI;
}

/**
 * hvb_pressure_armed() - the trigger that is armed
 * @dm: the device
 * @which: which of the two
 * @text: room for HVB_TRIGGER_MAX characters: it in PSI's words, or "none"
 *
 * Context: may sleep.
 */
void hvb_pressure_armed(struct hvb_device *dm, enum hvb_psi_which which,
			char *text)
{
	mutex_lock(&dm->psi_lock);
	strscpy(text, dm->psi[which] ? dm->psi[which]->armed : "none",
		HVB_TRIGGER_MAX);
	mutex_unlock(&dm->psi_lock);
}

/**
 * hvb_pressure_missing() - why a trigger that is wanted isn't armed
 * @dm: the device
 *
 * Context: any.
 * Return: some words, with what to do; or "nothing".
 */
const char *hvb_pressure_missing(const struct hvb_device *dm)
{
	return READ_ONCE(dm->psi_missing) ?: "nothing";
}

/**
 * hvb_pressure_read() - PSI's averages, as it prints them
 * @dm: the device
 * @text: room for them
 * @size: characters there
 */
void hvb_pressure_read(struct hvb_device *dm, char *text, size_t size)
{
	struct hvb_psi *psi = dm->psi[HVB_PSI_TRIGGER];
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

static bool is_armed_or_unwanted(const struct hvb_device *dm,
				 enum hvb_psi_which which)
{
	return dm->psi[which] || !*dm->psi_wanted[which];
}

/**
 * hvb_pressure_fallback() - look for pressure without PSI
 * @dm: the device
 * @now: the counters
 * @last: the counters before
 * @signal: the pressure seen
 *
 * It looks when there is no trigger that asks for memory, and when the early
 * one is missed; in that case it asks for none, as the other does.
 *
 * Return: true when there is some.
 */
bool hvb_pressure_fallback(struct hvb_device *dm,
			   const struct hvb_counters *now,
			   const struct hvb_counters *last,
			   enum hvb_signal *signal)
{
	bool has_trigger = dm->psi[HVB_PSI_TRIGGER];

	if (has_trigger && is_armed_or_unwanted(dm, HVB_PSI_EARLY))
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
