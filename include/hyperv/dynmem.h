/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wire of the Hyper-V Dynamic Memory protocol.
 *
 * The guest's side is called VSC, the host's VSP. Each VMBus in-band packet
 * holds one message, little endian. Pages are 4 KiB here, whatever the guest's
 * page size is. Fields keep the names that the protocol gives them.
 *
 * Layouts were taken as facts from the interface that Linux's and QEMU's
 * headers describe, and are checked in the lab against QEMU's hv-balloon
 * device. Nothing but the wire belongs in this file.
 */
#ifndef _HYPERV_DYNMEM_H
#define _HYPERV_DYNMEM_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define DM_PAGE_SHIFT		12
#define DM_PAGE_SIZE		(1U << DM_PAGE_SHIFT)

/* The longest message that either side sends. */
#define DM_MESSAGE_MAX		DM_PAGE_SIZE

/* Protocol versions: the major number in the upper half. */
#define DM_VERSION_0_3		0x00000003U	/* Windows 7 */
#define DM_VERSION_1_0		0x00010000U	/* Windows 8 */
#define DM_VERSION_2_0		0x00020000U	/* Windows 10 */
#define DM_VERSION_MAJOR(v)	((v) >> 16)
#define DM_VERSION_MINOR(v)	((v) & 0xffff)

/* dm_header.type; host to guest marked "<", guest to host ">". */
enum dm_type {
	DM_ERROR			= 0,
	DM_VERSION_REQUEST		= 1,	/* > */
	DM_VERSION_RESPONSE		= 2,	/* < */
	DM_CAPABILITIES_REPORT		= 3,	/* > */
	DM_CAPABILITIES_RESPONSE	= 4,	/* < */
	DM_STATUS_REPORT		= 5,	/* > */
	DM_BALLOON_REQUEST		= 6,	/* < */
	DM_BALLOON_RESPONSE		= 7,	/* > */
	DM_UNBALLOON_REQUEST		= 8,	/* < */
	DM_UNBALLOON_RESPONSE		= 9,	/* > */
	DM_MEM_HOT_ADD_REQUEST		= 10,	/* < */
	DM_MEM_HOT_ADD_RESPONSE		= 11,	/* > */
	DM_INFO_MESSAGE			= 12,	/* <, since 1.0 */
	DM_MEM_HOT_REMOVE_REQUEST	= 13,	/* <, since 2.0 */
	DM_MEM_HOT_REMOVE_RESPONSE	= 14,	/* >, since 2.0 */
	DM_TYPE_MAX			= 14,
};

/**
 * struct dm_header - what each message starts with
 * @type: one of enum dm_type
 * @size: bytes of the message, this header included
 * @trans_id: names the transaction; an answer repeats the request's
 */
struct dm_header {
	__u16 type;
	__u16 size;
	__u32 trans_id;
};
static_assert(sizeof(struct dm_header) == 8);
static_assert(offsetof(struct dm_header, size) == 2);
static_assert(offsetof(struct dm_header, trans_id) == 4);

/*
 * A run of pages packed in 64 bits: the first page's number in the low 40, how
 * many pages in the high 24.
 */
#define DM_RANGE_START_BITS	40
#define DM_RANGE_COUNT_BITS	24
#define DM_RANGE_START_MASK	GENMASK_ULL(39, 0)
#define DM_RANGE_COUNT_MASK	GENMASK_ULL(63, 40)
#define DM_RANGE_COUNT_MAX	(BIT_ULL(DM_RANGE_COUNT_BITS) - 1)
#define DM_PAGE_NUMBER_END	BIT_ULL(DM_RANGE_START_BITS)

/**
 * struct dm_version_request - the guest offers a protocol version
 * @hdr: DM_VERSION_REQUEST
 * @version: one of DM_VERSION_*
 * @flags: DM_IS_LAST_ATTEMPT when no other version will be offered
 */
struct dm_version_request {
	struct dm_header hdr;
	__u32 version;
	__u32 flags;
#define DM_IS_LAST_ATTEMPT	BIT(0)
};
static_assert(sizeof(struct dm_version_request) == 16);
static_assert(offsetof(struct dm_version_request, version) == 8);
static_assert(offsetof(struct dm_version_request, flags) == 12);

/* The host's answer to a version or to the capabilities. */
#define DM_IS_ACCEPTED			BIT_ULL(0)
/* In the answer to the capabilities only: */
#define DM_HOT_REMOVE			BIT_ULL(1)
#define DM_SUPPRESS_PRESSURE_REPORTS	BIT_ULL(2)

/**
 * struct dm_version_response - whether the offered version will do
 * @hdr: DM_VERSION_RESPONSE
 * @flags: DM_IS_ACCEPTED or nothing
 */
struct dm_version_response {
	struct dm_header hdr;
	__u64 flags;
};
static_assert(sizeof(struct dm_version_response) == 16);
static_assert(offsetof(struct dm_version_response, flags) == 8);

/**
 * struct dm_capabilities - what the guest can do
 * @hdr: DM_CAPABILITIES_REPORT
 * @caps: DM_CAP_* and the alignment of hot-add: log2 of it in MiB
 * @min_page_cnt: hosts ignore it
 * @max_page_number: hosts ignore it
 */
struct dm_capabilities {
	struct dm_header hdr;
	__u64 caps;
#define DM_CAP_BALLOON			BIT_ULL(0)
#define DM_CAP_HOT_ADD			BIT_ULL(1)
#define DM_CAP_HOT_ADD_ALIGNMENT_MASK	GENMASK_ULL(5, 2)
#define DM_CAP_HOT_REMOVE		BIT_ULL(6)
	__u64 min_page_cnt;
	__u64 max_page_number;
};
static_assert(sizeof(struct dm_capabilities) == 32);
static_assert(offsetof(struct dm_capabilities, caps) == 8);
static_assert(offsetof(struct dm_capabilities, min_page_cnt) == 16);
static_assert(offsetof(struct dm_capabilities, max_page_number) == 24);

/**
 * struct dm_capabilities_resp_msg - whether the host takes such a guest
 * @hdr: DM_CAPABILITIES_RESPONSE
 * @flags: DM_IS_ACCEPTED, DM_HOT_REMOVE, DM_SUPPRESS_PRESSURE_REPORTS
 */
struct dm_capabilities_resp_msg {
	struct dm_header hdr;
	__u64 flags;
};
static_assert(sizeof(struct dm_capabilities_resp_msg) == 16);
static_assert(offsetof(struct dm_capabilities_resp_msg, flags) == 8);

/**
 * struct dm_status - how much memory the guest needs; no answer is due
 * @hdr: DM_STATUS_REPORT
 * @num_avail: pages that can be had without swapping
 * @num_committed: pages that the guest needs; the host's balancer acts on it
 * @page_file_size: pages of swap
 * @zero_free: pages free (and, where the guest zeroes them ahead, zeroed)
 * @page_file_writes: pages written to swap
 * @io_diff: file cache faults less reads
 */
struct dm_status {
	struct dm_header hdr;
	__u64 num_avail;
	__u64 num_committed;
	__u64 page_file_size;
	__u64 zero_free;
	__u32 page_file_writes;
	__u32 io_diff;
};
static_assert(sizeof(struct dm_status) == 48);
static_assert(offsetof(struct dm_status, num_avail) == 8);
static_assert(offsetof(struct dm_status, num_committed) == 16);
static_assert(offsetof(struct dm_status, page_file_size) == 24);
static_assert(offsetof(struct dm_status, zero_free) == 32);
static_assert(offsetof(struct dm_status, page_file_writes) == 40);
static_assert(offsetof(struct dm_status, io_diff) == 44);

/**
 * struct dm_status_burst - a status report that says more; experimental
 * @status: what every host reads
 * @flags: DM_BURST while the guest's need grows fast
 *
 * No host is known to read @flags; hosts take the longer message all the same.
 */
struct dm_status_burst {
	struct dm_status status;
	__u64 flags;
#define DM_BURST			BIT_ULL(0)
};
static_assert(sizeof(struct dm_status_burst) == 56);
static_assert(offsetof(struct dm_status_burst, flags) == 48);

/**
 * struct dm_balloon - the host wants pages
 * @hdr: DM_BALLOON_REQUEST
 * @num_pages: how many; the guest may give fewer
 * @reservedz: zero
 */
struct dm_balloon {
	struct dm_header hdr;
	__u32 num_pages;
	__u32 reservedz;
};
static_assert(sizeof(struct dm_balloon) == 16);
static_assert(offsetof(struct dm_balloon, num_pages) == 8);

/**
 * struct dm_balloon_response - the pages that the guest gives
 * @hdr: DM_BALLOON_RESPONSE
 * @reservedz: zero
 * @more_and_count: DM_MORE_PAGES when another response of this transaction
 *	follows; the number of ranges in the upper 31 bits
 * @range_array: the ranges
 */
struct dm_balloon_response {
	struct dm_header hdr;
	__u32 reservedz;
	__u32 more_and_count;
#define DM_MORE_PAGES			BIT(0)
#define DM_RESPONSE_COUNT_MASK		GENMASK(31, 1)
	__u64 range_array[];
};
static_assert(sizeof(struct dm_balloon_response) == 16);
static_assert(offsetof(struct dm_balloon_response, more_and_count) == 12);
static_assert(offsetof(struct dm_balloon_response, range_array) == 16);

/* What fits in one DM_BALLOON_RESPONSE. */
#define DM_RESPONSE_RANGES_MAX \
	((DM_MESSAGE_MAX - sizeof(struct dm_balloon_response)) / sizeof(__u64))

/**
 * struct dm_unballoon_request - the host gives pages back
 * @hdr: DM_UNBALLOON_REQUEST
 * @flags: DM_MORE_PAGES when another request of this transaction follows
 * @range_count: how many ranges
 * @range_array: the ranges
 */
struct dm_unballoon_request {
	struct dm_header hdr;
	__u32 flags;
	__u32 range_count;
	__u64 range_array[];
};
static_assert(sizeof(struct dm_unballoon_request) == 16);
static_assert(offsetof(struct dm_unballoon_request, flags) == 8);
static_assert(offsetof(struct dm_unballoon_request, range_count) == 12);
static_assert(offsetof(struct dm_unballoon_request, range_array) == 16);

/**
 * struct dm_unballoon_response - all pages of the transaction were taken back
 * @hdr: DM_UNBALLOON_RESPONSE
 */
struct dm_unballoon_response {
	struct dm_header hdr;
};
static_assert(sizeof(struct dm_unballoon_response) == 8);

/**
 * struct dm_hot_add - the host backs new memory
 * @hdr: DM_MEM_HOT_ADD_REQUEST
 * @range: the pages that are backed now
 *
 * Experimental, from guest to host: the guest would like as many pages as
 * @range counts; it starts at 0.
 */
struct dm_hot_add {
	struct dm_header hdr;
	__u64 range;
};
static_assert(sizeof(struct dm_hot_add) == 16);
static_assert(offsetof(struct dm_hot_add, range) == 8);

/**
 * struct dm_hot_add_with_region - the same, and where memory will grow to
 * @hdr: DM_MEM_HOT_ADD_REQUEST, told from struct dm_hot_add by its size
 * @range: the pages that are backed now
 * @region: pages that contain @range and may be backed by later requests
 */
struct dm_hot_add_with_region {
	struct dm_header hdr;
	__u64 range;
	__u64 region;
};
static_assert(sizeof(struct dm_hot_add_with_region) == 24);
static_assert(offsetof(struct dm_hot_add_with_region, region) == 16);

/**
 * struct dm_hot_add_response - how much of the range the guest took
 * @hdr: DM_MEM_HOT_ADD_RESPONSE
 * @page_count: pages added, from the start of the range
 * @result: DM_HOT_ADD_SUCCESS or DM_HOT_ADD_FAILURE
 *
 * Fewer pages than asked for with success: a barrier for good, the host
 * never asks again. No page with failure: the host tries again later.
 */
struct dm_hot_add_response {
	struct dm_header hdr;
	__u32 page_count;
	__u32 result;
#define DM_HOT_ADD_FAILURE	0
#define DM_HOT_ADD_SUCCESS	1
};
static_assert(sizeof(struct dm_hot_add_response) == 16);
static_assert(offsetof(struct dm_hot_add_response, page_count) == 8);
static_assert(offsetof(struct dm_hot_add_response, result) == 12);

/* dm_info_header.type */
#define DM_INFO_TYPE_MAX_PAGE_CNT	0

/**
 * struct dm_info_header - what one piece of information is
 * @type: DM_INFO_TYPE_MAX_PAGE_CNT: a u64 follows, the most pages that the
 *	host will let this guest have
 * @data_size: bytes that follow
 */
struct dm_info_header {
	__u32 type;
	__u32 data_size;
};
static_assert(sizeof(struct dm_info_header) == 8);
static_assert(offsetof(struct dm_info_header, data_size) == 4);

/**
 * struct dm_info_msg - the host tells something
 * @hdr: DM_INFO_MESSAGE
 * @reserved: ignored
 * @info_size: bytes of @info
 * @info: a struct dm_info_header and its data
 */
struct dm_info_msg {
	struct dm_header hdr;
	__u32 reserved;
	__u32 info_size;
	__u8 info[];
};
static_assert(sizeof(struct dm_info_msg) == 16);
static_assert(offsetof(struct dm_info_msg, info_size) == 12);
static_assert(offsetof(struct dm_info_msg, info) == 16);

/**
 * struct dm_hot_remove - the host wants memory back that it added
 * @hdr: DM_MEM_HOT_REMOVE_REQUEST
 * @virtual_node: of which node, as the host counts them
 * @page_count: how many pages; the guest may give fewer
 * @qos_flags: DM_HOT_REMOVE_*, which pages the host likes best
 * @reserved: ignored
 *
 * No host is known to send it, and whether these layouts are final neither:
 * they are those of a patch series that was never merged.
 */
struct dm_hot_remove {
	struct dm_header hdr;
	__u32 virtual_node;
	__u32 page_count;
	__u32 qos_flags;
#define DM_HOT_REMOVE_LARGE		BIT(0)
#define DM_HOT_REMOVE_LOCAL		BIT(1)
	__u32 reserved;
};
static_assert(sizeof(struct dm_hot_remove) == 24);
static_assert(offsetof(struct dm_hot_remove, virtual_node) == 8);
static_assert(offsetof(struct dm_hot_remove, page_count) == 12);
static_assert(offsetof(struct dm_hot_remove, qos_flags) == 16);

/**
 * struct dm_hot_remove_response - the memory that the guest gives
 * @hdr: DM_MEM_HOT_REMOVE_RESPONSE
 * @result: DM_HOT_REMOVE_SUCCESS or DM_HOT_REMOVE_FAILURE
 * @range_count: how many ranges
 * @flags: DM_MORE_PAGES when another response of this transaction follows
 * @range_array: the ranges
 *
 * Without a range: the guest gives nothing.
 */
struct dm_hot_remove_response {
	struct dm_header hdr;
	__u32 result;
#define DM_HOT_REMOVE_FAILURE	0
#define DM_HOT_REMOVE_SUCCESS	1
	__u32 range_count;
	__u64 flags;
	__u64 range_array[];
};
static_assert(sizeof(struct dm_hot_remove_response) == 24);
static_assert(offsetof(struct dm_hot_remove_response, result) == 8);
static_assert(offsetof(struct dm_hot_remove_response, range_count) == 12);
static_assert(offsetof(struct dm_hot_remove_response, flags) == 16);
static_assert(offsetof(struct dm_hot_remove_response, range_array) == 24);

/* What fits in one DM_MEM_HOT_REMOVE_RESPONSE. */
#define DM_HOT_REMOVE_RANGES_MAX \
	((DM_MESSAGE_MAX - sizeof(struct dm_hot_remove_response)) / sizeof(__u64))

#endif
