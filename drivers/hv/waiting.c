// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory blocks that should be online and aren't.
 *
 * A block may not come online for want of memory, or because some part of the
 * kernel refuses it. It is retried until it is online, whoever brings it there.
 * The pause between tries doubles as long as no block makes it.
 *
 * Blocks that online_policy=off leaves to others wait here as well, but are
 * only watched: the policy may change, and the guest can't use them until they
 * are online. To the host, such a guest still seems to need memory, so it would
 * keep adding. While too many blocks wait, it is asked to try later.
 *
 * Context: the device's worker unless said otherwise; all functions may
 * sleep.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "base.h"
#include "channel.h"
#include "memory.h"
#include "online.h"

#define PAUSE_MS	1000
#define PAUSE_MAX_MS	60000

/*
 * How much may wait: eight steps of a host that adds 128 MiB at a time.
 * virtio-mem stops adding at the same size.
 */
#define MOST_PAGES	(SZ_1G >> PAGE_SHIFT)

static void try_later(struct hvb_memory *mem, unsigned int pause_ms)
{
	mem->waiting.pause_ms = pause_ms;
	kthread_mod_delayed_work(mem->base->worker, &mem->waiting.work,
				 msecs_to_jiffies(pause_ms));
}

/**
 * hvb_waiting_online() - bring a block online where the policy says now
 * @mem: the guest's memory
 * @page: number of its first page
 *
 * Return: 0, even if it is left to others; or an errno.
 */
int hvb_waiting_online(struct hvb_memory *mem, unsigned long page)
{
	enum hvb_online_policy policy;
	enum hvb_zone zone;

	policy = READ_ONCE(mem->base->params->online_policy);
	zone = hvb_online_zone(mem->base, policy);
	if (zone == HVB_ZONE_NONE)
		return 0;
	return hvb_block_online(&mem->blocks, page, zone);
}

static void online_all(struct hvb_memory *mem)
{
	unsigned long page = 0;
	enum hvb_phase phase;
	int err = 0;

	/* Where others hold the hotplug lock, one block has waited for all. */
	while (err != -EAGAIN && hvb_channel_is_serving(mem->channel)) {
		phase = hvb_phase_next(mem, page, &page);
		if (phase == HVB_PHASE_REST)
			break;
		if (phase == HVB_PHASE_WAITING)
			err = hvb_waiting_online(mem, page);
		page += mem->base->block_pages;
		cond_resched();
	}
}

static void retry(struct kthread_work *work)
{
	struct hvb_memory *mem = container_of(work, struct hvb_memory,
					      waiting.work.work);
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
 * hvb_waiting_init() - set up, with no block waiting
 * @mem: the guest's memory
 */
void hvb_waiting_init(struct hvb_memory *mem)
{
	mem->waiting.most_pages = MOST_PAGES;
	kthread_init_delayed_work(&mem->waiting.work, retry);
}

/**
 * hvb_waiting_exit() - stop retrying
 * @mem: the guest's memory; its channel is closed
 *
 * Context: not the device's worker.
 */
void hvb_waiting_exit(struct hvb_memory *mem)
{
	kthread_cancel_delayed_work_sync(&mem->waiting.work);
}

/**
 * hvb_waiting_add() - note a block that should be online and isn't
 * @mem: the guest's memory
 * @page: number of its first page
 *
 * The first try follows in a second.
 *
 * Context: mem->lock is held.
 */
void hvb_waiting_add(struct hvb_memory *mem, unsigned long page)
{
	hvb_phase_set(mem, page, HVB_PHASE_WAITING, HVB_ZONE_NONE);
	mem->waiting.nr++;
	try_later(mem, PAUSE_MS);
}

/**
 * hvb_waiting_count() - how many blocks wait?
 * @mem: the guest's memory
 *
 * Blocks that were removed meanwhile stop waiting here.
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
 * hvb_waiting_is_full() - do too many blocks wait for the host to add more?
 * @mem: the guest's memory
 *
 * If so, dmesg says it, once until fewer wait, and the blocks are retried soon.
 *
 * Return: true if they do.
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
	/* A host that wants to add has seen a need: it's time to retry. */
	if (is_full && mem->waiting.pause_ms > PAUSE_MS)
		try_later(mem, PAUSE_MS);
	return is_full;
}

/**
 * hvb_waiting_room() - how much may be added at once?
 * @mem: the guest's memory; not too many blocks wait
 *
 * Once a block didn't come online, the next may not either.
 *
 * Return: pages; less than a block if it is to be one.
 */
unsigned long hvb_waiting_room(const struct hvb_memory *mem)
{
	return READ_ONCE(mem->waiting.nr) ? 0 : mem->waiting.most_pages;
}

/**
 * hvb_waiting_go_on() - the channel is open: retry soon
 * @mem: the guest's memory
 *
 * Context: where the channel was opened.
 */
void hvb_waiting_go_on(struct hvb_memory *mem)
{
	if (READ_ONCE(mem->waiting.nr))
		kthread_mod_delayed_work(mem->base->worker,
					 &mem->waiting.work, 0);
}
