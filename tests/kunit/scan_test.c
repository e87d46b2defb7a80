// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of looks at memory blocks: which could be set offline. What it
 * takes real programs to make, such as pages pinned for I/O and pools of huge
 * pages, is looked at in the lab.
 */
#include <linux/bits.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>

#include "host.h"

#define NR_BLOCKS	2
#define NR_PAGES	16
#define LARGE_ORDER	4
#define LARGE_PAGES	BIT(LARGE_ORDER)

/* The host adds movable blocks; what is movable is allocated there first. */
static void add_blocks(struct kunit *test, unsigned int nr)
{
	struct hvb_range range = { BLOCK(0), nr * block_pages() };
	struct host *host = host_connected(test);

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
}

static unsigned long block_of(struct kunit *test, struct page *page)
{
	KUNIT_ASSERT_GE(test, page_to_pfn(page), BLOCK(0));
	return ALIGN_DOWN(page_to_pfn(page), block_pages());
}

static bool can_go(unsigned long start, struct hvb_scan *block)
{
	return hvb_scan_block(start, block_pages(), 0, block_pages(), block);
}

/* Free pages of a pool of huge pages look like that. */
static void pages_without_a_reference_can_be_somebody_s(struct kunit *test)
{
	struct hvb_scan block;
	struct page *page;
	unsigned long start;
	bool found;

	add_blocks(test, NR_BLOCKS);
	page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_COMP, 9);
	KUNIT_ASSERT_NOT_NULL(test, page);
	start = block_of(test, page);
	set_page_count(page, 0);
	found = can_go(start, &block);
	set_page_count(page, 1);
	KUNIT_EXPECT_FALSE(test, found);
	__free_pages(page, 9);
	KUNIT_EXPECT_TRUE(test, can_go(start, &block));
	KUNIT_EXPECT_EQ(test, block.start, start);
	KUNIT_EXPECT_TRUE(test, block.is_movable);
}

/* Only the driver of a balloon can take them back. */
static void pages_of_another_balloon_stay(struct kunit *test)
{
	unsigned long most = block_pages();
	struct hvb_scan block;
	struct page *page;
	bool alone, ours;
	unsigned long start;

	add_blocks(test, NR_BLOCKS);
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	start = block_of(test, page);
	__SetPageOffline(page);
	alone = hvb_scan_block(start, most, 0, most, &block);
	ours = hvb_scan_block(start, most, 1, most, &block);
	__ClearPageOffline(page);
	__free_page(page);
	KUNIT_EXPECT_FALSE(test, alone);
	KUNIT_EXPECT_TRUE(test, ours);
}

/* Setting the other block offline drains what waits for a place on the lists. */
static void drain_lists(struct kunit *test, unsigned long start)
{
	unsigned long other = start == BLOCK(0) ? BLOCK(1) : BLOCK(0);

	KUNIT_ASSERT_EQ(test, 0, block_set(other, "offline"));
	KUNIT_ASSERT_EQ(test, 0, block_set(other, "online_movable"));
}

/* Pages of a file, which move unless somebody holds on to them. */
static void pages_that_somebody_holds_stay(struct kunit *test)
{
	struct page *pages[NR_PAGES];
	struct hvb_scan block;
	unsigned long start;
	struct file *file;
	bool held;

	add_blocks(test, NR_BLOCKS);
	file = shmem_kernel_file_setup("hv_balloon", NR_PAGES * PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		pages[i] = shmem_read_mapping_page(file->f_mapping, i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pages[i]);
	}
	start = block_of(test, pages[0]);
	drain_lists(test, start);
	held = can_go(start, &block);
	for (unsigned int i = 0; i < NR_PAGES; i++)
		put_page(pages[i]);
	KUNIT_EXPECT_FALSE(test, held);
	KUNIT_EXPECT_TRUE(test, can_go(start, &block));
	KUNIT_EXPECT_EQ(test, NR_PAGES, block.moved_pages);
	KUNIT_EXPECT_FALSE(test, hvb_scan_block(start, block_pages(), 0,
						NR_PAGES - 1, &block));
	KUNIT_EXPECT_TRUE(test, hvb_scan_block(start, block_pages(), 0,
					       NR_PAGES, &block));
	fput(file);
	flush_delayed_fput();
}

/* A file's cache has a reference for each of its pages. */
static void large_pages_that_somebody_holds_stay(struct kunit *test)
{
	static struct address_space mapping;
	bool is_held, can_move;
	struct hvb_scan block;
	struct folio *folio;
	unsigned long start;

	add_blocks(test, NR_BLOCKS);
	folio = folio_alloc(GFP_HIGHUSER_MOVABLE, LARGE_ORDER);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	start = block_of(test, folio_page(folio, 0));
	folio->mapping = &mapping;
	folio_ref_add(folio, LARGE_PAGES - 1);
	folio_set_lru(folio);
	can_move = can_go(start, &block);
	folio_get(folio);
	is_held = !can_go(start, &block);
	folio_clear_lru(folio);
	folio_ref_sub(folio, LARGE_PAGES);
	folio->mapping = NULL;
	folio_put(folio);
	KUNIT_EXPECT_TRUE(test, can_move);
	KUNIT_EXPECT_EQ(test, LARGE_PAGES, block.moved_pages);
	KUNIT_EXPECT_TRUE(test, is_held);
}

struct kind_row {
	const char *name;
	unsigned long flags;
	bool can_move;
};

static const struct kind_row kind_rows[] = {
	{ "memfd_secret or ramfs", BIT(PG_unevictable), false },
	{ "mlock", BIT(PG_unevictable) | BIT(PG_mlocked), true },
	{ "SHM_LOCK", BIT(PG_unevictable) | BIT(PG_swapbacked), true },
	{ "a file", 0, true },
};

KUNIT_ARRAY_PARAM_DESC(kind, kind_rows, name);

/* Nobody holds them: what they belong to doesn't let them be moved. */
static void pages_that_the_kernel_cannot_move_stay(struct kunit *test)
{
	const struct kind_row *row = test->param_value;
	static struct address_space mapping;
	struct hvb_scan block;
	struct folio *folio;
	unsigned long start;
	bool can_move;

	add_blocks(test, NR_BLOCKS);
	folio = folio_alloc(GFP_HIGHUSER_MOVABLE, 0);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	start = block_of(test, folio_page(folio, 0));
	drain_lists(test, start);
	folio->mapping = &mapping;
	set_mask_bits(folio_flags(folio, 0), 0, row->flags | BIT(PG_lru));
	can_move = can_go(start, &block);
	set_mask_bits(folio_flags(folio, 0), row->flags | BIT(PG_lru), 0);
	folio->mapping = NULL;
	folio_put(folio);
	KUNIT_EXPECT_EQ(test, row->can_move, can_move);
}

/* There are no struct pages for what isn't there. */
static void a_block_with_a_hole_stays(struct kunit *test)
{
	struct hvb_scan block;

	add_blocks(test, 1);
	KUNIT_EXPECT_TRUE(test, can_go(BLOCK(0), &block));
	KUNIT_EXPECT_FALSE(test, hvb_scan_block(BLOCK(0), 2 * block_pages(), 0,
						block_pages(), &block));
}

/* On guests of 64 GiB and more, a block can be 16 sections. */
static void a_block_of_several_sections_is_looked_at_whole(struct kunit *test)
{
	unsigned long count = 2 * block_pages();
	bool is_free, is_held;
	struct hvb_scan block;
	struct page *page;

	add_blocks(test, 2);
	is_free = hvb_scan_block(BLOCK(0), count, 0, count, &block);
	/* What is movable is in the second one, then. */
	KUNIT_ASSERT_EQ(test, 0, block_set(BLOCK(0), "offline"));
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	KUNIT_EXPECT_EQ(test, 0, block_set(BLOCK(0), "online_movable"));
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, BLOCK(1), block_of(test, page));
	is_held = !hvb_scan_block(BLOCK(0), count, 0, count, &block);
	__free_page(page);
	KUNIT_EXPECT_TRUE(test, is_free);
	KUNIT_EXPECT_TRUE(test, is_held);
}

/* The last block of a lower zone would come online in another. */
static void the_edge_of_a_lower_zone_stays(struct kunit *test)
{
	unsigned long edge = HOST_MEMORY - block_pages();
	unsigned int zone = page_zonenum(pfn_to_page(edge));

	KUNIT_ASSERT_LT(test, zone, ZONE_NORMAL);
	KUNIT_ASSERT_EQ(test, zone,
			page_zonenum(pfn_to_page(edge - block_pages())));
	KUNIT_EXPECT_NULL(test, hvb_scan_zone(edge, block_pages()));
	KUNIT_EXPECT_NOT_NULL(test, hvb_scan_zone(edge - block_pages(),
						  block_pages()));
	KUNIT_EXPECT_NULL(test, hvb_scan_zone(HOST_MEMORY, block_pages()));
}

static void set_cma_pages(struct zone *zone, unsigned long nr)
{
#ifdef CONFIG_CMA
	zone->cma_pages = nr;
#endif
}

/* They must not be isolated, and which pages they are can't be seen. */
static void a_zone_with_cma_areas_stays(struct kunit *test)
{
	struct zone *zone;
	bool can_go;

	if (!IS_ENABLED(CONFIG_CMA))
		kunit_skip(test, "a kernel without CMA");
	add_blocks(test, 1);
	zone = page_zone(pfn_to_page(BLOCK(0)));
	KUNIT_ASSERT_EQ(test, 0, zone_cma_pages(zone));
	KUNIT_EXPECT_PTR_EQ(test, hvb_scan_zone(BLOCK(0), block_pages()), zone);
	set_cma_pages(zone, 1);
	can_go = hvb_scan_zone(BLOCK(0), block_pages());
	set_cma_pages(zone, 0);
	KUNIT_EXPECT_FALSE(test, can_go);
}

static struct kunit_case scan_cases[] = {
	KUNIT_CASE(pages_without_a_reference_can_be_somebody_s),
	KUNIT_CASE(pages_of_another_balloon_stay),
	KUNIT_CASE(pages_that_somebody_holds_stay),
	KUNIT_CASE(large_pages_that_somebody_holds_stay),
	KUNIT_CASE_PARAM(pages_that_the_kernel_cannot_move_stay,
			 kind_gen_params),
	KUNIT_CASE(a_block_with_a_hole_stays),
	KUNIT_CASE(a_block_of_several_sections_is_looked_at_whole),
	KUNIT_CASE(the_edge_of_a_lower_zone_stays),
	KUNIT_CASE(a_zone_with_cma_areas_stays),
	{}
};

static struct kunit_suite scan_suite = {
	.name = "hv_balloon_scan",
	.test_cases = scan_cases,
};

kunit_test_suite(scan_suite);
