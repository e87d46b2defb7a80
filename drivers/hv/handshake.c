// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handshake: the guest asks for a protocol version, then reports its
 * capabilities. Each question waits for its answer, which the device's work
 * reads and conversation.c takes.
 */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/jiffies.h>

#include "base.h"
#include "channel.h"
#include "conversation.h"
#include "msg.h"
#include "plan.h"

static int ask(struct hvb_conversation *conv, enum hvb_stage stage, const void *buf,
	       size_t size)
{
	int err;

	reinit_completion(&conv->answered);
	WRITE_ONCE(conv->stage, stage);
	err = hvb_channel_send(conv->channel, buf, size);
	if (err)
		return err;
	if (!wait_for_completion_timeout(&conv->answered,
					 msecs_to_jiffies(conv->answer_wait_ms)))
		return -ETIMEDOUT;
	return 0;
}

static int negotiate_version(struct hvb_conversation *conv)
{
	static const u32 versions[] = {
		DM_VERSION_2_0, DM_VERSION_1_0, DM_VERSION_0_3,
	};
	struct dm_version_request req;
	unsigned int i;
	size_t size;
	int err;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		size = hvb_msg_version(&req, hvb_channel_next_id(conv->channel),
				       versions[i],
				       i == ARRAY_SIZE(versions) - 1);
		err = ask(conv, HVB_AWAIT_VERSION, &req, size);
		if (err) {
			dev_err_ratelimited(conv->base->dev, "no answer to protocol version %u.%u (%d)\n",
					    DM_VERSION_MAJOR(versions[i]),
					    DM_VERSION_MINOR(versions[i]), err);
			return err;
		}
		if (conv->is_accepted) {
			conv->agreed.version = versions[i];
			return 0;
		}
	}
	dev_err_ratelimited(conv->base->dev, "the host refused every protocol version (2.0, 1.0 and 0.3)\n");
	return -EPROTO;
}

/*
 * Hosts expect the first two bits even from a guest that can hibernate; such a
 * guest refuses the requests instead.
 */
static u64 features(struct hvb_conversation *conv)
{
	u64 bits = 0;

	if (hvb_base_can_balloon(conv->base))
		bits |= DM_CAP_BALLOON;
	if (hvb_base_can_hot_add(conv->base))
		bits |= DM_CAP_HOT_ADD;
	if (hvb_base_can_hot_remove(conv->base) && conv->agreed.version >= DM_VERSION_2_0)
		bits |= DM_CAP_HOT_REMOVE;
	return bits;
}

static int report_capabilities(struct hvb_conversation *conv)
{
	struct dm_capabilities caps;
	unsigned int alignment;
	size_t size;
	int err;

	alignment = hvb_plan_alignment((u64)conv->base->block_pages << PAGE_SHIFT);
	size = hvb_msg_capabilities(&caps, hvb_channel_next_id(conv->channel),
				    features(conv), alignment);
	err = ask(conv, HVB_AWAIT_CAPS, &caps, size);
	if (err) {
		dev_err_ratelimited(conv->base->dev, "no answer to the capabilities (%d)\n",
				    err);
		return err;
	}
	if (!conv->is_accepted) {
		dev_err_ratelimited(conv->base->dev, "the host refused the guest's capabilities\n");
		return -ECONNREFUSED;
	}
	return 0;
}

/**
 * hvb_handshake() - agree with the host
 * @conv: the conversation; its channel is open
 *
 * Context: may sleep; waits for the host, answer_wait_ms for each answer.
 * Return: 0; -EPROTO if the host refused every version; -ECONNREFUSED if it
 * refused the capabilities; -ETIMEDOUT if it didn't answer; or the error from
 * sending.
 */
int hvb_handshake(struct hvb_conversation *conv)
{
	return negotiate_version(conv) ?: report_capabilities(conv);
}
