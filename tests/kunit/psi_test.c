// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSI that comes and goes: cgroup2 isn't mounted yet, the root's cgroup.pressure
 * is set to 0 and to 1. What is armed, what is armed again, what is said; and
 * that cgroup2 stays as it is. And a wait queue that goes away (watch.c).
 */
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/cgroup.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/slab.h>

#include "cgroup.h"
#include "host.h"

#define FULL	"full 50000 500000"
#define SOME	"some 50000 500000"

/* A reporter tries again each five seconds, and looks each second. */
#define AGAIN_MS	15000

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

static bool is_armed(struct hvb_device *dm, enum hvb_psi_which which,
		     const char *text)
{
	char armed[HVB_TRIGGER_MAX];

	for (unsigned int ms = 0; ms < AGAIN_MS; ms += 20) {
		hvb_pressure_armed(&dm->reporter.pressure, which, armed);
		if (!strcmp(armed, text))
			return true;
		msleep(20);
	}
	return false;
}

static bool is_missing(struct hvb_device *dm, const char *what)
{
	for (unsigned int ms = 0; ms < AGAIN_MS; ms += 20) {
		if (strstr(hvb_pressure_missing(&dm->reporter.pressure), what))
			return true;
		msleep(20);
	}
	return false;
}

static void stop(void *data)
{
	hvb_devices_stop_reporter(data);
}

/* As the parameter does. */
static int set_psi(struct hvb_device *dm, enum hvb_psi_which which,
		   const char *text)
{
	return hvb_devices_set_psi(&container_of(dm, struct host, dm)->params,
				   which, text);
}

static struct hvb_device *wanting(struct kunit *test, const char *trigger,
				  const char *early)
{
	struct hvb_device *dm = &host_connected(test)->dm;

	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_TRIGGER, trigger));
	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_EARLY, early));
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(dm));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop, dm));
	return dm;
}

static void psi_waits_until_cgroup2_is_mounted(struct kunit *test)
{
	struct hvb_device *dm = wanting(test, FULL, "");

	KUNIT_EXPECT_TRUE(test, is_missing(dm, "mount cgroup2"));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, "none"));
	cgroup_mount(test);
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_TRUE(test, is_missing(dm, "nothing"));
}

static void the_options_of_cgroup2_stay(struct kunit *test)
{
	struct hvb_device *dm;
	unsigned int options;

	cgroup_mount(test);
	options = cgroup_options();
	KUNIT_EXPECT_TRUE(test, options & CGRP_ROOT_NS_DELEGATE);
	KUNIT_EXPECT_TRUE(test, options & CGRP_ROOT_MEMORY_RECURSIVE_PROT);
	dm = wanting(test, FULL, SOME);
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_EXPECT_EQ(test, options, cgroup_options());
}

/* An armed trigger keeps what it needs, and nothing else does. */
static void cgroup2_can_be_unmounted(struct kunit *test)
{
	struct hvb_device *dm;

	cgroup_mount(test);
	dm = wanting(test, FULL, "");
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, FULL));
	cgroup_unmount(test);
	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_TRIGGER, ""));
	KUNIT_EXPECT_EQ(test, -ENXIO, set_psi(dm, HVB_PSI_TRIGGER, FULL));
}

static void psi_is_armed_again_when_it_is_back(struct kunit *test)
{
	struct hvb_device *dm;

	cgroup_mount(test);
	dm = wanting(test, FULL, FULL);
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_EARLY, FULL));
	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_EARLY, SOME));
	KUNIT_ASSERT_EQ(test, 0, cgroup_set("cgroup.pressure", "0"));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, "none"));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_EARLY, "none"));
	KUNIT_EXPECT_TRUE(test, is_missing(dm, "cgroup.pressure"));
	KUNIT_ASSERT_EQ(test, 0, cgroup_set("cgroup.pressure", "1"));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_EARLY, SOME));
	KUNIT_EXPECT_TRUE(test, is_missing(dm, "nothing"));
}

/* A trigger that is gone measures nothing, even when its file is there again. */
static bool is_measuring(struct hvb_device *dm)
{
	char text[80];

	for (unsigned int ms = 0; ms < AGAIN_MS; ms += 20) {
		mutex_lock(&dm->reporter.pressure.lock);
		hvb_pressure_read(&dm->reporter.pressure, text, sizeof(text));
		mutex_unlock(&dm->reporter.pressure.lock);
		if (strstarts(text, "full avg10="))
			return true;
		msleep(20);
	}
	return false;
}

static void psi_that_blinks_is_armed_again(struct kunit *test)
{
	struct hvb_device *dm;

	cgroup_mount(test);
	dm = wanting(test, FULL, "");
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, FULL));
	for (unsigned int i = 0; i < 5; i++) {
		KUNIT_ASSERT_EQ(test, 0, cgroup_set("cgroup.pressure", "0"));
		KUNIT_ASSERT_EQ(test, 0, cgroup_set("cgroup.pressure", "1"));
	}
	KUNIT_EXPECT_TRUE(test, is_measuring(dm));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, FULL));
}

/* What is set while nobody reports, or while one does, is what comes next. */
static void the_next_reporter_arms_what_was_set(struct kunit *test)
{
	struct hvb_device *dm;

	cgroup_mount(test);
	dm = wanting(test, FULL, "");
	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_TRIGGER, SOME));
	hvb_devices_stop_reporter(dm);
	KUNIT_ASSERT_EQ(test, 0, hvb_devices_start_reporter(dm));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_EARLY, "none"));
}

/* Not the one that the reporter began with. */
static void a_changed_trigger_is_armed_again(struct kunit *test)
{
	struct hvb_device *dm;

	cgroup_mount(test);
	dm = wanting(test, FULL, "");
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_EQ(test, 0, set_psi(dm, HVB_PSI_TRIGGER, SOME));
	KUNIT_ASSERT_EQ(test, 0, cgroup_set("cgroup.pressure", "0"));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, "none"));
	KUNIT_ASSERT_EQ(test, 0, cgroup_set("cgroup.pressure", "1"));
	KUNIT_EXPECT_TRUE(test, is_armed(dm, HVB_PSI_TRIGGER, SOME));
}

struct look {
	const char *name;
	const char *trigger;
	const char *early;
	bool is_low;
	bool stalled;
	bool swapped;
	bool pressure;
	enum hvb_signal signal;
};

/* No cgroup2: what is wanted isn't armed; what is not is not missed. */
static const struct look looks[] = {
	{ "swapping", FULL, SOME, true, true, true, true, HVB_SIGNAL_FULL },
	{ "stalling", FULL, SOME, true, true, false, true, HVB_SIGNAL_SOME },
	{ "there is room", FULL, SOME, false, true, true, false },
	{ "nothing stalls", FULL, SOME, true, false, true, false },
};

static void describe(const struct look *look, char *desc)
{
	strscpy(desc, look->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(look, looks, describe);

static bool falls_back(struct hvb_device *dm, const struct look *look,
		       enum hvb_signal *signal)
{
	const struct hvb_counters last = {};
	const struct hvb_counters now = {
		.total_pages = 1000,
		.avail_pages = look->is_low ? 10 : 500,
		.stalls = look->stalled,
		.swapped_out_pages = look->swapped,
	};

	return hvb_pressure_fallback(&dm->reporter.pressure, &now, &last, signal);
}

static void want(struct hvb_device *dm, enum hvb_psi_which which,
		 const char *text)
{
	strscpy(dm->reporter.pressure.wanted[which], text, HVB_TRIGGER_MAX);
}

static void stalls_are_pressure_without_psi(struct kunit *test)
{
	const struct look *look = test->param_value;
	struct hvb_device *dm = &host_connected(test)->dm;
	enum hvb_signal signal = HVB_SIGNALS;

	want(dm, HVB_PSI_TRIGGER, look->trigger);
	want(dm, HVB_PSI_EARLY, look->early);
	KUNIT_EXPECT_EQ(test, look->pressure, falls_back(dm, look, &signal));
	if (look->pressure)
		KUNIT_EXPECT_EQ(test, look->signal, signal);
}

/* With one of two triggers the other is missed, unless it isn't wanted. */
static void one_trigger_is_not_enough(struct kunit *test)
{
	struct hvb_device *dm = &host_connected(test)->dm;
	enum hvb_signal signal = HVB_SIGNALS;

	cgroup_mount(test);
	KUNIT_ASSERT_EQ(test, 0, hvb_pressure_set(&dm->reporter.pressure, HVB_PSI_TRIGGER, FULL));
	KUNIT_EXPECT_FALSE(test, falls_back(dm, &looks[0], &signal));
	want(dm, HVB_PSI_EARLY, SOME);
	KUNIT_EXPECT_TRUE(test, falls_back(dm, &looks[0], &signal));
	KUNIT_EXPECT_EQ(test, signal, HVB_SIGNAL_SOME);
	KUNIT_EXPECT_EQ(test, 0, hvb_pressure_set(&dm->reporter.pressure, HVB_PSI_EARLY, SOME));
	KUNIT_EXPECT_FALSE(test, falls_back(dm, &looks[0], &signal));
	hvb_pressure_stop(&dm->reporter.pressure);
	KUNIT_EXPECT_TRUE(test, falls_back(dm, &looks[0], &signal));
}

static struct kunit_case psi_cases[] = {
	KUNIT_CASE(a_file_that_wakes_is_asked),
	KUNIT_CASE(a_queue_that_goes_away_is_left),
	KUNIT_CASE_SLOW(psi_waits_until_cgroup2_is_mounted),
	KUNIT_CASE(the_options_of_cgroup2_stay),
	KUNIT_CASE(cgroup2_can_be_unmounted),
	KUNIT_CASE_SLOW(psi_is_armed_again_when_it_is_back),
	KUNIT_CASE_SLOW(psi_that_blinks_is_armed_again),
	KUNIT_CASE(the_next_reporter_arms_what_was_set),
	KUNIT_CASE_SLOW(a_changed_trigger_is_armed_again),
	KUNIT_CASE_PARAM(stalls_are_pressure_without_psi, look_gen_params),
	KUNIT_CASE(one_trigger_is_not_enough),
	{}
};

static struct kunit_suite psi_suite = {
	.name = "hv_balloon_psi",
	.test_cases = psi_cases,
};

kunit_test_suite(psi_suite);
