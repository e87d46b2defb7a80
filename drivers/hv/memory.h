/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages that the host has, and the blocks that we added: what the files of
 * this floor share. No other file accesses struct hvb_memory.
 */
#ifndef _HVB_MEMORY_H
#define _HVB_MEMORY_H

#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "block.h"
#include "counters.h"
#include "plan.h"
#include "ranges.h"
#include "reserve.h"
#include "step.h"
#include "waiting.h"

struct device;
struct hvb_base;
struct hvb_channel;
struct hvb_counters;
struct hvb_packer;
struct page;

/* How many sets hold absent pages. */
#define HVB_ABSENT_SETS	4

/**
 * struct hvb_memory - the pages that the host has, and the blocks that we added
 */
struct hvb_memory {
	/** @base: of the device */
	struct hvb_base *base;
	/** @channel: tells whether blocks may be moved now */
	const struct hvb_channel *channel;

	/**
	 * @lock: guards everything from here to @counting; the kernel's hotplug
	 * callbacks take it, so nothing that adds, onlines or offlines memory
	 * may be called under it
	 */
	struct mutex lock;
	/** @given: pages given to the host, which was told about them */
	struct hvb_ranges given;
	/** @fresh: pages held for the host, which it wasn't told about yet */
	struct hvb_ranges fresh;
	/** @holes: pages of hot-added blocks that the host never backed */
	struct hvb_ranges holes;
	/**
	 * @returning: pages that the host returned while their block was
	 * moving; released once it has settled
	 */
	struct hvb_ranges returning;
	/** @added: pages of all blocks that we added */
	struct hvb_ranges added;
	/** @phases: blocks that aren't at rest, by block number: see phase.c */
	struct xarray phases;
	/**
	 * @moving: pages of the block that is going offline or coming online;
	 * count 0 if none is (the kernel moves one at a time)
	 */
	struct hvb_range moving;
	/** @is_ending: no block with absent pages may go offline any more */
	bool is_ending;
	/** @moving_is_movable: it was in ZONE_MOVABLE when it began to leave */
	bool moving_is_movable;
	/** @nr_added: pages of @added that the host backs */
	unsigned long nr_added;
	/** @nr_onlined: of these, pages in online blocks; idle ones count */
	unsigned long nr_onlined;
	/**
	 * @nr_landing: backed pages of blocks that are being added right now
	 * and are on their way online
	 */
	unsigned long nr_landing;
	/** @claim_pages: pages of the claimed block that are still wanted */
	unsigned long claim_pages;
	/** @nr_claimed: pages of it that became fresh */
	unsigned long nr_claimed;
	/** @counting: used by counters.c */
	struct hvb_counting counting;
	/** @boot_pages: kept by the kernel since boot, when last looked at */
	unsigned long boot_pages;

	/** @settled: woken when a block has come to an end of moving */
	wait_queue_head_t settled;
	/**
	 * @owns_callback: the kernel's online callback is ours; once the sets
	 * are in use, it changes under @lock
	 */
	bool owns_callback;
	/** @nb: our memory notifier */
	struct notifier_block nb;
	/** @blocks: changes the state of blocks */
	struct hvb_block_ctl blocks;
	/** @reserve: memory put aside; used by the device's worker only */
	struct hvb_reserve reserve;
	/** @waiting: blocks that should be online and aren't */
	struct hvb_waiting waiting;
	/** @idle_work: retries bringing idle blocks online */
	struct kthread_delayed_work idle_work;
	/** @idle_pause_ms: from the last try to the next */
	unsigned int idle_pause_ms;
	/** @changes: how often pages arrived that weren't there before */
	unsigned int changes;
};

/**
 * struct hvb_memory_facts - what debugfs and sysfs show of memory
 * @total_pages: pages that the kernel manages
 * @ballooned_pages: pages that were given to the host, or are about to be
 * @added_pages: backed pages of blocks that we added
 * @onlined_pages: how many of these are in online blocks
 * @hole_pages: pages of hot-added blocks that the host never backed
 * @nr_ranges: runs of pages that the host has
 * @nr_waiting: blocks that should be online and aren't
 */
struct hvb_memory_facts {
	unsigned long total_pages;
	unsigned long ballooned_pages;
	unsigned long added_pages;
	unsigned long onlined_pages;
	unsigned long hole_pages;
	unsigned long nr_ranges;
	unsigned long nr_waiting;
};

/* memory.c */
int hvb_memory_init(struct hvb_memory *mem, struct hvb_base *base,
		    const struct hvb_channel *channel);
void hvb_memory_exit(struct hvb_memory *mem, bool is_leaving);
void hvb_memory_go_on(struct hvb_memory *mem);
void hvb_memory_settle(struct hvb_memory *mem);
void hvb_memory_tend(struct hvb_memory *mem, u64 max_pages);
void hvb_memory_read(struct hvb_memory *mem, const struct hvb_counters *last,
		     struct hvb_counters *now);
void hvb_memory_read_room(struct hvb_memory *mem,
			  const struct hvb_counters *last,
			  struct hvb_counters *now);
void hvb_memory_facts(struct hvb_memory *mem, struct hvb_memory_facts *facts);
bool hvb_memory_can_hot_add(const struct hvb_memory *mem);
bool hvb_memory_can_claim(const struct hvb_memory *mem);
unsigned int hvb_memory_changes(const struct hvb_memory *mem);

/* absent.c */
struct hvb_ranges *hvb_absent_set(struct hvb_memory *mem, unsigned int i);
void hvb_absent_insert(struct hvb_memory *mem, struct hvb_ranges *set,
		       unsigned long start, unsigned long count);
void hvb_absent_erase(struct hvb_memory *mem, struct hvb_ranges *set,
		      unsigned long start, unsigned long count);
void hvb_absent_count_balloon(struct hvb_memory *mem, unsigned long start,
			      unsigned long count, int sign);
void hvb_absent_release(struct hvb_memory *mem, unsigned long start,
			unsigned long count);
void hvb_absent_make_present(struct hvb_memory *mem, unsigned long start,
			     unsigned long count);
unsigned long hvb_absent_step(unsigned long start, unsigned long end);
void hvb_absent_drop_fresh(struct hvb_memory *mem);
unsigned long hvb_absent_return(struct hvb_memory *mem, unsigned long start,
				unsigned long count);
bool hvb_absent_next(struct hvb_memory *mem, unsigned long from,
		     unsigned long end, struct hvb_range *first);
unsigned long hvb_absent_count_locked(struct hvb_memory *mem,
				      unsigned long start,
				      unsigned long count);
unsigned long hvb_absent_count(struct hvb_memory *mem, unsigned long start,
			       unsigned long count);

/* fresh.c */
int hvb_fresh_hold(struct hvb_memory *mem, struct page *page,
		   unsigned int order);
void hvb_fresh_hold_range(struct hvb_memory *mem, unsigned long start,
			  unsigned long count);
unsigned long hvb_fresh_pack(struct hvb_memory *mem,
			     struct hvb_packer *packer);
void hvb_fresh_told(struct hvb_memory *mem, unsigned long end);
unsigned long hvb_fresh_pages(const struct hvb_memory *mem);
unsigned long hvb_fresh_ranges(const struct hvb_memory *mem);

/* claim.c */
int hvb_claim_cycle(struct hvb_memory *mem, unsigned long start,
		    unsigned long wanted, unsigned long moved_pages,
		    enum hvb_zone zone, unsigned long *nr);
int hvb_claim_offline(struct hvb_memory *mem, unsigned long start,
		      unsigned long moved_pages, unsigned long *nr);
bool hvb_claim_went_offline(struct hvb_memory *mem, unsigned long start,
			    unsigned long count);
bool hvb_claim_went_online(struct hvb_memory *mem, unsigned long start);

/* phase.c */
enum hvb_phase hvb_phase_of(struct hvb_memory *mem, unsigned long page);
enum hvb_zone hvb_phase_zone(struct hvb_memory *mem, unsigned long page);
bool hvb_phase_is_ours(struct hvb_memory *mem, unsigned long page);
void hvb_phase_set(struct hvb_memory *mem, unsigned long page,
		   enum hvb_phase phase, enum hvb_zone zone);
void hvb_phase_rest(struct hvb_memory *mem, unsigned long page);
bool hvb_phase_is_moving(const struct hvb_memory *mem, unsigned long start,
			 unsigned long count);
enum hvb_phase hvb_phase_next(struct hvb_memory *mem, unsigned long from,
			      unsigned long *start);

/* idle.c */
void hvb_idle_init(struct hvb_memory *mem);
void hvb_idle_exit(struct hvb_memory *mem);
void hvb_idle_online(struct hvb_memory *mem);
void hvb_idle_go_on(struct hvb_memory *mem);

/* added.c */
int hvb_added_add(struct hvb_memory *mem, const struct hvb_range *blocks,
		  const struct hvb_range *backed);
unsigned long hvb_added_fill(struct hvb_memory *mem, unsigned long start,
			     unsigned long count);
unsigned long hvb_added_fill_holes(struct hvb_memory *mem, unsigned long start,
				   unsigned long count);
unsigned long hvb_added_count_backed(struct hvb_memory *mem,
				     unsigned long start, unsigned long count);
bool hvb_added_next(struct hvb_memory *mem, unsigned long *start);
int hvb_added_remove(struct hvb_memory *mem, unsigned long start);
int hvb_added_restore(struct hvb_memory *mem, unsigned long start);

/* hotplug.c */
int hvb_hotplug_init(struct hvb_memory *mem);
void hvb_hotplug_exit(struct hvb_memory *mem);
void hvb_hotplug_wait(struct hvb_memory *mem);
void hvb_hotplug_lock(struct hvb_memory *mem);

/* ledger.c */
void hvb_ledger_leave(struct hvb_memory *mem, bool is_leaving);
void hvb_ledger_adopt(struct hvb_memory *mem);
int hvb_ledger_write(struct device *dev, struct hvb_ranges *given,
		     struct hvb_ranges *added);

/* survey.c */
int hvb_survey_leave(struct device *dev);
bool hvb_survey_finds_offline(struct device *dev, unsigned long *block);

#endif
