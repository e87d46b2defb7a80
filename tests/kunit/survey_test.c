// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the suites of what a driver finds of one that left no ledger (survey.c),
 * and of who waits for a size in sysfs to change (sizes.c). It comes before those
 * that leave added memory behind.
 */
#include <kunit/device.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/poll.h>

#include "fs.h"
#include "host.h"
#include "sizes.h"

#define GIVEN	3000	/* pages, none of the orders that are tried */

/* The driver goes and leaves nothing, as one does that isn't ours. */
static void lose_driver(struct host *host)
{
	struct device *dev = host->dm.base.dev;

	host_stop_driver(host);
	kvfree(dev->platform_data);
	dev->platform_data = NULL;
}

static void load_driver(struct host *host)
{
	struct hvb_device *dm = &host->dm;

	KUNIT_ASSERT_EQ(host->test, 0, hvb_device_init(dm));
	KUNIT_ASSERT_EQ(host->test, 0, hvb_conversation_begin(&dm->conversation));
	host_forget(host);
}

static void what_was_given_and_added_is_found(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct hvb_memory *mem = &host->dm.memory;
	struct hvb_range range = { BLOCK(0), 2 * block_pages() };
	unsigned long given, onlined;

	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	given = host_takes(host, GIVEN);
	onlined = mem->nr_onlined;
	KUNIT_ASSERT_EQ(test, given, GIVEN);

	lose_driver(host);
	KUNIT_ASSERT_EQ(test, 0, hvb_survey_leave(host->dm.base.dev));
	load_driver(host);
	KUNIT_EXPECT_EQ(test, mem->given.nr_pages, given);
	KUNIT_EXPECT_EQ(test, mem->added.nr_pages, range.count);
	KUNIT_EXPECT_TRUE(test, hvb_ranges_contains(&mem->added, range.start,
						    range.count));
	KUNIT_EXPECT_EQ(test, mem->nr_onlined, onlined);
	host_agrees(host);
	host_returns_all(host);
	KUNIT_EXPECT_EQ(test, mem->given.nr_pages, 0);
}

static void a_ledger_that_is_there_is_replaced(struct kunit *test)
{
	struct host *host = host_connected(test);

	host_takes(host, GIVEN);
	host_stop_driver(host);
	KUNIT_ASSERT_NOT_NULL(test, host->dm.base.dev->platform_data);
	KUNIT_ASSERT_EQ(test, 0, hvb_survey_leave(host->dm.base.dev));
	load_driver(host);
	KUNIT_EXPECT_EQ(test, host->dm.memory.given.nr_pages, GIVEN);
	host_agrees(host);
	host_returns_all(host);
}

static void nothing_is_found_where_nothing_was_given(struct kunit *test)
{
	struct host *host = host_connected(test);

	lose_driver(host);
	KUNIT_ASSERT_EQ(test, 0, hvb_survey_leave(host->dm.base.dev));
	load_driver(host);
	KUNIT_EXPECT_EQ(test, host->dm.memory.given.nr_pages, 0);
	KUNIT_EXPECT_EQ(test, host->dm.memory.added.nr_pages, 0);
}

static void a_block_that_is_offline_cannot_be_judged(struct kunit *test)
{
	struct host *host = host_connected(test);
	struct device *dev = host->dm.base.dev;
	struct hvb_range range = { BLOCK(0), block_pages() };
	unsigned long block = 0;
	void *ledger;

	KUNIT_EXPECT_FALSE(test, hvb_survey_finds_offline(dev, &block));
	host->params.online_policy = HVB_ONLINE_OFF;
	host_adds(host, &range, NULL);
	host_hears_added(host, range.count, DM_HOT_ADD_SUCCESS);
	KUNIT_EXPECT_TRUE(test, hvb_survey_finds_offline(dev, &block));
	KUNIT_EXPECT_EQ(test, block, BLOCK(0) / block_pages());

	host_stop_driver(host);
	ledger = dev->platform_data;
	KUNIT_EXPECT_EQ(test, -EBUSY, hvb_survey_leave(dev));
	KUNIT_EXPECT_PTR_EQ(test, dev->platform_data, ledger);
	load_driver(host);
}

static struct kunit_case survey_cases[] = {
	KUNIT_CASE(what_was_given_and_added_is_found),
	KUNIT_CASE(a_ledger_that_is_there_is_replaced),
	KUNIT_CASE(nothing_is_found_where_nothing_was_given),
	KUNIT_CASE(a_block_that_is_offline_cannot_be_judged),
	{}
};

static struct kunit_suite survey_suite = {
	.name = "hv_balloon_survey",
	.test_cases = survey_cases,
};

static ssize_t show(struct device *dev, struct device_attribute *attr,
		    char *buf)
{
	return sysfs_emit(buf, "some\n");
}

static struct device_attribute size_bytes = __ATTR(size_bytes, 0444, show, NULL);
static struct device_attribute maximum_bytes =
	__ATTR(maximum_bytes, 0444, show, NULL);

static struct attribute *sizes_attrs[] = {
	&size_bytes.attr, &maximum_bytes.attr, NULL
};

static const struct attribute_group sizes_group = {
	.name = HVB_SIZES_GROUP,
	.attrs = sizes_attrs,
};

/* Opens one of the files and reads it, as a poller does first. */
static struct file *open_one(struct kunit *test, struct device *dev,
			     const char *name)
{
	char *path = kobject_get_path(&dev->kobj, GFP_KERNEL), *whole, some[8];
	struct file *file;
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, path);
	whole = kasprintf(GFP_KERNEL, "%s/" HVB_SIZES_GROUP "/%s", path + 1,
			  name);
	kfree(path);
	KUNIT_ASSERT_NOT_NULL(test, whole);
	file = hvb_fs_open(HVB_FS_SYSFS, whole, O_RDONLY);
	kfree(whole);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, kernel_read(file, some, sizeof(some), &pos), 5);
	return file;
}

static bool has_changed(struct file *file)
{
	return vfs_poll(file, NULL) & EPOLLPRI;
}

static void the_pollers_of_what_changed_are_woken(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "hv_balloon_sizes");
	struct hvb_sizes told = {}, now = { .size_bytes = SZ_1G };
	struct file *size, *maximum;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	KUNIT_ASSERT_EQ(test, 0, device_add_group(dev, &sizes_group));
	size = open_one(test, dev, "size_bytes");
	maximum = open_one(test, dev, "maximum_bytes");
	KUNIT_EXPECT_FALSE(test, has_changed(size));

	hvb_sizes_tell(&told, &now, dev);
	KUNIT_EXPECT_TRUE(test, has_changed(size));
	KUNIT_EXPECT_FALSE(test, has_changed(maximum));
	KUNIT_EXPECT_EQ(test, told.size_bytes, now.size_bytes);
	fput(size);

	size = open_one(test, dev, "size_bytes");
	hvb_sizes_tell(&told, &now, dev);
	KUNIT_EXPECT_FALSE(test, has_changed(size));
	now.maximum_bytes = SZ_2G;
	hvb_sizes_tell(&told, &now, dev);
	KUNIT_EXPECT_FALSE(test, has_changed(size));
	KUNIT_EXPECT_TRUE(test, has_changed(maximum));
	fput(size);
	fput(maximum);
	device_remove_group(dev, &sizes_group);
}

static struct kunit_case sizes_cases[] = {
	KUNIT_CASE(the_pollers_of_what_changed_are_woken),
	{}
};

static struct kunit_suite sizes_suite = {
	.name = "hv_balloon_sizes",
	.test_cases = sizes_cases,
};

kunit_test_suites(&survey_suite, &sizes_suite);
