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

#include "base.h"
#include "channel.h"
#include "memory.h"

#define PAUSE_MS	1000
#define PAUSE_MAX_MS	60000

/*
 * So much may wait: eight steps of a host that adds 128 MiB at a time. virtio-mem
 * stops adding at the same size.
 */
#define MOST_PAGES	(SZ_1G >> PAGE_SHIFT)

static void try_later(struct hvb_memory *mem, unsigned int pause_ms)
{
	mem->waiting.pause_ms = pause_ms;
	mod_delayed_work(mem->base->wq, &mem->waiting.work,
			 msecs_to_jiffies(pause_ms));
}

/* It goes where the policy says now, or is left to others. */
static void online(struct hvb_memory *mem, unsigned long page)
{
	enum hvb_online_policy policy;
	enum hvb_zone zone;

	policy = READ_ONCE(mem->base->params->online_policy);
	zone = hvb_block_zone(&mem->blocks, policy);
	if (zone != HVB_ZONE_NONE)
		hvb_block_online(&mem->blocks, page, zone);
}

static void online_all(struct hvb_memory *mem)
{
	unsigned long page = 0;
	enum hvb_phase phase;

	while (hvb_channel_is_serving(mem->channel)) {
		phase = hvb_phase_next(mem, page, &page);
		if (phase == HVB_PHASE_REST)
			break;
		if (phase == HVB_PHASE_WAITING)
			online(mem, page);
		page += mem->base->block_pages;
		cond_resched();
	}
}

static void retry(struct work_struct *work)
{
	struct hvb_memory *mem = container_of(to_delayed_work(work),
					      struct hvb_memory, waiting.work);
	unsigned int pause_ms = mem->waiting.pause_ms;
	unsigned long before = mem->waiting.nr;

	online_all(mem);
	if (!hvb_waiting_count(mem) || !hvb_channel_is_open(mem->channel))
		return;
	if (mem->waiting.nr < before)
		pause_ms = PAUSE_MS;
	else if (hvb_channel_is_serving(mem->channel))
		pause_ms = min(2 * pause_ms, (unsigned int)PAUSE_MAX_MS);
	try_later(mem, pause_ms);
}

/**
 * hvb_waiting_init() - no block waits yet
 * @mem: the guest's memory
 */
void hvb_waiting_init(struct hvb_memory *mem)
{
	mem->waiting.most_pages = MOST_PAGES;
	INIT_DELAYED_WORK(&mem->waiting.work, retry);
}

/**
 * hvb_waiting_exit() - forget the blocks that wait
 * @mem: the guest's memory; its channel is closed
 *
 * Context: not the device's workqueue.
 */
void hvb_waiting_exit(struct hvb_memory *mem)
{
	cancel_delayed_work_sync(&mem->waiting.work);
}

/**
 * hvb_waiting_add() - a block should be online and isn't
 * @mem: the guest's memory
 * @page: number of its first page
 *
 * It is tried for the first time in a second.
 */
void hvb_waiting_add(struct hvb_memory *mem, unsigned long page)
{
	mutex_lock(&mem->lock);
	hvb_phase_set(mem, page, HVB_PHASE_WAITING, HVB_ZONE_NONE);
	mutex_unlock(&mem->lock);
	mem->waiting.nr++;
	try_later(mem, PAUSE_MS);
}

/**
 * hvb_waiting_count() - how many blocks wait?
 * @mem: the guest's memory
 *
 * Those that are online by now, or were removed, don't from here on.
 *
 * Return: blocks.
 */
unsigned long hvb_waiting_count(struct hvb_memory *mem)
{
	unsigned long page = 0, nr = 0;
	enum hvb_phase phase;

	mutex_lock(&mem->lock);
	while ((phase = hvb_phase_next(mem, page, &page))) {
		if (phase == HVB_PHASE_WAITING && !pfn_valid(page))
			hvb_phase_rest(mem, page);
		else if (phase == HVB_PHASE_WAITING)
			nr++;
		page += mem->base->block_pages;
	}
	mutex_unlock(&mem->lock);
	WRITE_ONCE(mem->waiting.nr, nr);
	return nr;
}

/**
 * hvb_waiting_is_full() - do so many blocks wait that the host should add none?
 * @mem: the guest's memory
 *
 * If so, it is said in dmesg, once until fewer wait, and they are tried soon.
 *
 * Return: true when they do.
 */
bool hvb_waiting_is_full(struct hvb_memory *mem)
{
	unsigned long nr = hvb_waiting_count(mem);
	bool is_full = nr > 1 &&
		       nr * mem->base->block_pages > mem->waiting.most_pages;
	bool is_off = READ_ONCE(mem->base->params->online_policy) == HVB_ONLINE_OFF;

	if (is_full && !mem->waiting.is_said)
		dev_warn_ratelimited(mem->base->dev, "%lu memory blocks are offline, so hot-add waits until there are fewer: %s\n",
				     nr, is_off ?
				     "bring them online, or set online_policy to kernel" :
				     "the driver tries again to bring them online");
	mem->waiting.is_said = is_full;
	/* A host that wants to add knows of a need: it's time to try again. */
	if (is_full && mem->waiting.pause_ms > PAUSE_MS)
		try_later(mem, PAUSE_MS);
	return is_full;
}

/**
 * hvb_waiting_go_on() - the channel is open: try again, and soon
 * @mem: the guest's memory
 *
 * Context: where the channel was opened.
 */
void hvb_waiting_go_on(struct hvb_memory *mem)
{
	if (READ_ONCE(mem->waiting.nr))
		mod_delayed_work(mem->base->wq, &mem->waiting.work, 0);
}
