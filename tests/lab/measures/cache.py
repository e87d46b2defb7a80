# SPDX-License-Identifier: GPL-2.0-only
"""2.5 GiB go to the host from a guest full of clean page cache; then it is
asked for all, to see where it stops.
"""

from measures import common

CACHED, MIB = 3300, 2560
LEAST = 64			# MiB: a size that no guest agrees to


def floor(total):
    """What should stay available in a guest of a size; see demand.c."""
    return total / 32 + 488 * total / (total + 1041)


class Run(common.Measure):
    boot = common.FULL

    def measure(self):
        self.guest.run(f"dd if=/dev/vda of=/dev/null bs=1M count={CACHED}",
                       120)
        self.values["cache_cached_mib"] = self.guest.meminfo()["Cached"] + \
            self.guest.meminfo()["Buffers"]
        self.take(MIB, "cache")
        if self.lab.ours:
            self.take(self.host.actual() - LEAST, "rest")
            info = self.guest.meminfo()
            self.values |= {"rest_available": info["MemAvailable"],
                            "rest_floor": floor(info["MemTotal"])}
