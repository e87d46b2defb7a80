// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at a memory block: can it be set offline, and at what cost?
 *
 * Trying to offline a block with a single unmovable page fails, slowly and with
 * a page dump in dmesg. So its struct pages are read first, up to the first
 * page that is in the way. A page without references isn't always free: it may
 * belong to a pool of huge pages, or be a guard page or a frozen page. And a
 * page on an LRU list can't always be moved: pages pinned for I/O can't.
 *
 * No lock is taken, so the answer is a guess.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "compat.h"
#include "scan.h"

/**
 * struct look - what was seen of a block so far
 * @zone: the zone of all its pages
 * @offline_pages: pages held by a balloon, ours or another
 * @moved_pages: pages that must be moved
 * @most_moved_pages: how many these may be
 */
struct look {
	const struct zone *zone;
	unsigned long offline_pages;
	unsigned long moved_pages;
	unsigned long most_moved_pages;
};

/* Pages from @page on that the buddy allocator has as one chunk. */
static unsigned long buddy_run(struct page *page)
{
	/* Read without the zone's lock, so it may be anything by now. */
	unsigned long order = READ_ONCE(page->private);

	return order <= MAX_PAGE_ORDER ? 1UL << order : 1;
}

/* Does a folio have references besides @refs, for its mappings, and its caches? */
static bool has_foreign_refs(struct folio *folio, int refs, unsigned long nr)
{
	bool is_cached = folio_test_anon(folio) ? folio_test_swapcache(folio) :
						  !!READ_ONCE(folio->mapping);

	if (is_cached)
		refs += nr;
	refs += folio_test_private(folio);
	return folio_ref_count(folio) > refs;
}

/*
 * Does somebody hold on to a folio? A large one can be split at any time, while
 * its counts are read, so it is held here, too.
 */
static bool is_held(struct folio *folio)
{
	bool is_held = false;

	if (!folio_test_large(folio))
		return has_foreign_refs(folio,
					atomic_read(&folio->_mapcount) + 1, 1);
	if (!folio_try_get(folio))
		return false;
	if (folio_test_large(folio))
		is_held = has_foreign_refs(folio,
					   folio_large_mapcount(folio) + 1,
					   folio_nr_pages(folio));
	folio_put(folio);
	return is_held;
}

/*
 * Is a folio of a kind that the kernel neither reclaims nor moves? Those of
 * memfd_secret() and ramfs are on an LRU list all the same. What is locked, as
 * by mlock(), can be moved.
 */
static bool is_rooted(struct folio *folio)
{
	return folio_test_unevictable(folio) && !folio_test_mlocked(folio) &&
	       !folio_test_swapbacked(folio);
}

/*
 * Pages of a folio on an LRU list, from @page on; 0 if it can't be moved, or
 * somebody holds on to it, for I/O or for long.
 */
static unsigned long movable_run(struct folio *folio, struct page *page)
{
	unsigned long nr;

	/* Moving waits for both, which takes forever if a server is dead. */
	if (folio_test_locked(folio) || folio_test_writeback(folio))
		return 0;
	if (is_rooted(folio) || folio_maybe_dma_pinned(folio) || is_held(folio))
		return 0;
	if (!folio_test_large(folio))
		return 1;
	nr = folio_nr_pages(folio);
	/* It may have been split since. */
	if (nr > MAX_ORDER_NR_PAGES || folio_page_idx(folio, page) >= nr)
		return 1;
	return nr - folio_page_idx(folio, page);
}

/* Looks at @page. Return: pages that it stands for; 0 if it can't go. */
static unsigned long look_at(struct page *page, struct look *look)
{
	unsigned long nr = 1;

	if (page_zone(page) != look->zone)
		return 0;
	if (PageBuddy(page)) {
		nr = buddy_run(page);
	} else if (PageOffline(page)) {
		look->offline_pages++;
	} else if (PageLRU(compound_head(page))) {
		nr = movable_run(page_folio(page), page);
		look->moved_pages += nr;
		if (look->moved_pages > look->most_moved_pages)
			return 0;
	} else if (PageCompound(page) || page_count(page) ||
		   page_has_type(page)) {
		nr = 0;
	}
	/* Anything else is on its way to the allocator, or frozen. */
	return nr;
}

/* Whole sections have struct pages, holes have none. */
static bool look_at_section(unsigned long start, unsigned long count,
			    struct look *look)
{
	struct page *page = pfn_to_online_page(start);
	unsigned long i, nr;

	if (!page)
		return false;
	for (i = 0; i < count; i += nr) {
		nr = look_at(page + i, look);
		if (!nr)
			return false;
	}
	return true;
}

/*
 * The kernel brings a block back to a lower zone only if that zone spans it
 * even without it. The first or last block of such a zone would end up in
 * another one.
 */
static bool comes_back(const struct zone *zone, unsigned long start,
		       unsigned long end)
{
	if (zone_idx(zone) >= ZONE_NORMAL)
		return true;
	return start > zone->zone_start_pfn && end < zone_end_pfn(zone);
}

/**
 * hvb_scan_zone() - which zone would a block be claimed from?
 * @start: number of its first page
 * @count: its pages
 *
 * Context: any.
 * Return: the zone; NULL if the block may not be claimed: it is offline, its
 * zone would be another one afterwards, or the zone has CMA areas, which must
 * not be isolated.
 */
const struct zone *hvb_scan_zone(unsigned long start, unsigned long count)
{
	struct page *page = pfn_to_online_page(start);
	struct zone *zone;

	if (!page)
		return NULL;
	zone = page_zone(page);
	if (zone_cma_pages(zone) || !comes_back(zone, start, start + count))
		return NULL;
	return zone;
}

/**
 * hvb_scan_block() - can a block be set offline?
 * @start: number of its first page
 * @count: its pages
 * @absent_pages: how many of these the host has already
 * @most_moved_pages: how many may have to be moved
 * @block: filled in if it can
 *
 * Reads each struct page of the block at most once, and none after the first
 * page that is in the way.
 *
 * Context: any; takes as long as that.
 * Return: true if it can.
 */
bool hvb_scan_block(unsigned long start, unsigned long count,
		    unsigned long absent_pages, unsigned long most_moved_pages,
		    struct hvb_scan *block)
{
	struct look look = {
		.zone = hvb_scan_zone(start, count),
		.most_moved_pages = most_moved_pages,
	};
	unsigned long part = min_t(unsigned long, count, PAGES_PER_SECTION), i;

	if (!look.zone)
		return false;
	for (i = 0; i < count; i += part)
		if (!look_at_section(start + i, part, &look))
			return false;
	/* Pages that another driver holds offline can't go with the block. */
	if (look.offline_pages != absent_pages)
		return false;
	block->start = start;
	block->moved_pages = look.moved_pages;
	block->is_movable = zone_idx(look.zone) == ZONE_MOVABLE;
	return true;
}
