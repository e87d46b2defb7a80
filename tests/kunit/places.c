// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns which page of one guest stands for which of another: the one that was
 * given at the same place. Two lists that have as many pages go together.
 */
#include <linux/bitfield.h>

#include "places.h"

/**
 * places_note() - append what a response gives
 * @test: the test
 * @places: the list
 * @resp: the response
 */
void places_note(struct kunit *test, struct places *places,
		 const struct dm_balloon_response *resp)
{
	u32 count = FIELD_GET(DM_RESPONSE_COUNT_MASK, resp->more_and_count);

	for (u32 i = 0; i < count; i++) {
		struct hvb_wire_range range = hvb_msg_range(resp->range_array[i]);

		KUNIT_ASSERT_LT(test, places->nr, PLACES_MAX);
		places->range[places->nr++] = (struct hvb_range) {
			range.start, range.count
		};
	}
}

/**
 * places_from() - count pages
 * @places: the list
 * @from: the first range that counts
 *
 * Return: pages from there to the end.
 */
unsigned long places_from(const struct places *places, unsigned int from)
{
	unsigned long nr = 0;

	while (from < places->nr)
		nr += places->range[from++].count;
	return nr;
}

/**
 * places_keep() - take the last pages away
 * @places: the list
 * @from: ranges before this one are left alone
 * @nr_pages: so many stay, from there on
 */
void places_keep(struct places *places, unsigned int from,
		 unsigned long nr_pages)
{
	unsigned long over = places_from(places, from) - nr_pages;

	while (over) {
		struct hvb_range *last = &places->range[places->nr - 1];
		unsigned long part = min(over, last->count);

		last->count -= part;
		over -= part;
		if (!last->count)
			places->nr--;
	}
}

/**
 * places_find() - find what stands for a page
 * @then: the list that it is in; if twice, the last one counts
 * @now: the other list
 * @page: the page
 *
 * Return: the pages that stand for it and those behind it, as far as they lie
 * in one run; none when it was never given.
 */
struct hvb_range places_find(const struct places *then,
			     const struct places *now, unsigned long page)
{
	unsigned long place = places_from(then, 0), nr;
	const struct hvb_range *range;
	unsigned int i = then->nr;

	do {
		if (!i)
			return (struct hvb_range) {};
		range = &then->range[--i];
		place -= range->count;
	} while (page < range->start || page >= range->start + range->count);
	place += page - range->start;
	nr = range->start + range->count - page;

	for (range = now->range; place >= range->count; range++)
		place -= range->count;
	return (struct hvb_range) {
		range->start + place, min(nr, range->count - place)
	};
}
