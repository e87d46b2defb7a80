// SPDX-License-Identifier: GPL-2.0-only
/*
 * One PSI trigger (Documentation/accounting/psi.rst), on the pressure of the
 * whole system.
 *
 * When the admin writes 0 to the root's cgroup.pressure, PSI stops measuring
 * that. A trigger stays armed and never fires, so it is asked whether it still
 * measures.
 *
 * Context: a kernel thread of the driver; all functions may sleep.
 */
#include <linux/err.h>
#include <linux/math64.h>
#include <linux/psi.h>
#include <linux/sched/loadavg.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "psi.h"

/**
 * struct hvb_psi - one armed trigger
 * @trigger: the kernel's
 * @entry: ours in its wait queue
 * @sleepers: wait queue to wake up
 * @armed: the trigger in PSI's syntax
 */
struct hvb_psi {
	struct psi_trigger *trigger;
	wait_queue_entry_t entry;
	wait_queue_head_t *sleepers;
	char armed[HVB_TRIGGER_MAX];
};

/* Called with interrupts off. */
static int woken(wait_queue_entry_t *entry, unsigned int mode, int sync,
		 void *key)
{
	wake_up(container_of(entry, struct hvb_psi, entry)->sleepers);
	return 0;
}

static bool is_measuring(const struct psi_trigger *trigger)
{
	return READ_ONCE(trigger->group->enabled);
}

static struct psi_trigger *create(char *text)
{
	struct psi_trigger *trigger = psi_trigger_create_kernel(PSI_MEM, text);

	if (IS_ERR(trigger) || is_measuring(trigger))
		return trigger;
	psi_trigger_destroy(trigger);
	return ERR_PTR(-ENOENT);
}

/**
 * hvb_psi_arm() - arm a trigger
 * @text: in PSI's syntax
 * @sleepers: wait queue that it wakes up
 *
 * Return: the trigger; or PSI's error: -EOPNOTSUPP if PSI is off for good,
 * -ENOENT if it is off for now.
 */
struct hvb_psi *hvb_psi_arm(const char *text, wait_queue_head_t *sleepers)
{
	struct hvb_psi *psi = kzalloc_obj(*psi);

	if (!psi)
		return ERR_PTR(-ENOMEM);
	strscpy(psi->armed, text);
	psi->sleepers = sleepers;
	psi->trigger = create(psi->armed);
	if (IS_ERR(psi->trigger)) {
		int err = PTR_ERR(psi->trigger);

		kfree(psi);
		return ERR_PTR(err);
	}
	init_waitqueue_func_entry(&psi->entry, woken);
	add_wait_queue(&psi->trigger->event_wait, &psi->entry);
	return psi;
}

/**
 * hvb_psi_disarm() - give up a trigger
 * @psi: the trigger, or NULL
 */
void hvb_psi_disarm(struct hvb_psi *psi)
{
	if (!psi)
		return;
	remove_wait_queue(&psi->trigger->event_wait, &psi->entry);
	psi_trigger_destroy(psi->trigger);
	kfree(psi);
}

/**
 * hvb_psi_is_woken() - is there something to ask a trigger?
 * @psi: the trigger
 *
 * Context: any.
 * Return: true if it fired since hvb_psi_ask(), or doesn't measure any more.
 */
bool hvb_psi_is_woken(const struct hvb_psi *psi)
{
	return READ_ONCE(psi->trigger->event) || !is_measuring(psi->trigger);
}

/**
 * hvb_psi_armed() - a trigger as text
 * @psi: the trigger, or NULL
 *
 * Return: the trigger in PSI's syntax; "none" for NULL.
 */
const char *hvb_psi_armed(const struct hvb_psi *psi)
{
	return psi ? psi->armed : "none";
}

/**
 * hvb_psi_ask() - check whether a trigger fired, and rearm it
 * @psi: the trigger
 *
 * Return: 0 if nothing happened since the last check; EPOLLPRI if it fired;
 * EPOLLERR if it doesn't measure any more.
 */
__poll_t hvb_psi_ask(struct hvb_psi *psi)
{
	if (!is_measuring(psi->trigger))
		return EPOLLERR;
	return psi_trigger_fired(psi->trigger) ? EPOLLPRI : 0;
}

/**
 * hvb_psi_read() - PSI's averages of full pressure, as it prints them
 * @psi: the trigger
 * @text: filled in
 * @size: room there, in characters
 *
 * Return: how many characters there are; or an errno.
 */
ssize_t hvb_psi_read(struct hvb_psi *psi, char *text, size_t size)
{
	const struct psi_group *group = psi->trigger->group;
	const unsigned long *avg = group->avg[PSI_MEM_FULL];
	u64 total_ns = group->total[PSI_AVGS][PSI_MEM_FULL];

	if (!is_measuring(psi->trigger))
		return -ENODEV;
	return scnprintf(text, size,
			 "full avg10=%lu.%02lu avg60=%lu.%02lu avg300=%lu.%02lu total=%llu",
			 LOAD_INT(avg[0]), LOAD_FRAC(avg[0]),
			 LOAD_INT(avg[1]), LOAD_FRAC(avg[1]),
			 LOAD_INT(avg[2]), LOAD_FRAC(avg[2]),
			 div_u64(total_ns, NSEC_PER_USEC));
}

/**
 * hvb_psi_why() - why a trigger can't be armed, and what to do
 * @err: the error of hvb_psi_arm()
 *
 * Return: the text, not to be freed.
 */
const char *hvb_psi_why(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return "boot with psi=1 to have it";
	case -ENOENT:
		return "write 1 to cgroup.pressure of the root cgroup to have it";
	default:
		return "it can't be armed";
	}
}
