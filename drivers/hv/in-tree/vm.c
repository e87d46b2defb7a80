// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap, pools of huge pages, how page cache ages, and what the kernel promises
 * (vm.overcommit_memory).
 */
#include <linux/hugetlb.h>
#include <linux/mman.h>
#include <linux/swap.h>

#include "base.h"
#include "demand.h"
#include "promise.h"
#include "vm.h"

/**
 * hvb_vm_swap_used_pages() - swap in use
 * @now: the counters
 *
 * Context: any.
 * Return: 4 KiB pages.
 */
u64 hvb_vm_swap_used_pages(const struct hvb_counters *now)
{
	u64 all = hvb_to_wire(total_swap_pages);

	return all > now->swap_free_pages ? all - now->swap_free_pages : 0;
}

/**
 * hvb_vm_look() - what the kernel promises
 * @now: its overcommit, limit_percent, pool_pages and has_generations are filled
 *	in
 *
 * Context: any.
 */
void hvb_vm_look(struct hvb_counters *now)
{
	now->overcommit = READ_ONCE(sysctl_overcommit_memory);
	if (now->overcommit == HVB_OVERCOMMIT_NEVER)
		now->limit_percent = vm_overcommit_percent();
	now->pool_pages = hvb_to_wire(hugetlb_total_pages());
	now->has_generations = lru_gen_is_on();
}
