// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listens to the kernel's own signs that memory is short, before and after PSI.
 *
 * Each reclaim pass asks every shrinker how much it could free. Ours has
 * nothing to free, and costs nothing until then. But the question tells us that
 * kswapd woke up or that an allocation is reclaiming: 100 ms and more before
 * PSI notices.
 *
 * The OOM notifier is the last call. It waits a moment for memory that the host
 * may be adding, which is worth it for a task that isn't killed. The kernel
 * calls it before it looks at what the allocation is bound to: a node or a
 * zone, which any user can fill while the rest of the guest is free. More
 * memory wouldn't help then. The OOM of a cgroup doesn't come here.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched.h>

#include "base.h"
#include "channel.h"
#include "counters.h"
#include "demand.h"
#include "shortage.h"
#include "signs.h"
#include "zones.h"

/* How long the last call waits, and how often it may. */
#define OOM_WAIT_MS	1000
#define OOM_AGAIN_MS	10000

static unsigned long count_nothing(struct shrinker *shrinker,
				   struct shrink_control *sc)
{
	hvb_signs_reclaim(hvb_compat_shrinker_data(shrinker));
	return SHRINK_EMPTY;
}

static unsigned long scan_nothing(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	return SHRINK_STOP;
}

/* Takes no lock: whoever is out of memory may hold any. */
static bool guest_is_short(void)
{
	struct hvb_counters now = {};
	u64 present, managed;

	/* MemTotal may show more: see promise.c. */
	hvb_zones_sum(&present, &managed);
	now.total_pages = hvb_to_wire(managed);
	hvb_counters_read_avail(&now);
	return hvb_demand_is_short(&now);
}

static bool may_wait(const struct hvb_shortage *shortage)
{
	unsigned long again_at = shortage->oom_waited_at +
				 msecs_to_jiffies(OOM_AGAIN_MS);

	/* Don't hold up our own threads, or others that could block them. */
	if (current->flags & PF_KTHREAD ||
	    !hvb_channel_is_serving(shortage->channel))
		return false;
	return !shortage->oom_waited_at || !time_before(jiffies, again_at);
}

static int about_to_kill(struct notifier_block *nb, unsigned long unused,
			 void *freed_pages)
{
	struct hvb_shortage *shortage = container_of(nb, struct hvb_shortage,
						     oom_nb);
	int before = hvb_signs_arrivals(shortage->signs);
	unsigned long *freed = freed_pages;

	if (!guest_is_short())
		return NOTIFY_OK;
	hvb_signs_post(shortage->signs, HVB_SIGNAL_OOM);
	if (!may_wait(shortage))
		return NOTIFY_OK;
	shortage->oom_waited_at = jiffies;
	if (hvb_signs_await_arrival(shortage->signs, before, OOM_WAIT_MS))
		*freed += 1;
	return NOTIFY_OK;
}

/**
 * hvb_shortage_init() - start listening
 * @shortage: zeroed
 * @signs: where signs are posted
 * @channel: tells whether the host could help
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int hvb_shortage_init(struct hvb_shortage *shortage, struct hvb_signs *signs,
		      const struct hvb_channel *channel)
{
	int err;

	shortage->signs = signs;
	shortage->channel = channel;
	err = hvb_compat_shrinker_register(&shortage->shrinker, signs,
					   count_nothing, scan_nothing);
	if (err)
		return err;
	shortage->oom_nb.notifier_call = about_to_kill;
	register_oom_notifier(&shortage->oom_nb);
	return 0;
}

/**
 * hvb_shortage_exit() - stop listening
 * @shortage: the listener
 *
 * Context: may sleep; waits for a running notifier.
 */
void hvb_shortage_exit(struct hvb_shortage *shortage)
{
	unregister_oom_notifier(&shortage->oom_nb);
	hvb_compat_shrinker_unregister(&shortage->shrinker);
}
