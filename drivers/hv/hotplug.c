// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our part in the kernel's memory hotplug: which pages of a block the kernel
 * may have when it comes online, and letting a block go offline.
 *
 * The kernel has a single online callback, and every block passes through it,
 * including those that other drivers add. It doesn't matter whose block it is:
 * absent pages stay away and all others are the kernel's. A chunk without
 * absent pages is released as it came, with its order.
 */
#include <linux/memory.h>
#include <linux/memory_hotplug.h>

#include "base.h"
#include "compat.h"
#include "memory.h"

/*
 * The callback has no argument of ours, so its owner is kept here. Written only
 * while the callback isn't installed.
 */
static struct hvb_memory *online_owner;

static void online_run(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned int order = hvb_plan_order(start, end - start,
						    MAX_PAGE_ORDER);

		generic_online_page(pfn_to_page(start), order);
		start += 1UL << order;
	}
}

static void online_page(struct page *page, unsigned int order)
{
	unsigned long start = page_to_pfn(page), end = start + (1UL << order);
	struct hvb_memory *mem = online_owner;
	struct hvb_range part;

	mutex_lock(&mem->lock);
	while (hvb_absent_next(mem, start, end, &part)) {
		online_run(start, part.start);
		hvb_compat_keep_offline(pfn_to_page(part.start), part.count);
		start = hvb_range_end(&part);
	}
	mutex_unlock(&mem->lock);
	online_run(start, end);
}

/* Counts backed pages in our blocks. They all change state together. */
static unsigned long count_backed(struct hvb_memory *mem, unsigned long start,
				  unsigned long count)
{
	return hvb_ranges_count(&mem->added, start, count) -
	       hvb_ranges_count(&mem->holes, start, count);
}

/*
 * Adds @refs to the references of absent pages, and corrects the managed pages
 * on kernels where offlining subtracts absent ones.
 */
static void hold_absent(struct hvb_memory *mem, unsigned long start,
			unsigned long end, int refs)
{
	struct hvb_range part;
	unsigned long i;

	while (hvb_absent_next(mem, start, end, &part)) {
		struct page *page = pfn_to_page(part.start);

		for (i = 0; i < part.count; i++)
			page_ref_add(page + i, refs);
		if (HVB_OFFLINE_PAGES_ARE_MANAGED)
			adjust_managed_page_count(page,
						  -refs * (long)part.count);
		start = hvb_range_end(&part);
	}
}

/* Lets a block go: drops our references, as PageOffline's contract demands. */
static void going_offline(struct hvb_memory *mem, unsigned long start,
			  unsigned long count)
{
	mutex_lock(&mem->lock);
	mem->moving.start = start;
	mem->moving.count = count;
	mem->moving_is_movable = is_zone_movable_page(pfn_to_page(start));
	mem->nr_onlined -= count_backed(mem, start, count);
	hold_absent(mem, start, start + count, -1);
	mutex_unlock(&mem->lock);
	hvb_block_begins(&mem->blocks);
}

static void going_online(struct hvb_memory *mem, unsigned long start,
			 unsigned long count)
{
	mutex_lock(&mem->lock);
	mem->moving.start = start;
	mem->moving.count = count;
	mutex_unlock(&mem->lock);
}

/*
 * A block has settled. We may not have heard that it was moving, as a notifier
 * before ours can stop a change.
 */
static void settled(struct hvb_memory *mem, unsigned long start,
		    unsigned long count, bool is_online, bool was_online)
{
	struct hvb_range part;

	mutex_lock(&mem->lock);
	if (!mem->moving.count)
		goto unlock;
	mem->moving.count = 0;
	if (is_online && was_online)
		hold_absent(mem, start, start + count, 1);
	if (is_online ? !hvb_claim_went_online(mem, start) :
			was_online && hvb_claim_went_offline(mem, start, count))
		mem->nr_onlined += count_backed(mem, start, count);
	while (hvb_ranges_next(&mem->returning, start, start + count,
			       &part)) {
		hvb_absent_erase(mem, &mem->returning, part.start, part.count);
		hvb_absent_release(mem, part.start, part.count);
	}
unlock:
	mutex_unlock(&mem->lock);
}

static int memory_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	struct hvb_memory *mem = container_of(nb, struct hvb_memory, nb);
	const struct memory_notify *block = data;
	unsigned long start = block->start_pfn, count = block->nr_pages;

	switch (event) {
	case MEM_GOING_ONLINE:
		going_online(mem, start, count);
		break;
	case MEM_GOING_OFFLINE:
		going_offline(mem, start, count);
		break;
	case MEM_ONLINE:
		settled(mem, start, count, true, false);
		break;
	case MEM_CANCEL_ONLINE:
		settled(mem, start, count, false, false);
		break;
	case MEM_OFFLINE:
		settled(mem, start, count, false, true);
		break;
	case MEM_CANCEL_OFFLINE:
		settled(mem, start, count, true, true);
		break;
	}
	return NOTIFY_OK;
}

/**
 * hvb_hotplug_init() - take part in the kernel's memory hotplug
 * @mem: the guest's memory
 *
 * Without the online callback the driver works on, but can't hot-add.
 *
 * Return: 0; -ENOMEM; or another error from registering with the kernel.
 */
int hvb_hotplug_init(struct hvb_memory *mem)
{
	int err;

	mem->nb.notifier_call = memory_event;
	err = register_memory_notifier(&mem->nb);
	if (err)
		return err;

	if (online_owner)
		goto taken;
	online_owner = mem;
	if (!set_online_page_callback(online_page)) {
		mem->owns_callback = true;
		return 0;
	}
	online_owner = NULL;
taken:
	dev_warn_ratelimited(mem->base->dev, "another driver decides which hot-added pages come online, so hot-add is off\n");
	return 0;
}

/**
 * hvb_hotplug_exit() - stop taking part
 * @mem: the guest's memory
 */
void hvb_hotplug_exit(struct hvb_memory *mem)
{
	if (mem->owns_callback) {
		restore_online_page_callback(online_page);
		online_owner = NULL;
		mem->owns_callback = false;
	}
	unregister_memory_notifier(&mem->nb);
}
