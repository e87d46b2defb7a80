// SPDX-License-Identifier: GPL-2.0-only
/*
 * Setup and teardown of what carries out the host's requests.
 */
#include <linux/slab.h>

#include "base.h"
#include "request.h"

/**
 * hvb_requests_init() - get ready for requests
 * @reqs: zeroed
 * @base: of the device
 * @channel: through which the host is told what it gets
 * @signs: the reporter's inbox; knows what a burst will need
 * @mem: the guest's memory
 *
 * Return: 0 or -ENOMEM.
 */
int hvb_requests_init(struct hvb_requests *reqs, struct hvb_base *base,
		      struct hvb_channel *channel, struct hvb_signs *signs,
		      struct hvb_memory *mem)
{
	reqs->base = base;
	reqs->channel = channel;
	reqs->signs = signs;
	reqs->mem = mem;
	reqs->put_off_ms = HVB_PUT_OFF_MS;
	reqs->send_buf = kmalloc(DM_MESSAGE_MAX, GFP_KERNEL);
	if (!reqs->send_buf)
		return -ENOMEM;
	hvb_give_blocks_init(&reqs->round);
	return 0;
}

/**
 * hvb_requests_exit() - undo hvb_requests_init()
 * @reqs: no request is being carried out any more
 */
void hvb_requests_exit(struct hvb_requests *reqs)
{
	hvb_give_blocks_exit(&reqs->round);
	kfree(reqs->send_buf);
}
