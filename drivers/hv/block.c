// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a memory block, and how a module changes it.
 *
 * device_online() would do, but a module can't call it for a memory block that
 * it can't look up. What every kernel offers is the file that admins and udev
 * write to, so this code writes to it (fs.c). Built into the kernel, it could
 * call device_online() and device_offline() instead (in-tree/block.c does).
 *
 * Context: the device's worker; all functions may sleep.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/memory_hotplug.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "base.h"
#include "block.h"
#include "compat.h"
#include "fs.h"
#include "trace.h"

#define BLOCK_NAME	"memory%lu"
#define BLOCK_FILE	"devices/system/memory/" BLOCK_NAME "/state"
#define BLOCK_BUS	"memory"

/*
 * A write fails while others hold the hotplug lock, for as long as a block
 * takes. So retry this often, with this pause.
 */
#define TRIES		200
#define PAUSE_MS	10

/*
 * How long a block may take to go offline once the kernel has begun. A free
 * block takes milliseconds; moving a page takes up to 40 us on an emulated
 * machine, and a tenth of that on others. Before it begins the kernel waits for
 * each CPU, which isn't the block's fault.
 */
#define MOVES_PER_MS	20
#define BEGIN_MS	2000

/**
 * struct hvb_deadline - when to stop waiting for a block to go offline
 * @timer: ends the wait
 * @task: the one that waits
 * @limit_ms: how long the kernel may take once it has begun
 * @passed: the timer ended the wait
 */
struct hvb_deadline {
	struct timer_list timer;
	struct task_struct *task;
	unsigned int limit_ms;
	bool passed;
};

/**
 * hvb_block_init() - get ready to change the state of blocks
 * @ctl: zeroed
 * @base: of the device
 */
void hvb_block_init(struct hvb_block_ctl *ctl, const struct hvb_base *base)
{
	ctl->base = base;
	ctl->offline_wait_ms = HVB_OFFLINE_MS;
}

/**
 * hvb_block_exit() - undo hvb_block_init()
 * @ctl: no longer in use
 *
 * Nobody opens files for the device any more.
 */
void hvb_block_exit(struct hvb_block_ctl *ctl)
{
	hvb_fs_exit();
}

/*
 * A write that finds the hotplug lock taken asks for a restart of the system
 * call. A worker isn't in one: the signal that this marks as pending must not
 * stay. Return: -EAGAIN if the lock stays taken, so that nothing was tried.
 */
static int write_state(struct hvb_block_ctl *ctl, unsigned long page,
		       const char *state, const struct hvb_deadline *deadline)
{
	char path[sizeof(BLOCK_FILE) + 20];
	unsigned int i;
	int err;

	snprintf(path, sizeof(path), BLOCK_FILE, page / ctl->base->block_pages);
	for (i = 0; i < TRIES; i++) {
		if (deadline && READ_ONCE(deadline->passed))
			break;
		err = hvb_fs_write(HVB_FS_SYSFS, path, state);
		if (err != -ERESTARTNOINTR)
			return err;
		flush_signals(current);
		msleep(PAUSE_MS);
	}
	return -EAGAIN;
}

/**
 * hvb_block_may_change() - wait until the hotplug lock is free
 * @ctl: changes the state of blocks
 *
 * Others hold it for as long as an admin lets the kernel try to set a block
 * offline, and add_memory() would wait that long. So the block that holds @ctl
 * is set online, which it always is: all this does is to try the lock.
 *
 * Return: false if the lock stays taken.
 */
bool hvb_block_may_change(struct hvb_block_ctl *ctl)
{
	return write_state(ctl, page_to_pfn(virt_to_page(ctl)), "online",
			   NULL) != -EAGAIN;
}

/**
 * hvb_block_online() - bring a block online
 * @ctl: changes its state
 * @page: number of its first page
 * @zone: where; not HVB_ZONE_NONE
 *
 * If someone else brought it online meanwhile, that is fine.
 *
 * Return: 0; -EAGAIN if others hold the hotplug lock; or another errno.
 */
int hvb_block_online(struct hvb_block_ctl *ctl, unsigned long page,
		     enum hvb_zone zone)
{
	int err;

	if (pfn_to_online_page(page))
		return 0;
	err = write_state(ctl, page, zone == HVB_ZONE_MOVABLE ?
			  "online_movable" : "online_kernel", NULL);
	if (!pfn_to_online_page(page))
		return err ?: -EIO;
	trace_hvb_range(HVB_TRACE_ONLINE, page, ctl->base->block_pages);
	return 0;
}

static void end_wait(struct timer_list *timer)
{
	struct hvb_deadline *deadline = container_of(timer, struct hvb_deadline,
						     timer);

	WRITE_ONCE(deadline->passed, true);
	set_tsk_thread_flag(deadline->task, TIF_SIGPENDING);
}

/**
 * hvb_block_begins() - the kernel begins to set a block offline
 * @ctl: may have asked for it
 *
 * Context: the memory notifier, in the task that sets the block offline.
 */
void hvb_block_begins(struct hvb_block_ctl *ctl)
{
	/* Only the offliner has a deadline, which is on its stack. */
	if (READ_ONCE(ctl->offliner) != current)
		return;
	/* By now the kernel has the device's lock for us: see hvb_block_cycle(). */
	if (ctl->cycled)
		dev_set_uevent_suppress(ctl->cycled, true);
	mod_timer(&ctl->deadline->timer,
		  jiffies + msecs_to_jiffies(ctl->deadline->limit_ms));
}

/**
 * hvb_block_offline() - set a block offline
 * @ctl: changes its state
 * @page: number of its first page
 * @moved_pages: how many of its pages must be moved, as far as known
 *
 * The kernel tries until the whole block is free or a signal is pending. A
 * timer makes one pending when time is up.
 *
 * Return: 0; -ETIMEDOUT; -EAGAIN if others hold the hotplug lock, and the block
 * wasn't tried; or the kernel's error, which isn't worth a line in dmesg: this
 * is only an attempt.
 */
int hvb_block_offline(struct hvb_block_ctl *ctl, unsigned long page,
		      unsigned long moved_pages)
{
	struct hvb_deadline deadline = {
		.task = current,
		.limit_ms = ctl->offline_wait_ms + moved_pages / MOVES_PER_MS,
	};
	int err;

	timer_setup_on_stack(&deadline.timer, end_wait, 0);
	mod_timer(&deadline.timer, jiffies + msecs_to_jiffies(BEGIN_MS));
	ctl->deadline = &deadline;
	WRITE_ONCE(ctl->offliner, current);
	err = write_state(ctl, page, "offline", &deadline);
	WRITE_ONCE(ctl->offliner, NULL);
	timer_delete_sync(&deadline.timer);
	timer_destroy_on_stack(&deadline.timer);
	if (!READ_ONCE(deadline.passed))
		return err;
	flush_signals(current);
	return err && err != -EAGAIN ? -ETIMEDOUT : err;
}

/* The device of a block, with a reference; NULL if there is none. */
static struct device *find_block(struct device *ours, unsigned long number)
{
	char name[sizeof(BLOCK_NAME) + 20];
	struct kobject *kobj;
	struct device *dev;

	snprintf(name, sizeof(name), BLOCK_NAME, number);
	/* All devices are in one kset, and ours points to it. */
	kobj = kset_find_obj(ours->kobj.kset, name);
	if (!kobj)
		return NULL;
	dev = kobj_to_dev(kobj);
	if (dev->bus && !strcmp(dev->bus->name, BLOCK_BUS))
		return dev;
	put_device(dev);
	return NULL;
}

/**
 * hvb_block_exists() - is there a memory block of this number?
 * @ours: our device
 * @number: the block's
 *
 * Sections of devices have struct pages, too, but no block.
 *
 * Context: may sleep.
 * Return: true if there is.
 */
bool hvb_block_exists(struct device *ours, unsigned long number)
{
	struct device *dev = find_block(ours, number);

	put_device(dev);
	return dev;
}

/**
 * hvb_block_cycle() - set a block offline, and online again at once
 * @ctl: changes its state
 * @page: number of its first page
 * @moved_pages: how many of its pages must be moved, as far as known
 * @zone: where it is: HVB_ZONE_KERNEL or HVB_ZONE_MOVABLE
 *
 * This takes all of its pages through the kernel's hotplug callbacks. User
 * space isn't told, as nothing happened to it: on a uevent for a memory block,
 * distributions reload their crash kernel. Uevents are off only from when the
 * kernel begins, so an admin's are sent. The device's lock isn't taken for it:
 * whoever sets the block offline, holds it for as long as that takes.
 *
 * Return: 0, even if it isn't online again; or the error of
 * hvb_block_offline(), and then the block stayed online.
 */
int hvb_block_cycle(struct hvb_block_ctl *ctl, unsigned long page,
		    unsigned long moved_pages, enum hvb_zone zone)
{
	struct device *dev = find_block(ctl->base->dev,
					page / ctl->base->block_pages);
	bool is_offline = false;
	int err;

	ctl->cycled = dev;
	err = hvb_block_offline(ctl, page, moved_pages);
	ctl->cycled = NULL;
	if (!err)
		is_offline = hvb_block_online(ctl, page, zone);
	if (!dev)
		return err;
	dev_set_uevent_suppress(dev, false);
	if (is_offline)
		kobject_uevent(&dev->kobj, KOBJ_OFFLINE);
	put_device(dev);
	return err;
}
