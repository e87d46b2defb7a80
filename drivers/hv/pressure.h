/* SPDX-License-Identifier: GPL-2.0-only */
/* Pressure, from PSI or without it: see pressure.c. */
#ifndef _HVB_PRESSURE_H
#define _HVB_PRESSURE_H

#include <linux/types.h>

#include "burst.h"
#include "demand.h"
#include "params.h"

struct hvb_device;

void hvb_pressure_tend(struct hvb_device *dm, u64 now_us);
void hvb_pressure_stop(struct hvb_device *dm);
int hvb_pressure_set(struct hvb_device *dm, enum hvb_psi_which which,
		     const char *text);
bool hvb_pressure_is_woken(struct hvb_device *dm);
bool hvb_pressure_take(struct hvb_device *dm, enum hvb_psi_which which,
		       u64 now_us);
void hvb_pressure_armed(struct hvb_device *dm, enum hvb_psi_which which,
			char *text);
const char *hvb_pressure_missing(const struct hvb_device *dm);
void hvb_pressure_read(struct hvb_device *dm, char *text, size_t size);
bool hvb_pressure_fallback(struct hvb_device *dm,
			   const struct hvb_counters *now,
			   const struct hvb_counters *last,
			   enum hvb_signal *signal);

#endif
