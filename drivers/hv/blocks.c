// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon up and down by whole memory blocks.
 *
 * Taking pages means allocating them, and kernels with init_on_alloc zero what
 * they allocate. A block that is free, or nearly, is taken by setting it offline
 * instead: nothing is zeroed, it is one range, nothing unmovable stays in
 * anyone's way, and the kernel's own hotplug code does the accounting.
 *
 * A scan finds blocks that are at least 75 % free (moving more than a quarter
 * takes longer than it saves) and hold nothing unmovable: an attempt on such a
 * block would fail, slowly and with a page dump in dmesg. It takes no locks, so
 * what it says is a guess, and setting a block offline can fail all the same.
 *
 * A block that we set offline comes online again as soon as one of its pages is
 * present again; the others stay absent in it. So when less than a block is
 * wanted, a whole one goes offline, and what is left of it comes back at once.
 *
 * Context: the device's workqueue; all functions may sleep.
 */
#include <linux/memory_hotplug.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "hv_balloon.h"
#include "trace.h"

/* How much must be moved at most for what is taken: a quarter. */
#define MAX_MOVED	4

/* For less than this part of a block, the way offline and back takes longer. */
#define LEAST_PART	16

/* When a block didn't come online: until the next attempt. */
#define RETRY_MS	1000

/**
 * struct candidate - a block that may be taken
 * @start: number of its first page
 * @free_pages: of it, what needs no moving
 * @is_movable: it lies in ZONE_MOVABLE
 */
struct candidate {
	unsigned long start;
	unsigned long free_pages;
	bool is_movable;
};

/* Pages at @page that are free together, 0 when it isn't free. */
static unsigned long free_run(struct page *page)
{
	unsigned long order;

	if (PageBuddy(page)) {
		/* Read without the zone's lock: it may be anything by now. */
		order = READ_ONCE(page->private);
		return order <= MAX_PAGE_ORDER ? 1UL << order : 1;
	}
	/*
	 * Not referenced: on its way to the allocator, or frozen, as slabs are
	 * since 6.14. Offlining would wait for a frozen page until it is freed.
	 */
	return page_count(page) || page_has_type(page) ? 0 : 1;
}

static bool scan_pages(struct page *page, unsigned long count,
		       struct candidate *block, unsigned long *offline_pages)
{
	const struct zone *zone = page_zone(page);
	unsigned long i = 0;

	while (i < count) {
		unsigned long run = free_run(page + i);

		if (page_zone(page + i) != zone)
			return false;
		if (run) {
			block->free_pages += run;
			i += run;
			continue;
		}
		if (PageOffline(page + i))
			++*offline_pages;
		else if (!PageLRU(page + i))
			return false;
		i++;
	}
	block->free_pages -= i - count;
	return true;
}

/* Could this block be taken, for so many pages? */
static bool scan(struct hvb_device *dm, unsigned long start,
		 unsigned long wanted, struct candidate *block)
{
	struct page *page = pfn_to_online_page(start);
	unsigned long offline_pages = 0, absent_pages, moved;

	block->start = start;
	block->free_pages = 0;
	if (!page)
		return false;
	block->is_movable = is_zone_movable_page(page);
	if (!scan_pages(page, dm->block_pages, block, &offline_pages))
		return false;

	/* Pages that another driver holds offline can't go with the block. */
	absent_pages = hvb_absent_count(dm, start, dm->block_pages);
	if (offline_pages != absent_pages)
		return false;
	moved = dm->block_pages - block->free_pages - absent_pages;
	return moved <= wanted / MAX_MOVED;
}

/* The most free first; of equals, those that are the easiest to get again. */
static int better(const void *one, const void *other)
{
	const struct candidate *a = one, *b = other;

	if (a->free_pages != b->free_pages)
		return a->free_pages > b->free_pages ? -1 : 1;
	if (a->is_movable != b->is_movable)
		return a->is_movable ? -1 : 1;
	return a->start > b->start ? -1 : 1;
}

static unsigned long last_page(void)
{
	unsigned long end = 0;
	int nid;

	for_each_online_node(nid)
		end = max(end, node_end_pfn(nid));
	return end;
}

/* Of the first @most blocks, those that could be taken. Return: how many. */
static unsigned long find(struct hvb_device *dm, struct candidate *blocks,
			  unsigned long most, unsigned long wanted)
{
	unsigned long i, nr = 0;

	for (i = 0; i < most; i++) {
		if (scan(dm, i * dm->block_pages, wanted, &blocks[nr]))
			nr++;
		cond_resched();
	}
	sort(blocks, nr, sizeof(*blocks), better, NULL);
	return nr;
}

/*
 * Takes one block, and adds to @nr what the host can have of it: @wanted pages
 * at most.
 *
 * Return: 0, also when the block stays; -ETIMEDOUT when it took too long.
 */
static int take(struct hvb_device *dm, struct candidate *block,
		unsigned long wanted, unsigned long *nr)
{
	unsigned long claimed;
	int err;

	/* It was looked at some time ago. */
	if (!scan(dm, block->start, wanted, block))
		return 0;
	hvb_absent_claim(dm, block->start, block->is_movable, wanted);
	err = hvb_block_offline(dm, block->start);
	claimed = hvb_absent_claimed(dm);
	atomic_long_add(claimed, &dm->counts[HVB_COUNT_BLOCK_PAGES]);
	*nr += claimed;
	return err == -ETIMEDOUT ? err : 0;
}

/* How many pages of the next block are wanted; 0 when it should stay. */
static unsigned long want(struct hvb_device *dm, unsigned long wanted)
{
	if (wanted < dm->block_pages / LEAST_PART)
		return 0;
	return min(wanted, dm->block_pages);
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
	unsigned long most = last_page() / dm->block_pages;
	struct candidate *blocks;
	unsigned long found, i, nr = 0;

	if (!READ_ONCE(dm->params->balloon_blocks) || !want(dm, wanted) ||
	    hvb_inflate_limit(dm, start, ULONG_MAX) < dm->block_pages)
		return 0;
	blocks = kvmalloc_array(most, sizeof(*blocks),
				GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!blocks)
		return 0;
	found = find(dm, blocks, most, want(dm, wanted));
	for (i = 0; i < found && want(dm, wanted - nr); i++) {
		if (hvb_inflate_limit(dm, start, ULONG_MAX) < dm->block_pages)
			break;
		if (take(dm, &blocks[i], want(dm, wanted - nr), &nr))
			break;
		cond_resched();
	}
	kvfree(blocks);
	hvb_blocks_bring_back(dm);
	return nr;
}

/**
 * hvb_blocks_take_one() - take a certain block for the host
 * @dm: the device
 * @start: number of its first page
 * @nr: pages taken are added to it; they are fresh then
 *
 * Return: 0, also when the block stays; -ETIMEDOUT when it took too long.
 */
int hvb_blocks_take_one(struct hvb_device *dm, unsigned long start,
			unsigned long *nr)
{
	struct candidate block = { .start = start };

	return take(dm, &block, dm->block_pages, nr);
}

/* Brings the blocks of one kind online that have something to offer. */
static bool bring_back(struct hvb_device *dm, enum hvb_online_policy zone)
{
	unsigned long start = 0;
	bool all = true;

	while (hvb_absent_next_idle(dm, zone, start, &start)) {
		if (hvb_hot_remove_undo(dm, start) ||
		    hvb_block_online(dm, start, zone))
			all = false;
		start += dm->block_pages;
		cond_resched();
	}
	return all;
}

/**
 * hvb_blocks_bring_back() - bring blocks online that hold present pages again
 * @dm: the device
 *
 * What doesn't come online is tried again later.
 */
void hvb_blocks_bring_back(struct hvb_device *dm)
{
	bool all = bring_back(dm, HVB_ONLINE_KERNEL);

	all &= bring_back(dm, HVB_ONLINE_MOVABLE);
	if (!all)
		queue_delayed_work(dm->wq, &dm->bring_back_work,
				   msecs_to_jiffies(RETRY_MS));
}

/**
 * hvb_blocks_retry() - try again what hvb_blocks_bring_back() could not do
 * @work: bring_back_work of the device
 */
void hvb_blocks_retry(struct work_struct *work)
{
	hvb_blocks_bring_back(container_of(to_delayed_work(work),
					   struct hvb_device,
					   bring_back_work));
}
