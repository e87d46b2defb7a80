// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory floor as the others see it: setup, teardown, and its figures.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "arith.h"
#include "base.h"
#include "demand.h"
#include "memory.h"
#include "zones.h"

static void init_sets(struct hvb_memory *mem)
{
	mutex_init(&mem->lock);
	init_waitqueue_head(&mem->settled);
	hvb_ranges_init(&mem->given);
	hvb_ranges_init(&mem->fresh);
	hvb_ranges_init(&mem->holes);
	hvb_ranges_init(&mem->returning);
	hvb_ranges_init(&mem->added);
	xa_init(&mem->phases);
}

static void exit_sets(struct hvb_memory *mem)
{
	hvb_ranges_destroy(&mem->given);
	hvb_ranges_destroy(&mem->fresh);
	hvb_ranges_destroy(&mem->holes);
	hvb_ranges_destroy(&mem->returning);
	hvb_ranges_destroy(&mem->added);
	xa_destroy(&mem->phases);
	mutex_destroy(&mem->lock);
}

/**
 * hvb_memory_init() - set up, and take over what an earlier driver left
 * @mem: zeroed
 * @base: of the device
 * @channel: tells whether blocks may be moved now
 *
 * Context: may sleep.
 * Return: 0; or the error of a registration with the kernel, and then nothing
 * is left behind.
 */
int hvb_memory_init(struct hvb_memory *mem, struct hvb_base *base,
		    const struct hvb_channel *channel)
{
	int err;

	mem->base = base;
	mem->channel = channel;
	init_sets(mem);
	hvb_block_init(&mem->blocks, base);
	hvb_waiting_init(mem);
	hvb_idle_init(mem);
	err = hvb_hotplug_init(mem);
	if (err) {
		exit_sets(mem);
		return err;
	}
	hvb_ledger_adopt(mem);
	if (hvb_memory_can_hot_add(mem) && !base->can_hibernate)
		hvb_reserve_fill(&mem->reserve);
	return 0;
}

/**
 * hvb_memory_exit() - undo hvb_memory_init()
 * @mem: the guest's memory; the channel is closed
 * @is_leaving: the device itself goes away, not just its driver
 *
 * Pages that the host has stay away from the kernel; the ledger lists them for
 * the device's next driver.
 *
 * Context: may sleep.
 */
void hvb_memory_exit(struct hvb_memory *mem, bool is_leaving)
{
	hvb_waiting_exit(mem);
	hvb_idle_exit(mem);
	hvb_reserve_spend(&mem->reserve);
	hvb_counters_show(&mem->counting, 0);
	hvb_hotplug_exit(mem);
	hvb_ledger_leave(mem, is_leaving);
	hvb_block_exit(&mem->blocks);
	exit_sets(mem);
}

/**
 * hvb_memory_go_on() - bring blocks online that should be
 * @mem: the guest's memory; the channel is open
 *
 * Context: any.
 */
void hvb_memory_go_on(struct hvb_memory *mem)
{
	hvb_waiting_go_on(mem);
	hvb_idle_go_on(mem);
}

/**
 * hvb_memory_settle() - memory arrived, or pages held for the host were dropped
 * @mem: the guest's memory
 *
 * Brings blocks online that should be. What was known of blocks may be
 * outdated.
 *
 * Context: the device's worker; may sleep.
 */
void hvb_memory_settle(struct hvb_memory *mem)
{
	mem->changes++;
	hvb_idle_online(mem);
}

/**
 * hvb_memory_changes() - how often did memory arrive?
 * @mem: the guest's memory
 *
 * Context: the device's worker.
 * Return: the number, which wraps around.
 */
unsigned int hvb_memory_changes(const struct hvb_memory *mem)
{
	return mem->changes;
}

/*
 * Counts absent pages that the zones count as present: those of online blocks.
 * Return: false while a block is between two states, and nothing is certain.
 */
static bool count_absent_online(struct hvb_memory *mem, u64 *nr)
{
	unsigned long page = 0, block_pages = mem->base->block_pages;
	enum hvb_phase phase;
	unsigned int i;

	if (mem->moving.count)
		return false;
	*nr = 0;
	for (i = 0; i < HVB_ABSENT_SETS; i++)
		*nr += hvb_absent_set(mem, i)->nr_pages;
	while ((phase = hvb_phase_next(mem, page, &page))) {
		if (phase == HVB_PHASE_ADDING || phase == HVB_PHASE_CLAIMED)
			return false;
		if (!pfn_to_online_page(page))
			*nr -= hvb_absent_count_locked(mem, page, block_pages);
		page += block_pages;
	}
	return true;
}

static void update_boot_pages(struct hvb_memory *mem)
{
	u64 present, managed, absent;

	if (!count_absent_online(mem, &absent))
		return;
	hvb_zones_sum(&present, &managed);
	mem->boot_pages = hvb_demand_boot(present, managed, absent);
}

/**
 * hvb_memory_read() - read the counters of the guest's memory
 * @mem: the guest's memory
 * @last: NULL; or an earlier reading, to read less: see hvb_counters_read()
 * @now: filled in
 *
 * Context: may sleep.
 */
void hvb_memory_read(struct hvb_memory *mem, const struct hvb_counters *last,
		     struct hvb_counters *now)
{
	unsigned long offline, price;

	hvb_counters_read(&mem->counting, last, now);
	mutex_lock(&mem->lock);
	now->total_pages = hvb_to_wire(hvb_counters_total(&mem->counting));
	now->shown_pages = hvb_to_wire(hvb_counters_shown(&mem->counting));
	offline = mem->nr_added - mem->nr_onlined;
	offline -= min(offline, mem->nr_landing);
	now->ballooned_pages = hvb_to_wire(mem->given.nr_pages +
					   mem->fresh.nr_pages);
	price = PFN_UP(mem->nr_added * sizeof(struct page)) +
		hvb_counters_kept_for_added(&mem->counting, mem->nr_added);
	update_boot_pages(mem);
	now->boot_pages = hvb_to_wire(mem->boot_pages);
	mutex_unlock(&mem->lock);
	now->price_pages = hvb_to_wire(price);
	now->offline_pages = hvb_to_wire(offline);
}

/**
 * hvb_memory_read_room() - read what says how much may be given
 * @mem: the guest's memory
 * @last: NULL; or an earlier reading, to read less: see hvb_counters_read_room()
 * @now: filled in; all other figures are 0
 *
 * Giving reads this for each block and every 64 MiB, so what only reports need
 * isn't looked for.
 *
 * Context: may sleep.
 */
void hvb_memory_read_room(struct hvb_memory *mem,
			  const struct hvb_counters *last,
			  struct hvb_counters *now)
{
	struct hvb_glance seen;

	hvb_counters_glance(&seen);
	hvb_counters_read_room(last, &seen, now);
	mutex_lock(&mem->lock);
	now->total_pages = hvb_to_wire(hvb_counters_total(&mem->counting));
	mutex_unlock(&mem->lock);
}

/* To be called with the counters as they are: memory comes and goes. */
static void show(struct hvb_memory *mem, u64 wanted_pages, u64 max_pages)
{
	struct hvb_counters now;
	u64 shown;

	hvb_memory_read(mem, NULL, &now);
	shown = hvb_promise_shown(&now, wanted_pages, max_pages);
	if (shown == now.shown_pages)
		return;
	mutex_lock(&mem->lock);
	hvb_counters_show(&mem->counting, shown >> HVB_WIRE_SHIFT);
	mutex_unlock(&mem->lock);
}

/**
 * hvb_memory_tend() - keep MemTotal at what the admin wants it to show
 * @mem: the guest's memory
 * @max_pages: the most that the host gives, 0 when it didn't say
 *
 * To be called often; mostly it does nothing.
 *
 * Context: a kernel thread of the driver's; may sleep.
 */
void hvb_memory_tend(struct hvb_memory *mem, u64 max_pages)
{
	u64 wanted_mib = READ_ONCE(mem->base->params->memtotal_mib);

	if (wanted_mib || hvb_counters_shown(&mem->counting))
		show(mem, HVB_MIB_PAGES(wanted_mib), max_pages);
}

/**
 * hvb_memory_facts() - what debugfs and sysfs show
 * @mem: the guest's memory
 * @facts: filled in
 *
 * Context: may sleep.
 */
void hvb_memory_facts(struct hvb_memory *mem, struct hvb_memory_facts *facts)
{
	mutex_lock(&mem->lock);
	facts->total_pages = hvb_counters_total(&mem->counting);
	facts->ballooned_pages = mem->given.nr_pages + mem->fresh.nr_pages;
	facts->added_pages = mem->nr_added;
	facts->onlined_pages = mem->nr_onlined;
	facts->hole_pages = mem->holes.nr_pages;
	facts->nr_ranges = mem->given.nr_ranges + mem->fresh.nr_ranges;
	mutex_unlock(&mem->lock);
	facts->nr_waiting = READ_ONCE(mem->waiting.nr);
}

/**
 * hvb_memory_can_hot_add() - can new memory be used?
 * @mem: the guest's memory
 *
 * The online callback must be ours, since it keeps pages that aren't backed.
 *
 * Return: true if it can.
 */
bool hvb_memory_can_hot_add(const struct hvb_memory *mem)
{
	return hvb_base_can_hot_add(mem->base) && mem->owns_callback;
}

/**
 * hvb_memory_can_claim() - may whole blocks be claimed for the host?
 * @mem: the guest's memory
 *
 * The online callback must be ours, since it keeps their pages. arm64 never
 * lets boot memory go offline, and has no other memory here.
 *
 * Return: true if the admin wants it and the kernel can do it.
 */
bool hvb_memory_can_claim(const struct hvb_memory *mem)
{
	return IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) &&
	       !IS_ENABLED(CONFIG_ARM64) && mem->owns_callback &&
	       READ_ONCE(mem->base->params->balloon_blocks);
}
