// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns an admin whose block moves for long, as one does that has a pinned page:
 * in all that time the kernel's hotplug lock is held, as hibernate() holds it.
 * Here a notifier sleeps, after those that were there before it.
 */
#include <kunit/resource.h>
#include <linux/jiffies.h>
#include <linux/memory.h>

#include "host.h"
#include "keeper.h"

static int keep(struct notifier_block *nb, unsigned long event, void *data)
{
	struct keeper *keeper = container_of(nb, struct keeper, nb);
	const struct memory_notify *block = data;

	if (block->start_pfn != keeper->start ||
	    (event != MEM_GOING_OFFLINE && event != MEM_GOING_ONLINE))
		return NOTIFY_OK;
	complete(&keeper->has_it);
	wait_for_completion(&keeper->may_go);
	return notifier_from_errno(keeper->answer);
}

static void set_state(struct work_struct *work)
{
	struct keeper *keeper = container_of(work, struct keeper, work);

	keeper->err = block_set(keeper->start, keeper->state);
}

static void let_go(struct work_struct *work)
{
	complete_all(&container_of(to_delayed_work(work), struct keeper,
				   later)->may_go);
}

static void stop(void *data)
{
	struct keeper *keeper = data;

	keeper_end(keeper);
	unregister_memory_notifier(&keeper->nb);
}

/**
 * keeper_begin() - begin to move a block
 * @test: the test
 * @start: first page of the block
 * @state: as sysfs knows it
 * @answer: 0 if it may move in the end; or an errno
 *
 * Return: the admin; the block is about to move until keeper_lets_go() or
 * keeper_end().
 */
struct keeper *keeper_begin(struct kunit *test, unsigned long start,
			    const char *state, int answer)
{
	struct keeper *keeper = kunit_kzalloc(test, sizeof(*keeper), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, keeper);
	keeper->start = start;
	keeper->state = state;
	keeper->answer = answer;
	init_completion(&keeper->has_it);
	init_completion(&keeper->may_go);
	INIT_WORK(&keeper->work, set_state);
	INIT_DELAYED_WORK(&keeper->later, let_go);
	keeper->nb.notifier_call = keep;
	KUNIT_ASSERT_EQ(test, 0, register_memory_notifier(&keeper->nb));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop, keeper));
	schedule_work(&keeper->work);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&keeper->has_it,
							     60 * HZ));
	return keeper;
}

/**
 * keeper_lets_go() - the block moves on after a while
 * @keeper: the admin
 * @ms: how long it takes
 */
void keeper_lets_go(struct keeper *keeper, unsigned int ms)
{
	schedule_delayed_work(&keeper->later, msecs_to_jiffies(ms));
}

/**
 * keeper_end() - the block moves on; wait until it has
 * @keeper: the admin; ending it twice changes nothing
 *
 * From now on the block moves as any other.
 *
 * Return: what the admin is told.
 */
int keeper_end(struct keeper *keeper)
{
	cancel_delayed_work_sync(&keeper->later);
	complete_all(&keeper->may_go);
	flush_work(&keeper->work);
	keeper->answer = 0;
	return keeper->err;
}
