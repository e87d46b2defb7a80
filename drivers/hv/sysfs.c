// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sizes in sysfs, for everybody: a value a file, in bytes. Documented in
 * Documentation/ABI/testing/sysfs-bus-vmbus-hv_balloon.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "device.h"
#include "sizes.h"

static struct hvb_sizes snapshot(struct device *dev)
{
	struct hvb_device *dm = dev_get_drvdata(dev);
	struct hvb_memory_facts memory;
	struct hvb_agreed agreed;

	hvb_memory_facts(&dm->memory, &memory);
	hvb_conversation_agreed(&dm->conversation, &agreed);
	return (struct hvb_sizes) {
		.size_bytes = (u64)memory.total_pages << PAGE_SHIFT,
		.maximum_bytes = agreed.max_page_count << DM_PAGE_SHIFT,
		.ballooned_bytes = (u64)memory.ballooned_pages << PAGE_SHIFT,
	};
}

static ssize_t size_bytes_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", snapshot(dev).size_bytes);
}
static DEVICE_ATTR_RO(size_bytes);

static ssize_t maximum_bytes_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", snapshot(dev).maximum_bytes);
}
static DEVICE_ATTR_RO(maximum_bytes);

static ssize_t ballooned_bytes_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", snapshot(dev).ballooned_bytes);
}
static DEVICE_ATTR_RO(ballooned_bytes);

static struct attribute *sizes_attrs[] = {
	&dev_attr_size_bytes.attr,
	&dev_attr_maximum_bytes.attr,
	&dev_attr_ballooned_bytes.attr,
	NULL
};

static const struct attribute_group sizes_group = {
	.name = HVB_SIZES_GROUP,
	.attrs = sizes_attrs,
};

/* The driver core makes these files once probe is over, and ends them. */
const struct attribute_group *hvb_sysfs_groups[] = { &sizes_group, NULL };
