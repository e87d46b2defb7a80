// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that a balloon of 2 MiB pages is, to be measured beside the driver:
 * allocates as many as a parameter says, and frees them again. There is no
 * host: nobody is told of the pages, and nothing is done with them.
 *
 *	/sys/module/large/parameters/mib	how much it has; writable
 *	/sys/module/large/parameters/us		how long the last change took
 */
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>

#define ORDER	(21 - PAGE_SHIFT)

static LIST_HEAD(held);
static unsigned long mib;
static unsigned long us;

static bool take_one(void)
{
	struct page *page = alloc_pages(GFP_HIGHUSER | __GFP_NORETRY |
					__GFP_NOMEMALLOC | __GFP_NOWARN, ORDER);

	if (!page)
		return false;
	list_add(&page->lru, &held);
	mib += 2;
	return true;
}

static void free_one(void)
{
	struct page *page = list_first_entry(&held, struct page, lru);

	list_del(&page->lru);
	__free_pages(page, ORDER);
	mib -= 2;
}

static void change(unsigned long wanted)
{
	while (mib + 2 <= wanted && take_one())
		cond_resched();
	while (mib > wanted) {
		free_one();
		cond_resched();
	}
}

static int set_mib(const char *text, const struct kernel_param *kp)
{
	ktime_t start = ktime_get();
	unsigned long wanted;
	int err = kstrtoul(text, 0, &wanted);

	if (err)
		return err;
	change(wanted);
	us = ktime_us_delta(ktime_get(), start);
	return 0;
}

static const struct kernel_param_ops mib_ops = {
	.set = set_mib,
	.get = param_get_ulong,
};

module_param_cb(mib, &mib_ops, &mib, 0600);
MODULE_PARM_DESC(mib, "How much it has, in MiB");
module_param(us, ulong, 0400);
MODULE_PARM_DESC(us, "How long the last change took, in microseconds");

static void __exit large_exit(void)
{
	change(0);
}
module_exit(large_exit);

MODULE_DESCRIPTION("A balloon of 2 MiB pages without a host");
MODULE_LICENSE("GPL");
