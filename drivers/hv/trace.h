/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: every message in and out, every range, every change of state,
 * and the counters behind the demand.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hv_balloon

#if !defined(_HVB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HVB_TRACE_H

#include <linux/tracepoint.h>

#include <hyperv/dynmem.h>

#include "burst.h"
#include "demand.h"

#ifndef _HVB_TRACE_ENUMS
#define _HVB_TRACE_ENUMS

/* What happened to a range of pages. */
enum hvb_trace_way {
	HVB_TRACE_GIVEN,
	HVB_TRACE_PRESENT,
	HVB_TRACE_ADDED,
	HVB_TRACE_ONLINE,
};

#endif

#define show_message(type)						\
	__print_symbolic(type,						\
		{ DM_ERROR,			"error" },		\
		{ DM_VERSION_REQUEST,		"version request" },	\
		{ DM_VERSION_RESPONSE,		"version response" },	\
		{ DM_CAPABILITIES_REPORT,	"capabilities" },	\
		{ DM_CAPABILITIES_RESPONSE,	"capabilities response" }, \
		{ DM_STATUS_REPORT,		"status" },		\
		{ DM_BALLOON_REQUEST,		"balloon request" },	\
		{ DM_BALLOON_RESPONSE,		"balloon response" },	\
		{ DM_UNBALLOON_REQUEST,		"unballoon request" },	\
		{ DM_UNBALLOON_RESPONSE,	"unballoon response" },	\
		{ DM_MEM_HOT_ADD_REQUEST,	"hot-add request" },	\
		{ DM_MEM_HOT_ADD_RESPONSE,	"hot-add response" },	\
		{ DM_INFO_MESSAGE,		"info" },		\
		{ DM_MEM_HOT_REMOVE_REQUEST,	"hot-remove request" },	\
		{ DM_MEM_HOT_REMOVE_RESPONSE,	"hot-remove response" })

DECLARE_EVENT_CLASS(hvb_message,
	TP_PROTO(const struct dm_header *hdr, size_t len, int err),
	TP_ARGS(hdr, len, err),
	TP_STRUCT__entry(
		__field(u16, type)
		__field(u16, size)
		__field(u32, trans_id)
		__field(size_t, len)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->type = hdr->type;
		__entry->size = hdr->size;
		__entry->trans_id = hdr->trans_id;
		__entry->len = len;
		__entry->err = err;
	),
	TP_printk("%s size=%u len=%zu trans_id=%u err=%d",
		  show_message(__entry->type), __entry->size, __entry->len,
		  __entry->trans_id, __entry->err)
);

DEFINE_EVENT(hvb_message, hvb_received,
	TP_PROTO(const struct dm_header *hdr, size_t len, int err),
	TP_ARGS(hdr, len, err)
);

DEFINE_EVENT(hvb_message, hvb_sent,
	TP_PROTO(const struct dm_header *hdr, size_t len, int err),
	TP_ARGS(hdr, len, err)
);

TRACE_EVENT(hvb_range,
	TP_PROTO(enum hvb_trace_way way, unsigned long start,
		 unsigned long count),
	TP_ARGS(way, start, count),
	TP_STRUCT__entry(
		__field(int, way)
		__field(unsigned long, start)
		__field(unsigned long, count)
	),
	TP_fast_assign(
		__entry->way = way;
		__entry->start = start;
		__entry->count = count;
	),
	TP_printk("%s start=%#lx pages=%lu",
		  __print_symbolic(__entry->way,
			{ HVB_TRACE_GIVEN,	"given" },
			{ HVB_TRACE_PRESENT,	"present" },
			{ HVB_TRACE_ADDED,	"added" },
			{ HVB_TRACE_ONLINE,	"online" }),
		  __entry->start, __entry->count)
);

TRACE_EVENT(hvb_request,
	TP_PROTO(enum dm_type type, u64 asked_pages, u64 done_pages),
	TP_ARGS(type, asked_pages, done_pages),
	TP_STRUCT__entry(
		__field(int, type)
		__field(u64, asked_pages)
		__field(u64, done_pages)
	),
	TP_fast_assign(
		__entry->type = type;
		__entry->asked_pages = asked_pages;
		__entry->done_pages = done_pages;
	),
	TP_printk("%s asked=%llu done=%llu", show_message(__entry->type),
		  __entry->asked_pages, __entry->done_pages)
);

TRACE_EVENT(hvb_state,
	TP_PROTO(int from, int to),
	TP_ARGS(from, to),
	TP_STRUCT__entry(
		__field(int, from)
		__field(int, to)
	),
	TP_fast_assign(
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("%d -> %d", __entry->from, __entry->to)
);

TRACE_EVENT(hvb_signal,
	TP_PROTO(enum hvb_signal signal),
	TP_ARGS(signal),
	TP_STRUCT__entry(
		__field(int, signal)
	),
	TP_fast_assign(
		__entry->signal = signal;
	),
	TP_printk("%s",
		  __print_symbolic(__entry->signal,
			{ HVB_SIGNAL_FORECAST,	"forecast" },
			{ HVB_SIGNAL_RECLAIM,	"reclaim" },
			{ HVB_SIGNAL_SOME,	"psi some" },
			{ HVB_SIGNAL_FULL,	"psi full" },
			{ HVB_SIGNAL_OOM,	"oom" }))
);

TRACE_EVENT(hvb_look,
	TP_PROTO(const struct hvb_counters *now),
	TP_ARGS(now),
	TP_STRUCT__entry(
		__field(u64, total_pages)
		__field(u64, avail_pages)
		__field(u64, commit_pages)
		__field(u64, ballooned_pages)
		__field(u64, offline_pages)
		__field(u64, price_pages)
		__field(u64, cache_pages)
		__field(u64, swapped_pages)
		__field(u64, task_pages)
	),
	TP_fast_assign(
		__entry->total_pages = now->total_pages;
		__entry->avail_pages = now->avail_pages;
		__entry->commit_pages = now->commit_pages;
		__entry->ballooned_pages = now->ballooned_pages;
		__entry->offline_pages = now->offline_pages;
		__entry->price_pages = now->price_pages;
		__entry->cache_pages = now->cache_pages;
		__entry->swapped_pages = now->swapped_pages;
		__entry->task_pages = now->task_pages;
	),
	TP_printk("total=%llu avail=%llu commit=%llu ballooned=%llu offline=%llu price=%llu cache=%llu swapped=%llu task=%llu",
		  __entry->total_pages, __entry->avail_pages,
		  __entry->commit_pages, __entry->ballooned_pages,
		  __entry->offline_pages, __entry->price_pages,
		  __entry->cache_pages, __entry->swapped_pages,
		  __entry->task_pages)
);

TRACE_EVENT(hvb_status,
	TP_PROTO(const struct hvb_demand *demand),
	TP_ARGS(demand),
	TP_STRUCT__entry(
		__field(u64, num_avail)
		__field(u64, num_committed)
		__field(u64, page_file_size)
		__field(u64, zero_free)
		__field(u32, page_file_writes)
		__field(u32, io_diff)
	),
	TP_fast_assign(
		__entry->num_avail = demand->num_avail;
		__entry->num_committed = demand->num_committed;
		__entry->page_file_size = demand->page_file_size;
		__entry->zero_free = demand->zero_free;
		__entry->page_file_writes = demand->page_file_writes;
		__entry->io_diff = demand->io_diff;
	),
	TP_printk("num_avail=%llu num_committed=%llu page_file_size=%llu zero_free=%llu page_file_writes=%u io_diff=%u",
		  __entry->num_avail, __entry->num_committed,
		  __entry->page_file_size, __entry->zero_free,
		  __entry->page_file_writes, __entry->io_diff)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
