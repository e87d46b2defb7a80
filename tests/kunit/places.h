/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages in the order in which they were given: see places.c. */
#ifndef _HVB_TEST_PLACES_H
#define _HVB_TEST_PLACES_H

#include <kunit/test.h>

#include "msg.h"
#include "ranges.h"

#define PLACES_MAX	8192

/**
 * struct places - ranges in the order in which they were given
 * @range: they
 * @nr: how many
 */
struct places {
	struct hvb_range range[PLACES_MAX];
	unsigned int nr;
};

void places_note(struct kunit *test, struct places *places,
		 const struct dm_balloon_response *resp);
unsigned long places_from(const struct places *places, unsigned int from);
void places_keep(struct places *places, unsigned int from,
		 unsigned long nr_pages);
struct hvb_range places_find(const struct places *then,
			     const struct places *now, unsigned long page);

#endif
