#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs real programs in a guest, with the stock driver and with this one.

	real.py [--kernel CHOICE] [--readme FILE] [PROGRAM...]

Prints what came of them as a table in Markdown, and judges it. --readme replaces
the table in a file.
"""

import argparse
import os
from pathlib import Path
import sys

import catalogue
import kernels
import outer
import programs
import run
import table

BEGIN, END = "<!-- from make bench-real -->", "<!-- end of make bench-real -->"
HEAD = """\
| | stock: swapped | stalled | time | size | this driver: swapped | stalled | \
time | size |
|---|--:|--:|--:|--:|--:|--:|--:|--:|"""


def parse():
    parser = argparse.ArgumentParser(description="run real programs")
    parser.add_argument("--kernel", choices=kernels.CHOICES,
                        default=os.environ.get("KERNEL") or kernels.OUTER)
    parser.add_argument("--readme", type=Path)
    parser.add_argument("names", nargs="*", metavar="PROGRAM",
                        choices=[[], *(one.name for one in programs.PROGRAMS)])
    return parser.parse_args()


def cells(found):
    if not found:
        return ["", "", "", ""]
    return [f"{found['swapped'] * 4 / 1024:,.0f} MiB",
            f"{found['full_us'] / 1e6:.1f} s",
            f"{found['rows_s']:.1f} s for 1000 rows" if found["rows_s"] else
            f"{found['seconds'] - found['paused']:.0f} s",
            f"{found['size']:,.0f} MiB"]


def markdown(wanted, runs, kernel):
    lines = [HEAD]
    for program in wanted:
        name = f"real-{program.name}"
        lines.append(f"| {program.title} | " + " | ".join(
            cell for one in runs for cell in cells(one.measures.get(name))) +
            " |")
    lines += ["", f"One run each on {table.machine()}, all of it emulated, "
                  "in a guest of 1 GiB with one CPU and Debian's kernel "
                  f"{kernel.version}. The host gives up to 8 GiB, a buffer of "
                  "20 %. Stalled: the time in PSI full. Size: at the end."]
    return "\n".join(lines)


def main():
    args = parse()
    kernel = kernels.kernel(args.kernel)
    wanted = [program for program in programs.PROGRAMS
              if not args.names or program.name in args.names]
    scenarios = [catalogue.load(f"real-{program.name}") for program in wanted]
    outer.prepare()
    runs = [run.Run(kernel, driver, scenarios[0].boot, scenarios)
            for driver in ("stock", "ours")]
    run.execute(runs, 1)
    counts = [runs[1].verdict()]
    counts += [run.compare(item, runs) for item in scenarios if item.compared]
    text = markdown(wanted, runs, kernel)
    print(text)
    if args.readme:
        table.replace(args.readme, text, BEGIN, END)
    passed, failed = map(sum, zip(*counts))
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
