// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs hv-balloon: the stock driver's lines as it prints them, since tests
 * and scripts read them, and ours after them.
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>
#include <linux/time64.h>

#include "hv_balloon.h"

#define LABEL	"%-22s: "

static void show_stock_lines(struct seq_file *f, struct hvb_device *dm,
			     const struct hvb_counters *now, u64 added,
			     u64 onlined)
{
	enum hvb_state state = READ_ONCE(dm->state);
	struct hvb_need need;

	hvb_demand_look(now, &need);
	seq_printf(f, LABEL "%u.%u\n", "host_version",
		   DM_VERSION_MAJOR(dm->version),
		   DM_VERSION_MINOR(dm->version));
	seq_printf(f, "%-22s:%s%s\n", "capabilities",
		   hvb_device_can_balloon(dm) ? " enabled" : "",
		   hvb_device_can_hot_add(dm) ? " hot_add" : "");
	seq_printf(f, LABEL "%u (%s)\n", "state", state,
		   hvb_vsc_state_name(state));
	seq_printf(f, LABEL "%u\n", "page_size", DM_PAGE_SIZE);
	seq_printf(f, LABEL "%llu\n", "pages_added", added);
	seq_printf(f, LABEL "%llu\n", "pages_onlined", onlined);
	seq_printf(f, LABEL "%llu\n", "pages_ballooned", now->ballooned_pages);
	seq_printf(f, LABEL "%llu\n", "total_pages_committed",
		   need.need_pages +
		   hvb_burst_boost(&dm->burst, need.need_pages,
				   READ_ONCE(dm->max_page_count)));
	seq_printf(f, LABEL "%llu\n", "max_dynamic_page_count",
		   READ_ONCE(dm->max_page_count));
}

static void show_counts(struct seq_file *f, struct hvb_device *dm)
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
	};
	unsigned int i;

	for (i = 0; i < HVB_COUNTS; i++)
		seq_printf(f, LABEL "%lu\n", labels[i],
			   atomic_long_read(&dm->counts[i]));
}

static void show_burst(struct seq_file *f, struct hvb_device *dm)
{
	static const char * const labels[HVB_SIGNALS] = {
		[HVB_SIGNAL_FORECAST] = "signals_forecast",
		[HVB_SIGNAL_RECLAIM] = "signals_reclaim",
		[HVB_SIGNAL_SOME] = "signals_psi_some",
		[HVB_SIGNAL_FULL] = "signals_psi_full",
		[HVB_SIGNAL_OOM] = "signals_oom",
	};
	const struct hvb_burst *burst = &dm->burst;
	char armed[HVB_TRIGGER_MAX];
	unsigned int i;

	hvb_pressure_armed(dm, HVB_PSI_TRIGGER, armed);
	seq_printf(f, LABEL "%s\n", "psi_trigger", armed);
	hvb_pressure_armed(dm, HVB_PSI_EARLY, armed);
	seq_printf(f, LABEL "%s\n", "psi_early_trigger", armed);
	seq_printf(f, LABEL "%s\n", "psi_missing", hvb_pressure_missing(dm));
	for (i = 0; i < HVB_SIGNALS; i++)
		seq_printf(f, LABEL "%llu\n", labels[i], burst->signals[i]);
	seq_printf(f, LABEL "%s\n", "burst", str_yes_no(dm->is_hot));
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

static const char *reports_state(struct hvb_device *dm)
{
	if (!dm->reporter)
		return "off";
	return READ_ONCE(dm->suppress_reports) ? "suppressed by the host" :
						 "on";
}

static int hv_balloon_show(struct seq_file *f, void *unused)
{
	struct hvb_device *dm = f->private;
	struct hvb_absent *absent = &dm->absent;
	u64 added, onlined, holes, ranges;
	struct hvb_counters now;
	char action[HVB_ACTION_MAX];

	hvb_counters_read(dm, &now);
	mutex_lock(&absent->lock);
	added = hvb_to_wire(absent->nr_added);
	onlined = hvb_to_wire(absent->nr_onlined);
	holes = hvb_to_wire(absent->holes.nr_pages);
	ranges = absent->given.nr_ranges + absent->fresh.nr_ranges;
	mutex_unlock(&absent->lock);

	show_stock_lines(f, dm, &now, added, onlined);
	seq_printf(f, LABEL "%llu\n", "last_report_committed",
		   READ_ONCE(dm->last_committed));
	seq_printf(f, LABEL "%s\n", "status_reporting", reports_state(dm));
	seq_printf(f, LABEL "%llu\n", "balloon_floor_pages",
		   hvb_demand_floor(now.total_pages));
	seq_printf(f, LABEL "%llu\n", "ranges_ballooned", ranges);
	seq_printf(f, LABEL "%llu\n", "pages_not_backed", holes);
	seq_printf(f, LABEL "%lu\n", "memory_block_pages", dm->block_pages);
	seq_printf(f, LABEL "%lu\n", "blocks_waiting",
		   READ_ONCE(dm->waiting.nr));
	seq_printf(f, LABEL "%s\n", "hibernation",
		   dm->can_hibernate ? "offered, requests are refused" :
				       "not offered");
	seq_printf(f, LABEL "%s\n", "host_hot_remove",
		   str_yes_no(dm->hot_remove));
	seq_printf(f, LABEL "%s\n", "free_page_reporting",
		   str_on_off(dm->prdev_registered));
	hvb_unanswered_action(dm, action);
	seq_printf(f, LABEL "%s\n", "last_host_action", action);
	show_burst(f, dm);
	show_counts(f, dm);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hv_balloon);

/**
 * hvb_debugfs_init() - make the file
 * @dm: the device
 */
void hvb_debugfs_init(struct hvb_device *dm)
{
	dm->debugfs = debugfs_create_file("hv-balloon", 0400, NULL, dm,
					  &hv_balloon_fops);
}

/**
 * hvb_debugfs_exit() - remove the file; no one reads it any more then
 * @dm: the device
 */
void hvb_debugfs_exit(struct hvb_device *dm)
{
	debugfs_remove(dm->debugfs);
	dm->debugfs = NULL;
}
