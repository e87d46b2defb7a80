/* SPDX-License-Identifier: GPL-2.0-only */
/* Dropping page cache: see reclaim.c. */
#ifndef _HVB_RECLAIM_H
#define _HVB_RECLAIM_H

int hvb_reclaim_cache(unsigned long pages);

#endif
