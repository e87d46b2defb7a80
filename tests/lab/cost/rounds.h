/* SPDX-License-Identifier: GPL-2.0-only */
/* What a host's rounds of requests cost: see rounds.c. */
#ifndef _HVB_LAB_ROUNDS_H
#define _HVB_LAB_ROUNDS_H

int rounds_measure(unsigned int pieces);

#endif
