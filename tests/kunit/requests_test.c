// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suite of the rest of the conversation: malformed messages change
 * nothing but a counter, information, status reports and what stops them,
 * what is read for them, requests to a guest that can hibernate, and an end in
 * the middle of one.
 */
#include <linux/blk_types.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

#include "host.h"

#define LOW_HIGH(low, high)	((u64)(high) << 32 | (low))
#define HEADER(type, size)	LOW_HIGH((size) << 16 | (type), 0xcafe)
#define RANGE(start, count)	((u64)(count) << 40 | (start))

/* A status report is due each second; the emulator may be slow. */
#define TICK_MS		1000
#define LATE_MS		5000

/* What a guest that does nothing may need more or less in between. */
#define NEAR_PAGES	(SZ_16M >> PAGE_SHIFT)

struct refused_row {
	const char *name;
	size_t len;
	u64 words[4];
};

static const struct refused_row refused_rows[] = {
	{ "not a byte", 0, { } },
	{ "one byte", 1, { DM_BALLOON_REQUEST } },
	{ "7/8 of a header", 7, { HEADER(DM_BALLOON_REQUEST, 16) } },
	{ "only a header", 8, { HEADER(DM_BALLOON_REQUEST, 16) } },
	{ "type 0", 16, { HEADER(DM_ERROR, 16) } },
	{ "a type of the guest", 32, { HEADER(DM_CAPABILITIES_REPORT, 32) } },
	{ "a type of the future", 24, { HEADER(DM_TYPE_MAX + 1, 24) } },
	{ "the last type", 16, { HEADER(0xffff, 16) } },
	{ "balloon, too short", 15, { HEADER(DM_BALLOON_REQUEST, 15), 100 } },
	{ "balloon, longer than received", 16,
	  { HEADER(DM_BALLOON_REQUEST, 17), 100 } },
	{ "unballoon, longer than received", 24,
	  { HEADER(DM_UNBALLOON_REQUEST, 32), LOW_HIGH(0, 2), RANGE(5, 1) } },
	{ "unballoon, 2^32 - 1 ranges", 24,
	  { HEADER(DM_UNBALLOON_REQUEST, 24), LOW_HIGH(0, U32_MAX),
	    RANGE(5, 1) } },
	{ "unballoon, so many ranges that bytes wrap", 24,
	  { HEADER(DM_UNBALLOON_REQUEST, 24), LOW_HIGH(0, 0x20000001),
	    RANGE(5, 1) } },
	{ "unballoon, ranges missing", 24,
	  { HEADER(DM_UNBALLOON_REQUEST, 24), LOW_HIGH(0, 2), RANGE(5, 1) } },
	{ "unballoon, a bad range after a good one", 32,
	  { HEADER(DM_UNBALLOON_REQUEST, 32), LOW_HIGH(0, 2), RANGE(5, 1),
	    RANGE(DM_RANGE_START_MASK, 2) } },
	{ "hot-add, half a region", 20,
	  { HEADER(DM_MEM_HOT_ADD_REQUEST, 20), RANGE(HOST_MEMORY, 0x8000) } },
	{ "hot-add past the last page", 16,
	  { HEADER(DM_MEM_HOT_ADD_REQUEST, 16),
	    RANGE(DM_RANGE_START_MASK, 0x8000) } },
	{ "hot-add, a region past the last page", 24,
	  { HEADER(DM_MEM_HOT_ADD_REQUEST, 24), RANGE(HOST_MEMORY, 0x8000),
	    RANGE(DM_RANGE_START_MASK, 2) } },
	{ "hot-remove, too short", 16,
	  { HEADER(DM_MEM_HOT_REMOVE_REQUEST, 16), 5 } },
	{ "information, no room for its header", 24,
	  { HEADER(DM_INFO_MESSAGE, 24), LOW_HIGH(0, 7), LOW_HIGH(0, 0) } },
	{ "information, data past it", 32,
	  { HEADER(DM_INFO_MESSAGE, 32), LOW_HIGH(0, 16),
	    LOW_HIGH(0, U32_MAX), 9 } },
	{ "information, a maximum of 7 bytes", 32,
	  { HEADER(DM_INFO_MESSAGE, 32), LOW_HIGH(0, 16), LOW_HIGH(0, 7), 9 } },
	{ "information past the message", 32,
	  { HEADER(DM_INFO_MESSAGE, 32), LOW_HIGH(0, 17), LOW_HIGH(0, 8), 9 } },
	{ "a version response", 16, { HEADER(DM_VERSION_RESPONSE, 16), 1 } },
	{ "capabilities accepted again", 16,
	  { HEADER(DM_CAPABILITIES_RESPONSE, 16), 7 } },
};

KUNIT_ARRAY_PARAM_DESC(refused, refused_rows, name);

static void a_malformed_message_changes_nothing(struct kunit *test)
{
	const struct refused_row *row = test->param_value;
	struct host *host = host_connected(test);
	long received;

	host_takes(host, 100);
	received = host_count(host, HVB_COUNT_RECEIVED);
	host_say(host, row->words, row->len);
	host_hears_nothing(host);
	KUNIT_EXPECT_EQ(test, 1, host_count(host, HVB_COUNT_REFUSED));
	KUNIT_EXPECT_EQ(test, received + 1,
			host_count(host, HVB_COUNT_RECEIVED));
	KUNIT_EXPECT_EQ(test, (int)host->dm.conversation.state, HVB_INITIALIZED);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_UNKNOWN_PAGES));
	KUNIT_EXPECT_EQ(test, 0, host->dm.memory.added.nr_pages);
	KUNIT_EXPECT_EQ(test, 0, host->dm.conversation.agreed.max_page_count);
	host_agrees(host);
	KUNIT_EXPECT_EQ(test, 10, host_takes(host, 10));
}

static void information_is_kept(struct kunit *test)
{
	static const u64 most[] = {
		HEADER(DM_INFO_MESSAGE, 32), LOW_HIGH(0, 16),
		LOW_HIGH(DM_INFO_TYPE_MAX_PAGE_CNT, 8), 1ULL << 33,
	};
	static const u64 other[] = {
		HEADER(DM_INFO_MESSAGE, 32), LOW_HIGH(0, 16),
		LOW_HIGH(77, 8), 5,
	};
	struct host *host = host_connected(test);

	host_say(host, most, sizeof(most));
	host_say(host, other, sizeof(other));
	host_hears_nothing(host);
	KUNIT_EXPECT_EQ(test, host->dm.conversation.agreed.max_page_count, 1ULL << 33);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_REFUSED));
}

static void empty_ranges_are_nothing_to_return(struct kunit *test)
{
	static const struct hvb_range none[] = {
		{ 5, 0 }, { DM_RANGE_START_MASK, 0 }, { 0, 0 },
	};
	struct host *host = host_connected(test);
	struct hvb_range some[] = { { 5, 0 }, {}, { HOST_MEMORY, 0 } };

	host_takes(host, 100);
	hvb_ranges_next(&host->holds, 0, ULONG_MAX, &some[1]);
	host_returns(host, none, ARRAY_SIZE(none), true);
	host_hears_nothing(host);
	host_returns(host, some, ARRAY_SIZE(some), true);
	host_hears_nothing(host);
	host_returns(host, none, ARRAY_SIZE(none), false);
	host_hears_unballoon_done(host);
	host_hears_nothing(host);
	host_agrees(host);
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_UNKNOWN_PAGES));
	KUNIT_EXPECT_EQ(test, 0, host_count(host, HVB_COUNT_REFUSED));
}

/* Waits until so many reports came. Return: how long that took. */
static unsigned int reports_after_ms(struct host *host, unsigned int nr)
{
	unsigned long start = jiffies;

	while (READ_ONCE(host->nr_status) < nr &&
	       jiffies_to_msecs(jiffies - start) < LATE_MS)
		msleep(20);
	return jiffies_to_msecs(jiffies - start);
}

/* Nothing called for reports out of band; on a busy machine something may. */
static bool is_quiet(struct host *host)
{
	return !READ_ONCE(host->dm.reporter.burst.hot_until_us);
}

static void a_report_comes_each_second(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_counters now;
	struct hvb_need need;
	unsigned int second_ms;

	host_takes(host, 1000);
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	KUNIT_EXPECT_LT(test, reports_after_ms(host, 1), TICK_MS);
	second_ms = reports_after_ms(host, 2);
	if (is_quiet(host))
		KUNIT_EXPECT_GE(test, second_ms, TICK_MS / 2);
	KUNIT_EXPECT_LT(test, reports_after_ms(host, 3), TICK_MS * 4);
	hvb_devices_stop_reporter(&host->dm);

	hvb_memory_read(&host->dm.memory, NULL, &now);
	hvb_demand_look(&now, &need);
	KUNIT_EXPECT_EQ(test, now.ballooned_pages, 1000);
	KUNIT_EXPECT_EQ(test, host->status.hdr.size, sizeof(host->status));
	if (is_quiet(host)) {
		KUNIT_EXPECT_GT(test, host->status.num_committed + NEAR_PAGES,
				need.need_pages);
		KUNIT_EXPECT_LT(test, host->status.num_committed,
				need.need_pages + NEAR_PAGES);
	}
	KUNIT_EXPECT_GT(test, host->status.num_avail, 0);
	KUNIT_EXPECT_LE(test, host->status.num_avail, totalram_pages());
	KUNIT_EXPECT_EQ(test, host->nr_status,
			host_count(host, HVB_COUNT_STATUS));
}

/* As many as nothing else here will come to. */
#define FAULTS	BIT(40)

static void events_are_read_when_they_matter(struct kunit *test)
{
	struct host *host = host_new(test);
	struct hvb_memory *mem = &host->dm.memory;
	struct hvb_counters last, now;

	hvb_memory_read(mem, NULL, &last);
	count_vm_events(PGMAJFAULT, FAULTS);
	hvb_memory_read(mem, &last, &now);
	KUNIT_EXPECT_LT(test, now.file_fault_pages - last.file_fault_pages,
			FAULTS);
	hvb_memory_read(mem, NULL, &now);
	KUNIT_EXPECT_GE(test, now.file_fault_pages - last.file_fault_pages,
			FAULTS);
	last.swap_free_pages++;
	hvb_memory_read(mem, &last, &now);
	KUNIT_EXPECT_GE(test, now.file_fault_pages - last.file_fault_pages,
			FAULTS);
	count_vm_events(PGMAJFAULT, -FAULTS);
}

/* Between two readings some of it moves. */
static void giving_reads_less_and_reads_the_same(struct kunit *test)
{
	struct host *host = host_new(test);
	struct hvb_memory *mem = &host->dm.memory;
	struct hvb_counters all, now;

	hvb_memory_read(mem, NULL, &all);
	count_vm_events(PGMAJFAULT, FAULTS);
	hvb_memory_read_room(mem, &all, &now);
	count_vm_events(PGMAJFAULT, -FAULTS);
	KUNIT_EXPECT_EQ(test, now.total_pages, all.total_pages);
	KUNIT_EXPECT_EQ(test, now.overcommit, all.overcommit);
	KUNIT_EXPECT_EQ(test, now.limit_percent, all.limit_percent);
	KUNIT_EXPECT_EQ(test, now.swap_pages, all.swap_pages);
	KUNIT_EXPECT_EQ(test, now.swapped_out_pages, all.swapped_out_pages);
	KUNIT_EXPECT_LT(test, now.avail_pages, all.avail_pages + NEAR_PAGES);
	KUNIT_EXPECT_GT(test, now.avail_pages + NEAR_PAGES, all.avail_pages);
	KUNIT_EXPECT_GT(test, now.commit_pages + NEAR_PAGES, all.commit_pages);
	KUNIT_EXPECT_GT(test, now.free_pages + NEAR_PAGES, all.free_pages);
	KUNIT_EXPECT_EQ(test, now.file_fault_pages, all.file_fault_pages);
	KUNIT_EXPECT_GT(test, all.boot_pages, 0);
	KUNIT_EXPECT_EQ(test, now.boot_pages, 0);
	KUNIT_EXPECT_EQ(test, now.hidden_pages, 0);
}

static void events_are_those_of_all_cpus(struct kunit *test)
{
	struct host *host = host_new(test);
	unsigned long events[NR_VM_EVENT_ITEMS];
	struct hvb_counters now;

	count_vm_events(ALLOCSTALL_NORMAL, 10);
	count_vm_events(ALLOCSTALL_MOVABLE, 200);
	count_vm_events(SWPOUT_ZERO, 3000);
	count_vm_events(SWPIN_ZERO, 40000);
	hvb_memory_read(&host->dm.memory, NULL, &now);
	all_vm_events(events);
	count_vm_events(ALLOCSTALL_NORMAL, -10);
	count_vm_events(ALLOCSTALL_MOVABLE, -200);
	count_vm_events(SWPOUT_ZERO, -3000);
	count_vm_events(SWPIN_ZERO, -40000);
	KUNIT_EXPECT_EQ(test, now.swapped_out_pages,
			events[PSWPOUT] + events[SWPOUT_ZERO]);
	KUNIT_EXPECT_EQ(test, now.stalls,
			events[ALLOCSTALL_NORMAL] + events[ALLOCSTALL_MOVABLE] +
			events[PSWPIN] + events[SWPIN_ZERO] +
			now.swapped_out_pages);
	KUNIT_EXPECT_LE(test, now.file_fault_pages, events[PGMAJFAULT]);
	KUNIT_EXPECT_EQ(test, now.file_read_pages,
			events[PGPGIN] >> (DM_PAGE_SHIFT - SECTOR_SHIFT));
}

static void memtotal_shows_what_the_admin_wants(struct kunit *test)
{
	struct host *host = host_connected(test);
	unsigned long mib = (host->total_pages >> (20 - PAGE_SHIFT)) + 512;
	struct hvb_counters now;

	host->params.memtotal_mib = mib;
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	msleep(2 * TICK_MS);
	hvb_devices_stop_reporter(&host->dm);
	KUNIT_EXPECT_EQ(test, totalram_pages() >> (20 - PAGE_SHIFT), mib);
	hvb_memory_read(&host->dm.memory, NULL, &now);
	KUNIT_EXPECT_EQ(test, now.total_pages, hvb_to_wire(host->total_pages));
}

static void reports_stop_when_the_host_wants_none(struct kunit *test)
{
	struct host *host = host_new(test);

	host->caps = DM_IS_ACCEPTED | DM_SUPPRESS_PRESSURE_REPORTS;
	KUNIT_ASSERT_EQ(test, 0, hvb_conversation_begin(&host->dm.conversation));
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	msleep(2 * TICK_MS);
	hvb_devices_stop_reporter(&host->dm);
	KUNIT_EXPECT_EQ(test, host->nr_status, 0);
}

/* Hosts wait for most of a minute; what they hear in that time is no harm. */
static void reports_come_before_the_host_is_ready(struct kunit *test)
{
	static const u64 most[] = {
		HEADER(DM_INFO_MESSAGE, 32), LOW_HIGH(0, 16),
		LOW_HIGH(DM_INFO_TYPE_MAX_PAGE_CNT, 8), 1ULL << 33,
	};
	struct host *host = host_connected(test);

	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	reports_after_ms(host, 2);
	KUNIT_EXPECT_GE(test, host->nr_status, 2);
	host_hears_nothing(host);
	host_say(host, most, sizeof(most));
	KUNIT_EXPECT_EQ(test, host->dm.conversation.agreed.max_page_count, 1ULL << 33);
	KUNIT_EXPECT_EQ(test, 10, host_takes(host, 10));
	hvb_devices_stop_reporter(&host->dm);
}

static void reports_wait_for_the_delay(struct kunit *test)
{
	struct host *host = host_connected(test);

	host->params.pressure_report_delay_s = 2;
	host->dm.conversation.agreed.at = jiffies;
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	KUNIT_EXPECT_GE(test, reports_after_ms(host, 1), 2 * TICK_MS - 50);
	hvb_devices_stop_reporter(&host->dm);
	KUNIT_EXPECT_GE(test, host->nr_status, 1);
}

static void a_report_that_finds_no_room_is_dropped(struct kunit *test)
{
	struct host *host = host_connected(test);
	unsigned int first_ms;

	host->nr_full = 1;
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(&host->dm));
	first_ms = reports_after_ms(host, 1);
	if (is_quiet(host))
		KUNIT_EXPECT_GE(test, first_ms, TICK_MS / 2);
	hvb_devices_stop_reporter(&host->dm);
	KUNIT_EXPECT_EQ(test, 1, host_count(host, HVB_COUNT_SEND_FAILED));
	KUNIT_EXPECT_EQ(test, host->nr_status,
			host_count(host, HVB_COUNT_STATUS));
}

/* Each request is answered, and none is carried out. */
static void a_guest_that_can_hibernate_refuses_requests(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_range range = { HOST_MEMORY, host->dm.base.block_pages };

	host->dm.base.can_hibernate = true;
	KUNIT_EXPECT_EQ(test, 0, host_takes(host, 1000));
	host_adds(host, &range, NULL);
	host_hears_added(host, 0, DM_HOT_ADD_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, host->dm.memory.added.nr_pages);
	host_returns(host, &range, 1, false);
	host_hears_unballoon_done(host);
	host_agrees(host);
}

/* The host asks, stops reading, and the device goes. */
static void an_end_in_the_middle_of_a_request_loses_no_page(struct kunit *test)
{
	struct dm_balloon req = {
		.hdr = { DM_BALLOON_REQUEST, sizeof(req), 1 },
		.num_pages = 1000,
	};
	struct host *host = host_connected(test);
	unsigned long start;

	host_fail_sends(host, 0, -EAGAIN);
	host_post(host, &req, sizeof(req), 0);
	host_post(host, &req, sizeof(req), 0);
	hvb_channel_notify(&host->dm.channel);
	msleep(100);
	start = jiffies;
	hvb_conversation_end(&host->dm.conversation);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start),
			HVB_SEND_MS / 2);
	host_fail_sends(host, 0, 0);
	host_hears_nothing(host);
	host_agrees(host);
	KUNIT_EXPECT_EQ(test, totalram_pages(), host->total_pages);
}

static struct kunit_case requests_cases[] = {
	KUNIT_CASE_PARAM(a_malformed_message_changes_nothing,
			 refused_gen_params),
	KUNIT_CASE(information_is_kept),
	KUNIT_CASE(empty_ranges_are_nothing_to_return),
	KUNIT_CASE_SLOW(a_report_comes_each_second),
	KUNIT_CASE(events_are_read_when_they_matter),
	KUNIT_CASE(giving_reads_less_and_reads_the_same),
	KUNIT_CASE(events_are_those_of_all_cpus),
	KUNIT_CASE_SLOW(memtotal_shows_what_the_admin_wants),
	KUNIT_CASE_SLOW(reports_stop_when_the_host_wants_none),
	KUNIT_CASE_SLOW(reports_come_before_the_host_is_ready),
	KUNIT_CASE_SLOW(reports_wait_for_the_delay),
	KUNIT_CASE_SLOW(a_report_that_finds_no_room_is_dropped),
	KUNIT_CASE(a_guest_that_can_hibernate_refuses_requests),
	KUNIT_CASE(an_end_in_the_middle_of_a_request_loses_no_page),
	{}
};

static struct kunit_suite requests_suite = {
	.name = "hv_balloon_requests",
	.test_cases = requests_cases,
};

kunit_test_suite(requests_suite);
