# SPDX-License-Identifier: GPL-2.0-only
"""Owns what a run of the suites comes to: reads what the machine said on its
serial line. The kernel's own parser reads the results.
"""

import json
from pathlib import Path
import re
import subprocess
import tempfile

import kernel  # its first lines make the lab's modules found
import machine
import root

HERE = Path(__file__).resolve().parent

# Where results begin, after the time of the line; a suite's are indented.
RESULTS = re.compile(r"^\[ *\d+\.\d+\] KTAP version 1$", re.MULTILINE)

# What the kernel's checkers say, each in its own way.
COMPLAINT = re.compile(
    r"\b(WARNING|BUG|INFO): |\bKASAN: |\bUBSAN: |\bODEBUG: |Call Trace:|"
    r"Kernel panic|general protection fault|unreferenced object|"
    r"bug in the driver|^FAILED: ")


def expected_suites(folder):
    names = set()
    for path in folder.glob("*_test.c"):
        names |= set(re.findall(r'^\t\.name = "(\w+)",$', path.read_text(),
                                re.MULTILINE))
    return names


def parse(log):
    """(its report, {suite: {test: status}}), by the kernel's parser.

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
        if not (work / "json").exists():
            return done.stdout, {}
        tree = json.loads((work / "json").read_text())
    return done.stdout, {suite["name"]: dict(cases(suite))
                         for suite in tree.get("sub_groups", [])}


def cases(group, prefix=""):
    """(name, status) of each test, those with parameters row by row."""
    for case in group.get("test_cases", []):
        yield prefix + case["name"], case["status"]
    for sub in group.get("sub_groups", []):
        yield from cases(sub, f"{prefix}{sub['name']}: ")


def judge(log, is_filtered, folder=HERE):
    """(the parser's report, passed, [what failed])

    folder: where the suites are that the machine had.
    """
    report, suites = parse(log)
    wanted = set() if is_filtered else expected_suites(folder)
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
    return report, passed, failed
