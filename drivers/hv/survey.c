// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at the guest's memory after a driver that left no ledger: the one that
 * a kernel can have built in. What it gave to the host shows in the struct
 * pages, as it marks them as we do. A hole in a block that it added looks the
 * same and counts as given, which makes no difference when it comes back.
 *
 * Added blocks are those that aren't in the firmware's map. What the host backs
 * of one that is offline can't be seen.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sched.h>

#ifdef CONFIG_X86
#include <asm/e820/api.h>
#endif

#include "block.h"
#include "memory.h"

/**
 * struct survey - what was found so far
 * @block_pages: pages of a memory block
 * @given: pages that the host has
 * @added: pages of added blocks
 */
struct survey {
	unsigned long block_pages;
	struct hvb_ranges given;
	struct hvb_ranges added;
};

static unsigned long block_pages(void)
{
	return memory_block_size_bytes() >> PAGE_SHIFT;
}

/* Only x86 has hot-add, see hvb_base_can_hot_add(). */
static bool is_of_firmware(unsigned long start, unsigned long count)
{
#ifdef CONFIG_X86
	return e820__mapped_any(PFN_PHYS(start), PFN_PHYS(start + count),
				E820_TYPE_RAM);
#else
	return true;
#endif
}

/*
 * Finds the next section that has struct pages, from @start on. It becomes that
 * of the section. Return: false if there is none.
 */
static bool next_section(unsigned long *start)
{
	unsigned long end = PHYS_PFN(min_t(u64, iomem_resource.end,
					   mhp_get_pluggable_range(true).end));

	for (; *start <= end; *start += PAGES_PER_SECTION) {
		if (pfn_valid(*start))
			return true;
		cond_resched();
	}
	return false;
}

/**
 * hvb_survey_finds_offline() - is there a block that a survey can't judge?
 * @dev: the device
 * @block: filled in with its number
 *
 * Context: may sleep.
 * Return: true if there is an added block that is offline.
 */
bool hvb_survey_finds_offline(struct device *dev, unsigned long *block)
{
	unsigned long start;

	for (start = 0; next_section(&start); start += PAGES_PER_SECTION) {
		*block = start / block_pages();
		if (!pfn_to_online_page(start) &&
		    !is_of_firmware(*block * block_pages(), block_pages()) &&
		    hvb_block_exists(dev, *block))
			return true;
	}
	return false;
}

static int insert(struct hvb_ranges *set, unsigned long start,
		  unsigned long end)
{
	if (start == end)
		return 0;
	return hvb_ranges_insert(set, start, end - start,
				 GFP_KERNEL | __GFP_NOFAIL);
}

static bool is_given(unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page && PageOffline(page) && page_count(page) == 1;
}

static int look_at_section(struct survey *survey, unsigned long start)
{
	unsigned long end = start + PAGES_PER_SECTION, from = start, pfn;
	unsigned long block = ALIGN_DOWN(start, survey->block_pages);
	int err = 0;

	if (!is_of_firmware(block, survey->block_pages))
		err = insert(&survey->added, start, end);
	for (pfn = start; pfn < end && !err; pfn++) {
		if (is_given(pfn))
			continue;
		err = insert(&survey->given, from, pfn);
		from = pfn + 1;
	}
	return err ?: insert(&survey->given, from, end);
}

static int look_at_all(struct survey *survey)
{
	unsigned long start;
	int err = 0;

	for (start = 0; !err && next_section(&start);
	     start += PAGES_PER_SECTION) {
		if (pfn_to_online_page(start))
			err = look_at_section(survey, start);
		cond_resched();
	}
	return err;
}

/**
 * hvb_survey_leave() - write the ledger that an earlier driver didn't leave
 * @dev: the device, which has no driver
 *
 * If there is one of an even earlier driver, it is replaced.
 *
 * Context: may sleep; takes some milliseconds for each GiB.
 * Return: 0; -EBUSY if there is a block that can't be judged; or -ENOMEM.
 */
int hvb_survey_leave(struct device *dev)
{
	struct survey survey = { .block_pages = block_pages() };
	unsigned long block;
	int err;

	if (hvb_survey_finds_offline(dev, &block))
		return -EBUSY;
	hvb_ranges_init(&survey.given);
	hvb_ranges_init(&survey.added);
	err = look_at_all(&survey) ?:
	      hvb_ledger_write(dev, &survey.given, &survey.added);
	hvb_ranges_destroy(&survey.given);
	hvb_ranges_destroy(&survey.added);
	return err;
}
