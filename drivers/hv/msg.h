/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading and building messages: see msg.c. */
#ifndef _HVB_MSG_H
#define _HVB_MSG_H

#include <hyperv/dynmem.h>

struct hvb_demand;

/**
 * struct hvb_wire_range - a run of 4 KiB pages, as on the wire
 * @start: number of the first page, below DM_PAGE_NUMBER_END
 * @count: how many pages, 0 to DM_RANGE_COUNT_MAX
 */
struct hvb_wire_range {
	u64 start;
	u64 count;
};

/**
 * struct hvb_msg - a message from the host that passed every check
 * @type: tells which member of the union is valid
 * @trans_id: to be repeated in the answer
 * @version: DM_VERSION_RESPONSE
 * @caps: DM_CAPABILITIES_RESPONSE
 * @balloon: DM_BALLOON_REQUEST
 * @unballoon: DM_UNBALLOON_REQUEST; ranges point into the buffer checked
 * @hot_add: DM_MEM_HOT_ADD_REQUEST
 * @hot_remove: DM_MEM_HOT_REMOVE_REQUEST
 * @info: DM_INFO_MESSAGE; known is false for an unknown type
 */
struct hvb_msg {
	enum dm_type type;
	u32 trans_id;
	union {
		struct {
			bool is_accepted;
		} version;
		struct {
			bool is_accepted;
			bool hot_remove;
			bool suppress_pressure_reports;
		} caps;
		struct {
			u32 num_pages;
		} balloon;
		struct {
			bool more_pages;
			u32 range_count;
			const u64 *ranges;
		} unballoon;
		struct {
			struct hvb_wire_range range;
			struct hvb_wire_range region;
			bool has_region;
		} hot_add;
		struct {
			u32 num_pages;
		} hot_remove;
		struct {
			bool known;
			u64 max_page_count;
		} info;
	};
};

/**
 * union hvb_status - room for a status report
 * @status: as every host reads it
 * @extended: with the burst flag
 */
union hvb_status {
	struct dm_status status;
	struct dm_status_burst extended;
};

/**
 * struct hvb_packer - a response with page ranges that is being filled
 * @type: of the response
 * @buf: the message, DM_MESSAGE_MAX bytes
 * @ranges: where in it the ranges go
 * @room: how many ranges fit
 * @range_count: ranges so far
 * @nr_pages: 4 KiB pages in them
 */
struct hvb_packer {
	enum dm_type type;
	void *buf;
	u64 *ranges;
	u32 room;
	u32 range_count;
	u64 nr_pages;
};

int hvb_msg_check(const void *buf, size_t len, struct hvb_msg *msg);
struct hvb_wire_range hvb_msg_range(u64 packed);

size_t hvb_msg_version(struct dm_version_request *req, u32 trans_id,
		       u32 version, bool is_last_attempt);
size_t hvb_msg_capabilities(struct dm_capabilities *caps, u32 trans_id,
			    u64 features, unsigned int hot_add_alignment);
size_t hvb_msg_status(union hvb_status *msg, u32 trans_id,
		      const struct hvb_demand *demand, bool extended,
		      bool burst);
size_t hvb_msg_want(struct dm_hot_add *msg, u32 trans_id, u64 pages);
size_t hvb_msg_unballoon_response(struct dm_unballoon_response *resp,
				  u32 trans_id);
size_t hvb_msg_hot_add_response(struct dm_hot_add_response *resp,
				u32 trans_id, u32 page_count, u32 result);
void hvb_pack_start(struct hvb_packer *packer, void *buf, enum dm_type type);
u64 hvb_pack_range(struct hvb_packer *packer, u64 start, u64 count);
size_t hvb_pack_finish(struct hvb_packer *packer, u32 trans_id,
		       bool more_pages);

#endif
