// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the fuzzing of ranges.c beside a model, an array of flags. The input is
 * where the pages of the model begin (0, somewhere, or so that they end with
 * the last page there is) and a list of changes, some without memory, and some
 * that wrap.
 */
#include "fuzz.h"
#include "ranges.h"

#define PAGES		256
#define AT_THE_END	(ULONG_MAX - PAGES)

bool maple_no_memory;

static bool in_model[PAGES];

static unsigned long weight(unsigned int first, unsigned int count)
{
	unsigned long nr = 0;

	for (unsigned int i = first; i < first + count; i++)
		nr += in_model[i];
	return nr;
}

static void set_model(unsigned int first, unsigned int count, bool value)
{
	for (unsigned int i = first; i < first + count; i++)
		in_model[i] = value;
}

/* The whole set, range by range. */
static void must_agree(struct hvb_ranges *set, unsigned long base)
{
	unsigned long nr_ranges = 0;
	struct hvb_range part;
	unsigned int i = 0;

	while (i < PAGES) {
		unsigned int end = i;

		while (end < PAGES && in_model[end])
			end++;
		if (end == i) {
			i++;
			continue;
		}
		MUST(hvb_ranges_next(set, nr_ranges ? base + i - 1 : 0,
				     ULONG_MAX, &part));
		MUST(part.start == base + i && part.count == end - i);
		nr_ranges++;
		i = end;
	}
	MUST(set->nr_ranges == nr_ranges);
	MUST(set->nr_pages == weight(0, PAGES));
	MUST(hvb_ranges_count(set, base, PAGES) == set->nr_pages);
}

static void change(struct hvb_ranges *set, unsigned long base,
		   struct input *input)
{
	u8 what = eat(input, 1);
	unsigned int first = eat(input, 1) % PAGES;
	bool wraps = (what & 12) == 12 && base == AT_THE_END;
	unsigned int count = wraps ? PAGES + 1 - first :
				     eat(input, 1) % (PAGES + 1 - first);
	unsigned long nr = wraps ? 0 : weight(first, count);
	bool is_add = what & 1;
	int err, want = 0;

	maple_no_memory = what & 2;
	if (!count || wraps)
		want = -EINVAL;
	else if (is_add && nr)
		want = -EEXIST;
	else if (!is_add && nr < count)
		want = -ENOENT;
	else if (maple_no_memory)
		want = -ENOMEM;
	MUST(hvb_ranges_contains(set, base + first, count) ==
	     (count && nr == count));
	if (is_add)
		err = hvb_ranges_insert(set, base + first, count, GFP_KERNEL);
	else
		err = hvb_ranges_erase(set, base + first, count, GFP_KERNEL);
	MUST(err == want);
	if (!err)
		set_model(first, count, is_add);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { data, size };
	static struct hvb_ranges set;
	unsigned long base;

	switch (eat(&input, 1) % 3) {
	case 0:
		base = 0;
		break;
	case 1:
		base = 1 + eat(&input, 6);
		break;
	default:
		base = AT_THE_END;
	}
	set_model(0, PAGES, false);
	hvb_ranges_init(&set);
	while (input.size) {
		change(&set, base, &input);
		must_agree(&set, base);
	}
	hvb_ranges_destroy(&set);
	MUST(!set.nr_pages && !set.nr_ranges);
	return 0;
}
