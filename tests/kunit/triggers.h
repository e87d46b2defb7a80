/* SPDX-License-Identifier: GPL-2.0-only */
/* PSI's triggers of a device: see triggers.c. */
#ifndef TRIGGERS_H
#define TRIGGERS_H

#include "host.h"

bool triggers_armed(struct hvb_device *dm, enum hvb_psi_which which,
		    const char *text);
bool triggers_missing(struct hvb_device *dm, const char *what);
int triggers_set(struct hvb_device *dm, enum hvb_psi_which which,
		 const char *text);
struct hvb_device *triggers_wanted(struct kunit *test, const char *trigger,
				   const char *early);

#endif
