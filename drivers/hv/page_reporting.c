// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free page reporting: the kernel names free pages, and the driver tells the
 * hypervisor that it may drop their contents (the cold discard hint). The pages
 * stay the guest's, so this is not part of the balloon.
 */
#include <linux/device.h>
#include <linux/hyperv.h>
#include <linux/page_reporting.h>
#include <linux/scatterlist.h>

#include <asm/mshyperv.h>

#include "base.h"
#include "page_reporting.h"

#define LARGE_PAGE_BYTES	(2UL << 20)
#define LARGE_PAGE_ORDER	9

static void set_range(union hv_gpa_page_range *range,
		      struct scatterlist *sg)
{
	unsigned long first = page_to_hvpfn(sg_page(sg));

	range->address_space = 0;
	if (sg->length >= LARGE_PAGE_BYTES) {
		range->page.largepage = 1;
		range->page_size = HV_GPA_PAGE_RANGE_PAGE_SIZE_2MB;
		range->base_large_pfn = first >> LARGE_PAGE_ORDER;
		range->page.additional_pages =
			sg->length / LARGE_PAGE_BYTES - 1;
	} else {
		range->page.basepfn = first;
		range->page.additional_pages =
			sg->length / HV_HYP_PAGE_SIZE - 1;
	}
}

static u64 send_hint(struct scatterlist *sgl, unsigned int nents)
{
	struct hv_memory_hint *hint;
	struct scatterlist *sg;
	unsigned long flags;
	unsigned int i;
	u64 status;

	/* The first word of a hint: its type, and bits that must be zero. */
	local_irq_save(flags);
	hint = *this_cpu_ptr(hyperv_pcpu_input_arg);
	*(u64 *)hint = HV_EXT_MEMORY_HEAT_HINT_TYPE_COLD_DISCARD;
	for_each_sg(sgl, sg, nents, i)
		set_range(&hint->ranges[i], sg);
	status = hv_do_rep_hypercall(HV_EXT_CALL_MEMORY_HEAT_HINT, nents, 0,
				     hint, NULL);
	local_irq_restore(flags);
	return status;
}

static int report_free_pages(struct page_reporting_dev_info *prdev,
			     struct scatterlist *sgl, unsigned int nents)
{
	struct hvb_page_reporting *reporting =
		container_of(prdev, struct hvb_page_reporting, prdev);
	u64 status;

	if (READ_ONCE(reporting->has_failed))
		return -EIO;
	status = send_hint(sgl, nents);
	if (hv_result_success(status))
		return 0;

	WRITE_ONCE(reporting->has_failed, true);
	dev_warn_ratelimited(reporting->base->dev, "the hypervisor refused a cold discard hint (%#x), free page reporting is off now\n",
			     hv_result(status));
	/* Unregistering waits for this function, so it can't be done here. */
	kthread_queue_work(reporting->base->worker, &reporting->disable_work);
	return -EIO;
}

static void unregister(struct hvb_page_reporting *reporting)
{
	if (reporting->is_registered)
		page_reporting_unregister(&reporting->prdev);
	reporting->is_registered = false;
}

static void disable(struct kthread_work *work)
{
	unregister(container_of(work, struct hvb_page_reporting,
				disable_work));
}

/**
 * hvb_page_reporting_start() - report free pages if the hypervisor wants it
 * @reporting: zeroed
 * @base: of the device
 *
 * The driver works without this, so a failure is only logged.
 *
 * Context: may sleep.
 */
void hvb_page_reporting_start(struct hvb_page_reporting *reporting,
			      struct hvb_base *base)
{
	int err;

	BUILD_BUG_ON(PAGE_REPORTING_CAPACITY >
		     HV_MEMORY_HINT_MAX_GPA_PAGE_RANGES);
	reporting->base = base;
	kthread_init_work(&reporting->disable_work, disable);
	if (!hv_query_ext_cap(HV_EXT_CAPABILITY_MEMORY_COLD_DISCARD_HINT))
		return;

	reporting->prdev.report = report_free_pages;
	reporting->prdev.order = pageblock_order;
	err = page_reporting_register(&reporting->prdev);
	if (err) {
		dev_warn_ratelimited(base->dev, "free page reporting doesn't start (%d)\n",
				     err);
		return;
	}
	reporting->is_registered = true;
}

/**
 * hvb_page_reporting_stop() - stop reporting free pages
 * @reporting: hvb_page_reporting_start() was called
 *
 * Context: may sleep; waits for a report that is under way.
 */
void hvb_page_reporting_stop(struct hvb_page_reporting *reporting)
{
	unregister(reporting);
	kthread_cancel_work_sync(&reporting->disable_work);
}
