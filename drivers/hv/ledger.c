// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: what the host holds while no driver is there to know.
 *
 * When the driver goes (rmmod, unbind), pages that the host has can't go back
 * to the kernel, since the host may have taken their backing away. They stay
 * PageOffline, and would be lost when the host returns them to a later driver.
 * So the driver leaves a list of them with the device, which stays: in its
 * platform_data, which nothing else on VMBus uses. The next driver adopts the
 * list. When the host takes the device itself away, there is no one to leave it
 * to.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "base.h"
#include "memory.h"

#define LEDGER_MAGIC	0x6864766c656467ULL

/* What an entry says about its range. */
enum ledger_set {
	LEDGER_GIVEN,
	LEDGER_HOLES,
	LEDGER_ADDED,
	LEDGER_IDLE,
	LEDGER_MOVABLE,
	LEDGER_SETS,
};

struct ledger_entry {
	struct hvb_range range;
	enum ledger_set set;
};

struct ledger {
	u64 magic;
	unsigned long nr_entries;
	struct ledger_entry entries[];
};

static struct hvb_ranges *ledger_set(struct hvb_memory *mem,
				     enum ledger_set set)
{
	switch (set) {
	case LEDGER_GIVEN:
		return &mem->given;
	case LEDGER_HOLES:
		return &mem->holes;
	default:
		return &mem->added;
	}
}

static bool next_block(struct hvb_memory *mem, enum ledger_set set,
		       unsigned long from, struct hvb_range *part)
{
	part->count = mem->base->block_pages;
	while (hvb_phase_next(mem, from, &part->start)) {
		from = hvb_range_end(part);
		if (set == LEDGER_IDLE && hvb_phase_is_ours(mem, part->start))
			return true;
		if (set == LEDGER_MOVABLE &&
		    hvb_phase_zone(mem, part->start) == HVB_ZONE_MOVABLE)
			return true;
	}
	return false;
}

static bool next_part(struct hvb_memory *mem, enum ledger_set set,
		      unsigned long from, struct hvb_range *part)
{
	if (set == LEDGER_IDLE || set == LEDGER_MOVABLE)
		return next_block(mem, set, from, part);
	return hvb_ranges_next(ledger_set(mem, set), from, ULONG_MAX, part);
}

/* Writes everything down; without a ledger, only counts. Return: entries. */
static unsigned long write_all(struct hvb_memory *mem, struct ledger *ledger)
{
	struct ledger_entry entry = {};
	unsigned long nr = 0;

	for (entry.set = 0; entry.set < LEDGER_SETS; entry.set++) {
		unsigned long from = 0;

		while (next_part(mem, entry.set, from, &entry.range)) {
			if (ledger)
				ledger->entries[nr] = entry;
			nr++;
			from = hvb_range_end(&entry.range);
		}
	}
	return nr;
}

static struct ledger *new_ledger(unsigned long nr_entries)
{
	struct ledger *ledger;

	ledger = kvmalloc(struct_size(ledger, entries, nr_entries), GFP_KERNEL);
	if (!ledger)
		return NULL;
	ledger->magic = LEDGER_MAGIC;
	ledger->nr_entries = nr_entries;
	return ledger;
}

/**
 * hvb_ledger_leave() - write down what the host holds, for the next driver
 * @mem: the guest's memory; nothing changes its sets any more
 * @is_leaving: the device itself goes away, not just its driver
 *
 * Context: may sleep.
 */
void hvb_ledger_leave(struct hvb_memory *mem, bool is_leaving)
{
	unsigned long held_pages = mem->given.nr_pages;
	unsigned long nr = write_all(mem, NULL);
	struct ledger *ledger;

	if (!nr)
		return;
	if (held_pages)
		dev_warn_ratelimited(mem->base->dev, "the host holds %lu pages (%lu MiB) of this guest; they stay away until it returns them to a driver loaded later, or the guest restarts\n",
				     held_pages, held_pages >> (20 - PAGE_SHIFT));

	if (is_leaving)
		return;
	ledger = new_ledger(nr);
	if (!ledger) {
		dev_warn_ratelimited(mem->base->dev, "no memory to remember which pages these are: only a restart brings them back\n");
		return;
	}
	write_all(mem, ledger);
	mem->base->dev->platform_data = ledger;
}

static void write_set(struct hvb_ranges *ranges, enum ledger_set set,
		      struct ledger_entry *entries)
{
	struct ledger_entry entry = { .set = set };
	unsigned long from = 0;

	while (hvb_ranges_next(ranges, from, ULONG_MAX, &entry.range)) {
		*entries++ = entry;
		from = hvb_range_end(&entry.range);
	}
}

static struct ledger *take_ledger(struct device *dev)
{
	struct ledger *ledger = dev->platform_data;

	if (!ledger || ledger->magic != LEDGER_MAGIC)
		return NULL;
	dev->platform_data = NULL;
	return ledger;
}

/**
 * hvb_ledger_write() - write a ledger for a driver that left none
 * @dev: the device; a ledger that it has is replaced
 * @given: the pages that the host has
 * @added: the pages of added blocks
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int hvb_ledger_write(struct device *dev, struct hvb_ranges *given,
		     struct hvb_ranges *added)
{
	struct ledger *ledger;

	ledger = new_ledger(given->nr_ranges + added->nr_ranges);
	if (!ledger)
		return -ENOMEM;
	kvfree(take_ledger(dev));
	write_set(given, LEDGER_GIVEN, ledger->entries);
	write_set(added, LEDGER_ADDED, ledger->entries + given->nr_ranges);
	dev->platform_data = ledger;
	return 0;
}

/*
 * While no driver watched, a block may have come online with all its pages.
 * Pages that aren't PageOffline are the kernel's now.
 */
static bool is_absent(unsigned long start, unsigned long count)
{
	unsigned long i;

	for (i = 0; i < count; i++) {
		struct page *page = pfn_to_online_page(start + i);

		if (page && !PageOffline(page))
			return false;
	}
	return true;
}

/* Can the ledger still be right about these pages of one block? */
static bool is_true(enum ledger_set set, unsigned long start,
		    unsigned long count)
{
	switch (set) {
	case LEDGER_GIVEN:
	case LEDGER_HOLES:
		return is_absent(start, count);
	case LEDGER_ADDED:
		return true;
	default:
		return !pfn_to_online_page(start);
	}
}

static void adopt_phase(struct hvb_memory *mem, enum ledger_set set,
			unsigned long start)
{
	enum hvb_zone zone = HVB_ZONE_KERNEL;
	enum hvb_phase phase = HVB_PHASE_IDLE;

	if (set == LEDGER_MOVABLE) {
		zone = HVB_ZONE_MOVABLE;
		phase = HVB_PHASE_PARKED;
		/* LEDGER_IDLE came first, and may have set the phase. */
		if (hvb_phase_is_ours(mem, start))
			phase = hvb_phase_of(mem, start);
		hvb_phase_rest(mem, start);
	} else if (!pfn_valid(start)) {
		phase = HVB_PHASE_REMOVED;
	}
	hvb_phase_set(mem, start, phase, zone);
}

static void adopt_part(struct hvb_memory *mem, enum ledger_set set,
		       unsigned long start, unsigned long count)
{
	int err = -ESTALE;

	if (!is_true(set, start, count))
		goto out;
	err = 0;
	if (set == LEDGER_IDLE || set == LEDGER_MOVABLE)
		adopt_phase(mem, set, start);
	else
		err = hvb_ranges_insert(ledger_set(mem, set), start, count,
					GFP_KERNEL | __GFP_NOFAIL);
out:
	if (err)
		dev_warn_ratelimited(mem->base->dev, "can't take over pages %lu+%lu from the earlier driver (%d)\n",
				     start, count, err);
}

/* Block by block: the fate of one says nothing about the others. */
static void adopt(struct hvb_memory *mem, const struct ledger_entry *entry)
{
	unsigned long end = hvb_range_end(&entry->range), next;
	unsigned long start = entry->range.start;

	for (; start < end; start = next) {
		next = min(end, ALIGN(start + 1, mem->base->block_pages));
		adopt_part(mem, entry->set, start, next - start);
		cond_resched();
	}
}

/*
 * Counts an added block if it is online. If it should have come online under the
 * earlier driver, it waits.
 */
static void look_at_block(struct hvb_memory *mem, unsigned long page)
{
	unsigned long block_pages = mem->base->block_pages;

	if (pfn_to_online_page(page) || hvb_phase_is_ours(mem, page))
		mem->nr_onlined += block_pages -
				   hvb_ranges_count(&mem->holes, page,
						    block_pages);
	else if (pfn_valid(page))
		hvb_waiting_add(mem, page);
}

static void look_at_blocks(struct hvb_memory *mem)
{
	struct hvb_range part;
	unsigned long page = 0;

	while (hvb_ranges_next(&mem->added, page, ULONG_MAX, &part)) {
		look_at_block(mem, part.start);
		page = part.start + mem->base->block_pages;
	}
}

/**
 * hvb_ledger_adopt() - take over what an earlier driver left
 * @mem: the guest's memory; its sets are empty
 *
 * Blocks can come online all the time. One that did so before our callback was
 * there has its pages in the kernel's hands, and is skipped. That can't be said
 * of one that is on its way, so no block may be moving.
 *
 * Context: hotplug.c is at work; may sleep.
 */
void hvb_ledger_adopt(struct hvb_memory *mem)
{
	struct ledger *ledger = take_ledger(mem->base->dev);
	unsigned long i;

	if (!ledger)
		return;
	hvb_hotplug_lock(mem);
	for (i = 0; i < ledger->nr_entries; i++)
		adopt(mem, &ledger->entries[i]);
	mem->nr_added = mem->added.nr_pages - mem->holes.nr_pages;
	look_at_blocks(mem);
	mutex_unlock(&mem->lock);
	if (mem->given.nr_pages)
		dev_info_ratelimited(mem->base->dev, "took over %lu MiB that the host holds\n",
				     mem->given.nr_pages >> (20 - PAGE_SHIFT));
	kvfree(ledger);
}
