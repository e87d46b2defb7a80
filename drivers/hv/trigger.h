/* SPDX-License-Identifier: GPL-2.0-only */
/* PSI triggers as text: see trigger.c. */
#ifndef _HVB_TRIGGER_H
#define _HVB_TRIGGER_H

#include <linux/types.h>

/* Room for a trigger as text. */
#define HVB_TRIGGER_MAX	40

/* The defaults. Old kernels refuse the shorter window. */
#define HVB_TRIGGER_FULL	"full 50000 500000"
#define HVB_TRIGGER_EARLY	"some 20000 200000"

/**
 * struct hvb_trigger - when PSI should fire
 * @full: all tasks are stalled ("full"), or some ("some")
 * @threshold_us: for this long in total
 * @window_us: within this window
 */
struct hvb_trigger {
	bool full;
	u32 threshold_us;
	u32 window_us;
};

int hvb_trigger_parse(const char *text, struct hvb_trigger *trigger);
void hvb_trigger_format(const struct hvb_trigger *trigger, char *text);
bool hvb_trigger_widen(struct hvb_trigger *trigger);

#endif
