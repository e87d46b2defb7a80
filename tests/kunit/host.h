/* SPDX-License-Identifier: GPL-2.0-only */
/* A scripted host and the device that talks to it: see host.c. */
#ifndef _HVB_TEST_HOST_H
#define _HVB_TEST_HOST_H

#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/mutex.h>

#include "device.h"

/* The transaction of all that the host asks for. */
#define HOST_TRANS	0xcafe

/* Real memory that the kernel wasn't told of begins here: see run.py. */
#define HOST_MEMORY	(SZ_1G >> PAGE_SHIFT)

/* Longer than any test. */
#define HOST_NEVER_MS	60000

/* The blocks that a host adds, one after the other. */
#define BLOCK(n)	(HOST_MEMORY + (n) * block_pages())

static inline unsigned long block_pages(void)
{
	return memory_block_size_bytes() >> PAGE_SHIFT;
}

#define WIRE_RANGE(start, count) \
	(FIELD_PREP(DM_RANGE_START_MASK, start) | \
	 FIELD_PREP(DM_RANGE_COUNT_MASK, count))

/**
 * struct host - a scripted host, and the device under test
 * @test: the test
 * @dm: the device, all of the driver but VMBus
 * @params: what it is set to
 * @lock: guards @inbox and the script of sends; the transport's functions run
 *	in the test, in the worker and in the reporter
 * @inbox: messages that the guest will read
 * @sent: messages that the guest sent, but for status reports
 * @nr_sent: how many it sent so far
 * @nr_status: status reports
 * @status: the last of them
 * @nr_opened: times the channel was opened
 * @nr_closed: times it was closed
 * @open_err: what opening says
 * @nr_full: so many sends from now on find the ring full
 * @nr_good: so many sends after these go well
 * @send_err: what sends say then; 0 when they go well for ever
 * @version: the protocol version accepted, 0 for none
 * @caps: the answer to the capabilities
 * @mute: no answer to messages of this type, or:
 * @instead: a message in place of that answer
 * @asks_at_once: pages that it asks for right behind its last answer
 * @flood: a message that is always there when no other is
 * @holds: pages that the host was given
 * @total_pages: the kernel's pages before the device was there
 * @boot_pages: that it doesn't manage, at that time
 * @leaves_memory: what was added stays when the test ends
 * @fail_nth: while the guest carries out the next message, this allocation
 *	fails; 0 for none
 * @is_failing: it is carrying it out
 * @has_failed: the allocation failed; fewer than that were made otherwise
 */
struct host {
	struct kunit *test;
	struct hvb_device dm;
	struct hvb_params params;
	struct mutex lock; /* see above */
	struct list_head inbox;
	struct list_head sent;
	unsigned int nr_sent;
	unsigned int nr_status;
	struct dm_status status;
	unsigned int nr_opened;
	unsigned int nr_closed;
	int open_err;
	unsigned int nr_full;
	unsigned int nr_good;
	int send_err;
	u32 version;
	u64 caps;
	enum dm_type mute;
	const struct dm_version_response *instead;
	u32 asks_at_once;
	const struct dm_header *flood;
	struct hvb_ranges holds;
	unsigned long total_pages;
	unsigned long boot_pages;
	bool leaves_memory;
	unsigned int fail_nth;
	bool is_failing;
	bool has_failed;
};

struct host *host_new(struct kunit *test);
struct host *host_connected(struct kunit *test);
void host_stop_driver(struct host *host);
void host_restart_driver(struct host *host);

void host_post(struct host *host, const void *buf, size_t len, int err);
void host_say(struct host *host, const void *buf, size_t len);
bool host_has_due(const struct kthread_delayed_work *work);
void host_hurry(struct host *host, struct kthread_delayed_work *work);
void host_fail_sends(struct host *host, unsigned int nr_good, int err);
const void *host_hears(struct host *host, enum dm_type type, size_t size);
void host_forget(struct host *host);
void host_hears_nothing(struct host *host);
long host_count(struct host *host, enum hvb_count what);

void host_asks(struct host *host, u32 nr_pages);
unsigned long host_holds(struct host *host, const u64 *ranges, u32 count);
unsigned long host_gets_one(struct host *host, bool *more);
unsigned long host_gets(struct host *host);
unsigned long host_takes(struct host *host, u32 nr_pages);
void host_returns(struct host *host, const struct hvb_range *ranges,
		  unsigned int nr_ranges, bool more);
void host_hears_unballoon_done(struct host *host);
void host_returns_all(struct host *host);
void host_adds(struct host *host, const struct hvb_range *range,
	       const struct hvb_range *region);
void host_adds_here(struct host *host, unsigned long start,
		    unsigned long count);
void host_hears_added(struct host *host, u32 page_count, u32 result);
void host_agrees(struct host *host);
void host_finds_pages(struct host *host);
void host_finds_boot(struct host *host);

int block_set(unsigned long page, const char *state);

#endif
