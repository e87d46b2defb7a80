// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reserve for hot-add.
 *
 * Adding a memory block takes memory first: 2 MiB for the struct pages of 128
 * MiB, and a little for what describes them. A guest that needs memory most has
 * none for that. So the driver keeps this much, lets go of it right before it
 * adds a block, and fills it up again when the block is online.
 */
#include <linux/gfp.h>

#include "reserve.h"

/* 2 MiB in one piece for struct pages, and 256 KiB for the rest. */
static const unsigned int orders[HVB_RESERVE_PARTS] = {
	21 - PAGE_SHIFT, 18 - PAGE_SHIFT
};

#define GFP_RESERVE	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/**
 * hvb_reserve_fill() - put memory aside, as far as there is any
 * @reserve: the reserve
 *
 * Context: may sleep; the device's worker, or before it runs.
 */
void hvb_reserve_fill(struct hvb_reserve *reserve)
{
	unsigned int i;

	for (i = 0; i < HVB_RESERVE_PARTS; i++)
		if (!reserve->parts[i])
			reserve->parts[i] = alloc_pages(GFP_RESERVE,
							orders[i]);
}

/**
 * hvb_reserve_spend() - let go of the reserve
 * @reserve: the reserve
 *
 * Context: the device's worker, or after it ran.
 */
void hvb_reserve_spend(struct hvb_reserve *reserve)
{
	unsigned int i;

	for (i = 0; i < HVB_RESERVE_PARTS; i++) {
		if (reserve->parts[i])
			__free_pages(reserve->parts[i], orders[i]);
		reserve->parts[i] = NULL;
	}
}
