#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Shows what the driver is for: the same burst in the same guest, with the
same balancer as the host, first with the stock driver, then with this one.

	demo.py [--kernel CHOICE] [--picture PATH]

Prints a table while it runs and draws a picture at the end: PATH.svg and
PATH.png, ./burst if PATH isn't given.
"""

import argparse
from pathlib import Path
import os
import sys

import catalogue
import kernels
import outer
import plot
import run

COLUMNS = [			# key, heading, width
    ("time", "second", 6), ("size", "host's size", 11),
    ("total", "MemTotal", 8), ("used", "in use", 7),
    ("demand", "demand", 7), ("swapped", "in swap", 7),
    ("pswpout", "pages swapped", 13), ("psi_full", "stalled, s", 10),
]
NAMES = {"stock": "the stock driver", "ours": "this driver"}


class Demo(run.Run):
    """A run whose samples make a table, and then a panel of the picture."""

    def forget(self):
        super().forget()
        self.samples = []
        self.shown = None

    def on_event(self, event):
        if event["kind"] == "sample":
            self.samples.append(event)
            self.row(event)
        elif event["kind"] == "measures":
            self.measures = event["values"]
        else:
            super().on_event(event)

    def row(self, event):
        if self.shown is None:
            print(f"\n-- {NAMES[self.driver]}")
            print(" ".join(title.rjust(width) for _, title, width in COLUMNS))
        elif event["time"] < self.shown + 1:
            return
        self.shown = event["time"]
        values = {**event, "psi_full": event["psi_full"] / 1e6}
        print(" ".join(f"{values[key]:{width}.{int(key == 'psi_full')}f}"
                       for key, _, width in COLUMNS), flush=True)

    def sentence_of_result(self):
        found = self.measures
        return (f"{NAMES[self.driver].capitalize()}: {found['swapped']:,} "
                f"pages swapped, {found['full_us'] / 1e6:.1f} s stalled, "
                f"the burst took {found['seconds']:.1f} s")


def parse():
    parser = argparse.ArgumentParser(description="a burst, with two drivers")
    parser.add_argument("--kernel", choices=kernels.CHOICES,
                        default=os.environ.get("KERNEL") or kernels.OUTER)
    parser.add_argument("--picture", type=Path, default=Path("burst"),
                        help="where to draw it, without .svg or .png")
    return parser.parse_args()


def main():
    args = parse()
    kernel = kernels.kernel(args.kernel)
    scenario = catalogue.load("burst")
    print(f"{scenario.shape.title}, in a guest of 1024 MiB; the host grows it "
          "when demand x 1.2 exceeds its size.\nThe host acts 50 s after its "
          "handshake with the guest.", flush=True)
    outer.prepare()
    demos = [Demo(kernel, driver, scenario.boot, [scenario])
             for driver in NAMES]
    for demo in demos:
        demo.execute()
    _, failed = demos[-1].verdict()
    if not all(demo.samples and demo.measures for demo in demos):
        sys.exit("demo.py: a run did not come to its end")
    print()
    for demo in demos:
        print(demo.sentence_of_result())
    made = plot.picture([(demo.sentence_of_result(), demo.samples)
                         for demo in demos], args.picture)
    print("picture: " + ", ".join(map(str, made)), flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
