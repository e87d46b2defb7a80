# SPDX-License-Identifier: GPL-2.0-only
"""Shrinking, growing and shrinking again while a load checks its data."""

from inner.load import Load, held_data
import scenario

LOAD = 300
STEPS = {"shrunk": -1024, "grown": 1024, "again": -1536, "returned": 1536}


class Run(scenario.Scenario):
    checks = {
        "shrunk": "the guest shrinks by 1024 MiB, and both sides agree",
        "grown": "it grows by 1024 MiB, and both sides agree",
        "again": "it shrinks by 1536 MiB, and both sides agree",
        "returned": "it gets all of that back, and both sides agree",
        "alive": "the load runs to the end",
        "data": "every page of the load held its data",
    }
    limit = 400

    def run(self):
        self.host.wait_ready()
        if self.host.actual() < 3072:
            self.host.resize(3072)
        load = Load(self.guest, "committed", LOAD)
        if load.wait_touched(90) is None:
            self.note(load.output())
        for key, change in STEPS.items():
            size, total = self.lab.sizes()
            seconds, actual = self.host.resize(size + change, 120)
            self.guest.wait_for(lambda: abs(
                self.guest.total() - total - change) <= 64, 10)
            now = self.guest.total()
            self.check(key, actual == size + change
                       and abs(now - total - change) <= 64,
                       f"host {size:.0f} to {actual:.0f} MiB, MemTotal "
                       f"{total:.0f} to {now:.0f} MiB, {seconds:.1f} s")
        self.check("alive", load.alive())
        result = load.stop()
        self.check("data", held_data([result]),
                   f"pages, bad, status: {result}")
