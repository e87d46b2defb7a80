/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory put aside for hot-add: see reserve.c. */
#ifndef _HVB_RESERVE_H
#define _HVB_RESERVE_H

struct page;

/* The number of its pieces. */
#define HVB_RESERVE_PARTS	2

/**
 * struct hvb_reserve - memory put aside
 */
struct hvb_reserve {
	/** @parts: each with an order of its own, or NULL */
	struct page *parts[HVB_RESERVE_PARTS];
};

void hvb_reserve_fill(struct hvb_reserve *reserve);
void hvb_reserve_spend(struct hvb_reserve *reserve);

#endif
