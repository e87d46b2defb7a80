/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that the module builds for, each named by
 * what differs and with the version from which it can go.
 */
#ifndef _HVB_COMPAT_H
#define _HVB_COMPAT_H

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/vmstat.h>

#define BEFORE(major, minor) \
	(KERNEL_VERSION(major, minor, 0) > LINUX_VERSION_CODE)

/*
 * Until 6.11, the pages of a block that comes online begin reserved, not
 * PageOffline, generic_online_page() leaves PageOffline alone, and offlining
 * subtracts PageOffline pages from the managed ones.
 */
#if BEFORE(6, 11)
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

/* Until 6.16, the kernel doesn't count the pages of balloons. */
#if BEFORE(6, 16)
static inline void hvb_compat_count_balloon(int nid, long pages)
{
}
#else
static inline void hvb_compat_count_balloon(int nid, long pages)
{
	mod_node_page_state(NODE_DATA(nid), NR_BALLOON_PAGES, pages);
}
#endif

/* Until 6.3, the remove callback of a VMBus driver returns an int. */
#if BEFORE(6, 3)
#define HVB_REMOVE_RET	int
#define HVB_REMOVE_DONE	0
#else
#define HVB_REMOVE_RET	void
#define HVB_REMOVE_DONE
#endif

typedef unsigned long hvb_shrink_fn(struct shrinker *shrinker,
				    struct shrink_control *sc);

/* Until 6.7, a shrinker is embedded, and has no data of its own. */
#if BEFORE(6, 7)
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

/* Until 6.8, the largest order of the buddy allocator has another name. */
#ifndef MAX_PAGE_ORDER
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#endif

/* Until 6.16, this function has another name. */
#if BEFORE(6, 16)
#define timer_destroy_on_stack	destroy_timer_on_stack
#endif

#undef BEFORE

#endif
