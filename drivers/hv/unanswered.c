// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line in dmesg that says that pressure goes unanswered: what is the matter,
 * the most likely cause, and what to do.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "hv_balloon.h"

static const char * const causes[] = {
	[HVB_CAUSE_HIBERNATION] =
		"the platform offers hibernation, with which Dynamic Memory doesn't go together: turn hibernation off in the host's settings of this guest",
	[HVB_CAUSE_DELAY] =
		"pressure_report_delay is still running: set it to 0",
	[HVB_CAUSE_SUPPRESSED] =
		"the host wants no status reports: it can't know what this guest needs",
	[HVB_CAUSE_OFFLINE] =
		"memory was added but is offline: set online_policy to kernel, or bring the blocks online",
	[HVB_CAUSE_NO_HOT_ADD] =
		"hot-add is off: set hot_add to Y",
	[HVB_CAUSE_HOST_MAX] =
		"the guest has all that the host lets it have: raise its maximum memory on the host",
	[HVB_CAUSE_HOST] =
		"the host gave nothing: look there at the guest's maximum memory, its memory buffer and weight, and at the host's free memory",
};

/**
 * hvb_unanswered_action() - what the host last did, in words
 * @dm: the device
 * @text: room for HVB_ACTION_MAX characters
 *
 * Context: any; what is said can be old.
 */
void hvb_unanswered_action(struct hvb_device *dm, char *text)
{
	const struct hvb_last_request last = dm->last_request;
	const char *what = last.type == DM_BALLOON_REQUEST ? "balloon" :
			   last.type == DM_UNBALLOON_REQUEST ? "unballoon" :
			   last.type == DM_MEM_HOT_REMOVE_REQUEST ?
			   "hot-remove" :
			   "hot-add";

	if (!last.type)
		strscpy(text, "none yet", HVB_ACTION_MAX);
	else
		snprintf(text, HVB_ACTION_MAX,
			 "%s of %llu MiB, %llu MiB done, %u s ago", what,
			 HVB_MIB(last.asked_pages), HVB_MIB(last.done_pages),
			 jiffies_to_msecs(jiffies - last.at) / 1000);
}

static void describe_demand(struct hvb_device *dm, char *text, size_t size,
			    u64 now_us)
{
	u64 passed_us = now_us - dm->burst.reported_us;

	if (!dm->last_committed)
		strscpy(text, "not reported yet", size);
	else
		snprintf(text, size, "%llu MiB, reported %llu s ago",
			 HVB_MIB(dm->last_committed),
			 div_u64(passed_us, USEC_PER_SEC));
}

static enum hvb_cause find_cause(struct hvb_device *dm,
				 const struct hvb_counters *now)
{
	const struct hvb_situation situation = {
		.can_hibernate = dm->can_hibernate,
		.delayed = hvb_status_is_delayed(dm),
		.suppressed = READ_ONCE(dm->suppress_reports),
		.hot_add = READ_ONCE(dm->params->hot_add) &&
			   hvb_device_can_hot_add(dm) &&
			   dm->absent.owns_callback,
		.offline_pages = now->offline_pages,
		.ballooned_pages = now->ballooned_pages,
		.size_pages = now->total_pages + now->ballooned_pages +
			      now->offline_pages,
		.max_pages = READ_ONCE(dm->max_page_count),
	};

	return hvb_burst_cause(&situation);
}

/**
 * hvb_unanswered_say() - say that pressure goes unanswered
 * @dm: the device
 * @now: the counters
 * @now_us: when
 *
 * Context: the reporter's thread.
 */
void hvb_unanswered_say(struct hvb_device *dm, const struct hvb_counters *now,
			u64 now_us)
{
	u64 seconds = div_u64(hvb_burst_unanswered_us(&dm->burst, now_us),
			      USEC_PER_SEC);
	char pressure[80], request[HVB_ACTION_MAX], demand[64], max[24] = "unknown";
	u64 max_pages = READ_ONCE(dm->max_page_count);

	describe_demand(dm, demand, sizeof(demand), now_us);
	hvb_unanswered_action(dm, request);
	hvb_pressure_read(dm, pressure, sizeof(pressure));
	if (max_pages)
		snprintf(max, sizeof(max), "%llu MiB", HVB_MIB(max_pages));
	dev_warn_ratelimited(dm->dev, "memory pressure unanswered for %llu s: %s. Pressure: %s. Demand: %s. Size: %llu MiB, the host's maximum: %s, given to the host: %llu MiB, added but offline: %llu MiB. Last request: %s\n",
			     seconds, causes[find_cause(dm, now)], pressure,
			     demand, HVB_MIB(now->total_pages), max, HVB_MIB(now->ballooned_pages),
			     HVB_MIB(now->offline_pages), request);
}

/**
 * hvb_unanswered_over() - say that it is over
 * @dm: the device
 *
 * Context: the reporter's thread.
 */
void hvb_unanswered_over(struct hvb_device *dm)
{
	dev_info_ratelimited(dm->dev, "memory pressure is answered or over\n");
}
