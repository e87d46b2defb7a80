// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a file as poll() does, but without a descriptor.
 *
 * A file's wait queue can go away while the file is open: wake_up_pollfree()
 * calls each entry one last time, with POLLFREE, and the queue is freed after
 * an RCU grace period. The entry then removes itself. PSI's triggers did this
 * until 6.1.42 and 6.4.7.
 */
#include <linux/fs.h>
#include <linux/rcupdate.h>

#include "watch.h"

/* Called with interrupts off, whatever happens to the file. */
static int woken(wait_queue_entry_t *entry, unsigned int mode, int sync,
		 void *key)
{
	struct hvb_watch *watch = container_of(entry, struct hvb_watch, entry);

	WRITE_ONCE(watch->woken, true);
	wake_up(watch->sleepers);
	if (key_to_poll(key) & POLLFREE) {
		list_del_init(&entry->entry);
		/* From now on the watch may be stopped and freed. */
		smp_store_release(&watch->head, NULL);
	}
	return 0;
}

static void queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct hvb_watch *watch = container_of(table, struct hvb_watch, table);

	watch->head = head;
	add_wait_queue(head, &watch->entry);
}

/**
 * hvb_watch_start() - start waiting
 * @watch: filled in
 * @file: the file, which stays open until hvb_watch_stop()
 * @sleepers: wait queue to wake up
 *
 * Context: may sleep.
 * Return: the file's state now. With EPOLLERR it may never wake anyone up.
 */
__poll_t hvb_watch_start(struct hvb_watch *watch, struct file *file,
			 wait_queue_head_t *sleepers)
{
	watch->file = file;
	watch->sleepers = sleepers;
	watch->head = NULL;
	watch->woken = false;
	init_waitqueue_func_entry(&watch->entry, woken);
	init_poll_funcptr(&watch->table, queue);
	return vfs_poll(file, &watch->table);
}

/**
 * hvb_watch_stop() - stop waiting
 * @watch: a watch that was started
 *
 * Context: any that may take a wait queue's lock.
 */
void hvb_watch_stop(struct hvb_watch *watch)
{
	wait_queue_head_t *head;

	rcu_read_lock();
	/* Pairs with the release in woken(); RCU keeps the queue meanwhile. */
	head = smp_load_acquire(&watch->head);
	if (head)
		remove_wait_queue(head, &watch->entry);
	rcu_read_unlock();
}

/**
 * hvb_watch_ask() - check what happened to the file
 * @watch: a watch that was started
 *
 * Context: may sleep.
 * Return: the file's state; 0 if nothing happened to it.
 */
__poll_t hvb_watch_ask(struct hvb_watch *watch)
{
	if (!hvb_watch_is_woken(watch))
		return 0;
	WRITE_ONCE(watch->woken, false);
	return vfs_poll(watch->file, NULL);
}
