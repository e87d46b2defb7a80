# SPDX-License-Identifier: GPL-2.0-only
"""A guest that can hibernate gives no memory and takes none, and says so."""

import re

import scenario


class Run(scenario.Scenario):
    boot = scenario.Boot("hibernation", hibernation=True)
    checks = {
        "shrink": "a request to shrink is answered, with no page",
        "grow": "a request to grow is refused",
        "same": "MemTotal stays as it is",
        "said": "dmesg says why, in one line for each kind of request",
        "reports": "reports go on",
    }
    limit = 150

    def run(self):
        self.host.wait_ready()
        size, total = self.lab.sizes()
        for key, target in (("shrink", size - 256), ("grow", size + 256)):
            try:
                seconds, actual = self.host.resize(target, 15)
                self.check(key, actual == size,
                           f"{actual:.0f} MiB, {seconds:.2f} s")
            except TimeoutError as error:
                self.check(key, False, error)
        self.check("same", self.guest.total() == total, f"{total:.0f} MiB")
        lines = [line for line in self.guest.dmesg().splitlines()
                 if re.search(r"hv_balloon.*hibernat", line, re.IGNORECASE)]
        self.check("said", len(lines) in (1, 2) and len(set(
            line.split("] ", 1)[-1] for line in lines)) == len(lines),
            " / ".join(lines))
        self.guest.run("dd if=/dev/zero of=/tmp/some bs=1M count=8")
        self.check("reports", self.host.poll_reports(3))
