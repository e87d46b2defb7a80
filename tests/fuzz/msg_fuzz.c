// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the fuzzing of hvb_msg_check(). The input is a packet. What is accepted
 * must lie within it, make sense, and not depend on what follows the message.
 * Both lie in allocations of just their length.
 */
#include "fuzz.h"
#include "msg.h"

static void must_make_sense(struct hvb_wire_range range)
{
	MUST(range.count <= DM_RANGE_COUNT_MAX);
	MUST(range.start + range.count <= DM_PAGE_NUMBER_END);
}

static void must_say(const void *buf, size_t size, const struct hvb_msg *msg)
{
	const u8 *end = (const u8 *)buf + size;
	u32 i;

	switch (msg->type) {
	case DM_VERSION_RESPONSE:
	case DM_CAPABILITIES_RESPONSE:
	case DM_BALLOON_REQUEST:
	case DM_MEM_HOT_REMOVE_REQUEST:
	case DM_INFO_MESSAGE:
		break;
	case DM_UNBALLOON_REQUEST:
		MUST(msg->unballoon.range_count <= DM_MESSAGE_MAX);
		MUST((const u8 *)(msg->unballoon.ranges +
				  msg->unballoon.range_count) <= end);
		for (i = 0; i < msg->unballoon.range_count; i++)
			must_make_sense(hvb_msg_range(msg->unballoon.ranges[i]));
		break;
	case DM_MEM_HOT_ADD_REQUEST:
		must_make_sense(msg->hot_add.range);
		must_make_sense(msg->hot_add.region);
		MUST(msg->hot_add.has_region == !!msg->hot_add.region.count);
		break;
	default:
		MUST(!"a type that no host sends");
	}
}

static int check(const u8 *data, size_t size, struct hvb_msg *msg)
{
	void *buf = malloc(size ?: 1);
	int err;

	if (!buf)
		abort();
	memcpy(buf, data, size);
	err = hvb_msg_check(buf, size, msg);
	if (!err)
		must_say(buf, size, msg);
	if (!err && msg->type == DM_UNBALLOON_REQUEST)
		msg->unballoon.ranges = NULL;
	free(buf);
	return err;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct hvb_msg whole, alone;
	struct dm_header hdr;
	int err;

	err = check(data, size, &whole);
	MUST(!err || err == -EBADMSG || err == -ERANGE || err == -EOPNOTSUPP);
	if (err)
		return 0;
	memcpy(&hdr, data, sizeof(hdr));
	MUST(hdr.size <= size && hdr.size >= sizeof(hdr));
	MUST(whole.type == hdr.type && whole.trans_id == hdr.trans_id);
	MUST(!check(data, hdr.size, &alone));
	MUST(!memcmp(&whole, &alone, sizeof(whole)));
	return 0;
}
