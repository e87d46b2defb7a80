// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel can have another driver for the device built in, which can't be
 * unloaded. Then the module has another name, takes the device when it is
 * loaded, with what the other driver gave to the host, and lets it go when it
 * is unloaded.
 */
#include <linux/device.h>
#include <linux/hyperv.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "device.h"

/* What the kernel's own driver is called. */
#define OTHER_NAME	"hv_balloon"

static int has_other(struct device *dev, const void *ours)
{
	const struct device_driver *driver = READ_ONCE(dev->driver);

	return driver && driver != ours && !strcmp(driver->name, OTHER_NAME);
}

static int is_free(struct device *dev, const void *type)
{
	return !READ_ONCE(dev->driver) &&
	       guid_equal(&device_to_hv_device(dev)->dev_type, type);
}

static void give_back(struct device *dev)
{
	if (device_attach(dev) < 0)
		dev_err_ratelimited(dev, "the kernel's own driver doesn't take the device again\n");
}

static int seize(struct device *dev, struct device_driver *ours)
{
	unsigned long block;
	int err;

	if (hvb_survey_finds_offline(dev, &block)) {
		dev_err_ratelimited(dev, "memory block %lu was added by the kernel's own driver and is offline, so what the host backs of it isn't known: bring it online, then load this driver\n",
				    block);
		return -EBUSY;
	}
	device_release_driver(dev);
	err = hvb_survey_leave(dev);
	if (!err)
		err = device_driver_attach(ours, dev);
	if (!err)
		return 0;
	dev_err_ratelimited(dev, "can't take the device over (%d), the kernel's own driver has it again\n",
			    err);
	give_back(dev);
	return err;
}

/**
 * hvb_takeover_begin() - take the device from the kernel's own driver
 * @ours: our driver, which is registered
 *
 * Context: may sleep; waits for the other driver and for the host.
 * Return: 0, also if no other driver has a device; or an error, and then it
 * still has it.
 */
int hvb_takeover_begin(struct device_driver *ours)
{
	struct device *dev = bus_find_device(ours->bus, NULL, ours, has_other);
	int err;

	if (!dev)
		return 0;
	err = seize(dev, ours);
	put_device(dev);
	return err;
}

/**
 * hvb_takeover_end() - let the kernel's own driver have the device again
 * @ours: our driver, which isn't registered any more
 * @type: the devices that it was for
 *
 * Context: may sleep; waits for the other driver, if there is one.
 */
void hvb_takeover_end(struct device_driver *ours, const guid_t *type)
{
	struct device *dev = bus_find_device(ours->bus, NULL, type, is_free);

	if (!dev)
		return;
	give_back(dev);
	put_device(dev);
}
