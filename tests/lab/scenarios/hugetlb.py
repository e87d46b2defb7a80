# SPDX-License-Identifier: GPL-2.0-only
"""The admin has pools of huge pages that no one uses yet, and the host takes all
that it can: a page of a pool is not free memory. The kernel has looked for the
largest one at boot.
"""

import scenario

LOWEST = 256			# MiB; the guest stops before it
POOLS = {2048: 64, 1048576: 1}	# KiB: pages
WHERE = "/sys/kernel/mm/hugepages/hugepages-{}kB/{}_hugepages"


class Run(scenario.Scenario):
    boot = scenario.ROOMY
    checks = {
        "made": "there are pools of both sizes, free",
        "taken": "the host takes most of what is left",
        "kept": "the pools are as they were then",
        "back": "all of it comes back",
        "same": "the pools are as they were after it",
    }
    limit = 200

    def run(self):
        self.host.wait_ready()
        size = self.host.actual()
        for kib, count in POOLS.items():
            self.guest.write(WHERE.format(kib, "nr"), str(count))
        before = self.pools()
        self.check("made", before == {kib: (count, count)
                                      for kib, count in POOLS.items()}, before)
        available = self.guest.meminfo()["MemFree"]
        _, low = self.host.resize(LOWEST, 150)
        self.check("taken", size - low > available / 2,
                   f"{size - low:.0f} MiB, of {available:.0f} free")
        self.check("kept", self.pools() == before, self.pools())
        _, actual = self.host.resize(size, 120)
        self.check("back", actual == size, f"{actual:.0f} MiB")
        self.check("same", self.pools() == before, self.pools())
        for kib in POOLS:
            self.guest.write(WHERE.format(kib, "nr"), "0")

    def pools(self):
        """{KiB: (pages, free pages)}"""
        return {kib: tuple(int(self.guest.read(WHERE.format(kib, name)))
                           for name in ("nr", "free")) for kib in POOLS}
