# SPDX-License-Identifier: GPL-2.0-only
"""Status reports: how often, and whether the figures can be true."""

import statistics

import scenario

SECONDS = 12
# What each CPU keeps free for itself, up to 8 MiB at a time since 6.7, isn't
# missing in the kernel's figures: as little of it as can be, or 0 as it was.
KEPT = "/proc/sys/vm/percpu_pagelist_high_fraction"


class Run(scenario.Scenario):
    checks = {
        "interval": "a report comes every second, or a little later where the "
                    "machine is slow",
        "steady": "no two reports are closer than half a second",
        "committed": "demand is no less than the kernel's commit charge",
        "available": "available is the kernel's MemAvailable within 32 MiB",
    }
    timed = ("interval", "steady")
    limit = 60

    def run(self):
        # Reports are told apart by their figures: keep those moving.
        self.guest.write(KEPT, "1000000")
        self.guest.run(
            "(i=0; while [ $i -lt 150 ]; do i=$((i + 1)); "
            "dd if=/dev/zero bs=4k count=32 of=/tmp/moving seek=$((i * 32)) "
            "2>/dev/null; usleep 80000; done; rm /tmp/moving) "
            ">/dev/null 2>&1 &")
        seen = self.host.poll_reports(SECONDS)
        gaps = [after[0] - before[0] for before, after in zip(seen, seen[1:])]
        shown = " ".join(f"{gap:.2f}" for gap in gaps)
        middle = statistics.median(gaps) if gaps else 0
        self.check("interval", 0.9 < middle < 2, f"seconds between: {shown}")
        self.check("steady", min(gaps[1:], default=0) > 0.5,
                   f"at least {min(gaps[1:], default=0):.2f} s")
        self.guest.wait_for(lambda: not self.guest.attempt(
            "test ! -e /tmp/moving")[0], 20)
        self.guest.write(KEPT, "0")
        self.host.poll_reports(2.5)
        committed, available = self.host.report()
        info = self.guest.meminfo()
        self.check("committed", committed >= info["Committed_AS"] - 4,
                   f"reported {committed:.0f} MiB, commit charge "
                   f"{info['Committed_AS']:.0f} MiB")
        self.check("available", abs(available - info["MemAvailable"]) < 32,
                   f"reported {available:.0f} MiB, MemAvailable "
                   f"{info['MemAvailable']:.0f} MiB")
