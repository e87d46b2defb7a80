/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that the module builds for. Each is named by
 * what differs, with the version from which it can go. The Makefile reads in
 * the headers what this kernel has; the versions are those of kernel.org, and
 * hv_balloon-kernels.rst says where each was read.
 */
#ifndef _HVB_COMPAT_H
#define _HVB_COMPAT_H

#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/timer.h>
#include <linux/vmstat.h>

/*
 * Until 6.11, the pages of a block that comes online start out reserved, not
 * PageOffline, generic_online_page() leaves PageOffline alone, and offlining
 * subtracts PageOffline pages from the managed ones. One series changed all
 * three; what shows in the headers is that __offline_isolated_pages() returns
 * how many pages are managed.
 */
#ifndef HVB_HAS_OFFLINE_MEMMAP
#define HVB_OFFLINE_PAGES_ARE_MANAGED	true

static inline void hvb_compat_clear_offline(struct page *page,
					    unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		if (PageOffline(page + i))
			__ClearPageOffline(page + i);
}

static inline void hvb_compat_keep_offline(struct page *page,
					   unsigned long count)
{
	unsigned long i;

	page_offline_begin();
	for (i = 0; i < count; i++) {
		__ClearPageReserved(page + i);
		__SetPageOffline(page + i);
	}
	page_offline_end();
}
#else
#define HVB_OFFLINE_PAGES_ARE_MANAGED	false

static inline void hvb_compat_clear_offline(struct page *page,
					    unsigned int order)
{
}

static inline void hvb_compat_keep_offline(struct page *page,
					   unsigned long count)
{
}
#endif

/* Until 6.15, the kernel doesn't count balloon pages. */
#ifndef HVB_HAS_BALLOON_COUNTER
static inline void hvb_compat_count_balloon(int nid, long pages)
{
}
#else
static inline void hvb_compat_count_balloon(int nid, long pages)
{
	mod_node_page_state(NODE_DATA(nid), NR_BALLOON_PAGES, pages);
}
#endif

/*
 * Until 7.1 or 7.2, what was reclaimed for everybody is counted by CPU. Then it is
 * by node, and direct reclaim is also that of a cgroup at its limit.
 */
typedef unsigned long hvb_events_fn(int cpu, enum vm_event_item item);

#ifndef HVB_HAS_RECLAIM_BY_NODE
static inline unsigned long hvb_compat_reclaimed_on(int cpu, hvb_events_fn *of)
{
	return of(cpu, PGSTEAL_KSWAPD) + of(cpu, PGSTEAL_DIRECT);
}

static inline unsigned long hvb_compat_reclaimed(void)
{
	return 0;
}
#else
static inline unsigned long hvb_compat_reclaimed_on(int cpu, hvb_events_fn *of)
{
	return 0;
}

static inline unsigned long hvb_compat_reclaimed(void)
{
	return global_node_page_state(PGSTEAL_KSWAPD);
}
#endif

/* Until 6.12, pages of zeroes are written to swap like all others. */
#if !defined(HVB_HAS_SWAP_ZERO) || !defined(CONFIG_SWAP)
static inline unsigned long hvb_compat_zeroes_out(int cpu, hvb_events_fn *of)
{
	return 0;
}

static inline unsigned long hvb_compat_zeroes_in(int cpu, hvb_events_fn *of)
{
	return 0;
}
#else
static inline unsigned long hvb_compat_zeroes_out(int cpu, hvb_events_fn *of)
{
	return of(cpu, SWPOUT_ZERO);
}

static inline unsigned long hvb_compat_zeroes_in(int cpu, hvb_events_fn *of)
{
	return of(cpu, SWPIN_ZERO);
}
#endif

/* Until 6.14, a new worker runs at once, and one function does both. */
#ifndef kthread_run_worker
#define kthread_run_worker	kthread_create_worker
#endif

/* Until 6.3, the remove callback of a VMBus driver returns an int. */
#ifndef HVB_HAS_VOID_REMOVE
#define HVB_REMOVE_RET	int
#define HVB_REMOVE_DONE	0
#else
#define HVB_REMOVE_RET	void
#define HVB_REMOVE_DONE
#endif

typedef unsigned long hvb_shrink_fn(struct shrinker *shrinker,
				    struct shrink_control *sc);

/* Until 6.7, a shrinker is embedded in its owner and has no data pointer. */
#ifndef HVB_HAS_SHRINKER_ALLOC
struct hvb_compat_shrinker {
	struct shrinker shrinker;
	void *data;
};

static inline void *hvb_compat_shrinker_data(struct shrinker *shrinker)
{
	return container_of(shrinker, struct hvb_compat_shrinker,
			    shrinker)->data;
}

static inline int
hvb_compat_shrinker_register(struct hvb_compat_shrinker *ours, void *data,
			     hvb_shrink_fn *count, hvb_shrink_fn *scan)
{
	ours->data = data;
	ours->shrinker.count_objects = count;
	ours->shrinker.scan_objects = scan;
	ours->shrinker.seeks = DEFAULT_SEEKS;
	return register_shrinker(&ours->shrinker, "hv_balloon");
}

static inline void
hvb_compat_shrinker_unregister(struct hvb_compat_shrinker *ours)
{
	unregister_shrinker(&ours->shrinker);
}
#else
struct hvb_compat_shrinker {
	struct shrinker *shrinker;
};

static inline void *hvb_compat_shrinker_data(struct shrinker *shrinker)
{
	return shrinker->private_data;
}

static inline int
hvb_compat_shrinker_register(struct hvb_compat_shrinker *ours, void *data,
			     hvb_shrink_fn *count, hvb_shrink_fn *scan)
{
	ours->shrinker = shrinker_alloc(0, "hv_balloon");
	if (!ours->shrinker)
		return -ENOMEM;
	ours->shrinker->count_objects = count;
	ours->shrinker->scan_objects = scan;
	ours->shrinker->private_data = data;
	shrinker_register(ours->shrinker);
	return 0;
}

static inline void
hvb_compat_shrinker_unregister(struct hvb_compat_shrinker *ours)
{
	shrinker_free(ours->shrinker);
}
#endif

/*
 * Until 6.8, the largest order of the buddy allocator has another name, whose
 * value was one too high until 6.4.
 */
#ifndef MAX_PAGE_ORDER
#define MAX_PAGE_ORDER	ilog2(MAX_ORDER_NR_PAGES)
#endif

/*
 * Until 6.10, counting how often a large folio is mapped takes a look at each of
 * its pages. Without that, all references may be for mappings.
 */
#ifndef HVB_HAS_LARGE_MAPCOUNT
#define folio_large_mapcount	folio_ref_count
#endif

/* Until 6.2 (and 6.1.84), this function has another name. */
#ifndef HVB_HAS_TIMER_DELETE
#define timer_delete_sync	del_timer_sync
#endif

/* Until 6.16, this function has another name. */
#ifndef HVB_HAS_TIMER_DESTROY
#define timer_destroy_on_stack	destroy_timer_on_stack
#endif

#endif
