/* SPDX-License-Identifier: GPL-2.0-only */
/* Free page reporting: see page_reporting.c. */
#ifndef _HVB_PAGE_REPORTING_H
#define _HVB_PAGE_REPORTING_H

#include <linux/kthread.h>
#include <linux/page_reporting.h>

struct hvb_base;

/**
 * struct hvb_page_reporting - free pages reported to the hypervisor
 */
struct hvb_page_reporting {
	/** @base: of the device */
	struct hvb_base *base;
	/** @prdev: our registration with the kernel */
	struct page_reporting_dev_info prdev;
	/** @is_registered: @prdev is in use */
	bool is_registered;
	/** @has_failed: the hypervisor refused a hint, and gets no more */
	bool has_failed;
	/** @disable_work: stops reporting after a failed hint */
	struct kthread_work disable_work;
};

#ifdef CONFIG_PAGE_REPORTING
void hvb_page_reporting_start(struct hvb_page_reporting *reporting,
			      struct hvb_base *base);
void hvb_page_reporting_stop(struct hvb_page_reporting *reporting);
#else
static inline void
hvb_page_reporting_start(struct hvb_page_reporting *reporting,
			 struct hvb_base *base)
{
}

static inline void
hvb_page_reporting_stop(struct hvb_page_reporting *reporting)
{
}
#endif

static inline bool
hvb_page_reporting_is_on(const struct hvb_page_reporting *reporting)
{
	return reporting->is_registered;
}

#endif
