# SPDX-License-Identifier: GPL-2.0-only
"""protocol_extension: a host that knows neither of them lives on."""

import re

from inner import onset
from inner.lab import PARAMETERS
from inner.load import Load
from scenarios import unanswered
import scenario


class Run(scenario.Scenario):
    boot = unanswered.Run.boot
    checks = {
        "none": "none: nothing but plain reports leaves in a burst",
        "flag": "flag: longer reports leave in a burst",
        "request": "request: the guest asks for memory by itself",
        "flag_lives": "the host reads on, grows and shrinks after flag",
        "request_lives": "the host reads on, grows and shrinks after request",
    }
    limit = 300
    stock = False

    def run(self):
        self.guest.use_swap()
        self.host.wait_ready()
        plain = self.burst("none")
        self.check("none", set(plain) == {"status"} and
                   len(plain["status"]) == 1, plain)
        for value in ("flag", "request"):
            sent = self.burst(value)
            longer = max(sent.get("status", {0})) > max(plain["status"])
            self.check(value, {"flag": longer, "request":
                               "hot-add request" in sent}[value], sent)
            self.lives(value)
        self.guest.write(f"{PARAMETERS}/protocol_extension", "none")

    def burst(self, value):
        """{message: sizes} that leave in a burst under this value."""
        self.guest.write(f"{PARAMETERS}/protocol_extension", value)
        onset.start(self.guest)
        load = Load(self.guest, "noreserve",
                    int(self.guest.meminfo()["MemAvailable"]) + 100)
        self.guest.wait_for(lambda: False, 6)
        load.kill()
        sent = {}
        for _, event, text in onset.read(self.guest):
            found = re.match(r"(.*) size=(\d+)", text)
            if event == "hvb_sent" and found:
                sent.setdefault(found[1], set()).add(int(found[2]))
        return sent

    def lives(self, value):
        size, before = self.host.actual(), self.host.report()
        sizes = [self.host.resize(size + change)[1] - size
                 for change in (256, 128)]
        self.guest.run("dd if=/dev/zero of=/tmp/some bs=1M count=64 2>&1")
        heard = self.guest.wait_for(lambda: self.host.report() != before, 5)
        self.guest.run("rm /tmp/some")
        self.check(f"{value}_lives", heard and sizes == [256, 128],
                   f"by {sizes[0]:.0f}, to {sizes[1]:.0f} MiB more")
