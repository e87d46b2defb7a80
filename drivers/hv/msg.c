// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading what the host sends and building what it gets.
 *
 * No part of a message is used before hvb_msg_check() has checked every length
 * and every range in it. It checks a private copy, since the host can change
 * the ring that messages come from at any time.
 *
 * Pure: no state, no kernel services, plain values in and out.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "demand.h"
#include "msg.h"

/**
 * hvb_msg_range() - unpack a range
 * @packed: as it is in a message
 *
 * Return: the range; it may end past DM_PAGE_NUMBER_END.
 */
struct hvb_wire_range hvb_msg_range(u64 packed)
{
	return (struct hvb_wire_range) {
		.start = FIELD_GET(DM_RANGE_START_MASK, packed),
		.count = FIELD_GET(DM_RANGE_COUNT_MASK, packed),
	};
}

static bool range_is_sane(struct hvb_wire_range range)
{
	return range.start + range.count <= DM_PAGE_NUMBER_END;
}

static int check_version_response(const void *buf, size_t size,
				  struct hvb_msg *msg)
{
	const struct dm_version_response *resp = buf;

	msg->version.is_accepted = resp->flags & DM_IS_ACCEPTED;
	return 0;
}

static int check_caps_response(const void *buf, size_t size,
			       struct hvb_msg *msg)
{
	const struct dm_capabilities_resp_msg *resp = buf;

	msg->caps.is_accepted = resp->flags & DM_IS_ACCEPTED;
	msg->caps.hot_remove = resp->flags & DM_HOT_REMOVE;
	msg->caps.suppress_pressure_reports =
		resp->flags & DM_SUPPRESS_PRESSURE_REPORTS;
	return 0;
}

static int check_balloon(const void *buf, size_t size, struct hvb_msg *msg)
{
	const struct dm_balloon *req = buf;

	msg->balloon.num_pages = req->num_pages;
	return 0;
}

static int check_unballoon(const void *buf, size_t size, struct hvb_msg *msg)
{
	const struct dm_unballoon_request *req = buf;
	u32 i;

	if (req->range_count > (size - sizeof(*req)) / sizeof(u64))
		return -EBADMSG;
	for (i = 0; i < req->range_count; i++)
		if (!range_is_sane(hvb_msg_range(req->range_array[i])))
			return -ERANGE;

	msg->unballoon.more_pages = req->flags & DM_MORE_PAGES;
	msg->unballoon.range_count = req->range_count;
	msg->unballoon.ranges = req->range_array;
	return 0;
}

static int check_hot_add(const void *buf, size_t size, struct hvb_msg *msg)
{
	const struct dm_hot_add_with_region *req = buf;

	msg->hot_add.range = hvb_msg_range(req->range);
	if (!range_is_sane(msg->hot_add.range))
		return -ERANGE;

	if (size == sizeof(struct dm_hot_add))
		return 0;
	if (size < sizeof(*req))
		return -EBADMSG;
	msg->hot_add.region = hvb_msg_range(req->region);
	/* An empty region says nothing. */
	msg->hot_add.has_region = msg->hot_add.region.count;
	return range_is_sane(msg->hot_add.region) ? 0 : -ERANGE;
}

static int check_hot_remove(const void *buf, size_t size, struct hvb_msg *msg)
{
	const struct dm_hot_remove *req = buf;

	msg->hot_remove.num_pages = req->page_count;
	return 0;
}

static int check_info(const void *buf, size_t size, struct hvb_msg *msg)
{
	const struct dm_info_msg *req = buf;
	const struct dm_info_header *info = (const void *)req->info;
	size_t room = size - sizeof(*req);

	if (req->info_size > room || req->info_size < sizeof(*info) ||
	    info->data_size > req->info_size - sizeof(*info))
		return -EBADMSG;

	msg->info.known = info->type == DM_INFO_TYPE_MAX_PAGE_CNT;
	if (!msg->info.known)
		return 0;
	if (info->data_size != sizeof(u64))
		return -EBADMSG;
	memcpy(&msg->info.max_page_count, info + 1, sizeof(u64));
	return 0;
}

/* What the host may send: its minimum size, and what checks the rest. */
static const struct {
	size_t min_size;
	int (*check)(const void *buf, size_t size, struct hvb_msg *msg);
} from_host[DM_TYPE_MAX + 1] = {
	[DM_VERSION_RESPONSE] = {
		sizeof(struct dm_version_response), check_version_response },
	[DM_CAPABILITIES_RESPONSE] = {
		sizeof(struct dm_capabilities_resp_msg), check_caps_response },
	[DM_BALLOON_REQUEST] = {
		sizeof(struct dm_balloon), check_balloon },
	[DM_UNBALLOON_REQUEST] = {
		sizeof(struct dm_unballoon_request), check_unballoon },
	[DM_MEM_HOT_ADD_REQUEST] = {
		sizeof(struct dm_hot_add), check_hot_add },
	[DM_INFO_MESSAGE] = {
		sizeof(struct dm_info_msg), check_info },
	[DM_MEM_HOT_REMOVE_REQUEST] = {
		sizeof(struct dm_hot_remove), check_hot_remove },
};

/**
 * hvb_msg_check() - check a message and read it
 * @buf: a private copy of it, aligned to 8 bytes
 * @len: how many bytes were received
 * @msg: filled in with what it says
 *
 * @msg gets the type and the transaction of every message that is long enough
 * to have a header, even of one that is refused.
 *
 * Ranges may be empty: there is nothing to do for these.
 *
 * Return: 0; -EBADMSG if the length received, the size in the header, the
 * message's type and its counts don't agree; -ERANGE if a range ends past the
 * last page number; -EOPNOTSUPP for a type that hosts don't send.
 */
int hvb_msg_check(const void *buf, size_t len, struct hvb_msg *msg)
{
	const struct dm_header *hdr = buf;

	memset(msg, 0, sizeof(*msg));
	if (len < sizeof(*hdr))
		return -EBADMSG;
	msg->type = hdr->type;
	msg->trans_id = hdr->trans_id;

	if (hdr->type > DM_TYPE_MAX || !from_host[hdr->type].check)
		return -EOPNOTSUPP;
	if (hdr->size > len || hdr->size < from_host[hdr->type].min_size)
		return -EBADMSG;
	return from_host[hdr->type].check(buf, hdr->size, msg);
}

static size_t put_header(struct dm_header *hdr, enum dm_type type, size_t size,
			 u32 trans_id)
{
	hdr->type = type;
	hdr->size = size;
	hdr->trans_id = trans_id;
	return size;
}

/**
 * hvb_msg_version() - build a version request
 * @req: where
 * @trans_id: the transaction
 * @version: one of DM_VERSION_*
 * @is_last_attempt: no other version will be offered
 *
 * Return: bytes to send.
 */
size_t hvb_msg_version(struct dm_version_request *req, u32 trans_id,
		       u32 version, bool is_last_attempt)
{
	req->version = version;
	req->flags = is_last_attempt ? DM_IS_LAST_ATTEMPT : 0;
	return put_header(&req->hdr, DM_VERSION_REQUEST, sizeof(*req),
			  trans_id);
}

/**
 * hvb_msg_capabilities() - build the capabilities report
 * @caps: where
 * @trans_id: the transaction
 * @features: of DM_CAP_BALLOON, DM_CAP_HOT_ADD, DM_CAP_HOT_REMOVE
 * @hot_add_alignment: log2 of the alignment of new memory in MiB
 *
 * Return: bytes to send.
 */
size_t hvb_msg_capabilities(struct dm_capabilities *caps, u32 trans_id,
			    u64 features, unsigned int hot_add_alignment)
{
	caps->caps = features | FIELD_PREP(DM_CAP_HOT_ADD_ALIGNMENT_MASK,
					   hot_add_alignment);
	caps->min_page_cnt = 0;
	caps->max_page_number = U64_MAX;
	return put_header(&caps->hdr, DM_CAPABILITIES_REPORT, sizeof(*caps),
			  trans_id);
}

/**
 * hvb_msg_status() - build a status report
 * @msg: where
 * @trans_id: the transaction
 * @demand: what to report
 * @extended: add the burst flag, for hosts that know it
 * @burst: the guest's need is growing fast
 *
 * Return: bytes to send.
 */
size_t hvb_msg_status(union hvb_status *msg, u32 trans_id,
		      const struct hvb_demand *demand, bool extended,
		      bool burst)
{
	struct dm_status *status = &msg->status;

	status->num_avail = demand->num_avail;
	status->num_committed = demand->num_committed;
	status->page_file_size = demand->page_file_size;
	status->zero_free = demand->zero_free;
	status->page_file_writes = demand->page_file_writes;
	status->io_diff = demand->io_diff;
	msg->extended.flags = burst ? DM_BURST : 0;
	return put_header(&status->hdr, DM_STATUS_REPORT,
			  extended ? sizeof(msg->extended) : sizeof(*status),
			  trans_id);
}

/**
 * hvb_msg_want() - build the experimental request for memory
 * @msg: where
 * @trans_id: the transaction
 * @pages: 4 KiB pages wanted; cut to what fits in a range
 *
 * Return: bytes to send.
 */
size_t hvb_msg_want(struct dm_hot_add *msg, u32 trans_id, u64 pages)
{
	msg->range = FIELD_PREP(DM_RANGE_COUNT_MASK,
				min_t(u64, pages, DM_RANGE_COUNT_MAX));
	return put_header(&msg->hdr, DM_MEM_HOT_ADD_REQUEST, sizeof(*msg),
			  trans_id);
}

/**
 * hvb_msg_unballoon_response() - build the answer to an unballoon transaction
 * @resp: where
 * @trans_id: the transaction answered
 *
 * Return: bytes to send.
 */
size_t hvb_msg_unballoon_response(struct dm_unballoon_response *resp,
				  u32 trans_id)
{
	return put_header(&resp->hdr, DM_UNBALLOON_RESPONSE, sizeof(*resp),
			  trans_id);
}

/**
 * hvb_msg_hot_add_response() - build the answer to a hot-add request
 * @resp: where
 * @trans_id: the transaction answered
 * @page_count: 4 KiB pages added
 * @result: DM_HOT_ADD_SUCCESS or DM_HOT_ADD_FAILURE
 *
 * Return: bytes to send.
 */
size_t hvb_msg_hot_add_response(struct dm_hot_add_response *resp,
				u32 trans_id, u32 page_count, u32 result)
{
	resp->page_count = page_count;
	resp->result = result;
	return put_header(&resp->hdr, DM_MEM_HOT_ADD_RESPONSE, sizeof(*resp),
			  trans_id);
}

/**
 * hvb_pack_start() - start a response with page ranges
 * @packer: filled in
 * @buf: where, DM_MESSAGE_MAX bytes, aligned to 8
 * @type: DM_BALLOON_RESPONSE or DM_MEM_HOT_REMOVE_RESPONSE
 */
void hvb_pack_start(struct hvb_packer *packer, void *buf, enum dm_type type)
{
	struct dm_hot_remove_response *removed = buf;
	struct dm_balloon_response *ballooned = buf;

	*packer = (struct hvb_packer) { .buf = buf, .type = type };
	if (type == DM_MEM_HOT_REMOVE_RESPONSE) {
		packer->ranges = removed->range_array;
		packer->room = DM_HOT_REMOVE_RANGES_MAX;
	} else {
		packer->ranges = ballooned->range_array;
		packer->room = DM_RESPONSE_RANGES_MAX;
	}
}

/**
 * hvb_pack_range() - add pages to a response
 * @packer: the response
 * @start: number of the first 4 KiB page, below DM_PAGE_NUMBER_END
 * @count: how many 4 KiB pages
 *
 * A run that is too long for a wire range is split.
 *
 * Return: how many of the pages were added; fewer than @count if the message is
 * full.
 */
u64 hvb_pack_range(struct hvb_packer *packer, u64 start, u64 count)
{
	u64 done = 0;

	while (done < count && packer->range_count < packer->room) {
		u64 part = min_t(u64, count - done, DM_RANGE_COUNT_MAX);

		packer->ranges[packer->range_count++] =
			FIELD_PREP(DM_RANGE_START_MASK, start + done) |
			FIELD_PREP(DM_RANGE_COUNT_MASK, part);
		done += part;
	}
	packer->nr_pages += done;
	return done;
}

static size_t finish_ballooned(struct hvb_packer *packer, u32 trans_id,
			       bool more_pages)
{
	struct dm_balloon_response *resp = packer->buf;

	resp->reservedz = 0;
	resp->more_and_count = FIELD_PREP(DM_RESPONSE_COUNT_MASK,
					  packer->range_count) |
			       (more_pages ? DM_MORE_PAGES : 0);
	return put_header(&resp->hdr, packer->type,
			  struct_size(resp, range_array, packer->range_count),
			  trans_id);
}

static size_t finish_removed(struct hvb_packer *packer, u32 trans_id,
			     bool more_pages)
{
	struct dm_hot_remove_response *resp = packer->buf;

	resp->result = packer->range_count ? DM_HOT_REMOVE_SUCCESS :
					     DM_HOT_REMOVE_FAILURE;
	resp->range_count = packer->range_count;
	resp->flags = more_pages ? DM_MORE_PAGES : 0;
	return put_header(&resp->hdr, packer->type,
			  struct_size(resp, range_array, packer->range_count),
			  trans_id);
}

/**
 * hvb_pack_finish() - finish a response with page ranges
 * @packer: the response; without a range it says that nothing is given
 * @trans_id: the transaction answered
 * @more_pages: another response of this transaction follows
 *
 * Return: bytes to send.
 */
size_t hvb_pack_finish(struct hvb_packer *packer, u32 trans_id,
		       bool more_pages)
{
	if (packer->type == DM_MEM_HOT_REMOVE_RESPONSE)
		return finish_removed(packer, trans_id, more_pages);
	return finish_ballooned(packer, trans_id, more_pages);
}
