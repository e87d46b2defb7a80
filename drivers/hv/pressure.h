/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory pressure, with PSI or without: see pressure.c. */
#ifndef _HVB_PRESSURE_H
#define _HVB_PRESSURE_H

#include <linux/mutex.h>
#include <linux/wait.h>

#include "burst.h"
#include "demand.h"
#include "params.h"
#include "psi.h"

struct hvb_base;

/**
 * struct hvb_pressure - the state of PSI's triggers; used by the reporter
 */
struct hvb_pressure {
	/** @base: of the device */
	const struct hvb_base *base;
	/** @sleepers: wait queue that a trigger wakes up */
	wait_queue_head_t *sleepers;
	/**
	 * @lock: taken to change @armed, and to read it outside the reporter
	 */
	struct mutex lock;
	/** @armed: the armed triggers, or NULL */
	struct hvb_psi *armed[HVB_PSI_TRIGGERS];
	/** @wanted: the triggers that the admin wants */
	char wanted[HVB_PSI_TRIGGERS][HVB_TRIGGER_MAX];
	/** @due_us: when to retry what isn't armed */
	u64 due_us;
	/** @since_us: since when something isn't armed */
	u64 since_us;
	/** @err: PSI's error, 0 when everything wanted is armed */
	int err;
	/** @is_said: dmesg has reported it */
	bool is_said;
	/**
	 * @missing: the reason, as text; NULL when everything wanted is armed
	 */
	const char *missing;
};

void hvb_pressure_init(struct hvb_pressure *pressure,
		       const struct hvb_base *base,
		       wait_queue_head_t *sleepers);
void hvb_pressure_begin(struct hvb_pressure *pressure,
			const struct hvb_params *params);
void hvb_pressure_tend(struct hvb_pressure *pressure, u64 now_us);
void hvb_pressure_stop(struct hvb_pressure *pressure);
int hvb_pressure_set(struct hvb_pressure *pressure, enum hvb_psi_which which,
		     const char *text);
bool hvb_pressure_is_woken(struct hvb_pressure *pressure);
bool hvb_pressure_fired(struct hvb_pressure *pressure,
			enum hvb_psi_which which, u64 now_us);
void hvb_pressure_armed(struct hvb_pressure *pressure,
			enum hvb_psi_which which, char *text);
const char *hvb_pressure_missing(const struct hvb_pressure *pressure);
void hvb_pressure_read(struct hvb_pressure *pressure, char *text, size_t size);
bool hvb_pressure_fallback(struct hvb_pressure *pressure,
			   const struct hvb_counters *now,
			   const struct hvb_counters *last,
			   enum hvb_signal *signal);

#endif
