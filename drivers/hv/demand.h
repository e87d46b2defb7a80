/* SPDX-License-Identifier: GPL-2.0-only */
/* How much the guest needs, and how much it may give: see demand.c. */
#ifndef _HVB_DEMAND_H
#define _HVB_DEMAND_H

#include <linux/types.h>

#include "promise.h"

/**
 * struct hvb_counters - what is known of the guest's memory; pages of 4 KiB
 * @total_pages: that the kernel manages now
 * @avail_pages: that any allocation can have without swapping
 * @movable_pages: of @total_pages, in ZONE_MOVABLE: nothing for the kernel itself
 * @movable_avail_pages: of these, that are free or page cache
 * @kept_pages: that are kept free in other zones from who could have these
 * @lent_pages: that are free, but that only movable allocations can have: CMA
 * @free_pages: that are free
 * @commit_pages: the kernel's commit charge
 * @overcommit: what the kernel promises
 * @limit_percent: where it promises no more than there is: the share of memory
 *	beside swap that may be promised, 0 when the limit is fixed
 * @pool_pages: in pools of huge pages, where the limit leaves them out
 * @shown_pages: what MemTotal shows on top of @total_pages
 * @ballooned_pages: given to the host
 * @offline_pages: added by the host and backed, but not online and not about to
 *	be
 * @boot_pages: assigned by the host, but kept by the kernel since boot: its own
 *	image, struct pages, a crash kernel
 * @price_pages: what having memory that the host added costs: its struct pages,
 *               and what the kernel keeps free on account of it
 * @cache_pages: page cache, and other caches, that could go and don't count as
 *	available
 * @hidden_pages: in use, and no counter of the kernel says for what
 * @file_pages: page cache, but for tmpfs
 * @workingset_pages: of it, what counts as used: see workingset.c
 * @swapped_pages: swapped out now
 * @compressed_pages: in memory, for the contents of others, as zram and zswap do it
 * @task_pages: what tasks and the kernel use, swapped out or not
 * @swap_free_pages: of swap that are free
 * @swap_pages: of swap, as far as modules can know
 * @swapped_out_pages: ever written to swap
 * @file_fault_pages: ever faulted in from files
 * @file_read_pages: ever read from files
 * @thrashed_pages: of the working set that were ever dropped and read again
 * @refault_pages: of all page cache, likewise, as long as the kernel remembers
 * @has_generations: the kernel keeps page cache in generations: see demand.c
 * @reclaimed_pages: that were ever reclaimed for everybody, not for a cgroup
 * @stalls: how often an allocation had to reclaim, or a page was swapped
 */
struct hvb_counters {
	u64 total_pages;
	u64 avail_pages;
	u64 movable_pages;
	u64 movable_avail_pages;
	u64 kept_pages;
	u64 lent_pages;
	u64 free_pages;
	u64 commit_pages;
	enum hvb_overcommit overcommit;
	u32 limit_percent;
	u64 pool_pages;
	u64 shown_pages;
	u64 ballooned_pages;
	u64 offline_pages;
	u64 boot_pages;
	u64 price_pages;
	u64 cache_pages;
	u64 hidden_pages;
	u64 file_pages;
	u64 workingset_pages;
	u64 swapped_pages;
	u64 compressed_pages;
	u64 task_pages;
	u64 swap_free_pages;
	u64 swap_pages;
	u64 swapped_out_pages;
	u64 file_fault_pages;
	u64 file_read_pages;
	u64 thrashed_pages;
	u64 refault_pages;
	bool has_generations;
	u64 reclaimed_pages;
	u64 stalls;
};

/**
 * struct hvb_glance - those that take a single load each; pages of 4 KiB
 * @free_pages: that are free
 * @resident_pages: what tasks and the kernel use in memory
 * @file_pages: page cache, but for tmpfs
 * @swap_free_pages: of swap that are free
 */
struct hvb_glance {
	u64 free_pages;
	u64 resident_pages;
	u64 file_pages;
	u64 swap_free_pages;
};

/**
 * struct hvb_need - what the guest needs, a burst aside; pages of 4 KiB
 * @need_pages: all of it, as the host compares it
 * @headroom_pages: what of it isn't used: what should be available, what is lent,
 *	and what the kernel keeps since boot
 * @away_pages: what of it the guest doesn't have: with the host, or not online
 */
struct hvb_need {
	u64 need_pages;
	u64 headroom_pages;
	u64 away_pages;
};

/**
 * struct hvb_demand - what the host is told; pages of 4 KiB
 * @num_avail: that can be had without swapping
 * @num_committed: that the guest needs
 * @page_file_size: of swap that are free
 * @zero_free: that are free
 * @page_file_writes: written to swap since the last report
 * @io_diff: file cache faults less reads since the last report
 */
struct hvb_demand {
	u64 num_avail;
	u64 num_committed;
	u64 page_file_size;
	u64 zero_free;
	u32 page_file_writes;
	u32 io_diff;
};

u64 hvb_demand_floor(u64 total_pages);
bool hvb_demand_is_short(const struct hvb_counters *now);
bool hvb_demand_may_ask(const struct hvb_counters *now, bool is_at_floor);
u64 hvb_demand_missed(const struct hvb_counters *start,
		      const struct hvb_counters *now);
bool hvb_demand_is_squeezed(const struct hvb_counters *start,
			    const struct hvb_counters *now,
			    bool is_reclaiming);
u64 hvb_demand_can_give(u64 total_pages, u64 avail_pages);
u64 hvb_demand_can_give_kernel(const struct hvb_counters *now);
u64 hvb_demand_headroom(u64 used_pages);
u64 hvb_demand_boot(u64 present_pages, u64 managed_pages, u64 absent_pages);
u64 hvb_demand_size(const struct hvb_counters *now);
bool hvb_demand_has_all(const struct hvb_counters *now, u64 max_pages);
u64 hvb_demand_more(const struct hvb_counters *now, u64 max_pages,
		    u64 committed_pages);
void hvb_demand_look(const struct hvb_counters *now, struct hvb_need *need);
void hvb_demand_figure(const struct hvb_counters *now,
		       const struct hvb_counters *last, u64 committed_pages,
		       struct hvb_demand *demand);

#endif
