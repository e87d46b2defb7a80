// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure, as PSI measures it (Documentation/accounting/psi.rst).
 *
 * PSI's triggers are for user space: one writes a trigger to a file and polls
 * it. Modules can't make one otherwise, so this file does the same, with the
 * memory.pressure of the root of cgroup2, which stands for the whole system
 * (fs.c). Two triggers, each with a file: the trigger asks for
 * memory, the early one opens the fast cadence.
 *
 * The wait entry only wakes the reporter. The kernel wakes every poller of the
 * file, also those whose trigger didn't fire, so the reporter asks each file
 * whether it was its own; that also arms it again.
 *
 * Without PSI the fallback looks at what allocations cost, while memory is low.
 * Within the kernel tree, the inside of this file can call PSI directly.
 *
 * Context: the reporter's thread, unless said otherwise; all may sleep.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "hv_balloon.h"
#include "trace.h"

#define PRESSURE_FILE	"memory.pressure"

/* Memory is low, for the fallback, when less than this share is available. */
#define LOW_SHARE	8

/**
 * struct hvb_psi - one armed trigger
 * @dm: the device
 * @file: the open memory.pressure; the trigger lives as long as it is open
 * @head: what wakes us
 * @entry: how
 * @table: carries @head here
 * @woken: @entry was called since we last looked
 * @armed: the trigger in PSI's words
 */
struct hvb_psi {
	struct hvb_device *dm;
	struct file *file;
	wait_queue_head_t *head;
	wait_queue_entry_t entry;
	poll_table table;
	bool woken;
	char armed[HVB_TRIGGER_MAX];
};

/* Called with interrupts off, for whatever happens to the file. */
static int psi_woken(wait_queue_entry_t *entry, unsigned int mode, int sync,
		     void *key)
{
	struct hvb_psi *psi = container_of(entry, struct hvb_psi, entry);

	WRITE_ONCE(psi->woken, true);
	hvb_status_wake(psi->dm);
	return 0;
}

static void psi_queue(struct file *file, wait_queue_head_t *head,
		      poll_table *table)
{
	struct hvb_psi *psi = container_of(table, struct hvb_psi, table);

	psi->head = head;
	add_wait_queue(head, &psi->entry);
}

static void disarm(struct hvb_psi *psi)
{
	if (!psi)
		return;
	if (psi->head)
		remove_wait_queue(psi->head, &psi->entry);
	__fput_sync(psi->file);
	kfree(psi);
}

static struct hvb_psi *arm(struct hvb_device *dm, const char *text)
{
	struct hvb_psi *psi;
	ssize_t written;
	loff_t pos = 0;
	int err;

	psi = kzalloc(sizeof(*psi), GFP_KERNEL);
	if (!psi)
		return ERR_PTR(-ENOMEM);
	psi->dm = dm;
	strscpy(psi->armed, text, sizeof(psi->armed));
	psi->file = hvb_fs_open(dm, HVB_FS_CGROUP2, PRESSURE_FILE, O_RDWR);
	if (IS_ERR(psi->file)) {
		err = PTR_ERR(psi->file);
		kfree(psi);
		return ERR_PTR(err);
	}

	init_waitqueue_func_entry(&psi->entry, psi_woken);
	init_poll_funcptr(&psi->table, psi_queue);
	written = kernel_write(psi->file, text, strlen(text), &pos);
	if (written < 0) {
		disarm(psi);
		return ERR_PTR(written);
	}
	vfs_poll(psi->file, &psi->table);
	return psi;
}

/* Arms a trigger, or the nearest that this kernel takes. */
static struct hvb_psi *arm_nearest(struct hvb_device *dm, const char *text)
{
	struct hvb_psi *psi = arm(dm, text);
	char wider[HVB_TRIGGER_MAX];
	struct hvb_trigger trigger;

	if (psi != ERR_PTR(-EINVAL) || hvb_trigger_parse(text, &trigger) ||
	    !hvb_trigger_widen(&trigger))
		return psi;
	hvb_trigger_format(&trigger, wider);
	psi = arm(dm, wider);
	if (!IS_ERR(psi))
		dev_info_ratelimited(dm->dev, "this kernel's PSI refuses \"%s\"; armed is \"%s\"\n",
				     text, wider);
	return psi;
}

/* Why there is no memory.pressure: PSI as a whole, or only that of cgroups. */
static bool psi_is_on(void)
{
	struct file *file = filp_open("/proc/pressure/memory", O_RDONLY, 0);

	if (IS_ERR(file))
		return false;
	fput(file);
	return true;
}

static void explain(struct hvb_device *dm, int err)
{
	const char *why = "it can't be armed";

	if (!IS_ENABLED(CONFIG_PSI))
		why = "this kernel was built without PSI";
	else if (err == -ENODEV)
		why = "this kernel was built without cgroup2";
	else if (err == -ENOENT && psi_is_on())
		why = "boot without cgroup_disable=pressure to have it";
	else if (err == -ENOENT)
		why = "boot with psi=1 to have it";
	dev_warn_ratelimited(dm->dev, "no pressure from PSI (%d): %s; allocation stalls are watched instead\n",
			     err, why);
}

/**
 * hvb_pressure_set() - change a trigger
 * @dm: the device
 * @which: which of the two
 * @text: in PSI's words, or empty for none
 *
 * Return: 0; or what PSI said, and then the old trigger stays armed.
 */
int hvb_pressure_set(struct hvb_device *dm, enum hvb_psi_which which,
		     const char *text)
{
	struct hvb_psi *psi = NULL;

	if (*text) {
		psi = arm_nearest(dm, text);
		if (IS_ERR(psi))
			return PTR_ERR(psi);
	}
	mutex_lock(&dm->psi_lock);
	swap(dm->psi[which], psi);
	mutex_unlock(&dm->psi_lock);
	disarm(psi);
	return 0;
}

/**
 * hvb_pressure_start() - arm the triggers that the admin wants
 * @dm: the device
 */
void hvb_pressure_start(struct hvb_device *dm)
{
	enum hvb_psi_which which;
	int err = 0;

	for (which = 0; !err && which < HVB_PSI_TRIGGERS; which++)
		err = hvb_pressure_set(dm, which, dm->psi_wanted[which]);
	if (err)
		explain(dm, err);
}

/**
 * hvb_pressure_stop() - disarm, and leave nothing behind
 * @dm: the device
 */
void hvb_pressure_stop(struct hvb_device *dm)
{
	enum hvb_psi_which which;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++)
		hvb_pressure_set(dm, which, "");
}

/**
 * hvb_pressure_is_woken() - is there something to look at?
 * @dm: the device
 *
 * Return: true when a file was woken since hvb_pressure_take().
 */
bool hvb_pressure_is_woken(struct hvb_device *dm)
{
	enum hvb_psi_which which;

	for (which = 0; which < HVB_PSI_TRIGGERS; which++)
		if (dm->psi[which] && READ_ONCE(dm->psi[which]->woken))
			return true;
	return false;
}

/**
 * hvb_pressure_take() - ask whether a trigger fired, and arm it again
 * @dm: the device
 * @which: which of the two
 *
 * Return: true when it fired since it was last asked.
 */
bool hvb_pressure_take(struct hvb_device *dm, enum hvb_psi_which which)
{
	struct hvb_psi *psi = dm->psi[which];

	if (!psi || !READ_ONCE(psi->woken))
		return false;
	WRITE_ONCE(psi->woken, false);
	return vfs_poll(psi->file, NULL) & EPOLLPRI;
}

/**
 * hvb_pressure_armed() - the trigger that is armed
 * @dm: the device
 * @which: which of the two
 * @text: room for HVB_TRIGGER_MAX characters: it in PSI's words, or "none"
 *
 * Context: may sleep.
 */
void hvb_pressure_armed(struct hvb_device *dm, enum hvb_psi_which which,
			char *text)
{
	mutex_lock(&dm->psi_lock);
	strscpy(text, dm->psi[which] ? dm->psi[which]->armed : "none",
		HVB_TRIGGER_MAX);
	mutex_unlock(&dm->psi_lock);
}

/**
 * hvb_pressure_read() - PSI's averages, as it prints them
 * @dm: the device
 * @text: room for them
 * @size: characters there
 */
void hvb_pressure_read(struct hvb_device *dm, char *text, size_t size)
{
	struct hvb_psi *psi = dm->psi[HVB_PSI_TRIGGER];
	char all[256], *full;
	loff_t pos = 0;
	ssize_t got;

	strscpy(text, "not measured", size);
	if (!psi)
		return;
	got = kernel_read(psi->file, all, sizeof(all) - 1, &pos);
	if (got <= 0)
		return;
	all[got] = '\0';
	full = strstr(all, "full ");
	if (full)
		strscpy(text, strsep(&full, "\n"), size);
}

/**
 * hvb_pressure_fallback() - look for pressure without PSI
 * @dm: the device
 * @now: the counters
 * @last: the counters before
 * @signal: the pressure seen
 *
 * Return: true when there is some.
 */
bool hvb_pressure_fallback(struct hvb_device *dm,
			   const struct hvb_counters *now,
			   const struct hvb_counters *last,
			   enum hvb_signal *signal)
{
	if (dm->psi[HVB_PSI_TRIGGER])
		return false;
	if (now->avail_pages > now->total_pages / LOW_SHARE)
		return false;
	if (now->stalls == last->stalls)
		return false;
	*signal = now->swapped_out_pages != last->swapped_out_pages ?
			HVB_SIGNAL_FULL : HVB_SIGNAL_SOME;
	return true;
}
