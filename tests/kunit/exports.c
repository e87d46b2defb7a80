// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites call of the driver, in a kernel tree: there both can be
 * modules, and the driver's is linked with this file. tests/check keeps the
 * list complete.
 */
#include <kunit/visibility.h>

#include "burst.h"
#include "demand.h"
#include "device.h"
#include "fs.h"
#include "msg.h"
#include "plan.h"
#include "promise.h"
#include "scan.h"
#include "scarcity.h"
#include "sizes.h"
#include "step.h"
#include "trigger.h"
#include "watch.h"
#include "workingset.h"
#include "zones.h"

EXPORT_SYMBOL_IF_KUNIT(hvb_absent_drop_fresh);
EXPORT_SYMBOL_IF_KUNIT(hvb_absent_erase);
EXPORT_SYMBOL_IF_KUNIT(hvb_absent_insert);
EXPORT_SYMBOL_IF_KUNIT(hvb_absent_return);
EXPORT_SYMBOL_IF_KUNIT(hvb_absent_set);
EXPORT_SYMBOL_IF_KUNIT(hvb_added_remove);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_arrived);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_asked);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_cause);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_due);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_init);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_is_hot);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_judge);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_signal);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_told);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_unanswered_us);
EXPORT_SYMBOL_IF_KUNIT(hvb_burst_wait_us);
EXPORT_SYMBOL_IF_KUNIT(hvb_channel_exit);
EXPORT_SYMBOL_IF_KUNIT(hvb_channel_init);
EXPORT_SYMBOL_IF_KUNIT(hvb_channel_is_failing);
EXPORT_SYMBOL_IF_KUNIT(hvb_channel_notify);
EXPORT_SYMBOL_IF_KUNIT(hvb_channel_pause);
EXPORT_SYMBOL_IF_KUNIT(hvb_channel_send);
EXPORT_SYMBOL_IF_KUNIT(hvb_claim_offline);
EXPORT_SYMBOL_IF_KUNIT(hvb_conversation_begin);
EXPORT_SYMBOL_IF_KUNIT(hvb_conversation_end);
EXPORT_SYMBOL_IF_KUNIT(hvb_conversation_handle);
EXPORT_SYMBOL_IF_KUNIT(hvb_conversation_last_request);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_boot);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_can_give);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_can_give_kernel);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_figure);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_floor);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_has_all);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_headroom);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_is_short);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_is_squeezed);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_look);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_may_ask);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_missed);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_more);
EXPORT_SYMBOL_IF_KUNIT(hvb_demand_size);
EXPORT_SYMBOL_IF_KUNIT(hvb_device_exit);
EXPORT_SYMBOL_IF_KUNIT(hvb_device_init);
EXPORT_SYMBOL_IF_KUNIT(hvb_devices_pause);
EXPORT_SYMBOL_IF_KUNIT(hvb_devices_set_psi);
EXPORT_SYMBOL_IF_KUNIT(hvb_devices_start_reporter);
EXPORT_SYMBOL_IF_KUNIT(hvb_devices_stop_reporter);
EXPORT_SYMBOL_IF_KUNIT(hvb_forecast_ahead);
EXPORT_SYMBOL_IF_KUNIT(hvb_forecast_boost);
EXPORT_SYMBOL_IF_KUNIT(hvb_forecast_glance);
EXPORT_SYMBOL_IF_KUNIT(hvb_forecast_look_us);
EXPORT_SYMBOL_IF_KUNIT(hvb_forecast_sample);
EXPORT_SYMBOL_IF_KUNIT(hvb_fresh_hold);
EXPORT_SYMBOL_IF_KUNIT(hvb_fs_exit);
EXPORT_SYMBOL_IF_KUNIT(hvb_fs_open);
EXPORT_SYMBOL_IF_KUNIT(hvb_give_blocks_one);
EXPORT_SYMBOL_IF_KUNIT(hvb_hot_add_go_on);
EXPORT_SYMBOL_IF_KUNIT(hvb_idle_exit);
EXPORT_SYMBOL_IF_KUNIT(hvb_idle_go_on);
EXPORT_SYMBOL_IF_KUNIT(hvb_memory_read);
EXPORT_SYMBOL_IF_KUNIT(hvb_memory_read_room);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_capabilities);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_check);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_hot_add_response);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_range);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_status);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_unballoon_response);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_version);
EXPORT_SYMBOL_IF_KUNIT(hvb_msg_want);
EXPORT_SYMBOL_IF_KUNIT(hvb_pack_finish);
EXPORT_SYMBOL_IF_KUNIT(hvb_pack_range);
EXPORT_SYMBOL_IF_KUNIT(hvb_pack_start);
EXPORT_SYMBOL_IF_KUNIT(hvb_plan_alignment);
EXPORT_SYMBOL_IF_KUNIT(hvb_plan_answer);
EXPORT_SYMBOL_IF_KUNIT(hvb_plan_backed);
EXPORT_SYMBOL_IF_KUNIT(hvb_plan_hot_add);
EXPORT_SYMBOL_IF_KUNIT(hvb_plan_order);
EXPORT_SYMBOL_IF_KUNIT(hvb_plan_zone);
EXPORT_SYMBOL_IF_KUNIT(hvb_pressure_armed);
EXPORT_SYMBOL_IF_KUNIT(hvb_pressure_fallback);
EXPORT_SYMBOL_IF_KUNIT(hvb_pressure_missing);
EXPORT_SYMBOL_IF_KUNIT(hvb_pressure_read);
EXPORT_SYMBOL_IF_KUNIT(hvb_pressure_set);
EXPORT_SYMBOL_IF_KUNIT(hvb_pressure_stop);
EXPORT_SYMBOL_IF_KUNIT(hvb_promise_is_refused);
EXPORT_SYMBOL_IF_KUNIT(hvb_promise_most);
EXPORT_SYMBOL_IF_KUNIT(hvb_promise_room);
EXPORT_SYMBOL_IF_KUNIT(hvb_promise_shown);
EXPORT_SYMBOL_IF_KUNIT(hvb_promise_size);
EXPORT_SYMBOL_IF_KUNIT(hvb_promise_tasks);
EXPORT_SYMBOL_IF_KUNIT(hvb_ranges_contains);
EXPORT_SYMBOL_IF_KUNIT(hvb_ranges_count);
EXPORT_SYMBOL_IF_KUNIT(hvb_ranges_destroy);
EXPORT_SYMBOL_IF_KUNIT(hvb_ranges_erase);
EXPORT_SYMBOL_IF_KUNIT(hvb_ranges_init);
EXPORT_SYMBOL_IF_KUNIT(hvb_ranges_insert);
EXPORT_SYMBOL_IF_KUNIT(hvb_ranges_next);
EXPORT_SYMBOL_IF_KUNIT(hvb_reporter_set_psi);
EXPORT_SYMBOL_IF_KUNIT(hvb_scan_block);
EXPORT_SYMBOL_IF_KUNIT(hvb_scan_zone);
EXPORT_SYMBOL_IF_KUNIT(hvb_scarcity_apply);
EXPORT_SYMBOL_IF_KUNIT(hvb_scarcity_look);
EXPORT_SYMBOL_IF_KUNIT(hvb_scarcity_signals);
EXPORT_SYMBOL_IF_KUNIT(hvb_signs_arrivals);
EXPORT_SYMBOL_IF_KUNIT(hvb_signs_looked);
EXPORT_SYMBOL_IF_KUNIT(hvb_sizes_tell);
EXPORT_SYMBOL_IF_KUNIT(hvb_step_is_allowed);
EXPORT_SYMBOL_IF_KUNIT(hvb_step_name);
EXPORT_SYMBOL_IF_KUNIT(hvb_survey_finds_offline);
EXPORT_SYMBOL_IF_KUNIT(hvb_survey_leave);
EXPORT_SYMBOL_IF_KUNIT(hvb_trigger_format);
EXPORT_SYMBOL_IF_KUNIT(hvb_trigger_parse);
EXPORT_SYMBOL_IF_KUNIT(hvb_trigger_widen);
EXPORT_SYMBOL_IF_KUNIT(hvb_watch_ask);
EXPORT_SYMBOL_IF_KUNIT(hvb_watch_start);
EXPORT_SYMBOL_IF_KUNIT(hvb_watch_stop);
EXPORT_SYMBOL_IF_KUNIT(hvb_workingset_look);
EXPORT_SYMBOL_IF_KUNIT(hvb_zones_sum);
