/* SPDX-License-Identifier: GPL-2.0-only */
/* What every part of a device needs: see base.c. */
#ifndef _HVB_BASE_H
#define _HVB_BASE_H

#include <linux/atomic.h>
#include <linux/mm.h>

#include <hyperv/dynmem.h>

#include "counts.h"
#include "params.h"

struct device;
struct kthread_worker;

/* Wire pages to MiB. */
#define HVB_MIB(wire_pages)	((u64)(wire_pages) >> (20 - DM_PAGE_SHIFT))

/* Guest pages to wire pages. */
#define HVB_WIRE_SHIFT		(PAGE_SHIFT - DM_PAGE_SHIFT)
#define hvb_to_wire(pages)	((u64)(pages) << HVB_WIRE_SHIFT)

/*
 * For memory without which the driver would lose track of pages or blocks. What
 * may not fail doesn't get at the reserves where slabs have sheaves (from 6.18
 * on), and waits for reclaim. So it is first tried with what may.
 */
#define HVB_GFP_AT_ONCE	(GFP_NOWAIT | __GFP_MEMALLOC | __GFP_NOWARN)
#define HVB_GFP_MUST	(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOFAIL)

/**
 * struct hvb_base - what every part of a device needs
 *
 * Everybody may read it. Except for the counts, nothing changes once the device
 * is set up.
 */
struct hvb_base {
	/** @dev: for messages; its platform_data carries the ledger */
	struct device *dev;
	/** @params: the admin's settings */
	const struct hvb_params *params;
	/** @worker: runs everything that can take long, one work at a time */
	struct kthread_worker *worker;
	/** @block_pages: pages of a memory block */
	unsigned long block_pages;
	/** @can_hibernate: the platform offers S4, so requests are refused */
	bool can_hibernate;
	/** @counts: see enum hvb_count */
	atomic_long_t counts[HVB_COUNTS];
};

static inline void hvb_base_count_many(struct hvb_base *base,
				       enum hvb_count what, long nr)
{
	atomic_long_add(nr, &base->counts[what]);
}

static inline void hvb_base_count(struct hvb_base *base, enum hvb_count what)
{
	hvb_base_count_many(base, what, 1);
}

/**
 * hvb_base_can_balloon() - can this kernel give pages at all?
 * @base: of the device
 *
 * The host returns single pages of 4 KiB, which a kernel with larger pages
 * can't take.
 *
 * Return: true if it can.
 */
static inline bool hvb_base_can_balloon(const struct hvb_base *base)
{
	return PAGE_SIZE == DM_PAGE_SIZE;
}

/**
 * hvb_base_can_hot_add() - can this kernel add memory at all?
 * @base: of the device
 *
 * Not on arm64: requests don't name a node, and there the address doesn't tell
 * it.
 *
 * Return: true if it can.
 */
static inline bool hvb_base_can_hot_add(const struct hvb_base *base)
{
	return !IS_ENABLED(CONFIG_ARM64);
}

int hvb_base_init(struct hvb_base *base);
void hvb_base_exit(struct hvb_base *base);
bool hvb_base_can_hot_remove(const struct hvb_base *base);

#endif
