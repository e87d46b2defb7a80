/* SPDX-License-Identifier: GPL-2.0-only */
/* One Dynamic Memory device: see device.c. All devices: see devices.c. */
#ifndef _HVB_DEVICE_H
#define _HVB_DEVICE_H

#include <linux/list.h>
#include <linux/uuid.h>

#include "base.h"
#include "channel.h"
#include "conversation.h"
#include "memory.h"
#include "page_reporting.h"
#include "reporter.h"
#include "request.h"
#include "shortage.h"
#include "signs.h"

struct attribute_group;
struct dentry;
struct device_driver;

/**
 * struct hvb_device - one Dynamic Memory device
 * @node: entry in the list of all devices
 * @is_leaving: the device itself goes away, not just its driver
 * @hv: the VMBus device
 * @transport: how messages travel
 * @base: what every part needs
 * @channel: messages to and from the host
 * @signs: the reporter's inbox
 * @shortage: listens to reclaim and OOM
 * @memory: the pages that the host has, and the blocks that we added
 * @requests: carries out the host's requests
 * @conversation: the conversation with the host
 * @reporter: tells the host what the guest needs
 * @page_reporting: free pages reported to the hypervisor
 * @debugfs: our file there
 */
struct hvb_device {
	struct list_head node;
	bool is_leaving;
	struct hv_device *hv;
	const struct hvb_transport *transport;
	struct hvb_base base;
	struct hvb_channel channel;
	struct hvb_signs signs;
	struct hvb_shortage shortage;
	struct hvb_memory memory;
	struct hvb_requests requests;
	struct hvb_conversation conversation;
	struct hvb_reporter reporter;
	struct hvb_page_reporting page_reporting;
	struct dentry *debugfs;
};

/* device.c */
int hvb_device_init(struct hvb_device *dm);
void hvb_device_exit(struct hvb_device *dm);
int hvb_device_start(struct hvb_device *dm);
void hvb_device_stop(struct hvb_device *dm);

/* devices.c */
void hvb_devices_join(struct hvb_device *dm);
void hvb_devices_leave(struct hvb_device *dm);
int hvb_devices_start_reporter(struct hvb_device *dm);
void hvb_devices_stop_reporter(struct hvb_device *dm);
int hvb_devices_set_psi(struct hvb_params *params, enum hvb_psi_which which,
			const char *text);
void hvb_devices_pause(bool asleep);

/* takeover.c */
int hvb_takeover_begin(struct device_driver *ours);
void hvb_takeover_end(struct device_driver *ours, const guid_t *type);

/* sysfs.c */
extern const struct attribute_group *hvb_sysfs_groups[];

/* debugfs.c */
void hvb_debugfs_init(struct hvb_device *dm);
void hvb_debugfs_exit(struct hvb_device *dm);

#endif
