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
#include <linux/wait.h>

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

/*
 * Must a block stay as it is? If it came online without our callback, its
 * absent pages would be the kernel's. So it may neither come online without
 * that, nor go offline when there won't be one any more.
 */
static bool must_stay(struct hvb_memory *mem, unsigned long start,
		      unsigned long count, bool will_have_callback)
{
	struct hvb_range part;

	return !will_have_callback &&
	       hvb_absent_next(mem, start, start + count, &part);
}

static void begin_move(struct hvb_memory *mem, unsigned long start,
		       unsigned long count)
{
	mem->moving.start = start;
	mem->moving.count = count;
}

/* Lets a block go: drops our references, as PageOffline's contract demands. */
static int going_offline(struct hvb_memory *mem, unsigned long start,
			 unsigned long count)
{
	int err = -EBUSY;

	mutex_lock(&mem->lock);
	if (must_stay(mem, start, count,
		      mem->owns_callback && !mem->is_ending))
		goto unlock;
	err = 0;
	begin_move(mem, start, count);
	mem->moving_is_movable = is_zone_movable_page(pfn_to_page(start));
	mem->nr_onlined -= count_backed(mem, start, count);
	hold_absent(mem, start, start + count, -1);
	hvb_block_begins(&mem->blocks);
unlock:
	mutex_unlock(&mem->lock);
	return err;
}

static int going_online(struct hvb_memory *mem, unsigned long start,
			unsigned long count)
{
	int err = -EBUSY;

	mutex_lock(&mem->lock);
	if (!must_stay(mem, start, count, mem->owns_callback)) {
		begin_move(mem, start, count);
		err = 0;
	}
	mutex_unlock(&mem->lock);
	return err;
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
	if (wq_has_sleeper(&mem->settled))
		wake_up_all(&mem->settled);
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
		return notifier_from_errno(going_online(mem, start, count));
	case MEM_GOING_OFFLINE:
		return notifier_from_errno(going_offline(mem, start, count));
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
 * Without the online callback the driver works on, but can't hot-add, and blocks
 * with absent pages stay as they are.
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

static void disown_callback(struct hvb_memory *mem)
{
	/* From here on, no block with absent pages comes online. */
	mutex_lock(&mem->lock);
	mem->owns_callback = false;
	mutex_unlock(&mem->lock);
	/* Waits for one that is on its way. */
	restore_online_page_callback(online_page);
	online_owner = NULL;
}

/**
 * hvb_hotplug_exit() - stop taking part
 * @mem: the guest's memory
 */
void hvb_hotplug_exit(struct hvb_memory *mem)
{
	if (mem->owns_callback)
		disown_callback(mem);
	unregister_memory_notifier(&mem->nb);
}

/**
 * hvb_hotplug_wait() - wait until no block is moving
 * @mem: the guest's memory
 *
 * The next one may move at once.
 *
 * Context: may sleep, for as long as an admin lets the kernel try.
 */
void hvb_hotplug_wait(struct hvb_memory *mem)
{
	wait_event(mem->settled, !READ_ONCE(mem->moving.count));
}

/**
 * hvb_hotplug_lock() - take mem->lock while no block is moving
 * @mem: the guest's memory
 *
 * Context: as hvb_hotplug_wait().
 */
void hvb_hotplug_lock(struct hvb_memory *mem)
{
	mutex_lock(&mem->lock);
	while (mem->moving.count) {
		mutex_unlock(&mem->lock);
		hvb_hotplug_wait(mem);
		mutex_lock(&mem->lock);
	}
}
