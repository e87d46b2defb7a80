// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of single attempts to set a block offline: how long one may
 * take, whose pages are left alone, and who is told. Only one block may go, so
 * that it is known which is tried.
 */
#include <kunit/resource.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "host.h"

#define NR_BLOCKS	2
#define NR_PAGES	16
#define WANTED		(block_pages() / 8)

/*
 * The bound of an attempt; what a slow machine may add, where the kernel looks
 * for the signal between one round of moving pages and the next; and how long a
 * page is held, which an attempt without a bound takes.
 */
#define BOUND_MS	200
#define SLACK_MS	5000
#define HELD_MS		20000

/* How long a block that failed is left alone, and what a slow machine may add. */
#define ALONE_S		300
#define SLACK_S		20

/**
 * struct attempt - how the kernel fares with one block
 * @nb: how it says so
 * @start: first page of the block; all others are refused
 * @page: it is held from the moment that the attempt begins; NULL for none
 * @release: lets go of what is held, for an attempt that never ends
 * @nr_vetoes: so often it may not go offline
 * @nr_refused: so often it won't come online
 * @nr: attempts so far
 * @began: when the last did
 * @took_ms: how long it took
 */
struct attempt {
	struct notifier_block nb;
	unsigned long start;
	struct page *page;
	struct delayed_work release;
	unsigned int nr_vetoes;
	unsigned int nr_refused;
	unsigned int nr;
	ktime_t began;
	s64 took_ms;
};

static void let_go(struct work_struct *work)
{
	put_page(container_of(to_delayed_work(work), struct attempt,
			      release)->page);
}

static void begin(struct attempt *attempt)
{
	attempt->nr++;
	attempt->began = ktime_get();
	if (!attempt->page)
		return;
	get_page(attempt->page);
	schedule_delayed_work(&attempt->release, msecs_to_jiffies(HELD_MS));
}

static int follow(struct notifier_block *nb, unsigned long event, void *data)
{
	struct attempt *attempt = container_of(nb, struct attempt, nb);
	const struct memory_notify *block = data;

	if (block->start_pfn != attempt->start)
		return event == MEM_GOING_OFFLINE ? NOTIFY_BAD : NOTIFY_OK;
	switch (event) {
	case MEM_GOING_OFFLINE:
		begin(attempt);
		if (!attempt->nr_vetoes)
			break;
		attempt->nr_vetoes--;
		return NOTIFY_BAD;
	case MEM_CANCEL_OFFLINE:
	case MEM_OFFLINE:
		attempt->took_ms = ktime_ms_delta(ktime_get(), attempt->began);
		break;
	case MEM_GOING_ONLINE:
		if (!attempt->nr_refused)
			break;
		attempt->nr_refused--;
		return NOTIFY_BAD;
	}
	return NOTIFY_OK;
}

static void stop_following(void *data)
{
	struct attempt *attempt = data;

	unregister_memory_notifier(&attempt->nb);
	flush_delayed_work(&attempt->release);
}

/* Only this block goes offline from now on, and it is watched. */
static struct attempt *follow_block(struct kunit *test, unsigned long start)
{
	struct attempt *attempt = kunit_kzalloc(test, sizeof(*attempt),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, attempt);
	attempt->nb.notifier_call = follow;
	attempt->start = start;
	INIT_DELAYED_WORK(&attempt->release, let_go);
	KUNIT_ASSERT_EQ(test, 0, register_memory_notifier(&attempt->nb));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_following,
							   attempt));
	return attempt;
}

/* Movable blocks, in which movable pages are allocated first. */
static struct host *roomy(struct kunit *test)
{
	struct hvb_range range = { BLOCK(0), NR_BLOCKS * block_pages() };
	struct host *host = host_connected(test);

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	host->params.balloon_blocks = true;
	return host;
}

static unsigned long block_of(struct kunit *test, struct page *page)
{
	KUNIT_ASSERT_GE(test, page_to_pfn(page), BLOCK(0));
	return ALIGN_DOWN(page_to_pfn(page), block_pages());
}

static bool holds(struct host *host, unsigned long page)
{
	struct hvb_range part;

	return hvb_ranges_next(&host->holds, page, page + 1, &part);
}

/* It takes as many pages as are wanted, and @from_blocks of them by block. */
static void expect_takes(struct host *host, unsigned long from_blocks)
{
	long before = host_count(host, HVB_COUNT_BLOCK_PAGES);

	host_asks(host, WANTED);
	KUNIT_EXPECT_EQ(host->test, WANTED, host_gets(host));
	KUNIT_EXPECT_EQ(host->test, from_blocks,
			host_count(host, HVB_COUNT_BLOCK_PAGES) - before);
	KUNIT_EXPECT_EQ(host->test, totalram_pages() + host->holds.nr_pages,
			host->total_pages + NR_BLOCKS * block_pages());
}

static void expect_ended_in_time(struct kunit *test, struct attempt *attempt)
{
	KUNIT_EXPECT_EQ(test, 1, attempt->nr);
	KUNIT_EXPECT_GE(test, attempt->took_ms, BOUND_MS / 2);
	KUNIT_EXPECT_LE(test, attempt->took_ms, BOUND_MS + SLACK_MS);
	kunit_info(test, "the attempt took %lld ms", attempt->took_ms);
}

/* Setting the other block offline drains what waits for a place on the lists. */
static void drain_lists(struct kunit *test, unsigned long start)
{
	unsigned long other = start == BLOCK(0) ? BLOCK(1) : BLOCK(0);

	KUNIT_ASSERT_EQ(test, 0, block_set(other, "offline"));
	KUNIT_ASSERT_EQ(test, 0, block_set(other, "online_movable"));
}

/* Somebody takes hold of a page just then: the kernel would try for ever. */
static void an_attempt_ends_in_time(struct kunit *test)
{
	struct host *host = roomy(test);
	struct attempt *attempt;
	struct page *pages[NR_PAGES];
	struct file *file;

	file = shmem_kernel_file_setup("hv_balloon", NR_PAGES * PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		pages[i] = shmem_read_mapping_page(file->f_mapping, i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pages[i]);
	}
	drain_lists(test, block_of(test, pages[0]));
	attempt = follow_block(test, block_of(test, pages[0]));
	attempt->page = pages[0];
	for (unsigned int i = 0; i < NR_PAGES; i++)
		put_page(pages[i]);
	host->dm.memory.blocks.offline_wait_ms = BOUND_MS;
	expect_takes(host, 0);
	expect_ended_in_time(test, attempt);
	KUNIT_EXPECT_TRUE(test, pfn_to_online_page(attempt->start));
	fput(file);
	flush_delayed_fput();
	host_returns_all(host);
}

/*
 * Pages that are frozen, or on their way to the hypervisor in a report of free
 * ones, look like pages on their way to the allocator.
 */
static void a_frozen_page_stays_its_owner_s(struct kunit *test)
{
	struct host *host = roomy(test);
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);
	struct attempt *attempt;
	bool is_held;

	KUNIT_ASSERT_NOT_NULL(test, page);
	attempt = follow_block(test, block_of(test, page));
	host->dm.memory.blocks.offline_wait_ms = BOUND_MS;
	memset(page_address(page), 0x5a, PAGE_SIZE);
	set_page_count(page, 0);
	expect_takes(host, 0);
	is_held = holds(host, page_to_pfn(page));
	set_page_count(page, 1);
	expect_ended_in_time(test, attempt);
	KUNIT_EXPECT_FALSE(test, is_held);
	KUNIT_EXPECT_FALSE(test, PageOffline(page));
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0x5a,
					   PAGE_SIZE));
	__free_page(page);
	host_returns_all(host);
}

/* A kernel with debug_pagealloc keeps such pages between those in use. */
static void a_guard_page_stays(struct kunit *test)
{
	struct host *host = roomy(test);
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);
	struct attempt *attempt;

	KUNIT_ASSERT_NOT_NULL(test, page);
	attempt = follow_block(test, block_of(test, page));
	set_page_count(page, 0);
	__SetPageGuard(page);
	expect_takes(host, 0);
	KUNIT_EXPECT_EQ(test, 0, attempt->nr);
	__ClearPageGuard(page);
	set_page_count(page, 1);
	__free_page(page);
	host_returns_all(host);
}

/* Free, but not on the allocator's lists yet. */
static void pages_that_a_cpu_keeps_for_itself_go(struct kunit *test)
{
	struct host *host = roomy(test);
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);
	struct attempt *attempt;

	KUNIT_ASSERT_NOT_NULL(test, page);
	attempt = follow_block(test, block_of(test, page));
	__free_page(page);
	KUNIT_EXPECT_FALSE(test, PageBuddy(page));
	expect_takes(host, WANTED);
	KUNIT_EXPECT_EQ(test, 1, attempt->nr);
	host_returns_all(host);
}

static void one_is_short_where_no_test_made_it_longer(struct kunit *test)
{
	struct host *host = host_connected(test);

	host_stop_driver(host);
	KUNIT_ASSERT_EQ(test, 0, hvb_device_init(&host->dm));
	KUNIT_EXPECT_EQ(test, host->dm.memory.blocks.offline_wait_ms, BOUND_MS);
}

/* Part of that time passes; the next request begins a new round of looks. */
static void pass(struct host *host, unsigned long start, unsigned int s)
{
	struct hvb_round *round = &host->dm.requests.round;
	unsigned long nr = start / block_pages();
	void *until = xa_load(&round->failed, nr);

	KUNIT_ASSERT_NOT_NULL(host->test, until);
	xa_store(&round->failed, nr, xa_mk_value(xa_to_value(until) - s),
		 GFP_KERNEL);
	round->nr_blocks = 0;
}

static void a_block_that_failed_is_left_alone_for_a_while(struct kunit *test)
{
	struct host *host = roomy(test);
	struct attempt *attempt = follow_block(test, BLOCK(1));

	attempt->nr_vetoes = 1;
	expect_takes(host, 0);
	host_returns_all(host);
	pass(host, BLOCK(1), ALONE_S - SLACK_S);
	expect_takes(host, 0);
	KUNIT_EXPECT_EQ(test, 1, attempt->nr);
	host_returns_all(host);
	pass(host, BLOCK(1), SLACK_S);
	expect_takes(host, WANTED);
	KUNIT_EXPECT_EQ(test, 2, attempt->nr);
	host_returns_all(host);
}

/**
 * struct ear - what user space is told of a block
 * @type: the block's type, for that time
 * @dev: the block
 * @nr_offline: uevents that say that it is offline
 * @nr_online: or online again
 * @nr_others: or anything else
 */
struct ear {
	struct device_type type;
	struct device *dev;
	unsigned int nr_offline;
	unsigned int nr_online;
	unsigned int nr_others;
};

static int hear(const struct device *dev, struct kobj_uevent_env *env)
{
	struct ear *ear = container_of(dev->type, struct ear, type);

	if (!strcmp(env->envp[0], "ACTION=offline"))
		ear->nr_offline++;
	else if (!strcmp(env->envp[0], "ACTION=online"))
		ear->nr_online++;
	else
		ear->nr_others++;
	return 0;
}

static void stop_listening(void *data)
{
	struct ear *ear = data;

	ear->dev->type = NULL;
	put_device(ear->dev);
}

static struct ear *listen(struct kunit *test, struct host *host,
			  unsigned long start)
{
	struct ear *ear = kunit_kzalloc(test, sizeof(*ear), GFP_KERNEL);
	char name[32];

	KUNIT_ASSERT_NOT_NULL(test, ear);
	snprintf(name, sizeof(name), "memory%lu", start / block_pages());
	ear->dev = kobj_to_dev(kset_find_obj(host->dm.base.dev->kobj.kset, name));
	KUNIT_ASSERT_NOT_NULL(test, ear->dev);
	KUNIT_ASSERT_NULL(test, ear->dev->type);
	ear->type.uevent = hear;
	ear->dev->type = &ear->type;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_listening,
							   ear));
	return ear;
}

/* It looks as if nothing had happened to it. */
static void no_one_is_told_of_a_block_that_is_taken(struct kunit *test)
{
	struct host *host = roomy(test);
	struct ear *ear = listen(test, host, BLOCK(1));

	follow_block(test, BLOCK(1));
	expect_takes(host, WANTED);
	host_returns_all(host);
	KUNIT_EXPECT_EQ(test, 0, ear->nr_offline + ear->nr_online +
				 ear->nr_others);
}

static void all_are_told_of_a_block_that_stays_offline(struct kunit *test)
{
	struct host *host = roomy(test);
	struct ear *ear = listen(test, host, BLOCK(1));
	struct attempt *attempt = follow_block(test, BLOCK(1));

	/* At once, and when all that is wanted is taken. */
	attempt->nr_refused = 2;
	host_asks(host, WANTED);
	KUNIT_EXPECT_EQ(test, WANTED, host_gets(host));
	KUNIT_EXPECT_EQ(test, 1, ear->nr_offline);
	KUNIT_EXPECT_EQ(test, 0, ear->nr_online);
	host_hurry(host, &host->dm.memory.idle_work);
	KUNIT_EXPECT_TRUE(test, pfn_to_online_page(BLOCK(1)));
	KUNIT_EXPECT_EQ(test, 1, ear->nr_offline);
	KUNIT_EXPECT_EQ(test, 1, ear->nr_online);
	KUNIT_EXPECT_EQ(test, 0, ear->nr_others);
	host_returns_all(host);
}

static struct kunit_case attempts_cases[] = {
	KUNIT_CASE(an_attempt_ends_in_time),
	KUNIT_CASE(a_frozen_page_stays_its_owner_s),
	KUNIT_CASE(a_guard_page_stays),
	KUNIT_CASE(pages_that_a_cpu_keeps_for_itself_go),
	KUNIT_CASE(one_is_short_where_no_test_made_it_longer),
	KUNIT_CASE(a_block_that_failed_is_left_alone_for_a_while),
	KUNIT_CASE(no_one_is_told_of_a_block_that_is_taken),
	KUNIT_CASE(all_are_told_of_a_block_that_stays_offline),
	{}
};

static struct kunit_suite attempts_suite = {
	.name = "hv_balloon_attempts",
	.test_cases = attempts_cases,
};

kunit_test_suite(attempts_suite);
