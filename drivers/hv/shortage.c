// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening to the kernel's own signs of want, before and after PSI.
 *
 * A shrinker is asked on every reclaim pass how much it could free. Ours has
 * nothing to free and costs nothing until then, but the question tells that
 * kswapd woke or that an allocation reclaims by itself: 100 ms and more before
 * PSI says a word.
 *
 * The OOM notifier is the last call. It waits a moment for memory that the host
 * may be adding: a task that is not killed is worth it. The kernel calls it before
 * it looks at what the allocation was bound to, a node or a zone, which any user
 * can fill while the rest of the guest is free; more memory would not help then.
 * The OOM of a cgroup doesn't come here.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched.h>

#include "compat.h"
#include "hv_balloon.h"

/* How long the last call waits, and how often it may. */
#define OOM_WAIT_MS	1000
#define OOM_AGAIN_MS	10000

static unsigned long count_nothing(struct shrinker *shrinker,
				   struct shrink_control *sc)
{
	struct hvb_device *dm = hvb_compat_shrinker_data(shrinker);

	/* What we reclaim for the host is no sign of want. */
	if (current != READ_ONCE(dm->inflating))
		hvb_status_signal(dm, HVB_SIGNAL_RECLAIM);
	return SHRINK_EMPTY;
}

static unsigned long scan_nothing(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	return SHRINK_STOP;
}

/* Read without a lock: who is out of memory may hold any. */
static bool guest_is_short(void)
{
	return hvb_demand_is_short(hvb_to_wire(totalram_pages()),
				   hvb_to_wire(max(si_mem_available(), 0L)));
}

static int about_to_kill(struct notifier_block *nb, unsigned long unused,
			 void *freed_pages)
{
	struct hvb_device *dm = container_of(nb, struct hvb_device, oom_nb);
	unsigned long *freed = freed_pages;
	int before = atomic_read(&dm->arrivals);

	if (!guest_is_short())
		return NOTIFY_OK;
	hvb_status_signal(dm, HVB_SIGNAL_OOM);
	/* Our own threads, and others that could stand in their way. */
	if (current->flags & PF_KTHREAD || !hvb_vsc_is_serving(dm))
		return NOTIFY_OK;
	if (dm->oom_waited_at &&
	    time_before(jiffies, dm->oom_waited_at +
				 msecs_to_jiffies(OOM_AGAIN_MS)))
		return NOTIFY_OK;
	dm->oom_waited_at = jiffies;
	if (wait_event_timeout(dm->arrival_wait,
			       atomic_read(&dm->arrivals) != before,
			       msecs_to_jiffies(OOM_WAIT_MS)))
		*freed += 1;
	return NOTIFY_OK;
}

/**
 * hvb_listen_start() - begin to listen
 * @dm: the device
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int hvb_listen_start(struct hvb_device *dm)
{
	int err;

	err = hvb_compat_shrinker_register(&dm->shrinker, dm, count_nothing,
					   scan_nothing);
	if (err)
		return err;
	dm->oom_nb.notifier_call = about_to_kill;
	register_oom_notifier(&dm->oom_nb);
	return 0;
}

/**
 * hvb_listen_stop() - stop listening
 * @dm: the device
 *
 * Context: may sleep; waits for a notifier that is running.
 */
void hvb_listen_stop(struct hvb_device *dm)
{
	unregister_oom_notifier(&dm->oom_nb);
	hvb_compat_shrinker_unregister(&dm->shrinker);
}
