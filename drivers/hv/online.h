/* SPDX-License-Identifier: GPL-2.0-only */
/* Where blocks come online: see online.c. */
#ifndef _HVB_ONLINE_H
#define _HVB_ONLINE_H

#include "plan.h"

struct hvb_base;

enum hvb_zone hvb_online_zone(const struct hvb_base *base,
			      enum hvb_online_policy policy);
void hvb_online_say_failed(const struct hvb_base *base, unsigned long page,
			   int err);

#endif
