/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hyper-V Dynamic Memory, the guest's side: what the driver's files share.
 *
 * Who calls whom:
 *
 *   main.c       the VMBus driver               -> device.c, conversation.c, reporter.c,
 *                                                  devices.c
 *   params.c     what the admin sets            -> devices.c
 *   devices.c    all devices                    -> reporter.c, conversation.c
 *   device.c     the life of struct hvb_device  -> ledger.c, hotplug.c,
 *                                                  devices.c
 *   vmbus.c  packets in and out             -> conversation.c
 *   conversation.c        the conversation with the host -> handshake, inflate, deflate,
 *                                                  hotadd, hotremove
 *   give.c    pages to the host              -> give_blocks.c, absent.c, conversation.c
 *   return.c    pages from the host            -> give_blocks.c, absent.c, conversation.c
 *   hot_add.c     new memory from the host       -> absent.c, block.c,
 *                                                  waiting.c, conversation.c
 *   hot_remove.c  added blocks to the host       -> give_blocks.c, absent.c, conversation.c
 *   absent.c     pages that the host has
 *   added.c      hot-added blocks               -> absent.c
 *   claim.c      whole blocks of them           -> absent.c
 *   give_blocks.c     taking whole blocks            -> claim.c, block.c, scan.c,
 *                                                  hot_remove.c
 *   scan.c       what is in a block
 *   hotplug.c    the kernel's hotplug callbacks -> absent.c
 *   waiting.c    blocks that aren't online yet  -> block.c
 *   block.c      the state of a memory block    -> fs.c
 *   reporter.c     the reporter                   -> pressure.c, conversation.c
 *   pressure.c   pressure                       -> psi.c
 *   psi.c        a PSI trigger                  -> watch.c, fs.c
 *   watch.c      waiting for a file
 *   shortage.c     reclaim and OOM                -> reporter.c
 *   msg.c, ranges.c, demand.c, burst.c, plan.c, trigger.c
 *                                               pure: values in, values out
 */
#ifndef _HV_BALLOON_H
#define _HV_BALLOON_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/page_reporting.h>
#include <linux/shrinker.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <hyperv/dynmem.h>

#include "absent.h"
#include "block.h"
#include "give_blocks.h"
#include "burst.h"
#include "compat.h"
#include "counts.h"
#include "demand.h"
#include "fs.h"
#include "hot_add.h"
#include "msg.h"
#include "params.h"
#include "plan.h"
#include "pressure.h"
#include "psi.h"
#include "trigger.h"
#include "waiting.h"

struct dentry;
struct device;
struct hvb_deadline;
struct hv_device;
struct hvb_device;
struct task_struct;
struct vfsmount;

/* Room for the longest packet that VMBus may hand over. */
#define HVB_PACKET_MAX		(2 * DM_MESSAGE_MAX)

/* How long the host may take to answer in the handshake. */
#define HVB_ANSWER_MS		5000

/* How long a full ring is waited for before a send has failed for good. */
#define HVB_SEND_MS		10000

/* Pages of the wire as MiB. */
#define HVB_MIB(wire_pages)	((u64)(wire_pages) >> (20 - DM_PAGE_SHIFT))

/* What is kept for hot-add comes in so many pieces. */
#define HVB_RESERVE_PARTS	2

/* Guest pages to pages of the wire. */
#define HVB_WIRE_SHIFT		(PAGE_SHIFT - DM_PAGE_SHIFT)
#define hvb_to_wire(pages)	((u64)(pages) << HVB_WIRE_SHIFT)

/**
 * enum hvb_state - where the conversation stands
 * @HVB_INITIALIZING: no version or capabilities agreed on yet
 * @HVB_INITIALIZED: idle, requests are welcome
 * @HVB_BALLOON_UP: pages are being taken for the host
 * @HVB_BALLOON_DOWN: pages are coming back
 * @HVB_HOT_ADD: memory is being added
 * @HVB_INIT_ERROR: the handshake failed; only removal follows
 * @HVB_HOT_REMOVE: blocks that were added are being removed
 *
 * The numbers up to 5 are those that the stock driver shows in debugfs.
 */
enum hvb_state {
	HVB_INITIALIZING = 0,
	HVB_INITIALIZED = 1,
	HVB_BALLOON_UP = 2,
	HVB_BALLOON_DOWN = 3,
	HVB_HOT_ADD = 4,
	HVB_INIT_ERROR = 5,
	HVB_HOT_REMOVE = 6,
};

/**
 * enum hvb_stage - which answer the handshake waits for
 * @HVB_AWAIT_NOTHING: none; one that comes all the same is refused
 * @HVB_AWAIT_VERSION: the answer to a version request
 * @HVB_AWAIT_CAPS: the answer to the capabilities
 */
enum hvb_stage {
	HVB_AWAIT_NOTHING,
	HVB_AWAIT_VERSION,
	HVB_AWAIT_CAPS,
};

/**
 * struct hvb_transport - the seam between the driver and VMBus
 * @open: open the channel; hvb_vsc_notify() may be called from now on
 * @close: close it; no hvb_vsc_notify() is running when it returns
 * @send: queue one message. Return: 0; -EAGAIN when the ring is full; another
 *	errno when it can't be sent at all
 * @recv: take the next message out of the ring; one can have no bytes. Return:
 *	0; -EAGAIN when there is none; another errno when the message is lost
 *
 * All may sleep.
 */
struct hvb_transport {
	int (*open)(struct hvb_device *dm);
	void (*close)(struct hvb_device *dm);
	int (*send)(struct hvb_device *dm, const void *buf, size_t size);
	int (*recv)(struct hvb_device *dm, void *buf, size_t size, size_t *len);
};

/**
 * struct hvb_last_request - the last request of the host, for diagnostics
 * @type: its type, 0 when there was none
 * @asked_pages: 4 KiB pages that it was about
 * @done_pages: of these, how many were given or taken
 * @at: jiffies when it was answered
 */
struct hvb_last_request {
	enum dm_type type;
	u64 asked_pages;
	u64 done_pages;
	unsigned long at;
};

/**
 * struct hvb_device - one Dynamic Memory device
 * @node: in the list of all devices
 * @dev: for messages; its platform_data carries the ledger (absent.c)
 * @hv: the VMBus device
 * @transport: how messages travel
 * @params: what the admin set
 * @block_pages: pages of a memory block; fixed
 * @can_hibernate: the platform offers S4: requests are refused; fixed
 * @is_leaving: the device itself goes away, and not only its driver
 * @wq: runs @receive_work, and all that can take long, one after the other
 * @receive_work: reads and carries out what the host sent
 * @bring_back_work: tries again to bring blocks online
 * @adding: a hot-add request that was put off
 * @waiting: blocks that should be online and aren't
 * @recv_buf: the private copy of a message; used by @receive_work only
 * @send_buf: where balloon responses are built; used by @receive_work only
 * @send_lock: guards @is_open and the order of messages
 * @is_open: the channel takes messages
 * @is_paused: the guest goes to sleep: requests are refused for now; written by
 *	devices.c
 * @send_wait_ms: how long a full ring is waited for
 * @answer_wait_ms: how long the handshake waits for each answer
 * @offline_wait_ms: how long the kernel may work at setting a block offline
 * @deadline: of the block that is set offline now, or NULL; used by @wq only
 * @trans_id: the last transaction that we began
 * @stage: which answer is awaited; written by the handshake before it sends,
 *	cleared by @receive_work
 * @is_accepted: what that answer said; valid after @answered
 * @answered: the awaited answer came
 * @state: see enum hvb_state; written by hvb_vsc_set_state() only
 * @version: protocol version agreed on
 * @hot_remove: the host may ask for hot-remove; only shown in debugfs
 * @suppress_reports: the host wants no status reports
 * @max_page_count: the most 4 KiB pages that the host will let us have, 0 when
 *	it didn't say
 * @absent: pages that the host has
 * @blocks: whole blocks that it could have; used by @wq only
 * @sysfs_lock: guards @sysfs
 * @sysfs: a mount of our own, see fs.c; or NULL
 * @reserve: memory put aside for hot-add; used by @wq only
 * @last_request: for diagnostics; written by @wq only
 * @inflating: the task that takes pages for the host now, or NULL
 * @reporter: sends status reports; written by devices.c, under a lock
 * @report_wait: wakes @reporter
 * @connected_at: jiffies when the handshake ended
 * @signals: bits of enum hvb_signal that the reporter has yet to take
 * @arrivals: how often memory arrived from the host
 * @arrival_wait: wakes who waits for that
 * @look_wanted: somebody waits for a look at memory
 * @look_wait: wakes who waits for that
 * @looked_us: when the reporter last looked
 * @ahead_pages: what a burst will want soon, 4 KiB pages; it isn't given
 * @arrivals_seen: how many of @arrivals the reporter has seen; the reporter's,
 *	as all that follows up to @most_swap_free_pages
 * @burst: see burst.c
 * @is_hot: there is a burst
 * @last_counters: of the last report
 * @looked_counters: of the last look
 * @last_committed: num_committed of the last report, 4 KiB pages
 * @psi_lock: taken to change @psi, and to look at it from elsewhere
 * @psi: the triggers that are armed
 * @psi_wanted: the triggers that the admin wants; also the reporter's, while
 *	there is one
 * @psi_due_us: when what isn't armed is tried again; the reporter's, as are the
 *	next three
 * @psi_since_us: since when something isn't armed
 * @psi_err: what PSI said, 0 when all that is wanted is armed
 * @psi_said: dmesg has it
 * @psi_missing: in words, NULL when all that is wanted is armed
 * @psi_request: a change of one of the triggers, or NULL; written under a lock of
 *	devices.c, taken by the reporter
 * @most_swap_free_pages: the most swap that was ever seen free
 * @kept_free_pages: what the kernel kept free before memory was added; under
 *	the lock of @absent
 * @shrinker: see shortage.c
 * @oom_nb: see shortage.c
 * @oom_waited_at: jiffies when the OOM killer was last held up
 * @prdev: free page reporting
 * @prdev_registered: @prdev is in use
 * @hint_failed: the hypervisor refused the hint; it isn't tried again
 * @disable_reporting_work: stops free page reporting after a failed hint
 * @debugfs: our file there
 * @counts: see enum hvb_count
 */
struct hvb_device {
	struct list_head node;
	struct device *dev;
	struct hv_device *hv;
	const struct hvb_transport *transport;
	const struct hvb_params *params;
	unsigned long block_pages;
	bool can_hibernate;
	bool is_leaving;

	struct workqueue_struct *wq;
	struct delayed_work receive_work;
	struct delayed_work bring_back_work;
	struct hvb_adding adding;
	struct hvb_waiting waiting;
	void *recv_buf;
	void *send_buf;

	struct mutex send_lock;	/* of is_open, and of the order */
	bool is_open;
	bool is_paused;
	unsigned int send_wait_ms;
	unsigned int answer_wait_ms;
	unsigned int offline_wait_ms;
	struct hvb_deadline *deadline;
	atomic_t trans_id;

	enum hvb_stage stage;
	bool is_accepted;
	struct completion answered;

	enum hvb_state state;
	u32 version;
	bool hot_remove;
	bool suppress_reports;
	u64 max_page_count;

	struct hvb_absent absent;
	struct hvb_blocks blocks;
	struct mutex sysfs_lock;	/* of sysfs */
	struct vfsmount *sysfs;

	struct page *reserve[HVB_RESERVE_PARTS];
	struct hvb_last_request last_request;
	struct task_struct *inflating;

	struct task_struct *reporter;
	wait_queue_head_t report_wait;
	unsigned long connected_at;
	unsigned long signals;
	atomic_t arrivals;
	wait_queue_head_t arrival_wait;
	bool look_wanted;
	wait_queue_head_t look_wait;
	u64 looked_us;
	u64 ahead_pages;

	int arrivals_seen;
	struct hvb_burst burst;
	bool is_hot;
	struct hvb_counters last_counters;
	struct hvb_counters looked_counters;
	u64 last_committed;
	struct mutex psi_lock;	/* of psi */
	struct hvb_psi *psi[HVB_PSI_TRIGGERS];
	char psi_wanted[HVB_PSI_TRIGGERS][HVB_TRIGGER_MAX];
	u64 psi_due_us;
	u64 psi_since_us;
	int psi_err;
	bool psi_said;
	const char *psi_missing;
	struct hvb_psi_request *psi_request;
	u64 most_swap_free_pages;
	u64 kept_free_pages;

	struct hvb_compat_shrinker shrinker;
	struct notifier_block oom_nb;
	unsigned long oom_waited_at;

	struct page_reporting_dev_info prdev;
	bool prdev_registered;
	bool hint_failed;
	struct work_struct disable_reporting_work;

	struct dentry *debugfs;
	atomic_long_t counts[HVB_COUNTS];
};

static inline void hvb_count(struct hvb_device *dm, enum hvb_count what)
{
	atomic_long_inc(&dm->counts[what]);
}

/* device.c */
int hvb_device_init(struct hvb_device *dm);
void hvb_device_exit(struct hvb_device *dm);
bool hvb_device_can_balloon(const struct hvb_device *dm);
bool hvb_device_can_hot_add(const struct hvb_device *dm);
bool hvb_device_can_hot_remove(const struct hvb_device *dm);
bool hvb_device_can_take_blocks(const struct hvb_device *dm);

/* devices.c */
void hvb_devices_join(struct hvb_device *dm);
void hvb_devices_leave(struct hvb_device *dm);
void hvb_devices_set_reporter(struct hvb_device *dm, struct task_struct *task);
int hvb_devices_set_psi(struct hvb_params *params, enum hvb_psi_which which,
			const char *text);
void hvb_devices_pause(bool asleep);

/* vmbus.c */
extern const struct hvb_transport hvb_vmbus_transport;

/* conversation.c */
int hvb_vsc_connect(struct hvb_device *dm);
void hvb_vsc_disconnect(struct hvb_device *dm);
void hvb_vsc_notify(struct hvb_device *dm);
bool hvb_vsc_is_serving(const struct hvb_device *dm);
int hvb_vsc_send(struct hvb_device *dm, const void *buf, size_t size);
int hvb_vsc_try_send(struct hvb_device *dm, const void *buf, size_t size);
void hvb_vsc_set_state(struct hvb_device *dm, enum hvb_state state);
const char *hvb_vsc_state_name(enum hvb_state state);
void hvb_vsc_receive(struct work_struct *work);
void hvb_vsc_note_request(struct hvb_device *dm, enum dm_type type,
			  u64 asked_pages, u64 done_pages);

/* handshake.c */
int hvb_handshake(struct hvb_device *dm);

/* give.c */
int hvb_inflate_tell(struct hvb_device *dm, enum dm_type type, u32 trans_id,
		     bool is_last);
unsigned long hvb_inflate_limit(struct hvb_device *dm,
				const struct hvb_counters *start,
				unsigned long wanted);
void hvb_inflate(struct hvb_device *dm, const struct hvb_msg *msg);

/* return.c */
void hvb_deflate(struct hvb_device *dm, const struct hvb_msg *msg);

/* hot_remove.c */
void hvb_hot_remove(struct hvb_device *dm, const struct hvb_msg *msg);
int hvb_hot_remove_undo(struct hvb_device *dm, unsigned long page);

/* ledger.c */
void hvb_ledger_leave(struct hvb_device *dm);
void hvb_ledger_adopt(struct hvb_device *dm);

/* counters.c */
void hvb_counters_read(struct hvb_device *dm, struct hvb_counters *now);

/* reporter.c */
int hvb_status_start(struct hvb_device *dm);
void hvb_status_stop(struct hvb_device *dm);
void hvb_status_wake(struct hvb_device *dm);
void hvb_status_signal(struct hvb_device *dm, enum hvb_signal signal);
void hvb_status_arrived(struct hvb_device *dm);
u64 hvb_status_ahead(struct hvb_device *dm);
bool hvb_status_is_delayed(struct hvb_device *dm);
int hvb_status_set_psi(struct hvb_device *dm, enum hvb_psi_which which,
		       const char *text);

/* shortage.c */
int hvb_listen_start(struct hvb_device *dm);
void hvb_listen_stop(struct hvb_device *dm);

/* reserve.c */
void hvb_reserve_fill(struct hvb_device *dm);
void hvb_reserve_spend(struct hvb_device *dm);

/* unanswered.c */
#define HVB_ACTION_MAX	96
void hvb_unanswered_action(struct hvb_device *dm, char *text);
void hvb_unanswered_say(struct hvb_device *dm, const struct hvb_counters *now,
			u64 now_us);
void hvb_unanswered_over(struct hvb_device *dm);

/* page_reporting.c */
#ifdef CONFIG_PAGE_REPORTING
void hvb_reporting_start(struct hvb_device *dm);
void hvb_reporting_stop(struct hvb_device *dm);
#else
static inline void hvb_reporting_start(struct hvb_device *dm)
{
}

static inline void hvb_reporting_stop(struct hvb_device *dm)
{
}
#endif

/* debugfs.c */
void hvb_debugfs_init(struct hvb_device *dm);
void hvb_debugfs_exit(struct hvb_device *dm);

#endif
