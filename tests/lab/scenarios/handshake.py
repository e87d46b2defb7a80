# SPDX-License-Identifier: GPL-2.0-only
"""The conversation's start, as the host's trace and the driver tell it."""

import math
import scenario

BLOCK = "/sys/devices/system/memory/block_size_bytes"


class Run(scenario.Scenario):
    checks = {
        "version": "version 2.0 is asked for first, and accepted",
        "capabilities": "the driver can balloon and hot-add",
        "alignment": "hot-add is aligned to the guest's memory block",
        "quick": "the driver loads within 5 s",
        "first": "the first report comes within 2 s of loading",
        "debugfs": "debugfs shows the version and the capabilities",
    }
    timed = ("quick", "first")
    limit = 60

    def run(self):
        first = self.guest.wait_for(self.host.report, 10, 0.01)
        versions = [(event.major, event.minor)
                    for event in self.host.events("version")]
        states = [event.state for event in self.host.events("state")]
        self.check("version", versions == [(2, 0)] and "S_CAPS" in states,
                   f"asked for {versions}")
        caps = [event.caps for event in self.host.events("caps")]
        self.check("capabilities", len(caps) == 1 and caps[0] & 3 == 3,
                   ", ".join(f"{value:#x}" for value in caps))
        block = int(self.guest.read(BLOCK), 16)
        wanted = int(math.log2(block >> 20))
        self.check("alignment", caps and caps[0] >> 2 & 15 == wanted,
                   f"{caps[0] >> 2 & 15} for blocks of {block >> 20} MiB")
        self.check("quick", self.lab.load_seconds < 5,
                   f"{self.lab.load_seconds:.2f} s")
        self.check("first", first, self.host.report())
        says = self.lab.driver_says()
        self.check("debugfs", says.get("host_version") == "2.0" and
                   says.get("capabilities") == "enabled hot_add",
                   {key: says.get(key) for key in
                    ("host_version", "capabilities", "state")})
