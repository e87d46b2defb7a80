#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Shows that the KUnit suites can fail: breaks the driver on purpose, one place
at a time, and expects a suite to find it. tests/fuzz/run --mutants does that
for the pure files.

	mutants.py [--jobs N] [FILE...]

FILE: only the mutants of that file, as conversation.c
"""

import argparse
import concurrent.futures
import functools
from pathlib import Path
import sys

import machine  # its first lines make the lab's modules found
import results
import root

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 300	# seconds; most take one minute

# In place of a statement: gcc has something against an empty one.
NOTHING = "do { } while (0);"

# (suites that must find it, file, the text there, what it becomes)
MUTANTS = [
    ("states", "conversation.c",
     "	if (READ_ONCE(conv->stage) != stage)\n		return -EPROTO;\n", ""),
    ("handshake.a_request*", "conversation.c", "if (msg->caps.is_accepted)",
     "if (0)"),
    ("states", "conversation.c", "READ_ONCE(conv->state) == HVB_INITIALIZING ||", ""),
    ("balloon.a_full_ring*", "channel.c", "err != -EAGAIN || ", "1 || "),
    ("ends.a_flood*", "channel.c", "msecs_to_jiffies(FLOOD_PAUSE_MS)", "0"),
    ("requests.events_are_read*", "counters.c",
     "if (last && last->swap_free_pages == now->swap_free_pages &&",
     "if (0 &&"),
    ("requests.events_are_read*", "counters.c",
     "if (last && last->swap_free_pages == now->swap_free_pages &&",
     "if (last &&"),
    ("requests.events_are_those*", "counters.c",
     "			  events_of(cpu, ALLOCSTALL_MOVABLE) +\n", ""),
    ("requests.giving*", "counters.c",
     "	now->free_pages = seen->free_pages;\n", ""),
    ("requests.giving*", "memory.c",
     "	mutex_lock(&mem->lock);\n	now->total_pages = "
     "hvb_to_wire(hvb_counters_total(&mem->counting));\n"
     "	mutex_unlock(&mem->lock);\n}", "}"),
    ("requests.information*", "conversation.c",
     "	WRITE_ONCE(conv->agreed.max_page_count, msg->info.max_page_count);\n", ""),
    ("balloon.pages_go*", "fresh.c",
     "	adjust_managed_page_count(page, -(long)count);\n", ""),
    ("balloon.pages_go*", "fresh.c", "__SetPageOffline(page + i)", ";"),
    ("balloon.pages_go*", "absent.c", "generic_online_page(page, order)",
     "generic_online_page(page, 0)"),
    ("balloon.pages_never*", "absent.c",
     "return free_all(mem, &mem->given, start, start + count);",
     "free_all(mem, &mem->given, start, start + count);\n"
     "	return count;"),
    ("blocks.pages_of*", "fresh.c",
     "start >= hvb_range_end(&mem->moving) ||", "1 ||"),
    ("races.a_block*", "absent.c", "clamp(moving->start, start, end)", "end"),
    ("races.others*", "absent.c", "min(end, ALIGN(start + 1, STEP_PAGES))", "end"),
    ("blocks.a_part*", "claim.c", "min(until - start, mem->claim_pages)",
     "until - start"),
    ("blocks.*", "claim.c",
     "	hvb_phase_rest(mem, start);\n	return was_ours;",
     "	return was_ours;"),
    ("hotadd.*", "added.c", "	mem->nr_added -= backed->count;\n", ""),
    ("hotadd.*", "added.c",
     "hvb_absent_erase(mem, &mem->holes, part->start, part->count);",
     ""),
    ("hotadd.an_odd*", "added.c",
     "hvb_range_end(blocks) -\n				    "
     "hvb_range_end(backed)", "0"),
    ("balloon.the_driver*", "ledger.c", "i < ledger->nr_entries",
     "i + 1 < ledger->nr_entries"),
    ("ends.a_device*", "ledger.c", "if (is_leaving)", "if (0)"),
    ("hotadd.the_driver*", "ledger.c",
     " - mem->holes.nr_pages", ""),
    ("blocks.no_driver*", "idle.c",
     "	kthread_queue_work(mem->base->worker, &settling.work);\n", ""),
    ("hotadd.a_block*", "hotplug.c",
     "hold_absent(mem, start, start + count, -1)",
     "hold_absent(mem, start, start, -1)"),
    ("hotadd.a_block*", "hotplug.c",
     "hold_absent(mem, start, start + count, 1)",
     "hold_absent(mem, start, start, 1)"),
    ("hotadd.*", "hotplug.c",
     "	mem->nr_onlined -= count_backed(mem, start, count);\n", ""),
    ("hotadd.pages*", "hotplug.c",
     "		hvb_absent_release(mem, part.start, part.count);\n", ""),
    ("hotadd.a_region*", "hotplug.c",
     "hvb_compat_keep_offline(pfn_to_page(part.start), part.count);",
     "online_run(part.start, hvb_range_end(&part));"),
    ("requests.a_guest*", "hot_add.c", "if (reqs->base->can_hibernate)", "if (0)"),
    ("hotadd.hot_add_off*", "hot_add.c", "!READ_ONCE(reqs->base->params->hot_add)",
     "0"),
    ("hotadd.policy_off*", "waiting.c",
     "	if (zone == HVB_ZONE_NONE)\n		return 0;\n", ""),
    ("faults.a_request*", "added.c",
     "		forget(mem, blocks, backed);\n", ""),
    ("faults.a_request*", "added.c",
     "err == -EEXIST && !is_taken(blocks) ? -ENOMEM : err", "err"),
    ("overlap.what_is_behind*", "hot_add.c", "if (nr == -EEXIST) {",
     "if (0) {"),
    ("overlap.what_was*", "hot_add.c",
     "nr = hvb_added_count_backed(reqs->mem, req->from, left);", "nr = 0;"),
    ("overlap.nothing*", "hot_add.c",
     "	if (!range.count)\n		return -EAGAIN;\n", ""),
    ("overlap.holes*", "return.c",
     " +\n		   hvb_added_fill_holes(reqs->mem, range.start, range.count)",
     ""),
    ("putoff.the_rest*", "hot_add.c",
     "return err && req->added_pages && hvb_plan_is_transient(err);",
     "return false;"),
    ("putoff.others*", "hot_add.c", "return reqs->adding.is_put_off ? -EBUSY : 0;",
     "return 0;"),
    ("putoff.others*", "request.c", " && !reqs->adding.is_put_off &&", " &&"),
    ("putoff.during*", "hot_add.c",
     "		if (!hvb_channel_is_serving(reqs->channel))\n			return -EAGAIN;\n",
     ""),
    ("putoff.it_goes_with*", "conversation.c", "	hvb_hot_add_drop(conv->reqs);\n", ""),
    ("waiting.a_block_is*", "added.c",
     "hvb_waiting_add(mem, page);", NOTHING),
    ("waiting.too_many*", "hot_add.c", "if (hvb_waiting_is_full(reqs->mem))",
     "if (0)"),
    ("waiting.too_many_stop*", "hot_add.c", "hvb_waiting_room(reqs->mem)",
     "PIECE_PAGES"),
    ("scan.pages_that_the_kernel*", "scan.c", "is_rooted(folio) || ", ""),
    ("scan.pages_that_the_kernel*", "scan.c",
     " && !folio_test_mlocked(folio)", ""),
    ("scan.pages_that_the_kernel*", "scan.c",
     " &&\n	       !folio_test_swapbacked(folio)", ""),
    ("lock.a_block_that*", "block.c", "	ctl->cycled = dev;\n",
     "	device_lock(dev);\n	device_unlock(dev);\n	ctl->cycled = dev;\n"),
    ("balloon.a_ring_that*", "channel.c",
     "xchg(&channel->is_failing, !!err)", "!!err"),
    ("waiting.too_many*", "waiting.c", "nr * mem->base->block_pages > mem->waiting.most_pages",
     "nr * mem->base->block_pages >= mem->waiting.most_pages"),
    ("waiting.a_block_is*", "waiting.c", "min(2 * pause_ms,",
     "min(pause_ms,"),
    ("waiting.the_first*", "waiting.c", "if (mem->waiting.nr < before)",
     "if (0)"),
    ("waiting.no_block*", "waiting.c",
     " && hvb_channel_is_serving(mem->channel)) {", ") {"),
    ("waiting.no_block*", "memory.c", "	hvb_waiting_go_on(mem);\n", ""),
    ("waiting.blocks_left*", "waiting.c",
     "policy = READ_ONCE(mem->base->params->online_policy);",
     "policy = HVB_ONLINE_OFF;"),
    ("balloon.pages_never*", "return.c", "if (done < range.count)", "if (0)"),
    ("balloon.a_transaction*", "return.c",
     "!msg->unballoon.more_pages", "true"),
    ("balloon.the_floor_holds*", "request.c",
     "limit < wanted ? round_down(limit, HVB_LARGE_PAGES) : wanted", "wanted"),
    ("balloon.the_floor_gives*", "request.c",
     "round_down(limit, HVB_LARGE_PAGES)", "limit"),
    ("balloon.the_floor_waits*", "request.c",
     "limit_beside(&now, ahead, wanted) <\n	       "
     "limit_beside(&now, lasting, wanted)", "true"),
    ("balloon.the_floor_waits*", "request.c",
     "lasting = hvb_signs_lasting(reqs->signs)", "lasting = 0"),
    ("fragments.near*", "give.c",
     "limit <= LOOK_PAGES ? HVB_LARGE_ORDER : 0", "0"),
    ("demand.at_the_floor*", "demand.c", "return !is_at_floor ||", "return true ||"),
    ("movable.*", "request.c",
     "without_crumbs(hvb_demand_can_give_kernel(&now),\n"
     "					    room->pages)", "room->pages"),
    ("movable.pages*", "give.c",
     "return is_zone_movable_page(page) ||\n", "return true ||\n"),
    ("movable.blocks*", "give_blocks.c", "(may_kernel ? 2 : 1)", "2"),
    ("movable.what*", "zones.c",
     "	movable->managed_pages += zone_managed_pages(zone);\n", ""),
    ("movable.the_kernel*", "demand.c",
     "				   avail - min(now->movable_avail_pages, avail));",
     "				   avail);"),
    ("demand.a_guest*", "demand.c",
     "now->avail_pages + now->kept_pages;", "now->avail_pages;"),
    ("balloon.a_ring*", "give.c", "		hvb_absent_drop_fresh(reqs->mem);\n",
     ""),
    ("faults.what_can_never*", "give.c", "		__free_pages(page, hold->order);\n",
     ""),
    ("blocks.little*", "give_blocks.c", "if (wanted < reqs->base->block_pages / LEAST_PART)",
     "if (!wanted)"),
    ("blocks.the_parameter*", "memory.c",
     " &&\n	       READ_ONCE(mem->base->params->balloon_blocks);", ";"),
    ("blocks.a_block_that_does*", "give_blocks.c",
     "if (!err || err == -EAGAIN)", "if (1)"),
    ("lock.a_block*", "give_blocks.c", "if (!err || err == -EAGAIN)", "if (!err)"),
    ("lock.hot_add*", "added.c", "	int err = wait_for_lock(mem);\n\n	if (err)\n",
     "	int err = 0;\n\n	if (err)\n"),
    ("lock.a_claimed*", "added.c", "	int err = wait_for_lock(mem);\n\n	if (!err)\n",
     "	int err = 0;\n\n	if (!err)\n"),
    ("unload.a_block_on_its_way_off*", "idle.c",
     "	hvb_hotplug_lock(mem);\n", "	mutex_lock(&mem->lock);\n"),
    ("unload.at_the_end*", "idle.c", "	mem->is_ending = true;\n", ""),
    ("unload.a_block_of*", "idle.c", "err == -EAGAIN && READ_ONCE", "0 && READ_ONCE"),
    ("unload.a_block_on_its_way_on*", "memory.c",
     "	err = hvb_hotplug_init(mem);\n	if (err) {\n		exit_sets(mem);\n"
     "		return err;\n	}\n	hvb_ledger_adopt(mem);\n",
     "	hvb_ledger_adopt(mem);\n	err = hvb_hotplug_init(mem);\n"
     "	if (err)\n		return err;\n"),
    ("unload.without*", "hotplug.c", "return !will_have_callback &&", "return 0 &&"),
    ("blocks.requests*", "give_blocks.c", "round->changes == changes &&", "0 &&"),
    ("blocks.a_round*", "give_blocks.c", "		round->looked = jiffies;\n", ""),
    ("blocks.no_driver*", "memory.c", "	hvb_idle_exit(mem);\n", ""),
    ("blocks.no_driver*", "claim.c", "mem->moving_is_movable ?", "0 ?"),
    ("requests.memtotal*", "memory.c",
     "	hvb_counters_show(&mem->counting, 0);\n", ""),
    ("promise.a_limit*", "promise.c",
     "now->commit_pages - min(now->commit_pages, now->swap_pages)",
     "now->commit_pages"),
    ("promise.a_limit*", "promise.c", "min(now->avail_pages, now->total_pages -",
     "max(now->avail_pages, now->total_pages -"),
    ("promise.refusals*", "promise.c", " + now->shown_pages + ", " + "),
    ("promise.refusals*", "promise.c", "min(max_pages, now->boot_pages)", "0"),
    ("promise.memtotal*", "promise.c",
     "	if (max_pages)\n		wanted = min", "	if (0)\n		wanted = min"),
    ("demand.the_need*", "demand.c", "now->limit_percent ? held : commit",
     "commit"),
    ("demand.what_is_kept*", "demand.c", "managed_pages + absent_pages",
     "managed_pages"),
    ("demand.the_maximum*", "demand.c", "hvb_demand_size(now) - now->ballooned_pages;",
     "hvb_demand_size(now);"),
    ("demand.the_maximum*", "demand.c", "has + UNSEEN_PAGES >= max_pages",
     "has + UNSEEN_PAGES > max_pages"),
    ("demand.the_need*", "demand.c",
     "hvb_demand_headroom(used_pages) +\n			       now->boot_pages",
     "hvb_demand_headroom(used_pages)"),
    ("demand.the_need*", "demand.c", "now->avail_pages + now->lent_pages +",
     "now->avail_pages +"),
    ("blocks.a_taken*", "memory.c",
     "*nr -= hvb_absent_count_locked(mem, page, block_pages);", NOTHING),
    ("hotadd.a_block_with_holes*", "memory.c",
     "if (mem->moving.count)\n		return false;\n	*nr = 0;",
     "*nr = 0;\n	if (true)\n		return true;"),
    ("scarcity.a_guest*", "scarcity.c", "is_low(now) && ", ""),
    ("scarcity.swap_of_a_c*", "scarcity.c", "if (scarcity->is_short)",
     "if (1)"),
    ("scarcity.a_cgroup*", "scarcity.c",
     "counted -= min(counted, scarcity->swapped_pages - swapped);", NOTHING),
    ("scarcity.while*", "scarcity.c", "	if (!is_low(now))\n", "	if (1)\n"),
    ("workingset.what_nobody*", "workingset.c",
     "now->reclaimed_pages - set->reclaimed_pages", "U64_MAX"),
    ("workingset.chance_counts*", "workingset.c",
     "restored > chance(now, passed_us)", "restored"),
    ("workingset.chance_is*", "workingset.c",
     "now_us - set->begun_us >= WINDOW_US", "1"),
    ("workingset.chance_grows*", "workingset.c",
     "max(CHANCE_PAGES_S, now->file_pages / CHANCE_SHARE)", "CHANCE_PAGES_S"),
    ("workingset.it_goes*", "workingset.c", "MOST * now->file_pages",
     "U64_MAX"),
    ("scarcity.signals*", "scarcity.c",
     "scarcity->is_short ? signals : others", "signals"),
    ("scarcity.a_large*", "scarcity.c", "hvb_demand_floor(now->total_pages)",
     "U64_MAX"),
    ("scarcity.what_a_cgroup*", "demand.c", "min(swapped, reclaimed)",
     "swapped"),
    ("forecast.what_is_away*", "forecast.c",
     "sample->need_pages - sample->away_pages", "sample->need_pages"),
    ("burst.what_comes*", "forecast.c",
     "had_pages * 100 >= burst->lagged_pages * GAIN_MAX_PERCENT",
     "!burst->lagged_pages"),
    ("burst.a_larger*", "burst.c", " || is_anew", ""),
    ("scan.pages_without*", "scan.c", "PageCompound(page) || ", ""),
    ("scan.pages_of*", "scan.c", "look.offline_pages != absent_pages", "0"),
    ("scan.pages_that*", "scan.c", "return folio_ref_count(folio) > refs;",
     "return false;"),
    ("scan.large*", "scan.c", "	if (!folio_try_get(folio))\n", "	if (1)\n"),
    ("scan.large*", "scan.c", "refs += nr;", "refs++;"),
    ("scan.a_block*", "scan.c",
     "	if (!page)\n		return false;\n	for", "	for"),
    ("scan.the_edge*", "scan.c", "end < zone_end_pfn(zone)", "1"),
    ("attempts.an_attempt*", "block.c",
     "	set_tsk_thread_flag(deadline->task, TIF_SIGPENDING);\n", ""),
    ("attempts.a_guard*", "scan.c",
     " ||\n		   page_has_type(page)", ""),
    ("attempts.no_one*", "block.c", "	hush(dev, true);\n", ""),
    ("attempts.all_are*", "block.c", "if (dev && is_offline)",
     "if (0 && is_offline)"),
    ("blocks.a_page*", "ledger.c", "ALIGN(start + 1, mem->base->block_pages)", "end"),
    ("hotremove.a_block_is*", "idle.c", "	if (all)\n		return;\n", "	if (1)\n		return;\n"),
    ("hotremove.less*", "hot_remove.c",
     "room.pages < reqs->base->block_pages", "wanted <= nr"),
    ("hotremove.a_block_that*", "give_blocks.c",
     " ||\n	    (!block.is_movable && !may_kernel(reqs, room))", ""),
    ("hotremove.what_was*", "added.c",
     "found = hvb_ranges_next(&mem->added, *start, ULONG_MAX, &part);",
     "found = hvb_ranges_next(&mem->added, *start, ULONG_MAX, &part);\n"
     "	if (!found) {\n		part.start = *start;\n"
     "		found = *start < 8 * mem->base->block_pages;\n	}"),
    ("devices.an_oom*", "shortage.c", "	if (!guest_is_short())", "	if (0)"),
    ("devices.a_trigger_changed*", "reporter.c",
     "	hvb_pressure_begin(&rep->pressure, rep->base->params);\n", ""),
    ("devices.a_trigger_that*", "devices.c", "	if (!err)\n		strscpy",
     "	if (1)\n		strscpy"),
    ("devices.triggers*", "devices.c",
     "	mutex_lock(&reporters_lock);\n	task = hvb_reporter_detach",
     "	mutex_trylock(&reporters_lock);\n	task = hvb_reporter_detach"),
    ("sleep.a_device*", "devices.c",
     "	hvb_channel_pause(&dm->channel, is_asleep);\n", ""),
    ("sleep.what_is*", "devices.c", "kthread_flush_worker(dm->base.worker);",
     NOTHING),
    ("sleep.blocks*", "devices.c",
     "hvb_idle_go_on(&dm->memory);",
     NOTHING),
    ("sleep.a_flood*", "channel.c",
     "nr < FLOOD_MESSAGES", "1"),
    ("sleep.requests*", "request.c",
     " &&\n	       hvb_channel_is_serving(reqs->channel);", ";"),
    ("sleep.a_sleeping*", "hot_add.c",
     "		if (!hvb_channel_is_serving(reqs->channel))\n			return -EAGAIN;\n",
     ""),
        ("burst.a_report_leaves*", "burst.c",
     "if (burst->is_urgent && since_us >= GAP_US)",
     "if (burst->is_urgent)"),
    ("burst.a_report_leaves*", "burst.c",
     "clamp((u64)interval_ms * USEC_PER_MSEC, (u64)GAP_US,",
     "clamp((u64)interval_ms * USEC_PER_MSEC, (u64)0,"),
    ("burst.the_rest*", "burst.c", "if (goes_on || now_us", "if (now_us"),
    ("burst.what_is_no*", "burst.c", "took > ANSWER_MAX_US)", "0)"),
    ("forecast.no_rate*", "forecast.c",
     "min(used_pages + lead * LEADS_REACHED, bound(burst, used_pages))",
     "used_pages + lead * LEADS_REACHED"),
    ("forecast.the_first*", "forecast.c",
     "burst->gain_percent ? BOUND_PERCENT : FIRST_PERCENT", "FIRST_PERCENT"),
    ("forecast.little*", "forecast.c",
     "ask < ask_for(burst, size, WORTH_PERCENT)", "0"),
    ("forecast.nothing_is*", "forecast.c",
     "	burst->is_urgent |= differs(burst->asked_pages, burst->told_pages);\n",
     ""),
    ("looks.a_figure*", "forecast.c",
     "most - least > told_pages / TELL_SHARE", "most != least"),
    ("looks.growth_is*", "forecast.c",
     "burst->rate_pages_s * LOOK_SHARE", "burst->rate_pages_s"),
    ("looks.a_glance*", "forecast.c",
     "	burst->free_pages = max(burst->free_pages, free_pages);\n", ""),
    ("looks.growth_and*", "forecast.c",
     "	    now_us < burst->hot_until_us ||\n", ""),
    ("looks.what_grows*", "forecast.c",
     "max(burst->sampled_us, burst->quiet_us)", "burst->sampled_us"),
    ("forecast.a_starved_guest_goes*", "forecast.c",
     "if (burst->is_starved && now < last &&", "if (0 &&"),
    ("forecast.a_starved_guest_may*", "forecast.c",
     "burst->sampled_us < burst->pressed_us + HVB_BURST_HOT_US", "0"),
    ("forecast.what_the_host*", "forecast.c", "max(gain, last - last / 64)",
     "last"),
    ("forecast.steps_keep*", "forecast.c",
     "	if (!burst->is_starved)\n		most =",
     "	if (0)\n		most ="),
    ("requests.reports_stop*", "report.c",
     "agreed->suppress_reports || ", ""),
    ("requests.reports_wait*", "report.c",
     " || is_delayed(rep->base, agreed)", ""),
    ("requests.a_report_that*", "report.c",
     "if (hvb_channel_try_send(rep->channel, &status, size))",
     "if (hvb_channel_send(rep->channel, &status, size))"),
    ("cgroup2.a_file*", "watch.c", "remove_wait_queue(head, &watch->entry);", NOTHING),
    ("cgroup2.a_queue*", "watch.c", "key_to_poll(key) & POLLFREE", "0"),
    ("cgroup2.a_queue*", "watch.c", "smp_store_release(&watch->head, NULL);", ";"),
    ("cgroup2.the_options*", "fs.c", "mnt = borrow(type);",
     "mnt = kern_mount(type);"),
    ("cgroup2.cgroup2*", "fs.c", "	put_fs_context(fc);\n", ""),
    ("psi.psi_is*", "pressure.c", "if (found & EPOLLERR)", "if (0)"),
    ("psi.psi_that*", "pressure.c", "if (found & EPOLLERR)", "if (0)"),
    ("cgroup2.psi_waits*", "pressure.c", "? now_us + RETRY_US", "? U64_MAX"),
    ("cgroup2.psi_waits*", "psi.c", "	case -ENXIO:\n", ""),
    ("psi.psi_is*", "psi.c",
     'has_file(HVB_FS_CGROUP2, "cgroup.pressure")', "0"),
    ("psi.a_changed*", "pressure.c",
     "	strscpy(pressure->wanted[which], text, HVB_TRIGGER_MAX);\n", ""),
    ("psi.one*", "pressure.c",
     "has_trigger && is_armed_or_unwanted(pressure, HVB_PSI_EARLY)",
     "has_trigger"),
    ("psi.stalls*", "pressure.c", "now->stalls == last->stalls", "0"),
]


def change(mutant, work):
    _, name, old, new = mutant
    path = work / "drivers/hv" / name
    text = path.read_text()
    if text.count(old) != 1:
        sys.exit(f"{name}: {old!r} is there {text.count(old)} times")
    path.write_text(text.replace(old, new))


def find(mutant, seed):
    """What a suite says of it; None when all is well, which is bad."""
    suites = f"hv_balloon_{mutant[0]}"
    with machine.module(functools.partial(change, mutant)) as module:
        log = machine.boot(module, HERE / "init.sh",
                           [*machine.CPU, "-smp", "2"], suites, TIME_LIMIT,
                           f"seed={seed}")
    _, passed, failed = results.judge(log, True)
    if not passed and not failed:
        sys.exit(f"no test is {suites}")
    return failed[0] if failed else None


def main():
    parser = argparse.ArgumentParser(description="broken drivers are found")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="*", metavar="FILE")
    args = parser.parse_args()
    mutants = [mutant for mutant in MUTANTS
               if not args.files or mutant[1] in args.files]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        found = pool.map(functools.partial(find, seed=args.seed), mutants)
        for (_, name, old, new), line in zip(mutants, found):
            root.say(f"{'ok  ' if line else 'FAIL'} mutant of {name}: {old!r} "
                     f"becomes {new!r}: {line or 'it was not found'}")
            passed += bool(line)
            failed += not line
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
