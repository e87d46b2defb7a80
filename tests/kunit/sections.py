#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Shows for how long the driver keeps interrupts or preemption off.

The debug kernel runs on an emulated CPU whose time is the number of its
instructions, one nanosecond each: how busy this machine is makes no difference.
The kernel's own events time each section while suites have memory added and
brought online, given and taken back. The longest below the functions that
matter is judged. Not theirs is what an interrupt does that comes meanwhile,
KASAN's work on the shadow of a block, and the time for which a CPU was idle
before they went on. Nor can a change of a set of pages be told from here: the
debug kernel saves the stack for each node of the tree, under the tree's lock,
and one takes a millisecond; tests/lab/cost.py has what it takes elsewhere. What
else the checkers add is counted.

	sections.py [--filter GLOB] [--log FILE]
"""

import argparse
from pathlib import Path
import re
import sys

import machine  # its first lines make the lab's modules found
import root

HERE = Path(__file__).resolve().parent
SUITES = "hv_balloon_b[al]*.[fp]*"	# balloon, blocks: what goes and comes back
TIME_LIMIT = 2400	# seconds; a run takes four minutes
CPU = ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off",
       "-smp", "1"]

# (what is off, below which function, microseconds at most, what that is)
BOUNDS = (
    ("irq", "online_pages", 100, "a block comes online"),
    ("preempt", "hvb_return", 1000, "pages come back"),
)
WORDS = {"irq": "interrupts are", "preempt": "preemption is"}

EVENT = re.compile(r" section: us=(\d+)$")
FRAME = re.compile(r"^ => (\w+)")
TRACER = re.compile(r"^(trace_|action_trace|event_|preempt_count_sub)")
INTERRUPT = re.compile(r"^asm_(sysvec|exc|common)_")
LEFT_OUT = {"kasan_mem_notifier", "hvb_ranges_insert", "hvb_ranges_erase"}
WAS_IDLE = "schedule"


def sections(log):
    """[(what is off, microseconds, [function, its caller, ...])]"""
    found = []
    kind = stack = None
    for line in log.splitlines():
        if line.startswith("SECTIONS "):
            kind = line.split()[1]
        elif event := EVENT.search(line):
            stack = []
            found.append((kind, int(event[1]), stack))
        elif (frame := FRAME.match(line)) and not TRACER.match(frame[1]):
            stack.append(frame[1])
    return found


def is_below(stack, function):
    """Whether it is that function's own, and no one's else."""
    if function not in stack:
        return False
    callees = stack[:stack.index(function)]
    return callees[:1] != [WAS_IDLE] and \
        not LEFT_OUT.intersection(callees) and \
        not any(map(INTERRUPT.match, callees))


def judge(log):
    """(passed, failed) counts."""
    all_sections = sections(log)
    passed = failed = 0
    for kind, function, most_us, what in BOUNDS:
        found = [(us, stack) for kind_found, us, stack in all_sections
                 if kind_found == kind and is_below(stack, function)]
        us, stack = max(found, default=(0, []))
        good = bool(found) and us <= most_us
        print(f"{'ok' if good else 'FAILED':6} while {what}, {WORDS[kind]} "
              f"off for at most {most_us} us: {us} us, of {len(found)} "
              f"sections seen; {' < '.join(stack[:4]) or 'none'}", flush=True)
        passed += good
        failed += not good
    faults = [line for line in log.splitlines()
              if re.match(r"FAILED: | *not ok ", line)]
    if machine.END not in log:
        faults.append("the run did not come to its end")
    for line in faults:
        print(f"failed: {line.strip()}")
    return passed, failed + len(faults)


def main():
    parser = argparse.ArgumentParser(description="how long sections take")
    parser.add_argument("--filter", default=SUITES, help="suites so named")
    parser.add_argument("--log", type=Path, help="keep the serial line's text")
    args = parser.parse_args()
    with machine.module() as module:
        root.say("timing sections with interrupts or preemption off")
        log = machine.boot(module, HERE / "sections.sh", CPU,
                           args.filter, TIME_LIMIT)
    if args.log:
        args.log.write_text(log)
    passed, failed = judge(log)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
