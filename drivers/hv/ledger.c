// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: what the host holds, while no driver is there to know it.
 *
 * When the driver goes (rmmod, unbind), pages that the host has can't be given
 * to the kernel: the host may have taken their backing away. They stay
 * PageOffline, and would be lost when a driver comes again and the host returns
 * them. So the driver leaves a list of them with the device, which stays, in
 * its platform_data, which nothing else on VMBus uses; the next one adopts it.
 * When the host takes the device itself away, there is no one to leave it to.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "base.h"
#include "memory.h"

#define LEDGER_MAGIC	0x6864766c656467ULL

/* Which set a range belongs to. */
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
	case LEDGER_ADDED:
		return &mem->added;
	case LEDGER_IDLE:
		return &mem->idle;
	default:
		return &mem->movable;
	}
}

static void write_set(struct hvb_memory *mem, struct ledger *ledger,
		      enum ledger_set set)
{
	unsigned long from = 0;
	struct hvb_range part;

	while (hvb_ranges_next(ledger_set(mem, set), from, ULONG_MAX, &part)) {
		struct ledger_entry *entry;

		entry = &ledger->entries[ledger->nr_entries++];
		entry->range = part;
		entry->set = set;
		from = hvb_range_end(&part);
	}
}

/**
 * hvb_ledger_leave() - write down what the host holds, for the next driver
 * @mem: the guest's memory; nothing changes its sets any more
 * @is_leaving: the device itself goes, and not only its driver
 *
 * Context: may sleep.
 */
void hvb_ledger_leave(struct hvb_memory *mem, bool is_leaving)
{
	unsigned long held_pages = mem->given.nr_pages;
	unsigned long nr = 0;
	enum ledger_set set;
	struct ledger *ledger;

	for (set = 0; set < LEDGER_SETS; set++)
		nr += ledger_set(mem, set)->nr_ranges;
	if (!nr)
		return;
	if (held_pages)
		dev_warn_ratelimited(mem->base->dev, "the host holds %lu pages (%lu MiB) of this guest; they stay away until it returns them to a driver loaded later, or the guest restarts\n",
				     held_pages, held_pages >> (20 - PAGE_SHIFT));

	if (is_leaving)
		return;
	ledger = kvmalloc(struct_size(ledger, entries, nr), GFP_KERNEL);
	if (!ledger) {
		dev_warn_ratelimited(mem->base->dev, "no memory to remember which pages these are: only a restart brings them back\n");
		return;
	}
	ledger->magic = LEDGER_MAGIC;
	ledger->nr_entries = 0;
	for (set = 0; set < LEDGER_SETS; set++)
		write_set(mem, ledger, set);
	mem->base->dev->platform_data = ledger;
}

/*
 * While nobody watched, a block could go online with all its pages. What isn't
 * PageOffline is the kernel's now.
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

/* Can pages of one block still be what the ledger says? */
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

static void adopt_part(struct hvb_memory *mem, enum ledger_set set,
		       unsigned long start, unsigned long count)
{
	int err = -ESTALE;

	if (is_true(set, start, count))
		err = hvb_ranges_insert(ledger_set(mem, set), start, count,
					GFP_KERNEL | __GFP_NOFAIL);
	if (err)
		dev_warn_ratelimited(mem->base->dev, "pages %lu+%lu of the driver before can't be taken over (%d)\n",
				     start, count, err);
}

/* Block by block: what became of one says nothing of the others. */
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

static unsigned long count_onlined(struct hvb_memory *mem)
{
	unsigned long from = 0, nr = 0;
	struct hvb_range part;

	while (hvb_ranges_next(&mem->added, from, ULONG_MAX, &part)) {
		unsigned long end = hvb_range_end(&part);

		for (from = part.start; from < end; from += mem->base->block_pages)
			if (pfn_to_online_page(from) ||
			    hvb_claim_is_idle(mem, from))
				nr += mem->base->block_pages -
				      hvb_ranges_count(&mem->holes, from,
						       mem->base->block_pages);
	}
	return nr;
}

/* Blocks that should have been online with the driver before. */
static void wait_for_blocks(struct hvb_memory *mem)
{
	unsigned long from = 0;
	struct hvb_range part;

	while (hvb_ranges_next(&mem->added, from, ULONG_MAX, &part)) {
		unsigned long end = hvb_range_end(&part);

		for (from = part.start; from < end; from += mem->base->block_pages)
			if (pfn_valid(from) && !pfn_to_online_page(from))
				hvb_waiting_add(mem, from);
	}
}

/**
 * hvb_ledger_adopt() - take over what the driver before left
 * @mem: the guest's memory; its sets are empty
 *
 * Context: may sleep.
 */
void hvb_ledger_adopt(struct hvb_memory *mem)
{
	struct ledger *ledger = mem->base->dev->platform_data;
	unsigned long i;

	if (!ledger || ledger->magic != LEDGER_MAGIC)
		return;
	mem->base->dev->platform_data = NULL;

	for (i = 0; i < ledger->nr_entries; i++)
		adopt(mem, &ledger->entries[i]);
	mutex_lock(&mem->lock);
	mem->nr_added = mem->added.nr_pages - mem->holes.nr_pages;
	mem->nr_onlined = count_onlined(mem);
	mutex_unlock(&mem->lock);
	wait_for_blocks(mem);
	if (mem->given.nr_pages)
		dev_info_ratelimited(mem->base->dev, "took over %lu MiB that the host holds\n",
				     mem->given.nr_pages >> (20 - PAGE_SHIFT));
	kvfree(ledger);
}
