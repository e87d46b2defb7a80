// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the fuzzing of plan.c. The input is a request as the wire can carry it,
 * and a machine: the size of its blocks, and what memory it can have.
 */
#include <hyperv/dynmem.h>

#include "fuzz.h"
#include "plan.h"

static struct hvb_range eat_range(struct input *input)
{
	struct hvb_range range;

	range.start = eat(input, 5);
	range.count = eat(input, 3);
	return range;
}

static bool is_within(const struct hvb_range *inner,
		      const struct hvb_range *outer)
{
	return inner->start >= outer->start &&
	       inner->start - outer->start <= outer->count &&
	       inner->count <= outer->count - (inner->start - outer->start);
}

/* Block by block, what is backed must add up to the request. */
static void must_cover(const struct hvb_plan *plan, unsigned long piece_pages)
{
	unsigned long next = plan->backed.start;
	struct hvb_range piece = { plan->first_page, piece_pages };

	while (piece.start < plan->end_page) {
		struct hvb_range backed = hvb_plan_backed(plan, &piece);

		MUST(is_within(&backed, &piece));
		MUST(backed.count && backed.start == next);
		next += backed.count;
		piece.start += piece_pages;
	}
	MUST(next == plan->backed.start + plan->backed.count);
}

/* Chunk by chunk, the orders must add up to the run, its first 4096 chunks. */
static void must_chop(struct hvb_range range, unsigned int max_order)
{
	range.count = min(range.count, 4096UL << max_order);
	while (range.count) {
		unsigned int order = hvb_plan_order(range.start, range.count,
						    max_order);
		unsigned long pages = 1UL << order;

		MUST(order <= max_order && pages <= range.count);
		MUST(!(range.start & (pages - 1)));
		MUST(order == max_order || 2 * pages > range.count ||
		     range.start & pages);
		range.start += pages;
		range.count -= pages;
	}
}

static void must_answer(u64 added, int err)
{
	struct hvb_answer answer = hvb_plan_answer(added, err);

	MUST(answer.page_count == added);
	MUST(answer.result == DM_HOT_ADD_SUCCESS ||
	     answer.result == DM_HOT_ADD_FAILURE);
	if (added || !err)
		MUST(answer.result == DM_HOT_ADD_SUCCESS);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { data, size };
	unsigned int order = eat(&input, 1) % 13;
	unsigned long block_pages = 1UL << (15 + eat(&input, 1) % 5);
	struct hvb_range range = eat_range(&input);
	struct hvb_range region = eat_range(&input);
	struct hvb_range limits = { eat(&input, 5), eat(&input, 5) };
	bool has_region = eat(&input, 1) & 1;
	struct hvb_range blocks;
	struct hvb_plan plan;
	int err;

	must_chop(range, order);
	must_answer(range.count, -(int)eat(&input, 1));
	err = hvb_plan_hot_add(&range, has_region ? &region : NULL, &limits,
			       block_pages, &plan);
	if (!range.count || (has_region && !is_within(&range, &region))) {
		MUST(err == -EPROTO);
		return 0;
	}
	blocks.start = range.start / block_pages * block_pages;
	blocks.count = (range.start + range.count - blocks.start +
			block_pages - 1) / block_pages * block_pages;
	MUST(err == (is_within(&blocks, &limits) ? 0 : -ERANGE));
	if (err)
		return 0;
	MUST(plan.first_page == blocks.start);
	MUST(plan.end_page == blocks.start + blocks.count);
	must_cover(&plan, block_pages);
	must_cover(&plan, 4 * block_pages);
	return 0;
}
