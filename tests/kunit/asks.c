// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what the scripted host asks and how it judges the answers: pages that
 * it takes and returns, with its own record of what it holds, and memory that
 * it adds.
 */
#include <linux/memory.h>

#include "host.h"

/**
 * host_asks() - ask for pages
 * @host: the host
 * @nr_pages: how many
 */
void host_asks(struct host *host, u32 nr_pages)
{
	struct dm_balloon req = {
		.hdr = { DM_BALLOON_REQUEST, sizeof(req), HOST_TRANS },
		.num_pages = nr_pages,
	};

	host_say(host, &req, sizeof(req));
}

/**
 * host_holds() - record ranges that the guest gave
 * @host: the host
 * @ranges: as they stand in the answer
 * @count: how many
 *
 * Return: their pages.
 */
unsigned long host_holds(struct host *host, const u64 *ranges, u32 count)
{
	unsigned long nr = 0;

	for (u32 i = 0; i < count; i++) {
		struct hvb_wire_range range = hvb_msg_range(ranges[i]);

		KUNIT_ASSERT_EQ(host->test, 0,
				hvb_ranges_insert(&host->holds, range.start,
						  range.count, GFP_KERNEL));
		nr += range.count;
	}
	return nr;
}

/**
 * host_gets_one() - record one balloon response
 * @host: the host
 * @more: set to whether another one of the transaction follows
 *
 * Return: its pages.
 */
unsigned long host_gets_one(struct host *host, bool *more)
{
	const struct dm_balloon_response *resp;
	unsigned long nr;
	u32 count;

	resp = host_hears(host, DM_BALLOON_RESPONSE, sizeof(*resp));
	count = FIELD_GET(DM_RESPONSE_COUNT_MASK, resp->more_and_count);
	*more = resp->more_and_count & DM_MORE_PAGES;
	KUNIT_EXPECT_EQ(host->test, resp->hdr.trans_id, HOST_TRANS);
	KUNIT_EXPECT_EQ(host->test, resp->hdr.size,
			struct_size(resp, range_array, count));
	nr = host_holds(host, resp->range_array, count);
	kunit_kfree(host->test, resp);
	return nr;
}

/**
 * host_gets() - record the responses to a request, to the last
 * @host: the host
 *
 * Return: their pages.
 */
unsigned long host_gets(struct host *host)
{
	unsigned long nr = 0;
	bool more;

	do {
		nr += host_gets_one(host, &more);
	} while (more);
	return nr;
}

/**
 * host_takes() - ask for pages and record what comes
 * @host: the host
 * @nr_pages: how many
 *
 * Return: how many came.
 */
unsigned long host_takes(struct host *host, u32 nr_pages)
{
	unsigned long nr;

	host_asks(host, nr_pages);
	nr = host_gets(host);
	host_hears_nothing(host);
	host_agrees(host);
	return nr;
}

/**
 * host_returns() - return pages, whether the host has them or not
 * @host: the host
 * @ranges: the pages
 * @nr_ranges: how many ranges
 * @more: another message of the transaction follows
 */
void host_returns(struct host *host, const struct hvb_range *ranges,
		  unsigned int nr_ranges, bool more)
{
	struct dm_unballoon_request *req;
	size_t size = struct_size(req, range_array, nr_ranges);
	struct hvb_range part;

	req = kunit_kzalloc(host->test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(host->test, req);
	req->hdr.type = DM_UNBALLOON_REQUEST;
	req->hdr.size = size;
	req->hdr.trans_id = HOST_TRANS;
	req->flags = more;
	req->range_count = nr_ranges;
	for (unsigned int i = 0; i < nr_ranges; i++) {
		unsigned long end = ranges[i].start + ranges[i].count;

		req->range_array[i] = WIRE_RANGE(ranges[i].start,
						 ranges[i].count);
		while (hvb_ranges_next(&host->holds, ranges[i].start, end,
				       &part))
			KUNIT_ASSERT_EQ(host->test, 0,
					hvb_ranges_erase(&host->holds,
							 part.start, part.count,
							GFP_KERNEL));
	}
	host_say(host, req, size);
	kunit_kfree(host->test, req);
}

void host_hears_unballoon_done(struct host *host)
{
	const struct dm_header *hdr;

	hdr = host_hears(host, DM_UNBALLOON_RESPONSE, sizeof(*hdr));
	KUNIT_EXPECT_EQ(host->test, hdr->trans_id, HOST_TRANS);
}

/**
 * host_returns_all() - return all pages that the host has
 * @host: the host
 */
void host_returns_all(struct host *host)
{
	struct hvb_range part;

	while (hvb_ranges_next(&host->holds, 0, ULONG_MAX, &part)) {
		host_returns(host, &part, 1, false);
		host_hears_unballoon_done(host);
	}
	KUNIT_EXPECT_EQ(host->test, 0,
			host_count(host, HVB_COUNT_UNKNOWN_PAGES));
}

/**
 * host_adds() - add memory
 * @host: the host
 * @range: pages that it backs
 * @region: where it may grow to, or NULL
 */
void host_adds(struct host *host, const struct hvb_range *range,
	       const struct hvb_range *region)
{
	struct dm_hot_add_with_region req = {
		.hdr = { DM_MEM_HOT_ADD_REQUEST, 0, HOST_TRANS },
		.range = WIRE_RANGE(range->start, range->count),
	};

	if (region)
		req.region = WIRE_RANGE(region->start, region->count);
	req.hdr.size = region ? sizeof(req) : sizeof(struct dm_hot_add);
	host_say(host, &req, req.hdr.size);
}

/**
 * host_adds_here() - add memory; the guest carries it out in this task
 * @host: the host
 * @start: number of the first page
 * @count: how many pages
 */
void host_adds_here(struct host *host, unsigned long start,
		    unsigned long count)
{
	const struct dm_hot_add req = {
		.hdr = { DM_MEM_HOT_ADD_REQUEST, sizeof(req), HOST_TRANS },
		.range = WIRE_RANGE(start, count),
	};

	hvb_conversation_handle(&host->dm.conversation, &req, sizeof(req));
}

void host_hears_added(struct host *host, u32 page_count, u32 result)
{
	const struct dm_hot_add_response *resp;

	resp = host_hears(host, DM_MEM_HOT_ADD_RESPONSE, sizeof(*resp));
	KUNIT_EXPECT_EQ(host->test, resp->hdr.trans_id, HOST_TRANS);
	KUNIT_EXPECT_EQ(host->test, resp->page_count, page_count);
	KUNIT_EXPECT_EQ(host->test, resp->result, result);
	host_hears_nothing(host);
}

/**
 * host_agrees() - what the guest says it gave is what the host holds
 * @host: the host
 *
 * No page waits to be told of, and none has left the kernel beside these.
 */
void host_agrees(struct host *host)
{
	struct hvb_memory *mem = &host->dm.memory;
	struct hvb_range ours, theirs;
	unsigned long from = 0;

	KUNIT_EXPECT_EQ(host->test, mem->fresh.nr_pages, 0);
	KUNIT_EXPECT_EQ(host->test, mem->returning.nr_pages, 0);
	KUNIT_EXPECT_EQ(host->test, mem->given.nr_pages,
			host->holds.nr_pages);
	KUNIT_EXPECT_EQ(host->test, totalram_pages() + host->holds.nr_pages,
			host->total_pages + mem->nr_onlined);
	while (hvb_ranges_next(&host->holds, from, ULONG_MAX, &theirs)) {
		KUNIT_ASSERT_TRUE(host->test,
				  hvb_ranges_next(&mem->given, from,
						  ULONG_MAX, &ours));
		KUNIT_ASSERT_EQ(host->test, ours.start, theirs.start);
		KUNIT_ASSERT_EQ(host->test, ours.count, theirs.count);
		from = ours.start + ours.count;
	}
}

/* Online pages of a set; each must be PageOffline and held once. */
static unsigned long count_absent(struct host *host, struct hvb_ranges *set)
{
	unsigned long from = 0, nr = 0, nr_wrong = 0;
	struct hvb_range part;

	while (hvb_ranges_next(set, from, ULONG_MAX, &part)) {
		for (from = part.start; from < part.start + part.count; from++) {
			struct page *page = pfn_to_online_page(from);

			nr += !!page;
			nr_wrong += page && (!PageOffline(page) ||
					     page_count(page) != 1);
		}
	}
	KUNIT_EXPECT_EQ(host->test, nr_wrong, 0);
	return nr;
}

/**
 * host_finds_pages() - the guest's pages are as its sets say
 * @host: the host
 *
 * The absent pages of blocks that are online are PageOffline and held once, and
 * no others are PageOffline.
 */
void host_finds_pages(struct host *host)
{
	unsigned long nr_absent = 0, nr_offline = 0;

	for (unsigned int i = 0; i < HVB_ABSENT_SETS; i++)
		nr_absent += count_absent(host, hvb_absent_set(&host->dm.memory, i));
	for (unsigned long i = 0; i < 2 * HOST_MEMORY; i++) {
		struct page *page = pfn_to_online_page(i);

		nr_offline += page && PageOffline(page);
		if (i % SZ_4K == 0)
			cond_resched();
	}
	KUNIT_EXPECT_EQ(host->test, nr_offline, nr_absent);
}
