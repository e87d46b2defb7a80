#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the KUnit suites: builds the test module, boots the debug kernel with
it under emulation, and judges what the machine said on its serial line.

A test that fails or is skipped, a suite that is missing, a line that a
checker of the kernel printed, a leak, and a run that doesn't come to its end
each count as a failure. The kernel's own parser reads the results.

	run.py [--seed N] [--messages N] [--cpus N] [--filter GLOB]
	       [--log FILE]
"""

import argparse
import json
from pathlib import Path
import random
import re
import subprocess
import sys
import tempfile

import kernel  # its first lines make the lab's modules found
import machine
import root

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 1200	# seconds; a run takes about three minutes
CPU = ["-accel", "tcg,thread=multi"]
MESSAGES = 100000
MESSAGES_PER_SECOND = 500	# at least; with so many more, it takes longer

# Where results begin, after the time of the line; a suite's are indented.
RESULTS = re.compile(r"^\[ *\d+\.\d+\] KTAP version 1$", re.MULTILINE)

# What the kernel's checkers say, each in its own way.
COMPLAINT = re.compile(
    r"\b(WARNING|BUG|INFO): |\bKASAN: |\bUBSAN: |\bODEBUG: |Call Trace:|"
    r"Kernel panic|general protection fault|unreferenced object|"
    r"bug in the driver|^FAILED: ")


def expected_suites():
    names = set()
    for path in HERE.glob("*_test.c"):
        names |= set(re.findall(r'^\t\.name = "(\w+)",$', path.read_text(),
                                re.MULTILINE))
    return names


def parse(log):
    """{suite: {test: status}}, by the kernel's parser.

    At boot the kernel runs the suites that it has built in: none. So the last
    results count.
    """
    start = max((found.start() for found in RESULTS.finditer(log)), default=0)
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        (work / "log").write_text(log[start:])
        done = root.run(["tools/testing/kunit/kunit.py", "parse",
                         "--json=/tmp/results/json", "/tmp/results/log"],
                        binds=[*kernel.trees(kernel.kernel()),
                               (work, "/tmp/results")],
                        cd=kernel.SOURCE, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, text=True)
        print(done.stdout, flush=True)
        if not (work / "json").exists():
            return {}
        tree = json.loads((work / "json").read_text())
    return {suite["name"]: dict(cases(suite))
            for suite in tree.get("sub_groups", [])}


def cases(group, prefix=""):
    """(name, status) of each test, those with parameters row by row."""
    for case in group.get("test_cases", []):
        yield prefix + case["name"], case["status"]
    for sub in group.get("sub_groups", []):
        yield from cases(sub, f"{prefix}{sub['name']}: ")


def judge(log, is_filtered):
    """(passed, [what failed])"""
    suites = parse(log)
    wanted = set() if is_filtered else expected_suites()
    failed = [f"suite {name} is missing"
              for name in sorted(wanted - {name for name, tests in
                                           suites.items() if tests})]
    statuses = [(f"{suite}: {name}", status) for suite, tests in suites.items()
                for name, status in tests.items()]
    passed = sum(status == "PASS" for _, status in statuses)
    failed += [f"{name}: {status}" for name, status in statuses
               if status != "PASS"]
    failed += [line.strip() for line in log.splitlines()
               if COMPLAINT.search(line)]
    if machine.END not in log:
        failed.append("the run did not come to its end")
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description="the KUnit suites")
    parser.add_argument("--seed", type=int, default=0,
                        help="of all that is random; 0 takes a new one")
    parser.add_argument("--messages", type=int, default=MESSAGES,
                        help="that the driver is fuzzed with")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--filter", default="*",
                        help="only suites (or suite.test) so named")
    parser.add_argument("--log", type=Path, help="keep the serial line's text")
    args = parser.parse_args()
    args.seed = args.seed or random.randrange(1, 2**31)
    print(f"seed={args.seed}", flush=True)

    with machine.module() as module:
        root.say("running the suites")
        log = machine.boot(module, HERE / "init.sh",
                           [*CPU, "-smp", str(args.cpus)], args.filter,
                           TIME_LIMIT + args.messages / MESSAGES_PER_SECOND,
                           f"seed={args.seed} messages={args.messages}")
    if args.log:
        args.log.write_text(log)
    passed, failed = judge(log, args.filter != "*")
    for line in failed:
        print(f"failed: {line}")
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
