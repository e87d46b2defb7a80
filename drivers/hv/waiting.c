// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory blocks that should be online and aren't.
 *
 * A block that doesn't come online, for want of memory or because a part of the
 * kernel refuses it, is tried again until it is online, whoever brings it there.
 * The pause between two tries doubles as long as no block makes it.
 *
 * Blocks that online_policy=off leaves to others wait here as well, and are only
 * watched: the policy can change, and until they are online the guest has no use
 * of them. To the host such a guest looks as if it still needed memory, so it
 * would add without end. While too many wait, it is asked to try later.
 *
 * Context: the device's workqueue unless said otherwise; all functions may sleep.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "hv_balloon.h"

#define PAUSE_MS	1000
#define PAUSE_MAX_MS	60000

/*
 * So much may wait: eight steps of a host that adds 128 MiB at a time. virtio-mem
 * stops adding at the same size.
 */
#define MOST_PAGES	(SZ_1G >> PAGE_SHIFT)

/* A block that was forgotten would never be tried again. */
#define GFP_MUST	(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOFAIL)

static void try_later(struct hvb_device *dm, unsigned int pause_ms)
{
	dm->waiting.pause_ms = pause_ms;
	mod_delayed_work(dm->wq, &dm->waiting.work, msecs_to_jiffies(pause_ms));
}

/* Some blocks are left to others for now, and some go where the policy says. */
static void bring_online(struct hvb_device *dm, unsigned long page,
			 enum hvb_online_policy zone)
{
	if (zone == HVB_ONLINE_OFF)
		zone = READ_ONCE(dm->params->online_policy);
	if (zone != HVB_ONLINE_OFF)
		hvb_block_online(dm, page, zone);
}

static void retry(struct work_struct *work)
{
	struct hvb_device *dm = container_of(to_delayed_work(work),
					     struct hvb_device, waiting.work);
	unsigned int pause_ms = dm->waiting.pause_ms;
	unsigned long before = dm->waiting.nr, block;
	void *entry;

	xa_for_each(&dm->waiting.blocks, block, entry) {
		if (!hvb_vsc_is_serving(dm))
			break;
		bring_online(dm, block * dm->block_pages, xa_to_value(entry));
		cond_resched();
	}
	if (!hvb_waiting_count(dm) || !READ_ONCE(dm->is_open))
		return;
	if (dm->waiting.nr < before)
		pause_ms = PAUSE_MS;
	else if (hvb_vsc_is_serving(dm))
		pause_ms = min(2 * pause_ms, (unsigned int)PAUSE_MAX_MS);
	try_later(dm, pause_ms);
}

/**
 * hvb_waiting_init() - no block waits yet
 * @dm: the device
 */
void hvb_waiting_init(struct hvb_device *dm)
{
	xa_init(&dm->waiting.blocks);
	dm->waiting.most_pages = MOST_PAGES;
	INIT_DELAYED_WORK(&dm->waiting.work, retry);
}

/**
 * hvb_waiting_exit() - forget the blocks that wait
 * @dm: the device; its channel is closed
 *
 * Context: not the device's workqueue.
 */
void hvb_waiting_exit(struct hvb_device *dm)
{
	cancel_delayed_work_sync(&dm->waiting.work);
	xa_destroy(&dm->waiting.blocks);
}

/**
 * hvb_waiting_add() - a block should be online and isn't
 * @dm: the device
 * @page: number of its first page
 * @zone: where it goes: HVB_ONLINE_KERNEL, _MOVABLE or _AUTO; HVB_ONLINE_OFF
 *	leaves it to what online_policy says when it is tried
 *
 * It is tried for the first time in a second.
 */
void hvb_waiting_add(struct hvb_device *dm, unsigned long page,
		     enum hvb_online_policy zone)
{
	if (!xa_store(&dm->waiting.blocks, page / dm->block_pages,
		      xa_mk_value(zone), GFP_MUST))
		dm->waiting.nr++;
	try_later(dm, PAUSE_MS);
}

/**
 * hvb_waiting_has() - does a block wait?
 * @dm: the device
 * @page: number of its first page
 *
 * Return: true when it does.
 */
bool hvb_waiting_has(struct hvb_device *dm, unsigned long page)
{
	return xa_load(&dm->waiting.blocks, page / dm->block_pages);
}

/**
 * hvb_waiting_count() - how many blocks wait?
 * @dm: the device
 *
 * Those that are online by now, or were removed, don't from here on.
 *
 * Return: blocks.
 */
unsigned long hvb_waiting_count(struct hvb_device *dm)
{
	struct hvb_waiting *waiting = &dm->waiting;
	unsigned long block;
	void *entry;

	xa_for_each(&waiting->blocks, block, entry) {
		unsigned long page = block * dm->block_pages;

		if (pfn_valid(page) && !pfn_to_online_page(page))
			continue;
		xa_erase(&waiting->blocks, block);
		waiting->nr--;
	}
	return waiting->nr;
}

/**
 * hvb_waiting_is_full() - do so many blocks wait that the host should add none?
 * @dm: the device
 *
 * If so, it is said in dmesg, once until fewer wait, and they are tried soon.
 *
 * Return: true when they do.
 */
bool hvb_waiting_is_full(struct hvb_device *dm)
{
	unsigned long nr = hvb_waiting_count(dm);
	bool is_full = nr > 1 && nr * dm->block_pages > dm->waiting.most_pages;
	bool is_off = READ_ONCE(dm->params->online_policy) == HVB_ONLINE_OFF;

	if (is_full && !dm->waiting.is_said)
		dev_warn_ratelimited(dm->dev, "%lu memory blocks are offline, so hot-add waits until there are fewer: %s\n",
				     nr, is_off ?
				     "bring them online, or set online_policy to kernel" :
				     "the driver tries again to bring them online");
	dm->waiting.is_said = is_full;
	/* A host that wants to add knows of a need: it's time to try again. */
	if (is_full && dm->waiting.pause_ms > PAUSE_MS)
		try_later(dm, PAUSE_MS);
	return is_full;
}

/**
 * hvb_waiting_go_on() - the channel is open: try again, and soon
 * @dm: the device
 *
 * Context: where the channel was opened.
 */
void hvb_waiting_go_on(struct hvb_device *dm)
{
	if (!xa_empty(&dm->waiting.blocks))
		mod_delayed_work(dm->wq, &dm->waiting.work, 0);
}
