// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon up by whole memory blocks.
 *
 * Taking pages means allocating them, and kernels with init_on_alloc zero what
 * they allocate. So a block that is free, or nearly free, is set offline
 * instead: nothing is zeroed, the block is a single range, no unmovable page
 * gets in anyone's way, and the kernel's own hotplug code does the accounting.
 * The block comes online again at once, and the online callback keeps the pages
 * that the host gets. After that it is a block like any other, and returning
 * its pages takes no hotplug.
 *
 * Rounds go over all blocks (scan.c): the movable ones first, from the end of
 * memory down. A block without pages to be moved is claimed when it is found.
 * Of the others, only those at most a quarter in use are considered, since
 * moving more takes longer than it saves. They are claimed, cheapest first,
 * when the round has seen all blocks. A block that failed to go offline is left
 * alone for some minutes. Where the kernel's own memory is at its floor, only the
 * movable ones are considered.
 *
 * Context: the device's worker; all functions may sleep.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>

#include "base.h"
#include "channel.h"
#include "memory.h"
#include "request.h"

/* At most a quarter of what is claimed may have to be moved. */
#define MAX_MOVED	4

/* For less than this part of a block, going offline and back takes longer. */
#define LEAST_PART	16

/*
 * A round is over when it has looked at no block for so long. A host that shrinks
 * a guest asks for the next piece as soon as it has the one before, and the round
 * goes on.
 */
#define ROUND_MS	2000

/* How long to leave a block alone that failed to go offline. */
#define ALONE_S		300

/**
 * hvb_give_blocks_init() - set up, with nothing known of any block
 * @round: zeroed
 */
void hvb_give_blocks_init(struct hvb_round *round)
{
	xa_init(&round->failed);
}

/**
 * hvb_give_blocks_exit() - forget everything
 * @round: everything known of blocks
 */
void hvb_give_blocks_exit(struct hvb_round *round)
{
	xa_destroy(&round->failed);
}

static void note_failed(struct hvb_requests *reqs, unsigned long start, int err)
{
	/* What the kernel didn't even try, for want of a lock, didn't fail. */
	if (!err || err == -EAGAIN)
		return;
	/* Without memory to note this, the block is only retried sooner. */
	xa_store(&reqs->round.failed, start / reqs->base->block_pages,
		 xa_mk_value(ktime_get_seconds() + ALONE_S),
		 GFP_KERNEL | __GFP_NOWARN);
}

static bool is_left_alone(struct hvb_requests *reqs, unsigned long start)
{
	void *entry = xa_load(&reqs->round.failed, start / reqs->base->block_pages);

	return entry && ktime_get_seconds() < xa_to_value(entry);
}

/* Should no other block be tried for this request? */
static bool is_hopeless(int err)
{
	return err == -ETIMEDOUT || err == -EAGAIN;
}

/* Can this block be claimed, and is it worth it? */
static bool look(struct hvb_requests *reqs, unsigned long start,
		 struct hvb_scan *block)
{
	unsigned long absent_pages, present_pages;

	absent_pages = hvb_absent_count(reqs->mem, start, reqs->base->block_pages);
	present_pages = reqs->base->block_pages - absent_pages;
	if (present_pages < reqs->base->block_pages / LEAST_PART ||
	    is_left_alone(reqs, start))
		return false;
	return hvb_scan_block(start, reqs->base->block_pages, absent_pages,
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

static void begin_request(struct hvb_requests *reqs)
{
	unsigned long nr_blocks = last_page() / reqs->base->block_pages;
	unsigned int changes = hvb_memory_changes(reqs->mem);
	struct hvb_round *round = &reqs->round;

	round->request++;
	if (round->nr_blocks == nr_blocks && round->changes == changes &&
	    time_before(jiffies, round->looked + msecs_to_jiffies(ROUND_MS)))
		return;
	round->nr_blocks = nr_blocks;
	round->changes = changes;
	round->position = 0;
	round->nr_costly = 0;
}

/*
 * A round makes two passes over all blocks, from the end of memory: the first
 * for those in ZONE_MOVABLE, the second for the others.
 *
 * Return: first page of the block at a position; ULONG_MAX if the block isn't
 * one for this pass.
 */
static unsigned long block_at(struct hvb_requests *reqs, unsigned long position)
{
	unsigned long nr_blocks = reqs->round.nr_blocks;
	unsigned long start = (nr_blocks - 1 - position % nr_blocks) *
			      reqs->base->block_pages;
	const struct zone *zone = hvb_scan_zone(start, reqs->base->block_pages);
	bool wants_movable = position < nr_blocks;

	if (!zone || (zone_idx(zone) == ZONE_MOVABLE) != wants_movable)
		return ULONG_MAX;
	return start;
}

/* Sorts the cheapest block last. */
static int cheaper(const void *one, const void *other)
{
	const struct hvb_scan *a = one, *b = other;

	if (a->moved_pages != b->moved_pages)
		return a->moved_pages > b->moved_pages ? -1 : 1;
	if (a->is_movable != b->is_movable)
		return a->is_movable ? 1 : -1;
	return a->start < b->start ? -1 : 1;
}

static void remember(struct hvb_round *round, struct hvb_scan *block)
{
	if (round->nr_costly == HVB_ROUND_COSTLY)
		return;
	block->request = round->request;
	round->costly[round->nr_costly++] = *block;
}

/*
 * Continues the round, with its second pass if @may_kernel. Return: true if it
 * found a block to be had for free.
 */
static bool next_free(struct hvb_requests *reqs, bool may_kernel,
		      struct hvb_scan *block)
{
	struct hvb_round *round = &reqs->round;
	unsigned long end = (may_kernel ? 2 : 1) * round->nr_blocks;

	if (round->position >= end)
		return false;
	while (round->position < end) {
		unsigned long start = block_at(reqs, round->position++);

		round->looked = jiffies;
		cond_resched();
		if (start == ULONG_MAX || !look(reqs, start, block))
			continue;
		if (!block->moved_pages)
			return true;
		remember(round, block);
	}
	sort(round->costly, round->nr_costly, sizeof(*round->costly),
	     cheaper, NULL);
	return false;
}

/* After the round: the cheapest of the costly blocks. */
static bool next_costly(struct hvb_requests *reqs, bool may_kernel,
			unsigned long most_moved_pages, struct hvb_scan *block)
{
	struct hvb_round *round = &reqs->round;

	while (round->nr_costly) {
		*block = round->costly[round->nr_costly - 1];
		if (block->moved_pages > most_moved_pages)
			return false;
		round->nr_costly--;
		if (!block->is_movable && !may_kernel)
			continue;
		if (block->request == round->request ||
		    (look(reqs, block->start, block) &&
		     block->moved_pages <= most_moved_pages))
			return true;
	}
	return false;
}

/*
 * Claims one block, and adds to @nr how many pages the host can have of it, at
 * most @wanted.
 *
 * Return: 0; or the error from setting it offline, and then the block stays.
 */
static int claim(struct hvb_requests *reqs, const struct hvb_scan *block,
		 unsigned long wanted, unsigned long *nr)
{
	int err;

	err = hvb_claim_cycle(reqs->mem, block->start, wanted,
			      block->moved_pages,
			      block->is_movable ? HVB_ZONE_MOVABLE :
						  HVB_ZONE_KERNEL, nr);
	note_failed(reqs, block->start, err);
	return err;
}

/* How many pages of the next block are wanted; 0 if it should stay. */
static unsigned long want(struct hvb_requests *reqs, unsigned long wanted)
{
	if (wanted < reqs->base->block_pages / LEAST_PART)
		return 0;
	return min(wanted, reqs->base->block_pages);
}

/* May the kernel lose a block that it allocates from itself? */
static bool may_kernel(struct hvb_requests *reqs, const struct hvb_room *room)
{
	return room->kernel_pages >= reqs->base->block_pages;
}

/* The next block that may go, for at most so many pages. */
static bool next(struct hvb_requests *reqs, const struct hvb_counters *start,
		 unsigned long part, struct hvb_scan *block)
{
	struct hvb_room room;
	bool kernel;

	hvb_request_room(reqs, start, ULONG_MAX, &room);
	kernel = may_kernel(reqs, &room);
	return room.pages >= reqs->base->block_pages &&
	       (next_free(reqs, kernel, block) ||
		next_costly(reqs, kernel, part / MAX_MOVED, block));
}

/**
 * hvb_give_blocks() - claim whole blocks for the host
 * @reqs: what carries out the request
 * @wanted: how many pages the host wants
 * @start: the counters when the request arrived
 *
 * Of the last block, only a part may be claimed.
 *
 * Return: pages claimed; they are fresh now.
 */
unsigned long hvb_give_blocks(struct hvb_requests *reqs, unsigned long wanted,
			      const struct hvb_counters *start)
{
	unsigned long part, nr = 0;
	struct hvb_scan block;
	int err = 0;

	if (!hvb_memory_can_claim(reqs->mem))
		return 0;
	begin_request(reqs);
	while (!is_hopeless(err) && hvb_channel_is_serving(reqs->channel)) {
		part = want(reqs, wanted - nr);
		if (!part || !next(reqs, start, part, &block))
			break;
		err = claim(reqs, &block, part, &nr);
		cond_resched();
	}
	hvb_idle_online(reqs->mem);
	return nr;
}

/**
 * hvb_give_blocks_one() - claim a given block, and leave it offline
 * @reqs: what carries out the request
 * @start: number of its first page
 * @room: how many pages may go: a block, at least
 * @nr: increased by the number of pages claimed; they are fresh now
 *
 * Return: 0, even if the block stays; -ETIMEDOUT if it took too long; -EAGAIN if
 * others hold the hotplug lock.
 */
int hvb_give_blocks_one(struct hvb_requests *reqs, unsigned long start,
			const struct hvb_room *room, unsigned long *nr)
{
	struct hvb_scan block;
	int err;

	if (!look(reqs, start, &block) ||
	    (!block.is_movable && !may_kernel(reqs, room)))
		return 0;
	err = hvb_claim_offline(reqs->mem, start, block.moved_pages, nr);
	note_failed(reqs, start, err);
	return is_hopeless(err) ? err : 0;
}
