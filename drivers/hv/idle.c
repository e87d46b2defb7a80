// SPDX-License-Identifier: GPL-2.0-only
/*
 * Idle blocks: we set them offline, and they should be online.
 *
 * A claimed block comes online again at once. If it can't, for want of memory
 * or because the guest went to sleep, it is retried. So is a removed block
 * (hot_remove.c) once one of its pages is present again.
 *
 * Context: the device's worker unless said otherwise; all functions may
 * sleep.
 */
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "base.h"
#include "channel.h"
#include "memory.h"
#include "online.h"

/* First and longest pause before retrying a block that didn't come online. */
#define RETRY_MS	1000
#define RETRY_MAX_MS	60000

/*
 * The next block that should come online: an idle one, or a removed one with a
 * page that is present again.
 */
static bool next_idle(struct hvb_memory *mem, unsigned long from,
		      unsigned long *start, enum hvb_zone *zone)
{
	unsigned long block_pages = mem->base->block_pages;
	enum hvb_phase phase;
	bool found = false;

	mutex_lock(&mem->lock);
	while (!found) {
		phase = hvb_phase_next(mem, from, start);
		if (phase == HVB_PHASE_REST)
			break;
		*zone = hvb_phase_zone(mem, *start);
		from = *start + block_pages;
		found = phase == HVB_PHASE_IDLE ||
			(phase == HVB_PHASE_REMOVED &&
			 hvb_absent_count_locked(mem, *start, block_pages) <
			 block_pages);
	}
	mutex_unlock(&mem->lock);
	return found;
}

static int online_one(struct hvb_memory *mem, unsigned long start,
		      enum hvb_zone zone)
{
	int err = hvb_added_restore(mem, start);

	if (err)
		return err;
	err = hvb_block_online(&mem->blocks, start, zone);
	if (err)
		hvb_online_say_failed(mem->base, start, err);
	return err;
}

/* Retries after a pause if a block doesn't come online. */
static void online_all(struct hvb_memory *mem, unsigned int pause_ms)
{
	unsigned long start = 0;
	enum hvb_zone zone;
	bool all = true;
	int err = 0;

	/* Where others hold the hotplug lock, one block has waited for all. */
	while (err != -EAGAIN && !hvb_channel_is_paused(mem->channel) &&
	       next_idle(mem, start, &start, &zone)) {
		err = online_one(mem, start, zone);
		if (err)
			all = false;
		start += mem->base->block_pages;
		cond_resched();
	}
	if (all)
		return;
	mem->idle_pause_ms = pause_ms;
	kthread_mod_delayed_work(mem->base->worker, &mem->idle_work,
				 msecs_to_jiffies(pause_ms));
}

static void retry(struct kthread_work *work)
{
	struct hvb_memory *mem = container_of(work, struct hvb_memory,
					      idle_work.work);
	unsigned int pause_ms = mem->idle_pause_ms ?: RETRY_MS;

	online_all(mem, min_t(unsigned int, 2 * pause_ms, RETRY_MAX_MS));
}

/**
 * hvb_idle_online() - bring blocks online that should be
 * @mem: the guest's memory
 *
 * A block that doesn't come online is retried later. While the guest sleeps,
 * none is tried; when it wakes up, all are.
 */
void hvb_idle_online(struct hvb_memory *mem)
{
	online_all(mem, RETRY_MS);
}

/**
 * hvb_idle_go_on() - bring blocks online that an earlier driver, or the guest's
 *	sleep, left offline
 * @mem: the guest's memory
 *
 * Context: any.
 */
void hvb_idle_go_on(struct hvb_memory *mem)
{
	kthread_mod_delayed_work(mem->base->worker, &mem->idle_work, 0);
}

/**
 * hvb_idle_init() - set up, with no idle block
 * @mem: the guest's memory
 */
void hvb_idle_init(struct hvb_memory *mem)
{
	kthread_init_delayed_work(&mem->idle_work, retry);
}

/* The next block with absent pages that is offline, but not removed. */
static bool next_offline(struct hvb_memory *mem, unsigned long from,
			 unsigned long *start, enum hvb_zone *zone)
{
	struct hvb_range part;
	bool found = false;

	mutex_lock(&mem->lock);
	while (!found && hvb_absent_next(mem, from, ULONG_MAX, &part)) {
		*start = ALIGN_DOWN(part.start, mem->base->block_pages);
		*zone = hvb_phase_zone(mem, *start);
		from = *start + mem->base->block_pages;
		found = pfn_valid(*start) && !pfn_to_online_page(*start);
	}
	mutex_unlock(&mem->lock);
	return found;
}

/**
 * struct settling - carries hvb_idle_exit() to the worker
 * @work: runs it
 * @mem: the guest's memory
 */
struct settling {
	struct kthread_work work;
	struct hvb_memory *mem;
};

/* Others may move a block for long; hotplug.c waits for that anyway. */
static int online_at_last(struct hvb_memory *mem, unsigned long start,
			  enum hvb_zone zone)
{
	int err;

	do {
		hvb_hotplug_wait(mem);
		err = hvb_block_online(&mem->blocks, start, zone);
	} while (err == -EAGAIN && READ_ONCE(mem->moving.count));
	return err;
}

static void settle(struct kthread_work *work)
{
	struct hvb_memory *mem = container_of(work, struct settling, work)->mem;
	unsigned long start = 0;
	enum hvb_zone zone;

	while (next_offline(mem, start, &start, &zone)) {
		if (online_at_last(mem, start, zone))
			dev_warn_ratelimited(mem->base->dev, "memory block %lu holds pages that the host has: it must stay offline until a driver is loaded again\n",
					     start / mem->base->block_pages);
		start += mem->base->block_pages;
	}
}

/**
 * hvb_idle_exit() - leave no block offline that has absent pages
 * @mem: the guest's memory; the channel is closed
 *
 * Without a driver, such a block would come online along with the pages that
 * the host has. So it comes online now, without them, and can't go offline any
 * more: hotplug.c refuses that until it ends, and then nobody drops the
 * references of these pages. One on its way offline is waited for, since it has
 * none.
 *
 * Context: not the device's worker, but that does the work: the caller may
 * be an admin's shell, with signals and namespaces of its own.
 */
void hvb_idle_exit(struct hvb_memory *mem)
{
	struct settling settling = { .mem = mem };

	kthread_cancel_delayed_work_sync(&mem->idle_work);
	hvb_hotplug_lock(mem);
	mem->is_ending = true;
	mutex_unlock(&mem->lock);
	if (!mem->owns_callback)
		return;
	kthread_init_work(&settling.work, settle);
	kthread_queue_work(mem->base->worker, &settling.work);
	kthread_flush_work(&settling.work);
}
