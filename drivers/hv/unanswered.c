// SPDX-License-Identifier: GPL-2.0-only
/*
 * The message that pressure goes unanswered: what is wrong, the most likely
 * cause, and what to do about it.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "base.h"
#include "conversation.h"
#include "unanswered.h"

static const char * const causes[] = {
	[HVB_CAUSE_HIBERNATION] =
		"the platform offers hibernation, with which Dynamic Memory doesn't go together: turn hibernation off in the host's settings of this guest",
	[HVB_CAUSE_DELAY] =
		"pressure_report_delay is still running: set it to 0",
	[HVB_CAUSE_SUPPRESSED] =
		"the host wants no status reports: it can't know what this guest needs",
	[HVB_CAUSE_OFFLINE] =
		"memory was added but is offline: set online_policy to kernel, or bring the blocks online",
	[HVB_CAUSE_CANNOT_ADD] =
		"no memory can be added here, for the reason given when the driver was loaded: start the guest with more",
	[HVB_CAUSE_NO_HOT_ADD] =
		"hot-add is off: set hot_add to Y, and load the driver again, as the host asks only once",
	[HVB_CAUSE_DEAF] =
		"the host takes no messages from this guest any more: restart the guest, and look at the host's log",
	[HVB_CAUSE_HOST_MAX] =
		"the guest has all that the host lets it have: raise its maximum memory on the host",
	[HVB_CAUSE_HOST] =
		"the host gave nothing: look there at the guest's maximum memory, its memory buffer and weight, and at the host's free memory",
};

/**
 * hvb_unanswered_action() - describe the host's last request
 * @last: the request
 * @text: filled in; has room for HVB_ACTION_MAX characters
 *
 * Context: any.
 */
void hvb_unanswered_action(const struct hvb_last_request *last, char *text)
{
	const char *what = last->type == DM_BALLOON_REQUEST ? "balloon" :
			   last->type == DM_UNBALLOON_REQUEST ? "unballoon" :
			   last->type == DM_MEM_HOT_REMOVE_REQUEST ?
			   "hot-remove" :
			   "hot-add";

	if (!last->type)
		strscpy(text, "none yet", HVB_ACTION_MAX);
	else
		snprintf(text, HVB_ACTION_MAX,
			 "%s of %llu MiB, %llu MiB done, %u s ago", what,
			 HVB_MIB(last->asked_pages), HVB_MIB(last->done_pages),
			 jiffies_to_msecs(jiffies - last->at) / 1000);
}

static void describe_demand(const struct hvb_unanswered *what, char *text,
			    size_t size)
{
	if (!what->committed_pages)
		strscpy(text, "not reported yet", size);
	else
		snprintf(text, size, "%llu MiB, reported %llu s ago",
			 HVB_MIB(what->committed_pages),
			 div_u64(what->reported_us, USEC_PER_SEC));
}

/**
 * hvb_unanswered_say() - log that pressure goes unanswered
 * @dev: the device
 * @what: what to say
 *
 * Context: may sleep.
 */
void hvb_unanswered_say(struct device *dev, const struct hvb_unanswered *what)
{
	const struct hvb_situation *situation = &what->situation;
	char request[HVB_ACTION_MAX], demand[64], max[24] = "unknown";

	describe_demand(what, demand, sizeof(demand));
	hvb_unanswered_action(what->last, request);
	if (what->max_pages)
		snprintf(max, sizeof(max), "%llu MiB", HVB_MIB(what->max_pages));
	dev_warn_ratelimited(dev, "memory pressure unanswered for %llu s: %s. Pressure: %s. Demand: %s. Size: %llu MiB, kept since boot: %llu MiB, the host's maximum: %s, given to the host: %llu MiB, added but offline: %llu MiB. Last request: %s\n",
			     div_u64(what->lasts_us, USEC_PER_SEC),
			     causes[hvb_burst_cause(situation)],
			     what->averages, demand, HVB_MIB(what->total_pages),
			     HVB_MIB(what->boot_pages), max, HVB_MIB(situation->ballooned_pages),
			     HVB_MIB(situation->offline_pages), request);
}

/**
 * hvb_unanswered_over() - log that pressure is answered or over
 * @dev: the device
 *
 * Context: any.
 */
void hvb_unanswered_over(struct device *dev)
{
	dev_info_ratelimited(dev, "memory pressure is answered or over\n");
}
