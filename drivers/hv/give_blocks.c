// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon up by whole memory blocks.
 *
 * Taking pages means allocating them, and kernels with init_on_alloc zero what
 * they allocate. A block that is free, or nearly, is set offline instead:
 * nothing is zeroed, it is one range, nothing unmovable stays in anyone's way,
 * and the kernel's own hotplug code does the accounting. It comes online again
 * at once, and the online callback keeps what the host gets of it. So it is a
 * block like any other afterwards, and returning pages takes no hotplug.
 *
 * Blocks are looked at in rounds (scan.c): the movable ones first, from the end
 * of memory down. One of which nothing must be moved is taken when it is found.
 * Others are at most a quarter in use, since moving more takes longer than it
 * saves; these are taken, the cheapest first, when the round has seen all. A
 * block that didn't go offline is left alone for some minutes.
 *
 * Context: the device's workqueue; all functions may sleep.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "hv_balloon.h"
#include "trace.h"

/* How much must be moved at most for what is taken: a quarter. */
#define MAX_MOVED	4

/* For less than this part of a block, the way offline and back takes longer. */
#define LEAST_PART	16

/* What a round found is true for so long. */
#define ROUND_MS	2000

/* How long a block that didn't go offline is left alone. */
#define ALONE_S		300

/* When a block didn't come online: until the next attempt, and at most. */
#define RETRY_MS	1000
#define RETRY_MAX_MS	60000

/**
 * hvb_blocks_init() - know nothing of any block
 * @blocks: zeroed
 */
void hvb_blocks_init(struct hvb_blocks *blocks)
{
	xa_init(&blocks->failed);
}

/**
 * hvb_blocks_exit() - forget what is known
 * @blocks: what is known
 */
void hvb_blocks_exit(struct hvb_blocks *blocks)
{
	xa_destroy(&blocks->failed);
}

static void note_failed(struct hvb_device *dm, unsigned long start)
{
	/* Without memory to remember it, it is tried again sooner. */
	xa_store(&dm->blocks.failed, start / dm->block_pages,
		 xa_mk_value(ktime_get_seconds()), GFP_KERNEL | __GFP_NOWARN);
}

static bool is_left_alone(struct hvb_device *dm, unsigned long start)
{
	void *entry = xa_load(&dm->blocks.failed, start / dm->block_pages);

	return entry && ktime_get_seconds() < xa_to_value(entry) + ALONE_S;
}

/* Could this block be taken, and is it worth it? */
static bool look(struct hvb_device *dm, unsigned long start,
		 struct hvb_scan *block)
{
	unsigned long absent_pages, present_pages;

	absent_pages = hvb_absent_count(dm, start, dm->block_pages);
	present_pages = dm->block_pages - absent_pages;
	if (present_pages < dm->block_pages / LEAST_PART ||
	    is_left_alone(dm, start))
		return false;
	return hvb_scan_block(start, dm->block_pages, absent_pages,
			      present_pages / MAX_MOVED, block);
}

static unsigned long last_page(void)
{
	unsigned long end = 0;
	int nid;

	for_each_online_node(nid)
		end = max(end, node_end_pfn(nid));
	return end;
}

static void begin_request(struct hvb_device *dm)
{
	unsigned long nr_blocks = last_page() / dm->block_pages;
	struct hvb_blocks *blocks = &dm->blocks;

	blocks->request++;
	if (blocks->nr_blocks == nr_blocks && !blocks->is_stale &&
	    time_before(jiffies, blocks->began + msecs_to_jiffies(ROUND_MS)))
		return;
	blocks->nr_blocks = nr_blocks;
	blocks->is_stale = false;
	blocks->began = jiffies;
	blocks->position = 0;
	blocks->nr_costly = 0;
}

/*
 * A round goes over all blocks twice, from the end of memory: first for those
 * in ZONE_MOVABLE, then for the others.
 *
 * Return: first page of the block at a position; ULONG_MAX when it is the other
 * half's.
 */
static unsigned long block_at(struct hvb_device *dm, unsigned long position)
{
	unsigned long nr_blocks = dm->blocks.nr_blocks;
	unsigned long start = (nr_blocks - 1 - position % nr_blocks) *
			      dm->block_pages;
	const struct zone *zone = hvb_scan_zone(start, dm->block_pages);
	bool wants_movable = position < nr_blocks;

	if (!zone || (zone_idx(zone) == ZONE_MOVABLE) != wants_movable)
		return ULONG_MAX;
	return start;
}

/* The one that costs least comes last. */
static int cheaper(const void *one, const void *other)
{
	const struct hvb_scan *a = one, *b = other;

	if (a->moved_pages != b->moved_pages)
		return a->moved_pages > b->moved_pages ? -1 : 1;
	if (a->is_movable != b->is_movable)
		return a->is_movable ? 1 : -1;
	return a->start < b->start ? -1 : 1;
}

static void remember(struct hvb_blocks *blocks, struct hvb_scan *block)
{
	if (blocks->nr_costly == HVB_BLOCKS_COSTLY)
		return;
	block->request = blocks->request;
	blocks->costly[blocks->nr_costly++] = *block;
}

/* Goes on with the round. Return: true when a block was found that is free. */
static bool next_free(struct hvb_device *dm, struct hvb_scan *block)
{
	struct hvb_blocks *blocks = &dm->blocks;

	if (blocks->position == 2 * blocks->nr_blocks)
		return false;
	while (blocks->position < 2 * blocks->nr_blocks) {
		unsigned long start = block_at(dm, blocks->position++);

		cond_resched();
		if (start == ULONG_MAX || !look(dm, start, block))
			continue;
		if (!block->moved_pages)
			return true;
		remember(blocks, block);
	}
	sort(blocks->costly, blocks->nr_costly, sizeof(*blocks->costly),
	     cheaper, NULL);
	return false;
}

/* When the round is over: the cheapest of those that cost something. */
static bool next_costly(struct hvb_device *dm, unsigned long most_moved_pages,
			struct hvb_scan *block)
{
	struct hvb_blocks *blocks = &dm->blocks;

	while (blocks->nr_costly) {
		*block = blocks->costly[blocks->nr_costly - 1];
		if (block->moved_pages > most_moved_pages)
			return false;
		blocks->nr_costly--;
		if (block->request == blocks->request ||
		    (look(dm, block->start, block) &&
		     block->moved_pages <= most_moved_pages))
			return true;
	}
	return false;
}

static enum hvb_online_policy zone_of(const struct hvb_scan *block)
{
	return block->is_movable ? HVB_ONLINE_MOVABLE : HVB_ONLINE_KERNEL;
}

/*
 * Takes one block, and adds to @nr what the host can have of it: @wanted pages
 * at most.
 *
 * Return: 0; or what setting it offline said, and then the block stays.
 */
static int take(struct hvb_device *dm, const struct hvb_scan *block,
		unsigned long wanted, unsigned long *nr)
{
	unsigned long claimed;
	int err;

	hvb_absent_claim(dm, block->start, wanted);
	err = hvb_block_cycle(dm, block->start, block->moved_pages,
			      zone_of(block));
	claimed = hvb_absent_claimed(dm);
	if (err)
		note_failed(dm, block->start);
	atomic_long_add(claimed, &dm->counts[HVB_COUNT_BLOCK_PAGES]);
	*nr += claimed;
	return err;
}

/* How many pages of the next block are wanted; 0 when it should stay. */
static unsigned long want(struct hvb_device *dm, unsigned long wanted)
{
	if (wanted < dm->block_pages / LEAST_PART)
		return 0;
	return min(wanted, dm->block_pages);
}

/* May the next block go? */
static bool may_take(struct hvb_device *dm, const struct hvb_counters *start)
{
	return hvb_vsc_is_serving(dm) &&
	       hvb_inflate_limit(dm, start, ULONG_MAX) >= dm->block_pages;
}

/* What doesn't come online now is tried again after a pause. */
static void bring_online(struct hvb_device *dm, unsigned int pause_ms)
{
	enum hvb_online_policy zone;
	unsigned long start = 0;
	bool all = true;

	if (READ_ONCE(dm->is_paused))
		return;
	while (hvb_absent_next_idle(dm, start, &start, &zone)) {
		if (hvb_hot_remove_undo(dm, start) ||
		    hvb_block_online(dm, start, zone))
			all = false;
		start += dm->block_pages;
		cond_resched();
	}
	if (all)
		return;
	dm->blocks.pause_ms = pause_ms;
	mod_delayed_work(dm->wq, &dm->bring_back_work,
			 msecs_to_jiffies(pause_ms));
}

/**
 * hvb_blocks_take() - take whole blocks for the host
 * @dm: the device
 * @wanted: how many pages the host wants
 * @start: the counters when the request came
 *
 * What is wanted of the last block can be a part of it.
 *
 * Return: pages taken; they are fresh then.
 */
unsigned long hvb_blocks_take(struct hvb_device *dm, unsigned long wanted,
			      const struct hvb_counters *start)
{
	unsigned long part, nr = 0;
	struct hvb_scan block;
	int err = 0;

	if (!hvb_device_can_take_blocks(dm))
		return 0;
	begin_request(dm);
	while (err != -ETIMEDOUT) {
		part = want(dm, wanted - nr);
		if (!part || !may_take(dm, start))
			break;
		if (!next_free(dm, &block) &&
		    !next_costly(dm, part / MAX_MOVED, &block))
			break;
		err = take(dm, &block, part, &nr);
		cond_resched();
	}
	bring_online(dm, RETRY_MS);
	return nr;
}

/**
 * hvb_blocks_take_one() - take a certain block for the host, and leave it offline
 * @dm: the device
 * @start: number of its first page
 * @nr: pages taken are added to it; they are fresh then
 *
 * Return: 0, also when the block stays; -ETIMEDOUT when it took too long.
 */
int hvb_blocks_take_one(struct hvb_device *dm, unsigned long start,
			unsigned long *nr)
{
	struct hvb_scan block;
	unsigned long claimed;
	int err;

	if (!look(dm, start, &block))
		return 0;
	hvb_absent_claim(dm, start, dm->block_pages);
	err = hvb_block_offline(dm, start, block.moved_pages);
	claimed = hvb_absent_claimed(dm);
	if (err)
		note_failed(dm, start);
	atomic_long_add(claimed, &dm->counts[HVB_COUNT_BLOCK_PAGES]);
	*nr += claimed;
	return err == -ETIMEDOUT ? err : 0;
}

/**
 * hvb_blocks_bring_back() - bring blocks online that should be
 * @dm: the device
 *
 * Pages came back or were added. What doesn't come online is tried again later;
 * while the guest sleeps, none is tried, and all when it wakes.
 */
void hvb_blocks_bring_back(struct hvb_device *dm)
{
	dm->blocks.is_stale = true;
	bring_online(dm, RETRY_MS);
}

/**
 * hvb_blocks_go_on() - bring blocks online that a driver before, or the guest's
 *	sleep, left offline
 * @dm: the device
 *
 * Context: any.
 */
void hvb_blocks_go_on(struct hvb_device *dm)
{
	mod_delayed_work(dm->wq, &dm->bring_back_work, 0);
}

/**
 * hvb_blocks_retry() - try again what could not be done, after a longer pause
 * @work: bring_back_work of the device
 */
void hvb_blocks_retry(struct work_struct *work)
{
	struct hvb_device *dm = container_of(to_delayed_work(work),
					     struct hvb_device,
					     bring_back_work);
	unsigned int pause_ms = dm->blocks.pause_ms ?: RETRY_MS;

	bring_online(dm, min_t(unsigned int, 2 * pause_ms, RETRY_MAX_MS));
}

/**
 * struct settling - hvb_blocks_settle(), for the workqueue
 * @work: runs it
 * @dm: the device
 */
struct settling {
	struct work_struct work;
	struct hvb_device *dm;
};

static void settle(struct work_struct *work)
{
	struct hvb_device *dm = container_of(work, struct settling, work)->dm;
	enum hvb_online_policy zone;
	unsigned long start = 0;

	while (hvb_absent_next_offline(dm, start, &start, &zone)) {
		if (hvb_block_online(dm, start, zone))
			dev_warn_ratelimited(dm->dev, "memory block %lu holds pages that the host has: it must stay offline until a driver is loaded again\n",
					     start / dm->block_pages);
		start += dm->block_pages;
	}
}

/**
 * hvb_blocks_settle() - leave no block offline that holds absent pages
 * @dm: the device; its channel is closed
 *
 * Without a driver, such a block would come online with pages that the host
 * has. With one, it comes online without them and can't go offline any more.
 *
 * Context: may sleep. The work is done by the device's workqueue: the caller can
 * be an admin's shell, whose signals and namespaces are its own.
 */
void hvb_blocks_settle(struct hvb_device *dm)
{
	struct settling settling = { .dm = dm };

	if (!dm->absent.owns_callback)
		return;
	INIT_WORK_ONSTACK(&settling.work, settle);
	queue_work(dm->wq, &settling.work);
	flush_work(&settling.work);
	destroy_work_on_stack(&settling.work);
}
