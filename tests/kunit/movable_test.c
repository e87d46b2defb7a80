// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of guests whose free memory is in ZONE_MOVABLE, of which the
 * kernel itself can have none: what the host gets comes from there then. The
 * kernel's own memory is used up to where it can spare only little.
 */
#include <kunit/resource.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/sizes.h>

#include "host.h"

#define NR_BLOCKS	2
#define NR_PAGES	16
#define EATEN_ORDER	9
#define PIECE_ORDER	8
/* No CPU has a list of its own of these. */
#define APART_ORDER	10
#define GFP_EAT		((GFP_KERNEL & ~__GFP_RECLAIM) | __GFP_NOWARN)
#define GFP_PIECE	((GFP_HIGHUSER_MOVABLE & ~__GFP_RECLAIM) | __GFP_NOWARN)

#define MIB(mib)	((u64)(mib) << 8)

/* What the kernel can spare, and what background work may change of it. */
#define SPARE_PAGES	(SZ_16M >> PAGE_SHIFT)
#define SLACK_PAGES	(SZ_8M >> PAGE_SHIFT)

struct kernel_row {
	const char *name;
	struct hvb_counters now;
	u64 total;
	u64 avail;
};

static const struct kernel_row kernel_rows[] = {
	{ "all zones are for the kernel",
	  { .total_pages = MIB(1024), .avail_pages = MIB(700) },
	  MIB(1024), MIB(700) },
	{ "half is movable, and in use",
	  { .total_pages = MIB(2048), .avail_pages = MIB(700),
	    .movable_pages = MIB(1024) }, MIB(1024), MIB(700) },
	{ "half is movable, and available",
	  { .total_pages = MIB(2048), .avail_pages = MIB(1700),
	    .movable_pages = MIB(1024), .movable_avail_pages = MIB(1000) },
	  MIB(1024), MIB(700) },
	{ "what is kept for the kernel isn't given",
	  { .total_pages = MIB(2048), .avail_pages = MIB(1700),
	    .movable_pages = MIB(1024), .movable_avail_pages = MIB(1000),
	    .kept_pages = MIB(100) }, MIB(1024), MIB(700) },
	{ "all that is available is movable",
	  { .total_pages = MIB(2048), .avail_pages = MIB(900),
	    .movable_pages = MIB(1024), .movable_avail_pages = MIB(901) },
	  MIB(1024), 0 },
	{ "more movable than there is",
	  { .total_pages = MIB(1024), .avail_pages = MIB(900),
	    .movable_pages = MIB(1025) }, 0, MIB(900) },
};

KUNIT_ARRAY_PARAM_DESC(kernel, kernel_rows, name);

static void the_kernel_keeps_the_floor_of_its_own_size(struct kunit *test)
{
	const struct kernel_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, hvb_demand_can_give(row->total, row->avail),
			hvb_demand_can_give_kernel(&row->now));
}

/* All that is movable was added by the host. */
static struct host *roomy(struct kunit *test)
{
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };
	struct host *host = host_connected(test);

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	return host;
}

/* Each page knows its order. */
static void free_kept(void *data)
{
	struct list_head *kept = data;
	struct page *page, *next;

	list_for_each_entry_safe(page, next, kept, lru) {
		list_del(&page->lru);
		__free_pages(page, page_private(page));
	}
}

static void keep(struct list_head *kept, struct page *page, unsigned int order)
{
	set_page_private(page, order);
	list_add(&page->lru, kept);
}

static struct list_head *keeps(struct kunit *test)
{
	struct list_head *kept = kunit_kzalloc(test, sizeof(*kept), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kept);
	INIT_LIST_HEAD(kept);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_kept,
							   kept));
	return kept;
}

static u64 spare(struct host *host)
{
	struct hvb_counters now;

	hvb_memory_read(&host->dm.memory, NULL, &now);
	return hvb_demand_can_give_kernel(&now);
}

/* The kernel can spare fewer pages than that, afterwards. */
static void eat(struct host *host, u64 nr_pages)
{
	struct list_head *kept = keeps(host->test);

	while (spare(host) >= nr_pages) {
		struct page *page = alloc_pages(GFP_EAT, EATEN_ORDER);

		KUNIT_ASSERT_NOT_NULL(host->test, page);
		keep(kept, page, EATEN_ORDER);
	}
}

/* Every other piece of the movable zone is free: none is as large as 2 MiB. */
static void break_movable(struct kunit *test)
{
	struct list_head *kept = keeps(test);
	struct page *page, *next;

	while ((page = alloc_pages(GFP_PIECE, PIECE_ORDER))) {
		if (!is_zone_movable_page(page)) {
			__free_pages(page, PIECE_ORDER);
			break;
		}
		keep(kept, page, PIECE_ORDER);
	}
	list_for_each_entry_safe(page, next, kept, lru) {
		if (page_to_pfn(page) & BIT(PIECE_ORDER))
			continue;
		list_del(&page->lru);
		__free_pages(page, PIECE_ORDER);
	}
}

static unsigned long nr_held(struct host *host, unsigned long start)
{
	return hvb_ranges_count(&host->holds, start, block_pages());
}

static void what_only_tasks_can_have_is_told_apart(struct kunit *test)
{
	struct host *host = roomy(test);
	struct hvb_counters before, now;
	struct list_head *kept = keeps(test);
	struct page *page = alloc_pages(GFP_PIECE, APART_ORDER);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_TRUE(test, is_zone_movable_page(page));
	hvb_memory_read(&host->dm.memory, NULL, &now);
	keep(kept, page, APART_ORDER);
	free_kept(kept);
	hvb_memory_read(&host->dm.memory, NULL, &before);
	KUNIT_EXPECT_EQ(test, now.movable_pages, NR_BLOCKS * block_pages());
	KUNIT_EXPECT_EQ(test, before.movable_avail_pages,
			now.movable_avail_pages + BIT(APART_ORDER));
	KUNIT_EXPECT_GT(test, now.kept_pages, 0);
	host_takes(host, BIT(APART_ORDER));
	hvb_memory_read(&host->dm.memory, NULL, &now);
	KUNIT_EXPECT_EQ(test, before.movable_pages,
			now.movable_pages + BIT(APART_ORDER));
	host_returns_all(host);
}

/* Pages of 2 MiB are free in the other zones alone, and the host likes them. */
static void pages_that_the_kernel_needs_stay(struct kunit *test)
{
	const u32 nr_pages = SZ_32M >> PAGE_SHIFT;
	struct host *host = roomy(test);
	unsigned long nr_movable;

	break_movable(test);
	eat(host, SPARE_PAGES);
	KUNIT_EXPECT_EQ(test, nr_pages, host_takes(host, nr_pages));
	nr_movable = nr_held(host, BLOCK(0)) + nr_held(host, BLOCK(1));
	KUNIT_EXPECT_LE(test, nr_pages - nr_movable, SPARE_PAGES + SLACK_PAGES);
	host_returns_all(host);
	host_agrees(host);
}

/*
 * A movable block takes moving pages, others may be free as they are. Which
 * those are is the kernel's affair, so it is checked that none was looked at.
 */
static void blocks_that_the_kernel_needs_stay(struct kunit *test)
{
	struct host *host = roomy(test);
	const struct hvb_round *round = &host->dm.requests.round;
	struct page *pages[NR_PAGES];
	unsigned long start, other;
	struct file *file;

	file = shmem_kernel_file_setup("hv_balloon", NR_PAGES * PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		pages[i] = shmem_read_mapping_page(file->f_mapping, i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pages[i]);
	}
	KUNIT_ASSERT_GE(test, page_to_pfn(pages[0]), BLOCK(0));
	start = ALIGN_DOWN(page_to_pfn(pages[0]), block_pages());
	other = start == BLOCK(0) ? BLOCK(1) : BLOCK(0);
	/* This drains what waits for a place on the lists, too. */
	KUNIT_ASSERT_EQ(test, 0, block_set(other, "offline"));
	for (unsigned int i = 0; i < NR_PAGES; i++)
		put_page(pages[i]);

	eat(host, block_pages() / 2);
	host->params.balloon_blocks = true;
	host_asks(host, block_pages() / 2);
	KUNIT_EXPECT_EQ(test, block_pages() / 2, host_gets(host));
	KUNIT_EXPECT_EQ(test, block_pages() / 2,
			host_count(host, HVB_COUNT_BLOCK_PAGES));
	KUNIT_EXPECT_EQ(test, block_pages() / 2, nr_held(host, start));
	KUNIT_EXPECT_EQ(test, round->position, round->nr_blocks);
	fput(file);
	flush_delayed_fput();
	host_returns_all(host);
}

static struct kunit_case movable_cases[] = {
	KUNIT_CASE_PARAM(the_kernel_keeps_the_floor_of_its_own_size,
			 kernel_gen_params),
	KUNIT_CASE(what_only_tasks_can_have_is_told_apart),
	KUNIT_CASE(pages_that_the_kernel_needs_stay),
	KUNIT_CASE(blocks_that_the_kernel_needs_stay),
	{}
};

static struct kunit_suite movable_suite = {
	.name = "hv_balloon_movable",
	.test_cases = movable_cases,
};

kunit_test_suite(movable_suite);
