// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host that withdraws the balloon device, which QEMU can't: loading this does
 * to the device what VMBus does when such a message has come.
 */
#include <linux/device.h>
#include <linux/hyperv.h>
#include <linux/module.h>

/* Matches no device; it knows the bus that the others are on. */
static struct hv_driver nobody = { .name = "hv_withdraw" };

static int is_balloon(struct device *dev, const void *unused)
{
	static const struct hv_vmbus_device_id id = { HV_DM_GUID };

	return guid_equal(&device_to_hv_device(dev)->dev_type, &id.guid);
}

static int __init withdraw_init(void)
{
	struct device *dev;
	int err;

	err = vmbus_driver_register(&nobody);
	if (err)
		return err;
	dev = bus_find_device(nobody.driver.bus, NULL, NULL, is_balloon);
	vmbus_driver_unregister(&nobody);
	if (!dev)
		return -ENODEV;
	WRITE_ONCE(device_to_hv_device(dev)->channel->rescind, true);
	kset_unregister(device_to_hv_device(dev)->channels_kset);
	device_unregister(dev);
	put_device(dev);
	return 0;
}
module_init(withdraw_init);

static void __exit withdraw_exit(void)
{
}
module_exit(withdraw_exit);

MODULE_DESCRIPTION("A host that withdraws the balloon device, for tests");
MODULE_LICENSE("GPL");
