// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the kernel's counters, as far as modules can.
 */
#include <linux/blk_types.h>
#include <linux/cpu.h>
#include <linux/mman.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "base.h"
#include "compat.h"
#include "counters.h"
#include "demand.h"
#include "vm.h"
#include "zones.h"

/* The most that the kernel keeps free because memory was added. */
#define RESERVE_PAGES_MAX	((u64)(64 << 20) >> PAGE_SHIFT)

/*
 * Each CPU counts its own events, and nobody adds them up but who reads them.
 * There are a hundred kinds, so only those of interest are.
 */
#ifdef CONFIG_VM_EVENT_COUNTERS
static unsigned long events_of(int cpu, enum vm_event_item item)
{
	return READ_ONCE(per_cpu(vm_event_states, cpu).event[item]);
}
#else
static unsigned long events_of(int cpu, enum vm_event_item item)
{
	return 0;
}
#endif

static void read_events(struct hvb_counters *now)
{
	unsigned long swapped_out = 0, compressed = 0, faults = 0, sectors = 0;
	unsigned long stalls = 0, reclaimed;
	int cpu;

	reclaimed = hvb_compat_reclaimed();
	/* The events of a CPU that goes offline move to another. */
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		swapped_out += events_of(cpu, PSWPOUT);
#ifdef CONFIG_SWAP
		/* Pages of zeroes have a place in swap, but aren't written. */
		swapped_out += hvb_compat_zeroes_out(cpu, events_of);
		stalls += hvb_compat_zeroes_in(cpu, events_of);
#endif
#ifdef CONFIG_ZSWAP
		compressed += events_of(cpu, ZSWPOUT);
#endif
		faults += events_of(cpu, PGMAJFAULT);
		/* Whatever its name says. */
		sectors += events_of(cpu, PGPGIN);
		reclaimed += hvb_compat_reclaimed_on(cpu, events_of);
		stalls += events_of(cpu, ALLOCSTALL_NORMAL) +
			  events_of(cpu, ALLOCSTALL_MOVABLE) +
			  events_of(cpu, PSWPIN);
	}
	cpus_read_unlock();
	now->swapped_out_pages = hvb_to_wire(swapped_out + compressed);
	now->file_fault_pages = hvb_to_wire(faults);
	now->file_read_pages = sectors >> (DM_PAGE_SHIFT - SECTOR_SHIFT);
	now->reclaimed_pages = hvb_to_wire(reclaimed);
	now->stalls = stalls + swapped_out;
}

static void copy_events(const struct hvb_counters *last,
			struct hvb_counters *now)
{
	now->swapped_out_pages = last->swapped_out_pages;
	now->file_fault_pages = last->file_fault_pages;
	now->file_read_pages = last->file_read_pages;
	now->reclaimed_pages = last->reclaimed_pages;
	now->stalls = last->stalls;
}

/* Pages in the swap cache are also in memory, and are counted there. */
static u64 swapped_now(const struct hvb_counters *now)
{
	u64 used = hvb_vm_swap_used_pages(now), cached = 0;

#ifdef CONFIG_SWAP
	cached = hvb_to_wire(global_node_page_state_pages(NR_SWAPCACHE));
#endif
	return used > cached ? used - cached : 0;
}

/**
 * hvb_counters_glance() - read what takes a single load each
 * @seen: filled in
 *
 * The kernel adds these up itself, give or take some pages for each CPU. All
 * else takes a sum over the CPUs or the zones, so this is what to look at often.
 *
 * Context: any.
 */
void hvb_counters_glance(struct hvb_glance *seen)
{
	unsigned long resident, files;

	resident = global_node_page_state_pages(NR_ANON_MAPPED) +
		   global_node_page_state_pages(NR_SHMEM) +
		   global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B) +
		   global_node_page_state_pages(NR_PAGETABLE);
	files = global_node_page_state_pages(NR_ACTIVE_FILE) +
		global_node_page_state_pages(NR_INACTIVE_FILE);
	seen->free_pages = hvb_to_wire(global_zone_page_state(NR_FREE_PAGES));
	seen->resident_pages = hvb_to_wire(resident);
	seen->file_pages = hvb_to_wire(files);
	/* It is negative for a moment while swap is turned off. */
	seen->swap_free_pages = hvb_to_wire(max(get_nr_swap_pages(), 0L));
}

/* Drivers' pages, pools of huge pages, caches that only a shrinker knows. */
static u64 used_by_nobody_known(u64 total_pages, u64 free_pages)
{
	static const enum node_stat_item items[] = {
		NR_INACTIVE_ANON, NR_ACTIVE_ANON, NR_INACTIVE_FILE,
		NR_ACTIVE_FILE, NR_UNEVICTABLE, NR_SLAB_RECLAIMABLE_B,
		NR_SLAB_UNRECLAIMABLE_B, NR_KERNEL_MISC_RECLAIMABLE,
		NR_PAGETABLE,
	};
	unsigned long pages = global_node_page_state(NR_KERNEL_STACK_KB) >>
			      (PAGE_SHIFT - 10);
	u64 known;
	int i;

	for (i = 0; i < ARRAY_SIZE(items); i++)
		pages += global_node_page_state_pages(items[i]);
	known = hvb_to_wire(pages) + free_pages;
	return total_pages - min(known, total_pages);
}

/**
 * hvb_counters_kept_for_added() - what the kernel keeps free for added memory
 * @counting: state from earlier readings
 * @has_added: memory was added
 *
 * Adding memory makes the kernel keep more free. So can an admin, and by more.
 *
 * Context: any; the caller serializes.
 * Return: guest pages.
 */
u64 hvb_counters_kept_for_added(struct hvb_counting *counting, bool has_added)
{
	u64 kept = hvb_zones_kept_free();

	if (!has_added || !counting->kept_free_pages) {
		counting->kept_free_pages = kept;
		return 0;
	}
	kept -= min(kept, counting->kept_free_pages);
	return min(kept, RESERVE_PAGES_MAX);
}

/*
 * What the kernel's estimate of available memory leaves to caches, that of pages
 * and what else can be reclaimed: half of each, but at most the low watermarks.
 */
static u64 left_to_caches(u64 file_pages)
{
	unsigned long others =
		global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
		global_node_page_state(NR_KERNEL_MISC_RECLAIMABLE);
	u64 low = hvb_to_wire(hvb_zones_low_watermarks());

	return min(file_pages / 2, low) + min(hvb_to_wire(others) / 2, low);
}

/**
 * hvb_counters_show() - have MemTotal show more than there is
 * @counting: what is remembered
 * @pages: how much more, guest pages
 *
 * The kernel's own accounts, of zones and nodes, aren't changed.
 *
 * Context: any; nobody reads the size meanwhile.
 */
void hvb_counters_show(struct hvb_counting *counting, u64 pages)
{
	totalram_pages_add((long)(pages - counting->shown_pages));
	counting->shown_pages = pages;
}

/**
 * hvb_counters_shown() - how much more than there is does MemTotal show?
 * @counting: what is remembered
 *
 * Context: as hvb_counters_total().
 * Return: guest pages.
 */
u64 hvb_counters_shown(const struct hvb_counting *counting)
{
	return counting->shown_pages;
}

/**
 * hvb_counters_total() - how much memory does the kernel manage?
 * @counting: what is remembered
 *
 * Context: any; nobody changes meanwhile what MemTotal shows.
 * Return: guest pages.
 */
unsigned long hvb_counters_total(const struct hvb_counting *counting)
{
	return totalram_pages() - hvb_counters_shown(counting);
}

static unsigned long lent_now(void)
{
	return global_zone_page_state(NR_FREE_CMA_PAGES);
}

static unsigned long compressed_now(void)
{
#if IS_ENABLED(CONFIG_ZSMALLOC)
	return global_zone_page_state(NR_ZSPAGES);
#else
	return 0;
#endif
}

/**
 * hvb_counters_avail() - what any allocation can have without swapping
 *
 * The kernel's estimate has the free pages of areas for contiguous memory
 * (CMA), too. They are lent to movable allocations only, so neither the kernel
 * nor the host can have them.
 *
 * Context: any.
 * Return: guest pages.
 */
unsigned long hvb_counters_avail(void)
{
	return max(si_mem_available() - (long)lent_now(), 0L);
}

/**
 * hvb_counters_read_avail() - what can be had without swapping, and by whom
 * @now: of it, these figures are filled in
 *
 * Context: any.
 */
void hvb_counters_read_avail(struct hvb_counters *now)
{
	struct hvb_movable movable;

	hvb_zones_movable(&movable);
	now->avail_pages = hvb_to_wire(hvb_counters_avail());
	now->movable_pages = hvb_to_wire(movable.managed_pages);
	now->movable_avail_pages = hvb_to_wire(movable.avail_pages);
	now->kept_pages = hvb_to_wire(movable.kept_pages);
}

/**
 * hvb_counters_read_room() - read what says how much may be given
 * @last: NULL; or an earlier reading, whose events will do unless pages moved to
 *	swap or came back
 * @seen: what was glanced at
 * @now: filled in; all other figures are 0
 *
 * Context: may sleep; takes the lock of CPU hotplug.
 */
void hvb_counters_read_room(const struct hvb_counters *last,
			    const struct hvb_glance *seen,
			    struct hvb_counters *now)
{
	unsigned long thrashed, refault;

	memset(now, 0, sizeof(*now));
	hvb_counters_read_avail(now);
	now->free_pages = seen->free_pages;
	now->commit_pages = hvb_to_wire(vm_memory_committed());
	now->swap_free_pages = seen->swap_free_pages;
	thrashed = global_node_page_state_pages(WORKINGSET_RESTORE_FILE);
	refault = global_node_page_state_pages(WORKINGSET_REFAULT_FILE);
	now->thrashed_pages = hvb_to_wire(thrashed);
	now->refault_pages = hvb_to_wire(refault);
	if (last && last->swap_free_pages == now->swap_free_pages &&
	    last->refault_pages == now->refault_pages)
		copy_events(last, now);
	else
		read_events(now);
	hvb_vm_look(now);
	now->swapped_pages = swapped_now(now);
	now->swap_pages = now->swap_free_pages + now->swapped_pages;
}

/**
 * hvb_counters_read() - read the kernel's counters of memory
 * @counting: state from earlier readings
 * @last: as for hvb_counters_read_room()
 * @now: filled in; figures that only the driver knows are 0
 *
 * The size isn't filled in: see hvb_counters_total().
 *
 * Context: may sleep; takes the lock of CPU hotplug.
 */
void hvb_counters_read(const struct hvb_counting *counting,
		       const struct hvb_counters *last,
		       struct hvb_counters *now)
{
	struct hvb_glance seen;

	hvb_counters_glance(&seen);
	hvb_counters_read_room(last, &seen, now);
	now->lent_pages = hvb_to_wire(lent_now());
	now->compressed_pages = hvb_to_wire(compressed_now());
	now->file_pages = seen.file_pages;
	now->cache_pages = left_to_caches(seen.file_pages);
	now->hidden_pages =
		used_by_nobody_known(hvb_to_wire(hvb_counters_total(counting)),
				     seen.free_pages);
	now->task_pages = seen.resident_pages + now->swapped_pages;
}
