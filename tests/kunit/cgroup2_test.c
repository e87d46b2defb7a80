// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup2, whose files PSI's triggers come from in a module: it is mounted late,
 * it stays as it is, and it can be unmounted. A wait queue that goes away
 * (watch.c). And proc, of which there is one instance more at most.
 */
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/slab.h>

#include "cgroup.h"
#include "fs.h"
#include "host.h"
#include "triggers.h"
#include "watch.h"

#define FULL	"full 50000 500000"
#define SOME	"some 50000 500000"

/* A file that says what a test wants, and its queue, which can go away. */
struct source {
	wait_queue_head_t *head;
	__poll_t says;
};

static __poll_t source_poll(struct file *file, poll_table *table)
{
	struct source *source = file->private_data;

	if (source->head)
		poll_wait(file, source->head, table);
	return source->says;
}

static const struct file_operations source_ops = {
	.poll = source_poll,
};

static struct file *source_open(struct kunit *test, struct source *source)
{
	struct file *file;

	source->head = kmalloc(sizeof(*source->head), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, source->head);
	init_waitqueue_head(source->head);
	file = anon_inode_getfile("hvb_source", &source_ops, source, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	return file;
}

static void a_file_that_wakes_is_asked(struct kunit *test)
{
	struct source source = { .says = EPOLLPRI };
	struct file *file = source_open(test, &source);
	struct hvb_watch watch;
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(sleepers);

	KUNIT_EXPECT_TRUE(test, hvb_watch_start(&watch, file, &sleepers) ==
				EPOLLPRI);
	KUNIT_EXPECT_FALSE(test, hvb_watch_is_woken(&watch));
	KUNIT_EXPECT_TRUE(test, hvb_watch_ask(&watch) == 0);
	wake_up(source.head);
	KUNIT_EXPECT_TRUE(test, hvb_watch_is_woken(&watch));
	KUNIT_EXPECT_TRUE(test, hvb_watch_ask(&watch) == EPOLLPRI);
	KUNIT_EXPECT_FALSE(test, hvb_watch_is_woken(&watch));
	hvb_watch_stop(&watch);
	KUNIT_EXPECT_TRUE(test, list_empty(&source.head->head));
	__fput_sync(file);
	kfree(source.head);
}

static void a_queue_that_goes_away_is_left(struct kunit *test)
{
	struct source source = {};
	struct file *file = source_open(test, &source);
	wait_queue_head_t *head = source.head;
	struct hvb_watch watch;
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(sleepers);

	hvb_watch_start(&watch, file, &sleepers);
	wake_up_pollfree(head);
	KUNIT_EXPECT_TRUE(test, list_empty(&head->head));
	source.head = NULL;
	source.says = EPOLLERR;
	synchronize_rcu();
	kfree(head);
	KUNIT_EXPECT_TRUE(test, hvb_watch_ask(&watch) == EPOLLERR);
	hvb_watch_stop(&watch);
	__fput_sync(file);
}

static void psi_waits_until_cgroup2_is_mounted(struct kunit *test)
{
	struct hvb_device *dm = triggers_wanted(test, FULL, "");

	KUNIT_EXPECT_TRUE(test, triggers_missing(dm, "mount cgroup2"));
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, "none"));
	cgroup_mount(test);
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_TRUE(test, triggers_missing(dm, "nothing"));
}

static void the_options_of_cgroup2_stay(struct kunit *test)
{
	struct hvb_device *dm;
	unsigned int options;

	cgroup_mount(test);
	options = cgroup_options();
	KUNIT_EXPECT_TRUE(test, options & CGRP_ROOT_NS_DELEGATE);
	KUNIT_EXPECT_TRUE(test, options & CGRP_ROOT_MEMORY_RECURSIVE_PROT);
	dm = triggers_wanted(test, FULL, SOME);
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_EXPECT_EQ(test, options, cgroup_options());
}

/* An armed trigger keeps what it needs, and nothing else does. */
static void cgroup2_can_be_unmounted(struct kunit *test)
{
	struct hvb_device *dm;

	cgroup_mount(test);
	dm = triggers_wanted(test, FULL, "");
	KUNIT_EXPECT_TRUE(test, triggers_armed(dm, HVB_PSI_TRIGGER, FULL));
	cgroup_unmount(test);
	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_EXPECT_EQ(test, 0, triggers_set(dm, HVB_PSI_TRIGGER, ""));
	KUNIT_EXPECT_EQ(test, -ENXIO, triggers_set(dm, HVB_PSI_TRIGGER, FULL));
}

static void count_one(struct super_block *sb, void *nr)
{
	++*(unsigned int *)nr;
}

static unsigned int proc_instances(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("proc");
	unsigned int nr = 0;

	KUNIT_ASSERT_NOT_NULL(test, type);
	iterate_supers_type(type, count_one, &nr);
	module_put(type->owner);
	return nr;
}

static struct file *proc_open(struct kunit *test)
{
	struct file *file = hvb_fs_open(HVB_FS_PROC, "meminfo", O_RDONLY);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	return file;
}

static void proc_is_mounted_once(struct kunit *test)
{
	unsigned int nr = proc_instances(test);
	struct file *file;

	__fput_sync(proc_open(test));
	KUNIT_EXPECT_EQ(test, nr + 1, proc_instances(test));
	file = proc_open(test);
	KUNIT_EXPECT_EQ(test, nr + 1, proc_instances(test));
	hvb_fs_exit();
	KUNIT_EXPECT_EQ(test, nr + 1, proc_instances(test));
	__fput_sync(file);
	KUNIT_EXPECT_EQ(test, nr, proc_instances(test));
	hvb_fs_exit();
	KUNIT_EXPECT_EQ(test, nr, proc_instances(test));
}

static void proc_is_unmounted_with_the_device(struct kunit *test)
{
	struct host *host = host_connected(test);
	unsigned int nr = proc_instances(test);

	__fput_sync(proc_open(test));
	KUNIT_EXPECT_EQ(test, nr + 1, proc_instances(test));
	host_restart_driver(host);
	KUNIT_EXPECT_EQ(test, nr, proc_instances(test));
}

static struct kunit_case cgroup2_cases[] = {
	KUNIT_CASE(a_file_that_wakes_is_asked),
	KUNIT_CASE(a_queue_that_goes_away_is_left),
	KUNIT_CASE_SLOW(psi_waits_until_cgroup2_is_mounted),
	KUNIT_CASE(the_options_of_cgroup2_stay),
	KUNIT_CASE(cgroup2_can_be_unmounted),
	KUNIT_CASE(proc_is_mounted_once),
	KUNIT_CASE(proc_is_unmounted_with_the_device),
	{}
};

static struct kunit_suite cgroup2_suite = {
	.name = "hv_balloon_cgroup2",
	.test_cases = cgroup2_cases,
};

kunit_test_suite(cgroup2_suite);
