// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs hv-balloon: the stock driver's lines exactly as it prints them, since
 * tests and scripts read them, followed by our own.
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <linux/time64.h>

#include "demand.h"
#include "device.h"
#include "unanswered.h"

#define LABEL	"%-22s: "

/**
 * struct snapshot - everything that the file shows
 * @now: the counters
 * @need: what the guest needs, bursts aside
 * @memory: what the host has, and the blocks that were added
 * @state: the state of the conversation
 * @agreed: what the host told us about itself
 * @last: the host's last request
 * @reporter: what the reporter knows
 */
struct snapshot {
	struct hvb_counters now;
	struct hvb_need need;
	struct hvb_memory_facts memory;
	enum hvb_state state;
	struct hvb_agreed agreed;
	struct hvb_last_request last;
	struct hvb_reporter_facts reporter;
};

static void take_snapshot(struct hvb_device *dm, struct snapshot *shot)
{
	hvb_reporter_facts(&dm->reporter, &shot->reporter);
	hvb_memory_read(&dm->memory, NULL, &shot->now);
	hvb_scarcity_apply(&shot->reporter.scarcity, &shot->now);
	shot->now.workingset_pages = shot->reporter.workingset_pages;
	hvb_demand_look(&shot->now, &shot->need);
	hvb_memory_facts(&dm->memory, &shot->memory);
	shot->state = hvb_conversation_state(&dm->conversation);
	hvb_conversation_agreed(&dm->conversation, &shot->agreed);
	hvb_conversation_last_request(&dm->conversation, &shot->last);
}

static void show_stock_lines(struct seq_file *f, const struct hvb_base *base,
			     const struct snapshot *shot)
{
	u64 need_pages = shot->need.need_pages;

	seq_printf(f, LABEL "%u.%u\n", "host_version",
		   DM_VERSION_MAJOR(shot->agreed.version),
		   DM_VERSION_MINOR(shot->agreed.version));
	seq_printf(f, "%-22s:%s%s\n", "capabilities",
		   hvb_base_can_balloon(base) ? " enabled" : "",
		   hvb_base_can_hot_add(base) ? " hot_add" : "");
	seq_printf(f, LABEL "%u (%s)\n", "state", shot->state,
		   hvb_conversation_state_name(shot->state));
	seq_printf(f, LABEL "%u\n", "page_size", DM_PAGE_SIZE);
	seq_printf(f, LABEL "%llu\n", "pages_added",
		   hvb_to_wire(shot->memory.added_pages));
	seq_printf(f, LABEL "%llu\n", "pages_onlined",
		   hvb_to_wire(shot->memory.onlined_pages));
	seq_printf(f, LABEL "%llu\n", "pages_ballooned",
		   shot->now.ballooned_pages);
	seq_printf(f, LABEL "%llu\n", "total_pages_committed",
		   need_pages + hvb_forecast_boost(&shot->reporter.burst,
						need_pages,
						shot->agreed.max_page_count));
	seq_printf(f, LABEL "%llu\n", "max_dynamic_page_count",
		   shot->agreed.max_page_count);
}

static void show_memory(struct seq_file *f, const struct hvb_base *base,
			const struct snapshot *shot)
{
	seq_printf(f, LABEL "%llu\n", "balloon_floor_pages",
		   hvb_demand_floor(shot->now.total_pages));
	seq_printf(f, LABEL "%lu\n", "ranges_ballooned",
		   shot->memory.nr_ranges);
	seq_printf(f, LABEL "%llu\n", "pages_not_backed",
		   hvb_to_wire(shot->memory.hole_pages));
	seq_printf(f, LABEL "%llu\n", "pages_kept_at_boot",
		   shot->now.boot_pages);
	seq_printf(f, LABEL "%llu\n", "pages_unaccounted",
		   shot->now.hidden_pages);
	seq_printf(f, LABEL "%lu\n", "memory_block_pages", base->block_pages);
	seq_printf(f, LABEL "%lu\n", "blocks_waiting",
		   shot->memory.nr_waiting);
}

static void show_counts(struct seq_file *f, const struct hvb_base *base)
{
	static const char * const labels[HVB_COUNTS] = {
		[HVB_COUNT_RECEIVED] = "messages_received",
		[HVB_COUNT_SENT] = "messages_sent",
		[HVB_COUNT_REFUSED] = "messages_refused",
		[HVB_COUNT_SEND_FAILED] = "sends_failed",
		[HVB_COUNT_STATUS] = "status_reports",
		[HVB_COUNT_UNKNOWN_PAGES] = "pages_unknown",
		[HVB_COUNT_HOT_ADD_FAILED] = "hot_adds_failed",
		[HVB_COUNT_ONLINE_FAILED] = "onlines_failed",
		[HVB_COUNT_BLOCK_PAGES] = "taken_by_block",
		[HVB_COUNT_LARGE_PAGES] = "taken_by_2mib",
		[HVB_COUNT_SMALL_PAGES] = "taken_by_less",
		[HVB_COUNT_BLOCKS_REMOVED] = "blocks_removed",
		[HVB_COUNT_OUT_OF_BAND] = "out_of_band_reports",
		[HVB_COUNT_UNANSWERED] = "pressure_unanswered",
		[HVB_COUNT_ELSEWHERE] = "pressure_elsewhere",
	};
	unsigned int i;

	for (i = 0; i < HVB_COUNTS; i++)
		seq_printf(f, LABEL "%lu\n", labels[i],
			   atomic_long_read(&base->counts[i]));
}

static void show_burst(struct seq_file *f,
		       const struct hvb_reporter_facts *reporter)
{
	static const char * const labels[HVB_SIGNALS] = {
		[HVB_SIGNAL_FORECAST] = "signals_forecast",
		[HVB_SIGNAL_RECLAIM] = "signals_reclaim",
		[HVB_SIGNAL_SOME] = "signals_psi_some",
		[HVB_SIGNAL_FULL] = "signals_psi_full",
		[HVB_SIGNAL_OOM] = "signals_oom",
	};
	const struct hvb_burst *burst = &reporter->burst;
	unsigned int i;

	seq_printf(f, LABEL "%s\n", "psi_trigger",
		   reporter->armed[HVB_PSI_TRIGGER]);
	seq_printf(f, LABEL "%s\n", "psi_early_trigger",
		   reporter->armed[HVB_PSI_EARLY]);
	seq_printf(f, LABEL "%s\n", "psi_missing", reporter->missing);
	for (i = 0; i < HVB_SIGNALS; i++)
		seq_printf(f, LABEL "%llu\n", labels[i], burst->signals[i]);
	seq_printf(f, LABEL "%s\n", "burst", str_yes_no(reporter->is_hot));
	seq_printf(f, LABEL "%llu\n", "workingset_pages",
		   reporter->workingset_pages);
	seq_printf(f, LABEL "%llu\n", "growth_pages_per_s",
		   burst->rate_pages_s);
	seq_printf(f, LABEL "%llu\n", "boost_pages",
		   max(burst->forecast_pages, burst->step_pages));
	seq_printf(f, LABEL "%llu\n", "host_answer_ms",
		   div_u64(burst->last_answer_us, USEC_PER_MSEC));
	seq_printf(f, LABEL "%llu\n", "host_answer_max_ms",
		   div_u64(burst->max_answer_us, USEC_PER_MSEC));
	seq_printf(f, LABEL "%llu\n", "unanswered_max_ms",
		   div_u64(burst->longest_us, USEC_PER_MSEC));
}

static const char *reports_state(const struct snapshot *shot)
{
	if (!shot->reporter.is_running)
		return "off";
	return shot->agreed.suppress_reports ? "suppressed by the host" : "on";
}

static void show(struct seq_file *f, struct hvb_device *dm,
		 const struct snapshot *shot)
{
	char action[HVB_ACTION_MAX];

	show_stock_lines(f, &dm->base, shot);
	seq_printf(f, LABEL "%llu\n", "last_report_committed",
		   shot->reporter.last_committed);
	seq_printf(f, LABEL "%s\n", "status_reporting", reports_state(shot));
	show_memory(f, &dm->base, shot);
	seq_printf(f, LABEL "%s\n", "hibernation",
		   dm->base.can_hibernate ? "offered, requests are refused" :
					    "not offered");
	seq_printf(f, LABEL "%s\n", "host_hot_remove",
		   str_yes_no(shot->agreed.hot_remove));
	seq_printf(f, LABEL "%s\n", "free_page_reporting",
		   str_on_off(hvb_page_reporting_is_on(&dm->page_reporting)));
	hvb_unanswered_action(&shot->last, action);
	seq_printf(f, LABEL "%s\n", "last_host_action", action);
	show_burst(f, &shot->reporter);
	show_counts(f, &dm->base);
}

static int hv_balloon_show(struct seq_file *f, void *unused)
{
	struct hvb_device *dm = f->private;
	struct snapshot *shot = kzalloc(sizeof(*shot), GFP_KERNEL);

	if (!shot)
		return -ENOMEM;
	take_snapshot(dm, shot);
	show(f, dm, shot);
	kfree(shot);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hv_balloon);

/**
 * hvb_debugfs_init() - create the file
 * @dm: the device
 */
void hvb_debugfs_init(struct hvb_device *dm)
{
	dm->debugfs = debugfs_create_file("hv-balloon", 0400, NULL, dm,
					  &hv_balloon_fops);
}

/**
 * hvb_debugfs_exit() - remove the file; no reader is left on return
 * @dm: the device
 */
void hvb_debugfs_exit(struct hvb_device *dm)
{
	debugfs_remove(dm->debugfs);
	dm->debugfs = NULL;
}
