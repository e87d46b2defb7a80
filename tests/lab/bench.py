#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures the stock driver, other ways to change a guest's size, and this
driver in turn.

	bench.py [--kernel CHOICE] [--rounds N] [--contenders NAME,...]
		 [--results FILE [--boots N]] [--picture PATH] [--readme FILE]
		 [NAME...]

Prints a table in Markdown: medians, what they lie between, and by how much
this driver is better than stock. Draws PATH.svg and PATH.png, ./bench if PATH
isn't given. --readme replaces the table in a file. With --results, what the
file holds isn't measured again; so a long run can be made in parts, of as many
boots as --boots says.
"""

import argparse
import dataclasses
import itertools
import json
import os
from pathlib import Path
import sys

import build
import catalogue
from contenders import CONTENDERS
import kernels
import outer
import run
import table

NAMES = ["bench-free", "bench-pieces", "bench-reports", "bench-fragments",
         "bench-cache", "bench-online", "bench-large"]


class Contest(run.Run):
    """A run whose measures are all that counts."""

    def __init__(self, kernel, driver, scenarios):
        contender = CONTENDERS[driver]
        super().__init__(kernel, driver, scenarios[0].boot, scenarios)
        if contender.module == "large":
            self.module = build.guest_module(kernel, contender.module)
        elif contender.module != "ours":
            self.module = contender.module
        self.boot = dataclasses.replace(
            self.boot, balloon=contender.device, cmdline=tuple(
                word.replace("=online", f"={contender.state}")
                for word in self.boot.cmdline))


def rounds(scenarios, contenders, number):
    """(round, contender, scenarios of one boot), in the order to run them."""
    order = sorted(scenarios, key=lambda item: item.boot.name)
    boots = [list(group) for _, group in
             itertools.groupby(order, lambda item: item.boot.name)]
    for turn, boot, contender in itertools.product(range(number), boots,
                                                   contenders):
        wanted = sorted((item for item in boot
                         if contender in ("ours", *item.contenders)
                         and not (turn and item.once)), key=scenarios.index)
        if wanted:
            yield turn, contender, wanted


def parse():
    parser = argparse.ArgumentParser(description="time drivers")
    parser.add_argument("--kernel", choices=kernels.CHOICES,
                        default=os.environ.get("KERNEL") or kernels.OUTER)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contenders", default=",".join(CONTENDERS))
    parser.add_argument("--results", type=Path)
    parser.add_argument("--boots", type=int, default=sys.maxsize)
    parser.add_argument("--picture", type=Path, default=Path("bench"),
                        help="where to draw it, without .svg or .png")
    parser.add_argument("--readme", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    unknown = set(args.names) - set(NAMES)
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}; there are "
                     f"{', '.join(NAMES)}")
    return args


def measure(args, found):
    """Adds what is missing to found; whether all went well."""
    kernel = kernels.kernel(args.kernel)
    scenarios = [catalogue.load(name) for name in NAMES
                 if name in (args.names or NAMES)]
    outer.prepare()
    failed = boots = 0
    for turn, contender, wanted in rounds(
            scenarios, args.contenders.split(","), args.rounds):
        have = {one["name"] for one in found
                if (one["round"], one["contender"]) == (turn, contender)}
        wanted = [item for item in wanted if item.name() not in have]
        if not wanted or boots == args.boots:
            continue
        boots += 1
        contest = Contest(kernel, contender, wanted)
        contest.execute()
        failed += contest.verdict()[1]
        found += [{"round": turn, "contender": contender, "name": name,
                   "kernel": kernel.version, "values": values}
                  for name, values in contest.measures.items()]
        if args.results:
            args.results.write_text(json.dumps(found, indent=1))
    return not failed


def main():
    args = parse()
    found = []
    if args.results and args.results.exists():
        found = json.loads(args.results.read_text())
    done = measure(args, found)
    if not found:
        sys.exit("bench.py: nothing was measured")
    text = table.markdown(found)
    print(text)
    if args.readme:
        table.replace(args.readme, text)
    made = table.picture(found, args.picture)
    print("picture: " + (", ".join(map(str, made)) or "none"), flush=True)
    sys.exit(not done)


if __name__ == "__main__":
    main()
