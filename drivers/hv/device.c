// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and stopping a device: its parts come up from the lowest floor.
 */
#include <linux/device.h>

#include "device.h"

static void handle(struct hvb_channel *channel, const void *buf, size_t len)
{
	struct hvb_device *dm = container_of(channel, struct hvb_device,
					     channel);

	hvb_conversation_handle(&dm->conversation, buf, len);
}

static void init_upper_floors(struct hvb_device *dm)
{
	hvb_conversation_init(&dm->conversation, &dm->base, &dm->channel,
			      &dm->memory, &dm->requests);
	hvb_reporter_init(&dm->reporter, &dm->base, &dm->channel, &dm->signs,
			  &dm->memory, &dm->conversation);
}

static int init_lower_floors(struct hvb_device *dm)
{
	int err;

	err = hvb_base_init(&dm->base);
	if (err)
		return err;
	hvb_signs_init(&dm->signs);
	err = hvb_channel_init(&dm->channel, &dm->base, dm->hv, dm->transport,
			       handle);
	if (err)
		goto err_channel;
	err = hvb_requests_init(&dm->requests, &dm->base, &dm->channel,
				&dm->signs, &dm->memory);
	if (err)
		goto err_requests;
	err = hvb_memory_init(&dm->memory, &dm->base, &dm->channel);
	if (err)
		goto err_memory;
	return 0;

err_memory:
	hvb_requests_exit(&dm->requests);
err_requests:
	hvb_channel_exit(&dm->channel);
err_channel:
	hvb_base_exit(&dm->base);
	return err;
}

static void exit_lower_floors(struct hvb_device *dm)
{
	hvb_memory_exit(&dm->memory, dm->is_leaving);
	hvb_requests_exit(&dm->requests);
	hvb_channel_exit(&dm->channel);
	hvb_base_exit(&dm->base);
}

/**
 * hvb_device_init() - make a device ready for its channel
 * @dm: zeroed, except for hv, transport, and base's dev, params and
 *	can_hibernate
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; or the error of another registration with the kernel. On
 * error nothing is left behind.
 */
int hvb_device_init(struct hvb_device *dm)
{
	int err;

	err = init_lower_floors(dm);
	if (err)
		return err;
	init_upper_floors(dm);
	err = hvb_shortage_init(&dm->shortage, &dm->signs, &dm->channel);
	if (err) {
		exit_lower_floors(dm);
		return err;
	}
	if (!hvb_base_can_hot_add(&dm->base))
		dev_info_once(dm->base.dev, "hot-add is off: not supported on this architecture\n");
	if (!hvb_base_can_balloon(&dm->base))
		dev_info_once(dm->base.dev, "ballooning is off: it needs a kernel with pages of 4 KiB\n");
	hvb_devices_join(dm);
	return 0;
}

/**
 * hvb_device_exit() - undo hvb_device_init()
 * @dm: the device; its channel is closed
 *
 * Context: may sleep.
 */
void hvb_device_exit(struct hvb_device *dm)
{
	hvb_devices_leave(dm);
	hvb_shortage_exit(&dm->shortage);
	exit_lower_floors(dm);
}

/**
 * hvb_device_start() - start the conversation and the reporter
 * @dm: the device
 *
 * Context: may sleep; waits for the host.
 * Return: 0; or an error, and then the channel is closed.
 */
int hvb_device_start(struct hvb_device *dm)
{
	int err = hvb_conversation_begin(&dm->conversation);

	if (err)
		return err;
	err = hvb_devices_start_reporter(dm);
	if (err)
		hvb_conversation_end(&dm->conversation);
	return err;
}

/**
 * hvb_device_stop() - stop the reporter and end the conversation
 * @dm: the device
 *
 * Context: may sleep; waits for whatever is under way.
 */
void hvb_device_stop(struct hvb_device *dm)
{
	hvb_devices_stop_reporter(dm);
	hvb_conversation_end(&dm->conversation);
}
