#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the KUnit suites: builds the test module, boots the debug kernel with
it under emulation, and judges what the machine said on its serial line.

A test that fails or is skipped, a suite that is missing, a line that a
checker of the kernel printed, a leak, and a run that doesn't come to its end
each count as a failure. The kernel's own parser reads the results.

	run.py [--seed N] [--messages N] [--cpus N] [--filter GLOB]
	       [--log FILE] [--in-tree]
"""

import argparse
import contextlib
from pathlib import Path
import random
import sys

import machine  # its first lines make the lab's modules found
import in_tree
import results
import root

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 2400	# seconds; a run takes about three minutes
MESSAGES = 100000
MESSAGES_PER_SECOND = 500	# at least; with so many more, it takes longer


@contextlib.contextmanager
def built(is_in_tree):
    """(kernel, or None for the debug kernel; test module; its sources)"""
    if is_in_tree:
        made = in_tree.entry()
        yield made / "bzImage", made / machine.MODULE, made / in_tree.SUITES
    else:
        with machine.module() as module:
            yield None, module, HERE


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
    parser.add_argument("--in-tree", action="store_true",
                        help="in a kernel that has the driver in its tree")
    args = parser.parse_args()
    args.seed = args.seed or random.randrange(1, 2**31)
    print(f"seed={args.seed}", flush=True)

    with built(args.in_tree) as (image, module, suites):
        root.say("running the suites")
        log = machine.boot(module, HERE / "init.sh",
                           [*machine.CPU, "-smp", str(args.cpus)], args.filter,
                           TIME_LIMIT + args.messages / MESSAGES_PER_SECOND,
                           f"seed={args.seed} messages={args.messages}", image)
    if args.log:
        args.log.write_text(log)
    report, passed, failed = results.judge(log, args.filter != "*", suites)
    print(report)
    for line in failed:
        print(f"failed: {line}")
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
