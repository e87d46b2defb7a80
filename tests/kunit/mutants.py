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
from mutations import MUTANTS
import results
import root

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 300	# seconds; most take one minute


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
