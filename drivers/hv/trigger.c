// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSI triggers as text: "full 50000 500000" fires when nothing ran for want of
 * memory for 50 ms within 500 ms (Documentation/accounting/psi.rst).
 *
 * Pure: no state, no kernel services, plain values in and out.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "trigger.h"

/* No kernel takes a longer window, and some take no shorter one. */
#define WINDOW_MAX_US		(10 * USEC_PER_SEC)
#define WINDOW_SAFE_US		(500 * USEC_PER_MSEC)

/**
 * hvb_trigger_parse() - read a trigger
 * @text: in PSI's syntax; white space around it doesn't matter
 * @trigger: filled in
 *
 * Return: 0; -EINVAL if the syntax is wrong; -ERANGE if the window is 0 or
 * above 10 s, or the threshold is 0 or above the window.
 */
int hvb_trigger_parse(const char *text, struct hvb_trigger *trigger)
{
	char kind[5], rest;

	if (sscanf(text, " %4s %u %u %c", kind, &trigger->threshold_us,
		   &trigger->window_us, &rest) != 3)
		return -EINVAL;
	trigger->full = !strcmp(kind, "full");
	if (!trigger->full && strcmp(kind, "some"))
		return -EINVAL;
	if (!trigger->window_us || trigger->window_us > WINDOW_MAX_US ||
	    !trigger->threshold_us ||
	    trigger->threshold_us > trigger->window_us)
		return -ERANGE;
	return 0;
}

/**
 * hvb_trigger_format() - write a trigger
 * @trigger: the trigger
 * @text: filled in; has room for HVB_TRIGGER_MAX characters
 */
void hvb_trigger_format(const struct hvb_trigger *trigger, char *text)
{
	snprintf(text, HVB_TRIGGER_MAX, "%s %u %u",
		 trigger->full ? "full" : "some", trigger->threshold_us,
		 trigger->window_us);
}

/**
 * hvb_trigger_widen() - widen to the nearest trigger that every kernel takes
 * @trigger: the trigger; on return with the shortest window that all kernels
 *	take, and the same share of it as threshold
 *
 * Return: false if every kernel takes it already.
 */
bool hvb_trigger_widen(struct hvb_trigger *trigger)
{
	if (trigger->window_us >= WINDOW_SAFE_US)
		return false;
	trigger->threshold_us = div_u64((u64)trigger->threshold_us *
					WINDOW_SAFE_US, trigger->window_us);
	trigger->window_us = WINDOW_SAFE_US;
	return true;
}
